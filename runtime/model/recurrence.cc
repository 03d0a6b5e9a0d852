#include "model/recurrence.h"

#include <algorithm>
#include <array>
#include <cstdlib>

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
constexpr Frequency frequencies[] = {
    {"HOURLY", Every::hour}, {"DAILY", Every::day}, {"WEEKLY", Every::week}, {"MONTHLY", Every::month}, {"YEARLY", Every::year}};

// The parts, in the order in which they are written, the frequencies they may stand with, and the numbers
// that may be in them: from a negative `least` on they count from the end as well, and none is 0.
constexpr unsigned with(Every every) { return 1U << static_cast<unsigned>(every); }
constexpr unsigned with_any = 31;
struct Part {
  std::string_view name;
  unsigned frequencies;
  int least = 0, most = 0;
};
constexpr Part parts[] = {
    {"FREQ", with_any},
    {"INTERVAL", with_any, 1, 9'999},
    {"COUNT", with_any, 1, 999'999'999},
    {"UNTIL", with_any},
    {"WKST", with_any},
    {"BYMONTH", with_any, 1, 12},
    {"BYWEEKNO", with(Every::year), -53, 53},
    {"BYYEARDAY", with(Every::year) | with(Every::hour), -366, 366},
    {"BYMONTHDAY", with_any & ~with(Every::week), -31, 31},
    {"BYDAY", with_any, -53, 53},
    {"BYHOUR", with_any, 0, 23},
    {"BYMINUTE", with_any, 0, 59},
    {"BYSETPOS", with(Every::year) | with(Every::month) | with(Every::week), -366, 366},
};

Error bad(const std::string& message) { return refuse(Code::bad_schedule, message); }
std::string quoted(std::string_view text) { return "`" + std::string(text) + "`"; }

std::vector<std::string> part_names() {
  std::vector<std::string> names;
  for (const Part& part : parts) names.emplace_back(part.name);
  return names;
}

const Part* find_part(std::string_view name) {
  const auto found = std::find_if(std::begin(parts), std::end(parts), [&](const Part& part) { return part.name == name; });
  return found == std::end(parts) ? nullptr : found;
}

// One `NAME=VALUE` of a rule.
struct Piece {
  std::string_view text, value;
  const Part* part;
};

Error not_understood(const Piece& piece) { return bad(quoted(piece.text) + " is not understood"); }

bool are_digits(std::string_view text) { return text.find_first_not_of("0123456789") == std::string_view::npos; }

// `3`, `+3` or `-3`.
Result<int> number_in(std::string_view text, const Piece& piece) {
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text.size() > 9 || !are_digits(text)) return not_understood(piece);
  int number = 0;
  for (const char digit : text) number = number * 10 + (digit - '0');
  if (is_negative) number = -number;
  const int least = piece.part->least, most = piece.part->most;
  if (least <= number && number <= most && (number != 0 || least == 0)) return number;
  const std::string range = std::to_string(least < 0 ? 1 : least) + " to " + std::to_string(most);
  return bad(quoted(piece.text) + " is outside of " + range + (least < 0 ? " and -1 to " + std::to_string(least) : ""));
}

template <class T>
void sort_each_once(std::vector<T>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

Result<std::vector<int>> numbers_in(const Piece& piece) {
  std::vector<int> list;
  for (const std::string_view item : split(piece.value, ',')) {
    const auto number = number_in(item, piece);
    if (!number.ok()) return number.error();
    list.push_back(*number);
  }
  sort_each_once(list);
  return list;
}

Result<int> weekday_in(std::string_view name, const Piece& piece) {
  const auto found = std::find(weekday_names.begin(), weekday_names.end(), name);
  if (found == weekday_names.end()) return not_understood(piece);
  return static_cast<int>(found - weekday_names.begin());
}

// `MO`, `2MO`, `-1MO`.
Result<std::vector<RecurrenceRule::Day>> days_in(const Piece& piece) {
  std::vector<RecurrenceRule::Day> days;
  for (const std::string_view item : split(piece.value, ',')) {
    const std::size_t named = std::max<std::size_t>(item.size(), 2) - 2;
    const auto weekday = weekday_in(item.substr(named), piece);
    if (!weekday.ok()) return weekday.error();
    const auto ordinal = named == 0 ? Result<int>(0) : number_in(item.substr(0, named), piece);
    if (!ordinal.ok()) return ordinal.error();
    days.push_back({*weekday, *ordinal});
  }
  sort_each_once(days);
  return days;
}

// `20261224`, which is the whole day, or `20261224T180000`.
Result<CivilTime> until_in(const Piece& piece) {
  std::string text(piece.value);
  if (text.size() == 10 && text[4] == '-' && text[7] == '-') std::erase(text, '-');
  if (text.size() == 8) text += "T235959";
  const bool is_utc = text.size() == 16 && text.back() == 'Z';
  if (is_utc) text.pop_back();
  if (text.size() != 15 || text[8] != 'T' || !are_digits(text.substr(0, 8) + text.substr(9))) return not_understood(piece);
  if (is_utc) return bad("`UNTIL` is a time on the schedule's own clock: leave out the `Z`");
  for (const auto& [at, sign] : {std::pair{13, ':'}, {11, ':'}, {6, '-'}, {4, '-'}}) text.insert(static_cast<std::size_t>(at), 1, sign);
  const auto civil = parse_civil(text);
  if (!civil.ok()) return bad("`UNTIL`: " + civil.error().message);
  return *civil;
}

Result<Every> frequency_in(const Piece& piece) {
  if (piece.value == "SECONDLY" || piece.value == "MINUTELY") return bad(quoted(piece.text) + " is too often: the most is `FREQ=HOURLY`");
  const auto found =
      std::find_if(std::begin(frequencies), std::end(frequencies), [&](const Frequency& f) { return f.name == piece.value; });
  if (found != std::end(frequencies)) return found->every;
  std::vector<std::string> names;
  for (const Frequency& known : frequencies) names.emplace_back(known.name);
  return bad(quoted(piece.text) + " is not understood" + did_you_mean(piece.value, names));
}

template <class T, class Into>
Status put(Result<T> read, Into& into) {
  if (!read.ok()) return read.error();
  into = std::move(*read);
  return Done{};
}

template <class Mask>
Status put_bits(const Result<std::vector<int>>& numbers, Mask& mask) {
  if (!numbers.ok()) return numbers.error();
  for (const int bit : *numbers) mask = static_cast<Mask>(mask | Mask{1} << bit);
  return Done{};
}

Status read_piece(const Piece& piece, RecurrenceRule& rule) {
  const std::string_view name = piece.part->name;
  if (name == "FREQ") return put(frequency_in(piece), rule.every);
  if (name == "INTERVAL") return put(number_in(piece.value, piece), rule.interval);
  if (name == "COUNT") return put(number_in(piece.value, piece), rule.count);
  if (name == "UNTIL") return put(until_in(piece), rule.until);
  if (name == "WKST") return put(weekday_in(piece.value, piece), rule.week_start);
  if (name == "BYDAY") return put(days_in(piece), rule.days);
  if (name == "BYMONTH") return put_bits(numbers_in(piece), rule.months);
  if (name == "BYHOUR") return put_bits(numbers_in(piece), rule.hours);
  if (name == "BYMINUTE") return put_bits(numbers_in(piece), rule.minutes);
  if (name == "BYWEEKNO") return put(numbers_in(piece), rule.weeks);
  if (name == "BYYEARDAY") return put(numbers_in(piece), rule.year_days);
  if (name == "BYMONTHDAY") return put(numbers_in(piece), rule.month_days);
  return put(numbers_in(piece), rule.positions);
}

Status check_days(const RecurrenceRule& rule) {
  for (const auto& [weekday, ordinal] : rule.days) {
    if (ordinal == 0) continue;
    const std::string day = quoted(std::to_string(ordinal) + std::string(weekday_names[static_cast<std::size_t>(weekday)]));
    const bool counts_weeks = rule.every == Every::month || (rule.every == Every::year && rule.weeks.empty());
    if (!counts_weeks) return bad(day + " in `BYDAY` needs `FREQ=MONTHLY`, or `FREQ=YEARLY` without `BYWEEKNO`: leave out the number");
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
    return refuse(Code::limit_exceeded, "the rule is longer than " + std::to_string(limits::rrule_bytes_max) + " bytes");
  // Nothing but these characters can stand in a rule.
  const std::string raised = upper(text);
  if (raised.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789=;,+-") != std::string::npos)
    return bad(quoted(text) + " is no rule: expected the form `FREQ=WEEKLY;BYDAY=MO,WE`, without blanks");
  RecurrenceRule rule;
  std::vector<const Part*> seen;
  const auto has = [&](const Part* part) { return std::find(seen.begin(), seen.end(), part) != seen.end(); };
  for (const std::string_view piece : split(raised, ';')) {
    const auto equals = piece.find('=');
    const std::string_view name = piece.substr(0, equals);
    if (equals == std::string_view::npos) return bad(quoted(piece) + " is no part of a rule: expected the form `FREQ=WEEKLY;BYDAY=MO,WE`");
    const Part* part = find_part(name);
    if (!part) return bad("a rule has no part " + quoted(name) + did_you_mean(name, part_names()));
    if (has(part)) return bad("the part " + quoted(name) + " stands twice");
    seen.push_back(part);
    if (const Status read = read_piece({piece, piece.substr(equals + 1), part}, rule); !read.ok()) return read.error();
  }
  if (!has(find_part("FREQ"))) return bad("the rule does not say how often: begin it with `FREQ=WEEKLY` or the like");
  for (const Part* part : seen) {
    if (part->frequencies & with(rule.every)) continue;
    return bad(quoted(part->name) + " cannot stand with `FREQ=" + std::string(frequencies[static_cast<std::size_t>(rule.every)].name) +
               "`");
  }
  if (rule.count && rule.until)
    return bad("the parts of " + quoted(raised) + " cannot stand together: a rule ends by `COUNT` or by `UNTIL`, not by both");
  if (rule.count > limits::rrule_count_max)
    return refuse(Code::limit_exceeded, "`COUNT` is more than " + std::to_string(limits::rrule_count_max) + ": end the rule by `UNTIL`");
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
  if (rule.week_start != 0) text += ";WKST=" + std::string(weekday_names[static_cast<std::size_t>(rule.week_start)]);
  write_list(text, "BYMONTH", texts_of_mask(rule.months));
  write_list(text, "BYWEEKNO", texts_of(rule.weeks));
  write_list(text, "BYYEARDAY", texts_of(rule.year_days));
  write_list(text, "BYMONTHDAY", texts_of(rule.month_days));
  std::vector<std::string> days;
  for (const auto& [weekday, ordinal] : rule.days)
    days.push_back((ordinal ? std::to_string(ordinal) : "") + std::string(weekday_names[static_cast<std::size_t>(weekday)]));
  write_list(text, "BYDAY", days);
  write_list(text, "BYHOUR", texts_of_mask(rule.hours));
  write_list(text, "BYMINUTE", texts_of_mask(rule.minutes));
  write_list(text, "BYSETPOS", texts_of(rule.positions));
  return text;
}

}  // namespace footlight
