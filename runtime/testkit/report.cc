#include "testkit/report.h"

#include <algorithm>
#include <map>

#include "base/text.h"

namespace footlight {
namespace {

std::string indented(const std::string& text, const std::string& by) {
  std::string out = by;
  for (const char c : text) {
    out += c;
    if (c == '\n') out += by;
  }
  return out;
}

std::size_t failed_of(const std::vector<TestResult>& results) {
  return static_cast<std::size_t>(std::count_if(results.begin(), results.end(), [](const TestResult& result) { return !result.passed; }));
}

}  // namespace

std::string report_text(const TestResult& result) {
  std::string text = (result.passed ? "ok    " : "FAIL  ") + result.file + "  " + result.name + "\n";
  for (const std::string& line : result.log) text += "      log: " + line + "\n";
  if (!result.passed) text += indented(result.message, "      ") + "\n";
  return text;
}

std::string report_summary(const std::vector<TestResult>& results) {
  const std::size_t failed = failed_of(results);
  return std::to_string(results.size() - failed) + " passed, " + std::to_string(failed) + " failed\n";
}

std::string report_snapshots(const std::vector<SnapshotOutcome>& snapshots, bool updated) {
  std::string text;
  const auto counted = [](const std::vector<std::string>& names) {
    return std::to_string(names.size()) + (names.size() == 1 ? " snapshot" : " snapshots");
  };
  for (const SnapshotOutcome& outcome : snapshots) {
    if (!outcome.written.empty()) text += outcome.file + ": " + counted(outcome.written) + " written\n";
    if (outcome.obsolete.empty()) continue;
    text += outcome.file + ": " + counted(outcome.obsolete) +
        (updated ? " taken away: " : " that no test asks for, which --update takes away: ");
    for (const std::string& name : outcome.obsolete) text += (&name == &outcome.obsolete.front() ? "" : "; ") + name;
    text += "\n";
  }
  return text;
}

std::string report_tap(const std::vector<TestResult>& results) {
  std::string text = "TAP version 13\n1.." + std::to_string(results.size()) + "\n";
  for (std::size_t i = 0; i < results.size(); ++i) {
    std::string name = results[i].file + ": " + results[i].name;
    for (char& c : name)
      if (c == '#' || c == '\n') c = ' ';
    text += (results[i].passed ? "ok " : "not ok ") + std::to_string(i + 1) + " - " + name + "\n";
    if (!results[i].passed)
      text += "  ---\n  at: " + results[i].place + "\n  message: |\n" + indented(results[i].message, "    ") + "\n  ...\n";
  }
  return text;
}

std::string report_junit(const std::vector<TestResult>& results, const std::string& suite) {
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"" + std::to_string(results.size()) +
      "\" failures=\"" + std::to_string(failed_of(results)) + "\">\n";
  std::map<std::string, std::vector<TestResult>> files;
  for (const TestResult& result : results) files[result.file].push_back(result);
  for (const auto& [file, tests] : files) {
    text += "  <testsuite name=\"" + markup(suite + "/" + file) + "\" tests=\"" + std::to_string(tests.size()) + "\" failures=\"" +
        std::to_string(failed_of(tests)) + "\">\n";
    for (const TestResult& test : tests) {
      const auto colon = test.place.rfind(':');
      text += "    <testcase classname=\"" + markup(file) + "\" name=\"" + markup(test.name) + "\" file=\"" +
          markup(test.place.substr(0, colon)) + "\"";
      if (colon != std::string::npos) text += " line=\"" + markup(test.place.substr(colon + 1)) + "\"";
      if (test.passed) text += "/>\n";
      else
        text += ">\n      <failure message=\"" + markup(test.message.substr(0, test.message.find('\n'))) + "\">" + markup(test.message) +
            "</failure>\n    </testcase>\n";
    }
    text += "  </testsuite>\n";
  }
  return text + "</testsuites>\n";
}

}  // namespace footlight
