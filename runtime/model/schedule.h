// Schedules: when, within its start and end, an experience is open. A document such as
//
//   {"zone": "Europe/Paris",
//    "weekly": [{"days": "mon-fri", "hours": ["08:00-12:00", "14:00-18:00"]}, {"days": "fri", "hours":
//    "22:00-02:00"}], "rrule": {"rule": "FREQ=MONTHLY;BYDAY=-1FR", "from": "2026-01-05T09:00", "lasts":
//    "2h"}, "except": ["2026-12-25", "2026-12-31/2027-01-01"]}
//
// is open in any of its weekly windows, and within an occurrence of its rule, and never on an
// excepted date. What is left out does not narrow; one of weekly, rrule and except must be there.
// What this means at an instant, clock changes included, is told in engine/schedule.h.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "footlight/time.h"
#include "footlight/value.h"
#include "model/recurrence.h"

namespace footlight {

// Whose clock counts: the workspace's (the document names no zone), the profile's (`profile`), or a named
// one.
struct WorkspaceClock {
  bool operator==(const WorkspaceClock&) const = default;
};
struct ProfileClock {
  bool operator==(const ProfileClock&) const = default;
};
using ScheduleClock = std::variant<WorkspaceClock, ProfileClock, Zone>;

// Minutes after midnight, `till` not included. Beyond 1440 it lies on the next day: `22:00-02:00` is {1320,
// 1560}.
struct Hours {
  int from = 0;
  int till = 1440;
  bool operator==(const Hours&) const = default;
};

// Whole days, both included, as day_number().
struct DateRange {
  int first = 0;
  int last = 0;
  bool operator==(const DateRange&) const = default;
};

struct Recurrence {
  RecurrenceRule rule;
  CivilTime from;  // no occurrence before; the hour and weekday a rule leaves open are from here
  Duration lasts;  // time that passes, so `1d` is 24 hours on the day of a clock change too
  bool operator==(const Recurrence&) const = default;
};

// In canonical form: two spellings of one schedule are equal.
struct Schedule {
  ScheduleClock clock;
  std::array<std::vector<Hours>, 7> weekly;  // Monday first, sorted and joined; a window belongs to the day it begins on
  std::optional<Recurrence> rrule;
  std::vector<DateRange> except;  // sorted and joined

  bool has_weekly() const;  // no windows at all: any hour of the week will do
  bool operator==(const Schedule&) const = default;
};

// Reads a document, which stands at `path` (such as `$.schedule`) of a larger one. Adds every
// problem found, with its own path, to `problems`; nullopt where there was an error among them.
// Days: `mon`, `mon-fri`, `fri-mon`, several with commas or as a list; left out: each day.
// Hours: `08:00-20:00`, `22:00-02:00`, `18:00-24:00`, several likewise; left out: the whole day.
std::optional<Schedule> parse_schedule(const Value& document, const std::string& path, Problems& problems);

// The canonical document: days and hours always as lists, days with equal hours in one window.
Value to_value(const Schedule& schedule);

}  // namespace footlight
