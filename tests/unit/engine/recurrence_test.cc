// Which times a rule names: against libical's iterator where that is right, against RFC 5545's own
// examples, and by ledger where libical is wrong.
#include "engine/recurrence.h"

#include <libical/ical.h>
#include <catch2/catch.hpp>

using namespace footlight;

namespace {

Occurrences occurrences(const std::string& rule, const std::string& from) {
  const auto parsed = parse_recurrence_rule(rule);
  if (!parsed.ok()) FAIL(rule << ": " << parsed.error().message);
  return Occurrences({.rule = *parsed, .from = *parse_civil(from), .lasts = hours(1)});
}

constexpr int years_30 = 30 * 366;
// Where both sides of a comparison stop, so that rare rules need not go on for centuries.
constexpr int last_year = 2050;

std::vector<std::string> first_of(const std::string& rule, const std::string& from, std::size_t count) {
  const Occurrences named = occurrences(rule, from);
  CivilTime moment = civil_day(day_number(*parse_civil(from)) - 1);
  std::vector<std::string> times;
  while (times.size() < count) {
    const auto next = named.earliest_after(moment, years_30);
    if (!next || next->year > last_year) break;
    times.push_back(to_text(*next));
    moment = *next;
  }
  return times;
}

std::vector<std::string> first_by_libical(const std::string& rule, const std::string& from, std::size_t count) {
  const CivilTime start = *parse_civil(from);
  icaltimetype at = icaltime_null_time();
  at.year = start.year;
  at.month = start.month;
  at.day = start.day;
  at.hour = start.hour;
  at.minute = start.minute;
  at.second = start.second;
  at.zone = icaltimezone_get_utc_timezone();
  icalrecur_iterator* iterator = icalrecur_iterator_new(icalrecurrencetype_from_string(rule.c_str()), at);
  std::vector<std::string> times;
  while (iterator && times.size() < count) {  // none where it finds no first occurrence
    const icaltimetype next = icalrecur_iterator_next(iterator);
    if (icaltime_is_null_time(next) || next.year > last_year) break;
    times.push_back(to_text(CivilTime{next.year, next.month, next.day, next.hour, next.minute, next.second}));
  }
  if (iterator) icalrecur_iterator_free(iterator);
  return times;
}

}  // namespace

TEST_CASE("rules name what libical says they name") {
  for (const char* rule : {"FREQ=HOURLY",
                           "FREQ=HOURLY;INTERVAL=7",
                           "FREQ=HOURLY;INTERVAL=36",
                           "FREQ=HOURLY;BYMINUTE=0,15,30,45",
                           "FREQ=HOURLY;INTERVAL=5;COUNT=33",
                           "FREQ=DAILY",
                           "FREQ=DAILY;INTERVAL=3",
                           "FREQ=DAILY;COUNT=5",
                           "FREQ=DAILY;BYMONTH=1,7",
                           "FREQ=DAILY;BYMONTHDAY=13;BYDAY=FR",
                           "FREQ=DAILY;BYDAY=SA,SU",
                           "FREQ=DAILY;BYHOUR=8,20;BYMINUTE=0,30",
                           "FREQ=DAILY;UNTIL=20260301T093000",
                           "FREQ=DAILY;UNTIL=20260301T092959",
                           "FREQ=DAILY;INTERVAL=1000;BYMONTH=2",
                           "FREQ=WEEKLY",
                           "FREQ=WEEKLY;BYDAY=MO",
                           "FREQ=WEEKLY;BYDAY=TU,TH,SA",
                           "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU",
                           "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU",
                           "FREQ=WEEKLY;INTERVAL=3;WKST=WE;BYDAY=TU,WE",
                           "FREQ=WEEKLY;BYMONTH=3",
                           "FREQ=WEEKLY;COUNT=9;BYDAY=MO,FR",
                           "FREQ=MONTHLY",
                           "FREQ=MONTHLY;INTERVAL=5",
                           "FREQ=MONTHLY;BYMONTHDAY=31",
                           "FREQ=MONTHLY;BYMONTHDAY=-1,1,15",
                           "FREQ=MONTHLY;BYDAY=-1FR",
                           "FREQ=MONTHLY;BYDAY=1MO,3MO",
                           "FREQ=MONTHLY;BYDAY=5SU",
                           "FREQ=MONTHLY;BYDAY=-5TU",
                           "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
                           "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
                           "FREQ=MONTHLY;BYMONTH=6,12;BYDAY=TH",
                           "FREQ=MONTHLY;BYDAY=TU,WE,TH;BYSETPOS=3;COUNT=12",
                           "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
                           "FREQ=YEARLY",
                           "FREQ=YEARLY;INTERVAL=4",
                           "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
                           "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
                           "FREQ=YEARLY;BYDAY=20MO",
                           "FREQ=YEARLY;BYDAY=-1SU,53WE",
                           "FREQ=YEARLY;BYMONTH=6,7",
                           "FREQ=YEARLY;BYYEARDAY=1,100,-1",
                           "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
                           "FREQ=YEARLY;BYDAY=FR;BYMONTH=5",
                           "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
                           "FREQ=YEARLY;BYWEEKNO=20,30;BYDAY=SA,SU",
                           "FREQ=YEARLY;INTERVAL=2;BYMONTH=1;BYDAY=SU;BYHOUR=8,9;BYMINUTE=30",
                           "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR;BYMONTH=12;BYSETPOS=-1",
                           "FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=2,3,4,5,6,7,8;BYDAY=TU"}) {
    for (const char* from : {"2026-01-05T09:30", "2024-02-29T00:00", "2027-12-31T23:45:10"}) {
      INFO(rule << " from " << from);
      CHECK(first_of(rule, from, 120) == first_by_libical(rule, from, 120));
    }
  }
}

TEST_CASE("the RFC's examples come out as printed there") {
  struct Case {
    const char* rule;
    const char* from;
    std::vector<std::string> times;
  };
  const std::vector<Case> cases = {
      {"FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
       "1997-01-01T09:00",
       {"1997-01-01T09:00", "1997-04-10T09:00", "1997-07-19T09:00", "2000-01-01T09:00", "2000-04-09T09:00", "2000-07-18T09:00",
        "2003-01-01T09:00", "2003-04-10T09:00", "2003-07-19T09:00", "2006-01-01T09:00"}},
      {"FREQ=YEARLY;BYDAY=20MO;COUNT=3", "1997-05-19T09:00", {"1997-05-19T09:00", "1998-05-18T09:00", "1999-05-17T09:00"}},
      {"FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=3", "1997-05-12T09:00", {"1997-05-12T09:00", "1998-05-11T09:00", "1999-05-17T09:00"}},
      {"FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8;COUNT=3",
       "1996-11-05T09:00",
       {"1996-11-05T09:00", "2000-11-07T09:00", "2004-11-02T09:00"}},
      {"FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=5",
       "1997-09-02T09:00",
       {"1998-02-13T09:00", "1998-03-13T09:00", "1998-11-13T09:00", "1999-08-13T09:00", "2000-10-13T09:00"}},
      {"FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "1997-09-04T09:00", {"1997-09-04T09:00", "1997-10-07T09:00", "1997-11-06T09:00"}},
      {"FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
       "1997-08-05T09:00",
       {"1997-08-05T09:00", "1997-08-10T09:00", "1997-08-19T09:00", "1997-08-24T09:00"}},
      {"FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
       "1997-08-05T09:00",
       {"1997-08-05T09:00", "1997-08-17T09:00", "1997-08-19T09:00", "1997-08-31T09:00"}},
      {"FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
       "2007-01-15T09:00",
       {"2007-01-15T09:00", "2007-01-30T09:00", "2007-02-15T09:00", "2007-03-15T09:00", "2007-03-30T09:00"}},
      // A week-year is its weeks: days of week 1 lie in the December before, of week 53 in the January after.
      {"FREQ=YEARLY;BYWEEKNO=1,53;BYDAY=TH;COUNT=4",
       "2026-01-01T09:00",
       {"2026-01-01T09:00", "2026-12-31T09:00", "2027-01-07T09:00", "2028-01-06T09:00"}},
      {"FREQ=YEARLY;BYWEEKNO=-1;BYDAY=SU;COUNT=2", "2026-06-01T09:00", {"2027-01-03T09:00", "2028-01-02T09:00"}},
      // Names no day at all; libical's iterator does not come back from the first.
      {"FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30", "2026-01-05T09:00", {}},
      {"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=3", "2026-01-05T09:00", {}},
  };
  for (const auto& [rule, from, times] : cases) {
    INFO(rule);
    CHECK(first_of(rule, from, 10) == times);
  }
}

TEST_CASE("rules that libical's iterator gets wrong") {
  struct Case {
    const char* rule;
    const char* from;
    std::vector<std::string> times;
  };
  const std::vector<Case> cases = {
      {"FREQ=DAILY;BYMONTHDAY=-1", "2026-01-05T09:30", {"2026-01-31T09:30", "2026-02-28T09:30", "2026-03-31T09:30"}},
      {"FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=-1", "2024-02-29T22:00", {"2024-02-29T22:00", "2024-02-29T23:00", "2025-02-28T00:00"}},
      {"FREQ=HOURLY;BYDAY=MO;BYHOUR=8,9", "2026-01-05T09:30", {"2026-01-05T09:30", "2026-01-12T08:30", "2026-01-12T09:30"}},
      {"FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=-1", "2026-01-05T09:30", {"2026-01-09T09:30", "2026-01-16T09:30", "2026-01-23T09:30"}},
      // Positions count times, not days: the second of the month is its first working day's evening.
      {"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=2,-2;BYHOUR=9,17",
       "2026-01-05T09:30",
       {"2026-01-30T09:30", "2026-02-02T17:30", "2026-02-27T09:30", "2026-03-02T17:30"}},
      {"FREQ=YEARLY;BYMONTHDAY=5", "2026-01-05T09:30", {"2026-01-05T09:30", "2026-02-05T09:30", "2026-03-05T09:30"}},
  };
  for (const auto& [rule, from, times] : cases) {
    INFO(rule);
    CHECK(first_of(rule, from, times.size()) == times);
  }
}

TEST_CASE("looking back finds the same occurrences as looking ahead") {
  for (const char* rule : {"FREQ=HOURLY;INTERVAL=7", "FREQ=DAILY;BYHOUR=8,20;COUNT=50", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU",
                           "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,-1", "FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20270101"}) {
    INFO(rule);
    const std::string from = "2026-01-05T09:30";
    const Occurrences named = occurrences(rule, from);
    const auto times = first_of(rule, from, 60);
    REQUIRE(times.size() > 10);
    for (std::size_t i = 0; i < times.size(); ++i) {
      const CivilTime time = *parse_civil(times[i]);
      CHECK(named.latest(time, 0) == time);
      CivilTime just_after = time;
      just_after.second = 1;
      CHECK(named.latest(just_after, 0) == time);
      if (i > 0 && times[i - 1].substr(0, 10) < times[i].substr(0, 10)) {
        CivilTime just_before = civil_day(day_number(time) - 1);
        just_before.hour = 23;
        just_before.minute = just_before.second = 59;
        const auto found = named.latest(just_before, 40);
        REQUIRE(found);
        CHECK(*found <= just_before);
        CHECK(named.earliest_after(*found, 40) >= time);
      }
    }
    CHECK_FALSE(named.latest({2026, 1, 5, 9, 29}, 400));
    CHECK_FALSE(named.latest({2025, 1, 5, 9, 29}, 400));
  }
  const Occurrences yearly = occurrences("FREQ=YEARLY", "2026-01-05T09:30");
  CHECK(yearly.latest({2026, 2, 4, 9}, 30) == CivilTime{2026, 1, 5, 9, 30});
  CHECK_FALSE(yearly.latest({2026, 2, 5, 9}, 30));  // the day is one further back
  CHECK(yearly.earliest_after({2026, 12, 6}, 30) == CivilTime{2027, 1, 5, 9, 30});
  CHECK_FALSE(yearly.earliest_after({2026, 12, 5}, 30));
}
