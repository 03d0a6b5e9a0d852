// Snapshots of a test file: what was shown when somebody looked at it and found it right, beside the tests in a file
// that people read and review.
//
//   # What tests/gold_test.lua expects; `footlight test --update` writes it anew, read the difference before you commit it.
//
//   == gold members are greeted
//   | gold-hero
//   |   <h1>Welcome back</h1>
//
// A line of content stands behind `| `; one with a control character, such as a carriage return, as JSON behind `: `.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "footlight/error.h"
#include "footlight/value.h"

namespace footlight {

// `tests/gold_test.lua` → `tests/gold_test.snap`
std::string snapshot_file_of(const std::string& test_file);

// In the order of the file.
using SnapshotTexts = std::vector<std::pair<std::string, std::string>>;  // name, content

// Code syntax_error at `file:line`.
Result<SnapshotTexts> parse_snapshots(const std::string& text, const std::string& file);
std::string print_snapshots(const SnapshotTexts& snapshots, const std::string& test_file);

// A name as it can stand behind `== `: on one line.
std::string snapshot_name(const std::string& name);

// JSON on several lines, for people: two blanks a level, members in their canonical order.
std::string pretty(const Value& value);

}  // namespace footlight
