#include "footlight/version.h"

namespace footlight {

std::string_view version() { return FOOTLIGHT_VERSION; }

}  // namespace footlight
