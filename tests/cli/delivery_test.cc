// One control process and two delivery nodes, the program itself three times: how long a publish and a stop
// take to be everywhere, what nodes do when the control process is killed, and when they are back.
//
// What is asserted holds however slow the machine is, but for bounds against hanging; how fast it was is
// printed. `./dev bench delivery` does it many times and holds it to the goals.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <sstream>
#include <thread>

#include "../support/folder.h"
#include "../support/process.h"
#include "footlight/value.h"
#include "http/client.h"

using namespace footlight;
using namespace footlight::test;

namespace {

const std::string program = FOOTLIGHT_PROGRAM;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point then) { return std::chrono::duration<double>(Clock::now() - then).count(); }

// A process that serves, on a port that stays its own over restarts.
class Server {
 public:
  Server(std::vector<std::string> command, std::string stderr_file, std::string beginning)
      : command_(std::move(command)), stderr_file_(std::move(stderr_file)), beginning_(std::move(beginning)) {
    start();
  }
  void start() {
    std::vector<std::string> command = command_;
    for (const std::string& word : {std::string("--listen"), "127.0.0.1:" + (url.empty() ? "0" : url.substr(url.rfind(':') + 1))})
      command.push_back(word);
    process_.emplace(command, stderr_file_);
    for (const std::string& line : process_->lines_until(beginning_)) {
      std::istringstream words(line);
      std::string role, secret;
      if (words >> role >> secret && secret.starts_with("fl_")) tokens[role] = secret;
      url = line.substr(line.rfind(' ') + 1);
    }
  }
  void kill() {
    process_->signal(SIGKILL);
    process_->wait();
  }
  void end() {
    process_->signal(SIGTERM);
    CHECK(process_->wait() == 0);
  }
  // Nothing where nobody answers.
  std::optional<HttpResponse> ask(const std::string& token, const std::string& method, const std::string& target,
                                  const std::string& body = "") const {
    HttpCall call{.method = method, .target = target, .body = body};
    if (!token.empty()) call.headers.add("Authorization", "Bearer " + token);
    if (!body.empty()) call.headers.add("Content-Type", "application/json");
    auto answered = send(url, call, footlight::seconds(30));
    if (!answered) return std::nullopt;
    return std::move(*answered);
  }
  bool is_ready() const {
    const auto answered = ask("", "GET", "/readyz");
    return answered && answered->status == 200;
  }

  std::string url;
  std::map<std::string, std::string> tokens;

 private:
  const std::vector<std::string> command_;
  const std::string stderr_file_, beginning_;
  std::optional<Process> process_;
};

// A control process and two nodes that follow it. Both nodes are ready.
struct Deployment {
  explicit Deployment(const std::string& window) {
    const std::string ws = folder.path("shop");
    REQUIRE(run({program, "init", ws}).exit_code == 0);
    control.emplace(std::vector<std::string>{program, "serve", ws, "--data", folder.path("shop.db"), "--window", window, "--quiet"},
                    folder.path("control.err"), "serving ");
    admin = control->tokens.at("admin");
    app = control->tokens.at("delivery");
    for (const char* name : {"a", "b"}) {
      const Ran made = cli({"token", "create", "--name", std::string("node-") + name, "--role", "node", "--for", "shop"});
      REQUIRE(made.exit_code == 0);
      nodes.emplace_back(std::vector<std::string>{program, "serve", "--role", "delivery", "--control", control->url, "--token",
                                                  made.out.substr(0, made.out.size() - 1), "--node", std::string("node-") + name, "--data",
                                                  folder.path(std::string(name) + ".db"), "--quiet"},
                         folder.path(std::string(name) + ".err"), "following ");
    }
    CHECK(until([&] { return nodes[0].is_ready() && nodes[1].is_ready(); }) < 30);
  }

  Ran cli(std::vector<std::string> words) {
    for (const std::string& word : {std::string("--server"), control->url, std::string("--token"), admin}) words.push_back(word);
    words.insert(words.begin(), program);
    return run(words);
  }
  void command(const std::string& method, const std::string& target, const std::string& body, int status) {
    const auto answered = control->ask(admin, method, target, body);
    REQUIRE(answered);
    INFO(answered->body);
    REQUIRE(answered->status == status);
  }
  void publish(const std::string& id, int priority) {
    command(
        "POST", "/v1/experiences",
        R"({"kind":"campaign","id":")" + id + R"(","priority":)" + std::to_string(priority) + R"(,"show":{"hero":"<b>)" + id + R"(</b>"}})",
        201);
    command("POST", "/v1/experiences/" + id + "/activate", "", 200);
  }
  void stop(const std::string& id) { command("POST", "/v1/experiences/" + id + "/stop", "", 200); }

  std::string decide(const Server& node) const {
    const auto answered = node.ask(app, "POST", "/v1/decide", R"({"surfaces":["web://shop.example/#hero"]})");
    return answered ? answered->body : "nobody answers";
  }
  bool shows(const Server& node, const std::string& id) const {
    return decide(node).find("\"experience\":\"" + id + "\"") != std::string::npos;
  }
  bool is_without_lease(const Server& node) const { return decide(node).starts_with("{\"reason\":\"no_lease\""); }

  // Seconds until it holds; 60 where it does not come to.
  static double until(const std::function<bool()>& holds) {
    const auto began = Clock::now();
    while (!holds()) {
      if (seconds_since(began) > 60) return 60;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return seconds_since(began);
  }

  Folder folder;
  std::optional<Server> control;
  std::deque<Server> nodes;
  std::string admin, app;
};

struct Times {
  std::vector<double> all;
  double at(double share) {
    std::sort(all.begin(), all.end());
    return all[std::min(all.size() - 1, static_cast<std::size_t>(share * static_cast<double>(all.size())))];
  }
  std::string told() {
    std::ostringstream text;
    text.precision(3);
    text << "p50 " << at(0.5) << " s, p99 " << at(0.99) << " s, most " << at(1) << " s of " << all.size();
    return text.str();
  }
};

// Publishes and stops; how long until both nodes show it, and until neither does.
void travel(Deployment& shop, int rounds, Times& visible, Times& gone) {
  for (int i = 0; i < rounds; ++i) {
    const std::string id = "c" + std::to_string(i);
    shop.publish(id, 90);
    visible.all.push_back(shop.until([&] { return shop.shows(shop.nodes[0], id) && shop.shows(shop.nodes[1], id); }));
    shop.stop(id);
    gone.all.push_back(shop.until([&] { return !shop.shows(shop.nodes[0], id) && !shop.shows(shop.nodes[1], id); }));
  }
}

// The control process is killed while both nodes serve `id`. Seconds until the first served defaults.
double cut_off(Deployment& shop, const std::string& id, double window_s) {
  shop.control->kill();
  const auto killed = Clock::now();
  const bool both_serve = shop.shows(shop.nodes[0], id) && shop.shows(shop.nodes[1], id);
  if (seconds_since(killed) < window_s / 2) CHECK(both_serve);  // each lease has most of its time before it
  double first_dark = 0;
  std::vector<bool> is_dark(2, false);
  while (!(is_dark[0] && is_dark[1]) && seconds_since(killed) < 60 + window_s)
    for (std::size_t i = 0; i < 2; ++i) {
      const double asked_at = seconds_since(killed);
      const std::string answer = shop.decide(shop.nodes[i]);
      if (answer.starts_with("{\"reason\":\"no_lease\"")) {
        if (!is_dark[i] && first_dark == 0) first_dark = asked_at;
        is_dark[i] = true;
        CHECK(answer.find("\"experience\":\"" + id) == std::string::npos);
      } else {
        INFO(answer);
        CHECK(answer.find("\"experience\":\"" + id + "\"") != std::string::npos);
        CHECK(asked_at < window_s);  // the promise, whatever the machine does
        CHECK_FALSE(is_dark[i]);     // and never back without an answer
      }
    }
  CHECK(is_dark[0]);
  CHECK(is_dark[1]);
  for (const Server& node : shop.nodes) CHECK_FALSE(node.is_ready());
  return first_dark;
}

}  // namespace

TEST_CASE("a publish and a stop travel to two nodes; without their control they serve for the lease, then defaults") {
  Deployment shop("6s");
  Times visible, gone;
  travel(shop, 5, visible, gone);
  CHECK(visible.at(1) < 30);
  CHECK(gone.at(1) < 30);

  shop.publish("stays", 80);
  const Ran watched = shop.cli({"status", "stays", "--watch"});
  CHECK(watched.exit_code == 0);
  CHECK_THAT(watched.out,
             Catch::StartsWith("stays: activate ") && Catch::Contains("visible everywhere by ") && Catch::Contains("node-a") &&
                 Catch::Contains("node-b") && Catch::Contains("propagated since "));
  const Ran once = shop.cli({"status", "stays"});
  CHECK(once.exit_code == 0);
  CHECK_THAT(once.out, Catch::Contains("propagated since ") && Catch::Contains("  node-a  has it since ") && Catch::Contains("  local "));
  CHECK_THAT(shop.cli({"status"}).out, Catch::StartsWith("shop: 1.") && Catch::Contains("node-b") && Catch::Contains("current"));
  CHECK(shop.cli({"status", "nobody"}).exit_code == 3);
  REQUIRE(shop.shows(shop.nodes[0], "stays"));
  REQUIRE(shop.shows(shop.nodes[1], "stays"));

  const double dark = cut_off(shop, "stays", 6);
  // A node that is started anew now has nothing to serve from either.
  shop.nodes[1].kill();
  shop.nodes[1].start();
  CHECK(shop.is_without_lease(shop.nodes[1]));
  shop.control->start();
  const double back = shop.until([&] {
    return shop.shows(shop.nodes[0], "stays") && shop.shows(shop.nodes[1], "stays") && shop.nodes[0].is_ready() && shop.nodes[1].is_ready();
  });
  CHECK(back < 30);
  WARN("visible: " << visible.told() << "; gone: " << gone.told() << "; window 6 s, control killed: first defaults after " << dark
                   << " s; control back: nodes back after " << back << " s");
  for (Server& node : shop.nodes) node.end();
  shop.control->end();
}

TEST_CASE("a killed node goes on where it was, on the lease that it still has") {
  Deployment shop("15m");
  shop.publish("stays", 80);
  CHECK(shop.until([&] { return shop.shows(shop.nodes[0], "stays"); }) < 30);
  shop.control->kill();
  shop.nodes[0].kill();
  shop.nodes[0].start();
  CHECK(shop.shows(shop.nodes[0], "stays"));
  CHECK(shop.nodes[0].is_ready());
  // One writer a file, and each file to its role.
  const Ran as_control = run({program, "serve", "--data", shop.folder.path("a.db"), "--listen", "127.0.0.1:0"});
  CHECK(as_control.exit_code == 4);
  shop.nodes[0].end();
  CHECK_THAT(run({program, "serve", "--data", shop.folder.path("a.db"), "--listen", "127.0.0.1:0"}).err,
             Catch::Contains("--role delivery"));
  CHECK_THAT(run({program, "serve", "--role", "delivery", "--control", shop.control->url, "--token", "x", "--data",
                  shop.folder.path("shop.db"), "--listen", "127.0.0.1:0"})
                 .err,
             Catch::Contains("the data file of a control process"));
}

TEST_CASE("a delivery node says what it needs") {
  const Folder folder;
  const auto refused = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {program, "serve"});
    const Ran ran = run(words);
    CHECK(ran.exit_code == 2);
    return ran.err;
  };
  const std::string data = folder.path("n.db");
  CHECK_THAT(refused({"--role", "delivery", "--data", data}), Catch::Contains("--control"));
  CHECK_THAT(refused({"--role", "delivery", "--data", data, "--control", "http://127.0.0.1:1"}), Catch::Contains("--role node"));
  CHECK_THAT(refused({"ws", "--role", "delivery", "--data", data, "--control", "http://127.0.0.1:1", "--token", "x"}),
             Catch::Contains("takes no folders"));
  CHECK_THAT(refused({"--data", data, "--control", "http://127.0.0.1:1"}), Catch::Contains("--role delivery"));
  CHECK_THAT(refused({"--role", "relay"}), Catch::Contains("relay"));
  CHECK_THAT(
      refused({"--role", "delivery", "--data", data, "--control", "http://127.0.0.1:1", "--token", "x", "--node", std::string(65, 'n')}),
      Catch::Contains("64"));
  // Nobody there: it listens, is not ready, and says why.
  Server node({program, "serve", "--role", "delivery", "--data", data, "--control", "http://127.0.0.1:1", "--token", "x", "--quiet"},
              folder.path("n.err"), "following ");
  CHECK(Deployment::until([&] {
          const auto ready = node.ask("", "GET", "/readyz");
          return ready && ready->status == 503 && ready->body.find("nobody listens at `127.0.0.1:1`") != std::string::npos;
        }) < 30);
  CHECK(node.ask("x", "POST", "/v1/decide", "{}")->status == 503);
  node.end();
}

TEST_CASE("measured: publish and stop on two nodes, p99 within 2 s; back within 10 s of the control's return", "[.][measure]") {
  Deployment shop("15m");
  Times visible, gone;
  travel(shop, 100, visible, gone);
  WARN("visible on both: " << visible.told());
  WARN("gone from both: " << gone.told());
  CHECK(visible.at(0.99) <= 2);
  CHECK(gone.at(0.99) <= 2);
  for (Server& node : shop.nodes) node.end();
  shop.control->end();

  Deployment hasty("12s");
  Times back;
  hasty.publish("stays", 80);
  CHECK(hasty.until([&] { return hasty.shows(hasty.nodes[0], "stays") && hasty.shows(hasty.nodes[1], "stays"); }) <= 2);
  for (int i = 0; i < 3; ++i) {
    WARN("window 12 s, control killed: first defaults after " << cut_off(hasty, "stays", 12) << " s");
    hasty.control->start();
    back.all.push_back(hasty.until([&] { return hasty.shows(hasty.nodes[0], "stays") && hasty.shows(hasty.nodes[1], "stays"); }));
  }
  WARN("control back: both nodes back after " << back.told());
  CHECK(back.at(1) <= 10);
}
