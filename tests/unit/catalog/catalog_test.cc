// The catalog: commands through their whole way, from the order of refusal to the snapshot.
#include <atomic>
#include <thread>

#include "base/limits.h"
#include "tests/unit/catalog/shop.h"

using namespace footlight;
using namespace footlight::test;
using Name = CommandName;

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
