// Whatever a client sends, it is told what is wrong with it, once, and nobody else notices.
#include <atomic>
#include <string>

#include "corpus.h"
#include "footlight/value.h"
#include "server_fixture.h"

using namespace footlight;

TEST_CASE("a malformed request gets its 4xx, one answer and a closed connection; the server goes on") {
  const auto corpus = malformed_corpus();
  REQUIRE(corpus.size() >= 100);
  std::atomic<int> handled{0};
  const auto count = [&](const HttpRequest& request) {
    ++handled;
    return echo(request);
  };
  auto listener = start_listener(test_options(), {.handle = count, .body_limit = [](const HttpRequest&) -> std::size_t { return 1000; }});
  for (const MalformedCase& test : corpus) {
    INFO(test.file << ": " << test.what);
    CHECK(test.status / 100 == 4);
    handled = 0;
    RawClient client(listener->port());
    client.send(test.bytes);  // the server may refuse before it has taken everything
    client.send_no_more();
    const RawReply reply = client.read_reply();
    CHECK(reply.status == test.status);
    CHECK(reply.field("Content-Type") == "application/problem+json");
    CHECK(reply.field("Connection") == "close");
    const auto problem = parse_json(reply.body);
    REQUIRE(problem.ok());
    CHECK(problem->find("status")->number() == test.status);
    CHECK(problem->string_or("instance", "") == reply.field("X-Request-Id"));
    const auto rest = client.read_until_closed();
    CHECK(rest.bytes.empty());  // above all no answer to what was smuggled in
    CHECK(rest.closed);
    CHECK(handled == 0);

    RawClient next(listener->port());
    CHECK(next.ask(get("/good")).body == "GET /good ");
  }
}

TEST_CASE("a request of another HTTP version is told which one is spoken") {
  auto listener = start_listener(test_options(), {.handle = echo});
  for (const char* line : {"GET / HTTP/2.0\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/0.9\r\n\r\n"}) {
    INFO(line);
    RawClient client(listener->port());
    const RawReply reply = client.ask(line);
    CHECK(reply.status == 400);
    CHECK_THAT(reply.body, Catch::Contains("version_not_supported") && Catch::Contains("send HTTP/1.1"));
    CHECK(client.read_until_closed().closed);
  }
}
