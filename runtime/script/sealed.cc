#include "script/sealed.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/limits.h"
#include "script/walk.h"

namespace footlight {
namespace {

using namespace ast;

class Sealer {
 public:
  explicit Sealer(const Chunk& chunk) : tree_(chunk.ast) {}

  std::set<std::string> run() {
    for (std::size_t i = 0; i < tree_.locals.size(); ++i) {
      const Variable& variable = tree_.locals[i];
      const auto* table = variable.initial ? std::get_if<Table>(&variable.initial->node) : nullptr;
      if (!table || variable.is_reassigned) continue;
      if (const auto levels = levels_of(*variable.initial)) levels_[static_cast<int>(i)] = *levels;
    }
    for (const Stat& s : tree_.chunk->body.statements) top(s);
    std::set<std::string> names, others;
    for (std::size_t i = 0; i < tree_.locals.size(); ++i)
      if (tree_.locals[i].is_captured) (levels_.contains(root(static_cast<int>(i))) ? names : others).insert(tree_.locals[i].name);
    for (const std::string& name : others) names.erase(name);
    return names;
  }

 private:
  // How many members deep a value is not yet a plain one: 0 for constants and functions, 1 for a table of them. None where it holds
  // something else.
  std::optional<int> levels_of(const Expr& e) const {
    if (const auto* table = std::get_if<Table>(&e.node)) {
      int deepest = 0;
      for (const Field& field : table->fields) {
        if (field.key && !std::holds_alternative<String>(field.key->node) && !std::holds_alternative<Number>(field.key->node)) return {};
        const auto inner = levels_of(*field.value);
        if (!inner) return {};
        deepest = std::max(deepest, *inner);
      }
      return deepest + 1;
    }
    if (const auto* unary = std::get_if<Unary>(&e.node); unary && unary->op == UnaryOp::negate) return levels_of(*unary->operand);
    if (const auto* name = std::get_if<Name>(&e.node); name && name->declaration >= 0) {
      const Variable& variable = tree_.locals[static_cast<std::size_t>(name->declaration)];
      const bool is_plain = variable.initial && !variable.is_reassigned && !std::holds_alternative<Name>(variable.initial->node) &&
          !std::holds_alternative<Table>(variable.initial->node);
      return is_plain ? levels_of(*variable.initial) : std::nullopt;
    }
    const bool is_plain = std::holds_alternative<Nil>(e.node) || std::holds_alternative<Boolean>(e.node) ||
        std::holds_alternative<Number>(e.node) || std::holds_alternative<String>(e.node) || std::holds_alternative<Function>(e.node);
    return is_plain ? std::optional(0) : std::nullopt;
  }

  // `local pricing = M` is another name of the same table.
  int root(int declaration) const {
    for (int depth = 0; depth < limits::script_depth_max; ++depth) {
      const Variable& variable = tree_.locals[static_cast<std::size_t>(declaration)];
      const auto* name = variable.initial && !variable.is_reassigned ? std::get_if<Name>(&variable.initial->node) : nullptr;
      if (!name || name->declaration < 0) return declaration;
      declaration = name->declaration;
    }
    return declaration;
  }

  // A statement of the chunk itself runs once for each time that the functions are made, so it may fill a table.
  void top(const Stat& s) {
    if (const auto* assign = std::get_if<Assign>(&s.node); assign && assign->targets.size() == 1 && assign->values.size() == 1) {
      const auto* index = std::get_if<Index>(&assign->targets[0].node);
      const auto* name = index ? std::get_if<Name>(&index->object->node) : nullptr;
      if (name && name->declaration >= 0) {
        const int table = root(name->declaration);
        const auto levels = levels_of(assign->values[0]);
        if (const auto known = levels_.find(table); known != levels_.end()) {
          if (levels) known->second = std::max(known->second, *levels + 1);
          else levels_.erase(known);
        }
        expression(*index->key);
        return inside(assign->values[0]);
      }
    }
    if (const auto* local = std::get_if<Local>(&s.node)) {
      for (const Expr& value : local->values) {
        const auto* name = std::get_if<Name>(&value.node);
        const bool is_alias = name && local->names.size() == 1 && local->values.size() == 1 &&
            !tree_.locals[static_cast<std::size_t>(local->names[0].declaration)].is_reassigned;
        if (!is_alias) inside(value);
      }
      return;
    }
    statement(s);
  }
  // Of a value that may be a table with names in it, which levels_of looked at.
  void inside(const Expr& e) {
    const auto* table = std::get_if<Table>(&e.node);
    if (!table) return expression(e);
    for (const Field& field : table->fields) {
      if (field.key) expression(*field.key);
      inside(*field.value);
    }
  }

  void block(const Block& b) {
    for (const Stat& s : b.statements) statement(s);
  }
  void statement(const Stat& s) {
    const auto changed = [&](const Expr& target) {
      if (const int table = table_of(target); table >= 0) levels_.erase(table);
    };
    if (const auto* assign = std::get_if<Assign>(&s.node))
      for (const Expr& target : assign->targets) changed(target);
    if (const auto* function = std::get_if<FunctionStat>(&s.node)) changed(function->target);
    each_part(
        s, [&](const Expr& e) { expression(e); }, [&](const Block& inner) { block(inner); },
        [&](const FunctionBody& body) { block(body.body); });
  }

  // The table that `rates.gold[x]` reads in; -1 where it reads in none that is known.
  int table_of(const Expr& e, int* depth = nullptr) const {
    const Expr* at = &e;
    int levels = 0;
    for (; const auto* index = std::get_if<Index>(&at->node); at = index->object.get()) ++levels;
    const auto* name = std::get_if<Name>(&at->node);
    if (depth) *depth = levels;
    return name && name->declaration >= 0 ? root(name->declaration) : -1;
  }

  // `left`: how many levels may remain of what is read: one for `#` and `ipairs`, which look at a table and hand out plain values.
  void expression(const Expr& e, int left = 0) {
    int depth = 0;
    if (const int table = table_of(e, &depth); table >= 0) {
      if (const auto known = levels_.find(table); known != levels_.end() && known->second - depth > left) levels_.erase(known);
      for (const Expr* at = &e; const auto* index = std::get_if<Index>(&at->node); at = index->object.get()) expression(*index->key);
      return;
    }
    if (const auto* unary = std::get_if<Unary>(&e.node); unary && unary->op == UnaryOp::length)
      return expression(*unary->operand, limits::script_depth_max);
    if (const auto* call = std::get_if<Call>(&e.node)) {
      const auto* word = std::get_if<Name>(&call->callee->node);
      if (word && word->reach == Reach::global && (word->text == "ipairs" || word->text == "pairs") && call->arguments.size() == 1)
        return expression(call->arguments[0], 1);
    }
    each_part(
        e, [&](const Expr& part) { expression(part); }, [&](const FunctionBody& body) { block(body.body); });
  }

  const Tree& tree_;
  std::map<int, int> levels_;  // of tables that are sealed as far as was seen
};

}  // namespace

std::set<std::string> sealed_tables(const Chunk& chunk) { return Sealer(chunk).run(); }

}  // namespace footlight
