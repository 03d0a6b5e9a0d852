// A store in memory: for tests, fixtures and previews. Gone when it is closed.
#pragma once

#include <memory>

#include "footlight/store.h"

namespace footlight {

std::unique_ptr<Store> new_memory_store();

}  // namespace footlight
