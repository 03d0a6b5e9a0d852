// Publishes under load: while clients ask over HTTP, revisions of one experience go live one after the other, each with its
// own number in two places. Every answer must be whole, of one version, and of the revision that stands in that version.
// FOOTLIGHT_SWAPS=1000 unit_api_threads "publishes under load*"
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "api_world.h"
#include "http/client.h"
#include "server/listener.h"

using namespace footlight;
using namespace footlight::test;

namespace {

Value offer(int number) {
  const std::string text = std::to_string(number);
  return Object{{"kind", "campaign"},
                {"id", "offer"},
                {"show", Object{{"hero", "<p>" + text + "</p>"}, {"banner", Object{{"json", Object{{"title", text}}}}}}}};
}

}  // namespace

TEST_CASE("publishes under load: every answer is whole and of one version") {
  const char* wanted = std::getenv("FOOTLIGHT_SWAPS");
  const int swaps = wanted ? std::atoi(wanted) : 60;
  constexpr int clients = 4;
  ApiWorld world;
  REQUIRE(world.ask("ann", "POST", "/v1/experiences", offer(0)).status == 201);
  REQUIRE(world.command("ann", "offer", "activate").status == 200);
  auto started = Listener::start(
      {.workers = 2, .now = noon},
      {.handle = world.router(), .body_limit = [&](const HttpRequest& head) { return world.router().body_limit(head); }, .answered = {}});
  REQUIRE(started.ok());
  const std::string url = (*started)->url();

  HttpCall call{.method = "POST",
                .target = "/v1/decide",
                .body = to_json(Object{{"surfaces", Array{Value(std::string(hero_uri)), Value(std::string(banner_uri))}}})};
  call.headers.add("Authorization", "Bearer tok-app");
  call.headers.add("Content-Type", "application/json");
  std::atomic<bool> is_over = false;
  std::mutex mutex;
  std::map<std::string, std::set<std::string>> seen;  // by version: what was shown
  std::vector<std::string> failed;
  std::atomic<int> answers = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < clients; ++i)
    threads.emplace_back([&] {
      do {
        const auto answered = send(url, call, minutes(1));
        const std::lock_guard lock(mutex);
        ++answers;
        if (!answered || answered->status != 200) {
          failed.push_back(answered ? answered->body : to_text(answered.error()));
          continue;
        }
        auto body = parse_json(answered->body);
        std::string shown;
        if (body)
          for (const Value& proposition : body->find("propositions")->array()) {
            const Value* content = proposition.find("content");
            shown += (content->is_string() ? content->string() : to_json(*content)) + " revision " +
                to_json(*proposition.find("revision")) + "\n";
          }
        seen[body ? body->string_or("snapshot", "") : "no JSON"].insert(shown);
      } while (!is_over);
    });
  std::map<std::string, std::string> stands;  // by version: what it shows
  const auto note = [&](int number) {
    const std::string text = std::to_string(number), revision = " revision " + std::to_string(number + 1) + "\n";
    const auto catalog = world.api().catalog("shop");
    stands[catalog->snapshot()->version()] = "<p>" + text + "</p>" + revision + "{\"title\":\"" + text + "\"}" + revision;
  };
  note(0);
  for (int number = 1; number <= swaps; ++number) {
    REQUIRE(world.ask("ann", "PUT", "/v1/experiences/offer", offer(number)).status == 200);
    REQUIRE(world.command("ann", "offer", "activate").status == 200);
    note(number);
  }
  while (answers < clients) std::this_thread::yield();
  is_over = true;
  for (std::thread& thread : threads) thread.join();

  CHECK(stands.size() == static_cast<std::size_t>(swaps) + 1);
  CHECK(failed.empty());
  for (const auto& [version, shown] : seen) {
    INFO(version);
    REQUIRE(stands.contains(version));
    CHECK(shown == std::set<std::string>{stands.at(version)});
  }
  std::printf("%d answers, of %zu of %d versions\n", answers.load(), seen.size(), swaps + 1);
}
