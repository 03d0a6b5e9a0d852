// Ledgers of documents: tests/model/*.ledger. Each line is a word and a document; it answers with the
// canonical form and every problem. `definition`, `journey`, `workspace` and `request` take what is
// laid over a small good document (null takes a member away), `step` is the only step of a journey.
#include <catch2/catch.hpp>

#include "model/request.h"
#include "model/workspace.h"
#include "tests/support/ledger.h"

using namespace footlight;

namespace {

Value document(const std::string& text) {
  const auto parsed = parse_json(text);
  INFO(text);
  if (!parsed) FAIL(parsed.error().message);
  return *parsed;
}

Value over(const char* base, const Value& changes) {
  Value whole = document(base);
  for (const auto& [key, member] : changes.object()) {
    if (member.is_null()) whole.object().erase(key);
    else whole.object()[key] = member;
  }
  return whole;
}

std::string lines_of(const Problems& problems) {
  std::string lines;
  for (const Problem& problem : problems) lines += to_line(problem) + "\n";
  return lines;
}

std::string predicate(const Value& asked) {
  Problems problems;
  const Predicate read = parse_predicate(asked, "$.audience", problems);
  if (!problems.empty()) return lines_of(problems);
  const Value canonical = to_value(read);
  const Predicate again = parse_predicate(canonical, "$.audience", problems);
  CHECK(lines_of(problems) == "");
  CHECK(to_value(again) == canonical);
  CHECK(to_text(again) == to_text(read));
  std::string answer = to_text(read) + "\n";
  if (canonical != asked) answer += "as " + to_json(canonical) + "\n";
  return answer;
}

// What reading `asked` gives: its problems, or the members of the canonical form that differ from the base's.
std::string definition(const Value& asked, const Value& base) {
  Problems problems;
  const Definition read = parse_definition(asked, problems);
  if (!problems.empty()) return lines_of(problems);
  const Value canonical = to_value(read);
  const Definition again = parse_definition(canonical, problems);
  CHECK(lines_of(problems) == "");
  CHECK(to_json(to_value(again)) == to_json(canonical));
  Problems none;
  const Value usual = to_value(parse_definition(base, none));
  Object differing;
  for (const auto& [key, member] : canonical.object())
    if (!usual.find(key) || *usual.find(key) != member) differing[key] = member;
  std::string answer = to_json(Value(differing)) + "\n";
  if (read.kind == ExperienceKind::journey)
    for (const Action& action : read.actions) answer += "shows " + action.id + " at " + action.path + "\n";
  return answer;
}

constexpr const char* campaign_base = R"({"kind": "campaign", "id": "a", "show": {"hero": "x"}})";
constexpr const char* journey_base = R"({"kind": "journey", "id": "a", "enter": {"event": "e"}, "steps": [{"finish": true}]})";
constexpr const char* workspace_base = R"({"name": "shop"})";
constexpr const char* request_base = R"({"surfaces": ["web://shop.example/#hero"]})";

std::string workspace(const Value& asked) {
  Problems problems;
  const Workspace read = parse_workspace(asked, problems);
  if (!problems.empty()) return lines_of(problems);
  const Value canonical = to_value(read);
  const Workspace again = parse_workspace(canonical, problems);
  CHECK(lines_of(problems) == "");
  CHECK(again == read);
  CHECK(to_value(again) == canonical);
  Object differing = canonical.object();
  differing.erase("name");
  return to_json(Value(differing)) + "\n";
}

std::string request(const Value& asked) {
  Problems problems;
  const Request read = parse_request(asked, Instant{1}, problems);
  if (!problems.empty()) return lines_of(problems);
  CHECK(read.now == Instant{1});
  std::string answer;
  if (!read.identity.id.empty() || !read.identity.space.empty())
    answer += "identity " + read.identity.space + ":" + read.identity.id + "\n";
  if (!read.attributes.object().empty()) answer += "attributes " + to_json(read.attributes) + "\n";
  if (!read.context.object().empty()) answer += "context " + to_json(read.context) + "\n";
  for (const std::string& surface : read.surfaces) answer += "asks " + surface + "\n";
  return answer;
}

std::string run(const std::string& line) {
  const auto space = line.find(' ');
  const std::string word = line.substr(0, space);
  const Value asked = document(line.substr(space + 1));
  if (word == "predicate") return predicate(asked);
  if (word == "step") {
    const Value whole = over(journey_base, Object{{"steps", Array{asked}}});
    return definition(whole, document(journey_base));
  }
  const bool is_overlay = asked.is_object();
  if (word == "definition") return definition(is_overlay ? over(campaign_base, asked) : asked, document(campaign_base));
  if (word == "journey") return definition(over(journey_base, asked), document(journey_base));
  if (word == "workspace") return workspace(is_overlay ? over(workspace_base, asked) : asked);
  if (word == "request") return request(is_overlay ? over(request_base, asked) : asked);
  FAIL("no such word: " << word);
  return {};
}

}  // namespace

TEST_CASE("every ledger of documents comes out as it is written") {
  for (const char* name : {"predicates", "definitions", "journeys", "workspaces", "requests"})
    test::run_ledger("tests/model/" + std::string(name) + ".ledger", run);
}
