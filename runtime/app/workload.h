// decide-workload/1 as documents of ours: what the format says of surfaces, attributes and experiences.
#pragma once

#include "engine/snapshot.h"
#include "footlight/value.h"

namespace footlight {

// `opaque`: audiences are functions that say the same as the conditions and stay Lua, so that each is called.
// Codes usage, bad_predicate, validation_failed.
Result<SnapshotSource> source_of(const Value& workload, bool opaque);

}  // namespace footlight
