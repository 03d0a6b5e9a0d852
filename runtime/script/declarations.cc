#include "script/declarations.h"

#include <algorithm>

#include "base/limits.h"
#include "script/modules.h"
#include "script/policies.h"
#include "script/policy_text.h"
#include "script/workspace_files.h"

namespace footlight {

extern const std::string_view declare_prelude;

namespace {

// `campaign "name" {…}`: the callee's word and the literal name, where the call has this shape.
struct DeclarationCall {
  const std::string* word;
  const std::string* name;
  const ast::Expr* argument;
};
std::optional<DeclarationCall> declaration_call(const ast::Expr& expression) {
  const auto* outer = std::get_if<ast::Call>(&expression.node);
  if (!outer || outer->arguments.size() != 1 || !outer->method.empty()) return {};
  const auto* inner = std::get_if<ast::Call>(&outer->callee->node);
  if (!inner || inner->arguments.size() != 1) return {};
  const auto* word = std::get_if<ast::Name>(&inner->callee->node);
  const auto* name = std::get_if<ast::String>(&inner->arguments[0].node);
  if (!word || !name) return {};
  return DeclarationCall{&word->text, &name->value, &outer->arguments[0]};
}

// `campaign "name"` with nothing behind it declares nothing; nobody writes that on purpose.
Problems bodiless(const Chunk& chunk) {
  static const std::vector<std::string> words = {"workspace", "campaign", "journey", "audience", "conflict"};
  Problems problems;
  for (const ast::Stat& statement : chunk.ast.chunk->body.statements) {
    const auto* stat = std::get_if<ast::CallStat>(&statement.node);
    const auto* call = stat ? std::get_if<ast::Call>(&stat->call.node) : nullptr;
    const auto* word = call ? std::get_if<ast::Name>(&call->callee->node) : nullptr;
    if (!word || word->reach != ast::Reach::global || std::find(words.begin(), words.end(), word->text) == words.end()) continue;
    if (call->arguments.size() != 1 || !std::holds_alternative<ast::String>(call->arguments[0].node)) continue;
    const std::string& name = std::get<ast::String>(call->arguments[0].node).value;
    problems.push_back({Code::missing_field, chunk.name + ":" + std::to_string(statement.at.line),
                        "`" + word->text + " \"" + name + "\"` says nothing about it: " + word->text + " \"" + name + "\" " +
                            (word->text == "audience" || word->text == "conflict" ? "( … )" : "{ … }")});
  }
  return problems;
}

void walk(const ast::Expr& expression, const std::string& path, const std::string& file, std::map<std::string, std::string>& places) {
  places.emplace(path, file + ":" + std::to_string(expression.at.line));
  if (const auto* table = std::get_if<ast::Table>(&expression.node)) {
    std::size_t position = 0;
    for (const ast::Field& field : table->fields) {
      if (!field.key) {
        walk(*field.value, path + "[" + std::to_string(position++) + "]", file, places);
      } else if (const auto* key = std::get_if<ast::String>(&field.key->node)) {
        places.emplace(path + "." + key->value, file + ":" + std::to_string(field.key->at.line));
        walk(*field.value, path + "." + key->value, file, places);
      }
    }
    return;
  }
  // Words that make a member of their own name: all{…}, any{…}, no(…), json {…} and the like.
  const auto* call = std::get_if<ast::Call>(&expression.node);
  if (!call || call->arguments.size() != 1) return;
  const auto* word = std::get_if<ast::Name>(&call->callee->node);
  if (!word) return;
  const bool is_member = word->text == "all" || word->text == "any" || word->text == "no";
  if (is_member || std::holds_alternative<ast::Table>(call->arguments[0].node))
    walk(call->arguments[0], is_member ? path + "." + word->text : path, file, places);
}

// The Vm's messages tell which argument of `declare` they are about, which no author has heard of.
std::string without_argument(const std::string& message) {
  const auto colon = message.find(": ");
  return message.starts_with("argument ") && colon != std::string::npos ? message.substr(colon + 2) : message;
}

// The JSON path of the value that such a message begins with: `` `show.banner[1]` is … ``, where the Vm
// counts from 1.
std::string path_named_in(const std::string& message) {
  const auto end = message.find('`', 1);
  if (!message.starts_with('`') || end == std::string::npos) return "$";
  std::string path = "$.";
  for (std::size_t i = 1; i < end; ++i) {
    path += message[i];
    if (message[i] != '[') continue;
    std::size_t number = 0;
    while (i + 1 < end && message[i + 1] >= '0' && message[i + 1] <= '9')
      number = number * 10 + static_cast<std::size_t>(message[++i] - '0');
    path += std::to_string(number == 0 ? 0 : number - 1);
  }
  return path;
}

// A host's function is called by a name that means nothing else, in files and in policies.
Status check_host_name(const std::string& name, const Environment& globals) {
  auto use = read_chunk("return " + name, "name", Mode::policy);
  if (!use || use->globals.size() != 1 || use->globals[0].name != name)
    return refuse(Code::bad_id, "`" + name + "` cannot name a function in Lua; use letters, digits and `_`");
  const std::vector<std::string> standard = standard_names();
  if (std::find(standard.begin(), standard.end(), name) != standard.end() ||
      std::any_of(globals.begin(), globals.end(), [&](const Global& global) { return global.name == name; }))
    return refuse(Code::bad_id, "a function cannot be named `" + name + "`: the name is taken");
  return Done{};
}

}  // namespace

struct DeclarationReader::State {
  explicit State(Vm made) : vm(std::move(made)) {}
  State(const State&) = delete;

  Vm vm;
  Environment globals;
  Environment helpers;  // those of them that policies may call
  std::optional<Modules> modules;
  std::vector<const Chunk*> loads;  // in the order of the Vm's loads; null for ours
  std::vector<std::unique_ptr<Chunk>> chunks;
  std::vector<Declaration>* declared = nullptr;  // of the file being run
  bool has_failed = false;                       // the last one

  // Every {"$function": i} as {"lua": source}. `path` is the value's; the declaration gets where the parts of
  // policies were written, and what cannot be.
  void write_policies(Value& value, const std::string& path, const std::vector<FoundFunction>& functions, Declaration& declaration) {
    if (value.is_array())
      for (std::size_t i = 0; i < value.array().size(); ++i)
        write_policies(value.array()[i], path + "[" + std::to_string(i) + "]", functions, declaration);
    if (!value.is_object()) return;
    if (const Value* function = value.find("$function"); function && value.object().size() == 1) {
      auto text = write_policy(vm, functions[static_cast<std::size_t>(function->number())], loads, helpers);
      if (!text) {
        const Problems& problems = text.error().problems;
        declaration.problems.push_back({text.error().code, path, problems.empty() ? text.error().message : problems[0].message});
        return;
      }
      for (const auto& [line, place] : text->places) declaration.places.emplace(path + ":" + line, place);
      declaration.origins.emplace(text->lua, std::move(text->functions));
      value = Object{{"lua", std::move(text->lua)}};
      return;
    }
    for (auto& [key, member] : value.object()) write_policies(member, path + "." + key, functions, declaration);
  }

  // A declaration that no document can say is told at its own place, and the file goes on.
  Result<Value> declare(HostCall& call) {
    std::vector<FoundFunction> functions;
    auto kind = call.value(0), name = call.value(1), document = call.value(2, &functions);
    Declaration declaration{.kind = kind->string(), .name = name->string()};
    if (document) {
      write_policies(*document, "$", functions, declaration);
    } else if (document.error().code == Code::bad_result || document.error().code == Code::limit_exceeded) {
      const std::string message = without_argument(document.error().message);
      declaration.problems.push_back({document.error().code, path_named_in(message), message});
    } else {
      return document.error();
    }
    for (const FoundFunction& function : functions) vm.release(function.ref);
    if (document) declaration.document = std::move(*document);
    declared->push_back(std::move(declaration));
    return Value();
  }
};

std::map<std::string, std::vector<std::map<std::string, std::string>>> declared_places(const Chunk& chunk) {
  std::map<std::string, std::vector<std::map<std::string, std::string>>> places;
  for (const ast::Stat& statement : chunk.ast.chunk->body.statements)
    if (const auto* call = std::get_if<ast::CallStat>(&statement.node))
      if (const auto declaration = declaration_call(call->call))
        walk(*declaration->argument, "$", chunk.name, places[*declaration->name].emplace_back());
  return places;
}

DeclarationReader::DeclarationReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
DeclarationReader::DeclarationReader(DeclarationReader&&) noexcept = default;
DeclarationReader::~DeclarationReader() = default;

Result<DeclarationReader> DeclarationReader::create(const Environment& host, const Files* files) {
  auto vm = Vm::create();
  if (!vm) return vm.error();
  auto state = std::make_unique<State>(std::move(*vm));
  State* raw = state.get();
  auto globals = load_prelude(state->vm, declare_prelude, "prelude/declare.lua",
                              {{"declare", HostFunction([raw](HostCall& call) { return raw->declare(call); })}});
  if (!globals) return globals.error();
  state->globals = std::move(*globals);
  // Policies are written in these files, so what they may call is defined here too.
  auto helpers = policy_helpers(state->vm);
  if (!helpers) return helpers.error();
  state->helpers = std::move(*helpers);
  state->globals.insert(state->globals.end(), state->helpers.begin(), state->helpers.end());
  for (const Global& function : host) {
    if (auto named = check_host_name(function.name, state->globals); !named) return named.error();
    state->globals.push_back(function);
    state->helpers.push_back(function);
  }
  state->loads = {nullptr, nullptr};  // the two preludes were loads 0 and 1
  state->modules.emplace(state->vm, state->loads, Modules::Options{.files = files, .globals = state->helpers});
  state->globals.push_back(state->modules->require());
  return DeclarationReader(std::move(state));
}

Result<PolicyText> DeclarationReader::policy(std::string_view source, const std::string& file) {
  auto chunk = read_chunk(source, file, Mode::declare);
  if (!chunk) return chunk.error();
  Environment globals = state_->helpers;
  globals.push_back(state_->modules->require());
  Problems problems = undefined_names(*chunk, globals);
  std::vector<RequiredModule> needed = required_modules(*chunk, problems);
  const auto refused = [&] { return refuse(problems[0].code, problems, to_line(problems[0])); };
  if (!problems.empty()) return refused();
  auto function = state_->vm.load(chunk->lua, file, globals);
  state_->loads.push_back(function ? state_->chunks.emplace_back(std::make_unique<Chunk>(std::move(*chunk))).get() : nullptr);
  if (!function) return function.error();
  state_->modules->begin(file, std::move(needed), problems);
  ScriptOutcome outcome =
      state_->vm.call(*function, {}, Budget{.fuel = limits::fuel_load, .deadline = limits::load_deadline}, Functions::collect);
  state_->modules->end();
  state_->vm.release(*function);
  if (!problems.empty()) return refused();
  if (!outcome.ok()) return *outcome.error;
  if (outcome.functions.size() != 1 || !outcome.value.find("$function")) {
    problems.push_back({Code::bad_result, file, "a policy is a function: `return function(…) … end`"});
    return refused();
  }
  auto text = write_policy(state_->vm, outcome.functions[0], state_->loads, state_->helpers);
  state_->vm.release(outcome.functions[0].ref);
  if (text || !text.error().problems.empty()) return text;
  return refuse(text.error().code, {{text.error().code, file, text.error().message}}, file + ": " + text.error().message);
}

bool DeclarationReader::has_failed() const { return state_->has_failed; }

const std::vector<std::string>& DeclarationReader::modules() const { return state_->modules->files_read(); }

std::vector<Declaration> DeclarationReader::read(std::string_view source, const std::string& file, Problems& problems) {
  std::vector<Declaration> declared;
  state_->has_failed = true;
  const auto report = [&](const Error& error) {
    if (error.problems.empty()) problems.push_back({error.code, file, error.message});
    for (Problem problem : error.problems) {
      if (problem.place.empty()) problem.place = file;
      problems.push_back(std::move(problem));
    }
  };
  auto read = read_chunk(source, file, Mode::declare);
  if (!read) {
    report(read.error());
    return declared;
  }
  Problems undefined = undefined_names(*read, state_->globals);
  std::vector<RequiredModule> needed = required_modules(*read, undefined);
  problems.insert(problems.end(), undefined.begin(), undefined.end());
  for (Problem& problem : bodiless(*read)) problems.push_back(std::move(problem));
  auto chunk = std::make_unique<Chunk>(std::move(*read));
  auto function = state_->vm.load(chunk->lua, file, state_->globals);
  if (!function) {
    state_->loads.push_back(nullptr);
    report(function.error());
    return declared;
  }
  auto places = declared_places(*chunk);
  state_->loads.push_back(chunk.get());
  state_->chunks.push_back(std::move(chunk));
  state_->declared = &declared;
  state_->modules->begin(file, std::move(needed), problems);
  ScriptOutcome outcome = state_->vm.call(*function, {}, Budget{.fuel = limits::fuel_load, .deadline = limits::load_deadline});
  state_->declared = nullptr;
  state_->vm.release(*function);
  // An undefined name or a module's problems were told already; that the file fails for it adds nothing.
  const bool is_told = state_->modules->end() || !undefined.empty();
  if (!outcome.ok() && !is_told) report(*outcome.error);
  state_->has_failed = !outcome.ok();
  // The calls of one name ran in the order in which they stand, unless there were more of them than stand
  // there (a loop): those all have the first one's place.
  std::map<std::string, std::size_t> used;
  for (Declaration& declaration : declared) {
    declaration.file = file;
    if (const auto known = places.find(declaration.name); known != places.end()) {
      const std::size_t number = used[declaration.name]++;
      const auto& own = known->second[number < known->second.size() ? number : 0];
      declaration.places.insert(own.begin(), own.end());
    }
    declaration.places.emplace("$", file);
    for (Problem& problem : declaration.problems) {
      problem.place = locate(declaration.places, problem.place, file);
      problems.push_back(std::move(problem));
    }
  }
  std::erase_if(declared, [](const Declaration& declaration) { return !declaration.problems.empty(); });
  return declared;
}

}  // namespace footlight
