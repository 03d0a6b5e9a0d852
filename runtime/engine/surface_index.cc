#include "engine/surface_index.h"

#include <algorithm>
#include <set>
#include <utility>

namespace footlight {
namespace {

// Every text under which an exact rule for this surface may be filed: a rule need not mention the
// query, nor the fragment.
std::vector<std::string> exact_keys(SurfaceUri surface) {
  std::vector<std::string> keys{to_text(surface)};
  const std::string query = std::exchange(surface.query, "");
  if (!query.empty()) keys.push_back(to_text(surface));
  if (surface.fragment.empty()) return keys;
  surface.fragment.clear();
  keys.push_back(to_text(surface));
  if (!query.empty()) {
    surface.query = query;
    keys.push_back(to_text(surface));
  }
  return keys;
}

}  // namespace

SurfaceIndex::SurfaceIndex(std::vector<IndexedSurfaceRule> rules) {
  std::stable_sort(rules.begin(), rules.end(),
                   [](const IndexedSurfaceRule& a, const IndexedSurfaceRule& b) { return a.configuration < b.configuration; });
  for (IndexedSurfaceRule& indexed : rules) {
    if (const auto* uri = std::get_if<SurfaceUri>(&indexed.rule.form)) {
      exact_[to_text(*uri)].push_back(indexed.configuration);
    } else {
      scanned_.push_back(std::move(indexed));
    }
  }
}

SurfaceLookup SurfaceIndex::lookup(std::string_view surface) const {
  const Result<SurfaceUri> parsed = parse_surface(surface);
  if (!parsed) return {{}, parsed.error()};
  return {lookup(*parsed), std::nullopt};
}

std::vector<SurfaceMatch> SurfaceIndex::lookup(const SurfaceUri& surface) const {
  std::set<std::size_t> exact;
  for (const std::string& key : exact_keys(surface)) {
    const auto found = exact_.find(key);
    if (found != exact_.end()) exact.insert(found->second.begin(), found->second.end());
  }
  std::vector<SurfaceMatch> found;
  for (const std::size_t configuration : exact) found.push_back({configuration, true});
  for (const IndexedSurfaceRule& indexed : scanned_) {
    const bool is_known = exact.contains(indexed.configuration) || (!found.empty() && found.back().configuration == indexed.configuration);
    if (!is_known && matches(indexed.rule, surface)) found.push_back({indexed.configuration, false});
  }
  return found;
}

}  // namespace footlight
