// footlight help lua, help errors: printed from the tables that the program runs by.
#include <cstdio>

#include "app/commands.h"
#include "app/terminal.h"
#include "base/text.h"
#include "bindings/lua/module.h"

namespace footlight {

int help_lua_command(const std::string& wanted) {
  std::vector<std::string> names;
  std::vector<std::pair<std::string, const LuaModule*>> parts;
  for (const LuaModule& module : lua_modules()) parts.emplace_back(*module.name ? module.name : "globals", &module);
  parts.emplace_back("in every file", &file_words());
  parts.emplace_back("in functions of experiences, audiences and policies", &policy_words());
  parts.emplace_back("in files of declarations", &declare_words());
  parts.emplace_back("in tests", &fixture_words());
  for (const auto& [title, part] : parts) {
    const LuaModule& module = *part;
    const std::string prefix = *module.name ? std::string(module.name) + "." : "";
    if (wanted.empty()) std::printf("%s\n", painted(title, Paint::strong).c_str());
    for (const LuaFunction& function : module.functions) {
      const std::string name = prefix + function.name;
      names.push_back(name);
      if (wanted.empty()) {
        std::printf("  %s\n", function.usage);
      } else if (name == wanted) {
        std::printf("%s\n\n%s\n\nexample: %s\nsince %s\n", painted(function.usage, Paint::strong).c_str(), function.doc, function.example,
                    function.since);
        return 0;
      }
    }
  }
  if (wanted.empty()) return 0;
  return fail(refuse(Code::not_found, "there is no function `" + wanted + "` in Lua here" + did_you_mean(wanted, names)));
}

int help_errors_command(const std::string& wanted) {
  std::vector<std::string> names;
  for (const CodeRow& row : code_table()) {
    names.emplace_back(row.name);
    if (!wanted.empty() && wanted != row.name) continue;
    std::printf("%-24s HTTP %d  exit %d  %s\n", names.back().c_str(), row.http_status, row.exit_code, std::string(row.summary).c_str());
    if (!wanted.empty()) return 0;
  }
  if (wanted.empty()) return 0;
  return fail(refuse(Code::not_found, "there is no code `" + wanted + "`" + did_you_mean(wanted, names)));
}

}  // namespace footlight
