// What is in force takes effect: read from the state, compiled on the side, swapped in whole, handed to other nodes.
#include <algorithm>
#include <utility>

#include "catalog/catalog.h"
#include "catalog/delivered.h"

namespace footlight {
namespace {

// What cannot be read stands for less than was written, an audience for everyone: it is never served.
Result<Definition> read_definition(const Revision& revision) {
  Problems problems;
  Definition definition = parse_definition(revision.definition, problems);
  if (has_errors(problems)) return refuse(Code::validation_failed, std::move(problems), "cannot be read");
  return definition;
}

}  // namespace

// Reviews look at all that is in force, one after the other.
Result<const Definition*> Catalog::definition_of(const std::string& experience, const Revision& revision) {
  const auto found = parsed_.find(experience);
  if (found != parsed_.end() && found->second.hash == revision.hash) return &found->second.definition;
  auto definition = read_definition(revision);
  if (!definition) return definition.error();
  return &(parsed_[experience] = {revision.hash, std::move(*definition)}).definition;
}

Status Catalog::add_lists(const Definition& definition, std::map<std::string, std::shared_ptr<const IdList>>& needed) {
  for (const auto& [name, hash] : definition.include.lists) {
    auto& known = lists_[hash];
    if (!known) {
      auto content = store_.get_blob(hash);
      if (!content) return content.error();
      known = parse_list(*content);
    }
    needed[hash] = known;
  }
  return Done{};
}

Result<Definition> Catalog::definition_in(const CatalogItem& item) const {
  // Revisions are numbered 1, 2, 3 … and never removed.
  return read_definition(state_.find(item.experience)->revisions[static_cast<std::size_t>(item.revision) - 1]);
}

std::optional<ServedExperience> Catalog::served(const CatalogItem& item, Result<Definition> definition, IdLists& lists,
                                                Problems& problems) {
  if (!definition) {
    for (const Problem& problem : definition.error().problems)
      problems.push_back({problem.code, item.experience + " " + problem.place,
                          "r" + std::to_string(item.revision) + " was accepted and can no longer be read: " + problem.message});
    return {};
  }
  if (auto added = add_lists(*definition, lists); !added) {
    problems.push_back({added.error().code, item.experience + " $.include.lists", added.error().message});
    return {};
  }
  return ServedExperience{.definition = std::move(*definition),
                          .revision = item.revision,
                          .activated_at = item.activated_at,
                          .start = item.standing.span.start,
                          .end = item.standing.span.end};
}

// All of it, with what cannot be read told first.
Problems Catalog::compile(SnapshotSeries& series, const Workspace& workspace, ProblemsById& unreadable) {
  SnapshotSource source{.version = version_text(state_.version), .workspace = workspace};
  Problems all;
  const std::vector<CatalogItem> items = catalog(state_);
  std::vector<Result<Definition>> definitions(items.size(), Definition{});
  at_once(items.size(), [&](std::size_t i) { definitions[i] = definition_in(items[i]); });
  source.experiences.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    Problems found;
    if (auto one = served(items[i], std::move(definitions[i]), source.lists, found)) source.experiences.push_back(std::move(*one));
    if (found.empty()) continue;
    all.insert(all.end(), found.begin(), found.end());
    unreadable[items[i].experience] = std::move(found);
  }
  Problems problems;
  series.start(std::move(source), problems);
  all.insert(all.end(), std::make_move_iterator(problems.begin()), std::make_move_iterator(problems.end()));
  return all;
}

void Catalog::together(const std::function<void()>& commands) {
  {
    const std::lock_guard turn(commands_);
    is_gathering_ = true;
  }
  commands();
  const std::lock_guard turn(commands_);
  is_gathering_ = false;
  if (const auto at = std::exchange(gathered_, std::nullopt)) publish(*at);
}

// The newest state takes effect whatever became of parts of it: a stop must not wait for the repair
// of another experience.
void Catalog::publish(Instant at) {
  if (is_gathering_) {
    gathered_ = at;
    return;
  }
  parsed_.clear();
  leaves_.clear();
  leaving_.clear();
  unreadable_.clear();
  for (const CatalogItem& item : catalog(state_)) note_leaving(item.experience, item);
  take_effect(at, compile(series_, workspace_, unreadable_));
}

// The same where one experience changed: what is compiled of the others stays. With it go those that time has ended
// since the version before; what could not be read may be readable now, where the store failed.
void Catalog::publish_change(Instant at, const std::string& experience) {
  if (is_gathering_ || !series_.can_go_on()) return publish(at);
  std::vector<std::string> changed{experience};
  for (const auto& [when, id] : leaving_) {
    if (when > state_.version_at) break;
    if (id != experience) changed.push_back(id);
  }
  for (const auto& [id, problems] : unreadable_)
    if (std::find(changed.begin(), changed.end(), id) == changed.end()) changed.push_back(id);
  IdLists lists;
  std::vector<std::optional<ServedExperience>> to;
  for (const std::string& id : changed) {
    const auto item = catalog_item(state_, id);
    note_leaving(id, item);
    unreadable_.erase(id);
    parsed_.erase(id);
    Problems unreadable;
    to.push_back(item ? served(*item, definition_in(*item), lists, unreadable) : std::nullopt);
    if (!unreadable.empty()) unreadable_[id] = std::move(unreadable);
  }
  std::vector<SnapshotSeries::Change> changes;
  for (std::size_t i = 0; i < changed.size(); ++i) changes.push_back({changed[i], to[i] ? &*to[i] : nullptr});
  series_.next(version_text(state_.version), changes, lists);
  Problems problems;
  for (const auto& [id, unreadable] : unreadable_) problems.insert(problems.end(), unreadable.begin(), unreadable.end());
  if (series_.has_errors() || !problems.empty())
    for (Problem& problem : series_.problems()) problems.push_back(std::move(problem));
  take_effect(at, problems);
  if (series_.is_patchy()) arrange_on_the_side();
}

// Decisions stay as they are, so nobody is told, and commands go on meanwhile.
void Catalog::arrange_on_the_side() {
  const auto patched = series_.begin_arranging();
  if (!options_.on_the_side) return arrange(patched, *arranged(*patched));
  {
    const std::lock_guard lock(side_mutex_);
    ++on_the_side_;
  }
  options_.on_the_side([this, patched] {
    const auto made = arranged(*patched);
    {
      const std::lock_guard turn(commands_);
      arrange(patched, *made);
    }
    const std::lock_guard lock(side_mutex_);
    --on_the_side_;
    side_is_done_.notify_all();
  });
}

void Catalog::arrange(const std::shared_ptr<const Snapshot>& patched, const Snapshot& arranged) {
  auto snapshot = series_.take(patched, arranged);
  if (!snapshot) return;
  {
    const std::unique_lock writing(state_mutex_);
    snapshot_.swap(snapshot);
  }
  std::erase_if(lists_, [](const auto& known) { return known.second.use_count() <= 1; });
}

Catalog::~Catalog() {
  std::unique_lock lock(side_mutex_);
  side_is_done_.wait(lock, [&] { return on_the_side_ == 0; });
}

void Catalog::note_leaving(const std::string& experience, const std::optional<CatalogItem>& item) {
  if (const auto known = leaves_.find(experience); known != leaves_.end()) {
    leaving_.erase({known->second, experience});
    leaves_.erase(known);
  }
  if (!item) return;
  if (const auto at = leaves_catalog_at(item->standing)) {
    leaves_[experience] = *at;
    leaving_.emplace(*at, experience);
  }
}

// What the series has now, and what it could not take.
void Catalog::take_effect(Instant at, const Problems& problems) {
  auto snapshot = series_.current(), defaults = series_.defaults();  // and what was, to be taken apart without the lock
  {
    const std::unique_lock writing(state_mutex_);
    snapshot_.swap(snapshot);
    defaults_.swap(defaults);
    compile_error_.reset();
    if (has_errors(problems))
      compile_error_ = snapshot_ ? refuse(Code::validation_failed, problems, "part of what is in force does not compile and is left out")
                                 : does_not_compile(problems);
  }
  // What is no longer in force is forgotten: an uploaded list may have a million ids.
  std::erase_if(lists_, [](const auto& known) { return known.second.use_count() <= 1; });
  if (options_.published && snapshot_) options_.published(at, series_.current());
}

// Built once a version, and only where somebody asks for it.
std::shared_ptr<const Value> Catalog::delivered() {
  std::string version = version_text(state_.version);
  if (!delivered_ || delivered_version_ != version) {
    DeliveredCatalog document{.version = version, .workspace = to_value(workspace_)};
    for (const CatalogItem& item : catalog(state_))
      document.experiences.push_back({state_.find(item.experience)->revisions[static_cast<std::size_t>(item.revision) - 1].definition,
                                      item.revision, item.activated_at, item.standing.span.start, item.standing.span.end});
    delivered_ = std::make_shared<const Value>(to_value(document));
    delivered_version_ = std::move(version);
  }
  return delivered_;
}

Result<LeaseAnswer> Catalog::lease(const LeaseRequest& request, Reading now) {
  std::optional<Error> refused;
  {
    const std::shared_lock reading(state_mutex_);
    std::unique_lock delivering(delivery_mutex_);
    asked_at_ = now;
    auto answer = control_->answer(request, now, state_.fenced);
    if (answer) {
      const auto document = answer->has_catalog ? delivered() : nullptr;
      delivering.unlock();
      if (auto done = remember_lease(now.wall + options_.window.length()); !done) return done.error();
      if (document) answer->catalog = *document;
      return answer;
    }
    refused = answer.error();
    if (!control_->is_contradicted() || state_.fenced) return *refused;
  }
  // This store lacks what a node has seen: from here on it is as fenced as one restored from a backup.
  const std::lock_guard turn(commands_);
  if (auto raised = raise_fence(); !raised) return raised.error();
  const std::unique_lock writing(state_mutex_);
  state_.fenced = true;
  return *refused;
}

std::vector<KnownNode> Catalog::nodes(Reading now) const {
  const std::lock_guard delivering(delivery_mutex_);
  return control_->nodes(now);
}

}  // namespace footlight
