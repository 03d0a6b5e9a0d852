// Tokens to a tree: the full grammar of Lua 5.1, by recursive descent.
#pragma once

#include "footlight/error.h"
#include "script/ast.h"
#include "script/source.h"

namespace footlight {

// Reads the whole source. Where problems were added the tree has holes and is good for nothing
// else. Reading goes on behind a broken statement, so that one call reports what is wrong in
// several places; nothing nests deeper than limits::script_depth_max, blocks and expressions together.
ast::Tree parse(const Source& source, Problems& problems);

}  // namespace footlight
