// What stands inside a tag, as written: paths, literals, calls, and the operators of `{%= … %}`.
//
// Both notations of a template end up here: `{{upperCase name}}` and `{%= upperCase(name) %}` are the
// same call. This is syntax only; names are resolved when the template is compiled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "footlight/value.h"

namespace footlight {

struct PathSyntax {
  bool is_data = false;            // `@index`
  int depth = 0;                   // how many `../`
  std::vector<std::string> parts;  // none: the context itself
  std::string original;            // as handlebars spells it back: what `{{/name}}` must repeat

  bool is_scoped() const;  // `this.x`, `./x`: only ever the context's own field
  bool is_simple() const;  // one part: may be a helper, a block parameter, a variable
};

enum class Operator : std::uint8_t {
  fallback,
  either,
  both,
  negation,  // ?: or and not
  equal,
  unequal,
  less,
  less_equal,
  greater,
  greater_equal,
  among,
  add,
  subtract,
  multiply,
  divide,
  remainder,
  minus,
};

struct ExpressionSyntax {
  enum class Kind : std::uint8_t { literal, path, call, list, operation };

  Kind kind = Kind::literal;
  Operator op = Operator::fallback;  // of an operation
  Value literal;
  PathSyntax path;                                             // of a path; of a call: what is called
  std::vector<ExpressionSyntax> args;                          // of a call, a list, an operation
  std::vector<std::pair<std::string, ExpressionSyntax>> hash;  // of a call: `name=value`
};

// Reads one expression that begins at `at`; what follows it is the caller's to judge. On success `at`
// is behind it; on failure `at` is where reading stopped and `why` says what is wrong.
class ExpressionReader {
 public:
  ExpressionReader(std::string_view whole, std::size_t from) : text(whole), at(from) {}

  std::string_view text;
  std::size_t at;
  std::string why;
  std::size_t nodes = 0;  // counted against limits::template_expression_nodes_max

  bool read(ExpressionSyntax& into);       // `a.b ?: "there"`
  bool read_call(ExpressionSyntax& into);  // exactly `name(…)`
  void skip_blanks();

 private:
  int depth_ = 0;

  bool read_operation(ExpressionSyntax& into, int level);
  bool read_prefix(ExpressionSyntax& into);
  bool read_operand(ExpressionSyntax& into);
  bool read_path(ExpressionSyntax& into);
  bool read_segment(std::string& into);
  bool read_string(std::string& into);
  bool read_number(ExpressionSyntax& into);
  bool read_arguments(ExpressionSyntax& into, char end);
  std::string_view peek_word() const;  // the name at `at`, or nothing
  bool operator_at(int level, Operator& op, std::size_t& length) const;
  bool count();
  bool fail(std::string message);
};

// Characters of a name in an expression: letters, digits, `_`, `$` and everything beyond ASCII.
bool is_name_byte(char c);

}  // namespace footlight
