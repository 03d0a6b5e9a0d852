// Makes the lists: for each attribute, which conditions each value that tests speak of makes true, and each interval between
// the numbers and versions they name.
#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <numeric>

#include "engine/condition_lists.h"

namespace footlight {
namespace {

using Op = Predicate::Op;

// A range is listed with each interval it spans; so many times its number of conditions may an attribute's
// intervals list in all. Beyond that the widest are evaluated instead.
constexpr std::size_t listings_per_condition = 48, listings_least = 16'384;
// So many texts stand in a table with room for four times as many; of more the memory is dearer.
constexpr std::size_t texts_few = 256;
// So many tests of what a list has all of are looked at for each request.
constexpr std::size_t alls_few = 24;
// Each of their texts is a condition, so a test of more than so many is evaluated: a long one would take up the room of a hundred tests.
constexpr std::size_t all_texts_max = 16;
// Texts are looked up by so many different lengths of prefixes, and of suffixes.
constexpr std::size_t affix_lengths_max = 8;
// Most attributes have fewer cuts, and are looked through in as many steps as each other: a power of two.
constexpr std::size_t cuts_least = 16;

}  // namespace

// Makes the lists of one attribute after the other.
class Conditions::Lister {
  // In which of so many intervals a condition holds: told by runs of them, [first, last).
  struct Intervals {
    struct Edge {
      std::size_t at;
      bool begins;  // where one run ends and another begins, the condition holds
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
    std::map<std::string, std::vector<const Test*>> alls;
    std::map<std::string, Condition, std::less<>> is_met;  // that a list has a text that is asked for with others
    std::vector<Condition> present, truth[2];
    std::vector<double> cuts;
    std::vector<Version> versions;
    std::vector<std::string> version_texts;
    std::map<std::size_t, int> prefix_lengths, suffix_lengths;
    for (const Test* test : tests) {
      if (test->op == Op::starts) prefix_lengths[test->operand.string().size()];
      if (test->op == Op::ends) suffix_lengths[test->operand.string().size()];
      const auto cut = [&](const Value& at) {
        if (at.is_number()) cuts.push_back(at.number());
      };
      switch (test->op) {
        case Op::eq:
        case Op::lt:
        case Op::le:
        case Op::gt:
        case Op::ge: cut(test->operand); break;
        case Op::in:
        case Op::between:
          for (const Value& value : test->operand.array()) cut(value);
          break;
        case Op::semver:
          versions.push_back(test->rare->version->version);
          if (const auto digit = test->operand.string().find_first_of("0123456789");
              parse_version(std::string_view(test->operand.string()).substr(digit)))
            version_texts.push_back(test->operand.string().substr(digit));
          break;
        default: break;
      }
    }
    std::sort(cuts.begin(), cuts.end());
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    std::sort(versions.begin(), versions.end(), Lists::is_before);
    versions.erase(std::unique(versions.begin(), versions.end(), [](const Version& a, const Version& b) { return (a <=> b) == 0; }),
                   versions.end());

    std::map<std::string, int, std::less<>> distinct, distinct_items;  // for guesses
    std::map<std::string, int, std::less<>> in_alls;                   // how many tests ask for it with others
    for (const Test* test : tests) {
      const auto note = [](auto& into, const Value& value) {
        if (value.is_string()) into[value.string()];
      };
      if (test->op == Op::eq) note(distinct, test->operand);
      if (test->op == Op::in)
        for (const Value& value : test->operand.array()) note(distinct, value);
      if (test->op == Op::has_any || test->op == Op::has_all)
        for (const Value& value : test->operand.array())
          if (note(distinct_items, value); test->op == Op::has_all && value.is_string()) ++in_alls[value.string()];
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
      const auto class_of = [&](double at) {
        return 2 * static_cast<std::size_t>(std::lower_bound(cuts.begin(), cuts.end(), at) - cuts.begin()) + 1;
      };
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
          if (!test->operand.is_number()) break;  // texts in order: evaluated
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
          const auto found = std::lower_bound(versions.begin(), versions.end(), test->rare->version->version, Lists::is_before);
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
          const Condition condition = number(
              one_of(2.0 * static_cast<double>(wanted.size()) / static_cast<double>(std::max<std::size_t>(2, distinct_items.size()))));
          for (const Value& value : wanted) items[value.string()].push_back(condition);
          break;
        }
        case Op::has_all: {
          const Array& wanted = test->operand.array();
          // Beside others there is no room for conditions that no test has.
          if (all_.below_ || wanted.empty() || wanted.size() > all_texts_max ||
              !std::all_of(wanted.begin(), wanted.end(), [](const Value& value) { return value.is_string(); }))
            break;
          const double among = static_cast<double>(std::max<std::size_t>(2, distinct_items.size()));
          number(one_of(std::pow(std::min(0.5, 2.0 / among), static_cast<double>(wanted.size()))));
          const Value& rarest = *std::min_element(
              wanted.begin(), wanted.end(), [&](const Value& a, const Value& b) { return in_alls[a.string()] < in_alls[b.string()]; });
          alls[rarest.string()].push_back(test);
          for (const Value& value : wanted) {
            const auto [text, is_new] = is_met.try_emplace(value.string(), all_.first_ + size_of(all_.shares_));
            if (!is_new) continue;
            all_.shares_.push_back(one_of(2.0 / among));
            items[text->first].push_back(text->second);
          }
          break;
        }
        case Op::starts:
          if (prefix_lengths.size() <= affix_lengths_max || is_listed(*test)) prefixes[test->operand.string()].push_back(number(0.1f));
          break;
        case Op::ends:
          if (suffix_lengths.size() <= affix_lengths_max || is_listed(*test)) suffixes[test->operand.string()].push_back(number(0.2f));
          break;
        case Op::contains:
          if (test->operand.string().size() >= Lists::within_least) within[test->operand.string()].push_back(number(0.1f));
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
      into.add(all_.listed(*run.test, one_of(static_cast<double>(run.last - run.first) / static_cast<double>(into.count))), run.first,
               run.last);
    }

    for (const Condition condition : present) lists.present.push_back({attribute, condition - all_.first_});
    if (!truth[false].empty() || !truth[true].empty()) lists.booleans.push_back({attribute, {bits(truth[false]), bits(truth[true]), {}}});
    if (!texts.empty()) lists.texts.push_back(table(attribute, texts));
    if (!items.empty()) lists.items.push_back(table(attribute, items));
    const auto count = std::accumulate(alls.begin(), alls.end(), std::size_t{0},
                                       [](std::size_t sum, const auto& some) { return sum + some.second.size(); });
    for (const auto& [text, those] : alls) {
      std::vector<Lists::All>& into = count <= alls_few ? lists.few_alls : lists.alls;
      if (&into == &lists.alls) found_by(lists.items.back(), text);
      list(those, is_met, into);
    }
    const auto affixed = [&](auto& entries, const std::map<std::size_t, int>& lengths, bool is_suffix) {
      if (entries.empty()) return;
      const Lists::Texts made = table(attribute, entries);
      for (const auto& [length, unused] : lengths) lists.affixes.push_back({made, static_cast<std::uint32_t>(length), is_suffix});
    };
    affixed(prefixes, prefix_lengths, false);
    affixed(suffixes, suffix_lengths, true);
    if (!within.empty()) list(attribute, within);
    if (!classes.edges.empty()) list(attribute, cuts, classes);
    if (version_classes.count > 0) {
      Lists::Versions made{.cuts = std::move(versions), .classes = size_of(lists.classes)};
      each_of(version_classes, [&](std::size_t) { lists.classes.push_back(held()); });
      std::map<std::string, Range> ranges;
      for (const std::string& text : version_texts) {
        const auto at = std::lower_bound(made.cuts.begin(), made.cuts.end(), *parse_version(text), Lists::is_before);
        ranges[text] = lists.classes[made.classes + 2 * static_cast<std::size_t>(at - made.cuts.begin()) + 1];
      }
      made.texts = table(attribute, ranges);
      lists.versions.push_back(std::move(made));
    }
  }

 private:
  // What was listed before stays listed.
  bool is_listed(const Test& test) const { return all_.numbers_[test.provisional] < unlisted; }

  // Goes through the intervals, from the first one to the last; what holds in each is held meanwhile.
  void each_of(Intervals& intervals, const auto& take) {
    auto& edges = intervals.edges;
    std::sort(edges.begin(), edges.end());
    hold_none(edges, [](const Intervals::Edge& edge) { return edge.condition; });
    auto next = edges.begin();
    for (std::size_t i = 0; i < intervals.count; ++i) {
      for (; next != edges.end() && next->at == i; ++next) hold(next->condition, next->begins);
      take(i);
    }
  }

  // What numbers make true.
  void list(int attribute, const std::vector<double>& cuts, Intervals& intervals) {
    Lists& lists = *all_.lists_;
    const std::size_t places = std::max(cuts_least, std::bit_ceil(cuts.size() + 1));
    Lists::Numbers row{.attribute = attribute,
                       .first_cut = size_of(lists.cuts),
                       .half = static_cast<std::uint32_t>(places / 2),
                       .windows = size_of(lists.windows)};
    for (const double cut : cuts) lists.cuts.push_back(Lists::in_order(cut));
    lists.cuts.resize(row.first_cut + places, UINT64_MAX);
    each_of(intervals, [&](std::size_t i) {
      constexpr std::size_t room = Lists::Window::words;
      std::copy_n(held_.begin(), std::min(held_.size(), room), lists.windows.emplace_back(Lists::Window{}).masks);
      if (held_.size() <= room) return;
      if (i == 0) row.rest = size_of(lists.classes);
      lists.classes.push_back(held(room));
    });
    row.word = held_from_;
    lists.numbers.push_back(row);
  }

  // What lists have all of.
  void list(const std::vector<const Test*>& those, const std::map<std::string, Condition, std::less<>>& is_met,
            std::vector<Lists::All>& into) {
    for (const Test* test : those) {
      std::vector<Condition> wanted;
      for (const Value& value : test->operand.array()) wanted.push_back(is_met.find(value.string())->second);
      into.push_back({bits(wanted), all_.numbers_[test->provisional] - all_.first_, test == those.back()});
    }
  }

  // The next ones are found by this text, which stands among the items.
  void found_by(const Lists::Texts& row, const std::string& text) {
    Lists& lists = *all_.lists_;
    std::size_t at = row.places.first(quick_hash(text));
    while (std::string_view(lists.text).substr(lists.entries[row.first + at].at, lists.entries[row.first + at].size) != text)
      at = row.places.next(at);
    lists.entries[row.first + at].first_all = size_of(lists.alls);
    lists.entries[row.first + at].has_more = 1;
  }

  // Texts that others contain.
  void list(int attribute, std::map<std::string, std::vector<Condition>, std::less<>>& within) {
    Lists& lists = *all_.lists_;
    std::unordered_map<std::uint32_t, std::uint32_t> had;  // how many of them have these bytes
    for (const auto& [text, conditions] : within)
      for (std::size_t i = 0; i + Lists::gram_size <= text.size(); ++i) ++had[Lists::gram_at(text.data() + i)];
    std::vector<Lists::Part> made;
    std::vector<std::uint64_t> hashes;
    for (const auto& [text, conditions] : within) {
      // Bytes that follow each other by one: some of them stand where they are looked for, wherever the text stands.
      std::uint32_t fewest = UINT32_MAX, best = 0;
      for (std::uint32_t offset = 0; offset + Lists::within_least <= text.size(); ++offset) {
        std::uint32_t others = 0;
        for (std::uint32_t step = 0; step < Lists::gram_step; ++step) others += had[Lists::gram_at(text.data() + offset + step)];
        if (others >= fewest) continue;
        fewest = others;
        best = offset;
      }
      for (std::uint32_t offset = best; offset < best + Lists::gram_step; ++offset) {
        made.push_back({bits(conditions), Lists::gram_at(text.data() + offset), offset, size_of(lists.text), size_of(text)});
        hashes.push_back(Lists::spread(made.back().gram));
      }
      lists.text += text;
    }
    // Half a word for each, so that hardly another place of a text is taken for one of them.
    const std::size_t maybe_room = std::bit_ceil(std::max<std::size_t>(64, made.size() / 2));
    const Lists::Within row{attribute, size_of(lists.maybe), static_cast<std::uint32_t>(std::countl_zero(maybe_room) + 1),
                            size_of(lists.parts), HashPlaces(hashes, 2 * made.size())};
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

  // What holds, from that word on.
  Range held(std::size_t at = 0) {
    std::vector<Bits>& more = all_.lists_->bits;
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
      const bool is_long = key.size() > ShortText::max;
      std::size_t at = made.places.first(hash);
      for (; lists.entries[made.first + at].size != Lists::Entry::unused; at = made.places.next(at))
        lists.entries[made.first + at].is_passed = 1;
      lists.entries[made.first + at] = {range,
                                        is_long ? ShortText{hash, 0} : short_text(key),
                                        size_of(lists.text),
                                        size_of(key),
                                        Lists::Entry::none,
                                        is_long || range.count > 0,
                                        0};
      lists.text += key;
    }
    return made;
  }

  static std::uint32_t size_of(const auto& of) { return static_cast<std::uint32_t>(of.size()); }

  Conditions& all_;
  std::vector<std::uint64_t> held_;  // conditions that hold, in the making
  std::uint32_t held_from_ = 0;      // its first word
};

void Conditions::list(std::map<int, std::vector<Test*>>& by_attribute) {
  lists_ = std::make_unique<Lists>();
  Lister lister(*this);
  for (auto& [attribute, tests] : by_attribute) lister.list(attribute, tests);
  lists_->entries.shrink_to_fit();
  lists_->windows.shrink_to_fit();
  lists_->classes.shrink_to_fit();
  lists_->bits.shrink_to_fit();
}

}  // namespace footlight
