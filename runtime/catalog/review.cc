// What reviewers ask: two revisions side by side, and what activating the newest one would do. Values
// only; how they read in a terminal is the program's affair.
#include <algorithm>
#include <charconv>
#include <tuple>

#include "base/text.h"
#include "catalog/catalog.h"
#include "catalog/delivered.h"
#include "lifecycle/guards.h"
#include "lint/satisfy.h"
#include "model/outline.h"

namespace footlight {
namespace {

Value value_of(const Problem& problem) {
  return Object{{"code", name(problem.code)}, {"place", problem.place}, {"message", problem.message}, {"warning", problem.is_warning}};
}

Value value_of(const Problems& problems) {
  Array rows;
  for (const Problem& problem : problems) rows.push_back(value_of(problem));
  return rows;
}

// `live`, `draft`, `earlier` …: what a revision is to its experience.
std::string standing_of(const Experience& experience, int n, Instant now) {
  const Phase phase = phase_at(experience, now);
  if (experience.live_revision && n == *experience.live_revision) return std::string(to_text(phase));
  return n == experience.head().n ? std::string(to_text(experience.head_status)) : "earlier";
}

Value head_of(const Experience& experience, const Revision& revision, Instant now) {
  return Object{{"revision", revision.n},
                {"hash", revision.hash},
                {"by", revision.by},
                {"at", to_text(revision.at)},
                {"status", standing_of(experience, revision.n, now)}};
}

// The revision that a word names; 0: none, what was there before the first.
Result<int> revision_of(const Experience& experience, std::string_view word) {
  const int newest = experience.head().n;
  if (word == "newest") return newest;
  if (word == "live") {
    if (experience.live_revision) return *experience.live_revision;
    return refuse(Code::no_such_revision, "`" + experience.id + "` was never live");
  }
  if (word == "draft") {
    if (experience.has_pending_head()) return newest;
    return refuse(Code::no_such_revision,
                  "`" + experience.id + "` has no draft: r" + std::to_string(newest) + " was activated and nothing newer exists");
  }
  if (word.starts_with('r')) word.remove_prefix(1);
  int n = 0;
  const auto end = std::from_chars(word.data(), word.data() + word.size(), n);
  if (end.ec != std::errc() || end.ptr != word.data() + word.size())
    return refuse(Code::usage, "`" + std::string(word) + "` names no revision; say a number, `live`, `draft` or `newest`");
  if (n < 1 || n > newest)
    return refuse(Code::no_such_revision,
                  "`" + experience.id + "` has no r" + std::to_string(n) + "; its revisions are r1 to r" + std::to_string(newest));
  return n;
}

Result<Definition> read(const Experience& experience, int n) {
  Problems problems;
  Definition definition = parse_definition(experience.revisions[static_cast<std::size_t>(n) - 1].definition, problems);
  if (has_errors(problems))
    return refuse(Code::validation_failed, std::move(problems),
                  "`" + experience.id + "` r" + std::to_string(n) + " was accepted and can no longer be read");
  return definition;
}

Result<Value> difference_of(const Experience& experience, int from, int to, const Workspace& workspace, Instant now) {
  const auto side = [&](int n) {
    return n == 0 ? Value(Object{{"revision", 0}, {"status", "nothing"}})
                  : head_of(experience, experience.revisions[static_cast<std::size_t>(n) - 1], now);
  };
  Outline before;
  if (from > 0) {
    auto definition = read(experience, from);
    if (!definition) return definition.error();
    before = outline(*definition, &workspace);
  }
  auto definition = read(experience, to);
  if (!definition) return definition.error();
  const Comparison compared = compare(before, outline(*definition, &workspace));
  return Value(Object{
      {"id", experience.id}, {"from", side(from)}, {"to", side(to)}, {"is_equal", compared.empty()}, {"sections", to_value(compared)}});
}

// What the newest is compared with where nobody says: what is in force, or the one before.
int base_of(const Experience& experience, int n) {
  if (experience.live_revision && *experience.live_revision < n) return *experience.live_revision;
  return n - 1;
}

// [start, end) of both; nothing where they never meet.
std::optional<std::pair<std::optional<Instant>, std::optional<Instant>>> overlap(const Span& one, const Span& other, Instant now) {
  std::optional<Instant> start, end;
  for (const Span* span : {&one, &other}) {
    if (span->start && (!start || *start < *span->start)) start = span->start;
    if (span->end && (!end || *span->end < *end)) end = span->end;
  }
  if (end && *end <= now) return {};
  if (start && end && *end <= *start) return {};
  if (start && *start <= now) start.reset();
  return std::pair{start, end};
}

}  // namespace

Result<Value> Catalog::difference(std::string_view id, std::string_view from, std::string_view to, Instant now) const {
  const std::shared_lock reading(state_mutex_);
  std::optional<Error> refusal;
  const Experience* experience = known(id, refusal);
  if (!experience) return *refusal;
  auto second = revision_of(*experience, to.empty() ? "newest" : to);
  if (!second) return second.error();
  Result<int> first = from.empty() ? Result<int>(base_of(*experience, *second)) : revision_of(*experience, from);
  if (!first) return first.error();
  return difference_of(*experience, *first, *second, workspace_, now);
}

Result<Value> Catalog::served(const std::map<std::string, std::string>& with, bool drafts, Instant now) const {
  const std::shared_lock reading(state_mutex_);
  DeliveredCatalog document{.version = version_text(state_.version), .workspace = to_value(workspace_)};
  std::map<std::string, DeliveredExperience> experiences;
  for (const CatalogItem& item : catalog(state_))
    experiences[item.experience] = {state_.find(item.experience)->revisions[static_cast<std::size_t>(item.revision) - 1].definition,
                                    item.revision, item.activated_at, item.standing.span.start, item.standing.span.end};
  std::map<std::string, int> replaced;
  for (const auto& [id, word] : with) {
    std::optional<Error> refusal;
    const Experience* experience = known(id, refusal);
    if (!experience) return *refusal;
    auto revision = revision_of(*experience, word);
    if (!revision) return revision.error();
    replaced[id] = *revision;
  }
  if (drafts)
    for (const auto& [id, experience] : state_.experiences) {
      const Phase phase = phase_at(experience, now);
      const bool can_go_live = phase == Phase::authoring || phase == Phase::scheduled || phase == Phase::live || phase == Phase::paused;
      if (can_go_live && !replaced.contains(id) && !experience.revisions.empty()) replaced[id] = experience.head().n;
    }
  for (const auto& [id, n] : replaced) {
    const auto known_one = experiences.find(id);
    if (known_one != experiences.end() && known_one->second.revision == n) continue;
    const Experience& experience = *state_.find(id);
    auto definition = read(experience, n);
    if (!definition) return definition.error();
    DeliveredExperience& one = experiences[id];
    one = {experience.revisions[static_cast<std::size_t>(n) - 1].definition, n, experience.activated_at.value_or(now), {}, {}};
    if (auto zone = Zone::find(definition->zone.empty() ? workspace_.zone : definition->zone)) {
      if (auto start = parse_in_zone(definition->from, *zone); !definition->from.empty() && start) one.start = *start;
      if (auto end = parse_in_zone(definition->till, *zone); !definition->till.empty() && end) one.end = *end;
    }
  }
  for (auto& [id, one] : experiences) document.experiences.push_back(std::move(one));
  return to_value(document);
}

// Who has to approve the newest revision, who did, who cannot.
Value Catalog::approval_of(const Experience& experience) {
  const ApprovalNeeds needs = rules().approvals(experience.head().definition);
  const std::vector<ApprovalNeed> unmet = unmet_needs(experience, needs);
  Array asked, given;
  for (const ApprovalNeed& need : needs.all) {
    Object row{{"approvers", need.approvers}, {"because", need.because}, {"missing", 0}};
    if (const std::string who = need.who(); !who.empty()) row["who"] = who;
    for (const ApprovalNeed& missing : unmet)
      if (missing.because == need.because && missing.roles == need.roles && missing.names == need.names) row["missing"] = missing.approvers;
    asked.push_back(std::move(row));
  }
  if (const auto found = experience.approvals.find(experience.head().n); found != experience.approvals.end())
    for (const Approval& approval : found->second) given.push_back(Object{{"by", approval.by}, {"at", to_text(approval.at)}});
  Object value{{"is_needed", !needs.empty()},
               {"is_given", experience.head_status == HeadStatus::approved && unmet.empty()},
               {"status", to_text(experience.head_status)},
               {"rules", std::move(asked)},
               {"given", std::move(given)},
               {"cannot_approve", Array(experience.contributors.begin(), experience.contributors.end())}};
  if (const auto& wish = experience.activates_on_approval)
    value["activates_on_approval"] = Object{{"by", wish->by}, {"may_activate", wish->may_activate}};
  return value;
}

// What is in force, or will be, and shows on the same element of the same configuration at some time
// that both are, unless it is proved that nobody is in both audiences. A visitor who is stands with it.
Value Catalog::clashes_of(const Experience& experience, const Definition& definition, const Span& span, Instant now) {
  using Rank = std::tuple<int, Instant, std::string>;
  const auto written = [&](const Definition& owner) {
    return written_out(owner.audience, owner.include, [&](const Predicate& lua) {
      return policies_.lift({PolicyRole::targeting, lua.lua, owner.id, lua.path, {}}, workspace_.attributes);
    });
  };
  const std::optional<Predicate> audience_here = written(definition);
  const Rank ours{-definition.priority, experience.activated_at.value_or(now), experience.id};
  Array clashes;
  for (const CatalogItem& item : catalog(state_)) {
    const Phase phase = phase_at(item.standing, now);
    if (item.experience == experience.id || is_final(phase)) continue;
    const auto together = overlap(span, item.standing.span, now);
    if (!together) continue;
    const auto read = definition_of(item.experience, state_.find(item.experience)->revisions[static_cast<std::size_t>(item.revision) - 1]);
    if (!read) continue;  // it is not served either; `compile_error` tells
    const Definition& other = **read;
    const Rank theirs{-other.priority, item.activated_at, item.experience};
    const bool we_win = ours < theirs;
    const std::string& winner = we_win ? experience.id : item.experience;
    std::set<std::pair<std::string, std::string>> told;
    std::optional<Satisfaction> both;  // asked where they stand on one place
    for (const Action& action : definition.actions)
      for (const Action& rival : other.actions) {
        if (action.configuration != rival.configuration || action.element != rival.element) continue;
        if (!told.emplace(action.configuration, action.element).second) continue;
        if (!both) {
          const std::optional<Predicate> audience_there = written(other);
          both.emplace();
          if (audience_here && audience_there) {
            const Demand demands[] = {{&*audience_here, true}, {&*audience_there, true}};
            both = satisfy(demands, workspace_.attributes, lists_);
          }
        }
        if (both->answer == Satisfaction::Answer::never) continue;
        const auto [winning, losing] = std::minmax(definition.priority, other.priority, std::greater<>());
        std::string why;
        if (definition.priority != other.priority) why = "priority " + std::to_string(winning) + " over " + std::to_string(losing);
        else if (std::get<1>(ours) != std::get<1>(theirs))
          why = "both have priority " + std::to_string(other.priority) + ", and `" + winner + "` was activated first";
        else why = "both have priority " + std::to_string(other.priority) + " and were activated at once; the smaller id goes first";
        Object row{{"configuration", action.configuration},
                   {"element", action.element},
                   {"with", item.experience},
                   {"revision", item.revision},
                   {"status", to_text(phase)},
                   {"priority", other.priority},
                   {"winner", winner},
                   {"why", why}};
        Array audience;
        for (const std::string& line : clauses(other.audience)) audience.emplace_back(line);
        row["audience"] = std::move(audience);
        // A policy may still say no to the visitor, so none is named where one is asked.
        if (const Witness& visitor = both->witness; !both->asks_policy && (!visitor.attributes.empty() || visitor.identity)) {
          Object shown{{"attributes", Object(visitor.attributes.begin(), visitor.attributes.end())}};
          if (visitor.identity) shown["identity"] = Object{{"id", *visitor.identity}};
          row["visitor"] = std::move(shown);
        }
        if (together->first) row["from"] = to_text(*together->first);
        if (together->second) row["till"] = to_text(*together->second);
        const Configuration* configuration = workspace_.configuration(action.configuration);
        const Resolution resolve = configuration ? configuration->resolve : Resolution{};
        row["resolve"] = resolve.mode == Resolution::Mode::highest ? "highest"
            : resolve.mode == Resolution::Mode::stack              ? "stack"
                                                                   : "merge";
        if (resolve.mode == Resolution::Mode::stack) row["most"] = resolve.most;
        if (workspace_.conflict.contains(action.configuration)) row["has_conflict_policy"] = true;
        clashes.push_back(std::move(row));
      }
  }
  return clashes;
}

Result<Value> Catalog::review(std::string_view id, Instant at) {
  const std::lock_guard turn(commands_);  // state_ stands still, and the compiler is ours
  std::optional<Error> refusal;
  const Experience* experience = known(id, refusal);
  if (!experience) return *refusal;
  const Instant now = std::max(at, state_.at);
  const Revision& head = experience->head();
  auto definition = read(*experience, head.n);
  if (!definition) return definition.error();
  const Rules asked = rules();

  // Checks, and beside them the times, which activating asks for on its own.
  Array checks;
  bool has_failed = false;
  const auto told = [&](const std::string& name, const std::string& what, const Problems& problems, bool was_skipped) {
    const char* result = was_skipped ? "skipped" : has_errors(problems) ? "failed" : problems.empty() ? "passed" : "warned";
    has_failed = has_failed || was_skipped || has_errors(problems);
    checks.push_back(Object{{"check", name}, {"what", what}, {"result", result}, {"problems", value_of(problems)}});
  };
  for (const Check& check : checks_of(head.definition, now)) told(check.name, check.what, check.problems, check.was_skipped);
  const auto span = asked.schedule(head.definition, now);
  Problems of_time;
  if (span) of_time = check_span(*span, now);
  else of_time = span.error().problems.empty() ? Problems{{span.error().code, "$.from", span.error().message}} : span.error().problems;
  told("times", "its start and end make sense now", of_time, false);

  // What would come of it: asked of the lifecycle itself, as a publisher would.
  const auto outcome = footlight::apply(
      state_, {.name = CommandName::activate, .experience = experience->id, .actor = {"review", {Role::publisher}}, .at = now}, asked);
  Object activation{{"is_possible", outcome.ok()}};
  if (!outcome.ok())
    activation["refused"] = Object{{"code", footlight::name(outcome.error().code)},
                                   {"message", outcome.error().message},
                                   {"problems", value_of(outcome.error().problems)}};
  // What is over stays so, and what is in force already changes nothing.
  const Phase phase = phase_at(*experience, now);
  const bool can_come = !is_final(phase) && phase != Phase::closed && experience->has_pending_head() && span.ok() && !has_errors(of_time);
  if (can_come) {
    const bool lies_ahead = span->start && now < *span->start;
    activation["effect"] = phase == Phase::paused ? "replaces and stays paused"
        : experience->live_revision               ? "replaces"
        : lies_ahead                              ? "schedules"
                                                  : "live";
    const Instant begins = lies_ahead ? *span->start : now;
    activation["visible_from"] = to_text(begins);
    activation["visible_by"] = to_text(std::max(begins, now + options_.window.length()));
    if (span->end) activation["ends"] = to_text(*span->end);
    if (span->start) activation["starts"] = to_text(*span->start);
  }

  Object review = head_of(*experience, head, now).object();
  review["id"] = experience->id;
  review["kind"] = to_text(experience->kind);
  review["status"] = status_at(*experience, now);
  review["asked_at"] = to_text(now);
  review["title"] = definition->title;
  review["priority"] = definition->priority;
  review["audience_size"] = to_text(audience_size(*definition));
  review["sections"] = to_value(outline(*definition, &workspace_));
  review["checks"] = std::move(checks);
  review["is_sound"] = !has_failed;
  review["clashes"] = clashes_of(*experience, *definition, span ? *span : Span{}, now);
  review["approval"] = approval_of(*experience);
  review["activation"] = std::move(activation);
  if (experience->live_revision && experience->has_pending_head()) {
    auto difference = difference_of(*experience, *experience->live_revision, head.n, workspace_, now);
    if (!difference) return difference.error();
    review["differs"] = std::move(*difference);
  }
  return Value(std::move(review));
}

}  // namespace footlight
