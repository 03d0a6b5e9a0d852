// The control side: who gets a lease, and who may still serve what is no longer in force.
#include <algorithm>

#include "base/limits.h"
#include "footlight/delivery.h"

namespace footlight {
namespace {

constexpr std::string_view forgotten_nodes = "(before the restart)";

// What an instant since boot is on the wall.
Instant on_the_wall(Duration boot, const Reading& now) { return now.wall + (boot - now.boot); }

}  // namespace

DeliveryControl::DeliveryControl(std::string store, Window window, Reading started)
    : store_(std::move(store)), window_(window), budget_(budget_of(window)), started_(started) {}

void DeliveryControl::committed(const CatalogVersion& version, Instant at) {
  if (version.epoch > version_.epoch) is_contradicted_ = false;
  version_ = version;
  links_.resize(static_cast<std::size_t>(version.v));
  links_.back() = {version.epoch, version.chain, at};
}

// A head of an older epoch is no contradiction: the bump has told everybody that it is over.
bool DeliveryControl::is_of_our_lineage(const CatalogVersion& head) const {
  if (head.epoch != version_.epoch) return head.epoch < version_.epoch;
  if (head.v == 0) return true;
  if (head.v > version_.v) return false;
  const Link& link = links_[static_cast<std::size_t>(head.v) - 1];
  return link.epoch == head.epoch && link.chain == head.chain;
}

void DeliveryControl::note(const LeaseRequest& request, Reading now) {
  Node& node = nodes_[request.node];
  node.head = request.head;
  node.settled = request.settled;
  node.seen = now.boot;
  if (node.reached.empty() || is_before(node.reached.back().version, request.settled))
    node.reached.push_back({{request.settled.epoch, request.settled.v, {}}, now.boot});
  if (node.reached.size() > limits::delivery_history_max) node.reached.pop_front();
}

Result<LeaseAnswer> DeliveryControl::answer(const LeaseRequest& request, Reading now, bool is_fenced) {
  if (!request.store.empty() && request.store != store_)
    return refuse(Code::conflict,
                  "`" + request.node + "` follows the store `" + request.store + "`, this is `" + store_ +
                      "`; begin it anew in an empty folder to let it follow this one");
  if (!is_of_our_lineage(request.head)) is_contradicted_ = true;
  if (is_contradicted_)
    return refuse(Code::fenced,
                  "a node holds a catalog that this store never made or has lost: the store is an older copy; " +
                      std::string("nobody gets a lease until an admin bumps its epoch"));
  if (!nodes_.contains(request.node) && nodes_.size() >= limits::delivery_nodes_max) {
    std::erase_if(nodes_, [&](const auto& one) { return one.second.grants.empty() || one.second.grants.back().until <= now.boot; });
    if (nodes_.size() >= limits::delivery_nodes_max)
      return refuse(Code::too_many_requests, std::to_string(nodes_.size()) + " nodes hold leases, the limit");
  }
  note(request, now);
  if (is_fenced) return refuse(Code::fenced, "the store was restored from a backup; nobody gets a lease until an admin bumps its epoch");

  // The longest that the lease can last on a clock as slow as is tolerated, and its last answer with it.
  std::deque<Grant>& grants = nodes_[request.node].grants;
  const Duration until = now.boot + budget_.window;
  const CatalogVersion place{version_.epoch, version_.v, {}};
  if (!grants.empty() && grants.back().version == place) grants.back().until = until;
  else grants.push_back({place, until});
  if (grants.size() > limits::delivery_history_max) grants.pop_front();
  return LeaseAnswer{.nonce = request.nonce,
                     .store = store_,
                     .version = version_,
                     .lease = budget_.lease,
                     .window = window_,
                     .has_catalog = request.needs_catalog || request.head != version_,
                     .catalog = {}};
}

std::vector<NodeStanding> DeliveryControl::standings(const CatalogVersion& version, Reading now) const {
  std::vector<NodeStanding> standings;
  for (const auto& [name, node] : nodes_) {
    const Grant* older = nullptr;  // the last that let it serve something older
    for (auto grant = node.grants.rbegin(); grant != node.grants.rend() && !older; ++grant)
      if (is_before(grant->version, version)) older = &*grant;
    if (!older) continue;
    NodeStanding standing{name, std::nullopt, on_the_wall(older->until, now)};
    for (const Settled& settled : node.reached)
      if (!is_before(settled.version, version)) {
        standing.confirmed = on_the_wall(settled.at, now);
        break;
      }
    standings.push_back(std::move(standing));
  }
  // Leases given before we started, to whomever: none was given for less than this version after it was
  // committed, and none lasts longer than the longest window.
  if (version.v >= 1 && version.v <= static_cast<std::int64_t>(links_.size())) {
    const Duration ago = std::max(Duration{}, started_.wall - links_[static_cast<std::size_t>(version.v) - 1].at);
    const Duration end = started_.boot + Window::max() - ago;
    if (now.boot < end) standings.push_back({std::string(forgotten_nodes), std::nullopt, on_the_wall(end, now)});
  }
  return standings;
}

std::vector<KnownNode> DeliveryControl::nodes(Reading now) const {
  std::vector<KnownNode> known;
  for (const auto& [name, node] : nodes_)
    known.push_back({name, node.head, node.settled, on_the_wall(node.seen, now),
                     node.grants.empty() ? on_the_wall(node.seen, now) : on_the_wall(node.grants.back().until, now)});
  return known;
}

}  // namespace footlight
