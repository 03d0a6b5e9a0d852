#include "engine/decide_scratch.h"

#include <algorithm>

#include "base/limits.h"

namespace footlight {
namespace {

// Surfaces come from outside: when so many were met, all are forgotten.
constexpr std::size_t surfaces_kept_max = 4'096;
constexpr std::size_t tokens_kept_max = 8'192;  // a power of two, in pairs

}  // namespace

void DecideScratch::begin(const Snapshot& snapshot, const TokenKey* key) {
  const bool is_same_key = key ? has_key_ && key->bytes == key_.bytes : !has_key_;
  if (snapshot.serial() != snapshot_ || !is_same_key) {
    snapshot_ = snapshot.serial();
    head = "{\"snapshot\":";
    append_json_string(head, snapshot.version());
    head += ",\"propositions\":[";
    if (!is_same_key) tokens_.clear();
    has_key_ = key != nullptr;
    if (key) key_ = *key;
    eligibility.assign(snapshot.experiences().size(), {});
    told.assign(snapshot.policies().size(), {});
    decision = 0;
  }
  met.clear();
  if (surfaces_.size() + limits::request_surfaces_max > surfaces_kept_max) forget_surfaces();
}

void DecideScratch::forget_surfaces() {
  surfaces_.clear();
  near_ = {};
}

void DecideScratch::begin_decision() {
  if (++decision == 0) {
    eligibility.assign(eligibility.size(), {});
    told.assign(told.size(), {});
    decision = 1;
  }
}

const DecideScratch::Surface& DecideScratch::surface(const Snapshot& snapshot, std::string_view asked) {
  Surface*& near = near_[quick_hash(asked) % near_.size()];
  if (!near || !is_same_text(near->text, asked)) {
    auto known = surfaces_.find(asked);
    if (known == surfaces_.end()) {
      known = surfaces_.emplace(std::string(asked), Surface{}).first;
      Surface& made = known->second;
      made.text = known->first;
      made.json = "{\"surface\":";
      append_json_string(made.json, asked);
      made.number = ++surfaces_met_;
    }
    near = &known->second;
  }
  if (near->snapshot != snapshot_) look_up(snapshot, *near);
  return *near;
}

void DecideScratch::look_up(const Snapshot& snapshot, Surface& made) const {
  SurfaceLookup lookup = snapshot.surfaces().lookup(made.text);
  made.snapshot = snapshot_;
  made.matches = std::move(lookup.matches);
  made.problem = std::move(lookup.problem);
  made.everything_is_needed = std::any_of(made.matches.begin(), made.matches.end(), [&](const SurfaceMatch& match) {
    const CompiledConfiguration& matched = snapshot.configurations()[match.configuration];
    return matched.conflict >= 0 || matched.resolve.mode != Resolution::Mode::highest;
  });
  made.only = nullptr;
  if (made.matches.size() == 1 && !made.everything_is_needed)
    if (const CompiledConfiguration& matched = snapshot.configurations()[made.matches[0].configuration]; !matched.offers.empty())
      made.only = &matched;
}

std::size_t DecideScratch::pair_of(const char* action, std::uint64_t surface, int treatment) {
  return mixed(reinterpret_cast<std::uintptr_t>(action) ^ surface << 48, 0x9E3779B97F4A7C15u + static_cast<unsigned>(treatment)) &
      (tokens_kept_max - 2);
}

std::string_view DecideScratch::known_token(std::uint32_t experience, const char* action, const Surface& surface) const {
  if (tokens_.empty()) return {};
  const KnownToken* const pair = &tokens_[pair_of(action, surface.number, -1)];
  for (const KnownToken* known : {pair, pair + 1})
    if (known->is_of(experience, action, surface.number, -1)) return known->token;
  return {};
}

std::string_view DecideScratch::token(const CompiledExperience& experience, const CompiledAction& action, int treatment,
                                      const Surface& surface) {
  if (!has_key_) return {};
  if (tokens_.empty()) tokens_.resize(tokens_kept_max);
  const char* const where = action.ready.json.data();
  // Two may stand in one place: the one signed last comes first, and the other one is forgotten for a third.
  KnownToken* const pair = &tokens_[pair_of(where, surface.number, treatment)];
  for (const KnownToken* known : {pair, pair + 1})
    if (known->is_of(experience.serial, where, surface.number, treatment)) return known->token;
  std::swap(pair[0], pair[1]);
  const std::string_view treated =
      treatment < 0 ? std::string_view() : std::string_view(experience.treatments[static_cast<std::size_t>(treatment)].name);
  pair[0] = {
      experience.serial, treatment, where, surface.number,
      sign_token({experience.id, experience.revision, action.id, std::string(treated), std::string(surface.text), action.element}, key_)};
  return pair[0].token;
}

}  // namespace footlight
