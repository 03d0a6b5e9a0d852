// The guards, functions first, their table at the end.
#include "lifecycle/guards.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "lifecycle/refusal.h"
#include "lifecycle/table.h"
#include "model/reader.h"

namespace footlight {
namespace {

using Refusal = std::optional<Error>;
constexpr std::nullopt_t holds = std::nullopt;

std::string head_name(const Experience& experience) { return quoted(experience.id) + " r" + std::to_string(experience.head().n); }

// ---- existence and state

Refusal store_is_fenced(const Attempt& attempt) {
  if (attempt.state.fenced) return holds;
  return refuse(Code::not_fenced, "the store is not fenced: an epoch is bumped only after a restore, and it stops every experience");
}

Refusal new_id_is_free(const Attempt& attempt) {
  const Experience* owner = attempt.state.find(attempt.command.new_id);
  if (!owner) return holds;
  return owner->standing.phase == Phase::deleted ? gone(*owner) : taken(*owner);
}

Refusal no_approval_asked(const Attempt& attempt) {
  const ApprovalNeeds needs = attempt.rules.approvals(attempt.experience->head().definition);
  if (needs.empty()) return holds;
  return approvals_missing(attempt, needs);
}

Refusal enough_approvals(const Attempt& attempt) {
  const ApprovalNeeds needs = attempt.rules.approvals(attempt.experience->head().definition);
  if (needs.empty() || unmet_needs(*attempt.experience, needs).empty()) return holds;
  return approvals_missing(attempt, needs);
}

// ---- revision

Refusal expected_revision(const Attempt& attempt) {
  const std::optional<int>& expected = attempt.command.expected_revision;
  const int newest = attempt.experience ? attempt.experience->head().n : 0;
  if (!expected || *expected == newest) return holds;
  if (!attempt.experience)
    return refuse(Code::revision_conflict,
                  quoted(attempt.command.experience) + " does not exist yet, and r" + std::to_string(*expected) + " was expected");
  const Revision& head = attempt.experience->head();
  return refuse(Code::revision_conflict,
                quoted(attempt.experience->id) + " is at r" + std::to_string(newest) + ", made " + to_text(head.at) + " by " + head.by +
                    ", and r" + std::to_string(*expected) + " was expected; read it again and repeat your change");
}

Refusal names_the_newest(const Attempt& attempt) {
  const int newest = attempt.experience->head().n;
  if (attempt.command.revision.value_or(newest) == newest) return holds;
  return refuse(Code::revision_conflict,
                quoted(attempt.experience->id) + " is at r" + std::to_string(newest) + ", and r" +
                    std::to_string(*attempt.command.revision) + " was to be activated; only the newest revision can be");
}

Refusal hash_reviewed(const Attempt& attempt) {
  const std::string& hash = attempt.experience->head().hash;
  if (attempt.command.expected_hash == hash) return holds;
  std::string words = head_name(*attempt.experience) + " has the hash " + hash;
  words += attempt.command.expected_hash.empty() ? "; send it to say which content was reviewed"
                                                 : ", and " + quoted(attempt.command.expected_hash) + " was reviewed; review it again";
  return refuse(Code::revision_conflict, words);
}

// ---- self approval

Refusal did_not_contribute(const Attempt& attempt) {
  const std::string& actor = attempt.command.actor.name;
  if (!attempt.experience->contributors.contains(actor)) return holds;
  const auto& contributors = attempt.experience->contributors;
  return refuse(Code::self_approval,
                quoted(actor) + " worked on " + head_name(*attempt.experience) + " and cannot approve it; its contributors are " +
                    join(std::vector<std::string>(contributors.begin(), contributors.end()), ", "));
}

Refusal approval_counts(const Attempt& attempt) {
  const ApprovalNeeds needs = attempt.rules.approvals(attempt.experience->head().definition);
  const Actor& actor = attempt.command.actor;
  const auto counts = [&](const ApprovalNeed& need) { return need.counts(actor.name, actor.roles); };
  if (needs.empty() || std::any_of(needs.all.begin(), needs.all.end(), counts)) return holds;
  std::vector<std::string> wanted;
  for (const ApprovalNeed& need : needs.all) wanted.push_back(in_words(need));
  return refuse(Code::forbidden,
                head_name(*attempt.experience) + " needs " + join(wanted, " and ") + "; one of " + quoted(actor.name) + " would not count");
}

// ---- content

Refusal well_formed(const std::string& id) {
  if (is_valid_id(id)) return holds;
  return refuse(Code::bad_id,
                quoted(id) +
                    " is not an id: lower-case letters, digits, `.`, `_` and `-`, beginning with a "
                    "letter or digit, " +
                    std::to_string(limits::id_bytes_max) + " bytes at most");
}
Refusal id_is_well_formed(const Attempt& attempt) { return well_formed(attempt.command.experience); }
Refusal new_id_is_well_formed(const Attempt& attempt) { return well_formed(attempt.command.new_id); }

Refusal room_for_experience(const Attempt& attempt) {
  if (attempt.state.experiences.size() < limits::experiences_max) return holds;
  return refuse(
      Code::limit_exceeded,
      "the workspace holds " + counted(limits::experiences_max, "experience") + ", ended and deleted ones too, and takes no more");
}

Refusal room_for_revision(const Attempt& attempt) {
  if (attempt.experience->revisions.size() < limits::revisions_max) return holds;
  return refuse(Code::limit_exceeded,
                quoted(attempt.experience->id) + " has " + counted(limits::revisions_max, "revision") +
                    " and takes no more; `footlight duplicate " + attempt.experience->id + "` starts a new draft from it");
}

Refusal definition_is_well_formed(const Attempt& attempt) {
  const Value& definition = attempt.command.definition;
  const std::string id = quoted(attempt.command.experience);
  const auto bad = [&](Code code, std::string place, std::string what) {
    return refuse(Code::validation_failed, {{code, std::move(place), what}}, id + ": " + what);
  };
  if (!definition.is_object())
    return bad(Code::wrong_type, "$", "the definition must be an object, not " + std::string(kind_name(definition.kind())));
  const auto kind = kind_from(definition.string_or("kind", ""));
  if (!kind) return bad(Code::missing_field, "$.kind", "`kind` must be `campaign` or `journey`");
  if (attempt.experience && *kind != attempt.experience->kind)
    return bad(Code::out_of_range, "$.kind",
               "a " + std::string(to_text(attempt.experience->kind)) + " cannot become a " + std::string(to_text(*kind)));
  const std::string named = definition.string_or("id", attempt.command.experience);
  if (named != attempt.command.experience) return bad(Code::bad_id, "$.id", "the definition names itself " + quoted(named));
  const std::size_t size = to_json(definition).size();
  if (size > limits::document_bytes_max)
    return refuse(Code::limit_exceeded,
                  id + ": the definition has " + counted(size, "byte") + ", more than the " + std::to_string(limits::document_bytes_max) +
                      " allowed");
  return holds;
}

Refusal message_is_short(const Attempt& attempt) {
  const std::size_t size = attempt.command.message.size();
  if (size <= limits::message_bytes_max) return holds;
  return refuse(Code::limit_exceeded,
                "the message has " + counted(size, "byte") + ", more than the " + std::to_string(limits::message_bytes_max) + " allowed");
}

Refusal revision_exists(const Attempt& attempt) {
  const int newest = attempt.experience->head().n;
  const int wanted = attempt.command.revision.value_or(newest);
  if (wanted >= 1 && wanted <= newest) return holds;
  return refuse(
      Code::no_such_revision,
      quoted(attempt.experience->id) + " has no r" + std::to_string(wanted) + "; its revisions are r1 to r" + std::to_string(newest));
}

Error with_problems(const Attempt& attempt, Code code, Problems problems, std::string_view deed) {
  const auto errors = std::count_if(problems.begin(), problems.end(), [](const Problem& p) { return !p.is_warning; });
  std::string words = head_name(*attempt.experience) + " cannot be " + std::string(deed) + ": ";
  if (errors == 1) {
    words += std::find_if(problems.begin(), problems.end(), [](const Problem& p) { return !p.is_warning; })->message;
  } else {
    words += counted(static_cast<std::size_t>(errors), "problem");
  }
  return refuse(code, std::move(problems), words);
}

Refusal checks_pass(const Attempt& attempt) {
  Problems problems = attempt.rules.check(attempt.experience->head().definition, attempt.now);
  if (!has_errors(problems)) return holds;
  return with_problems(attempt, Code::validation_failed, std::move(problems), "submitted");
}

// The codes that activation answers with by themselves; any other error makes it validation_failed.
bool is_about_time(Code code) {
  static const std::vector<Code> codes = {
      Code::bad_time,         Code::unknown_time_zone, Code::nonexistent_local_time, Code::ambiguous_local_time, Code::offset_mismatch,
      Code::end_before_start, Code::end_in_past,       Code::too_far_ahead};
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

// What is wrong with when the head is to be in force.
Problems problems_of_time(const Attempt& attempt) {
  const auto span = attempt.rules.schedule(attempt.experience->head().definition, attempt.now);
  if (!span.ok()) {
    if (!span.error().problems.empty()) return span.error().problems;
    return {{span.error().code, "$.from", span.error().message}};
  }
  Problems problems = check_span(*span, attempt.now);
  // At most one revision of an experience is in a catalog, so one cannot wait behind another.
  if (problems.empty() && attempt.experience->live_revision && span->start && attempt.now < *span->start)
    problems.push_back({Code::too_far_ahead, "$.from",
                        "the start " + to_text(*span->start) +
                            " lies ahead, and a replacement takes effect at once; "
                            "leave the start as it was, or duplicate the experience"});
  return problems;
}

Refusal can_take_force(const Attempt& attempt) {
  Problems problems = attempt.rules.check(attempt.experience->head().definition, attempt.now);
  for (Problem& found : problems_of_time(attempt)) {
    const bool is_known = std::any_of(problems.begin(), problems.end(),
                                      [&](const Problem& problem) { return problem.code == found.code && !problem.is_warning; });
    if (!is_known) problems.push_back(std::move(found));
  }
  if (!has_errors(problems)) return holds;
  Code code = Code::validation_failed;
  const bool only_time = std::all_of(problems.begin(), problems.end(),
                                     [](const Problem& problem) { return problem.is_warning || is_about_time(problem.code); });
  if (only_time) code = std::find_if(problems.begin(), problems.end(), [](const Problem& p) { return !p.is_warning; })->code;
  return with_problems(attempt, code, std::move(problems), "activated");
}

}  // namespace

std::vector<std::string> approvers_of_head(const Experience& experience) {
  std::vector<std::string> approvers;
  const Revision& head = experience.head();
  const auto found = experience.approvals.find(head.n);
  if (found == experience.approvals.end()) return approvers;
  for (const Approval& approval : found->second)
    if (approval.hash == head.hash && std::find(approvers.begin(), approvers.end(), approval.by) == approvers.end())
      approvers.push_back(approval.by);
  return approvers;
}

std::vector<ApprovalNeed> unmet_needs(const Experience& experience, const ApprovalNeeds& needs) {
  std::vector<Approval> given;
  const auto found = experience.approvals.find(experience.head().n);
  if (found != experience.approvals.end())
    for (const Approval& approval : found->second)
      if (approval.hash == experience.head().hash) given.push_back(approval);
  std::vector<ApprovalNeed> unmet;
  for (ApprovalNeed need : needs.empty() ? std::vector<ApprovalNeed>{{1, ""}} : needs.all) {
    need.approvers -= static_cast<int>(
        std::count_if(given.begin(), given.end(), [&](const Approval& approval) { return need.counts(approval.by, approval.roles); }));
    if (need.approvers > 0) unmet.push_back(std::move(need));
  }
  return unmet;
}

bool ApprovalNeed::counts(const std::string& name, const std::set<Role>& its_roles) const {
  if (roles.empty() && names.empty()) return true;
  return names.contains(name) || std::any_of(its_roles.begin(), its_roles.end(), [&](Role role) { return roles.contains(role); });
}

std::string ApprovalNeed::who() const {
  std::vector<std::string> words;
  for (const Role role : roles) words.emplace_back(to_text(role));
  for (const std::string& name : names) words.push_back(quoted(name));
  return join(words, " or ");
}

Problems check_span(const Span& span, Instant now) {
  Problems problems;
  if (span.start && span.end && *span.end <= *span.start)
    problems.push_back(
        {Code::end_before_start, "$.till", "the end " + to_text(*span.end) + " is not after the start " + to_text(*span.start)});
  if (span.end && *span.end <= now) problems.push_back({Code::end_in_past, "$.till", "the end " + to_text(*span.end) + " has passed"});
  if (span.start && *span.start > now + limits::start_ahead_max)
    problems.push_back({Code::too_far_ahead, "$.from",
                        "the start " + to_text(*span.start) + " is more than " + to_text(limits::start_ahead_max) + " ahead"});
  return problems;
}

// Name, stage and codes, then the sentence and its function.
// clang-format off
const std::vector<GuardRow>& guard_table() {
  static const std::vector<GuardRow> rows = {
      {Guard::store_is_fenced, "store is fenced", Stage::state, {Code::not_fenced},
       "the store was restored and no epoch bump has followed yet", store_is_fenced},
      {Guard::new_id_is_free, "new id is free", Stage::existence, {Code::gone, Code::already_exists},
       "nothing has or ever had the new id", new_id_is_free},
      {Guard::no_approval_asked, "no approval asked", Stage::state, {Code::not_approved},
       "no approval rule of the workspace matches the newest revision", no_approval_asked},
      {Guard::enough_approvals, "enough approvals", Stage::state, {Code::not_approved},
       "the newest revision's hash has the approvals that its rule asks for now", enough_approvals},
      {Guard::expected_revision, "expected revision", Stage::revision, {Code::revision_conflict},
       "the revision that the actor expects, if sent, is the newest", expected_revision},
      {Guard::names_the_newest, "names the newest", Stage::revision, {Code::revision_conflict},
       "the revision to activate, if named, is the newest", names_the_newest},
      {Guard::hash_reviewed, "hash reviewed", Stage::revision, {Code::revision_conflict},
       "the hash sent is that of the newest revision", hash_reviewed},
      {Guard::did_not_contribute, "did not contribute", Stage::self_approval, {Code::self_approval},
       "the actor made none of the revisions since the experience was last in force", did_not_contribute},
      {Guard::approval_counts, "approval counts", Stage::self_approval, {Code::forbidden},
       "the actor is one of those whom a matching approval rule names, where each of them names somebody", approval_counts},
      {Guard::id_is_well_formed, "id is well formed", Stage::content, {Code::bad_id},
       "the id is `[a-z0-9][a-z0-9._-]*`, 64 bytes at most", id_is_well_formed},
      {Guard::new_id_is_well_formed, "new id is well formed", Stage::content, {Code::bad_id},
       "the new id is `[a-z0-9][a-z0-9._-]*`, 64 bytes at most", new_id_is_well_formed},
      {Guard::room_for_experience, "room for experience", Stage::content, {Code::limit_exceeded},
       "the workspace has room for one more experience", room_for_experience},
      {Guard::room_for_revision, "room for revision", Stage::content, {Code::limit_exceeded},
       "the experience has room for one more revision", room_for_revision},
      {Guard::definition_is_well_formed, "definition is well formed", Stage::content,
       {Code::validation_failed, Code::limit_exceeded},
       "the definition is an object of the experience's kind and id, within its limit of size", definition_is_well_formed},
      {Guard::message_is_short, "message is short", Stage::content, {Code::limit_exceeded},
       "the message is within its limit of size", message_is_short},
      {Guard::revision_exists, "revision exists", Stage::content, {Code::no_such_revision},
       "the experience has the revision named", revision_exists},
      {Guard::checks_pass, "checks pass", Stage::content, {Code::validation_failed},
       "the newest revision passes every check; each problem is reported with its place", checks_pass},
      {Guard::can_take_force, "can take force", Stage::content,
       {Code::validation_failed, Code::bad_time, Code::unknown_time_zone, Code::nonexistent_local_time,
        Code::ambiguous_local_time, Code::offset_mismatch, Code::end_before_start, Code::end_in_past, Code::too_far_ahead},
       "the newest revision passes every check, its end lies after its start and after now, its start at most 730 days "
       "ahead, and not ahead at all where it replaces one in force; everything that is wrong is reported at once",
       can_take_force},
  };
  return rows;
}
// clang-format on

const GuardRow& row(Guard guard) { return guard_table()[static_cast<std::size_t>(guard)]; }

}  // namespace footlight
