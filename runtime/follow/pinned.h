// Pinned: what one answer is made from. It is taken at once, since catalog and lease belong together.
#pragma once

#include <memory>
#include <optional>

#include "engine/snapshot.h"
#include "engine/token.h"
#include "footlight/delivery.h"

namespace footlight {

struct Pinned {
  std::shared_ptr<const Snapshot> snapshot;  // null: nothing may be served but defaults
  std::shared_ptr<const Snapshot> defaults;  // null: not even these are known
  TokenKey key;
  std::optional<Pin> lease;  // of who follows
};

// What an answer says that was made of defaults, for want of a lease.
inline constexpr std::string_view no_lease = "no_lease";

}  // namespace footlight
