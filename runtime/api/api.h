// The HTTP API: rows of routes over catalogs. It translates requests into commands and answers; it
// decides nothing. The same rows serve sockets (footlight serve) and calls within a process (the CLI
// on a data file), so there is one way in.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "api/serving.h"
#include "catalog/catalog.h"

namespace footlight {

struct ApiOptions {
  std::function<Instant()> now;  // only for what no request stamps
  // The runner of the calling thread for this snapshot; see LuaPolicyRunner.
  std::function<Result<PolicyRunner*>(const std::string& workspace, const std::shared_ptr<const Snapshot>&)> runner;
  // The policies of a workspace that its workers have quarantined, a row each; may be empty.
  std::function<Array(const std::string& workspace)> quarantined = {};
  // The bytes of a backup of the store, made now. Empty: this process makes none.
  std::function<Result<std::string>()> backup = {};
  // Both clocks, for leases. Empty: nobody is given any.
  std::function<Reading()> clocks = {};
};

// What the routes serve: a store, its workspaces, tokens. Members are safe from any thread once all
// workspaces are added.
class Api : public Serving {
 public:
  Api(Store& store, ApiOptions options);

  // Takes the workspace's secret from the store, making one where there is none (`fresh_secret`).
  Status add(std::unique_ptr<Catalog> catalog, const std::string& fresh_secret);
  Catalog* catalog(const std::string& workspace);
  const std::map<std::string, std::unique_ptr<Catalog>>& catalogs() const { return catalogs_; }

  Store& store() { return store_; }
  const ApiOptions& options() const { return options_; }
  Metrics& metrics() override { return metrics_; }

  // The store is asked once for each token, and again when access_changed() was called: what is revoked through
  // this process opens nothing from then on.
  Result<KnownCaller> authenticate(const HttpRequest& request) override;
  Result<std::string> workspace_of(const Call& call) override;
  // What was pinned last is kept by the calling thread, with references of its own, so that requests on several
  // threads do not count on the same memory. A thread that rests lets go of it.
  Result<Pinned> pin(const std::string& workspace) override;
  static void rest();
  std::optional<int> max_age_s(const Pinned&) override { return 0; }  // what is stopped here is gone here at once
  Result<PolicyRunner*> runner(const std::string& workspace, const std::shared_ptr<const Snapshot>& snapshot) override {
    return options_.runner(workspace, snapshot);
  }
  Result<Catalog*> catalog_of(const Call& call);

  // What delivery nodes need beside the catalog: {"secret", "tokens": [{"hash", "name", "roles", "workspace"}]}.
  Result<Value> access(const std::string& workspace);
  // Goes up whenever that may have changed; called after it did.
  std::int64_t access_changes() const { return access_changes_; }
  void access_changed() { ++access_changes_; }

 private:
  Store& store_;
  ApiOptions options_;
  std::map<std::string, std::unique_ptr<Catalog>> catalogs_;
  std::map<std::string, std::string> secrets_;
  std::map<std::string, TokenKey> keys_;
  std::vector<std::string> names_;  // of catalogs_
  std::atomic<std::int64_t> access_changes_{0};
  struct KnownToken {
    std::int64_t as_of = 0;  // access_changes() before the store was asked
    Caller caller;
  };
  std::shared_mutex tokens_mutex_;
  std::map<std::string, KnownToken> tokens_;  // by hash; those in force only, so there are as many as in the store at most
  Metrics metrics_;
};

// Every route, one table per area.
std::vector<Route> routes(Api& api);
std::vector<Route> decide_routes(Serving& serving);  // api/decide.cc
std::vector<Route> authoring_routes(Api& api);       // api/authoring.cc
std::vector<Route> review_routes(Api& api);          // api/review.cc
std::vector<Route> operating_routes(Api& api);       // api/operating.cc
std::vector<Route> delivery_routes(Api& api);        // api/delivery.cc

// A token's roles with what they imply, as a router's caller holds them.
std::set<std::string, std::less<>> implied_roles(const std::string& comma_list);
Actor actor_of(const Caller& caller);

// Whether the headers say that the body is JSON in UTF-8, as it stands.
Status check_json_body(const HttpRequest& request);
// A body that is JSON, or the refusal. An empty body is an empty object.
Result<Value> json_body(const HttpRequest& request);

}  // namespace footlight
