#include "app/types.h"

#include <algorithm>
#include <map>
#include <vector>

#include "base/text.h"
#include "bindings/lua/module.h"
#include "footlight/value.h"

namespace footlight {
namespace {

struct Field {
  const char* name;
  const char* type;
  const char* doc;
};
struct Class {
  const char* name;
  const char* doc;
  std::vector<Field> fields;
};

// The tables that people write and that functions get. The documents themselves are checked by `footlight check`;
// these are for completion.
const std::vector<Class>& classes() {
  static const std::vector<Class> table = {
      {"footlight.Identity", "Who asks.", {{"namespace", "string?", "such as `crm`"}, {"id", "string?", "the id in it"}}},
      {"footlight.Request",
       "What is asked. Only for reading, and only during the call.",
       {{"identity", "footlight.Identity", "who asks"},
        {"context", "table", "what the application says about the moment"},
        {"now", "string", "the instant: `2026-12-01T09:00:00Z`"},
        {"surface", "string?", "as it was asked; content and conflict policies only"},
        {"configuration", "string?", "its configuration; content and conflict policies only"}}},
      {"footlight.Now",
       "The moment on the workspace's clock, for schedule policies.",
       {{"year", "integer", ""},
        {"month", "integer", ""},
        {"day", "integer", ""},
        {"hour", "integer", ""},
        {"minute", "integer", ""},
        {"second", "integer", ""},
        {"weekday", "string", "`mon` to `sun`"},
        {"date", "string", "`2026-12-01`"},
        {"time", "string", "`09:00`"},
        {"instant", "string", "`2026-12-01T09:00:00Z`"}}},
      {"footlight.Candidate",
       "What a conflict policy sees of a candidate.",
       {{"experience", "string", ""},
        {"action", "string", ""},
        {"element", "string", ""},
        {"priority", "integer", "0 to 100"},
        {"tags", "string[]", ""}}},
      {"footlight.Experience",
       "What `campaign` and `journey` take.",
       {{"title", "string?", "for lists"},
        {"description", "string?", "what it is for"},
        {"priority", "integer?", "0 to 100; 50 where it is left out"},
        {"tags", "string[]?", ""},
        {"from", "string?", "when it begins: `2026-12-01T09:00`"},
        {"till", "string?", "when it ends"},
        {"zone", "string?", "the workspace's where it is left out"},
        {"audience", "any", "a name, a condition or `function(p, request)`"},
        {"targeting", "(fun(p: table, request: footlight.Request): any)?", "a condition in Lua, beside the audience"},
        {"schedule", "any", "weekly {…}, recurring {…}, except {…}, or `function(now, request)`"},
        {"show", "table<string, any>?", "content by configuration"},
        {"treatments", "table<string, any>?", "of an experiment; `holdout` is a share"},
        {"salt", "string?", "of the experiment's buckets"},
        {"enter", "any", "of a journey"},
        {"exit", "any", "of a journey"},
        {"again", "any", "of a journey"},
        {"steps", "any[]?", "of a journey"}}},
      {"footlight.Workspace",
       "What `workspace` takes.",
       {{"zone", "string?", "of the IANA database; UTC where it is left out"},
        {"attributes", "table<string, any>?", "their types, by dotted name"},
        {"surfaces", "table<string, any>?", "configurations: html {…}, json {…}, text {…}"},
        {"approvals", "any[]?", "who approves what"}}},
      {"footlight.Attribute",
       "A test of an attribute.",
       {{"eq", "fun(self, value): table", ""},
        {"one_of", "fun(self, values: any[]): table", ""},
        {"lt", "fun(self, value): table", ""},
        {"le", "fun(self, value): table", ""},
        {"gt", "fun(self, value): table", ""},
        {"ge", "fun(self, value): table", ""},
        {"between", "fun(self, from: number, below: number): table", ""},
        {"starts", "fun(self, text: string): table", ""},
        {"ends", "fun(self, text: string): table", ""},
        {"contains", "fun(self, text: string): table", ""},
        {"has_any", "fun(self, values: any[]): table", ""},
        {"has_all", "fun(self, values: any[]): table", ""},
        {"semver", "fun(self, test: string): table", ""},
        {"exists", "fun(self): table", ""}}},
  };
  return table;
}

// What the words give that take their table later: `campaign "x" {…}`.
const std::map<std::string, std::string, std::less<>>& results() {
  static const std::map<std::string, std::string, std::less<>> table = {
      {"campaign", "fun(definition: footlight.Experience)"},
      {"journey", "fun(definition: footlight.Experience)"},
      {"workspace", "fun(definition: footlight.Workspace)"},
      {"audience", "fun(condition: any)"},
      {"conflict", "fun(policy: fun(candidates: footlight.Candidate[], request: footlight.Request): footlight.Candidate[])"},
      {"attr", "footlight.Attribute"},
      {"await", "fun(branches: table): table"},
      {"fetch", "fun(branches: table): table"},
      {"when", "fun(steps: table): table"},
      {"share", "fun(steps: table): table"},
      {"test", "fun(run: fun(t: any))"},
      {"cases", "fun(rows: table)"},
      {"property", "fun(definition: table)"},
  };
  return table;
}

struct Parameter {
  std::string name;
  bool is_optional = false;
};

// `string.rep(s, n [, separator])`: s, n, separator?
std::vector<Parameter> parameters_of(std::string_view usage) {
  std::vector<Parameter> parameters;
  const auto open = usage.find('(');
  if (open == usage.npos) return parameters;
  int depth = 0;
  std::string name;
  const auto finish = [&](bool is_optional) {
    if (!name.empty()) parameters.push_back({name, is_optional});
    name.clear();
  };
  bool is_optional = false;
  for (const char c : usage.substr(open + 1)) {
    if (c == '[') {
      finish(is_optional);
      is_optional = ++depth > 0;
    } else if (c == ']') {
      finish(is_optional);
      is_optional = --depth > 0;
    } else if (c == ',' || c == ')') {
      finish(is_optional);
    } else if (c != ' ') {
      name += c;
    }
  }
  return parameters;
}

bool is_value(const LuaFunction& row) { return std::string_view(row.usage).find('(') == std::string_view::npos; }

constexpr std::string_view keywords[] = {"and",   "break", "do",  "else", "end",    "for",    "function", "if",    "in",
                                         "local", "nil",   "not", "or",   "repeat", "return", "then",     "until", "while"};

void append_doc(std::string& out, std::string_view doc) {
  for (const std::string_view line : split(doc, '\n')) out += "---" + std::string(line) + "\n";
}

void append_row(std::string& out, const std::string& prefix, const LuaFunction& row) {
  out += "\n";
  append_doc(out, row.doc);
  out += "---\n---```lua\n---" + std::string(row.example) + "\n---```\n";
  const std::string name = prefix + row.name;
  if (is_value(row)) {
    out += "---@type any\n" + name + " = nil\n";
    return;
  }
  std::string list;
  for (const Parameter& parameter : parameters_of(row.usage)) {
    std::string spelled = parameter.name;
    if (std::find(std::begin(keywords), std::end(keywords), spelled) != std::end(keywords)) spelled += "_";
    out += "---@param " + spelled + (parameter.is_optional ? "? any\n" : " any\n");
    list += (list.empty() ? "" : ", ") + spelled;
  }
  const auto result = results().find(row.name);
  out += "---@return " + (prefix.empty() && result != results().end() ? result->second : std::string("any")) + "\n";
  out += "function " + name + "(" + list + ") end\n";
}

std::vector<const LuaModule*> word_lists() { return {&file_words(), &policy_words(), &declare_words(), &fixture_words()}; }

}  // namespace

std::string lua_types() {
  std::string out = "---@meta footlight\n-- Printed by `footlight docs types`: what Footlight's Lua knows, for editors. Not run.\n";
  for (const Class& type : classes()) {
    out += "\n";
    append_doc(out, type.doc);
    out += "---@class " + std::string(type.name) + "\n";
    for (const Field& field : type.fields)
      out += "---@field " + std::string(field.name) + " " + field.type + (*field.doc ? " " + std::string(field.doc) : "") + "\n";
  }
  for (const LuaModule& module : lua_modules()) {
    const std::string name = module.name;
    if (!name.empty()) {
      out += "\n";
      append_doc(out, module.doc);
      // The language server looks for methods of texts in this class.
      out += "---@class " + (name == "string" ? std::string("stringlib") : "footlight." + name) + "\n" + name + " = {}\n";
    }
    for (const LuaFunction& row : module.functions) append_row(out, name.empty() ? "" : name + ".", row);
  }
  for (const LuaModule* words : word_lists())
    for (const LuaFunction& row : words->functions) append_row(out, "", row);
  return out;
}

std::string luarc_json() {
  Object builtin;
  for (const char* library :
       {"basic",    "bit",  "bit32", "builtin", "coroutine", "debug",         "ffi",   "io",          "jit",       "jit.profile",
        "jit.util", "math", "os",    "package", "string",    "string.buffer", "table", "table.clear", "table.new", "utf8"})
    builtin[library] = "disable";
  builtin["builtin"] = "enable";
  return to_pretty_json(Object{{"runtime.version", "Lua 5.1"},
                               {"runtime.builtin", std::move(builtin)},
                               {"runtime.path", Array{"?.lua", "?/init.lua"}},
                               {"runtime.pathStrict", true},
                               {"workspace.library", Array{".footlight"}},
                               {"workspace.checkThirdParty", false}}) +
      "\n";
}

std::string luacheckrc() {
  std::string out =
      "-- Printed by `footlight docs luacheck`: the names that Footlight's Lua knows, for luacheck.\nstds.footlight = {\n  read_globals = "
      "{\n";
  for (const LuaModule& module : lua_modules()) {
    if (!*module.name) continue;
    out += "    [\"" + std::string(module.name) + "\"] = { fields = {";
    for (const LuaFunction& row : module.functions) out += " \"" + std::string(row.name) + "\",";
    out += " } },\n";
  }
  for (const LuaModule& module : lua_modules())
    if (!*module.name)
      for (const LuaFunction& row : module.functions) out += "    \"" + std::string(row.name) + "\",\n";
  for (const LuaModule* words : word_lists())
    for (const LuaFunction& row : words->functions) out += "    \"" + std::string(row.name) + "\",\n";
  return out +
      "  },\n}\nstd = \"footlight\"\nmax_line_length = false\nunused_args = false\nexclude_files = { \".footlight\", \"**/.footlight\" }\n";
}

}  // namespace footlight
