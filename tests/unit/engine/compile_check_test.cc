// Definitions checked one after the other, held against each checked alone.
#include "engine/compile_check.h"

#include <catch2/catch.hpp>

#include "base/text.h"
#include "generated.h"

using namespace footlight;
using namespace footlight::test;

TEST_CASE("of many definitions each is told what it would be told alone") {
  const std::uint64_t seed = 41;
  CAPTURE(seed);
  DocumentGenerator documents(seed);
  DecideWorld world;
  world.declare(generated_workspace());
  WordPolicies policies;
  CompileCheck all(world.workspace, policies);
  int sound = 0, broken = 0;
  for (int i = 0; i < 400; ++i) {
    ServedExperience& served = put_generated(world, documents, "e" + std::to_string(i));
    if (documents.chance(25)) served.definition.targeting = "bad policy";
    if (documents.chance(25)) served.definition.schedule_policy = "bad policy";
    if (documents.chance(25)) served.definition.actions[0].configuration = "nowhere";
    const Problems told = all.problems_of(served, world.lists);
    CHECK(lines_of(told) == lines_of(CompileCheck(world.workspace, policies).problems_of(served, world.lists)));
    (has_errors(told) ? broken : sound) += 1;
  }
  CHECK(sound > 50);
  CHECK(broken > 50);
}

// It keeps the names that it met, up to some thousands of them, and begins anew then.
TEST_CASE("after ten thousand names each is told what it would be told alone") {
  DecideWorld world;
  world.declare(generated_workspace());
  WordPolicies policies;
  CompileCheck all(world.workspace, policies);
  for (int i = 0; i < 100; ++i) {
    Array tests;
    for (int name = 0; name < 100; ++name) tests.push_back(Object{{"attr", "a" + std::to_string(100 * i + name)}, {"eq", "x"}});
    ServedExperience& served =
        world.live("e" + std::to_string(i),
                   Object{{"audience", Object{{"any", std::move(tests)}}}, {"show", Object{{i % 3 == 0 ? "nowhere" : "hero", "x"}}}});
    if (i % 2 == 0) served.definition.targeting = "bad policy";
    const std::string told = lines_of(all.problems_of(served, world.lists));
    CHECK(told == lines_of(CompileCheck(world.workspace, policies).problems_of(served, world.lists)));
    CHECK(told.empty() == (i % 3 != 0 && i % 2 != 0));
  }
}
