#include "script/selftest.h"

#include "script/vm.h"

namespace footlight {

namespace {

// A body as the front end would write it around `text`, which may hold its own checks.
std::string chunk(std::string_view text) {
  return "local __fuel,__stop,__in,__lt,__le,__gt,__ge,__fn=... return function(...) "
         "__fuel=__fuel-1 if __fuel<0 then __stop() end " +
      std::string(text) + " end";
}

constexpr std::string_view check = "__fuel=__fuel-1 if __fuel<0 then __stop() end ";

struct Case {
  const char* name;
  std::string text;  // of a chunk that must return true, or be stopped as `stops` says
  std::optional<Code> stops = {};
  Budget budget = {};
};

// Each start waits for these, so budgets are as small as they can be told from none.
std::vector<Case> cases() {
  const std::string turn(check);
  return {
      {"an endless loop ends when its fuel does", "while true do " + turn + "end", Code::fuel_exhausted},
      {"pcall does not hide that the fuel is gone", "while true do " + turn + "pcall(function() while true do " + turn + "end end) end",
       Code::fuel_exhausted},
      // Not instrumented on purpose: this is what fuel cannot see. The table is for ThreadSanitizer, which
      // holds signals back until the next call into the C library.
      {"the watchdog ends what does not count", "while true do local t = {} end", Code::deadline_exceeded, {.deadline = milliseconds(1)}},
      {"memory has an end", "local s = 'xxxxxxxx' while true do " + turn + "s = s .. s end", Code::memory_exceeded, {.memory = 256 << 10}},
      {"pairs has one order",
       "local keys = '' for key in __in(pairs({b = 1, [3] = 1, a = 1, [1] = 1, [2.5] = 1, c = 1})) do " + turn +
           "keys = keys .. key .. ' ' end return keys == '1 2.5 3 a b c '"},
      {"an absent value is neither smaller nor larger",
       "return not __lt(nil, 1) and not __gt(nil, 1) and not __le(1, nil) and not __ge(nil, nil) and __lt(1, "
       "2)"},
      {"strings know the safe functions only",
       "local s = '' return s.dump == nil and s.rep == string.rep and s.format == string.format and "
       "not pcall(s.rep, 'x', 1e9)"},
      {"libraries cannot be changed",
       "return not pcall(function() string.rep = 1 end) and not pcall(function() math.pi = 3 end) and "
       "not pcall(table.insert, string, 1)"},
      {"a pattern that backtracks pays for it", "return (('a'):rep(200)):find(('.-'):rep(20) .. 'b')", Code::fuel_exhausted, {.fuel = 100}},
  };
}

constexpr const char* forbidden[] = {
    "_G",       "getfenv",        "setfenv",  "getmetatable", "setmetatable", "rawget", "rawset",  "rawequal",  "next",
    "load",     "loadstring",     "loadfile", "dofile",       "require",      "module", "package", "coroutine", "xpcall",
    "newproxy", "collectgarbage", "gcinfo",   "debug",        "jit",          "ffi",    "bit",     "os",        "io"};

}  // namespace

Status self_test() {
  Problems problems;
  const auto failed = [&](const std::string& name, const std::string& why) { problems.push_back({Code::internal, name, why}); };
  Result<Vm> vm = Vm::create();
  if (!vm.ok()) return vm.error();
  const auto run = [&](const Case& test) {
    const Result<FunctionRef> function = vm->load(chunk(test.text), "self-test");
    if (!function.ok()) return failed(test.name, function.error().message);
    const ScriptOutcome outcome = vm->call(*function, {}, test.budget);
    vm->release(*function);
    if (test.stops) {
      if (!outcome.error) return failed(test.name, "it ran to its end");
      if (outcome.error->code != *test.stops) return failed(test.name, outcome.error->message);
    } else if (outcome.error || outcome.value != Value(true)) {
      return failed(test.name, outcome.error ? outcome.error->message : "it gave " + to_json(outcome.value));
    }
  };
  for (const Case& test : cases()) run(test);
  for (const char* name : forbidden) { run({name, "return not pcall(function() return " + std::string(name) + " end)"}); }
  if (vm->load("\x1bLJ\x02", "self-test").ok()) failed("bytecode is refused", "it was loaded");
  if (vm->load("return function() while true do end end", "self-test").ok()) {
    failed("a chunk that does not count is refused", "it was loaded");
  }
  if (problems.empty()) return Done{};
  return refuse(Code::internal, std::move(problems), "the script sandbox does not hold on this machine");
}

}  // namespace footlight
