// What a follower takes from the machine that it runs on, and hands to the protocol as values.
#pragma once

#include <string>

#include "footlight/store.h"
#include "footlight/time.h"

namespace footlight {

std::string boot_id();      // another one after each boot
Duration boot_clock();      // since boot, suspended time counted in
std::string fresh_nonce();  // 64 random hex digits
// `web-3-1a2b3c`: the machine's name, and what is the same as long as the node's store is.
Result<std::string> default_node_name(Store& store);

}  // namespace footlight
