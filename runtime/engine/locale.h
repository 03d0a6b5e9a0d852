// How numbers, money and dates are written in the languages that templates know: en de fr es it nl pt
// ja. A table of our own, so that the same snapshot gives the same bytes on any machine; the forms are
// those of the Unicode CLDR, as browsers show them.
#pragma once

#include <string>
#include <string_view>

#include "footlight/error.h"
#include "footlight/time.h"

namespace footlight {

struct LocaleRow;

// By language: `de`, `de-CH` and `de_AT` are all `de`. Code template_failed, with the names there are.
Result<const LocaleRow*> find_locale(std::string_view name);

// Rounded half away from zero on the shortest decimal that reads back as `number`: 1.005 gives 1.01.
double round_decimal(double number, int digits);

// With at most (fixed: exactly) `digits` behind the point, 0 to 20.
std::string format_number(double number, int digits, bool is_fixed, const LocaleRow& locale);
std::string format_percent(double share, int digits, const LocaleRow& locale);  // 0.25 is 25%
// `currency` by its ISO code, with as many digits as it has. Code template_failed.
Result<std::string> format_currency(double amount, std::string_view currency, const LocaleRow& locale);

// `pattern` in the letters of Unicode and Java: y M d E a H h m s S X Z z; text in 'quotes', everything
// that is no letter as it is. Code template_failed names a letter that does not exist.
Result<std::string> format_date(Instant instant, const Zone& zone, std::string_view pattern, const LocaleRow& locale);

}  // namespace footlight
