// table: the standard functions on lists of at most limits::script_list_max elements.
#include <algorithm>
#include <lua.hpp>

#include "base/limits.h"
#include "bindings/lua/host.h"
#include "bindings/lua/module.h"

namespace footlight {

namespace {

std::int64_t length(lua_State* L, const char* function) {
  table_argument(L, 1, function);
  const std::size_t size = lua_objlen(L, 1);
  if (size > limits::script_list_max) {
    fail(L,
         "`" + std::string(function) + "` works on at most " + std::to_string(limits::script_list_max) + " elements, got " +
             std::to_string(size));
  }
  return static_cast<std::int64_t>(size);
}

int insert(lua_State* L) {
  const std::int64_t size = length(L, "table.insert");
  if (size == static_cast<std::int64_t>(limits::script_list_max)) {
    return fail(L, "`table.insert`: the list has " + std::to_string(size) + " elements, the most it may have");
  }
  const int count = lua_gettop(L);
  if (count < 2 || count > 3) return fail(L, "`table.insert` needs a list, maybe a position, and a value");
  const std::int64_t at = count == 2 ? size + 1 : integer_argument(L, 2, "table.insert");
  if (at < 1 || at > size + 1) {
    return fail(L, "`table.insert` needs a position between 1 and " + std::to_string(size + 1) + ", got " + std::to_string(at));
  }
  host_of(L).charge(L, static_cast<std::size_t>(size + 1 - at) * 16);
  for (std::int64_t i = size; i >= at; --i) {
    lua_rawgeti(L, 1, static_cast<int>(i));
    lua_rawseti(L, 1, static_cast<int>(i + 1));
  }
  lua_pushvalue(L, count);
  lua_rawseti(L, 1, static_cast<int>(at));
  return 0;
}

int remove(lua_State* L) {
  const std::int64_t size = length(L, "table.remove");
  const std::int64_t at = integer_argument(L, 2, "table.remove", size);
  if (size == 0) return 0;
  if (at < 1 || at > size) {
    return fail(L, "`table.remove` needs a position between 1 and " + std::to_string(size) + ", got " + std::to_string(at));
  }
  host_of(L).charge(L, static_cast<std::size_t>(size - at) * 16);
  lua_rawgeti(L, 1, static_cast<int>(at));
  for (std::int64_t i = at; i < size; ++i) {
    lua_rawgeti(L, 1, static_cast<int>(i + 1));
    lua_rawseti(L, 1, static_cast<int>(i));
  }
  lua_pushnil(L);
  lua_rawseti(L, 1, static_cast<int>(size));
  return 1;
}

int concat(lua_State* L) {
  const std::int64_t size = length(L, "table.concat");
  const std::string_view between = is_absent(L, 2) ? "" : string_argument(L, 2, "table.concat");
  const std::int64_t first = integer_argument(L, 3, "table.concat", 1);
  const std::int64_t last = integer_argument(L, 4, "table.concat", size);
  std::string out;
  for (std::int64_t i = first; i <= last; ++i) {
    // Indices beyond the list hold nil, so that the loop ends there at the latest.
    if (i < 1 || i > static_cast<std::int64_t>(limits::script_list_max)) lua_pushnil(L);
    else lua_rawgeti(L, 1, static_cast<int>(i));
    if (lua_type(L, -1) != LUA_TSTRING && lua_type(L, -1) != LUA_TNUMBER) {
      return fail(L, "`table.concat` joins strings and numbers, element " + std::to_string(i) + " is " + kind_at(L, -1));
    }
    std::size_t bytes = 0;
    const char* text = lua_tolstring(L, -1, &bytes);
    out.append(text, bytes);
    lua_pop(L, 1);
    if (i < last) out += between;
    host_of(L).charge(L, bytes + between.size());
    if (out.size() > limits::script_string_bytes_max) break;
  }
  return push_text(L, out, "table.concat");
}

int unpack(lua_State* L) {
  table_argument(L, 1, "unpack");
  const std::int64_t first = integer_argument(L, 2, "unpack", 1);
  const std::int64_t last = integer_argument(L, 3, "unpack", static_cast<std::int64_t>(lua_objlen(L, 1)));
  if (first > last) return 0;
  const std::int64_t count = last - first + 1;
  if (count > static_cast<std::int64_t>(limits::script_results_max)) {
    return fail(L, "`unpack` gives at most " + std::to_string(limits::script_results_max) + " results, not " + std::to_string(count));
  }
  luaL_checkstack(L, static_cast<int>(count), "too many results");
  host_of(L).charge(L, static_cast<std::size_t>(count) * 8);
  for (std::int64_t i = first; i <= last; ++i) {
    lua_pushnumber(L, static_cast<lua_Number>(i));  // any number may be a key, lua_rawgeti takes only int
    lua_rawget(L, 1);
  }
  return static_cast<int>(count);
}

int contains(lua_State* L) {
  const std::int64_t size = length(L, "table.contains");
  if (lua_gettop(L) < 2) return wrong_argument(L, 2, "table.contains", "a value");
  std::int64_t looked_at = 0;
  bool is_there = false;
  while (!is_there && looked_at < size) {
    lua_rawgeti(L, 1, static_cast<int>(++looked_at));
    is_there = lua_rawequal(L, -1, 2) != 0;
    lua_pop(L, 1);
  }
  host_of(L).charge(L, 32 * static_cast<std::size_t>(looked_at));
  lua_pushboolean(L, is_there);
  return 1;
}

int slice(lua_State* L) {
  const std::int64_t size = length(L, "table.slice");
  const auto position = [size](std::int64_t i) { return i >= 0 ? i : std::max<std::int64_t>(size + i + 1, 0); };
  const std::int64_t first = std::max<std::int64_t>(position(integer_argument(L, 2, "table.slice", 1)), 1);
  const std::int64_t last = std::min(position(integer_argument(L, 3, "table.slice", -1)), size);
  lua_newtable(L);
  for (std::int64_t i = first; i <= last; ++i) {
    lua_rawgeti(L, 1, static_cast<int>(i));
    lua_rawseti(L, -2, static_cast<int>(i - first + 1));
  }
  host_of(L).charge(L, last < first ? 0 : static_cast<std::size_t>(last - first) * 16);
  return mark_list(L);
}

int reverse(lua_State* L) {
  const auto size = static_cast<int>(length(L, "table.reverse"));
  host_of(L).charge(L, static_cast<std::size_t>(size) * 16);
  lua_createtable(L, size, 0);
  for (int i = 1; i <= size; ++i) {
    lua_rawgeti(L, 1, i);
    lua_rawseti(L, -2, size - i + 1);
  }
  return mark_list(L);
}

int unique(lua_State* L) {
  const auto size = static_cast<int>(length(L, "table.unique"));
  host_of(L).charge(L, static_cast<std::size_t>(size) * 32);
  lua_settop(L, 1);
  lua_newtable(L);  // 2: what was met
  lua_newtable(L);  // 3: the answer
  int count = 0;
  for (int i = 1; i <= size; ++i) {
    lua_rawgeti(L, 1, i);
    const bool is_nan = lua_type(L, -1) == LUA_TNUMBER && lua_tonumber(L, -1) != lua_tonumber(L, -1);
    if (lua_isnil(L, -1) || is_nan) {  // no key of a table
      lua_pop(L, 1);
      continue;
    }
    lua_pushvalue(L, -1);
    lua_rawget(L, 2);
    const bool is_known = lua_toboolean(L, -1);
    lua_pop(L, 1);
    if (is_known) {
      lua_pop(L, 1);
      continue;
    }
    lua_pushvalue(L, -1);
    lua_pushboolean(L, 1);
    lua_rawset(L, 2);
    lua_rawseti(L, 3, ++count);
  }
  return mark_list(L);
}

int index_of(lua_State* L) {
  const auto size = static_cast<int>(length(L, "table.index_of"));
  if (lua_gettop(L) < 2) return wrong_argument(L, 2, "table.index_of", "a value");
  for (int i = 1; i <= size; ++i) {
    host_of(L).charge(L, 0);
    lua_rawgeti(L, 1, i);
    if (lua_rawequal(L, -1, 2)) {
      lua_pushinteger(L, i);
      return 1;
    }
    lua_pop(L, 1);
  }
  lua_pushnil(L);
  return 1;
}

int sum(lua_State* L) {
  const auto size = static_cast<int>(length(L, "table.sum"));
  host_of(L).charge(L, static_cast<std::size_t>(size) * 16);
  double total = 0;
  for (int i = 1; i <= size; ++i) {
    lua_rawgeti(L, 1, i);
    if (lua_type(L, -1) != LUA_TNUMBER) return fail(L, "`table.sum` adds numbers, element " + std::to_string(i) + " is " + kind_at(L, -1));
    total += lua_tonumber(L, -1);
    lua_pop(L, 1);
  }
  lua_pushnumber(L, total);
  return 1;
}

}  // namespace

// `unpack` is a global too: the row stands in base.cc.
int table_unpack(lua_State* L) { return unpack(L); }

LuaModule table_module() {
  return {
      "table",
      "Lists. They have at most 10,000 elements here, and count from 1.",
      {
          {"insert", "table.insert(list, [position,] value)", "Adds a value, at the end or before a position.", "0.1",
           "local t = {1, 3} table.insert(t, 2, 2) assert(t[2] == 2)", insert},
          {"remove", "table.remove(list [, position])", "Takes an element out, the last one by default, and gives it.", "0.1",
           "local t = {1, 2} assert(table.remove(t) == 2)", remove},
          {"concat", "table.concat(list [, separator [, first [, last]]])", "The elements as one text, up to 64 KB.", "0.1",
           "assert(table.concat({1, 2}, '-') == '1-2')", concat},
          {"sort", "table.sort(list [, before])",
           "Sorts in place, at most 2,000 elements. `before(a, b)` says whether a comes first. Equal "
           "elements keep their order.",
           "0.1", "local t = {3, 1} table.sort(t) assert(t[1] == 1)"},
          {"unpack", "table.unpack(list [, first [, last]])", "The elements as results, at most 200.", "0.1",
           "local a, b = table.unpack({1, 2}) assert(a + b == 3)", unpack},
          {"contains", "table.contains(list, value)", "Is this value one of the elements?", "0.1",
           "assert(table.contains({'a', 'b'}, 'b'))", contains},
          {"index_of", "table.index_of(list, value)", "Where the value stands first, or nil.", "0.1",
           "assert(table.index_of({'a', 'b'}, 'b') == 2)", index_of},
          {"slice", "table.slice(list, first [, last])", "A part, as a new list; negative positions count from the end.", "0.1",
           "assert(#table.slice({1, 2, 3}, -2) == 2)", slice},
          {"reverse", "table.reverse(list)", "A new list, from last to first.", "0.1", "assert(table.reverse({1, 2})[1] == 2)", reverse},
          {"unique", "table.unique(list)", "A new list of the different elements, each where it stood first.", "0.1",
           "assert(#table.unique({1, 2, 1}) == 2)", unique},
          {"sum", "table.sum(list)", "The numbers added up, from first to last.", "0.1", "assert(table.sum({1, 2, 3}) == 6)", sum},
          {"keys", "table.keys(table)", "The keys, in the order of `pairs`.", "0.1", "assert(table.keys({b = 1, a = 2})[1] == 'a')",
           table_keys},
          {"values", "table.values(table)", "The values, in the order of their keys.", "0.1",
           "assert(table.values({b = 1, a = 2})[1] == 2)", table_values},
          {"map", "table.map(list, f)", "A new list of what `f(element, position)` gives; without those for which it gives nil.", "0.1",
           "assert(table.map({1, 2}, function(n) return n * 10 end)[2] == 20)"},
          {"filter", "table.filter(list, keep)", "A new list of the elements for which `keep(element, position)` holds.", "0.1",
           "assert(#table.filter({1, 2, 3}, function(n) return n > 1 end) == 2)"},
          {"find", "table.find(list, test)", "The first element for which `test(element, position)` holds, and its position; or nil.",
           "0.1", "assert(table.find({1, 2, 3}, function(n) return n > 1 end) == 2)"},
          {"any", "table.any(list, test)", "Does `test(element, position)` hold for one of them?", "0.1",
           "assert(table.any({1, 2}, function(n) return n == 2 end))"},
          {"all", "table.all(list, test)", "Does `test(element, position)` hold for all of them? It does where there are none.", "0.1",
           "assert(table.all({1, 2}, function(n) return n > 0 end))"},
          {"count", "table.count(list, test)", "For how many of them `test(element, position)` holds.", "0.1",
           "assert(table.count({1, 2, 3}, function(n) return n > 1 end) == 2)"},
          {"reduce", "table.reduce(list, f, initial)",
           "What `f(so_far, element, position)` gives, element after element, from `initial` on.", "0.1",
           "assert(table.reduce({1, 2, 3}, function(a, n) return a + n end, 0) == 6)"},
          {"sort_by", "table.sort_by(list, key)",
           "A new list in the order of `key(element)`, at most 2,000 elements; equal ones keep their order.", "0.1",
           "assert(table.sort_by({{n = 2}, {n = 1}}, function(row) return row.n end)[1].n == 1)"},
          {"group_by", "table.group_by(list, key)", "Lists of the elements by what `key(element)` gives.", "0.1",
           "assert(#table.group_by({1, 2, 3}, function(n) return n % 2 == 0 and 'even' or 'odd' end).odd == 2)"},
      }};
}

}  // namespace footlight
