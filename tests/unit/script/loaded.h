// Folders as an author would write them, in memory: loaded, asked, and what is said about what is wrong.
#pragma once

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "engine/decide.h"
#include "script/policies.h"
#include "script/workspace_files.h"

namespace footlight::test {

inline constexpr const char* shop_lua = R"(
workspace "shop" {
  zone = "Europe/Paris",
  attributes = { ["loyalty.tier"] = enum { "none", "silver", "gold" }, ["cart.total"] = number { min = 0 }, ["viewed"] = list(text {}) },
  surfaces = {
    hero   = html { "web://shop.example/#hero" },
    banner = json { "web://shop.example/#banner" },
  },
}
)";

inline LoadedWorkspace load(std::map<std::string, std::string> files) {
  files.emplace("workspace.lua", shop_lua);
  LuaPolicyCompiler policies;
  return load_workspace(*memory_files(std::move(files)), policies);
}

// The problems as lines, for comparison; only the first line of each message.
inline std::vector<std::string> lines(const LoadedWorkspace& loaded) {
  std::vector<std::string> lines;
  for (const Problem& problem : loaded.problems)
    lines.push_back(problem.place + ": " + std::string(name(problem.code)) + ": " + problem.message.substr(0, problem.message.find('\n')));
  return lines;
}

// What the folder answers on a surface, everything in it being live.
inline Decision ask(const LoadedWorkspace& loaded, const std::string& surface, const char* attributes,
                    const char* at = "2026-12-01T12:00:00Z") {
  LuaPolicyCompiler policies;
  auto snapshot = Snapshot::compile(everything_live(loaded), policies);
  REQUIRE(snapshot.ok());
  auto runner = LuaPolicyRunner::create(*snapshot, {.deadline = minutes(5)});
  REQUIRE(runner.ok());
  Problems problems;
  const Request request =
      parse_request(Object{{"identity", Object{{"id", "ann"}}}, {"attributes", *parse_json(attributes)}, {"surfaces", Array{surface}}},
                    *parse_instant(at), problems);
  REQUIRE(problems.empty());
  return decide(**snapshot, request, **runner, {.explain = true});
}

// What became of the first candidate: `audience: cart.total > 50 is false (20) lib/pricing.lua:3`.
inline std::string told(const Decision& decision) {
  REQUIRE(decision.trace.size() == 1);
  REQUIRE(decision.trace[0].candidates.size() >= 1);
  const CandidateTrace& row = decision.trace[0].candidates[0];
  return std::string(to_text(row.fate)) + ": " + row.reason + " " + row.place;
}

}  // namespace footlight::test
