// JSON content with templates in its strings: always valid JSON, whatever the values hold.
#include <catch2/catch.hpp>

#include "engine/template.h"

using namespace footlight;

namespace {

const Value profile = *parse_json(R"({"name": "\"Ann\" <b>\\\n", "n": 3, "list": [1, {"a": null}], "flag": false})");

std::string rendered(const char* content, const Fragments& fragments = {}) {
  const auto compiled = compile_json_template(*parse_json(content), fragments, "a.lua:7");
  if (!compiled.ok()) return to_text(compiled.error());
  const auto value = render(*compiled, {.profile = &profile});
  return value.ok() ? to_json(*value) : value.error().message;
}

}  // namespace

TEST_CASE("strings are rendered as text, raw tags alone as the value itself") {
  struct Line {
    const char *content, *json;
  };
  for (const auto& [content, json] : {
           Line{R"({"t": "Hi {{name}}!"})", R"({"t":"Hi \"Ann\" <b>\\\n!"})"},
           Line{R"({"t": "{{n}}", "v": "{{{n}}}", "w": "{{& n}}", "x": "{%= n %}"})", R"({"t":"3","v":3,"w":3,"x":"3"})"},
           Line{R"(["{{{list}}}", "{{{missing}}}", "{{{flag}}}", " {{{n}}}", "{{{n}}}{{{n}}}"])",
                R"([[1,{"a":null}],null,false," 3","33"])"},
           Line{R"({"{{n}}": "a{%#if flag%}b{%else%}c{%/if%}", "deep": [{"x": "{{> f k=n}}"}], "plain": [1, null, "x"]})",
                R"({"deep":[{"x":"<3>"}],"plain":[1,null,"x"],"{{n}}":"ac"})"},
           Line{R"("{{{sum list}}}")",
                "a.lua:7 $:1: `{{{sum list}}}` fails in `sum`: the list has an object in it, not numbers "
                "alone"},
       }) {
    INFO(content);
    CHECK(rendered(content, {{"f", {"<{{k}}>", ""}}}) == json);
  }
}

TEST_CASE("problems name the place of the string, all at once") {
  CHECK(rendered(R"({"a": ["{{x", {"b": "{{y 1}}"}]})") ==
        "the content's templates have 2 problems\n"
        "  a.lua:7 $.a[0]:1: `{{x` has no closing `}}` (bad_template)\n"
        "  a.lua:7 $.a[1].b:1: `{{y 1}}` calls `y`, which is no helper (bad_template)");
}

TEST_CASE("used paths come from all strings") {
  const auto compiled = compile_json_template(*parse_json(R"(["{{b}}", {"x": "{{{a.c}}}{{b}}"}])"), {}, "a");
  REQUIRE(compiled.ok());
  CHECK(used_paths(*compiled) == std::vector<std::string>{"a.c", "b"});
}
