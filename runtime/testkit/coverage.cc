#include "testkit/coverage.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "base/limits.h"
#include "base/text.h"
#include "script/print.h"
#include "testkit/transitions.h"

namespace footlight {
namespace {

using Op = Predicate::Op;

// Everything stays Lua, so that every function can be watched. What the folder holds was checked before.
class NeverNative : public PolicyCompiler {
 public:
  Problems check(const Policy&) override { return {}; }
  std::optional<Predicate> lift(const Policy&, const AttributeTypes&) override { return {}; }
};

std::string file_of(const std::string& place) { return place.substr(0, place.rfind(':')); }
int line_of(const std::string& place) { return std::atoi(place.c_str() + std::min(place.size(), place.rfind(':') + 1)); }

// What a probe of one policy counts for.
struct Target {
  int clause = -1;   // index into clauses
  std::string file;  // else a line; empty: nothing of the file's
  int line = 0;
};

struct WatchedPolicy {
  std::vector<Target> targets;  // by probe
  int thing = -1;               // index into policies
};

// A condition in words, as a tree: tests are programs of one node each.
struct Condition {
  Op op = Op::always;
  std::vector<Condition> parts;
  int clause = -1;  // of a test
  PredicateProgram test;
  int policy = -1;  // of a function, as the watched snapshot numbers it
};

struct WatchedExperience {
  Condition audience;
  int schedule = -1;  // clause: is it open?
  bool has_schedule_policy = false;
  std::map<std::pair<std::string, std::string>, int> actions;  // action and treatment → index into actions
};

// What happened, as counters. Sums of several are the same in any order.
struct Counts {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> clauses;
  std::vector<std::uint64_t> policies, surfaces, actions, transitions;
  std::map<std::pair<std::string, int>, std::uint64_t> lines;
};

std::string policy_key(const Policy& policy) {
  return policy.owner + "\n" + policy.path + "\n" + std::string(to_text(policy.role)) + "\n" + policy.lua;
}

class Plan final : public Coverage {
 public:
  Plan(const LoadedWorkspace& loaded, const Files& files) : loaded_(loaded), files_(files), attributes_(loaded.workspace) {}

  Status prepare() {
    NeverNative never;
    auto snapshot = Snapshot::compile(everything_live(loaded_), never);
    if (!snapshot) return snapshot.error();
    snapshot_ = std::move(*snapshot);
    for (std::size_t i = 0; i < snapshot_->policies().size(); ++i)
      numbers_.emplace(policy_key(snapshot_->policies()[i]), static_cast<int>(i));
    for (const Policy& policy : snapshot_->policies()) plan_policy(policy);
    for (const Configuration& configuration : loaded_.workspace.configurations) {
      surfaces_.emplace(configuration.name, static_cast<int>(report_.surfaces.size()));
      report_.surfaces.push_back({locate(loaded_.places, "$.surfaces." + configuration.name, ""), configuration.name});
    }
    for (const LoadedExperience& experience : loaded_.experiences) plan_experience(experience);
    plan_transitions();
    // What a line counts once however many policies it is in.
    for (const WatchedPolicy& policy : policies_)
      for (const Target& target : policy.targets)
        if (target.clause < 0 && !target.file.empty()) report_.lines[target.file][target.line];
    for (const auto& [file, lines] : report_.lines) keep_source(file);
    for (const CoveredClause& clause : report_.clauses) keep_source(file_of(clause.place));
    total_ = empty();
    return Done{};
  }

  std::unique_ptr<CoverageWatch> watch() override;

  Counts empty() const {
    Counts counts;
    counts.clauses.resize(report_.clauses.size());
    counts.policies.resize(report_.policies.size());
    counts.surfaces.resize(report_.surfaces.size());
    counts.actions.resize(report_.actions.size());
    counts.transitions.resize(report_.transitions.size());
    return counts;
  }

  void add(const Counts& counts) {
    const std::lock_guard turn(mutex_);
    for (std::size_t i = 0; i < counts.clauses.size(); ++i) {
      total_.clauses[i].first += counts.clauses[i].first;
      total_.clauses[i].second += counts.clauses[i].second;
    }
    for (auto [sum, part] : {std::pair{&total_.policies, &counts.policies},
                             {&total_.surfaces, &counts.surfaces},
                             {&total_.actions, &counts.actions},
                             {&total_.transitions, &counts.transitions}})
      for (std::size_t i = 0; i < part->size(); ++i) (*sum)[i] += (*part)[i];
    for (const auto& [line, times] : counts.lines) total_.lines[line] += times;
  }

  CoverageReport report() const override {
    CoverageReport report = report_;
    for (std::size_t i = 0; i < report.clauses.size(); ++i) std::tie(report.clauses[i].yes, report.clauses[i].no) = total_.clauses[i];
    for (auto [things, times] : {std::pair{&report.policies, &total_.policies},
                                 {&report.surfaces, &total_.surfaces},
                                 {&report.actions, &total_.actions},
                                 {&report.transitions, &total_.transitions}})
      for (std::size_t i = 0; i < things->size(); ++i) (*things)[i].times = (*times)[i];
    for (const auto& [line, times] : total_.lines) report.lines[line.first][line.second] = times;
    const auto by_place = [](const auto& left, const auto& right) {
      const auto key = [](const auto& one) { return std::tuple(file_of(one.place), line_of(one.place)); };
      return key(left) < key(right);
    };
    std::stable_sort(report.clauses.begin(), report.clauses.end(), [&](const CoveredClause& left, const CoveredClause& right) {
      return by_place(left, right) || (!by_place(right, left) && left.column < right.column);
    });
    std::stable_sort(report.policies.begin(), report.policies.end(), by_place);
    return report;
  }

 private:
  friend class Watch;

  // ---- functions: as they are kept, against the files that they were written in

  const std::optional<Chunk>& source(const std::string& file) {
    const auto [found, is_new] = sources_.try_emplace(file);
    if (!is_new) return found->second;
    auto text = files_.read(file, limits::script_bytes_max);
    auto chunk = text ? read_chunk(*text, file, Mode::declare) : Result<Chunk>(text.error());
    if (chunk) found->second.emplace(std::move(*chunk));
    return found->second;
  }

  void keep_source(const std::string& file) {
    if (report_.sources.contains(file)) return;
    if (auto text = files_.read(file, limits::script_bytes_max)) report_.sources.emplace(file, std::move(*text));
  }

  int clause(const std::string& place, const std::string& text, const std::string& owner, int column = 0) {
    const auto [found, is_new] = clauses_.try_emplace(std::tuple(place, column, text), static_cast<int>(report_.clauses.size()));
    if (is_new) report_.clauses.push_back({place, text, owner, column});
    return found->second;
  }

  std::string place_of(const Policy& policy) const {
    if (!policy.place.empty() && policy.place.find(':') != std::string::npos) return policy.place;
    const auto owner = std::find_if(loaded_.experiences.begin(), loaded_.experiences.end(),
                                    [&](const LoadedExperience& experience) { return experience.definition.id == policy.owner; });
    const std::string workspace_place = locate(loaded_.places, policy.path, "");
    return owner != loaded_.experiences.end() && policy.role != PolicyRole::conflict
        ? locate(owner->places, policy.path, workspace_place.empty() ? owner->file : workspace_place)
        : workspace_place;
  }

  void plan_policy(const Policy& policy) {
    WatchedPolicy& watched = policies_.emplace_back();
    const std::string place = place_of(policy);
    auto chunk = read_chunk(policy.lua, policy.owner, Mode::policy);
    if (!chunk) return;
    // What a function captured is written down with it, from its own file and from modules.
    std::unordered_map<const void*, Target> written;
    const auto key = [](const ProbePoint& point) { return point.statement ? static_cast<const void*>(point.statement) : point.condition; };
    const auto origins = loaded_.origins.find(policy.lua);
    for (std::size_t i = 0; i < chunk->functions.size(); ++i) {
      if (origins == loaded_.origins.end() || i >= origins->second.size()) break;
      const FunctionOrigin& origin = origins->second[i];
      const auto& file = source(origin.file);
      if (!file || static_cast<std::size_t>(origin.id) >= file->functions.size()) continue;
      const auto own = probe_points(*chunk->functions[i].body),
                 there = probe_points(*file->functions[static_cast<std::size_t>(origin.id)].body);
      for (std::size_t n = 0; n < own.size() && own.size() == there.size(); ++n) {
        Target target{.file = origin.file, .line = there[n].at.line};
        if (own[n].condition)
          target.clause =
              clause(target.file + ":" + std::to_string(target.line), print(*there[n].condition), policy.owner, there[n].at.column);
        written.emplace(key(own[n]), std::move(target));
      }
    }
    int number = 0;
    for (const ProbePoint& point : probe_points(*chunk)) {
      ++number;
      const auto found = written.find(key(point));
      Target target;
      if (found != written.end()) {
        target = found->second;
      } else if (written.empty()) {
        // Of a document: all of it is at the place that it has there.
        target = {.file = file_of(place), .line = line_of(place)};
        if (point.condition) target.clause = clause(place, print(*point.condition), policy.owner, number);
      }
      watched.targets.push_back(std::move(target));
    }
    const std::string role(to_text(policy.role));
    const auto [found, is_new] = things_.try_emplace(place + "\n" + role, static_cast<int>(report_.policies.size()));
    if (is_new) report_.policies.push_back({place, role + " of " + policy.owner});
    watched.thing = found->second;
  }

  // ---- conditions in words

  Condition plan_condition(const Predicate& predicate, const std::string& owner, const Places& places, const std::string& otherwise,
                           const Included& include) {
    Condition condition{.op = predicate.op};
    const std::string place = locate(places, predicate.path, otherwise);
    if (predicate.op == Op::always) return condition;
    if (predicate.op == Op::audience) {
      // Once for all who name it: as the workspace declares it.
      const auto named = loaded_.workspace.audiences.find(predicate.name);
      if (named == loaded_.workspace.audiences.end() || ++depth_ > limits::predicate_depth_max) return condition;
      condition = plan_condition(named->second, owner, loaded_.places, "", include);
      --depth_;
      return condition;
    }
    if (predicate.op == Op::lua) {
      for (const auto& [key, number] : numbers_)
        if (snapshot_->policies()[static_cast<std::size_t>(number)].lua == predicate.lua &&
            snapshot_->policies()[static_cast<std::size_t>(number)].owner == owner)
          condition.policy = number;
      return condition;
    }
    for (const Predicate& part : predicate.args) condition.parts.push_back(plan_condition(part, owner, places, otherwise, include));
    if (!predicate.args.empty() || predicate.op == Op::all || predicate.op == Op::any || predicate.op == Op::no) return condition;
    Problems problems;
    PredicateSurroundings surroundings{attributes_, include, lists(), {}};
    condition.test = PredicateProgram::compile(predicate, surroundings, problems);
    condition.clause = clause(place, to_text(predicate), owner);
    return condition;
  }

  const std::map<std::string, std::shared_ptr<const IdList>>& lists() {
    if (lists_.empty())
      for (const auto& [hash, content] : loaded_.lists) lists_[hash] = parse_list(content);
    return lists_;
  }

  void plan_experience(const LoadedExperience& experience) {
    const Definition& definition = experience.definition;
    const std::string first = locate(experience.places, "$", experience.file);
    WatchedExperience& watched = experiences_[definition.id];
    if (definition.kind == ExperienceKind::journey) return;  // no step machine runs yet: it shows nothing
    watched.audience = plan_condition(definition.audience, definition.id, experience.places, first, definition.include);
    watched.has_schedule_policy = !definition.schedule_policy.empty();
    if (!definition.from.empty() || !definition.till.empty() || definition.schedule || watched.has_schedule_policy) {
      const char* path = definition.schedule || watched.has_schedule_policy ? "$.schedule" : definition.from.empty() ? "$.till" : "$.from";
      watched.schedule = clause(locate(experience.places, path, first), "the schedule is open", definition.id);
    }
    for (const Action& action : definition.actions) {
      const std::string treatment = action.treatment;
      std::string name = definition.id + " on " + action.configuration + (action.element.empty() ? "" : ", element " + action.element) +
          (treatment.empty() ? "" : ", treatment " + treatment);
      watched.actions.emplace(std::pair(action.id, treatment), static_cast<int>(report_.actions.size()));
      report_.actions.push_back({locate(experience.places, action.path, first), std::move(name)});
    }
  }

  // ---- the lifecycle: what may be done to the kinds of experiences there are

  void plan_transitions() {
    std::set<ExperienceKind> kinds;
    for (const LoadedExperience& experience : loaded_.experiences) {
      kinds.insert(experience.definition.kind);
      kinds_[experience.definition.id] = experience.definition.kind;
    }
    for (const ExperienceKind kind : kinds) {
      const std::string word = kind == ExperienceKind::journey ? "journey" : "campaign";
      for (const std::string& name : transition_names(kind == ExperienceKind::journey)) {
        transitions_.emplace(word + ": " + name, static_cast<int>(report_.transitions.size()));
        report_.transitions.push_back({"", word + ": " + name});
      }
    }
  }

  const LoadedWorkspace& loaded_;
  const Files& files_;
  AttributeTable attributes_;
  std::shared_ptr<const Snapshot> snapshot_;  // everything in it is Lua
  std::map<std::string, int> numbers_;        // policy_key → number there
  std::map<std::string, std::optional<Chunk>> sources_;
  std::map<std::tuple<std::string, int, std::string>, int> clauses_;
  std::map<std::string, int> things_, surfaces_, transitions_;
  std::map<std::string, std::shared_ptr<const IdList>> lists_;
  std::map<std::string, WatchedExperience> experiences_;
  std::map<std::string, ExperienceKind> kinds_;
  std::vector<WatchedPolicy> policies_;
  int depth_ = 0;
  CoverageReport report_;  // with nothing seen

  mutable std::mutex mutex_;
  Counts total_;
};

// One worker's.
class Watch final : public CoverageWatch, public PolicyRunner {
 public:
  explicit Watch(Plan& plan) : plan_(plan), counts_(plan.empty()), probes_(plan.policies_.size()) {
    // Fuel is the rule: how busy the machine is must not count.
    auto made = LuaPolicyRunner::create(plan.snapshot_, {.deadline = seconds(5), .probes = &probes_});
    if (made) again_ = std::move(*made);
  }
  ~Watch() override {
    for (std::size_t i = 0; i < probes_.size(); ++i) {
      const WatchedPolicy& policy = plan_.policies_[i];
      for (std::size_t n = 0; n < probes_[i].size() && n < policy.targets.size(); ++n) {
        const Target& target = policy.targets[n];
        if (target.file.empty()) continue;
        if (target.clause < 0) {
          // The most of the statements of a line, not their sum.
          auto& times = counts_.lines[{target.file, target.line}];
          times = std::max(times, probes_[i][n].yes);
        } else {
          counts_.clauses[static_cast<std::size_t>(target.clause)].first += probes_[i][n].yes;
          counts_.clauses[static_cast<std::size_t>(target.clause)].second += probes_[i][n].no;
        }
      }
    }
    plan_.add(counts_);
  }

  // ---- policies, watched. An audience's functions are asked again in decided(), native ones with them.

  PolicyRunner& policies(const Snapshot& snapshot, PolicyRunner& real) override {
    real_ = &real;
    if (serial_ != snapshot.serial()) {
      serial_ = snapshot.serial();
      numbers_.clear();
      for (std::size_t i = 0; i < snapshot.policies().size(); ++i) {
        if (!snapshot.policies().has(i)) {
          numbers_.push_back(-1);
          continue;
        }
        const Policy& policy = snapshot.policies()[i];
        const auto found = plan_.numbers_.find(policy_key(policy));
        numbers_.push_back(found == plan_.numbers_.end() || policy.path.starts_with("$.audience") ? -1 : found->second);
        own_targeting_.resize(numbers_.size());
        own_targeting_.back() = policy.path == "$.targeting";
      }
    }
    return *this;
  }

  PolicyAnswer<bool> targeting(int policy, const PolicyCall& call) override {
    const int number = own_targeting_[static_cast<std::size_t>(policy)] ? counted(policy) : -1;
    if (number >= 0) again_->targeting(number, call);
    return real_->targeting(policy, call);
  }
  PolicyAnswer<bool> schedule(int policy, const PolicyCall& call) override {
    if (const int number = counted(policy); number >= 0) again_->schedule(number, call);
    return real_->schedule(policy, call);
  }
  PolicyAnswer<std::vector<int>> conflict(int policy, const PolicyCall& call, const std::vector<CandidateView>& candidates) override {
    if (const int number = counted(policy); number >= 0) again_->conflict(number, call, candidates);
    return real_->conflict(policy, call, candidates);
  }
  PolicyAnswer<Value> content(int policy, const PolicyCall& call) override {
    if (const int number = counted(policy); number >= 0) again_->content(number, call);
    return real_->content(policy, call);
  }
  std::vector<std::string> take_log() override { return real_->take_log(); }

  // ---- what came of it

  void decided(const Request& request, const Decision& decision) override {
    std::optional<Slots> slots;
    for (const SurfaceTrace& surface : decision.trace) {
      for (const std::string& name : surface.configurations)
        if (const auto known = plan_.surfaces_.find(name); known != plan_.surfaces_.end())
          ++counts_.surfaces[static_cast<std::size_t>(known->second)];
      std::set<std::string_view> told;
      for (const CandidateTrace& candidate : surface.candidates) {
        // What a test edited is not what the folder says.
        const auto known = plan_.experiences_.find(candidate.experience);
        if (known == plan_.experiences_.end() || candidate.revision != 1 || candidate.fate == Fate::no_state ||
            !told.insert(candidate.experience).second)
          continue;
        const WatchedExperience& experience = known->second;
        if (experience.schedule >= 0) count(experience.schedule, candidate.fate != Fate::schedule);
        if (candidate.fate == Fate::schedule || (candidate.fate == Fate::policy_failed && experience.has_schedule_policy)) continue;
        if (!slots) slots.emplace(plan_.attributes_, request);
        holds(experience.audience, *slots, {request, {}, {}, candidate.experience});
      }
    }
    for (const Proposition& proposition : decision.propositions) {
      shown(proposition.experience, proposition.action, proposition.treatment, proposition.revision);
      for (const Proposition::Part& part : proposition.parts) shown(part.experience, part.action, "", part.revision);
    }
  }

  void moved(const std::string& experience, const std::string& command, const std::string& from) override {
    const auto kind = plan_.kinds_.find(experience);
    const bool is_journey = kind != plan_.kinds_.end() && kind->second == ExperienceKind::journey;
    std::string status = from;  // `in_review` in documents, `in review` in the table
    std::replace(status.begin(), status.end(), '_', ' ');
    const auto known = plan_.transitions_.find((is_journey ? "journey: " : "campaign: ") + command + ", from " + status);
    if (known != plan_.transitions_.end()) ++counts_.transitions[static_cast<std::size_t>(known->second)];
  }

 private:
  int counted(int policy) {
    const int number = again_ ? numbers_[static_cast<std::size_t>(policy)] : -1;
    if (number >= 0) count_policy(number);
    return number;
  }
  void count_policy(int number) {
    if (const int thing = plan_.policies_[static_cast<std::size_t>(number)].thing; thing >= 0)
      ++counts_.policies[static_cast<std::size_t>(thing)];
  }
  void count(int clause, bool held) {
    auto& [yes, no] = counts_.clauses[static_cast<std::size_t>(clause)];
    ++(held ? yes : no);
  }

  // As far as decisions ask: `all` ends at the first that is false, `any` at the first that is true.
  bool holds(const Condition& condition, const Slots& slots, const PolicyCall& call) {
    switch (condition.op) {
      case Op::all:
        return std::all_of(condition.parts.begin(), condition.parts.end(), [&](const Condition& part) { return holds(part, slots, call); });
      case Op::any:
        return std::any_of(condition.parts.begin(), condition.parts.end(), [&](const Condition& part) { return holds(part, slots, call); });
      case Op::no: return !holds(condition.parts[0], slots, call);
      case Op::lua: {
        if (condition.policy < 0 || !again_) return false;
        count_policy(condition.policy);
        const auto answer = again_->targeting(condition.policy, call);
        return std::holds_alternative<bool>(answer) && std::get<bool>(answer);
      }
      default: {
        if (condition.clause < 0) return true;
        const bool held = condition.test(slots, no_policies(), call).holds;
        count(condition.clause, held);
        return held;
      }
    }
  }

  void shown(const std::string& id, const std::string& action, const std::string& treatment, int revision) {
    const auto known = plan_.experiences_.find(id);
    if (known == plan_.experiences_.end() || revision != 1) return;
    auto found = known->second.actions.find({action, treatment});
    if (found == known->second.actions.end()) found = known->second.actions.find({action, ""});
    if (found == known->second.actions.end())
      found = std::find_if(known->second.actions.begin(), known->second.actions.end(),
                           [&](const auto& one) { return one.first.first == action; });
    if (found != known->second.actions.end()) ++counts_.actions[static_cast<std::size_t>(found->second)];
  }

  Plan& plan_;
  Counts counts_;
  std::vector<std::vector<ProbeCount>> probes_;
  std::unique_ptr<LuaPolicyRunner> again_;
  PolicyRunner* real_ = nullptr;
  std::uint64_t serial_ = 0;
  std::vector<int> numbers_;  // of the snapshot that is decided from, as ours numbers them
  std::vector<bool> own_targeting_;
};

std::unique_ptr<CoverageWatch> Plan::watch() { return std::make_unique<Watch>(*this); }

}  // namespace

Result<std::unique_ptr<Coverage>> Coverage::make(const LoadedWorkspace& loaded, const Files& files) {
  auto plan = std::make_unique<Plan>(loaded, files);
  if (auto ready = plan->prepare(); !ready) return ready.error();
  return std::unique_ptr<Coverage>(std::move(plan));
}

std::vector<CoverageReport::Ratio> CoverageReport::ratios() const {
  Ratio line{"lines"}, clause{"clauses"};
  for (const auto& [file, rows] : lines)
    for (const auto& [number, times] : rows) {
      ++line.all;
      line.seen += times > 0;
    }
  for (const CoveredClause& one : clauses) {
    clause.all += 2;
    clause.seen += (one.yes > 0) + (one.no > 0);
  }
  std::vector<Ratio> ratios{line, clause};
  for (const auto& [name, things] :
       {std::pair{"policies", &policies}, {"surfaces", &surfaces}, {"actions", &actions}, {"transitions", &transitions}}) {
    Ratio ratio{name, 0, things->size()};
    for (const CoveredThing& thing : *things) ratio.seen += thing.times > 0;
    ratios.push_back(std::move(ratio));
  }
  return ratios;
}

double CoverageReport::percent() const {
  std::size_t seen = 0, all = 0;
  for (const Ratio& ratio : ratios()) seen += ratio.seen, all += ratio.all;
  return all == 0 ? 100 : 100.0 * static_cast<double>(seen) / static_cast<double>(all);
}

}  // namespace footlight
