// Many threads decide while one reloads: each answer is whole, from one version or the next.
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <thread>

#include "shop.h"

using namespace footlight;

namespace {

FileMap shop_of(const std::string& season) {
  FileMap files = shop_with_stock();
  files["experiences/gold.lua"] =
      "campaign \"gold\" { show = { hero = function(p) return \"" + season + " \" .. stock(p.sku) .. \" " + season + "\" end } }";
  return files;
}

}  // namespace

// FOOTLIGHT_SWAPS=1000 unit_embed_threads
TEST_CASE("8 threads decide while another reloads") {
  const RuntimeOptions options{.functions = {{"stock", [](const std::vector<Value>&) -> Result<Value> { return Value(3); }}},
                               .secret = "ours",
                               .policy_deadline = minutes(1)};  // the machine may be busy
  Runtime runtime = opened(Runtime::from_files(shop_of("spring"), options));
  const char* wanted = std::getenv("FOOTLIGHT_SWAPS");
  const int reloads = wanted ? std::atoi(wanted) : 20;
  constexpr int threads = 8;
  std::atomic<bool> is_over = false;
  std::atomic<int> wrong = 0, decisions = 0;
  std::vector<std::thread> deciding;
  for (int i = 0; i < threads; ++i)
    deciding.emplace_back([&] {
      do {
        const std::string content = shown(runtime.decide(gold_member()));
        if (content != "spring 3 spring" && content != "summer 3 summer") ++wrong;
        if (!runtime.decide(R"({"surfaces": ["web://shop.example/#hero"]})")) ++wrong;
        ++decisions;
      } while (!is_over);
    });
  for (int i = 0; i < reloads; ++i)
    if (!runtime.reload(shop_of(i % 2 ? "spring" : "summer"))) ++wrong;
  is_over = true;
  for (std::thread& thread : deciding) thread.join();
  CHECK(wrong == 0);
  CHECK(decisions >= threads);
}

TEST_CASE("threads decide on a store while commands change it") {
  Runtime runtime = opened(Runtime::from_store(std::move(*open_store("memory:")), "shop"));
  const Actor ann{"ann", {Role::author, Role::publisher}};
  REQUIRE(runtime.take_in(shop_files(), ann));
  std::atomic<bool> is_over = false;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> deciding;
  for (int i = 0; i < 4; ++i)
    deciding.emplace_back([&] {
      do {
        const std::string content = shown(runtime.decide(gold_member()));
        if (content != "Welcome" && content != "Welcome back, Ann") ++wrong;
      } while (!is_over);
    });
  CHECK(runtime.command({.name = CommandName::activate, .experience = "gold", .actor = ann}));
  CHECK(shown(runtime.decide(gold_member())) == "Welcome back, Ann");
  CHECK(runtime.command({.name = CommandName::stop, .experience = "gold", .actor = ann}));
  CHECK(shown(runtime.decide(gold_member())) == "Welcome");  // at once, on this node
  is_over = true;
  for (std::thread& thread : deciding) thread.join();
  CHECK(wrong == 0);
}
