// The Lua host: calls, budgets, errors and their places, functions of the host, many predicates at once.
#include "script/vm.h"

#include <catch2/catch.hpp>

#include "script/selftest.h"
#include "vm_support.h"

using namespace footlight;
using test::Host;
using test::unmetered;

TEST_CASE("the self-test passes") {
  const Status status = self_test();
  INFO((status.ok() ? "" : to_text(status.error())));
  CHECK(status.ok());
}

TEST_CASE("a function takes arguments and gives its first result") {
  Host host;
  CHECK(host.value("local a, b = ... return a + b, 'more'", {Value(1), Value(2)}) == Value(3));
  CHECK(host.value("return").is_null());
  CHECK(host.value("return select('#', ...)", {Value(), Value()}) == Value(2));
}

TEST_CASE("an error names its line and its code, and the next call works") {
  Host host;
  const ScriptOutcome outcome = host.run("local p = nil\nreturn p.loyalty");
  REQUIRE(outcome.error);
  CHECK(outcome.error->code == Code::script_error);
  CHECK(outcome.error->message == "test.lua:2: attempt to index local 'p' (a nil value)");
  REQUIRE(outcome.error->problems.size() == 1);
  CHECK(outcome.error->problems[0].place == "test.lua:2");
  CHECK(outcome.error->problems[0].message == "attempt to index local 'p' (a nil value)");
  CHECK_FALSE(outcome.stopped());
  CHECK(host.value("return 1") == Value(1));

  CHECK(host.error("error('no')") == "test.lua:1: no");
  CHECK(host.error("\n\nassert(false)") == "test.lua:3: assertion failed");
  CHECK(host.error("\nlocal function f() error('here', 2) end\nf() return 1") == "test.lua:3: here");
  CHECK(host.error("return string.rep('x', nil)") == "test.lua:1: `string.rep` needs a number as argument 2, got nil");
  CHECK(host.error("local s = {}\nlocal t = string.rep(s, 1)\nreturn t") ==
        "test.lua:2: `string.rep` needs a string as argument 1, got table");
  CHECK(host.error("return pcal(1)") == "test.lua:1: `pcal` is not defined; did you mean `pcall`?");
  CHECK(host.error("local t = {2, 'a'}\ntable.sort(t)\nreturn t") == "test.lua:2: attempt to compare string with number");
  CHECK(host.error("for x in {1} do end") == "test.lua:1: `for ... in` needs an iterator, such as pairs(t) or ipairs(t), got table");
}

TEST_CASE("a long file name stays whole in the place") {
  Host host;
  const std::string name = "experiences/" + std::string(100, 'a') + ".lua";
  const auto function = host.vm.load(unmetered("error('no')"), name);
  REQUIRE(function.ok());
  CHECK(host.vm.call(*function, {}, {}).error->message == name + ":1: no");
}

TEST_CASE("messages are cut at their limit and always UTF-8") {
  Host host;
  const std::string full(limits::script_message_bytes_max, 'x');
  const ScriptOutcome outcome = host.run("error(('x'):rep(...))", {Value(static_cast<double>(full.size()))});
  CHECK(outcome.error->problems[0].message == full);
  const ScriptOutcome longer = host.run("error(('x'):rep(...))", {Value(static_cast<double>(full.size() + 1))});
  CHECK(longer.error->problems[0].message == full);
  CHECK(host.run("error('a\\255b')").error->problems[0].message == "a?b");
}

TEST_CASE("fuel is the same for the same script, whatever else the state did") {
  const std::string script =
      "local t = {} for i = 1, 200 do t[i] = tostring(i) .. 'x' end "
      "table.sort(t) local n = 0 for k, v in pairs(t) do n = n + #v:upper() end "
      "return #(table.concat(t):gsub('%d', function(d) return d .. d end)) + n";
  Host first;
  const ScriptOutcome once = first.run(script, {}, {.fuel = limits::fuel_policy});
  REQUIRE(once.ok());
  CHECK(once.fuel_used > 1'000);
  Host second;
  for (int i = 0; i < 50; ++i) second.run("local t = {} for i = 1, 1000 do t[i] = {i} end", {}, {.fuel = 5'000});
  for (int i = 0; i < 3; ++i) {
    const ScriptOutcome again = second.run(script, {}, {.fuel = limits::fuel_policy});
    CHECK(again.fuel_used == once.fuel_used);
    CHECK(again.value == once.value);
  }
  // Just enough is enough, one less is not.
  CHECK(second.run(script, {}, {.fuel = once.fuel_used}).ok());
  const ScriptOutcome short_of_one = second.run(script, {}, {.fuel = once.fuel_used - 1});
  CHECK(short_of_one.fuel_used <= once.fuel_used);
}

TEST_CASE("a loop of n turns costs n and its call; one unit less stops it") {
  Host host;
  const std::string script = "for i = 1, 100 do end return true";
  const ScriptOutcome outcome = host.run(script);
  CHECK(outcome.fuel_used == 101);
  CHECK(host.run(script, {}, {.fuel = 101}).ok());
  const ScriptOutcome stopped = host.run(script, {}, {.fuel = 100});
  REQUIRE(stopped.error);
  CHECK(stopped.error->code == Code::fuel_exhausted);
  CHECK(stopped.stopped());
  CHECK(stopped.fuel_used == 100);
  CHECK_THAT(stopped.error->message, Catch::Contains("test.lua:1: the script used up its fuel of 100"));
}

TEST_CASE("pcall saves from errors, never from a stop") {
  Host host;
  CHECK(host.value("local ok, message = pcall(error, 'no') return {ok = ok, message = message}") ==
        *parse_json(R"({"ok":false,"message":"test.lua:1: no"})"));
  CHECK(host.value("return select('#', pcall(function() return 1, nil, 3 end))") == Value(4));
  CHECK(host.value("return (select(2, pcall(function() error('deep') end)))") == Value("test.lua:1: deep"));
  for (const char* script : {
           "while true do pcall(function() while true do end end) end",
           "pcall(function() while true do end end) return 'survived'",
           "pcall(pcall, pcall, function() while true do end end) return 'survived'",
           "pcall(string.find, ('a'):rep(1000), ('.-'):rep(50) .. 'b') return 'survived'",
           "pcall(string.rep, ('a'):rep(60000), 1) pcall(string.upper, ('a'):rep(60000)) "
           "for i = 1, 100 do pcall(string.upper, ('a'):rep(60000)) end return 'survived'",
       }) {
    INFO(script);
    const ScriptOutcome outcome = host.run(script);
    REQUIRE(outcome.error);
    CHECK(outcome.error->code == Code::fuel_exhausted);
  }
  for (const char* script : {
           "local s = 'x' pcall(function() while true do s = s .. s end end) return 'survived'",
           "local t = {} while true do pcall(function() for i = 1, 1e9 do t[#t + 1] = {i} end end) end",
       }) {
    INFO(script);
    const ScriptOutcome outcome = host.run(script, {}, {.fuel = 100'000'000});
    REQUIRE(outcome.error);
    CHECK(outcome.error->code == Code::memory_exceeded);
    CHECK_FALSE(host.vm.needs_rebuild());
  }
}

TEST_CASE("a script that is refused memory is told with its line, however it asked for it") {
  Host host;
  for (const char* script : {
           "local t = {}\nlocal s = ('x'):rep(60000)\nfor i = 1, 1e9 do\n  t[i] = s .. i\nend",
           "local function grow(t)\n  local n = 0\n  for i = 1, 1e7 do\n    t[i] = i\n  end\n  return n\nend\nreturn grow({})",
           "local s = 'x'\nfor i = 1, 100 do\n\n  s = s .. s\nend\nreturn s",
       }) {
    INFO(script);
    const ScriptOutcome outcome = host.run(script, {}, {.fuel = 100'000'000});
    REQUIRE(outcome.error);
    CHECK(outcome.error->code == Code::memory_exceeded);
    INFO(outcome.error->message);
    // The line with the growth, or the loop around it: where the stop was noticed.
    const std::string& place = outcome.error->problems.at(0).place;
    CHECK((place == "test.lua:4" || place == "test.lua:3"));
  }
}

TEST_CASE("memory is given back after a stop, and the state goes on") {
  Host host;
  host.run("return 1");
  const std::size_t before = host.vm.bytes();
  for (int i = 0; i < 5; ++i) {
    const ScriptOutcome outcome = host.run("local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(1000) .. i end", {}, {.fuel = 100'000'000});
    REQUIRE(outcome.error);
    CHECK(outcome.error->code == Code::memory_exceeded);
    CHECK(outcome.peak_bytes > limits::script_memory_soft);
    CHECK(outcome.peak_bytes < limits::script_memory_soft + (1 << 20));
  }
  CHECK_FALSE(host.vm.needs_rebuild());
  CHECK(host.vm.bytes() < before + limits::script_memory_soft / 4);
  CHECK(host.value("return 1") == Value(1));
}

TEST_CASE("garbage does not count as use") {
  Host host;
  const ScriptOutcome outcome = host.run("for i = 1, 100000 do local s = ('x'):rep(1000) .. i end return true", {}, {.fuel = 100'000'000});
  CHECK(outcome.ok());
}

TEST_CASE("a state at its hard limit refuses and stays usable") {
  Vm vm = std::move(*Vm::create({.memory_hard = 2 << 20}));
  const auto function = vm.load(unmetered("local s = 'xxxxxxxx' for i = 1, 40 do s = s .. s end return #s"), "a");
  REQUIRE(function.ok());
  for (int i = 0; i < 3; ++i) {
    const ScriptOutcome outcome = vm.call(*function, {}, {});
    REQUIRE(outcome.error);
    CHECK(outcome.error->code == Code::memory_exceeded);
  }
  const auto fine = vm.load(unmetered("return 1"), "b");
  REQUIRE(fine.ok());
  CHECK(vm.call(*fine, {}, {}).value == Value(1));
}

TEST_CASE("whichever allocation fails, the host survives it and says so") {
  // The hard limit moves up in small steps, so that it is met while the sandbox is built, while a chunk
  // is loaded, while arguments go in, in the script, in its error and while the result comes out.
  const char* script =
      "local p = ... local t = {} for k, v in pairs(p) do t[#t + 1] = k .. tostring(#v.name) end "
      "table.sort(t) local s = (table.concat(t, ',')):gsub('%w', function(c) return c:upper() .. 'x' end) "
      "local big = {} for i = 1, 12 do big[i] = ('b'):rep(5000) .. i end "
      "local ok, e = pcall(error, ('e'):rep(100)) log(s) return {s = s, e = e, t = t, n = ('x'):rep(3000)}";
  // Long, so that loading it needs more than building the sandbox gave back.
  const std::string lua = read_chunk("local long = '" + std::string(30'000, 'x') + "' " + script, "a", Mode::policy)->lua;
  Object members;
  for (int i = 0; i < 20; ++i) members.emplace("key" + std::to_string(i), Object{{"name", "value"}});
  const Value argument(std::move(members));
  std::size_t refused_create = 0, refused_load = 0, refused_call = 0, done = 0;
  for (std::size_t hard = 4'000; hard < 220'000; hard += 97) {
    Result<Vm> vm = Vm::create({.memory_hard = hard});
    if (!vm.ok()) {
      CHECK(vm.error().code == Code::memory_exceeded);
      ++refused_create;
      continue;
    }
    const Result<FunctionRef> function = vm->load(lua, "a", {{"config", argument}});
    if (!function.ok()) {
      CHECK(function.error().code == Code::memory_exceeded);
      ++refused_load;
      continue;
    }
    for (int i = 0; i < 2; ++i) {
      const ScriptOutcome outcome = vm->call(*function, {argument}, {});
      if (!outcome.error) {
        ++done;
      } else {
        CHECK(outcome.error->code == Code::memory_exceeded);
        ++refused_call;
      }
    }
  }
  CHECK(refused_create > 100);
  CHECK(refused_load > 20);
  CHECK(refused_call > 20);
  CHECK(done > 200);
}

TEST_CASE("a state that cannot even begin says so") {
  const auto vm = Vm::create({.memory_hard = 10'000});
  REQUIRE_FALSE(vm.ok());
  CHECK(vm.error().code == Code::memory_exceeded);
}

TEST_CASE("what keeps memory after a stop asks for a new state") {
  Host host;
  Environment globals{{"keep", HostFunction([](HostCall& call) -> Result<Value> {
                         call.function(0);  // held by the host, with all that it captured
                         return Value();
                       })}};
  const ScriptOutcome outcome = host.run("local t = {} keep(function() return t end) for i = 1, 1e9 do t[i] = ('x'):rep(100) .. i end", {},
                                         {.fuel = 100'000'000}, globals);
  REQUIRE(outcome.error);
  CHECK(outcome.error->code == Code::memory_exceeded);
  CHECK(host.vm.needs_rebuild());
}

TEST_CASE("bytecode and text that does not count are refused") {
  Host host;
  const auto bytecode = host.vm.load("\x1bLJ\x02", "a.lua");
  REQUIRE_FALSE(bytecode.ok());
  CHECK(bytecode.error().code == Code::syntax_error);
  const auto wrong = host.vm.load("return function( end", "a.lua");
  REQUIRE_FALSE(wrong.ok());
  CHECK(wrong.error().code == Code::syntax_error);
  for (const char* text : {"return function() end", "return 1", "local __fuel=... return function() return 1 end"}) {
    const auto function = host.vm.load(text, "a.lua");
    REQUIRE_FALSE(function.ok());
    CHECK(function.error().code == Code::internal);
    CHECK_THAT(function.error().message, Catch::Contains("not instrumented"));
  }
}

TEST_CASE("random numbers follow the seed of the call") {
  Host host;
  const std::string script = "local t = {} for i = 1, 5 do t[i] = math.random(1000) end return t";
  const Value one = host.value(script, {}, {.random_seed = 1});
  CHECK(host.value(script, {}, {.random_seed = 1}) == one);
  CHECK(host.value(script, {}, {.random_seed = 2}) != one);
  CHECK(host.value("for i = 1, 300 do local x = math.random(-2, 2) if x < -2 or x > 2 or x ~= math.floor(x) then "
                   "return x end local y = math.random() if y < 0 or y >= 1 then return y end end return 'fine'") == Value("fine"));
}

TEST_CASE("log lines come with the outcome, bounded, and never those of another call") {
  Host host;
  const ScriptOutcome outcome = host.run("log('a', 1.5, nil, true, {}, log) print('b') log(('x'):rep(5000))");
  REQUIRE(outcome.log.size() == 3);
  CHECK(outcome.log[0] == "a\t1.5\tnil\ttrue\ttable\tfunction");
  CHECK(outcome.log[1] == "b");
  CHECK(outcome.log[2] == std::string(limits::script_log_line_bytes_max, 'x'));
  CHECK(host.run("return 1").log.empty());
  const ScriptOutcome full = host.run("for i = 1, 100 do log(i) end");
  CHECK(full.log.size() == limits::script_log_lines_max);
  CHECK(full.log_dropped == 0);
  const ScriptOutcome over = host.run("for i = 1, 101 do log(i) end");
  CHECK(over.log.size() == limits::script_log_lines_max);
  CHECK(over.log_dropped == 1);
}

TEST_CASE("functions in a result are refused, or held where they are asked for") {
  Host host;
  const std::string script = "return {audience = function(x) return x * 2 end, on = {'hero', function() return 'b' end}}";
  const ScriptOutcome refused = host.run(script);
  REQUIRE(refused.error);
  CHECK(refused.error->code == Code::bad_result);

  const FunctionRef function = host.load(script, {}, Mode::declare);
  const ScriptOutcome outcome = host.vm.call(function, {}, {}, Functions::collect);
  REQUIRE(outcome.ok());
  REQUIRE(outcome.functions.size() == 2);
  const auto index = static_cast<std::size_t>(outcome.value.at_path("audience.$function")->number());
  const FoundFunction& audience = outcome.functions[index];
  CHECK(audience.chunk == 1);  // the chunk that `refused` ran was 0
  CHECK(audience.id == 0);
  CHECK(outcome.functions[1 - index].id == 1);
  CHECK(host.vm.call(audience.ref, {Value(21)}, {}).value == Value(42));

  const ScriptOutcome forged = host.vm.call(host.load("return {['$function'] = 0}"), {}, {}, Functions::collect);
  REQUIRE(forged.error);
  CHECK_THAT(forged.error->message, Catch::Contains("`$function`"));
}

TEST_CASE("a function made by pcall or a library has no number") {
  Host host;
  const ScriptOutcome outcome = host.vm.call(host.load("return string.rep"), {}, {}, Functions::collect);
  REQUIRE(outcome.functions.size() == 1);
  CHECK(outcome.functions[0].id == -1);
  CHECK(outcome.functions[0].chunk == -1);
}

TEST_CASE("what a function captures shows whether it could keep state") {
  Host host;
  const auto captured = [&](const std::string& script) {
    const ScriptOutcome outcome = host.vm.call(host.load(script), {}, {}, Functions::collect);
    REQUIRE(outcome.functions.size() == 1);
    return host.vm.captured_tables(outcome.functions[0].ref);
  };
  CHECK(captured("local n, s = 1, 'a' return function() return n, s, string.rep end").empty());
  CHECK(captured("local seen = {} return function() seen[1] = 1 end") == std::vector<std::string>{"seen"});
  CHECK(captured("local deep = {} local function f() return deep end return function() return f() end") ==
        std::vector<std::string>{"deep"});
  CHECK(captured("local f, g function f() return g() end function g() return f() end return f").empty());
}

TEST_CASE("chunks see their own globals and can change none") {
  Host host;
  const Environment shop{{"zone", Value("Europe/Paris")},
                         {"config", *parse_json(R"({"a":{"b":1},"list":[1,2]})")},
                         {"twice", HostFunction([](HostCall& call) -> Result<Value> {
                            const Result<Value> n = call.value(0);
                            if (!n.ok()) return n.error();
                            return Value(n->number() * 2);
                          })}};
  const auto run = [&](const std::string& text) { return host.vm.call(*host.vm.load(unmetered(text), "t", shop), {}, {}); };
  CHECK(run("return zone").value == Value("Europe/Paris"));
  CHECK(run("return config.a.b").value == Value(1));
  CHECK(run("return twice(21)").value == Value(42));
  CHECK(run("return type(math.floor)").value == Value("function"));
  for (const char* text :
       {"zone = 'UTC'", "config.a.b = 2", "config.list = 1", "math = nil", "string.rep = nil", "new = 1", "twice = nil", "print = error"}) {
    INFO(text);
    CHECK(run(text).error);
  }
  CHECK(run("config.list[1] = 9 return config.list[1]").value == Value(1));
  CHECK(run("return zone .. twice(1) .. config.a.b").value == Value("Europe/Paris21"));
  CHECK(host.error("return zone") == "test.lua:1: `zone` is not defined");
  const auto list = host.vm.load(unmetered("return 1"), "t", {{"list", Value(Array{})}});
  REQUIRE_FALSE(list.ok());
}

TEST_CASE("host functions see values, functions and the place of the call") {
  Host host;
  std::string place;
  FoundFunction kept;
  const Environment globals{
      {"declare", HostFunction([&](HostCall& call) -> Result<Value> {
         place = call.place();
         std::vector<FoundFunction> functions;
         const Result<Value> table = call.value(1, &functions);
         if (!table.ok()) return table.error();
         REQUIRE(functions.size() == 1);
         kept = functions[0];
         CHECK(call.count() == 2);
         CHECK_FALSE(call.is_function(1));
         CHECK(call.value(7).value().is_null());
         return Value(call.value(0).value().string() + "!");
       })},
  };
  const ScriptOutcome outcome =
      host.run("local n = 1\n\nlocal r = declare('a', {show = function() return 'shown' end})\nreturn r", {}, {}, globals);
  REQUIRE(outcome.ok());
  CHECK(outcome.value == Value("a!"));
  CHECK(place == "test.lua:3");
  CHECK(host.vm.call(kept.ref, {}, {}).value == Value("shown"));

  const Environment strict{{"take", HostFunction([](HostCall& call) { return call.value(0); })}};
  const ScriptOutcome bad = host.run("take({1, 2, x = 3})", {}, {}, strict);
  REQUIRE(bad.error);
  CHECK(bad.error->code == Code::bad_result);
  CHECK(bad.error->message == "test.lua:1: argument 1: the value has both texts and numbers as keys: a list or an object, not both");
}

TEST_CASE("an error of a host function keeps its code, unless the script handles it") {
  Host host;
  const Environment globals{
      {"activate", HostFunction([](HostCall&) -> Result<Value> { return refuse(Code::experience_final, "`spring` has ended"); })}};
  const ScriptOutcome outcome = host.run("activate()", {}, {}, globals);
  REQUIRE(outcome.error);
  CHECK(outcome.error->code == Code::experience_final);
  CHECK(outcome.error->message == "test.lua:1: `spring` has ended");
  const ScriptOutcome handled = host.run("pcall(activate) error('else')", {}, {}, globals);
  CHECK(handled.error->code == Code::script_error);
  CHECK(host.run("error('plain')").error->code == Code::script_error);
}

TEST_CASE("calls nest through the host, on one budget, to a depth") {
  Host host;
  std::vector<ScriptOutcome> inner;
  Budget inner_budget{.fuel = 1'000'000};
  const Environment globals{{"call", HostFunction([&](HostCall& call) -> Result<Value> {
                               const auto function = call.function(0);
                               if (!function) return refuse(Code::usage, "no function");
                               inner.push_back(call.vm().call(function->ref, {Value(1)}, inner_budget));
                               call.vm().release(function->ref);
                               if (inner.back().error) return *inner.back().error;
                               return inner.back().value;
                             })}};
  CHECK(host.run("return call(function(x) return x + call(function(y) return y * 2 end) end)", {}, {}, globals).value == Value(3));

  // The inner call eats from the outer one's fuel, and its stop is the outer one's.
  inner.clear();
  const ScriptOutcome spent = host.run("for i = 1, 10 do call(function() for j = 1, 100 do end end) end return 1", {}, {}, globals);
  CHECK(spent.ok());
  CHECK(spent.fuel_used > 1'000);
  const ScriptOutcome stopped = host.run("pcall(call, function() while true do end end) return 'survived'", {}, {}, globals);
  REQUIRE(stopped.error);
  CHECK(stopped.error->code == Code::fuel_exhausted);
  CHECK(inner.back().error->code == Code::fuel_exhausted);

  // A smaller fuel of its own ends only the inner one.
  inner_budget.fuel = 50;
  const ScriptOutcome outer =
      host.run("local ok = pcall(call, function() while true do end end) for i = 1, 100 do end return ok", {}, {}, globals);
  REQUIRE(outer.ok());
  CHECK(outer.value == Value(false));
  CHECK(outer.fuel_used > 150);
  CHECK(outer.fuel_used < 300);

  inner_budget.fuel = 1'000'000;
  const ScriptOutcome deep = host.run("local function f() return call(f) end return f()", {}, {}, globals);
  REQUIRE(deep.error);
  CHECK_THAT(deep.error->message, Catch::Contains("nest deeper than 16"));
  CHECK(host.value("return 1") == Value(1));
}

TEST_CASE("memory that runs out within a nested call ends both") {
  Host host;
  const Environment globals{{"call", HostFunction([&](HostCall& call) -> Result<Value> {
                               const ScriptOutcome outcome = call.vm().call(call.function(0)->ref, {}, {.fuel = 1'000'000});
                               return Value(outcome.ok());
                             })}};
  const ScriptOutcome outcome =
      host.run("call(function() local s = 'x' while true do s = s .. s end end) return 'survived'", {}, {.fuel = 1'000'000}, globals);
  REQUIRE(outcome.error);
  CHECK(outcome.error->code == Code::memory_exceeded);
}

TEST_CASE("many predicates run on the same arguments without seeing each other") {
  Host host;
  const Value profile = *parse_json(R"({"tier":"gold","list":[1,2,3]})");
  std::vector<VmPredicate> predicates;
  for (const char* body :
       {"local p = ... return p.tier == 'gold'", "local p = ... return p.tier == 'none'", "local p = ... p.tier = 'none' return true",
        "local p = ... return p.tier", "while true do end", "return ...", "local p, l = ... l[1] = 7 return l[1] == 7",
        "local p, l = ... return l[1] == 1 and p.list[3] == 3", "return nil"}) {
    predicates.push_back({host.load(body)});
  }
  Vm::Failures failures;
  const auto verdicts = host.vm.call_each(predicates, {profile, Value(Array{Value(1)})}, {.fuel = 1'000}, &failures);
  using enum Held;
  CHECK(verdicts == std::vector<Held>{yes, no, failed, yes, failed, yes, yes, yes, no});
  REQUIRE(failures.size() == 2);
  CHECK(failures[0].first == 2);
  CHECK_THAT(failures[0].second.message, Catch::Contains("only lent for reading"));
  CHECK(failures[1].first == 4);
  CHECK(failures[1].second.code == Code::fuel_exhausted);
}

TEST_CASE("after a stop by memory the predicates behind it do not run") {
  Host host;
  const std::vector<VmPredicate> predicates{
      {host.load("return true")}, {host.load("local s = 'x' while true do s = s .. s end")}, {host.load("return true")}};
  Vm::Failures failures;
  const auto verdicts = host.vm.call_each(predicates, {}, {.fuel = 1'000'000}, &failures);
  CHECK(verdicts == std::vector<Held>{Held::yes, Held::failed, Held::failed});
  REQUIRE(failures.size() == 1);
  CHECK(failures[0].second.code == Code::memory_exceeded);
  CHECK(host.vm.call_each(predicates, {}, {.fuel = 10})[2] == Held::yes);
}

TEST_CASE("a Vm can move between calls") {
  Vm first = std::move(*Vm::create());
  const FunctionRef function = *first.load(unmetered("return 7"), "a");
  Vm second = std::move(first);
  CHECK(second.call(function, {}, {}).value == Value(7));
  second = std::move(*Vm::create());
  CHECK(second.bytes() > 0);
}
