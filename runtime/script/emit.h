// The tree back to Lua, bounded and metered: what LuaJIT gets to see. chunk.h says what it looks like.
#pragma once

#include <string>

#include "script/ast.h"

namespace footlight {

enum class Mode { declare, policy };

std::string emit(const ast::Tree& tree, Mode mode);

// Whether `a < b` must go through `__lt`: unless both are numbers by their form.
bool is_checked_comparison(const ast::Binary& binary);
// Whether it is written as a call: a checked comparison, or `..`.
bool is_wrapped(const ast::Binary& binary);

}  // namespace footlight
