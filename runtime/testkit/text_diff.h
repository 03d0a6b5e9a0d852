// Two texts line by line, as people read differences.
#pragma once

#include <string>

namespace footlight {

// `- ` what was expected, `+ ` what came, two blanks before lines that stand in both; of those only the two next to
// a difference, and `…` for the others. Empty where the texts are equal.
std::string line_difference(const std::string& expected, const std::string& got);

}  // namespace footlight
