// The server: on each limit and one step past it. What is counted in seconds is tested where the seconds
// can be made short, in tests/unit/server/listener_test.cc; here, that a server has the documented ones.
#include "../http/api_world.h"
#include "../unit/server/server_fixture.h"
#include "base/limits.h"
#include "http/client.h"
#include "http/problem.h"
#include "server/reader.h"

using namespace footlight;

namespace {

constexpr std::string_view chunked_head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

// What a chunked request comes to whose bytes behind the header arrive one by one: its body, or why not.
std::string body_told(const std::string& bytes) {
  HttpRequest request;
  RequestReader reader(request, limits::header_bytes_max);
  std::string held(chunked_head);
  held.erase(0, reader.take(held));
  REQUIRE(reader.state() == RequestReader::State::header_done);
  reader.allow_body(1'000);
  for (const char byte : bytes) {
    held += byte;
    held.erase(0, reader.take(held));
    if (reader.state() == RequestReader::State::refused) return std::string(name(reader.error().code)) + ": " + reader.error().message;
  }
  return reader.state() == RequestReader::State::done ? request.body : "unfinished";
}

}  // namespace

TEST_CASE("a listener that is told nothing has the documented limits") {
  const Listener::Options options;
  CHECK(options.connections_max == limits::connections_max);
  CHECK(options.header_bytes_max == limits::header_bytes_max);
  CHECK(options.header_timeout == limits::header_timeout);
  CHECK(options.body_timeout == limits::body_timeout);
  CHECK(options.write_timeout == limits::write_timeout);
  CHECK(options.idle_timeout == limits::idle_timeout);
  CHECK(options.linger_timeout == limits::linger_timeout);
  CHECK(options.drain_timeout == limits::drain_timeout);
}

TEST_CASE("who does not close after a refusal is closed, when there was time to read it") {
  for (const Duration linger : {milliseconds(100), hours(1)}) {
    INFO(to_text(linger));
    Listener::Options options = test_options();
    options.linger_timeout = linger;
    options.sweep_interval = milliseconds(10);
    const auto listener = start_listener(options, {.handle = echo, .body_limit = [](const HttpRequest&) -> std::size_t { return 1; }});
    RawClient waiting(listener->port());  // sends nothing: its deadline is far away
    RawClient client(listener->port());
    CHECK(client.ask(post("/", "ab")).status == 413);
    CHECK(client.read_until_closed().closed);  // the server says no more, and reads on
    const std::size_t left = linger == hours(1) ? 2 : 1;
    for (int i = 0; i < 1'000 && listener->connections() != left; ++i) waiting.is_readable_within(10);
    CHECK(listener->connections() == left);
  }
}

TEST_CASE("who is to come back is told when") {
  for (const Code code : {Code::unavailable, Code::too_many_requests}) {
    const HttpResponse response = problem_response(refuse(code, "later"), {});
    CHECK(response.headers.get("Retry-After") == std::to_string(limits::retry_after.ms / 1'000));
  }
  static_assert(limits::retry_after.ms % 1'000 == 0 && limits::retry_after > Duration{0}, "the header counts whole seconds");
  CHECK_FALSE(problem_response(refuse(Code::not_found, "never"), {}).headers.get("Retry-After"));
}

TEST_CASE("a chunk's size line has so many bytes, and so have the trailers") {
  const auto size_line = [](std::size_t n) { return "1;" + std::string(n - 4, 'x') + "\r\na\r\n0\r\n\r\n"; };
  CHECK(body_told(size_line(limits::chunk_line_bytes_max)) == "a");
  CHECK_THAT(body_told(size_line(limits::chunk_line_bytes_max + 1)),
             Catch::StartsWith("bad_request: ") && Catch::Contains("do not end within 4096 bytes"));
  // Counted with what is held until they end: the line end of the last chunk, and the line `0`.
  const auto trailers = [](std::size_t n) { return "1\r\na" + ("\r\n0\r\nX: " + std::string(n - 12, 'x') + "\r\n\r\n"); };
  CHECK(body_told(trailers(limits::chunk_line_bytes_max)) == "a");
  CHECK_THAT(body_told(trailers(limits::chunk_line_bytes_max + 1)),
             Catch::StartsWith("bad_request: ") && Catch::Contains("do not end within 4096 bytes"));
}

TEST_CASE("our own client accepts an answer of so many bytes") {
  std::size_t size = limits::response_bytes_max;
  const auto listener =
      start_listener(test_options(), {.handle = [&](const HttpRequest&) { return text_response(std::string(size, 'x')); }});
  const auto whole = send(listener->url(), {}, seconds(60));
  if (!whole) FAIL(whole.error().message);
  CHECK(whole->body.size() == limits::response_bytes_max);
  ++size;
  const auto refused = send(listener->url(), {}, seconds(60));
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == Code::too_large);
  CHECK_THAT(refused.error().message, Catch::Contains("the body of the answer") && Catch::Contains("more than 67108864 bytes"));
}

TEST_CASE("a command's body has so many bytes") {
  test::ApiWorld world;
  const auto listener = start_listener(
      test_options(), {.handle = world.router(), .body_limit = [&](const HttpRequest& head) { return world.router().body_limit(head); }});
  const auto ask = [&](const std::string& as, const std::string& target, std::size_t size) {
    const std::string end = "\"message\":\"m\"}";
    auto answer = send(listener->url(),
                       {.method = "POST",
                        .target = target,
                        .headers = {{"Authorization", "Bearer tok-" + as}, {"Content-Type", "application/json"}},
                        .body = "{" + std::string(size - end.size() - 1, ' ') + end},
                       seconds(30));
    if (!answer) FAIL(answer.error().message);
    return std::move(*answer);
  };
  REQUIRE(world.ask("ann", "POST", "/v1/experiences", test::campaign("sale")).status == 201);
  struct Case {
    const char* as;
    const char* target;
    int status;
  };  // the status: of what is read
  for (const auto& [as, target, status] :
       {Case{"ann", "/v1/experiences/sale/submit", 200}, Case{"root", "/v1/epoch_bump", 409}, Case{"root", "/v1/tokens", 400}}) {
    INFO(target);
    const HttpResponse refused = ask(as, target, limits::command_bytes_max + 1);
    CHECK(refused.status == 413);
    const auto error = problem_of(refused);
    REQUIRE(error);
    CHECK(error->code == Code::too_large);
    CHECK_THAT(error->message, Catch::Contains("the limit here is 65536"));
    CHECK(ask(as, target, limits::command_bytes_max).status == status);
  }
}

TEST_CASE("a node's request has so many bytes") {
  test::ApiWorld world;
  const auto listener = start_listener(
      test_options(), {.handle = world.router(), .body_limit = [&](const HttpRequest& head) { return world.router().body_limit(head); }});
  const auto status = [&](std::size_t size) {
    const std::string end = "\"workspaces\":{}}";
    const auto answer = send(listener->url(),
                             {.method = "POST",
                              .target = "/v1/delivery/lease",
                              .headers = {{"Authorization", "Bearer tok-n1"}, {"Content-Type", "application/json"}},
                              .body = "{" + std::string(size - end.size() - 1, ' ') + end},
                             seconds(30));
    return answer ? answer->status : 0;
  };
  CHECK(status(limits::delivery_poll_bytes_max) == 200);
  CHECK(status(limits::delivery_poll_bytes_max + 1) == 413);
}

TEST_CASE("an idempotency key has so many bytes") {
  test::ApiWorld world;
  const auto create = [&](const std::string& id, std::size_t size) {
    return world.ask("ann", "POST", "/v1/experiences", test::campaign(id), {{"Idempotency-Key", std::string(size, 'k')}});
  };
  CHECK(create("a", limits::idempotency_key_bytes_max).status == 201);
  const std::string journal = world.journal();
  const test::Reply refused = create("b", limits::idempotency_key_bytes_max + 1);
  CHECK(refused.status == 400);
  CHECK(refused.code() == "bad_request");
  CHECK_THAT(refused.detail(), Catch::Contains("more than 128 bytes"));
  CHECK(world.journal() == journal);
}

TEST_CASE("an answer tells so much of the journal, and where to ask on") {
  test::ApiWorld world;
  // Behind the back of the catalog, which is not asked: the journal is told as it stands.
  auto seq = world.store().head("shop")->seq;
  while (seq < limits::audit_rows_max + 1) {
    const auto entry = world.store().append("shop", seq, {.at = world.now, .actor = "ann", .record = "{}", .answer = "{}"});
    REQUIRE(entry.ok());
    seq = entry->seq;
  }
  const auto told = [&](const std::string& query) {
    const test::Reply reply = world.ask("vic", "GET", "/v1/audit?" + query);
    REQUIRE(reply.status == 200);
    return reply.body.find("entries")->array();
  };
  const auto most = std::to_string(limits::audit_rows_max), more = std::to_string(limits::audit_rows_max + 1);
  CHECK(told("limit=" + most).size() == limits::audit_rows_max);
  const Array first = told("limit=" + more);
  REQUIRE(first.size() == limits::audit_rows_max);
  CHECK(told("limit=" + more + "&after=" + most).size() == 1);
}

TEST_CASE("a page of the journal ends behind the entry that fills its bytes") {
  test::ApiWorld world;
  auto seq = world.store().head("shop")->seq;
  const std::string record = "{\"filler\":\"" + std::string((1 << 20) - 13, 'x') + "\"}";
  for (int i = 0; i < 18; ++i) {
    const auto entry = world.store().append("shop", seq, {.at = world.now, .actor = "ann", .record = record, .answer = "{}"});
    REQUIRE(entry.ok());
    seq = entry->seq;
  }
  const auto page = [&](std::int64_t after) { return world.ask("vic", "GET", "/v1/audit?after=" + std::to_string(after)); };
  const test::Reply first = page(1);
  REQUIRE(first.status == 200);
  const std::size_t count = first.body.find("entries")->array().size();
  CHECK(first.response.body.size() > limits::audit_answer_bytes_max);
  CHECK(first.response.body.size() <= limits::audit_answer_bytes_max + record.size() + 1'000);  // one step past it, and no further
  CHECK(count < 18);
  CHECK(count + page(1 + static_cast<std::int64_t>(count)).body.find("entries")->array().size() == 18);
}
