// A host that follows a server: the real routes behind a real socket, and the host's clocks in the test's hands.
#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>

#include "../http/api_world.h"
#include "../support/folder.h"
#include "footlight/footlight.h"
#include "server/listener.h"

using namespace footlight;
using namespace footlight::test;

namespace {

// The server of ApiWorld on a socket, which can be pulled and plugged in again at the same address.
class Server {
 public:
  Server() { plug_in(); }
  void plug_in() {
    auto started = Listener::start({.port = port_, .now = noon, .sweep_interval = Duration{50}},
                                   {.handle = world.router(),
                                    .body_limit = [this](const HttpRequest& head) { return world.router().body_limit(head); },
                                    .answered = {}});
    if (!started) FAIL(to_text(started.error()));
    listener_ = std::move(*started);
    port_ = listener_->port();
    url = listener_->url();
  }
  void pull() { listener_.reset(); }
  void publish(const Value& definition) {
    REQUIRE(world.ask("ann", "POST", "/v1/experiences", definition).status == 201);
    REQUIRE(world.command("ann", definition.string_or("id", ""), "activate").status == 200);
  }

  ApiWorld world;
  std::string url;

 private:
  std::uint16_t port_ = 0;
  std::unique_ptr<Listener> listener_;
};

// A host's machine: its clocks, and what its log said.
class Machine {
 public:
  std::atomic<std::int64_t> boot{1'000'000}, wall{noon().ms};
  void pass(Duration time) {
    boot += time.ms;
    wall += time.ms;
  }
  RuntimeOptions options() {
    return {.clock = [this] { return Instant{wall}; },
            .log =
                [this](const LogLine& line) {
                  const std::lock_guard lock(mutex_);
                  lines_.push_back(line.text);
                  said_.notify_all();
                },
            .policy_deadline = minutes(1)};
  }
  FollowOptions following(const Server& server, const std::string& token = "tok-n1") {
    return {.server = server.url, .token = token, .workspace = "shop", .node = "kiosk", .patience = minutes(1), .boot_clock = [this] {
              return Duration{boot};
            }};
  }
  // Until the log has said so, from here on.
  void wait_for(const std::string& words) {
    std::unique_lock lock(mutex_);
    const bool has = said_.wait_for(lock, std::chrono::minutes(1), [&] {
      for (; read_ < lines_.size(); ++read_)
        if (lines_[read_].find(words) != std::string::npos) return ++read_, true;
      return false;
    });
    if (!has) FAIL("the log never said: " + words);
  }

 private:
  std::mutex mutex_;
  std::condition_variable said_;
  std::vector<std::string> lines_;
  std::size_t read_ = 0;
};

Runtime opened(Result<Runtime> runtime) {
  if (!runtime) FAIL(to_text(runtime.error()));
  return std::move(*runtime);
}

const Request asked{.surfaces = {std::string(hero_uri)}};
const std::string asked_json = R"({"surfaces": ["web://shop.example/#hero"]})";

// `spring`, `default`, `default (no_lease)`
std::string shown(const Runtime& runtime) {
  auto decision = runtime.decide(asked);
  if (!decision) return to_text(decision.error());
  const std::string which = decision->propositions.empty() ? "nothing"
      : decision->propositions[0].experience.empty()       ? "default"
                                                           : decision->propositions[0].experience;
  return which + (decision->reason.empty() ? "" : " (" + decision->reason + ")");
}

}  // namespace

TEST_CASE("a host shows what its server has published, and hears of the next publish by itself") {
  Server server;
  server.publish(campaign("spring"));
  Machine machine;
  const Runtime runtime = opened(Runtime::follow(machine.following(server), machine.options()));
  CHECK(runtime.workspace() == "shop");
  CHECK(shown(runtime) == "spring");
  CHECK(*runtime.decide(asked_json) == server.world.decide().response.body);  // the server's own answer, byte for byte
  const auto standing = runtime.following();
  REQUIRE(standing);
  CHECK(standing->node == "kiosk");
  CHECK(standing->is_leased);
  CHECK(standing->lease_left > minutes(13));
  CHECK_FALSE(standing->failure);
  CHECK(runtime.snapshot() == standing->version);

  machine.wait_for("lends version");
  REQUIRE(server.world.command("pia", "spring", "stop").status == 200);
  machine.wait_for("lends version");
  CHECK(shown(runtime) == "default");
  CHECK(server.world.ask("vic", "GET", "/v1/delivery").response.body.find("kiosk") != std::string::npos);
}

TEST_CASE("a host that is cut off goes on until its lease ends, then shows defaults and says so, and comes back") {
  Server server;
  server.publish(campaign("spring"));
  Machine machine;
  const Runtime runtime = opened(Runtime::follow(machine.following(server), machine.options()));
  server.pull();
  machine.wait_for("cannot follow");
  CHECK(shown(runtime) == "spring");
  machine.pass(minutes(13));
  CHECK(shown(runtime) == "spring");
  machine.pass(minutes(1));
  CHECK(shown(runtime) == "default (no_lease)");
  CHECK(runtime.decide(asked_json)->starts_with(R"({"reason":"no_lease","snapshot":)"));
  CHECK(*runtime.decide(asked_json) == to_json(*runtime.decide(asked)));
  CHECK(runtime.explain(asked)->reason == "no_lease");
  CHECK_FALSE(runtime.following()->is_leased);
  REQUIRE(runtime.following()->failure);
  CHECK(runtime.following()->failure->code == Code::unavailable);
  server.plug_in();
  machine.wait_for("again");
  CHECK(shown(runtime) == "spring");
}

TEST_CASE("a clock of the host that was set ends its lease") {
  Server server;
  server.publish(campaign("spring"));
  Machine machine;
  const Runtime runtime = opened(Runtime::follow(machine.following(server), machine.options()));
  server.pull();
  machine.wait_for("cannot follow");
  machine.wall += minutes(2).ms;
  CHECK(shown(runtime) == "default (no_lease)");
}

TEST_CASE("a lease that ends while a decision is made leaves defaults") {
  Server server;
  server.publish(campaign("spring"));
  Machine machine;
  RuntimeOptions options = machine.options();
  std::atomic<bool> is_slow = false;
  // The clock is read when the request comes in, when the lease is pinned, and before the answer is given.
  std::atomic<int> readings = 0;
  FollowOptions server_of = machine.following(server);
  server_of.boot_clock = [&] {
    if (is_slow && ++readings == 2) machine.pass(minutes(15));
    return Duration{machine.boot};
  };
  const Runtime runtime = opened(Runtime::follow(server_of, options));
  server.pull();
  machine.wait_for("cannot follow");
  CHECK(shown(runtime) == "spring");
  is_slow = true;
  CHECK(shown(runtime) == "default (no_lease)");
}

TEST_CASE("a host opens before its server does") {
  Server server;
  server.publish(campaign("spring"));
  server.pull();
  Machine machine;
  const Runtime runtime = opened(Runtime::follow(machine.following(server), machine.options()));
  CHECK(runtime.snapshot().empty());
  auto refused = runtime.decide(asked);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::unavailable);
  CHECK(refused.error().message.find(server.url) != std::string::npos);
  CHECK(runtime.decide(asked_json).error().code == Code::unavailable);
  server.plug_in();
  machine.wait_for("lends version");
  CHECK(shown(runtime) == "spring");
}

TEST_CASE("a host that is started again goes on with what its store holds, in the same boot, within the lease") {
  Server server;
  server.publish(campaign("spring"));
  const Folder folder;
  Machine machine;
  FollowOptions options = machine.following(server);
  const auto open_again = [&] {
    auto store = open_store(folder.path("node.db"));
    REQUIRE(store);
    options.store = std::move(*store);
    Runtime runtime = opened(Runtime::follow(options, machine.options()));
    options.store.reset();
    return runtime;
  };
  CHECK(shown(open_again()) == "spring");
  server.pull();
  machine.pass(minutes(5));
  CHECK(shown(open_again()) == "spring");
  machine.pass(minutes(10));
  CHECK(shown(open_again()) == "default (no_lease)");
}

TEST_CASE("events carry tokens that the server's secret signs") {
  Server server;
  server.publish(campaign("spring"));
  Machine machine;
  std::vector<Event> events;
  RuntimeOptions options = machine.options();
  options.events = [&](const Event& event) { events.push_back(event); };
  const Runtime runtime = opened(Runtime::follow(machine.following(server), options));
  const auto decision = runtime.decide(asked);
  REQUIRE(decision);
  REQUIRE(events.size() == 1);
  REQUIRE(runtime.record("display", decision->propositions[0].token));
  CHECK(events[1].experience == "spring");
  CHECK(runtime.record("display", "made.up").error().code == Code::bad_request);
}

TEST_CASE("what no waiting mends is told when a host opens") {
  Server server;
  Machine machine;
  const auto code = [&](auto change) {
    FollowOptions options = machine.following(server);
    change(options);
    const auto runtime = Runtime::follow(options, machine.options());
    return runtime ? std::string("opened") : std::string(name(runtime.error().code));
  };
  CHECK(code([](FollowOptions&) {}) == "opened");
  CHECK(code([](FollowOptions& o) { o.token = "tok-nobody"; }) == "unauthorized");
  CHECK(code([](FollowOptions& o) { o.token = "tok-app"; }) == "forbidden");
  CHECK(code([](FollowOptions& o) { o.workspace = "elsewhere"; }) == "not_found");
  CHECK(code([](FollowOptions& o) { o.server = "https://127.0.0.1"; }) == "usage");
  CHECK(code([](FollowOptions& o) { o.server = ""; }) == "usage");
  CHECK(code([](FollowOptions& o) { o.token = ""; }) == "usage");
  CHECK(code([](FollowOptions& o) { o.workspace = ""; }) == "usage");
  CHECK(code([](FollowOptions& o) { o.node = std::string(65, 'n'); }) == "usage");
  // A store with a journal of its own is no place to keep what was lent.
  std::shared_ptr<Store> control = std::move(*open_store("memory:"));
  REQUIRE(Runtime::from_store(control, "shop")
              ->take_in({{"workspace.lua", "workspace \"shop\" { surfaces = { hero = html { \"web://shop.example/#hero\" } } }"}},
                        {"ann", {Role::author, Role::publisher}}));
  CHECK(code([&](FollowOptions& o) { o.store = control; }) == "usage");
}

TEST_CASE("what belongs to files and stores is refused where a server is followed") {
  Server server;
  Machine machine;
  Runtime runtime = opened(Runtime::follow(machine.following(server), machine.options()));
  CHECK(runtime.reload().error().code == Code::usage);
  CHECK(runtime.reload(FileMap{}).error().code == Code::usage);
  CHECK(runtime.run_fixtures().error().code == Code::usage);
  CHECK(runtime.command({.name = CommandName::stop, .experience = "spring"}).error().code == Code::usage);
  CHECK(runtime.experience("spring").error().code == Code::usage);
  CHECK(runtime.receipt("spring").error().code == Code::usage);
  CHECK(Runtime::from_files({{"workspace.lua", "workspace \"shop\" { surfaces = { hero = html { \"web://shop.example/#hero\" } } }"}})
            ->following()
            .error()
            .code == Code::usage);
}

TEST_CASE("threads decide while publishes arrive") {
  Server server;
  server.publish(campaign("spring"));
  Machine machine;
  const Runtime runtime = opened(Runtime::follow(machine.following(server), machine.options()));
  machine.wait_for("lends version");
  std::atomic<bool> is_over = false;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> deciding;
  for (int i = 0; i < 4; ++i)
    deciding.emplace_back([&] {
      do {
        const std::string which = shown(runtime);
        if (which != "spring" && !which.starts_with("more-")) ++wrong;
        if (!runtime.decide(asked_json) || !runtime.following()) ++wrong;
      } while (!is_over);
    });
  for (int i = 0; i < 5; ++i) {
    const std::string id = "more-" + std::to_string(i);
    Value more = campaign(id);
    more.object()["priority"] = 1;
    server.publish(more);
    machine.wait_for("lends version");
  }
  REQUIRE(server.world.command("pia", "spring", "stop").status == 200);
  machine.wait_for("lends version");
  is_over = true;
  for (std::thread& thread : deciding) thread.join();
  CHECK(shown(runtime).starts_with("more-"));
}
