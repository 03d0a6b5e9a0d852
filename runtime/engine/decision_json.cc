// Decisions and their traces as JSON.
#include "engine/proposition_json.h"
#include "footlight/decision.h"

namespace footlight {

std::string_view to_text(Fate fate) {
  constexpr std::string_view names[] = {"shown",      "lost",     "schedule", "audience",      "targeting",
                                        "experiment", "conflict", "content",  "policy_failed", "no_state"};
  return names[static_cast<int>(fate)];
}

Value to_value(const SurfaceTrace& trace) {
  Array candidates;
  for (const CandidateTrace& candidate : trace.candidates) {
    Object row{{"experience", candidate.experience}, {"action", candidate.action},     {"element", candidate.element},
               {"revision", candidate.revision},     {"priority", candidate.priority}, {"fate", to_text(candidate.fate)}};
    if (!candidate.reason.empty()) row["reason"] = candidate.reason;
    if (!candidate.place.empty()) row["place"] = candidate.place;
    if (!candidate.because.empty()) {
      Object because{{"text", candidate.because}};
      if (!candidate.because_place.empty()) because["place"] = candidate.because_place;
      row["because"] = std::move(because);
    }
    candidates.push_back(std::move(row));
  }
  Object value{{"surface", trace.surface},
               {"configurations", Array(trace.configurations.begin(), trace.configurations.end())},
               {"candidates", std::move(candidates)}};
  if (!trace.note.empty()) value["note"] = trace.note;
  if (!trace.log.empty()) value["log"] = Array(trace.log.begin(), trace.log.end());
  return value;
}

std::string to_json(const Decision& decision) {
  std::string out = "{";
  if (!decision.reason.empty()) {
    out += "\"reason\":";
    append_json_string(out, decision.reason);
    out += ',';
  }
  out += "\"snapshot\":";
  append_json_string(out, decision.snapshot);
  out += ",\"propositions\":[";
  for (const Proposition& proposition : decision.propositions) {
    if (&proposition != &decision.propositions[0]) out += ',';
    append_json(out, proposition);
  }
  out += ']';
  if (!decision.trace.empty()) {
    out += ",\"trace\":[";
    for (const SurfaceTrace& trace : decision.trace) {
      if (&trace != &decision.trace[0]) out += ',';
      append_json(out, to_value(trace));
    }
    out += ']';
  }
  out += '}';
  return out;
}

}  // namespace footlight
