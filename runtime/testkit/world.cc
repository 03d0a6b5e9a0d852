#include "testkit/world.h"

#include <algorithm>

#include "base/limits.h"
#include "testkit/coverage.h"

namespace footlight {
namespace {

// Where a test's clock stands until it says otherwise.
constexpr Instant default_now{1'767'225'600'000};  // 2026-01-01T00:00:00Z

Actor everybody() { return {"files", {Role::author, Role::publisher}}; }

}  // namespace

Result<std::unique_ptr<World>> World::make(const LoadedWorkspace& loaded, PolicyCompiler& policies, const Environment& host,
                                           const Window& window) {
  std::unique_ptr<World> world(new World);
  world->loaded_ = &loaded;
  world->host_ = host;
  world->window_ = window;
  world->now_ = default_now;
  if (auto zone = Zone::find(loaded.workspace.zone)) world->zone_ = *zone;
  auto store = open_store("memory:");
  if (!store) return store.error();
  world->store_ = std::move(*store);
  World* raw = world.get();
  auto catalog = Catalog::open(*world->store_, loaded.workspace.name, policies,
                               {.window = window, .published = [raw](Instant at, std::shared_ptr<const Snapshot> snapshot) {
                                  raw->published_.push_back({at, std::move(snapshot)});
                                }});
  if (!catalog) return catalog.error();
  world->catalog_ = std::move(*catalog);
  const Instant long_ago{0};
  auto configured = world->catalog_->configure(loaded.document, everybody(), long_ago, loaded.lists);
  if (!configured) return configured.error();
  for (const LoadedExperience& experience : loaded.experiences) {
    auto created = world->catalog_->apply({.name = CommandName::create,
                                           .experience = experience.definition.id,
                                           .actor = everybody(),
                                           .at = long_ago,
                                           .definition = experience.document});
    if (!created) return created.error();
  }
  return world;
}

Status World::at(Instant instant) {
  const bool is_untouched = now_ == default_now && catalog_->version().v == 1 && nodes_.empty();
  if (instant < now_ && !is_untouched)
    return refuse(Code::bad_time, "the clock stands at " + to_text(now_) + " and does not go back to " + to_text(instant));
  const auto before = watch_ ? statuses() : std::map<std::string, std::string>();
  now_ = instant;
  for (auto& [name, node] : nodes_) node.pass(now_);
  if (watch_)
    for (const auto& [id, status] : statuses()) {
      const auto old = before.find(id);
      if (old == before.end() || old->second == status) continue;
      if (old->second == "scheduled") watch_->moved(id, "starts", "scheduled");
      if (status == "completed") watch_->moved(id, "ends", "live");
    }
  return Done{};
}

std::map<std::string, std::string> World::statuses() const {
  std::map<std::string, std::string> statuses;
  for (const Value& experience : catalog_->experiences(now_)) statuses[experience.string_or("id", "")] = experience.string_or("status", "");
  return statuses;
}

Result<Answer> World::command(Command command) {
  command.at = now_;
  if (!watch_) return catalog_->apply(std::move(command));
  const std::string id = command.experience, word(to_text(command.name));
  auto found = catalog_->experience(id, now_);
  const std::string from = found ? found->string_or("status", "") : "none";
  auto answer = catalog_->apply(std::move(command));
  if (answer && !answer->is_repeat) watch_->moved(id, word, from);
  return answer;
}

Result<PolicyRunner*> World::runner(const std::shared_ptr<const Snapshot>& snapshot) {
  if (snapshot->policies().empty()) return &no_policies();
  std::unique_ptr<LuaPolicyRunner>& known = runners_[snapshot.get()];
  if (!known) {
    auto made = LuaPolicyRunner::create(snapshot, {.host = host_});
    if (!made) return made.error();
    known = std::move(*made);
  }
  return known.get();
}

Result<Decision> World::decide(const Request& request) {
  const auto snapshot = catalog_->snapshot();
  if (!snapshot) return refuse(Code::unavailable, "the workspace does not compile: " + to_text(*catalog_->compile_error()));
  return decide_from(snapshot, request);
}

Result<std::vector<Decision>> World::possible(const Request& request) {
  // The newest version committed by now − window is the oldest that may still be served (P1).
  std::vector<Decision> decisions;
  for (std::size_t i = published_by(published_, now_ - window_.length()); i < published_.size(); ++i) {
    auto policies = runner(published_[i].snapshot);
    if (!policies) return policies.error();
    decisions.push_back(footlight::decide(*published_[i].snapshot, request, **policies));
  }
  return decisions;
}

Status World::add_node(const std::string& name) {
  if (nodes_.contains(name)) return refuse(Code::already_exists, "there is a node `" + name + "` already");
  if (published_.empty()) return refuse(Code::unavailable, "the workspace does not compile: " + to_text(*catalog_->compile_error()));
  if (nodes_.size() >= limits::fixture_nodes_max)
    return refuse(Code::limit_exceeded, "more than " + std::to_string(limits::fixture_nodes_max) + " nodes in one test");
  nodes_.emplace(name, VirtualNode(name, *catalog_, published_, now_));
  return Done{};
}

Result<VirtualNode*> World::node(const std::string& name) {
  const auto found = nodes_.find(name);
  if (found == nodes_.end()) return refuse(Code::usage, "there is no node `" + name + "`; `t:node \"" + name + "\"` makes one");
  return &found->second;
}

Result<Decision> World::decide_from(const std::shared_ptr<const Snapshot>& snapshot, const Request& request) {
  if (snapshot) {
    auto policies = runner(snapshot);
    if (!policies) return policies.error();
    if (!watch_) return footlight::decide(*snapshot, request, **policies, {.explain = true});
    Decision decision = footlight::decide(*snapshot, request, watch_->policies(*snapshot, **policies), {.explain = true});
    watch_->decided(request, decision);
    return decision;
  }
  const auto defaults = catalog_->defaults();
  if (!defaults) return refuse(Code::unavailable, "the workspace does not compile: " + to_text(*catalog_->compile_error()));
  Decision fallback = footlight::decide(*defaults, request, no_policies(), {.explain = true});
  for (SurfaceTrace& trace : fallback.trace) trace.note = "no_lease: the node serves defaults only";
  return fallback;
}

Result<Decision> World::decide(const Request& request, const std::string& name) {
  auto found = node(name);
  if (!found) return found.error();
  return decide_from((*found)->serving(now_), request);
}

Result<std::vector<Decision>> World::possible(const Request& request, const std::string& name) {
  auto found = node(name);
  if (!found) return found.error();
  std::vector<Decision> decisions;
  for (const auto& snapshot : (*found)->possible(now_)) {
    auto decision = decide_from(snapshot, request);
    if (!decision) return decision.error();
    decisions.push_back(std::move(*decision));
  }
  return decisions;
}

}  // namespace footlight
