// replay, explain over recorded requests and two states, assess, bench: the program on requests that somebody
// recorded.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "../support/folder.h"
#include "../support/process.h"
#include "footlight/value.h"

using namespace footlight;
using namespace footlight::test;

namespace {

const std::string program = FOOTLIGHT_PROGRAM;

// A workspace of which `welcome` and `hero-test` are live in a data file, and requests that two visitors and nobody made.
struct Recorded {
  Recorded() {
    REQUIRE(at({"init", ws}).exit_code == 0);
    write("ws/experiences/more.lua", R"(campaign "full-cart" {
  priority = 70,
  audience = function(p) return p.person.name ~= nil and p.loyalty.tier == "silver" end,
  show     = { hero = "<h1>Shipping is on us</h1>" },
}
campaign "hero-test" {
  priority = 20,
  treatments = { warm = { weight = 45, show = { hero = "warm" } }, cool = { weight = 45, show = { hero = "cool" } }, holdout = 10 },
}
)");
    REQUIRE(at({"push", ws, "--data", data}).exit_code == 0);
    for (const char* id : {"welcome", "hero-test"}) REQUIRE(at({"activate", id, "--data", data}).exit_code == 0);
    write(
        "asked.jsonl",
        R"({"at":"2026-12-01T09:00:00Z","identity":{"namespace":"crm","id":"ann"},"attributes":{"loyalty.tier":"gold","person.name":"Ann"},"surfaces":["web://shop.example/#hero"]})"
        "\n\n"
        R"({"at":"2026-12-01T09:00","identity":{"id":"bob"},"attributes":{"loyalty.tier":"silver","person.name":"Bob"},"surfaces":["web://shop.example/#hero"]})"
        "\n"
        R"({"at":"2026-12-01T09:00:00Z","surfaces":["web://shop.example/#hero"]})"
        "\n");
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream out(folder.path(name), std::ios::binary);
    out << text;
    REQUIRE(out);
  }
  Ran at(std::vector<std::string> arguments, const std::string& input = "") const {
    arguments.insert(arguments.begin(), program);
    return run(arguments, {.input = input, .environment = {{"FOOTLIGHT_AS", "ann:admin"}}});
  }
  Value json(std::vector<std::string> arguments, const std::string& input = "") const {
    arguments.push_back("--json");
    const Ran ran = at(std::move(arguments), input);
    auto value = parse_json(ran.out);
    if (!value) FAIL(value.error().message << " in `" << ran.out << "`, " << ran.err);
    return std::move(*value);
  }
  Folder folder;
  const std::string ws = folder.path("ws"), data = folder.path("shop.db"), asked = folder.path("asked.jsonl");
};

double number(const Value& value, std::string_view path) {
  const Value* found = value.at_path(path);
  REQUIRE(found);
  return found->number();
}

}  // namespace

TEST_CASE("replay tells how many answers change, whose, where and why, and fails only when asked to") {
  const Recorded shop;
  const Ran ran = shop.at({"replay", shop.asked, shop.ws, "--data", shop.data});
  CHECK(ran.exit_code == 0);
  CHECK(ran.err.empty());
  CHECK_THAT(ran.out, Catch::Contains("3 requests, 1 answer changes"));
  CHECK_THAT(ran.out,
             Catch::Contains("→ full-cart: 1 answer") && Catch::Contains("line 3  2026-12-01T08:00:00Z  bob  web://shop.example/#hero"));
  CHECK_THAT(
      ran.out,
      Catch::Contains("before: `full-cart` is not there") && Catch::Contains("after: `hero-test` lost to full-cart (70 > 20) on hero"));
  CHECK(shop.at({"replay", shop.asked, shop.ws, "--data", shop.data, "--fail-on-change"}).exit_code == 1);

  const Value report = shop.json({"replay", shop.asked, shop.ws, "--data", shop.data});
  CHECK(number(report, "requests") == 3);
  CHECK(number(report, "changed") == 1);
  const Value& change = report.find("changes")->array().at(0);
  CHECK(change.string_or("after", "") == "full-cart");
  CHECK(number(change, "answers") == 1);
  CHECK(number(change.find("examples")->array().at(0), "line") == 3);
}

TEST_CASE("a state replayed against itself changes nothing, in every way to name one") {
  const Recorded shop;
  for (const auto& [before, after] : {std::pair{shop.ws, shop.ws},
                                      {shop.data, shop.data},
                                      {std::string("live"), shop.data},
                                      {std::string("drafts"), shop.ws},
                                      {std::string("full-cart@1"), std::string("full-cart@newest")},
                                      {std::string("drafts"), std::string("full-cart@draft")}}) {
    INFO(before << " and " << after);
    const Ran ran = shop.at({"replay", shop.asked, "--before", before, "--after", after, "--data", shop.data, "--fail-on-change"});
    INFO(ran.err);
    CHECK(ran.exit_code == 0);
    CHECK_THAT(ran.out, Catch::Contains("no answer changes"));
  }
}

TEST_CASE("the digest names what was compared: the same however often and with however many examples, another one for other requests") {
  const Recorded shop;
  const std::string digest = shop.json({"replay", shop.asked, shop.ws, "--data", shop.data}).string_or("digest", "");
  CHECK_THAT(digest, Catch::Matches("sha256:[0-9a-f]{64}"));
  CHECK(shop.json({"replay", shop.asked, shop.ws, "--data", shop.data, "--examples", "0"}).string_or("digest", "") == digest);
  CHECK(shop.json({"replay", shop.asked, shop.ws, "--before", shop.data}).string_or("digest", "") == digest);
  shop.write("asked.jsonl", R"({"at":"2026-12-01T09:00:00Z","surfaces":["web://shop.example/#hero"]})");
  CHECK(shop.json({"replay", shop.asked, shop.ws, "--data", shop.data}).string_or("digest", "") != digest);
}

TEST_CASE("a line that is no request is named, the others are replayed, and the exit code tells") {
  const Recorded shop;
  const std::string lines =
      "oops\n[]\n"
      R"({"surfaces":"web://shop.example/#hero"})"
      "\n"
      R"({"at":"2026-13-01","surfaces":[]})"
      "\n"
      R"({"at":"2026-12-01T09:00:00Z","surfaces":["web://shop.example/#hero"]})"
      "\n";
  const Ran ran = shop.at({"replay", "-", shop.ws, "--before", shop.data}, lines);
  CHECK(ran.exit_code == 1);
  for (const char* place : {"-:1: ", "-:2: ", "-:3 $.surfaces: ", "-:4: "}) CHECK_THAT(ran.err, Catch::Contains(place));
  CHECK_THAT(ran.out, Catch::Contains("1 request, no answer changes"));
  CHECK(shop.at({"replay", shop.folder.path("none.jsonl"), shop.ws, "--before", shop.data}).exit_code == 1);
  const Ran nowhere = shop.at({"replay", shop.asked, shop.ws});
  CHECK(nowhere.exit_code == 2);
  CHECK_THAT(nowhere.err, Catch::Contains("say where"));
  const Ran nothing = shop.at({"replay", shop.asked, "--before", "nowhere", "--after", shop.ws});
  CHECK(nothing.exit_code == 2);
  CHECK_THAT(nothing.err, Catch::Contains("`nowhere` is no workspace folder and no data file"));
  CHECK(shop.at({"replay", shop.asked, "--after", "full-cart@7", "--data", shop.data}).exit_code == 3);
  CHECK(shop.at({"replay", shop.asked, "--after", "other@1", "--data", shop.data}).exit_code == 3);
}

TEST_CASE("what was recorded can be replayed against, explained and assessed") {
  const Recorded shop;
  const std::string record = shop.folder.path("record.jsonl");
  REQUIRE(shop.at({"replay", shop.asked, "--after", "live", "--data", shop.data, "--record", record}).exit_code == 0);
  CHECK_THAT(shop.at({"replay", record, "--before", "recorded", "--after", shop.data}).out,
             Catch::Contains("3 requests, no answer changes"));
  const Ran changed = shop.at({"replay", record, shop.ws, "--before", "recorded", "--fail-on-change"});
  CHECK(changed.exit_code == 1);
  CHECK_THAT(changed.out, Catch::Contains("full-cart"));
  // The second line, which was answered by the experiment then.
  const Ran explained = shop.at({"explain", shop.ws, "--request", record + ":2"});
  CHECK(explained.exit_code == 0);
  CHECK_THAT(explained.out,
             Catch::Contains("full-cart  70  shown") && Catch::Contains("answered otherwise then: web://shop.example/#hero hero-test"));
  CHECK(shop.at({"explain", shop.ws, "--request", record}).exit_code == 2);
  CHECK(shop.at({"explain", shop.ws, "--request", record + ":9"}).exit_code == 3);
}

TEST_CASE("explain in a line, with the clauses that let someone in, and what differs elsewhere") {
  const Recorded shop;
  const std::vector<std::string> bob{"explain", shop.ws, "--request", shop.asked + ":3"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), bob.begin(), bob.end());
    return shop.at(more);
  };
  CHECK_THAT(with({"--brief"}).out,
             Catch::StartsWith("web://shop.example/#hero: full-cart; not: hero-test lost to full-cart (70 > 20) on hero; welcome audience: "
                               "loyalty.tier == \"gold\" is false"));
  CHECK_THAT(with({"--clauses"}).out,
             Catch::Contains("since person.name exists is true (\"Bob\"); loyalty.tier == \"silver\" is true (\"silver\")") &&
                 Catch::Contains("experiences/more.lua:3"));
  const Ran other = with({"--diff", shop.data});
  CHECK(other.exit_code == 0);
  CHECK_THAT(
      other.out,
      Catch::Contains("- shown") && Catch::Contains("+ no candidate") && Catch::Contains("1 candidate as before; the answer differs"));
  CHECK_THAT(with({"--diff", "2027-01-01T00:00"}).out, Catch::Contains("3 candidates as before; the answer is the same"));
  CHECK(with({"--diff", "yesterday"}).exit_code == 2);
  const Value answer = shop.json({"explain", "--data", shop.data, "--on", "hero", "--identity", "bob", "--profile",
                                  R"({"loyalty.tier":"silver","person.name":"B"})", "--diff", "full-cart@1"});
  CHECK_FALSE(answer.find("is_same_answer")->boolean());
  CHECK(answer.at_path("after.name")->string().starts_with("live with full-cart@1"));
}

TEST_CASE("what is live can be asked at any instant, with a context, by a recorded request") {
  const Recorded shop;
  const Value answer = shop.json({"decide", "--data", shop.data, "--on", "hero", "--profile",
                                  R"({"loyalty.tier":"gold","person.name":"Ann"})", "--at", "2030-01-01T00:00"});
  CHECK(answer.find("propositions")->array().at(0).string_or("experience", "") == "welcome");
  CHECK(shop.json({"decide", shop.ws, "--request", shop.asked + ":3"}).find("propositions")->array().at(0).string_or("experience", "") ==
        "full-cart");
  CHECK(shop.json({"decide", shop.ws, "--request", R"({"surfaces":["web://shop.example/#hero"],"context":{"channel":"app"}})"})
            .find("propositions")
            ->array()
            .size() == 1);
  CHECK(shop.json({"decide", shop.ws, "--on", "hero", "--context", R"({"channel":"app"})"}).find("propositions")->array().size() == 1);
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"decide", shop.ws},
                                                {"decide", shop.ws, "--request", shop.asked + ":3", "--on", "hero"},
                                                {"decide", shop.ws, "--on", "hero", "--context", "{"}})
    CHECK(shop.at(wrong).exit_code == 2);
}

TEST_CASE("assess finds fair splits fair, and names the one that is not") {
  const Recorded shop;
  const Value fair = shop.json({"assess", shop.ws});
  CHECK(fair.find("ok")->boolean());
  const Value& split = fair.find("tests")->array().at(0);
  CHECK(split.string_or("verdict", "") == "as_declared");
  CHECK(number(split, "degrees") == 2);
  CHECK(shop.at({"assess", shop.ws}).out == shop.at({"assess", shop.ws}).out);
  CHECK_THAT(shop.at({"assess", shop.ws, "--generate", "10"}).out, Catch::Contains("too few identities: only 1 are expected in one part"));
  // Two experiments on one salt decide for each other, and a bucket of the own salt lets only one treatment through.
  shop.write("ws/experiences/twins.lua", R"(campaign "twin" {
  priority = 10, salt = "hero-test",
  treatments = { a = { weight = 50, show = { hero = "a" } }, b = { weight = 50, show = { hero = "b" } } },
}
campaign "tenth" {
  priority = 5, audience = bucket(10, "tenth"),
  treatments = { a = { weight = 50, show = { hero = "a" } }, b = { weight = 50, show = { hero = "b" } } },
}
)");
  const Ran off = shop.at({"assess", shop.ws});
  CHECK(off.exit_code == 1);
  CHECK_THAT(off.out,
             Catch::Contains("hero-test and twin") && Catch::Contains("both use the salt `hero-test`; give one a salt of its own"));
  CHECK_THAT(off.out, Catch::Contains("tenth and tenth bucket(tenth, 0, 1000)"));
  CHECK_THAT(off.out, Catch::Contains("4 splits and 6 pairs, 2 off"));
  const Ran few = shop.at({"assess", shop.ws, "--ids", "-"}, "bob\nann\nbob\n");
  CHECK(few.exit_code == 0);
  CHECK_THAT(few.out, Catch::Contains("too few identities"));
}

TEST_CASE("recorded answers are held against the declared shares: every identity once") {
  const Recorded shop;
  const auto line = [](const std::string& id, const std::string& treatment) {
    return R"({"request":{"identity":{"id":")" + id +
        R"("},"surfaces":["web://shop.example/#hero"]},"answer":{"propositions":[{"surface":"web://shop.example/#hero","experience":"hero-test","treatment":")" +
        treatment +
        R"(","content":"x"}]}})"
        "\n";
  };
  std::string asked;
  for (int i = 0; i < 2000; ++i)
    asked += R"({"identity":{"id":"v)" + std::to_string(i) +
        R"("},"surfaces":["web://shop.example/#hero"]})"
        "\n";
  shop.write("asked.jsonl", asked);
  const std::string record = shop.folder.path("record.jsonl");
  REQUIRE(shop.at({"replay", shop.asked, "--after", "live", "--data", shop.data, "--record", record}).exit_code == 0);
  const Value fair = shop.json({"assess", shop.ws, "--recorded", record});
  INFO(to_json(fair));
  CHECK(fair.find("ok")->boolean());
  const Value& split = fair.find("tests")->array().at(0);
  CHECK(split.string_or("kind", "") == "recorded");
  double people = 0;
  for (const Value& part : split.find("parts")->array()) people += number(part, "count");
  CHECK(people > 1700);
  CHECK(people < 1900);  // a tenth is in the holdout

  std::string lopsided, twice;
  for (int i = 0; i < 300; ++i) lopsided += line("v" + std::to_string(i), i % 3 == 0 ? "cool" : "warm");
  shop.write("lopsided.jsonl", lopsided);
  const Ran off = shop.at({"assess", shop.ws, "--recorded", shop.folder.path("lopsided.jsonl")});
  CHECK(off.exit_code == 1);
  CHECK_THAT(off.out, Catch::Contains("off") && Catch::Contains("were weights or salt changed?"));
  shop.write("twice.jsonl", line("ann", "cool") + line("ann", "warm"));
  CHECK_THAT(shop.at({"assess", shop.ws, "--recorded", shop.folder.path("twice.jsonl")}).out,
             Catch::Contains("1 identity saw more than one treatment: `ann` was in cool and warm"));
  CHECK(shop.at({"assess", shop.ws, "--recorded", shop.asked}).exit_code == 2);
}

TEST_CASE("bench policies tells what each function costs, the most costly first, by fuel that is the same every time") {
  const Recorded shop;
  shop.write("ws/experiences/scripted.lua", R"(campaign "dear" {
  priority = 10,
  audience = function(p) local n = 0 for i = 1, 5000 do n = n + i end return n == 12502500 end,
  show     = { hero = "dear" },
}
campaign "cheap" {
  priority = 9,
  audience = function(p, request) return request.context.channel == "app" end,
  show     = { hero = "cheap" },
}
)");
  shop.write("asked.jsonl", R"({"surfaces":["web://shop.example/#hero"],"context":{"channel":"kiosk"}})");
  const Value report = shop.json({"bench", "policies", shop.ws, "--requests", shop.asked});
  CHECK(number(report, "requests") == 1);
  const Array& policies = report.find("policies")->array();
  REQUIRE(policies.size() == 2);
  CHECK(policies[0].string_or("owner", "") == "dear");
  CHECK(number(policies[0], "fuel_most") > 5000);
  CHECK(number(policies[0], "calls") == 1);
  CHECK(number(policies[0], "failures") == 0);
  // Whoever is shown ends the search, but the next few are asked with it, since that costs next to nothing.
  CHECK(number(policies[1], "calls") == 1);
  CHECK(number(shop.json({"bench", "policies", shop.ws, "--requests", shop.asked}).find("policies")->array()[0], "fuel_mean") ==
        number(policies[0], "fuel_mean"));
  const Ran text = shop.at({"bench", "policies", shop.ws, "--requests", shop.asked});
  CHECK_THAT(text.out, Catch::Contains("most costly: experiences/scripted.lua:3, targeting of dear"));
  CHECK(shop.at({"bench", "policies", shop.ws, "--requests", "-"}, "\n").exit_code == 2);
}

TEST_CASE("bench decide prints JSON to whatever reads it, and holds every answer against the expected one") {
  const Recorded shop;
  std::filesystem::create_directory(shop.folder.path("workload"));
  shop.write("workload/workload.json",
             R"({"format":"decide-workload/1","attributes":[{"name":"age","type":"number"}],"surfaces":["web://a/"],"experiences":[
    {"id":"adults","surface":"web://a/","priority":2,"published":10,"schedule":{"start":20,"end":null},"traffic":null,
     "audience":{"op":"ge","attr":"age","value":18},"elements":[{"element":"hero","op":"replace","content":"hello"}]}]})");
  shop.write("workload/requests.jsonl",
             R"({"id":0,"now":100,"surfaces":["web://a/"],"attributes":{"age":18}})"
             "\n"
             R"({"id":1,"now":100,"surfaces":["web://a/"],"attributes":{"age":17}})"
             "\n");
  const std::string right = R"({"id":0,"surfaces":[{"surface":"web://a/","matched":1,"applied":[{"id":"adults","elements":["hero"]}]}]})"
                            "\n";
  const auto bench = [&](const std::string& second) {
    shop.write("workload/expected.jsonl", right + second);
    const Ran ran = shop.at({"bench", "decide", "--workload", shop.folder.path("workload"), "--check", "--rounds", "1"});
    auto figures = parse_json(ran.out);
    if (!figures) FAIL(figures.error().message << " in `" << ran.out << "`, " << ran.err);
    return std::pair(ran.exit_code, std::move(*figures));
  };
  const auto [good, figures] = bench(R"({"id":1,"surfaces":[{"surface":"web://a/","matched":0,"applied":[]}]})"
                                     "\n");
  CHECK(good == 0);
  CHECK(number(figures, "experiences") == 1);
  CHECK(number(figures, "checked") == 2);
  CHECK(number(figures, "wrong") == 0);
  CHECK(number(figures, "ns_per_decision") > 0);
  const auto [bad, counted] =
      bench(R"({"id":1,"surfaces":[{"surface":"web://a/","matched":1,"applied":[{"id":"adults","elements":["hero"]}]}]})"
            "\n");
  CHECK(bad == 1);
  CHECK(number(counted, "wrong") == 1);
}

TEST_CASE("what a shell hands over as a pipe is read like a file") {
  const Recorded shop;
  shop.write("try.lua", "return function(p) return p.cart.total * 2 end\n");
  const auto in_shell = [&](const std::string& command) { return run({"/bin/bash", "-c", command}, {.input = {}, .environment = {}}); };
  const Ran eval = in_shell(program + " eval " + shop.folder.path("try.lua") + " --context <(echo '{\"cart\": {\"total\": 21}}')");
  INFO(eval.err);
  CHECK(eval.exit_code == 0);
  CHECK_THAT(eval.out, Catch::Contains("\"result\":42"));
  const Ran decide =
      in_shell(program + " decide " + shop.ws + " --on hero --profile <(echo '{\"loyalty.tier\": \"gold\", \"person.name\": \"Ann\"}')");
  CHECK(decide.exit_code == 0);
  CHECK_THAT(decide.out, Catch::Contains("Welcome back, Ann"));
}
