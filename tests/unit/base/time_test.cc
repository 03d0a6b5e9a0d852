// Times as text: what parses, what does not and why, and that what is written is read again.
#include "footlight/time.h"

#include <catch2/catch.hpp>

#include "base/limits.h"

using namespace footlight;

TEST_CASE("instants are read with an offset and written in UTC") {
  struct Case {
    const char* text;
    const char* means;
  };
  for (const auto& [text, means] : {
           Case{"2026-12-01T09:00:00Z", "2026-12-01T09:00:00Z"},
           Case{"2026-12-01T09:00Z", "2026-12-01T09:00:00Z"},
           Case{"2026-12-01 09:00z", "2026-12-01T09:00:00Z"},
           Case{"2026-12-01t09:00:30+01:00", "2026-12-01T08:00:30Z"},
           Case{"2026-12-31T23:30-08:00", "2027-01-01T07:30:00Z"},
           Case{"2028-02-29T00:00+05:45", "2028-02-28T18:15:00Z"},
           Case{"2026-12-01T09:00:00.5Z", "2026-12-01T09:00:00.500Z"},
           Case{"2026-12-01T09:00:00.123456789Z", "2026-12-01T09:00:00.123Z"},
           Case{"2026-12-01T09:00:00.000Z", "2026-12-01T09:00:00Z"},
           Case{"1972-01-06T23:15:30-00:44:30", "1972-01-07T00:00:00Z"},
           Case{"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"},
           Case{"2200-12-31T23:59:59.999Z", "2200-12-31T23:59:59.999Z"},
       }) {
    INFO(text);
    const auto instant = parse_instant(text);
    REQUIRE(instant.ok());
    CHECK(to_text(*instant) == means);
    CHECK(*parse_instant(to_text(*instant)) == *instant);
  }
  CHECK(parse_instant("1970-01-01T00:00:01.250Z")->ms == 1250);
  CHECK(parse_instant("2000-03-01T00:00Z")->ms == 951'868'800'000);
}

TEST_CASE("what is no instant is refused, with the reason") {
  struct Case {
    const char* text;
    const char* says;
  };
  for (const auto& [text, says] : {
           Case{"", "expected the form"},
           Case{"tomorrow", "expected the form"},
           Case{"2026-1-01T09:00Z", "expected the form"},
           Case{"26-12-01T09:00Z", "expected the form"},
           Case{" 2026-12-01T09:00Z", "expected the form"},
           Case{"+2026-12-01T09:00Z", "expected the form"},
           Case{"2026-13-01T09:00Z", "is not a day of the calendar"},
           Case{"2026-02-29T09:00Z", "is not a day of the calendar"},
           Case{"2026-00-10T09:00Z", "is not a day of the calendar"},
           Case{"2026-04-31", "is not a day of the calendar"},
           Case{"2026-12-01", "end it with `Z` or an offset such as `2026-12-01T00:00+01:00`"},
           Case{"2026-12-01T09:00", "end it with `Z` or an offset such as `2026-12-01T09:00+01:00`"},
           Case{"2026-12-01T24:00Z", "time of day"},
           Case{"2026-12-01T09:60Z", "time of day"},
           Case{"2026-12-31T23:59:60Z", "time of day"},
           Case{"2026-12-01T9:00Z", "expected the form"},
           Case{"2026-12-01T09Z", "expected the form"},
           Case{"2026-12-01T09:00:3Z", "seconds have two digits"},
           Case{"2026-12-01T09:00:30.Z", "1 to 9 digits"},
           Case{"2026-12-01T09:00:30.1234567890Z", "1 to 9 digits"},
           Case{"2026-12-01T09:00+0100", "expected `Z` or an offset"},
           Case{"2026-12-01T09:00+01", "expected `Z` or an offset"},
           Case{"2026-12-01T09:00+24:00", "no possible offset"},
           Case{"2026-12-01T09:00+01:60", "no possible offset"},
           Case{"2026-12-01T09:00ZZ", "goes on"},
           Case{"2026-12-01T09:00Z ", "goes on"},
           Case{"2026-12-01T09:00+01:00[Europe/Paris]", "goes on"},
           Case{"1969-12-31T23:59:59Z", "outside the years 1970 to 2200"},
           Case{"1970-01-01T00:59+01:00", "outside the years 1970 to 2200 in UTC"},
           Case{"2201-01-01T00:00Z", "outside the years 1970 to 2200"},
           Case{"2200-12-31T23:00-01:00", "outside the years 1970 to 2200 in UTC"},
       }) {
    INFO(text);
    const auto instant = parse_instant(text);
    REQUIRE_FALSE(instant.ok());
    CHECK(instant.error().code == Code::bad_time);
    CHECK_THAT(instant.error().message, Catch::Contains(says) && Catch::StartsWith("`" + std::string(text) + "`"));
  }
}

TEST_CASE("instants beyond the calendar still read as something") {
  CHECK(to_text(Instant{-1}) == "1969-12-31T23:59:59.999Z");
  CHECK(to_text(Instant{-62'135'596'800'000}) == "0001-01-01T00:00:00Z");
  CHECK(to_text(Instant{-62'135'596'800'001}) == "-62135596800001 ms");
  CHECK(to_text(Instant{253'402'300'799'999}) == "9999-12-31T23:59:59.999Z");
  CHECK(to_text(Instant{INT64_MAX}) == "9223372036854775807 ms");
}

TEST_CASE("civil times are read and written") {
  CHECK(*parse_civil("2026-12-01") == CivilTime{2026, 12, 1});
  CHECK(*parse_civil("2026-12-01T09:05") == CivilTime{2026, 12, 1, 9, 5});
  CHECK(*parse_civil("2026-12-01 09:05:07") == CivilTime{2026, 12, 1, 9, 5, 7});
  for (const char* text : {"2026-12-01T09:05", "2026-12-01T09:05:07", "1970-01-01T00:00", "2200-12-31T23:59:59"})
    CHECK(to_text(*parse_civil(text)) == text);
  for (const char* text :
       {"2026-02-30", "2026-12-01T09:00Z", "2026-12-01T09:00+01:00", "2026-12-01T09:00:00.5", "1969-12-31", "2201-01-01", "2026-12-01T"}) {
    INFO(text);
    const auto civil = parse_civil(text);
    REQUIRE_FALSE(civil.ok());
    CHECK(civil.error().code == Code::bad_time);
  }
}

TEST_CASE("days have a number and a weekday") {
  CHECK(day_number({1970, 1, 1}) == 0);
  CHECK(day_number({2026, 12, 1, 23, 59, 59}) == 20'788);
  CHECK(civil_day(20'788) == CivilTime{2026, 12, 1});
  CHECK(civil_day(-1) == CivilTime{1969, 12, 31});
  CHECK(weekday({1970, 1, 1}) == 3);   // Thursday
  CHECK(weekday({2026, 3, 29}) == 6);  // Sunday
  for (int day = 0; day < 84'371; ++day) {
    const CivilTime civil = civil_day(day);
    if (day_number(civil) != day || weekday(civil) != (day + 3) % 7) FAIL("day " << day);
  }
}

TEST_CASE("durations are sums from large to small") {
  struct Case {
    const char* text;
    std::int64_t ms;
    const char* written;
  };
  for (const auto& [text, ms, written] :
       {Case{"0s", 0, "0s"}, Case{"0w", 0, "0s"}, Case{"250ms", 250, "250ms"}, Case{"90s", 90'000, "1m30s"}, Case{"15m", 900'000, "15m"},
        Case{"36h", 129'600'000, "1d12h"}, Case{"7d", 604'800'000, "7d"}, Case{"2w", 1'209'600'000, "14d"},
        Case{"1h30m", 5'400'000, "1h30m"}, Case{"1w1d1h1m1s1ms", 694'861'001, "8d1h1m1s1ms"}, Case{"007d", 604'800'000, "7d"}}) {
    INFO(text);
    const auto duration = parse_duration(text);
    REQUIRE(duration.ok());
    CHECK(duration->ms == ms);
    CHECK(to_text(*duration) == written);
    CHECK(*parse_duration(written) == *duration);
  }
  for (const char* text : {"", "5", "m", "5 m", "-5m", "1.5h", "5M", "1m1h", "1h1h", "1y", "1month", "1h 30m", "1d1w"}) {
    INFO(text);
    const auto duration = parse_duration(text);
    REQUIRE_FALSE(duration.ok());
    CHECK(duration.error().code == Code::bad_time);
  }
  CHECK(to_text(Duration{-5'400'000}) == "-1h30m");
  CHECK(to_text(Duration{INT64_MIN}) == "-106751991167d7h12m55s808ms");
}

TEST_CASE("durations end at their limit") {
  CHECK(*parse_duration("84371d") == limits::duration_max);
  CHECK(*parse_duration("84370d24h") == limits::duration_max);
  for (const char* text : {"84371d1ms", "84372d", "7289654400001ms", "99999999999999999999999999w", "9223372036854775807w"}) {
    INFO(text);
    const auto duration = parse_duration(text);
    REQUIRE_FALSE(duration.ok());
    CHECK_THAT(duration.error().message, Catch::Contains("longer than 84371d"));
  }
}
