#include "targets.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <set>

#include "base/limits.h"
#include "engine/predicate_program.h"
#include "engine/template.h"
#include "script/lift.h"
#include "script/policy_text.h"
#include "script/print.h"
#include "script/sealed.h"
#include "script/vm.h"

namespace footlight::fuzz {
namespace {

void promise(bool holds, const char* what, std::string_view detail = {}) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n%s\n", what, std::string(detail).c_str());
  std::abort();
}

// ---- loader: source text to tree, to metered Lua, to LuaJIT, run with little of everything

std::optional<Vm>& loader_vm() {
  static std::optional<Vm> vm;
  static int runs = 0;
  // A state is kept as long as a server might keep it, then made anew, so that both are met.
  if (!vm || vm->needs_rebuild() || ++runs % 20'000 == 0) vm.emplace(std::move(*Vm::create()));
  return vm;
}

void check_text(const std::string& text, std::size_t bytes_max) {
  promise(text.size() <= bytes_max + 400, "a message has an end", text.substr(0, 200));
  promise(parse_json(to_json(Value(text))).ok(), "a message is UTF-8", text);
}

// A policy's text, run from the start, against what the function that it was written from answered.
void as_written(Vm& vm, const std::string& text, const Arguments& arguments, const ScriptOutcome& answered) {
  const auto chunk = read_chunk(text, "fuzz.lua", Mode::policy);
  promise(chunk.ok(), "a written policy can be read", text);
  const auto loaded = vm.load(chunk->lua, "fuzz.lua");
  if (!loaded)
    return promise(loaded.error().code == Code::memory_exceeded, "LuaJIT takes a written policy", to_text(loaded.error()) + "\n" + text);
  const Budget plenty{.fuel = limits::fuel_policy, .memory = 8 << 20};
  const ScriptOutcome made = vm.call(*loaded, {}, plenty, Functions::collect);
  promise(made.stopped() || (made.ok() && made.functions.size() == 1), "a written policy gives a function", text);
  for (const FoundFunction& function : made.functions) {
    const ScriptOutcome again = vm.call(function.ref, arguments, {.fuel = 300, .memory = 1 << 20});
    if (!again.stopped() && !answered.stopped())
      promise(
          again.value == answered.value && again.error.has_value() == answered.error.has_value(),
          "a written policy answers as its function did",
          text + "\n" + to_json(answered.value) + " and now " + to_json(again.value) + "\n" + (again.error ? again.error->message : ""));
    vm.release(function.ref);
  }
  vm.release(*loaded);
}

void loader(std::string_view input) {
  const bool is_declaring = !input.empty() && (input[0] & 1);
  const auto chunk = read_chunk(input, "fuzz.lua", is_declaring ? Mode::declare : Mode::policy);
  if (!chunk) {
    promise(!chunk.error().problems.empty() && chunk.error().problems.size() <= limits::script_problems_max,
            "a refusal has problems, not too many");
    for (const Problem& problem : chunk.error().problems)
      promise(problem.place.starts_with("fuzz.lua:"), "a problem has its place", problem.place);
    return;
  }
  // The canonical text reads as itself.
  const std::string canonical = print(chunk->ast);
  const auto again = read_chunk(canonical, "fuzz.lua", chunk->mode);
  promise(again.ok() || again.error().code == Code::limit_exceeded || again.error().code == Code::too_large,
          "the canonical text can be read", canonical);
  if (again) promise(print(again->ast) == canonical, "the canonical text is canonical", canonical);
  for (const FunctionInfo& function : chunk->functions) lift(*chunk, function);

  std::optional<Vm>& vm = loader_vm();
  const auto loaded = vm->load(chunk->lua, "fuzz.lua");
  if (!loaded) {
    promise(loaded.error().code == Code::memory_exceeded, "LuaJIT takes what was read", to_text(loaded.error()) + "\n" + chunk->lua);
    return;
  }
  static const Value profile = *parse_json(R"({"loyalty": {"tier": "gold"}, "n": 3, "viewed": ["a", "b"]})");
  static const ValueView view(profile);
  const Budget budget{.fuel = 300, .memory = 1 << 20};
  ScriptOutcome outcome = vm->call(*loaded, {&view}, budget, Functions::collect);
  const auto judge = [&](const ScriptOutcome& of) {
    promise(of.fuel_used <= budget.fuel, "no more fuel is used than there is");
    promise(of.peak_bytes <= budget.memory + budget.memory / 10, "memory has an end");
    if (!of.error) return;
    const Code code = of.error->code;
    promise(code == Code::script_error || code == Code::fuel_exhausted || code == Code::memory_exceeded || code == Code::bad_result ||
                code == Code::limit_exceeded,
            "a script ends in a way that is known", of.error->message);
    check_text(of.error->message, limits::script_message_bytes_max);
  };
  judge(outcome);
  std::vector<const Chunk*> loads;
  for (const FoundFunction& found : outcome.functions) {
    // Written down, it does what it does here.
    std::optional<std::string> text;
    if (found.chunk >= 0 && found.id >= 0) {
      loads.assign(static_cast<std::size_t>(found.chunk) + 1, nullptr);
      loads.back() = &*chunk;
      auto written = write_policy(*vm, found, loads, {});
      if (written) text = std::move(written->lua);
      else
        promise(written.error().code != Code::internal && written.error().code != Code::syntax_error, "what cannot be written is told",
                to_text(written.error()));
    }
    const ScriptOutcome first = vm->call(found.ref, {&view, Value(1)}, budget), second = vm->call(found.ref, {&view, Value(1)}, budget);
    judge(first);
    judge(second);
    if (text) as_written(*vm, *text, {&view, Value(1)}, first);
    // What keeps nothing answers the same.
    const auto is_sealed = [&] {
      const std::set<std::string> sealed = sealed_tables(*chunk);
      const auto tables = vm->captured_tables(found.ref);
      return std::all_of(tables.begin(), tables.end(), [&](const std::string& name) { return sealed.contains(name); });
    };
    if (!first.stopped() && !second.stopped() && found.id >= 0 && !chunk->functions[static_cast<std::size_t>(found.id)].assigns_captured &&
        !chunk->functions[static_cast<std::size_t>(found.id)].writes_tables_it_did_not_make && is_sealed())
      promise(first.value == second.value && first.error.has_value() == second.error.has_value(), "a policy answers the same twice",
              chunk->lua);
    vm->release(found.ref);
  }
  vm->release(*loaded);
}

// ---- predicates: bytes as JSON, or as a recipe for a document that is nearly right

class Bytes {
 public:
  explicit Bytes(std::string_view input) : input_(input) {}
  unsigned next() { return at_ < input_.size() ? static_cast<unsigned char>(input_[at_++]) : 0; }
  bool is_empty() const { return at_ >= input_.size(); }

 private:
  std::string_view input_;
  std::size_t at_ = 0;
};

Value scalar(Bytes& bytes) {
  switch (bytes.next() % 8) {
    case 0: return "gold";
    case 1: return "";
    case 2: return static_cast<int>(bytes.next()) - 128;
    case 3: return bytes.next() / 16.0;
    case 4: return true;
    case 5: return false;
    case 6: return std::string(bytes.next() % 40, static_cast<char>('a' + bytes.next() % 26));
    default: return bytes.next() % 4 ? Value("1.2.3") : Value();
  }
}

Value recipe(Bytes& bytes, int depth) {
  static constexpr const char* attributes[] = {"n", "loyalty.tier", "viewed", "b", "v", "missing", ""};
  static constexpr const char* tests[] = {"eq",   "in",       "lt",      "le",      "gt",     "ge",     "between", "starts",
                                          "ends", "contains", "has_any", "has_all", "semver", "exists", "nonsense"};
  const auto list = [&] {
    Array items;
    for (unsigned i = bytes.next() % 12; i > 0; --i) items.push_back(scalar(bytes));
    return items;
  };
  switch (depth > 40 || bytes.is_empty() ? 9 : bytes.next() % 12) {
    case 0:
    case 1:
    case 2: {
      Array parts;
      for (unsigned i = bytes.next() % 4; i > 0; --i) parts.push_back(recipe(bytes, depth + 1));
      return Object{{bytes.next() % 2 ? "all" : "any", std::move(parts)}};
    }
    case 3: return Object{{"no", recipe(bytes, depth + 1)}};
    case 4: return Object{{"bucket", Object{{"salt", scalar(bytes)}, {"to", static_cast<int>(bytes.next()) * 50}}}};
    case 5: return Object{{"audience", bytes.next() % 2 ? "named" : "other"}};
    case 6: return Object{{"list", bytes.next() % 2 ? "vip.csv" : "other"}, {"by", attributes[bytes.next() % 7]}};
    case 7: return "everyone";
    default: {
      Object leaf{{"attr", attributes[bytes.next() % 7]}};
      for (unsigned i = 1 + bytes.next() % 2; i > 0; --i) {
        const unsigned kind = bytes.next() % 4;
        leaf[tests[bytes.next() % 15]] = kind == 0 ? Value(list())
            : kind == 1                            ? Value(Array{static_cast<int>(bytes.next()), static_cast<int>(bytes.next())})
                                                   : scalar(bytes);
      }
      return leaf;
    }
  }
}

void predicate(std::string_view input) {
  Value document;
  if (!input.empty() && input[0] == '{') {
    auto parsed = parse_json(input);
    if (!parsed) return;
    promise(*parse_json(to_json(*parsed)) == *parsed, "JSON reads as it was written", input);
    document = std::move(*parsed);
  } else {
    Bytes bytes(input);
    document = recipe(bytes, 0);
  }
  Problems problems;
  const Predicate read = parse_predicate(document, "$", problems);
  if (has_errors(problems)) {
    for (const Problem& problem : problems)
      promise(!problem.message.empty() && problem.place.starts_with("$"), "a problem has message and place");
    return;
  }
  Problems none;
  const Predicate again = parse_predicate(to_value(read), "$", none);
  promise(none.empty() && to_value(again) == to_value(read), "the canonical document is canonical", to_json(to_value(read)));

  static const Workspace workspace = [] {
    Problems found;
    Workspace made = parse_workspace(
        *parse_json(R"({"name": "w", "attributes": {"n": {"type": "number"}, "loyalty.tier": {"type": "enum", "values": ["none", "gold"]},
      "viewed": {"type": "list", "of": {"type": "text"}}, "b": {"type": "boolean"}, "v": {"type": "text"}}, "surfaces": {},
      "audiences": {"named": {"attr": "b", "eq": true}}})"),
        found);
    promise(!has_errors(found), "the workspace of the fuzzer is sound");
    return made;
  }();
  static const auto lists = std::map<std::string, std::shared_ptr<const IdList>>{{"hash", parse_list("gold\nc-1\n")}};
  static const std::vector<Request> requests = [] {
    std::vector<Request> made;
    for (const char* attributes : {R"({})", R"({"n": 3, "loyalty": {"tier": "gold"}, "viewed": ["gold", "aaa"], "b": true, "v": "1.2.3"})",
                                   R"({"n": -1, "loyalty": {"tier": "other"}, "viewed": [], "b": false, "v": "", "missing": 1})"}) {
      Problems found;
      made.push_back(parse_request(Object{{"attributes", *parse_json(attributes)},
                                          {"identity", Object{{"namespace", "n"}, {"id", "c-1"}}},
                                          {"surfaces", Array{"web://w/#h"}}},
                                   {0}, found));
      promise(!has_errors(found), "the requests of the fuzzer are sound");
    }
    return made;
  }();
  Included include{.fragments = {}, .audiences = {{"named", workspace.audiences.at("named")}}, .lists = {{"vip.csv", "hash"}}};
  AttributeTable attributes(workspace);
  PredicateSurroundings surroundings{attributes, include, lists,
                                     [](const std::string&, const std::string&) -> std::variant<int, Predicate> { return 0; }};
  const PredicateProgram program = PredicateProgram::compile(read, surroundings, problems);
  if (has_errors(problems)) return;
  const PredicateProgram negated =
      PredicateProgram::compile({.op = Predicate::Op::no, .args = {read}, .path = "$"}, surroundings, problems);
  for (const Request& request : requests) {
    const Slots slots(attributes, request);
    const PolicyCall call{.request = request};
    const auto verdict = program(slots, no_policies(), call);
    const auto opposite = negated(slots, no_policies(), call);
    if (!has_errors(problems) && !verdict.failure && !opposite.failure)
      promise(verdict.holds != opposite.holds, "`no` negates", to_json(document));
    if (!verdict.holds && !verdict.failure)
      promise(!program.blame(slots, no_policies(), call).text.empty(), "what is false has a reason", to_json(document));
  }
}

// ---- templates: text in both notations, as HTML, as plain text, and within JSON

void templates(std::string_view input) {
  static const Value profile = *parse_json(
      R"({"name": "Ann <b>&\"'", "n": 3, "list": [1, "two", {"a": null}], "person": {"name": "Bo", "tags": []}, "flag": true, "none": null})");
  static const Value context = *parse_json(R"({"channel": "app"})");
  static const Fragments fragments = {{"card", {"<i>{{title}}{{#if list}}{{name}}{{/if}}</i>", "fragments/card.html"}},
                                      {"deep", {"{{> card}}{{> card}}", "fragments/deep.html"}}};
  const RenderInput data{.profile = &profile, .context = &context, .now = Instant{1764590400000}};
  const TemplateFormat format = !input.empty() && (input[0] & 1) ? TemplateFormat::html : TemplateFormat::text;
  const auto compiled = compile_template(input, format, fragments, "a.lua:7");
  if (!compiled) {
    promise(!compiled.error().problems.empty(), "a refusal has problems");
    for (const Problem& problem : compiled.error().problems)
      promise(problem.place.starts_with("a.lua:") || problem.place.starts_with("fragments/"), "a problem has its place", problem.place);
  } else {
    const auto text = render(*compiled, data), again = render(*compiled, data);
    promise(text.ok() == again.ok() && (!text || *text == *again), "a template renders the same twice", input);
    if (text) promise(text->size() <= limits::template_output_bytes_max, "the output has an end");
    else
      promise(text.error().code == Code::template_failed || text.error().code == Code::limit_exceeded,
              "a rendering fails in a way that is known", to_text(text.error()));
    used_paths(*compiled);
  }
  const std::string utf8 = parse_json(to_json(Value(std::string(input)))).ok() ? std::string(input) : "{{name}}";
  const auto json = compile_json_template(Object{{"a", utf8}, {"b", Array{utf8, 1}}}, fragments, "a.lua:7");
  if (!json) return;
  if (const auto value = render(*json, data)) promise(parse_json(to_json(*value)).ok(), "JSON is valid by construction", to_json(*value));
}

}  // namespace

const std::vector<Target>& targets() {
  static const std::vector<Target> table = {
      {"loader",
       loader,
       {"function",
        "return",
        "end",
        "local",
        "if",
        "then",
        "else",
        "elseif",
        "for",
        "in",
        "do",
        "while",
        "repeat",
        "until",
        "break",
        "nil",
        "true",
        "false",
        "and",
        "or",
        "not",
        "...",
        "..",
        "==",
        "~=",
        "<=",
        ">=",
        "<",
        ">",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        "=",
        ",",
        ";",
        ":",
        ".",
        "+",
        "-",
        "*",
        "/",
        "%",
        "^",
        "#",
        "1",
        "0",
        "1e308",
        "0x10",
        "'a'",
        "\"\\n\"",
        "[[x]]",
        "[==[",
        "]==]",
        "--",
        "--[[",
        "\n",
        "\r",
        " ",
        "p",
        "p.loyalty.tier",
        "x",
        "t",
        "f",
        "pcall(",
        "error(",
        "string.rep(",
        "('x'):",
        "gsub(",
        "pairs(",
        "ipairs(",
        "table.",
        "sort(",
        "concat(",
        "insert(",
        "map(",
        "unpack(",
        "select(",
        "math.huge",
        "tostring(",
        "from_json(",
        "to_json(",
        "regex.match(",
        "time.parts(",
        "function(p) return p.n > 1 end",
        "local function f(x) return x end ",
        "return function(p, r) ",
        " end",
        "__fuel",
        "goto",
        "::",
        "1LL",
        "log("}},
      {"predicate",
       predicate,
       {"{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"all\":[",
        "\"any\":[",
        "\"no\":",
        "\"attr\":\"n\"",
        "\"eq\":1",
        "\"gt\":",
        "\"in\":[",
        "\"between\":[0,1]",
        "\"exists\":true",
        "\"semver\":\">=1.0.0\"",
        "\"bucket\":{",
        "\"salt\":\"x\"",
        "\"audience\":\"named\"",
        "\"list\":\"vip.csv\"",
        "\"everyone\"",
        "null",
        "true",
        "1e400",
        "-0",
        "\"\\u0000\"",
        "\"has_any\":[\"gold\"]"}},
      {"template", templates, {"{{",          "}}",         "{{{",         "}}}",
                               "{{#if ",      "{{/if}}",    "{{else}}",    "{{#each list}}",
                               "{{/each}}",   "{{#unless ", "{{/unless}}", "{{#with person}}",
                               "{{/with}}",   "{{> card",   "{{!",         "{{!--",
                               "--}}",        "{{~",        "~}}",         "{%= ",
                               "%}",          "{%#if ",     "{%/if%}",     "{%else%}",
                               "{% let x = ", "name",       "this",        "../",
                               "@index",      "@root.",     "list.[0]",    "person.name",
                               "(",           ")",          "|",           "as |x y|",
                               "=",           "\"a\"",      "'b'",         "1",
                               "upperCase",   "formatDate", "default",     "json",
                               "?:",          " and ",      " or ",        "not ",
                               "<",           ">",          "<a href=\"",  "\">",
                               "<script>",    "</script>",  "<style>",     "onclick=",
                               "<!--",        "-->",        "\\{{",        "concat",
                               "sum list",    "join list",  "now",         "\n"}},
  };
  return table;
}

}  // namespace footlight::fuzz
