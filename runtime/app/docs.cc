// footlight docs: the reference pages of docs/reference, printed from the tables that the program runs by.
#include <cstdio>

#include "app/commands.h"
#include "app/host.h"
#include "app/terminal.h"
#include "app/types.h"
#include "base/text.h"
#include "bindings/lua/module.h"
#include "engine/template.h"

namespace footlight {
namespace {

std::string heading(std::string_view title, std::string_view topic) {
  return "# " + std::string(title) + "\n\nPrinted by `footlight docs " + std::string(topic) +
      "`; a test keeps this page equal to the program.\n";
}

// Two backticks around what may hold one itself.
std::string code(std::string_view text) {
  const std::string_view mark = text.find('`') == std::string_view::npos ? "`" : "`` ";
  const std::string_view end = mark.size() == 1 ? "`" : " ``";
  return std::string(mark) + std::string(text) + std::string(end);
}

// Text for a cell of a table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

void append_rows(std::string& out, const LuaModule& module) {
  for (const LuaFunction& function : module.functions)
    out +=
        "\n### " + code(function.usage) + "\n" + function.doc + " Since " + function.since + ".\n```lua\n" + function.example + "\n```\n";
}

Result<std::string> lua_page() {
  std::string out = heading("Lua reference", "lua");
  out +=
      "\nThe names that every script has. `footlight help lua NAME` shows one of them; [scripting](../scripting.md) tells how scripts are\n"
      "written, and which words declarations, policies and tests have beside these.\n";
  for (const LuaModule& module : lua_modules()) {
    out += "\n## " + (*module.name ? code(module.name) : std::string("Globals")) + "\n\n" + module.doc + "\n";
    append_rows(out, module);
  }
  for (const auto& [title, words] : {std::pair{"In every file", &file_words()},
                                     {"In functions of experiences, audiences and policies", &policy_words()},
                                     {"In files of declarations", &declare_words()},
                                     {"In tests", &fixture_words()}}) {
    out += "\n## " + std::string(title) + "\n\n" + words->doc + "\n";
    append_rows(out, *words);
  }
  return out;
}

Result<std::string> templates_page() {
  std::string out = heading("Template helpers", "templates");
  out +=
      "\nThe same in both notations: `{{upperCase name}}` and `{%= upperCase(name) %}`; the names of arguments serve as hash arguments,\n"
      "`{{formatDate at \"d MMM\" zone=\"Asia/Tokyo\"}}`. The language around them is told in [templates](../templates.md).\n";
  for (const HelperRow& helper : template_helpers()) {
    out += "\n### " + code(helper.usage) + "\n" + std::string(helper.doc) + " Since " + std::string(helper.since) + ".\n";
    if (!helper.example.empty()) out += "```\n" + std::string(helper.example) + "\n```\n";
  }
  return out;
}

Result<std::string> errors_page() {
  std::string out = heading("Error codes", "errors");
  out +=
      "\nA code is for programs and stable; the message beside it is for people. HTTP answers carry it as `code` of a problem document,\n"
      "the program's exit status is the last column.\n\n| Code | Meaning | HTTP | Exit |\n|---|---|--:|--:|\n";
  for (const CodeRow& row : code_table())
    out += "| " + code(row.name) + " | " + cell(row.summary) + " | " + std::to_string(row.http_status) + " | " +
        std::to_string(row.exit_code) + " |\n";
  return out;
}

std::string bytes(std::size_t count) {
  if (count == 0) return "none";
  if (count % (1 << 20) == 0) return std::to_string(count >> 20) + " MB";
  if (count % (1 << 10) == 0) return std::to_string(count >> 10) + " KB";
  return std::to_string(count) + " bytes";
}

// The rows are made for an Api; one on an empty memory store serves, since nothing is called.
Result<std::string> http_page() {
  auto store = open_store("memory:");
  if (!store) return store.error();
  Api api(**store, {});
  std::string out = heading("HTTP routes", "http");
  out +=
      "\nEvery route, with the role that may call it and how large its body may be. [HTTP](../http.md) shows calls and answers;\n"
      "a server describes itself at `GET /openapi.json`. The role is the one that opens the door; which role a lifecycle command\n"
      "needs beyond it is in [lifecycle](../lifecycle.md).\n\n| Route | | Role | Body |\n|---|---|---|--:|\n";
  const std::vector<Route> rows = routes(api);
  for (const Route& route : rows)
    out += "| " + code(route.method + " " + route.pattern) + " | " + cell(route.summary) + " | " +
        (route.role.empty() ? "everybody" : route.role) + " | " + bytes(route.body_limit) + " |\n";
  for (const Route& route : rows)
    if (!route.help.empty()) out += "\n### " + code(route.method + " " + route.pattern) + "\n" + route.help + "\n";
  return out;
}

constexpr struct {
  std::string_view topic;
  Result<std::string> (*page)();
} pages[] = {{"lua", lua_page},
             {"templates", templates_page},
             {"errors", errors_page},
             {"http", http_page},
             {"types", [] { return Result<std::string>(lua_types()); }},
             {"luacheck", [] { return Result<std::string>(luacheckrc()); }}};

}  // namespace

std::vector<std::string> docs_topics() {
  std::vector<std::string> topics;
  for (const auto& row : pages) topics.emplace_back(row.topic);
  return topics;
}

int docs_command(const std::string& topic) {
  for (const auto& row : pages) {
    if (row.topic != topic) continue;
    auto page = row.page();
    if (!page) return fail(page.error());
    std::fputs(page->c_str(), stdout);
    return 0;
  }
  return fail(refuse(Code::not_found, "there is no page `" + topic + "`" + did_you_mean(topic, docs_topics())));
}

}  // namespace footlight
