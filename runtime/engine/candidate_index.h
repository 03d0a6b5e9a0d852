// CandidateIndex: which experiences of a configuration are possible for a request, without a look at
// their audiences.
//
// Each is filed under the conditions that it needs, at most four, the rarest first. For a request those of
// the rarest conditions that something is filed under here and that hold are found a word of bits at a time,
// and what stands under them is tried. It is a superset of those whose audience holds: what is left
// of the audience is asked of what is found (Filings::rest).
//
// Members stand in rank order. Of many the best have an index of their own: mostly each element has its winner among
// them, and nobody asks which of the others are possible.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/audience_program.h"

namespace footlight {

class CandidateIndex {
 public:
  struct Row {
    std::uint32_t member = 0;
    Filing filing;
  };
  CandidateIndex() = default;
  CandidateIndex(std::vector<Row> rows, std::uint32_t members);
  static constexpr std::uint32_t gone = UINT32_MAX;
  // The same after a change: what each member is called now (`gone`, or a number that keeps their order), rows of those
  // that came, and how many there are.
  CandidateIndex(const CandidateIndex& before, const std::vector<std::uint32_t>& now, std::vector<Row> came, std::uint32_t members);

  // From so many members on so many are the best.
  static constexpr std::uint32_t many_members = 4096, best_members = 1024;

  // The index of those that rank behind these; null: there are none.
  const CandidateIndex* further() const { return further_.get(); }
  std::uint32_t first() const { return first_; }  // the first member of this one
  std::uint32_t members() const { return members_; }
  // Sets the bits of possible members, counted from the first; `possible` is made as long as it needs to be.
  void find(const Truths& truths, std::vector<std::uint64_t>& possible) const;
  // The same with what every machine has.
  void find_portably(const Truths& truths, std::vector<std::uint64_t>& possible) const;
  std::size_t bytes() const;

 private:
  struct Word {
    std::uint64_t filed = 0;             // conditions of one word of Truths that something is filed under
    std::uint32_t word = 0, groups = 0;  // so many
  };
  struct Portable;
  struct Bmi2;

  // A row as it is kept. What it is filed under stands in the words.
  template <class Number>
  struct Kept {
    Number member = 0;
    Number needs[3] = {};  // besides
  };

  static bool is_before(const Row& a, const Row& b);
  void keep(const std::vector<Row>& rows);
  std::vector<Row> rows() const;
  void make_room(std::vector<std::uint64_t>& possible) const;
  template <class Machine>
  void find_by(const std::uint64_t* listed, std::uint64_t* possible) const;
  template <class Machine>
  void find_among(const auto* rows, const std::uint64_t* listed, std::uint64_t* possible) const;
  template <class Machine>
  void find_into(const auto* rows, const std::uint64_t* listed, const auto& into) const;
  void find_bmi2(const std::uint64_t* listed, std::uint64_t* possible) const;

  std::vector<Kept<std::uint16_t>> rows_;  // by rarest condition; a line of the cache has eight of them
  std::vector<Kept<std::uint32_t>> wide_;  // instead, where a number does not fit
  std::vector<Word> words_;
  std::vector<std::uint32_t> groups_;  // where the rows of each condition begin, and where the last end
  std::uint32_t first_ = 0, members_ = 0;
  std::unique_ptr<const CandidateIndex> further_;
};

}  // namespace footlight
