#include "lint/satisfy.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/limits.h"
#include "base/semver.h"
#include "engine/bucket.h"

namespace footlight {
namespace {

using Op = Predicate::Op;
using Answer = Satisfaction::Answer;

bool is_scalar(const Value& value) { return value.is_boolean() || value.is_number() || value.is_string(); }
bool is_in(const Array& items, const Value& value) { return std::find(items.begin(), items.end(), value) != items.end(); }

template <class T>
bool ordered(Op op, const T& left, const T& right) {
  switch (op) {
    case Op::lt: return left < right;
    case Op::le: return left <= right;
    case Op::gt: return left > right;
    default: return left >= right;
  }
}

// One test of an attribute, and whether it is to hold.
struct Test {
  const Predicate* leaf;
  bool holds;
};
using Tests = std::vector<Test>;

// What became of one attribute: a value that meets all its tests (none: absent does), or that there is none.
struct Choice {
  Answer answer = Answer::unknown;
  std::optional<Value> value = {};
};
Choice never() { return {Answer::never}; }
Choice with(Value value) { return {Answer::meets, std::move(value)}; }

// The whole numbers of [0, 10000) that buckets of one salt leave open.
class Ranges {
 public:
  void keep(double lo, double hi) { cut(lo, hi, true); }
  void drop(double lo, double hi) { cut(lo, hi, false); }
  bool is_empty() const { return parts_.empty(); }

 private:
  void cut(double lo, double hi, bool keeps) {
    // A bucket is whole: the first in [lo, hi) is lo rounded up.
    const int from = static_cast<int>(std::ceil(lo)), below = static_cast<int>(std::ceil(hi));
    std::vector<std::pair<int, int>> left;
    const auto add = [&](int a, int b) {
      if (a < b) left.emplace_back(a, b);
    };
    for (const auto& [a, b] : parts_) {
      if (keeps) {
        add(std::max(a, from), std::min(b, below));
      } else {
        add(a, std::min(b, from));
        add(std::max(a, below), b);
      }
    }
    parts_ = std::move(left);
  }
  std::vector<std::pair<int, int>> parts_ = {{0, 10'000}};
};

std::string increment(std::string digits) {
  for (std::size_t i = digits.size(); i-- > 0;) {
    if (digits[i] != '9') {
      ++digits[i];
      return digits;
    }
    digits[i] = '0';
  }
  return "1" + digits;
}

std::string version_text(const Version& version, const std::string& patch) {
  return version.core[0].text + "." + version.core[1].text + "." + patch;
}

// Versions such that every comparison with `version` is decided by one of them: itself, and the one right
// behind it, beside one that people would write.
void versions_around(const Version& version, std::vector<std::string>& out) {
  std::string text = version_text(version, version.core[2].text);
  if (version.pre_release.empty()) {
    out.push_back(text);
    out.push_back(version_text(version, increment(version.core[2].text)));
    out.push_back(version_text(version, increment(version.core[2].text)) + "-0");
    return;
  }
  out.push_back(text);
  text += "-";
  for (std::size_t i = 0; i < version.pre_release.size(); ++i) text += (i ? "." : "") + version.pre_release[i].text;
  out.push_back(text);
  out.push_back(text + ".0");
}

// Finds a value for the tests of one attribute.
class AttributeSolver {
 public:
  AttributeSolver(const AttributeType& type, const Tests& tests, const IdLists& lists, bool is_identity)
      : type_(type), tests_(tests), lists_(lists), is_identity_(is_identity) {}

  Choice solve() const {
    // Every test of an absent attribute is false.
    if (std::none_of(tests_.begin(), tests_.end(), [](const Test& test) { return test.holds; })) return {Answer::meets};
    using Type = AttributeType::Type;
    switch (type_.type) {
      case Type::text: return text();
      case Type::date: return text();
      case Type::number: return number();
      case Type::boolean: return one_of({true, false});
      case Type::enumeration: return one_of(Array(type_.values.begin(), type_.values.end()));
      case Type::list: return list();
      case Type::any: break;
    }
    bool is_open = std::all_of(tests_.begin(), tests_.end(), [](const Test& test) { return !test.holds || test.leaf->op == Op::exists; });
    for (const auto kind : {&AttributeSolver::text, &AttributeSolver::number, &AttributeSolver::truth, &AttributeSolver::list}) {
      Choice choice = (this->*kind)();
      if (choice.answer == Answer::meets) return choice;
      is_open |= choice.answer == Answer::unknown;
    }
    return is_open ? Choice{} : never();
  }

 private:
  // As the engine asks it, of a value that is there.
  bool holds(const Predicate& leaf, const Value& value) const {
    const Value& operand = leaf.operand;
    switch (leaf.op) {
      case Op::exists: return true;
      case Op::eq: return value == operand;
      case Op::in: return is_scalar(value) && is_in(operand.array(), value);
      case Op::lt:
      case Op::le:
      case Op::gt:
      case Op::ge:
        if (value.is_number() && operand.is_number()) return ordered(leaf.op, value.number(), operand.number());
        return value.is_string() && operand.is_string() && ordered(leaf.op, value.string(), operand.string());
      case Op::between:
        return value.is_number() && operand.array()[0].number() <= value.number() && value.number() < operand.array()[1].number();
      case Op::starts: return value.is_string() && value.string().starts_with(operand.string());
      case Op::ends: return value.is_string() && value.string().ends_with(operand.string());
      case Op::contains: return value.is_string() && value.string().find(operand.string()) != std::string::npos;
      case Op::has_any:
        return value.is_array() && std::any_of(value.array().begin(), value.array().end(), [&](const Value& item) {
                 return is_scalar(item) && is_in(operand.array(), item);
               });
      case Op::has_all:
        return value.is_array() &&
            std::all_of(operand.array().begin(), operand.array().end(), [&](const Value& wanted) { return is_in(value.array(), wanted); });
      case Op::semver: {
        const auto version = value.is_string() ? parse_version(value.string()) : std::nullopt;
        const auto test = parse_version_test(operand.string());
        return version && test && test->holds_for(*version);
      }
      case Op::bucket: {
        if (!value.is_string()) return false;
        const int bucket = bucket_of(leaf.name, value.string());
        return leaf.lo <= bucket && bucket < leaf.hi;
      }
      case Op::list: return value.is_string() && ids(leaf) && ids(leaf)->contains(value.string());
      default: return false;
    }
  }

  const IdList* ids(const Predicate& leaf) const {
    const auto found = lists_.find(leaf.name);
    return found == lists_.end() ? nullptr : found->second.get();
  }

  bool meets(const Value& value) const {
    if (!type_.accepts(value) || (is_identity_ && value.is_string() && value.string().empty())) return false;
    return std::all_of(tests_.begin(), tests_.end(), [&](const Test& test) { return holds(*test.leaf, value) == test.holds; });
  }

  // All the values there are: the first that meets, else there is none.
  Choice one_of(const Array& values) const {
    for (const Value& value : values)
      if (meets(value)) return with(value);
    return never();
  }
  Choice truth() const { return one_of({true, false}); }

  // Tests compare with constants, so that all numbers between two neighbouring ones answer alike.
  Choice number() const {
    std::vector<double> bounds;
    const auto bound = [&](const Value& value) {
      if (value.is_number()) bounds.push_back(value.number());
    };
    for (const Test& test : tests_) {
      bound(test.leaf->operand);
      if (test.leaf->operand.is_array())
        for (const Value& item : test.leaf->operand.array()) bound(item);
    }
    if (type_.min) bounds.push_back(*type_.min);
    if (type_.max) bounds.push_back(*type_.max);
    if (bounds.empty()) bounds.push_back(1);
    std::sort(bounds.begin(), bounds.end());
    bounds.erase(std::unique(bounds.begin(), bounds.end()), bounds.end());
    Array values;
    const auto between = [&](double low, double high) {
      double middle = std::floor(low) + 1;
      if (!(low < middle && middle < high)) middle = low / 2 + high / 2;
      if (!(low < middle && middle < high)) middle = std::nextafter(low, high);
      if (low < middle && middle < high) values.emplace_back(middle);
    };
    constexpr double most = std::numeric_limits<double>::max();
    for (std::size_t i = 0; i < bounds.size(); ++i) {
      values.emplace_back(bounds[i]);
      between(bounds[i], i + 1 < bounds.size() ? bounds[i + 1] : most);
    }
    if (bounds.back() < most) values.emplace_back(most);
    if (const double below = std::min(bounds.front() - 1, std::nextafter(bounds.front(), -most)); below >= -most)
      values.emplace_back(below);
    return one_of(values);
  }

  // The items that must be there, one of each choice, none that is forbidden.
  Choice list() const {
    Array items;
    std::vector<const Array*> choices, lacking;
    Array forbidden;
    for (const auto& [leaf, is_wanted] : tests_) {
      if (leaf->op == Op::has_all && is_wanted) {
        for (const Value& item : leaf->operand.array())
          if (!is_in(items, item)) items.push_back(item);
      } else if (leaf->op == Op::has_all) {
        lacking.push_back(&leaf->operand.array());
      } else if (leaf->op == Op::has_any && is_wanted) {
        choices.push_back(&leaf->operand.array());
      } else if (leaf->op == Op::has_any) {
        forbidden.insert(forbidden.end(), leaf->operand.array().begin(), leaf->operand.array().end());
      } else if (is_wanted && leaf->op != Op::exists) {
        return never();
      }
    }
    const auto may_hold = [&](const Value& item) { return !is_in(forbidden, item) && (type_.of.empty() || type_.of[0].accepts(item)); };
    if (!std::all_of(items.begin(), items.end(), may_hold)) return never();
    long steps = 0;
    const auto choose = [&](const auto& self, std::size_t i) -> Answer {
      if (++steps > limits::satisfy_steps_max) return Answer::unknown;
      if (i == choices.size()) {
        const bool lacks = std::all_of(lacking.begin(), lacking.end(), [&](const Array* all) {
          return std::any_of(all->begin(), all->end(), [&](const Value& item) { return !is_in(items, item); });
        });
        return lacks ? Answer::meets : Answer::never;
      }
      if (std::any_of(choices[i]->begin(), choices[i]->end(), [&](const Value& item) { return is_in(items, item); }))
        return self(self, i + 1);
      Answer answer = Answer::never;
      for (const Value& item : *choices[i]) {
        if (!may_hold(item)) continue;
        items.push_back(item);
        const Answer further = self(self, i + 1);
        if (further == Answer::meets) return further;
        if (further == Answer::unknown) answer = further;
        items.pop_back();
      }
      return answer;
    };
    const Answer answer = choose(choose, 0);
    if (answer != Answer::meets) return {answer};
    const Value found(std::move(items));
    return meets(found) ? with(found) : Choice{};
  }

  // Texts. What cannot be is proved by bounds, by ends that exclude each other, by buckets that share
  // nothing, or by trying the few values a test names; what can be is found by writing texts that have what
  // is asked for.
  Choice text() const {
    if (const auto finite = of_few()) return *finite;
    std::string lower, prefix, suffix;
    std::optional<std::string> below;
    std::vector<std::string> pieces;
    std::map<std::string, Ranges> buckets;
    bool has_version = false, is_plain = true;  // plain: nothing but versions is tested
    const auto at_least = [&](std::string bound) { lower = std::max(lower, std::move(bound)); };
    const auto at_most = [&](std::string bound) { below = below ? std::min(*below, bound) : std::move(bound); };
    const std::string zero(1, '\0');  // the text right behind `x` is `x` and a zero
    for (const auto& [leaf, is_wanted] : tests_) {
      const Value& operand = leaf->operand;
      if (leaf->op != Op::semver && leaf->op != Op::exists) is_plain = false;
      switch (leaf->op) {
        case Op::exists:
          if (!is_wanted) return never();
          break;
        case Op::lt:
        case Op::le:
        case Op::gt:
        case Op::ge: {
          if (!operand.is_string()) {
            if (is_wanted) return never();
            break;
          }
          const std::string& bound = operand.string();
          const bool is_upper = (leaf->op == Op::lt || leaf->op == Op::le) == is_wanted;
          const bool is_behind = leaf->op == (is_wanted ? Op::gt : Op::le);
          if (is_upper) at_most(is_wanted ? (leaf->op == Op::le ? bound + zero : bound) : (leaf->op == Op::gt ? bound + zero : bound));
          else at_least(is_behind ? bound + zero : bound);
          break;
        }
        case Op::starts:
          if (!is_wanted) break;
          if (operand.string().starts_with(prefix)) prefix = operand.string();
          else if (!prefix.starts_with(operand.string())) return never();
          break;
        case Op::ends:
          if (!is_wanted) break;
          if (operand.string().ends_with(suffix)) suffix = operand.string();
          else if (!suffix.ends_with(operand.string())) return never();
          break;
        case Op::contains:
          if (is_wanted) pieces.push_back(operand.string());
          break;
        case Op::semver: has_version |= is_wanted; break;
        case Op::bucket:
          if (is_wanted) buckets[leaf->name].keep(leaf->lo, leaf->hi);
          else buckets[leaf->name].drop(leaf->lo, leaf->hi);
          break;
        default:
          if (is_wanted) return never();  // between, has_any, has_all: of no text; eq, in and list were looked at
      }
    }
    if (below && lower >= *below) return never();
    if (!prefix.empty() && below && prefix >= *below) return never();
    if (!prefix.empty() && lower > prefix && !lower.starts_with(prefix)) return never();
    for (const auto& [leaf, is_wanted] : tests_) {
      if (is_wanted) continue;
      const auto within = [&](const std::string& whole) { return whole.find(leaf->operand.string()) != std::string::npos; };
      if (leaf->op == Op::starts && prefix.starts_with(leaf->operand.string())) return never();
      if (leaf->op == Op::ends && suffix.ends_with(leaf->operand.string())) return never();
      if (leaf->op == Op::contains && (within(prefix) || within(suffix) || std::any_of(pieces.begin(), pieces.end(), within)))
        return never();
    }
    for (const auto& [salt, ranges] : buckets)
      if (ranges.is_empty()) return never();

    std::vector<std::string> bases;
    if (has_version) {
      bases = {"1.0.0", "0.0.0-0"};
      for (const Test& test : tests_)
        if (test.leaf->op == Op::semver)
          if (const auto version = parse_version_test(test.leaf->operand.string())) versions_around(version->version, bases);
    } else if (type_.type == AttributeType::Type::date) {
      bases = dates();
    } else {
      if (prefix.empty() && suffix.empty() && pieces.empty()) bases = {is_identity_ ? "visitor" : "x", ""};
      if (!lower.empty()) bases.insert(bases.end(), {lower, lower + "a", lower + "x"});
      for (const std::string_view filler : {"", "x", "-", "0", "~"}) {
        std::string base = prefix;
        for (const std::string& piece : pieces)
          if (base.find(piece) == std::string::npos) base.append(filler).append(piece);
        if (!suffix.empty() && !base.ends_with(suffix)) base.append(filler).append(suffix);
        bases.push_back(std::move(base));
      }
    }
    for (const std::string& base : bases)
      if (meets(Value(base))) return with(base);
    if (has_version && is_plain && type_.type == AttributeType::Type::text) return never();
    if (has_version || type_.type == AttributeType::Type::date) return {};
    // Others are told apart by a number: past values that must not be, into the buckets that are asked for.
    std::string stem = prefix.empty() ? (is_identity_ ? "visitor-" : "x") : prefix;
    for (const std::string& piece : pieces) stem += piece;
    const int most = buckets.empty() ? 200 : static_cast<int>(limits::satisfy_steps_max);
    for (int n = 1; n <= most; ++n)
      if (std::string tried = stem + std::to_string(n) + suffix; meets(Value(tried))) return with(std::move(tried));
    return {};
  }

  // Where a test that must hold names all the texts there are.
  std::optional<Choice> of_few() const {
    const Array* fewest = nullptr;
    Array one;
    const IdList* listed = nullptr;
    for (const auto& [leaf, is_wanted] : tests_) {
      if (!is_wanted) continue;
      if (leaf->op == Op::eq) one = {leaf->operand};
      if (leaf->op == Op::eq) fewest = &one;
      if (leaf->op == Op::in && (!fewest || leaf->operand.array().size() < fewest->size())) fewest = &leaf->operand.array();
      if (leaf->op == Op::list) {
        const IdList* known = ids(*leaf);
        if (!known) return Choice{};
        if (!listed || known->size() < listed->size()) listed = known;
      }
    }
    if (fewest) {
      for (const Value& value : *fewest)
        if (value.is_string() && meets(value)) return with(value);
      return never();
    }
    if (!listed) return {};
    long steps = 0;
    for (const std::string& id : *listed) {
      if (++steps > limits::satisfy_steps_max) return Choice{};
      if (meets(Value(id))) return with(id);
    }
    return never();
  }

  // The days that tests name, and those beside them.
  std::vector<std::string> dates() const {
    std::vector<std::string> texts{"2026-01-01"};
    for (const Test& test : tests_) {
      if (!test.leaf->operand.is_string()) continue;
      const std::string& text = test.leaf->operand.string();
      texts.push_back(text);
      const auto day = parse_civil(text.substr(0, 10));
      if (!day) continue;
      for (const int beside : {-1, 1}) texts.push_back(to_text(civil_day(day_number(*day) + beside)).substr(0, 10));
    }
    return texts;
  }

  const AttributeType& type_;
  const Tests& tests_;
  const IdLists& lists_;
  const bool is_identity_;
};

// One question: conjunctions are added at once, alternatives wait until nothing else is left.
class Search {
 public:
  Search(const AttributeTypes& attributes, const IdLists& lists) : attributes_(attributes), lists_(lists) {}

  Satisfaction run(std::span<const Demand> demands) {
    State state;
    Satisfaction result;
    for (const Demand& demand : demands)
      if (!add(state, *demand.condition, demand.holds)) {
        result.answer = Answer::never;
        return result;
      }
    result.answer = solve(std::move(state));
    result.witness = std::move(witness_);
    result.asks_policy = asks_policy_;
    result.steps = steps_;
    return result;
  }

 private:
  struct State {
    std::map<std::string, Tests> tests;  // by attribute; the identity is ""
    std::vector<std::pair<const Predicate*, bool>> alternatives;
    bool asks_policy = false;
  };

  // False where it contradicts what is there.
  bool add(State& state, const Predicate& part, bool holds) {
    switch (part.op) {
      case Op::always: return holds;
      case Op::no: return add(state, part.args[0], !holds);
      case Op::lua: return state.asks_policy = true;
      case Op::audience: return state.asks_policy = true;  // none is left in what is written out
      case Op::all:
      case Op::any:
        if ((part.op == Op::all) == holds)
          return std::all_of(part.args.begin(), part.args.end(), [&](const Predicate& arg) { return add(state, arg, holds); });
        if (part.args.size() == 1) return add(state, part.args[0], holds);
        if (part.args.empty()) return false;
        state.alternatives.emplace_back(&part, holds);
        return true;
      default: {
        Tests& tests = state.tests[part.attribute];
        tests.push_back({&part, holds});
        return may_hold(part.attribute, tests);
      }
    }
  }

  const AttributeType& type_of(const std::string& attribute) const {
    static const AttributeType identity{.type = AttributeType::Type::text}, undeclared{};
    const auto declared = attributes_.find(attribute);
    return attribute.empty() ? identity : declared == attributes_.end() ? undeclared : declared->second;
  }

  Choice choice(const std::string& attribute, const Tests& tests) {
    return AttributeSolver(type_of(attribute), tests, lists_, attribute.empty()).solve();
  }

  // Most tests bound a number: whether their bounds leave room needs no solver.
  bool may_hold(const std::string& attribute, const Tests& tests) {
    const AttributeType& type = type_of(attribute);
    if (type.type != AttributeType::Type::number) return choice(attribute, tests).answer != Answer::never;
    double low = type.min.value_or(-std::numeric_limits<double>::max()), high = type.max.value_or(std::numeric_limits<double>::max());
    bool has_low = true, has_high = true;
    for (const auto& [leaf, is_wanted] : tests) {
      const Value& operand = leaf->operand;
      const bool is_between = leaf->op == Op::between, is_equal = leaf->op == Op::eq && operand.is_number();
      const bool is_bound = (leaf->op == Op::lt || leaf->op == Op::le || leaf->op == Op::gt || leaf->op == Op::ge) && operand.is_number();
      if (!is_wanted || !(is_between || is_bound || is_equal)) return choice(attribute, tests).answer != Answer::never;
      if (is_between || is_equal || leaf->op == Op::gt || leaf->op == Op::ge) {
        const double bound = is_between ? operand.array()[0].number() : operand.number();
        if (bound > low) low = bound, has_low = true;
        if (bound == low && leaf->op == Op::gt) has_low = false;
      }
      if (is_between || is_equal || leaf->op == Op::lt || leaf->op == Op::le) {
        const double bound = is_between ? operand.array()[1].number() : operand.number();
        if (bound < high) high = bound, has_high = true;
        if (bound == high && (is_between || leaf->op == Op::lt)) has_high = false;
      }
    }
    return low < high || (low == high && has_low && has_high);
  }

  // Whether a part could be added; anything but a test is taken to be possible.
  bool is_possible(State& state, const Predicate& part, bool holds) {
    if (part.op == Op::no) return is_possible(state, part.args[0], !holds);
    if (part.op == Op::always) return holds;
    if (part.op == Op::all || part.op == Op::any || part.op == Op::lua || part.op == Op::audience) return true;
    Tests& tests = state.tests[part.attribute];
    tests.push_back({&part, holds});
    const bool is_it = may_hold(part.attribute, tests);
    tests.pop_back();
    return is_it;
  }

  Answer solve(State state) {
    if (++steps_ > limits::satisfy_steps_max) return Answer::unknown;
    if (state.alternatives.empty()) return finish(state);
    // The one with the fewest ways out first: none ends it at once, a single one costs nothing.
    std::size_t best = 0;
    std::ptrdiff_t fewest = std::numeric_limits<std::ptrdiff_t>::max();
    for (std::size_t i = 0; i < state.alternatives.size() && fewest > 1; ++i) {
      const auto& [candidate, wanted] = state.alternatives[i];
      const auto ways = std::count_if(candidate->args.begin(), candidate->args.end(),
                                      [&, is_wanted = wanted](const Predicate& arg) { return is_possible(state, arg, is_wanted); });
      if (ways < fewest) fewest = ways, best = i;
    }
    if (fewest == 0) return Answer::never;
    const auto [part, holds] = state.alternatives[best];
    state.alternatives.erase(state.alternatives.begin() + static_cast<std::ptrdiff_t>(best));
    Answer answer = Answer::never;
    for (const Predicate& arg : part->args) {
      State next = state;
      if (!add(next, arg, holds)) continue;
      const Answer further = solve(std::move(next));
      if (further == Answer::meets) return further;
      if (further == Answer::unknown) answer = further;
    }
    return answer;
  }

  Answer finish(const State& state) {
    Witness witness;
    Answer answer = Answer::meets;
    for (const auto& [attribute, tests] : state.tests) {
      Choice chosen = choice(attribute, tests);
      if (chosen.answer == Answer::never) return Answer::never;
      if (chosen.answer == Answer::unknown) answer = Answer::unknown;
      if (!chosen.value) continue;
      if (attribute.empty()) witness.identity = chosen.value->string();
      else witness.attributes.emplace(attribute, std::move(*chosen.value));
    }
    if (answer != Answer::meets) return answer;
    witness_ = std::move(witness);
    asks_policy_ = state.asks_policy;
    return Answer::meets;
  }

  const AttributeTypes& attributes_;
  const IdLists& lists_;
  long steps_ = 0;
  Witness witness_;
  bool asks_policy_ = false;
};

}  // namespace

std::optional<Predicate> written_out(const Predicate& condition, const Included& include, const LiftPolicy& lift) {
  std::size_t parts = 0;
  const auto write = [&](const auto& self, const Predicate& part, int depth) -> std::optional<Predicate> {
    if (++parts > limits::predicate_nodes_max || depth > 2 * limits::predicate_depth_max) return {};
    if (part.op == Op::audience) {
      const auto named = include.audiences.find(part.name);
      return named == include.audiences.end() ? std::nullopt : self(self, named->second, depth + 1);
    }
    if (part.op == Op::lua) {
      auto native = lift(part);
      return native ? std::move(native) : std::optional(part);
    }
    Predicate copy = part;
    copy.args.clear();
    if (part.op == Op::list) {
      const auto hash = include.lists.find(part.name);
      if (hash == include.lists.end()) return {};
      copy.name = hash->second;
    }
    for (const Predicate& arg : part.args) {
      auto inner = self(self, arg, depth + 1);
      if (!inner) return {};
      copy.args.push_back(std::move(*inner));
    }
    return copy;
  };
  return write(write, condition, 1);
}

Satisfaction satisfy(std::span<const Demand> demands, const AttributeTypes& attributes, const IdLists& lists) {
  return Search(attributes, lists).run(demands);
}

}  // namespace footlight
