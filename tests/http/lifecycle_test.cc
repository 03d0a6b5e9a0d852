// What was stopped stays stopped, told through HTTP; and the whole way of a campaign and its roles.
#include <catch2/catch.hpp>

#include "api_world.h"

using namespace footlight;
using namespace footlight::test;

namespace {

std::string shown(const Reply& reply) {
  REQUIRE(reply.status == 200);
  const Array& propositions = reply.body.find("propositions")->array();
  return propositions.empty() ? "nothing" : propositions[0].string_or("experience", "default");
}

}  // namespace

TEST_CASE("a stopped campaign is never edited, submitted, activated or revised again; its duplicate is") {
  ApiWorld world;
  REQUIRE(world.ask("ann", "POST", "/v1/experiences", campaign("gold-hero")).status == 201);
  REQUIRE(world.command("pia", "gold-hero", "activate").status == 200);
  CHECK(shown(world.decide()) == "gold-hero");
  // A draft beside the live revision is frozen with it.
  REQUIRE(world.ask("amy", "PUT", "/v1/experiences/gold-hero", campaign("gold-hero", "<h1>Later</h1>")).status == 200);
  world.now = *parse_instant("2026-12-05T14:02:11Z");
  const Reply stopped = world.command("ann", "gold-hero", "stop", Object{{"message", "wrong price"}});
  REQUIRE(stopped.status == 200);
  CHECK(stopped.text("stopped_at") == "2026-12-05T14:02:11Z");
  CHECK(stopped.text("gone_by") == "2026-12-05T14:17:11Z");
  CHECK(shown(world.decide()) == "default");  // gone here at once

  world.now = world.now + hours(1);
  const std::string journal = world.journal();
  struct Try {
    const char* what;
    std::string method, target;
    Value body;
  };
  const std::string self = "/v1/experiences/gold-hero";
  const Try tries[] = {{"edit", "PUT", self, campaign("gold-hero")},
                       {"edit with nothing that could be read", "PUT", self, Object{{"kind", "poster"}}},
                       {"submit", "POST", self + "/submit", {}},
                       {"approve", "POST", self + "/approve", Object{{"hash", stopped.text("hash")}}},
                       {"activate", "POST", self + "/activate", {}},
                       {"revise: activate the draft beside it", "POST", self + "/activate", Object{{"revision", 2}}}};
  for (const Try& attempt : tries)
    for (const char* who : {"star", "root"}) {  // nobody can, whatever the role
      INFO(attempt.what << " by " << who);
      const Reply refused =
          world.ask(who, attempt.method, attempt.target + (who == std::string("star") ? "?workspace=shop" : ""), attempt.body);
      CHECK(refused.status == 409);
      CHECK(refused.code() == "experience_final");
      CHECK_THAT(refused.detail(),
                 Catch::Contains("stopped 2026-12-05T14:02:11Z by ann") && Catch::Contains("footlight duplicate gold-hero"));
      CHECK(world.journal() == journal);
    }
  CHECK(world.command("amy", "gold-hero", "withdraw").code() == "experience_final");
  CHECK(world.command("bob", "gold-hero", "request_changes").code() == "experience_final");
  CHECK(world.command("pia", "gold-hero", "unschedule").code() == "not_scheduled");
  CHECK(world.ask("root", "DELETE", self).code() == "cannot_delete");
  CHECK(world.ask("ann", "POST", "/v1/experiences", campaign("gold-hero")).code() == "already_exists");
  CHECK(world.journal() == journal);

  const Reply again = world.command("pia", "gold-hero", "stop");  // no error, and no second stop
  CHECK(again.status == 200);
  CHECK(again.text("stopped_at") == "2026-12-05T14:02:11Z");
  CHECK(world.journal() == journal);

  const Reply copy = world.command("amy", "gold-hero", "duplicate", Object{{"new_id", "gold-hero-2"}});
  REQUIRE(copy.status == 201);
  CHECK(copy.text("status") == "draft");
  CHECK(to_json(*copy.body.find("duplicated_from")) == R"({"id":"gold-hero","revision":2})");
  REQUIRE(world.command("pia", "gold-hero-2", "activate").status == 200);
  CHECK(shown(world.decide()) == "gold-hero-2");

  REQUIRE(world.command("pia", "gold-hero", "archive").status == 200);
  const Reply archived = world.ask("root", "PUT", self, campaign("gold-hero"));
  CHECK(archived.code() == "experience_final");
  CHECK_THAT(archived.detail(), Catch::Contains("stopped 2026-12-05T14:02:11Z by ann") && Catch::Contains("duplicate"));
}

TEST_CASE("a duplicate without a name of its own takes the next free one") {
  ApiWorld world;
  REQUIRE(world.ask("ann", "POST", "/v1/experiences", campaign("hero")).status == 201);
  CHECK(world.command("ann", "hero", "duplicate").text("id") == "hero-2");
  CHECK(world.command("ann", "hero", "duplicate").text("id") == "hero-3");
  REQUIRE(world.ask("ann", "DELETE", "/v1/experiences/hero-2").status == 200);
  CHECK(world.command("ann", "hero", "duplicate").text("id") == "hero-4");  // a deleted one's id stays taken
  const std::string longest(64, 'x');
  REQUIRE(world.ask("ann", "POST", "/v1/experiences", campaign(longest)).status == 201);
  CHECK(world.command("ann", longest, "duplicate").text("id") == std::string(62, 'x') + "-2");
  const Headers key{{"Idempotency-Key", "k1"}};
  const Reply first = world.command("ann", "hero", "duplicate", {}, key);
  CHECK(first.text("id") == "hero-5");
  const Reply repeated = world.command("ann", "hero", "duplicate", {}, key);
  CHECK(repeated.response.body == first.response.body);
  CHECK(world.command("ann", "nobody", "duplicate").code() == "not_found");
  CHECK(world.command("vic", "nobody", "duplicate").code() == "forbidden");
}

TEST_CASE("a campaign that needs approval goes live by four eyes, bound to what was reviewed") {
  ApiWorld world;
  Value priced = campaign("sale");
  priced.object()["tags"] = Array{"price"};
  REQUIRE(world.ask("ann", "POST", "/v1/experiences", priced).status == 201);
  const Reply early = world.command("ann", "sale", "activate");
  CHECK(early.status == 409);
  CHECK(early.code() == "not_approved");
  CHECK_THAT(early.detail(), Catch::Contains("price"));
  CHECK(world.command("bob", "sale", "approve", Object{{"hash", "x"}}).code() == "not_in_review");
  const Reply submitted = world.command("ann", "sale", "submit");
  REQUIRE(submitted.status == 200);
  CHECK(submitted.text("status") == "in_review");
  CHECK(world.command("ann", "sale", "submit").code() == "nothing_to_submit");
  CHECK(world.ask("ann", "PUT", "/v1/experiences/sale", priced).code() == "in_review_locked");
  CHECK(world.command("bob", "sale", "approve").code() == "revision_conflict");
  CHECK(world.command("bob", "sale", "approve", Object{{"hash", "0123"}}).status == 412);
  const Value hash = Object{{"hash", submitted.text("hash")}};
  CHECK(world.command("ann", "sale", "approve", hash).code() == "forbidden");  // an author is no approver
  const Reply sent_back = world.command("bob", "sale", "request_changes", Object{{"message", "the price is wrong"}});
  CHECK(sent_back.text("status") == "draft");
  REQUIRE(world.command("ann", "sale", "submit").status == 200);
  REQUIRE(world.command("ann", "sale", "withdraw").status == 200);
  REQUIRE(world.command("ann", "sale", "submit").status == 200);
  REQUIRE(world.command("bob", "sale", "approve", hash).text("status") == "approved");
  const Reply live = world.command("ann", "sale", "activate");
  REQUIRE(live.status == 200);
  CHECK(live.text("status") == "live");
  CHECK(live.text("visible_by") == "2026-12-05T12:15:00Z");
  CHECK(live.number("live_revision") == 1);
  // A revision of what is live needs its own approval; the live one goes on meanwhile.
  REQUIRE(world
              .ask("ann", "PUT", "/v1/experiences/sale",
                   [&] {
                     Value next = priced;
                     next.object()["show"] = Object{{"hero", "<b>new</b>"}};
                     return next;
                   }())
              .status == 200);
  CHECK(world.command("ann", "sale", "activate").code() == "not_approved");
  CHECK(shown(world.decide()) == "sale");
  CHECK(world.command("root", "sale", "activate").code() == "not_approved");
  const Reply second = world.command("ann", "sale", "submit");
  REQUIRE(world.command("bob", "sale", "approve", Object{{"hash", second.text("hash")}}).status == 200);
  CHECK(world.command("ann", "sale", "activate").number("live_revision") == 2);
}

TEST_CASE("who contributed cannot approve, even with the role") {
  ApiWorld world;
  REQUIRE(world.ask("root", "POST", "/v1/experiences", campaign("mine")).status == 201);
  const Reply submitted = world.command("root", "mine", "submit");
  const Reply refused = world.command("root", "mine", "approve", Object{{"hash", submitted.text("hash")}});
  CHECK(refused.status == 403);
  CHECK(refused.code() == "self_approval");
  CHECK_THAT(refused.detail(), Catch::Contains("root"));
}

TEST_CASE("each command takes its role and no other") {
  ApiWorld world;
  const std::map<std::string, std::string> who = {{"amy", "author"}, {"bob", "approver"}, {"pia", "publisher"},
                                                  {"vic", "viewer"}, {"root", "admin"},   {"app", "delivery"}};
  struct Row {
    const char* command;
    std::set<std::string> roles;
  };
  const Row rows[] = {{"create", {"author", "admin"}},
                      {"edit", {"author", "admin"}},
                      {"delete", {"author", "admin"}},
                      {"submit", {"author", "admin"}},
                      {"withdraw", {"author"}},
                      {"request_changes", {"approver"}},
                      {"approve", {"approver", "admin"}},
                      {"activate", {"publisher", "admin"}},
                      {"unschedule", {"publisher", "admin"}},
                      {"stop", {"publisher", "admin"}},
                      {"pause", {"publisher", "admin"}},
                      {"resume", {"publisher", "admin"}},
                      {"close", {"publisher", "admin"}},
                      {"archive", {"publisher", "admin"}},
                      {"duplicate", {"author", "admin"}},
                      {"epoch_bump", {"admin"}},
                      {"configure", {"publisher", "admin"}}};
  const std::string journal = world.journal();
  for (const Row& row : rows)
    for (const auto& [name, role] : who) {
      const std::string word = row.command;
      INFO(word << " by " << role);
      const Reply reply = word == "create" ? world.ask(name, "POST", "/v1/experiences", Object{{"kind", "poster"}})
          : word == "edit"                 ? world.ask(name, "PUT", "/v1/experiences/x", campaign("x"))
          : word == "delete"               ? world.ask(name, "DELETE", "/v1/experiences/x")
          : word == "epoch_bump"           ? world.ask(name, "POST", "/v1/epoch_bump")
          : word == "configure"            ? world.ask(name, "PUT", "/v1/workspace", Object{{"workspace", Object{}}})
                                           : world.command(name, "x", word);
      // The role is asked before anything else: whether there is such an experience is not told to all.
      const bool may = row.roles.contains(role);
      CHECK((reply.code() == "forbidden") == !may);
      CHECK((reply.status == 403) == !may);
      if (may && (word == "create" || word == "configure")) CHECK(reply.code() == "validation_failed");
      else if (may && word == "epoch_bump") CHECK(reply.code() == "not_fenced");
      else if (may) CHECK(reply.code() == "not_found");
    }
  CHECK(world.journal() == journal);
}

TEST_CASE("If-Match refuses a change of what somebody else has changed") {
  ApiWorld world;
  CHECK(world.ask("ann", "POST", "/v1/experiences", campaign("hero"), {{"If-Match", "1"}}).code() == "revision_conflict");
  REQUIRE(world.ask("ann", "POST", "/v1/experiences", campaign("hero"), {{"If-Match", "0"}}).status == 201);
  const Reply shown_now = world.ask("vic", "GET", "/v1/experiences/hero");
  CHECK(shown_now.header("ETag") == "\"1\"");
  const auto edit = [&](const std::string& content, const Headers& headers) {
    return world.ask("ann", "PUT", "/v1/experiences/hero", campaign("hero", content), headers);
  };
  REQUIRE(edit("<b>2</b>", {{"If-Match", shown_now.header("ETag")}}).number("revision") == 2);
  const std::string journal = world.journal();
  const Reply lost = edit("<b>3</b>", {{"If-Match", "\"1\""}});
  CHECK(lost.status == 412);
  CHECK(lost.code() == "revision_conflict");
  CHECK_THAT(lost.detail(), Catch::Contains("r2") && Catch::Contains("ann"));
  CHECK(world.journal() == journal);
  CHECK(edit("<b>3</b>", {{"If-Match", "2"}}).number("revision") == 3);
  CHECK(edit("<b>4</b>", {{"If-Match", "*"}}).number("revision") == 4);
  for (const char* bad : {"three", "-1", "1.5", "\"", "", "1 2", "99999999999999999999", "\"1\", \"4\"", "W/\"4\""}) {
    INFO(bad);
    CHECK(edit("<b>5</b>", {{"If-Match", bad}}).code() == "bad_request");
  }
  CHECK(world.command("pia", "hero", "activate", Object{{"revision", 3}}).code() == "revision_conflict");
  CHECK(world.command("pia", "hero", "activate", {}, {{"If-Match", "3"}}).status == 412);
  CHECK(world.command("pia", "hero", "activate", {}, {{"If-Match", "4"}}).status == 200);
}

TEST_CASE("an idempotency key has one effect and one answer, and is of one request") {
  ApiWorld world;
  const Headers key{{"Idempotency-Key", "retry-1"}};
  const Reply first = world.ask("ann", "POST", "/v1/experiences", campaign("hero"), key);
  REQUIRE(first.status == 201);
  CHECK(first.header("Idempotent-Replayed").empty());
  const std::string journal = world.journal();
  world.now = world.now + hours(23);
  const Reply again = world.ask("ann", "POST", "/v1/experiences", campaign("hero"), key);
  CHECK(again.status / 100 == 2);
  CHECK(again.response.body == first.response.body);
  CHECK(again.header("Idempotent-Replayed") == "true");
  const Reply other_body = world.ask("ann", "POST", "/v1/experiences", campaign("hero", "<b>other</b>"), key);
  CHECK(other_body.status == 422);
  CHECK(other_body.code() == "idempotency_key_reuse");
  CHECK_THAT(other_body.detail(), Catch::Contains("retry-1"));
  CHECK(world.command("pia", "hero", "activate", {}, key).code() == "idempotency_key_reuse");
  CHECK(world.journal() == journal);
  // Whoever may not, learns nothing from a key.
  CHECK(world.ask("vic", "POST", "/v1/experiences", campaign("hero"), key).code() == "forbidden");
  // A refusal does not use a key up.
  const Headers second{{"Idempotency-Key", "retry-2"}};
  CHECK(world.command("ann", "hero", "stop", {}, second).code() == "not_live");
  REQUIRE(world.command("ann", "hero", "activate").status == 200);
  const Reply stopped = world.command("ann", "hero", "stop", {}, second);
  REQUIRE(stopped.status == 200);
  CHECK_FALSE(stopped.text("gone_by").empty());
  CHECK(world.command("ann", "hero", "stop", {}, second).response.body == stopped.response.body);
  // The longest key, and one byte more.
  CHECK(world.ask("ann", "POST", "/v1/experiences", campaign("b"), {{"Idempotency-Key", std::string(128, 'k')}}).status == 201);
  CHECK(world.ask("ann", "POST", "/v1/experiences", campaign("c"), {{"Idempotency-Key", std::string(129, 'k')}}).code() == "bad_request");
}

TEST_CASE("a command's body is read strictly") {
  ApiWorld world;
  REQUIRE(world.ask("ann", "POST", "/v1/experiences", campaign("hero")).status == 201);
  const std::string journal = world.journal();
  struct Bad {
    const char* command;
    const char* body;
    const char* code;
    const char* problems;
  };
  for (const Bad& bad : {Bad{"activate", "[]", "bad_request", "$ wrong_type"},
                         {"activate", "{\"revision\":\"1\"}", "bad_request", "$.revision wrong_type"},
                         {"activate", "{\"revision\":0}", "bad_request", "$.revision out_of_range"},
                         {"activate", "{\"revision\":1.5}", "bad_request", "$.revision out_of_range"},
                         {"activate", "{\"revision\":1e10}", "bad_request", "$.revision out_of_range"},
                         {"activate", "{\"mesage\":\"x\"}", "bad_request", "$.mesage unknown_field"},
                         {"activate", "{\"new_id\":\"x\"}", "bad_request", "$.new_id unknown_field"},
                         {"submit", "{\"hash\":\"x\"}", "bad_request", "$.hash unknown_field"},
                         {"duplicate", "{\"new_id\":7}", "bad_request", "$.new_id wrong_type"},
                         {"duplicate", "{\"new_id\":\"A B\"}", "bad_id", ""},
                         {"duplicate", "{\"new_id\":\"hero\"}", "already_exists", ""},
                         {"duplicate", "{\"new_id\":\"x\",\"revision\":9}", "no_such_revision", ""},
                         {"activate", "{\"revision\":", "bad_json", ""},
                         {"activate", "{\"message\":1,\"message\":2}", "bad_json", ""}}) {
    INFO(bad.command << " " << bad.body);
    const Reply reply = world.ask_text("root", "POST", std::string("/v1/experiences/hero/") + bad.command, bad.body);
    CHECK(reply.code() == bad.code);
    CHECK(reply.problems() == bad.problems);
  }
  CHECK(world.command("ann", "hero", "stop", Object{{"message", std::string(4'097, 'm')}}).code() == "not_live");
  REQUIRE(world.journal() == journal);
  REQUIRE(world.command("ann", "hero", "activate").status == 200);
  CHECK(world.command("ann", "hero", "stop", Object{{"message", std::string(4'097, 'm')}}).code() == "limit_exceeded");
  CHECK(world.command("ann", "hero", "stop", Object{{"message", std::string(4'096, 'm')}}).status == 200);
}

TEST_CASE("a journey is paused, resumed and closed; a campaign is not") {
  ApiWorld world;
  const Value journey = json(
      R"({"kind":"journey","id":"cart","enter":{"event":"cart.updated"},"steps":[{"wait":"30m"},{"show":{"hero":"<b>Still thinking?</b>"}}]})");
  const Reply created = world.ask("ann", "POST", "/v1/experiences", journey);
  INFO(created.response.body);
  REQUIRE(created.status == 201);
  CHECK(world.command("ann", "cart", "pause").code() == "not_live");
  REQUIRE(world.command("ann", "cart", "activate").status == 200);
  CHECK(world.command("ann", "cart", "resume").code() == "not_paused");
  CHECK(world.command("ann", "cart", "pause").text("status") == "paused");
  CHECK(world.command("ann", "cart", "resume").text("status") == "live");
  CHECK(world.command("ann", "cart", "close").text("status") == "closed");
  CHECK(world.command("ann", "cart", "archive").code() == "not_final");
  world.now = world.now + days(92);
  CHECK(world.ask("vic", "GET", "/v1/experiences/cart").text("status") == "finished");
  CHECK(world.command("ann", "cart", "activate").code() == "experience_final");
  REQUIRE(world.ask("ann", "POST", "/v1/experiences", campaign("hero")).status == 201);
  REQUIRE(world.command("ann", "hero", "activate").status == 200);
  for (const char* word : {"pause", "resume", "close"}) CHECK(world.command("ann", "hero", word).code() == "not_a_journey");
}

TEST_CASE("a schedule is computed from the clock; until its start an experience is locked") {
  ApiWorld world;
  Value later = campaign("later");
  later.object()["from"] = "2026-12-06T09:00";
  later.object()["till"] = "2026-12-07T18:00";
  REQUIRE(world.ask("ann", "POST", "/v1/experiences", later).status == 201);
  const Reply scheduled = world.command("ann", "later", "activate");
  CHECK(scheduled.text("status") == "scheduled");
  CHECK(scheduled.text("start") == "2026-12-06T08:00:00Z");  // Paris
  CHECK(world.ask("ann", "PUT", "/v1/experiences/later", later).code() == "scheduled_locked");
  CHECK(world.command("ann", "later", "activate").code() == "scheduled_locked");
  CHECK(world.command("ann", "later", "unschedule").text("status") == "draft");
  CHECK(world.command("ann", "later", "unschedule").code() == "not_scheduled");
  REQUIRE(world.command("ann", "later", "activate").status == 200);
  CHECK(shown(world.decide()) == "default");
  world.now = *parse_instant("2026-12-06T08:00:00Z");
  CHECK(shown(world.decide()) == "later");
  world.now = *parse_instant("2026-12-07T17:00:00Z");
  CHECK(shown(world.decide()) == "default");
  CHECK(world.ask("vic", "GET", "/v1/experiences/later").text("status") == "completed");
  const Reply final = world.command("ann", "later", "activate");
  CHECK(final.code() == "experience_final");
  CHECK_THAT(final.detail(), Catch::Contains("ended by its schedule") && Catch::Contains("duplicate"));

  struct Bad {
    const char* from;
    const char* till;
    const char* code;
  };
  for (const Bad& bad : {Bad{"2027-03-28T02:30", "", "nonexistent_local_time"},
                         {"2027-10-31T02:30", "", "ambiguous_local_time"},
                         {"2027-01-01T09:00+05:00", "", "offset_mismatch"},
                         {"2027-01-02T09:00", "2027-01-01T09:00", "end_before_start"},
                         {"", "2026-01-01T09:00", "end_in_past"},
                         {"2029-01-01T09:00", "", "too_far_ahead"}}) {
    INFO(bad.code);
    std::string id = bad.code;
    Value document = campaign(id);
    if (*bad.from) document.object()["from"] = bad.from;
    if (*bad.till) document.object()["till"] = bad.till;
    REQUIRE(world.ask("ann", "POST", "/v1/experiences", document).status == 201);  // a draft may wait for its times
    const Reply refused = world.command("ann", id, "activate");
    CHECK(refused.status == 422);
    CHECK(refused.code() == bad.code);
    CHECK_THAT(refused.problems(), Catch::Contains(bad.code) && Catch::StartsWith("$."));
  }
}
