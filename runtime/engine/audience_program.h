// AudiencePrograms: compiled audiences over conditions, as steps that jump; and which conditions must
// hold for it to hold at all, from which candidates are found (candidate_index.h).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engine/conditions.h"

namespace footlight {

// Unless all of these hold the audience does not hold by this way: conditions, the rarest first. Fewer are
// filled up with always_true.
struct Filing {
  std::array<Condition, 4> needs = {always_true, always_true, always_true, always_true};
};

// What is left to ask of an audience one of whose ways is met: nothing (always_true), one unlisted condition, or all of it.
inline constexpr Condition all_of_it = UINT32_MAX;

// Every way in which an audience can hold has one of these. None: it never holds.
struct Filings {
  std::vector<Filing> ways;
  Condition rest = all_of_it;

  // What all ways need, in order: it holds wherever one of them is met.
  std::vector<Condition> common() const;
};
// `tests` are the provisional numbers of the audience's nodes, as Conditions::add gave them.
Filings filings_of(const PredicateProgram& audience, std::span<const std::uint32_t> tests, const Conditions& conditions);

struct AudienceStep {
  std::uint32_t condition = 0;  // or a policy
  std::uint16_t yes = 0, no = 0;
};
// Where its steps begin; whoever made it keeps them. It asks what is left to ask where one of the audience's ways is met.
using AudienceProgram = const AudienceStep*;

// The programs of some audiences, one after the other: those that are asked one after the other stand so.
class AudiencePrograms {
 public:
  // Where it will begin, and after the last of them: the program.
  std::uint32_t add(const PredicateProgram& audience, std::span<const std::uint32_t> tests, const Conditions& conditions,
                    const Filings& filings);
  AudienceProgram at(std::uint32_t begin) const { return steps_.data() + begin; }

  // `ask(AskedPolicy)` answers std::optional<bool>: nothing ends the run, and the audience does not hold.
  template <class Ask>
  static bool holds(AudienceProgram steps, const Conditions& conditions, const RequestSlots& slots, Truths& truths, const Ask& ask) {
    std::uint16_t at = 0;
    std::uint64_t met = 0;  // conditions of the policy that is asked next
    while (at < reject) {
      const AudienceStep& step = steps[at];
      bool is_true;
      if (step.condition < unlisted) {
        is_true = truths.holds(step.condition);
      } else if (step.condition < policy) {
        is_true = conditions.holds(step.condition, slots, truths);
      } else if (step.condition >= handed) {
        met |= std::uint64_t{1} << (step.condition & ~handed);
        is_true = true;
      } else {
        const std::optional<bool> answer = ask(AskedPolicy{static_cast<int>(step.condition & ~split_policy),
                                                           (step.condition & split_policy) == split_policy, std::exchange(met, 0)});
        if (!answer) return false;
        is_true = *answer;
      }
      at = is_true ? step.yes : step.no;
    }
    return at == accept;
  }

  std::size_t bytes() const { return steps_.capacity() * sizeof(AudienceStep); }

 private:
  static constexpr std::uint32_t policy = 1u << 31, split_policy = policy | 1u << 29;
  static constexpr std::uint32_t handed = policy | 1u << 30;  // notes that a condition holds which a policy is handed
  static constexpr std::uint16_t accept = 0xFFFF, reject = 0xFFFE;
  class Writer;

  std::vector<AudienceStep> steps_ = {{always_true, accept, accept}};  // everyone's
};

}  // namespace footlight
