// A template as written: the tree that parsing gives, whitespace already taken away where the rules
// of standalone lines and `~` say so. Every string_view points into the text that was parsed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/expression.h"
#include "footlight/error.h"

namespace footlight {

struct Strip {
  bool open = false, close = false;  // `{{~` and `~}}`
};

struct NodeSyntax;
using BodySyntax = std::vector<NodeSyntax>;

struct NodeSyntax {
  enum class Kind : std::uint8_t { content, output, block, partial, comment, let };

  Kind kind = Kind::content;
  std::string_view tag;  // the whole opening tag, for messages
  int line = 1;          // of the text, counted from 1

  // content: `value` is what is left of `original`
  std::string_view original, value;
  bool is_left_stripped = false, is_right_stripped = false;

  // output, block, partial (its context, if any), let
  ExpressionSyntax expression;
  bool is_raw = false;  // `{{{x}}}`
  Strip strip;
  std::string name;                                            // of a partial, of a let
  std::vector<std::pair<std::string, ExpressionSyntax>> hash;  // of a partial
  bool has_context = false, has_hash = false;                  // of a partial; the hash may have lost its `undefined`s
  std::string_view indent;                                     // of a partial alone on its line

  // block: `{{#if x}}program{{else}}inverse{{/if}}`
  std::vector<std::string> block_params;
  bool is_statement = false;  // `{% … %}`: the first argument is any expression
  bool has_program = false, has_inverse = false;
  bool is_chained = false;  // the inverse is one block: `{{else if …}}`
  BodySyntax program, inverse;
  Strip inverse_strip, close_strip;  // `strip` is the opening tag's
};

// Where problems lie: `file:line`, counted on from the line that a place ends with.
class Place {
 public:
  explicit Place(std::string_view start);  // `experiences/a.lua:7`, `a.html`
  std::string at(int line) const;          // of the text, counted from 1

 private:
  std::string file_;
  int first_line_ = 1;
};

// A tag for a message: in back-ticks, its first line, shortened.
std::string quote_tag(std::string_view tag);

// Parses all of `text` and reports every problem; the tree is usable only where there is none.
BodySyntax parse_template(std::string_view text, const Place& place, Problems& problems);

// Takes whitespace away, as handlebars does: `~`, and the lines that hold nothing but a block tag,
// a partial, a comment or a statement. Called by parse_template.
void strip_whitespace(BodySyntax& root);

// The bytes of the white space character (as JavaScript's \s has it) that begins at `at`, or 0.
std::size_t space_at(std::string_view text, std::size_t at);
// The bytes of the one that ends before `end`, or 0.
std::size_t space_before(std::string_view text, std::size_t end);

}  // namespace footlight
