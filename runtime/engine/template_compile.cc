// Tree to program: names are resolved, fragments compiled in, and every tag is judged by where in the
// HTML it stands. A fragment is compiled once for each such place.
#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/limits.h"
#include "base/text.h"
#include "engine/template_program.h"

namespace footlight {
namespace {

using Expression = ExpressionSyntax;
using Node = TemplateNode;

constexpr std::string_view root_names[] = {"profile", "context", "request"};

// The helper's row, or nullptr.
const HelperRow* find_helper(std::string_view name) {
  const auto& rows = template_helpers();
  const auto row = std::lower_bound(rows.begin(), rows.end(), name, [](const HelperRow& a, std::string_view b) { return a.name < b; });
  return row != rows.end() && row->name == name ? &*row : nullptr;
}

// The names in a row's usage: `formatDate(value, pattern, zone, locale)`.
std::vector<std::string> parameter_names(const HelperRow& row) {
  std::vector<std::string> names;
  const auto open = row.usage.find('('), close = row.usage.rfind(')');
  for (const std::string_view part : split(row.usage.substr(open + 1, close - open - 1), ','))
    if (const std::string_view name = trim(part); !name.empty() && name != "…") names.emplace_back(name);
  return names;
}

struct Unit {  // a text being compiled: the template, or a fragment of it
  std::uint32_t source = 0;
  BodySyntax syntax;
  bool is_parsed = false;
};

// What names mean at one point of a unit.
struct Names {
  std::uint32_t source = 0;
  std::vector<const std::vector<std::string>*> params;  // frames, innermost last
  std::vector<std::string> variables;
};

struct CompiledFragment {
  std::uint32_t body = none;
  std::uint32_t variables = 0;
  int height = 0;  // blocks and fragments within each other
  HtmlState end;
};

class Compiler {
 public:
  Compiler(TemplateFormat format, const Fragments& fragments) : is_html_(format == TemplateFormat::html), fragments_(fragments) {}

  void compile(std::string_view text, std::string_view place) {
    program_->is_html = is_html_;
    Unit& unit = parse({}, text, place);
    if (!unit.is_parsed) return check_fragments(unit.syntax);
    Names names{.source = unit.source};
    HtmlState state;
    int height = 0;
    program_->root = compile_body(unit.syntax, names, state, 0, height);
    program_->variables = static_cast<std::uint32_t>(names.variables.size());
    if (problems_.empty()) collect(unit.syntax);
  }

  Problems problems_;
  std::shared_ptr<TemplateProgram> program_ = std::make_shared<TemplateProgram>();

 private:
  // ---- texts ----

  Unit& parse(const std::string& name, std::string_view text, std::string_view place) {
    Unit& unit = units_[name];
    unit.source = static_cast<std::uint32_t>(program_->sources.size());
    program_->sources.push_back({std::make_unique<const std::string>(text), Place(place)});
    if (text.size() > limits::template_bytes_max) {
      problems_.push_back(
          {Code::limit_exceeded, Place(place).at(1),
           "the text has " + std::to_string(text.size()) + " bytes; " + std::to_string(limits::template_bytes_max) + " are allowed"});
      return unit;
    }
    const std::size_t before = problems_.size();
    unit.syntax = parse_template(*program_->sources.back().text, program_->sources.back().place, problems_);
    unit.is_parsed = problems_.size() == before;
    return unit;
  }

  // Of a template that does not parse, at least the fragments that it names.
  void check_fragments(const BodySyntax& body) {
    for (const NodeSyntax& node : body) {
      if (node.kind == NodeSyntax::Kind::partial && !fragments_.contains(node.name)) unknown_fragment(node, units_[""].source);
      check_fragments(node.program);
      check_fragments(node.inverse);
    }
  }

  void unknown_fragment(const NodeSyntax& node, std::uint32_t source) {
    std::vector<std::string> known;
    for (const auto& [name, fragment] : fragments_) known.push_back(name);
    report(node, source, "names the fragment `" + node.name + "`, which does not exist" + did_you_mean(node.name, known),
           Code::unknown_fragment);
  }

  void report(const NodeSyntax& node, std::uint32_t source, const std::string& why, Code code = Code::bad_template) {
    Problem problem{code, program_->sources[source].place.at(node.line), quote_tag(node.tag) + ' ' + why};
    // A fragment that is compiled for two places has its faults once.
    if (std::find(problems_.begin(), problems_.end(), problem) == problems_.end()) problems_.push_back(std::move(problem));
  }

  // ---- bodies ----

  std::uint32_t compile_body(const BodySyntax& syntax, Names& names, HtmlState& state, int depth, int& height) {
    std::vector<Node> body;
    for (const NodeSyntax& node : syntax) {
      if (program_->tags.size() + program_->expressions.size() > limits::template_nodes_max) {
        if (!is_too_large_)
          report(node, names.source,
                 "is one of more than " + std::to_string(limits::template_nodes_max) +
                     " parts that the template has, its fragments counted in",
                 Code::limit_exceeded);
        is_too_large_ = true;
        break;
      }
      switch (node.kind) {
        case NodeSyntax::Kind::content: add_text(body, node.value, state); break;
        case NodeSyntax::Kind::comment: break;
        case NodeSyntax::Kind::output: add_output(body, node, names, state); break;
        case NodeSyntax::Kind::let: add_let(body, node, names); break;
        case NodeSyntax::Kind::partial: add_partial(body, node, names, state, depth, height); break;
        case NodeSyntax::Kind::block: add_block(body, node, names, state, depth, height); break;
      }
    }
    program_->bodies.push_back(std::move(body));
    return static_cast<std::uint32_t>(program_->bodies.size() - 1);
  }

  void add_text(std::vector<Node>& body, std::string_view text, HtmlState& state) {
    std::size_t from = 0;
    const auto add_until = [&](std::size_t till) {
      if (till > from) body.push_back({.kind = Node::Kind::text, .text = text.substr(from, till - from)});
      from = till;
    };
    if (is_html_) {
      for (const HtmlMark& mark : advance(state, text)) {
        add_until(mark.offset);
        body.push_back({.kind = mark.kind == HtmlMark::Kind::url_begins ? Node::Kind::url_begins
                            : mark.kind == HtmlMark::Kind::url_ends     ? Node::Kind::url_ends
                                                                        : Node::Kind::image_url_ends,
                        .tag = last_tag_});
      }
    }
    add_until(text.size());
    program_->constant_bytes += text.size();
  }

  std::uint32_t add_tag(const NodeSyntax& node, const Names& names) {
    program_->tags.push_back({.text = node.tag, .source = names.source, .line = node.line});
    return last_tag_ = static_cast<std::uint32_t>(program_->tags.size() - 1);
  }

  void add_output(std::vector<Node>& body, const NodeSyntax& syntax, Names& names, HtmlState& state) {
    Node node{.kind = Node::Kind::output, .tag = add_tag(syntax, names)};
    node.expression = compile_expression(syntax.expression, syntax, names);
    const bool is_json = syntax.expression.kind == Expression::Kind::call && syntax.expression.path.original == "json";
    if (is_html_ && syntax.is_raw) {
      if (state.is_type) state.is_dynamic = true;
    } else if (is_html_) {
      const Insertion verdict = insert(state, is_json);
      if (!verdict.refused.empty()) report(syntax, names.source, verdict.refused);
      node.write = verdict.landing == Landing::escaped ? Node::Write::escaped
          : verdict.landing == Landing::style          ? Node::Write::style
                                                       : Node::Write::raw;
    }
    body.push_back(node);
  }

  void add_let(std::vector<Node>& body, const NodeSyntax& syntax, Names& names) {
    Node node{.kind = Node::Kind::let, .tag = add_tag(syntax, names)};
    node.expression = compile_expression(syntax.expression, syntax, names);
    if (find_param(names, syntax.name))
      report(syntax, names.source, "sets `" + syntax.name + "`, which is a block parameter here; take another name");
    auto known = std::find(names.variables.begin(), names.variables.end(), syntax.name);
    if (known == names.variables.end()) known = names.variables.insert(known, syntax.name);
    node.slot = static_cast<std::uint32_t>(known - names.variables.begin());
    body.push_back(node);
  }

  // ---- fragments ----

  void add_partial(std::vector<Node>& body, const NodeSyntax& syntax, Names& names, HtmlState& state, int depth, int& height) {
    Node node{.kind = Node::Kind::partial, .has_hash = syntax.has_hash, .tag = add_tag(syntax, names), .text = syntax.indent};
    if (syntax.has_context) node.expression = compile_expression(syntax.expression, syntax, names);
    std::vector<TemplateProgram::HashEntry> hash;
    for (const auto& [name, value] : syntax.hash) hash.push_back({name, compile_expression(value, syntax, names)});
    node.first = static_cast<std::uint32_t>(program_->hash.size());
    node.count = static_cast<std::uint32_t>(hash.size());
    std::move(hash.begin(), hash.end(), std::back_inserter(program_->hash));
    const CompiledFragment* fragment = compile_fragment(syntax, names, state);
    if (!fragment) return;
    height = std::max(height, depth + 1 + fragment->height);
    if (height > limits::template_depth_max)
      report(syntax, names.source, "nests deeper than " + std::to_string(limits::template_depth_max) + " blocks and fragments",
             Code::limit_exceeded);
    node.body = fragment->body;
    node.slot = fragment->variables;
    state = fragment->end;
    body.push_back(node);
  }

  const CompiledFragment* compile_fragment(const NodeSyntax& call, const Names& names, const HtmlState& state) {
    const auto text = fragments_.find(call.name);
    if (text == fragments_.end()) {
      unknown_fragment(call, names.source);
      return nullptr;
    }
    if (std::find(including_.begin(), including_.end(), call.name) != including_.end()) {
      std::string circle;
      for (auto name = std::find(including_.begin(), including_.end(), call.name); name != including_.end(); ++name)
        circle += '`' + *name + "` → ";
      report(call, names.source, "includes a fragment in itself: " + circle + '`' + call.name + '`');
      return nullptr;
    }
    if (static_cast<int>(including_.size()) >= limits::template_depth_max) {
      report(call, names.source, "nests deeper than " + std::to_string(limits::template_depth_max) + " fragments", Code::limit_exceeded);
      return nullptr;
    }
    const auto key = std::make_pair(call.name, key_of(state));
    if (const auto done = compiled_.find(key); done != compiled_.end()) return &done->second;
    if (!units_.contains(call.name)) {
      const Fragment& fragment = text->second;
      parse(call.name, fragment.text, fragment.place.empty() ? "fragment `" + call.name + '`' : fragment.place);
    }
    const Unit& unit = units_.at(call.name);
    if (!unit.is_parsed) return nullptr;
    Names inside{.source = unit.source};
    CompiledFragment fragment{.end = state};
    const std::uint32_t outer_tag = last_tag_;
    including_.push_back(call.name);
    fragment.body = compile_body(unit.syntax, inside, fragment.end, 0, fragment.height);
    including_.pop_back();
    last_tag_ = outer_tag;
    fragment.variables = static_cast<std::uint32_t>(inside.variables.size());
    return &compiled_.emplace(key, std::move(fragment)).first->second;
  }

  std::string key_of(const HtmlState& state) const {
    if (!is_html_) return {};
    std::string key;
    for (const int field : {static_cast<int>(state.in), static_cast<int>(state.element), static_cast<int>(state.attribute),
                            int{state.is_closing}, int{state.is_type}, int{state.is_image}, int{state.is_dynamic}})
      key += static_cast<char>('a' + field);
    return key + state.word;
  }

  // ---- blocks ----

  void add_block(std::vector<Node>& body, const NodeSyntax& syntax, Names& names, HtmlState& state, int depth, int& height) {
    if (syntax.name == "raw") {  // its text, judged as any other
      for (const NodeSyntax& content : syntax.program) add_text(body, content.value, state);
      return;
    }
    if (++depth > limits::template_depth_max) {  // also reached through fragments, where parsing cannot see it
      report(syntax, names.source, "nests deeper than " + std::to_string(limits::template_depth_max) + " levels", Code::limit_exceeded);
      return;
    }
    height = std::max(height, depth);
    Node node{.tag = add_tag(syntax, names)};
    const Expression& head = syntax.expression;
    const bool is_builtin =
        !(head.path.is_simple() && find_param(names, head.path.parts[0])) && !head.path.is_data && head.path.is_simple();
    const std::string name = is_builtin ? head.path.parts[0] : std::string();
    const bool is_choice = name == "if" || name == "unless";
    std::size_t params_max = 2;
    if (is_choice || name == "each" || name == "with") {
      node.kind = is_choice ? Node::Kind::choice : name == "each" ? Node::Kind::each : Node::Kind::with;
      params_max = is_choice ? 0 : name == "each" ? 2 : 1;
      const std::size_t given = head.kind == Expression::Kind::call ? head.args.size() : 0;
      if (given != 1) report(syntax, names.source, "takes exactly one argument, not " + std::to_string(given));
      else node.expression = compile_expression(head.args[0], syntax, names);
      for (const auto& [key, value] : head.hash) {
        if (is_choice && key == "includeZero") node.include_zero = compile_expression(value, syntax, names);
        else report(syntax, names.source, "does not know `" + key + "=`" + (is_choice ? "; it knows `includeZero=`" : ""));
      }
    } else {
      node.kind = Node::Kind::section;
      node.expression = compile_expression(head, syntax, names);
    }
    if (syntax.block_params.size() > params_max)
      report(syntax, names.source,
             params_max == 0 ? std::string("hands over no block parameters")
                             : "hands over at most " + std::to_string(params_max) + " block parameters");
    node.params = static_cast<std::uint8_t>(std::min<std::size_t>(syntax.block_params.size(), params_max));

    const bool is_loop = node.kind == Node::Kind::each || node.kind == Node::Kind::section;
    const HtmlState start = state;
    HtmlState inverse_end = start;
    if (syntax.has_program) {
      if (node.params > 0) names.params.push_back(&syntax.block_params);
      node.body = compile_body(syntax.program, names, state, depth, height);
      if (node.params > 0) names.params.pop_back();
    }
    // The links of an `else if` chain stand on one level.
    if (syntax.has_inverse) {
      node.inverse = compile_body(syntax.inverse, names, inverse_end, syntax.is_chained ? depth - 1 : depth, height);
    }
    bool is_joined = true;
    if (is_loop && syntax.has_program) is_joined = join(state, start);
    is_joined = join(state, inverse_end) && is_joined;
    if (!is_joined && is_html_)
      report(syntax, names.source,
             is_loop && !syntax.has_inverse ? "ends elsewhere in the HTML than it begins; close inside what is opened inside"
                                            : "has branches that end in different places of the HTML; close in each what it opens");
    if (name == "unless") std::swap(node.body, node.inverse);
    body.push_back(node);
  }

  // ---- expressions ----

  static std::optional<std::pair<std::uint32_t, std::uint32_t>> find_param(const Names& names, const std::string& name) {
    for (std::size_t depth = 0; depth < names.params.size(); ++depth) {
      const std::vector<std::string>& frame = *names.params[names.params.size() - 1 - depth];
      const auto known = std::find(frame.begin(), frame.end(), name);
      if (known != frame.end()) return std::make_pair(static_cast<std::uint32_t>(depth), static_cast<std::uint32_t>(known - frame.begin()));
    }
    return std::nullopt;
  }

  std::uint32_t add(TemplateExpression expression) {
    program_->expressions.push_back(expression);
    return static_cast<std::uint32_t>(program_->expressions.size() - 1);
  }

  std::uint32_t add_literal(Value value) {
    program_->literals.push_back(std::move(value));
    return add({.kind = TemplateExpression::Kind::literal, .operand = static_cast<std::uint32_t>(program_->literals.size() - 1)});
  }

  std::uint32_t add_path(const PathSyntax& syntax, const Names& names) {
    TemplatePath path{.depth = static_cast<std::uint32_t>(syntax.depth), .parts = syntax.parts};
    const bool is_own = syntax.depth == 0 && !syntax.is_scoped() && !syntax.parts.empty();
    const auto param = is_own ? find_param(names, syntax.parts[0]) : std::nullopt;
    const auto variable =
        is_own && !syntax.is_data ? std::find(names.variables.begin(), names.variables.end(), syntax.parts[0]) : names.variables.end();
    if (param) {  // handlebars takes `@name` for a parameter too
      path.from = TemplatePath::From::param;
      path.depth = param->first;
      path.slot = param->second;
      path.parts.erase(path.parts.begin());
    } else if (variable != names.variables.end()) {
      path.from = TemplatePath::From::variable;
      path.slot = static_cast<std::uint32_t>(variable - names.variables.begin());
      path.may_be_name = true;
    } else if (syntax.is_data && !syntax.parts.empty()) {
      path.from = TemplatePath::From::data;
    } else {
      path.may_be_name = is_own;
      if (!path.parts.empty() && path.parts[0].empty()) path.parts.clear();  // `{{""}}` is `{{this}}`, in handlebars too
    }
    program_->paths.push_back(std::move(path));
    return static_cast<std::uint32_t>(program_->paths.size() - 1);
  }

  std::uint32_t compile_expression(const Expression& syntax, const NodeSyntax& node, Names& names) {
    switch (syntax.kind) {
      case Expression::Kind::literal: return add_literal(syntax.literal);
      case Expression::Kind::call: return compile_call(syntax, node, names);
      case Expression::Kind::path: {
        TemplateExpression expression{.kind = TemplateExpression::Kind::path, .operand = add_path(syntax.path, names)};
        if (syntax.path.is_simple() && !syntax.path.is_data && !find_param(names, syntax.path.parts[0])) {
          const std::string& name = syntax.path.parts[0];
          const HelperRow* const row = find_helper(name);
          if (row && row->min_args == 0) {
            expression.kind = TemplateExpression::Kind::field_or_call;
            expression.helper = static_cast<std::uint32_t>(row - template_helpers().data());
          }
          if (name == "if" || name == "unless" || name == "each" || name == "with" || name == "lookup" || name == "log")
            report(node, names.source, "lacks the arguments of `" + name + "`; a field of that name is `this." + name + "`");
        }
        return add(expression);
      }
      case Expression::Kind::list:
      case Expression::Kind::operation: {
        TemplateExpression expression{
            .kind = syntax.kind == Expression::Kind::list ? TemplateExpression::Kind::list : TemplateExpression::Kind::operation,
            .op = syntax.op};
        std::vector<std::uint32_t> args;
        for (const Expression& arg : syntax.args) args.push_back(compile_expression(arg, node, names));
        return add_with(expression, args);
      }
    }
    return none;
  }

  std::uint32_t add_with(TemplateExpression expression, const std::vector<std::uint32_t>& args) {
    expression.first = static_cast<std::uint32_t>(program_->arguments.size());
    expression.count = static_cast<std::uint32_t>(args.size());
    program_->arguments.insert(program_->arguments.end(), args.begin(), args.end());
    return add(expression);
  }

  std::uint32_t compile_call(const Expression& syntax, const NodeSyntax& node, Names& names) {
    const PathSyntax& callee = syntax.path;
    const std::string name = callee.original;
    if (callee.is_simple() && find_param(names, callee.parts[0])) {
      if (!syntax.args.empty() || !syntax.hash.empty())
        report(node, names.source, "hands arguments to `" + name + "`, which is a block parameter, not a helper");
      return add({.kind = TemplateExpression::Kind::path, .operand = add_path(callee, names)});
    }
    if (callee.is_data || !callee.is_simple()) {
      report(node, names.source, "hands arguments to `" + name + "`, which is a path, not a helper");
      return none;
    }
    if (name == "lookup") {
      if (syntax.args.size() != 2 || !syntax.hash.empty()) {
        report(node, names.source,
               "hands `lookup` " + std::to_string(syntax.args.size() + syntax.hash.size()) +
                   " arguments; it takes an object or list, and a key");
        return none;
      }
      const std::vector<std::uint32_t> args = {compile_expression(syntax.args[0], node, names),
                                               compile_expression(syntax.args[1], node, names)};
      return add_with({.kind = TemplateExpression::Kind::lookup}, args);
    }
    const HelperRow* const row = find_helper(name);
    if (!row) {
      report(node, names.source, "calls `" + name + "`, which is no helper" + hint_for(name));
      return none;
    }
    return compile_helper(syntax, *row, node, names);
  }

  static std::string hint_for(const std::string& name) {
    if (name == "if" || name == "unless" || name == "each" || name == "with")
      return " but a block: `{{#" + name + " …}}…{{/" + name + "}}`";
    if (name == "log") return "; templates write no logs";
    std::vector<std::string> known = {"lookup"};
    for (const HelperRow& row : template_helpers()) known.emplace_back(row.name);
    return did_you_mean(name, known);
  }

  std::uint32_t compile_helper(const Expression& syntax, const HelperRow& row, const NodeSyntax& node, Names& names) {
    std::vector<const Expression*> given;
    for (const Expression& arg : syntax.args) given.push_back(&arg);
    const std::vector<std::string> known = parameter_names(row);
    for (const auto& [key, value] : syntax.hash) {
      const auto position = static_cast<std::size_t>(std::find(known.begin(), known.end(), key) - known.begin());
      if (position == known.size() || row.max_args < 0) {
        report(node, names.source, "hands `" + key + "=` to `" + std::string(row.usage) + "`" + did_you_mean(key, known));
        continue;
      }
      if (given.size() <= position) given.resize(position + 1);
      if (given[position]) report(node, names.source, "hands `" + key + "` to `" + std::string(row.name) + "` twice");
      given[position] = &value;
    }
    const int count = static_cast<int>(given.size());
    if (count < row.min_args || (row.max_args >= 0 && count > row.max_args)) {
      const std::string least = std::to_string(row.min_args), most = std::to_string(row.max_args);
      report(node, names.source,
             "hands " + std::to_string(count) + " arguments to `" + std::string(row.usage) + "`, which takes " +
                 (row.max_args < 0    ? least + " or more"
                      : least == most ? least
                                      : least + " to " + most));
      return none;
    }
    std::vector<std::uint32_t> args;
    for (int i = 0; i < count; ++i) {
      const Expression* const arg = given[static_cast<std::size_t>(i)];
      if (!arg && i < row.min_args) {
        report(node, names.source, "lacks `" + known[static_cast<std::size_t>(i)] + "` of `" + std::string(row.usage) + "`");
        return none;
      }
      if (!arg) args.push_back(add_literal(Value()));
      else if (i == row.field_arg && names_a_field(*arg, names)) args.push_back(add_literal(Value(join(arg->path.parts, "."))));
      else args.push_back(compile_expression(*arg, node, names));
    }
    return add_with({.kind = TemplateExpression::Kind::call, .helper = static_cast<std::uint32_t>(&row - template_helpers().data())}, args);
  }

  // `sortBy(items, price)`: the name of a field of each item, not a value of this place.
  static bool names_a_field(const Expression& arg, const Names& names) {
    if (arg.kind != Expression::Kind::path || arg.path.is_data || arg.path.depth > 0 || arg.path.is_scoped() || arg.path.parts.empty())
      return false;
    const std::string& name = arg.path.parts[0];
    return !find_param(names, name) && std::find(names.variables.begin(), names.variables.end(), name) == names.variables.end();
  }

  static bool join(HtmlState& state, const HtmlState& other) { return footlight::join(state, other); }
  static std::string join(const std::vector<std::string>& parts, std::string_view separator) { return footlight::join(parts, separator); }

  // ---- used paths: what each context is, as a path off the profile, so far as the text tells ----

  using Known = std::optional<std::string>;
  struct Contexts {
    std::vector<Known> stack = {std::string()};  // innermost last
    std::vector<std::map<std::string, Known>> params;
    std::set<std::string> masked;  // variables, and a fragment's hash
  };

  void collect(const BodySyntax& root) {
    Contexts contexts;
    collect(root, contexts);
    program_->used_paths.assign(used_.begin(), used_.end());
  }

  void collect(const BodySyntax& body, Contexts& contexts) {
    for (const NodeSyntax& node : body) {
      if (++collected_ > limits::template_nodes_max) return;
      switch (node.kind) {
        case NodeSyntax::Kind::content:
        case NodeSyntax::Kind::comment: break;
        case NodeSyntax::Kind::output: collect(node.expression, contexts); break;
        case NodeSyntax::Kind::let:
          collect(node.expression, contexts);
          contexts.masked.insert(node.name);
          break;
        case NodeSyntax::Kind::partial: collect_partial(node, contexts); break;
        case NodeSyntax::Kind::block: collect_block(node, contexts); break;
      }
    }
  }

  void collect_partial(const NodeSyntax& node, Contexts& contexts) {
    Known context = contexts.stack.back();
    if (node.has_context) {
      collect(node.expression, contexts);
      context = known_path(node.expression, contexts);
    }
    Contexts inside{.stack = {context}};
    for (const auto& [name, value] : node.hash) {
      collect(value, contexts);
      inside.masked.insert(name);
    }
    if (const auto unit = units_.find(node.name); unit != units_.end()) collect(unit->second.syntax, inside);
  }

  void collect_block(const NodeSyntax& node, Contexts& contexts) {
    const Expression& head = node.expression;
    const bool is_call = head.kind == Expression::Kind::call;
    const std::string& name = head.path.original;
    if (is_call && !find_known_param(name, contexts)) {
      for (const Expression& arg : head.args) collect(arg, contexts);
      for (const auto& [key, value] : head.hash) collect(value, contexts);
    } else {
      collect(head, contexts);
    }
    const bool keeps = is_call && (name == "if" || name == "unless");
    const Known inner = is_call && name == "with" && head.args.size() == 1 ? known_path(head.args[0], contexts) : Known();
    BodySyntax const* pushed = &node.program;
    if (!keeps) contexts.stack.push_back(inner);
    std::map<std::string, Known> params;
    for (const std::string& param : node.block_params) params[param] = Known();
    if (inner && !node.block_params.empty()) params[node.block_params[0]] = inner;
    contexts.params.push_back(std::move(params));
    collect(*pushed, contexts);
    contexts.params.pop_back();
    if (!keeps) contexts.stack.pop_back();
    collect(node.inverse, contexts);
  }

  void collect(const Expression& expression, const Contexts& contexts) {
    if (expression.kind == Expression::Kind::path) {
      if (const Known path = known_path(expression, contexts); path && !path->empty() && used_.size() < limits::attributes_max)
        used_.insert(*path);
      return;
    }
    const HelperRow* const row = expression.kind == Expression::Kind::call ? find_helper(expression.path.original) : nullptr;
    for (std::size_t i = 0; i < expression.args.size(); ++i)
      if (!row || row->field_arg != static_cast<int>(i)) collect(expression.args[i], contexts);
    for (const auto& [key, value] : expression.hash) collect(value, contexts);
  }

  static const Known* find_known_param(const std::string& name, const Contexts& contexts) {
    for (auto frame = contexts.params.rbegin(); frame != contexts.params.rend(); ++frame)
      if (const auto known = frame->find(name); known != frame->end()) return &known->second;
    return nullptr;
  }

  static Known known_path(const Expression& expression, const Contexts& contexts) {
    if (expression.kind != Expression::Kind::path) return std::nullopt;
    const PathSyntax& path = expression.path;
    std::size_t first = 0;
    Known base;
    const bool is_own = path.depth == 0 && !path.is_scoped() && !path.is_data && !path.parts.empty();
    if (path.is_data) {
      if (path.parts.empty() || path.parts[0] != "root") return std::nullopt;
      base = "";
      first = 1;
    } else if (const Known* param = is_own ? find_known_param(path.parts[0], contexts) : nullptr) {
      base = *param;
      first = 1;
    } else {
      if (is_own && contexts.masked.contains(path.parts[0])) return std::nullopt;
      if (is_own && (path.parts[0] == "context" || path.parts[0] == "request" || path.parts[0] == "now")) return std::nullopt;
      const auto depth = static_cast<std::size_t>(path.depth);
      if (depth >= contexts.stack.size()) return std::nullopt;
      base = contexts.stack[contexts.stack.size() - 1 - depth];
      if (is_own && path.parts[0] == "profile") {
        base = "";
        first = 1;
      }
    }
    if (!base) return std::nullopt;
    for (std::size_t i = first; i < path.parts.size(); ++i) {
      const std::string& part = path.parts[i];
      if (part == "length" || part.find_first_not_of("0123456789") == std::string::npos) break;  // of a list or text
      if (!base->empty()) *base += '.';
      *base += part;
    }
    return base;
  }

  const bool is_html_;
  const Fragments& fragments_;
  std::map<std::string, Unit> units_;  // by fragment; the template itself is ""
  std::map<std::pair<std::string, std::string>, CompiledFragment> compiled_;
  std::vector<std::string> including_;
  std::set<std::string> used_;
  std::uint32_t last_tag_ = none;
  std::size_t collected_ = 0;
  bool is_too_large_ = false;
};

}  // namespace

Result<Template> compile_template(std::string_view text, TemplateFormat format, const Fragments& fragments, std::string_view place) {
  Compiler compiler(format, fragments);
  compiler.compile(text, place);
  if (compiler.problems_.empty()) return Template(std::move(compiler.program_));
  Problems problems = std::move(compiler.problems_);
  const Code code = problems.size() == 1 ? problems.front().code : Code::bad_template;
  const std::string count = problems.size() == 1 ? "a problem" : std::to_string(problems.size()) + " problems";
  return refuse(code, std::move(problems), "the template has " + count);
}

std::vector<std::string> used_paths(const Template& compiled) { return compiled.program().used_paths; }

}  // namespace footlight
