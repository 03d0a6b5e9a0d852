// Workers: what a decision borrows while it is made: a Lua state for its snapshot. There are as many as
// decisions were made at once, and none where a snapshot has no policies.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "script/policies.h"

namespace footlight {

class Workers {
 public:
  // `deadline` of each call of a policy.
  Workers(Environment host, Duration deadline) : host_(std::move(host)), deadline_(deadline) {}

  // A runner that is nobody else's until this is gone.
  class Borrowed {
   public:
    Borrowed(Borrowed&&) noexcept = default;
    Borrowed& operator=(Borrowed&&) = delete;
    ~Borrowed() {
      if (runner_) workers_->give_back(std::move(runner_));
    }
    PolicyRunner& policies() { return runner_ ? *runner_ : no_policies(); }

   private:
    friend class Workers;
    Borrowed(Workers* workers, std::unique_ptr<LuaPolicyRunner> runner) : workers_(workers), runner_(std::move(runner)) {}
    Workers* workers_;
    std::unique_ptr<LuaPolicyRunner> runner_;
  };
  Result<Borrowed> borrow(const std::shared_ptr<const Snapshot>& snapshot);

  // From here on `snapshot` is what is borrowed for: what was made for others is let go.
  void serve(const std::shared_ptr<const Snapshot>& snapshot);

 private:
  void give_back(std::unique_ptr<LuaPolicyRunner> runner);

  const Environment host_;
  const Duration deadline_;
  const std::shared_ptr<PolicyBreaker> breaker_ = std::make_shared<PolicyBreaker>();   // one for all, as for a workspace's threads
  std::mutex mutex_;
  std::vector<std::unique_ptr<LuaPolicyRunner>> idle_;
  const Snapshot* serving_ = nullptr;                   // only compared; the runtime holds it
};

}  // namespace footlight
