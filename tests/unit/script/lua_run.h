// Runs Lua text in a plain LuaJIT state, original and emitted alike, so that tests can compare them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace footlight::test {

struct Run {
  bool loaded = false;
  std::string outcome;             // results as text, or the error message
  std::vector<std::string> trace;  // of calls of `mark(...)`: the line of the call and the arguments

  bool operator==(const Run&) const = default;
};

// The text as it stands.
Run run_plain(std::string_view lua);
// The text of Chunk::lua, with the eight values of its prologue; no more than `fuel` checks.
Run run_emitted(std::string_view lua, double fuel = 1e6);
// Whether LuaJIT's parser takes it; the message if not.
std::string load_error(std::string_view lua);

}  // namespace footlight::test
