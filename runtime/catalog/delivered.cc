#include "catalog/delivered.h"

#include "model/reader.h"

namespace footlight {
namespace {

constexpr double instant_max = 9'007'199'254'740'991;   // 2^53 - 1 ms

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
                               const std::function<Result<std::shared_ptr<const IdList>>(const std::string& hash)>& list, Problems& problems) {
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
    source.experiences.push_back({.definition = std::move(definition), .revision = one.revision, .activated_at = one.activated_at,
                                  .start = one.start, .end = one.end});
  }
  return source;
}

std::string version_text(const CatalogVersion& version) {
  return std::to_string(version.epoch) + "." + std::to_string(version.v) + (version.chain.empty() ? "" : "-" + version.chain.substr(0, 12));
}

Result<Delivered> compile_delivered(const Value& value, PolicyCompiler& policies,
                                    const std::function<Result<std::string>(const std::string& hash)>& list) {
  auto catalog = delivered_catalog_from(value);
  if (!catalog) return catalog.error();
  std::optional<Error> missing;
  Delivered delivered;
  const auto ids = [&](const std::string& hash) -> Result<std::shared_ptr<const IdList>> {
    auto content = list(hash);
    if (!content) {
      missing = content.error();
      return content.error();
    }
    delivered.lists.push_back(hash);
    return std::shared_ptr<const IdList>(parse_list(*content));
  };
  SnapshotSource source = snapshot_source(*catalog, ids, delivered.left_out);
  if (missing) return *missing;
  auto defaults = Snapshot::compile({.version = source.version, .workspace = source.workspace}, policies);
  if (!defaults) return defaults.error();
  delivered.defaults = std::move(*defaults);
  Problems problems;
  delivered.snapshot = Snapshot::compile_sound(std::move(source), policies, problems);
  if (!delivered.snapshot) return does_not_compile(std::move(problems));
  for (Problem& problem : problems)
    if (!problem.is_warning) delivered.left_out.push_back(std::move(problem));
  return delivered;
}

}  // namespace footlight
