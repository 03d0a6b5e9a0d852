// What several commands read: profiles, instants, surfaces.
#pragma once

#include <string>
#include <vector>

#include "model/request.h"
#include "model/workspace.h"

namespace footlight {

// A file's text, stdin for `-`.
Result<std::string> read_input(const std::string& path);
// JSON itself, a JSON file or `-`; an absent one is an empty object.
Result<Value> read_profile(const std::string& argument);
// Rows of a JSON list, of JSON lines, or of a CSV file whose first line names attributes (testkit/rows.h).
Result<std::vector<Value>> read_profiles(const std::string& argument, const AttributeTypes& declared);
// `--at`: empty is now.
Result<Instant> read_instant(const std::string& text, const std::string& zone);
// The URI that a configuration is asked by: its first exact rule. A URI stays as it is.
Result<std::string> surface_uri(const std::string& word, const Workspace& workspace);
Identity parse_identity(const std::string& text);  // `email:ann@x` or just an id

}  // namespace footlight
