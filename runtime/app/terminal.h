// How the program talks: colour only on a terminal that wants it, problems on stderr, exit codes from
// the error table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "footlight/error.h"
#include "footlight/value.h"

namespace footlight {

enum class Paint { plain, good, bad, dim, strong };
// `text` in colour if stdout is a terminal and NO_COLOR is not set.
std::string painted(std::string_view text, Paint paint);

// Text from files and servers must not steer the terminal: control characters are shown, not sent.
std::string harmless(std::string_view text);

// Whether a command with figures prints JSON: when asked to, and to whatever is not a terminal.
bool prints_json(bool asked);

// Prints to stderr what went wrong, and gives its exit code.
int fail(const Error& error);
// Prints problems to stderr, a line each; gives 1 if there are errors, else 0.
int report(const Problems& problems);

// Rows in columns as wide as their widest cell.
std::string table(const std::vector<std::vector<std::string>>& rows);

}  // namespace footlight
