// Case files: what is given, of any number of lines, and below it, in lines that begin with `=> `, what
// came of it. Those lines are written by the run: FOOTLIGHT_UPDATE=1 rewrites them, the difference is
// reviewed. (ledger.h is for lines that are a case each.)
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace footlight::test {

struct Case {
  std::string title;                 // behind `### `
  std::vector<std::string> given;    // its lines, as they stand
  std::vector<std::string> outcome;  // without `=> `
};

struct CaseFile {
  std::string path;
  std::string preface;  // what stands above the first case
  std::vector<Case> cases;
};

CaseFile read_cases(const std::string& path);
void write_cases(const CaseFile& file);
bool rewrites_cases();  // FOOTLIGHT_UPDATE is set

// `\r` `\n` `\t` `\\` `\xNN`, and `\{a*9000}` for `a` nine thousand times.
std::string unescape(std::string_view text);
// One line of text: line ends and control characters written out.
std::string on_one_line(std::string_view text);

}  // namespace footlight::test
