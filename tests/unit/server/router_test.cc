// The router: which row a request reaches, and what it hears where there is none.
#include "server/router.h"

#include <catch2/catch.hpp>
#include <stdexcept>

using namespace footlight;

namespace {

HttpRequest request(std::string method, std::string_view target, Headers headers = {}) {
  HttpRequest made{.method = std::move(method), .headers = std::move(headers), .request_id = "r-1"};
  REQUIRE(read_target(target, made).ok());
  return made;
}

// Says which row was reached, with what, by whom.
HttpResponse tell(const Call& call) {
  std::string told = call.route.method + " " + call.route.pattern;
  for (const auto& [name, value] : call.params) told += " " + name + "=" + value;
  if (!call.caller.name.empty()) told += " by " + call.caller.name;
  return text_response(told);
}

Route row(std::string method, std::string pattern, std::string role = "") {
  return {.method = std::move(method), .pattern = std::move(pattern), .role = std::move(role), .handle = tell, .summary = "does it"};
}

// The token is the name; `ada` may author, `bob` may only look.
Result<KnownCaller> authenticate(const HttpRequest& asked, const Route&) {
  const auto token = asked.headers.get("Authorization");
  if (token == "Bearer ada") return std::make_shared<const Caller>(Caller{"ada", {"author", "viewer"}, "shop"});
  if (token == "Bearer bob") return std::make_shared<const Caller>(Caller{"bob", {"viewer"}, "shop"});
  return refuse(Code::unauthorized, "no valid token was sent");
}

Router router_of(std::vector<Route> routes) {
  auto router = Router::make(std::move(routes), authenticate);
  if (!router.ok()) FAIL(to_text(router.error()));
  return std::move(*router);
}

}  // namespace

TEST_CASE("the more literal row is reached, whatever their order") {
  const Router router = router_of({row("GET", "/{page}"), row("GET", "/"), row("GET", "/v1/{kind}/{id}"),
                                   row("GET", "/v1/experiences/{id}"), row("GET", "/v1/experiences/new"), row("GET", "/files/{path...}"),
                                   row("GET", "/files/{name}/meta"), row("POST", "/v1/experiences/{id}/submit")});
  struct Case {
    const char* method;
    const char* target;
    const char* says;
  };
  for (const auto& [method, target, says] : {
           Case{"GET", "/", "GET /"},
           Case{"GET", "/home", "GET /{page} page=home"},
           Case{"GET", "/a%2Fb", "GET /{page} page=a/b"},
           Case{"GET", "/v1/experiences/spring", "GET /v1/experiences/{id} id=spring"},
           Case{"GET", "/v1/experiences/new", "GET /v1/experiences/new"},
           Case{"GET", "/v1/audiences/vip", "GET /v1/{kind}/{id} id=vip kind=audiences"},
           Case{"POST", "/v1/experiences/new/submit", "POST /v1/experiences/{id}/submit id=new"},
           Case{"GET", "/files/a/b/c?x=1", "GET /files/{path...} path=a/b/c"},
           Case{"GET", "/files/web://a", "GET /files/{path...} path=web://a"},
           Case{"GET", "/files/a/meta", "GET /files/{name}/meta name=a"},
           Case{"GET", "/files/a/meta/b", "GET /files/{path...} path=a/meta/b"},
       }) {
    INFO(target);
    const HttpResponse response = router(request(method, target));
    CHECK(response.status == 200);
    CHECK(response.body == says);
  }
}

TEST_CASE("a row that fits the path but not the method gives way to one that fits both") {
  const Router router = router_of({row("POST", "/v1/things/new"), row("GET", "/v1/things/{id}")});
  CHECK(router(request("GET", "/v1/things/new")).body == "GET /v1/things/{id} id=new");
}

TEST_CASE("nothing there is 404, and says where a trailing slash is too much") {
  const Router router = router_of({row("GET", "/v1/things"), row("GET", "/v1/things/{id}")});
  for (const char* target : {"/v1", "/V1/things", "/v1//things", "/v1/things/a/b", "/v1%2Fthings", "/"}) {
    INFO(target);
    const HttpResponse response = router(request("GET", target));
    CHECK(response.status == 404);
    CHECK(response.route.empty());
    CHECK(response.body.find("did you mean") == std::string::npos);
  }
  const HttpResponse slash = router(request("GET", "/v1/things/?x=1"));
  CHECK(slash.status == 404);
  CHECK_THAT(slash.body, Catch::Contains("there is nothing at `/v1/things/`; did you mean `/v1/things`"));
}

TEST_CASE("the wrong method is 405 and hears the right ones") {
  const Router router = router_of({row("GET", "/v1/things/{id}"), row("PUT", "/v1/things/{id}"), row("POST", "/v1/things/new")});
  const HttpResponse response = router(request("DELETE", "/v1/things/a"));
  CHECK(response.status == 405);
  CHECK(response.headers.get("Allow") == "GET, HEAD, OPTIONS, PUT");
  CHECK_THAT(response.body, Catch::Contains("`/v1/things/a` does not take DELETE; it takes GET, HEAD, OPTIONS, PUT"));
  CHECK(router(request("get", "/v1/things/a")).status == 405);
  CHECK(router(request("BREW", "/v1/things/new")).headers.get("Allow") == "GET, HEAD, OPTIONS, POST, PUT");
}

TEST_CASE("HEAD reaches the row of GET, OPTIONS tells the methods") {
  const Router router = router_of({row("GET", "/a"), row("POST", "/a")});
  CHECK(router(request("HEAD", "/a")).body == "GET /a");
  const HttpResponse options = router(request("OPTIONS", "/a"));
  CHECK(options.status == 204);
  CHECK(options.headers.get("Allow") == "GET, HEAD, OPTIONS, POST");
  CHECK_FALSE(options.headers.get("Access-Control-Allow-Origin"));
  CHECK(router(request("OPTIONS", "*")).status == 204);
  CHECK(router(request("OPTIONS", "/b")).status == 404);
}

TEST_CASE("a role is asked for, known and checked") {
  const Router router = router_of({row("POST", "/v1/things", "author"), row("GET", "/open")});
  const HttpResponse unknown = router(request("POST", "/v1/things"));
  CHECK(unknown.status == 401);
  CHECK(unknown.headers.get("WWW-Authenticate"));
  CHECK(unknown.route == "/v1/things");

  const HttpResponse viewer = router(request("POST", "/v1/things", {{"Authorization", "Bearer bob"}}));
  CHECK(viewer.status == 403);
  CHECK(viewer.caller == "bob");
  CHECK_THAT(viewer.body, Catch::Contains("this takes the role `author`; `bob` has `viewer`"));

  const HttpResponse author = router(request("POST", "/v1/things", {{"Authorization", "Bearer ada"}}));
  CHECK(author.body == "POST /v1/things by ada");
  CHECK(author.caller == "ada");
  CHECK(router(request("GET", "/open", {{"Authorization", "nonsense"}})).body == "GET /open");
}

TEST_CASE("a handler that throws is a 500 of its route") {
  Route route = row("GET", "/a");
  route.handle = [](const Call&) -> HttpResponse { throw std::runtime_error("the reason"); };
  const HttpResponse response = router_of({route})(request("GET", "/a"));
  CHECK(response.status == 500);
  CHECK(response.route == "/a");
  CHECK(response.defect == "the reason");
}

TEST_CASE("a page of another origin can read every answer of a route that allows it, refusals too") {
  Route route = row("POST", "/ofrep", "author");
  route.cors = true;
  const Router router = router_of({route, row("GET", "/ofrep")});
  const Headers from_page{{"Origin", "https://shop.example"}};

  const HttpResponse refused = router(request("POST", "/ofrep", from_page));
  CHECK(refused.status == 401);
  CHECK(refused.headers.get("Access-Control-Allow-Origin") == "https://shop.example");
  CHECK(refused.headers.get("Access-Control-Allow-Credentials") == "true");
  CHECK_THAT(std::string(*refused.headers.get("Access-Control-Expose-Headers")), Catch::Contains("ETag"));
  CHECK(refused.headers.get("Vary") == "Origin");

  const HttpResponse preflight = router(request("OPTIONS", "/ofrep",
                                                {{"Origin", "https://shop.example"},
                                                 {"Access-Control-Request-Method", "POST"},
                                                 {"Access-Control-Request-Headers", "content-type,if-none-match"}}));
  CHECK(preflight.status == 204);
  CHECK(preflight.headers.get("Access-Control-Allow-Origin") == "https://shop.example");
  CHECK(preflight.headers.get("Access-Control-Allow-Methods") == "OPTIONS, POST");
  CHECK(preflight.headers.get("Access-Control-Allow-Headers") == "content-type,if-none-match");

  CHECK_FALSE(router(request("GET", "/ofrep", from_page)).headers.get("Access-Control-Allow-Origin"));
}

TEST_CASE("the body limit is that of the row the request will reach") {
  Route small = row("POST", "/small");
  small.body_limit = 10;
  const Router router = router_of({small, row("GET", "/small")});
  CHECK(router.body_limit(request("POST", "/small")) == 10);
  CHECK(router.body_limit(request("POST", "/nowhere")) == limits::request_bytes_max);
  CHECK(router.body_limit(request("DELETE", "/small")) == limits::request_bytes_max);
}

TEST_CASE("a table with mistakes is refused with all of them") {
  Route unhandled = row("GET", "/fine");
  unhandled.handle = nullptr;
  const auto router =
      Router::make({row("GET", "no-slash"), row("GET", "/end/"), row("GET", "/a//b"), row("GET", "/x{y}"), row("GET", "/{}"),
                    row("GET", "/{rest...}/more"), row("GET", "/{a}/{a}"), row("GET", "/twice/{a}"), row("GET", "/twice/{b}"), unhandled},
                   authenticate);
  REQUIRE_FALSE(router.ok());
  CHECK(router.error().problems.size() == 9);
  CHECK_THAT(to_text(router.error()), Catch::Contains("route `GET /twice/{b}`: `/twice/{a}` takes the same requests"));
  CHECK_FALSE(Router::make({row("GET", "/a", "author")}, nullptr).ok());
}

TEST_CASE("the OpenAPI document is printed from the rows") {
  Route submit = row("POST", "/v1/experiences/{id}/submit", "author");
  submit.help = "Freezes the revision.";
  submit.body_limit = 100;
  submit.body_schema = *parse_json(R"({"type":"object"})");
  const Value document = describe({submit, row("GET", "/files/{path...}"), row("GET", "/")});
  CHECK(document.string_or("openapi", "") == "3.1.0");
  const Value* paths = document.find("paths");
  REQUIRE(paths);
  CHECK(paths->object().size() == 3);
  const Value* operation = paths->find("/v1/experiences/{id}/submit")->find("post");
  REQUIRE(operation);
  CHECK(*operation == *parse_json(R"({"operationId":"post_v1_experiences_id_submit","summary":"does it",
    "description":"Freezes the revision.","x-footlight-role":"author","x-footlight-body-bytes-max":100,
    "security":[{"token":[]}],
    "parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],
    "requestBody":{"content":{"application/json":{"schema":{"type":"object"}}}},
    "responses":{"2XX":{"description":"done"},"default":{"$ref":"#/components/responses/Problem"}}})"));
  CHECK(paths->find("/files/{path}")->find("get")->string_or("operationId", "") == "get_files_path");
  CHECK(paths->find("/")->find("get"));
  CHECK(document.at_path("components.schemas.Problem"));
  CHECK(document.at_path("components.responses.Problem"));
}
