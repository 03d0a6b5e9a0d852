#include "bindings/lua/module.h"

namespace footlight {

const std::vector<LuaModule>& lua_modules() {
  static const std::vector<LuaModule> modules{base_module(), string_module(), utf8_module(),   regex_module(), table_module(),
                                              math_module(), time_module(),   semver_module(), hash_module()};
  return modules;
}

}  // namespace footlight
