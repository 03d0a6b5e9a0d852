// Each limit of templates: at it, and one step past it.
#include <catch2/catch.hpp>

#include "base/limits.h"
#include "engine/template.h"

using namespace footlight;

namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::string nested(int levels) {
  return repeated("{{#if a}}", static_cast<std::size_t>(levels)) + "x" + repeated("{{/if}}", static_cast<std::size_t>(levels));
}

Code compiled_as(std::string_view text, const Fragments& fragments = {}) {
  const auto compiled = compile_template(text, TemplateFormat::text, fragments, "a");
  return compiled.ok() ? Code::usage : compiled.error().problems.front().code;  // usage: taken
}

Code rendered_as(std::string_view text, const Value& data, const Fragments& fragments = {}) {
  const auto compiled = compile_template(text, TemplateFormat::text, fragments, "a");
  REQUIRE(compiled.ok());
  const auto out = render(*compiled, {.profile = &data});
  return out.ok() ? Code::usage : out.error().code;
}

constexpr Code taken = Code::usage, refused = Code::limit_exceeded;

}  // namespace

TEST_CASE("the text has a largest size") {
  CHECK(compiled_as(repeated("x", limits::template_bytes_max)) == taken);
  CHECK(compiled_as(repeated("x", limits::template_bytes_max + 1)) == refused);
}

TEST_CASE("blocks and fragments nest so deep, counted together") {
  CHECK(compiled_as(nested(limits::template_depth_max)) == taken);
  CHECK(compiled_as(nested(limits::template_depth_max + 1)) == refused);
  const Fragments fragments = {{"f", {nested(limits::template_depth_max - 2), ""}}};
  CHECK(compiled_as("{{#if a}}{{> f}}{{/if}}", fragments) == taken);
  CHECK(compiled_as("{{#if a}}{{#if b}}{{> f}}{{/if}}{{/if}}", fragments) == refused);
  Fragments chain = {{"f0", {"x", ""}}};
  for (int i = 1; i < limits::template_depth_max; ++i) chain["f" + std::to_string(i)] = {"{{> f" + std::to_string(i - 1) + "}}", ""};
  const std::string last = std::to_string(limits::template_depth_max - 1);
  CHECK(compiled_as("{{> f" + last + "}}", chain) == taken);
  CHECK(compiled_as("{{#if a}}{{> f" + last + "}}{{/if}}", chain) == refused);
  chain["more"] = {"{{> f" + last + "}}", ""};
  CHECK(compiled_as("{{> more}}", chain) == refused);
}

TEST_CASE("a block has so many branches") {
  const auto branches = [](std::size_t n) { return "{{#if a}}" + repeated("{{else if b}}", n) + "{{/if}}"; };
  CHECK(compiled_as(branches(limits::template_branches_max)) == taken);
  CHECK(compiled_as(branches(limits::template_branches_max + 1)) == refused);
  CHECK(compiled_as(branches(10'000)) == refused);
}

TEST_CASE("an expression has so many parts and so much depth") {
  const auto sum = [](std::size_t terms) { return "{%= a" + repeated(" + a", terms - 1) + " %}"; };
  CHECK(compiled_as(sum(limits::template_expression_nodes_max / 2)) == taken);
  CHECK(compiled_as(sum(limits::template_expression_nodes_max / 2 + 1)) == Code::bad_template);
  CHECK(compiled_as("{{concat" + repeated(" a", limits::template_expression_nodes_max - 1) + "}}") == taken);
  CHECK(compiled_as("{{concat" + repeated(" a", limits::template_expression_nodes_max) + "}}") == Code::bad_template);
  const auto parentheses = [](int n) {
    return "{%= " + repeated("(", static_cast<std::size_t>(n)) + "a" + repeated(")", static_cast<std::size_t>(n)) + " %}";
  };
  CHECK(compiled_as(parentheses(limits::template_depth_max - 1)) == taken);
  CHECK(compiled_as(parentheses(limits::template_depth_max)) == Code::bad_template);
  const auto calls = [](int n) {
    return "{{trim " + repeated("(trim ", static_cast<std::size_t>(n)) + "a" + repeated(")", static_cast<std::size_t>(n)) + "}}";
  };
  CHECK(compiled_as(calls(limits::template_depth_max)) == taken);
  CHECK(compiled_as(calls(limits::template_depth_max + 1)) == Code::bad_template);
}

TEST_CASE("fragments that multiply are cut off, compiled and rendered") {
  Fragments doubling = {{"f0", {"<a b=\"{{x}}\">", ""}}};
  for (int i = 1; i < 30; ++i) {
    const std::string inner = "{{> f" + std::to_string(i - 1) + "}}";
    doubling["f" + std::to_string(i)] = {inner + inner, ""};
  }
  const auto compiled = compile_template("{{> f29}}", TemplateFormat::html, doubling, "a");  // each compiled once
  REQUIRE(compiled.ok());
  const Value data = Object{};
  const auto out = render(*compiled, {.profile = &data});
  REQUIRE_FALSE(out.ok());
  CHECK(out.error().code == refused);
  CHECK(compiled_as(repeated("{{x}}", limits::template_nodes_max / 2)) == taken);
  CHECK(compiled_as("{{y}}" + repeated("{{x}}", limits::template_nodes_max / 2) + "{{y}}") == refused);
}

TEST_CASE("the output has a largest size") {
  const auto data = [](std::size_t bytes) { return Value(Object{{"a", repeated("x", bytes)}}); };
  CHECK(rendered_as("{{a}}", data(limits::template_output_bytes_max)) == taken);
  CHECK(rendered_as("{{a}}", data(limits::template_output_bytes_max + 1)) == refused);
  CHECK(rendered_as("{{a}}y", data(limits::template_output_bytes_max)) == refused);
  CHECK(rendered_as("{{{a}}}{{{a}}}", data(limits::template_output_bytes_max / 2)) == taken);
  CHECK(rendered_as("{{{a}}}{{{a}}}", data(limits::template_output_bytes_max / 2 + 1)) == refused);
  CHECK(rendered_as("  {{> f}}", data(limits::template_output_bytes_max - 2), {{"f", {"{{a}}", ""}}}) == taken);
  CHECK(rendered_as("  {{> f}}", data(limits::template_output_bytes_max - 1), {{"f", {"{{a}}", ""}}}) == refused);
  CHECK(rendered_as("{{replace a \"x\" a}}", data(2'000)) == refused);
  CHECK(rendered_as("{{concat a a}}", data(limits::template_output_bytes_max / 2 + 1)) == refused);
  const auto json = compile_json_template(*parse_json(R"(["{{a}} ", "{{a}} "])"), {}, "a");  // strings share it
  REQUIRE(json.ok());
  const Value half = data(limits::template_output_bytes_max / 2);
  const auto value = render(*json, {.profile = &half});
  REQUIRE_FALSE(value.ok());
  CHECK(value.error().code == refused);
}

TEST_CASE("a rendering has so many steps") {
  // A loop costs 1 for the node, 1 for its list and its keeping, then for each item 1, and 1 for its text.
  const auto list = [](std::size_t items) { return Value(Object{{"l", Array(items, Value(true))}}); };
  const std::size_t items = (limits::template_steps_max - 2) / 2;
  CHECK(rendered_as("{{#each l}}x{{/each}}", list(items)) == taken);
  CHECK(rendered_as("{{#each l}}x{{/each}}", list(items + 1)) == refused);
  CHECK(rendered_as("{{#each l}}{{#each ../l}}{{/each}}{{/each}}", list(400)) == refused);
  CHECK(rendered_as("{{#each l}}{{#if (eq ../l ../l)}}{{/if}}{{/each}}", list(1'000)) == refused);
}

TEST_CASE("a helper works on so many items") {
  const auto list = [](std::size_t items) { return Value(Object{{"l", Array(items, Value(1))}}); };
  CHECK(rendered_as("{{count (sort l)}}", list(limits::template_list_max)) == taken);
  CHECK(rendered_as("{{count (sort l)}}", list(limits::template_list_max + 1)) == refused);
  CHECK(rendered_as("{{count (distinct l)}}", list(limits::template_list_max + 1)) == refused);
  const auto text = [](std::size_t commas) { return Value(Object{{"t", repeated(",", commas)}}); };
  CHECK(rendered_as("{{count (split t \",\")}}", text(limits::template_list_max - 1)) == taken);
  CHECK(rendered_as("{{count (split t \",\")}}", text(limits::template_list_max)) == refused);
}
