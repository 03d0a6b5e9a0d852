// Schedule documents: what is read, what is refused and where, and that equal schedules are
// written alike.
#include "model/schedule.h"

#include <catch2/catch.hpp>

#include "base/limits.h"

using namespace footlight;

namespace {

std::string canonical(const std::string& json) {
  Problems problems;
  const auto schedule = parse_schedule(*parse_json(json), "$.schedule", problems);
  for (const Problem& problem : problems) UNSCOPED_INFO(to_line(problem));
  REQUIRE(schedule);
  CHECK(problems.empty());
  const Value written = to_value(*schedule);
  Problems again;
  CHECK(parse_schedule(written, "$", again) == schedule);
  return to_json(written);
}

Problems problems_of(const std::string& json) {
  Problems problems;
  CHECK_FALSE(parse_schedule(*parse_json(json), "$.schedule", problems));
  return problems;
}

std::string with_rule(const std::string& rule) { return R"({"rrule":{"rule":")" + rule + R"(","from":"2026-01-05T09:00","lasts":"2h"}})"; }
std::string rule_of(const std::string& rule) {
  const Value document = *parse_json(canonical(with_rule(rule)));
  return document.at_path("rrule.rule")->string();
}

}  // namespace

TEST_CASE("equal schedules are written alike") {
  struct Case {
    const char* written;
    const char* canonical;
  };
  for (
      const auto& [written, expected] : {
          // days
          Case{R"({"weekly":[{"days":"mon-fri","hours":"08:00-20:00"}]})",
               R"({"weekly":[{"days":["mon","tue","wed","thu","fri"],"hours":["08:00-20:00"]}]})"},
          Case{R"({"weekly":[{"days":"Fri,MON , tue-thu","hours":["08:00-20:00"]}]})",
               R"({"weekly":[{"days":["mon","tue","wed","thu","fri"],"hours":["08:00-20:00"]}]})"},
          Case{R"({"weekly":[{"days":["wed-thu","mon,tue","fri"],"hours":["08:00-20:00"]}]})",
               R"({"weekly":[{"days":["mon","tue","wed","thu","fri"],"hours":["08:00-20:00"]}]})"},
          Case{R"({"weekly":[{"days":"fri-mon"}]})", R"({"weekly":[{"days":["mon","fri","sat","sun"],"hours":["00:00-24:00"]}]})"},
          Case{R"({"weekly":[{"hours":"09:00-10:00"}]})",
               R"({"weekly":[{"days":["mon","tue","wed","thu","fri","sat","sun"],"hours":["09:00-10:00"]}]})"},
          Case{R"({"weekly":[{"days":"tue-tue"}]})", R"({"weekly":[{"days":["tue"],"hours":["00:00-24:00"]}]})"},
          Case{R"({"weekly":[{"days":"tue-mon"}]})",
               R"({"weekly":[{"days":["mon","tue","wed","thu","fri","sat","sun"],"hours":["00:00-24:00"]}]})"},
          // hours: sorted, joined where they overlap or touch
          Case{R"({"weekly":[{"days":"mon","hours":"14:00-18:00, 08:00-12:00"}]})",
               R"({"weekly":[{"days":["mon"],"hours":["08:00-12:00","14:00-18:00"]}]})"},
          Case{R"({"weekly":[{"days":"mon","hours":["08:00-12:00","12:00-14:00","13:00-15:00"]}]})",
               R"({"weekly":[{"days":["mon"],"hours":["08:00-15:00"]}]})"},
          Case{R"({"weekly":[{"days":"mon","hours":["00:00-12:00","12:00-24:00"]}]})",
               R"({"weekly":[{"days":["mon"],"hours":["00:00-24:00"]}]})"},
          Case{R"({"weekly":[{"days":"mon","hours":"22:00-02:00"}]})", R"({"weekly":[{"days":["mon"],"hours":["22:00-02:00"]}]})"},
          Case{R"({"weekly":[{"days":"mon","hours":"22:00-00:00"}]})", R"({"weekly":[{"days":["mon"],"hours":["22:00-24:00"]}]})"},
          Case{R"({"weekly":[{"days":"mon","hours":["20:00-23:00","22:00-02:00"]}]})",
               R"({"weekly":[{"days":["mon"],"hours":["20:00-02:00"]}]})"},
          Case{R"({"weekly":[{"days":"mon","hours":["10:00-12:00","11:00-10:30"]}]})",  // a day and more: not
                                                                                        // one window
               R"({"weekly":[{"days":["mon"],"hours":["10:00-12:00","11:00-10:30"]}]})"},
          // windows: by day, days with equal hours together
          Case{
              R"({"weekly":[{"days":"tue","hours":"14:00-18:00"},{"days":"mon-tue","hours":"08:00-12:00"},{"days":"mon","hours":"14:00-18:00"},{"days":"sun"}]})",
              R"({"weekly":[{"days":["mon","tue"],"hours":["08:00-12:00","14:00-18:00"]},{"days":["sun"],"hours":["00:00-24:00"]}]})"},
          // zones
          Case{R"({"zone":"profile","except":["2026-12-25"]})", R"({"except":["2026-12-25"],"zone":"profile"})"},
          Case{R"({"zone":"Europe/Paris","except":["2026-12-25"]})", R"({"except":["2026-12-25"],"zone":"Europe/Paris"})"},
          Case{R"({"zone":null,"weekly":null,"except":["2026-12-25"]})", R"({"except":["2026-12-25"]})"},
          // dates
          Case{R"({"except":["2026-12-31/2027-01-01","2026-12-24","2026-12-25 / 2026-12-26","2026-12-25"]})",
               R"({"except":["2026-12-24/2026-12-26","2026-12-31/2027-01-01"]})"},
          Case{R"({"except":["2026-12-25/2026-12-25"]})", R"({"except":["2026-12-25"]})"},
          // rules
          Case{R"({"rrule":{"rule":"byday=we,mo;freq=weekly;interval=1","from":"2026-01-05 09:00","lasts":"120m"}})",
               R"({"rrule":{"from":"2026-01-05T09:00","lasts":"2h","rule":"FREQ=WEEKLY;BYDAY=MO,WE"}})"},
      }) {
    INFO(written);
    CHECK(canonical(written) == expected);
  }
}

TEST_CASE("rules are written one way") {
  struct Case {
    const char* rule;
    const char* canonical;
  };
  for (const auto& [rule, expected] : {
           Case{"FREQ=DAILY", "FREQ=DAILY"},
           Case{"FREQ=DAILY;WKST=MO", "FREQ=DAILY"},
           Case{"FREQ=WEEKLY;WKST=SU;INTERVAL=2", "FREQ=WEEKLY;INTERVAL=2;WKST=SU"},
           Case{"COUNT=3;FREQ=DAILY", "FREQ=DAILY;COUNT=3"},
           Case{"FREQ=DAILY;UNTIL=20261231", "FREQ=DAILY;UNTIL=20261231T235959"},
           Case{"FREQ=DAILY;UNTIL=20261231T090000", "FREQ=DAILY;UNTIL=20261231T090000"},
           Case{"FREQ=DAILY;BYHOUR=17,9,9;BYMINUTE=30,0", "FREQ=DAILY;BYHOUR=9,17;BYMINUTE=0,30"},
           Case{"FREQ=MONTHLY;BYDAY=-1FR,2MO", "FREQ=MONTHLY;BYDAY=2MO,-1FR"},
           Case{"FREQ=MONTHLY;BYDAY=FR,TH,WE,TU,MO;BYSETPOS=-1", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"},
           Case{"FREQ=MONTHLY;BYMONTHDAY=15,-1,1", "FREQ=MONTHLY;BYMONTHDAY=-1,1,15"},
           Case{"FREQ=YEARLY;BYWEEKNO=20;BYDAY=SU", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=SU"},
           Case{"FREQ=YEARLY;BYYEARDAY=-1,100", "FREQ=YEARLY;BYYEARDAY=-1,100"},
           Case{"FREQ=YEARLY;BYMONTH=12,1;BYDAY=53SU", ""},
       }) {
    INFO(rule);
    if (*expected) CHECK(rule_of(rule) == expected);
    else CHECK(problems_of(with_rule(rule)).size() == 1);
  }
}

TEST_CASE("what is wrong is told with its place and the way out") {
  struct Case {
    const char* document;
    const char* place;
    Code code;
    const char* says;
  };
  for (const auto& [document, place, code, says] : {
           Case{"[]", "$.schedule", Code::wrong_type, "expected an object"},
           Case{"{}", "$.schedule", Code::missing_field, "at least one of `weekly`, `rrule` and `except`"},
           Case{R"({"zone":"UTC"})", "$.schedule", Code::missing_field, "at least one"},
           Case{R"({"weekly":[]})", "$.schedule.weekly", Code::bad_schedule, "empty"},
           Case{R"({"weekly":{}})", "$.schedule.weekly", Code::bad_schedule, "empty"},
           Case{R"({"weekly":"mon"})", "$.schedule.weekly", Code::wrong_type, "expected a list"},
           Case{R"({"weekly":["mon"]})", "$.schedule.weekly[0]", Code::wrong_type, "expected an object"},
           Case{R"({"weekly":[{"day":"mon"}]})", "$.schedule.weekly[0].day", Code::unknown_field, "did you mean `days`?"},
           Case{R"({"weekly":[{}]})", "$.schedule.weekly[0]", Code::bad_schedule, "neither days nor hours"},
           Case{R"({"weekly":[{"days":"mon"}],"excep":["2026-12-25"]})", "$.schedule.excep", Code::unknown_field, "did you mean `except`?"},
           Case{R"({"weekly":[{"days":7}]})", "$.schedule.weekly[0].days", Code::wrong_type, "a string or a list"},
           Case{R"({"weekly":[{"days":[7]}]})", "$.schedule.weekly[0].days[0]", Code::wrong_type, "expected a string"},
           Case{R"({"weekly":[{"days":[]}]})", "$.schedule.weekly[0].days", Code::bad_schedule, "empty"},
           Case{R"({"weekly":[{"days":""}]})", "$.schedule.weekly[0].days", Code::bad_schedule, "no day of the week"},
           Case{R"({"weekly":[{"days":"monday"}]})", "$.schedule.weekly[0].days", Code::bad_schedule, "did you mean `mon`?"},
           Case{R"({"weekly":[{"days":"noday"}]})", "$.schedule.weekly[0].days", Code::bad_schedule, "`mon`, `tue`"},
           Case{R"({"weekly":[{"days":"mon-wed-fri"}]})", "$.schedule.weekly[0].days", Code::bad_schedule, "`mon-fri`"},
           Case{R"({"weekly":[{"days":"mon,,tue"}]})", "$.schedule.weekly[0].days", Code::bad_schedule, "no day"},
           Case{R"({"weekly":[{"hours":[]}]})", "$.schedule.weekly[0].hours", Code::bad_schedule, "empty"},
           Case{R"({"weekly":[{"hours":"8:00-20:00"}]})", "$.schedule.weekly[0].hours", Code::bad_schedule, "`08:00-20:00`"},
           Case{R"({"weekly":[{"hours":"08:00"}]})", "$.schedule.weekly[0].hours", Code::bad_schedule, "no hours"},
           Case{R"({"weekly":[{"hours":"08:00-24:01"}]})", "$.schedule.weekly[0].hours", Code::bad_schedule, "no hours"},
           Case{R"({"weekly":[{"hours":"24:00-08:00"}]})", "$.schedule.weekly[0].hours", Code::bad_schedule, "no hours"},
           Case{R"({"weekly":[{"hours":"08:60-09:00"}]})", "$.schedule.weekly[0].hours", Code::bad_schedule, "no hours"},
           Case{R"({"weekly":[{"hours":"08:00-08:00"}]})", "$.schedule.weekly[0].hours", Code::bad_schedule, "`00:00-24:00`"},
           Case{R"({"weekly":[{"hours":["08:00-09:00","x"]}]})", "$.schedule.weekly[0].hours[1]", Code::bad_schedule, "`x`"},
           Case{R"({"zone":"Europe/Pariss","except":["2026-12-25"]})", "$.schedule.zone", Code::unknown_time_zone,
                "did you mean `Europe/Paris`?"},
           Case{R"({"zone":1,"except":["2026-12-25"]})", "$.schedule.zone", Code::wrong_type, "expected a string"},
           Case{R"({"except":"2026-12-25"})", "$.schedule.except", Code::wrong_type, "expected a list"},
           Case{R"({"except":[]})", "$.schedule.except", Code::bad_schedule, "empty"},
           Case{R"({"except":[20261225]})", "$.schedule.except[0]", Code::wrong_type, "expected a string"},
           Case{R"({"except":["2026-12-32"]})", "$.schedule.except[0]", Code::bad_time, "calendar"},
           Case{R"({"except":["2026-12-25T09:00"]})", "$.schedule.except[0]", Code::bad_schedule, "whole days"},
           Case{R"({"except":["2026-12-25T00:00"]})", "$.schedule.except[0]", Code::bad_schedule, "whole days"},
           Case{R"({"except":["2026-12-26/2026-12-25"]})", "$.schedule.except[0]", Code::end_before_start, "ends before it starts"},
           Case{R"({"except":["2026-12-24/2026-12-25/2026-12-26"]})", "$.schedule.except[0]", Code::bad_schedule, "no range"},
           Case{R"({"rrule":"FREQ=DAILY"})", "$.schedule.rrule", Code::wrong_type, "expected an object"},
           Case{R"({"rrule":{"rule":"FREQ=DAILY","from":"2026-01-05"}})", "$.schedule.rrule.lasts", Code::missing_field, "`lasts`"},
           Case{R"({"rrule":{"rule":"FREQ=DAILY","lasts":"2h"}})", "$.schedule.rrule.from", Code::missing_field, "`from`"},
           Case{R"({"rrule":{"from":"2026-01-05","lasts":"2h"}})", "$.schedule.rrule.rule", Code::missing_field, "`rule`"},
           Case{R"({"rrule":{"rule":"FREQ=DAILY","from":"2026-01-05","lasts":"2 h"}})", "$.schedule.rrule.lasts", Code::bad_time,
                "duration"},
           Case{R"({"rrule":{"rule":"FREQ=DAILY","from":"2026-01-05","lasts":"0s"}})", "$.schedule.rrule.lasts", Code::bad_schedule,
                "never open"},
           Case{R"({"rrule":{"rule":"FREQ=DAILY","from":"2026-01-05Z","lasts":"1h"}})", "$.schedule.rrule.from", Code::bad_time,
                "expected the form"},
           Case{R"({"rrule":{"rule":"FREQ=DAILY;UNTIL=20260104","from":"2026-01-05","lasts":"1h"}})", "$.schedule.rrule.rule",
                Code::end_before_start, "`UNTIL`"},
           Case{R"({"rrule":{"rule":"FREQ=DAILY","from":"2026-01-05","lasts":"1h","until":"x"}})", "$.schedule.rrule.until",
                Code::unknown_field, "no field `until`"},
       }) {
    INFO(document);
    const Problems problems = problems_of(document);
    REQUIRE(problems.size() == 1);
    INFO(to_line(problems[0]));
    CHECK(problems[0].place == place);
    CHECK(problems[0].code == code);
    CHECK_THAT(problems[0].message, Catch::Contains(says));
  }
}

TEST_CASE("what is wrong with a rule is told by its part") {
  struct Case {
    const char* rule;
    const char* says;
  };
  for (const auto& [rule, says] : {
           Case{"", "expected the form"},
           Case{"every monday", "expected the form"},
           Case{"RRULE:FREQ=DAILY", "expected the form"},
           Case{"FREQ=DAILY ", "without blanks"},
           Case{"FREQ=DAILY;", "expected the form"},
           Case{"BYDAY=MO", "how often"},
           Case{"FREQ=WEKLY", "did you mean `WEEKLY`?"},
           Case{"FREQ=", "`FREQ=`"},
           Case{"FREQ=SECONDLY", "too often"},
           Case{"FREQ=MINUTELY", "too often"},
           Case{"FREQ=DAILY;FREQ=DAILY", "stands twice"},
           Case{"FREQ=DAILY;BYDAYS=MO", "did you mean `BYDAY`?"},
           Case{"FREQ=DAILY;BYSECOND=1", "`BYSECOND`"},
           Case{"RSCALE=HEBREW;FREQ=YEARLY", "`RSCALE`"},
           Case{"FREQ=WEEKLY;BYDAY=XX", "`BYDAY=XX`"},
           Case{"FREQ=WEEKLY;BYDAY=1MO", "leave out the number"},
           Case{"FREQ=YEARLY;BYWEEKNO=2;BYDAY=1MO", "leave out the number"},
           Case{"FREQ=MONTHLY;BYDAY=6MO", "never comes"},
           Case{"FREQ=YEARLY;BYDAY=99MO", "`BYDAY=99MO`"},
           Case{"FREQ=YEARLY;BYMONTH=3;BYDAY=-6MO", "never comes"},
           Case{"FREQ=WEEKLY;BYMONTHDAY=3", "`BYMONTHDAY` cannot stand with `FREQ=WEEKLY`"},
           Case{"FREQ=MONTHLY;BYWEEKNO=3", "`BYWEEKNO` cannot stand with"},
           Case{"FREQ=DAILY;BYYEARDAY=3", "`BYYEARDAY` cannot stand with"},
           Case{"FREQ=DAILY;BYSETPOS=1", "`BYSETPOS` cannot stand with"},
           Case{"FREQ=HOURLY;BYSETPOS=1", "`BYSETPOS` cannot stand with"},
           Case{"FREQ=DAILY;BYMONTH=13", "outside of 1 to 12"},
           Case{"FREQ=DAILY;BYMONTH=0", "BYMONTH"},
           Case{"FREQ=DAILY;BYMONTH=5L", "BYMONTH"},
           Case{"FREQ=DAILY;BYHOUR=24", "`BYHOUR=24`"},
           Case{"FREQ=DAILY;BYHOUR=-1", "BYHOUR"},
           Case{"FREQ=DAILY;BYMINUTE=60", "BYMINUTE"},
           Case{"FREQ=MONTHLY;BYMONTHDAY=32", "`BYMONTHDAY=32`"},
           Case{"FREQ=MONTHLY;BYMONTHDAY=0", "`BYMONTHDAY=0`"},
           Case{"FREQ=DAILY;INTERVAL=0", "`INTERVAL=0`"},
           Case{"FREQ=DAILY;INTERVAL=-1", "`INTERVAL=-1`"},
           Case{"FREQ=DAILY;INTERVAL=1X", "`INTERVAL=1X`"},
           Case{"FREQ=DAILY;INTERVAL=65537", "`INTERVAL=65537`"},
           Case{"FREQ=DAILY;COUNT=4294967297", "`COUNT=4294967297`"},
           Case{"FREQ=DAILY;BYHOUR=4294967305", "BYHOUR"},
           Case{"FREQ=MONTHLY;BYDAY=65537MO", "`BYDAY=65537MO`"},
           Case{"FREQ=YEARLY;BYYEARDAY=367", "BYYEARDAY"},
           Case{"FREQ=YEARLY;BYWEEKNO=54", "BYWEEKNO"},
           Case{"FREQ=DAILY;COUNT=0", "`COUNT=0`"},
           Case{"FREQ=DAILY;COUNT=3X", "`COUNT=3X`"},
           Case{"FREQ=DAILY;COUNT=", "`COUNT=`"},
           Case{"FREQ=DAILY;COUNT=3;UNTIL=20271231", "cannot stand together"},
           Case{"FREQ=DAILY;UNTIL=tomorrow", "`UNTIL=TOMORROW`"},
           Case{"FREQ=DAILY;UNTIL=20271231T090000Z", "leave out the `Z`"},
           Case{"FREQ=DAILY;UNTIL=20270231T090000", "calendar"},
           Case{"FREQ=DAILY;UNTIL=22010101", "outside the years"},
           Case{"FREQ=WEEKLY;WKST=XX", "`WKST=XX`"},
           Case{"FREQ=DAILY;BYHOUR=", "`BYHOUR=`"},
           Case{"FREQ=DAILY;BYHOUR=9,,10", "BYHOUR"},
       }) {
    INFO(rule);
    const Problems problems = problems_of(with_rule(rule));
    REQUIRE(problems.size() == 1);
    INFO(to_line(problems[0]));
    CHECK(problems[0].place == "$.schedule.rrule.rule");
    CHECK(problems[0].code == Code::bad_schedule);
    CHECK_THAT(problems[0].message, Catch::Contains(says));
  }
}

TEST_CASE("every problem of a document is told at once") {
  const Problems problems = problems_of(R"({"zone":"Mars/Base","weekly":[{"days":"mon,xyz","hours":"25:00-26:00"},{"hour":"x"}],
      "rrule":{"rule":"FREQ=NEVER","from":"soon","lasts":"long"},"except":["2026-02-30",5],"colour":"red"})");
  std::vector<std::string> places;
  for (const Problem& problem : problems) places.push_back(problem.place.substr(11));
  CHECK(places ==
        std::vector<std::string>{"zone", "weekly[0].days", "weekly[0].hours", "weekly[1].hour", "rrule.rule", "rrule.from", "rrule.lasts",
                                 "except[0]", "except[1]", "colour"});
}

TEST_CASE("schedules end at their limits") {
  const auto list = [](std::size_t count, auto item) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += (i ? "," : "") + item(static_cast<int>(i));
    return "[" + text + "]";
  };
  const auto refused = [](const std::string& json) {
    const Problems problems = problems_of(json);
    return problems.size() == 1 && problems[0].code == Code::limit_exceeded;
  };
  const auto accepted = [](const std::string& json) {
    Problems problems;
    return parse_schedule(*parse_json(json), "$", problems).has_value();
  };

  const auto windows = [&](std::size_t count) {
    return R"({"weekly":)" + list(count, [](int) { return std::string(R"({"days":"mon","hours":"08:00-09:00"})"); }) + "}";
  };
  CHECK(accepted(windows(limits::schedule_windows_max)));
  CHECK(refused(windows(limits::schedule_windows_max + 1)));

  const auto dates = [&](std::size_t count) {
    return R"({"except":)" + list(count, [](int i) { return "\"" + to_text(civil_day(20'000 + 2 * i)).substr(0, 10) + "\""; }) + "}";
  };
  CHECK(accepted(dates(limits::schedule_except_max)));
  CHECK(refused(dates(limits::schedule_except_max + 1)));

  const auto long_rule = [](std::size_t bytes) {
    std::string rule = "FREQ=YEARLY;BYYEARDAY=";
    for (int day = 100; bytes - rule.size() > 4; ++day) rule += std::to_string(day) + ",";
    return with_rule(rule + std::vector<std::string>{"1", "10", "100", "+100"}[bytes - rule.size() - 1]);
  };
  CHECK(accepted(long_rule(limits::rrule_bytes_max)));
  CHECK(refused(long_rule(limits::rrule_bytes_max + 1)));

  CHECK(accepted(with_rule("FREQ=DAILY;COUNT=" + std::to_string(limits::rrule_count_max))));
  CHECK(refused(with_rule("FREQ=DAILY;COUNT=" + std::to_string(limits::rrule_count_max + 1))));

  const auto lasting = [](Duration lasts) {
    return R"({"rrule":{"rule":"FREQ=YEARLY","from":"2026-01-05","lasts":")" + to_text(lasts) + R"("}})";
  };
  CHECK(accepted(lasting(limits::rrule_lasts_max)));
  CHECK(refused(lasting(limits::rrule_lasts_max + milliseconds(1))));
}
