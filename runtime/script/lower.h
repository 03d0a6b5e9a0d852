// Conditions and attributes as arguments: what a policy's function only looks at of its first parameter is handed to it as
// an argument of its own, so that asking again costs as little as asking a local. An attribute, `p.tier`, is its value; a
// condition, `p.tier == "gold" and p.age > 18`, is whether it holds, which is known without Lua.
//
// Looked at means that the value goes nowhere: it is compared with a constant, ordered, reckoned with, asked for its truth
// or one of its methods, or given to a function that keeps nothing. So it does not matter that a list is the same one for
// all who look.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/predicate.h"
#include "script/chunk.h"
#include "script/lift.h"

namespace footlight {

struct Lowering {
  const ast::FunctionBody* function = nullptr;              // who takes them; null: nobody
  std::vector<std::string> names;                           // in the order of the arguments, behind policy_arguments others
  std::vector<Predicate> conditions;                        // behind them
  std::vector<std::string> functions;                       // standard names that it uses, each looked up once for the chunk
  bool reads_p = true, reads_request = true;                // whether it asks its parameters for anything else
  std::unordered_map<const ast::Expr*, std::size_t> reads;  // which of `names`, and of `conditions` behind them, stands there
  bool depends_on_conditions = false;                       // what it answers, and on nothing else
};

// All policies are called with so many: `p`, or what stands for it, and the request.
inline constexpr std::size_t policy_arguments = 2;

// Its name in the text that LuaJIT sees: errors speak of it, so that it says which attribute it is.
inline constexpr std::string_view lowered_prefix = "__a_", condition_prefix = "__c_", function_prefix = "__g_";

// Of the function that a policy's chunk returns, where nobody but the host can call it and it leaves `p` as it is. Without
// `is_met` it is handed no conditions.
Lowering lower(const Chunk& chunk, const IsMet* is_met = nullptr);

}  // namespace footlight
