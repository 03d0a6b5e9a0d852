// Guards: named conditions of an allowed transition, each with the sentence that the docs print.
//
// A guard looks at an attempt and refuses it or lets it pass; it changes nothing. Its stage says
// where in the order of refusal it stands: a cell lists its guards by stage.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "footlight/lifecycle.h"

namespace footlight {

enum class Situation;

// A command, in front of what it finds.
struct Attempt {
  const State& state;
  const Command& command;
  const Rules& rules;
  Instant now;                   // never before the newest record
  const Experience* experience;  // nullptr where there is none
  Situation situation;
};

// The order of refusal behind the role and the fence: 404/410, 409, 412, 403 self_approval, 422.
enum class Stage { existence, state, revision, self_approval, content };

enum class Guard {
  store_is_fenced,
  new_id_is_free,
  no_approval_asked,
  enough_approvals,
  expected_revision,
  names_the_newest,
  hash_reviewed,
  did_not_contribute,
  approval_counts,
  id_is_well_formed,
  new_id_is_well_formed,
  room_for_experience,
  room_for_revision,
  definition_is_well_formed,
  message_is_short,
  revision_exists,
  checks_pass,
  can_take_force,
};

struct GuardRow {
  Guard guard;
  std::string_view name;
  Stage stage;
  std::vector<Code> codes;  // what it may refuse with
  std::string_view sentence;
  std::optional<Error> (*check)(const Attempt&);  // nullopt: it holds
};
const std::vector<GuardRow>& guard_table();  // in the order of the enumeration
const GuardRow& row(Guard guard);

// Distinct approvers of the head, for its very hash.
std::vector<std::string> approvers_of_head(const Experience& experience);
// What the head's approvals do not meet, each with the number that is missing. An experience in review is
// approved once there is nothing; where no rule asks for anything, one approval of anybody is.
std::vector<ApprovalNeed> unmet_needs(const Experience& experience, const ApprovalNeeds& needs);

}  // namespace footlight
