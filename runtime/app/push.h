// A folder sent to where it will be served: its configuration, and each experience as a draft.
#pragma once

#include <string>
#include <vector>

#include "app/remote.h"
#include "script/workspace_files.h"

namespace footlight {

struct Pushed {
  std::string id;
  std::string what;  // created, edited, unchanged, left: why
};

// Configures the workspace, creates what is new, edits what has changed, and leaves alone what has
// ended or is locked. Fails as a whole when the configuration is refused.
Result<std::vector<Pushed>> push(Remote& remote, const LoadedWorkspace& loaded);

}  // namespace footlight
