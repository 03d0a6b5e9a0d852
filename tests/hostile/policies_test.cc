// Policies that mean harm, run by the real program beside one that means none.
//
// policies/*.cases: below a title stands a policy; `=> ` tells what came of it (FOOTLIGHT_UPDATE=1 rewrites
// these lines). A line that begins with `\ ` is written out (`\xNN`, `\{text*times}`, …). All cases of all
// files run in one worker of one process, a good policy after each; whatever a case does, it must end within its
// budget and 10 ms, within its memory and a tenth, and leave the good one's answer as it was.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <set>

#include "../support/cases.h"
#include "../support/folder.h"
#include "../support/process.h"
#include "base/limits.h"
#include "engine/decide.h"
#include "script/policies.h"

using namespace footlight;
using namespace footlight::test;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_timed = false;  // a sanitizer's clock is not ours
#else
constexpr bool is_timed = true;
#endif

constexpr double microseconds_max = static_cast<double>(limits::script_deadline.ms + 10) * 1000;
constexpr double bytes_max = static_cast<double>(limits::script_memory_soft) * 1.1;

constexpr std::string_view context =
    R"({"loyalty": {"tier": "gold"}, "cart": {"total": 60}, "viewed": ["lamp", "rug", "lamp"], "request": {"identity": {"id": "c-1"}}})";

// What a neighbour does is sensitive to all that could leak: chance, order, text, fuel, the context.
constexpr std::string_view good = R"(
local LIMIT = 50
return function(p, request)
  local count, keys = {}, ''
  for _, slug in ipairs(p.viewed) do count[slug] = (count[slug] or 0) + 1 end
  for key, n in pairs(count) do keys = keys .. key .. n end
  return { p.cart.total > LIMIT, p.loyalty.tier:upper(), keys, math.random(), request.identity.id, recommend(p.viewed, 2),
           ('a-b'):gsub('%-', '+'), string.rep('x', 3), pcall(error, 'no') }
end
)";

const std::string program = FOOTLIGHT_PROGRAM;

std::string source_of(const Case& one) {
  std::string source;
  for (const std::string& line : one.given) source += line.starts_with("\\ ") ? unescape(std::string_view(line).substr(2)) : line + "\n";
  return source;
}

std::vector<CaseFile> all_cases() {
  std::set<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator("tests/hostile/policies"))
    if (entry.path().extension() == ".cases") paths.insert(entry.path().string());
  std::vector<CaseFile> all;
  for (const std::string& path : paths) all.push_back(read_cases(path));
  return all;
}

std::string cut(std::string text) {
  text = on_one_line(text);
  if (text.size() > 300) text = text.substr(0, 250) + " … (" + std::to_string(text.size()) + " bytes)";
  return text;
}

// What a line of `footlight eval` says that must be the same on every machine. The fuel of a memory stop is not
// told: when garbage was collected is not the script's doing.
std::vector<std::string> told(const Value& line) {
  const std::string outcome = line.string_or("outcome", "?"), code = line.string_or("code", "");
  const std::string fuel = code == "memory_exceeded" ? "" : " (" + to_json(*line.find("fuel")) + ")";
  if (outcome == "value") return {cut("value " + (line.find("result") ? to_json(*line.find("result")) : "null")) + fuel};
  std::string place = line.string_or("place", "");
  place = place.substr(place.rfind('/') + 1);
  if (const auto colon = place.find(':'); colon != std::string::npos) place = "line " + place.substr(colon + 1);
  else place = "no line";
  std::string message = line.string_or("message", "?");
  return {outcome + " " + code + fuel + " " + place + ": " + cut(message)};
}

std::vector<Value> lines_of(const std::string& out) {
  std::vector<Value> lines;
  for (std::size_t at = 0; at < out.size();) {
    const std::size_t end = out.find('\n', at);
    auto line = parse_json(std::string_view(out).substr(at, end - at));
    INFO(out.substr(at, end - at));
    REQUIRE(line.ok());
    lines.push_back(std::move(*line));
    at = end + 1;
  }
  return lines;
}

double number_of(const Value& line, std::string_view key) { return line.find(key) ? line.find(key)->number() : 0; }

}  // namespace

TEST_CASE("hostile policies are stopped or contained, each within its budget, and their neighbours answer the same") {
  Folder folder;
  folder.write("good.lua", good);
  folder.write("context.json", context);
  std::vector<CaseFile> files = all_cases();
  std::vector<Case*> cases;
  std::set<std::string> titles;
  std::vector<std::string> command = {program, "eval", "--json", "--context", folder.path("context.json"), folder.path("good.lua")};
  for (CaseFile& file : files)
    for (Case& one : file.cases) {
      INFO(file.path << ": " << one.title);
      CHECK(titles.insert(one.title).second);
      char name[16];
      std::snprintf(name, sizeof name, "%04zu.lua", cases.size());
      folder.write(name, source_of(one));
      command.push_back(folder.path(name));
      command.push_back(folder.path("good.lua"));
      cases.push_back(&one);
    }
  CHECK(cases.size() >= 200);
  const Ran ran = run(command);
  INFO(ran.err);
  CHECK(ran.exit_code == 1);
  CHECK(ran.err.empty());
  const std::vector<Value> lines = lines_of(ran.out);
  REQUIRE(lines.size() == 1 + 2 * cases.size());

  const std::vector<std::string> undisturbed = told(lines[0]);
  REQUIRE_THAT(undisturbed[0], Catch::StartsWith("value [true,\"GOLD\""));
  double slowest = 0, largest = 0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Value& line = lines[1 + 2 * i];
    INFO(cases[i]->title << "\n" << to_json(line));
    std::vector<std::string> outcome = told(line);
    // Where a deadline came before the fuel was gone, the machine was busy: it is asked again, alone.
    for (int again = 0; outcome != cases[i]->outcome && outcome[0].starts_with("stopped deadline_exceeded") && again < 5; ++again)
      outcome = told(lines_of(run({program, "eval", "--json", "--context", folder.path("context.json"), command[6 + 2 * i]}).out).at(0));
    if (rewrites_cases()) cases[i]->outcome = outcome;
    if (is_timed || !outcome[0].starts_with("stopped deadline_exceeded")) CHECK(outcome == cases[i]->outcome);
    CHECK(number_of(line, "peak_bytes") <= bytes_max);
    largest = std::max(largest, number_of(line, "peak_bytes"));
    double took = std::max(number_of(line, "microseconds"), number_of(line, "load_microseconds"));
    // The machine may be busy with something else: who was slow is asked again, alone.
    for (int again = 0; is_timed && took > microseconds_max && again < 5; ++again) {
      const std::string& file = command[6 + 2 * i];
      const Value alone = lines_of(run({program, "eval", "--json", "--context", folder.path("context.json"), file}).out).at(0);
      took = std::min(took, std::max(number_of(alone, "microseconds"), number_of(alone, "load_microseconds")));
    }
    if (is_timed) CHECK(took <= microseconds_max);
    slowest = std::max(slowest, took);
    CHECK(told(lines[2 + 2 * i]) == undisturbed);
  }
  std::printf("%zu hostile policies: the slowest took %.0f us, the largest %.0f bytes\n", cases.size(), slowest, largest);
  if (rewrites_cases())
    for (const CaseFile& file : files) write_cases(file);
}

TEST_CASE("a policy answers the same however often it is called") {
  Folder folder;
  folder.write("context.json", context);
  std::vector<std::string> command = {program, "eval", "--json", "--repeat", "6", "--context", folder.path("context.json")};
  std::vector<std::string> titles;
  for (const CaseFile& file : all_cases()) {
    // What runs into the clock or into memory is too slow to do often; what says something is in these two.
    if (file.path.find("state") == std::string::npos && file.path.find("errors") == std::string::npos) continue;
    for (const Case& one : file.cases) {
      const std::string name = std::to_string(titles.size()) + ".lua";
      folder.write(name, source_of(one));
      command.push_back(folder.path(name));
      titles.push_back(one.title);
    }
  }
  const std::vector<Value> lines = lines_of(run(command).out);
  REQUIRE(lines.size() == titles.size());
  std::size_t called = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!lines[i].find("answers")) continue;  // never became a policy
    ++called;
    INFO(titles[i] << "\n" << to_json(lines[i]));
    CHECK(number_of(lines[i], "answers") == 1);
  }
  CHECK(called > 50);
}

TEST_CASE("a decision with a hostile policy in it is, beyond that policy, the decision without it") {
  const auto workspace_value =
      parse_json(R"({"name": "shop", "attributes": {"loyalty.tier": {"type": "text"}, "cart.total": {"type": "number"},
    "viewed": {"type": "list", "of": {"type": "text"}}}, "surfaces": {"hero": {"format": "html", "rules": ["web://shop.example/#hero"]},
    "strip": {"format": "html", "rules": ["web://shop.example/#strip"]}}})");
  REQUIRE(workspace_value.ok());
  Problems problems;
  const Workspace workspace = parse_workspace(*workspace_value, problems);
  REQUIRE_FALSE(has_errors(problems));
  const auto served = [&](const std::string& id, int priority, const Value& audience, const Value& show) {
    return ServedExperience{
        .definition = parse_definition(
            Object{{"kind", "campaign"}, {"id", id}, {"priority", priority}, {"audience", audience}, {"show", show}}, problems)};
  };
  const auto lua = [](std::string_view source) { return Value(Object{{"lua", std::string(source)}}); };
  std::vector<ServedExperience> good_ones;
  good_ones.push_back(
      served("first", 90, lua("return function(p) return p.cart.total * 2 > 100 end"), Object{{"strip", "<i>{{cart.total}}</i>"}}));
  good_ones.push_back(served(
      "second", 10, lua("local n = 40 return function(p) local t = {} t[1] = p.viewed[1] return #t + n > 40 and math.random() < 2 end"),
      Object{{"hero", lua("return function(p) return '<b>' .. escape(p.viewed[1]) .. math.random(1000) .. '</b>' end")}}));
  REQUIRE_FALSE(has_errors(problems));
  const auto request_value = parse_json(R"({"attributes": {"loyalty": {"tier": "gold"}, "cart": {"total": 60}, "viewed": ["lamp", "rug"]},
    "identity": {"namespace": "crm", "id": "c-1"}, "surfaces": ["web://shop.example/#hero", "web://shop.example/#strip"]})");
  REQUIRE(request_value.ok());
  const Request request = parse_request(*request_value, {1764590400000}, problems);
  REQUIRE_FALSE(has_errors(problems));

  LuaPolicyCompiler compiler;
  const auto answer = [&](const std::vector<ServedExperience>& experiences) -> std::string {
    auto snapshot = Snapshot::compile({.version = "v", .workspace = workspace, .experiences = experiences, .lists = {}}, compiler);
    if (!snapshot) return "";
    auto runner = LuaPolicyRunner::create(*snapshot);
    REQUIRE(runner.ok());
    std::string once;
    for (int i = 0; i < 2; ++i) {
      const Decision decision = decide(**snapshot, request, **runner);
      Array kept;
      const Value said = *parse_json(to_json(decision));
      for (const Value& proposition : said.find("propositions")->array())
        if (proposition.string_or("experience", "") != "hostile") kept.push_back(proposition);
      std::string text = to_json(Value(std::move(kept)));
      if (i == 1) CHECK(text == once);
      once = std::move(text);
    }
    return once;
  };
  const std::string without = answer(good_ones);
  REQUIRE_THAT(without, Catch::Contains("second") && Catch::Contains("<i>60</i>"));
  std::size_t compiled = 0;
  for (const CaseFile& file : all_cases())
    for (const Case& one : file.cases) {
      INFO(file.path << ": " << one.title);
      std::vector<ServedExperience> all = good_ones;
      // On an element of its own, so that where it holds nobody loses to it.
      all.insert(all.begin(),
                 served("hostile", 95, lua(source_of(one)), Object{{"hero", Array{Object{{"element", "aside"}, {"content", "x"}}}}}));
      if (has_errors(problems)) {
        problems.clear();
        all.erase(all.begin());
      }
      const std::string with = answer(all);
      if (with.empty()) continue;  // refused when it was compiled
      ++compiled;
      CHECK(with == without);
    }
  CHECK(compiled > 150);
}
