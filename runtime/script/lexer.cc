#include "script/lexer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/limits.h"

namespace footlight::ast {
namespace {

constexpr std::array spellings = {
#define X(name, spelling) std::string_view(spelling),
    FOOTLIGHT_LUA_TOKENS(X)
#undef X
};

// Signs, longest first: the first match is the token.
constexpr std::array signs = {Tok::dots,         Tok::concat,
                              Tok::eq,           Tok::ne,
                              Tok::le,           Tok::ge,
                              Tok::lt,           Tok::gt,
                              Tok::assign,       Tok::plus,
                              Tok::minus,        Tok::star,
                              Tok::slash,        Tok::percent,
                              Tok::caret,        Tok::hash,
                              Tok::open_paren,   Tok::close_paren,
                              Tok::open_brace,   Tok::close_brace,
                              Tok::open_bracket, Tok::close_bracket,
                              Tok::semicolon,    Tok::colon,
                              Tok::comma,        Tok::dot};

constexpr std::string_view no_break_space = "\xC2\xA0", byte_order_mark = "\xEF\xBB\xBF";

// What people bring along from other languages, and the token to read on with, where there is one.
struct Foreign {
  std::string_view text, advice;
  Tok meant = Tok::end_of_file;
};
constexpr std::array foreign = {
    Foreign{"!=", "not equal is written `~=`", Tok::ne},
    Foreign{"!", "negation is written `not`", Tok::not_},
    Foreign{"&&", "write `and`", Tok::and_},
    Foreign{"||", "write `or`", Tok::or_},
    Foreign{"//", "there is no integer division, write `math.floor(a / b)`; a comment begins with `--`", Tok::slash},
    Foreign{"/*", "a comment begins with `--`"},
    Foreign{"::", "there are no labels and no `goto`"},
    Foreign{"<<", "there are no bit operators"},
    Foreign{">>", "there are no bit operators"},
    Foreign{"&", "there are no bit operators; logical and is written `and`"},
    Foreign{"|", "there are no bit operators; logical or is written `or`"},
    Foreign{"~", "there are no bit operators; not equal is written `~=`"},
    Foreign{no_break_space, "this blank is a no-break space; write a plain one"},
    Foreign{"\xE2\x80\x9C", "this is a typographic quote; write `\"`"},
    Foreign{"\xE2\x80\x9D", "this is a typographic quote; write `\"`"},
    Foreign{"\xE2\x80\x98", "this is a typographic quote; write `'`"},
    Foreign{"\xE2\x80\x99", "this is a typographic quote; write `'`"},
    Foreign{byte_order_mark, "the text begins with a byte order mark; save the file as UTF-8 without one"},
};

// What other escapes mean elsewhere.
struct Escape {
  char letter;
  std::string_view advice;
};
constexpr std::array escapes_elsewhere = {
    Escape{'x', "hexadecimal escapes are not Lua 5.1; write the byte in decimal: `\\065`"},
    Escape{'u', "write the character itself, the file is UTF-8"},
    Escape{'z', "`\\z` is not Lua 5.1; join two strings with `..`"},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

// Bytes of the UTF-8 character at text[at], 0 if there is none: overlong forms and surrogates are none.
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned first = byte(at);
  if (first < 0x80) return 1;
  const std::size_t n = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return 0;
  for (std::size_t i = 1; i < n; ++i)
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  const unsigned second = byte(at + 1);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) || (first == 0xF0 && second < 0x90) ||
      (first == 0xF4 && second > 0x8F))
    return 0;
  return n;
}

std::string hex_byte(char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto b = static_cast<unsigned char>(c);
  return {'0', 'x', digits[b >> 4], digits[b & 15]};
}

class Lexer {
 public:
  Lexer(const Source& source, Problems& problems) : source_(source), text_(source.text()), problems_(problems) {}

  std::vector<Token> run() {
    if (text_.starts_with("#")) {
      report(here(), "a chunk begins with Lua, not with a `#` line");
      while (at_ < text_.size() && !line_end_at(text_, at_)) ++at_;
    }
    while (!is_full()) {
      skip_blanks_and_comments();
      token_ = Token{.kind = Tok::end_of_file, .at = here(), .is_first_on_line = is_line_start_};
      if (at_ == text_.size()) break;
      is_line_start_ = false;
      const std::size_t start = at_;
      if (!scan()) continue;
      token_.raw = text_.substr(start, at_ - start);
      tokens_.push_back(std::move(token_));
      if (tokens_.size() > limits::script_tokens_max) {
        problems_.push_back(source_.problem(Code::limit_exceeded, tokens_.back().at,
                                            "the chunk has more than " + std::to_string(limits::script_tokens_max) + " tokens; split it"));
        break;
      }
    }
    tokens_.push_back(Token{.kind = Tok::end_of_file, .at = here(), .is_first_on_line = true});
    return std::move(tokens_);
  }

 private:
  Place here() const { return {line_, column_}; }
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool sees(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  bool is_full() const { return problems_.size() >= limits::script_problems_max; }

  void report(Place at, std::string_view message) {
    if (!is_full()) add_unless_echo(problems_, source_, at, message);
  }

  // Over one character that is no line end. Says so where it is no character of a text.
  void advance() {
    const char c = text_[at_];
    const std::size_t n = utf8_length(text_, at_);
    if (is_control(c)) {
      report(here(),
             "the control byte " + hex_byte(c) + " cannot stand in a text; in a string write it as `\\" +
                 std::to_string(static_cast<int>(c)) + "`");
    } else if (n == 0) {
      report(here(),
             "the byte " + hex_byte(c) + " is not UTF-8; save the file as UTF-8, in a string write it as `\\" +
                 std::to_string(static_cast<int>(static_cast<unsigned char>(c))) + "`");
    }
    at_ += n ? n : 1;
    ++column_;
  }
  void advance(std::size_t characters) {
    while (characters--) advance();
  }

  bool take_line_end() {
    const std::size_t n = line_end_at(text_, at_);
    if (!n) return false;
    at_ += n;
    ++line_;
    column_ = 1;
    is_line_start_ = true;
    return true;
  }

  void skip_blanks_and_comments() {
    while (at_ < text_.size() && !is_full()) {
      if (take_line_end()) continue;
      if (peek() == ' ' || peek() == '\t') {
        advance();
      } else if (sees("--")) {
        skip_comment();
      } else {
        return;
      }
    }
  }

  void skip_comment() {
    const Place start = here();
    advance(2);
    if (const auto level = long_bracket()) {
      read_long(*level, start, "comment", nullptr);
      return;
    }
    while (at_ < text_.size() && !line_end_at(text_, at_) && !is_full()) advance();
  }

  // The level of `[[`, `[=[`, ... at the cursor; nothing is taken.
  std::optional<std::size_t> long_bracket() const {
    if (peek() != '[') return {};
    std::size_t level = 0;
    while (peek(1 + level) == '=') ++level;
    if (peek(1 + level) != '[') return {};
    return level;
  }

  // From the opening bracket to behind the closing one. A line end right behind the opening does
  // not count; every other one becomes `\n`.
  bool read_long(std::size_t level, Place start, std::string_view what, std::string* into) {
    const std::string closing = "]" + std::string(level, '=') + "]";
    advance(level + 2);
    const bool was_line_start = is_line_start_;
    take_line_end();
    while (at_ < text_.size() && !is_full()) {
      if (sees(closing)) {
        advance(closing.size());
        if (into) is_line_start_ = was_line_start;
        return true;
      }
      const std::size_t from = at_;
      if (take_line_end()) {
        if (into) *into += '\n';
      } else {
        advance();
        if (into) *into += text_.substr(from, at_ - from);
      }
    }
    report(start,
           "this " + std::string(what) + " is never closed: expected " +
               (level < 20 ? "`" + closing + "`" : "a bracket with " + std::to_string(level) + " `=`"));
    return false;
  }

  // Some character beyond ASCII, and none of those that have an advice of their own.
  bool is_foreign_letter() const { return static_cast<unsigned char>(peek()) >= 0x80 && utf8_length(text_, at_) > 1 && !foreign_here(); }

  // Sets token_ and moves behind it; false where nothing usable stood.
  bool scan() {
    const char c = peek();
    if (is_letter(c) || is_foreign_letter()) return scan_name();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return scan_number();
    if (c == '"' || c == '\'') return scan_string();
    if (const auto level = long_bracket()) {
      token_.kind = Tok::string;
      return read_long(*level, token_.at, "string", &token_.text);
    }
    if (c == '[' && peek(1) == '=') {
      report(token_.at, "`[=` begins a long string, which needs a second `[`");
      advance(2);
      return false;
    }
    return scan_sign();
  }

  bool scan_name() {
    const std::size_t start = at_;
    while (is_letter(peek()) || is_digit(peek())) advance();
    token_.text = std::string(text_.substr(start, at_ - start));
    if (is_foreign_letter()) {
      while (is_letter(peek()) || is_digit(peek()) || is_foreign_letter()) advance();
      report(token_.at,
             "`" + std::string(at_ - start <= 60 ? text_.substr(start, at_ - start) : "this") +
                 "`: a name has only ASCII letters, digits and `_`");
    }
    token_.kind = Tok::name;
    for (int k = static_cast<int>(Tok::and_); k <= static_cast<int>(Tok::while_); ++k)
      if (spellings[static_cast<std::size_t>(k)] == token_.text) token_.kind = static_cast<Tok>(k);
    if (token_.text == "goto") report(token_.at, "there is no `goto`; use a loop, `break` or a function");
    return true;
  }

  bool scan_number() {
    const std::size_t start = at_;
    const bool is_hexadecimal = peek() == '0' && (peek(1) == 'x' || peek(1) == 'X');
    // As Lua 5.1 does: take all that could belong to a number, then ask whether it is one.
    while (is_digit(peek()) || is_letter(peek()) || peek() == '.' ||
           ((peek() == '+' || peek() == '-') && !is_hexadecimal && (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E')))
      advance();
    const std::string_view raw = text_.substr(start, at_ - start);
    token_.kind = Tok::number;
    const std::string_view digits = is_hexadecimal ? raw.substr(2) : raw;
    const char* end = digits.data() + digits.size();
    // from_chars knows no locale; a hexadecimal number is an integer here, as in the manual.
    const bool is_formed = is_hexadecimal ? !digits.empty() && std::all_of(digits.begin(), digits.end(), is_hex)
                                          : is_digit(digits.back()) || digits.back() == '.';
    const auto [stop, failure] =
        std::from_chars(digits.data(), end, token_.number, is_hexadecimal ? std::chars_format::hex : std::chars_format::general);
    if (!is_formed || stop != end || failure == std::errc::invalid_argument) {
      report(token_.at, "malformed number `" + std::string(raw.substr(0, 40)) + "`" + std::string(number_advice(raw)));
      token_.number = 0;
    } else if (failure == std::errc::result_out_of_range) {
      report(token_.at, "the number `" + std::string(raw.substr(0, 40)) + "` is beyond what a number can hold; infinity is `math.huge`");
    }
    return true;
  }

  static std::string_view number_advice(std::string_view raw) {
    const auto suffix = raw.find_first_of("LlUuIi");
    if (suffix != raw.npos && suffix > 0) return ": numbers have no suffix, write only the digits";
    if (raw.find("..") != raw.npos) return ": put a blank before `..`";
    if (raw.find('_') != raw.npos) return ": digits cannot be grouped with `_`";
    return "";
  }

  bool scan_string() {
    const char quote = peek();
    const bool was_line_start = is_line_start_;
    token_.kind = Tok::string;
    advance();
    while (!is_full()) {
      if (at_ == text_.size() || line_end_at(text_, at_)) {
        report(token_.at,
               std::string("this string is not closed on its line: expected `") + quote +
                   "`; a text of several lines stands in `[[` and `]]`");
        return true;
      }
      if (peek() == quote) break;
      if (peek() == '\\') {
        scan_escape();
      } else {
        const std::size_t from = at_;
        advance();
        token_.text += text_.substr(from, at_ - from);
      }
    }
    if (is_full()) return false;
    advance();
    is_line_start_ = was_line_start;
    return true;
  }

  void scan_escape() {
    constexpr std::string_view letters = "abfnrtv\\\"'", bytes = "\a\b\f\n\r\t\v\\\"'";
    const Place start = here();
    advance();
    if (take_line_end()) {
      token_.text += '\n';
    } else if (is_digit(peek())) {
      int value = 0;
      for (int i = 0; i < 3 && is_digit(peek()); ++i) {
        value = value * 10 + (peek() - '0');
        advance();
      }
      if (value > 255) report(start, "the escape `\\" + std::to_string(value) + "` is beyond a byte: at most `\\255`");
      token_.text += static_cast<char>(value);
    } else if (const auto i = at_ < text_.size() ? letters.find(peek()) : letters.npos; i != letters.npos) {
      token_.text += bytes[i];
      advance();
    } else if (at_ < text_.size()) {
      const auto known =
          std::find_if(escapes_elsewhere.begin(), escapes_elsewhere.end(), [&](const Escape& e) { return e.letter == peek(); });
      const std::size_t from = at_;
      advance();
      report(start,
             "unknown escape `\\" + std::string(text_.substr(from, at_ - from)) +
                 "`: " + (known != escapes_elsewhere.end() ? std::string(known->advice) : "a backslash itself is written `\\\\`"));
    }
  }

  const Foreign* foreign_here() const {
    for (const Foreign& f : foreign)
      if (sees(f.text)) return &f;
    return nullptr;
  }

  bool scan_sign() {
    // `~=` and `<=` are tokens; what begins like them is looked at afterwards.
    const Foreign* known = foreign_here();
    if (known && !sees("~=")) {
      const bool is_unseen = known->text == no_break_space || known->text == byte_order_mark;
      report(token_.at, (is_unseen ? "" : "unexpected `" + std::string(known->text) + "`: ") + std::string(known->advice));
      for (const std::size_t end = at_ + known->text.size(); at_ < end;) advance();
      token_.kind = known->meant;
      return known->meant != Tok::end_of_file;
    }
    for (const Tok sign : signs) {
      if (!sees(spelling(sign))) continue;
      token_.kind = sign;
      advance(spelling(sign).size());
      return true;
    }
    if (!is_control(peek()) && static_cast<unsigned char>(peek()) < 0x80) report(token_.at, std::string("unexpected `") + peek() + "`");
    advance();
    return false;
  }

  const Source& source_;
  std::string_view text_;
  Problems& problems_;
  std::size_t at_ = 0;
  int line_ = 1, column_ = 1;
  bool is_line_start_ = true;  // only blanks and comments since the line began
  Token token_;
  std::vector<Token> tokens_;
};

// Edits that turn a into b: insert, delete, change, swap two neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (!i || !j) {
        d[i][j] = i + j;
        continue;
      }
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::string_view spelling(Tok kind) { return spellings[static_cast<std::size_t>(kind)]; }

bool is_reserved(std::string_view word) {
  for (auto k = static_cast<std::size_t>(Tok::and_); k <= static_cast<std::size_t>(Tok::while_); ++k)
    if (spellings[k] == word) return true;
  return word == "goto";
}

std::string_view nearest_word(std::string_view name) {
  if (name.size() < 3 || name.size() > 12) return {};
  for (auto k = static_cast<std::size_t>(Tok::and_); k <= static_cast<std::size_t>(Tok::while_); ++k)
    if (spellings[k].size() > 3 && distance(name, spellings[k]) <= (spellings[k].size() > 5 ? 2u : 1u)) return spellings[k];
  return {};
}

std::vector<Token> tokenize(const Source& source, Problems& problems) { return Lexer(source, problems).run(); }

}  // namespace footlight::ast
