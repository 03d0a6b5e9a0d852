// Helpers for numbers and dates.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>

#include "base/limits.h"
#include "engine/template_helper_calls.h"

namespace footlight::helpers {

using Kind = Value::Kind;

// ---- numbers ----

Answer format_number_helper(const HelperCall& call) {
  Arguments reader(call);
  const int digits = reader.whole(1, 3, 0, 20);
  const LocaleRow* const locale = reader.locale(2);
  const double number = reader.number(0);
  if (!has(call, 0)) return finish(reader, Value());
  return finish_text(reader, format_number(number, digits, has(call, 1), *locale));
}

Answer format_percent_helper(const HelperCall& call) {
  Arguments reader(call);
  const int digits = reader.whole(1, 0, 0, 20);
  const LocaleRow* const locale = reader.locale(2);
  const double share = reader.number(0);
  if (!has(call, 0)) return finish(reader, Value());
  return finish_text(reader, format_percent(share, digits, *locale));
}

Answer format_currency_helper(const HelperCall& call) {
  Arguments reader(call);
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
  Arguments reader(call);
  const double number = reader.number(0);
  if (!has(call, 0)) return Value();
  const double changed = change(number);
  return finish(reader, Value(changed == 0 ? 0.0 : changed));  // no -0
}

Answer round_number(const HelperCall& call) {
  Arguments reader(call);
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
  Arguments reader(call);
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
constexpr UnitRow units[] = {{"milliseconds", 1, 0, 0}, {"seconds", 1000, 0, 0}, {"minutes", 60'000, 0, 0}, {"hours", 3'600'000, 0, 0},
                             {"days", 0, 1, 0},         {"weeks", 0, 7, 0},      {"months", 0, 0, 1},       {"years", 0, 0, 12}};

static const UnitRow* find_unit(Arguments& reader, std::size_t i) {
  const std::string name = reader.text(i);
  for (const UnitRow& row : units)
    if (name == row.name || name + 's' == row.name) return &row;
  reader.fail(failed("`" + name + "` is no unit; there are milliseconds seconds minutes hours days weeks months years"));
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
static std::optional<Instant> later(Instant from, std::int64_t amount, const UnitRow& unit, const Zone& zone) {
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
  Arguments reader(call);
  const double amount = reader.number(1);
  const UnitRow* const unit = find_unit(reader, 2);
  const Zone zone = reader.zone(3);
  if (reader.error || !has(call, 0)) return finish(reader, Value());
  const Instant from = reader.instant(0, zone);
  if (reader.error) return std::move(*reader.error);
  if (amount != std::floor(amount) || std::fabs(amount) > 1e15) return failed("argument 2 is not a whole number");
  const auto then = later(from, static_cast<std::int64_t>(amount), *unit, zone);
  if (!then) return failed("the date is beyond the years 1970 to 2199");
  return Value(to_text(*then));
}

// Whole units, towards zero.
Answer date_diff(const HelperCall& call) {
  Arguments reader(call);
  const UnitRow* const unit = find_unit(reader, 2);
  const Zone zone = reader.zone(3);
  if (reader.error || !has(call, 0) || !has(call, 1)) return finish(reader, Value());
  Instant from = reader.instant(0, zone), till = reader.instant(1, zone);
  if (reader.error) return std::move(*reader.error);
  if (unit->ms > 0) return Value((till.ms - from.ms) / unit->ms);
  const int sign = till < from ? -1 : 1;
  if (sign < 0) std::swap(from, till);
  const CivilTime a = zone.local(from), b = zone.local(till);
  std::int64_t whole =
      unit->months > 0 ? ((b.year - a.year) * 12 + b.month - a.month) / unit->months : (day_number(b) - day_number(a)) / unit->days;
  const auto reached = later(from, whole, *unit, zone);
  if (whole > 0 && (!reached || *reached > till)) --whole;
  return Value(static_cast<double>(sign * whole));
}

Answer now(const HelperCall& call) {
  if (!call.now) return failed("no moment was handed to this rendering");
  return Value(to_text(*call.now));
}

}  // namespace footlight::helpers
