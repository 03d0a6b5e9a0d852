// What editors and Lua linters read, printed from the rows of bindings/lua.
#pragma once

#include <string>

namespace footlight {

std::string lua_types();   // a `---@meta` file for the Lua language server
std::string luarc_json();  // .luarc.json beside it: Lua 5.1 without its libraries
std::string luacheckrc();  // .luacheckrc: the names that there are

}  // namespace footlight
