#include "embed/workers.h"

#include <utility>

namespace footlight {

Result<Workers::Borrowed> Workers::borrow(const std::shared_ptr<const Snapshot>& snapshot) {
  std::unique_ptr<Worker> worker;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      worker = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (!worker) worker = std::make_unique<Worker>();
  if (!snapshot->policies().empty() && (!worker->runner || worker->runner->snapshot() != snapshot)) {
    auto runner = LuaPolicyRunner::create(snapshot, {.deadline = deadline_, .breaker = breaker_, .host = host_});
    if (!runner) return runner.error();
    worker->runner = std::move(*runner);
  }
  return Borrowed(this, std::move(worker));
}

void Workers::serve(const std::shared_ptr<const Snapshot>& snapshot) {
  std::vector<std::unique_ptr<Worker>> outdated;  // ends after the lock does
  const std::lock_guard lock(mutex_);
  serving_ = snapshot.get();
  outdated.swap(idle_);
}

// A decision that began before the snapshot changed ends with a runner that nobody needs any more.
void Workers::give_back(std::unique_ptr<Worker> worker) {
  std::unique_ptr<Worker> outdated;
  const std::lock_guard lock(mutex_);
  if (!worker->runner || worker->runner->snapshot().get() == serving_) idle_.push_back(std::move(worker));
  else outdated = std::move(worker);
}

}  // namespace footlight
