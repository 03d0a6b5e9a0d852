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

TEST_CASE("policies that are asked together answer as each would alone, whatever becomes of one of them") {
  const std::pair<const char*, const char*> policies[] = {
      {"a", "return function(p) for _ = 1, 1 do end return p.n > 1 end"},
      {"b", "return function(p) for _ = 1, 1 do end return p.n > 5 end"},
      {"c", "return function(p) error('no') end"},
      {"d", "return function(p) while true do end end"},                                                    // out of fuel
      {"e", "return function(p) local s = 'x' for _ = 1, 40 do s = s .. s end return true end"},            // out of memory
      {"f", "local seen = 0 return function(p) seen = seen + 1 return seen == 1 end"},                      // made anew for each call
      {"g", "return function(p, request) for _ = 1, 1 do end return request.now ~= nil and p.n == 2 end"}};
  SnapshotSource source{.version = "1", .workspace = workspace()};
  Problems problems;
  for (const auto& [id, lua] : policies) {
    const Object document{{"kind", "campaign"}, {"id", id}, {"targeting", Object{{"lua", lua}}}, {"show", Object{{"hero", id}}}};
    source.experiences.push_back({.definition = parse_definition(document, problems)});
  }
  LuaPolicyCompiler compiler;
  const std::shared_ptr<const Snapshot> snapshot = SnapshotSeries(compiler).start(std::move(source), problems);
  for (const Problem& problem : problems) FAIL(to_line(problem));
  REQUIRE(snapshot->policies().size() == std::size(policies));
  const Request request = parse_request(*parse_json(R"({"attributes": {"n": 2}, "surfaces": ["web://w/#hero"]})"), {0}, problems);
  const auto runner = [&] { return std::move(*LuaPolicyRunner::create(snapshot, {.deadline = minutes(5)})); };
  const auto told = [](const PolicyAnswer<bool>& answer) {
    const auto* failure = std::get_if<PolicyFailure>(&answer);
    return failure ? std::string(name(failure->code)) + " " + failure->message : std::get<bool>(answer) ? "yes" : "no";
  };
  std::vector<int> numbers;
  std::vector<std::string> alone;
  for (int number = 0; number < static_cast<int>(std::size(policies)); ++number) {
    numbers.push_back(number);
    alone.push_back(told(runner()->targeting(number, {request})));
  }
  std::vector<PolicyAnswer<bool>> answers;
  runner()->targeting_each(numbers, {request}, answers);
  std::vector<std::string> together;
  for (const auto& answer : answers) together.push_back(told(answer));
  CHECK(together == alone);
  CHECK(alone[0] == "yes");
  CHECK(alone[1] == "no");
  CHECK(alone[3].starts_with("fuel_exhausted"));
  CHECK(alone[4].starts_with("memory_exceeded"));
  CHECK(alone[5] == "yes");
  CHECK(alone[6] == "yes");
}
