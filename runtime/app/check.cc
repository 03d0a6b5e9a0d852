// footlight check
#include <cstdio>

#include "app/commands.h"
#include "app/terminal.h"
#include "script/workspace_files.h"
#include "server/message.h"

namespace footlight {
namespace {

const char* plural(std::size_t n) { return n == 1 ? "" : "s"; }

}  // namespace

int check_command(const CheckOptions& options) {
  LuaPolicyCompiler policies;
  const auto files = disk_files(options.folder);
  const LoadedWorkspace loaded = load_workspace(*files, policies);
  if (options.json) {
    Array rows;
    for (const Problem& problem : loaded.problems)
      rows.push_back(Object{{"code", name(problem.code)}, {"place", as_utf8(problem.place)}, {"message", as_utf8(problem.message)}, {"warning", problem.is_warning}});
    std::printf("%s\n", to_json(Object{{"ok", !has_errors(loaded.problems)}, {"problems", std::move(rows)}}).c_str());
    return has_errors(loaded.problems) ? 1 : 0;
  }
  const int code = report(loaded.problems);
  std::size_t errors = 0;
  for (const Problem& problem : loaded.problems) errors += !problem.is_warning;
  if (errors > 0)
    std::fprintf(stderr, "%zu problem%s\n", errors, plural(errors));
  else
    std::printf("%s %s: %zu experience%s on %zu surface configuration%s, %zu test file%s\n", painted("ok", Paint::good).c_str(),
                loaded.workspace.name.c_str(), loaded.experiences.size(), plural(loaded.experiences.size()),
                loaded.workspace.configurations.size(), plural(loaded.workspace.configurations.size()), loaded.tests.size(),
                plural(loaded.tests.size()));
  return code;
}

}  // namespace footlight
