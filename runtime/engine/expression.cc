// A recursive-descent reader: one level of the grammar per row of `operators`, weakest first.
#include "engine/expression.h"

#include <charconv>
#include <cmath>
#include <optional>

#include "base/limits.h"

namespace footlight {
namespace {

struct OperatorRow {
  int level;              // 0 binds weakest
  std::string_view sign;  // longer signs before their beginnings
  Operator op;
};
constexpr OperatorRow operators[] = {
    {0, "?:", Operator::fallback}, {1, "or", Operator::either},        {2, "and", Operator::both},   {4, "==", Operator::equal},
    {4, "=", Operator::equal},     {4, "!=", Operator::unequal},       {4, "<>", Operator::unequal}, {4, "<=", Operator::less_equal},
    {4, "<", Operator::less},      {4, ">=", Operator::greater_equal}, {4, ">", Operator::greater},  {4, "in", Operator::among},
    {5, "+", Operator::add},       {5, "-", Operator::subtract},       {6, "*", Operator::multiply}, {6, "/", Operator::divide},
    {6, "%", Operator::remainder},
};
constexpr int not_level = 3, compare_level = 4, tightest_level = 6;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool has_word_this(std::string_view text) {
  for (auto at = text.find("this"); at != std::string_view::npos; at = text.find("this", at + 1)) {
    const char next = at + 4 < text.size() ? text[at + 4] : ' ';
    if (!is_letter(next) && !is_digit(next) && next != '_') return true;
  }
  return false;
}

}  // namespace

// Handlebars takes any name that ends in `this` at a word's end for scoped; so do we.
bool PathSyntax::is_scoped() const { return original.starts_with('.') || has_word_this(original); }
bool PathSyntax::is_simple() const { return parts.size() == 1 && depth == 0 && !is_scoped(); }

bool is_name_byte(char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '$' || static_cast<unsigned char>(c) >= 0x80; }

bool ExpressionReader::fail(std::string message) {
  if (why.empty()) why = std::move(message);
  return false;
}

bool ExpressionReader::count() {
  if (++nodes <= limits::template_expression_nodes_max) return true;
  return fail("has more than " + std::to_string(limits::template_expression_nodes_max) + " parts in one expression; split it with `let`");
}

void ExpressionReader::skip_blanks() {
  while (at < text.size() && is_blank(text[at])) ++at;
}

std::string_view ExpressionReader::peek_word() const {
  std::size_t end = at;
  while (end < text.size() && is_name_byte(text[end])) ++end;
  return at < text.size() && is_digit(text[at]) ? std::string_view() : text.substr(at, end - at);
}

bool ExpressionReader::operator_at(int level, Operator& op, std::size_t& length) const {
  for (const OperatorRow& row : operators) {
    if (row.level != level || !text.substr(at).starts_with(row.sign)) continue;
    if (is_letter(row.sign[0]) && peek_word() != row.sign) continue;
    if (row.op == Operator::remainder && text.substr(at).starts_with("%}")) continue;  // the tag's end
    op = row.op;
    length = row.sign.size();
    return true;
  }
  return false;
}

bool ExpressionReader::read(ExpressionSyntax& into) {
  if (++depth_ > limits::template_depth_max)
    return fail("nests deeper than " + std::to_string(limits::template_depth_max) + " levels; split it with `let`");
  const bool is_read = read_operation(into, 0);
  --depth_;
  return is_read;
}

bool ExpressionReader::read_operation(ExpressionSyntax& into, int level) {
  if (level > tightest_level) return read_prefix(into);
  if (level == not_level) {
    skip_blanks();
    if (peek_word() != "not" || text.substr(at + 3).starts_with('(')) return read_operation(into, level + 1);
    if (!count()) return false;
    at += 3;
    into.kind = ExpressionSyntax::Kind::operation;
    into.op = Operator::negation;
    return read_operation(into.args.emplace_back(), level);
  }
  if (!read_operation(into, level + 1)) return false;
  for (;;) {
    skip_blanks();
    Operator op;
    std::size_t length;
    if (!operator_at(level, op, length)) return true;
    if (!count()) return false;
    at += length;
    ExpressionSyntax operation;
    operation.kind = ExpressionSyntax::Kind::operation;
    operation.op = op;
    operation.args.push_back(std::move(into));
    if (!read_operation(operation.args.emplace_back(), level + 1)) return false;
    into = std::move(operation);
    if (level == compare_level && (skip_blanks(), operator_at(level, op, length)))
      return fail("compares twice in a row; join comparisons with `and`");
  }
}

bool ExpressionReader::read_prefix(ExpressionSyntax& into) {
  skip_blanks();
  const bool is_minus = at < text.size() && text[at] == '-';
  const bool is_not = at < text.size() && text[at] == '!' && !text.substr(at).starts_with("!=");
  if (!is_minus && !is_not) return read_operand(into);
  if (!count()) return false;
  ++at;
  into.kind = ExpressionSyntax::Kind::operation;
  into.op = is_minus ? Operator::minus : Operator::negation;
  return read_prefix(into.args.emplace_back());
}

bool ExpressionReader::read_operand(ExpressionSyntax& into) {
  if (!count()) return false;
  skip_blanks();
  if (at >= text.size() || text.substr(at).starts_with("%}")) return fail("ends where a value is expected");
  const char c = text[at];
  if (c == '(') {
    ++at;
    if (!read(into)) return false;
    skip_blanks();
    if (at >= text.size() || text[at] != ')') return fail("lacks a `)`");
    ++at;
    return true;
  }
  if (c == '[') {
    ++at;
    into.kind = ExpressionSyntax::Kind::list;
    return read_arguments(into, ']');
  }
  if (c == '"' || c == '\'') {
    std::string read;
    if (!read_string(read)) return false;
    into.literal = Value(std::move(read));
    return true;
  }
  if (is_digit(c)) return read_number(into);
  const std::string_view word = peek_word();
  const std::size_t behind = at + word.size();
  if (!word.empty() && behind < text.size() && text[behind] == '(') return read_call(into);
  const auto keyword = [&]() -> std::optional<Value> {
    if (word == "true") return Value(true);
    if (word == "false") return Value(false);
    if (word == "null" || word == "undefined") return Value();
    return std::nullopt;
  }();
  if (keyword) {
    at = behind;
    into.literal = *keyword;
    return true;
  }
  if (word == "and" || word == "or" || word == "in" || word == "not")
    return fail("has `" + std::string(word) + "` where a value is expected");
  return read_path(into);
}

bool ExpressionReader::read_call(ExpressionSyntax& into) {
  const std::string_view name = peek_word();
  into.kind = ExpressionSyntax::Kind::call;
  into.path.parts = {std::string(name)};
  into.path.original = name;
  at += name.size() + 1;
  return read_arguments(into, ')');
}

bool ExpressionReader::read_arguments(ExpressionSyntax& into, char end) {
  skip_blanks();
  if (at < text.size() && text[at] == end) {
    ++at;
    return true;
  }
  for (;;) {
    if (!read(into.args.emplace_back())) return false;
    skip_blanks();
    if (at < text.size() && text[at] == end) {
      ++at;
      return true;
    }
    if (at >= text.size() || text[at] != ',') return fail(std::string("lacks a `,` or a `") + end + "`");
    ++at;
  }
}

bool ExpressionReader::read_string(std::string& into) {
  const char quote = text[at++];
  while (at < text.size() && text[at] != quote) {
    if (text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == quote || text[at + 1] == '\\')) ++at;
    into += text[at++];
  }
  if (at >= text.size()) return fail("has a string that never ends");
  ++at;
  return true;
}

bool ExpressionReader::read_number(ExpressionSyntax& into) {
  double number = 0;
  std::size_t end = at;
  while (end < text.size() && is_digit(text[end])) ++end;
  if (end + 1 < text.size() && text[end] == '.' && is_digit(text[end + 1]))
    for (++end; end < text.size() && is_digit(text[end]);) ++end;
  if (end < text.size() && is_name_byte(text[end])) return fail("has a name that begins with a digit; put it in back-ticks");
  const auto read = std::from_chars(text.data() + at, text.data() + end, number);
  if (read.ec != std::errc() || !std::isfinite(number)) return fail("has a number that is too large");
  at = end;
  into.literal = Value(number);
  return true;
}

// One segment of a path: a name, or anything in back-ticks or brackets.
bool ExpressionReader::read_segment(std::string& into) {
  if (at < text.size() && (text[at] == '`' || text[at] == '[')) {
    const char end = text[at] == '`' ? '`' : ']';
    const auto close = text.find(end, at + 1);
    if (close == std::string_view::npos) return fail(std::string("lacks a closing `") + end + "`");
    into = text.substr(at + 1, close - at - 1);
    at = close + 1;
    return true;
  }
  std::size_t end = at;
  while (end < text.size() && is_name_byte(text[end])) ++end;
  if (end == at) {
    const auto shown = at < text.size() ? std::string(1, text[at]) : std::string("the end");
    return fail("has `" + shown + "` where a name is expected");
  }
  into = text.substr(at, end - at);
  at = end;
  return true;
}

bool ExpressionReader::read_path(ExpressionSyntax& into) {
  into.kind = ExpressionSyntax::Kind::path;
  PathSyntax& path = into.path;
  if (at < text.size() && text[at] == '@') {
    path.is_data = true;
    path.original = "@";
    ++at;
  }
  while (text.substr(at).starts_with("..")) {
    ++path.depth;
    path.original += "..";
    at += 2;
    if (at >= text.size() || text[at] != '/') return true;
    path.original += '/';
    ++at;
  }
  const bool is_quoted = at < text.size() && (text[at] == '`' || text[at] == '[');
  if (!is_quoted && peek_word() == "this") {
    path.original += "this";
    at += 4;
  } else {
    std::string segment;
    if (!read_segment(segment)) return false;
    path.original += segment;
    path.parts.push_back(std::move(segment));
  }
  for (;;) {
    const bool is_index = at < text.size() && text[at] == '[';  // a[0], a["b"]
    const bool is_dot = at + 1 < text.size() && text[at] == '.';
    if (!is_index && !is_dot) return true;
    if (is_dot) ++at;
    std::string segment;
    if (is_index && at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\'')) {
      ++at;
      if (!read_string(segment)) return false;
      if (at >= text.size() || text[at] != ']') return fail("lacks a closing `]`");
      ++at;
    } else if (!read_segment(segment)) {
      return false;
    }
    path.original += '.' + segment;
    path.parts.push_back(std::move(segment));
  }
}

}  // namespace footlight
