// The rule of the house: each limit of runtime/base/limits.h is named by a test, or by a row below with
// the reason why none can stand on it. Named: as `limits::NAME`, or where the file uses the namespace.
// Runs in the source folder, as all tests do.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>

namespace {

namespace fs = std::filesystem;

const std::map<std::string, std::string> exempt = {
    {"policies_remembered_max", "a cache: past it, it forgets and checks again, with the same answers"},
    {"script_rebuild_collections_max", "how hard a state is tried to be saved, of no input; bombs_test sees states come back"},
    {"store_lock_timeout", "five seconds of waiting for another program, in SQLite; ownership_test sees who has the lock"},
};

// Nobody tests ten thousand connections or waits for 75 seconds: server_limits_test sees that these are a
// listener's defaults, and tests that set smaller ones see what happens at their end.
const std::set<std::string> shortened = {"connections_max", "header_timeout", "body_timeout", "write_timeout",
                                         "idle_timeout",    "linger_timeout", "drain_timeout"};

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) FAIL("cannot read " << path << ": run this in the source folder");
  return {std::istreambuf_iterator<char>(in), {}};
}

std::set<std::string> found(const std::string& text, const std::regex& what) {
  std::set<std::string> names;
  for (auto at = std::sregex_iterator(text.begin(), text.end(), what); at != std::sregex_iterator(); ++at) names.insert((*at)[1]);
  return names;
}

// Without what stands behind `//`: who only speaks of a limit does not test it.
std::string code_of(const std::string& text) { return std::regex_replace(text, std::regex("//[^\n]*"), ""); }

std::set<std::string> declared() {
  return found(code_of(text_of("runtime/base/limits.h")), std::regex(R"(inline constexpr [\w:]+ (\w+) =)"));
}

// Names that the code of some test says, this file's not.
std::set<std::string> named() {
  std::set<std::string> names;
  const std::regex qualified(R"(\blimits::(\w+))"), any(R"((?:^|[^.\w])([a-z]\w+))");
  for (const auto& entry : fs::recursive_directory_iterator("tests")) {
    const std::string extension = entry.path().extension();
    if ((extension != ".cc" && extension != ".h") || entry.path().filename() == "every_limit_test.cc") continue;
    const std::string code = code_of(text_of(entry.path()));
    if (code.find("limits") == std::string::npos) continue;
    names.merge(found(code, code.find("using namespace limits;") == std::string::npos ? qualified : any));
  }
  return names;
}

}  // namespace

TEST_CASE("no limit is without a test that names it, or a reason") {
  const std::set<std::string> limits = declared(), tested = named();
  CHECK(limits.size() > 100);
  std::string untested, needless;
  for (const std::string& limit : limits)
    if (!tested.contains(limit) && !exempt.contains(limit)) untested += limit + "\n";
  CHECK(untested == "");
  for (const auto& [limit, reason] : exempt)
    if (!limits.contains(limit) || tested.contains(limit)) needless += limit + "\n";
  CHECK(needless == "");
}

TEST_CASE("what a server waits for, a test makes short, each of them") {
  std::set<std::string> set;
  for (const char* file : {"tests/unit/server/listener_test.cc", "tests/limits/server_limits_test.cc"})
    set.merge(found(code_of(text_of(file)), std::regex(R"(\boptions\.(\w+) = \S)")));
  for (const std::string& limit : shortened) {
    INFO(limit);
    CHECK(set.contains(limit));
  }
}
