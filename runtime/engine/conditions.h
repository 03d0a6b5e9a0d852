// Conditions: every distinct test of a snapshot's audiences, answered once per request for all of them.
//
// A test that many experiences share is one condition with one number. Most conditions are listed: for
// each value that tests speak of, and for each interval between the numbers and versions they name, it
// is written down which conditions that value makes true. A request's value is looked up once, and the
// bits of what it makes true are set; nothing is evaluated. The rest (buckets, uploaded lists, `contains`
// of a few bytes, very wide ranges of very many) is evaluated when a program asks for it, and remembered.
//
// What comes later stands beside: conditions of single experiences that were published since all were
// sealed. Theirs are few, have lists of their own, and keep their numbers when more come.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/semver.h"
#include "engine/policy.h"
#include "engine/predicate_program.h"
#include "engine/quick_hash.h"
#include "engine/request_slots.h"

namespace footlight {

using Condition = std::uint32_t;  // a number; listed ones are below `unlisted`
inline constexpr Condition always_true = 0;
inline constexpr Condition unlisted = 1u << 30;

// What one request's attributes say of all conditions. Kept from request to request for its memory.
struct Truths {
  std::vector<std::uint64_t> listed;     // whether each holds, then whether each does not: Conditions::opposite
  std::vector<std::uint8_t> remembered;  // of unlisted ones that are shared: 0 unknown, 1 false, 2 true

  bool holds(Condition listed_one) const { return (listed[listed_one >> 6] >> (listed_one & 63) & 1) != 0; }
};

class Conditions {
 public:
  Conditions();
  ~Conditions();
  Conditions(const Conditions&) = delete;
  Conditions& operator=(const Conditions&) = delete;

  // With those that are known, under their numbers, and room for more beside them; `known` itself never changes.
  static std::shared_ptr<Conditions> beside(const std::shared_ptr<const Conditions>& known);
  // So many beside may be listed; what is more is evaluated.
  static constexpr std::size_t beside_listed_max = 1'024;

  // The provisional numbers of a program's tests; the same test has the same number. Appends one for each of its nodes,
  // what is no test has any. The program must live as long as these conditions are added to or searched.
  void add(const PredicateProgram& program, std::vector<std::uint32_t>& numbers);
  // The same where all of them are known; false where they are not.
  bool find(const PredicateProgram& program, std::vector<std::uint32_t>& numbers) const;
  // After the last `add`: makes the lists. Nothing below may be asked before.
  void seal();
  Condition number_of(std::uint32_t provisional) const {
    const std::size_t below = below_ ? below_->numbers_.size() : 0;
    return provisional < below ? below_->numbers_[provisional] : numbers_[provisional - below];
  }
  // That a listed one does not hold: a condition as good as any other.
  Condition opposite(Condition listed_one) const {
    return listed_one + static_cast<Condition>(below_ && listed_one < first_ ? below_->stride_ : stride_);
  }
  // About how many of all requests it holds for, guessed from what it tests. Of listed ones and their opposites.
  float share(Condition condition) const {
    if (condition < first_) return below_->share(condition);
    condition -= first_;
    return condition < stride_ ? shares_[condition] : 1.0f - shares_[condition - stride_];
  }

  // Where an unlisted condition asks for a bucket: of this attribute's text behind this salt, from `first` on and below `end`.
  struct Bucket {
    std::int32_t attribute = -1;  // -1: it asks for something else
    std::uint32_t salt = 0;
    std::uint16_t first = 0, end = 0;
  };
  Bucket bucket(Condition condition) const;

  void answer(const RequestSlots& slots, Truths& truths) const;
  // Of an unlisted one.
  bool holds(Condition condition, const RequestSlots& slots, Truths& truths) const;

  std::size_t count() const { return numbers_.size() + (below_ ? below_->numbers_.size() : 0); }
  // Of those beside: how much of their room is taken.
  std::size_t beside_count() const { return below_ ? numbers_.size() : 0; }
  std::size_t bytes() const;

 private:
  struct Test;
  struct Bits {
    std::uint64_t mask = 0;
    std::uint32_t word = 0;
  };
  // What one value makes true. Conditions of one attribute stand side by side, so most values make bits of one word or of
  // two neighbours true: these stand here and are set without a branch, the others in Lists::bits.
  struct Range {
    std::uint64_t mask = 0, next = 0;
    std::uint32_t word = 0;
    std::uint32_t first = 0, count = 0;
  };
  struct Lists;
  class Lister;
  // A test as a program has it, under its hash.
  struct Known {
    std::uint32_t hash = 0, provisional = unused;
    const PredicateProgram::Node* node = nullptr;
    static constexpr std::uint32_t unused = UINT32_MAX;
  };
  std::uint32_t find(const PredicateProgram::Node& node, std::uint32_t hash) const;
  std::uint32_t find_beside(const PredicateProgram::Node& node) const;
  std::uint32_t add(const PredicateProgram::Node& node);

  const Test& test(Condition unlisted_one) const;
  Condition listed(Test& test, float share);
  // Makes the lists.
  void list(std::map<int, std::vector<Test*>>& by_attribute);
  std::size_t words() const { return (shares_.size() + 63) / 64; }

  std::shared_ptr<const Conditions> below_;                      // those that these stand beside
  Condition first_ = 0;                                          // of what is listed here
  Condition stride_ = 0;                                         // to its opposite
  std::vector<Known> known_;                                     // open addressing; none where these stand beside others
  std::unordered_map<std::string, std::uint32_t> known_beside_;  // there, by a text that says all of a test
  std::vector<std::shared_ptr<Test>> added_;                     // while adding, and where these stand beside others
  std::vector<Condition> numbers_;                               // by provisional number
  std::vector<float> shares_;                                    // of listed ones
  std::vector<Test> unlisted_;
  std::size_t remembered_ = 0;  // by those below, too
  std::unique_ptr<Lists> lists_;
};

}  // namespace footlight
