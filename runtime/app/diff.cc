// footlight diff: two revisions side by side, as people read differences.
#include <cstdio>

#include "app/commands.h"
#include "app/review.h"
#include "app/terminal.h"

namespace footlight {
namespace {

std::string revision_text(const Value& side) {
  const Value* n = side.find("revision");
  if (!n || n->number() == 0) return "nothing";
  return "r" + to_json(*n) + " (" + side.string_or("status", "?") + ")";
}

std::string count_text(const Value& line) {
  const Value* count = line.find("count");
  const std::string n = count ? to_json(*count) : "?";
  return "… " + n + (n == "1" ? " line as before" : " lines as before");
}

void print_line(const Value& line, const std::string& indent) {
  const std::string mark = line.string_or("mark", ""), text = harmless(line.string_or("text", ""));
  if (mark == "removed") std::printf("%s%s\n", indent.c_str(), painted("- " + text, Paint::bad).c_str());
  else if (mark == "added") std::printf("%s%s\n", indent.c_str(), painted("+ " + text, Paint::good).c_str());
  else if (mark == "skipped") std::printf("%s%s\n", indent.c_str(), painted("  " + count_text(line), Paint::dim).c_str());
  else std::printf("%s  %s\n", indent.c_str(), text.c_str());
}

}  // namespace

void print_difference(const Value& difference, const std::string& indent) {
  for (const Value& section : difference.find("sections")->array()) {
    const std::string name = section.string_or("section", "");
    std::printf("%s%s\n", indent.c_str(), painted(name, Paint::strong).c_str());
    for (const Value& part : section.find("parts")->array()) {
      const Array& lines = part.find("lines")->array();
      const std::string what = harmless(part.string_or("part", ""));
      // A value that became another stands on one line.
      const bool is_value = name != "content" && lines.size() == 2 && lines[0].string_or("mark", "") == "removed" &&
          lines[1].string_or("mark", "") == "added";
      if (is_value) {
        std::printf("%s  %s: %s → %s\n", indent.c_str(), what.c_str(),
                    painted(harmless(lines[0].string_or("text", "")), Paint::bad).c_str(),
                    painted(harmless(lines[1].string_or("text", "")), Paint::good).c_str());
        continue;
      }
      std::printf("%s  %s\n", indent.c_str(), what.c_str());
      for (const Value& line : lines) print_line(line, indent + "    ");
    }
  }
}

int diff_command(const DiffOptions& options) {
  auto remote = Remote::open(options.remote);
  if (!remote) return fail(remote.error());
  std::string target = "/v1/experiences/" + percent_encode(options.id) + "/diff";
  char separator = '?';
  for (const auto& [key, word] : {std::pair{"from", &options.from}, {"to", &options.to}}) {
    if (word->empty()) continue;
    target += separator + std::string(key) + "=" + percent_encode(*word);
    separator = '&';
  }
  auto answer = (*remote)->call("GET", target);
  if (!answer) return fail(answer.error());
  if (options.json) {
    std::printf("%s\n", to_json(*answer).c_str());
    return 0;
  }
  const Value &from = *answer->find("from"), &to = *answer->find("to");
  std::printf("%s: %s → %s\n", answer->string_or("id", options.id).c_str(), revision_text(from).c_str(), revision_text(to).c_str());
  if (answer->find("is_equal")->boolean()) std::printf("nothing differs\n");
  print_difference(*answer, "");
  return 0;
}

}  // namespace footlight
