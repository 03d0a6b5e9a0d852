// The C library's own reading of the zone database, as an oracle for ours, and zones worth asking about.
#pragma once

#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "footlight/time.h"

namespace footlight::test {

// Each for a reason: negative daylight saving (Dublin), half hours (Lord_Howe, Caracas), changes at a
// minute past midnight (St_Johns) and at midnight (Havana, Sao_Paulo, Amman), whole days skipped (Apia,
// Kwajalein), two hours (Troll), seconds (Monrovia), changes listed to 2087 (Casablanca), southern
// summers, and the plain ones.
inline constexpr const char* zone_names[] = {
    "Africa/Cairo",      "Africa/Casablanca", "Africa/Monrovia",     "America/Caracas",  "America/Havana",    "America/New_York",
    "America/Sao_Paulo", "America/St_Johns",  "America/Nuuk",        "Antarctica/Troll", "Asia/Amman",        "Asia/Kathmandu",
    "Asia/Pyongyang",    "Asia/Tehran",       "Australia/Lord_Howe", "Europe/Dublin",    "Europe/Lisbon",     "Europe/London",
    "Europe/Moscow",     "Europe/Paris",      "Pacific/Apia",        "Pacific/Chatham",  "Pacific/Kwajalein", "America/Santiago"};

// The C library, set to one zone.
class HostZone {
 public:
  explicit HostZone(const char* zone) { set(zone); }
  ~HostZone() { set("UTC"); }
  HostZone(const HostZone&) = delete;
  HostZone& operator=(const HostZone&) = delete;

  Duration offset_at(Instant instant) const {
    const std::time_t time = instant.ms / 1000;
    std::tm local{};
    localtime_r(&time, &local);
    return seconds(local.tm_gmtoff);
  }

  // Each instant at which the offset changes, found to the second.
  std::vector<Instant> changes(Instant from, Instant till) const {
    std::vector<Instant> found;
    for (Instant at = from; at < till; at = at + hours(3)) {
      const Duration before = offset_at(at);
      Instant low = at, high = at + hours(3);
      if (offset_at(high) == before) continue;
      while (high - low > seconds(1)) {
        const Instant middle{(low.ms + high.ms) / 2000 * 1000};
        (offset_at(middle) == before ? low : high) = middle;
      }
      found.push_back(high);
    }
    return found;
  }

 private:
  static void set(const char* zone) {
    setenv("TZ", (":" + std::string(zone)).c_str(), 1);
    tzset();
  }
};

}  // namespace footlight::test
