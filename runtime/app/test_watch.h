// footlight test --watch: after each save first the tests that it can change, then all others.
#pragma once

#include "app/commands.h"
#include "testkit/fixtures.h"

namespace footlight {

int watch_command(const TestOptions& options, FixtureOptions how);

// What --update wrote, into the folder.
Status write_snapshots(const std::string& folder, const std::vector<SnapshotOutcome>& snapshots);

}  // namespace footlight
