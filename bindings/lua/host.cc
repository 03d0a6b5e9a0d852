#include "bindings/lua/host.h"

#include <cmath>
#include <lua.hpp>

#include "base/limits.h"

namespace footlight {

void LuaHost::log(std::string line) {
  if (log_.size() >= limits::script_log_lines_max) {
    ++log_dropped_;
    return;
  }
  log_.push_back(std::move(line));
}

std::uint64_t LuaHost::next_random() {
  random_ += 0x9e3779b97f4a7c15u;
  std::uint64_t z = random_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

void LuaHost::push_kind(lua_State* L, int i) {
  int& known = kinds_[static_cast<std::size_t>(lua_type(L, i))];
  if (known == 0) {
    lua_pushstring(L, kind_at(L, i));
    known = luaL_ref(L, LUA_REGISTRYINDEX);
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, known);
}

std::shared_ptr<const void>& LuaHost::kept(Kept kind, const std::string& text) {
  auto& kept = kept_[static_cast<std::size_t>(kind)];
  const std::size_t most = kind == Kept::pattern ? limits::script_regex_kept_max : limits::script_versions_kept_max;
  if (kept.size() >= most && !kept.contains(text)) kept.clear();
  return kept[text];
}

// The allocator's context is the host: no registry look-up, and nothing that a script could reach.
LuaHost& host_of(lua_State* L) {
  void* context = nullptr;
  lua_getallocf(L, &context);
  return *static_cast<LuaHost*>(context);
}

// Files of users are loaded as `@name`, our own Lua as `=[...]` or `@prelude/…`; the latter is nobody's place.
bool is_of_user(const lua_Debug& ar) { return ar.source[0] == '@' && std::string_view(ar.source).substr(0, 9) != "@prelude/"; }

static bool find_user_line(lua_State* L, lua_Debug* ar) {
  for (int level = 0; lua_getstack(L, level, ar); ++level) {
    if (lua_getinfo(L, "Sl", ar) && ar->currentline > 0 && is_of_user(*ar)) return true;
  }
  return false;
}

std::string place_of(lua_State* L) {
  lua_Debug ar;
  if (!find_user_line(L, &ar)) return "";
  return std::string(ar.source + 1) + ":" + std::to_string(ar.currentline);
}

int fail(lua_State* L, const std::string& message) {
  lua_Debug ar;
  std::string text;
  if (find_user_line(L, &ar)) text = std::string(ar.short_src) + ":" + std::to_string(ar.currentline) + ": ";
  text += message;
  lua_pushlstring(L, text.data(), text.size());
  return lua_error(L);
}

const char* kind_at(lua_State* L, int i) {
  switch (lua_type(L, i)) {
    case LUA_TNONE: return "nothing";
    case LUA_TLIGHTUSERDATA: return "null";
    // Views and libraries: the only userdata there are, and they read as tables.
    case LUA_TUSERDATA: return "table";
    default: return luaL_typename(L, i);
  }
}

std::string text_at(lua_State* L, int i) {
  switch (lua_type(L, i)) {
    case LUA_TBOOLEAN: return lua_toboolean(L, i) ? "true" : "false";
    case LUA_TSTRING: {
      std::size_t size = 0;
      const char* text = lua_tolstring(L, i, &size);
      return {text, size};
    }
    case LUA_TNUMBER: {
      lua_pushvalue(L, i);  // a copy: lua_tolstring changes the value in place
      std::size_t size = 0;
      const char* text = lua_tolstring(L, -1, &size);
      std::string result(text, size);
      lua_pop(L, 1);
      return result;
    }
    default: return kind_at(L, i);
  }
}

bool is_absent(lua_State* L, int i) { return lua_isnoneornil(L, i); }

int wrong_argument(lua_State* L, int i, const char* function, const char* wanted) {
  return fail(L, "`" + std::string(function) + "` needs " + wanted + " as argument " + std::to_string(i) + ", got " + kind_at(L, i));
}

std::string_view string_argument(lua_State* L, int i, const char* function) {
  const int type = lua_type(L, i);
  if (type != LUA_TSTRING && type != LUA_TNUMBER) wrong_argument(L, i, function, "a string");
  std::size_t size = 0;
  const char* text = lua_tolstring(L, i, &size);
  return {text, size};
}

double number_argument(lua_State* L, int i, const char* function) {
  if (!lua_isnumber(L, i)) wrong_argument(L, i, function, "a number");
  return lua_tonumber(L, i);
}

std::int64_t integer_argument(lua_State* L, int i, const char* function) {
  const double number = number_argument(L, i, function);
  if (!(std::fabs(number) <= 9007199254740992.0)) {
    return fail(L, "`" + std::string(function) + "` needs a whole number as argument " + std::to_string(i));
  }
  return static_cast<std::int64_t>(std::floor(number));
}

std::int64_t integer_argument(lua_State* L, int i, const char* function, std::int64_t otherwise) {
  return is_absent(L, i) ? otherwise : integer_argument(L, i, function);
}

void table_argument(lua_State* L, int i, const char* function) {
  if (lua_type(L, i) == LUA_TUSERDATA) { fail(L, "`" + std::string(function) + "` cannot work on a value that is only lent for reading"); }
  if (lua_type(L, i) != LUA_TTABLE) wrong_argument(L, i, function, "a table");
}

int push_text(lua_State* L, std::string_view text, const char* function) {
  if (text.size() > limits::script_string_bytes_max) {
    return fail(L,
                "`" + std::string(function) + "` would give " + std::to_string(text.size()) + " bytes; a string has at most " +
                    std::to_string(limits::script_string_bytes_max));
  }
  lua_pushlstring(L, text.data(), text.size());
  return 1;
}

}  // namespace footlight
