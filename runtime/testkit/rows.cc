#include "testkit/rows.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/limits.h"
#include "base/text.h"

namespace footlight {
namespace {

using Type = AttributeType::Type;

struct Cell {
  std::string text;
  bool was_quoted = false;
};

class Reader {
 public:
  Reader(const std::string& name, const std::string& text, const AttributeTypes& declared)
      : name_(name), text_(text), declared_(declared) {}

  Result<FileRows> read() {
    const auto is_utf8 = [](std::string_view part) { return parse_json(to_json(Value(std::string(part)))).ok(); };
    if (!is_utf8(text_)) {
      const auto lines = split(text_, '\n');
      problem(static_cast<int>(std::find_if_not(lines.begin(), lines.end(), is_utf8) - lines.begin()) + 1,
              "this is not UTF-8; save the file as UTF-8", Code::unreadable_file);
    } else if (name_.ends_with(".csv")) csv();
    else if (name_.ends_with(".json")) json();
    else if (name_.ends_with(".jsonl")) json_lines();
    else return refuse(Code::usage, "`" + name_ + "`: rows are read from a .csv, .json or .jsonl file");
    if (rows_.rows.size() > limits::fixture_rows_max)
      return refuse(Code::limit_exceeded, name_ + ": more than " + std::to_string(limits::fixture_rows_max) + " rows in one file");
    if (problems_.empty() && rows_.rows.empty()) problem(1, "there are no rows in it");
    if (problems_.empty()) return std::move(rows_);
    std::string message;
    for (const Problem& one : problems_) message += (message.empty() ? "" : "\n") + one.place + ": " + one.message;
    return refuse(Code::validation_failed, std::move(problems_), std::move(message));
  }

 private:
  void problem(int line, std::string message, Code code = Code::wrong_type) {
    if (problems_.size() < limits::script_problems_max) problems_.push_back({code, name_ + ":" + std::to_string(line), std::move(message)});
  }

  // --- CSV: commas or semicolons, whichever the first line has; quotes around cells, doubled within; line ends within quotes.

  void csv() {
    std::size_t at = text_.starts_with("\xEF\xBB\xBF") ? 3 : 0;  // what Excel writes in front
    const std::string_view first = std::string_view(text_).substr(at, std::min(text_.find('\n', at), text_.size()) - at);
    const char comma = first.find(',') == std::string_view::npos && first.find(';') != std::string_view::npos ? ';' : ',';
    int line = 1;
    while (at < text_.size()) {
      const int begins = line;
      std::vector<Cell> cells;
      if (!record(at, line, comma, cells)) return;
      if (cells.size() == 1 && trim(cells[0].text).empty()) continue;
      if (rows_.columns.empty()) header(cells, begins);
      else row(cells, begins);
      if (!problems_.empty() && rows_.columns.empty()) return;
      if (rows_.rows.size() > limits::fixture_rows_max) return;
    }
    if (rows_.columns.empty() && problems_.empty()) problem(1, "it is empty; its first line names the columns");
  }

  // One record, from `at` to behind its line end. False: it cannot be told where it ends.
  bool record(std::size_t& at, int& line, char comma, std::vector<Cell>& cells) {
    const int begins = line;
    cells.emplace_back();
    while (at < text_.size()) {
      const char c = text_[at];
      if (c == '"' && cells.back().text.empty() && !cells.back().was_quoted) {
        cells.back().was_quoted = true;
        if (!quoted(++at, line, cells.back().text)) {
          problem(begins, "a quoted cell is never closed; it begins with `\"" + clipped(cells.back().text, 40) + "`");
          return false;
        }
        if (at < text_.size() && text_[at] != comma && text_[at] != '\n' && text_[at] != '\r') {
          problem(line, "there is text behind the closing quote of a cell; double a quote that belongs to it: `\"\"`");
          return false;
        }
        continue;
      }
      ++at;
      if (c == comma) {
        cells.emplace_back();
      } else if (c == '\n') {
        ++line;
        return true;
      } else if (c != '\r' || (at < text_.size() && text_[at] != '\n')) {
        cells.back().text += c;
      }
    }
    return true;
  }

  bool quoted(std::size_t& at, int& line, std::string& text) {
    for (; at < text_.size(); ++at) {
      if (text_[at] == '"') {
        if (at + 1 >= text_.size() || text_[at + 1] != '"') {
          ++at;
          return true;
        }
        ++at;
      }
      if (text_[at] == '\n') ++line;
      text += text_[at];
    }
    return false;
  }

  void header(const std::vector<Cell>& cells, int line) {
    for (const Cell& cell : cells) {
      const std::string column(trim(cell.text));
      if (column.empty()) problem(line, "column " + std::to_string(rows_.columns.size() + 1) + " has no name");
      else if (std::find(rows_.columns.begin(), rows_.columns.end(), column) != rows_.columns.end())
        problem(line, "there are two columns `" + column + "`");
      rows_.columns.push_back(column);
    }
  }

  void row(const std::vector<Cell>& cells, int line) {
    if (cells.size() != rows_.columns.size())
      return problem(line,
                     "this row has " + std::to_string(cells.size()) + (cells.size() == 1 ? " cell" : " cells") + " and there are " +
                         std::to_string(rows_.columns.size()) + " columns; quote a cell that has a comma in it");
    Object object;
    for (std::size_t i = 0; i < cells.size(); ++i)
      if (Value value = cell(cells[i], rows_.columns[i], line); !value.is_null()) object[rows_.columns[i]] = std::move(value);
    rows_.rows.push_back({line, std::move(object)});
  }

  // An empty cell is nothing, a quoted empty one the empty text.
  Value cell(const Cell& cell, const std::string& column, int line) {
    const std::string text = cell.was_quoted ? cell.text : std::string(trim(cell.text));
    if (text.empty()) return cell.was_quoted ? Value("") : Value();
    const auto declared = declared_.find(column);
    const Type type = declared == declared_.end() ? Type::any : declared->second.type;
    if (type == Type::text || type == Type::enumeration || type == Type::date) return text;
    double number = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_number = end.ec == std::errc() && end.ptr == text.data() + text.size();
    const bool is_truth = text == "true" || text == "false";
    const auto not_a = [&](const char* what) {
      problem(line, "column `" + column + "`: `" + clipped(text, 40) + "` is not " + what);
      return Value();
    };
    if (type == Type::number) return is_number ? Value(number) : not_a("a number");
    if (type == Type::boolean) return is_truth ? Value(text == "true") : not_a("`true` or `false`");
    const bool is_json = text.starts_with('[') || text.starts_with('{');
    if (is_json || type == Type::list) {
      auto value = parse_json(text);
      if (value && (type != Type::list || value->is_array())) return std::move(*value);
      if (type == Type::list) return not_a("a list; write it as JSON: `[\"a\",\"b\"]`");
    }
    if (cell.was_quoted) return text;
    if (is_truth) return text == "true";
    return is_number ? Value(number) : Value(text);
  }

  // --- JSON

  void take(Value value, int line, std::set<std::string>& columns) {
    if (!value.is_object()) return problem(line, "a row is an object of cells, not a " + std::string(kind_name(value.kind())));
    for (const auto& [key, cell] : value.object()) columns.insert(key);
    rows_.rows.push_back({line, std::move(value)});
  }

  void json() {
    auto whole = parse_json(text_);
    if (!whole) {
      const std::string& message = whole.error().message;
      constexpr std::string_view where = "not valid JSON at ";
      const int line = message.starts_with(where) ? std::atoi(message.c_str() + where.size()) : 1;
      return problem(std::max(line, 1), message, Code::bad_json);
    }
    if (!whole->is_array()) return problem(1, "rows are a list of objects: `[{\"loyalty.tier\": \"gold\", \"shows\": \"welcome\"}]`");
    // The document is sound: an element begins where something stands at depth one behind `[` or `,`.
    std::vector<int> lines;
    int line = 1, depth = 0;
    bool is_text = false, begins = false;
    for (std::size_t i = 0; i < text_.size(); ++i) {
      const char c = text_[i];
      if (c == '\n') ++line;
      if (is_text) {
        if (c == '\\') ++i;
        else if (c == '"') is_text = false;
        continue;
      }
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') continue;
      if (begins && c != ']') lines.push_back(line);
      begins = false;
      if (c == '"') is_text = true;
      if (c == ']' || c == '}') --depth;
      if (c == '[' || c == '{') begins = ++depth == 1;
      if (c == ',' && depth == 1) begins = true;
    }
    std::set<std::string> columns;
    for (std::size_t i = 0; i < whole->array().size(); ++i) take(std::move(whole->array()[i]), i < lines.size() ? lines[i] : 1, columns);
    rows_.columns.assign(columns.begin(), columns.end());
  }

  void json_lines() {
    std::set<std::string> columns;
    int number = 0;
    for (const std::string_view line : split(text_, '\n')) {
      ++number;
      if (trim(line).empty()) continue;
      auto row = parse_json(line);
      if (row) take(std::move(*row), number, columns);
      else problem(number, row.error().message, Code::bad_json);
      if (rows_.rows.size() > limits::fixture_rows_max) return;
    }
    rows_.columns.assign(columns.begin(), columns.end());
  }

  const std::string& name_;
  const std::string& text_;
  const AttributeTypes& declared_;
  FileRows rows_;
  Problems problems_;
};

}  // namespace

Result<FileRows> read_rows(const std::string& name, const std::string& text, const AttributeTypes& declared) {
  return Reader(name, text, declared).read();
}

}  // namespace footlight
