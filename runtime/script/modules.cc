#include "script/modules.h"

#include <algorithm>
#include <set>

#include "base/limits.h"
#include "base/text.h"
#include "script/policy_function.h"
#include "script/policy_text.h"
#include "script/print.h"
#include "script/walk.h"

namespace footlight {
namespace {

// Finds each `require`, and how deep in functions it stands.
class Requires {
 public:
  Requires(const Chunk& chunk, Problems& problems) : chunk_(chunk), problems_(problems) {}

  std::vector<RequiredModule> run() {
    block(chunk_.ast.chunk->body);
    return std::move(found_);
  }

 private:
  void block(const ast::Block& b) {
    for (const ast::Stat& s : b.statements)
      ast::each_part(
          s, [&](const ast::Expr& e) { expression(e); }, [&](const ast::Block& inner) { block(inner); },
          [&](const ast::FunctionBody& body) { function(body); });
  }
  void function(const ast::FunctionBody& body) {
    ++depth_;
    block(body.body);
    --depth_;
  }
  void expression(const ast::Expr& e) {
    if (is_require(e)) return refuse_at(e, "`require` is called with the name of a module, and is no value");
    const auto* call = std::get_if<ast::Call>(&e.node);
    if (call && is_require(*call->callee)) {
      const std::string name = required_module(e);
      if (name.empty())
        return refuse_at(
            e, "`require` takes one name in quotes, so that what a file needs is known without running it: require \"lib.pricing\"");
      if (depth_ > 0) {
        const std::string word = name.substr(name.rfind('.') + 1);
        return refuse_at(
            e,
            "`require` stands at the top of a file, outside of functions" +
                (lua_text::is_name(word) && module_paths(name, true) ? ": local " + word + " = require \"" + name + "\"" : std::string()));
      }
      found_.push_back({name, e.at.line});
      return;
    }
    ast::each_part(
        e, [&](const ast::Expr& part) { expression(part); }, [&](const ast::FunctionBody& body) { function(body); });
  }
  static bool is_require(const ast::Expr& e) {
    const auto* name = std::get_if<ast::Name>(&e.node);
    return name && name->reach == ast::Reach::global && name->text == "require";
  }
  void refuse_at(const ast::Expr& e, const std::string& why) {
    if (problems_.size() < limits::script_problems_max)
      problems_.push_back({Code::syntax_error, chunk_.name + ":" + std::to_string(e.at.line), why});
  }

  const Chunk& chunk_;
  Problems& problems_;
  std::vector<RequiredModule> found_;
  int depth_ = 0;
};

std::string joined_names(const std::vector<std::string>& names, std::size_t from, const std::string& last) {
  std::string text;
  for (std::size_t i = from; i < names.size(); ++i) text += "`" + names[i] + "` requires ";
  return text + "`" + last + "`";
}

}  // namespace

std::vector<RequiredModule> required_modules(const Chunk& chunk, Problems& problems) { return Requires(chunk, problems).run(); }

Result<std::vector<std::string>> module_paths(std::string_view name, bool is_for_tests) {
  std::string shown = clipped(name, 80);
  std::replace_if(
      shown.begin(), shown.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  const auto bad = [&](const std::string& why) { return refuse(Code::bad_id, "`" + shown + "` names no module: " + why); };
  if (name.size() > limits::module_name_bytes_max)
    return bad("it has more than " + std::to_string(limits::module_name_bytes_max) + " bytes");
  if (name.find_first_of("/\\") != name.npos)
    return bad("a dot stands between folders, counted from the workspace's own: `require \"lib.pricing\"` is lib/pricing.lua");
  std::string path;
  for (const std::string_view part : split(name, '.')) {
    const bool is_word = !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
    if (!is_word) return bad("between its dots stand letters, digits, `_` and `-`, as in `lib.pricing`");
    path += (path.empty() ? "" : "/") + std::string(part);
  }
  const std::string folder = path.substr(0, path.find('/'));
  for (const char* other : {"workspace", "experiences", "audiences", "policies"})
    if (folder == other)
      return refuse(Code::forbidden,
                    "`" + shown + "` is no module: what is declared in " + (folder == "workspace" ? "workspace.lua" : folder + "/") +
                        " cannot be required; put what is shared into a file of its own, such as lib/shared.lua");
  if (folder == "tests" && !is_for_tests) return refuse(Code::forbidden, "`" + shown + "` is a helper of tests, and only tests require it");
  if (path.ends_with("_test")) return refuse(Code::forbidden, "`" + shown + "` is a test, not a module");
  return std::vector<std::string>{path + ".lua", path + "/init.lua"};
}

std::vector<std::string> module_files(const Files& files, std::string_view source, const std::string& file, bool is_for_tests) {
  std::vector<std::string> found;
  std::set<std::string> seen;
  const auto look = [&](const auto& self, std::string_view text, const std::string& name, int depth) -> void {
    auto chunk = read_chunk(text, name, Mode::declare);
    Problems problems;
    if (!chunk || depth > limits::module_depth_max) return;
    for (const RequiredModule& module : required_modules(*chunk, problems)) {
      const auto paths = module_paths(module.name, is_for_tests);
      if (!paths || !seen.insert(module.name).second || seen.size() > limits::modules_max) continue;
      for (const std::string& path : *paths)
        if (auto inner = files.read(path, limits::script_bytes_max)) {
          found.push_back(path);
          self(self, *inner, path, depth + 1);
          break;
        }
    }
  };
  look(look, source, file, 1);
  return found;
}

Modules::Modules(Vm& vm, std::vector<const Chunk*>& loads, Options options) : vm_(vm), loads_(loads), options_(std::move(options)) {}

Global Modules::require() {
  return {"require", HostFunction([this](HostCall& call) { return answer(call); })};
}

void Modules::begin(const std::string& file, std::vector<RequiredModule> needed, Problems& problems) {
  file_ = file;
  needed_ = std::move(needed);
  problems_ = &problems;
  had_problems_ = false;
}

bool Modules::end() {
  if (had_problems_) look_at(needed_, file_);
  asked_.clear();
  looked_at_.clear();
  for (const auto& [name, held] : made_) vm_.release(held);
  made_.clear();
  open_.clear();
  problems_ = nullptr;
  return had_problems_;
}

// Told with the module's own places; whoever requires it only hears that it is so.
Error Modules::tell(Problems problems, const std::string& name) {
  had_problems_ = true;
  for (Problem& problem : problems)
    if (problems_ && std::find(problems_->begin(), problems_->end(), problem) == problems_->end()) problems_->push_back(std::move(problem));
  return refuse(Code::script_error, "the module `" + name + "` has problems");
}

Problems Modules::problems_of(const std::string& name, const std::string& place) {
  if (const auto paths = module_paths(name, options_.is_for_tests); !paths) return {{paths.error().code, place, paths.error().message}};
  const Module& module = read(name);
  if (module.file.empty()) return {{module.problems[0].code, place, module.problems[0].message}};
  return module.problems;
}

// A file ends with the first module that has problems. Those behind it were not run: what is seen of them all the same is told
// together with it.
void Modules::look_at(const std::vector<RequiredModule>& needed, const std::string& file) {
  for (const auto& [name, line] : needed) {
    if (made_.contains(name) || looked_at_.size() >= limits::modules_max || !looked_at_.insert(name).second) continue;
    if (!asked_.contains(name))
      if (Problems problems = problems_of(name, file + ":" + std::to_string(line)); !problems.empty()) tell(std::move(problems), name);
    Problems told;
    if (const auto module = modules_.find(name); module != modules_.end() && module->second.chunk)
      look_at(required_modules(*module->second.chunk, told), module->second.file);
  }
}

Result<Value> Modules::answer(HostCall& call) {
  auto argument = call.value(0);
  if (!argument || !argument->is_string())
    return refuse(Code::script_error, "`require` takes the name of a module: require \"lib.pricing\"");
  const std::string& name = argument->string();
  const std::string place = call.place();
  if (const auto known = made_.find(name); known != made_.end()) {
    call.answer(known->second);
    return Value();
  }
  asked_.insert(name);
  const auto here = [&](const Error& error) { return tell({{error.code, place, error.message}}, name); };
  if (const auto again = std::find(open_.begin(), open_.end(), name); again != open_.end())
    return here(refuse(
        Code::bad_result,
        "modules cannot require each other in a circle: " + joined_names(open_, static_cast<std::size_t>(again - open_.begin()), name) +
            "; put what both need into a module of its own"));
  if (open_.size() >= static_cast<std::size_t>(limits::module_depth_max))
    return here(refuse(
        Code::limit_exceeded,
        "modules require each other more than " + std::to_string(limits::module_depth_max) + " deep: " + joined_names(open_, 0, name)));
  if (made_.size() + open_.size() >= limits::modules_max)
    return here(refuse(Code::limit_exceeded, "`" + file_ + "` requires more than " + std::to_string(limits::modules_max) + " modules"));
  if (Problems problems = problems_of(name, place); !problems.empty()) return tell(std::move(problems), name);
  const Module& module = read(name);
  FunctionRef held;
  open_.push_back(name);
  auto failed = run(name, module, held);
  open_.pop_back();
  if (failed) return tell(std::move(*failed), name);
  made_[name] = held;
  call.answer(held);
  return Value();
}

Modules::Module& Modules::read(const std::string& name) {
  const auto known = modules_.find(name);
  return known != modules_.end() ? known->second : modules_.emplace(name, read_file(name)).first->second;
}

Modules::Module Modules::read_file(const std::string& name) {
  Module module;
  const auto none = [&](Problem problem) {
    module.problems.push_back(std::move(problem));
    return std::move(module);
  };
  const auto paths = *module_paths(name, options_.is_for_tests);
  if (!options_.files) return none({Code::unreadable_file, "", "there are no modules here: `" + name + "` is a file of a workspace"});
  std::optional<std::string> source;
  std::vector<std::string> near;
  for (const std::string& path : paths) {
    const std::string folder = path.substr(0, path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
    const std::string file = path.substr(folder.empty() ? 0 : folder.size() + 1);
    auto text = options_.files->read(path, limits::script_bytes_max);
    if (text) {
      source = std::move(*text);
      module.file = path;
      break;
    }
    const std::vector<std::string> names = options_.files->list(folder.empty() ? "." : folder);
    // It is there, and cannot be read: too large, or a link out of the workspace.
    if (std::find(names.begin(), names.end(), file) != names.end())
      return none({text.error().code, "", "the module `" + name + "`: " + text.error().message});
    for (const std::string& other : names)
      if (other.ends_with(".lua") && other != "workspace.lua" && !path.ends_with("/init.lua"))
        near.push_back(name.substr(0, name.size() - (file.size() - 4)) + other.substr(0, other.size() - 4));
  }
  if (!source)
    return none({Code::unreadable_file, "",
                 "there is no module `" + name + "`: neither " + paths[0] + " nor " + paths[1] + did_you_mean(name, near)});
  files_read_.push_back(module.file);

  auto chunk = read_chunk(*source, module.file, Mode::declare);
  if (!chunk) {
    module.problems = chunk.error().problems;
    if (module.problems.empty()) module.problems.push_back({chunk.error().code, module.file, chunk.error().message});
    return module;
  }
  Environment globals = module.file.starts_with("tests/") ? options_.test_globals : options_.globals;
  globals.push_back(require());
  required_modules(*chunk, module.problems);
  for (Problem& problem : undefined_names(*chunk, globals)) {
    problem.message += "; a module names what policies may name, and declares nothing";
    module.problems.push_back(std::move(problem));
  }
  module.chunk = std::make_unique<Chunk>(std::move(*chunk));
  if (!module.problems.empty()) return module;
  auto function = vm_.load(module.chunk->lua, module.file, globals);
  if (!function) {
    module.problems.push_back({function.error().code, module.file, function.error().message});
    loads_.push_back(nullptr);
    return module;
  }
  loads_.push_back(module.chunk.get());
  module.function = *function;
  return module;
}

std::optional<Problems> Modules::run(const std::string& name, const Module& module, FunctionRef& held) {
  ScriptOutcome outcome = vm_.call(module.function, {}, Budget{.fuel = limits::fuel_load}, Functions::keep);
  if (!outcome.ok()) {
    if (had_problems_) return Problems{};  // a module that it requires told them
    if (!outcome.error->problems.empty()) return std::move(outcome.error->problems);
    return Problems{{outcome.error->code, module.file, outcome.error->message}};
  }
  const std::string kind = outcome.value.string();
  if (kind == "table" || kind == "function") {
    held = outcome.functions[0].ref;
    return {};
  }
  vm_.release(outcome.functions[0].ref);
  return Problems{{Code::bad_result, module.file,
                   "the module `" + name + "` gives " +
                       (kind == "nil" ? "nothing: its last line is `return M`, M being its table"
                                      : "a " + kind + "; a module gives a table or a function")}};
}

}  // namespace footlight
