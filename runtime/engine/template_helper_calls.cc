#include "engine/template_helper_calls.h"

#include <algorithm>
#include <cmath>

#include "base/limits.h"
#include "engine/letters.h"

namespace footlight::helpers {

using Kind = Value::Kind;

Error failed(std::string message) { return refuse(Code::template_failed, std::move(message)); }

std::string a_kind(const Value& value) {
  switch (value.kind()) {
    case Kind::array: return "a list";
    case Kind::object: return "an object";
    case Kind::string: return "the text `" + value.string().substr(0, value.string().find('\n')).substr(0, 40) + '`';
    default: return "a " + std::string(kind_name(value.kind()));
  }
}

Error not_a(std::string_view wanted, const HelperCall& call, std::size_t i, std::string_view hint) {
  return failed("argument " + std::to_string(i + 1) + " is " + a_kind(*call.args[i]) + ", not " + std::string(wanted) + std::string(hint));
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

std::string Arguments::text(std::size_t i, std::string_view otherwise) {
  if (!has(call_, i)) return std::string(otherwise);
  const Value& value = arg(call_, i);
  if (value.is_string()) return value.string();
  if (value.is_boolean()) return value.boolean() ? "true" : "false";
  std::string shown;
  if (value.is_number()) append_number(shown, value.number());
  else fail(not_a("a text", call_, i));
  return shown;
}

double Arguments::number(std::size_t i, double otherwise) {
  if (!has(call_, i)) return otherwise;
  if (arg(call_, i).is_number()) return arg(call_, i).number();
  fail(not_a("a number", call_, i, arg(call_, i).is_string() ? "; read it with `toNumber`" : ""));
  return otherwise;
}

int Arguments::whole(std::size_t i, int otherwise, int least, int most) {
  const double n = number(i, otherwise);
  if (n == std::floor(n) && n >= least && n <= most) return static_cast<int>(n);
  fail(
      failed("argument " + std::to_string(i + 1) + " is not a whole number from " + std::to_string(least) + " to " + std::to_string(most)));
  return otherwise;
}

const Array& Arguments::list(std::size_t i) {
  static const Array nothing;
  if (!has(call_, i)) return nothing;
  if (arg(call_, i).is_array()) return arg(call_, i).array();
  fail(not_a("a list", call_, i));
  return nothing;
}

const LocaleRow* Arguments::locale(std::size_t i) {
  const Result<const LocaleRow*> found = find_locale(text(i, "en"));
  if (!found.ok()) fail(found.error());
  return found.ok() ? *found : *find_locale("en");
}

Zone Arguments::zone(std::size_t i) {
  if (!has(call_, i)) return Zone::utc();
  const Result<Zone> found = Zone::find(text(i));
  if (!found.ok()) fail(found.error());
  return found.ok() ? *found : Zone::utc();
}

Instant Arguments::instant(std::size_t i, const Zone& zone) {
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
  fail(failed("argument " + std::to_string(i + 1) + " is " + a_kind(value) + ", not a date; write `2026-12-01T09:00:00Z` or milliseconds"));
  return {};
}

void Arguments::fail(Error why) {
  if (!error) error = std::move(why);
}
Answer finish(Arguments& reader, Value value) {
  if (reader.error) return std::move(*reader.error);
  return value;
}
Answer finish_text(Arguments& reader, std::string text) {
  if (reader.error) return std::move(*reader.error);
  if (text.size() > limits::template_output_bytes_max)
    return refuse(Code::limit_exceeded, "the text passes " + std::to_string(limits::template_output_bytes_max) + " bytes");
  return Value(std::move(text));
}

std::pair<std::size_t, std::size_t> range_of(Arguments& reader, const HelperCall& call, std::size_t size) {
  const auto bound = [&](std::size_t i, double otherwise) {
    double at = std::trunc(reader.number(i, otherwise));
    if (at < 0) at += static_cast<double>(size);
    return static_cast<std::size_t>(std::clamp(at, 0.0, static_cast<double>(size)));
  };
  const std::size_t from = bound(1, 0);
  return {from, std::max(from, call.args.size() > 2 ? bound(2, static_cast<double>(size)) : size)};
}

}  // namespace footlight::helpers
