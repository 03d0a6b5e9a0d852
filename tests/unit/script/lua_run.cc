#include "lua_run.h"

#include <lua.hpp>
#include <memory>

namespace footlight::test {
namespace {

struct Close {
  void operator()(lua_State* L) const { lua_close(L); }
};
using State = std::unique_ptr<lua_State, Close>;

State open() {
  State state(luaL_newstate());
  struct Library {
    const char* name;
    lua_CFunction open;
  };
  for (const auto& [name, library] :
       {Library{"", luaopen_base}, {LUA_STRLIBNAME, luaopen_string}, {LUA_TABLIBNAME, luaopen_table}, {LUA_MATHLIBNAME, luaopen_math}}) {
    lua_pushcfunction(state.get(), library);
    lua_pushstring(state.get(), name);
    lua_call(state.get(), 1, 0);
  }
  return state;
}

std::string text_of(lua_State* L, int at) {
  switch (lua_type(L, at)) {
    case LUA_TNUMBER: {
      char buffer[40];
      snprintf(buffer, sizeof buffer, "%.17g", lua_tonumber(L, at));
      return buffer;
    }
    case LUA_TSTRING: {
      std::size_t n = 0;
      const char* s = lua_tolstring(L, at, &n);
      return "'" + std::string(s, n) + "'";
    }
    case LUA_TBOOLEAN: return lua_toboolean(L, at) ? "true" : "false";
    default: return lua_typename(L, lua_type(L, at));
  }
}

std::string stack_text(lua_State* L, int from) {
  std::string all;
  for (int i = from; i <= lua_gettop(L); ++i) all += (i > from ? "," : "") + text_of(L, i);
  return all;
}

int mark(lua_State* L) {
  auto* run = static_cast<Run*>(lua_touserdata(L, lua_upvalueindex(1)));
  lua_Debug caller = {};
  lua_getstack(L, 1, &caller);
  lua_getinfo(L, "l", &caller);
  run->trace.push_back(std::to_string(caller.currentline) + ":" + stack_text(L, 1));
  return lua_gettop(L);
}

int stop(lua_State* L) { return luaL_error(L, "out of fuel"); }
int same(lua_State* L) { return lua_gettop(L); }
int second(lua_State* L) {
  lua_remove(L, 1);
  return 1;
}

template <bool is_swapped, bool or_equal>
int compare(lua_State* L) {
  if (lua_gettop(L) != 2) return luaL_error(L, "a comparison got %d arguments", lua_gettop(L));
  const int left = is_swapped ? 2 : 1, right = is_swapped ? 1 : 2;
  const bool is_absent = lua_isnil(L, 1) || lua_isnil(L, 2);
  // a <= b is not (b < a), except for NaN.
  const bool is_nan = (lua_type(L, 1) == LUA_TNUMBER && lua_tonumber(L, 1) != lua_tonumber(L, 1)) ||
      (lua_type(L, 2) == LUA_TNUMBER && lua_tonumber(L, 2) != lua_tonumber(L, 2));
  const bool holds = !is_absent && !is_nan && (or_equal ? !lua_lessthan(L, right, left) : lua_lessthan(L, left, right));
  lua_pushboolean(L, holds);
  return 1;
}

void finish(lua_State* L, Run& run, int base, int failed) { run.outcome = failed ? "error " + text_of(L, -1) : stack_text(L, base); }

void provide_mark(lua_State* L, Run& run) {
  lua_pushlightuserdata(L, &run);
  lua_pushcclosure(L, mark, 1);
  lua_setglobal(L, "mark");
}

}  // namespace

std::string load_error(std::string_view lua) {
  const State state = open();
  if (!luaL_loadbuffer(state.get(), lua.data(), lua.size(), "=x")) return "";
  return lua_tostring(state.get(), -1);
}

Run run_plain(std::string_view lua) {
  const State state = open();
  lua_State* L = state.get();
  Run run;
  provide_mark(L, run);
  run.loaded = luaL_loadbuffer(L, lua.data(), lua.size(), "=x") == 0;
  finish(L, run, 1, run.loaded ? lua_pcall(L, 0, LUA_MULTRET, 0) : 1);
  return run;
}

Run run_emitted(std::string_view lua, double fuel) {
  const State state = open();
  lua_State* L = state.get();
  Run run;
  provide_mark(L, run);
  run.loaded = luaL_loadbuffer(L, lua.data(), lua.size(), "=x") == 0;
  if (!run.loaded) {
    finish(L, run, 1, 1);
    return run;
  }
  lua_pushnumber(L, fuel);
  for (const lua_CFunction f :
       {stop, same, compare<false, false>, compare<false, true>, compare<true, false>, compare<true, true>, second, same, same})
    lua_pushcfunction(L, f);
  int failed = lua_pcall(L, 10, 1, 0);
  if (!failed) failed = lua_pcall(L, 0, LUA_MULTRET, 0);
  finish(L, run, 1, failed);
  return run;
}

}  // namespace footlight::test
