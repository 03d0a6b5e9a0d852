// A workspace folder, as an author would write it: what comes out as documents, and what is said
// about what is wrong.
#include "script/workspace_files.h"

#include <catch2/catch.hpp>

#include "loaded.h"

using namespace footlight;
using test::ask;
using test::lines;

namespace {

constexpr const char* workspace_lua = R"(
workspace "shop" {
  zone = "Europe/Paris",
  attributes = { ["loyalty.tier"] = enum { "none", "gold" }, ["cart.total"] = number { min = 0 }, ["viewed"] = list(text {}) },
  surfaces = {
    hero   = html { "web://shop.example/#hero" },
    banner = json { "web://shop.example/#banner" },
  },
}
)";

LoadedWorkspace load(std::map<std::string, std::string> files) {
  files.emplace("workspace.lua", workspace_lua);
  return test::load(std::move(files));
}

}  // namespace

TEST_CASE("the same experience in Lua and in JSON is the same document with the same hash") {
  const auto lua = load({{"experiences/gold.lua", R"(
campaign "gold" {
  priority = 80, tags = { "price", "a" }, from = "2026-12-01T09:00",
  audience = all { attr "loyalty.tier":eq "gold", attr "cart.total":gt(50), bucket(10) },
  schedule = weekly { "mon-fri", "08:00-20:00" },
  show = { hero = "<h1>Hi</h1>", banner = { title = "Hi", n = 1 } },
}
)"}});
  const auto json = load({{"experiences/gold.json", R"({
  "kind": "campaign", "id": "gold", "tags": ["a", "price", "a"], "priority": 80, "from": "2026-12-01T09:00",
  "audience": {"all": [{"attr": "loyalty.tier", "eq": "gold"}, {"attr": "cart.total", "gt": 50},
                       {"bucket": {"salt": "gold", "to": 1000}}]},
  "schedule": {"weekly": [{"days": ["mon", "tue", "wed", "thu", "fri"], "hours": ["08:00-20:00"]}]},
  "show": {"hero": "<h1>Hi</h1>", "banner": {"json": {"n": 1.0, "title": "Hi"}}}
})"}});
  CHECK(lines(lua).empty());
  CHECK(lines(json).empty());
  REQUIRE(lua.experiences.size() == 1);
  REQUIRE(json.experiences.size() == 1);
  CHECK(to_pretty_json(lua.experiences[0].document) == to_pretty_json(json.experiences[0].document));
  CHECK(hash_of(lua.experiences[0].document) == hash_of(json.experiences[0].document));
}

TEST_CASE("formatting and comments do not change what a policy is") {
  const auto one =
      load({{"experiences/a.lua", "campaign \"a\" { audience = function(p) return p.cart.total>50 end, show = { hero = \"x\" } }"}});
  const auto two = load(
      {{"experiences/a.lua",
        "-- a\ncampaign \"a\" {\n  show = { hero = \"x\" },\n  audience = function(p)\n    return (p.cart.total > 50) -- big\n  end,\n}"}});
  REQUIRE(one.experiences.size() == 1);
  REQUIRE(two.experiences.size() == 1);
  CHECK(hash_of(one.experiences[0].document) == hash_of(two.experiences[0].document));
}

TEST_CASE("a policy takes along what it captured") {
  const auto loaded = load({{"experiences/a.lua", R"(
local least, names = 50, { gold = true }
local function is_big(total) return total ~= nil and total >= least end
for i = 1, 2 do
  campaign("n" .. i) {
    priority = i,
    audience = function(p) return is_big(p.cart.total) and names[p.loyalty.tier] and i > 0 end,
    show = { hero = "n" .. i },
  }
end
)"}});
  CHECK(lines(loaded) == std::vector<std::string>{});
  REQUIRE(loaded.experiences.size() == 2);
  const auto seen = ask(loaded, "web://shop.example/#hero", R"({"cart":{"total":50},"loyalty":{"tier":"gold"}})");
  REQUIRE(seen.propositions.size() == 1);
  CHECK(seen.propositions[0].experience == "n2");
  CHECK(ask(loaded, "web://shop.example/#hero", R"({"cart":{"total":49},"loyalty":{"tier":"gold"}})").propositions.empty());
  CHECK(ask(loaded, "web://shop.example/#hero", "{}").propositions.empty());
}

TEST_CASE("nothing is carried from one call of a policy to the next") {
  const auto loaded = load({{"experiences/a.lua", R"(
local calls, seen = 0, {}
campaign "counts" {
  audience = everyone,
  show = { banner = function(p)
    calls = calls + 1
    seen[#seen + 1] = calls
    return { calls = calls, seen = #seen }
  end },
}
)"}});
  CHECK(lines(loaded) == std::vector<std::string>{});
  LuaPolicyCompiler policies;
  auto snapshot = Snapshot::compile(everything_live(loaded), policies);
  REQUIRE(snapshot.ok());
  auto runner = LuaPolicyRunner::create(*snapshot, {.deadline = minutes(5)});
  REQUIRE(runner.ok());
  Problems problems;
  const Request request = parse_request(Object{{"surfaces", Array{"web://shop.example/#banner"}}}, {}, problems);
  for (int i = 0; i < 3; ++i) {
    const Decision decision = decide(**snapshot, request, **runner);
    REQUIRE(decision.propositions.size() == 1);
    CHECK(decision.propositions[0].content == R"({"calls":1,"seen":1})");
  }
}

TEST_CASE("the four roles of policies") {
  const auto loaded = load({{"experiences/a.lua", R"(
campaign "morning" {
  priority = 90, audience = everyone,
  schedule = function(now) return now.hour < 12 and now.weekday == "tue" end,
  show = { hero = "morning" },
}
campaign "narrowed" {
  priority = 80, audience = attr "cart.total":gt(0),
  targeting = function(p, request) return request.identity.id == "ann" and p.cart.total < 100 end,
  show = { hero = function(p) return "total " .. p.cart.total end },
}
campaign "one" { priority = 20, tags = { "price" }, audience = everyone, show = { banner = { one = 1 } } }
campaign "two" { priority = 10, audience = everyone, show = { banner = { two = 2 } } }
)"},
                            {"policies/banner.lua", R"(
conflict "banner" (function(candidates, request) return without_tag(candidates, "price") end)
)"}});
  CHECK(lines(loaded) == std::vector<std::string>{});
  // 2026-12-01 is a Tuesday; 12:00Z is 13:00 in Paris, 10:59Z is 11:59.
  auto seen = ask(loaded, "web://shop.example/#hero", R"({"cart":{"total":60}})", "2026-12-01T10:59:00Z");
  CHECK(seen.propositions.at(0).content == "morning");
  seen = ask(loaded, "web://shop.example/#hero", R"({"cart":{"total":60}})");
  CHECK(seen.propositions.at(0).content == "total 60");
  seen = ask(loaded, "web://shop.example/#hero", R"({"cart":{"total":100}})");
  CHECK(seen.propositions.empty());
  seen = ask(loaded, "web://shop.example/#banner", "{}");
  REQUIRE(seen.propositions.size() == 1);
  CHECK(seen.propositions[0].experience == "two");
  CHECK(seen.trace.at(0).candidates.at(1).fate == Fate::conflict);
}

TEST_CASE("a policy that fails drops its own candidate and nothing else") {
  struct Case {
    const char* policy;
    const char* why;
  };
  for (const auto& [policy, why] :
       {Case{"function(p) while true do end end", "fuel_exhausted"}, Case{"function(p) return p.cart.total.x.y end", "script_error"},
        Case{"function(p) error \"no\" end", "no"},
        Case{"function(p) pcall(function() while true do end end) return true end", "fuel_exhausted"},
        Case{"function(p) local s = (\"x\"):rep(1000) for i = 1, 40 do s = s .. s end end", "memory_exceeded"}}) {
    INFO(policy);
    const auto loaded =
        load({{"experiences/a.lua",
               std::string("campaign \"bad\" { priority = 90, audience = everyone, targeting = ") + policy +
                   ", show = { hero = \"bad\" } }\ncampaign \"good\" { audience = everyone, show = { hero = \"good\" } }"}});
    CHECK(lines(loaded) == std::vector<std::string>{});
    const auto seen = ask(loaded, "web://shop.example/#hero", R"({"cart":{"total":1}})");
    REQUIRE(seen.propositions.size() == 1);
    CHECK(seen.propositions[0].content == "good");
    CHECK(seen.policy_failures == 1);
    const auto& row = seen.trace.at(0).candidates.back();
    CHECK(row.fate == Fate::policy_failed);
    CHECK_THAT(row.reason, Catch::Contains(why));
    CHECK_THAT(row.place, Catch::StartsWith("experiences/a.lua:1"));
  }
}

TEST_CASE("a conflict policy may not add, repeat or make up candidates") {
  for (const char* policy : {"return { { n = 7 } }", "return { candidates[1], candidates[1] }", "return { { experience = \"x\" } }",
                             "return 5", "candidates[#candidates + 1] = candidates[1] return candidates"}) {
    INFO(policy);
    const auto loaded = load({{"experiences/a.lua", "campaign \"a\" { audience = everyone, show = { hero = \"a\" } }"},
                              {"policies/c.lua", std::string("conflict \"hero\" (function(candidates) ") + policy + " end)"}});
    const auto seen = ask(loaded, "web://shop.example/#hero", "{}");
    // As if the policy were not there.
    REQUIRE(seen.propositions.size() == 1);
    CHECK(seen.propositions[0].experience == "a");
    CHECK(seen.policy_failures == 1);
    CHECK_THAT(seen.trace.at(0).note, Catch::Contains("conflict policy of `hero` failed"));
  }
}

TEST_CASE("an audience as a function answers as its declared twin does") {
  const auto loaded = load({{"experiences/a.lua", R"(
campaign "declared" { priority = 2, audience = all { attr "loyalty.tier":eq "gold", no(attr "cart.total":le(50)) }, show = { hero = "declared" } }
campaign "lifted"   { priority = 2, audience = function(p) return p.loyalty.tier == "gold" and not (p.cart.total <= 50) end, show = { banner = { x = "lifted" } } }
campaign "opaque"   { priority = 1, audience = function(p) local t = p.loyalty.tier return t == "gold" and not (p.cart.total <= 50) end, show = { banner = { x = "opaque" } } }
)"}});
  CHECK(lines(loaded) == std::vector<std::string>{});
  for (const char* attributes : {R"({})", R"({"loyalty":{"tier":"gold"}})", R"({"loyalty":{"tier":"gold"},"cart":{"total":50}})",
                                 R"({"loyalty":{"tier":"gold"},"cart":{"total":51}})", R"({"loyalty":{"tier":"none"},"cart":{"total":51}})",
                                 R"({"loyalty":{"tier":5},"cart":{"total":"x"}})", R"({"loyalty":{"tier":"gold"},"cart":{"total":"x"}})",
                                 R"({"loyalty":{"tier":"platinum"},"cart":{"total":-1}})"}) {
    INFO(attributes);
    const bool declared = !ask(loaded, "web://shop.example/#hero", attributes).propositions.empty();
    const auto banner = ask(loaded, "web://shop.example/#banner", attributes);
    CHECK(banner.policy_failures == 0);
    CHECK(banner.propositions.empty() == !declared);
    for (const CandidateTrace& row : banner.trace.at(0).candidates) CHECK((row.fate == Fate::audience) == !declared);
  }
}

TEST_CASE("what is wrong with a folder is told with file and line, all of it at once") {
  struct Case {
    const char* file;
    const char* text;
    std::vector<std::string> says;
  };
  const std::vector<Case> cases = {
      {"experiences/a.lua",
       "campaign \"a\" {\n  priorty = 5,\n  audience = everyone,\n  show = { heroo = \"x\" },\n}",
       {"experiences/a.lua:2: unknown_field: there is no field `priorty` here; did you mean `priority`?"}},
      {"experiences/a.lua",
       "campaign \"a\" {\n  priority = 101,\n  audience = { attr = \"x\" },\n  show = { hero = \"x\" },\n}",
       {"experiences/a.lua:2: out_of_range: 101 is outside 0 … 100", "experiences/a.lua:3: bad_predicate: `x` is named but not tested"}},
      {"experiences/a.lua",
       "campaign \"a\" {\n  audience = everyone,\n  show = {\n    heroo = \"x\" },\n}",
       {"experiences/a.lua:4: unknown_configuration: there is no surface configuration `heroo`; did you mean `hero`?"}},
      {"experiences/a.lua",
       "campaign \"a\" {\n  audience = attr \"cart.totl\":gt(5),\n  show = { hero = \"x\" } }",
       {"experiences/a.lua:2: unknown_attribute: there is no attribute `cart.totl`; did you mean `cart.total`?"}},
      {"experiences/a.lua",
       "campaign \"a\" {\n  audience = \"gold\",\n  show = { hero = fragment \"warm\" } }",
       {"experiences/a.lua:3: unknown_fragment: there is no fragment `warm`",
        "experiences/a.lua:2: unknown_audience: there is no audience `gold`"}},
      {"experiences/a.lua",
       "campain \"a\" { }",
       {"experiences/a.lua:1: undefined_name: `campain` is not defined; did you mean `campaign`?"}},
      {"experiences/a.lua",
       "local x = 1\ncampaign \"a\"\naudience \"b\"",
       {"experiences/a.lua:2: missing_field: `campaign \"a\"` says nothing about it",
        "experiences/a.lua:3: missing_field: `audience \"b\"`"}},
      {"experiences/a.lua", "x = 1", {"experiences/a.lua:1: undefined_name: "}},
      {"experiences/a.lua", "campaign \"a\" {", {"experiences/a.lua:1: syntax_error: "}},
      {"experiences/a.lua", "while true do end", {"experiences/a.lua:1: fuel_exhausted: "}},
      {"experiences/a.lua", "campaign { }", {"experiences/a.lua:1: script_error: campaign has a name"}},
      {"experiences/a.json", "{\"kind\": \"campaign\",\n \"id\": }", {"experiences/a.json:2: bad_json: not valid JSON at 2:8"}},
      {"experiences/a.json",
       "{\"kind\": \"campaign\", \"id\": \"A\", \"show\": {\"hero\": \"x\"}}",
       {"experiences/a.json $.id: bad_id: `A` is not an id"}},
      {"experiences/a.lua",
       "campaign \"a\" { audience = everyone, from = \"2026-03-29T02:30\", show = { hero = \"x\" } }",
       {"experiences/a.lua:1: nonexistent_local_time: "}},
      {"experiences/a.lua",
       "campaign \"a\" { audience = everyone, show = {\n hero = \"{{#if x}}\" } }",
       {"experiences/a.lua:2: bad_template: "}},
      {"experiences/a.lua",
       "campaign \"a\" {\n  audience = everyone,\n  show = { hero = \"{{loyalty.teir}} {{#each viewed}}{{this}}{{/each}} {{request.now}}\" "
       "} }",
       {"experiences/a.lua:3: unknown_attribute: the template reads `loyalty.teir`, and there is no such attribute; did you mean "
        "`loyalty.tier`?"}},
      {"audiences/a.lua", "audience \"x\" (attr \"nope\":exists())", {}},
      {"lists/vip.csv", "ann\nbob\n", {}},
  };
  for (const auto& [file, text, says] : cases) {
    INFO(file << ": " << text);
    const auto found = lines(load({{file, text}}));
    CAPTURE(found);
    CHECK(found.size() == says.size());
    for (std::size_t i = 0; i < std::min(found.size(), says.size()); ++i) CHECK_THAT(found[i], Catch::StartsWith(says[i]));
  }
}

TEST_CASE("a folder without workspace.lua says how to make one") {
  LuaPolicyCompiler policies;
  const auto loaded = load_workspace(*memory_files({{"experiences/a.lua", ""}}), policies);
  REQUIRE_FALSE(loaded.problems.empty());
  CHECK(loaded.problems[0].code == Code::unreadable_file);
  CHECK_THAT(loaded.problems[0].message, Catch::Contains("footlight init"));
}

TEST_CASE("an experience keeps what it mentions, whatever happens to the files later") {
  std::map<std::string, std::string> files = {
      {"experiences/a.lua", "campaign \"a\" { audience = \"big spenders\", show = { hero = fragment \"outer\" } }"},
      {"audiences/big.lua",
       "audience \"big spenders\" (all { \"known\", attr \"cart.total\":gt(50) })\naudience \"known\" (in_list \"vip.csv\")"},
      {"fragments/outer.html", "<p>{{> inner}}</p>\n"},
      {"fragments/inner.html", "inner\n"},
      {"lists/vip.csv", "ann\n"}};
  const auto loaded = load(files);
  CHECK(lines(loaded) == std::vector<std::string>{});
  REQUIRE(loaded.experiences.size() == 1);
  const Included& include = loaded.experiences[0].definition.include;
  CHECK(include.audiences.size() == 2);
  CHECK(include.fragments.size() == 2);
  CHECK(include.lists.at("vip.csv") == sha256_hex("ann\n"));
  CHECK(ask(loaded, "web://shop.example/#hero", R"({"cart":{"total":60}})").propositions.at(0).content == "<p>inner</p>");
  files["fragments/inner.html"] = "changed\n";
  CHECK(hash_of(load(files).experiences.at(0).document) != hash_of(loaded.experiences[0].document));
}

TEST_CASE("a broken fragment is told whether or not anybody uses it, and once") {
  const std::map<std::string, std::string> fragments = {{"fragments/broken.html", "fine\n<p>{{#if x}}</p>\n"},
                                                        {"fragments/a.html", "{{> b}}"},
                                                        {"fragments/b.html", "{{> a}}"},
                                                        {"fragments/lost.html", "{{> nowhere}}"},
                                                        {"fragments/fine.html", "{{person.name}}"}};
  const std::vector<std::string> unused = lines(load(fragments));
  REQUIRE(unused.size() >= 4);
  std::string all;
  for (const std::string& line : unused) all += line + "\n";
  CHECK_THAT(all,
             Catch::Contains("fragments/broken.html:2: bad_template: ") && Catch::Contains("fragments/lost.html:1: unknown_fragment: ") &&
                 Catch::Contains("fragments/a.html:1: bad_template: ") && Catch::Contains("fragments/b.html:1: bad_template: ") &&
                 !Catch::Contains("fine.html"));
  // In use, the same is told of the same place, not twice.
  auto used = fragments;
  used["experiences/c.lua"] = "campaign \"c\" { show = { hero = fragment \"broken\" } }";
  const std::vector<std::string> told = lines(load(used));
  CHECK(std::count_if(told.begin(), told.end(), [](const std::string& line) { return line.starts_with("fragments/broken.html:2"); }) == 1);
}

TEST_CASE("of two faults of one table the first by its key is told, in every run") {
  for (int run = 0; run < 20; ++run) {
    const auto loaded = load({{"experiences/a.lua",
                               "campaign \"a\" { zeta = 0/0, show = { hero = \"x\", [1.5] = 2 }, alpha = 1/0, beta = print }\n"
                               "campaign \"b\" { show = { hero = { [true] = 1, [{}] = 2, x = 3, [2] = 4 } } }"}});
    REQUIRE(loaded.problems.size() == 2);
    CHECK(lines(loaded) ==
          std::vector<std::string>{
              "experiences/a.lua:1: bad_result: `alpha` is not a finite number",
              "experiences/a.lua:2: bad_result: `show.hero` has a boolean as key; keys are texts, or 1, 2, 3 and so on"});
  }
}
