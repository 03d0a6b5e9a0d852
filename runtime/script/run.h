// One entry into Lua, from the budget it is given to what it used. Nests in host functions.
#pragma once

#include <optional>
#include <string>

#include "script/state.h"
#include "script/watchdog.h"

namespace footlight {

// What the shared fuel holds from a stop on: every later check finds it used up.
inline constexpr double fuel_gone = -1;

// Begins with its construction. The outermost run arms the deadline and the memory limit, and afterwards
// leaves the state as it found it, whatever ended the script; an inner one takes its fuel from the outer.
class Run {
 public:
  // `serial` names the views that are lent to this run.
  Run(Vm::State& state, const Budget& budget, std::uint64_t serial);
  ~Run() { finish(); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // Starts the next script of this run with fuel of its own, as far as the outer run has any.
  void next_script();
  void finish();  // idempotent

  Trip trip() const { return state_.trip.load(); }
  Error error(FunctionRef function = {}) const;  // why the script, which is `function`, did not come to its end
  long fuel_used() { return static_cast<long>(spent_ + used()); }
  std::size_t peak() const { return state_.peak > start_ ? state_.peak - start_ : 0; }

 private:
  void finish_outermost();
  void finish_nested();
  void recover_memory();
  void refuel();
  double used();
  std::string origin(FunctionRef function) const;

  Vm::State& state_;
  const Budget budget_;
  const bool is_outermost_;
  const std::size_t start_;  // bytes in use before
  const int views_before_;
  bool is_finished_ = false;
  double allowance_ = 0;   // fuel of the running script
  double spent_ = 0;       // by those before it in this run
  double outer_fuel_ = 0;  // what the outer run had left; infinite without one
  std::optional<Watchdog::Guard> guard_;
};

}  // namespace footlight
