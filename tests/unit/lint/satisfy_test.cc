// Whether conditions can meet: what is proved, what is found, and that neither is ever wrong.
#include "lint/satisfy.h"

#include <catch2/catch.hpp>
#include <iostream>

#include "base/limits.h"
#include "lint/needs.h"
#include "tests/unit/engine/world.h"
#include "tests/unit/model/generator.h"

using namespace footlight;
using namespace footlight::test;

namespace {

using Answer = Satisfaction::Answer;

constexpr const char* attributes_json = R"({"name": "w", "attributes": {
  "tier": {"type": "enum", "values": ["none", "silver", "gold"]}, "total": {"type": "number", "min": 0, "max": 1000},
  "score": {"type": "number"}, "name": {"type": "text"}, "vip": {"type": "boolean"}, "born": {"type": "date"},
  "viewed": {"type": "list", "of": {"type": "text"}}, "version": {"type": "text"}, "extra": {"type": "any"}}})";

AttributeTypes attributes_of(const char* json) {
  Problems problems;
  Workspace workspace = parse_workspace(document(json), problems);
  REQUIRE(lines_of(problems) == "");
  return workspace.attributes;
}

Predicate predicate(const std::string& json) {
  Problems problems;
  Predicate read = parse_predicate(document(json), "$.audience", problems);
  REQUIRE(lines_of(problems) == "");
  return read;
}

std::string word(Answer answer) { return answer == Answer::meets ? "meets" : answer == Answer::never ? "never" : "unknown"; }

// Whether the engine itself says so.
bool holds(const Predicate& condition, const AttributeTypes& attributes, const IdLists& lists, const Request& asked) {
  Workspace workspace;
  workspace.attributes = attributes;
  AttributeTable table(workspace);
  Included include;
  for (const auto& [hash, ids] : lists) include.lists[hash] = hash;
  PredicateSurroundings surroundings{table, include, lists,
                                     [](const std::string&, const std::string&) -> std::variant<int, Predicate> { return Predicate{}; }};
  Problems problems;
  const auto program = PredicateProgram::compile(condition, surroundings, problems);
  REQUIRE(lines_of(problems) == "");
  const Slots slots(table, asked);
  return program(slots, no_policies(), {asked}).holds;
}

Request request_of(const Witness& witness) {
  Problems problems;
  Request made;
  made.identity.id = witness.identity.value_or("");
  made.attributes = unfold(Value(Object(witness.attributes.begin(), witness.attributes.end())), "$", problems);
  REQUIRE(lines_of(problems) == "");
  return made;
}

}  // namespace

TEST_CASE("what can be and what cannot, form by form") {
  const AttributeTypes attributes = attributes_of(attributes_json);
  const IdLists lists{{"few", parse_list("ann\nbob\n")}, {"others", parse_list("cid\n")}};
  struct Case {
    const char* condition;
    const char* answer;
  };
  for (const auto& [json, answer] : {
           Case{R"("everyone")", "meets"},
           Case{R"({"any": []})", "never"},
           Case{R"({"no": {"any": []}})", "meets"},
           Case{R"({"no": "everyone"})", "never"},
           // numbers
           Case{R"({"attr": "score", "gt": 5, "lt": 3})", "never"},
           Case{R"({"attr": "score", "gt": 5, "lt": 5.0000001})", "meets"},
           Case{R"({"attr": "score", "ge": 5, "le": 5})", "meets"},
           Case{R"({"all": [{"attr": "score", "ge": 5, "le": 5}, {"no": {"attr": "score", "eq": 5}}]})", "never"},
           Case{R"({"attr": "total", "lt": 0})", "never"},
           Case{R"({"attr": "total", "gt": 1000})", "never"},
           Case{R"({"attr": "total", "ge": 1000})", "meets"},
           Case{R"({"attr": "score", "between": [5, 5]})", "never"},
           Case{R"({"attr": "score", "eq": "gold"})", "never"},
           Case{R"({"attr": "score", "starts": "1"})", "never"},
           Case{R"({"attr": "score", "in": [1, 2], "gt": 2})", "never"},
           Case{R"({"attr": "score", "in": [1, 2, 3], "gt": 2})", "meets"},
           Case{R"({"all": [{"attr": "score", "gt": 1}, {"no": {"attr": "score", "exists": true}}]})", "never"},
           // absent counts: `no` simply negates
           Case{R"({"all": [{"no": {"attr": "score", "gt": 5}}, {"no": {"attr": "score", "le": 5}}]})", "meets"},
           Case{R"({"all": [{"attr": "score", "exists": true}, {"no": {"attr": "score", "gt": 5}}, {"no": {"attr": "score", "le": 5}}]})",
                "never"},
           // enums and truths
           Case{R"({"attr": "tier", "eq": "platinum"})", "never"},
           Case{R"({"all": [{"attr": "tier", "eq": "gold"}, {"attr": "tier", "eq": "silver"}]})", "never"},
           Case{R"({"all": [{"attr": "tier", "exists": true}, {"no": {"attr": "tier", "in": ["none", "silver"]}}]})", "meets"},
           Case{R"({"all": [{"attr": "tier", "exists": true}, {"no": {"attr": "tier", "in": ["none", "silver", "gold"]}}]})", "never"},
           Case{R"({"attr": "tier", "starts": "s"})", "meets"},
           Case{R"({"attr": "tier", "gt": "none", "lt": "silver"})", "never"},
           Case{R"({"all": [{"attr": "vip", "eq": true}, {"attr": "vip", "eq": false}]})", "never"},
           Case{R"({"attr": "vip", "eq": "true"})", "never"},
           // texts
           Case{R"({"attr": "name", "starts": "Ann", "ends": "a"})", "meets"},
           Case{R"({"all": [{"attr": "name", "starts": "A"}, {"attr": "name", "starts": "B"}]})", "never"},
           Case{R"({"all": [{"attr": "name", "starts": "A"}, {"attr": "name", "starts": "Ann"}]})", "meets"},
           Case{R"({"all": [{"attr": "name", "ends": "x"}, {"attr": "name", "ends": "y"}]})", "never"},
           Case{R"({"all": [{"attr": "name", "starts": "Ann"}, {"no": {"attr": "name", "starts": "A"}}]})", "never"},
           Case{R"({"all": [{"attr": "name", "contains": "nn"}, {"no": {"attr": "name", "contains": "n"}}]})", "never"},
           Case{R"({"all": [{"attr": "name", "starts": "A"}, {"no": {"attr": "name", "eq": "A"}}]})", "meets"},
           Case{R"({"attr": "name", "in": ["Ann", "Bob"], "starts": "C"})", "never"},
           Case{R"({"attr": "name", "ge": "b", "lt": "a"})", "never"},
           Case{R"({"attr": "name", "gt": "a", "lt": "b"})", "meets"},
           Case{R"({"attr": "name", "starts": "z", "lt": "b"})", "never"},
           Case{R"({"attr": "name", "starts": "a", "gt": "b"})", "never"},
           Case{R"({"all": [{"attr": "name", "ge": "m"}, {"no": {"attr": "name", "ge": "m"}}]})", "never"},
           Case{R"({"attr": "name", "gt": 5})", "never"},
           Case{R"({"attr": "name", "has_any": ["a"]})", "never"},
           // versions
           Case{R"({"all": [{"attr": "version", "semver": ">=2.0.0"}, {"attr": "version", "semver": "<2.0.0"}]})", "never"},
           Case{R"({"all": [{"attr": "version", "semver": ">1.9.9"}, {"attr": "version", "semver": "<1.9.10"}]})", "meets"},  // 1.9.10-0
           Case{R"({"all": [{"attr": "version", "semver": ">1.0.0-rc.1"}, {"attr": "version", "semver": "<1.0.0"}]})", "meets"},
           // lists
           Case{R"({"all": [{"attr": "viewed", "has_all": ["a", "b"]}, {"no": {"attr": "viewed", "has_any": ["b", "c"]}}]})", "never"},
           Case{R"({"all": [{"attr": "viewed", "has_any": ["a", "b"]}, {"no": {"attr": "viewed", "has_any": ["b"]}}]})", "meets"},
           Case{R"({"all": [{"attr": "viewed", "has_any": ["a", "b"]}, {"no": {"attr": "viewed", "has_any": ["a", "b", "c"]}}]})", "never"},
           Case{R"({"all": [{"attr": "viewed", "has_all": ["a"]}, {"no": {"attr": "viewed", "has_all": ["a"]}}]})", "never"},
           Case{R"({"attr": "viewed", "has_all": [5]})", "never"},
           Case{R"({"attr": "viewed", "eq": "a"})", "never"},
           Case{R"({"attr": "viewed", "contains": "a"})", "never"},
           // identities
           Case{R"({"all": [{"bucket": {"salt": "s", "from": 0, "to": 5000}}, {"bucket": {"salt": "s", "from": 5000, "to": 10000}}]})",
                "never"},
           Case{R"({"all": [{"bucket": {"salt": "s", "from": 0, "to": 5000}}, {"bucket": {"salt": "t", "from": 5000, "to": 10000}}]})",
                "meets"},
           Case{R"({"all": [{"bucket": {"salt": "s", "from": 10, "to": 20}}, {"no": {"bucket": {"salt": "s", "from": 0, "to": 100}}}]})",
                "never"},
           Case{R"({"bucket": {"salt": "s", "from": 7, "to": 7}})", "never"},
           Case{R"({"bucket": {"salt": "s", "from": 4200, "to": 4210}})", "meets"},
           Case{R"({"all": [{"list": "few"}, {"list": "others"}]})", "never"},
           Case{R"({"all": [{"list": "few"}, {"no": {"list": "others"}}]})", "meets"},
           // dates and anything
           Case{R"({"attr": "born", "ge": "2000-01-01", "lt": "2001-01-01"})", "meets"},
           Case{R"({"attr": "born", "ge": "2001-01-01", "lt": "2000-01-01"})", "never"},
           Case{R"({"attr": "born", "eq": "tomorrow"})", "never"},
           Case{R"({"all": [{"attr": "extra", "gt": 5}, {"attr": "extra", "starts": "a"}]})", "never"},
           Case{R"({"attr": "extra", "gt": 5})", "meets"},
           Case{R"({"attr": "extra", "has_any": [true]})", "meets"},
           Case{R"({"attr": "extra", "eq": "x"})", "meets"},
           // alternatives
           Case{R"({"all": [{"any": [{"attr": "score", "lt": 1}, {"attr": "score", "gt": 9}]}, {"attr": "score", "between": [1, 9]}]})",
                "never"},
           Case{R"({"all": [{"any": [{"attr": "score", "lt": 1}, {"attr": "tier", "eq": "gold"}]}, {"attr": "score", "gt": 1}]})", "meets"},
           // a policy may answer anything
           Case{R"({"all": [{"lua": "f"}, {"no": {"lua": "f"}}]})", "meets"},
           Case{R"({"all": [{"lua": "f"}, {"attr": "score", "gt": 5, "lt": 3}]})", "never"},
       }) {
    INFO(json);
    const Predicate condition = predicate(json);
    const Demand demand{&condition, true};
    const Satisfaction found = satisfy({&demand, 1}, attributes, lists);
    CHECK(word(found.answer) == answer);
    if (found.answer == Answer::meets && !found.asks_policy) CHECK(holds(condition, attributes, lists, request_of(found.witness)));
  }
}

TEST_CASE("random conditions: what is never met no request meets, and a witness meets what it was found for") {
  const std::uint64_t seed = seed_of_test();
  INFO("FOOTLIGHT_SEED=" << seed);
  DocumentGenerator generate(seed);
  const char* declared[] = {
      R"({"name": "w", "attributes": {"n": {"type": "number"}, "s": {"type": "text"}, "b": {"type": "boolean"}, "l": {"type": "list"}, "v": {"type": "text"}, "d.e": {"type": "any"}}})",
      R"({"name": "w", "attributes": {"n": {"type": "number", "min": 0, "max": 5}, "s": {"type": "enum", "values": ["a", "ab", "b"]}, "b": {"type": "boolean"},
          "l": {"type": "list", "of": {"type": "text"}}, "v": {"type": "text"}, "d.e": {"type": "any"}}})"};
  const IdLists lists{{"vip", parse_list("ann\nab\n")}, {"eu", parse_list("bob\nann\na\n")}};
  int met = 0, never = 0, unknown = 0;
  for (int round = 0; round < 3'000; ++round) {
    const AttributeTypes attributes = attributes_of(declared[round % 2]);
    Predicate one = predicate(to_json(generate.predicate(4, false))), other = predicate(to_json(generate.predicate(4, false)));
    const Demand demands[] = {{&one, true}, {&other, generate.chance(50)}};
    const Satisfaction found = satisfy(demands, attributes, lists);
    INFO(to_json(to_value(one)) << "\n" << (demands[1].holds ? "and " : "and not ") << to_json(to_value(other)));
    const auto all_hold = [&](const Request& asked) {
      return holds(one, attributes, lists, asked) && holds(other, attributes, lists, asked) == demands[1].holds;
    };
    if (found.answer == Answer::meets) {
      ++met;
      INFO(to_json(request_of(found.witness).attributes) << " " << found.witness.identity.value_or("nobody"));
      CHECK(all_hold(request_of(found.witness)));
    } else {
      (found.answer == Answer::never ? never : unknown)++;
      // What the quick look excludes must be a proof too.
      for (int i = 0; i < 25; ++i) {
        Problems problems;
        Request asked;
        asked.identity.id = i % 3 ? std::string("visitor-") + std::to_string(i) : i % 2 ? "ann" : "";
        asked.attributes = unfold(generate.profile(), "$", problems);
        INFO(to_json(asked.attributes) << " " << asked.identity.id);
        if (found.answer == Answer::never) CHECK_FALSE(all_hold(asked));
      }
    }
    if (demands[1].holds && exclude_each_other(needs_of(one), needs_of(other))) CHECK(found.answer != Answer::meets);
  }
  std::cout << "satisfy: " << met << " met, " << never << " never, " << unknown << " unknown\n";
  // Soundness alone would be content with knowing nothing.
  CHECK(unknown < 300);
  CHECK(never > 300);
}

TEST_CASE("a question that is too large is answered with unknown, not with a guess") {
  // Every choice of one from each of 20 pairs fails only at the end.
  AttributeTypes attributes;
  Predicate whole{.op = Predicate::Op::all};
  for (int i = 0; i < 20; ++i) {
    const std::string name = "a" + std::to_string(i);
    attributes[name] = {.type = AttributeType::Type::date};
    Predicate odd{.op = Predicate::Op::contains, .attribute = name, .operand = "x"},
        other{.op = Predicate::Op::contains, .attribute = name, .operand = "y"};
    whole.args.push_back({.op = Predicate::Op::any, .args = {odd, other}});
  }
  const Demand demand{&whole, true};
  CHECK(word(satisfy({&demand, 1}, attributes, {}).answer) == "unknown");
  STATIC_REQUIRE(limits::satisfy_steps_max < 1 << 20);
}

TEST_CASE("audiences and lists are written out with what the definition includes") {
  Included include;
  include.audiences["gold"] = predicate(R"({"attr": "tier", "eq": "gold"})");
  include.audiences["rich"] = predicate(R"({"all": ["gold", {"attr": "total", "gt": 100}]})");
  include.lists["vip.csv"] = "abc";
  const LiftPolicy lift = [](const Predicate& lua) -> std::optional<Predicate> {
    if (lua.lua == "native") return predicate(R"({"attr": "vip", "eq": true})");
    return {};
  };
  const auto written =
      written_out(predicate(R"({"all": ["rich", {"list": "vip.csv"}, {"lua": "native"}, {"lua": "other"}]})"), include, lift);
  REQUIRE(written);
  CHECK(
      to_json(to_value(*written)) ==
      R"({"all":[{"all":[{"attr":"tier","eq":"gold"},{"attr":"total","gt":100}]},{"list":"abc"},{"attr":"vip","eq":true},{"lua":"other"}]})");
  CHECK_FALSE(written_out(predicate(R"("nobody")"), include, lift));
  CHECK_FALSE(written_out(predicate(R"({"list": "none.csv"})"), include, lift));
  include.audiences["self"] = predicate(R"({"no": "self"})");
  CHECK_FALSE(written_out(predicate(R"("self")"), include, lift));
}
