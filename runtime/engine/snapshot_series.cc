#include "engine/snapshot_series.h"

#include <algorithm>
#include <utility>

#include "engine/snapshot_compiler.h"

namespace footlight {
namespace {

// Arranging costs about as much as so many changes of a large snapshot, and changes of a small one cost little.
constexpr std::size_t changes_most = 256, changes_share = 8;
// Names of attributes and elements are numbered on and on: so many more than at the start, and all is compiled anew.
constexpr std::size_t names_more = 512;
// What is compiled next has the memory of documents that are compiled. These are let go so many at once: one by one they would
// leave holes.
constexpr std::size_t let_go_together = 4'096;

// Whether it asks for a list that the other does not ask for.
bool asks_for_more(const CompiledExperience& one, const CompiledExperience* other) {
  const auto asks = [](const CompiledExperience& experience, const IdList* ids) {
    const auto& nodes = experience.audience.nodes();
    return std::any_of(nodes.begin(), nodes.end(), [&](const auto& node) { return node.ids() == ids; });
  };
  const auto& nodes = one.audience.nodes();
  return std::any_of(nodes.begin(), nodes.end(), [&](const auto& node) { return node.ids() && !(other && asks(*other, node.ids())); });
}

}  // namespace

SnapshotSeries::SnapshotSeries(PolicyCompiler& policies) : policies_(policies) {}
SnapshotSeries::~SnapshotSeries() = default;
SnapshotSeries::SnapshotSeries(SnapshotSeries&&) noexcept = default;

std::shared_ptr<const Snapshot> SnapshotSeries::start(SnapshotSource source, Problems& problems) {
  current_ = defaults_ = nullptr;
  numbers_.clear();
  free_.clear();
  problems_.clear();
  errors_ = changes_ = 0;
  keeps_lists_ = false;
  arranging_ = nullptr;
  compiler_ = nullptr;
  workspace_ = std::make_unique<const Workspace>(std::move(source.workspace));
  compiler_ = std::make_unique<SnapshotCompiler>(*workspace_, policies_);
  workspace_problems_ = compiler_->configurations();
  problems = workspace_problems_;
  const bool is_usable = !footlight::has_errors(problems);
  std::vector<std::shared_ptr<const CompiledExperience>> experiences;
  experiences.reserve(source.experiences.size());
  std::size_t gone = 0;
  for (std::size_t at = 0; at < source.experiences.size(); ++at) {
    if (at - gone == let_go_together)
      for (; gone < at; ++gone) source.experiences[gone] = {};
    const ServedExperience& served = source.experiences[at];
    Problems found;
    if (auto compiled = compiler_->experience(served, source.lists, found)) experiences.push_back(std::move(compiled));
    if (found.empty()) continue;
    note(served.definition.id, std::move(found));
    const Problems& noted = problems_[served.definition.id];
    problems.insert(problems.end(), noted.begin(), noted.end());
  }
  if (!is_usable) return nullptr;
  names_ = compiler_->names();
  for (std::size_t number = 0; number < experiences.size(); ++number) numbers_.emplace(experiences[number]->id, static_cast<int>(number));
  SnapshotParts parts = compiler_->parts();
  parts.version = std::move(source.version);
  defaults_ = arranged(parts, {});
  compiler_->update(parts);
  return current_ = arranged(std::move(parts), std::move(experiences));
}

void SnapshotSeries::note(const std::string& id, Problems problems) {
  if (const auto known = problems_.find(id); known != problems_.end()) {
    if (footlight::has_errors(known->second)) --errors_;
    problems_.erase(known);
  }
  if (problems.empty()) return;
  if (footlight::has_errors(problems)) ++errors_;
  for (Problem& problem : problems)
    if (problem.place.starts_with('$')) problem.place = id + " " + problem.place;
  problems_.emplace(id, std::move(problems));
}

bool SnapshotSeries::can_go_on() const { return current_ && compiler_->names() <= names_ + names_more; }

std::shared_ptr<const Snapshot> SnapshotSeries::next(std::string version, const std::vector<Change>& changes, const IdLists& lists) {
  std::vector<ExperienceChange> made;
  auto unused = static_cast<int>(current_->experiences().size());
  for (const Change& change : changes) {
    const auto known = numbers_.find(change.id);
    int number = known == numbers_.end() ? -1 : known->second;
    // Policies of the one before are free to be numbered as those of the one that comes.
    if (number >= 0) compiler_->forget(current_->experiences()[static_cast<std::size_t>(number)]);
    Problems found;
    std::shared_ptr<const CompiledExperience> compiled;
    if (change.to) compiled = compiler_->experience(*change.to, lists, found);
    note(change.id, std::move(found));
    if (number < 0 && !compiled) continue;
    if (number < 0) {
      number = free_.empty() ? unused++ : *free_.begin();
      free_.erase(number);
      numbers_.emplace(change.id, number);
    }
    if (!compiled) {
      numbers_.erase(change.id);
      free_.insert(number);
    }
    const auto at = static_cast<std::size_t>(number);
    if (current_->experiences().has(at) && asks_for_more(current_->experiences()[at], compiled.get())) keeps_lists_ = true;
    if (arranging_) since_.insert(number);
    made.push_back({number, std::move(compiled)});
  }
  changes_ += made.size();
  SnapshotParts named = defaults_->parts();
  named.version = version;
  defaults_ = std::make_shared<const Snapshot>(std::move(named));
  SnapshotParts parts = current_->parts();
  parts.version = std::move(version);
  compiler_->update(parts);
  return current_ = changed(*current_, std::move(parts), made);
}

Problems SnapshotSeries::problems() const {
  Problems all = workspace_problems_;
  for (const auto& [id, found] : problems_) all.insert(all.end(), found.begin(), found.end());
  return all;
}

bool SnapshotSeries::is_patchy() const {
  return current_ && !arranging_ &&
      (keeps_lists_ || changes_ > std::max(changes_most, current_->experiences().count() / changes_share) ||
       current_->conditions().beside_count() > Conditions::beside_listed_max / 2);
}

std::shared_ptr<const Snapshot> SnapshotSeries::begin_arranging() {
  since_.clear();
  keeps_lists_ = false;
  return arranging_ = current_;
}

std::shared_ptr<const Snapshot> SnapshotSeries::take(const std::shared_ptr<const Snapshot>& patched, const Snapshot& arranged) {
  if (!arranging_ || arranging_ != patched) return nullptr;
  std::vector<ExperienceChange> changes;
  for (const int number : since_) {
    const auto at = static_cast<std::size_t>(number);
    changes.push_back({number, current_->experiences().has(at) ? current_->experiences()[at].shared_from_this() : nullptr});
  }
  changes_ = changes.size();
  arranging_ = nullptr;
  SnapshotParts parts = arranged.parts();
  parts.version = current_->version();
  compiler_->update(parts);
  return current_ = changed(arranged, std::move(parts), changes);
}

}  // namespace footlight
