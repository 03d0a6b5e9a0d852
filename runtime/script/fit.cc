#include "script/fit.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "script/emit.h"
#include "script/walk.h"

namespace footlight {
namespace {

using namespace ast;

// What a piece of code takes: slots beyond the locals while it runs, and instructions. LuaJIT's
// register allocation is followed from above, never below.
struct Need {
  int slots = 0;
  std::size_t instructions = 0;
};

constexpr int call_slots = 2;                                          // the function and LuaJIT's frame link
constexpr int method_slots = 4;                                        // and the object, and the method's name
constexpr std::size_t node_cost = 4, branch_cost = 8, loop_cost = 28;  // with the fuel check

class Fit {
 public:
  Fit(const Source& source, Problems& problems) : source_(source), problems_(problems) {}

  void function(const FunctionBody& body) {
    const Frame outside = std::exchange(frame_, {});
    declare(body.parameters.size());
    frame_.locals = static_cast<int>(body.parameters.size());
    block(body.body);
    if (frame_.constants > limits::script_constants_max)
      report(body.at, "the function has more than " + std::to_string(limits::script_constants_max) + " names and literals; split it");
    frame_ = outside;
  }

  void declarations(Place at) {
    if (declarations_ > limits::script_declarations_max)
      report(at, "the chunk declares more than " + std::to_string(limits::script_declarations_max) + " locals; split it");
  }

 private:
  struct Frame {
    int locals = 0;
    std::size_t constants = 0;
    bool said_slots = false;
  };

  void report(Place at, std::string_view message) {
    if (problems_.size() < limits::script_problems_max) problems_.push_back(source_.problem(Code::limit_exceeded, at, message));
  }

  void declare(std::size_t more) {
    frame_.locals += static_cast<int>(more);
    declarations_ += more;
  }

  void need_slots(Place at, int slots) {
    if (frame_.locals + slots <= limits::script_slots_max || std::exchange(frame_.said_slots, true)) return;
    report(at,
           "too many locals and values at once: more than " + std::to_string(limits::script_slots_max) +
               "; put the values into a table or split the function");
  }

  // A jump cannot pass over more than so much code.
  void need_span(Place at, std::size_t instructions) {
    if (instructions <= limits::script_span_max || std::exchange(said_span_, true)) return;
    report(at, "what begins here is too long for a jump over it; move parts of it into functions");
  }

  // ---- expressions

  // Values next to each other, as in a call: each keeps its slot while the later ones are computed.
  Need row(const Exprs& all, int before = 0) {
    Need sum;
    int i = before;
    for (const Expr& e : all) {
      const Need one = expression(e);
      sum.slots = std::max(sum.slots, i++ + one.slots);
      sum.instructions += one.instructions;
    }
    return sum;
  }

  Need expression(const Expr& e) {
    const Need need = std::visit([&](const auto& node) { return of(e, node); }, e.node);
    return {std::max(need.slots, 1), need.instructions + node_cost};
  }

  Need of(const Expr&, const Nil&) { return {}; }
  Need of(const Expr&, const Boolean&) { return {}; }
  Need of(const Expr&, const Vararg&) { return {}; }
  Need of(const Expr&, const Number&) { return constant(); }
  Need of(const Expr&, const String&) { return constant(); }
  Need of(const Expr&, const Name&) { return constant(); }
  Need of(const Expr&, const Paren& p) { return expression(*p.inner); }
  Need of(const Expr&, const Function& f) {
    function(*f.body);
    return {call_slots + 3, 2 * node_cost};
  }
  Need of(const Expr&, const Index& i) {
    const Need object = expression(*i.object), key = expression(*i.key);
    return {std::max(object.slots, 1 + key.slots), object.instructions + key.instructions};
  }
  Need of(const Expr&, const Call& c) {
    const Need callee = expression(*c.callee);
    if (!c.method.empty()) ++frame_.constants;
    const int base = c.method.empty() ? call_slots : method_slots;
    const Need arguments = row(c.arguments, base);
    return {std::max({callee.slots, base, arguments.slots}), callee.instructions + arguments.instructions + node_cost};
  }
  Need of(const Expr&, const Table& t) {
    Need sum{1, 0};
    for (const Field& f : t.fields) {
      const Need key = f.key ? expression(*f.key) : Need{}, value = expression(*f.value);
      sum.slots = std::max(sum.slots, 2 + key.slots + value.slots);
      sum.instructions += key.instructions + value.instructions + node_cost;
    }
    return sum;
  }
  Need of(const Expr& e, const Unary& u) {
    const Need operand = expression(*u.operand);
    if (u.op != UnaryOp::not_) return operand;
    need_span(e.at, operand.instructions);
    return {operand.slots, operand.instructions + branch_cost};
  }
  Need of(const Expr& e, const Binary& b) {
    const Need left = expression(*b.left), right = expression(*b.right);
    const std::size_t instructions = left.instructions + right.instructions + branch_cost;
    if (b.op == BinaryOp::and_ || b.op == BinaryOp::or_) need_span(e.at, instructions);
    const int before = is_wrapped(b) ? call_slots : 0;
    return {before + std::max(left.slots, 1 + right.slots), instructions};
  }
  Need constant() {
    ++frame_.constants;
    return {};
  }

  // ---- statements; each gives its number of instructions

  std::size_t block(const Block& b) {
    const int locals = frame_.locals;
    std::size_t sum = 0;
    for (const Stat& s : b.statements) {
      const Need need = std::visit([&](const auto& node) { return of(s, node); }, s.node);
      sum += need.instructions + node_cost;
    }
    frame_.locals = locals;
    return sum;
  }

  Need checked(Place at, Need need) {
    need_slots(at, need.slots);
    return need;
  }

  Need of(const Stat& at, const Local& s) {
    Need need = row(s.values);
    need.slots = std::max(need.slots, static_cast<int>(s.names.size()) + 1);
    need.instructions += s.names.size();
    checked(at.at, need);
    declare(s.names.size());
    return need;
  }
  Need of(const Stat& at, const Assign& s) {
    // A field that will be assigned keeps its object and its key until the values are there.
    const int kept = 2 * static_cast<int>(s.targets.size());
    Need targets;
    for (const Expr& t : s.targets) {
      const Need one = expression(t);
      targets.slots = std::max(targets.slots, kept + one.slots);
      targets.instructions += one.instructions;
    }
    const Need values = row(s.values, kept);
    return checked(
        at.at,
        {std::max({targets.slots, values.slots, 2 * kept}), targets.instructions + values.instructions + s.targets.size() * node_cost});
  }
  Need of(const Stat& at, const CallStat& s) { return checked(at.at, expression(s.call)); }
  Need of(const Stat& at, const Return& s) {
    Need need = row(s.values);
    need.slots += call_slots;
    return checked(at.at, need);
  }
  Need of(const Stat&, const Break&) {
    ++declarations_;  // a pending jump lives on the variable stack as well
    return {};
  }
  Need of(const Stat&, const Do& s) { return {0, block(s.body)}; }
  Need of(const Stat& at, const While& s) {
    const Need test = checked(at.at, expression(s.condition));
    return spanned(at, test.instructions + block(s.body) + loop_cost);
  }
  Need of(const Stat& at, const Repeat& s) {
    const int locals = frame_.locals;
    std::size_t sum = loop_cost;
    for (const Stat& inner : s.body.statements)
      sum += std::visit([&](const auto& node) { return of(inner, node); }, inner.node).instructions + node_cost;
    sum += checked(s.until.at, expression(s.until)).instructions;
    frame_.locals = locals;
    return spanned(at, sum);
  }
  Need of(const Stat& at, const If& s) {
    std::size_t sum = 0;
    for (const Clause& c : s.clauses) sum += checked(c.at, expression(c.condition)).instructions + block(c.body) + branch_cost;
    if (s.otherwise) sum += block(*s.otherwise);
    return spanned(at, sum);
  }
  Need of(const Stat& at, const NumericFor& s) {
    Need head = expression(s.from);
    const Need to = expression(s.to), step = s.step ? expression(*s.step) : Need{1, node_cost};
    head.slots = std::max({head.slots, 1 + to.slots, 2 + step.slots});
    head.instructions += to.instructions + step.instructions;
    checked(at.at, head);
    return loop(at, head.instructions, 1, s.body);
  }
  Need of(const Stat& at, const GenericFor& s) {
    Need head = row(s.values, call_slots);
    head.slots = std::max(head.slots, 3 + static_cast<int>(s.names.size()) + call_slots + 3);
    checked(at.at, head);
    return loop(at, head.instructions, s.names.size(), s.body);
  }
  Need of(const Stat& at, const FunctionStat& s) {
    Need target = expression(s.target);
    function(*s.body);
    target.slots += 2 + call_slots + 3;
    return checked(at.at, target);
  }
  Need of(const Stat& at, const LocalFunction& s) {
    declare(1);
    function(*s.body);
    return checked(at.at, {call_slots + 3, 2 * node_cost});
  }

  Need loop(const Stat& at, std::size_t head, std::size_t names, const Block& body) {
    const int locals = frame_.locals;
    declare(3 + names);
    const std::size_t sum = head + block(body) + names + loop_cost;
    frame_.locals = locals;
    return spanned(at, sum);
  }

  Need spanned(const Stat& at, std::size_t instructions) {
    need_span(at.at, instructions);
    return {0, instructions};
  }

  const Source& source_;
  Problems& problems_;
  Frame frame_;
  std::size_t declarations_ = 0;
  bool said_span_ = false;
};

}  // namespace

void check_fit(const ast::Tree& tree, const Source& source, Problems& problems) {
  Fit fit(source, problems);
  fit.function(*tree.chunk);
  fit.declarations(tree.chunk->at);
}

}  // namespace footlight
