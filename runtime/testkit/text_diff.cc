#include "testkit/text_diff.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace footlight {
namespace {

constexpr std::size_t lines_compared_max = 2'000;  // of each, where the rest differs: the table is their product
constexpr std::size_t context = 2;

struct Line {
  char sign;
  std::string_view text;
};

}  // namespace

std::string line_difference(const std::string& expected, const std::string& got) {
  if (expected == got) return "";
  const auto left = split(expected, '\n'), right = split(got, '\n');
  std::size_t head = 0, tail = 0;
  while (head < left.size() && head < right.size() && left[head] == right[head]) ++head;
  while (tail < left.size() - head && tail < right.size() - head && left[left.size() - 1 - tail] == right[right.size() - 1 - tail]) ++tail;
  const std::size_t rows = left.size() - head - tail, columns = right.size() - head - tail;

  std::vector<Line> lines;
  for (std::size_t i = 0; i < head; ++i) lines.push_back({' ', left[i]});
  if (rows > lines_compared_max || columns > lines_compared_max) {
    for (std::size_t i = 0; i < rows; ++i) lines.push_back({'-', left[head + i]});
    for (std::size_t i = 0; i < columns; ++i) lines.push_back({'+', right[head + i]});
  } else {
    // The longest common subsequence, from the end, so that it is read forwards.
    std::vector<std::vector<unsigned short>> common(rows + 1, std::vector<unsigned short>(columns + 1, 0));
    for (std::size_t i = rows; i-- > 0;)
      for (std::size_t j = columns; j-- > 0;)
        common[i][j] = left[head + i] == right[head + j] ? static_cast<unsigned short>(common[i + 1][j + 1] + 1)
                                                         : std::max(common[i + 1][j], common[i][j + 1]);
    std::size_t i = 0, j = 0;
    while (i < rows || j < columns) {
      if (i < rows && j < columns && left[head + i] == right[head + j]) {
        lines.push_back({' ', left[head + i]});
        ++i, ++j;
      } else if (j == columns || (i < rows && common[i + 1][j] >= common[i][j + 1])) {
        lines.push_back({'-', left[head + i++]});
      } else {
        lines.push_back({'+', right[head + j++]});
      }
    }
  }
  for (std::size_t i = 0; i < tail; ++i) lines.push_back({' ', left[left.size() - tail + i]});

  std::string text;
  bool is_cut = false;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    bool is_near = false;
    for (std::size_t other = i > context ? i - context : 0; other <= i + context && other < lines.size(); ++other)
      is_near |= lines[other].sign != ' ';
    if (!is_near) {
      if (!is_cut) text += "  …\n";
      is_cut = true;
      continue;
    }
    is_cut = false;
    text += lines[i].sign;
    text += ' ';
    text += lines[i].text;
    text += '\n';
  }
  if (!text.empty()) text.pop_back();
  return text;
}

}  // namespace footlight
