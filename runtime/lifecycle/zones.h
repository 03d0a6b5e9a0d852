// Times that were activated under other rules of their zone than this machine has now. Governments move
// clocks at short notice; an instant that was promised stays what it was, and whoever wrote `09:00` is told.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "footlight/lifecycle.h"

namespace footlight {

struct ZoneChange {
  std::string field;             // `from` or `till`
  std::string text, zone;        // as written: `2026-12-01T09:00`, `Europe/Paris`
  Instant kept;                  // what it was when it was activated: what counts
  std::optional<Instant> today;  // what it would be now; none: it no longer names one instant
  std::string why;               // where it names none
  bool operator==(const ZoneChange&) const = default;
};

// Of a span as it was stored. Empty where nothing differs, which is nearly always.
std::vector<ZoneChange> zone_changes(const Span& span);

std::string to_text(const ZoneChange& change);
Value to_value(const ZoneChange& change);

}  // namespace footlight
