// Fixtures: a workspace's tests/*_test.lua, run as a library. The runner yields values; reporters
// (report.h) print them. It writes nothing: what --update would write comes back as text.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "script/policies.h"
#include "script/workspace_files.h"

namespace footlight {

class Coverage;

// What of the workspace a test had to do with: what can be another way, and the test comes out as before, is not here.
struct Touched {
  std::set<std::string> experiences = {};     // by a command or a question, or as candidates of what was decided
  std::set<std::string> configurations = {};  // that were asked for
  bool all_live = false;                      // then every experience is a candidate where it shows something
  bool anything = false;                      // it cannot be told
};

struct TestResult {
  std::string file;  // `tests/gold_test.lua`
  std::string name;
  bool passed = false;
  std::string message = {};           // why not, with `file:line`
  std::vector<std::string> log = {};  // what the test logged
  std::string place = {};             // where it is written: of a row the row's, `tests/tiers.csv:3`
  int number = 0;                     // in its file, from 0; of a file that cannot be read -1
  Touched touched = {};
};

// The snapshots of one test file, beside it (snapshot_file.h).
struct SnapshotOutcome {
  std::string file;                        // `tests/gold_test.snap`
  std::vector<std::string> obsolete = {};  // names that nothing asked for
  std::vector<std::string> written = {};   // with `update`: new ones, and those that changed
  std::optional<std::string> text = {};    // with `update`: what the file is to hold; empty: it goes
};

struct FixtureOptions {
  std::string filter = {};                               // only tests whose name contains this
  std::function<void(const TestResult&)> finished = {};  // told one by one, in order, by one thread at a time; may be empty
  Environment host = {};                                 // functions of the host's for policies
  const Files* files = nullptr;                          // of the workspace, for rows and snapshots; none: there are no such files
  bool update = false;                                   // take over what snapshots find
  std::uint64_t seed = 1;                                // of property cases
  int jobs = 1;                                          // so many files at once; what is told is the same for any number
  std::set<std::string> only = {};                       // only these test files; empty: all
  std::function<bool(const std::string& file, int number)> wanted = {};  // only these tests of them; empty: all
  std::function<bool()> is_enough = {};                                  // asked before each test, by any thread: then no more are run
  Coverage* coverage = nullptr;                                          // told what happens; none: nobody is
};

struct FixtureRun {
  std::vector<TestResult> results;         // in the order of files, and of the tests in each
  std::vector<SnapshotOutcome> snapshots;  // of files that have something to tell
};

// Runs every test, each in a world of its own; rows of cases that only look share one. A file that cannot be read is
// one failed result.
FixtureRun run_fixtures(const LoadedWorkspace& loaded, const FixtureOptions& options);

}  // namespace footlight
