// Accepted sources: what LuaJIT gets to see, and the canonical text.
#include "script/chunk.h"

#include <catch2/catch.hpp>

#include "script/print.h"

using namespace footlight;

namespace {

constexpr std::string_view prologue = "local __fuel,__stop,__in,__lt,__le,__gt,__ge,__fn,__cat,__va=... return function(...)";
constexpr std::string_view check = " __fuel=__fuel-1 if __fuel<0 then __stop() end";

// `@` in an expected text stands for the fuel check.
std::string whole(std::string_view body) {
  std::string out(prologue);
  for (const char c : std::string("@") + std::string(body) + " end")
    if (c == '@') out += check;
    else out += c;
  return out;
}

Chunk read(std::string_view source, Mode mode = Mode::policy) {
  INFO(source);
  auto chunk = read_chunk(source, "a.lua", mode);
  if (!chunk.ok()) FAIL(to_text(chunk.error()));
  return std::move(chunk).value();
}

}  // namespace

TEST_CASE("each form is emitted as the contract of chunk.h says") {
  struct Case {
    std::string_view source, emitted;
  };
  for (const auto& [source, emitted] : {
           Case{"", ""},
           Case{"return", " return"},
           Case{"return 1, 'a', nil, true, ...", " return 1,\"a\",nil,true,..."},
           // ordering comparisons
           Case{"return a < b", " return (__lt(a,b))"},
           Case{"return a <= b, a > b, a >= b", " return __le(a,b),__gt(a,b),__ge(a,b)"},
           Case{"return a == b, a ~= b", " return a == b,a ~= b"},
           Case{"return a < f()", " return (__lt(a,(f())))"},
           Case{"return f() < ...", " return (__lt(f(),(...)))"},
           Case{"return 1 < 2, #a < 1, -a > b * 2, a + 1 <= (b) - 1", " return 1 < 2,#a < 1,-a > b * 2,a + 1 <= b - 1"},
           Case{"return 1 < a, a .. b < c, not a < 1", " return __lt(1,a),__lt(__cat(a .. b),c),__lt(not a,1)"},
           Case{"return a < b == (c < d)", " return __lt(a,b) == __lt(c,d)"},
           Case{"return not (a < b), -(a < b), (a < b) < c", " return not __lt(a,b),-__lt(a,b),__lt(__lt(a,b),c)"},
           Case{"return (a < b).c", " return (__lt(a,b)).c"},
           // concatenation
           Case{"return a .. b", " return (__cat(a .. b))"},
           Case{"return a .. b .. c, (a .. b) .. c, a .. (b .. c)",
                " return __cat(a .. b .. c),__cat(__cat(a .. b) .. c),__cat(a .. b .. c)"},
           Case{"return a .. 1 + 2, -(a .. b), (a .. b):c(), a .. b == c",
                " return __cat(a .. 1 + 2),-__cat(a .. b),(__cat(a .. b)):c(),__cat(a .. b) == c"},
           Case{"return a .. (b or c), (a < b) .. c, f(a .. b)", " return __cat(a .. (b or c)),__cat(__lt(a,b) .. c),f(__cat(a .. b))"},
           // loops and functions
           Case{"while a do b() end", " while a do@ b() end"},
           Case{"repeat local x = a() until x", " repeat@ local x = a() until x"},
           Case{"for i = 1, 10 do a(i) end", " for i = 1,10 do@ a(i) end"},
           Case{"for i = 10, 1, -1 do break end", " for i = 10,1,-1 do@ break end"},
           Case{"for k, v in pairs(t) do a(k) end", " for k,v in __in(pairs(t)) do@ a(k) end"},
           Case{"for k in f, s, c do end", " for k in __in(f,s,c) do@ end"},
           Case{"local function f(a, ...) return f end", " local f f = function(a,...)@ __va(...) return f end"},
           Case{"local t = {} function t.a.b(x) end", " local t = {} t.a.b = function(x)@ end"},
           Case{"local t = {} function t.a:b(x) end", " local t = {} t.a.b = function(self,x)@ end"},
           Case{"if a then b() elseif c then d() else e() end", " if a then b() elseif c then d() else e() end"},
           Case{"do local x, y = 1 x, y = y, x end", " do local x,y = 1 x,y = y,x end"},
           // calls and fields
           Case{"f'x' f{1} f[[y]] f()", " f(\"x\") f({1}) f(\"y\") f()"},
           Case{"a:b'x':c()", " a:b(\"x\"):c()"},
           Case{"a['b'].c['d e'] = a['end'] [1]", " a.b.c[\"d e\"] = a[\"end\"][1]"},
           Case{"('x'):rep(3)", " (\"x\"):rep(3)"},
           Case{"(f or g)() ;(h or i)()", " (f or g)(); (h or i)()"},
           Case{"a() ;(function() end)()", " a(); (function()@ end)()"},
           Case{"a() ;(b).c = 1", " a() b.c = 1"},
           Case{"return {1, 2; a = 3, ['b c'] = 4, [5] = f(), f()}", " return {1,2,a=3,[\"b c\"]=4,[5]=f(),f()}"},
           Case{"return (f()), (...), ((a)), ((f)())", " return (f()),(...),a,(f())"},
           // precedence
           Case{"return -2 ^ 2, (-2) ^ 2, 2 ^ -3 ^ 2, (2 ^ 3) ^ 2", " return -2 ^ 2,(-2) ^ 2,2 ^ (-3 ^ 2),(2 ^ 3) ^ 2"},
           Case{"return - - a, -(-a), not not a, - # a", " return -(-a),-(-a),not not a,-#a"},
           Case{"return a - (b - c), (a - b) - c, a .. (b .. c), (a .. b) .. c",
                " return a - (b - c),a - b - c,__cat(a .. b .. c),__cat(__cat(a .. b) .. c)"},
           Case{"return (a or b) and c, a or (b and c), not (a == b), (not a) == b",
                " return (a or b) and c,a or b and c,not (a == b),not a == b"},
           Case{"return a - -1, 1 .. 2", " return a - -1,__cat(1 .. 2)"},
           // literals
           Case{"return 0x10, 1e3, .5, 5., 3e-7, 1e100, 0xFFFFFFFFFFFFFFFF", " return 16,1000,0.5,5,3e-7,1e+100,18446744073709551616"},
           Case{"return '\\65\\0\\n\\\"\\'', \"\\a\\\\\\255\"", " return \"A\\000\\n\\\"'\",\"\\007\\\\\\255\""},
           Case{"return 'é€😀', [==[\n]]a]==]", " return \"é€😀\",\"]]a\""},
           Case{"return '\xE2\x80\xAE'", " return \"\\226\\128\\174\""},  // a right-to-left override is shown, not obeyed
           Case{"a.__index = b.__x a:__call()", " a.__index = b.__x a:__call()"},
           Case{"--[==[ ]] ]==] a() -- end", " a()"},
       }) {
    CHECK(read(source).lua == whole(emitted));
  }
}

TEST_CASE("declaring chunks mark their functions with ids in the order of the text") {
  const Chunk chunk = read("local function a() return function() end end\nf{ g = function(p) return p < 1 end }", Mode::declare);
  CHECK(chunk.lua ==
        whole(" local a a = __fn(0,function()@ return __fn(1,function()@ end) "
              "end)\nf({g=__fn(2,function(p)@ return (__lt(p,1)) end)})"));
  REQUIRE(chunk.functions.size() == 3);
  CHECK(chunk.functions[2].line == 2);
  CHECK(chunk.functions[2].parameters == std::vector<std::string>{"p"});
}

TEST_CASE("line ends of every kind count one line each, and a lone CR ends a comment") {
  const auto line_of_call = [](std::string_view lua) {
    return std::count(lua.begin(), lua.begin() + static_cast<std::ptrdiff_t>(lua.find("hit(")), '\n') + 1;
  };
  CHECK(line_of_call(read("a()\r\nb()\rc()\n\rd()\n\nhit()").lua) == 6);
  CHECK(line_of_call(read("local s = [[\r\n\r]] hit(s)").lua) == 3);
  CHECK(line_of_call(read("local s = 'a\\\r\nb'\nhit(s)").lua) == 3);
  CHECK_THAT(read("--x\rwhile true do end").lua, Catch::Contains("\nwhile true do __fuel=__fuel-1 if"));
  CHECK_THAT(read("return '\\\r\n'").lua, Catch::Contains(R"(return "\n" end)"));
  CHECK_THAT(read("return [[\r\n\n\r\r]]").lua, Catch::Contains(R"(return "\n\n" end)"));
}

TEST_CASE("tokens stay on their lines") {
  CHECK(read("local x = {\n  a = 1,\n\n  b = f(\n    2\n  ),\n}\nreturn x\n").lua ==
        whole(" local x = {\na=1,\n\nb=f(\n2\n)\n}\nreturn x"));
  CHECK(read("t:a()\n  :b 'x'\n  :c()").lua == whole(" t:a()\n:b(\"x\")\n:c()"));
}

TEST_CASE("long straight-line code pays for its length, nested bodies for themselves") {
  const auto statements = [](int n) {
    std::string out;
    for (int i = 0; i < n; ++i) out += "a() ";  // three nodes each: statement, call, name
    return out;
  };
  CHECK_THAT(read(statements(21)).lua, Catch::Contains("(...) __fuel=__fuel-1 if"));
  CHECK_THAT(read(statements(22)).lua, Catch::Contains("(...) __fuel=__fuel-2 if"));
  const std::string nested = read("while x do " + statements(134) + "end").lua;
  CHECK_THAT(nested, Catch::Contains("(...) __fuel=__fuel-1 if"));
  CHECK_THAT(nested, Catch::Contains("do __fuel=__fuel-7 if"));
}

TEST_CASE("globals are listed with their places, fields and locals are not") {
  const Chunk chunk = read("local a = b\nreturn a.c(d), function(e) return e, b end");
  std::vector<std::string> seen;
  for (const GlobalUse& g : chunk.globals) seen.push_back(g.name + "@" + std::to_string(g.line) + ":" + std::to_string(g.column));
  CHECK(seen == std::vector<std::string>{"b@1:11", "d@2:12", "b@2:38"});
}

TEST_CASE("names resolve to the declaration that Lua would take") {
  const Chunk chunk = read(
      "local x = x\nlocal x = x\nrepeat local y = x until y\nlocal f = function() return x, f end\nlocal "
      "function g() return g end\nfor x = x, y do return x end");
  const auto& locals = chunk.ast.locals;
  REQUIRE(locals.size() == 6);
  CHECK(locals[1].is_captured);  // the second x, by f
  CHECK_FALSE(locals[0].is_captured);
  CHECK_FALSE(locals[3].is_captured);  // `local f = function() ... f` reads the global f
  CHECK(locals[4].is_captured);        // `local function g` sees itself
  std::vector<std::string> globals;
  for (const GlobalUse& g : chunk.globals) globals.push_back(g.name);
  CHECK(globals == std::vector<std::string>{"x", "f", "y"});
}

TEST_CASE("the canonical text is one form for every formatting") {
  const Chunk chunk = read(R"(
    campaign "gold-hero" { -- who
      priority = 0x50; tags = {'price',},
      audience = function( p )
        return ((p.loyalty).tier == 'gold') and (p['cart'].total > 50)   end,
      show = function(p, ...) local a , b = 1 if a then b = ... elseif p then return nil else repeat a() until b end ;(a or b)(p) end,
    }
    function a.b:c(x) return self end)");
  CHECK(print(chunk.ast) == R"(campaign("gold-hero")({
  priority = 80,
  tags = {"price"},
  audience = function(p) return p.loyalty.tier == "gold" and p.cart.total > 50 end,
  show = function(p, ...)
    local a, b = 1
    if a then
      b = ...
    elseif p then
      return nil
    else
      repeat
        a()
      until b
    end;
    (a or b)(p)
  end,
})
function a.b:c(x) return self end
)");
  REQUIRE(chunk.functions.size() == 3);
  CHECK(chunk.functions[0].source == "function(p) return p.loyalty.tier == \"gold\" and p.cart.total > 50 end");
  CHECK(chunk.functions[2].source == "function(self, x) return self end");
  CHECK(read(print(chunk.ast)).functions[1].source == chunk.functions[1].source);
}
