// Definitions beyond the ledgers: that every spelling gives one canonical form, what a definition
// mentions, and limits.
#include "model/definition.h"

#include <catch2/catch.hpp>

#include "base/limits.h"
#include "model/workspace.h"
#include "tests/unit/model/generator.h"

using namespace footlight;

namespace {

Value document(std::string_view json) {
  auto parsed = parse_json(json);
  INFO(json);
  if (!parsed) FAIL(parsed.error().message);
  return *parsed;
}

Definition read_from(const Value& asked) {
  Problems problems;
  Definition read = parse_definition(asked, problems);
  INFO(to_json(asked));
  for (const Problem& problem : problems) UNSCOPED_INFO(to_line(problem));
  REQUIRE(problems.empty());
  return read;
}
Definition definition(std::string_view json) { return read_from(document(json)); }

Problems problems_of(const Value& asked) {
  Problems problems;
  parse_definition(asked, problems);
  return problems;
}

std::string names(const std::map<std::string, std::string>& mentioned) {
  std::string text;
  for (const auto& [name, path] : mentioned) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// The fragments that a template text calls.
std::string called_by(const std::string& text) {
  return names(mentions(read_from(Object{{"kind", "campaign"}, {"id", "a"}, {"show", Object{{"hero", text}}}})).fragments);
}

}  // namespace

TEST_CASE("another spelling is the same definition, to the byte") {
  struct Case {
    const char* sugar;
    const char* canonical;
  };
  for (
      const auto& [sugar, canonical] : {
          Case{R"({"kind": "campaign", "id": "a", "show": {"hero": "x"}})",
               R"({"audience":"everyone","id":"a","kind":"campaign","priority":50,"show":{"hero":"x"}})"},
          Case{
              R"({"kind": "campaign", "id": "a", "tags": ["b", "a", "b"], "audience": "gold", "show": {"hero": {"title": "x"}}, "include": {}})",
              R"({"audience":{"audience":"gold"},"id":"a","kind":"campaign","priority":50,"show":{"hero":{"json":{"title":"x"}}},"tags":["a","b"]})"},
          Case{
              R"({"kind": "campaign", "id": "a", "priority": 50.0, "zone": "", "title": "", "schedule": {"lua": "f"},
                    "treatments": {"t": {"weight": 100.00, "show": {"hero": "x"}}}})",
              R"({"audience":"everyone","id":"a","kind":"campaign","priority":50,"salt":"a","schedule":{"policy":{"lua":"f"}},)"
              R"("treatments":{"t":{"show":{"hero":"x"},"weight":100}}})"},
          Case{
              R"({"kind": "journey", "id": "a", "enter": {"event": "e"}, "again": "90m", "steps": [{"wait": "60m"}]})",
              R"({"again":"1h30m","audience":"everyone","enter":{"event":"e"},"id":"a","kind":"journey","priority":50,"steps":[{"wait":"1h"}]})"},
      }) {
    CHECK(to_json(to_value(definition(sugar))) == canonical);
    CHECK(hash_of(to_value(definition(sugar))) == hash_of(to_value(definition(canonical))));
  }
}

TEST_CASE("what is written canonically reads as the same definition") {
  const std::uint64_t seed = test::seed_of_test();
  test::DocumentGenerator documents(seed);
  INFO("FOOTLIGHT_SEED=" << seed);
  int journeys = 0, experiments = 0;
  for (int i = 0; i < 2'000; ++i) {
    const Value asked = documents.definition();
    const Definition first = read_from(asked);
    const Value canonical = to_value(first);
    const Definition read = read_from(canonical);
    INFO(to_json(asked));
    REQUIRE(to_json(to_value(read)) == to_json(canonical));
    REQUIRE(read_from(to_value(read)) == read);
    // Nothing was lost on the way: the same actions with the same content, whatever the spelling.
    REQUIRE(read.actions.size() == first.actions.size());
    for (std::size_t a = 0; a < read.actions.size(); ++a) {
      REQUIRE(read.actions[a].id == first.actions[a].id);
      REQUIRE(read.actions[a].content == first.actions[a].content);
    }
    journeys += first.kind == ExperienceKind::journey && !first.actions.empty();
    experiments += !first.treatments.empty();
  }
  CHECK(journeys > 100);
  CHECK(experiments > 100);
}

TEST_CASE("an action is named by its treatment or step, its configuration and its element") {
  const Definition campaign = definition(
      R"({"kind": "campaign", "id": "a", "show": {"hero": [{"element": "title", "content": "x"}], "side": "x"},
      "treatments": {"warm": {"weight": 100, "show": {"hero": "x"}}}})");
  std::string ids;
  for (const Action& action : campaign.actions) ids += action.id + "(" + action.treatment + ") ";
  CHECK(ids == "hero.title() side() warm/hero(warm) ");

  const Definition journey = definition(R"({"kind": "journey", "id": "a", "enter": {"event": "e"}, "steps": [{"show": {"hero": "x"}},
      {"condition": [{"when": "gold", "then": [{"show": {"hero": [{"element": "e", "content": "y"}]}}]}]}]})");
  REQUIRE(journey.actions.size() == 2);
  CHECK(journey.actions[0].id == "steps[0]/hero");
  CHECK(journey.actions[1].id == "steps[1].condition[0].then[0]/hero.e");
  CHECK(journey.actions[1].path == "$.steps[1].condition[0].then[0].show.hero[0].content");
  CHECK(journey.actions[1].content.text == "y");
}

TEST_CASE("weights are hundredths of a percent and add up to 100 with the holdout") {
  const auto weights = [](double first, double second, double holdout) {
    return Value(Object{{"kind", "campaign"},
                        {"id", "a"},
                        {"treatments",
                         Object{{"a", Object{{"weight", first}, {"show", Object{{"hero", "x"}}}}},
                                {"b", Object{{"weight", second}, {"show", Object{{"hero", "x"}}}}}}},
                        {"holdout", holdout}});
  };
  const Definition thirds = read_from(weights(33.33, 33.34, 33.33));
  CHECK(thirds.treatments[0].weight == 3333);
  CHECK(thirds.holdout == 3333);
  CHECK(problems_of(weights(100, 0, 0)).empty());
  CHECK(problems_of(weights(0, 0, 100)).empty());
  for (const auto& [first, second, holdout, sum] :
       {std::tuple{50.0, 50.0, 0.01, "100.01"}, {50.0, 49.99, 0.0, "99.99"}, {0.0, 0.0, 0.0, "0"}}) {
    const Problems problems = problems_of(weights(first, second, holdout));
    REQUIRE(problems.size() == 1);
    CHECK(to_line(problems[0]) ==
          std::string("$.treatments: the weights and the holdout add up to ") + sum + ", not to 100 (out_of_range)");
  }
}

TEST_CASE("a definition stands on each of its limits, and not one past it") {
  const auto with_tags = [](std::size_t count) {
    Array tags;
    for (std::size_t i = 0; i < count; ++i) tags.push_back("t" + std::to_string(i));
    tags.push_back("t0");  // a double does not count
    return Value(Object{{"kind", "campaign"}, {"id", "a"}, {"show", Object{{"hero", "x"}}}, {"tags", std::move(tags)}});
  };
  const auto with_actions = [](std::size_t count) {
    Array elements;
    for (std::size_t i = 0; i < count; ++i) elements.push_back(Object{{"element", "e" + std::to_string(i)}, {"content", "x"}});
    return Value(Object{{"kind", "campaign"}, {"id", "a"}, {"show", Object{{"hero", std::move(elements)}}}});
  };
  const auto with_treatments = [](std::size_t count) {
    Object treatments;
    for (std::size_t i = 0; i < count; ++i)
      treatments["t" + std::to_string(i)] = Object{{"weight", i == 0 ? 100 : 0}, {"show", Object{{"hero", "x"}}}};
    return Value(Object{{"kind", "campaign"}, {"id", "a"}, {"treatments", std::move(treatments)}});
  };
  const auto with_steps = [](std::size_t count) {
    return Value(
        Object{{"kind", "journey"}, {"id", "a"}, {"enter", Object{{"event", "e"}}}, {"steps", Array(count, Object{{"wait", "1h"}})}});
  };
  const auto with_branches = [](int levels) {
    Array steps{Object{{"finish", true}}};
    for (int level = 1; level < levels; ++level)
      steps = Array{Object{{"split", Array{Object{{"weight", 100}, {"then", std::move(steps)}}}}}};
    return Value(Object{{"kind", "journey"}, {"id", "a"}, {"enter", Object{{"event", "e"}}}, {"steps", std::move(steps)}});
  };
  const auto stands_at = [](const Value& at, const Value& past, const std::string& place) {
    CHECK(problems_of(at).empty());
    const Problems problems = problems_of(past);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].code == Code::limit_exceeded);
    CHECK_THAT(problems[0].place, Catch::StartsWith(place));
  };
  stands_at(with_tags(limits::tags_max), with_tags(limits::tags_max + 1), "$.tags");
  stands_at(with_actions(limits::actions_max), with_actions(limits::actions_max + 1), "$.show");
  stands_at(with_treatments(limits::treatments_max), with_treatments(limits::treatments_max + 1), "$.treatments");
  stands_at(with_steps(limits::journey_steps_max), with_steps(limits::journey_steps_max + 1), "$.steps");
  stands_at(with_branches(limits::predicate_depth_max), with_branches(limits::predicate_depth_max + 1), "$.steps");
  CHECK(problems_of(with_steps(limits::journey_steps_max + 500)).size() == 1);
}

TEST_CASE("fragments are found however a template calls them") {
  CHECK(called_by("{{> a}}{{>b}}{{~> c ~}}{{>d~}}") == "a, b, c, d");
  CHECK(called_by("{{>\r\n\ta}} {{> b\r\n x=1}} {{> c this}} {{>\td\t}}") == "a, b, c, d");
  CHECK(called_by("{{> \"with blanks\"}} {{> 'single'}} {{> [in brackets]}}") == "in brackets, single, with blanks");
  CHECK(called_by("{{#if x}}{{> dir/name-1.html}}{{/if}}") == "dir/name-1.html");
  CHECK(called_by("{{a}} {{#each b}}{{c}}{{/each}} {{ > no}} > no }} {{{d}}} {% let x = 1 %}") == "");
  CHECK(called_by("{{! {{> no}} {{> yes}}") == "yes");
  CHECK(called_by("{{!-- {{> no}} }} --}}{{> yes}}{{~!-- {{> no}} --~}}{{!-- open {{> no}}") == "yes");
  CHECK(called_by("\\{{> no}} \\\\{{> yes}}") == "yes");
  CHECK(called_by("{{{{raw}}}} {{> no}} {{{{/raw}}}} {{> yes}} {{{{raw}}}} {{> no}}") == "yes");
  CHECK(called_by("{{") == "");
  CHECK(called_by("{{>") == "");
  CHECK(called_by("{{> ") == "");
  CHECK(called_by("{{> \"open") == "open");
}

TEST_CASE("a definition mentions what its conditions, contents and includes name, each with its first place") {
  const Definition campaign = definition(
      R"({"kind": "campaign", "id": "a", "audience": {"any": ["gold", {"no": {"list": "vip"}}, "gold"]},
      "show": {"hero": {"fragment": "whole"}, "side": {"title": ["{{> inner}}", {"deep": "{{> inner}}"}]}, "code": {"lua": "return '{{> no}}'"}},
      "include": {"audiences": {"gold": {"audience": "silver"}}, "fragments": {"whole": "{{> part}}"}}})");
  const Mentions found = mentions(campaign);
  CHECK(names(found.audiences) == "gold, silver");
  CHECK(found.audiences.at("gold") == "$.audience.any[0]");
  CHECK(found.lists.at("vip") == "$.audience.any[1].no");
  CHECK(names(found.fragments) == "inner, part, whole");
  CHECK(found.fragments.at("inner") == "$.show.side");
  CHECK(found.fragments.at("part") == "$.include.fragments.whole");

  const Definition journey = definition(R"({"kind": "journey", "id": "a", "enter": {"audience": "enterers"}, "steps": [
      {"condition": [{"when": {"list": "vip"}, "then": [{"condition": [{"when": "inner"}]}]}]},
      {"await": {"event": "e"}, "timeout": "1h", "otherwise": [{"show": {"hero": {"fragment": "late"}, "side": "{{> part}}"}}]},
      {"fetch": "stock", "with": {"sku": "{{> key}}"}, "ok": [{"condition": [{"when": "fetched"}]}]}]})");
  const Mentions named = mentions(journey);
  CHECK(names(named.audiences) == "enterers, fetched, inner");
  CHECK(named.audiences.at("inner") == "$.steps[0].condition[0].then[0].condition[0].when");
  CHECK(named.lists.at("vip") == "$.steps[0].condition[0].when");
  CHECK(names(named.fragments) == "key, late, part");
  CHECK(named.fragments.at("late") == "$.steps[1].otherwise[0].show.hero");
}
