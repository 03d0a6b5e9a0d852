// One place that knows which parts each node has, for the passes that treat most nodes alike.
#pragma once

#include <type_traits>

#include "script/ast.h"

namespace footlight::ast {

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

// `Node`, const where `Whole` is.
template <class Whole, class Node>
using Like = std::conditional_t<std::is_const_v<Whole>, const Node, Node>;

// The direct sub-expressions, in the order of evaluation; `on_function` gets the body of a literal.
template <class E, class OnExpr, class OnFunction>
void each_part(E& expression, OnExpr on_expr, OnFunction on_function) requires std::is_same_v<std::remove_const_t<E>, Expr> {
  std::visit(Overloaded{
                 [](const Nil&) {},
                 [](const Boolean&) {},
                 [](const Number&) {},
                 [](const String&) {},
                 [](const Vararg&) {},
                 [](const Name&) {},
                 [&](Like<E, Function>& n) { on_function(*n.body); },
                 [&](Like<E, Index>& n) {
                   on_expr(*n.object);
                   on_expr(*n.key);
                 },
                 [&](Like<E, Call>& n) {
                   on_expr(*n.callee);
                   for (auto& argument : n.arguments) on_expr(argument);
                 },
                 [&](Like<E, Table>& n) {
                   for (auto& field : n.fields) {
                     if (field.key) on_expr(*field.key);
                     on_expr(*field.value);
                   }
                 },
                 [&](Like<E, Unary>& n) { on_expr(*n.operand); },
                 [&](Like<E, Binary>& n) {
                   on_expr(*n.left);
                   on_expr(*n.right);
                 },
                 [&](Like<E, Paren>& n) { on_expr(*n.inner); },
             },
             expression.node);
}

// The direct expressions, blocks and functions of a statement, in the order of the text.
template <class S, class OnExpr, class OnBlock, class OnFunction>
void each_part(S& statement, OnExpr on_expr, OnBlock on_block,
               OnFunction on_function) requires std::is_same_v<std::remove_const_t<S>, Stat> {
  const auto all = [&](auto& expressions) {
    for (auto& e : expressions) on_expr(e);
  };
  std::visit(Overloaded{
                 [&](Like<S, Local>& s) { all(s.values); },
                 [&](Like<S, Assign>& s) {
                   all(s.targets);
                   all(s.values);
                 },
                 [&](Like<S, CallStat>& s) { on_expr(s.call); },
                 [&](Like<S, Do>& s) { on_block(s.body); },
                 [&](Like<S, While>& s) {
                   on_expr(s.condition);
                   on_block(s.body);
                 },
                 [&](Like<S, Repeat>& s) {
                   on_block(s.body);
                   on_expr(s.until);
                 },
                 [&](Like<S, If>& s) {
                   for (auto& clause : s.clauses) {
                     on_expr(clause.condition);
                     on_block(clause.body);
                   }
                   if (s.otherwise) on_block(*s.otherwise);
                 },
                 [&](Like<S, NumericFor>& s) {
                   on_expr(s.from);
                   on_expr(s.to);
                   if (s.step) on_expr(*s.step);
                   on_block(s.body);
                 },
                 [&](Like<S, GenericFor>& s) {
                   all(s.values);
                   on_block(s.body);
                 },
                 [&](Like<S, FunctionStat>& s) {
                   on_expr(s.target);
                   on_function(*s.body);
                 },
                 [&](Like<S, LocalFunction>& s) { on_function(*s.body); },
                 [&](Like<S, Return>& s) { all(s.values); },
                 [](const Break&) {},
             },
             statement.node);
}

}  // namespace footlight::ast
