#include "script/meanings.h"

#include <algorithm>
#include <cmath>

#include "base/limits.h"
#include "script/walk.h"

namespace footlight {
namespace {

using namespace ast;

// Small functions of the file are written out where they are called, so deep.
constexpr std::size_t inline_depth_max = 16;

// What stands behind an expression in parentheses.
const Expr& bare(const Expr& e) {
  const Expr* at = &e;
  while (const auto* paren = std::get_if<Paren>(&at->node)) at = paren->inner.get();
  return *at;
}

const Expr& absent() {
  static const Expr nil{.at = {}, .height = 1, .node = Nil{}};
  return nil;
}

// `pricing.limit = …`: the variable's declaration and the key, where the target has this shape.
std::optional<std::pair<int, std::string>> member_of(const Expr& target) {
  const auto* index = std::get_if<Index>(&target.node);
  const auto* name = index ? std::get_if<Name>(&index->object->node) : nullptr;
  const auto* key = index ? std::get_if<String>(&index->key->node) : nullptr;
  if (!name || !key || name->declaration < 0) return {};
  return std::pair(name->declaration, key->value);
}

// `(function() … end)()`: the function; null for anything else.
const FunctionBody* called_at_once(const Expr& e) {
  const auto* call = std::get_if<Call>(&e.node);
  const auto* maker = call && call->method.empty() && call->arguments.empty() ? std::get_if<Function>(&bare(*call->callee).node) : nullptr;
  return maker && maker->body->parameters.empty() && !maker->body->is_vararg ? maker->body.get() : nullptr;
}

// What stands before a policy's function, from the outside in: the chunk, and functions that are called at once to give it.
std::vector<const Block*> preambles(const Chunk& chunk) {
  std::vector<const Block*> blocks{&chunk.ast.chunk->body};
  while (blocks.size() < 4 && !blocks.back()->statements.empty()) {
    const auto* result = std::get_if<Return>(&blocks.back()->statements.back().node);
    const FunctionBody* inner = result && result->values.size() == 1 ? called_at_once(bare(result->values[0])) : nullptr;
    if (!inner) break;
    blocks.push_back(&inner->body);
  }
  return blocks;
}

// `local pricing = M`: the same table.
int root(const std::vector<Variable>& locals, int declaration) {
  for (int depth = 0; depth < limits::script_depth_max; ++depth) {
    const Expr* initial = locals[static_cast<std::size_t>(declaration)].initial;
    const auto* name = initial ? std::get_if<Name>(&initial->node) : nullptr;
    if (!name || name->declaration < 0) return declaration;
    declaration = name->declaration;
  }
  return declaration;
}

// The members that tables get before the policy's function, after they were made: by the variable that the table was declared
// with. Null: it is not known what a member holds, since it is set more than once, or by a function.
class LaterMembers {
 public:
  using Found = std::map<std::pair<int, std::string>, const Expr*>;
  static Found of(const Chunk& chunk) {
    LaterMembers members(chunk.ast.locals);
    const std::vector<const Block*> before = preambles(chunk);
    for (const Block* block : before)
      for (const Stat& s : block->statements) members.statement(s, true);
    for (const FunctionBody* body : chunk.ast.functions)
      if (std::find(before.begin(), before.end(), &body->body) == before.end())
        for (const Stat& s : body->body.statements) members.statement(s, false);
    return std::move(members.found_);
  }

 private:
  explicit LaterMembers(const std::vector<Variable>& locals) : locals_(locals) {}

  void statement(const Stat& s, bool is_before) {
    if (const auto* assign = std::get_if<Assign>(&s.node))
      for (std::size_t i = 0; i < assign->targets.size(); ++i)
        set(assign->targets[i], is_before && assign->targets.size() == assign->values.size() ? &assign->values[i] : nullptr);
    if (const auto* function = std::get_if<FunctionStat>(&s.node)) set(function->target, nullptr);
    each_part(
        s, [](const Expr&) {},
        [&](const Block& inner) {
          for (const Stat& within : inner.statements) statement(within, false);
        },
        [](const FunctionBody&) {});
  }
  void set(const Expr& target, const Expr* value) {
    const auto member = member_of(target);
    if (!member) return;
    if (const auto [known, is_new] = found_.try_emplace({root(locals_, member->first), member->second}, value); !is_new)
      known->second = nullptr;
  }

  const std::vector<Variable>& locals_;
  Found found_;
};

// The local functions of a chunk, by their variable.
class LocalFunctions {
 public:
  using Found = std::map<int, const FunctionBody*>;
  static Found of(const FunctionBody& chunk) {
    LocalFunctions functions;
    functions.block(chunk.body);
    return std::move(functions.found_);
  }

 private:
  void block(const Block& b) {
    for (const Stat& s : b.statements) {
      if (const auto* f = std::get_if<LocalFunction>(&s.node)) found_[f->name.declaration] = f->body.get();
      each_part(
          s, [&](const Expr& e) { expression(e); }, [&](const Block& inner) { block(inner); },
          [&](const FunctionBody& body) { block(body.body); });
    }
  }
  void expression(const Expr& e) {
    each_part(
        e, [&](const Expr& part) { expression(part); }, [&](const FunctionBody& body) { block(body.body); });
  }

  Found found_;
};

// Statements before the policy's function that cannot matter: constants, functions, tables of them.
bool is_preamble(const Stat& stat) {
  if (std::holds_alternative<LocalFunction>(stat.node)) return true;
  if (const auto* local = std::get_if<Local>(&stat.node))
    return std::all_of(local->values.begin(), local->values.end(),
                       [](const Expr& value) { return Meanings::is_plain(value) || std::holds_alternative<Name>(value.node); });
  const auto* assign = std::get_if<Assign>(&stat.node);
  return assign && assign->targets.size() == 1 && assign->values.size() == 1 && member_of(assign->targets[0]) &&
      (Meanings::is_plain(assign->values[0]) || std::holds_alternative<Name>(assign->values[0].node));
}

}  // namespace

const FunctionInfo* policy_function_of(const Chunk& chunk) {
  for (const Block* block : preambles(chunk)) {
    const auto& all = block->statements;
    if (all.empty() || !std::all_of(all.begin(), all.end() - 1, is_preamble)) return nullptr;
    const auto* result = std::get_if<Return>(&all.back().node);
    if (!result || result->values.size() != 1) return nullptr;
    // `local f = function(p) … end return f`
    const Expr* value = &bare(result->values[0]);
    for (int depth = 0; depth < 4; ++depth) {
      const auto* name = std::get_if<Name>(&value->node);
      if (!name || name->declaration < 0) break;
      const Variable& variable = chunk.ast.locals[static_cast<std::size_t>(name->declaration)];
      if (variable.is_reassigned || !variable.initial) break;
      value = &bare(*variable.initial);
    }
    if (const auto* function = std::get_if<Function>(&value->node)) return &chunk.functions[static_cast<std::size_t>(function->body->id)];
  }
  return nullptr;
}

Meanings::Meanings(const Chunk& chunk, const FunctionBody& function, bool stays_lua)
    : locals_(chunk.ast.locals),
      function_(function),
      stays_lua_(stays_lua),
      functions_(LocalFunctions::of(*chunk.ast.chunk)),
      later_members_(LaterMembers::of(chunk)) {}

const Expr* Meanings::of(const Name& name) const {
  if (name.declaration < 0) return nullptr;
  if (const auto bound = bound_.find(name.declaration); bound != bound_.end()) return bound->second;
  const Variable& variable = locals_[static_cast<std::size_t>(name.declaration)];
  return variable.is_reassigned ? nullptr : variable.initial;
}

const Expr* Meanings::member(const Index& index, int depth) const {
  const auto* key = std::get_if<String>(&index.key->node);
  if (!key || depth > limits::script_depth_max) return nullptr;
  const Expr* object = &bare(*index.object);
  for (; depth <= limits::script_depth_max; ++depth) {
    if (const auto* name = std::get_if<Name>(&object->node)) {
      if (name->declaration >= 0 && !bound_.contains(name->declaration))
        if (const auto later = later_members_.find({root(locals_, name->declaration), key->value}); later != later_members_.end())
          return later->second;
      object = of(*name);
    } else if (const auto* inner = std::get_if<Index>(&object->node)) {
      object = member(*inner, depth + 1);
    } else {
      break;
    }
    if (!object) return nullptr;
    object = &bare(*object);
  }
  const auto* table = std::get_if<Table>(&object->node);
  // What stays Lua may change the tables that it makes.
  if (!table || (stays_lua_ && object->at >= function_.at && object->at.line <= function_.end_line)) return nullptr;
  const Expr* found = &absent();
  for (const Field& field : table->fields) {
    if (!field.key) continue;
    const auto* name = std::get_if<String>(&field.key->node);
    if (!name && !std::holds_alternative<Number>(field.key->node)) return nullptr;
    if (name && name->value == key->value) {
      if (found != &absent()) return nullptr;
      found = field.value.get();
    }
  }
  return found;
}

const Expr& Meanings::written_out(const Expr& e) const {
  const Expr* at = &e;
  for (int depth = 0; depth < limits::script_depth_max; ++depth) {
    if (const auto* paren = std::get_if<Paren>(&at->node)) {
      at = paren->inner.get();
      continue;
    }
    const auto* name = std::get_if<Name>(&at->node);
    const auto* index = std::get_if<Index>(&at->node);
    const Expr* meant = name ? of(*name) : index && attribute(*at).empty() ? of(*index) : nullptr;
    if (!meant) return *at;
    at = meant;
  }
  return *at;
}

bool Meanings::is_plain(const Expr& e) {
  if (const auto* table = std::get_if<Table>(&e.node))
    return std::all_of(table->fields.begin(), table->fields.end(), [](const Field& field) {
      const bool is_key = !field.key || std::holds_alternative<String>(field.key->node) || std::holds_alternative<Number>(field.key->node);
      return is_key && (is_plain(*field.value) || std::holds_alternative<Name>(field.value->node));
    });
  if (const auto* unary = std::get_if<Unary>(&e.node))
    return unary->op == UnaryOp::negate && std::holds_alternative<Number>(unary->operand->node);
  return std::holds_alternative<Nil>(e.node) || std::holds_alternative<Boolean>(e.node) || std::holds_alternative<Number>(e.node) ||
      std::holds_alternative<String>(e.node) || std::holds_alternative<Function>(e.node);
}

std::optional<Value> Meanings::constant(const Expr& e, int depth) const {
  if (depth > limits::script_depth_max) return {};
  return std::visit(
      Overloaded{
          [](const Nil&) -> std::optional<Value> { return Value(); },
          [](const Boolean& b) -> std::optional<Value> { return Value(b.value); },
          [](const Number& n) -> std::optional<Value> { return Value(n.value); },
          [](const String& s) -> std::optional<Value> { return Value(s.value); },
          [&](const Name& n) -> std::optional<Value> {
            const Expr* meant = of(n);
            return meant ? constant(*meant, depth + 1) : std::nullopt;
          },
          [&](const Index& i) -> std::optional<Value> {
            const Expr* meant = of(i);
            return meant ? constant(*meant, depth + 1) : std::nullopt;
          },
          [&](const Unary& u) -> std::optional<Value> {
            const auto operand = u.op == UnaryOp::negate ? constant(*u.operand, depth + 1) : std::nullopt;
            if (!operand || !operand->is_number()) return {};
            return Value(0.0 - operand->number());
          },
          [&](const Binary& b) -> std::optional<Value> {
            if (b.op < BinaryOp::add || b.op > BinaryOp::div) return {};
            const auto left = constant(*b.left, depth + 1), right = constant(*b.right, depth + 1);
            if (!left || !right || !left->is_number() || !right->is_number()) return {};
            const double x = left->number(), y = right->number();
            const double result = b.op == BinaryOp::add ? x + y : b.op == BinaryOp::sub ? x - y : b.op == BinaryOp::mul ? x * y : x / y;
            if (!std::isfinite(result)) return {};  // a document has no infinity
            return Value(result);
          },
          [](const auto&) -> std::optional<Value> { return {}; },
      },
      e.node);
}

std::optional<std::string> Meanings::path(const Expr& e, int depth) const {
  if (depth > limits::script_depth_max) return {};
  if (const auto* name = std::get_if<Name>(&e.node)) {
    if (name->declaration >= 0 && name->declaration == function_.parameters[0].declaration) {
      if (is_reassigned(name->declaration)) return {};
      return "";
    }
    const Expr* meant = of(*name);
    return meant ? path(*meant, depth + 1) : std::nullopt;
  }
  const auto* index = std::get_if<Index>(&e.node);
  if (!index) return {};
  const auto* key = std::get_if<String>(&index->key->node);
  if (!key || key->value.empty() || key->value.find('.') != std::string::npos) return {};
  const auto before = path(*index->object, depth + 1);
  if (!before) return {};
  return before->empty() ? key->value : *before + "." + key->value;
}

const FunctionBody* Meanings::callee(const Call& call) const {
  if (!call.method.empty()) return nullptr;
  const Expr* callee = &bare(*call.callee);
  for (int depth = 0; callee && depth < limits::script_depth_max; ++depth) {
    if (const auto* function = std::get_if<Function>(&callee->node)) return function->body.get();
    if (const auto* index = std::get_if<Index>(&callee->node)) {
      callee = of(*index);
    } else if (const auto* name = std::get_if<Name>(&callee->node); name && name->declaration >= 0) {
      if (is_reassigned(name->declaration)) return nullptr;
      if (const auto local = functions_.find(name->declaration); local != functions_.end()) return local->second;
      callee = of(*name);
    } else {
      return nullptr;
    }
  }
  return nullptr;
}

bool Meanings::can_bind(const FunctionBody& callee, const Call& call) const {
  if (callee.is_vararg || call.arguments.size() > callee.parameters.size()) return false;
  if (open_.size() >= inline_depth_max || std::find(open_.begin(), open_.end(), &callee) != open_.end()) return false;
  return std::none_of(callee.parameters.begin(), callee.parameters.end(),
                      [&](const Declared& parameter) { return is_reassigned(parameter.declaration); });
}

Meanings::Bound::Bound(Meanings& meanings, const FunctionBody& callee, const Call& call) : meanings_(meanings), callee_(callee) {
  for (std::size_t i = 0; i < callee.parameters.size(); ++i)
    meanings.bound_[callee.parameters[i].declaration] = i < call.arguments.size() ? &call.arguments[i] : &absent();
  meanings.open_.push_back(&callee);
}

Meanings::Bound::~Bound() {
  for (const Declared& parameter : callee_.parameters) meanings_.bound_.erase(parameter.declaration);
  meanings_.open_.pop_back();
}

}  // namespace footlight
