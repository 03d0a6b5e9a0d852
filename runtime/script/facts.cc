#include "script/facts.h"

#include "script/print.h"
#include "script/walk.h"

namespace footlight {
namespace {

using namespace ast;

class Describer {
 public:
  explicit Describer(const Tree& tree) : tree_(tree), all_(tree.functions.size()) {}

  std::vector<FunctionInfo> run() {
    for (const FunctionBody* body : tree_.functions) begin(*body);
    block(tree_.chunk->body, -1);
    return std::move(all_);
  }

 private:
  void begin(const FunctionBody& body) {
    FunctionInfo& info = all_[static_cast<std::size_t>(body.id)];
    info.id = body.id;
    info.line = body.at.line;
    info.end_line = body.end_line;
    for (const Declared& p : body.parameters) info.parameters.push_back(p.name);
    info.is_vararg = body.is_vararg;
    for (const int declaration : body.captures) {
      const Variable& v = variable(declaration);
      info.captures.push_back({v.name, declaration, v.at.line, v.is_reassigned});
    }
    info.source = print(body);
    info.body = &body;
  }

  const Variable& variable(int declaration) const { return tree_.locals[static_cast<std::size_t>(declaration)]; }

  // Calls f(info) for function `id` and those around it, from the inside out, up to but not
  // including function `stop`; -1 is the chunk.
  template <class F>
  void each_around(int id, int stop, F f) {
    for (; id != stop && id != -1; id = tree_.functions[static_cast<std::size_t>(id)]->parent) f(all_[static_cast<std::size_t>(id)]);
  }

  void block(const Block& b, int function) {
    for (const Stat& s : b.statements) statement(s, function);
  }

  void statement(const Stat& s, int function) {
    if (const auto* a = std::get_if<Assign>(&s.node))
      for (const Expr& target : a->targets) assigned(target, function);
    if (const auto* f = std::get_if<FunctionStat>(&s.node)) assigned(f->target, function);
    each_part(
        s, [&](const Expr& e) { expression(e, function); }, [&](const Block& b) { block(b, function); },
        [&](const FunctionBody& body) { block(body.body, body.id); });
  }

  void expression(const Expr& e, int function) {
    if (const auto* n = std::get_if<Name>(&e.node); n && n->reach == Reach::global)
      each_around(function, -1, [&](FunctionInfo& info) { info.globals.insert(n->text); });
    each_part(
        e, [&](const Expr& part) { expression(part, function); }, [&](const FunctionBody& body) { block(body.body, body.id); });
  }

  void assigned(const Expr& target, int function) {
    if (const auto* n = std::get_if<Name>(&target.node); n && n->declaration >= 0)
      each_around(function, variable(n->declaration).function, [](FunctionInfo& info) { info.assigns_captured = true; });
    if (const auto* i = std::get_if<Index>(&target.node))
      each_around(function, maker(*i->object), [](FunctionInfo& info) { info.writes_tables_it_did_not_make = true; });
  }

  // The function in which the table named by `object` was made; the chunk where nothing is known,
  // so that every function around is said to write what it did not make.
  int maker(const Expr& object) const {
    const auto* n = std::get_if<Name>(&object.node);
    if (!n || n->declaration < 0) return -1;
    const Variable& v = variable(n->declaration);
    const bool is_fresh = v.initial && std::holds_alternative<Table>(v.initial->node) && !v.is_reassigned;
    return is_fresh ? v.function : -1;
  }

  const Tree& tree_;
  std::vector<FunctionInfo> all_;
};

}  // namespace

std::vector<FunctionInfo> describe_functions(const ast::Tree& tree) { return Describer(tree).run(); }

}  // namespace footlight
