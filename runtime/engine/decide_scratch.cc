#include "engine/decide_scratch.h"

#include <algorithm>

#include "base/limits.h"

namespace footlight {
namespace {

// Surfaces come from outside: when so many were met, all are forgotten.
constexpr std::size_t surfaces_kept_max = 4'096;
constexpr std::size_t tokens_kept_max = 8'192;   // a power of two, in pairs

}  // namespace

void DecideScratch::begin(const Snapshot& snapshot, const TokenKey* key) {
  const bool is_same_key = key ? has_key_ && key->bytes == key_.bytes : !has_key_;
  if (snapshot.serial() != snapshot_ || !is_same_key) {
    snapshot_ = snapshot.serial();
    surfaces_.clear();
    tokens_.clear();
    has_key_ = key != nullptr;
    if (key) key_ = *key;
    eligibility.assign(snapshot.experiences().size(), {});
    told.assign(snapshot.policies().size(), {});
    decision = 0;
  }
  met.clear();
  if (surfaces_.size() + limits::request_surfaces_max > surfaces_kept_max) surfaces_.clear();
}

void DecideScratch::begin_decision() {
  if (++decision == 0) {
    eligibility.assign(eligibility.size(), {});
    told.assign(told.size(), {});
    decision = 1;
  }
}

const DecideScratch::Surface& DecideScratch::surface(const Snapshot& snapshot, std::string_view asked) {
  const auto known = surfaces_.find(asked);
  if (known != surfaces_.end()) return known->second;
  Surface made;
  SurfaceLookup lookup = snapshot.surfaces().lookup(asked);
  made.matches = std::move(lookup.matches);
  made.problem = std::move(lookup.problem);
  made.everything_is_needed = std::any_of(made.matches.begin(), made.matches.end(), [&](const SurfaceMatch& match) {
    const CompiledConfiguration& matched = snapshot.configurations()[match.configuration];
    return matched.conflict >= 0 || matched.resolve.mode != Resolution::Mode::highest;
  });
  made.json = "{\"surface\":";
  append_json_string(made.json, asked);
  return surfaces_.emplace(std::string(asked), std::move(made)).first->second;
}

std::string_view DecideScratch::token(const CompiledExperience& experience, const CompiledAction& action, std::string_view treatment, std::string_view surface) {
  if (!has_key_) return {};
  if (tokens_.empty()) tokens_.resize(tokens_kept_max);
  const std::uint64_t hash = mixed(reinterpret_cast<std::uintptr_t>(&action) ^ quick_hash(surface), 0x9E3779B97F4A7C15u ^ quick_hash(treatment));
  const auto is_it = [&](const KnownToken& known) { return known.action == &action && known.surface == surface && known.treatment == treatment; };
  // Two may stand in one place: the one asked for last comes first, and the other one is forgotten for a third.
  KnownToken* const pair = &tokens_[hash & (tokens_kept_max - 2)];
  if (is_it(pair[0])) return pair[0].token;
  std::swap(pair[0], pair[1]);
  KnownToken& known = pair[0];
  if (!is_it(known)) {
    known.action = &action;
    known.surface = surface;
    known.treatment = treatment;
    known.token = sign_token({experience.id, experience.revision, action.id, known.treatment, known.surface, action.element}, key_);
  }
  return known.token;
}

}  // namespace footlight
