#include "model/reader.h"

#include <algorithm>
#include <set>

#include "base/limits.h"
#include "base/text.h"

namespace footlight {
namespace {

std::string with_article(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::array: return "a list";
    case Value::Kind::object: return "an object";
    case Value::Kind::null: return "nothing";
    default: return "a " + std::string(kind_name(kind));
  }
}

std::string short_number(double number) {
  std::string text;
  append_json_number(text, number);
  return text;
}

}  // namespace

std::string type_message(std::string_view expected, const Value& found) {
  return "expected " + std::string(expected) + ", found " + with_article(found.kind());
}

bool is_valid_id(std::string_view id) {
  const auto alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (id.empty() || id.size() > limits::id_bytes_max || !alphanumeric(id[0])) return false;
  return std::all_of(id.begin(), id.end(), [&](char c) { return alphanumeric(c) || c == '.' || c == '_' || c == '-'; });
}

Reader::Reader(const Value& value, std::string path, Problems& problems)
    : value_(value), object_(value.is_object()), path_(std::move(path)), problems_(problems) {
  if (!object_) problems_.push_back({Code::wrong_type, path_, type_message("an object", value)});
}

std::string Reader::path_of(std::string_view key) const { return path_ + "." + std::string(key); }

const Value* Reader::take(std::string_view key) {
  if (known_.empty()) known_.reserve(16);
  known_.push_back(key);
  return value_.find(key);
}

const Value* Reader::require(std::string_view key) {
  const Value* member = take(key);
  if (!member && object_) report(Code::missing_field, key, "the field `" + std::string(key) + "` is missing");
  return member;
}

std::optional<std::string> Reader::text(std::string_view key) {
  const Value* member = take(key);
  if (!member) return {};
  if (member->is_string()) return member->string();
  report(Code::wrong_type, key, type_message("a string", *member));
  return {};
}

std::optional<std::string> Reader::required_text(std::string_view key) {
  require(key);
  return text(key);
}

std::optional<double> Reader::number(std::string_view key, double least, double most) {
  const Value* member = take(key);
  if (!member) return {};
  if (!member->is_number()) {
    report(Code::wrong_type, key, type_message("a number", *member));
    return {};
  }
  const double number = member->number();
  if (number >= least && number <= most) return number;
  report(Code::out_of_range, key, short_number(number) + " is outside " + short_number(least) + " … " + short_number(most));
  return {};
}

std::optional<bool> Reader::boolean(std::string_view key) {
  const Value* member = take(key);
  if (!member) return {};
  if (member->is_boolean()) return member->boolean();
  report(Code::wrong_type, key, type_message("true or false", *member));
  return {};
}

const Array* Reader::array(std::string_view key) {
  static const Array none;
  const Value* member = take(key);
  if (!member) return nullptr;
  if (member->is_array()) return &member->array();
  if (member->is_object() && member->object().empty()) return &none;  // Lua writes both as `{}`
  report(Code::wrong_type, key, type_message("a list", *member));
  return nullptr;
}

const Object* Reader::object(std::string_view key) {
  const Value* member = take(key);
  if (!member) return nullptr;
  if (member->is_object()) return &member->object();
  report(Code::wrong_type, key, type_message("an object", *member));
  return nullptr;
}

std::optional<std::string> Reader::word(std::string_view key, const std::vector<std::string>& words) {
  auto found = text(key);
  if (!found || std::find(words.begin(), words.end(), *found) != words.end()) return found;
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "`" : ", `") + word + "`";
  report(Code::out_of_range, key, "`" + *found + "` is none of " + list);
  return {};
}

void Reader::report(Code code, std::string_view key, std::string message) { problems_.push_back({code, path_of(key), std::move(message)}); }

void Reader::finish() {
  if (!object_) return;
  for (const auto& [key, member] : value_.object()) {
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    std::string message = "there is no field `" + key + "` here";
    const std::set<std::string_view> sorted(known_.begin(), known_.end());
    const std::vector<std::string> names(sorted.begin(), sorted.end());
    if (const std::string near = nearest(key, names); !near.empty()) message += "; did you mean `" + near + "`?";
    problems_.push_back({Code::unknown_field, path_of(key), std::move(message)});
  }
}

}  // namespace footlight
