// Rows of cases from files of the workspace: CSV, whose first line names the columns, a JSON list of
// objects, or JSON lines. Each row knows its line.
#pragma once

#include <string>
#include <vector>

#include "model/workspace.h"

namespace footlight {

struct FileRow {
  int line = 0;            // where it begins
  Value cells = Object{};  // by column; an empty cell is left out
};

struct FileRows {
  std::vector<std::string> columns;  // as the first line has them; of JSON in the order of the alphabet
  std::vector<FileRow> rows;
};

// By the end of the name: `.csv`, `.json`, `.jsonl`. A cell of CSV is read as its column's declared type; without one
// as a number, `true`, `false`, JSON in brackets or braces, else as text. Code validation_failed with every problem
// at `name:line`, limit_exceeded.
Result<FileRows> read_rows(const std::string& name, const std::string& text, const AttributeTypes& declared);

}  // namespace footlight
