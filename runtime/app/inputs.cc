#include "app/inputs.h"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "app/host.h"
#include "base/limits.h"
#include "base/text.h"
#include "script/files.h"
#include "testkit/rows.h"

namespace footlight {

Result<std::string> read_input(const std::string& path) {
  // What a pipe gives has no size to ask for: `<(…)` of a shell is one too.
  const auto piped = [&](std::istream& in) -> Result<std::string> {
    std::string text;
    char part[65'536];
    while (in.read(part, sizeof part), in.gcount() > 0) {
      text.append(part, static_cast<std::size_t>(in.gcount()));
      if (text.size() > limits::list_bytes_max)
        return refuse(Code::too_large, "`" + path + "` gives more than " + std::to_string(limits::list_bytes_max) + " bytes");
    }
    return text;
  };
  if (path == "-") return piped(std::cin);
  std::error_code error;
  if (std::filesystem::is_fifo(path, error) || std::filesystem::is_character_file(path, error)) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return refuse(Code::unreadable_file, "`" + path + "` cannot be read");
    return piped(in);
  }
  const auto slash = path.rfind('/');
  return disk_files(slash == std::string::npos ? "." : path.substr(0, slash + 1))
      ->read(slash == std::string::npos ? path : path.substr(slash + 1), limits::list_bytes_max);
}

Result<Value> read_profile(const std::string& argument) {
  if (argument.empty()) return Value(Object{});
  std::string text = argument;
  if (trim(argument).substr(0, 1) != "{") {
    auto read = read_input(argument);
    if (!read) return read.error();
    text = std::move(*read);
  }
  auto value = parse_json(text);
  if (!value) return refuse(Code::bad_json, "the profile: " + value.error().message);
  if (!value->is_object()) return refuse(Code::usage, "a profile is a JSON object of attributes");
  return value;
}

Result<std::vector<Value>> read_profiles(const std::string& argument, const AttributeTypes& declared) {
  const auto first = trim(argument).substr(0, 1);
  if (argument.empty() || first == "{") {
    auto one = read_profile(argument);
    if (!one) return one.error();
    return std::vector<Value>{std::move(*one)};
  }
  auto text = first == "[" ? Result<std::string>(argument) : read_input(argument);
  if (!text) return text.error();
  std::vector<Value> rows;
  if (argument.ends_with(".csv")) {
    auto table = read_rows(argument, *text, declared);
    if (!table) return table.error();
    for (FileRow& row : table->rows) rows.push_back(std::move(row.cells));
    return rows;
  }
  if (auto whole = parse_json(*text)) {
    if (whole->is_array()) return std::move(whole->array());
    rows.push_back(std::move(*whole));
    return rows;
  }
  std::size_t number = 0;
  for (const std::string_view line : split(*text, '\n')) {
    ++number;
    if (trim(line).empty()) continue;
    auto row = parse_json(line);
    if (!row) return refuse(Code::bad_json, argument + ":" + std::to_string(number) + ": " + row.error().message);
    rows.push_back(std::move(*row));
  }
  return rows;
}

Result<Instant> read_instant(const std::string& text, const std::string& zone_name) {
  if (text.empty()) return wall_clock();
  auto zone = Zone::find(zone_name);
  if (!zone) return zone.error();
  return parse_in_zone(text, *zone);
}

Result<std::string> surface_uri(const std::string& word, const Workspace& workspace) {
  if (word.find("://") != std::string::npos) {
    auto uri = parse_surface(word);
    return uri ? Result<std::string>(word) : uri.error();
  }
  std::vector<std::string> names;
  for (const Configuration& configuration : workspace.configurations) {
    names.push_back(configuration.name);
    if (configuration.name != word) continue;
    for (const SurfaceRule& rule : configuration.rules)
      if (const auto* uri = std::get_if<SurfaceUri>(&rule.form)) return to_text(*uri);
    return refuse(Code::usage, "`" + word + "` has only wildcard and page rules; name a surface URI instead");
  }
  return refuse(Code::unknown_configuration, "there is no surface configuration `" + word + "`" + did_you_mean(word, names));
}

Identity parse_identity(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos) return {"", text};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace footlight
