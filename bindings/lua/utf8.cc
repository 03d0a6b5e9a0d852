// utf8: text by characters; the functions of `string` count bytes.
#include <lua.hpp>

#include <algorithm>

#include "bindings/lua/host.h"
#include "bindings/lua/module.h"
#include "engine/letters.h"

namespace footlight {

namespace {

std::string_view text_argument(lua_State* L, const char* function) {
  const std::string_view text = string_argument(L, 1, function);
  host_of(L).charge(L, 4 * text.size());
  return text;
}

int len(lua_State* L) {
  lua_pushinteger(L, static_cast<lua_Integer>(to_characters(text_argument(L, "utf8.len")).size()));
  return 1;
}

int sub(lua_State* L) {
  const std::u32string characters = to_characters(text_argument(L, "utf8.sub"));
  const auto size = static_cast<std::int64_t>(characters.size());
  const auto position = [size](std::int64_t i) { return i >= 0 ? i : std::max<std::int64_t>(size + i + 1, 0); };
  const std::int64_t first = std::max<std::int64_t>(position(integer_argument(L, 2, "utf8.sub", 1)), 1);
  const std::int64_t last = std::min(position(integer_argument(L, 3, "utf8.sub", -1)), size);
  if (first > last) return push_text(L, "", "utf8.sub");
  return push_text(
      L, to_utf8(std::u32string_view(characters).substr(static_cast<std::size_t>(first - 1), static_cast<std::size_t>(last - first + 1))),
      "utf8.sub");
}

int upper(lua_State* L) { return push_text(L, upper_text(text_argument(L, "utf8.upper")), "utf8.upper"); }
int lower(lua_State* L) { return push_text(L, lower_text(text_argument(L, "utf8.lower")), "utf8.lower"); }

}  // namespace

LuaModule utf8_module() {
  return {"utf8",
          "Text by characters instead of bytes. What is no UTF-8 counts as `\xef\xbf\xbd`.",
          {
              {"len", "utf8.len(s)", "The number of characters.", "0.1", "assert(utf8.len('Zoë') == 3)", len},
              {"sub", "utf8.sub(s, first [, last])", "A part; negative positions count from the end.", "0.1",
               "assert(utf8.sub('Zoë', -1) == 'ë')", sub},
              {"upper", "utf8.upper(s)", "In upper case, letters beyond A to Z too.", "0.1", "assert(utf8.upper('zoë') == 'ZOË')", upper},
              {"lower", "utf8.lower(s)", "In lower case, letters beyond A to Z too.", "0.1", "assert(utf8.lower('ZOË') == 'zoë')", lower},
          }};
}

}  // namespace footlight
