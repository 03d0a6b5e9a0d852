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

const std::vector<LuaModule>& lua_modules();  // what the sandbox is built from

// Words that are written in Lua (scripts/prelude): rows without functions, for the reference and for editors.
const LuaModule& file_words();     // what every file of a workspace may call at its top
const LuaModule& policy_words();   // what policies may call besides
const LuaModule& declare_words();  // what files of declarations are written with
const LuaModule& fixture_words();  // what tests are written with

// One for each file; `lua_modules` lists them.
LuaModule base_module();
LuaModule string_module();
LuaModule table_module();
LuaModule math_module();
LuaModule utf8_module();
LuaModule time_module();
LuaModule semver_module();
LuaModule hash_module();
LuaModule regex_module();

int table_unpack(lua_State* L);  // table.cc; a global too
int table_keys(lua_State* L);    // base.cc, where `pairs` is
int table_values(lua_State* L);
int mark_list(lua_State* L);  // marks the table on top as a JSON array; gives 1

}  // namespace footlight
