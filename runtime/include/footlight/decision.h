// A request and its answer: who asks for which surfaces, what is shown there, and why.
//
// Plain data: copy it, keep it, hand it to another thread. Nothing in it points into a runtime.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "footlight/export.h"
#include "footlight/time.h"
#include "footlight/value.h"

namespace footlight FOOTLIGHT_API {

// ---- what is asked -----------------------------------------------------------------------------

struct Identity {
  std::string space;  // `email`, `crm`: what is called `namespace` in documents
  std::string id;     // empty: nobody known; buckets hold for nobody then
};

struct Request {
  Identity identity = {};
  Value attributes = Object{};             // what is known of the profile, nested: {"loyalty": {"tier": "gold"}}
  Value context = Object{};                // what is known of the moment: {"channel": "kiosk"}
  std::vector<std::string> surfaces = {};  // URIs, `web://shop.example/#hero`, in the order of the answer, each once
  Instant now = {};                        // stamped once, where the request comes in
};

// ---- what is answered --------------------------------------------------------------------------

enum class Format { html, json, text };
std::string_view to_text(Format format);

// One item of an answer. A configuration's default content has an empty `experience`.
struct Proposition {
  std::string surface;  // as asked
  std::string configuration;
  std::string element;  // empty: the surface's container
  std::string experience;
  std::string action;
  std::string treatment;
  int revision = 0;
  int priority = 0;
  Format format = Format::html;
  std::string content;  // HTML, text, or JSON bytes
  std::string token;    // names this proposition in events
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
  std::string reason;  // `cart.total > 200 is false (60)`
  std::string place;   // `experiences/big.lua:7`, or a JSON path
  // Of those whose audience holds, and is not everyone: the clauses that let them in, and where.
  std::string because, because_place;  // `cart.total > 50 is true (60)`
};

struct SurfaceTrace {
  std::string surface;
  std::vector<std::string> configurations;
  std::vector<CandidateTrace> candidates;  // in the order they were ranked
  std::vector<std::string> log;            // what policies logged while this surface was decided
  std::string note;                        // why nothing was looked at, or which default was used
};

struct Decision {
  std::string snapshot;
  std::vector<Proposition> propositions;
  std::vector<SurfaceTrace> trace;  // empty unless asked for
  int policy_failures = 0;          // counted whether or not a trace was asked for
  std::string reason;               // why there are defaults only: `no_lease`; empty: it was decided
};

// {"snapshot": …, "propositions": […]} and, where there are, "reason" and "trace".
std::string to_json(const Decision& decision);
Value to_value(const SurfaceTrace& trace);

}  // namespace FOOTLIGHT_API
