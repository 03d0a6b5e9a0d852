// A definition as people read it, and two of them side by side.
#include <catch2/catch.hpp>
#include <random>

#include "base/limits.h"
#include "model/outline.h"
#include "model/workspace.h"

using namespace footlight;

namespace {

Definition definition(const std::string& json) {
  auto document = parse_json(json);
  if (!document) FAIL(document.error().message << " in " << json);
  Problems problems;
  Definition parsed = parse_definition(*document, problems);
  for (const Problem& problem : problems) FAIL(to_line(problem));
  return parsed;
}

Workspace workspace(const std::string& json) {
  auto document = parse_json(json);
  if (!document) FAIL(document.error().message);
  Problems problems;
  Workspace parsed = parse_workspace(*document, problems);
  for (const Problem& problem : problems) FAIL(to_line(problem));
  return parsed;
}

std::string text_of(const Outline& outline) {
  std::string text;
  for (const OutlineSection& section : outline) {
    text += section.name + "\n";
    for (const OutlinePart& part : section.parts) {
      text += "  " + part.name + "\n";
      for (const std::string& line : part.lines) text += "    " + line + "\n";
    }
  }
  return text;
}

std::string text_of(const Comparison& comparison) {
  std::string text;
  for (const ComparedSection& section : comparison) {
    text += section.name + "\n";
    for (const ComparedPart& part : section.parts) {
      text += "  " + part.name + "\n";
      for (const ComparedLine& line : part.lines)
        text += line.mark == Mark::skipped ? "    … " + std::to_string(line.count) + "\n"
                                           : std::string(line.mark == Mark::removed     ? "  - "
                                                             : line.mark == Mark::added ? "  + "
                                                                                        : "    ") +
                line.text + "\n";
    }
  }
  return text;
}

std::string compared(const std::string& from, const std::string& to) {
  const std::string begin = R"({"kind": "campaign", "id": "x", "show": {"hero": "x"})";
  return text_of(compare(outline(definition(begin + from + "}")), outline(definition(begin + to + "}"))));
}

// A campaign whose one template has these lines.
Outline with_lines(const std::vector<std::string>& lines) { return {{"content", {{"hero", lines}}}}; }

}  // namespace

TEST_CASE("a campaign is read section by section") {
  const Workspace shop =
      workspace(R"({"name": "shop", "zone": "Europe/Paris", "attributes": {"tier": {"type": "text"}, "total": {"type": "number"}},
    "surfaces": {"hero": {"format": "html", "rules": ["web://shop.example/#hero", "wildcard:web://*.shop.example/*#hero"]},
                 "banner": {"format": "json", "rules": ["web://shop.example/#banner"], "resolve": "merge", "schema": "b"}},
    "schemas": {"b": true}, "conflict": {"hero": {"lua": "f"}}})");
  const std::string text =
      text_of(outline(definition(R"({"kind": "campaign", "id": "gold", "title": "Gold", "priority": 80, "tags": ["price", "b"],
    "from": "2026-12-01T09:00", "audience": {"all": [{"attr": "tier", "eq": "gold"}, {"any": [{"attr": "total", "gt": 50}, {"no": {"list": "vip"}}]}]},
    "targeting": {"lua": "return function(p)\n  return true\nend"},
    "schedule": {"weekly": [{"days": "mon-fri", "hours": "08:00-20:00"}], "except": ["2026-12-25"]},
    "treatments": {"warm": {"weight": 45, "show": {"hero": "<h1>\nhi</h1>"}}, "cool": {"weight": 45.5, "show": {"banner": [{"element": "title", "content": {"json": {"a": 1}}}]}}},
    "holdout": 9.5, "include": {"fragments": {"f": "one\ntwo"}, "lists": {"vip": "abc"}}})"),
                      &shop));
  CHECK(text == R"(content
  cool/banner.title
    {
      "a": 1
    }
  warm/hero
    <h1>
    hi</h1>
properties
  kind
    campaign
  title
    Gold
  priority
    80
  tags
    b
    price
configuration
  cool/banner.title
    banner, element title, treatment cool: json, merged key by key, schema `b`
      web://shop.example/#banner
  warm/hero
    hero, treatment warm: html, the highest priority wins, with a conflict policy
      web://shop.example/#hero
      wildcard:web://*.shop.example/*#hero
audience
  audience
    tier == "gold"
    any of
      total > 50
      not
        in list `vip`
  targeting
    Lua
      return function(p)
        return true
      end
schedule
  from
    2026-12-01T09:00 Europe/Paris
  till
    until somebody ends it
  hours
    mon, tue, wed, thu, fri 08:00-20:00
    not on 2026-12-25
experiment
  treatment cool
    45.5 %
  treatment warm
    45 %
  holdout
    9.5 %
  salt
    gold
includes
  fragment f
    one
    two
  list vip
    SHA-256 abc
)");
}

TEST_CASE("a journey's steps are read as they are taken") {
  const std::string text = text_of(outline(
      definition(R"({"kind": "journey", "id": "cart", "enter": {"event": "cart.updated"}, "exit": {"event": "order.placed"}, "again": "1d",
    "steps": [{"wait": "30m"}, {"show": {"banner": "hi"}, "for": "1h", "label": "again"}, {"await": {"event": "clicked"}, "timeout": "24h", "then": ["finish"],
    "otherwise": [{"condition": [{"when": {"attr": "tier", "eq": "gold"}, "then": [{"set": {"seen": true}}]}], "otherwise": [{"jump": "again"}]}]},
    {"split": [{"weight": 50, "then": [{"wait": "1h"}]}, {"weight": 50, "then": []}]}]})")));
  CHECK_THAT(text, Catch::StartsWith(R"(content
  steps[1]/banner
    hi
journey
  enter
    event "cart.updated"
  exit
    event "order.placed"
  again
    1d
  steps
    wait 30m
    again: show banner for 1h
    await event "clicked", for 1d
      came
        finish
      did not come
        when
          tier == "gold"
        then
          set {"seen":true}
        otherwise
          jump to again
    split
      50 %
        wait 1h
      50 %
        nothing
properties
)"));
}

TEST_CASE("what differs is told line by line and clause by clause, with some of what stands around it") {
  CHECK(compared("", "") == "");
  CHECK(compared(R"(, "priority": 50)", R"(, "priority": 60)") == "properties\n  priority\n  - 50\n  + 60\n");
  CHECK(compared("", R"(, "tags": ["a", "b"])") == "properties\n  tags\n  + a\n  + b\n");
  CHECK(compared(R"(, "title": "a")", "") == "properties\n  title\n  - a\n");
  CHECK(
      compared(R"(, "audience": {"all": [{"attr": "tier", "eq": "gold"}, {"attr": "total", "gt": 50}]})",
               R"(, "audience": {"all": [{"attr": "tier", "eq": "gold"}, {"attr": "total", "gt": 100}, {"attr": "x", "exists": true}]})") ==
      "audience\n  audience\n    tier == \"gold\"\n  - total > 50\n  + total > 100\n  + x exists\n");
  CHECK(compared(R"(, "from": "2026-12-01T09:00")", R"(, "from": "2026-12-02T09:00", "till": "2026-12-24T18:00")") ==
        "schedule\n  from\n  - 2026-12-01T09:00\n  + 2026-12-02T09:00\n  till\n  - until somebody ends it\n  + 2026-12-24T18:00\n");
  // A value that traces cut short is told whole: what differs may stand at its end.
  const std::string longer(500, 'x');
  CHECK_THAT(
      compared(R"(, "audience": {"attr": "a", "eq": ")" + longer + R"("})", R"(, "audience": {"attr": "a", "eq": ")" + longer + R"(y"})"),
      Catch::Contains(longer + "y\""));
}

TEST_CASE("three equal lines stand around each change; the others are counted") {
  std::vector<std::string> from, to;
  for (int i = 1; i <= 30; ++i) from.push_back(std::to_string(i));
  to = from;
  to[9] = "ten";
  to.erase(to.begin() + 11);
  to.push_back("31");
  CHECK(text_of(compare(with_lines(from), with_lines(to))) ==
        "content\n  hero\n    … 6\n    7\n    8\n    9\n  - 10\n  + ten\n    11\n  - 12\n    13\n    14\n    15\n    … 12\n    28\n    "
        "29\n    30\n  + 31\n");
}

TEST_CASE("parts that only one side has stand where they were") {
  const Outline from{{"content", {{"a", {"1"}}, {"b", {"2"}}, {"c", {"3"}}}}}, to{{"content", {{"c", {"3"}}, {"d", {"4"}}}}};
  CHECK(text_of(compare(from, to)) == "content\n  a\n  - 1\n  b\n  - 2\n  d\n  + 4\n");
}

TEST_CASE("a comparison applied to one side gives the other, and equal definitions alone have none") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    std::vector<std::string> from, to;
    for (int i = 0; i < 40; ++i) from.push_back(std::string(1, static_cast<char>('a' + random() % 6)));
    for (const std::string& line : from) {
      if (random() % 5 == 0) continue;
      to.push_back(line);
      if (random() % 6 == 0) to.push_back(std::string(1, static_cast<char>('a' + random() % 6)));
    }
    const Comparison comparison = compare(with_lines(from), with_lines(to));
    REQUIRE(comparison.empty() == (from == to));
    if (comparison.empty()) continue;
    // Forth with what was added, back with what was removed.
    for (const bool forth : {true, false}) {
      const std::vector<std::string>& source = forth ? from : to;
      std::vector<std::string> made;
      std::size_t at = 0;
      for (const ComparedLine& line : comparison[0].parts[0].lines) {
        const bool is_taken = line.mark == (forth ? Mark::removed : Mark::added),
                   is_new = line.mark == (forth ? Mark::added : Mark::removed);
        if (line.mark == Mark::skipped) {
          for (std::size_t i = 0; i < line.count; ++i) made.push_back(source.at(at++));
        } else if (is_new) {
          made.push_back(line.text);
        } else {
          REQUIRE(source.at(at++) == line.text);
          if (!is_taken) made.push_back(line.text);
        }
      }
      CHECK(made == (forth ? to : from));
    }
  }
}

TEST_CASE("parts of many changed lines are compared up to their limit, and told as replaced beyond it") {
  constexpr std::size_t side = 2'000;
  static_assert(side * side == limits::compared_cells_max);
  const auto lines = [](std::size_t n, const std::string& mark) {
    std::vector<std::string> all{mark + "first"};
    for (std::size_t i = 0; i + 2 < n; ++i) all.push_back(i % 2 ? "same" : mark);
    all.push_back(mark + "last");
    return all;
  };
  const auto same = [](const Comparison& comparison) {
    std::size_t count = 0;
    for (const ComparedLine& line : comparison.at(0).parts.at(0).lines) count += line.mark == Mark::same;
    return count;
  };
  CHECK(same(compare(with_lines(lines(side, "a")), with_lines(lines(side, "b")))) == side / 2 - 1);
  CHECK(same(compare(with_lines(lines(side, "a")), with_lines(lines(side + 1, "b")))) == 0);
}
