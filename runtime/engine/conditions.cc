#include "engine/conditions.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <map>

#include "engine/bucket.h"
#include "engine/hash_places.h"

namespace footlight {
namespace {

using Op = Predicate::Op;
using Kind = SlotValue::Kind;

// A range is listed with each interval it spans; so many times its number of conditions may an attribute's
// intervals list in all. Beyond that the widest are evaluated instead.
constexpr std::size_t listings_per_condition = 48, listings_least = 16'384;
// So many texts stand in a table with room for four times as many, of more memory is dearer.
constexpr std::size_t texts_few = 256;
// Texts are looked up by so many different lengths of prefixes, and of suffixes.
constexpr std::size_t affix_lengths_max = 8;

// Texts within others are found by so many of their bytes, which are looked for at every so many places.
constexpr std::uint32_t gram_size = 4, gram_step = 2, within_least = gram_size + gram_step - 1;
std::uint32_t gram_at(const char* at) { return static_cast<std::uint32_t>(quick::load<std::uint32_t>(at)); }
// Of which the highest bits are the best.
std::uint64_t spread(std::uint32_t gram) { return gram * std::uint64_t{0x9E3779B97F4A7C15u}; }

bool equals(const SlotValue& value, const Value& wanted) {
  switch (value.kind) {
    case Kind::boolean: return wanted.is_boolean() && wanted.boolean() == value.boolean;
    case Kind::number: return wanted.is_number() && wanted.number() == value.number;
    case Kind::string: return wanted.is_string() && wanted.string() == value.string();
    default: return false;
  }
}

template <class T>
bool ordered(Op op, const T& left, const T& right) {
  switch (op) {
    case Op::lt: return left < right;
    case Op::le: return left <= right;
    case Op::gt: return left > right;
    default: return left >= right;
  }
}

// As std::lower_bound, without branches: which half it is can never be foretold.
std::size_t first_not_below(std::span<const double> sorted, double value) {
  const double* at = sorted.data();
  std::size_t left = sorted.size();
  while (left > 1) {
    const std::size_t half = left / 2;
    at += half * static_cast<std::size_t>(at[half - 1] < value);
    left -= half;
  }
  return static_cast<std::size_t>(at - sorted.data()) + static_cast<std::size_t>(left == 1 && *at < value);
}

// In precedence; what is neither before nor after is the same version, however it is spelled.
bool is_before(const Version& a, const Version& b) { return (a <=> b) < 0; }

// Neither listed nor known to be evaluated.
constexpr Condition unnumbered = UINT32_MAX;

bool is_test(Op op) { return op != Op::always && op != Op::all && op != Op::any && op != Op::no && op != Op::lua; }

// Equal values have equal hashes.
std::uint64_t hashed(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::boolean: return value.boolean() ? 3 : 5;
    case Value::Kind::number: return mixed(std::bit_cast<std::uint64_t>(value.number() + 0.0), 0x9E3779B97F4A7C15u);   // 0 and -0 are equal
    case Value::Kind::string: return quick_hash(value.string());
    case Value::Kind::array: {
      std::uint64_t hash = 7;
      for (const Value& item : value.array()) hash = mixed(hash + 0xD6E8FEB86659FD93u, hashed(item));
      return hash;
    }
    default: return 11;
  }
}

std::uint32_t hashed(const PredicateProgram::Node& node) {
  std::uint64_t hash = mixed(static_cast<std::uint64_t>(node.op) * 0xA24BAED4963EE407u + 1, static_cast<std::uint64_t>(node.attribute) + 0x9E3779B97F4A7C15u);
  if (node.op == Op::bucket)
    hash = mixed(hash ^ quick_hash(node.rare->name), std::bit_cast<std::uint64_t>(node.rare->lo + 0.0) ^ std::rotl(std::bit_cast<std::uint64_t>(node.rare->hi + 0.0), 17));
  else if (node.op != Op::list) hash = mixed(hash, hashed(node.operand) ^ 0xD6E8FEB86659FD93u);
  return static_cast<std::uint32_t>(hash >> 32) ^ static_cast<std::uint32_t>(hash);
}

bool are_same(const PredicateProgram::Node& a, const PredicateProgram::Node& b) {
  if (a.op != b.op || a.attribute != b.attribute) return false;
  if (a.op == Op::list) return a.ids() == b.ids();
  if (a.op == Op::bucket) return a.rare->lo == b.rare->lo && a.rare->hi == b.rare->hi && a.rare->name == b.rare->name;
  return a.operand == b.operand;
}

std::string key_of(const PredicateProgram::Node& test) {
  std::string key = std::to_string(static_cast<int>(test.op)) + ' ' + std::to_string(test.attribute) + ' ';
  switch (test.op) {
    case Op::bucket: return key + std::to_string(test.rare->lo) + ' ' + std::to_string(test.rare->hi) + ' ' + test.rare->name;
    case Op::list: return key + std::to_string(reinterpret_cast<std::uintptr_t>(test.ids()));
    default: append_json(key, test.operand); return key;
  }
}

}  // namespace

struct Conditions::Test {
  Op op = Op::always;
  int attribute = 0;
  std::uint32_t provisional = 0;
  std::uint32_t salt = 0;                 // of a bucket: the hash so far
  std::int32_t memory = -1;               // where it is remembered; -1: nobody else asks
  std::uint32_t uses = 1;
  double lo = 0, hi = 0;
  Value operand;
  std::shared_ptr<const PredicateProgram::Node::Rare> rare;

  bool holds(const SlotValue& value, const RequestSlots& slots) const {
    switch (op) {
      case Op::always: return true;
      case Op::exists: return value.kind != Kind::absent;
      case Op::eq: return equals(value, operand);
      case Op::in: return any_of(value);
      case Op::lt:
      case Op::le:
      case Op::gt:
      case Op::ge:
        if (value.kind == Kind::number && operand.is_number()) return ordered(op, value.number, operand.number());
        return value.kind == Kind::string && operand.is_string() && ordered(op, value.string(), std::string_view(operand.string()));
      case Op::between: return value.kind == Kind::number && operand.array()[0].number() <= value.number && value.number < operand.array()[1].number();
      case Op::starts: return value.kind == Kind::string && value.string().starts_with(operand.string());
      case Op::ends: return value.kind == Kind::string && value.string().ends_with(operand.string());
      case Op::contains: return value.kind == Kind::string && value.string().find(operand.string()) != std::string_view::npos;
      case Op::has_any: {
        if (value.kind != Kind::list) return false;
        const auto items = slots.items(value);
        return std::any_of(items.begin(), items.end(), [&](const SlotValue& item) { return any_of(item); });
      }
      case Op::has_all: {
        if (value.kind != Kind::list) return false;
        const auto items = slots.items(value);
        return std::all_of(operand.array().begin(), operand.array().end(), [&](const Value& wanted) {
          return std::any_of(items.begin(), items.end(), [&](const SlotValue& item) { return equals(item, wanted); });
        });
      }
      case Op::semver: {
        if (value.kind != Kind::string) return false;
        const auto met = parse_version(value.string());
        return met && rare->version->holds_for(*met);
      }
      case Op::bucket: {
        if (value.kind != Kind::string) return false;
        const int bucket = bucket_after(salt, value.string());
        return lo <= bucket && bucket < hi;
      }
      case Op::list: return value.kind == Kind::string && rare->ids->find(value.string()) != rare->ids->end();
      default: return false;              // groups and policies are no tests
    }
  }

 private:
  bool any_of(const SlotValue& value) const {
    return std::any_of(operand.array().begin(), operand.array().end(), [&](const Value& wanted) { return equals(value, wanted); });
  }
};

// What is looked up for a request: a row for each attribute and each way in which its value is looked at. Rows of one kind
// stand together and are gone through together, for each is independent of the others: the CPU looks several up at once,
// as long as it need not guess what comes next.
struct Conditions::Lists {
  struct Present {
    int attribute;
    Condition condition;                                   // of those of these lists
  };
  struct Boolean {
    int attribute;
    Range ranges[2];
  };
  // Texts are found by hash.
  struct Texts {
    int attribute = 0;
    std::uint32_t first = 0;                               // in Lists::entries
    HashPlaces places;                                     // from there on
  };
  struct Affix {
    Texts texts;
    std::uint32_t size = 0;
    bool is_suffix = false;
  };
  struct alignas(64) Entry {
    Range range;
    ShortText short_one;                                   // the text, where it is short
    std::uint32_t at = 0, size = unused;                   // in Lists::text
    std::uint8_t has_more = 0;                             // 1: the range does not say all
    std::uint8_t is_passed = 0;                            // 1: a text that would stand here stands further on
    static constexpr std::uint32_t unused = UINT32_MAX;
  };
  // What tests ask a text to contain is found in one walk over it: by some of its bytes, those that the fewest others have.
  // Of most places in a text a bit says that nothing is found there.
  struct Within {
    int attribute = 0;
    std::uint32_t maybe = 0, maybe_shift = 0;              // in Lists::maybe: a bit for each hash that is in the table
    std::uint32_t first = 0;                               // in Lists::parts
    HashPlaces places;                                     // from there on
  };
  struct Part {
    Range range;
    std::uint32_t gram = 0, offset = 0;                    // of the text's bytes those from there on
    std::uint32_t at = 0, size = 0;                        // in Lists::text; none has no bytes
  };
  struct Numbers {
    int attribute = 0;
    std::uint32_t first_cut = 0, cuts = 0, classes = 0;    // class 2i+1 is cut i itself, 2i what lies below it
  };
  struct Versions {
    Texts texts;                                           // those that tests name, as they spell them
    std::vector<Version> cuts;                             // classes as those of numbers
    std::uint32_t classes = 0;
  };

  std::vector<Present> present;
  std::vector<Boolean> booleans;
  std::vector<Texts> texts, items;                         // the value; what a list holds
  std::vector<Affix> affixes;                              // how it begins and ends
  std::vector<Within> within;
  std::vector<Numbers> numbers;
  std::vector<Versions> versions;

  std::vector<Entry> entries;
  std::vector<Part> parts;
  std::vector<std::uint64_t> maybe;
  std::vector<double> cuts;
  std::vector<Range> classes;
  std::vector<Bits> bits;
  std::string text;

  void set(const RequestSlots& slots, std::uint64_t* truths) const;
  std::size_t bytes() const;

 private:
  class Finder;

  void find_within(const Within& row, std::string_view whole, std::uint64_t* truths) const;
  void apply(const Range& range, std::uint64_t* truths) const {
    truths[range.word] |= range.mask;
    truths[range.word + 1] |= range.next;                  // behind the last word there is room for another
    for (const Bits *more = bits.data() + range.first, *end = more + range.count; more != end; ++more) truths[more->word] |= more->mask;
  }
};

// Makes the lists of one attribute after the other.
class Conditions::Lister {
  // In which of so many intervals a condition holds: told by runs of them, [first, last).
  struct Intervals {
    struct Edge {
      std::size_t at;
      bool begins;                                         // where one run ends and another begins, the condition holds
      Condition condition;
      auto operator<=>(const Edge&) const = default;
    };
    std::size_t count = 0;
    std::vector<Edge> edges;

    void add(Condition condition, std::size_t first, std::size_t last) {
      if (first >= last) return;
      edges.push_back({first, true, condition});
      edges.push_back({last, false, condition});
    }
  };

 public:
  explicit Lister(Conditions& conditions) : all_(conditions) {}

  void list(int attribute, std::vector<Test*>& tests) {
    // Numbers follow each other within an attribute, so that the bits of one value stand in few words.
    Lists& lists = *all_.lists_;
    std::map<std::string, std::vector<Condition>, std::less<>> texts, items, prefixes, suffixes, within;
    std::vector<Condition> present, truth[2];
    std::vector<double> cuts;
    std::vector<Version> versions;
    std::vector<std::string> version_texts;
    std::map<std::size_t, int> prefix_lengths, suffix_lengths;
    for (const Test* test : tests) {
      if (test->op == Op::starts) prefix_lengths[test->operand.string().size()];
      if (test->op == Op::ends) suffix_lengths[test->operand.string().size()];
      const auto cut = [&](const Value& at) { if (at.is_number()) cuts.push_back(at.number()); };
      switch (test->op) {
        case Op::eq: case Op::lt: case Op::le: case Op::gt: case Op::ge: cut(test->operand); break;
        case Op::in: case Op::between: for (const Value& value : test->operand.array()) cut(value); break;
        case Op::semver:
          versions.push_back(test->rare->version->version);
          if (const auto digit = test->operand.string().find_first_of("0123456789"); parse_version(std::string_view(test->operand.string()).substr(digit)))
            version_texts.push_back(test->operand.string().substr(digit));
          break;
        default: break;
      }
    }
    std::sort(cuts.begin(), cuts.end());
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    std::sort(versions.begin(), versions.end(), is_before);
    versions.erase(std::unique(versions.begin(), versions.end(), [](const Version& a, const Version& b) { return (a <=> b) == 0; }), versions.end());

    std::map<std::string, int, std::less<>> distinct, distinct_items;      // for guesses
    for (const Test* test : tests) {
      const auto note = [](auto& into, const Value& value) { if (value.is_string()) into[value.string()]; };
      if (test->op == Op::eq) note(distinct, test->operand);
      if (test->op == Op::in) for (const Value& value : test->operand.array()) note(distinct, value);
      if (test->op == Op::has_any) for (const Value& value : test->operand.array()) note(distinct_items, value);
    }

    const auto interval_count = 2 * cuts.size() + 1;
    Intervals classes{cuts.empty() ? 0 : interval_count, {}}, version_classes{versions.empty() ? 0 : 2 * versions.size() + 1, {}};
    // What is to be listed for whole runs of intervals: [first, last), narrowest first.
    struct Run {
      Test* test;
      std::size_t first, last;
      bool is_version;
    };
    std::vector<Run> runs;
    const auto one_of = [](double share) { return static_cast<float>(std::clamp(share, 1e-6, 0.95)); };
    for (Test* test : tests) {
      const auto number = [&](float share) { return all_.listed(*test, share); };
      const auto class_of = [&](double at) { return 2 * static_cast<std::size_t>(std::lower_bound(cuts.begin(), cuts.end(), at) - cuts.begin()) + 1; };
      switch (test->op) {
        case Op::exists: present.push_back(number(0.7f)); break;
        case Op::eq:
        case Op::in: {
          const Array one{test->operand};
          const Array& wanted = test->op == Op::eq ? one : test->operand.array();
          const double among = static_cast<double>(std::max<std::size_t>(2, std::max(distinct.size(), cuts.size())));
          const bool is_boolean = test->op == Op::eq && test->operand.is_boolean();
          const Condition condition = number(is_boolean ? 0.5f : one_of(static_cast<double>(wanted.size()) / among));
          for (const Value& value : wanted) {
            if (value.is_string()) texts[value.string()].push_back(condition);
            if (value.is_boolean()) truth[value.boolean()].push_back(condition);
            if (value.is_number()) classes.add(condition, class_of(value.number()), class_of(value.number()) + 1);
          }
          break;
        }
        case Op::lt:
        case Op::le:
        case Op::gt:
        case Op::ge: {
          if (!test->operand.is_number()) break;           // texts in order: evaluated
          const std::size_t at = class_of(test->operand.number());
          if (test->op == Op::lt) runs.push_back({test, 0, at, false});
          if (test->op == Op::le) runs.push_back({test, 0, at + 1, false});
          if (test->op == Op::gt) runs.push_back({test, at + 1, interval_count, false});
          if (test->op == Op::ge) runs.push_back({test, at, interval_count, false});
          break;
        }
        case Op::between: {
          const std::size_t from = class_of(test->operand.array()[0].number()), below = class_of(test->operand.array()[1].number());
          runs.push_back({test, from, std::max(from, below), false});
          break;
        }
        case Op::semver: {
          const auto found = std::lower_bound(versions.begin(), versions.end(), test->rare->version->version, is_before);
          const std::size_t at = 2 * static_cast<std::size_t>(found - versions.begin()) + 1, end = version_classes.count;
          switch (test->rare->version->comparison) {
            case VersionTest::Comparison::lt: runs.push_back({test, 0, at, true}); break;
            case VersionTest::Comparison::le: runs.push_back({test, 0, at + 1, true}); break;
            case VersionTest::Comparison::eq: runs.push_back({test, at, at + 1, true}); break;
            case VersionTest::Comparison::ge: runs.push_back({test, at, end, true}); break;
            case VersionTest::Comparison::gt: runs.push_back({test, at + 1, end, true}); break;
          }
          break;
        }
        case Op::has_any: {
          const Array& wanted = test->operand.array();
          if (!std::all_of(wanted.begin(), wanted.end(), [](const Value& value) { return value.is_string(); })) break;
          const Condition condition = number(one_of(2.0 * static_cast<double>(wanted.size()) / static_cast<double>(std::max<std::size_t>(2, distinct_items.size()))));
          for (const Value& value : wanted) items[value.string()].push_back(condition);
          break;
        }
        case Op::starts:
          if (prefix_lengths.size() <= affix_lengths_max || is_listed(*test)) prefixes[test->operand.string()].push_back(number(0.1f));
          break;
        case Op::ends:
          if (suffix_lengths.size() <= affix_lengths_max || is_listed(*test)) suffixes[test->operand.string()].push_back(number(0.2f));
          break;
        case Op::contains:
          if (test->operand.string().size() >= within_least) within[test->operand.string()].push_back(number(0.1f));
          break;
        default: break;
      }
    }
    std::stable_sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.last - a.first < b.last - b.first; });
    std::size_t listings = 0;
    const std::size_t most = listings_least + listings_per_condition * runs.size();
    for (const Run& run : runs) {
      listings += run.last - run.first;
      if (listings > most && !is_listed(*run.test)) continue;
      Intervals& into = run.is_version ? version_classes : classes;
      into.add(all_.listed(*run.test, one_of(static_cast<double>(run.last - run.first) / static_cast<double>(into.count))), run.first, run.last);
    }

    for (const Condition condition : present) lists.present.push_back({attribute, condition - all_.first_});
    if (!truth[false].empty() || !truth[true].empty()) lists.booleans.push_back({attribute, {bits(truth[false]), bits(truth[true])}});
    if (!texts.empty()) lists.texts.push_back(table(attribute, texts));
    if (!items.empty()) lists.items.push_back(table(attribute, items));
    const auto affixed = [&](auto& entries, const std::map<std::size_t, int>& lengths, bool is_suffix) {
      if (entries.empty()) return;
      const Lists::Texts made = table(attribute, entries);
      for (const auto& [length, unused] : lengths) lists.affixes.push_back({made, static_cast<std::uint32_t>(length), is_suffix});
    };
    affixed(prefixes, prefix_lengths, false);
    affixed(suffixes, suffix_lengths, true);
    if (!within.empty()) list(attribute, within);
    if (classes.count > 0) {
      lists.numbers.push_back({attribute, size_of(lists.cuts), static_cast<std::uint32_t>(cuts.size()), size_of(lists.classes)});
      lists.cuts.insert(lists.cuts.end(), cuts.begin(), cuts.end());
      list(classes);
    }
    if (version_classes.count > 0) {
      Lists::Versions made{.cuts = std::move(versions), .classes = size_of(lists.classes)};
      list(version_classes);
      std::map<std::string, Range> ranges;
      for (const std::string& text : version_texts) {
        const auto at = std::lower_bound(made.cuts.begin(), made.cuts.end(), *parse_version(text), is_before);
        ranges[text] = lists.classes[made.classes + 2 * static_cast<std::size_t>(at - made.cuts.begin()) + 1];
      }
      made.texts = table(attribute, ranges);
      lists.versions.push_back(std::move(made));
    }
  }

 private:
  // What was listed before stays listed.
  bool is_listed(const Test& test) const { return all_.numbers_[test.provisional] < unlisted; }

  // What holds in each interval, from the first one to the last.
  void list(Intervals& intervals) {
    auto& edges = intervals.edges;
    std::sort(edges.begin(), edges.end());
    hold_none(edges, [](const Intervals::Edge& edge) { return edge.condition; });
    auto next = edges.begin();
    for (std::size_t i = 0; i < intervals.count; ++i) {
      for (; next != edges.end() && next->at == i; ++next) hold(next->condition, next->begins);
      all_.lists_->classes.push_back(held());
    }
  }

  // Texts that others contain.
  void list(int attribute, std::map<std::string, std::vector<Condition>, std::less<>>& within) {
    Lists& lists = *all_.lists_;
    std::unordered_map<std::uint32_t, std::uint32_t> had;  // how many of them have these bytes
    for (const auto& [text, conditions] : within)
      for (std::size_t i = 0; i + gram_size <= text.size(); ++i) ++had[gram_at(text.data() + i)];
    std::vector<Lists::Part> made;
    std::vector<std::uint64_t> hashes;
    for (const auto& [text, conditions] : within) {
      // Bytes that follow each other by one: some of them stand where they are looked for, wherever the text stands.
      std::uint32_t fewest = UINT32_MAX, best = 0;
      for (std::uint32_t offset = 0; offset + within_least <= text.size(); ++offset) {
        std::uint32_t others = 0;
        for (std::uint32_t step = 0; step < gram_step; ++step) others += had[gram_at(text.data() + offset + step)];
        if (others >= fewest) continue;
        fewest = others;
        best = offset;
      }
      for (std::uint32_t offset = best; offset < best + gram_step; ++offset) {
        made.push_back({bits(conditions), gram_at(text.data() + offset), offset, size_of(lists.text), size_of(text)});
        hashes.push_back(spread(made.back().gram));
      }
      lists.text += text;
    }
    // Half a word for each, so that hardly another place of a text is taken for one of them.
    const std::size_t maybe_room = std::bit_ceil(std::max<std::size_t>(64, made.size() / 2));
    const Lists::Within row{attribute, size_of(lists.maybe), static_cast<std::uint32_t>(std::countl_zero(maybe_room) + 1), size_of(lists.parts), HashPlaces(hashes, 2 * made.size())};
    lists.maybe.resize(lists.maybe.size() + maybe_room);
    lists.parts.resize(lists.parts.size() + row.places.count());
    for (std::size_t i = 0; i < made.size(); ++i) {
      lists.maybe[row.maybe + (hashes[i] >> row.maybe_shift)] |= std::uint64_t{1} << (hashes[i] >> 40 & 63);
      std::size_t at = row.places.first(hashes[i]);
      while (lists.parts[row.first + at].size > 0) at = row.places.next(at);
      lists.parts[row.first + at] = made[i];
    }
    lists.within.push_back(row);
  }

  // The bits of some conditions.
  Range bits(const std::vector<Condition>& conditions) {
    hold_none(conditions, [](Condition condition) { return condition; });
    for (const Condition condition : conditions) hold(condition, true);
    return held();
  }

  // Room for those that may hold, of which none holds yet.
  void hold_none(const auto& some, const auto& condition_of) {
    held_from_ = UINT32_MAX;
    std::uint32_t last = 0;
    for (const auto& one : some) {
      const std::uint32_t word = (condition_of(one) - all_.first_) >> 6;
      held_from_ = std::min(held_from_, word);
      last = std::max(last, word);
    }
    held_.assign(some.empty() ? 0 : last - held_from_ + 1, 0);
  }

  void hold(Condition condition, bool holds) {
    const Condition number = condition - all_.first_;
    const std::uint64_t bit = std::uint64_t{1} << (number & 63);
    std::uint64_t& word = held_[(number >> 6) - held_from_];
    word = holds ? word | bit : word & ~bit;
  }

  Range held() {
    std::vector<Bits>& more = all_.lists_->bits;
    std::size_t at = 0;
    while (at < held_.size() && held_[at] == 0) ++at;
    Range range{.first = size_of(more)};
    if (at == held_.size()) return range;
    range.word = held_from_ + static_cast<std::uint32_t>(at);
    range.mask = held_[at++];
    if (at < held_.size()) range.next = held_[at++];
    for (; at < held_.size(); ++at) {
      if (held_[at] == 0) continue;
      more.push_back({held_[at], held_from_ + static_cast<std::uint32_t>(at)});
      ++range.count;
    }
    return range;
  }

  Lists::Texts table(int attribute, std::map<std::string, std::vector<Condition>, std::less<>>& entries) {
    std::map<std::string, Range> ranges;
    for (auto& [key, conditions] : entries) ranges[key] = bits(conditions);
    return table(attribute, ranges);
  }

  // With no texts: one that finds nothing.
  Lists::Texts table(int attribute, const std::map<std::string, Range>& ranges) {
    Lists& lists = *all_.lists_;
    std::vector<std::uint64_t> hashes;
    for (const auto& [key, range] : ranges) hashes.push_back(quick_hash(key));
    const Lists::Texts made{attribute, size_of(lists.entries), HashPlaces(hashes, (ranges.size() <= texts_few ? 4 : 2) * ranges.size())};
    lists.entries.resize(lists.entries.size() + made.places.count());
    auto next = hashes.begin();
    for (const auto& [key, range] : ranges) {
      const std::uint64_t hash = *next++;
      std::size_t at = made.places.first(hash);
      for (; lists.entries[made.first + at].size != Lists::Entry::unused; at = made.places.next(at)) lists.entries[made.first + at].is_passed = 1;
      lists.entries[made.first + at] = {range, key.size() > ShortText::max ? ShortText() : short_text(key), size_of(lists.text), static_cast<std::uint32_t>(key.size()), range.count > 0, 0};
      lists.text += key;
    }
    return made;
  }

  static std::uint32_t size_of(const auto& of) { return static_cast<std::uint32_t>(of.size()); }

  Conditions& all_;
  std::vector<std::uint64_t> held_;                        // conditions that hold, in the making
  std::uint32_t held_from_ = 0;                            // its first word
};

Conditions::Conditions() = default;
Conditions::~Conditions() = default;

// Looks texts up in two goes: first all are asked of memory, then each is compared. Most are short, and what they make true
// is set without a branch, whether it is the text or not. So the CPU waits for none of them and guesses nothing.
class Conditions::Lists::Finder {
 public:
  Finder(const Lists& lists, bool has_room, std::uint64_t* truths) : lists_(lists), has_room_(has_room), truths_(truths) {}

  // Sets what the text makes true, at the latest in finish().
  void find(const Texts& texts, std::string_view key) {
    ask_for(texts, key, waiting_[count_]);
    if (++count_ == waiting_max) finish();
  }

  void finish() {
    for (const Asked *one = waiting_, *end = waiting_ + count_; one != end; ++one) set(*one);
    count_ = 0;
  }

  // Sets it at once. Whether any test speaks of the text.
  bool found(const Texts& texts, std::string_view key) {
    Asked one;
    ask_for(texts, key, one);
    return set(one);
  }

 private:
  struct Asked {                                           // without an initialiser: most are never used
    std::uint64_t low, high;
    const char* key;
    std::size_t size;
    const Texts* texts;
    const Entry* entry;                                    // where it is looked for first
  };
  static constexpr std::size_t waiting_max = 32;

  void ask_for(const Texts& texts, std::string_view key, Asked& one) const {
    const bool is_short = key.size() <= ShortText::max;
    const ShortText text = !is_short ? ShortText() : has_room_ ? short_text_within(key) : short_text(key);
    const std::uint64_t hash = is_short ? quick_hash(text, key.size()) : quick_hash(key);
    const Entry* const entry = lists_.entries.data() + texts.first + texts.places.first(hash);
    __builtin_prefetch(entry);
    one.low = text.low;
    one.high = text.high;
    one.key = key.data();
    one.size = key.size();
    one.texts = &texts;
    one.entry = entry;
  }

  static bool is_same(const Entry& entry, const Asked& one) {
    return ((entry.short_one.low ^ one.low) | (entry.short_one.high ^ one.high) | (entry.size ^ one.size)) == 0;
  }

  bool set(const Asked& one) const {
    const Entry& entry = *one.entry;
    const bool is_it = is_same(entry, one);
    // Rarely more is to be done, as mostly none of these is: what could not be guessed is which of them is asked for.
    if (((one.size > ShortText::max) | (entry.has_more & is_it) | (entry.is_passed & !is_it)) != 0) return set_further(one);
    const std::uint64_t all = -static_cast<std::uint64_t>(is_it);
    truths_[entry.range.word] |= entry.range.mask & all;
    truths_[entry.range.word + 1] |= entry.range.next & all;
    return is_it;
  }

  [[gnu::noinline]] bool set_further(const Asked& one) const {
    const Entry* const table = lists_.entries.data() + one.texts->first;
    for (std::size_t at = static_cast<std::size_t>(one.entry - table);; at = one.texts->places.next(at)) {
      const Entry& entry = table[at];
      if (entry.size == Entry::unused) return false;
      if (!is_same(entry, one) || (one.size > ShortText::max && std::memcmp(lists_.text.data() + entry.at, one.key, one.size) != 0)) continue;
      lists_.apply(entry.range, truths_);
      return true;
    }
  }

  const Lists& lists_;
  const bool has_room_;
  std::uint64_t* const truths_;
  std::size_t count_ = 0;
  Asked waiting_[waiting_max];
};

std::uint32_t Conditions::find(const PredicateProgram::Node& node, std::uint32_t hash) const {
  if (known_.empty()) return Known::unused;
  for (std::size_t at = hash & (known_.size() - 1);; at = (at + 1) & (known_.size() - 1)) {
    const Known& known = known_[at];
    if (known.provisional == Known::unused) return Known::unused;
    if (known.hash == hash && are_same(*known.node, node)) return known.provisional;
  }
}

// Programs come and go beside the others, so what they test is known by what it says.
std::uint32_t Conditions::find_beside(const PredicateProgram::Node& node) const {
  if (!below_) return find(node, hashed(node));
  if (const std::uint32_t known = below_->find(node, hashed(node)); known != Known::unused) return known;
  const auto known = known_beside_.find(key_of(node));
  return known == known_beside_.end() ? Known::unused : known->second;
}

std::uint32_t Conditions::add(const PredicateProgram::Node& node) {
  const auto next = static_cast<std::uint32_t>((below_ ? below_->numbers_.size() : 0) + added_.size());
  if (below_) {
    if (const std::uint32_t known = below_->find(node, hashed(node)); known != Known::unused) return known;
    const auto [known, is_new] = known_beside_.try_emplace(key_of(node), next);
    if (!is_new) {
      ++added_[known->second - below_->numbers_.size()]->uses;
      return known->second;
    }
  } else {
    if (known_.size() < 2 * (added_.size() + 1)) {
      std::vector<Known> larger(std::max<std::size_t>(64, 2 * known_.size()));
      for (const Known& known : known_) {
        if (known.provisional == Known::unused) continue;
        std::size_t at = known.hash & (larger.size() - 1);
        while (larger[at].provisional != Known::unused) at = (at + 1) & (larger.size() - 1);
        larger[at] = known;
      }
      known_ = std::move(larger);
    }
    const std::uint32_t hash = hashed(node);
    std::size_t at = hash & (known_.size() - 1);
    for (; known_[at].provisional != Known::unused; at = (at + 1) & (known_.size() - 1)) {
      if (known_[at].hash != hash || !are_same(*known_[at].node, node)) continue;
      ++added_[known_[at].provisional]->uses;
      return known_[at].provisional;
    }
    known_[at] = {hash, next, &node};
  }
  auto made = std::make_shared<Test>();
  made->op = node.op;
  made->attribute = node.attribute;
  made->provisional = static_cast<std::uint32_t>(added_.size());
  if (node.op == Op::bucket) {
    made->lo = node.rare->lo;
    made->hi = node.rare->hi;
    made->salt = bucket_salt(node.rare->name);
  }
  made->operand = node.operand;
  made->rare = node.rare;
  added_.push_back(std::move(made));
  return next;
}

void Conditions::add(const PredicateProgram& program, std::vector<std::uint32_t>& numbers) {
  for (const PredicateProgram::Node& node : program.nodes()) numbers.push_back(is_test(node.op) ? add(node) : 0);
}

bool Conditions::find(const PredicateProgram& program, std::vector<std::uint32_t>& numbers) const {
  for (const PredicateProgram::Node& node : program.nodes()) {
    numbers.push_back(is_test(node.op) ? find_beside(node) : 0);
    if (numbers.back() == Known::unused) return false;
  }
  return true;
}

std::shared_ptr<Conditions> Conditions::beside(const std::shared_ptr<const Conditions>& known) {
  auto made = std::make_shared<Conditions>();
  if (!known->below_) {
    made->below_ = known;
    made->first_ = 2 * known->stride_;
    made->remembered_ = known->remembered_;
    return made;
  }
  made->below_ = known->below_;
  made->first_ = known->first_;
  made->known_beside_ = known->known_beside_;
  made->added_ = known->added_;
  made->numbers_ = known->numbers_;
  made->shares_ = known->shares_;
  made->unlisted_ = known->unlisted_;
  made->remembered_ = known->remembered_;
  return made;
}

Condition Conditions::listed(Test& test, float share) {
  Condition& number = numbers_[test.provisional];
  if (number != unnumbered) return number;
  number = first_ + static_cast<Condition>(shares_.size());
  shares_.push_back(share);
  return number;
}

void Conditions::seal() {
  if (!below_) shares_.assign(1, 1.0f);                    // always_true
  std::size_t room = below_ ? beside_listed_max - std::min(beside_listed_max, numbers_.size()) : SIZE_MAX;
  numbers_.resize(added_.size(), unnumbered);
  std::map<int, std::vector<Test*>> by_attribute;
  for (const auto& test : added_) {
    const Condition number = numbers_[test->provisional];
    if (number < unlisted || (number == unnumbered && room > 0)) by_attribute[test->attribute].push_back(test.get());
    if (number == unnumbered && room > 0) --room;
  }
  lists_ = std::make_unique<Lists>();
  Lister lister(*this);
  for (auto& [attribute, tests] : by_attribute) lister.list(attribute, tests);
  stride_ = static_cast<Condition>(below_ ? beside_listed_max : 64 * words());
  const std::size_t unlisted_below = below_ ? below_->unlisted_.size() : 0;
  for (const auto& test : added_) {
    if (numbers_[test->provisional] != unnumbered) continue;
    numbers_[test->provisional] = unlisted | static_cast<Condition>(unlisted_below + unlisted_.size());
    if (test->uses > 1) test->memory = static_cast<std::int32_t>(remembered_++);
    if (below_) unlisted_.push_back(*test);
    else unlisted_.push_back(std::move(*test));
  }
  unlisted_.shrink_to_fit();
  lists_->entries.shrink_to_fit();
  lists_->classes.shrink_to_fit();
  lists_->bits.shrink_to_fit();
  if (below_) return;
  added_.clear();
  added_.shrink_to_fit();
}

void Conditions::answer(const RequestSlots& slots, Truths& truths) const {
  const Conditions& whole = below_ ? *below_ : *this;
  const std::size_t count = whole.words(), more = below_ ? words() : 0, more_stride = beside_listed_max / 64;
  truths.listed.assign(2 * count + (more > 0 ? more_stride + more : 0) + 1, 0);
  truths.remembered.assign(remembered_, 0);
  std::uint64_t* const bits = truths.listed.data();
  bits[0] = 1;                                             // always_true
  whole.lists_->set(slots, bits);
  for (std::size_t word = 0; word < count; ++word) bits[count + word] = ~bits[word];
  if (more == 0) return;
  std::uint64_t* const beside = bits + 2 * count;
  lists_->set(slots, beside);
  for (std::size_t word = 0; word < more; ++word) beside[more_stride + word] = ~beside[word];
}

void Conditions::Lists::set(const RequestSlots& slots, std::uint64_t* truths) const {
  Finder finder(*this, slots.has_room(), truths);
  for (const Texts& row : texts)
    if (const SlotValue& value = slots[row.attribute]; value.kind == Kind::string) finder.find(row, value.string());
  for (const Texts& row : items)
    if (const SlotValue& value = slots[row.attribute]; value.kind == Kind::list)
      for (const SlotValue& item : slots.items(value))
        if (item.kind == Kind::string) finder.find(row, item.string());
  for (const Affix& row : affixes)
    if (const SlotValue& value = slots[row.texts.attribute]; value.kind == Kind::string && row.size <= value.size)
      finder.find(row.texts, row.is_suffix ? value.string().substr(value.size - row.size) : value.string().substr(0, row.size));
  finder.finish();
  for (const Within& row : within)
    if (const SlotValue& value = slots[row.attribute]; value.kind == Kind::string) find_within(row, value.string(), truths);
  for (const Versions& row : versions) {
    const SlotValue& value = slots[row.texts.attribute];
    if (value.kind != Kind::string || finder.found(row.texts, value.string())) continue;
    const auto version = parse_version(value.string());
    if (!version) continue;
    const auto at = std::lower_bound(row.cuts.begin(), row.cuts.end(), *version, is_before);
    const bool is_cut = at != row.cuts.end() && !is_before(*version, *at);
    apply(classes[row.classes + 2 * static_cast<std::size_t>(at - row.cuts.begin()) + is_cut], truths);
  }
  for (const Numbers& row : numbers) {
    const SlotValue& value = slots[row.attribute];
    if (value.kind != Kind::number) continue;
    const double* const sorted = cuts.data() + row.first_cut;
    const std::size_t at = first_not_below({sorted, row.cuts}, value.number);
    const bool is_cut = at < row.cuts && sorted[at] == value.number;
    apply(classes[row.classes + 2 * at + is_cut], truths);
  }
  for (const Boolean& row : booleans)
    if (const SlotValue& value = slots[row.attribute]; value.kind == Kind::boolean) apply(row.ranges[value.boolean], truths);
  for (const Present& row : present) truths[row.condition >> 6] |= std::uint64_t{slots[row.attribute].kind != Kind::absent} << (row.condition & 63);
}

void Conditions::Lists::find_within(const Within& row, std::string_view whole, std::uint64_t* truths) const {
  const std::uint64_t* const bits_of = maybe.data() + row.maybe;
  for (std::uint32_t i = 0; i + gram_size <= whole.size(); i += gram_step) {
    const std::uint32_t gram = gram_at(whole.data() + i);
    const std::uint64_t hash = spread(gram);
    if ((bits_of[hash >> row.maybe_shift] >> (hash >> 40 & 63) & 1) == 0) continue;
    for (std::size_t at = row.places.first(hash); parts[row.first + at].size > 0; at = row.places.next(at)) {
      const Part& part = parts[row.first + at];
      if (part.gram != gram || part.offset > i) continue;
      if (whole.substr(i - part.offset).starts_with(std::string_view(text).substr(part.at, part.size))) apply(part.range, truths);
    }
  }
}

const Conditions::Test& Conditions::test(Condition unlisted_one) const {
  const std::size_t number = unlisted_one & ~unlisted, below = below_ ? below_->unlisted_.size() : 0;
  return number < below ? below_->unlisted_[number] : unlisted_[number - below];
}

Conditions::Bucket Conditions::bucket(Condition condition) const {
  const Test& asked = test(condition);
  if (asked.op != Op::bucket) return {};
  // Buckets are whole numbers.
  const auto bound = [](double at) { return static_cast<std::uint16_t>(std::ceil(std::clamp(at, 0.0, 10'000.0))); };
  return {asked.attribute, asked.salt, bound(asked.lo), bound(asked.hi)};
}

bool Conditions::holds(Condition condition, const RequestSlots& slots, Truths& truths) const {
  const Test& test = this->test(condition);
  if (test.memory < 0) return test.holds(slots[test.attribute], slots);
  std::uint8_t& known = truths.remembered[static_cast<std::size_t>(test.memory)];
  if (known == 0) known = test.holds(slots[test.attribute], slots) ? 2 : 1;
  return known == 2;
}

std::size_t Conditions::Lists::bytes() const {
  const auto of = [](const auto& rows) { return rows.capacity() * sizeof(rows[0]); };
  std::size_t sum = of(present) + of(booleans) + of(texts) + of(items) + of(affixes) + of(within) + of(numbers) + of(versions) + of(entries) + of(parts) + of(maybe) + of(cuts) +
                      of(classes) + of(bits) + text.capacity();
  for (const Versions& row : versions) sum += of(row.cuts);
  return sum;
}

std::size_t Conditions::bytes() const {
  return shares_.capacity() * sizeof(float) + numbers_.capacity() * sizeof(Condition) + unlisted_.capacity() * sizeof(Test) + known_.capacity() * sizeof(Known) +
         (lists_ ? lists_->bytes() : 0) + (below_ ? below_->bytes() : 0);
}

}  // namespace footlight
