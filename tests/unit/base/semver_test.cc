// Versions: the order that semver.org gives, what is none, and comparisons.
#include "base/semver.h"

#include <catch2/catch.hpp>

using namespace footlight;

namespace {

// Each line of equals is smaller than the next; the first are semver.org's own.
const std::vector<std::vector<const char*>> ascending = {
    {"0.0.0", "0.0.0+build"},
    {"0.0.1-0"},
    {"0.0.1-00a"},
    {"0.0.1"},
    {"1.0.0-0"},
    {"1.0.0-1"},
    {"1.0.0-9"},
    {"1.0.0-10"},
    {"1.0.0-99999999999999999999999999"},
    {"1.0.0-100000000000000000000000000"},
    {"1.0.0--"},  // a dash is no digit, so it comes after every number
    {"1.0.0-A"},
    {"1.0.0-alpha", "1.0.0-alpha+001", "1.0.0-alpha+a.b-c"},
    {"1.0.0-alpha.1"},
    {"1.0.0-alpha.1.0"},
    {"1.0.0-alpha.beta"},
    {"1.0.0-beta"},
    {"1.0.0-beta.2"},
    {"1.0.0-beta.11"},
    {"1.0.0-rc.1", "1.0.0-rc.1+20130313144700"},
    {"1.0.0", "1.0.0+001", "1.0.0+21AF26D3----117B344092BD"},
    {"1.0.1"},
    {"1.2.0"},
    {"1.10.0"},
    {"2.0.0"},
    {"2.1.0"},
    {"2.1.1"},
    {"99999999999999999999.0.0"},
    {"100000000000000000000.0.0"},
};

}  // namespace

TEST_CASE("versions are ordered as semver.org orders them") {
  std::vector<std::pair<std::size_t, const char*>> all;
  for (std::size_t rank = 0; rank < ascending.size(); ++rank)
    for (const char* text : ascending[rank]) all.emplace_back(rank, text);
  for (const auto& [left_rank, left] : all)
    for (const auto& [right_rank, right] : all) {
      const auto a = parse_version(left), b = parse_version(right);
      INFO(left << " and " << right);
      REQUIRE(a);
      REQUIRE(b);
      CHECK((*a <=> *b) == (left_rank <=> right_rank));
    }
}

TEST_CASE("what is no version is none") {
  for (const char* text :
       {"",           " ",          "1",         "1.0",         "1.0.0.0", "01.0.0",   "1.00.0",     "1.0.00",   "v1.0.0",   "V1.0.0",
        "=1.0.0",     " 1.0.0",     "1.0.0 ",    "1.0.0-",      "1.0.0+",  "1.0.0-+b", "1.0.0-a..b", "1.0.0-.a", "1.0.0-a.", "1.0.0-01",
        "1.0.0-a.00", "1.0.0+a..b", "1.0.0+a+b", "1.0.0-a_b",   "1.0.0-é", "1.a.0",    "-1.0.0",     "1.-1.0",   "1..0",     ".1.0.0",
        "1.0.0,",     "1,0,0",      "alpha",     "1.0-alpha.0", "1.0.x",   "\t1.0.0",  "1.0.0\n"}) {
    INFO("`" << text << "`");
    CHECK_FALSE(parse_version(text));
  }
  CHECK_FALSE(parse_version(std::string_view("1.0.0\0", 6)));
}

TEST_CASE("a comparison has a sign, blanks, and a version") {
  struct Case {
    const char* test;
    const char* holds;
    const char* fails;
  };
  for (const auto& [text, holds, fails] :
       {Case{"1.2.0", "1.2.0+x", "1.2.1"}, Case{"=1.2.0", "1.2.0", "1.2.0-rc.1"}, Case{"== 1.2.0", "1.2.0", "1.3.0"},
        Case{"<1.2.0", "1.2.0-rc.1", "1.2.0"}, Case{"<=   1.2.0", "1.2.0", "1.2.1-0"}, Case{">1.2.0-rc.1", "1.2.0", "1.2.0-rc.1"},
        Case{">= 1.2.0", "1.2.0", "1.2.0-rc.2"}}) {
    INFO(text);
    const auto test = parse_version_test(text);
    REQUIRE(test);
    CHECK(test->holds_for(*parse_version(holds)));
    CHECK_FALSE(test->holds_for(*parse_version(fails)));
  }
  for (const char* text :
       {"", "<", ">= ", "=>1.0.0", "===1.0.0", "!=1.0.0", "~1.0.0", "^1.0.0", "<1.0", ">=1.0.0 <2.0.0", " <1.0.0", "<\t1.0.0"}) {
    INFO("`" << text << "`");
    CHECK_FALSE(parse_version_test(text));
  }
}
