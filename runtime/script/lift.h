// Plain Lua conditions to predicate documents, so that they run natively.
//
// `function(p) return p.loyalty.tier == "gold" and p.cart.total > 50 end` says nothing that needs a
// Lua state. Where a function is conditions over the fields of its first parameter and constants, it
// becomes the document that says exactly the same; everything else stays Lua. It may have locals,
// `if` chains that return early, calls of the file's own small functions and of those in its tables, and of those standard functions
// that a predicate has a word for: contains(list, x), s:starts, s:ends, s:contains, semver.satisfies,
// hash.bucket("salt", x) < n. Of a function that stays Lua the conditions within it are found the same way.
#pragma once

#include <functional>
#include <memory>
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

// What must be known of an attribute for the predicate to say the same as the function.
struct LiftNeed {
  enum class Kind {
    name,    // it, or one that it is the beginning of, is declared: indexing it is no error
    any,     // it is declared
    number,  // its values are numbers: ordering anything else is an error in Lua
    text,    // its values are texts
    list     // its values are lists
  } kind = Kind::any;
  std::string attribute;
  int line = 0;
};

struct Lift {
  // Made of {"all": [..]}, {"any": [..]}, {"no": P}, {"attr": "cart.total", "eq" | "gt" | "ge" | "lt" | "le":
  // constant} and {"attr": "x", "exists": true}; every object also has `text`, `line` and `column`. `true` is an empty
  // `all`, `false` an empty `any`. Empty where the function was not lifted.
  std::optional<Value> predicate;
  std::vector<ast::Place> marks;      // where its parts were written, each before those in it
  std::vector<LiftedClause> clauses;  // the comparisons, in the order of the text
  std::vector<LiftNeed> needs;
  // Where it was not lifted: a sentence that says why, `calls a function`, and the line.
  std::string why;
  int why_line = 0;
};

// Lifts where the predicate is true exactly when the function's result is neither nil nor false:
// absent attributes are nil, an ordering comparison with nil is false, 0 and "" are true. Constants
// may be literals, arithmetic of literals, and locals that were never reassigned. What is an error in Lua
// for an absent value (`p.name:starts("A")`) is lifted only where it cannot be absent (`p.name and …`).
// Relies on attributes having their declared types, as `needs` says; `unmet` tells what does not hold.
Lift lift(const Chunk& chunk, const FunctionInfo& function);

// ---- what of a function that stays Lua is conditions all the same

using IsMet = std::function<bool(const LiftNeed&)>;

// The conditions that it begins with, and {"lua": "rest"} where it must be asked: what comes before runs as if it were asked.
// Nothing: there are none, or it must be asked in too many places.
std::optional<Value> outline(const Chunk& chunk, const FunctionInfo& function, const IsMet& is_met);

// Expressions anywhere in it. All must outlive this.
class ConditionsWithin {
 public:
  ConditionsWithin(const Chunk& chunk, const FunctionInfo& function, IsMet is_met);
  ~ConditionsWithin();
  // The predicate that holds exactly where the expression is neither nil nor false. Asked for more than is worth it, nothing.
  std::optional<Value> at(const ast::Expr& e);

 private:
  struct Found;
  std::unique_ptr<Found> found_;
};

// The predicate without `text`, `line` and `column`, as documents have it.
Value without_notes(const Value& predicate);

}  // namespace footlight
