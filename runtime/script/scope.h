// What each name means: a local, a local of an enclosing function, or a global.
#pragma once

#include <vector>

#include "footlight/error.h"
#include "script/ast.h"
#include "script/source.h"

namespace footlight {

// Fills in `Name::reach` and `declaration`, `Tree::locals` and `FunctionBody::captures`, and hands
// back every read of a global in the order of the text. Problems: an assigned global (chunks share
// nothing through globals), and more locals or captures than LuaJIT has room for.
std::vector<ast::Expr*> resolve(ast::Tree& tree, const Source& source, Problems& problems);

}  // namespace footlight
