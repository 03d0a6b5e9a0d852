#include "engine/locale.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

namespace footlight {

enum class MoneyForm : std::uint8_t { sign_first, sign_last, sign_spaced, sign_before_minus };

struct LocaleRow {
  std::string_view name;
  std::string_view point, group;
  std::size_t group_from;  // the digits a number must have to be grouped
  MoneyForm money;
  std::array<std::string_view, 12> months, short_months;
  std::array<std::string_view, 7> days, short_days;  // from Monday
  std::string_view am, pm;
  std::string_view percent;  // with the space before it
};

namespace {

constexpr std::string_view no_break = "\u00a0";

const LocaleRow locale_rows[] = {
    {"de",
     ",",
     ".",
     4,
     MoneyForm::sign_last,
     {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
     {"Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."},
     {"Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"},
     {"Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"},
     "AM",
     "PM",
     "\u00a0%"},
    {"en",
     ".",
     ",",
     4,
     MoneyForm::sign_first,
     {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
     {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
     {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"},
     {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"},
     "AM",
     "PM",
     "%"},
    {"es",
     ",",
     ".",
     5,
     MoneyForm::sign_last,
     {"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"},
     {"ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"},
     {"lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"},
     {"lun", "mar", "mié", "jue", "vie", "sáb", "dom"},
     "a.\u202fm.",
     "p.\u202fm.",
     "\u00a0%"},
    {"fr",
     ",",
     "\u202f",
     4,
     MoneyForm::sign_last,
     {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
     {"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."},
     {"lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"},
     {"lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."},
     "AM",
     "PM",
     "\u00a0%"},
    {"it",
     ",",
     ".",
     5,
     MoneyForm::sign_last,
     {"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"},
     {"gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"},
     {"lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"},
     {"lun", "mar", "mer", "gio", "ven", "sab", "dom"},
     "AM",
     "PM",
     "%"},
    {"ja",
     ".",
     ",",
     4,
     MoneyForm::sign_first,
     {"1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"},
     {"1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"},
     {"月曜日", "火曜日", "水曜日", "木曜日", "金曜日", "土曜日", "日曜日"},
     {"月", "火", "水", "木", "金", "土", "日"},
     "午前",
     "午後",
     "%"},
    {"nl",
     ",",
     ".",
     4,
     MoneyForm::sign_before_minus,
     {"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"},
     {"jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"},
     {"maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"},
     {"ma", "di", "wo", "do", "vr", "za", "zo"},
     "a.m.",
     "p.m.",
     "%"},
    {"pt",
     ",",
     ".",
     4,
     MoneyForm::sign_spaced,
     {"janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro", "dezembro"},
     {"jan.", "fev.", "mar.", "abr.", "mai.", "jun.", "jul.", "ago.", "set.", "out.", "nov.", "dez."},
     {"segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado", "domingo"},
     {"seg.", "ter.", "qua.", "qui.", "sex.", "sáb.", "dom."},
     "AM",
     "PM",
     "%"},
};

struct CurrencyRow {
  std::string_view code;
  int digits;
  std::string_view sign;        // empty: the code stands for it
  std::string_view exceptions;  // `fr=$US es=US$`: a locale's own sign; `es=` has none
};
constexpr CurrencyRow currency_rows[] = {
    {"AUD", 2, "A$", "de=AU$ fr=$AU es= nl=AU$ pt=AU$"},
    {"BHD", 3, "", ""},
    {"BRL", 2, "R$", "es= it="},
    {"CAD", 2, "CA$", "fr=$CA es= nl=C$"},
    {"CLP", 0, "", ""},
    {"CNY", 2, "CN¥", "fr= es= ja=元"},
    {"EUR", 2, "€", ""},
    {"GBP", 2, "£", "fr=£GB es="},
    {"HKD", 2, "HK$", "fr= es= it="},
    {"HUF", 0, "", ""},
    {"INR", 2, "₹", "es= it="},
    {"ISK", 0, "", ""},
    {"JOD", 3, "", ""},
    {"JPY", 0, "¥", "fr= es= it= nl=JP¥ pt=JP¥ ja=￥"},
    {"KRW", 0, "₩", "es= it="},
    {"KWD", 3, "", ""},
    {"MXN", 2, "MX$", "fr=$MX es= it="},
    {"NZD", 2, "NZ$", "fr=$NZ es="},
    {"OMR", 3, "", ""},
    {"SGD", 2, "", "fr=$SG"},
    {"TND", 3, "", ""},
    {"USD", 2, "$", "fr=$US es=US$ it= nl=US$ pt=US$"},
};

std::string_view sign_of(const CurrencyRow& row, std::string_view locale) {
  std::string_view rest = row.exceptions;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(' '), rest.size());
    const std::string_view entry = rest.substr(0, end);
    if (entry.starts_with(locale)) return entry.substr(3);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return row.sign;
}

Error failed(std::string message) { return refuse(Code::template_failed, std::move(message)); }

// The digits of |number|, rounded, with `point` digits before the decimal point.
struct Decimal {
  std::string digits;  // before and behind the point
  std::size_t point = 0;
  bool is_negative = false;
};

Decimal to_decimal(double number, int digits_behind) {
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), std::fabs(number), std::chars_format::scientific).ptr;
  const std::string_view shown(text.data(), static_cast<std::size_t>(end - text.data()));
  const auto e = shown.find('e');
  int exponent = 0;
  const std::size_t sign = shown[e + 1] == '+' ? 2 : 1;
  std::from_chars(shown.data() + e + sign, shown.data() + shown.size(), exponent);
  std::string digits;
  for (const char c : shown.substr(0, e))
    if (c != '.') digits += c;
  int point = exponent + 1;
  if (point <= 0) {
    digits.insert(0, static_cast<std::size_t>(1 - point), '0');
    point = 1;
  }
  const auto wanted = static_cast<std::size_t>(point + digits_behind);
  const bool rounds_up = wanted < digits.size() && digits[wanted] >= '5';
  digits.resize(wanted, '0');
  if (rounds_up) {
    std::size_t i = digits.size();
    while (i > 0 && digits[i - 1] == '9') digits[--i] = '0';
    if (i > 0) ++digits[i - 1];
    else digits.insert(0, "1"), ++point;
  }
  Decimal decimal{std::move(digits), static_cast<std::size_t>(point), false};
  decimal.is_negative = std::signbit(number) && decimal.digits.find_first_not_of('0') != std::string::npos;
  return decimal;
}

std::string grouped(const Decimal& decimal, bool is_fixed, const LocaleRow& locale) {
  std::string text;
  for (std::size_t i = 0; i < decimal.point; ++i) {
    const std::size_t left = decimal.point - i;
    if (i > 0 && left % 3 == 0 && decimal.point >= locale.group_from) text += locale.group;
    text += decimal.digits[i];
  }
  std::string_view fraction = std::string_view(decimal.digits).substr(decimal.point);
  while (!is_fixed && fraction.ends_with('0')) fraction.remove_suffix(1);
  if (!fraction.empty()) (text += locale.point) += fraction;
  return text;
}

std::string padded(std::int64_t number, std::size_t width) {
  std::string text = std::to_string(number);
  if (text.size() < width) text.insert(0, width - text.size(), '0');
  return text;
}

std::string offset_text(Duration offset, bool has_colon) {
  const std::int64_t whole_minutes = std::abs(offset.ms) / 60'000;
  return (offset.ms < 0 ? "-" : "+") + padded(whole_minutes / 60, 2) + (has_colon ? ":" : "") + padded(whole_minutes % 60, 2);
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

Result<const LocaleRow*> find_locale(std::string_view name) {
  const std::string_view language = name.substr(0, name.find_first_of("-_"));
  std::string known;
  for (const LocaleRow& row : locale_rows) {
    if (row.name == language) return &row;
    (known += known.empty() ? "" : " ") += row.name;
  }
  return failed("the locale `" + std::string(name) + "` does not exist; there are: " + known);
}

double round_decimal(double number, int digits) {
  if (digits >= 0) {
    const Decimal decimal = to_decimal(number, digits);
    const std::string text = decimal.digits.substr(0, decimal.point) + '.' + decimal.digits.substr(decimal.point) + '0';
    double rounded = 0;
    std::from_chars(text.data(), text.data() + text.size(), rounded);
    return decimal.is_negative ? -rounded : rounded;
  }
  const double unit = std::pow(10.0, -digits);
  return round_decimal(number / unit, 0) * unit;
}

std::string format_number(double number, int digits, bool is_fixed, const LocaleRow& locale) {
  const Decimal decimal = to_decimal(number, digits);
  return (decimal.is_negative ? "-" : "") + grouped(decimal, is_fixed, locale);
}

std::string format_percent(double share, int digits, const LocaleRow& locale) {
  return format_number(share * 100, digits, true, locale).append(locale.percent);
}

Result<std::string> format_currency(double amount, std::string_view currency, const LocaleRow& locale) {
  const bool is_code = currency.size() == 3 && std::all_of(currency.begin(), currency.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!is_code) return failed("`" + std::string(currency) + "` is no currency; write its ISO code: `EUR`");
  const auto row =
      std::find_if(std::begin(currency_rows), std::end(currency_rows), [&](const CurrencyRow& known) { return known.code == currency; });
  const bool is_known = row != std::end(currency_rows);
  const Decimal decimal = to_decimal(amount, is_known ? row->digits : 2);
  const std::string_view own = is_known ? sign_of(*row, locale.name) : std::string_view();
  const std::string sign(own.empty() ? currency : own);
  const std::string number = grouped(decimal, true, locale);
  const std::string minus = decimal.is_negative ? "-" : "";
  const std::string space(no_break);
  switch (locale.money) {
    case MoneyForm::sign_first: {
      const bool ends_in_letter = is_letter(sign.back()) || sign == "元";
      return minus + sign + (ends_in_letter ? space : std::string()) + number;
    }
    case MoneyForm::sign_last: return minus + number + space + sign;
    case MoneyForm::sign_spaced: return minus + sign + space + number;
    case MoneyForm::sign_before_minus: return sign + space + minus + number;
  }
  return failed("the locale has no form for money");
}

Result<std::string> format_date(Instant instant, const Zone& zone, std::string_view pattern, const LocaleRow& locale) {
  const CivilTime local = zone.local(instant);
  const Duration offset = zone.offset_at(instant);
  const std::int64_t ms = ((instant.ms % 1000) + 1000) % 1000;
  const auto month = static_cast<std::size_t>(local.month - 1);
  const auto day = static_cast<std::size_t>(weekday(local));
  std::string text;
  for (std::size_t i = 0; i < pattern.size();) {
    const char c = pattern[i];
    if (c == '\'') {
      if (pattern.substr(i).starts_with("''")) {
        text += '\'';
        i += 2;
        continue;
      }
      for (++i; i < pattern.size(); ++i) {
        if (pattern[i] != '\'') text += pattern[i];
        else if (pattern.substr(i).starts_with("''")) text += pattern[i++];
        else break;
      }
      if (i >= pattern.size()) return failed("the pattern `" + std::string(pattern) + "` has a quote that never ends");
      ++i;
      continue;
    }
    if (!is_letter(c)) {
      text += c;
      ++i;
      continue;
    }
    std::size_t run = 1;
    while (i + run < pattern.size() && pattern[i + run] == c) ++run;
    i += run;
    switch (c) {
      case 'y':
      case 'u':
      case 'Y': text += run == 2 ? padded(local.year % 100, 2) : padded(local.year, run); break;
      case 'M':
      case 'L':
        text += run >= 4 ? std::string(locale.months[month])
            : run == 3   ? std::string(locale.short_months[month])
                         : padded(local.month, run);
        break;
      case 'd': text += padded(local.day, run); break;
      case 'E': text += run >= 4 ? locale.days[day] : locale.short_days[day]; break;
      case 'a': text += local.hour < 12 ? locale.am : locale.pm; break;
      case 'H': text += padded(local.hour, run); break;
      case 'h': text += padded(local.hour % 12 == 0 ? 12 : local.hour % 12, run); break;
      case 'm': text += padded(local.minute, run); break;
      case 's': text += padded(local.second, run); break;
      case 'S': text += (padded(ms, 3) + std::string(run, '0')).substr(0, run); break;
      case 'X': text += offset.ms == 0 ? std::string("Z") : offset_text(offset, run == 3); break;
      case 'Z': text += offset_text(offset, run > 3); break;
      case 'z': text += zone.name(); break;
      default:
        return failed("the pattern `" + std::string(pattern) + "` has the letter `" + c +
                      "`, which means nothing; there are y M d E a H h m s S X Z z, and text in 'quotes'");
    }
  }
  return text;
}

}  // namespace footlight
