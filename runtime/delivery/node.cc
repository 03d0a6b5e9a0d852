// A node's side of the protocol: what it asks, what it takes, what it may serve, what it lends on.
#include <algorithm>

#include "base/limits.h"
#include "footlight/delivery.h"

namespace footlight {
namespace {

bool is_same_place(const CatalogVersion& a, const CatalogVersion& b) { return a.epoch == b.epoch && a.v == b.v; }

std::string named(const CatalogVersion& version) {
  return std::to_string(version.epoch) + "." + std::to_string(version.v) + (version.chain.empty() ? "" : "-" + version.chain.substr(0, 12));
}

}  // namespace

DeliveryNode::DeliveryNode(std::string name, std::string boot_id, bool is_relay)
    : name_(std::move(name)), boot_id_(std::move(boot_id)), is_relay_(is_relay) {}

DeliveryNode DeliveryNode::resume(std::string name, const SavedNode& saved, std::string boot_id, const std::string& catalog_hash,
                                  Reading now, bool is_relay) {
  DeliveryNode node(std::move(name), std::move(boot_id), is_relay);
  node.store_ = saved.store;
  node.version_ = saved.version;
  node.catalog_hash_ = saved.catalog_hash;
  node.has_catalog_ = !saved.catalog_hash.empty() && saved.catalog_hash == catalog_hash;
  if (saved.lease) node.window_ = saved.lease->window;
  if (node.has_catalog_ && saved.boot_id == node.boot_id_) node.lease_ = saved.lease;
  // What it lent on before is forgotten; none of it outlasts the longest window.
  if (is_relay) node.lent_before_until_ = now.boot + Window::max();
  node.look(now);
  return node;
}

LeaseRequest DeliveryNode::ask(Reading now, std::string nonce) {
  look(now);
  pending_.emplace_back(nonce, now);
  if (pending_.size() > limits::asks_pending_max) pending_.pop_front();
  return {
      .node = name_, .nonce = std::move(nonce), .store = store_, .head = version_, .settled = settled(now), .needs_catalog = !has_catalog_};
}

Result<DeliveryNode::Taken> DeliveryNode::take(const LeaseAnswer& answer, Reading now) {
  const auto asked = std::find_if(pending_.begin(), pending_.end(), [&](const auto& one) { return one.first == answer.nonce; });
  if (asked == pending_.end()) return refuse(Code::conflict, "an answer to no request that waits for one; it came twice, or too late");
  if (!store_.empty() && answer.store != store_)
    return refuse(Code::conflict,
                  "the answer is of the store `" + answer.store + "`, this node follows `" + store_ +
                      "`; begin it anew in an empty folder to let it follow another");
  const DeliveryBudget budget = budget_of(answer.window);
  if (answer.lease > budget.lease)
    return refuse(Code::out_of_range, "a lease of " + to_text(answer.lease) + " does not fit into a window of " + to_text(budget.window));
  const bool is_newer = is_before(version_, answer.version);
  if (is_same_place(version_, answer.version) && version_.chain != answer.version.chain)
    return refuse(Code::conflict, "the answer is of " + named(answer.version) + ", a fork of " + named(version_) + " that this node holds");
  const bool brings_catalog = answer.has_catalog && !is_before(answer.version, version_);
  if (!answer.has_catalog && (is_newer || !has_catalog_))
    return refuse(Code::conflict, "the answer names " + named(answer.version) + " without the catalog, which this node does not have");

  Taken taken{.is_new_version = brings_catalog && (is_newer || !has_catalog_)};
  const Reading sent = asked->second;
  pending_.erase(asked);
  store_ = answer.store;
  window_ = answer.window;
  if (taken.is_new_version) {
    version_ = answer.version;
    has_catalog_ = true;
    catalog_hash_.clear();
  }
  // The lease that was asked for last counts: where the window was lowered it is the shorter one.
  if (!lease_ || lease_->sent.boot <= sent.boot) {
    lease_ = Lease{sent, answer.lease, answer.window};
    taken.is_renewed = true;
  }
  look(now);
  return taken;
}

void DeliveryNode::look(Reading now) {
  if (lease_ && left_of(*lease_, now) == Duration{}) lease_.reset();
}

std::optional<Pin> DeliveryNode::pin(Reading now) const {
  if (!has_catalog_ || lease_left(now) == Duration{}) return std::nullopt;
  return Pin{version_, *lease_};
}

Duration DeliveryNode::lease_left(Reading now) const { return lease_ ? left_of(*lease_, now) : Duration{}; }

SavedNode DeliveryNode::saved() const { return {boot_id_, store_, version_, lease_, catalog_hash_}; }

// The oldest version that may be served by this node or by one that it lent to.
CatalogVersion DeliveryNode::settled(Reading now) const {
  if (lent_before_until_ && now.boot < *lent_before_until_) return {};
  CatalogVersion oldest = version_;
  for (const auto& [node, all] : lent_)
    for (const Lent& lent : all)
      if (now.boot < lent.until && is_before(lent.version, oldest)) oldest = lent.version;
  return oldest;
}

Result<LeaseAnswer> DeliveryNode::lend(const LeaseRequest& request, Reading now) {
  const Duration left = lease_left(now);
  if (!is_relay_) return refuse(Code::unavailable, "`" + name_ + "` is no relay; ask the control side");
  if (!has_catalog_ || left == Duration{})
    return refuse(Code::unavailable, "the relay `" + name_ + "` has no lease of its own; ask again later");
  if (!request.store.empty() && request.store != store_)
    return refuse(Code::conflict, "`" + request.node + "` follows the store `" + request.store + "`, this relay `" + store_ + "`");
  if (is_before(version_, request.head))
    return refuse(
        Code::unavailable,
        "the relay `" + name_ + "` is at " + named(version_) + ", behind " + named(request.head) + " that `" + request.node + "` holds");
  const bool is_same = is_same_place(version_, request.head);
  if (is_same && request.head.chain != version_.chain)
    return refuse(Code::conflict, "`" + request.node + "` holds " + named(request.head) + ", a fork of " + named(version_));

  std::erase_if(lent_, [&](const auto& one) {
    return std::all_of(one.second.begin(), one.second.end(), [&](const Lent& lent) { return lent.until <= now.boot; });
  });
  if (!lent_.contains(request.node) && lent_.size() >= limits::delivery_nodes_max)
    return refuse(Code::too_many_requests, "the relay `" + name_ + "` lends to " + std::to_string(lent_.size()) + " nodes, its limit");
  std::vector<Lent>& lent = lent_[request.node];
  std::erase_if(lent, [&](const Lent& one) { return one.until <= now.boot || is_before(one.version, request.settled); });
  // The borrower's clock may be slow, and its last answer on the way.
  const Duration until = now.boot + left + (window_.length() - budget_of(window_).lease);
  if (!lent.empty() && is_same_place(lent.back().version, version_)) lent.back().until = until;
  else lent.push_back({version_, until});
  return LeaseAnswer{.nonce = request.nonce,
                     .store = store_,
                     .version = version_,
                     .lease = left,
                     .window = window_,
                     .has_catalog = !is_same || request.needs_catalog,
                     .catalog = {}};
}

}  // namespace footlight
