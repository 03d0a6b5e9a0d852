// The runner of policies: what it keeps when the next snapshot comes, policies that are asked together, what is taken out of a function
// before it is asked, and what is remembered of its answers.
#include <catch2/catch.hpp>

#include "base/limits.h"
#include "engine/decide.h"
#include "engine/snapshot_series.h"
#include "script/policies.h"

using namespace footlight;

namespace {

const Workspace& workspace() {
  static const Workspace declared = [] {
    Problems problems;
    return parse_workspace(
        *parse_json(R"({"name": "w", "attributes": {"n": {"type": "number"}, "l": {"type": "list", "of": {"type": "text"}}},
                                          "surfaces": {"hero": {"format": "text", "rules": ["web://w/#hero"], "resolve": {"stack": 9}}}})"),
        problems);
  }();
  return declared;
}

ServedExperience served(const std::string& id, const std::string& lua) {
  Problems problems;
  ServedExperience made{
      .definition = parse_definition(Object{{"kind", "campaign"}, {"id", id}, {"show", Object{{"hero", Object{{"lua", lua}}}}}}, problems)};
  for (const Problem& problem : problems) FAIL(to_line(problem));
  return made;
}

std::string says(const std::string& word) {
  return "local calls = 0 return function(p) calls = calls + 1 return '" + word + " ' .. calls end";
}

// Contents, in the order of ids.
std::string shown(const Snapshot& snapshot, PolicyRunner& runner) {
  Problems problems;
  const Request request = parse_request(Object{{"surfaces", Array{"web://w/#hero"}}}, {0}, problems);
  std::string text;
  for (const Proposition& made : decide(snapshot, request, runner).propositions)
    text += (text.empty() ? "" : ", ") + made.experience + ": " + made.content;
  return text;
}

}  // namespace

TEST_CASE("a runner goes on with the next snapshot of its workspace") {
  LuaPolicyCompiler compiler;
  SnapshotSeries series(compiler);
  Problems problems;
  const auto first =
      series.start({.version = "1", .workspace = workspace(), .experiences = {served("a", says("a")), served("b", says("b"))}}, problems);
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
  CHECK((*runner)->go_on(compiled(workspace())));  // the same words, nothing of which is kept
  CHECK(shown(*(*runner)->snapshot(), **runner) == "a: a 1");
}

TEST_CASE("policies that are asked together answer as each would alone, whatever becomes of one of them") {
  const std::pair<const char*, const char*> policies[] = {
      {"a", "return function(p) for _ = 1, 1 do end return p.n > 1 end"},
      {"b", "return function(p) for _ = 1, 1 do end return p.n > 5 end"},
      {"c", "return function(p) error('no') end"},
      {"d", "return function(p) while true do end end"},                                          // out of fuel
      {"e", "return function(p) local s = 'x' for _ = 1, 40 do s = s .. s end return true end"},  // out of memory
      {"f", "local seen = 0 return function(p) seen = seen + 1 return seen == 1 end"},            // made anew for each call
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
  std::vector<AskedPolicy> numbers;
  std::vector<std::string> alone;
  for (int number = 0; number < static_cast<int>(std::size(policies)); ++number) {
    numbers.push_back({.number = number});
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
    return ServedExperience{
        .definition = parse_definition(
            Object{{"kind", "campaign"}, {"id", id}, {"targeting", Object{{"lua", lua}}}, {"show", Object{{"hero", id}}}}, problems)};
  };
  // Loops are not made into conditions.
  const std::string loop = "return function(p) for _ = 1, 1 do if ", end = " then return true end end return false end";
  auto snapshot =
      Snapshot::compile({.version = "1",
                         .workspace = workspace(),
                         .experiences = {targeted("one", loop + "p.n == 1" + end), targeted("list", loop + "contains(p.l, 'a')" + end),
                                         targeted("none", loop + "p.n == nil and p.l == nil" + end)}},
                        compiler);
  REQUIRE(snapshot.ok());
  auto made = LuaPolicyRunner::create(*snapshot);
  REQUIRE(made.ok());
  LuaPolicyRunner& runner = **made;
  const auto request = [](const std::string& attributes) {
    Problems problems;
    return parse_request(Object{{"surfaces", Array{"web://w/#hero"}}, {"attributes", *parse_json(attributes)}}, {0}, problems);
  };
  const Request requests[] = {request(R"({"n":1})"), request(R"({"n":2,"l":["a"]})"), request("{}"), request(R"({"n":"1","l":["b"]})"),
                              request(R"({"n":1,"l":["a"]})")};
  const std::string expected[] = {"one", "list", "none", "", "one list"};
  std::vector<AskedPolicy> all;
  for (int i = 0; i < static_cast<int>((*snapshot)->policies().size()); ++i) all.push_back({.number = i});
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
          CHECK(std::get<bool>(answers[k]) == std::get<bool>(runner.targeting(all[k].number, call)));
          if (std::get<bool>(answers[k])) held += (held.empty() ? "" : " ") + (*snapshot)->policies()[k].owner;
        }
        CHECK(held == expected[i]);
      }
}

namespace {

// Of a policy's function, what decisions ask: conditions, and `lua(…)` with those that it is handed.
std::string split_of(const std::string& function) {
  LuaPolicyCompiler compiler;
  const Workspace declaring = workspace();
  const auto parts = compiler.split({.lua = "return function(p, request) " + function + " end", .owner = "e", .path = "$.targeting"},
                                    declaring.attributes);
  const auto text = [](const auto& self, const Predicate& part) -> std::string {
    std::string all;
    for (const Predicate& inner : part.args) all += (all.empty() ? "" : ", ") + self(self, inner);
    switch (part.op) {
      case Predicate::Op::all: return "all(" + all + ")";
      case Predicate::Op::any: return "any(" + all + ")";
      case Predicate::Op::no: return "no(" + all + ")";
      case Predicate::Op::lua: return "lua(" + all + ")";
      default: return to_text(part);
    }
  };
  return parts ? text(text, *parts) : "as it is";
}

}  // namespace

TEST_CASE("a function that stays Lua is split into the conditions it begins with and what is left of it") {
  // What decides before it counts is asked first, and what it only tests is handed to it.
  CHECK(split_of("if p.n < 1 then return false end local c = 0 for _ in ipairs(p.l or {}) do c = c + 1 end return c > 1") ==
        "all(no(n < 1), lua(n < 1))");
  CHECK(split_of("return p.n == 1 and #p.l > 2") == "all(n == 1, lua(n == 1))");
  CHECK(split_of("return p.n == 1 or #p.l > 2") == "any(n == 1, lua(n == 1))");
  CHECK(split_of("return p.n == 1 and (p.n > 0 or #p.l > 2) and contains(p.l, 'a')") ==
        "all(n == 1, lua(n == 1, n > 0, l has any of [\"a\"]))");
  CHECK(split_of("local c = 0 if p.n == 1 then c = c + 1 end if contains(p.l, 'a') then c = c + 1 end return c > 1") ==
        "lua(n == 1, l has any of [\"a\"])");
  // What comes behind something that may fail is not asked before it.
  CHECK(split_of("return #p.l > 2 and p.n == 1") == "lua(n == 1)");
  // Whose value is handed on as it is, nil or false, is no condition.
  CHECK(split_of("local x = p.n and p.l return #x > 0") == "as it is");
  CHECK(split_of("return #p.l > 2") == "as it is");
  // What may be anything, and is no list, makes it fail: then it is asked as it was written.
  const std::string sound = "all(any(u has all of [], no(u exists)))";
  CHECK(split_of("for _ = 1, 1 do if contains(p.u, 'a') then return true end end return false") ==
        "any(all(" + sound + ", lua(u has any of [\"a\"])), all(no(" + sound + "), lua()))");
  CHECK(split_of("for _ = 1, 1 do if type(p.u) == 'number' and p.u > 1 then return true end end return false") ==
        "lua(all(u >= -1.7976931348623157e+308, u > 1))");
  CHECK(split_of("return request.identity.id == 'a'") == "as it is");
}

TEST_CASE("what a function answered that depends on its conditions alone is remembered, and nothing else is") {
  SnapshotSource source{.version = "1", .workspace = workspace()};
  Problems problems;
  const std::pair<const char*, const char*> policies[] = {
      {"counts",
       "return function(p) local c = 0 if p.n == 1 then c = c + 1 end if contains(p.l, 'a') then c = c + 1 end return c == 1 end"},
      {"fails", "return function(p) for _ = 1, 1 do if p.n == 1 then error('one') end end return true end"},
      {"draws", "return function(p) for _ = 1, 1 do if p.n == 1 then return math.random() < 2 end end return false end"},
      {"reads", "return function(p) for _ = 1, 1 do if p.n == 1 then return #p.l > 0 end end return false end"}};
  for (const auto& [id, lua] : policies)
    source.experiences.push_back(
        {.definition = parse_definition(
             Object{{"kind", "campaign"}, {"id", id}, {"targeting", Object{{"lua", lua}}}, {"show", Object{{"hero", id}}}}, problems)});
  LuaPolicyCompiler compiler;
  SnapshotSeries series(compiler);
  const std::shared_ptr<const Snapshot> snapshot = series.start(source, problems);
  for (const Problem& problem : problems) FAIL(to_line(problem));
  auto made = LuaPolicyRunner::create(snapshot, {.deadline = minutes(5)});
  REQUIRE(made.ok());
  LuaPolicyRunner& runner = **made;
  const auto remembered = [&] {
    std::string names;
    for (std::size_t i = 0; i < std::size(policies); ++i)
      for (const std::uint64_t conditions : {0, 1, 2, 3})
        if (const auto answer = runner.remembered({static_cast<int>(i), true, conditions}))
          names += snapshot->policies()[i].owner + " " + std::to_string(conditions) + (*answer ? " yes " : " no ");
    return names;
  };
  const auto ask = [&](const char* attributes) {
    const Request request =
        parse_request(Object{{"attributes", *parse_json(attributes)}, {"surfaces", Array{"web://w/#hero"}}}, {0}, problems);
    decide(*runner.snapshot(), request, runner);
  };
  CHECK(remembered().empty());
  ask(R"({"n": 1, "l": []})");
  CHECK(remembered() == "counts 1 yes ");
  ask(R"({"n": 1, "l": ["a"]})");
  ask(R"({"n": 2})");
  CHECK(remembered() == "counts 0 no counts 1 yes counts 3 no fails 0 yes ");
  // It goes with the policy.
  source.version = "2";
  source.experiences[0].revision = 2;
  const auto next = series.start(source, problems);
  REQUIRE(runner.go_on(next));
  CHECK(remembered().empty());
}

TEST_CASE("a function of more conditions than it is handed tests the rest itself") {
  LuaPolicyCompiler compiler;
  for (const std::size_t count : {limits::script_lowered_max, limits::script_lowered_max + 1, limits::script_lowered_max + 20}) {
    std::string lua = "return function(p) local c = 0 ";
    for (std::size_t i = 1; i <= count; ++i)
      lua += "if p.n == " + std::to_string(i) + " or p.n == " + std::to_string(100 + i) + " then c = c + " + std::to_string(i) + " end ";
    lua += "return c % 2 == 1 end";
    Problems problems;
    const Policy policy{.lua = lua, .owner = "e", .path = "$.targeting"};
    CHECK(compiler.split(policy, workspace().attributes)->args.size() == limits::script_lowered_max);
    SnapshotSource source{.version = "1", .workspace = workspace()};
    source.experiences.push_back(
        {.definition = parse_definition(
             Object{{"kind", "campaign"}, {"id", "e"}, {"targeting", Object{{"lua", lua}}}, {"show", Object{{"hero", "x"}}}}, problems)});
    const auto snapshot = Snapshot::compile(std::move(source), compiler);
    REQUIRE(snapshot.ok());
    auto runner = LuaPolicyRunner::create(*snapshot, {.deadline = minutes(5)});
    REQUIRE(runner.ok());
    for (int round = 0; round < 2; ++round)
      for (std::size_t n = 0; n <= count + 1; ++n) {
        const Request request = parse_request(
            Object{{"attributes", Object{{"n", round == 0 ? n : 100 + n}}}, {"surfaces", Array{"web://w/#hero"}}}, {0}, problems);
        CHECK(decide(**snapshot, request, **runner).propositions.size() == (n >= 1 && n <= count ? n % 2 : 0));
      }
  }
}
