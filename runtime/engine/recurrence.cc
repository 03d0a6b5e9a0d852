#include "engine/recurrence.h"

#include <algorithm>
#include <bit>
#include <bitset>
#include <chrono>

#include "base/limits.h"

namespace footlight {
namespace {

using Every = RecurrenceRule::Every;

int floor_mod(int a, int b) { return (a % b + b) % b; }
int weekday_of(int day) { return floor_mod(day + 3, 7); }  // 1970-01-01 was a Thursday
int first_of_year(int year) { return day_number({year, 1, 1}); }
int first_of_week(int day, int week_start) { return day - floor_mod(weekday_of(day) - week_start, 7); }
// The first week of a year is the one that holds 4 January.
int first_of_week_year(int year, int week_start) { return first_of_week(day_number({year, 1, 4}), week_start); }

bool holds(const std::vector<int>& list, int number) { return std::find(list.begin(), list.end(), number) != list.end(); }
// Numbers count from the beginning (1) or from the end (-1).
bool holds_either(const std::vector<int>& list, int nth, int of) { return holds(list, nth) || holds(list, nth - of - 1); }

// The stretch of days that a rule repeats over, and its number for INTERVAL.
struct Period {
  int first = 0;
  int end = 0;
  int number = 0;
};

Period month_of(const CivilTime& date) {
  const int first = day_number({date.year, date.month, 1});
  const int end = date.month == 12 ? first_of_year(date.year + 1) : day_number({date.year, date.month + 1, 1});
  return {first, end, date.year * 12 + date.month};
}

Period year_of(int year) { return {first_of_year(year), first_of_year(year + 1), year}; }

// With BYWEEKNO, a year is its weeks: 2026-12-31 is in week 53 of 2026, 2027-01-03 as well.
Period week_year_of(int day, int year, int week_start) {
  if (day < first_of_week_year(year, week_start)) --year;
  else if (day >= first_of_week_year(year + 1, week_start)) ++year;
  return {first_of_week_year(year, week_start), first_of_week_year(year + 1, week_start), year};
}

Period period_of(const RecurrenceRule& rule, int day) {
  const CivilTime date = civil_day(day);
  switch (rule.every) {
    case Every::hour:
    case Every::day: break;
    case Every::week: {
      const int first = first_of_week(day, rule.week_start);
      return {first, first + 7, (first + 7) / 7};  // never negative: days are counted from 1970
    }
    case Every::month: return month_of(date);
    case Every::year: return rule.weeks.empty() ? year_of(date.year) : week_year_of(day, date.year, rule.week_start);
  }
  return {day, day + 1, day};
}

bool is_named_weekday(const RecurrenceRule& rule, int day, const CivilTime& date) {
  for (const auto& [weekday, ordinal] : rule.days) {
    if (weekday != weekday_of(day)) continue;
    if (ordinal == 0) return true;
    const bool in_month = rule.every == Every::month || rule.months != 0;
    const Period within = in_month ? month_of(date) : year_of(date.year);
    if (ordinal == (day - within.first) / 7 + 1 || ordinal == -((within.end - 1 - day) / 7 + 1)) return true;
  }
  return false;
}

// Whether the rule's BY… parts name the day, its INTERVAL and BYSETPOS apart.
bool is_named_day(const RecurrenceRule& rule, int day) {
  const CivilTime date = civil_day(day);
  if (rule.months != 0 && !(rule.months >> date.month & 1)) return false;
  if (!rule.weeks.empty()) {
    const Period year = week_year_of(day, date.year, rule.week_start);
    if (!holds_either(rule.weeks, (day - year.first) / 7 + 1, (year.end - year.first) / 7)) return false;
  }
  if (!rule.year_days.empty()) {
    const Period year = year_of(date.year);
    if (!holds_either(rule.year_days, day - year.first + 1, year.end - year.first)) return false;
  }
  if (!rule.month_days.empty()) {
    const Period month = month_of(date);
    if (!holds_either(rule.month_days, date.day, month.end - month.first)) return false;
  }
  return rule.days.empty() || is_named_weekday(rule, day, date);
}

// Visits a rule's occurrences day by day. Remembers, for BYSETPOS, the named days of one period.
class Days {
 public:
  explicit Days(const Recurrence& recurrence)
      : rule_(recurrence.rule), from_(recurrence.from), first_day_(day_number(from_)), first_number_(period_of(rule_, first_day_).number) {}

  int first() const { return first_day_; }

  // The day's occurrences in order; `visit` says whether to go on.
  template <class Visit>
  void visit(int day, Visit visit) {
    if (day < first_day_) return;
    const Period period = period_of(rule_, day);
    if (rule_.every != Every::hour && (period.number - first_number_) % rule_.interval != 0) return;
    if (!is_named_day(rule_, day)) return;
    CivilTime time = civil_day(day);
    time.second = from_.second;
    int nth_of_day = 0;
    for (time.hour = 0; time.hour < 24; ++time.hour) {
      if (!(rule_.hours >> time.hour & 1) || !is_hour_in_interval(day, time.hour)) continue;
      for (time.minute = 0; time.minute < 60; ++time.minute) {
        if (!(rule_.minutes >> time.minute & 1)) continue;
        ++nth_of_day;
        if (!rule_.positions.empty() && !is_in_position(period, day, nth_of_day)) continue;
        if (time < from_) continue;
        if (rule_.until && time > *rule_.until) return;
        if (!visit(time)) return;
      }
    }
  }

 private:
  bool is_hour_in_interval(int day, int hour) const {
    return rule_.every != Every::hour || ((day - first_day_) * 24 + hour - from_.hour) % rule_.interval == 0;
  }

  bool is_in_position(const Period& period, int day, int nth_of_day) {
    if (period.first != remembered_first_) {
      remembered_first_ = period.first;
      named_.reset();
      for (int d = period.first; d < period.end; ++d) named_[d - period.first] = is_named_day(rule_, d);
    }
    const int times = std::popcount(rule_.hours) * std::popcount(rule_.minutes);
    const int days_before = static_cast<int>((named_ << (named_.size() - (day - period.first))).count());
    return holds_either(rule_.positions, days_before * times + nth_of_day, static_cast<int>(named_.count()) * times);
  }

  const RecurrenceRule& rule_;
  const CivilTime& from_;
  int first_day_;
  int first_number_;
  int remembered_first_ = -1'000'000;  // no period begins there
  std::bitset<371> named_;             // the longest period is a year of 53 weeks
};

// RFC 5545: what a rule does not say is as it is at its start.
void fill_in(RecurrenceRule& rule, const CivilTime& from) {
  if (rule.hours == 0) rule.hours = rule.every == Every::hour ? (1U << 24) - 1 : 1U << from.hour;
  if (rule.minutes == 0) rule.minutes = std::uint64_t{1} << from.minute;
  const bool names_days = !rule.days.empty() || !rule.month_days.empty() || !rule.year_days.empty();
  if (names_days || rule.every == Every::hour || rule.every == Every::day) return;
  if (rule.every == Every::week || !rule.weeks.empty()) {
    rule.days.push_back({weekday(from), 0});
    return;
  }
  rule.month_days.push_back(from.day);
  if (rule.every == Every::year && rule.months == 0) rule.months = static_cast<std::uint16_t>(1U << from.month);
}

// The `count`-th occurrence, or nothing where the years end before.
std::optional<CivilTime> last_of(const Recurrence& recurrence, int count) {
  Days days(recurrence);
  std::optional<CivilTime> last;
  const int end = first_of_year(limits::year_max + 1);
  for (int day = days.first(); day < end && count > 0; ++day) {
    days.visit(day, [&](const CivilTime& time) {
      last = time;
      return --count > 0;
    });
  }
  return last;
}

}  // namespace

Occurrences::Occurrences(Recurrence recurrence) : recurrence_(std::move(recurrence)) {
  RecurrenceRule& rule = recurrence_.rule;
  fill_in(rule, recurrence_.from);
  if (!rule.count) return;
  const auto last = last_of(recurrence_, *rule.count);
  // A rule that names nothing ends before it begins.
  rule.until = last ? *last : CivilTime{};
  rule.count.reset();
}

std::optional<CivilTime> Occurrences::latest(const CivilTime& moment, int days) const {
  Days walk(recurrence_);
  std::optional<CivilTime> found;
  const int last = day_number(moment), first = std::max(last - days, walk.first());
  for (int day = last; day >= first && !found; --day) {
    walk.visit(day, [&](const CivilTime& time) {
      if (time <= moment) found = time;
      return time < moment;
    });
  }
  return found;
}

std::optional<CivilTime> Occurrences::earliest_after(const CivilTime& moment, int days) const {
  Days walk(recurrence_);
  std::optional<CivilTime> found;
  const int first = day_number(moment), last = first + days;
  for (int day = std::max(first, walk.first()); day <= last && !found; ++day) {
    walk.visit(day, [&](const CivilTime& time) {
      if (time > moment) found = time;
      return !found;
    });
  }
  return found;
}

bool Occurrences::is_empty() const {
  const int days = first_of_year(limits::year_max + 1) - day_number(recurrence_.from);
  CivilTime before = recurrence_.from;  // `from` itself may be one
  return !latest(before, 0) && !earliest_after(before, days);
}

}  // namespace footlight
