// Refused sources: where, what is wrong, what was probably meant.
#include "script/chunk.h"

#include <catch2/catch.hpp>

#include "base/limits.h"

using namespace footlight;
using namespace std::string_literals;

namespace {

Error refused(std::string_view source) {
  auto chunk = read_chunk(source, "a.lua", Mode::policy);
  if (chunk.ok()) FAIL("accepted: " << chunk->lua);
  return chunk.error();
}

// `line:column message`, of each problem, without the source line and the caret.
std::vector<std::string> findings(std::string_view source) {
  std::vector<std::string> all;
  for (const Problem& p : refused(source).problems) {
    const auto end = p.message.find("\n  "), bar = p.message.find(" | ", end);
    all.push_back(p.message.substr(end + 3, bar - end - 3) + " " + p.message.substr(0, end));
  }
  return all;
}

}  // namespace

TEST_CASE("a problem shows its line with a caret under the place") {
  const Error error = refused("local a = 1\n\tif é(a) = 2 then\n  b()\nend");
  CHECK(error.code == Code::syntax_error);
  CHECK(error.message == "`a.lua` has a problem");
  REQUIRE(error.problems.size() == 1);
  CHECK(error.problems[0].place == "a.lua:2");
  CHECK(error.problems[0].message ==
        "`é`: a name has only ASCII letters, digits and `_`\n"
        "  2:5 | \tif é(a) = 2 then\n"
        "      | \t   ^");
  std::string wide(300, ' ');
  wide += "= 1";
  const std::string far = refused(wide).problems.at(0).message;
  CHECK_THAT(far, Catch::Contains("  1:301 | ..."));
  CHECK(far.size() < 400);
}

TEST_CASE("each fault is named with its place and the way out") {
  struct Case {
    std::string source;
    std::vector<std::string> says;
  };
  for (const auto& [source, says] : std::initializer_list<Case>{
           // tokens
           {"\xEF\xBB\xBF"
            "a()",
            {"1:1 the text begins with a byte order mark; save the file as UTF-8 without one"}},
           {"#!/usr/bin/lua\na()", {"1:1 a chunk begins with Lua, not with a `#` line"}},
           {"\x1bLJ\x02", {"1:1 the control byte 0x1b cannot stand in a text; in a string write it as `\\27`"}},
           {"a()\0b()"s, {"1:4 the control byte 0x00 cannot stand in a text; in a string write it as `\\0`"}},
           {"a('\x01')", {"1:4 the control byte 0x01 cannot stand in a text; in a string write it as `\\1`"}},
           {"-- \x7f", {"1:4 the control byte 0x7f cannot stand in a text; in a string write it as `\\127`"}},
           {"a()\f", {"1:4 the control byte 0x0c cannot stand in a text; in a string write it as `\\12`"}},
           {"-- \xff", {"1:4 the byte 0xff is not UTF-8; save the file as UTF-8, in a string write it as `\\255`"}},
           {"a('\xC0\x80')", {"1:4 the byte 0xc0"}},
           {"a(\"b",
            {"1:3 this string is not closed on its line: expected `\"`; a text of several lines stands in "
             "`[[` and `]]`"}},
           {"a('b\nc')", {"1:3 this string is not closed on its line: expected `'`", "2:2 this string"}},
           {"a([==[b]=]]", {"1:3 this string is never closed: expected `]==]`"}},
           {"--[==[ x ]] \n", {"1:1 this comment is never closed: expected `]==]`"}},
           {"a[=b]", {"1:2 `[=` begins a long string, which needs a second `[`"}},
           {"a('\\x41')",
            {"1:4 unknown escape `\\x`: hexadecimal escapes are not Lua 5.1; write the byte in decimal: "
             "`\\065`"}},
           {"a('\\u{41}')", {"1:4 unknown escape `\\u`: write the character itself, the file is UTF-8"}},
           {"a('\\z')", {"1:4 unknown escape `\\z`: `\\z` is not Lua 5.1; join two strings with `..`"}},
           {"a('\\q')", {"1:4 unknown escape `\\q`: a backslash itself is written `\\\\`"}},
           {"a('\\256')", {"1:4 the escape `\\256` is beyond a byte: at most `\\255`"}},
           {"a(10LL)", {"1:3 malformed number `10LL`: numbers have no suffix, write only the digits"}},
           {"a(10ULL)", {"1:3 malformed number `10ULL`: numbers have no suffix"}},
           {"a(0x1i)", {"1:3 malformed number `0x1i`: numbers have no suffix"}},
           {"a(2i)", {"1:3 malformed number `2i`"}},
           {"a(0x)", {"1:3 malformed number `0x`"}},
           {"a(0x1p4)", {"1:3 malformed number `0x1p4`"}},
           {"a(1e)", {"1:3 malformed number `1e`"}},
           {"a(3x)", {"1:3 malformed number `3x`"}},
           {"a(1..2)", {"1:3 malformed number `1..2`: put a blank before `..`"}},
           {"a(1_000)", {"1:3 malformed number `1_000`: digits cannot be grouped with `_`"}},
           {"a(1e999)", {"1:3 the number `1e999` is beyond what a number can hold; infinity is `math.huge`"}},
           {"if a != b then end", {"1:6 unexpected `!=`: not equal is written `~=`"}},
           {"if a && b then end", {"1:6 unexpected `&&`: write `and`"}},
           {"if a || b then end", {"1:6 unexpected `||`: write `or`"}},
           {"if !a then end", {"1:4 unexpected `!`: negation is written `not`"}},
           {"a(b // c)", {"1:5 unexpected `//`: there is no integer division"}},
           {"/* c */", {"1:1 unexpected `/*`: a comment begins with `--`"}},
           {"a(“b”)", {"1:3 unexpected `“`: this is a typographic quote; write `\"`"}},
           {"a(b\xC2\xA0)", {"1:4 this blank is a no-break space; write a plain one"}},
           {"a(?)", {"1:3 unexpected `?`"}},
           {"goto done", {"1:1 there is no `goto`; use a loop, `break` or a function"}},
           {"::done::", {"1:1 unexpected `::`: there are no labels and no `goto`"}},
           // names
           {"local __fuel = 1", {"1:7 `__fuel`: names of variables that begin with `__` are reserved; use another name"}},
           {"__stop()", {"1:1 `__stop`"}},
           {"return function(__x) end", {"1:17 `__x`"}},
           {"for __i = 1, 2 do end", {"1:5 `__i`"}},
           {"local function __f() end", {"1:16 `__f`"}},
           {"function __f() end", {"1:10 `__f`"}},
           {"local end = 1", {"1:7 `end` is a word of the language and cannot be the name of a local"}},
           {"a.end = 1", {"1:3 `end` is a word of the language; write `[\"end\"]`"}},
           {"a:end()", {"1:3 `end` is a word of the language and cannot be a method"}},
           {"a{end = 1}", {"1:3 `end` is a word of the language; write `[\"end\"] =`"}},
           {"x = 1", {"1:1 assigns the global `x`; write `local x`"}},
           {"local a a, x = 1, 2", {"1:12 assigns the global `x`; write `local x`"}},
           {"function f() end", {"1:10 assigns the global `f`; write `local function f`"}},
           {"return function() x = 1 end", {"1:19 assigns the global `x`; write `local x`"}},
           // statements
           {"if a = 1 then end", {"1:6 `=` assigns; compare with `==`"}},
           {"while (a = 1) do end", {"1:10 expected `)` to close `(` at line 1, found `=`; `=` assigns, compare with `==`"}},
           {"if a b() end", {"1:6 expected `then` after the condition of `if`, found `b`"}},
           {"if a do b() end", {"1:6 expected `then` after the condition of `if`, found `do`"}},
           {"if a thne b() end", {"1:6 expected `then` after the condition of `if`, found `thne`; did you mean `then`?"}},
           {"while a then end", {"1:9 expected `do` after the condition of `while`, found `then`"}},
           {"for i = 1 do end", {"1:11 expected `,` and the last value of the loop, found `do`"}},
           {"for i of t do end", {"1:7 expected `=` or `in` after the loop's variable, found `of`"}},
           {"for k, v = 1, 2 do end", {"1:10 expected `in` after the loop's variables, found `=`"}},
           {"for 1 = 1, 2 do end", {"1:5 expected the name of the loop's variable, found `1`"}},
           {"locla x = 1", {"1:1 unknown word `locla`; did you mean `local`?"}},
           {"retrun 1", {"1:1 unknown word `retrun`; did you mean `return`?"}},
           {"local x == 1", {"1:9 `==` compares; a local gets its value with `=`"}},
           {"local x 1", {"1:9 expected `=` and a value behind `local x`, found `1`"}},
           {"local x = = 1", {"1:11 `= =` is no operator; compare with `==`"}},
           {"local x =", {"1:10 expected a value, found the end of the file"}},
           {"x += 1", {"1:3 there is no `+=`; write `x = x + ...`"}},
           {"a.b -= 1", {"1:5 there is no `-=`; write `a.b = a.b - ...`"}},
           {"x++", {"1:2 there is no `++`; write `x = x + 1`"}},
           {"x == 1", {"1:3 `==` compares; a variable gets its value with `=`"}},
           {"a.b", {"1:4 expected `=` or a call behind `a.b`, found the end of the file"}},
           {"x + 1", {"1:1 a value alone is no statement"}},
           {"'a'", {"1:1 a value alone is no statement"}},
           {"f() = 1", {"1:1 cannot assign to the result of a call; assign to a variable or a field"}},
           {"(a) = 1", {"1:2 cannot assign to something in parentheses"}},
           {"(f())", {"1:6 expected `=` or a call behind `(f())`"}},
           {"return 1\na()",
            {"2:1 `return` must be the last statement of its block; to try something out write `do return "
             "end`"}},
           {"while a do break b() end", {"1:18 `break` must be the last statement of its block"}},
           {"break", {"1:1 `break` outside of a loop; a function is left with `return`"}},
           {"while a do local function f() break end end", {"1:31 `break` outside of a loop"}},
           {"return function() return ... end", {"1:26 `...` outside of a function with `...` among its parameters"}},
           {";", {"1:1 Lua 5.1 has no empty statement: one `;` too many"}},
           {"a();;", {"1:5 Lua 5.1 has no empty statement"}},
           {"f()\n(g or h)()",
            {"2:1 this `(` could continue line 1 or begin a statement; put it on that line, or `;` before "
             "it"}},
           {"function a:b.c() end", {"1:13 expected `(` and the parameters of the function, found `.`"}},
           {"return function(..., a) end", {"1:20 expected `)` after `...`, which is always last, found `,`"}},
           {"return function(a,) end", {"1:19 expected the name of a parameter, found `)`"}},
           // what is open
           {"if a then\n  b()\n", {"3:1 expected `end` to close `if` at line 1, found the end of the file"}},
           {"if a then\n  while b do\n    c()\nend\n",
            {"5:1 expected `end` to close `if` at line 1, found the end of the file; going by the "
             "indentation, what begins at line 2 has no `end`"}},
           {"if a then\n  b()\nelse if c then\n  d()\nend\n",
            {"6:1 expected `end` to close `if` at line 1, found the end of the file; `else if` at line 3 "
             "opens an `if` with an "
             "`end` of its own, `elseif` needs none"}},
           {"if a then else b() elseif c then end", {"1:20 `elseif` cannot follow `else` at line 1"}},
           {"a() end", {"1:5 unexpected `end`: nothing is open here that it could close"}},
           {"a() }", {"1:5 unexpected `}` where a statement should begin"}},
           {"f(1, 2\nlocal x = 1", {"2:1 expected `)` to close `(` at line 1, found `local`"}},
           {"f(1 2)", {"1:5 expected `)` to close `(` at line 1, found `2`; is a `,` missing?"}},
           {"a[1", {"1:4 expected `]` to close `[` at line 1, found the end of the file"}},
           {"a{\n  b = 1\n  c = 2,\n}", {"3:3 expected `,` or `}` in the table opened at line 1, found `c`; is a `,` missing?"}},
           {"a{ b: 1 }", {"1:5 expected `=`, found `:`; a field is written `b = ...`"}},
           {"a{ 'b' = 1 }", {"1:4 a key that is a string is written `['b'] = ...`"}},
           {"a{ f = function(p) return 1, }", {"1:30 expected a value, found `}`"}},
           {"a{ f = function(p) b() }", {"1:24 expected `end` to close `function` at line 1, found `}`"}},
           {"repeat a()", {"1:11 expected `until` to close `repeat` at line 1, found the end of the file"}},
       }) {
    INFO(source);
    const auto found = findings(source);
    CHECK(found.size() == says.size());
    for (std::size_t i = 0; i < std::min(found.size(), says.size()); ++i) CHECK_THAT(found[i], Catch::StartsWith(says[i]));
  }
}

TEST_CASE("one reading reports the faults of several statements and not their echoes") {
  CHECK(findings("local a = = 1\nlocal b = 2\nif a then\n  c(\nend\nfunction d( end\nx += 1\nf(a, b)\ny++\n").size() == 5);
  CHECK(findings("campaign 'x' {\n  priority = 80\n  audience = function(p) return p.a end\n  tags = { 'a' "
                 "'b' }\n}\n")
            .size() == 2);
  CHECK(findings("local f = function(p)\n  if p = 1 then\n    a()\n  end\n  return 2\nend\nlocal x == 2\n").size() == 2);
  // Globals are only judged in a chunk that can be read.
  CHECK(findings("x = 1\ny = 2\nlocal z = w").size() == 2);
  CHECK(refused("x = 1").code == Code::undefined_name);
}

TEST_CASE("a file of faults ends at the limit of problems") {
  std::string source;
  for (int i = 0; i < 100; ++i) source += "x +\n";
  CHECK(refused(source).problems.size() == limits::script_problems_max);
  source.clear();
  for (int i = 0; i < 100; ++i) source += "a(?)\n";
  CHECK(refused(source).problems.size() == limits::script_problems_max);
  source.clear();
  for (int i = 0; i < 100; ++i) source += "x = 1\n";
  CHECK(refused(source).problems.size() == limits::script_problems_max);
}
