// Vm: one Lua state in which untrusted scripts run, and cannot do harm.
//
// A script is stopped in three ways, none of which it can prevent or hide from:
//   fuel      counted by the script itself, in code that the front end wove in: the same script with
//             the same arguments uses the same fuel on every machine. This is the rule.
//   memory    the allocator trips an ordinary error at the soft limit and refuses at the hard one.
//   deadline  a watchdog thread, for what fuel cannot see. A safety net: a stop by deadline is an
//             incident, because it depends on the machine.
// Everything a script can name is an allow-list (bindings/lua); no C function in it runs long
// without charging fuel. docs/scripting.md has the measurements behind this.
//
// One thread at a time. Nothing here throws or panics; a Vm that ran out of memory beyond repair
// says so with `needs_rebuild()`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/limits.h"
#include "footlight/error.h"
#include "footlight/time.h"
#include "footlight/value.h"
#include "script/captured.h"
#include "script/view.h"

namespace footlight {

class Vm;
struct ProbeCount;  // probes.h

// A Lua function that the Vm holds on to until `Vm::release` or its own end.
struct FunctionRef {
  int id = 0;
  explicit operator bool() const { return id != 0; }
  bool operator==(const FunctionRef&) const = default;
};

// What one call may use up.
struct Budget {
  long fuel = limits::fuel_predicate;
  std::optional<Duration> deadline = {};            // from now; none: no watchdog is started
  std::size_t memory = limits::script_memory_soft;  // bytes above what was in use before
  std::uint64_t random_seed = 0;                    // of `math.random` in this call
};

// A function found in a converted value: which one, and what the front end called it.
struct FoundFunction {
  FunctionRef ref;  // held; release it, or keep it for the life of the Vm
  int chunk = -1;   // counts the loads of this Vm from 0; -1: not registered by `__fn`
  int id = -1;      // the front end's number in that chunk
};

// May a result or an argument contain functions?
enum class Functions {
  refuse,   // a function is an error (code bad_result)
  collect,  // it becomes {"$function": i}, i an index into the list of FoundFunction
  keep      // of a result: whatever it is stays in the Vm, held as functions[0]; the value is the name of its type
};

// What became of a call.
struct ScriptOutcome {
  Value value = {};                           // the first result; null for nil
  std::vector<FoundFunction> functions = {};  // see Functions::collect
  // Codes script_error, fuel_exhausted, deadline_exceeded, memory_exceeded, bad_result, or what a
  // host function failed with. The message starts with `name:line: ` where the place is known, and
  // problems[0] holds place and message apart.
  std::optional<Error> error = {};
  long fuel_used = 0;
  std::size_t peak_bytes = 0;         // most memory in use, above what was there before
  std::vector<std::string> log = {};  // lines of log(...), at most limits::script_log_lines_max
  std::size_t log_dropped = 0;        // lines beyond that

  bool ok() const { return !error; }
  // Stopped by a budget, rather than failed by itself.
  bool stopped() const;
};

// What a host function sees of the call that a script makes to it.
class HostCall {
 public:
  virtual ~HostCall() = default;
  virtual std::size_t count() const = 0;              // of arguments
  virtual bool is_function(std::size_t i) const = 0;  // arguments count from 0
  // Argument i as a value; beyond the last one: null. Fails as results do, code bad_result. With
  // `functions` those inside are collected there.
  virtual Result<Value> value(std::size_t i, std::vector<FoundFunction>* functions = nullptr) = 0;
  // Argument i if it is a function, held.
  virtual std::optional<FoundFunction> function(std::size_t i) = 0;
  // Makes what a FunctionRef holds the result of the call, in place of the value that is returned.
  virtual void answer(FunctionRef held) = 0;
  // `file:line` of the script that is calling.
  virtual std::string place() const = 0;
  virtual Vm& vm() = 0;
};

// An error becomes a script error whose ScriptOutcome keeps its code.
using HostFunction = std::function<Result<Value>(HostCall&)>;

// A name that a chunk sees besides the standard environment. Values: scalars, and objects, which
// read as views; anything a script could change between calls has no place here.
struct Global {
  std::string name;
  std::variant<Value, HostFunction, FunctionRef> what;
};
using Environment = std::vector<Global>;

// What stands under a name in the first argument, as an argument of its own (lower.h): the name's number in this Vm.
struct Read {
  int name = 0;
};

// An argument of a call. A ViewSource must live until the call returns.
using Argument = std::variant<Value, const ViewSource*, FunctionRef, Read>;
using Arguments = std::vector<Argument>;

// The answer of a predicate in `call_each`: only what a decision needs.
enum class Held : std::uint8_t { no, yes, failed };

struct VmPredicate {
  FunctionRef function;
  std::span<const Read> reads = {};  // behind the arguments that are the same for all
  bool reads_only = false;           // it asks those for nothing, and is given nil in their place
  int conditions = 0;                // so many truths behind the reads: bits, the lowest first
  std::uint64_t truths = 0;
};

class Vm {
 public:
  struct Options {
    std::size_t memory_hard = limits::script_memory_hard;  // of the whole state
  };

  static Result<Vm> create(const Options& options);
  static Result<Vm> create() { return create(Options{}); }
  Vm(Vm&&) noexcept;
  Vm& operator=(Vm&&) noexcept;
  ~Vm();

  // Takes a chunk as the front end writes it and gives the user's chunk as a function, not yet run.
  // `name` stands in messages. Codes syntax_error, internal (not instrumented), memory_exceeded.
  Result<FunctionRef> load(std::string_view instrumented_lua, std::string_view name, const Environment& globals = {});

  // Runs a function. Inside a host function the call shares the budget of the outer one: its fuel
  // is the smaller of what is left and what is asked for, its deadline stays the outer one's.
  ScriptOutcome call(FunctionRef function, const Arguments& arguments, const Budget& budget, Functions functions = Functions::refuse);

  // Runs many predicates on the same arguments, each with the budget's fuel; the deadline and the
  // memory are for all of them. `failures`, where given, receives (index, error) of each that failed.
  // After a stop by deadline or memory the rest is `failed` without having run.
  //
  // `about`, where it is not 0, is the caller's number for what the first argument says, never given twice: what was read
  // for it before is not asked again.
  using Failures = std::vector<std::pair<std::size_t, Error>>;
  std::vector<Held> call_each(std::span<const VmPredicate> predicates, const Arguments& arguments, const Budget& each,
                              Failures* failures = nullptr, std::uint64_t about = 0);

  Read read_of(std::string_view name);

  void release(FunctionRef function);

  // Names for the globals of a chunk that was emitted with probes (probes.h): its point N counts at counts[N].
  // The counts outlive the Vm.
  Environment probes(std::vector<ProbeCount>& counts);

  // Names of the tables that a function can reach through its upvalues: what it could use to carry
  // state from one call to the next. Empty: the closure may be kept and called again and again.
  std::vector<std::string> captured_tables(FunctionRef function);
  // What a function captured from around it, and what those functions did, as far as it is used. `known` are names of
  // functions that everybody may call, beside the standard ones. Code bad_result where something cannot be written
  // down (a view, a function of ours), limit_exceeded.
  Result<Captures> captured(FunctionRef function, const Environment& known, const AskUse& use);

  std::size_t bytes() const;   // in use now
  bool needs_rebuild() const;  // memory did not come back; make a new Vm

  struct State;  // runtime/script/state.h, for the box itself

 private:
  explicit Vm(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace footlight
