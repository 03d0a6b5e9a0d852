// What reviewers see and decide: differences, reviews, who may approve, and an approval that activates.
#include <catch2/catch.hpp>

#include "api_world.h"

using namespace footlight;
using namespace footlight::test;

namespace {

Value member(const Value& value, std::string_view path) {
  const Value* found = value.at_path(path);
  return found ? *found : Value();
}

// The lines of one part: `- x` removed, `+ x` added, `  x` as before.
std::string lines(const Value& sections, const std::string& section, const std::string& part) {
  std::string text;
  for (const Value& one : sections.array()) {
    if (one.string_or("section", "") != section) continue;
    for (const Value& other : one.find("parts")->array()) {
      if (other.string_or("part", "") != part) continue;
      for (const Value& line : other.find("lines")->array()) {
        if (line.is_string()) {
          text += line.string() + "\n";
          continue;
        }
        const std::string mark = line.string_or("mark", "");
        text += (mark == "added" ? "+ " : mark == "removed" ? "- " : "  ") + line.string_or("text", "…") + "\n";
      }
    }
  }
  return text;
}

std::string checks(const Value& review) {
  std::string text;
  for (const Value& check : review.find("checks")->array())
    text += check.string_or("check", "") + " " + check.string_or("result", "") + "; ";
  return text;
}

Value with(Value document, const char* key, Value value) {
  document.object()[key] = std::move(value);
  return document;
}

void configure(ApiWorld& world, const std::string& approvals, const std::string& more = "") {
  const Value document = json(R"({"workspace": {"name": "shop", "zone": "Europe/Paris",
    "attributes": {"loyalty.tier": {"type": "enum", "values": ["none", "silver", "gold"]}},
    "surfaces": {"hero": {"format": "html", "rules": ["web://shop.example/#hero"]}, "note": {"format": "text", "rules": ["service://note/#line"], "resolve": {"stack": 2}}},
    "approvals": )" + approvals +
                              more + "}}");
  const Reply configured = world.ask("root", "PUT", "/v1/workspace", document);
  INFO(configured.response.body);
  REQUIRE(configured.status == 200);
}

}  // namespace

TEST_CASE("a difference is told between any two revisions, and by default against what is live") {
  ApiWorld world;
  const std::string self = "/v1/experiences/hero";
  REQUIRE(world.ask("ann", "POST", "/v1/experiences", campaign("hero", "<h1>One</h1>")).status == 201);
  const Reply first = world.ask("vic", "GET", self + "/diff");
  REQUIRE(first.status == 200);
  CHECK(member(first.body, "from.revision") == Value(0));
  CHECK(member(first.body, "to.status") == Value("draft"));
  CHECK(lines(*first.body.find("sections"), "content", "hero") == "+ <h1>One</h1>\n");

  REQUIRE(world.command("ann", "hero", "activate").status == 200);
  REQUIRE(world.ask("ann", "PUT", self, campaign("hero", "<h1>Two</h1>")).status == 200);
  REQUIRE(world.ask("ann", "PUT", self, with(campaign("hero", "<h1>Two</h1>"), "priority", 60)).status == 200);
  const Reply differs = world.ask("vic", "GET", self + "/diff");
  CHECK(member(differs.body, "from.revision") == Value(1));
  CHECK(member(differs.body, "from.status") == Value("live"));
  CHECK(member(differs.body, "to.revision") == Value(3));
  CHECK(differs.body.find("is_equal")->boolean() == false);
  CHECK(lines(*differs.body.find("sections"), "content", "hero") == "- <h1>One</h1>\n+ <h1>Two</h1>\n");
  CHECK(lines(*differs.body.find("sections"), "properties", "priority") == "- 50\n+ 60\n");
  CHECK(differs.body.find("sections")->array().size() == 2);

  const Reply step = world.ask("vic", "GET", self + "/diff?from=2&to=3");
  CHECK(step.body.find("sections")->array().size() == 1);
  const Reply back = world.ask("vic", "GET", self + "/diff?from=draft&to=live");
  CHECK(lines(*back.body.find("sections"), "properties", "priority") == "- 60\n+ 50\n");
  CHECK(world.ask("vic", "GET", self + "/diff?from=r2&to=2").body.find("is_equal")->boolean());
  CHECK(member(world.ask("vic", "GET", self + "/diff?to=2").body, "from.revision") == Value(1));

  CHECK(world.ask("vic", "GET", self + "/diff?from=4").code() == "no_such_revision");
  CHECK(world.ask("vic", "GET", self + "/diff?from=0").code() == "no_such_revision");
  CHECK(world.ask("vic", "GET", self + "/diff?from=old").code() == "usage");
  CHECK(world.ask("vic", "GET", "/v1/experiences/nobody/diff").code() == "not_found");
  CHECK(world.ask("app", "GET", self + "/diff").code() == "forbidden");
  REQUIRE(world.command("ann", "hero", "activate").status == 200);
  CHECK(world.ask("vic", "GET", self + "/diff?to=draft").code() == "no_such_revision");
  REQUIRE(world.ask("ann", "POST", "/v1/experiences", campaign("other")).status == 201);
  CHECK(world.ask("vic", "GET", "/v1/experiences/other/diff?from=live").code() == "no_such_revision");
  REQUIRE(world.ask("ann", "DELETE", "/v1/experiences/other").status == 200);
  CHECK(world.ask("vic", "GET", "/v1/experiences/other/diff").code() == "gone");
}

TEST_CASE("a review tells what would go live, whom it meets, what is missing, and from when") {
  ApiWorld world;
  REQUIRE(world.ask("ann", "POST", "/v1/experiences", with(campaign("welcome"), "priority", 50)).status == 201);
  REQUIRE(world.command("ann", "welcome", "activate").status == 200);
  Value sale = with(with(campaign("sale", "<h1>Sale</h1>"), "priority", 80), "tags", Array{"price"});
  sale.object()["audience"] = json(R"({"attr": "loyalty.tier", "eq": "gold"})");
  REQUIRE(world.ask("amy", "POST", "/v1/experiences", sale).status == 201);
  const std::string journal = world.journal();

  const Reply reply = world.ask("vic", "GET", "/v1/experiences/sale/review");
  REQUIRE(reply.status == 200);
  const Value& review = reply.body;
  CHECK(review.string_or("hash", "") == world.ask("vic", "GET", "/v1/experiences/sale").text("hash"));
  CHECK(lines(*review.find("sections"), "content", "hero") == "<h1>Sale</h1>\n");
  CHECK(lines(*review.find("sections"), "audience", "audience") == "loyalty.tier == \"gold\"\n");
  CHECK_THAT(lines(*review.find("sections"), "configuration", "hero"),
             Catch::Contains("html, the highest priority wins") && Catch::Contains("web://shop.example/#hero"));
  CHECK(checks(review) == "document passed; mentions passed; workspace passed; compiles passed; lead passed; zones passed; times passed; ");
  CHECK(review.find("is_sound")->boolean());
  CHECK(review.string_or("audience_size", "") == "conditions");
  REQUIRE(review.find("clashes")->array().size() == 1);
  const Value& clash = review.find("clashes")->array()[0];
  CHECK(clash.string_or("with", "") == "welcome");
  CHECK(clash.string_or("status", "") == "live");
  CHECK(clash.string_or("winner", "") == "sale");
  CHECK(clash.string_or("why", "") == "priority 80 over 50");
  CHECK(to_json(*clash.find("audience")) == R"(["everyone"])");
  CHECK(
      to_json(*review.find("approval")) ==
      R"({"cannot_approve":["amy"],"given":[],"is_given":false,"is_needed":true,"rules":[{"approvers":1,"because":"tag `price`","missing":1}],"status":"draft"})");
  CHECK(member(review, "activation.is_possible") == Value(false));
  CHECK(member(review, "activation.refused.code") == Value("not_approved"));
  CHECK(member(review, "activation.effect") == Value("live"));
  CHECK(member(review, "activation.visible_from") == Value("2026-12-05T12:00:00Z"));
  CHECK(member(review, "activation.visible_by") == Value("2026-12-05T12:15:00Z"));
  CHECK(review.find("differs") == nullptr);
  CHECK(world.journal() == journal);  // looking changes nothing

  // From the winner's other side, once it is in force.
  REQUIRE(world.command("amy", "sale", "submit").status == 200);
  REQUIRE(world.command("bob", "sale", "approve", Object{{"hash", review.string_or("hash", "")}}).status == 200);
  const Value approved = world.ask("vic", "GET", "/v1/experiences/sale/review").body;
  CHECK(member(approved, "approval.is_given") == Value(true));
  CHECK(to_json(*approved.find("approval")->find("given")) == R"([{"at":"2026-12-05T12:00:00Z","by":"bob"}])");
  CHECK(member(approved, "activation.is_possible") == Value(true));
  REQUIRE(world.command("pia", "sale", "activate").status == 200);
  REQUIRE(world.ask("ann", "PUT", "/v1/experiences/welcome", campaign("welcome", "<h1>Hello again</h1>")).status == 200);
  const Value other = world.ask("vic", "GET", "/v1/experiences/welcome/review").body;
  CHECK(other.find("clashes")->array()[0].string_or("winner", "") == "sale");
  CHECK(member(other, "activation.effect") == Value("replaces"));
  CHECK(lines(*other.find("differs")->find("sections"), "content", "hero") == "- <h1>Hello</h1>\n+ <h1>Hello again</h1>\n");
  // Live, and nothing newer: nothing would happen.
  const Value live = world.ask("vic", "GET", "/v1/experiences/sale/review").body;
  CHECK(member(live, "activation.refused.code") == Value("nothing_to_activate"));
  CHECK(live.find("activation")->find("effect") == nullptr);
}

TEST_CASE("clashes are told with who wins a tie, where several are shown, and only for times that meet") {
  ApiWorld world;
  configure(world, "[]", R"(, "conflict": {"note": {"lua": "return function(c, r) return c end"}})");
  const auto note = [](const std::string& id, const char* from, const char* till) {
    Value document = Object{{"kind", "campaign"}, {"id", id}, {"show", Object{{"hero", "x"}, {"note", "y"}}}};
    if (*from) document.object()["from"] = from;
    if (*till) document.object()["till"] = till;
    return document;
  };
  for (const auto& [id, from, till] : {std::tuple{"early", "", "2026-12-10T00:00"},
                                       {"middle", "2026-12-08T00:00", "2026-12-20T00:00"},
                                       {"late", "2026-12-20T00:00", ""}}) {
    REQUIRE(world.ask("ann", "POST", "/v1/experiences", note(id, from, till)).status == 201);
    if (id != std::string("middle")) {
      REQUIRE(world.command("ann", id, "activate").status == 200);
      world.now = world.now + minutes(1);
    }
  }
  const Value review = world.ask("vic", "GET", "/v1/experiences/middle/review").body;
  const Array& clashes = review.find("clashes")->array();
  REQUIRE(clashes.size() == 2);  // `late` begins where it ends
  CHECK(clashes[0].string_or("with", "") == "early");
  CHECK(clashes[0].string_or("winner", "") == "early");
  CHECK(clashes[0].string_or("why", "") == "both have priority 50, and `early` was activated first");
  CHECK(clashes[0].string_or("from", "") == "2026-12-07T23:00:00Z");
  CHECK(clashes[0].string_or("till", "") == "2026-12-09T23:00:00Z");
  CHECK(clashes[1].string_or("configuration", "") == "note");
  CHECK(clashes[1].string_or("resolve", "") == "stack");
  CHECK(clashes[1].find("has_conflict_policy") != nullptr);
  CHECK(member(review, "activation.effect") == Value("schedules"));
  CHECK(member(review, "activation.visible_from") == Value("2026-12-07T23:00:00Z"));
  CHECK(member(review, "activation.visible_by") == Value("2026-12-07T23:00:00Z"));  // everywhere at once
  CHECK(member(review, "activation.ends") == Value("2026-12-19T23:00:00Z"));
}

TEST_CASE("a clash is one only where somebody may be in both audiences, and names a visitor who is") {
  ApiWorld world;
  configure(world, "[]");
  const auto make = [&](const std::string& id, const Value& audience) {
    REQUIRE(world
                .ask("ann", "POST", "/v1/experiences",
                     Object{{"kind", "campaign"}, {"id", id}, {"audience", audience}, {"show", Object{{"hero", "x"}}}})
                .status == 201);
    if (id != "new") REQUIRE(world.command("ann", id, "activate").status == 200);
  };
  make("small", json(R"({"attr": "loyalty.tier", "eq": "silver"})"));
  make("large", json(R"({"attr": "loyalty.tier", "in": ["none", "gold"]})"));
  make("new", json(R"({"attr": "loyalty.tier", "eq": "gold"})"));
  const Value review = world.ask("vic", "GET", "/v1/experiences/new/review").body;
  const Array& clashes = review.find("clashes")->array();
  REQUIRE(clashes.size() == 1);
  CHECK(clashes[0].string_or("with", "") == "large");
  CHECK(to_json(*clashes[0].find("visitor")) == R"({"attributes":{"loyalty.tier":"gold"}})");
}

TEST_CASE("every check has its result, failed ones with every place") {
  ApiWorld world;
  const auto review = [&](const Value& document) {
    const std::string id = document.string_or("id", "");
    const Reply made = world.ask("ann", "POST", "/v1/experiences", document);
    INFO(made.response.body);
    REQUIRE(made.status == 201);
    return world.ask("vic", "GET", "/v1/experiences/" + id + "/review").body;
  };
  const Value unknown = review(json(R"({"kind": "campaign", "id": "a", "show": {"heros": "x"}, "audience": {"attr": "tier", "eq": 1}})"));
  CHECK(checks(unknown) ==
        "document passed; mentions passed; workspace failed; compiles passed; lead passed; zones passed; times passed; ");
  CHECK_FALSE(unknown.find("is_sound")->boolean());
  CHECK(member(unknown, "activation.refused.code") == Value("validation_failed"));
  const Value mention = review(json(R"({"kind": "campaign", "id": "b", "show": {"hero": {"fragment": "gone"}}})"));
  CHECK(checks(mention) ==
        "document passed; mentions failed; workspace skipped; compiles skipped; lead skipped; zones skipped; times passed; ");
  CHECK(mention.find("checks")->array()[1].find("problems")->array()[0].string_or("code", "") == "unknown_fragment");
  const Value late = review(with(campaign("c"), "till", "2026-12-01T09:00"));
  CHECK(checks(late) == "document passed; mentions passed; workspace passed; compiles passed; lead passed; zones passed; times failed; ");
  CHECK(late.find("activation")->find("effect") == nullptr);
  const Value soon = review(with(campaign("d"), "from", "2026-12-05T13:10"));
  CHECK(checks(soon) == "document passed; mentions passed; workspace passed; compiles passed; lead warned; zones passed; times passed; ");
  CHECK(member(soon, "activation.visible_from") == Value("2026-12-05T12:10:00Z"));
  CHECK(member(soon, "activation.visible_by") == Value("2026-12-05T12:15:00Z"));
  const Value skipped = review(with(campaign("e"), "from", "2027-03-28T02:30"));
  CHECK_THAT(checks(skipped), Catch::Contains("times failed"));

  CHECK(world.ask("vic", "GET", "/v1/experiences/nobody/review").code() == "not_found");
  REQUIRE(world.ask("ann", "POST", "/v1/experiences", campaign("f")).status == 201);
  REQUIRE(world.command("ann", "f", "activate").status == 200);
  REQUIRE(world.command("ann", "f", "stop").status == 200);
  const Value over = world.ask("vic", "GET", "/v1/experiences/f/review").body;
  CHECK(member(over, "activation.refused.code") == Value("experience_final"));
  CHECK(over.find("activation")->find("effect") == nullptr);
}

TEST_CASE("rules say whose approvals count") {
  ApiWorld world;
  configure(world, R"([{"when": {"surface": "hero"}, "by": {"roles": ["admin"]}}, {"when": {"audience": "everyone"}, "approvers": 2}])");
  REQUIRE(world.ask("amy", "POST", "/v1/experiences", campaign("hero")).status == 201);
  const std::string hash = world.command("amy", "hero", "submit").text("hash");
  REQUIRE(world.command("bob", "hero", "approve", Object{{"hash", hash}}).text("status") == "in_review");
  const Reply early = world.command("pia", "hero", "activate");
  CHECK(early.code() == "not_approved");
  CHECK_THAT(early.detail(), Catch::Contains("1 approval of admin (surface `hero`)") && Catch::Contains("2 approvals (audience everyone)"));
  REQUIRE(world.command("root", "hero", "approve", Object{{"hash", hash}}).text("status") == "approved");  // counts for both
  CHECK(world.command("pia", "hero", "activate").text("status") == "live");

  configure(world, R"([{"by": {"names": ["lea"]}}])");
  REQUIRE(world.ask("amy", "POST", "/v1/experiences", campaign("legal")).status == 201);
  const std::string other = world.command("amy", "legal", "submit").text("hash");
  const Reply not_counted = world.command("bob", "legal", "approve", Object{{"hash", other}});
  CHECK(not_counted.status == 403);
  CHECK(not_counted.code() == "forbidden");
  CHECK_THAT(not_counted.detail(),
             Catch::Contains("needs 1 approval of `lea` (every experience)") && Catch::Contains("`bob` would not count"));
}

TEST_CASE("asked for with the submission, the last approval activates, and its retry says the same") {
  ApiWorld world;
  Value sale = with(campaign("sale"), "tags", Array{"price"});
  REQUIRE(world.ask("ann", "POST", "/v1/experiences", sale).status == 201);
  const Reply submitted = world.command("ann", "sale", "submit", Object{{"activate_on_approval", true}});
  REQUIRE(submitted.status == 200);
  CHECK(member(submitted.body, "activates_on_approval.by") == Value("ann"));
  CHECK(member(world.ask("vic", "GET", "/v1/experiences/sale/review").body, "approval.activates_on_approval.may_activate") == Value(true));
  const Headers key{{"Idempotency-Key", "k"}};
  const Reply approved = world.command("bob", "sale", "approve", Object{{"hash", submitted.text("hash")}}, key);
  REQUIRE(approved.status == 200);
  CHECK(approved.text("status") == "live");
  CHECK(approved.text("visible_by") == "2026-12-05T12:15:00Z");
  CHECK(member(approved.body, "receipt.command") == Value("approve"));
  CHECK(world.command("bob", "sale", "approve", Object{{"hash", submitted.text("hash")}}, key).response.body == approved.response.body);
  CHECK(world.audit_count("sale") == 3);  // one record for both
  CHECK(world.ask("vic", "GET", "/v1/experiences/sale/receipt").text("command") == "approve");
  CHECK(world.decide().body.find("propositions")->array()[0].string_or("experience", "") == "sale");

  // Neither the author nor the approver may activate.
  REQUIRE(world.ask("amy", "POST", "/v1/experiences", with(campaign("b"), "tags", Array{"price"})).status == 201);
  const std::string hash = world.command("amy", "b", "submit", Object{{"activate_on_approval", true}}).text("hash");
  const Reply waits = world.command("bob", "b", "approve", Object{{"hash", hash}});
  CHECK(waits.text("status") == "approved");
  CHECK(member(waits.body, "not_activated.code") == Value("forbidden"));
  CHECK(world.command("pia", "b", "activate").text("status") == "live");
  CHECK(world.command("ann", "b", "submit", Object{{"activate_on_approval", "yes"}}).problems() == "$.activate_on_approval wrong_type");
  CHECK(world.command("ann", "b", "activate", Object{{"activate_on_approval", true}}).problems() == "$.activate_on_approval unknown_field");
}
