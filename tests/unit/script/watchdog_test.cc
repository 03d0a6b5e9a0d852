// The deadline: what ends a script that fuel cannot see. These tests run real time, some milliseconds.
#include "script/watchdog.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "vm_support.h"

using namespace footlight;
using test::Host;
using test::unmetered;

namespace {

// On purpose without a check. It allocates because ThreadSanitizer holds signals back until the next call
// into the C library.
const std::string endless = unmetered("while true do local t = {} end");

ScriptOutcome run(Vm& vm, const std::string& lua, Budget budget) {
  const FunctionRef function = *vm.load(lua, "test.lua");
  ScriptOutcome outcome = vm.call(function, {}, budget);
  vm.release(function);
  return outcome;
}

}  // namespace

TEST_CASE("a deadline ends what does not count, again and again, and leaves nothing behind") {
  Host host;
  for (int i = 0; i < 10; ++i) {
    const ScriptOutcome outcome = run(host.vm, endless, {.deadline = milliseconds(3)});
    REQUIRE(outcome.error);
    CHECK(outcome.error->code == Code::deadline_exceeded);
    CHECK(outcome.error->message == "test.lua:1: the script ran past its deadline of 3ms");
    CHECK(run(host.vm, unmetered("return 1"), {.deadline = seconds(60)}).value == Value(1));
    CHECK(run(host.vm, unmetered("return 1"), {}).value == Value(1));
  }
}

#ifndef __SANITIZE_THREAD__
TEST_CASE("a deadline ends a loop that calls nothing at all") {
  Host host;
  const ScriptOutcome outcome = run(host.vm, unmetered("while true do end"), {.deadline = milliseconds(3)});
  REQUIRE(outcome.error);
  CHECK(outcome.error->code == Code::deadline_exceeded);
}
#endif

TEST_CASE("pcall does not hide a deadline, nor does a wall of them") {
  Host host;
  for (const char* body : {"pcall(function() while true do local t = {} end end) return 'survived'",
                           "while true do pcall(function() while true do local t = {} end end) end",
                           "local function f() pcall(f) while true do local t = {} end end f() return 'survived'",
                           "table.sort({3, 2, 1}, function() while true do local t = {} end end) return 'survived'",
                           "return (('aaa'):gsub('a', function() while true do local t = {} end end))"}) {
    INFO(body);
    const ScriptOutcome outcome = run(host.vm, unmetered(body), {.deadline = milliseconds(3)});
    REQUIRE(outcome.error);
    CHECK(outcome.error->code == Code::deadline_exceeded);
  }
}

TEST_CASE("a deadline in a nested call is the outer one's") {
  Host host;
  bool inner_stopped = false;
  const Environment globals{{"call", HostFunction([&](HostCall& call) -> Result<Value> {
                               const auto function = call.function(0);
                               inner_stopped = call.vm().call(function->ref, {}, {}).stopped();
                               return Value();
                             })}};
  const FunctionRef function =
      *host.vm.load(unmetered("call(function() while true do local t = {} end end) return 'survived'"), "t", globals);
  const ScriptOutcome outcome = host.vm.call(function, {}, {.deadline = milliseconds(3)});
  REQUIRE(outcome.error);
  CHECK(outcome.error->code == Code::deadline_exceeded);
  CHECK(inner_stopped);
}

TEST_CASE("after a deadline the predicates behind it do not run") {
  Host host;
  const std::vector<VmPredicate> predicates{
      {*host.vm.load(unmetered("return true"), "a")}, {*host.vm.load(endless, "b")}, {*host.vm.load(unmetered("return true"), "c")}};
  Vm::Failures failures;
  CHECK(host.vm.call_each(predicates, {}, {.deadline = milliseconds(3)}, &failures) ==
        std::vector<Held>{Held::yes, Held::failed, Held::failed});
  REQUIRE(failures.size() == 1);
  CHECK(failures[0].second.code == Code::deadline_exceeded);
}

TEST_CASE("threads are stopped each for itself, and may end") {
  std::atomic<int> stopped{0};
  std::atomic<int> finished{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      Vm vm = std::move(*Vm::create());
      for (int i = 0; i < 5; ++i) {
        if (t % 2 == 0) {
          const ScriptOutcome outcome = run(vm, endless, {.deadline = milliseconds(2)});
          stopped += outcome.error && outcome.error->code == Code::deadline_exceeded;
        } else {
          const ScriptOutcome outcome =
              run(vm, unmetered("local n = 0 for i = 1, 20000 do n = n + i end return n"), {.deadline = seconds(60)});
          finished += outcome.ok() && outcome.value == Value(200'010'000.0);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(stopped == 10);
  CHECK(finished == 10);
}

TEST_CASE("guards nest: the inner one hides the outer, which comes back") {
  static std::atomic<int> outer_calls;
  static std::atomic<int> inner_calls;
  outer_calls = inner_calls = 0;
  const auto past = Watchdog::Clock::now() - std::chrono::seconds(1);
  const auto wait_for = [](const std::atomic<int>& calls) {
    const auto end = Watchdog::Clock::now() + std::chrono::seconds(10);
    while (calls.load() == 0 && Watchdog::Clock::now() < end) {}
    return calls.load() > 0;
  };
  Watchdog::Guard outer(
      past, [](void*) { ++outer_calls; }, nullptr);
  CHECK(wait_for(outer_calls));
  {
    Watchdog::Guard inner(
        past, [](void*) { ++inner_calls; }, nullptr);
    const int before = outer_calls;
    CHECK(wait_for(inner_calls));
    CHECK(outer_calls == before);
  }
  outer_calls = 0;
  CHECK(wait_for(outer_calls));
  outer.disarm();
  outer_calls = 0;
  Watchdog::Guard later(
      past, [](void*) { ++inner_calls; }, nullptr);
  inner_calls = 0;
  CHECK(wait_for(inner_calls));
  CHECK(outer_calls == 0);
}
