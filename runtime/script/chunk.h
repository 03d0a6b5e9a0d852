// The Lua front end: source text in, checked tree and instrumented Lua 5.1 out.
//
// LuaJIT's parser never sees what a user wrote. A chunk is read by our own lexer and parser, checked,
// and written again from its tree in a form that is bounded, metered and safe to load:
//
//   local __fuel,__stop,__in,__lt,__le,__gt,__ge,__fn,__cat,__va=... return function(...) <chunk> end
//
// * Line N of the source is line N of that text, so errors at run time name the right line. A call is
//   at the line of what it calls, also where its `{`, its string or a `)` around the callee follow below.
// * Every function and loop body begins with `__fuel=__fuel-1 if __fuel<0 then __stop() end`; long
//   bodies pay more (`script_nodes_per_fuel`). So `__fuel` is upvalue 1 and `__stop` upvalue 2 of the
//   chunk and of every function in it.
// * `for a, b in E do` becomes `for a, b in __in(E) do`; `__in` answers the iterator triple.
// * `a < b` becomes `__lt(a, b)`, `<=` `__le`, `>` `__gt`, `>=` `__ge`, always with two arguments,
//   unless both sides are numbers by their form (literal, arithmetic, `#`). This is how an ordering
//   comparison with an absent value is false instead of an error. Operands are evaluated left to right.
// * `a .. b .. c` becomes `__cat(a .. b .. c)`, which pays for the text that was copied.
// * A function of `...` (not the chunk) begins with `__va(...)` as well, which refuses more than limits::script_results_max.
// * In Mode::declare each function literal stands as `__fn(ID,function(...) ... end)`, ID being its index
//   in Chunk::functions; in Mode::policy it stands alone.
// * Where a policy is loaded to be asked many times, what it only looks at is handed to it (lower.h): `p.tier` becomes the
//   argument `__a_tier`, `type` the local `__g_type` of the chunk, and `p.age < 18` is `(__a_age ~= nil and __a_age < 18)`;
//   where conditions are answered for it, it is `__c_0`.
//
// Names that begin with `__` cannot be variables in a chunk, so nothing above can be reached or shadowed.
// Whatever is accepted here also fits LuaJIT's own limits (locals, upvalues, slots, jumps, constants).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "footlight/error.h"
#include "script/ast.h"
#include "script/emit.h"
#include "script/facts.h"

namespace footlight {

struct GlobalUse {
  std::string name;
  int line = 0;
  int column = 0;
};

struct Chunk {
  std::string name;  // as given: `experiences/a.lua`
  Mode mode = Mode::policy;
  std::string lua;  // load as text, with the chunk name `@` + name
  ast::Tree ast;
  std::vector<FunctionInfo> functions;
  std::vector<GlobalUse> globals;  // every read of a global, in the order of the text
};

// Reads one chunk. On failure the error's problems hold what was found, at most
// `limits::script_problems_max`, sorted by place: `name:line` and a message of three lines (what is
// wrong and what was probably meant, the source line, a caret). Codes: `syntax_error`,
// `undefined_name` (assigns a global), `limit_exceeded`, and `too_large` for the text as a whole.
Result<Chunk> read_chunk(std::string_view source, std::string name, Mode mode);

}  // namespace footlight
