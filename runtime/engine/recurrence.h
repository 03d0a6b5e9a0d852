// Which local times a recurrence rule names.
//
// A rule is asked day by day ("is this day named, and at which times?"), which needs neither
// memory nor a walk from the rule's start, so that an evaluation in 2040 costs what it costs in
// 2026. Local times only: what they mean where the clock jumps is engine/schedule.h's business.
#pragma once

#include <optional>

#include "model/schedule.h"

namespace footlight {

// What RFC 5545 says, with one choice of ours: `from` is an occurrence only where the rule names it.
class Occurrences {
 public:
  // Fills in what the rule leaves to `from`, and works out where a COUNT ends.
  explicit Occurrences(Recurrence recurrence);

  // The latest occurrence at or before `moment`, looked for on that day and `days` before it.
  std::optional<CivilTime> latest(const CivilTime& moment, int days) const;
  // The earliest occurrence after `moment`, looked for on that day and `days` after it.
  std::optional<CivilTime> earliest_after(const CivilTime& moment, int days) const;

  // Whether the rule names any time at all, up to limits::year_max.
  bool is_empty() const;

  Duration lasts() const { return recurrence_.lasts; }

 private:
  Recurrence recurrence_;
};

}  // namespace footlight
