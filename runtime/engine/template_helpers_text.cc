// Helpers for texts.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/limits.h"
#include "engine/letters.h"
#include "engine/template_helper_calls.h"

namespace footlight::helpers {

using Kind = Value::Kind;

template <class Change>
Answer change_text(const HelperCall& call, Change change) {
  Arguments reader(call);
  return finish_text(reader, change(reader.text(0)));
}

Answer upper_case(const HelperCall& call) {
  return change_text(call, [](const std::string& text) { return upper_text(text); });
}
Answer lower_case(const HelperCall& call) {
  return change_text(call, [](const std::string& text) { return lower_text(text); });
}

static std::string titled(const std::string& text, bool first_only) {
  std::string title;
  bool is_inside = false;
  for (const char32_t c : to_characters(text)) {
    const bool is_letter = is_letter_character(c) || (is_inside && (c == U'\'' || c == 0x2019));
    append_character(title, !is_letter ? c : is_inside ? (first_only ? c : lower_character(c)) : upper_character(c));
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
    return first == std::string::npos ? std::string() : text.substr(first, text.find_last_not_of(blanks) - first + 1);
  });
}

Answer concat(const HelperCall& call) {
  Arguments reader(call);
  std::string joined;
  for (std::size_t i = 0; i < call.args.size() && joined.size() <= limits::template_output_bytes_max; ++i) joined += reader.text(i);
  return finish_text(reader, std::move(joined));
}

Answer replace(const HelperCall& call) {
  Arguments reader(call);
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

Answer substring(const HelperCall& call) {
  Arguments reader(call);
  const std::u32string characters = to_characters(reader.text(0));
  const auto [from, till] = range_of(reader, call, characters.size());
  return finish_text(reader, to_utf8(std::u32string_view(characters).substr(from, till - from)));
}

Answer slice(const HelperCall& call) {
  Arguments reader(call);
  const Array& list = reader.list(0);
  const auto [from, till] = range_of(reader, call, list.size());
  return finish(reader, Value(Array(list.begin() + static_cast<std::ptrdiff_t>(from), list.begin() + static_cast<std::ptrdiff_t>(till))));
}

Answer truncate(const HelperCall& call) {
  Arguments reader(call);
  const std::u32string characters = to_characters(reader.text(0));
  const auto most = static_cast<std::size_t>(reader.whole(1, 0, 0, 1 << 20));
  const std::u32string end = to_characters(reader.text(2, "…"));
  if (characters.size() <= most) return finish_text(reader, to_utf8(characters));
  const std::size_t kept = most > end.size() ? most - end.size() : 0;
  return finish_text(reader, to_utf8(std::u32string_view(characters).substr(0, kept)) + to_utf8(std::u32string_view(end).substr(0, most)));
}

Answer split(const HelperCall& call) {
  Arguments reader(call);
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
    return refuse(Code::limit_exceeded, "the text has more than " + std::to_string(limits::template_list_max) + " parts");
  return finish(reader, Value(std::move(parts)));
}

Answer join_list(const HelperCall& call) {
  Arguments reader(call);
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
  Arguments reader(call);
  return finish(reader, Value(static_cast<double>(to_characters(reader.text(0)).size())));
}

Answer starts_with(const HelperCall& call) {
  Arguments reader(call);
  return finish(reader, Value(reader.text(0).starts_with(reader.text(1))));
}
Answer ends_with(const HelperCall& call) {
  Arguments reader(call);
  return finish(reader, Value(reader.text(0).ends_with(reader.text(1))));
}
Answer contains(const HelperCall& call) {
  const Value& in = arg(call, 0);
  if (in.is_array()) return Value(std::find(in.array().begin(), in.array().end(), arg(call, 1)) != in.array().end());
  Arguments reader(call);
  return finish(reader, Value(reader.text(0).find(reader.text(1)) != std::string::npos));
}
Answer index_of(const HelperCall& call) {
  Arguments reader(call);
  const std::string text = reader.text(0);
  const auto at = text.find(reader.text(1));
  const double index = at == std::string::npos ? -1 : static_cast<double>(to_characters(std::string_view(text).substr(0, at)).size());
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
      if (is_plain) encoded += c;
      else ((encoded += '%') += hex[byte >> 4]) += hex[byte & 15];
    }
    return encoded;
  });
}

}  // namespace footlight::helpers
