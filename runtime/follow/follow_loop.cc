#include "follow/follow_loop.h"

#include <chrono>
#include <random>

#include "base/text.h"
#include "http/client.h"
#include "http/problem.h"

namespace footlight {
namespace {

constexpr Duration answer_patience = seconds(5);  // beyond what the control process may wait for news
constexpr Duration list_patience = minutes(1);
constexpr double retry_least_s = 0.3, retry_most_s = 0.9;  // after a failure: it is back within seconds of its control

}  // namespace

FollowLoop::FollowLoop(Follower& follower, Options options) : follower_(follower), options_(std::move(options)) {}

FollowLoop::~FollowLoop() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  over_.notify_all();
  if (follows_.joinable()) follows_.join();
  if (looks_.joinable()) looks_.join();
}

void FollowLoop::start() {
  follows_ = std::thread([this] { follow(); });
  looks_ = std::thread([this] {
    while (!pause(1.0)) follower_.look();
  });
}

Result<std::string> FollowLoop::call(const std::string& method, const std::string& target, std::string body, Duration patience) {
  HttpCall call{.method = method, .target = target, .body = std::move(body)};
  call.headers.add("Authorization", "Bearer " + options_.token);
  if (!call.body.empty()) call.headers.add("Content-Type", "application/json");
  auto answered = send(options_.control, call, patience, [this] {
    const std::lock_guard lock(mutex_);
    return is_over_;
  });
  if (!answered) return answered.error();
  if (answered->status == 200) return std::move(answered->body);
  if (auto problem = problem_of(*answered)) return refuse(problem->code, "the control process refuses: " + problem->message);
  return refuse(Code::unavailable, "the control process answered " + std::to_string(answered->status));
}

Status FollowLoop::round(Duration wait, Duration patience) {
  auto answered = call("POST", "/v1/delivery/lease", to_json(follower_.ask(wait)), patience);
  if (!answered) return answered.error();
  auto answer = parse_json(*answered);
  if (!answer) return answer.error();
  return follower_.take(
      *answer, [&](const std::string& hash) { return call("GET", "/v1/delivery/lists/" + percent_encode(hash), "", list_patience); });
}

void FollowLoop::tell(const Status& done) {
  const std::string trouble = done ? std::string() : done.error().message;
  if (!done) follower_.failed(done.error());
  if (trouble != trouble_ && options_.told) options_.told(done ? nullptr : &done.error());
  trouble_ = trouble;
}

Status FollowLoop::once(Duration patience) {
  const Status done = round({}, patience);
  tell(done);
  return done;
}

void FollowLoop::follow() {
  std::mt19937_64 generator{std::random_device{}()};
  std::uniform_real_distribution<double> chance(0, 1);
  for (double pause_s = 0; !pause(pause_s);) {
    const Duration wait = follower_.wait(chance(generator));
    const Status done = round(wait, wait + answer_patience);
    if (pause(0)) return;  // nobody waited for the answer
    tell(done);
    pause_s = done ? 0 : retry_least_s + (retry_most_s - retry_least_s) * chance(generator);
  }
}

bool FollowLoop::pause(double seconds) {
  std::unique_lock lock(mutex_);
  return over_.wait_for(lock, std::chrono::duration<double>(seconds), [&] { return is_over_; });
}

}  // namespace footlight
