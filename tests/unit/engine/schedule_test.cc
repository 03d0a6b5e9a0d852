// When schedules are open: plain weeks, nights, the days on which clocks change, rules, exceptions.
#include "engine/schedule.h"

#include <catch2/catch.hpp>

#include "base/limits.h"

using namespace footlight;

namespace {

const Zone paris = *Zone::find("Europe/Paris");
const Zone new_york = *Zone::find("America/New_York");
const Zone st_johns = *Zone::find("America/St_Johns");

CompiledSchedule schedule(const std::string& json) {
  Problems problems;
  auto parsed = parse_schedule(*parse_json(json), "$", problems);
  for (const Problem& problem : problems) UNSCOPED_INFO(to_line(problem));
  REQUIRE(parsed);
  return compile(*std::move(parsed));
}

Instant in(const Zone& zone, const std::string& text) {
  const auto instant = parse_in_zone(text, zone);
  if (!instant.ok()) FAIL(instant.error().message);
  return *instant;
}

// The stretches of `from` to `till` in which it is open, as the zone's clock shows them, found minute by
// minute.
std::vector<std::string> openings(const CompiledSchedule& schedule, const Zone& zone, const std::string& from, const std::string& till) {
  std::vector<std::string> found;
  bool was_open = false;
  const Instant end = in(zone, till);
  for (Instant at = in(zone, from); at <= end; at = at + minutes(1)) {
    const bool is_open = at < end && schedule.is_open(at, zone, nullptr);
    const std::string text = to_text(at, zone).substr(5);
    if (is_open && !was_open) found.push_back(text);
    if (!is_open && was_open) found.back() += " " + text;
    was_open = is_open;
  }
  return found;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a weekly window is open from its first minute up to its last") {
  const auto office = schedule(R"({"weekly":[{"days":"mon-fri","hours":["08:00-12:00","14:00-18:00"]}]})");
  // 2026-01-09 is a Friday.
  CHECK(openings(office, paris, "2026-01-09T00:00", "2026-01-13T00:00") ==
        Texts{"01-09T08:00+01:00 01-09T12:00+01:00", "01-09T14:00+01:00 01-09T18:00+01:00", "01-12T08:00+01:00 01-12T12:00+01:00",
              "01-12T14:00+01:00 01-12T18:00+01:00"});
  CHECK_FALSE(office.is_open(in(paris, "2026-01-09T08:00") - milliseconds(1), paris, nullptr));
  CHECK(office.is_open(in(paris, "2026-01-09T08:00"), paris, nullptr));
  CHECK(office.is_open(in(paris, "2026-01-09T12:00") - milliseconds(1), paris, nullptr));
  CHECK_FALSE(office.is_open(in(paris, "2026-01-09T12:00"), paris, nullptr));
}

TEST_CASE("a window over midnight belongs to the day it begins on") {
  const auto night = schedule(R"({"weekly":[{"days":"fri","hours":"22:00-02:00"},{"days":"sun","hours":"23:00-24:00"}]})");
  CHECK(openings(night, paris, "2026-01-08T00:00", "2026-01-13T00:00") ==
        Texts{"01-09T22:00+01:00 01-10T02:00+01:00", "01-11T23:00+01:00 01-12T00:00+01:00"});
  const auto sunday_night = schedule(R"({"weekly":[{"days":"sun","hours":"22:00-02:00"}]})");
  CHECK(openings(sunday_night, paris, "2026-01-11T12:00", "2026-01-12T12:00") == Texts{"01-11T22:00+01:00 01-12T02:00+01:00"});
}

TEST_CASE("touching windows leave no gap between them, at midnight and at clock changes too") {
  const auto always = schedule(R"({"weekly":[{"hours":["00:00-02:30","02:30-24:00"]}]})");
  CHECK(openings(always, paris, "2026-03-28T00:00", "2026-03-30T00:00") == Texts{"03-28T00:00+01:00 03-30T00:00+02:00"});
  CHECK(openings(always, paris, "2026-10-24T00:00", "2026-10-26T00:00") == Texts{"10-24T00:00+02:00 10-26T00:00+01:00"});
  // St. John's put its clock back at 00:01, into the day before.
  CHECK(openings(always, st_johns, "2010-11-06T00:00", "2010-11-08T00:00") == Texts{"11-06T00:00-02:30 11-08T00:00-03:30"});
  // Mondays to Saturdays end with the first midnight, where Sunday begins; Saturday's second 23:30 is
  // Sunday's.
  const auto week = schedule(R"({"weekly":[{"days":"mon-sat"}]})");
  CHECK(openings(week, st_johns, "2010-11-06T00:00", "2010-11-07T12:00") == Texts{"11-06T00:00-02:30 11-07T00:00-02:30"});
}

TEST_CASE("windows on the night the clock is put forward") {
  struct Case {
    const char* hours;
    Texts open;
  };
  for (const auto& [hours, open] : {Case{"01:00-04:00", {"03-29T01:00+01:00 03-29T04:00+02:00"}},  // two hours long
                                    Case{"02:15-02:45", {}},                                       // skipped
                                    Case{"02:30-05:00", {"03-29T03:00+02:00 03-29T05:00+02:00"}},
                                    Case{"01:00-02:30", {"03-29T01:00+01:00 03-29T03:00+02:00"}}, Case{"02:00-03:00", {}}}) {
    INFO(hours);
    const auto night = schedule(R"({"weekly":[{"hours":")" + std::string(hours) + R"("}]})");
    CHECK(openings(night, paris, "2026-03-29T00:00", "2026-03-29T12:00") == open);
  }
  const auto night = schedule(R"({"weekly":[{"hours":"02:30-05:00"}]})");
  CHECK(openings(night, new_york, "2026-03-08T00:00", "2026-03-08T12:00") == Texts{"03-08T03:00-04:00 03-08T05:00-04:00"});
}

TEST_CASE("windows on the night the clock is put back") {
  struct Case {
    const char* hours;
    Texts open;
  };
  for (const auto& [hours, open] : {Case{"01:00-04:00", {"10-25T01:00+02:00 10-25T04:00+01:00"}},  // four hours long
                                    Case{"02:15-02:45", {"10-25T02:15+02:00 10-25T02:45+02:00"}},  // the first showing only
                                    Case{"02:30-05:00", {"10-25T02:30+02:00 10-25T05:00+01:00"}},
                                    Case{"01:00-02:30", {"10-25T01:00+02:00 10-25T02:30+02:00"}},  // does not open again
                                    Case{"02:00-03:00", {"10-25T02:00+02:00 10-25T03:00+01:00"}}}) {
    INFO(hours);
    const auto night = schedule(R"({"weekly":[{"hours":")" + std::string(hours) + R"("}]})");
    CHECK(openings(night, paris, "2026-10-25T00:00", "2026-10-25T12:00") == open);
  }
  const auto night = schedule(R"({"weekly":[{"hours":"01:30-05:00"}]})");
  CHECK(openings(night, new_york, "2026-11-01T00:00", "2026-11-01T12:00") == Texts{"11-01T01:30-04:00 11-01T05:00-05:00"});
}

TEST_CASE("a window lasts from its lenient beginning to its lenient end") {
  // The rule that the header states, checked minute by minute against its own definition.
  for (const auto& [zone, from, till] :
       {std::tuple{paris, "2026-03-28", "2026-03-30"}, std::tuple{paris, "2026-10-24", "2026-10-26"},
        std::tuple{st_johns, "2010-11-06", "2010-11-08"}, std::tuple{new_york, "2026-11-01", "2026-11-02"}}) {
    for (const auto& [begin, end] : {std::pair{"00:30", "02:10"}, std::pair{"23:10", "23:40"}, std::pair{"01:15", "01:45"}}) {
      const auto window = schedule(R"({"weekly":[{"hours":")" + std::string(begin) + "-" + end + R"("}]})");
      for (Instant at = in(zone, from); at < in(zone, till); at = at + minutes(1)) {
        bool expected = false;
        for (int day = day_number(zone.local(at)) - 1; day <= day_number(zone.local(at)) + 1; ++day) {
          const std::string date = to_text(civil_day(day)).substr(0, 10);
          expected = expected ||
              (zone.resolve_leniently(*parse_civil(date + "T" + begin)) <= at &&
               at < zone.resolve_leniently(*parse_civil(date + "T" + end)));
        }
        if (window.is_open(at, zone, nullptr) != expected) FAIL(begin << " " << to_text(at, zone));
      }
    }
  }
}

TEST_CASE("a rule keeps its local time across clock changes") {
  const auto mondays = schedule(R"({"rrule":{"rule":"FREQ=WEEKLY;BYDAY=MO","from":"2026-01-05T09:30","lasts":"2h"}})");
  CHECK(openings(mondays, paris, "2026-03-22T00:00", "2026-04-01T00:00") ==
        Texts{"03-23T09:30+01:00 03-23T11:30+01:00", "03-30T09:30+02:00 03-30T11:30+02:00"});
  CHECK(openings(mondays, paris, "2026-10-18T00:00", "2026-10-27T00:00") ==
        Texts{"10-19T09:30+02:00 10-19T11:30+02:00", "10-26T09:30+01:00 10-26T11:30+01:00"});
  CHECK(openings(mondays, new_york, "2026-03-02T00:00", "2026-03-10T00:00") ==
        Texts{"03-02T09:30-05:00 03-02T11:30-05:00", "03-09T09:30-04:00 03-09T11:30-04:00"});
  CHECK_FALSE(mondays.is_open(in(paris, "2025-12-29T10:00"), paris, nullptr));  // before `from`
}

TEST_CASE("an occurrence lasts its duration of passing time") {
  const auto daily = schedule(R"({"rrule":{"rule":"FREQ=DAILY","from":"2026-01-05T00:30","lasts":"3h"}})");
  CHECK(openings(daily, paris, "2026-03-29T00:00", "2026-03-29T12:00") == Texts{"03-29T00:30+01:00 03-29T04:30+02:00"});
  CHECK(openings(daily, paris, "2026-10-25T00:00", "2026-10-25T12:00") == Texts{"10-25T00:30+02:00 10-25T02:30+01:00"});
  const auto skipped = schedule(R"({"rrule":{"rule":"FREQ=DAILY","from":"2026-01-05T02:30","lasts":"30m"}})");
  CHECK(openings(skipped, paris, "2026-03-29T00:00", "2026-03-29T12:00") == Texts{"03-29T03:00+02:00 03-29T03:30+02:00"});
  CHECK(openings(skipped, paris, "2026-10-25T00:00", "2026-10-25T12:00") == Texts{"10-25T02:30+02:00 10-25T02:00+01:00"});
  const auto month = schedule(R"({"rrule":{"rule":"FREQ=YEARLY","from":"2026-03-01T12:00","lasts":"31d"}})");
  CHECK(month.is_open(in(paris, "2026-04-01T12:59"), paris, nullptr));
  CHECK_FALSE(month.is_open(in(paris, "2026-04-01T13:00"), paris, nullptr));
}

TEST_CASE("a rule ends with its count or its until") {
  const auto thrice = schedule(R"({"rrule":{"rule":"FREQ=DAILY;COUNT=3","from":"2026-01-05T09:00","lasts":"1h"}})");
  CHECK(openings(thrice, paris, "2026-01-04T00:00", "2026-01-10T00:00").size() == 3);
  CHECK(thrice.reason(in(paris, "2026-01-07T10:00"), paris, nullptr) == "closed: does not open within 730d");
  const auto until = schedule(R"({"rrule":{"rule":"FREQ=DAILY;UNTIL=20260106","from":"2026-01-05T09:00","lasts":"1h"}})");
  CHECK(openings(until, paris, "2026-01-04T00:00", "2026-01-10T00:00").size() == 2);
}

TEST_CASE("windows, rule and exceptions narrow each other") {
  const auto narrow = schedule(R"({"weekly":[{"days":"mon-fri","hours":"09:00-17:00"}],
      "rrule":{"rule":"FREQ=WEEKLY;BYDAY=MO,SA","from":"2026-01-05T16:00","lasts":"2h"},"except":["2026-01-12"]})");
  CHECK(openings(narrow, paris, "2026-01-05T00:00", "2026-01-20T00:00") ==
        Texts{"01-05T16:00+01:00 01-05T17:00+01:00", "01-19T16:00+01:00 01-19T17:00+01:00"});
}

TEST_CASE("excepted dates are whole days of the schedule's clock") {
  const auto holidays = schedule(R"({"except":["2026-12-24/2026-12-26","2026-12-31"]})");
  CHECK(openings(holidays, paris, "2026-12-23T00:00", "2027-01-01T12:00") ==
        Texts{"12-23T00:00+01:00 12-24T00:00+01:00", "12-27T00:00+01:00 12-31T00:00+01:00", "01-01T00:00+01:00 01-01T12:00+01:00"});
  // A night window stops where an excepted date begins, and the one of the excepted date begins after it.
  const auto night = schedule(R"({"weekly":[{"hours":"22:00-02:00"}],"except":["2026-12-25"]})");
  CHECK(openings(night, paris, "2026-12-24T12:00", "2026-12-26T12:00") ==
        Texts{"12-24T22:00+01:00 12-25T00:00+01:00", "12-26T00:00+01:00 12-26T02:00+01:00"});
}

TEST_CASE("the zone is the document's, the profile's or the workspace's") {
  const std::string hours = R"("weekly":[{"hours":"09:00-17:00"}]})";
  const Instant morning = in(paris, "2026-01-05T10:00");  // 04:00 in New York, 09:00 UTC
  const auto plain = schedule("{" + hours);
  CHECK(plain.is_open(morning, paris, nullptr));
  CHECK(plain.is_open(morning, paris, &new_york));  // nobody asked for the profile's
  CHECK_FALSE(plain.is_open(morning, new_york, nullptr));
  const auto named = schedule(R"({"zone":"America/New_York",)" + hours);
  CHECK_FALSE(named.is_open(morning, paris, &paris));
  const auto own = schedule(R"({"zone":"profile",)" + hours);
  CHECK(own.uses_profile_zone());
  CHECK_FALSE(plain.uses_profile_zone());
  CHECK_FALSE(own.is_open(morning, paris, &new_york));
  CHECK(own.is_open(morning, paris, nullptr));  // unknown: the workspace's
  CHECK(own.zone(paris, &new_york) == new_york);
  CHECK(own.zone(paris, nullptr) == paris);
  CHECK(own.reason(morning, paris, &new_york) == "closed: opens mon 09:00 America/New_York");
}

TEST_CASE("the reason says when it opens") {
  const auto office = schedule(R"({"weekly":[{"days":"mon-fri","hours":"08:00-20:00"}],"except":["2026-12-25","2026-12-28/2027-01-03"]})");
  struct Case {
    const char* at;
    const char* reason;
  };
  for (const auto& [at, reason] :
       {Case{"2026-12-21T08:00", ""}, Case{"2026-12-21T07:59", "closed: opens mon 08:00 Europe/Paris"},
        Case{"2026-12-21T20:00", "closed: opens tue 08:00 Europe/Paris"}, Case{"2026-12-25T10:00", "closed on 2026-12-25"},
        Case{"2026-12-26T10:00", "closed: opens 2027-01-04 08:00 Europe/Paris"}, Case{"2027-01-03T10:00", "closed on 2027-01-03"},
        Case{"2027-01-01T23:00", "closed on 2027-01-01"}}) {
    INFO(at);
    CHECK(office.reason(in(paris, at), paris, nullptr) == reason);
  }
  const auto nights = schedule(R"({"weekly":[{"days":"sun","hours":"02:30-05:00"}]})");
  CHECK(nights.reason(in(paris, "2026-03-29T01:00"), paris, nullptr) == "closed: opens sun 03:00 Europe/Paris");
  CHECK(nights.reason(in(paris, "2026-03-29T05:00"), paris, nullptr) == "closed: opens 2026-04-05 02:30 Europe/Paris");
}

TEST_CASE("the next opening is the first open instant") {
  for (
      const char* json :
      {R"({"weekly":[{"days":"mon","hours":"08:15-08:45"},{"days":"sun","hours":"02:15-02:45"}]})",
       R"({"weekly":[{"hours":"22:00-02:00"}],"except":["2026-03-28/2026-03-30"]})",
       R"({"rrule":{"rule":"FREQ=DAILY;INTERVAL=2;BYHOUR=2,14;BYMINUTE=30","from":"2026-01-05T09:00","lasts":"45m"}})",
       R"({"weekly":[{"days":"sat-sun"}],"rrule":{"rule":"FREQ=HOURLY;INTERVAL=5","from":"2026-01-05T09:00","lasts":"10m"},"except":["2026-03-28"]})"}) {
    INFO(json);
    const auto compiled = schedule(json);
    for (const auto& [from, till] : {std::pair{"2026-03-25", "2026-04-03"}, std::pair{"2026-10-22", "2026-10-31"}}) {
      // Walks backwards, so that the next open minute is always known.
      std::optional<Instant> next;
      for (Instant at = in(paris, till); at >= in(paris, from); at = at - minutes(1)) {
        if (compiled.is_open(at, paris, nullptr)) next = at;
        if (!next) continue;
        if (compiled.next_opening(at, paris, nullptr) != next) FAIL(to_text(at, paris));
        CHECK(compiled.reason(at, paris, nullptr).empty() == (at == *next));
      }
      REQUIRE(next);
    }
  }
}

TEST_CASE("the search for an opening ends at its limit") {
  const auto from = in(paris, "2026-01-01T00:00");
  const auto opens = [&](Instant first) {
    return schedule(R"({"rrule":{"rule":"FREQ=DAILY","from":")" + to_text(paris.local(first)) + R"(","lasts":"1h"}})")
        .next_opening(from, paris, nullptr);
  };
  CHECK(opens(from + limits::schedule_search_max - seconds(1)) == from + limits::schedule_search_max - seconds(1));
  CHECK_FALSE(opens(from + limits::schedule_search_max));
  // Never open: the windows and the rule exclude each other.
  const auto never =
      schedule(R"({"weekly":[{"days":"mon"}],"rrule":{"rule":"FREQ=HOURLY;BYDAY=WE","from":"2026-01-05T00:00","lasts":"1h"}})");
  CHECK_FALSE(never.next_opening(from, paris, nullptr));
  CHECK(never.reason(from, paris, nullptr) == "closed: does not open within 730d");
}
