// footlight serve --role delivery: decisions from what a control process lends. One thread follows it: it
// asks, waits there for news, takes what comes, and asks again. Everything of the protocol is elsewhere
// (footlight/delivery.h, api/follower.h); here are the sockets, the clocks and the patience.
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <random>
#include <thread>

#include "api/follower.h"
#include "app/listen.h"
#include "app/terminal.h"
#include "base/limits.h"
#include "base/text.h"
#include "script/selftest.h"
#include "server/client.h"
#include "server/problem.h"

namespace footlight {
namespace {

constexpr Duration answer_patience = seconds(5);        // beyond what the control process may wait for news
constexpr Duration list_patience = minutes(1);
constexpr double retry_least_s = 0.3, retry_most_s = 0.9;   // after a failure: it is back within seconds of its control

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

// `web-3-1a2b3c`: the same as long as the data file is.
Result<std::string> default_name(Store& store) {
  char host[256] = "node";
  ::gethostname(host, sizeof host - 1);
  auto id = store.meta(store_meta::store_id);
  if (!id) return id.error();
  const std::string ending = "-" + id->value_or("").substr(0, 6);
  return std::string(host).substr(0, limits::id_bytes_max - ending.size()) + ending;
}

// Told once when it begins and once when it ends, however often it is tried meanwhile.
class Trouble {
 public:
  explicit Trouble(const Log& log) : log_(log) {}
  void is(const Error& error) {
    if (error.message != message_) log_.write(Log::Level::warning, "cannot follow", {{"code", std::string(name(error.code))}, {"reason", error.message}});
    message_ = error.message;
  }
  void is_over() {
    if (!message_.empty()) log_.write(Log::Level::info, "following again");
    message_.clear();
  }

 private:
  const Log& log_;
  std::string message_;
};

// The thread that follows; ends with it.
class Following {
 public:
  Following(Follower& follower, std::string control, std::string token, const Log& log)
      : follower_(follower), control_(std::move(control)), token_(std::move(token)), trouble_(log),
        follows_([this] { follow(); }), looks_([this] { while (!pause(1.0)) follower_.look(); }) {}
  ~Following() {
    {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
    }
    over_.notify_all();
    follows_.join();
    looks_.join();
  }

 private:
  Result<std::string> call(const std::string& method, const std::string& target, std::string body, Duration patience) {
    HttpCall call{.method = method, .target = target, .body = std::move(body)};
    call.headers.add("Authorization", "Bearer " + token_);
    if (!call.body.empty()) call.headers.add("Content-Type", "application/json");
    auto answered = send(control_, call, patience, [this] {
      const std::lock_guard lock(mutex_);
      return is_over_;
    });
    if (!answered) return answered.error();
    if (answered->status == 200) return std::move(answered->body);
    if (auto problem = problem_of(*answered)) return refuse(problem->code, "the control process refuses: " + problem->message);
    return refuse(Code::unavailable, "the control process answered " + std::to_string(answered->status));
  }

  Status once(double random) {
    const Duration wait = follower_.wait(random);
    auto answered = call("POST", "/v1/delivery/lease", to_json(follower_.ask(wait)), wait + answer_patience);
    if (!answered) return answered.error();
    auto answer = parse_json(*answered);
    if (!answer) return answer.error();
    return follower_.take(*answer, [&](const std::string& hash) { return call("GET", "/v1/delivery/lists/" + percent_encode(hash), "", list_patience); });
  }

  void follow() {
    std::mt19937_64 generator{std::random_device{}()};
    std::uniform_real_distribution<double> chance(0, 1);
    for (double pause_s = 0; !pause(pause_s);) {
      const auto done = once(chance(generator));
      if (pause(0)) return;                             // nobody waited for the answer
      if (done) {
        trouble_.is_over();
        pause_s = 0;
      } else {
        follower_.failed(done.error());
        trouble_.is(done.error());
        pause_s = retry_least_s + (retry_most_s - retry_least_s) * chance(generator);
      }
    }
  }

  // True: it is over.
  bool pause(double seconds) {
    std::unique_lock lock(mutex_);
    return over_.wait_for(lock, std::chrono::duration<double>(seconds), [&] { return is_over_; });
  }

  Follower& follower_;
  const std::string control_, token_;
  Trouble trouble_;
  std::mutex mutex_;
  std::condition_variable over_;
  bool is_over_ = false;
  std::thread follows_, looks_;
};

}  // namespace

int deliver_command(const ServeOptions& options) {
  StopSignals signals;
  if (auto tested = self_test(); !tested) return fail(tested.error());
  if (!options.folders.empty()) return fail(refuse(Code::usage, "a delivery node takes no folders: push them to its control process"));
  if (options.control.empty()) return fail(refuse(Code::usage, "say whom to follow: `--control http://HOST:PORT`"));
  const RemoteOptions remote = with_environment({.token = options.token});
  if (remote.token.empty())
    return fail(refuse(Code::usage, "say with which token: `--token …` or FOOTLIGHT_TOKEN; `footlight token create --name NODE --role node` makes one"));
  auto address = parse_address(options.listen);
  if (!address) return fail(address.error());
  auto store = open_store(options.data.empty() ? "footlight-node.db" : options.data);
  if (!store) return fail(store.error());
  auto name = options.node.empty() ? default_name(**store) : Result<std::string>(options.node);
  if (!name) return fail(name.error());
  if (name->size() > limits::id_bytes_max) return fail(refuse(Code::usage, "`--node`: a name has at most " + std::to_string(limits::id_bytes_max) + " bytes"));

  LuaPolicyCompiler policies;
  auto follower = Follower::open(**store, policies, {.node = *name, .boot_id = boot_id(), .clocks = both_clocks, .nonce = fresh_secret, .runner = runner_of_this_thread});
  if (!follower) return fail(follower.error());
  auto router = Router::make(node_routes(**follower), [&](const HttpRequest& request, const Route&) { return (*follower)->authenticate(request); });
  if (!router) return fail(router.error());
  const Log log({.now = wall_clock, .quiet = options.quiet});
  auto listener = listen(options, *address, *router, (*follower)->metrics(), log);
  if (!listener) return fail(listener.error());
  {
    const Following following(**follower, options.control, remote.token, log);
    std::printf("following %s as %s, serving on %s\n", options.control.c_str(), name->c_str(), (*listener)->url().c_str());
    std::fflush(stdout);
    signals.wait();
    (*listener)->stop();
  }
  (*listener)->wait();
  log.write(Log::Level::info, "stopped");
  return 0;
}

}  // namespace footlight
