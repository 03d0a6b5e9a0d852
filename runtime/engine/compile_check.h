// CompileCheck: what is wrong with definitions, one after the other, as compiling them would tell: predicates,
// templates, fragments, schemas of static content, policies.
//
// What all of them share, the configurations of their workspace, is compiled once. Belongs to one thread at a time.
#pragma once

#include <memory>

#include "engine/snapshot.h"

namespace footlight {

class SnapshotCompiler;

class CompileCheck {
 public:
  // Both must outlive it, and the workspace must stay as it is. Problems of its own are reported where it is checked.
  CompileCheck(const Workspace& workspace, PolicyCompiler& policies);
  ~CompileCheck();

  // Places are `file:line` where `served.places` knows them.
  Problems problems_of(const ServedExperience& served, const IdLists& lists);

 private:
  void begin();

  const Workspace& workspace_;
  PolicyCompiler& policies_;
  std::unique_ptr<SnapshotCompiler> compiler_;
  std::size_t names_ = 0;  // that the workspace itself speaks of
};

}  // namespace footlight
