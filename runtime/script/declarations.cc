#include "script/declarations.h"

#include <algorithm>

#include "base/limits.h"
#include "script/policies.h"
#include "script/print.h"

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

}  // namespace

struct DeclarationReader::State {
  explicit State(Vm made) : vm(std::move(made)) {}

  Vm vm;
  Environment globals;
  std::vector<const Chunk*> loads;                      // in the order of the Vm's loads; null for ours
  std::vector<std::unique_ptr<Chunk>> chunks;
  std::vector<Declaration>* declared = nullptr;         // of the file being run

  // Every {"$function": i} as {"lua": source}.
  Status write_policies(Value& value, const std::vector<FoundFunction>& functions) {
    if (value.is_array())
      for (Value& item : value.array())
        if (auto written = write_policies(item, functions); !written) return written;
    if (!value.is_object()) return Done{};
    if (const Value* function = value.find("$function"); function && value.object().size() == 1) {
      auto source = self_contained(vm, functions[static_cast<std::size_t>(function->number())], loads);
      if (!source) return source.error();
      value = Object{{"lua", std::move(*source)}};
      return Done{};
    }
    for (auto& [key, member] : value.object())
      if (auto written = write_policies(member, functions); !written) return written;
    return Done{};
  }

  Result<Value> declare(HostCall& call) {
    std::vector<FoundFunction> functions;
    auto kind = call.value(0), name = call.value(1), document = call.value(2, &functions);
    if (!document) return document.error();
    if (auto written = write_policies(*document, functions); !written) return written.error();
    for (const FoundFunction& function : functions) vm.release(function.ref);
    declared->push_back({.kind = kind->string(), .name = name->string(), .document = std::move(*document)});
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

std::map<std::string, std::map<std::string, std::string>> declared_places(const Chunk& chunk) {
  std::map<std::string, std::map<std::string, std::string>> places;
  for (const ast::Stat& statement : chunk.ast.chunk->body.statements)
    if (const auto* call = std::get_if<ast::CallStat>(&statement.node))
      if (const auto declaration = declaration_call(call->call)) walk(*declaration->argument, "$", chunk.name, places[*declaration->name]);
  return places;
}

DeclarationReader::DeclarationReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
DeclarationReader::DeclarationReader(DeclarationReader&&) noexcept = default;
DeclarationReader::~DeclarationReader() = default;

Result<DeclarationReader> DeclarationReader::create() {
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
  auto chunk = std::make_unique<Chunk>(std::move(*read));
  auto function = state_->vm.load(chunk->lua, file, state_->globals);
  if (!function) {
    report(function.error());
    return declared;
  }
  const auto places = declared_places(*chunk);
  state_->loads.push_back(chunk.get());
  state_->chunks.push_back(std::move(chunk));
  state_->declared = &declared;
  ScriptOutcome outcome = state_->vm.call(*function, {}, Budget{.fuel = limits::fuel_load, .deadline = seconds(5)});
  state_->declared = nullptr;
  state_->vm.release(*function);
  // An undefined name was told already; that calling it fails adds nothing.
  if (!outcome.ok() && undefined.empty()) report(*outcome.error);
  for (Declaration& declaration : declared) {
    declaration.file = file;
    if (const auto known = places.find(declaration.name); known != places.end()) declaration.places = known->second;
    declaration.places.emplace("$", file);
  }
  return declared;
}

}  // namespace footlight
