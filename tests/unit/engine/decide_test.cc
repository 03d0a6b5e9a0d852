// Decisions beyond the ledgers: properties over generated workspaces, experiments by the thousand,
// and the bytes of an answer.
#include "engine/decide.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <set>

#include "generated.h"

using namespace footlight;
using namespace footlight::test;

namespace {

std::shared_ptr<const Snapshot> compiled(const DecideWorld& world) {
  auto snapshot = world.compile();
  if (!snapshot) FAIL(to_text(snapshot.error()));
  return *snapshot;
}

std::string answer(const DecideWorld& world, const Request& asked, const DecideOptions& options = {}) {
  const auto snapshot = compiled(world);
  WordRunner runner(*snapshot);
  return to_json(decide(*snapshot, asked, runner, options));
}

// From bytes to bytes.
std::string answered(const Snapshot& snapshot, const Request& asked, PolicyRunner& runner, const DecideOptions& options,
                     DecideScratch& scratch) {
  Object request{
      {"attributes", asked.attributes}, {"context", asked.context}, {"surfaces", Array(asked.surfaces.begin(), asked.surfaces.end())}};
  if (!asked.identity.id.empty()) request["identity"] = Object{{"namespace", asked.identity.space}, {"id", asked.identity.id}};
  const std::string bytes = to_json(Value(std::move(request)));
  auto made = footlight::answer(snapshot, bytes, asked.now, runner, options, scratch);
  if (!made) FAIL(to_text(made.error()) << " " << bytes);
  return std::string(made->json);
}

}  // namespace

TEST_CASE("an answer is the same bytes again, in whatever order the experiences came, with or without a trace") {
  const std::uint64_t seed = seed_of_test();
  INFO("FOOTLIGHT_SEED=" << seed);
  DocumentGenerator documents(seed);
  std::set<Fate> fates;
  int propositions = 0;
  for (int i = 0; i < 1'500; ++i) {
    DecideWorld world = generated_world(documents);
    const auto snapshot = compiled(world);
    std::reverse(world.experiences.begin(), world.experiences.end());
    const auto reversed = compiled(world);
    const TokenKey key = token_key("secret");
    DecideScratch scratch;
    for (int r = 0; r < 3; ++r) {
      const Request asked = generated_request(documents);
      WordRunner runner(*snapshot), other(*reversed);
      const Decision plain = decide(*snapshot, asked, runner, {.key = &key});
      Decision explained = decide(*snapshot, asked, runner, {.explain = true, .key = &key});
      INFO(i << "." << r << " " << to_json(asked.attributes));
      REQUIRE(plain.trace.empty());
      REQUIRE(explained.trace.size() == asked.surfaces.size());
      for (const SurfaceTrace& trace : explained.trace)
        for (const CandidateTrace& row : trace.candidates) fates.insert(row.fate);
      REQUIRE(to_json(decide(*reversed, asked, other, {.explain = true, .key = &key})) == to_json(explained));
      explained.trace.clear();
      REQUIRE(to_json(explained) == to_json(plain));
      REQUIRE(to_json(decide(*snapshot, asked, runner, {.key = &key})) == to_json(plain));
      REQUIRE(parse_json(to_json(plain)).ok());
      // Again with what was kept of the first time, tokens above all.
      for (int times = 0; times < 2; ++times) REQUIRE(answered(*snapshot, asked, runner, {.key = &key}, scratch) == to_json(plain));
      propositions += static_cast<int>(plain.propositions.size());
    }
  }
  // The worlds are varied: everything happens that can happen to a campaign.
  CHECK(fates ==
        std::set{Fate::shown, Fate::lost, Fate::schedule, Fate::audience, Fate::targeting, Fate::experiment, Fate::content,
                 Fate::policy_failed});
  CHECK(propositions > 5'000);
}

TEST_CASE("what the index finds is what looking at everybody finds, with hundreds in scope and every form of a predicate") {
  const std::uint64_t seed = seed_of_test() + 11;
  INFO("FOOTLIGHT_SEED is 11 less than " << seed);
  DocumentGenerator documents(seed);
  std::size_t shown = 0;
  for (int i = 0; i < 40; ++i) {
    DecideWorld world;
    world.declare(document(
        R"({"surfaces": {"one": {"format": "text", "rules": ["web://shop.example/#one"]}, "any": {"format": "text", "rules": ["wildcard:web://*.example/*#one"]},
                                            "list": {"format": "text", "rules": ["web://shop.example/#list"], "resolve": {"stack": 50}}}})"));
    for (int n = 0; n < 300; ++n) {
      Value audience = documents.predicate(3, false);
      for (std::size_t more = documents.below(4); more > 0; --more)
        audience = Object{{"all", Array{std::move(audience), documents.predicate(2, false)}}};
      world.live("e" + std::to_string(n),
                 Object{{"priority", static_cast<double>(documents.below(101))},
                        {"audience", std::move(audience)},
                        {"show",
                         Object{{documents.chance(40)       ? "one"
                                     : documents.chance(50) ? "any"
                                                            : "list",
                                 Array{Object{{"element", "e" + std::to_string(documents.below(40))}, {"content", "x"}}}}}}});
    }
    const auto snapshot = compiled(world);
    DecideScratch scratch;
    for (int r = 0; r < 20; ++r) {
      Request asked = asking({"web://shop.example/#one", "web://shop.example/#list"}, documents.chance(80) ? "ann" : "");
      asked.attributes = documents.profile();
      INFO(i << "." << r << " " << to_json(asked.attributes));
      WordRunner runner(*snapshot);
      Decision explained = decide(*snapshot, asked, runner, {.explain = true});
      explained.trace.clear();
      shown += explained.propositions.size();
      REQUIRE(answered(*snapshot, asked, runner, {}, scratch) == to_json(explained));
      REQUIRE(to_json(decide(*snapshot, asked, runner, {}, scratch)) == to_json(explained));
    }
  }
  CHECK(shown > 10'000);
}

// The best of thousands have an index of their own.
TEST_CASE("of thousands on one surface each element goes to the best that has it, wherever that ranks") {
  const std::uint64_t seed = seed_of_test() + 12;
  INFO("FOOTLIGHT_SEED is 12 less than " << seed);
  DocumentGenerator documents(seed);
  const std::vector<std::string> words = {"true", "false", "fail", "asks b"};
  int first = 0, behind = 0;
  for (const char* resolve : {R"("highest")", R"({"stack": 50})"}) {
    DecideWorld world;
    world.declare(document(R"({"surfaces": {"one": {"format": "text", "rules": ["web://shop.example/#one"], "resolve": )" +
                           std::string(resolve) + "}}}"));
    for (std::uint32_t n = 0; n < CandidateIndex::many_members + 100; ++n) {
      // Some elements have nobody among the best.
      const auto priority = documents.below(101), element = documents.below(priority >= 60 ? 10 : 40);
      Object definition{{"priority", static_cast<double>(priority)},
                        {"audience", documents.predicate(2, false)},
                        {"show", Object{{"one", Array{Object{{"element", "e" + std::to_string(element)}, {"content", "x"}}}}}}};
      if (documents.chance(10)) definition["targeting"] = Object{{"lua", documents.one_of(words)}};
      world.live("e" + std::to_string(n), std::move(definition));
    }
    const auto snapshot = compiled(world);
    DecideScratch scratch;
    for (int r = 0; r < 10; ++r) {
      Request asked = asking({"web://shop.example/#one"});
      asked.attributes = documents.profile();
      INFO(r << " " << to_json(asked.attributes));
      WordRunner runner(*snapshot);
      Decision explained = decide(*snapshot, asked, runner, {.explain = true});
      explained.trace.clear();
      for (const Proposition& shown : explained.propositions) ++(shown.priority >= 60 ? first : behind);
      REQUIRE(answered(*snapshot, asked, runner, {}, scratch) == to_json(explained));
      REQUIRE(to_json(decide(*snapshot, asked, runner, {}, scratch)) == to_json(explained));
    }
  }
  CHECK(first > 100);
  CHECK(behind > 100);
}

TEST_CASE("nobody is left out of a trace, no candidate has two fates, and what is shown is what the trace says is shown") {
  DocumentGenerator documents(seed_of_test() + 1);
  for (int i = 0; i < 500; ++i) {
    const DecideWorld world = generated_world(documents);
    const auto snapshot = compiled(world);
    const Request asked = generated_request(documents);
    WordRunner runner(*snapshot);
    const Decision decision = decide(*snapshot, asked, runner, {.explain = true});
    for (const SurfaceTrace& trace : decision.trace) {
      std::set<std::pair<std::string, std::string>> traced, shown, proposed;
      std::set<std::string> offered, told;  // experiences; those of other treatments only are not told
      for (const CompiledConfiguration& configuration : snapshot->configurations())
        if (std::find(trace.configurations.begin(), trace.configurations.end(), configuration.name) != trace.configurations.end())
          for (const Candidate& candidate : configuration.candidates) {
            const CompiledExperience& owner = snapshot->experiences()[static_cast<std::size_t>(candidate.experience)];
            if (owner.treatments.empty()) offered.insert(owner.id);
          }
      for (const CandidateTrace& row : trace.candidates) {
        told.insert(row.experience);
        REQUIRE(traced.emplace(row.experience, row.action).second);
        if (row.fate == Fate::shown) shown.emplace(row.experience, row.action);
        REQUIRE((row.fate == Fate::shown || !row.reason.empty()));
      }
      REQUIRE(std::includes(told.begin(), told.end(), offered.begin(), offered.end()));
      for (const Proposition& made : decision.propositions) {
        if (made.surface != trace.surface || made.experience.empty()) continue;
        proposed.emplace(made.experience, made.action);
        for (const Proposition::Part& part : made.parts) proposed.emplace(part.experience, part.action);
      }
      REQUIRE(proposed == shown);
    }
  }
}

TEST_CASE("X1: an answer is byte for byte what it would be without what failed") {
  const std::uint64_t seed = seed_of_test() + 2;
  INFO("FOOTLIGHT_SEED is 2 less than " << seed);
  DocumentGenerator documents(seed);
  int failures = 0;
  for (int i = 0; i < 2'000; ++i) {
    DecideWorld world = generated_world(documents);
    const Request asked = generated_request(documents);
    const auto snapshot = compiled(world);
    WordRunner runner(*snapshot);
    const Decision decision = decide(*snapshot, asked, runner, {.explain = true});
    DecideWorld without = world;
    for (const SurfaceTrace& trace : decision.trace)
      for (const CandidateTrace& row : trace.candidates) {
        if (row.fate != Fate::policy_failed) continue;
        ++failures;
        // A content policy costs its own action, any other policy the whole experience.
        const bool is_content = row.place.starts_with("$.show") || row.place.starts_with("$.treatments");
        for (ServedExperience& served : without.experiences)
          if (served.definition.id == row.experience)
            std::erase_if(served.definition.actions, [&](const Action& action) { return !is_content || action.id == row.action; });
      }
    INFO(i);
    const std::string expected = answer(without, asked);
    REQUIRE(answer(world, asked) == expected);
    DecideScratch scratch;
    REQUIRE(answered(*snapshot, asked, runner, {}, scratch) == expected);
  }
  CHECK(failures > 500);
}

TEST_CASE("each element goes to the best that has it: higher priority, activated earlier, smaller id") {
  DocumentGenerator documents(seed_of_test() + 3);
  for (int i = 0; i < 300; ++i) {
    DecideWorld world;
    world.declare(document(R"({"surfaces": {"hero": {"format": "text", "rules": ["web://shop.example/#hero"]}}})"));
    for (std::size_t e = documents.below(12); e > 0; --e) {
      Array elements;
      for (const char* element : {"a", "b", "c", "d"})
        if (documents.chance(40)) elements.push_back(Object{{"element", element}, {"content", "x"}});
      if (elements.empty()) continue;
      const double priority = static_cast<double>(documents.below(3));
      world
          .live(
              "e" + std::to_string(e),
              Object{{"priority", priority}, {"show", Object{{"hero", std::move(elements)}}}, {"audience", documents.predicate(2, false)}})
          .activated_at = Instant{static_cast<std::int64_t>(documents.below(3))};
    }
    Request asked = asking({"web://shop.example/#hero"});
    asked.attributes = documents.profile();

    // The plain way: sort those who may be seen, hand each element to the first that has it.
    const auto snapshot = compiled(world);
    WordRunner runner(*snapshot);
    std::vector<const ServedExperience*> matching;
    for (const ServedExperience& served : world.experiences) {
      DecideWorld alone = world;
      alone.experiences = {served};
      const auto only = compiled(alone);
      if (!decide(*only, asked, runner).propositions.empty()) matching.push_back(&served);
    }
    std::sort(matching.begin(), matching.end(), [](const ServedExperience* a, const ServedExperience* b) {
      if (a->definition.priority != b->definition.priority) return a->definition.priority > b->definition.priority;
      if (a->activated_at != b->activated_at) return a->activated_at < b->activated_at;
      return a->definition.id < b->definition.id;
    });
    std::vector<std::string> expected, found;
    std::set<std::string> taken;
    for (const ServedExperience* served : matching)
      for (const Action& action : served->definition.actions)
        if (taken.insert(action.element).second) expected.push_back(served->definition.id + " " + action.element);
    for (const Proposition& made : decide(*snapshot, asked, runner).propositions) found.push_back(made.experience + " " + made.element);
    INFO(i);
    REQUIRE(found == expected);
  }
}

TEST_CASE("an experiment splits by its weights, holds out its share, and keeps everybody where they are") {
  DecideWorld world;
  world.declare(document(R"({"surfaces": {"hero": {"format": "text", "rules": ["web://shop.example/#hero"]}}})"));
  const char* treatments = R"({"treatments": {"a": {"weight": 45, "show": {"hero": "a"}}, "b": {"weight": 30.5, "show": {"hero": "b"}},
                                             "never": {"weight": 0, "show": {"hero": "never"}}}, "holdout": 24.5)";
  world.live("test", document(std::string(treatments) + "}"));
  const auto snapshot = compiled(world);
  WordRunner runner(*snapshot);
  std::map<std::string, int> seen;
  std::map<std::string, std::string> by_id;
  constexpr int people = 20'000;
  for (int i = 0; i < people; ++i) {
    const Request asked = asking({"web://shop.example/#hero"}, "user" + std::to_string(i));
    const Decision decision = decide(*snapshot, asked, runner);
    const std::string treatment = decision.propositions.empty() ? "holdout" : decision.propositions[0].treatment;
    if (!decision.propositions.empty()) REQUIRE(decision.propositions[0].content == treatment);
    ++seen[treatment];
    by_id[asked.identity.id] = treatment;
  }
  CHECK(seen["a"] == Approx(0.45 * people).margin(0.012 * people));
  CHECK(seen["b"] == Approx(0.305 * people).margin(0.012 * people));
  CHECK(seen["holdout"] == Approx(0.245 * people).margin(0.012 * people));
  CHECK(seen.size() == 3);

  // The same people see the same after a new revision, in another surface's company, and with other content.
  DecideWorld later = world;
  later.experiences.clear();
  ServedExperience& revised = later.live("test", document(std::string(treatments) + R"(, "priority": 90, "title": "new"})"));
  revised.revision = 2;
  const auto again = compiled(later);
  int elsewhere = 0;
  DecideWorld salted = world;
  salted.experiences.clear();
  salted.live("test", document(std::string(treatments) + R"(, "salt": "another"})"));
  const auto other = compiled(salted);
  for (int i = 0; i < 2'000; ++i) {
    const Request asked = asking({"web://shop.example/#other", "web://shop.example/#hero"}, "user" + std::to_string(i));
    const auto treatment_of = [&](const Snapshot& one) {
      const Decision decision = decide(one, asked, runner);
      return decision.propositions.empty() ? std::string("holdout") : decision.propositions[0].treatment;
    };
    REQUIRE(treatment_of(*again) == by_id[asked.identity.id]);
    elsewhere += treatment_of(*other) != by_id[asked.identity.id];
  }
  CHECK(elsewhere > 1'000);  // another salt shuffles them anew
}

TEST_CASE("the answer's bytes are as documented") {
  DecideWorld world;
  world.declare(document(R"({"surfaces": {"hero": {"format": "html", "rules": ["web://shop.example/#hero"], "default": "<i>\"d\"</i>"},
      "card": {"format": "json", "rules": ["web://shop.example/#card"], "resolve": "merge"}, "note": {"format": "text", "rules": ["web://shop.example/#note"]}}})"));
  world
      .live(
          "a",
          document(
              R"({"priority": 80, "treatments": {"t": {"weight": 100, "show": {"note": [{"element": "e", "content": "x"}]}}}, "show": {"card": {"b": 1}}})"))
      .revision = 3;
  world.live("b", document(R"({"priority": 70, "audience": {"attr": "n", "gt": 5}, "show": {"card": {"a": "é"}}})")).revision = 1;
  Request asked = asking({"web://shop.example/#hero", "web://shop.example/#card", "web://shop.example/#note"});
  asked.attributes = document(R"({"n": 6})");
  const char* propositions =
      R"("propositions":[{"surface":"web://shop.example/#hero","configuration":"hero","element":"","experience":null,"action":"default","revision":0,"priority":0,"format":"html","content":"<i>\"d\"</i>","token":""},)"
      R"({"surface":"web://shop.example/#card","configuration":"card","element":"","experience":"a","action":"card","treatment":"t","revision":3,"priority":80,"format":"json","content":{"a":"é","b":1},"token":"",)"
      R"("parts":[{"experience":"a","action":"card","revision":3,"token":""},{"experience":"b","action":"card","revision":1,"token":""}]},)"
      R"({"surface":"web://shop.example/#note","configuration":"note","element":"e","experience":"a","action":"t/note.e","treatment":"t","revision":3,"priority":80,"format":"text","content":"x","token":""}])";
  CHECK(answer(world, asked) == "{\"snapshot\":\"1.1-test\"," + std::string(propositions) + "}");
  asked.surfaces = {"web://shop.example/#card", "nonsense"};
  asked.attributes = document(R"({"n": 5})");
  const Value explained = document(answer(world, asked, {.explain = true}));
  CHECK(
      to_json(*explained.find("trace")) ==
      R"x([{"candidates":[{"action":"card","element":"","experience":"a","fate":"shown","priority":80,"reason":"treatment `t`","revision":3},)x"
      R"x({"action":"card","element":"","experience":"b","fate":"audience","place":"$.audience","priority":70,"reason":"n > 5 is false (5)","revision":1}],)x"
      R"x("configurations":["card"],"surface":"web://shop.example/#card"},)x"
      R"x({"candidates":[],"configurations":[],"note":"surface `nonsense`: a surface is written `type://property/path#container`","surface":"nonsense"}])x");
}

TEST_CASE("each proposition has a token that names it, defaults have none, forged ones are none") {
  DecideWorld world;
  world.declare(document(
      R"({"surfaces": {"hero": {"format": "html", "rules": ["web://shop.example/#hero", "web://shop.example/2#hero"]}, "card": {"format": "json", "rules": ["web://shop.example/#card"], "resolve": "merge"},
      "note": {"format": "text", "rules": ["web://shop.example/#note"], "default": "d"}}})"));
  world
      .live(
          "a",
          document(
              R"({"treatments": {"t": {"weight": 100, "show": {"hero": [{"element": "e", "content": "x"}]}}}, "show": {"card": {"a": 1}}})"))
      .revision = 3;
  world.live("b", document(R"({"show": {"card": {"b": 1}}})"));
  const auto snapshot = compiled(world);
  WordRunner runner(*snapshot);
  const TokenKey key = token_key("secret"), other = token_key("other");
  const Request asked =
      asking({"web://shop.example/#hero", "web://shop.example/2#hero", "web://shop.example/#card", "web://shop.example/#note"});
  const Decision decision = decide(*snapshot, asked, runner, {.key = &key});
  REQUIRE(decision.propositions.size() == 4);
  std::set<std::string> tokens;
  for (const Proposition& made : decision.propositions) {
    INFO(made.surface);
    if (made.experience.empty()) {
      CHECK(made.token.empty());
      continue;
    }
    tokens.insert(made.token);
    const auto claims = verify_token(made.token, key);
    REQUIRE(claims);
    CHECK(*claims == TokenClaims{made.experience, made.revision, made.action, made.treatment, made.surface, made.element});
    CHECK_FALSE(verify_token(made.token, other));
    for (const Proposition::Part& part : made.parts) {
      REQUIRE(verify_token(part.token, key));
      CHECK(verify_token(part.token, key)->experience == part.experience);
    }
  }
  CHECK(tokens.size() == 3);  // the same action on two surfaces has two
  CHECK(decision.propositions[2].parts.size() == 2);
  CHECK(decision.propositions[2].parts[0].token == decision.propositions[2].token);
}

TEST_CASE("propositions stand in the order of their surfaces, whether they are made for the request or not") {
  DecideWorld world;
  world.declare(document(
      R"({"surfaces": {"hero": {"format": "html", "rules": ["web://shop.example/#hero"]}, "hello": {"format": "html", "rules": ["web://shop.example/#hello"]},
      "card": {"format": "json", "rules": ["web://shop.example/#card"], "resolve": "merge"}, "note": {"format": "text", "rules": ["web://shop.example/#note"], "default": "d"},
      "foot": {"format": "html", "rules": ["web://shop.example/#foot"]}}})"));
  world.live(
      "a",
      document(
          R"({"show": {"hero": "<b>a</b>", "card": {"a": 1}, "hello": "Hello {{profile.name}}", "foot": [{"element": "x", "content": "1"}, {"element": "y", "content": "2"}]}})"));
  world.live("b", document(R"({"show": {"card": {"b": 1}}})"));
  world.live("c", document(R"({"show": {"card": {"lua": "fail"}}})"));  // it is made again without it
  const auto snapshot = compiled(world);
  WordRunner runner(*snapshot);
  const TokenKey key = token_key("secret");
  for (const DecideOptions& options : {DecideOptions{}, DecideOptions{.key = &key}}) {
    DecideScratch scratch;
    std::vector<std::string> surfaces;
    for (const char* name : {"card", "foot", "hello", "hero", "note"}) surfaces.push_back("web://shop.example/#" + std::string(name));
    do {
      Request asked = asking(surfaces);
      asked.attributes = document(R"({"name": "Ann"})");
      const std::string expected = to_json(decide(*snapshot, asked, runner, options));
      CAPTURE(surfaces);
      // At first tokens are signed, then they are known.
      for (int time = 0; time < 2; ++time) REQUIRE(answered(*snapshot, asked, runner, options, scratch) == expected);
    } while (std::next_permutation(surfaces.begin(), surfaces.end()));
  }
}

TEST_CASE("a number is in the ranges that it is in, on their bounds and beside them, however many there are") {
  const std::uint64_t seed = seed_of_test();
  INFO("FOOTLIGHT_SEED=" << seed);
  std::mt19937_64 random(seed);
  const auto below = [&](int end) { return static_cast<int>(random() % static_cast<unsigned>(end)); };
  // Of fifteen and sixteen cuts, of conditions that fill a word or a few, and of many more.
  const int bounds = GENERATE(2, 7, 8, 40, 200);
  struct Asked {
    Value test;
    std::function<bool(double)> holds;
  };
  std::vector<Asked> all;
  DecideWorld world;
  world.declare(document(R"({"surfaces": {"list": {"format": "text", "rules": ["web://shop.example/#list"]}}})"));
  for (int i = 0; i < 10 * bounds; ++i) {
    const double a = below(bounds), b = a + below(bounds);
    const auto test = [&](std::string_view op, Value operand, std::function<bool(double)> holds) {
      all.push_back({Object{{"attr", "n"}, {op, std::move(operand)}}, std::move(holds)});
    };
    switch (i % 7) {
      case 0: test("lt", a, [=](double n) { return n < a; }); break;
      case 1: test("le", a, [=](double n) { return n <= a; }); break;
      case 2: test("gt", a, [=](double n) { return n > a; }); break;
      case 3: test("ge", a, [=](double n) { return n >= a; }); break;
      case 4: test("eq", a, [=](double n) { return n == a; }); break;
      case 5: test("in", Array{a, b, a, b + 1}, [=](double n) { return n == a || n == b || n == b + 1; }); break;
      default: test("between", Array{a, b}, [=](double n) { return a <= n && n < b; });
    }
    const std::string id = "e" + std::to_string(i);
    world.live(id, Object{{"audience", all.back().test}, {"show", Object{{"list", Array{Object{{"element", id}, {"content", id}}}}}}});
  }
  const auto snapshot = compiled(world);
  WordRunner runner(*snapshot);
  int held = 0;
  // The last three only where an application hands over values, not JSON.
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::vector<double> asked_for{-0.0, infinity, -infinity, std::nan("")};
  for (double n = -1; n < 2 * bounds + 2; n += 0.5) asked_for.push_back(n);
  for (const double n : asked_for) {
    std::set<std::string> expected, met;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i].holds(n)) expected.insert("e" + std::to_string(i));
    const Request asked = request(Object{{"surfaces", Array{"web://shop.example/#list"}}, {"attributes", Object{{"n", n}}}}, {});
    for (const Proposition& proposition : decide(*snapshot, asked, runner).propositions) met.insert(proposition.experience);
    INFO(bounds << " bounds, " << n);
    REQUIRE(met == expected);
    held += static_cast<int>(met.size());
  }
  CHECK(held > 10 * bounds * bounds / 2);
}

TEST_CASE("a number is found among bounds whatever their number is, of which tables have a power of two and one less") {
  const int bounds = GENERATE(1, 2, 14, 15, 16, 17, 31, 32, 33, 64);
  DecideWorld world;
  world.declare(document(R"({"surfaces": {"list": {"format": "text", "rules": ["web://shop.example/#list"]}}})"));
  for (int i = 0; i < bounds; ++i) {
    const std::string id = "e" + std::to_string(i);
    world.live(id,
               Object{{"audience", Object{{"attr", "n"}, {"ge", i}}},
                      {"show", Object{{"list", Array{Object{{"element", id}, {"content", id}}}}}}});
  }
  const auto snapshot = compiled(world);
  WordRunner runner(*snapshot);
  for (double n = -1; n < bounds + 1; n += 0.5) {
    const Request asked = request(Object{{"surfaces", Array{"web://shop.example/#list"}}, {"attributes", Object{{"n", n}}}}, {});
    INFO(bounds << " bounds, " << n);
    CHECK(static_cast<int>(decide(*snapshot, asked, runner).propositions.size()) ==
          std::clamp(static_cast<int>(std::floor(n)) + 1, 0, bounds));
  }
}

TEST_CASE("a text is the one it is, however many others there are and however long they are") {
  const std::uint64_t seed = seed_of_test();
  INFO("FOOTLIGHT_SEED=" << seed);
  std::mt19937_64 random(seed);
  std::set<std::string> texts = {"", std::string(1, '\0'), "a", std::string("a\0", 2)};
  while (texts.size() < 700) {
    std::string text;
    // Many of the same length, some that only differ in one place, on both sides of what is short.
    for (std::size_t left = random() % 3 == 0 ? random() % 40 : 14 + random() % 5; left > 0; --left)
      text += random() % 4 == 0 ? static_cast<char>('a' + random() % 26) : 'x';
    texts.insert(text);
  }
  struct Asked {
    std::string op, operand;
    std::vector<std::string> others;
    bool holds(const std::string& text, const std::vector<std::string>& items) const {
      const auto has = [&](const std::string& item) { return std::find(items.begin(), items.end(), item) != items.end(); };
      if (op == "has_any") return has(operand);
      if (op == "has_all") return has(operand) && std::all_of(others.begin(), others.end(), has);
      if (op == "in" && std::find(others.begin(), others.end(), text) != others.end()) return true;
      if (op == "contains") return text.find(operand) != std::string::npos;
      return op == "eq" || op == "in" ? text == operand : op == "starts" ? text.starts_with(operand) : text.ends_with(operand);
    }
  };
  std::vector<Asked> all;
  DecideWorld world;
  world.declare(document(R"({"attributes": {"t": {"type": "text"}, "l": {"type": "list", "of": {"type": "text"}}},
                             "surfaces": {"list": {"format": "text", "rules": ["web://shop.example/#list"]}}})"));
  const std::vector<std::string> named(texts.begin(), std::next(texts.begin(), 20));
  for (const std::string& text : texts) {
    static const char* const ops[] = {"eq", "in", "has_any", "starts", "ends", "contains", "has_all"};
    const std::string op = ops[all.size() % 7], id = "e" + std::to_string(all.size());
    // Whoever begins or ends as nothing is anyone.
    all.push_back({op, (op == "starts" || op == "ends") ? text.substr(0, 3) + "y" : text, {}});
    Asked& asked = all.back();
    if (op == "contains") {
      // A piece of any length of one that is sent, from any place on.
      const std::string& whole = named[random() % named.size()];
      asked.operand = "xy" + whole;
      asked.operand = asked.operand.substr(random() % asked.operand.size()).substr(0, 1 + random() % 12);
    }
    // Some that others name too, so that one text is in several lists.
    if (op == "in" || op == "has_all") asked.others = {named[random() % named.size()], named[random() % named.size()]};
    if (op == "has_all" && random() % 2 == 0) asked.operand = asked.others[0];
    // And some that ask for all of sixteen and of seventeen.
    if (op == "has_all" && random() % 4 == 0)
      asked.others.assign(named.begin(), std::next(named.begin(), 15 + static_cast<int>(random() % 2)));
    Array operands{asked.operand};
    operands.insert(operands.end(), asked.others.begin(), asked.others.end());
    Object test{{"attr", op.starts_with("has_") ? "l" : "t"},
                {op, op.starts_with("has_") || op == "in" ? Value(std::move(operands)) : Value(asked.operand)}};
    world.live(id, Object{{"audience", std::move(test)}, {"show", Object{{"list", Array{Object{{"element", id}, {"content", id}}}}}}});
  }
  const auto snapshot = compiled(world);
  WordRunner runner(*snapshot);
  DecideScratch scratch;
  int held = 0;
  std::vector<std::string> sent(texts.begin(), texts.end());
  for (const std::string& text : texts)
    sent.push_back(text + "z"), sent.push_back(text.substr(0, 3) + "y" + text + text.substr(0, 3) + "y");
  for (const std::string& text : named) sent.push_back("xy" + text), sent.push_back("?xy" + text + "xy" + text);
  for (const std::string& text : sent) {
    std::vector<std::string> items;
    for (std::size_t count = random() % 6; count > 0; --count)
      items.push_back(random() % 4 == 0 ? sent[random() % sent.size()] : named[random() % named.size()]);
    // And some that have everything, more than once.
    for (int times = random() % 40 == 0 ? 4 : 0; times > 0; --times) items.insert(items.end(), named.begin(), named.end());
    std::set<std::string> expected, met;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i].holds(text, items)) expected.insert("e" + std::to_string(i));
    const Request asked = request(Object{{"surfaces", Array{"web://shop.example/#list"}},
                                         {"attributes", Object{{"t", text}, {"l", Array(items.begin(), items.end())}}}},
                                  {});
    const Decision decision = decide(*snapshot, asked, runner);
    for (const Proposition& proposition : decision.propositions) met.insert(proposition.experience);
    INFO(to_json(asked.attributes));
    REQUIRE(met == expected);
    REQUIRE(answered(*snapshot, asked, runner, {}, scratch) == to_json(decision));
    held += static_cast<int>(met.size());
  }
  CHECK(held > 700);
}

TEST_CASE("an experience is asked about once in a decision, whatever surfaces it is on") {
  DecideWorld world;
  world.declare(document(
      R"({"surfaces": {"hero": {"format": "html", "rules": ["web://shop.example/#hero", "web://shop.example/2#hero", "web://shop.example/3#hero"]}}})"));
  world.live("a", document(R"({"targeting": {"lua": "fail"}, "show": {"hero": "x"}})"));
  const auto snapshot = compiled(world);
  WordRunner runner(*snapshot);
  const Decision decision =
      decide(*snapshot, asking({"web://shop.example/#hero", "web://shop.example/2#hero", "web://shop.example/3#hero"}), runner);
  CHECK(runner.calls == 1);
  CHECK(decision.policy_failures == 1);
}

TEST_CASE("a workspace whose zone is gone does not compile, and Lua does not where no Lua is") {
  DecideWorld world;
  world.declare(document(R"({"surfaces": {"hero": {"format": "html", "rules": ["web://shop.example/#hero"]}}})"));
  world.workspace.zone = "Nowhere/Land";
  const auto gone = world.compile();
  REQUIRE_FALSE(gone.ok());
  CHECK(gone.error().problems[0].code == Code::unknown_time_zone);
  CHECK(gone.error().message == "the workspace does not compile: 1 problem");

  world.workspace.zone = "UTC";
  world.live("a", document(R"({"audience": {"lua": "f"}, "show": {"hero": {"lua": "f"}}})"));
  const auto scripted =
      Snapshot::compile({.version = "1", .workspace = world.workspace, .experiences = world.experiences}, no_policy_compiler());
  REQUIRE_FALSE(scripted.ok());
  CHECK(scripted.error().problems.size() == 2);
  CHECK_FALSE(no_policy_compiler().lift({}, {}));
}

TEST_CASE("where policies do not run, what needs one is dropped") {
  DecideWorld world;
  world.declare(document(
      R"({"surfaces": {"hero": {"format": "html", "rules": ["web://shop.example/#hero"]}}, "conflict": {"hero": {"lua": "none"}}})"));
  world.live("a", document(R"({"priority": 90, "audience": {"lua": "true"}, "show": {"hero": "a"}})"));
  world.live("b", document(R"({"priority": 80, "schedule": {"lua": "true"}, "show": {"hero": "b"}})"));
  world.live("c", document(R"({"priority": 70, "show": {"hero": {"lua": "= \"c\""}}})"));
  world.live("d", document(R"({"priority": 60, "show": {"hero": "d"}})"));
  const auto snapshot = compiled(world);
  const Decision decision = decide(*snapshot, asking({"web://shop.example/#hero"}), no_policies());
  REQUIRE(decision.propositions.size() == 1);
  CHECK(decision.propositions[0].experience == "d");
  CHECK(decision.policy_failures == 4);
}
