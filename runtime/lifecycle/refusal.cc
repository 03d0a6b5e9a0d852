// The sentences of refusal, by code. The table says which code; here it says so to a person.
#include "lifecycle/refusal.h"

#include "base/text.h"
#include "lifecycle/table.h"

namespace footlight {
namespace {

// `footlight submit gold-hero` in backticks.
std::string call(const Attempt& attempt, std::string_view command) {
  return "`footlight " + std::string(command) + " " + attempt.command.experience + "`";
}

std::string revision(int n) { return "r" + std::to_string(n); }

std::string id_of(const Attempt& attempt) { return quoted(attempt.command.experience); }

std::string since(const Attempt& attempt) { return to_text(attempt.experience->standing.since); }

// Ends every refusal that the end of an experience is the reason of.
std::string only_way_on(const Attempt& attempt) { return "; " + call(attempt, "duplicate") + " starts a new draft from it"; }

// What is asked of the experience, in the passive: `cannot be paused`.
std::string_view participle(CommandName name) {
  switch (name) {
    case CommandName::edit: return "edited";
    case CommandName::delete_: return "deleted";
    case CommandName::submit: return "submitted";
    case CommandName::withdraw: return "withdrawn";
    case CommandName::request_changes: return "sent back";
    case CommandName::approve: return "approved";
    case CommandName::activate: return "activated";
    case CommandName::unschedule: return "unscheduled";
    case CommandName::stop: return "stopped";
    case CommandName::pause: return "paused";
    case CommandName::resume: return "resumed";
    case CommandName::close: return "closed";
    case CommandName::archive: return "archived";
    case CommandName::create: return "created";
    case CommandName::duplicate: return "duplicated";
    case CommandName::epoch_bump: return "bumped";
  }
  return "changed";
}

std::string ended_words(const Attempt& attempt) {
  std::string words = how_it_ended(*ending_at(*attempt.experience, attempt.now));
  if (attempt.situation == Situation::archived) words += ", archived " + since(attempt);
  return words;
}

std::string final_words(const Attempt& attempt) {
  const CommandName name = attempt.command.name;
  const bool is_of_its_life =
      name == CommandName::stop || name == CommandName::pause || name == CommandName::resume || name == CommandName::close;
  std::string words = ended_words(attempt);
  words += words.find(',') == std::string::npos ? " and cannot be " : ", and cannot be ";
  words += is_of_its_life ? std::string(participle(name)) + " any more" : "edited or activated again";
  return words + only_way_on(attempt);
}

// Looks only among ids of the same first letter: a slip rarely hits it, and a workspace may be large.
std::string near_id(const Attempt& attempt) {
  const std::string& wanted = attempt.command.experience;
  std::vector<std::string> known;
  const auto& experiences = attempt.state.experiences;
  for (auto at = experiences.lower_bound(wanted.substr(0, 1)); at != experiences.end(); ++at) {
    if (wanted.empty() || at->first.front() != wanted.front()) break;
    if (at->second.standing.phase != Phase::deleted) known.push_back(at->first);
  }
  return did_you_mean(wanted, known);
}

// Where it is, in words that fit behind the id: `is scheduled`, `was closed 2026-… and …`.
std::string standing_words(const Attempt& attempt) {
  switch (attempt.situation) {
    case Situation::draft:
    case Situation::in_review:
    case Situation::approved:
      return "was never live: it is " + std::string(attempt.situation == Situation::draft ? "a " : "") +
          std::string(to_text(attempt.situation));
    case Situation::scheduled: return "is scheduled";
    case Situation::live:
    case Situation::live_draft:
    case Situation::live_in_review:
    case Situation::live_approved: return "is live";
    case Situation::paused:
    case Situation::paused_draft:
    case Situation::paused_in_review:
    case Situation::paused_approved: return "was paused " + since(attempt);
    case Situation::closed: return "was closed " + since(attempt);
    case Situation::stopped:
    case Situation::completed:
    case Situation::finished:
    case Situation::archived: return ended_words(attempt);
    case Situation::none:
    case Situation::deleted: break;  // not_found and gone have sentences of their own
  }
  return "is not there";
}

std::string scheduled_words(const Attempt& attempt) {
  std::string words = "is scheduled";
  if (const auto& start = attempt.experience->standing.span.start) words += " for " + to_text(*start);
  return words + " and locked until then; " + call(attempt, "unschedule") + " takes it back";
}

std::string head_words(const Attempt& attempt) {
  const Experience& experience = *attempt.experience;
  const std::string head = revision(experience.head().n);
  if (!experience.has_pending_head()) return head + " is in force and nothing newer exists; edit it first";
  switch (experience.head_status) {
    case HeadStatus::draft: return head + " is a draft; " + call(attempt, "submit") + " asks for approval";
    case HeadStatus::in_review: return head + " is in review already";
    case HeadStatus::approved: return head + " is approved already; " + call(attempt, "activate") + " puts it in force";
  }
  return head;
}

std::string not_live_words(const Attempt& attempt) {
  std::string words = standing_words(attempt) + " and cannot be " + std::string(participle(attempt.command.name));
  if (attempt.situation == Situation::closed) return words + ": profiles inside finish on the revision they entered" + only_way_on(attempt);
  if (attempt.command.name == CommandName::stop) return words + "; " + call(attempt, "delete") + " removes it";
  return words;
}

std::string cannot_delete_words(const Attempt& attempt) {
  const bool is_over = is_final(phase_at(*attempt.experience, attempt.now));
  std::string words = standing_words(attempt) + " and cannot be deleted: what was once activated is stopped and archived";
  if (attempt.situation == Situation::archived) return words;
  return words + "; " + call(attempt, is_over ? "archive" : "stop") + (is_over ? " hides it" : " ends it");
}

std::string sentence(Code code, const Attempt& attempt) {
  const std::string id = id_of(attempt);
  switch (code) {
    case Code::not_found: return "there is no experience " + id + near_id(attempt);
    case Code::experience_final: return id + " " + final_words(attempt);
    case Code::in_review_locked:
      return id + ": " + revision(attempt.experience->head().n) + " is in review and cannot be edited; " + call(attempt, "withdraw") +
          " makes it a draft again";
    case Code::scheduled_locked: return id + " " + scheduled_words(attempt);
    case Code::nothing_to_submit:
      return id + (attempt.situation == Situation::scheduled ? " " + scheduled_words(attempt) : ": " + head_words(attempt));
    case Code::nothing_to_activate: return id + ": " + head_words(attempt);
    case Code::not_in_review:
      return id +
          (attempt.situation == Situation::scheduled ? " " + scheduled_words(attempt) : " is not in review: " + head_words(attempt));
    case Code::not_scheduled: {
      const std::string words = id + " " + standing_words(attempt);
      if (!is_final(phase_at(*attempt.experience, attempt.now))) return words + ", not scheduled";
      return words + " and is not scheduled" + only_way_on(attempt);
    }
    case Code::not_live: return id + " " + not_live_words(attempt);
    case Code::not_paused: return id + " " + standing_words(attempt) + ", not paused";
    case Code::not_final: return id + " " + standing_words(attempt) + " and has not ended; what has ended can be archived";
    case Code::cannot_delete: return id + " " + cannot_delete_words(attempt);
    default: return id + ": " + std::string(row(code).summary);
  }
}

}  // namespace

std::string quoted(std::string_view text) { return "`" + std::string(text) + "`"; }

std::string counted(std::size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string how_it_ended(const Ending& ending) {
  const std::string when = to_text(ending.when);
  if (ending.how == "completed") return "was ended by its schedule at " + when;
  if (ending.how == "finished") return "ran out at " + when + ", 91 days after it was closed";
  if (ending.how == "restored") return "was stopped " + when + " by " + ending.who + " because the store was restored";
  return "was " + ending.how + " " + when + " by " + ending.who;
}

Error refusal(Code code, const Attempt& attempt) {
  if (code == Code::gone) return gone(*attempt.experience);
  if (code == Code::already_exists) return taken(*attempt.experience);
  if (code == Code::not_approved) return approvals_missing(attempt, attempt.rules.approvals(attempt.experience->head().definition));
  return refuse(code, sentence(code, attempt));
}

Error wrong_role(const Attempt& attempt) {
  const CommandRow& command = row(attempt.command.name);
  std::vector<std::string> may, has;
  for (const Role role : command.roles) may.emplace_back(to_text(role));
  for (const Role role : attempt.command.actor.roles) has.emplace_back(to_text(role));
  return refuse(Code::forbidden,
                quoted(attempt.command.actor.name) + " may not " + std::string(to_text(command.name)) + ": that takes the role " +
                    join(may, " or ") + ", and the token has " + (has.empty() ? "none" : join(has, ", ")));
}

Error store_fenced() {
  return refuse(Code::fenced,
                "the store was restored from a backup and takes no commands until an admin has bumped the epoch: "
                "`footlight epoch_bump`");
}

Error only_for_journeys(const Attempt& attempt) {
  return refuse(Code::not_a_journey,
                id_of(attempt) + " is a campaign and cannot be " + std::string(participle(attempt.command.name)) +
                    ": only journeys know `" + std::string(to_text(attempt.command.name)) + "`");
}

Error gone(const Experience& deleted) {
  std::string words = quoted(deleted.id);
  words += deleted.ending ? " " + how_it_ended(*deleted.ending) : " was deleted";
  return refuse(Code::gone, words + "; its id is never used again");
}

Error taken(const Experience& owner) {
  const Revision& first = owner.revisions.front();
  return refuse(Code::already_exists,
                quoted(owner.id) + " exists since " + to_text(first.at) + ", by " + first.by + "; ids are never used twice");
}

std::string in_words(const ApprovalNeed& need) {
  std::string words = counted(static_cast<std::size_t>(need.approvers), "approval");
  if (const std::string who = need.who(); !who.empty()) words += " of " + who;
  if (!need.because.empty()) words += " (" + need.because + ")";
  return words;
}

Error approvals_missing(const Attempt& attempt, const ApprovalNeeds& needs) {
  const Experience& experience = *attempt.experience;
  const std::vector<std::string> approvers = approvers_of_head(experience);
  std::vector<std::string> wanted, missing;
  for (const ApprovalNeed& need : needs.empty() ? std::vector<ApprovalNeed>{{1, ""}} : needs.all) wanted.push_back(in_words(need));
  const std::vector<ApprovalNeed> unmet = unmet_needs(experience, needs);
  for (const ApprovalNeed& need : unmet) missing.push_back(in_words(need));

  std::string words = quoted(experience.id) + ": " + revision(experience.head().n);
  if (experience.head_status == HeadStatus::in_review) words += " is in review and";
  words += " needs " + join(wanted, " and ") + " before it can be activated and has ";
  words += approvers.empty() ? "none" : std::to_string(approvers.size()) + " (" + join(approvers, ", ") + ")";
  if (wanted.size() > 1)
    words += unmet.empty() ? "" : ": missing " + std::string(unmet.size() > 1 ? "are " : "is ") + join(missing, " and ");
  else if (!unmet.empty()) words += ": " + std::to_string(unmet[0].approvers) + (unmet[0].approvers == 1 ? " is missing" : " are missing");

  switch (experience.head_status) {
    case HeadStatus::draft: words += "; " + call(attempt, "submit") + " asks for approval"; break;
    case HeadStatus::in_review: words += "; " + call(attempt, "approve") + " by somebody who did not work on it"; break;
    case HeadStatus::approved:  // its rule asks for more than when it was reviewed
      words += "; the approval rule has changed since: edit and submit it again";
      break;
  }
  return refuse(Code::not_approved, words);
}

}  // namespace footlight
