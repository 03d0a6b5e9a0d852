#include "engine/schedule.h"

#include <algorithm>

#include "base/limits.h"

namespace footlight {
namespace {

constexpr int minutes_per_day = 1440;

int weekday_of(int day) { return ((day + 3) % 7 + 7) % 7; }  // 1970-01-01 was a Thursday
int minute_of_day(const CivilTime& time) { return time.hour * 60 + time.minute; }

CivilTime on_day(int day, int minute) {
  CivilTime time = civil_day(day);
  time.hour = minute / 60;
  time.minute = minute % 60;
  return time;
}

// The excepted range that holds the day, or nullptr.
const DateRange* exception_on(const std::vector<DateRange>& ranges, int day) {
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), day, [](int wanted, const DateRange& range) { return wanted < range.first; });
  return after != ranges.begin() && std::prev(after)->last >= day ? &*std::prev(after) : nullptr;
}

bool in_window(const Schedule& schedule, const CivilTime& time) {
  const int day = weekday_of(day_number(time)), minute = minute_of_day(time);
  const auto is_within = [](int wanted) { return [wanted](const Hours& hours) { return hours.from <= wanted && wanted < hours.till; }; };
  const auto& today = schedule.weekly[static_cast<std::size_t>(day)];
  const auto& yesterday = schedule.weekly[static_cast<std::size_t>((day + 6) % 7)];
  return std::any_of(today.begin(), today.end(), is_within(minute)) ||
      std::any_of(yesterday.begin(), yesterday.end(), is_within(minute + minutes_per_day));
}

// The beginning of the first window after `time`; there is one within a week.
CivilTime next_window(const Schedule& schedule, const CivilTime& time) {
  for (int day = day_number(time);; ++day) {
    for (const Hours& hours : schedule.weekly[static_cast<std::size_t>(weekday_of(day))])
      if (const CivilTime begin = on_day(day, hours.from); begin > time) return begin;
  }
}

// An occurrence that began at or before `at` and is not over. Only the latest needs a look, since
// all last equally long; a day is added for what clock changes and passing midnight make of it.
bool in_occurrence(const Occurrences& occurrences, const CivilTime& time, Instant at, const Zone& zone) {
  const int days_back = static_cast<int>(occurrences.lasts().ms / days(1).ms) + 2;
  const auto begin = occurrences.latest(time, days_back);
  return begin && at < zone.resolve_leniently(*begin) + occurrences.lasts();
}

}  // namespace

CompiledSchedule::CompiledSchedule(Schedule schedule) : schedule_(std::move(schedule)) {
  if (schedule_.rrule) occurrences_.emplace(*schedule_.rrule);
}

CompiledSchedule compile(Schedule schedule) { return CompiledSchedule(std::move(schedule)); }

bool CompiledSchedule::uses_profile_zone() const { return std::holds_alternative<ProfileClock>(schedule_.clock); }

Zone CompiledSchedule::zone(const Zone& workspace_zone, const Zone* profile_zone) const {
  if (const Zone* named = std::get_if<Zone>(&schedule_.clock)) return *named;
  return uses_profile_zone() && profile_zone ? *profile_zone : workspace_zone;
}

bool CompiledSchedule::is_open(Instant at, const Zone& workspace_zone, const Zone* profile_zone) const {
  const Zone clock = zone(workspace_zone, profile_zone);
  const CivilTime time = clock.furthest_local(at);
  if (exception_on(schedule_.except, day_number(time))) return false;
  if (schedule_.has_weekly() && !in_window(schedule_, time)) return false;
  return !occurrences_ || in_occurrence(*occurrences_, time, at, clock);
}

std::optional<Instant> CompiledSchedule::next_opening(Instant from, const Zone& workspace_zone, const Zone* profile_zone) const {
  const Zone clock = zone(workspace_zone, profile_zone);
  const Instant end = from + limits::schedule_search_max;
  const int search_days = static_cast<int>(limits::schedule_search_max.ms / days(1).ms) + 1;
  // From each condition that closes it, go to where that condition next opens: nothing in between
  // can be open, and each step leads to a later beginning, of which there are finitely many.
  Instant at = from;
  while (at < end) {
    const CivilTime time = clock.furthest_local(at);
    if (const DateRange* exception = exception_on(schedule_.except, day_number(time))) {
      at = clock.resolve_leniently(civil_day(exception->last + 1));
    } else if (schedule_.has_weekly() && !in_window(schedule_, time)) {
      at = clock.resolve_leniently(next_window(schedule_, time));
    } else if (occurrences_ && !in_occurrence(*occurrences_, time, at, clock)) {
      const auto begin = occurrences_->earliest_after(time, search_days);
      if (!begin) return {};
      at = clock.resolve_leniently(*begin);
    } else {
      return at;
    }
  }
  return {};
}

std::string CompiledSchedule::reason(Instant at, const Zone& workspace_zone, const Zone* profile_zone) const {
  const Zone clock = zone(workspace_zone, profile_zone);
  const int today = day_number(clock.furthest_local(at));
  if (exception_on(schedule_.except, today)) return "closed on " + to_text(civil_day(today)).substr(0, 10);
  const auto opening = next_opening(at, workspace_zone, profile_zone);
  if (!opening) return "closed: does not open within " + to_text(limits::schedule_search_max);
  if (*opening == at) return {};
  constexpr std::string_view weekdays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  const CivilTime shown = clock.local(*opening);
  const std::string text = to_text(shown);
  const std::string date = day_number(shown) - today < 7 ? std::string(weekdays[weekday(shown)]) : text.substr(0, 10);
  return "closed: opens " + date + " " + text.substr(11) + " " + std::string(clock.name());
}

}  // namespace footlight
