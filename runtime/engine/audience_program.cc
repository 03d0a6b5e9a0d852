#include "engine/audience_program.h"

#include <algorithm>
#include <map>

namespace footlight {
namespace {

using Op = Predicate::Op;
using Nodes = std::vector<PredicateProgram::Node>;

bool is_group(Op op) { return op == Op::all || op == Op::any; }

// A candidate filed under more conditions than this costs more there than it saves.
constexpr std::size_t filings_max = 24;

// The ways in which an audience can hold, each with the conditions that it needs at least.
class Ways {
 public:
  Ways(const Nodes& nodes, std::span<const std::uint32_t> tests, const Conditions& conditions)
      : nodes_(nodes), tests_(tests), conditions_(conditions) {}

  struct Way {
    std::vector<Condition> needs;  // listed conditions that must hold, the rarest first
    Condition rest = always_true;  // what else must: Filings::rest
  };
  using List = std::vector<Way>;

  List of(int at, bool wanted) const {
    const auto& node = nodes_[static_cast<std::size_t>(at)];
    if (node.op == Op::no) return of(at + 1, !wanted);
    if (is_group(node.op)) return (node.op == Op::all) == wanted ? all(at, wanted) : any(at, wanted);
    if (node.op == Op::always) return wanted ? List{Way{}} : List{};
    if (node.op == Op::lua) return {Way{{}, all_of_it}};
    const Condition condition = conditions_.number_of(tests_[static_cast<std::size_t>(at)]);
    if (condition >= unlisted) return {Way{{}, wanted ? condition : all_of_it}};
    return {Way{{wanted ? condition : conditions_.opposite(condition)}}};
  }

 private:
  int end_of(int at) const { return nodes_[static_cast<std::size_t>(at)].end; }

  float share(const Way& way) const { return way.needs.empty() ? 1.0f : conditions_.share(way.needs[0]); }
  float share(const List& ways) const {
    float sum = 0;
    for (const Way& way : ways) sum += share(way);
    return sum;
  }

  // The part with the rarest ways; to each of them what those parts need that have one way only. (To tell all ways of several
  // parts, or of parts with common ways, was measured: the rows cost more than the audiences that are asked in vain.)
  List all(int group, bool wanted) const {
    List best{Way{}};
    Way common;
    const int end = end_of(group);
    int several = 0;  // parts with more ways than one: of these only one is told
    for (int part = group + 1; part < end; part = end_of(part)) {
      List ways = of(part, wanted);
      if (ways.empty()) return {};
      if (ways.size() == 1) common = both(common, ways[0]);
      else ++several;
      if (share(ways) < share(best)) best = std::move(ways);
    }
    if (several > (best.size() > 1 ? 1 : 0)) common.rest = all_of_it;
    for (Way& way : best) {
      way = both(way, common);
      tidy(way);
    }
    return best;
  }

  static Way both(const Way& one, const Way& other) {
    const bool is_rest_known = one.rest == always_true || other.rest == always_true || one.rest == other.rest;
    Way made{one.needs, !is_rest_known ? all_of_it : one.rest == always_true ? other.rest : one.rest};
    made.needs.insert(made.needs.end(), other.needs.begin(), other.needs.end());
    return made;
  }

  List any(int group, bool wanted) const {
    List sum;
    const int end = end_of(group);
    for (int part = group + 1; part < end; part = end_of(part)) {
      for (Way& way : of(part, wanted)) sum.push_back(std::move(way));
      if (sum.size() > filings_max || share(sum) >= 1.0f) return {Way{{}, all_of_it}};
    }
    return sum;
  }

  void tidy(Way& way) const {
    std::vector<Condition>& needs = way.needs;
    std::sort(needs.begin(), needs.end(), [&](Condition a, Condition b) {
      const float left = conditions_.share(a), right = conditions_.share(b);
      return left != right ? left < right : a < b;
    });
    needs.erase(std::unique(needs.begin(), needs.end()), needs.end());
    if (needs.size() > Filing().needs.size()) {
      needs.resize(Filing().needs.size());
      way.rest = all_of_it;
    }
  }

  const Nodes& nodes_;
  const std::span<const std::uint32_t> tests_;
  const Conditions& conditions_;
};

}  // namespace

class AudiencePrograms::Writer {
 public:
  Writer(const Nodes& nodes, std::span<const std::uint32_t> tests, const Conditions& conditions, std::vector<Condition> known,
         std::vector<AudienceStep>& steps)
      : nodes_(nodes), tests_(tests), conditions_(conditions), known_(std::move(known)), steps_(steps), first_(steps.size()) {}

  void write() {
    // Jumps lead to labels until all steps are there: 0 accepts, 1 rejects.
    labels_ = {accept, reject};
    write(0, 0, 1);
    for (std::size_t i = first_; i < steps_.size(); ++i) {
      steps_[i].yes = labels_[steps_[i].yes];
      steps_[i].no = labels_[steps_[i].no];
    }
  }

 private:
  int end_of(int at) const { return nodes_[static_cast<std::size_t>(at)].end; }

  void write(int at, std::uint16_t yes, std::uint16_t no) {
    const auto& node = nodes_[static_cast<std::size_t>(at)];
    switch (node.op) {
      case Op::no: write(at + 1, no, yes); return;
      case Op::all: group(at, yes, no, true); return;
      case Op::any: group(at, yes, no, false); return;
      case Op::always: steps_.push_back({always_true, yes, no}); return;
      case Op::lua: asked(at, yes, no); return;
      default: steps_.push_back({conditions_.number_of(tests_[static_cast<std::size_t>(at)]), yes, no}); return;
    }
  }

  void group(int at, std::uint16_t yes, std::uint16_t no, bool is_all) {
    std::vector<int> parts;
    for (int part = at + 1; part < end_of(at); part = end_of(part))
      if (!is_known(part, is_all)) parts.push_back(part);  // it does not decide
    // What decides soonest and costs least comes first; but whether a policy is asked, and so may fail, depends on
    // the order that the author wrote.
    if (!has_policy(at))
      std::stable_sort(parts.begin(), parts.end(), [&](int left, int right) { return cost(left, is_all) < cost(right, is_all); });
    if (parts.empty()) {
      steps_.push_back({always_true, is_all ? yes : no, is_all ? yes : no});
      return;
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i + 1 == parts.size()) {
        write(parts[i], yes, no);
        break;
      }
      const std::uint16_t next = label();
      write(parts[i], is_all ? next : yes, is_all ? no : next);
      place(next);
    }
  }

  // First what it is handed.
  void asked(int at, std::uint16_t yes, std::uint16_t no) {
    std::uint32_t number = 0;
    for (int part = at + 1; part < end_of(at); part = end_of(part), ++number) {
      const auto holds = label(), next = label();
      write(part, holds, next);
      place(holds);
      steps_.push_back({handed | number, next, next});
      place(next);
    }
    steps_.push_back(
        {(number > 0 ? split_policy : policy) | static_cast<std::uint32_t>(nodes_[static_cast<std::size_t>(at)].policy), yes, no});
  }

  // Whether it is known already that the part is `what`.
  bool is_known(int part, bool what) const {
    const auto& node = nodes_[static_cast<std::size_t>(part)];
    switch (node.op) {
      case Op::no: return is_known(part + 1, !what);
      case Op::always: return what;
      case Op::lua: return false;
      case Op::all:
      case Op::any: {
        bool every = true, some = false;
        for (int inner = part + 1; inner < node.end; inner = end_of(inner)) {
          const bool is_so = is_known(inner, what);
          every = every && is_so;
          some = some || is_so;
        }
        // Where one part settles it, a policy before that is asked all the same.
        return (node.op == Op::all) == what ? every : some && !has_policy(part);
      }
      default: {
        const Condition condition = conditions_.number_of(tests_[static_cast<std::size_t>(part)]);
        return condition < unlisted && std::binary_search(known_.begin(), known_.end(), what ? condition : conditions_.opposite(condition));
      }
    }
  }

  bool has_policy(int at) const {
    return std::any_of(nodes_.begin() + at, nodes_.begin() + end_of(at), [](const auto& node) { return node.op == Op::lua; });
  }

  std::uint16_t label() {
    labels_.push_back(0);
    return static_cast<std::uint16_t>(labels_.size() - 1);
  }
  void place(std::uint16_t label) { labels_[label] = static_cast<std::uint16_t>(steps_.size() - first_); }

  float cost(int part, bool is_all) const {
    const auto& node = nodes_[static_cast<std::size_t>(part)];
    if (node.op == Op::no || is_group(node.op)) return node.end - part < 4 ? 1.0f : 1.5f;
    if (node.op == Op::always) return 0;
    if (node.op == Op::bucket) return 3.0f;
    const Condition condition = conditions_.number_of(tests_[static_cast<std::size_t>(part)]);
    if (condition >= unlisted) return 2.0f;
    return is_all ? conditions_.share(condition) : 1.0f - conditions_.share(condition);
  }

  const Nodes& nodes_;
  const std::span<const std::uint32_t> tests_;
  const Conditions& conditions_;
  const std::vector<Condition> known_;  // conditions that hold, in order
  std::vector<AudienceStep>& steps_;
  const std::size_t first_;
  std::vector<std::uint16_t> labels_;
};

std::uint32_t AudiencePrograms::add(const PredicateProgram& audience, std::span<const std::uint32_t> tests, const Conditions& conditions,
                                    const Filings& filings) {
  if (filings.rest == always_true) return 0;
  const auto program = static_cast<std::uint32_t>(steps_.size());
  Writer(audience.nodes(), tests, conditions, filings.common(), steps_).write();
  return program;
}

std::vector<Condition> Filings::common() const {
  std::vector<Condition> all;
  if (ways.empty()) return all;
  for (const Condition need : ways[0].needs)
    if (std::all_of(ways.begin(), ways.end(),
                    [&](const Filing& way) { return std::find(way.needs.begin(), way.needs.end(), need) != way.needs.end(); }))
      all.push_back(need);
  std::sort(all.begin(), all.end());
  return all;
}

Filings filings_of(const PredicateProgram& audience, std::span<const std::uint32_t> tests, const Conditions& conditions) {
  Filings filings;
  for (const auto& way : Ways(audience.nodes(), tests, conditions).of(0, true)) {
    Filing filing;
    std::copy(way.needs.begin(), way.needs.end(), filing.needs.begin());
    filings.rest = filings.ways.empty() || filings.rest == way.rest ? way.rest : all_of_it;
    filings.ways.push_back(filing);
  }
  return filings;
}

}  // namespace footlight
