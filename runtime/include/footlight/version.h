// Which Footlight this is, by semantic versioning: within a major version (within a minor one before 1.0) a
// host that compiled goes on compiling, and one that was linked to the shared library goes on running.
// CMake, the packages and the program read the version from here.
#pragma once

#include <string_view>

#include "footlight/export.h"

#define FOOTLIGHT_VERSION_MAJOR 0
#define FOOTLIGHT_VERSION_MINOR 1
#define FOOTLIGHT_VERSION_PATCH 0
#define FOOTLIGHT_VERSION "0.1.0"

namespace footlight FOOTLIGHT_API {

// Of the library that is running; FOOTLIGHT_VERSION is of the headers it was compiled with. A constant: any thread, any time.
std::string_view version();

}  // namespace FOOTLIGHT_API
