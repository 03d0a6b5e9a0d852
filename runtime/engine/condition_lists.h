// What conditions.cc is made of, for the files that it is told in: a test (conditions.cc), and the lists of what each value makes
// true, which are made when conditions are sealed (condition_lister.cc) and asked for each request (condition_lists.cc).
#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/conditions.h"
#include "engine/hash_places.h"

namespace footlight {

struct Conditions::Test {
  Predicate::Op op = Predicate::Op::always;
  int attribute = 0;
  std::uint32_t provisional = 0;
  std::uint32_t salt = 0;    // of a bucket: the hash so far
  std::int32_t memory = -1;  // where it is remembered; -1: nobody else asks
  std::uint32_t uses = 1;
  double lo = 0, hi = 0;
  Value operand;
  std::shared_ptr<const PredicateProgram::Node::Rare> rare;

  bool holds(const SlotValue& value, const RequestSlots& slots) const;

 private:
  bool any_of(const SlotValue& value) const;
};

// What is looked up for a request: a row for each attribute and each way in which its value is looked at. Rows of one kind
// stand together and are gone through together, for each is independent of the others: the CPU looks several up at once,
// as long as it need not guess what comes next.
struct Conditions::Lists {
  struct Present {
    int attribute;
    Condition condition;  // of those of these lists
  };
  struct Boolean {
    int attribute;
    Range ranges[3];  // of false, true, and of what is neither
  };
  // Texts are found by hash.
  struct Texts {
    int attribute = 0;
    std::uint32_t first = 0;  // in Lists::entries
    HashPlaces places;        // from there on
  };
  struct Affix {
    Texts texts;
    std::uint32_t size = 0;
    bool is_suffix = false;
  };
  struct alignas(64) Entry {
    Range range;
    ShortText short_one;                  // the text, where it is short, or its hash
    std::uint32_t at = 0, size = unused;  // in Lists::text
    std::uint32_t first_all = none;       // in Lists::alls: of those that are found by this text
    std::uint8_t has_more = 0;            // 1: that this is equal and the range do not say all
    std::uint8_t is_passed = 0;           // 1: a text that would stand here stands further on
    static constexpr std::uint32_t unused = UINT32_MAX, none = UINT32_MAX;
  };
  static_assert(sizeof(Entry) == 64);
  // That a list has all of some texts, each of which is a condition. A few are looked at for each request, of many those where
  // the list has that text which the fewest others name.
  struct All {
    Range texts;              // that it has them
    Condition condition = 0;  // of those of these lists
    bool is_last = false;     // of those that are found by the same text
  };
  // What tests ask a text to contain is found in one walk over it: by some of its bytes, those that the fewest others have.
  // Of most places in a text a bit says that nothing is found there.
  struct Within {
    int attribute = 0;
    std::uint32_t maybe = 0, maybe_shift = 0;  // in Lists::maybe: a bit for each hash that is in the table
    std::uint32_t first = 0;                   // in Lists::parts
    HashPlaces places;                         // from there on
  };
  struct Part {
    Range range;
    std::uint32_t gram = 0, offset = 0;  // of the text's bytes those from there on
    std::uint32_t at = 0, size = 0;      // in Lists::text; none has no bytes
  };
  // Conditions of numbers hold for many of them, so what one makes true stands in many words. Those are the same for all numbers of
  // an attribute, and four are set whatever stands in them: how many it would be could not be guessed.
  struct Window {
    static constexpr std::size_t words = 4;
    std::uint64_t masks[words];
  };
  struct Numbers {
    int attribute = 0;
    std::uint32_t first_cut = 0, half = 0;  // 2 * half cuts, those that tests name and, behind them, one at least that no number reaches
    std::uint32_t word = 0, windows = 0;    // of class 2i+1, which is cut i itself, and 2i, what lies below it
    std::uint32_t rest = none;              // in classes, what is true in words behind the window; none: nothing ever is
    static constexpr std::uint32_t none = UINT32_MAX;
  };
  struct Versions {
    Texts texts;                // those that tests name, as they spell them
    std::vector<Version> cuts;  // classes as those of numbers are numbered
    std::uint32_t classes = 0;
  };

  std::vector<Present> present;
  std::vector<Boolean> booleans;
  std::vector<Texts> texts, items;  // the value; what a list holds
  std::vector<Affix> affixes;       // how it begins and ends
  std::vector<Within> within;
  std::vector<Numbers> numbers;
  std::vector<Versions> versions;

  std::vector<Entry> entries;
  std::vector<All> few_alls, alls;
  std::vector<Part> parts;
  std::vector<std::uint64_t> maybe;
  std::vector<std::uint64_t> cuts;  // in_order
  std::vector<Window> windows;
  std::vector<Range> classes;
  std::vector<Bits> bits;
  std::string text;

  // Texts within others are found by so many of their bytes, which are looked for at every so many places.
  static constexpr std::uint32_t gram_size = 4, gram_step = 2, within_least = gram_size + gram_step - 1;
  static std::uint32_t gram_at(const char* at) { return static_cast<std::uint32_t>(quick::load<std::uint32_t>(at)); }
  // Of which the highest bits are the best.
  static std::uint64_t spread(std::uint32_t gram) { return gram * std::uint64_t{0x9E3779B97F4A7C15u}; }

  // Of words behind those of the conditions there must be so many.
  static constexpr std::size_t room_behind = Window::words - 1;
  void set(const RequestSlots& slots, std::uint64_t* truths) const;
  std::size_t bytes() const;
  // A number as bits that have the order of numbers: they are compared sooner. Zero is one number, whatever its sign.
  static std::uint64_t in_order(double number) {
    const auto bits = std::bit_cast<std::uint64_t>(number + 0.0);
    return bits ^ (-(bits >> 63) | std::uint64_t{1} << 63);
  }
  // The order of versions: what is neither before nor after is the same one, however it is spelled.
  static bool is_before(const Version& a, const Version& b) { return (a <=> b) < 0; }

 private:
  class Finder;

  void find_within(const Within& row, std::string_view whole, std::uint64_t* truths) const;
  void apply(const Range& range, std::uint64_t* truths) const {
    truths[range.word] |= range.mask;
    truths[range.word + 1] |= range.next;  // behind the last word there is room for another
    for (const Bits *more = bits.data() + range.first, *end = more + range.count; more != end; ++more) truths[more->word] |= more->mask;
  }
  bool holds(const Range& range, const std::uint64_t* truths) const {
    std::uint64_t missing = (range.mask & ~truths[range.word]) | (range.next & ~truths[range.word + 1]);
    for (const Bits *more = bits.data() + range.first, *end = more + range.count; more != end; ++more)
      missing |= more->mask & ~truths[more->word];
    return missing == 0;
  }
};

}  // namespace footlight
