// The canonical text of a tree: one form for every formatting of the same code.
//
// Two blanks a level, one statement a line, no comments, only the parentheses that the meaning
// needs. Reading the text gives a tree that prints the same.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "script/ast.h"

namespace footlight {

std::string print(const ast::Tree& tree);          // the chunk, ends with a line end unless empty
std::string print(const ast::FunctionBody& body);  // `function(p) return p.x end`
// The same with variables from around it called otherwise: new names by declaration, an index into ast::Tree::locals.
std::string print(const ast::FunctionBody& body, const std::map<int, std::string>& renamed);
std::string print(const ast::Expr& expression);  // `p.cart.total > 200`

// The words that the emitter writes in the same way.
namespace lua_text {

std::string quoted(std::string_view bytes);  // a string literal of printable text on one line
std::string number(double value);            // reads back as the same double
bool is_name(std::string_view text);         // can stand behind a dot
std::string_view spelling(ast::UnaryOp op);  // with the blank it needs: `not `
std::string_view spelling(ast::BinaryOp op);

// Binding strength as in the reference manual, 1 (`or`) to 8 (`^`), 9 for what needs no parentheses.
int strength(const ast::Expr& expression);
int strength(ast::BinaryOp op);
inline constexpr int unary_strength = 7;
inline constexpr int atom_strength = 9;
bool is_right_associative(ast::BinaryOp op);
// Whether the expression can be called or indexed as it stands.
bool is_prefix(const ast::Expr& expression);
// Whether it may give any number of results: a call or `...`.
bool is_multiple(const ast::Expr& expression);

}  // namespace lua_text

}  // namespace footlight
