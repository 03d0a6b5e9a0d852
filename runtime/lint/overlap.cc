#include "lint/overlap.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "lint/arena.h"
#include "lint/needs.h"

namespace footlight {
namespace {

// One experience, made ready to be compared.
struct Contender {
  const ServedExperience* served = nullptr;
  std::optional<Predicate> audience;  // written out
  Needs needs;                        // of the audience and of its time
  std::optional<CompiledSchedule> schedule;
};

// One of its actions in an arena.
struct Entry {
  int contender = 0;
  int action = 0;
  bool is_exact = false;
  const Needs* needs = nullptr;  // of the contender, and of the action's treatment
};

struct Pair {
  int arena = 0;
  Entry left, right;
};

// What two definitions declare of an object that is merged: the keys that both set.
std::vector<std::string> common_keys(const Content& left, const Content& right) {
  const auto object = [](const Content& content) -> std::optional<Value> {
    if (content.form == Content::Form::json) return content.json;
    if (content.form != Content::Form::text) return {};
    auto parsed = parse_json(content.text);
    return parsed ? std::optional(*parsed) : std::nullopt;
  };
  const auto a = object(left), b = object(right);
  std::vector<std::string> keys;
  if (!a || !b || !a->is_object() || !b->is_object()) return keys;
  for (const auto& [key, value] : a->object())
    if (b->object().contains(key)) keys.push_back(key);
  return keys;
}

// Finds the pairs of entries that do not exclude each other, without forming most of those that do.
class PairFinder {
 public:
  template <class Visit>
  static void visit(const std::vector<Entry>& entries, Visit visit) {
    const std::string key = best_key(entries);
    std::vector<const Entry*> free;
    std::vector<std::pair<const Interval*, const Entry*>> intervals;
    std::map<std::string, std::vector<const Entry*>> words;
    for (const Entry& entry : entries) {
      const Need* need = need_of(entry, key);
      if (!need) free.push_back(&entry);
      else if (const auto* interval = std::get_if<Interval>(&need->within)) intervals.emplace_back(interval, &entry);
      else
        for (const std::string& word : std::get<Words>(need->within)) words[word].push_back(&entry);
    }
    for (std::size_t i = 0; i < free.size(); ++i) {
      for (std::size_t j = i + 1; j < free.size(); ++j)
        if (!visit(*free[i], *free[j])) return;
      for (const Entry& other : entries)
        if (need_of(other, key) && !visit(*free[i], other)) return;
    }
    std::sort(intervals.begin(), intervals.end(), [](const auto& left, const auto& right) {
      return std::tuple(left.first->from, left.second->contender, left.second->action) <
          std::tuple(right.first->from, right.second->contender, right.second->action);
    });
    for (std::size_t i = 0; i < intervals.size(); ++i)
      for (std::size_t j = i + 1; j < intervals.size() && !begins_behind(*intervals[j].first, *intervals[i].first); ++j)
        if (!visit(*intervals[i].second, *intervals[j].second)) return;
    for (const auto& [word, holders] : words)
      for (std::size_t i = 0; i < holders.size(); ++i)
        for (std::size_t j = i + 1; j < holders.size(); ++j)
          if (!visit(*holders[i], *holders[j])) return;
  }

 private:
  static const Need* need_of(const Entry& entry, const std::string& key) {
    const auto at = std::lower_bound(entry.needs->begin(), entry.needs->end(), key,
                                     [](const Need& need, const std::string& of) { return need.of < of; });
    return at == entry.needs->end() || at->of != key ? nullptr : &*at;
  }

  static bool begins_behind(const Interval& later, const Interval& earlier) {
    return later.from > earlier.till || (later.from == earlier.till && !earlier.has_till);
  }

  // The attribute that leaves the fewest pairs to form.
  static std::string best_key(const std::vector<Entry>& entries) {
    struct Tally {
      std::size_t held = 0;
      std::vector<double> from;
      std::vector<const Interval*> intervals;
      std::map<std::string, std::size_t> words;
    };
    std::map<std::string, Tally> tallies;
    for (const Entry& entry : entries)
      for (const Need& need : *entry.needs) {
        Tally& tally = tallies[need.of];
        ++tally.held;
        if (const auto* interval = std::get_if<Interval>(&need.within)) {
          tally.from.push_back(interval->from);
          tally.intervals.push_back(interval);
        } else {
          for (const std::string& word : std::get<Words>(need.within)) ++tally.words[word];
        }
      }
    std::string best;
    double fewest = static_cast<double>(entries.size()) * static_cast<double>(entries.size());
    for (auto& [key, tally] : tallies) {
      const double free = static_cast<double>(entries.size() - tally.held);
      double pairs = free * free / 2 + free * static_cast<double>(tally.held);
      for (const auto& [word, count] : tally.words) pairs += static_cast<double>(count) * static_cast<double>(count) / 2;
      std::sort(tally.from.begin(), tally.from.end());
      // Each is met by those that begin within it.
      for (const Interval* interval : tally.intervals)
        pairs += static_cast<double>(std::upper_bound(tally.from.begin(), tally.from.end(), interval->till) -
                                     std::lower_bound(tally.from.begin(), tally.from.end(), interval->from));
      if (pairs < fewest) {
        fewest = pairs;
        best = key;
      }
    }
    return best;
  }
};

// The native form of each policy source, asked for once.
class RememberingCompiler : public PolicyCompiler {
 public:
  explicit RememberingCompiler(PolicyCompiler& inner) : inner_(inner) {}
  Problems check(const Policy& policy) override { return inner_.check(policy); }
  std::optional<Predicate> lift(const Policy& policy, const AttributeTypes& declared) override {
    const auto known = lifted_.find(policy.lua);
    return known != lifted_.end() ? known->second : lifted_[policy.lua] = inner_.lift(policy, declared);
  }

 private:
  PolicyCompiler& inner_;
  std::map<std::string, std::optional<Predicate>> lifted_;
};

// A policy's number in the snapshot of all experiences, by what it is.
using PolicyName = std::tuple<PolicyRole, std::string, std::string, std::string>;
using PolicyNumbers = std::map<PolicyName, int>;
PolicyName policy_name(const Policy& policy) { return {policy.role, policy.lua, policy.owner, policy.path}; }

// Runs the policies of a pair as those of the whole, so that one runner, which keeps what it loaded, serves
// all pairs.
class PairRunner : public PolicyRunner {
 public:
  PairRunner(const Snapshot& pair, const PolicyNumbers& numbers, PolicyRunner& whole) : pair_(pair), numbers_(numbers), whole_(whole) {}
  PolicyAnswer<bool> targeting(int policy, const PolicyCall& call) override { return whole_.targeting(number(policy), call); }
  PolicyAnswer<bool> schedule(int policy, const PolicyCall& call) override { return whole_.schedule(number(policy), call); }
  PolicyAnswer<std::vector<int>> conflict(int policy, const PolicyCall& call, const std::vector<CandidateView>& candidates) override {
    return whole_.conflict(number(policy), call, candidates);
  }
  PolicyAnswer<Value> content(int policy, const PolicyCall& call) override { return whole_.content(number(policy), call); }
  std::vector<std::string> take_log() override { return whole_.take_log(); }

 private:
  int number(int policy) const { return numbers_.at(policy_name(pair_.policies()[static_cast<std::size_t>(policy)])); }

  const Snapshot& pair_;
  const PolicyNumbers& numbers_;
  PolicyRunner& whole_;
};

class Finder {
 public:
  Finder(const SnapshotSource& source, PolicyCompiler& policies, const OverlapOptions& options)
      : source_(source), policies_(policies), options_(options), zone_(Zone::utc()) {
    if (auto zone = Zone::find(source.workspace.zone)) zone_ = *zone;
  }

  OverlapReport find() {
    contenders();
    arenas_ = arenas_of(source_.workspace);
    pairs();
    // Ties first: they are the ones that nobody decided.
    std::stable_sort(pairs_.begin(), pairs_.end(), [&](const Pair& left, const Pair& right) { return distance(left) < distance(right); });
    for (const Pair& pair : pairs_) {
      if (told_.contains(name_of(pair))) continue;
      if (report_.overlaps.size() >= options_.most || report_.asked == options_.asked_max || report_.steps > options_.steps_max) {
        report_.is_complete = false;
        break;
      }
      ++report_.asked;
      if (auto overlap = meeting(pair)) {
        told_.insert(name_of(pair));
        report_.overlaps.push_back(std::move(*overlap));
      }
    }
    std::sort(report_.overlaps.begin(), report_.overlaps.end(), [](const Overlap& left, const Overlap& right) {
      const auto key = [](const Overlap& overlap) {
        return std::tie(overlap.surface, overlap.element, overlap.winner.experience, overlap.loser.experience, overlap.winner.action,
                        overlap.loser.action);
      };
      return key(left) < key(right);
    });
    return std::move(report_);
  }

 private:
  const Definition& definition(const Entry& entry) const {
    return contenders_[static_cast<std::size_t>(entry.contender)].served->definition;
  }
  const Action& action(const Entry& entry) const { return definition(entry).actions[static_cast<std::size_t>(entry.action)]; }

  int distance(const Pair& pair) const { return std::abs(definition(pair.left).priority - definition(pair.right).priority); }

  using Name = std::tuple<int, int, int, int>;
  static Name name_of(const Pair& pair) { return {pair.left.contender, pair.left.action, pair.right.contender, pair.right.action}; }

  void contenders() {
    for (const ServedExperience& served : source_.experiences) {
      if (served.definition.kind == ExperienceKind::journey) continue;  // what a profile's step shows depends on its past
      Contender contender{.served = &served};
      contender.audience = written_out(served.definition.audience, served.definition.include, [&](const Predicate& lua) {
        return policies_.lift({PolicyRole::targeting, lua.lua, served.definition.id, lua.path, {}}, source_.workspace.attributes);
      });
      if (!contender.audience) continue;
      contender.needs = needs_of(*contender.audience);
      if (served.start || served.end) add_need(contender.needs, time_need(served.start, served.end));
      if (served.definition.schedule) contender.schedule.emplace(*served.definition.schedule);
      contenders_.push_back(std::move(contender));
    }
    for (const Contender& contender : contenders_) {
      std::map<std::string, Needs>& by_treatment = needs_.emplace_back();
      by_treatment[""] = contender.needs;
      double upto = 0;
      for (const Treatment& treatment : contender.served->definition.treatments) {
        Needs& needs = by_treatment[treatment.name] = contender.needs;
        add_need(needs, bucket_need(contender.served->definition.salt, upto, upto + treatment.weight));
        upto += treatment.weight;
      }
    }
  }

  void pairs() {
    std::set<std::pair<std::string, std::string>> seen;
    for (std::size_t a = 0; a < arenas_.size(); ++a) {
      std::map<std::string, std::vector<Entry>> by_element;
      for (const SurfaceMatch& match : arenas_[a].matches) {
        const std::string& configuration = source_.workspace.configurations[match.configuration].name;
        for (const auto& [contender, number] : standing_on(configuration)) {
          const Action& offered =
              contenders_[static_cast<std::size_t>(contender)].served->definition.actions[static_cast<std::size_t>(number)];
          const auto& needs = needs_[static_cast<std::size_t>(contender)];
          const auto of_treatment = needs.find(offered.treatment);
          by_element[offered.element].push_back({contender, number, match.is_exact, &of_treatment->second});
        }
      }
      for (const auto& [element, entries] : by_element)
        PairFinder::visit(entries, [&](const Entry& one, const Entry& other) {
          ++report_.formed;
          if (one.contender == other.contender || exclude_each_other(*one.needs, *other.needs)) return true;
          const bool is_first = one.contender < other.contender;
          const Pair pair{static_cast<int>(a), is_first ? one : other, is_first ? other : one};
          if (!options_.only.empty() && definition(one).id != options_.only && definition(other).id != options_.only) return true;
          if (pairs_.size() == options_.formed_max) {
            report_.is_complete = false;
            return false;
          }
          if (formed_.insert({name_of(pair), one.is_exact == other.is_exact}).second) pairs_.push_back(pair);
          return true;
        });
    }
  }

  // (contender, action) of each action on a configuration.
  const std::vector<std::pair<int, int>>& standing_on(const std::string& configuration) {
    if (standing_.empty())
      for (std::size_t c = 0; c < contenders_.size(); ++c) {
        const auto& actions = contenders_[c].served->definition.actions;
        for (std::size_t a = 0; a < actions.size(); ++a)
          standing_[actions[a].configuration].emplace_back(static_cast<int>(c), static_cast<int>(a));
      }
    return standing_[configuration];
  }

  // --- one pair ---------------------------------------------------------------------------------

  std::optional<Overlap> meeting(const Pair& pair) {
    const Contender& left = contenders_[static_cast<std::size_t>(pair.left.contender)];
    const Contender& right = contenders_[static_cast<std::size_t>(pair.right.contender)];
    const auto left_bucket = bucket_of(pair.left), right_bucket = bucket_of(pair.right);
    std::vector<Demand> demands{{&*left.audience, true}, {&*right.audience, true}};
    for (const auto* bucket : {&left_bucket, &right_bucket})
      if (*bucket) demands.push_back({&**bucket, true});
    const Satisfaction found = satisfy(demands, source_.workspace.attributes, source_.lists);
    report_.steps += found.steps;
    if (found.answer != Satisfaction::Answer::meets) return {};
    // With no more than is needed; then, for policies and templates that want more, with everything there is.
    for (const bool is_filled : {false, true}) {
      Witness witness = found.witness;
      if (is_filled) fill(witness);
      const auto at = common_opening(left, right, witness);
      if (!at) return {};
      if (auto overlap = decided(pair, witness, *at)) return overlap;
    }
    return {};
  }

  std::optional<Predicate> bucket_of(const Entry& entry) const {
    const Definition& owner = definition(entry);
    if (owner.treatments.empty()) return {};
    Predicate bucket{.op = Predicate::Op::bucket, .name = owner.salt};
    double upto = 0;
    for (const Treatment& treatment : owner.treatments) {
      if (action(entry).treatment.empty() || treatment.name == action(entry).treatment) bucket.hi = upto + treatment.weight;
      if (treatment.name == action(entry).treatment) bucket.lo = upto;
      upto += treatment.weight;
    }
    return bucket;
  }

  void fill(Witness& witness) const {
    if (!witness.identity) witness.identity = "visitor";
    for (const auto& [name, type] : source_.workspace.attributes) {
      if (witness.attributes.contains(name)) continue;
      Value value = "x";
      using Type = AttributeType::Type;
      if (type.type == Type::number) value = type.min ? *type.min : type.max ? *type.max : 1.0;
      if (type.type == Type::boolean) value = true;
      if (type.type == Type::date) value = "2026-01-01";
      if (type.type == Type::enumeration && !type.values.empty()) value = type.values[0];
      if (type.type == Type::list) value = Array{};
      witness.attributes[name] = std::move(value);
    }
  }

  // The first instant from when both may be there at which both are open: each step goes to where one of them
  // next opens, and nothing in between is open for both.
  std::optional<Instant> common_opening(const Contender& left, const Contender& right, const Witness& witness) const {
    std::optional<Zone> profile;
    if (const auto named = witness.attributes.find("timezone"); named != witness.attributes.end() && named->second.is_string())
      if (auto zone = Zone::find(named->second.string())) profile = *zone;
    std::optional<Instant> from, till;
    for (const Contender* contender : {&left, &right}) {
      if (const auto& start = contender->served->start) from = from ? std::max(*from, *start) : *start;
      if (const auto& end = contender->served->end) till = till ? std::min(*till, *end) : *end;
    }
    // What has ended meanwhile met before.
    Instant at = from ? *from : till && *till <= options_.now ? *till - days(366) : options_.now;
    for (int step = 0; step < limits::overlap_openings_max; ++step) {
      if (till && at >= *till) return {};
      const Instant before = at;
      for (const Contender* contender : {&left, &right})
        if (contender->schedule) {
          const auto opening = contender->schedule->next_opening(at, zone_, profile ? &*profile : nullptr);
          if (!opening) return {};
          at = *opening;
        }
      if (at == before) return at;
    }
    return {};
  }

  // Made once, and only where a pair has a policy.
  bool has_runner() {
    if (is_runner_tried_) return runner_ != nullptr;
    is_runner_tried_ = true;
    auto whole = Snapshot::compile(source_, policies_);
    if (!whole || !options_.runner) return false;
    for (std::size_t i = 0; i < (*whole)->policies().size(); ++i)
      numbers_.emplace(policy_name((*whole)->policies()[i]), static_cast<int>(i));
    runner_ = options_.runner(*whole);
    return runner_ != nullptr;
  }

  // The world of the two, with what they are asked by.
  std::optional<Overlap> decided(const Pair& pair, const Witness& witness, Instant at) {
    const Arena& arena = arenas_[static_cast<std::size_t>(pair.arena)];
    const Workspace& whole = source_.workspace;
    SnapshotSource source{.version = "pair", .workspace = {.name = whole.name, .zone = whole.zone, .attributes = whole.attributes}};
    for (const SurfaceMatch& match : arena.matches) {
      const Configuration& configuration = whole.configurations[match.configuration];
      source.workspace.configurations.push_back(configuration);
      if (const auto schema = whole.schemas.find(configuration.schema); schema != whole.schemas.end())
        source.workspace.schemas.insert(*schema);
      if (const auto policy = whole.conflict.find(configuration.name); policy != whole.conflict.end())
        source.workspace.conflict.insert(*policy);
    }
    for (const Entry* entry : {&pair.left, &pair.right}) {
      ServedExperience served = *contenders_[static_cast<std::size_t>(entry->contender)].served;
      // Only what stands here: other actions may be of configurations that are not.
      std::erase_if(served.definition.actions,
                    [&](const Action& candidate) { return !source.workspace.configuration(candidate.configuration); });
      for (const auto& [name, hash] : served.definition.include.lists)
        if (const auto list = source_.lists.find(hash); list != source_.lists.end()) source.lists.insert(*list);
      source.experiences.push_back(std::move(served));
    }
    std::sort(source.workspace.configurations.begin(), source.workspace.configurations.end(),
              [](const Configuration& left, const Configuration& right) { return left.name < right.name; });
    auto snapshot = Snapshot::compile(std::move(source), policies_);
    if (!snapshot) return {};
    PolicyRunner* runner = &no_policies();
    std::optional<PairRunner> of_pair;
    if (!(*snapshot)->policies().empty()) {
      if (!has_runner()) return {};
      of_pair.emplace(**snapshot, numbers_, *runner_);
      runner = &*of_pair;
    }
    Request request{.surfaces = {arena.surface}, .now = at};
    if (witness.identity) request.identity.id = *witness.identity;
    Problems problems;
    request.attributes = unfold(Value(Object(witness.attributes.begin(), witness.attributes.end())), "$", problems);
    if (!problems.empty()) return {};
    const Decision decision = decide(**snapshot, request, *runner, {.explain = true});
    return told(pair, arena, decision, std::move(request));
  }

  std::optional<Overlap> told(const Pair& pair, const Arena& arena, const Decision& decision, Request request) const {
    const auto row = [&](const Entry& entry) -> const CandidateTrace* {
      for (const CandidateTrace& candidate : decision.trace[0].candidates)
        if (candidate.experience == definition(entry).id && candidate.action == action(entry).id) return &candidate;
      return nullptr;
    };
    const CandidateTrace *left = row(pair.left), *right = row(pair.right);
    const auto met = [](const CandidateTrace* candidate) {
      return candidate && (candidate->fate == Fate::shown || candidate->fate == Fate::lost || candidate->fate == Fate::conflict);
    };
    if (!met(left) || !met(right) || (left->fate != Fate::shown && right->fate != Fate::shown)) return {};
    Overlap overlap{.surface = arena.surface,
                    .element = action(pair.left).element,
                    .keys = common_keys(action(pair.left).content, action(pair.right).content)};
    bool left_wins = left->fate == Fate::shown;
    const Configuration* configuration = source_.workspace.configuration(action(pair.left).configuration);
    if (left->fate == Fate::shown && right->fate == Fate::shown) {
      // Side by side in a stack nobody loses; in a merged object, who is second loses the keys that both set.
      if (configuration->resolve.mode != Resolution::Mode::merge || overlap.keys.empty()) return {};
      for (const Proposition& proposition : decision.propositions)
        if (proposition.element == overlap.element && !proposition.experience.empty())
          left_wins = proposition.experience == definition(pair.left).id;
    }
    if (configuration->resolve.mode != Resolution::Mode::merge) overlap.keys.clear();
    const Entry &winner = left_wins ? pair.left : pair.right, &loser = left_wins ? pair.right : pair.left;
    const auto side = [&](const Entry& entry) {
      return Overlap::Side{definition(entry).id, action(entry).id, action(entry).configuration, definition(entry).priority};
    };
    overlap.winner = side(winner);
    overlap.loser = side(loser);
    const auto& conflict = source_.workspace.conflict;
    if (conflict.contains(overlap.winner.configuration) || conflict.contains(overlap.loser.configuration)) overlap.by = Overlap::By::policy;
    else if (overlap.winner.priority != overlap.loser.priority) overlap.by = Overlap::By::priority;
    else overlap.by = winner.is_exact != loser.is_exact ? Overlap::By::specificity : Overlap::By::activation;
    overlap.witness = std::move(request);
    return overlap;
  }

  const SnapshotSource& source_;
  RememberingCompiler policies_;
  const OverlapOptions& options_;
  Zone zone_;
  std::vector<Contender> contenders_;
  std::vector<std::map<std::string, Needs>> needs_;  // by contender and treatment
  std::map<std::string, std::vector<std::pair<int, int>>> standing_;
  std::vector<Arena> arenas_;
  std::vector<Pair> pairs_;
  std::set<std::pair<Name, bool>> formed_;
  std::set<Name> told_;
  bool is_runner_tried_ = false;
  std::unique_ptr<PolicyRunner> runner_;
  PolicyNumbers numbers_;
  OverlapReport report_;
};

void flatten(const Value& value, const std::string& path, Object& out) {
  if (value.is_object() && (path.empty() || !value.object().empty())) {
    for (const auto& [key, member] : value.object()) flatten(member, path.empty() ? key : path + "." + key, out);
  } else {
    out[path] = value;
  }
}

}  // namespace

std::string_view to_text(Overlap::By by) {
  constexpr std::string_view names[] = {"priority", "specificity", "activation", "policy"};
  return names[static_cast<int>(by)];
}

Value to_value(const Overlap& overlap) {
  const auto side = [](const Overlap::Side& of) {
    return Value(
        Object{{"experience", of.experience}, {"action", of.action}, {"configuration", of.configuration}, {"priority", of.priority}});
  };
  Object attributes;
  flatten(overlap.witness.attributes, "", attributes);
  Object witness{{"attributes", std::move(attributes)}, {"surfaces", Array{overlap.surface}}};
  if (!overlap.witness.identity.id.empty()) witness["identity"] = Object{{"id", overlap.witness.identity.id}};
  Object value{{"surface", overlap.surface},        {"element", overlap.element},        {"winner", side(overlap.winner)},
               {"loser", side(overlap.loser)},      {"decided_by", to_text(overlap.by)}, {"witness", std::move(witness)},
               {"at", to_text(overlap.witness.now)}};
  if (!overlap.keys.empty()) value["keys"] = Array(overlap.keys.begin(), overlap.keys.end());
  return value;
}

OverlapReport find_overlaps(const SnapshotSource& source, PolicyCompiler& policies, const OverlapOptions& options) {
  return Finder(source, policies, options).find();
}

}  // namespace footlight
