#include "script/breaker.h"

#include "base/limits.h"

namespace footlight {

void PolicyBreaker::begin(const std::string& snapshot) {
  const std::lock_guard turn(mutex_);
  if (snapshot == snapshot_) return;
  snapshot_ = snapshot;
  tripped_.clear();
  open_ = 0;
}

std::optional<PolicyFailure> PolicyBreaker::quarantined(const std::string& snapshot, int policy) const {
  if (open_.load(std::memory_order_relaxed) == 0) return {};
  const std::lock_guard turn(mutex_);
  const auto found = tripped_.find(policy);
  if (snapshot != snapshot_ || found == tripped_.end() || found->second.trips < limits::script_trips_max) return {};
  return found->second.failure;
}

std::optional<PolicyFailure> PolicyBreaker::trip(const std::string& snapshot, int number, const Policy& policy,
                                                 const PolicyFailure& failure) {
  const std::lock_guard turn(mutex_);
  if (snapshot != snapshot_) return {};
  Quarantined& row = tripped_[number];
  if (row.trips >= limits::script_trips_max) return row.failure;
  row.owner = policy.owner;
  row.path = policy.path;
  row.place = policy.place;
  row.role = policy.role;
  if (++row.trips < limits::script_trips_max) return {};
  row.failure = {failure.code, "quarantined after " + std::to_string(row.trips) + " trips, the last: " + failure.message};
  ++open_;
  return row.failure;
}

std::vector<PolicyBreaker::Quarantined> PolicyBreaker::all() const {
  const std::lock_guard turn(mutex_);
  std::vector<Quarantined> rows;
  for (const auto& [number, row] : tripped_)
    if (row.trips >= limits::script_trips_max) rows.push_back(row);
  return rows;
}

}  // namespace footlight
