// Calls from a script into the host: arguments out of Lua, the result or the error back in.
#include <lua.hpp>

#include "script/convert.h"
#include "script/state.h"

namespace footlight {

namespace {

class ScriptCall : public HostCall {
 public:
  ScriptCall(lua_State* L, Vm::State& state) : L_(L), state_(state), count_(lua_gettop(L)) {}

  std::size_t count() const override { return static_cast<std::size_t>(count_); }

  bool is_function(std::size_t i) const override { return i < count() && lua_isfunction(L_, index(i)); }

  Result<Value> value(std::size_t i, std::vector<FoundFunction>* functions) override {
    if (i >= count()) return Value();
    Result<Value> result = Value();
    lua_pushvalue(L_, index(i));
    if (!state_.protect_with_top([&](lua_State* L) { result = value_at(L, 1, functions); })) {
      result = refuse(Code::memory_exceeded, state_.failure.text);
    }
    if (!result.ok()) { result = refuse(result.error().code, "argument " + std::to_string(i + 1) + ": " + result.error().message); }
    return result;
  }

  std::optional<FoundFunction> function(std::size_t i) override {
    if (!is_function(i)) return std::nullopt;
    std::optional<FoundFunction> found;
    lua_pushvalue(L_, index(i));
    state_.protect_with_top([&](lua_State* L) { found = hold_function(L); });
    return found;
  }

  void answer(FunctionRef held) override { held_ = held; }
  FunctionRef held() const { return held_; }

  std::string place() const override { return place_of(L_); }
  Vm& vm() override { return *state_.vm; }

 private:
  static int index(std::size_t i) { return static_cast<int>(i) + 1; }

  lua_State* L_;
  Vm::State& state_;
  int count_;
  FunctionRef held_;
};

// Upvalue: which host function. The vector outlives all calls, so that it can be run in place.
int call_host(lua_State* L) {
  Vm::State& state = state_of(L);
  const auto which = static_cast<std::size_t>(lua_tointeger(L, lua_upvalueindex(1)));
  luaL_checkstack(L, LUA_MINSTACK, "too many arguments");
  state.charge(L, 32);
  ScriptCall arguments(L, state);
  Result<Value> result = state.host_functions[which](arguments);
  // A stop in a call that the host made from in there ends this script too, whatever the host made of it.
  if (state.trip.load() != Trip::none) return state.raise_stop(L);
  if (!result.ok()) {
    state.host_error = result.error();
    return fail(L, state.host_error.message);
  }
  if (arguments.held()) lua_rawgeti(L, LUA_REGISTRYINDEX, arguments.held().id);
  else push_value(L, *result);
  return 1;
}

}  // namespace

void push_host_function(lua_State* L, const HostFunction& function) {
  Vm::State& state = state_of(L);
  state.host_functions.push_back(function);
  lua_pushinteger(L, static_cast<lua_Integer>(state.host_functions.size() - 1));
  lua_pushcclosure(L, call_host, 1);
}

}  // namespace footlight
