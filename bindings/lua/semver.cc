// semver: versions of apps, compared as semver.org says.
#include "base/semver.h"

#include <lua.hpp>
#include <memory>

#include "base/limits.h"
#include "bindings/lua/host.h"
#include "bindings/lua/module.h"

namespace footlight {

namespace {

// What `parse` makes of a text, or made of it before: the same few versions are asked for again and again. What a call
// costs must not depend on that.
template <class T>
std::shared_ptr<const std::optional<T>> parsed(lua_State* L, LuaHost::Kept kind, std::string_view text,
                                               std::optional<T> (*parse)(std::string_view)) {
  if (text.size() > limits::script_version_kept_bytes_max) return std::make_shared<const std::optional<T>>(parse(text));
  std::shared_ptr<const void>& kept = host_of(L).kept(kind, std::string(text));
  if (!kept) kept = std::make_shared<const std::optional<T>>(parse(text));
  return std::static_pointer_cast<const std::optional<T>>(kept);
}

// The version at i; none where the text is no version. An absent one is none too: attributes may be.
std::shared_ptr<const std::optional<Version>> version_at(lua_State* L, int i, const char* function) {
  static const auto none = std::make_shared<const std::optional<Version>>();
  if (is_absent(L, i)) return none;
  const std::string_view text = string_argument(L, i, function);
  host_of(L).charge(L, 64 + 4 * text.size());
  return parsed(L, LuaHost::Kept::version, text, parse_version);
}

int valid(lua_State* L) {
  lua_pushboolean(L, version_at(L, 1, "semver.valid")->has_value());
  return 1;
}

int compare(lua_State* L) {
  const auto a = version_at(L, 1, "semver.compare"), b = version_at(L, 2, "semver.compare");
  if (!*a || !*b) {
    lua_pushnil(L);
    return 1;
  }
  lua_pushinteger(L, **a < **b ? -1 : **a > **b ? 1 : 0);
  return 1;
}

int satisfies(lua_State* L) {
  const auto version = version_at(L, 1, "semver.satisfies");
  const std::string_view text = string_argument(L, 2, "semver.satisfies");
  host_of(L).charge(L, 4 * text.size());
  const auto test = parsed(L, LuaHost::Kept::version_test, text, parse_version_test);
  if (!*test) return fail(L, "`semver.satisfies` needs a comparison like `>=1.2.0` as argument 2");
  lua_pushboolean(L, *version && (*test)->holds_for(**version));
  return 1;
}

}  // namespace

LuaModule semver_module() {
  return {"semver",
          "Versions as semver.org defines them. What is no version, or absent, satisfies nothing.",
          {
              {"valid", "semver.valid(text)", "Is it a version, such as `1.2.0` or `2.0.0-rc.1`?", "0.1", "assert(not semver.valid('1.2'))",
               valid},
              {"compare", "semver.compare(a, b)", "-1, 0 or 1 where a is lower, equal or higher; nil where one is no version.", "0.1",
               "assert(semver.compare('1.10.0', '1.9.0') == 1)", compare},
              {"satisfies", "semver.satisfies(version, test)", "Does the version hold against `< 3.2.0`, `>=1.0.0`, `=2.0.0`?", "0.1",
               "assert(semver.satisfies('3.1.9', '< 3.2.0'))", satisfies},
          }};
}

}  // namespace footlight
