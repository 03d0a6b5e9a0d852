#include "script/scope.h"

#include <algorithm>
#include <span>
#include <unordered_map>
#include <utility>

#include "base/limits.h"
#include "script/walk.h"

namespace footlight {
namespace {

using namespace ast;

class Resolver {
 public:
  Resolver(Tree& tree, const Source& source, Problems& problems) : tree_(tree), source_(source), problems_(problems) {}

  std::vector<Expr*> run() {
    function(*tree_.chunk);
    return std::move(globals_);
  }

 private:
  // A function whose text we are in.
  struct Frame {
    FunctionBody* body;
    int locals = 0;  // visible now, with the hidden ones of loops
    bool said_locals = false, said_captures = false;
  };

  void report(Code code, Place at, std::string_view message) {
    if (problems_.size() < limits::script_problems_max) problems_.push_back(source_.problem(code, at, message));
  }

  // ---- scopes

  // Everything declared between `open` and `close` is forgotten at `close`.
  struct Mark {
    std::size_t visible;
    int locals;
  };
  Mark open() const { return {visible_.size(), frames_.back().locals}; }
  void close(Mark mark) {
    for (; visible_.size() > mark.visible; visible_.pop_back()) by_name_[visible_.back()].pop_back();
    frames_.back().locals = mark.locals;
  }

  void count_locals(int more, Place at) {
    Frame& frame = frames_.back();
    frame.locals += more;
    if (frame.locals <= limits::script_locals_max || std::exchange(frame.said_locals, true)) return;
    report(Code::limit_exceeded, at,
           "more than " + std::to_string(limits::script_locals_max) + " locals at once in one function; put some into a table");
  }

  void declare(Declared& name, const Expr* initial = nullptr) {
    name.declaration = static_cast<int>(tree_.locals.size());
    tree_.locals.push_back(Variable{.name = name.name, .at = name.at, .function = frames_.back().body->id, .initial = initial});
    count_locals(1, name.at);
    visible_.push_back(name.name);
    by_name_[name.name].push_back(name.declaration);
  }

  // ---- names

  void name(Expr& at, Name& name) {
    const auto found = by_name_.find(name.text);
    if (found == by_name_.end() || found->second.empty()) {
      globals_.push_back(&at);
      return;
    }
    name.declaration = found->second.back();
    Variable& variable = tree_.locals[static_cast<std::size_t>(name.declaration)];
    name.reach = variable.function == frames_.back().body->id ? Reach::local : Reach::upvalue;
    if (name.reach == Reach::local) return;
    variable.is_captured = true;
    // Each function between here and the declaration hands the variable on.
    for (auto f = frames_.rbegin(); f->body->id != variable.function; ++f) {
      auto& captures = f->body->captures;
      if (std::find(captures.begin(), captures.end(), name.declaration) != captures.end()) continue;
      if (captures.size() < static_cast<std::size_t>(limits::script_captures_max)) {
        captures.push_back(name.declaration);
      } else if (!std::exchange(f->said_captures, true)) {
        report(Code::limit_exceeded, at.at,
               "the function at line " + std::to_string(f->body->at.line) + " uses more than " +
                   std::to_string(limits::script_captures_max) + " variables from outside; put some into a table");
      }
    }
  }

  void assigned(Expr& target, std::string_view declared_as = "local ") {
    auto* n = std::get_if<Name>(&target.node);
    if (!n) return expression(target);
    const std::size_t globals = globals_.size();
    name(target, *n);
    if (n->reach != Reach::global) {
      tree_.locals[static_cast<std::size_t>(n->declaration)].is_reassigned = true;
      return;
    }
    globals_.resize(globals);  // not a read
    report(Code::undefined_name, target.at, "assigns the global `" + n->text + "`; write `" + std::string(declared_as) + n->text + "`");
  }

  // ---- the walk

  void function(FunctionBody& body) {
    frames_.push_back({&body});
    const Mark mark = open();
    for (Declared& p : body.parameters) declare(p);
    block(body.body);
    close(mark);
    frames_.pop_back();
  }

  void block(Block& b) {
    const Mark mark = open();
    for (Stat& s : b.statements) statement(s);
    close(mark);
  }

  void expression(Expr& e) {
    if (auto* n = std::get_if<Name>(&e.node)) return name(e, *n);
    each_part(
        e, [&](Expr& part) { expression(part); }, [&](FunctionBody& body) { function(body); });
  }

  void statement(Stat& stat) {
    const auto all = [&](Exprs& expressions) {
      for (Expr& e : expressions) expression(e);
    };
    std::visit(Overloaded{
                   [&](Local& s) {
                     all(s.values);  // before the names: `local x = x` reads the outer one
                     for (std::size_t i = 0; i < s.names.size(); ++i) declare(s.names[i], i < s.values.size() ? &s.values[i] : nullptr);
                   },
                   [&](Assign& s) {
                     for (Expr& target : s.targets) assigned(target);
                     all(s.values);
                   },
                   [&](LocalFunction& s) {
                     declare(s.name);  // before the body, which may call itself
                     function(*s.body);
                   },
                   [&](FunctionStat& s) {
                     assigned(s.target, "local function ");
                     function(*s.body);
                   },
                   [&](Repeat& s) {
                     const Mark mark = open();
                     for (Stat& inner : s.body.statements) statement(inner);
                     expression(s.until);
                     close(mark);
                   },
                   [&](NumericFor& s) {
                     expression(s.from);
                     expression(s.to);
                     if (s.step) expression(*s.step);
                     loop(stat.at, {&s.variable, 1}, s.body);
                   },
                   [&](GenericFor& s) {
                     all(s.values);
                     loop(stat.at, s.names, s.body);
                   },
                   [&](auto&) {
                     each_part(
                         stat, [&](Expr& e) { expression(e); }, [&](Block& b) { block(b); }, [&](FunctionBody& body) { function(body); });
                   },
               },
               stat.node);
  }

  void loop(Place at, std::span<Declared> names, Block& body) {
    const Mark mark = open();
    count_locals(3, at);  // the loop's own state
    for (Declared& n : names) declare(n);
    block(body);
    close(mark);
  }

  Tree& tree_;
  const Source& source_;
  Problems& problems_;
  std::vector<Frame> frames_;
  std::vector<std::string> visible_;                           // names, innermost last
  std::unordered_map<std::string, std::vector<int>> by_name_;  // their declarations, innermost last
  std::vector<Expr*> globals_;
};

}  // namespace

std::vector<ast::Expr*> resolve(ast::Tree& tree, const Source& source, Problems& problems) {
  return Resolver(tree, source, problems).run();
}

}  // namespace footlight
