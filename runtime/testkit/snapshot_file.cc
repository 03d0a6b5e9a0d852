#include "testkit/snapshot_file.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "footlight/value.h"

namespace footlight {
namespace {

bool has_control(std::string_view line) {
  return std::any_of(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; });
}

void print(const Value& value, const std::string& indent, std::string& out) {
  const std::string deeper = indent + "  ";
  if (value.is_array() && !value.array().empty()) {
    out += "[\n";
    for (std::size_t i = 0; i < value.array().size(); ++i) {
      out += deeper;
      print(value.array()[i], deeper, out);
      out += i + 1 < value.array().size() ? ",\n" : "\n";
    }
    out += indent + "]";
  } else if (value.is_object() && !value.object().empty()) {
    out += "{\n";
    std::size_t left = value.object().size();
    for (const auto& [key, member] : value.object()) {
      out += deeper + to_json(Value(key)) + ": ";
      print(member, deeper, out);
      out += --left > 0 ? ",\n" : "\n";
    }
    out += indent + "}";
  } else {
    out += to_json(value);
  }
}

}  // namespace

std::string snapshot_file_of(const std::string& test_file) {
  const auto dot = test_file.rfind(".lua");
  return test_file.substr(0, dot) + ".snap";
}

std::string snapshot_name(const std::string& name) {
  std::string line(trim(name));
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  return line;
}

std::string pretty(const Value& value) {
  std::string out;
  print(value, "", out);
  return out;
}

Result<SnapshotTexts> parse_snapshots(const std::string& text, const std::string& file) {
  SnapshotTexts snapshots;
  std::set<std::string> names;
  bool is_first_line = true;
  int number = 0;
  const auto wrong = [&](const std::string& why) {
    const std::string place = file + ":" + std::to_string(number);
    return refuse(Code::syntax_error, {{Code::syntax_error, place, why}}, place + ": " + why);
  };
  for (std::string_view line : split(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);  // a checkout with other line ends
    if (line.starts_with("== ")) {
      const std::string name(trim(line.substr(3)));
      if (!names.insert(name).second) return wrong("there are two snapshots `" + name + "`; keep one of them");
      snapshots.emplace_back(name, "");
      is_first_line = true;
      continue;
    }
    if (trim(line).empty() || line.starts_with('#')) continue;
    if (line[0] != '|' && line[0] != ':')
      return wrong("a line of a snapshot begins with `== NAME`, `| ` or `#`; delete the file and write it anew with --update");
    if (snapshots.empty()) return wrong("content without a `== NAME` above it");
    std::string content(line.size() > 2 ? line.substr(2) : std::string_view());
    if (line[0] == ':') {
      auto read = parse_json(content);
      if (!read || !read->is_string()) return wrong("behind `: ` stands a JSON string");
      content = read->string();
    }
    if (!is_first_line) snapshots.back().second += '\n';
    is_first_line = false;
    snapshots.back().second += content;
  }
  return snapshots;
}

std::string print_snapshots(const SnapshotTexts& snapshots, const std::string& test_file) {
  std::string text =
      "# What " + test_file + " expects; `footlight test --update` writes it anew, read the difference before you commit it.\n";
  for (const auto& [name, content] : snapshots) {
    text += "\n== " + name + "\n";
    for (const std::string_view line : split(content, '\n')) {
      if (has_control(line)) text += ": " + to_json(Value(std::string(line))) + "\n";
      else text += line.empty() ? "|\n" : "| " + std::string(line) + "\n";
    }
  }
  return text;
}

}  // namespace footlight
