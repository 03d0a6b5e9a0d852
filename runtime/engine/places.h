// Where a JSON path of a document stands in the files that it came from.
//
// Paths are those of documents, `$.show.hero`, and of the lines of a policy's text in them: `$.audience:3` is line 3 of the
// policy at `$.audience`, `$.audience:3:14` what stands at column 14 of it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace footlight {

// By the nearest enclosing path that is known.
std::optional<std::string> find_place(const std::map<std::string, std::string>& places, std::string_view path);

// Where the lines of the policy at a path were written, by line.
std::map<int, std::string> line_places(const std::map<std::string, std::string>& places, const std::string& path);

// The path as people are told it where its place is not known: a line without its column.
std::string shown_path(std::string_view path);

}  // namespace footlight
