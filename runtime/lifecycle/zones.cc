#include "lifecycle/zones.h"

namespace footlight {

std::vector<ZoneChange> zone_changes(const Span& span) {
  std::vector<ZoneChange> changes;
  const auto compare = [&](const char* field, const std::string& text, const std::optional<Instant>& kept) {
    if (text.empty() || span.zone.empty() || !kept) return;
    ZoneChange change{field, text, span.zone, *kept, {}, {}};
    const auto zone = Zone::find(span.zone);
    const auto today = zone ? parse_in_zone(text, *zone) : Result<Instant>(zone.error());
    if (today && *today == *kept) return;
    if (today) change.today = *today;
    else change.why = today.error().message;
    changes.push_back(std::move(change));
  };
  compare("from", span.start_text, span.start);
  compare("till", span.end_text, span.end);
  return changes;
}

std::string to_text(const ZoneChange& change) {
  return "`" + change.text + "` in " + change.zone + " was " + to_text(change.kept) +
      " when it was activated, which is kept; by the zone's rules of today " +
      (change.today ? "it would be " + to_text(*change.today) : change.why) + ": activate a new revision to have it so";
}

Value to_value(const ZoneChange& change) {
  Object value{{"field", change.field}, {"text", change.text}, {"zone", change.zone}, {"kept", to_text(change.kept)}};
  if (change.today) value["today"] = to_text(*change.today);
  else value["why"] = change.why;
  return value;
}

}  // namespace footlight
