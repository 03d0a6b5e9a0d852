#include "engine/ecma_pattern.h"

#include <re2/re2.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/limits.h"

namespace footlight {
namespace {

// What `\s` and `\S` stand for, to be written between brackets.
constexpr std::string_view kSpaces = R"(\t\n\v\f\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff})";
constexpr std::string_view kNoSpaces = R"(\x{0}-\x{8}\x{e}-\x{1f}\x{21}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027})"
                                       R"(\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff})";
constexpr std::string_view kNoLineEnd = R"([^\n\r\x{2028}\x{2029}])";
constexpr std::string_view kAnything = R"([\x{0}-\x{10ffff}])";
constexpr std::string_view kNothing = R"([^\x{0}-\x{10ffff}])";

// The long names of categories; RE2 knows the short ones, and scripts without `Script=`.
constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kCategories = {{
    {"Letter", "L"},
    {"Lowercase_Letter", "Ll"},
    {"Uppercase_Letter", "Lu"},
    {"Titlecase_Letter", "Lt"},
    {"Mark", "M"},
    {"Number", "N"},
    {"Decimal_Number", "Nd"},
    {"Punctuation", "P"},
    {"Symbol", "S"},
    {"Currency_Symbol", "Sc"},
    {"Separator", "Z"},
    {"Other", "C"},
}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// From ECMA-262 to RE2; throws nothing, stops at the first thing that has no translation.
class Translation {
 public:
  explicit Translation(std::string_view pattern) : rest_(pattern) {}

  // Empty where `refusal()` says why not.
  std::optional<std::string> run() {
    while (!rest_.empty() && refusal_.empty()) {
      if (is_in_class_) step_in_class();
      else step();
    }
    if (!refusal_.empty()) return std::nullopt;
    return std::move(out_);
  }
  const std::string& refusal() const { return refusal_; }

 private:
  void refuse_with(std::string why) { refusal_ = std::move(why); }
  bool next_is(std::string_view text) const { return rest_.starts_with(text); }
  bool take(std::string_view text) {
    if (!next_is(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  char take_char() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  void step() {
    if (take("[^]")) out_ += kAnything;
    else if (take("[]")) out_ += kNothing;
    else if (take(".")) out_ += kNoLineEnd;
    else if (take("\\")) escape();
    else if (next_is("(?")) group();
    else if (take("[")) {
      out_ += '[';
      if (take("^")) out_ += '^';
      is_in_class_ = true;
    } else {
      out_ += take_char();
    }
  }

  void step_in_class() {
    if (take("]")) {
      out_ += ']';
      is_in_class_ = false;
    } else if (take("\\")) {
      escape();
    } else if (take("[")) {
      out_ += "\\[";  // RE2 would read `[:alpha:]`
    } else {
      out_ += take_char();
    }
  }

  void group() {
    for (const std::string_view look : {"(?=", "(?!", "(?<=", "(?<!"}) {
      if (next_is(look)) {
        return refuse_with("lookahead and lookbehind (`" + std::string(look) + "`) cannot be matched in linear time and are not supported");
      }
    }
    if (take("(?:")) out_ += "(?:";
    else if (take("(?<")) out_ += "(?P<";
    else refuse_with("`" + std::string(rest_.substr(0, 3)) + "` is no group of ECMA-262");
  }

  // Behind a backslash.
  void escape() {
    if (rest_.empty()) return refuse_with("a backslash stands at the end");
    const char c = take_char();
    switch (c) {
      case 'd':
      case 'D':
      case 'w':
      case 'W': return class_escape(std::string{'\\', c});
      case 's': return class_escape(is_in_class_ ? std::string(kSpaces) : bracketed(kSpaces));
      case 'S': return class_escape(is_in_class_ ? std::string(kNoSpaces) : bracketed(kNoSpaces));
      case 'p':
      case 'P': return property(c);
      case 'b': out_ += is_in_class_ ? "\\x{8}" : "\\b"; return;
      case 'B':
        if (is_in_class_) return unknown_escape(c);
        out_ += "\\B";
        return;
      case 'f':
      case 'n':
      case 'r':
      case 't':
      case 'v': out_.append("\\").append(1, c); return;
      case 'c': return control();
      case 'x': return code_point(digits(2), c);
      case 'u': return unicode();
      case 'k': return refuse_with("backreferences (`\\k`) cannot be matched in linear time and are not supported");
      case '0':
        if (!rest_.empty() && is_digit(rest_.front())) return unknown_escape(c);
        out_ += "\\x{0}";
        return;
      default: break;
    }
    if (is_digit(c)) {
      return refuse_with("backreferences (`\\" + std::string(1, c) + "`) cannot be matched in linear time and are not supported");
    }
    if (is_letter(c) || c == '_') return unknown_escape(c);
    if (static_cast<unsigned char>(c) < 0x80) out_ += '\\';
    out_ += c;
  }

  static std::string bracketed(std::string_view set) { return "[" + std::string(set) + "]"; }
  void unknown_escape(char c) { refuse_with("`\\" + std::string(1, c) + "` is no escape of ECMA-262"); }

  void class_escape(std::string_view translated) {
    if (is_in_class_ && rest_.size() > 1 && rest_[0] == '-' && rest_[1] != ']') {
      return refuse_with("a range within brackets cannot begin with a class like `\\d`; write the `-` as `\\-`");
    }
    out_ += translated;
  }

  void property(char c) {
    const std::size_t end = rest_.find('}');
    if (!next_is("{") || end == std::string_view::npos) return unknown_escape(c);
    std::string_view name = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    for (const std::string_view prefix : {"General_Category=", "gc=", "Script=", "sc="}) {
      if (name.starts_with(prefix)) {
        name.remove_prefix(prefix.size());
        break;
      }
    }
    for (const auto& [full, brief] : kCategories) {
      if (name == full) name = brief;
    }
    class_escape("\\" + std::string(1, c) + "{" + std::string(name) + "}");
  }

  void control() {
    if (rest_.empty() || !is_letter(rest_.front())) return unknown_escape('c');
    code_point(static_cast<std::uint32_t>(take_char() & 31), 'c');
  }

  // `count` hexadecimal digits; empty where others stand there.
  std::optional<std::uint32_t> digits(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const int digit = hex_value(rest_[i]);
      if (digit < 0) return std::nullopt;
      value = value * 16 + static_cast<std::uint32_t>(digit);
    }
    rest_.remove_prefix(count);
    return value;
  }

  void unicode() {
    if (take("{")) {
      const std::size_t count = rest_.find('}');
      const auto point = count > 0 && count <= 6 ? digits(count) : std::nullopt;
      if (!point || !take("}")) return unknown_escape('u');
      return code_point(point, 'u');
    }
    auto point = digits(4);
    if (point && *point >= 0xd800 && *point < 0xdc00 && take("\\u")) {
      const auto low = digits(4);
      if (!low || *low < 0xdc00 || *low > 0xdfff) return refuse_with("half of a surrogate pair matches nothing");
      point = 0x10000 + ((*point - 0xd800) << 10) + (*low - 0xdc00);
    }
    code_point(point, 'u');
  }

  void code_point(std::optional<std::uint32_t> point, char escape_letter) {
    if (!point || *point > 0x10ffff) return unknown_escape(escape_letter);
    if (*point >= 0xd800 && *point <= 0xdfff) return refuse_with("half of a surrogate pair matches nothing");
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (std::uint32_t left = *point; left > 0 || text.empty(); left >>= 4) text.insert(0, 1, kDigits[left & 15]);
    out_ += "\\x{" + text + "}";
  }

  std::string_view rest_;
  std::string out_;
  std::string refusal_;
  bool is_in_class_ = false;
};

Error refuse_pattern(std::string_view pattern, std::string_view why) {
  return refuse(Code::bad_schema, "pattern `" + std::string(pattern) + "`: " + std::string(why));
}

}  // namespace

Result<EcmaPattern> EcmaPattern::compile(std::string_view pattern) {
  if (pattern.size() > limits::schema_pattern_bytes_max) {
    return refuse(
        Code::limit_exceeded,
        "a pattern of " + std::to_string(pattern.size()) + " bytes is longer than " + std::to_string(limits::schema_pattern_bytes_max));
  }
  Translation translation(pattern);
  const auto translated = translation.run();
  if (!translated) return refuse_pattern(pattern, translation.refusal());
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(limits::schema_pattern_memory_max);
  auto matcher = std::make_shared<const re2::RE2>(*translated, options);
  if (matcher->error_code() == re2::RE2::ErrorPatternTooLarge) {
    return refuse(Code::limit_exceeded,
                  "pattern `" + std::string(pattern) + "`: its matcher needs more than " +
                      std::to_string(limits::schema_pattern_memory_max) + " bytes; repeat less, or smaller sets of characters");
  }
  if (!matcher->ok()) return refuse_pattern(pattern, matcher->error());
  return EcmaPattern(std::move(matcher));
}

bool EcmaPattern::is_found_in(std::string_view text) const {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *matcher_);
}

}  // namespace footlight
