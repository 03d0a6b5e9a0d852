// The bomb table of docs/scripting.md, row by row: what a C function can do to a host that lets it run,
// and what happens here instead.
#include <chrono>

#include "base/limits.h"
#include "bindings/lua/module.h"
#include "vm_support.h"

using namespace footlight;
using test::Host;
using test::unmetered;

namespace {

// Runs within the fuel of a schedule or conflict policy, and fast: nothing may take longer than the fuel is
// worth. The bound on time is generous (sanitizers, busy machines); an unbounded function takes minutes.
ScriptOutcome run(Host& host, const std::string& script) {
  const auto begin = std::chrono::steady_clock::now();
  ScriptOutcome outcome = host.run(script, {}, {.fuel = limits::fuel_policy});
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  INFO(script);
  CHECK(took.count() < 5);
  CHECK_FALSE(host.vm.needs_rebuild());
  CHECK(host.value("return 1") == Value(1));
  return outcome;
}

std::string refused(Host& host, const std::string& script) {
  const ScriptOutcome outcome = run(host, script);
  INFO(script);
  REQUIRE(outcome.error);
  CHECK(outcome.error->code == Code::script_error);
  return outcome.error->message;
}

Code stopped(Host& host, const std::string& script) {
  const ScriptOutcome outcome = run(host, script);
  INFO(script);
  REQUIRE(outcome.error);
  return outcome.error->code;
}

}  // namespace

TEST_CASE("string.rep ends at the longest string") {
  Host host;
  CHECK(host.value("return #('x'):rep(65536)") == Value(65536));
  CHECK(host.value("return #('xy'):rep(100, '--')") == Value(398));
  CHECK(host.value("return ('x'):rep(0) .. ('x'):rep(-5) .. (''):rep(1e15)") == Value(""));
  for (const char* script : {"return ('x'):rep(65537)", "return string.rep('x', 1e15)", "return ('xx'):rep(2^53)",
                             "return ('x'):rep(2, ('y'):rep(65535))", "return (''):rep(65537 + 1, 'x')"}) {
    CHECK_THAT(refused(host, script), Catch::Contains("string.rep"));
  }
  CHECK_THAT(refused(host, "return ('x'):rep(0/0)"), Catch::Contains("whole number"));
  CHECK_THAT(refused(host, "return ('x'):rep(math.huge)"), Catch::Contains("whole number"));
}

TEST_CASE("patterns that backtrack without end are stopped by fuel") {
  Host host;
  for (const char* script : {
           "return (('a'):rep(100)):find(('a?'):rep(100) .. ('a'):rep(100))",
           "return (('a'):rep(5000)):find(('.-'):rep(30) .. 'b')",
           "return (('a'):rep(5000)):match('(.-)(.-)(.-)(.-)(.-)b')",
           "return (('a'):rep(60000)):gsub('a*a*a*a*b', '')",
           "for x in (('a'):rep(60000)):gmatch('a*a*a*b') do end",
           "return (('a'):rep(60000)):gsub('a*a*a*a*b', function() end)",
           "return (('('):rep(60000)):find('%b()')",
           "return (('a'):rep(60000)):find('[' .. ('bc'):rep(1000) .. ']')",
       }) {
    CHECK(stopped(host, script) == Code::fuel_exhausted);
  }
}

TEST_CASE("a pattern cannot buy more steps than a call may take, whatever its fuel") {
  Host host;
  const ScriptOutcome outcome = host.run("return (('a'):rep(60000)):find('a*a*a*b')", {}, {.fuel = limits::fuel_fixture});
  REQUIRE(outcome.error);
  CHECK(outcome.error->code == Code::script_error);
  CHECK_THAT(outcome.error->message, Catch::Contains("more than 2000000 steps"));
}

TEST_CASE("patterns nest as deep as LuaJIT's, no deeper") {
  Host host;
  CHECK(host.value("return (('a'):rep(199)):find(('a?'):rep(199))") == Value(1));
  CHECK_THAT(refused(host, "return (('a'):rep(300)):find(('a?'):rep(300))"), Catch::Contains("too complex"));
}

TEST_CASE("a plain search of a bad case is linear") {
  Host host;
  CHECK(host.value("local s = ('a'):rep(60000) return s:find(('a'):rep(30000) .. 'b', 1, true) == nil", {},
                   {.fuel = limits::fuel_policy}) == Value(true));
  CHECK(stopped(host, "local s, w = ('a'):rep(60000), ('a'):rep(30000) .. 'b' while true do s:contains(w) end") == Code::fuel_exhausted);
  CHECK(stopped(host, "local s, w = ('a'):rep(60000) .. 'b', ('a'):rep(30000) .. 'b' while true do s:split(w) end") ==
        Code::fuel_exhausted);
}

TEST_CASE("gsub with a function may nest and fail, and never the C stack with it") {
  Host host;
  CHECK(host.value("return (('abc'):gsub('%w', function(c) return c:upper() .. '.' end))") == Value("A.B.C."));
  const ScriptOutcome deep = run(host, "local function f(s) return (s:gsub('.', f)) end return f('a')");
  REQUIRE(deep.error);
  CHECK_THAT(refused(host, "return ('a'):gsub('a', function() return {} end)"), Catch::Contains("invalid replacement"));
  CHECK_THAT(refused(host, "return ('a'):gsub('a', function() error('mine') end)"), Catch::Contains("mine"));
  CHECK_THAT(refused(host, "return (('a'):rep(1000)):gsub('a', ('x'):rep(100))"), Catch::Contains("65536"));
  CHECK_THAT(refused(host, "local x = ('x'):rep(100) return (('a'):rep(1000)):gsub('a', function() return x end)"),
             Catch::Contains("65536"));
  CHECK_THAT(refused(host, "local big = ('x'):rep(60000) return big:gsub('.+', ('%0'):rep(30000))"), Catch::Contains("65536"));
}

TEST_CASE("table.sort: stable, bounded, indifferent to comparisons that lie") {
  Host host;
  CHECK(host.value("local t = {} for i = 1, 2000 do t[i] = (i * 7919) % 2000 end table.sort(t) "
                   "for i = 2, 2000 do if t[i - 1] > t[i] then return i end end return true",
                   {}, {.fuel = limits::fuel_policy}) == Value(true));
  CHECK(host.value("local t = {} for i = 1, 20 do t[i] = {key = i % 3, at = i} end "
                   "table.sort(t, function(a, b) return a.key < b.key end) "
                   "local s = '' for _, x in ipairs(t) do s = s .. x.at .. ' ' end return s") ==
        Value("3 6 9 12 15 18 1 4 7 10 13 16 19 2 5 8 11 14 17 20 "));
  CHECK_THAT(refused(host, "local t = {} for i = 1, 2001 do t[i] = i end table.sort(t)"), Catch::Contains("at most 2000"));
  CHECK(run(host, "local t = {3, 1, 2} table.sort(t, function() return true end) return #t").value == Value(3));
  CHECK(run(host, "local t = {3, 1, 2} table.sort(t, function() return math.random() < 0.5 end) return #t").value == Value(3));
  CHECK_THAT(refused(host, "table.sort({1, 2, 3}, function() error('mine') end)"), Catch::Contains("mine"));
  CHECK(stopped(host, "table.sort({1, 2, 3}, function() while true do end end)") == Code::fuel_exhausted);
  // Nested sorts end as plain recursion does.
  const ScriptOutcome nested = run(host, "local function f() table.sort({1, 2}, f) return true end f()");
  CHECK(nested.error);
  CHECK_THAT(refused(host, "table.sort({1}, 'x')"), Catch::Contains("needs a function as argument 2"));
}

TEST_CASE("concatenation is bounded by memory, table.concat by the longest string") {
  Host host;
  CHECK(stopped(host, "local s = 'x' while true do s = s .. s end") == Code::memory_exceeded);
  std::string straight = "local s = ('x'):rep(1000)";
  for (int i = 0; i < 40; ++i) straight += " s = s .. s";
  CHECK(stopped(host, straight) == Code::memory_exceeded);
  CHECK(stopped(host, "local s = ('x'):rep(65536) local t = {} for i = 1, 1000 do t[i] = s .. i end") == Code::memory_exceeded);
  CHECK(host.value("local t = {} for i = 1, 64 do t[i] = ('x'):rep(1024) end return #table.concat(t)") == Value(65536));
  CHECK_THAT(refused(host, "local t = {} for i = 1, 64 do t[i] = ('x'):rep(1024) end t[65] = 'x' return table.concat(t)"),
             Catch::Contains("table.concat"));
  CHECK_THAT(refused(host, "return table.concat({}, ',', 1, 1e15)"), Catch::Contains("element 1 is nil"));
  CHECK_THAT(refused(host, "return table.concat({1, {}, 3})"), Catch::Contains("element 2 is table"));
  CHECK(host.value("return table.concat({1, 2, 3}, ', ', 2)") == Value("2, 3"));
  CHECK(host.value("return table.concat({}, ',', 5, 1)") == Value(""));
}

TEST_CASE("string.format knows a few conversions with small widths") {
  Host host;
  CHECK(host.value("return ('%5.1f|%-4d|%03d|%x|%s|%q|%c|%%'):format(1.26, 7, 7, 255, 'a', 'b', 65)") ==
        Value("  1.3|7   |007|ff|a|\"b\"|A|%"));
  CHECK(host.value("return ('%s %s %s'):format(nil, true, 1)") == Value("nil true 1"));
  CHECK(host.value("return ('%s %s'):format({}, math.floor)") == Value("table function"));
  CHECK(host.value("return #('%99.99f'):format(1e308)") == Value(409));
  CHECK(host.value("return #(('x'):rep(256)):format()") == Value(256));
  for (const char* script :
       {"return ('%100d'):format(1)", "return ('%.100f'):format(1)", "return ('%99999d'):format(1)", "return ('%p'):format({})",
        "return ('%a'):format(1)", "return ('%n'):format(1)", "return ('%'):format()", "return ('%*d'):format(1, 2)",
        "return ('%      d'):format(1)", "return ('%d'):format(1e300)", "return ('%d'):format(0/0)", "return ('%d'):format('x')",
        "return ('%s'):format()", "return (('x'):rep(257)):format()"}) {
    CHECK_THAT(refused(host, script), Catch::Contains("string.format"));
  }
  CHECK_THAT(refused(host, "local s = ('x'):rep(60000) return ('%s%s'):format(s, s)"), Catch::Contains("65536"));
  CHECK_THAT(refused(host, "return ('%q'):format(('\"'):rep(60000))"), Catch::Contains("65536"));
}

TEST_CASE("unpack, select, byte and char give few results") {
  Host host;
  CHECK(host.value("return select('#', unpack({}, 1, 200))") == Value(200));
  CHECK(host.value("return select(2, 'a', 'b')") == Value("b"));
  CHECK(host.value("return select('#', select(3, 'a', 'b'))") == Value(0));
  CHECK(host.value("return (unpack({[0] = 'zero'}, 0))") == Value("zero"));
  for (const char* script :
       {"return unpack({}, 1, 201)", "return unpack({}, 1, 1e7)", "return unpack({}, -1e15, 1e15)", "return table.unpack({}, 1, 201)"}) {
    CHECK_THAT(refused(host, script), Catch::Contains("at most 200"));
  }
  for (const char* script :
       {"return select(-1, 'a')", "return select(0, 'a')", "return select(0/0, 'a')", "return select('x', 'a')", "return select()"}) {
    CHECK_THAT(refused(host, script), Catch::Contains("select"));
  }
  CHECK(host.value("return select('#', ('abc'):byte())") == Value(1));
  CHECK(host.value("return ('abc'):byte(-1)") == Value(99));
  CHECK(host.value("return ('abc'):byte(2, 2)") == Value(98));
  CHECK(host.value("return select('#', ('abc'):byte(9))") == Value(0));
  CHECK_THAT(refused(host, "return (('x'):rep(60000)):byte(1, -1)"), Catch::Contains("one byte"));
  CHECK(host.value("return #string.char(unpack({65,66,67}))") == Value(3));
  std::string char64 = "return #string.char(0";
  for (int i = 1; i < 64; ++i) char64 += ",0";
  CHECK(host.value(char64 + ")") == Value(64));
  CHECK_THAT(refused(host, char64 + ",0)"), Catch::Contains("at most 64"));
  CHECK_THAT(refused(host, "return string.char(256)"), Catch::Contains("0 to 255"));
}

TEST_CASE("table.insert and remove work on lists of a limited length") {
  Host host;
  const std::string fill = "local t = {} for i = 1, 10000 do t[i] = i end ";
  CHECK(host.value(fill + "table.remove(t, 1) table.insert(t, 1, 0) return #t", {}, {.fuel = limits::fuel_policy}) == Value(10'000));
  CHECK_THAT(refused(host, fill + "table.insert(t, 1)"), Catch::Contains("the most it may have"));
  CHECK_THAT(refused(host, fill + "t[10001] = 1 table.remove(t)"), Catch::Contains("at most 10000"));
  CHECK_THAT(refused(host, fill + "t[10001] = 1 return table.concat(t)"), Catch::Contains("at most 10000"));
  CHECK_THAT(refused(host, "table.insert({}, 2^30, 1)"), Catch::Contains("position between 1 and 1"));
  CHECK_THAT(refused(host, "table.insert({}, 0, 1)"), Catch::Contains("position between 1 and 1"));
  CHECK_THAT(refused(host, "table.insert({})"), Catch::Contains("table.insert"));
  CHECK_THAT(refused(host, "table.insert({}, 1, 2, 3)"), Catch::Contains("table.insert"));
  CHECK(stopped(host, fill + "while true do table.insert(t, 1, table.remove(t, 1)) end") == Code::fuel_exhausted);
  CHECK(host.value("local t = {} t[2^30] = 1 t[2^53] = 2 return #t") == Value(0));
  CHECK(host.value("return table.remove({})").is_null());
  CHECK(host.value("local t = {1, 2, 3} table.remove(t, 2) return t") == *parse_json("[1,3]"));
}

TEST_CASE("tostring names what it cannot show, error takes messages only") {
  Host host;
  CHECK(host.value("return tostring({}) .. tostring(print) .. tostring(nil) .. tostring(true) .. tostring(0.1)") ==
        Value("tablefunctionniltrue0.1"));
  for (const char* script : {"error({})", "error()", "error(nil)", "error(true)", "error(print)"}) {
    CHECK_THAT(refused(host, script), Catch::Contains("needs a message"));
  }
  CHECK_THAT(refused(host, "error('x', 11)"), Catch::Contains("from 0 to 10"));
}

TEST_CASE("recursion without end is an error like any other") {
  Host host;
  CHECK_THAT(refused(host, "local function f() return 1 + f() end return f()"), Catch::Contains("stack overflow"));
  CHECK_THAT(refused(host, "local function f(...) return 1 + f(1, ...) end return f()"), Catch::Contains("at most 200 are passed"));
  CHECK(run(host, "local function f() return 1 + f() end return pcall(f)").value == Value(false));
  CHECK(stopped(host, "local function f() return f() end return f()") == Code::fuel_exhausted);
  run(host, "local function f() return pcall(f) end return f()");
  run(host, "local function f() return 1, pcall(f) end return f()");
}

TEST_CASE("numbers are read from short texts only") {
  Host host;
  CHECK(host.value("return {tonumber(' 12 '), tonumber('0x10'), tonumber('ff', 16), tonumber('-1.5e3')}") ==
        *parse_json("[12,16,255,-1500]"));
  CHECK(host.value("return tonumber('zz', 36)") == Value(1295));
  for (const char* script : {"tonumber('')", "tonumber('1x')", "tonumber('9', 8)", "tonumber({})", "tonumber(nil)", "tonumber('', 16)",
                             "tonumber(('1'):rep(60000))"}) {
    CHECK(host.value("return " + std::string(script)).is_null());
  }
  CHECK_THAT(refused(host, "return tonumber('1', 37)"), Catch::Contains("between 2 and 36"));
  CHECK_THAT(refused(host, "return tonumber()"), Catch::Contains("needs a value"));
}

TEST_CASE("pairs has one order, whatever was done to the table") {
  Host host;
  const std::string keys = "local s = '' for k in pairs(t) do s = s .. tostring(k) .. ' ' end return s";
  CHECK(host.value("local t = {x = 1, b = 1, ['a\\0b'] = 1, a = 1, [3] = 1, [1] = 1, [-2.5] = 1, [true] = 1, "
                   "[false] = 1} " +
                   keys) == Value(std::string("-2.5 1 3 a a\0b b x false true ", 30)));
  CHECK(host.value("local t = {} for i = 1, 100 do t['k' .. i] = i end for i = 1, 98 do t['k' .. i] = nil end " + keys) ==
        Value("k100 k99 "));
  CHECK(host.value("local t = {a = 1, b = 2, c = 3} local n = 0 for k in pairs(t) do t[k] = nil t.c = nil "
                   "t.z = 1 n = n + 1 "
                   "end return n") == Value(2));
  CHECK_THAT(refused(host, "for k in pairs({[{}] = 1}) do end"), Catch::Contains("cannot order keys that are tables"));
  CHECK_THAT(refused(host, "pairs(nil)"), Catch::Contains("needs a table"));
  CHECK_THAT(refused(host, "pairs('x')"), Catch::Contains("needs a table"));
  CHECK_THAT(refused(host, "ipairs(nil)"), Catch::Contains("needs a list"));
  CHECK(stopped(host, "local t = {} for i = 1, 5000 do t['k' .. i] = i end while true do pairs(t) end") == Code::fuel_exhausted);
}

TEST_CASE("every row of the library has its example, and the example runs") {
  Host host;
  for (const LuaModule& module : lua_modules()) {
    for (const LuaFunction& row : module.functions) {
      INFO(module.name << "." << row.name << ": " << row.example);
      const ScriptOutcome outcome = host.run(row.example);
      CHECK_FALSE(outcome.error);
      CHECK_THAT(row.example, Catch::Contains(row.name));
      CHECK_THAT(row.usage, Catch::Contains(row.name));
      CHECK(std::string_view(row.doc).ends_with('.') + std::string_view(row.doc).ends_with('?') +
                std::string_view(row.doc).ends_with("…") ==
            1);
    }
  }
}

TEST_CASE("what is not a row cannot be named") {
  // Everything that LuaJIT's libraries would add, and every way to the inside.
  Host host;
  for (const char* name :
       {"_G",       "_VERSION",       "getfenv",    "setfenv",  "getmetatable", "setmetatable", "rawget", "rawset",  "rawequal",  "rawlen",
        "next",     "load",           "loadstring", "loadfile", "dofile",       "require",      "module", "package", "coroutine", "xpcall",
        "newproxy", "collectgarbage", "gcinfo",     "debug",    "jit",          "ffi",          "bit",    "os",      "io",        "arg"}) {
    INFO(name);
    CHECK_THAT(refused(host, "return " + std::string(name)), Catch::Contains("is not defined"));
  }
  for (const char* name : {"string.dump", "string.len2", "table.foreach", "table.getn", "table.maxn", "table.move", "math.randomseed",
                           "math.mod", "math.frexp", "math.ldexp"}) {
    INFO(name);
    CHECK(host.value("return " + std::string(name)).is_null());
  }
  for (const char* name : {"__index", "__newindex", "__metatable", "__gc", "dump", "getmetatable"}) {
    INFO(name);
    CHECK(host.value("return ('x')['" + std::string(name) + "']").is_null());
    CHECK(host.value("return string['" + std::string(name) + "']").is_null());
  }
}

TEST_CASE("libraries and strings cannot be poisoned") {
  Host host;
  for (const char* script : {"string.upper = nil",
                             "string.new = 1",
                             "math.pi = 3",
                             "table.insert(string, 1)",
                             "table.insert(table, 1, 1)",
                             "table.remove(math)",
                             "table.sort(string)",
                             "local s = 'x' s.upper = nil",
                             "array(string)",
                             "('x').y = 1",
                             "null.x = 1",
                             "return null.x",
                             "return #string",
                             "return string()",
                             "return string .. 'x'",
                             "return string + 1",
                             "return string < string",
                             "return pairs(string)",
                             "return ipairs(string)",
                             "return unpack(string)",
                             "return table.concat(string)"}) {
    INFO(script);
    const ScriptOutcome outcome = run(host, script);
    CHECK(outcome.error);
  }
  CHECK(host.value("return ('x'):upper() .. math.floor(math.pi)") == Value("X3"));
  // What is handed around stays what it was in every other chunk.
  CHECK(host.value("local t = {string = string} t.string = nil return string.upper('a')") == Value("A"));
}
