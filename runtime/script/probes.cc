#include "script/probes.h"

#include <lua.hpp>

#include "script/state.h"
#include "script/walk.h"

namespace footlight {
namespace {

using namespace ast;

bool is_comparison(BinaryOp op) { return op >= BinaryOp::lt && op <= BinaryOp::eq; }

bool is_constant(const Expr& e) {
  return std::holds_alternative<Nil>(e.node) || std::holds_alternative<Boolean>(e.node) || std::holds_alternative<Number>(e.node) ||
      std::holds_alternative<String>(e.node) || std::holds_alternative<Function>(e.node) || std::holds_alternative<Table>(e.node);
}

class Finder {
 public:
  std::vector<ProbePoint> run(const FunctionBody& function) {
    block(function.body);
    return std::move(points_);
  }

 private:
  void block(const Block& body) {
    for (const Stat& statement : body.statements) {
      points_.push_back({.statement = &statement, .at = statement.at});
      const bool decides = std::holds_alternative<If>(statement.node) || std::holds_alternative<While>(statement.node) ||
          std::holds_alternative<Repeat>(statement.node);
      each_part(
          statement, [&](const Expr& e) { decides ? condition(e) : value(e); }, [&](const Block& inner) { block(inner); },
          [&](const FunctionBody& function) { block(function.body); });
    }
  }

  // Only its truth counts.
  void condition(const Expr& e) {
    const auto* binary = std::get_if<Binary>(&e.node);
    const auto* unary = std::get_if<Unary>(&e.node);
    if (binary && (binary->op == BinaryOp::and_ || binary->op == BinaryOp::or_)) {
      condition(*binary->left);
      condition(*binary->right);
    } else if (unary && unary->op == UnaryOp::not_) {
      condition(*unary->operand);
    } else if (const auto* paren = std::get_if<Paren>(&e.node)) {
      condition(*paren->inner);
    } else {
      if (!is_constant(e)) points_.push_back({.condition = &e, .at = e.at});
      parts(e);
    }
  }

  // Handed on as it is.
  void value(const Expr& e) {
    const auto* binary = std::get_if<Binary>(&e.node);
    const auto* unary = std::get_if<Unary>(&e.node);
    if (binary && (binary->op == BinaryOp::and_ || binary->op == BinaryOp::or_)) {
      condition(*binary->left);
      value(*binary->right);
    } else if (unary && unary->op == UnaryOp::not_) {
      condition(*unary->operand);
    } else {
      if (binary && is_comparison(binary->op)) points_.push_back({.condition = &e, .at = e.at});
      parts(e);
    }
  }

  void parts(const Expr& e) {
    each_part(
        e, [&](const Expr& part) { value(part); }, [&](const FunctionBody& function) { block(function.body); });
  }

  std::vector<ProbePoint> points_;
};

// Upvalue 1: the counts. Not one of these charges or allocates.
std::vector<ProbeCount>& counts_of(lua_State* L) { return *static_cast<std::vector<ProbeCount>*>(lua_touserdata(L, lua_upvalueindex(1))); }

int hit(lua_State* L) {
  auto& counts = counts_of(L);
  const auto at = static_cast<std::size_t>(lua_tointeger(L, 1));
  if (at < counts.size()) ++counts[at].yes;
  return 0;
}

int met(lua_State* L) {
  auto& counts = counts_of(L);
  const auto at = static_cast<std::size_t>(lua_tointeger(L, 1));
  if (at < counts.size()) ++(lua_toboolean(L, 2) ? counts[at].yes : counts[at].no);
  lua_settop(L, 2);  // one value, as a condition has
  return 1;
}

}  // namespace

std::vector<ProbePoint> probe_points(const FunctionBody& function) { return Finder().run(function); }

Environment Vm::probes(std::vector<ProbeCount>& counts) {
  State& state = *state_;
  state.vm = this;
  Environment globals;
  for (const auto& [name, function] : {std::pair<const char*, lua_CFunction>{"__hit", hit}, {"__met", met}}) {
    FunctionRef ref;
    state.protect([&, probe = function](lua_State* L) {
      lua_pushlightuserdata(L, &counts);
      lua_pushcclosure(L, probe, 1);
      ref.id = luaL_ref(L, LUA_REGISTRYINDEX);
    });
    if (ref) globals.push_back({name, ref});
  }
  return globals;
}

}  // namespace footlight
