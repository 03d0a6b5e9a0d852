// Value: a JSON value, the one form in which documents, attributes and content travel.
//
// Numbers are IEEE doubles, as in Lua and JavaScript. Object keys are sorted bytewise, so that the
// same document has the same bytes wherever it was written: `to_json` is canonical (shortest
// round-trip numbers, no blanks) and `hash_of` names it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "footlight/error.h"

namespace footlight FOOTLIGHT_API {

class Value;
using Array = std::vector<Value>;

// The members of a JSON object, sorted bytewise by key, side by side in memory. It has the names of std::map, but an
// insertion or an erasure moves what stands behind it: references and iterators from before do not hold after one. Many
// members that are not sorted are best given at once, as `Members`.
class Object {
 public:
  using value_type = std::pair<std::string, Value>;  // its key is not to be written
  using Members = std::vector<value_type>;
  using iterator = value_type*;
  using const_iterator = const value_type*;

  // What braces hold: `Object{{"name", "shop"}, {"count", 3}}`. Of one key the first is taken, here and below.
  class Given;

  Object() = default;
  Object(std::initializer_list<Given> given);
  explicit Object(Members members);  // in any order
  template <class Iterator>
  requires requires(Iterator member) { Value((*member).second); }
  Object(Iterator from, Iterator to) : Object(Members(from, to)) {}

  iterator begin();
  iterator end();
  const_iterator begin() const;
  const_iterator end() const;
  std::size_t size() const;
  bool empty() const;

  iterator find(std::string_view key);
  const_iterator find(std::string_view key) const;
  bool contains(std::string_view key) const;
  Value& at(std::string_view key);  // throws std::out_of_range where there is none
  const Value& at(std::string_view key) const;
  Value& operator[](std::string_view key);  // a null is made where there is none

  // Where the member is, and whether it is new; what is there already stays.
  std::pair<iterator, bool> emplace(std::string_view key, Value value);
  std::pair<iterator, bool> insert_or_assign(std::string_view key, Value value);
  std::size_t erase(std::string_view key);  // how many: 0 or 1
  iterator erase(const_iterator member);    // the next one
  void clear();

  friend bool operator==(const Object& a, const Object& b);

 private:
  std::size_t place_of(std::string_view key) const;  // of the first member that is not before it

  Members members_;
};

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
  // Not inline: every file that touches a value would compile them again.
  Value(const Value& other);
  Value(Value&& other) noexcept;
  Value& operator=(const Value& other);
  Value& operator=(Value&& other) noexcept;
  ~Value();

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

  bool operator==(const Value& other) const;

 private:
  std::variant<std::monostate, bool, double, std::string, Array, Object> held_;
};

class Object::Given {
 public:
  Given(std::string_view key, Value value) : key_(key), value_(std::move(value)) {}

 private:
  friend class Object;
  std::string_view key_;
  mutable Value value_;  // an initializer list is constant, and copies of documents are dear
};

inline Object::iterator Object::begin() { return members_.data(); }
inline Object::iterator Object::end() { return members_.data() + members_.size(); }
inline Object::const_iterator Object::begin() const { return members_.data(); }
inline Object::const_iterator Object::end() const { return members_.data() + members_.size(); }
inline std::size_t Object::size() const { return members_.size(); }
inline bool Object::empty() const { return members_.empty(); }
inline bool Object::contains(std::string_view key) const { return find(key) != end(); }
inline void Object::clear() { members_.clear(); }

std::string_view kind_name(Value::Kind kind);  // `null`, `boolean`, `number`, ...

// Parses one JSON text. Errors carry `line:column` and what was expected (code `bad_json`); more
// than `limits::json_depth_max` levels, duplicate keys, invalid UTF-8 and text behind the value
// are refused.
Result<Value> parse_json(std::string_view text);

std::string to_json(const Value& value);         // canonical, one line
std::string to_pretty_json(const Value& value);  // two blanks a level, for people
void append_json(std::string& out, const Value& value);
void append_json_string(std::string& out, std::string_view text);  // quoted and escaped
void append_json_number(std::string& out, double number);          // non-finite becomes null

// SHA-256 in lower-case hex, of bytes and of a value's canonical form.
std::string sha256_hex(std::string_view bytes);
std::string hash_of(const Value& value);

}  // namespace FOOTLIGHT_API
