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

TEST_CASE("what was read for one request is never another's") {
  LuaPolicyCompiler compiler;
  const auto targeted = [](const std::string& id, const std::string& lua) {
    Problems problems;
    return ServedExperience{.definition = parse_definition(Object{{"kind", "campaign"}, {"id", id}, {"targeting", Object{{"lua", lua}}}, {"show", Object{{"hero", id}}}}, problems)};
  };
  // Loops are not made into conditions.
  const std::string loop = "return function(p) for _ = 1, 1 do if ", end = " then return true end end return false end";
  auto snapshot = Snapshot::compile({.version = "1", .workspace = workspace(),
                                     .experiences = {targeted("one", loop + "p.n == 1" + end), targeted("list", loop + "contains(p.l, 'a')" + end),
                                                     targeted("none", loop + "p.n == nil and p.l == nil" + end)}}, compiler);
  REQUIRE(snapshot.ok());
  auto made = LuaPolicyRunner::create(*snapshot);
  REQUIRE(made.ok());
  LuaPolicyRunner& runner = **made;
  const auto request = [](const std::string& attributes) {
    Problems problems;
    return parse_request(Object{{"surfaces", Array{"web://w/#hero"}}, {"attributes", *parse_json(attributes)}}, {0}, problems);
  };
  const Request requests[] = {request(R"({"n":1})"), request(R"({"n":2,"l":["a"]})"), request("{}"), request(R"({"n":"1","l":["b"]})"), request(R"({"n":1,"l":["a"]})")};
  const std::string expected[] = {"one", "list", "none", "", "one list"};
  std::vector<int> all;
  for (int i = 0; i < static_cast<int>((*snapshot)->policies().size()); ++i) all.push_back(i);
  for (const bool is_numbered : {true, false})
    for (int round = 0; round < 3; ++round)
      for (std::size_t i = 0; i < 5; ++i) {
        const PolicyCall call{.request = requests[i], .number = is_numbered ? runner.new_request() : 0};
        // Asked together twice for the same request, as two surfaces do, and alone.
        std::vector<PolicyAnswer<bool>> answers, again;
        runner.targeting_each(all, call, answers);
        runner.targeting_each(all, call, again);
        std::string held;
        for (std::size_t k = 0; k < all.size(); ++k) {
          CHECK(std::get<bool>(answers[k]) == std::get<bool>(again[k]));
          CHECK(std::get<bool>(answers[k]) == std::get<bool>(runner.targeting(all[k], call)));
          if (std::get<bool>(answers[k])) held += (held.empty() ? "" : " ") + (*snapshot)->policies()[k].owner;
        }
        CHECK(held == expected[i]);
      }
}
