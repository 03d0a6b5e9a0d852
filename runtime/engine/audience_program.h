// AudiencePrograms: compiled audiences over conditions, as steps that jump; and which conditions must
// hold for it to hold at all, from which candidates are found (candidate_index.h).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/conditions.h"

namespace footlight {

// Unless all of these hold the audience does not hold by this way: conditions, the rarest first. Fewer are
// filled up with always_true.
struct Filing {
  std::array<Condition, 4> needs = {always_true, always_true, always_true, always_true};
};

// Every way in which an audience can hold has one of these. None: it never holds.
struct Filings {
  std::vector<Filing> ways;
  bool is_exact = false;                   // it does hold by each way whose needs hold
};
Filings filings_of(const PredicateProgram& audience, const Conditions& conditions);

// The programs of many audiences, one after the other: those that are asked one after the other stand so.
class AudiencePrograms {
 public:
  // A program is known by where it begins.
  static constexpr std::uint32_t everyone = 0;
  std::uint32_t add(const PredicateProgram& audience, const Conditions& conditions);

  // `ask(policy)` answers PolicyAnswer<bool>; its failure ends the run.
  template <class Ask>
  bool holds(std::uint32_t program, const Conditions& conditions, const RequestSlots& slots, Truths& truths, std::optional<PolicyFailure>& failure,
             const Ask& ask) const {
    const Step* const steps = steps_.data() + program;
    std::uint16_t at = 0;
    while (at < reject) {
      const Step& step = steps[at];
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

  std::vector<Step> steps_ = {{always_true, accept, accept}};
};

}  // namespace footlight
