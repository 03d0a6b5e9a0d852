// Which local times a recurrence rule names.
//
// A rule is asked day by day ("does it name this day, and at which times?"), which needs neither
// memory nor a walk from its start, so that an evaluation in 2040 costs what it costs in 2026.
// Local times only: what they mean where the clock jumps is the caller's business.
#pragma once

#include <optional>

#include "model/schedule.h"

namespace footlight {

class Occurrences {
 public:
  // Works out where a COUNT ends; everything else is computed when asked.
  explicit Occurrences(const Recurrence& recurrence);

  // The latest occurrence at or before `moment`, not earlier than its date minus `days`.
  std::optional<CivilTime> latest(const CivilTime& moment, int days) const;
  // The earliest occurrence after `moment`, not later than its date plus `days`.
  std::optional<CivilTime> earliest_after(const CivilTime& moment, int days) const;

  Duration lasts() const { return recurrence_.lasts; }

 private:
  Recurrence recurrence_;
};

}  // namespace footlight
