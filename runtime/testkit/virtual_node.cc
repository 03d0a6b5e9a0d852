#include "testkit/virtual_node.h"

#include <algorithm>

namespace footlight {
namespace {

constexpr Duration current_within = seconds(10);  // of a connected node

Reading reading(Instant now) { return {now - Instant{}, now}; }

}  // namespace

std::size_t published_by(const std::vector<PublishedSnapshot>& published, Instant at) {
  std::size_t newest = 0;
  for (std::size_t i = 0; i < published.size(); ++i)
    if (published[i].at <= at) newest = i;
  return newest;
}

VirtualNode::VirtualNode(std::string name, Catalog& catalog, const std::vector<PublishedSnapshot>& published, Instant now)
    : catalog_(&catalog), published_(&published), core_(name, name + "-1"), connected_at_(now), next_ask_(now) {
  ask(now);
  const DeliveryBudget budget = budget_of(core_.window());
  oldest_ = newest_ = published_->size() - 1;
  lease_ends_from_ = lease_ends_till_ = now + budget.lease;
}

// There and back at once: how long a message takes is in the bounds.
void VirtualNode::ask(Instant now) {
  const auto answer = catalog_->lease(core_.ask(reading(now), "nonce-" + std::to_string(++nonces_)), reading(now));
  next_ask_ = now + budget_of(core_.window()).poll;
  if (!answer) return;
  const auto taken = core_.take(*answer, reading(now));
  if (taken && taken->is_new_version) {
    snapshot_ = catalog_->snapshot();
    core_.set_catalog_hash(core_.version().chain);  // stands for its content, here
  }
}

void VirtualNode::bound(Instant now) {
  if (is_partitioned_) return;
  const Duration lease = budget_of(core_.window()).lease;
  newest_ = published_->size() - 1;
  lease_ends_till_ = now + lease;
  if (now - connected_at_ < current_within) return;  // it may not have been heard yet
  oldest_ = std::max(oldest_, published_by(*published_, now - current_within));
  lease_ends_from_ = std::max(lease_ends_from_, now - current_within + lease);
}

void VirtualNode::pass(Instant now) {
  // Nothing changes between two askings, so that only the last before now counts.
  const Duration poll = budget_of(core_.window()).poll;
  if (!is_partitioned_ && next_ask_ <= now) ask(now - Duration{(now - next_ask_).ms % poll.ms});
  core_.look(reading(now));
  bound(now);
}

void VirtualNode::partition(Instant now) {
  bound(now);
  is_partitioned_ = true;
}

void VirtualNode::heal(Instant now) {
  if (!is_partitioned_) return;
  is_partitioned_ = false;
  connected_at_ = now;
  next_ask_ = now + budget_of(core_.window()).poll;
  bound(now);
}

void VirtualNode::restart(Instant now, bool is_reboot) {
  bound(now);
  const std::string name = core_.name();
  const SavedNode saved = core_.saved();
  if (is_reboot) {
    ++boots_;
    lease_ends_from_ = lease_ends_till_ = now;  // what it was lent counts no more
  }
  core_ = DeliveryNode::resume(name, saved, name + "-" + std::to_string(boots_), saved.catalog_hash, reading(now));
  connected_at_ = now;
  next_ask_ = now + budget_of(core_.window()).poll;
  bound(now);
}

std::shared_ptr<const Snapshot> VirtualNode::serving(Instant now) const { return core_.pin(reading(now)) ? snapshot_ : nullptr; }

std::vector<std::shared_ptr<const Snapshot>> VirtualNode::possible(Instant now) {
  bound(now);
  std::vector<std::shared_ptr<const Snapshot>> all;
  if (now < lease_ends_till_)
    for (std::size_t i = oldest_; i <= newest_; ++i) all.push_back((*published_)[i].snapshot);
  if (now >= lease_ends_from_) all.push_back(nullptr);
  return all;
}

}  // namespace footlight
