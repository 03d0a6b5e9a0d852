// One thing that happens in a simulated deployment, as a value: what a person asks of the control side,
// what the network, a clock or a disk does to it, how much time passes. A history is a list of them.
// As JSON, one a line, it is the language of `footlight sim --driver` (docs/simulation.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "footlight/lifecycle.h"

namespace footlight::sim {

enum class Verb {
  world,
  command,
  configure,
  advance,
  clock,
  suspend,
  poll,
  ask,
  deliver,
  lose,
  double_,
  partition,
  heal,
  follow,
  serve,
  crash,
  restart,
  backup,
  restore,
  rollback,
  receipt,
  status,
  verify,
};
std::string_view to_text(Verb verb);  // of a command, its own word stands in its place

enum class Fault {
  none,
  crash_before_commit,
  crash_after_commit,  // of a command: the control side dies, the caller hears nothing
  crash_before_save,
  crash_after_save,  // of a delivered answer: the node dies
  does_not_compile,  // of a delivered answer: the node cannot read its catalog
};

struct Operation {
  Verb verb = Verb::advance;
  Duration after;     // true time that passes first
  std::string actor;  // a person, `control`, `node-1`, `node-2` …
  Fault fault = Fault::none;

  Command command;              // verb command; its `at` is stamped by the control side's clock
  bool has_hash = false;        // approve: else it is the head's
  bool has_definition = false;  // create: else one of its own making
  Value changes;                // edit: fields over the head
  std::string key;              // of idempotency

  Duration by;                                 // advance, suspend: true time; clock: a step, may be negative
  bool is_polling = false;                     // advance: meanwhile nodes ask as often as they do
  std::optional<double> boot_rate, wall_rate;  // clock: seconds it shows in a true second
  int message = 0;                             // deliver, lose, double: its number; 0: the oldest on its way
  std::string name;                            // backup, restore, rollback: which; follow: the upstream
  std::string surface;                         // serve
  Value attributes;
  Duration deciding, writing;  // serve: how long until the first byte; until the last
  bool is_reboot = false;      // restart of a node
  std::string damage;          // restart of a node: `state` or `catalog`
  Value document;              // world, configure: the workspace
  int nodes = 2;               // world
  int relays = 0;              // world: how many of them may lend on, the first ones
  Duration window;             // world; 0: the longest
};

Result<Operation> operation_from(const Value& value);  // code bad_request, every problem with its path
Value to_value(const Operation& operation);            // what operation_from reads

}  // namespace footlight::sim
