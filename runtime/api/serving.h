// Serving: what a decide call is answered from. A control process serves the snapshot that it made
// itself; a delivery node one that it was lent, for as long as its lease lasts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "follow/pinned.h"
#include "server/metrics.h"
#include "server/router.h"

namespace footlight {

class Serving {
 public:
  Serving();
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

 protected:
  // Most requests of a thread come with the same token: the last one is known without being hashed, as long as `as_of`
  // does not change. Null: it is another one.
  KnownCaller last_caller(std::string_view bearer, std::int64_t as_of) const;
  // A copy, so that threads do not count on the same memory.
  KnownCaller remember(std::string_view bearer, std::int64_t as_of, const Caller& caller) const;

  const std::uint64_t id_;  // no other Serving of this process has it
};

// What stands behind `Authorization: Bearer`, as long as the request does. Code unauthorized.
Result<std::string_view> bearer_of(const HttpRequest& request);
Result<std::string> chosen_workspace(const Call& call, const std::vector<std::string>& workspaces);

}  // namespace footlight
