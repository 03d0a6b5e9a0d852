// The tokens of one `{{…}}` tag, as handlebars' own lexer has them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace footlight {

enum class TagToken {
  open_sexpr,
  close_sexpr,
  open_raw,
  close_raw,
  open_partial,
  open_partial_block,
  open_block,
  open_endblock,
  inverse,
  open_inverse,
  open_inverse_chain,
  open_unescaped,
  open,
  comment,
  equals,
  id,
  separator,
  close_unescaped,
  close,
  string,
  number,
  boolean,
  null,
  data,
  open_params,
  pipe,
  call,
  decorator,
  invalid,
  end,
};

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_word(char c) { return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

class TagLexer {
 public:
  explicit TagLexer(std::string_view text) : text_(text) {}

  TagToken token = TagToken::end;
  std::string_view lexeme;        // as written
  std::string value;              // of an id or a string: unescaped
  std::size_t begin = 0, at = 0;  // the token is [begin, at)

  void start(std::size_t from);
  void next();
  std::size_t skip_blanks(std::size_t from) const;

 private:
  bool is_at(std::size_t where, std::string_view what) const;
  char look(std::size_t where) const;
  TagToken take(std::size_t bytes, TagToken kind);
  bool ends_name(std::size_t where, bool in_path) const;
  TagToken scan();
  TagToken scan_opening();
  // The end of `~}}` or `}}` behind blanks, if that is what follows.
  std::optional<std::size_t> closing(std::size_t from) const;
  TagToken scan_comment(std::size_t mark);
  // A backslash hides a quote, unless no other quote ends the string.
  TagToken scan_string(char quote);
  TagToken scan_brackets();
  TagToken scan_word();
  std::size_t number_at(std::size_t from) const;

  std::string_view text_;
};

}  // namespace footlight
