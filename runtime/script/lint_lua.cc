#include "script/lint_lua.h"

#include <algorithm>
#include <deque>
#include <set>

#include "base/limits.h"
#include "base/text.h"
#include "lint/satisfy.h"
#include "script/policy_forms.h"
#include "script/walk.h"

namespace footlight {
namespace {

using namespace ast;
using Op = Predicate::Op;

enum class Role { none, visitor, moment, conflict };  // whom the first parameter is

const std::vector<std::string>& request_fields() {
  static const std::vector<std::string> names = {"identity", "context", "surface", "configuration", "now"};
  return names;
}
const std::vector<std::string>& moment_fields() {
  static const std::vector<std::string> names = {"year", "month", "day", "hour", "minute", "second", "weekday", "date", "time", "instant"};
  return names;
}

class Linter {
 public:
  Linter(const Chunk& chunk, const AttributeTypes& attributes) : chunk_(chunk), attributes_(attributes), locals_(chunk.ast.locals) {
    for (const auto& [name, type] : attributes) {
      names_.push_back(name);
      for (std::size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1)) holders_.insert(name.substr(0, dot));
    }
  }

  // `whole`: the role of the function that the chunk returns, where it is a policy.
  Problems run(Role whole = Role::none) {
    named_functions(chunk_.ast.chunk->body);
    Path path;
    block(chunk_.ast.chunk->body, path);
    roles(chunk_.ast.chunk->body);
    for (const Stat& statement : chunk_.ast.chunk->body.statements)
      if (const auto* result = std::get_if<Return>(&statement.node); result && whole != Role::none)
        for (const Expr& value : result->values) roles(value, whole);
    for (const FunctionBody* body : chunk_.ast.functions) function(*body);
    std::stable_sort(problems_.begin(), problems_.end(), [](const auto& left, const auto& right) { return left.first < right.first; });
    Problems told;
    for (auto& [line, problem] : problems_)
      if (std::find(told.begin(), told.end(), problem) == told.end()) told.push_back(std::move(problem));
    return told;
  }

 private:
  using Path = std::vector<Demand>;  // what holds where a statement stands

  void warn(Code code, int line, std::string message) {
    problems_.emplace_back(line, Problem{code, chunk_.name + ":" + std::to_string(line), std::move(message), true});
  }

  // --- roles ------------------------------------------------------------------------------------

  // `local function f` and `local f = function`, by declaration.
  void named_functions(const Block& block) {
    for (const Stat& statement : block.statements) {
      if (const auto* local = std::get_if<LocalFunction>(&statement.node)) functions_[local->name.declaration] = local->body.get();
      if (const auto* local = std::get_if<Local>(&statement.node))
        for (std::size_t i = 0; i < local->names.size() && i < local->values.size(); ++i)
          if (const auto* function = std::get_if<Function>(&local->values[i].node))
            functions_[local->names[i].declaration] = function->body.get();
    }
  }

  void roles(const Block& block) {
    for (const Stat& statement : block.statements)
      if (const auto* call = std::get_if<CallStat>(&statement.node)) roles(call->call, Role::none);
  }

  void roles(const Expr& expression, Role role) {
    if (const auto* function = std::get_if<Function>(&expression.node)) {
      take(*function->body, role);
    } else if (const auto* name = std::get_if<Name>(&expression.node)) {
      if (const auto known = functions_.find(name->declaration); known != functions_.end() && !local(*name)->is_reassigned)
        take(*known->second, role);
    } else if (const auto* table = std::get_if<Table>(&expression.node)) {
      for (const Field& field : table->fields) {
        const auto* key = field.key ? std::get_if<String>(&field.key->node) : nullptr;
        roles(*field.value, key ? role_of(key->value, role) : role);
      }
    } else if (const auto* call = std::get_if<Call>(&expression.node)) {
      const Expr* callee = &expression;
      while (const auto* inner = std::get_if<Call>(&callee->node)) callee = inner->callee.get();
      const auto* word = std::get_if<Name>(&callee->node);
      Role inside = role;
      if (word && word->reach == Reach::global) {
        if (word->text == "audience" || word->text == "when") inside = Role::visitor;
        if (word->text == "conflict") inside = Role::conflict;
      }
      if (!call->method.empty()) return;
      roles(*call->callee, inside);
      for (const Expr& argument : call->arguments) roles(argument, inside);
    }
  }

  static Role role_of(const std::string& key, Role role) {
    if (key == "audience" || key == "targeting" || key == "show" || key == "treatments") return Role::visitor;
    return key == "schedule" ? Role::moment : role;
  }

  void take(const FunctionBody& body, Role role) {
    if (role == Role::none || body.parameters.empty()) return;
    const auto give = [&](std::size_t i, Role whose) {
      if (i < body.parameters.size() && !variable(body.parameters[i].declaration).is_reassigned)
        parameters_[body.parameters[i].declaration] = whose;
    };
    if (role != Role::conflict) give(0, role);
    if (body.parameters.size() > 1 && !variable(body.parameters[1].declaration).is_reassigned)
      requests_.insert(body.parameters[1].declaration);
  }

  const Variable& variable(int declaration) const { return locals_[static_cast<std::size_t>(declaration)]; }
  const Variable* local(const Name& name) const { return name.declaration < 0 ? nullptr : &variable(name.declaration); }

  // --- what an expression reads -----------------------------------------------------------------

  // `p.cart.total`, also through `local cart = p.cart`: whose, and the dotted path.
  struct Read {
    int root = -1;
    std::string path;
    bool is_whole = true;  // false: a key that is no constant text ends it
  };
  std::optional<Read> read_of(const Expr& expression, int depth = 0) const {
    if (const auto* name = std::get_if<Name>(&expression.node)) {
      if (name->declaration < 0 || depth > 20) return {};
      if (parameters_.contains(name->declaration) || requests_.contains(name->declaration)) return Read{name->declaration, {}, true};
      const Variable& known = variable(name->declaration);
      return known.initial && !known.is_reassigned ? read_of(*known.initial, depth + 1) : std::nullopt;
    }
    if (const auto* paren = std::get_if<Paren>(&expression.node)) return read_of(*paren->inner, depth + 1);
    const auto* index = std::get_if<Index>(&expression.node);
    if (!index) return {};
    auto read = read_of(*index->object, depth + 1);
    const auto* key = std::get_if<String>(&index->key->node);
    if (!read || !read->is_whole) return read;
    if (!key) read->is_whole = false;
    else read->path += (read->path.empty() ? "" : ".") + key->value;
    return read;
  }

  bool is_visitor(const Read& read) const {
    const auto whose = parameters_.find(read.root);
    return whose != parameters_.end() && whose->second == Role::visitor;
  }

  // The declared attribute that an expression reads, nothing else of it.
  const AttributeTypes::value_type* attribute_of(const Expr& expression) const {
    const auto read = read_of(expression);
    if (!read || !read->is_whole || !is_visitor(*read)) return nullptr;
    const auto declared = attributes_.find(read->path);
    return declared == attributes_.end() ? nullptr : &*declared;
  }

  void check_read(const Expr& expression) {
    const auto read = read_of(expression);
    if (!read || read->path.empty()) return;
    const std::string name = variable(read->root).name;
    if (requests_.contains(read->root) || !is_visitor(*read)) {
      const auto& fields = requests_.contains(read->root) ? request_fields() : moment_fields();
      const std::string field = read->path.substr(0, read->path.find('.'));
      if (std::find(fields.begin(), fields.end(), field) == fields.end())
        warn(Code::unknown_field, expression.at.line,
             "`" + name + "` has no field `" + field + "`, so it is nil" + did_you_mean(field, fields));
      return;
    }
    if (attributes_.empty() || attributes_.contains(read->path) || holders_.contains(read->path)) return;
    for (std::size_t dot = read->path.find('.'); dot != std::string::npos; dot = read->path.find('.', dot + 1)) {
      const auto declared = attributes_.find(read->path.substr(0, dot));
      if (declared == attributes_.end()) continue;
      if (declared->second.type != AttributeType::Type::any)
        warn(Code::unknown_attribute, expression.at.line,
             "`" + declared->first + "` is a " + to_text(declared->second) + " and has no field `" + read->path.substr(dot + 1) + "`");
      return;
    }
    warn(Code::unknown_attribute, expression.at.line,
         "no attribute `" + read->path + "` is declared, so `" + name + "." + read->path + "` is nil" + did_you_mean(read->path, names_));
  }

  // --- conditions -------------------------------------------------------------------------------

  static std::optional<Value> constant_of(const Expr& expression) {
    if (const auto* number = std::get_if<Number>(&expression.node)) return Value(number->value);
    if (const auto* text = std::get_if<String>(&expression.node)) return Value(text->value);
    if (const auto* truth = std::get_if<Boolean>(&expression.node)) return Value(truth->value);
    if (const auto* minus = std::get_if<Unary>(&expression.node); minus && minus->op == UnaryOp::negate)
      if (const auto* number = std::get_if<Number>(&minus->operand->node)) return Value(-number->value);
    return {};
  }

  static bool is_ordering(BinaryOp op) { return op == BinaryOp::lt || op == BinaryOp::gt || op == BinaryOp::le || op == BinaryOp::ge; }
  static bool is_comparison(BinaryOp op) { return is_ordering(op) || op == BinaryOp::eq || op == BinaryOp::ne; }

  // A comparison of an attribute with a constant, the attribute on the left.
  struct Comparison {
    const AttributeTypes::value_type* attribute = nullptr;
    BinaryOp op = BinaryOp::eq;
    std::optional<Value> constant;  // none: nil
  };
  std::optional<Comparison> comparison_of(const Binary& binary) const {
    if (!is_comparison(binary.op)) return {};
    const auto turned = [](BinaryOp op) {
      switch (op) {
        case BinaryOp::lt: return BinaryOp::gt;
        case BinaryOp::gt: return BinaryOp::lt;
        case BinaryOp::le: return BinaryOp::ge;
        case BinaryOp::ge: return BinaryOp::le;
        default: return op;
      }
    };
    const auto made = [&](const Expr& side, const Expr& other, BinaryOp op) -> std::optional<Comparison> {
      const auto* attribute = attribute_of(side);
      const bool is_nil = std::holds_alternative<Nil>(other.node);
      auto constant = constant_of(other);
      if (!attribute || (!constant && !is_nil) || (is_nil && is_ordering(op))) return {};
      return Comparison{attribute, op, std::move(constant)};
    };
    if (auto straight = made(*binary.left, *binary.right, binary.op)) return straight;
    return made(*binary.right, *binary.left, turned(binary.op));
  }

  // Lua orders numbers with numbers and texts with texts; anything else is an error when it runs.
  static bool can_be_ordered(const AttributeType& type, const Value& constant) {
    using Type = AttributeType::Type;
    if (type.type == Type::number) return constant.is_number();
    if (type.type == Type::text || type.type == Type::enumeration || type.type == Type::date) return constant.is_string();
    return type.type == Type::any;
  }

  static Predicate nothing() { return {.op = Op::any}; }
  static Predicate free() { return {.op = Op::lua}; }
  static Predicate negated(Predicate part) { return {.op = Op::no, .args = {std::move(part)}}; }

  // What an expression is true for. An absent attribute is nil, an ordering with nil is false.
  Predicate truth_of(const Expr& expression) const {
    if (std::holds_alternative<Nil>(expression.node)) return nothing();
    if (const auto* truth = std::get_if<Boolean>(&expression.node)) return truth->value ? Predicate{} : nothing();
    if (std::holds_alternative<Number>(expression.node) || std::holds_alternative<String>(expression.node) ||
        std::holds_alternative<Table>(expression.node) || std::holds_alternative<Function>(expression.node))
      return {};
    if (const auto* paren = std::get_if<Paren>(&expression.node)) return truth_of(*paren->inner);
    if (const auto* unary = std::get_if<Unary>(&expression.node))
      return unary->op == UnaryOp::not_ ? negated(truth_of(*unary->operand)) : free();
    if (const auto* binary = std::get_if<Binary>(&expression.node)) {
      if (binary->op == BinaryOp::and_) return {.op = Op::all, .args = {truth_of(*binary->left), truth_of(*binary->right)}};
      if (binary->op == BinaryOp::or_) return {.op = Op::any, .args = {truth_of(*binary->left), truth_of(*binary->right)}};
      const auto compared = comparison_of(*binary);
      if (!compared) return free();
      const std::string& name = compared->attribute->first;
      if (!compared->constant) {
        Predicate exists{.op = Op::exists, .attribute = name};
        return compared->op == BinaryOp::eq ? negated(std::move(exists)) : exists;
      }
      if (is_ordering(compared->op) &&
          (!can_be_ordered(compared->attribute->second, *compared->constant) ||
           compared->attribute->second.type == AttributeType::Type::any))
        return free();
      Predicate test{.op = Op::eq, .attribute = name, .operand = *compared->constant};
      switch (compared->op) {
        case BinaryOp::lt: test.op = Op::lt; return test;
        case BinaryOp::le: test.op = Op::le; return test;
        case BinaryOp::gt: test.op = Op::gt; return test;
        case BinaryOp::ge: test.op = Op::ge; return test;
        case BinaryOp::ne: return negated(std::move(test));
        default: return test;
      }
    }
    const auto read = read_of(expression);
    if (!read || !read->is_whole || !is_visitor(*read) || read->path.empty()) return free();
    if (holders_.contains(read->path)) return {};  // a view is there even where nothing is known
    const auto declared = attributes_.find(read->path);
    if (declared == attributes_.end()) return free();
    if (declared->second.type == AttributeType::Type::boolean) return {.op = Op::eq, .attribute = read->path, .operand = true};
    if (declared->second.type == AttributeType::Type::any) return free();
    return {.op = Op::exists, .attribute = read->path};
  }

  bool is_never(const Path& path) const { return satisfy(path, attributes_, {}).answer == Satisfaction::Answer::never; }

  const Predicate* kept(Predicate predicate) { return &conditions_.emplace_back(std::move(predicate)); }

  // --- what is wrong with expressions -----------------------------------------------------------

  void expression(const Expr& e) {
    if (const auto* index = std::get_if<Index>(&e.node)) {
      check_read(e);
      // Its parts were read with it.
      const Expr* object = index->object.get();
      while (const auto* inner = std::get_if<Index>(&object->node)) {
        expression(*inner->key);
        object = inner->object.get();
      }
      if (!std::holds_alternative<Name>(object->node)) expression(*object);
      expression(*index->key);
      return;
    }
    if (const auto* binary = std::get_if<Binary>(&e.node)) {
      if (const auto compared = comparison_of(*binary)) comparison(e, *compared);
      if (binary->op == BinaryOp::and_) {
        const Predicate whole = truth_of(e);
        const Demand left{&whole.args[0], true}, right{&whole.args[1], true}, both{&whole, true};
        // Where a part alone never holds, that part is told.
        if (!is_never({left}) && !is_never({right}) && is_never({both}))
          warn(Code::never_holds, e.at.line, "this `and` never holds: its parts exclude each other");
      }
    }
    each_part(
        e, [&](const Expr& part) { expression(part); }, [](const FunctionBody&) {});
  }

  void comparison(const Expr& e, const Comparison& compared) {
    if (!compared.constant) return;
    const auto& [name, type] = *compared.attribute;
    const std::string text = to_json(*compared.constant);
    if (is_ordering(compared.op)) {
      if (!can_be_ordered(type, *compared.constant)) {
        warn(Code::type_mismatch, e.at.line,
             "`" + name + "` is a " + to_text(type) + "; ordering it with " + text + " fails when it is there");
        return;
      }
      const Predicate test = truth_of(e);
      if (is_never({{&test, true}}))
        warn(Code::type_mismatch, e.at.line, "this comparison never holds for `" + name + "`, which is declared as " + limits_of(type));
      return;
    }
    const Predicate test{.op = Op::eq, .attribute = name, .operand = *compared.constant};
    if (!is_never({{&test, true}})) return;
    std::string message = "`" + name + "` is never " + text + ": it is declared as " + limits_of(type);
    if (type.type == AttributeType::Type::enumeration && compared.constant->is_string())
      message += did_you_mean(compared.constant->string(), type.values);
    warn(Code::type_mismatch, e.at.line, std::move(message));
  }

  static std::string limits_of(const AttributeType& type) {
    if (type.type == AttributeType::Type::enumeration) return "one of " + join(type.values, ", ");
    std::string text = "a " + to_text(type);
    const auto number = [&](const char* word, double bound) {
      text += word;
      append_json_number(text, bound);
    };
    if (type.min) number(" of at least ", *type.min);
    if (type.max) number(type.min ? " and at most " : " of at most ", *type.max);
    return text;
  }

  // --- statements -------------------------------------------------------------------------------

  void function(const FunctionBody& body) {
    Path path;
    block(body.body, path);
  }

  static bool has_break(const Block& body) {
    return std::any_of(body.statements.begin(), body.statements.end(), [](const Stat& statement) {
      if (std::holds_alternative<Break>(statement.node)) return true;
      if (const auto* inner = std::get_if<Do>(&statement.node)) return has_break(inner->body);
      if (const auto* inner = std::get_if<If>(&statement.node))
        return std::any_of(inner->clauses.begin(), inner->clauses.end(), [](const Clause& clause) { return has_break(clause.body); }) ||
            (inner->otherwise && has_break(*inner->otherwise));
      return false;  // a `break` in an inner loop is that loop's
    });
  }

  // Visits a block's statements under what holds there; true where a run never comes out at its end.
  bool block(const Block& body, Path path) {
    bool is_left = false;
    for (const Stat& statement : body.statements) {
      if (is_left) {
        warn(Code::unreachable_code, statement.at.line, "no run comes to this line");
        return true;  // one word for all of it
      }
      is_left = visit(statement, path);
    }
    return is_left;
  }

  bool visit(const Stat& statement, Path& path) {
    if (std::holds_alternative<Return>(statement.node) || std::holds_alternative<Break>(statement.node)) {
      parts(statement);
      return true;
    }
    if (const auto* inner = std::get_if<Do>(&statement.node)) return block(inner->body, path);
    if (const auto* chain = std::get_if<If>(&statement.node)) return branches(*chain, path);
    if (const auto* loop = std::get_if<While>(&statement.node)) {
      expression(loop->condition);
      const Predicate* condition = kept(truth_of(loop->condition));
      Path inside = path;
      inside.push_back({condition, true});
      if (is_never(inside)) warn(Code::unreachable_code, statement.at.line, "this loop never runs: its condition is never true here");
      else block(loop->body, std::move(inside));
      Path after = path;
      after.push_back({condition, false});
      return is_never(after) && !has_break(loop->body);
    }
    if (const auto* loop = std::get_if<Repeat>(&statement.node)) {
      block(loop->body, path);
      expression(loop->until);
      return false;
    }
    parts(statement);
    const auto bodies = [&](const Block& inner) { block(inner, path); };
    if (const auto* loop = std::get_if<NumericFor>(&statement.node)) bodies(loop->body);
    if (const auto* loop = std::get_if<GenericFor>(&statement.node)) bodies(loop->body);
    return false;
  }

  // Its own expressions; blocks within are visited by who knows what holds there, functions for themselves.
  void parts(const Stat& statement) {
    each_part(
        statement, [&](const Expr& e) { expression(e); }, [](const Block&) {}, [](const FunctionBody&) {});
  }

  bool branches(const If& chain, Path& path) {
    Path before = path;  // and none of the conditions so far
    bool all_left = true, leading = true;
    for (const Clause& clause : chain.clauses) {
      expression(clause.condition);
      const Predicate* condition = kept(truth_of(clause.condition));
      Path inside = before;
      inside.push_back({condition, true});
      bool is_left = true;
      if (is_never(before)) {
        warn(Code::unreachable_code, clause.at.line, "no run comes to this branch: one of those before it is always taken");
      } else if (is_never(inside)) {
        // A comparison that is wrong in itself was told already.
        if (!is_never({{condition, true}}) || !told_at(clause.condition.at.line))
          warn(Code::unreachable_code, clause.at.line, "no run comes to this branch: its condition is never true here");
      } else {
        is_left = block(clause.body, inside);
      }
      all_left &= is_left;
      before.push_back({condition, false});
      // What goes on behind the `if` met none of the conditions whose branches end the run.
      leading &= is_left;
      if (leading) path.push_back({condition, false});
    }
    if (chain.otherwise) {
      bool is_left = true;
      if (is_never(before)) {
        if (!chain.otherwise->statements.empty())
          warn(Code::unreachable_code, chain.otherwise->statements[0].at.line,
               "no run comes to this `else`: one of the branches before it is always taken");
      } else {
        is_left = block(*chain.otherwise, before);
      }
      return all_left && is_left;
    }
    return all_left && is_never(before);
  }

  bool told_at(int line) const {
    return std::any_of(problems_.begin(), problems_.end(), [&](const auto& told) { return told.first == line; });
  }

  const Chunk& chunk_;
  const AttributeTypes& attributes_;
  const std::vector<Variable>& locals_;
  std::vector<std::string> names_;
  std::set<std::string> holders_;  // names that hold attributes: `cart` of `cart.total`
  std::map<int, const FunctionBody*> functions_;
  std::map<int, Role> parameters_;
  std::set<int> requests_;
  std::deque<Predicate> conditions_;
  std::vector<std::pair<int, Problem>> problems_;
};

}  // namespace

Problems lint_lua(const Chunk& chunk, const AttributeTypes& attributes) { return Linter(chunk, attributes).run(); }

Problems lint_policy(const Chunk& chunk, PolicyRole role, const AttributeTypes& attributes) {
  const Role whose = role == PolicyRole::conflict ? Role::conflict : role == PolicyRole::schedule ? Role::moment : Role::visitor;
  return Linter(chunk, attributes).run(whose);
}

Problems lint_functions(const LoadedWorkspace& loaded, const Files& files) {
  Problems problems;
  const AttributeTypes& attributes = loaded.workspace.attributes;
  std::vector<std::string> paths = loaded.modules;
  for (const char* folder : {"audiences", "policies", "experiences"})
    for (const std::string& name : files.list(folder))
      if (name.ends_with(".lua")) paths.push_back(folder + ("/" + name));
  for (const std::string& path : paths) {
    const auto source = files.read(path, limits::script_bytes_max);
    const Result<Chunk> chunk = source ? read_chunk(*source, path, Mode::declare) : Result<Chunk>(source.error());
    if (!chunk) continue;
    for (Problem& problem : lint_lua(*chunk, attributes)) problems.push_back(std::move(problem));
  }
  for (const Policy& policy : policies_of(loaded)) {
    if (!policy.place.ends_with(".json")) continue;
    // A line of the text within the document: `experiences/gold.json $.audience:3`.
    const auto chunk = read_chunk(policy.lua, policy.place + " " + policy.path, Mode::policy);
    if (!chunk) continue;
    for (Problem& problem : lint_policy(*chunk, policy.role, attributes)) problems.push_back(std::move(problem));
  }
  return problems;
}

}  // namespace footlight
