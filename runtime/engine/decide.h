// decide: one request in, one answer out. A pure function of snapshot and request: no clock, no
// random, no I/O; the same bytes on every machine.
//
// For each requested surface, in the order of product.md: candidates of the configurations that
// match, schedule, audience and targeting policy, experiment, conflict by element, content,
// fallback. What was kept or dropped, and why, is in the trace when it is asked for.
#pragma once

#include "engine/snapshot.h"
#include "engine/token.h"
#include "footlight/decision.h"

namespace footlight {

struct DecideOptions {
  bool explain = false;
  const TokenKey* key = nullptr;            // none: tokens are empty
};

Decision decide(const Snapshot& snapshot, const Request& request, PolicyRunner& policies, const DecideOptions& options = {});

}  // namespace footlight
