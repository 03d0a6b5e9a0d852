// Made-up profiles: of the declared types, the same for a seed, and simpler step by step to an end.
#include <catch2/catch.hpp>

#include "base/limits.h"
#include "shop.h"
#include "testkit/generate.h"

using namespace footlight;
using namespace footlight::test;
using Type = AttributeType::Type;

namespace {

const AttributeTypes types{{"n", {.type = Type::number, .min = -5, .max = 100}},
                           {"s", {.type = Type::text}},
                           {"b", {.type = Type::boolean}},
                           {"e", {.type = Type::enumeration, .values = {"x", "y", "z"}}},
                           {"d", {.type = Type::date}},
                           {"l", {.type = Type::list, .of = {{.type = Type::number}}}},
                           {"a", {}}};

}  // namespace

TEST_CASE("profiles are of the declared types, and every kind of value comes") {
  const ProfileMaker maker(types, Object{{"fixed", "f"}}, {"e"}, {{"n", {Value(42)}}});
  Random random(3), again(3);
  std::map<std::string, int> there;
  int marks = 0;
  for (int i = 0; i < 2'000; ++i) {
    const MadeProfile profile = maker.make(random);
    CHECK(profile == maker.make(again));
    for (const auto& [name, value] : profile.attributes) {
      ++there[name];
      INFO(name << " " << to_json(value));
      if (name != "fixed") REQUIRE(types.at(name).accepts(value));
      if (name == "n" && value == Value(42)) ++marks;
    }
  }
  CHECK(there["fixed"] == 2'000);
  CHECK(there["e"] == 2'000);
  CHECK(there["n"] > 1'500);
  CHECK(there["n"] < 1'800);
  CHECK(marks > 200);
}

TEST_CASE("simpler profiles keep what is given, and come to an end from anywhere") {
  const ProfileMaker maker(types, Object{{"fixed", "f"}}, {"e"}, {});
  Random random(11);
  for (int i = 0; i < 20; ++i) {
    MadeProfile profile = maker.make(random);
    int steps = 0;
    // Always the last: the longest way down.
    for (auto simpler = maker.simpler(profile); !simpler.empty(); simpler = maker.simpler(profile)) {
      profile = simpler.back();
      REQUIRE(++steps < 20'000);
    }
    CHECK(profile.attributes.size() == 2);
    CHECK(profile.attributes.at("e") == Value("x"));
    CHECK(profile.person == 1);
  }
}

TEST_CASE("a profile can be pasted into a test") {
  CHECK(profile_as_lua({.attributes = {{"a.b", Value(0.5)}, {"l", Array{Value("x\"\n"), Value(true)}}, {"o", Object{}}}, .person = 7}) ==
        "t:profile({ [\"a.b\"] = 0.5, [\"l\"] = { \"x\\\"\\n\", true }, [\"o\"] = {} }, \"tester:7\")");
}

TEST_CASE("a property has so many profiles, and so many attempts to make one simpler") {
  const auto runs = [](int n) { return run_one("property \"p\" { runs = " + std::to_string(n) + ", live = {}, function() end }"); };
  CHECK(runs(limits::property_runs_max).passed);
  CHECK_FALSE(runs(limits::property_runs_max + 1).passed);
  // Only a step by one fails again, and each costs the halves before it: there is no end in reach.
  const TestResult result = run_one(R"(local last, tries = nil, 0
property "p" { live = {}, given = { n = number { min = 1e6, max = 1e9 } }, function(t, p)
  local n = math.floor(p.attributes.n)
  tries = tries + 1
  if last == nil or n == last - 1 then
    last = n
    t:yes(false, "tried " .. tries .. " times")
  end
end })");
  CHECK_THAT(result.message, Catch::Contains(", and not to the end:"));
  const int tried = std::atoi(result.message.c_str() + result.message.find("tried ") + 6);
  CHECK(tried > limits::property_attempts_max / 2);
  CHECK(tried <= limits::property_attempts_max + 1);
}
