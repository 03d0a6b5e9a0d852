// Standalone lines and `~`. The rules, and their order, are those of handlebars 4.7: whether a tag
// stands alone is judged on the text as written, what is taken away on what is left of it.
#include "engine/template_syntax.h"

namespace footlight {
namespace {

using Kind = NodeSyntax::Kind;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// The white space at the end of `text` has a line end in it; at the very start of a template, no
// other text will do as well.
bool ends_a_line(std::string_view text, bool is_first) {
  std::size_t end = text.size();
  bool has_newline = false;
  while (const std::size_t bytes = space_before(text, end)) {
    end -= bytes;
    has_newline |= text[end] == '\n';
  }
  return has_newline || (is_first && end == 0);
}

bool begins_a_line(std::string_view text, bool is_last) {
  std::size_t at = 0;
  while (const std::size_t bytes = space_at(text, at)) {
    if (text[at] == '\n') return true;
    at += bytes;
  }
  return is_last && at == text.size();
}

// Whether what stands before `index` (what stands after it) ends (begins) with a line end.
bool is_line_before(const BodySyntax& body, std::size_t index, bool is_root) {
  if (index == 0) return is_root;
  const NodeSyntax& previous = body[index - 1];
  return previous.kind == Kind::content && ends_a_line(previous.original, is_root && index == 1);
}
bool is_line_after(const BodySyntax& body, std::size_t next, bool is_root) {
  if (next >= body.size()) return is_root;
  return body[next].kind == Kind::content && begins_a_line(body[next].original, is_root && next + 1 == body.size());
}

// Takes white space off the beginning of node `index`: all of it, or one line's blanks and end.
void cut_beginning(BodySyntax& body, std::size_t index, bool all) {
  if (index >= body.size()) return;
  NodeSyntax& node = body[index];
  if (node.kind != Kind::content || (!all && node.is_right_stripped)) return;
  std::size_t cut = 0;
  if (all) {
    while (const std::size_t bytes = space_at(node.value, cut)) cut += bytes;
  } else {
    while (cut < node.value.size() && is_blank(node.value[cut])) ++cut;
    if (node.value.substr(cut).starts_with("\r\n")) cut += 2;
    else if (node.value.substr(cut).starts_with('\n') || node.value.substr(cut).starts_with('\r')) ++cut;
  }
  node.value.remove_prefix(cut);
  node.is_right_stripped = cut > 0;
}

// Takes white space off the end of the node before `end`: all of it, or the last line's blanks.
bool cut_end(BodySyntax& body, std::size_t end, bool all) {
  if (end == 0 || end > body.size()) return false;
  NodeSyntax& node = body[end - 1];
  if (node.kind != Kind::content || (!all && node.is_left_stripped)) return false;
  std::size_t left = node.value.size();
  if (all) {
    while (const std::size_t bytes = space_before(node.value, left)) left -= bytes;
  } else {
    while (left > 0 && is_blank(node.value[left - 1])) --left;
  }
  node.is_left_stripped = left < node.value.size();
  node.value = node.value.substr(0, left);
  return node.is_left_stripped;
}

std::string_view last_blanks(std::string_view text) {
  std::size_t begin = text.size();
  while (begin > 0 && is_blank(text[begin - 1])) --begin;
  return text.substr(begin);
}

struct Standing {
  Strip strip;
  bool is_open_alone = false, is_close_alone = false, is_inline_alone = false;
};

void strip_body(BodySyntax& body, bool is_root);

Standing strip_block(NodeSyntax& block) {
  strip_body(block.program, false);
  strip_body(block.inverse, false);
  BodySyntax& program = block.has_program ? block.program : block.inverse;
  BodySyntax* const inverse = block.has_program && block.has_inverse ? &block.inverse : nullptr;
  // Of a chain, handlebars looks at the first `else if` only, at both ends.
  BodySyntax* const first = inverse && block.is_chained ? &inverse->front().program : inverse;
  const Standing standing{.strip = {block.strip.open, block.close_strip.close},
                          .is_open_alone = is_line_after(program, 0, false),
                          .is_close_alone = is_line_before(first ? *first : program, (first ? *first : program).size(), false)};
  if (block.strip.close) cut_beginning(program, 0, true);
  if (inverse) {
    if (block.inverse_strip.open) cut_end(program, program.size(), true);
    if (block.inverse_strip.close) cut_beginning(*first, 0, true);
    if (block.close_strip.open) cut_end(*first, first->size(), true);
    if (is_line_before(program, program.size(), false) && is_line_after(*first, 0, false)) {
      cut_end(program, program.size(), false);
      cut_beginning(*first, 0, false);
    }
  } else if (block.close_strip.open) {
    cut_end(program, program.size(), true);
  }
  return standing;
}

void strip_body(BodySyntax& body, bool is_root) {
  for (std::size_t i = 0; i < body.size(); ++i) {
    NodeSyntax& node = body[i];
    Standing standing;
    switch (node.kind) {
      case Kind::content: continue;
      case Kind::output: standing = {.strip = node.strip}; break;
      case Kind::block: standing = strip_block(node); break;
      case Kind::partial:
      case Kind::comment:
      case Kind::let: standing = {.strip = node.strip, .is_inline_alone = true}; break;
    }
    const bool is_before = is_line_before(body, i, is_root);
    const bool is_after = is_line_after(body, i + 1, is_root);
    if (standing.strip.close) cut_beginning(body, i + 1, true);
    if (standing.strip.open) cut_end(body, i, true);
    if (standing.is_inline_alone && is_before && is_after) {
      cut_beginning(body, i + 1, false);
      if (cut_end(body, i, false) && node.kind == Kind::partial) node.indent = last_blanks(body[i - 1].original);
    }
    if (standing.is_open_alone && is_before) {
      cut_beginning(node.has_program ? node.program : node.inverse, 0, false);
      cut_end(body, i, false);
    }
    if (standing.is_close_alone && is_after) {
      cut_beginning(body, i + 1, false);
      BodySyntax& end = node.has_inverse ? node.inverse : node.program;
      cut_end(end, end.size(), false);
    }
  }
}

}  // namespace

std::size_t space_at(std::string_view text, std::size_t at) {
  if (at >= text.size()) return 0;
  const char c = text[at];
  if (c == ' ' || (c >= '\t' && c <= '\r')) return 1;
  const std::string_view rest = text.substr(at);
  if (rest.starts_with("\u00a0")) return 2;
  constexpr std::string_view wide[] = {"\ufeff", "\u1680", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", "\u2000", "\u2001",
                                       "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200a"};
  if (c == ' ' || static_cast<unsigned char>(c) < 0xe1) return 0;
  for (const std::string_view space : wide)
    if (rest.starts_with(space)) return space.size();
  return 0;
}

std::size_t space_before(std::string_view text, std::size_t end) {
  for (std::size_t bytes = 1; bytes <= 3 && bytes <= end; ++bytes)
    if (space_at(text, end - bytes) == bytes) return bytes;
  return 0;
}

void strip_whitespace(BodySyntax& root) { strip_body(root, true); }

}  // namespace footlight
