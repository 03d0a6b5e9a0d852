#include "model/recurrence.h"

#include <libical/ical.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>

#include "base/limits.h"
#include "base/text.h"

namespace footlight {
namespace {

using Every = RecurrenceRule::Every;

constexpr std::array<std::string_view, 7> weekday_names = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};

struct Frequency {
  std::string_view name;
  Every every;
};
constexpr Frequency frequencies[] = {{"HOURLY", Every::hour},
                                     {"DAILY", Every::day},
                                     {"WEEKLY", Every::week},
                                     {"MONTHLY", Every::month},
                                     {"YEARLY", Every::year}};

// The parts, in the order in which they are written, the frequencies they may stand with, and how
// long a number in them may be (0: they hold none).
constexpr unsigned with(Every every) { return 1U << static_cast<unsigned>(every); }
constexpr unsigned with_any = 31;
struct Part {
  std::string_view name;
  unsigned frequencies;
  std::size_t digits_max;
};
constexpr Part parts[] = {
    {"FREQ", with_any, 0},
    {"INTERVAL", with_any, 4},
    {"COUNT", with_any, 9},
    {"UNTIL", with_any, 0},
    {"WKST", with_any, 0},
    {"BYMONTH", with_any, 2},
    {"BYWEEKNO", with(Every::year), 2},
    {"BYYEARDAY", with(Every::year) | with(Every::hour), 3},
    {"BYMONTHDAY", with_any & ~with(Every::week), 2},
    {"BYDAY", with_any, 2},
    {"BYHOUR", with_any, 2},
    {"BYMINUTE", with_any, 2},
    {"BYSETPOS", with(Every::year) | with(Every::month) | with(Every::week), 3},
};

Error bad(const std::string& message) { return refuse(Code::bad_schedule, message); }
std::string quoted(std::string_view text) { return "`" + std::string(text) + "`"; }

std::vector<std::string> part_names() {
  std::vector<std::string> names;
  for (const Part& part : parts) names.emplace_back(part.name);
  return names;
}

const Part* find_part(std::string_view name) {
  const auto found =
      std::find_if(std::begin(parts), std::end(parts), [&](const Part& part) { return part.name == name; });
  return found == std::end(parts) ? nullptr : found;
}

// libical stops at the first letter behind a number and wraps large ones around: `COUNT=3X` would be
// 3, and `INTERVAL=65537` would be 1.
bool has_plain_numbers(const Part& part, std::string_view value) {
  if (part.digits_max == 0) return true;
  for (std::string_view item : split(value, ',')) {
    if (item.starts_with('+') || item.starts_with('-')) item.remove_prefix(1);
    const std::size_t digits = std::min(item.find_first_not_of("0123456789"), item.size());
    const bool is_number = digits == item.size() && digits > 0;
    if (digits > part.digits_max || (!is_number && part.name != "BYDAY")) return false;
  }
  return true;
}

bool is_understood(const std::string& rule) {
  return icalrecurrencetype_from_string(rule.c_str()).freq != ICAL_NO_RECURRENCE;
}

// libical says that a rule is wrong, but not where; so each part is tried alone.
Status check_parts(std::string_view text, Every& every) {
  std::vector<const Part*> seen;
  bool has_frequency = false;
  for (const std::string_view piece : split(text, ';')) {
    const auto equals = piece.find('=');
    const std::string_view name = piece.substr(0, equals);
    if (equals == std::string_view::npos)
      return bad(quoted(piece) + " is no part of a rule: expected the form `FREQ=WEEKLY;BYDAY=MO,WE`");
    const Part* part = find_part(name);
    if (!part) return bad("a rule has no part " + quoted(name) + did_you_mean(name, part_names()));
    if (std::find(seen.begin(), seen.end(), part) != seen.end())
      return bad("the part " + quoted(name) + " stands twice");
    seen.push_back(part);
    const std::string_view value = piece.substr(equals + 1);
    if (name != "FREQ") {
      if (!has_plain_numbers(*part, value) || !is_understood("FREQ=YEARLY;" + std::string(piece)))
        return bad(quoted(piece) + " is not understood");
      continue;
    }
    has_frequency = true;
    if (value == "SECONDLY" || value == "MINUTELY")
      return bad(quoted(piece) + " is too often: the most is `FREQ=HOURLY`");
    const auto frequency = std::find_if(std::begin(frequencies), std::end(frequencies),
                                        [&](const Frequency& f) { return f.name == value; });
    if (frequency == std::end(frequencies)) {
      std::vector<std::string> names;
      for (const Frequency& known : frequencies) names.emplace_back(known.name);
      return bad(quoted(piece) + " is not understood" + did_you_mean(value, names));
    }
    every = frequency->every;
  }
  if (!has_frequency) return bad("the rule does not say how often: begin it with `FREQ=WEEKLY` or the like");
  for (const Part* part : seen) {
    if (part->frequencies & with(every)) continue;
    return bad(quoted(part->name) + " cannot stand with `FREQ=" +
               std::string(frequencies[static_cast<std::size_t>(every)].name) + "`");
  }
  return Done{};
}

// One of libical's lists, which end where they are full or at a mark; sorted, each value once.
std::vector<int> list_of(std::span<const short> values) {
  std::vector<int> list;
  for (const short value : values) {
    if (value == ICAL_RECURRENCE_ARRAY_MAX) break;
    list.push_back(value);
  }
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return list;
}

// Reads numbers within 0 … `most` (of months: 12) into a mask.
template <class Mask>
bool to_mask(std::span<const short> values, int most, Mask& mask) {
  for (const int value : list_of(values)) {
    if (value < 0 || value > most) return false;
    mask = static_cast<Mask>(mask | Mask{1} << value);
  }
  return true;
}

bool is_within(const std::vector<int>& list, int most) {
  return std::all_of(list.begin(), list.end(),
                     [&](int number) { return number != 0 && std::abs(number) <= most; });
}

Result<CivilTime> read_until(const icaltimetype& until) {
  if (until.zone) return bad("`UNTIL` is a time on the schedule's own clock: leave out the `Z`");
  const bool is_date = until.is_date;
  const CivilTime civil{until.year,
                        until.month,
                        until.day,
                        is_date ? 23 : until.hour,
                        is_date ? 59 : until.minute,
                        is_date ? 59 : until.second};
  // libical takes 20260231 for a date.
  if (const auto checked = parse_civil(to_text(civil)); !checked.ok())
    return bad("`UNTIL`: " + checked.error().message);
  return civil;
}

Status check_days(const RecurrenceRule& rule) {
  for (const auto& [weekday, ordinal] : rule.days) {
    if (ordinal == 0) continue;
    const std::string day =
        quoted(std::to_string(ordinal) + std::string(weekday_names[static_cast<std::size_t>(weekday)]));
    const bool counts_weeks = rule.every == Every::month || (rule.every == Every::year && rule.weeks.empty());
    if (!counts_weeks)
      return bad(
          day +
          " in `BYDAY` needs `FREQ=MONTHLY`, or `FREQ=YEARLY` without `BYWEEKNO`: leave out the number");
    const bool in_month = rule.every == Every::month || rule.months != 0;
    if (std::abs(ordinal) > (in_month ? 5 : 53)) return bad(day + " in `BYDAY` never comes");
  }
  return Done{};
}

void write_list(std::string& text, std::string_view name, const std::vector<std::string>& values) {
  if (!values.empty()) text += ";" + std::string(name) + "=" + join(values, ",");
}
std::vector<std::string> texts_of(const std::vector<int>& numbers) {
  std::vector<std::string> texts;
  for (const int number : numbers) texts.push_back(std::to_string(number));
  return texts;
}
std::vector<std::string> texts_of_mask(std::uint64_t mask) {
  std::vector<std::string> texts;
  for (int bit = 0; bit < 64; ++bit)
    if (mask >> bit & 1) texts.push_back(std::to_string(bit));
  return texts;
}

}  // namespace

Result<RecurrenceRule> parse_recurrence_rule(std::string_view text) {
  if (text.size() > limits::rrule_bytes_max)
    return refuse(Code::limit_exceeded,
                  "the rule is longer than " + std::to_string(limits::rrule_bytes_max) + " bytes");
  // libical reads up to a zero byte; nothing but these characters can stand in a rule.
  const std::string raised = upper(text);
  if (raised.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789=;,+-") != std::string::npos)
    return bad(quoted(text) + " is no rule: expected the form `FREQ=WEEKLY;BYDAY=MO,WE`, without blanks");
  RecurrenceRule rule;
  if (const Status checked = check_parts(raised, rule.every); !checked.ok()) return checked.error();

  const icalrecurrencetype read = icalrecurrencetype_from_string(raised.c_str());
  if (read.freq ==
      ICAL_NO_RECURRENCE)  // each part is right alone, so it is the one pair that excludes itself
    return bad("the parts of " + quoted(raised) +
               " cannot stand together: a rule ends by `COUNT` or by `UNTIL`, not by both");

  rule.interval = read.interval;
  rule.week_start = (static_cast<int>(read.week_start) + 5) % 7;  // libical counts from Sunday, 1
  if (read.count > limits::rrule_count_max)
    return refuse(Code::limit_exceeded, "`COUNT` is more than " + std::to_string(limits::rrule_count_max) +
                                            ": end the rule by `UNTIL`");
  if (read.count > 0) rule.count = read.count;
  if (!icaltime_is_null_time(read.until)) {
    const auto until = read_until(read.until);
    if (!until.ok()) return until.error();
    rule.until = *until;
  }
  if (!to_mask(read.by_month, 12, rule.months)) return bad("`BYMONTH` is outside of 1 to 12");
  if (!to_mask(read.by_hour, 23, rule.hours)) return bad("`BYHOUR` is outside of 0 to 23");
  if (!to_mask(read.by_minute, 59, rule.minutes)) return bad("`BYMINUTE` is outside of 0 to 59");
  for (const int day : list_of(read.by_day)) {
    const auto code = static_cast<short>(day);
    rule.days.push_back({(static_cast<int>(icalrecurrencetype_day_day_of_week(code)) + 5) % 7,
                         icalrecurrencetype_day_position(code)});
  }
  std::sort(rule.days.begin(), rule.days.end());
  rule.weeks = list_of(read.by_week_no);
  rule.year_days = list_of(read.by_year_day);
  rule.month_days = list_of(read.by_month_day);
  rule.positions = list_of(read.by_set_pos);
  // libical's own bounds are those of the longest calendar it knows.
  if (!is_within(rule.weeks, 53)) return bad("`BYWEEKNO` is outside of 1 to 53 and -1 to -53");
  if (!is_within(rule.year_days, 366)) return bad("`BYYEARDAY` is outside of 1 to 366 and -1 to -366");
  if (!is_within(rule.month_days, 31)) return bad("`BYMONTHDAY` is outside of 1 to 31 and -1 to -31");
  if (const Status checked = check_days(rule); !checked.ok()) return checked.error();
  return rule;
}

std::string to_text(const RecurrenceRule& rule) {
  std::string text = "FREQ=" + std::string(frequencies[static_cast<std::size_t>(rule.every)].name);
  if (rule.interval != 1) text += ";INTERVAL=" + std::to_string(rule.interval);
  if (rule.count) text += ";COUNT=" + std::to_string(*rule.count);
  if (rule.until) {
    std::string until = to_text(*rule.until);
    if (rule.until->second == 0) until += ":00";
    std::erase_if(until, [](char c) { return c == '-' || c == ':'; });
    text += ";UNTIL=" + until;
  }
  if (rule.week_start != 0)
    text += ";WKST=" + std::string(weekday_names[static_cast<std::size_t>(rule.week_start)]);
  write_list(text, "BYMONTH", texts_of_mask(rule.months));
  write_list(text, "BYWEEKNO", texts_of(rule.weeks));
  write_list(text, "BYYEARDAY", texts_of(rule.year_days));
  write_list(text, "BYMONTHDAY", texts_of(rule.month_days));
  std::vector<std::string> days;
  for (const auto& [weekday, ordinal] : rule.days)
    days.push_back((ordinal ? std::to_string(ordinal) : "") +
                   std::string(weekday_names[static_cast<std::size_t>(weekday)]));
  write_list(text, "BYDAY", days);
  write_list(text, "BYHOUR", texts_of_mask(rule.hours));
  write_list(text, "BYMINUTE", texts_of_mask(rule.minutes));
  write_list(text, "BYSETPOS", texts_of(rule.positions));
  return text;
}

}  // namespace footlight
