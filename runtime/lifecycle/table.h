// THE transition table: for every situation and command, what guards it or why it is refused.
//
// `apply` finds the row and the cell and obeys them; docs/lifecycle.md is printed from them; a test
// walks every pair and fails on one that is not listed. A new rule is a guard (guards.h), its name
// in a cell here, and rows in tests/lifecycle.
#pragma once

#include <string_view>
#include <vector>

#include "footlight/lifecycle.h"
#include "lifecycle/guards.h"

namespace footlight {

// What a command finds. Live and paused come in four: nothing newer than the live revision, or a
// newer head that is a draft, in review, approved.
enum class Situation {
  none,  // no experience of that id ever was
  draft,
  in_review,
  approved,
  scheduled,
  live,
  live_draft,
  live_in_review,
  live_approved,
  paused,
  paused_draft,
  paused_in_review,
  paused_approved,
  closed,
  stopped,
  completed,
  finished,
  archived,
  deleted,
};

struct SituationRow {
  Situation situation;
  std::string_view text;  // `live, draft pending`
  bool journeys_only;     // a campaign is never found so
};
const std::vector<SituationRow>& situation_table();  // in the order of the enumeration
std::string_view to_text(Situation situation);
Situation situation_of(const Experience* experience, Instant now);  // nullptr: none

enum class Verdict { allowed, repeat, refused };

struct Cell {
  std::vector<Situation> from;
  Verdict verdict;
  std::vector<Guard> guards;   // of allowed: in the order of refusal
  Code code = Code::internal;  // of refused
};

// What a command promises about other nodes, one window after it was accepted. An approval promises
// nothing, but for one that activates as it was asked to: that is as if both had been sent.
enum class Promise { nothing, visible_by, gone_by };

struct CommandRow {
  CommandName name;
  std::string_view summary;
  std::vector<Role> roles;     // any of them may
  bool journeys_only = false;  // else not_a_journey, before the cell is asked
  bool while_fenced = false;
  Promise promise = Promise::nothing;  // anything but nothing: makes a catalog version
  std::string_view effect;             // the sentence in the docs
  std::vector<Cell> cells;             // every situation exactly once
};
const std::vector<CommandRow>& command_table();  // in the order of the enumeration
const CommandRow& row(CommandName name);
const Cell& cell(const CommandRow& row, Situation situation);

}  // namespace footlight
