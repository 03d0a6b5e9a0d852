// What is refused when a template is compiled, and what fails when it is rendered: the tag, its line
// and the way out, every problem at once.
#include <catch2/catch.hpp>

#include "engine/template.h"

using namespace footlight;

namespace {

std::vector<std::string> problems_of(std::string_view text, const Fragments& fragments = {}, std::string_view place = "a.html") {
  const Result<Template> compiled = compile_template(text, TemplateFormat::text, fragments, place);
  std::vector<std::string> lines;
  if (!compiled.ok())
    for (const Problem& problem : compiled.error().problems) lines.push_back(to_line(problem));
  return lines;
}

}  // namespace

TEST_CASE("a problem names its tag and the way out") {
  struct Line {
    const char* text;
    const char* problem;
  };
  for (const auto& [text, problem] : {
           Line{"{{a.tags.1}}", "`{{a.tags.1}}` ends a path with `1`; write `a.tags.[1]` (bad_template)"},
           Line{"{{uperCase x}}",
                "`{{uperCase x}}` calls `uperCase`, which is no helper; did you mean `upperCase`? "
                "(bad_template)"},
           Line{"{%= uperCase(x) %}",
                "`{%= uperCase(x) %}` calls `uperCase`, which is no helper; did you mean `upperCase`? "
                "(bad_template)"},
           Line{"{{#if a}}x", "`{{#if a}}` is never closed; add `{{/if}}` (bad_template)"},
           Line{"{%#if a%}x", "`{%#if a%}` is never closed; add `{%/if%}` (bad_template)"},
           Line{"{{#if a}}x{{/each}}", "`{{/each}}` does not close `{{#if a}}` of line 1; write `{{/if}}` (bad_template)"},
           Line{"{{#if a}}x{%/if%}", "`{%/if%}` does not close `{{#if a}}` of line 1; write `{{/if}}` (bad_template)"},
           Line{"{{#if a}}x{%else%}y{{/if}}",
                "`{%else%}` is of another notation than the block around it; write `{{else}}` (bad_template)"},
           Line{"x{{/if}}", "`{{/if}}` stands outside of a block (bad_template)"},
           Line{"{{else}}", "`{{else}}` stands outside of a block (bad_template)"},
           Line{"{{#if a}}{{else}}{{else}}{{/if}}", "`{{else}}` comes after the block's `else` (bad_template)"},
           Line{"{{x", "`{{x` has no closing `}}` (bad_template)"},
           Line{"{%= x", "`{%= x` has no closing `%}` (bad_template)"},
           Line{"{{!-- x", "`{{!-- x` is never closed (bad_template)"},
           Line{"{{}}", "`{{}}` is empty where a name or a value is expected (bad_template)"},
           Line{"{{#if}}{{/if}}", "`{{#if}}` takes exactly one argument, not 0 (bad_template)"},
           Line{"{{#each a b}}{{/each}}", "`{{#each a b}}` takes exactly one argument, not 2 (bad_template)"},
           Line{"{{#if a as |x|}}{{/if}}", "`{{#if a as |x|}}` hands over no block parameters (bad_template)"},
           Line{"{{#if a includezero=1}}{{/if}}",
                "`{{#if a includezero=1}}` does not know `includezero=`; it knows `includeZero=` "
                "(bad_template)"},
           Line{"{{if a}}", "`{{if a}}` calls `if`, which is no helper but a block: `{{#if …}}…{{/if}}` (bad_template)"},
           Line{"{{log a}}", "`{{log a}}` calls `log`, which is no helper; templates write no logs (bad_template)"},
           Line{"{{a.b c}}", "`{{a.b c}}` hands arguments to `a.b`, which is a path, not a helper (bad_template)"},
           Line{"{{replace a}}", "`{{replace a}}` hands 1 arguments to `replace(text, what, by)`, which takes 3 (bad_template)"},
           Line{"{{formatDate a \"y\" zon=\"UTC\"}}",
                "`{{formatDate a \"y\" zon=\"UTC\"}}` hands `zon=` to `formatDate(date, pattern, zone, "
                "locale)`; did you mean `zone`? (bad_template)"},
           Line{"{{> card}}", "`{{> card}}` names the fragment `card`, which does not exist (unknown_fragment)"},
           Line{"{{> (lookup a b)}}",
                "`{{> (lookup a b)}}` computes the fragment's name; write the name out, and choose with "
                "`{{#if}}` (bad_template)"},
           Line{"{{#> card}}x{{/card}}",
                "`{{#> card}}` is a partial block, which does not exist here; hand values to a fragment: `{{> "
                "name a=b}}` (bad_template)"},
           Line{"{{#*inline \"x\"}}y{{/inline}}",
                "`{{#*inline \"x\"}}` is a decorator, which does not exist here; inline partials are "
                "fragments (bad_template)"},
           Line{"{% fi a %}",
                "`{% fi a %}` is no statement; did you mean `if`?; a value is written `{%= … %}` "
                "(bad_template)"},
           Line{"{% let 1 = a %}", "`{% let 1 = a %}` is written `{% let name = value %}` (bad_template)"},
           Line{"{%= a + %}", "`{%= a + %}` ends where a value is expected (bad_template)"},
           Line{"{%= a = b = c %}", "`{%= a = b = c %}` compares twice in a row; join comparisons with `and` (bad_template)"},
           Line{"{%= (a %}", "`{%= (a %}` lacks a `)` (bad_template)"},
           Line{"{{#each a as |i|}}{% let i = 1 %}{{/each}}",
                "`{% let i = 1 %}` sets `i`, which is a block parameter here; take another name "
                "(bad_template)"},
       }) {
    INFO(text);
    CHECK(problems_of(text) == std::vector<std::string>{std::string("a.html:1: ") + problem});
  }
}

TEST_CASE("every problem is reported at once, each with its line, counted on from where the text begins") {
  const std::string_view text = "{{a.1}}\n{{#if}}\n{{> missing}}{{x y}}\n{{/if}}\n\n{{#each z}}";
  const auto lines = problems_of(text, {}, "experiences/a.lua:7");
  REQUIRE(lines.size() == 3);  // what does not parse is judged no further, but for its fragments
  CHECK_THAT(lines[0], Catch::StartsWith("experiences/a.lua:7: `{{a.1}}`"));
  CHECK_THAT(lines[1], Catch::StartsWith("experiences/a.lua:12: `{{#each z}}`"));
  CHECK_THAT(lines[2], Catch::StartsWith("experiences/a.lua:9: `{{> missing}}`"));
  const auto parsed = problems_of("{{#if}}\n{{> missing}}{{x y}}\n{{/if}}\n{{z 1}}", {}, "experiences/a.lua:7");
  REQUIRE(parsed.size() == 4);
  CHECK_THAT(parsed[0], Catch::StartsWith("experiences/a.lua:7: `{{#if}}`"));
  CHECK_THAT(parsed[1], Catch::StartsWith("experiences/a.lua:8: `{{> missing}}`"));
  CHECK_THAT(parsed[2], Catch::StartsWith("experiences/a.lua:8: `{{x y}}`"));
  CHECK_THAT(parsed[3], Catch::StartsWith("experiences/a.lua:10: `{{z 1}}`"));
}

TEST_CASE("fragments are judged in their own place, once, and may not include themselves") {
  const Fragments fragments = {{"a", {"{{> b}}", "fragments/a.html"}},
                               {"b", {"x\n{{> a}}", ""}},
                               {"bad", {"\n{{x y}}", "fragments/bad.html:3"}},
                               {"cards", {"", ""}}};
  CHECK(problems_of("{{> a}}", fragments) ==
        std::vector<std::string>{"fragment `b`:2: `{{> a}}` includes a fragment in itself: `a` → `b` → `a` (bad_template)"});
  CHECK(problems_of("{{> bad}}{{> bad}}", fragments) ==
        std::vector<std::string>{"fragments/bad.html:4: `{{x y}}` calls `x`, which is no helper (bad_template)"});
  CHECK_THAT(problems_of("{{> card}}", fragments).at(0), Catch::Contains("did you mean `cards`?"));
}

TEST_CASE("a helper that cannot do its work fails the rendering, with the tag and its line") {
  const Value data = *parse_json(R"({"text": "x", "list": [1], "object": {}, "flag": true})");
  struct Line {
    const char* text;
    const char* says;
  };
  for (const auto& [text, says] : {
           Line{"a\n{{round text}}",
                "a.lua:8: `{{round text}}` fails in `round`: argument 1 is the text `x`, not a number; read "
                "it with `toNumber`"},
           Line{"{{upperCase list}}", "argument 1 is a list, not a text"},
           Line{"{{formatDate text \"y\"}}", "argument 1 is the text `x`, not a date"},
           Line{"{{formatDate flag \"y\"}}", "argument 1 is a boolean, not a date"},
           Line{"{{formatDate 0 \"Q\"}}", "has the letter `Q`"},
           Line{"{{formatDate 0 \"y\" zone=\"Europe/Pariss\"}}", "Europe/Pariss"},
           Line{"{{formatNumber 1 2 \"xx\"}}", "the locale `xx` does not exist"},
           Line{"{{formatCurrency 1 \"euro\"}}", "`euro` is no currency"},
           Line{"{{toNumber text}}", "argument 1 is the text `x`, not a number"},
           Line{"{{sortBy object \"x\"}}", "argument 1 is an object, not a list"},
           Line{"{%= text * 2 %}", "has `arithmetic` between a string and a number"},
           Line{"{%= text < 2 %}", "has `an ordering` between a string and a number"},
           Line{"{%= 1 / 0 %}", "divides by zero"},
           Line{"{{now}}", "no moment was handed to this rendering"},
       }) {
    INFO(text);
    const auto compiled = compile_template(text, TemplateFormat::text, {}, "a.lua:7");
    REQUIRE(compiled.ok());
    std::string out = "before";
    const Status done = render_to(out, *compiled, {.profile = &data});
    REQUIRE_FALSE(done.ok());
    CHECK(done.error().code == Code::template_failed);
    CHECK_THAT(done.error().message, Catch::Contains(says));
    REQUIRE(done.error().problems.size() == 1);
    CHECK(out == "before");
  }
}
