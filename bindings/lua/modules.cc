#include "bindings/lua/module.h"

namespace footlight {

const std::vector<LuaModule>& lua_modules() {
  static const std::vector<LuaModule> modules{base_module(), string_module(), table_module(), math_module()};
  return modules;
}

}  // namespace footlight
