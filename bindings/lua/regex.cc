// regex: regular expressions in linear time, by RE2. Lua's own patterns are in `string`.
//
// Linear is not cheap: without its cache RE2 takes a step for each byte and instruction. That product is what a
// script pays for, before the search begins, and it has a bound.
#include <re2/re2.h>

#include <algorithm>
#include <lua.hpp>

#include "base/limits.h"
#include "bindings/lua/host.h"
#include "bindings/lua/module.h"

namespace footlight {

namespace {

constexpr int captures_max = 32;  // as string.match gives

using re2::RE2;
using re2::StringPiece;

// The pattern at argument 2. Pays as if it were compiled each time: what a call costs must not depend on what
// other calls left in the cache.
const RE2& pattern_argument(lua_State* L, const char* function) {
  const std::string_view text = string_argument(L, 2, function);
  if (text.size() > limits::script_regex_bytes_max)
    fail(L, "`" + std::string(function) + "` takes a pattern of at most " + std::to_string(limits::script_regex_bytes_max) + " bytes");
  LuaHost& host = host_of(L);
  host.charge(L, 8 * text.size());
  std::shared_ptr<const void>& kept = host.kept(LuaHost::Kept::pattern, std::string(text));
  if (!kept) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(limits::script_regex_memory_max);
    kept = std::make_shared<const RE2>(StringPiece(text.data(), text.size()), options);
  }
  const RE2& regex = *static_cast<const RE2*>(kept.get());
  if (!regex.ok()) fail(L, "`" + std::string(function) + "`: " + regex.error());
  if (regex.NumberOfCapturingGroups() > captures_max)
    fail(L, "`" + std::string(function) + "` knows at most " + std::to_string(captures_max) + " groups");
  return regex;
}

StringPiece subject_argument(lua_State* L, const char* function) {
  const std::string_view text = string_argument(L, 1, function);
  return {text.data(), text.size()};
}

// Pays for one search through so many bytes.
void pay(lua_State* L, const RE2& regex, std::size_t bytes, const char* function) {
  const std::size_t work = (bytes + 1) * static_cast<std::size_t>(std::max(regex.ProgramSize(), 1));
  if (work > limits::script_regex_work_max)
    fail(L,
         "`" + std::string(function) + "`: this pattern has " + std::to_string(regex.ProgramSize()) +
             " instructions, too many for a text of " + std::to_string(bytes) + " bytes; at most " +
             std::to_string(limits::script_regex_work_max) + " for both multiplied");
  host_of(L).charge(L, work / 8);
}

struct Match {
  std::vector<StringPiece> groups;  // the whole first
  std::size_t from(const StringPiece& text) const { return static_cast<std::size_t>(groups[0].data() - text.data()); }
  std::size_t till(const StringPiece& text) const { return from(text) + groups[0].size(); }
};

bool search(lua_State* L, const RE2& regex, const StringPiece& text, std::size_t at, Match& match, const char* function) {
  pay(L, regex, text.size() - at, function);
  match.groups.assign(static_cast<std::size_t>(regex.NumberOfCapturingGroups()) + 1, StringPiece());
  return regex.Match(text, at, text.size(), RE2::UNANCHORED, match.groups.data(), static_cast<int>(match.groups.size()));
}

void push(lua_State* L, const StringPiece& piece) {
  if (piece.data()) lua_pushlstring(L, piece.data(), piece.size());
  else lua_pushnil(L);  // a group that took no part
}

// The groups, or the whole where there are none.
int push_groups(lua_State* L, const Match& match) {
  luaL_checkstack(L, static_cast<int>(match.groups.size()), "too many groups");
  if (match.groups.size() == 1) {
    push(L, match.groups[0]);
    return 1;
  }
  for (std::size_t i = 1; i < match.groups.size(); ++i) push(L, match.groups[i]);
  return static_cast<int>(match.groups.size()) - 1;
}

// Argument 3 as an offset within the text.
std::size_t start_argument(lua_State* L, const StringPiece& text, const char* function) {
  const std::int64_t from = integer_argument(L, 3, function, 1);
  const auto size = static_cast<std::int64_t>(text.size());
  const std::int64_t offset = from > 0 ? from - 1 : from < 0 ? std::max<std::int64_t>(size + from, 0) : 0;
  return static_cast<std::size_t>(std::min(offset, size));
}

int test(lua_State* L) {
  if (is_absent(L, 1)) {
    pattern_argument(L, "regex.test");
    lua_pushboolean(L, 0);
    return 1;
  }
  const StringPiece text = subject_argument(L, "regex.test");
  const RE2& regex = pattern_argument(L, "regex.test");
  pay(L, regex, text.size(), "regex.test");
  lua_pushboolean(L, regex.Match(text, 0, text.size(), RE2::UNANCHORED, nullptr, 0));
  return 1;
}

int match(lua_State* L) {
  const StringPiece text = subject_argument(L, "regex.match");
  const RE2& regex = pattern_argument(L, "regex.match");
  Match found;
  if (search(L, regex, text, start_argument(L, text, "regex.match"), found, "regex.match")) return push_groups(L, found);
  lua_pushnil(L);
  return 1;
}

int find(lua_State* L) {
  const StringPiece text = subject_argument(L, "regex.find");
  const RE2& regex = pattern_argument(L, "regex.find");
  Match found;
  if (!search(L, regex, text, start_argument(L, text, "regex.find"), found, "regex.find")) {
    lua_pushnil(L);
    return 1;
  }
  luaL_checkstack(L, captures_max + 4, "too many groups");
  lua_pushinteger(L, static_cast<lua_Integer>(found.from(text) + 1));
  lua_pushinteger(L, static_cast<lua_Integer>(found.till(text)));
  for (std::size_t i = 1; i < found.groups.size(); ++i) push(L, found.groups[i]);
  return static_cast<int>(found.groups.size()) + 1;
}

// Behind an empty match the next one begins a character later, not within one.
std::size_t next_start(const StringPiece& text, const Match& match) {
  std::size_t at = match.till(text);
  if (match.groups[0].size() > 0) return at;
  do ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80);
  return at;
}

int all(lua_State* L) {
  const StringPiece text = subject_argument(L, "regex.all");
  const RE2& regex = pattern_argument(L, "regex.all");
  lua_newtable(L);
  int count = 0;
  Match found;
  for (std::size_t at = 0; at <= text.size() && search(L, regex, text, at, found, "regex.all"); at = next_start(text, found)) {
    if (static_cast<std::size_t>(count) == limits::script_list_max)
      return fail(L, "`regex.all` gives at most " + std::to_string(limits::script_list_max) + " matches");
    push(L, found.groups.size() > 1 && found.groups[1].data() ? found.groups[1] : found.groups[0]);
    lua_rawseti(L, -2, ++count);
  }
  luaL_getmetatable(L, "footlight.array");
  lua_setmetatable(L, -2);
  return 1;
}

int replace(lua_State* L) {
  const StringPiece text = subject_argument(L, "regex.replace");
  const RE2& regex = pattern_argument(L, "regex.replace");
  const std::string_view with = string_argument(L, 3, "regex.replace");
  const std::int64_t most = integer_argument(L, 4, "regex.replace", std::int64_t{1} << 52);
  std::string out;
  std::size_t copied = 0, at = 0;
  std::int64_t count = 0;
  Match found;
  while (count < most && at <= text.size() && search(L, regex, text, at, found, "regex.replace")) {
    ++count;
    out.append(text.data() + copied, found.from(text) - copied);
    for (std::size_t i = 0; i < with.size(); ++i) {
      if (with[i] != '$' || i + 1 == with.size()) {
        out += with[i];
        continue;
      }
      const char next = with[++i];
      if (next == '$') {
        out += '$';
        continue;
      }
      const auto group = static_cast<std::size_t>(next - '0');
      if (next < '0' || next > '9' || group >= found.groups.size())
        return fail(L, "`regex.replace`: `$" + std::string(1, next) + "` is no group of the pattern; `$$` is a dollar sign");
      if (found.groups[group].data()) out.append(found.groups[group].data(), found.groups[group].size());
    }
    host_of(L).charge(L, with.size());
    if (out.size() > limits::script_string_bytes_max) break;
    copied = found.till(text);
    at = next_start(text, found);
  }
  if (copied < text.size()) out.append(text.data() + copied, text.size() - copied);
  host_of(L).charge(L, out.size());
  push_text(L, out, "regex.replace");
  lua_pushnumber(L, static_cast<double>(count));
  return 2;
}

}  // namespace

LuaModule regex_module() {
  return {"regex",
          "Regular expressions in linear time, in the syntax of RE2: no backward references, no look-around. A pattern has at most 1 KB, "
          "and what "
          "a search costs grows with the pattern and the text together. Positions count bytes.",
          {
              {"test", "regex.test(s, pattern)", "Does it match somewhere? No for nil.", "0.1",
               "assert(regex.test('ABC-1234', '^[A-Z]{3}-\\\\d+$'))", test},
              {"match", "regex.match(s, pattern [, from])",
               "The groups of the first match, or the whole where there are none; nil without a match.", "0.1",
               "local area, number = regex.match('tel 030-123', '(\\\\d+)-(\\\\d+)') assert(area == '030' and number == '123')", match},
              {"find", "regex.find(s, pattern [, from])", "Where the first match begins and ends, then its groups; nil without a match.",
               "0.1", "local from, till = regex.find('say hello', 'l+') assert(from == 7 and till == 8)", find},
              {"all", "regex.all(s, pattern)", "A list of all matches: of each the first group, or the whole where there are none.", "0.1",
               "assert(#regex.all('a1 b22', '\\\\d+') == 2)", all},
              {"replace", "regex.replace(s, pattern, with [, n])",
               "All matches (or the first n) replaced, and how many they were. `$1` is a group, `$0` the match, `$$` a `$`.", "0.1",
               "assert(regex.replace('2026-12-01', '(\\\\d+)-(\\\\d+)-(\\\\d+)', '$3.$2.$1') == '01.12.2026')", replace},
          }};
}

}  // namespace footlight
