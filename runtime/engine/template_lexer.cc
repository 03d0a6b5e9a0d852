#include "engine/template_lexer.h"

#include <algorithm>

#include "engine/template_syntax.h"

namespace footlight {
void TagLexer::start(std::size_t from) {
  at = from;
  next();
}

void TagLexer::next() {
  while (const std::size_t bytes = space_at(text_, at)) at += bytes;
  begin = at;
  token = at >= text_.size() ? TagToken::end : scan();
  lexeme = text_.substr(begin, at - begin);
}

std::size_t TagLexer::skip_blanks(std::size_t from) const {
  while (const std::size_t bytes = space_at(text_, from)) from += bytes;
  return from;
}

bool TagLexer::is_at(std::size_t where, std::string_view what) const { return text_.substr(where).starts_with(what); }

char TagLexer::look(std::size_t where) const { return where < text_.size() ? text_[where] : '\0'; }

TagToken TagLexer::take(std::size_t bytes, TagToken kind) {
  at = begin + bytes;
  return kind;
}

bool TagLexer::ends_name(std::size_t where, bool in_path) const {
  if (where >= text_.size()) return false;
  const char c = text_[where];
  if (c == '~' || c == '}' || c == ')') return true;
  if (in_path && (c == '=' || c == '/' || c == '.' || c == '|')) return true;
  return space_at(text_, where) > 0;
}

TagToken TagLexer::scan() {
  if (is_at(begin, "{{")) return scan_opening();
  const char c = text_[begin];
  switch (c) {
    case '(': return take(1, TagToken::open_sexpr);
    case ')': return take(1, TagToken::close_sexpr);
    case '=': return take(1, TagToken::equals);
    case '@': return take(1, TagToken::data);
    case '|': return take(1, TagToken::pipe);
    case '/': return take(1, TagToken::separator);
    case '.':
      value = is_at(begin, "..") ? ".." : ".";
      if (value == "..") return take(2, TagToken::id);
      return take(1, ends_name(begin + 1, true) ? TagToken::id : TagToken::separator);
    case '}':
      if (is_at(begin, "}}}}")) return take(4, TagToken::close_raw);
      if (is_at(begin, "}}}")) return take(3, TagToken::close_unescaped);
      if (is_at(begin, "}~}}")) return take(4, TagToken::close_unescaped);
      if (is_at(begin, "}}")) return take(2, TagToken::close);
      return take(1, TagToken::invalid);
    case '~': return is_at(begin, "~}}") ? take(3, TagToken::close) : take(1, TagToken::invalid);
    case '"':
    case '\'': return scan_string(c);
    case '[': return scan_brackets();
    default: return scan_word();
  }
}

TagToken TagLexer::scan_opening() {
  if (is_at(begin, "{{{{")) return take(4, TagToken::open_raw);
  const std::size_t behind = begin + (look(begin + 2) == '~' ? 3 : 2);
  const auto opening = [&](std::size_t bytes, TagToken kind) { return take(behind - begin + bytes, kind); };
  switch (look(behind)) {
    case '>': return opening(1, TagToken::open_partial);
    case '#':
      if (look(behind + 1) == '>') return opening(2, TagToken::open_partial_block);
      return look(behind + 1) == '*' ? opening(2, TagToken::decorator) : opening(1, TagToken::open_block);
    case '/': return opening(1, TagToken::open_endblock);
    case '{': return opening(1, TagToken::open_unescaped);
    case '&': return opening(1, TagToken::open);
    case '*': return opening(1, TagToken::decorator);
    case '!': return scan_comment(behind);
    case '^':
      if (const auto end = closing(behind + 1)) return take(*end - begin, TagToken::inverse);
      return opening(1, TagToken::open_inverse);
    default: break;
  }
  const std::size_t word = skip_blanks(behind);
  if (is_at(word, "else") && !is_word(look(word + 4))) {
    if (const auto end = closing(word + 4)) return take(*end - begin, TagToken::inverse);
    return take(word + 4 - begin, TagToken::open_inverse_chain);
  }
  return opening(0, TagToken::open);
}

std::optional<std::size_t> TagLexer::closing(std::size_t from) const {
  from = skip_blanks(from);
  if (look(from) == '~') ++from;
  if (!is_at(from, "}}")) return std::nullopt;
  return from + 2;
}

TagToken TagLexer::scan_comment(std::size_t mark) {
  if (!is_at(mark + 1, "--")) {
    const auto end = text_.find("}}", mark + 1);
    if (end == std::string_view::npos) return take(text_.size() - begin, TagToken::invalid);
    return take(end + 2 - begin, TagToken::comment);
  }
  // The first `--}}` or `--~}}`, which may use the dashes of the opening.
  for (auto end = text_.find("--", mark + 1); end != std::string_view::npos; end = text_.find("--", end + 1)) {
    const std::size_t behind = end + (look(end + 2) == '~' ? 3 : 2);
    if (is_at(behind, "}}")) return take(behind + 2 - begin, TagToken::comment);
  }
  return take(text_.size() - begin, TagToken::invalid);
}

TagToken TagLexer::scan_string(char quote) {
  std::size_t end = begin + 1, hidden = 0;
  while (end < text_.size() && text_[end] != quote) {
    if (text_[end] == '\\' && look(end + 1) == quote) hidden = ++end;
    ++end;
  }
  if (end >= text_.size()) {
    if (hidden == 0) return take(1, TagToken::invalid);
    end = hidden;
  }
  value.clear();
  for (std::size_t i = begin + 1; i < end; ++i) {
    if (text_[i] == '\\' && text_[i + 1] == quote && i + 1 < end) continue;
    value += text_[i];
  }
  return take(end + 1 - begin, TagToken::string);
}

TagToken TagLexer::scan_brackets() {
  std::size_t end = begin + 1, hidden = 0;
  while (end < text_.size() && text_[end] != ']') {
    if (text_[end] == '\\' && look(end + 1) == ']') hidden = ++end;
    ++end;
  }
  if (end >= text_.size()) {
    if (hidden == 0) return take(1, TagToken::invalid);
    end = hidden;
  }
  value.clear();
  for (std::size_t i = begin; i <= end; ++i) {
    if (text_[i] == '\\' && i < end && (text_[i + 1] == '\\' || text_[i + 1] == ']')) ++i;
    value += text_[i];
  }
  return take(end + 1 - begin, TagToken::id);
}

TagToken TagLexer::scan_word() {
  std::size_t end = begin;
  while (end < text_.size() && std::string_view("!\"#%&'()*+,./;<=>@[\\]^`{|}~").find(text_[end]) == std::string_view::npos &&
         !space_at(text_, end))
    ++end;
  const std::string_view word = text_.substr(begin, end - begin);
  if (word.empty()) return take(1, TagToken::invalid);
  value = word;
  if (ends_name(end, false)) {
    if (word == "true" || word == "false") return take(word.size(), TagToken::boolean);
    if (word == "null" || word == "undefined") return take(word.size(), TagToken::null);
  }
  if (const std::size_t bytes = number_at(begin); bytes > 0 && ends_name(begin + bytes, false)) return take(bytes, TagToken::number);
  if (word == "as") {
    const std::size_t pipe = skip_blanks(end);
    if (pipe > end && look(pipe) == '|') return take(pipe + 1 - begin, TagToken::open_params);
  }
  if (look(end) == '(') return take(word.size(), TagToken::call);
  return ends_name(end, true) ? take(word.size(), TagToken::id) : take(std::max<std::size_t>(word.size(), 1), TagToken::invalid);
}

std::size_t TagLexer::number_at(std::size_t from) const {
  std::size_t end = from + (look(from) == '-' ? 1 : 0);
  const std::size_t digits = end;
  while (is_digit(look(end))) ++end;
  if (end == digits) return 0;
  if (look(end) == '.' && is_digit(look(end + 1)))
    for (++end; is_digit(look(end));) ++end;
  return end - from;
}
}  // namespace footlight
