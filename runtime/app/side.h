// Side: one state of a workspace that requests are decided in, within this process: a folder, what is live, what would be
// live with a draft in its place. `replay` and `explain --diff` set two of them beside each other.
#pragma once

#include <memory>
#include <string>

#include "app/remote.h"
#include "engine/decide.h"
#include "script/policies.h"

namespace footlight {

struct Side {
  std::string name;     // for people: `folder shop`, `live of shop.db`
  std::string version;  // SHA-256 of its documents: the same documents, the same version
  Workspace workspace;
  std::shared_ptr<const Snapshot> snapshot;
  std::unique_ptr<LuaPolicyRunner> runner;  // with time enough that a busy machine decides nothing

  Decision decide(const Request& request, bool explain) const;
};

// `word`:
//   FOLDER            a workspace folder, taken as if all of it were live
//   FILE              what is live in a data file
//   live              what is live where `remote` points
//   drafts            the same with the newest revision of everything
//   ID@REVISION,…     the same with these revisions: a number, `live`, `draft`, `newest`
// Codes usage, and what opening it refuses with.
Result<Side> open_side(const std::string& word, const RemoteOptions& remote, LuaPolicyCompiler& policies);

Result<Side> open_folder(const std::string& folder, LuaPolicyCompiler& policies);

// Whether `word` can only be meant as a side of something live.
bool is_live_word(const std::string& word);

}  // namespace footlight
