// What a template compiles to. Immutable once built: everything refers to everything by index, text
// by views into `sources`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/expression.h"
#include "engine/template.h"
#include "engine/template_html.h"
#include "engine/template_syntax.h"

namespace footlight {

inline constexpr std::uint32_t none = UINT32_MAX;

// Where a path begins, and the members it walks from there.
struct TemplatePath {
  enum class From : std::uint8_t { context, data, param, variable };

  From from = From::context;
  bool may_be_name = false;        // of a context: where it has no such field, `profile`, `values`, …
  std::uint32_t depth = 0;         // contexts, data frames or parameter frames outwards
  std::uint32_t slot = 0;          // which parameter, which variable
  std::vector<std::string> parts;  // of a variable: with its name, which is a field until it is set
};

struct TemplateExpression {
  enum class Kind : std::uint8_t { literal, path, field_or_call, call, lookup, list, operation };

  Kind kind = Kind::literal;
  Operator op = Operator::fallback;
  std::uint32_t operand = 0;           // literal, path
  std::uint32_t helper = 0;            // row of template_helpers
  std::uint32_t first = 0, count = 0;  // arguments: a range of `arguments`
};

struct TemplateNode {
  enum class Kind : std::uint8_t {
    text,
    output,
    choice,
    each,
    with,
    section,
    partial,
    let,
    url_begins,
    url_ends,
    image_url_ends,
  };
  enum class Write : std::uint8_t { raw, escaped, style };

  Kind kind = Kind::text;
  Write write = Write::raw;
  std::uint8_t params = 0;  // block parameters, at most 2
  bool has_hash = false;    // of a partial: its context is an object of its own
  std::uint32_t tag = none;
  std::uint32_t expression = none;    // output, condition, list, context; of a partial: none is the current one
  std::uint32_t include_zero = none;  // of a choice
  std::uint32_t body = none, inverse = none;
  std::uint32_t first = 0, count = 0;  // of a partial: its hash, a range of `hash`
  std::uint32_t slot = 0;              // of a let; of a partial: how many variables it has
  std::string_view text;               // of a text; of a partial: what to indent its lines with
};

struct TemplateTag {
  std::string_view text;
  std::uint32_t source = 0;
  int line = 1;
};

struct TemplateProgram {
  struct Source {
    std::unique_ptr<const std::string> text;
    Place place;
  };
  struct HashEntry {
    std::string name;
    std::uint32_t expression;
  };

  std::vector<Source> sources;
  std::vector<std::vector<TemplateNode>> bodies;
  std::vector<TemplateExpression> expressions;
  std::vector<std::uint32_t> arguments;
  std::vector<TemplatePath> paths;
  std::vector<Value> literals;
  std::vector<HashEntry> hash;
  std::vector<TemplateTag> tags;
  std::vector<std::string> used_paths;
  std::uint32_t root = none;
  std::uint32_t variables = 0;     // of the root
  std::size_t constant_bytes = 0;  // of all constant text: a guess of the output's size
  bool is_html = true;

  std::string place_of(const TemplateTag& tag) const { return sources[tag.source].place.at(tag.line); }
};

// What one rendering has used of limits::template_steps_max and template_output_bytes_max; the strings
// of a JSON template share one.
struct RenderBudget {
  std::size_t steps = 0, bytes = 0;
};
Status render_to(std::string& out, const TemplateProgram& program, const RenderInput& input, RenderBudget& budget);

// The value of a template that is one raw tag and nothing else; none where it is anything more.
std::uint32_t sole_raw_expression(const TemplateProgram& program);
// Evaluates that expression to its JSON value.
Result<Value> evaluate(const TemplateProgram& program, std::uint32_t expression, const RenderInput& input, RenderBudget& budget);

}  // namespace footlight
