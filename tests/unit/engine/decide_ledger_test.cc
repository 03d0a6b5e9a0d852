// Ledgers of decisions: tests/decide/*.ledger.
//
//   fresh                                   a new world
//   workspace {…}                           its document (`name` is added)
//   list vip.csv ann bob                    the ids of an uploaded list
//   live gold p=80 at=…Z start=…Z end=…Z rev=2 {…}
//                                           a definition in force: priority, activated, its span, its revision
//   places gold $.show=a.lua:7 …            where its parts stand in files
//   now …Z                                  the instant of what is asked from here on
//   ask {…}                                 a request: what is shown (`+`), and what became of the rest (`-`)
//   holds {"audience": …, "attributes": …, "id": …}   whether, else which clause is to blame
//   compiles                                whether everything does, else every problem
// Lua is words here, see world.h.
#include <catch2/catch.hpp>

#include "base/text.h"
#include "tests/support/ledger.h"
#include "world.h"

using namespace footlight;
using namespace footlight::test;

namespace {

class DecideLedger {
 public:
  std::string run(const std::string& line) {
    const auto brace = line.find(" {");
    const auto words = split(trim(std::string_view(line).substr(0, brace)), ' ');
    const Value given = brace == std::string::npos ? Value() : document(std::string_view(line).substr(brace + 1));
    if (words[0] == "fresh") return world_ = {}, "";
    if (words[0] == "workspace") return world_.declare(given), "";
    if (words[0] == "list") return list(words), "";
    if (words[0] == "live") return live(words, given), "";
    if (words[0] == "places") return places(words), "";
    if (words[0] == "now") return now_ = instant(words[1]), "";
    if (words[0] == "ask") return ask(given);
    if (words[0] == "holds") return holds(given);
    if (words[0] == "compiles") return compiles();
    FAIL("no such word: " << line);
    return {};
  }

 private:
  void list(const std::vector<std::string_view>& words) {
    std::string ids;
    for (std::size_t i = 2; i < words.size(); ++i) ids += std::string(words[i]) + "\n";
    const std::string hash = sha256_hex(ids);
    world_.workspace.lists[std::string(words[1])] = hash;
    world_.lists[hash] = parse_list(ids);
  }

  void live(const std::vector<std::string_view>& words, Value definition) {
    std::map<std::string, std::string> said;
    for (std::size_t i = 2; i < words.size(); ++i) {
      const auto equals = words[i].find('=');
      REQUIRE(equals != std::string_view::npos);
      said[std::string(words[i].substr(0, equals))] = std::string(words[i].substr(equals + 1));
    }
    if (said.contains("p")) definition.object()["priority"] = std::stod(said["p"]);
    ServedExperience& served = world_.live(std::string(words[1]), std::move(definition));
    if (said.contains("at")) served.activated_at = instant(said["at"]);
    if (said.contains("start")) served.start = instant(said["start"]);
    if (said.contains("end")) served.end = instant(said["end"]);
    if (said.contains("rev")) served.revision = std::stoi(said["rev"]);
  }

  void places(const std::vector<std::string_view>& words) {
    for (ServedExperience& served : world_.experiences)
      if (served.definition.id == words[1])
        for (std::size_t i = 2; i < words.size(); ++i)
          served.places[std::string(words[i].substr(0, words[i].find('=')))] = std::string(words[i].substr(words[i].find('=') + 1));
  }

  std::string compiles() {
    const auto snapshot = world_.compile();
    return snapshot ? "it does\n" : to_text(snapshot.error()) + "\n";
  }

  static std::string shown(const Proposition& made) {
    std::string line =
        "+ " + (made.experience.empty() ? "default" : made.experience + " r" + std::to_string(made.revision)) + " " + made.configuration;
    if (!made.element.empty()) line += "." + made.element;
    if (!made.treatment.empty()) line += " (" + made.treatment + ")";
    line += " " + std::string(to_text(made.format)) + ": " + made.content + "\n";
    for (const auto& part : made.parts)
      line += "    of " + part.experience + " r" + std::to_string(part.revision) + " " + part.action + "\n";
    return line;
  }

  std::string ask(const Value& asked) {
    const auto snapshot = world_.compile();
    if (!snapshot) return to_text(snapshot.error()) + "\n";
    const Request read = request(asked, now_);
    WordRunner runner(**snapshot);
    const Decision decision = decide(**snapshot, read, runner, {.explain = true});
    CHECK(to_json(decide(**snapshot, read, runner)) == [&] {
      Decision bare = decision;
      bare.trace.clear();
      return to_json(bare);
    }());
    std::string answer;
    for (const SurfaceTrace& trace : decision.trace) {
      answer += trace.surface + " (" + join(trace.configurations, ", ") + ")" + (trace.note.empty() ? "" : ": " + trace.note) + "\n";
      for (const Proposition& made : decision.propositions)
        if (made.surface == trace.surface) answer += shown(made);
      for (const CandidateTrace& row : trace.candidates) {
        if (row.fate == Fate::shown && row.reason.empty()) continue;
        answer += "- " + row.experience + " " + row.action + " " + std::to_string(row.priority) + " " + std::string(to_text(row.fate)) +
            ": " + row.reason + (row.place.empty() ? "" : " @" + row.place) + "\n";
      }
    }
    if (decision.policy_failures > 0) answer += "policy failures: " + std::to_string(decision.policy_failures) + "\n";
    return answer;
  }

  std::string holds(const Value& asked) {
    DecideWorld small = world_;
    small.experiences.clear();
    if (!small.workspace.configuration("hero")) {
      const Workspace declared = small.workspace;
      small.declare(document(R"({"surfaces": {"hero": {"format": "html", "rules": ["web://a/#b"]}}})"));
      small.workspace.attributes = declared.attributes;
      small.workspace.audiences = declared.audiences;
      small.workspace.lists = declared.lists;
    }
    small.live("x", Object{{"audience", *asked.find("audience")}, {"show", Object{{"hero", "x"}}}});
    const auto snapshot = small.compile();
    if (!snapshot) return to_text(snapshot.error()) + "\n";
    Object whole{{"surfaces", Array{"web://a/#b"}}};
    if (const Value* attributes = asked.find("attributes")) whole["attributes"] = *attributes;
    if (const Value* id = asked.find("id")) whole["identity"] = Object{{"id", *id}};
    WordRunner runner(**snapshot);
    const Decision decision = decide(**snapshot, request(Value(whole), now_), runner, {.explain = true});
    const CandidateTrace& row = decision.trace[0].candidates[0];
    return row.fate == Fate::shown ? "holds\n" : row.reason + " @" + row.place + "\n";
  }

  DecideWorld world_;
  Instant now_ = instant("2026-12-01T12:00:00Z");
};

}  // namespace

TEST_CASE("every ledger of decisions comes out as it is written") {
  for (const char* name : {"ranking", "resolution", "time", "content", "policies", "surfaces", "conditions", "compiling"}) {
    DecideLedger ledger;
    test::run_ledger("tests/decide/" + std::string(name) + ".ledger", [&](const std::string& line) { return ledger.run(line); });
  }
}
