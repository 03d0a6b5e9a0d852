// What is known of each function literal: what it reads from outside and what it could change there.
#include "script/chunk.h"

#include <catch2/catch.hpp>

using namespace footlight;

namespace {

FunctionInfo first_function(std::string_view source) {
  INFO(source);
  auto chunk = read_chunk(source, "a.lua", Mode::declare);
  if (!chunk.ok()) FAIL(to_text(chunk.error()));
  return chunk->functions.at(0);
}

}  // namespace

TEST_CASE("captures name the variables from outside, with those of functions further in") {
  const FunctionInfo f =
      first_function("local a, b, c = 1, 2, 3 return function(p) local d = a return function() return b, d, e end end, b");
  REQUIRE(f.captures.size() == 2);
  CHECK(f.captures[0].name == "a");
  CHECK(f.captures[1].name == "b");
  CHECK_FALSE(f.captures[0].is_reassigned);
  CHECK(f.globals == std::set<std::string>{"e"});
  CHECK(first_function("local n = 1 local f = function() return n end n = 2").captures[0].is_reassigned);
}

TEST_CASE("a function that assigns a captured variable is told apart") {
  struct Case {
    std::string_view source;
    bool assigns;
  };
  for (const auto& [source, assigns] : {
           Case{"return function(p) local n = 0 n = n + 1 return n end", false},
           Case{"local n return function(p) n = p end", true},
           Case{"local n return function(p) return function() n = p end end", true},
           Case{"return function(p) local n return function() n = p end end", false},
           Case{"local n return function(n) n = 1 end", false},
           Case{"local f return function() function f() end end", true},
       }) {
    INFO(source);
    CHECK(first_function(source).assigns_captured == assigns);
  }
  // The inner function does, the outer one, which owns the variable, does not.
  const auto chunk = read_chunk("return function() local n return function() n = 1 end end", "a.lua", Mode::declare);
  REQUIRE(chunk.ok());
  CHECK_FALSE(chunk->functions[0].assigns_captured);
  CHECK(chunk->functions[1].assigns_captured);
}

TEST_CASE("a function that writes tables of others is told apart") {
  struct Case {
    std::string_view source;
    bool writes;
  };
  for (const auto& [source, writes] : {
           Case{"return function(p) local t = {} t.a = 1 t[1] = p return t end", false},
           Case{"return function(p) local t = {} local function f() t.a = 1 end f() return t end", false},
           Case{"return function(p) p.a = 1 end", true},
           Case{"return function(p) local t = p t.a = 1 end", true},
           Case{"return function(p) local t = {} t = p t.a = 1 end", true},
           Case{"return function(p) local t = {} for i = 1, 2 do t.a = i t = p end end", true},
           Case{"return function(p) local t = {p} t[1].a = 1 end", true},
           Case{"local t = {} return function(p) t.a = 1 end", true},
           Case{"return function(p) cache.a = 1 end", true},
           Case{"return function(p) function p.a() end end", true},
           Case{"return function(p) local a, t = f(), {} t.x = 1 end", false},
           Case{"return function(p) local a, t = f() t.x = 1 end", true},
           Case{"return function(p) return p.a end", false},
       }) {
    INFO(source);
    CHECK(first_function(source).writes_tables_it_did_not_make == writes);
  }
}
