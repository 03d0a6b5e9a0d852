// A small shop whose fixtures are written in the test.
#pragma once

#include <catch2/catch.hpp>

#include "testkit/fixtures.h"

namespace footlight::test {

using FileMap = std::map<std::string, std::string>;

inline FileMap shop_files(FileMap more) {
  FileMap files{
      {"workspace.lua", R"(workspace "shop" {
  attributes = { ["loyalty.tier"] = enum { "none", "silver", "gold" }, ["cart.total"] = number { min = 0, max = 1000 }, ["member"] = boolean {} },
  surfaces = { hero = html { "web://shop.example/#hero", default = "<h1>Welcome</h1>" }, banner = json { "web://shop.example/#banner" } },
})"},
      {"experiences/a.lua", R"(campaign "gold" {
  priority = 60,
  audience = function(p) return p.loyalty.tier == "gold" and p.cart.total >= 50 end,
  show = { hero = "<h1>Gold</h1>", banner = { title = "Gold", parts = { 1, 2 } } },
}
campaign "all" { priority = 40, audience = everyone, show = { hero = "<h1>All</h1>" } })"},
  };
  files.merge(more);
  return files;
}

inline FixtureRun run_shop(FileMap more, FixtureOptions options = {}) {
  LuaPolicyCompiler policies;
  const auto files = memory_files(shop_files(std::move(more)));
  const LoadedWorkspace loaded = load_workspace(*files, policies);
  for (const Problem& problem : loaded.problems) UNSCOPED_INFO(to_line(problem));
  REQUIRE(loaded.problems.empty());
  options.files = files.get();
  return run_fixtures(loaded, options);
}

// Of the one test there is.
inline TestResult run_one(const std::string& source, FileMap more = {}, FixtureOptions options = {}) {
  more["tests/a_test.lua"] = source;
  const FixtureRun run = run_shop(std::move(more), options);
  REQUIRE(run.results.size() == 1);
  INFO(run.results[0].message);
  return run.results[0];
}

}  // namespace footlight::test
