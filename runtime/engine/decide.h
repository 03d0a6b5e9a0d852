// decide: one request in, one answer out. A pure function of snapshot and request: no clock, no
// random, no I/O; the same bytes on every machine.
//
// For each requested surface, in the order of product.md: candidates of the configurations that
// match, schedule, audience and targeting policy, experiment, conflict by element, content,
// fallback. What was kept or dropped, and why, is in the trace when it is asked for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/snapshot.h"
#include "engine/token.h"

namespace footlight {

// One item of an answer. A configuration's default content has an empty `experience`.
struct Proposition {
  std::string surface;                  // as asked
  std::string configuration;
  std::string element;                  // empty: the surface's container
  std::string experience;
  std::string action;
  std::string treatment;
  int revision = 0;
  int priority = 0;
  Format format = Format::html;
  std::string content;                  // HTML, text, or JSON bytes
  std::string token;                    // names this proposition in events; see token.h
  // Of a merged object: every experience that gave keys, this one first. Empty otherwise.
  struct Part {
    std::string experience, action, token;
    int revision = 0;
  };
  std::vector<Part> parts;
};

enum class Fate { shown, lost, schedule, audience, targeting, experiment, conflict, content, policy_failed, no_state };
std::string_view to_text(Fate fate);

// What became of one candidate, and why.
struct CandidateTrace {
  std::string experience, action, element;
  int revision = 0;
  int priority = 0;
  Fate fate = Fate::shown;
  std::string reason;                   // `cart.total > 200 is false (60)`
  std::string place;                    // `experiences/big.lua:7`, or a JSON path
};

struct SurfaceTrace {
  std::string surface;
  std::vector<std::string> configurations;
  std::vector<CandidateTrace> candidates;   // in the order they were ranked
  std::vector<std::string> log;             // what policies logged while this surface was decided
  std::string note;                         // why nothing was looked at, or which default was used
};

struct Decision {
  std::string snapshot;
  std::vector<Proposition> propositions;
  std::vector<SurfaceTrace> trace;          // empty unless asked for
  int policy_failures = 0;                  // counted whether or not a trace was asked for
};

struct DecideOptions {
  bool explain = false;
  const TokenKey* key = nullptr;            // none: tokens are empty
};

Decision decide(const Snapshot& snapshot, const Request& request, PolicyRunner& policies, const DecideOptions& options = {});

// {"snapshot": …, "propositions": […]} and, where there is one, "trace".
std::string to_json(const Decision& decision);
Value to_value(const SurfaceTrace& trace);

}  // namespace footlight
