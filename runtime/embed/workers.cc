#include "embed/workers.h"

#include <utility>

namespace footlight {

Result<Workers::Borrowed> Workers::borrow(const std::shared_ptr<const Snapshot>& snapshot) {
  if (snapshot->policies().empty()) return Borrowed(this, nullptr);
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty() && idle_.back()->snapshot() == snapshot) {
      auto runner = std::move(idle_.back());
      idle_.pop_back();
      return Borrowed(this, std::move(runner));
    }
  }
  auto runner = LuaPolicyRunner::create(snapshot, {.deadline = deadline_, .breaker = breaker_, .host = host_});
  if (!runner) return runner.error();
  return Borrowed(this, std::move(*runner));
}

void Workers::serve(const std::shared_ptr<const Snapshot>& snapshot) {
  std::vector<std::unique_ptr<LuaPolicyRunner>> outdated;   // ends after the lock does
  const std::lock_guard lock(mutex_);
  serving_ = snapshot.get();
  outdated.swap(idle_);
}

// A decision that began before the snapshot changed ends with a runner that nobody needs any more.
void Workers::give_back(std::unique_ptr<LuaPolicyRunner> runner) {
  std::unique_ptr<LuaPolicyRunner> outdated;
  const std::lock_guard lock(mutex_);
  if (runner->snapshot().get() == serving_) idle_.push_back(std::move(runner));
  else outdated = std::move(runner);
}

}  // namespace footlight
