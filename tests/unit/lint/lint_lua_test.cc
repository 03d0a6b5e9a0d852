// What the linter says of functions: by the line in the author's own file.
#include "script/lint_lua.h"

#include <catch2/catch.hpp>

#include "script/policies.h"
#include "tests/unit/engine/world.h"

using namespace footlight;
using namespace footlight::test;

namespace {

const AttributeTypes& attributes() {
  static const AttributeTypes types = [] {
    Problems problems;
    Workspace workspace = parse_workspace(document(R"({"name": "w", "attributes": {
      "loyalty.tier": {"type": "enum", "values": ["none", "silver", "gold"]}, "cart.total": {"type": "number", "min": 0}, "name": {"type": "text"},
      "vip": {"type": "boolean"}, "viewed": {"type": "list", "of": {"type": "text"}}, "extra": {"type": "any"}}})"),
                                          problems);
    REQUIRE(lines_of(problems) == "");
    return workspace.attributes;
  }();
  return types;
}

std::string warnings(const std::string& source) {
  const auto chunk = read_chunk(source, "a.lua", Mode::declare);
  if (!chunk) FAIL(to_text(chunk.error()));
  return lines_of(lint_lua(*chunk, attributes()));
}

// Of a body of `audience = function(p, request)`, which begins at line 1.
std::string body(const std::string& text) {
  return warnings("campaign \"c\" { audience = function(p, request) " + text + " end, show = { hero = \"x\" } }");
}

}  // namespace

TEST_CASE("functions that are sound are told nothing") {
  CHECK(body("return p.cart.total > 50 and p.loyalty.tier == 'gold'") == "");
  CHECK(body("if not p.viewed then return false end local n = 0 for _, v in ipairs(p.viewed) do if "
             "v:find('lamp') then n = n + 1 end end return n > 2 and #p.viewed > 3") == "");
  CHECK(body("local cart = p.cart return (cart.total or 0) > 5 and p.extra.anything.at_all ~= nil and "
             "p.viewed[1] == 'x' and p.name:upper() == 'ANN'") == "");
  CHECK(body("if request.context.channel == 'partner' then return false end if p.cart.total > 5 then return "
             "true end return p.cart.total == nil") == "");
  CHECK(body("while true do if p.vip then break end end return true") == "");
  // Another function's parameter is not a visitor.
  CHECK(warnings("local function f(q) return q.anything == 1 end campaign \"c\" { show = { hero = \"x\" } }") == "");
}

TEST_CASE("attributes that nobody declared") {
  CHECK(body("return p.cart.totl > 5") ==
        "a.lua:1: warning: no attribute `cart.totl` is declared, so `p.cart.totl` is nil; did you mean "
        "`cart.total`? (unknown_attribute)\n");
  CHECK(body("local c = p.cart\nreturn c.sum == 1") ==
        "a.lua:2: warning: no attribute `cart.sum` is declared, so `p.cart.sum` is nil (unknown_attribute)\n");
  CHECK(body("return p.name.first == 'A'") == "a.lua:1: warning: `name` is a text and has no field `first` (unknown_attribute)\n");
  CHECK(body("return request.contxt ~= nil") ==
        "a.lua:1: warning: `request` has no field `contxt`, so it is nil; did you mean `context`? "
        "(unknown_field)\n");
  CHECK(warnings("campaign \"c\" { schedule = function(now) return now.weakday == 'sun' end, show = { hero = "
                 "\"x\" } }") ==
        "a.lua:1: warning: `now` has no field `weakday`, so it is nil; did you mean `weekday`? "
        "(unknown_field)\n");
  // Wherever a visitor is handed in: content, named audiences, parts of conditions, functions by their name.
  CHECK_THAT(warnings("campaign \"c\" { show = { hero = function(p) return p.nam end } }"), Catch::Contains("`nam`"));
  CHECK_THAT(warnings("audience \"a\" (function(p) return p.nam end)"), Catch::Contains("`nam`"));
  CHECK_THAT(warnings("audience \"a\" (all { everyone, no(function(p) return p.nam end) })"), Catch::Contains("`nam`"));
  CHECK_THAT(warnings("local function ask(who) return who.nam end\ncampaign \"c\" { targeting = ask, show = "
                      "{ hero = \"x\" } }"),
             Catch::Contains("a.lua:1") && Catch::Contains("`who.nam`"));
}

TEST_CASE("comparisons that the declared type excludes") {
  CHECK(body("return p.loyalty.tier == 'golden'") ==
        "a.lua:1: warning: `loyalty.tier` is never \"golden\": it is declared as one of none, silver, gold; "
        "did you mean `gold`? (type_mismatch)\n");
  CHECK(body("return p.cart.total == '5'") ==
        "a.lua:1: warning: `cart.total` is never \"5\": it is declared as a number of at least 0 "
        "(type_mismatch)\n");
  CHECK(body("return p.cart.total < 0") ==
        "a.lua:1: warning: this comparison never holds for `cart.total`, which is declared as a number of at "
        "least 0 (type_mismatch)\n");
  CHECK(body("return -1 > p.cart.total") ==
        "a.lua:1: warning: this comparison never holds for `cart.total`, which is declared as a number of at "
        "least 0 (type_mismatch)\n");
  CHECK(body("return p.name > 5") == "a.lua:1: warning: `name` is a text; ordering it with 5 fails when it is there (type_mismatch)\n");
  CHECK(body("return p.vip == 'yes'") == "a.lua:1: warning: `vip` is never \"yes\": it is declared as a boolean (type_mismatch)\n");
  CHECK(body("return p.vip ~= 1") == "a.lua:1: warning: `vip` is never 1: it is declared as a boolean (type_mismatch)\n");
}

TEST_CASE("parts that exclude each other, and lines that no run comes to") {
  CHECK(body("return p.cart.total > 5 and\n p.cart.total < 3") ==
        "a.lua:1: warning: this `and` never holds: its parts exclude each other (never_holds)\n");
  CHECK(body("if p.cart.total > 100 then return true\nelseif p.cart.total > 200 then return false end return "
             "true") == "a.lua:2: warning: no run comes to this branch: its condition is never true here (unreachable_code)\n");
  CHECK(body("if p.loyalty.tier == 'gold' then return true end\nif p.loyalty.tier == 'gold' then return false "
             "end return true") == "a.lua:2: warning: no run comes to this branch: its condition is never true here (unreachable_code)\n");
  CHECK(body("if p.vip then return true\nelseif not p.vip then return false\nelse return nil end") ==
        "a.lua:3: warning: no run comes to this `else`: one of the branches before it is always taken "
        "(unreachable_code)\n");
  CHECK(body("if p.vip then return true else return false end\nlog('never')") ==
        "a.lua:2: warning: no run comes to this line (unreachable_code)\n");
  CHECK(body("while true do log('x') end\nreturn true") == "a.lua:2: warning: no run comes to this line (unreachable_code)\n");
  CHECK(body("if false then\n log('x') end return true") ==
        "a.lua:1: warning: no run comes to this branch: its condition is never true here (unreachable_code)\n");
  CHECK(body("while p.cart.total > 5 and p.cart.total < 3 do log('x') end return true") ==
        "a.lua:1: warning: this `and` never holds: its parts exclude each other (never_holds)\na.lua:1: "
        "warning: this loop never runs: its condition is never true here (unreachable_code)\n");
  // A condition that is nested is seen with those around it.
  CHECK(body("if p.cart.total > 100 then\nif p.cart.total < 50 then return true end end return false") ==
        "a.lua:2: warning: no run comes to this branch: its condition is never true here (unreachable_code)\n");
  // What is computed may be anything.
  CHECK(body("local n = #p.viewed if n > 5 then return true elseif n > 7 then return false end return true") == "");
  // A branch that goes on keeps what follows open.
  CHECK(body("local x = 1 if p.vip then x = 2 end if p.vip then return true end return x == 1") == "");
}

// A folder's functions, wherever they stand.
static std::string folder_warnings(std::map<std::string, std::string> files) {
  files["workspace.lua"] =
      "workspace \"w\" { attributes = { [\"cart.total\"] = number { min = 0 } }, surfaces = { hero = text { \"web://w/#hero\" } } }\n";
  const auto folder = memory_files(std::move(files));
  LuaPolicyCompiler policies;
  const LoadedWorkspace loaded = load_workspace(*folder, policies);
  if (has_errors(loaded.problems)) FAIL(lines_of(loaded.problems));
  return lines_of(lint_functions(loaded, *folder));
}

TEST_CASE("functions in JSON documents are linted as those in files of Lua are") {
  CHECK(
      folder_warnings(
          {{"experiences/a.json",
            R"({"kind": "campaign", "id": "a", "audience": {"lua": "return function(p)\n  return p.cart.totl > 5\nend"}, "show": {"hero": "x"}})"}}) ==
      "experiences/a.json $.audience:2: warning: no attribute `cart.totl` is declared, so `p.cart.totl` is nil; did you mean `cart.total`? "
      "(unknown_attribute)\n");
  CHECK(folder_warnings({{"experiences/a.json",
                          R"({"kind": "campaign", "id": "a", "schedule": {"lua": "return function(now) return now.weakday == 'sun' end"},
                           "show": {"hero": {"lua": "local function ask(p) return p.cart.total < 0 end return ask"}}})"}}) ==
        "experiences/a.json $.schedule:1: warning: `now` has no field `weakday`, so it is nil; did you mean `weekday`? (unknown_field)\n"
        "experiences/a.json $.show.hero:1: warning: this comparison never holds for `cart.total`, which is declared as a number of at "
        "least 0 (type_mismatch)\n");
  CHECK(folder_warnings({{"audiences/many.json", R"({"all": ["everyone", {"lua": "return function(p) return p.cart.totl end"}]})"}}) ==
        "audiences/many.json $.audiences.many.all[1]:1: warning: no attribute `cart.totl` is declared, so `p.cart.totl` is nil; did you "
        "mean `cart.total`? (unknown_attribute)\n");
  CHECK(
      folder_warnings(
          {{"experiences/a.json",
            R"({"kind": "campaign", "id": "a", "audience": {"lua": "return function(p) return p.cart.total > 5 end"}, "show": {"hero": "x"}})"}}) ==
      "");
}

TEST_CASE("functions in modules are linted too") {
  CHECK(folder_warnings(
            {{"lib/m.lua", "return {\n  ask = function(p)\n    do return true end\n    log(\"never\")\n  end,\n}\n"},
             {"experiences/a.lua", "local m = require \"lib.m\"\ncampaign \"a\" { audience = m.ask, show = { hero = \"x\" } }\n"}}) ==
        "lib/m.lua:4: warning: no run comes to this line (unreachable_code)\n");
}
