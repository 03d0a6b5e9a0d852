// A delivery node in a fixture's world: the real protocol (footlight/delivery.h) on the virtual clock, and
// beside it the bounds of what any node in its place may do. What a test must be able to rely on is the
// bounds; `shows` asks this node, which is one of those that keep within them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"

namespace footlight {

// What was published in a world, oldest first.
struct PublishedSnapshot {
  Instant at;
  std::shared_ptr<const Snapshot> snapshot;
};
// The newest that was there by `at`; the first where none was.
std::size_t published_by(const std::vector<PublishedSnapshot>& published, Instant at);

class VirtualNode {
 public:
  // Connected, and caught up.
  VirtualNode(std::string name, Catalog& catalog, const std::vector<PublishedSnapshot>& published, Instant now);

  void partition(Instant now);
  void heal(Instant now);
  void restart(Instant now, bool is_reboot);
  void pass(Instant now);  // time has passed until now, and nothing was published meanwhile

  // What it serves from; null: only defaults, it has no lease.
  std::shared_ptr<const Snapshot> serving(Instant now) const;
  // What a node in its place may serve from, by its promises: it is current within 10 s of what it can
  // hear, and a lease ends a lease after it was asked for. A null stands for `defaults only`.
  std::vector<std::shared_ptr<const Snapshot>> possible(Instant now);

 private:
  void ask(Instant now);
  void bound(Instant now);

  Catalog* catalog_;
  const std::vector<PublishedSnapshot>* published_;
  DeliveryNode core_;
  std::shared_ptr<const Snapshot> snapshot_;
  bool is_partitioned_ = false;
  int boots_ = 1, nonces_ = 0;
  Instant connected_at_, next_ask_;
  // Of any node in its place: the oldest and newest it may hold, the earliest and latest end of its lease.
  std::size_t oldest_ = 0, newest_ = 0;
  Instant lease_ends_from_, lease_ends_till_;
};

}  // namespace footlight
