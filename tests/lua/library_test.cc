// What scripts may call beyond the standard names of Lua: each module's good and bad calls, and that the rows of the
// words in Lua are those that the preludes give.
#include <set>

#include "../unit/script/vm_support.h"
#include "base/limits.h"
#include "bindings/lua/module.h"
#include "script/declarations.h"
#include "script/policies.h"

namespace footlight {
extern const std::string_view declare_prelude, policy_prelude;
}

using namespace footlight;
using test::Host;

namespace {

constexpr Budget generous{.fuel = 10 * limits::fuel_policy};

}  // namespace

TEST_CASE("time: instants in any notation, zones, and no clock") {
  Host host;
  CHECK(host.value("return time.parse('2026-12-01T09:00', 'Europe/Paris')") == Value("2026-12-01T08:00:00Z"));
  CHECK(host.value("return time.parse('2026-12-01T09:00+05:30', 'Europe/Paris')") == Value("2026-12-01T03:30:00Z"));
  CHECK(host.value("return time.parse('yesterday') == nil and time.parse('2026-02-30') == nil and time.parse(('1'):rep(60000)) == nil") ==
        Value(true));
  CHECK(host.value("local t = time.parts('2026-12-01T23:30Z', 'Europe/Paris') return {t.date, t.time, t.weekday, t.offset, t.instant}") ==
        *parse_json(R"(["2026-12-02","00:30","wed",3600,"2026-12-01T23:30:00Z"])"));
  CHECK(host.value("return time.add('2026-03-29T00:30', '-1d', 'Europe/Paris')") == Value("2026-03-27T23:30:00Z"));
  CHECK(host.value("return time.days('2026-12-01T23:00Z', '2026-12-02T01:00Z')") == Value(1));
  CHECK(host.value("return time.days('2026-12-01T23:30Z', '2026-12-02T01:00Z', 'Europe/Paris')") == Value(0));
  CHECK(host.value("return time.between('2026-12-02', '2026-12-01')") == Value(-86'400));
  CHECK(host.value("return time.from_unix(time.unix('2026-12-01T09:00:00.5Z'))") == Value("2026-12-01T09:00:00.500Z"));
  CHECK(host.value("return time.format('2026-12-01T09:05Z', 'EEEE, d. MMMM yyyy', 'Europe/Berlin', 'de')") ==
        Value("Dienstag, 1. Dezember 2026"));
  CHECK_THAT(host.error("return time.parts('2026-12-01', 'Mars/Base')"), Catch::Contains("`time.parts`") && Catch::Contains("Mars/Base"));
  CHECK_THAT(host.error("return time.add('2026-12-01', 'soon')"), Catch::Contains("`time.add`"));
  CHECK_THAT(host.error("return time.unix(nil)"), Catch::Contains("needs a string as argument 1"));
  CHECK_THAT(host.error("return time.from_unix(1/0)"), Catch::Contains("seconds since 1970"));
  CHECK_THAT(host.error("return time.format('2026-12-01', 'qqq')"), Catch::Contains("`time.format`"));
  CHECK_THAT(host.error("return time.now()"), Catch::Contains("a nil value"));
}

TEST_CASE("semver, hash and utf8 take what attributes bring") {
  Host host;
  CHECK(host.value("return {semver.compare('1.0.0-rc.1', '1.0.0'), semver.compare('2.0.0', '2.0.0+build'), semver.valid('v1.0.0')}") ==
        *parse_json("[-1,0,false]"));
  CHECK(host.value(
            "return semver.compare('1', '2') == nil and not semver.satisfies(nil, '>=1.0.0') and not semver.satisfies('x', '>=1.0.0')") ==
        Value(true));
  CHECK_THAT(host.error("return semver.satisfies('1.0.0', 'newer')"), Catch::Contains("a comparison like"));
  CHECK(host.value("return hash.sha256('abc')") == Value("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  CHECK(host.value("local n = 0 for i = 1, 1000 do if hash.bucket('s', 'c-' .. i) < 5000 then n = n + 1 end end return n > 400 and n < 600 "
                   "and hash.bucket('s', nil) == nil",
                   {}, generous) == Value(true));
  CHECK(host.value("return {utf8.len('Zoë€😀'), utf8.sub('Zoë€😀', 3, 4), utf8.upper('straße'), utf8.sub('abc', -2)}") ==
        *parse_json(R"([5,"ë€","STRASSE","bc"])"));
  CHECK(host.value("return utf8.len('\\255')") == Value(1));
}

TEST_CASE("regex: what a policy would ask") {
  Host host;
  CHECK(host.value("return {regex.test('ann@example.com', '^[^@]+@[^@]+$'), regex.test(nil, 'x'), regex.test('x', '')}") ==
        *parse_json("[true,false,true]"));
  CHECK(host.value("local a, b = regex.match('k=v', '(\\\\w)=(\\\\w)?(z)?') return {a, b}") == *parse_json(R"(["k","v"])"));
  CHECK(host.value("return {regex.find('aXbX', 'X', 3)}") == *parse_json("[4,4]"));
  CHECK(host.value("return regex.all('a1b22c333', '[0-9]+')") == *parse_json(R"(["1","22","333"])"));
  CHECK(host.value("return regex.all('äö', '')") == *parse_json(R"(["","",""])"));
  CHECK(host.value("return {regex.replace('äö', '', '-')}") == *parse_json(R"(["-ä-ö-",3])"));
  CHECK(host.value("return {regex.replace('price 5', '(\\\\d)', '$$$1', 1)}") == *parse_json(R"(["price $5",1])"));
  CHECK(host.value("return (regex.replace('aaa', 'a', 'b', 2))") == Value("bba"));
  CHECK_THAT(host.error("return regex.test('a', '(')"), Catch::Contains("missing )"));
  CHECK_THAT(host.error("return regex.test('a', '(a)\\\\1')"), Catch::Contains("`regex.test`"));
  CHECK_THAT(host.error("return regex.replace('a', 'a', '$1')"), Catch::Contains("no group"));
  CHECK_THAT(host.error("return regex.match(nil, 'a')"), Catch::Contains("needs a string"));
}

TEST_CASE("regex: bounded in pattern, program, work and kept patterns") {
  Host host;
  const auto pattern = [&](std::size_t n) {
    return host.run("return regex.test('a', ('a'):rep(" + std::to_string(n) + "))", {}, generous);
  };
  CHECK(pattern(limits::script_regex_bytes_max).value == Value(false));
  CHECK_THAT(pattern(limits::script_regex_bytes_max + 1).error->message, Catch::Contains("at most 1024 bytes"));
  // RE2 refuses what would not fit its memory; an instruction of it has at least four bytes.
  const auto repeated = [&](std::size_t n) {
    return host.run("return regex.test('a', ('a{900}'):rep(" + std::to_string(n) + "))", {}, generous);
  };
  std::size_t most = 1;
  while (most < 100 && repeated(most + 1).ok()) ++most;
  CHECK(most * 900 * 4 <= static_cast<std::size_t>(limits::script_regex_memory_max));
  CHECK(repeated(most).value == Value(false));
  CHECK_THAT(repeated(most + 1).error->message, Catch::Contains("too large"));
  CHECK_THAT(host.error("return regex.test(('a'):rep(60000), ('(?:a|bc)*'):rep(60) .. 'd')", generous),
             Catch::Contains("at most " + std::to_string(limits::script_regex_work_max)));
  // What a call costs does not depend on what is kept: as often as patterns, or not at all.
  std::set<long> costs;
  for (std::size_t i = 0; i < 3 * limits::script_regex_kept_max; ++i)
    costs.insert(host.run("return regex.test('abc', 'x" + std::to_string(100 + i % (limits::script_regex_kept_max + 1)) + "')").fuel_used);
  CHECK(costs.size() == 1);
  CHECK(host.run("while true do regex.test(('a'):rep(1000), '(a*)*b') end").error->code == Code::fuel_exhausted);
}

TEST_CASE("a version is remembered or read anew, with the same answer at the same price") {
  Host host;
  const auto satisfies = [&](const std::string& version, const std::string& test) {
    return host.run("return semver.satisfies('" + version + "', '" + test + "')");
  };
  std::set<long> costs;
  for (std::size_t i = 0; i < 3 * limits::script_versions_kept_max; ++i) {
    const std::size_t patch = 100 + i % (limits::script_versions_kept_max + 1);  // one more than are remembered
    const ScriptOutcome outcome = satisfies("1.0." + std::to_string(patch), i % 2 == 0 ? ">=1.0.200" : ">=1.0.300");
    CHECK(outcome.value == Value(patch >= (i % 2 == 0 ? 200u : 300u)));
    costs.insert(outcome.fuel_used);
  }
  CHECK(costs.size() == 1);
  for (const std::size_t size : {limits::script_version_kept_bytes_max, limits::script_version_kept_bytes_max + 1})
    for (int round = 0; round < 2; ++round) {
      const std::string version = "1.0.0-" + std::string(size - 6, 'b');
      CHECK(satisfies(version, "> 1.0.0-a").value == Value(true));
      CHECK(satisfies(version, "< 1.0.0-a").value == Value(false));
      CHECK(satisfies("1.0.0", "> " + version).value == Value(true));
    }
}

TEST_CASE("JSON goes in and out, within its limits") {
  Host host;
  CHECK(host.value("return from_json('[1, {\"a\": null, \"b\": []}]')") == *parse_json(R"([1,{"b":[]}])"));
  CHECK(host.value("return to_json({null, array {}, {}, 1.5, 'é'})") == Value("[null,[],{},1.5,\"é\"]"));
  CHECK(host.value("return from_json(to_json({a = {1, 2, {b = 'c'}}})).a[3].b") == Value("c"));
  CHECK(host.value("return pcall(from_json, '{')") == Value(false));
  CHECK_THAT(host.error("return from_json('{\"a\": 1, \"a\": 2}')"), Catch::Contains("`from_json`"));
  CHECK_THAT(host.error("return from_json(('['):rep(1000))"), Catch::Contains("`from_json`"));
  CHECK_THAT(host.error("local t = {} t.t = t return to_json(t)"), Catch::Contains("nested"));
  CHECK_THAT(host.error("return to_json(log)"), Catch::Contains("function"));
  CHECK(host.run("while true do from_json('[1,2,3,4,5,6,7,8,9]') end").error->code == Code::fuel_exhausted);
}

TEST_CASE("lists: what calls back runs on the script's own fuel") {
  Host host;
  CHECK(host.value("return table.map({1, 2, 3}, function(n, i) if n ~= 2 then return n * i end end)") == *parse_json("[1,9]"));
  CHECK(host.value("return {table.map({}, tostring), table.filter({}, tostring), table.slice({1}, 5), table.unique({}), table.keys({})}") ==
        *parse_json("[[],[],[],[],[]]"));
  CHECK(host.value("return table.sort_by({{'b', 2}, {'a', 1}, {'c', 1}}, function(row) return row[2] end)[1][1]") == Value("a"));
  CHECK(host.value("return table.group_by({'ab', 'cd', 'ae'}, function(s) return s:sub(1, 1) end)") ==
        *parse_json(R"({"a":["ab","ae"],"c":["cd"]})"));
  CHECK(host.value("return {table.reduce({1, 2}, math.max, 0), table.count({1, 2}, function(n) return n > 1 end), table.sum({}), "
                   "table.index_of({1}, 2) == nil}") == *parse_json("[2,1,0,true]"));
  CHECK(host.value("return table.unique({1, '1', 1, 0/0, true, true})") == *parse_json(R"([1,"1",true])"));
  CHECK_THAT(host.error("table.map(string, tostring)"), Catch::Contains("only lent"));
  CHECK_THAT(host.error("table.map({1}, 'x')"), Catch::Contains("`table.map` needs a function as argument 2"));
  CHECK_THAT(host.error("table.sum({1, 'x'})"), Catch::Contains("element 2 is string"));
  CHECK_THAT(host.error("table.map({1}, function() error('mine') end)"), Catch::Contains("mine"));
  for (const char* name : {"map", "filter", "find", "any", "all", "count", "reduce", "sort_by", "group_by"}) {
    INFO(name);
    CHECK(host.run("table." + std::string(name) + "({1}, function() while true do end end)").error->code == Code::fuel_exhausted);
    CHECK(host.run("local function f() table." + std::string(name) + "({1, 2}, f) end f()").error.has_value());
  }
}

TEST_CASE("concatenation is paid for by its length, and a call passes so many values") {
  Host host;
  CHECK(host.run("local s = ('x'):rep(100) for i = 1, 100 do local t = s .. i end return 1").fuel_used < 120);
  CHECK(host.run("local s = ('x'):rep(60000) for i = 1, 300 do local t = s .. i end return 1").error->code == Code::fuel_exhausted);
  CHECK_THAT(host.error("local x = nil return 'a' .. x"), Catch::Contains("concatenate local 'x' (a nil value)"));
  const auto passed = [&](std::size_t n) {
    return host.run("local function f(...) return select('#', ...) end local t = {} return f(unpack(t, 1, " + std::to_string(n - 1) +
                    "), 1)");
  };
  CHECK(passed(2).value == Value(2));
  CHECK(host.value("local function f(...) return select('#', ...) end return f(unpack({}, 1, " +
                   std::to_string(limits::script_results_max) + "))") == Value(limits::script_results_max));
  CHECK_THAT(host.error("local function f(...) return select('#', ...) end return f(1, unpack({}, 1, " +
                        std::to_string(limits::script_results_max) + "))"),
             Catch::Contains("201 values"));
}

TEST_CASE("the rows of the words in Lua are the words that the preludes give, and their examples run") {
  const auto names_of = [](const LuaModule& module) {
    std::set<std::string> names;
    for (const LuaFunction& row : module.functions) CHECK(names.insert(row.name).second);
    return names;
  };
  Host host;
  const auto helpers = policy_helpers(host.vm);
  REQUIRE(helpers.ok());
  std::set<std::string> given;
  for (const Global& global : *helpers) given.insert(global.name);
  CHECK(names_of(policy_words()) == given);
  for (const LuaFunction& row : policy_words().functions) {
    INFO(row.example);
    CHECK_FALSE(host.run(row.example, {}, {}, *helpers).error);
  }
  given.clear();
  const auto declare =
      load_prelude(host.vm, declare_prelude, "declare", {{"declare", HostFunction([](HostCall&) -> Result<Value> { return Value(); })}});
  REQUIRE(declare.ok());
  for (const Global& global : *declare) given.insert(global.name);
  CHECK(names_of(declare_words()) == given);
  auto reader = DeclarationReader::create();
  REQUIRE(reader.ok());
  for (const LuaFunction& row : declare_words().functions) {
    INFO(row.example);
    Problems problems;
    CHECK(reader->read(row.example, "example.lua", problems).size() == 1);
    for (const Problem& problem : problems) CHECK(to_line(problem) == "");
  }
}
