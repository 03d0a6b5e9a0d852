#include "engine/candidate_index.h"

#include <algorithm>
#include <bit>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace footlight {
namespace {

std::uint64_t truth(const std::uint64_t* listed, Condition condition) { return listed[condition >> 6] >> (condition & 63); }

}  // namespace

// What a machine has for it: `those` are the bits that stand under those of `mask`, next to each other.
struct CandidateIndex::Portable {
  static std::uint64_t those(std::uint64_t bits, std::uint64_t mask) {
    std::uint64_t found = 0;
    for (std::uint64_t met = bits & mask; met != 0; met &= met - 1) found |= std::uint64_t{1} << std::popcount(mask & ((met & -met) - 1));
    return found;
  }
};

#if defined(__x86_64__)
struct CandidateIndex::Bmi2 {
  [[gnu::target("bmi,bmi2,popcnt")]] static std::uint64_t those(std::uint64_t bits, std::uint64_t mask) { return _pext_u64(bits, mask); }
  // Two generations have the instruction, and take longer for it than without.
  static bool is_there() { return __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") && !__builtin_cpu_is("znver1") && !__builtin_cpu_is("znver2"); }
};
#endif

bool CandidateIndex::is_before(const Row& a, const Row& b) {
  const Condition left = a.filing.needs[0], right = b.filing.needs[0];
  return left == right ? a.member < b.member : left < right;
}

CandidateIndex::CandidateIndex(const CandidateIndex& before, const std::vector<std::uint32_t>& now, std::vector<Row> came, std::uint32_t members)
    : CandidateIndex(
          [&] {
            // As the rows stand in order already, they are put together in one go.
            std::stable_sort(came.begin(), came.end(), is_before);
            std::vector<Row> rows;
            rows.reserve(before.rows_.size() + came.size());
            auto next = came.begin();
            for (const Row& row : before.rows_) {
              const Row moved{now[row.member], row.filing};
              if (moved.member == gone) continue;
              while (next != came.end() && is_before(*next, moved)) rows.push_back(*next++);
              rows.push_back(moved);
            }
            rows.insert(rows.end(), next, came.end());
            return rows;
          }(),
          members) {}

CandidateIndex::CandidateIndex(std::vector<Row> rows, std::uint32_t members) : rows_(std::move(rows)), members_(members) {
  if (!std::is_sorted(rows_.begin(), rows_.end(), is_before)) std::stable_sort(rows_.begin(), rows_.end(), is_before);
  rows_.shrink_to_fit();
  const auto filed_under = [](const Row& row) { return row.filing.needs[0]; };
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const Condition condition = filed_under(rows_[i]);
    if (i > 0 && condition == filed_under(rows_[i - 1])) continue;
    if (words_.empty() || words_.back().word != condition >> 6) words_.push_back({0, condition >> 6, 0});
    words_.back().filed |= std::uint64_t{1} << (condition & 63);
    ++words_.back().groups;
    groups_.push_back(static_cast<std::uint32_t>(i));
  }
  groups_.push_back(static_cast<std::uint32_t>(rows_.size()));
  words_.shrink_to_fit();
  groups_.shrink_to_fit();
}

template <class Machine>
[[gnu::always_inline]] inline void CandidateIndex::find_by(const std::uint64_t* listed, std::uint64_t* possible) const {
  const auto into = [&](std::uint32_t word, std::uint64_t bits) { possible[word] |= bits; };
  if (members_ == 0 || members_ > 64) return find_into<Machine>(listed, into);
  // One word stays in a register: each bit would wait for the one before to be written and read again.
  std::uint64_t all = 0;
  find_into<Machine>(listed, [&](std::uint32_t, std::uint64_t bits) { all |= bits; });
  *possible = all;
}

template <class Machine>
[[gnu::always_inline]] inline void CandidateIndex::find_into(const std::uint64_t* listed, const auto& into) const {
  // Bits of groups that are met, 64 at a time: that they are many in one word spares a branch for each of the words they
  // come from, which nobody could foretell.
  const std::uint32_t* groups = groups_.data();
  const auto take = [&](std::uint64_t met) __attribute__((always_inline)) {
    for (; met != 0; met &= met - 1) {
      const std::uint32_t* const group = groups + std::countr_zero(met);
      for (const Row *row = rows_.data() + group[0], *end = rows_.data() + group[1]; row != end; ++row) {
        const auto& needs = row->filing.needs;
        into(row->member >> 6, (truth(listed, needs[1]) & truth(listed, needs[2]) & truth(listed, needs[3]) & 1) << (row->member & 63));
      }
    }
    groups += 64;
  };
  std::uint64_t met = 0;
  std::uint32_t count = 0;
  for (const Word& word : words_) {
    const std::uint64_t those = Machine::those(listed[word.word], word.filed);
    met |= those << count;
    count += word.groups;
    if (count < 64) continue;
    take(met);
    count -= 64;
    met = count == 0 ? 0 : those >> (word.groups - count);
  }
  take(met);
}

#if defined(__x86_64__)
[[gnu::target("bmi,bmi2,popcnt")]] void CandidateIndex::find_bmi2(const std::uint64_t* listed, std::uint64_t* possible) const { find_by<Bmi2>(listed, possible); }
#endif

void CandidateIndex::find(const Truths& truths, std::vector<std::uint64_t>& possible) const {
#if defined(__x86_64__)
  static const bool has_bmi2 = Bmi2::is_there();
  if (has_bmi2) {
    possible.assign((members_ + 63) / 64, 0);
    return find_bmi2(truths.listed.data(), possible.data());
  }
#endif
  find_portably(truths, possible);
}

void CandidateIndex::find_portably(const Truths& truths, std::vector<std::uint64_t>& possible) const {
  possible.assign((members_ + 63) / 64, 0);
  find_by<Portable>(truths.listed.data(), possible.data());
}

std::size_t CandidateIndex::bytes() const {
  return rows_.capacity() * sizeof(Row) + words_.capacity() * sizeof(Word) + groups_.capacity() * sizeof(std::uint32_t);
}

}  // namespace footlight
