// How a window is spent, and what is left of a lease.
#include <algorithm>

#include "base/limits.h"
#include "footlight/delivery.h"

namespace footlight {
namespace {

// Of 900 parts; the rest is the reserve.
constexpr std::int64_t parts = 900, lease_parts = 840, write_parts = 5;
constexpr Duration poll_longest = seconds(5);
constexpr std::int64_t polls_a_lease = 12;  // where the window is so short that 5 s are long

}  // namespace

DeliveryBudget budget_of(const Window& window) {
  const std::int64_t length = window.length().ms;
  DeliveryBudget budget{
      .window = window.length(), .lease = {length * lease_parts / parts}, .write_deadline = {length * write_parts / parts}};
  budget.reserve = budget.window - budget.lease - budget.write_deadline;
  budget.poll = {std::clamp<std::int64_t>(budget.lease.ms / polls_a_lease, 1, poll_longest.ms)};
  return budget;
}

Duration poll_after(const DeliveryBudget& budget, double random) {
  return {static_cast<std::int64_t>(static_cast<double>(budget.poll.ms) * (0.8 + 0.4 * std::clamp(random, 0.0, 1.0)))};
}

bool is_before(const CatalogVersion& a, const CatalogVersion& b) { return a.epoch != b.epoch ? a.epoch < b.epoch : a.v < b.v; }

Duration left_of(const Lease& lease, const Reading& now) {
  const Duration by_boot = now.boot - lease.sent.boot, by_wall = now.wall - lease.sent.wall;
  if (by_boot < Duration{}) return {};
  const Duration apart = std::max(by_boot - by_wall, by_wall - by_boot);
  if (apart > budget_of(lease.window).reserve) return {};
  return std::max(Duration{}, lease.term - std::max(by_boot, by_wall));
}

bool holds(const Pin& pin, const Reading& now) { return left_of(pin.lease, now) > Duration{}; }

Duration write_deadline_of(const Pin& pin) { return budget_of(pin.lease.window).write_deadline; }

int max_age_s(const Pin& pin, const Reading& now) {
  const Duration usable = std::min(limits::answer_max_age, left_of(pin.lease, now) - limits::answer_age_margin);
  return usable > Duration{} ? static_cast<int>(usable.ms / 1000) : 0;
}

}  // namespace footlight
