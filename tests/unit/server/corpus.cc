#include "corpus.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace footlight {

namespace {

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
        const std::string_view inner = text.substr(0, text.find('}'));
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

}  // namespace

std::vector<MalformedCase> malformed_corpus() {
  std::vector<MalformedCase> cases;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator("tests/http/malformed")) {
    if (entry.path().extension() == ".http") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("### ")) {
        cases.push_back({file.filename().string(), line.substr(8), std::stoi(line.substr(4, 3)), ""});
      } else {
        cases.back().bytes += unescape(line);
      }
    }
  }
  return cases;
}

}  // namespace footlight
