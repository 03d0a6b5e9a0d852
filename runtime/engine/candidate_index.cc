#include "engine/candidate_index.h"

#include <algorithm>
#include <bit>
#include <iterator>

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
  static bool is_there() {
    return __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") && !__builtin_cpu_is("znver1") && !__builtin_cpu_is("znver2");
  }
};
#endif

bool CandidateIndex::is_before(const Row& a, const Row& b) {
  const Condition left = a.filing.needs[0], right = b.filing.needs[0];
  return left == right ? a.member < b.member : left < right;
}

CandidateIndex::CandidateIndex(const CandidateIndex& before, const std::vector<std::uint32_t>& now, std::vector<Row> came,
                               std::uint32_t members)
    : CandidateIndex(
          [&] {
            // As the rows stand in order already, they are put together in one go.
            std::stable_sort(came.begin(), came.end(), is_before);
            std::vector<Row> old = before.rows();
            for (Row& row : old) row.member = now[row.member];
            std::erase_if(old, [](const Row& row) { return row.member == gone; });
            std::vector<Row> rows;
            rows.reserve(old.size() + came.size());
            std::merge(old.begin(), old.end(), came.begin(), came.end(), std::back_inserter(rows), is_before);
            return rows;
          }(),
          members) {}

CandidateIndex::CandidateIndex(std::vector<Row> rows, std::uint32_t members) : members_(members) {
  if (!std::is_sorted(rows.begin(), rows.end(), is_before)) std::stable_sort(rows.begin(), rows.end(), is_before);
  if (members < many_members) {
    keep(rows);
    return;
  }
  const auto others = std::stable_partition(rows.begin(), rows.end(), [](const Row& row) { return row.member < best_members; });
  auto further = std::make_unique<CandidateIndex>();
  further->first_ = best_members;
  further->members_ = members - best_members;
  further->keep({others, rows.end()});
  further_ = std::move(further);
  members_ = best_members;
  rows.erase(others, rows.end());
  keep(rows);
}

// In order.
void CandidateIndex::keep(const std::vector<Row>& rows) {
  const auto filed_under = [](const Row& row) { return row.filing.needs[0]; };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Condition condition = filed_under(rows[i]);
    if (i > 0 && condition == filed_under(rows[i - 1])) continue;
    if (words_.empty() || words_.back().word != condition >> 6) words_.push_back({0, condition >> 6, 0});
    words_.back().filed |= std::uint64_t{1} << (condition & 63);
    ++words_.back().groups;
    groups_.push_back(static_cast<std::uint32_t>(i));
  }
  groups_.push_back(static_cast<std::uint32_t>(rows.size()));
  const bool is_wide = std::any_of(rows.begin(), rows.end(), [&](const Row& row) {
    constexpr std::uint32_t most = UINT16_MAX;
    return row.member - first_ > most ||
        std::any_of(std::begin(row.filing.needs) + 1, std::end(row.filing.needs), [](Condition need) { return need > most; });
  });
  const auto keep = [&]<class Number>(std::vector<Kept<Number>>& kept) {
    kept.reserve(rows.size());
    const auto number = [](std::uint32_t of) { return static_cast<Number>(of); };
    for (const auto& [member, filing] : rows)
      kept.push_back({number(member - first_), {number(filing.needs[1]), number(filing.needs[2]), number(filing.needs[3])}});
  };
  is_wide ? keep(wide_) : keep(rows_);
  words_.shrink_to_fit();
  groups_.shrink_to_fit();
}

std::vector<CandidateIndex::Row> CandidateIndex::rows() const {
  std::vector<Row> rows;
  rows.reserve(groups_.empty() ? 0 : groups_.back());
  const auto give = [&](const auto& kept) {
    const std::uint32_t* group = groups_.data();
    for (const Word& word : words_)
      for (std::uint64_t filed = word.filed; filed != 0; filed &= filed - 1, ++group)
        for (std::uint32_t at = group[0]; at < group[1]; ++at)
          rows.push_back({first_ + kept[at].member,
                          {{word.word << 6 | static_cast<Condition>(std::countr_zero(filed)), kept[at].needs[0], kept[at].needs[1],
                            kept[at].needs[2]}}});
  };
  wide_.empty() ? give(rows_) : give(wide_);
  if (!further_) return rows;
  const std::vector<Row> others = further_->rows();
  std::vector<Row> all;
  all.reserve(rows.size() + others.size());
  std::merge(rows.begin(), rows.end(), others.begin(), others.end(), std::back_inserter(all), is_before);
  return all;
}

template <class Machine>
[[gnu::always_inline]] inline void CandidateIndex::find_by(const std::uint64_t* listed, std::uint64_t* possible) const {
  wide_.empty() ? find_among<Machine>(rows_.data(), listed, possible) : find_among<Machine>(wide_.data(), listed, possible);
}

template <class Machine>
[[gnu::always_inline]] inline void CandidateIndex::find_among(const auto* rows, const std::uint64_t* listed,
                                                              std::uint64_t* possible) const {
  if (members_ == 0 || members_ > 64)
    return find_into<Machine>(rows, listed, [&](std::uint32_t word, std::uint64_t bits) { possible[word] |= bits; });
  // One word stays in a register: each bit would wait for the one before to be written and read again.
  std::uint64_t all = 0;
  find_into<Machine>(rows, listed, [&](std::uint32_t, std::uint64_t bits) { all |= bits; });
  *possible = all;
}

template <class Machine>
[[gnu::always_inline]] inline void CandidateIndex::find_into(const auto* rows, const std::uint64_t* listed, const auto& into) const {
  // Bits of groups that are met, 64 at a time: that they are many in one word spares a branch for each of the words they
  // come from, which nobody could foretell.
  const std::uint32_t* groups = groups_.data();
  const auto take = [&](std::uint64_t met) __attribute__((always_inline)) {
    for (; met != 0; met &= met - 1) {
      const std::uint32_t* const group = groups + std::countr_zero(met);
      for (const auto *row = rows + group[0], *end = rows + group[1]; row != end; ++row) {
        const auto& needs = row->needs;
        into(row->member >> 6, (truth(listed, needs[0]) & truth(listed, needs[1]) & truth(listed, needs[2]) & 1) << (row->member & 63));
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
[[gnu::target("bmi,bmi2,popcnt")]] void CandidateIndex::find_bmi2(const std::uint64_t* listed, std::uint64_t* possible) const {
  find_by<Bmi2>(listed, possible);
}
#endif

// One word is written as a whole.
void CandidateIndex::make_room(std::vector<std::uint64_t>& possible) const {
  possible.resize((members_ + 63) / 64);
  if (possible.size() > 1) std::fill(possible.begin(), possible.end(), 0);
}

void CandidateIndex::find(const Truths& truths, std::vector<std::uint64_t>& possible) const {
#if defined(__x86_64__)
  static const bool has_bmi2 = Bmi2::is_there();
  if (has_bmi2) {
    make_room(possible);
    return find_bmi2(truths.listed.data(), possible.data());
  }
#endif
  find_portably(truths, possible);
}

void CandidateIndex::find_portably(const Truths& truths, std::vector<std::uint64_t>& possible) const {
  make_room(possible);
  find_by<Portable>(truths.listed.data(), possible.data());
}

std::size_t CandidateIndex::bytes() const {
  return rows_.capacity() * sizeof(rows_[0]) + wide_.capacity() * sizeof(wide_[0]) + words_.capacity() * sizeof(Word) +
      groups_.capacity() * sizeof(std::uint32_t) + (further_ ? sizeof(CandidateIndex) + further_->bytes() : 0);
}

}  // namespace footlight
