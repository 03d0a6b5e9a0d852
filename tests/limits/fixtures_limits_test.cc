// Fixtures, which are trusted but not endless: on each limit and one step past it.
#include <catch2/catch.hpp>

#include "base/limits.h"
#include "testkit/fixtures.h"

using namespace footlight;

namespace {

std::vector<TestResult> run(const std::string& source, const std::string& filter = {}) {
  LuaPolicyCompiler policies;
  const LoadedWorkspace loaded =
      load_workspace(*memory_files({{"workspace.lua", "workspace \"shop\" { surfaces = { hero = html { \"web://shop.example/#hero\" } } }"},
                                    {"tests/a_test.lua", source}}),
                     policies);
  for (const Problem& problem : loaded.problems) UNSCOPED_INFO(to_line(problem));
  REQUIRE(loaded.problems.empty());
  return run_fixtures(loaded, {.filter = filter}).results;
}

// A file whose tests each keep so many bytes, in texts of 64 KB, for as long as the file is open.
std::string keeping(const std::vector<std::size_t>& bytes) {
  std::string source = "local kept, size, text = {}, 0, ('x'):rep(65528)\n";
  for (const std::size_t each : bytes)
    source += "test \"keeps\" (function() for i = 1, " + std::to_string(each >> 16) +
        " do size = size + 1 kept[size] = ('%08d'):format(size) .. text end end)\n";
  return source;
}

}  // namespace

TEST_CASE("a test has so much memory") {
  // What holds the texts takes some of it as well: a 64th is left for that.
  const auto most = run(keeping({limits::fixture_memory - limits::fixture_memory / 64}));
  REQUIRE(most.size() == 1);
  INFO(most[0].message);
  CHECK(most[0].passed);
  const auto more = run(keeping({limits::fixture_memory}));
  REQUIRE(more.size() == 1);
  CHECK_FALSE(more[0].passed);
  CHECK_THAT(more[0].message, Catch::Contains("the script used more than its 268435456 bytes of memory"));
}

TEST_CASE("the tests of a file have so much memory together") {
  const std::size_t half = limits::fixture_memory_hard / 2 - limits::fixture_memory_hard / 64;
  const auto results = run(keeping({half, half, limits::fixture_memory_hard / 16}));
  REQUIRE(results.size() == 3);
  INFO(results[1].message);
  CHECK(results[0].passed);
  CHECK(results[1].passed);
  CHECK_FALSE(results[2].passed);
  CHECK_THAT(results[2].message, Catch::Contains("more than the 536870912 bytes of memory there are"));
}

TEST_CASE("a file has so many tests") {
  const auto named = [](int n) {
    return "local function nothing() end for i = 1, " + std::to_string(n) + " do test('test ' .. i .. '.')(nothing) end";
  };
  const std::string last = "test " + std::to_string(limits::fixtures_max) + ".";
  const auto most = run(named(limits::fixtures_max), last);
  REQUIRE(most.size() == 1);
  CHECK(most[0].name == last);
  CHECK(most[0].passed);
  const auto more = run(named(limits::fixtures_max + 1), last);
  REQUIRE(more.size() == 1);
  CHECK(more[0].name == "(the file)");
  CHECK_FALSE(more[0].passed);
  CHECK_THAT(more[0].message, Catch::Contains("more than 100000 tests in one file"));
}

TEST_CASE("a test has so many delivery nodes") {
  const auto made = [](std::size_t n) {
    return run("test \"nodes\" (function(t) for i = 1, " + std::to_string(n) + " do t:node(\"n\" .. i) end end)");
  };
  CHECK(made(limits::fixture_nodes_max)[0].passed);
  const auto more = made(limits::fixture_nodes_max + 1);
  CHECK_FALSE(more[0].passed);
  CHECK_THAT(more[0].message, Catch::Contains("more than 100 nodes in one test"));
}
