// Fixtures: a workspace's tests/*_test.lua, run as a library. The runner yields values; reporters
// (report.h) print them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "testkit/world.h"

namespace footlight {

struct TestResult {
  std::string file;                                     // `tests/gold_test.lua`
  std::string name;
  bool passed = false;
  std::string message;                                  // why not, with `file:line`
  std::vector<std::string> log;                         // what the test logged
};

struct FixtureOptions {
  std::string filter;                                   // only tests whose name contains this
  std::function<void(const TestResult&)> finished;      // told one by one, in order; may be empty
  Environment host = {};                                // functions of the host's for policies
};

// Runs every test, each in a world of its own. A file that cannot be read is one failed result.
std::vector<TestResult> run_fixtures(const LoadedWorkspace& loaded, const FixtureOptions& options);

}  // namespace footlight
