// Zones against the C library's own reading of the same database: every change of every clock of
// some twenty zones, chosen for what is odd about them.
#include <catch2/catch.hpp>

#include "tests/support/host_zone.h"

using namespace footlight;
using namespace footlight::test;

namespace {

Instant utc(const char* text) { return *parse_instant(text); }
Zone zone(const char* name) {
  const auto found = Zone::find(name);
  REQUIRE(found.ok());
  return *found;
}
// The civil time that a clock with this offset shows.
CivilTime shown(Instant instant, Duration offset) { return Zone::utc().local(instant + offset); }

}  // namespace

TEST_CASE("a local time resolves exactly where the clock shows it once") {
  int gaps = 0, folds = 0;
  for (const char* name : zone_names) {
    const Zone here = zone(name);
    const HostZone host(name);
    for (const Instant change : host.changes(utc("1970-01-02T00:00Z"), utc("2037-12-31T00:00Z"))) {
      const Duration before = host.offset_at(change - seconds(1)), after = host.offset_at(change);
      INFO(name << " " << to_text(change));
      CHECK(here.offset_at(change - milliseconds(1)) == before);
      CHECK(here.offset_at(change) == after);
      ++(before < after ? gaps : folds);
      // As if on a clock of UTC, from two hours before the first affected local time to two after.
      const Instant first = change + std::min(before, after), end = change + std::max(before, after);
      for (const Duration nudge : {seconds(0), seconds(-1)}) {
        for (Instant wall = first - hours(2); wall <= end + hours(2); wall = wall + minutes(15)) {
          const CivilTime civil = Zone::utc().local(wall + nudge);
          const Instant as_before = wall + nudge - before, as_after = wall + nudge - after;
          const bool is_before = as_before < change, is_after = as_after >= change;
          const auto resolved = here.resolve(civil);
          if (is_before != is_after) {
            if (!resolved.ok()) FAIL(to_text(civil) << ": " << resolved.error().message);
            if (*resolved != (is_before ? as_before : as_after)) FAIL(to_text(civil) << " is " << to_text(*resolved));
          } else {
            if (resolved.ok()) FAIL(to_text(civil) << " resolves");
            if (resolved.error().code != (is_before ? Code::ambiguous_local_time : Code::nonexistent_local_time))
              FAIL(resolved.error().message);
          }
          const Instant lenient = is_before ? as_before : is_after ? as_after : change;
          if (here.resolve_leniently(civil) != lenient) FAIL(to_text(civil) << " leniently");
        }
      }
    }
  }
  // Guards the loops above against finding nothing to look at.
  CHECK(gaps > 900);
  CHECK(folds > 900);
}

TEST_CASE("an instant's local time resolves to it, unless shown twice, up to 2200") {
  for (const char* name : zone_names) {
    const Zone here = zone(name);
    const HostZone host(name);
    int twice = 0, instants = 0;
    for (Instant at = utc("1970-01-02T00:00Z"); at < utc("2200-12-30T00:00Z"); at = at + hours(31) + seconds(401)) {
      ++instants;
      if (here.offset_at(at) != host.offset_at(at)) FAIL(name << " " << to_text(at));
      const CivilTime local = here.local(at);
      if (local != shown(at, host.offset_at(at))) FAIL(name << " " << to_text(at) << " shows " << to_text(local));
      const auto resolved = here.resolve(local);
      if (resolved.ok() && *resolved == at) continue;
      ++twice;
      // Doubled: the other showing is within a day, with another offset.
      REQUIRE_FALSE(resolved.ok());
      if (resolved.error().code != Code::ambiguous_local_time) FAIL(name << " " << resolved.error().message);
      if (host.offset_at(at - days(1)) == host.offset_at(at + days(1))) FAIL(name << " " << to_text(at));
    }
    INFO(name);
    CHECK(twice * 1'000 < instants);  // an hour a year is one in 8766
  }
}

TEST_CASE("the furthest local time mirrors lenient resolution") {
  for (const char* name : {"Europe/Paris", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "America/Havana"}) {
    const Zone here = zone(name);
    const HostZone host(name);
    for (const Instant change : host.changes(utc("2005-01-01T00:00Z"), utc("2012-12-31T00:00Z"))) {
      for (Instant at = change - hours(3); at < change + hours(3); at = at + minutes(30)) {
        for (const Duration nudge : {seconds(-1), seconds(0), seconds(1)}) {
          const CivilTime furthest = here.furthest_local(at);
          const CivilTime other = here.local(change + (change - at) + nudge);  // from around the change
          INFO(name << " " << to_text(at) << " " << to_text(other));
          CHECK((here.resolve_leniently(other) <= at) == (other <= furthest));
          CHECK(here.resolve_leniently(furthest) <= at);
          CHECK(here.local(at) <= furthest);
        }
      }
    }
  }
  const Zone paris = zone("Europe/Paris");
  CHECK(paris.furthest_local(utc("2026-10-25T00:59:59Z")) == CivilTime{2026, 10, 25, 2, 59, 59});
  CHECK(paris.furthest_local(utc("2026-10-25T01:00Z")) == CivilTime{2026, 10, 25, 2, 59, 59});  // shows 02:00 again
  CHECK(paris.furthest_local(utc("2026-10-25T01:59:59Z")) == CivilTime{2026, 10, 25, 2, 59, 59});
  CHECK(paris.furthest_local(utc("2026-10-25T02:00Z")) == CivilTime{2026, 10, 25, 3});
}

TEST_CASE("stretches of steady offset follow each other without a hole") {
  for (const char* name : zone_names) {
    const Zone here = zone(name);
    int stretches = 0;
    for (Instant at = utc("1970-01-01T00:00Z"); at < utc("2200-01-01T00:00Z"); ++stretches) {
      const auto stretch = here.steady_at(at);
      INFO(name << " " << to_text(at));
      REQUIRE(stretch.from <= at);
      REQUIRE(at < stretch.till);
      REQUIRE(here.offset_at(stretch.till - milliseconds(1)) == stretch.offset);
      at = stretch.till;
    }
    CHECK(stretches < 1'000);
  }
}

TEST_CASE("a refused local time comes with both choices, ready to paste") {
  struct Case {
    const char* zone;
    const char* text;
    Code code;
    const char* one;
    const char* other;
  };
  for (const auto& [name, text, code, one, other] :
       {Case{"Europe/Paris", "2026-03-29T02:30", Code::nonexistent_local_time, "2026-03-29T01:59+01:00", "2026-03-29T03:00+02:00"},
        Case{"Europe/Paris", "2026-03-29T02:30:15", Code::nonexistent_local_time, "2026-03-29T01:59:59+01:00", "2026-03-29T03:00+02:00"},
        Case{"Europe/Paris", "2026-10-25T02:30", Code::ambiguous_local_time, "2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00"},
        Case{"America/New_York", "2026-11-01T01:00", Code::ambiguous_local_time, "2026-11-01T01:00-04:00", "2026-11-01T01:00-05:00"},
        Case{"Pacific/Apia", "2011-12-30T12:00", Code::nonexistent_local_time, "2011-12-29T23:59-10:00", "2011-12-31T00:00+14:00"},
        Case{"Africa/Monrovia", "1972-01-07T00:30", Code::nonexistent_local_time, "1972-01-06T23:59-00:44:30", "1972-01-07T00:44:30+00:00"},
        Case{"Europe/Paris", "2050-10-30T02:30", Code::ambiguous_local_time, "2050-10-30T02:30+02:00", "2050-10-30T02:30+01:00"}}) {
    INFO(name << " " << text);
    const Zone here = zone(name);
    const auto refused = parse_in_zone(text, here);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == code);
    for (const char* choice : {one, other}) {
      CHECK_THAT(refused.error().message, Catch::Contains("`" + std::string(choice) + "`"));
      const auto chosen = parse_in_zone(choice, here);
      REQUIRE(chosen.ok());
      CHECK(to_text(*chosen, here) == choice);
    }
    CHECK(*parse_in_zone(one, here) < *parse_in_zone(other, here));
  }
}

TEST_CASE("a time in a zone may carry that zone's offset, or Z") {
  const Zone paris = zone("Europe/Paris");
  struct Case {
    const char* text;
    const char* means;
  };
  for (const auto& [text, means] :
       {Case{"2026-12-01T09:00", "2026-12-01T08:00:00Z"}, Case{"2026-07-01", "2026-06-30T22:00:00Z"},
        Case{"2026-07-01T09:00+02:00", "2026-07-01T07:00:00Z"}, Case{"2026-07-01T09:00Z", "2026-07-01T09:00:00Z"},
        Case{"2026-10-25T02:30+02:00", "2026-10-25T00:30:00Z"}, Case{"2026-10-25T02:30+01:00", "2026-10-25T01:30:00Z"},
        Case{"2026-12-01T09:00:00.250", "2026-12-01T08:00:00.250Z"}, Case{"2045-07-01T09:00", "2045-07-01T07:00:00Z"}}) {
    INFO(text);
    const auto instant = parse_in_zone(text, paris);
    REQUIRE(instant.ok());
    CHECK(to_text(*instant) == means);
  }
  struct Bad {
    const char* text;
    Code code;
    const char* says;
  };
  for (const auto& [text, code, says] :
       {Bad{"2026-07-01T09:00+01:00", Code::offset_mismatch, "write `2026-07-01T09:00+02:00`"},
        Bad{"2026-03-29T02:30+01:00", Code::offset_mismatch, "`2026-03-29T03:00+02:00`"},
        Bad{"2026-10-25T02:30-04:00", Code::offset_mismatch, "`2026-10-25T02:30+01:00`"},
        Bad{"2026-07-32T09:00", Code::bad_time, "calendar"}, Bad{"1970-01-01T00:30", Code::bad_time, "outside"},
        Bad{"2201-01-01T00:30", Code::bad_time, "outside"}, Bad{"1970-01-01T00:30+01:00", Code::bad_time, "outside"}}) {
    INFO(text);
    const auto refused = parse_in_zone(text, paris);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == code);
    CHECK_THAT(refused.error().message, Catch::Contains(says));
  }
  CHECK(*parse_in_zone("2200-12-31T23:59:59", Zone::utc()) == utc("2200-12-31T23:59:59Z"));
}

TEST_CASE("an unknown zone is refused with the one that was meant") {
  struct Case {
    const char* name;
    const char* says;
  };
  for (const auto& [name, says] :
       {Case{"Europe/Pariss", "did you mean `Europe/Paris`?"}, Case{"europe/paris", "did you mean `Europe/Paris`?"},
        Case{"Paris", "did you mean `Europe/Paris`?"}, Case{"New York", "did you mean `America/New_York`?"},
        Case{"Amercia/New_York", "did you mean `America/New_York`?"}, Case{"EU/Berlin", "did you mean `Europe/Berlin`?"}, Case{"", "IANA"},
        Case{"profile-zone-of-nobody", "IANA"}, Case{"localtime", "there is no time zone"},
        Case{"right/Europe/Paris", "did you mean `Europe/Paris`?"}, Case{"posix/UTC", "there is no time zone"},
        Case{"../../etc/passwd", "there is no time zone"}, Case{"+01:00", "there is no time zone"}}) {
    INFO(name);
    const auto refused = Zone::find(name);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == Code::unknown_time_zone);
    CHECK_THAT(refused.error().message, Catch::Contains(says));
  }
}

TEST_CASE("zones are handles: equal by name, and UTC is UTC") {
  CHECK(zone("Europe/Paris") == zone("Europe/Paris"));
  CHECK(zone("Europe/Paris") != zone("Europe/Berlin"));
  CHECK(zone("Europe/Paris").name() == "Europe/Paris");
  CHECK(zone("UTC") == Zone::utc());
  CHECK(Zone::utc().name() == "UTC");
  CHECK(Zone::utc().local(utc("2026-12-01T09:00:30Z")) == CivilTime{2026, 12, 1, 9, 0, 30});
  CHECK(*Zone::utc().resolve({2026, 12, 1, 9}) == utc("2026-12-01T09:00Z"));
  // Arithmetic does not overflow on instants that no document can name.
  for (const Instant far : {Instant{INT64_MIN}, Instant{INT64_MAX}})
    for (const Zone& here : {Zone::utc(), zone("Europe/Paris")}) CHECK(here.resolve_leniently(here.local(far)).ms != 0);
}
