// The catalog when it is opened: what a journal says, a restored store, time that nobody was awake in, zones that changed.
#include <thread>

#include "base/limits.h"
#include "catalog/delivered.h"
#include "tests/unit/catalog/shop.h"

using namespace footlight;
using namespace footlight::test;
using Name = CommandName;

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
