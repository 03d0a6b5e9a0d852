// decide: one request in, one answer out. A pure function of snapshot and request: no clock, no
// random, no I/O; the same bytes on every machine.
//
// For each requested surface, in the order of product.md: candidates of the configurations that
// match, schedule, audience and targeting policy, experiment, conflict by element, content,
// fallback. What was kept or dropped, and why, is in the trace when it is asked for.
#pragma once

#include <span>
#include <string_view>

#include "engine/decide_scratch.h"
#include "engine/snapshot.h"
#include "engine/token.h"
#include "footlight/decision.h"

namespace footlight {

struct DecideOptions {
  bool explain = false;
  const TokenKey* key = nullptr;  // none: tokens are empty
};

Decision decide(const Snapshot& snapshot, const Request& request, PolicyRunner& policies, const DecideOptions& options = {});
Decision decide(const Snapshot& snapshot, const Request& request, PolicyRunner& policies, const DecideOptions& options,
                DecideScratch& scratch);

// The same from bytes to bytes: reads the request, decides and writes the answer as to_json would,
// without documents in between where the request is plain. Codes bad_json, bad_request with every problem.
struct AnswerBytes {
  std::string_view json;  // all of scratch.json, until its next decision
  int policy_failures = 0;
};
Result<AnswerBytes> answer(const Snapshot& snapshot, std::string_view bytes, Instant now, PolicyRunner& policies,
                           const DecideOptions& options, DecideScratch& scratch);
// Its two halves.
Status read_request(const Snapshot& snapshot, std::string_view bytes, const DecideOptions& options, DecideScratch& scratch,
                    std::span<ExtraNumber> extras = {});
AnswerBytes answer_read(const Snapshot& snapshot, Instant now, PolicyRunner& policies, const DecideOptions& options,
                        DecideScratch& scratch);

}  // namespace footlight
