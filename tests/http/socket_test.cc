// The API over real sockets: what people and programs get wrong, written down in *.cases, and that
// nobody else notices.
#include <catch2/catch.hpp>
#include <thread>

#include "../support/cases.h"
#include "api_world.h"
#include "http/client.h"
#include "server/listener.h"

using namespace footlight;
using namespace footlight::test;

namespace {

class ServedWorld {
 public:
  ServedWorld() {
    auto started = Listener::start(
        {.workers = 2, .now = [] { return noon(); }},
        {.handle = world.router(), .body_limit = [this](const HttpRequest& head) { return world.router().body_limit(head); }});
    if (!started) FAIL(started.error().message);
    listener_ = std::move(*started);
  }

  HttpResponse ask(const std::string& as, HttpCall call) {
    if (!as.empty()) call.headers.add("Authorization", "Bearer tok-" + as);
    auto answered = send(listener_->url(), call, seconds(30));
    if (!answered) FAIL(to_text(answered.error()));
    return std::move(*answered);
  }

  // From any thread: the status, 0 where nothing was answered.
  int status(const HttpCall& call) {
    const auto answered = send(listener_->url(), call, seconds(30));
    return answered ? answered->status : 0;
  }

  ApiWorld world;

 private:
  std::unique_ptr<Listener> listener_;
};

// A case's given lines: `AS METHOD TARGET`, then `Header: value`s, then the body, written out.
struct Asked {
  std::string as;
  HttpCall call;
};
Asked asked(const Case& one) {
  REQUIRE_FALSE(one.given.empty());
  Asked asked;
  const std::string& first = one.given[0];
  const auto a = first.find(' '), b = first.find(' ', a + 1);
  REQUIRE(b != std::string::npos);
  asked.as = first.substr(0, a);
  asked.call.method = first.substr(a + 1, b - a - 1);
  asked.call.target = unescape(first.substr(b + 1));
  bool is_typed = false;
  for (std::size_t i = 1; i < one.given.size(); ++i) {
    const std::string& line = one.given[i];
    if (line.starts_with("> ")) {
      const auto colon = line.find(": ");
      REQUIRE(colon != std::string::npos);
      const std::string name = line.substr(2, colon - 2), value = unescape(line.substr(colon + 2));
      is_typed |= name == "Content-Type";
      if (!value.empty()) asked.call.headers.add(name, value);
    } else {
      asked.call.body += unescape(line);
    }
  }
  if (!is_typed) asked.call.headers.add("Content-Type", "application/json");
  return asked;
}

// `400 bad_request: detail`, then a line for each problem. What is long is cut.
std::vector<std::string> outcome(const HttpResponse& response) {
  const auto cut = [](std::string text) {
    if (text.size() > 200) text = text.substr(0, 150) + " … (" + std::to_string(text.size()) + " bytes)";
    return on_one_line(text);
  };
  const Value body = json(response.body);
  std::vector<std::string> lines{std::to_string(response.status) + " " + body.string_or("code", "?") + ": " +
                                 cut(body.string_or("detail", ""))};
  if (const Value* problems = body.find("problems"))
    for (const Value& problem : problems->array())
      lines.push_back("  " + cut(problem.string_or("place", "?")) + " " + problem.string_or("code", "?") + ": " +
                      cut(problem.string_or("message", "")));
  return lines;
}

}  // namespace

TEST_CASE("a malformed request to the API is told what is wrong with it, and nobody else notices") {
  ServedWorld served;
  ApiWorld& world = served.world;
  REQUIRE(world.ask("ann", "POST", "/v1/experiences", campaign("hero", "<h1>Hello {{cart.total}}</h1>")).status == 201);
  REQUIRE(world.command("pia", "hero", "activate").status == 200);
  const HttpCall good{
      .method = "POST",
      .target = "/v1/decide",
      .headers = {{"Content-Type", "application/json"}},
      .body =
          R"({"identity":{"namespace":"email","id":"ann@x"},"attributes":{"cart":{"total":7}},"surfaces":["web://shop.example/#hero"]})"};
  const std::string expected = served.ask("app", good).body;
  CHECK_THAT(expected, Catch::Contains("Hello 7"));
  const std::string journal = world.journal();
  std::size_t decides = 0;
  for (const char* file : {"tests/http/decide_bad.cases", "tests/http/commands_bad.cases"}) {
    CaseFile cases = read_cases(file);
    for (Case& one : cases.cases) {
      INFO(file << ": " << one.title);
      const Asked request = asked(one);
      decides += request.call.target.starts_with("/v1/decide");
      const HttpResponse response = served.ask(request.as, request.call);
      CHECK(response.status / 100 == 4);
      CHECK(response.content_type == "application/problem+json");
      const auto lines = outcome(response);
      if (rewrites_cases()) one.outcome = lines;
      CHECK(lines == one.outcome);
      const HttpResponse after = served.ask("app", good);
      CHECK(after.status == 200);
      CHECK(after.body == expected);
    }
    if (rewrites_cases()) write_cases(cases);
  }
  CHECK(decides >= 50);
  CHECK(world.journal() == journal);
}

TEST_CASE("the whole way of a campaign over sockets, with its fields") {
  ServedWorld served;
  const auto ask = [&](const char* as, const char* method, const std::string& target, const Value& body = {}, Headers headers = {}) {
    headers.add("Content-Type", "application/json");
    return served.ask(as, {.method = method, .target = target, .headers = headers, .body = body.is_null() ? "" : to_json(body)});
  };
  const HttpResponse created = ask("ann", "POST", "/v1/experiences", campaign("hero"), {{"Idempotency-Key", "k"}});
  CHECK(created.status == 201);
  CHECK(created.headers.get("X-Request-Id"));
  CHECK(ask("ann", "POST", "/v1/experiences", campaign("hero"), {{"Idempotency-Key", "k"}}).body == created.body);
  CHECK(ask("ann", "POST", "/v1/experiences/hero/activate").status == 200);
  const HttpResponse shown = ask("vic", "GET", "/v1/experiences/hero");
  CHECK(shown.headers.get("ETag") == "\"1\"");
  CHECK(ask("vic", "HEAD", "/v1/experiences/hero").body.empty());
  CHECK(ask("ann", "PUT", "/v1/experiences/hero", campaign("hero"), {{"If-Match", "\"7\""}}).status == 412);
  CHECK(ask("ann", "POST", "/v1/experiences/hero/stop").status == 200);
  const HttpResponse refused = ask("ann", "POST", "/v1/experiences/hero/activate", {}, {{"X-Request-Id", "mine-1"}});
  CHECK(refused.status == 409);
  CHECK_THAT(refused.body, Catch::Contains("experience_final") && Catch::Contains("\"instance\":\"mine-1\""));
  const HttpResponse preflight = served.ask("",
                                            {.method = "OPTIONS",
                                             .target = "/v1/decide",
                                             .headers = {{"Origin", "https://shop.example"}, {"Access-Control-Request-Method", "POST"}}});
  CHECK(preflight.status == 204);
  CHECK(preflight.headers.get("Access-Control-Allow-Origin") == "https://shop.example");
  CHECK(served.ask("", {.method = "GET", .target = "/readyz"}).status == 200);
}

TEST_CASE("many authors at once: each command is accepted once, in one order, and the chain holds") {
  ServedWorld served;
  constexpr int authors = 4, each = 15;
  std::vector<std::thread> threads;
  std::vector<std::vector<int>> statuses(authors);
  for (int author = 0; author < authors; ++author)
    threads.emplace_back([&, author] {
      for (int i = 0; i < each; ++i) {
        const std::string id = "c" + std::to_string(author) + "-" + std::to_string(i);
        HttpCall create{.method = "POST",
                        .target = "/v1/experiences",
                        .headers = {{"Authorization", "Bearer tok-ann"}, {"Content-Type", "application/json"}},
                        .body = to_json(campaign(id))};
        HttpCall race{.method = "POST",
                      .target = "/v1/experiences",
                      .headers = create.headers,
                      .body = to_json(campaign("shared-" + std::to_string(i)))};
        HttpCall decide{
            .method = "POST", .target = "/v1/decide", .headers = create.headers, .body = R"({"surfaces":["web://shop.example/#hero"]})"};
        HttpCall activate{.method = "POST", .target = "/v1/experiences/" + id + "/activate", .headers = create.headers};
        // Catch is for one thread: what was answered is compared below.
        for (const HttpCall& call : {create, race, activate, decide})
          statuses[static_cast<std::size_t>(author)].push_back(served.status(call));
      }
    });
  for (std::thread& thread : threads) thread.join();
  int raced = 0;
  for (const auto& seen : statuses)
    for (std::size_t i = 0; i < seen.size(); ++i) {
      if (i % 4 == 1) {
        CHECK((seen[i] == 201 || seen[i] == 409));
        raced += seen[i] == 201;
      } else {
        CHECK(seen[i] == (i % 4 == 0 ? 201 : 200));
      }
    }
  CHECK(raced == each);  // each shared id was won by exactly one
  CHECK(served.world.head() == 1 + authors * each * 2 + each);
  const auto verified = served.world.store().verify("shop");
  REQUIRE(verified.ok());
  CHECK(verified->entries == served.world.head());
}
