// Our client against our server, and against nobody.
#include "http/client.h"

#include <future>

#include "http/problem.h"
#include "server/router.h"
#include "server_fixture.h"

using namespace footlight;

TEST_CASE("a call comes back as the server answered it") {
  HttpRequest seen;
  auto listener = start_listener(test_options(), {.handle = [&](const HttpRequest& request) {
                                   seen = request;
                                   HttpResponse response = text_response(std::string(100'000, 'x'), 201);
                                   response.headers.add("ETag", "\"e\"");
                                   return response;
                                 }});
  const auto answer = send(listener->url() + "/prefix/",
                           {.method = "PUT", .target = "/a%2Fb?c=d", .headers = {{"X-Thing", "t"}}, .body = "body"}, seconds(10));
  REQUIRE(answer.ok());
  CHECK(answer->status == 201);
  CHECK(answer->content_type == "text/plain; charset=utf-8");
  CHECK(answer->headers.get("etag") == "\"e\"");
  CHECK(answer->body.size() == 100'000);
  CHECK(seen.method == "PUT");
  CHECK(seen.path == std::vector<std::string>{"prefix", "a/b"});
  CHECK(seen.headers.get("Host") == "127.0.0.1:" + std::to_string(listener->port()));
  CHECK(seen.headers.get("X-Thing") == "t");
  CHECK(seen.body == "body");
}

TEST_CASE("HEAD and an empty answer have no body to wait for") {
  auto listener = start_listener(test_options(), {.handle = [](const HttpRequest& request) {
                                   return request.method == "HEAD" ? text_response("hi") : HttpResponse{.status = 204};
                                 }});
  const auto head = send(listener->url(), {.method = "HEAD"}, seconds(10));
  REQUIRE(head.ok());
  CHECK(head->headers.get("Content-Length") == "2");
  CHECK(head->body.empty());
  const auto empty = send(listener->url(), {.method = "DELETE"}, seconds(10));
  REQUIRE(empty.ok());
  CHECK(empty->status == 204);
}

TEST_CASE("a refusal crosses the wire with its code and message") {
  auto router = Router::make({}, nullptr);
  REQUIRE(router.ok());
  auto listener = start_listener(test_options(), {.handle = *router});
  const auto answer = send(listener->url(), {.target = "/nowhere"}, seconds(10));
  REQUIRE(answer.ok());
  const auto error = problem_of(*answer);
  REQUIRE(error);
  CHECK(error->code == Code::not_found);
  CHECK(error->message == "there is nothing at `/nowhere`");
}

TEST_CASE("a body that is refused while it is sent still brings the answer back") {
  auto listener = start_listener(test_options(), {.handle = echo, .body_limit = [](const HttpRequest&) -> std::size_t { return 10; }});
  const auto answer = send(listener->url(), {.method = "POST", .body = std::string(8 << 20, 'b')}, seconds(10));
  REQUIRE(answer.ok());
  CHECK(answer->status == 413);
}

TEST_CASE("where nobody listens, the message says how to start a server") {
  std::string url;
  {
    auto listener = start_listener(test_options(), {.handle = echo});
    url = listener->url();
  }
  const auto answer = send(url, {}, seconds(10));
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().code == Code::unavailable);
  CHECK_THAT(answer.error().message, Catch::Contains(url.substr(7)) && Catch::Contains("`footlight serve`"));
}

TEST_CASE("a server that does not answer is given up in time") {
  std::promise<void> released;
  auto listener = start_listener(test_options(), {.handle = [&](const HttpRequest& request) {
                                   released.get_future().wait();
                                   return echo(request);
                                 }});
  const auto answer = send(listener->url(), {}, milliseconds(100));
  released.set_value();
  REQUIRE_FALSE(answer.ok());
  CHECK(answer.error().code == Code::unavailable);
  CHECK_THAT(answer.error().message, Catch::Contains("did not answer within 100ms"));
}

TEST_CASE("an address that is none, or not plain HTTP, is refused before anything is sent") {
  struct Case {
    const char* url;
    const char* says;
  };
  for (const auto& [url, says] :
       {Case{"", "http://"}, Case{"localhost:8080", "must begin with http://"}, Case{"https://a", "https is not spoken"},
        Case{"http://", "names no host"}, Case{"http://:80", "names no host"}, Case{"http://a:port", "port"},
        Case{"http://a:65536", "port"}, Case{"http://me@a", "more than host"}, Case{"http://a?b", "more than host"}}) {
    INFO(url);
    const auto answer = send(url, {}, seconds(1));
    REQUIRE_FALSE(answer.ok());
    CHECK(answer.error().code == Code::usage);
    CHECK_THAT(answer.error().message, Catch::Contains(says));
  }
  CHECK(send("http://127.0.0.1:1", {.target = "/a b"}, seconds(1)).error().code == Code::usage);
  CHECK(send("http://127.0.0.1:1", {.method = "GET /\r\n"}, seconds(1)).error().code == Code::usage);
}
