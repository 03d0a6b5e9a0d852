// Host: the real ports behind one Api: a store, the Lua policies, the clock. `serve` puts sockets
// before it, the CLI on a data file calls its router directly.
#pragma once

#include <memory>
#include <string>

#include "api/api.h"
#include "app/side_thread.h"
#include "script/policies.h"

namespace footlight {

Instant wall_clock();
Reading both_clocks();  // since boot, suspended time counted in; and the wall clock
// The runner of the calling thread for this snapshot.
Result<PolicyRunner*> runner_of_this_thread(const std::string& workspace, const std::shared_ptr<const Snapshot>& snapshot);

struct HostOptions {
  std::string data = "memory:";  // address of the store
  Window window;
  Access access = Access::read_write;
};

class Host {
 public:
  // Opens the store and every workspace in it, and `also`, which may be new.
  static Result<std::unique_ptr<Host>> open(const HostOptions& options, const std::string& also);
  ~Host();

  Status add_workspace(const std::string& name, const Window& window);
  Api& api() { return *api_; }
  Store& store() { return *store_; }

 private:
  Host() = default;
  std::unique_ptr<Store> store_;
  LuaPolicyCompiler policies_;
  SideThread side_;  // outlives the catalogs
  std::unique_ptr<Api> api_;
};

// 32 random bytes in hex, for a workspace's secret.
std::string fresh_secret();

}  // namespace footlight
