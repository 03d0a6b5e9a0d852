#include "script/lift.h"

#include <cmath>

#include "base/limits.h"
#include "script/print.h"
#include "script/walk.h"

namespace footlight {
namespace {

using namespace ast;

// `a < b` is `b > a`.
BinaryOp mirrored(BinaryOp op) {
  switch (op) {
    case BinaryOp::lt: return BinaryOp::gt;
    case BinaryOp::gt: return BinaryOp::lt;
    case BinaryOp::le: return BinaryOp::ge;
    case BinaryOp::ge: return BinaryOp::le;
    default: return op;
  }
}

std::string_view test_name(BinaryOp op) {
  switch (op) {
    case BinaryOp::lt: return "lt";
    case BinaryOp::gt: return "gt";
    case BinaryOp::le: return "le";
    case BinaryOp::ge: return "ge";
    default: return "eq";
  }
}

bool is_comparison(BinaryOp op) { return op >= BinaryOp::lt && op <= BinaryOp::eq; }
bool is_ordering(BinaryOp op) { return op >= BinaryOp::lt && op <= BinaryOp::ge; }
bool is_true(const Value& constant) {
  return !constant.is_null() && !(constant.is_boolean() && !constant.boolean());
}

class Lifter {
 public:
  Lifter(const Tree& tree, const FunctionBody& body) : tree_(tree), body_(body) {}

  Lift run() {
    if (body_.parameters.empty()) {
      refuse_at(body_.at.line, "the function has no parameter");
    } else if (const Expr* result = only_result()) {
      lift_.predicate = condition(*result);
    }
    if (!lift_.predicate) lift_.clauses.clear();
    return std::move(lift_);
  }

 private:
  std::nullopt_t refuse_at(int line, std::string why) {
    if (lift_.why.empty()) {
      lift_.why = std::move(why);
      lift_.why_line = line;
    }
    return std::nullopt;
  }
  std::nullopt_t refuse_at(const Expr& e, const std::string& why) {
    return refuse_at(e.at.line, "`" + print(e) + "` " + why);
  }

  const Expr* only_result() {
    const auto& statements = body_.body.statements;
    const auto* result = statements.empty() ? nullptr : std::get_if<Return>(&statements[0].node);
    if (result && result->values.size() == 1) return &result->values[0];
    refuse_at(statements.empty() ? body_.at.line : statements[0].at.line,
              "the function is not just `return` and one condition");
    return nullptr;
  }

  // ---- the parts of a condition

  // `p.cart.total` as `cart.total`; empty for anything else.
  std::string attribute(const Expr& e) const {
    const auto* index = std::get_if<Index>(&e.node);
    if (!index) return "";
    const auto* key = std::get_if<String>(&index->key->node);
    if (!key || key->value.empty() || key->value.find('.') != std::string::npos) return "";
    if (const auto* name = std::get_if<Name>(&index->object->node))
      return name->declaration >= 0 && name->declaration == body_.parameters[0].declaration ? key->value : "";
    const std::string before = attribute(*index->object);
    return before.empty() ? "" : before + "." + key->value;
  }

  // The value of an expression that is the same in every call; null for nil.
  std::optional<Value> constant(const Expr& e, int depth = 0) const {
    if (depth > limits::script_depth_max) return {};
    return std::visit(
        Overloaded{
            [](const Nil&) -> std::optional<Value> { return Value(); },
            [](const Boolean& b) -> std::optional<Value> { return Value(b.value); },
            [](const Number& n) -> std::optional<Value> { return Value(n.value); },
            [](const String& s) -> std::optional<Value> { return Value(s.value); },
            [&](const Name& n) -> std::optional<Value> {
              if (n.declaration < 0) return {};
              const Variable& variable = tree_.locals[static_cast<std::size_t>(n.declaration)];
              if (variable.is_reassigned || !variable.initial) return {};
              return constant(*variable.initial, depth + 1);
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
              const double result = b.op == BinaryOp::add   ? x + y
                                    : b.op == BinaryOp::sub ? x - y
                                    : b.op == BinaryOp::mul ? x * y
                                                            : x / y;
              if (!std::isfinite(result)) return {};  // a document has no infinity
              return Value(result);
            },
            [](const auto&) -> std::optional<Value> { return {}; },
        },
        e.node);
  }

  std::string why_not(const Expr& e) const {
    if (std::holds_alternative<Call>(e.node) || std::holds_alternative<Paren>(e.node))
      return "calls a function";
    if (std::holds_alternative<Vararg>(e.node)) return "is not known before the call";
    if (std::holds_alternative<Index>(e.node)) return "is no attribute of the first parameter";
    if (const auto* name = std::get_if<Name>(&e.node)) {
      if (name->reach == Reach::global) return "is a global";
      if (name->declaration == body_.parameters[0].declaration)
        return "is the whole profile, not an attribute";
      return name->reach == Reach::local ? "is another parameter" : "is no constant";
    }
    return "is computed, not an attribute or a constant";
  }

  // ---- documents

  static Value noted(Object document, const Expr& e) {
    document["text"] = print(e);
    document["line"] = e.at.line;
    return Value(std::move(document));
  }
  static Value always(bool holds, const Expr& e) { return noted({{holds ? "all" : "any", Array{}}}, e); }
  static Value no(Value inner, const Expr& e) { return noted({{"no", std::move(inner)}}, e); }
  static Value exists(const std::string& attribute, const Expr& e) {
    return noted({{"attr", attribute}, {"exists", true}}, e);
  }
  // Neither absent nor false.
  static Value truth(const std::string& attribute, const Expr& e) {
    return noted(
        {{"all", Array{exists(attribute, e), no(noted({{"attr", attribute}, {"eq", false}}, e), e)}}}, e);
  }

  void clause(const Expr& e) { lift_.clauses.push_back({print(e), e.at.line}); }

  // ---- conditions

  std::optional<Value> condition(const Expr& e) {
    if (const auto* b = std::get_if<Binary>(&e.node)) {
      if (b->op == BinaryOp::and_ || b->op == BinaryOp::or_) return chain(e, b->op);
      if (is_comparison(b->op)) return comparison(e, *b);
    }
    if (const auto* u = std::get_if<Unary>(&e.node); u && u->op == UnaryOp::not_) {
      auto inner = condition(*u->operand);
      if (!inner) return {};
      return no(std::move(*inner), e);
    }
    if (const auto value = constant(e)) return always(is_true(*value), e);
    if (const std::string name = attribute(e); !name.empty()) {
      clause(e);
      return truth(name, e);
    }
    return refuse_at(e, why_not(e));
  }

  // `a and b and c` is one `all` of three.
  std::optional<Value> chain(const Expr& e, BinaryOp op) {
    Array parts;
    if (!collect(e, op, parts)) return {};
    return noted({{op == BinaryOp::and_ ? "all" : "any", std::move(parts)}}, e);
  }
  bool collect(const Expr& e, BinaryOp op, Array& parts) {
    if (const auto* b = std::get_if<Binary>(&e.node); b && b->op == op)
      return collect(*b->left, op, parts) && collect(*b->right, op, parts);
    auto part = condition(e);
    if (part) parts.push_back(std::move(*part));
    return part.has_value();
  }

  std::optional<Value> comparison(const Expr& e, const Binary& b) {
    const auto left = constant(*b.left), right = constant(*b.right);
    if (left && right) {
      const auto holds = compared(*left, b.op, *right);
      if (!holds) return refuse_at(e, "compares constants that have no order");
      return always(*holds, e);
    }
    clause(e);
    if (right) return tested(e, *b.left, b.op, *right);
    if (left) return tested(e, *b.right, mirrored(b.op), *left);
    if (!attribute(*b.left).empty() && !attribute(*b.right).empty())
      return refuse_at(e, "compares two attributes");
    const Expr& culprit = attribute(*b.left).empty() ? *b.left : *b.right;
    return refuse_at(culprit, why_not(culprit));
  }

  // The answer for two constants; empty where Lua raises an error.
  static std::optional<bool> compared(const Value& left, BinaryOp op, const Value& right) {
    if (!is_ordering(op)) return (left == right) == (op == BinaryOp::eq);
    if (left.is_null() || right.is_null()) return false;
    const auto ordered = [op](const auto& x, const auto& y) {
      return op == BinaryOp::lt ? x < y : op == BinaryOp::le ? x <= y : op == BinaryOp::gt ? x > y : x >= y;
    };
    if (left.is_number() && right.is_number()) return ordered(left.number(), right.number());
    if (left.is_string() && right.is_string()) return ordered(left.string(), right.string());
    return {};
  }

  // `subject op value`, where the subject is an attribute or `(attribute or constant)`.
  std::optional<Value> tested(const Expr& e, const Expr& subject, BinaryOp op, const Value& value) {
    if (is_ordering(op) && !value.is_null() && !value.is_number())
      return refuse_at(e, value.is_string() ? "orders text" : "orders something that has no order");
    if (const std::string name = attribute(subject); !name.empty()) return test(e, name, op, value);
    const auto* choice = std::get_if<Binary>(&subject.node);
    const std::string name = choice && choice->op == BinaryOp::or_ ? attribute(*choice->left) : "";
    const auto otherwise = name.empty() ? std::nullopt : constant(*choice->right);
    if (!otherwise) return refuse_at(subject, why_not(subject));
    // Where the attribute is nil or false the constant is compared in its place.
    const auto by_constant = compared(*otherwise, op, value);
    if (!by_constant) return refuse_at(e, "compares constants that have no order");
    Value by_attribute = test(e, name, op, value);
    if (*by_constant) return noted({{"any", Array{std::move(by_attribute), no(truth(name, e), e)}}}, e);
    return noted({{"all", Array{std::move(by_attribute), truth(name, e)}}}, e);
  }

  static Value test(const Expr& e, const std::string& attribute, BinaryOp op, const Value& value) {
    if (is_ordering(op)) {
      if (value.is_null()) return always(false, e);
      return noted({{"attr", attribute}, {std::string(test_name(op)), value}}, e);
    }
    const bool is_equal = op == BinaryOp::eq;
    if (value.is_null()) return is_equal ? no(exists(attribute, e), e) : exists(attribute, e);
    Value equal = noted({{"attr", attribute}, {"eq", value}}, e);
    return is_equal ? equal : no(std::move(equal), e);
  }

  const Tree& tree_;
  const FunctionBody& body_;
  Lift lift_;
};

}  // namespace

Lift lift(const Chunk& chunk, const FunctionInfo& function) {
  return Lifter(chunk.ast, *function.body).run();
}

Value without_notes(const Value& predicate) {
  if (predicate.is_array()) {
    Array all;
    for (const Value& part : predicate.array()) all.push_back(without_notes(part));
    return all;
  }
  if (!predicate.is_object()) return predicate;
  Object plain;
  for (const auto& [key, value] : predicate.object())
    if (key != "text" && key != "line") plain.emplace(key, without_notes(value));
  return plain;
}

}  // namespace footlight
