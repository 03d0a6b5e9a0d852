// From compiled experiences to the snapshot that decisions are made from: conditions, programs, candidates in
// rank order and the index that finds them. All of it is a function of values; any thread may do it.
#pragma once

#include <memory>
#include <vector>

#include "engine/snapshot.h"

namespace footlight {

// Made of all of them: whoever stands at an index has its number, and null is nobody.
std::shared_ptr<const Snapshot> arranged(SnapshotParts parts, std::vector<std::shared_ptr<const CompiledExperience>> experiences);
// The same snapshot arranged anew: decisions are the same, what was patched is whole.
std::shared_ptr<const Snapshot> arranged(const Snapshot& patched);

struct ExperienceChange {
  int number = 0;
  std::shared_ptr<const CompiledExperience> to;  // null: it is gone
};
// `parts` are those of `before`, with what has changed but for its experiences: theirs are changed here, each number
// once. What the others have stays; configurations that a change touches are put together anew.
std::shared_ptr<const Snapshot> changed(const Snapshot& before, SnapshotParts parts, const std::vector<ExperienceChange>& changes);

}  // namespace footlight
