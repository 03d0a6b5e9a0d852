#include "engine/template_tag.h"

#include <algorithm>
#include <charconv>

#include "base/limits.h"

namespace footlight {

bool TagReader::fail(std::string message) {
  if (why_.empty()) why_ = std::move(message);
  return false;
}

bool TagReader::count() {
  if (++nodes_ <= limits::template_expression_nodes_max) return true;
  return fail("has more than " + std::to_string(limits::template_expression_nodes_max) + " parts");
}

bool TagReader::expect(TagToken token, std::string_view sign) {
  if (lexer_.token == token) return true;
  if (lexer_.token == TagToken::end) return fail("has no closing `" + std::string(sign) + "`");
  if (lexer_.token == TagToken::equals) return fail("has `=` in the wrong place; name a helper first: `{{helper name=value}}`");
  return fail("has `" + std::string(lexer_.lexeme) + "` where `" + std::string(sign) + "` is expected");
}

bool TagReader::read_callee_and_arguments(Expression& into) {
  if (lexer_.token == TagToken::call) return read_call(into);
  if (!read_name(into)) return false;
  Expression arguments;
  if (!read_arguments(arguments)) return false;
  if (arguments.args.empty() && arguments.hash.empty()) {
    to_path(into);
    return true;
  }
  to_path(into);
  into.kind = Expression::Kind::call;
  into.args = std::move(arguments.args);
  into.hash = std::move(arguments.hash);
  return true;
}

void TagReader::to_path(Expression& name) {
  if (name.kind != Expression::Kind::literal) return;
  const std::string text = spelled(name);
  name.kind = Expression::Kind::path;
  name.literal = Value();
  name.path.parts = {text};
  name.path.original = text;
}

bool TagReader::read_arguments(Expression& into) {
  for (;;) {
    switch (lexer_.token) {
      case TagToken::id: {
        if (const std::size_t behind = lexer_.skip_blanks(lexer_.at); behind < text_.size() && text_[behind] == '=') return read_hash(into);
        [[fallthrough]];
      }
      case TagToken::data:
      case TagToken::string:
      case TagToken::number:
      case TagToken::boolean:
      case TagToken::null:
      case TagToken::open_sexpr:
      case TagToken::call:
        if (!read_param(into.args.emplace_back())) return false;
        break;
      default: return true;
    }
  }
}

bool TagReader::read_hash(Expression& into) {
  has_hash_ = true;
  while (lexer_.token == TagToken::id) {
    std::string key = unbracketed(lexer_.value);
    lexer_.next();
    if (lexer_.token != TagToken::equals) return fail("has `" + key + "` behind `name=value`; plain arguments come first");
    lexer_.next();
    Expression value;
    const bool is_undefined = lexer_.token == TagToken::null && lexer_.lexeme == "undefined";
    if (!read_param(value)) return false;
    if (is_undefined) continue;  // handlebars leaves such a pair out
    const bool is_taken = std::any_of(into.hash.begin(), into.hash.end(), [&](const auto& pair) { return pair.first == key; });
    if (!is_taken) into.hash.emplace_back(std::move(key), std::move(value));  // the first of a name wins
  }
  return true;
}

bool TagReader::read_param(Expression& into) {
  if (lexer_.token == TagToken::call) return read_call(into);
  if (lexer_.token != TagToken::open_sexpr) return read_name(into);
  if (++sexpr_depth_ > limits::template_depth_max)
    return fail("nests deeper than " + std::to_string(limits::template_depth_max) + " levels");
  lexer_.next();
  Expression arguments;
  if (lexer_.token == TagToken::call) return fail("mixes `(name …)` and `name(…)`; write one of them");
  if (!read_name(into) || !read_arguments(arguments) || !expect(TagToken::close_sexpr, ")")) return false;
  to_path(into);
  into.kind = Expression::Kind::call;
  into.args = std::move(arguments.args);
  into.hash = std::move(arguments.hash);
  --sexpr_depth_;
  lexer_.next();
  return true;
}

bool TagReader::read_call(Expression& into) {
  if (!count()) return false;
  ExpressionReader reader(text_, lexer_.begin);
  reader.nodes = nodes_;
  if (!reader.read_call(into)) return fail(std::move(reader.why));
  nodes_ = reader.nodes;
  lexer_.start(reader.at);
  return true;
}

bool TagReader::read_name(Expression& into) {
  if (!count()) return false;
  switch (lexer_.token) {
    case TagToken::id:
    case TagToken::data: return read_path(into);
    case TagToken::string: into.literal = Value(lexer_.value); break;
    case TagToken::boolean: into.literal = Value(lexer_.lexeme == "true"); break;
    case TagToken::null: break;
    case TagToken::number: {
      double number = 0;
      std::from_chars(lexer_.lexeme.data(), lexer_.lexeme.data() + lexer_.lexeme.size(), number);
      into.literal = Value(number);
      break;
    }
    case TagToken::end: return fail("has no closing `}}`");
    case TagToken::close:
    case TagToken::close_unescaped: return fail("is empty where a name or a value is expected");
    default: return fail("has `" + std::string(lexer_.lexeme) + "` where a name or a value is expected");
  }
  lexer_.next();
  return true;
}

std::string TagReader::unbracketed(const std::string& id) {
  const bool is_bracketed = id.size() > 1 && id.front() == '[' && id.back() == ']' && id.find_first_of("\n\r") == std::string::npos;
  return is_bracketed ? id.substr(1, id.size() - 2) : id;
}

bool TagReader::read_path(Expression& into) {
  into.kind = Expression::Kind::path;
  PathSyntax& path = into.path;
  if (lexer_.token == TagToken::data) {
    path.is_data = true;
    path.original = "@";
    lexer_.next();
    if (lexer_.token != TagToken::id) return fail("lacks a name behind `@`");
  }
  std::string separator;
  for (;;) {
    const std::string part = unbracketed(lexer_.value);
    const bool is_bracketed = part != lexer_.value;
    path.original += separator + part;
    if (!is_bracketed && (part == ".." || part == "." || part == "this")) {
      if (!path.parts.empty()) return fail("has `" + part + "` in the middle of the path `" + path.original + "`");
      if (part == "..") ++path.depth;
    } else {
      path.parts.push_back(part);
    }
    lexer_.next();
    if (lexer_.token != TagToken::separator) return true;
    separator = lexer_.lexeme;
    lexer_.next();
    if (lexer_.token == TagToken::number || lexer_.token == TagToken::boolean || lexer_.token == TagToken::null)
      return fail("ends a path with `" + std::string(lexer_.lexeme) + "`; write `" + path.original + ".[" + std::string(lexer_.lexeme) +
                  "]`");
    if (lexer_.token != TagToken::id)
      return fail("has `" + std::string(lexer_.lexeme) + "` where the path `" + path.original + "` goes on");
  }
}

bool TagReader::read_block_params(std::vector<std::string>& params) {
  if (lexer_.token != TagToken::open_params) return true;
  lexer_.next();
  while (lexer_.token == TagToken::id) {
    params.push_back(unbracketed(lexer_.value));
    lexer_.next();
  }
  if (params.empty()) return fail("lacks names between the `|`");
  if (!expect(TagToken::pipe, "|")) return false;
  lexer_.next();
  return true;
}

std::string TagReader::spelled(const Expression& name) {
  if (name.kind == Expression::Kind::path || name.kind == Expression::Kind::call) return name.path.original;
  if (name.literal.is_string()) return name.literal.string();
  return name.literal.is_null() ? std::string("null") : to_json(name.literal);
}
}  // namespace footlight
