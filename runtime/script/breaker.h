// The circuit breaker of policies: one for a workspace, shared by all workers that run its policies.
//
// A stop by deadline or memory is an incident: it depends on the machine, and it costs everybody's time. After
// limits::script_trips_max of them, counted over all workers, a policy is quarantined: each worker fails it at
// once, unasked, until the next snapshot is served. Stops by fuel and errors of its own are the policy's answer to
// one request, the same everywhere, and open nothing.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/policy.h"

namespace footlight {

class PolicyBreaker {
 public:
  struct Quarantined {
    std::string owner, path, place;
    PolicyRole role = PolicyRole::targeting;
    int trips = 0;
    PolicyFailure failure;
  };

  // A worker begins to serve this snapshot; the first of a new one closes every circuit.
  void begin(const std::string& snapshot);
  // The failure of a policy that is quarantined in this snapshot. One atomic read while none is.
  std::optional<PolicyFailure> quarantined(const std::string& snapshot, int policy) const;
  // One trip; gives the failure where this one opened the circuit. Of a snapshot that is no longer served: nothing.
  std::optional<PolicyFailure> trip(const std::string& snapshot, int number, const Policy& policy, const PolicyFailure& failure);

  std::vector<Quarantined> all() const;  // now, in the order of their numbers

 private:
  mutable std::mutex mutex_;
  std::string snapshot_;
  std::map<int, Quarantined> tripped_;  // by number, also those that are not quarantined yet
  std::atomic<int> open_{0};
};

}  // namespace footlight
