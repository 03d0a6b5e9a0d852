// Time is a value. Nothing here reads a clock: an instant is handed in, stamped once at the edge.
//
// Civil time ("2026-12-01T09:00 in Europe/Paris") becomes an instant only through a zone of the
// IANA database, and only where it names exactly one: a local time that the clock skips or shows
// twice is refused, with both choices in the message.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "footlight/error.h"

namespace footlight FOOTLIGHT_API {

struct Duration {
  std::int64_t ms = 0;
  auto operator<=>(const Duration&) const = default;
};
constexpr Duration milliseconds(std::int64_t n) { return {n}; }
constexpr Duration seconds(std::int64_t n) { return {n * 1000}; }
constexpr Duration minutes(std::int64_t n) { return {n * 60'000}; }
constexpr Duration hours(std::int64_t n) { return {n * 3'600'000}; }
constexpr Duration days(std::int64_t n) { return {n * 86'400'000}; }  // 24 hours each

// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
struct Instant {
  std::int64_t ms = 0;
  auto operator<=>(const Instant&) const = default;
};
constexpr Instant operator+(Instant t, Duration d) { return {t.ms + d.ms}; }
constexpr Instant operator-(Instant t, Duration d) { return {t.ms - d.ms}; }
constexpr Duration operator-(Instant a, Instant b) { return {a.ms - b.ms}; }
constexpr Duration operator+(Duration a, Duration b) { return {a.ms + b.ms}; }
constexpr Duration operator-(Duration a, Duration b) { return {a.ms - b.ms}; }

// `2026-12-01T09:00:00Z`; milliseconds are shown only where there are any. Instants outside of the
// years 1 to 9999 read as their number of milliseconds.
std::string to_text(Instant instant);
// RFC 3339 with `Z` or an offset, seconds optional: `2026-12-01T09:00+01:00`; an offset may have
// seconds, which some zones had until 1972. Digits beyond milliseconds are cut off. The years 1970
// to 2200 (UTC) are accepted here and in every parser below; code bad_time.
Result<Instant> parse_instant(std::string_view text);

// `15m`, `36h`, `7d`, `2w`, `90s`, `250ms`, and sums of them from large to small: `1h30m`. No sign, and
// at most limits::duration_max; code bad_time.
Result<Duration> parse_duration(std::string_view text);
std::string to_text(Duration duration);  // the same notation, without weeks; `-` before a negative one

// A local time without a zone. Fields are checked: 2026-02-30 does not parse.
struct CivilTime {
  int year = 1970, month = 1, day = 1;  // month and day count from 1
  int hour = 0, minute = 0, second = 0;
  auto operator<=>(const CivilTime&) const = default;
};
// `2026-12-01`, `2026-12-01T09:00`, `2026-12-01T09:00:30`; a blank may stand for the `T`.
Result<CivilTime> parse_civil(std::string_view text);
std::string to_text(const CivilTime& civil);  // `2026-12-01T09:00`, seconds only where any

int weekday(const CivilTime& civil);     // 0 Monday … 6 Sunday
int day_number(const CivilTime& civil);  // days since 1970-01-01, of the date alone
CivilTime civil_day(int day_number);     // midnight of that day; the inverse

// A zone of the IANA database. A handle: cheap to copy, valid for the life of the process. The
// database is the operating system's, read once per zone, when it is found.
class Zone {
 public:
  // Code unknown_time_zone, with a near name. Names are case-sensitive, as in the database.
  static Result<Zone> find(std::string_view name);
  static Zone utc();

  std::string_view name() const;
  CivilTime local(Instant instant) const;     // whole seconds; what is less is cut off
  Duration offset_at(Instant instant) const;  // local minus UTC

  // A stretch of time, `till` not included, throughout which the offset is the same. It need not be
  // the longest there is.
  struct Steady {
    Instant from, till;
    Duration offset;
  };
  Steady steady_at(Instant instant) const;

  // The one instant that a local time names. Codes nonexistent_local_time, ambiguous_local_time.
  Result<Instant> resolve(const CivilTime& civil) const;
  // The first instant at which the zone's clock shows at least this local time: for recurring
  // windows, where a skipped 02:30 means "from 03:00 on" and a doubled one the first.
  Instant resolve_leniently(const CivilTime& civil) const;
  // The furthest local time that the clock has shown so far: a clock that stands still where the
  // real one is put back. In whole seconds, as local(), it mirrors the above:
  // `resolve_leniently(c) <= t` where, and only where, `c <= furthest_local(t)`.
  CivilTime furthest_local(Instant instant) const;

  bool operator==(const Zone&) const = default;

 private:
  explicit Zone(const void* rules) : rules_(rules) {}
  const void* rules_;  // owned by the process-wide zone database
};

// `2026-10-25T02:30+02:00`, as an author can paste it; seconds only where there are any.
std::string to_text(Instant instant, const Zone& zone);

// An instant as people write it: `2026-12-01T09:00` in `zone`, or with an offset or Z of its own;
// an offset that is not the zone's at that time is refused (offset_mismatch), Z is always taken.
Result<Instant> parse_in_zone(std::string_view text, const Zone& zone);

}  // namespace FOOTLIGHT_API
