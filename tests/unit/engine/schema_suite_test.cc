// The JSON Schema organisation's own test suite, read in place from Debian's package
// json-schema-test-suite: every required case, but for those listed here with a reason. Debian 12's
// edition ends at draft-07; its cases are run by the rules of draft 2020-12 as well, since we read the
// older spellings there too. What 2020-12 added has its cases in schema_test.cc.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "engine/json_schema.h"

using namespace footlight;

namespace {

const std::filesystem::path kSuite = "/usr/share/json-schema-test-suite/tests";

enum class Under { any, draft2020_12 };

struct Skipped {
  Under under;
  const char* file;
  const char* group;  // "" = the whole file
  const char* reason;
};

const char* const kRemote = "references out of the document, the dialect's own schema too, are refused when compiling";
const char* const kBeside = "in draft-07 nothing counts beside `$ref`, in 2020-12 everything does";
const char* const kUnknown = "unknown keywords are refused when compiling, a schema below one is none";

const Skipped kSkipped[] = {
    {Under::any, "refRemote.json", "", kRemote},
    {Under::any, "definitions.json", "", kRemote},
    {Under::any, "ref.json", "remote ref, containing refs itself", kRemote},
    {Under::any, "ref.json", "escaped pointer ref", kUnknown},
    {Under::draft2020_12, "ref.json", "ref overrides any sibling keywords", kBeside},
};

Value read(const std::filesystem::path& path) {
  std::ifstream file(path);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  auto value = parse_json(text);
  INFO(path);
  if (!value) UNSCOPED_INFO(value.error().message);
  REQUIRE(value.ok());
  return *value;
}

struct Tally {
  int right = 0, wrong = 0, skipped = 0;
};

void run_group(const Value& group, const SchemaOptions& options, Tally& tally) {
  const auto schema = compile_schema(group.object().at("schema"), "suite", options);
  if (!schema) UNSCOPED_INFO(to_text(schema.error()));
  CHECK(schema.ok());
  for (const Value& test : group.find("tests")->array()) {
    INFO(test.string_or("description", "") << ": " << to_json(test.object().at("data")));
    const bool expected = test.find("valid")->boolean();
    bool is_right = schema.ok();
    for (const bool all : {false, true}) {
      if (!schema) continue;
      const Problems problems = validate(*schema, test.object().at("data"), all);
      for (const Problem& problem : problems) UNSCOPED_INFO(to_line(problem));
      CHECK(problems.empty() == expected);
      is_right = is_right && problems.empty() == expected;
    }
    ++(is_right ? tally.right : tally.wrong);
  }
}

bool is_meant(const Skipped& row, const SchemaOptions& options) {
  return row.under == Under::any || options.dialect == SchemaDialect::draft2020_12;
}

// Every file of a folder, or the named ones.
void run_folder(const std::string& folder, const SchemaOptions& options, const std::set<std::string>& names = {}) {
  if (!std::filesystem::is_directory(kSuite / folder)) {
    WARN("skipped: " << (kSuite / folder).string() << " is not installed (Debian: json-schema-test-suite)");
    return;
  }
  Tally tally;
  std::set<const Skipped*> used;
  std::set<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(kSuite / folder)) {
    const std::string name = entry.path().filename();
    if (entry.path().extension() == ".json" && (names.empty() || names.contains(name))) files.insert(entry.path());
  }
  CHECK(files.size() >= names.size());
  for (const auto& path : files) {
    const Value groups = read(path);
    for (const Value& group : groups.array()) {
      const std::string name = group.string_or("description", "");
      const auto skipped = std::find_if(std::begin(kSkipped), std::end(kSkipped), [&](const Skipped& row) {
        return is_meant(row, options) && row.file == path.filename() && (*row.group == '\0' || row.group == name);
      });
      if (skipped != std::end(kSkipped)) {
        used.insert(&*skipped);
        tally.skipped += static_cast<int>(group.find("tests")->array().size());
        continue;
      }
      INFO(path.filename() << ": " << name);
      run_group(group, options, tally);
    }
  }
  WARN(folder << ": " << tally.right << " right, " << tally.wrong << " wrong, " << tally.skipped << " skipped");
  CHECK(tally.wrong == 0);
  CHECK(tally.right > 0);
  for (const Skipped& row : kSkipped) {  // a row that skips nothing is a leftover
    INFO(row.file << ": " << row.group);
    if (names.empty() && is_meant(row, options)) CHECK(used.contains(&row));
  }
}

}  // namespace

TEST_CASE("the suite of draft-07") { run_folder("draft7", {.dialect = SchemaDialect::draft7}); }

TEST_CASE("the suite of draft-07, by the rules of draft 2020-12") { run_folder("draft7", {.dialect = SchemaDialect::draft2020_12}); }

// Of the optional folders, what concerns us.
TEST_CASE("the suite's cases of the formats that we check, and of floats") {
  run_folder("draft7/optional/format", {.dialect = SchemaDialect::draft7, .formats_assert = true},
             {"date.json", "date-time.json", "email.json", "uri.json"});
  run_folder("draft7/optional", {.dialect = SchemaDialect::draft7}, {"zeroTerminatedFloats.json"});
}
