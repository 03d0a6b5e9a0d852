#include "tests/support/ledger.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace footlight::test {
namespace {

std::string read_whole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  INFO(path);
  REQUIRE(file.good());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string indented(const std::string& answer) {
  std::string out;
  std::istringstream lines(answer);
  for (std::string line; std::getline(lines, line);) out += "  " + line + "\n";
  return out;
}

}  // namespace

void run_ledger(const std::string& path, const std::function<std::string(const std::string& line)>& run) {
  const std::string expected = read_whole(path);
  std::string actual, asked;
  const auto answer = [&] {
    if (asked.empty()) return;
    INFO(path << ": " << asked);
    actual += indented(run(asked));
    asked.clear();
  };
  std::istringstream lines(expected);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("  ")) continue;  // what an earlier run wrote
    if (line.starts_with("|")) {
      asked += line.substr(1);
    } else {
      answer();
      if (!line.empty() && line[0] != '#') asked = line;
    }
    actual += line + "\n";
  }
  answer();
  const char* update = std::getenv("FOOTLIGHT_UPDATE");
  if (update && std::string(update) == "1") {
    std::ofstream(path, std::ios::binary) << actual;
    return;
  }
  INFO(path << ": run with FOOTLIGHT_UPDATE=1 and review the difference");
  CHECK(expected == actual);
}

}  // namespace footlight::test
