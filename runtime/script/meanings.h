// Meanings: what the names in a policy's function stand for, as far as the text of its file says: constants, members of tables,
// small functions, attributes of the first parameter.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "footlight/value.h"
#include "script/chunk.h"

namespace footlight {

// The function that a policy's chunk gives: `return function(p) … end`, with nothing before it but constants, functions
// and tables of them, also within `(function() … end)()`. Null where the chunk does more.
const FunctionInfo* policy_function_of(const Chunk& chunk);

class Meanings {
 public:
  // In this function of the chunk. `stays_lua`: it runs, and may change the tables that it makes.
  Meanings(const Chunk& chunk, const ast::FunctionBody& function, bool stays_lua);

  // What a name stands for: the argument that it was bound to, or what its `local` gave it. Null: nobody knows.
  const ast::Expr* of(const ast::Name& name) const;
  // The expression behind the member of a table that is written in the text: `pricing.limit`; null where it is none, or it
  // is not known what it holds. Tables cannot change while a function that is lifted runs, for that assigns nothing.
  const ast::Expr* of(const ast::Index& index) const { return member(index, 0); }
  // What an expression is behind the names of locals.
  const ast::Expr& written_out(const ast::Expr& e) const;
  // The value of an expression that is the same in every call; null for nil.
  std::optional<Value> constant(const ast::Expr& e) const { return constant(e, 0); }
  // A value that is made without asking anybody: a constant, a function, a table of them.
  static bool is_plain(const ast::Expr& e);
  // `p.cart.total` as `cart.total`, `p` as the empty path; none for anything else.
  std::optional<std::string> path(const ast::Expr& e) const { return path(e, 0); }
  // The same, empty for anything that is no attribute.
  std::string attribute(const ast::Expr& e) const { return path(e).value_or(""); }

  // The small function of this file that a call calls.
  const ast::FunctionBody* callee(const ast::Call& call) const;
  // Whether its parameters can stand for the arguments: not while they stand for others.
  bool can_bind(const ast::FunctionBody& callee, const ast::Call& call) const;
  // They do so while this lives.
  class Bound {
   public:
    Bound(Meanings& meanings, const ast::FunctionBody& callee, const ast::Call& call);
    ~Bound();
    Bound(const Bound&) = delete;
    Bound& operator=(const Bound&) = delete;

   private:
    Meanings& meanings_;
    const ast::FunctionBody& callee_;
  };

 private:
  const ast::Expr* member(const ast::Index& index, int depth) const;
  std::optional<Value> constant(const ast::Expr& e, int depth) const;
  std::optional<std::string> path(const ast::Expr& e, int depth) const;
  bool is_reassigned(int declaration) const { return locals_[static_cast<std::size_t>(declaration)].is_reassigned; }

  const std::vector<ast::Variable>& locals_;
  const ast::FunctionBody& function_;
  const bool stays_lua_;
  const std::map<int, const ast::FunctionBody*> functions_;                      // local ones, by their variable
  const std::map<std::pair<int, std::string>, const ast::Expr*> later_members_;  // see LaterMembers
  std::map<int, const ast::Expr*> bound_;                                        // parameters
  std::vector<const ast::FunctionBody*> open_;                                   // functions that these are of
};

}  // namespace footlight
