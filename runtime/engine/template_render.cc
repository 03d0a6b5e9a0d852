// Rendering: one walk over the program, appending to one string.
//
// Values are never copied on the way: an Operand points into the input, the program or the arena of
// this rendering, all of which outlive it, or owns what was just computed. Contexts, data frames and
// block parameters are frames on the C++ stack, linked outwards; their depth is bounded when compiling.
// The first failure is kept and everything after it does nothing.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <forward_list>
#include <optional>

#include "base/limits.h"
#include "engine/letters.h"
#include "engine/template_program.h"

namespace footlight {
namespace {

using Node = TemplateNode;
using Expr = TemplateExpression;
using Kind = Value::Kind;

const Value null_value;
const Value empty_object{Object{}};  // `this` of a helper that is called where the context is null

class Operand {
 public:
  Operand() : at_(&null_value) {}
  Operand(const Value* outlives) : at_(outlives ? outlives : &null_value) {}
  Operand(Value computed) : at_(nullptr), own_(std::move(computed)) {}

  const Value& operator*() const { return at_ ? *at_ : own_; }
  const Value* operator->() const { return &**this; }
  bool is_owned() const { return at_ == nullptr; }
  Value take() { return at_ ? *at_ : std::move(own_); }

 private:
  const Value* at_;  // nullptr: own_
  Value own_;
};

// The hash arguments of a fragment, in front of the members of its context. Most fragments only read
// single members; the two are merged where the context is wanted as a whole.
struct Overlay {
  Object members;
  mutable const Value* merged = nullptr;
};
struct Context {
  const Value* value = &null_value;
  const Overlay* hash = nullptr;

  const void* identity() const {
    return !hash ? static_cast<const void*>(value) : hash->merged ? static_cast<const void*>(hash->merged) : hash;
  }
};
struct Depth {
  Context context;
  const Depth* outer = nullptr;
};
struct Data {  // of one `each`
  const Value* key = &null_value;
  std::size_t index = 0;
  bool is_first = false, is_last = false;
  const Data* outer = nullptr;
};
struct Params {
  std::array<const Value*, 2> values = {&null_value, &null_value};
  const Params* outer = nullptr;
};
struct Scope {
  Context current;
  const Depth* depths;
  const Data* data;
  const Params* params;
  std::vector<const Value*>* variables;  // nullptr elements: not set yet
};

// ---- values as JavaScript has them ----

void append_text(std::string& out, const Value& value) {
  switch (value.kind()) {
    case Kind::null: return;
    case Kind::boolean: out += value.boolean() ? "true" : "false"; return;
    case Kind::number: append_number(out, value.number()); return;
    case Kind::string: out += value.string(); return;
    case Kind::object: out += "[object Object]"; return;
    case Kind::array:
      for (const Value& item : value.array()) {
        if (&item != value.array().data()) out += ',';
        append_text(out, item);
      }
      return;
  }
}

bool is_falsy(const Value& value) {
  switch (value.kind()) {
    case Kind::null: return true;
    case Kind::boolean: return !value.boolean();
    case Kind::number: return value.number() == 0;
    case Kind::string: return value.string().empty();
    default: return false;
  }
}
bool is_empty(const Value& value) {  // as `#if` and `#with` see it: 0 is something
  if (value.is_array()) return value.array().empty();
  return !value.is_number() && is_falsy(value);
}
bool is_true(const Value& value) { return !is_falsy(value) && !is_empty(value); }

double as_number(const Value& value) {  // JavaScript's Number(), for comparing contexts
  if (value.is_number()) return value.number();
  if (value.is_boolean()) return value.boolean() ? 1 : 0;
  std::string text;
  append_text(text, value);
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty()) return 0;
  return read.ec == std::errc() && read.ptr == text.data() + text.size() ? number : std::nan("");
}

// JavaScript's ==: handlebars opens a new level for `../` only where the context differs by it.
bool is_same(const Context& a, const Context& b) {
  if (a.identity() == b.identity()) return true;
  if (a.hash || b.hash) return false;
  if (a.value == &empty_object && b.value->is_null()) return true;
  const auto is_compound = [](const Value& value) { return value.is_object() || value.is_array(); };
  if (is_compound(*a.value) && is_compound(*b.value)) return false;
  if (a.value->is_null() || b.value->is_null()) return a.value->is_null() && b.value->is_null();
  if (a.value->kind() == b.value->kind()) return *a.value == *b.value;
  if (is_compound(*a.value) || is_compound(*b.value)) {
    const Value& primitive = is_compound(*a.value) ? *b.value : *a.value;
    if (primitive.is_string()) {
      std::string text;
      append_text(text, is_compound(*a.value) ? *a.value : *b.value);
      return text == primitive.string();
    }
  }
  return as_number(*a.value) == as_number(*b.value);
}

std::optional<std::size_t> index_of(std::string_view name) {
  std::size_t index = 0;
  const auto read = std::from_chars(name.data(), name.data() + name.size(), index);
  if (read.ec != std::errc() || read.ptr != name.data() + name.size()) return std::nullopt;
  if (name.size() > 1 && name[0] == '0') return std::nullopt;
  return index;
}

Operand member(const Value& of, std::string_view name) {
  switch (of.kind()) {
    case Kind::object: return of.find(name);
    case Kind::array:
      if (name == "length") return Value(static_cast<double>(of.array().size()));
      if (const auto index = index_of(name); index && *index < of.array().size()) return &of.array()[*index];
      return {};
    case Kind::string:
      if (name == "length") return Value(static_cast<double>(utf16_length(of.string())));
      if (const auto index = index_of(name)) {
        if (auto unit = utf16_unit(of.string(), *index)) return Value(std::move(*unit));
      }
      return {};
    default: return {};
  }
}

// A member of something computed must not outlive it.
Operand member_of(const Operand& of, std::string_view name) {
  Operand found = member(*of, name);
  return of.is_owned() && !found.is_owned() ? Operand(Value(*found)) : found;
}

std::string_view escape_of(char c) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#x27;";
    case '`': return "&#x60;";
    case '=': return "&#x3D;";
    default: return {};
  }
}
constexpr auto needs_escape = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("&<>\"'`=")) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

// What a value costs to make, in steps: computing is cheap, copying long texts in a loop is not.
std::size_t weight_of(const Value& value) {
  constexpr std::size_t bytes_per_step = 64;
  switch (value.kind()) {
    case Kind::string: return 1 + value.string().size() / bytes_per_step;
    case Kind::array: {
      std::size_t weight = 1;
      for (const Value& item : value.array()) weight += weight_of(item);
      return weight;
    }
    case Kind::object: {
      std::size_t weight = 1;
      for (const auto& [key, item] : value.object()) weight += weight_of(item);
      return weight;
    }
    default: return 1;
  }
}

class Renderer {
 public:
  Renderer(const TemplateProgram& program, const RenderInput& input, RenderBudget& budget, std::string& out)
      : program_(program), input_(input), budget_(budget), out_(out), begin_(out.size()) {}

  void run() {
    std::vector<const Value*> variables(program_.variables, nullptr);
    const Depth depth{root()};
    const Data data;
    render_body(program_.root, Scope{root(), &depth, &data, nullptr, &variables});
    budget_.bytes += out_.size() - begin_;
  }

  Operand evaluate_alone(std::uint32_t expression) {
    std::vector<const Value*> variables(program_.variables, nullptr);
    const Depth depth{root()};
    const Data data;
    tag_ = 0;
    Operand value = evaluate(expression, Scope{root(), &depth, &data, nullptr, &variables});
    step(weight_of(*value));
    return value;
  }

  std::optional<Error> failure_;

 private:
  Context root() const { return {input_.profile ? input_.profile : &null_value}; }

  // ---- failing, and the bounds ----

  bool has_failed() const { return failure_.has_value(); }

  void fail(Code code, const std::string& why) {
    if (failure_) return;
    if (tag_ == none) {  // nothing but constant text yet
      failure_ = refuse(code, program_.sources.front().place.at(1) + ": the template " + why);
      return;
    }
    const TemplateTag& tag = program_.tags[tag_];
    Problem problem{code, program_.place_of(tag), quote_tag(tag.text) + ' ' + why};
    std::string message = problem.place + ": " + problem.message;
    failure_ = refuse(code, Problems{std::move(problem)}, std::move(message));
  }

  bool step(std::size_t steps = 1) {
    if ((budget_.steps += steps) <= limits::template_steps_max) return true;
    fail(Code::limit_exceeded,
         "is where the rendering passes " + std::to_string(limits::template_steps_max) + " steps; loop over fewer items");
    return false;
  }

  void put(std::string_view text) {
    if (budget_.bytes + out_.size() - begin_ + text.size() > limits::template_output_bytes_max) return too_long();
    out_ += text;
  }
  void check_length() {
    if (budget_.bytes + out_.size() - begin_ > limits::template_output_bytes_max) too_long();
  }
  void too_long() {
    fail(Code::limit_exceeded, "is where the output passes " + std::to_string(limits::template_output_bytes_max) + " bytes");
  }

  const Value* keep(Value value) { return &arena_.emplace_front(std::move(value)); }
  const Value* keep(Operand operand) { return operand.is_owned() ? keep(operand.take()) : &*operand; }

  // ---- nodes ----

  void render_body(std::uint32_t body, const Scope& scope) {
    if (body == none) return;
    for (const Node& node : program_.bodies[body]) {
      if (has_failed() || !step()) return;
      if (node.kind == Node::Kind::text) {
        put(node.text);
        continue;
      }
      if (node.tag != none) tag_ = node.tag;
      render_node(node, scope);
    }
  }

  void render_node(const Node& node, const Scope& scope) {
    switch (node.kind) {
      case Node::Kind::text: return;
      case Node::Kind::output: return write(node.write, *evaluate(node.expression, scope));
      case Node::Kind::choice: return render_choice(node, scope);
      case Node::Kind::each: {
        const Operand list = evaluate(node.expression, scope);
        if (!has_failed()) render_each(node, keep(list), scope);
        return;
      }
      case Node::Kind::with: {
        Operand value = evaluate(node.expression, scope);
        if (has_failed()) return;
        if (is_empty(*value)) return enter(node.inverse, own_context(scope), scope, scope.data);
        return enter_with(node, keep(std::move(value)), scope);
      }
      case Node::Kind::section: return render_section(node, scope);
      case Node::Kind::partial: return render_partial(node, scope);
      case Node::Kind::let: {
        Operand value = evaluate(node.expression, scope);
        if (!has_failed()) (*scope.variables)[node.slot] = keep(std::move(value));
        return;
      }
      case Node::Kind::url_begins: url_begin_ = out_.size(); return;
      case Node::Kind::url_ends:
      case Node::Kind::image_url_ends: {
        const std::string_view url = std::string_view(out_).substr(std::min(url_begin_, out_.size()));
        if (is_dangerous_url(url, node.kind == Node::Kind::image_url_ends))
          fail(Code::template_failed,
               "makes the address `" + std::string(url.substr(0, url.find(':') + 1)) +
                   "…`, which is code or a document of its own; addresses of that kind are not rendered");
        return;
      }
    }
  }

  void write(Node::Write how, const Value& value) {
    if (has_failed()) return;
    if (how == Node::Write::raw) {
      append_text(out_, value);
      return check_length();
    }
    if (value.is_string()) return write_text(how, value.string());
    std::string text;
    append_text(text, value);
    write_text(how, text);
  }

  void write_text(Node::Write how, std::string_view text) {
    if (how == Node::Write::style && !is_plain_style(text))
      return fail(Code::template_failed,
                  "puts `" + std::string(text.substr(0, text.find('\n')).substr(0, 40)) +
                      "` into a `style` attribute, which takes plain words, numbers and addresses");
    std::size_t from = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (!needs_escape[static_cast<unsigned char>(text[i])]) continue;
      out_.append(text.data() + from, i - from);
      out_ += escape_of(text[i]);
      from = i + 1;
    }
    out_.append(text.data() + from, text.size() - from);
    check_length();
  }

  // What handlebars hands `#if` and its like as `this`: never null. Plain sections go without.
  static Context own_context(const Scope& scope) {
    const bool is_null = scope.current.value->is_null() && !scope.current.hash;
    return is_null ? Context{&empty_object} : scope.current;
  }

  void enter(std::uint32_t body, Context context, const Scope& scope, const Data* data) { enter(body, context, scope, data, scope.params); }
  void enter(std::uint32_t body, Context context, const Scope& scope, const Data* data, const Params* params) {
    if (body == none) return;
    const Depth pushed{context, scope.depths};
    const Depth* const depths = is_same(context, scope.depths->context) ? scope.depths : &pushed;
    render_body(body, Scope{context, depths, data, params, scope.variables});
  }

  void enter_with(const Node& node, const Value* value, const Scope& scope) {
    const Params params{{value, &null_value}, scope.params};
    enter(node.body, Context{value}, scope, scope.data, node.params > 0 ? &params : scope.params);
  }

  void render_choice(const Node& node, const Scope& scope) {
    const Operand condition = evaluate(node.expression, scope);
    const bool counts_zero = node.include_zero != none && !is_falsy(*evaluate(node.include_zero, scope));
    if (has_failed()) return;
    const bool is_met = counts_zero ? !is_empty(*condition) : is_true(*condition);
    enter(is_met ? node.body : node.inverse, own_context(scope), scope, scope.data);
  }

  void render_section(const Node& node, const Scope& scope) {
    Operand value = evaluate(node.expression, scope);
    if (has_failed()) return;
    if (value->is_null() || (value->is_boolean() && !value->boolean()) || (value->is_array() && value->array().empty()))
      return enter(node.inverse, scope.current, scope, scope.data);
    if (value->is_array()) return render_each(node, keep(std::move(value)), scope);
    if (value->is_boolean()) {
      const Params params{{&*value, &null_value}, scope.params};
      return enter(node.body, scope.current, scope, scope.data, node.params > 0 ? &params : scope.params);
    }
    enter_with(node, keep(std::move(value)), scope);
  }

  void render_each(const Node& node, const Value* list, const Scope& scope) {
    const std::size_t size = list->is_array() ? list->array().size() : list->is_object() ? list->object().size() : 0;
    if (size == 0) return enter(node.inverse, own_context(scope), scope, scope.data);
    const std::uint32_t tag = tag_;
    std::size_t index = 0;
    const auto item = [&](const Value& value, const Value& key) {
      tag_ = tag;
      if (has_failed() || !step()) return false;
      const Data data{&key, index, index == 0, index + 1 == size, scope.data};
      const Params params{{&value, &key}, scope.params};
      enter(node.body, Context{&value}, scope, &data, node.params > 0 ? &params : scope.params);
      ++index;
      return true;
    };
    if (list->is_array()) {
      for (const Value& value : list->array()) {
        const Value key(static_cast<double>(index));
        if (!item(value, key)) return;
      }
    } else {
      for (const auto& [name, value] : list->object()) {
        const Value key(name);
        if (!item(value, key)) return;
      }
    }
  }

  void render_partial(const Node& node, const Scope& scope) {
    Context context = scope.current;
    if (node.expression != none) context = {keep(evaluate(node.expression, scope))};
    if (node.has_hash) {
      Object hash;
      for (std::uint32_t i = 0; i < node.count; ++i) {
        const auto& [name, expression] = program_.hash[node.first + i];
        hash.insert_or_assign(name, evaluate(expression, scope).take());
      }
      if (context.hash)
        for (const auto& [name, value] : context.hash->members) hash.emplace(name, value);
      std::size_t weight = 1;
      for (const auto& [name, value] : hash) weight += weight_of(value);
      if (has_failed() || !step(weight)) return;
      context.hash = &overlays_.emplace_front(Overlay{std::move(hash)});
    }
    if (has_failed()) return;
    const std::size_t from = out_.size();
    std::vector<const Value*> variables(node.slot, nullptr);
    const Depth depth{context};
    render_body(node.body, Scope{context, &depth, scope.data, nullptr, &variables});
    if (!node.text.empty()) indent(from, node.text);
  }

  // Puts the indent of a fragment's tag before each of the fragment's lines.
  void indent(std::size_t from, std::string_view blanks) {
    if (has_failed() || out_.size() == from) return;
    const std::string lines = out_.substr(from);
    out_.resize(from);
    for (std::size_t at = 0; at < lines.size() && !has_failed();) {
      const std::size_t end = std::min(lines.find('\n', at), lines.size() - 1) + 1;
      put(blanks);
      put(std::string_view(lines).substr(at, end - at));
      at = end;
    }
  }

  // ---- expressions ----

  Operand evaluate(std::uint32_t index, const Scope& scope) {
    if (has_failed() || !step()) return {};
    const Expr& expr = program_.expressions[index];
    switch (expr.kind) {
      case Expr::Kind::literal: return &program_.literals[expr.operand];
      case Expr::Kind::path: return resolve(program_.paths[expr.operand], scope);
      case Expr::Kind::field_or_call: {
        Operand field = resolve(program_.paths[expr.operand], scope);
        return field->is_null() ? call(expr, scope) : field;
      }
      case Expr::Kind::call: return call(expr, scope);
      case Expr::Kind::lookup: return lookup(expr, scope);
      case Expr::Kind::list: {
        Array items;
        for (std::uint32_t i = 0; i < expr.count; ++i) items.push_back(evaluate(argument(expr, i), scope).take());
        Value list(std::move(items));
        step(weight_of(list));
        return list;
      }
      case Expr::Kind::operation: return operate(expr, scope);
    }
    return {};
  }

  std::uint32_t argument(const Expr& expr, std::uint32_t i) const { return program_.arguments[expr.first + i]; }

  Operand lookup(const Expr& expr, const Scope& scope) {
    Operand of = evaluate(argument(expr, 0), scope);
    const Operand key = evaluate(argument(expr, 1), scope);
    if (is_falsy(*of)) return of;
    if (key->is_string()) return descend(of, key->string());
    std::string name = key->is_null() ? "null" : "";
    append_text(name, *key);
    return descend(of, name);
  }

  Operand resolve(const TemplatePath& path, const Scope& scope) {
    switch (path.from) {
      case TemplatePath::From::data: return resolve_data(path, scope);
      case TemplatePath::From::param: {
        const Params* params = scope.params;
        for (std::uint32_t i = 0; i < path.depth; ++i) params = params->outer;
        const Value* const value = params->values[path.slot];
        // Keys and booleans live on the stack only as long as their block: copied, not pointed to.
        if (path.slot == 1 || value->is_boolean()) return walk(Operand(Value(*value)), path, 0);
        return walk(value, path, 0);
      }
      case TemplatePath::From::variable:
        if (const Value* const value = (*scope.variables)[path.slot]) return walk(value, path, 1);
        return resolve_context(path, scope);
      case TemplatePath::From::context: return resolve_context(path, scope);
    }
    return {};
  }

  Operand resolve_context(const TemplatePath& path, const Scope& scope) {
    Context context = scope.current;
    if (path.depth > 0) {
      const Depth* depth = scope.depths;
      for (std::uint32_t i = 0; i < path.depth && depth; ++i) depth = depth->outer;
      if (!depth) return {};
      context = depth->context;
    }
    if (path.parts.empty()) return whole(context);
    Operand found = member_of_context(context, path.parts[0]);
    if (path.may_be_name && found->is_null()) found = by_name(path.parts[0]);
    return walk(std::move(found), path, 1);
  }

  static Operand member_of_context(const Context& context, const std::string& name) {
    if (context.hash) {
      if (const auto own = context.hash->members.find(name); own != context.hash->members.end()) return &own->second;
      if (!context.value->is_object() && name == "length") return {};  // merged, it is an object
    }
    return member(*context.value, name);
  }

  // A context with hash arguments in front, as one object.
  Operand whole(const Context& context) {
    if (!context.hash) return context.value;
    if (context.hash->merged) return context.hash->merged;
    Object::Members merged(context.hash->members.begin(), context.hash->members.end());  // of one name the first is taken
    if (context.value->is_object()) merged.insert(merged.end(), context.value->object().begin(), context.value->object().end());
    const std::size_t items = context.value->is_array() ? context.value->array().size()
        : context.value->is_string()                    ? utf16_length(context.value->string())
                                                        : 0;
    for (std::size_t i = 0; i < items && step(); ++i) {
      std::string name = std::to_string(i);
      Value item = member(*context.value, name).take();
      merged.emplace_back(std::move(name), std::move(item));
    }
    Value value{Object(std::move(merged))};
    step(weight_of(value));
    return context.hash->merged = keep(std::move(value));
  }

  Operand by_name(const std::string& name) const {
    if (name == "profile") return input_.profile;
    if (name == "context") return input_.context;
    if (name == "request") return input_.request;
    return input_.values ? input_.values->find(name) : nullptr;
  }

  Operand walk(Operand found, const TemplatePath& path, std::size_t first) {
    for (std::size_t i = first; i < path.parts.size() && !found->is_null(); ++i) found = descend(found, path.parts[i]);
    return found;
  }

  Operand descend(const Operand& of, std::string_view name) {
    if (of->is_string()) step(weight_of(*of));  // counting a text's characters takes time
    return member_of(of, name);
  }

  Operand resolve_data(const TemplatePath& path, const Scope& scope) {
    const Data* data = scope.data;
    for (std::uint32_t i = 0; i < path.depth && data; ++i) data = data->outer;
    if (!data) return {};
    const std::string& name = path.parts[0];
    Operand found;
    if (name == "root") found = root().value;
    else if (!data->outer) return {};  // the outermost frame has only the root
    else if (name == "key") found = Value(*data->key);
    else if (name == "index") found = Value(static_cast<double>(data->index));
    else if (name == "first") found = Value(data->is_first);
    else if (name == "last") found = Value(data->is_last);
    for (std::size_t i = 1; i < path.parts.size() && !is_falsy(*found); ++i) found = descend(found, path.parts[i]);
    return found;
  }

  Operand call(const Expr& expr, const Scope& scope) {
    const HelperRow& row = template_helpers()[expr.helper];
    std::vector<Operand> operands;
    std::vector<const Value*> args;
    operands.reserve(expr.count);
    args.reserve(expr.count);
    std::size_t weight = 0;
    for (std::uint32_t i = 0; i < expr.count; ++i) {
      operands.push_back(evaluate(argument(expr, i), scope));
      args.push_back(&*operands.back());
      weight += weight_of(*args.back());
    }
    if (has_failed() || !step(weight)) return {};
    Result<Value> result = row.call({.args = args, .now = input_.now, .for_html = program_.is_html});
    if (!result.ok()) {
      const Code code = result.error().code == Code::limit_exceeded ? Code::limit_exceeded : Code::template_failed;
      fail(code, "fails in `" + std::string(row.name) + "`: " + result.error().message);
      return {};
    }
    if (!step(weight_of(*result))) return {};
    return std::move(*result);
  }

  // ---- operators ----

  Operand operate(const Expr& expr, const Scope& scope) {
    Operand left = evaluate(argument(expr, 0), scope);
    if (has_failed()) return {};
    switch (expr.op) {
      case Operator::fallback: {
        const bool is_missing = left->is_null() || (left->is_string() && left->string().empty());
        return is_missing ? evaluate(argument(expr, 1), scope) : left;
      }
      case Operator::both: return Value(is_true(*left) && is_true(*evaluate(argument(expr, 1), scope)));
      case Operator::either: return Value(is_true(*left) || is_true(*evaluate(argument(expr, 1), scope)));
      case Operator::negation: return Value(!is_true(*left));
      case Operator::minus: return arithmetic(expr.op, Value(0), *left);
      default: break;
    }
    const Operand right = evaluate(argument(expr, 1), scope);
    if (has_failed() || !step(weight_of(*right))) return {};
    switch (expr.op) {
      case Operator::equal: return Value(*left == *right);
      case Operator::unequal: return Value(!(*left == *right));
      case Operator::among:
        if (right->is_null()) return Value(false);
        if (!right->is_array()) return mismatch("in", *left, *right);
        return Value(std::find(right->array().begin(), right->array().end(), *left) != right->array().end());
      case Operator::less:
      case Operator::less_equal:
      case Operator::greater:
      case Operator::greater_equal: return compare(expr.op, *left, *right);
      default: return arithmetic(expr.op, *left, *right);
    }
  }

  Operand mismatch(std::string_view sign, const Value& left, const Value& right) {
    fail(Code::template_failed,
         "has `" + std::string(sign) + "` between a " + std::string(kind_name(left.kind())) + " and a " +
             std::string(kind_name(right.kind())));
    return {};
  }

  // An ordering with something missing is false, as in predicates.
  Operand compare(Operator op, const Value& left, const Value& right) {
    if (left.is_null() || right.is_null()) return Value(false);
    const auto holds = [&](const auto& a, const auto& b) {
      return op == Operator::less ? a < b : op == Operator::less_equal ? a <= b : op == Operator::greater ? a > b : a >= b;
    };
    if (left.is_number() && right.is_number()) return Value(holds(left.number(), right.number()));
    if (left.is_string() && right.is_string()) return Value(holds(left.string(), right.string()));
    return mismatch("an ordering", left, right);
  }

  // A computation with something missing is missing; `?:` gives it a value.
  Operand arithmetic(Operator op, const Value& left, const Value& right) {
    if (left.is_null() || right.is_null()) return {};
    if (op == Operator::add && left.is_string() && right.is_string()) {
      Value text(left.string() + right.string());
      step(weight_of(text));
      if (text.string().size() > limits::template_output_bytes_max) too_long();
      return text;
    }
    if (!left.is_number() || !right.is_number()) return mismatch("arithmetic", left, right);
    const double a = left.number(), b = right.number();
    if ((op == Operator::divide || op == Operator::remainder) && b == 0) {
      fail(Code::template_failed, "divides by zero");
      return {};
    }
    const double result = op == Operator::add ? a + b
        : op == Operator::multiply            ? a * b
        : op == Operator::divide              ? a / b
        : op == Operator::remainder           ? std::fmod(a, b)
                                              : a - b;
    if (!std::isfinite(result)) {
      fail(Code::template_failed, "computes a number that is too large");
      return {};
    }
    return Value(result);
  }

  const TemplateProgram& program_;
  const RenderInput& input_;
  RenderBudget& budget_;
  std::string& out_;
  const std::size_t begin_;
  std::size_t url_begin_ = 0;
  std::uint32_t tag_ = none;        // the one being rendered, for messages
  std::forward_list<Value> arena_;  // computed values that something points to
  std::forward_list<Overlay> overlays_;
};

}  // namespace

Status render_to(std::string& out, const Template& compiled, const RenderInput& input) {
  RenderBudget budget;
  return render_to(out, compiled.program(), input, budget);
}

Status render_to(std::string& out, const TemplateProgram& program, const RenderInput& input, RenderBudget& budget) {
  const std::size_t before = out.size();
  Renderer renderer(program, input, budget, out);
  renderer.run();
  if (!renderer.failure_) return Done{};
  out.resize(before);
  return std::move(*renderer.failure_);
}

Result<std::string> render(const Template& compiled, const RenderInput& input) {
  std::string out;
  out.reserve(compiled.program().constant_bytes * 3 / 2);
  if (Status done = render_to(out, compiled, input); !done.ok()) return std::move(done.error());
  return out;
}

std::uint32_t sole_raw_expression(const TemplateProgram& program) {
  const auto& body = program.bodies[program.root];
  const bool is_sole =
      body.size() == 1 && body[0].kind == Node::Kind::output && program.tags[body[0].tag].text.size() == program.sources[0].text->size();
  if (!is_sole) return none;
  const std::string_view tag = program.tags[body[0].tag].text;
  const std::string_view opened = tag.substr(2, 2);
  const char sign = opened[0] == '~' ? opened[1] : opened[0];
  return tag.starts_with("{{") && (sign == '{' || sign == '&') ? body[0].expression : none;
}

Result<Value> evaluate(const TemplateProgram& program, std::uint32_t expression, const RenderInput& input, RenderBudget& budget) {
  std::string unused;
  Renderer renderer(program, input, budget, unused);
  Operand value = renderer.evaluate_alone(expression);
  if (renderer.failure_) return std::move(*renderer.failure_);
  return value.take();
}

}  // namespace footlight
