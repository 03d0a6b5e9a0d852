#include "script/convert.h"

#include <algorithm>
#include <cmath>
#include <lua.hpp>

#include "base/limits.h"
#include "bindings/lua/host.h"
#include "script/state.h"

namespace footlight {

namespace {

// The bytes of the UTF-8 character at the start of a text, 0 where there is none.
std::size_t character_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  // Longer than need be, a surrogate, or beyond the last character.
  if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f)) return 0;
  if ((first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f)) return 0;
  return size;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

class Reader {
 public:
  Reader(lua_State* L, std::vector<FoundFunction>* functions, bool in_order) : L_(L), functions_(functions), in_order_(in_order) {}

  // The value on top of the stack; leaves it there.
  Result<Value> read(int depth) {
    if (++nodes_ > limits::script_value_nodes_max) {
      return refuse(Code::limit_exceeded, "the result has more than " + std::to_string(limits::script_value_nodes_max) + " values");
    }
    switch (lua_type(L_, -1)) {
      case LUA_TNONE:
      case LUA_TNIL: return Value();
      case LUA_TLIGHTUSERDATA: return Value();
      case LUA_TBOOLEAN: return Value(lua_toboolean(L_, -1) != 0);
      case LUA_TNUMBER: {
        const double number = lua_tonumber(L_, -1);
        if (!std::isfinite(number)) return refused("is not a finite number");
        return Value(number);
      }
      case LUA_TSTRING: {
        Result<std::string> text = read_text();
        if (!text.ok()) return text.error();
        return Value(std::move(*text));
      }
      case LUA_TFUNCTION:
        if (!functions_) return refused("is a function; only values may stand here");
        functions_->push_back(hold_function(L_));
        return Value(Object{{"$function", static_cast<double>(functions_->size() - 1)}});
      case LUA_TTABLE: {
        if (depth >= limits::json_depth_max) {
          return refused("is nested deeper than " + std::to_string(limits::json_depth_max) + " levels");
        }
        return read_table(depth);
      }
      default: return refused("is only lent for reading; copy what you need of it");
    }
  }

 private:
  Error refused(const std::string& why) {
    return refuse(Code::bad_result, (path_.empty() ? "the value " : "`" + path_.substr(path_[0] == '.') + "` ") + why);
  }

  // The text on top of the stack.
  Result<std::string> read_text() {
    std::size_t size = 0;
    const char* text = lua_tolstring(L_, -1, &size);
    bytes_ += size;
    if (bytes_ > limits::script_value_bytes_max) {
      return refuse(Code::limit_exceeded, "the result has more than " + std::to_string(limits::script_value_bytes_max) + " bytes of text");
    }
    if (!is_utf8({text, size})) return refused("is text that is not UTF-8");
    return std::string(text, size);
  }

  // One pass over the keys decides what the table is.
  Result<Value> read_table(int depth) {
    luaL_checkstack(L_, 4, "a value is nested too deep");
    std::size_t numbers = 0;
    std::size_t texts = 0;
    double last = 0;
    bool has_odd_number = false;
    std::string odd_kind;  // the first by name, since Lua's own order of keys varies from run to run
    for (lua_pushnil(L_); lua_next(L_, -2); lua_pop(L_, 1)) {
      const int type = lua_type(L_, -2);
      if (type == LUA_TNUMBER) {
        const double key = lua_tonumber(L_, -2);
        ++numbers;
        if (key >= 1 && key == std::floor(key)) last = std::max(last, key);
        else has_odd_number = true;
      } else if (type == LUA_TSTRING) {
        ++texts;
      } else {
        ++texts;
        const std::string kind = kind_at(L_, -2);
        if (odd_kind.empty() || kind < odd_kind) odd_kind = kind;
      }
      // A table too large for any result is not counted to its end.
      if (numbers + texts > limits::script_value_nodes_max) {
        lua_pop(L_, 2);
        return refuse(Code::limit_exceeded, "the result has more than " + std::to_string(limits::script_value_nodes_max) + " values");
      }
    }
    if (has_odd_number) return refused("has a number as key that is no position in a list");
    if (!odd_kind.empty()) return refused("has a " + odd_kind + " as key; keys are texts, or 1, 2, 3 and so on");
    if (numbers > 0 && texts > 0) return refused("has both texts and numbers as keys: a list or an object, not both");
    if (numbers > 0 && last != static_cast<double>(numbers)) {
      return refused("is a list with holes: it has " + std::to_string(numbers) + " elements, the last at " +
                     std::to_string(static_cast<long long>(std::min(last, 9e15))) + "; `null` can fill them");
    }
    if (numbers > 0) return read_array(numbers, depth);
    if (texts == 0 && is_array(L_, -1)) return Value(Array{});
    if (texts > 0 && is_array(L_, -1)) return refused("is an `array` with texts as keys");
    return read_object(depth);
  }

  Result<Value> read_array(std::size_t size, int depth) {
    Array array;
    array.reserve(size);
    const std::size_t path = path_.size();
    for (std::size_t i = 1; i <= size; ++i) {
      lua_rawgeti(L_, -1, static_cast<int>(i));
      path_ += "[" + std::to_string(i) + "]";
      Result<Value> element = read(depth + 1);
      lua_pop(L_, 1);
      if (!element.ok()) return element;
      path_.resize(path);
      array.push_back(std::move(*element));
    }
    return Value(std::move(array));
  }

  Result<Value> read_object(int depth) {
    if (in_order_) return read_in_order(depth);
    Object::Members members;
    const std::size_t path = path_.size();
    for (lua_pushnil(L_); lua_next(L_, -2); lua_pop(L_, 1)) {
      lua_pushvalue(L_, -2);
      Result<std::string> key = read_text();
      lua_pop(L_, 1);
      if (!key.ok()) {
        lua_pop(L_, 2);
        return key.error();
      }
      if (functions_ && *key == "$function") {
        lua_pop(L_, 2);
        return refused("has the key `$function`, which is not for scripts");
      }
      path_ += "." + key->substr(0, 64);
      Result<Value> member = read(depth + 1);
      if (!member.ok()) {
        lua_pop(L_, 2);
        return member;
      }
      path_.resize(path);
      members.emplace_back(std::move(*key), std::move(*member));
    }
    return Value(Object(std::move(members)));
  }

  // The same by sorted keys: what is wrong first is then the same in every run.
  Result<Value> read_in_order(int depth) {
    std::vector<std::string> keys;
    for (lua_pushnil(L_); lua_next(L_, -2); lua_pop(L_, 1)) {
      std::size_t size = 0;
      const char* text = lua_tolstring(L_, -2, &size);
      keys.emplace_back(text, size);
    }
    std::sort(keys.begin(), keys.end());
    Object object;
    const std::size_t path = path_.size();
    for (const std::string& text : keys) {
      lua_pushlstring(L_, text.data(), text.size());
      Result<std::string> key = read_text();
      if (key.ok() && functions_ && text == "$function") key = refused("has the key `$function`, which is not for scripts");
      if (!key.ok()) {
        lua_pop(L_, 1);
        return key.error();
      }
      lua_rawget(L_, -2);
      path_ += "." + text.substr(0, 64);
      Result<Value> member = read(depth + 1);
      lua_pop(L_, 1);
      if (!member.ok()) return member;
      path_.resize(path);
      object.emplace(text, std::move(*member));
    }
    return Value(std::move(object));
  }

  lua_State* L_;
  std::vector<FoundFunction>* functions_;
  const bool in_order_;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
  std::string path_;  // of the value being read, for messages
};

}  // namespace

void push_value(lua_State* L, const Value& value) {
  luaL_checkstack(L, 4, "a value is nested too deep");
  switch (value.kind()) {
    case Value::Kind::null: lua_pushnil(L); break;
    case Value::Kind::boolean: lua_pushboolean(L, value.boolean()); break;
    case Value::Kind::number: lua_pushnumber(L, value.number()); break;
    case Value::Kind::string: lua_pushlstring(L, value.string().data(), value.string().size()); break;
    case Value::Kind::array: {
      lua_createtable(L, static_cast<int>(value.array().size()), 0);
      int i = 0;
      for (const Value& element : value.array()) {
        if (element.is_null()) lua_pushlightuserdata(L, nullptr);  // keeps the positions of the others
        else push_value(L, element);
        lua_rawseti(L, -2, ++i);
      }
      mark_array(L);
      break;
    }
    case Value::Kind::object:
      lua_createtable(L, 0, static_cast<int>(value.object().size()));
      for (const auto& [key, member] : value.object()) {
        lua_pushlstring(L, key.data(), key.size());
        push_value(L, member);
        lua_rawset(L, -3);
      }
      break;
  }
}

Result<Value> value_at(lua_State* L, int index, std::vector<FoundFunction>* functions) {
  luaL_checkstack(L, 4, "no room to read a value");
  lua_pushvalue(L, index);
  Result<Value> value = Reader(L, functions, false).read(0);
  // Only who is refused is read a second time. Functions found twice are released as those found once.
  if (!value.ok()) value = Reader(L, functions, true).read(0);
  lua_pop(L, 1);
  return value;
}

std::string clean_text(std::string_view text, std::size_t bytes_max) {
  std::string clean;
  while (!text.empty() && clean.size() < bytes_max) {
    const std::size_t size = std::max<std::size_t>(character_size(text), 1);
    if (clean.size() + size > bytes_max) break;
    if (character_size(text) == 0) clean += '?';
    else clean += text.substr(0, size);
    text.remove_prefix(size);
  }
  return clean;
}

}  // namespace footlight
