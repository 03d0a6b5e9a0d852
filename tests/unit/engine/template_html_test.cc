// Where output lands in HTML: what is escaped, what is checked, what is refused.
#include "engine/template_html.h"

#include <catch2/catch.hpp>

#include "engine/template.h"

using namespace footlight;

namespace {

std::string outcome(std::string_view text, const char* x, const Fragments& fragments = {}) {
  const auto compiled = compile_template(text, TemplateFormat::html, fragments, "a.html");
  if (!compiled.ok()) return "refused: " + compiled.error().problems.front().message;
  const Value data = Object{{"x", x}, {"y", true}};
  const auto out = render(*compiled, {.profile = &data});
  return out.ok() ? *out : "failed: " + out.error().message;
}

}  // namespace

TEST_CASE("text and quoted attributes take any value") {
  const char* const attack = "\"><script>alert(1)</script>'";
  for (const char* const text :
       {"<p>{{x}}</p>", "<p class=\"{{x}}\">", "<p class='a {{x}} b'>", "<title>{{x}}</title>", "<!-- {{x}} -->",
        "<p {{#if y}}class=\"{{x}}\"{{/if}}>{{x}}</p>", "a < b {{x}}", "<textarea>{{x}}</textarea>", "<script>if (a < b) {}</script>{{x}}",
        "<style>a{}</style ><p>{{x}}", "</p>{{x}}", "<br/>{{x}}", "<!doctype html>{{x}}", "<input {{#if y}}checked{{/if}}>{{x}}"}) {
    INFO(text);
    const std::string out = outcome(text, attack);
    CHECK_THAT(out, Catch::Contains("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#x27;"));
    CHECK_THAT(out, !Catch::Contains("<script>alert"));
  }
}

TEST_CASE("places where escaping is not enough are refused, with a way out") {
  struct Line {
    const char* text;
    const char* says;
  };
  for (const auto& [text, says] : {
           Line{"<script>var a = '{{x}}'</script>", "stands in `<script>`"},
           Line{"<SCRIPT type=module>{{x}}", "stands in `<script>`"},
           Line{"<script type=\"application/ld+json\">{{x}}</script>", "write the value with `json`"},
           Line{"<style>{{x}}</style>", "stands in `<style>`"},
           Line{"<a href={{x}}>", "without quotes"},
           Line{"<a href=/a/{{x}}>", "without quotes"},
           Line{"<a {{x}}>", "attribute's name is expected"},
           Line{"<a data-{{x}}=\"1\">", "attribute's name is expected"},
           Line{"<{{x}}>", "element's name is expected"},
           Line{"<h{{x}}>", "part of an element's name"},
           Line{"<a onclick=\"go('{{x}}')\">", "`on…` attribute"},
           Line{"<iframe srcdoc=\"{{x}}\">", "`srcdoc`"},
           Line{"<script src=\"{{x}}\"></script>", "where a script comes from"},
           Line{"<script src=\"//{{x}}/a.js\"></script>", "where a script comes from"},
           Line{"<!{{x}}>", "behind `<!`"},
           Line{"<p {{#if y}}class=\"{{/if}}{{x}}\">", "end in different places of the HTML"},
           Line{"{{#each y}}<p class=\"{{/each}}", "ends elsewhere in the HTML"},
           Line{"<scr{{! }}ipt>{{x}}", "stands in `<script>`"},
       }) {
    INFO(text);
    CHECK_THAT(outcome(text, "1"), Catch::StartsWith("refused: ") && Catch::Contains(says));
  }
}

TEST_CASE("a fragment is judged where it is included") {
  const Fragments fragments = {{"value", {"{{x}}", "v.html"}}, {"open", {"<p class=\"", ""}}};
  CHECK(outcome("<p title=\"{{> value}}\">{{> value}}", "<", fragments) == "<p title=\"&lt;\">&lt;");
  CHECK_THAT(outcome("<script>{{> value}}</script>", "1", fragments), Catch::Contains("stands in `<script>`"));
  CHECK(outcome("{{> open}}{{x}}\">", "\"", fragments) == "<p class=\"&quot;\">");
}

TEST_CASE("JSON may stand in a script of data, written so that it cannot leave it") {
  CHECK(outcome("<script type=\"application/json\">{{json this}}</script>", "</script>&") ==
        "<script type=\"application/json\">{\"x\":\"\\u003c/script\\u003e\\u0026\",\"y\":true}</script>");
}

TEST_CASE("an address may not be code, however it is put together or hidden") {
  for (const char* const x : {"javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)",
                              "java\tscript:x", "\x01javascript:x", "vbscript:x", "data:text/html,<script>"}) {
    INFO(x);
    for (const char* const text : {"<a href=\"{{x}}\">", "<a href='{{x}}'>", "<form action=\"{{x}}\">", "<a xlink:href=\"{{x}}\">",
                                   "<a href=\"{{#if y}}{{x}}{{/if}}\">", "<iframe src=\"{{x}}\">"})
      CHECK_THAT(outcome(text, x), Catch::StartsWith("failed: a.html:1") && Catch::Contains("not rendered"));
    CHECK_THAT(outcome("<p title=\"{{x}}\">", x), Catch::StartsWith("<p"));
  }
  CHECK_THAT(outcome("<a href=\"{{x}}script:alert(1)\">", "java"), Catch::StartsWith("failed: "));
  CHECK_THAT(outcome("<a href=\"{{x}}&colon;alert(1)\">", "javascript"), Catch::StartsWith("failed: "));
  for (const char* const x : {"https://a.example/?b=1", "/a:b", "?a=javascript:b", "#x", "mailto:a@b.example", "myapp://open", ""}) {
    INFO(x);
    CHECK_THAT(outcome("<a href=\"{{x}}\">", x), Catch::StartsWith("<a href="));
  }
  CHECK_THAT(outcome("<img src=\"{{x}}\">", "data:image/png;base64,AA=="), Catch::StartsWith("<img"));
  CHECK_THAT(outcome("<iframe src=\"{{x}}\">", "data:image/svg+xml,<svg/>"), Catch::StartsWith("failed: "));
  CHECK(outcome("<script src=\"https://cdn.example/{{x}}.js\"></script>", "1.2") == "<script src=\"https://cdn.example/1.2.js\"></script>");
}

TEST_CASE("a style attribute takes plain values only") {
  CHECK(outcome("<p style=\"width: {{x}}%\">", "40") == "<p style=\"width: 40%\">");
  CHECK(outcome("<p style=\"background: url({{x}})\">", "https://a.example/b.png?c=1&d=2") ==
        "<p style=\"background: url(https://a.example/b.png?c&#x3D;1&amp;d&#x3D;2)\">");
  for (const char* const x : {"red; position: fixed", "expression(alert(1))", "a\\b", "url(x)", "/*", "\"", "{"}) {
    INFO(x);
    CHECK_THAT(outcome("<p style=\"color: {{x}}\">", x), Catch::StartsWith("failed: a.html:1") && Catch::Contains("`style` attribute"));
  }
}

TEST_CASE("raw output is inserted as it is, anywhere") {
  CHECK(outcome("<script>{{{x}}}</script><a href={{&x}}>", "a()") == "<script>a()</script><a href=a()>");
}
