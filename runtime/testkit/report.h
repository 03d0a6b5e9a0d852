// How test results are printed.
#pragma once

#include <string>
#include <vector>

#include "testkit/fixtures.h"

namespace footlight {

std::string report_text(const TestResult& result);                                          // a line, and what went wrong below it
std::string report_summary(const std::vector<TestResult>& results);                         // `12 passed, 1 failed`
std::string report_snapshots(const std::vector<SnapshotOutcome>& snapshots, bool updated);  // a line each, or nothing
std::string report_tap(const std::vector<TestResult>& results);                             // TAP version 13
std::string report_junit(const std::vector<TestResult>& results, const std::string& suite);

}  // namespace footlight
