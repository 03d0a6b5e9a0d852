// What a script can name, and nothing else: the standard environment is built from the rows of
// bindings/lua, then everything that LuaJIT made along the way is thrown out.
//
// The JIT compiler stays off because its library is never opened; docs/scripting.md has the reasons.
#include <cmath>
#include <cstring>
#include <lua.hpp>

#include "base/limits.h"
#include "base/text.h"
#include "bindings/lua/loops.h"
#include "bindings/lua/module.h"
#include "script/convert.h"
#include "script/state.h"

namespace footlight {

namespace {

constexpr const char* array_type = "footlight.array";

// Comparisons. An absent value is neither smaller nor larger than anything, everything else is Lua's.

bool less(lua_State* L, int a, int b) {
  if (lua_type(L, a) == LUA_TNUMBER && lua_type(L, b) == LUA_TNUMBER) return lua_tonumber(L, a) < lua_tonumber(L, b);
  if (lua_type(L, a) == LUA_TSTRING && lua_type(L, b) == LUA_TSTRING) return lua_lessthan(L, a, b);
  const std::string first = kind_at(L, a);
  const std::string second = kind_at(L, b);
  fail(L, first == second ? "attempt to compare two " + first + " values" : "attempt to compare " + first + " with " + second);
  return false;
}

// a <= b is not `not (b < a)` for NaN.
bool less_or_equal(lua_State* L, int a, int b) {
  if (lua_type(L, a) == LUA_TNUMBER && lua_type(L, b) == LUA_TNUMBER) return lua_tonumber(L, a) <= lua_tonumber(L, b);
  if (lua_type(L, a) == LUA_TSTRING && lua_type(L, b) == LUA_TSTRING) return !lua_lessthan(L, b, a);
  return less(L, a, b);  // raises
}

template <bool (*compare)(lua_State*, int, int), int a, int b>
int order(lua_State* L) {
  lua_pushboolean(L, !is_absent(L, 1) && !is_absent(L, 2) && compare(L, a, b));
  return 1;
}

// `for ... in`: LuaJIT's loop would call whatever stands there; this names the mistake instead.
int in(lua_State* L) {
  if (lua_type(L, 1) != LUA_TFUNCTION) {
    return fail(L, std::string("`for ... in` needs an iterator, such as pairs(t) or ipairs(t), got ") + kind_at(L, 1));
  }
  lua_settop(L, 3);
  return 3;
}

// (text) -> text, paid for by its length. LuaJIT's own operator made it, so that its messages name the operands.
int cat(lua_State* L) {
  host_of(L).charge_copy(L, lua_objlen(L, -1));
  return 1;
}

// (...): how many they are is bounded, because handing them on copies them all.
int va(lua_State* L) {
  const int count = lua_gettop(L);
  if (count > static_cast<int>(limits::script_results_max))
    return fail(L,
                "`...` has " + std::to_string(count) + " values, at most " + std::to_string(limits::script_results_max) +
                    " are passed; use a table");
  host_of(L).charge_copy(L, 16 * static_cast<std::size_t>(count));
  return 0;
}

int stop(lua_State* L) {
  Vm::State& state = state_of(L);
  state.trip_by(Trip::fuel);
  return state.raise_stop(L);
}

// Upvalue: the number of the chunk. (id, f) -> f
int name_function(lua_State* L) {
  Vm::State& state = state_of(L);
  lua_rawgeti(L, LUA_REGISTRYINDEX, state.function_ids);
  lua_pushvalue(L, 2);
  lua_pushnumber(L, lua_tonumber(L, lua_upvalueindex(1)) * chunk_stride + lua_tonumber(L, 1));
  lua_rawset(L, -3);
  lua_settop(L, 2);
  return 1;
}

// Upvalue: the table of allowed names.
int undefined(lua_State* L) {
  const std::string name = text_at(L, 2);
  std::vector<std::string> known;
  for (lua_pushnil(L); lua_next(L, lua_upvalueindex(1)); lua_pop(L, 1)) known.push_back(text_at(L, -2));
  return fail(L, "`" + name + "` is not defined" + did_you_mean(name, known));
}

int no_new_global(lua_State* L) {
  const std::string name = text_at(L, 2);
  return fail(L, "cannot make a global `" + name + "`; write `local " + name + "`");
}

// Upvalue: the library's name.
int read_only(lua_State* L) {
  return fail(L, "cannot set `" + text_at(L, lua_upvalueindex(1)) + "." + text_at(L, 2) + "`: the library is only for reading");
}

// Replaces the table on top by a userdata that reads through to it. Not a table with a metatable, so
// that no helper of ours could ever be talked into writing to it.
void seal(lua_State* L, const char* name) {
  lua_newuserdata(L, 0);
  lua_newtable(L);
  lua_pushvalue(L, -3);
  lua_setfield(L, -2, "__index");
  lua_pushstring(L, name);
  lua_pushcclosure(L, read_only, 1);
  lua_setfield(L, -2, "__newindex");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
  lua_remove(L, -2);
}

// Pushes LuaJIT's globals with the libraries that we take functions from. coroutine, which comes with
// the base library, and all else end with this table.
void push_luajit(lua_State* L) {
  const luaL_Reg libraries[] = {{"", luaopen_base}, {"string", luaopen_string}, {"math", luaopen_math}};
  for (const auto& [name, open] : libraries) {
    lua_pushcfunction(L, open);
    lua_pushstring(L, name);
    lua_call(L, 1, 0);
  }
  lua_pushvalue(L, LUA_GLOBALSINDEX);
}

// Leaves no way back to what LuaJIT's libraries registered. The table is emptied too, because functions
// made so far still carry it as their environment.
void clear_luajit(lua_State* L) {
  lua_pushvalue(L, LUA_GLOBALSINDEX);
  for (lua_pushnil(L); lua_next(L, -2);) {
    lua_pop(L, 1);
    lua_pushvalue(L, -1);
    lua_pushnil(L);
    lua_rawset(L, -4);
  }
  lua_pop(L, 1);
  lua_newtable(L);
  lua_replace(L, LUA_GLOBALSINDEX);
  lua_pushnil(L);
  lua_setfield(L, LUA_REGISTRYINDEX, "_LOADED");
}

void build_ordering(lua_State* L) {
  const lua_CFunction functions[] = {stop, in, order<less, 1, 2>, order<less_or_equal, 1, 2>, order<less, 2, 1>, order<less_or_equal, 2, 1>,
                                     cat,  va};
  lua_newtable(L);
  int i = 0;
  for (const lua_CFunction function : functions) {
    lua_pushcfunction(L, function);
    lua_rawseti(L, -2, ++i);
  }
  state_of(L).ordering = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_pushcfunction(L, (order<less, 1, 2>));
  lua_setfield(L, LUA_REGISTRYINDEX, "footlight.less");
}

void build_holder(lua_State* L) {
  constexpr std::string_view text = "local __fuel=0 return function() return __fuel end";
  if (luaL_loadbuffer(L, text.data(), text.size(), loops_name) != 0) lua_error(L);
  lua_call(L, 0, 1);
  state_of(L).holder = luaL_ref(L, LUA_REGISTRYINDEX);
}

// Pushes the table of loops.cc; LuaJIT's globals are at `luajit`.
void push_loops(lua_State* L, int luajit) {
  Vm::State& state = state_of(L);
  lua_getfield(L, luajit, "pcall");
  const int pcall = lua_gettop(L);
  if (luaL_loadbuffer(L, loops_lua, std::strlen(loops_lua), loops_name) != 0) lua_error(L);
  lua_pushnumber(L, 0);
  push_chunk_values(L, 0);
  const int helpers = push_loop_helpers(L, pcall);
  lua_call(L, chunk_values + helpers, 1);
  if (!join_fuel(L)) fail(L, "the functions in Lua are not instrumented");
  state.set_fuel(1);
  lua_call(L, 0, 1);
  lua_remove(L, pcall);
}

// Pushes what a row stands for: our own function (with LuaJIT's of that name as its upvalue), one
// written in Lua, or LuaJIT's as it is.
void push_row(lua_State* L, const LuaModule& module, const LuaFunction& row, int luajit, int loops) {
  const bool is_global = !*module.name;
  lua_getfield(L, luajit, is_global ? row.name : module.name);
  if (!is_global && lua_istable(L, -1)) {
    lua_getfield(L, -1, row.name);
    lua_remove(L, -2);
  }
  if (row.function) {
    lua_pushcclosure(L, row.function, 1);
    return;
  }
  lua_getfield(L, loops, is_global ? row.name : (std::string(module.name) + "." + row.name).c_str());
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
  } else {
    lua_remove(L, -2);
  }
  if (lua_isnil(L, -1)) fail(L, std::string("no function stands behind the row `") + row.usage + "`");
}

// The metatable of an environment, on top of the stack: reads go to the table below it.
void push_environment_metatable(lua_State* L) {
  lua_newtable(L);
  lua_pushvalue(L, -2);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, no_new_global);
  lua_setfield(L, -2, "__newindex");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
}

}  // namespace

Vm::State& state_of(lua_State* L) { return static_cast<Vm::State&>(host_of(L)); }

bool is_array(lua_State* L, int index) {
  if (!lua_getmetatable(L, index)) return false;
  luaL_getmetatable(L, array_type);
  const bool is_it = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return is_it;
}

void mark_array(lua_State* L) {
  luaL_getmetatable(L, array_type);
  lua_setmetatable(L, -2);
}

FoundFunction hold_function(lua_State* L) {
  Vm::State& state = state_of(L);
  FoundFunction found;
  lua_rawgeti(L, LUA_REGISTRYINDEX, state.function_ids);
  lua_pushvalue(L, -2);
  lua_rawget(L, -2);
  if (lua_isnumber(L, -1)) {
    const double number = lua_tonumber(L, -1);
    found.chunk = static_cast<int>(std::floor(number / chunk_stride));
    found.id = static_cast<int>(number - found.chunk * chunk_stride);
  }
  lua_pop(L, 2);
  lua_pushvalue(L, -1);
  found.ref.id = luaL_ref(L, LUA_REGISTRYINDEX);
  return found;
}

bool join_fuel(lua_State* L) {
  const int function = lua_gettop(L);
  for (int i = 1;; ++i) {
    const char* name = lua_getupvalue(L, function, i);
    if (!name) return false;
    lua_pop(L, 1);
    if (std::strcmp(name, "__fuel") != 0) continue;
    lua_rawgeti(L, LUA_REGISTRYINDEX, state_of(L).holder);
    lua_upvaluejoin(L, function, i, lua_gettop(L), 1);
    lua_pop(L, 1);
    return true;
  }
}

void push_chunk_values(lua_State* L, int chunk) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, state_of(L).ordering);
  const int ordering = lua_gettop(L);
  for (int i = 1; i <= 6; ++i) lua_rawgeti(L, ordering, i);
  lua_pushinteger(L, chunk);
  lua_pushcclosure(L, name_function, 1);
  for (int i = 7; i <= 8; ++i) lua_rawgeti(L, ordering, i);
  lua_remove(L, ordering);
}

void push_environment(lua_State* L, const Environment& globals) {
  Vm::State& state = state_of(L);
  if (globals.empty()) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, state.environment);
    return;
  }
  lua_newtable(L);  // the globals, behind an empty table, so that even they cannot be assigned
  for (const Global& global : globals) {
    lua_pushlstring(L, global.name.data(), global.name.size());
    if (const Value* value = std::get_if<Value>(&global.what)) {
      if (value->is_array()) fail(L, "the global `" + global.name + "` cannot be a list; make it a function");
      if (value->is_object()) {
        const Value& kept = state.values.emplace_back(*value);
        push_view(L, state.views.emplace_back(kept), 0);
      } else {
        push_value(L, *value);
      }
    } else if (const HostFunction* function = std::get_if<HostFunction>(&global.what)) {
      push_host_function(L, *function);
    } else {
      lua_rawgeti(L, LUA_REGISTRYINDEX, std::get<FunctionRef>(global.what).id);
    }
    lua_rawset(L, -3);
  }
  lua_newtable(L);
  lua_rawgeti(L, LUA_REGISTRYINDEX, state.allowed);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
  lua_newtable(L);
  lua_insert(L, -2);
  push_environment_metatable(L);
  lua_remove(L, -2);
  lua_setmetatable(L, -2);
}

void build_sandbox(lua_State* L) {
  Vm::State& state = state_of(L);
  luaL_newmetatable(L, array_type);
  lua_pop(L, 1);
  lua_newtable(L);
  lua_newtable(L);
  lua_pushliteral(L, "k");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  state.function_ids = luaL_ref(L, LUA_REGISTRYINDEX);
  build_ordering(L);
  build_holder(L);
  build_views(L);

  push_luajit(L);
  const int luajit = lua_gettop(L);
  push_loops(L, luajit);
  const int loops = lua_gettop(L);
  lua_newtable(L);
  const int allowed = lua_gettop(L);
  for (const LuaModule& module : lua_modules()) {
    const bool is_global = !*module.name;
    if (!is_global) lua_newtable(L);
    for (const LuaFunction& row : module.functions) {
      push_row(L, module, row, luajit, loops);
      lua_setfield(L, is_global ? allowed : -2, row.name);
    }
    if (is_global) continue;
    if (std::strcmp(module.name, "string") == 0) {
      // Methods of strings come from the real table; without this they would be LuaJIT's, unbounded.
      lua_pushliteral(L, "");
      lua_newtable(L);
      lua_pushvalue(L, -3);
      lua_setfield(L, -2, "__index");
      lua_pushboolean(L, 0);
      lua_setfield(L, -2, "__metatable");
      lua_setmetatable(L, -2);
      lua_pop(L, 1);
    }
    seal(L, module.name);
    lua_setfield(L, allowed, module.name);
  }
  clear_luajit(L);

  lua_settop(L, allowed);
  lua_newtable(L);
  lua_pushvalue(L, allowed);
  lua_pushcclosure(L, undefined, 1);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, allowed);
  lua_newtable(L);
  lua_pushvalue(L, allowed);
  push_environment_metatable(L);
  lua_remove(L, -2);
  lua_setmetatable(L, -2);
  state.environment = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_pushvalue(L, allowed);
  state.allowed = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_settop(L, luajit - 1);
}

}  // namespace footlight
