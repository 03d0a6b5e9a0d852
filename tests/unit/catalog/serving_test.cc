// What a catalog serves: what was published, what cannot be read or compiled, and histories in which it is arranged anew.
#include <random>

#include "catalog/delivered.h"
#include "tests/unit/catalog/shop.h"

using namespace footlight;
using namespace footlight::test;
using Name = CommandName;

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
