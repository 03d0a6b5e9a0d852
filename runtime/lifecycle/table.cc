// The rows. Read a cell as: found so, the command is allowed under these guards, or refused so.
#include "lifecycle/table.h"

#include <cassert>

namespace footlight {
namespace {

using enum Situation;
using enum Guard;
using Situations = std::vector<Situation>;

// Lists of situations that stand together in many rows.
Situations operator|(Situations left, const Situations& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}
const Situations& authoring() {
  static const Situations list = {draft, in_review, approved};
  return list;
}
const Situations& any_live() {
  static const Situations list = {live, live_draft, live_in_review, live_approved};
  return list;
}
const Situations& any_paused() {
  static const Situations list = {paused, paused_draft, paused_in_review, paused_approved};
  return list;
}
const Situations& ended() {
  static const Situations list = {stopped, completed, finished};
  return list;
}
const Situations& existing() {
  static const Situations list =
      authoring() | Situations{scheduled} | any_live() | any_paused() | Situations{closed} | ended() | Situations{archived};
  return list;
}
const Situations& all() {
  static const Situations list = Situations{none} | existing() | Situations{deleted};
  return list;
}

Cell allow(Situations from, std::vector<Guard> guards) { return {std::move(from), Verdict::allowed, std::move(guards), Code::internal}; }
Cell repeat(Situations from) { return {std::move(from), Verdict::repeat, {}, Code::internal}; }
Cell refused(Situations from, Code code) { return {std::move(from), Verdict::refused, {}, code}; }

// The cells every command on an experience has.
std::vector<Cell> on_existing(std::vector<Cell> cells) {
  cells.push_back(refused({none}, Code::not_found));
  cells.push_back(refused({deleted}, Code::gone));
  return cells;
}

constexpr Role author = Role::author, approver = Role::approver, publisher = Role::publisher, admin = Role::admin;

// A row a command, a line a cell.
// clang-format off
std::vector<CommandRow> make_commands() {
  const Situations over = ended() | Situations{archived};
  std::vector<CommandRow> rows;
  rows.push_back(
      {.name = CommandName::create,
       .summary = "begins an experience",
       .roles = {author, admin},
       .effect = "a draft with revision 1; the actor is its only contributor",
       .cells = {allow({none}, {expected_revision, id_is_well_formed, room_for_experience, definition_is_well_formed, message_is_short}),
                 refused(existing(), Code::already_exists),
                 refused({deleted}, Code::gone)}});
  rows.push_back(
      {.name = CommandName::edit,
       .summary = "makes a new revision",
       .roles = {author, admin},
       .effect = "a new revision is the head, as a draft; approvals of the old head count no longer; the actor joins the "
                 "contributors, or is the first of a new set where the head was in force",
       .cells = on_existing({allow({draft, approved, live, live_draft, live_approved, paused, paused_draft, paused_approved},
                                   {expected_revision, definition_is_well_formed, room_for_revision, message_is_short}),
                             refused({in_review, live_in_review, paused_in_review}, Code::in_review_locked),
                             refused({scheduled}, Code::scheduled_locked),
                             refused({closed}, Code::not_live),
                             refused(over, Code::experience_final)})});
  rows.push_back(
      {.name = CommandName::delete_,
       .summary = "removes a draft that was never in force",
       .roles = {author, admin},
       .effect = "gone; the journal keeps the record and the id is never used again",
       .cells = on_existing({allow(authoring(), {expected_revision, message_is_short}),
                             refused(Situations{scheduled} | any_live() | any_paused() | Situations{closed} | over,
                                     Code::cannot_delete)})});
  rows.push_back(
      {.name = CommandName::submit,
       .summary = "asks for approval",
       .roles = {author, admin},
       .effect = "the head is in review and cannot be edited; with `activate_on_approval`, the last approval that is needed "
                 "activates it as well",
       .cells = on_existing({allow({draft, live_draft, paused_draft}, {expected_revision, checks_pass, message_is_short}),
                             refused({in_review, approved, scheduled, live, live_in_review, live_approved, paused,
                                      paused_in_review, paused_approved},
                                     Code::nothing_to_submit),
                             refused({closed}, Code::not_live),
                             refused(over, Code::experience_final)})});

  const Situations under_review = {in_review, live_in_review, paused_in_review};
  const Situations not_under_review = {draft, approved, scheduled, live, live_draft, live_approved,
                                       paused, paused_draft, paused_approved};
  rows.push_back(
      {.name = CommandName::withdraw,
       .summary = "takes a request for approval back",
       .roles = {author},
       .effect = "the head is a draft again; approvals it had so far are void",
       .cells = on_existing({allow(under_review, {expected_revision, message_is_short}),
                             refused(not_under_review, Code::not_in_review),
                             refused({closed}, Code::not_live),
                             refused(over, Code::experience_final)})});
  rows.push_back(
      {.name = CommandName::request_changes,
       .summary = "sends a revision back to its authors",
       .roles = {approver},
       .effect = "the head is a draft again; approvals it had so far are void",
       .cells = on_existing({allow(under_review, {expected_revision, message_is_short}),
                             refused(not_under_review, Code::not_in_review),
                             refused({closed}, Code::not_live),
                             refused(over, Code::experience_final)})});
  rows.push_back(
      {.name = CommandName::approve,
       .summary = "approves the revision that was reviewed",
       .roles = {approver, admin},
       .effect = "the approval is bound to the revision's hash; the head is approved once as many different people have "
                 "approved it as its rules ask for, one where none does; a second approval of the same person changes nothing; "
                 "where the submission asked for it, the last one activates as well, with a catalog version and `visible_by`",
       .cells = on_existing({allow(under_review, {expected_revision, hash_reviewed, did_not_contribute, approval_counts, message_is_short}),
                             refused(not_under_review, Code::not_in_review),
                             refused({closed}, Code::not_live),
                             refused(over, Code::experience_final)})});

  rows.push_back(
      {.name = CommandName::activate,
       .summary = "puts the newest revision in force",
       .roles = {publisher, admin},
       .promise = Promise::visible_by,
       .effect = "scheduled while the start lies ahead, else live; beside a live revision the new one takes its place at "
                 "once, and a paused journey stays paused; served everywhere by `visible_by`",
       .cells = on_existing({allow({draft, live_draft, paused_draft},
                                   {no_approval_asked, expected_revision, names_the_newest, can_take_force, message_is_short}),
                             allow({approved, live_approved, paused_approved},
                                   {enough_approvals, expected_revision, names_the_newest, can_take_force, message_is_short}),
                             refused({in_review, live_in_review, paused_in_review}, Code::not_approved),
                             refused({scheduled}, Code::scheduled_locked),
                             refused({live, paused}, Code::nothing_to_activate),
                             refused({closed}, Code::not_live),
                             refused(over, Code::experience_final)})});
  rows.push_back(
      {.name = CommandName::unschedule,
       .summary = "takes a scheduled experience back",
       .roles = {publisher, admin},
       .promise = Promise::gone_by,
       .effect = "as before it was activated, its approvals included",
       .cells = on_existing({allow({scheduled}, {expected_revision, message_is_short}),
                             refused(authoring() | any_live() | any_paused() | Situations{closed} | over,
                                     Code::not_scheduled)})});
  rows.push_back(
      {.name = CommandName::stop,
       .summary = "ends an experience for ever",
       .roles = {publisher, admin},
       .promise = Promise::gone_by,
       .effect = "stopped, and a pending head frozen with it; served nowhere from `gone_by` on; nothing leaves this but to "
                 "the archive; stopping again answers the same `stopped_at`",
       .cells = on_existing({allow(Situations{scheduled} | any_live() | any_paused() | Situations{closed},
                                   {expected_revision, message_is_short}),
                             repeat({stopped}),
                             refused(authoring(), Code::not_live),
                             refused({completed, finished, archived}, Code::experience_final)})});

  rows.push_back(
      {.name = CommandName::pause,
       .summary = "lets nobody enter a journey for a while",
       .roles = {publisher, admin},
       .journeys_only = true,
       .promise = Promise::gone_by,
       .effect = "paused for 14 days at most, then live by itself; entries are discarded meanwhile",
       .cells = on_existing({allow(any_live(), {expected_revision, message_is_short}),
                             refused(authoring() | Situations{scheduled} | any_paused() | Situations{closed}, Code::not_live),
                             refused(over, Code::experience_final)})});
  rows.push_back(
      {.name = CommandName::resume,
       .summary = "ends a pause",
       .roles = {publisher, admin},
       .journeys_only = true,
       .promise = Promise::visible_by,
       .effect = "live",
       .cells = on_existing({allow(any_paused(), {expected_revision, message_is_short}),
                             refused(authoring() | Situations{scheduled} | any_live() | Situations{closed}, Code::not_paused),
                             refused(over, Code::experience_final)})});
  rows.push_back(
      {.name = CommandName::close,
       .summary = "lets nobody enter a journey any more",
       .roles = {publisher, admin},
       .journeys_only = true,
       .promise = Promise::gone_by,
       .effect = "closed: profiles inside go on, on the revision they entered; a pending head is frozen",
       .cells = on_existing({allow(any_live() | any_paused(), {expected_revision, message_is_short}),
                             refused(authoring() | Situations{scheduled, closed}, Code::not_live),
                             refused(over, Code::experience_final)})});

  rows.push_back(
      {.name = CommandName::archive,
       .summary = "hides what has ended",
       .roles = {publisher, admin},
       .effect = "archived: hidden, not lost; archiving again changes nothing",
       .cells = on_existing({allow(ended(), {expected_revision, message_is_short}),
                             repeat({archived}),
                             refused(authoring() | Situations{scheduled} | any_live() | any_paused() | Situations{closed},
                                     Code::not_final)})});
  rows.push_back(
      {.name = CommandName::duplicate,
       .summary = "starts a new experience from a revision",
       .roles = {author, admin},
       .effect = "a draft with revision 1 under the new id, which remembers where it came from; the definition only, no "
                 "history; the actor is its only contributor",
       .cells = on_existing({allow(existing(), {new_id_is_free, expected_revision, new_id_is_well_formed, room_for_experience,
                                                revision_exists, message_is_short})})});
  rows.push_back(
      {.name = CommandName::epoch_bump,
       .summary = "opens a restored store for work",
       .roles = {admin},
       .while_fenced = true,
       .promise = Promise::gone_by,
       .effect = "a new epoch; every experience that had not ended, drafts too, is stopped (`restored`)",
       .cells = {allow(all(), {store_is_fenced, message_is_short})}});
  return rows;
}
// clang-format on

}  // namespace

const std::vector<SituationRow>& situation_table() {
  static const std::vector<SituationRow> rows = {
      {none, "none", false},
      {draft, "draft", false},
      {in_review, "in review", false},
      {approved, "approved", false},
      {scheduled, "scheduled", false},
      {live, "live", false},
      {live_draft, "live, draft pending", false},
      {live_in_review, "live, in review pending", false},
      {live_approved, "live, approved pending", false},
      {paused, "paused", true},
      {paused_draft, "paused, draft pending", true},
      {paused_in_review, "paused, in review pending", true},
      {paused_approved, "paused, approved pending", true},
      {closed, "closed", true},
      {stopped, "stopped", false},
      {completed, "completed", false},
      {finished, "finished", true},
      {archived, "archived", false},
      {deleted, "deleted", false},
  };
  return rows;
}

std::string_view to_text(Situation situation) { return situation_table()[static_cast<std::size_t>(situation)].text; }

Situation situation_of(const Experience* experience, Instant now) {
  if (!experience) return none;
  // Where a head newer than the revision in force exists, its status picks one of the three that follow.
  const auto beside = [&](Situation in_force) {
    if (!experience->has_pending_head()) return in_force;
    return static_cast<Situation>(static_cast<int>(in_force) + 1 + static_cast<int>(experience->head_status));
  };
  switch (phase_at(*experience, now)) {
    case Phase::authoring: return static_cast<Situation>(static_cast<int>(draft) + static_cast<int>(experience->head_status));
    case Phase::scheduled: return scheduled;
    case Phase::live: return beside(live);
    case Phase::paused: return beside(paused);
    case Phase::closed: return closed;
    case Phase::stopped: return stopped;
    case Phase::completed: return completed;
    case Phase::finished: return finished;
    case Phase::archived: return archived;
    case Phase::deleted: return deleted;
  }
  return none;
}

const std::vector<CommandRow>& command_table() {
  static const std::vector<CommandRow> rows = make_commands();
  return rows;
}

const CommandRow& row(CommandName name) { return command_table()[static_cast<std::size_t>(name)]; }

const Cell& cell(const CommandRow& row, Situation situation) {
  for (const Cell& candidate : row.cells)
    for (const Situation from : candidate.from)
      if (from == situation) return candidate;
  static const Cell unlisted = refused({}, Code::internal);  // the walk in the tests finds these
  return unlisted;
}

}  // namespace footlight
