// The one reader of written times, behind parse_civil, parse_instant and parse_in_zone.
#pragma once

#include <optional>
#include <string_view>

#include "footlight/time.h"

namespace footlight {

struct Timestamp {
  CivilTime civil;
  Duration fraction;               // below one second
  bool has_time = false;           // else a date alone, read as its midnight
  bool is_utc = false;             // written with `Z`
  std::optional<Duration> offset;  // written with `+01:00`

  Duration since_epoch() const;  // as if the clock showed UTC
};

// `2026-12-01[T09:00[:30[.250]][Z|+01:00]]`; code bad_time.
Result<Timestamp> parse_timestamp(std::string_view text);

std::string to_offset_text(Duration offset);                      // `+01:00`
Result<Instant> checked(Instant instant, std::string_view text);  // within the years accepted

}  // namespace footlight
