// Lifting: which functions become documents, which do not and why, and that both answer the same.
#include "script/lift.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <random>

#include "lua_run.h"

using namespace footlight;

namespace {

Lift lifted(std::string_view source) {
  INFO(source);
  const auto chunk = read_chunk(source, "a.lua", Mode::declare);
  if (!chunk.ok()) FAIL(to_text(chunk.error()));
  return lift(*chunk, chunk->functions.at(0));
}

std::string document(std::string_view condition) {
  const Lift l =
      lifted("local min, name = 50, 'gold' local changed = 1 changed = 2 return function(p, r) return " + std::string(condition) + " end");
  return l.predicate ? to_json(without_notes(*l.predicate)) : "not lifted: " + l.why;
}

// What the engine does with a document, in its plainest form.
bool holds(const Value& predicate, const Value& profile) {
  if (const Value* all = predicate.find("all"))
    return std::all_of(all->array().begin(), all->array().end(), [&](const Value& p) { return holds(p, profile); });
  if (const Value* any = predicate.find("any"))
    return std::any_of(any->array().begin(), any->array().end(), [&](const Value& p) { return holds(p, profile); });
  if (const Value* no = predicate.find("no")) return !holds(*no, profile);
  const Value* value = profile.at_path(predicate.find("attr")->string());
  if (predicate.find("exists")) return value != nullptr;
  if (!value) return false;
  if (const Value* eq = predicate.find("eq")) return *value == *eq;
  const auto test = [&](const char* word, auto compare) {
    const Value* operand = predicate.find(word);
    return operand && value->is_number() && compare(value->number(), operand->number());
  };
  return test("gt", std::greater<>()) || test("ge", std::greater_equal<>()) || test("lt", std::less<>()) || test("le", std::less_equal<>());
}

}  // namespace

TEST_CASE("conditions over attributes and constants become documents") {
  struct Case {
    std::string_view condition, json;
  };
  for (const auto& [condition, json] : {
           Case{"p.loyalty.tier == 'gold'", R"({"attr":"loyalty.tier","eq":"gold"})"},
           Case{"p['loyalty']['tier'] == ('gold')", R"({"attr":"loyalty.tier","eq":"gold"})"},
           Case{"p.n ~= 5", R"({"no":{"attr":"n","eq":5}})"},
           Case{"p.n > 5", R"({"attr":"n","gt":5})"},
           Case{"5 > p.n", R"({"attr":"n","lt":5})"},
           Case{"5 <= p.n", R"({"attr":"n","ge":5})"},
           Case{"p.n < -0.5", R"({"attr":"n","lt":-0.5})"},
           Case{"p.age > 7 * 24 * 60", R"({"attr":"age","gt":10080})"},
           Case{"p.n >= min and p.tier == name", R"({"all":[{"attr":"n","ge":50},{"attr":"tier","eq":"gold"}]})"},
           Case{"p.x ~= nil", R"({"attr":"x","exists":true})"},
           Case{"p.x == nil", R"({"no":{"attr":"x","exists":true}})"},
           Case{"p.x == true", R"({"attr":"x","eq":true})"},
           Case{"p.x", R"({"all":[{"attr":"x","exists":true},{"no":{"attr":"x","eq":false}}]})"},
           Case{"not p.x", R"({"no":{"all":[{"attr":"x","exists":true},{"no":{"attr":"x","eq":false}}]}})"},
           Case{"p.a == 1 and p.b == 2 and p.c == 3 or p.d == 4",
                R"({"any":[{"all":[{"attr":"a","eq":1},{"attr":"b","eq":2},{"attr":"c","eq":3}]},{"attr":"d","eq":4}]})"},
           Case{"not (p.a == 1 or p.b == 2)", R"({"no":{"any":[{"attr":"a","eq":1},{"attr":"b","eq":2}]}})"},
           Case{"(p.n or 0) > 5", R"({"all":[{"attr":"n","gt":5},{"all":[{"attr":"n","exists":true},{"no":{"attr":"n","eq":false}}]}]})"},
           Case{"(p.n or 9) > 5",
                R"({"any":[{"attr":"n","gt":5},{"no":{"all":[{"attr":"n","exists":true},{"no":{"attr":"n","eq":false}}]}}]})"},
           Case{"p.n > nil", R"({"any":[]})"},
           Case{"true", R"({"all":[]})"},
           Case{"0", R"({"all":[]})"},
           Case{"''", R"({"all":[]})"},
           Case{"false", R"({"any":[]})"},
           Case{"nil", R"({"any":[]})"},
           Case{"1 < 2", R"({"all":[]})"},
           Case{"nil < 1", R"({"any":[]})"},
           Case{"'a' == 1", R"({"any":[]})"},
           // what stays Lua, and why
           Case{"f(p.n)", "not lifted: `f(p.n)` calls a function"},
           Case{"p.n > f()", "not lifted: `f()` calls a function"},
           Case{"p.name:lower() == 'x'", "not lifted: `p.name:lower()` calls a function"},
           Case{"p.a == p.b", "not lifted: `p.a == p.b` compares two attributes"},
           Case{"p.n * 2 > 5", "not lifted: `p.n * 2` is computed, not an attribute or a constant"},
           Case{"p.name > 'm'", R"({"attr":"name","gt":"m"})"},
           Case{"contains(p.viewed, 'lamp')", R"({"attr":"viewed","has_any":["lamp"]})"},
           Case{"p.s and p.s:starts('A')",
                R"({"all":[{"all":[{"attr":"s","exists":true},{"no":{"attr":"s","eq":false}}]},{"attr":"s","starts":"A"}]})"},
           Case{"hash.bucket('x', p.id) < 1000", R"({"bucket":{"by":"id","from":0,"salt":"x","to":1000}})"},
           Case{"1000 <= hash.bucket('x', p.id)", R"({"bucket":{"by":"id","from":1000,"salt":"x","to":10000}})"},
           Case{"semver.satisfies(p.v, '>=1.0.0')", R"({"attr":"v","semver":">=1.0.0"})"},
           Case{"p.n > true", "not lifted: `p.n > true` orders something that has no order"},
           Case{"1 < 'a'", "not lifted: `1 < \"a\"` compares constants that have no order"},
           Case{"p == nil", "not lifted: `p` is the whole profile, not an attribute"},
           Case{"r.x == 1", "not lifted: `r.x` is no attribute of the first parameter"},
           Case{"r", "not lifted: `r` is another parameter"},
           Case{"p[r] == 1", "not lifted: `p[r]` is no attribute of the first parameter"},
           Case{"p['a.b'] == 1", "not lifted: `p[\"a.b\"]` is no attribute of the first parameter"},
           Case{"p.n > changed", "not lifted: `changed` is no constant"},
           Case{"p.n > limit", "not lifted: `limit` is a global"},
           Case{"p.n > 1 / 0", "not lifted: `1 / 0` is computed, not an attribute or a constant"},
           Case{"(p.a == 1) == true", "not lifted: `p.a == 1` is computed, not an attribute or a constant"},
           Case{"p.a == 1, 2", "not lifted: the function returns several values"},
       }) {
    INFO(condition);
    CHECK(document(condition) == json);
  }
  CHECK(lifted("return function() return true end").why == "the function has no parameter");
  CHECK(to_json(without_notes(*lifted("return function(p) end").predicate)) == R"({"any":[]})");
  CHECK(lifted("return function(p)\n  local x = p.x\n  return x end").predicate);
  const Lift l = lifted("return function(p)\n  local x = f(p)\n  return x end");
  CHECK_FALSE(l.predicate);
  CHECK(l.why_line == 2);
}

TEST_CASE("every part of the document carries its text and line, the clauses stand beside it") {
  const Lift l = lifted("return function(p)\n  return p.cart.total>200\n    and p.tier\nend");
  REQUIRE(l.predicate);
  CHECK(l.predicate->string_or("text", "") == "p.cart.total > 200 and p.tier");
  const Value& second = l.predicate->find("all")->array()[1];
  CHECK(second.string_or("text", "") == "p.tier");
  CHECK(second.find("line")->number() == 3);
  REQUIRE(l.clauses.size() == 2);
  CHECK(l.clauses[0].text == "p.cart.total > 200");
  CHECK(l.clauses[0].line == 2);
  CHECK(l.clauses[1].line == 3);
}

TEST_CASE("a lifted condition answers what Lua answers") {
  const unsigned seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const auto pick = [&](std::initializer_list<const char*> all) { return std::string(all.begin()[random() % all.size()]); };
  const std::function<std::string(int)> condition = [&](int depth) -> std::string {
    const auto number = [&] { return pick({"0", "1", "-1", "2", "1.5", "1 + 1"}); };
    switch (random() % (depth ? 10 : 7)) {
      case 0: return pick({"p.o.n", "p.n"}) + pick({" < ", " <= ", " > ", " >= ", " == ", " ~= "}) + number();
      case 1: return number() + pick({" < ", " <= ", " > ", " >= ", " == ", " ~= "}) + pick({"p.o.n", "p.n"});
      case 2: return pick({"p.s", "p.b", "p.n"}) + pick({" == ", " ~= "}) + pick({"nil", "true", "false", "'x'", "0", "''"});
      case 3: return "(p.n or " + number() + ")" + pick({" < ", " <= ", " > ", " >= ", " == ", " ~= "}) + number();
      case 4: return "(p.b or " + pick({"nil", "false", "true", "1"}) + ")" + pick({" == ", " ~= "}) + pick({"nil", "false", "true", "1"});
      case 5: return pick({"p.s", "p.b", "p.n", "p.o.n"});
      case 6: return pick({"true", "false", "nil", "0", "1 < 2", "nil > 1"});
      case 7: return "not (" + condition(depth - 1) + ")";
      case 8: return "(" + condition(depth - 1) + " and " + condition(depth - 1) + ")";
      default: return "(" + condition(depth - 1) + " or " + condition(depth - 1) + ")";
    }
  };
  for (int i = 0; i < 2'000; ++i) {
    Object profile, inner;
    std::string lua = "{o={";
    const auto maybe = [&](Object& into, const char* name, std::initializer_list<const char*> values) {
      const std::string value = pick(values);
      if (value.empty()) return;
      into[name] = value == "'x'" ? Value("x") : value == "''" ? Value("") : *parse_json(value);
      lua += std::string(name) + "=" + value + ",";
    };
    maybe(inner, "n", {"", "0", "1", "-1", "1.5", "2", "3"});
    lua += "},";
    maybe(profile, "n", {"", "0", "1", "-1", "1.5", "2", "3"});
    maybe(profile, "s", {"", "'x'", "''"});
    maybe(profile, "b", {"", "true", "false"});
    profile["o"] = inner;
    const std::string source = "local f = function(p) return " + condition(4) + " end return f(" + lua + "}) and true or false";
    INFO(source);
    const auto chunk = read_chunk(source, "a.lua", Mode::policy);
    REQUIRE(chunk.ok());
    const Lift l = lift(*chunk, chunk->functions[0]);
    INFO(l.why);
    REQUIRE(l.predicate);
    const test::Run run = test::run_emitted(chunk->lua);
    CHECK(run.outcome == (holds(*l.predicate, profile) ? "true" : "false"));
    CHECK(holds(without_notes(*l.predicate), profile) == holds(*l.predicate, profile));
  }
}
