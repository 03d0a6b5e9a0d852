// SnapshotSeries: the snapshots of one workspace, one after the other: the first is compiled whole, those after it
// from what changed.
//
// A snapshot of the series decides as one would that was compiled whole from the same experiences, byte for byte. What
// was changed stands a little less well than if it had been there from the start; arranged() puts that right, and can
// be done on the side. Belongs to one thread at a time; its snapshots belong to all.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/snapshot_arrangement.h"

namespace footlight {

class SnapshotCompiler;

class SnapshotSeries {
 public:
  explicit SnapshotSeries(PolicyCompiler& policies);
  ~SnapshotSeries();
  SnapshotSeries(SnapshotSeries&&) noexcept;

  // Begins anew. As Snapshot::compile_sound.
  std::shared_ptr<const Snapshot> start(SnapshotSource source, Problems& problems);
  // Whether there is a snapshot to go on from that is worth going on from.
  bool can_go_on() const;

  // Each experience at most once. Null: it is gone. One with errors is left out, as if it were gone.
  struct Change {
    std::string id;
    const ServedExperience* to = nullptr;
  };
  std::shared_ptr<const Snapshot> next(std::string version, const std::vector<Change>& changes, const IdLists& lists);

  const std::shared_ptr<const Snapshot>& current() const { return current_; }
  // The same configurations without any experience, by the same name.
  const std::shared_ptr<const Snapshot>& defaults() const { return defaults_; }
  // What compiling all of it would tell, experiences in the order of their ids.
  bool has_errors() const { return errors_ > 0; }
  Problems problems() const;

  // Enough was changed that arranging it anew pays, or a list is kept that nobody asks for any more.
  bool is_patchy() const;
  // The snapshot to be arranged, and what arranged() made of it: changes in between are made to it. Null where the series
  // began anew in between, or begin_arranging() was called again.
  std::shared_ptr<const Snapshot> begin_arranging();
  std::shared_ptr<const Snapshot> take(const std::shared_ptr<const Snapshot>& patched, const Snapshot& arranged);

 private:
  void note(const std::string& id, Problems problems);

  PolicyCompiler& policies_;
  std::unique_ptr<const Workspace> workspace_;
  std::unique_ptr<SnapshotCompiler> compiler_;
  std::shared_ptr<const Snapshot> current_, defaults_;
  std::unordered_map<std::string, int> numbers_;  // of experiences, by id
  std::set<int> free_;                            // numbers below the highest that nobody has
  Problems workspace_problems_;
  std::map<std::string, Problems> problems_;   // of experiences
  std::size_t errors_ = 0;                     // experiences that are left out
  std::size_t names_ = 0;                      // that were met at the start
  std::size_t changes_ = 0;                    // since it was arranged
  bool keeps_lists_ = false;                   // that nobody asks for: a list may have a million ids
  std::shared_ptr<const Snapshot> arranging_;  // by whoever asked begin_arranging()
  std::set<int> since_;                        // numbers changed since then
};

}  // namespace footlight
