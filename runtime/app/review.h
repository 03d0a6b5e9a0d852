// How differences and reviews are printed; both come as JSON from the API.
#pragma once

#include <string>

#include "footlight/value.h"

namespace footlight {

// The sections of an answer of /diff, each line behind `indent`.
void print_difference(const Value& difference, const std::string& indent);

}  // namespace footlight
