#include "tests/unit/engine/world.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "base/text.h"

namespace footlight::test {
namespace {

PolicyFailure failure_of_test() { return {Code::script_error, "policies/test.lua:1: failed as asked"}; }

// `word` behind `first` and a blank, if it begins so.
std::optional<std::string> behind(const std::string& word, std::string_view first) {
  if (!word.starts_with(first)) return {};
  return std::string(trim(std::string_view(word).substr(first.size())));
}

}  // namespace

Problems WordPolicies::check(const Policy& policy) {
  if (!policy.lua.starts_with("bad")) return {};
  return {{Code::syntax_error, policy.path,
           std::string(to_text(policy.role)) + " of `" + policy.owner + "`: " + policy.lua + " at " + policy.place}};
}

std::optional<Predicate> WordPolicies::lift(const Policy& policy, const AttributeTypes&) {
  const auto json = behind(policy.lua, "lift ");
  if (!json) return {};
  Problems problems;
  Predicate native = parse_predicate(document(*json), policy.path, problems);
  INFO(policy.lua);
  REQUIRE(problems.empty());
  return native;
}

const std::string& WordRunner::word(int policy, PolicyRole role) {
  ++calls;
  REQUIRE(policy >= 0);
  REQUIRE(static_cast<std::size_t>(policy) < snapshot_.policies().size());
  const Policy& known = snapshot_.policies()[static_cast<std::size_t>(policy)];
  REQUIRE(known.role == role);
  return known.lua;
}

PolicyAnswer<bool> WordRunner::truth(const std::string& word, const PolicyCall& call) {
  if (word == "true") return true;
  if (word == "false") return false;
  if (const auto name = behind(word, "asks ")) {
    const Value* value = call.request->attributes.at_path(*name);
    return value && value->is_boolean() && value->boolean();
  }
  REQUIRE(word == "fail");
  return failure_of_test();
}

PolicyAnswer<bool> WordRunner::targeting(int policy, const PolicyCall& call) { return truth(word(policy, PolicyRole::targeting), call); }
PolicyAnswer<bool> WordRunner::schedule(int policy, const PolicyCall& call) { return truth(word(policy, PolicyRole::schedule), call); }

PolicyAnswer<std::vector<int>> WordRunner::conflict(int policy, const PolicyCall& call, const std::vector<CandidateView>& candidates) {
  const std::string& asked = word(policy, PolicyRole::conflict);
  CHECK_FALSE(call.configuration.empty());
  CHECK_FALSE(call.surface.empty());
  if (asked == "fail") return failure_of_test();
  std::vector<int> order;
  if (asked == "none") return order;
  if (asked == "reverse") {
    for (int i = static_cast<int>(candidates.size()) - 1; i >= 0; --i) order.push_back(i);
    return order;
  }
  if (const auto tag = behind(asked, "tag ")) {
    for (std::size_t i = 0; i < candidates.size(); ++i)
      if (std::find(candidates[i].tags->begin(), candidates[i].tags->end(), *tag) != candidates[i].tags->end())
        order.push_back(static_cast<int>(i));
    return order;
  }
  for (const auto index : split(asked, ',')) order.push_back(std::stoi(std::string(index)));
  return order;
}

PolicyAnswer<Value> WordRunner::content(int policy, const PolicyCall& call) {
  const std::string& asked = word(policy, PolicyRole::content);
  CHECK_FALSE(call.experience.empty());
  if (asked == "fail") return failure_of_test();
  if (asked == "null") return Value();
  if (const auto json = behind(asked, "=")) return document(*json);
  if (const auto name = behind(asked, "attribute ")) {
    const Value* value = call.request->attributes.at_path(*name);
    return value ? *value : Value();
  }
  FAIL("no such word: " << asked);
  return Value();
}

Value document(std::string_view json) {
  auto parsed = parse_json(json);
  INFO(json);
  if (!parsed) FAIL(parsed.error().message);
  return std::move(*parsed);
}

Instant instant(std::string_view text) {
  const auto parsed = parse_instant(text);
  if (!parsed) FAIL(parsed.error().message);
  return *parsed;
}

std::string lines_of(const Problems& problems) {
  std::string lines;
  for (const Problem& problem : problems) lines += to_line(problem) + "\n";
  return lines;
}

void DecideWorld::declare(const Value& asked) {
  Value whole = asked;
  whole.object().emplace("name", "shop");
  Problems problems;
  workspace = parse_workspace(whole, problems);
  INFO(to_json(whole));
  INFO(lines_of(problems));
  REQUIRE(problems.empty());
}

ServedExperience& DecideWorld::live(const std::string& id, Value definition) {
  definition.object().emplace("kind", "campaign");
  definition.object()["id"] = id;
  Problems problems;
  ServedExperience served{.definition = parse_definition(definition, problems)};
  INFO(to_json(definition));
  INFO(lines_of(problems));
  REQUIRE(problems.empty());
  Problems missing;  // told by compiling, too
  include_mentions(served.definition, workspace, missing);
  return experiences.emplace_back(std::move(served));
}

Result<std::shared_ptr<const Snapshot>> DecideWorld::compile() const {
  WordPolicies policies;
  return Snapshot::compile({.version = "1.1-test", .workspace = workspace, .experiences = experiences, .lists = lists}, policies);
}

Request request(const Value& asked, Instant now) {
  Problems problems;
  Request read = parse_request(asked, now, problems);
  INFO(to_json(asked));
  INFO(lines_of(problems));
  REQUIRE(problems.empty());
  return read;
}

}  // namespace footlight::test
