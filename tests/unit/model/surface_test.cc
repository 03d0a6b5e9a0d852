// Surfaces and surface rules: what is one, which surface a rule matches, and the traps between them.
#include "model/surface.h"

#include <catch2/catch.hpp>

#include "base/limits.h"

using namespace footlight;

namespace {

// A rule in the words of a document: JSON where it begins with `{`, else the string itself.
Value document(std::string_view text) { return text.starts_with('{') ? *parse_json(text) : Value(text); }

SurfaceRule rule_of(std::string_view text) {
  Problems problems;
  const auto rule = parse_surface_rule(document(text), "$", problems);
  INFO(text);
  for (const Problem& problem : problems) UNSCOPED_INFO(to_line(problem));
  REQUIRE(rule);
  return *rule;
}

bool does_match(const SurfaceRule& rule, std::string_view surface) {
  const auto uri = parse_surface(surface);
  INFO(surface);
  REQUIRE(uri.ok());
  return matches(rule, *uri);
}

std::string page(std::string_view part) {  // one page rule on `#hero`
  return R"({"page":[{)" + std::string(part) + R"(}],"container":"hero"})";
}

}  // namespace

TEST_CASE("a surface has one canonical text") {
  struct Case {
    const char* written;
    const char* canonical;
  };
  const Case cases[] = {
      {"web://shop.example/home#hero", "web://shop.example/home#hero"},
      {"mobileapp://com.acme.shop/cart#banner", "mobileapp://com.acme.shop/cart#banner"},
      {"service://search/#ranking", "service://search/#ranking"},
      {"https://shop.example/home", "https://shop.example/home"},
      {"x-kiosk+v2.1://hall/#a", "x-kiosk+v2.1://hall/#a"},
      // case: kept on the path and off the web, folded in hosts and types
      {"WEB://Shop.EXAMPLE/Home#Hero", "web://shop.example/Home#Hero"},
      {"mobileapp://com.Acme.Shop#x", "mobileapp://com.Acme.Shop/#x"},
      // paths
      {"web://shop.example", "web://shop.example/"},
      {"web://shop.example#hero", "web://shop.example/#hero"},
      {"web://shop.example?q=1#hero", "web://shop.example/?q=1#hero"},
      {"web://shop.example/home/#hero", "web://shop.example/home/#hero"},
      {"web://shop.example//a/../b#hero", "web://shop.example//a/../b#hero"},
      // hosts
      {"web://shop.example.:8080/", "web://shop.example:8080/"},
      {"https://shop.example:443/", "https://shop.example/"},
      {"http://shop.example:80/", "http://shop.example/"},
      {"http://shop.example:443/", "http://shop.example:443/"},
      {"web://shop.example:443/", "web://shop.example:443/"},
      {"web://shop.example:/", "web://shop.example/"},
      {"web://[2001:DB8::1]:8080/#x", "web://[2001:db8::1]:8080/#x"},
      {"web://münchen.example/#x", "web://münchen.example/#x"},
      // percent-encoding
      {"web://s.example/caf%c3%a9", "web://s.example/caf%C3%A9"},
      {"web://s.example/café", "web://s.example/caf%C3%A9"},
      {"web://s.example/%7Eann%41", "web://s.example/~annA"},
      {"web://s.example/a%2Fb", "web://s.example/a%2Fb"},
      {"web://s.example/100%", "web://s.example/100%25"},
      {"web://s.example/%4", "web://s.example/%254"},
      {"web://s.example/a*b#*", "web://s.example/a%2Ab#%2A"},
      {"web://s.example/{x}", "web://s.example/%7Bx%7D"},
      // query, fragment, container
      {"web://s.example/?b=2&a=1#hero", "web://s.example/?b=2&a=1#hero"},
      {"web://s.example/?#hero", "web://s.example/#hero"},
      {"web://s.example/#/cart?x#hero", "web://s.example/#/cart?x#hero"},
      {"web://s.example/#/cart#", "web://s.example/#/cart#"},
      {"web://s.example/##hero", "web://s.example/#hero"},
      {"web://s.example/#", "web://s.example/"},
  };
  for (const auto& [written, canonical] : cases) {
    INFO(written);
    const auto surface = parse_surface(written);
    REQUIRE(surface.ok());
    CHECK(to_text(*surface) == canonical);
    CHECK(*parse_surface(canonical) == *surface);
  }
}

TEST_CASE("the parts of a surface") {
  const auto surface = parse_surface("web://shop.example:8080/a/b?q=1#/cart#hero");
  REQUIRE(surface.ok());
  CHECK(*surface == SurfaceUri{"web", "shop.example:8080", "/a/b", "q=1", "/cart", "hero"});
  CHECK(parse_surface("web://shop.example/a")->container.empty());
}

TEST_CASE("what is no surface is refused, with what is wrong") {
  struct Case {
    const char* text;
    const char* says;
  };
  const Case cases[] = {
      {"", "type://property"},
      {"hero", "type://property"},
      {"shop.example/home#hero", "type://property"},
      {"web:/shop.example", "type://property"},
      {"://shop.example", "no type"},
      {"9web://shop.example", "no type"},
      {"my_app://x", "no type"},
      {"web://", "property is missing"},
      {"web:///home#hero", "property is missing"},
      {"web://#hero", "property is missing"},
      {"wildcard:web://shop.example/*", "`wildcard:` begins a rule"},
      {"web://shop.example/a b", "blanks"},
      {"web://shop.example/a\tb", "blanks"},
      {"web://shop.example/\x7f", "control"},
      {" web://shop.example", "blanks"},
      {"web://ann@shop.example/", "no user"},
      {"https://shop.example@evil.example/", "no user"},
      {"web://shop..example/", "empty label"},
      {"web://.example/", "empty label"},
      {"web://./", "empty label"},
      {"web://*.shop.example/", "no host"},
      {"web://shop%2eexample/", "no host"},
      {"web://shop\\example/", "no host"},
      {"web://shop.example:http/", "no port"},
      {"web://shop.example:123456/", "no port"},
      {"web://::1/", "empty label"},
      {"web://[::1/", "no host"},
      {"web://[x]/", "no host"},
  };
  for (const auto& [text, says] : cases) {
    INFO(text);
    const auto surface = parse_surface(text);
    REQUIRE_FALSE(surface.ok());
    CHECK(surface.error().code == Code::bad_surface);
    CHECK_THAT(surface.error().message, Catch::Contains(says));
  }
}

TEST_CASE("a surface ends at its limit") {
  const auto of_size = [](std::size_t size) {
    std::string text = "web://shop.example/";
    return text.append(size - text.size(), 'a');
  };
  CHECK(parse_surface(of_size(limits::surface_bytes_max)).ok());
  const auto longer = parse_surface(of_size(limits::surface_bytes_max + 1));
  REQUIRE_FALSE(longer.ok());
  CHECK(longer.error().code == Code::limit_exceeded);
}

TEST_CASE("an exact rule matches its surface in every spelling, and no other") {
  struct Case {
    const char* rule;
    const char* surface;
    bool expected;
  };
  const Case cases[] = {
      {"web://shop.example/home#hero", "web://shop.example/home#hero", true},
      {"web://shop.example/home#hero", "web://SHOP.example/home#hero", true},
      {"web://shop.example/home#hero", "web://shop.example/Home#hero", false},
      {"web://shop.example/home#hero", "web://shop.example/home#Hero", false},
      {"web://shop.example/home#hero", "web://shop.example/home/#hero", false},
      {"web://shop.example/home#hero", "web://shop.example/home", false},
      {"web://shop.example/home", "web://shop.example/home#hero", false},
      {"web://shop.example/home", "web://shop.example/home", true},
      {"web://shop.example#hero", "web://shop.example/#hero", true},
      {"web://shop.example/café#hero", "web://shop.example/caf%c3%a9#hero", true},
      {"web://shop.example/home#hero", "https://shop.example/home#hero", false},
      {"web://shop.example/home#hero", "web://shop.example:8080/home#hero", false},
      {"web://shop.example/home#hero", "web://myshop.example/home#hero", false},
      {"mobileapp://com.acme.shop/cart#b", "mobileapp://com.acme.shop/cart#b", true},
      {"mobileapp://com.acme.shop/cart#b", "mobileapp://com.Acme.shop/cart#b", false},
      {"service://search/#ranking", "service://search#ranking", true},
      // a literal star is no wildcard
      {"web://shop.example/%2A#hero", "web://shop.example/*#hero", true},
      {"web://shop.example/%2A#hero", "web://shop.example/home#hero", false},
      // query and fragment count where the rule mentions them
      {"web://shop.example/home#hero", "web://shop.example/home?utm_source=x#hero", true},
      {"web://shop.example/home#hero", "web://shop.example/home#/a#hero", true},
      {"web://shop.example/home?a=1#hero", "web://shop.example/home?a=1#hero", true},
      {"web://shop.example/home?a=1#hero", "web://shop.example/home#hero", false},
      {"web://shop.example/home?a=1#hero", "web://shop.example/home?a=1&b=2#hero", false},
      {"web://shop.example/#/a#hero", "web://shop.example/#/a#hero", true},
      {"web://shop.example/#/a#hero", "web://shop.example/#/b#hero", false},
      {"web://shop.example/#/a#hero", "web://shop.example/?x=1#/a#hero", true},
  };
  for (const auto& [rule, surface, expected] : cases) {
    INFO(rule << " on " << surface);
    CHECK(does_match(rule_of(rule), surface) == expected);
  }
}

TEST_CASE("a wildcard matches within its part") {
  struct Case {
    const char* rule;
    const char* surface;
    bool expected;
  };
  const Case cases[] = {
      // property
      {"wildcard:web://*.shop.example/#hero", "web://www.shop.example/#hero", true},
      {"wildcard:web://*.shop.example/#hero", "web://a.b.shop.example/#hero", true},
      {"wildcard:web://*.shop.example/#hero", "web://A.SHOP.example/#hero", true},
      {"wildcard:web://*.SHOP.example/#hero", "web://a.shop.example/#hero", true},
      {"wildcard:web://*.shop.example/#hero", "web://shop.example/#hero", false},
      {"wildcard:web://*.shop.example/#hero", "web://myshop.example/#hero", false},
      {"wildcard:web://*.shop.example/#hero", "web://a.shop.example.evil.example/#hero", false},
      {"wildcard:web://*.shop.example/#hero", "web://a.shop.example:8080/#hero", false},
      {"wildcard:web://*.shop.example:*/#hero", "web://a.shop.example:8080/#hero", true},
      {"wildcard:web://*shop.example/#hero", "web://myshop.example/#hero", true},
      {"wildcard:web://*/#hero", "web://anything.example:8080/#hero", true},
      {"wildcard:web://shop.*/#hero", "web://shop.co.uk/#hero", true},
      {"wildcard:web://shop.*.example/#hero", "web://shop.a.example/#hero", true},
      {"wildcard:web://shop.*.example/#hero", "web://shop.example/#hero", false},
      {"wildcard:mobileapp://com.acme.*/cart#b", "mobileapp://com.acme.shop/cart#b", true},
      {"wildcard:mobileapp://com.acme.*/cart#b", "mobileapp://com.Acme.shop/cart#b", false},
      {"wildcard:service://*.api/#b", "service://.api/#b", false},
      {"wildcard:service://*.api/#b", "service://a.api/#b", true},
      // the type is no part that `*` could reach over to
      {"wildcard:web://*/#hero", "https://shop.example/#hero", false},
      // path
      {"wildcard:web://shop.example/*#hero", "web://shop.example/#hero", true},
      {"wildcard:web://shop.example/*#hero", "web://shop.example#hero", true},
      {"wildcard:web://shop.example/*#hero", "web://shop.example/a/b/c#hero", true},
      {"wildcard:web://shop.example/shop/*#hero", "web://shop.example/shop/a/b#hero", true},
      {"wildcard:web://shop.example/shop/*#hero", "web://shop.example/shop/#hero", true},
      {"wildcard:web://shop.example/shop/*#hero", "web://shop.example/shop#hero", false},
      {"wildcard:web://shop.example/shop/*#hero", "web://shop.example/Shop/a#hero", false},
      {"wildcard:web://shop.example/*/cart#hero", "web://shop.example/de/cart#hero", true},
      {"wildcard:web://shop.example/*/cart#hero", "web://shop.example/cart#hero", false},
      {"wildcard:web://shop.example/a*a#hero", "web://shop.example/a#hero", false},
      {"wildcard:web://shop.example/a*a#hero", "web://shop.example/aa#hero", true},
      {"wildcard:web://shop.example/a*ab*b#hero", "web://shop.example/aabb#hero", true},
      {"wildcard:web://shop.example/a*ab*b#hero", "web://shop.example/aab#hero", false},
      {"wildcard:web://shop.example/**x**#hero", "web://shop.example/x#hero", true},
      {"wildcard:web://shop.example/é*#hero", "web://shop.example/%c3%a9t%C3%A9#hero", true},
      {"wildcard:web://shop.example/%2A/*#hero", "web://shop.example/*/a#hero", true},
      {"wildcard:web://shop.example/%2A/*#hero", "web://shop.example/b/a#hero", false},
      // `*` in one part does not reach into the next
      {"wildcard:web://shop.example*#hero", "web://shop.example/a#hero", false},
      {"wildcard:web://shop.example/*", "web://shop.example/a#hero", false},
      {"wildcard:web://shop.example/*", "web://shop.example/a", true},
      // container
      {"wildcard:web://shop.example/home#*", "web://shop.example/home#hero", true},
      {"wildcard:web://shop.example/home#*", "web://shop.example/home", false},
      {"wildcard:web://shop.example/home#hero-*", "web://shop.example/home#hero-1", true},
      {"wildcard:web://shop.example/home#hero-*", "web://shop.example/home#hero", false},
      // query and fragment
      {"wildcard:web://shop.example/*#hero", "web://shop.example/a?q=1#hero", true},
      {"wildcard:web://shop.example/?*ref=mail*#hero", "web://shop.example/?a=1&ref=mail#hero", true},
      {"wildcard:web://shop.example/?*ref=mail*#hero", "web://shop.example/#hero", false},
      {"wildcard:web://shop.example/#/cart/*#hero", "web://shop.example/#/cart/1#hero", true},
      {"wildcard:web://shop.example/#/cart/*#hero", "web://shop.example/#/home#hero", false},
  };
  for (const auto& [rule, surface, expected] : cases) {
    INFO(rule << " on " << surface);
    CHECK(does_match(rule_of(rule), surface) == expected);
  }
}

TEST_CASE("a page rule compares each part of a page") {
  struct Case {
    std::string rule;
    const char* surface;
    bool expected;
  };
  const Case cases[] = {
      {page(R"("domain":"any")"), "web://shop.example/a#hero", true},
      {page(R"("domain":"any")"), "https://shop.example/a#hero", true},
      {page(R"("domain":"any")"), "mobileapp://com.acme/a#hero", false},
      {page(R"("domain":"any")"), "web://shop.example/a", false},
      {page(R"("domain":"any")"), "web://shop.example/a#other", false},
      {R"({"page":[{"domain":"any"}]})", "web://shop.example/a", true},
      {R"({"page":[{"domain":"any"}]})", "web://shop.example/a#hero", false},
      // domain
      {page(R"("domain":{"equals":"Shop.Example"})"), "web://shop.example/#hero", true},
      {page(R"("domain":{"equals":"shop.example"})"), "web://shop.example:8080/#hero", true},
      {page(R"("domain":{"equals":"shop.example"})"), "web://a.shop.example/#hero", false},
      {page(R"("domain":{"equals":"shop.example:8080"})"), "web://shop.example:8080/#hero", true},
      {page(R"("domain":{"equals":"shop.example:8080"})"), "web://shop.example/#hero", false},
      {page(R"("domain":{"endsWith":"example.com"})"), "web://example.com/#hero", true},
      {page(R"("domain":{"endsWith":"example.com"})"), "web://a.b.EXAMPLE.com/#hero", true},
      {page(R"("domain":{"endsWith":"example.com"})"), "web://myexample.com/#hero", false},
      {page(R"("domain":{"endsWith":"example.com"})"), "web://example.com.evil.example/#hero", false},
      {page(R"("domain":{"endsWith":"example.com"})"), "web://example.com:8443/#hero", true},
      {page(R"("domain":{"endsWith":"example.com."})"), "web://a.example.com/#hero", true},
      {page(R"("domain":{"endsWith":".example.com"})"), "web://a.example.com/#hero", true},
      {page(R"("domain":{"endsWith":".example.com"})"), "web://example.com/#hero", false},
      {page(R"("domain":{"startsWith":"shop."})"), "web://shop.example/#hero", true},
      {page(R"("domain":{"startsWith":"shop."})"), "web://myshop.example/#hero", false},
      {page(R"("domain":{"contains":"SHOP"})"), "web://my-shop.example/#hero", true},
      {page(R"("domain":{"contains":"shop"})"), "web://store.example/shop#hero", false},
      {page(R"("domain":{"wildcard":"*.shop.example"})"), "web://a.b.shop.example:1/#hero", true},
      {page(R"("domain":{"wildcard":"*.shop.example"})"), "web://shop.example/#hero", false},
      {page(R"("domain":{"wildcard":"*.shop.example"})"), "web://myshop.example/#hero", false},
      // path
      {page(R"("path":{"equals":"/home"})"), "web://x.example/home#hero", true},
      {page(R"("path":{"equals":"/home"})"), "web://x.example/home/#hero", false},
      {page(R"("path":{"equals":"/home"})"), "web://x.example/HOME#hero", false},
      {page(R"("path":{"equals":"/"})"), "web://x.example#hero", true},
      {page(R"("path":{"equals":"/café"})"), "web://x.example/caf%C3%A9#hero", true},
      {page(R"("path":{"startsWith":"/shop/"})"), "web://x.example/shop/a#hero", true},
      {page(R"("path":{"startsWith":"/shop/"})"), "web://x.example/shop#hero", false},
      {page(R"("path":{"endsWith":".html"})"), "web://x.example/a.html#hero", true},
      {page(R"("path":{"endsWith":".html"})"), "web://x.example/a.html?x=1#hero", true},
      {page(R"("path":{"contains":"cart"})"), "web://x.example/de/cart/1#hero", true},
      {page(R"("path":{"contains":"cart"})"), "web://cart.example/#hero", false},
      {page(R"("path":{"wildcard":"/*/p/*"})"), "web://x.example/de/p/1#hero", true},
      {page(R"("path":{"wildcard":"/*/p/*"})"), "web://x.example/p/1#hero", false},
      // query and fragment
      {page(R"("query":{"contains":"ref=mail"})"), "web://x.example/?a&ref=mail#hero", true},
      {page(R"("query":{"contains":"ref=mail"})"), "web://x.example/#hero", false},
      {page(R"("query":{"wildcard":"*"})"), "web://x.example/#hero", true},
      {page(R"("fragment":{"startsWith":"/cart"})"), "web://x.example/#/cart/1#hero", true},
      {page(R"("fragment":{"startsWith":"/cart"})"), "web://x.example/#hero", false},
      // all parts of one rule, any of the rules, none of the excluded
      {page(R"("domain":{"equals":"a.example"},"path":{"equals":"/x"})"), "web://a.example/x#hero", true},
      {page(R"("domain":{"equals":"a.example"},"path":{"equals":"/x"})"), "web://a.example/y#hero", false},
      {R"({"page":[{"path":{"equals":"/x"}},{"path":{"equals":"/y"}}],"join":"or","container":"h"})", "web://a.example/y#h", true},
      {R"({"page":[{"path":{"equals":"/x"}},{"path":{"equals":"/y"}}],"join":"or","container":"h"})", "web://a.example/z#h", false},
      {R"({"page":[{"domain":"any"}],"exclude":[{"path":{"startsWith":"/admin"}}],"container":"h"})", "web://a.example/admin/x#h", false},
      {R"({"page":[{"domain":"any"}],"exclude":[{"path":{"startsWith":"/admin"}}],"container":"h"})", "web://a.example/shop#h", true},
  };
  for (const auto& [rule, surface, expected] : cases) {
    INFO(rule << " on " << surface);
    CHECK(does_match(rule_of(rule), surface) == expected);
  }
}

TEST_CASE("a rule has one canonical document") {
  struct Case {
    const char* written;
    const char* canonical;
  };
  const Case cases[] = {
      {"WEB://Shop.example#hero", R"("web://shop.example/#hero")"},
      {"wildcard:WEB://*.Shop.example/é*#hero", R"("wildcard:web://*.shop.example/%C3%A9*#hero")"},
      {R"({"page":[{"domain":{"endsWith":"Example.com"}}],"join":"or","exclude":[],"container":"hero"})",
       R"({"container":"hero","page":[{"domain":{"endsWith":"example.com"},"path":"any"}]})"},
      {R"({"page":[{"path":{"equals":"/a"},"query":"any","fragment":{"contains":"x"}}],"exclude":[{"path":{"wildcard":"*b"}}]})",
       R"({"exclude":[{"domain":"any","path":{"wildcard":"*b"}}],"page":[{"domain":"any","fragment":{"contains":"x"},"path":{"equals":"/a"}}]})"},
  };
  for (const auto& [written, canonical] : cases) {
    INFO(written);
    const SurfaceRule rule = rule_of(written);
    CHECK(to_json(to_value(rule)) == canonical);
    Problems problems;
    CHECK(parse_surface_rule(to_value(rule), "$", problems) == rule);
    CHECK(problems.empty());
  }
}

TEST_CASE("a bad rule is refused with the place of each fault") {
  struct Case {
    std::string document;
    Code code;
    const char* place;
    const char* says;
  };
  const Case cases[] = {
      {"7", Code::wrong_type, "$.s", "found a number"},
      {R"(["web://a.example/"])", Code::wrong_type, "$.s", "found a list"},
      {R"("hero")", Code::bad_surface, "$.s", "type://property"},
      {R"("web://*.shop.example/#hero")", Code::bad_surface, "$.s", "did you mean `wildcard:web://*.shop.example/#hero`"},
      {R"("web://shop.example/*#hero")", Code::bad_surface, "$.s", "did you mean `wildcard:"},
      {R"("wildcard:*://shop.example/#hero")", Code::bad_surface, "$.s", "no type"},
      {R"("wildcard:web:///*#hero")", Code::bad_surface, "$.s", "property is missing"},
      {R"("wildcard:web://a..*/#hero")", Code::bad_surface, "$.s", "empty label"},
      {R"({})", Code::missing_field, "$.s.page", "`page` is missing"},
      {R"({"page":[]})", Code::out_of_range, "$.s.page", "empty"},
      {R"({"page":{"domain":"any"}})", Code::wrong_type, "$.s.page", "found an object"},
      {R"({"page":[{}]})", Code::missing_field, "$.s.page[0]", "empty page rule"},
      {R"({"page":["any"]})", Code::wrong_type, "$.s.page[0]", "found a string"},
      {R"({"page":[{"domain":"any"}],"join":"and"})", Code::out_of_range, "$.s.join", "`or`"},
      {R"({"page":[{"domain":"any"}],"joined":"or"})", Code::unknown_field, "$.s.joined", "did you mean `join`"},
      {R"({"page":[{"domain":"any"}],"container":1})", Code::wrong_type, "$.s.container", "found a number"},
      {R"({"page":[{"domain":"any"}],"container":""})", Code::out_of_range, "$.s.container", "empty"},
      {R"({"page":[{"domain":"any"}],"container":"#hero"})", Code::bad_surface, "$.s.container", "without `#`"},
      {R"({"page":[{"domain":"any"}],"container":"he*"})", Code::bad_surface, "$.s.container", "`*` names none"},
      {R"({"page":[{"domain":"any"}],"container":"a b"})", Code::bad_surface, "$.s.container", "blank"},
      {R"({"page":[{"domain":"any"},{"host":"any"}]})", Code::unknown_field, "$.s.page[1].host", "no field `host`"},
      {R"({"page":[{"domain":"shop.example"}]})", Code::wrong_type, "$.s.page[0].domain", R"(did you mean {"equals": "shop.example"})"},
      {R"({"page":[{"domain":{}}]})", Code::wrong_type, "$.s.page[0].domain", "`startsWith`"},
      {R"({"page":[{"domain":{"equals":"a.b","contains":"a"}}]})", Code::wrong_type, "$.s.page[0].domain", "one comparison"},
      {R"({"page":[{"domain":{"equal":"a.b"}}]})", Code::unknown_field, "$.s.page[0].domain.equal", "did you mean `equals`"},
      {R"({"page":[{"domain":{"equals":1}}]})", Code::wrong_type, "$.s.page[0].domain.equals", "found a number"},
      {R"({"page":[{"domain":{"equals":""}}]})", Code::out_of_range, "$.s.page[0].domain.equals", "any"},
      {R"({"page":[{"domain":{"equals":"https://a.b/"}}]})", Code::bad_surface, "$.s.page[0].domain.equals", "host alone"},
      {R"({"page":[{"domain":{"equals":"a..b"}}]})", Code::bad_surface, "$.s.page[0].domain.equals", "empty label"},
      {R"({"page":[{"domain":{"endsWith":"*.a.b"}}]})", Code::bad_surface, "$.s.page[0].domain.endsWith",
       R"(did you mean {"wildcard": "*.a.b"})"},
      {R"({"page":[{"domain":{"contains":"a\\b"}}]})", Code::bad_surface, "$.s.page[0].domain.contains", "no host"},
      {R"({"page":[{"path":{"equals":"home"}}]})", Code::bad_surface, "$.s.page[0].path.equals", "begins with `/`"},
      {R"({"page":[{"path":{"wildcard":"home*"}}]})", Code::bad_surface, "$.s.page[0].path.wildcard", "begins with `/`"},
      {R"({"page":[{"path":{"startsWith":"/a?b"}}]})", Code::bad_surface, "$.s.page[0].path.startsWith", "`query`"},
      {R"({"page":[{"path":{"startsWith":"/a/*"}}]})", Code::bad_surface, "$.s.page[0].path.startsWith", "wildcard"},
      {R"({"page":[{"query":{"equals":"?a=1"}}]})", Code::bad_surface, "$.s.page[0].query.equals", "without the `?`"},
      {R"({"page":[{"fragment":{"equals":"#/a"}}]})", Code::bad_surface, "$.s.page[0].fragment.equals", "without the `#`"},
      {R"({"page":[{"domain":"any"}],"exclude":[{"path":{"ends":"x"}}]})", Code::unknown_field, "$.s.exclude[0].path.ends",
       "no field `ends`"},
  };
  for (const auto& [text, code, place, says] : cases) {
    INFO(text);
    Problems problems;
    CHECK_FALSE(parse_surface_rule(*parse_json(text), "$.s", problems));
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].code == code);
    CHECK(problems[0].place == place);
    CHECK_THAT(problems[0].message, Catch::Contains(says));
    CHECK_FALSE(problems[0].is_warning);
  }
}

TEST_CASE("all faults of a rule are reported at once") {
  Problems problems{{Code::bad_id, "$.elsewhere", "an older problem"}};
  const auto text = R"({"page":[{"domain":"a.b","path":{"equals":"x"}},{"host":"any"}],"join":"and","container":"#c"})";
  CHECK_FALSE(parse_surface_rule(*parse_json(text), "$", problems));
  CHECK(problems.size() == 6);
  // Only its own problems refuse a rule.
  CHECK(parse_surface_rule("web://a.example/", "$", problems));
}

TEST_CASE("a wildcard that reaches further than it looks, or nowhere, is warned about") {
  struct Case {
    const char* text;
    const char* says;
  };
  for (const auto& [text, says] : {Case{"wildcard:web://*shop.example/#h", "`*.shop.example` matches whole labels"},
                                   Case{"wildcard:web://shop.example/#h", "holds no `*`"}}) {
    Problems problems;
    CHECK(parse_surface_rule(text, "$", problems));
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].is_warning);
    CHECK_THAT(problems[0].message, Catch::Contains(says));
  }
}

TEST_CASE("page rules end at their limit, exclusions counted in") {
  const auto rules = [](std::size_t pages, std::size_t excluded) {
    const Value any = *parse_json(R"({"path":{"equals":"/a"}})");
    return Object{{"page", Array(pages, any)}, {"exclude", Array(excluded, any)}};
  };
  struct Case {
    std::size_t pages, excluded;
    bool expected;
  };
  constexpr std::size_t most = limits::page_rules_max;
  for (const auto& [pages, excluded, expected] : {Case{most, 0, true}, Case{most + 1, 0, false}, Case{most - 1, 1, true},
                                                  Case{most, 1, false}, Case{1, most, false}, Case{100'000, 0, false}}) {
    INFO(pages << " and " << excluded);
    Problems problems;
    CHECK(parse_surface_rule(rules(pages, excluded), "$.s", problems).has_value() == expected);
    if (expected) continue;
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].code == Code::limit_exceeded);
  }
}

TEST_CASE("an operand ends at the limit of a surface") {
  const auto rule = [](std::size_t size) {
    return *parse_json(R"({"page":[{"path":{"equals":"/)" + std::string(size - 1, 'a') + R"("}}]})");
  };
  Problems problems;
  CHECK(parse_surface_rule(rule(limits::surface_bytes_max), "$", problems));
  CHECK_FALSE(parse_surface_rule(rule(limits::surface_bytes_max + 1), "$", problems));
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].code == Code::limit_exceeded);
}

TEST_CASE("no wildcard is slow: the largest hostile patterns on the largest surfaces") {
  // A matcher that tries its way back would not see the end of the first of these.
  const std::string prefix = "web://h/";
  const std::size_t room = limits::surface_bytes_max - prefix.size();
  std::string stars;
  while (stars.size() + 20 < room) stars += "a*";
  const std::string halves = std::string(room / 2, 'a') + "b*";
  const std::string text = prefix + std::string(room, 'a');
  for (const std::string& pattern : {stars + "b", "*" + stars + "b*", "*" + halves, stars}) {
    Problems problems;
    const auto rule = parse_surface_rule("wildcard:" + prefix + pattern, "$", problems);
    REQUIRE(rule);
    const auto surface = parse_surface(text);
    REQUIRE(surface.ok());
    int matched = 0;
    for (int i = 0; i < 1'000; ++i) matched += matches(*rule, *surface);
    CHECK(matched == (pattern == stars ? 1'000 : 0));
  }
}

TEST_CASE("an exact rule is the more specific one") {
  CHECK(specificity(rule_of("web://a.example/#h")) > specificity(rule_of("wildcard:web://a.*/#h")));
  CHECK(specificity(rule_of("wildcard:web://a.*/#h")) == specificity(rule_of(page(R"("domain":"any")"))));
}
