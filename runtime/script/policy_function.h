// A policy's source as something that can be called again and again, in one Vm.
//
// Shared by all who run policies: decisions, `footlight eval`, `footlight repl`. A closure that could
// carry something from one call to the next is made anew for each call.
#pragma once

#include <string>
#include <string_view>

#include "script/chunk.h"
#include "script/lift.h"
#include "script/probes.h"
#include "script/vm.h"

namespace footlight {

struct PolicyFunction {
  FunctionRef chunk;                   // gives the function when it is called
  FunctionRef function;                // kept, where calls cannot leave a trace in it
  std::vector<Read> reads = {};        // what it takes behind its arguments, of the first of them
  bool reads_only = false;             // those arguments themselves it asks for nothing
  int conditions = 0;                  // how many it takes behind those: whether each holds
  bool depends_on_conditions = false;  // and on nothing else
  bool keeps_nothing() const { return static_cast<bool>(function); }
};

// Why a source is no policy, and whether it was refused unread or came to grief while it ran.
struct NoPolicy {
  bool is_rejected = true;
  ScriptOutcome outcome;  // has an error; fuel and memory where the chunk ran
};

// Reads, loads and runs the chunk, which must return one function. `globals` are the names it may read
// beside the standard ones; any other is code undefined_name. With `counts` the functions of its text count where they
// run: point by point (probes.h), one function after the other. With `is_met` the function takes conditions (lower.h), and
// only who knows them can call it.
std::variant<PolicyFunction, NoPolicy> load_policy(Vm& vm, std::string_view source, const std::string& name, const Environment& globals,
                                                   const Budget& budget, std::vector<ProbeCount>* counts = nullptr,
                                                   const IsMet* is_met = nullptr);
// Those points: of the functions that stand in no other.
std::vector<ProbePoint> probe_points(const Chunk& chunk);

// Calls it once. Making the closure anew, where that is needed, is on the same fuel and the same clock.
ScriptOutcome call_policy(Vm& vm, const PolicyFunction& policy, Arguments arguments, const Budget& budget);

void release_policy(Vm& vm, const PolicyFunction& policy);

// Names that every chunk may read, and `undefined_name` for those that a chunk reads beside them.
std::vector<std::string> standard_names();
Problems undefined_names(const Chunk& chunk, const Environment& globals);

}  // namespace footlight
