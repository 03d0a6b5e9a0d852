// The inside of a Vm, shared by the files of this box only.
#pragma once

#include <atomic>
#include <csignal>
#include <deque>
#include <string>
#include <type_traits>
#include <vector>

#include "bindings/lua/host.h"
#include "script/vm.h"

struct lua_State;
struct lua_Debug;

namespace footlight {

// Why a script must end. Set once per call, by whoever notices first.
enum class Trip : int { none, fuel, deadline, memory };

struct Vm::State : LuaHost {
  State() = default;
  ~State() override;
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // LuaHost
  long fuel_left() override;
  void settle(lua_State* from) override;
  std::string json_at(lua_State* from, int i, const char* function) override;
  void push_json(lua_State* from, std::string_view text, const char* function) override;

  // Fuel lives in a Lua upvalue that all chunks share; `holder` is a closure of ours over it.
  double fuel();  // what the upvalue holds; the debt is not taken from it
  void set_fuel(double units);

  // Marks the call as ended and makes every further instruction raise. Safe in a signal handler.
  void trip_by(Trip reason);
  int raise_stop(lua_State* from);  // never returns

  // Runs `work` protected: Lua errors end it, and are described in `failure`. The only door into Lua.
  // True: it ran to its end.
  template <class Work>
  bool protect(Work&& work) {
    return protect_thunk([](lua_State* lua, void* context) { (*static_cast<std::remove_reference_t<Work>*>(context))(lua); }, &work);
  }
  // The same, with the value on top of the stack as the only one that `work` sees, at 1.
  template <class Work>
  bool protect_with_top(Work&& work) {
    return protect_thunk([](lua_State* lua, void* context) { (*static_cast<std::remove_reference_t<Work>*>(context))(lua); }, &work, 1);
  }
  bool protect_thunk(void (*run)(lua_State*, void*), void* context, int arguments = 0);

  struct Failure {
    Code code = Code::script_error;
    std::string place;
    std::string text;
    Error error() const;  // `place: text`, and both apart in a problem
  };

  lua_State* L = nullptr;
  Vm* vm = nullptr;  // the owner; it may move between calls

  // memory
  std::size_t used = 0;
  std::size_t peak = 0;
  std::size_t soft = static_cast<std::size_t>(-1);     // of the running call, absolute
  std::size_t ceiling = static_cast<std::size_t>(-1);  // of the running call, absolute: beyond it the allocator refuses
  std::size_t hard = 0;
  bool is_refused = false;    // the allocator has said no at least once
  char refused_at[256] = "";  // where the script was when it did so last
  bool is_broken = false;

  // the running call
  int depth = 0;
  std::atomic<Trip> trip{Trip::none};
  std::optional<double> fuel_at_trip;         // what was left when the call was stopped first
  volatile std::sig_atomic_t is_hooking = 0;  // inside lua_sethook: the signal handler keeps away
  std::vector<std::uint64_t> lent;            // serials of the calls whose views are alive
  std::uint64_t next_serial = 1;              // 0: a view that lives as long as the Vm
  int lent_view_count = 0;

  // What functions take as arguments of their own, by the name's number. Values stand in a table of Lua's, `read_values`.
  struct KeptRead {
    std::string name;
    std::uint64_t about = 0;  // of which it is known
    bool is_absent = false;
  };
  std::vector<KeptRead> reads;
  int read_values = 0;
  Failure failure;
  Error host_error;  // the last one that a host function raised

  void (*thunk)(lua_State*, void*) = nullptr;
  void* thunk_context = nullptr;

  // registry references
  int holder = 0;
  int trampoline = 0;
  int describe = 0;
  int stop_message = 0;
  int environment = 0;   // of chunks without globals of their own
  int allowed = 0;       // the standard environment, as a table
  int ordering = 0;      // {stop, in, lt, le, gt, ge, cat, va}
  int view_type = 0;     // what views are made of, and those that are lent
  int function_ids = 0;  // function -> chunk * chunk_stride + id, weak

  int chunks = 0;
  std::deque<HostFunction> host_functions;
  std::deque<Value> values;  // of globals that are objects
  std::deque<ValueView> views;

  // For the ends of calls.
  std::vector<std::string> take_log() { return std::exchange(log_, {}); }
  std::size_t take_log_dropped() { return std::exchange(log_dropped_, 0); }
  void seed(std::uint64_t value) { random_ = value; }
  long debt() const { return debt_; }
  void set_debt(long debt) { debt_ = debt; }
};

inline constexpr double chunk_stride = 1e6;  // more functions than script_tokens_max could write

Vm::State& state_of(lua_State* L);

// sandbox.cc: builds the standard environment in a new state; raises Lua errors, so run it protected.
void build_sandbox(lua_State* L);
// Joins `__fuel` of the function on top with the shared one. False: it has no such upvalue.
bool join_fuel(lua_State* L);
// Every chunk takes so many values: `__fuel`, and those that this pushes.
inline constexpr int chunk_values = 10;
void push_chunk_values(lua_State* L, int chunk);
// Pushes an environment table that holds the globals and reads through to the standard one.
void push_environment(lua_State* L, const Environment& globals);

// Arrays made by scripts or from JSON carry a hidden metatable.
bool is_array(lua_State* L, int index);
void mark_array(lua_State* L);  // the table on top

// Holds the function on top of the stack, and leaves it there.
FoundFunction hold_function(lua_State* L);

// view.cc
void build_views(lua_State* L);
void push_view(lua_State* L, const ViewSource& source, std::uint64_t serial);
// Pushes what stands under the name in an argument.
void push_read(lua_State* L, const Argument& from, Read read, std::uint64_t serial);
// The same, kept for all that ask with this `about`: a list is one for all of them. `values` is the place of the table for it.
void push_kept_read(lua_State* L, Vm::State& state, const Argument& from, Read read, std::uint64_t serial, std::uint64_t about, int values);
// Of the views that were made since there were `from` of them, those of the call with this serial can be read no more.
// Allocates nothing.
void end_views(lua_State* L, int from, std::uint64_t serial);

// host_call.cc
void push_host_function(lua_State* L, const HostFunction& function);

}  // namespace footlight
