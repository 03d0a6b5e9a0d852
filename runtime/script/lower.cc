#include "script/lower.h"

#include <algorithm>

#include "base/limits.h"
#include "script/lift.h"
#include "script/meanings.h"
#include "script/print.h"
#include "script/walk.h"

namespace footlight {
namespace {

using namespace ast;

// Where a value goes that an expression gives. `hands_on`: it stays if it is nil or false; `tests`: only its truth matters.
enum class Use { keeps, looks, hands_on, tests };

bool is_constant(const Expr& e) {
  return std::holds_alternative<Nil>(e.node) || std::holds_alternative<Boolean>(e.node) || std::holds_alternative<Number>(e.node) ||
      std::holds_alternative<String>(e.node);
}

// Standard functions, and libraries of them, that give nothing of their arguments away. Names cannot be assigned, so they
// are what they say.
constexpr std::string_view looking[] = {"type", "contains", "tonumber", "tostring"}, looking_libraries[] = {"hash", "semver", "math"};

constexpr std::string_view truths[] = {"contains"}, versions[] = {"semver"}, text_tests[] = {"starts", "ends", "contains"};

template <std::size_t count>
bool is_one_of(std::string_view name, const std::string_view (&names)[count]) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

template <std::size_t count>
bool is_global(const Expr& e, const std::string_view (&names)[count]) {
  const auto* name = std::get_if<Name>(&e.node);
  return name && name->reach == Reach::global && is_one_of(name->text, names);
}

bool looks_only(const Expr& callee) {
  const auto* index = std::get_if<Index>(&callee.node);
  return index ? is_global(*index->object, looking_libraries) : is_global(callee, looking);
}

// Either true or false, wherever it does not fail.
bool is_boolean(const Expr& e) {
  if (const auto* unary = std::get_if<Unary>(&e.node)) return unary->op == UnaryOp::not_;
  if (const auto* call = std::get_if<Call>(&e.node)) {
    if (!call->method.empty()) return is_one_of(call->method, text_tests);  // only texts have methods, and theirs are ours
    const auto* index = std::get_if<Index>(&call->callee->node);
    const auto* key = index ? std::get_if<String>(&index->key->node) : nullptr;
    return is_global(*call->callee, truths) || (key && is_global(*index->object, versions) && key->value == "satisfies");
  }
  const auto* binary = std::get_if<Binary>(&e.node);
  if (!binary) return false;
  if (binary->op == BinaryOp::and_ || binary->op == BinaryOp::or_) return is_boolean(*binary->left) && is_boolean(*binary->right);
  return binary->op >= BinaryOp::lt && binary->op <= BinaryOp::eq;
}

// Standard names whose functions answer the same for the same arguments.
constexpr std::string_view steady[] = {"type",   "contains", "tonumber", "error",  "assert", "ipairs", "pairs", "next",
                                       "select", "unpack",   "hash",     "semver", "string", "table",  "math"};

bool is_steady(const Chunk& chunk) {
  return std::all_of(chunk.globals.begin(), chunk.globals.end(), [](const GlobalUse& use) { return is_one_of(use.name, steady); }) &&
      std::none_of(chunk.functions.begin(), chunk.functions.end(),
                   [](const FunctionInfo& function) { return function.source.find("random") != std::string::npos; });
}

class Lowerer {
 public:
  Lowerer(const FunctionBody& function, ConditionsWithin* conditions) : function_(function), conditions_(conditions) {}

  Lowering run() {
    block(function_.body);
    // The most read first: there is not room for any number of them.
    std::vector<std::size_t> order(found_.names.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return counts_[a] > counts_[b]; });
    order.resize(std::min(order.size(), limits::script_lowered_max - found_.conditions.size()));
    Lowering kept{.function = order.empty() && found_.conditions.empty() ? nullptr : &function_,
                  .conditions = std::move(found_.conditions),
                  .functions = std::move(found_.functions)};
    std::vector<std::size_t> now(found_.names.size(), order.size());
    for (const std::size_t i : order) {
      now[i] = kept.names.size();
      kept.names.push_back(found_.names[i]);
    }
    for (const auto& [expression, i] : found_.reads)
      if (now[i] < order.size()) kept.reads.emplace(expression, now[i]);
    kept.reads_p = uses_[0] > kept.reads.size();
    for (const auto& [expression, i] : tests_) kept.reads.emplace(expression, kept.names.size() + i);
    kept.reads_request = uses_[1] > 0;
    return kept;
  }

 private:
  void block(const Block& b) {
    for (const Stat& s : b.statements) {
      const bool decides =
          std::holds_alternative<If>(s.node) || std::holds_alternative<While>(s.node) || std::holds_alternative<Repeat>(s.node);
      each_part(
          s, [&](const Expr& e) { expression(e, decides ? Use::tests : Use::keeps); }, [&](const Block& inner) { block(inner); },
          [&](const FunctionBody& inner) { count_uses(inner.body); });  // runs when nobody knows; it reads `p` itself
    }
  }

  void expression(const Expr& e, Use use) {
    if (use != Use::looks && (use == Use::tests || is_boolean(e)) && is_condition(e)) return;
    count_use(e);
    if (is_global(e, looking) || is_global(e, looking_libraries)) {
      const std::string& name = std::get<Name>(e.node).text;
      if (std::find(found_.functions.begin(), found_.functions.end(), name) == found_.functions.end()) found_.functions.push_back(name);
    }
    if (use != Use::keeps && note(e)) return;
    const auto each = [&](const Exprs& all, Use how) {
      for (const Expr& part : all) expression(part, how);
    };
    if (const auto* paren = std::get_if<Paren>(&e.node)) return expression(*paren->inner, use);
    if (const auto* unary = std::get_if<Unary>(&e.node))
      return expression(*unary->operand, unary->op == UnaryOp::not_ ? Use::tests : Use::looks);
    if (const auto* call = std::get_if<Call>(&e.node)) {
      // Only texts have methods, and theirs are ours.
      const bool is_method = !call->method.empty();
      expression(*call->callee, is_method ? Use::looks : Use::keeps);
      return each(call->arguments, !is_method && looks_only(*call->callee) ? Use::looks : Use::keeps);
    }
    if (const auto* binary = std::get_if<Binary>(&e.node)) {
      const bool is_equality = binary->op == BinaryOp::eq || binary->op == BinaryOp::ne;
      const bool is_choice = binary->op == BinaryOp::and_ || binary->op == BinaryOp::or_;
      const auto beside = [&](const Expr& other) { return is_equality && !is_constant(other) ? Use::keeps : Use::looks; };
      const Use by_and = use == Use::tests ? Use::tests : Use::hands_on;
      expression(*binary->left, binary->op == BinaryOp::or_ ? use : is_choice ? by_and : beside(*binary->right));
      expression(*binary->right, is_choice ? use : beside(*binary->left));
      return;
    }
    each_part(
        e, [&](const Expr& part) { expression(part, Use::keeps); }, [&](const FunctionBody& inner) { count_uses(inner.body); });
  }

  // Whether it is handed to the function whether this holds.
  bool is_condition(const Expr& e) {
    if (!conditions_ || is_constant(e)) return false;
    const auto document = conditions_->at(e);
    if (!document) return false;
    Problems problems;
    Predicate condition = parse_predicate(*document, "$", problems);
    if (!problems.empty()) return false;
    std::vector<Predicate>& known = found_.conditions;
    const auto i = static_cast<std::size_t>(
        std::find_if(known.begin(), known.end(), [&](const Predicate& other) { return to_value(other) == to_value(condition); }) -
        known.begin());
    if (i == limits::script_lowered_max) return false;
    if (i == known.size()) known.push_back(std::move(condition));
    tests_.emplace_back(&e, i);
    return true;
  }

  void count_use(const Expr& e) {
    const auto* name = std::get_if<Name>(&e.node);
    for (std::size_t i = 0; name && i < function_.parameters.size(); ++i)
      if (name->declaration == function_.parameters[i].declaration) ++uses_[i];
  }
  void count_uses(const Block& b) {
    for (const Stat& s : b.statements)
      each_part(
          s, [&](const Expr& e) { count_uses(e); }, [&](const Block& inner) { count_uses(inner); },
          [&](const FunctionBody& inner) { count_uses(inner.body); });
  }
  void count_uses(const Expr& e) {
    count_use(e);
    each_part(
        e, [&](const Expr& part) { count_uses(part); }, [&](const FunctionBody& inner) { count_uses(inner.body); });
  }

  // Whether it is `p.name`.
  bool note(const Expr& e) {
    const auto* index = std::get_if<Index>(&e.node);
    const auto* object = index ? std::get_if<Name>(&index->object->node) : nullptr;
    const auto* key = index ? std::get_if<String>(&index->key->node) : nullptr;
    if (!object || !key || object->declaration != function_.parameters[0].declaration || !lua_text::is_name(key->value)) return false;
    const auto known = std::find(found_.names.begin(), found_.names.end(), key->value);
    const auto i = static_cast<std::size_t>(known - found_.names.begin());
    if (known == found_.names.end()) {
      found_.names.push_back(key->value);
      counts_.push_back(0);
    }
    ++counts_[i];
    ++uses_[0];
    found_.reads.emplace(&e, i);
    return true;
  }

  const FunctionBody& function_;
  ConditionsWithin* const conditions_;
  Lowering found_;
  std::vector<std::pair<const Expr*, std::size_t>> tests_;  // which of its conditions stands there
  std::vector<std::size_t> counts_;
  std::size_t uses_[policy_arguments] = {};
};

}  // namespace

Lowering lower(const Chunk& chunk, const IsMet* is_met) {
  const FunctionInfo* info = policy_function_of(chunk);
  if (!info || info->body->is_vararg || info->parameters.empty() || info->parameters.size() > policy_arguments) return {};
  const FunctionBody& function = *info->body;
  const auto& locals = chunk.ast.locals;
  const Variable& p = locals[static_cast<std::size_t>(function.parameters[0].declaration)];
  // What has a name can be called by it, with other arguments than the host's.
  const bool has_name = std::any_of(locals.begin(), locals.end(), [&](const Variable& v) {
    const auto* literal = v.initial ? std::get_if<Function>(&v.initial->node) : nullptr;
    return literal && literal->body.get() == &function;
  });
  const bool writes =
      std::any_of(chunk.functions.begin(), chunk.functions.end(), [](const FunctionInfo& f) { return f.writes_tables_it_did_not_make; });
  if (has_name || writes || p.is_reassigned) return {};
  std::optional<ConditionsWithin> conditions;
  if (is_met) conditions.emplace(chunk, *info, *is_met);
  Lowering lowering = Lowerer(function, conditions ? &*conditions : nullptr).run();
  lowering.depends_on_conditions = lowering.names.empty() && !lowering.reads_p && !lowering.reads_request && is_steady(chunk);
  // They are captured.
  if (function.captures.size() + lowering.functions.size() > static_cast<std::size_t>(limits::script_captures_max))
    lowering.functions.clear();
  return lowering;
}

}  // namespace footlight
