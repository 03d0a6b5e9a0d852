// JSON in and canonical JSON out. What is plain is read here; anything else, every mistake above all, is left to
// nlohmann's SAX parser, which tells what is wrong, with limits that hold while reading.
#include "footlight/value.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/limits.h"
#include "base/text.h"

namespace footlight {
namespace {

bool is_before(const Object::value_type& a, const Object::value_type& b) { return a.first < b.first; }
bool has_same_key(const Object::value_type& a, const Object::value_type& b) { return a.first == b.first; }

// How many of the bytes before the first that is no plain ASCII in JSON's texts: eight are looked at together. With
// `any_character` those of longer characters are plain, too.
template <bool any_character>
std::size_t plain_length(const char* text, std::size_t size) {
  constexpr std::uint64_t ones = 0x0101010101010101u, high = 0x80 * ones;
  // High where a byte is 0; behind the first of them it may be high elsewhere.
  const auto zeros = [](std::uint64_t bytes) { return (bytes - ones) & ~bytes & high; };
  std::size_t at = 0;
  for (; at + 8 <= size; at += 8) {
    std::uint64_t bytes;
    std::memcpy(&bytes, text + at, 8);
    if constexpr (std::endian::native == std::endian::big) bytes = __builtin_bswap64(bytes);
    std::uint64_t other = ((bytes - 0x20 * ones) & ~bytes & high) | zeros(bytes ^ '"' * ones) | zeros(bytes ^ '\\' * ones);
    if (!any_character) other |= bytes & high;
    if (other) return at + static_cast<std::size_t>(std::countr_zero(other)) / 8;
  }
  const auto is_plain = [](unsigned char c) { return c >= 0x20 && c != '"' && c != '\\' && (any_character || c < 0x80); };
  while (at < size && is_plain(static_cast<unsigned char>(text[at]))) ++at;
  return at;
}

// What stands on a stack from a place on, as a list of its size.
template <class T>
std::vector<T> taken(std::vector<T>& stack, std::size_t from) {
  const auto first = stack.begin() + static_cast<std::ptrdiff_t>(from);
  std::vector<T> list(std::make_move_iterator(first), std::make_move_iterator(stack.end()));
  stack.erase(first, stack.end());
  return list;
}

// Builds a Value while nlohmann reads; refuses depth at once and a key that stands twice with its object's end. What is
// open waits on two stacks, so that each array and object is made once, of its size.
class Builder {
 public:
  using json = nlohmann::json;
  using number_integer_t = json::number_integer_t;
  using number_unsigned_t = json::number_unsigned_t;
  using number_float_t = json::number_float_t;
  using string_t = json::string_t;
  using binary_t = json::binary_t;

  bool null() { return put(Value()); }
  bool boolean(bool b) { return put(Value(b)); }
  bool number_integer(number_integer_t n) { return put(Value(static_cast<double>(n))); }
  bool number_unsigned(number_unsigned_t n) { return put(Value(static_cast<double>(n))); }
  bool number_float(number_float_t n, const string_t&) { return put(Value(n)); }
  bool string(string_t& s) { return put(Value(std::move(s))); }
  bool binary(binary_t&) { return false; }

  bool start_object(std::size_t) { return open(members_.size(), true); }
  bool start_array(std::size_t) { return open(items_.size(), false); }
  bool key(string_t& key) {
    members_.emplace_back(std::move(key), Value());
    return true;
  }
  bool end_object() {
    Object::Members members = taken(members_, levels_.back().from);
    levels_.pop_back();
    if (!std::is_sorted(members.begin(), members.end(), is_before)) std::sort(members.begin(), members.end(), is_before);
    if (const auto twice = std::adjacent_find(members.begin(), members.end(), has_same_key); twice != members.end()) {
      why_ = "the key `" + twice->first + "` stands twice in one object";
      return false;
    }
    return put(Value(Object(std::move(members))));
  }
  bool end_array() {
    Array items = taken(items_, levels_.back().from);
    levels_.pop_back();
    return put(Value(std::move(items)));
  }

  bool parse_error(std::size_t position, const std::string&, const json::exception& error) {
    position_ = position;
    why_ = error.what();
    // nlohmann: "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error …", and without a
    // place "[json.exception.out_of_range.406] number overflow parsing '1e999'"
    if (auto bracket = why_.find("] "); why_.starts_with('[') && bracket != std::string::npos) why_.erase(0, bracket + 2);
    if (auto at = why_.find("column "); at != std::string::npos)
      if (auto colon = why_.find(": ", at); colon != std::string::npos) why_.erase(0, colon + 2);
    why_ = clipped(why_, 300);  // it quotes what it read, and a number may be long
    return false;
  }

  std::string why_;
  std::size_t position_ = 0;
  Value root_;

 private:
  struct Level {
    std::size_t from;  // of its stack
    bool is_object;
  };

  bool put(Value value) {
    if (levels_.empty()) root_ = std::move(value);
    else if (levels_.back().is_object) members_.back().second = std::move(value);
    else items_.push_back(std::move(value));
    return true;
  }
  bool open(std::size_t from, bool is_object) {
    if (static_cast<int>(levels_.size()) == limits::json_depth_max) {
      why_ = "nested more than " + std::to_string(limits::json_depth_max) + " levels deep";
      return false;
    }
    levels_.push_back({from, is_object});
    return true;
  }

  std::vector<Level> levels_;
  Object::Members members_;
  Array items_;
};

// Reads what most documents are: no escapes by number, nothing too deep, nothing twice. False: it is not for us.
class PlainDocument {
 public:
  explicit PlainDocument(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) { members_.reserve(32); }

  bool read(Value& into) {
    blanks();
    into = value(0);
    blanks();
    return is_plain_ && at_ == end_;
  }

 private:
  void blanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }
  bool skip(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  // It is not for us: nothing more is read, so that all that is open comes to its end.
  Value none() {
    is_plain_ = false;
    at_ = end_;
    return {};
  }
  Value word(std::string_view expected, Value meaning) {
    if (static_cast<std::size_t>(end_ - at_) < expected.size() || std::string_view(at_, expected.size()) != expected) return none();
    at_ += expected.size();
    return meaning;
  }

  Value value(int depth) {
    if (at_ == end_) return none();
    switch (*at_) {
      case '{': return depth < limits::json_depth_max ? object(depth) : none();
      case '[': return depth < limits::json_depth_max ? array(depth) : none();
      case '"': return string();
      case 't': return word("true", true);
      case 'f': return word("false", false);
      case 'n': return word("null", {});
      default: return number();
    }
  }

  Value object(int depth) {
    const std::size_t from = members_.size();
    ++at_;
    blanks();
    while (!skip('}')) {
      if (members_.size() > from && !skip(',')) return none();
      blanks();
      std::string key = string();
      blanks();
      if (!skip(':')) return none();
      blanks();
      Value member = value(depth + 1);
      members_.emplace_back(std::move(key), std::move(member));
      blanks();
    }
    Object::Members members = taken(members_, from);
    const std::size_t count = members.size();
    Object made(std::move(members));
    if (made.size() < count) return none();  // a key stands twice
    return made;
  }

  Value array(int depth) {
    const std::size_t from = items_.size();
    ++at_;
    blanks();
    while (!skip(']')) {
      if (items_.size() > from && !skip(',')) return none();
      blanks();
      Value item = value(depth + 1);
      items_.push_back(std::move(item));
      blanks();
    }
    return taken(items_, from);
  }

  std::string string() {
    if (!skip('"')) return none_text();
    const char* from = at_;
    at_ += plain_length<false>(at_, static_cast<std::size_t>(end_ - at_));
    if (at_ != end_ && *at_ == '"') return std::string(from, at_++);  // as most are
    std::string text;
    while (true) {
      at_ += plain_length<false>(at_, static_cast<std::size_t>(end_ - at_));
      if (at_ == end_) return none_text();
      const auto c = static_cast<unsigned char>(*at_);
      if (c == '"') {
        text.append(from, at_++);
        return text;
      }
      if (c >= 0x80) {
        if (!character()) return none_text();
        continue;
      }
      if (c != '\\') return none_text();
      text.append(from, at_);
      if (++at_ == end_) return none_text();
      switch (*at_++) {
        case '"': text += '"'; break;
        case '\\': text += '\\'; break;
        case '/': text += '/'; break;
        case 'b': text += '\b'; break;
        case 'f': text += '\f'; break;
        case 'n': text += '\n'; break;
        case 'r': text += '\r'; break;
        case 't': text += '\t'; break;
        default: return none_text();
      }
      from = at_;
    }
  }
  std::string none_text() {
    none();
    return {};
  }

  // One character of several bytes, as UTF-8 has them: the shortest form, no surrogates.
  bool character() {
    const auto byte = [&](int i) { return end_ - at_ > i ? static_cast<unsigned char>(at_[i]) : 0; };
    const auto within = [](unsigned c, unsigned lo, unsigned hi) { return lo <= c && c <= hi; };
    const unsigned lead = byte(0), second = byte(1);
    int size = 0;
    if (within(lead, 0xC2, 0xDF)) size = within(second, 0x80, 0xBF) ? 2 : 0;
    else if (within(lead, 0xE0, 0xEF)) size = within(second, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF) ? 3 : 0;
    else if (within(lead, 0xF0, 0xF4)) size = within(second, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF) ? 4 : 0;
    for (int i = 2; i < size; ++i)
      if (!within(byte(i), 0x80, 0xBF)) return false;
    at_ += size;
    return size > 0;
  }

  bool digits() {
    const char* const from = at_;
    while (at_ != end_ && '0' <= *at_ && *at_ <= '9') ++at_;
    return at_ != from;
  }

  Value number() {
    const char* const from = at_;
    const bool is_negative = skip('-');
    const char* const first = at_;
    if (!digits() || (*first == '0' && at_ - first > 1)) return none();
    const bool is_whole = at_ == end_ || (*at_ != '.' && *at_ != 'e' && *at_ != 'E');
    if (is_whole && at_ - first <= 15) {
      std::int64_t whole = 0;
      for (const char* digit = first; digit != at_; ++digit) whole = whole * 10 + (*digit - '0');
      return static_cast<double>(is_negative ? -whole : whole);
    }
    if (skip('.') && !digits()) return none();
    if (skip('e') || skip('E')) {
      if (!skip('+')) skip('-');
      if (!digits()) return none();
    }
    double parsed = 0;
    const auto [end, error] = std::from_chars(from, at_, parsed);
    if (error != std::errc() || end != at_) return none();
    return parsed;
  }

  const char* at_;
  const char* const end_;
  bool is_plain_ = true;
  Object::Members members_;  // of the objects that are open, and
  Array items_;              // of the lists
};

std::string place_of(std::string_view text, std::size_t position) {
  position = std::min(position, text.size());
  std::size_t line = 1, column = 1;
  for (std::size_t i = 0; i + 1 < position; ++i) {
    if (text[i] == '\n') {
      ++line;
      column = 1;
    } else {
      ++column;
    }
  }
  return std::to_string(line) + ":" + std::to_string(column);
}

void append_pretty(std::string& out, const Value& value, int depth) {
  const auto indent = [&](int levels) { out.append(static_cast<std::size_t>(levels) * 2, ' '); };
  if (value.is_array() && !value.array().empty()) {
    out += "[\n";
    bool first = true;
    for (const Value& item : value.array()) {
      if (!first) out += ",\n";
      first = false;
      indent(depth + 1);
      append_pretty(out, item, depth + 1);
    }
    out += '\n';
    indent(depth);
    out += ']';
  } else if (value.is_object() && !value.object().empty()) {
    out += "{\n";
    bool first = true;
    for (const auto& [key, item] : value.object()) {
      if (!first) out += ",\n";
      first = false;
      indent(depth + 1);
      append_json_string(out, key);
      out += ": ";
      append_pretty(out, item, depth + 1);
    }
    out += '\n';
    indent(depth);
    out += '}';
  } else {
    append_json(out, value);
  }
}

}  // namespace

Object::Object(std::initializer_list<Given> given) {
  members_.reserve(given.size());
  for (const Given& one : given) emplace(one.key_, std::move(one.value_));
}

Object::Object(Members members) : members_(std::move(members)) {
  const auto is_not_before = [](const value_type& a, const value_type& b) { return !is_before(a, b); };
  if (std::adjacent_find(members_.begin(), members_.end(), is_not_before) == members_.end()) return;  // as they are written
  std::stable_sort(members_.begin(), members_.end(), is_before);
  members_.erase(std::unique(members_.begin(), members_.end(), has_same_key), members_.end());
}

std::size_t Object::place_of(std::string_view key) const {
  // Most often members come in order.
  if (members_.empty() || members_.back().first < key) return members_.size();
  const auto found = std::lower_bound(members_.begin(), members_.end(), key,
                                      [](const value_type& member, std::string_view wanted) { return member.first < wanted; });
  return static_cast<std::size_t>(found - members_.begin());
}

Object::iterator Object::find(std::string_view key) { return const_cast<iterator>(std::as_const(*this).find(key)); }

Object::const_iterator Object::find(std::string_view key) const {
  // Of few, the one that is it is found sooner than where it would stand: most keys differ in their lengths.
  constexpr std::size_t few = 16;
  if (size() <= few) return std::find_if(begin(), end(), [&](const value_type& member) { return member.first == key; });
  const std::size_t place = place_of(key);
  return place < size() && members_[place].first == key ? begin() + place : end();
}

Value& Object::at(std::string_view key) { return const_cast<Value&>(std::as_const(*this).at(key)); }

const Value& Object::at(std::string_view key) const {
  const auto found = find(key);
  if (found == end()) throw std::out_of_range("no member `" + std::string(key) + "`");
  return found->second;
}

Value& Object::operator[](std::string_view key) { return emplace(key, Value()).first->second; }

std::pair<Object::iterator, bool> Object::emplace(std::string_view key, Value value) {
  const std::size_t place = place_of(key);
  if (place < size() && members_[place].first == key) return {begin() + place, false};
  if (members_.empty()) members_.reserve(4);
  members_.emplace(members_.begin() + static_cast<std::ptrdiff_t>(place), std::string(key), std::move(value));
  return {begin() + place, true};
}

std::pair<Object::iterator, bool> Object::insert_or_assign(std::string_view key, Value value) {
  const std::size_t place = place_of(key);
  if (place == size() || members_[place].first != key) return emplace(key, std::move(value));
  members_[place].second = std::move(value);
  return {begin() + place, false};
}

std::size_t Object::erase(std::string_view key) {
  const auto found = find(key);
  if (found == end()) return 0;
  erase(found);
  return 1;
}

Object::iterator Object::erase(const_iterator member) {
  const auto place = member - begin();
  members_.erase(members_.begin() + place);
  return begin() + place;
}

// A friend that no namespace declared: what the library shows has to be said here.
FOOTLIGHT_API bool operator==(const Object& a, const Object& b) { return a.members_ == b.members_; }

Value::Value(const Value& other) = default;
Value::Value(Value&& other) noexcept = default;
Value& Value::operator=(const Value& other) = default;
Value& Value::operator=(Value&& other) noexcept = default;
Value::~Value() = default;
bool Value::operator==(const Value& other) const = default;

const Value* Value::find(std::string_view key) const {
  const auto* object = std::get_if<Object>(&held_);
  if (!object) return nullptr;
  const auto found = object->find(key);
  return found == object->end() || found->second.is_null() ? nullptr : &found->second;
}

const Value* Value::at_path(std::string_view dotted) const {
  const Value* here = this;
  while (here) {
    const auto dot = dotted.find('.');
    here = here->find(dotted.substr(0, dot));
    if (dot == std::string_view::npos) return here;
    dotted.remove_prefix(dot + 1);
  }
  return nullptr;
}

std::string Value::string_or(std::string_view key, std::string_view otherwise) const {
  const Value* member = find(key);
  return member && member->is_string() ? member->string() : std::string(otherwise);
}

std::string_view kind_name(Value::Kind kind) {
  constexpr std::string_view names[] = {"null", "boolean", "number", "string", "array", "object"};
  return names[static_cast<std::size_t>(kind)];
}

Result<Value> parse_json(std::string_view text) {
  if (Value plain; PlainDocument(text).read(plain)) return plain;
  Builder builder;
  // nlohmann takes a NUL for the end of its input and would not look at what stands behind.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos)
    return refuse(Code::bad_json, "not valid JSON at " + place_of(text, nul + 1) + ": a NUL byte stands in it");
  if (nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return std::move(builder.root_);
  std::string message = "not valid JSON";
  if (builder.position_ > 0) message += " at " + place_of(text, builder.position_);
  return refuse(Code::bad_json, message + ": " + builder.why_);
}

void append_json_string(std::string& out, std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  out += '"';
  while (true) {
    const std::size_t plain = plain_length<true>(text.data(), text.size());
    out.append(text.data(), plain);
    if (plain == text.size()) break;
    const auto c = static_cast<unsigned char>(text[plain]);
    text.remove_prefix(plain + 1);
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        out += "\\u00";
        out += hex[c >> 4];
        out += hex[c & 15];
    }
  }
  out += '"';
}

void append_json_number(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  char buffer[32];
  // Integers that a double holds exactly are written as integers, `-0` as `0`.
  const bool is_integer = number == std::trunc(number) && std::abs(number) < 9007199254740992.0;
  auto end = is_integer ? std::to_chars(buffer, buffer + sizeof buffer, static_cast<std::int64_t>(number))
                        : std::to_chars(buffer, buffer + sizeof buffer, number);
  // `1e-07` as `1e-7`, the way JavaScript and people write it.
  if (char* e = std::find(buffer, end.ptr, 'e'); e != end.ptr && e[2] == '0') {
    std::copy(e + 3, end.ptr, e + 2);
    --end.ptr;
  }
  out.append(buffer, end.ptr);
}

void append_json(std::string& out, const Value& value) {
  switch (value.kind()) {
    case Value::Kind::null: out += "null"; break;
    case Value::Kind::boolean: out += value.boolean() ? "true" : "false"; break;
    case Value::Kind::number: append_json_number(out, value.number()); break;
    case Value::Kind::string: append_json_string(out, value.string()); break;
    case Value::Kind::array: {
      out += '[';
      bool first = true;
      for (const Value& item : value.array()) {
        if (!first) out += ',';
        first = false;
        append_json(out, item);
      }
      out += ']';
      break;
    }
    case Value::Kind::object: {
      out += '{';
      bool first = true;
      for (const auto& [key, item] : value.object()) {
        if (!first) out += ',';
        first = false;
        append_json_string(out, key);
        out += ':';
        append_json(out, item);
      }
      out += '}';
    }
  }
}

std::string to_json(const Value& value) {
  std::string out;
  out.reserve(200);
  append_json(out, value);
  return out;
}

std::string to_pretty_json(const Value& value) {
  std::string out;
  append_pretty(out, value, 0);
  return out;
}

}  // namespace footlight
