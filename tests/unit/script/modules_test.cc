// Modules: what a file requires, what a policy takes along of it, and what is said of modules that are wrong.
#include "script/modules.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "../../support/folder.h"
#include "base/limits.h"
#include "loaded.h"
#include "script/declarations.h"
#include "script/policy_forms.h"

using namespace footlight;
using test::ask;
using test::lines;
using test::load;
using test::told;

namespace {

constexpr const char* pricing = R"(-- What counts as a large cart, in one place.
local M = { most = 500 }

local least = { gold = 50, silver = 80 }

function M.is_large(p)
  return p.cart.total > 50
end

function M.is_gold_and_large(p)
  return p.loyalty.tier == "gold"
    and M.is_large(p)
end

function M.least_for(tier) return least[tier] or M.most end

return M
)";

std::string source_of(const LoadedWorkspace& loaded, std::size_t experience = 0) {
  const Value* lua = loaded.experiences.at(experience).document.at_path("audience.lua");
  return lua ? lua->string() : "";
}

LoadedWorkspace with_audience(const std::string& audience, std::map<std::string, std::string> files = {{"lib/pricing.lua", pricing}}) {
  files["experiences/a.lua"] =
      "local pricing = require \"lib.pricing\"\ncampaign \"a\" { audience = " + audience + ", show = { hero = \"x\" } }\n";
  return load(std::move(files));
}

// The problem of a folder that has one.
std::string only(const LoadedWorkspace& loaded) {
  const auto all = lines(loaded);
  std::string text;
  for (const std::string& line : all) text += (text.empty() ? "" : "\n") + line;
  return text;
}

}  // namespace

TEST_CASE("a policy takes along what it uses of a module, and no more") {
  const auto loaded = with_audience("function(p) return pricing.is_large(p) and p.cart.total < pricing.most end");
  CHECK(only(loaded) == "");
  CHECK(source_of(loaded) == R"(local pricing = {is_large = function(p) return p.cart.total > 50 end, most = 500}
return function(p) return pricing.is_large(p) and p.cart.total < pricing.most end
)");
  CHECK(loaded.modules == std::vector<std::string>{"lib/pricing.lua"});
  CHECK(ask(loaded, "web://shop.example/#hero", R"({"cart":{"total":60}})").propositions.size() == 1);
  CHECK(ask(loaded, "web://shop.example/#hero", R"({"cart":{"total":500}})").propositions.empty());
}

TEST_CASE("a policy changes with what it uses of a module, and with nothing else") {
  const std::string audience = "function(p) return pricing.is_large(p) end";
  const auto hash = [&](std::string text) {
    const auto loaded = with_audience(audience, {{"lib/pricing.lua", std::move(text)}});
    REQUIRE(only(loaded) == "");
    return hash_of(loaded.experiences[0].document);
  };
  const auto with = [](std::string from, const std::string& to) {
    std::string text = pricing;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  CHECK(hash(with("500", "900")) == hash(pricing));
  CHECK(hash(with("-- What", "-- Other words: what")) == hash(pricing));
  CHECK(hash(with("gold = 50", "gold = 60")) == hash(pricing));
  CHECK(hash(with("total > 50", "total > 60")) != hash(pricing));
}

TEST_CASE("functions of a module that call each other run natively, and traces name the module's lines") {
  const auto loaded = with_audience("pricing.is_gold_and_large");
  CHECK(only(loaded) == "");
  LuaPolicyCompiler compiler;
  const auto forms = policy_forms(loaded, compiler);
  REQUIRE(forms.size() == 1);
  INFO(forms[0].why << "\n" << source_of(loaded));
  CHECK(forms[0].is_native);
  CHECK(told(ask(loaded, "web://shop.example/#hero", R"({"cart":{"total":20},"loyalty":{"tier":"gold"}})")) ==
        "audience: cart.total > 50 is false (20) lib/pricing.lua:7");
  CHECK(told(ask(loaded, "web://shop.example/#hero", R"({"cart":{"total":20},"loyalty":{"tier":"none"}})")) ==
        "audience: loyalty.tier == \"gold\" is false (\"none\") lib/pricing.lua:11");
}

TEST_CASE("a clause of a named audience is told at its own line, and one of a server's documents at the line of the policy") {
  const auto loaded = load({{"audiences/large.lua",
                             "audience \"large\" (all {\n  attr \"loyalty.tier\":exists(),\n  function(p)\n    return p.cart.total ~= "
                             "nil\n      and p.cart.total > 50\n  end,\n})\n"},
                            {"experiences/a.lua", "campaign \"a\" { audience = \"large\", show = { hero = \"x\" } }\n"}});
  CHECK(only(loaded) == "");
  CHECK(told(ask(loaded, "web://shop.example/#hero", "{}")) == "audience: loyalty.tier exists is false (absent) audiences/large.lua:2");
  CHECK(told(ask(loaded, "web://shop.example/#hero", R"({"cart":{"total":5},"loyalty":{"tier":"gold"}})")) ==
        "audience: cart.total > 50 is false (5) audiences/large.lua:5");
  // A server knows no files.
  LoadedWorkspace bare = load({{"experiences/a.lua",
                                "campaign \"a\" { audience = function(p)\n if not p.loyalty.tier then return false end\n return "
                                "p.cart.total > 50 end, show = { hero = \"x\" } }\n"}});
  bare.experiences[0].places.clear();
  CHECK(told(ask(bare, "web://shop.example/#hero", R"({"cart":{"total":5},"loyalty":{"tier":"gold"}})")) ==
        "audience: cart.total > 50 is false (5) $.audience:5");
}

TEST_CASE("why a function stays Lua is told at the module's line") {
  LuaPolicyCompiler compiler;
  const auto loaded = with_audience(
      "function(p) return pricing.is_odd(p) end",
      {{"lib/pricing.lua", "local M = {}\nfunction M.is_odd(p)\n  local n = p.cart.total\n  return n % 2 == 1\nend\nreturn M\n"}});
  CHECK(only(loaded) == "");
  const auto forms = policy_forms(loaded, compiler);
  REQUIRE(forms.size() == 1);
  CHECK(forms[0].place == "experiences/a.lua:2");
  CHECK(forms[0].why == "lib/pricing.lua:4: `n % 2` is computed, not an attribute or a constant");
}

TEST_CASE("an error while a policy runs is told at the module's line") {
  const auto loaded = with_audience(
      "function(p) return pricing.is_large(p) .. 1 end",
      {{"lib/pricing.lua",
        "local M = {}\nfunction M.is_large(p)\n  local n = p.cart.total or 0\n  return n + p.cart.nothing\nend\nreturn M\n"}});
  CHECK(only(loaded) == "");
  const auto decision = ask(loaded, "web://shop.example/#hero", "{}");
  CHECK_THAT(told(decision), Catch::Contains("lib/pricing.lua:4: attempt to perform arithmetic on"));
}

TEST_CASE("a module may be a function, a folder, and require others") {
  const auto loaded = load({
      {"lib/shapes/init.lua", "return { large = require \"lib.shapes.large\" }\n"},
      {"lib/shapes/large.lua", "local least = 50\nreturn function(p) return p.cart.total > least end\n"},
      {"experiences/a.lua", "local shapes = require \"lib.shapes\"\ncampaign \"a\" { audience = shapes.large, show = { hero = \"x\" } }\n"},
      {"experiences/b.lua", "campaign \"b\" { audience = require(\"lib.shapes.large\"), show = { hero = \"x\" } }\n"},
  });
  CHECK(only(loaded) == "");
  CHECK(source_of(loaded, 0) == "local least = 50\nreturn function(p) return p.cart.total > least end\n");
  CHECK(source_of(loaded, 0) == source_of(loaded, 1));
}

TEST_CASE("constants of a module may be data, also within lists") {
  const auto loaded = load(
      {{"lib/tiers.lua",
        "return { order = { \"none\", \"silver\", \"gold\" }, worth = { gold = { points = 2, from = math.huge } }, none = array {} }\n"},
       {"experiences/a.lua", R"(local tiers = require "lib.tiers"
campaign "a" { audience = everyone, show = { banner = function(p)
  return { best = tiers.order[#tiers.order], points = tiers.worth[p.loyalty.tier].points, least = tiers.worth.gold.from > 1e300, none = tiers.none }
end } }
)"}});
  CHECK(only(loaded) == "");
  const auto seen = ask(loaded, "web://shop.example/#banner", R"({"loyalty":{"tier":"gold"}})");
  REQUIRE(seen.propositions.size() == 1);
  CHECK(seen.propositions[0].content == R"({"best":"gold","least":true,"none":[],"points":2})");
}

TEST_CASE("what one file does to a module, no other sees") {
  const std::string spoil = "local m = require \"lib.counter\"\nm.least = m.least + 40\nm.count()\n";
  const auto campaign = [](const std::string& id) {
    return "campaign \"" + id + "\" { audience = function(p) return p.cart.total == m.least + m.count() end, show = { hero = \"x\" } }\n";
  };
  const auto loaded = load({{"lib/counter.lua", "local n = 0\nreturn { least = 10, count = function() n = n + 1 return n end }\n"},
                            {"experiences/a.lua", spoil + campaign("a")},
                            {"experiences/b.lua", "local m = require \"lib.counter\"\n" + campaign("b")}});
  CHECK(only(loaded) == "");
  // Each was written down with what its own file made of it, and starts from there in every call.
  for (int i = 0; i < 2; ++i) {
    const auto a = ask(loaded, "web://shop.example/#hero", R"({"cart":{"total":52}})"),
               b = ask(loaded, "web://shop.example/#hero", R"({"cart":{"total":11}})");
    REQUIRE(a.propositions.size() == 1);
    CHECK(a.propositions[0].experience == "a");
    REQUIRE(b.propositions.size() == 1);
    CHECK(b.propositions[0].experience == "b");
  }
}

TEST_CASE("a module runs once for a file, however many ways lead to it") {
  const auto loaded = load({{"lib/shared.lua", "return { list = { 1 } }\n"},
                            {"lib/left.lua", "local shared = require \"lib.shared\"\nshared.list[2] = 2\nreturn { shared = shared }\n"},
                            {"experiences/a.lua", R"(local left, shared = require "lib.left", require "lib.shared"
if left.shared ~= shared or require "lib.shared" ~= shared or #shared.list ~= 2 then error("several of one") end
campaign "a" { audience = function(p) return p.cart.total == #shared.list end, show = { hero = "x" } }
)"}});
  CHECK(only(loaded) == "");
  CHECK(ask(loaded, "web://shop.example/#hero", R"({"cart":{"total":2}})").propositions.size() == 1);
}

TEST_CASE("what functions of a policy share they share when it is written down") {
  // One list, which one function fills and another reads; and functions that call each other and themselves.
  const auto loaded = load({{"lib/work.lua", R"(local M = {}
local done = {}
local is_even, is_odd
function is_even(n) if n == 0 then return true end return is_odd(n - 1) end
function is_odd(n) if n == 0 then return false end return is_even(n - 1) end
M.is_even = is_even
function M.note(what) done[#done + 1] = what end
function M.count() return #done end
function M.factorial(n) if n < 2 then return 1 end return n * M.factorial(n - 1) end
return M
)"},
                            {"experiences/a.lua", R"(local work = require "lib.work"
campaign "a" { audience = everyone, show = { banner = function(p)
  work.note "a" work.note "b"
  return { count = work.count(), factorial = work.factorial(5), even = work.is_even(10), odd = work.is_even(7) }
end } }
)"}});
  CHECK(only(loaded) == "");
  for (int i = 0; i < 2; ++i) {
    const auto seen = ask(loaded, "web://shop.example/#banner", "{}");
    REQUIRE(seen.propositions.size() == 1);
    CHECK(seen.propositions[0].content == R"({"count":2,"even":true,"factorial":120,"odd":false})");
  }
}

TEST_CASE("two things of one name stay two") {
  const auto loaded =
      load({{"lib/left.lua",
             "local least = 10\nlocal contains = function(x) return x end\nreturn function(n) return contains(n) and n > least end\n"},
            {"lib/right.lua",
             "local least = 20\nlocal least_2 = 30\nreturn function(p, n) local m = least_2 return n > least and n < m and "
             "contains(p.viewed, \"a\") end\n"},
            {"experiences/a.lua", R"(local left, right = require "lib.left", require "lib.right"
campaign "a" { audience = function(p) return left(p.cart.total) and right(p, p.cart.total) end, show = { hero = "x" } }
)"}});
  CHECK(only(loaded) == "");
  INFO(source_of(loaded));
  const auto shown = [&](const char* attributes) { return ask(loaded, "web://shop.example/#hero", attributes).propositions.size() == 1; };
  CHECK(shown(R"({"cart":{"total":25},"viewed":["a"]})"));
  CHECK_FALSE(shown(R"({"cart":{"total":25},"viewed":["b"]})"));
  CHECK_FALSE(shown(R"({"cart":{"total":15},"viewed":["a"]})"));
  CHECK_FALSE(shown(R"({"cart":{"total":35},"viewed":["a"]})"));
}

TEST_CASE("standard functions by other names are written as what they are") {
  const auto loaded = load({{"experiences/a.lua", R"(local floor, m, has = math.floor, math, contains
campaign "a" { audience = function(p) return floor(p.cart.total) == m.max(2, 3) and has(p.viewed, "a") end, show = { hero = "x" } }
)"}});
  CHECK(only(loaded) == "");
  CHECK(ask(loaded, "web://shop.example/#hero", R"({"cart":{"total":3.5},"viewed":["a"]})").propositions.size() == 1);
  CHECK(only(load({{"experiences/a.lua",
                    "local w = weekly\ncampaign \"a\" { audience = function(p) return w { p } end, show = { hero = \"x\" } }\n"}})) ==
        "experiences/a.lua:2: bad_result: `w` is a function of the runtime, which cannot be a policy; write `function(p) … end`");
}

TEST_CASE("modules that are not there, that are something else, and names that lead out") {
  const auto about = [](const std::string& name, std::map<std::string, std::string> files = {}) {
    files["experiences/a.lua"] = "local x = 1\nlocal m = require \"" + name + "\"\ncampaign \"a\" { show = { hero = \"x\" } }\n";
    return only(load(std::move(files)));
  };
  CHECK(about("lib.prices", {{"lib/pricing.lua", "return {}"}, {"lib/prize.lua", "return {}"}}) ==
        "experiences/a.lua:2: unreadable_file: there is no module `lib.prices`: neither lib/prices.lua nor lib/prices/init.lua; did you "
        "mean `lib.prize`?");
  CHECK(about("pricing") == "experiences/a.lua:2: unreadable_file: there is no module `pricing`: neither pricing.lua nor pricing/init.lua");
  for (const char* name : {"../secret", "/etc/passwd", "lib/pricing", "..\\\\secret"})
    CHECK_THAT(about(name), Catch::Contains("names no module: a dot stands between folders"));
  for (const char* name : {"", ".", "..", "lib..pricing", ".lib", "lib.", "a b", "lib.pricing\\n", "lib.\\0x"})
    CHECK_THAT(about(name),
               Catch::Contains("names no module: between its dots stand letters, digits, `_` and `-`") ||
                   Catch::Contains("takes one name in quotes"));
  for (const char* name : {"workspace", "experiences.b", "audiences.x", "policies.hero"})
    CHECK_THAT(about(name), Catch::Contains("forbidden: `" + std::string(name) + "` is no module: what is declared in"));
  CHECK_THAT(about("tests.helper", {{"tests/helper.lua", "return {}"}}),
             Catch::Contains("`tests.helper` is a helper of tests, and only tests require it"));
  CHECK(about("lib.m", {{"lib/m.lua", "return 5"}}) ==
        "lib/m.lua: bad_result: the module `lib.m` gives a number; a module gives a table or a function");
  CHECK(about("lib.m", {{"lib/m.lua", "local M = {}"}}) ==
        "lib/m.lua: bad_result: the module `lib.m` gives nothing: its last line is `return M`, M being its table");
}

TEST_CASE("what is wrong in a module is told at its own place, once for all files that need it") {
  const auto about = [](const std::string& module) {
    const std::string file = "local m = require \"lib.m\"\ncampaign(\"a\" .. tostring(m.n)) { show = { hero = \"x\" } }\n";
    return only(load({{"lib/m.lua", module}, {"experiences/a.lua", file}, {"experiences/b.lua", file}}));
  };
  CHECK(about("local M = {}\nM.n = = 3\nreturn M") == "lib/m.lua:2: syntax_error: `= =` is no operator; compare with `==`");
  CHECK(about("return {\n  n = missing }") ==
        "lib/m.lua:2: undefined_name: `missing` is not defined; a module names what policies may name, and declares nothing");
  CHECK_THAT(about("campaign \"hidden\" { show = { hero = \"x\" } }\nreturn {}"),
             Catch::Contains("lib/m.lua:1: undefined_name: `campaign` is not defined"));
  CHECK(about("local t = nil\nreturn { n = t.x }") == "lib/m.lua:2: script_error: attempt to index local 't' (a nil value)");
  CHECK_THAT(about("while true do end"), Catch::Contains("lib/m.lua:1: fuel_exhausted"));
  CHECK_THAT(about("local s = 'x' while true do s = s .. s end"), Catch::Contains("lib/m.lua:1: memory_exceeded"));
  CHECK_THAT(about("local function f() return f() + 1 end return { n = f() }"), Catch::Contains("lib/m.lua:1: "));
}

TEST_CASE("of several modules that are wrong all are told at once") {
  CHECK(
      only(load({{"lib/four.lua", "return { n = missing }"},
                 {"lib/good.lua", "return {}"},
                 {"lib/needy.lua", "local five = require \"lib.five\"\nreturn {}"},
                 {"experiences/a.lua", R"(local good = require "lib.good"
local one = require "lib.one"
local two, again = require "lib.two", require "lib.one"
local three = require "workspace"
local four, needy, still_good = require "lib.four", require "lib.needy", require "lib.good"
campaign "a" { show = { hero = "x" } }
)"}})) ==
      "experiences/a.lua:2: unreadable_file: there is no module `lib.one`: neither lib/one.lua nor lib/one/init.lua\n"
      "experiences/a.lua:3: unreadable_file: there is no module `lib.two`: neither lib/two.lua nor lib/two/init.lua\n"
      "experiences/a.lua:4: forbidden: `workspace` is no module: what is declared in workspace.lua cannot be required; put what is shared "
      "into a file of its own, such as lib/shared.lua\n"
      "lib/four.lua:1: undefined_name: `missing` is not defined; a module names what policies may name, and declares nothing\n"
      "lib/needy.lua:1: unreadable_file: there is no module `lib.five`: neither lib/five.lua nor lib/five/init.lua");
  // Of modules that are required in a circle, too, and of as many as may be required.
  CHECK(only(load({{"lib/left.lua", "local right = require \"lib.right\"\nreturn {}"},
                   {"lib/right.lua", "local left, none = require \"lib.left\", require \"lib.none\"\nreturn {}"},
                   {"experiences/a.lua", "local left = require \"lib.left\"\ncampaign \"a\" { show = { hero = \"x\" } }\n"}})) ==
        "lib/right.lua:1: bad_result: modules cannot require each other in a circle: `lib.left` requires `lib.right` requires `lib.left`; "
        "put "
        "what both need into a module of its own\n"
        "lib/right.lua:1: unreadable_file: there is no module `lib.none`: neither lib/none.lua nor lib/none/init.lua");
  std::string many;
  for (std::size_t i = 0; i <= limits::modules_max; ++i) many += "require \"lib.m" + std::to_string(i) + "\"\n";
  CHECK(lines(load({{"experiences/a.lua", many}})).size() == limits::modules_max);
}

TEST_CASE("modules in a circle are refused with the way around it") {
  const auto loaded = load({{"lib/a.lua", "local b = require \"lib.b\"\nreturn {}\n"},
                            {"lib/b.lua", "\nlocal c = require \"lib.c\"\nreturn {}\n"},
                            {"lib/c.lua", "\n\nreturn { require \"lib.b\" }\n"},
                            {"experiences/a.lua", "local a = require \"lib.a\"\ncampaign \"a\" { show = { hero = \"x\" } }\n"}});
  CHECK(only(loaded) ==
        "lib/c.lua:3: bad_result: modules cannot require each other in a circle: `lib.b` requires `lib.c` requires `lib.b`; put what both "
        "need into a module of its own");
}

TEST_CASE("`require` says what a file needs without running it") {
  const auto about = [](const std::string& text) { return only(load({{"lib/m.lua", "return {}"}, {"experiences/a.lua", text}})); };
  const std::string rest = "\ncampaign \"a\" { show = { hero = \"x\" } }\n";
  CHECK(about("local m = require(\"lib.\" .. \"m\")" + rest) ==
        "experiences/a.lua:1: syntax_error: `require` takes one name in quotes, so that what a file needs is known without running it: "
        "require \"lib.pricing\"");
  CHECK_THAT(about("local r = require" + rest), Catch::Contains("`require` is called with the name of a module, and is no value"));
  CHECK_THAT(about("local ok, m = pcall(require, \"lib.m\")" + rest), Catch::Contains("is no value"));
  CHECK(about("\ncampaign \"a\" { audience = function(p) return require \"lib.m\" end, show = { hero = \"x\" } }\n") ==
        "experiences/a.lua:2: syntax_error: `require` stands at the top of a file, outside of functions: local m = require \"lib.m\"");
}

TEST_CASE("a slip in the name of a module's member is told") {
  CHECK(only(with_audience("function(p) return pricing.is_larg(p) end")) ==
        "experiences/a.lua:2: undefined_name: `pricing.is_larg`: the module `lib.pricing` gives no `is_larg`; did you mean `is_large`?");
}

TEST_CASE("a link may lead to a module within the workspace, and not out of it") {
  const test::Folder folder;
  namespace fs = std::filesystem;
  folder.write("secret.lua", "return { n = 1 }\n");
  folder.write("shop/workspace.lua", test::shop_lua);
  folder.write("shop/lib/real.lua", "return { n = 1 }\n");
  folder.write("shop/experiences/a.lua", "local m = require \"lib.linked\"\ncampaign(\"a\" .. m.n) { show = { hero = \"x\" } }\n");
  const auto about = [&](const char* target) {
    fs::remove(folder.path("shop/lib/linked.lua"));
    fs::create_symlink(target, folder.path("shop/lib/linked.lua"));
    LuaPolicyCompiler policies;
    return only(load_workspace(*disk_files(folder.path("shop")), policies));
  };
  CHECK(about("real.lua") == "");
  CHECK_THAT(about("../../secret.lua"),
             Catch::Contains("experiences/a.lua:1: unreadable_file: the module `lib.linked`: `lib/linked.lua` links to a file outside"));
}

TEST_CASE("modules have limits: how long a name, how deep a chain, how many") {
  const auto number = [](std::size_t n) { return std::to_string(n); };
  const auto campaign = [](const std::string& first) { return first + "\ncampaign \"a\" { show = { hero = \"x\" } }\n"; };
  const auto named = [&](std::size_t bytes) {
    const std::string name = "l." + std::string(bytes - 2, 'm');
    return only(load({{"l/" + std::string(bytes - 2, 'm') + ".lua", "return {}"},
                      {"experiences/a.lua", campaign("local m = require \"" + name + "\"")}}));
  };
  CHECK(named(limits::module_name_bytes_max) == "");
  CHECK_THAT(named(limits::module_name_bytes_max + 1), Catch::Contains("it has more than 200 bytes"));
  const auto deep = [&](int depth) {
    std::map<std::string, std::string> files{{"experiences/a.lua", campaign("local m = require \"m1\"")}};
    for (int i = 1; i <= depth; ++i)
      files["m" + number(static_cast<std::size_t>(i)) + ".lua"] =
          i == depth ? "return {}" : "return { require \"m" + number(static_cast<std::size_t>(i) + 1) + "\" }";
    return only(load(std::move(files)));
  };
  CHECK(deep(limits::module_depth_max) == "");
  CHECK_THAT(deep(limits::module_depth_max + 1),
             Catch::Contains("m12.lua:1: limit_exceeded: modules require each other more than 12 deep: `m1` requires"));
  const auto many = [&](std::size_t count) {
    std::string text;
    std::map<std::string, std::string> files;
    for (std::size_t i = 1; i <= count; ++i) {
      files["m/m" + number(i) + ".lua"] = "return {}";
      text += "do local m = require \"m.m" + number(i) + "\" end\n";
    }
    files["experiences/a.lua"] = campaign(text);
    return only(load(std::move(files)));
  };
  CHECK(many(limits::modules_max) == "");
  CHECK_THAT(many(limits::modules_max + 1),
             Catch::Contains("experiences/a.lua:201: limit_exceeded: `experiences/a.lua` requires more than 200 modules"));
}

TEST_CASE("of a huge module a policy takes what it uses; what is too much is refused in time") {
  std::string big = "local M = {}\n";
  for (int i = 0; i < 3'000; ++i) big += "function M.f" + std::to_string(i) + "(p) return p.cart.total > " + std::to_string(i) + " end\n";
  big += "return M\n";
  const auto one = with_audience("function(p) return pricing.f2999(p) end", {{"lib/pricing.lua", big}});
  CHECK(only(one) == "");
  CHECK(source_of(one).size() < 200);
  const auto all = with_audience("function(p) return (next or pairs)(pricing) end", {{"lib/pricing.lua", big}});
  CHECK_THAT(only(all), Catch::Contains("`next` is not defined") || Catch::Contains("too_large"));
  // Each uses the one before it twice: written out in place that would be 2^40 functions.
  std::string doubled = "local M = {}\nfunction M.f0(p) return p.cart.total > 1 end\n";
  for (int i = 1; i <= 40; ++i) {
    const std::string before = "M.f" + std::to_string(i - 1);
    doubled += "function M.f" + std::to_string(i) + "(p) return " + before + "(p) and " + before + "(p) end\n";
  }
  const auto folded = with_audience("pricing.f40", {{"lib/pricing.lua", doubled + "return M\n"}});
  CHECK(only(folded) == "");
  CHECK(source_of(folded).size() < 5'000);
  std::string chain = "local f = function() return 1 end\n";
  for (int i = 0; i < 5'000; ++i) chain += "do local g = f\nf = function() return g() end end\n";
  CHECK_THAT(only(with_audience("pricing", {{"lib/pricing.lua", chain + "return f\n"}})), Catch::Contains("limit_exceeded"));
}
