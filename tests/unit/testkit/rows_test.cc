// Rows of cases from files, as spreadsheets and programs write them.
#include <catch2/catch.hpp>

#include "base/limits.h"
#include "testkit/rows.h"

using namespace footlight;

namespace {

const AttributeTypes declared{{"n", {.type = AttributeType::Type::number}},
                              {"s", {.type = AttributeType::Type::text}},
                              {"b", {.type = AttributeType::Type::boolean}},
                              {"l", {.type = AttributeType::Type::list}}};

std::string cells(const Result<FileRows>& read) {
  if (!read) return read.error().message;
  std::string text;
  for (const FileRow& row : read->rows) text += std::to_string(row.line) + " " + to_json(row.cells) + "\n";
  return text;
}

}  // namespace

TEST_CASE("CSV as it is written") {
  CHECK(cells(read_rows("a.csv", "n,s,b,l,u\n1,007,true,[1],7\n,,,,\n\"2\",\"a, \"\"b\"\"\nc\",false,\"[\"\"x\"\"]\",\"7\"\n3,\"\",,,true",
                        declared)) ==
        "2 {\"b\":true,\"l\":[1],\"n\":1,\"s\":\"007\",\"u\":7}\n3 {}\n"
        "4 {\"b\":false,\"l\":[\"x\"],\"n\":2,\"s\":\"a, \\\"b\\\"\\nc\",\"u\":\"7\"}\n6 {\"n\":3,\"s\":\"\",\"u\":true}\n");
  CHECK(cells(read_rows("a.csv", "\xEF\xBB\xBFn;s\r\n1;x\r\n\r\n2;y\r\n", declared)) ==
        "2 {\"n\":1,\"s\":\"x\"}\n4 {\"n\":2,\"s\":\"y\"}\n");
}

TEST_CASE("CSV with mistakes: all of them, each with its line") {
  const auto read = read_rows("a.csv", "n,b,l\nx,maybe,1\n1\n", declared);
  REQUIRE_FALSE(read);
  CHECK(read.error().message ==
        "a.csv:2: column `n`: `x` is not a number\na.csv:2: column `b`: `maybe` is not `true` or `false`\n"
        "a.csv:2: column `l`: `1` is not a list; write it as JSON: `[\"a\",\"b\"]`\na.csv:3: this row has 1 cell and there are 3 columns; "
        "quote a cell that has a comma in it");
  CHECK_THAT(cells(read_rows("a.csv", "a,a,\n", {})), Catch::Contains("two columns `a`") && Catch::Contains("column 3 has no name"));
  CHECK_THAT(cells(read_rows("a.csv", "a\n\"x\"y\n", {})), Catch::Contains("a.csv:2: there is text behind the closing quote"));
  CHECK_THAT(cells(read_rows("a.csv", "a\n", {})), Catch::Contains("there are no rows"));
  CHECK_THAT(cells(read_rows("a.csv", "a\nx\n\xFF\n", {})), Catch::StartsWith("a.csv:3: this is not UTF-8"));
}

TEST_CASE("JSON rows know their lines") {
  CHECK(cells(read_rows("a.json", "[\n  {\"a\": \"],[\"},\n\n  {\"a\": [1,\n 2]}, {\"b\": null}\n]", {})) ==
        "2 {\"a\":\"],[\"}\n4 {\"a\":[1,2]}\n5 {\"b\":null}\n");
  CHECK(cells(read_rows("a.jsonl", "{\"a\":1}\n\n{\"a\":2}\n", {})) == "1 {\"a\":1}\n3 {\"a\":2}\n");
  CHECK_THAT(cells(read_rows("a.json", "[\n{\"a\" 1}]", {})), Catch::StartsWith("a.json:2: "));
  CHECK_THAT(cells(read_rows("a.json", "{}", {})), Catch::Contains("rows are a list of objects"));
  CHECK_THAT(cells(read_rows("a.json", "[1]", {})), Catch::Contains("a row is an object of cells, not a number"));
  CHECK_THAT(cells(read_rows("a.jsonl", "{\"a\":1}\n{", {})), Catch::StartsWith("a.jsonl:2: "));
}

TEST_CASE("a file has so many rows") {
  const auto csv = [](std::size_t n) {
    std::string text = "a\n";
    for (std::size_t i = 0; i < n; ++i) text += "1\n";
    return read_rows("a.csv", text, {});
  };
  CHECK(csv(limits::fixture_rows_max)->rows.size() == limits::fixture_rows_max);
  CHECK(csv(limits::fixture_rows_max + 1).error().code == Code::limit_exceeded);
}
