// World: a whole Footlight on a virtual clock, for fixtures: the real catalog on a memory store, the
// real engine, and every snapshot that a node within the window might still serve.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "engine/decide.h"
#include "script/policies.h"
#include "script/workspace_files.h"
#include "testkit/virtual_node.h"

namespace footlight {

class CoverageWatch;

class World {
 public:
  // Takes in the folder's configuration and drafts, as if long ago.
  static Result<std::unique_ptr<World>> make(const LoadedWorkspace& loaded, PolicyCompiler& policies, const Environment& host = {},
                                             const Window& window = {});

  // What happens from here on is told to it; none: to nobody.
  void tell(CoverageWatch* watch) { watch_ = watch; }

  Instant now() const { return now_; }
  const Zone& zone() const { return zone_; }
  Status at(Instant instant);  // the clock goes forth only
  Catalog& catalog() { return *catalog_; }
  const LoadedWorkspace& loaded() const { return *loaded_; }

  Result<Answer> command(Command command);  // at the virtual instant

  // The answer of the node that accepted the last command, with a trace.
  Result<Decision> decide(const Request& request);
  // What each snapshot answers that a node may serve at this instant: from the newest committed a
  // window ago on. The last one is the accepting node's.
  Result<std::vector<Decision>> possible(const Request& request);

  // --- delivery nodes beside the accepting one
  Status add_node(const std::string& name);  // connected, and caught up
  Result<VirtualNode*> node(const std::string& name);
  // The node's answer, and what any node in its place may answer. Without a lease: defaults, or nothing.
  Result<Decision> decide(const Request& request, const std::string& node);
  Result<std::vector<Decision>> possible(const Request& request, const std::string& node);

 private:
  World() = default;
  Result<PolicyRunner*> runner(const std::shared_ptr<const Snapshot>& snapshot);

  // Null: defaults only.
  Result<Decision> decide_from(const std::shared_ptr<const Snapshot>& snapshot, const Request& request);
  std::map<std::string, std::string> statuses() const;  // by experience

  const LoadedWorkspace* loaded_ = nullptr;
  CoverageWatch* watch_ = nullptr;
  Environment host_;  // functions of the host's for policies
  Window window_;
  Instant now_;
  Zone zone_ = Zone::utc();
  std::unique_ptr<Store> store_;
  std::unique_ptr<Catalog> catalog_;
  std::vector<PublishedSnapshot> published_;
  std::map<const Snapshot*, std::unique_ptr<LuaPolicyRunner>> runners_;
  std::map<std::string, VirtualNode> nodes_;
};

}  // namespace footlight
