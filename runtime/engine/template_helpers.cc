// The helper library: one row for each helper, and the functions they name. Docs are printed from the
// rows, and a test runs every example.
//
// Missing values go in as null. Texts take them as the empty text, numbers and dates give null back
// (which renders as nothing); anything else of the wrong kind fails.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>

#include "base/limits.h"
#include "engine/letters.h"
#include "engine/locale.h"
#include "engine/template.h"

namespace footlight {
namespace {

using Kind = Value::Kind;
using Answer = Result<Value>;

Error failed(std::string message) { return refuse(Code::template_failed, std::move(message)); }

std::string a_kind(const Value& value) {
  switch (value.kind()) {
    case Kind::array: return "a list";
    case Kind::object: return "an object";
    case Kind::string:
      return "the text `" + value.string().substr(0, value.string().find('\n')).substr(0, 40) + '`';
    default: return "a " + std::string(kind_name(value.kind()));
  }
}

Error not_a(std::string_view wanted, const HelperCall& call, std::size_t i, std::string_view hint = {}) {
  return failed("argument " + std::to_string(i + 1) + " is " + a_kind(*call.args[i]) + ", not " +
                std::string(wanted) + std::string(hint));
}

bool has(const HelperCall& call, std::size_t i) { return i < call.args.size() && !call.args[i]->is_null(); }
const Value& arg(const HelperCall& call, std::size_t i) { return *call.args[i]; }

// Reads argument `i`; the first argument that cannot be read is the error.
class Reader {
 public:
  explicit Reader(const HelperCall& call) : call_(call) {}

  std::optional<Error> error;

  std::string text(std::size_t i, std::string_view otherwise = {}) {
    if (!has(call_, i)) return std::string(otherwise);
    const Value& value = arg(call_, i);
    if (value.is_string()) return value.string();
    if (value.is_boolean()) return value.boolean() ? "true" : "false";
    std::string shown;
    if (value.is_number())
      append_number(shown, value.number());
    else
      fail(not_a("a text", call_, i));
    return shown;
  }
  double number(std::size_t i, double otherwise = 0) {
    if (!has(call_, i)) return otherwise;
    if (arg(call_, i).is_number()) return arg(call_, i).number();
    fail(not_a("a number", call_, i, arg(call_, i).is_string() ? "; read it with `toNumber`" : ""));
    return otherwise;
  }
  int whole(std::size_t i, int otherwise, int least, int most) {
    const double n = number(i, otherwise);
    if (n == std::floor(n) && n >= least && n <= most) return static_cast<int>(n);
    fail(failed("argument " + std::to_string(i + 1) + " is not a whole number from " + std::to_string(least) +
                " to " + std::to_string(most)));
    return otherwise;
  }
  const Array& list(std::size_t i) {
    static const Array nothing;
    if (!has(call_, i)) return nothing;
    if (arg(call_, i).is_array()) return arg(call_, i).array();
    fail(not_a("a list", call_, i));
    return nothing;
  }
  const LocaleRow* locale(std::size_t i) {
    const Result<const LocaleRow*> found = find_locale(text(i, "en"));
    if (!found.ok()) fail(found.error());
    return found.ok() ? *found : *find_locale("en");
  }
  Zone zone(std::size_t i) {
    if (!has(call_, i)) return Zone::utc();
    const Result<Zone> found = Zone::find(text(i));
    if (!found.ok()) fail(found.error());
    return found.ok() ? *found : Zone::utc();
  }
  // Milliseconds since 1970, `2026-12-01T09:00:00Z`, or a civil time in `zone`.
  Instant instant(std::size_t i, const Zone& zone) {
    const Value& value = arg(call_, i);
    if (value.is_number()) {
      constexpr double ms_max = 7'258'118'400'000;  // 2200, as everywhere times are read
      if (value.number() >= 0 && value.number() < ms_max) return {static_cast<std::int64_t>(value.number())};
      fail(failed("argument " + std::to_string(i + 1) + " is beyond the years 1970 to 2200"));
      return {};
    }
    if (!value.is_string()) {
      fail(not_a("a date", call_, i));
      return {};
    }
    if (const Result<Instant> read = parse_instant(value.string()); read.ok()) return *read;
    const Result<CivilTime> civil = parse_civil(value.string());
    if (civil.ok()) return zone.resolve_leniently(*civil);
    fail(failed("argument " + std::to_string(i + 1) + " is " + a_kind(value) +
                ", not a date; write `2026-12-01T09:00:00Z` or milliseconds"));
    return {};
  }
  void fail(Error why) {
    if (!error) error = std::move(why);
  }

 private:
  const HelperCall& call_;
};

Answer finish(Reader& reader, Value value) {
  if (reader.error) return std::move(*reader.error);
  return value;
}
Answer finish_text(Reader& reader, std::string text) {
  if (reader.error) return std::move(*reader.error);
  if (text.size() > limits::template_output_bytes_max)
    return refuse(Code::limit_exceeded,
                  "the text passes " + std::to_string(limits::template_output_bytes_max) + " bytes");
  return Value(std::move(text));
}

// ---- texts ----

template <class Change>
Answer change_text(const HelperCall& call, Change change) {
  Reader reader(call);
  return finish_text(reader, change(reader.text(0)));
}

Answer upper_case(const HelperCall& call) {
  return change_text(call, [](const std::string& text) { return upper_text(text); });
}
Answer lower_case(const HelperCall& call) {
  return change_text(call, [](const std::string& text) { return lower_text(text); });
}

std::string titled(const std::string& text, bool first_only) {
  std::string title;
  bool is_inside = false;
  for (const char32_t c : to_characters(text)) {
    const bool is_letter = is_letter_character(c) || (is_inside && (c == U'\'' || c == 0x2019));
    append_character(title, !is_letter  ? c
                            : is_inside ? (first_only ? c : lower_character(c))
                                        : upper_character(c));
    is_inside = is_letter || first_only;
  }
  return title;
}
Answer title_case(const HelperCall& call) {
  return change_text(call, [](const std::string& text) { return titled(text, false); });
}
Answer capitalize(const HelperCall& call) {
  return change_text(call, [](const std::string& text) { return titled(text, true); });
}

Answer trim_text(const HelperCall& call) {
  return change_text(call, [](const std::string& text) {
    constexpr std::string_view blanks = " \t\r\n\f\v";
    const auto first = text.find_first_not_of(blanks);
    return first == std::string::npos ? std::string()
                                      : text.substr(first, text.find_last_not_of(blanks) - first + 1);
  });
}

Answer concat(const HelperCall& call) {
  Reader reader(call);
  std::string joined;
  for (std::size_t i = 0; i < call.args.size() && joined.size() <= limits::template_output_bytes_max; ++i)
    joined += reader.text(i);
  return finish_text(reader, std::move(joined));
}

Answer replace(const HelperCall& call) {
  Reader reader(call);
  const std::string text = reader.text(0), from = reader.text(1), to = reader.text(2);
  if (from.empty()) return finish_text(reader, text);
  std::string replaced;
  std::size_t at = 0;
  while (replaced.size() <= limits::template_output_bytes_max) {
    const auto found = text.find(from, at);
    replaced.append(text, at, found - at);
    if (found == std::string::npos) break;
    replaced += to;
    at = found + from.size();
  }
  return finish_text(reader, std::move(replaced));
}

// `start` and `end` count characters; below zero from the end.
std::pair<std::size_t, std::size_t> range_of(Reader& reader, const HelperCall& call, std::size_t size) {
  const auto bound = [&](std::size_t i, double otherwise) {
    double at = std::trunc(reader.number(i, otherwise));
    if (at < 0) at += static_cast<double>(size);
    return static_cast<std::size_t>(std::clamp(at, 0.0, static_cast<double>(size)));
  };
  const std::size_t from = bound(1, 0);
  return {from, std::max(from, call.args.size() > 2 ? bound(2, static_cast<double>(size)) : size)};
}

Answer substring(const HelperCall& call) {
  Reader reader(call);
  const std::u32string characters = to_characters(reader.text(0));
  const auto [from, till] = range_of(reader, call, characters.size());
  return finish_text(reader, to_utf8(std::u32string_view(characters).substr(from, till - from)));
}

Answer slice(const HelperCall& call) {
  Reader reader(call);
  const Array& list = reader.list(0);
  const auto [from, till] = range_of(reader, call, list.size());
  return finish(reader, Value(Array(list.begin() + static_cast<std::ptrdiff_t>(from),
                                    list.begin() + static_cast<std::ptrdiff_t>(till))));
}

Answer truncate(const HelperCall& call) {
  Reader reader(call);
  const std::u32string characters = to_characters(reader.text(0));
  const auto most = static_cast<std::size_t>(reader.whole(1, 0, 0, 1 << 20));
  const std::u32string end = to_characters(reader.text(2, "…"));
  if (characters.size() <= most) return finish_text(reader, to_utf8(characters));
  const std::size_t kept = most > end.size() ? most - end.size() : 0;
  return finish_text(reader, to_utf8(std::u32string_view(characters).substr(0, kept)) +
                                 to_utf8(std::u32string_view(end).substr(0, most)));
}

Answer split(const HelperCall& call) {
  Reader reader(call);
  const std::string text = reader.text(0), separator = reader.text(1);
  Array parts;
  if (separator.empty()) {
    for (const char32_t c : to_characters(text)) {
      if (parts.size() > limits::template_list_max) break;
      std::string part;
      append_character(part, c);
      parts.emplace_back(std::move(part));
    }
  } else {
    for (std::size_t at = 0; parts.size() <= limits::template_list_max;) {
      const auto end = text.find(separator, at);
      parts.emplace_back(text.substr(at, end - at));
      if (end == std::string::npos) break;
      at = end + separator.size();
    }
  }
  if (parts.size() > limits::template_list_max)
    return refuse(Code::limit_exceeded,
                  "the text has more than " + std::to_string(limits::template_list_max) + " parts");
  return finish(reader, Value(std::move(parts)));
}

std::string shown(const Value& value);

Answer join_list(const HelperCall& call) {
  Reader reader(call);
  const std::string separator = reader.text(1, ", ");
  std::string joined;
  bool is_first = true;
  for (const Value& item : reader.list(0)) {
    if (!is_first) joined += separator;
    joined += shown(item);
    is_first = false;
    if (joined.size() > limits::template_output_bytes_max) break;
  }
  return finish_text(reader, std::move(joined));
}

Answer length(const HelperCall& call) {
  const Value& value = arg(call, 0);
  if (value.is_array()) return Value(static_cast<double>(value.array().size()));
  if (value.is_object()) return Value(static_cast<double>(value.object().size()));
  Reader reader(call);
  return finish(reader, Value(static_cast<double>(to_characters(reader.text(0)).size())));
}

Answer starts_with(const HelperCall& call) {
  Reader reader(call);
  return finish(reader, Value(reader.text(0).starts_with(reader.text(1))));
}
Answer ends_with(const HelperCall& call) {
  Reader reader(call);
  return finish(reader, Value(reader.text(0).ends_with(reader.text(1))));
}
Answer contains(const HelperCall& call) {
  const Value& in = arg(call, 0);
  if (in.is_array())
    return Value(std::find(in.array().begin(), in.array().end(), arg(call, 1)) != in.array().end());
  Reader reader(call);
  return finish(reader, Value(reader.text(0).find(reader.text(1)) != std::string::npos));
}
Answer index_of(const HelperCall& call) {
  Reader reader(call);
  const std::string text = reader.text(0);
  const auto at = text.find(reader.text(1));
  const double index = at == std::string::npos
                           ? -1
                           : static_cast<double>(to_characters(std::string_view(text).substr(0, at)).size());
  return finish(reader, Value(index));
}

Answer url_encode(const HelperCall& call) {
  return change_text(call, [](const std::string& text) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                            std::string_view("-_.~").find(c) != std::string_view::npos;
      if (is_plain)
        encoded += c;
      else
        ((encoded += '%') += hex[byte >> 4]) += hex[byte & 15];
    }
    return encoded;
  });
}

// ---- numbers ----

Answer format_number_helper(const HelperCall& call) {
  Reader reader(call);
  const int digits = reader.whole(1, 3, 0, 20);
  const LocaleRow* const locale = reader.locale(2);
  const double number = reader.number(0);
  if (!has(call, 0)) return finish(reader, Value());
  return finish_text(reader, format_number(number, digits, has(call, 1), *locale));
}

Answer format_percent_helper(const HelperCall& call) {
  Reader reader(call);
  const int digits = reader.whole(1, 0, 0, 20);
  const LocaleRow* const locale = reader.locale(2);
  const double share = reader.number(0);
  if (!has(call, 0)) return finish(reader, Value());
  return finish_text(reader, format_percent(share, digits, *locale));
}

Answer format_currency_helper(const HelperCall& call) {
  Reader reader(call);
  const std::string currency = reader.text(1);
  const LocaleRow* const locale = reader.locale(2);
  const double amount = reader.number(0);
  if (reader.error || !has(call, 0)) return finish(reader, Value());
  Result<std::string> text = format_currency(amount, currency, *locale);
  if (!text.ok()) return std::move(text.error());
  return Value(std::move(*text));
}

template <class Change>
Answer change_number(const HelperCall& call, Change change) {
  Reader reader(call);
  const double number = reader.number(0);
  if (!has(call, 0)) return Value();
  const double changed = change(number);
  return finish(reader, Value(changed == 0 ? 0.0 : changed));  // no -0
}

Answer round_number(const HelperCall& call) {
  Reader reader(call);
  const int digits = reader.whole(1, 0, -15, 15);
  if (reader.error) return std::move(*reader.error);
  return change_number(call, [&](double n) { return round_decimal(n, digits); });
}
Answer floor_number(const HelperCall& call) {
  return change_number(call, [](double n) { return std::floor(n); });
}
Answer ceil_number(const HelperCall& call) {
  return change_number(call, [](double n) { return std::ceil(n); });
}
Answer abs_number(const HelperCall& call) {
  return change_number(call, [](double n) { return std::fabs(n); });
}

// Over the arguments, or over the one list that is the argument; missing values do not count.
template <class Fold>
Answer fold_numbers(const HelperCall& call, Fold fold) {
  std::optional<double> folded;
  const auto take = [&](const Value& value) {
    if (value.is_null()) return true;
    if (!value.is_number()) return false;
    folded = folded ? fold(*folded, value.number()) : value.number();
    return true;
  };
  for (std::size_t i = 0; i < call.args.size(); ++i) {
    const Value& value = arg(call, i);
    if (value.is_array()) {
      for (const Value& item : value.array())
        if (!take(item)) return failed("the list has " + a_kind(item) + " in it, not numbers alone");
    } else if (!take(value)) {
      return not_a("a number", call, i);
    }
  }
  if (!folded) return Value();
  if (!std::isfinite(*folded)) return failed("the result is too large a number");
  return Value(*folded);
}
Answer min_number(const HelperCall& call) {
  return fold_numbers(call, [](double a, double b) { return std::min(a, b); });
}
Answer max_number(const HelperCall& call) {
  return fold_numbers(call, [](double a, double b) { return std::max(a, b); });
}
Answer sum_numbers(const HelperCall& call) {
  Answer sum = fold_numbers(call, std::plus<double>());
  return sum.ok() && sum->is_null() ? Answer(Value(0)) : sum;
}

// ---- dates ----

Answer format_date_helper(const HelperCall& call) {
  Reader reader(call);
  const std::string pattern = reader.text(1);
  const Zone zone = reader.zone(2);
  const LocaleRow* const locale = reader.locale(3);
  if (!has(call, 0)) return finish(reader, Value());
  const Instant instant = reader.instant(0, zone);
  if (reader.error) return std::move(*reader.error);
  Result<std::string> text = format_date(instant, zone, pattern, *locale);
  if (!text.ok()) return std::move(text.error());
  return finish_text(reader, std::move(*text));
}

struct UnitRow {
  std::string_view name;
  std::int64_t ms;  // of the clock; 0: of the calendar
  int days, months;
};
constexpr UnitRow units[] = {{"milliseconds", 1, 0, 0},  {"seconds", 1000, 0, 0}, {"minutes", 60'000, 0, 0},
                             {"hours", 3'600'000, 0, 0}, {"days", 0, 1, 0},       {"weeks", 0, 7, 0},
                             {"months", 0, 0, 1},        {"years", 0, 0, 12}};

const UnitRow* find_unit(Reader& reader, std::size_t i) {
  const std::string name = reader.text(i);
  for (const UnitRow& row : units)
    if (name == row.name || name + 's' == row.name) return &row;
  reader.fail(failed("`" + name +
                     "` is no unit; there are milliseconds seconds minutes hours days weeks months years"));
  return nullptr;
}

CivilTime add_months(CivilTime civil, std::int64_t months) {
  constexpr int days_in[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const std::int64_t month = static_cast<std::int64_t>(civil.year) * 12 + civil.month - 1 + months;
  civil.year = static_cast<int>(month / 12);
  civil.month = static_cast<int>(month % 12) + 1;
  const bool is_leap = (civil.year % 4 == 0 && civil.year % 100 != 0) || civil.year % 400 == 0;
  civil.day = std::min(civil.day, days_in[civil.month - 1] + (civil.month == 2 && is_leap ? 1 : 0));
  return civil;
}

constexpr std::int64_t last_ms = 7'258'118'399'999;  // of 2199, as far as times are read

// The instant `amount` units on, by the zone's clock and calendar; nothing beyond the years there are.
std::optional<Instant> later(Instant from, std::int64_t amount, const UnitRow& unit, const Zone& zone) {
  constexpr std::int64_t amount_max = 10'000'000'000'000;
  if (std::abs(amount) > amount_max / std::max<std::int64_t>(1, unit.ms)) return std::nullopt;
  if (unit.ms > 0) {
    const Instant then = from + milliseconds(amount * unit.ms);
    return then.ms < 0 || then.ms > last_ms ? std::nullopt : std::optional(then);
  }
  constexpr std::int64_t days_max = 100'000;
  if (std::abs(amount) > days_max) return std::nullopt;
  CivilTime civil = zone.local(from);
  if (unit.months > 0) {
    const std::int64_t year = civil.year + amount * unit.months / 12;
    if (year < 1970 || year > 2199) return std::nullopt;
    civil = add_months(civil, amount * unit.months);
  } else {
    CivilTime day = civil_day(day_number(civil) + static_cast<int>(amount * unit.days));
    civil.year = day.year, civil.month = day.month, civil.day = day.day;
  }
  if (civil.year < 1970 || civil.year > 2199) return std::nullopt;
  const Instant then = zone.resolve_leniently(civil) + milliseconds(from.ms % 1000);
  return then.ms < 0 || then.ms > last_ms ? std::nullopt : std::optional(then);
}

Answer date_add(const HelperCall& call) {
  Reader reader(call);
  const double amount = reader.number(1);
  const UnitRow* const unit = find_unit(reader, 2);
  const Zone zone = reader.zone(3);
  if (reader.error || !has(call, 0)) return finish(reader, Value());
  const Instant from = reader.instant(0, zone);
  if (reader.error) return std::move(*reader.error);
  if (amount != std::floor(amount) || std::fabs(amount) > 1e15)
    return failed("argument 2 is not a whole number");
  const auto then = later(from, static_cast<std::int64_t>(amount), *unit, zone);
  if (!then) return failed("the date is beyond the years 1970 to 2199");
  return Value(to_text(*then));
}

// Whole units, towards zero.
Answer date_diff(const HelperCall& call) {
  Reader reader(call);
  const UnitRow* const unit = find_unit(reader, 2);
  const Zone zone = reader.zone(3);
  if (reader.error || !has(call, 0) || !has(call, 1)) return finish(reader, Value());
  Instant from = reader.instant(0, zone), till = reader.instant(1, zone);
  if (reader.error) return std::move(*reader.error);
  if (unit->ms > 0) return Value((till.ms - from.ms) / unit->ms);
  const int sign = till < from ? -1 : 1;
  if (sign < 0) std::swap(from, till);
  const CivilTime a = zone.local(from), b = zone.local(till);
  std::int64_t whole = unit->months > 0 ? ((b.year - a.year) * 12 + b.month - a.month) / unit->months
                                        : (day_number(b) - day_number(a)) / unit->days;
  const auto reached = later(from, whole, *unit, zone);
  if (whole > 0 && (!reached || *reached > till)) --whole;
  return Value(static_cast<double>(sign * whole));
}

Answer now(const HelperCall& call) {
  if (!call.now) return failed("no moment was handed to this rendering");
  return Value(to_text(*call.now));
}

// ---- lists and objects ----

Answer first(const HelperCall& call) {
  Reader reader(call);
  const Array& list = reader.list(0);
  return finish(reader, list.empty() ? Value() : list.front());
}
Answer last(const HelperCall& call) {
  Reader reader(call);
  const Array& list = reader.list(0);
  return finish(reader, list.empty() ? Value() : list.back());
}
Answer count(const HelperCall& call) {
  const Value& value = arg(call, 0);
  if (value.is_null()) return Value(0);
  if (value.is_object()) return Value(static_cast<double>(value.object().size()));
  Reader reader(call);
  return finish(reader, Value(static_cast<double>(reader.list(0).size())));
}
Answer reverse(const HelperCall& call) {
  Reader reader(call);
  const Array& list = reader.list(0);
  return finish(reader, Value(Array(list.rbegin(), list.rend())));
}

// null, then false and true, numbers, texts, and last what has no order.
int rank_of(const Value& value) {
  return value.is_null() ? 0 : value.is_boolean() ? 1 : value.is_number() ? 2 : value.is_string() ? 3 : 4;
}
bool is_before(const Value& a, const Value& b) {
  if (rank_of(a) != rank_of(b)) return rank_of(a) < rank_of(b);
  switch (a.kind()) {
    case Kind::boolean: return !a.boolean() && b.boolean();
    case Kind::number: return a.number() < b.number();
    case Kind::string: return a.string() < b.string();
    default: return false;
  }
}

const Value& field_of(const Value& item, const std::string& field) {
  static const Value missing;
  const Value* const found = item.at_path(field);
  return found ? *found : missing;
}

Answer too_long(const Array& list) {
  return refuse(Code::limit_exceeded, "the list has " + std::to_string(list.size()) + " items; " +
                                          std::to_string(limits::template_list_max) + " are allowed here");
}

Answer sorted(const HelperCall& call, bool by_field, bool largest_first, std::optional<std::size_t> most) {
  Reader reader(call);
  const Array& list = reader.list(0);
  if (list.size() > limits::template_list_max) return too_long(list);
  const std::string field = by_field ? reader.text(1) : std::string();
  struct Keyed {
    const Value* key;
    const Value* item;
  };
  std::vector<Keyed> items;
  items.reserve(list.size());
  for (const Value& item : list) items.push_back({by_field ? &field_of(item, field) : &item, &item});
  std::stable_sort(items.begin(), items.end(), [&](const Keyed& a, const Keyed& b) {
    return largest_first ? is_before(*b.key, *a.key) : is_before(*a.key, *b.key);
  });
  if (most && items.size() > *most) items.resize(*most);
  Array ordered;
  ordered.reserve(items.size());
  for (const Keyed& item : items) ordered.push_back(*item.item);
  return finish(reader, Value(std::move(ordered)));
}

std::optional<bool> is_descending(Reader& reader, std::size_t i) {
  const std::string order = reader.text(i, "asc");
  if (order == "asc" || order == "desc") return order == "desc";
  reader.fail(failed("the order `" + order + "` is neither `asc` nor `desc`"));
  return std::nullopt;
}

Answer sort(const HelperCall& call) {
  Reader reader(call);
  const auto descending = is_descending(reader, 1);
  if (!descending) return std::move(*reader.error);
  return sorted(call, false, *descending, std::nullopt);
}
Answer sort_by(const HelperCall& call) {
  Reader reader(call);
  const auto descending = is_descending(reader, 2);
  if (!descending) return std::move(*reader.error);
  return sorted(call, true, *descending, std::nullopt);
}
Answer top_n(const HelperCall& call) {
  Reader reader(call);
  const int most = reader.whole(2, 0, 0, static_cast<int>(limits::template_list_max));
  if (reader.error) return std::move(*reader.error);
  return sorted(call, true, true, static_cast<std::size_t>(most));
}

Answer distinct(const HelperCall& call) {
  Reader reader(call);
  const Array& list = reader.list(0);
  if (list.size() > limits::template_list_max) return too_long(list);
  struct Keyed {
    std::string key;
    std::size_t index;
  };
  std::vector<Keyed> items;
  for (std::size_t i = 0; i < list.size(); ++i) items.push_back({to_json(list[i]), i});
  std::stable_sort(items.begin(), items.end(), [](const Keyed& a, const Keyed& b) { return a.key < b.key; });
  items.erase(
      std::unique(items.begin(), items.end(), [](const Keyed& a, const Keyed& b) { return a.key == b.key; }),
      items.end());
  std::sort(items.begin(), items.end(), [](const Keyed& a, const Keyed& b) { return a.index < b.index; });
  Array different;
  for (const Keyed& item : items) different.push_back(list[item.index]);
  return finish(reader, Value(std::move(different)));
}

Answer in(const HelperCall& call) {
  Reader reader(call);
  const Array& list = reader.list(1);
  return finish(reader, Value(std::find(list.begin(), list.end(), arg(call, 0)) != list.end()));
}

Answer pluck(const HelperCall& call) {
  Reader reader(call);
  const std::string field = reader.text(1);
  Array values;
  for (const Value& item : reader.list(0)) values.push_back(field_of(item, field));
  return finish(reader, Value(std::move(values)));
}

Answer keys(const HelperCall& call) {
  if (!has(call, 0)) return Value(Array());
  if (!arg(call, 0).is_object()) return not_a("an object", call, 0);
  Array names;
  for (const auto& [name, value] : arg(call, 0).object()) names.emplace_back(name);
  return Value(std::move(names));
}
Answer values(const HelperCall& call) {
  if (!has(call, 0)) return Value(Array());
  if (!arg(call, 0).is_object()) return not_a("an object", call, 0);
  Array members;
  for (const auto& [name, value] : arg(call, 0).object()) members.push_back(value);
  return Value(std::move(members));
}

// ---- logic and kinds ----

bool is_true(const Value& value) {  // as `#if` has it
  switch (value.kind()) {
    case Kind::null: return false;
    case Kind::boolean: return value.boolean();
    case Kind::number: return value.number() != 0;
    case Kind::string: return !value.string().empty();
    case Kind::array: return !value.array().empty();
    case Kind::object: return true;
  }
  return false;
}

template <class Holds>
Answer compare(const HelperCall& call, Holds holds) {
  const Value &a = arg(call, 0), &b = arg(call, 1);
  if (a.is_null() || b.is_null()) return Value(false);
  if (a.is_number() && b.is_number()) return Value(holds(a.number(), b.number()));
  if (a.is_string() && b.is_string()) return Value(holds(a.string(), b.string()));
  return failed("it compares " + a_kind(a) + " with " + a_kind(b) + "; both must be numbers, or texts");
}

Answer eq(const HelperCall& call) { return Value(arg(call, 0) == arg(call, 1)); }
Answer ne(const HelperCall& call) { return Value(!(arg(call, 0) == arg(call, 1))); }
Answer lt(const HelperCall& call) { return compare(call, std::less<>()); }
Answer lte(const HelperCall& call) { return compare(call, std::less_equal<>()); }
Answer gt(const HelperCall& call) { return compare(call, std::greater<>()); }
Answer gte(const HelperCall& call) { return compare(call, std::greater_equal<>()); }
Answer both(const HelperCall& call) {
  return Value(
      std::all_of(call.args.begin(), call.args.end(), [](const Value* value) { return is_true(*value); }));
}
Answer either(const HelperCall& call) {
  return Value(
      std::any_of(call.args.begin(), call.args.end(), [](const Value* value) { return is_true(*value); }));
}
Answer negation(const HelperCall& call) { return Value(!is_true(arg(call, 0))); }

Answer default_value(const HelperCall& call) {
  const Value& value = arg(call, 0);
  return value.is_null() || (value.is_string() && value.string().empty()) ? arg(call, 1) : value;
}

std::string shown(const Value& value) {
  switch (value.kind()) {
    case Kind::null: return {};
    case Kind::string: return value.string();
    case Kind::number: {
      std::string text;
      append_number(text, value.number());
      return text;
    }
    default: return to_json(value);
  }
}

Answer to_number(const HelperCall& call) {
  const Value& value = arg(call, 0);
  if (value.is_number() || value.is_null()) return value;
  if (value.is_boolean()) return Value(value.boolean() ? 1 : 0);
  if (!value.is_string()) return not_a("a text", call, 0);
  std::string_view text = value.string();
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  double number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || !std::isfinite(number))
    return not_a("a number", call, 0);
  return Value(number);
}
Answer to_string_helper(const HelperCall& call) { return Value(shown(arg(call, 0))); }
Answer to_bool(const HelperCall& call) {
  const Value& value = arg(call, 0);
  if (!value.is_string()) return Value(is_true(value));
  const std::string text = lower_text(value.string());
  if (text == "true" || text == "yes" || text == "1") return Value(true);
  if (text == "false" || text == "no" || text == "0" || text.empty()) return Value(false);
  return not_a("true, false, yes, no, 1 or 0", call, 0);
}

// In HTML written so that it can stand inside a `<script>` of data and in text alike.
Answer json(const HelperCall& call) {
  const std::string text = to_json(arg(call, 0));
  if (!call.for_html) return Value(text);
  std::string safe;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = std::string_view(text).substr(i);
    if (text[i] == '<')
      safe += "\\u003c";
    else if (text[i] == '>')
      safe += "\\u003e";
    else if (text[i] == '&')
      safe += "\\u0026";
    else if (rest.starts_with("\u2028"))
      safe += "\\u2028", i += 2;
    else if (rest.starts_with("\u2029"))
      safe += "\\u2029", i += 2;
    else
      safe += text[i];
  }
  return Value(std::move(safe));
}

// name, usage, doc, since, example, least and most arguments, the argument that names a field, function
std::vector<HelperRow> make_rows() {
  return {
      {"abs", "abs(number)", "The number without its sign.", "0.1", "abs(-3) -> 3", 1, 1, -1, abs_number},
      {"and", "and(a, b, …)", "Whether all are true, as `#if` has it.", "0.1", "and(1, \"x\") -> true", 1, -1,
       -1, both},
      {"capitalize", "capitalize(text)", "The text with its first letter raised.", "0.1",
       "capitalize(\"hello world\") -> \"Hello world\"", 1, 1, -1, capitalize},
      {"ceil", "ceil(number)", "The next whole number upwards.", "0.1", "ceil(1.2) -> 2", 1, 1, -1,
       ceil_number},
      {"concat", "concat(a, b, …)", "The texts, one behind the other.", "0.1",
       "concat(\"a\", 1, \"b\") -> \"a1b\"", 1, -1, -1, concat},
      {"contains", "contains(in, what)", "Whether a text has the other in it, or a list has the item.", "0.1",
       "contains(\"footlight\", \"light\") -> true", 2, 2, -1, contains},
      {"count", "count(list)", "How many items a list or members an object has; 0 where there is none.",
       "0.1", "count([1, 2]) -> 2", 1, 1, -1, count},
      {"dateAdd", "dateAdd(date, amount, unit, zone)",
       "The date, so many `milliseconds` to `years` on (below zero: back), days and longer by the calendar "
       "of the zone (default UTC).",
       "0.1", "dateAdd(\"2026-01-31T10:00:00Z\", 1, \"months\") -> \"2026-02-28T10:00:00Z\"", 3, 4, -1,
       date_add},
      {"dateDiff", "dateDiff(from, till, unit, zone)",
       "The whole `milliseconds` to `years` between two dates, below zero where the second is earlier.",
       "0.1", "dateDiff(\"2026-01-01\", \"2026-03-01\", \"days\") -> 59", 3, 4, -1, date_diff},
      {"default", "default(value, otherwise)",
       "The value, or the other where it is missing or an empty text: `?:`.", "0.1",
       "default(\"\", \"there\") -> \"there\"", 2, 2, -1, default_value},
      {"distinct", "distinct(list)", "The list without items that came before.", "0.1",
       "distinct([1, 2, 1]) -> [1,2]", 1, 1, -1, distinct},
      {"endsWith", "endsWith(text, end)", "Whether the text ends so.", "0.1",
       "endsWith(\"a.png\", \".png\") -> true", 2, 2, -1, ends_with},
      {"eq", "eq(a, b)", "Whether both are the same, of one kind: the text `1` is not the number 1.", "0.1",
       "eq(\"1\", 1) -> false", 2, 2, -1, eq},
      {"first", "first(list)", "The first item.", "0.1", "first([7, 8]) -> 7", 1, 1, -1, first},
      {"floor", "floor(number)", "The next whole number downwards.", "0.1", "floor(1.8) -> 1", 1, 1, -1,
       floor_number},
      {"formatCurrency", "formatCurrency(amount, currency, locale)",
       "An amount of money, by the currency's ISO code; locales en de fr es it nl pt ja, default en.", "0.1",
       "formatCurrency(1234.5, \"EUR\", \"de\") -> \"1.234,50\u00a0€\"", 2, 3, -1, format_currency_helper},
      {"formatDate", "formatDate(date, pattern, zone, locale)",
       "A date by a pattern of y M d E a H h m s S X Z z, in a zone (default UTC) and locale (default en). A "
       "date is an ISO text or milliseconds; without an offset it is the zone's.",
       "0.1",
       "formatDate(\"2026-12-01T09:05:00Z\", \"d MMMM yyyy, HH:mm\", \"Europe/Paris\", \"fr\") -> \"1 "
       "décembre 2026, 10:05\"",
       2, 4, -1, format_date_helper},
      {"formatNumber", "formatNumber(number, digits, locale)",
       "A number with grouped digits; `digits` behind the point, else up to 3.", "0.1",
       "formatNumber(1234.5, 2, \"en\") -> \"1,234.50\"", 1, 3, -1, format_number_helper},
      {"formatPercent", "formatPercent(share, digits, locale)", "A share as a percentage: 0.25 is 25%.",
       "0.1", "formatPercent(0.256, 1) -> \"25.6%\"", 1, 3, -1, format_percent_helper},
      {"gt", "gt(a, b)", "Whether a number or text is greater; false where one is missing.", "0.1",
       "gt(2, 1) -> true", 2, 2, -1, gt},
      {"gte", "gte(a, b)", "Whether a number or text is greater or equal.", "0.1", "gte(2, 2) -> true", 2, 2,
       -1, gte},
      {"in", "in(item, list)", "Whether the list has the item.", "0.1", "in(2, [1, 2]) -> true", 2, 2, -1,
       in},
      {"indexOf", "indexOf(text, what)",
       "Where the other text begins in it, in characters from 0; -1 where it does not.", "0.1",
       "indexOf(\"abc\", \"c\") -> 2", 2, 2, -1, index_of},
      {"join", "join(list, separator)",
       "The items as one text, separated by `, ` where nothing else is said.", "0.1",
       "join([1, 2], \"-\") -> \"1-2\"", 1, 2, -1, join_list},
      {"json", "json(value)", "The value as JSON; in HTML with `<`, `>` and `&` escaped inside.", "0.1",
       "json([1, \"a\"]) -> \"[1,\\\"a\\\"]\"", 1, 1, -1, json},
      {"keys", "keys(object)", "The names of the members, in the order of their bytes.", "0.1",
       "keys(null) -> []", 1, 1, -1, keys},
      {"last", "last(list)", "The last item.", "0.1", "last([7, 8]) -> 8", 1, 1, -1, last},
      {"length", "length(value)", "The characters of a text, the items of a list, the members of an object.",
       "0.1", "length(\"Zürich\") -> 6", 1, 1, -1, length},
      {"lowerCase", "lowerCase(text)", "The text in small letters.", "0.1", "lowerCase(\"ÄB\") -> \"äb\"", 1,
       1, -1, lower_case},
      {"lt", "lt(a, b)", "Whether a number or text is less; false where one is missing.", "0.1",
       "lt(1, 2) -> true", 2, 2, -1, lt},
      {"lte", "lte(a, b)", "Whether a number or text is less or equal.", "0.1", "lte(2, 2) -> true", 2, 2, -1,
       lte},
      {"max", "max(a, b, …)", "The greatest of the numbers, or of a list's.", "0.1", "max(1, 3, 2) -> 3", 1,
       -1, -1, max_number},
      {"min", "min(a, b, …)", "The least of the numbers, or of a list's.", "0.1", "min([4, 2]) -> 2", 1, -1,
       -1, min_number},
      {"ne", "ne(a, b)", "Whether the two differ.", "0.1", "ne(1, 2) -> true", 2, 2, -1, ne},
      {"not", "not(value)", "Whether the value is false, as `#if` has it.", "0.1", "not(0) -> true", 1, 1, -1,
       negation},
      {"now", "now()", "The moment of the request, as an ISO text.", "0.1",
       "now() -> \"2026-12-01T09:00:00Z\"", 0, 0, -1, now},
      {"or", "or(a, b, …)", "Whether any is true, as `#if` has it.", "0.1", "or(0, \"\") -> false", 1, -1, -1,
       either},
      {"pluck", "pluck(list, field)", "One field of each item.", "0.1", "pluck([], name) -> []", 2, 2, 1,
       pluck},
      {"replace", "replace(text, what, by)", "The text with every occurrence replaced.", "0.1",
       "replace(\"a-b-c\", \"-\", \"+\") -> \"a+b+c\"", 3, 3, -1, replace},
      {"reverse", "reverse(list)", "The list from its end.", "0.1", "reverse([1, 2]) -> [2,1]", 1, 1, -1,
       reverse},
      {"round", "round(number, digits)",
       "The number rounded half away from zero, to so many digits (default 0).", "0.1",
       "round(1.005, 2) -> 1.01", 1, 2, -1, round_number},
      {"slice", "slice(list, from, till)",
       "The items from one position up to another, counted from 0, below zero from the end.", "0.1",
       "slice([1, 2, 3], 1) -> [2,3]", 2, 3, -1, slice},
      {"sort", "sort(list, order)",
       "The list in order, `asc` or `desc`: nothing, false, true, numbers, texts.", "0.1",
       "sort([3, 1, 2], \"desc\") -> [3,2,1]", 1, 2, -1, sort},
      {"sortBy", "sortBy(list, field, order)",
       "The list in the order of a field of its items, `asc` or `desc`.", "0.1", "sortBy([], price) -> []", 2,
       3, 1, sort_by},
      {"split", "split(text, separator)", "The parts of a text; without a separator its characters.", "0.1",
       "split(\"a,b\", \",\") -> [\"a\",\"b\"]", 2, 2, -1, split},
      {"startsWith", "startsWith(text, start)", "Whether the text begins so.", "0.1",
       "startsWith(\"abc\", \"ab\") -> true", 2, 2, -1, starts_with},
      {"substring", "substring(text, from, till)",
       "The characters from one position up to another, counted from 0, below zero from the end.", "0.1",
       "substring(\"Zürich\", 0, 2) -> \"Zü\"", 2, 3, -1, substring},
      {"sum", "sum(a, b, …)", "The sum of the numbers, or of a list's; 0 where there is none.", "0.1",
       "sum([1, 2, 3]) -> 6", 1, -1, -1, sum_numbers},
      {"titleCase", "titleCase(text)", "Every word with a capital, the rest in small letters.", "0.1",
       "titleCase(\"o'neil JONES\") -> \"O'neil Jones\"", 1, 1, -1, title_case},
      {"toBool", "toBool(value)", "true or false, also from the texts true, false, yes, no, 1, 0.", "0.1",
       "toBool(\"yes\") -> true", 1, 1, -1, to_bool},
      {"toNumber", "toNumber(value)", "The number that a text spells.", "0.1", "toNumber(\" 12.5 \") -> 12.5",
       1, 1, -1, to_number},
      {"toString", "toString(value)", "The value as text; lists and objects as JSON.", "0.1",
       "toString(12.5) -> \"12.5\"", 1, 1, -1, to_string_helper},
      {"topN", "topN(list, field, most)", "The items with the greatest values of a field, greatest first.",
       "0.1", "topN([], price, 3) -> []", 3, 3, 1, top_n},
      {"trim", "trim(text)", "The text without blanks and line ends around it.", "0.1",
       "trim(\"  a \") -> \"a\"", 1, 1, -1, trim_text},
      {"truncate", "truncate(text, most, end)", "At most so many characters, `…` or another end counted in.",
       "0.1", "truncate(\"footlight\", 5) -> \"foot…\"", 2, 3, -1, truncate},
      {"upperCase", "upperCase(text)", "The text in capitals.", "0.1", "upperCase(\"straße\") -> \"STRASSE\"",
       1, 1, -1, upper_case},
      {"urlEncode", "urlEncode(text)", "The text for a part of a URL.", "0.1",
       "urlEncode(\"a b&c\") -> \"a%20b%26c\"", 1, 1, -1, url_encode},
      {"values", "values(object)", "The members' values, in the order of their names' bytes.", "0.1",
       "values(null) -> []", 1, 1, -1, values},
  };
}

}  // namespace

const std::vector<HelperRow>& template_helpers() {
  static const std::vector<HelperRow> rows = make_rows();
  return rows;
}

}  // namespace footlight
