#include "script/vm.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <lua.hpp>
#include <set>

#include "bindings/lua/loops.h"
#include "script/convert.h"
#include "script/run.h"
#include "script/state.h"

namespace footlight {

namespace {

// Where the script is that is refused memory: no message handler runs for that error. Asks Lua for nothing that allocates.
void note_place(Vm::State& state) {
  state.refused_at[0] = '\0';
  if (state.depth == 0) return;
  constexpr int levels_max = 20;
  lua_Debug ar;
  for (int level = 0; level < levels_max && lua_getstack(state.L, level, &ar); ++level) {
    if (!lua_getinfo(state.L, "Sl", &ar) || ar.currentline <= 0 || !is_of_user(ar)) continue;
    std::snprintf(state.refused_at, sizeof state.refused_at, "%.200s:%d", ar.source + 1, ar.currentline);
    return;
  }
}

// The allocator: counts, trips at the soft limit of a call, refuses a tenth beyond it, and at the hard limit of the state. LuaJIT calls it
// with the old size, so that no block needs a header.
void* allocate(void* context, void* block, std::size_t old_size, std::size_t new_size) {
  auto& state = static_cast<Vm::State&>(*static_cast<LuaHost*>(context));
  if (new_size == 0) {
    std::free(block);
    state.used -= old_size;
    return nullptr;
  }
  const std::size_t after = state.used - old_size + new_size;
  if (new_size > old_size && (after > state.hard || after > state.ceiling)) {
    state.is_refused = true;
    note_place(state);
    state.trip_by(Trip::memory);
    return nullptr;
  }
  void* moved = std::realloc(block, new_size);
  if (!moved) return new_size > old_size ? nullptr : block;  // shrinking may not fail
  state.used = after;
  state.peak = std::max(state.peak, after);
  if (after > state.soft) state.trip_by(Trip::memory);
  return moved;
}

// Count hook, set when the call was ended from outside: raises at every instruction, so that no `pcall`
// in the script outlives it.
void on_instruction(lua_State* L, lua_Debug*) { state_of(L).raise_stop(L); }

// The protected function of every entry.
int enter(lua_State* L) {
  Vm::State& state = state_of(L);
  state.thunk(L, state.thunk_context);
  return 0;
}

// Message handler: runs where the error happened, while the stack still tells the place. Keeps what it
// finds in C++, because the error may be that there is no memory.
int describe_error(lua_State* L) {
  Vm::State& state = state_of(L);
  Vm::State::Failure& failure = state.failure;
  failure = {};
  std::string text = lua_type(L, 1) == LUA_TSTRING ? text_at(L, 1) : std::string("an error that is no message");
  // `prefix:12: text` with the prefix that Lua gives to this source; takes it off and gives `:12`.
  const auto line_of = [&text](std::string_view prefix) {
    std::size_t end = prefix.size() + 1;
    if (!text.starts_with(prefix) || text.size() <= end || text[prefix.size()] != ':') return std::string();
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    if (!std::string_view(text).substr(end).starts_with(": ")) return std::string();
    std::string line = text.substr(prefix.size(), end - prefix.size());
    text.erase(0, end + 2);
    return line;
  };
  constexpr int levels_max = 50;  // finding the n-th costs n: an endless recursion has thousands
  lua_Debug ar;
  for (int level = 0; level < levels_max && lua_getstack(L, level, &ar); ++level) {
    if (!lua_getinfo(L, "Sl", &ar)) continue;
    if (!is_of_user(ar)) {
      line_of(ar.short_src);  // our own Lua is nobody's place
      continue;
    }
    if (ar.currentline > 0 && failure.place.empty()) { failure.place = std::string(ar.source + 1) + ":" + std::to_string(ar.currentline); }
    if (const std::string line = line_of(ar.short_src); !line.empty()) {
      failure.place = std::string(ar.source + 1) + line;
      break;
    }
  }
  // An attribute as an argument (lower.h) is the field that its author wrote.
  constexpr std::string_view as_argument = "local '__a_", as_field = "field '";
  constexpr std::string_view as_upvalue = "upvalue '__g_", as_global = "global '";
  if (const auto at = text.find(as_argument); at != text.npos) text.replace(at, as_argument.size(), as_field);
  if (const auto at = text.find(as_upvalue); at != text.npos) text.replace(at, as_upvalue.size(), as_global);
  if (!state.host_error.message.empty() && text == state.host_error.message) failure.code = state.host_error.code;
  failure.text = clean_text(text, limits::script_message_bytes_max);
  return 1;
}

// Everything that must be there before the first `protect`.
int initialise(lua_State* L) {
  Vm::State& state = state_of(L);
  lua_pushcfunction(L, enter);
  state.trampoline = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_pushcfunction(L, describe_error);
  state.describe = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_pushliteral(L, "stopped");
  state.stop_message = luaL_ref(L, LUA_REGISTRYINDEX);
  build_sandbox(L);
  // LuaJIT does not collect when memory runs out, so it must not lag behind.
  lua_gc(L, LUA_GCSETPAUSE, 120);
  return 0;
}

void push_function(lua_State* L, FunctionRef function) { lua_rawgeti(L, LUA_REGISTRYINDEX, function.id); }

void push_argument(lua_State* L, const Argument& argument, const Arguments& all, std::uint64_t serial) {
  if (const Read* read = std::get_if<Read>(&argument)) {
    push_read(L, all[0], *read, serial);
  } else if (const Value* value = std::get_if<Value>(&argument)) {
    push_value(L, *value);
  } else if (const auto* view = std::get_if<const ViewSource*>(&argument)) {
    push_view(L, **view, serial);
  } else {
    push_function(L, std::get<FunctionRef>(argument));
  }
}

Error too_deep() {
  return Vm::State::Failure{Code::limit_exceeded, "",
                            "calls from scripts into the host and back nest deeper than " + std::to_string(limits::script_call_depth_max)}
      .error();
}

}  // namespace

// State

Vm::State::~State() {
  if (L) lua_close(L);
}

long Vm::State::fuel_left() { return static_cast<long>(fuel()) - debt_; }

double Vm::State::fuel() {
  lua_rawgeti(L, LUA_REGISTRYINDEX, holder);
  lua_getupvalue(L, -1, 1);
  const double units = lua_tonumber(L, -1);
  lua_pop(L, 2);
  return units;
}

void Vm::State::set_fuel(double units) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, holder);
  lua_pushnumber(L, units);
  lua_setupvalue(L, -2, 1);
  lua_pop(L, 1);
}

void Vm::State::settle(lua_State* from) {
  const double left = fuel() - static_cast<double>(debt_);
  debt_ = 0;
  set_fuel(left);
  if (left >= 0) return;
  trip_by(Trip::fuel);
  raise_stop(from);
}

void Vm::State::trip_by(Trip reason) {
  if (depth == 0 && reason != Trip::fuel) return;  // between calls there is nothing to end
  Trip expected = Trip::none;
  trip.compare_exchange_strong(expected, reason);
  // Fuel needs no hook: it is negative, and the next check raises again. The others must not be missed,
  // so that the watchdog sets the hook anew each time.
  if (reason == Trip::fuel || is_hooking) return;
  is_hooking = 1;
  lua_sethook(L, on_instruction, LUA_MASKCOUNT, 1);
  is_hooking = 0;
}

int Vm::State::raise_stop(lua_State* from) {
  if (!fuel_at_trip) fuel_at_trip = fuel() - static_cast<double>(debt_);
  debt_ = 0;
  set_fuel(fuel_gone);
  lua_rawgeti(from, LUA_REGISTRYINDEX, stop_message);
  return lua_error(from);
}

bool Vm::State::protect_thunk(void (*run)(lua_State*, void*), void* context, int arguments) {
  const auto outer_thunk = std::exchange(thunk, run);
  void* const outer_context = std::exchange(thunk_context, context);
  // Nothing here allocates: outside the protected call an error would end the process.
  const int base = lua_gettop(L) - arguments;
  lua_rawgeti(L, LUA_REGISTRYINDEX, describe);
  lua_insert(L, base + 1);
  lua_rawgeti(L, LUA_REGISTRYINDEX, trampoline);
  lua_insert(L, base + 2);
  const int status = lua_pcall(L, arguments, 0, base + 1);
  thunk = outer_thunk;
  thunk_context = outer_context;
  // No handler runs for these two.
  if (status == LUA_ERRMEM) failure = {Code::memory_exceeded, refused_at, "there is no memory left"};
  if (status == LUA_ERRERR) failure = {Code::script_error, "", "an error within an error"};
  lua_settop(L, base);
  return status == 0;
}

Error Vm::State::Failure::error() const {
  Problem problem{code, place, text};
  return {code, place.empty() ? text : place + ": " + text, {std::move(problem)}};
}

// Vm

bool ScriptOutcome::stopped() const {
  return error && (error->code == Code::fuel_exhausted || error->code == Code::deadline_exceeded || error->code == Code::memory_exceeded);
}

Vm::Vm(std::unique_ptr<State> state) : state_(std::move(state)) {}
Vm::Vm(Vm&&) noexcept = default;
Vm& Vm::operator=(Vm&&) noexcept = default;
Vm::~Vm() = default;

Result<Vm> Vm::create(const Options& options) {
  auto state = std::make_unique<State>();
  // No limit yet: LuaJIT crashes when it is refused memory within lua_newstate.
  state->hard = std::numeric_limits<std::size_t>::max();
  state->L = lua_newstate(allocate, static_cast<LuaHost*>(state.get()));
  if (!state->L) return refuse(Code::memory_exceeded, "there is no memory for a Lua state");
  state->hard = options.memory_hard;
  if (lua_cpcall(state->L, initialise, nullptr) != 0) {
    const char* message = lua_tostring(state->L, -1);
    return refuse(state->is_refused ? Code::memory_exceeded : Code::internal,
                  std::string("cannot set up a Lua state: ") + (message ? message : "no message"));
  }
  return Vm(std::move(state));
}

Result<FunctionRef> Vm::load(std::string_view text, std::string_view name, const Environment& globals) {
  State& state = *state_;
  state.vm = this;
  if (state.depth >= limits::script_call_depth_max) return too_deep();
  if (text.starts_with('\x1b')) return refuse(Code::syntax_error, "`" + std::string(name) + "` is not text");
  const std::string chunk_name = "@" + std::string(name);
  const int chunk = state.chunks++;
  FunctionRef function;
  Code problem = Code::syntax_error;
  Run run(state, {.fuel = limits::fuel_load}, state.next_serial++);
  const bool is_done = state.protect([&](lua_State* L) {
    if (luaL_loadbufferx(L, text.data(), text.size(), chunk_name.c_str(), "t") != 0) lua_error(L);
    problem = Code::internal;  // from here on only the front end can be wrong
    lua_pushnumber(L, 0);
    push_chunk_values(L, chunk);
    lua_call(L, chunk_values, 1);
    if (!lua_isfunction(L, -1) || !join_fuel(L)) { fail(L, "this chunk is not instrumented, so that nothing could stop it"); }
    push_environment(L, globals);
    lua_setfenv(L, -2);
    function.id = luaL_ref(L, LUA_REGISTRYINDEX);
  });
  if (is_done && run.trip() == Trip::none) return function;
  if (state.failure.code == Code::script_error) state.failure.code = problem;
  return run.error();
}

ScriptOutcome Vm::call(FunctionRef function, const Arguments& arguments, const Budget& budget, Functions functions) {
  State& state = *state_;
  state.vm = this;
  ScriptOutcome outcome;
  if (state.depth >= limits::script_call_depth_max) {
    outcome.error = too_deep();
    return outcome;
  }
  const std::uint64_t serial = state.next_serial++;
  const bool is_outermost = state.depth == 0;
  Run run(state, budget, serial);
  Result<Value> result = Value();
  const bool is_done = state.protect([&](lua_State* L) {
    luaL_checkstack(L, static_cast<int>(arguments.size()) + 4, "too many arguments");
    push_function(L, function);
    for (const Argument& argument : arguments) push_argument(L, argument, arguments, serial);
    lua_call(L, static_cast<int>(arguments.size()), 1);
    if (functions == Functions::keep) {
      result = Value(std::string(lua_typename(L, lua_type(L, -1))));
      outcome.functions.push_back({.ref = {luaL_ref(L, LUA_REGISTRYINDEX)}});
      return;
    }
    // Converted here, before anything could collect it.
    result = value_at(L, -1, functions == Functions::collect ? &outcome.functions : nullptr);
  });
  if (!is_done || run.trip() != Trip::none) {
    outcome.error = run.error(function);
  } else if (!result.ok()) {
    state.failure = {result.error().code, "", result.error().message};
    outcome.error = run.error(function);
  } else {
    outcome.value = std::move(*result);
  }
  if (outcome.error) {
    for (const FoundFunction& found : outcome.functions) release(found.ref);
    outcome.functions.clear();
  }
  outcome.fuel_used = run.fuel_used();
  outcome.peak_bytes = run.peak();
  run.finish();
  if (is_outermost) {
    outcome.log = state.take_log();
    outcome.log_dropped = state.take_log_dropped();
    for (std::string& line : outcome.log) line = clean_text(line, limits::script_log_line_bytes_max);
  }
  return outcome;
}

Read Vm::read_of(std::string_view name) {
  auto& reads = state_->reads;
  const auto known = std::find_if(reads.begin(), reads.end(), [&](const State::KeptRead& read) { return read.name == name; });
  const auto number = known - reads.begin();
  if (known == reads.end()) reads.push_back({.name = std::string(name)});
  return {static_cast<int>(number)};
}

std::vector<Held> Vm::call_each(std::span<const VmPredicate> predicates, const Arguments& arguments, const Budget& each, Failures* failures,
                                std::uint64_t about) {
  State& state = *state_;
  state.vm = this;
  std::vector<Held> verdicts(predicates.size(), Held::failed);
  if (state.depth >= limits::script_call_depth_max) return verdicts;
  const std::uint64_t serial = state.next_serial++;
  Run run(state, each, serial);
  // Objects become views, so that no predicate sees what another did to them; lists are made anew.
  std::deque<ValueView> views;
  std::size_t done = 0;
  const bool is_done = state.protect([&](lua_State* L) {
    const int count = static_cast<int>(arguments.size());
    luaL_checkstack(L, 2 * count + static_cast<int>(limits::script_lowered_max) + 8, "too many arguments");
    lua_rawgeti(L, LUA_REGISTRYINDEX, state.read_values);
    const int values = lua_gettop(L);
    lua_rawgeti(L, LUA_REGISTRYINDEX, state.describe);
    const int describe = values + 1;
    const auto list_of = [&](int i) -> const Value* {
      const Value* value = std::get_if<Value>(&arguments[static_cast<std::size_t>(i)]);
      return value && value->is_array() ? value : nullptr;
    };
    const bool are_asked =
        std::any_of(predicates.begin(), predicates.end(), [](const VmPredicate& predicate) { return !predicate.reads_only; });
    for (const Argument& argument : arguments) {
      const Value* value = std::get_if<Value>(&argument);
      if (!are_asked || (value && value->is_array())) lua_pushnil(L);
      else if (value && value->is_object()) push_view(L, views.emplace_back(*value), serial);
      else push_argument(L, argument, arguments, serial);
    }
    const std::uint64_t read_for = about != 0 ? 2 * about : 2 * serial + 1;  // never the same for two
    for (; done < predicates.size(); ++done) {
      run.next_script();
      state.seed(each.random_seed);
      const auto& [function, reads, reads_only, conditions, truths] = predicates[done];
      push_function(L, function);
      for (int i = 0; i < count; ++i) {
        if (reads_only) lua_pushnil(L);
        else if (const Value* list = list_of(i)) push_value(L, *list);
        else lua_pushvalue(L, describe + 1 + i);
      }
      for (const Read read : reads) push_kept_read(L, state, arguments[0], read, serial, read_for, values);
      for (int i = 0; i < conditions; ++i) lua_pushboolean(L, static_cast<int>(truths >> i & 1));
      const int status = lua_pcall(L, count + static_cast<int>(reads.size()) + conditions, 1, describe);
      if (status == LUA_ERRMEM) state.failure = {Code::memory_exceeded, state.refused_at, "there is no memory left"};
      const Trip trip = run.trip();
      if (status == 0 && trip == Trip::none) {
        verdicts[done] = lua_toboolean(L, -1) ? Held::yes : Held::no;
      } else if (failures) {
        failures->emplace_back(done, run.error(function));
      }
      lua_pop(L, 1);
      if (trip == Trip::deadline || trip == Trip::memory) return;  // for all of them
    }
  });
  if (!is_done && failures && done < predicates.size()) failures->emplace_back(done, run.error());
  return verdicts;
}

void Vm::release(FunctionRef function) {
  if (function) luaL_unref(state_->L, LUA_REGISTRYINDEX, function.id);
}

// The functions within the table on top of the stack join the list at 1, of that size; leaves the table there.
static void note_functions(lua_State* L, std::set<const void*>& seen, int& size) {
  luaL_checkstack(L, 4, "tables are nested too deep");
  for (lua_pushnil(L); lua_next(L, -2);) {
    const bool is_new = (lua_isfunction(L, -1) || lua_istable(L, -1)) && seen.insert(lua_topointer(L, -1)).second;
    if (is_new && lua_istable(L, -1)) note_functions(L, seen, size);
    if (is_new && lua_isfunction(L, -1)) lua_rawseti(L, 1, ++size);
    else lua_pop(L, 1);
  }
}

std::vector<std::string> Vm::captured_tables(FunctionRef function) {
  State& state = *state_;
  state.vm = this;
  std::set<std::string> names;
  std::set<const void*> seen;
  state.protect([&](lua_State* L) {
    // A work list on the Lua stack: functions may capture functions, in circles too.
    lua_newtable(L);
    push_function(L, function);
    lua_rawseti(L, 1, 1);
    for (int next = 1, size = 1; next <= size; ++next) {
      lua_rawgeti(L, 1, next);
      for (int i = 1;; ++i) {
        const char* name = lua_getupvalue(L, 2, i);
        if (!name) break;
        if (lua_istable(L, -1)) {
          names.insert(name);
          // Those in it, too.
          if (seen.insert(lua_topointer(L, -1)).second) note_functions(L, seen, size);
        }
        if (lua_isfunction(L, -1) && seen.insert(lua_topointer(L, -1)).second) {
          lua_rawseti(L, 1, ++size);
        } else {
          lua_pop(L, 1);
        }
      }
      lua_pop(L, 1);
    }
  });
  return {names.begin(), names.end()};
}

std::size_t Vm::bytes() const { return state_->used; }
bool Vm::needs_rebuild() const { return state_->is_broken; }

}  // namespace footlight
