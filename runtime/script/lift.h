// Plain Lua conditions to predicate documents, so that they run natively.
//
// `function(p) return p.loyalty.tier == "gold" and p.cart.total > 50 end` says nothing that needs a
// Lua state. Where a function is just one condition over the fields of its first parameter and
// constants, it becomes the document that says exactly the same; everything else stays Lua.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "footlight/value.h"
#include "script/chunk.h"

namespace footlight {

// One comparison as written, for traces: `p.cart.total > 50`.
struct LiftedClause {
  std::string text;
  int line = 0;
};

struct Lift {
  // Made of {"all": [..]}, {"any": [..]}, {"no": P}, {"attr": "cart.total", "eq" | "gt" | "ge" | "lt" | "le":
  // constant} and {"attr": "x", "exists": true}; every object also has `text` and `line`. `true` is an empty
  // `all`, `false` an empty `any`. Empty where the function was not lifted.
  std::optional<Value> predicate;
  std::vector<LiftedClause> clauses;  // the comparisons, in the order of the text
  // Where it was not lifted: a sentence that says why, `calls a function`, and the line.
  std::string why;
  int why_line = 0;
};

// Lifts where the predicate is true exactly when the function's result is neither nil nor false:
// absent attributes are nil, an ordering comparison with nil is false, 0 and "" are true. Constants
// may be literals, arithmetic of literals, and locals outside that were never reassigned. Relies on
// attributes having their declared types (Lua would raise an error for `"x" > 5`), and on each `attr`
// being an attribute and not an object of several; the one who compiles the predicate knows both.
Lift lift(const Chunk& chunk, const FunctionInfo& function);

// The predicate without `text` and `line`, as documents have it.
Value without_notes(const Value& predicate);

}  // namespace footlight
