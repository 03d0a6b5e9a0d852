// Random histories: made up from a seed, run, judged; a failing one is made as small as it gets.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/simulation.h"

namespace footlight::sim {

struct HistoryOptions {
  int operations = 300;
  int nodes = 0;  // 0: one to four, by the seed
};

struct Finding {
  std::uint64_t seed = 0;
  std::string what;                // the first thing that the judge found
  std::vector<Operation> history;  // leads to it; the world comes first
};

// The operations of a seed, as far as they were run: up to the first finding, or the end. Each is made up
// in sight of the simulation, and holds everything that it needs to be run again without the seed.
std::vector<Operation> run_history(std::uint64_t seed, const HistoryOptions& options, Wiring& wiring, std::optional<Finding>& finding);
// Runs a list of operations (the world first); the judge's first finding, or nothing.
std::string replay(const std::vector<Operation>& history, Wiring& wiring);
// Leaves out whatever is not needed for a finding of the same invariant, within `runs_max` replays.
std::vector<Operation> minimised(std::vector<Operation> history, Wiring& wiring, int runs_max = 3'000);

}  // namespace footlight::sim
