// A delivery node's side of HTTP: decide calls, answered from what a Follower was lent, and the routes
// that tell of it.
#pragma once

#include "api/serving.h"
#include "follow/follower.h"

namespace footlight {

// The runner of the calling thread for this snapshot; see LuaPolicyRunner.
using RunnerOfThread = std::function<Result<PolicyRunner*>(const std::string& workspace, const std::shared_ptr<const Snapshot>&)>;

class NodeServing : public Serving {
 public:
  // The follower must outlive it.
  NodeServing(Follower& follower, RunnerOfThread runner) : follower_(follower), runner_(std::move(runner)) {}

  Follower& follower() { return follower_; }

  Result<KnownCaller> authenticate(const HttpRequest& request) override;
  Result<std::string> workspace_of(const Call& call) override { return chosen_workspace(call, follower_.workspaces()); }
  Result<Pinned> pin(const std::string& workspace) override { return follower_.pin(workspace); }
  std::optional<int> max_age_s(const Pinned& pinned) override { return follower_.max_age_s(pinned); }
  Result<PolicyRunner*> runner(const std::string& workspace, const std::shared_ptr<const Snapshot>& snapshot) override {
    return runner_(workspace, snapshot);
  }
  Metrics& metrics() override { return metrics_; }

 private:
  Follower& follower_;
  const RunnerOfThread runner_;
  Metrics metrics_;
};

// The routes of a delivery node: /v1/decide, health, metrics and its own status.
std::vector<Route> node_routes(NodeServing& serving);

}  // namespace footlight
