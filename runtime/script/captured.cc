// What a function captured, as values: how a policy that was written as a closure can be written down.
#include <lua.hpp>

#include "script/convert.h"
#include "script/state.h"

namespace footlight {

Result<std::vector<Captured>> Vm::captured(FunctionRef function) {
  State& state = *state_;
  state.vm = this;
  std::vector<Captured> variables;
  std::optional<Error> refused;
  const bool ran = state.protect([&](lua_State* L) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, function.id);
    for (int i = 1; !refused; ++i) {
      const char* name = lua_getupvalue(L, 1, i);
      if (!name) break;
      const std::string variable = name;
      if (variable.starts_with("__")) {   // the instrumentation's own
        lua_pop(L, 1);
        continue;
      }
      Captured captured{.name = variable};
      if (lua_isfunction(L, -1)) {
        captured.function = hold_function(L);
      } else if (auto value = value_at(L, lua_gettop(L), nullptr); value) {
        captured.value = std::move(*value);
      } else {
        refused = refuse(Code::bad_result, "the policy uses `" + variable + "`, which cannot be written down: " + value.error().message);
      }
      lua_pop(L, 1);
      variables.push_back(std::move(captured));
    }
  });
  if (!ran) return state.failure.error();
  if (refused) return *refused;
  return variables;
}

}  // namespace footlight
