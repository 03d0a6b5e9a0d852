// Scripts: on each limit and one step past it.
#include <memory>
#include <set>

#include "../unit/script/vm_support.h"
#include "base/limits.h"
#include "bindings/lua/pattern.h"
#include "engine/snapshot.h"
#include "script/declarations.h"
#include "script/policies.h"

using namespace footlight;
using test::Host;
using test::unmetered;

namespace {

std::string number(auto n) { return std::to_string(n); }

std::string repeat(std::size_t n, std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i) out += text;
  return out;
}

// `1,1,1` with n of them.
std::string ones(std::size_t n) { return n == 0 ? "" : repeat(n - 1, "1,") + "1"; }

bool is_accepted(const std::string& source) { return read_chunk(source, "a.lua", Mode::policy).ok(); }

// Why the front end refuses a chunk, "" where it does not.
std::string refusal(const std::string& source) {
  const auto chunk = read_chunk(source, "a.lua", Mode::policy);
  if (chunk.ok()) return "";
  CHECK(chunk.error().problems.at(0).code == Code::limit_exceeded);
  return chunk.error().problems[0].message;
}

void is_stopped(const ScriptOutcome& outcome, Code code, const std::string& says) {
  INFO(says);
  REQUIRE(outcome.error);
  CHECK(outcome.error->code == code);
  CHECK_THAT(outcome.error->message, Catch::Contains(says));
}

const Budget generous{.fuel = limits::fuel_fixture, .memory = limits::fixture_memory};

}  // namespace

// ---- the front end

TEST_CASE("locals and values at once fit into so many slots") {
  // A call holds its arguments, and two slots before them.
  const auto call = [](int n) { return "a(" + ones(static_cast<std::size_t>(n)) + ")"; };
  CHECK(refusal(call(limits::script_slots_max - 2)) == "");
  CHECK_THAT(refusal(call(limits::script_slots_max - 1)), Catch::Contains("too many locals and values at once: more than 240"));
}

TEST_CASE("a chunk declares so many locals") {
  // A loop with two variables declares five.
  const std::string most = repeat(limits::script_declarations_max / 5, "for a,b in\"\"do end ");
  static_assert(limits::script_declarations_max % 5 == 0);
  CHECK(refusal(most) == "");
  CHECK_THAT(refusal(most + "local c"), Catch::Contains("the chunk declares more than 60000 locals"));
}

TEST_CASE("a jump passes over so much code") {
  // The greatest number of statements within a loop is found; each is worth at most 25 instructions.
  const auto loop = [](std::size_t n) { return "while a do " + repeat(n, "a(b) ") + "end"; };
  std::size_t most = 1, refused = limits::script_span_max;
  while (refused - most > 1) {
    const std::size_t middle = (most + refused) / 2;
    (is_accepted(loop(middle)) ? most : refused) = middle;
  }
  CHECK(most > limits::script_span_max / 25);
  CHECK_THAT(refusal(loop(most + 1)), Catch::Contains("too long for a jump over it"));
  Host().load(loop(most));  // LuaJIT can jump as far
}

TEST_CASE("straight-line code pays for so many nodes at a time") {
  Host host;
  // `return {1,…}`: the statement, the table, and its values.
  const auto fuel = [&](std::size_t nodes) { return host.run("return {" + ones(nodes - 2) + "}").fuel_used; };
  CHECK(fuel(limits::script_nodes_per_fuel - 1) == 1);
  CHECK(fuel(limits::script_nodes_per_fuel) == 2);
  CHECK(fuel(2 * limits::script_nodes_per_fuel - 1) == 2);
  CHECK(fuel(2 * limits::script_nodes_per_fuel) == 3);
}

// ---- what stops a script

TEST_CASE("fuel is used to its last unit and no further") {
  Host host;
  // The chunk costs one, and so does each turn.
  const auto turns = [](long n) { return "for i = 1, " + number(n) + " do end return 1"; };
  const ScriptOutcome last = host.run(turns(limits::fuel_predicate - 1));
  CHECK(last.ok());
  CHECK(last.fuel_used == limits::fuel_predicate);
  is_stopped(host.run(turns(limits::fuel_predicate)), Code::fuel_exhausted, "used up its fuel of 10000");
}

TEST_CASE("a file of declarations has so much fuel") {
  auto reader = DeclarationReader::create();
  REQUIRE(reader.ok());
  const auto problems_of = [&](long turns) {
    Problems problems;
    reader->read("for i = 1, " + number(turns) + " do end", "a.lua", problems);
    return problems;
  };
  CHECK(problems_of(limits::fuel_load - 1).empty());
  const Problems problems = problems_of(limits::fuel_load);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].code == Code::fuel_exhausted);
  CHECK_THAT(problems[0].message, Catch::Contains("used up its fuel of 2000000"));
}

TEST_CASE("what fuel cannot see ends at the deadline") {
  Host host;
  const Budget budget{.deadline = limits::script_deadline};
  const auto run = [&](const char* body) { return host.vm.call(*host.vm.load(unmetered(body), "a.lua"), {}, budget); };
  CHECK(run("return 1").ok());
  is_stopped(run("while true do local t = {} end"), Code::deadline_exceeded, "ran past its deadline of 50ms");
}

TEST_CASE("a state never has more memory than the allocator's limit, whatever a call is allowed") {
  const std::size_t piece = 64 << 10;
  const auto keep = [&](Host& host, std::size_t bytes) {
    return host.run("local t = {} for i = 1, " + number(bytes / piece) + " do t[i] = ('%05d'):format(i) .. ('x'):rep(" + number(piece - 5) +
                        ") end return #t",
                    {}, generous);
  };
  Host first, second;
  CHECK(keep(first, limits::script_memory_hard * 3 / 4).ok());
  const ScriptOutcome more = keep(second, limits::script_memory_hard);
  is_stopped(more, Code::memory_exceeded, "the 33554432 bytes of memory there are");
  CHECK(more.peak_bytes > limits::script_memory_hard * 3 / 4);
  CHECK(more.peak_bytes <= limits::script_memory_hard);
  CHECK(second.vm.bytes() <= limits::script_memory_hard);
}

TEST_CASE("calls into the host and back nest so deep") {
  Host host;
  int depth = 0, deepest = 0;
  std::optional<Error> refused;
  FunctionRef again;
  const Environment globals{{"call", HostFunction([&](HostCall& call) -> Result<Value> {
                               deepest = std::max(deepest, ++depth);
                               ScriptOutcome outcome = call.vm().call(again, {}, {});
                               if (outcome.error && !refused) refused = outcome.error;
                               --depth;
                               return Value();
                             })}};
  again = host.load("call() return 1", globals);
  CHECK(host.vm.call(again, {}, generous).ok());
  CHECK(deepest == limits::script_call_depth_max);
  REQUIRE(refused);
  CHECK(refused->code == Code::limit_exceeded);
  CHECK_THAT(refused->message, Catch::Contains("nest deeper than 16"));
}

// ---- the standard functions

TEST_CASE("table functions take lists of so many elements") {
  Host host;
  const auto with = [&](std::size_t n, const std::string& then) {
    return host.run("local t = {} for i = 1, " + number(n) + " do t[i] = i end " + then, {}, generous);
  };
  const std::size_t most = limits::script_list_max;
  CHECK(with(most, "return table.contains(t, " + number(most) + ")").value == Value(true));
  CHECK(with(most - 1, "table.insert(t, 0) return #t").value == Value(most));
  is_stopped(with(most, "table.insert(t, 0)"), Code::script_error, "the list has 10000 elements, the most it may have");
  for (const char* then : {"table.contains(t, 0)", "table.remove(t)", "table.concat(t)", "table.insert(t, 0)"})
    is_stopped(with(most + 1, then), Code::script_error, "works on at most 10000 elements, got 10001");

  const auto parts = [&](std::size_t n) { return host.run("return #(','):rep(" + number(n - 1) + "):split(',')", {}, generous); };
  CHECK(parts(most).value == Value(most));
  is_stopped(parts(most + 1), Code::script_error, "`string.split` would give more than 10000 parts");
}

TEST_CASE("table.sort takes so many elements") {
  Host host;
  const auto sorted = [&](std::size_t n) {
    return host.run("local t = {} for i = 1, " + number(n) + " do t[i] = -i end table.sort(t) return t[1]", {}, generous);
  };
  CHECK(sorted(limits::script_sort_max).value == Value(-static_cast<double>(limits::script_sort_max)));
  is_stopped(sorted(limits::script_sort_max + 1), Code::script_error, "`table.sort` sorts at most 2000 elements, got 2001");
}

TEST_CASE("unpack gives so many results") {
  Host host;
  const auto unpack = [&](std::size_t n) { return host.run("return select('#', unpack({}, 1, " + number(n) + "))"); };
  CHECK(unpack(limits::script_results_max).value == Value(limits::script_results_max));
  is_stopped(unpack(limits::script_results_max + 1), Code::script_error, "`unpack` gives at most 200 results, not 201");
}

TEST_CASE("a format has so many bytes") {
  Host host;
  const auto format = [&](std::size_t n) { return host.run("return #('x'):rep(" + number(n) + "):format()"); };
  CHECK(format(limits::script_format_bytes_max).value == Value(limits::script_format_bytes_max));
  is_stopped(format(limits::script_format_bytes_max + 1), Code::script_error, "a format of at most 256 bytes");
}

TEST_CASE("a pattern takes so many steps in one call") {
  // The longest text on which this pattern ends, by the matcher itself, and one letter more.
  const std::string pattern = "a*a*b";
  const auto ends = [&](std::size_t n) {
    const std::string text(n, 'a');
    PatternMatch match(text, pattern, static_cast<std::int64_t>(limits::script_pattern_steps_max));
    return match.search(0) == PatternMatch::Status::none;
  };
  std::size_t most = 1, refused = 60'000;
  REQUIRE(ends(most));
  REQUIRE_FALSE(ends(refused));
  while (refused - most > 1) {
    const std::size_t middle = (most + refused) / 2;
    (ends(middle) ? most : refused) = middle;
  }
  Host host;
  const auto find = [&](std::size_t n) {
    return host.run("return ('a'):rep(" + number(n) + "):find('" + pattern + "') == nil", {}, generous);
  };
  CHECK(find(most).value == Value(true));
  is_stopped(find(most + 1), Code::script_error, "the pattern takes more than 2000000 steps");
}

TEST_CASE("a result has so many bytes of text") {
  Host host;
  const std::size_t piece = limits::script_string_bytes_max;
  static_assert(limits::script_value_bytes_max % limits::script_string_bytes_max == 0);
  const auto give = [&](const std::string& more) {
    return host.run("local s, t = ('x'):rep(" + number(piece) + "), {" + more + "} for i = 1, " +
                        number(limits::script_value_bytes_max / piece) + " do t[#t + 1] = s end return t",
                    {}, {.fuel = limits::fuel_policy});
  };
  const ScriptOutcome most = give("");
  REQUIRE(most.ok());
  CHECK(most.value.array().size() == limits::script_value_bytes_max / piece);
  is_stopped(give("'x'"), Code::limit_exceeded, "the result has more than 1048576 bytes of text");
}

// ---- policies

TEST_CASE("a policy that trips so many times is asked no more, until the next snapshot") {
  // Enough memory for a trip where `n` is 1, within the fuel of a targeting call.
  const std::string lua = "return function(p) if p.n ~= 1 then return true end local s = 'x' while true do s = s .. s end end";
  Problems problems;
  SnapshotSource source{.version = "1"};
  source.workspace =
      parse_workspace(*parse_json(R"({"name":"shop","surfaces":{"hero":{"format":"text","rules":["web://a.example/#b"]}}})"), problems);
  ServedExperience served{
      .definition = parse_definition(
          Object{{"kind", "campaign"}, {"id", "a"}, {"audience", Object{{"lua", lua}}}, {"show", Object{{"hero", "x"}}}}, problems)};
  include_mentions(served.definition, source.workspace, problems);
  source.experiences.push_back(std::move(served));
  for (const Problem& problem : problems) UNSCOPED_INFO(to_line(problem));
  REQUIRE(problems.empty());
  LuaPolicyCompiler policies;
  const auto snapshot = Snapshot::compile(source, policies);
  if (!snapshot) FAIL(to_text(snapshot.error()));
  REQUIRE((*snapshot)->policies().size() == 1);

  const auto ask = [](LuaPolicyRunner& runner, int n) {
    Request request;
    request.attributes = Object{{"n", n}};
    auto answer = runner.targeting(0, {.request = request});
    const auto* failure = std::get_if<PolicyFailure>(&answer);
    return failure ? std::string(name(failure->code)) + ": " + failure->message : std::string(std::get<bool>(answer) ? "yes" : "no");
  };
  auto runner = std::move(*LuaPolicyRunner::create(*snapshot, {.deadline = minutes(5)}));
  for (int trip = 1; trip < limits::script_trips_max; ++trip) {
    CHECK_THAT(ask(*runner, 1), Catch::StartsWith("memory_exceeded: a ") && Catch::Contains("8388608 bytes"));
    CHECK(ask(*runner, 0) == "yes");
  }
  CHECK_THAT(ask(*runner, 1), Catch::StartsWith("memory_exceeded: a "));
  CHECK_THAT(ask(*runner, 0),
             Catch::StartsWith("memory_exceeded: quarantined after " + number(limits::script_trips_max) + " trips, the last: a "));
  runner = std::move(*LuaPolicyRunner::create(*snapshot, {.deadline = minutes(5)}));
  CHECK(ask(*runner, 0) == "yes");
}
