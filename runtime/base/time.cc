// Instants, durations and civil times as text. What needs a zone is in zone.cc.
#include "footlight/time.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "base/limits.h"
#include "base/timestamp.h"

namespace footlight {
namespace {

constexpr std::int64_t ms_per_day = 86'400'000;

// Reads a text from its beginning; each step says whether it was there.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  bool skip(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool skip_any(std::string_view choices) {
    return std::any_of(choices.begin(), choices.end(), [&](char c) { return skip(c); });
  }
  // Exactly so many digits.
  bool digits(int count, int& number) {
    int read = 0;
    for (int i = 0; i < count; ++i) {
      if (i >= static_cast<int>(rest_.size()) || !is_digit(rest_[i])) return false;
      read = read * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    number = read;
    return true;
  }
  std::string_view all_digits() {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_digit);
    const std::string_view taken = rest_.substr(0, end - rest_.begin());
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::string_view all_letters() {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    const std::string_view taken = rest_.substr(0, end - rest_.begin());
    rest_.remove_prefix(taken.size());
    return taken;
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  std::string_view rest_;
};

Error bad_time(std::string_view text, const std::string& why) { return refuse(Code::bad_time, "`" + std::string(text) + "` " + why); }

// Its digits with zeros in front, `width` of them at least; it is not negative.
void append_padded(std::string& out, std::int64_t number, int width) {
  char digits[20];
  char* first = std::end(digits);
  for (; number > 0 || width > 0; number /= 10, --width) *--first = static_cast<char>('0' + number % 10);
  out.append(first, std::end(digits));
}

std::string years_accepted() { return "the years " + std::to_string(limits::year_min) + " to " + std::to_string(limits::year_max); }

std::chrono::year_month_day date_of(int day_number) { return std::chrono::sys_days(std::chrono::days(day_number)); }

// From large to small, as parse_duration wants them.
struct Unit {
  std::string_view name;
  std::int64_t ms;
};
constexpr Unit units[] = {{"w", 7 * ms_per_day}, {"d", ms_per_day}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}};

}  // namespace

Duration Timestamp::since_epoch() const {
  return days(day_number(civil)) + hours(civil.hour) + minutes(civil.minute) + seconds(civil.second) + fraction;
}

Result<Timestamp> parse_timestamp(std::string_view text) {
  Timestamp read;
  CivilTime& civil = read.civil;
  Scanner scan(text);
  if (!scan.digits(4, civil.year) || !scan.skip('-') || !scan.digits(2, civil.month) || !scan.skip('-') || !scan.digits(2, civil.day))
    return bad_time(text, "is not a time: expected the form `2026-12-01` or `2026-12-01T09:00`");
  if (civil.year < limits::year_min || civil.year > limits::year_max) return bad_time(text, "is outside " + years_accepted());
  const std::chrono::year_month_day date{std::chrono::year(civil.year), std::chrono::month(civil.month), std::chrono::day(civil.day)};
  if (!date.ok()) return bad_time(text, "is not a day of the calendar");
  if (scan.at_end()) return read;

  if (!scan.skip_any("Tt ") || !scan.digits(2, civil.hour) || !scan.skip(':') || !scan.digits(2, civil.minute))
    return bad_time(text, "is not a time: expected the form `2026-12-01T09:00` or `2026-12-01T09:00:30`");
  read.has_time = true;
  if (scan.skip(':')) {
    if (!scan.digits(2, civil.second)) return bad_time(text, "is not a time: seconds have two digits");
    if (scan.skip('.')) {
      std::string fraction(scan.all_digits());
      if (fraction.empty() || fraction.size() > 9) return bad_time(text, "is not a time: a fraction of a second has 1 to 9 digits");
      fraction.resize(3, '0');
      read.fraction = milliseconds(std::atoi(fraction.c_str()));
    }
  }
  if (civil.hour > 23 || civil.minute > 59 || civil.second > 59) return bad_time(text, "is not a time of day: the last is `23:59:59`");
  if (scan.at_end()) return read;

  if (scan.skip_any("Zz")) {
    read.is_utc = true;
  } else {
    const bool east = scan.skip('+');
    int offset_hours = 0, offset_minutes = 0, offset_seconds = 0;
    if ((!east && !scan.skip('-')) || !scan.digits(2, offset_hours) || !scan.skip(':') || !scan.digits(2, offset_minutes) ||
        (scan.skip(':') && !scan.digits(2, offset_seconds)))
      return bad_time(text, "does not end as a time does: expected `Z` or an offset such as `+01:00`");
    if (offset_hours > 23 || offset_minutes > 59 || offset_seconds > 59)
      return bad_time(text, "has no possible offset: expected one such as `+01:00`");
    const Duration offset = hours(offset_hours) + minutes(offset_minutes) + seconds(offset_seconds);
    read.offset = east ? offset : Duration{-offset.ms};
  }
  if (!scan.at_end()) return bad_time(text, "goes on behind the time");
  return read;
}

Result<Instant> checked(Instant instant, std::string_view text) {
  const Instant first{day_number({limits::year_min, 1, 1}) * ms_per_day};
  const Instant end{day_number({limits::year_max + 1, 1, 1}) * ms_per_day};
  if (instant < first || instant >= end) return bad_time(text, "is outside " + years_accepted() + " in UTC");
  return instant;
}

std::string to_offset_text(Duration offset) {
  const std::int64_t total = std::abs(offset.ms) / 1000;
  std::string text = offset.ms < 0 ? "-" : "+";
  append_padded(text, total / 3600, 2);
  append_padded(text += ':', total / 60 % 60, 2);
  if (total % 60 != 0) append_padded(text += ':', total % 60, 2);
  return text;
}

std::string to_text(Instant instant) {
  const Instant first{day_number({1, 1, 1}) * ms_per_day}, end{day_number({10'000, 1, 1}) * ms_per_day};
  if (instant < first || instant >= end) return std::to_string(instant.ms) + " ms";
  const auto day = std::chrono::floor<std::chrono::days>(std::chrono::milliseconds(instant.ms));
  const std::int64_t ms = instant.ms - day.count() * ms_per_day;
  CivilTime civil = civil_day(static_cast<int>(day.count()));
  civil.hour = static_cast<int>(ms / 3'600'000);
  civil.minute = static_cast<int>(ms / 60'000 % 60);
  std::string text = to_text(civil);
  append_padded(text += ':', ms / 1000 % 60, 2);
  if (ms % 1000 != 0) append_padded(text += '.', ms % 1000, 3);
  return text += 'Z';
}

Result<Instant> parse_instant(std::string_view text) {
  const auto read = parse_timestamp(text);
  if (!read.ok()) return read.error();
  if (!read->is_utc && !read->offset)
    return bad_time(
        text,
        "names no instant: end it with `Z` or an offset such as `" + std::string(text) + (read->has_time ? "" : "T00:00") + "+01:00`");
  return checked(Instant{} + read->since_epoch() - read->offset.value_or(Duration{}), text);
}

Result<CivilTime> parse_civil(std::string_view text) {
  const auto read = parse_timestamp(text);
  if (!read.ok()) return read.error();
  if (read->is_utc || read->offset) return bad_time(text, "is not a local time: leave out the `Z` or offset");
  if (read->fraction.ms != 0) return bad_time(text, "is not a local time: leave out the fraction of a second");
  return read->civil;
}

std::string to_text(const CivilTime& civil) {
  std::string text;
  text.reserve(24);
  append_padded(text, civil.year, 4);
  append_padded(text += '-', civil.month, 2);
  append_padded(text += '-', civil.day, 2);
  append_padded(text += 'T', civil.hour, 2);
  append_padded(text += ':', civil.minute, 2);
  if (civil.second != 0) append_padded(text += ':', civil.second, 2);
  return text;
}

int day_number(const CivilTime& civil) {
  using namespace std::chrono;
  const sys_days date = year(civil.year) / month(civil.month) / day(civil.day);
  return static_cast<int>(date.time_since_epoch().count());
}

CivilTime civil_day(int day_number) {
  const auto date = date_of(day_number);
  return {static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day()))};
}

int weekday(const CivilTime& civil) {
  return static_cast<int>(std::chrono::weekday(std::chrono::sys_days(std::chrono::days(day_number(civil)))).iso_encoding()) - 1;
}

Result<Duration> parse_duration(std::string_view text) {
  Scanner scan(text);
  Duration sum;
  auto allowed = std::begin(units);
  do {
    const std::string_view number = scan.all_digits();
    const std::string_view name = scan.all_letters();
    const auto unit = std::find_if(std::begin(units), std::end(units), [&](const Unit& u) { return u.name == name; });
    if (number.empty() || unit == std::end(units))
      return bad_time(text, "is not a duration: expected the form `15m`, `36h`, `7d` or `1h30m`");
    if (unit < allowed) return bad_time(text, "is not a duration: each unit stands once, the large before the small");
    allowed = unit + 1;
    // 16 digits of the largest unit would overflow; 13 of the smallest are more than the limit already.
    const bool is_absurd = number.size() > 13;
    const std::int64_t count = is_absurd ? 0 : std::atoll(std::string(number).c_str());
    if (is_absurd || count > limits::duration_max.ms / unit->ms || count * unit->ms > limits::duration_max.ms - sum.ms)
      return bad_time(text, "is longer than " + to_text(limits::duration_max));
    sum.ms += count * unit->ms;
  } while (!scan.at_end());
  return sum;
}

std::string to_text(Duration duration) {
  if (duration.ms == 0) return "0s";
  std::string text = duration.ms < 0 ? "-" : "";
  // The magnitude as unsigned, since the smallest duration has no positive counterpart.
  std::uint64_t rest = duration.ms < 0 ? 0 - static_cast<std::uint64_t>(duration.ms) : static_cast<std::uint64_t>(duration.ms);
  for (const Unit& unit : units) {
    if (unit.name == "w") continue;
    const auto size = static_cast<std::uint64_t>(unit.ms);
    if (rest >= size) text += std::to_string(rest / size) + std::string(unit.name);
    rest %= size;
  }
  return text;
}

}  // namespace footlight
