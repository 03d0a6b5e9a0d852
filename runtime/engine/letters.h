// Text by characters instead of bytes: UTF-8 in and out, whatever the process's locale.
//
// Case is mapped one character to one (and `ß` to `SS`) for Latin, Greek, Cyrillic and Armenian
// letters; other scripts that have case stay as they are.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace footlight {

std::u32string to_characters(std::string_view utf8);  // what is no UTF-8 becomes U+FFFD
void append_character(std::string& utf8, char32_t character);
std::string to_utf8(std::u32string_view characters);

char32_t upper_character(char32_t character);
char32_t lower_character(char32_t character);
bool is_letter_character(char32_t character);  // letters and digits, for the bounds of words

std::string upper_text(std::string_view utf8);
std::string lower_text(std::string_view utf8);

// A number as JavaScript writes it: the shortest digits that read back, exponents from 1e21 and below 1e-6.
void append_number(std::string& text, double number);

// As JavaScript counts a string: in UTF-16 units, of which characters beyond U+FFFF have two.
std::size_t utf16_length(std::string_view utf8);
// The unit at `index`, half of a pair as U+FFFD; nothing beyond the end.
std::optional<std::string> utf16_unit(std::string_view utf8, std::size_t index);

}  // namespace footlight
