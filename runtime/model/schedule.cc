#include "model/schedule.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "model/reader.h"

namespace footlight {
namespace {

constexpr int minutes_per_day = 1440;

const std::vector<std::string>& day_names() {
  static const std::vector<std::string> names = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  return names;
}

std::string quoted(std::string_view text) { return "`" + std::string(text) + "`"; }

std::string padded(int number) { return (number < 10 ? "0" : "") + std::to_string(number); }

std::string to_text(const Hours& hours) {
  // An end of 24:00 is kept apart from the 00:00 that a window over midnight would end at.
  const int till = hours.till > minutes_per_day ? hours.till - minutes_per_day : hours.till;
  return padded(hours.from / 60) + ":" + padded(hours.from % 60) + "-" + padded(till / 60) + ":" + padded(till % 60);
}

std::string date_text(int day) { return to_text(civil_day(day)).substr(0, 10); }

// Sorts windows and joins those that overlap or touch, where the whole can still be written: a
// window is shorter than a day, or is the day.
void join_hours(std::vector<Hours>& windows) {
  std::sort(windows.begin(), windows.end(),
            [](const Hours& a, const Hours& b) { return std::pair(a.from, a.till) < std::pair(b.from, b.till); });
  std::vector<Hours> joined;
  for (const Hours& window : windows) {
    if (!joined.empty() && window.from <= joined.back().till) {
      const Hours whole{joined.back().from, std::max(joined.back().till, window.till)};
      if (whole.till - whole.from < minutes_per_day || whole == Hours{} || whole == joined.back()) {
        joined.back() = whole;
        continue;
      }
    }
    joined.push_back(window);
  }
  windows = std::move(joined);
}

void join_dates(std::vector<DateRange>& ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const DateRange& a, const DateRange& b) { return std::pair(a.first, a.last) < std::pair(b.first, b.last); });
  std::vector<DateRange> joined;
  for (const DateRange& range : ranges) {
    if (!joined.empty() && range.first <= joined.back().last + 1) joined.back().last = std::max(joined.back().last, range.last);
    else joined.push_back(range);
  }
  ranges = std::move(joined);
}

// Reads a schedule; every problem is reported, and what is wrong is left out.
class ScheduleReader {
 public:
  ScheduleReader(const std::string& path, Problems& problems) : path_(path), problems_(problems) {}

  Schedule read(const Value& document) {
    Reader reader(document, path_, problems_);
    const bool narrows = reader.take("weekly") || reader.take("rrule") || reader.take("except");
    clock(reader);
    weekly(reader);
    rrule(reader);
    except(reader);
    if (document.is_object() && !narrows)
      report(Code::missing_field, path_, "a schedule has at least one of `weekly`, `rrule` and `except`");
    reader.finish();
    return std::move(schedule_);
  }

 private:
  void report(Code code, const std::string& place, std::string message) { problems_.push_back({code, place, std::move(message)}); }
  void report(const std::string& place, const Error& error) { report(error.code, place, error.message); }

  void clock(Reader& reader) {
    const auto name = reader.text("zone");
    if (!name) return;
    if (*name == "profile") {
      schedule_.clock = ProfileClock{};
      return;
    }
    const auto zone = Zone::find(*name);
    if (zone.ok()) schedule_.clock = *zone;
    else report(reader.path_of("zone"), zone.error());
  }

  // A list that says something: an empty one is more likely a mistake than a wish.
  const Array* list(Reader& reader, std::string_view key) {
    const Array* items = reader.array(key);
    if (items && items->empty()) reader.report(Code::bad_schedule, key, "the list is empty: leave out " + quoted(key) + " instead");
    return items;
  }

  void weekly(Reader& reader) {
    const Array* windows = list(reader, "weekly");
    if (!windows) return;
    std::size_t count = 0;
    for (std::size_t i = 0; i < windows->size(); ++i) count += window((*windows)[i], reader.path_of("weekly") + index(i));
    if (count > limits::schedule_windows_max)
      reader.report(Code::limit_exceeded, "weekly",
                    "the week has " + std::to_string(count) + " windows, more than " + std::to_string(limits::schedule_windows_max));
    for (auto& hours : schedule_.weekly) join_hours(hours);
  }

  // How many windows it makes: one for each of its hours on each of its days.
  std::size_t window(const Value& document, const std::string& path) {
    Reader reader(document, path, problems_);
    std::array<bool, 7> is_day{};
    std::vector<Hours> hours;
    const bool has_days = reader.take("days"), has_hours = reader.take("hours");
    if (!has_days) is_day.fill(true);
    if (!has_hours) hours.push_back({});
    if (document.is_object() && document.object().empty())
      report(Code::bad_schedule, path,
             "the window names neither days nor hours, so it is always open: leave it out, or write `mon-fri` or `08:00-20:00`");
    each_text(reader, "days", [&](std::string_view text, const std::string& place) { days(text, place, is_day); });
    each_text(reader, "hours", [&](std::string_view text, const std::string& place) {
      if (const auto read = read_hours(text); read.ok()) hours.push_back(*read);
      else report(place, read.error());
    });
    reader.finish();
    if (!document.is_object()) return 0;
    for (std::size_t day = 0; day < 7; ++day)
      if (is_day[day]) schedule_.weekly[day].insert(schedule_.weekly[day].end(), hours.begin(), hours.end());
    return static_cast<std::size_t>(std::count(is_day.begin(), is_day.end(), true)) * hours.size();
  }

  // Visits `a`, `b` and `c` of "a, b, c" and of ["a", "b", "c"].
  template <class Visit>
  void each_text(Reader& reader, std::string_view key, Visit visit) {
    const Value* member = reader.take(key);
    if (!member) return;
    if (member->is_string()) {
      for (const auto part : split(member->string(), ',')) visit(trim(part), reader.path_of(key));
      return;
    }
    if (!member->is_array()) {
      reader.report(Code::wrong_type, key, type_message("a string or a list of strings", *member));
      return;
    }
    const Array& items = *list(reader, key);
    for (std::size_t i = 0; i < items.size(); ++i) {
      const std::string place = reader.path_of(key) + index(i);
      if (!items[i].is_string()) {
        report(Code::wrong_type, place, type_message("a string", items[i]));
        continue;
      }
      for (const auto part : split(items[i].string(), ',')) visit(trim(part), place);
    }
  }

  void days(std::string_view text, const std::string& place, std::array<bool, 7>& is_day) {
    const auto ends = split(text, '-');
    if (ends.size() > 2) {
      report(Code::bad_schedule, place, quoted(text) + " is no day: expected the form `mon` or `mon-fri`");
      return;
    }
    const auto first = day(trim(ends.front()), place);
    const auto last = ends.size() == 1 ? first : day(trim(ends.back()), place);
    if (!first || !last) return;
    for (std::size_t d = *first;; d = (d + 1) % 7) {
      is_day[d] = true;
      if (d == *last) return;
    }
  }

  std::optional<std::size_t> day(std::string_view text, const std::string& place) {
    const auto& names = day_names();
    const auto index_of = [&](std::string_view name) {
      return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
    };
    if (const std::size_t found = index_of(lower(text)); found < names.size()) return found;
    std::string message = quoted(text) + " is no day of the week";
    if (index_of(lower(text.substr(0, 3))) < names.size()) message += "; did you mean " + quoted(lower(text.substr(0, 3))) + "?";
    else message += ": they are " + quoted(join(names, "`, `"));
    report(Code::bad_schedule, place, std::move(message));
    return {};
  }

  static std::optional<int> read_minute(std::string_view text) {
    const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
    if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4)) return {};
    const int hour = (text[0] - '0') * 10 + text[1] - '0', minute = (text[3] - '0') * 10 + text[4] - '0';
    if (minute > 59 || hour * 60 + minute > minutes_per_day) return {};
    return hour * 60 + minute;
  }

  static Result<Hours> read_hours(std::string_view text) {
    const auto dash = text.find('-');
    const auto from = read_minute(trim(text.substr(0, dash)));
    const auto till = dash == std::string_view::npos ? std::nullopt : read_minute(trim(text.substr(dash + 1)));
    if (!from || !till || *from == minutes_per_day)
      return refuse(Code::bad_schedule, quoted(text) + " are no hours: expected the form `08:00-20:00`, from `00:00` to `24:00`");
    if (*from == *till) return refuse(Code::bad_schedule, quoted(text) + " is empty: the whole day is `00:00-24:00`");
    if (*from < *till) return Hours{*from, *till};
    // `22:00-00:00` ends at the midnight that `22:00-24:00` ends at.
    return Hours{*from, *till + minutes_per_day};
  }

  void rrule(Reader& outer) {
    const Value* document = outer.take("rrule");
    if (!document) return;
    Reader reader(*document, outer.path_of("rrule"), problems_);
    const auto rule_text = reader.required_text("rule");
    const auto from_text = reader.required_text("from");
    const auto lasts_text = reader.required_text("lasts");
    reader.finish();
    Recurrence recurrence;
    bool is_good = rule_text && from_text && lasts_text;
    const auto take = [&](std::string_view key, auto result, auto& into) {
      if (result.ok()) {
        into = *result;
        return true;
      }
      report(reader.path_of(key), result.error());
      return is_good = false;
    };
    if (rule_text) take("rule", parse_recurrence_rule(*rule_text), recurrence.rule);
    if (from_text) take("from", parse_civil(*from_text), recurrence.from);
    if (lasts_text && take("lasts", parse_duration(*lasts_text), recurrence.lasts)) {
      if (recurrence.lasts <= Duration{}) {
        reader.report(Code::bad_schedule, "lasts", "an occurrence that lasts no time is never open");
        is_good = false;
      } else if (recurrence.lasts > limits::rrule_lasts_max) {
        reader.report(Code::limit_exceeded, "lasts", quoted(*lasts_text) + " is longer than " + to_text(limits::rrule_lasts_max));
        is_good = false;
      }
    }
    if (!is_good) return;
    if (recurrence.rule.until && *recurrence.rule.until < recurrence.from)
      reader.report(Code::end_before_start, "rule",
                    "`UNTIL` is before " + quoted(to_text(recurrence.from)) + ", the first time: the rule names none");
    schedule_.rrule = std::move(recurrence);
  }

  void except(Reader& reader) {
    const Array* dates = list(reader, "except");
    if (!dates) return;
    if (dates->size() > limits::schedule_except_max)
      reader.report(Code::limit_exceeded, "except",
                    "lists " + std::to_string(dates->size()) + " dates, more than " + std::to_string(limits::schedule_except_max) +
                        ": days in a row can be one range, `2026-12-24/2026-12-26`");
    for (std::size_t i = 0; i < dates->size(); ++i) range((*dates)[i], reader.path_of("except") + index(i));
    join_dates(schedule_.except);
  }

  void range(const Value& document, const std::string& place) {
    if (!document.is_string()) {
      report(Code::wrong_type, place, type_message("a string", document));
      return;
    }
    const auto ends = split(document.string(), '/');
    std::vector<int> days;
    for (const auto end : ends) {
      const auto civil = parse_civil(trim(end));
      if (!civil.ok()) report(place, civil.error());
      else if (*civil != civil_day(day_number(*civil)) || trim(end).size() > 10)
        report(Code::bad_schedule, place, quoted(end) + " is no date: whole days are excepted, as in `2026-12-25`");
      else days.push_back(day_number(*civil));
    }
    if (ends.size() > 2)
      report(Code::bad_schedule, place, quoted(document.string()) + " is no range: expected the form `2026-12-24/2026-12-26`");
    if (days.size() != ends.size() || ends.size() > 2) return;
    if (days.front() > days.back()) report(Code::end_before_start, place, quoted(document.string()) + " ends before it starts");
    else schedule_.except.push_back({days.front(), days.back()});
  }

  static std::string index(std::size_t i) { return "[" + std::to_string(i) + "]"; }

  const std::string& path_;
  Problems& problems_;
  Schedule schedule_;
};

}  // namespace

bool Schedule::has_weekly() const {
  return std::any_of(weekly.begin(), weekly.end(), [](const auto& hours) { return !hours.empty(); });
}

std::optional<Schedule> parse_schedule(const Value& document, const std::string& path, Problems& problems) {
  Problems found;
  Schedule schedule = ScheduleReader(path, found).read(document);
  problems.insert(problems.end(), found.begin(), found.end());
  if (has_errors(found)) return {};
  return schedule;
}

Value to_value(const Schedule& schedule) {
  Object document;
  if (std::holds_alternative<ProfileClock>(schedule.clock)) document["zone"] = "profile";
  if (const Zone* zone = std::get_if<Zone>(&schedule.clock)) document["zone"] = zone->name();

  Array weekly;
  for (std::size_t day = 0; day < 7; ++day) {
    const auto& hours = schedule.weekly[day];
    const auto same = [&](std::size_t other) { return schedule.weekly[other] == hours; };
    bool is_told = hours.empty();
    for (std::size_t earlier = 0; earlier < day; ++earlier) is_told = is_told || same(earlier);
    if (is_told) continue;
    Array days, texts;
    for (std::size_t later = day; later < 7; ++later)
      if (same(later)) days.emplace_back(day_names()[later]);
    for (const Hours& window : hours) texts.emplace_back(to_text(window));
    weekly.emplace_back(Object{{"days", std::move(days)}, {"hours", std::move(texts)}});
  }
  if (!weekly.empty()) document["weekly"] = std::move(weekly);

  if (schedule.rrule)
    document["rrule"] =
        Object{{"rule", to_text(schedule.rrule->rule)}, {"from", to_text(schedule.rrule->from)}, {"lasts", to_text(schedule.rrule->lasts)}};

  Array except;
  for (const auto& [first, last] : schedule.except)
    except.emplace_back(first == last ? date_text(first) : date_text(first) + "/" + date_text(last));
  if (!except.empty()) document["except"] = std::move(except);
  return document;
}

}  // namespace footlight
