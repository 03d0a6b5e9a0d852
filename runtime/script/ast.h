// The syntax tree of one Lua chunk: plain values, every node with its line and column.
//
// The parser builds it, `resolve` (scope.h) fills in what each name means, and nothing changes it
// afterwards. What the text wrote in two ways is one thing here: `a.b` is `a["b"]`, `f"x"` is
// `f("x")`, and parentheses are gone unless they cut a list of results down to one.
//
// These names live in a namespace of their own: a `Name` or a `Call` here is grammar, not the
// domain's word.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace footlight::ast {

// Both count from 1; a column counts characters, not bytes.
struct Place {
  int line = 0;
  int column = 0;
  auto operator<=>(const Place&) const = default;
};

struct Expr;
struct Stat;
struct FunctionBody;
using ExprPtr = std::unique_ptr<Expr>;
using Exprs = std::vector<Expr>;

struct Block {
  std::vector<Stat> statements;
};

// A name where it comes into being: a local, a parameter or a loop's variable.
struct Declared {
  std::string name;
  Place at;
  int declaration = -1;  // index into Tree::locals, set by `resolve`
};

// ---- expressions

enum class Reach { global, local, upvalue };
enum class UnaryOp { negate, not_, length };
enum class BinaryOp { or_, and_, lt, gt, le, ge, ne, eq, concat, add, sub, mul, div, mod, pow };

struct Nil {};
struct Boolean {
  bool value;
};
struct Number {
  double value;
};  // never negative, never infinite: the lexer reads no sign
struct String {
  std::string value;
};
struct Vararg {};
struct Function {
  std::unique_ptr<FunctionBody> body;
};
struct Name {
  std::string text;
  Reach reach = Reach::global;
  int declaration = -1;  // index into Tree::locals; -1 for a global
};
struct Index {
  ExprPtr object, key;
};
struct Call {
  ExprPtr callee;
  std::string method;  // `callee:method(...)`; empty for a plain call
  int method_line = 0;
  Exprs arguments;
  int end_line = 0;
};
struct Field {
  ExprPtr key;  // null for a positional one
  ExprPtr value;
};
struct Table {
  std::vector<Field> fields;
  int end_line = 0;
};
struct Unary {
  UnaryOp op;
  ExprPtr operand;
};
struct Binary {
  BinaryOp op;
  ExprPtr left, right;
};
struct Paren {
  ExprPtr inner;
};  // only around a call or `...`: one result, not all

struct Expr {
  Place at;
  int height = 1;  // levels of nodes from here down; bounded by the parser
  std::variant<Nil, Boolean, Number, String, Vararg, Function, Name, Index, Call, Table, Unary, Binary, Paren> node;
};

// ---- statements

struct Local {
  std::vector<Declared> names;
  Exprs values;
};
struct Assign {
  Exprs targets, values;
};  // targets are Name or Index
struct CallStat {
  Expr call;
};
struct Do {
  Block body;
};
struct While {
  Expr condition;
  Block body;
};
struct Repeat {
  Block body;
  Expr until;
};  // `until` sees the body's locals
struct Clause {
  Place at;
  Expr condition;
  Block body;
};
struct If {
  std::vector<Clause> clauses;
  std::optional<Block> otherwise;
};
struct NumericFor {
  Declared variable;
  Expr from, to;
  std::optional<Expr> step;
  Block body;
};
struct GenericFor {
  std::vector<Declared> names;
  Exprs values;
  Block body;
};
struct FunctionStat {      // `function a.b:c() end`
  Expr target;             // Name or Index; a method's name is its last key
  bool is_method = false;  // then the first parameter is `self`
  std::unique_ptr<FunctionBody> body;
};
struct LocalFunction {
  Declared name;
  std::unique_ptr<FunctionBody> body;
};
struct Return {
  Exprs values;
};
struct Break {};

struct Stat {
  Place at;
  int end_line = 0;  // of its last token
  std::variant<Local, Assign, CallStat, Do, While, Repeat, If, NumericFor, GenericFor, FunctionStat, LocalFunction, Return, Break> node;
};

// ---- the whole

struct FunctionBody {
  int id = -1;      // index into Tree::functions; -1 for the chunk itself
  int parent = -1;  // the enclosing function's id
  Place at;
  int end_line = 0;
  std::vector<Declared> parameters;
  bool is_vararg = false;
  Block body;
  std::vector<int> captures;  // declared outside, used in here or deeper; set by `resolve`
};

// What is known of one declaration after `resolve`.
struct Variable {
  std::string name;
  Place at;
  int function = -1;              // declared in; -1 for the chunk itself
  bool is_reassigned = false;     // beyond its declaration
  bool is_captured = false;       // used by a function further in
  const Expr* initial = nullptr;  // the one expression that `local` gave it, where there is one
};

struct Tree {
  std::unique_ptr<FunctionBody> chunk;
  std::vector<const FunctionBody*> functions;  // in the order of their `function` words
  std::vector<Variable> locals;
};

}  // namespace footlight::ast
