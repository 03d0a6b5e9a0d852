// Corners of templates that the other cases do not reach: strings as objects, hash arguments over a
// whole context, odd white space, names that need quoting, and tags that are broken at their beginning.
#include <catch2/catch.hpp>

#include "engine/template.h"

using namespace footlight;

namespace {

std::string rendered(std::string_view text, std::string_view profile = "{}", const Fragments& fragments = {}) {
  const auto compiled = compile_template(text, TemplateFormat::text, fragments, "a.txt");
  INFO(text);
  if (!compiled)
    return "refused: " + (compiled.error().problems.empty() ? compiled.error().message : to_line(compiled.error().problems[0]));
  const Value values = *parse_json(profile);
  const auto output = render(*compiled, {.profile = &values});
  return output ? *output : "failed: " + output.error().message;
}

}  // namespace

TEST_CASE("a text has a length and characters, counted as JavaScript counts them") {
  CHECK(rendered("{{s.length}}", R"({"s": "héllo"})") == "5");
  CHECK(rendered("{{s.length}}", R"({"s": "a😀"})") == "3");
  CHECK(rendered("{{s.[0]}}{{s.[1]}}", R"({"s": "éa"})") == "éa");
  CHECK(rendered("{{s.[9]}}|{{s.nope}}", R"({"s": "abc"})") == "|");
  CHECK(rendered("{{s.[0]}}", R"({"s": "😀"})") == "\ufffd");  // half of a pair is no character
  CHECK(rendered("{{n.length}}|{{b.x}}", R"({"n": 5, "b": true})") == "|");
}

TEST_CASE("the hash arguments of a fragment stand in front of its context, also where that is taken as a whole") {
  const Fragments fragments = {{"f", {"{{#each this}}{{@key}}={{this}};{{/each}}", "f"}}, {"g", {"{{x}}{{y}}", "g"}}};
  CHECK(rendered("{{> f x=1}}", R"({"a": 2, "x": 3})", fragments) == "a=2;x=1;");
  CHECK(rendered("{{> f inner x=1}}", R"({"inner": {"b": "c"}})", fragments) == "b=c;x=1;");
  CHECK(rendered("{{> f list x=9}}", R"({"list": ["p", "q"]})", fragments) == "0=p;1=q;x=9;");
  CHECK(rendered("{{> f word x=9}}", R"({"word": "ab"})", fragments) == "0=a;1=b;x=9;");
  CHECK(rendered("{{> g x=\"1\"}}", R"({"x": "0", "y": "2"})", fragments) == "12");
}

TEST_CASE("a literal in the place of a name is a name") {
  CHECK(rendered("{{\"order total\"}}", R"({"order total": 5})") == "5");
  CHECK(rendered("{{12}}", R"({"12": "twelve"})") == "twelve");
  CHECK(rendered("{{[order total]}}", R"({"order total": 5})") == "5");
}

TEST_CASE("lines of tags alone go with their line ends, whatever these are") {
  CHECK(rendered("a\r\n{{#if x}}\r\nb\r\n{{/if}}\r\nc", R"({"x": true})") == "a\r\nb\r\nc");
  CHECK(rendered("a\n{{#if x}}\nb\n{{else}}\nc\n{{/if}}\nd", R"({"x": false})") == "a\nc\nd");
  CHECK(rendered("a\n{{#if x}}\nb\n{{else if y}}\nc\n{{else}}\nd\n{{/if}}\ne", R"({"y": true})") == "a\nc\ne");
  CHECK(rendered("a \u00a0\u2003\u3000{{~x~}} \ufeff\u2028b", R"({"x": 1})") == "a1b");
  CHECK(rendered("a\u1681{{~x}}", R"({"x": 1})") == "a\u16811");  // a letter, not a space
}

TEST_CASE("an expression's paths lead outwards, and through data") {
  CHECK(rendered("{{#with a}}{%= ../b %}{%= this.c %}{{/with}}", R"({"a": {"c": 2}, "b": 1})") == "12");
  CHECK(rendered("{{#each l}}{%= @index %}{%= this %},{{/each}}", R"({"l": [5, 6]})") == "05,16,");
  CHECK(rendered("{%= `order total` + n %}", R"({"order total": 5, "n": 2})") == "7");
}

TEST_CASE("what is broken where it begins is told with the way out") {
  for (const auto& [text, says] : {std::pair{"{{{{verbatim}}}}x{{{{/verbatim}}}}", "is not a raw block that exists"},
                                   {"{{{{raw}}}}x", "never closed"},
                                   {"{{{{raw}}}}x{{{{/row}}}}", "closed by another name"},
                                   {"{{* deco}}", "deco"},
                                   {"{{#* inline \"x\"}}{{/inline}}", "inline"},
                                   {"{{#> f}}x{{/f}}", "f"},
                                   {"{{> f a b}}", "two contexts"},
                                   {"{{a = b}}", "="},
                                   {"{{a }b}}", "}"},
                                   {"{{a [b}}", "["},
                                   {"{{a \"b}}", "\""},
                                   {"{{#each l as |x}}{{/each}}", "|"},
                                   {"{{#each l as ||}}{{/each}}", "names"},
                                   {"{{f x=1 y}}", "plain arguments come first"},
                                   {"{{a.this.b}}", "this"},
                                   {"{%= 1 + %}", "expected"},
                                   {"{%= 5a %}", "begins with a digit"},
                                   {"{%= 1 + and %}", "where a value is expected"},
                                   {"{%= a..b %}", "expected"},
                                   {"{%= f(1 %}", "f(1"}}) {
    const std::string answer = rendered(text, "{}", {{"f", {"x", "f"}}});
    INFO(text << " -> " << answer);
    CHECK_THAT(answer, Catch::StartsWith("refused: a.txt:1") && Catch::Contains(says) && Catch::EndsWith(")"));
  }
  CHECK_THAT(rendered(std::string_view("a\0b", 3)), Catch::Contains("zero byte"));
}
