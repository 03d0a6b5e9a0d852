// footlight init: a small workspace to start from, taken from scripts/examples/start.
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "app/commands.h"
#include "app/terminal.h"
#include "app/types.h"
#include "model/reader.h"

namespace footlight {

extern const std::string_view start_workspace, start_experience, start_test;

int init_command(const InitOptions& options) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path root(options.folder);
  if (fs::exists(root, error) && !fs::is_empty(root, error))
    return fail(refuse(Code::already_exists, "`" + options.folder + "` is not empty; name a new folder"));
  // The workspace takes the folder's name, where that can be one.
  std::string name = fs::weakly_canonical(root, error).filename().string();
  if (!is_valid_id(name)) name = "start";
  std::string workspace(start_workspace);
  workspace.replace(workspace.find("\"start\""), 7, "\"" + name + "\"");
  const std::string types = lua_types(), luarc = luarc_json(), luacheck = luacheckrc();
  for (const auto& [path, text] : {std::pair{".footlight/types.lua", std::string_view(types)},
                                   {".luarc.json", luarc},
                                   {".luacheckrc", luacheck},
                                   {"workspace.lua", workspace},
                                   {"experiences/welcome.lua", start_experience},
                                   {"tests/welcome_test.lua", start_test}}) {
    fs::create_directories((root / path).parent_path(), error);
    std::ofstream out(root / path, std::ios::binary);
    out << text;
    if (!out) return fail(refuse(Code::unreadable_file, "`" + (root / path).string() + "` cannot be written"));
  }
  for (const char* folder : {"audiences", "fragments", "policies", "schemas", "lists"}) fs::create_directories(root / folder, error);
  std::printf("made %s; next:\n  footlight check %s\n  footlight test %s\n  footlight serve %s\n", options.folder.c_str(),
              options.folder.c_str(), options.folder.c_str(), options.folder.c_str());
  return 0;
}

}  // namespace footlight
