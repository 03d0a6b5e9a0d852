// Decides a command: role, fence, cell of the table, guards of the cell, then the effect.
//
// The effects stand here, one small function a command; each fills in a record and nothing else.
#include <algorithm>
#include <array>

#include "base/limits.h"
#include "lifecycle/refusal.h"
#include "lifecycle/table.h"

namespace footlight {
namespace {

using Effect = void (*)(const Attempt&, Record&);

Revision revision_by(const Attempt& attempt, int n, Value definition) {
  std::string hash = hash_of(definition);
  return {n, std::move(definition), std::move(hash), attempt.command.actor.name, attempt.now};
}

// The same revision in force, otherwise: paused, closed, stopped …
Standing moved(const Attempt& attempt, Phase phase) { return {phase, attempt.now, attempt.experience->standing.span}; }

void create(const Attempt& attempt, Record& record) {
  record.kind = kind_from(attempt.command.definition.string_or("kind", ""));
  record.revision = revision_by(attempt, 1, attempt.command.definition);
  record.head_status = HeadStatus::draft;
  record.standing = Standing{Phase::authoring, attempt.now, {}};
}

void edit(const Attempt& attempt, Record& record) {
  record.revision = revision_by(attempt, attempt.experience->head().n + 1, attempt.command.definition);
  record.starts_contributors_anew = !attempt.experience->has_pending_head();
  record.head_status = HeadStatus::draft;
}

void delete_(const Attempt& attempt, Record& record) {
  record.standing = moved(attempt, Phase::deleted);
  record.ending = Ending{attempt.command.actor.name, attempt.now, "deleted"};
}

bool may(const Actor& actor, CommandName name);

void submit(const Attempt& attempt, Record& record) {
  record.head_status = HeadStatus::in_review;
  if (attempt.command.activate_on_approval)
    record.activates_on_approval = ActivationWish{attempt.command.actor.name, may(attempt.command.actor, CommandName::activate)};
}

void back_to_draft(const Attempt&, Record& record) {
  record.head_status = HeadStatus::draft;
  record.voids_approvals = true;
}

void activate_if_wished(const Attempt& attempt, Record& record);

void approve(const Attempt& attempt, Record& record) {
  const Revision& head = attempt.experience->head();
  record.approval = Approval{head.n, head.hash, attempt.command.actor.name, attempt.now, attempt.command.actor.roles};
  Experience approved = *attempt.experience;
  approved.approvals[head.n].push_back(*record.approval);
  if (!unmet_needs(approved, attempt.rules.approvals(head.definition)).empty()) return;
  record.head_status = approved.head_status = HeadStatus::approved;
  activate_if_wished({attempt.state, attempt.command, attempt.rules, attempt.now, &approved, situation_of(&approved, attempt.now)}, record);
}

void activate(const Attempt& attempt, Record& record) {
  const Experience& experience = *attempt.experience;
  const Span span = attempt.rules.schedule(experience.head().definition, attempt.now).value();
  const Phase before = phase_at(experience, attempt.now);
  record.live_revision = experience.head().n;
  if (before == Phase::paused) {
    record.standing = Standing{Phase::paused, experience.standing.since, span};  // the 14 days go on
  } else {
    const bool lies_ahead = span.start && attempt.now < *span.start;
    record.standing = Standing{lies_ahead ? Phase::scheduled : Phase::live, attempt.now, span};
  }
}

// Behind the last approval, on the experience as that leaves it. Activation has its own guards and its own
// roles: of who asked for it, at that moment, or of who approves. What stands in its way does not make the
// approval wrong: it counts, and the record says why nothing went live.
void activate_if_wished(const Attempt& attempt, Record& record) {
  const auto& wish = attempt.experience->activates_on_approval;
  if (!wish) return;
  const auto not_activated = [&](const Error& error) {
    record.not_activated = NotActivated{std::string(name(error.code)), to_text(error)};
  };
  const std::string& approver = attempt.command.actor.name;
  if (!wish->may_activate && !may(attempt.command.actor, CommandName::activate))
    return not_activated(refuse(Code::forbidden,
                                quoted(attempt.experience->id) + " is approved and was not activated: neither " + quoted(wish->by) +
                                    ", who asked for it, nor " + quoted(approver) + ", who approved last, may activate"));
  Command asked = attempt.command;
  asked.name = CommandName::activate;
  const Attempt activation{attempt.state, asked, attempt.rules, attempt.now, attempt.experience, attempt.situation};
  const Cell& here = cell(row(CommandName::activate), activation.situation);
  if (here.verdict != Verdict::allowed) return not_activated(refusal(here.code, activation));
  for (const Guard guard : here.guards)
    if (auto error = row(guard).check(activation)) return not_activated(*error);
  activate(activation, record);
}

void unschedule(const Attempt& attempt, Record& record) { record.standing = Standing{Phase::authoring, attempt.now, {}}; }

void stop(const Attempt& attempt, Record& record) {
  record.standing = moved(attempt, Phase::stopped);
  record.ending = Ending{attempt.command.actor.name, attempt.now, "stopped"};
}

void pause(const Attempt& attempt, Record& record) { record.standing = moved(attempt, Phase::paused); }
void resume(const Attempt& attempt, Record& record) { record.standing = moved(attempt, Phase::live); }
void close(const Attempt& attempt, Record& record) { record.standing = moved(attempt, Phase::closed); }

void archive(const Attempt& attempt, Record& record) {
  record.ending = ending_at(*attempt.experience, attempt.now);  // what time did is kept from here on
  record.standing = moved(attempt, Phase::archived);
}

void duplicate(const Attempt& attempt, Record& record) {
  const Experience& original = *attempt.experience;
  const int n = attempt.command.revision.value_or(original.head().n);
  Value definition = original.revisions[static_cast<std::size_t>(n) - 1].definition;
  if (definition.find("id")) definition.object()["id"] = attempt.command.new_id;
  record.experience = attempt.command.new_id;
  record.kind = original.kind;
  record.revision = revision_by(attempt, 1, std::move(definition));
  record.head_status = HeadStatus::draft;
  record.standing = Standing{Phase::authoring, attempt.now, {}};
  record.duplicated_from = {original.id, n};
}

void epoch_bump(const Attempt& attempt, Record& record) {
  record.experience.clear();
  record.ending = Ending{attempt.command.actor.name, attempt.now, "restored"};
}

// In the order of CommandName.
constexpr std::array<Effect, 16> effects = {
    create,
    edit,
    delete_,
    submit,
    back_to_draft /* withdraw */,
    back_to_draft /* request_changes */,
    approve,
    activate,
    unschedule,
    stop,
    pause,
    resume,
    close,
    archive,
    duplicate,
    epoch_bump,
};

bool may(const Actor& actor, CommandName name) {
  const std::vector<Role>& wanted = row(name).roles;
  return std::any_of(wanted.begin(), wanted.end(), [&](Role role) { return actor.roles.contains(role); });
}

// Repeats of the table (stop on stopped, archive on archived) say since when it is so.
Repeat repeat_of(const Attempt& attempt) {
  const Experience& experience = *attempt.experience;
  std::string words = quoted(experience.id) + " ";
  if (attempt.situation == Situation::archived) words += "was archived " + to_text(experience.standing.since);
  else words += how_it_ended(*experience.ending);
  return {experience.standing.since, words + " already"};
}

// An approver counts once, so approving again changes nothing.
std::optional<Repeat> approved_before(const Attempt& attempt) {
  if (attempt.command.name != CommandName::approve) return std::nullopt;
  const auto approvals = attempt.experience->approvals.find(attempt.experience->head().n);
  if (approvals == attempt.experience->approvals.end()) return std::nullopt;
  for (const Approval& approval : approvals->second)
    if (approval.by == attempt.command.actor.name)
      return Repeat{approval.at,
                    quoted(approval.by) + " approved " + quoted(attempt.experience->id) + " r" + std::to_string(approval.revision) + " " +
                        to_text(approval.at) + " already"};
  return std::nullopt;
}

CatalogVersion next_version(const State& state, const Record& record) {
  CatalogVersion version = state.version;
  if (record.command == CommandName::epoch_bump) ++version.epoch;
  ++version.v;
  Record looking_ahead = record;
  looking_ahead.version = version;
  version.chain = chain_of(state.version.chain, version.epoch, version.v, *change_of(state, looking_ahead));
  return version;
}

Record record_of(const Attempt& attempt, const CommandRow& command) {
  Record record;
  record.seq = attempt.state.head + 1;
  record.command = command.name;
  record.experience = attempt.command.experience;
  record.actor = attempt.command.actor;
  record.at = attempt.now;
  record.request_id = attempt.command.request_id;
  record.message = attempt.command.message;
  effects[static_cast<std::size_t>(command.name)](attempt, record);

  const Instant deadline = attempt.now + attempt.rules.window.length();
  const Promise promise = record.live_revision ? Promise::visible_by : command.promise;  // an approval may activate
  if (promise == Promise::visible_by) record.visible_by = deadline;
  if (promise == Promise::gone_by) record.gone_by = deadline;
  if (promise != Promise::nothing) record.version = next_version(attempt.state, record);
  return record;
}

}  // namespace

Duration Window::max() { return limits::window_max; }

Result<Window> Window::of(Duration length) {
  if (length > Duration{} && length <= max()) return Window(length);
  return refuse(
      Code::out_of_range,
      "the window " + quoted(to_text(length)) + " must be longer than nothing and " + to_text(max()) + " at most: nothing may raise it");
}

Result<Outcome> apply(const State& state, const Command& command, const Rules& rules) {
  const CommandRow& asked = row(command.name);
  const Instant now = std::max(command.at, state.at);
  const Experience* found = state.find(command.experience);
  const Attempt attempt{state, command, rules, now, found, situation_of(found, now)};

  if (!may(command.actor, command.name)) return wrong_role(attempt);
  if (state.fenced && !asked.while_fenced) return store_fenced();

  const Cell& here = cell(asked, attempt.situation);
  const bool exists = found && attempt.situation != Situation::deleted;
  if (exists && asked.journeys_only && found->kind != Kind::journey) return only_for_journeys(attempt);
  if (here.verdict == Verdict::refused) return refusal(here.code, attempt);
  if (here.verdict == Verdict::repeat) return Outcome{repeat_of(attempt)};
  for (const Guard guard : here.guards)
    if (auto error = row(guard).check(attempt)) return *std::move(error);
  if (auto repeat = approved_before(attempt)) return Outcome{*std::move(repeat)};
  return Outcome{record_of(attempt, asked)};
}

}  // namespace footlight
