// What every store promises, whatever it is made of. A row takes a fresh, empty store; who writes a
// backend runs all rows against it (tests/unit/store/contract_test.cc).
#pragma once

#include <string_view>
#include <vector>

#include "footlight/store.h"

namespace footlight {

struct StorePromise {
  std::string_view says;
  void (*check)(Store& store);  // with Catch2's macros
};

const std::vector<StorePromise>& store_promises();

// A draft that differs with `n` in every field.
Draft draft_number(int n);

}  // namespace footlight
