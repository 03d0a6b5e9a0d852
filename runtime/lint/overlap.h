// Overlaps: pairs of experiences that can meet on one surface and element, each with a request that shows it.
//
// No pair is told that cannot meet: each is decided by the real `decide` on its witness first, with the two
// experiences as they are. Who wins there is who wins between the two wherever they meet in this way.
//
// How: the surfaces that the workspace's rules name stand for all of them. What meets on one is sorted by the
// attribute that tells most apart, so that pairs which exclude each other by an interval or a few values are
// never formed; the others are asked for a common request (satisfy.h) and a common opening of their
// schedules.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/limits.h"
#include "engine/decide.h"
#include "lint/satisfy.h"

namespace footlight {

struct Overlap {
  struct Side {
    std::string experience, action, configuration;
    int priority = 0;
    bool operator==(const Side&) const = default;
  };
  // By what the winner is first. `activation`: equal priority and rule, so whoever was activated first; where
  // both were at once, as in a folder, the smaller id. `policy`: the configuration's conflict policy decides.
  enum class By { priority, specificity, activation, policy } by = By::priority;
  Side winner, loser;
  std::string surface;            // as an application would ask
  std::string element;            // empty: the surface's container
  std::vector<std::string> keys;  // of merged objects: what both set
  Request witness;                // its `now` too
};
std::string_view to_text(Overlap::By by);
Value to_value(const Overlap& overlap);  // for programs; `witness` is the request's document

struct OverlapOptions {
  Instant now;                                              // schedules without a start are looked at from here on
  std::string only;                                         // an experience: pairs that it is in
  std::size_t most = limits::overlaps_max;                  // told; pairs of equal priority first
  std::size_t asked_max = limits::overlap_pairs_max;        // looked at closely
  long steps_max = limits::overlap_steps_max;               // of all questions together
  std::size_t formed_max = limits::overlap_candidates_max;  // kept for that
  // Who runs the policies of all; without it pairs with policies are not told.
  std::function<std::unique_ptr<PolicyRunner>(std::shared_ptr<const Snapshot>)> runner = {};
};

struct OverlapReport {
  std::vector<Overlap> overlaps;  // by surface, element, then winner and loser
  bool is_complete = true;        // false: there were more pairs than are told
  long steps = 0;                 // what their questions took together
  std::size_t formed = 0;         // pairs that were formed at all
  std::size_t asked = 0;          // of them those that a common request was looked for
};

// The experiences must compile. `policies` is asked for native forms and compiles the pairs.
OverlapReport find_overlaps(const SnapshotSource& source, PolicyCompiler& policies, const OverlapOptions& options);

}  // namespace footlight
