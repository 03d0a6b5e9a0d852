// Modules: Lua files of a workspace that other files `require`.
//
// `require "lib.pricing"` runs `lib/pricing.lua` (or `lib/pricing/init.lua`) of the workspace and gives what that returned, a
// table or a function. It stands at the top of a file, outside of functions, and names the module by a constant text:
// so it is known without running anything what a file needs. A module runs once for each file that is loaded
// and needs it, so that no file sees what another did to it, and it declares nothing.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "script/chunk.h"
#include "script/files.h"
#include "script/vm.h"

namespace footlight {

struct RequiredModule {
  std::string name;  // `lib.pricing`
  int line = 0;
};

// The modules that a chunk requires. Problems: a `require` within a function, or of a name that is computed or is none.
std::vector<RequiredModule> required_modules(const Chunk& chunk, Problems& problems);

// The files that may be the module, the first that is there being it. Code bad_id where it is no name of a module, forbidden
// where it is a file of another kind. `tests.…` is for test files only.
Result<std::vector<std::string>> module_paths(std::string_view name, bool is_for_tests);

// The files that a file's modules come from, directly and through others; files that cannot be read are left out.
std::vector<std::string> module_files(const Files& files, std::string_view source, const std::string& file, bool is_for_tests);

// The modules of one Vm.
class Modules {
 public:
  struct Options {
    const Files* files = nullptr;  // none: there are no modules
    Environment globals = {};      // what modules may name beside the standard functions
    bool is_for_tests = false;
    Environment test_globals = {};  // what those in `tests/` may name
  };

  // `loads` has the chunk of each load of the Vm, null for those that nobody asks about; modules add theirs. Both outlive this.
  Modules(Vm& vm, std::vector<const Chunk*>& loads, Options options);

  // `require`, for the environments of chunks.
  Global require();
  // Another file is about to run, which requires these; what is wrong with its modules is told here, at its place in theirs, once for
  // all files.
  void begin(const std::string& file, std::vector<RequiredModule> needed, Problems& problems);
  // It has run. Whether a module of it had problems, so that its own error says nothing new.
  bool end();

  const std::vector<std::string>& files_read() const { return files_read_; }  // in the order of their first use

 private:
  struct Module {
    std::unique_ptr<Chunk> chunk;
    FunctionRef function;  // the chunk's, not yet run
    std::string file;
    Problems problems = {};  // why it cannot be used
  };

  Result<Value> answer(HostCall& call);
  Module& read(const std::string& name);
  Module read_file(const std::string& name);
  // Nothing: it ran. Else why not; empty where a module that it requires told so.
  std::optional<Problems> run(const std::string& name, const Module& module, FunctionRef& held);
  // Why it cannot be used, as far as that is seen without running it. `place` is where it is required.
  Problems problems_of(const std::string& name, const std::string& place);
  Error tell(Problems problems, const std::string& name);
  void look_at(const std::vector<RequiredModule>& needed, const std::string& file);

  Vm& vm_;
  std::vector<const Chunk*>& loads_;
  Options options_;
  std::map<std::string, Module> modules_;  // by name
  std::vector<std::string> files_read_;
  std::string file_;  // that is running
  std::vector<RequiredModule> needed_;
  Problems* problems_ = nullptr;
  bool had_problems_ = false;
  std::map<std::string, FunctionRef> made_;  // what the modules of this file returned
  std::vector<std::string> open_;            // names of those that are running, outermost first
  std::set<std::string> asked_, looked_at_;  // names: those that were required by now, and those that were looked at afterwards
};

}  // namespace footlight
