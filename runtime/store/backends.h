// The stores there are, one row each. A new one is a row here, a file beside this one, and a name
// in the table of tests/unit/store/contract_test.cc.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "footlight/store.h"

namespace footlight {

struct StoreBackend {
  std::string_view name;
  std::string_view scheme;   // what an address begins with: `memory:`
  std::string_view address;  // as shown in help
  std::string_view help;
  // `rest` is the address behind its scheme.
  Result<std::unique_ptr<Store>> (*open)(const std::string& rest, Access access);
};

// An address without a scheme goes to the row `sqlite`.
const std::vector<StoreBackend>& store_backends();

}  // namespace footlight
