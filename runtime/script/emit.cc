#include "script/emit.h"

#include <algorithm>
#include <unordered_map>

#include "base/limits.h"
#include "script/lower.h"
#include "script/print.h"
#include "script/probes.h"
#include "script/walk.h"

namespace footlight {
namespace {

using namespace ast;

std::string_view checked_name(BinaryOp op) {
  switch (op) {
    case BinaryOp::lt: return "__lt";
    case BinaryOp::le: return "__le";
    case BinaryOp::gt: return "__gt";
    case BinaryOp::ge: return "__ge";
    default: return {};
  }
}

bool is_arithmetic(BinaryOp op) { return op >= BinaryOp::add; }

// A number whatever happens before: there are no metatables for scripts, so arithmetic that gives
// anything gives a number.
bool is_number(const Expr& e) {
  if (const auto* b = std::get_if<Binary>(&e.node)) return is_arithmetic(b->op);
  if (const auto* u = std::get_if<Unary>(&e.node)) return u->op != UnaryOp::not_;
  return std::holds_alternative<Number>(e.node);
}

bool is_checked(const Expr& e) {
  const auto* b = std::get_if<Binary>(&e.node);
  return b && is_checked_comparison(*b);
}

bool is_concat(const Expr& e) {
  const auto* b = std::get_if<Binary>(&e.node);
  return b && b->op == BinaryOp::concat;
}

// Written as the call of one of ours.
bool is_wrapped(const Expr& e) { return is_checked(e) || is_concat(e); }

// Nodes that run once when the body runs once: nested loops and functions pay for themselves.
class Cost {
 public:
  static constexpr std::size_t vararg_nodes = 16;  // `{...}` copies as many as there are

  std::size_t of(const Block& b) const {
    std::size_t sum = 0;
    for (const Stat& s : b.statements) sum += of(s);
    return sum;
  }
  std::size_t of(const Expr& e) const {
    std::size_t sum = std::holds_alternative<Vararg>(e.node) ? vararg_nodes : 1;
    each_part(
        e, [&](const Expr& part) { sum += of(part); }, [](const FunctionBody&) {});
    return sum;
  }

 private:
  std::size_t of(const Stat& s) const {
    const bool is_loop = std::holds_alternative<While>(s.node) || std::holds_alternative<Repeat>(s.node) ||
        std::holds_alternative<NumericFor>(s.node) || std::holds_alternative<GenericFor>(s.node);
    std::size_t sum = 1;
    each_part(
        s, [&](const Expr& e) { sum += of(e); }, [&](const Block& b) { sum += is_loop ? 0 : of(b); }, [](const FunctionBody&) {});
    return sum;
  }
};

// Whether the text of an expression begins with `(`: where something that is no prefix is called or indexed.
bool begins_with_parenthesis(const Expr& e) {
  if (const auto* i = std::get_if<Index>(&e.node)) return !lua_text::is_prefix(*i->object) || begins_with_parenthesis(*i->object);
  if (const auto* c = std::get_if<Call>(&e.node)) return !lua_text::is_prefix(*c->callee) || begins_with_parenthesis(*c->callee);
  return std::holds_alternative<Paren>(e.node);
}

bool begins_with_parenthesis(const Stat& s) {
  if (const auto* a = std::get_if<Assign>(&s.node)) return begins_with_parenthesis(a->targets[0]);
  const auto* c = std::get_if<CallStat>(&s.node);
  return c && begins_with_parenthesis(c->call);
}

// Writes in the order of the source and never backwards, so that `at` can hold each piece on its line.
class Emitter {
 public:
  Emitter(Mode mode, const std::vector<ProbePoint>& points, const Lowering& lowering) : mode_(mode), lowering_(lowering) {
    for (std::size_t i = 0; i < points.size(); ++i)
      probes_.emplace(points[i].statement ? static_cast<const void*>(points[i].statement) : points[i].condition, i);
  }

  std::string run(const FunctionBody& chunk) {
    out_ = "local __fuel,__stop,__in,__lt,__le,__gt,__ge,__fn,__cat,__va=... return ";
    literal(chunk);
    return std::move(out_);
  }

 private:
  // ---- lines

  void at(int line) {
    for (; line_ < line; ++line_) out_ += '\n';
  }
  void write(std::string_view text) { out_ += text; }

  // ---- bodies

  void check(std::size_t nodes) {
    write(" __fuel=__fuel-");
    write(std::to_string(1 + nodes / limits::script_nodes_per_fuel));
    write(" if __fuel<0 then __stop() end");
  }

  void block(const Block& b) {
    for (const Stat& s : b.statements) {
      // Behind a statement `(` would read as the call of its last value.
      if (&s != &b.statements.front() && begins_with_parenthesis(s)) write(";");
      const int line = line_;
      at(s.at.line);
      if (line_ == line) write(" ");
      if (const auto probe = probes_.find(&s); probe != probes_.end()) write("__hit(" + std::to_string(probe->second) + ");");
      std::visit([&](const auto& node) { statement(s, node); }, s.node);
    }
  }

  void body(const Block& b) {
    check(Cost().of(b));
    block(b);
  }

  void end(int line) {
    at(line);
    write(" end");
  }

  // `function(...) ... end`, without the host's mark.
  void literal(const FunctionBody& f) {
    write("function(");
    for (const Declared& p : f.parameters) {
      if (&p != &f.parameters.front()) write(",");
      at(p.at.line);
      write(p.name);
    }
    if (f.is_vararg) write(f.parameters.empty() ? "..." : ",...");
    if (&f == lowering_.function) {
      for (std::size_t i = f.parameters.size(); i < policy_arguments; ++i) write(",__p" + std::to_string(i));
      for (std::size_t i = 0; i < lowering_.names.size() + lowering_.conditions.size(); ++i) write("," + lowered(i));
    }
    write(")");
    check(Cost().of(f.body));
    if (f.is_vararg && f.id >= 0) write(" __va(...)");  // what the host passes to a chunk is bounded
    if (f.id < 0 && !lowering_.functions.empty()) functions();
    block(f.body);
    end(f.end_line);
  }

  // Standard names as locals of the chunk: a look-up goes through tables of tables.
  void functions() {
    write(" local ");
    for (const std::string& name : lowering_.functions)
      write((&name != &lowering_.functions.front() ? "," : "") + std::string(function_prefix) + name);
    write("=");
    for (const std::string& name : lowering_.functions) write((&name != &lowering_.functions.front() ? "," : "") + name);
  }

  void function(const FunctionBody& f) {
    at(f.at.line);
    const bool is_marked = mode_ == Mode::declare;
    if (is_marked) write("__fn(" + std::to_string(f.id) + ",");
    literal(f);
    if (is_marked) write(")");
  }

  // ---- expressions

  void list(const Exprs& all) {
    for (const Expr& e : all) {
      if (&e != &all.front()) write(",");
      expression(e);
    }
  }

  void names(const std::vector<Declared>& all) {
    for (const Declared& d : all) {
      if (&d != &all.front()) write(",");
      at(d.at.line);
      write(d.name);
    }
  }

  void expression(const Expr& e, bool in_parentheses = false) {
    at(e.at.line);
    if (in_parentheses) write("(");
    const auto probe = probes_.find(&e);
    if (probe != probes_.end()) write("__met(" + std::to_string(probe->second) + ",");
    if (const auto read = lowering_.reads.find(&e); read != lowering_.reads.end()) write(lowered(read->second));
    else std::visit([&](const auto& node) { text(node); }, e.node);
    if (probe != probes_.end()) write(")");
    if (in_parentheses) write(")");
  }

  bool is_called(const Expr& e) const { return is_wrapped(e) || probes_.contains(&e); }
  int strength(const Expr& e) const { return is_called(e) ? lua_text::atom_strength : lua_text::strength(e); }

  void text(const Nil&) { write("nil"); }
  void text(const Boolean& b) { write(b.value ? "true" : "false"); }
  void text(const Number& n) { write(lua_text::number(n.value)); }
  void text(const String& s) { write(lua_text::quoted(s.value)); }
  void text(const Vararg&) { write("..."); }
  void text(const Function& f) { function(*f.body); }
  void text(const Name& n) {
    const auto& known = lowering_.functions;
    if (n.reach == Reach::global && std::find(known.begin(), known.end(), n.text) != known.end()) write(function_prefix);
    write(n.text);
  }
  void text(const Paren& p) { expression(*p.inner, true); }
  void text(const Index& i) {
    expression(*i.object, !lua_text::is_prefix(*i.object));
    const auto* key = std::get_if<String>(&i.key->node);
    if (key && lua_text::is_name(key->value)) {
      at(i.key->at.line);
      write("." + key->value);
    } else {
      write("[");
      expression(*i.key);
      write("]");
    }
  }
  void text(const Call& c) {
    expression(*c.callee, !lua_text::is_prefix(*c.callee));
    if (!c.method.empty()) {
      at(c.method_line);
      write(":" + c.method);
    }
    write("(");  // on the line of what stands before, or Lua 5.1 refuses it
    list(c.arguments);
    at(c.end_line);
    write(")");
  }
  void text(const Table& t) {
    write("{");
    for (const Field& f : t.fields) {
      if (&f != &t.fields.front()) write(",");
      if (f.key) {
        const auto* key = std::get_if<String>(&f.key->node);
        at(f.key->at.line);
        if (key && lua_text::is_name(key->value)) {
          write(key->value);
        } else {
          write("[");
          expression(*f.key);
          write("]");
        }
        write("=");
      }
      expression(*f.value);
    }
    at(t.end_line);
    write("}");
  }
  void text(const Unary& u) {
    write(lua_text::spelling(u.op));
    const auto* below = std::get_if<Unary>(&u.operand->node);
    const bool would_comment = u.op == UnaryOp::negate && below && below->op == UnaryOp::negate;  // `--`
    expression(*u.operand, would_comment || strength(*u.operand) < lua_text::unary_strength);
  }
  void text(const Binary& b) {
    if (is_checked_comparison(b)) {
      // What is absent is not compared. A number is not absent, and asking a local twice changes nothing.
      const bool has_number = std::holds_alternative<Number>(b.left->node) || std::holds_alternative<Number>(b.right->node);
      const auto read = lowering_.reads.find(std::holds_alternative<Number>(b.left->node) ? b.right.get() : b.left.get());
      if (has_number && read != lowering_.reads.end()) {
        write("(" + lowered(read->second) + " ~= nil and ");
        expression(*b.left);
        (out_ += ' ') += lua_text::spelling(b.op);
        write(" ");
        expression(*b.right);
        write(")");
        return;
      }
      write(checked_name(b.op));
      write("(");
      expression(*b.left);
      write(",");
      expression(*b.right, lua_text::is_multiple(*b.right));  // exactly two arguments
      write(")");
      return;
    }
    if (b.op == BinaryOp::concat) {
      write("__cat(");
      concatenation(b);
      write(")");
      return;
    }
    const int own = lua_text::strength(b.op), left = strength(*b.left), right = strength(*b.right);
    const bool right_first = lua_text::is_right_associative(b.op);
    expression(*b.left, left < own || (left == own && right_first));
    (out_ += ' ') += lua_text::spelling(b.op);
    write(" ");
    expression(*b.right, right < own || (right == own && !right_first));
  }

  // `a .. b .. c`, which is `a .. (b .. c)`: one operation of LuaJIT, paid for once.
  void concatenation(const Binary& b) {
    const int own = lua_text::strength(b.op);
    expression(*b.left, strength(*b.left) <= own);
    write(" .. ");
    if (!is_concat(*b.right)) return expression(*b.right, strength(*b.right) < own);
    at(b.right->at.line);
    concatenation(std::get<Binary>(b.right->node));
  }

  // ---- statements

  void statement(const Stat&, const Local& s) {
    write("local ");
    names(s.names);
    if (s.values.empty()) return;
    write(" = ");
    list(s.values);
  }
  void statement(const Stat&, const Assign& s) {
    list(s.targets);
    write(" = ");
    list(s.values);
  }
  void statement(const Stat&, const CallStat& s) { expression(s.call); }
  void statement(const Stat& at, const Do& s) {
    write("do");
    block(s.body);
    end(at.end_line);
  }
  void statement(const Stat& at, const While& s) {
    write("while ");
    expression(s.condition);
    write(" do");
    body(s.body);
    end(at.end_line);
  }
  void statement(const Stat&, const Repeat& s) {
    write("repeat");
    body(s.body);
    write(" until ");
    expression(s.until);
  }
  void statement(const Stat& stat, const If& s) {
    for (const Clause& c : s.clauses) {
      at(c.at.line);
      write(&c == &s.clauses.front() ? "if " : " elseif ");
      expression(c.condition);
      write(" then");
      block(c.body);
    }
    if (s.otherwise) {
      write(" else");
      block(*s.otherwise);
    }
    end(stat.end_line);
  }
  void statement(const Stat& stat, const NumericFor& s) {
    write("for ");
    at(s.variable.at.line);
    write(s.variable.name + " = ");
    expression(s.from);
    write(",");
    expression(s.to);
    if (s.step) {
      write(",");
      expression(*s.step);
    }
    write(" do");
    body(s.body);
    end(stat.end_line);
  }
  void statement(const Stat& stat, const GenericFor& s) {
    write("for ");
    names(s.names);
    write(" in __in(");  // LuaJIT guesses from the expression here, and guesses wrong
    list(s.values);
    write(") do");
    body(s.body);
    end(stat.end_line);
  }
  void statement(const Stat&, const FunctionStat& s) {
    expression(s.target);
    write(" = ");
    function(*s.body);
  }
  void statement(const Stat&, const LocalFunction& s) {
    write("local " + s.name.name + " " + s.name.name + " = ");
    function(*s.body);
  }
  void statement(const Stat&, const Return& s) {
    write("return");
    if (s.values.empty()) return;
    write(" ");
    // A tail call would leave its own error without a line.
    if (s.values.size() == 1 && is_called(s.values[0])) return expression(s.values[0], true);
    list(s.values);
  }
  void statement(const Stat&, const Break&) { write("break"); }

  std::string lowered(std::size_t i) const {
    const std::size_t names = lowering_.names.size();
    return i < names ? std::string(lowered_prefix) + lowering_.names[i] : std::string(condition_prefix) + std::to_string(i - names);
  }

  Mode mode_;
  const Lowering& lowering_;
  std::unordered_map<const void*, std::size_t> probes_;
  std::string out_;
  int line_ = 1;
};

}  // namespace

bool is_wrapped(const ast::Binary& b) { return is_checked_comparison(b) || b.op == BinaryOp::concat; }

bool is_checked_comparison(const ast::Binary& b) { return !checked_name(b.op).empty() && !(is_number(*b.left) && is_number(*b.right)); }

std::string emit(const ast::Tree& tree, Mode mode) { return emit(tree, mode, {}, {}); }
std::string emit(const ast::Tree& tree, Mode mode, const std::vector<ProbePoint>& points, const Lowering& lowering) {
  return Emitter(mode, points, lowering).run(*tree.chunk);
}

}  // namespace footlight
