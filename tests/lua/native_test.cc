// Native or Lua, the answer is the same: a declared condition, the same condition written as a function and made
// native, and that function run by the interpreter, on generated conditions and generated profiles. A pair is
// one condition asked of one profile. Likewise functions that stay Lua, with the conditions in them native and without.
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <set>

#include "engine/decide.h"
#include "script/policies.h"
#include "script/policy_forms.h"

using namespace footlight;

namespace {

// Leaves every function to the interpreter.
class Interpreting : public LuaPolicyCompiler {
 public:
  std::optional<Predicate> lift(const Policy&, const AttributeTypes&) override { return {}; }
  std::optional<Predicate> split(const Policy&, const AttributeTypes&) override { return {}; }
};

class Words {
 public:
  explicit Words(unsigned seed) : random_(seed) {}
  std::size_t below(std::size_t n) { return random_() % n; }
  template <class T>
  T pick(std::initializer_list<T> all) {
    return all.begin()[below(all.size())];
  }

 private:
  std::mt19937 random_;
};

// The same condition twice: as documents and as Lua have it.
struct Pair {
  Value document;
  std::string lua;
};

constexpr const char* signs[][2] = {{"lt", "<"}, {"le", "<="}, {"gt", ">"}, {"ge", ">="}};

Value attr(const char* name, const char* word, Value operand) { return Object{{"attr", name}, {word, std::move(operand)}}; }
std::string quoted(const std::string& text) { return "'" + text + "'"; }

Pair leaf(Words& words) {
  const double n = words.pick({-1.0, 0.0, 0.5, 1.0, 2.0, 50.0, 1e6});
  const std::string n_text = to_json(Value(n));
  const char* number = words.pick({"n", "o.n"});
  const std::string s = words.pick<std::string>({"", "a", "ab", "b", "gold", "é", "Z"});
  const char* text = words.pick({"s", "o.t"});
  const std::string p = "p.";
  switch (words.below(14)) {
    case 0: {
      const auto& sign = signs[words.below(4)];
      return {attr(number, sign[0], n), p + number + " " + sign[1] + " " + n_text};
    }
    case 1: {
      const auto& sign = signs[words.below(4)];
      constexpr const char* mirrored[] = {">", ">=", "<", "<="};
      return {attr(number, sign[0], n), n_text + " " + mirrored[&sign - signs] + " " + p + number};
    }
    case 2: {
      const auto& sign = signs[words.below(4)];
      return {attr(text, sign[0], s), p + text + " " + sign[1] + " " + quoted(s)};
    }
    case 3: return {attr(number, "eq", n), p + number + " == " + n_text};
    case 4: return {attr(text, "eq", s), p + text + " == " + quoted(s)};
    case 5: return {attr("b", "eq", true), "p.b == true"};
    case 6: return {attr("b", "eq", false), "p.b == false"};
    case 7: {
      const char* any = words.pick({"n", "s", "b", "l", "v", "o.n", "o.t"});
      return {attr(any, "exists", true), p + any + " ~= nil"};
    }
    case 8: return {attr("o.t", "in", Array{"gold", s}), "(p.o.t == 'gold' or p.o.t == " + quoted(s) + ")"};
    case 9:
      return {attr(number, "between", Array{0, n < 0 ? 1 : n}),
              "(p." + std::string(number) + " >= 0 and p." + number + " < " + to_json(Value(n < 0 ? 1 : n)) + ")"};
    case 10: {
      const char* word = words.pick({"starts", "ends", "contains"});
      const std::string call =
          words.below(2) ? "string." + std::string(word) + "(p.s, " + quoted(s) + ")" : "p.s:" + std::string(word) + "(" + quoted(s) + ")";
      return {attr("s", word, s), words.below(2) ? "(p.s ~= nil and " + call + ")" : "(p.s and " + call + ")"};
    }
    case 11: return {attr("l", "has_any", Array{s}), "contains(p.l, " + quoted(s) + ")"};
    case 12: {
      const std::string test = words.pick<std::string>({"< 2.0.0", ">=1.2.3", "=1.0.0", "> 1.0.0-rc.1"});
      return {attr("v", "semver", test), "semver.satisfies(p.v, " + quoted(test) + ")"};
    }
    default: {
      const double to = words.pick({0.0, 2500.0, 5000.0, 10000.0});
      return {Object{{"bucket", Object{{"salt", "x"}, {"by", "s"}, {"to", to}}}}, "hash.bucket('x', p.s) < " + to_json(Value(to))};
    }
  }
}

Pair condition(Words& words, int depth) {
  switch (depth > 0 ? words.below(4) : 0) {
    case 0: return leaf(words);
    case 1: {
      Pair inner = condition(words, depth - 1);
      return {Object{{"no", std::move(inner.document)}}, "not (" + inner.lua + ")"};
    }
    default: {
      const bool is_all = words.below(2) == 0;
      Array parts;
      std::string lua;
      for (std::size_t i = 0, count = 2 + words.below(2); i < count; ++i) {
        Pair part = condition(words, depth - 1);
        parts.push_back(std::move(part.document));
        lua += (i ? is_all ? " and " : " or " : "") + ("(" + part.lua + ")");
      }
      return {Object{{is_all ? "all" : "any", std::move(parts)}}, std::move(lua)};
    }
  }
}

// A function of locals, early returns and small functions, about the same attributes.
std::string function_of(Words& words) {
  const auto any = [&] { return condition(words, 1).lua; };
  const auto answer = [&] { return words.pick<std::string>({"true", "false", "nil", "", "0", "p.b", "n", "is_gold"}); };
  std::string body = "  local n, limit = p.n, " + words.pick<std::string>({"0", "1", "2 * 25"}) + "\n  local is_gold = p.o.t == 'gold'\n";
  body += "  local function near(x, most) return x ~= nil and x <= most end\n";
  body += "  local function has(text, beginning)\n    if not text then return false end\n    return text:starts(beginning)\n  end\n";
  for (std::size_t i = 0, count = 1 + words.below(3); i < count; ++i) {
    const std::string test = words.pick<std::string>(
        {any(), "n > limit", "not is_gold", "near(n, limit)", "has(p.s, 'a')", "near(p.o.n, 1) and has(p.o.t, 'g')", "p.s"});
    body += "  if " + test + " then\n    " + (words.below(5) ? "return " + answer() : "if is_gold then return " + answer() + " end") + "\n";
    if (words.below(3) == 0) body += "  elseif " + any() + " then\n    return " + any() + "\n";
    if (words.below(4) == 0) body += "  else\n    return " + answer() + "\n";
    body += "  end\n";
  }
  return "return function(p, request)\n" + body + "  return " + any() + "\nend";
}

// A test of an attribute that may be anything, which may be an error.
std::string test_of_anything(Words& words) {
  const std::string x = words.pick<std::string>({"p.x", "p.y", "p.undeclared"});
  return words.pick<std::string>({"type(" + x + ") == 'number' and " + x + " < 2",
                                  "(type(" + x + ") == 'string' and " + x + ":starts('a'))", x + " == 'a'", x + " == 1", x, "not " + x,
                                  "type(" + x + ") ~= 'table'", "type(" + x + ") == 'boolean'", "type(" + x + ") == 'nil'",
                                  "contains(" + x + ", 'a')", "type(" + x + ") == 'table' and contains(" + x + ", 'gold')",
                                  x + " ~= nil and " + x + " >= 1", "(" + x + " or 'a') == 'a'"});
}

// A function that does more than test conditions: it counts, loops, calls, and remembers in locals what it found.
std::string counting_function_of(Words& words) {
  const auto any = [&] { return words.below(3) ? "(" + condition(words, 1).lua + ")" : "(" + test_of_anything(words) + ")"; };
  const auto dear = [&] {
    return words.pick<std::string>({"count(p.l) > 1", "n > 1", "(p.n or 0) * 2 > 1", "#(p.s or '') > 1", "request.identity.id == 'a'",
                                    "found", "limits[p.s] ~= nil", "limits.s == n"});
  };
  std::string body = "  local n, found = 0, nil\n  local limits = {a = 1, gold = 2, s = 1}\n";
  body +=
      "  local function count(list)\n    local sum = 0\n    for _, item in ipairs(list or {}) do if item ~= '' then sum = sum + 1 end "
      "end\n    return sum\n  end\n";
  if (words.below(2))
    body += "  if " + any() + " then return " + words.pick<std::string>({"true", "false", "nil", "n > 0", "p.b", dear()}) + " end\n";
  if (words.below(3) == 0) body += "  if not " + any() + " then return " + any() + " and " + dear() + " end\n";
  for (std::size_t i = words.below(4); i > 0; --i)
    body +=
        words.pick<std::string>({"  if " + any() + " then n = n + 1 elseif " + any() + " then n = n + 2 end\n",
                                 "  n = n + (" + any() + " and 1 or 0)\n", "  for i = 1, 2 do if " + any() + " then n = n + i end end\n",
                                 "  found = found or " + any() + "\n", "  found = " + any() + " and " + any() + "\n",
                                 "  limits.s = " + any() + " and 2 or n\n", "  while n < 2 and " + any() + " do n = n + 1 end\n"});
  const std::string last = words.pick<std::string>({any() + " and " + dear(), any() + " or " + dear(),
                                                    any() + " and " + any() + " and (" + any() + " or " + dear() + ")",
                                                    dear() + " and " + any(), "not (" + any() + " and " + dear() + ")", dear(),
                                                    any() + " and (" + dear() + " or " + any() + ") and " + any()});
  return "return function(p, request)\n" + body + "  return " + last + "\nend";
}

Value profile(Words& words) {
  Object profile, inner;
  const auto maybe = [&](Object& into, const char* name, auto value) {
    if (words.below(4)) into[name] = Value(value);
  };
  // Sometimes of another type than declared: it counts as absent, in all three.
  const auto number = [&] { return words.below(12) ? Value(words.pick({-1.0, 0.0, 0.5, 1.0, 2.0, 49.0, 50.0, 1e6})) : Value("1"); };
  const auto text = [&] {
    return words.below(12) ? Value(words.pick<std::string>({"", "a", "ab", "b", "ba", "gold", "é", "Z"})) : Value(1);
  };
  maybe(profile, "n", number());
  maybe(inner, "n", number());
  maybe(profile, "s", text());
  maybe(inner, "t", words.below(12) ? Value(words.pick<std::string>({"none", "a", "gold"})) : Value("other"));
  maybe(profile, "b", words.below(12) ? Value(words.below(2) == 0) : Value("true"));
  maybe(profile, "v", words.pick<std::string>({"1.0.0", "1.2.3", "2.0.0", "1.0.0-rc.1", "1.2", "x"}));
  Array list;
  for (std::size_t i = words.below(4); i > 0; --i) list.push_back(words.pick<std::string>({"", "a", "b", "gold"}));
  if (words.below(3)) profile["l"] = list;
  if (!inner.empty()) profile["o"] = inner;
  for (const char* name : {"x", "y", "undeclared"})
    if (words.below(3))
      profile[name] =
          words.pick<Value>({1, 2, 0.5, "a", "gold", true, false, Array{"a", "b"}, Array{}, Array{"gold", 1}, Object{{"a", 1}}, Value()});
  return profile;
}

Workspace workspace() {
  Problems problems;
  const auto document =
      parse_json(R"({"name": "w", "attributes": {"n": {"type": "number"}, "o.n": {"type": "number"}, "s": {"type": "text"},
    "o.t": {"type": "enum", "values": ["none", "a", "gold"]}, "b": {"type": "boolean"}, "v": {"type": "text"},
    "l": {"type": "list", "of": {"type": "text"}}, "x": {"type": "any"}, "y": {"type": "any"}}, "surfaces": {"hero": {"format": "text", "rules": ["web://w/#hero"]}}})");
  REQUIRE(document.ok());
  Workspace made = parse_workspace(*document, problems);
  REQUIRE_FALSE(has_errors(problems));
  return made;
}

// `as` is `audience` or `targeting`.
std::shared_ptr<const Snapshot> compiled(const std::vector<Value>& audiences, PolicyCompiler& compiler, const char* as = "audience") {
  SnapshotSource source{.version = "v", .workspace = workspace()};
  Problems problems;
  for (std::size_t i = 0; i < audiences.size(); ++i) {
    const std::string id = "e" + std::to_string(i);
    Definition definition = parse_definition(Object{{"kind", "campaign"},
                                                    {"id", id},
                                                    {as, audiences[i]},
                                                    {"show", Object{{"hero", Array{Object{{"element", id}, {"content", "x"}}}}}}},
                                             problems);
    for (const Problem& problem : problems) FAIL(to_line(problem) << " " << to_json(audiences[i]));
    source.experiences.push_back({.definition = std::move(definition)});
  }
  auto snapshot = Snapshot::compile(std::move(source), compiler);
  if (!snapshot) FAIL(to_text(snapshot.error()));
  return *snapshot;
}

Request request_of(const Value& attributes) {
  Problems problems;
  Request request = parse_request(Object{{"attributes", attributes}, {"surfaces", Array{"web://w/#hero"}}}, {1764590400000}, problems);
  REQUIRE_FALSE(has_errors(problems));
  return request;
}

struct Answer {
  std::set<std::string> shown;
  int failures = 0;
};
Answer answer(const Snapshot& snapshot, const Request& request, PolicyRunner& runner) {
  const Decision decision = decide(snapshot, request, runner);
  Answer answer{.failures = decision.policy_failures};
  for (const Proposition& proposition : decision.propositions) answer.shown.insert(proposition.experience);
  return answer;
}

std::string first_difference(const std::set<std::string>& a, const std::set<std::string>& b) {
  for (const std::string& id : a)
    if (!b.contains(id)) return id;
  for (const std::string& id : b)
    if (!a.contains(id)) return id;
  return "";
}

Value lua(const std::string& source) { return Object{{"lua", source}}; }

}  // namespace

TEST_CASE("a declared condition and the same one written as a function answer alike, native and interpreted") {
  const unsigned seed = std::random_device()();
  INFO("seed " << seed);
  Words words(seed);
  // A million pairs take half a minute: FOOTLIGHT_LONG=1 runs them all.
  const std::size_t conditions = 1'000, profiles = std::getenv("FOOTLIGHT_LONG") ? 1'000 : 100;
  std::vector<Value> documents, functions;
  std::vector<std::string> sources;
  for (std::size_t i = 0; i < conditions; ++i) {
    Pair pair = condition(words, 3);
    documents.push_back(std::move(pair.document));
    sources.push_back("return function(p) return " + pair.lua + " end");
    functions.push_back(lua(sources.back()));
  }
  LuaPolicyCompiler lifting;
  Interpreting interpreting;
  const auto declared = compiled(documents, lifting), native = compiled(functions, lifting),
             interpreted = compiled(functions, interpreting), targeted = compiled(functions, lifting, "targeting");
  for (const Policy& left : native->policies()) {
    const auto form = lifting.native_form(left, workspace().attributes);
    UNSCOPED_INFO(left.lua << " is not native: " << std::get<WhyLua>(form).why);
  }
  CHECK(native->policies().empty());
  CHECK(targeted->policies().empty());
  CHECK(interpreted->policies().size() == conditions);
  auto runner = LuaPolicyRunner::create(interpreted, {.deadline = limits::load_deadline});  // a busy machine decides nothing
  REQUIRE(runner.ok());
  std::size_t held = 0;
  for (std::size_t i = 0; i < profiles; ++i) {
    const Value attributes = profile(words);
    const Request request = request_of(attributes);
    const Answer by_document = answer(*declared, request, no_policies()), by_native = answer(*native, request, no_policies()),
                 by_lua = answer(*interpreted, request, **runner), by_targeting = answer(*targeted, request, no_policies());
    held += by_document.shown.size();
    INFO(to_json(attributes));
    CHECK(by_lua.failures == 0);
    for (const Answer* other : {&by_native, &by_lua, &by_targeting})
      if (const std::string id = first_difference(by_document.shown, other->shown); !id.empty()) {
        const std::size_t which = std::stoul(id.substr(1));
        INFO((other == &by_lua             ? "interpreted"
                  : other == &by_targeting ? "native targeting"
                                           : "native")
             << "\n"
             << to_json(documents[which]) << "\n"
             << sources[which]);
        CHECK(by_document.shown == other->shown);
        return;
      }
  }
  std::printf("%zu pairs of a condition and a profile, %zu hold\n", conditions * profiles, held);
  CHECK(held > conditions * profiles / 10);
  CHECK(held < conditions * profiles * 9 / 10);
}

TEST_CASE("a function of locals, early returns and small functions answers alike, native and interpreted") {
  const unsigned seed = std::random_device()();
  INFO("seed " << seed);
  Words words(seed);
  const std::size_t count = 500, profiles = std::getenv("FOOTLIGHT_LONG") ? 2'000 : 200;
  std::vector<Value> functions;
  std::vector<std::string> sources;
  for (std::size_t i = 0; i < count; ++i) functions.push_back(lua(sources.emplace_back(function_of(words))));
  LuaPolicyCompiler lifting;
  Interpreting interpreting;
  const auto native = compiled(functions, lifting), interpreted = compiled(functions, interpreting);
  for (const Policy& left : native->policies())
    UNSCOPED_INFO(left.lua << "\n" << std::get<WhyLua>(lifting.native_form(left, workspace().attributes)).why);
  CHECK(native->policies().size() < count / 20);
  auto some = LuaPolicyRunner::create(native, {.deadline = limits::load_deadline}),
       all = LuaPolicyRunner::create(interpreted, {.deadline = limits::load_deadline});
  REQUIRE((some.ok() && all.ok()));
  for (std::size_t i = 0; i < profiles; ++i) {
    const Value attributes = profile(words);
    const Request request = request_of(attributes);
    const Answer by_native = answer(*native, request, **some), by_lua = answer(*interpreted, request, **all);
    CHECK(by_lua.failures == 0);
    if (const std::string id = first_difference(by_native.shown, by_lua.shown); !id.empty()) {
      INFO(to_json(attributes) << "\n" << sources[std::stoul(id.substr(1))]);
      CHECK(by_native.shown == by_lua.shown);
      return;
    }
  }
}

TEST_CASE("a function that stays Lua answers alike with the conditions in it native, and fails alike") {
  const unsigned seed = std::random_device()();
  INFO("seed " << seed);
  Words words(seed);
  LuaPolicyCompiler splitting;
  Interpreting interpreting;
  std::size_t split = 0, functions = 0, held = 0, failed = 0;
  // So few that each has an element of its own in the index.
  const std::size_t count = 50, snapshots = std::getenv("FOOTLIGHT_LONG") ? 100 : 8, profiles = 150;
  for (std::size_t round = 0; round < snapshots; ++round) {
    std::vector<Value> documents;
    std::vector<std::string> sources;
    for (std::size_t i = 0; i < count; ++i) documents.push_back(lua(sources.emplace_back(counting_function_of(words))));
    const char* const as = round % 2 ? "audience" : "targeting";
    const auto with = compiled(documents, splitting, as), without = compiled(documents, interpreting, as);
    for (const Policy& policy : with->policies()) split += splitting.split(policy, workspace().attributes).has_value();
    functions += with->policies().size();
    auto some = LuaPolicyRunner::create(with, {.deadline = limits::load_deadline}),
         all = LuaPolicyRunner::create(without, {.deadline = limits::load_deadline});
    REQUIRE((some.ok() && all.ok()));
    for (std::size_t i = 0; i < profiles; ++i) {
      const Value attributes = profile(words);
      const Request request = request_of(attributes);
      const Answer by_split = answer(*with, request, **some), by_lua = answer(*without, request, **all);
      held += by_lua.shown.size();
      failed += static_cast<std::size_t>(by_lua.failures);
      INFO(to_json(attributes));
      if (const std::string id = first_difference(by_split.shown, by_lua.shown); !id.empty()) {
        INFO(sources[std::stoul(id.substr(1))]);
        CHECK(by_split.shown == by_lua.shown);
        return;
      }
      REQUIRE(by_split.failures == by_lua.failures);
    }
  }
  std::printf("%zu of %zu functions split, %zu held and %zu failed of %zu\n", split, functions, held, failed, snapshots * count * profiles);
  CHECK(split > functions / 2);
  CHECK(held > snapshots * count * profiles / 10);
  CHECK(failed > 0);
}

TEST_CASE("a native targeting policy narrows the audience, and the trace tells which of the two said no") {
  LuaPolicyCompiler compiler;
  const auto files = memory_files({
      {"workspace.lua", "workspace \"w\" { attributes = { n = number {} }, surfaces = { hero = text { \"web://w/#hero\" } } }\n"},
      {"experiences/e.lua",
       "campaign \"e\" {\n  audience = attr \"n\":gt(5),\n  targeting = function(p) return p.n < 10 end,\n  show = { hero = \"x\" },\n}\n"},
  });
  const LoadedWorkspace loaded = load_workspace(*files, compiler);
  for (const Problem& problem : loaded.problems) FAIL(to_line(problem));
  const auto snapshot = Snapshot::compile(everything_live(loaded), compiler);
  REQUIRE(snapshot.ok());
  CHECK((*snapshot)->policies().empty());
  const auto told = [&](double n) {
    const Decision decision = decide(**snapshot, request_of(Object{{"n", n}}), no_policies(), {.explain = true});
    const CandidateTrace& row = decision.trace.at(0).candidates.at(0);
    return std::string(to_text(row.fate)) + ": " + row.reason + " " + row.place;
  };
  CHECK(told(1) == "audience: n > 5 is false (1) experiences/e.lua:2");
  CHECK(told(20) == "targeting: n < 10 is false (20) experiences/e.lua:3");
  CHECK(told(7) == "shown:  ");
}

TEST_CASE("what is not exact stays Lua, and says why") {
  LuaPolicyCompiler compiler;
  const auto why = [&](const std::string& source) {
    const auto form = compiler.native_form({.lua = source, .owner = "a", .path = "$.audience"}, workspace().attributes);
    const auto* reason = std::get_if<WhyLua>(&form);
    return reason ? std::to_string(reason->line) + ": " + reason->why : "native";
  };
  CHECK(why("return function(p) return p.n > 5 end") == "native");
  CHECK(why("local most = 5\nlocal function big(x) return x > most end\nreturn function(p) return big(p.n) end") == "native");
  CHECK(why("return (function()\n  local most = 5\n  return function(p) return p.n > most end\nend)()") == "native");
  CHECK(why("return function(p) if not p.s then return false end return p.s:starts('a') end") == "native");
  CHECK(why("return function(p) if p.s == nil or p.s:starts('a') then return true end end") == "native");
  CHECK(why("return function(p)\n  return p.s:starts('a')\nend") ==
        "2: `p.s` may be absent, and then this is an error; write `p.s and …` before it");
  CHECK(why("return function(p) return not p.s and p.s:starts('a') end") ==
        "1: `p.s` may be absent, and then this is an error; write `p.s and …` before it");
  CHECK(why("return function(p) return p.s > 5 end") == "1: `s` is declared as text, and this is an error for what is not a number");
  CHECK(why("return function(p) return p.n > 'a' end") == "1: `n` is declared as number, and this is an error for what is not a text");
  CHECK(why("return function(p) return contains(p.s, 'a') end") ==
        "1: `s` is declared as text, and this is an error for what is not a list");
  CHECK(why("return function(p) return p.other == 1 end") == "1: no attribute `other` is declared");
  CHECK(why("return function(p) local x = p.deep.er return true end") == "1: no attribute `deep.er` is declared");
  CHECK(why("return function(p)\n  local n = 0\n  n = n + 1\n  return n > 0\nend") == "3: the function assigns a variable");
  CHECK(why("return function(p) for i = 1, 2 do end return true end") == "1: the function has a loop");
  CHECK(why("return function(p) return p.n * 2 > 5 end") == "1: `p.n * 2` is computed, not an attribute or a constant");
  CHECK(why("return function(p, request) return request.context.channel == 'app' end") ==
        "1: `request.context.channel` is no attribute of the first parameter");
  CHECK(why("return function(p) log('x') return true end") == "1: the function calls another for its effect");
  CHECK(why("local function f(x) return f(x) end return function(p) return f(p.n) end") ==
        "1: `f(x)` calls a function that is no plain condition");
  CHECK(why("local t = {}\nreturn function(p) return p.n > 1 end") == "native");
  CHECK(why("local t = array {}\nreturn function(p) return p.n > 1 end") == "0: what stands before its function may matter");
  CHECK(why("local t = {}\nt.most = log('x')\nreturn function(p) return p.n > 1 end") == "0: what stands before its function may matter");
  CHECK(why("local contains = function(l, x) return true end return function(p) return contains(p.s, 'a') end") == "native");
}

TEST_CASE("check can tell of every function of a workspace whether it is native") {
  LuaPolicyCompiler compiler;
  const auto files = memory_files({
      {"workspace.lua",
       "workspace \"w\" { attributes = { n = number {} }, surfaces = { hero = text { \"web://w/#hero\" }, data = json { \"web://w/#data\" "
       "} } }\n"},
      {"audiences/a.lua", "audience \"many\" (function(p) return p.n > 5 end)\n"},
      {"policies/p.lua", "conflict \"hero\" (function(candidates) return candidates end)\n"},
      {"experiences/e.lua",
       "campaign \"e\" {\n  audience = all { \"many\", function(p) return #tostring(p.n) > 1 end },\n  targeting = function(p) return true "
       "end,\n"
       "  schedule = function(now) return now.hour > 3 end,\n  show = { data = function(p) return { p.n } end },\n}\n"},
  });
  const LoadedWorkspace loaded = load_workspace(*files, compiler);
  for (const Problem& problem : loaded.problems) FAIL(to_line(problem));
  std::vector<std::string> told;
  for (const PolicyForm& form : policy_forms(loaded, compiler))
    told.push_back(form.owner + " " + std::string(to_text(form.role)) + " " + form.place + ": " + (form.is_native ? "native" : form.why));
  const std::vector<std::string> expected = {
      "many targeting audiences/a.lua:1: native",
      "hero conflict policies/p.lua:1: only conditions, in `audience` and `targeting`, are made native",
      "e targeting experiences/e.lua:2: `#tostring(p.n)` is computed, not an attribute or a constant",
      "e targeting experiences/e.lua:3: native",
      "e schedule experiences/e.lua:4: only conditions, in `audience` and `targeting`, are made native",
      "e content experiences/e.lua:5: only conditions, in `audience` and `targeting`, are made native",
  };
  CHECK(told == expected);
}
