// The globals: types, errors, iteration, lists, log.
#include <algorithm>
#include <cmath>
#include <lua.hpp>

#include "base/limits.h"
#include "bindings/lua/host.h"
#include "bindings/lua/module.h"

namespace footlight {

namespace {

int type(lua_State* L) {
  if (lua_isnone(L, 1)) return wrong_argument(L, 1, "type", "a value");
  host_of(L).push_kind(L, 1);
  return 1;
}

int tostring(lua_State* L) {
  if (lua_isnone(L, 1)) return wrong_argument(L, 1, "tostring", "a value");
  const std::string text = text_at(L, 1);
  host_of(L).charge(L, text.size());
  lua_pushlstring(L, text.data(), text.size());
  return 1;
}

// The value of a digit in bases up to 36, or 99.
int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'z' ? lower - 'a' + 10 : 99;
}

int tonumber(lua_State* L) {
  if (lua_isnone(L, 1)) return wrong_argument(L, 1, "tonumber", "a value");
  const std::int64_t base = integer_argument(L, 2, "tonumber", 10);
  if (base < 2 || base > 36) return fail(L, "`tonumber` needs a base between 2 and 36 as argument 2");
  constexpr std::size_t longest = 256;  // no number is longer; reading one takes time
  if (lua_type(L, 1) != LUA_TNUMBER && (lua_type(L, 1) != LUA_TSTRING || lua_objlen(L, 1) > longest)) {
    lua_pushnil(L);
    return 1;
  }
  if (base == 10) {
    if (lua_isnumber(L, 1)) {
      lua_pushnumber(L, lua_tonumber(L, 1));
    } else {
      lua_pushnil(L);
    }
    return 1;
  }
  std::string_view digits = string_argument(L, 1, "tonumber");
  const auto blank = " \t\n\v\f\r";
  const std::size_t first = digits.find_first_not_of(blank);
  digits = first == digits.npos ? "" : digits.substr(first, digits.find_last_not_of(blank) - first + 1);
  double number = 0;
  for (const char c : digits) {
    const int value = digit_value(c);
    if (value >= base) {
      lua_pushnil(L);
      return 1;
    }
    number = number * static_cast<double>(base) + value;
  }
  if (digits.empty()) {
    lua_pushnil(L);
  } else {
    lua_pushnumber(L, number);
  }
  return 1;
}

// Messages only: an error value of another kind could carry state past `pcall`, and the host would
// have to convert it.
int error(lua_State* L) {
  if (lua_type(L, 1) != LUA_TSTRING && lua_type(L, 1) != LUA_TNUMBER) {
    return wrong_argument(L, 1, "error", "a message, which is a string,");
  }
  const std::int64_t level = integer_argument(L, 2, "error", 1);
  if (level < 0 || level > 10) return fail(L, "`error` needs a level from 0 to 10 as argument 2");
  const std::string message(string_argument(L, 1, "error"));
  host_of(L).charge(L, message.size());
  if (level == 1) return fail(L, message);
  luaL_where(L, static_cast<int>(level));
  lua_pushlstring(L, message.data(), message.size());
  lua_concat(L, 2);
  return lua_error(L);
}

int assert_(lua_State* L) {
  if (lua_isnone(L, 1)) return wrong_argument(L, 1, "assert", "a value");
  if (lua_toboolean(L, 1)) return lua_gettop(L);
  if (is_absent(L, 2)) return fail(L, "assertion failed");
  return fail(L, std::string(string_argument(L, 2, "assert")));
}

// The keys of the table at 1 in a list on top: numbers ascending, then strings bytewise, then false
// and true. LuaJIT's own order is random for each process, so that it could not be replayed.
void push_sorted_keys(lua_State* L) {
  struct Key {
    int rank;
    double number;
    std::string_view text;  // held by the table
    int at;
  };
  LuaHost& host = host_of(L);
  std::vector<Key> keys;
  lua_newtable(L);
  const int found = lua_gettop(L);
  for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
    host.charge(L, 0);
    Key key{0, 0, {}, static_cast<int>(keys.size()) + 1};
    switch (lua_type(L, -2)) {
      case LUA_TNUMBER: key.number = lua_tonumber(L, -2); break;
      case LUA_TSTRING: {
        std::size_t size = 0;
        const char* text = lua_tolstring(L, -2, &size);
        key.rank = 1;
        key.text = {text, size};
        break;
      }
      case LUA_TBOOLEAN:
        key.rank = 2;
        key.number = lua_toboolean(L, -2);
        break;
      default:
        fail(L, "`pairs` cannot order keys that are tables, functions or userdata");  // which of several is met first, addresses decide
    }
    keys.push_back(key);
    lua_pushvalue(L, -2);
    lua_rawseti(L, found, key.at);
  }
  const auto before = [](const Key& a, const Key& b) {
    if (a.rank != b.rank) return a.rank < b.rank;
    return a.rank == 1 ? a.text < b.text : a.number < b.number;
  };
  // Paid for also where LuaJIT's order was the right one already: that differs from run to run.
  host.charge(L, keys.size() * 32);
  if (std::is_sorted(keys.begin(), keys.end(), before)) return;
  std::sort(keys.begin(), keys.end(), before);
  lua_createtable(L, static_cast<int>(keys.size()), 0);
  int i = 0;
  for (const Key& key : keys) {
    lua_rawgeti(L, found, key.at);
    lua_rawseti(L, -2, ++i);
  }
}

// The keys of the table or view at 1, as `pairs` orders them, in a list on top.
void push_keys(lua_State* L, const char* function) {
  if (lua_type(L, 1) == LUA_TUSERDATA && luaL_getmetafield(L, 1, "__pairs")) {
    lua_pushvalue(L, 1);  // a view: asks its source for the keys
    lua_call(L, 1, 1);
    return;
  }
  if (lua_type(L, 1) != LUA_TTABLE) wrong_argument(L, 1, function, "a table");
  push_sorted_keys(L);
}

// Upvalues: the table or view, its keys, how many are done.
int next_pair(lua_State* L) {
  auto i = lua_tointeger(L, lua_upvalueindex(3));
  const bool is_table = lua_type(L, lua_upvalueindex(1)) == LUA_TTABLE;
  for (;;) {
    lua_settop(L, 0);
    lua_rawgeti(L, lua_upvalueindex(2), static_cast<int>(++i));
    if (lua_isnil(L, 1)) return 1;
    lua_pushvalue(L, 1);
    if (is_table) {
      lua_rawget(L, lua_upvalueindex(1));
    } else {
      lua_gettable(L, lua_upvalueindex(1));
    }
    if (!lua_isnil(L, 2)) break;  // else removed since
    host_of(L).charge(L, 0);
  }
  lua_pushinteger(L, i);
  lua_replace(L, lua_upvalueindex(3));
  return 2;
}

int pairs(lua_State* L) {
  lua_settop(L, 1);
  push_keys(L, "pairs");
  const int keys = lua_gettop(L);
  lua_pushvalue(L, 1);
  lua_pushvalue(L, keys);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, next_pair, 3);
  return 1;
}

int next_element(lua_State* L) {
  const auto i = static_cast<int>(lua_tointeger(L, 2)) + 1;
  lua_pushinteger(L, i);
  lua_rawgeti(L, 1, i);
  return lua_isnil(L, -1) ? 1 : 2;
}

int ipairs(lua_State* L) {
  if (lua_type(L, 1) != LUA_TTABLE) return wrong_argument(L, 1, "ipairs", "a list");
  lua_pushcfunction(L, next_element);
  lua_pushvalue(L, 1);
  lua_pushinteger(L, 0);
  return 3;
}

int select(lua_State* L) {
  const int count = lua_gettop(L) - 1;
  if (lua_type(L, 1) == LUA_TSTRING && string_argument(L, 1, "select") == "#") {
    lua_pushinteger(L, count);
    return 1;
  }
  const std::int64_t first = integer_argument(L, 1, "select");
  if (first < 1) return fail(L, "`select` needs a number from 1 or '#' as argument 1");
  return first > count ? 0 : count - static_cast<int>(first) + 1;
}

// Tables and views print as their kind: what they hold may be personal, and their address is random.
int log(lua_State* L) {
  std::string line;
  for (int i = 1; i <= lua_gettop(L) && line.size() < limits::script_log_line_bytes_max; ++i) {
    if (i > 1) line += '\t';
    line += text_at(L, i);
  }
  host_of(L).charge(L, line.size());
  host_of(L).log(std::move(line));
  return 0;
}

int array(lua_State* L) {
  lua_settop(L, 1);
  if (lua_isnil(L, 1)) {
    lua_newtable(L);
    lua_replace(L, 1);
  }
  table_argument(L, 1, "array");
  return mark_list(L);
}

int to_json_text(lua_State* L) {
  if (lua_isnone(L, 1)) return wrong_argument(L, 1, "to_json", "a value");
  return push_text(L, host_of(L).json_at(L, 1, "to_json"), "to_json");
}

int from_json(lua_State* L) {
  host_of(L).push_json(L, string_argument(L, 1, "from_json"), "from_json");
  return 1;
}

}  // namespace

// The rows stand in table.cc.
int table_keys(lua_State* L) {
  lua_settop(L, 1);
  push_keys(L, "table.keys");
  return mark_list(L);
}

int table_values(lua_State* L) {
  lua_settop(L, 1);
  push_keys(L, "table.values");
  const int keys = lua_gettop(L);
  const auto count = static_cast<int>(lua_objlen(L, keys));
  lua_createtable(L, count, 0);
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(L, keys, i);
    lua_gettable(L, 1);
    lua_rawseti(L, keys + 1, i);
  }
  host_of(L).charge(L, 32 * static_cast<std::size_t>(count));
  return mark_list(L);
}

int mark_list(lua_State* L) {
  luaL_getmetatable(L, "footlight.array");
  lua_setmetatable(L, -2);
  return 1;
}

LuaModule base_module() {
  return {"",
          "What every script can name. There are no other globals, and a script cannot make any.",
          {
              {"type", "type(value)", "The kind of a value: nil, boolean, number, string, table, function or null.", "0.1",
               "assert(type(1) == 'number')", type},
              {"tostring", "tostring(value)", "Numbers, strings, booleans and nil as text; of anything else only its kind.", "0.1",
               "assert(tostring(1.5) == '1.5')", tostring},
              {"tonumber", "tonumber(value [, base])", "The number that a text spells, or nil.", "0.1", "assert(tonumber('ff', 16) == 255)",
               tonumber},
              {"error", "error(message [, level])",
               "Fails with a message, which must be text. Level 1 names the line of the call, 2 that of the "
               "caller, and so on up to 10; 0 none.",
               "0.1", "assert(not pcall(function() error('no such tier') end))", error},
              {"assert", "assert(value [, message])", "Its arguments, or an error when the first is false or nil.", "0.1",
               "assert(1 < 2, 'numbers are broken')", assert_},
              {"pcall", "pcall(f, ...)",
               "Calls f: true and its results, or false and the message. A script that used up its budget is "
               "not saved by it.",
               "0.1", "local ok, message = pcall(error, 'no') assert(not ok and message)"},
              {"pairs", "pairs(table)",
               "For `for key, value in pairs(t)`. The order is fixed: numbers ascending, then texts bytewise, "
               "then false and true. Keys added on the way are not visited.",
               "0.1", "for key, value in pairs({b = 1, a = 2}) do log(key, value) end", pairs},
              {"ipairs", "ipairs(list)", "For `for i, value in ipairs(list)`, up to the first nil.", "0.1",
               "for i, value in ipairs({'a', 'b'}) do log(i, value) end", ipairs},
              {"select", "select(n, ...)", "The arguments from the n-th on; `select('#', ...)` is their number.", "0.1",
               "assert(select('#', 1, 2) == 2)", select},
              {"unpack", "unpack(list [, first [, last]])", "The elements as results, at most 200. Also `table.unpack`.", "0.1",
               "local a, b = unpack({1, 2}) assert(a + b == 3)", table_unpack},
              {"log", "log(...)",
               "A line for the trace of the decision, at most 100 in a call. Costs nothing where no trace is "
               "wanted but the fuel.",
               "0.1", "log('total', 60)", log},
              {"print", "print(...)", "The same as log.", "0.1", "print('hello')", log},
              {"array", "array([table])", "Marks a table as a JSON array, so that it stays one when it is empty: `{}` alone is an object.",
               "0.1", "return {items = array {}}", array},
              {"to_json", "to_json(value)", "The value as JSON, on one line, keys in order; up to 64 KB.", "0.1",
               "assert(to_json({b = 1, a = {true}}) == '{\"a\":[true],\"b\":1}')", to_json_text},
              {"from_json", "from_json(text)", "The value that a JSON text says. What is not JSON is an error; `pcall` tells.", "0.1",
               "assert(from_json('{\"n\": [1, 2]}').n[2] == 2)", from_json},
              {"null", "null", "JSON's null, where a key must be there without a value.", "0.1", "return {title = null}"},
          }};
}

}  // namespace footlight
