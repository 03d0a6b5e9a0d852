// What stands in a catalog version, as it travels to delivery nodes: the workspace's document and the
// revisions in force, whole in themselves. Lists go by their hash, apart from it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/snapshot.h"

namespace footlight {

struct DeliveredExperience {
  Value definition;
  int revision = 1;
  Instant activated_at;
  std::optional<Instant> start, end;
};

struct DeliveredCatalog {
  std::string version;                                  // names the snapshot in answers, on every node alike
  Value workspace;
  std::vector<DeliveredExperience> experiences;         // by id
};

Value to_value(const DeliveredCatalog& catalog);
Result<DeliveredCatalog> delivered_catalog_from(const Value& value);   // code bad_request, every problem with its path

// Ready for Snapshot::compile_sound. `list` finds a list by its SHA-256. What cannot be read here was
// accepted by a program that knows more than this one: it is told in `problems` and left out.
SnapshotSource snapshot_source(const DeliveredCatalog& catalog,
                               const std::function<Result<std::shared_ptr<const IdList>>(const std::string& hash)>& list, Problems& problems);

}  // namespace footlight
