// The surface index: the same answers as trying every rule, in one order.
#include "engine/surface_index.h"

#include <catch2/catch.hpp>

using namespace footlight;

namespace {

using Matches = std::vector<SurfaceMatch>;

SurfaceRule rule_of(const Value& document) {
  Problems problems;
  const auto rule = parse_surface_rule(document, "$", problems);
  for (const Problem& problem : problems) UNSCOPED_INFO(to_line(problem));
  REQUIRE(rule);
  return *rule;
}

const char* const kExample = R"({"page":[{"domain":{"endsWith":"shop.example"}}],"container":"hero"})";

}  // namespace

TEST_CASE("the index finds every configuration once, exact ones first, each in order") {
  const SurfaceIndex index({
      {rule_of("wildcard:web://*/#hero"), 3},
      {rule_of("web://shop.example/#hero"), 4},
      {rule_of("wildcard:web://shop.*/#hero"), 1},
      {rule_of("wildcard:web://shop.example/*#hero"), 3},
      {rule_of("wildcard:web://shop.*/*#hero"), 2},
      {rule_of("web://shop.example/#hero"), 2},
      {rule_of("web://shop.example/#hero"), 2},
      {rule_of("web://shop.example/?a=1#hero"), 0},
      {rule_of(*parse_json(kExample)), 5},
  });
  CHECK(index.lookup("web://SHOP.example#hero").matches == Matches{{2, true}, {4, true}, {1, false}, {3, false}, {5, false}});
  CHECK(index.lookup("web://shop.example/?a=1#hero").matches ==
        Matches{{0, true}, {2, true}, {4, true}, {1, false}, {3, false}, {5, false}});
  CHECK(index.lookup("web://other.example/#hero").matches == Matches{{3, false}});
  CHECK(index.lookup("web://other.example/#other").matches.empty());
  CHECK(SurfaceIndex().lookup("web://shop.example/#hero").matches.empty());
}

TEST_CASE("an exact rule is found by hash whether it mentions the query and the fragment or not") {
  for (const char* rule : {"web://s.example/#h", "web://s.example/?q=1#h", "web://s.example/#/f#h", "web://s.example/?q=1#/f#h"}) {
    const SurfaceIndex index({{rule_of(rule), 0}});
    for (const char* surface : {"web://s.example/#h", "web://s.example/?q=1#h", "web://s.example/#/f#h", "web://s.example/?q=1#/f#h",
                                "web://s.example/?q=2#/f#h", "web://s.example/?q=1#/g#h"}) {
      INFO(rule << " on " << surface);
      const bool expected = matches(rule_of(rule), *parse_surface(surface));
      CHECK(index.lookup(surface).matches == (expected ? Matches{{0, true}} : Matches{}));
    }
  }
}

TEST_CASE("a surface that cannot be read matches nothing and is reported") {
  const SurfaceIndex index({{rule_of(*parse_json(kExample)), 0}, {rule_of("wildcard:web://*/*#*"), 1}});
  const auto found = index.lookup("shop.example#hero");
  CHECK(found.matches.empty());
  REQUIRE(found.problem);
  CHECK(found.problem->code == Code::bad_surface);
}
