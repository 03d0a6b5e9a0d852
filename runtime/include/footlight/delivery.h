// Delivery: which version of a catalog a node may serve, and for how long.
//
// The one promise: what a node serves at an instant is no older than what was in force one window
// before, whatever the network, the clocks and the processes between do. It rests on leases:
//
//   node                                                   control side
//   ask(reading, nonce) -> LeaseRequest   ------------>    answer(request, reading, fenced)
//                                                          after receiving it: checks the node's head against
//   take(answer, reading) <- LeaseAnswer  <------------    every version it ever made; a lease, or a refusal
//   pin(reading) -> Pin: serve from this version while holds(pin, reading)
//
// The node counts the lease from when it *sent* the request: whatever was committed later than that
// is not in the answer, and may be missing at the node for one window at most. The lease is shorter
// than the window, so that a slow clock and a slow answer still end within it:
//
//   window 15 min = 840 s lease + 5 s to write an answer + 55 s reserve (a clock 6.5 % slow)
//
// in the same proportions where the window is lowered. It holds while *both* clocks of the node say
// so: the one since boot, which nobody sets but which may stand still in a suspended machine, and the
// wall clock, which somebody may set. Where the two have come apart by more than the reserve, one of
// them is wrong, and there is no lease.
//
// Pure: no I/O, no clock, no randomness; readings, nonces and boot ids are handed in. Everything here is
// a value: the host guards it, copies it, and swaps {catalog, DeliveryNode} as one. A host's duties are
// numbered where they belong: [H1] to [H6]. The simulation (runtime/sim) is one host; it tries every
// order of messages, crashes and clocks that it can think of against the promise above.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "footlight/lifecycle.h"

namespace footlight {

// ---- time ----------------------------------------------------------------------------------------

// One moment on a machine's two clocks: time since it booted, suspended time counted in (CLOCK_BOOTTIME),
// and the wall clock.
struct Reading {
  Duration boot;
  Instant wall;
  bool operator==(const Reading&) const = default;
};

// How a window is spent.
struct DeliveryBudget {
  Duration window;
  Duration lease;           // counted from when the request was sent
  Duration write_deadline;  // from the last look at the lease to the last byte of the answer
  Duration reserve;         // what clocks may be wrong by, in a lease
  Duration poll;            // how long between requests, before ±20 %
};
DeliveryBudget budget_of(const Window& window);
// When to ask again: poll ± 20 %, so that nodes do not ask in step. `random` is in [0, 1).
Duration poll_after(const DeliveryBudget& budget, double random);

// Versions of one lineage in their order: by epoch, then by number.
bool is_before(const CatalogVersion& a, const CatalogVersion& b);

// ---- messages ------------------------------------------------------------------------------------

struct LeaseRequest {
  std::string node;            // its name, unique in the deployment
  std::string nonce;           // names this request; unguessable, never used twice
  std::string store;           // which store the head is of; empty: the node never had an answer
  CatalogVersion head;         // the newest version it ever held
  CatalogVersion settled;      // it and whatever it lends to serve nothing older than this
  bool needs_catalog = false;  // it knows its head, but lost what stands in it
  bool operator==(const LeaseRequest&) const = default;
};

struct LeaseAnswer {
  std::string nonce;  // of the request
  std::string store;
  CatalogVersion version;    // current after the request arrived
  Duration lease;            // counted from when the request was sent
  Window window;             // of the deployment
  bool has_catalog = false;  // false: the catalog is the one of the head that the request told
  Value catalog;             // [H1] the host's: what stands in `version`, in a form that it can compile
};

Value to_value(const LeaseRequest& request);
Value to_value(const LeaseAnswer& answer);
Result<LeaseRequest> lease_request_from(const Value& value);  // code bad_request, every problem with its path
Result<LeaseAnswer> lease_answer_from(const Value& value);    // code bad_request; a window over 15 min is out_of_range
Value to_value(const CatalogVersion& version);                // {"epoch": 1, "v": 7, "chain": "…"}

// ---- the node ------------------------------------------------------------------------------------

struct Lease {
  Reading sent;  // of the request that it answers
  Duration term;
  Window window;
  bool operator==(const Lease&) const = default;
};
// What is left of it; never negative. Zero where a clock went back before `sent`, or the two came apart.
Duration left_of(const Lease& lease, const Reading& now);

// One answer is made from one pinned version: [H2] take the pin and the snapshot together, decide,
// ask holds() again just before the first byte, and cut the connection where the last byte is not
// out within `write_deadline_of(pin)` of that.
struct Pin {
  CatalogVersion version;
  Lease lease;
};
bool holds(const Pin& pin, const Reading& now);
Duration write_deadline_of(const Pin& pin);
// For `Cache-Control: max-age`, asked together with holds(): a client's copy ends before the lease.
// Whole seconds, limits::answer_max_age at most; 0: `no-store`.
int max_age_s(const Pin& pin, const Reading& now);

// What a node keeps over a restart.
struct SavedNode {
  std::string boot_id;  // of the boot in which it was saved
  std::string store;
  CatalogVersion version;
  std::optional<Lease> lease;
  std::string catalog_hash;  // hash_of() the catalog that stands in `version`
  bool operator==(const SavedNode&) const = default;
};
// With a hash over itself, so that a torn or damaged file is found out.
Value to_value(const SavedNode& saved);
Result<SavedNode> saved_node_from(const Value& value);  // code store_corrupt

// A node's side of the protocol. A value: copy it, let the copy take an answer, make that durable,
// then put it in the place of the first together with the compiled catalog.
class DeliveryNode {
 public:
  // A relay lends on to other nodes what it was lent.
  DeliveryNode(std::string name, std::string boot_id, bool is_relay = false);
  // After a restart. A lease counts on within one boot; another boot has none. `catalog_hash` is of the
  // catalog that was found beside the state; where it is not the saved one the node asks for it anew,
  // and holds no lease. Nothing saved, or damaged: begin as a new node.
  static DeliveryNode resume(std::string name, const SavedNode& saved, std::string boot_id, const std::string& catalog_hash, Reading now,
                             bool is_relay = false);

  // The request to send now. Answers to the last limits::asks_pending_max requests are still taken.
  LeaseRequest ask(Reading now, std::string nonce);

  struct Taken {
    bool is_new_version = false;
    bool is_renewed = false;  // the lease is another one now
  };
  // [H3] A catalog is compiled first; one that does not compile is reported, and its answer not taken:
  // a lease for a version comes only with serving it. [H4] Where is_new_version, saved() and the
  // catalog are durable before anything is served from it. An answer to no request of ours, one
  // answered before, or one that cannot be ours (another store, a fork) is refused with `conflict` and
  // changes nothing; an older version than ours at most renews the lease.
  Result<Taken> take(const LeaseAnswer& answer, Reading now);

  // [H5] Once a second or so: an asleep machine, a clock that was set. A lease that has ended, or was
  // voided by clocks that came apart, is given up for good.
  void look(Reading now);

  // Nothing: serve only fallbacks, reason `no_lease`, and report not ready.
  std::optional<Pin> pin(Reading now) const;
  Duration lease_left(Reading now) const;

  const std::string& name() const { return name_; }
  const CatalogVersion& version() const { return version_; }
  bool has_catalog() const { return has_catalog_; }
  const Window& window() const { return window_; }  // as last told; the longest until then
  SavedNode saved() const;
  void set_catalog_hash(std::string hash) { catalog_hash_ = std::move(hash); }  // of the catalog last taken

  // --- relays: what a relay answers to the nodes that ask it. Only what is left of its own lease.
  // Codes unavailable (no lease, or the node is ahead of us), conflict (a fork, another store).
  Result<LeaseAnswer> lend(const LeaseRequest& request, Reading now);

 private:
  struct Lent {
    CatalogVersion version;
    Duration until;  // since boot
  };
  CatalogVersion settled(Reading now) const;

  std::string name_, boot_id_, store_, catalog_hash_;
  bool is_relay_ = false;
  bool has_catalog_ = false;
  CatalogVersion version_;
  std::optional<Lease> lease_;
  Window window_;
  std::deque<std::pair<std::string, Reading>> pending_;  // nonce, sent; oldest first
  std::map<std::string, std::vector<Lent>> lent_;        // by node
  std::optional<Duration> lent_before_until_;            // of a relay that was restarted: since boot
};

// ---- the control side ----------------------------------------------------------------------------

// A node as the control side knows it; ends are by the control side's wall clock.
struct KnownNode {
  std::string node;
  CatalogVersion head, settled;
  Instant seen;       // its newest request
  Instant lease_end;  // from then on it serves nothing, however slow its clock
};

class DeliveryControl {
 public:
  // `store` names the store for ever (store_meta::store_id). Leases that were given before `started`
  // are not known any more; receipts count with them until they have surely ended.
  DeliveryControl(std::string store, Window window, Reading started);

  // [H6] Told of every version of the journal in order, from the first on, when it is durable and before
  // its command is answered; the catalog that goes with an answer is of this very version. Catalog::lease
  // (catalog/catalog.h) does both.
  void committed(const CatalogVersion& version, Instant at);

  // The request has arrived, and we are current: grants a lease, or refuses with
  // - fenced: the store was restored and its epoch not bumped; or the node's head is ahead of us or on
  //   another branch: then this very store is an older copy, and from now on (is_contradicted) nobody
  //   gets a lease until the epoch is bumped. The host fences the store before it answers.
  // - conflict: the node follows another store.
  // Where the answer has_catalog the host puts in the catalog of exactly that version.
  Result<LeaseAnswer> answer(const LeaseRequest& request, Reading now, bool is_fenced);
  bool is_contradicted() const { return is_contradicted_; }

  // Nodes that may have served something older than `version` after it was committed: for receipts
  // (progress_at, to_value in lifecycle.h).
  std::vector<NodeStanding> standings(const CatalogVersion& version, Reading now) const;
  std::vector<KnownNode> nodes(Reading now) const;  // by name
  const CatalogVersion& version() const { return version_; }

 private:
  struct Link {
    std::int64_t epoch;
    std::string chain;
    Instant at;
  };
  struct Grant {
    CatalogVersion version;  // without the chain
    Duration until;          // since our boot
  };
  struct Settled {
    CatalogVersion version;
    Duration at;  // since our boot, when it was first told
  };
  struct Node {
    CatalogVersion head, settled;
    Duration seen;
    std::deque<Grant> grants;     // a version each, ascending
    std::deque<Settled> reached;  // ascending
  };
  bool is_of_our_lineage(const CatalogVersion& head) const;
  void note(const LeaseRequest& request, Reading now);

  std::string store_;
  Window window_;
  DeliveryBudget budget_;
  Reading started_;
  CatalogVersion version_;
  std::vector<Link> links_;  // links_[v - 1]
  bool is_contradicted_ = false;
  std::map<std::string, Node> nodes_;
};

}  // namespace footlight
