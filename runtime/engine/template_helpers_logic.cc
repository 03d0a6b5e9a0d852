// Helpers that compare, choose and convert.
#include <algorithm>
#include <charconv>
#include <functional>

#include "base/limits.h"
#include "engine/letters.h"
#include "engine/template_helper_calls.h"

namespace footlight::helpers {

using Kind = Value::Kind;

static bool is_true(const Value& value) {  // as `#if` has it
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
  return Value(std::all_of(call.args.begin(), call.args.end(), [](const Value* value) { return is_true(*value); }));
}
Answer either(const HelperCall& call) {
  return Value(std::any_of(call.args.begin(), call.args.end(), [](const Value* value) { return is_true(*value); }));
}
Answer negation(const HelperCall& call) { return Value(!is_true(arg(call, 0))); }

Answer default_value(const HelperCall& call) {
  const Value& value = arg(call, 0);
  return value.is_null() || (value.is_string() && value.string().empty()) ? arg(call, 1) : value;
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
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || !std::isfinite(number)) return not_a("a number", call, 0);
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
    if (text[i] == '<') safe += "\\u003c";
    else if (text[i] == '>') safe += "\\u003e";
    else if (text[i] == '&') safe += "\\u0026";
    else if (rest.starts_with("\u2028")) safe += "\\u2028", i += 2;
    else if (rest.starts_with("\u2029")) safe += "\\u2029", i += 2;
    else safe += text[i];
  }
  return Value(std::move(safe));
}

}  // namespace footlight::helpers
