// What a schedule means at an instant.
//
// Windows are times on a clock, and clocks jump. A window lasts from the first instant at which
// its zone's clock shows at least its beginning to the first at which it shows at least its end
// (Zone::resolve_leniently). So each window is one unbroken stretch of time: hours that the clock
// skips are missing from it (`02:15-02:45` is then empty, `02:30-05:00` begins at 03:00), and of hours
// shown twice, what begins in them begins with the first showing, what ends in them ends there
// too, and what spans them holds both. An occurrence of a rule begins likewise and then lasts its
// duration. Excepted dates are those that the clock shows: a night window stops at their midnight.
#pragma once

#include <optional>
#include <string>

#include "engine/recurrence.h"
#include "model/schedule.h"

namespace footlight {

// The zones known at an evaluation. A schedule in the profile's zone uses the workspace's where
// that is not known (`profile` is null).
struct ScheduleZones {
  const Zone& workspace;
  const Zone* profile = nullptr;
};

// Immutable and free of caches: any number of threads may ask at once.
class CompiledSchedule {
 public:
  explicit CompiledSchedule(Schedule schedule);

  bool uses_profile_zone() const;
  const Zone& zone(const ScheduleZones& zones) const;         // the one that counts

  // No allocation; a few comparisons for windows, some days of arithmetic for a rule.
  bool is_open(Instant at, const ScheduleZones& zones) const;
  // The first instant at or after `from` that is open; nullopt where there is none within
  // limits::schedule_search_max.
  std::optional<Instant> next_opening(Instant from, const ScheduleZones& zones) const;
  // Why it is closed: `closed: opens mon 08:00 Europe/Paris` (with a date from the seventh day on),
  // `closed on 2026-12-25`, `closed: does not open within 730 days`. Empty where it is open.
  std::string reason(Instant at, const ScheduleZones& zones) const;

 private:
  bool is_excepted(int day) const;
  bool in_weekly_window(Instant at, const Zone& zone) const;
  std::optional<Instant> next_window(Instant from, const Zone& zone) const;
  std::optional<Instant> next_occurrence(Instant from, const Zone& zone) const;

  Schedule schedule_;
  std::optional<Occurrences> occurrences_;
};

CompiledSchedule compile(Schedule schedule);

}  // namespace footlight
