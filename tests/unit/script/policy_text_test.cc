// Functions written down as policies: where their parts are from, and functions that may be kept from call to call.
#include "script/policy_text.h"

#include <catch2/catch.hpp>

#include "loaded.h"
#include "script/declarations.h"
#include "script/sealed.h"

using namespace footlight;

namespace {

PolicyText written(const std::string& source, std::map<std::string, std::string> files = {}) {
  const auto folder = memory_files(std::move(files));
  auto reader = DeclarationReader::create({}, folder.get());
  REQUIRE(reader.ok());
  auto text = reader->policy(source, "p.lua");
  if (!text) FAIL(to_text(text.error()));
  return std::move(*text);
}

std::string refused(const std::string& source) {
  auto reader = DeclarationReader::create();
  auto text = reader->policy(source, "p.lua");
  return text ? "written:\n" + text->lua : text.error().message;
}

bool is_kept(const std::string& source) {
  auto vm = Vm::create();
  REQUIRE(vm.ok());
  auto loaded = load_policy(*vm, source, "p.lua", {}, {.fuel = limits::fuel_policy});
  REQUIRE(std::holds_alternative<PolicyFunction>(loaded));
  return std::get<PolicyFunction>(loaded).keeps_nothing();
}

}  // namespace

TEST_CASE("each part of a written policy knows its file and line") {
  const PolicyText text = written(
      "local lib = require \"lib\"\n\nlocal least =\n  10\nreturn function(p)\n  return lib.is_large(p,\n    least)\n    or p.vip\nend\n",
      {{"lib.lua",
        "return {\n  is_large = function(p, least)\n    if not p.total then return false end\n    return p.total > least\n  end\n}\n"}});
  CHECK(text.lua == R"(local lib = {
  is_large = function(p, least)
    if not p.total then
      return false
    end
    return p.total > least
  end,
}
local least = 10
return function(p) return lib.is_large(p, least) or p.vip end
)");
  REQUIRE(text.functions.size() == 2);
  CHECK(text.functions[0].file == "lib.lua");
  CHECK(text.functions[1].file == "p.lua");
  const auto place = [&](const std::string& at) {
    const auto found = text.places.find(at);
    return found == text.places.end() ? "" : found->second;
  };
  CHECK(place("2") == "lib.lua:2");
  CHECK(place("6") == "lib.lua:4");
  CHECK(place("10") == "p.lua:5");
  CHECK(place("10:27") == "p.lua:6");  // return lib…
  CHECK(place("10:53") == "p.lua:8");  // p.vip
}

TEST_CASE("what cannot be written down is named") {
  CHECK(refused("return 5") == "p.lua: a policy is a function: `return function(…) … end` (bad_result)");
  CHECK(refused("local t = {} t.t = t return function() return t end") ==
        "written:\nlocal t = {}\nt.t = t\nreturn function() return t end\n");
  CHECK(refused("local t = { [function() end] = 1 } return function() return t end") ==
        "p.lua: the policy uses `t`, which cannot be written down: it has a function as a key");
  CHECK(refused("local t = { a = 1, [2] = 0/0, [true] = -math.huge } return function() return t end") ==
        "written:\nlocal t = {[2] = 0 / 0, a = 1, [true] = -math.huge}\nreturn function() return t end\n");
}

TEST_CASE("a function that captured tables is kept where nobody can change them") {
  CHECK(is_kept("local t = { a = 1 } return function(p) return t.a + t[p.x] end"));
  CHECK(is_kept("local t = { a = { b = 1 } } return function(p) return t.a.b + #t.a + #t end"));
  CHECK(is_kept("local t = { f = function(x) return x end } return function(p) return t.f(p.x) end"));
  CHECK(is_kept("local t = { 1, 2 } return function(p) for i, x in ipairs(t) do if x == p.x then return i end end end"));
  CHECK(is_kept("local t = {} t.a = 1 t.f = function() return t.a end return function(p) return t.f() end"));
  CHECK(is_kept("local t = { a = 1 } local u = t return function(p) return t.a + u.a end"));
  CHECK_FALSE(is_kept("local t = { a = 1 } return function(p) t.a = t.a + 1 return t.a end"));
  CHECK_FALSE(is_kept("local t = { a = { b = 1 } } return function(p) local a = t.a a.b = 2 return t.a.b end"));
  CHECK_FALSE(is_kept("local t = { a = { b = 1 } } return function(p) return t[p.x] end"));
  CHECK_FALSE(is_kept("local t = { 1 } return function(p) table.insert(t, 1) return #t end"));
  CHECK_FALSE(is_kept("local t = { 1 } return function(p) return t end"));
  CHECK_FALSE(is_kept("local t = { { 1 } } return function(p) for _, x in ipairs(t) do table.insert(x, 1) end return #t[1] end"));
  CHECK_FALSE(is_kept("local t = { 1 } local u = t return function(p) table.insert(u, 1) return #t end"));
  CHECK_FALSE(is_kept("local t = {} t.a = {} return function(p) table.insert(t.a, 1) return #t.a end"));
  CHECK_FALSE(is_kept("local x = {} local t = { a = x } return function(p) table.insert(x, 1) return #t.a end"));
  CHECK_FALSE(is_kept("local t = { f = function(self) self.n = (self.n or 0) + 1 return self.n end } return function(p) return t:f() end"));
}
