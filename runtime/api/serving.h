// Serving: what a decide call is answered from. A control process serves the snapshot that it made
// itself; a delivery node one that it was lent, for as long as its lease lasts.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "follow/pinned.h"
#include "server/metrics.h"
#include "server/router.h"

namespace footlight {

class Serving {
 public:
  virtual ~Serving() = default;

  // Who sends it: a bearer token known here.
  virtual Result<KnownCaller> authenticate(const HttpRequest& request) = 0;
  // The workspace that the call is about: the token's, or `?workspace=`, or the only one there is.
  virtual Result<std::string> workspace_of(const Call& call) = 0;
  virtual Result<Pinned> pin(const std::string& workspace) = 0;
  // Asked just before the first byte: for how many seconds a client may keep the answer, 0 for not at all;
  // nothing where the lease has ended while it was made, so that it must not be given.
  virtual std::optional<int> max_age_s(const Pinned& pinned) = 0;
  // The runner of the calling thread for this snapshot.
  virtual Result<PolicyRunner*> runner(const std::string& workspace, const std::shared_ptr<const Snapshot>& snapshot) = 0;
  virtual Metrics& metrics() = 0;
};

// What stands behind `Authorization: Bearer`, as long as the request does. Code unauthorized.
Result<std::string_view> bearer_of(const HttpRequest& request);
Result<std::string> chosen_workspace(const Call& call, const std::vector<std::string>& workspaces);

}  // namespace footlight
