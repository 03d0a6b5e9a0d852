// What the index finds possible is what its rows say, on every machine, and after every change.
#include <catch2/catch.hpp>
#include <random>

#include "engine/candidate_index.h"

using namespace footlight;

namespace {

using Rows = std::vector<CandidateIndex::Row>;

std::vector<std::uint64_t> by_hand(const Rows& rows, std::uint32_t members, const Truths& truths) {
  std::vector<std::uint64_t> possible((members + 63) / 64);
  for (const CandidateIndex::Row& row : rows)
    if (std::all_of(row.filing.needs.begin(), row.filing.needs.end(), [&](Condition need) { return truths.holds(need); }))
      possible[row.member >> 6] |= std::uint64_t{1} << (row.member & 63);
  return possible;
}

// What it and those behind it find, as bits of all members.
std::vector<std::uint64_t> found_by(const CandidateIndex& whole, const Truths& truths,
                                    void (CandidateIndex::*find)(const Truths&, std::vector<std::uint64_t>&) const) {
  std::vector<std::uint64_t> all, found{~std::uint64_t{0}, ~std::uint64_t{0}};  // of another question
  std::uint32_t members = 0;
  for (const CandidateIndex* index = &whole; index; index = index->further()) {
    CHECK(index->first() == members);
    members += index->members();
    all.resize((members + 63) / 64);
    (index->*find)(truths, found);
    REQUIRE(found.size() == (index->members() + 63) / 64);
    for (std::uint32_t i = 0; i < 64 * found.size(); ++i) {
      if ((found[i >> 6] >> (i & 63) & 1) == 0) continue;
      REQUIRE(i < index->members());
      all[(index->first() + i) >> 6] |= std::uint64_t{1} << ((index->first() + i) & 63);
    }
  }
  return all;
}

void check(const CandidateIndex& index, const Rows& rows, std::uint32_t members, std::mt19937& random, std::size_t words) {
  for (const unsigned share : {0u, 1u, 4u, 8u}) {  // eighths of the conditions that hold
    Truths truths{.listed = std::vector<std::uint64_t>(words)};
    for (std::size_t bit = 0; bit < 64 * words; ++bit) truths.listed[bit >> 6] |= std::uint64_t{random() % 8 < share} << (bit & 63);
    truths.listed[0] |= 1;  // always_true
    const auto expected = by_hand(rows, members, truths);
    CHECK(found_by(index, truths, &CandidateIndex::find) == expected);
    CHECK(found_by(index, truths, &CandidateIndex::find_portably) == expected);
  }
}

}  // namespace

TEST_CASE("the index finds those of whom all needs of a row hold") {
  const auto seed = Catch::rngSeed() + 3;
  INFO("seed " << seed);
  std::mt19937 random(seed);
  for (const std::uint32_t members :
       {0u, 1u, 63u, 64u, 65u, 300u, CandidateIndex::many_members - 1, CandidateIndex::many_members, CandidateIndex::many_members + 100})
    for (const std::size_t words : {1u, 2u, 9u, 40u, 1'100u})  // the last have conditions that do not fit into 16 bits
      for (const unsigned spread : {1u, 2u, 64u}) {            // how far apart the conditions stand that something is filed under
        INFO(members << " members, " << words << " words, spread " << spread);
        const auto row = [&](std::uint32_t member) {
          CandidateIndex::Row made{member, {}};
          for (std::size_t i = 0, count = random() % 5; i < count; ++i)
            made.filing.needs[i] = static_cast<Condition>(random() % (64 * words) / spread * spread);
          return made;
        };
        Rows rows;
        for (std::uint32_t member = 0; member < members; ++member)
          for (unsigned ways = random() % 4; ways > 0; --ways) rows.push_back(row(member));
        const CandidateIndex index(rows, members);
        check(index, rows, members, random, words);
        CHECK((index.further() != nullptr) == (members >= CandidateIndex::many_members));

        // Some go, some come between the others.
        std::vector<std::uint32_t> now;
        Rows after, came;
        std::uint32_t next = 0;
        for (std::uint32_t member = 0; member < members; ++member) {
          for (; random() % 5 == 0; ++next) came.push_back(row(next));
          now.push_back(random() % 4 == 0 ? CandidateIndex::gone : next++);
        }
        for (const CandidateIndex::Row& old : rows)
          if (now[old.member] != CandidateIndex::gone) after.push_back({now[old.member], old.filing});
        after.insert(after.end(), came.begin(), came.end());
        check(CandidateIndex(index, now, came, next), after, next, random, words);
      }
}
