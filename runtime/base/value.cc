// JSON in (through nlohmann's SAX parser, so that limits hold while reading) and canonical JSON out.
#include "footlight/value.h"

#include <sodium.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "base/text.h"

namespace footlight {
namespace {

// Builds a Value while nlohmann reads; refuses depth and duplicate keys at once.
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

  bool start_object(std::size_t) { return open(Value(Object{})); }
  bool start_array(std::size_t) { return open(Value(Array{})); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(string_t& key) {
    if (levels_.back().value.object().contains(key)) {
      why_ = "the key `" + key + "` stands twice in one object";
      return false;
    }
    levels_.back().key = std::move(key);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const json::exception& error) {
    position_ = position;
    why_ = error.what();
    // nlohmann: "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error …", and without a
    // place "[json.exception.out_of_range.406] number overflow parsing '1e999'"
    if (auto bracket = why_.find("] "); why_.starts_with('[') && bracket != std::string::npos) why_.erase(0, bracket + 2);
    if (auto at = why_.find("column "); at != std::string::npos)
      if (auto colon = why_.find(": ", at); colon != std::string::npos) why_.erase(0, colon + 2);
    why_ = clipped(why_, 300);                           // it quotes what it read, and a number may be long
    return false;
  }

  std::string why_;
  std::size_t position_ = 0;
  Value root_;

 private:
  struct Level {
    Value value;
    std::string key;
  };

  bool put(Value value) {
    if (levels_.empty()) {
      root_ = std::move(value);
    } else if (Level& level = levels_.back(); level.value.is_array()) {
      level.value.array().push_back(std::move(value));
    } else {
      level.value.object().emplace(std::move(level.key), std::move(value));
    }
    return true;
  }
  bool open(Value container) {
    if (static_cast<int>(levels_.size()) == limits::json_depth_max) {
      why_ = "nested more than " + std::to_string(limits::json_depth_max) + " levels deep";
      return false;
    }
    levels_.push_back({std::move(container), {}});
    return true;
  }
  bool close() {
    Value done = std::move(levels_.back().value);
    levels_.pop_back();
    return put(std::move(done));
  }

  std::vector<Level> levels_;
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
  std::size_t copied = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text.substr(copied, i - copied));
    copied = i + 1;
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
  out.append(text.substr(copied));
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
  auto end = is_integer
                       ? std::to_chars(buffer, buffer + sizeof buffer, static_cast<std::int64_t>(number))
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
  append_json(out, value);
  return out;
}

std::string to_pretty_json(const Value& value) {
  std::string out;
  append_pretty(out, value, 0);
  return out;
}

std::string sha256_hex(std::string_view bytes) {
  unsigned char digest[crypto_hash_sha256_BYTES];
  crypto_hash_sha256(digest, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  char hex[2 * sizeof digest + 1];
  sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
  return hex;
}

std::string hash_of(const Value& value) { return sha256_hex(to_json(value)); }

}  // namespace footlight
