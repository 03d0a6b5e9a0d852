#include "cases.h"

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace footlight::test {

CaseFile read_cases(const std::string& path) {
  CaseFile file{.path = path};
  std::ifstream lines(path, std::ios::binary);
  REQUIRE(lines);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("### ")) file.cases.push_back({.title = line.substr(4)});
    else if (file.cases.empty()) file.preface += line + "\n";
    else if (line.starts_with("=> ")) file.cases.back().outcome.push_back(line.substr(3));
    else if (file.cases.back().outcome.empty()) file.cases.back().given.push_back(line);
    else if (!line.empty()) FAIL(path << ": `" << file.cases.back().title << "`: `" << line << "` stands below an outcome");
  }
  for (Case& one : file.cases)
    while (!one.given.empty() && one.given.back().empty()) one.given.pop_back();
  return file;
}

void write_cases(const CaseFile& file) {
  std::ofstream out(file.path, std::ios::binary);
  out << file.preface;
  for (const Case& one : file.cases) {
    if (&one != &file.cases[0]) out << "\n";
    out << "### " << one.title << "\n";
    for (const std::string& line : one.given) out << line << "\n";
    for (const std::string& line : one.outcome) out << "=> " << line << "\n";
  }
}

bool rewrites_cases() { return std::getenv("FOOTLIGHT_UPDATE") != nullptr; }

std::string unescape(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    if (text.front() != '\\') {
      bytes += text.front();
      text.remove_prefix(1);
      continue;
    }
    const char kind = text.at(1);
    text.remove_prefix(2);
    switch (kind) {
      case 'r': bytes += '\r'; break;
      case 'n': bytes += '\n'; break;
      case 't': bytes += '\t'; break;
      case '\\': bytes += '\\'; break;
      case 'x':
        bytes += static_cast<char>(std::stoi(std::string(text.substr(0, 2)), nullptr, 16));
        text.remove_prefix(2);
        break;
      case '{': {
        const std::string_view inner = text.substr(0, text.find('}', text.find('*')));
        const std::size_t star = inner.rfind('*');
        const std::string repeated = unescape(inner.substr(0, star));
        for (int n = std::stoi(std::string(inner.substr(star + 1))); n > 0; --n) bytes += repeated;
        text.remove_prefix(inner.size() + 1);
        break;
      }
      default: FAIL("unknown escape \\" << kind);
    }
  }
  return bytes;
}

std::string on_one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (c == '\n') {
      line += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned char>(c));
      line += escaped;
    } else {
      line += c;
    }
  }
  return line;
}

}  // namespace footlight::test
