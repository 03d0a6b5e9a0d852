#include "engine/letters.h"

#include <array>
#include <charconv>
#include <cmath>

namespace footlight {
namespace {

// Ranges of capitals and what to add for the small letter; a step of 2 alternates the two.
struct CaseRow {
  char32_t first, last;
  int to_lower;
  int step;
};
constexpr CaseRow case_rows[] = {
    {U'A', U'Z', 32, 1},     {0x00C0, 0x00D6, 32, 1},   {0x00D8, 0x00DE, 32, 1},  // Latin-1
    {0x0100, 0x012E, 1, 2},  {0x0132, 0x0136, 1, 2},    {0x0139, 0x0147, 1, 2},   // Latin Extended-A
    {0x014A, 0x0176, 1, 2},  {0x0178, 0x0178, -121, 1}, {0x0179, 0x017D, 1, 2},  {0x01CD, 0x01DB, 1, 2},
    {0x01DE, 0x01EE, 1, 2},  {0x01F8, 0x021E, 1, 2},    {0x0222, 0x0232, 1, 2},  {0x0386, 0x0386, 38, 1},
    {0x0388, 0x038A, 37, 1}, {0x038C, 0x038C, 64, 1},   {0x038E, 0x038F, 63, 1},  // Greek
    {0x0391, 0x03A1, 32, 1}, {0x03A3, 0x03AB, 32, 1},   {0x0400, 0x040F, 80, 1}, {0x0410, 0x042F, 32, 1},
    {0x0460, 0x0480, 1, 2},  {0x048A, 0x04BE, 1, 2},                              // Cyrillic
    {0x04C1, 0x04CD, 1, 2},  {0x04D0, 0x052E, 1, 2},    {0x0531, 0x0556, 48, 1},  // Armenian
    {0x1E00, 0x1E94, 1, 2},  {0x1EA0, 0x1EFE, 1, 2},                              // Latin Extended Additional
};

char32_t shifted(char32_t c, int by) { return static_cast<char32_t>(static_cast<int>(c) + by); }

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

}  // namespace

std::u32string to_characters(std::string_view utf8) {
  std::u32string characters;
  characters.reserve(utf8.size());
  for (std::size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    const std::size_t bytes = lead < 0x80 ? 1
        : lead >= 0xf0 && lead < 0xf5     ? 4
        : lead >= 0xe0 && lead < 0xf0     ? 3
        : lead >= 0xc2 && lead < 0xe0     ? 2
                                          : 0;
    char32_t c = bytes == 1 ? lead : bytes == 2 ? lead & 0x1fu : bytes == 3 ? lead & 0x0fu : lead & 0x07u;
    bool is_valid = bytes > 0 && i + bytes <= utf8.size();
    for (std::size_t k = 1; is_valid && k < bytes; ++k) {
      is_valid = is_continuation(utf8[i + k]);
      c = (c << 6) | (static_cast<unsigned char>(utf8[i + k]) & 0x3fu);
    }
    characters += is_valid ? c : U'\ufffd';
    i += is_valid ? bytes : 1;
  }
  return characters;
}

void append_character(std::string& utf8, char32_t c) {
  const auto put = [&](char32_t byte) { utf8 += static_cast<char>(byte); };
  const auto tail = [&](int shift) { put(0x80 | ((c >> shift) & 0x3f)); };
  if (c < 0x80) return put(c);
  if (c < 0x800) return put(0xc0 | (c >> 6)), tail(0);
  if (c < 0x10000) return put(0xe0 | (c >> 12)), tail(6), tail(0);
  put(0xf0 | (c >> 18)), tail(12), tail(6), tail(0);
}

std::string to_utf8(std::u32string_view characters) {
  std::string utf8;
  utf8.reserve(characters.size());
  for (const char32_t c : characters) append_character(utf8, c);
  return utf8;
}

char32_t lower_character(char32_t c) {
  for (const CaseRow& row : case_rows)
    if (c >= row.first && c <= row.last && (c - row.first) % static_cast<char32_t>(row.step) == 0) return shifted(c, row.to_lower);
  return c;
}

char32_t upper_character(char32_t c) {
  if (c == 0x03C2) return 0x03A3;  // the final sigma
  if (c == 0x00B5) return 0x039C;  // the micro sign
  if (c == 0x0131) return U'I';    // the dotless i
  if (c == 0x017F) return U'S';    // the long s
  for (const CaseRow& row : case_rows) {
    const char32_t capital = shifted(c, -row.to_lower);
    if (capital >= row.first && capital <= row.last && (capital - row.first) % static_cast<char32_t>(row.step) == 0) return capital;
  }
  return c;
}

bool is_letter_character(char32_t c) {
  if (c < 0x80) return (c >= U'0' && c <= U'9') || (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z');
  // Beyond ASCII: everything but signs, spaces and punctuation of Latin-1 and the general blocks.
  return c >= 0xC0 && c != 0xD7 && c != 0xF7 && !(c >= 0x2000 && c <= 0x2BFF) && !(c >= 0x3000 && c <= 0x3020);
}

std::string upper_text(std::string_view utf8) {
  std::string upper;
  upper.reserve(utf8.size());
  for (const char32_t c : to_characters(utf8)) {
    if (c == 0x00DF) upper += "SS";
    else append_character(upper, upper_character(c));
  }
  return upper;
}

std::string lower_text(std::string_view utf8) {
  const std::u32string characters = to_characters(utf8);
  std::string lower;
  lower.reserve(utf8.size());
  for (std::size_t i = 0; i < characters.size(); ++i) {
    const bool ends_word = characters[i] == 0x03A3 && i > 0 && is_letter_character(characters[i - 1]) &&
        (i + 1 == characters.size() || !is_letter_character(characters[i + 1]));
    append_character(lower, ends_word ? char32_t{0x03C2} : lower_character(characters[i]));
  }
  return lower;
}

void append_number(std::string& text, double number) {
  if (number == 0) {  // no -0
    text += '0';
    return;
  }
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::fabs(number), std::chars_format::scientific).ptr;
  const std::string_view shown(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const auto e = shown.find('e');
  int exponent = 0;
  std::from_chars(shown.data() + e + (shown[e + 1] == '+' ? 2 : 1), shown.data() + shown.size(), exponent);
  std::string digits(1, shown[0]);
  if (e > 1) digits += shown.substr(2, e - 2);
  if (number < 0) text += '-';
  const int count = static_cast<int>(digits.size());
  if (exponent >= 21 || exponent < -6) {
    text += digits[0];
    if (count > 1) (text += '.').append(digits, 1);
    (text += exponent < 0 ? "e-" : "e+") += std::to_string(std::abs(exponent));
  } else if (exponent < 0) {
    ((text += "0.").append(static_cast<std::size_t>(-exponent - 1), '0')) += digits;
  } else if (count <= exponent + 1) {
    (text += digits).append(static_cast<std::size_t>(exponent + 1 - count), '0');
  } else {
    (text.append(digits, 0, static_cast<std::size_t>(exponent + 1)) += '.').append(digits, static_cast<std::size_t>(exponent + 1));
  }
}

std::size_t utf16_length(std::string_view utf8) {
  std::size_t units = 0;
  for (const char c : utf8)
    if (!is_continuation(c)) units += static_cast<unsigned char>(c) >= 0xf0 ? 2 : 1;
  return units;
}

std::optional<std::string> utf16_unit(std::string_view utf8, std::size_t index) {
  std::size_t units = 0;
  for (std::size_t i = 0; i < utf8.size();) {
    const bool is_pair = static_cast<unsigned char>(utf8[i]) >= 0xf0;
    std::size_t end = i + 1;
    while (end < utf8.size() && is_continuation(utf8[end])) ++end;
    units += is_pair ? 2 : 1;
    if (index < units) return is_pair ? std::string("\ufffd") : std::string(utf8.substr(i, end - i));
    i = end;
  }
  return std::nullopt;
}

}  // namespace footlight
