// Text to tokens: the tokens of Lua 5.1 and not one more.
//
// LuaJIT reads a larger language than it documents (`10LL`, `\x41`, `goto`, names of any bytes
// beyond ASCII). What only it understands is refused here, so that a chunk means what the Lua 5.1
// manual says and nothing reaches LuaJIT that we did not understand first.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "footlight/error.h"
#include "script/ast.h"
#include "script/source.h"

namespace footlight::ast {

// clang-format off
// X(name, spelling): first the tokens with a value, then the words, then the signs.
#define FOOTLIGHT_LUA_TOKENS(X)                                                                          \
  X(end_of_file, "the end of the file") X(name, "a name") X(string, "a string") X(number, "a number")    \
  X(and_, "and") X(break_, "break") X(do_, "do") X(else_, "else") X(elseif_, "elseif") X(end_, "end")    \
  X(false_, "false") X(for_, "for") X(function_, "function") X(if_, "if") X(in_, "in")                   \
  X(local_, "local") X(nil_, "nil") X(not_, "not") X(or_, "or") X(repeat_, "repeat")                     \
  X(return_, "return") X(then_, "then") X(true_, "true") X(until_, "until") X(while_, "while")           \
  X(plus, "+") X(minus, "-") X(star, "*") X(slash, "/") X(percent, "%") X(caret, "^") X(hash, "#")       \
  X(eq, "==") X(ne, "~=") X(le, "<=") X(ge, ">=") X(lt, "<") X(gt, ">") X(assign, "=")                   \
  X(open_paren, "(") X(close_paren, ")") X(open_brace, "{") X(close_brace, "}")                          \
  X(open_bracket, "[") X(close_bracket, "]") X(semicolon, ";") X(colon, ":") X(comma, ",")               \
  X(dot, ".") X(concat, "..") X(dots, "...")
// clang-format on

enum class Tok {
#define X(name, spelling) name,
  FOOTLIGHT_LUA_TOKENS(X)
#undef X
};

std::string_view spelling(Tok kind);
inline bool is_word(Tok kind) { return kind >= Tok::and_ && kind <= Tok::while_; }
bool is_reserved(std::string_view word);  // `end`, `goto`: cannot be a name
// The reserved word that was probably meant by `locla`; empty if none is near.
std::string_view nearest_word(std::string_view name);

struct Token {
  Tok kind = Tok::end_of_file;
  Place at;
  std::string text = {};  // of a name, or the bytes of a string
  double number = 0;
  std::string_view raw = {};  // as written
  bool is_first_on_line = false;
};

// Always ends with `end_of_file`. What cannot be a token is reported and left out, so that reading
// can go on; at most limits::script_problems_max problems.
std::vector<Token> tokenize(const Source& source, Problems& problems);

}  // namespace footlight::ast
