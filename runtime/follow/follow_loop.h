// The loop that follows a control process for a Follower: it asks, waits there for news, takes what comes, and
// asks again. Everything of the protocol is elsewhere; here are the sockets, the threads and the patience.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "follow/follower.h"

namespace footlight {

class FollowLoop {
 public:
  struct Options {
    std::string control;  // `http://10.0.0.5:8787`
    std::string token;    // of the role `node`
    // Told once when following does not work, again when it is for another reason, and nothing when it works
    // again. By the loop's thread, or by who calls once().
    std::function<void(const Error* trouble)> told = {};
  };
  // The follower must outlive it. Nothing happens before start().
  FollowLoop(Follower& follower, Options options);
  // Ends the loop: at once, or when a look-up of the control process's name or a compilation is done.
  ~FollowLoop();
  FollowLoop(const FollowLoop&) = delete;
  FollowLoop& operator=(const FollowLoop&) = delete;

  // Asks and takes once, on this thread, without waiting for news; the answer has to come within `patience`.
  Status once(Duration patience);
  void start();  // once

 private:
  Result<std::string> call(const std::string& method, const std::string& target, std::string body, Duration patience);
  Status round(Duration wait, Duration patience);
  void follow();
  bool pause(double seconds);  // true: it is over
  void tell(const Status& done);

  Follower& follower_;
  const Options options_;
  std::string trouble_;  // as last told; empty: none
  std::mutex mutex_;
  std::condition_variable over_;
  bool is_over_ = false;  // under mutex_
  std::thread follows_, looks_;
};

}  // namespace footlight
