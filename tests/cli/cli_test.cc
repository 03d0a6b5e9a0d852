// The program as people and scripts run it: what it says where, and its exit code.
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "../support/folder.h"
#include "../support/process.h"
#include "footlight/value.h"

using namespace footlight;
using namespace footlight::test;

namespace {

const std::string program = FOOTLIGHT_PROGRAM;

Ran footlight_run(std::vector<std::string> arguments, const RunOptions& options = {}) {
  arguments.insert(arguments.begin(), program);
  return run(arguments, options);
}

Value json_of(const std::string& text) {
  auto value = parse_json(text);
  if (!value) FAIL(value.error().message << " in `" << text << "`");
  return std::move(*value);
}

std::string file_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// `text` with `to`, which is as long, wherever `from` stands.
std::string with_all(std::string text, const std::string& from, const std::string& to) {
  REQUIRE(text.find(from) != std::string::npos);
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at)) text.replace(at, from.size(), to);
  return text;
}

// A workspace made by `init`, and a data file beside it.
struct Shop {
  Shop() { REQUIRE(footlight_run({"init", ws}).exit_code == 0); }
  // A command on the data file, as somebody.
  Ran as(const std::string& who, std::vector<std::string> arguments, const RunOptions& options = {}) {
    for (const std::string& word : {std::string("--data"), data, std::string("--as"), who}) arguments.push_back(word);
    return footlight_run(std::move(arguments), options);
  }
  Folder folder;
  const std::string ws = folder.path("ws"), data = folder.path("shop.db");
};

// A served workspace: the program itself, on a free port.
struct Served {
  explicit Served(const Shop& shop, std::vector<std::string> more = {}) {
    std::vector<std::string> command{program, "serve", shop.ws, "--data", shop.data, "--listen", "127.0.0.1:0", "--quiet"};
    command.insert(command.end(), more.begin(), more.end());
    process.emplace(command, shop.folder.path("serve.err"));
    lines = process->lines_until("serving ");
    url = lines.back().substr(lines.back().rfind(' ') + 1);
    for (const std::string& line : lines) {
      std::istringstream words(line);
      std::string role, secret;
      if (words >> role >> secret && secret.starts_with("fl_")) tokens[role] = secret;
    }
  }
  Ran ask(const std::string& token, std::vector<std::string> arguments, const RunOptions& options = {}) {
    for (const std::string& word : {std::string("--server"), url, std::string("--token"), token}) arguments.push_back(word);
    return footlight_run(std::move(arguments), options);
  }
  std::optional<Process> process;
  std::vector<std::string> lines;
  std::string url;
  std::map<std::string, std::string> tokens;
};

}  // namespace

TEST_CASE("help, version and wrong calls: answers on stdout and 0, faults on stderr and 2") {
  const Ran help = footlight_run({"--help"});
  CHECK(help.exit_code == 0);
  CHECK(help.err.empty());
  CHECK_THAT(help.out, Catch::Contains("Exit codes: 0 done, 1 problems found, 2 wrong call, 3 refused, 4 unavailable"));
  const Ran version = footlight_run({"--version"});
  CHECK(version.exit_code == 0);
  CHECK_THAT(version.out, Catch::Matches("[0-9]+\\.[0-9]+\\.[0-9]+\n"));
  for (const char* word : {"init",       "check",           "test",      "decide",   "explain",    "replay", "assess", "eval",
                           "repl",       "preview",         "serve",     "push",     "create",     "edit",   "delete", "submit",
                           "withdraw",   "request_changes", "approve",   "activate", "unschedule", "stop",   "pause",  "resume",
                           "close",      "archive",         "duplicate", "list",     "show",       "audit",  "backup", "restore",
                           "epoch_bump", "token",           "bench",     "docs",     "help"}) {
    INFO(word);
    CHECK_THAT(help.out, Catch::Contains(std::string("\n  ") + word + " "));
    const Ran about = footlight_run({word, "--help"});
    CHECK(about.exit_code == 0);
    CHECK(about.err.empty());
    CHECK_THAT(about.out, Catch::Contains(std::string("footlight ") + word));
  }
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{},
                                                {"publish"},
                                                {"check", "--jsn"},
                                                {"check", ".", "."},
                                                {"stop"},
                                                {"decide"},
                                                {"test", "--format", "xml"},
                                                {"token", "steal"},
                                                {"serve", "--workers", "0"},
                                                {"serve", "--workers", "65"},
                                                {"stop", "x", "--expect", "three"},
                                                {"help", "cooking"},
                                                {"bench"},
                                                {"bench", "decide"},
                                                {"replay"},
                                                {"bench", "policies"},
                                                {"assess", "--alpha", "2"}}) {
    INFO(Catch::Detail::stringify(wrong));
    const Ran ran = footlight_run(wrong);
    CHECK(ran.exit_code == 2);
    CHECK(ran.out.empty());
    CHECK_FALSE(ran.err.empty());
  }
}

TEST_CASE("help on subjects is printed from the tables that the program runs by") {
  const Ran errors = footlight_run({"help", "errors"});
  CHECK(errors.exit_code == 0);
  CHECK(std::count(errors.out.begin(), errors.out.end(), '\n') == static_cast<long>(code_table().size()));
  for (const CodeRow& row : code_table()) {
    CHECK_THAT(errors.out, Catch::Contains(std::string(row.name) + " "));
    CHECK((row.exit_code >= 1 && row.exit_code <= 4));
  }
  CHECK_THAT(footlight_run({"help", "errors", "experience_final"}).out,
             Catch::StartsWith("experience_final") && Catch::Contains("HTTP 409  exit 3"));
  const Ran no_code = footlight_run({"help", "errors", "no_such_code"});
  CHECK(no_code.exit_code == 3);
  CHECK_THAT(no_code.err, Catch::StartsWith("refused (not_found)"));
  CHECK_THAT(footlight_run({"help", "lua"}).out, Catch::Contains("string"));
  CHECK(footlight_run({"help", "stop"}).out == footlight_run({"stop", "--help"}).out);
  CHECK(footlight_run({"help"}).out == footlight_run({"--help"}).out);
  CHECK_THAT(footlight_run({"help", "lua", "string.rep"}).out, Catch::Contains("string.rep") && Catch::Contains("example:"));
  const Ran unknown = footlight_run({"help", "lua", "string.reep"});
  CHECK(unknown.exit_code == 3);
  CHECK_THAT(unknown.err, Catch::Contains("`string.rep`"));
}

TEST_CASE("snapshots are written with --update alone, and where that cannot be it is said") {
  Shop shop;
  shop.folder.write("ws/tests/look_test.lua", "test \"look\" (function(t) t:matches_snapshot(\"hello\") end)");
  const Ran fresh = footlight_run({"test", shop.ws, "--filter", "look"});
  CHECK(fresh.exit_code == 1);
  CHECK_THAT(fresh.out, Catch::Contains("there is no snapshot `look` in tests/look_test.snap yet"));
  CHECK_FALSE(std::filesystem::exists(shop.ws + "/tests/look_test.snap"));
  CHECK(footlight_run({"test", shop.ws, "--update"}).exit_code == 0);
  CHECK_THAT(file_text(shop.ws + "/tests/look_test.snap"), Catch::EndsWith("\n== look\n| hello\n"));
  CHECK(footlight_run({"test", shop.ws}).exit_code == 0);
  std::filesystem::remove(shop.ws + "/tests/look_test.snap");
  std::filesystem::create_directory(shop.ws + "/tests/look_test.snap");  // a place where no file can be
  const Ran blocked = footlight_run({"test", shop.ws, "--update"});
  CHECK(blocked.exit_code == 1);
  CHECK_THAT(blocked.err, Catch::Contains("look_test.snap` cannot be written"));
}

TEST_CASE("coverage is told, written as a page and as JSON, and may be asked for") {
  Shop shop;
  const std::string page = shop.folder.path("report.html"), json = shop.folder.path("report.json");
  const Ran covered = footlight_run({"test", "--coverage", "--coverage=" + page, "--coverage=" + json, shop.ws});
  CHECK(covered.exit_code == 0);
  CHECK_THAT(covered.out,
             Catch::Contains("4 passed, 0 failed\ncoverage\n") && Catch::Contains("clauses") && Catch::Contains("wrote " + page));
  CHECK_THAT(file_text(page), Catch::StartsWith("<!doctype html>"));
  CHECK(json_of(file_text(json)).find("summary")->find("clauses")->find("all")->number() >= 2);
  CHECK(footlight_run({"test", "--coverage-min", "1", shop.ws}).exit_code == 0);
  const Ran little = footlight_run({"test", "--coverage-min", "100", shop.ws});
  CHECK(little.exit_code == 1);
  CHECK_THAT(little.err, Catch::Contains("--coverage-min asks for 100 %"));
  CHECK_THAT(footlight_run({"test", "--coverage=report.xml", shop.ws}).err, Catch::Contains("ends with .html or .json"));
}

TEST_CASE("seeds, jobs and reports of a run") {
  Shop shop;
  shop.folder.write("ws/tests/p_test.lua", "property \"p\" { function(t, p) t:yes(p.attributes[\"loyalty.tier\"] == nil, \"no\") end }");
  const auto told = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"test", shop.ws});
    return footlight_run(more).out;
  };
  CHECK_THAT(told({}), Catch::Contains("seed 1;"));
  CHECK(told({"--jobs", "1"}) == told({"--jobs", "4"}));
  CHECK_THAT(told({"--seed", "77"}), Catch::Contains("seed 77;"));
  CHECK_THAT(told({"--seed", "random"}), Catch::Contains("\nseed "));
  CHECK(footlight_run({"test", shop.ws, "--seed", "x"}).exit_code == 2);
  const std::string report = shop.folder.path("junit.xml");
  CHECK_THAT(told({"--junit", report}), Catch::Contains("4 passed, 1 failed"));
  CHECK_THAT(file_text(report), Catch::Contains("name=\"p\" file=\"tests/p_test.lua\" line=\"1\""));
}

TEST_CASE("--watch runs again what was saved, and ends with Ctrl-C") {
  Shop shop;
  Process watching({program, "test", "--watch", shop.ws}, shop.folder.path("watch.err"));
  CHECK_THAT(watching.lines_until("4 passed").back(), Catch::StartsWith("4 passed, 0 failed (1 file, "));
  // A new file of tests comes first, and then all others all the same.
  shop.folder.write("ws/tests/b_test.lua", "test \"b\" (function(t) t:yes(false, \"not yet\") end)");
  auto lines = watching.lines_until("4 passed");
  CHECK(lines.front() == "FAIL  tests/b_test.lua  b");
  CHECK_THAT(lines.back(), Catch::StartsWith("4 passed, 1 failed (1 test first, "));
  CHECK_THAT(watching.lines_until("4 passed").back(), Catch::StartsWith("4 passed, 1 failed (4 tests after them, "));
  shop.folder.write("ws/tests/b_test.lua", "test \"b\" (function(t) t:yes(true) end)");
  CHECK_THAT(watching.lines_until("5 passed").back(), Catch::StartsWith("5 passed, 0 failed (1 test first, "));
  CHECK_THAT(watching.lines_until("5 passed").back(), Catch::StartsWith("5 passed, 0 failed (4 tests after them, "));
  shop.folder.write("ws/experiences/broken.lua", "campaign \"x\" {");
  CHECK_THAT(watching.lines_until("the workspace").front(), Catch::StartsWith("experiences/broken.lua:"));
  std::filesystem::remove(shop.ws + "/experiences/broken.lua");
  CHECK_THAT(watching.lines_until("5 passed").back(), Catch::StartsWith("5 passed, 0 failed (2 files, "));
  // An experience: those that touch it. A module: the experiences that use it, and the tests that require it.
  const auto campaign = [&](const std::string& id, const std::string& audience) {
    shop.folder.write("ws/experiences/" + id + ".lua",
                      "local lib = require \"lib\"\ncampaign \"" + id + "\" { priority = 1, audience = " + audience +
                          ", show = { hero = \"" + id + "\" } }\n");
  };
  shop.folder.write("ws/lib.lua",
                    "return { yes = function(p) return p.loyalty.tier == \"silver\" end, no = function(p) return false end }\n");
  watching.lines_until("5 passed");
  campaign("one", "lib.yes");
  watching.lines_until("5 passed");
  campaign("two", "lib.no");
  watching.lines_until("5 passed");
  shop.folder.write("ws/tests/c_test.lua", R"(local lib = require "lib"
test "one" (function(t) t:activate "one" end)
test "two" (function(t) t:activate "two" end)
test "neither" (function(t) t:yes(true) end)
test "lib" (function(t) t:yes(lib.yes { loyalty = { tier = "silver" } } and not lib.no()) end)
)");
  CHECK_THAT(watching.lines_until("9 passed").back(), Catch::Contains("(4 tests first"));
  CHECK_THAT(watching.lines_until("9 passed").back(), Catch::Contains("(5 tests after them"));
  campaign("two", "lib.yes");
  const std::string first = watching.lines_until("9 passed").back();
  INFO(first);
  CHECK(std::atoi(first.c_str() + first.find('(') + 1) < 5);  // `two`, and whoever activates all
  watching.lines_until("9 passed");
  shop.folder.write("ws/lib.lua", "return { yes = function(p) return nil end, no = function(p) return false end }\n");
  lines = watching.lines_until("8 passed");
  CHECK(lines.front() == "FAIL  tests/c_test.lua  lib");
  watching.signal(SIGINT);
  CHECK(watching.wait() == 0);
  CHECK(footlight_run({"test", "--watch", "--coverage", shop.ws}).exit_code == 2);
}

TEST_CASE("a new workspace is sound: init, check, test, decide, explain, preview") {
  Shop shop;
  const Ran taken = footlight_run({"init", shop.ws});
  CHECK(taken.exit_code == 3);
  CHECK_THAT(taken.err, Catch::StartsWith("refused (already_exists): "));
  CHECK(taken.out.empty());

  const Ran check = footlight_run({"check", shop.ws});
  CHECK(check.exit_code == 0);
  CHECK(check.err.empty());
  CHECK_THAT(check.out, Catch::StartsWith("ok ws: 1 experience on 1 surface"));
  CHECK(footlight_run({"check", shop.ws, "--json"}).out == "{\"ok\":true,\"overlaps\":[],\"problems\":[]}\n");

  const Ran test = footlight_run({"test", shop.ws});
  CHECK(test.exit_code == 0);
  CHECK(test.err.empty());
  CHECK_THAT(test.out, Catch::EndsWith("4 passed, 0 failed\n"));
  CHECK_THAT(footlight_run({"test", shop.ws, "--filter", "bronze"}).out, Catch::EndsWith("1 passed, 0 failed\n"));
  CHECK(footlight_run({"test", shop.ws, "--filter", "no such test"}).exit_code == 3);
  CHECK_THAT(footlight_run({"test", shop.ws, "--format", "tap"}).out, Catch::Contains("TAP version 13") && Catch::Contains("1..4"));
  const std::string report = shop.folder.path("report.xml");
  const Ran junit = footlight_run({"test", shop.ws, "--format", "junit", "--out", report});
  CHECK(junit.exit_code == 0);
  CHECK(junit.out.empty());
  CHECK_THAT(file_text(report), Catch::StartsWith("<?xml") && Catch::Contains("tests=\"4\""));
  CHECK(footlight_run({"test", shop.ws, "--out", shop.folder.path("no/such/folder")}).exit_code == 1);

  const std::vector<std::string> ask{
      shop.ws, "--on", "hero", "--profile", R"({"loyalty":{"tier":"gold"},"person":{"name":"Ann <3"}})", "--at", "2026-12-01T09:00"};
  const auto with = [&](std::vector<std::string> words, const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
    return footlight_run(words);
  };
  const Ran decided = with({"decide", "--json"}, ask);
  CHECK(decided.exit_code == 0);
  const Value answer = json_of(decided.out);
  CHECK(answer.find("propositions")->array().at(0).string_or("content", "") == "<h1>Welcome back, Ann &lt;3</h1>");
  CHECK_THAT(with({"decide"}, ask).out, Catch::Contains("welcome") && Catch::Contains("Welcome back, Ann &lt;3"));
  CHECK_THAT(with({"explain"}, ask).out,
             Catch::StartsWith("hero  web://shop.example/#hero") && Catch::Contains("✔  welcome") && Catch::Contains("shown"));
  const Ran why =
      footlight_run({"explain", shop.ws, "--on", "hero", "--profile", R"({"loyalty.tier":"silver"})", "--at", "2026-12-01T09:00"});
  CHECK_THAT(why.out, Catch::Contains("✘  welcome") && Catch::Contains("audience") && Catch::Contains("experiences/welcome.lua:4"));
  CHECK(with({"decide", "--json"}, ask).out == decided.out);  // the same bytes
  CHECK_THAT(footlight_run({"decide", shop.ws, "--on", "hero", "--profile", "-"},
                           {.input = R"({"loyalty":{"tier":"gold"},"person":{"name":"Bo"}})"})
                 .out,
             Catch::Contains("Welcome back, Bo"));
  const std::string rows = shop.folder.write("people.csv", "loyalty.tier,person.name\ngold,\"Smith, Ann\"\nnone,Bo\n");
  const Ran preview = footlight_run({"preview", "welcome", shop.ws, "--profile", rows, "--json"});
  CHECK(preview.exit_code == 0);
  CHECK_THAT(preview.out, Catch::Contains("Welcome back, Smith, Ann") && Catch::Contains("Welcome back, Bo"));
  // As rows of tests are: semicolons, line ends within quotes, declared types, every mistake with its line.
  shop.folder.write("people.csv", "\xEF\xBB\xBFperson.name;loyalty.tier\r\n\"Ann\nof \"\"Ulm\"\"\";gold\r\n007;none\r\n");
  CHECK_THAT(footlight_run({"preview", "welcome", shop.ws, "--profile", rows}).out,
             Catch::Contains("Welcome back, Ann\nof &quot;Ulm&quot;") && Catch::Contains("Welcome back, 007"));
  shop.folder.write("people.csv", "person.name\nAnn,gold\n\"Bo\n");
  const Ran wrong = footlight_run({"preview", "welcome", shop.ws, "--profile", rows});
  CHECK(wrong.exit_code == 1);
  CHECK_THAT(wrong.err, Catch::Contains(rows + ":2") && Catch::Contains(rows + ":3") && Catch::Contains("a quoted cell is never closed"));

  struct Bad {
    std::vector<std::string> words;
    int code;
    const char* says;
  };
  for (const Bad& bad : {Bad{{"decide", shop.ws, "--on", "heros"}, 1, "(unknown_configuration)"},
                         {{"decide", shop.ws, "--on", "hero", "--at", "tomorrow"}, 1, "(bad_time)"},
                         {{"decide", shop.ws, "--on", "hero", "--profile", "{"}, 2, "(bad_json)"},
                         {{"decide", shop.ws, "--on", "hero", "--profile", "/no/such/file.json"}, 1, "(unreadable_file)"},
                         {{"decide", shop.ws, "--on", "web://shop example/#hero"}, 1, "(bad_surface)"},
                         {{"decide", shop.folder.path("nowhere"), "--on", "hero"}, 1, "workspace.lua"},
                         {{"preview", "nobody", shop.ws}, 3, "(not_found)"},
                         {{"preview", "welcome", shop.ws, "--profile", "[1]"}, 2, "profile 1"},
                         {{"check", shop.folder.path("nowhere")}, 1, "footlight init"},
                         {{"test", shop.folder.path("nowhere")}, 1, "footlight init"}}) {
    INFO(Catch::Detail::stringify(bad.words));
    const Ran ran = footlight_run(bad.words);
    CHECK(ran.exit_code == bad.code);
    CHECK(ran.out.empty());
    CHECK_THAT(ran.err, Catch::Contains(bad.says));
  }
}

TEST_CASE("warnings refuse nothing unless asked to, and overlaps are told with a visitor") {
  Shop shop;
  shop.folder.write("ws/experiences/other.lua",
                    "campaign \"other\" { priority = 50, audience = attr \"loyalty.tier\":eq \"gold\", show = { hero = \"x\" } }\n");
  const Ran check = footlight_run({"check", shop.ws});
  CHECK(check.exit_code == 0);
  CHECK_THAT(check.err, Catch::Contains("(priority_tie)") && Catch::Contains("`welcome` and `other`"));
  CHECK_THAT(check.out, Catch::StartsWith("ok ws"));
  const Ran strict = footlight_run({"check", shop.ws, "--strict"});
  CHECK(strict.exit_code == 1);
  CHECK(strict.out.empty());
  CHECK_THAT(strict.err, Catch::Contains("1 warning"));
  const Ran overlaps = footlight_run({"check", shop.ws, "--overlaps", "--at", "2026-12-01T09:00"});
  CHECK(overlaps.exit_code == 0);
  CHECK_THAT(overlaps.out,
             Catch::Contains(", by activation\n  footlight explain ") && Catch::Contains("--profile '{\"loyalty.tier\":\"gold\"") &&
                 Catch::Contains("1 overlap\n"));
  const Value report = json_of(footlight_run({"check", shop.ws, "--json"}).out);
  REQUIRE(report.find("overlaps")->array().size() == 1);
  CHECK(report.find("overlaps")->array()[0].at_path("loser.experience"));
  CHECK(footlight_run({"check", shop.ws, "--at", "soon"}).exit_code == 2);
}

TEST_CASE("problems of a workspace are exit code 1, with file and line on stderr, or as JSON on stdout") {
  Shop shop;
  shop.folder.write("ws/experiences/bad.lua",
                    "campaign \"bad\" {\n  priority = 101,\n  audiense = everyone,\n  show = { hero = \"x\" },\n}\n");
  const Ran check = footlight_run({"check", shop.ws});
  CHECK(check.exit_code == 1);
  CHECK(check.out.empty());
  CHECK_THAT(check.err,
             Catch::Contains("experiences/bad.lua:2: ") && Catch::Contains("(out_of_range)") &&
                 Catch::Contains("experiences/bad.lua:3: ") && Catch::Contains("`audience`") && Catch::Contains("2 problems"));
  const Ran as_json = footlight_run({"check", shop.ws, "--json"});
  CHECK(as_json.exit_code == 1);
  CHECK(as_json.err.empty());
  const Value report = json_of(as_json.out);
  CHECK(to_json(*report.find("ok")) == "false");
  CHECK(report.find("problems")->array().at(0).string_or("place", "") == "experiences/bad.lua:2");
  for (const char* word : {"test", "push"})
    CHECK(shop.as("ann:author", {word, shop.ws}).exit_code == (std::string(word) == "test" ? 2 : 1));
  CHECK(footlight_run({"serve", shop.ws, "--data", shop.data, "--listen", "127.0.0.1:0"}).exit_code == 1);
  CHECK_FALSE(std::filesystem::exists(shop.data));
}

TEST_CASE("a failing test is exit code 1 and says where and why") {
  Shop shop;
  shop.folder.write("ws/tests/bad_test.lua",
                    "test \"silver sees it\" (function(t)\n  t:activate \"welcome\"\n  t:profile({ loyalty = { tier = \"silver\" } }):on "
                    "\"hero\":shows \"welcome\"\nend)\n");
  const Ran test = footlight_run({"test", shop.ws});
  CHECK(test.exit_code == 1);
  CHECK_THAT(test.out,
             Catch::Contains("tests/bad_test.lua:3") && Catch::Contains("loyalty.tier") && Catch::EndsWith("4 passed, 1 failed\n"));
  CHECK_THAT(footlight_run({"test", shop.ws, "--format", "tap"}).out, Catch::Contains("not ok"));
}

TEST_CASE("a campaign's life on a data file, and what is refused after its end") {
  Shop shop;
  CHECK(shop.as("ann:author,publisher", {"push", shop.ws}).out == "welcome  created\n");
  CHECK(shop.as("ann:author,publisher", {"push", shop.ws}).out == "welcome  unchanged\n");
  const Ran activated = shop.as("pia:publisher", {"activate", "welcome"});
  CHECK(activated.exit_code == 0);
  CHECK(activated.err.empty());
  CHECK_THAT(activated.out, Catch::StartsWith("welcome: live, revision 1; visible everywhere by 2"));
  CHECK_THAT(shop.as("vic:viewer", {"decide", "--on", "hero", "--profile", R"({"loyalty.tier":"gold"})"}).out,
             Catch::Contains("Welcome back"));
  CHECK_THAT(shop.as("vic:viewer", {"explain", "--on", "hero"}).out, Catch::Contains("✘  welcome"));
  CHECK_THAT(shop.as("vic:viewer", {"list"}).out, Catch::StartsWith("EXPERIENCE") && Catch::Contains("welcome     live"));
  CHECK(json_of(shop.as("vic:viewer", {"show", "welcome"}).out).string_or("status", "") == "live");

  const Ran stopped = shop.as("ann:publisher", {"stop", "welcome", "--message", "wrong price", "--key", "k1"});
  CHECK(stopped.exit_code == 0);
  CHECK_THAT(stopped.out, Catch::Matches("stopped 2[0-9T:.-]+Z by ann; gone here now, everywhere by 2[0-9T:.-]+Z\n"));
  CHECK(shop.as("ann:publisher", {"stop", "welcome", "--message", "wrong price", "--key", "k1"}).out == stopped.out);
  CHECK_THAT(shop.as("ann:publisher", {"stop", "welcome"}).out, Catch::EndsWith("by ann; it was so before\n"));
  const std::string when = stopped.out.substr(8, stopped.out.find(' ', 8) - 8);

  const std::string journal = shop.as("vic:viewer", {"audit", "--json"}).out;
  for (const std::vector<std::string>& attempt : {std::vector<std::string>{"edit", "welcome", shop.ws},
                                                  {"edit", "welcome", "/nowhere"},
                                                  {"submit", "welcome"},
                                                  {"activate", "welcome"},
                                                  {"approve", "welcome"},
                                                  {"approve", "welcome", "--hash", "x"}}) {
    INFO(Catch::Detail::stringify(attempt));
    const Ran refused = shop.as("root:admin", attempt);
    CHECK(refused.exit_code == 3);
    CHECK(refused.out.empty());
    CHECK_THAT(refused.err,
               Catch::StartsWith("refused (experience_final): `welcome` was stopped " + when + " by ann ") &&
                   Catch::Contains("`footlight duplicate welcome`"));
  }
  // Pushing the folder again leaves it alone and says why.
  CHECK_THAT(shop.as("ann:author,publisher", {"push", shop.ws}).out,
             Catch::Contains("welcome  ") && (Catch::Contains("unchanged") || Catch::Contains("left: ")));
  CHECK(shop.as("vic:viewer", {"audit", "--json"}).out == journal);

  const Ran copy = shop.as("amy:author", {"duplicate", "welcome"});
  CHECK(copy.exit_code == 0);
  CHECK(copy.out == "welcome-2: draft, revision 1\n");
  CHECK_THAT(shop.as("pia:publisher", {"activate", "welcome-2"}).out, Catch::StartsWith("welcome-2: live"));
  CHECK_THAT(shop.as("amy:author", {"duplicate", "welcome", "spring", "--revision", "1", "--json"}).out,
             Catch::Contains("\"id\":\"spring\""));
  CHECK(shop.as("amy:author", {"delete", "spring"}).out == "spring: deleted; its id is never used again\n");
  CHECK_THAT(shop.as("pia:publisher", {"archive", "welcome"}).out, Catch::StartsWith("welcome: archived"));

  const Ran audit = shop.as("vic:viewer", {"audit"});
  CHECK_THAT(audit.out, Catch::StartsWith("SEQ") && Catch::Contains("wrong price") && Catch::Contains("configure"));
  CHECK(std::count(audit.out.begin(), audit.out.end(), '\n') == 1 + 9);
  const Ran of_one = shop.as("vic:viewer", {"audit", "welcome-2"});
  CHECK(std::count(of_one.out.begin(), of_one.out.end(), '\n') == 1 + 2);
  const Ran verified = footlight_run({"audit", "verify", "--data", shop.data});
  CHECK(verified.exit_code == 0);
  CHECK_THAT(verified.out, Catch::StartsWith("ws: 9 entries verify, head "));
}

TEST_CASE("the audit tells who changed what from which content to which, by which request") {
  Shop shop;
  REQUIRE(shop.as("ann:author,publisher", {"push", shop.ws}).exit_code == 0);
  shop.folder.write("ws/experiences/welcome.lua", "campaign \"welcome\" {\n  show = { hero = \"<b>New</b>\" },\n}\n");
  REQUIRE(shop.as("ann:author,publisher", {"activate", "welcome"}).exit_code == 0);
  REQUIRE(shop.as("amy:author,publisher", {"push", shop.ws}).exit_code == 0);
  REQUIRE(shop.as("pia:publisher", {"activate", "welcome"}).exit_code == 0);
  REQUIRE(shop.as("pia:publisher", {"stop", "welcome", "--message", "wrong price"}).exit_code == 0);

  std::vector<Value> lines;
  std::istringstream exported(shop.as("vic:viewer", {"audit", "--json"}).out);
  for (std::string line; std::getline(exported, line);) lines.push_back(json_of(line));
  REQUIRE(lines.size() == 6);
  const auto text = [&](std::size_t i, const char* key) { return lines[i].find(key) ? to_json(*lines[i].find(key)) : std::string("none"); };
  const char* commands[] = {"configure", "create", "activate", "edit", "activate", "stop"};
  for (std::size_t i = 0; i < lines.size(); ++i) {
    INFO(to_json(lines[i]));
    CHECK(text(i, "command") == "\"" + std::string(commands[i]) + "\"");
    CHECK_FALSE(lines[i].string_or("request_id", "").empty());
    CHECK(lines[i].string_or("actor", "") == (i < 3 ? "ann" : i == 3 ? "amy" : "pia"));
    CHECK(lines[i].string_or("chain", "").size() == 64);
  }
  CHECK_THAT(to_json(lines[0]), Catch::Contains("\"from\":null"));
  CHECK(text(0, "to").size() == 66);
  const std::string first = text(1, "to"), second = text(3, "to");
  CHECK(text(1, "from") == "none");
  CHECK(text(1, "live_to") == "none");  // a draft puts nothing in force
  CHECK(text(2, "from") + text(2, "to") + text(2, "live_from") + text(2, "live_to") == first + first + "none" + first);
  CHECK(text(3, "from") == first);
  CHECK(second != first);
  CHECK(text(3, "live_from") == "none");  // what is live goes on beside the edit
  CHECK(text(4, "live_from") + text(4, "live_to") == first + second);
  CHECK(text(5, "from") + text(5, "to") + text(5, "live_from") + text(5, "live_to") == second + second + second + "none");
  CHECK(text(5, "message") == "\"wrong price\"");
  CHECK(first == to_json(*json_of(shop.as("vic:viewer", {"show", "welcome"}).out).find("revisions")->array()[0].find("hash")));
}

TEST_CASE("a broken journal is told with its first broken entry") {
  Shop shop;
  REQUIRE(shop.as("ann:author,publisher", {"push", shop.ws}).exit_code == 0);
  REQUIRE(shop.as("pia:publisher", {"activate", "welcome"}).exit_code == 0);
  REQUIRE(shop.as("pia:publisher", {"stop", "welcome"}).exit_code == 0);
  // Somebody with access to the disk makes something else of the stop.
  shop.folder.write("shop.db", with_all(file_text(shop.data), "\"command\":\"stop\"", "\"command\":\"step\""));
  const Ran broken = footlight_run({"audit", "verify", "--data", shop.data});
  CHECK(broken.exit_code == 4);
  CHECK(broken.out.empty());
  CHECK_THAT(broken.err,
             Catch::StartsWith("error (store_corrupt): ") && Catch::Contains("workspace `ws`: entry 4: its chain does not verify") &&
                 Catch::Contains("restore a backup"));
}

TEST_CASE("a backup is made while the server runs; what is restored from it stays shut until its epoch is bumped") {
  Shop shop;
  const std::string copy = shop.folder.path("copy.db"), fetched = shop.folder.path("fetched.db"), back = shop.folder.path("back.db");
  std::string admin;
  {
    Served served(shop);
    admin = served.tokens.at("admin");
    REQUIRE(served.ask(admin, {"activate", "welcome"}).exit_code == 0);
    CHECK_THAT(served.ask(admin, {"audit", "verify"}).out, Catch::StartsWith("ws: 3 entries verify, head "));
    const Ran made = footlight_run({"backup", copy, "--data", shop.data});
    CHECK(made.err == "");
    CHECK(made.out == copy + " verifies, ws: 3 entries\n");
    CHECK(served.ask(admin, {"backup", fetched}).out == fetched + " verifies, ws: 3 entries\n");
    // After the backup the campaign is stopped: that is what a restore forgets.
    REQUIRE(served.ask(admin, {"stop", "welcome"}).exit_code == 0);
    const Ran again = footlight_run({"backup", copy, "--data", shop.data});
    CHECK(again.exit_code == 3);
    CHECK_THAT(again.err, Catch::StartsWith("refused (already_exists): "));
    CHECK(served.ask(served.tokens.at("delivery"), {"backup", shop.folder.path("stolen.db")}).exit_code == 3);
    REQUIRE(served.ask(admin, {"token", "create", "--name", "root", "--role", "admin", "--for", "ws"}).exit_code == 0);
    const Ran of_one = served.ask(admin, {"token", "create", "--name", "root2", "--role", "admin", "--for", "ws"});
    const Ran partial = served.ask(of_one.out.substr(0, of_one.out.size() - 1), {"backup", shop.folder.path("partial.db")});
    CHECK(partial.exit_code == 3);
    CHECK_THAT(partial.err, Catch::Contains("a backup holds every workspace"));
    CHECK_THAT(footlight_run({"restore", copy, "--data", shop.data}).err,
               Catch::StartsWith("refused (already_exists): ") && Catch::Contains("move it away"));
    served.process->signal(SIGTERM);
    CHECK(served.process->wait() == 0);
  }
  const Ran restored = footlight_run({"restore", fetched, "--data", back});
  CHECK(restored.exit_code == 0);
  CHECK_THAT(restored.out,
             Catch::StartsWith(back + " restored from " + fetched + ", ws: 3 entries\n") &&
                 Catch::Contains("footlight epoch_bump --data " + back));
  const auto on_back = [&](const std::string& who, std::vector<std::string> words) {
    for (const std::string& word : {std::string("--data"), back, std::string("--as"), who}) words.push_back(word);
    return footlight_run(std::move(words));
  };
  for (const std::vector<std::string>& attempt :
       {std::vector<std::string>{"stop", "welcome"}, {"edit", "welcome", shop.ws}, {"push", shop.ws}, {"duplicate", "welcome"}}) {
    INFO(Catch::Detail::stringify(attempt));
    const Ran refused = on_back("root:admin", attempt);
    CHECK(refused.exit_code == 4);
    CHECK_THAT(refused.err, Catch::StartsWith("error (fenced): "));
  }
  // It may be what was stopped meanwhile: nothing but defaults is shown.
  const Ran shown = on_back("vic:viewer", {"decide", "--on", "hero", "--profile", R"({"loyalty.tier":"gold"})", "--json"});
  CHECK(shown.exit_code == 0);
  CHECK_THAT(shown.out, Catch::Contains("\"reason\":\"no_lease\"") && !Catch::Contains("welcome"));
  {
    Shop again;  // a folder is not pushed into a fenced store
    std::filesystem::copy_file(back, again.folder.path("shop.db"));
    Served served(again);
    CHECK_THAT(served.lines.front(), Catch::Contains("fenced") && Catch::Contains("epoch_bump"));
    CHECK_THAT(served.ask(admin, {"list"}).out, Catch::Contains("welcome     live"));
    const Ran bumped = served.ask(admin, {"epoch_bump", "--message", "the disk died"});
    CHECK_THAT(bumped.out, Catch::StartsWith("opened, version 2."));
    CHECK_THAT(served.ask(admin, {"list"}).out, Catch::Contains("welcome     stopped (restored)"));
  }
  CHECK(on_back("ann:author", {"epoch_bump"}).exit_code == 3);
  REQUIRE(on_back("root:admin", {"epoch_bump"}).exit_code == 0);
  CHECK_THAT(on_back("root:admin", {"epoch_bump"}).err, Catch::StartsWith("refused (not_fenced): "));
  CHECK_THAT(on_back("root:admin", {"activate", "welcome"}).err,
             Catch::StartsWith("refused (experience_final): ") && Catch::Contains("the store was restored"));
  CHECK(on_back("ann:author", {"duplicate", "welcome"}).out == "welcome-2: draft, revision 1\n");
}

TEST_CASE("a copy that does not verify is not restored, and nothing is restored over what is there") {
  Shop shop;
  REQUIRE(shop.as("ann:author,publisher", {"push", shop.ws}).exit_code == 0);
  const std::string copy = shop.folder.path("copy.db"), back = shop.folder.path("back.db");
  REQUIRE(footlight_run({"backup", copy, "--data", shop.data}).exit_code == 0);
  // Another store's log would be taken for its own.
  shop.folder.write("back.db-wal", "left over");
  const Ran beside = footlight_run({"restore", copy, "--data", back});
  CHECK(beside.exit_code == 3);
  CHECK_THAT(beside.err, Catch::Contains("back.db-wal` is there already"));
  std::filesystem::remove(back + "-wal");
  shop.folder.write("broken.db", with_all(file_text(copy), "\"command\":\"create\"", "\"command\":\"delete\""));
  const Ran broken = footlight_run({"restore", shop.folder.path("broken.db"), "--data", back});
  CHECK(broken.exit_code == 4);
  CHECK_THAT(broken.err, Catch::Contains("entry 2"));
  CHECK_FALSE(std::filesystem::exists(back));
  CHECK(footlight_run({"restore", shop.folder.path("none.db"), "--data", back}).exit_code == 1);
  CHECK(footlight_run({"restore", copy}).exit_code == 2);
  CHECK(footlight_run({"backup", back}).exit_code == 2);
  CHECK(footlight_run({"backup", back, "--data", shop.folder.path("none.db")}).exit_code == 1);
  CHECK_FALSE(std::filesystem::exists(back));
  CHECK(footlight_run({"restore", copy, "--data", back}).exit_code == 0);
  CHECK_FALSE(std::filesystem::exists(back + ".unfinished"));
}

TEST_CASE("approval by four eyes, and each role's refusals") {
  Shop shop;
  shop.folder.write("ws/workspace.lua",
                    "workspace \"ws\" {\n  surfaces = { hero = html { \"web://shop.example/#hero\" } },\n  approvals = { { when = tagged "
                    "\"price\", approvers = 1 } },\n}\n");
  shop.folder.write("ws/experiences/welcome.lua",
                    "campaign \"sale\" {\n  tags = { \"price\" },\n  show = { hero = \"<b>Sale</b>\" },\n}\n");
  REQUIRE(shop.as("ann:author,publisher", {"push", shop.ws}).exit_code == 0);
  const auto refused = [&](const std::string& who, const std::vector<std::string>& words, const std::string& code) {
    const Ran ran = shop.as(who, words);
    INFO(who << " " << Catch::Detail::stringify(words) << ": " << ran.err);
    CHECK(ran.exit_code == 3);
    CHECK(ran.out.empty());
    CHECK_THAT(ran.err, Catch::StartsWith("refused (" + code + "): "));
  };
  refused("pia:publisher", {"activate", "sale"}, "not_approved");
  refused("vic:viewer", {"submit", "sale"}, "forbidden");
  refused("bob:approver", {"approve", "sale"}, "not_in_review");
  CHECK_THAT(shop.as("ann:author", {"submit", "sale"}).out, Catch::StartsWith("sale: in_review"));
  refused("ann:author", {"edit", "sale", shop.ws}, "in_review_locked");
  refused("bob:approver", {"approve", "sale", "--hash", "0123"}, "revision_conflict");
  refused("ann:author,approver", {"approve", "sale"}, "self_approval");
  CHECK_THAT(shop.as("bob:approver", {"request_changes", "sale", "--message", "too cheap"}).out, Catch::StartsWith("sale: draft"));
  CHECK(shop.as("ann:author", {"submit", "sale"}).exit_code == 0);
  CHECK_THAT(shop.as("bob:approver", {"approve", "sale"}).out, Catch::StartsWith("sale: approved"));
  refused("pia:publisher", {"activate", "sale", "--expect", "7"}, "revision_conflict");
  CHECK(shop.as("pia:publisher", {"activate", "sale", "--expect", "1", "--key", "go"}).exit_code == 0);
  refused("pia:publisher", {"stop", "sale", "--key", "go"}, "idempotency_key_reuse");
  refused("pia:publisher", {"pause", "sale"}, "not_a_journey");
  refused("ann:author", {"delete", "sale"}, "cannot_delete");
  refused("ann:author", {"show", "nobody"}, "not_found");
  refused("ann:author", {"duplicate", "sale", "sale"}, "already_exists");
  // An edit from a JSON file, and from stdin.
  const std::string file = shop.folder.write("sale.json", R"({"kind":"campaign","id":"sale","show":{"hero":"<b>New</b>"}})");
  CHECK_THAT(shop.as("ann:author", {"edit", "sale", "--file", file}).out, Catch::StartsWith("sale: live (draft pending), revision 2"));
  CHECK_THAT(shop.as("ann:author", {"edit", "sale", "--file", "-"}, {.input = R"({"kind":"campaign","show":{"hero":"<b>Newer</b>"}})"}).out,
             Catch::Contains("revision 3"));
  const Ran bad = shop.as("ann:author", {"edit", "sale", "--file", "-"}, {.input = R"({"kind":"campaign","shows":{}})"});
  CHECK(bad.exit_code == 1);
  CHECK_THAT(bad.err, Catch::StartsWith("error (validation_failed): ") && Catch::Contains("$.shows") && Catch::Contains("`show`"));
  CHECK(shop.as("ann:author", {"create", "nobody", shop.ws}).exit_code == 3);
  CHECK(shop.as("ann:author", {"create", "x", "--file", "-"}, {.input = "{"}).exit_code == 2);
}

TEST_CASE("who and where must be said, and be possible") {
  Shop shop;
  struct Bad {
    std::vector<std::string> words;
    int code;
    const char* says;
  };
  const std::string not_a_store = shop.folder.write("text.db", std::string(5000, 'x'));
  for (const Bad& bad : {Bad{{"list"}, 2, "--server"},
                         {{"list", "--data", shop.data}, 2, "--as"},
                         {{"list", "--data", shop.data, "--as", "ann"}, 2, "--as ann:author"},
                         {{"list", "--data", shop.data, "--as", ":admin"}, 2, "--as ann:author"},
                         {{"list", "--data", shop.data, "--as", "ann:king"}, 2, "`king` is not a role"},
                         {{"list", "--data", shop.folder.path("no/such/folder.db"), "--as", "ann:viewer"}, 1, "no/such/folder.db"},
                         {{"list", "--data", not_a_store, "--as", "ann:viewer"}, 1, "text.db"},
                         {{"audit", "verify", "--data", shop.folder.path("missing.db")}, 1, "missing.db"},
                         {{"audit", "verify"}, 2, "--data FILE"},
                         {{"list", "--server", "http://127.0.0.1:1", "--token", "x"}, 4, "nobody listens at `127.0.0.1:1`"},
                         {{"list", "--server", "ftp://shop", "--token", "x"}, 2, "ftp"},
                         {{"serve", "--listen", "127.0.0.1:http"}, 2, "address to listen on"},
                         {{"serve", "--data", "memory:", "--window", "16m"}, 1, "15m"},
                         {{"serve", "--data", "memory:", "--window", "soon"}, 2, "--window"},
                         {{"serve", "--data", "pigeon:x"}, 2, "pigeon"},
                         {{"bench", "decide", "--workload", shop.folder.path("nowhere")}, 1, "nowhere"}}) {
    INFO(Catch::Detail::stringify(bad.words));
    const Ran ran = footlight_run(bad.words);
    CHECK(ran.exit_code == bad.code);
    CHECK(ran.out.empty());
    CHECK_THAT(ran.err, Catch::Contains(bad.says));
  }
  CHECK_FALSE(std::filesystem::exists(shop.folder.path("missing.db")));
  const Ran nowhere = footlight_run({"serve", "--data", "memory:", "--listen", "300.1.1.1:0"});
  CHECK(nowhere.exit_code == 2);
  CHECK_THAT(nowhere.err, Catch::Contains("300.1.1.1"));
}

TEST_CASE("a server serves a folder, and every command works against it as on a file") {
  Shop shop;
  Served served(shop);
  REQUIRE(served.tokens.count("admin") == 1);
  REQUIRE(served.tokens.count("delivery") == 1);
  CHECK(served.lines.front() == "ws: welcome created");
  const std::string admin = served.tokens["admin"], app = served.tokens["delivery"];

  const Ran made = served.ask(admin, {"token", "create", "--name", "ann", "--role", "author,publisher", "--for", "ws"});
  REQUIRE(made.exit_code == 0);
  const std::string ann = made.out.substr(0, made.out.size() - 1);
  CHECK(ann.starts_with("fl_"));
  const Ran listed = served.ask(admin, {"token", "list"});
  CHECK_THAT(listed.out, Catch::Contains("ann") && Catch::Contains("author,publisher") && !Catch::Contains("fl_"));

  CHECK_THAT(served.ask(ann, {"activate", "welcome"}).out, Catch::StartsWith("welcome: live"));
  const std::vector<std::string> gold{"--on",       "hero",       "--profile", R"({"loyalty":{"tier":"gold"},"person":{"name":"Ann"}})",
                                      "--identity", "email:ann@x"};
  const auto with = [&](const char* word, std::vector<std::string> more) {
    std::vector<std::string> words = gold;
    words.insert(words.begin(), word);
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  CHECK_THAT(served.ask(ann, with("decide", {})).out, Catch::Contains("Welcome back, Ann"));
  const Ran by_app = served.ask(app, {"decide", "--on", "web://shop.example/#hero", "--profile", R"({"loyalty.tier":"gold"})", "--json"});
  CHECK(by_app.exit_code == 0);
  CHECK_FALSE(json_of(by_app.out).find("propositions")->array().at(0).string_or("token", "").empty());
  CHECK_THAT(served.ask(ann, with("explain", {})).out, Catch::Contains("✔  welcome"));
  const Ran curious = served.ask(app, {"explain", "--on", "web://shop.example/#hero"});
  CHECK(curious.exit_code == 3);
  CHECK_THAT(curious.err, Catch::StartsWith("refused (forbidden): "));
  // A server has its own clock; at another instant what is live there is decided here.
  CHECK_THAT(served.ask(ann, with("decide", {"--at", "2026-12-01T09:00"})).out, Catch::Contains("Welcome back, Ann"));

  CHECK(served.ask(ann, {"stop", "welcome"}).exit_code == 0);
  const Ran refused = served.ask(admin, {"edit", "welcome", shop.ws});
  CHECK(refused.exit_code == 3);
  CHECK_THAT(refused.err,
             Catch::StartsWith("refused (experience_final): `welcome` was stopped ") && Catch::Contains(" by ann ") &&
                 Catch::Contains("`footlight duplicate welcome`"));
  CHECK(served.ask(ann, {"duplicate", "welcome"}).out == "welcome-2: draft, revision 1\n");
  CHECK_THAT(served.ask(ann, {"activate", "welcome-2"}).out, Catch::StartsWith("welcome-2: live"));
  shop.folder.write("ws/experiences/more.lua", "campaign \"more\" { show = { hero = \"<b>more</b>\" } }\n");
  CHECK_THAT(served.ask(ann, {"push", shop.ws}).out, Catch::Contains("more     created"));
  CHECK_THAT(served.ask(ann, {"audit", "more"}).out, Catch::Contains("create"));
  CHECK(json_of(served.ask(ann, {"list", "--json"}).out).find("experiences")->array().size() == 3);
  // The environment says where, and who.
  CHECK(footlight_run({"list"}, {.environment = {{"FOOTLIGHT_SERVER", served.url}, {"FOOTLIGHT_TOKEN", ann}}}).exit_code == 0);

  CHECK(served.ask(admin, {"token", "revoke", "--name", "ann"}).out == "ann: revoked\n");
  const Ran locked_out = served.ask(ann, {"list"});
  CHECK(locked_out.exit_code == 3);
  CHECK_THAT(locked_out.err, Catch::StartsWith("refused (unauthorized): "));
  CHECK(served.ask(admin, {"token", "revoke", "--name", "ann"}).exit_code == 3);
  CHECK(served.ask(admin, {"token", "create", "--role", "viewer"}).exit_code == 2);
  CHECK(served.ask("", {"list"}).exit_code == 3);

  // The file has one writer: while it is served, nobody else writes; anybody may verify.
  const Ran second = shop.as("ann:viewer", {"list"});
  CHECK(second.exit_code == 4);
  CHECK_THAT(second.err, Catch::StartsWith("error (store_failed): "));
  CHECK(footlight_run({"serve", "--data", shop.data, "--listen", "127.0.0.1:0"}).exit_code == 4);
  CHECK(footlight_run({"audit", "verify", "--data", shop.data}).exit_code == 0);

  served.process->signal(SIGTERM);
  CHECK(served.process->wait() == 0);
  // A second start shows no tokens, knows the old ones, and takes the folder in as it is.
  Served again(shop);
  CHECK(again.tokens.empty());
  CHECK(again.lines.size() == 1);
  CHECK_THAT(again.ask(admin, {"list"}).out, Catch::Contains("welcome-2") && Catch::Contains("live"));
  again.process->signal(SIGINT);
  CHECK(again.process->wait() == 0);
}

TEST_CASE("a server's log goes to stderr, its one line of news to stdout") {
  Shop shop;
  Process process({program, "serve", shop.ws, "--data", "memory:", "--listen", "127.0.0.1:0"}, shop.folder.path("log"));
  const auto lines = process.lines_until("serving ws on http://127.0.0.1:");
  const std::string url = lines.back().substr(lines.back().rfind(' ') + 1);
  CHECK(footlight_run({"list", "--server", url, "--token", "wrong"}).exit_code == 3);
  process.signal(SIGTERM);
  CHECK_FALSE(process.line().has_value());
  CHECK(process.wait() == 0);
  const std::string log = file_text(shop.folder.path("log"));
  CHECK_THAT(log, Catch::Contains("/v1/experiences") && Catch::Contains("401") && !Catch::Contains("wrong"));
  std::istringstream rows(log);
  for (std::string row; std::getline(rows, row);) CHECK(parse_json(row).ok());
}

TEST_CASE("diff and review: text for people, JSON for programs, refusals with their exit codes") {
  Shop shop;
  REQUIRE(shop.as("ann:author,publisher", {"push", shop.ws}).exit_code == 0);
  shop.folder.write("two.json", R"({"kind": "campaign", "id": "welcome", "priority": 60, "show": {"hero": "<h1>Two\u001b[31m</h1>"}})");
  REQUIRE(shop.as("ann:author", {"edit", "welcome", "--file", shop.folder.path("two.json")}).exit_code == 0);
  const Ran text = shop.as("vic:viewer", {"diff", "welcome", "1", "2"});
  CHECK(text.exit_code == 0);
  CHECK_THAT(text.out, Catch::StartsWith("welcome: r1 (earlier) → r2 (draft)\n"));
  CHECK_THAT(text.out, Catch::Contains("  priority: 50 → 60\n") && Catch::Contains("    + <h1>Two\\x1b[31m</h1>\n"));
  CHECK(text.out.find('\x1b') == std::string::npos);  // neither ours, without a terminal, nor theirs
  CHECK(shop.as("vic:viewer", {"diff", "welcome", "--from", "1", "--to", "draft"}).out == text.out);
  CHECK_THAT(shop.as("vic:viewer", {"diff", "welcome", "2", "2"}).out, Catch::Contains("nothing differs"));
  CHECK(json_of(shop.as("vic:viewer", {"diff", "welcome", "--json"}).out).find("is_equal")->boolean() == false);
  CHECK(shop.as("vic:viewer", {"diff", "welcome", "3"}).exit_code == 3);
  CHECK(shop.as("vic:viewer", {"diff", "welcome", "live"}).exit_code == 3);
  CHECK(shop.as("vic:viewer", {"diff", "welcome", "elder"}).exit_code == 2);
  CHECK(shop.as("vic:viewer", {"diff", "nobody"}).exit_code == 3);

  const Ran review = shop.as("vic:viewer", {"review", "welcome"});
  CHECK(review.exit_code == 0);
  CHECK_THAT(review.out, Catch::StartsWith("welcome r2, draft: a campaign\nby ann, "));
  for (const char* head : {"\ncontent\n", "\nproperties\n", "\nconfiguration\n", "\naudience\n", "\nschedule\n", "\nchecks\n",
                           "\nclashes\n", "\napproval\n", "\nactivation\n"})
    CHECK_THAT(review.out, Catch::Contains(head));
  const Value told = json_of(shop.as("vic:viewer", {"review", "welcome", "--json"}).out);
  CHECK(told.find("is_sound")->boolean());
  CHECK(told.at_path("activation.is_possible")->boolean());
  CHECK(shop.as("vic:viewer", {"review", "nobody"}).exit_code == 3);
  CHECK_THAT(shop.as("root:admin", {"epoch_bump"}).err, Catch::StartsWith("refused (not_fenced)"));
}

TEST_CASE("the last approval activates where the submission asked for it, and says why where it could not") {
  Shop shop;
  shop.folder.write("ws/workspace.lua",
                    "workspace \"shop\" {\n  surfaces = { hero = html { \"web://shop.example/#hero\" } },\n"
                    "  attributes = { [\"loyalty.tier\"] = text {}, [\"person.name\"] = text {} },\n"
                    "  approvals = { { when = { audience = { \"everyone\", \"conditions\" } }, approvers = 2, by = { roles = { "
                    "\"approver\" } } } },\n}\n");
  const Ran pushed = shop.as("ann:author,publisher", {"push", shop.ws});
  INFO(pushed.out << pushed.err);
  REQUIRE(pushed.exit_code == 0);
  const Ran submitted = shop.as("amy:author", {"submit", "welcome", "--activate-on-approval"});
  CHECK_THAT(submitted.out, Catch::Contains("; the last approval activates it"));
  CHECK(shop.as("root:admin", {"approve", "welcome"}).exit_code == 3);  // not one of those who count
  CHECK(shop.as("bob:approver", {"approve", "welcome"}).out == "welcome: in_review, revision 1\n");
  const Ran last = shop.as("cyd:approver", {"approve", "welcome"});
  CHECK_THAT(last.out,
             Catch::StartsWith(
                 "welcome: approved, revision 1; not activated (forbidden): `welcome` is approved and was not activated: neither `amy`"));
  REQUIRE(shop.as("ann:author", {"duplicate", "welcome", "second"}).exit_code == 0);
  REQUIRE(shop.as("ann:author,publisher", {"submit", "second", "--activate-on-approval"}).exit_code == 0);
  REQUIRE(shop.as("bob:approver", {"approve", "second"}).exit_code == 0);
  CHECK_THAT(shop.as("cyd:approver", {"approve", "second"}).out, Catch::StartsWith("second: live, revision 1; visible everywhere by "));
}

TEST_CASE("check tells which functions are native, and why the others are not") {
  Folder folder;
  folder.write("ws/workspace.lua",
               "workspace \"w\" { attributes = { n = number {} }, surfaces = { hero = text { \"web://w/#hero\" } } }\n");
  folder.write("ws/experiences/a.lua", "campaign \"a\" { audience = function(p) return p.n > 1 end, show = { hero = \"x\" } }\n");
  folder.write("ws/experiences/b.lua",
               "campaign \"b\" { audience = function(p) return (p.n or 0) * 2 > 1 end, show = { hero = \"x\" } }\n");
  const Ran check = footlight_run({"check", folder.path("ws"), "--functions"});
  CHECK(check.exit_code == 0);
  CHECK_THAT(
      check.out,
      Catch::Contains("native  experiences/a.lua:1  targeting of a\n") &&
          Catch::Contains("Lua     experiences/b.lua:1  targeting of b: `(p.n or 0) * 2` is computed, not an attribute or a constant\n"));
  const auto report = parse_json(footlight_run({"check", folder.path("ws"), "--functions", "--json"}).out);
  REQUIRE(report.ok());
  CHECK(report->find("functions")->array().at(0).find("native")->boolean());
  CHECK_FALSE(report->find("functions")->array().at(1).find("native")->boolean());
}

TEST_CASE("eval tells of each file what became of it, in its order, and takes no other file for it") {
  Folder folder;
  folder.write("good.lua", "return function(ctx, request) return { ctx.n + 1, request.identity.id } end\n");
  folder.write("bad.lua", "return function(ctx) return os.time() end\n");
  folder.write("slow.lua", "return function(ctx) while true do end end\n");
  folder.write("pick.lua", "return function(candidates) return { candidates[2] } end\n");
  folder.write("context.json", R"({"n": 1, "request": {"identity": {"id": "c-1"}}})");
  const std::string good = folder.path("good.lua"), context = folder.path("context.json");
  const Ran ran =
      footlight_run({"eval", good, folder.path("bad.lua"), folder.path("slow.lua"), folder.path("none.lua"), good, "--context", context});
  CHECK(ran.exit_code == 1);
  CHECK(ran.err.empty());
  std::vector<std::string> outcomes;
  for (std::size_t at = 0; at < ran.out.size();) {
    const std::size_t end = ran.out.find('\n', at);
    const auto line = parse_json(ran.out.substr(at, end - at));
    REQUIRE(line.ok());
    outcomes.push_back(line->string_or("outcome", "?") + " " + line->string_or("code", "") +
                       (line->find("result") ? to_json(*line->find("result")) : ""));
    for (const char* key : {"fuel", "microseconds", "peak_bytes"}) CHECK(line->find(key));
    at = end + 1;
  }
  CHECK(outcomes ==
        std::vector<std::string>{"value [2,\"c-1\"]", "rejected undefined_name", "stopped fuel_exhausted", "rejected unreadable_file",
                                 "value [2,\"c-1\"]"});
  CHECK_THAT(footlight_run({"eval", folder.path("pick.lua"), "--role", "conflict", "--context", R"([{"n": 1}, {"n": 2}])"}).out,
             Catch::Contains(R"("result":[{"n":2}])"));
  CHECK_THAT(footlight_run({"eval", good, "--context", context, "--repeat", "50"}).out,
             Catch::Contains("\"answers\":1") && Catch::Contains("\"calls\":50"));
  CHECK(footlight_run({"eval", good, "--context", context}).exit_code == 0);
  CHECK(footlight_run({"eval"}).exit_code == 2);
  CHECK(footlight_run({"eval", good, "--context", "{"}).exit_code == 2);
  CHECK(footlight_run({"eval", good, "--role", "other"}).exit_code == 2);
}

TEST_CASE("repl decides, evaluates and moves the clock") {
  Folder folder;
  folder.write("ws/workspace.lua",
               "workspace \"w\" { attributes = { [\"cart.total\"] = number {} }, surfaces = { hero = text { \"web://w/#hero\" } } }\n");
  folder.write("ws/experiences/a.lua",
               "campaign \"a\" { from = \"2026-12-01T09:00\", audience = function(p) return p.cart.total > 50 end, show = { hero = "
               "\"{{cart.total}}\" } }\n");
  const Ran ran = footlight_run({"repl", folder.path("ws"), "--at", "2026-12-01T08:59"},
                                {.input = "set cart.total 60\non hero\nexplain hero\nadvance 1m\non hero\np.cart.total * 2\nlocal n = 1 "
                                          "return n + 1\nwhile true do end\nnonsense(\nidentity crm:1\n"
                                          "request.identity.id\nset cart.total\np.cart.total\nquit\nnever\n"});
  CHECK(ran.exit_code == 0);
  CHECK(ran.out ==
        "{\"cart\":{\"total\":60}}\nnothing\nweb://w/#hero\n  ✘  a  50  schedule: starts 2026-12-01T09:00 UTC  "
        "experiences/a.lua:1\n2026-12-01T09:00+00:00\na\n  60\n120\n2\n"
        "crm:1\n\"1\"\n{\"cart\":{}}\nnil\n");
  CHECK_THAT(ran.err, Catch::Contains("fuel_exhausted") && Catch::Contains("syntax_error"));
}
