// The tree back to Lua, bounded and metered: what LuaJIT gets to see. chunk.h says what it looks like.
#pragma once

#include <string>
#include <vector>

#include "script/ast.h"

namespace footlight {

enum class Mode { declare, policy };

struct ProbePoint;  // probes.h
struct Lowering;    // lower.h

std::string emit(const ast::Tree& tree, Mode mode);
// The same with the call of a probe at each point, `__hit(N)` and `__met(N, condition)`, and with attributes as arguments
// (lower.h): these are compared with a number without a call.
std::string emit(const ast::Tree& tree, Mode mode, const std::vector<ProbePoint>& points, const Lowering& lowering);

// Whether `a < b` must go through `__lt`: unless both are numbers by their form.
bool is_checked_comparison(const ast::Binary& binary);
// Whether it is written as a call: a checked comparison, or `..`.
bool is_wrapped(const ast::Binary& binary);

}  // namespace footlight
