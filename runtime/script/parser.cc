#include "script/parser.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/limits.h"
#include "script/lexer.h"
#include "script/print.h"

namespace footlight {
namespace {

using namespace ast;

// Thrown where a statement cannot be read on, caught where the next one begins; never leaves this file.
struct Broken {};
// Thrown where reading on would be pointless: too deep, or too many problems.
struct GivenUp {};

// clang-format off
struct Infix { Tok token; BinaryOp op; int left, right; };   // priorities of the reference implementation
constexpr Infix infixes[] = {
    {Tok::or_, BinaryOp::or_, 1, 1},      {Tok::and_, BinaryOp::and_, 2, 2},
    {Tok::lt, BinaryOp::lt, 3, 3},        {Tok::gt, BinaryOp::gt, 3, 3},
    {Tok::le, BinaryOp::le, 3, 3},        {Tok::ge, BinaryOp::ge, 3, 3},
    {Tok::ne, BinaryOp::ne, 3, 3},        {Tok::eq, BinaryOp::eq, 3, 3},
    {Tok::concat, BinaryOp::concat, 5, 4},
    {Tok::plus, BinaryOp::add, 6, 6},     {Tok::minus, BinaryOp::sub, 6, 6},
    {Tok::star, BinaryOp::mul, 7, 7},     {Tok::slash, BinaryOp::div, 7, 7},
    {Tok::percent, BinaryOp::mod, 7, 7},  {Tok::caret, BinaryOp::pow, 10, 9},
};
// clang-format on
constexpr int unary_priority = 8;

const Infix* infix_of(Tok token) {
  for (const Infix& i : infixes)
    if (i.token == token) return &i;
  return nullptr;
}

bool starts_expression(Tok t) {
  switch (t) {
    case Tok::name:
    case Tok::string:
    case Tok::number:
    case Tok::nil_:
    case Tok::true_:
    case Tok::false_:
    case Tok::dots:
    case Tok::function_:
    case Tok::open_paren:
    case Tok::open_brace:
    case Tok::minus:
    case Tok::not_:
    case Tok::hash: return true;
    default: return false;
  }
}

bool closes_block(Tok t) { return t == Tok::end_ || t == Tok::else_ || t == Tok::elseif_ || t == Tok::until_ || t == Tok::end_of_file; }

bool closes_bracket(Tok t) { return t == Tok::close_paren || t == Tok::close_brace || t == Tok::close_bracket; }

// A word that only begins statements: inside of an expression it means that something was not closed.
bool begins_only_statements(Tok t) {
  return t == Tok::local_ || t == Tok::return_ || t == Tok::if_ || t == Tok::for_ || t == Tok::while_ || t == Tok::repeat_ ||
      t == Tok::break_ || t == Tok::do_;
}

class Parser {
 public:
  Parser(const Source& source, Problems& problems) : source_(source), problems_(problems), tokens_(tokenize(source, problems)) {}

  Tree run() {
    tree_.chunk = std::make_unique<FunctionBody>();
    tree_.chunk->at = {1, 1};
    tree_.chunk->is_vararg = true;
    functions_.push_back(tree_.chunk.get());
    // Where the lexer stopped early the rest would be misread.
    const auto is_limit = [](const Problem& p) { return p.code == Code::limit_exceeded; };
    if (problems_.size() >= limits::script_problems_max || std::any_of(problems_.begin(), problems_.end(), is_limit))
      return std::move(tree_);
    try {
      tree_.chunk->body = block();
      while (!is(Tok::end_of_file)) {
        // After a broken statement a stray `end` is an echo of it.
        if (problems_.empty()) report(now().at, "unexpected " + found() + ": nothing is open here that it could close");
        ++at_;
        for (Stat& more : block().statements) tree_.chunk->body.statements.push_back(std::move(more));
      }
    } catch (const GivenUp&) {
    } catch (const Broken&) {
      // Only `block` catches it, and everything is read within one.
    }
    tree_.chunk->end_line = last().at.line;
    return std::move(tree_);
  }

 private:
  // ---- tokens

  const Token& now() const { return tokens_[at_]; }
  const Token& next() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  const Token& last() const { return tokens_[at_ ? at_ - 1 : 0]; }
  bool is(Tok kind) const { return now().kind == kind; }
  Token take() {
    Token t = now();
    if (!is(Tok::end_of_file)) ++at_;
    return t;
  }
  bool accept(Tok kind) {
    if (!is(kind)) return false;
    ++at_;
    return true;
  }

  std::string found() const {
    if (is(Tok::end_of_file)) return std::string(spelling(Tok::end_of_file));
    if (now().kind == Tok::string && now().raw.size() > 24) return "a string";
    std::string raw(now().raw.substr(0, 40));
    return raw.find_first_of("\r\n") == raw.npos ? "`" + raw + "`" : "a string";
  }

  // ---- problems

  void report(Place at, std::string_view message) {
    add_unless_echo(problems_, source_, at, message);
    if (problems_.size() >= limits::script_problems_max) throw GivenUp{};
  }
  [[noreturn]] void fail(Place at, std::string_view message) {
    report(at, message);
    throw Broken{};
  }
  [[noreturn]] void fail_here(std::string_view expected) {
    fail(now().at, "expected " + std::string(expected) + ", found " + found() + word_hint());
  }

  // For a name that stands where none can: was it a misspelled word?
  std::string word_hint() const {
    if (now().kind != Tok::name) return "";
    const auto word = nearest_word(now().text);
    return word.empty() ? "" : "; did you mean `" + std::string(word) + "`?";
  }

  void expect(Tok kind, std::string_view why) {
    if (!accept(kind)) fail_here("`" + std::string(spelling(kind)) + "` " + std::string(why));
  }

  // The token that closes what `opener` opened.
  void expect_closing(Tok kind, const Token& opener, std::string_view hint = "") {
    if (accept(kind)) return;
    // One missing `end` surfaces again at each enclosing block: the first report is the useful one.
    if (is(Tok::end_of_file) && kind == Tok::end_ && !problems_.empty()) throw Broken{};
    std::string message = "expected `" + std::string(spelling(kind)) + "` to close `" + std::string(opener.raw) + "` at line " +
        std::to_string(opener.at.line) + ", found " + found() + word_hint();
    if (is(Tok::end_of_file) && kind == Tok::end_) message += missing_end_hint(opener);
    fail(now().at, message + std::string(hint));
  }

  std::string missing_end_hint(const Token& opener) const {
    if (split_elseif_.line)
      return "; `else if` at line " + std::to_string(split_elseif_.line) + " opens an `if` with an `end` of its own, `elseif` needs none";
    if (suspect_.line && suspect_ != opener.at)
      return "; going by the indentation, what begins at line " + std::to_string(suspect_.line) + " has no `end`";
    return "";
  }

  // A block's `end` should stand under the line that opened it; the first that does not is a good
  // guess for where an `end` is missing.
  void note_indentation(const Token& opener) {
    if (suspect_.line || !now().is_first_on_line || opener.at.line == now().at.line) return;
    const std::string_view line = source_.line(opener.at.line);
    const auto indentation = line.find_first_not_of(" \t");
    if (indentation != line.npos && static_cast<int>(indentation) + 1 > now().at.column) suspect_ = opener.at;
  }

  void expect_end(const Token& opener) {
    if (is(Tok::end_)) note_indentation(opener);
    expect_closing(Tok::end_, opener);
  }

  // ---- depth

  struct Level {
    explicit Level(Parser& parser) : owner(parser) {
      if (++owner.level_ > limits::script_depth_max) owner.too_deep(owner.now().at);
      owner.deepest_ = std::max(owner.deepest_, owner.level_);
    }
    ~Level() { --owner.level_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    Parser& owner;
  };

  void report_limit(Place at, std::string_view message) {
    problems_.push_back(source_.problem(Code::limit_exceeded, at, message));
    if (problems_.size() >= limits::script_problems_max) throw GivenUp{};
  }

  [[noreturn]] void too_deep(Place at) {
    report_limit(at,
                 "nested more than " + std::to_string(limits::script_depth_max) +
                     " levels deep (blocks, brackets and chains of operators together); name a part of "
                     "it with `local`");
    throw GivenUp{};
  }

  template <class Node>
  Expr make(Place at, Node node, int height_below = 0) {
    if (level_ + height_below > limits::script_depth_max) too_deep(at);
    deepest_ = std::max(deepest_, level_ + height_below);
    return Expr{at, height_below + 1, std::move(node)};
  }
  static ExprPtr box(Expr e) { return std::make_unique<Expr>(std::move(e)); }
  static int tallest(const Exprs& all) {
    int height = 0;
    for (const Expr& e : all) height = std::max(height, e.height);
    return height;
  }

  // ---- blocks and statements

  bool at_block_end() const { return closes_block(now().kind) || (brackets_ > 0 && (closes_bracket(now().kind) || is(Tok::comma))); }

  Block block() {
    const Level level(*this);
    Block all;
    bool is_over = false;
    while (!at_block_end()) {
      if (std::exchange(is_over, false))
        report(now().at,
               "`" + std::string(spelling(over_)) + "` must be the last statement of its block; to try something out write `do " +
                   std::string(spelling(over_)) + " end`");
      const std::size_t start = at_;
      const int brackets = brackets_, loops = loops_, level_now = level_;
      const auto depth = functions_.size();
      try {
        const Tok first = now().kind;
        all.statements.push_back(statement());
        all.statements.back().end_line = last().at.line;
        accept(Tok::semicolon);
        is_over = first == Tok::return_ || first == Tok::break_;
        over_ = first;
      } catch (const Broken&) {
        brackets_ = brackets;
        loops_ = loops;
        level_ = level_now;
        functions_.resize(depth);
        recover(start);
      }
    }
    return all;
  }

  // To where a statement may begin: behind the blocks and brackets that the broken one opened, on a
  // new line. For a bracket never closed, a word that only begins statements is enough by itself, and
  // so is a name that is indented no more than the broken statement.
  void recover(std::size_t start) {
    int blocks = 0, brackets = 0;
    const std::size_t broken_at = std::max(at_, start + 1);
    for (at_ = start; !is(Tok::end_of_file); ++at_) {
      const Tok t = now().kind;
      if (at_ >= broken_at && blocks == 0) {
        if (closes_block(t)) return;
        const bool is_outside = brackets <= 0 || now().at.column <= tokens_[start].at.column;
        if (now().is_first_on_line && (begins_only_statements(t) || (is_outside && (t == Tok::name || t == Tok::function_)))) return;
      }
      if (t == Tok::function_ || t == Tok::if_ || t == Tok::do_ || t == Tok::repeat_) ++blocks;
      if ((t == Tok::end_ || t == Tok::until_) && blocks > 0) --blocks;
      if (t == Tok::open_paren || t == Tok::open_brace || t == Tok::open_bracket) ++brackets;
      if (closes_bracket(t)) --brackets;
    }
  }

  Stat statement() {
    const Place at = now().at;
    switch (now().kind) {
      case Tok::local_: return next().kind == Tok::function_ ? local_function(at) : local(at);
      case Tok::if_: return if_statement(at);
      case Tok::while_: return while_statement(at);
      case Tok::do_: return do_statement(at);
      case Tok::for_: return for_statement(at);
      case Tok::repeat_: return repeat_statement(at);
      case Tok::function_: return function_statement(at);
      case Tok::return_: return return_statement(at);
      case Tok::break_: return break_statement(at);
      default: return expression_statement(at);
    }
  }

  Declared declared(std::string_view what) {
    if (!is(Tok::name)) {
      if (is_word(now().kind))
        fail(now().at, "`" + std::string(now().raw) + "` is a word of the language and cannot be " + std::string(what));
      fail_here(what);
    }
    const Token t = take();
    check_variable(t);
    return {t.text, t.at};
  }

  void check_variable(const Token& t) {
    if (t.text.starts_with("__")) report(t.at, "`" + t.text + "`: names of variables that begin with `__` are reserved; use another name");
  }

  Stat local(Place at) {
    take();
    Local s;
    do s.names.push_back(declared("the name of a local"));
    while (accept(Tok::comma));
    if (accept(Tok::assign)) {
      s.values = expressions("a value");
    } else if (is(Tok::eq)) {
      fail(now().at, "`==` compares; a local gets its value with `=`");
    } else if (is(Tok::number) || is(Tok::string)) {
      // `local x 5` would otherwise be reported as a broken statement behind it.
      fail_here("`=` and a value behind `local " + s.names.back().name + "`");
    }
    return {at, 0, std::move(s)};
  }

  Stat local_function(Place at) {
    take();
    const Token opener = take();
    LocalFunction s{.name = declared("the name of a function"), .body = {}};
    s.body = function_body(opener, false);
    return {at, 0, std::move(s)};
  }

  Stat function_statement(Place at) {
    const Token opener = take();
    const Token name = now();
    declared("the name of a function");
    Expr target = make(name.at, Name{name.text});
    bool is_method = false;
    while (!is_method && (is(Tok::dot) || is(Tok::colon))) {
      is_method = take().kind == Tok::colon;
      target = indexed(std::move(target), field_name());
    }
    FunctionStat s{.target = std::move(target), .is_method = is_method, .body = {}};
    s.body = function_body(opener, is_method);
    return {at, 0, std::move(s)};
  }

  // A condition with the word behind it.
  Expr condition(Tok then, std::string_view of) {
    Expr e = expression("a condition");
    if (is(Tok::assign)) fail(now().at, "`=` assigns; compare with `==`");
    expect(then, "after the condition of `" + std::string(of) + "`");
    return e;
  }

  Stat if_statement(Place at) {
    const Token opener = now();
    If s;
    do {
      const Token word = take();
      Expr test = condition(Tok::then_, word.raw);
      s.clauses.push_back({word.at, std::move(test), block()});
    } while (is(Tok::elseif_));
    if (is(Tok::else_)) {
      const Token word = take();
      if (is(Tok::if_) && now().at.line == word.at.line && !split_elseif_.line) split_elseif_ = word.at;
      s.otherwise = block();
      if (is(Tok::elseif_) || is(Tok::else_)) fail(now().at, found() + " cannot follow `else` at line " + std::to_string(word.at.line));
    }
    expect_end(opener);
    return {at, 0, std::move(s)};
  }

  Block loop_body() {
    ++loops_;
    Block b = block();
    --loops_;
    return b;
  }

  Stat while_statement(Place at) {
    const Token opener = take();
    Expr test = condition(Tok::do_, opener.raw);
    While s{std::move(test), loop_body()};
    expect_end(opener);
    return {at, 0, std::move(s)};
  }

  Stat do_statement(Place at) {
    const Token opener = take();
    Do s{block()};
    expect_end(opener);
    return {at, 0, std::move(s)};
  }

  Stat repeat_statement(Place at) {
    const Token opener = take();
    Block body = loop_body();
    expect_closing(Tok::until_, opener);
    return {at, 0, Repeat{std::move(body), expression("a condition")}};
  }

  Stat for_statement(Place at) {
    const Token opener = take();
    Declared first = declared("the name of the loop's variable");
    if (accept(Tok::assign)) {
      Expr from = expression("the first value");
      expect(Tok::comma, "and the last value of the loop");
      Expr to = expression("the last value");
      std::optional<Expr> step;
      if (accept(Tok::comma)) step = expression("the step");
      expect(Tok::do_, "to begin the loop's body");
      NumericFor s{std::move(first), std::move(from), std::move(to), std::move(step), loop_body()};
      expect_end(opener);
      return {at, 0, std::move(s)};
    }
    GenericFor s;
    s.names.push_back(std::move(first));
    while (accept(Tok::comma)) s.names.push_back(declared("the name of the loop's variable"));
    if (!is(Tok::in_)) fail_here(s.names.size() == 1 ? "`=` or `in` after the loop's variable" : "`in` after the loop's variables");
    take();
    s.values = expressions("what to go through, as in `pairs(t)`");
    expect(Tok::do_, "to begin the loop's body");
    s.body = loop_body();
    expect_end(opener);
    return {at, 0, std::move(s)};
  }

  Stat return_statement(Place at) {
    take();
    Return s;
    if (!at_block_end() && !is(Tok::semicolon)) s.values = expressions("a value");
    return {at, 0, std::move(s)};
  }

  Stat break_statement(Place at) {
    take();
    if (loops_ == 0) report(at, "`break` outside of a loop; a function is left with `return`");
    return {at, 0, Break{}};
  }

  Stat expression_statement(Place at) {
    if (is(Tok::semicolon)) fail(at, "Lua 5.1 has no empty statement: one `;` too many");
    if (!is(Tok::name) && !is(Tok::open_paren)) {
      if (starts_expression(now().kind)) fail(at, "a value alone is no statement; assign it, pass it to a function or `return` it");
      fail(at, "unexpected " + found() + " where a statement should begin");
    }
    const Token first = now();
    Expr e = suffixed();
    if (is(Tok::assign) || is(Tok::comma)) return assignment(at, std::move(e));
    if (std::holds_alternative<Call>(e.node)) return {at, 0, CallStat{std::move(e)}};
    not_a_statement(first, e);
  }

  // `x + 1`, `x += 1`, `locla x = 1`, `foo bar`: says what was probably meant.
  [[noreturn]] void not_a_statement(const Token& first, const Expr& e) {
    const bool is_one_name = first.kind == Tok::name && last().at == first.at;
    const auto word = is_one_name ? nearest_word(first.text) : std::string_view{};
    if (!word.empty()) fail(first.at, "unknown word `" + first.text + "`; did you mean `" + std::string(word) + "`?");
    const std::string text = print(e);
    const bool doubles = next().kind == now().kind && (is(Tok::plus) || is(Tok::minus));
    if (infix_of(now().kind) && next().kind == Tok::assign)
      fail(now().at,
           "there is no `" + std::string(now().raw) + "=`; write `" + text + " = " + text + " " + std::string(now().raw) + " ...`");
    if (doubles)
      fail(now().at,
           "there is no `" + std::string(now().raw) + std::string(now().raw) + "`; write `" + text + " = " + text + " " +
               std::string(now().raw) + " 1`");
    if (is(Tok::eq)) fail(now().at, "`==` compares; a variable gets its value with `=`");
    if (infix_of(now().kind)) fail(first.at, "a value alone is no statement; assign it, pass it to a function or `return` it");
    fail(now().at, "expected `=` or a call behind `" + (text.size() > 60 ? first.text : text) + "`, found " + found() + word_hint());
  }

  Stat assignment(Place at, Expr first) {
    Assign s;
    check_target(first);
    s.targets.push_back(std::move(first));
    while (accept(Tok::comma)) {
      if (!is(Tok::name) && !is(Tok::open_paren)) fail_here("a variable to assign");
      s.targets.push_back(suffixed());
      check_target(s.targets.back());
    }
    if (s.targets.size() > limits::script_targets_max)
      report_limit(at, "assigns more than " + std::to_string(limits::script_targets_max) + " variables at once; use a table");
    expect(Tok::assign, "and the values to assign");
    s.values = expressions("a value");
    return {at, 0, std::move(s)};
  }

  void check_target(const Expr& e) {
    const bool is_parenthesised = last().kind == Tok::close_paren && !std::holds_alternative<Call>(e.node);
    if (is_parenthesised) fail(e.at, "cannot assign to something in parentheses");
    if (std::holds_alternative<Name>(e.node) || std::holds_alternative<Index>(e.node)) return;
    fail(e.at,
         std::holds_alternative<Call>(e.node) ? "cannot assign to the result of a call; assign to a variable or a field"
                                              : "cannot assign to this; only to a variable or a field");
  }

  // ---- functions

  std::unique_ptr<FunctionBody> function_body(const Token& opener, bool is_method) {
    auto body = std::make_unique<FunctionBody>();
    body->id = static_cast<int>(tree_.functions.size());
    body->parent = functions_.back()->id;
    body->at = opener.at;
    tree_.functions.push_back(body.get());
    if (is_method) body->parameters.push_back({"self", opener.at});
    expect(Tok::open_paren, "and the parameters of the function");
    const int brackets = std::exchange(brackets_, brackets_ + 1);
    while (!is(Tok::close_paren)) {
      if (accept(Tok::dots)) {
        body->is_vararg = true;
        break;
      }
      body->parameters.push_back(declared("the name of a parameter"));
      if (!accept(Tok::comma)) break;
      if (is(Tok::close_paren)) fail_here("the name of a parameter");
    }
    expect(Tok::close_paren, body->is_vararg ? "after `...`, which is always last" : "after the parameters");
    brackets_ = brackets;
    functions_.push_back(body.get());
    const int loops = std::exchange(loops_, 0);
    body->body = block();
    loops_ = loops;
    functions_.pop_back();
    body->end_line = now().at.line;
    expect_end(opener);
    return body;
  }

  // ---- expressions

  Exprs expressions(std::string_view what) {
    Exprs all;
    do all.push_back(expression(what));
    while (accept(Tok::comma));
    return all;
  }

  Expr expression(std::string_view what = "an expression") { return operation(0, what); }

  // Reads operators that bind tighter than `floor`.
  Expr operation(int floor, std::string_view what) {
    const Level level(*this);
    Expr left = unary(what);
    for (const Infix* infix = infix_of(now().kind); infix && infix->left > floor; infix = infix_of(now().kind)) {
      if (infix->op == BinaryOp::and_ || infix->op == BinaryOp::or_) {
        Exprs parts;
        parts.push_back(std::move(left));
        while (accept(infix->token)) parts.push_back(operation(infix->right, "a value behind `" + std::string(last().raw) + "`"));
        left = chain(infix->op, parts);
        continue;
      }
      take();
      Expr right = operation(infix->right, "a value behind `" + std::string(last().raw) + "`");
      const Place at = left.at;
      const int height = std::max(left.height, right.height);
      left = make(at, Binary{infix->op, box(std::move(left)), box(std::move(right))}, height);
    }
    return left;
  }

  // `a or b or c`, read from the left. Where `and` and `or` are bracketed makes no difference, so that a long list of
  // cases is no deep one: it becomes as high as its logarithm.
  Expr chain(BinaryOp op, std::span<Expr> parts) {
    const auto joined = [&](Expr left, Expr right) {
      const Place at = left.at;
      const int height = std::max(left.height, right.height);
      return make(at, Binary{op, box(std::move(left)), box(std::move(right))}, height);
    };
    constexpr std::size_t long_chain = 32;
    if (parts.size() > long_chain) {
      const auto half = parts.size() / 2;
      Expr left = chain(op, parts.first(half));
      return joined(std::move(left), chain(op, parts.subspan(half)));
    }
    Expr left = std::move(parts[0]);
    for (Expr& right : parts.subspan(1)) left = joined(std::move(left), std::move(right));
    return left;
  }

  Expr unary(std::string_view what) {
    const Place at = now().at;
    const Tok sign = now().kind;
    if (sign != Tok::not_ && sign != Tok::minus && sign != Tok::hash) return simple(what);
    take();
    Expr operand = operation(unary_priority, "a value behind `" + std::string(last().raw) + "`");
    const UnaryOp op = sign == Tok::not_ ? UnaryOp::not_ : sign == Tok::minus ? UnaryOp::negate : UnaryOp::length;
    const int height = operand.height;
    return make(at, Unary{op, box(std::move(operand))}, height);
  }

  Expr simple(std::string_view what) {
    const Place at = now().at;
    switch (now().kind) {
      case Tok::nil_: take(); return make(at, Nil{});
      case Tok::true_: take(); return make(at, Boolean{true});
      case Tok::false_: take(); return make(at, Boolean{false});
      case Tok::number: return make(at, Number{take().number});
      case Tok::string: return make(at, String{take().text});
      case Tok::open_brace: return table();
      case Tok::dots:
        if (!functions_.back()->is_vararg) report(at, "`...` outside of a function with `...` among its parameters");
        take();
        return make(at, Vararg{});
      case Tok::function_: {
        const Token opener = take();
        // A function is as tall as the deepest level within it, so that chains around it count too.
        const int outside = std::exchange(deepest_, level_);
        auto body = function_body(opener, false);
        const int height = deepest_ - level_;
        deepest_ = std::max(deepest_, outside);
        return make(at, Function{std::move(body)}, height);
      }
      case Tok::name:
      case Tok::open_paren: return suffixed();
      default: break;
    }
    if (is(Tok::assign) && at_ > 0 && last().kind == Tok::assign) fail(at, "`= =` is no operator; compare with `==`");
    fail_here(what);
  }

  static Expr* call_of(Expr& e) { return std::holds_alternative<Call>(e.node) || std::holds_alternative<Vararg>(e.node) ? &e : nullptr; }

  Expr primary() {
    const Token opener = take();
    if (opener.kind == Tok::name) {
      check_variable(opener);
      return make(opener.at, Name{opener.text});
    }
    ++brackets_;
    Expr inner = expression();
    expect_closing(Tok::close_paren, opener, is(Tok::assign) ? "; `=` assigns, compare with `==`" : "");
    --brackets_;
    if (!call_of(inner)) return inner;
    const int height = inner.height;
    return make(opener.at, Paren{box(std::move(inner))}, height);
  }

  Expr indexed(Expr object, Expr key) {
    const Place at = object.at;
    const int height = std::max(object.height, key.height);
    return make(at, Index{box(std::move(object)), box(std::move(key))}, height);
  }

  Expr field_name() {
    // A word of the language is no field name in Lua 5.1; say how to write it all the same.
    if (is_word(now().kind))
      fail(now().at, "`" + std::string(now().raw) + "` is a word of the language; write `[\"" + std::string(now().raw) + "\"]`");
    if (!is(Tok::name)) fail_here("the name of a field");
    const Token t = take();
    return make(t.at, String{t.text});
  }

  Expr suffixed() {
    Expr e = primary();
    for (;;) {
      switch (now().kind) {
        case Tok::dot:
          take();
          e = indexed(std::move(e), field_name());
          break;
        case Tok::open_bracket: {
          const Token opener = take();
          ++brackets_;
          Expr key = expression("an index");
          expect_closing(Tok::close_bracket, opener);
          --brackets_;
          e = indexed(std::move(e), std::move(key));
          break;
        }
        case Tok::colon: {
          take();
          if (is_word(now().kind)) fail(now().at, "`" + std::string(now().raw) + "` is a word of the language and cannot be a method");
          if (!is(Tok::name)) fail_here("the name of a method");
          const std::string method = take().text;
          if (!is(Tok::open_paren) && !is(Tok::string) && !is(Tok::open_brace)) fail_here("the arguments of `:" + method + "`");
          e = call(std::move(e), method, last().at.line);
          break;
        }
        case Tok::open_paren:
        case Tok::string:
        case Tok::open_brace: e = call(std::move(e), ""); break;
        default: return e;
      }
    }
  }

  Expr call(Expr callee, std::string method, int method_line = 0) {
    const Place at = callee.at;
    Call c{.callee = nullptr, .method = std::move(method), .method_line = method_line, .arguments = {}, .end_line = 0};
    if (is(Tok::string)) {
      const Token t = take();
      c.arguments.push_back(make(t.at, String{t.text}));
    } else if (is(Tok::open_brace)) {
      c.arguments.push_back(table());
    } else {
      // Lua 5.1 refuses this too: it could be the call of the line before or a new statement.
      if (now().at.line != last().at.line && now().is_first_on_line)
        fail(now().at,
             "this `(` could continue line " + std::to_string(last().at.line) +
                 " or begin a statement; put it on that line, or `;` before it");
      const Token opener = take();
      ++brackets_;
      if (!is(Tok::close_paren)) c.arguments = expressions("an argument");
      expect_closing(Tok::close_paren, opener, starts_expression(now().kind) ? "; is a `,` missing?" : "");
      --brackets_;
    }
    c.end_line = last().at.line;
    const int height = std::max(callee.height, tallest(c.arguments));
    c.callee = box(std::move(callee));
    return make(at, std::move(c), height);
  }

  Expr table() {
    const Token opener = take();
    ++brackets_;
    Table t;
    int height = 0;
    while (!is(Tok::close_brace)) {
      Field f;
      if (is(Tok::open_bracket)) {
        const Token bracket = take();
        f.key = box(expression("a key"));
        expect_closing(Tok::close_bracket, bracket);
        expect(Tok::assign, "and the value of the key");
      } else if (is(Tok::name) && next().kind == Tok::assign) {
        const Token name = take();
        f.key = box(make(name.at, String{name.text}));
        take();
      } else if (is_word(now().kind) && next().kind == Tok::assign) {
        fail(now().at, "`" + std::string(now().raw) + "` is a word of the language; write `[\"" + std::string(now().raw) + "\"] =`");
      } else if (is(Tok::string) && (next().kind == Tok::assign || next().kind == Tok::colon)) {
        fail(now().at, "a key that is a string is written `[" + std::string(now().raw.substr(0, 40)) + "] = ...`");
      }
      if (is(Tok::name) && next().kind == Tok::colon && tokens_[std::min(at_ + 2, tokens_.size() - 1)].kind != Tok::name)
        fail(next().at, "expected `=`, found `:`; a field is written `" + now().text + " = ...`");
      f.value = box(expression("a value"));
      height = std::max({height, f.value->height, f.key ? f.key->height : 0});
      t.fields.push_back(std::move(f));
      if (accept(Tok::comma) || accept(Tok::semicolon) || is(Tok::close_brace)) continue;
      // A field follows without a comma: the one fault that lists invite. Read on as if it were there.
      if (!starts_expression(now().kind) && !is(Tok::open_bracket)) expect_closing(Tok::close_brace, opener);
      report(now().at,
             "expected `,` or `}` in the table opened at line " + std::to_string(opener.at.line) + ", found " + found() +
                 "; is a `,` missing?");
    }
    t.end_line = now().at.line;
    take();
    --brackets_;
    return make(opener.at, std::move(t), height);
  }

  const Source& source_;
  Problems& problems_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  Tree tree_;
  std::vector<FunctionBody*> functions_;  // being read, outermost first
  int level_ = 0;                         // nested blocks and expressions
  int deepest_ = 0;                       // level reached since it was last reset
  int loops_ = 0;                         // around this statement, within its function
  int brackets_ = 0;                      // open around this statement
  Tok over_ = Tok::return_;               // what ended the block, for the message
  Place split_elseif_;                    // the first `else if` on one line
  Place suspect_;                         // the first block whose `end` stands left of its opening line
};

}  // namespace

ast::Tree parse(const Source& source, Problems& problems) { return Parser(source, problems).run(); }

}  // namespace footlight
