// What an application is answered, and who may be told why.
#include <catch2/catch.hpp>

#include "api_world.h"

using namespace footlight;
using namespace footlight::test;

namespace {

void make_live(ApiWorld& world, const Value& definition) {
  const Reply created = world.ask("ann", "POST", "/v1/experiences", definition);
  INFO(created.response.body);
  REQUIRE(created.status == 201);
  REQUIRE(world.command("pia", definition.string_or("id", ""), "activate").status == 200);
}

std::vector<std::string> keys(const Value& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.object()) names.push_back(name);
  return names;
}

}  // namespace

TEST_CASE("an answer has this shape and no other") {
  ApiWorld world;
  make_live(world, json(R"({"kind":"campaign","id":"gold","priority":80,"audience":{"attr":"loyalty.tier","eq":"gold"},
    "show":{"hero":[{"element":"title","content":"<b>{{loyalty.tier}} & more</b>"}],"banner":{"title":"Hi","left":3}}})"));
  const Reply reply = world.ask("app", "POST", "/v1/decide",
                                json(R"({"identity":{"namespace":"email","id":"ann@x"},"attributes":{"loyalty":{"tier":"gold"}},
                                         "surfaces":["web://shop.example/#hero","mobileapp://com.example.shop/cart#banner"]})"));
  REQUIRE(reply.status == 200);
  CHECK(reply.response.content_type == "application/json");
  CHECK(reply.header("Cache-Control") == "no-store");
  CHECK(keys(reply.body) == std::vector<std::string>{"propositions", "snapshot"});
  CHECK_FALSE(reply.text("snapshot").empty());
  const Array& propositions = reply.body.find("propositions")->array();
  REQUIRE(propositions.size() == 2);
  const std::vector<std::string> all{"action", "configuration", "content",  "element", "experience",
                                     "format", "priority",      "revision", "surface", "token"};
  CHECK(keys(propositions[0]) == all);
  CHECK(keys(propositions[1]) == all);
  CHECK(propositions[0].string_or("surface", "") == hero_uri);
  CHECK(propositions[0].string_or("element", "") == "title");
  CHECK(propositions[0].string_or("experience", "") == "gold");
  CHECK(propositions[0].string_or("action", "") == "hero.title");
  CHECK(propositions[0].find("revision")->number() == 1);
  CHECK(propositions[0].find("priority")->number() == 80);
  CHECK(propositions[0].string_or("format", "") == "html");
  CHECK(propositions[0].string_or("content", "") == "<b>gold & more</b>");
  CHECK(propositions[1].string_or("format", "") == "json");
  CHECK(to_json(*propositions[1].find("content")) == R"({"left":3,"title":"Hi"})");  // a value, not its text
  const TokenKey key = world.api().pin("shop")->key;
  for (const Value& proposition : propositions) {
    const auto named = verify_token(proposition.string_or("token", ""), key);
    REQUIRE(named.has_value());
    CHECK(named->experience == "gold");
  }
}

TEST_CASE("the same request gets the same bytes, over and over") {
  ApiWorld world;
  make_live(
      world,
      json(R"({"kind":"campaign","id":"ab","treatments":{"a":{"weight":50,"show":{"hero":"A"}},"b":{"weight":50,"show":{"hero":"B"}}}})"));
  std::set<std::string> different;
  for (int person = 0; person < 40; ++person) {
    const Value request =
        Object{{"identity", Object{{"id", "p" + std::to_string(person)}}}, {"surfaces", Array{Value(std::string(hero_uri))}}};
    const Reply first = world.ask("app", "POST", "/v1/decide", request);
    REQUIRE(first.status == 200);
    CHECK(world.ask("app", "POST", "/v1/decide", request).response.body == first.response.body);
    different.insert(first.body.find("propositions")->array().at(0).string_or("treatment", "none"));
  }
  CHECK(different == std::set<std::string>{"a", "b"});
}

TEST_CASE("traces are for those who may look; a delivery key is told only what to show") {
  ApiWorld world;
  make_live(world, json(R"({"kind":"campaign","id":"gold","audience":{"attr":"cart.total","gt":50},"show":{"hero":"<b>gold</b>"}})"));
  const Value request = Object{{"surfaces", Array{Value(std::string(hero_uri))}}, {"attributes", Object{{"cart.total", 20}}}};
  const Reply app = world.ask("app", "POST", "/v1/decide?explain=1", request);
  CHECK(app.status == 403);
  CHECK(app.code() == "forbidden");
  CHECK(world.ask("app", "POST", "/v1/decide?explain=0", request).status == 200);
  CHECK_FALSE(world.ask("vic", "POST", "/v1/decide", request).body.find("trace"));
  const Reply explained = world.ask("vic", "POST", "/v1/decide?explain=1", request);
  REQUIRE(explained.status == 200);
  const Value& trace = explained.body.find("trace")->array().at(0);
  CHECK(trace.string_or("note", "") == "nothing is left: the default of `hero`");
  const Value& candidate = trace.find("candidates")->array().at(0);
  CHECK(candidate.string_or("fate", "") == "audience");
  CHECK_THAT(candidate.string_or("reason", ""), Catch::Contains("cart.total") && Catch::Contains("20"));
  for (const char* bad : {"?explain=yes", "?explain=", "?explain=true"})
    CHECK(world.ask("vic", "POST", std::string("/v1/decide") + bad, request).code() == "usage");
}

TEST_CASE("policies run: audience, schedule, content, conflict; one that fails drops its own candidate") {
  ApiWorld world;
  make_live(world,
            json(R"({"kind":"campaign","id":"scripted","priority":60,"audience":{"lua":"return function(p) return p.cart.total > 50 end"},
    "show":{"banner":{"lua":"return function(p) return { title = 'Total ' .. p.cart.total } end"}}})"));
  make_live(
      world,
      json(
          R"({"kind":"campaign","id":"broken","priority":70,"audience":{"lua":"return function(p) while true do end end"},"show":{"banner":{"title":"never"}}})"));
  make_live(
      world,
      json(R"({"kind":"campaign","id":"wrong","priority":65,"show":{"banner":{"lua":"return function() return { left = 'many' } end"}}})"));
  const Reply reply = world.decide(banner_uri, Object{{"cart", Object{{"total", 60}}}}, "?explain=1");
  REQUIRE(reply.status == 200);
  CHECK(to_json(*reply.body.find("propositions")->array().at(0).find("content")) == R"({"title":"Total 60"})");
  std::map<std::string, std::string> fates;
  for (const Value& candidate : reply.body.find("trace")->array()[0].find("candidates")->array())
    fates[candidate.string_or("experience", "")] = candidate.string_or("fate", "");
  CHECK(fates == std::map<std::string, std::string>{{"scripted", "shown"}, {"broken", "policy_failed"}, {"wrong", "content"}});
  CHECK_THAT(world.ask("", "GET", "/metrics").response.body, Catch::Contains("footlight_policy_failures_total 1"));
}

TEST_CASE("names that other languages trip over are names like any other") {
  ApiWorld world;
  make_live(
      world,
      json(R"({"kind":"campaign","id":"named","show":{"hero":"[{{profile.__proto__}}|{{profile.constructor}}|{{profile.toString}}]"}})"));
  const auto content = [&](const char* attributes) {
    const Reply reply = world.decide(hero_uri, json(attributes));
    REQUIRE(reply.status == 200);
    return reply.body.find("propositions")->array().at(0).string_or("content", "");
  };
  CHECK(content("{}") == "[||]");
  CHECK(content(R"({"__proto__":"a","constructor":"b","toString":"c"})") == "[a|b|c]");
  CHECK(content(R"({"__index":{"x":1},"__gc":1,"":2,"$function":0})") == "[||]");
}

TEST_CASE("doubled surfaces are answered once, none with nothing, and unknown ones too") {
  ApiWorld world;
  make_live(world, campaign("hero"));
  const auto count = [&](Array surfaces) {
    const Reply reply = world.ask("app", "POST", "/v1/decide", Object{{"surfaces", std::move(surfaces)}});
    REQUIRE(reply.status == 200);
    return reply.body.find("propositions")->array().size();
  };
  const std::string hero(hero_uri);
  CHECK(count({hero, hero}) == 1);
  CHECK(count({}) == 0);
  CHECK(count({"web://elsewhere.example/#hero"}) == 0);
  CHECK(count({"web://elsewhere.example/#hero", hero}) == 1);
}

TEST_CASE("a request of the size of its limits is answered") {
  ApiWorld world;
  make_live(world, campaign("hero"));
  Object attributes;
  for (std::size_t i = 0; i < limits::attributes_max; ++i) attributes["a" + std::to_string(i)] = 1;
  Array surfaces;
  for (std::size_t i = 0; i < limits::request_surfaces_max; ++i) surfaces.push_back("web://shop.example/" + std::to_string(i) + "#hero");
  CHECK(world.ask("app", "POST", "/v1/decide", Object{{"surfaces", surfaces}, {"attributes", attributes}}).status == 200);
  const std::string longest(limits::attribute_string_bytes_max, 'x');
  CHECK(world.decide(hero_uri, Object{{"a", longest}}).status == 200);
  std::string dotted = "a";
  for (int i = 1; i < limits::json_depth_max; ++i) dotted += ".a";
  CHECK(world.decide(hero_uri, Object{{dotted, 1}}).status == 200);
}
