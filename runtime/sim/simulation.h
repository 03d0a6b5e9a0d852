// Simulation: one control side and several nodes in one thread, on virtual clocks: the real catalog on
// a memory store, the real lifecycle, protocol and engine; the network, the disks and the clocks are
// ours, and do what the operations say. Deterministic: the same operations, the same outcomes.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/decide.h"
#include "sim/judge.h"
#include "sim/sim_store.h"

namespace footlight::sim {

// What came of an operation.
struct Outcome {
  std::optional<Error> refused;
  bool is_lost = false;          // who asked hears nothing: the network, or a death
  std::optional<Answer> answer;  // of a command
  std::optional<Served> served;
  CatalogVersion version;  // of the control side, or of the node that it is about
  int message = 0;         // what is on its way now
  Value told;              // receipt, status
};

// The workspace that a simulation has unless it is given one: the surface `list` shows everything in
// force; what is tagged `price` needs one approval, `law` two.
const Value& own_workspace();

class Simulation {
 public:
  // `world` is an operation of that verb. The wiring must outlive the simulation.
  Simulation(const Operation& world, Wiring& wiring);

  Outcome run(const Operation& operation);
  // The line that the driver prints: the operation's word, time, status, and what is known after it.
  Value to_value(const Operation& operation, const Outcome& outcome) const;

  Judge& judge() { return judge_; }
  Instant now() const { return now_; }  // true time

  // --- for who makes up histories
  int node_count() const { return static_cast<int>(nodes_.size()); }
  bool is_up(int node) const;  // -1: the control side
  bool is_fenced() const { return catalog_ && catalog_->is_fenced(); }
  std::size_t messages_on_their_way() const { return messages_.size(); }
  int message_on_its_way(std::size_t i) const { return messages_[i].id; }
  bool has_backup(const std::string& name) const { return backups_.contains(name); }
  Instant control_wall() const { return control_.clock.at(now_).wall; }
  std::optional<Value> summary(const std::string& id) const;  // of the control side's catalog

 private:
  // Two clocks that run at their own rates from a moment on.
  struct Clock {
    Instant since;  // true time
    double boot_ms = 0, wall_ms = 0, boot_rate = 1, wall_rate = 1;
    Reading at(Instant now) const;
    void settle(Instant now);  // `since` is now
  };
  struct Compiled {
    std::shared_ptr<const Snapshot> snapshot;
    std::string hash;
  };
  struct Node {
    DeliveryNode core;
    std::shared_ptr<const Compiled> catalog;  // goes with the core: swapped as one
    Clock clock;
    int boots = 1;
    bool is_up = true, is_partitioned = false, is_relay = false;
    int upstream = -1;   // a node; -1: the control side
    Duration next_poll;  // by its own clock since boot
    std::optional<SavedNode> disk;
    std::shared_ptr<const Compiled> disk_catalog, older_disk_catalog;
    Instant undisturbed_since;  // for judging how current it must be
  };
  struct Control {
    Clock clock;
    bool is_partitioned = false;
    bool is_clock_sound = true;  // its wall clock was never put forward
    std::optional<Instant> rolled_back_at;
  };
  struct Message {
    int id;
    bool is_answer;
    int node;  // who asked
    int upstream;
    LeaseRequest request;
    std::shared_ptr<const LeaseAnswer> answer;
  };

  std::optional<int> node_of(const std::string& actor) const;  // -1: control
  Outcome no_such(const std::string& actor) const;
  void pass(Duration by, bool is_polling);
  Reading reading(int node) const;
  std::string boot_id(const Node& node, int index) const;
  void disturb(int node);  // -1: all

  Outcome command(const Operation& operation);
  Outcome configure(const Value& document);
  LeaseRequest request_of(int node);
  bool is_cut(int node, int upstream) const;
  Result<LeaseAnswer> answer_to(const LeaseRequest& request, int upstream, Outcome& outcome);
  Outcome deliver(const Message& message, Fault fault);
  Outcome poll(int node);
  Outcome take(int node, const LeaseAnswer& answer, Fault fault);
  Outcome serve(int node, const Operation& operation);
  Outcome restart_node(int node, const Operation& operation);
  Outcome start_control();
  Outcome clock(const Operation& operation);
  Outcome verify();
  std::shared_ptr<const Compiled> compiled(const LeaseAnswer& answer);
  void decide_into(Served& served, const Snapshot& snapshot, const Operation& operation, Instant wall);

  Wiring& wiring_;
  bool has_own_workspace_;
  Window window_;
  Instant now_;
  Control control_;
  std::unique_ptr<SimStore> store_;
  std::unique_ptr<Catalog> catalog_;  // null while the control side is down
  std::vector<Node> nodes_;
  std::deque<Message> messages_;
  int messages_made_ = 0, nonces_made_ = 0;
  std::map<std::string, StoreCopy> backups_;
  std::map<std::string, std::shared_ptr<const Compiled>> compiled_;  // by chain: a version is compiled once, by the node's own way
  DecideScratch scratch_;                                            // of every side in turn: it forgets one snapshot for another
  Judge judge_;
};

}  // namespace footlight::sim
