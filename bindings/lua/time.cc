// time: instants, dates and zones as text. There is no clock here: a script knows the time that it is given.
//
// An instant is text as `request.now` is, `2026-12-01T09:00:00Z`, or with an offset; where a zone is named it may
// be a date or a local time of it.
#include <cmath>
#include <lua.hpp>

#include "bindings/lua/host.h"
#include "bindings/lua/module.h"
#include "engine/locale.h"
#include "footlight/time.h"

namespace footlight {

namespace {

constexpr std::size_t longest_time = 64;  // no time is written longer; reading costs

Zone zone_argument(lua_State* L, int i, const char* function) {
  if (is_absent(L, i)) return Zone::utc();
  const std::string_view name = string_argument(L, i, function);
  if (name == "UTC") return Zone::utc();
  auto zone = Zone::find(name.substr(0, 100));
  if (!zone) {
    host_of(L).charge(L, 16'000);  // all names there are were looked through, for one that was meant
    fail(L, "`" + std::string(function) + "`: " + zone.error().message);
  }
  return *zone;
}

Result<Instant> read(std::string_view text, const Zone& zone) {
  if (text.size() > longest_time) return refuse(Code::bad_time, "the text is too long for a time");
  // With an offset it names its instant alone; what profiles bring need not have the zone's.
  if (auto instant = parse_instant(text)) return instant;
  return parse_in_zone(text, zone);
}

Instant instant_argument(lua_State* L, int i, const Zone& zone, const char* function) {
  const std::string_view text = string_argument(L, i, function);
  host_of(L).charge(L, 64);
  auto instant = read(text, zone);
  if (!instant) fail(L, "`" + std::string(function) + "`: " + instant.error().message);
  return *instant;
}

int push(lua_State* L, std::string_view text) {
  lua_pushlstring(L, text.data(), text.size());
  return 1;
}

// (text [, zone]) -> instant or nil
int parse(lua_State* L) {
  const std::string_view text = string_argument(L, 1, "time.parse");
  const Zone zone = zone_argument(L, 2, "time.parse");
  host_of(L).charge(L, 64);
  const auto instant = read(text, zone);
  if (instant) return push(L, to_text(*instant));
  lua_pushnil(L);
  return 1;
}

constexpr const char* weekdays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

int parts(lua_State* L) {
  const Zone zone = zone_argument(L, 2, "time.parts");
  const Instant instant = instant_argument(L, 1, zone, "time.parts");
  const CivilTime local = zone.local(instant);
  host_of(L).charge(L, 256);
  lua_createtable(L, 0, 11);
  const auto number = [L](const char* key, double value) {
    lua_pushnumber(L, value);
    lua_setfield(L, -2, key);
  };
  const auto text = [L](const char* key, std::string_view value) {
    push(L, value);
    lua_setfield(L, -2, key);
  };
  number("year", local.year);
  number("month", local.month);
  number("day", local.day);
  number("hour", local.hour);
  number("minute", local.minute);
  number("second", local.second);
  number("offset", static_cast<double>(zone.offset_at(instant).ms) / 1000);
  const std::string whole = to_text(local);
  text("weekday", weekdays[weekday(local)]);
  text("date", std::string_view(whole).substr(0, 10));
  text("time", std::string_view(whole).substr(11, 5));
  text("instant", to_text(instant));
  return 1;
}

// A duration, maybe with a sign.
Duration duration_argument(lua_State* L, int i, const char* function) {
  std::string_view text = string_argument(L, i, function);
  const bool is_back = text.starts_with('-');
  if (is_back) text.remove_prefix(1);
  const auto duration = parse_duration(text.substr(0, longest_time));
  if (!duration) fail(L, "`" + std::string(function) + "`: " + duration.error().message);
  return {is_back ? -duration->ms : duration->ms};
}

int add(lua_State* L) {
  const Zone zone = zone_argument(L, 3, "time.add");
  const Instant instant = instant_argument(L, 1, zone, "time.add");
  return push(L, to_text(instant + duration_argument(L, 2, "time.add")));
}

int between(lua_State* L) {
  const Zone zone = zone_argument(L, 3, "time.between");
  const Instant from = instant_argument(L, 1, zone, "time.between");
  const Instant till = instant_argument(L, 2, zone, "time.between");
  lua_pushnumber(L, static_cast<double>((till - from).ms) / 1000);
  return 1;
}

int days(lua_State* L) {
  const Zone zone = zone_argument(L, 3, "time.days");
  const CivilTime from = zone.local(instant_argument(L, 1, zone, "time.days"));
  const CivilTime till = zone.local(instant_argument(L, 2, zone, "time.days"));
  lua_pushinteger(L, day_number(till) - day_number(from));
  return 1;
}

int unix_seconds(lua_State* L) {
  const Zone zone = zone_argument(L, 2, "time.unix");
  lua_pushnumber(L, static_cast<double>(instant_argument(L, 1, zone, "time.unix").ms) / 1000);
  return 1;
}

int from_unix(lua_State* L) {
  const double seconds = number_argument(L, 1, "time.from_unix");
  host_of(L).charge(L, 32);
  if (!(std::fabs(seconds) <= 1e11)) return fail(L, "`time.from_unix` needs seconds since 1970 as argument 1");
  return push(L, to_text(Instant{static_cast<std::int64_t>(std::floor(seconds * 1000))}));
}

int format(lua_State* L) {
  const Zone zone = zone_argument(L, 3, "time.format");
  const Instant instant = instant_argument(L, 1, zone, "time.format");
  const std::string_view pattern = string_argument(L, 2, "time.format");
  if (pattern.size() > 256) return fail(L, "`time.format` takes a pattern of at most 256 bytes");
  const auto locale = find_locale(is_absent(L, 4) ? "en" : string_argument(L, 4, "time.format").substr(0, 64));
  if (!locale) return fail(L, "`time.format`: " + locale.error().message);
  const auto text = format_date(instant, zone, pattern, **locale);
  if (!text) return fail(L, "`time.format`: " + text.error().message);
  host_of(L).charge(L, 8 * text->size());
  return push_text(L, *text, "time.format");
}

}  // namespace

LuaModule time_module() {
  return {"time",
          "Instants, dates and zones, as text. An instant is `2026-12-01T09:00:00Z`, as `request.now`, or has an offset; with a zone it "
          "may be a date or a local time of that zone. No function here knows what time it is.",
          {
              {"parse", "time.parse(text [, zone])", "The instant that a text names, or nil where it names none.", "0.1",
               "assert(time.parse('2026-12-01T10:00+01:00') == '2026-12-01T09:00:00Z')", parse},
              {"parts", "time.parts(instant [, zone])",
               "What a clock in the zone shows: year, month, day, hour, minute, second, weekday (`mon`), date, time, offset in seconds, "
               "instant.",
               "0.1", "assert(time.parts('2026-12-01T09:00Z', 'Europe/Paris').hour == 10)", parts},
              {"add", "time.add(instant, duration [, zone])", "The instant that much later; `-2d` is earlier. A day has 24 hours.", "0.1",
               "assert(time.add('2026-12-01T09:00Z', '1h30m') == '2026-12-01T10:30:00Z')", add},
              {"between", "time.between(from, till [, zone])", "The seconds from one instant to another; negative where `till` is earlier.",
               "0.1", "assert(time.between('2026-12-01T09:00Z', '2026-12-01T10:00Z') == 3600)", between},
              {"days", "time.days(from, till [, zone])", "How often midnight passes from one instant to another: 1 from today to tomorrow.",
               "0.1", "assert(time.days('2026-12-01', '2026-12-25') == 24)", days},
              {"unix", "time.unix(instant [, zone])", "The seconds since 1970.", "0.1", "assert(time.unix('1970-01-01T01:00Z') == 3600)",
               unix_seconds},
              {"from_unix", "time.from_unix(seconds)", "The instant so many seconds after 1970 began.", "0.1",
               "assert(time.from_unix(0) == '1970-01-01T00:00:00Z')", from_unix},
              {"format", "time.format(instant, pattern [, zone [, locale]])",
               "As people read it, in the letters that templates know: `d MMMM yyyy, HH:mm`.", "0.1",
               "assert(time.format('2026-12-01T09:00Z', 'd MMMM', 'Europe/Paris', 'fr') == '1 décembre')", format},
          }};
}

}  // namespace footlight
