// Metrics and the log: what an operator sees.
#include "server/metrics.h"

#include <catch2/catch.hpp>
#include <sstream>
#include <thread>

#include "server/log.h"

using namespace footlight;

TEST_CASE("requests are counted by route, method and status class, never by path") {
  Metrics metrics;
  HttpRequest request{.method = "GET", .target = "/v1/things/secret-42"};
  HttpResponse response{.status = 204, .route = "/v1/things/{id}"};
  for (int i = 0; i < 3; ++i) metrics.answered({request, response, 70});
  response.route = "";
  response.status = 404;
  request.method = "BREW";
  metrics.answered({request, response, 10});
  const std::string text = metrics.scrape();
  CHECK_THAT(text, Catch::Contains(R"(footlight_http_requests_total{method="GET",route="/v1/things/{id}",status="2xx"} 3)"));
  CHECK_THAT(text, Catch::Contains(R"(footlight_http_requests_total{method="other",route="none",status="4xx"} 1)"));
  CHECK_THAT(text, Catch::Contains(R"(duration_seconds_bucket{route="/v1/things/{id}",le="5e-05"} 0)"));
  CHECK_THAT(text, Catch::Contains(R"(duration_seconds_bucket{route="/v1/things/{id}",le="0.0001"} 3)"));
  CHECK_THAT(text, Catch::Contains(R"(duration_seconds_count{route="/v1/things/{id}"} 3)"));
  CHECK(text.find("secret-42") == std::string::npos);
}

TEST_CASE("requests in flight are counted while they run, also when they throw") {
  Metrics metrics;
  std::string during;
  const Handler handle = metrics.counted_in_flight([&](const HttpRequest& request) -> HttpResponse {
    during = metrics.scrape();
    if (request.method == "POST") throw 1;
    return {};
  });
  handle({.method = "GET"});
  CHECK_THAT(during, Catch::Contains("footlight_http_requests_in_flight 1"));
  CHECK_THROWS(handle({.method = "POST"}));
  CHECK_THAT(metrics.scrape(), Catch::Contains("footlight_http_requests_in_flight 0"));
}

TEST_CASE("what ended threads counted stays, and each thread's count is in the sum") {
  auto metrics = std::make_unique<Metrics>();
  Metrics other;
  const auto answer = [](Metrics& told, int status, std::int64_t took_us) {
    const HttpRequest request{.method = "POST"};
    told.answered({request, HttpResponse{.status = status, .route = "/v1/decide"}, took_us});
  };
  for (int round = 0; round < 3; ++round) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) {
          answer(*metrics, i % 2 ? 200 : 404, i % 4 ? 50 : 10'000'000);
          if (i % 100 == 0) answer(other, 200, 51);
        }
      });
    }
    const std::string meanwhile = metrics->scrape();
    CHECK_THAT(meanwhile, Catch::Contains("footlight_http_requests_in_flight 0"));
    for (std::thread& thread : threads) thread.join();
  }
  const std::string text = metrics->scrape();
  CHECK_THAT(text, Catch::Contains(R"(requests_total{method="POST",route="/v1/decide",status="2xx"} 6000)"));
  CHECK_THAT(text, Catch::Contains(R"(requests_total{method="POST",route="/v1/decide",status="4xx"} 6000)"));
  CHECK_THAT(text, Catch::Contains(R"(duration_seconds_bucket{route="/v1/decide",le="5e-05"} 9000)"));
  CHECK_THAT(text, Catch::Contains(R"(duration_seconds_bucket{route="/v1/decide",le="5"} 9000)"));
  CHECK_THAT(text, Catch::Contains(R"(duration_seconds_bucket{route="/v1/decide",le="+Inf"} 12000)"));
  CHECK_THAT(text, Catch::Contains(R"(duration_seconds_sum{route="/v1/decide"} 30000.45)"));
  CHECK_THAT(other.scrape(), Catch::Contains(R"(duration_seconds_bucket{route="/v1/decide",le="0.0001"} 120)"));
  // A thread that counted may outlive what it counted for.
  metrics.reset();
  answer(other, 200, 1);
  CHECK_THAT(other.scrape(), Catch::Contains(R"(requests_total{method="POST",route="/v1/decide",status="2xx"} 121)"));
}

TEST_CASE("other boxes count on handles of their own, from any thread") {
  Metrics metrics;
  const auto counter = metrics.counter("footlight_script_trips_total", "scripts stopped", {{"why", "fuel"}});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) counter.add();
      metrics.answered({HttpRequest{.method = "GET"}, HttpResponse{.route = "/"}, 1});
      metrics.counter("footlight_script_trips_total", "scripts stopped", {{"why", "fuel"}}).add(2);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto gauge = metrics.gauge("footlight_connections", "open connections");
  gauge.set(5);
  gauge.add(-2);
  double lease_s = 7;
  metrics.gauge_from("footlight_lease_seconds", "left of the lease", [&] { return lease_s; });
  lease_s = 6.5;
  const std::string text = metrics.scrape();
  CHECK_THAT(text, Catch::Contains(R"(footlight_script_trips_total{why="fuel"} 4008)"));
  CHECK_THAT(text, Catch::Contains("footlight_connections 3"));
  CHECK_THAT(text, Catch::Contains("footlight_lease_seconds 6.5"));
  CHECK_THAT(text, Catch::Contains(R"(footlight_http_requests_total{method="GET",route="/",status="2xx"} 4)"));
  CHECK(metrics_response(metrics).content_type == "text/plain; version=0.0.4; charset=utf-8");
}

TEST_CASE("a request is one line of JSON without its query, whatever it holds") {
  std::ostringstream out;
  const Log log({.now = [] { return Instant{1'772'355'600'120}; }, .to = &out});
  const HttpRequest request{.method = "GET", .target = "/a\"b\n\xff?token=secret", .peer = "127.0.0.1:9", .request_id = "r-1"};
  HttpResponse response{.status = 200, .route = "/{page}", .caller = "ada"};
  log.answered({request, response, 1500});
  response.status = 500;
  response.defect = "the reason";
  log.answered({request, response, 10});

  std::istringstream lines(out.str());
  std::string line;
  REQUIRE(std::getline(lines, line));
  CHECK(line ==
        R"({"time":"2026-03-01T09:00:00.120Z","level":"info","message":"answered","request_id":"r-1",)"
        R"("method":"GET","path":"/a\"b\n?","status":200,"ms":1.5,"caller":"ada","route":"/{page}",)"
        R"("peer":"127.0.0.1:9"})");
  CHECK(parse_json(line).ok());
  REQUIRE(std::getline(lines, line));
  CHECK_THAT(line, Catch::Contains(R"("level":"error")") && Catch::Contains(R"("defect":"the reason")"));
  CHECK_FALSE(std::getline(lines, line));
  CHECK(out.str().find("secret") == std::string::npos);
}

TEST_CASE("a quiet log tells of warnings and errors only") {
  struct Case {
    Log::Options options;
    int lines;
  };
  for (auto& [options, expected] : {Case{{.least = Log::Level::debug}, 4}, Case{{}, 3}, Case{{.quiet = true}, 2},
                                    Case{{.least = Log::Level::error, .quiet = true}, 1}}) {
    std::ostringstream out;
    Log::Options with = options;
    with.now = [] { return Instant{0}; };
    with.to = &out;
    const Log log(with);
    log.write(Log::Level::debug, "a");
    log.write(Log::Level::info, "a", {{"n", 1}, {"text", "x"}});
    log.write(Log::Level::warning, "a");
    log.write(Log::Level::error, "a");
    const std::string text = out.str();
    CHECK(std::count(text.begin(), text.end(), '\n') == expected);
  }
}
