// PossibleRuns: those runs of a configuration that its index finds possible and that are on at this time.
//
// They come some together, and what is looked at of them is asked of memory before the first is: in a large configuration they
// stand far from each other, and a decision would wait for each.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "engine/snapshot.h"

namespace footlight {

class PossibleRuns {
 public:
  // `bits` are what the index, one of the configuration's, found.
  PossibleRuns(const std::vector<std::uint64_t>& bits, const CandidateIndex& index, const CompiledConfiguration& matched)
      : words_(bits), matched_(matched), runs_from_(matched.runs.data() + index.first()), bits_(bits.empty() ? 0 : bits[0]) {}

  // False: there are no more.
  bool bring(Instant now) {
    std::size_t met = 0;
    count_ = 0;
    for (; met < at_once; bits_ &= bits_ - 1, ++met) {
      while (bits_ == 0 && ++word_ < words_.size()) bits_ = words_[word_];
      if (bits_ == 0) break;
      const CandidateRun& run = runs_from_[word_ * 64 + static_cast<std::size_t>(std::countr_zero(bits_))];
      __builtin_prefetch(&matched_.offers[run.first]);
      // Of those that are asked all of it their program; of others nothing that was not asked for, without a branch for it.
      const auto itself = reinterpret_cast<std::uintptr_t>(&run), who = reinterpret_cast<std::uintptr_t>(run.who);
      const auto asks_all = -static_cast<std::uintptr_t>(run.rest == all_of_it);
      __builtin_prefetch(reinterpret_cast<const void*>(itself ^ ((itself ^ who) & asks_all)));
      runs_[count_] = &run;
      count_ += static_cast<int>(run.start <= now) & static_cast<int>(now < run.end);
    }
    return met > 0;
  }

  std::size_t count() const { return count_; }
  const CandidateRun& run(std::size_t at) const { return *runs_[at]; }

 private:
  static constexpr std::size_t at_once = 16;

  const std::vector<std::uint64_t>& words_;
  const CompiledConfiguration& matched_;
  const CandidateRun* const runs_from_;
  std::size_t word_ = 0, count_ = 0;
  std::uint64_t bits_;
  const CandidateRun* runs_[at_once];
};

}  // namespace footlight
