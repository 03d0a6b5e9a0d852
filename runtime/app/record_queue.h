// RecordQueue: decisions between those who serve them and the thread that writes them down. Who serves is
// never kept waiting: what the queue has no room for is refused.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "base/limits.h"
#include "footlight/time.h"

namespace footlight {

struct RecordedDecision {
  std::string workspace;
  Instant at;
  std::string request, answer;  // as they came and went
};

class RecordQueue {
 public:
  // False where it has no room for so many bytes: at most limits::record_waiting_bytes_max of requests and answers wait.
  bool push(RecordedDecision decision) {
    const std::size_t bytes = decision.request.size() + decision.answer.size();
    {
      const std::lock_guard turn(mutex_);
      if (bytes > limits::record_waiting_bytes_max - bytes_) return false;
      bytes_ += bytes;
      waiting_.push_back(std::move(decision));
      if (waiting_.size() > 1) return true;  // the writer knows
    }
    news_.notify_one();
    return true;
  }

  // All that waits, as soon as there is something, in place of what is in `taken`. False: nothing waits, and nothing will come.
  bool take(std::vector<RecordedDecision>& taken) {
    taken.clear();
    std::unique_lock turn(mutex_);
    news_.wait(turn, [&] { return is_ended_ || !waiting_.empty(); });
    taken.swap(waiting_);
    bytes_ = 0;
    return !taken.empty();
  }

  void end() {
    {
      const std::lock_guard turn(mutex_);
      is_ended_ = true;
    }
    news_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable news_;
  std::vector<RecordedDecision> waiting_;
  std::size_t bytes_ = 0;
  bool is_ended_ = false;
};

}  // namespace footlight
