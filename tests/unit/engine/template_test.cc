// What templates render, as ledgers of template, data and output. The plain part is compared with npm
// handlebars by tests/contract/handlebars; here stands what has no judge, and one line for each notion.
#include "engine/template.h"

#include <catch2/catch.hpp>

using namespace footlight;

namespace {

const Value profile = *parse_json(R"({
  "person": {"name": "Ann", "age": 41, "order-total": 12.5, "tags": ["a", "b"]},
  "cart": {"items": [{"name": "Cup", "price": 4, "count": 2}, {"name": "Tea", "price": 10, "count": 1}], "total": 18},
  "gold": true, "none": null, "empty": "", "zero": 0, "html": "<b>&\"'`="
})");
const Value context = *parse_json(R"({"weather": "rain", "gold": "context"})");
const Value values = *parse_json(R"({"stock": {"left": 3}})");

RenderInput input() { return {.profile = &profile, .context = &context, .values = &values, .now = *parse_instant("2026-12-01T09:00:00Z")}; }

std::string rendered(std::string_view text, const Fragments& fragments = {}, TemplateFormat format = TemplateFormat::html) {
  const Result<Template> compiled = compile_template(text, format, fragments, "a.html");
  if (!compiled.ok()) return "refused: " + to_text(compiled.error());
  const Result<std::string> out = render(*compiled, input());
  return out.ok() ? *out : "failed: " + out.error().message;
}

struct Line {
  const char* text;
  const char* output;
};

void check_lines(std::initializer_list<Line> lines) {
  for (const auto& [text, output] : lines) {
    INFO(text);
    CHECK(rendered(text) == output);
  }
}

}  // namespace

TEST_CASE("handlebars: one line for each notion") {
  check_lines({
      {"Hello {{person.name}}!", "Hello Ann!"},
      {"{{html}}", "&lt;b&gt;&amp;&quot;&#x27;&#x60;&#x3D;"},
      {"{{{html}}} {{&html}}", "<b>&\"'`= <b>&\"'`="},
      {"{{none}}|{{missing.deeper}}|{{empty}}|{{zero}}|{{gold}}|{{person.tags}}|{{person}}", "|||0|true|a,b|[object Object]"},
      {"{{person.order-total}} {{person.[order-total]}} {{person/name}} {{person.tags.[1]}}", "12.5 12.5 Ann b"},
      {"{{#if zero}}1{{else if empty}}2{{else if gold}}3{{else}}4{{/if}}", "3"},
      {"{{#if zero includeZero=true}}1{{else}}2{{/if}}{{#unless gold}}3{{else}}4{{/unless}}", "14"},
      {"{{#each cart.items}}{{@index}}{{#if @first}}first{{/if}}{{name}}{{../person.name}}{{#unless @last}}, "
       "{{/unless}}{{/each}}",
       "0firstCupAnn, 1TeaAnn"},
      {"{{#each cart.items as |item i|}}{{i}}{{item.name}}{{/each}}{{#each missing}}x{{else}}none{{/each}}", "0Cup1Teanone"},
      {"{{#with person}}{{name}} {{@root.cart.total}}{{/with}}", "Ann 18"},
      {"{{#person}}{{age}}{{/person}}{{^missing}}-{{/missing}}{{#gold}}{{person.age}}{{/gold}}", "41-41"},
      {"{{lookup person.tags 1}} {{lookup person \"name\"}}", "b Ann"},
      {"a {{~gold~}} b{{! note }}c {{!-- {{x}} --}}", "atruebc "},
      {"\\{{raw}} \\\\{{zero}} {{{{raw}}}}{{x}} {% y %}{{{{/raw}}}}", "{{raw}} \\0 {{x}} {% y %}"},
      {"a\n  {{#if gold}}\n  b\n  {{/if}}\nc", "a\n  b\nc"},
      {"{{#each person}}{{@key}}={{this}};{{/each}}", "age=41;name=Ann;order-total=12.5;tags=a,b;"},
  });
}

TEST_CASE("Journey Optimizer: one line for each notion") {
  check_lines({
      {"{%= person.name %} {%=html%}", "Ann &lt;b&gt;&amp;&quot;&#x27;&#x60;&#x3D;"},
      {"{%= person.nick ?: \"friend\" %} {%= empty ?: none ?: 'x' %} {%= zero ?: 1 %}", "friend x 0"},
      {"{%#if person.age > 65%}old{%else if person.age >= 18%}adult{%else%}young{%/if%}", "adult"},
      {"{% if gold = true and not (zero > 0) %}a{% elseif gold %}b{% else %}c{% endif %}", "a"},
      {"{%#unless gold%}a{%else%}b{%/unless%}", "b"},
      {"{% let v = person.age * 2 + 1 %}{{v}} {%= v %}", "83 83"},
      {"{% let sum = 0 %}{{#each cart.items}}{% let sum = sum + price * count %}{{/each}}{{sum}}", "18"},
      {"{% let age = 1 %}{{#with person}}{{age}} {{this.age}}{{/with}}", "1 41"},
      {"{%= person.`order-total` %} {%= cart.items[1].name %} {%= cart.items.0.name %} {%= person[\"name\"] "
       "%}",
       "12.5 Tea Cup Ann"},
      {"{%= 7 % 4 %} {%= 1 + 2 * 3 %} {%= (1 + 2) * 3 %} {%= -person.age %} {%= 10 / 4 %} {%= 5 - 2 - 1 %}", "3 7 9 -41 2.5 2"},
      {"{%= \"a\" + \"b\" %} {%= \"a\" = \"a\" %} {%= 1 = \"1\" %} {%= 1 != 2 %} {%= 1 <> 1 %} {%= 2 == 2 %}",
       "ab true false true false true"},
      {"{%= \"b\" in person.tags %} {%= person.age in [1, 41] %} {%= in(\"c\", person.tags) %} {%= 1 in "
       "missing %}",
       "true true false false"},
      {"{%= missing > 1 %} {%= missing + 1 %}|{%= missing = null %} {%= !gold %} {%= gold and empty %} {%= "
       "gold or empty %}",
       "false |true false false true"},
      {"{%= upperCase(person.name) %} {{upperCase person.name}} {{upperCase(person.name)}} {{#if (eq "
       "person.name \"Ann\")}}x{{/if}}",
       "ANN ANN ANN x"},
      {"{{#each topN(cart.items, price, 1)}}{{name}}{{/each}} {{#each (sortBy cart.items \"price\" \"desc\") "
       "as |i|}}{{i.name}}{{/each}}",
       "Tea TeaCup"},
      {"{%#each cart.items as |item i|%}{{i}}{{item.name}}{%/each%} {%#with person%}{{name}}{%/with%}", "0Cup1Tea Ann"},
      {"{{#if gold}}{%= person.age + 1 %}{{else}}{%#if zero%}{{person.name}}{%/if%}{{/if}}", "42"},
      {"a\n{% let x = 1 %}\n{%#if gold%}\nb\n{%/if%}\nc\\{% d", "a\nb\nc{% d"},
      {"{%= 'it''s' %}",
       "refused: the template has a problem\n  a.html:1: `{%= 'it''s' %}` has `'` where `%}` is expected "
       "(bad_template)"},
      {"{%= \"%} }}\" %}", "%} }}"},
  });
}

TEST_CASE("names: the context first, then profile, context, request and fetched values, also inside blocks") {
  check_lines({
      {"{{profile.person.name}} {{context.weather}} {{stock.left}} {{request.id}}", "Ann rain 3 "},
      {"{{#each cart.items}}{{profile.person.name}}{{stock.left}}{{this.stock.left}};{{/each}}", "Ann3;Ann3;"},
      {"{{gold}} {{context.gold}}", "true context"},
      {"{{now}} {{now()}} {%= now() %} {{#with (dateAdd now 1 \"days\")}}{{this}}{{/with}}",
       "2026-12-01T09:00:00Z 2026-12-01T09:00:00Z 2026-12-01T09:00:00Z 2026-12-02T09:00:00Z"},
  });
}

TEST_CASE(
    "a field wins over the helper of its name; a helper without arguments is called where there is no "
    "field") {
  const Value data = *parse_json(R"({"count": 3, "first": "F", "json": "J"})");
  const auto compiled = compile_template("{{count}} {{first}} {{json}} {{count list}} {{now}}", TemplateFormat::html, {}, "a");
  REQUIRE(compiled.ok());
  CHECK(*render(*compiled, {.profile = &data, .now = Instant{0}}) == "3 F J 0 1970-01-01T00:00:00Z");
  const Value with_now = *parse_json(R"({"now": "mine"})");
  CHECK(*render(*compiled, {.profile = &with_now}) == "   0 mine");
}

TEST_CASE("fragments take a context and arguments, see no variables, and are indented where they stand alone") {
  const Fragments fragments = {
      {"card", {"[{{title}}|{{name}}|{{v}}]", ""}}, {"lines", {"1\n2\n", ""}}, {"outer", {"<{{> card title=\"inner\"}}>", ""}}};
  for (const auto& [text, output] :
       {Line{"{{#with person}}{{> card title=\"T\"}}{{/with}}", "[T|Ann|]"}, Line{"{% let v = 1 %}{{> card person title=v}}", "[1|Ann|]"},
        Line{"a\n  {{> lines}}\nb", "a\n  1\n  2\nb"}, Line{"{{#each cart.items}}{{> outer}}{{/each}}", "<[inner|Cup|]><[inner|Tea|]>"}}) {
    INFO(text);
    CHECK(rendered(text, fragments, TemplateFormat::text) == output);
  }
}

TEST_CASE("text is not escaped") { CHECK(rendered("{{html}} {%= html %}", {}, TemplateFormat::text) == "<b>&\"'`= <b>&\"'`="); }

TEST_CASE("used paths are those that the template reads off the profile") {
  const Fragments fragments = {{"card", {"{{title}}{{name}}{{sub.x}}", ""}}};
  const auto compiled = compile_template(
      "{{person.name}}{{profile.cart.total}}{{context.x}}{{request.y}}{{#if gold}}{{a.b}}{{else}}{{c}}{{/if}}"
      "{{#with person}}{{age}}{{../d}}{{@root.e}}{{/with}}{{#each cart.items as "
      "|i|}}{{price}}{{i.name}}{{../f}}{{/each}}"
      "{% let v = g + 1 %}{{v}}{{h}}{{tags.length}}{{list.0.z}}{{> card person title=k}}{{sortBy l "
      "price}}{{now}}",
      TemplateFormat::text, fragments, "a");
  REQUIRE(compiled.ok());
  CHECK(used_paths(*compiled) ==
        std::vector<std::string>{"a.b", "c", "cart.items", "cart.total", "d", "e", "f", "g", "gold", "h", "k", "l", "list", "person",
                                 "person.age", "person.name", "person.sub.x", "tags"});
}

TEST_CASE("the same template and values give the same bytes, from copies too") {
  const auto compiled = compile_template("{{#each cart.items}}{{name}}{{/each}}", TemplateFormat::html, {}, "a");
  REQUIRE(compiled.ok());
  const Template copy = *compiled;
  CHECK(*render(copy, input()) == *render(*compiled, input()));
  std::string out = "kept ";
  REQUIRE(render_to(out, copy, input()).ok());
  CHECK(out == "kept CupTea");
}
