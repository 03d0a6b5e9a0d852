// How an accepted record changes what is known; shared by fold, and by apply where it looks ahead.
#pragma once

#include "footlight/lifecycle.h"

namespace footlight {

// Lets every effect of the record on its own experience count.
void take_effects(Experience& experience, const Record& record);

}  // namespace footlight
