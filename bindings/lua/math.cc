// math: LuaJIT's own functions, which are pure and bounded, and random numbers that can be replayed.
#include <cmath>
#include <lua.hpp>

#include "bindings/lua/host.h"
#include "bindings/lua/module.h"

namespace footlight {

namespace {

// Seeded by the host for each call, so that a decision can be replayed. There is no randomseed.
int random(lua_State* L) {
  LuaHost& host = host_of(L);
  host.charge(L, 0);
  const double unit = std::ldexp(static_cast<double>(host.next_random() >> 11), -53);  // [0, 1)
  if (lua_gettop(L) == 0) {
    lua_pushnumber(L, unit);
    return 1;
  }
  const bool has_range = lua_gettop(L) > 1;
  const std::int64_t first = has_range ? integer_argument(L, 1, "math.random") : 1;
  const std::int64_t last = integer_argument(L, has_range ? 2 : 1, "math.random");
  if (first > last) { return fail(L, "`math.random`: no number is between " + std::to_string(first) + " and " + std::to_string(last)); }
  const double width = static_cast<double>(last) - static_cast<double>(first) + 1;
  lua_pushnumber(L, static_cast<double>(first) + std::floor(unit * width));
  return 1;
}

int round(lua_State* L) {
  lua_pushnumber(L, std::floor(number_argument(L, 1, "math.round") + 0.5));
  return 1;
}

}  // namespace

LuaModule math_module() {
  return {
      "math",
      "Numbers. The functions of the C library (exp, log, pow and the trigonometric ones) may differ in "
      "their last bit between machines of different kinds.",
      {
          {"abs", "math.abs(x)", "Without its sign.", "0.1", "assert(math.abs(-1) == 1)"},
          {"ceil", "math.ceil(x)", "The smallest whole number not below x.", "0.1", "assert(math.ceil(1.2) == 2)"},
          {"floor", "math.floor(x)", "The largest whole number not above x.", "0.1", "assert(math.floor(1.8) == 1)"},
          {"round", "math.round(x)", "The nearest whole number; halves go up.", "0.1", "assert(math.round(1.5) == 2)", round},
          {"max", "math.max(x, ...)", "The largest.", "0.1", "assert(math.max(1, 2) == 2)"},
          {"min", "math.min(x, ...)", "The smallest.", "0.1", "assert(math.min(1, 2) == 1)"},
          {"sqrt", "math.sqrt(x)", "The square root.", "0.1", "assert(math.sqrt(9) == 3)"},
          {"exp", "math.exp(x)", "e to the power of x.", "0.1", "assert(math.exp(0) == 1)"},
          {"log", "math.log(x [, base])", "The logarithm, natural by default.", "0.1", "assert(math.log(1) == 0)"},
          {"pow", "math.pow(x, y)", "x to the power of y, as `x ^ y`.", "0.1", "assert(math.pow(2, 3) == 8)"},
          {"fmod", "math.fmod(x, y)", "The rest of x / y rounded towards zero; `%` rounds down.", "0.1", "assert(math.fmod(-3, 2) == -1)"},
          {"modf", "math.modf(x)", "The whole and the fractional part.", "0.1", "assert(math.modf(1.5) == 1)"},
          {"sin", "math.sin(x)", "The sine, of radians.", "0.1", "assert(math.sin(0) == 0)"},
          {"cos", "math.cos(x)", "The cosine, of radians.", "0.1", "assert(math.cos(0) == 1)"},
          {"tan", "math.tan(x)", "The tangent, of radians.", "0.1", "assert(math.tan(0) == 0)"},
          {"asin", "math.asin(x)", "The arc sine, in radians.", "0.1", "assert(math.asin(0) == 0)"},
          {"acos", "math.acos(x)", "The arc cosine, in radians.", "0.1", "assert(math.acos(1) == 0)"},
          {"atan", "math.atan(x)", "The arc tangent, in radians.", "0.1", "assert(math.atan(0) == 0)"},
          {"atan2", "math.atan2(y, x)", "The angle of a point, in radians.", "0.1", "assert(math.atan2(0, 1) == 0)"},
          {"deg", "math.deg(x)", "Radians as degrees.", "0.1", "assert(math.deg(math.pi) == 180)"},
          {"rad", "math.rad(x)", "Degrees as radians.", "0.1", "assert(math.rad(180) == math.pi)"},
          {"pi", "math.pi", "3.14159…", "0.1", "assert(math.pi > 3)"},
          {"huge", "math.huge", "Infinity, larger than every number.", "0.1", "assert(math.huge > 1e308)"},
          {"random", "math.random([first,] [last])",
           "A number from 0 to below 1, from 1 to last, or from first to last. The same decision gives "
           "the same numbers; for experiments use their weights.",
           "0.1", "assert(math.random(6) <= 6)", random},
      }};
}

}  // namespace footlight
