// Every situation × command × role, each reached through a real history.
//
// What must come out stands in tests/lifecycle/matrix.txt, apart from the table that the code obeys:
// a cell is the situation afterwards or the code of the refusal.
#include <catch2/catch.hpp>
#include <sstream>

#include "base/text.h"
#include "lifecycle/table.h"
#include "world.h"

using namespace footlight;
using namespace footlight::test;

namespace {

const Actor author = actor("ann", Role::author);
const Actor approver = actor("bob", Role::approver);
const Actor publisher = actor("pia", Role::publisher);

Value definition_of(Kind kind, std::string_view more = "") {
  return document("{\"kind\":\"" + std::string(to_text(kind)) + "\"" + std::string(more) + "}");
}

void create(World& world, Kind kind, std::string_view more = "") {
  Command made = command(CommandName::create, "it", author);
  made.definition = definition_of(kind, more);
  world.must(made);
}

void edit(World& world, Kind kind) {
  Command made = command(CommandName::edit, "it", author);
  made.definition = definition_of(kind, ",\"v\":2");
  world.must(made);
}

void by(World& world, const Actor& who, CommandName name) {
  Command made = command(name, "it", who);
  if (name == CommandName::approve) made.expected_hash = world.at("it").head().hash;
  world.must(made);
}

// Leaves the head as `status` says, from a draft.
void bring_head_to(World& world, HeadStatus status) {
  if (status == HeadStatus::draft) return;
  by(world, author, CommandName::submit);
  if (status == HeadStatus::approved) by(world, approver, CommandName::approve);
}

World reach(Situation situation, Kind kind) {
  World world;
  const auto in_force = [&] {
    create(world, kind);
    by(world, publisher, CommandName::activate);
  };
  const auto beside = [&](HeadStatus status) {
    in_force();
    edit(world, kind);
    bring_head_to(world, status);
  };
  const auto paused_beside = [&](HeadStatus status) {
    beside(status);
    by(world, publisher, CommandName::pause);
  };
  switch (situation) {
    case Situation::none: break;
    case Situation::draft: create(world, kind); break;
    case Situation::in_review:
      create(world, kind);
      bring_head_to(world, HeadStatus::in_review);
      break;
    case Situation::approved:
      create(world, kind);
      bring_head_to(world, HeadStatus::approved);
      break;
    case Situation::scheduled:
      create(world, kind, ",\"from\":\"2026-12-20T09:00\"");
      by(world, publisher, CommandName::activate);
      break;
    case Situation::live: in_force(); break;
    case Situation::live_draft: beside(HeadStatus::draft); break;
    case Situation::live_in_review: beside(HeadStatus::in_review); break;
    case Situation::live_approved: beside(HeadStatus::approved); break;
    case Situation::paused:
      in_force();
      by(world, publisher, CommandName::pause);
      break;
    case Situation::paused_draft: paused_beside(HeadStatus::draft); break;
    case Situation::paused_in_review: paused_beside(HeadStatus::in_review); break;
    case Situation::paused_approved: paused_beside(HeadStatus::approved); break;
    case Situation::closed:
      in_force();
      by(world, publisher, CommandName::close);
      break;
    case Situation::stopped:
      in_force();
      by(world, publisher, CommandName::stop);
      break;
    case Situation::completed:
      create(world, kind, ",\"till\":\"2026-12-02T09:00\"");
      by(world, publisher, CommandName::activate);
      world.now = instant("2026-12-02T08:00:00Z");
      break;
    case Situation::finished:
      in_force();
      by(world, publisher, CommandName::close);
      world.now = world.now + days(91);
      break;
    case Situation::archived:
      in_force();
      by(world, publisher, CommandName::stop);
      by(world, publisher, CommandName::archive);
      break;
    case Situation::deleted:
      create(world, kind);
      by(world, author, CommandName::delete_);
      break;
  }
  REQUIRE(situation_of(world.state.find("it"), world.now) == situation);
  return world;
}

Command attempt(const World& world, CommandName name, Kind kind, Role role) {
  Command made = command(name, "it", actor("zoe", role));
  made.definition = definition_of(kind, ",\"v\":3");
  made.new_id = "copy";
  if (const Experience* found = world.state.find("it")) made.expected_hash = found->head().hash;
  return made;
}

// Who may, as product.md and invariants.md have it.
const std::map<CommandName, std::set<Role>> roles_of = {
    {CommandName::create, {Role::author, Role::admin}},
    {CommandName::edit, {Role::author, Role::admin}},
    {CommandName::delete_, {Role::author, Role::admin}},
    {CommandName::submit, {Role::author, Role::admin}},
    {CommandName::withdraw, {Role::author}},
    {CommandName::request_changes, {Role::approver}},
    {CommandName::approve, {Role::approver, Role::admin}},
    {CommandName::activate, {Role::publisher, Role::admin}},
    {CommandName::unschedule, {Role::publisher, Role::admin}},
    {CommandName::stop, {Role::publisher, Role::admin}},
    {CommandName::pause, {Role::publisher, Role::admin}},
    {CommandName::resume, {Role::publisher, Role::admin}},
    {CommandName::close, {Role::publisher, Role::admin}},
    {CommandName::archive, {Role::publisher, Role::admin}},
    {CommandName::duplicate, {Role::author, Role::admin}},
    {CommandName::epoch_bump, {Role::admin}},
};
constexpr Role all_roles[] = {Role::viewer, Role::author, Role::approver, Role::publisher, Role::admin, Role::delivery, Role::node};

std::string afterwards(World& world, const Command& command) {
  const State before = world.state;
  const auto outcome = world.run(command);
  if (!outcome.ok()) {
    CHECK(world.state == before);  // L8
    return std::string(name(outcome.error().code));
  }
  if (std::holds_alternative<Repeat>(*outcome)) {
    CHECK(world.state == before);
    return "again";
  }
  const std::string& id = std::get<Record>(*outcome).experience;
  return "> " + std::string(to_text(situation_of(world.state.find(id), world.now)));
}

// Whether the table lists what happened: the same verdict, and a code of the cell, or of its guards.
void check_against_table(CommandName command, Situation situation, Kind kind, const std::string& result) {
  const CommandRow& listed = row(command);
  const Cell& here = cell(listed, situation);
  const bool exists = situation != Situation::none && situation != Situation::deleted;
  if (listed.journeys_only && kind == Kind::campaign && exists) {
    CHECK(result == "not_a_journey");
  } else if (here.verdict == Verdict::refused) {
    CHECK(result == name(here.code));
  } else if (here.verdict == Verdict::repeat) {
    CHECK(result == "again");
  } else if (result.rfind("> ", 0) != 0) {
    bool is_listed = false;
    for (const Guard guard : here.guards)
      for (const Code code : row(guard).codes) is_listed = is_listed || name(code) == result;
    CHECK(is_listed);
  }
}

}  // namespace

TEST_CASE("each pair of situation and command is listed once") {
  for (const CommandRow& command : command_table())
    for (const SituationRow& situation : situation_table()) {
      int listed = 0;
      for (const Cell& cell : command.cells)
        for (const Situation from : cell.from) listed += from == situation.situation;
      INFO(to_text(command.name) << " on " << situation.text);
      CHECK(listed == 1);
    }
}

TEST_CASE("tables stand in the order of their enumerations") {
  for (std::size_t i = 0; i < command_table().size(); ++i) CHECK(static_cast<std::size_t>(command_table()[i].name) == i);
  for (std::size_t i = 0; i < guard_table().size(); ++i) CHECK(static_cast<std::size_t>(guard_table()[i].guard) == i);
  for (std::size_t i = 0; i < situation_table().size(); ++i) CHECK(static_cast<std::size_t>(situation_table()[i].situation) == i);
  CHECK(command_table().size() == 16);
  CHECK(situation_table().size() == 19);
  CHECK(command_table().size() == roles_of.size());
}

TEST_CASE("each cell lists its guards in the order of refusal, and each guard is used") {
  std::set<Guard> used;
  for (const CommandRow& command : command_table())
    for (const Cell& cell : command.cells) {
      INFO(to_text(command.name));
      CHECK(std::is_sorted(cell.guards.begin(), cell.guards.end(), [](Guard a, Guard b) { return row(a).stage < row(b).stage; }));
      used.insert(cell.guards.begin(), cell.guards.end());
    }
  CHECK(used.size() == guard_table().size());
}

TEST_CASE("every situation and command comes out as the matrix has it, and as the table lists it") {
  std::string matrix =
      "# What comes of each command in each situation: the situation afterwards, or the code of the "
      "refusal.\n"
      "# No approval rule matches, and the actor has the right role. `again`: answered as the first time.\n";
  for (const Kind kind : {Kind::campaign, Kind::journey}) {
    for (const SituationRow& situation : situation_table()) {
      if (situation.journeys_only && kind == Kind::campaign) continue;
      matrix += "\n" + std::string(to_text(kind)) + ": " + std::string(situation.text) + "\n";
      for (const CommandRow& listed : command_table()) {
        INFO(to_text(kind) << " " << situation.text << " " << to_text(listed.name));
        World world = reach(situation.situation, kind);
        const Role role = *roles_of.at(listed.name).begin();
        const std::string result = afterwards(world, attempt(world, listed.name, kind, role));
        check_against_table(listed.name, situation.situation, kind, result);
        std::string line = "  " + std::string(to_text(listed.name));
        line.resize(20, ' ');
        matrix += line + result + "\n";
      }
    }
  }
  check_against_file("tests/lifecycle/matrix.txt", matrix);
}

TEST_CASE("a role may do exactly what is its own, in every situation") {
  for (const Kind kind : {Kind::campaign, Kind::journey})
    for (const SituationRow& situation : situation_table()) {
      if (situation.journeys_only && kind == Kind::campaign) continue;
      const World reached = reach(situation.situation, kind);
      for (const CommandRow& listed : command_table()) {
        const Role rightful = *roles_of.at(listed.name).begin();
        World allowed = reached;
        const std::string expected = afterwards(allowed, attempt(allowed, listed.name, kind, rightful));
        for (const Role role : all_roles) {
          INFO(to_text(kind) << " " << situation.text << " " << to_text(listed.name) << " by " << to_text(role));
          World world = reached;
          const std::string result = afterwards(world, attempt(world, listed.name, kind, role));
          CHECK(result == (roles_of.at(listed.name).contains(role) ? expected : "forbidden"));
        }
      }
    }
}

TEST_CASE("a fenced store takes nothing but the epoch bump, whatever the situation") {
  for (const SituationRow& situation : situation_table()) {
    World reached = reach(situation.situation, Kind::journey);
    reached.state.fenced = true;
    for (const CommandRow& listed : command_table()) {
      World world = reached;
      INFO(situation.text << " " << to_text(listed.name));
      const Role role = *roles_of.at(listed.name).begin();
      const std::string result = afterwards(world, attempt(world, listed.name, Kind::journey, role));
      if (listed.name != CommandName::epoch_bump) {
        CHECK(result == "fenced");
        continue;
      }
      const Experience* it = world.state.find("it");
      const Phase phase = it ? phase_at(*it, world.now) : Phase::deleted;
      CHECK((phase == Phase::deleted || is_final(phase)));
      CHECK(catalog(world.state).empty());
      CHECK(world.state.version.epoch == 2);
    }
  }
}

TEST_CASE("docs/lifecycle.md is printed from the table") { check_against_file("docs/lifecycle.md", lifecycle_markdown()); }

namespace {

// The cells of `| a | b |`.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  for (const std::string_view cell : split(line, '|')) cells.emplace_back(trim(cell));
  if (cells.size() < 3) return {};
  return {cells.begin() + 1, cells.end() - 1};
}

// What the page says, read as a person reads it.
struct Page {
  std::map<std::string, std::set<std::string>> may;                   // command → roles
  std::map<std::string, std::map<std::string, std::string>> outcome;  // command → situation → outcome

  explicit Page(const std::string& text) {
    std::string section;
    std::vector<std::string> head;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("#")) section = line, head.clear();
      const auto cells = cells_of(line);
      if (cells.empty() || cells[0].starts_with("--")) continue;
      if (head.empty()) {
        head = cells;
      } else if (section == "## Who may") {
        for (std::size_t i = 1; i < cells.size(); ++i)
          if (cells[i] == "yes") may[cells[0]].insert(head[i]);
      } else if (section.starts_with("### ")) {
        auto& of_command = outcome[section.substr(4)];
        std::string names = cells[0];
        if (names == "any")
          for (const SituationRow& row : situation_table()) CHECK(of_command.emplace(row.text, cells[1]).second);
        else
          for (std::size_t end; !names.empty(); names.erase(0, end == names.npos ? end : end + 4)) {
            end = names.find(" · ");
            CHECK(of_command.emplace(names.substr(0, end), cells[1]).second);
          }
      }
    }
  }
};

}  // namespace

TEST_CASE("the page answers every question of a situation, a command and a role, and rightly") {
  const Page page(read_file("docs/lifecycle.md"));
  int questions = 0;
  for (const Kind kind : {Kind::campaign, Kind::journey})
    for (const SituationRow& situation : situation_table()) {
      if (situation.journeys_only && kind == Kind::campaign) continue;
      const World reached = reach(situation.situation, kind);
      for (const CommandRow& listed : command_table())
        for (const Role role : all_roles) {
          const std::string command(to_text(listed.name));
          INFO(to_text(kind) << " " << situation.text << " " << command << " by " << to_text(role));
          ++questions;
          World world = reached;
          const std::string result = afterwards(world, attempt(world, listed.name, kind, role));
          const std::string said = page.outcome.at(command).at(std::string(situation.text));
          const bool exists = situation.situation != Situation::none && situation.situation != Situation::deleted;
          const bool is_of_journeys = command == "pause" || command == "resume" || command == "close";
          if (!page.may.contains(command) || !page.may.at(command).contains(std::string(to_text(role)))) CHECK(result == "forbidden");
          else if (is_of_journeys && kind == Kind::campaign && exists) CHECK(result == "not_a_journey");
          else if (said.starts_with("`")) CHECK("`" + result + "`" == said);
          else if (said.starts_with("answers as the first time")) CHECK(result == "again");
          else if (command == "epoch_bump") CHECK(result == "not_fenced");  // its guard: no restore came before
          else CHECK(((said.starts_with("allowed: ") && result.starts_with("> "))));
        }
    }
  CHECK(questions == (13 + 19) * 16 * static_cast<int>(std::size(all_roles)));
}
