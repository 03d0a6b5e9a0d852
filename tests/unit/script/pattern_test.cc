// The pattern matcher against LuaJIT's own, on thousands of generated patterns, and what only ours does.
#include "bindings/lua/pattern.h"

#include <lua.hpp>
#include <random>

#include "vm_support.h"

using namespace footlight;
using test::Host;

namespace {

// Pieces that make patterns which match, nearly match, and are malformed.
const char* const pieces[] = {"a",    "b",    ".",      "%a",     "%d", "%w", "%s", "%A", "[ab]", "[^a]", "[a-c]", "[%d_]",
                              "[]]",  "[^]]", "[a-]",   "%.",     "x",  "(",  ")",  "()", "(a",   "b)",   "%1",    "%2",
                              "%b()", "%bxy", "%f[%w]", "%f[^a]", "$",  "^",  "%",  "[",  "[^",   "[%",   "%b",    "%f",
                              "-",    "*",    "+",      "?",      "%z", "%Z", "%g", "%p", "%x",   "%u",   "%l",    "%c"};
const char* const repeats[] = {"", "", "", "*", "+", "-", "?"};
const char subject_letters[] = "aab bc(x)y_.1]A-\n";

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::string pattern() {
    std::string text = pick(4) == 0 ? "^" : "";
    const int count = 1 + pick(5);
    for (int i = 0; i < count; ++i) {
      text += pieces[pick(std::size(pieces))];
      text += repeats[pick(std::size(repeats))];
    }
    if (pick(6) == 0) text += "$";
    return text;
  }

  std::string subject() {
    std::string text;
    for (int i = pick(14); i > 0; --i) text += pick(40) == 0 ? '\0' : subject_letters[pick(sizeof subject_letters - 1)];
    return text;
  }

  int pick(std::size_t below) { return static_cast<int>(random_() % below); }

 private:
  std::mt19937 random_;
};

// A plain LuaJIT with its own string library.
struct Reference {
  lua_State* L = luaL_newstate();
  Reference() { luaL_openlibs(L); }
  ~Reference() { lua_close(L); }

  // Every result with its type, or `error`.
  std::string run(const std::string& body, const std::vector<std::string>& texts, double number) {
    const std::string script = "local s, p, n, r = ... " + body;
    if (luaL_loadstring(L, script.c_str()) != 0) FAIL(lua_tostring(L, -1));
    lua_pushlstring(L, texts[0].data(), texts[0].size());
    lua_pushlstring(L, texts[1].data(), texts[1].size());
    lua_pushnumber(L, number);
    lua_pushlstring(L, texts[2].data(), texts[2].size());
    if (lua_pcall(L, 4, 1, 0) != 0) {
      lua_pop(L, 1);
      return "error";
    }
    std::size_t size = 0;
    const char* text = lua_tolstring(L, -1, &size);
    std::string result(text, size);
    lua_pop(L, 1);
    return result;
  }
};

// One way to use the matcher, as text: both sides run the same Lua.
const std::string show =
    "local function show(...) local t = {} for i = 1, select('#', ...) do t[i] = type((select(i, ...))) "
    ".. ':' .. tostring((select(i, ...))) end return table.concat(t, '|') end ";
const std::string uses[] = {
    "return show(s:find(p, n))",
    "return show(s:match(p, n))",
    "local t = {} for a, b in s:gmatch(p) do t[#t + 1] = show(a, b) end return table.concat(t, ';')",
    "return show(s:gsub(p, r))",
    "return show(s:gsub(p, r, n))",
    "return show(s:gsub(p, function(a, b) return '<' .. tostring(a) .. tostring(b) .. '>' end))",
    "return show(s:gsub(p, function(a) if a == 'a' then return nil end return n end))",
    "return show(s:gsub(p, {a = 'A', b = 7, ab = false}))",
};
const char* const replacements[] = {"", "x", "<%0>", "%1%1", "%2", "%%", "[%0%1]", "%a"};

}  // namespace

TEST_CASE("find, match, gmatch and gsub give what LuaJIT's give") {
  Host host;
  Reference reference;
  std::vector<FunctionRef> ours;
  for (const std::string& use : uses) ours.push_back(host.load("local s, p, n, r = ... " + show + use));
  constexpr unsigned seed = 20261121;
  INFO("seed " << seed);
  Generator generate(seed);
  int found = 0;
  int errors = 0;
  for (int i = 0; i < 6'000; ++i) {
    const std::string subject = generate.subject();
    const std::string pattern = generate.pattern();
    const std::string replacement = replacements[generate.pick(std::size(replacements))];
    const int number = generate.pick(12) - 4;
    for (std::size_t use = 0; use < std::size(uses); ++use) {
      const std::string expected = reference.run(show + uses[use], {subject, pattern, replacement}, number);
      const ScriptOutcome outcome =
          host.vm.call(ours[use], {Value(subject), Value(pattern), Value(number), Value(replacement)}, {.fuel = limits::fuel_policy});
      const std::string got = !outcome.error ? outcome.value.string() : "error";
      errors += expected == "error";
      found += !expected.starts_with("nil") && expected != "error";
      if (got != expected) {
        INFO((outcome.error ? outcome.error->message : ""));
        INFO("`" << subject << "` with `" << pattern << "`, " << number << ", `" << replacement << "`: " << uses[use]);
        CHECK(got == expected);
      }
    }
  }
  // The generator makes all three kinds, else this test would prove little.
  CHECK(found > 10'000);
  CHECK(errors > 1'000);
}

TEST_CASE("comparisons give what LuaJIT's give, but false beside an absent value") {
  Host host;
  Reference reference;
  const std::string values[] = {"nil", "1", "2", "-0.5", "0/0", "math.huge", "'a'", "'b'", "'a\\0b'", "''", "'10'", "true", "{}", "print"};
  const std::pair<const char*, const char*> operators[] = {{"<", "__lt"}, {"<=", "__le"}, {">", "__gt"}, {">=", "__ge"}};
  for (const std::string& a : values) {
    for (const std::string& b : values) {
      for (const auto& [sign, function] : operators) {
        INFO(a << sign << b);
        const auto loaded = host.vm.load(test::unmetered("local ok, e = pcall(function() return " + std::string(function) + "(" + a + ", " +
                                                         b + ") end) return tostring(e)"),
                                         "x");
        REQUIRE(loaded.ok());
        const std::string got = host.vm.call(*loaded, {}, {}).value.string();
        host.vm.release(*loaded);
        if (a == "nil" || b == "nil") {
          CHECK(got == "false");
          continue;
        }
        const std::string expected = reference.run(
            "local ok, e = pcall(function() return " + a + " " + sign + " " + b + " end) return (tostring(e):gsub('^.-:%d+: ', ''))",
            {"", "", ""}, 0);
        if (expected == "true" || expected == "false") {
          CHECK(got == expected);
        } else {
          CHECK_THAT(got, Catch::EndsWith(expected));
        }
      }
    }
  }
}

TEST_CASE("a replacement that ends with a percent sign is an error, not a zero byte") {
  Host host;
  CHECK_THAT(host.error("return ('a'):gsub('a', '%')"), Catch::Contains("ends with `%`"));
}

TEST_CASE("a match that runs out of steps says so and nothing else") {
  PatternMatch match("aaaaaaaaaaaaaaaaaaaaaaaa", ".-.-.-.-b", 1'000);
  CHECK(match.search(0) == PatternMatch::Status::out_of_steps);
  CHECK(match.steps_left() < 0);
  CHECK(match.steps_left() > -100);
  PatternMatch fine("key=value", "(%w+)=(%w+)", 1'000);
  REQUIRE(fine.search(0) == PatternMatch::Status::found);
  CHECK(fine.captures() == 2);
  CHECK(fine.capture(1).from == 4);
  CHECK(fine.end() == 9);
  PatternMatch broken("a", "[a", 1'000);
  CHECK(broken.search(0) == PatternMatch::Status::malformed);
  CHECK(std::string(broken.problem()) == "malformed pattern (missing ']')");
}
