// Value: a JSON value, the one form in which documents, attributes and content travel.
//
// Numbers are IEEE doubles, as in Lua and JavaScript. Object keys are sorted bytewise, so that the
// same document has the same bytes wherever it was written: `to_json` is canonical (shortest
// round-trip numbers, no blanks) and `hash_of` names it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "footlight/error.h"

namespace footlight FOOTLIGHT_API {

class Value;
using Array = std::vector<Value>;
using Object = std::map<std::string, Value, std::less<>>;

class Value {
 public:
  enum class Kind { null, boolean, number, string, array, object };

  Value() = default;
  Value(std::nullptr_t) {}
  Value(bool b) : held_(b) {}
  Value(double n) : held_(n) {}
  Value(int n) : held_(static_cast<double>(n)) {}
  Value(std::int64_t n) : held_(static_cast<double>(n)) {}
  Value(std::uint64_t n) : held_(static_cast<double>(n)) {}
  Value(std::string s) : held_(std::move(s)) {}
  Value(std::string_view s) : held_(std::string(s)) {}
  Value(const char* s) : held_(std::string(s)) {}
  Value(Array a) : held_(std::move(a)) {}
  Value(Object o) : held_(std::move(o)) {}

  Kind kind() const { return static_cast<Kind>(held_.index()); }
  bool is_null() const { return kind() == Kind::null; }
  bool is_boolean() const { return kind() == Kind::boolean; }
  bool is_number() const { return kind() == Kind::number; }
  bool is_string() const { return kind() == Kind::string; }
  bool is_array() const { return kind() == Kind::array; }
  bool is_object() const { return kind() == Kind::object; }

  // Asking for another kind than `kind()` is a defect and throws std::bad_variant_access.
  bool boolean() const { return std::get<bool>(held_); }
  double number() const { return std::get<double>(held_); }
  const std::string& string() const { return std::get<std::string>(held_); }
  const Array& array() const { return std::get<Array>(held_); }
  Array& array() { return std::get<Array>(held_); }
  const Object& object() const { return std::get<Object>(held_); }
  Object& object() { return std::get<Object>(held_); }

  // The member of an object, or null: a missing key, a null and a non-object all find nullptr.
  const Value* find(std::string_view key) const;
  // Walks `a.b.c` through objects; nullptr where the path ends early.
  const Value* at_path(std::string_view dotted) const;
  // The string member `key`, or `otherwise`.
  std::string string_or(std::string_view key, std::string_view otherwise) const;

  bool operator==(const Value&) const = default;

 private:
  std::variant<std::monostate, bool, double, std::string, Array, Object> held_;
};

std::string_view kind_name(Value::Kind kind);         // `null`, `boolean`, `number`, ...

// Parses one JSON text. Errors carry `line:column` and what was expected (code `bad_json`); more
// than `limits::json_depth_max` levels, duplicate keys, invalid UTF-8 and text behind the value
// are refused.
Result<Value> parse_json(std::string_view text);

std::string to_json(const Value& value);              // canonical, one line
std::string to_pretty_json(const Value& value);       // two blanks a level, for people
void append_json(std::string& out, const Value& value);
void append_json_string(std::string& out, std::string_view text);   // quoted and escaped
void append_json_number(std::string& out, double number);           // non-finite becomes null

// SHA-256 in lower-case hex, of bytes and of a value's canonical form.
std::string sha256_hex(std::string_view bytes);
std::string hash_of(const Value& value);

}  // namespace footlight
