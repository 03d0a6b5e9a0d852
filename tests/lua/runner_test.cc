// A runner that goes on with the next snapshot: what both have stays loaded, and nobody is asked by a number that became another's.
#include <catch2/catch.hpp>

#include "engine/decide.h"
#include "engine/snapshot_series.h"
#include "script/policies.h"

using namespace footlight;

namespace {

const Workspace& workspace() {
  static const Workspace declared = [] {
    Problems problems;
    return parse_workspace(*parse_json(R"({"name": "w", "attributes": {"n": {"type": "number"}},
                                          "surfaces": {"hero": {"format": "text", "rules": ["web://w/#hero"], "resolve": {"stack": 9}}}})"),
                           problems);
  }();
  return declared;
}

ServedExperience served(const std::string& id, const std::string& lua) {
  Problems problems;
  ServedExperience made{.definition = parse_definition(Object{{"kind", "campaign"}, {"id", id}, {"show", Object{{"hero", Object{{"lua", lua}}}}}}, problems)};
  for (const Problem& problem : problems) FAIL(to_line(problem));
  return made;
}

std::string says(const std::string& word) { return "local calls = 0 return function(p) calls = calls + 1 return '" + word + " ' .. calls end"; }

// Contents, in the order of ids.
std::string shown(const Snapshot& snapshot, PolicyRunner& runner) {
  Problems problems;
  const Request request = parse_request(Object{{"surfaces", Array{"web://w/#hero"}}}, {0}, problems);
  std::string text;
  for (const Proposition& made : decide(snapshot, request, runner).propositions) text += (text.empty() ? "" : ", ") + made.experience + ": " + made.content;
  return text;
}

}  // namespace

TEST_CASE("a runner goes on with the next snapshot of its workspace") {
  LuaPolicyCompiler compiler;
  SnapshotSeries series(compiler);
  Problems problems;
  const auto first = series.start({.version = "1", .workspace = workspace(), .experiences = {served("a", says("a")), served("b", says("b"))}}, problems);
  for (const Problem& problem : problems) FAIL(to_line(problem));
  auto made = LuaPolicyRunner::create(first);
  REQUIRE(made.ok());
  LuaPolicyRunner& runner = **made;
  CHECK(shown(*first, runner) == "a: a 1, b: b 1");

  const ServedExperience other_b = served("b", says("other"));
  const auto second = series.next("2", {{"b", &other_b}}, {});
  REQUIRE(runner.go_on(second));
  CHECK(runner.snapshot() == second);
  CHECK(shown(*second, runner) == "a: a 1, b: other 1");

  // `c` may have the number that was that of `a`.
  const ServedExperience c = served("c", says("c"));
  const auto third = series.next("3", {{"a", nullptr}, {"c", &c}}, {});
  REQUIRE(runner.go_on(third));
  CHECK(shown(*third, runner) == "b: other 1, c: c 1");
  CHECK(shown(*third, runner) == "b: other 1, c: c 1");

  const auto fourth = series.next("4", {{"b", nullptr}, {"c", nullptr}}, {});
  REQUIRE(runner.go_on(fourth));
  CHECK(shown(*fourth, runner) == "");
}

TEST_CASE("a runner does not go on where attributes are declared otherwise") {
  LuaPolicyCompiler compiler;
  const auto compiled = [&](const Workspace& declared) {
    auto snapshot = Snapshot::compile({.version = "1", .workspace = declared, .experiences = {served("a", says("a"))}}, compiler);
    if (!snapshot) FAIL(to_text(snapshot.error()));
    return *snapshot;
  };
  Workspace other = workspace();
  other.attributes["m"] = other.attributes["n"];
  const auto here = compiled(workspace()), there = compiled(other);
  auto runner = LuaPolicyRunner::create(here);
  REQUIRE(runner.ok());
  CHECK_FALSE((*runner)->go_on(there));
  CHECK((*runner)->snapshot() == here);
  CHECK((*runner)->go_on(compiled(workspace())));   // the same words, nothing of which is kept
  CHECK(shown(*(*runner)->snapshot(), **runner) == "a: a 1");
}
