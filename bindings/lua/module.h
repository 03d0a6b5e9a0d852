// What scripts see: modules of rows. A row is everything that is known about a function, so that the
// sandbox is built, the reference is printed and editor types are written from the same table.
//
// A new function: a `static int` in <module>.cc, its row at the end of that file, one good and one bad
// script in tests. It must charge for its work (host.h), bound its result, and never call back into a
// script: what has to call back is written in Lua, in loops.cc.
#pragma once

#include <vector>

struct lua_State;

namespace footlight {

struct LuaFunction {
  const char* name;
  const char* usage;  // `string.rep(s, n [, separator])`
  const char* doc;    // sentences
  const char* since;
  const char* example;                    // runs as it stands
  int (*function)(lua_State*) = nullptr;  // none: LuaJIT's own, or the one in loops.cc
};

struct LuaModule {
  const char* name;  // the global that holds it; empty: its rows are globals
  const char* doc;
  std::vector<LuaFunction> functions;
};

const std::vector<LuaModule>& lua_modules();

// One for each file; `lua_modules` lists them.
LuaModule base_module();
LuaModule string_module();
LuaModule table_module();
LuaModule math_module();

int table_unpack(lua_State* L);  // table.cc; a global too

}  // namespace footlight
