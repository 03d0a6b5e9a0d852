#include "engine/conditions.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <map>

#include "engine/bucket.h"

namespace footlight {
namespace {

using Op = Predicate::Op;
using Kind = SlotValue::Kind;

// A range is listed with each interval it spans; so many times its number of conditions may an attribute's
// intervals list in all. Beyond that the widest are evaluated instead.
constexpr std::size_t listings_per_condition = 48, listings_least = 16'384;
// Texts are looked up by so many different lengths of prefixes, and of suffixes.
constexpr std::size_t affix_lengths_max = 8;

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
std::size_t first_not_below(const std::vector<double>& sorted, double value) {
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
    hash = mixed(hash ^ quick_hash(node.named->name), std::bit_cast<std::uint64_t>(node.named->lo + 0.0) ^ std::rotl(std::bit_cast<std::uint64_t>(node.named->hi + 0.0), 17));
  else if (node.op != Op::list) hash = mixed(hash, hashed(node.operand) ^ 0xD6E8FEB86659FD93u);
  return static_cast<std::uint32_t>(hash >> 32) ^ static_cast<std::uint32_t>(hash);
}

bool are_same(const PredicateProgram::Node& a, const PredicateProgram::Node& b) {
  if (a.op != b.op || a.attribute != b.attribute) return false;
  if (a.op == Op::list) return a.ids == b.ids;
  if (a.op == Op::bucket) return a.named->lo == b.named->lo && a.named->hi == b.named->hi && a.named->name == b.named->name;
  return a.operand == b.operand;
}

std::string key_of(const PredicateProgram::Node& test) {
  std::string key = std::to_string(static_cast<int>(test.op)) + ' ' + std::to_string(test.attribute) + ' ';
  switch (test.op) {
    case Op::bucket: return key + std::to_string(test.named->lo) + ' ' + std::to_string(test.named->hi) + ' ' + test.named->name;
    case Op::list: return key + std::to_string(reinterpret_cast<std::uintptr_t>(test.ids.get()));
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
  std::shared_ptr<const VersionTest> version;
  std::shared_ptr<const IdList> ids;

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
        return met && version->holds_for(*met);
      }
      case Op::bucket: {
        if (value.kind != Kind::string) return false;
        const int bucket = bucket_after(salt, value.string());
        return lo <= bucket && bucket < hi;
      }
      case Op::list: return value.kind == Kind::string && ids->find(value.string()) != ids->end();
      default: return false;              // groups and policies are no tests
    }
  }

 private:
  bool any_of(const SlotValue& value) const {
    return std::any_of(operand.array().begin(), operand.array().end(), [&](const Value& wanted) { return equals(value, wanted); });
  }
};

struct Conditions::Lists {
  int attribute = 0;
  Range present, truth[2];
  Texts texts, items, prefixes, suffixes;                  // the value; a list's items; how it begins and ends
  std::vector<std::uint32_t> prefix_lengths, suffix_lengths;
  std::vector<double> cuts;                                // class 2i+1 is cuts[i] itself, 2i what lies below it
  std::vector<Range> classes;
  Texts version_texts;                                     // the versions that tests name, as they spell them
  std::vector<Version> versions;                           // classes as those of cuts
  std::vector<Range> version_classes;
};

// Makes the lists of one attribute after the other.
class Conditions::Lister {
 public:
  explicit Lister(Conditions& conditions) : all_(conditions) {}

  void list(int attribute, std::vector<Test*>& tests) {
    // Numbers follow each other within an attribute, so that the bits of one value stand in few words.
    Lists lists{.attribute = attribute};
    std::map<std::string, std::vector<Condition>, std::less<>> texts, items, prefixes, suffixes;
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
          versions.push_back(test->version->version);
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
    std::vector<std::vector<Condition>> classes(cuts.empty() ? 0 : interval_count), version_classes(versions.empty() ? 0 : 2 * versions.size() + 1);
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
            if (value.is_number()) classes[class_of(value.number())].push_back(condition);
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
          const auto found = std::lower_bound(versions.begin(), versions.end(), test->version->version, is_before);
          const std::size_t at = 2 * static_cast<std::size_t>(found - versions.begin()) + 1, end = version_classes.size();
          switch (test->version->comparison) {
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
        default: break;
      }
    }
    std::stable_sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.last - a.first < b.last - b.first; });
    std::size_t listings = 0;
    const std::size_t most = listings_least + listings_per_condition * runs.size();
    for (const Run& run : runs) {
      listings += run.last - run.first;
      if (listings > most && !is_listed(*run.test)) continue;
      auto& into = run.is_version ? version_classes : classes;
      const Condition condition = all_.listed(*run.test, one_of(static_cast<double>(run.last - run.first) / static_cast<double>(into.size())));
      for (std::size_t i = run.first; i < run.last; ++i) into[i].push_back(condition);
    }

    lists.present = bits(present);
    for (const bool which : {false, true}) lists.truth[which] = bits(truth[which]);
    lists.texts = table(texts);
    lists.items = table(items);
    lists.prefixes = table(prefixes);
    lists.suffixes = table(suffixes);
    if (!prefixes.empty()) for (const auto& [length, unused] : prefix_lengths) lists.prefix_lengths.push_back(static_cast<std::uint32_t>(length));
    if (!suffixes.empty()) for (const auto& [length, unused] : suffix_lengths) lists.suffix_lengths.push_back(static_cast<std::uint32_t>(length));
    lists.cuts = std::move(cuts);
    for (auto& conditions : classes) lists.classes.push_back(bits(conditions));
    lists.versions = std::move(versions);
    for (auto& conditions : version_classes) lists.version_classes.push_back(bits(conditions));
    lists.version_texts = table([&] {
      std::map<std::string, Range> ranges;
      for (const std::string& text : version_texts) {
        const auto at = std::lower_bound(lists.versions.begin(), lists.versions.end(), *parse_version(text), is_before);
        ranges[text] = lists.version_classes[2 * static_cast<std::size_t>(at - lists.versions.begin()) + 1];
      }
      return ranges;
    }());
    all_.lists_.push_back(std::move(lists));
  }

 private:
  // What was listed before stays listed.
  bool is_listed(const Test& test) const { return all_.numbers_[test.provisional] < unlisted; }

  // The bits of some conditions.
  Range bits(std::vector<Condition>& conditions) {
    std::sort(conditions.begin(), conditions.end());
    for (Condition& condition : conditions) condition -= all_.first_;
    Range range{.word = conditions.empty() ? 0 : conditions[0] >> 6, .first = static_cast<std::uint32_t>(all_.bits_.size())};
    for (const Condition condition : conditions) {
      const std::uint64_t bit = std::uint64_t{1} << (condition & 63);
      if (condition >> 6 == range.word) {
        range.mask |= bit;
        continue;
      }
      if (condition >> 6 == range.word + 1) {
        range.next |= bit;
        continue;
      }
      if (range.count == 0 || all_.bits_.back().word != condition >> 6) {
        all_.bits_.push_back({0, condition >> 6});
        ++range.count;
      }
      all_.bits_.back().mask |= bit;
    }
    return range;
  }

  Texts table(std::map<std::string, std::vector<Condition>, std::less<>>& entries) {
    std::map<std::string, Range> ranges;
    for (auto& [key, conditions] : entries) ranges[key] = bits(conditions);
    return table(ranges);
  }

  static Texts table(const std::map<std::string, Range>& ranges) {
    Texts texts;
    if (ranges.empty()) return texts;
    texts.table.resize(std::bit_ceil(ranges.size() * 2));
    texts.maybe.resize(std::bit_ceil((ranges.size() + 3) / 4));
    for (const auto& [key, range] : ranges) {
      const std::uint64_t hash = quick_hash(key);
      texts.maybe[hash >> 32 & (texts.maybe.size() - 1)] |= std::uint64_t{1} << (hash >> 58);
      std::size_t at = hash & (texts.table.size() - 1);
      while (texts.table[at].size != Texts::unused) at = (at + 1) & (texts.table.size() - 1);
      texts.table[at] = {range, key.size() > ShortText::max ? ShortText() : short_text(key), static_cast<std::uint32_t>(texts.text.size()),
                         static_cast<std::uint32_t>(key.size())};
      texts.text += key;
    }
    return texts;
  }

  Conditions& all_;
};

Conditions::Conditions() = default;
Conditions::~Conditions() = default;

inline const Conditions::Texts::Entry* Conditions::Texts::find(std::string_view key, bool has_room) const {
  if (maybe.empty()) return nullptr;
  const bool is_short = key.size() <= ShortText::max;
  const ShortText short_key = !is_short ? ShortText() : has_room ? short_text_within(key) : short_text(key);
  const std::uint64_t hash = is_short ? quick_hash(short_key, key.size()) : quick_hash(key);
  if ((maybe[hash >> 32 & (maybe.size() - 1)] >> (hash >> 58) & 1) == 0) return nullptr;
  for (std::size_t at = hash & (table.size() - 1);; at = (at + 1) & (table.size() - 1)) {
    const Entry& entry = table[at];
    if (entry.size == unused) return nullptr;
    if (entry.size == key.size() && entry.short_one == short_key && (is_short || std::memcmp(text.data() + entry.at, key.data(), key.size()) == 0)) return &entry;
  }
}

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
    made->lo = node.named->lo;
    made->hi = node.named->hi;
    made->salt = bucket_salt(node.named->name);
  }
  made->operand = node.operand;
  made->ids = node.ids;
  made->version = node.version;
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
  bits_.shrink_to_fit();
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
  whole.set_listed(slots, bits);
  for (std::size_t word = 0; word < count; ++word) bits[count + word] = ~bits[word];
  if (more == 0) return;
  std::uint64_t* const beside = bits + 2 * count;
  set_listed(slots, beside);
  for (std::size_t word = 0; word < more; ++word) beside[more_stride + word] = ~beside[word];
}

void Conditions::set_listed(const RequestSlots& slots, std::uint64_t* bits) const {
  const bool has_room = slots.has_room();
  for (const Lists& lists : lists_) {
    const SlotValue& value = slots[lists.attribute];
    if (value.kind == Kind::absent) continue;
    apply(lists.present, bits);
    switch (value.kind) {
      case Kind::boolean: apply(lists.truth[value.boolean], bits); break;
      case Kind::number: {
        if (lists.classes.empty()) break;
        const std::size_t at = first_not_below(lists.cuts, value.number);
        const bool is_cut = at < lists.cuts.size() && lists.cuts[at] == value.number;
        apply(lists.classes[2 * at + is_cut], bits);
        break;
      }
      case Kind::string: {
        const std::string_view text = value.string();
        if (const auto* entry = lists.texts.find(text, has_room)) apply(entry->range, bits);
        for (const std::uint32_t length : lists.prefix_lengths)
          if (length <= text.size())
            if (const auto* entry = lists.prefixes.find(text.substr(0, length), has_room)) apply(entry->range, bits);
        for (const std::uint32_t length : lists.suffix_lengths)
          if (length <= text.size())
            if (const auto* entry = lists.suffixes.find(text.substr(text.size() - length), has_room)) apply(entry->range, bits);
        if (!lists.version_classes.empty()) {
          if (const auto* entry = lists.version_texts.find(text, has_room)) {
            apply(entry->range, bits);
          } else if (const auto version = parse_version(text)) {
            const auto at = std::lower_bound(lists.versions.begin(), lists.versions.end(), *version, is_before);
            const bool is_cut = at != lists.versions.end() && !is_before(*version, *at);
            apply(lists.version_classes[2 * static_cast<std::size_t>(at - lists.versions.begin()) + is_cut], bits);
          }
        }
        break;
      }
      case Kind::list:
        if (lists.items.maybe.empty()) break;
        for (const SlotValue& item : slots.items(value))
          if (item.kind == Kind::string)
            if (const auto* entry = lists.items.find(item.string(), has_room)) apply(entry->range, bits);
        break;
      default: break;
    }
  }
}

bool Conditions::holds(Condition condition, const RequestSlots& slots, Truths& truths) const {
  const std::size_t number = condition & ~unlisted, below = below_ ? below_->unlisted_.size() : 0;
  const Test& test = number < below ? below_->unlisted_[number] : unlisted_[number - below];
  if (test.memory < 0) return test.holds(slots[test.attribute], slots);
  std::uint8_t& known = truths.remembered[static_cast<std::size_t>(test.memory)];
  if (known == 0) known = test.holds(slots[test.attribute], slots) ? 2 : 1;
  return known == 2;
}

std::size_t Conditions::bytes() const {
  std::size_t bytes = bits_.capacity() * sizeof(Bits) + shares_.capacity() * sizeof(float) + numbers_.capacity() * sizeof(Condition) +
                      unlisted_.capacity() * sizeof(Test) + known_.capacity() * sizeof(Known) + (below_ ? below_->bytes() : 0);
  const auto texts = [](const Texts& of) { return of.table.capacity() * sizeof(Texts::Entry) + of.maybe.capacity() * sizeof(std::uint64_t) + of.text.capacity(); };
  for (const Lists& lists : lists_)
    bytes += sizeof lists + texts(lists.texts) + texts(lists.items) + texts(lists.prefixes) + texts(lists.suffixes) + texts(lists.version_texts) +
             lists.cuts.capacity() * sizeof(double) + (lists.classes.capacity() + lists.version_classes.capacity()) * sizeof(Range) +
             lists.versions.capacity() * sizeof(Version);
  return bytes;
}

}  // namespace footlight
