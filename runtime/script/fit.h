// Whether LuaJIT's compiler has room for a chunk, asked before it is handed one.
#pragma once

#include "footlight/error.h"
#include "script/ast.h"
#include "script/source.h"

namespace footlight {

// Reports what would overrun LuaJIT's bounds on slots, constants, jumps and its variable stack, for
// the text that `emit` writes of this tree. Counts are upper estimates: what passes here loads.
// (Locals and captures are counted by `resolve`, depth by `parse`.)
void check_fit(const ast::Tree& tree, const Source& source, Problems& problems);

}  // namespace footlight
