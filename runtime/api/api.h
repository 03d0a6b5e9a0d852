// The HTTP API: rows of routes over catalogs. It translates requests into commands and answers; it
// decides nothing. The same rows serve sockets (footlight serve) and calls within a process (the CLI
// on a data file), so there is one way in.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "engine/token.h"
#include "server/metrics.h"
#include "server/router.h"

namespace footlight {

struct ApiOptions {
  std::function<Instant()> now;                         // only for what no request stamps
  // The runner of the calling thread for this snapshot; see LuaPolicyRunner.
  std::function<Result<PolicyRunner*>(const std::string& workspace, const std::shared_ptr<const Snapshot>&)> runner;
};

// What the routes serve: a store, its workspaces, tokens. Members are safe from any thread once all
// workspaces are added.
class Api {
 public:
  Api(Store& store, ApiOptions options);

  // Takes the workspace's secret from the store, making one where there is none (`fresh_secret`).
  Status add(std::unique_ptr<Catalog> catalog, const std::string& fresh_secret);
  Catalog* catalog(const std::string& workspace);
  const std::map<std::string, std::unique_ptr<Catalog>>& catalogs() const { return catalogs_; }
  const TokenKey& key(const std::string& workspace) const { return keys_.at(workspace); }

  Store& store() { return store_; }
  const ApiOptions& options() const { return options_; }
  Metrics& metrics() { return metrics_; }

  // Who sends it: a bearer token known to the store. Roles imply `delivery` and `viewer`.
  Result<Caller> authenticate(const HttpRequest& request);
  // The workspace that the call is about: the token's, or `?workspace=`, or the only one there is.
  Result<Catalog*> catalog_of(const Call& call);

 private:
  Store& store_;
  ApiOptions options_;
  std::map<std::string, std::unique_ptr<Catalog>> catalogs_;
  std::map<std::string, TokenKey> keys_;
  Metrics metrics_;
};

// Every route, one table per area.
std::vector<Route> routes(Api& api);
std::vector<Route> decide_routes(Api& api);       // api/decide.cc
std::vector<Route> authoring_routes(Api& api);    // api/authoring.cc
std::vector<Route> review_routes(Api& api);       // api/review.cc
std::vector<Route> operating_routes(Api& api);    // api/operating.cc

// A token's roles with what they imply, as a router's caller holds them.
std::set<std::string, std::less<>> implied_roles(const std::string& comma_list);
Actor actor_of(const Caller& caller);

// A body that is JSON, or the refusal. An empty body is an empty object.
Result<Value> json_body(const HttpRequest& request);

}  // namespace footlight
