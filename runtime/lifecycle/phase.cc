// Phases from values: an instant and what the last command left behind, nothing stored by a timer.
#include "lifecycle/phase.h"

#include "base/limits.h"

namespace footlight {
namespace {

bool has_reached(const std::optional<Instant>& instant, Instant now) { return instant && *instant <= now; }

// A closed journey runs out 91 days after the close, unless its schedule ends it before.
Instant runs_out(const Standing& standing) { return standing.since + limits::closed_max; }

Phase in_force(const Span& span, Instant now) {
  if (has_reached(span.end, now)) return Phase::completed;
  return span.start && now < *span.start ? Phase::scheduled : Phase::live;
}

Phase paused_at(const Standing& standing, Instant now) {
  if (has_reached(standing.span.end, now)) return Phase::completed;
  return now < standing.since + limits::pause_max ? Phase::paused : Phase::live;
}

Phase closed_at(const Standing& standing, Instant now) {
  const Instant out = runs_out(standing);
  const bool schedule_is_first = standing.span.end && *standing.span.end < out;
  if (schedule_is_first) return has_reached(standing.span.end, now) ? Phase::completed : Phase::closed;
  return now < out ? Phase::closed : Phase::finished;
}

}  // namespace

bool is_final(Phase phase) {
  return phase == Phase::stopped || phase == Phase::completed || phase == Phase::finished || phase == Phase::archived;
}

Phase phase_at(const Standing& standing, Instant now) {
  switch (standing.phase) {
    // Both, because a reader's clock may be behind the one that found the start reached.
    case Phase::scheduled:
    case Phase::live: return in_force(standing.span, now);
    case Phase::paused: return paused_at(standing, now);
    case Phase::closed: return closed_at(standing, now);
    default: return standing.phase;
  }
}

Phase phase_at(const Experience& experience, Instant now) { return phase_at(experience.standing, now); }

std::optional<Ending> ending_at(const Experience& experience, Instant now) {
  if (experience.ending) return experience.ending;
  switch (phase_at(experience, now)) {
    case Phase::completed: return Ending{"", *experience.standing.span.end, "completed"};
    case Phase::finished: return Ending{"", runs_out(experience.standing), "finished"};
    default: return std::nullopt;
  }
}

bool was_missed(const Standing& standing, Instant last_awake, Instant now) {
  return phase_at(standing, last_awake) == Phase::scheduled && phase_at(standing, now) == Phase::completed;
}

std::string status_at(const Experience& experience, Instant now) {
  const Phase phase = phase_at(experience, now);
  const std::string head(to_text(experience.head_status));
  if (phase == Phase::authoring) return head;
  std::string shown(to_text(phase));
  if ((phase == Phase::live || phase == Phase::paused) && experience.has_pending_head()) shown += " (" + head + " pending)";
  if (phase == Phase::stopped && experience.ending && experience.ending->how == "restored") shown += " (restored)";
  return shown;
}

const std::vector<TimeRow>& time_table() {
  static const std::vector<TimeRow> rows = {
      {Phase::scheduled, Phase::live, "the start is reached", false},
      {Phase::scheduled, Phase::completed, "the end is reached; missed where nobody was awake in between, and never served", false},
      {Phase::live, Phase::completed, "the end is reached", false},
      {Phase::paused, Phase::live, "14 days after the pause", true},
      {Phase::paused, Phase::completed, "the end is reached", true},
      {Phase::closed, Phase::completed, "the end is reached before the 91 days are over", true},
      {Phase::closed, Phase::finished, "91 days after the close", true},
  };
  return rows;
}

}  // namespace footlight
