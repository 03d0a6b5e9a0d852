// What holds for every program: the emitted text computes what the source does, on the same lines,
// and the canonical text is a fixed point that computes it too.
#include "script/chunk.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <random>

#include "base/limits.h"
#include "lua_generator.h"
#include "lua_run.h"
#include "script/print.h"

using namespace footlight;

namespace {

// The trace without its lines: `12:3,'a'` to `3,'a'`.
std::vector<std::string> without_lines(std::vector<std::string> trace) {
  for (std::string& t : trace) t.erase(0, t.find(':') + 1);
  return trace;
}

}  // namespace

TEST_CASE("emitted programs do what their sources do, line by line") {
  const unsigned seed = std::random_device()();
  INFO("seed " << seed);
  test::LuaGenerator generator(seed);
  std::size_t marks = 0, errors = 0;
  for (int i = 0; i < 400; ++i) {
    const std::string source = generator.text(generator.program());
    INFO(source);
    const test::Run plain = test::run_plain(source);
    INFO(plain.outcome);
    REQUIRE(plain.loaded);
    for (const Mode mode : {Mode::policy, Mode::declare}) {
      const auto chunk = read_chunk(source, "a.lua", mode);
      if (!chunk.ok()) FAIL(to_text(chunk.error()));
      INFO(chunk->lua);
      const test::Run emitted = test::run_emitted(chunk->lua);
      CHECK(emitted.outcome == plain.outcome);
      CHECK(emitted.trace == plain.trace);
    }
    marks += plain.trace.size();
    errors += plain.outcome.starts_with("error");
  }
  // The generator still says something.
  CHECK(marks > 1'000);
  CHECK(errors > 10);
  CHECK(errors < 300);
}

TEST_CASE("the canonical text is a fixed point and computes the same") {
  const unsigned seed = std::random_device()();
  INFO("seed " << seed);
  test::LuaGenerator generator(seed);
  for (int i = 0; i < 300; ++i) {
    const auto tokens = generator.program();
    const std::string source = generator.text(tokens);
    INFO(source);
    const auto first = read_chunk(source, "a.lua", Mode::policy);
    if (!first.ok()) FAIL(to_text(first.error()));
    const std::string canonical = print(first->ast);
    INFO(canonical);
    const auto second = read_chunk(canonical, "a.lua", Mode::policy);
    if (!second.ok()) FAIL(to_text(second.error()));
    CHECK(print(second->ast) == canonical);
    // Another formatting of the same tokens is the same program.
    const auto other = read_chunk(generator.text(tokens), "a.lua", Mode::policy);
    REQUIRE(other.ok());
    CHECK(print(other->ast) == canonical);
    REQUIRE(other->functions.size() == first->functions.size());
    for (std::size_t f = 0; f < first->functions.size(); ++f) {
      const std::string& literal = first->functions[f].source;
      CHECK(other->functions[f].source == literal);
      const auto again = read_chunk("return " + literal, "a.lua", Mode::policy);
      INFO(literal);
      REQUIRE(again.ok());
      CHECK(again->functions[0].source == literal);
    }
    const test::Run plain = test::run_plain(source), reprinted = test::run_plain(canonical);
    CHECK(without_lines(reprinted.trace) == without_lines(plain.trace));
    CHECK(reprinted.outcome.starts_with("error") == plain.outcome.starts_with("error"));
    if (!plain.outcome.starts_with("error")) CHECK(reprinted.outcome == plain.outcome);
  }
}

TEST_CASE("damaged programs are refused with places, or load") {
  const unsigned seed = std::random_device()();
  INFO("seed " << seed);
  test::LuaGenerator generator(seed);
  int refused = 0;
  for (int i = 0; i < 1'500; ++i) {
    auto tokens = generator.program();
    for (unsigned n = 1 + generator.below(3); n; --n) {
      const unsigned at = generator.below(static_cast<unsigned>(tokens.size()));
      switch (generator.below(3)) {
        case 0: tokens.erase(tokens.begin() + at); break;
        case 1: tokens.insert(tokens.begin() + at, tokens[generator.below(static_cast<unsigned>(tokens.size()))]); break;
        default: std::swap(tokens[at], tokens[generator.below(static_cast<unsigned>(tokens.size()))]);
      }
    }
    const std::string source = generator.text(tokens);
    INFO(source);
    const auto chunk = read_chunk(source, "a.lua", Mode::declare);
    if (chunk.ok()) {
      CHECK(test::load_error(chunk->lua) == "");
      continue;
    }
    ++refused;
    CHECK_FALSE(chunk.error().problems.empty());
    CHECK(chunk.error().problems.size() <= limits::script_problems_max);
    for (const Problem& p : chunk.error().problems) CHECK(p.place.starts_with("a.lua:"));
    // LuaJIT refuses it as well, but for assigned globals and what is stricter here by intent.
    if (chunk.error().code == Code::syntax_error && test::load_error(source).empty())
      CHECK_THAT(to_text(chunk.error()), Catch::Contains("`;`") || Catch::Contains("must be the last"));
  }
  CHECK(refused > 300);
}

TEST_CASE("numbers and strings of every kind read back exactly") {
  const unsigned seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 3'000; ++i) {
    const std::uint64_t bits = random();
    double number = 0;
    std::memcpy(&number, &bits, sizeof number);
    number = std::abs(number);
    if (!std::isfinite(number)) continue;
    if (i % 3 == 0) number = static_cast<double>(bits >> (bits % 64));
    char exact[400];
    std::snprintf(exact, sizeof exact, "%.17g", number);
    std::string bytes;
    for (int k = 0; k < 8; ++k) bytes += static_cast<char>(random());
    std::string escaped;
    for (const char c : bytes) escaped += "\\" + std::to_string(static_cast<int>(static_cast<unsigned char>(c))) + "'..'";
    const auto chunk = read_chunk("return " + std::string(exact) + ", '" + escaped + "'", "a.lua", Mode::policy);
    if (!chunk.ok()) FAIL(to_text(chunk.error()));
    INFO(chunk->lua);
    CHECK(test::run_emitted(chunk->lua).outcome == std::string(exact) + ",'" + bytes + "'");
    const auto whole = read_chunk("return " + lua_text::quoted(bytes), "a.lua", Mode::policy);
    REQUIRE(whole.ok());
    CHECK(test::run_emitted(whole->lua).outcome == "'" + bytes + "'");
  }
}

TEST_CASE("fuel stops every loop and recursion") {
  for (const std::string_view source : {
           "while true do end",
           "repeat until false",
           "for i = 1, math.huge do end",
           "for i = 1, 1, 0 do end",
           "local function f() return f() end f()",
           "local function f() f() end f()",
           "for k in function() return 1 end do end",
           "local t = {} function t:f() return self:f() end t:f()",
           "--\rwhile true do end",
           "--[==[\n]]]==]while true do end",
           "while true do pcall(error) end",
           "while true do pcall(function() while true do end end) end",
           "local s = 'x' while true do s = s end",
           "for i = 1, 1e9 do local x = i < 3 end",
       }) {
    INFO(source);
    const auto chunk = read_chunk(source, "a.lua", Mode::policy);
    REQUIRE(chunk.ok());
    CHECK_THAT(test::run_emitted(chunk->lua, 10'000).outcome, Catch::Contains("out of fuel") || Catch::Contains("stack overflow"));
  }
}
