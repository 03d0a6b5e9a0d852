// docs/lifecycle.md, printed from the tables.
#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "lifecycle/phase.h"
#include "lifecycle/table.h"

namespace footlight {
namespace {

constexpr std::string_view opening = R"(# Lifecycle

What may happen to an experience, who may do it, what guards it, and what every refusal is called.
This page is printed from the table that the code obeys (`runtime/lifecycle/table.cc`); a test keeps the two equal.

An experience is found in one of these situations. While it is being authored, what is shown is the status of its
newest revision, the head: draft, in review, approved. Once it is live or paused, a newer head may be pending beside
the revision in force. Campaigns are never paused, closed or finished.

)";

constexpr std::string_view order = R"(
## Order of refusal

Everything is checked before anything changes, and the first refusal is the answer: `unavailable` → `unauthorized` →
`forbidden` (the role) → `fenced` → a replay of an idempotency key, or `idempotency_key_reuse` → `not_found`, `gone` →
409, the situation → `revision_conflict` → `self_approval` → 422, the content. A refused command leaves no trace in the
journal. A command that only a journey knows answers `not_a_journey` to a campaign, whatever its situation.

Nothing leaves stopped, completed or finished except to archived, and nobody can make it, an admin included. Time does
not go back either: a command stamped before the newest record is taken at that record's instant, so that what has
ended stays so when a wall clock steps back.

## Commands
)";

constexpr std::string_view closing = R"(
## Replacing what is live

An edit of something live or paused makes a draft beside the revision in force, which goes on. The draft passes its own
review. Once activated it takes the place of the other at once, under its own end; its start must not lie ahead
(`too_far_ahead`), since no catalog holds two revisions of one experience and one cannot wait behind the other. To have
new content from a later day on, duplicate the experience and schedule the duplicate. `activated_at`, which decides
between equal priorities, stays that of the first activation; unscheduling forgets it.

## Approvals

An approval is bound to the hash of the revision that was reviewed: the approver sends it. Who made any revision since
the experience was last in force is a contributor and cannot approve (`self_approval`). The same approver counts once.
An edit makes a new head with no approvals; withdrawing and requesting changes void those of the head. How many are
needed is asked of the workspace's rules when the head is approved, and again when it is activated: a rule that grew
meanwhile refuses with `not_approved`. Where no rule matches, a draft may be activated as it is; if it was submitted
all the same, one approval makes it approved.

Each rule that matches must be met by itself. A rule may say whose approvals count for it, by role or by name; the roles
are those that the approver had when approving. One approval counts for every rule that it fits, and who fits none of
them is refused (`forbidden`). A name makes nobody an approver: the role is needed all the same.

`submit` may ask for `activate_on_approval`. Then the approval that was the last one needed activates too: one record, one
catalog version, under every guard of `activate`. Approving alone gives nobody that power: it happens only where who
submitted had a role that may activate, at that moment, or where who approves last has one. What stands in the way of
the activation, that or a check or a date that has passed, does not undo the approval: the head is approved, the answer
says `not_activated` with the code and the reason, and somebody activates by hand. The wish is the review's: withdrawing,
requesting changes and the approval itself end it.

## The catalog and its versions

The catalog is what may be served: everything scheduled, live, paused or closed, with its start and end, which each
reader evaluates by its own clock. A scheduled experience is in it ahead of its start, so that it begins everywhere
at once. Activating, unscheduling, stopping, pausing, resuming and closing make a new version, and so do an approval
that activates and an epoch bump; no other command on this page does. A start or an end needs none: it is in the catalog already. Versions are
contiguous, across epochs too; each carries the SHA-256 of the chain before it, its epoch, its number and what
changed.

## When it is promised

A command that makes a version is in force everywhere one window after it was accepted: `visible_by` for what appears,
`gone_by` for what goes. The window is 15 minutes; a deployment may lower it and nothing may raise it. The receipt
lists each node: it has confirmed, or its lease has ended and it serves nothing, or it may still serve the old. A
publish has propagated when no node of the last kind is left.

## Limits

)";

std::string situations_of(const std::vector<Situation>& from) {
  if (from.size() == situation_table().size()) return "any";
  std::vector<std::string> names;
  for (const Situation situation : from) names.emplace_back(to_text(situation));
  return join(names, " · ");
}

std::string outcome_of(const Cell& cell) {
  if (cell.verdict == Verdict::repeat) return "answers as the first time; nothing is recorded";
  if (cell.verdict == Verdict::refused) return "`" + std::string(name(cell.code)) + "`";
  std::vector<std::string> guards;
  for (const Guard guard : cell.guards) guards.emplace_back(row(guard).name);
  return "allowed: " + join(guards, ", ");
}

std::string roles_of(const CommandRow& command) {
  std::vector<std::string> roles;
  for (const Role role : command.roles) roles.emplace_back(to_text(role));
  return join(roles, ", ");
}

void print_situations(std::string& out) {
  out += "| Situation | campaign | journey |\n|---|---|---|\n";
  for (const SituationRow& row : situation_table()) {
    out += "| " + std::string(row.text) + " | " + (row.journeys_only ? "" : "yes") + " | yes |\n";
  }
}

// The role comes before everything that an experience is found in, so this table and one row below it
// answer any question of who may do what when.
void print_roles(std::string& out) {
  constexpr Role roles[] = {Role::viewer, Role::author, Role::approver, Role::publisher, Role::admin, Role::delivery, Role::node};
  out +=
      "\n## Who may\n\nA role that may not is refused with `forbidden` in every situation; any one of an actor's roles is enough.\n\n| "
      "Command |";
  for (const Role role : roles) out += " " + std::string(to_text(role)) + " |";
  out += "\n|---|";
  for ([[maybe_unused]] const Role role : roles) out += ":-:|";
  out += "\n";
  for (const CommandRow& command : command_table()) {
    out += "| " + std::string(to_text(command.name)) + " |";
    for (const Role role : roles) {
      const bool may = std::find(command.roles.begin(), command.roles.end(), role) != command.roles.end();
      out += may ? " yes |" : " |";
    }
    out += "\n";
  }
}

void print_command(std::string& out, const CommandRow& command) {
  out += "\n### " + std::string(to_text(command.name)) + "\n\n";
  out += "Of " + roles_of(command) + (command.journeys_only ? "; of journeys only" : "") + ": " + std::string(command.summary) +
      ". Effect: " + std::string(command.effect) + ".\n\n";
  out += "| Found | Outcome |\n|---|---|\n";
  for (const Cell& cell : command.cells) out += "| " + situations_of(cell.from) + " | " + outcome_of(cell) + " |\n";
}

void print_guards(std::string& out) {
  out += "\n## Guards\n\n| Guard | What must hold | Else |\n|---|---|---|\n";
  for (const GuardRow& guard : guard_table()) {
    std::vector<std::string> codes;
    for (const Code code : guard.codes) codes.push_back("`" + std::string(name(code)) + "`");
    out += "| " + std::string(guard.name) + " | " + std::string(guard.sentence) + " | " + join(codes, ", ") + " |\n";
  }
}

void print_time(std::string& out) {
  out +=
      "\n## What time does\n\nComputed from the clock by every node alike, never stored by a timer. An "
      "experience is "
      "in force from its start on, up to but not including its end.\n\n| From | To | When |\n|---|---|---|\n";
  for (const TimeRow& row : time_table()) {
    out += "| " + std::string(to_text(row.from)) + (row.journeys_only ? " (journey)" : "") + " | " + std::string(to_text(row.to)) + " | " +
        std::string(row.when) + " |\n";
  }
}

void print_limits(std::string& out) {
  const auto line = [&](std::string_view what, std::string limit) { out += "| " + std::string(what) + " | " + limit + " |\n"; };
  out += "| Limit | |\n|---|---|\n";
  line("an id", std::to_string(limits::id_bytes_max) + " bytes");
  line("a definition", std::to_string(limits::document_bytes_max) + " bytes");
  line("a message", std::to_string(limits::message_bytes_max) + " bytes");
  line("revisions of an experience", std::to_string(limits::revisions_max));
  line("experiences of a workspace, ended and deleted ones too", std::to_string(limits::experiences_max));
  line("a start ahead", to_text(limits::start_ahead_max));
  line("a pause", to_text(limits::pause_max));
  line("a closed journey", to_text(limits::closed_max));
  line("the window", to_text(limits::window_max));
}

}  // namespace

std::string lifecycle_markdown() {
  std::string out(opening);
  print_situations(out);
  print_roles(out);
  out += order;
  for (const CommandRow& command : command_table()) print_command(out, command);
  print_guards(out);
  print_time(out);
  out += closing;
  print_limits(out);
  return out;
}

}  // namespace footlight
