// Workspace folders that cannot be: `footlight check` says what is wrong and where, and ends.
//
// workspaces/*.cases: below a title stand files, each begun by `--- path`; `=> ` lines are the problems
// that check reports (FOOTLIGHT_UPDATE=1 rewrites them). A line of a file that begins with `\ ` is
// written out (`\xNN`, `\{text*times}`, …) and ends without a line end. Where a case has no workspace.lua,
// it gets the one below.
#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <set>

#include "../support/cases.h"
#include "../support/folder.h"
#include "../support/process.h"
#include "footlight/value.h"

using namespace footlight;
using namespace footlight::test;

namespace {

constexpr std::string_view sound_workspace = R"(workspace "shop" {
  zone = "Europe/Paris",
  attributes = {
    ["cart.total"]   = number { min = 0 },
    ["loyalty.tier"] = enum { "none", "silver", "gold" },
  },
  surfaces = {
    hero   = html { "web://shop.example/#hero" },
    banner = json { "mobileapp://com.example.shop/cart#banner" },
    note   = text { "service://note/#line" },
  },
}
)";

std::map<std::string, std::string> files_of(const Case& one) {
  std::map<std::string, std::string> files;
  std::string* file = nullptr;
  for (const std::string& line : one.given) {
    if (line.starts_with("--- ")) {
      file = &files[line.substr(4)];
    } else {
      REQUIRE(file);
      *file += line.starts_with("\\ ") ? unescape(std::string_view(line).substr(2)) : line + "\n";
    }
  }
  return files;
}

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

std::vector<CaseFile> all_cases() {
  std::set<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator("tests/hostile/workspaces"))
    if (entry.path().extension() == ".cases") paths.insert(entry.path().string());
  std::vector<CaseFile> all;
  for (const std::string& path : paths) all.push_back(read_cases(path));
  return all;
}

const std::string program = FOOTLIGHT_PROGRAM;

}  // namespace

TEST_CASE("a malformed workspace is refused with code and place, whatever stands in it") {
  std::size_t count = 0;
  std::set<std::string> titles;
  for (CaseFile& file : all_cases()) {
    for (Case& one : file.cases) {
      INFO(file.path << ": " << one.title);
      ++count;
      CHECK(titles.insert(one.title).second);
      Folder folder;
      auto files = files_of(one);
      const bool has_workspace =
          std::any_of(files.begin(), files.end(), [](const auto& known) { return known.first.starts_with("workspace."); });
      if (!has_workspace && one.title.find("no workspace") == std::string::npos) files.emplace("workspace.lua", sound_workspace);
      folder.write("ws/.keep", "");
      for (const auto& [path, text] : files) folder.write("ws/" + path, text);

      const Ran check = run({program, "check", folder.path("ws"), "--json"});
      INFO(check.out << check.err);
      CHECK(check.exit_code == 1);
      CHECK(check.err.empty());
      const auto report = parse_json(check.out);
      CHECK(report.ok());
      if (!report) continue;
      CHECK(to_json(*report->find("ok")) == "false");
      std::vector<std::string> lines;
      for (const Value& problem : report->find("problems")->array()) {
        std::string place = problem.string_or("place", "?"), message = problem.string_or("message", "?");
        for (std::string* text : {&place, &message}) replace_all(*text, folder.path("ws"), "WORKSPACE");
        // A place is a file of the folder, with its line, or with a JSON path.
        const std::string of = place.substr(0, place.find_first_of(": "));
        INFO(place);
        CHECK((files.contains(of) || of == "WORKSPACE"));
        CHECK_FALSE(message.empty());
        if (message.size() > 300) message = message.substr(0, 250) + " … (" + std::to_string(message.size()) + " bytes)";
        lines.push_back(place + " " + problem.string_or("code", "?") + (problem.find("warning")->boolean() ? " (warning): " : ": ") +
                        on_one_line(message));
      }
      CHECK(lines.size() <= 100);
      if (rewrites_cases()) one.outcome = lines;
      CHECK(lines == one.outcome);

      // Whatever else takes a folder refuses it too, before it does anything.
      const Ran test = run({program, "test", folder.path("ws")});
      CHECK(test.exit_code == 1);
      CHECK(test.out.empty());
      CHECK_THAT(test.err, Catch::StartsWith("error (validation_failed): "));
    }
    if (rewrites_cases()) write_cases(file);
  }
  CHECK(count >= 80);
}

TEST_CASE("what is wrong only when it runs is dropped then, within its limits, and harms nothing else") {
  Folder folder;
  folder.write("ws/workspace.lua", sound_workspace);
  // Eight times eight times … a fragment: each compiles once, together they are 262,144 of the last.
  for (char name = 'a'; name < 'g'; ++name) {
    std::string text;
    for (int i = 0; i < 8; ++i) text += std::string("{{> ") + static_cast<char>(name + 1) + "}}";
    folder.write(std::string("ws/fragments/") + name + ".html", text);
  }
  folder.write("ws/fragments/g.html", "<b>{{cart.total}}</b>");
  folder.write("ws/experiences/doubled.lua", "campaign \"doubled\" { priority = 90, show = { hero = fragment \"a\" } }\n");
  folder.write("ws/experiences/endless.lua",
               "campaign \"endless\" {\n  priority = 80,\n  audience = function(p) local n = 0 while true do n = n + 1 end return true "
               "end,\n  show = { hero = \"x\" },\n}\n");
  folder.write("ws/experiences/greedy.lua",
               "campaign \"greedy\" {\n  priority = 70,\n  audience = function(p)\n    local s = \"x\"\n    while true do s = s .. s end\n "
               " end,\n  show = { hero = \"x\" },\n}\n");
  folder.write("ws/experiences/deep.lua",
               "campaign \"deep\" {\n  priority = 60,\n  audience = function(p)\n    local function f(n) return 1 + f(n + 1) end\n    "
               "return f(1) > 0\n  end,\n  show = { hero = \"x\" },\n}\n");
  folder.write("ws/experiences/good.lua", "campaign \"good\" { priority = 10, show = { hero = \"<b>good</b>\" } }\n");
  REQUIRE(run({program, "check", folder.path("ws")}).exit_code == 0);
  const Ran explained = run({program, "explain", folder.path("ws"), "--on", "hero", "--at", "2026-12-01T09:00", "--json"});
  INFO(explained.out << explained.err);
  REQUIRE(explained.exit_code == 0);
  const auto answer = parse_json(explained.out);
  REQUIRE(answer.ok());
  CHECK(answer->find("propositions")->array().at(0).string_or("experience", "") == "good");
  std::map<std::string, std::string> fates;
  for (const Value& row : answer->find("trace")->array().at(0).find("candidates")->array())
    fates[row.string_or("experience", "?")] = row.string_or("fate", "?") + " " + row.string_or("reason", "");
  CHECK_THAT(fates["doubled"], Catch::StartsWith("content ") && Catch::Contains("steps"));
  CHECK_THAT(fates["endless"], Catch::StartsWith("policy_failed fuel_exhausted"));
  CHECK_THAT(fates["greedy"], Catch::StartsWith("policy_failed memory_exceeded"));
  CHECK_THAT(fates["deep"], Catch::StartsWith("policy_failed "));
}

TEST_CASE("a server refuses such a folder and leaves its data file alone") {
  Folder folder;
  folder.write("ws/workspace.lua", sound_workspace);
  folder.write("ws/experiences/a.lua", "campaign \"a\" { show = { hero = \"{{#if\" } }\n");
  const Ran serve = run({program, "serve", folder.path("ws"), "--data", folder.path("shop.db"), "--listen", "127.0.0.1:0"});
  CHECK(serve.exit_code == 1);
  CHECK(serve.out.empty());
  CHECK_THAT(serve.err, Catch::Contains("experiences/a.lua:1"));
  CHECK_FALSE(std::filesystem::exists(folder.path("shop.db")));
}

TEST_CASE("a test that loops, eats memory or recurses fails alone, and says where") {
  Folder folder;
  folder.write("ws/workspace.lua", sound_workspace);
  folder.write("ws/tests/bombs_test.lua",
               "test \"memory\" (function(t)\n  local s = \"x\"\n  while true do s = s .. s end\nend)\n"
               "test \"recursion\" (function(t)\n  local function f(n) return 1 + f(n + 1) end\n  f(1)\nend)\n"
               "test \"tables\" (function(t)\n  local all = {}\n  for i = 1, 1e12 do all[i] = { i } end\nend)\n"
               "test \"an error that is no text\" (function(t) error({ a = 1 }) end)\n"
               "test \"an unknown method\" (function(t) t:publish \"a\" end)\n"
               "test \"a good one\" (function(t) t:yes(true) end)\n");
  const Ran test = run({program, "test", folder.path("ws")});
  INFO(test.out << test.err);
  CHECK(test.exit_code == 1);
  CHECK_THAT(test.out,
             Catch::Contains("ok    tests/bombs_test.lua  a good one") && Catch::EndsWith("1 passed, 5 failed\n") &&
                 Catch::Contains("tests/bombs_test.lua:6") && Catch::Contains("tests/bombs_test.lua:11"));
}
