// The text of a chunk as its author sees it: lines, and problems that show theirs with a caret.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "footlight/error.h"
#include "script/ast.h"

namespace footlight {

// Length of the line end that begins at text[at], 0 where none does. `\n`, `\r`, `\r\n` and `\n\r`
// are one line end each, as for Lua: a lone `\r` that some reader overlooks could hide code.
std::size_t line_end_at(std::string_view text, std::size_t at);

class Source {
 public:
  // The text must outlive this.
  Source(std::string_view text, std::string name);

  std::string_view text() const { return text_; }
  const std::string& name() const { return name_; }
  std::string_view line(int number) const;  // without its line end; empty where there is none

  // `name:line`, and the message followed by the source line and a caret under the place.
  Problem problem(Code code, ast::Place at, std::string_view message) const;

 private:
  std::string_view text_;
  std::string name_;
  std::vector<std::size_t> starts_;  // where each line begins
};

// Adds a syntax error unless its line has a problem already: what follows the first is mostly its echo.
void add_unless_echo(Problems& problems, const Source& source, ast::Place at, std::string_view message);

}  // namespace footlight
