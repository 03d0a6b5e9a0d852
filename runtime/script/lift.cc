#include "script/lift.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/semver.h"
#include "script/meanings.h"
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
bool is_true(const Value& constant) { return !constant.is_null() && !(constant.is_boolean() && !constant.boolean()); }

constexpr std::size_t document_nodes_max = 1'000;

using Known = std::set<std::string>;  // attributes that are neither absent nor false here

Known joined(Known left, const Known& right) {
  left.insert(right.begin(), right.end());
  return left;
}

// A condition as a document, and which attributes are there when it holds and when it does not.
struct Condition {
  Value document;
  Known if_true, if_false;
};

bool is_always(const Value& document, bool holds) {
  const Value* parts = document.find(holds ? "all" : "any");
  return parts && parts->is_array() && parts->array().empty();
}

class Lifter {
 public:
  // `is_met`: the function stays Lua, and only what holds with the declarations is wanted, without notes.
  Lifter(const Chunk& chunk, const FunctionBody& body, const IsMet* is_met = nullptr)
      : body_(body), meanings_(chunk, body, is_met != nullptr), is_met_(is_met) {}

  Lift run() {
    if (body_.parameters.empty()) {
      refuse_at(body_.at.line, "the function has no parameter");
    } else if (auto whole = statements(body_.body.statements, 0, {}, {})) {
      lift_.predicate = std::move(whole->document);
      mark(*lift_.predicate);
    }
    if (!lift_.predicate) {
      lift_.clauses.clear();
      lift_.needs.clear();
    }
    return std::move(lift_);
  }

  // The conditions that it begins with; `lua` where what is left of it must be asked. Nothing: it begins with none.
  std::optional<Value> outline() {
    if (body_.parameters.empty()) return {};
    is_outlined_ = true;
    auto whole = statements(body_.body.statements, 0, {}, {});
    is_outlined_ = false;
    if (!whole || is_rest(whole->document) || rests_ > rests_max) return {};
    return std::move(whole->document);
  }

  // An expression within it, if it is a condition wherever it stands.
  std::optional<Value> within(const Expr& e) {
    auto found = tried(e, {});
    return found ? std::optional(std::move(found->document)) : std::nullopt;
  }

 private:
  // ---- what stays Lua

  static constexpr int rests_max = 4;

  static bool is_rest(const Value& document) { return document.find("lua") != nullptr; }
  std::optional<Condition> rest() {
    ++rests_;
    return Condition{Value(Object{{"lua", "rest"}}), {}, {}};
  }

  // A condition all of which holds with the declarations.
  std::optional<Condition> tried(const Expr& e, const Known& known) {
    const bool outer = std::exchange(is_unmet_, false), is_outlined = std::exchange(is_outlined_, false);
    auto found = condition(e, known);
    if (is_unmet_) found.reset();
    is_unmet_ = outer;
    is_outlined_ = is_outlined;
    return found;
  }

  // What the function returns, as far as it can be said: behind a condition that decides, the rest may ask the function.
  std::optional<Condition> result(const Expr& e, const Known& known) {
    if (!is_outlined_) return condition(e, known);
    if (auto whole = tried(e, known)) return whole;
    if (const auto* paren = std::get_if<Paren>(&e.node)) return result(*paren->inner, known);
    const auto* binary = std::get_if<Binary>(&e.node);
    if (!binary || (binary->op != BinaryOp::and_ && binary->op != BinaryOp::or_)) return rest();
    const bool is_and = binary->op == BinaryOp::and_;
    std::vector<const Expr*> operands;
    const auto collect = [&](const auto& self, const Expr& part) -> void {
      const auto* inner = std::get_if<Binary>(&part.node);
      if (!inner || inner->op != binary->op) return operands.push_back(&part);
      self(self, *inner->left);
      self(self, *inner->right);
    };
    collect(collect, e);
    Array parts;
    Known sure = known;
    for (const Expr* operand : operands) {
      auto part = operand == operands.back() ? result(*operand, sure) : tried(*operand, sure);
      if (!part) part = rest();
      const bool is_end = is_rest(part->document);
      sure = joined(std::move(sure), is_and ? part->if_true : part->if_false);
      parts.push_back(std::move(part->document));
      if (is_end) break;
    }
    if (is_rest(parts.front())) return rest();
    return Condition{noted({{is_and ? "all" : "any", std::move(parts)}}, e), {}, {}};
  }

  void mark(const Value& document) {
    const auto number = [&](const char* key) {
      const Value* value = document.find(key);
      return value && value->is_number() ? static_cast<int>(value->number()) : 0;
    };
    lift_.marks.push_back({number("line"), number("column")});
    for (const char* word : {"all", "any"})
      if (const Value* parts = document.find(word); parts && parts->is_array())
        for (const Value& part : parts->array()) mark(part);
    if (const Value* part = document.find("no")) mark(*part);
  }

  std::nullopt_t refuse_at(int line, std::string why) {
    if (lift_.why.empty()) {
      lift_.why = std::move(why);
      lift_.why_line = line;
    }
    return std::nullopt;
  }
  std::nullopt_t refuse_at(const Expr& e, const std::string& why) {
    return is_met_ ? std::nullopt : refuse_at(e.at.line, "`" + print(e) + "` " + why);
  }

  // ---- statements: the condition under which the function's result is neither nil nor false

  // What follows a block: the statements behind it, as often as blocks nest.
  struct Rest {
    const std::vector<Stat>* statements = nullptr;
    std::size_t from = 0;
    const Rest* outer = nullptr;
  };

  std::optional<Condition> statements(const std::vector<Stat>& all, std::size_t from, const Known& known, const Rest* behind) {
    if (!is_outlined_) return exact(all, from, known, behind);
    const bool outer = std::exchange(is_unmet_, false);
    auto found = exact(all, from, known, behind);
    if (is_unmet_) found.reset();
    is_unmet_ = outer;
    return found ? std::move(found) : rest();
  }

  std::optional<Condition> exact(const std::vector<Stat>& all, std::size_t from, const Known& known, const Rest* rest) {
    if (++steps_ > document_nodes_max) return refuse_at(body_.at.line, "the function has too many ways through it");
    if (from == all.size()) {
      if (rest) return statements(*rest->statements, rest->from, known, rest->outer);
      return Condition{noted({{"any", Array{}}}, "end", {body_.end_line, 1}), {}, {}};  // nil
    }
    const Stat& stat = all[from];
    if (const auto* result = std::get_if<Return>(&stat.node)) {
      if (result->values.empty()) return Condition{noted({{"any", Array{}}}, "return", stat.at), {}, {}};
      if (result->values.size() != 1) return refuse_at(stat.at.line, "the function returns several values");
      return this->result(result->values[0], known);
    }
    if (const auto* local = std::get_if<Local>(&stat.node)) {
      for (std::size_t i = 0; i < local->values.size(); ++i) {
        const Expr& value = local->values[i];
        if (Meanings::is_plain(value) || meanings_.constant(value)) continue;
        if (const auto found = meanings_.path(value)) {
          if (!found->empty()) need(LiftNeed::Kind::name, *found, value);
          continue;
        }
        // It is written out where it is used; here it only must not fail.
        const std::size_t clauses = lift_.clauses.size();
        if (is_outlined_ ? !tried(value, known) : !condition(value, known)) return {};
        lift_.clauses.resize(clauses);
      }
      return statements(all, from + 1, known, rest);
    }
    if (std::holds_alternative<LocalFunction>(stat.node)) return statements(all, from + 1, known, rest);
    const Rest behind{&all, from + 1, rest};
    if (const auto* block = std::get_if<Do>(&stat.node)) return statements(block->body.statements, 0, known, &behind);
    if (const auto* branch = std::get_if<If>(&stat.node)) return branches(stat, *branch, 0, known, behind);
    return refuse_at(stat.at.line, what(stat));
  }

  std::optional<Condition> branches(const Stat& stat, const If& branch, std::size_t clause, const Known& known, const Rest& behind) {
    static const std::vector<Stat> nothing;
    if (clause == branch.clauses.size()) return statements(branch.otherwise ? branch.otherwise->statements : nothing, 0, known, &behind);
    const Clause& at = branch.clauses[clause];
    auto test = is_outlined_ ? tried(at.condition, known) : condition(at.condition, known);
    if (!test) return {};
    auto then = statements(at.body.statements, 0, joined(known, test->if_true), &behind);
    if (!then) return {};
    auto otherwise = branches(stat, branch, clause + 1, joined(known, test->if_false), behind);
    if (!otherwise) return {};
    if (is_rest(then->document) && is_rest(otherwise->document)) return then;
    return Condition{chosen(std::move(test->document), std::move(then->document), std::move(otherwise->document), at.at), {}, {}};
  }

  // test and then, or else otherwise
  Value chosen(Value test, Value then, Value otherwise, Place line) const {
    const std::string text = test.string_or("text", "");
    const auto group = [&](const char* word, Value first, Value second) {
      Array parts;
      parts.push_back(std::move(first));
      // `all` of `all` is one.
      if (const Value* inner = second.find(word); inner && inner->is_array()) {
        Array more = inner->array();
        for (Value& part : more) parts.push_back(std::move(part));
      } else {
        parts.push_back(std::move(second));
      }
      return noted({{word, std::move(parts)}}, text, line);
    };
    const auto no_test = [&] { return noted({{"no", test}}, "not (" + text + ")", line); };
    if (is_always(test, true)) return then;
    if (is_always(test, false)) return otherwise;
    if (is_always(then, true)) return group("any", test, std::move(otherwise));
    if (is_always(then, false)) return group("all", no_test(), std::move(otherwise));
    if (is_always(otherwise, true)) return group("any", no_test(), std::move(then));
    if (is_always(otherwise, false)) return group("all", test, std::move(then));
    Value excluded = group("all", no_test(), std::move(otherwise));
    return noted({{"any", Array{group("all", test, std::move(then)), std::move(excluded)}}}, text, line);
  }

  static std::string what(const Stat& stat) {
    return std::visit(Overloaded{
                          [](const Assign&) { return "the function assigns a variable"; },
                          [](const CallStat&) { return "the function calls another for its effect"; },
                          [](const FunctionStat&) { return "the function assigns a variable"; },
                          [](const Break&) { return "the function has a loop"; },
                          [](const While&) { return "the function has a loop"; },
                          [](const Repeat&) { return "the function has a loop"; },
                          [](const NumericFor&) { return "the function has a loop"; },
                          [](const GenericFor&) { return "the function has a loop"; },
                          [](const auto&) { return "the function does more than test conditions"; },
                      },
                      stat.node);
  }

  // ---- the parts of a condition

  // Whether a call can be written out: its arguments can be written in more than one place.
  bool is_inlinable(const FunctionBody& body, const Call& call, const Known& known) {
    if (!meanings_.can_bind(body, call)) return false;
    const std::size_t clauses = lift_.clauses.size();
    for (const Expr& argument : call.arguments) {
      if (meanings_.constant(argument)) continue;
      if (const auto found = meanings_.path(argument)) {
        if (!found->empty()) need(LiftNeed::Kind::name, *found, argument);
        continue;
      }
      if (!condition(argument, known)) return false;
    }
    lift_.clauses.resize(clauses);
    return true;
  }

  void need(LiftNeed::Kind kind, const std::string& attribute, const Expr& e) {
    LiftNeed need{kind, attribute, e.at.line};
    if (is_met_ && !(*is_met_)(need)) is_unmet_ = true;
    if (!is_met_) lift_.needs.push_back(std::move(need));
  }

  std::string why_not(const Expr& e) const {
    if (std::holds_alternative<Call>(e.node) || std::holds_alternative<Paren>(e.node)) return "calls a function";
    if (std::holds_alternative<Vararg>(e.node)) return "is not known before the call";
    if (std::holds_alternative<Index>(e.node)) return "is no attribute of the first parameter";
    if (const auto* name = std::get_if<Name>(&e.node)) {
      if (name->reach == Reach::global) return "is a global";
      if (name->declaration == body_.parameters[0].declaration) return "is the whole profile, not an attribute";
      const bool is_parameter = std::any_of(body_.parameters.begin(), body_.parameters.end(),
                                            [&](const Declared& p) { return p.declaration == name->declaration; });
      return is_parameter ? "is another parameter" : "is no constant";
    }
    return "is computed, not an attribute or a constant";
  }

  // ---- documents

  Value noted(Object document, const std::string& text, Place at) const {
    if (is_met_) return Value(std::move(document));
    document["text"] = text;
    document["line"] = at.line;
    document["column"] = at.column;
    return Value(std::move(document));
  }
  Value noted(Object document, const Expr& e) const {
    return is_met_ ? Value(std::move(document)) : noted(std::move(document), print(e), e.at);
  }
  Value always(bool holds, const Expr& e) const { return noted({{holds ? "all" : "any", Array{}}}, e); }
  Value no(Value inner, const Expr& e) const { return noted({{"no", std::move(inner)}}, e); }
  Value exists(const std::string& attribute, const Expr& e) const { return noted({{"attr", attribute}, {"exists", true}}, e); }
  // Neither absent nor false.
  Value truth(const std::string& attribute, const Expr& e) const {
    return noted({{"all", Array{exists(attribute, e), no(noted({{"attr", attribute}, {"eq", false}}, e), e)}}}, e);
  }

  void clause(const Expr& e) {
    if (is_met_) return;
    lift_.clauses.push_back({print(e), e.at.line});
  }

  // ---- conditions

  std::optional<Condition> condition(const Expr& e, const Known& known) {
    if (++steps_ > (is_met_ ? 4 : 1) * document_nodes_max) return refuse_at(body_.at.line, "the function has too many ways through it");
    if (const auto* b = std::get_if<Binary>(&e.node)) {
      if (b->op == BinaryOp::and_ || b->op == BinaryOp::or_) return chain(e, b->op, known);
      if (is_comparison(b->op)) return comparison(e, *b, known);
    }
    if (const auto* u = std::get_if<Unary>(&e.node); u && u->op == UnaryOp::not_) {
      auto inner = condition(*u->operand, known);
      if (!inner) return {};
      return Condition{no(std::move(inner->document), e), std::move(inner->if_false), std::move(inner->if_true)};
    }
    if (const auto value = meanings_.constant(e)) return Condition{always(is_true(*value), e), {}, {}};
    if (const std::string name = meanings_.attribute(e); !name.empty()) {
      clause(e);
      need(LiftNeed::Kind::any, name, e);
      return Condition{truth(name, e), {name}, {}};
    }
    if (const auto* paren = std::get_if<Paren>(&e.node)) return condition(*paren->inner, known);
    if (const auto* call = std::get_if<Call>(&e.node)) return called(e, *call, known);
    if (const auto* name = std::get_if<Name>(&e.node))
      if (const Expr* meant = meanings_.of(*name); meant && !std::holds_alternative<Function>(meant->node)) return condition(*meant, known);
    return refuse_at(e, why_not(e));
  }

  // `a and b and c` is one `all` of three.
  std::optional<Condition> chain(const Expr& e, BinaryOp op, const Known& known) {
    Array parts;
    Known sure;
    if (!collect(e, op, parts, known, sure)) return {};
    const bool is_and = op == BinaryOp::and_;
    Condition whole{noted({{is_and ? "all" : "any", std::move(parts)}}, e), {}, {}};
    (is_and ? whole.if_true : whole.if_false) = std::move(sure);
    return whole;
  }
  // `sure`: what is there when the part behind is asked.
  bool collect(const Expr& e, BinaryOp op, Array& parts, const Known& known, Known& sure) {
    if (const auto* b = std::get_if<Binary>(&e.node); b && b->op == op)
      return collect(*b->left, op, parts, known, sure) && collect(*b->right, op, parts, known, sure);
    auto part = condition(e, joined(known, sure));
    if (!part) return false;
    sure = joined(std::move(sure), op == BinaryOp::and_ ? part->if_true : part->if_false);
    parts.push_back(std::move(part->document));
    return true;
  }

  // ---- calls

  std::optional<Condition> called(const Expr& e, const Call& call, const Known& known) {
    if (const FunctionBody* body = meanings_.callee(call)) {
      if (!is_inlinable(*body, call, known)) return refuse_at(e, "calls a function that is no plain condition");
      const Meanings::Bound bound(meanings_, *body, call);
      return statements(body->body.statements, 0, known, nullptr);
    }
    if (call.arguments.size() == 2)
      if (const std::string function = standard_function(call); !function.empty()) {
        if (function == "contains") return listed(e, call.arguments[0], call.arguments[1]);
        if (function == "semver.satisfies") return versioned(e, call.arguments[0], call.arguments[1], known);
        if (function.starts_with("string.")) return texted(e, function.substr(7), call.arguments[0], call.arguments[1], known);
      }
    if (!call.method.empty() && call.arguments.size() == 1 && is_text_test(call.method))
      return texted(e, call.method, *call.callee, call.arguments[0], known);
    return refuse_at(e, "calls a function");
  }

  static bool is_text_test(const std::string& word) { return word == "starts" || word == "ends" || word == "contains"; }

  // The name of a standard function that a predicate has a word for.
  std::string standard_function(const Call& call) const {
    if (!call.method.empty()) return "";
    if (const auto* name = std::get_if<Name>(&call.callee->node))
      return name->reach == Reach::global && name->text == "contains" ? "contains" : "";
    const auto* index = std::get_if<Index>(&call.callee->node);
    const auto* module = index ? std::get_if<Name>(&index->object->node) : nullptr;
    const auto* key = index ? std::get_if<String>(&index->key->node) : nullptr;
    if (!module || !key || module->reach != Reach::global) return "";
    if (module->text == "semver" && key->value == "satisfies") return "semver.satisfies";
    if (module->text == "hash" && key->value == "bucket") return "hash.bucket";
    return module->text == "string" && is_text_test(key->value) ? "string." + key->value : "";
  }

  std::optional<Condition> listed(const Expr& e, const Expr& list, const Expr& item) {
    const std::string name = meanings_.attribute(list);
    const auto value = meanings_.constant(item);
    if (name.empty() || !value) return refuse_at(name.empty() ? list : item, why_not(name.empty() ? list : item));
    clause(e);
    need(LiftNeed::Kind::list, name, e);
    if (value->is_null()) return Condition{always(false, e), {}, {}};
    return Condition{noted({{"attr", name}, {"has_any", Array{*value}}}, e), {name}, {}};
  }

  std::optional<Condition> texted(const Expr& e, const std::string& word, const Expr& subject, const Expr& with, const Known& known) {
    const std::string name = meanings_.attribute(subject);
    const auto value = meanings_.constant(with);
    if (name.empty() || !value) return refuse_at(name.empty() ? subject : with, why_not(name.empty() ? subject : with));
    if (!value->is_string()) return refuse_at(with, "is no text");
    if (!known.contains(name))
      return refuse_at(subject, "may be absent, and then this is an error; write `" + print(subject) + " and …` before it");
    clause(e);
    need_type(LiftNeed::Kind::text, name, e, known);
    return Condition{noted({{"attr", name}, {word, *value}}, e), {name}, {}};
  }

  std::optional<Condition> versioned(const Expr& e, const Expr& subject, const Expr& test, const Known& known) {
    const std::string name = meanings_.attribute(subject);
    const auto value = meanings_.constant(test);
    if (name.empty() || !value) return refuse_at(name.empty() ? subject : test, why_not(name.empty() ? subject : test));
    if (!value->is_string() || !parse_version_test(value->string())) return refuse_at(test, "is no comparison like `>=1.2.0`");
    clause(e);
    need_type(LiftNeed::Kind::text, name, e, known);
    return Condition{noted({{"attr", name}, {"semver", *value}}, e), {name}, {}};
  }

  // `hash.bucket("salt", p.id) < 1000`; the bucket of nothing is nil, which is neither smaller nor larger.
  std::optional<Condition> bucketed(const Expr& e, const Call& call, BinaryOp op, const Value& bound, const Known& known) {
    const auto salt = meanings_.constant(call.arguments[0]);
    const std::string name = meanings_.attribute(call.arguments[1]);
    if (!salt || !salt->is_string()) return refuse_at(call.arguments[0], "is no constant text");
    if (name.empty()) return refuse_at(call.arguments[1], why_not(call.arguments[1]));
    if (!bound.is_number() || !is_ordering(op)) return refuse_at(e, "is no share: compare a bucket with `<` or `>=`");
    const double n = bound.number();
    double from = 0, to = 10'000;  // buckets are whole numbers
    if (op == BinaryOp::lt) to = std::ceil(n);
    if (op == BinaryOp::le) to = std::floor(n) + 1;
    if (op == BinaryOp::gt) from = std::floor(n) + 1;
    if (op == BinaryOp::ge) from = std::ceil(n);
    from = std::clamp(from, 0.0, 10'000.0);
    to = std::clamp(to, from, 10'000.0);
    clause(e);
    need_type(LiftNeed::Kind::text, name, e, known);
    return Condition{noted({{"bucket", Object{{"salt", *salt}, {"by", name}, {"from", from}, {"to", to}}}}, e), {name}, {}};
  }

  // ---- comparisons

  std::optional<Condition> comparison(const Expr& e, const Binary& b, const Known& known) {
    const auto left = meanings_.constant(*b.left), right = meanings_.constant(*b.right);
    if (left && right) {
      const auto holds = compared(*left, b.op, *right);
      if (!holds) return refuse_at(e, "compares constants that have no order");
      return Condition{always(*holds, e), {}, {}};
    }
    if (right) return tested(e, *b.left, b.op, *right, known);
    if (left) return tested(e, *b.right, mirrored(b.op), *left, known);
    if (!meanings_.attribute(*b.left).empty() && !meanings_.attribute(*b.right).empty()) return refuse_at(e, "compares two attributes");
    const Expr& culprit = meanings_.attribute(*b.left).empty() ? *b.left : *b.right;
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

  // `subject op value`, where the subject is an attribute, `(attribute or constant)`, or a bucket.
  std::optional<Condition> tested(const Expr& e, const Expr& subject, BinaryOp op, const Value& value, const Known& known) {
    const Expr& meant = meanings_.written_out(subject);
    if (const auto* call = std::get_if<Call>(&meant.node); call && standard_function(*call) == "hash.bucket" && call->arguments.size() == 2)
      return bucketed(e, *call, op, value, known);
    if (const auto* call = std::get_if<Call>(&meant.node); call && is_met_ && is_type(*call)) return typed(e, *call, op, value);
    if (is_ordering(op) && !value.is_null() && !value.is_number() && !value.is_string())
      return refuse_at(e, "orders something that has no order");
    if (const std::string name = meanings_.attribute(meant); !name.empty()) {
      clause(e);
      need_for(op, value, name, e, known);
      Condition whole{test(e, name, op, value), {}, {}};
      // Who equals or is ordered is there; `~=` tells it where it does not hold.
      const bool is_nil = value.is_null();
      if (op == BinaryOp::ne ? is_nil : !is_nil) whole.if_true = {name};
      if (op == BinaryOp::ne ? !is_nil : (op == BinaryOp::eq && is_nil)) whole.if_false = {name};
      if (value.is_boolean()) whole.if_true = whole.if_false = {};  // `false` is there, but is not `true`
      return whole;
    }
    const auto* choice = std::get_if<Binary>(&meant.node);
    const std::string name = choice && choice->op == BinaryOp::or_ ? meanings_.attribute(*choice->left) : "";
    const auto otherwise = name.empty() ? std::nullopt : meanings_.constant(*choice->right);
    if (!otherwise) return refuse_at(subject, why_not(meant));
    // Where the attribute is nil or false the constant is compared in its place.
    const auto by_constant = compared(*otherwise, op, value);
    if (!by_constant) return refuse_at(e, "compares constants that have no order");
    clause(e);
    need_for(op, value, name, e, known);
    Value by_attribute = test(e, name, op, value);
    if (*by_constant) return Condition{noted({{"any", Array{std::move(by_attribute), no(truth(name, e), e)}}}, e), {}, {}};
    return Condition{noted({{"all", Array{std::move(by_attribute), truth(name, e)}}}, e), {name}, {}};
  }

  void need_for(BinaryOp op, const Value& value, const std::string& name, const Expr& e, const Known& known) {
    const bool is_checked = is_ordering(op) && !value.is_null();
    if (!is_checked) return need(LiftNeed::Kind::any, name, e);
    need_type(value.is_number() ? LiftNeed::Kind::number : LiftNeed::Kind::text, name, e, known);
  }

  // Where the function has asked for the type it need not be declared.
  void need_type(LiftNeed::Kind kind, const std::string& name, const Expr& e, const Known& known) {
    const char* type = kind == LiftNeed::Kind::number ? "number" : "string";
    need(known.contains(of_type(name, type)) ? LiftNeed::Kind::any : kind, name, e);
  }

  // ---- `type(p.x) == "number"`. No predicate has a word for it, so this is only for what is not shown to people.

  static std::string of_type(const std::string& name, const std::string& type) { return name + "\n" + type; }
  static bool is_type(const Call& call) {
    const auto* name = std::get_if<Name>(&call.callee->node);
    return name && name->reach == Reach::global && name->text == "type" && call.method.empty() && call.arguments.size() == 1;
  }

  std::optional<Condition> typed(const Expr& e, const Call& call, BinaryOp op, const Value& type) {
    const std::string name = meanings_.attribute(call.arguments[0]);
    if (name.empty() || !type.is_string() || is_ordering(op)) return {};
    need(LiftNeed::Kind::any, name, e);
    const auto test = [&](const char* word, Value operand) { return Value(Object{{"attr", name}, {word, std::move(operand)}}); };
    const auto not_a = [&](Value other) { return no(std::move(other), e); };
    const Value number = test("ge", std::numeric_limits<double>::lowest()), text = test("starts", ""),
                boolean = test("in", Array{true, false});
    Value document;
    if (type == "number") document = number;
    else if (type == "string") document = text;
    else if (type == "boolean") document = boolean;
    else if (type == "nil") document = no(exists(name, e), e);
    else if (type == "table") document = Object{{"all", Array{exists(name, e), not_a(number), not_a(text), not_a(boolean)}}};
    else return {};
    const Known holds = type == "nil" ? Known{} : Known{name, of_type(name, type.string())}, fails = type == "nil" ? Known{name} : Known{};
    if (op == BinaryOp::eq) return Condition{std::move(document), holds, fails};
    return Condition{not_a(std::move(document)), fails, holds};
  }

  Value test(const Expr& e, const std::string& attribute, BinaryOp op, const Value& value) const {
    if (is_ordering(op)) {
      if (value.is_null()) return always(false, e);
      return noted({{"attr", attribute}, {std::string(test_name(op)), value}}, e);
    }
    const bool is_equal = op == BinaryOp::eq;
    if (value.is_null()) return is_equal ? no(exists(attribute, e), e) : exists(attribute, e);
    Value equal = noted({{"attr", attribute}, {"eq", value}}, e);
    return is_equal ? equal : no(std::move(equal), e);
  }

  const FunctionBody& body_;
  Meanings meanings_;
  Lift lift_;
  const IsMet* const is_met_;
  bool is_unmet_ = false;     // something that was looked at just now does not hold with the declarations
  bool is_outlined_ = false;  // where it is no condition, what is left is asked
  int rests_ = 0;             // so often
  std::size_t steps_ = 0;
};

}  // namespace

std::optional<Value> outline(const Chunk& chunk, const FunctionInfo& function, const IsMet& is_met) {
  return Lifter(chunk, *function.body, &is_met).outline();
}

struct ConditionsWithin::Found {
  Found(const Chunk& chunk, const FunctionBody& body, IsMet met) : is_met(std::move(met)), lifter(chunk, body, &is_met) {}
  const IsMet is_met;
  Lifter lifter;
};
ConditionsWithin::ConditionsWithin(const Chunk& chunk, const FunctionInfo& function, IsMet is_met)
    : found_(std::make_unique<Found>(chunk, *function.body, std::move(is_met))) {}
ConditionsWithin::~ConditionsWithin() = default;
std::optional<Value> ConditionsWithin::at(const Expr& e) { return found_->lifter.within(e); }

Lift lift(const Chunk& chunk, const FunctionInfo& function) { return Lifter(chunk, *function.body).run(); }

Value without_notes(const Value& predicate) {
  if (predicate.is_array()) {
    Array all;
    for (const Value& part : predicate.array()) all.push_back(without_notes(part));
    return all;
  }
  if (!predicate.is_object()) return predicate;
  Object plain;
  for (const auto& [key, value] : predicate.object())
    if (key != "text" && key != "line" && key != "column") plain.emplace(key, without_notes(value));
  return plain;
}

}  // namespace footlight
