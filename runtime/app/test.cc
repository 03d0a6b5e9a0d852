// footlight test
#include <cstdio>
#include <fstream>

#include "app/commands.h"
#include "app/terminal.h"
#include "testkit/report.h"

namespace footlight {

int test_command(const TestOptions& options) {
  LuaPolicyCompiler policies;
  const auto files = disk_files(options.folder);
  LoadedWorkspace loaded = load_workspace(*files, policies);
  if (has_errors(loaded.problems)) return fail(refuse(Code::validation_failed, std::move(loaded.problems), "the workspace has problems"));
  const bool is_streamed = options.format == "text" && options.out.empty();
  std::vector<TestResult> results = run_fixtures(loaded, {.filter = options.filter, .finished = [&](const TestResult& result) {
                                                    if (is_streamed) std::fputs(report_text(result).c_str(), stdout);
                                                  }});
  std::string text;
  if (options.format == "tap") text = report_tap(results);
  else if (options.format == "junit") text = report_junit(results, loaded.workspace.name);
  else if (!is_streamed)
    for (const TestResult& result : results) text += report_text(result);
  if (options.format == "text") text += report_summary(results);
  if (options.out.empty()) {
    std::fputs(text.c_str(), stdout);
  } else {
    std::ofstream out(options.out, std::ios::binary);
    out << text;
    if (!out) return fail(refuse(Code::unreadable_file, "`" + options.out + "` cannot be written"));
  }
  if (results.empty()) return fail(refuse(Code::not_found, options.filter.empty() ? "there are no tests in `" + options.folder + "/tests`" : "no test's name contains `" + options.filter + "`"));
  for (const TestResult& result : results)
    if (!result.passed) return row(Code::test_failed).exit_code;
  return 0;
}

}  // namespace footlight
