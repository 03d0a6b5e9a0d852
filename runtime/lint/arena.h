// Arenas: where candidates of several configurations stand beside each other. A surface on which a set of
// configurations is asked stands for all surfaces on which the same set is.
#pragma once

#include <string>
#include <vector>

#include "engine/surface_index.h"
#include "model/workspace.h"

namespace footlight {

struct Arena {
  std::string surface;                // as an application would ask
  std::vector<SurfaceMatch> matches;  // indices into workspace.configurations
};

// One for each set of configurations that some surface named by a rule, or made up for one or two rules, is
// answered by; those with fewer configurations first.
std::vector<Arena> arenas_of(const Workspace& workspace);

// A surface that the rule matches, where one is easily made up.
std::optional<SurfaceUri> example_of(const SurfaceRule& rule);

}  // namespace footlight
