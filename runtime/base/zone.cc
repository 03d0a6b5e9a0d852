// Zones of the operating system's IANA database, read by Howard Hinnant's date library.
//
// All that is asked of the library is the offset at an instant and how long it lasts. Local times
// are resolved here by walking those stretches, so that a skipped day (Apia 2011) or two changes
// within a day need no thought: a local time is every instant whose clock shows it.
#include <date/tz.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "base/text.h"
#include "base/timestamp.h"
#include "footlight/time.h"

namespace footlight {
namespace {

constexpr std::int64_t ms_per_day = 86'400'000;
// Far enough for any use; keeps arithmetic on instants away from overflow.
const Instant earliest{-62'135'596'800'000};  // year 1
const Instant latest{253'402'300'800'000};    // year 10000

// Compiled zone files list each change up to 2037. What the rules say after that, the library does
// not read; so a later year of a zone whose clock still changed in 2037 borrows the changes of a
// year until then that has the same weekdays from March on. No rule of today has its change before
// March.
constexpr int listed_year_last = 2037;

Instant start_of_year(int year) { return {day_number({year, 1, 1}) * ms_per_day}; }
Instant instant_of(date::sys_seconds s) { return std::clamp(Instant{s.time_since_epoch().count() * 1000}, earliest, latest); }
int year_of(Instant instant) {
  return civil_day(static_cast<int>(std::chrono::floor<std::chrono::days>(std::chrono::milliseconds(instant.ms)).count())).year;
}

// How much later `year` is than the listed year with the same weekdays.
Duration distance_to_listed_year(int year) {
  const int march = day_number({year, 3, 1});
  int listed = listed_year_last;
  while ((march - day_number({listed, 3, 1})) % 7 != 0) --listed;  // within 7 years or 8
  return days(march - day_number({listed, 3, 1}));
}

Zone::Steady listed_at(const date::time_zone& rules, Instant instant) {
  const auto info = rules.get_info(
      date::sys_seconds(std::chrono::seconds(std::chrono::floor<std::chrono::seconds>(std::chrono::milliseconds(instant.ms)))));
  return {instant_of(info.begin), instant_of(info.end), milliseconds(info.offset.count() * 1000)};
}

Duration since_epoch(const CivilTime& civil) { return Timestamp{.civil = civil}.since_epoch(); }

// The stretches in which the clock may show `civil`: an offset is less than a day.
template <class Visit>
void walk_around(const Zone& zone, const CivilTime& civil, Visit visit) {
  const Instant as_utc = Instant{} + since_epoch(civil);
  auto stretch = zone.steady_at(as_utc - days(1));
  while (visit(stretch, as_utc - stretch.offset) && stretch.till <= as_utc + days(1) && stretch.till < latest)
    stretch = zone.steady_at(stretch.till);
}

const std::vector<std::string>& zone_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& zone : date::get_tzdb().zones) all.push_back(zone.name());
    return all;
  }();
  return names;
}

// People write `Paris`, `paris` or `Europe/Pariss`: the whole name first, then the place alone.
std::string near_zone_name(std::string_view wanted) {
  if (std::string whole = nearest(wanted, zone_names()); !whole.empty() && whole.find('/') != std::string::npos) return whole;
  const std::string_view place = wanted.substr(wanted.rfind('/') + 1);
  std::vector<std::string> places;
  for (const std::string& name : zone_names()) places.push_back(name.substr(name.rfind('/') + 1));
  std::string near = place.size() < 4 ? std::string() : nearest(place, places);
  if (near.empty()) return nearest(wanted, zone_names());
  return zone_names()[static_cast<std::size_t>(std::find(places.begin(), places.end(), near) - places.begin())];
}

Error nonexistent(const CivilTime& civil, const Zone& zone) {
  const Instant after = zone.resolve_leniently(civil);
  const Instant before = after - (civil.second == 0 ? minutes(1) : seconds(1));
  return refuse(Code::nonexistent_local_time,
                "`" + to_text(civil) + "` does not exist in " + std::string(zone.name()) + ", whose clock is put forward past it: write `" +
                    to_text(before, zone) + "` or `" + to_text(after, zone) + "`");
}

Error ambiguous(const CivilTime& civil, const Zone& zone, const std::vector<Instant>& choices) {
  std::string message = "`" + to_text(civil) + "` comes twice in " + std::string(zone.name()) + ", whose clock is put back: write ";
  for (const Instant choice : choices) message += (choice == choices.front() ? "`" : " or `") + to_text(choice, zone) + "`";
  return refuse(Code::ambiguous_local_time, message);
}

}  // namespace

Result<Zone> Zone::find(std::string_view name) {
  if (name == "UTC") return utc();
  try {
    // `localtime` is whatever the host is set to: the same document would mean different things.
    const auto& zones = date::get_tzdb().zones;
    const auto found = std::find_if(zones.begin(), zones.end(), [&](const auto& zone) { return zone.name() == name; });
    if (found != zones.end() && name != "localtime") {
      (void)found->get_info(date::sys_seconds{});  // reads the file, so that nothing can fail later
      return Zone(&*found);
    }
    const std::string near = near_zone_name(name);
    return refuse(Code::unknown_time_zone,
                  "there is no time zone `" + std::string(name) + "`" +
                      (near.empty() ? "; names are those of the IANA database, such as `Europe/Paris`" : "; did you mean `" + near + "`?"));
  } catch (const std::exception& error) {
    return refuse(Code::unavailable, "the time zone database of the operating system cannot be read: " + std::string(error.what()));
  }
}

// Needs no database, so that it cannot fail.
Zone Zone::utc() { return Zone(nullptr); }

std::string_view Zone::name() const { return rules_ ? std::string_view(static_cast<const date::time_zone*>(rules_)->name()) : "UTC"; }

Zone::Steady Zone::steady_at(Instant instant) const {
  if (!rules_) return {earliest, latest, {}};
  const auto& rules = *static_cast<const date::time_zone*>(rules_);
  instant = std::clamp(instant, earliest, latest - milliseconds(1));
  const Steady listed = listed_at(rules, instant);
  if (listed.till < latest || listed.from < start_of_year(listed_year_last) || listed.from >= start_of_year(listed_year_last + 1))
    return listed;
  if (instant < start_of_year(listed_year_last + 1)) return {listed.from, start_of_year(listed_year_last + 1), listed.offset};
  const int year = year_of(instant);
  const Duration later = distance_to_listed_year(year);
  const Steady borrowed = listed_at(rules, instant - later);
  return {std::max(borrowed.from + later, start_of_year(year)), std::min(borrowed.till + later, start_of_year(year + 1)), borrowed.offset};
}

Duration Zone::offset_at(Instant instant) const { return steady_at(instant).offset; }

CivilTime Zone::local(Instant instant) const {
  const Instant shown = std::clamp(instant, earliest, latest - milliseconds(1)) + offset_at(instant);
  const auto day = std::chrono::floor<std::chrono::days>(std::chrono::milliseconds(shown.ms)).count();
  const int second = static_cast<int>((shown.ms - day * ms_per_day) / 1000);
  CivilTime civil = civil_day(static_cast<int>(day));
  civil.hour = second / 3600;
  civil.minute = second / 60 % 60;
  civil.second = second % 60;
  return civil;
}

Result<Instant> Zone::resolve(const CivilTime& civil) const {
  std::vector<Instant> shown;
  walk_around(*this, civil, [&](const Steady& stretch, Instant candidate) {
    if (stretch.from <= candidate && candidate < stretch.till) shown.push_back(candidate);
    return true;
  });
  if (shown.empty()) return nonexistent(civil, *this);
  if (shown.size() > 1) return ambiguous(civil, *this, shown);
  return shown.front();
}

Instant Zone::resolve_leniently(const CivilTime& civil) const {
  Instant first = latest;
  walk_around(*this, civil, [&](const Steady& stretch, Instant candidate) {
    candidate = std::max(candidate, stretch.from);
    if (candidate >= stretch.till) return true;
    first = candidate;
    return false;
  });
  return first;
}

CivilTime Zone::furthest_local(Instant instant) const {
  CivilTime furthest = local(instant);
  // No clock is put back by more than a day.
  for (auto stretch = steady_at(instant); stretch.from > std::max(earliest, instant - days(1));) {
    const Instant before = stretch.from - milliseconds(1);
    furthest = std::max(furthest, local(before));
    stretch = steady_at(before);
  }
  return furthest;
}

std::string to_text(Instant instant, const Zone& zone) { return to_text(zone.local(instant)) + to_offset_text(zone.offset_at(instant)); }

Result<Instant> parse_in_zone(std::string_view text, const Zone& zone) {
  const auto read = parse_timestamp(text);
  if (!read.ok()) return read.error();
  if (!read->is_utc && !read->offset) {
    const auto resolved = zone.resolve(read->civil);
    if (!resolved.ok()) return resolved.error();
    return checked(*resolved + read->fraction, text);
  }
  const auto instant = checked(Instant{} + read->since_epoch() - read->offset.value_or(Duration{}), text);
  if (!instant.ok() || read->is_utc || zone.offset_at(*instant) == *read->offset) return instant;
  const auto meant = zone.resolve(read->civil);
  const std::string then = meant.ok() ? ": write `" + to_text(*meant, zone) + "`" : ": " + meant.error().message;
  return refuse(Code::offset_mismatch,
                "`" + std::string(text) + "` has an offset that " + std::string(zone.name()) + " does not have then" + then);
}

}  // namespace footlight
