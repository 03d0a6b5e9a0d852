// Where a policy's source can be seen to run, for coverage. Probes are emitted beside the code, cost no fuel and no
// memory, and leave every value as it is; who runs without them runs the very text that he always did.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "script/ast.h"
#include "script/emit.h"

namespace footlight {

// A statement that is reached, or an expression of which only the truth counts: what `if` and `while` ask, each side of
// `and` and `or` that decides, each comparison. Not constants.
struct ProbePoint {
  const ast::Stat* statement = nullptr;
  const ast::Expr* condition = nullptr;  // else
  ast::Place at;
};

// Of one function literal and those within it, in the order of the text. The same for every formatting of the same code.
std::vector<ProbePoint> probe_points(const ast::FunctionBody& function);

struct ProbeCount {
  std::uint64_t yes = 0, no = 0;  // of a statement: how often; no stays 0
};

}  // namespace footlight
