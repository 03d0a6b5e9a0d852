#include "catalog/delivered.h"

#include <algorithm>
#include <set>

#include "model/reader.h"

namespace footlight {
namespace {

constexpr double instant_max = 9'007'199'254'740'991;  // 2^53 - 1 ms

std::optional<Instant> instant(Reader& reader, std::string_view key) {
  const auto ms = reader.number(key, -instant_max, instant_max);
  return ms ? std::optional(Instant{static_cast<std::int64_t>(*ms)}) : std::nullopt;
}

}  // namespace

Value to_value(const DeliveredCatalog& catalog) {
  Array experiences;
  for (const DeliveredExperience& one : catalog.experiences) {
    Object item{{"definition", one.definition}, {"revision", one.revision}, {"activated_at_ms", one.activated_at.ms}};
    if (one.start) item["start_ms"] = one.start->ms;
    if (one.end) item["end_ms"] = one.end->ms;
    experiences.push_back(std::move(item));
  }
  return Object{{"version", catalog.version}, {"workspace", catalog.workspace}, {"experiences", std::move(experiences)}};
}

Result<DeliveredCatalog> delivered_catalog_from(const Value& value) {
  Problems problems;
  Reader reader(value, "$", problems);
  DeliveredCatalog catalog{.version = reader.required_text("version").value_or(""), .workspace = {}, .experiences = {}};
  if (const Value* workspace = reader.require("workspace")) catalog.workspace = *workspace;
  if (reader.require("experiences"))
    if (const Array* items = reader.array("experiences"))
      for (std::size_t i = 0; i < items->size(); ++i) {
        Reader item((*items)[i], reader.path_of("experiences") + "[" + std::to_string(i) + "]", problems);
        DeliveredExperience one;
        if (const Value* definition = item.require("definition")) one.definition = *definition;
        one.revision = static_cast<int>(item.number("revision", 1, 1e9).value_or(1));
        item.require("activated_at_ms");
        one.activated_at = instant(item, "activated_at_ms").value_or(Instant{});
        one.start = instant(item, "start_ms");
        one.end = instant(item, "end_ms");
        item.finish();
        catalog.experiences.push_back(std::move(one));
      }
  reader.finish();
  if (has_errors(problems)) return refuse(Code::bad_request, std::move(problems), "the catalog cannot be read");
  return catalog;
}

SnapshotSource snapshot_source(const DeliveredCatalog& catalog,
                               const std::function<Result<std::shared_ptr<const IdList>>(const std::string& hash)>& list,
                               Problems& problems) {
  SnapshotSource source{.version = catalog.version, .workspace = parse_workspace(catalog.workspace, problems)};
  for (const DeliveredExperience& one : catalog.experiences) {
    Problems unreadable;
    Definition definition = parse_definition(one.definition, unreadable);
    for (const auto& [name, hash] : definition.include.lists) {
      if (source.lists.contains(hash)) continue;
      auto ids = list(hash);
      if (ids) source.lists[hash] = std::move(*ids);
      else unreadable.push_back({ids.error().code, "$.include.lists." + name, ids.error().message});
    }
    if (has_errors(unreadable)) {
      for (Problem& problem : unreadable) {
        problem.place = one.definition.string_or("id", "?") + " " + problem.place;
        problems.push_back(std::move(problem));
      }
      continue;
    }
    source.experiences.push_back({.definition = std::move(definition),
                                  .revision = one.revision,
                                  .activated_at = one.activated_at,
                                  .start = one.start,
                                  .end = one.end});
  }
  return source;
}

std::string version_text(const CatalogVersion& version) {
  return std::to_string(version.epoch) + "." + std::to_string(version.v) + (version.chain.empty() ? "" : "-" + version.chain.substr(0, 12));
}

Result<Delivered> compile_delivered(const Value& catalog, PolicyCompiler& policies,
                                    const std::function<Result<std::string>(const std::string& hash)>& list) {
  return DeliveredSeries(policies).take(catalog, list);
}

Result<Delivered> DeliveredSeries::take(const Value& value, const std::function<Result<std::string>(const std::string& hash)>& list) {
  auto catalog = delivered_catalog_from(value);
  if (!catalog) return catalog.error();
  const std::string workspace = hash_of(catalog->workspace);
  std::set<std::string> ids;
  for (const DeliveredExperience& one : catalog->experiences) ids.insert(one.definition.string_or("id", "?"));
  const bool goes_on = series_.can_go_on() && workspace == workspace_ && ids.size() == catalog->experiences.size();

  // Everything is read before anything changes.
  std::map<std::string, Known> known;
  std::vector<ServedExperience> readable;
  IdLists lists;
  for (const DeliveredExperience& one : catalog->experiences) {
    const std::string id = one.definition.string_or("id", "?");
    const auto time = [](const std::optional<Instant>& at) { return at ? std::to_string(at->ms) : "-"; };
    std::string hash = sha256_hex(to_json(one.definition) + ' ' + std::to_string(one.revision) + ' ' + time(one.activated_at) + ' ' +
                                  time(one.start) + ' ' + time(one.end));
    if (const auto before = known_.find(id); goes_on && before != known_.end() && before->second.hash == hash) {
      known.emplace(id, before->second);
      continue;
    }
    Known& now = known[id] = {.hash = std::move(hash)};
    Definition definition = parse_definition(one.definition, now.unreadable);
    for (const auto& [name, list_hash] : definition.include.lists) {
      now.lists.push_back(list_hash);
      if (lists.contains(list_hash)) continue;
      auto ids_known = lists_[list_hash].lock();
      if (!ids_known) {
        auto content = list(list_hash);
        if (!content) return content.error();
        lists_[list_hash] = ids_known = parse_list(*content);
      }
      lists[list_hash] = std::move(ids_known);
    }
    for (Problem& problem : now.unreadable) problem.place = id + " " + problem.place;
    if (has_errors(now.unreadable)) continue;
    now.unreadable.clear();
    readable.push_back({.definition = std::move(definition),
                        .revision = one.revision,
                        .activated_at = one.activated_at,
                        .start = one.start,
                        .end = one.end});
  }

  Delivered delivered;
  Problems problems;
  if (goes_on) {
    std::vector<SnapshotSeries::Change> changes;
    for (const ServedExperience& served : readable) changes.push_back({served.definition.id, &served});
    for (const auto& [id, before] : known_)
      if (const auto now = known.find(id); now == known.end() || (now->second.hash != before.hash && !now->second.unreadable.empty()))
        changes.push_back({id, nullptr});
    delivered.snapshot = series_.next(catalog->version, changes, lists);
    if (series_.is_patchy()) {
      const auto patched = series_.begin_arranging();
      delivered.snapshot = series_.take(patched, *arranged(*patched));
    }
    problems = series_.problems();
  } else {
    SnapshotSource source{.version = catalog->version, .lists = std::move(lists)};
    workspace_problems_.clear();
    source.workspace = parse_workspace(catalog->workspace, workspace_problems_);
    source.experiences = std::move(readable);
    delivered.snapshot = series_.start(std::move(source), problems);
    if (!delivered.snapshot) return does_not_compile(std::move(problems));
    workspace_ = ids.size() == catalog->experiences.size() ? workspace : "";  // from doubles nothing goes on
  }
  known_ = std::move(known);
  std::erase_if(lists_, [](const auto& one) { return one.second.expired(); });
  delivered.defaults = series_.defaults();
  delivered.left_out = workspace_problems_;
  for (const auto& [id, one] : known_) {
    delivered.left_out.insert(delivered.left_out.end(), one.unreadable.begin(), one.unreadable.end());
    for (const std::string& hash : one.lists)
      if (std::find(delivered.lists.begin(), delivered.lists.end(), hash) == delivered.lists.end()) delivered.lists.push_back(hash);
  }
  for (Problem& problem : problems)
    if (!problem.is_warning) delivered.left_out.push_back(std::move(problem));
  return delivered;
}

}  // namespace footlight
