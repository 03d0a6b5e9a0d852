// The linter's warnings on documents: each case a mistake that people make, and what they are told.
#include "lint/lint.h"

#include <catch2/catch.hpp>

#include "base/limits.h"

#include "tests/unit/engine/world.h"

using namespace footlight;
using namespace footlight::test;

namespace {

constexpr const char* shop_json = R"({"name": "shop", "zone": "Europe/Paris",
  "attributes": {"tier": {"type": "enum", "values": ["none", "silver", "gold"]}, "total": {"type": "number", "min": 0}, "name": {"type": "text"},
                 "vip": {"type": "boolean"}, "viewed": {"type": "list", "of": {"type": "text"}}, "born": {"type": "date"}},
  "surfaces": {"hero": {"format": "html", "rules": ["web://shop.example/#hero"]}, "side": {"format": "html", "rules": ["web://shop.example/#side"]}},
  "audiences": {"gold": {"attr": "tier", "eq": "gold"}, "nobody": {"attr": "total", "gt": 5, "lt": 3}, "typo": {"attr": "tier", "eq": "golden"}}})";

struct Shop : DecideWorld {
  Shop() {
    declare(document(shop_json));
    places["$.audiences.nobody"] = "audiences/a.lua:2";
    places["$.audiences.typo"] = "audiences/a.lua:3";
  }
  ServedExperience& add(const std::string& id, const Value& definition) {
    ServedExperience& served = live(id, definition);
    Problems problems;
    include_mentions(served.definition, workspace, problems);
    REQUIRE(lines_of(problems) == "");
    return served;
  }
  // Beyond those of the audiences that stand in every shop here.
  std::string warnings() const {
    WordPolicies policies;
    const LintReport report = lint({.version = "test", .workspace = workspace, .experiences = experiences, .lists = lists}, places,
                                   policies, {.now = instant("2026-12-01T12:00:00Z")});
    std::string lines;
    for (const Problem& problem : report.warnings) {
      CHECK(problem.is_warning);
      if (!problem.place.starts_with("audiences/")) lines += to_line(problem) + "\n";
    }
    return lines;
  }
  std::map<std::string, std::string> places;
};

Value audience(const char* json) { return Object{{"show", Object{{"hero", "x"}}}, {"audience", document(json)}}; }
Value schedule(const char* json) { return Object{{"show", Object{{"hero", "x"}}}, {"schedule", document(json)}}; }

}  // namespace

TEST_CASE("a sound workspace is told nothing") {
  Shop shop;
  shop.add("a", audience(R"({"all": ["gold", {"attr": "total", "between": [20, 50]}, {"no": {"attr": "vip", "eq": true}}]})"));
  shop.add("b", schedule(R"({"weekly": [{"days": "mon-fri"}], "except": ["2026-12-25"]})")).definition.priority = 70;
  CHECK(shop.warnings() == "");
}

TEST_CASE("tests that no value of the declared type meets") {
  struct Case {
    const char* condition;
    const char* told;
  };
  for (const auto& [condition, told] : {
           Case{R"({"attr": "tier", "eq": "golden"})",
                "$.audience: warning: `tier == \"golden\"` never holds: `tier` is one of none, silver, gold; "
                "did you mean `gold`? (type_mismatch)\n"},
           Case{R"({"attr": "total", "eq": "50"})",
                "$.audience: warning: `total == \"50\"` never holds: `total` is a number of at least 0 "
                "(type_mismatch)\n"},
           Case{R"({"attr": "total", "lt": 0})",
                "$.audience: warning: `total < 0` never holds: `total` is a number of at least 0 "
                "(type_mismatch)\n"},
           Case{R"({"attr": "vip", "eq": 1})", "$.audience: warning: `vip == 1` never holds: `vip` is true or false (type_mismatch)\n"},
           Case{R"({"attr": "viewed", "contains": "lamp"})",
                "$.audience: warning: `viewed contains \"lamp\"` never holds: `viewed` is a list of text "
                "(type_mismatch)\n"},
           Case{R"({"attr": "tier", "in": ["gold", "sliver"]})",
                "$.audience: warning: `tier in [\"gold\",\"sliver\"]` can never meet \"sliver\": `tier` is "
                "one of none, silver, gold; did you mean `silver`? (type_mismatch)\n"},
           Case{R"({"attr": "viewed", "has_any": ["lamp", 5]})",
                "$.audience: warning: `viewed has any of [\"lamp\",5]` can never meet 5: `viewed` is a list "
                "of text (type_mismatch)\n"},
           Case{R"({"attr": "born", "eq": "tomorrow"})",
                "$.audience: warning: `born == \"tomorrow\"` never holds: `born` is a date (type_mismatch)\n"},
           Case{R"({"any": ["gold", {"no": {"attr": "tier", "eq": "bronze"}}]})",
                "$.audience.any[1].no: warning: `tier == \"bronze\"` never holds: `tier` is one of none, "
                "silver, gold (type_mismatch)\n"},
       }) {
    INFO(condition);
    Shop shop;
    shop.add("a", audience(condition));
    CHECK(shop.warnings() == told);
  }
}

TEST_CASE("conditions that contradict themselves, told where they do") {
  struct Case {
    const char* condition;
    const char* told;
  };
  for (const auto& [condition, told] : {
           Case{R"({"attr": "total", "gt": 5, "lt": 3})",
                "$.audience: warning: no request can meet `total < 3 and total > 5`: its parts exclude each "
                "other (never_holds)\n"},
           Case{R"({"all": ["gold", {"attr": "tier", "eq": "silver"}]})",
                "$.audience: warning: no request can meet `in audience `gold` and tier == \"silver\"`: its "
                "parts exclude each other (never_holds)\n"},
           Case{R"({"any": ["gold", {"all": [{"attr": "vip", "eq": true}, {"attr": "vip", "eq": false}]}]})",
                "$.audience.any[1]: warning: no request can meet `vip == true and vip == false`: its parts "
                "exclude each other (never_holds)\n"},
           Case{R"({"any": []})",
                "$.audience: warning: no request can meet `any of nothing`: its parts exclude each other "
                "(never_holds)\n"},
           // the named one was told at its own place
           Case{R"("nobody")", ""},
           Case{R"({"all": ["nobody", "gold"]})", ""},
       }) {
    INFO(condition);
    Shop shop;
    shop.add("a", audience(condition));
    CHECK(shop.warnings() == told);
  }
}

TEST_CASE("a long condition is clipped in its warning") {
  Shop shop;
  std::string name(limits::lint_text_bytes_max, 'x');
  shop.add("a", audience((R"({"attr": "tier", "eq": ")" + name + R"("})").c_str()));
  const std::string told = shop.warnings();
  CHECK_THAT(told, Catch::Contains("…` never holds"));
  CHECK(told.size() < 2 * limits::lint_text_bytes_max);
  CHECK_THAT(told, !Catch::Contains(name));
}

TEST_CASE("named audiences are told once, at their file, whether or not anybody uses them") {
  Shop shop;
  WordPolicies policies;
  const auto report = lint({.version = "test", .workspace = shop.workspace, .experiences = {}, .lists = {}}, shop.places, policies,
                           {.now = instant("2026-12-01T12:00:00Z")});
  CHECK(lines_of(report.warnings) ==
        "audiences/a.lua:2: warning: no request can meet `total < 3 and total > 5`: its parts exclude each "
        "other (never_holds)\n"
        "audiences/a.lua:3: warning: `tier == \"golden\"` never holds: `tier` is one of none, silver, gold; "
        "did you mean `gold`? (type_mismatch)\n");
}

TEST_CASE("schedules that never open between start and end") {
  struct Case {
    const char* schedule;
    const char* from;
    const char* till;
    const char* told;
  };
  for (const auto& [json, from, till, told] : {
           Case{R"({"weekly": [{"days": "sun"}]})", "2026-12-07T00:00", "2026-12-12T00:00",
                "$.schedule: warning: `a` is never shown: its schedule does not open between 2026-12-07T00:00 "
                "and 2026-12-12T00:00 (never_opens)\n"},
           Case{R"({"weekly": [{"days": "sun"}]})", "2026-12-07T00:00", "2026-12-14T00:00", ""},
           Case{R"({"except": ["2026-12-01/2026-12-31"]})", "2026-12-07T00:00", "2026-12-12T00:00",
                "$.schedule: warning: `a` is never shown: its schedule does not open between 2026-12-07T00:00 "
                "and 2026-12-12T00:00 (never_opens)\n"},
           Case{R"({"rrule": {"rule": "FREQ=DAILY;COUNT=3", "from": "2020-01-01T09:00", "lasts": "1h"}})", "", "",
                "$.schedule: warning: `a` is never shown: its schedule does not open within 730d of today "
                "(never_opens)\n"},
           Case{R"({"rrule": {"rule": "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24", "from": "2020-12-24T09:00", "lasts": "1h"}})", "", "", ""},
           // the two never meet
           Case{R"({"weekly": [{"days": "mon"}], "rrule": {"rule": "FREQ=WEEKLY;BYDAY=SU", "from": "2026-01-04T09:00", "lasts": "1h"}})",
                "", "",
                "$.schedule: warning: `a` is never shown: its schedule does not open within 730d of today "
                "(never_opens)\n"},
       }) {
    INFO(json << " " << from);
    Shop shop;
    Value definition = schedule(json);
    if (*from) definition.object()["from"] = from;
    if (*till) definition.object()["till"] = till;
    ServedExperience& served = shop.add("a", definition);
    const Zone paris = *Zone::find("Europe/Paris");
    if (*from) served.start = *parse_in_zone(from, paris);
    if (*till) served.end = *parse_in_zone(till, paris);
    CHECK(shop.warnings() == told);
  }
}

TEST_CASE("an experience that another one covers is told, unless something may keep the other back") {
  const auto world = [](const char* wide, const Value& more) {
    Shop shop;
    shop.add("narrow", audience(R"({"all": ["gold", {"attr": "total", "gt": 100}]})"));
    Value definition = audience(wide);
    definition.object()["priority"] = 80;
    for (const auto& [key, value] : more.object()) definition.object()[key] = value;
    shop.add("wide", definition);
    return shop.warnings();
  };
  const std::string told =
      "$: warning: `narrow` is never shown: whoever may see it is shown `wide` (80 > 50) on `hero` "
      "(never_shown)\n";
  const Value nothing = Object{};
  CHECK(world(R"("gold")", nothing) == told);
  CHECK(world(R"("everyone")", nothing) == told);
  CHECK(world(R"({"attr": "total", "ge": 100})", nothing) == told);
  CHECK(world(R"({"attr": "total", "gt": 101})", nothing) == "");
  CHECK(world(R"({"attr": "name", "starts": "A"})", nothing) == "");
  CHECK(world(R"("gold")", document(R"({"schedule": {"weekly": [{"days": "mon"}]}})")) == "");
  CHECK(world(R"("gold")", document(R"({"targeting": {"lua": "true"}})")) == "");
  CHECK(world(R"("gold")", document(R"({"show": {"hero": {"lua": "= 1"}}})")) == "");
  CHECK(world(R"("gold")", document(R"({"priority": 20})")) == "");
}

TEST_CASE("ties that can meet are told with a visitor who shows them") {
  Shop shop;
  shop.add("a", audience(R"("gold")"));
  auto& other = shop.add("b", audience(R"({"attr": "total", "gt": 100})"));
  other.places["$.priority"] = "experiences/b.lua:3";
  CHECK(shop.warnings() ==
        "experiences/b.lua:3: warning: `b` and `a` both have the priority 50 and can meet on `hero`: for "
        "{\"tier\":\"gold\",\"total\":101} whoever was activated first is shown; "
        "give one the higher priority (priority_tie)\n");
  other.definition.priority = 51;
  CHECK(shop.warnings() == "");
}
