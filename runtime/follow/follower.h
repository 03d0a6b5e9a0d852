// Follower: a delivery node without its sockets and threads. It makes the requests, takes the answers, keeps
// both on disk, and is what the node's decisions are made from: over HTTP (api/node.h) and in a host (embed).
//
// The protocol is DeliveryNode's (footlight/delivery.h); this is its host. Everything of a workspace that
// belongs together (node state, compiled catalog, key) is one immutable value, swapped whole when an answer
// was taken and is durable. Any thread may decide at any time; one thread asks and takes.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "catalog/delivered.h"
#include "follow/pinned.h"
#include "footlight/store.h"

namespace footlight {

struct FollowerOptions {
  std::string node;     // its name, unique in the deployment
  std::string boot_id;  // of this boot of the machine
  std::function<Reading()> clocks;
  std::function<std::string()> nonce;  // unguessable, never the same twice
  std::string workspace = {};          // this one alone; empty: all that the token opens
  // Another version of a workspace is served from now on; told by the thread that took it.
  std::function<void(const std::string& workspace, const std::shared_ptr<const Snapshot>& snapshot)> changed = {};
};

class Follower {
 public:
  // Goes on with what the store holds: its catalogs, and its leases where the machine was not booted since.
  // Store and compiler must outlive it. Code usage for a store that is not a node's.
  static Result<std::unique_ptr<Follower>> open(Store& store, PolicyCompiler& policies, FollowerOptions options);
  ~Follower();

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
  Value status() const;                                // {"node", "workspaces": {NAME: {"version", "lease_left_ms", …}}}
  std::vector<std::string> reasons_not_ready() const;  // empty: every workspace has a lease
  struct Standing {
    std::string version;  // empty: none was ever received
    bool is_leased = false;
    Duration lease_left;
    Problems left_out;             // experiences that this program does not compile
    std::optional<Error> failure;  // of the newest attempt, or why no lease was given
  };
  Standing standing(const std::string& workspace) const;

  // --- serving
  std::vector<std::string> workspaces() const;
  // Code not_found. Without a lease there are only defaults in it, or not even these.
  Result<Pinned> pin(const std::string& workspace) const;
  bool holds(const Pinned& pinned) const;
  // As Serving's (api/serving.h).
  std::optional<int> max_age_s(const Pinned& pinned) const;
  // Of what the control process let know; codes unauthorized, unavailable (nothing was heard of it yet).
  Result<Token> token(const std::string& hash) const;
  // Goes up after what it answers may have changed, and before anybody is told so.
  std::int64_t access_changes() const { return access_changes_; }

 private:
  struct Followed;
  Follower(Store& store, PolicyCompiler& policies, FollowerOptions options);

  bool follows(std::string_view workspace) const { return options_.workspace.empty() || workspace == options_.workspace; }
  DeliveryNode new_node() const { return DeliveryNode(options_.node, options_.boot_id); }
  Status resume(const std::string& workspace);
  Status take_one(const std::string& workspace, const Value& told, const std::function<Result<std::string>(const std::string&)>& fetch);
  Status save(const std::string& workspace, const Followed& followed);
  std::shared_ptr<const Followed> followed(const std::string& workspace) const;
  void put(const std::string& workspace, std::shared_ptr<const Followed> followed);
  void drop_unused(const std::vector<std::string>& blobs);
  Result<Delivered> compile(const std::string& workspace, const Value& catalog,
                            const std::function<Result<std::string>(const std::string&)>& list);
  Result<std::string> list_of(const std::string& hash, const std::function<Result<std::string>(const std::string&)>& fetch);

  Store& store_;
  PolicyCompiler& policies_;
  const FollowerOptions options_;

  std::mutex series_mutex_;                        // guards what follows; taken before the other
  std::map<std::string, DeliveredSeries> series_;  // by workspace

  mutable std::shared_mutex mutex_;  // guards what follows
  std::map<std::string, std::shared_ptr<const Followed>> followed_;
  std::map<std::string, Token> tokens_;  // by hash, of all workspaces
  std::atomic<std::int64_t> access_changes_{0};
  std::optional<Error> failure_;  // of the newest attempt
};

}  // namespace footlight
