// The code table and how problems read.
#include "footlight/error.h"

#include <algorithm>

namespace footlight {

const std::vector<CodeRow>& code_table() {
  static const std::vector<CodeRow> table = {
#define X(name, http, exit, summary) {Code::name, #name, http, exit, summary},
      FOOTLIGHT_ERROR_CODES(X)
#undef X
  };
  return table;
}

const CodeRow& row(Code code) { return code_table()[static_cast<std::size_t>(code)]; }

Error::Error(Code why, std::string said, Problems found) : code(why), message(std::move(said)), problems(std::move(found)) {}
Error::Error(const Error& other) = default;
Error::Error(Error&& other) noexcept = default;
Error& Error::operator=(const Error& other) = default;
Error& Error::operator=(Error&& other) noexcept = default;
Error::~Error() = default;

bool has_errors(const Problems& problems) {
  return std::any_of(problems.begin(), problems.end(), [](const Problem& problem) { return !problem.is_warning; });
}

std::string to_line(const Problem& problem) {
  std::string line;
  if (!problem.place.empty()) line += problem.place + ": ";
  if (problem.is_warning) line += "warning: ";
  line += problem.message;
  line += " (";
  line += name(problem.code);
  line += ")";
  return line;
}

Error refuse(Code code, std::string message) { return {code, std::move(message), {}}; }

Error refuse(Code code, Problems problems, std::string message) { return {code, std::move(message), std::move(problems)}; }

std::string to_text(const Error& error) {
  std::string text = error.message;
  for (const Problem& problem : error.problems) text += "\n  " + to_line(problem);
  return text;
}

}  // namespace footlight
