// Schedules against an oracle that knows only the C library's clock: around every change of every clock of
// some twenty zones from 1970 to 2037. A schedule's clock never goes back: it shows the furthest that was
// shown.
#include <catch2/catch.hpp>

#include <algorithm>

#include "engine/schedule.h"
#include "tests/support/host_zone.h"

using namespace footlight;
using namespace footlight::test;

namespace {

Instant utc(const char* text) { return *parse_instant(text); }

// Seconds since 1970 as a clock of the zone shows them, the furthest so far: changes of up to a day are
// remembered.
class FurthestClock {
 public:
  FurthestClock(const HostZone& host, Instant change) : host_(host), change_(change), before_(host.offset_at(change - seconds(1))) {}
  std::int64_t shows(Instant at) const {
    std::int64_t shown = (at.ms + host_.offset_at(at).ms) / 1000;
    if (at >= change_) shown = std::max(shown, (change_.ms + before_.ms) / 1000 - 1);
    return shown;
  }

 private:
  const HostZone& host_;
  Instant change_;
  Duration before_;
};

// Windows by minute of the week from Monday 00:00, and the text that says so.
struct Week {
  const char* json;
  std::vector<std::pair<int, int>> open;
};

const std::vector<Week>& weeks() {
  const auto every_day = [](int from, int till) {
    std::vector<std::pair<int, int>> open;
    for (int day = -1; day < 7; ++day) open.emplace_back(day * 1440 + from, day * 1440 + till);
    return open;
  };
  static const std::vector<Week> all = {
      {R"({"weekly":[{"hours":"02:15-02:45"}]})", every_day(135, 165)},
      {R"({"weekly":[{"hours":"00:30-03:00"}]})", every_day(30, 180)},
      {R"({"weekly":[{"hours":"23:30-00:15"}]})", every_day(1410, 1455)},
      {R"({"weekly":[{"hours":["00:00-02:00","02:00-24:00"]}]})", every_day(0, 1440)},
      {R"({"weekly":[{"days":"sun"}]})", {{6 * 1440, 7 * 1440}}},
      {R"({"weekly":[{"days":"sat,sun","hours":"01:00-04:00"}]})", {{5 * 1440 + 60, 5 * 1440 + 240}, {6 * 1440 + 60, 6 * 1440 + 240}}},
  };
  return all;
}

bool is_open(const Week& week, std::int64_t shown) {
  const std::int64_t day = shown >= 0 ? shown / 86'400 : -((86'399 - shown) / 86'400);
  const int weekday = static_cast<int>(((day + 3) % 7 + 7) % 7);
  const int minute = weekday * 1440 + static_cast<int>((shown - day * 86'400) / 60);
  return std::any_of(week.open.begin(), week.open.end(), [&](const auto& window) {
    return (window.first <= minute && minute < window.second) || (window.first <= minute - 7 * 1440 && minute - 7 * 1440 < window.second);
  });
}

CompiledSchedule compiled(const std::string& json) {
  Problems problems;
  auto schedule = parse_schedule(*parse_json(json), "$", problems);
  REQUIRE(problems.empty());
  return compile(*schedule);
}

}  // namespace

TEST_CASE("weekly windows around every change of every clock, 1970 to 2037") {
  std::vector<CompiledSchedule> schedules;
  for (const Week& week : weeks()) schedules.push_back(compiled(week.json));
  long changes = 0, asked = 0, open = 0;
  for (const char* name : zone_names) {
    const Zone here = *Zone::find(name);
    const HostZone host(name);
    Instant last = utc("1970-01-02T00:00Z");
    for (const Instant change : host.changes(utc("1970-01-03T00:00Z"), utc("2037-12-30T00:00Z"))) {
      // Two changes within two days have more to remember than the oracle does.
      const bool is_crowded = change - last < days(2);
      last = change;
      if (is_crowded) continue;
      ++changes;
      const FurthestClock clock(host, change);
      const auto ask = [&](Instant at) {
        const std::int64_t shown = clock.shows(at);
        for (std::size_t i = 0; i < schedules.size(); ++i) {
          ++asked;
          const bool expected = is_open(weeks()[i], shown);
          open += expected;
          if (schedules[i].is_open(at, here, nullptr) != expected)
            FAIL(name << " " << to_text(at) << " " << weeks()[i].json << (expected ? " is closed" : " is open"));
        }
      };
      for (Instant at = change - hours(26); at < change + hours(26); at = at + minutes(30)) ask(at);
      for (Instant at = change - minutes(130); at < change + minutes(130); at = at + minutes(5)) {
        ask(at);
        ask(at - milliseconds(1));
      }
    }
  }
  CHECK(changes > 1'900);
  CHECK(open > asked / 8);
}

TEST_CASE("where a schedule next opens, it was closed all the time before, around every change") {
  const auto night = compiled(R"({"weekly":[{"hours":"02:15-02:45"}]})");
  const auto sunday = compiled(R"({"weekly":[{"days":"sun","hours":"00:00-03:00"}],"except":["1999-03-28","2000-10-29"]})");
  const auto rule = compiled(R"({"rrule":{"rule":"FREQ=DAILY","from":"1970-01-05T02:30","lasts":"45m"}})");
  for (const char* name : zone_names) {
    const Zone here = *Zone::find(name);
    const HostZone host(name);
    for (const Instant change : host.changes(utc("1997-01-01T00:00Z"), utc("2003-01-01T00:00Z")))
      for (const CompiledSchedule* schedule : {&night, &sunday, &rule})
        for (Instant from = change - hours(30); from < change + hours(6); from = from + minutes(95)) {
          const auto opening = schedule->next_opening(from, here, nullptr);
          INFO(name << " " << to_text(from));
          REQUIRE(opening);
          CHECK(schedule->is_open(*opening, here, nullptr));
          for (Instant at = std::max(from, *opening - hours(48)); at < *opening; at = at + minutes(15))
            if (schedule->is_open(at, here, nullptr)) FAIL(name << " is open at " << to_text(at) << ", before " << to_text(*opening));
          if (*opening > from) CHECK_FALSE(schedule->is_open(*opening - milliseconds(1), here, nullptr));
        }
  }
}

TEST_CASE("a rule that names no time is known as such, one that names a single leap day is not") {
  const auto empty = [](const char* rule) {
    const auto parsed = parse_recurrence_rule(rule);
    REQUIRE(parsed.ok());
    return Occurrences({*parsed, {2026, 1, 5, 9, 0, 0}, hours(1)}).is_empty();
  };
  CHECK(empty("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"));
  CHECK(empty("FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=31"));
  CHECK(empty("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6"));
  CHECK(empty("FREQ=DAILY;UNTIL=20260105T085959"));
  CHECK_FALSE(empty("FREQ=DAILY;UNTIL=20260105T090000"));
  CHECK_FALSE(empty("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"));
  CHECK(empty("FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29"));  // of 2026, 2030 and so on, none of them a
                                                                   // leap year
  CHECK_FALSE(empty("FREQ=DAILY;COUNT=1"));
}
