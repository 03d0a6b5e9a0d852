// Which pairs meet, as an author would find out: by a visitor who would be shown both.
#include "lint/overlap.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>
#include <random>

#include "tests/unit/engine/world.h"
#include "tests/unit/model/generator.h"

using namespace footlight;
using namespace footlight::test;

namespace {

constexpr const char* shop_json = R"({"name": "shop", "zone": "Europe/Paris",
  "attributes": {"tier": {"type": "enum", "values": ["none", "silver", "gold"]}, "total": {"type": "number", "min": 0}, "city": {"type": "text"},
                 "vip": {"type": "boolean"}},
  "surfaces": {
    "hero": {"format": "html", "rules": ["web://shop.example/#hero"]},
    "any": {"format": "html", "rules": ["wildcard:web://*.shop.example/*#hero", "wildcard:web://shop.example/*#hero"]},
    "strip": {"format": "html", "rules": [{"page": [{"domain": {"endsWith": "shop.example"}, "path": {"startsWith": "/p/"}}], "container": "strip"}]},
    "lamps": {"format": "html", "rules": [{"page": [{"path": {"endsWith": "lamps"}}], "container": "strip"}]},
    "banner": {"format": "json", "rules": ["mobileapp://com.shop/#banner"], "resolve": "merge"},
    "kiosk": {"format": "text", "rules": ["kiosk://paris/#ticker"], "resolve": {"stack": 3}},
    "one": {"format": "text", "rules": ["kiosk://paris/#one"], "resolve": {"stack": 1}}}})";

struct Shop : DecideWorld {
  Shop() { declare(document(shop_json)); }

  SnapshotSource source() const { return {.version = "test", .workspace = workspace, .experiences = experiences, .lists = lists}; }
  OverlapReport report(OverlapOptions options = {}) const {
    WordPolicies policies;
    if (options.now == Instant{}) options.now = instant("2026-12-01T12:00:00Z");
    options.runner = [this](std::shared_ptr<const Snapshot> snapshot) -> std::unique_ptr<PolicyRunner> {
      snapshots_.push_back(snapshot);
      return std::make_unique<WordRunner>(*snapshots_.back());
    };
    return find_overlaps(source(), policies, options);
  }
  // `WINNER > LOSER by WHAT on SURFACE[ ELEMENT][ KEYS]: ATTRIBUTES[ IDENTITY]`
  std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    for (const Overlap& overlap : report().overlaps) {
      std::string line = overlap.winner.experience + " > " + overlap.loser.experience + " by " + std::string(to_text(overlap.by)) + " on " +
          overlap.surface;
      if (!overlap.element.empty()) line += " " + overlap.element;
      for (const std::string& key : overlap.keys) line += " ." + key;
      line += ": " + to_json(*to_value(overlap).at_path("witness.attributes"));
      lines.push_back(line);
    }
    return lines;
  }

  mutable std::vector<std::shared_ptr<const Snapshot>> snapshots_;
};

using Lines = std::vector<std::string>;

Value shown(const char* configuration, const char* audience, int priority, const char* more = "{}") {
  Object definition{{"show", Object{{configuration, "x"}}}, {"priority", priority}, {"audience", document(audience)}};
  const Value others = document(more);
  for (const auto& [key, value] : others.object()) definition[key] = value;
  return definition;
}

}  // namespace

TEST_CASE("two experiences on one surface meet where one visitor may see both, and the higher priority wins") {
  Shop shop;
  shop.live("gold", shown("hero", R"({"attr": "tier", "eq": "gold"})", 80));
  shop.live("rich", shown("hero", R"({"attr": "total", "gt": 100})", 60));
  shop.live("silver", shown("hero", R"({"attr": "tier", "eq": "silver"})", 70));
  CHECK(shop.lines() ==
        Lines{R"(gold > rich by priority on web://shop.example/#hero: {"tier":"gold","total":101})",
              R"(silver > rich by priority on web://shop.example/#hero: {"tier":"silver","total":101})"});
}

TEST_CASE("a tie is decided by the more specific rule, or else by who was activated first") {
  Shop shop;
  shop.live("b", shown("hero", R"("everyone")", 50));
  shop.live("a", shown("hero", R"("everyone")", 50)).activated_at = instant("2026-06-01T00:00:00Z");
  shop.live("c", shown("any", R"("everyone")", 50));
  std::vector<std::string> lines = shop.lines();
  std::sort(lines.begin(), lines.end());
  CHECK(lines ==
        Lines{R"(a > c by specificity on web://shop.example/#hero: {})", R"(b > a by activation on web://shop.example/#hero: {})",
              R"(b > c by specificity on web://shop.example/#hero: {})"});
}

TEST_CASE("elements, surfaces and configurations keep apart what does not stand on one place") {
  Shop shop;
  shop.live("top", document(R"({"show": {"hero": [{"element": "top", "content": "x"}]}})"));
  shop.live("foot", document(R"({"show": {"hero": [{"element": "foot", "content": "x"}]}})"));
  shop.live("strip", shown("strip", R"("everyone")", 50));
  shop.live("kiosk", shown("kiosk", R"("everyone")", 50));
  CHECK(shop.lines().empty());
  shop.live("head", document(R"({"priority": 70, "show": {"hero": [{"element": "top", "content": "x"}]}})"));
  CHECK(shop.lines() == Lines{R"(head > top by priority on web://shop.example/#hero top: {})"});
}

TEST_CASE("wildcard and page rules meet on pages that both match") {
  Shop shop;
  shop.live("products", shown("strip", R"("everyone")", 60));
  shop.live("lamps", shown("lamps", R"("everyone")", 40));
  const auto lines = shop.lines();
  REQUIRE(lines.size() == 1);
  CHECK_THAT(lines[0],
             Catch::StartsWith("products > lamps by priority on web://") && Catch::Contains("/p/") && Catch::Contains("lamps#strip"));
}

TEST_CASE("a merged object is fought over by its keys, a stack by its places") {
  Shop shop;
  shop.live("a", document(R"({"priority": 60, "show": {"banner": {"title": "x", "n": 1}, "kiosk": "x", "one": "x"}})"));
  shop.live("b", document(R"({"priority": 50, "show": {"banner": {"title": "y", "m": 1}, "kiosk": "y", "one": "y"}})"));
  shop.live("c", document(R"({"priority": 40, "show": {"banner": {"o": 1}}})"));
  CHECK(shop.lines() ==
        Lines{R"(a > b by priority on kiosk://paris/#one: {})", R"(a > b by priority on mobileapp://com.shop/#banner .title: {})"});
}

TEST_CASE("schedules and times that are never open together keep a pair apart") {
  Shop shop;
  shop.live("week", shown("hero", R"("everyone")", 60, R"({"schedule": {"weekly": [{"days": "mon-fri"}]}})"));
  shop.live("weekend", shown("hero", R"("everyone")", 50, R"({"schedule": {"weekly": [{"days": "sat,sun"}]}})"));
  shop.live("summer", shown("hero", R"("everyone")", 40)).end = instant("2026-09-01T00:00:00Z");
  auto& winter = shop.live("winter", shown("hero", R"("everyone")", 30));
  winter.start = instant("2026-09-01T00:00:00Z");
  std::vector<std::string> pairs;
  for (const Overlap& overlap : shop.report().overlaps)
    pairs.push_back(overlap.winner.experience + " " + overlap.loser.experience + " " + to_text(overlap.witness.now));
  // 2026-12-01 is a Tuesday; what ended by then is looked at in its own last year.
  CHECK(pairs ==
        Lines{"week summer 2025-08-31T22:00:00Z", "week winter 2026-09-01T00:00:00Z", "weekend summer 2025-08-31T00:00:00Z",
              "weekend winter 2026-09-04T22:00:00Z"});
}

TEST_CASE("experiments meet in the share of their buckets, with an identity that falls there") {
  Shop shop;
  const auto half = [&](const char* id, int priority, const char* salt, int first) {
    shop.live(id,
              document(R"({"priority": )" + std::to_string(priority) + R"(, "salt": ")" + salt +
                       R"(", "holdout": 0, "treatments": {"a": {"weight": )" + std::to_string(first) +
                       R"(, "show": {"hero": "x"}}, "b": {"weight": )" + std::to_string(100 - first) + R"(, "show": {"any": "x"}}}})"));
  };
  half("one", 60, "s", 50);
  half("two", 50, "s", 50);
  std::vector<std::string> pairs;
  for (const Overlap& overlap : shop.report().overlaps) {
    pairs.push_back(overlap.winner.action + " " + overlap.loser.action);
    CHECK_FALSE(overlap.witness.identity.id.empty());
  }
  // The same salt and shares: who is in `a` of one is in `a` of the other.
  CHECK(pairs == Lines{"a/hero a/hero", "b/any b/any"});
}

TEST_CASE("a policy may keep a pair apart, which only running it tells") {
  Shop shop;
  shop.live("a", shown("hero", R"({"lua": "asks vip"})", 60));
  shop.live("b", shown("hero", R"("everyone")", 50));
  shop.live("c", shown("hero", R"({"lua": "false"})", 40));
  shop.live("d", shown("hero", R"({"all": [{"attr": "tier", "eq": "gold"}, {"lua": "fail"}]})", 30));
  // The visitor who has everything is a vip.
  const auto lines = shop.lines();
  REQUIRE(lines.size() == 1);
  CHECK_THAT(lines[0], Catch::StartsWith("a > b by priority") && Catch::Contains(R"("vip":true)"));
  // Without a runner nothing is said of pairs with policies.
  WordPolicies policies;
  CHECK(find_overlaps(shop.source(), policies, {.now = instant("2026-12-01T12:00:00Z")}).overlaps.empty());
}

TEST_CASE("a conflict policy decides where there is one") {
  Shop shop;
  Value with_policy = document(shop_json);
  with_policy.object()["conflict"] = document(R"({"hero": {"lua": "reverse"}})");
  shop.declare(with_policy);
  shop.live("a", shown("hero", R"("everyone")", 60));
  shop.live("b", shown("hero", R"("everyone")", 50));
  CHECK(shop.lines() == Lines{R"(b > a by policy on web://shop.example/#hero: {})"});
}

TEST_CASE("of one experience only its own pairs are told, and no more than asked for") {
  Shop shop;
  for (const char* id : {"a", "b", "c", "d"}) shop.live(id, shown("hero", R"("everyone")", id[0]));
  CHECK(shop.report().overlaps.size() == 6);
  const auto own = shop.report({.only = "b"});
  CHECK(own.overlaps.size() == 3);
  CHECK(own.is_complete);
  const auto few = shop.report({.most = 2});
  CHECK(few.overlaps.size() == 2);
  CHECK_FALSE(few.is_complete);
}

TEST_CASE("the search ends at its bounds and says that there is more") {
  Shop shop;
  for (const char* id : {"a", "b", "c", "d"}) shop.live(id, shown("hero", R"("everyone")", id[0]));
  CHECK(OverlapOptions{}.most == limits::overlaps_max);
  CHECK(OverlapOptions{}.asked_max == limits::overlap_pairs_max);
  CHECK(OverlapOptions{}.formed_max == limits::overlap_candidates_max);
  const auto at = shop.report({.most = 6, .asked_max = 6, .formed_max = 6});
  CHECK(at.overlaps.size() == 6);
  CHECK(at.is_complete);
  const auto asked = shop.report({.asked_max = 5});
  CHECK(asked.overlaps.size() == 5);
  CHECK_FALSE(asked.is_complete);
  const auto formed = shop.report({.formed_max = 5});
  CHECK(formed.overlaps.size() == 5);
  CHECK_FALSE(formed.is_complete);
}

TEST_CASE("pairs that are hard to tell apart cost no more than all of them together may") {
  Shop shop;
  for (const char* id : {"a", "b", "c", "d"})
    shop.live(
        id,
        shown(
            "hero",
            R"({"all": [{"any": [{"attr": "total", "gt": 5}, {"attr": "tier", "eq": "gold"}]}, {"any": [{"attr": "total", "lt": 3}, {"attr": "vip", "eq": true}]}]})",
            id[0]));
  CHECK(OverlapOptions{}.steps_max == limits::overlap_steps_max);
  const auto all = shop.report();
  CHECK(all.overlaps.size() == 6);
  const auto at = shop.report({.steps_max = all.steps});
  CHECK(at.overlaps.size() == 6);
  CHECK(at.is_complete);
  const auto fewer = shop.report({.steps_max = all.steps / 2});
  CHECK(fewer.overlaps.size() < 6);
  CHECK_FALSE(fewer.is_complete);
}

TEST_CASE("two schedules that leapfrog for ever are given up on") {
  Shop shop;
  const char* mondays = R"({"schedule": {"weekly": [{"days": "mon"}]}})";
  shop.live("mon", shown("hero", R"("everyone")", 60, mondays));
  shop.live("sun",
            shown("hero", R"("everyone")", 50,
                  R"({"schedule": {"rrule": {"rule": "FREQ=WEEKLY;BYDAY=SU", "from": "2026-01-04T09:00", "lasts": "1h"}}})"));
  CHECK(shop.lines().empty());
  // Each turn goes on by a week: there are years in the bound.
  STATIC_REQUIRE(limits::overlap_openings_max > 500);
  shop.live(
      "eve",
      shown("hero", R"("everyone")", 40,
            R"({"schedule": {"rrule": {"rule": "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24", "from": "2026-12-24T09:00", "lasts": "1h"}}})"));
  std::vector<std::string> pairs;
  for (const Overlap& overlap : shop.report().overlaps)
    pairs.push_back(overlap.winner.experience + " " + overlap.loser.experience + " " + to_text(overlap.witness.now));
  // 24 December is next a Sunday in 2028 and a Monday in 2029.
  CHECK(pairs == Lines{"mon eve 2029-12-24T08:00:00Z", "sun eve 2028-12-24T08:00:00Z"});
}

TEST_CASE("of very many wide rules the first are blended with each other") {
  Shop shop;
  Value wide = document(shop_json);
  Object& surfaces = wide.object()["surfaces"].object();
  surfaces.clear();
  const auto name = [](std::size_t i) { return "p" + std::string(4 - std::to_string(i).size(), '0') + std::to_string(i); };
  for (std::size_t i = 0; i <= limits::lint_wide_rules_max; ++i)
    surfaces[name(i)] =
        document(R"({"format": "html", "rules": [{"page": [{"path": {"contains": "/)" + name(i) + R"(/"}}], "container": "c"}]})");
  shop.declare(wide);
  shop.live("first", shown(name(0).c_str(), R"("everyone")", 60));
  shop.live("last", shown(name(limits::lint_wide_rules_max - 1).c_str(), R"("everyone")", 50));
  shop.live("beyond", shown(name(limits::lint_wide_rules_max).c_str(), R"("everyone")", 40));
  const auto lines = shop.lines();
  REQUIRE(lines.size() == 1);
  CHECK_THAT(lines[0], Catch::StartsWith("first > last by priority on web://"));
}

// A workspace as it grows over years: a thousand experiences that were made not to meet, by tier and total,
// by bucket, or by time; and pairs among them that were not.
TEST_CASE("planted clashes are found among a thousand experiences, and nothing but them") {
  const std::uint64_t seed = seed_of_test();
  INFO("FOOTLIGHT_SEED=" << seed);
  std::mt19937_64 random(seed);
  Shop shop;
  const auto band = [](const char* tier, int from, int till) {
    return R"({"all": [{"attr": "tier", "eq": ")" + std::string(tier) + R"("}, {"attr": "total", "between": [)" + std::to_string(from) +
        ", " + std::to_string(till) + "]}]}";
  };
  std::set<std::string> planted;
  for (int i = 0; i < 1'000; ++i) {
    const std::string id = "e" + std::to_string(i);
    const char* tier = i % 3 == 0 ? "none" : i % 3 == 1 ? "silver" : "gold";
    const int from = i / 3 * 10;
    shop.live(id, shown(i % 2 ? "hero" : "any", band(tier, from, from + 10).c_str(), i % 101));
    if (i % 50 != 7) continue;
    // A copy of it, moved by half of its band: it meets its original, or the next one of the same tier too.
    const std::string clash = "clash" + std::to_string(i);
    shop.live(clash, shown("any", band(tier, from + 5, from + 6).c_str(), static_cast<int>(random() % 101)));
    planted.insert(clash + " " + id);
  }
  const OverlapReport report = shop.report();
  CHECK(report.is_complete);
  std::set<std::string> found;
  for (const Overlap& overlap : report.overlaps) {
    const bool is_first = overlap.winner.experience.starts_with("clash");
    found.insert(is_first ? overlap.winner.experience + " " + overlap.loser.experience
                          : overlap.loser.experience + " " + overlap.winner.experience);
  }
  CHECK(found == planted);
  // The index leaves little to look at: the work is what is bounded here, not the time of a busy machine.
  CHECK(report.formed < 5'000);
  CHECK(report.asked < 200);
  std::cout << "overlaps: " << report.formed << " pairs formed, " << report.asked << " asked\n";
}
