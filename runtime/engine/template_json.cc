// JSON content whose strings are templates: a tree of constants and programs.
#include <algorithm>
#include <optional>
#include <set>

#include "base/limits.h"
#include "engine/template_program.h"

namespace footlight {

// Exactly one of these: a constant, a text, a list or an object.
struct JsonTemplateNode {
  Value constant;
  std::optional<Template> text;
  std::uint32_t raw = none;  // of a text: the expression that is the value itself
  std::vector<JsonTemplateNode> items;
  std::vector<std::string> keys;  // of an object: one for each item
  bool is_constant = true, is_object = false;
};

namespace {

bool may_hold_a_tag(std::string_view text) {
  return text.find("{{") != std::string_view::npos || text.find("{%") != std::string_view::npos;
}

class JsonCompiler {
 public:
  JsonCompiler(const Fragments& fragments, std::string_view place) : fragments_(fragments), place_(place) {}

  JsonTemplateNode compile(const Value& value, const std::string& path) {
    JsonTemplateNode node;
    if (value.is_string() && may_hold_a_tag(value.string())) {
      const std::string place = place_.empty() ? path : place_ + ' ' + path;
      Result<Template> compiled = compile_template(value.string(), TemplateFormat::text, fragments_, place);
      node.is_constant = false;
      if (compiled.ok()) {
        node.raw = sole_raw_expression(compiled->program());
        node.text = std::move(*compiled);
      } else {
        for (Problem& problem : compiled.error().problems) problems_.push_back(std::move(problem));
      }
    } else if (value.is_array()) {
      for (std::size_t i = 0; i < value.array().size(); ++i)
        node.items.push_back(compile(value.array()[i], path + '[' + std::to_string(i) + ']'));
    } else if (value.is_object()) {
      node.is_object = true;
      for (const auto& [key, member] : value.object()) {
        node.keys.push_back(key);
        node.items.push_back(compile(member, path + '.' + key));
      }
    }
    for (const JsonTemplateNode& item : node.items) node.is_constant &= item.is_constant;
    if (!node.is_constant) return node;
    node.items.clear();
    node.keys.clear();
    node.constant = value;
    return node;
  }

  Problems problems_;

 private:
  const Fragments& fragments_;
  const std::string place_;
};

Result<Value> render_node(const JsonTemplateNode& node, const RenderInput& input, RenderBudget& budget) {
  if (node.is_constant) return node.constant;
  if (node.text) {
    const TemplateProgram& program = node.text->program();
    if (node.raw != none) return evaluate(program, node.raw, input, budget);
    std::string out;
    if (Status done = render_to(out, program, input, budget); !done.ok()) return std::move(done.error());
    return Value(std::move(out));
  }
  Array items;
  Object members;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    Result<Value> item = render_node(node.items[i], input, budget);
    if (!item.ok()) return item;
    if (node.is_object) members.emplace(node.keys[i], std::move(*item));
    else items.push_back(std::move(*item));
  }
  return node.is_object ? Value(std::move(members)) : Value(std::move(items));
}

void collect(const JsonTemplateNode& node, std::set<std::string>& used) {
  if (node.text) used.insert(node.text->program().used_paths.begin(), node.text->program().used_paths.end());
  for (const JsonTemplateNode& item : node.items) collect(item, used);
}

}  // namespace

Result<JsonTemplate> compile_json_template(const Value& content, const Fragments& fragments, std::string_view place) {
  JsonCompiler compiler(fragments, place);
  auto root = std::make_shared<const JsonTemplateNode>(compiler.compile(content, "$"));
  if (compiler.problems_.empty()) return JsonTemplate(std::move(root));
  const Code code = compiler.problems_.size() == 1 ? compiler.problems_.front().code : Code::bad_template;
  const std::size_t count = compiler.problems_.size();
  return refuse(code, std::move(compiler.problems_),
                "the content's templates have " + (count == 1 ? std::string("a problem") : std::to_string(count) + " problems"));
}

Result<Value> render(const JsonTemplate& compiled, const RenderInput& input) {
  RenderBudget budget;
  return render_node(compiled.root(), input, budget);
}

std::vector<std::string> used_paths(const JsonTemplate& compiled) {
  std::set<std::string> used;
  collect(compiled.root(), used);
  return {used.begin(), used.end()};
}

}  // namespace footlight
