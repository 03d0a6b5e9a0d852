// The catalog: commands through their whole way, from the order of refusal to the snapshot.
#include <atomic>
#include <random>
#include <thread>

#include "base/limits.h"
#include "catalog/delivered.h"
#include "tests/unit/catalog/shop.h"

using namespace footlight;
using namespace footlight::test;
using Name = CommandName;

namespace {

Value campaign(const std::string& content, Object more = {}) {
  more["kind"] = "campaign";
  more["show"] = Object{{"hero", content}};
  return more;
}

constexpr const char* with_approvals =
    R"({"name": "shop", "zone": "Europe/Paris", "attributes": {"n": {"type": "number"}}, "fragments": {"warm": "warm"},
        "surfaces": {"hero": {"format": "html", "rules": ["web://shop.example/#hero"], "default": "default"}},
        "approvals": [{"when": {"tag": "price"}, "approvers": 2}]})";

}  // namespace

TEST_CASE("a campaign goes from draft to archive, each step in force at once and told in the answer") {
  Shop shop(with_approvals);
  const Value created = shop.must("ann", Name::create, "gold", with(campaign("Hi {{> warm}}", {{"tags", Array{"price"}}})));
  CHECK(created.string_or("status", "") == "draft");
  CHECK(created.string_or("id", "") == "gold");
  CHECK(*created.find("revision") == Value(1));
  CHECK(created.string_or("accepted_at", "") == "2026-12-01T08:00:00Z");
  CHECK_FALSE(created.find("receipt"));
  CHECK(shop.shown() == "default");
  CHECK(shop.refusal(shop.run("pia", Name::activate, "gold")) == "not_approved");
  shop.must("ann", Name::edit, "gold", with(campaign("Hello {{> warm}}", {{"tags", Array{"price"}}}), 1));
  shop.must("ann", Name::submit, "gold");
  const std::string hash = shop.catalog->experience("gold", shop.now)->string_or("hash", "");
  CHECK(shop.refusal(shop.run("bob", Name::approve, "gold", {.expected_hash = "another"})) == "revision_conflict");
  CHECK(shop.must("bob", Name::approve, "gold", {.expected_hash = hash}).string_or("status", "") == "in_review");
  CHECK(shop.refusal(shop.run("bob", Name::approve, "gold", {.expected_hash = hash})) == "repeat");
  CHECK(shop.must("cyd", Name::approve, "gold", {.expected_hash = hash}).string_or("status", "") == "approved");
  CHECK(shop.shown() == "default");

  const Value activated = shop.must("pia", Name::activate, "gold");
  CHECK(activated.string_or("status", "") == "live");
  CHECK(activated.string_or("visible_by", "") == "2026-12-01T08:15:00Z");
  CHECK(*activated.find("live_revision") == Value(2));
  CHECK(activated.find("approvals")->array().size() == 2);
  REQUIRE(activated.find("receipt"));
  CHECK(shop.shown() == "Hello warm");
  CHECK(shop.published.back() == activated.string_or("version", ""));
  CHECK(shop.catalog->snapshot()->version() == activated.string_or("version", ""));

  // The fragment was taken in when it was written; what is approved is what is shown.
  REQUIRE(shop.configure(
      "pia",
      R"({"name": "shop", "surfaces": {"hero": {"format": "html", "rules": ["web://shop.example/#hero"]}}, "fragments": {"warm": "cold"}})"));
  CHECK(shop.shown() == "Hello warm");

  shop.now = shop.now + hours(1);
  const Value stopped = shop.must("pia", Name::stop, "gold", {.message = "wrong price"});
  CHECK(stopped.string_or("status", "") == "stopped");
  CHECK(stopped.string_or("stopped_at", "") == "2026-12-01T09:00:00Z");
  CHECK(stopped.string_or("gone_by", "") == "2026-12-01T09:15:00Z");
  CHECK(shop.shown() == "");
  shop.now = shop.now + hours(1);
  const auto again = shop.run("pia", Name::stop, "gold");
  REQUIRE(again.ok());
  CHECK(again->is_repeat);
  CHECK(again->body.string_or("stopped_at", "") == "2026-12-01T09:00:00Z");
  CHECK(again->body.string_or("since", "") == "2026-12-01T09:00:00Z");
  CHECK_THAT(again->body.string_or("message", ""), Catch::Contains("by pia"));
  CHECK(shop.refusal(shop.run("ann", Name::edit, "gold", with(campaign("x")))) == "experience_final");
  CHECK(shop.refusal(shop.run("pia", Name::activate, "gold")) == "experience_final");
  CHECK(shop.must("pia", Name::archive, "gold").string_or("status", "") == "archived");

  const Value copy = shop.must("ann", Name::duplicate, "gold", {.new_id = "gold-2"});
  CHECK(copy.string_or("id", "") == "gold-2");
  CHECK(to_json(*copy.find("duplicated_from")) == R"({"id":"gold","revision":2})");
}

TEST_CASE("a revision beside what is live takes its place when it is activated, and a start waits for its time") {
  Shop shop;
  shop.live("a", "one");
  CHECK(shop.must("ann", Name::edit, "a", with(campaign("two"), 1)).string_or("status", "") == "live (draft pending)");
  CHECK(shop.shown() == "one");
  shop.must("pia", Name::activate, "a");
  CHECK(shop.shown() == "two");

  shop.must("ann", Name::create, "later",
            with(campaign("later", {{"priority", 90}, {"from", "2026-12-02T00:00"}, {"till", "2026-12-03T00:00"}})));
  const Value scheduled = shop.must("pia", Name::activate, "later");
  CHECK(scheduled.string_or("status", "") == "scheduled");
  CHECK(scheduled.string_or("start", "") == "2026-12-02T00:00:00Z");
  CHECK(scheduled.string_or("end", "") == "2026-12-03T00:00:00Z");
  CHECK(shop.shown() == "two");
  shop.now = *parse_instant("2026-12-02T00:00:00Z");
  CHECK(shop.shown() == "later");  // by the clock, without a command
  shop.now = *parse_instant("2026-12-03T00:00:00Z");
  CHECK(shop.shown() == "two");
  const auto ended = shop.catalog->experience("later", shop.now);
  REQUIRE(ended.ok());
  CHECK(to_json(*ended->find("ended")) == R"({"at":"2026-12-03T00:00:00Z","by":"","how":"completed"})");
}

TEST_CASE("each command has its roles") {
  Shop shop;
  shop.must("ann", Name::create, "a", with(campaign("x")));
  for (const auto& [who, name] : {std::pair{"vic", Name::create},
                                  {"bob", Name::create},
                                  {"pia", Name::create},
                                  {"vic", Name::edit},
                                  {"vic", Name::submit},
                                  {"ann", Name::activate},
                                  {"bob", Name::activate},
                                  {"ann", Name::stop},
                                  {"ann", Name::approve},
                                  {"pia", Name::approve},
                                  {"ann", Name::archive},
                                  {"pia", Name::epoch_bump},
                                  {"vic", Name::delete_}}) {
    INFO(who << " " << to_text(name));
    CHECK(shop.refusal(shop.run(who, name, "a", with(campaign("y")))) == "forbidden");
  }
}

TEST_CASE("I1: the same key and body have one effect and one answer, another body is refused") {
  Shop shop;
  const auto first = shop.run("ann", Name::create, "a", with(campaign("x")), "key-1", "body-1");
  REQUIRE(first.ok());
  CHECK_FALSE(first->is_repeat);
  const std::string journal = shop.journal();
  shop.now = shop.now + hours(24);
  const auto again = shop.run("ann", Name::create, "a", with(campaign("x")), "key-1", "body-1");
  REQUIRE(again.ok());
  CHECK(again->is_repeat);
  CHECK(to_json(again->body) == to_json(first->body));
  CHECK(shop.refusal(shop.run("ann", Name::create, "a", with(campaign("y")), "key-1", "body-2")) == "idempotency_key_reuse");
  CHECK(shop.refusal(shop.run("ann", Name::delete_, "a", {}, "key-1", "body-2")) == "idempotency_key_reuse");
  CHECK(shop.journal() == journal);
  // The key is asked before the document is looked at, and behind the role.
  CHECK(shop.refusal(shop.run("ann", Name::create, "a", with(document(R"({"kind": "nonsense"})")), "key-1", "body-2")) ==
        "idempotency_key_reuse");
  CHECK(shop.refusal(shop.run("vic", Name::create, "a", with(campaign("x")), "key-1", "body-1")) == "forbidden");
  // It outlives a restart.
  shop.reopen();
  const auto after = shop.run("ann", Name::create, "a", with(campaign("x")), "key-1", "body-1");
  REQUIRE(after.ok());
  CHECK(to_json(after->body) == to_json(first->body));
  CHECK(shop.journal() == journal);
  // What was refused left no trace: the key is free for another try.
  CHECK(shop.refusal(shop.run("pia", Name::activate, "b", {}, "key-2", "body-3")) == "not_found");
  CHECK(shop.refusal(shop.run("pia", Name::activate, "a", {}, "key-2", "body-4")) == "accepted");
  // A repeat is told as one, under a new key too.
  shop.must("pia", Name::stop, "a");
  CHECK(shop.refusal(shop.run("pia", Name::stop, "a", {}, "key-3", "body-5")) == "repeat");
}

TEST_CASE("what is wrong with a document is told after who may, and whether it may change at all") {
  Shop shop;
  shop.live("live", "x");
  shop.must("ann", Name::create, "reviewed", with(campaign("x")));
  shop.must("ann", Name::submit, "reviewed");
  shop.live("stopped", "x");
  shop.must("pia", Name::stop, "stopped");
  shop.must("ann", Name::create, "deleted", with(campaign("x")));
  shop.must("ann", Name::delete_, "deleted");
  shop.must("ann", Name::create, "draft", with(campaign("x")));
  const std::string journal = shop.journal();
  const Value bad = document(R"({"kind": "campain", "priority": 101, "show": {"hero": 5}})");
  struct Case {
    const char* who;
    Name name;
    const char* experience;
    std::optional<int> expected;
    const char* code;
  };
  for (const auto& [who, name, experience, expected, code] :
       {Case{"vic", Name::create, "new", {}, "forbidden"}, Case{"ann", Name::create, "new", {}, "validation_failed"},
        Case{"ann", Name::create, "draft", {}, "already_exists"}, Case{"ann", Name::create, "deleted", {}, "gone"},
        Case{"ann", Name::create, "New", {}, "validation_failed"}, Case{"ann", Name::create, "new", 1, "revision_conflict"},
        Case{"ann", Name::edit, "none", {}, "not_found"}, Case{"ann", Name::edit, "deleted", {}, "gone"},
        Case{"ann", Name::edit, "reviewed", {}, "in_review_locked"}, Case{"ann", Name::edit, "stopped", {}, "experience_final"},
        Case{"ann", Name::edit, "draft", 7, "revision_conflict"}, Case{"ann", Name::edit, "draft", 1, "validation_failed"},
        Case{"ann", Name::edit, "live", 1, "validation_failed"}, Case{"vic", Name::edit, "none", {}, "forbidden"}}) {
    INFO(who << " " << to_text(name) << " " << experience);
    CHECK(shop.refusal(shop.run(who, name, experience, with(bad, expected))) == code);
  }
  const auto told = shop.run("ann", Name::create, "new", with(bad));
  CHECK(lines_of(told.error().problems) ==
        "$.kind: `campain` is none of `campaign`, `journey` (out_of_range)\n"
        "$.priority: 101 is outside 0 … 100 (out_of_range)\n"
        "$.show.hero: expected a template, a fragment, a JSON value or a policy, found a number (wrong_type)\n");
  CHECK(told.error().message == "the definition has 3 problems");
  CHECK(shop.refusal(shop.run("ann", Name::create, "", with(document(R"({"kind": "campaign", "show": {"hero": "x"}})")))) ==
        "validation_failed");
  CHECK(shop.refusal(shop.run("ann", Name::create, "other", with(campaign("x", {{"id", "another"}}))), true) ==
        "validation_failed: the definition has 1 problem\n  $.id: the definition is of `another`, the command of `other` (bad_id)");
  CHECK(shop.refusal(shop.run("ann", Name::create, "new", {})) == "validation_failed");
  CHECK(shop.refusal(shop.run("ann", Name::create, "new", with("text"))) == "validation_failed");
  CHECK(shop.refusal(shop.run("ann", Name::edit, "draft",
                              with(document(R"({"kind": "journey", "enter": {"event": "e"}, "steps": []})")))) == "validation_failed");
  CHECK(shop.journal() == journal);  // L8
  CHECK(shop.catalog->head() == shop.memory->head("shop")->seq);

  // The id may stand in the document alone.
  CHECK(shop.must("ann", Name::create, "", with(campaign("x", {{"id", "named"}}))).string_or("id", "") == "named");
}

TEST_CASE("a definition is as large as its limit, and not one byte larger") {
  Shop shop;
  const auto of_size = [](std::size_t bytes) {
    const std::size_t rest = to_json(campaign("", {{"id", "a"}})).size();
    return campaign(std::string(bytes - rest, 'x'), {{"id", "a"}});
  };
  CHECK(shop.refusal(shop.run("ann", Name::create, "a", with(of_size(limits::document_bytes_max + 1)))) == "validation_failed");
  // What is written out canonically counts, too: the priority and the audience that were left out.
  CHECK(shop.refusal(shop.run("ann", Name::create, "a", with(of_size(limits::document_bytes_max)))) == "limit_exceeded");
  CHECK(shop.refusal(shop.run("ann", Name::create, "a", with(of_size(limits::document_bytes_max - 64)))) == "accepted");
}

TEST_CASE("submitting and activating tell everything that is wrong at once") {
  Shop shop(with_approvals);
  shop.must("ann", Name::create, "bad",
            with(document(R"({"kind": "campaign", "audience": {"all": ["nobody", {"attr": "m", "gt": 1}, {"lua": "broken"}]},
      "show": {"hero": "{{#if x}}", "her": {"fragment": "wrm"}}})")));
  const std::string journal = shop.journal();
  for (const auto& [who, name] : {std::pair{"ann", Name::submit}, {"pia", Name::activate}}) {
    const auto answer = shop.run(who, name, "bad");
    CHECK(shop.refusal(answer) == "validation_failed");
    CHECK(lines_of(answer.error().problems) ==
          "$.show.her: there is no fragment `wrm`; did you mean `warm`? (unknown_fragment)\n"
          "$.audience.all[0]: there is no audience `nobody` (unknown_audience)\n");
  }
  shop.must("ann", Name::edit, "bad",
            with(document(R"({"kind": "campaign", "audience": {"all": [{"attr": "m", "gt": 1}, {"lua": "broken"}]},
      "show": {"hero": "{{#if x}}", "her": {"fragment": "warm"}}})")));
  const auto answer = shop.run("pia", Name::activate, "bad");
  CHECK(lines_of(answer.error().problems) ==
        "$.show.her: there is no surface configuration `her`; did you mean `hero`? (unknown_configuration)\n"
        "$.audience.all[0]: there is no attribute `m` (unknown_attribute)\n"
        "$.audience.all[1]: `broken` does not compile (syntax_error)\n"
        "$.show.hero:1: `{{#if x}}` is never closed; add `{{/if}}` (bad_template)\n");
  CHECK(shop.shown() == "default");
  CHECK(shop.catalog->check(document("5"), shop.now).size() == 1);
}

TEST_CASE("times are told in their zone, and a start within the window is warned of") {
  Shop shop(with_approvals);  // in Paris, an hour ahead
  const auto problems = [&](const char* from) {
    return lines_of(shop.catalog->check(campaign("x", {{"id", "a"}, {"from", from}}), shop.now));
  };
  CHECK(problems("2026-12-01T09:15") == "");
  CHECK(problems("2026-12-01T09:00") == "");
  CHECK(problems("2026-12-01T08:59") == "");
  CHECK_THAT(
      problems("2026-12-01T09:14:59"),
      Catch::StartsWith("$.from: warning: starts in less than the window of 15m: nodes may begin") && Catch::Contains("(missed_window)"));
  const auto activating = [&](const std::string& id, Object times) {
    shop.must("ann", Name::create, id, with(campaign("x", std::move(times))));
    return shop.refusal(shop.run("pia", Name::activate, id));
  };
  CHECK(activating("skipped", {{"from", "2027-03-28T02:30"}}) == "nonexistent_local_time");
  CHECK(activating("twice", {{"till", "2027-10-31T02:30"}}) == "ambiguous_local_time");
  CHECK(activating("offset", {{"from", "2026-12-02T09:00+02:00"}}) == "offset_mismatch");
  CHECK(activating("past", {{"till", "2026-12-01T09:00"}}) == "end_in_past");
  CHECK(activating("backwards", {{"from", "2026-12-03T09:00"}, {"till", "2026-12-02T09:00"}}) == "end_before_start");
  CHECK(activating("far", {{"from", "2029-12-03T09:00"}}) == "too_far_ahead");
  CHECK(activating("soon", {{"from", "2026-12-01T09:10"}}) == "accepted");
}

TEST_CASE("a workspace is configured by publishers and admins, and refused with everything that would break") {
  Shop shop(nullptr);
  CHECK(shop.catalog->head() == 0);
  CHECK(shop.shown() == "");
  const char* good = R"({"name": "shop", "surfaces": {"hero": {"format": "html", "rules": ["web://shop.example/#hero"]}}})";
  for (const char* who : {"vic", "ann", "bob"}) CHECK(shop.refusal(shop.configure(who, good)) == "forbidden");
  CHECK(shop.refusal(shop.configure("pia", R"({"name": "other"})"), true) ==
        "validation_failed: the workspace has problems\n  $.name: this is the workspace `shop`, the document is of `other` (bad_id)");
  CHECK(shop.refusal(shop.configure("pia", R"({"name": "shop", "zone": "Nowhere", "surface": {}})")) == "validation_failed");
  CHECK(shop.catalog->head() == 0);

  const auto configured = shop.configure("pia", good);
  REQUIRE(configured.ok());
  CHECK_FALSE(configured->is_repeat);
  CHECK(configured->body.string_or("visible_by", "") == "2026-12-01T08:15:00Z");
  CHECK(shop.catalog->head() == 1);
  CHECK(configured->body.string_or("version", "") == shop.catalog->snapshot()->version());
  // The same document again changes nothing, whatever its spelling.
  CHECK(
      shop.refusal(shop.configure(
          "pia",
          R"({"surfaces": {"hero": {"rules": ["WEB://Shop.Example#hero"], "format": "html", "resolve": "highest"}}, "name": "shop", "zone": "UTC"})")) ==
      "repeat");
  CHECK(shop.catalog->head() == 1);

  shop.live("a", "x");
  shop.must("ann", Name::create, "draft", with(document(R"({"kind": "campaign", "show": {"elsewhere": "x"}})")));
  const std::string journal = shop.journal(), version = shop.catalog->snapshot()->version();
  CHECK(shop.refusal(
            shop.configure("pia", R"({"name": "shop", "surfaces": {"hero2": {"format": "html", "rules": ["web://shop.example/#hero"]}}})"),
            true) ==
        "validation_failed: the workspace does not compile: 1 problem\n  a $.show.hero: there is no surface configuration `hero` "
        "(unknown_configuration)");
  CHECK(shop.refusal(shop.configure(
            "pia", R"({"name": "shop", "surfaces": {"hero": {"format": "json", "rules": ["web://shop.example/#hero"]}}})")) ==
        "validation_failed");
  CHECK(
      shop.refusal(shop.configure(
          "pia",
          R"({"name": "shop", "surfaces": {"hero": {"format": "html", "rules": ["web://shop.example/#hero"]}}, "conflict": {"hero": {"lua": "broken"}}})")) ==
      "validation_failed");
  CHECK(shop.journal() == journal);
  CHECK(shop.catalog->snapshot()->version() == version);
  CHECK(shop.shown() == "x");
  // Drafts do not keep it from being changed.
  CHECK(
      shop.refusal(shop.configure(
          "pia", R"({"name": "shop", "surfaces": {"hero": {"format": "text", "rules": ["web://shop.example/#hero"], "default": "d"}}})")) ==
      "accepted");
  CHECK(shop.shown() == "x");
}

TEST_CASE("lists are uploaded with the workspace, or were before, and are what they say they are") {
  Shop shop;
  const std::string ids = "ann\nbob\n", hash = sha256_hex(ids);
  const std::string named =
      R"({"name": "shop", "surfaces": {"hero": {"format": "html", "rules": ["web://shop.example/#hero"]}}, "lists": {"vip": ")" + hash +
      R"("}})";
  CHECK(shop.refusal(shop.configure("pia", named.c_str()), true) ==
        "validation_failed: the workspace has problems\n  $.lists.vip: the content of the list `vip` was never uploaded (unknown_list)");
  CHECK(shop.refusal(shop.configure("pia", named.c_str(), {{hash, "eve\n"}})) == "validation_failed");
  CHECK(shop.refusal(shop.configure("pia", named.c_str(), {{hash, ids}})) == "accepted");
  shop.live("vips", "for vips", {{"audience", Object{{"list", "vip"}}}});
  CHECK(shop.shown(Object{}, "ann") == "for vips");
  CHECK(shop.shown(Object{}, "eve") == "");
  // A new list is for whoever takes it in from then on; what is live keeps what was approved.
  const std::string more = "ann\nbob\neve\n";
  const std::string renamed =
      R"({"name": "shop", "surfaces": {"hero": {"format": "html", "rules": ["web://shop.example/#hero"]}}, "lists": {"vip": ")" +
      sha256_hex(more) + R"("}})";
  REQUIRE(shop.configure("pia", renamed.c_str(), {{sha256_hex(more), more}}));
  CHECK(shop.shown(Object{}, "eve") == "");
  shop.reopen();
  CHECK(shop.shown(Object{}, "ann") == "for vips");
  CHECK(shop.shown(Object{}, "eve") == "");
  // Uploaded once is enough.
  CHECK(shop.refusal(shop.configure("pia", named.c_str())) == "accepted");

  // A definition that names a list by a hash that nobody has.
  shop.must("ann", Name::create, "unknown",
            with(campaign("x", {{"audience", Object{{"list", "l"}}}, {"include", Object{{"lists", Object{{"l", "abc"}}}}}})));
  CHECK(shop.refusal(shop.run("pia", Name::activate, "unknown")) == "validation_failed");
  shop.store.failing = "get_blob";
  shop.reopen();  // it starts, without what it cannot read, and says so
  CHECK(shop.shown() == "");
  REQUIRE(shop.catalog->compile_error());
  CHECK(shop.catalog->compile_error()->problems.at(0).code == Code::store_failed);
}

TEST_CASE("a list that nothing in force asks for is not kept in memory") {
  Shop shop;
  const std::string ids = "ann\n", hash = sha256_hex(ids);
  const std::string named =
      R"({"name": "shop", "surfaces": {"hero": {"format": "html", "rules": ["web://shop.example/#hero"]}}, "lists": {"vip": ")" + hash +
      R"("}})";
  REQUIRE(shop.configure("pia", named.c_str(), {{hash, ids}}).ok());
  shop.live("vips", "for vips", {{"audience", Object{{"list", "vip"}}}});
  shop.live("other", "for all", {});
  shop.must("ann", Name::create, "next", with(campaign("next", {{"audience", Object{{"list", "vip"}}}})));
  // Still in use: the store need not be asked.
  shop.store.failing = "get_blob";
  const Value next = *shop.catalog->experience("next", shop.now)->find("definition");
  CHECK(lines_of(shop.catalog->check(next, shop.now)) == "");
  shop.must("pia", Name::stop, "vips");
  shop.must("pia", Name::stop, "other");  // the next publish; the snapshot before it has gone by then
  CHECK_THAT(lines_of(shop.catalog->check(next, shop.now)), Catch::Contains("get_blob failed as asked"));
  shop.store.failing.clear();
  CHECK(shop.refusal(shop.run("pia", Name::activate, "next")) == "accepted");
  CHECK(shop.shown(Object{}, "ann") == "next");
}

TEST_CASE("a list has its number of ids, and not one more") {
  Shop shop;
  std::string ids;
  for (std::size_t i = 0; i < limits::list_ids_max; ++i) ids += std::to_string(i) + "\n";
  const auto configured = [&](const std::string& content) {
    const std::string hash = sha256_hex(content);
    const std::string named = R"({"name": "shop", "lists": {"vip": ")" + hash + R"("}})";
    return shop.refusal(shop.configure("pia", named.c_str(), {{hash, content}}));
  };
  const std::string journal = shop.journal();
  CHECK(configured(ids + "one more\n") == "validation_failed");
  CHECK(shop.journal() == journal);
  CHECK(configured(ids + "0\n") == "accepted");  // a double is no more
}

TEST_CASE("a restart folds the journal to the same state and answers with the same bytes") {
  Shop shop(with_approvals);
  shop.live("a", "a {{name}}", {{"priority", 80}, {"audience", Object{{"attr", "n"}, {"gt", 5}}}});
  shop.live("b", "b");
  shop.live("c", "c", {{"priority", 90}});
  shop.must("pia", Name::stop, "c");
  shop.must("ann", Name::edit, "a", with(campaign("not yet")));
  shop.must("ann", Name::create, "d", with(campaign("d", {{"tags", Array{"price"}}})));
  shop.must("ann", Name::submit, "d");
  shop.must("ann", Name::create, "gone", with(campaign("x")));
  shop.must("ann", Name::delete_, "gone");
  shop.must("ann", Name::create, "j",
            with(document(R"({"kind": "journey", "enter": {"event": "e"}, "steps": [{"show": {"hero": "j"}}]})")));
  shop.must("pia", Name::activate, "j");
  shop.must("pia", Name::pause, "j");

  const auto everything = [&] {
    std::string text = to_json(shop.catalog->workspace()) + std::to_string(shop.catalog->head()) + shop.catalog->version().chain +
        shop.catalog->snapshot()->version();
    for (const Value& row : shop.catalog->experiences(shop.now)) {
      text += "\n" + to_json(row) + "\n" + to_json(*shop.catalog->experience(row.string_or("id", ""), shop.now));
      const auto receipt = shop.catalog->receipt(row.string_or("id", ""), shop.now);
      text += "\n" + (receipt ? to_json(*receipt) : std::string(name(receipt.error().code)));
    }
    const Request asked{.identity = {"", "ann"},
                        .attributes = document(R"({"n": 6, "name": "Ann"})"),
                        .surfaces = {"web://shop.example/#hero"},
                        .now = shop.now};
    return text + to_json(decide(*shop.catalog->snapshot(), asked, no_policies(), {.explain = true}));
  };
  const std::string before = everything();
  CHECK_THAT(before, Catch::Contains("a Ann") && Catch::Contains("paused"));
  shop.reopen();
  CHECK(everything() == before);
  CHECK(shop.catalog->name() == "shop");
  CHECK(shop.catalog->count() == 6);  // the deleted one, too
}

TEST_CASE("a restored store takes no change until an admin bumps its epoch, which stops everything") {
  Shop shop;
  shop.live("a", "a");
  shop.must("ann", Name::create, "draft", with(campaign("x")));
  REQUIRE(shop.memory->set_meta(store_meta::fenced, "1"));
  shop.reopen();
  CHECK(shop.catalog->is_fenced());
  const std::string journal = shop.journal();
  for (const auto& [who, name] : {std::pair{"ann", Name::create}, {"ann", Name::edit}, {"pia", Name::stop}, {"root", Name::activate}})
    CHECK(shop.refusal(shop.run(who, name, "draft", with(campaign("x")))) == "fenced");
  CHECK(shop.refusal(shop.configure("root", R"({"name": "shop"})")) == "fenced");
  CHECK(shop.refusal(shop.run("pia", Name::epoch_bump, "")) == "forbidden");
  CHECK(shop.journal() == journal);

  const Value bumped = shop.must("root", Name::epoch_bump, "");
  CHECK(bumped.string_or("version", "").substr(0, 2) == "2.");
  CHECK_FALSE(shop.catalog->is_fenced());
  CHECK(shop.shown() == "");
  CHECK(to_json(*shop.catalog->experience("draft", shop.now)->find("ended")->find("how")) == "\"restored\"");
  CHECK(shop.refusal(shop.run("root", Name::epoch_bump, "")) == "not_fenced");
  shop.live("b", "b");
  shop.reopen();
  CHECK_FALSE(shop.catalog->is_fenced());
  CHECK(shop.shown() == "b");
  CHECK(shop.catalog->version().epoch == 2);
}

TEST_CASE("what no longer compiles is left out and told; whatever else is accepted takes effect") {
  Shop shop;
  shop.live("a", "a", {{"priority", 90}, {"audience", Object{{"any", Array{"everyone", Object{{"lua", "asks"}}}}}}});
  shop.live("b", "b", {{"priority", 80}});
  CHECK(shop.shown() == "a");
  CHECK_FALSE(shop.catalog->compile_error());

  shop.policies.broken = "asks";  // an upgrade no longer takes it
  shop.reopen();
  // A stop means gone, whether or not its neighbours compile.
  shop.must("pia", Name::stop, "b");
  CHECK(shop.shown() == "");
  CHECK(shop.catalog->snapshot()->version() == shop.published.back());
  REQUIRE(shop.catalog->compile_error());
  CHECK(lines_of(shop.catalog->compile_error()->problems) == "a $.audience.any[1]: `asks` does not compile (syntax_error)\n");
  shop.live("c", "c");
  CHECK(shop.shown() == "c");
  CHECK(shop.catalog->snapshot()->policies().empty());
  // It is back with a program that compiles it.
  shop.policies.broken.clear();
  shop.reopen();
  CHECK(shop.shown() == "a");
  CHECK_FALSE(shop.catalog->compile_error());
}

TEST_CASE("a definition that can no longer be read is not served as what is left of it") {
  // Accepted by a release that knew more: written to the journal without the catalog.
  Shop shop;
  State state;
  const auto at = [&](Name name, Value definition) {
    const Rules rules{.check = [](const Value&, Instant) { return Problems{}; },
                      .approvals = [](const Value&) { return ApprovalNeed{}; },
                      .schedule = [](const Value&, Instant) -> Result<Span> { return Span{}; }};
    const auto outcome = apply(
        state, {.name = name, .experience = "old", .actor = person("root"), .at = shop.now, .definition = std::move(definition)}, rules);
    REQUIRE(outcome.ok());
    const Record& record = std::get<Record>(*outcome);
    REQUIRE(fold(state, record).ok());
    REQUIRE(shop.memory->append("old", record.seq - 1, {shop.now, "root", {}, {}, to_json(to_value(record)), "{}", {}}).ok());
  };
  at(Name::create, document(R"({"kind": "campaign", "id": "old", "audience": {"telepathy": true}, "show": {"hero": "x"}})"));
  at(Name::activate, {});
  auto opened = Catalog::open(shop.store, "old", shop.policies, {});
  REQUIRE(opened.ok());
  REQUIRE((*opened)->snapshot());
  CHECK((*opened)->snapshot()->experiences().empty());
  REQUIRE((*opened)->compile_error());
  CHECK_THAT(to_text(*(*opened)->compile_error()),
             Catch::Contains("old $.audience") && Catch::Contains("r1 was accepted and can no longer be read"));
}

TEST_CASE("a journal that is not one is not opened") {
  const auto code_of = [](const std::string& record) {
    Shop shop(nullptr);
    REQUIRE(shop.memory->append("shop", 0, {shop.now, "root", {}, {}, record, "{}", {}}).ok());
    const auto opened = shop.open();
    return opened ? "opened" : std::string(name(opened.error().code));
  };
  CHECK(code_of("{") == "store_corrupt");
  CHECK(code_of("{}") == "store_corrupt");
  CHECK(code_of(R"({"command": "configure"})") == "store_corrupt");
  CHECK(code_of(R"({"command": "configure", "workspace": {"name": "shop"}})") == "store_corrupt");
  CHECK(code_of(R"({"command": "configure", "workspace": {"name": 5}, "version": {}})") == "store_corrupt");
  CHECK(code_of(R"({"command": "configure", "workspace": {"name": "shop"}, "version": {}})") == "opened");
  CHECK(code_of(R"({"command": "submit", "seq": 1, "experience": "nobody"})") == "store_corrupt");
}

TEST_CASE("where the store fails, nothing has changed and it is said so") {
  Shop shop;
  shop.live("a", "a");
  const std::string journal = shop.journal();
  const std::int64_t head = shop.catalog->head();
  const auto fails = [&](const char* member, auto deed) {
    shop.store.failing = member;
    const auto answer = deed();
    shop.store.failing.clear();
    INFO(member);
    CHECK(shop.refusal(answer) == "store_failed");
    CHECK(shop.journal() == journal);
    CHECK(shop.catalog->head() == head);
    CHECK(shop.shown() == "a");
  };
  fails("append", [&] { return shop.run("pia", Name::stop, "a"); });
  fails("append", [&] {
    return shop.configure(
        "pia",
        R"({"name": "shop", "zone": "Europe/Paris", "surfaces": {"hero": {"format": "html", "rules": ["web://shop.example/#hero"]}}})");
  });
  fails("find_key", [&] { return shop.run("pia", Name::stop, "a", {}, "key", "body"); });
  CHECK(shop.refusal(shop.run("pia", Name::stop, "a", {}, "key", "body")) == "accepted");
  for (const char* member : {"read", "meta"}) {
    shop.store.failing = member;
    const auto opened = shop.open();
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().code == Code::store_failed);
  }
  shop.store.failing.clear();

  // Another program went on with the journal: nothing is written over it.
  REQUIRE(shop.memory->append("shop", shop.catalog->head(), {shop.now, "other", {}, {}, "{}", "{}", {}}).ok());
  CHECK(shop.refusal(shop.run("ann", Name::create, "b", with(campaign("b")))) == "conflict");

  // The workspace opens with its bump, in one transaction; that the store's own mark stays makes no difference.
  Shop fenced;
  REQUIRE(fenced.memory->set_meta(store_meta::fenced, "1"));
  fenced.reopen();
  fenced.store.failing = "set_meta";
  CHECK(fenced.refusal(fenced.run("root", Name::epoch_bump, "")) == "accepted");
  fenced.store.failing.clear();
  fenced.reopen();
  CHECK_FALSE(fenced.catalog->is_fenced());
  CHECK(fenced.refusal(fenced.run("root", Name::epoch_bump, "")) == "not_fenced");
}

TEST_CASE("of several workspaces in a restored store each is opened by its own bump") {
  Shop shop;
  auto other = Catalog::open(*shop.memory, "other", shop.policies, {});
  REQUIRE(other.ok());
  REQUIRE((*other)->configure(document(R"({"name": "other"})"), person("root"), shop.now).ok());
  REQUIRE(shop.memory->set_meta(store_meta::fenced, "1"));
  shop.reopen();
  REQUIRE(shop.refusal(shop.run("root", Name::epoch_bump, "")) == "accepted");
  const auto is_fenced = [&](const char* name) { return (*Catalog::open(*shop.memory, name, shop.policies, {}))->is_fenced(); };
  CHECK_FALSE(is_fenced("shop"));
  CHECK(is_fenced("other"));
  auto again = Catalog::open(*shop.memory, "other", shop.policies, {});
  REQUIRE((*again)->apply({.name = Name::epoch_bump, .actor = person("root"), .at = shop.now}).ok());
  CHECK_FALSE(is_fenced("other"));
  CHECK(shop.memory->meta(store_meta::fenced)->value() == "0");
  // The next fence closes both again.
  REQUIRE(shop.memory->set_meta(store_meta::fenced, "1"));
  CHECK(is_fenced("shop"));
  CHECK(is_fenced("other"));
}

TEST_CASE("experiences are listed but for deleted ones, and told whole one by one") {
  Shop shop;
  CHECK(shop.catalog->experiences(shop.now).empty());
  shop.live("b", "b");
  shop.must("ann", Name::create, "a", with(campaign("a", {{"priority", 7}})));
  shop.must("ann", Name::create, "gone", with(campaign("x")));
  shop.must("ann", Name::delete_, "gone");
  const auto rows = shop.catalog->experiences(shop.now);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].string_or("id", "") == "a");
  CHECK(*rows[0].find("priority") == Value(7));
  CHECK_FALSE(rows[0].find("definition"));
  CHECK(shop.catalog->experience("none", shop.now).error().code == Code::not_found);
  CHECK(shop.catalog->experience("gone", shop.now).error().code == Code::gone);
  const auto whole = shop.catalog->experience("a", shop.now);
  REQUIRE(whole.ok());
  CHECK(whole->find("definition")->string_or("id", "") == "a");
  CHECK(whole->find("revisions")->array().size() == 1);
  CHECK(to_json(*whole->find("contributors")) == R"(["ann"])");
}

TEST_CASE("a receipt tells how far the newest publish has got") {
  Shop shop;
  shop.must("ann", Name::create, "a", with(campaign("a")));
  CHECK(shop.catalog->receipt("a", shop.now).error().code == Code::not_found);
  CHECK(shop.catalog->receipt("none", shop.now).error().code == Code::not_found);
  shop.must("pia", Name::activate, "a");
  const auto receipt = shop.catalog->receipt("a", shop.now);
  REQUIRE(receipt.ok());
  CHECK(receipt->string_or("command", "") == "activate");
  CHECK_THAT(to_json(*receipt), Catch::Contains("local"));
  shop.must("pia", Name::stop, "a");
  CHECK(shop.catalog->receipt("a", shop.now)->string_or("command", "") == "stop");
}

TEST_CASE("A1: each change has one row in the audit, refused ones have none") {
  Shop shop;
  shop.live("a", "a");
  shop.live("b", "b");
  CHECK_FALSE(shop.run("ann", Name::stop, "a").ok());
  shop.must("pia", Name::stop, "a");
  const auto rows = [&](std::int64_t after, const std::string& experience) {
    std::string text;
    REQUIRE(shop.catalog->audit(after, experience, [&](const Value& row) {
      text += to_json(*row.find("seq")) + " " + row.string_or("actor", "") + " " + row.find("record")->string_or("command", "") + "\n";
      return true;
    }));
    return text;
  };
  CHECK(rows(0, "") == "1 root configure\n2 ann create\n3 pia activate\n4 ann create\n5 pia activate\n6 pia stop\n");
  CHECK(rows(0, "a") == "2 ann create\n3 pia activate\n6 pia stop\n");
  CHECK(rows(4, "") == "5 pia activate\n6 pia stop\n");
  int seen = 0;
  REQUIRE(shop.catalog->audit(0, "", [&](const Value&) { return ++seen < 2; }));
  CHECK(seen == 2);
}

TEST_CASE("of eight who edit the same revision exactly one is first, while others read on") {
  Shop shop;
  shop.live("a", "a");
  constexpr int people = 8, rounds = 25;
  std::atomic<int> accepted = 0, lost = 0, other = 0;
  std::atomic<bool> done = false;
  std::thread reader([&] {
    while (!done) {
      if (shop.shown() != "a") ++other;
      shop.catalog->experiences(shop.now);
      if (!shop.catalog->experience("a", shop.now).ok()) ++other;
      (void)shop.catalog->head();
      (void)shop.catalog->version();
      (void)shop.catalog->compile_error();
    }
  });
  std::vector<std::thread> editors;
  for (int person_number = 0; person_number < people; ++person_number)
    editors.emplace_back([&, person_number] {
      for (int round = 1; round <= rounds; ++round) {
        Command edit{
            .name = Name::edit, .experience = "a", .actor = {"author" + std::to_string(person_number), {Role::author}}, .at = shop.now};
        edit.expected_revision = round;
        edit.definition =
            Object{{"kind", "campaign"}, {"show", Object{{"hero", "edit " + std::to_string(person_number) + "." + std::to_string(round)}}}};
        // Whoever comes too early for this round tries until somebody made the revision.
        while (true) {
          const auto answer = shop.catalog->apply(edit);
          if (answer.ok()) {
            ++accepted;
            break;
          }
          if (answer.error().code != Code::revision_conflict) ++other;
          const Value now = *shop.catalog->experience("a", shop.now);
          if (now.find("revision")->number() > round) {
            ++lost;
            break;
          }
        }
      }
    });
  for (std::thread& editor : editors) editor.join();
  done = true;
  reader.join();
  CHECK(accepted == rounds);
  CHECK(lost == (people - 1) * rounds);
  CHECK(other == 0);
  CHECK(*shop.catalog->experience("a", shop.now)->find("revision") == Value(rounds + 1));
  CHECK(shop.memory->verify("shop").ok());
}

TEST_CASE("of eight who send one key the command is done once, and all hear the same") {
  Shop shop;
  std::vector<std::string> answers(8);
  std::atomic<int> first = 0;
  std::vector<std::thread> senders;
  for (std::size_t i = 0; i < answers.size(); ++i)
    senders.emplace_back([&, i] {
      const auto answer = shop.catalog->apply(
          {.name = Name::create, .experience = "a", .actor = {"ann", {Role::author}}, .at = shop.now, .definition = campaign("x")}, "key",
          "body");
      if (!answer.ok()) return;
      answers[i] = to_json(answer->body);
      first += !answer->is_repeat;
    });
  for (std::thread& sender : senders) sender.join();
  CHECK(first == 1);
  CHECK(answers == std::vector<std::string>(8, answers[0]));
  CHECK_FALSE(answers[0].empty());
  CHECK(shop.catalog->head() == 2);
}

// A machine whose zone data was updated between the activation and a restart, seen from the other side: the journal
// holds what other rules made of the same wall time.
TEST_CASE("when a zone's rules change, what was activated keeps its instants, and everybody is told") {
  auto opened = open_store("memory:"), reopened = open_store("memory:");
  REQUIRE((opened.ok() && reopened.ok()));
  const std::unique_ptr<Store> before = std::move(*opened), after = std::move(*reopened);
  SwitchedPolicies policies;
  const Actor pia{"pia", {Role::author, Role::publisher, Role::admin}};
  const Instant now = *parse_instant("2026-11-01T12:00:00Z");
  {
    auto catalog = Catalog::open(*before, "shop", policies, {});
    REQUIRE(catalog.ok());
    REQUIRE(
        (*catalog)
            ->configure(document(R"({"name": "shop", "surfaces": {"hero": {"format": "html", "rules": ["web://shop.example/#hero"]}}})"),
                        pia, now)
            .ok());
    for (const char* id : {"advent", "plain"}) {
      Value definition = document(R"({"kind": "campaign", "zone": "Europe/Paris", "show": {"hero": "x"}})");
      if (std::string(id) == "advent") definition.object()["from"] = "2026-12-01T09:00";
      REQUIRE((*catalog)->apply({.name = CommandName::create, .experience = id, .actor = pia, .at = now, .definition = definition}).ok());
      REQUIRE((*catalog)->apply({.name = CommandName::activate, .experience = id, .actor = pia, .at = now}).ok());
    }
    CHECK((*catalog)->changed_zones(now).empty());
  }
  State state;
  REQUIRE(before
              ->read("shop", 0,
                     [&](const JournalEntry& entry) {
                       Value record = *parse_json(entry.record);
                       if (record.string_or("command", "") == "configure") {
                         const Value& version = *record.find("version");
                         state.head = entry.seq;
                         state.version = {1, static_cast<std::int64_t>(version.find("v")->number()), version.find("chain")->string()};
                       } else {
                         Record changed = *record_from(record);
                         // Paris as if it were an hour behind.
                         if (changed.standing && changed.standing->span.start)
                           changed.standing->span.start = *changed.standing->span.start + hours(1);
                         if (changed.version)
                           changed.version->chain = chain_of(state.version.chain, 1, changed.version->v, *change_of(state, changed));
                         REQUIRE(fold(state, changed).ok());
                         record = to_value(changed);
                       }
                       REQUIRE(
                           after
                               ->append("shop", entry.seq - 1,
                                        {entry.at, entry.actor, entry.idempotency_key, entry.body_hash, to_json(record), entry.answer, {}})
                               .ok());
                       return true;
                     })
              .ok());

  auto catalog = Catalog::open(*after, "shop", policies, {});
  REQUIRE(catalog.ok());
  const auto changed = (*catalog)->changed_zones(now);
  REQUIRE(changed.size() == 1);
  CHECK(to_text(changed.at("advent").at(0)) ==
        "`2026-12-01T09:00` in Europe/Paris was 2026-12-01T09:00:00Z when it was activated, which is kept; by the zone's rules of today it "
        "would be 2026-12-01T08:00:00Z: "
        "activate a new revision to have it so");
  const Value shown = *(*catalog)->experience("advent", now);
  CHECK(shown.string_or("start", "") == "2026-12-01T09:00:00Z");
  CHECK(
      to_json(*shown.find("zone_changed")) ==
      R"([{"field":"from","kept":"2026-12-01T09:00:00Z","text":"2026-12-01T09:00","today":"2026-12-01T08:00:00Z","zone":"Europe/Paris"}])");
  CHECK_FALSE((*catalog)->experience("plain", now)->find("zone_changed"));
  // Checking the definition again warns, and refuses nothing.
  const Problems problems = (*catalog)->check(*shown.find("definition"), now);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].code == Code::zone_changed);
  CHECK(problems[0].is_warning);
  // The kept instant is what counts.
  const auto asked = [&](const char* at) {
    Problems none;
    const Request request = parse_request(document(R"({"surfaces": ["web://shop.example/#hero"]})"), *parse_instant(at), none);
    return decide(*(*catalog)->snapshot(), request, no_policies()).propositions.at(0).experience;
  };
  CHECK(asked("2026-12-01T08:59:59Z") == "plain");
  CHECK((*catalog)->experience("advent", *parse_instant("2026-12-01T08:59:59Z"))->string_or("phase", "") == "scheduled");
  CHECK((*catalog)->experience("advent", *parse_instant("2026-12-01T09:00:00Z"))->string_or("phase", "") == "live");
  // What has ended is nobody's concern any more.
  REQUIRE((*catalog)->apply({.name = CommandName::stop, .experience = "advent", .actor = pia, .at = now}).ok());
  CHECK((*catalog)->changed_zones(now).empty());
}

// The server was down over the whole weekend of the sale.
TEST_CASE("what began and ended while no process was there is shown as missed, for good") {
  auto store = open_store("memory:");
  REQUIRE(store.ok());
  SwitchedPolicies policies;
  const Actor pia{"pia", {Role::author, Role::publisher, Role::admin}};
  const auto at = [](const char* text) { return *parse_instant(text); };
  const auto open = [&](const char* now) {
    auto catalog = Catalog::open(**store, "shop", policies, {.started = {{}, at(now)}});
    REQUIRE(catalog.ok());
    return std::move(*catalog);
  };
  const auto is_missed = [&](const Catalog& catalog, const char* id, const char* now) {
    const Value shown = *catalog.experience(id, at(now));
    const Value* missed = shown.find("missed");
    return missed && missed->boolean();
  };
  {
    const auto catalog = open("2026-11-01T12:00:00Z");
    REQUIRE(
        catalog
            ->configure(document(R"({"name": "shop", "surfaces": {"hero": {"format": "html", "rules": ["web://shop.example/#hero"]}}})"),
                        pia, at("2026-11-01T12:00:00Z"))
            .ok());
    const auto campaign = [&](const char* id, const char* from, const char* till) {
      Value definition = document(R"({"kind": "campaign", "zone": "UTC", "show": {"hero": "x"}})");
      definition.object()["from"] = from;
      definition.object()["till"] = till;
      REQUIRE(
          catalog
              ->apply(
                  {.name = CommandName::create, .experience = id, .actor = pia, .at = at("2026-11-01T12:00:00Z"), .definition = definition})
              .ok());
      REQUIRE(catalog->apply({.name = CommandName::activate, .experience = id, .actor = pia, .at = at("2026-11-01T12:00:00Z")}).ok());
    };
    campaign("weekend", "2026-11-07T00:00", "2026-11-09T00:00");
    campaign("friday", "2026-11-06T12:00", "2026-11-06T20:00");
    campaign("minute", "2026-11-06T20:00:30", "2026-11-06T23:00");
    campaign("month", "2026-11-02T00:00", "2026-12-01T00:00");
    campaign("later", "2026-11-10T00:00", "2026-11-11T00:00");
    REQUIRE(catalog->stay_awake(at("2026-11-06T20:00:00Z")).ok());
  }
  for (const char* start : {"2026-11-09T08:00:00Z", "2026-11-09T09:00:00Z"}) {
    const auto catalog = open(start);
    CHECK(is_missed(*catalog, "weekend", "2026-11-09T10:00:00Z"));
    CHECK_FALSE(is_missed(*catalog, "friday", "2026-11-09T10:00:00Z"));
    CHECK_FALSE(is_missed(*catalog, "minute", "2026-11-09T10:00:00Z"));  // the process may have died after it began
    CHECK_FALSE(is_missed(*catalog, "month", "2026-12-09T10:00:00Z"));
    CHECK_FALSE(is_missed(*catalog, "later", "2026-11-12T00:00:00Z"));
    REQUIRE(catalog->stay_awake(at("2026-11-09T10:00:00Z")).ok());
  }
  const auto catalog = open("2026-11-20T08:00:00Z");
  CHECK(is_missed(*catalog, "weekend", "2026-11-20T10:00:00Z"));
  CHECK(is_missed(*catalog, "later", "2026-11-20T10:00:00Z"));
}

TEST_CASE("a journal of which some entries are read at once says what it says, and what is wrong with it is told by its first mistake") {
  Shop shop;
  // Long enough that not all are read at once.
  const std::string long_text(20'000, 'x');
  for (int i = 0; i < 40; ++i) shop.live("e" + std::to_string(i), long_text, Object{{"priority", i}});
  const auto backwards = [](std::size_t count, const std::function<void(std::size_t)>& work) {
    std::thread helper([&] {
      for (std::size_t i = count; i > count / 2; --i) work(i - 1);
    });
    for (std::size_t i = count / 2; i > 0; --i) work(i - 1);
    helper.join();
  };
  const CatalogOptions at_once{.at_once = backwards};
  const auto told = [&](const Catalog& catalog) {
    std::string text = version_text(catalog.version()) + "\n";
    for (const Value& row : catalog.experiences(shop.now)) text += to_json(row) + "\n";
    CHECK(catalog.audit(0, "", [&](const Value& row) { return text += to_json(row) + "\n", true; }).ok());
    for (int i = 0; i < 40; ++i) text += to_json(*catalog.experience("e" + std::to_string(i), shop.now)) + "\n";
    return text;
  };
  const std::string before = told(*shop.catalog), shown = shop.shown();
  auto again = Catalog::open(shop.store, "shop", shop.policies, at_once);
  REQUIRE(again.ok());
  shop.catalog = std::move(*again);
  CHECK(told(*shop.catalog) == before);
  CHECK(shop.shown() == shown);

  // Two mistakes, the second of which shows without looking at any other entry.
  auto damaged = new_memory_store();
  REQUIRE(shop.memory
              ->read("shop", 0,
                     [&](const JournalEntry& entry) {
                       Draft draft{entry.at, entry.actor, {}, {}, entry.record, entry.answer, {}};
                       if (entry.seq == 30) draft.record.replace(draft.record.find("\"seq\":30"), 8, "\"seq\":31");
                       if (entry.seq == 31) draft.record = "{";
                       REQUIRE(damaged->append("shop", entry.seq - 1, std::move(draft)).ok());
                       return true;
                     })
              .ok());
  const auto plain = Catalog::open(*damaged, "shop", shop.policies, {}), together = Catalog::open(*damaged, "shop", shop.policies, at_once);
  REQUIRE_FALSE(plain.ok());
  REQUIRE_FALSE(together.ok());
  CHECK_THAT(plain.error().message, Catch::Contains("the journal is at 29"));
  CHECK(together.error().message == plain.error().message);
}

TEST_CASE("after many publishes what is served is arranged anew on the side, and nothing that is told changes") {
  Shop shop(with_approvals);
  std::vector<std::function<void()>> waiting;
  auto opened = Catalog::open(shop.store, "shop", shop.policies,
                              {.on_the_side = [&](std::function<void()> work) { waiting.push_back(std::move(work)); }});
  REQUIRE(opened.ok());
  shop.catalog = std::move(*opened);
  const auto publish = [&](int n) {
    const auto more = [&] { return Object{{"priority", 10 + n % 3}, {"audience", Object{{"attr", "n"}, {"eq", n}}}}; };
    const std::string id = "e" + std::to_string(n % 40);
    if (n < 40) shop.must("ann", Name::create, id, with(campaign("for " + std::to_string(n), more())));
    else shop.must("ann", Name::edit, id, with(campaign("for " + std::to_string(n), more())));
    shop.must("pia", Name::activate, id);
  };
  const auto served = [&] {
    std::string text;
    for (int n = 0; n < 600; n += 7) text += shop.shown(Object{{"n", n}}) + "\n";
    return text;
  };
  int published = 0;
  while (waiting.empty() && published < 1'000) publish(published++);
  REQUIRE(waiting.size() == 1);
  for (int i = 0; i < 30; ++i) publish(published++);  // nobody waits for it
  CHECK(waiting.size() == 1);
  const std::string before = served(), version = shop.catalog->snapshot()->version();
  const auto patched = shop.catalog->snapshot();
  waiting[0]();
  CHECK(shop.catalog->snapshot() != patched);
  CHECK(shop.catalog->snapshot()->version() == version);
  CHECK(served() == before);
  CHECK_THAT(before, Catch::Contains("for "));
  publish(published++);
  CHECK(waiting.size() == 1);
  const std::string now = served();
  shop.reopen();
  CHECK(served() == now);
}

// A publish compiles what it changed, a start compiles everything: both must serve the same, whatever happened before.
TEST_CASE("after any history a catalog serves what one serves that is opened anew") {
  const std::uint64_t seed = Catch::rngSeed();
  for (std::uint64_t history = 0; history < 12; ++history) {
    INFO("seed " << seed << ", history " << history);
    std::mt19937_64 random(seed + history);
    const auto below = [&](std::size_t n) { return random() % n; };
    const auto workspace = [](const std::string& content) {
      return R"({"name": "shop", "attributes": {"n": {"type": "number"}, "s": {"type": "text"}},
                 "surfaces": {"hero": {"format": "html", "rules": ["web://shop.example/#hero"], "default": ")" +
          content + R"("},
                              "list": {"format": "text", "rules": ["web://shop.example/#list"], "resolve": {"stack": 2}}}})";
    };
    Shop shop(workspace("default").c_str());
    const auto definition = [&] {
      Object made{{"kind", "campaign"}, {"priority", static_cast<double>(below(3) * 10)}};
      if (below(5) == 0) {
        return Value(
            Object{{"kind", "journey"}, {"enter", Object{{"event", "e"}}}, {"steps", Array{Object{{"show", Object{{"hero", "j"}}}}}}});
      }
      if (below(2) == 0)
        made["audience"] = Object{{"all",
                                   Array{Object{{"attr", "n"}, {below(2) == 0 ? "gt" : "lt", static_cast<double>(below(5))}},
                                         Object{{"attr", "s"}, {"starts", std::string(1 + below(3), 'a')}}}}};
      if (below(4) == 0) made["targeting"] = Object{{"lua", below(4) == 0 ? "broken" : "policy"}};
      if (below(3) == 0) made["till"] = to_text(shop.now + minutes(static_cast<std::int64_t>(1 + below(300))));
      if (below(5) == 0) made["from"] = to_text(shop.now + minutes(static_cast<std::int64_t>(1 + below(60))));
      Object show{{below(2) == 0 ? "hero" : "list", "content " + std::to_string(below(1000)) + " {{s}}"}};
      if (below(2) == 0) show["list"] = Array{Object{{"element", "a"}, {"content", "a"}}, Object{{"element", "b"}, {"content", "b"}}};
      made["show"] = std::move(show);
      return Value(std::move(made));
    };
    const auto served = [&](const Catalog& catalog) {
      std::string text = catalog.snapshot()->version() + "\n" + (catalog.compile_error() ? to_text(*catalog.compile_error()) : "") + "\n";
      for (const std::int64_t later : {0, 30, 600})
        for (const char* attributes : {R"({"n": 2, "s": "aab"})", R"({"n": 4, "s": "aaa"})", "{}"}) {
          const Request asked{.identity = {"", "ann"},
                              .attributes = document(attributes),
                              .surfaces = {"web://shop.example/#hero", "web://shop.example/#list"},
                              .now = shop.now + minutes(later)};
          for (const auto& snapshot : {catalog.snapshot(), catalog.defaults()})
            for (const bool explain : {false, true}) text += to_json(decide(*snapshot, asked, no_policies(), {.explain = explain})) + "\n";
        }
      return text;
    };
    // Beside it a delivery node, which gets every version.
    DeliveredSeries node(shop.policies);
    const auto no_lists = [](const std::string&) -> Result<std::string> { return refuse(Code::not_found, "there is none"); };
    const auto delivered = [&](const Result<Delivered>& made) {
      if (!made) return to_text(made.error());
      std::string text = lines_of(made->left_out) + made->snapshot->version() + "\n";
      for (const char* attributes : {R"({"n": 2, "s": "aab"})", R"({"n": 4, "s": "aaa"})", "{}"}) {
        const Request asked{.identity = {"", "ann"},
                            .attributes = document(attributes),
                            .surfaces = {"web://shop.example/#hero", "web://shop.example/#list"},
                            .now = shop.now};
        for (const auto& snapshot : {made->snapshot, made->defaults})
          for (const bool explain : {false, true}) text += to_json(decide(*snapshot, asked, no_policies(), {.explain = explain})) + "\n";
      }
      return text;
    };
    int accepted = 0;
    for (int step = 0; step < 120; ++step) {
      const std::string id = "e" + std::to_string(below(12));
      constexpr Name names[] = {Name::create,   Name::create, Name::edit,  Name::edit,   Name::activate, Name::activate,   Name::activate,
                                Name::activate, Name::stop,   Name::pause, Name::resume, Name::close,    Name::unschedule, Name::archive};
      const Name name = names[below(std::size(names))];
      shop.now = shop.now + minutes(static_cast<std::int64_t>(below(20)));
      if (below(30) == 0) shop.now = shop.now + hours(24 * static_cast<std::int64_t>(below(100)));
      std::string what = std::string(to_text(name)) + " " + id;
      bool is_accepted;
      if (below(25) == 0) {
        is_accepted = shop.configure("root", workspace("default " + std::to_string(step)).c_str()).ok();
        what = "configure";
      } else {
        is_accepted = shop.run("root", name, id, name == Name::create || name == Name::edit ? with(definition()) : Command{}).ok();
      }
      if (!is_accepted) continue;
      ++accepted;
      INFO("step " << step << ": " << what);
      auto anew = shop.open();
      REQUIRE(anew.ok());
      REQUIRE(served(*shop.catalog) == served(**anew));
      const Value lent = *shop.catalog->served({}, false, shop.now);
      REQUIRE(delivered(node.take(lent, no_lists)) == delivered(compile_delivered(lent, shop.policies, no_lists)));
    }
    CHECK(accepted > 5);
  }
}

TEST_CASE("who was silent for longer than a process may be was away, and so many such times are remembered") {
  SwitchedPolicies policies;
  const Actor pia{"pia", {Role::author, Role::publisher, Role::admin}};
  const Instant begin = *parse_instant("2026-11-01T12:00:00Z"), start = begin + hours(10), later = begin + hours(20);
  // A campaign of a second, which was over when somebody came back who had last spoken at `spoke`; and times before that.
  const auto sleeps_after = [&](Instant spoke, std::size_t before) {
    auto store = open_store("memory:");
    REQUIRE(store.ok());
    const auto open = [&](Instant now) {
      auto catalog = Catalog::open(**store, "shop", policies, {.started = {{}, now}});
      REQUIRE(catalog.ok());
      return std::move(*catalog);
    };
    {
      const auto catalog = open(begin);
      REQUIRE(
          catalog
              ->configure(document(R"({"name": "shop", "surfaces": {"hero": {"format": "html", "rules": ["web://shop.example/#hero"]}}})"),
                          pia, begin)
              .ok());
      const Value definition = campaign("x", {{"zone", "UTC"}, {"from", "2026-11-01T22:00"}, {"till", "2026-11-01T22:00:01"}});
      REQUIRE(catalog->apply({.name = Name::create, .experience = "second", .actor = pia, .at = begin, .definition = definition}).ok());
      REQUIRE(catalog->apply({.name = Name::activate, .experience = "second", .actor = pia, .at = begin}).ok());
      REQUIRE(catalog->stay_awake(spoke).ok());
    }
    Array rows;
    for (std::size_t i = 0; i < before; ++i)
      rows.push_back(Object{{"from", to_text(begin - hours(static_cast<std::int64_t>(2 * (before - i))))},
                            {"till", to_text(begin - hours(static_cast<std::int64_t>(2 * (before - i))) + hours(1))}});
    REQUIRE((*store)->put_setting("shop", "sleeps", to_json(Value(std::move(rows)))).ok());
    open(later);
    return *parse_json((*store)->setting("shop", "sleeps")->value());
  };
  CHECK(sleeps_after(start - limits::awake_every, 0).array().empty());
  const Value past = sleeps_after(start - limits::awake_every - milliseconds(1), 0);
  REQUIRE(past.array().size() == 1);
  CHECK(past.array()[0].string_or("till", "") == to_text(later));
  const Instant silent = begin + hours(1);
  const Value all = sleeps_after(silent, limits::sleeps_kept_max - 1);
  CHECK(all.array().size() == limits::sleeps_kept_max);
  const Value fewer = sleeps_after(silent, limits::sleeps_kept_max);
  CHECK(fewer.array().size() == limits::sleeps_kept_max);
  CHECK(fewer.array()[0] == all.array()[0]);  // the first of them went
  CHECK(fewer.array().back().string_or("till", "") == to_text(later));
}
