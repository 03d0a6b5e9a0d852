// Snapshots made from what changed, held against snapshots that are compiled whole: the same bytes, traces and problems.
#include "engine/snapshot_series.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "engine/decide.h"
#include "generated.h"

using namespace footlight;
using namespace footlight::test;

namespace {

SnapshotSource source_of(const DecideWorld& world, const std::string& version) {
  return {.version = version, .workspace = world.workspace, .experiences = world.experiences, .lists = world.lists};
}

std::string bytes_of(const Request& asked) {
  Object request{
      {"attributes", asked.attributes}, {"context", asked.context}, {"surfaces", Array(asked.surfaces.begin(), asked.surfaces.end())}};
  if (!asked.identity.id.empty()) request["identity"] = Object{{"namespace", asked.identity.space}, {"id", asked.identity.id}};
  return to_json(Value(std::move(request)));
}

// What a snapshot answers: by bytes, from a request, and with a trace.
std::string answers(const Snapshot& snapshot, const Request& asked, DecideScratch& scratch) {
  WordRunner runner(snapshot);
  const auto made = footlight::answer(snapshot, bytes_of(asked), asked.now, runner, {}, scratch);
  if (!made) FAIL(to_text(made.error()));
  const std::string plain(made->json);
  return plain + "\n" + to_json(decide(snapshot, asked, runner)) + "\n" + to_json(decide(snapshot, asked, runner, {.explain = true}));
}

// With tokens, which are remembered beyond a snapshot.
std::string signed_answer(const Snapshot& snapshot, const Request& asked, DecideScratch& scratch) {
  static const TokenKey key = token_key("secret");
  WordRunner runner(snapshot);
  const auto made = footlight::answer(snapshot, bytes_of(asked), asked.now, runner, {.key = &key}, scratch);
  if (!made) FAIL(to_text(made.error()));
  return std::string(made->json);
}

// A world that changes, and its series beside it.
class History {
 public:
  History(std::uint64_t seed, std::size_t size) : documents_(seed) {
    world_.declare(generated_workspace());
    for (std::size_t i = 0; i < size; ++i) ids_.push_back("e" + std::to_string(1000 + i));
    for (const std::string& id : ids_)
      if (documents_.chance(70)) put_generated(world_, documents_, id);
    in_order();
    Problems problems;
    REQUIRE(series_.start(source_of(world_, "v0"), problems));
  }

  void step() {
    std::vector<std::string> changed;
    for (std::size_t i = 1 + documents_.below(3); i > 0; --i) {
      const std::string id = ids_[documents_.below(ids_.size())];
      if (std::find(changed.begin(), changed.end(), id) == changed.end()) changed.push_back(id);
    }
    for (const std::string& id : changed) {
      const auto known = std::find_if(world_.experiences.begin(), world_.experiences.end(),
                                      [&](const ServedExperience& one) { return one.definition.id == id; });
      const bool was_there = known != world_.experiences.end();
      // Often only its rank changes, as when somebody turns a knob: nothing that its audience asks is new.
      if (was_there && documents_.chance(30)) {
        known->definition.priority = static_cast<int>(documents_.below(4) * 10);
        ++known->revision;
        continue;
      }
      if (was_there) world_.experiences.erase(known);
      if (was_there && documents_.chance(30)) continue;
      ServedExperience& served = put_generated(world_, documents_, id);
      served.revision = ++revision_;
      if (documents_.chance(10)) served.definition.schedule_policy = "bad";  // does not compile: left out
    }
    in_order();
    std::vector<SnapshotSeries::Change> changes;
    for (const std::string& id : changed) {
      const auto now = std::find_if(world_.experiences.begin(), world_.experiences.end(),
                                    [&](const ServedExperience& one) { return one.definition.id == id; });
      changes.push_back({id, now == world_.experiences.end() ? nullptr : &*now});
    }
    version_ = "v" + std::to_string(++steps_);
    series_.next(version_, changes, world_.lists);
  }

  // On the side, while changes go on.
  void begin_arranging() {
    patched_ = series_.begin_arranging();
    arranged_ = arranged(*patched_);
  }
  void take_arranged() {
    CHECK_FALSE(series_.take(arranged_, *arranged_));  // of another snapshot
    REQUIRE(series_.take(patched_, *arranged_));
    CHECK_FALSE(series_.take(patched_, *arranged_));
  }

  void compare(int requests) {
    WordPolicies policies;
    Problems problems;
    const auto whole = Snapshot::compile_sound(source_of(world_, version_), policies, problems);
    REQUIRE(whole);
    const Snapshot& made = *series_.current();
    CHECK(made.version() == whole->version());
    CHECK(made.experiences().count() == whole->experiences().count());
    CHECK(made.policies().count() == whole->policies().count());
    CHECK(lines_of(series_.problems()) == lines_of(problems));
    CHECK(series_.has_errors() == has_errors(problems));
    for (int i = 0; i < requests; ++i) {
      const Request asked = generated_request(documents_);
      INFO(bytes_of(asked));
      DecideScratch fresh;
      const std::string expected = answers(*whole, asked, fresh);
      REQUIRE(answers(made, asked, scratch_) == expected);
      DecideScratch fresh_with_key;
      const std::string expected_with_tokens = signed_answer(*whole, asked, fresh_with_key);
      REQUIRE(signed_answer(made, asked, scratch_with_key_) == expected_with_tokens);
      if (expected_with_tokens.find("\"token\":") != std::string::npos) ++tokens_;
      if (documents_.chance(5)) kept_.push_back({series_.current(), asked, expected});
      DecideScratch bare;
      const auto alone = Snapshot::compile({.version = version_, .workspace = world_.workspace}, policies);
      if (i == 0) REQUIRE(answers(*series_.defaults(), asked, bare) == answers(**alone, asked, fresh));
    }
  }

  // Snapshots of the past answer as they did, whatever was made of them.
  void look_back() {
    for (const Kept& kept : kept_) {
      DecideScratch scratch;
      CHECK(answers(*kept.snapshot, kept.asked, scratch) == kept.expected);
    }
  }

  DocumentGenerator& documents() { return documents_; }
  SnapshotSeries& series() { return series_; }
  int tokens() const { return tokens_; }  // answers with tokens that were compared

 private:
  struct Kept {
    std::shared_ptr<const Snapshot> snapshot;
    Request asked;
    std::string expected;
  };
  void in_order() {
    std::sort(world_.experiences.begin(), world_.experiences.end(),
              [](const auto& a, const auto& b) { return a.definition.id < b.definition.id; });
  }

  DocumentGenerator documents_;
  DecideWorld world_;
  WordPolicies policies_;
  SnapshotSeries series_{policies_};
  std::shared_ptr<const Snapshot> patched_, arranged_;
  std::vector<std::string> ids_;
  std::string version_ = "v0";
  int steps_ = 0, revision_ = 1, tokens_ = 0;
  DecideScratch scratch_, scratch_with_key_;
  std::vector<Kept> kept_;
};

}  // namespace

TEST_CASE("a snapshot made from what changed decides as one that is compiled whole") {
  const std::uint64_t seed = Catch::rngSeed();
  int tokens = 0;
  for (std::uint64_t n = 0; n < 40; ++n) {
    INFO("seed " << seed << ", history " << n);
    History history(seed + n, 3 + n % 12);
    history.compare(3);
    for (int step = 0; step < 25; ++step) {
      INFO("step " << step);
      history.step();
      history.compare(3);
    }
    history.look_back();
    tokens += history.tokens();
  }
  CHECK(tokens > 1'000);  // answers that have some
}

TEST_CASE("the same of many experiences, whose candidates are found by their rarest conditions") {
  const std::uint64_t seed = Catch::rngSeed();
  INFO("seed " << seed);
  History history(seed, 500);
  for (int step = 0; step < 300; ++step) {
    INFO("step " << step);
    history.step();
    if (step % 20 == 0) history.compare(4);
  }
  history.compare(20);
  CHECK(history.series().is_patchy());
  history.look_back();
}

TEST_CASE("arranged on the side while changes go on, a series is whole again and decides the same") {
  const std::uint64_t seed = Catch::rngSeed();
  for (std::uint64_t n = 0; n < 10; ++n) {
    INFO("seed " << seed << ", history " << n);
    History history(seed + n, 4 + n * 5);
    for (int round = 0; round < 6; ++round) {
      INFO("round " << round);
      for (std::size_t i = history.documents().below(6); i > 0; --i) history.step();
      history.begin_arranging();
      for (std::size_t i = history.documents().below(6); i > 0; --i) history.step();
      history.compare(3);
      history.take_arranged();
      history.compare(3);
      CHECK_FALSE(history.series().is_patchy());
    }
    history.look_back();
  }
}

TEST_CASE("what came beside is evaluated where there is no more room to list it") {
  DecideWorld world;
  world.declare(document(R"({"surfaces": {"hero": {"format": "text", "rules": ["web://shop.example/#hero"]}}})"));
  const auto audience_of = [](int n) { return Object{{"attr", "n"}, {"eq", n}}; };
  const int count = static_cast<int>(Conditions::beside_listed_max) + 2;
  for (int n = 0; n < count; ++n)
    world.live("e" + std::to_string(n), Object{{"show", Object{{"hero", "for " + std::to_string(n)}}}, {"audience", audience_of(n)}});
  WordPolicies policies;
  SnapshotSeries series(policies);
  Problems problems;
  REQUIRE(series.start({.version = "v", .workspace = world.workspace}, problems));
  std::vector<SnapshotSeries::Change> changes;
  for (const ServedExperience& served : world.experiences) changes.push_back({served.definition.id, &served});
  const auto snapshot = series.next("w", changes, {});
  CHECK(snapshot->conditions().beside_count() == static_cast<std::size_t>(count));
  for (const int n : {0, 1, count - 3, count - 2, count - 1}) {
    Request asked = asking({"web://shop.example/#hero"});
    asked.attributes = Object{{"n", n}};
    CHECK(decide(*snapshot, asked, no_policies()).propositions.at(0).content == "for " + std::to_string(n));
    asked.attributes = Object{{"n", n + 0.5}};
    CHECK(decide(*snapshot, asked, no_policies()).propositions.empty());
  }
}

TEST_CASE("of very many experiences the last are served and told of as the first are") {
  DecideWorld world;
  world.declare(document(R"({"surfaces": {"hero": {"format": "text", "rules": ["web://shop.example/#hero"]}}})"));
  const std::vector<int> bad = {0, 4'095, 4'096, 9'999};
  for (int n = 0; n < 10'000; ++n) {
    ServedExperience& served =
        world.live("e" + std::to_string(n),
                   Object{{"show", Object{{"hero", "for " + std::to_string(n)}}}, {"audience", Object{{"attr", "n"}, {"eq", n}}}});
    if (std::count(bad.begin(), bad.end(), n) > 0) served.definition.schedule_policy = "bad";
  }
  WordPolicies policies;
  SnapshotSeries series(policies);
  Problems problems;
  const auto snapshot = series.start(source_of(world, "v"), problems);
  REQUIRE(problems.size() == bad.size());
  for (std::size_t i = 0; i < bad.size(); ++i)
    CHECK_THAT(problems[i].place, Catch::StartsWith("e" + std::to_string(bad[i]) + " $.schedule"));
  for (const int n : {0, 1, 4'094, 4'095, 4'096, 4'097, 8'191, 8'192, 9'998, 9'999}) {
    Request asked = asking({"web://shop.example/#hero"});
    asked.attributes = Object{{"n", n}};
    const auto shown = decide(*snapshot, asked, no_policies()).propositions;
    REQUIRE(shown.size() == (std::count(bad.begin(), bad.end(), n) > 0 ? 0 : 1));
    if (!shown.empty()) CHECK(shown[0].content == "for " + std::to_string(n));
  }
}

TEST_CASE("a series does not go on from a workspace that does not compile, nor from names that only grow") {
  WordPolicies policies;
  SnapshotSeries series(policies);
  CHECK_FALSE(series.can_go_on());
  DecideWorld world;
  world.declare(document(R"({"surfaces": {"hero": {"format": "text", "rules": ["web://shop.example/#hero"]}}})"));
  Problems problems;
  REQUIRE(series.start(source_of(world, "v0"), problems));
  int published = 0;
  while (series.can_go_on()) {
    DecideWorld next = world;
    const ServedExperience& served = next.live(
        "e", Object{{"show", Object{{"hero", "x"}}}, {"audience", Object{{"attr", "n" + std::to_string(published)}, {"exists", true}}}});
    series.next("v" + std::to_string(++published), {{"e", &served}}, {});
    REQUIRE(published < 1'000);
  }
  CHECK(published > 500);
  world.workspace.zone = "Nowhere/Land";
  CHECK_FALSE(series.start(source_of(world, "w"), problems));
  CHECK_FALSE(series.can_go_on());
}
