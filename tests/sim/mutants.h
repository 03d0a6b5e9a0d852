// Hosts of the protocol that do one thing wrongly: tests of the test. Each says what it does and which
// invariants it must be found to break.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sim/history.h"

namespace footlight::test {

struct Mutant {
  std::string what;              // what this host does
  std::set<std::string> breaks;  // any of these is the right finding
  std::function<std::unique_ptr<sim::Wiring>()> make;
};
const std::vector<Mutant>& mutants();

}  // namespace footlight::test
