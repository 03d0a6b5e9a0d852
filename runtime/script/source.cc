#include "script/source.h"

#include <algorithm>

namespace footlight {
namespace {

constexpr std::size_t shown_max = 100;  // characters of a source line; a minified file has one line

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// The line as single characters of UTF-8; a byte that is no part of one stays alone.
std::vector<std::string_view> characters(std::string_view line) {
  std::vector<std::string_view> all;
  for (std::size_t i = 0; i < line.size();) {
    std::size_t n = 1;
    while (i + n < line.size() && n < 4 && is_continuation(line[i + n])) ++n;
    all.push_back(line.substr(i, n));
    i += n;
  }
  return all;
}

}  // namespace

std::size_t line_end_at(std::string_view text, std::size_t at) {
  if (at >= text.size() || (text[at] != '\n' && text[at] != '\r')) return 0;
  const bool is_pair = at + 1 < text.size() && (text[at + 1] == '\n' || text[at + 1] == '\r') && text[at + 1] != text[at];
  return is_pair ? 2 : 1;
}

Source::Source(std::string_view text, std::string name) : text_(text), name_(std::move(name)), starts_{0} {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t n = line_end_at(text, i);
    i += n ? n : 1;
    if (n) starts_.push_back(i);
  }
}

std::string_view Source::line(int number) const {
  if (number < 1 || static_cast<std::size_t>(number) > starts_.size()) return {};
  const std::size_t start = starts_[static_cast<std::size_t>(number) - 1];
  return text_.substr(start, text_.find_first_of("\r\n", start) - start);
}

Problem Source::problem(Code code, ast::Place at, std::string_view message) const {
  const auto all = characters(line(at.line));
  const auto column = static_cast<std::size_t>(std::max(at.column, 1)) - 1;
  // A long line is shown around the place.
  std::size_t from = 0, to = all.size();
  if (all.size() > shown_max) {
    from = column > shown_max / 2 ? std::min(column - shown_max / 2, all.size() - shown_max) : 0;
    to = from + shown_max;
  }
  std::string shown = from ? "..." : "", under = from ? "   " : "";
  for (std::size_t i = from; i < to; ++i) {
    const bool is_control = all[i].size() == 1 &&
        (static_cast<unsigned char>(all[i][0]) < 0x20 || all[i][0] == 0x7f || static_cast<unsigned char>(all[i][0]) >= 0x80);
    if (is_control && all[i] != "\t") shown += '?';
    else shown += all[i];
    if (i < column) under += all[i] == "\t" ? '\t' : ' ';
  }
  if (to < all.size()) shown += "...";
  const std::string gutter = "  " + std::to_string(at.line) + ":" + std::to_string(at.column) + " | ";
  std::string text(message);
  text += "\n" + gutter + shown + "\n" + std::string(gutter.size() - 2, ' ') + "| " + under + "^";
  return {code, name_ + ":" + std::to_string(at.line), std::move(text)};
}

void add_unless_echo(Problems& problems, const Source& source, ast::Place at, std::string_view message) {
  // Asked before the problem is made: a line of 256 KB of faults would be copied for each of them.
  const std::string place = source.name() + ":" + std::to_string(at.line);
  for (const Problem& p : problems)
    if (p.place == place) return;
  problems.push_back(source.problem(Code::syntax_error, at, message));
}

}  // namespace footlight
