// SurfaceIndex: which configurations answer a surface, without trying every rule of a workspace.
//
// Exact rules are found by hash, patterns and page rules are tried one after the other. Immutable
// once built, so that all threads may ask it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "footlight/error.h"
#include "model/surface.h"

namespace footlight {

// A rule and the index of the configuration that it belongs to.
struct IndexedSurfaceRule {
  SurfaceRule rule;
  std::size_t configuration = 0;
};

struct SurfaceMatch {
  std::size_t configuration = 0;
  bool is_exact = false;

  bool operator==(const SurfaceMatch&) const = default;
};

struct SurfaceLookup {
  std::vector<SurfaceMatch> matches;
  std::optional<Error> problem;  // the surface cannot be read; then nothing matches, rules hold only readable ones
};

class SurfaceIndex {
 public:
  SurfaceIndex() = default;
  explicit SurfaceIndex(std::vector<IndexedSurfaceRule> rules);

  // Every matching configuration once: those that an exact rule matches first, then the others, each
  // in ascending order of index.
  SurfaceLookup lookup(std::string_view surface) const;
  std::vector<SurfaceMatch> lookup(const SurfaceUri& surface) const;

 private:
  std::unordered_map<std::string, std::vector<std::size_t>> exact_;  // canonical text -> configurations, ascending
  std::vector<IndexedSurfaceRule> scanned_;                          // the others, ascending by configuration
};

}  // namespace footlight
