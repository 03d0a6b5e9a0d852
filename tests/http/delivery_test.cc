// Delivery nodes against the real routes of a control process, in this process: two clocks in the test's
// hands, and a network that is a function call.
#include <catch2/catch.hpp>

#include "../support/folder.h"
#include "api/node.h"
#include "api_world.h"
#include "base/limits.h"

using namespace footlight;
using namespace footlight::test;

namespace {

// One machine with a node's data file. The clocks go with the world's, unless they are moved.
class Node {
 public:
  Node(ApiWorld& world, std::string name, std::string token = "n1") : world_(world), name_(std::move(name)), token_(std::move(token)) {
    start();
  }

  // The process ends, by whatever, and another one begins on its data file.
  void start() {
    follower_.reset();
    store_.reset();
    auto store = open_store(folder_.path("node.db"));
    REQUIRE(store.ok());
    store_ = std::move(*store);
    auto opened = Follower::open(*store_, policies_,
                                 {.node = name_,
                                  .boot_id = boot,
                                  .clocks = [this] { return clocks(); },
                                  .nonce = [this] { return name_ + "-" + std::to_string(++nonces_); }});
    if (!opened) FAIL(to_text(opened.error()));
    follower_ = std::move(*opened);
    serving_ = std::make_unique<NodeServing>(
        *follower_, [this](const std::string&, const std::shared_ptr<const Snapshot>& snapshot) { return runner(snapshot); });
    auto router =
        Router::make(node_routes(*serving_), [this](const HttpRequest& request, const Route&) { return serving_->authenticate(request); });
    REQUIRE(router.ok());
    router_ = std::make_unique<Router>(std::move(*router));
  }

  // Something happens to its file while it is down.
  void damage(const std::function<void(Store&)>& what) {
    follower_.reset();
    what(*store_);
    start();
  }

  Value ask() { return follower_->ask({}); }
  // The request goes out and is answered; the answer is still on its way.
  Reply answered(const Value& request) { return world_.ask(token_, "POST", "/v1/delivery/lease", request); }
  Status take(const Value& answer) {
    return follower_->take(answer, [this](const std::string& hash) -> Result<std::string> {
      const Reply list = world_.ask_text(token_, "GET", "/v1/delivery/lists/" + hash, "", {});
      ++lists_fetched;
      if (list.status != 200) return refuse(Code::unavailable, list.response.body);
      return list.response.body;
    });
  }
  Status poll() {
    const Reply reply = answered(ask());
    if (reply.status != 200) return refuse(Code::unavailable, reply.detail());
    return take(reply.body);
  }
  // Until it has what there is: the first answer tells only that there is a workspace.
  void sync() {
    for (int i = 0; i < 2; ++i)
      if (auto done = poll(); !done) FAIL(to_text(done.error()));
  }

  Reply get(const std::string& as, const std::string& target) { return call(as, "GET", target, ""); }
  Reply decide(const std::string& as = "app", const Value& attributes = Object{}) {
    return call(as, "POST", "/v1/decide", to_json(Object{{"surfaces", Array{Value(std::string(hero_uri))}}, {"attributes", attributes}}));
  }
  Reply ask_decide(const Value& body) { return call("app", "POST", "/v1/decide", to_json(body)); }
  // `gold-hero`, `default`, or `default (no_lease)`
  std::string shown() {
    const Reply reply = decide();
    REQUIRE(reply.status == 200);
    const Array& propositions = reply.body.find("propositions")->array();
    const std::string reason = reply.text("reason");
    return (propositions.empty() ? "nothing" : propositions[0].string_or("experience", "default")) +
        (reason.empty() ? "" : " (" + reason + ")");
  }
  bool is_ready() { return get("", "/readyz").status == 200; }

  Duration boot_moved, wall_moved;
  std::string boot = "boot-1";
  int lists_fetched = 0;
  Folder& folder() { return folder_; }
  Follower& follower() { return *follower_; }

 private:
  Reading clocks() const { return {world_.clocks().boot + boot_moved, world_.now + wall_moved}; }
  Reply call(const std::string& as, const std::string& method, const std::string& target, std::string body) {
    HttpRequest request{.method = method, .target = target, .body = std::move(body), .request_id = "r", .received = clocks().wall};
    REQUIRE(read_target(target, request).ok());
    if (!as.empty()) request.headers.add("Authorization", "Bearer tok-" + as);
    Reply reply;
    reply.response = (*router_)(request);
    reply.status = reply.response.status;
    if (reply.response.content_type.find("json") != std::string::npos) reply.body = json(reply.response.body);
    return reply;
  }
  Result<PolicyRunner*> runner(const std::shared_ptr<const Snapshot>& snapshot) {
    if (!runner_ || runner_->snapshot() != snapshot) {
      auto made = LuaPolicyRunner::create(snapshot, {.deadline = minutes(5)});
      if (!made) return made.error();
      runner_ = std::move(*made);
    }
    return runner_.get();
  }

  ApiWorld& world_;
  const std::string name_, token_;
  Folder folder_;
  LuaPolicyCompiler policies_;
  std::unique_ptr<LuaPolicyRunner> runner_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Follower> follower_;
  std::unique_ptr<NodeServing> serving_;
  std::unique_ptr<Router> router_;
  int nonces_ = 0;
};

void publish(ApiWorld& world, const Value& definition) {
  REQUIRE(world.ask("ann", "POST", "/v1/experiences", definition).status == 201);
  REQUIRE(world.command("ann", definition.string_or("id", ""), "activate").status == 200);
}

std::string stands(const Reply& receipt) {
  const auto names = [&](const char* group) {
    std::string all;
    for (const Value& name : receipt.body.find(group)->array()) all += (all.empty() ? "" : " ") + name.string();
    return all;
  };
  return receipt.text("status") + "; at it " + names("at_it") + "; dark " + names("dark") + "; behind " + names("behind");
}

}  // namespace

TEST_CASE("what is published is served by a node with the same bytes, and what is stopped is gone from it") {
  ApiWorld world;
  Node node(world, "node-a");
  CHECK(node.decide().status == 503);  // it knows no token yet
  CHECK_FALSE(node.is_ready());
  node.sync();
  CHECK(node.is_ready());
  CHECK(node.shown() == "default");
  publish(world,
          Object{{"kind", "campaign"},
                 {"id", "gold-hero"},
                 {"audience", Object{{"attr", "loyalty.tier"}, {"eq", "gold"}}},
                 {"show", Object{{"hero", "<h1>Hello {{loyalty.tier}}</h1>"}}}});
  REQUIRE(node.poll());
  const Value gold = Object{{"loyalty.tier", "gold"}};
  const Reply here = world.decide(hero_uri, gold), there = node.decide("vic", gold);
  CHECK(there.response.body == here.response.body);  // tokens too
  CHECK_THAT(there.response.body, Catch::Contains("Hello gold"));
  CHECK(there.header("Cache-Control") == "private, max-age=60");
  CHECK(here.header("Cache-Control") == "no-store");
  CHECK(node.decide("vic", Object{{"loyalty.tier", "none"}}).response.body ==
        world.decide(hero_uri, Object{{"loyalty.tier", "none"}}).response.body);

  REQUIRE(world.command("pia", "gold-hero", "stop").status == 200);
  REQUIRE(node.poll());
  CHECK_THAT(node.decide("vic", gold).response.body, !Catch::Contains("Hello"));
  CHECK(node.get("", "/metrics").response.body.find("footlight_lease_left_seconds{workspace=\"shop\"} 840") != std::string::npos);
  CHECK(node.get("", "/metrics").response.body.find("footlight_catalog_version{workspace=\"shop\"} 3") != std::string::npos);
  CHECK(world.ask("", "GET", "/metrics").response.body.find("footlight_delivery_nodes_current{workspace=\"shop\"} 0") != std::string::npos);
  REQUIRE(node.poll());
  CHECK(world.ask("", "GET", "/metrics").response.body.find("footlight_delivery_nodes_current{workspace=\"shop\"} 1") != std::string::npos);
}

TEST_CASE("cut off, a node serves for its lease, then defaults only, and is back with the next answer") {
  ApiWorld world;
  publish(world, campaign("hello"));
  Node node(world, "node-a");
  node.sync();
  CHECK(node.shown() == "hello");
  const Instant sent = world.now;
  world.now = sent + seconds(800);
  CHECK(node.shown() == "hello");
  CHECK(node.decide().header("Cache-Control") == "private, max-age=35");  // 5 s less than what is left
  world.now = sent + seconds(839);
  CHECK(node.shown() == "hello");
  CHECK(node.decide().header("Cache-Control") == "no-store");
  world.now = sent + seconds(840);
  node.follower().failed(refuse(Code::unavailable, "nobody listens"));
  CHECK(node.shown() == "default (no_lease)");
  CHECK(node.decide().header("Cache-Control") == "no-store");
  CHECK_FALSE(node.is_ready());
  CHECK_THAT(node.get("", "/readyz").response.body, Catch::Contains("shop: no lease: nobody listens"));
  CHECK(node.get("", "/healthz").status == 200);
  REQUIRE(node.poll());
  CHECK(node.shown() == "hello");
  CHECK(node.is_ready());
}

TEST_CASE("a lease counts from when it was asked for, by both clocks") {
  ApiWorld world;
  publish(world, campaign("hello"));
  Node node(world, "node-a");
  node.sync();
  SECTION("an answer that was long on its way brings what is left") {
    world.now = world.now + seconds(700);
    const Value request = node.ask();
    const Reply answer = node.answered(request);
    world.now = world.now + seconds(839);
    REQUIRE(node.take(answer.body));
    CHECK(node.shown() == "hello");
    world.now = world.now + seconds(1);
    CHECK(node.shown() == "default (no_lease)");
  }
  SECTION("a wall clock that was set forth or back takes the lease away, for good") {
    for (const int moved : {120, -120}) {
      node.wall_moved = seconds(moved);
      node.follower().look();
      CHECK(node.shown() == "default (no_lease)");
      node.wall_moved = {};
      CHECK(node.shown() == "default (no_lease)");
      REQUIRE(node.poll());
      CHECK(node.shown() == "hello");
    }
  }
  SECTION("a machine that slept is told by the clock since boot") {
    node.boot_moved = seconds(841);
    CHECK(node.shown() == "default (no_lease)");
  }
}

TEST_CASE("a restarted node goes on within its lease; after another boot it waits for an answer") {
  ApiWorld world;
  publish(world, campaign("hello"));
  Node node(world, "node-a");
  node.sync();
  world.now = world.now + seconds(400);
  node.start();
  CHECK(node.shown() == "hello");
  CHECK(node.is_ready());
  world.now = world.now + seconds(440);
  CHECK(node.shown() == "default (no_lease)");
  REQUIRE(node.poll());
  node.boot = "boot-2";
  node.start();
  CHECK(node.shown() == "default (no_lease)");  // tokens and defaults it still has
  CHECK_FALSE(node.is_ready());
  REQUIRE(node.poll());
  CHECK(node.shown() == "hello");
}

TEST_CASE("a node whose catalog was damaged on disk asks for it anew, and serves nothing of it before") {
  ApiWorld world;
  publish(world, campaign("hello"));
  Node node(world, "node-a");
  node.sync();
  std::string held;
  node.damage([&](Store& store) { held = store.setting("shop", "held")->value_or(""); });
  REQUIRE_FALSE(held.empty());
  auto broken = json(held);
  broken.object()["catalog"] = std::string(64, '0');  // it names a blob that is not there
  node.damage([&](Store& store) { REQUIRE(store.put_setting("shop", "held", to_json(broken)).ok()); });
  CHECK(node.decide().status == 503);  // not even defaults are known
  CHECK_FALSE(node.is_ready());
  REQUIRE(node.poll());
  CHECK(node.shown() == "hello");
  node.damage([&](Store& store) { REQUIRE(store.put_setting("shop", "held", "{\"node\":{}}").ok()); });
  CHECK_FALSE(node.is_ready());
  node.sync();
  CHECK(node.shown() == "hello");
}

TEST_CASE("a receipt tells node by node who has it and who may still serve what was before") {
  ApiWorld world;
  Node a(world, "node-a"), b(world, "node-b");
  a.sync();
  b.sync();
  world.now = world.now + seconds(10);
  publish(world, campaign("hello"));
  const auto receipt = [&] { return world.ask("vic", "GET", "/v1/experiences/hello/receipt"); };
  CHECK(stands(receipt()) == "propagating; at it local; dark ; behind node-a node-b");
  CHECK(receipt().text("visible_by") == "2026-12-05T12:15:10Z");
  world.now = world.now + seconds(2);
  REQUIRE(a.poll());
  CHECK(stands(receipt()) == "propagating; at it local; dark ; behind node-a node-b");  // it was sent; it may not have arrived
  world.now = world.now + seconds(1);
  REQUIRE(a.poll());
  CHECK(stands(receipt()) == "propagating; at it local node-a; dark ; behind node-b");
  // The other one is cut off: by the end of its last lease it serves nothing of before.
  world.now = noon() + minutes(15);
  CHECK(stands(receipt()) == "propagated; at it local node-a; dark node-b; behind ");
  const Reply nodes = world.ask("vic", "GET", "/v1/delivery");
  REQUIRE(nodes.status == 200);
  const Value& shop = *nodes.body.find("workspaces")->find("shop");
  CHECK(shop.find("nodes")->array().size() == 2);
  CHECK(nodes.body.find("workspaces")->find("other") == nullptr);
  // A stop is answered with who may still show it.
  REQUIRE(b.poll());
  REQUIRE(b.poll());
  const Reply stopped = world.command("pia", "hello", "stop");
  CHECK(to_json(*stopped.body.find("receipt")->find("behind")) == R"(["node-a","node-b"])");
}

TEST_CASE("policies, lists and schedules travel; a list goes over once") {
  ApiWorld world;
  const std::string vips = "ann\nbob\n", hash = sha256_hex(vips);
  Value document = world.ask("vic", "GET", "/v1/workspace").body;
  document.object()["lists"] = Object{{"vips", hash}};
  REQUIRE(world.ask("pia", "PUT", "/v1/workspace", Object{{"workspace", document}, {"lists", Object{{hash, vips}}}}).status == 200);
  publish(world,
          Object{{"kind", "campaign"},
                 {"id", "vip"},
                 {"priority", 90},
                 {"audience", Object{{"list", "vips"}}},
                 {"show", Object{{"hero", "<b>VIP</b>"}}}});
  publish(world,
          Object{{"kind", "campaign"},
                 {"id", "scripted"},
                 {"audience", Object{{"lua", "return function(p) local twice = p.cart.total * 2 return twice > 100 end"}}},
                 {"show", Object{{"hero", Object{{"lua", "return function(p) return '<i>' .. p.cart.total .. '</i>' end"}}}}}});
  publish(world,
          Object{{"kind", "campaign"},
                 {"id", "later"},
                 {"priority", 99},
                 {"from", "2026-12-06T12:00"},
                 {"show", Object{{"hero", "<b>later</b>"}}}});
  Node node(world, "node-a");
  node.sync();
  CHECK(node.lists_fetched == 1);
  const auto same = [&](const Value& body) {
    const Reply here = world.ask("app", "POST", "/v1/decide", body);
    const Reply there = node.ask_decide(body);
    CHECK(there.response.body == here.response.body);
    return there.response.body;
  };
  const auto asked = [](const char* who, int total) {
    return Object{{"identity", Object{{"namespace", "id"}, {"id", who}}},
                  {"surfaces", Array{Value(std::string(hero_uri))}},
                  {"attributes", Object{{"cart.total", total}}}};
  };
  CHECK_THAT(same(asked("ann", 10)), Catch::Contains("VIP"));
  CHECK_THAT(same(asked("eve", 60)), Catch::Contains("<i>60</i>"));
  CHECK_THAT(same(asked("eve", 10)), Catch::Contains("Welcome"));
  REQUIRE(world.command("pia", "scripted", "stop").status == 200);
  REQUIRE(node.poll());
  CHECK(node.lists_fetched == 1);
  CHECK_THAT(same(asked("eve", 60)), Catch::Contains("Welcome"));
  // A start needs no message: each node's own clock brings it.
  world.now = *parse_instant("2026-12-06T11:00:00Z");
  REQUIRE(node.poll());
  CHECK_THAT(same(asked("eve", 10)), Catch::Contains("later"));
  node.start();
  CHECK_THAT(same(asked("eve", 10)), Catch::Contains("later"));
}

TEST_CASE("an application's token is good at every node from its making to its revocation") {
  ApiWorld world;
  Node node(world, "node-a");
  node.sync();
  CHECK(node.decide("app").status == 200);
  CHECK(node.decide("eve").status == 401);  // of another workspace
  CHECK(node.decide("nobody").status == 401);
  CHECK(node.decide("n1").status == 403);  // a node's token opens no decisions
  REQUIRE(world.ask("root", "DELETE", "/v1/tokens/app").status == 200);
  REQUIRE(node.poll());
  CHECK(node.decide("app").status == 401);
  CHECK(node.decide("vic").status == 200);
  CHECK(node.get("app", "/v1/experiences").status == 404);  // a node has nothing to author with
}

TEST_CASE("only a node's token fetches, and it does nothing else") {
  ApiWorld world;
  const Value body = Object{{"workspaces", Object{}}};
  for (const char* who : {"app", "vic", "ann", "root", "star"}) {
    INFO(who);
    CHECK(world.ask(who, "POST", "/v1/delivery/lease", body).code() == "forbidden");
    CHECK(world.ask(who, "GET", "/v1/delivery/lists/00").code() == "forbidden");
  }
  CHECK(world.ask("n1", "POST", "/v1/delivery/lease", body).status == 200);
  for (const auto& [method, target] : {std::pair{"GET", "/v1/experiences"},
                                       {"GET", "/v1/workspace"},
                                       {"GET", "/v1/audit"},
                                       {"POST", "/v1/decide"},
                                       {"GET", "/v1/tokens"},
                                       {"GET", "/v1/delivery"},
                                       {"POST", "/v1/epoch_bump"},
                                       {"GET", "/v1/backup"}}) {
    INFO(target);
    CHECK(world.ask("n1", method, target, std::string(method) == "POST" ? Value(Object{}) : Value()).code() == "forbidden");
  }
  // It hears of its own workspace only; a token of all hears of all.
  CHECK(to_json(world.ask("n1", "POST", "/v1/delivery/lease", body).body) == R"({"workspaces":{"shop":{}}})");
  CHECK(to_json(world.ask("n9", "POST", "/v1/delivery/lease", body).body) == R"({"workspaces":{"other":{},"shop":{}}})");
  CHECK(world.ask("n1", "GET", "/v1/delivery/lists/00").code() == "not_found");
  // What is no request is told with every place.
  const Reply bad =
      world.ask("n1", "POST", "/v1/delivery/lease",
                Object{{"wait_ms", 10'001},
                       {"workspaces", Object{{"shop", Object{{"request", Object{{"node", ""}}}}}, {"other", Object{{"acces", 1}}}}}});
  CHECK(bad.code() == "bad_request");
  CHECK_THAT(bad.problems(),
             Catch::Contains("$.wait_ms out_of_range") && Catch::Contains("$.workspaces.shop.request.head missing_field") &&
                 Catch::Contains("$.workspaces.other.acces unknown_field"));
  CHECK(world.ask("n1", "POST", "/v1/delivery/lease", Object{{"wait_ms", limits::delivery_wait_max.ms}, {"workspaces", Object{}}}).status ==
        200);
  CHECK(world.ask("n1", "POST", "/v1/delivery/lease", Object{{"wait_ms", limits::delivery_wait_max.ms + 1}, {"workspaces", Object{}}})
            .status == 400);
}

TEST_CASE("a node of all workspaces serves each, and says so where several could be meant") {
  ApiWorld world;
  Node node(world, "node-a", "n9");
  node.sync();
  CHECK(node.decide("app").status == 200);
  CHECK(node.decide("star").code() == "usage");
  CHECK(node.get("vic", "/v1/delivery").body.find("workspaces")->object().size() == 2);
}

TEST_CASE("a request waits for news where there is none, and is answered at once where there is") {
  ApiWorld world;
  Node node(world, "node-a");
  node.sync();
  Value request = node.ask();
  request.object()["wait_ms"] = 5000;
  const Reply held = node.answered(request);
  REQUIRE(held.response.hold);
  CHECK(held.response.hold->at_most == seconds(5));
  CHECK_FALSE(held.response.hold->is_ready());
  publish(world, campaign("hello"));
  CHECK(held.response.hold->is_ready());
  const HttpResponse news = held.response.hold->answer();
  REQUIRE(news.status == 200);
  REQUIRE(node.take(json(news.body)));
  CHECK(node.shown() == "hello");
  Value again = node.ask();
  again.object()["wait_ms"] = 5000;
  const Reply quiet = node.answered(again);
  REQUIRE(quiet.response.hold);
  CHECK_FALSE(quiet.response.hold->is_ready());
  REQUIRE(world.ask("root", "POST", "/v1/tokens", Object{{"name", "new"}, {"roles", Array{"delivery"}}, {"workspace", "shop"}}).status ==
          201);
  CHECK(quiet.response.hold->is_ready());                // tokens are news too
  CHECK_FALSE(node.answered(node.ask()).response.hold);  // who does not wait is answered
}

TEST_CASE("R1: a control process that lost what a node holds lends to nobody until its epoch is bumped") {
  ApiWorld now_lost("store-1"), older("store-1");  // what a node has followed, and a copy of it from before
  publish(now_lost, campaign("hello"));
  Node node(now_lost, "node-a");
  node.sync();
  CHECK(node.shown() == "hello");
  // The same node, its requests now answered by the older copy.
  const Reply refused = older.ask("n1", "POST", "/v1/delivery/lease", node.ask());
  REQUIRE(refused.status == 200);
  CHECK(refused.body.find("workspaces")->find("shop")->find("refused")->string_or("code", "") == "fenced");
  CHECK_FALSE(node.take(refused.body));
  CHECK(node.shown() == "hello");  // its lease goes on, from whom it had it
  CHECK(older.ask("ann", "POST", "/v1/experiences", campaign("x")).code() == "fenced");
  CHECK(older.api().catalog("shop")->is_fenced());
  CHECK_THAT(older.decide().response.body, Catch::StartsWith("{\"reason\":\"no_lease\","));
  CHECK(older.ask("eve", "POST", "/v1/experiences", campaign("x")).code() == "fenced");  // the other workspace stands in the same store
  REQUIRE(older.ask("root", "POST", "/v1/epoch_bump").status == 200);
  CHECK(older.ask("eve", "POST", "/v1/experiences", campaign("x")).code() == "fenced");
  REQUIRE(older.ask("eve", "POST", "/v1/epoch_bump").status == 200);
  CHECK(older.store().meta(store_meta::fenced)->value() == "0");
  const Reply granted = older.ask("n1", "POST", "/v1/delivery/lease", node.ask());
  REQUIRE(node.take(granted.body));
  CHECK(node.shown() == "default");  // everything from before the restore is stopped
}
