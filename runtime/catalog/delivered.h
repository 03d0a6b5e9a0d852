// What stands in a catalog version, as it travels to delivery nodes: the workspace's document and the
// revisions in force, whole in themselves. Lists go by their hash, apart from it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/snapshot_series.h"
#include "footlight/lifecycle.h"

namespace footlight {

// How answers name a version: `1.7-0123456789ab`.
std::string version_text(const CatalogVersion& version);

struct DeliveredExperience {
  Value definition;
  int revision = 1;
  Instant activated_at;
  std::optional<Instant> start, end;
};

struct DeliveredCatalog {
  std::string version;  // names the snapshot in answers, on every node alike
  Value workspace;
  std::vector<DeliveredExperience> experiences;  // by id
};

Value to_value(const DeliveredCatalog& catalog);
Result<DeliveredCatalog> delivered_catalog_from(const Value& value);  // code bad_request, every problem with its path

// Ready for Snapshot::compile_sound. `list` finds a list by its SHA-256. What cannot be read here was
// accepted by a program that knows more than this one: it is told in `problems` and left out.
SnapshotSource snapshot_source(const DeliveredCatalog& catalog,
                               const std::function<Result<std::shared_ptr<const IdList>>(const std::string& hash)>& list,
                               Problems& problems);

// A node's way from to_value(DeliveredCatalog) to what it serves.
struct Delivered {
  std::shared_ptr<const Snapshot> snapshot;
  std::shared_ptr<const Snapshot> defaults;  // the same configurations without any experience
  std::vector<std::string> lists;            // by SHA-256, that the definitions mention
  Problems left_out;
};
// `list` gets the content of a list, checked by the caller; what it cannot get fails the whole, since an
// experience left out for a lost connection would stay out. Codes bad_request, validation_failed, and list's.
Result<Delivered> compile_delivered(const Value& catalog, PolicyCompiler& policies,
                                    const std::function<Result<std::string>(const std::string& hash)>& list);

// The same for one version after the other: what both have is not compiled again, nor are its lists asked for. One that
// fails is as if it had not come. Belongs to one thread at a time.
class DeliveredSeries {
 public:
  explicit DeliveredSeries(PolicyCompiler& policies) : series_(policies) {}
  Result<Delivered> take(const Value& catalog, const std::function<Result<std::string>(const std::string& hash)>& list);

 private:
  struct Known {
    std::string hash;  // of all that was delivered of it
    std::vector<std::string> lists;
    Problems unreadable;
  };
  SnapshotSeries series_;
  std::string workspace_;  // hash of its document
  Problems workspace_problems_;
  std::map<std::string, Known> known_;  // by experience
  std::map<std::string, std::weak_ptr<const IdList>> lists_;
};

}  // namespace footlight
