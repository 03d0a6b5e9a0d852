// Small text work that several boxes need: splitting, trimming and guessing what was meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace footlight {

std::string_view trim(std::string_view text);  // without blanks, tabs and line ends around it
// The parts between separators, empty ones too: `a,,b` has three, the empty text has one.
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string lower(std::string_view text);  // ASCII letters only
std::string upper(std::string_view text);
// The text, or where it is longer than `bytes_max` its beginning and `…`, no character of UTF-8 cut in two.
std::string clipped(std::string_view text, std::size_t bytes_max);
// As it stands in HTML and XML, quoted or not; control characters, which XML cannot hold, become U+FFFD.
std::string markup(std::string_view text);

// The known name that was probably meant: the least number of inserted, dropped, changed and
// swapped letters, a third of the name at most, case not counted. Empty where nothing is near;
// the earlier name where two are.
std::string nearest(std::string_view wanted, const std::vector<std::string>& known);
// The same as the end of a message: `; did you mean `hours`?`, or nothing.
std::string did_you_mean(std::string_view wanted, const std::vector<std::string>& known);

}  // namespace footlight
