// A small world for lifecycle tests: rules that read a few members of a definition, and a journal.
#pragma once

#include <string>
#include <vector>

#include "footlight/lifecycle.h"

namespace footlight::test {

// Definitions say of themselves what the rules around them would find:
//   {"kind": "campaign", "from": "2026-12-01T09:00", "till": "…",   in Europe/Paris
//    "approvers": 2, "because": "tagged `price`",                   0 or absent: no rule matches
//    "needs": [{"approvers": 1, "because": "kind campaign", "roles": ["admin"], "names": ["ann"]}, …]
//    "broken": ["what is wrong", …]}
// `approvers_now`, where not negative, stands for rules that were changed meanwhile.
Rules rules_of_test(int approvers_now = -1, Window window = {});

Actor actor(std::string name, std::set<Role> roles);
Actor actor(std::string name, Role role);
Instant instant(std::string_view text);  // a bad text ends the test
Value document(std::string_view json);

// Applies commands and keeps what was accepted, like a catalog without a store.
struct World {
  State state;
  std::vector<Record> journal;
  Instant now = instant("2026-12-01T07:00:00Z");
  Rules rules = rules_of_test();

  Result<Outcome> run(Command command);  // stamped `now`; accepted ones are folded
  Record must(Command command);          // anything but a record ends the test
  const Experience& at(const std::string& id) const;
};

Command command(CommandName name, std::string experience, Actor actor);

// `FOOTLIGHT_UPDATE=1` writes `actual` to the file; otherwise it must be its content already.
void check_against_file(const std::string& path, const std::string& actual);
std::string read_file(const std::string& path);

}  // namespace footlight::test
