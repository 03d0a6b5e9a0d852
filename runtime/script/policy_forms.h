// Which functions of a workspace run natively, which run in Lua, and why: what `footlight check` tells.
#pragma once

#include <string>
#include <vector>

#include "script/policies.h"
#include "script/workspace_files.h"

namespace footlight {

struct PolicyForm {
  std::string place;  // `experiences/gold.lua:4`
  std::string owner;  // the experience, audience or configuration
  std::string path;   // its JSON path there: `$.audience`
  PolicyRole role = PolicyRole::targeting;
  bool is_native = false;
  std::string why;  // it is Lua: `` lib/pricing.lua:2: `p.cart.total * 2` is computed, … ``
};

// Every policy of a workspace, in the order of owners and paths; its place is the file's.
std::vector<Policy> policies_of(const LoadedWorkspace& loaded);

// How each of them runs.
std::vector<PolicyForm> policy_forms(const LoadedWorkspace& loaded, LuaPolicyCompiler& compiler);

}  // namespace footlight
