#include "lint/arena.h"

#include <algorithm>
#include <map>

#include "base/limits.h"

namespace footlight {
namespace {

std::string filled(std::string text, std::string_view with) {
  for (std::size_t at = text.find('*'); at != std::string::npos; at = text.find('*', at + with.size())) text.replace(at, 1, with);
  return text;
}

std::string domain_of(const PartRule& rule) {
  using How = PartRule::How;
  switch (rule.how) {
    case How::any: return "www.example";
    case How::equals: return rule.text;
    case How::starts_with: return rule.text.ends_with('.') ? rule.text + "example" : rule.text;
    case How::ends_with: return rule.text.starts_with('.') ? "www" + rule.text : rule.text;
    case How::contains: return (rule.text.starts_with('.') ? "www" : "") + rule.text + (rule.text.ends_with('.') ? "example" : "");
    case How::wildcard: return filled(rule.text, "www");
  }
  return {};
}

std::string part_of(const PartRule& rule, std::string_view before) {
  using How = PartRule::How;
  if (rule.how == How::any) return std::string(before);
  std::string text = rule.how == How::wildcard ? filled(rule.text, "x") : rule.text;
  if (!text.starts_with(before)) text.insert(0, before);
  return text;
}

// `a` in its parts, some of them taken from `b`: a surface that both rules may match.
std::vector<SurfaceUri> blends(const SurfaceUri& a, const SurfaceUri& b) {
  std::vector<SurfaceUri> made;
  for (int bits = 0; bits < 8; ++bits) {
    SurfaceUri blend = a;
    if (bits & 1) blend.property = b.property;
    if (bits & 2) blend.path = b.path;
    if (bits & 4) blend.path += b.path.substr(b.path.starts_with('/') ? 1 : 0);
    if (blend.query.empty()) blend.query = b.query;
    if (blend.fragment.empty()) blend.fragment = b.fragment;
    made.push_back(std::move(blend));
  }
  return made;
}

}  // namespace

std::optional<SurfaceUri> example_of(const SurfaceRule& rule) {
  SurfaceUri made;
  if (const auto* exact = std::get_if<SurfaceUri>(&rule.form)) return *exact;
  if (const auto* pattern = std::get_if<SurfacePattern>(&rule.form)) {
    made = pattern->parts;
    made.property = filled(made.property, "www");
    for (std::string* part : {&made.path, &made.query, &made.fragment, &made.container}) *part = filled(*part, "x");
  } else {
    const auto& pages = std::get<SurfacePages>(rule.form);
    for (const PageRule& page : pages.pages) {
      made = {.type = "web",
              .property = domain_of(page.domain),
              .path = part_of(page.path, "/"),
              .query = part_of(page.query, ""),
              .fragment = part_of(page.fragment, ""),
              .container = pages.container};
      if (matches(rule, made)) break;
    }
  }
  const auto asked = parse_surface(to_text(made));
  if (!asked || !matches(rule, *asked)) return {};
  return *asked;
}

std::vector<Arena> arenas_of(const Workspace& workspace) {
  std::vector<IndexedSurfaceRule> rules;
  std::vector<std::pair<const SurfaceRule*, SurfaceUri>> wide;
  std::vector<SurfaceUri> surfaces;
  for (std::size_t c = 0; c < workspace.configurations.size(); ++c)
    for (const SurfaceRule& rule : workspace.configurations[c].rules) {
      rules.push_back({rule, c});
      const auto example = example_of(rule);
      if (!example) continue;
      surfaces.push_back(*example);
      if (!is_exact(rule)) wide.emplace_back(&rule, *example);
    }
  if (wide.size() > limits::lint_wide_rules_max) wide.resize(limits::lint_wide_rules_max);
  for (std::size_t i = 0; i < wide.size(); ++i)
    for (std::size_t j = 0; j < wide.size(); ++j) {
      if (i == j) continue;
      for (const SurfaceUri& blend : blends(wide[i].second, wide[j].second)) {
        const auto asked = parse_surface(to_text(blend));
        if (asked && matches(*wide[i].first, *asked) && matches(*wide[j].first, *asked)) {
          surfaces.push_back(*asked);
          break;
        }
      }
    }
  const SurfaceIndex index(std::move(rules));
  std::vector<Arena> arenas;
  for (const SurfaceUri& surface : surfaces) {
    Arena arena{to_text(surface), index.lookup(surface)};
    if (std::none_of(arenas.begin(), arenas.end(), [&](const Arena& known) { return known.matches == arena.matches; }))
      arenas.push_back(std::move(arena));
  }
  std::stable_sort(arenas.begin(), arenas.end(),
                   [](const Arena& left, const Arena& right) { return left.matches.size() < right.matches.size(); });
  return arenas;
}

}  // namespace footlight
