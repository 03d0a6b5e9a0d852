#include "app/terminal.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace footlight {
namespace {

// Characters, not bytes: continuation bytes of UTF-8 take no column.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

std::string harmless(std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F) out += std::string("\\x") + hex[byte >> 4] + hex[byte & 15];
    else out += c;
  }
  return out;
}

std::string painted(std::string_view text, Paint paint) {
  static const bool wanted = isatty(STDOUT_FILENO) && !std::getenv("NO_COLOR");
  constexpr const char* codes[] = {"", "\033[32m", "\033[31m", "\033[2m", "\033[1m"};
  if (!wanted || paint == Paint::plain) return std::string(text);
  return codes[static_cast<int>(paint)] + std::string(text) + "\033[0m";
}

bool prints_json(bool asked) { return asked || !isatty(STDOUT_FILENO); }

int fail(const Error& error) {
  const std::string_view code = name(error.code);
  const int exit_code = row(error.code).exit_code;
  std::fprintf(stderr, "%s (%.*s): %s\n", exit_code == 3 ? "refused" : "error", static_cast<int>(code.size()), code.data(),
               harmless(to_text(error)).c_str());
  return exit_code;
}

int report(const Problems& problems) {
  for (const Problem& problem : problems) std::fprintf(stderr, "%s\n", harmless(to_line(problem)).c_str());
  return has_errors(problems) ? 1 : 0;
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - width(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += harmless(line) + "\n";
  }
  return text;
}

}  // namespace footlight
