#include "script/policy_function.h"

#include <algorithm>
#include <set>

#include "base/limits.h"
#include "base/text.h"
#include "bindings/lua/module.h"
#include "script/lower.h"
#include "script/sealed.h"

namespace footlight {

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
  std::set<std::string, std::less<>> known;
  for (std::string& name : standard_names()) known.insert(std::move(name));
  for (const Global& global : globals) known.insert(global.name);
  Problems problems;
  std::vector<std::string> list;
  for (const GlobalUse& use : chunk.globals) {
    if (known.contains(use.name)) continue;
    if (list.empty()) list.assign(known.begin(), known.end());
    problems.push_back({Code::undefined_name, chunk.name + ":" + std::to_string(use.line),
                        "`" + use.name + "` is not defined" + did_you_mean(use.name, list)});
    // Guessing what was meant takes time, and a text may hold tens of thousands of such names.
    if (problems.size() == limits::script_problems_max) break;
  }
  return problems;
}

std::vector<ProbePoint> probe_points(const Chunk& chunk) {
  std::vector<ProbePoint> points;
  for (const ast::FunctionBody* function : chunk.ast.functions)
    if (function->parent < 0) {
      std::vector<ProbePoint> own = probe_points(*function);
      points.insert(points.end(), own.begin(), own.end());
    }
  return points;
}

// Where probes, or arguments that it did not ask for, are too much for LuaJIT's own limits, the chunk runs without them.
static Result<FunctionRef> load_emitted(Vm& vm, const Chunk& chunk, const Environment& globals, std::vector<ProbeCount>* counts,
                                        Lowering& lowering) {
  if (counts) {
    const std::vector<ProbePoint> points = probe_points(chunk);
    counts->resize(points.size());
    Environment all = vm.probes(*counts);
    all.insert(all.end(), globals.begin(), globals.end());
    if (auto loaded = vm.load(emit(chunk.ast, chunk.mode, points, lowering), chunk.name, all)) return loaded;
  }
  if (lowering.function) {
    if (auto loaded = vm.load(emit(chunk.ast, chunk.mode, {}, lowering), chunk.name, globals)) return loaded;
    lowering = {};
  }
  return vm.load(chunk.lua, chunk.name, globals);
}

std::variant<PolicyFunction, NoPolicy> load_policy(Vm& vm, std::string_view source, const std::string& name, const Environment& globals,
                                                   const Budget& budget, std::vector<ProbeCount>* counts, const IsMet* is_met) {
  const auto rejected = [](Error error) {
    NoPolicy none;
    none.outcome.error = std::move(error);
    return none;
  };
  auto chunk = read_chunk(source, name, Mode::policy);
  if (!chunk) return rejected(chunk.error());
  if (Problems undefined = undefined_names(*chunk, globals); !undefined.empty()) {
    const std::string message = undefined[0].place + ": " + undefined[0].message;
    return rejected(refuse(Code::undefined_name, std::move(undefined), message));
  }
  Lowering lowering = lower(*chunk, is_met);
  auto loaded = load_emitted(vm, *chunk, globals, counts, lowering);
  if (!loaded) return rejected(loaded.error());
  ScriptOutcome made = vm.call(*loaded, {}, budget, Functions::collect);
  const auto give_up = [&](bool is_rejected, ScriptOutcome outcome) {
    for (const FoundFunction& found : outcome.functions) vm.release(found.ref);
    vm.release(*loaded);
    outcome.functions.clear();
    return NoPolicy{is_rejected, std::move(outcome)};
  };
  if (!made.ok()) return give_up(false, std::move(made));
  if (made.functions.size() != 1 || !made.value.find("$function")) {
    made.error = refuse(Code::bad_result, {{Code::bad_result, name, "a policy is a function: `return function(…) … end`"}},
                        name + ": a policy is a function: `return function(…) … end`");
    return give_up(true, std::move(made));
  }
  PolicyFunction policy{.chunk = *loaded, .function = {}};
  policy.reads_only = lowering.function && !lowering.reads_p && !lowering.reads_request;
  policy.conditions = static_cast<int>(lowering.conditions.size());
  policy.depends_on_conditions = lowering.depends_on_conditions;
  for (const std::string& read : lowering.names) policy.reads.push_back(vm.read_of(read));
  const FunctionRef function = made.functions[0].ref;
  const bool may_remember = std::any_of(chunk->functions.begin(), chunk->functions.end(), [](const FunctionInfo& info) {
    return info.assigns_captured || info.writes_tables_it_did_not_make;
  });
  const std::vector<std::string> tables = may_remember ? std::vector<std::string>() : vm.captured_tables(function);
  const std::set<std::string> sealed = tables.empty() ? std::set<std::string>() : sealed_tables(*chunk);
  const bool is_kept =
      !may_remember && std::all_of(tables.begin(), tables.end(), [&](const std::string& table) { return sealed.contains(table); });
  if (is_kept) policy.function = function;
  else vm.release(function);
  return policy;
}

ScriptOutcome call_policy(Vm& vm, const PolicyFunction& policy, Arguments arguments, const Budget& budget) {
  if (!policy.reads.empty()) arguments.resize(policy_arguments);
  arguments.insert(arguments.end(), policy.reads.begin(), policy.reads.end());
  if (policy.function) return vm.call(policy.function, arguments, budget);
  ScriptOutcome made = vm.call(policy.chunk, {}, budget, Functions::collect);
  if (!made.ok()) return made;
  Budget rest = budget;
  rest.fuel = std::max(0L, budget.fuel - made.fuel_used);
  ScriptOutcome outcome = vm.call(made.functions[0].ref, arguments, rest);
  vm.release(made.functions[0].ref);
  outcome.fuel_used += made.fuel_used;
  outcome.peak_bytes = std::max(outcome.peak_bytes, made.peak_bytes);
  outcome.log.insert(outcome.log.begin(), made.log.begin(), made.log.end());
  if (outcome.log.size() > limits::script_log_lines_max) {
    outcome.log_dropped += outcome.log.size() - limits::script_log_lines_max;
    outcome.log.resize(limits::script_log_lines_max);
  }
  return outcome;
}

void release_policy(Vm& vm, const PolicyFunction& policy) {
  vm.release(policy.chunk);
  vm.release(policy.function);
}

}  // namespace footlight
