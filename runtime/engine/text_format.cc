#include "engine/text_format.h"

#include <algorithm>
#include <chrono>

namespace footlight {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

template <class Test>
bool are_all(std::string_view text, Test test) {
  return std::all_of(text.begin(), text.end(), test);
}

// Reads a text from its start on; false stays false.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool number(std::size_t digits, int least, int most, int& value) {
    if (rest_.size() < digits || !are_all(rest_.substr(0, digits), is_digit)) return false;
    value = 0;
    for (std::size_t i = 0; i < digits; ++i) value = value * 10 + (rest_[i] - '0');
    rest_.remove_prefix(digits);
    return value >= least && value <= most;
  }
  bool one_of(std::string_view set) {
    if (rest_.empty() || !is_one_of(rest_.front(), set)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool digits() {  // one or more
    const std::size_t before = rest_.size();
    while (one_of("0123456789")) continue;
    return rest_.size() < before;
  }
  bool is_at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

bool take_date(Scanner& scanner) {
  int year = 0, month = 0, day = 0;
  if (!scanner.number(4, 0, 9999, year) || !scanner.one_of("-") || !scanner.number(2, 1, 12, month) || !scanner.one_of("-") ||
      !scanner.number(2, 1, 31, day)) {
    return false;
  }
  return std::chrono::year_month_day{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                     std::chrono::day{static_cast<unsigned>(day)}}
      .ok();
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && !label.starts_with('-') && !label.ends_with('-') &&
      are_all(label, [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
}

bool is_ipv4(std::string_view text) {
  Scanner scanner(text);
  for (int part = 0; part < 4; ++part) {
    int value = 0;
    if (part > 0 && !scanner.one_of(".")) return false;
    const std::size_t size = std::min(text.find('.'), text.size());
    if (size == 0 || size > 3 || (size > 1 && text[0] == '0') || !scanner.number(size, 0, 255, value)) return false;
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return scanner.is_at_end();
}

// Groups of up to four hexadecimal digits; eight of them, or fewer with one `::`; the last two may be
// written as IPv4.
bool is_ipv6(std::string_view text) {
  int groups = 0;
  bool is_short = false;
  if (text.starts_with(':') && !text.starts_with("::")) return false;
  while (!text.empty()) {
    if (text.starts_with("::")) {
      if (is_short) return false;
      is_short = true;
      text.remove_prefix(2);
      continue;
    }
    if (groups > 0 && text.starts_with(':')) {
      text.remove_prefix(1);
      if (text.empty()) return false;
    }
    const std::size_t size = std::min(text.find(':'), text.size());
    const std::string_view group = text.substr(0, size);
    if (size == text.size() && is_ipv4(group)) {
      groups += 2;
      text = {};
    } else {
      if (size == 0 || size > 4 || !are_all(group, is_hex)) return false;
      ++groups;
      text.remove_prefix(size);
    }
  }
  return is_short ? groups < 8 : groups == 8;
}

bool is_domain(std::string_view text) {
  if (text.size() > 255) return false;
  while (true) {
    const std::size_t dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_quoted_local(std::string_view text) {
  if (text.size() < 2 || !text.starts_with('"') || !text.ends_with('"')) return false;
  text = text.substr(1, text.size() - 2);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && ++i == text.size()) return false;
    if (text[i] < ' ' || text[i] > '~' || (text[i] == '"' && text[i - 1] != '\\')) return false;
  }
  return true;
}

bool is_dotted_local(std::string_view text) {
  return !text.empty() && !text.starts_with('.') && !text.ends_with('.') && text.find("..") == std::string_view::npos &&
      are_all(text, [](char c) { return is_letter(c) || is_digit(c) || is_one_of(c, ".!#$%&'*+-/=?^_`{|}~"); });
}

// Only characters of `extra`, the unreserved and the sub-delimiters, and whole percent-escapes.
bool holds_only(std::string_view text, std::string_view extra) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
      i += 2;
    } else if (!is_letter(text[i]) && !is_digit(text[i]) && !is_one_of(text[i], "-._~!$&'()*+,;=") && !is_one_of(text[i], extra)) {
      return false;
    }
  }
  return true;
}

bool is_authority(std::string_view text) {
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    if (!holds_only(text.substr(0, at), ":")) return false;
    text.remove_prefix(at + 1);
  }
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || !is_ipv6(text.substr(1, end - 1))) return false;
    text.remove_prefix(end + 1);
    return text.empty() || (text.starts_with(':') && are_all(text.substr(1), is_digit));
  }
  const std::size_t colon = text.find(':');
  return holds_only(text.substr(0, colon), "") && (colon == std::string_view::npos || are_all(text.substr(colon + 1), is_digit));
}

}  // namespace

bool is_date(std::string_view text) {
  Scanner scanner(text);
  return take_date(scanner) && scanner.is_at_end();
}

bool is_date_time(std::string_view text) {
  Scanner scanner(text);
  int hour = 0, minute = 0, second = 0, offset_hour = 0, offset_minute = 0;
  if (!take_date(scanner) || !scanner.one_of("Tt") || !scanner.number(2, 0, 23, hour) || !scanner.one_of(":") ||
      !scanner.number(2, 0, 59, minute) || !scanner.one_of(":") || !scanner.number(2, 0, 60, second)) {
    return false;
  }
  if (scanner.one_of(".") && !scanner.digits()) return false;
  int sign = 0;
  if (scanner.one_of("+")) sign = 1;
  else if (scanner.one_of("-")) sign = -1;
  else if (!scanner.one_of("Zz")) return false;
  if (sign != 0 && (!scanner.number(2, 0, 23, offset_hour) || !scanner.one_of(":") || !scanner.number(2, 0, 59, offset_minute))) {
    return false;
  }
  constexpr int kDay = 24 * 60;
  const int utc = (hour * 60 + minute - sign * (offset_hour * 60 + offset_minute) + kDay) % kDay;
  return scanner.is_at_end() && (second < 60 || utc == kDay - 1);
}

bool is_email(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || at > 64) return false;
  const std::string_view local = text.substr(0, at);
  std::string_view domain = text.substr(at + 1);
  if (!is_dotted_local(local) && !is_quoted_local(local)) return false;
  if (!domain.starts_with('[')) return is_domain(domain);
  if (!domain.ends_with(']')) return false;
  domain = domain.substr(1, domain.size() - 2);
  return domain.starts_with("IPv6:") ? is_ipv6(domain.substr(5)) : is_ipv4(domain);
}

bool is_uri(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !is_letter(text[0])) return false;
  if (!are_all(text.substr(0, colon), [](char c) { return is_letter(c) || is_digit(c) || is_one_of(c, "+-."); })) { return false; }
  text.remove_prefix(colon + 1);
  if (const std::size_t hash = text.find('#'); hash != std::string_view::npos) {
    if (!holds_only(text.substr(hash + 1), ":@/?")) return false;
    text = text.substr(0, hash);
  }
  if (const std::size_t question = text.find('?'); question != std::string_view::npos) {
    if (!holds_only(text.substr(question + 1), ":@/?")) return false;
    text = text.substr(0, question);
  }
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    const std::size_t end = std::min(text.find('/'), text.size());
    if (!is_authority(text.substr(0, end))) return false;
    text.remove_prefix(end);
  }
  return holds_only(text, ":@/");
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (is_dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

}  // namespace footlight
