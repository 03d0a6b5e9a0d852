#include "world.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace footlight::test {
namespace {

Problems check(const Value& definition, Instant) {
  Problems problems;
  if (const Value* broken = definition.find("broken"))
    for (const Value& what : broken->array()) problems.push_back({Code::unknown_attribute, "$.broken", what.string()});
  if (const Value* warning = definition.find("warning")) problems.push_back({Code::missed_window, "$.from", warning->string(), true});
  return problems;
}

Result<Span> schedule(const Value& definition, Instant) {
  const Zone zone = *Zone::find("Europe/Paris");
  Span span{.zone = "Europe/Paris", .start_text = definition.string_or("from", ""), .end_text = definition.string_or("till", "")};
  for (auto [text, instant] : {std::pair{&span.start_text, &span.start}, std::pair{&span.end_text, &span.end}}) {
    if (text->empty()) continue;
    const auto parsed = parse_in_zone(*text, zone);
    if (!parsed.ok()) return parsed.error();
    *instant = *parsed;
  }
  return span;
}

}  // namespace

Rules rules_of_test(int approvers_now, Window window) {
  const auto approvals = [approvers_now](const Value& definition) {
    const Value* approvers = definition.find("approvers");
    ApprovalNeed need{approvers ? static_cast<int>(approvers->number()) : 0, definition.string_or("because", "")};
    if (approvers_now >= 0) need.approvers = approvers_now;
    std::vector<ApprovalNeed> needs;
    if (need.approvers > 0) needs.push_back(need);
    if (const Value* more = definition.find("needs"))
      for (const Value& one : more->array()) {
        ApprovalNeed other{static_cast<int>(one.find("approvers")->number()), one.string_or("because", "")};
        if (const Value* roles = one.find("roles"))
          for (const Value& word : roles->array()) other.roles.insert(*role_from(word.string()));
        if (const Value* names = one.find("names"))
          for (const Value& name : names->array()) other.names.insert(name.string());
        needs.push_back(std::move(other));
      }
    return ApprovalNeeds(std::move(needs));
  };
  return {check, approvals, schedule, window};
}

Actor actor(std::string name, std::set<Role> roles) { return {std::move(name), std::move(roles)}; }
Actor actor(std::string name, Role role) { return {std::move(name), {role}}; }

Instant instant(std::string_view text) {
  const auto parsed = parse_instant(text);
  INFO(text);
  REQUIRE(parsed.ok());
  return *parsed;
}

Value document(std::string_view json) {
  const auto parsed = parse_json(json);
  INFO(json);
  REQUIRE(parsed.ok());
  return *parsed;
}

Result<Outcome> World::run(Command command) {
  command.at = now;
  auto outcome = apply(state, command, rules);
  if (!outcome.ok()) return outcome;
  if (const auto* record = std::get_if<Record>(&*outcome)) {
    const Status folded = fold(state, *record);
    INFO((folded.ok() ? "" : folded.error().message));
    REQUIRE(folded.ok());
    journal.push_back(*record);
  }
  return outcome;
}

Record World::must(Command command) {
  const auto outcome = run(std::move(command));
  INFO((outcome.ok() ? "" : outcome.error().message));
  REQUIRE(outcome.ok());
  REQUIRE(std::holds_alternative<Record>(*outcome));
  return std::get<Record>(*outcome);
}

const Experience& World::at(const std::string& id) const {
  const Experience* found = state.find(id);
  INFO(id);
  REQUIRE(found);
  return *found;
}

Command command(CommandName name, std::string experience, Actor actor) {
  Command made;
  made.name = name;
  made.experience = std::move(experience);
  made.actor = std::move(actor);
  return made;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

void check_against_file(const std::string& path, const std::string& actual) {
  const char* update = std::getenv("FOOTLIGHT_UPDATE");
  if (update && std::string(update) == "1") {
    std::ofstream(path, std::ios::binary) << actual;
    return;
  }
  INFO(path << ": run with FOOTLIGHT_UPDATE=1 and review the difference");
  CHECK(read_file(path) == actual);
}

}  // namespace footlight::test
