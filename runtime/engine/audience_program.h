// AudienceProgram: a compiled audience over conditions, as steps that jump; and which conditions must
// hold for it to hold at all, from which candidates are found (candidate_index.h).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/conditions.h"

namespace footlight {

// Under which listed condition a candidate is filed: unless that and both others hold, the audience
// does not hold by this way.
struct Filing {
  Condition first = always_true, second = always_true, third = always_true;
};

class AudienceProgram {
 public:
  AudienceProgram() = default;             // everyone
  AudienceProgram(const PredicateProgram& audience, const Conditions& conditions);

  // `ask(policy)` answers PolicyAnswer<bool>; its failure ends the run.
  template <class Ask>
  bool holds(const Conditions& conditions, const RequestSlots& slots, Truths& truths, std::optional<PolicyFailure>& failure, const Ask& ask) const {
    std::uint16_t at = steps_.empty() ? accept : 0;
    while (at < reject) {
      const Step& step = steps_[at];
      bool is_true;
      if (step.condition < unlisted) {
        is_true = truths.holds(step.condition);
      } else if (step.condition < policy) {
        is_true = conditions.holds(step.condition, slots, truths);
      } else {
        PolicyAnswer<bool> answer = ask(static_cast<int>(step.condition & ~policy));
        if (auto* failed = std::get_if<PolicyFailure>(&answer)) {
          failure = std::move(*failed);
          return false;
        }
        is_true = std::get<bool>(answer);
      }
      at = is_true ? step.yes : step.no;
    }
    return at == accept;
  }

  std::size_t bytes() const { return steps_.capacity() * sizeof(Step); }

 private:
  static constexpr std::uint32_t policy = 1u << 31;
  static constexpr std::uint16_t accept = 0xFFFF, reject = 0xFFFE;
  struct Step {
    std::uint32_t condition = 0;           // or `policy` and its number
    std::uint16_t yes = accept, no = reject;
  };
  class Writer;

  std::vector<Step> steps_;
};

// Every way in which it can hold has one of these. Empty: it never holds.
std::vector<Filing> filings_of(const PredicateProgram& audience, const Conditions& conditions);

}  // namespace footlight
