// Tokens under load: the store is asked once for each, and what is revoked opens nothing from then on.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "api_world.h"

using namespace footlight;
using namespace footlight::test;

namespace {

// The status of a decide call with this token, as a request of the thread that asks.
int status_with(const ApiWorld& world, const std::string& bearer) {
  HttpRequest request{.method = "POST",
                      .target = "/v1/decide",
                      .body = R"({"surfaces": ["web://shop.example/#hero"]})",
                      .request_id = "r",
                      .received = noon()};
  if (!read_target("/v1/decide", request)) return 0;
  request.headers.add("Authorization", "Bearer " + bearer);
  return world.router()(request).status;
}

std::string made(ApiWorld& world, const std::string& name) {
  const Reply reply = world.ask("root", "POST", "/v1/tokens", Object{{"name", name}, {"roles", Array{"delivery"}}});
  REQUIRE(reply.status == 201);
  return reply.text("token");
}

}  // namespace

TEST_CASE("a revoked token opens nothing from the next request on, and its successor opens at once") {
  ApiWorld world;
  const std::string first = made(world, "kiosk");
  CHECK(status_with(world, first) == 200);
  CHECK(status_with(world, first) == 200);
  REQUIRE(world.ask("root", "DELETE", "/v1/tokens/kiosk").status == 200);
  CHECK(status_with(world, first) == 401);
  const std::string second = made(world, "kiosk");
  CHECK(status_with(world, second) == 200);
  CHECK(status_with(world, first) == 401);
  CHECK(status_with(world, second + "x") == 401);
  CHECK(status_with(world, second.substr(0, second.size() - 1)) == 401);
  CHECK(status_with(world, "") == 401);
}

TEST_CASE("the store is asked for a token once, until tokens are made or revoked") {
  ApiWorld world;
  CHECK(status_with(world, "tok-app") == 200);
  // Behind the process's back, as nobody can: a data file has one writer.
  REQUIRE(world.store().revoke_token("app").ok());
  CHECK(status_with(world, "tok-app") == 200);
  made(world, "kiosk");
  CHECK(status_with(world, "tok-app") == 401);
}

TEST_CASE("what one server knows of a token opens no other server of the process") {
  std::string token;
  for (int i = 0; i < 3; ++i) {
    ApiWorld world;
    if (!token.empty()) CHECK(status_with(world, token) == 401);
    token = made(world, "kiosk");
    CHECK(status_with(world, token) == 200);
  }
}

TEST_CASE("threads that use a token while it is revoked are refused as soon as that is answered") {
  ApiWorld world;
  for (int round = 0; round < 20; ++round) {
    const std::string token = made(world, "kiosk");
    std::atomic<bool> is_revoked = false;
    std::atomic<int> asked = 0, late = 0, refused = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (bool is_last = false; !is_last;) {
          is_last = is_revoked;
          const int status = status_with(world, token);
          if (is_last && status != 401) ++late;
          if (status == 401) ++refused;
          ++asked;
        }
      });
    while (asked < 8) std::this_thread::yield();
    REQUIRE(world.ask("root", "DELETE", "/v1/tokens/kiosk").status == 200);
    is_revoked = true;
    for (std::thread& thread : threads) thread.join();
    CHECK(late == 0);
    CHECK(refused >= 4);
  }
}
