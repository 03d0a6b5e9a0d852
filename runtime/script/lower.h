// Attributes as arguments: what a policy's function only looks at of its first parameter, `p.tier == "gold"`,
// is handed to it as an argument of its own, so that asking again costs as little as asking a local.
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

#include "script/chunk.h"

namespace footlight {

struct Lowering {
  const ast::FunctionBody* function = nullptr;               // who takes them; null: nobody
  std::vector<std::string> names;                            // in the order of the arguments, behind policy_arguments others
  std::vector<std::string> functions;                        // standard names that it uses, each looked up once for the chunk
  bool reads_p = true, reads_request = true;                 // whether it asks its parameters for anything else
  std::unordered_map<const ast::Expr*, std::size_t> reads;   // which of `names` stands there
};

// All policies are called with so many: `p`, or what stands for it, and the request.
inline constexpr std::size_t policy_arguments = 2;

// Its name in the text that LuaJIT sees: errors speak of it, so that it says which attribute it is.
inline constexpr std::string_view lowered_prefix = "__a_", function_prefix = "__g_";

// Of the function that a policy's chunk returns, where nobody but the host can call it and it leaves `p` as it is.
Lowering lower(const Chunk& chunk);

}  // namespace footlight
