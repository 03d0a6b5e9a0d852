// What a schedule means at an instant.
//
// A schedule lives on a clock that never goes back: its zone's clock, which where that is put back
// stands still until it is overtaken (Zone::furthest_local), and where that is put forward jumps
// with it. So each window is one unbroken stretch of time. Hours that the clock skips are missing
// from it: `02:15-02:45` is empty on that night, `02:30-05:00` begins at 03:00. Of hours shown twice,
// what begins within them begins with the first showing, what ends within them ends there too, and
// what spans them holds both. Excepted dates are days of this clock: a window over midnight stops
// where an excepted date begins.
//
// An occurrence of a rule begins likewise, and then lasts its duration of passing time.
#pragma once

#include <optional>
#include <string>

#include "engine/recurrence.h"
#include "model/schedule.h"

namespace footlight {

// Immutable and free of caches: any number of threads may ask at once. Whoever asks hands in the
// workspace's zone, and the profile's where it is known; a schedule on the profile's clock falls back
// on the workspace's zone without it (the caller, who knows why it is missing, reports that).
class CompiledSchedule {
 public:
  explicit CompiledSchedule(Schedule schedule);

  bool uses_profile_zone() const;
  Zone zone(const Zone& workspace_zone, const Zone* profile_zone) const;  // the one that counts

  // No allocation: comparisons for windows and dates, some days' arithmetic for a rule.
  bool is_open(Instant at, const Zone& workspace_zone, const Zone* profile_zone) const;
  // The first instant at or after `from` at which it is open; nullopt where there is none before
  // `from` plus limits::schedule_search_max.
  std::optional<Instant> next_opening(Instant from, const Zone& workspace_zone, const Zone* profile_zone) const;
  // Why it is closed: `closed: opens mon 08:00 Europe/Paris` (a date instead of the weekday where it
  // is a week or more ahead), `closed on 2026-12-25`, `closed: does not open within 730d`. Empty where it is
  // open.
  std::string reason(Instant at, const Zone& workspace_zone, const Zone* profile_zone) const;

 private:
  Schedule schedule_;
  std::optional<Occurrences> occurrences_;
};

CompiledSchedule compile(Schedule schedule);

}  // namespace footlight
