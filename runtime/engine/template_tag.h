// The grammar inside one `{{…}}` tag: a name, its arguments and its hash, paths, subexpressions, the names of a block.
//
// Whoever reads tags begins with `lexer_.start(…)` and looks at the token behind what was read. A read that fails has
// said why in `why_`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/expression.h"
#include "engine/template_lexer.h"

namespace footlight {

class TagReader {
 protected:
  using Expression = ExpressionSyntax;

  explicit TagReader(std::string_view text) : text_(text), lexer_(text) {}

  bool fail(std::string message);
  bool count();
  bool expect(TagToken token, std::string_view sign);
  // name param* hash?
  bool read_callee_and_arguments(Expression& into);
  // A literal in the place of a name is the name that it spells: `{{"order total"}}`, `{{12}}`.
  static void to_path(Expression& name);
  bool read_arguments(Expression& into);
  bool read_hash(Expression& into);
  bool read_param(Expression& into);
  // `name(…)` inside `{{…}}`: the expression language reads it.
  bool read_call(Expression& into);
  bool read_name(Expression& into);
  static std::string unbracketed(const std::string& id);
  bool read_path(Expression& into);
  bool read_block_params(std::vector<std::string>& params);
  // As handlebars spells a name back: a path's original, a literal's text.
  static std::string spelled(const Expression& name);

  std::string_view text_;
  TagLexer lexer_;
  std::string why_;        // what is wrong with the tag being read
  std::size_t nodes_ = 0;  // of the tag being read
  int sexpr_depth_ = 0;
  bool has_hash_ = false;  // the tag being read has `name=value`
};

}  // namespace footlight
