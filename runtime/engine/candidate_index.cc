#include "engine/candidate_index.h"

#include <algorithm>
#include <bit>

namespace footlight {
namespace {

// So many are tried sooner than found.
constexpr std::size_t tried_max = 192;

// As std::popcount, which is a call where the CPU's own instruction is not taken for granted. The compiler knows this
// idiom and would make it that call again, but for the word that it cannot see through.
std::size_t ones(std::uint64_t bits) {
  bits -= bits >> 1 & 0x5555555555555555u;
  asm("" : "+r"(bits));
  bits = (bits & 0x3333333333333333u) + (bits >> 2 & 0x3333333333333333u);
  return (((bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0Fu) * 0x0101010101010101u) >> 56;
}

std::uint64_t truth(const std::uint64_t* listed, Condition condition) { return listed[condition >> 6] >> (condition & 63); }

}  // namespace

bool CandidateIndex::is_before(const Row& a, const Row& b, bool by_member) {
  const Condition left = a.filing.needs[0], right = b.filing.needs[0];
  return by_member || left == right ? a.member < b.member : left < right;
}

CandidateIndex::CandidateIndex(const CandidateIndex& before, const std::vector<std::uint32_t>& now, std::vector<Row> came, std::uint32_t members)
    : CandidateIndex(
          [&] {
            // As the rows stand in order already, they are put together in one go.
            const bool by_member = !before.rarest_.empty();
            const auto order = [&](const Row& a, const Row& b) { return is_before(a, b, by_member); };
            std::stable_sort(came.begin(), came.end(), order);
            std::vector<Row> rows;
            rows.reserve(before.rows_.size() + came.size());
            auto next = came.begin();
            for (const Row& row : before.rows_) {
              const Row moved{now[row.member], row.filing};
              if (moved.member == gone) continue;
              while (next != came.end() && order(*next, moved)) rows.push_back(*next++);
              rows.push_back(moved);
            }
            rows.insert(rows.end(), next, came.end());
            return rows;
          }(),
          members) {}

CandidateIndex::CandidateIndex(std::vector<Row> rows, std::uint32_t members) : rows_(std::move(rows)), members_(members) {
  const bool by_member = rows_.size() <= tried_max;
  const auto order = [&](const Row& a, const Row& b) { return is_before(a, b, by_member); };
  if (!std::is_sorted(rows_.begin(), rows_.end(), order)) std::stable_sort(rows_.begin(), rows_.end(), order);
  rows_.shrink_to_fit();
  if (by_member) {
    rarest_.reserve(rows_.size());
    for (const Row& row : rows_) rarest_.push_back(row.filing.needs[0]);
    return;
  }
  const auto filed_under = [](const Row& row) { return row.filing.needs[0]; };
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const Condition condition = filed_under(rows_[i]);
    if (i > 0 && condition == filed_under(rows_[i - 1])) continue;
    if (words_.empty() || words_.back().word != condition >> 6) words_.push_back({0, condition >> 6, static_cast<std::uint32_t>(groups_.size())});
    words_.back().filed |= std::uint64_t{1} << (condition & 63);
    groups_.push_back(static_cast<std::uint32_t>(i));
  }
  groups_.push_back(static_cast<std::uint32_t>(rows_.size()));
  words_.shrink_to_fit();
  groups_.shrink_to_fit();
}

void CandidateIndex::find(const Truths& truths, std::vector<std::uint64_t>& possible) const {
  if (!rarest_.empty()) return try_all(truths, possible);
  possible.assign((members_ + 63) / 64, 0);
  const std::uint64_t* const listed = truths.listed.data();
  for (const Word& word : words_) {
    for (std::uint64_t met = listed[word.word] & word.filed; met != 0; met &= met - 1) {
      const std::size_t group = word.first_group + ones(word.filed & ((met & -met) - 1));
      for (const Row *row = rows_.data() + groups_[group], *end = rows_.data() + groups_[group + 1]; row != end; ++row) {
        const auto& needs = row->filing.needs;
        if ((truth(listed, needs[1]) & truth(listed, needs[2]) & truth(listed, needs[3]) & 1) != 0)
          possible[row->member >> 6] |= std::uint64_t{1} << (row->member & 63);
      }
    }
  }
}

void CandidateIndex::try_all(const Truths& truths, std::vector<std::uint64_t>& possible) const {
  possible.assign((members_ + 63) / 64, 0);
  const std::uint64_t* const listed = truths.listed.data();
  for (std::size_t first = 0; first < rarest_.size(); first += 64) {
    // The rarest condition of all of them, without a branch; the others of the few that are left.
    std::uint64_t left = 0;
    for (std::size_t i = std::min(rarest_.size(), first + 64); i-- > first;) left = left << 1 | (truth(listed, rarest_[i]) & 1);
    for (; left != 0; left &= left - 1) {
      const Row& row = rows_[first + static_cast<std::size_t>(std::countr_zero(left))];
      const auto& needs = row.filing.needs;
      possible[row.member >> 6] |= (truth(listed, needs[1]) & truth(listed, needs[2]) & truth(listed, needs[3]) & 1) << (row.member & 63);
    }
  }
}

std::size_t CandidateIndex::bytes() const {
  return rows_.capacity() * sizeof(Row) + words_.capacity() * sizeof(Word) + groups_.capacity() * sizeof(std::uint32_t) + rarest_.capacity() * sizeof(Condition);
}

}  // namespace footlight
