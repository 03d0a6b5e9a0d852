// Requests beyond the ledger: limits, and that dotted and nested names are the same.
#include "model/request.h"

#include <catch2/catch.hpp>

#include "base/limits.h"

using namespace footlight;

namespace {

Problems problems_of(const Value& document) {
  Problems problems;
  parse_request(document, Instant{}, problems);
  return problems;
}

Value with_attributes(Object attributes) { return Object{{"attributes", std::move(attributes)}, {"surfaces", Array{}}}; }

void stands_at(const Value& at, const Value& past, const std::string& place) {
  CHECK(problems_of(at).empty());
  const Problems problems = problems_of(past);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].code == Code::limit_exceeded);
  CHECK(problems[0].place == place);
}

}  // namespace

TEST_CASE("a request asks for its number of surfaces, and not one more") {
  const auto asking = [](std::size_t count) {
    Array surfaces;
    for (std::size_t i = 0; i < count; ++i) surfaces.push_back("web://a/#" + std::to_string(i));
    return Value(Object{{"surfaces", std::move(surfaces)}});
  };
  stands_at(asking(limits::request_surfaces_max), asking(limits::request_surfaces_max + 1), "$.surfaces");
}

TEST_CASE("a request has its number of values, however they are held, and not one more") {
  const auto flat = [](std::size_t count) {
    Object attributes;
    for (std::size_t i = 0; i < count; ++i) attributes["a" + std::to_string(i)] = 1;
    return with_attributes(std::move(attributes));
  };
  const auto listed = [](std::size_t count) { return with_attributes({{"a", Array(count - 1, Value(1))}}); };  // the list is one itself
  const auto nested = [](std::size_t count) {
    Object inner;
    for (std::size_t i = 0; i < count; ++i) inner["a" + std::to_string(i)] = 1;
    return with_attributes({{"a", Object{{"b", std::move(inner)}}}});
  };
  stands_at(flat(limits::attributes_max), flat(limits::attributes_max + 1), "$.attributes");
  stands_at(listed(limits::attributes_max), listed(limits::attributes_max + 1), "$.attributes");
  stands_at(nested(limits::attributes_max), nested(limits::attributes_max + 1), "$.attributes");
  const Value context = Object{{"context", with_attributes({{"a", Array(limits::attributes_max, Value(1))}})}, {"surfaces", Array{}}};
  REQUIRE(problems_of(context).size() == 1);
  CHECK(problems_of(context)[0].place == "$.context");
}

TEST_CASE("a string is as long as its limit, wherever it stands, and not one byte longer") {
  const std::string at(limits::attribute_string_bytes_max, 'x'), past = at + "x";
  stands_at(with_attributes({{"a", at}}), with_attributes({{"a", past}}), "$.attributes.a");
  stands_at(with_attributes({{"a", Object{{"b", at}}}}), with_attributes({{"a", Object{{"b", past}}}}), "$.attributes.a.b");
  stands_at(with_attributes({{"a", Array{1, at}}}), with_attributes({{"a", Array{1, past}}}), "$.attributes.a");
}

TEST_CASE("a dotted name leads as deep as JSON goes, and not one level deeper") {
  const auto dotted = [](int levels) {
    std::string name = "a";
    for (int level = 1; level < levels; ++level) name += ".a";
    return with_attributes({{name, 1}});
  };
  stands_at(dotted(limits::json_depth_max), dotted(limits::json_depth_max + 1), "$.attributes");
  // One name of a quarter of a megabyte must not nest a hundred thousand objects.
  const Problems problems = problems_of(dotted(static_cast<int>(limits::request_bytes_max / 2)));
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].code == Code::limit_exceeded);
  // Nor may names within objects add up to more.
  std::string half = "b";
  for (int level = 1; level < limits::json_depth_max / 2; ++level) half += ".b";
  CHECK(problems_of(with_attributes({{half, Object{{half, 1}}}})).empty());
  CHECK(problems_of(with_attributes({{half, Object{{half + ".b", 1}}}})).size() == 1);
}

TEST_CASE("unfolding leaves what has no dots as it is") {
  Problems problems;
  const Value flat = *parse_json(R"({"a": {"b": null, "c": [{"d.e": 1}]}, "f": 1})");
  CHECK(unfold(flat, "$", problems) == flat);
  CHECK(problems.empty());
}
