// Text to tree. The notation of handlebars is read token by token, with its lexer's rules; a tag
// that cannot be read is reported, skipped to its `}}`, and parsing goes on, so that one run names
// every problem.
#include <algorithm>
#include <charconv>
#include <optional>

#include "base/limits.h"
#include "base/text.h"
#include "engine/template_syntax.h"
#include "engine/template_tag.h"

namespace footlight {
namespace {

using Kind = NodeSyntax::Kind;
using Expression = ExpressionSyntax;

// An opening tag of a block or of an `else if`, or of any other tag with a callee.
struct Opening {
  NodeSyntax node;  // tag, line, expression, block_params, strip, is_statement
  bool is_inverted = false;
  bool is_broken = false;  // reported already
};

// What ended a body.
struct Stop {
  enum class Kind { text_end, close, inverse, chain } kind = Kind::text_end;
  std::string_view tag;
  int line = 1;
  Strip strip;
  std::string name;  // of a close: as handlebars spells the path
  bool is_statement = false, is_broken = false;
  Opening opening;  // of a chain
};

struct Inverse {
  Strip strip;
  BodySyntax body;
  bool is_chained = false;
};

class Parser : private TagReader {
 public:
  Parser(std::string_view text, const Place& place, Problems& problems) : TagReader(text), place_(place), problems_(problems) {}

  BodySyntax parse() {
    if (const auto zero = text_.find('\0'); zero != std::string_view::npos) report(line_at(zero), "there is a zero byte in the text");
    BodySyntax root;
    for (;;) {
      const Stop stop = parse_body(root);
      if (stop.kind == Stop::Kind::text_end) break;
      if (!stop.is_broken) report(stop.line, quote_tag(stop.tag) + " stands outside of a block");
    }
    return root;
  }

 private:
  // ---- places and problems ----

  int line_at(std::size_t offset) {
    if (offset < counted_to_) counted_to_ = 0, counted_lines_ = 1;
    for (; counted_to_ < offset; ++counted_to_) counted_lines_ += text_[counted_to_] == '\n';
    return counted_lines_;
  }

  void report(int line, std::string message, Code code = Code::bad_template) {
    problems_.push_back({code, place_.at(line), std::move(message)});
  }

  // ---- content and tags, in the order of the text ----

  // Parses up to the tag that ends the body, and past it.
  Stop parse_body(BodySyntax& body) {
    for (;;) {
      const std::size_t open = next_opening(at_);
      std::string_view content = text_.substr(at_, open - at_);
      bool is_literal = false;
      if (open < text_.size()) {
        if (content.ends_with("\\\\")) content.remove_suffix(1);
        else if (content.ends_with('\\')) content.remove_suffix(1), is_literal = true;
      }
      add_content(body, content, at_);
      at_ = open;
      if (open >= text_.size()) return {.line = line_at(text_.size())};
      if (is_literal) {  // `\{{x}}`: text up to the next tag
        const std::size_t end = literal_end(open + 2);
        add_content(body, text_.substr(open, end - open), open);
        at_ = end;
        continue;
      }
      if (auto stop = text_[open + 1] == '%' ? parse_statement(body) : parse_tag(body)) return std::move(*stop);
    }
  }

  std::size_t next_opening(std::size_t from) const {
    for (auto at = text_.find('{', from); at != std::string_view::npos; at = text_.find('{', at + 1))
      if (at + 1 < text_.size() && (text_[at + 1] == '{' || text_[at + 1] == '%')) return at;
    return text_.size();
  }

  // Literal text ends at the next tag, or at the backslashes before it.
  std::size_t literal_end(std::size_t from) const {
    std::size_t open = next_opening(from);
    if (open >= text_.size()) return open;
    for (int slashes = 0; slashes < 2 && open > from && text_[open - 1] == '\\'; ++slashes) --open;
    return open;
  }

  void add_content(BodySyntax& body, std::string_view content, std::size_t offset) {
    if (content.empty()) return;
    NodeSyntax& node = body.emplace_back();
    node.line = line_at(offset);
    node.original = node.value = content;
  }

  NodeSyntax& add(BodySyntax& body, Kind kind, std::size_t begin) {
    NodeSyntax& node = body.emplace_back();
    node.kind = kind;
    node.line = line_at(begin);
    node.tag = text_.substr(begin, at_ - begin);
    return node;
  }

  // Reports what is wrong with the tag that begins at `begin` and goes on behind its end.
  void broken(std::size_t begin, std::size_t wrong, std::string why) {
    const bool is_statement = text_[begin + 1] == '%';
    std::string_view ending = is_statement ? "%}" : "}}";
    auto end = text_.find(ending, std::max(begin + 2, std::min(wrong, text_.size())));
    if (end == std::string_view::npos) end = text_.find(ending, begin + 2);
    const bool is_open = end == std::string_view::npos;
    at_ = is_open ? text_.size() : end + 2;
    while (!is_open && !is_statement && at_ < text_.size() && text_[at_] == '}') ++at_;
    if (is_open) why = std::string("has no closing `") + std::string(ending) + "`";
    report(line_at(begin), quote_tag(text_.substr(begin, at_ - begin)) + ' ' + why);
  }

  // ---- {{ … }} ----

  std::optional<Stop> parse_tag(BodySyntax& body) {
    const std::size_t begin = at_;
    lexer_.start(begin);
    why_.clear();
    nodes_ = 0;
    sexpr_depth_ = 0;
    has_hash_ = false;
    switch (lexer_.token) {
      case TagToken::comment: {
        at_ = lexer_.at;
        NodeSyntax& node = add(body, Kind::comment, begin);
        node.strip = strip_flags(node.tag, node.tag);
        return std::nullopt;
      }
      case TagToken::open:
      case TagToken::open_unescaped: parse_output(body, begin); return std::nullopt;
      case TagToken::open_partial: parse_partial(body, begin); return std::nullopt;
      case TagToken::open_raw: parse_raw_block(body, begin); return std::nullopt;
      case TagToken::open_block:
      case TagToken::open_inverse: {
        Opening opening = parse_opening(begin, lexer_.token == TagToken::open_inverse);
        parse_block(body, std::move(opening));
        return std::nullopt;
      }
      case TagToken::inverse: {
        at_ = lexer_.at;
        return Stop{
            .kind = Stop::Kind::inverse, .tag = lexer_.lexeme, .line = line_at(begin), .strip = strip_flags(lexer_.lexeme, lexer_.lexeme)};
      }
      case TagToken::open_inverse_chain: {
        Stop stop{.kind = Stop::Kind::chain, .opening = parse_opening(begin, false)};
        stop.tag = stop.opening.node.tag;
        stop.line = stop.opening.node.line;
        stop.strip = stop.opening.node.strip;
        stop.is_broken = stop.opening.is_broken;
        return stop;
      }
      case TagToken::open_endblock: return parse_close(begin);
      case TagToken::open_partial_block:
      case TagToken::decorator: {
        const bool has_body = lexer_.lexeme.find('#') != std::string_view::npos;
        Opening opening{.is_broken = true};
        opening.node.line = line_at(begin);
        broken(begin, lexer_.at,
               lexer_.token == TagToken::decorator ? "is a decorator, which does not exist here; inline partials are fragments"
                                                   : "is a partial block, which does not exist here; hand values to a fragment: `{{> name "
                                                     "a=b}}`");
        opening.node.tag = text_.substr(begin, at_ - begin);
        if (has_body) parse_block(body, std::move(opening));  // so that its end is not reported too
        return std::nullopt;
      }
      case TagToken::invalid:  // a comment without an end hides all that follows
        report(line_at(begin), quote_tag(text_.substr(begin)) + " is never closed");
        at_ = text_.size();
        return std::nullopt;
      default: broken(begin, lexer_.at, "cannot be read"); return std::nullopt;
    }
  }

  static Strip strip_flags(std::string_view open, std::string_view close) {
    return {open.size() > 2 && open[2] == '~', close.size() > 2 && close[close.size() - 3] == '~'};
  }

  void parse_output(BodySyntax& body, std::size_t begin) {
    const std::string_view open = lexer_.lexeme;
    const bool is_braced = lexer_.token == TagToken::open_unescaped;
    Expression expression;
    lexer_.next();
    if (!read_callee_and_arguments(expression) ||
        !expect(is_braced ? TagToken::close_unescaped : TagToken::close, is_braced ? "}}}" : "}}"))
      return broken(begin, lexer_.begin, why_);
    at_ = lexer_.at;
    NodeSyntax& node = add(body, Kind::output, begin);
    node.is_raw = is_braced || open.ends_with('&');
    node.strip = strip_flags(open, lexer_.lexeme);
    node.expression = std::move(expression);
  }

  void parse_partial(BodySyntax& body, std::size_t begin) {
    const std::string_view open = lexer_.lexeme;
    lexer_.next();
    if (lexer_.token == TagToken::open_sexpr || lexer_.token == TagToken::call)
      return broken(begin, lexer_.at, "computes the fragment's name; write the name out, and choose with `{{#if}}`");
    NodeSyntax partial;
    Expression name, arguments;
    if (!read_name(name) || !read_arguments(arguments)) return broken(begin, lexer_.begin, why_);
    if (arguments.args.size() > 1)
      return broken(begin, lexer_.begin, "hands over two contexts; a fragment takes one, and `name=value` arguments");
    if (!expect(TagToken::close, "}}")) return broken(begin, lexer_.begin, why_);
    at_ = lexer_.at;
    NodeSyntax& node = add(body, Kind::partial, begin);
    node.strip = strip_flags(open, lexer_.lexeme);
    node.name = spelled(name);
    node.has_context = !arguments.args.empty();
    if (node.has_context) node.expression = std::move(arguments.args.front());
    node.hash = std::move(arguments.hash);
    node.has_hash = has_hash_;
  }

  // `{{{{raw}}}} … {{{{/raw}}}}`: text as it is.
  void parse_raw_block(BodySyntax& body, std::size_t begin) {
    constexpr std::string_view open = "{{{{raw}}}}", close = "{{{{/raw}}}}";
    if (!text_.substr(begin).starts_with(open))
      return broken(begin, begin + 4, "is not a raw block that exists; the one there is is `{{{{raw}}}}…{{{{/raw}}}}`");
    const std::size_t inside = begin + open.size();
    std::size_t end = inside;
    for (int depth = 1; depth > 0;) {  // raw blocks within are text, and must be closed
      end = text_.find("{{{{", end);
      if (end == std::string_view::npos) return broken(begin, text_.size(), "is never closed; add `{{{{/raw}}}}`");
      const std::string_view rest = text_.substr(end);
      const bool is_close = rest.size() > 4 && rest[4] == '/';
      if (is_close) {
        if (rest.substr(5, rest.find("}}}}") - 5).find_first_of(" {}\n") == std::string_view::npos) --depth;
        if (depth == 0 && !rest.starts_with(close)) return broken(begin, end, "is closed by another name; write `{{{{/raw}}}}`");
      } else {
        ++depth;
      }
      if (depth > 0) end += 4;
    }
    at_ = inside;
    NodeSyntax& block = add(body, Kind::block, begin);
    block.has_program = true;
    block.expression.kind = Expression::Kind::literal;
    block.expression.literal = Value(true);
    block.name = "raw";
    add_content(block.program, text_.substr(inside, end - inside), inside);
    at_ = end + close.size();
  }

  Opening parse_opening(std::size_t begin, bool is_inverted) {
    Opening opening{.is_inverted = is_inverted};
    const std::string_view open = lexer_.lexeme;
    Expression expression;
    std::vector<std::string> params;
    lexer_.next();
    const bool is_read = read_callee_and_arguments(expression) && read_block_params(params) && expect(TagToken::close, "}}");
    std::string_view close = lexer_.lexeme;
    if (is_read) {
      at_ = lexer_.at;
    } else {
      broken(begin, lexer_.begin, why_);
      close = {};
      opening.is_broken = true;
    }
    NodeSyntax& node = opening.node;
    node.kind = Kind::block;
    node.line = line_at(begin);
    node.tag = text_.substr(begin, at_ - begin);
    node.strip = strip_flags(open, close);
    node.expression = std::move(expression);
    node.block_params = std::move(params);
    return opening;
  }

  std::optional<Stop> parse_close(std::size_t begin) {
    const std::string_view open = lexer_.lexeme;
    lexer_.next();
    Expression name;
    const bool is_read = read_name(name) && expect(TagToken::close, "}}");
    Stop stop{.kind = Stop::Kind::close, .line = line_at(begin)};
    if (is_read) {
      at_ = lexer_.at;
      stop.strip = strip_flags(open, lexer_.lexeme);
      stop.name = spelled(name);
    } else {
      broken(begin, lexer_.begin, why_);
      stop.is_broken = true;
    }
    stop.tag = text_.substr(begin, at_ - begin);
    return stop;
  }

  // ---- {% … %} ----

  std::optional<Stop> parse_statement(BodySyntax& body) {
    const std::size_t begin = at_;
    ExpressionReader reader(text_, begin + 2);
    reader.skip_blanks();
    const auto sign = reader.at < text_.size() ? text_[reader.at] : '\0';
    if (sign == '=') {
      ++reader.at;
      Expression expression;
      if (!reader.read(expression) || !ends_statement(reader)) {
        broken(begin, reader.at, std::move(reader.why));
        return std::nullopt;
      }
      at_ = reader.at;
      add(body, Kind::output, begin).expression = std::move(expression);
      return std::nullopt;
    }
    const bool is_open = sign == '#', is_close = sign == '/';
    if (is_open || is_close) ++reader.at;
    reader.skip_blanks();
    const std::string_view word = take_word(reader);
    if (is_close || word == "endif" || word == "endunless" || word == "endeach" || word == "endwith")
      return parse_statement_close(begin, reader, is_close ? word : word.substr(3));
    if (!is_open && word == "let") {
      parse_let(body, begin, reader);
      return std::nullopt;
    }
    if (!is_open && (word == "else" || word == "elseif" || word == "elsif")) return parse_statement_else(begin, reader, word);
    if (word == "if" || word == "unless" || word == "each" || word == "with") {
      parse_block(body, parse_statement_opening(begin, reader, word));
      return std::nullopt;
    }
    broken(begin, reader.at,
           "is no statement" + did_you_mean(word, {"if", "else", "elseif", "endif", "unless", "each", "with", "let"}) +
               (word.empty() ? "" : "; a value is written `{%= … %}`"));
    return std::nullopt;
  }

  std::string_view take_word(ExpressionReader& reader) const {
    const std::size_t begin = reader.at;
    while (reader.at < text_.size() && is_word(text_[reader.at])) ++reader.at;
    return text_.substr(begin, reader.at - begin);
  }

  bool ends_statement(ExpressionReader& reader) const {
    reader.skip_blanks();
    if (text_.substr(reader.at).starts_with("%}")) {
      reader.at += 2;
      return true;
    }
    if (reader.at >= text_.size()) {
      reader.why = "has no closing `%}`";
    } else {
      std::size_t end = reader.at + 1;
      if (is_name_byte(text_[reader.at]))
        while (end < text_.size() && is_name_byte(text_[end])) ++end;
      reader.why = "has `" + std::string(text_.substr(reader.at, end - reader.at)) + "` where `%}` is expected";
    }
    return false;
  }

  void parse_let(BodySyntax& body, std::size_t begin, ExpressionReader& reader) {
    reader.skip_blanks();
    std::size_t end = reader.at;
    while (end < text_.size() && is_name_byte(text_[end])) ++end;
    const std::string name(text_.substr(reader.at, end - reader.at));
    reader.at = end;
    reader.skip_blanks();
    if (name.empty() || is_digit(name[0]) || name == "this" || reader.at >= text_.size() || text_[reader.at] != '=')
      return broken(begin, reader.at, "is written `{% let name = value %}`");
    ++reader.at;
    Expression expression;
    if (!reader.read(expression) || !ends_statement(reader)) return broken(begin, reader.at, std::move(reader.why));
    at_ = reader.at;
    NodeSyntax& node = add(body, Kind::let, begin);
    node.name = name;
    node.expression = std::move(expression);
  }

  Opening parse_statement_opening(std::size_t begin, ExpressionReader& reader, std::string_view word) {
    Opening opening;
    NodeSyntax& node = opening.node;
    node.kind = Kind::block;
    node.is_statement = true;
    node.line = line_at(begin);
    node.expression.kind = Expression::Kind::call;
    node.expression.path.parts = {std::string(word)};
    node.expression.path.original = word;
    if (!reader.read(node.expression.args.emplace_back()) || !read_statement_params(reader, node.block_params) || !ends_statement(reader)) {
      broken(begin, reader.at, std::move(reader.why));
      opening.is_broken = true;
    } else {
      at_ = reader.at;
    }
    node.tag = text_.substr(begin, at_ - begin);
    return opening;
  }

  bool read_statement_params(ExpressionReader& reader, std::vector<std::string>& params) const {
    reader.skip_blanks();
    if (!text_.substr(reader.at).starts_with("as")) return true;
    reader.at += 2;
    reader.skip_blanks();
    if (reader.at >= text_.size() || text_[reader.at] != '|') return reader.why = "lacks names: `as |item index|`", false;
    const auto end = text_.find('|', reader.at + 1);
    if (end == std::string_view::npos) return reader.why = "lacks the closing `|` of `as |item index|`", false;
    for (const std::string_view part : split(text_.substr(reader.at + 1, end - reader.at - 1), ' '))
      if (const std::string_view name = trim(part); !name.empty()) params.emplace_back(name);
    if (params.empty()) return reader.why = "lacks names between the `|`", false;
    reader.at = end + 1;
    return true;
  }

  std::optional<Stop> parse_statement_close(std::size_t begin, ExpressionReader& reader, std::string_view name) {
    Stop stop{.kind = Stop::Kind::close, .line = line_at(begin), .name = std::string(name), .is_statement = true};
    if (ends_statement(reader)) {
      at_ = reader.at;
    } else {
      broken(begin, reader.at, std::move(reader.why));
      stop.is_broken = true;
    }
    stop.tag = text_.substr(begin, at_ - begin);
    return stop;
  }

  std::optional<Stop> parse_statement_else(std::size_t begin, ExpressionReader& reader, std::string_view word) {
    reader.skip_blanks();
    Stop stop{.kind = Stop::Kind::chain, .line = line_at(begin), .is_statement = true};
    std::string_view condition = "if";
    bool has_condition = word != "else";
    if (!has_condition) {
      const std::size_t before = reader.at;
      condition = take_word(reader);
      has_condition = condition == "if" || condition == "unless";
      if (!has_condition) reader.at = before;
    }
    if (has_condition) {
      stop.opening = parse_statement_opening(begin, reader, condition);
      stop.is_broken = stop.opening.is_broken;
      stop.tag = stop.opening.node.tag;
      return stop;
    }
    stop.kind = Stop::Kind::inverse;
    if (ends_statement(reader)) {
      at_ = reader.at;
    } else {
      broken(begin, reader.at, std::move(reader.why));
      stop.is_broken = true;
    }
    stop.tag = text_.substr(begin, at_ - begin);
    return stop;
  }

  // ---- blocks ----

  struct OpenBlock {
    std::string name;
    bool is_statement;
  };

  void parse_block(BodySyntax& body, Opening opening) {
    const NodeSyntax& head = opening.node;
    const std::string name = head.expression.path.original;
    if (static_cast<int>(open_blocks_.size()) >= limits::template_depth_max) {
      if (!is_too_deep_)
        report(head.line,
               quote_tag(head.tag) + " nests deeper than " + std::to_string(limits::template_depth_max) +
                   " levels; move the inside to a list or to helpers",
               Code::limit_exceeded);
      is_too_deep_ = true;
      at_ = text_.size();
      return;
    }
    open_blocks_.push_back({name, head.is_statement});
    branches_.push_back(0);
    const std::string_view tag = head.tag;
    const int line = head.line;
    const bool is_inverted = opening.is_inverted;
    BodySyntax inside;
    Stop stop = parse_body(inside);
    std::optional<Inverse> inverse = parse_else(stop, !is_inverted);
    branches_.pop_back();
    open_blocks_.pop_back();
    NodeSyntax block = std::move(opening.node);
    if (stop.kind == Stop::Kind::text_end) {
      if (!is_too_deep_ && !opening.is_broken)
        report(line, quote_tag(tag) + " is never closed; add " + closing_of(name, block.is_statement));
    } else if (!stop.is_broken && !opening.is_broken && (stop.name != name || stop.is_statement != block.is_statement)) {
      report(stop.line,
             quote_tag(stop.tag) + " does not close " + quote_tag(tag) + " of line " + std::to_string(line) + "; write " +
                 closing_of(name, block.is_statement));
      // Where it closes a block further out, that one is not to be reported as open.
      for (const OpenBlock& outer : open_blocks_)
        if (outer.name == stop.name && outer.is_statement == stop.is_statement) {
          at_ = static_cast<std::size_t>(stop.tag.data() - text_.data());
          break;
        }
    }
    body.push_back(make_block(std::move(block), std::move(inside), std::move(inverse), stop.strip, is_inverted));
  }

  static std::string closing_of(const std::string& name, bool is_statement) {
    return is_statement ? "`{%/" + name + "%}`" : "`{{/" + name + "}}`";
  }

  // Reads the else parts that `stop` begins; afterwards `stop` is the block's end.
  std::optional<Inverse> parse_else(Stop& stop, bool may_chain) {
    if (stop.kind != Stop::Kind::inverse && stop.kind != Stop::Kind::chain) return std::nullopt;
    if (stop.is_statement != open_blocks_.back().is_statement && !stop.is_broken)
      report(stop.line,
             quote_tag(stop.tag) + " is of another notation than the block around it; write `" +
                 (stop.is_statement ? "{{else}}" : "{%else%}") + "`");
    if (stop.kind == Stop::Kind::inverse) {
      Inverse inverse{.strip = stop.strip};
      stop = parse_body(inverse.body);
      while (stop.kind == Stop::Kind::inverse || stop.kind == Stop::Kind::chain) {
        if (!stop.is_broken) report(stop.line, quote_tag(stop.tag) + " comes after the block's `else`");
        BodySyntax ignored;
        stop = parse_body(ignored);
      }
      return inverse;
    }
    Opening opening = std::move(stop.opening);
    if (!may_chain && !opening.is_broken)
      report(opening.node.line, quote_tag(opening.node.tag) + " follows an inverted block, which takes a plain `{{else}}` only");
    if (++branches_.back() == limits::template_branches_max + 1)
      report(opening.node.line,
             quote_tag(opening.node.tag) + " is branch " + std::to_string(branches_.back()) + " of its block; " +
                 std::to_string(limits::template_branches_max) + " are allowed",
             Code::limit_exceeded);
    if (branches_.back() > limits::template_branches_max) {  // no deeper: reading recurses
      BodySyntax ignored;
      do stop = parse_body(ignored);
      while (stop.kind == Stop::Kind::inverse || stop.kind == Stop::Kind::chain);
      return std::nullopt;
    }
    BodySyntax inside;
    stop = parse_body(inside);
    std::optional<Inverse> next = parse_else(stop, true);
    Inverse inverse{.strip = opening.node.strip, .is_chained = true};
    const Strip close_strip = next ? next->strip : Strip();
    inverse.body.push_back(make_block(std::move(opening.node), std::move(inside), std::move(next), close_strip, false));
    return inverse;
  }

  static NodeSyntax make_block(NodeSyntax block, BodySyntax inside, std::optional<Inverse> inverse, Strip close_strip, bool is_inverted) {
    block.close_strip = close_strip;
    block.program = std::move(inside);
    block.has_program = true;
    if (inverse) {
      block.inverse_strip = inverse->strip;
      block.is_chained = inverse->is_chained;
      block.inverse = std::move(inverse->body);
      block.has_inverse = true;
      if (block.is_chained) block.inverse.front().close_strip = close_strip;
    }
    if (is_inverted) {
      std::swap(block.program, block.inverse);
      std::swap(block.has_program, block.has_inverse);
      block.is_chained = false;
    }
    return block;
  }

  const Place& place_;
  Problems& problems_;
  std::size_t at_ = 0;
  std::size_t counted_to_ = 0;  // lines are counted once, going forward
  int counted_lines_ = 1;
  std::vector<OpenBlock> open_blocks_;
  std::vector<std::size_t> branches_;  // of each open block, so far
  bool is_too_deep_ = false;
};

}  // namespace

Place::Place(std::string_view start) : file_(start) {
  const auto colon = start.rfind(':');
  if (colon == std::string_view::npos || colon + 1 == start.size()) return;
  const std::string_view digits = start.substr(colon + 1);
  int line = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), line);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size() || line < 1) return;
  first_line_ = line;
  file_ = start.substr(0, colon);
}

std::string Place::at(int line) const {
  const std::string number = std::to_string(first_line_ + line - 1);
  return file_.empty() ? "line " + number : file_ + ':' + number;
}

std::string quote_tag(std::string_view tag) {
  constexpr std::size_t shown_bytes = 60;
  std::string shown(tag.substr(0, tag.find('\n')));
  if (shown.size() > shown_bytes) {
    std::size_t cut = shown_bytes;
    while (cut > 0 && (static_cast<unsigned char>(shown[cut]) & 0xc0) == 0x80) --cut;
    shown.resize(cut);
  }
  if (shown.size() < tag.size()) shown += "…";
  return '`' + shown + '`';
}

BodySyntax parse_template(std::string_view text, const Place& place, Problems& problems) {
  const std::size_t before = problems.size();
  BodySyntax root = Parser(text, place, problems).parse();
  if (problems.size() == before) strip_whitespace(root);
  return root;
}

}  // namespace footlight
