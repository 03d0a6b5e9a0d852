// to_json and from_json: the conversions of results and arguments, for scripts.
#include <lua.hpp>

#include "base/limits.h"
#include "script/convert.h"
#include "script/state.h"

namespace footlight {

std::string Vm::State::json_at(lua_State* from, int i, const char* function) {
  auto value = value_at(from, i, nullptr);
  if (!value) fail(from, "`" + std::string(function) + "`: " + value.error().message);
  std::string text = to_json(*value);
  charge(from, 4 * text.size());
  return text;
}

void Vm::State::push_json(lua_State* from, std::string_view text, const char* function) {
  if (text.size() > limits::script_string_bytes_max)
    fail(from, "`" + std::string(function) + "` reads at most " + std::to_string(limits::script_string_bytes_max) + " bytes");
  charge(from, 16 * text.size());
  auto value = parse_json(text);
  if (!value) fail(from, "`" + std::string(function) + "`: " + value.error().message);
  push_value(from, *value);
}

}  // namespace footlight
