// Attributes as arguments: who gets them, and that nothing else comes of it than when `p` is read.
#include "script/lower.h"

#include <catch2/catch.hpp>

#include <set>

#include "base/limits.h"
#include "script/policy_function.h"

using namespace footlight;

namespace {

Lowering lowered(const std::string& source) {
  // The tree is looked at no more: only what was found out is compared.
  auto chunk = read_chunk(source, "p.lua", Mode::policy);
  REQUIRE(chunk.ok());
  return lower(*chunk);
}

using Names = std::vector<std::string>;

// What the policy says of these attributes; or why not.
std::string said(const std::string& source, const std::string& attributes, long* fuel = nullptr) {
  auto vm = Vm::create();
  REQUIRE(vm.ok());
  auto loaded = load_policy(*vm, source, "p.lua", {}, {.fuel = limits::fuel_policy});
  if (const auto* none = std::get_if<NoPolicy>(&loaded)) return "not loaded: " + none->outcome.error->message;
  const Value p = *parse_json(attributes), none = Object{};
  const ValueView view(p), request(none);
  const ScriptOutcome outcome = call_policy(*vm, std::get<PolicyFunction>(loaded), {&view, &request}, {});
  if (fuel) *fuel = outcome.fuel_used;
  return outcome.ok() ? to_json(outcome.value) : outcome.error->message;
}

}  // namespace

TEST_CASE("what a policy only looks at is an argument") {
  CHECK(lowered("return function(p) return p.tier == 'gold' and p.age > 18 end").names == Names{"tier", "age"});
  CHECK(lowered("return function(p) if p.a then return not p.b end return (p.c or 1) ~= 2 end").names == Names{"a", "b", "c"});
  CHECK(lowered("return function(p) return type(p.a) == 'string' and p.b:starts('x') and p.c + #p.d > p.e .. '' end").names ==
        Names{"a", "b", "c", "d", "e"});
  CHECK(lowered("return function(p) return p.b == 1 or p.a == 1 or p.a == 2 end").names == Names{"a", "b"});  // the most read first
  CHECK(lowered("return (function() return function(p) return p.a == 1 end end)()").names == Names{"a"});
  CHECK(lowered("local least = 10 return function(p) return p.a > least end").names == Names{"a"});
}

TEST_CASE("what goes elsewhere is read of `p`") {
  for (const char* source : {
           "return function(p) return p.a end",                   // the host's
           "return function(p) local a = p.a return a == 1 end",  // a variable's
           "return function(p) return p.a == p.b end",            // two lists are two, even of the same attribute
           "return function(p) return f(p.a) end",
           "return function(p) return p.a.b == 1 end",     // it may be no object, which is an error
           "return function(p) return p['a b'] == 1 end",  // no name
           "return function(p) return p[p] == 1 end",
           "return function(p) return function() return p.a == 1 end end",  // runs when nobody knows
           "return function(p) p = {} return p.a == 1 end",
           "return function(p) p.a = 2 return p.a == 1 end",
           "return function(...) local p = ... return p.a == 1 end",
           "return function(p, q, r) return p.a == 1 end",
           "return function() return p.a == 1 end",
           "local function f(p) return p.a == 1 end return f",  // others may call it
           "local f = function(p) return p.a == 1 end return f",
           "local t = {} local function set(q) q.a = 2 end return function(p) set(p) return p.a == 1 end",
       }) {
    INFO(source);
    CHECK(lowered(source).names.empty());
    CHECK(lowered(source).function == nullptr);
  }
}

TEST_CASE("whether the parameters themselves are asked for anything") {
  const auto asks = [](const std::string& source) {
    const Lowering lowering = lowered(source);
    return std::string(lowering.reads_p ? "p" : "") + (lowering.reads_request ? "r" : "");
  };
  CHECK(asks("return function(p) return p.a == 1 end") == "");
  CHECK(asks("return function(p, r) return p.a == 1 end") == "");
  CHECK(asks("return function(p, r) return p.a == 1 and p.b end") == "p");
  CHECK(asks("return function(p, r) return p.a == 1 and r.surface == 'x' end") == "r");
  CHECK(asks("return function(p, r) local f = function() return p.a, r end return p.a == 1 end") == "pr");
}

TEST_CASE("an argument says what the field would have said") {
  const std::string all = R"({"age":30,"tier":"gold","items":[3,4],"more":{"x":1},"flag":false,"none":null})";
  CHECK(said("return function(p) return p.age > 18 and p.age <= 30 and 30 >= p.age and not (p.age < 30) end", all) == "true");
  CHECK(said("return function(p) return p.missing < 5 or p.missing >= 5 or p.none > 1 or 3 > p.missing end", all) == "false");
  CHECK(said("return function(p) return p.missing == nil and p.none == nil and p.flag == false and p.more ~= nil end", all) == "true");
  CHECK(said("return function(p) return type(p.items) .. type(p.more) .. type(p.missing) .. type(p.age) end", all) ==
        R"("tabletablenilnumber")");
  CHECK(said("return function(p) return p.tier:starts('go') and #p.items == 2 and p.age * 2 == 60 and p.tier .. p.age == 'gold30' end",
             all) == "true");
  // A list that was changed is the script's own; what is looked at is the attribute.
  CHECK(said("return function(p) local own = p.items table.insert(own, 5) return #own .. #p.items end", all) == R"("32")");
  CHECK(said("return function(p) local calls = 0 return p.age == 30 end", all) == "true");
  CHECK(said("local calls = 0 return function(p) calls = calls + 1 return p.age == 30 and calls == 1 end", all) == "true");
  CHECK(said("return function(p) for i = 1, 3 do if p.age == 30 then return i end end end", all) == "1");
  CHECK(said("return function() return math.max(1, 2) end", all) == "2");
}

TEST_CASE("errors speak of fields, on the line they stand on") {
  CHECK(said("return function(p)\n  return p.missing:starts('a')\nend", "{}") == "p.lua:2: attempt to index field 'missing' (a nil value)");
  CHECK(said("return function(p)\n  return p.missing + 1\nend", "{}") ==
        "p.lua:2: attempt to perform arithmetic on field 'missing' (a nil value)");
  CHECK(said("return function(p)\n  return\n    p.a < 5\nend", R"({"a":"x"})") == "p.lua:3: attempt to compare string with number");
  CHECK(said("return function(p)\n  return p.a > 5\nend", R"({"a":"x"})") == "p.lua:2: attempt to compare number with string");
  CHECK(said("return function(p)\n  return p.a > 5\nend", R"({"a":[1]})") == "p.lua:2: attempt to compare number with table");
  CHECK(said("return function(p)\n  return p.a == 1 or\n    semver.satisfied(p.a, '1')\nend", "{}") ==
        "p.lua:3: attempt to call field 'satisfied' (a nil value)");
  CHECK(said("return function(p)\n  return p.a == 1 or type()\nend", "{}") == "p.lua:2: `type` needs a value as argument 1, got nothing");
}

TEST_CASE("there is room for so many; what is more is read of `p`") {
  const auto policy = [](std::size_t attributes, std::size_t locals) {
    std::string source = "return function(p)";
    for (std::size_t i = 0; i < locals; ++i) source += " local l" + std::to_string(i) + " = " + std::to_string(i);
    source += " return true";
    for (std::size_t i = 0; i < attributes; ++i) source += " and p.a" + std::to_string(i) + " == " + std::to_string(i);
    return source + " end";
  };
  std::string attributes = "{";
  for (int i = 0; i < 40; ++i) attributes += (i ? "," : "") + ("\"a" + std::to_string(i)) + "\":" + std::to_string(i);
  attributes += "}";
  CHECK(lowered(policy(limits::script_lowered_max, 0)).names.size() == limits::script_lowered_max);
  CHECK(lowered(policy(limits::script_lowered_max + 1, 0)).names.size() == limits::script_lowered_max);
  CHECK(lowered(policy(limits::script_lowered_max + 1, 0)).reads_p);
  CHECK(said(policy(limits::script_lowered_max, 0), attributes) == "true");
  CHECK(said(policy(limits::script_lowered_max + 1, 0), attributes) == "true");
  // As many locals as a function may have leave no room for arguments: it runs without.
  CHECK(said(policy(limits::script_lowered_max, limits::script_locals_max - 1), attributes) == "true");
}

TEST_CASE("fuel is the same whatever the attribute is") {
  const std::string source = "return function(p) local n = 0 for i = 1, 10 do if p.a == 'x' then n = n + 1 end end return n end";
  std::set<long> costs;
  for (const char* attributes : {"{}", R"({"a":"x"})", R"({"a":[1,2,3]})", R"({"a":{"b":1}})"}) {
    long fuel = 0;
    said(source, attributes, &fuel);
    costs.insert(fuel);
  }
  CHECK(costs.size() == 1);
}
