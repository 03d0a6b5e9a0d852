#include "engine/places.h"

#include <cstdlib>

namespace footlight {
namespace {

// Where the `:12` at the end of a path begins; npos where it ends otherwise.
std::size_t number_at(std::string_view path) {
  const auto end = path.find_last_not_of("0123456789");
  return end != path.npos && end + 1 < path.size() && path[end] == ':' ? end : path.npos;
}

}  // namespace

std::optional<std::string> find_place(const std::map<std::string, std::string>& places, std::string_view path) {
  while (!places.empty()) {
    if (const auto found = places.find(std::string(path)); found != places.end()) return found->second;
    auto cut = number_at(path);
    if (cut == path.npos) cut = path.find_last_of(".[");
    if (cut == path.npos) break;
    path = path.substr(0, cut);
  }
  return {};
}

std::map<int, std::string> line_places(const std::map<std::string, std::string>& places, const std::string& path) {
  std::map<int, std::string> lines;
  const std::string prefix = path + ":";
  for (auto at = places.lower_bound(prefix); at != places.end() && at->first.starts_with(prefix); ++at)
    if (at->first.find(':', prefix.size()) == std::string::npos) lines.emplace(std::atoi(at->first.c_str() + prefix.size()), at->second);
  return lines;
}

std::string shown_path(std::string_view path) {
  if (const auto column = number_at(path); column != path.npos && number_at(path.substr(0, column)) != path.npos)
    path = path.substr(0, column);
  return std::string(path);
}

}  // namespace footlight
