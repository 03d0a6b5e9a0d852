// string: the standard functions, each with a bound, and a few plain ones that need no pattern.
#include <algorithm>
#include <cstring>
#include <lua.hpp>

#include "base/limits.h"
#include "bindings/lua/host.h"
#include "bindings/lua/module.h"
#include "bindings/lua/pattern.h"

namespace footlight {

namespace {

using MatchStatus = PatternMatch::Status;

int len(lua_State* L) {
  lua_pushinteger(L, static_cast<lua_Integer>(string_argument(L, 1, "string.len").size()));
  return 1;
}

// A position as Lua counts: from 1, or from the end where negative.
std::int64_t position(std::int64_t i, std::size_t size) {
  return i >= 0 ? i : std::max<std::int64_t>(static_cast<std::int64_t>(size) + i + 1, 0);
}

int sub(lua_State* L) {
  const std::string_view s = string_argument(L, 1, "string.sub");
  const auto size = static_cast<std::int64_t>(s.size());
  const std::int64_t first = std::max<std::int64_t>(position(integer_argument(L, 2, "string.sub", 1), s.size()), 1);
  const std::int64_t last = std::min(position(integer_argument(L, 3, "string.sub", -1), s.size()), size);
  const std::string_view part =
      first > last ? "" : s.substr(static_cast<std::size_t>(first - 1), static_cast<std::size_t>(last - first + 1));
  host_of(L).charge(L, part.size());
  lua_pushlstring(L, part.data(), part.size());
  return 1;
}

// Copies the text at 1 byte by byte. Not bounded by itself: the result is as long as the argument.
template <class Byte>
int each_byte(lua_State* L, const char* function, Byte byte) {
  const std::string_view s = string_argument(L, 1, function);
  host_of(L).charge(L, 2 * s.size());
  std::string out(s.size(), '\0');
  for (std::size_t i = 0; i < s.size(); ++i) out[i] = byte(s, i);
  lua_pushlstring(L, out.data(), out.size());
  return 1;
}

int lower(lua_State* L) {
  return each_byte(L, "string.lower",
                   [](std::string_view s, std::size_t i) { return s[i] >= 'A' && s[i] <= 'Z' ? static_cast<char>(s[i] + 32) : s[i]; });
}

int upper(lua_State* L) {
  return each_byte(L, "string.upper",
                   [](std::string_view s, std::size_t i) { return s[i] >= 'a' && s[i] <= 'z' ? static_cast<char>(s[i] - 32) : s[i]; });
}

int reverse(lua_State* L) {
  return each_byte(L, "string.reverse", [](std::string_view s, std::size_t i) { return s[s.size() - 1 - i]; });
}

int byte(lua_State* L) {
  const std::string_view s = string_argument(L, 1, "string.byte");
  const std::int64_t at = position(integer_argument(L, 2, "string.byte", 1), s.size());
  if (!is_absent(L, 3) && position(integer_argument(L, 3, "string.byte"), s.size()) != at) {
    return fail(L, "`string.byte` gives one byte a call");
  }
  if (at < 1 || at > static_cast<std::int64_t>(s.size())) return 0;
  lua_pushinteger(L, static_cast<unsigned char>(s[static_cast<std::size_t>(at - 1)]));
  return 1;
}

int char_(lua_State* L) {
  constexpr int most = 64;
  const int count = lua_gettop(L);
  if (count > most) return fail(L, "`string.char` takes at most 64 bytes, got " + std::to_string(count));
  std::string out;
  for (int i = 1; i <= count; ++i) {
    const std::int64_t value = integer_argument(L, i, "string.char");
    if (value < 0 || value > 255) { return fail(L, "`string.char` needs a byte, 0 to 255, as argument " + std::to_string(i)); }
    out += static_cast<char>(value);
  }
  return push_text(L, out, "string.char");
}

int rep(lua_State* L) {
  const std::string_view s = string_argument(L, 1, "string.rep");
  const std::int64_t count = std::max<std::int64_t>(integer_argument(L, 2, "string.rep"), 0);
  const std::string_view between = is_absent(L, 3) ? "" : string_argument(L, 3, "string.rep");
  const double size = static_cast<double>(count) * static_cast<double>(s.size()) +
      static_cast<double>(std::max<std::int64_t>(count - 1, 0)) * static_cast<double>(between.size());
  if (size > static_cast<double>(limits::script_string_bytes_max)) {
    return fail(
        L, "`string.rep` would give more than " + std::to_string(limits::script_string_bytes_max) + " bytes, the most a string may have");
  }
  std::string out;
  // An empty text may be asked for any number of times: that is no work at all.
  if (size > 0) {
    host_of(L).charge(L, static_cast<std::size_t>(size) + static_cast<std::size_t>(count));
    out.reserve(static_cast<std::size_t>(size));
    for (std::int64_t i = 0; i < count; ++i) {
      if (i > 0) out += between;
      out += s;
    }
  }
  return push_text(L, out, "string.rep");
}

// Patterns. A step costs an eighth of a unit of fuel; nobody can buy more than script_pattern_steps_max
// in one call, because nothing but the matcher itself can end it.

std::int64_t steps_for(lua_State* L) {
  return std::min<std::int64_t>(std::max(host_of(L).fuel_left(), 0L) * 8, limits::script_pattern_steps_max);
}

// Charges for a match and raises what went wrong with it. True: found.
bool settle_match(lua_State* L, const PatternMatch& match, MatchStatus status, std::int64_t steps_before, const char* function) {
  const std::int64_t used = steps_before - match.steps_left();
  host_of(L).charge(L, static_cast<std::size_t>(used) * 4);
  if (status == MatchStatus::malformed) fail(L, "`" + std::string(function) + "`: " + match.problem());
  if (status == MatchStatus::out_of_steps) {
    host_of(L).settle(L);  // raises the stop, unless there was fuel for more
    fail(L,
         "`" + std::string(function) + "`: the pattern takes more than " + std::to_string(limits::script_pattern_steps_max) +
             " steps on this text");
  }
  return status == MatchStatus::found;
}

// Pushes capture i; a pattern without captures has one, the whole match.
void push_capture(lua_State* L, const PatternMatch& match, std::string_view subject, int i, const char* function) {
  if (i >= match.captures()) {
    if (i > 0) fail(L, "`" + std::string(function) + "`: invalid capture index");
    lua_pushlstring(L, subject.data() + match.begin(), match.end() - match.begin());
    return;
  }
  const PatternMatch::Capture& capture = match.capture(i);
  switch (capture.state) {
    case PatternMatch::Capture::State::position: lua_pushinteger(L, static_cast<lua_Integer>(capture.from) + 1); break;
    case PatternMatch::Capture::State::closed: lua_pushlstring(L, subject.data() + capture.from, capture.size); break;
    case PatternMatch::Capture::State::open: fail(L, "`" + std::string(function) + "`: unfinished capture");
  }
}

int push_captures(lua_State* L, const PatternMatch& match, std::string_view subject, bool whole_if_none, const char* function) {
  const int count = match.captures() == 0 && whole_if_none ? 1 : match.captures();
  luaL_checkstack(L, count, "too many captures");
  for (int i = 0; i < count; ++i) push_capture(L, match, subject, i, function);
  return count;
}

bool is_anchored(std::string_view pattern) { return pattern.starts_with('^'); }

// Where a search starts: an offset within the text, its end included.
std::size_t start_argument(lua_State* L, int i, std::string_view s, const char* function) {
  const std::int64_t at = position(integer_argument(L, i, function, 1), s.size());
  return static_cast<std::size_t>(std::clamp<std::int64_t>(at - 1, 0, static_cast<std::int64_t>(s.size())));
}

// Linear, whatever the texts: memmem is a two-way search, std::string_view::find is not.
std::size_t find_text(std::string_view s, std::string_view wanted, std::size_t from) {
  if (wanted.empty()) return from;
  const void* at = memmem(s.data() + from, s.size() - from, wanted.data(), wanted.size());
  return at ? static_cast<std::size_t>(static_cast<const char*>(at) - s.data()) : std::string_view::npos;
}

std::size_t find_plain(lua_State* L, std::string_view s, std::string_view wanted, std::size_t from) {
  host_of(L).charge(L, s.size() - from + wanted.size());
  return find_text(s, wanted, from);
}

int find_or_match(lua_State* L, const char* function, bool is_find) {
  const std::string_view s = string_argument(L, 1, function);
  std::string_view pattern = string_argument(L, 2, function);
  const std::size_t from = start_argument(L, 3, s, function);
  if (is_find && (lua_toboolean(L, 4) || pattern.find_first_of("^$*+?.([%-") == pattern.npos)) {
    const std::size_t at = find_plain(L, s, pattern, from);
    if (at == s.npos) {
      lua_pushnil(L);
      return 1;
    }
    lua_pushinteger(L, static_cast<lua_Integer>(at) + 1);
    lua_pushinteger(L, static_cast<lua_Integer>(at + pattern.size()));
    return 2;
  }
  const bool anchored = is_anchored(pattern);
  if (anchored) pattern.remove_prefix(1);
  const std::int64_t steps = steps_for(L);
  PatternMatch match(s, pattern, steps);
  const MatchStatus status = anchored ? match.match_at(from) : match.search(from);
  if (!settle_match(L, match, status, steps, function)) {
    lua_pushnil(L);
    return 1;
  }
  if (!is_find) return push_captures(L, match, s, true, function);
  lua_pushinteger(L, static_cast<lua_Integer>(match.begin()) + 1);
  lua_pushinteger(L, static_cast<lua_Integer>(match.end()));
  return 2 + push_captures(L, match, s, false, function);
}

int find(lua_State* L) { return find_or_match(L, "string.find", true); }
int match(lua_State* L) { return find_or_match(L, "string.match", false); }

// Upvalues: text, pattern, the offset of the next try.
int next_match(lua_State* L) {
  const std::string_view s = string_argument(L, lua_upvalueindex(1), "string.gmatch");
  const std::string_view pattern = string_argument(L, lua_upvalueindex(2), "string.gmatch");
  const auto from = static_cast<std::size_t>(lua_tointeger(L, lua_upvalueindex(3)));
  const std::int64_t steps = steps_for(L);
  PatternMatch match(s, pattern, steps);
  if (!settle_match(L, match, match.search(from), steps, "string.gmatch")) return 0;
  const std::size_t next = match.end() == match.begin() ? match.end() + 1 : match.end();
  lua_pushinteger(L, static_cast<lua_Integer>(next));
  lua_replace(L, lua_upvalueindex(3));
  return push_captures(L, match, s, true, "string.gmatch");
}

int gmatch(lua_State* L) {
  string_argument(L, 1, "string.gmatch");
  string_argument(L, 2, "string.gmatch");
  lua_settop(L, 2);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, next_match, 3);
  return 1;
}

// string.format: the original does the work, and is locale-free; here is what it may be asked for.

// The longest text that one conversion of a number gives: `%.99f` of 1e308.
constexpr std::size_t number_bytes_max = 512;

// One conversion of the format, from behind its `%` at `at`. Returns its letter, `at` behind it.
char conversion(lua_State* L, std::string_view format, std::size_t& at) {
  const std::size_t start = at;
  const auto digits = [&](int most) {
    int count = 0;
    while (at < format.size() && format[at] >= '0' && format[at] <= '9') ++at, ++count;
    return count <= most;
  };
  while (at < format.size() && std::strchr("-+ #0", format[at])) ++at;
  bool is_sound = at - start <= 5 && digits(2);
  if (at < format.size() && format[at] == '.') {
    ++at;
    is_sound = is_sound && digits(2);
  }
  const char letter = at < format.size() ? format[at++] : '\0';
  if (!is_sound || !letter || !std::strchr("diucxXoeEfgGqs", letter)) {
    fail(L,
         "`string.format` does not know `%" + std::string(format.substr(start, at - start)) +
             "`; widths have at most two digits, the letters are d i u c x X o e E f g G q s");
  }
  return letter;
}

// Upvalue: LuaJIT's string.format. By now the stack holds nothing but the arguments.
int format(lua_State* L) {
  const std::string_view text = string_argument(L, 1, "string.format");
  if (text.size() > limits::script_format_bytes_max) {
    return fail(L, "`string.format` takes a format of at most " + std::to_string(limits::script_format_bytes_max) + " bytes");
  }
  std::size_t size = text.size();
  int argument = 1;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at++] != '%') continue;
    if (at < text.size() && text[at] == '%') {
      ++at;
      continue;
    }
    const char letter = conversion(L, text, at);
    ++argument;
    if (letter == 's') {
      if (lua_isnone(L, argument)) return wrong_argument(L, argument, "string.format", "a value for `%s`");
      const std::string shown = text_at(L, argument);  // so that a table shows no address
      size += shown.size() + 99;
      lua_pushlstring(L, shown.data(), shown.size());
      lua_replace(L, argument);
    } else if (letter == 'q') {
      size += 4 * string_argument(L, argument, "string.format").size() + 2;
    } else {
      const double number = number_argument(L, argument, "string.format");
      const bool is_whole = std::strchr("diucxXo", letter);
      if (is_whole && !(number > -9.2e18 && number < 9.2e18)) {
        return fail(L, "`string.format` needs a whole number for `%" + std::string(1, letter) + "`, got " + text_at(L, argument));
      }
      size += number_bytes_max;
    }
  }
  if (size > limits::script_string_bytes_max) {
    return fail(
        L,
        "`string.format` could give more than " + std::to_string(limits::script_string_bytes_max) + " bytes, the most a string may have");
  }
  host_of(L).charge(L, 2 * size);
  const int count = lua_gettop(L);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, count, 1);
  return 1;
}

int starts(lua_State* L) {
  const std::string_view s = string_argument(L, 1, "string.starts");
  const std::string_view wanted = string_argument(L, 2, "string.starts");
  host_of(L).charge(L, wanted.size());
  lua_pushboolean(L, s.starts_with(wanted));
  return 1;
}

int ends(lua_State* L) {
  const std::string_view s = string_argument(L, 1, "string.ends");
  const std::string_view wanted = string_argument(L, 2, "string.ends");
  host_of(L).charge(L, wanted.size());
  lua_pushboolean(L, s.ends_with(wanted));
  return 1;
}

int contains(lua_State* L) {
  const std::string_view s = string_argument(L, 1, "string.contains");
  const std::string_view wanted = string_argument(L, 2, "string.contains");
  lua_pushboolean(L, find_plain(L, s, wanted, 0) != s.npos);
  return 1;
}

int trim(lua_State* L) {
  std::string_view s = string_argument(L, 1, "string.trim");
  host_of(L).charge(L, s.size());
  const auto blank = " \t\n\v\f\r";
  const std::size_t first = s.find_first_not_of(blank);
  s = first == s.npos ? "" : s.substr(first, s.find_last_not_of(blank) - first + 1);
  lua_pushlstring(L, s.data(), s.size());
  return 1;
}

int split(lua_State* L) {
  const std::string_view s = string_argument(L, 1, "string.split");
  const std::string_view separator = string_argument(L, 2, "string.split");
  if (separator.empty()) return fail(L, "`string.split` needs a separator that is not empty");
  lua_newtable(L);
  int count = 0;
  for (std::size_t from = 0;;) {
    if (++count > static_cast<int>(limits::script_list_max)) {
      return fail(L, "`string.split` would give more than " + std::to_string(limits::script_list_max) + " parts");
    }
    const std::size_t at = find_text(s, separator, from);
    const std::string_view part = s.substr(from, at == s.npos ? s.npos : at - from);
    host_of(L).charge(L, part.size() + separator.size());
    lua_pushlstring(L, part.data(), part.size());
    lua_rawseti(L, -2, count);
    if (at == s.npos) return 1;
    from = at + separator.size();
  }
}

}  // namespace

// What loops.cc needs of the matcher for string.gsub. Not in the table: scripts cannot name these.

// (s, pattern, replacement, n) -> s, pattern, replacement, n, kind: 0 text, 1 function, 2 table
int gsub_arguments(lua_State* L) {
  string_argument(L, 1, "string.gsub");
  string_argument(L, 2, "string.gsub");
  int kind = 0;
  switch (lua_type(L, 3)) {
    case LUA_TNUMBER:
    case LUA_TSTRING: string_argument(L, 3, "string.gsub"); break;
    case LUA_TFUNCTION: kind = 1; break;
    case LUA_TTABLE:
    case LUA_TUSERDATA: kind = 2; break;
    default: return wrong_argument(L, 3, "string.gsub", "a string, function or table");
  }
  const std::int64_t most = integer_argument(L, 4, "string.gsub", std::int64_t{1} << 52);
  lua_settop(L, 3);
  lua_pushnumber(L, static_cast<lua_Number>(most));
  lua_pushinteger(L, kind);
  return 5;
}

// (s, pattern, at, kind) -> from, after, captures...: the next match at or behind `at`; nothing: none. A
// table is asked for the first capture only, so that the others need not even be complete.
int gsub_scan(lua_State* L) {
  const std::string_view s = string_argument(L, 1, "string.gsub");
  std::string_view pattern = string_argument(L, 2, "string.gsub");
  const auto from = static_cast<std::size_t>(lua_tointeger(L, 3)) - 1;
  if (from > s.size()) return 0;
  const bool anchored = is_anchored(pattern);
  if (anchored && from > 0) return 0;
  if (anchored) pattern.remove_prefix(1);
  const std::int64_t steps = steps_for(L);
  PatternMatch match(s, pattern, steps);
  if (!settle_match(L, match, anchored ? match.match_at(from) : match.search(from), steps, "string.gsub")) return 0;
  lua_pushinteger(L, static_cast<lua_Integer>(match.begin()) + 1);
  lua_pushinteger(L, static_cast<lua_Integer>(match.end()) + 1);
  if (lua_tointeger(L, 4) == 2) {
    push_capture(L, match, s, 0, "string.gsub");
    return 3;
  }
  return 2 + push_captures(L, match, s, true, "string.gsub");
}

// (value, original) -> what replaces a match
int gsub_replacement(lua_State* L) {
  if (!lua_toboolean(L, 1)) {
    lua_pushvalue(L, 2);
    return 1;
  }
  if (lua_type(L, 1) != LUA_TSTRING && lua_type(L, 1) != LUA_TNUMBER) {
    return fail(L, std::string("`string.gsub`: invalid replacement value (a ") + kind_at(L, 1) + ")");
  }
  lua_settop(L, 1);
  lua_tolstring(L, 1, nullptr);
  return 1;
}

// (s, pattern, text, n) -> result, count
int gsub_text(lua_State* L) {
  const std::string_view s = string_argument(L, 1, "string.gsub");
  std::string_view pattern = string_argument(L, 2, "string.gsub");
  const std::string_view text = string_argument(L, 3, "string.gsub");
  const double most = lua_tonumber(L, 4);
  const bool anchored = is_anchored(pattern);
  if (anchored) pattern.remove_prefix(1);
  const std::int64_t steps = steps_for(L);
  PatternMatch match(s, pattern, steps);
  std::string out;
  std::int64_t count = 0;
  std::size_t at = 0;
  std::int64_t before = steps;
  while (static_cast<double>(count) < most) {
    const MatchStatus status = anchored ? match.match_at(at) : match.search(at);
    const bool found = settle_match(L, match, status, before, "string.gsub");
    before = match.steps_left();
    if (!found) break;
    ++count;
    out += s.substr(at, match.begin() - at);
    // Asked within the loop: a long text full of `%1` would outgrow everything before its end.
    for (std::size_t i = 0; i < text.size() && out.size() <= limits::script_string_bytes_max; ++i) {
      if (text[i] != '%') {
        out += text[i];
        continue;
      }
      if (++i == text.size()) return fail(L, "`string.gsub`: the replacement ends with `%`; write `%%`");
      if (text[i] == '0') {
        out += s.substr(match.begin(), match.end() - match.begin());
      } else if (text[i] < '1' || text[i] > '9') {
        out += text[i];
      } else {
        push_capture(L, match, s, text[i] - '1', "string.gsub");
        out += text_at(L, -1);
        lua_pop(L, 1);
      }
    }
    host_of(L).charge(L, text.size());
    at = match.end();
    if (match.end() == match.begin()) {  // an empty match: go on behind the next character
      if (at >= s.size()) {
        at = s.size() + 1;
        break;
      }
      out += s[at++];
    }
    if (out.size() > limits::script_string_bytes_max || anchored) break;
  }
  if (at < s.size()) out += s.substr(at);
  host_of(L).charge(L, out.size());
  push_text(L, out, "string.gsub");
  lua_pushnumber(L, static_cast<lua_Number>(count));
  return 2;
}

LuaModule string_module() {
  return {
      "string",
      "Text. Every function is a method too: `name:lower()`. Patterns are Lua's, matched within the "
      "fuel of the call.",
      {
          {"len", "string.len(s)", "The number of bytes.", "0.1", "assert(('abc'):len() == 3)", len},
          {"sub", "string.sub(s, first [, last])", "A part; negative positions count from the end.", "0.1",
           "assert(('hello'):sub(2, -2) == 'ell')", sub},
          {"lower", "string.lower(s)", "A to Z become a to z; other letters stay.", "0.1", "assert(('Gold'):lower() == 'gold')", lower},
          {"upper", "string.upper(s)", "a to z become A to Z; other letters stay.", "0.1", "assert(('Gold'):upper() == 'GOLD')", upper},
          {"reverse", "string.reverse(s)", "The bytes from last to first.", "0.1", "assert(('abc'):reverse() == 'cba')", reverse},
          {"byte", "string.byte(s [, position])", "One byte as a number, or nothing.", "0.1", "assert(('A'):byte() == 65)", byte},
          {"char", "string.char(...)", "A text of these bytes, at most 64.", "0.1", "assert(string.char(72, 105) == 'Hi')", char_},
          {"rep", "string.rep(s, n [, separator])", "A text n times, up to 64 KB.", "0.1", "assert(('ab'):rep(2, '-') == 'ab-ab')", rep},
          {"find", "string.find(s, pattern [, from [, plain]])",
           "Where a pattern matches first: its first and last position, then its captures; or nil.", "0.1",
           "assert(('hello'):find('l+') == 3)", find},
          {"match", "string.match(s, pattern [, from])", "The captures of the first match, or all of it; or nil.", "0.1",
           "assert(('SKU-12'):match('%d+') == '12')", match},
          {"gmatch", "string.gmatch(s, pattern)", "For `for capture in s:gmatch(pattern)`: every match.", "0.1",
           "for word in ('one two'):gmatch('%a+') do log(word) end", gmatch},
          {"gsub", "string.gsub(s, pattern, replacement [, n])",
           "Replaces matches by a text (with %0 to %9), by what a table holds or by what a function "
           "returns; gives the text and the number of matches.",
           "0.1", "assert(('a b'):gsub('%s', '_') == 'a_b')"},
          {"format", "string.format(format, ...)", "As in C: d i u c x X o e E f g G q s, widths and precisions of at most two digits.",
           "0.1", "assert(string.format('%.2f', 1.5) == '1.50')", format},
          {"starts", "string.starts(s, prefix)", "Does it start with this text?", "0.1", "assert(('cat-12'):starts('cat-'))", starts},
          {"ends", "string.ends(s, suffix)", "Does it end with this text?", "0.1", "assert(('a.html'):ends('.html'))", ends},
          {"contains", "string.contains(s, text)", "Is this text in it? No pattern.", "0.1", "assert(('a.b'):contains('.'))", contains},
          {"trim", "string.trim(s)", "Without blanks at both ends.", "0.1", "assert((' a '):trim() == 'a')", trim},
          {"split", "string.split(s, separator)", "The parts between a plain separator, as a list.", "0.1",
           "assert(#('a,b'):split(',') == 2)", split},
      }};
}

}  // namespace footlight
