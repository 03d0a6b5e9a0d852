// footlight test
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>

#include "app/at_once.h"
#include "app/commands.h"
#include "app/terminal.h"
#include "app/test_watch.h"
#include "testkit/coverage.h"
#include "testkit/fixtures.h"
#include "testkit/report.h"

namespace footlight {
namespace {

// Whole or not at all: a reader never finds half of it.
Status write_file(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  {
    std::ofstream out(fresh, std::ios::binary);
    out << text;
    out.close();
    if (!out) return refuse(Code::unreadable_file, "`" + path + "` cannot be written; look at its folder's permissions");
  }
  std::error_code error;
  std::filesystem::rename(fresh, path, error);
  if (!error) return Done{};
  std::filesystem::remove(fresh);
  return refuse(Code::unreadable_file, "`" + path + "` cannot be written: " + error.message());
}

Result<std::uint64_t> read_seed(const std::string& text) {
  if (text == "random") return static_cast<std::uint64_t>(std::random_device()());
  std::uint64_t seed = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size())
    return refuse(Code::usage, "--seed is a number from 0 to 18446744073709551615, or `random`; this is `" + text + "`");
  return seed;
}

// `html`, `json` and files by the ends of their names; `text` is the terminal.
struct CoverageOutputs {
  std::vector<std::string> html, json;
};
Result<CoverageOutputs> coverage_outputs(const std::vector<std::string>& words) {
  CoverageOutputs outputs;
  for (const std::string& word : words) {
    if (word == "text" || word == "true") continue;
    if (word == "html" || word.ends_with(".html")) outputs.html.push_back(word == "html" ? "coverage.html" : word);
    else if (word == "json" || word.ends_with(".json")) outputs.json.push_back(word == "json" ? "coverage.json" : word);
    else return refuse(Code::usage, "--coverage=" + word + ": the file's name ends with .html or .json");
  }
  return outputs;
}

int print_coverage(const TestOptions& options, const CoverageOutputs& outputs, const CoverageReport& report, const std::string& workspace) {
  if (options.format == "text") std::fputs(coverage_text(report).c_str(), stdout);
  for (const std::string& file : outputs.html) {
    if (auto written = write_file(file, coverage_html(report, workspace)); !written) return fail(written.error());
    if (options.format == "text") std::printf("wrote %s\n", file.c_str());
  }
  for (const std::string& file : outputs.json) {
    if (auto written = write_file(file, coverage_json(report, workspace)); !written) return fail(written.error());
    if (options.format == "text") std::printf("wrote %s\n", file.c_str());
  }
  if (report.percent() >= options.coverage_min) return 0;
  char percent[32];
  std::snprintf(percent, sizeof percent, "%.1f", report.percent());
  return fail(
      refuse(Code::test_failed,
             "coverage is " + std::string(percent) + " %, and --coverage-min asks for " + std::to_string(options.coverage_min) + " %"));
}

}  // namespace

Status write_snapshots(const std::string& folder, const std::vector<SnapshotOutcome>& snapshots) {
  for (const SnapshotOutcome& outcome : snapshots) {
    if (!outcome.text) continue;
    const std::string path = folder + "/" + outcome.file;
    if (!outcome.text->empty()) {
      if (auto written = write_file(path, *outcome.text); !written) return written;
      continue;
    }
    std::error_code error;
    if (!std::filesystem::remove(path, error) && error)
      return refuse(Code::unreadable_file, "`" + path + "` cannot be removed: " + error.message());
  }
  return Done{};
}

int test_command(const TestOptions& options) {
  const auto seed = read_seed(options.seed);
  if (!seed) return fail(seed.error());
  const auto outputs = coverage_outputs(options.coverage);
  if (!outputs) return fail(outputs.error());
  const bool is_covered = !options.coverage.empty() || options.coverage_min > 0;
  FixtureOptions how{.filter = options.filter,
                     .update = options.update,
                     .seed = *seed,
                     .jobs = options.jobs > 0 ? options.jobs : static_cast<int>(processors())};
  if (options.watch) {
    if (is_covered || options.format != "text" || !options.out.empty() || !options.junit.empty())
      return fail(refuse(Code::usage,
                         "--watch tells what fails, and nothing else; take --coverage, --format, --out and --junit to a run of their own"));
    return watch_command(options, std::move(how));
  }
  LuaPolicyCompiler policies;
  const auto files = disk_files(options.folder);
  LoadedWorkspace loaded = load_workspace(*files, policies);
  if (has_errors(loaded.problems)) return fail(refuse(Code::validation_failed, std::move(loaded.problems), "the workspace has problems"));
  how.files = files.get();
  std::unique_ptr<Coverage> coverage;
  if (is_covered) {
    auto made = Coverage::make(loaded, *files);
    if (!made) return fail(made.error());
    coverage = std::move(*made);
    how.coverage = coverage.get();
  }
  const bool is_streamed = options.format == "text" && options.out.empty();
  if (is_streamed) how.finished = [](const TestResult& result) { std::fputs(report_text(result).c_str(), stdout); };
  const FixtureRun run = run_fixtures(loaded, how);
  if (auto written = write_snapshots(options.folder, run.snapshots); !written) return fail(written.error());

  std::string text;
  if (options.format == "tap") text = report_tap(run.results);
  else if (options.format == "junit") text = report_junit(run.results, loaded.workspace.name);
  else if (!is_streamed)
    for (const TestResult& result : run.results) text += report_text(result);
  if (options.format == "text") text += report_snapshots(run.snapshots, options.update) + report_summary(run.results);
  if (options.out.empty()) std::fputs(text.c_str(), stdout);
  else if (auto written = write_file(options.out, text); !written) return fail(written.error());
  if (!options.junit.empty())
    if (auto written = write_file(options.junit, report_junit(run.results, loaded.workspace.name)); !written) return fail(written.error());
  if (options.seed == "random" && options.format == "text") std::printf("seed %s\n", std::to_string(*seed).c_str());
  if (run.results.empty())
    return fail(refuse(Code::not_found,
                       options.filter.empty() ? "there are no tests in `" + options.folder + "/tests`"
                                              : "no test's name contains `" + options.filter + "`"));
  const int covered = coverage ? print_coverage(options, *outputs, coverage->report(), loaded.workspace.name) : 0;
  for (const TestResult& result : run.results)
    if (!result.passed) return row(Code::test_failed).exit_code;
  return covered;
}

}  // namespace footlight
