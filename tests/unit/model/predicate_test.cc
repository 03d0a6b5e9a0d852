// Predicates beyond the ledger: limits, and that the canonical form is one form.
#include "model/predicate.h"

#include <catch2/catch.hpp>

#include "base/limits.h"
#include "tests/unit/model/generator.h"

using namespace footlight;

namespace {

Problems problems_of(const Value& document) {
  Problems problems;
  parse_predicate(document, "$", problems);
  return problems;
}

Value nested(int levels, const Value& innermost) {
  Value document = innermost;
  for (int level = 1; level < levels; ++level) document = Object{{"no", std::move(document)}};
  return document;
}

// An `any` of `parts` parts in all, itself counted in.
Value wide(std::size_t parts, const Value& part = "gold") { return Object{{"any", Array(parts - 1, part)}}; }

}  // namespace

TEST_CASE("a predicate has its number of parts, and not one more") {
  CHECK(problems_of(wide(limits::predicate_nodes_max)).empty());
  const Problems problems = problems_of(wide(limits::predicate_nodes_max + 1));
  REQUIRE(problems.size() == 1);  // and not one for each part that is too many
  CHECK(problems[0].code == Code::limit_exceeded);
  CHECK(problems[0].place == "$.any[1999]");
  CHECK(problems_of(wide(limits::predicate_nodes_max + 500)).size() == 1);
}

TEST_CASE("a predicate is nested to its limit, and not one level deeper") {
  CHECK(problems_of(nested(limits::predicate_depth_max, "gold")).empty());
  const Problems problems = problems_of(nested(limits::predicate_depth_max + 1, "gold"));
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].code == Code::limit_exceeded);
  CHECK_THAT(problems[0].place, Catch::EndsWith(".no"));
}

TEST_CASE("several tests of one attribute count as the parts that they are written out to") {
  const Value range = *parse_json(R"({"attr": "a", "gt": 1, "lt": 2})");  // an `all` of two: three parts
  const std::size_t most = (limits::predicate_nodes_max - 1) / 3;
  for (const std::size_t ranges : {most, most + 1}) {
    const Value document = wide(ranges + 1, range);
    Problems problems;
    const Predicate read = parse_predicate(document, "$", problems);
    CHECK(problems.empty() == (ranges == most));
    if (problems.empty()) CHECK(problems_of(to_value(read)).empty());
  }
  CHECK(problems_of(nested(limits::predicate_depth_max - 1, range)).empty());
  CHECK(problems_of(nested(limits::predicate_depth_max, range)).size() == 1);
}

TEST_CASE("the canonical form of a predicate is one form, and reads as the same") {
  test::DocumentGenerator documents(test::seed_of_test());
  INFO("FOOTLIGHT_SEED=" << test::seed_of_test());
  for (int i = 0; i < 3'000; ++i) {
    const Value document = documents.predicate(5);
    Problems problems;
    const Value canonical = to_value(parse_predicate(document, "$", problems));
    const Predicate read = parse_predicate(canonical, "$", problems);
    INFO(to_json(document));
    for (const Problem& problem : problems) UNSCOPED_INFO(to_line(problem));
    REQUIRE(problems.empty());
    REQUIRE(to_json(to_value(read)) == to_json(canonical));
    REQUIRE(parse_predicate(to_value(read), "$", problems) == read);
  }
}

TEST_CASE("a long operand is shown by its beginning, no character cut in two") {
  for (int shift = 0; shift < 4; ++shift) {
    const Value document = Object{{"attr", "a"}, {"eq", std::string(static_cast<std::size_t>(shift), 'x') + std::string(200, 'y') + "é"}};
    Problems problems;
    const std::string text = to_text(parse_predicate(document, "$", problems));
    CHECK(text.size() == std::string("a == ").size() + 120);
  }
  std::string umlauts;
  for (int i = 0; i < 200; ++i) umlauts += "ü";
  for (const char* before : {"", "x"}) {
    Problems problems;
    const std::string text = to_text(parse_predicate(Object{{"attr", "a"}, {"eq", before + umlauts}}, "$", problems));
    CHECK_THAT(text, Catch::EndsWith("ü…"));
    CHECK(parse_json(to_json(Value(text))).ok());  // valid UTF-8
  }
}
