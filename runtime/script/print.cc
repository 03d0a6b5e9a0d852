#include "script/print.h"

#include <algorithm>

#include "footlight/value.h"
#include "script/lexer.h"

namespace footlight {

using namespace ast;

namespace lua_text {
namespace {

constexpr std::string_view unary_spellings[] = {"-", "not ", "#"};
constexpr std::string_view binary_spellings[] = {"or", "and", "<", ">", "<=", ">=", "~=", "==", "..", "+", "-", "*", "/", "%", "^"};
constexpr int strengths[] = {1, 2, 3, 3, 3, 3, 3, 3, 4, 5, 5, 6, 6, 6, 8};

// Characters that change how text looks without being seen: who approves a canonical text must see them.
struct Range {
  char32_t from, to;
};
constexpr Range unseen[] = {{0x80, 0x9F},     {0xAD, 0xAD},     {0x061C, 0x061C}, {0x200B, 0x200F},
                            {0x2028, 0x202E}, {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xE0000, 0xE007F}};

// The character at bytes[at] and its length; length 0 where the bytes are not UTF-8.
std::pair<char32_t, std::size_t> character(std::string_view bytes, std::size_t at) {
  const auto byte = [&](std::size_t i) -> char32_t { return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u; };
  const char32_t first = byte(at);
  if (first < 0x80) return {first, 1};
  const std::size_t n = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return {0, 0};
  char32_t c = first & (0xFFu >> (n + 1));
  for (std::size_t i = 1; i < n; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return {0, 0};
    c = (c << 6) | (byte(at + i) & 0x3F);
  }
  const char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) return {0, 0};
  return {c, n};
}

void append_byte(std::string& out, char c) {
  // Always three digits, so that a digit behind it is not taken in.
  const auto b = static_cast<unsigned char>(c);
  out += {'\\', static_cast<char>('0' + b / 100), static_cast<char>('0' + b / 10 % 10), static_cast<char>('0' + b % 10)};
}

}  // namespace

std::string quoted(std::string_view bytes) {
  std::string out = "\"";
  for (std::size_t i = 0; i < bytes.size();) {
    const auto [c, n] = character(bytes, i);
    const bool is_unseen = std::any_of(std::begin(unseen), std::end(unseen), [c = c](Range r) { return c >= r.from && c <= r.to; });
    if (c == '\n' && n) out += "\\n";
    else if (c == '\r') out += "\\r";
    else if (c == '\t') out += "\\t";
    else if (c == '"' || c == '\\') (out += '\\') += static_cast<char>(c);
    else if (n == 0 || c < 0x20 || c == 0x7f || is_unseen)
      for (std::size_t k = 0; k < std::max<std::size_t>(n, 1); ++k) append_byte(out, bytes[i + k]);
    else out += bytes.substr(i, n);
    i += std::max<std::size_t>(n, 1);
  }
  return out + '"';
}

std::string number(double value) {
  std::string out;
  append_json_number(out, value);
  return out;
}

bool is_name(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && is_letter(text[0]) &&
      std::all_of(text.begin(), text.end(), [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); }) && !is_reserved(text);
}

std::string_view spelling(UnaryOp op) { return unary_spellings[static_cast<std::size_t>(op)]; }
std::string_view spelling(BinaryOp op) { return binary_spellings[static_cast<std::size_t>(op)]; }
int strength(BinaryOp op) { return strengths[static_cast<std::size_t>(op)]; }
bool is_right_associative(BinaryOp op) { return op == BinaryOp::concat || op == BinaryOp::pow; }

int strength(const Expr& e) {
  if (const auto* b = std::get_if<Binary>(&e.node)) return strength(b->op);
  return std::holds_alternative<Unary>(e.node) ? unary_strength : atom_strength;
}

bool is_prefix(const Expr& e) {
  return std::holds_alternative<Name>(e.node) || std::holds_alternative<Index>(e.node) || std::holds_alternative<Call>(e.node) ||
      std::holds_alternative<Paren>(e.node);
}

bool is_multiple(const Expr& e) { return std::holds_alternative<Call>(e.node) || std::holds_alternative<Vararg>(e.node); }

}  // namespace lua_text

namespace {

constexpr std::size_t line_max = 80;  // what fits is kept on one line; a wish, not a limit

bool is_one_line(std::string_view text) { return text.find('\n') == text.npos; }

// Every method gives the text of its node, written for a line indented by `indent` levels. A part
// is written once and then put on one line or several by its length, so the work is linear.
class Printer {
 public:
  explicit Printer(const std::map<int, std::string>* renamed = nullptr) : renamed_(renamed) {}

  std::string expression(const Expr& e, int indent) {
    return std::visit([&](const auto& node) { return text(node, indent); }, e.node);
  }

  std::string function(const FunctionBody& body, int indent, std::string_view name = "", bool skips_self = false) {
    std::string head = "function";
    if (!name.empty()) (head += ' ') += name;
    head += '(';
    bool is_first = true;
    for (std::size_t i = skips_self ? 1 : 0; i < body.parameters.size(); ++i) {
      if (!std::exchange(is_first, false)) head += ", ";
      head += body.parameters[i].name;
    }
    if (body.is_vararg) head += is_first ? "..." : ", ...";
    head += ')';
    if (body.body.statements.empty()) return head + " end";
    if (body.body.statements.size() == 1) {
      const std::string only = statement(body.body.statements[0], indent + 1);
      if (is_one_line(only) && head.size() + only.size() + 5 <= line_max) return head + " " + only + " end";
      return head + line(indent + 1) + only + line(indent) + "end";
    }
    return head + block(body.body, indent + 1) + line(indent) + "end";
  }

  // Statements, each on a line of its own that begins with the line end.
  std::string block(const Block& b, int indent) {
    std::string out;
    for (const Stat& s : b.statements) {
      std::string one = statement(s, indent);
      // Behind a statement `(` would read as the call of its last value.
      if (one[0] == '(' && &s != &b.statements.front()) out += ';';
      out += line(indent) + one;
    }
    return out;
  }

 private:
  static std::string line(int indent) { return "\n" + std::string(static_cast<std::size_t>(indent) * 2, ' '); }

  std::string list(const Exprs& all, int indent) {
    std::string out;
    for (const Expr& e : all) {
      if (!out.empty()) out += ", ";
      out += expression(e, indent);
    }
    return out;
  }

  static std::string names(const std::vector<Declared>& all) {
    std::string out;
    for (const Declared& d : all) {
      if (!out.empty()) out += ", ";
      out += d.name;
    }
    return out;
  }

  std::string in_parentheses(const Expr& e, bool needs_them, int indent) {
    return needs_them ? "(" + expression(e, indent) + ")" : expression(e, indent);
  }

  // ---- expressions

  std::string text(const Nil&, int) { return "nil"; }
  std::string text(const Boolean& b, int) { return b.value ? "true" : "false"; }
  std::string text(const Number& n, int) { return lua_text::number(n.value); }
  std::string text(const String& s, int) { return lua_text::quoted(s.value); }
  std::string text(const Vararg&, int) { return "..."; }
  std::string text(const Function& f, int indent) { return function(*f.body, indent); }
  std::string text(const Name& n, int) {
    if (!renamed_ || n.declaration < 0) return n.text;
    const auto found = renamed_->find(n.declaration);
    return found == renamed_->end() ? n.text : found->second;
  }
  std::string text(const Paren& p, int indent) { return "(" + expression(*p.inner, indent) + ")"; }

  std::string text(const Index& i, int indent) {
    std::string object = in_parentheses(*i.object, !lua_text::is_prefix(*i.object), indent);
    const auto* key = std::get_if<String>(&i.key->node);
    if (key && lua_text::is_name(key->value)) return object + "." + key->value;
    return object + "[" + expression(*i.key, indent) + "]";
  }

  std::string text(const Call& c, int indent) {
    std::string out = in_parentheses(*c.callee, !lua_text::is_prefix(*c.callee), indent);
    if (!c.method.empty()) (out += ':') += c.method;
    return out + "(" + list(c.arguments, indent) + ")";
  }

  std::string text(const Table& t, int indent) {
    std::vector<std::string> fields;
    std::size_t length = 2;
    bool fits = true;
    for (const Field& f : t.fields) {
      std::string one;
      if (f.key) {
        const auto* key = std::get_if<String>(&f.key->node);
        one = key && lua_text::is_name(key->value) ? key->value : "[" + expression(*f.key, indent + 1) + "]";
        one += " = ";
      }
      one += expression(*f.value, indent + 1);
      length += one.size() + 2;
      fits = fits && is_one_line(one) && length <= line_max;
      fields.push_back(std::move(one));
    }
    std::string out = "{";
    for (std::size_t i = 0; i < fields.size(); ++i) {
      out += fits ? std::string(i ? ", " : "") : line(indent + 1);
      out += fields[i];
      if (!fits) out += ",";
    }
    return out + (fits ? "" : line(indent)) + "}";
  }

  std::string text(const Unary& u, int indent) {
    const auto* below = std::get_if<Unary>(&u.operand->node);
    const bool would_comment = u.op == UnaryOp::negate && below && below->op == UnaryOp::negate;  // `--`
    const bool needs_them = would_comment || lua_text::strength(*u.operand) < lua_text::unary_strength;
    return std::string(lua_text::spelling(u.op)) + in_parentheses(*u.operand, needs_them, indent);
  }

  std::string text(const Binary& b, int indent) {
    const int own = lua_text::strength(b.op);
    const bool right_first = lua_text::is_right_associative(b.op);
    const int left = lua_text::strength(*b.left), right = lua_text::strength(*b.right);
    return in_parentheses(*b.left, left < own || (left == own && right_first), indent) + " " + std::string(lua_text::spelling(b.op)) + " " +
        in_parentheses(*b.right, right < own || (right == own && !right_first), indent);
  }

  // ---- statements

  std::string statement(const Stat& s, int indent) {
    return std::visit([&](const auto& node) { return text(node, indent); }, s.node);
  }

  std::string text(const Local& s, int indent) {
    return "local " + names(s.names) + (s.values.empty() ? "" : " = " + list(s.values, indent));
  }
  std::string text(const Assign& s, int indent) { return list(s.targets, indent) + " = " + list(s.values, indent); }
  std::string text(const CallStat& s, int indent) { return expression(s.call, indent); }
  std::string text(const Do& s, int indent) { return "do" + block(s.body, indent + 1) + line(indent) + "end"; }
  std::string text(const While& s, int indent) {
    return "while " + expression(s.condition, indent) + " do" + block(s.body, indent + 1) + line(indent) + "end";
  }
  std::string text(const Repeat& s, int indent) {
    return "repeat" + block(s.body, indent + 1) + line(indent) + "until " + expression(s.until, indent);
  }
  std::string text(const If& s, int indent) {
    std::string out;
    for (const Clause& c : s.clauses) {
      out += out.empty() ? "if " : line(indent) + "elseif ";
      out += expression(c.condition, indent) + " then" + block(c.body, indent + 1);
    }
    if (s.otherwise) out += line(indent) + "else" + block(*s.otherwise, indent + 1);
    return out + line(indent) + "end";
  }
  std::string text(const NumericFor& s, int indent) {
    return "for " + s.variable.name + " = " + expression(s.from, indent) + ", " + expression(s.to, indent) +
        (s.step ? ", " + expression(*s.step, indent) : "") + " do" + block(s.body, indent + 1) + line(indent) + "end";
  }
  std::string text(const GenericFor& s, int indent) {
    return "for " + names(s.names) + " in " + list(s.values, indent) + " do" + block(s.body, indent + 1) + line(indent) + "end";
  }
  std::string text(const FunctionStat& s, int indent) {
    std::string name = expression(s.target, indent);
    if (s.is_method) name[name.rfind('.')] = ':';
    return function(*s.body, indent, name, s.is_method);
  }
  std::string text(const LocalFunction& s, int indent) { return "local " + function(*s.body, indent, s.name.name); }
  std::string text(const Return& s, int indent) { return s.values.empty() ? "return" : "return " + list(s.values, indent); }
  std::string text(const Break&, int) { return "break"; }

  const std::map<int, std::string>* renamed_;
};

}  // namespace

std::string print(const Tree& tree) {
  std::string out = Printer().block(tree.chunk->body, 0);
  return out.empty() ? out : out.substr(1) + "\n";
}

std::string print(const FunctionBody& body) { return Printer().function(body, 0); }

std::string print(const FunctionBody& body, const std::map<int, std::string>& renamed) { return Printer(&renamed).function(body, 0); }

std::string print(const Expr& expression) { return Printer().expression(expression, 0); }

}  // namespace footlight
