#include "script/declarations.h"

#include <algorithm>

#include "base/limits.h"
#include "script/policies.h"
#include "script/print.h"
#include "script/workspace_files.h"

namespace footlight {

extern const std::string_view declare_prelude;

namespace {

// A Lua literal of a plain value: what a policy captured.
void append_literal(std::string& out, const Value& value) {
  switch (value.kind()) {
    case Value::Kind::null: out += "nil"; break;
    case Value::Kind::boolean: out += value.boolean() ? "true" : "false"; break;
    case Value::Kind::number:
      if (value.number() < 0) out += "-";
      out += lua_text::number(value.number() < 0 ? -value.number() : value.number());
      break;
    case Value::Kind::string: out += lua_text::quoted(value.string()); break;
    case Value::Kind::array:
      out += "{";
      for (const Value& item : value.array()) {
        append_literal(out, item);
        out += ", ";
      }
      out += "}";
      break;
    case Value::Kind::object:
      out += "{";
      for (const auto& [key, item] : value.object()) {
        out += "[" + lua_text::quoted(key) + "] = ";
        append_literal(out, item);
        out += ", ";
      }
      out += "}";
      break;
  }
}

// Writes functions as expressions, with what they captured around them.
class Writer {
 public:
  Writer(Vm& vm, const std::vector<const Chunk*>& chunks) : vm_(vm), chunks_(chunks) {}

  Result<std::string> expression(const FoundFunction& function) {
    if (function.chunk < 0 || function.id < 0 || !chunks_[static_cast<std::size_t>(function.chunk)])
      return refuse(Code::bad_result, "a function of the runtime cannot be a policy; write `function(p) … end`");
    const FunctionInfo& info = chunks_[static_cast<std::size_t>(function.chunk)]->functions[static_cast<std::size_t>(function.id)];
    if (info.captures.empty()) return info.source;
    const auto key = std::pair(function.chunk, function.id);
    if (std::find(open_.begin(), open_.end(), key) != open_.end())
      return refuse(Code::bad_result, "functions that call each other cannot become a policy; put one inside the other");
    open_.push_back(key);
    auto captured = vm_.captured(function.ref);
    if (!captured) return captured.error();
    std::string text = "(function()\n";
    std::string self;
    for (const Captured& variable : *captured) {
      if (variable.function && variable.function->chunk == function.chunk && variable.function->id == function.id) {
        self = variable.name;
        continue;
      }
      text += "  local " + variable.name + " = ";
      if (variable.function) {
        auto inner = expression(*variable.function);
        if (!inner) return inner;
        text += *inner;
      } else {
        append_literal(text, variable.value);
      }
      text += "\n";
    }
    if (!self.empty())
      text += "  local " + self + "\n  " + self + " = " + info.source + "\n  return " + self + "\nend)()";
    else
      text += "  return " + info.source + "\nend)()";
    open_.pop_back();
    return text;
  }

 private:
  Vm& vm_;
  const std::vector<const Chunk*>& chunks_;
  std::vector<std::pair<int, int>> open_;
};

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
    while (i + 1 < end && message[i + 1] >= '0' && message[i + 1] <= '9') number = number * 10 + static_cast<std::size_t>(message[++i] - '0');
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

  Vm vm;
  Environment globals;
  std::vector<const Chunk*> loads;                      // in the order of the Vm's loads; null for ours
  std::vector<std::unique_ptr<Chunk>> chunks;
  std::vector<Declaration>* declared = nullptr;         // of the file being run

  // Every {"$function": i} as {"lua": source}. `path` is the value's; `found` gets what cannot be written.
  void write_policies(Value& value, const std::string& path, const std::vector<FoundFunction>& functions, Problems& found) {
    if (value.is_array())
      for (std::size_t i = 0; i < value.array().size(); ++i) write_policies(value.array()[i], path + "[" + std::to_string(i) + "]", functions, found);
    if (!value.is_object()) return;
    if (const Value* function = value.find("$function"); function && value.object().size() == 1) {
      auto source = self_contained(vm, functions[static_cast<std::size_t>(function->number())], loads);
      if (source) value = Object{{"lua", std::move(*source)}};
      else found.push_back({source.error().code, path, source.error().message});
      return;
    }
    for (auto& [key, member] : value.object()) write_policies(member, path + "." + key, functions, found);
  }

  // A declaration that no document can say is told at its own place, and the file goes on.
  Result<Value> declare(HostCall& call) {
    std::vector<FoundFunction> functions;
    auto kind = call.value(0), name = call.value(1), document = call.value(2, &functions);
    Problems found;
    if (document) {
      write_policies(*document, "$", functions, found);
    } else if (document.error().code == Code::bad_result || document.error().code == Code::limit_exceeded) {
      const std::string message = without_argument(document.error().message);
      found.push_back({document.error().code, path_named_in(message), message});
    } else {
      return document.error();
    }
    for (const FoundFunction& function : functions) vm.release(function.ref);
    declared->push_back({.kind = kind->string(), .name = name->string(), .document = document ? std::move(*document) : Value(), .problems = std::move(found)});
    return Value();
  }
};

Result<std::string> self_contained(Vm& vm, const FoundFunction& function, const std::vector<const Chunk*>& chunks) {
  auto expression = Writer(vm, chunks).expression(function);
  if (!expression) return expression;
  // Through the reader once more, so that the policy has the one canonical form and is known to parse.
  auto chunk = read_chunk("return " + *expression, "policy", Mode::policy);
  if (!chunk) return chunk.error();
  return print(chunk->ast);
}

std::map<std::string, std::vector<std::map<std::string, std::string>>> declared_places(const Chunk& chunk) {
  std::map<std::string, std::vector<std::map<std::string, std::string>>> places;
  for (const ast::Stat& statement : chunk.ast.chunk->body.statements)
    if (const auto* call = std::get_if<ast::CallStat>(&statement.node))
      if (const auto declaration = declaration_call(call->call)) walk(*declaration->argument, "$", chunk.name, places[*declaration->name].emplace_back());
  return places;
}

DeclarationReader::DeclarationReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
DeclarationReader::DeclarationReader(DeclarationReader&&) noexcept = default;
DeclarationReader::~DeclarationReader() = default;

Result<DeclarationReader> DeclarationReader::create(const Environment& host) {
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
  for (Global& helper : *helpers) state->globals.push_back(std::move(helper));
  for (const Global& function : host) {
    if (auto named = check_host_name(function.name, state->globals); !named) return named.error();
    state->globals.push_back(function);
  }
  state->loads = {nullptr, nullptr};   // the two preludes were loads 0 and 1
  return DeclarationReader(std::move(state));
}

std::vector<Declaration> DeclarationReader::read(std::string_view source, const std::string& file, Problems& problems) {
  std::vector<Declaration> declared;
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
  const Problems undefined = undefined_names(*read, state_->globals);
  problems.insert(problems.end(), undefined.begin(), undefined.end());
  for (Problem& problem : bodiless(*read)) problems.push_back(std::move(problem));
  auto chunk = std::make_unique<Chunk>(std::move(*read));
  auto function = state_->vm.load(chunk->lua, file, state_->globals);
  if (!function) {
    report(function.error());
    return declared;
  }
  auto places = declared_places(*chunk);
  state_->loads.push_back(chunk.get());
  state_->chunks.push_back(std::move(chunk));
  state_->declared = &declared;
  ScriptOutcome outcome = state_->vm.call(*function, {}, Budget{.fuel = limits::fuel_load, .deadline = limits::load_deadline});
  state_->declared = nullptr;
  state_->vm.release(*function);
  // An undefined name was told already; that calling it fails adds nothing.
  if (!outcome.ok() && undefined.empty()) report(*outcome.error);
  // The calls of one name ran in the order in which they stand, unless there were more of them than stand
  // there (a loop): those all have the first one's place.
  std::map<std::string, std::size_t> used;
  for (Declaration& declaration : declared) {
    declaration.file = file;
    if (const auto known = places.find(declaration.name); known != places.end()) {
      const std::size_t number = used[declaration.name]++;
      declaration.places = known->second[number < known->second.size() ? number : 0];
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
