// Ledgers: tests/lifecycle/*.ledger, lines of what was asked, each with what came of it.
//
//   at 2026-12-01T07:00:00Z            the clock, which may go back
//   fence                              the store was restored
//   rules approvers=2                  the workspace's approval rules change
//   ann(author): create gold-hero {"kind":"campaign"}
//     draft                            what it is then shown as, or `refused CODE: message`
//   show gold-hero                     prints what is known of it;  `show catalog` what is served
// Words of a command: expect=2 hash=head|TEXT as=NEW-ID revision=1 activate=on_approval message=TEXT (the rest of the line).
// Indented lines are written by the run: FOOTLIGHT_UPDATE=1 rewrites them, the difference is reviewed.
#include <catch2/catch.hpp>
#include <filesystem>
#include <sstream>

#include "base/text.h"
#include "world.h"

using namespace footlight;
using namespace footlight::test;

namespace {

Actor actor_from(std::string_view text) {  // `ann(author,publisher)`
  const auto open = text.find('(');
  REQUIRE(open != std::string_view::npos);
  REQUIRE(text.back() == ')');
  Actor made{std::string(text.substr(0, open)), {}};
  for (const auto word : split(text.substr(open + 1, text.size() - open - 2), ',')) {
    const auto role = role_from(word);
    REQUIRE(role);
    made.roles.insert(*role);
  }
  return made;
}

Command command_from_line(const World& world, const std::string& line) {
  const auto colon = line.find("): ");
  REQUIRE(colon != std::string::npos);
  Command made;
  made.actor = actor_from(std::string_view(line).substr(0, colon + 1));
  std::string rest = line.substr(colon + 3);
  if (const auto brace = rest.find(" {"); brace != std::string::npos) {
    made.definition = document(rest.substr(brace + 1));
    rest.resize(brace);
  }
  if (const auto said = rest.find(" message="); said != std::string::npos) {
    made.message = rest.substr(said + 9);
    rest.resize(said);
  }
  const auto words = split(rest, ' ');
  const auto name = command_from(words[0]);
  REQUIRE(name);
  made.name = *name;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto equals = words[i].find('=');
    const std::string key(words[i].substr(0, equals));
    if (equals == std::string_view::npos) {
      made.experience = key;
      continue;
    }
    const std::string value(words[i].substr(equals + 1));
    if (key == "activate") {
      made.activate_on_approval = value == "on_approval";
      continue;
    }
    if (key == "expect") made.expected_revision = std::stoi(value);
    else if (key == "revision") made.revision = std::stoi(value);
    else if (key == "as") made.new_id = value;
    else if (key == "hash") made.expected_hash = value == "head" ? world.at(made.experience).head().hash : value;
    else FAIL("unknown word `" << key << "`");
  }
  return made;
}

std::string shown_record(const World& world, const Record& record) {
  std::string line = "  ";
  if (record.command == CommandName::epoch_bump) line += "epoch " + std::to_string(world.state.version.epoch);
  else line += status_at(world.at(record.experience), world.state.at);
  if (record.revision) line += ", r" + std::to_string(record.revision->n);
  if (record.version) line += ", version " + std::to_string(record.version->v);
  if (record.visible_by) line += ", visible by " + to_text(*record.visible_by);
  if (record.gone_by) line += ", gone by " + to_text(*record.gone_by);
  if (record.not_activated) line += "; not activated: " + record.not_activated->code + ": " + record.not_activated->message;
  return line + "\n";
}

std::string shown_outcome(const World& world, const Result<Outcome>& outcome) {
  if (!outcome.ok()) {
    std::string lines = "  refused " + std::string(name(outcome.error().code)) + ": " + outcome.error().message + "\n";
    for (const Problem& problem : outcome.error().problems) lines += "    " + to_line(problem) + "\n";
    return lines;
  }
  if (const auto* repeat = std::get_if<Repeat>(&*outcome)) return "  " + repeat->message + "\n";
  return shown_record(world, std::get<Record>(*outcome));
}

std::string shown_experience(const Experience& experience, Instant now) {
  std::ostringstream out;
  out << "  " << to_text(experience.kind) << ", " << status_at(experience, now) << ", r" << experience.head().n;
  if (experience.live_revision) out << ", in force r" << *experience.live_revision;
  if (experience.activated_at) out << " since " << to_text(*experience.activated_at);
  const auto& by = experience.contributors;
  out << "\n  contributors " << join({by.begin(), by.end()}, ", ");
  for (const auto& [revision, approvals] : experience.approvals)
    for (const Approval& approval : approvals) out << "; r" << revision << " approved by " << approval.by;
  out << "\n";
  if (const auto ending = ending_at(experience, now))
    out << "  " << ending->how << " " << to_text(ending->when) << (ending->who.empty() ? "" : " by ") << ending->who << "\n";
  if (experience.duplicated_from)
    out << "  duplicated from " << experience.duplicated_from->first << " r" << experience.duplicated_from->second << "\n";
  return out.str();
}

std::string shown_catalog(const State& state, Instant now) {
  std::ostringstream out;
  out << "  epoch " << state.version.epoch << ", version " << state.version.v << "\n";
  for (const CatalogItem& item : catalog(state))
    out << "  " << item.experience << " r" << item.revision << " " << to_text(phase_at(item.standing, now)) << "\n";
  return out.str();
}

std::string run_line(World& world, const std::string& line) {
  if (line.rfind("at ", 0) == 0) {
    world.now = instant(line.substr(3));
    return "";
  }
  if (line == "fence") {
    world.state.fenced = true;
    return "";
  }
  if (line.rfind("rules approvers=", 0) == 0) {
    world.rules = rules_of_test(std::stoi(line.substr(16)));
    return "";
  }
  if (line == "show catalog") return shown_catalog(world.state, std::max(world.now, world.state.at));
  if (line.rfind("show ", 0) == 0) return shown_experience(world.at(line.substr(5)), std::max(world.now, world.state.at));
  const auto outcome = world.run(command_from_line(world, line));
  return shown_outcome(world, outcome);
}

std::string run_ledger(const std::string& text) {
  World world;
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("  ", 0) == 0) continue;  // what an earlier run wrote
    out += line + "\n";
    INFO(line);
    if (!line.empty() && line[0] != '#') out += run_line(world, line);
  }
  return out;
}

}  // namespace

TEST_CASE("every ledger comes out as it is written") {
  int ledgers = 0;
  for (const auto& entry : std::filesystem::directory_iterator("tests/lifecycle")) {
    if (entry.path().extension() != ".ledger") continue;
    ++ledgers;
    const std::string path = entry.path().string();
    check_against_file(path, run_ledger(read_file(path)));
  }
  CHECK(ledgers >= 8);
}
