// On each limit and one step past it; and whatever is accepted, LuaJIT can load.
#include "script/chunk.h"

#include <catch2/catch.hpp>
#include <functional>

#include "base/limits.h"
#include "lua_run.h"

using namespace footlight;

namespace {

std::string repeat(int n, std::string_view text) {
  std::string out;
  for (int i = 0; i < n; ++i) out += text;
  return out;
}

// `item(i)` for 0..n-1, joined.
std::string list(int n, const std::function<std::string(int)>& item, std::string_view between = ",") {
  std::string out;
  for (int i = 0; i < n; ++i) out += (i ? std::string(between) : "") + item(i);
  return out;
}
std::string variable(int i) { return "v" + std::to_string(i); }

void is_accepted(const std::string& source) {
  for (const Mode mode : {Mode::policy, Mode::declare}) {
    const auto chunk = read_chunk(source, "a.lua", mode);
    INFO(source.substr(0, 200));
    if (!chunk.ok()) FAIL(to_text(chunk.error()).substr(0, 500));
    CHECK(test::load_error(chunk->lua) == "");
  }
}

void is_refused(const std::string& source, Code code, std::string_view says) {
  INFO(source.substr(0, 200));
  const auto chunk = read_chunk(source, "a.lua", Mode::policy);
  REQUIRE_FALSE(chunk.ok());
  CHECK(chunk.error().code == code);
  CHECK_THAT(chunk.error().problems.at(0).message, Catch::Contains(std::string(says)));
}

}  // namespace

TEST_CASE("the text has at most so many bytes") {
  const std::string padding(limits::script_bytes_max - 3, ' ');
  is_accepted("a()" + padding);
  is_refused("a() " + padding, Code::too_large, "the chunk has 262145 bytes, at most 262144 are read; split it");
}

TEST_CASE("the chunk has at most so many tokens") {
  const int calls = static_cast<int>(limits::script_tokens_max / 4);
  is_accepted(repeat(calls, "a{};"));
  is_refused(repeat(calls, "a{};") + "a()", Code::limit_exceeded, "more than 100000 tokens");
}

TEST_CASE("nesting of every kind ends at the depth limit, and what is below it loads") {
  struct Shape {
    std::string_view before, core, after;
    int levels_each;
  };
  for (const auto& [before, core, after, each] : {
           Shape{"do ", "", " end", 1},
           Shape{"while a do ", "", " end", 1},
           Shape{"if a then ", "", " end", 1},
           Shape{"repeat ", "", " until a", 1},
           Shape{"local function f() ", "", " end", 1},
           Shape{"return function() ", "", " end", 2},
           Shape{"a(function() ", "", " end)", 2},
       }) {
    INFO(before);
    const int most = (limits::script_depth_max - 1) / each;
    is_accepted(repeat(most, before) + std::string(core) + repeat(most, after));
    is_refused(repeat(most + 1, before) + std::string(core) + repeat(most + 1, after), Code::limit_exceeded,
               "nested more than 64 levels deep");
  }
  for (const auto& [before, core, after, each] : {
           Shape{"(", "1", ")", 1},     Shape{"{", "1", "}", 1},   Shape{"a[", "1", "]", 1},    Shape{"a(", "1", ")", 1},
           Shape{"{[", "1", "]=1}", 1}, Shape{"a{", "1", "}", 2},  Shape{"a < (", "1", ")", 2}, Shape{"(", "1", ") < a", 1},
           Shape{"not ", "1", "", 1},   Shape{"- ", "1", "", 1},   Shape{"#", "a", "", 1},      Shape{"a .. ", "a", "", 1},
           Shape{"a ^ ", "a", "", 1},   Shape{"", "a", " + a", 1}, Shape{"", "a", ".b", 1},     Shape{"", "a", "[1]", 1},
           Shape{"", "a", "()", 1},     Shape{"", "a", ":b()", 1}, Shape{"", "a", "{}", 1},     Shape{"", "a", " < a", 1},
       }) {
    INFO(before << "_" << after);
    const auto nested = [&](int n) { return "return " + repeat(n, before) + std::string(core) + repeat(n, after); };
    // The greatest depth that is accepted lies between the limit and half of it, and one more is refused.
    int most = 0;
    while (most < 100 && read_chunk(nested(most + 1), "a.lua", Mode::policy).ok()) ++most;
    CHECK(most <= limits::script_depth_max);
    CHECK(most >= limits::script_depth_max / each - 3);
    is_accepted(nested(most));
    is_refused(nested(most + 1), Code::limit_exceeded, "nested more than 64 levels deep");
    is_refused(nested(5'000), Code::limit_exceeded, "nested more than 64 levels deep");
  }
  // A list of cases is not deep, however long; what is deep within it is.
  for (const std::string word : {" or a", " and a"}) {
    is_accepted("return a" + repeat(1'000, word));
    is_accepted("return p.a == 1" + repeat(500, word + ".b == 'x'"));
    is_refused("return a" + repeat(1'000, word) + word.substr(0, word.size() - 1) + repeat(63, "(") + "a" + repeat(63, ")"),
               Code::limit_exceeded, "nested more than 64 levels deep");
  }
  // Loops run out of locals before they run out of depth: four each.
  is_accepted(repeat(50, "for i = 1, 2 do ") + repeat(50, " end"));
  is_accepted(repeat(50, "for i in a do ") + repeat(50, " end"));
  is_refused(repeat(51, "for i in a do ") + repeat(51, " end"), Code::limit_exceeded, "more than 200 locals at once");
  // A chain around something deep is as deep as both together.
  is_refused("return (function() return " + repeat(40, "{") + repeat(40, "}") + " end)()" + repeat(40, ".a"), Code::limit_exceeded,
             "nested");
}

TEST_CASE("`elseif` chains and lists of statements are no nesting") {
  is_accepted("if a then b() " + repeat(500, "elseif a then b() ") + "end");
  is_accepted("return {" + repeat(20'000, "1,") + "}");
  is_accepted("return {" + list(10'000, [](int i) { return "[" + std::to_string(i) + ".5]='" + std::to_string(i) + "'"; }) + "}");
}

TEST_CASE("a function has at most so many locals at once") {
  const int most = limits::script_locals_max;
  is_accepted("local " + list(most, variable));
  is_refused("local " + list(most + 1, variable), Code::limit_exceeded, "more than 200 locals at once");
  is_accepted(list(
      most, [](int i) { return "local " + variable(i); }, "\n"));
  is_accepted("do local " + list(most, variable) + " end local " + list(most, variable));
  is_accepted("return function(" + list(most, variable) + ") end");
  is_refused("return function(" + list(most + 1, variable) + ") end", Code::limit_exceeded, "locals at once");
  is_accepted("local " + list(most - 4, variable) + " for i = 1, 2 do end for k in a do end");
  is_refused("local " + list(most - 3, variable) + " for i = 1, 2 do end", Code::limit_exceeded, "locals at once");
}

TEST_CASE("a function uses at most so many variables from outside") {
  const int most = limits::script_captures_max;
  const auto in_a_list = [](int n) {
    return "local " + list(n, variable) + " return function() for k in a do return 1 < k, 1 <= k, k > 1, k >= 1, function() end, {" +
        list(n, variable) + "} end end";
  };
  is_accepted(in_a_list(most));
  is_refused(in_a_list(most + 1), Code::limit_exceeded, "uses more than 50 variables from outside");
  // Those of inner functions count for the outer one, which hands them on.
  is_refused("local " + list(most + 1, variable) + " return function() return function() return {" + list(most + 1, variable) + "} end end",
             Code::limit_exceeded, "uses more than 50 variables from outside");
}

TEST_CASE("locals and pending values fit LuaJIT's slots") {
  const auto call = [](int n) { return "a(" + list(n, variable) + ")"; };
  int most = 0;
  while (read_chunk(call(most + 1), "a.lua", Mode::policy).ok()) ++most;
  CHECK(most > 200);
  is_accepted(call(most));
  is_refused(call(most + 1), Code::limit_exceeded, "too many locals and values at once: more than 240");
  is_refused("return " + list(300, variable), Code::limit_exceeded, "too many locals and values");
  is_refused("local " + list(190, variable) + " a(" + list(60, variable) + ")", Code::limit_exceeded, "too many locals and values");
  is_refused("local " + list(190, variable) + " return " + list(60, variable, " .. "), Code::limit_exceeded, "too many locals and values");
}

TEST_CASE("an assignment has at most so many targets") {
  const int most = static_cast<int>(limits::script_targets_max);
  const auto assign = [](int n) { return "local a " + list(n, [](int i) { return "a[" + std::to_string(i) + "]"; }) + " = 1"; };
  is_accepted(repeat(60, "do ") + assign(most) + repeat(60, " end"));
  is_refused(assign(most + 1), Code::limit_exceeded, "assigns more than 50 variables at once");
}

TEST_CASE("no jump is longer than LuaJIT can make it") {
  const auto guarded = [](std::string_view before, int n, std::string_view after) {
    return std::string(before) + repeat(n, "a(b) ") + std::string(after);
  };
  for (const auto& [before, after] : {std::pair("if a then ", "end"),
                                      {"while a do ", "end"},
                                      {"repeat ", "until a"},
                                      {"for i = 1, 2 do ", "end"},
                                      {"for k in a do ", "end"},
                                      {"if a then else ", "end"}}) {
    int most = 1000, refused = 30'000;
    while (refused - most > 1) {
      const int middle = (most + refused) / 2;
      (read_chunk(guarded(before, middle, after), "a.lua", Mode::policy).ok() ? most : refused) = middle;
    }
    is_accepted(guarded(before, most, after));
    is_refused(guarded(before, most + 1, after), Code::limit_exceeded, "too long for a jump over it");
  }
  is_refused("return a and {" + repeat(12'000, "f(),") + "}", Code::limit_exceeded, "too long for a jump over it");
  is_accepted(repeat(20'000, "a(b) "));
}

TEST_CASE("a function has at most so many names and literals") {
  const int half = static_cast<int>(limits::script_constants_max) / 2;
  is_accepted(repeat(half, "a'b'"));
  is_refused(repeat(half, "a'b'") + "a'b'", Code::limit_exceeded, "more than 60000 names and literals");
}

TEST_CASE("a chunk declares at most so many locals") {
  // Two tokens and two bytes a local at best: the tokens end before the declarations do, but for loops.
  const auto loops = [](int n) { return repeat(n, "for a,b in\"\"do end "); };
  is_accepted(loops(12'000));
  is_refused(loops(12'400), Code::limit_exceeded, "declares more than 60000 locals");
}

TEST_CASE("hostile texts are refused or loaded, never worse") {
  for (const std::string& source : {
           std::string("local _ for _ in (nil):foo() do end"),  // crashes LuaJIT's parser as it stands
           std::string("for _ in (''):x() do end"),
           std::string("for _ in nil do end"),
           std::string("for a in 1 do end"),
           std::string("for next in next, {} do end"),
           std::string("local pairs for k in pairs do end"),
           "return " + std::string(limits::script_string_bytes_max, '#') + "a",
           "return '" + std::string(200'000, 'x') + "'",
           "--" + std::string(200'000, '['),
           "return [" + std::string(200'000, '=') + "[",
           std::string(200'000, '('),
           std::string(200'000, '{'),
           std::string(200'000, ')'),
           repeat(40'000, "end "),
           repeat(40'000, "if a then "),
           repeat(40'000, "function "),
           repeat(40'000, "local "),
           repeat(40'000, "a."),
           repeat(40'000, "\r"),
           repeat(40'000, "\n\r"),
           repeat(40'000, "'\\\n"),
           std::string(200'000, '\0'),
           std::string(200'000, '\xff'),
           std::string(200'000, '-'),
           std::string(200'000, '.'),
           std::string(200'000, '0'),
           "return 0x" + std::string(200'000, 'f'),
           "return 1e" + std::string(1000, '9'),
           std::string("return {[nil]=1}"),
           std::string("return {[0/0]=1,[1e300]=2}"),
           std::string("return {nil,nil,nil,...}"),
           std::string("return -nil, #1, 1 .. {}"),
       }) {
    INFO(source.substr(0, 40));
    const auto chunk = read_chunk(source, "a.lua", Mode::declare);
    if (chunk.ok()) {
      CHECK(test::load_error(chunk->lua) == "");
    } else {
      CHECK(chunk.error().problems.size() <= limits::script_problems_max);
      for (const Problem& p : chunk.error().problems) CHECK(p.message.size() < 1'000);
    }
  }
}
