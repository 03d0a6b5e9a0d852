#include "script/run.h"

#include <algorithm>
#include <limits>
#include <lua.hpp>

namespace footlight {

namespace {

void on_overdue(void* context) { static_cast<Vm::State*>(context)->trip_by(Trip::deadline); }

}  // namespace

Run::Run(Vm::State& state, const Budget& budget, std::uint64_t serial)
    : state_(state), budget_(budget), is_outermost_(state.depth++ == 0), start_(state.used), views_before_(state.lent_view_count) {
  state.lent.push_back(serial);
  state.failure = {};
  if (is_outermost_) {
    state.peak = state.used;
    state.host_error = {};
    state.take_log();
    state.take_log_dropped();
    state.seed(budget.random_seed);
    state.trip = Trip::none;
    outer_fuel_ = std::numeric_limits<double>::infinity();
    state.soft = start_ + std::min(budget.memory, state.hard);
    state.ceiling = state.soft + std::min(budget.memory / 10, state.hard);
    if (budget.deadline) { guard_.emplace(Watchdog::Clock::now() + std::chrono::milliseconds(budget.deadline->ms), on_overdue, &state); }
  } else {
    outer_fuel_ = state.fuel() - static_cast<double>(state.debt());
  }
  refuel();
}

void Run::next_script() {
  if (!is_outermost_) spent_ += used();  // else nobody's fuel is counted beyond a script
  if (trip() == Trip::fuel) state_.trip = Trip::none;
  refuel();
}

void Run::refuel() {
  allowance_ = std::clamp(static_cast<double>(budget_.fuel), 0.0, std::max(outer_fuel_ - spent_, 0.0));
  state_.set_debt(0);
  state_.set_fuel(allowance_);
  state_.fuel_at_trip.reset();
}

// Of the running script; at most what it was given, though its last step may have cost more.
double Run::used() {
  const double left = state_.fuel_at_trip ? *state_.fuel_at_trip : state_.fuel() - static_cast<double>(state_.debt());
  return std::clamp(allowance_ - left, 0.0, allowance_);
}

Error Run::error(FunctionRef function) const {
  Vm::State::Failure failure = state_.failure;
  if (failure.place.empty()) failure.place = origin(function);
  switch (trip()) {
    case Trip::none: break;
    case Trip::fuel:
      failure.code = Code::fuel_exhausted;
      failure.text =
          "the script used up its fuel of " + std::to_string(static_cast<long>(allowance_)) + "; a turn of a loop and a call cost one each";
      break;
    case Trip::deadline:
      failure.code = Code::deadline_exceeded;
      failure.text = "the script ran past its deadline";
      if (budget_.deadline) failure.text += " of " + to_text(*budget_.deadline);
      break;
    case Trip::memory:
      failure.code = Code::memory_exceeded;
      failure.text = "the script used more than its " + std::to_string(budget_.memory) + " bytes of memory";
      // What earlier calls left behind counts for the state, not for this script.
      if (start_ + budget_.memory > state_.hard)
        failure.text =
            "the script and what was kept before it used more than the " + std::to_string(state_.hard) + " bytes of memory there are";
      break;
  }
  return failure.error();
}

// Where a function begins: the place of last resort, after `return f(x)` has replaced the caller.
std::string Run::origin(FunctionRef function) const {
  if (!function) return "";
  lua_rawgeti(state_.L, LUA_REGISTRYINDEX, function.id);
  if (!lua_isfunction(state_.L, -1)) {
    lua_pop(state_.L, 1);
    return "";
  }
  lua_Debug ar;
  lua_getinfo(state_.L, ">S", &ar);
  return ar.source[0] == '@' ? std::string(ar.source + 1) + ":" + std::to_string(ar.linedefined) : "";
}

void Run::finish() {
  if (is_finished_) return;
  is_finished_ = true;
  if (state_.lent_view_count > views_before_) state_.protect([this](lua_State* L) { end_views(L, views_before_, state_.lent.back()); });
  --state_.depth;
  state_.lent.pop_back();
  if (is_outermost_) {
    finish_outermost();
  } else {
    finish_nested();
  }
}

// The order matters: a signal may come until the guard is disarmed, and must not trip the next call.
void Run::finish_outermost() {
  guard_.reset();
  state_.is_hooking = 1;
  lua_sethook(state_.L, nullptr, 0, 0);
  state_.is_hooking = 0;
  const Trip reason = state_.trip.exchange(Trip::none);
  state_.soft = state_.ceiling = std::numeric_limits<std::size_t>::max();
  state_.set_debt(0);
  if (reason == Trip::memory) recover_memory();
}

// After a memory stop much of what is in use is garbage, but LuaJIT keeps buffers that only several
// collections shrink. What does not come back then never will.
void Run::recover_memory() {
  const std::size_t acceptable = start_ + budget_.memory / 4;
  for (int i = 0; i < limits::script_rebuild_collections_max && state_.used > acceptable; ++i) {
    state_.protect([](lua_State* L) { lua_gc(L, LUA_GCCOLLECT, 0); });
  }
  state_.is_broken = state_.used > acceptable;
}

void Run::finish_nested() {
  const double left = outer_fuel_ - spent_ - used();
  // A stop by the smaller fuel of this run is its own; every other ends the outer one too.
  if (trip() == Trip::fuel && left > 0) state_.trip = Trip::none;
  const bool is_over = trip() != Trip::none;
  state_.set_debt(0);
  state_.set_fuel(is_over ? fuel_gone : left);
  state_.fuel_at_trip = is_over ? std::optional(left) : std::nullopt;
}

}  // namespace footlight
