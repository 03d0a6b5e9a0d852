#include "script/policies.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>

#include "base/limits.h"
#include "script/lower.h"
#include "script/meanings.h"

namespace footlight {

extern const std::string_view policy_prelude;

namespace {

// The request's attributes as `p`: a value that is not of its declared type reads as absent, as it
// does for declared predicates.
class ProfileView : public ViewSource {
 public:
  ProfileView(const Request& request, const AttributePaths& paths) : request_(request), paths_(paths) {}

  Found at(std::string_view path) const override {
    const Value* value = request_.attributes.at_path(path);
    const auto known = paths_.find(path);
    if ((known != paths_.end() && !known->second) || (value && value->is_object())) return {nullptr, true};
    if (!value || (known != paths_.end() && !known->second->accepts(*value))) return {};
    return {value, false};
  }

  std::vector<std::string> keys(std::string_view path) const override {
    const Value* holder = path.empty() ? &request_.attributes : request_.attributes.at_path(path);
    std::vector<std::string> keys;
    if (holder && holder->is_object())
      for (const auto& [key, value] : holder->object()) {
        const std::string whole = path.empty() ? key : std::string(path) + "." + key;
        const Found found = at(whole);
        if (found.value || found.is_object) keys.push_back(key);
      }
    return keys;
  }

 private:
  const Request& request_;
  const AttributePaths& paths_;
};

// `request`: identity.namespace, identity.id, context, surface, configuration, now.
class RequestView : public ViewSource {
 public:
  explicit RequestView(const PolicyCall& call) : call_(call), context_(call.request->context) {}

  Found at(std::string_view path) const override {
    if (path == "identity" || path == "context") return {nullptr, true};
    if (path.starts_with("context.")) {
      const Value* value = context_.at_path(path.substr(8));
      return {value && !value->is_object() ? value : nullptr, value && value->is_object()};
    }
    for (const Field& field : fields)
      if (field.name == path) {
        read_ = field.of(call_);
        return {read_.string().empty() ? nullptr : &read_, false};
      }
    return {};
  }

  std::vector<std::string> keys(std::string_view path) const override {
    if (path.empty()) return {"configuration", "context", "identity", "now", "surface"};
    if (path == "identity") return {"id", "namespace"};
    std::vector<std::string> keys;
    const Value* holder = path == "context" ? &context_ : path.starts_with("context.") ? context_.at_path(path.substr(8)) : nullptr;
    if (holder && holder->is_object())
      for (const auto& [key, value] : holder->object()) keys.push_back(key);
    return keys;
  }

 private:
  struct Field {
    std::string_view name;
    std::string (*of)(const PolicyCall&);
  };
  static constexpr Field fields[] = {{"identity.namespace", [](const PolicyCall& call) { return call.request->identity.space; }},
                                     {"identity.id", [](const PolicyCall& call) { return call.request->identity.id; }},
                                     {"surface", [](const PolicyCall& call) { return std::string(call.surface); }},
                                     {"configuration", [](const PolicyCall& call) { return std::string(call.configuration); }},
                                     {"now", [](const PolicyCall& call) { return to_text(call.request->now); }}};

  const PolicyCall& call_;
  const Value& context_;
  mutable Value read_;  // until the next question
};

bool is_true(const Value& value) { return !value.is_null() && !(value.is_boolean() && !value.boolean()); }

// A seed for `math.random` that is the same on every node: of the identity and the instant.
std::uint64_t seed_of(const Request& request) {
  std::uint64_t seed = static_cast<std::uint64_t>(request.now.ms) * 0x9E3779B97F4A7C15u;
  for (const char byte : request.identity.id) seed = (seed ^ static_cast<unsigned char>(byte)) * 0x100000001B3u;
  return seed;
}

std::string chunk_name(const Policy& policy) {
  return policy.owner + " " + (policy.path.starts_with("$.") ? policy.path.substr(2) : policy.path);
}

// A message that begins with a line of the policy, `gold audience:3: …`, with the file's own where it is known.
std::string placed(const Policy& policy, std::string message) {
  const std::string name = chunk_name(policy) + ":";
  if (policy.lines.empty() || !message.starts_with(name)) return message;
  const auto known = policy.lines.find(std::atoi(message.c_str() + name.size()));
  const auto rest = message.find(':', name.size());
  return known == policy.lines.end() || rest == std::string::npos ? message : known->second + message.substr(rest);
}

// What of a lifted function does not hold with these declarations: then it is not exact, and stays Lua.
std::string unmet(const LiftNeed& need, const AttributeTypes& declared) {
  using Type = AttributeType::Type;
  const auto type = declared.find(need.attribute);
  if (type == declared.end()) {
    const auto below = declared.lower_bound(need.attribute + ".");
    if (need.kind == LiftNeed::Kind::name && below != declared.end() && below->first.starts_with(need.attribute + ".")) return "";
    return "no attribute `" + need.attribute + "` is declared";
  }
  const Type is = type->second.type;
  const bool is_met = need.kind == LiftNeed::Kind::number ? is == Type::number
      : need.kind == LiftNeed::Kind::list                 ? is == Type::list
      : need.kind == LiftNeed::Kind::text                 ? is == Type::text || is == Type::enumeration || is == Type::date
                                                          : true;
  if (is_met) return "";
  const char* wanted = need.kind == LiftNeed::Kind::number ? "a number" : need.kind == LiftNeed::Kind::list ? "a list" : "a text";
  return "`" + need.attribute + "` is declared as " + to_text(type->second) + ", and this is an error for what is not " + wanted;
}

}  // namespace

namespace {

// Preludes are constants of the program: each is read and metered once, for all the states that load it.
Result<std::shared_ptr<const std::string>> metered_prelude(std::string_view source, const std::string& name) {
  static std::mutex mutex;
  static std::map<std::pair<std::string, std::string>, std::shared_ptr<const std::string>> known;  // by name and source
  const std::pair key{name, std::string(source)};
  {
    const std::lock_guard turn(mutex);
    if (const auto found = known.find(key); found != known.end()) return found->second;
  }
  auto chunk = read_chunk(source, name, Mode::policy);
  if (!chunk) return refuse(Code::internal, to_text(chunk.error()));
  auto metered = std::make_shared<const std::string>(std::move(chunk->lua));
  const std::lock_guard turn(mutex);
  return known.try_emplace(key, std::move(metered)).first->second;
}

}  // namespace

Result<Environment> load_prelude(Vm& vm, std::string_view source, const std::string& name, const Environment& globals) {
  auto metered = metered_prelude(source, name);
  if (!metered) return metered.error();
  auto loaded = vm.load(**metered, name, globals);
  if (!loaded) return loaded.error();
  ScriptOutcome outcome = vm.call(*loaded, {}, Budget{.fuel = limits::fuel_load}, Functions::collect);
  vm.release(*loaded);
  if (!outcome.ok()) return refuse(Code::internal, "the prelude " + name + ": " + outcome.error->message);
  Environment environment;
  for (const auto& [key, value] : outcome.value.object()) {
    if (const Value* function = value.find("$function"))
      environment.push_back({key, outcome.functions[static_cast<std::size_t>(function->number())].ref});
    else environment.push_back({key, value});
  }
  return environment;
}

Result<Environment> policy_helpers(Vm& vm, const Environment& host) {
  auto helpers = load_prelude(vm, policy_prelude, "prelude/policy.lua");
  if (helpers) helpers->insert(helpers->end(), host.begin(), host.end());
  return helpers;
}

// Each part of a lifted predicate by the line and column of the policy where it was written: `$.audience:3:14`.
static void name_lines(Predicate& part, const std::string& path, const std::vector<ast::Place>& marks, std::size_t& next) {
  if (next == marks.size()) return;
  const ast::Place at = marks[next++];
  if (at.line > 0) part.path = path + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
  for (Predicate& inner : part.args) name_lines(inner, path, marks, next);
}

// In the place of each policy in it.
static void put_for_rests(Predicate& part, const Predicate& rest) {
  if (part.op == Predicate::Op::lua) {
    part = rest;
    return;
  }
  for (Predicate& inner : part.args) put_for_rests(inner, rest);
}

// ---- compiler

Problems LuaPolicyCompiler::check(const Policy& policy) {
  const std::lock_guard turn(mutex_);
  if (checked_.size() >= limits::policies_remembered_max) checked_.clear();
  const auto known = checked_.find(policy.lua);
  if (known != checked_.end()) return known->second;
  Problems problems;
  auto chunk = read_chunk(policy.lua, chunk_name(policy), Mode::policy);
  if (!chunk) {
    problems = chunk.error().problems;
    if (problems.empty()) problems.push_back({chunk.error().code, policy.path, chunk.error().message});
  } else {
    // The names of the prelude's helpers, without a state: every top-level name of its last table.
    static const std::vector<std::string> helpers = [] {
      std::vector<std::string> names;
      if (auto vm = Vm::create())
        if (auto environment = policy_helpers(*vm))
          for (const Global& global : *environment) names.push_back(global.name);
      return names;
    }();
    Environment globals;
    for (const std::string& helper : helpers) globals.push_back({helper, Value()});
    globals.insert(globals.end(), host_.begin(), host_.end());
    problems = undefined_names(*chunk, globals);
    if (chunk->functions.empty()) problems.push_back({Code::bad_result, policy.path, "a policy is a function: `return function(…) … end`"});
  }
  return checked_[policy.lua] = std::move(problems);
}

std::shared_ptr<const Lift> LuaPolicyCompiler::lifted(const Policy& policy) {
  const std::lock_guard turn(mutex_);
  if (lifted_.size() >= limits::policies_remembered_max) lifted_.clear();
  std::shared_ptr<const Lift>& known = lifted_[policy.lua];
  if (known) return known;
  Lift lift;
  if (auto chunk = read_chunk(policy.lua, chunk_name(policy), Mode::policy); !chunk) lift.why = "it cannot be read";
  else if (const FunctionInfo* function = policy_function_of(*chunk)) lift = footlight::lift(*chunk, *function);
  else lift.why = "what stands before its function may matter";
  if (lift.predicate) lift.predicate = without_notes(*lift.predicate);
  return known = std::make_shared<const Lift>(std::move(lift));
}

std::variant<Predicate, WhyLua> LuaPolicyCompiler::native_form(const Policy& policy, const AttributeTypes& declared) {
  const auto lift = lifted(policy);
  if (!lift->predicate) return WhyLua{lift->why, lift->why_line};
  for (const LiftNeed& need : lift->needs)
    if (std::string why = unmet(need, declared); !why.empty()) return WhyLua{std::move(why), need.line};
  Problems problems;
  Predicate predicate = parse_predicate(*lift->predicate, policy.path, problems);
  if (!problems.empty()) return WhyLua{"its conditions are too many or too deep for a predicate", 0};
  std::size_t next = 0;
  name_lines(predicate, policy.path, lift->marks, next);
  return predicate;
}

namespace {

// What of a policy's conditions holds with these declarations, and, of attributes that may be anything, declared so or not
// at all, what a request's value must be so that it does: else the policy is asked as it is written.
struct Met {
  const AttributeTypes& declared;
  std::map<std::string, LiftNeed::Kind> sound = {};

  bool operator()(const LiftNeed& need) {
    if (unmet(need, declared).empty()) return true;
    const auto type = declared.find(need.attribute);
    const bool is_anything = type == declared.end() ? need.attribute.find('.') == std::string::npos && !is_object(need.attribute)
                                                    : type->second.type == AttributeType::Type::any;
    if (!is_anything || need.kind == LiftNeed::Kind::name) return false;
    if (need.kind == LiftNeed::Kind::any) return true;
    return sound.try_emplace(need.attribute, need.kind).first->second == need.kind;
  }

  bool is_object(const std::string& name) const {
    const auto below = declared.lower_bound(name + ".");
    return below != declared.end() && below->first.starts_with(name + ".");
  }

  Predicate all_sound(const std::string& path) const {
    using Op = Predicate::Op;
    Predicate all{.op = Op::all, .path = path};
    for (const auto& [name, kind] : sound) {
      Predicate fits{.op = Op::starts, .attribute = name, .operand = "", .path = path};
      if (kind == LiftNeed::Kind::number) fits.op = Op::ge, fits.operand = std::numeric_limits<double>::lowest();
      if (kind == LiftNeed::Kind::list) fits.op = Op::has_all, fits.operand = Array{};
      const Predicate exists{.op = Op::exists, .attribute = name, .path = path};
      all.args.push_back({.op = Op::any, .args = {fits, {.op = Op::no, .args = {exists}, .path = path}}, .path = path});
    }
    return all;
  }
};

}  // namespace

std::optional<Predicate> LuaPolicyCompiler::split(const Policy& policy, const AttributeTypes& declared) {
  const auto chunk = read_chunk(policy.lua, chunk_name(policy), Mode::policy);
  if (!chunk) return {};
  Met met{declared};
  const IsMet is_met = std::ref(met);
  const Lowering lowering = lower(*chunk, &is_met);
  Predicate rest{.op = Predicate::Op::lua, .args = lowering.conditions, .path = policy.path};
  // What depends on nothing is remembered as well.
  if (rest.args.empty() && lowering.depends_on_conditions) rest.args.push_back({.path = policy.path});
  // What writes tables is not looked into: `lower` says so.
  const auto document = lowering.function ? outline(*chunk, *policy_function_of(*chunk), is_met) : std::nullopt;
  Problems problems;
  Predicate whole = document ? parse_predicate(*document, policy.path, problems) : rest;
  if (document && !problems.empty()) whole = rest;
  put_for_rests(whole, rest);
  if (whole.op == Predicate::Op::lua && whole.args.empty()) return {};
  if (met.sound.empty()) return whole;
  const Predicate sound = met.all_sound(policy.path), as_written{.op = Predicate::Op::lua, .path = policy.path};
  const auto both = [&](Predicate::Op op, Predicate first, Predicate second) {
    return Predicate{.op = op, .args = {std::move(first), std::move(second)}, .path = policy.path};
  };
  const Predicate unsound{.op = Predicate::Op::no, .args = {sound}, .path = policy.path};
  return both(Predicate::Op::any, both(Predicate::Op::all, sound, whole), both(Predicate::Op::all, unsound, as_written));
}

std::optional<Predicate> LuaPolicyCompiler::lift(const Policy& policy, const AttributeTypes& declared) {
  auto form = native_form(policy, declared);
  if (auto* predicate = std::get_if<Predicate>(&form)) return std::move(*predicate);
  return {};
}

// ---- runner

LuaPolicyRunner::LuaPolicyRunner(std::shared_ptr<const Snapshot> snapshot, PolicyRunnerOptions options, Vm vm)
    : snapshot_(std::move(snapshot)), options_(std::move(options)), vm_(std::move(vm)) {
  options_.breaker->begin(snapshot_->version());
  know_paths();
}

void LuaPolicyRunner::know_paths() {
  paths_.clear();
  std::vector<std::string> names;
  for (const auto& [name, type] : snapshot_->attributes().declared()) {
    names.push_back(name);
    paths_[name] = &type;
  }
  for (const std::string& object : object_paths(names)) paths_[object] = nullptr;
}

Result<std::unique_ptr<LuaPolicyRunner>> LuaPolicyRunner::create(std::shared_ptr<const Snapshot> snapshot, PolicyRunnerOptions options) {
  if (!options.breaker) options.breaker = std::make_shared<PolicyBreaker>();
  auto vm = Vm::create();
  if (!vm) return vm.error();
  std::unique_ptr<LuaPolicyRunner> runner(new LuaPolicyRunner(std::move(snapshot), std::move(options), std::move(*vm)));
  if (auto ready = runner->prepare(); !ready) return ready.error();
  return runner;
}

Status LuaPolicyRunner::prepare() {
  auto helpers = policy_helpers(vm_, options_.host);
  if (!helpers) return helpers.error();
  helpers_ = std::move(*helpers);
  for (std::vector<Loaded>* all : {&loaded_, &split_}) {
    all->clear();
    all->resize(snapshot_->policies().size());
  }
  remembered_.assign(snapshot_->policies().size(), Answers{});
  return Done{};
}

bool LuaPolicyRunner::go_on(const std::shared_ptr<const Snapshot>& next) {
  const AttributeTable &attributes = snapshot_->attributes(), &others = next->attributes();
  if (options_.probes || (&attributes != &others && attributes.declared() != others.declared())) return false;
  // One and the same is in both only where the snapshots share it.
  const auto &before = snapshot_->policies(), &after = next->policies();
  const auto is_in_both = [&](std::size_t number) { return before.has(number) && after.has(number) && &before[number] == &after[number]; };
  for (std::vector<Loaded>* all : {&loaded_, &split_}) {
    std::vector<Loaded> kept(after.size());
    for (std::size_t number = 0; number < all->size(); ++number) {
      Loaded& loaded = (*all)[number];
      if (is_in_both(number)) kept[number] = std::move(loaded);
      else if (loaded.is_tried && !loaded.broken) release_policy(vm_, loaded.function);
    }
    *all = std::move(kept);
  }
  remembered_.resize(after.size());
  for (std::size_t number = 0; number < remembered_.size(); ++number)
    if (!is_in_both(number)) remembered_[number] = {};
  const bool is_same_table = &attributes == &others;
  snapshot_ = next;
  if (!is_same_table) know_paths();
  options_.breaker->begin(snapshot_->version());
  return true;
}

LuaPolicyRunner::Loaded& LuaPolicyRunner::load(int number, bool is_split) {
  Loaded& loaded = (is_split ? split_ : loaded_)[static_cast<std::size_t>(number)];
  if (loaded.is_tried) return loaded;
  loaded.is_tried = true;
  Met met{snapshot_->attributes().declared()};
  const IsMet is_met = std::ref(met);
  const Policy& policy = snapshot_->policies()[static_cast<std::size_t>(number)];
  auto made = load_policy(vm_, policy.lua, chunk_name(policy), helpers_, {.fuel = limits::fuel_policy, .deadline = options_.deadline},
                          options_.probes ? &(*options_.probes)[static_cast<std::size_t>(number)] : nullptr, is_split ? &is_met : nullptr);
  if (auto* none = std::get_if<NoPolicy>(&made))
    loaded.broken = PolicyFailure{none->outcome.error->code, placed(policy, none->outcome.error->message)};
  else loaded.function = std::get<PolicyFunction>(made);
  return loaded;
}

std::optional<PolicyFailure> LuaPolicyRunner::rebuild_if_needed() {
  if (!vm_.needs_rebuild()) return {};
  auto fresh = Vm::create();
  if (!fresh) return PolicyFailure{fresh.error().code, fresh.error().message};
  vm_ = std::move(*fresh);
  if (auto ready = prepare(); !ready) return PolicyFailure{ready.error().code, ready.error().message};
  return {};
}

// What is counted, or made anew for each call since it may remember, is called alone.
bool LuaPolicyRunner::can_be_asked_with_others(const AskedPolicy& policy) {
  if (options_.probes || options_.breaker->quarantined(snapshot_->version(), policy.number)) return false;
  const Loaded& loaded = load(policy.number, policy.is_split);
  return !loaded.broken && loaded.function.function;
}

PolicyAnswer<Value> LuaPolicyRunner::call(int number, const Request& request, const Arguments& arguments, long fuel) {
  last_fuel_ = 0;
  if (auto failure = options_.breaker->quarantined(snapshot_->version(), number)) return std::move(*failure);
  if (auto failure = rebuild_if_needed()) return std::move(*failure);
  Loaded& loaded = load(number);
  if (loaded.broken) return *loaded.broken;
  const Budget budget{.fuel = fuel, .deadline = options_.deadline, .random_seed = seed_of(request)};
  ScriptOutcome outcome = call_policy(vm_, loaded.function, arguments, budget);
  last_fuel_ = outcome.fuel_used;
  for (std::string& line : outcome.log)
    if (log_.size() < limits::script_log_lines_max)
      log_.push_back(snapshot_->policies()[static_cast<std::size_t>(number)].owner + ": " + std::move(line));
  if (outcome.ok()) return std::move(outcome.value);
  const PolicyFailure failure{outcome.error->code,
                              placed(snapshot_->policies()[static_cast<std::size_t>(number)], std::move(outcome.error->message))};
  if (failure.code == Code::deadline_exceeded || failure.code == Code::memory_exceeded)
    options_.breaker->trip(snapshot_->version(), number, snapshot_->policies()[static_cast<std::size_t>(number)], failure);
  return failure;
}

PolicyAnswer<bool> LuaPolicyRunner::targeting(int policy, const PolicyCall& call_about) {
  const ProfileView profile(*call_about.request, paths_);
  const RequestView request(call_about);
  auto answer = call(policy, *call_about.request, {&profile, &request}, limits::fuel_predicate);
  if (auto* failure = std::get_if<PolicyFailure>(&answer)) return std::move(*failure);
  return is_true(std::get<Value>(answer));
}

void LuaPolicyRunner::targeting_each(std::span<const AskedPolicy> policies, const PolicyCall& about,
                                     std::vector<PolicyAnswer<bool>>& answers) {
  answers.assign(policies.size(), false);
  if (rebuild_if_needed()) {
    PolicyRunner::targeting_each(policies, about, answers);
    return;
  }
  std::vector<VmPredicate> functions;
  std::vector<std::size_t> places, alone;  // of `policies`
  for (std::size_t i = 0; i < policies.size(); ++i) {
    if (!can_be_asked_with_others(policies[i])) {
      alone.push_back(i);
      continue;
    }
    const Loaded& loaded = load(policies[i].number, policies[i].is_split);
    const PolicyFunction& function = loaded.function;
    functions.push_back({function.function, function.reads, function.reads_only, function.conditions, policies[i].conditions});
    places.push_back(i);
  }
  if (!functions.empty()) ask(policies, functions, places, about, answers, alone);
  for (const std::size_t i : alone) answers[i] = targeting(policies[i].number, about);
}

std::optional<bool> LuaPolicyRunner::remembered(const AskedPolicy& policy) {
  if (!policy.is_split || policy.conditions >= 64) return {};
  const Answers& answers = remembered_[static_cast<std::size_t>(policy.number)];
  if ((answers.known >> policy.conditions & 1) == 0 || options_.breaker->quarantined(snapshot_->version(), policy.number)) return {};
  return (answers.yes >> policy.conditions & 1) != 0;
}

void LuaPolicyRunner::remember(const AskedPolicy& policy, bool answer) {
  if (!policy.is_split || policy.conditions >= 64 || !load(policy.number, true).function.depends_on_conditions) return;
  Answers& answers = remembered_[static_cast<std::size_t>(policy.number)];
  answers.known |= std::uint64_t{1} << policy.conditions;
  answers.yes |= std::uint64_t{answer} << policy.conditions;
}

// All in one go; who must be asked alone after all is noted.
void LuaPolicyRunner::ask(std::span<const AskedPolicy> policies, const std::vector<VmPredicate>& functions,
                          const std::vector<std::size_t>& places, const PolicyCall& about, std::vector<PolicyAnswer<bool>>& answers,
                          std::vector<std::size_t>& alone) {
  const ProfileView profile(*about.request, paths_);
  const RequestView request(about);
  Vm::Failures failures;
  const std::vector<Held> held = vm_.call_each(
      functions, {&profile, &request},
      {.fuel = limits::fuel_predicate, .deadline = options_.deadline, .random_seed = seed_of(*about.request)}, &failures, about.number);
  std::vector<bool> is_told(functions.size());
  for (std::size_t i = 0; i < functions.size(); ++i) {
    is_told[i] = held[i] != Held::failed;
    answers[places[i]] = held[i] == Held::yes;
    if (is_told[i]) remember(policies[places[i]], held[i] == Held::yes);
  }
  // Time and memory are for all of them together: who ran out of them, and whoever came behind, is asked alone.
  for (const auto& [i, error] : failures) {
    if (error.code == Code::deadline_exceeded || error.code == Code::memory_exceeded) continue;
    is_told[i] = true;
    answers[places[i]] = PolicyFailure{error.code, error.message};
  }
  for (std::size_t i = 0; i < functions.size(); ++i)
    if (!is_told[i]) alone.push_back(places[i]);
}

PolicyAnswer<bool> LuaPolicyRunner::schedule(int policy, const PolicyCall& call_about) {
  const RequestView request(call_about);
  const CivilTime local = snapshot_->zone().local(call_about.request->now);
  constexpr const char* days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  const std::string text = to_text(local);
  const Value now = Object{{"year", local.year},
                           {"month", local.month},
                           {"day", local.day},
                           {"hour", local.hour},
                           {"minute", local.minute},
                           {"second", local.second},
                           {"weekday", days[weekday(local)]},
                           {"date", text.substr(0, 10)},
                           {"time", text.substr(11, 5)},
                           {"instant", to_text(call_about.request->now)}};
  auto answer = call(policy, *call_about.request, {now, &request}, limits::fuel_policy);
  if (auto* failure = std::get_if<PolicyFailure>(&answer)) return std::move(*failure);
  return is_true(std::get<Value>(answer));
}

PolicyAnswer<std::vector<int>> LuaPolicyRunner::conflict(int policy, const PolicyCall& call_about,
                                                         const std::vector<CandidateView>& candidates) {
  const RequestView request(call_about);
  Array rows;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const CandidateView& candidate = candidates[i];
    rows.push_back(Object{{"n", i + 1},
                          {"experience", candidate.experience},
                          {"action", candidate.action},
                          {"element", candidate.element},
                          {"priority", candidate.priority},
                          {"tags", Array(candidate.tags->begin(), candidate.tags->end())}});
  }
  auto answer = call(policy, *call_about.request, {Value(std::move(rows)), &request}, limits::fuel_policy);
  if (auto* failure = std::get_if<PolicyFailure>(&answer)) return std::move(*failure);
  const Value& list = std::get<Value>(answer);
  const auto bad = [&](const std::string& why) {
    return PolicyFailure{Code::bad_result, chunk_name(snapshot_->policies()[static_cast<std::size_t>(policy)]) + ": " + why};
  };
  std::vector<int> order;
  if (list.is_object() && list.object().empty()) return order;
  if (!list.is_array())
    return bad("a conflict policy returns a list of the candidates it was given, not a " + std::string(kind_name(list.kind())));
  for (const Value& row : list.array()) {
    const Value* n = row.find("n");
    const int index = n && n->is_number() ? static_cast<int>(n->number()) - 1 : -1;
    if (index < 0 || index >= static_cast<int>(candidates.size()))
      return bad("it returned something that is not one of its candidates; it may reorder and drop, never add");
    if (std::find(order.begin(), order.end(), index) != order.end()) return bad("it returned a candidate twice");
    order.push_back(index);
  }
  return order;
}

PolicyAnswer<Value> LuaPolicyRunner::content(int policy, const PolicyCall& call_about) {
  const ProfileView profile(*call_about.request, paths_);
  const RequestView request(call_about);
  return call(policy, *call_about.request, {&profile, &request}, limits::fuel_policy);
}

}  // namespace footlight
