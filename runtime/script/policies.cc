#include "script/policies.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "bindings/lua/module.h"
#include "script/lift.h"

namespace footlight {

extern const std::string_view policy_prelude;

namespace {

// The request's attributes as `p`: a value that is not of its declared type reads as absent, as it
// does for declared predicates.
class ProfileView : public ViewSource {
 public:
  ProfileView(const Request& request, const std::map<std::string, AttributeType>& declared, const std::set<std::string, std::less<>>& objects)
      : request_(request), declared_(declared), objects_(objects) {}

  Found at(std::string_view path) const override {
    const Value* value = request_.attributes.at_path(path);
    if (objects_.contains(path) || (value && value->is_object())) return {nullptr, true};
    if (!value) return {};
    const auto type = declared_.find(std::string(path));
    if (type != declared_.end() && !type->second.accepts(*value)) return {};
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
  const std::map<std::string, AttributeType>& declared_;
  const std::set<std::string, std::less<>>& objects_;
};

// `request`: identity.namespace, identity.id, context, surface, configuration, now.
class RequestView : public ViewSource {
 public:
  explicit RequestView(const PolicyCall& call)
      : context_(call.request.context),
        fields_{{"identity.namespace", call.request.identity.space}, {"identity.id", call.request.identity.id},
                {"surface", std::string(call.surface)}, {"configuration", std::string(call.configuration)}, {"now", to_text(call.request.now)}} {}

  Found at(std::string_view path) const override {
    if (path == "identity" || path == "context") return {nullptr, true};
    if (path.starts_with("context.")) {
      const Value* value = context_.at_path(path.substr(8));
      return {value && !value->is_object() ? value : nullptr, value && value->is_object()};
    }
    for (const auto& [name, value] : fields_)
      if (name == path && !value.string().empty()) return {&value, false};
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
  const Value& context_;
  const std::pair<std::string_view, Value> fields_[5];
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

// Exact only where types are known: an ordering in Lua fails on a text, in a predicate it is false;
// and a name that holds others reads as a view, never as absent.
bool is_liftable(const Predicate& predicate, const AttributeTypes& declared) {
  using Op = Predicate::Op;
  const bool is_group = predicate.op == Op::all || predicate.op == Op::any || predicate.op == Op::no;
  if (is_group)
    return std::all_of(predicate.args.begin(), predicate.args.end(), [&](const Predicate& part) { return is_liftable(part, declared); });
  if (predicate.op == Op::always) return true;
  const auto type = declared.find(predicate.attribute);
  if (type == declared.end()) return false;
  const bool is_ordering = predicate.op == Op::lt || predicate.op == Op::le || predicate.op == Op::gt || predicate.op == Op::ge;
  return !is_ordering || (type->second.type == AttributeType::Type::number && predicate.operand.is_number());
}

}  // namespace

Result<Environment> load_prelude(Vm& vm, std::string_view source, const std::string& name, const Environment& globals) {
  auto chunk = read_chunk(source, name, Mode::policy);
  if (!chunk) return refuse(Code::internal, to_text(chunk.error()));
  auto loaded = vm.load(chunk->lua, name, globals);
  if (!loaded) return loaded.error();
  ScriptOutcome outcome = vm.call(*loaded, {}, Budget{.fuel = limits::fuel_load}, Functions::collect);
  vm.release(*loaded);
  if (!outcome.ok()) return refuse(Code::internal, "the prelude " + name + ": " + outcome.error->message);
  Environment environment;
  for (const auto& [key, value] : outcome.value.object()) {
    if (const Value* function = value.find("$function"))
      environment.push_back({key, outcome.functions[static_cast<std::size_t>(function->number())].ref});
    else
      environment.push_back({key, value});
  }
  return environment;
}

Result<Environment> policy_helpers(Vm& vm) { return load_prelude(vm, policy_prelude, "prelude/policy.lua"); }

std::vector<std::string> standard_names() {
  std::vector<std::string> names;
  for (const LuaModule& module : lua_modules()) {
    if (*module.name) names.emplace_back(module.name);
    else
      for (const LuaFunction& function : module.functions) names.emplace_back(function.name);
  }
  return names;
}

Problems undefined_names(const Chunk& chunk, const Environment& globals) {
  std::vector<std::string> known = standard_names();
  for (const Global& global : globals) known.push_back(global.name);
  Problems problems;
  for (const GlobalUse& use : chunk.globals)
    if (std::find(known.begin(), known.end(), use.name) == known.end())
      problems.push_back({Code::undefined_name, chunk.name + ":" + std::to_string(use.line),
                          "`" + use.name + "` is not defined" + did_you_mean(use.name, known)});
  return problems;
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
    problems = undefined_names(*chunk, globals);
    if (chunk->functions.empty())
      problems.push_back({Code::bad_result, policy.path, "a policy is a function: `return function(…) … end`"});
  }
  return checked_[policy.lua] = std::move(problems);
}

std::optional<Predicate> LuaPolicyCompiler::lift(const Policy& policy, const AttributeTypes& declared) {
  auto chunk = read_chunk(policy.lua, chunk_name(policy), Mode::policy);
  // Only a chunk that is nothing but `return function(p) … end`: what stands before it may matter.
  if (!chunk || chunk->functions.empty() || chunk->ast.chunk->body.statements.size() != 1) return {};
  const auto* result = std::get_if<ast::Return>(&chunk->ast.chunk->body.statements[0].node);
  if (!result || result->values.size() != 1 || !std::holds_alternative<ast::Function>(result->values[0].node)) return {};
  const Lift lifted = footlight::lift(*chunk, chunk->functions[0]);
  if (!lifted.predicate) return {};
  Problems problems;
  Predicate predicate = parse_predicate(without_notes(*lifted.predicate), policy.path, problems);
  if (!problems.empty() || !is_liftable(predicate, declared)) return {};
  return predicate;
}

// ---- runner

LuaPolicyRunner::LuaPolicyRunner(std::shared_ptr<const Snapshot> snapshot, Vm vm) : snapshot_(std::move(snapshot)), vm_(std::move(vm)) {
  std::vector<std::string> names;
  for (const auto& [name, type] : snapshot_->attributes().declared()) names.push_back(name);
  objects_ = object_paths(names);
}

Result<std::unique_ptr<LuaPolicyRunner>> LuaPolicyRunner::create(std::shared_ptr<const Snapshot> snapshot, Duration deadline) {
  auto vm = Vm::create();
  if (!vm) return vm.error();
  std::unique_ptr<LuaPolicyRunner> runner(new LuaPolicyRunner(std::move(snapshot), std::move(*vm)));
  runner->deadline_ = deadline;
  if (auto ready = runner->prepare(); !ready) return ready.error();
  return runner;
}

Status LuaPolicyRunner::prepare() {
  auto helpers = policy_helpers(vm_);
  if (!helpers) return helpers.error();
  helpers_ = std::move(*helpers);
  const std::size_t count = snapshot_->policies().size();
  // Trips, and the quarantine that they led to, outlive a state that had to be rebuilt.
  std::vector<Loaded> loaded(count);
  for (std::size_t i = 0; i < loaded_.size(); ++i) {
    loaded[i].trips = loaded_[i].trips;
    if (loaded[i].trips < limits::script_trips_max) continue;
    loaded[i].is_tried = true;
    loaded[i].broken = std::move(loaded_[i].broken);
  }
  loaded_ = std::move(loaded);
  return Done{};
}

LuaPolicyRunner::Loaded& LuaPolicyRunner::load(int number) {
  Loaded& loaded = loaded_[static_cast<std::size_t>(number)];
  if (loaded.is_tried) return loaded;
  loaded.is_tried = true;
  const Policy& policy = snapshot_->policies()[static_cast<std::size_t>(number)];
  const std::string name = chunk_name(policy);
  const auto broken = [&](const Error& error) -> Loaded& {
    loaded.broken = PolicyFailure{error.code, error.message};
    return loaded;
  };
  auto chunk = read_chunk(policy.lua, name, Mode::policy);
  if (!chunk) return broken(chunk.error());
  auto function = vm_.load(chunk->lua, name, helpers_);
  if (!function) return broken(function.error());
  ScriptOutcome made = vm_.call(*function, {}, Budget{.fuel = limits::fuel_policy, .deadline = deadline_}, Functions::collect);
  if (!made.ok()) return broken(*made.error);
  if (made.functions.size() != 1 || !made.value.find("$function"))
    return broken(refuse(Code::bad_result, name + ": a policy is a function: `return function(…) … end`"));
  loaded.chunk = *function;
  // A closure that could carry something from one call to the next is made anew for each.
  const bool may_remember = std::any_of(chunk->functions.begin(), chunk->functions.end(), [](const FunctionInfo& info) {
    return info.assigns_captured || info.writes_tables_it_did_not_make;
  });
  if (!may_remember && vm_.captured_tables(made.functions[0].ref).empty())
    loaded.function = made.functions[0].ref;
  else
    vm_.release(made.functions[0].ref);
  return loaded;
}

PolicyAnswer<Value> LuaPolicyRunner::call(int number, const Request& request, const Arguments& arguments, long fuel) {
  if (vm_.needs_rebuild()) {
    auto fresh = Vm::create();
    if (!fresh) return PolicyFailure{fresh.error().code, fresh.error().message};
    vm_ = std::move(*fresh);
    if (auto ready = prepare(); !ready) return PolicyFailure{ready.error().code, ready.error().message};
  }
  Loaded& loaded = load(number);
  if (loaded.broken) return *loaded.broken;
  const Budget budget{.fuel = fuel, .deadline = deadline_, .random_seed = seed_of(request)};
  FunctionRef function = loaded.function;
  if (!function) {
    ScriptOutcome made = vm_.call(loaded.chunk, {}, budget, Functions::collect);
    if (!made.ok()) return PolicyFailure{made.error->code, made.error->message};
    function = made.functions[0].ref;
  }
  ScriptOutcome outcome = vm_.call(function, arguments, budget);
  if (!loaded.function) vm_.release(function);
  for (std::string& line : outcome.log)
    if (log_.size() < limits::script_log_lines_max) log_.push_back(snapshot_->policies()[static_cast<std::size_t>(number)].owner + ": " + std::move(line));
  if (outcome.ok()) return std::move(outcome.value);
  const bool is_trip = outcome.error->code == Code::deadline_exceeded || outcome.error->code == Code::memory_exceeded;
  if (is_trip && ++loaded.trips >= limits::script_trips_max)
    loaded.broken = PolicyFailure{outcome.error->code, "quarantined after " + std::to_string(loaded.trips) + " trips, the last: " + outcome.error->message};
  return PolicyFailure{outcome.error->code, std::move(outcome.error->message)};
}

PolicyAnswer<bool> LuaPolicyRunner::targeting(int policy, const PolicyCall& call_about) {
  const ProfileView profile(call_about.request, snapshot_->attributes().declared(), objects_);
  const RequestView request(call_about);
  auto answer = call(policy, call_about.request, {&profile, &request}, limits::fuel_predicate);
  if (auto* failure = std::get_if<PolicyFailure>(&answer)) return std::move(*failure);
  return is_true(std::get<Value>(answer));
}

PolicyAnswer<bool> LuaPolicyRunner::schedule(int policy, const PolicyCall& call_about) {
  const RequestView request(call_about);
  const CivilTime local = snapshot_->zone().local(call_about.request.now);
  constexpr const char* days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  const std::string text = to_text(local);
  const Value now = Object{{"year", local.year}, {"month", local.month}, {"day", local.day}, {"hour", local.hour}, {"minute", local.minute},
                           {"second", local.second}, {"weekday", days[weekday(local)]}, {"date", text.substr(0, 10)},
                           {"time", text.substr(11, 5)}, {"instant", to_text(call_about.request.now)}};
  auto answer = call(policy, call_about.request, {now, &request}, limits::fuel_policy);
  if (auto* failure = std::get_if<PolicyFailure>(&answer)) return std::move(*failure);
  return is_true(std::get<Value>(answer));
}

PolicyAnswer<std::vector<int>> LuaPolicyRunner::conflict(int policy, const PolicyCall& call_about, const std::vector<CandidateView>& candidates) {
  const RequestView request(call_about);
  Array rows;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const CandidateView& candidate = candidates[i];
    rows.push_back(Object{{"n", i + 1}, {"experience", candidate.experience}, {"action", candidate.action}, {"element", candidate.element},
                          {"priority", candidate.priority}, {"tags", Array(candidate.tags->begin(), candidate.tags->end())}});
  }
  auto answer = call(policy, call_about.request, {Value(std::move(rows)), &request}, limits::fuel_policy);
  if (auto* failure = std::get_if<PolicyFailure>(&answer)) return std::move(*failure);
  const Value& list = std::get<Value>(answer);
  const auto bad = [&](const std::string& why) {
    return PolicyFailure{Code::bad_result, chunk_name(snapshot_->policies()[static_cast<std::size_t>(policy)]) + ": " + why};
  };
  std::vector<int> order;
  if (list.is_object() && list.object().empty()) return order;
  if (!list.is_array()) return bad("a conflict policy returns a list of the candidates it was given, not a " + std::string(kind_name(list.kind())));
  for (const Value& row : list.array()) {
    const Value* n = row.find("n");
    const int index = n && n->is_number() ? static_cast<int>(n->number()) - 1 : -1;
    if (index < 0 || index >= static_cast<int>(candidates.size())) return bad("it returned something that is not one of its candidates; it may reorder and drop, never add");
    if (std::find(order.begin(), order.end(), index) != order.end()) return bad("it returned a candidate twice");
    order.push_back(index);
  }
  return order;
}

PolicyAnswer<Value> LuaPolicyRunner::content(int policy, const PolicyCall& call_about) {
  const ProfileView profile(call_about.request, snapshot_->attributes().declared(), objects_);
  const RequestView request(call_about);
  return call(policy, call_about.request, {&profile, &request}, limits::fuel_policy);
}

}  // namespace footlight
