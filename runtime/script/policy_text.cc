#include "script/policy_text.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/limits.h"
#include "base/text.h"
#include "script/print.h"
#include "script/walk.h"

namespace footlight {
namespace {

using namespace ast;
using Kind = CapturedThing::Kind;

// What a function does with one of the variables that it captured: which members it reads, or that it takes the whole.
class UseOf {
 public:
  explicit UseOf(int declaration) : declaration_(declaration) {}

  TableUse in(const FunctionBody& body) {
    block(body.body);
    return std::move(use_);
  }

 private:
  void block(const Block& b) {
    for (const Stat& s : b.statements)
      each_part(
          s, [&](const Expr& e) { expression(e); }, [&](const Block& inner) { block(inner); },
          [&](const FunctionBody& function) { block(function.body); });
  }

  void expression(const Expr& e) {
    if (is_it(e)) {
      use_.is_whole = true;
      return;
    }
    std::vector<std::string> members;
    if (chain(e, members)) {
      TableUse* at = &use_;
      for (const std::string& member : members) at = &at->members[member];
      at->is_whole = true;  // the member itself, whatever is done with it
      return;
    }
    each_part(
        e, [&](const Expr& part) { expression(part); }, [&](const FunctionBody& function) { block(function.body); });
  }

  bool is_it(const Expr& e) const {
    const auto* name = std::get_if<Name>(&e.node);
    return name && name->declaration == declaration_;
  }

  // `pricing.rates.gold` as `rates`, `gold`.
  bool chain(const Expr& e, std::vector<std::string>& members) const {
    const auto* index = std::get_if<Index>(&e.node);
    const auto* key = index ? std::get_if<String>(&index->key->node) : nullptr;
    if (!key || !(is_it(*index->object) || chain(*index->object, members))) return false;
    members.push_back(key->value);
    return true;
  }

  const int declaration_;
  TableUse use_;
};

// The functions and the nodes of a body in the order of the text.
struct Contents {
  std::vector<Place> places;

  void function(const FunctionBody& body) {
    places.push_back(body.at);
    block(body.body);
  }
  void block(const Block& b) {
    for (const Stat& s : b.statements) {
      places.push_back(s.at);
      each_part(
          s, [&](const Expr& e) { expression(e); }, [&](const Block& inner) { block(inner); },
          [&](const FunctionBody& body) { function(body); });
    }
  }
  void expression(const Expr& e) {
    places.push_back(e.at);
    each_part(
        e, [&](const Expr& part) { expression(part); }, [&](const FunctionBody& body) { function(body); });
  }
};

class Writer {
 public:
  Writer(const Captures& captures, const std::vector<const Chunk*>& chunks) : captures_(captures), chunks_(chunks) {
    for (const CapturedVariable& variable : captures.variables) variables_.push_back({variable.name, variable.holds});
  }

  Status write() {
    names_that_are_taken();
    count_holders();
    root_ = {.kind = Kind::function, .index = 0};
    const int home = home_of(root_);
    if (home >= 0) visit_variable(home);
    else visit(root_, -1);
    if (!problem_) rename();
    // Those that are used before they can be there.
    for (const int variable : order_)
      if (is_early(variable)) line("local " + name(variable) + (variables_[at(variable)].holds.kind == Kind::table ? " = {}" : ""));
    for (const int variable : order_) {
      if (problem_) break;
      const Variable& it = variables_[at(variable)];
      if (!is_early(variable)) line("local " + name(variable) + " = " + expression(it.holds, variable));
      else if (it.holds.kind != Kind::table) line(name(variable) + " = " + expression(it.holds, variable));
      else
        for (const CapturedMember& member : captures_.tables[at(it.holds.index)].members)
          line(name(variable) + "[" + key(member.key) + "] = " + expression(member.holds, -1));
    }
    line("return " + (home >= 0 ? name(home) : expression(root_, -1)));
    if (problem_) return *problem_;
    return Done{};
  }

  std::string take_text() { return std::move(text_); }
  std::vector<std::pair<int, int>> take_functions() { return std::move(written_); }  // chunk and id

 private:
  struct Variable {
    std::string name;
    CapturedThing holds;
    bool is_open = false, is_done = false, is_early = false;
    std::string written;  // its name in the text
  };

  static std::size_t at(int index) { return static_cast<std::size_t>(index); }
  const FunctionInfo& info(const CapturedFunction& function) const { return chunks_[at(function.chunk)]->functions[at(function.id)]; }
  bool is_early(int variable) const { return variables_[at(variable)].is_early; }
  const std::string& name(int variable) const { return variables_[at(variable)].written; }

  void fail(Code code, const std::string& why) {
    if (!problem_) problem_ = refuse(code, why);
  }

  // ---- who holds what: a table or function that several hold is written where one variable holds it

  void count_holders() {
    hold({.kind = Kind::function, .index = 0});
    for (std::size_t i = 0; i < captures_.variables.size(); ++i) {
      const CapturedThing& holds = captures_.variables[i].holds;
      hold(holds);
      if (holds.kind == Kind::table || holds.kind == Kind::function) homes_.try_emplace(key_of(holds), static_cast<int>(i));
    }
    for (const CapturedTable& table : captures_.tables)
      for (const CapturedMember& member : table.members) hold(member.holds);
    // Members of several tables that no variable holds get one.
    for (const CapturedTable& table : captures_.tables)
      for (const CapturedMember& member : table.members)
        if (holders_[key_of(member.holds)] > 1 && homes_.try_emplace(key_of(member.holds), static_cast<int>(variables_.size())).second)
          variables_.push_back(
              {member.key.is_string() && lua_text::is_name(member.key.string()) ? member.key.string() : "shared", member.holds});
  }
  static std::pair<int, int> key_of(const CapturedThing& thing) { return {static_cast<int>(thing.kind), thing.index}; }
  void hold(const CapturedThing& thing) {
    if (thing.kind == Kind::table || thing.kind == Kind::function) ++holders_[key_of(thing)];
  }
  // The variable where it is written, -1 where it is written in place.
  int home_of(const CapturedThing& thing) const {
    if (thing.kind != Kind::table && thing.kind != Kind::function) return -1;
    const auto found = homes_.find(key_of(thing));
    return found == homes_.end() ? -1 : found->second;
  }

  // ---- the order: what a variable needs stands before it, or it is there early and filled in later

  void visit_variable(int index) {
    Variable& variable = variables_[at(index)];
    if (variable.is_open) variable.is_early = true;
    if (variable.is_open || variable.is_done) return;
    variable.is_open = true;
    visit(variable.holds, index);
    variables_[at(index)].is_open = false;
    variables_[at(index)].is_done = true;
    order_.push_back(index);
  }

  void visit(const CapturedThing& thing, int holder) {
    if (const int home = home_of(thing); home >= 0 && home != holder) return visit_variable(home);
    if (thing.kind == Kind::function) {
      for (const int variable : captures_.functions[at(thing.index)].variables) visit_variable(variable);
    } else if (thing.kind == Kind::table) {
      // Whatever holds itself is held by several, so that it has a variable and this ends.
      for (const CapturedMember& member : captures_.tables[at(thing.index)].members) visit(member.holds, -1);
    }
  }

  // ---- names: each its own, and none that a function means otherwise

  void names_that_are_taken() {
    taken_ = {"math", "null", "array"};
    std::set<int> chunks;
    for (const CapturedFunction& function : captures_.functions) {
      const std::set<std::string>& globals = info(function).globals;
      taken_.insert(globals.begin(), globals.end());
      if (!chunks.insert(function.chunk).second) continue;
      for (const auto& local : chunks_[at(function.chunk)]->ast.locals) inner_.insert(local.name);
    }
    const auto standard = [&](const CapturedThing& thing) {
      if (thing.kind == Kind::standard) taken_.insert(thing.name.substr(0, thing.name.find('.')));
    };
    for (const CapturedVariable& variable : captures_.variables) standard(variable.holds);
    for (const CapturedTable& table : captures_.tables)
      for (const CapturedMember& member : table.members) standard(member.holds);
  }

  void rename() {
    for (const int index : order_) {
      Variable& variable = variables_[at(index)];
      variable.written = variable.name;
      for (int n = 2; !taken_.insert(variable.written).second || (n > 2 && inner_.contains(variable.written)); ++n)
        variable.written = variable.name + "_" + std::to_string(n);
    }
  }

  // ---- the text

  void line(const std::string& text) {
    text_ += text + "\n";
    bytes_ += text.size();
    check_size();
  }
  void check_size() {
    if (bytes_ > limits::script_bytes_max)
      fail(Code::too_large,
           "with what it uses the policy has more than " + std::to_string(limits::script_bytes_max) +
               " bytes; let it use less of its modules");
  }

  // `holder` is the variable that it is written for, -1 for none.
  std::string expression(const CapturedThing& thing, int holder) {
    if (problem_) return "nil";
    if (const int home = home_of(thing); home >= 0 && home != holder) return name(home);
    switch (thing.kind) {
      case Kind::value: return literal(thing.value);
      case Kind::standard: return thing.name;
      case Kind::function: return function(captures_.functions[at(thing.index)]);
      case Kind::table: return table(captures_.tables[at(thing.index)]);
    }
    return "nil";
  }

  std::string function(const CapturedFunction& function) {
    const FunctionInfo& about = info(function);
    std::map<int, std::string> renamed;
    for (const int index : function.variables)
      if (const Variable& variable = variables_[at(index)]; variable.written != captures_.variables[at(index)].name)
        for (const Capture& capture : about.captures)
          if (capture.name == captures_.variables[at(index)].name) renamed[capture.declaration] = variable.written;
    std::string text = renamed.empty() ? about.source : print(*about.body, renamed);
    bytes_ += text.size();
    check_size();
    const auto& all = chunks_[at(function.chunk)]->ast.functions;
    const auto is_within = [&](int id) {
      while (id > about.id) id = all[at(id)]->parent;
      return id == about.id;
    };
    for (int id = about.id; id < static_cast<int>(all.size()) && is_within(id); ++id) written_.emplace_back(function.chunk, id);
    return text;
  }

  std::string table(const CapturedTable& table) {
    if (table.members.empty()) return table.is_list ? "array {}" : "{}";
    std::string text = "{";
    double next = 1;
    for (const CapturedMember& member : table.members) {
      if (member.key.is_number() && member.key.number() == next) ++next;
      else text += "[" + key(member.key) + "] = ";
      text += expression(member.holds, -1) + ", ";
      if (text.size() > limits::script_bytes_max) bytes_ += text.size();
      check_size();
      if (problem_) break;
    }
    return text + "}";
  }

  static std::string key(const Value& value) { return literal(value); }

  static std::string literal(const Value& value) {
    if (value.is_boolean()) return value.boolean() ? "true" : "false";
    if (value.is_string()) return lua_text::quoted(value.string());
    if (!value.is_number()) return "nil";
    const double number = value.number();
    if (std::isnan(number)) return "(0 / 0)";
    const std::string text = std::isinf(number) ? "math.huge" : lua_text::number(std::abs(number));
    return std::signbit(number) ? "-" + text : text;
  }

  const Captures& captures_;
  const std::vector<const Chunk*>& chunks_;
  std::vector<Variable> variables_;  // those of the captures, then those that we made
  std::map<std::pair<int, int>, int> holders_, homes_;
  CapturedThing root_;
  std::vector<int> order_;
  std::set<std::string> taken_, inner_;
  std::optional<Error> problem_;
  std::string text_;
  std::size_t bytes_ = 0;
  std::vector<std::pair<int, int>> written_;
};

// A member that is not there: of a module that is a slip, of another table it is nil.
std::optional<Error> missing_member(const Captures& captures, const std::vector<const Chunk*>& chunks) {
  for (const MissingMember& missing : captures.missing) {
    const Chunk& chunk = *chunks[static_cast<std::size_t>(missing.chunk)];
    for (const Capture& capture : chunk.functions[static_cast<std::size_t>(missing.id)].captures) {
      if (capture.name != missing.variable) continue;
      const Expr* initial = chunk.ast.locals[static_cast<std::size_t>(capture.declaration)].initial;
      const std::string module = initial ? required_module(*initial) : "";
      if (!module.empty())
        return refuse(Code::undefined_name,
                      "`" + missing.variable + "." + missing.member + "`: the module `" + module + "` gives no `" + missing.member + "`" +
                          did_you_mean(missing.member.substr(missing.member.rfind('.') + 1), missing.known));
    }
  }
  return {};
}

// Of each function in the text, node by node.
void note_places(const Chunk& policy, const std::vector<std::pair<int, int>>& written, const std::vector<const Chunk*>& chunks,
                 PolicyText& text) {
  std::vector<std::string> lines;  // by line of the text, counted from 1
  const auto note = [&](Place here, const std::string& place) {
    const auto line = static_cast<std::size_t>(here.line);
    if (lines.size() <= line) lines.resize(line + 1);
    if (lines[line].empty()) lines[line] = place;
    else if (lines[line] != place) text.places.emplace(std::to_string(here.line) + ":" + std::to_string(here.column), place);
  };
  int last_line = 0;
  for (std::size_t i = 0; i < policy.functions.size() && i < written.size(); ++i) {
    const FunctionBody& body = *policy.functions[i].body;
    last_line = std::max(last_line, body.end_line);
    if (body.parent >= 0) continue;  // seen with the one around it
    const Chunk& chunk = *chunks[static_cast<std::size_t>(written[i].first)];
    Contents here, there;
    here.function(body);
    there.function(*chunk.functions[static_cast<std::size_t>(written[i].second)].body);
    for (std::size_t n = 0; n < here.places.size() && here.places.size() == there.places.size(); ++n)
      note(here.places[n], chunk.name + ":" + std::to_string(there.places[n].line));
  }
  for (std::size_t line = 1; line < lines.size(); ++line)
    if (!lines[line].empty()) text.places.emplace(std::to_string(line), lines[line]);
}

}  // namespace

std::string required_module(const ast::Expr& expression) {
  const auto* call = std::get_if<Call>(&expression.node);
  const auto* word = call ? std::get_if<Name>(&call->callee->node) : nullptr;
  if (!word || word->reach != Reach::global || word->text != "require" || call->arguments.size() != 1 || !call->method.empty()) return {};
  const auto* name = std::get_if<String>(&call->arguments[0].node);
  return name ? name->value : std::string();
}

Result<PolicyText> write_policy(Vm& vm, const FoundFunction& function, const std::vector<const Chunk*>& chunks, const Environment& known) {
  if (function.chunk < 0 || function.id < 0 || !chunks[static_cast<std::size_t>(function.chunk)])
    return refuse(Code::bad_result, "a function of the runtime cannot be a policy; write `function(p) … end`");
  const auto use = [&](int chunk, int id, const std::string& variable) {
    const FunctionInfo& info = chunks[static_cast<std::size_t>(chunk)]->functions[static_cast<std::size_t>(id)];
    for (const Capture& capture : info.captures)
      if (capture.name == variable) return UseOf(capture.declaration).in(*info.body);
    return TableUse{.is_whole = true};
  };
  auto captures = vm.captured(function.ref, known, use);
  if (!captures) return captures.error();
  if (auto missing = missing_member(*captures, chunks)) return std::move(*missing);
  Writer writer(*captures, chunks);
  if (auto written = writer.write(); !written) return written.error();
  // Through the reader, so that the policy has the one canonical form and is known to parse.
  auto draft = read_chunk(writer.take_text(), "policy", Mode::policy);
  if (!draft) return draft.error();
  PolicyText text{.lua = print(draft->ast), .places = {}, .functions = {}};
  auto policy = read_chunk(text.lua, "policy", Mode::policy);
  if (!policy) return policy.error();
  const auto functions = writer.take_functions();
  for (const auto& [chunk, id] : functions) text.functions.push_back({chunks[static_cast<std::size_t>(chunk)]->name, id});
  note_places(*policy, functions, chunks, text);
  return text;
}

}  // namespace footlight
