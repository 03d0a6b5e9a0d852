// footlight check
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "app/commands.h"
#include "app/host.h"
#include "app/inputs.h"
#include "app/terminal.h"
#include "http/message.h"
#include "lint/lint.h"
#include "script/lint_lua.h"
#include "script/policies.h"
#include "script/policy_forms.h"
#include "script/workspace_files.h"

namespace footlight {
namespace {

const char* plural(std::size_t n) { return n == 1 ? "" : "s"; }

// A pair's own policies run as they would on a server, with time enough that a busy machine decides nothing.
std::unique_ptr<PolicyRunner> runner_of(std::shared_ptr<const Snapshot> snapshot) {
  auto made = LuaPolicyRunner::create(std::move(snapshot), {.deadline = limits::load_deadline});
  if (!made) return nullptr;
  return std::move(*made);
}

// `experiences/a.lua:12` as file and number.
std::pair<std::string, int> line_of(const std::string& place) {
  const auto colon = place.rfind(':');
  return {place.substr(0, colon), colon == std::string::npos ? 0 : std::atoi(place.c_str() + colon + 1)};
}

void print(const Overlap& overlap, const std::string& folder) {
  const auto side = [](const Overlap::Side& of) { return of.experience + " (" + std::to_string(of.priority) + ")"; };
  std::string line = side(overlap.winner) + " before " + side(overlap.loser) + ", by " + std::string(to_text(overlap.by));
  if (!overlap.keys.empty()) {
    line += ", on";
    for (const std::string& key : overlap.keys) line += " " + key;
  }
  std::printf("%s%s  %s\n", overlap.winner.configuration.c_str(), overlap.element.empty() ? "" : ("." + overlap.element).c_str(),
              line.c_str());
  const Value shown = to_value(overlap);
  std::string command = "footlight explain " + folder + " --on '" + overlap.surface + "' --at " + to_text(overlap.witness.now);
  if (const std::string& id = overlap.witness.identity.id; !id.empty()) command += " --identity '" + id + "'";
  if (const Value& attributes = *shown.at_path("witness.attributes"); !attributes.object().empty())
    command += " --profile '" + to_json(attributes) + "'";
  std::printf("  %s\n", painted(command, Paint::dim).c_str());
}

}  // namespace

int check_command(const CheckOptions& options) {
  LuaPolicyCompiler policies;
  const auto files = disk_files(options.folder);
  LoadedWorkspace loaded = load_workspace(*files, policies);
  OverlapReport overlaps;
  // What cannot be meant is looked for in what could be served.
  if (!has_errors(loaded.problems)) {
    const auto at = read_instant(options.at, loaded.workspace.zone);
    if (!at) return fail(refuse(Code::usage, "--at: " + at.error().message));
    LintReport report =
        lint(everything_live(loaded), loaded.places, policies, {.now = {at->ms - at->ms % minutes(1).ms}, .runner = runner_of});
    Problems found = std::move(report.warnings);
    for (Problem& problem : lint_functions(loaded, *files)) found.push_back(std::move(problem));
    std::stable_sort(found.begin(), found.end(),
                     [](const Problem& left, const Problem& right) { return line_of(left.place) < line_of(right.place); });
    loaded.problems.insert(loaded.problems.end(), found.begin(), found.end());
    overlaps = std::move(report.overlaps);
  }
  const bool is_ok = !has_errors(loaded.problems) && !(options.strict && !loaded.problems.empty());
  if (options.json) {
    Array rows, pairs;
    for (const Problem& problem : loaded.problems)
      rows.push_back(Object{{"code", name(problem.code)},
                            {"place", as_utf8(problem.place)},
                            {"message", as_utf8(problem.message)},
                            {"warning", problem.is_warning}});
    for (const Overlap& overlap : overlaps.overlaps) pairs.push_back(to_value(overlap));
    Array functions;
    for (const PolicyForm& form : options.functions ? policy_forms(loaded, policies) : std::vector<PolicyForm>{}) {
      Object row{{"owner", as_utf8(form.owner)},
                 {"path", form.path},
                 {"place", as_utf8(form.place)},
                 {"role", to_text(form.role)},
                 {"native", form.is_native}};
      if (!form.is_native) row["why"] = as_utf8(form.why);
      functions.emplace_back(std::move(row));
    }
    Object answer{{"ok", is_ok}, {"problems", std::move(rows)}, {"overlaps", std::move(pairs)}};
    if (!overlaps.is_complete) answer["more_overlaps"] = true;
    if (options.functions) answer["functions"] = std::move(functions);
    std::printf("%s\n", to_json(Value(std::move(answer))).c_str());
    return is_ok ? 0 : 1;
  }
  report(loaded.problems);
  std::size_t errors = 0;
  for (const Problem& problem : loaded.problems) errors += !problem.is_warning;
  if (errors > 0) {
    std::fprintf(stderr, "%zu problem%s\n", errors, plural(errors));
    return 1;
  }
  if (options.overlaps) {
    for (const Overlap& overlap : overlaps.overlaps) print(overlap, options.folder);
    std::printf("%zu overlap%s%s\n", overlaps.overlaps.size(), plural(overlaps.overlaps.size()),
                overlaps.is_complete ? "" : ", and more that are not told");
  }
  if (!is_ok) {
    std::fprintf(stderr, "%zu warning%s\n", loaded.problems.size(), plural(loaded.problems.size()));
    return 1;
  }
  std::printf("%s %s: %zu experience%s on %zu surface configuration%s, %zu test file%s\n", painted("ok", Paint::good).c_str(),
              loaded.workspace.name.c_str(), loaded.experiences.size(), plural(loaded.experiences.size()),
              loaded.workspace.configurations.size(), plural(loaded.workspace.configurations.size()), loaded.tests.size(),
              plural(loaded.tests.size()));
  if (options.functions)
    for (const PolicyForm& form : policy_forms(loaded, policies))
      std::printf("%s  %s  %s of %s%s\n", form.is_native ? painted("native", Paint::good).c_str() : "Lua   ", form.place.c_str(),
                  std::string(to_text(form.role)).c_str(), form.owner.c_str(), form.is_native ? "" : (": " + form.why).c_str());
  return 0;
}

}  // namespace footlight
