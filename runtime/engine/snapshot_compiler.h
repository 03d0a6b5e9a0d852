// SnapshotCompiler: from documents to what snapshots are made of, a configuration and an experience at a time.
//
// It keeps what their numbers mean: configurations, attributes, elements, policies. An experience with an error
// leaves nothing behind but its problems. These carry a JSON path, or `file:line` where its places know it.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/snapshot.h"

namespace footlight {

class SnapshotCompiler {
 public:
  // All of these must outlive it.
  SnapshotCompiler(const Workspace& workspace, PolicyCompiler& policies);

  // Once, and first.
  Problems configurations();
  // Null: it has errors. Its policies have their numbers until forget().
  std::shared_ptr<const CompiledExperience> experience(const ServedExperience& served, const IdLists& lists, Problems& problems);
  void forget(const CompiledExperience& experience);

  // What a snapshot of this workspace has, without its experiences.
  SnapshotParts parts() const;
  // Brings those up to date that experiences may have changed: attributes and policies.
  void update(SnapshotParts& parts) const;
  // How many names were met. Those that nobody speaks of any more are counted, too.
  std::size_t names() const { return attributes_.size() + elements_.size(); }

  // `$.a.b[0]` to `file:line`, by the nearest enclosing place that is known.
  static std::string place(const ServedExperience& served, const std::string& path);

 private:
  std::optional<Predicate> with_native_targeting(const ServedExperience& served);
  std::unique_ptr<const PredicateProgram> split(const Definition& definition, const IdLists& lists);
  void actions(CompiledExperience& experience, const ServedExperience& served, const Action& action, const Fragments& fragments);
  CompiledContent content(const Content& content, const CompiledConfiguration& configuration, const Fragments& fragments,
                          const ServedExperience& served, const std::string& path);
  void check_names(const Definition& definition, const std::vector<std::string>& paths, const std::string& where);
  void check_static(const Value& json, const CompiledConfiguration& configuration, const std::string& path);
  void fallback(const Configuration& configuration, CompiledConfiguration& compiled, const std::string& path);
  int number(Policy policy);
  void forget(int policy);
  void add(const Error& error, const std::string& path);

  const Workspace& workspace_;
  PolicyCompiler& policies_;
  Zone zone_ = Zone::utc();
  AttributeTable attributes_;
  std::shared_ptr<const SurfaceIndex> surfaces_;
  std::vector<std::shared_ptr<const CompiledConfiguration>> configurations_;
  std::map<std::string, int, std::less<>> numbers_;  // of configurations
  std::map<std::string, int, std::less<>> elements_;
  Numbered<Policy> numbered_;
  std::set<int> free_;                                              // numbers of policies that nobody has
  std::vector<std::pair<int, std::unique_ptr<const Policy>>> own_;  // of what is being compiled
  Problems problems_;                                               // likewise
};

}  // namespace footlight
