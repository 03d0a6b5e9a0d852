// Follower: a delivery node without its sockets and threads. It makes the requests, takes the answers, keeps
// both on disk, and is what the node's decide calls are answered from.
//
// The protocol is DeliveryNode's (footlight/delivery.h); this is its host. Everything of a workspace that
// belongs together (node state, compiled catalog, key) is one immutable value, swapped whole when an answer
// was taken and is durable. Any thread may decide at any time; one thread asks and takes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "api/serving.h"
#include "footlight/store.h"

namespace footlight {

struct FollowerOptions {
  std::string node;                                     // its name, unique in the deployment
  std::string boot_id;                                  // of this boot of the machine
  std::function<Reading()> clocks;
  std::function<std::string()> nonce;                   // unguessable, never the same twice
  std::function<Result<PolicyRunner*>(const std::string& workspace, const std::shared_ptr<const Snapshot>&)> runner;
};

class Follower : public Serving {
 public:
  // Goes on with what the store holds: its catalogs, and its leases where the machine was not booted since.
  // Store and compiler must outlive it. Code usage for a store that is not a node's.
  static Result<std::unique_ptr<Follower>> open(Store& store, PolicyCompiler& policies, FollowerOptions options);
  ~Follower() override;

  // --- following
  // How long to wait for news in the next request, given a random number in [0, 1).
  Duration wait(double random) const;
  // The body of POST /v1/delivery/lease to send now.
  Value ask(Duration wait);
  // What came back. `fetch` gets a list that the node lacks by its SHA-256. What can be taken is; the
  // error tells of the rest.
  Status take(const Value& answer, const std::function<Result<std::string>(const std::string& hash)>& fetch);
  // Nobody answered: told by /readyz where a lease is missing.
  void failed(const Error& error);
  // Now and then, also while nobody answers: leases that have ended are given up for good.
  void look();

  // --- for people
  Value status() const;                                 // {"node", "workspaces": {NAME: {"version", "lease_left_ms", …}}}
  std::vector<std::string> reasons_not_ready() const;   // empty: every workspace has a lease

  // --- Serving
  Result<Caller> authenticate(const HttpRequest& request) override;
  Result<std::string> workspace_of(const Call& call) override;
  Result<Pinned> pin(const std::string& workspace) override;
  std::optional<int> max_age_s(const Pinned& pinned) override;
  Result<PolicyRunner*> runner(const std::string& workspace, const std::shared_ptr<const Snapshot>& snapshot) override;
  Metrics& metrics() override { return metrics_; }

 private:
  struct Followed;
  Follower(Store& store, PolicyCompiler& policies, FollowerOptions options);

  Status resume(const std::string& workspace);
  Status take_one(const std::string& workspace, const Value& told, const std::function<Result<std::string>(const std::string&)>& fetch);
  Status save(const std::string& workspace, const Followed& followed);
  std::shared_ptr<const Followed> followed(const std::string& workspace) const;
  void put(const std::string& workspace, std::shared_ptr<const Followed> followed);
  void drop_unused(const std::vector<std::string>& blobs);
  Result<std::string> list_of(const std::string& hash, const std::function<Result<std::string>(const std::string&)>& fetch);

  Store& store_;
  PolicyCompiler& policies_;
  const FollowerOptions options_;
  Metrics metrics_;

  mutable std::shared_mutex mutex_;                     // guards what follows
  std::map<std::string, std::shared_ptr<const Followed>> followed_;
  std::map<std::string, Token> tokens_;                 // by hash, of all workspaces
  std::optional<Error> failure_;                        // of the newest attempt
};

// The routes of a delivery node: /v1/decide, health, metrics and its own status.
std::vector<Route> node_routes(Follower& follower);

}  // namespace footlight
