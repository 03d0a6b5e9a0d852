// Text helpers; the edit distance is optimal string alignment, so that `lenght` is one step off.
#include "base/text.h"

#include <algorithm>
#include <array>

namespace footlight {
namespace {

constexpr std::string_view blanks = " \t\r\n";
constexpr std::size_t guessed_bytes_max = 64;  // longer is no slip of the finger, and would cost quadratic time

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

std::size_t distance(std::string_view a, std::string_view b) {
  using Row = std::array<std::size_t, guessed_bytes_max + 1>;
  Row before{}, previous{}, current{};
  for (std::size_t j = 0; j <= b.size(); ++j) current[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before = previous;
    previous = current;
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) current[j] = std::min(current[j], before[j - 2] + 1);
    }
  }
  return current[b.size()];
}

}  // namespace

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string joined;
  for (const std::string& part : parts) {
    if (&part != &parts.front()) joined += separator;
    joined += part;
  }
  return joined;
}

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) c = lower(c);
  return lowered;
}

std::string upper(std::string_view text) {
  std::string raised(text);
  for (char& c : raised) c = upper(c);
  return raised;
}

std::string clipped(std::string_view text, std::size_t bytes_max) {
  constexpr std::string_view more = "…";
  if (text.size() <= bytes_max) return std::string(text);
  std::size_t end = bytes_max > more.size() ? bytes_max - more.size() : 0;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)).append(more);
}

std::string markup(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\n':
      case '\r':
      case '\t': out += c; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) out += "\uFFFD";
        else out += c;
    }
  }
  return out;
}

std::string nearest(std::string_view wanted, const std::vector<std::string>& known) {
  if (wanted.empty() || wanted.size() > guessed_bytes_max) return {};
  const std::size_t allowed = std::min(std::max<std::size_t>(1, wanted.size() / 3), wanted.size() - 1);
  const std::string* best = nullptr;
  std::size_t best_distance = allowed + 1;
  for (const std::string& name : known) {
    const std::size_t added = std::max(name.size(), wanted.size()) - std::min(name.size(), wanted.size());
    if (name.size() > guessed_bytes_max || added >= best_distance) continue;
    if (const std::size_t steps = distance(wanted, name); steps < best_distance) {
      best = &name;
      best_distance = steps;
    }
  }
  return best ? *best : std::string();
}

std::string did_you_mean(std::string_view wanted, const std::vector<std::string>& known) {
  const std::string meant = nearest(wanted, known);
  return meant.empty() ? meant : "; did you mean `" + meant + "`?";
}

}  // namespace footlight
