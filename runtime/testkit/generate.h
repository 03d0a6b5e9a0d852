// Profiles made up from the declared types of attributes, and made smaller again: what property cases run on.
// Nothing here is left to chance: a seed gives the same profiles on every machine.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/workspace.h"

namespace footlight {

// splitmix64.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::uint64_t below(std::uint64_t n) { return n == 0 ? 0 : next() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

// A seed of its own for each name: one property more changes nothing for the others.
std::uint64_t seed_for(std::uint64_t seed, std::string_view name);

struct MadeProfile {
  Object attributes = {};  // by dotted name; what is not there is absent
  int person = 1;          // identity `tester:N`
  bool operator==(const MadeProfile&) const = default;
};

// Values that conditions compare an attribute with: where answers change, so that is where to look.
using Landmarks = std::map<std::string, std::vector<Value>>;
void add_landmarks(const Predicate& condition, Landmarks& landmarks);

class ProfileMaker {
 public:
  // `fixed` are given as they are, in every profile; `required` are never absent.
  ProfileMaker(AttributeTypes types, Object fixed, std::set<std::string> required, Landmarks landmarks)
      : types_(std::move(types)), fixed_(std::move(fixed)), required_(std::move(required)), landmarks_(std::move(landmarks)) {}

  MadeProfile make(Random& random) const;
  // Profiles that are simpler in one respect, the boldest first; each of them simpler, so that to go on with any
  // comes to an end.
  std::vector<MadeProfile> simpler(const MadeProfile& profile) const;

 private:
  AttributeTypes types_;
  Object fixed_;
  std::set<std::string> required_;
  Landmarks landmarks_;
};

// As a test would write it: `t:profile({ ["cart.total"] = 50 }, "tester:1")`.
std::string profile_as_lua(const MadeProfile& profile);

}  // namespace footlight
