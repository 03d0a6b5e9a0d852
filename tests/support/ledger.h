// Ledgers: files of what was asked, a line each, followed by what came of it, indented.
//
//   # a comment
//   predicate {"attr": "cart.total",
//   | "gt": 50}                          a line that begins with `|` continues the one before
//     cart.total > 50                    written by the run, compared with the file
// FOOTLIGHT_UPDATE=1 rewrites the indented lines; the difference is reviewed.
#pragma once

#include <functional>
#include <string>

namespace footlight::test {

// Runs every line through `run`, whose answer is text of any number of lines, and checks that the
// file says the same.
void run_ledger(const std::string& path, const std::function<std::string(const std::string& line)>& run);

}  // namespace footlight::test
