// Wiring: where the simulation's hosts call the protocol. As it stands, each member does what a host
// must do. Tests of the tests override one member, so that one host does it wrongly, and see that the
// judge finds out; nothing in the protocol itself knows of that.
#pragma once

#include <string>

#include "catalog/catalog.h"
#include "sim/operation.h"

namespace footlight::sim {

class Wiring {
 public:
  virtual ~Wiring() = default;

  // --- a node's host
  virtual Reading clocks(const Reading& shown) { return shown; }
  virtual LeaseRequest ask(DeliveryNode& node, const Reading& now, const std::string& nonce) { return node.ask(now, nonce); }
  virtual Result<DeliveryNode::Taken> take(DeliveryNode& node, LeaseAnswer answer, const Reading& now) { return node.take(answer, now); }
  virtual bool takes_without_compiling() { return false; }  // [H3]
  virtual bool saves_before_serving() { return true; }      // [H4]
  virtual void look(DeliveryNode& node, const Reading& now) { node.look(now); }
  virtual std::optional<Pin> pin(const DeliveryNode& node, const Reading& now) { return node.pin(now); }
  virtual bool holds(const Pin& pin, const Reading& now) { return footlight::holds(pin, now); }
  virtual Duration write_deadline(const Pin& pin) { return write_deadline_of(pin); }
  virtual int max_age(const Pin& pin, const Reading& now) { return max_age_s(pin, now); }
  virtual bool pins_its_snapshot() { return true; }  // [H2]; else the one of the last byte
  virtual Result<SavedNode> saved(const Value& state) { return saved_node_from(state); }
  virtual std::string boot_id(const std::string& booted) { return booted; }
  virtual std::string catalog_hash(const std::string& found, const SavedNode&) { return found; }
  virtual Result<LeaseAnswer> lend(DeliveryNode& relay, const LeaseRequest& request, const Reading& now) {
    return relay.lend(request, now);
  }
  virtual Duration next_poll(const DeliveryNode& node, double random) { return poll_after(budget_of(node.window()), random); }

  // --- the control side's host
  virtual Result<LeaseAnswer> lease(Catalog& catalog, const LeaseRequest& request, const Reading& now) {
    return catalog.lease(request, now);
  }
  virtual Result<Answer> apply(Catalog& catalog, const Command& command, const std::string& key, const std::string& body_hash) {
    return catalog.apply(command, key, body_hash);
  }
  virtual Result<Value> receipt(const Catalog& catalog, const std::string& id, const Reading& now) { return catalog.receipt(id, now); }
  virtual Draft journal(Draft draft) { return draft; }    // on its way to the disk
  virtual bool is_durable(const Draft&) { return true; }  // else a crash loses it
  virtual bool marks_restored() { return true; }          // a backup that is put back comes up fenced
};

}  // namespace footlight::sim
