// Recurrence rules of RFC 5545 (`FREQ=MONTHLY;BYDAY=-1FR`), read into plain masks.
//
// Which days a rule names is worked out by engine/recurrence.h, day by day. libical was tried and dropped: it says that a
// rule is wrong, but not where, and brings ICU along, and its iterator opens the host's zone files, goes wrong on
// `FREQ=DAILY;BYMONTHDAY=-1`, and is kept busy for longer than anybody waits by a rule that names no day, such as
// `FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "footlight/time.h"

namespace footlight {

struct RecurrenceRule {
  enum class Every { hour, day, week, month, year };
  // A weekday (0 Monday … 6 Sunday), and which one of the month or year: 1 first, -1 last, 0 each.
  struct Day {
    int weekday = 0;
    int ordinal = 0;
    auto operator<=>(const Day&) const = default;
  };

  Every every = Every::day;
  int interval = 1;    // each n-th hour, day, … counted from the start
  int week_start = 0;  // WKST
  std::optional<int> count;
  std::optional<CivilTime> until;  // last moment, included, on the schedule's own clock
  // Empty lists and masks stand for "not given". Lists are sorted; negative numbers count from the end.
  std::uint16_t months = 0;   // bit 1 January … bit 12 December
  std::uint32_t hours = 0;    // bit n: hour n
  std::uint64_t minutes = 0;  // bit n: minute n
  std::vector<Day> days;
  std::vector<int> month_days, year_days, weeks, positions;

  bool operator==(const RecurrenceRule&) const = default;
};

// Accepts FREQ (HOURLY to YEARLY), INTERVAL, COUNT, UNTIL (local, no `Z`), WKST, BYMONTH, BYWEEKNO,
// BYYEARDAY, BYMONTHDAY, BYDAY, BYHOUR, BYMINUTE and BYSETPOS, in any case and order, where RFC 5545
// lets them stand together. Errors: bad_schedule, naming the part; limit_exceeded.
Result<RecurrenceRule> parse_recurrence_rule(std::string_view text);
std::string to_text(const RecurrenceRule& rule);  // canonical: equal rules are written alike

}  // namespace footlight
