// The functions of the standard environment that call back into scripts: pcall, table.sort,
// string.gsub. They are Lua themselves, instrumented as the front end instruments user code, because
// a callback from C nests the C stack, and because LuaJIT's own pcall would swallow a stop.
#pragma once

struct lua_State;

namespace footlight {

extern const char* const loops_lua;  // a chunk of the contract in runtime/script/chunk.h
inline constexpr const char* loops_name = "=[footlight]";

// Pushes what the chunk takes behind the eight values of every chunk, and returns how many; `pcall`
// must be LuaJIT's own. The chunk's main function returns { ["table.sort"] = f, ... }.
int push_loop_helpers(lua_State* L, int pcall_index);

}  // namespace footlight
