#include "engine/candidate_index.h"

#include <algorithm>
#include <bit>

namespace footlight {

CandidateIndex::CandidateIndex(std::vector<Row> rows, std::uint32_t members) : members_(members) {
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return a.filing.first != b.filing.first ? a.filing.first < b.filing.first : a.member < b.member;
  });
  entries_.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Condition condition = rows[i].filing.first;
    if (i == 0 || condition != rows[i - 1].filing.first) {
      if (words_.empty() || words_.back().word != condition >> 6) words_.push_back({0, condition >> 6, static_cast<std::uint32_t>(groups_.size())});
      words_.back().filed |= std::uint64_t{1} << (condition & 63);
      groups_.push_back(static_cast<std::uint32_t>(i));
    }
    entries_.push_back({rows[i].member, rows[i].filing.second, rows[i].filing.third});
  }
  groups_.push_back(static_cast<std::uint32_t>(rows.size()));
  words_.shrink_to_fit();
  groups_.shrink_to_fit();
}

void CandidateIndex::find(const Truths& truths, std::vector<std::uint64_t>& possible) const {
  possible.assign((members_ + 63) / 64, 0);
  for (const Word& word : words_) {
    for (std::uint64_t met = truths.listed[word.word] & word.filed; met != 0; met &= met - 1) {
      const std::size_t group = word.first_group + static_cast<std::size_t>(std::popcount(word.filed & ((met & -met) - 1)));
      for (std::uint32_t i = groups_[group]; i < groups_[group + 1]; ++i) {
        const Entry& entry = entries_[i];
        if (truths.holds(entry.second) & truths.holds(entry.third))
          possible[entry.member >> 6] |= std::uint64_t{1} << (entry.member & 63);
      }
    }
  }
}

std::size_t CandidateIndex::bytes() const {
  return words_.capacity() * sizeof(Word) + groups_.capacity() * sizeof(std::uint32_t) + entries_.capacity() * sizeof(Entry);
}

}  // namespace footlight
