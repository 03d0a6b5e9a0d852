// Workers: what a decision borrows while it is made: scratch memory, and a Lua state for its snapshot where that
// has policies. There are as many as decisions were made at once.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "engine/decide.h"
#include "script/policies.h"

namespace footlight {

class Workers {
 public:
  // `deadline` of each call of a policy.
  Workers(Environment host, Duration deadline) : host_(std::move(host)), deadline_(deadline) {}

  struct Worker {
    DecideScratch scratch;
    std::unique_ptr<LuaPolicyRunner> runner;  // none where there is nothing to run
    PolicyRunner& policies() { return runner ? *runner : no_policies(); }
  };

  // A worker that is nobody else's until this is gone.
  class Borrowed {
   public:
    Borrowed(Borrowed&&) noexcept = default;
    Borrowed& operator=(Borrowed&&) = delete;
    ~Borrowed() {
      if (worker_) workers_->give_back(std::move(worker_));
    }
    Worker& operator*() const { return *worker_; }

   private:
    friend class Workers;
    Borrowed(Workers* workers, std::unique_ptr<Worker> worker) : workers_(workers), worker_(std::move(worker)) {}
    Workers* workers_;
    std::unique_ptr<Worker> worker_;
  };
  Result<Borrowed> borrow(const std::shared_ptr<const Snapshot>& snapshot);

  // From here on `snapshot` is what is borrowed for: what was made for others is let go.
  void serve(const std::shared_ptr<const Snapshot>& snapshot);

 private:
  void give_back(std::unique_ptr<Worker> worker);

  const Environment host_;
  const Duration deadline_;
  const std::shared_ptr<PolicyBreaker> breaker_ = std::make_shared<PolicyBreaker>();  // one for all, as for a workspace's threads
  std::mutex mutex_;
  std::vector<std::unique_ptr<Worker>> idle_;
  const Snapshot* serving_ = nullptr;  // only compared; the runtime holds it
};

}  // namespace footlight
