// SideThread: work that nobody waits for, done one piece after the other on a thread of its own.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace footlight {

class SideThread {
 public:
  SideThread() = default;
  ~SideThread();  // does what is left, and ends

  void operator()(std::function<void()> work);  // from any thread

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool is_ending_ = false;
  std::thread thread_;  // from the first work on
};

}  // namespace footlight
