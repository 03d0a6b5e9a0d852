// Folding: records in order, effects only; no rule is asked again.
#include "footlight/lifecycle.h"

#include <algorithm>

#include "base/limits.h"

namespace footlight {
namespace {

bool is_listed(Phase phase) {
  return phase == Phase::scheduled || phase == Phase::live || phase == Phase::paused || phase == Phase::closed;
}

CatalogItem item_of(const std::string& id, const Standing& standing, const Revision& revision, Instant activated_at) {
  return {id, revision.n, revision.hash, standing, activated_at};
}

const Revision* revision_of(const Experience& experience, int n) {
  if (n < 1 || n > static_cast<int>(experience.revisions.size())) return nullptr;
  return &experience.revisions[static_cast<std::size_t>(n) - 1];
}

std::optional<CatalogItem> listed_item(const State& state, const Experience& experience) {
  const Standing& standing = experience.standing;
  if (!is_listed(standing.phase) || is_final(phase_at(standing, state.version_at))) return std::nullopt;
  return item_of(experience.id, standing, *revision_of(experience, *experience.live_revision), *experience.activated_at);
}

Error does_not_continue(const Record& record, std::string why) {
  return refuse(Code::store_corrupt,
                "record " + std::to_string(record.seq) + " (" + std::string(to_text(record.command)) + " `" + record.experience +
                    "`) does not continue this state: " + why);
}

bool only_archives(const Record& record) {
  return record.standing && record.standing->phase == Phase::archived && !record.revision && !record.approval && !record.live_revision &&
      !record.head_status && !record.voids_approvals;
}

// Why the record cannot follow the state; empty where it can. Effects are believed, places are not.
std::string misfit(const State& state, const Record& record) {
  if (record.seq != state.head + 1) return "the journal is at " + std::to_string(state.head);
  if (record.at < state.at) return "it is older than the record before it, " + to_text(state.at);
  const bool bumps_epoch = record.command == CommandName::epoch_bump;
  const Experience* experience = state.find(record.experience);
  if (bumps_epoch && (!record.ending || !record.version)) return "an epoch bump ends everything and makes a version";
  if (record.kind && experience) return "the experience exists";
  if (record.kind && !(record.revision && record.standing)) return "an experience begins with a revision";
  if (!record.kind && !experience && !bumps_epoch) return "there is no such experience";

  // No store gets around the end of an experience either.
  if (experience && !bumps_epoch) {
    const Phase phase = phase_at(*experience, record.at);
    if (phase == Phase::deleted) return "the experience was deleted";
    if (is_final(phase) && !(phase != Phase::archived && only_archives(record))) return "the experience has ended";
  }

  const int newest = experience ? experience->head().n : 0;
  if (record.revision && record.revision->n != newest + 1) return "the newest revision is " + std::to_string(newest);
  if (record.approval && record.approval->revision != newest) return "the approval is of another revision";
  if (record.live_revision && *record.live_revision != newest) return "only the newest revision takes force";
  if (!record.version) return record.standing && is_listed(record.standing->phase) ? "it changes the catalog without a version" : "";

  const std::int64_t epoch = state.version.epoch + (bumps_epoch ? 1 : 0);
  if (record.version->v != state.version.v + 1 || record.version->epoch != epoch) return "the versions have a gap";
  if (!bumps_epoch && !record.standing) return "a version comes with a standing";
  if (!bumps_epoch && is_listed(record.standing->phase) && !record.live_revision && !experience->live_revision)
    return "nothing of it was activated";
  if (record.version->chain != chain_of(state.version.chain, epoch, record.version->v, *change_of(state, record)))
    return "the chain of catalogs is broken";
  return "";
}

// Lets every effect of the record on its own experience count. `revision` is the record's.
void take_effects(Experience& experience, const Record& record, std::optional<Revision> revision) {
  if (record.kind) experience.kind = *record.kind;
  if (record.starts_contributors_anew) experience.contributors.clear();
  if (revision) {
    experience.contributors.insert(revision->by);
    experience.revisions.push_back(std::move(*revision));
  }
  if (record.voids_approvals) experience.approvals.erase(experience.head().n);
  if (record.approval) experience.approvals[record.approval->revision].push_back(*record.approval);
  if (record.head_status) {
    experience.head_status = *record.head_status;
    experience.activates_on_approval = record.activates_on_approval;  // a wish lasts as long as its review
  }
  if (record.live_revision) {
    experience.live_revision = record.live_revision;
    if (!experience.activated_at) experience.activated_at = record.at;
  }
  if (record.standing) experience.standing = *record.standing;
  if (experience.standing.phase == Phase::authoring) {  // unscheduled: as if it had not been activated
    experience.live_revision.reset();
    experience.activated_at.reset();
  }
  if (record.ending) experience.ending = record.ending;
  if (record.duplicated_from) experience.duplicated_from = record.duplicated_from;
}

}  // namespace

const Experience* State::find(std::string_view id) const {
  const auto found = experiences.find(id);
  return found == experiences.end() ? nullptr : &found->second;
}

Experience experience_after(const State& before, const Record& record) {
  const Experience* known = before.find(record.experience);
  Experience experience = known ? *known : Experience{};
  experience.id = record.experience;
  take_effects(experience, record, record.revision);
  return experience;
}

namespace {

// `revision` gives the record's where it is asked for.
template <class Give>
Status fold_as(State& state, const Record& record, Give revision) {
  if (std::string why = misfit(state, record); !why.empty()) return does_not_continue(record, std::move(why));
  if (record.command == CommandName::epoch_bump) {
    for (auto& [id, experience] : state.experiences) {
      const Phase phase = phase_at(experience, record.at);
      if (is_final(phase) || phase == Phase::deleted) continue;
      experience.standing = {Phase::stopped, record.at, experience.standing.span};
      experience.ending = record.ending;
    }
    state.fenced = false;
  } else {
    Experience& experience = state.experiences[record.experience];
    experience.id = record.experience;
    take_effects(experience, record, revision());
  }
  if (record.version) {
    state.version = *record.version;
    state.version_at = record.at;
  }
  state.head = record.seq;
  state.at = record.at;
  return Done{};
}

}  // namespace

Status fold(State& state, const Record& record) {
  return fold_as(state, record, [&] { return record.revision; });
}

Status fold(State& state, Record&& record) {
  return fold_as(state, record, [&] { return std::move(record.revision); });
}

std::vector<CatalogItem> catalog(const State& state) {
  std::vector<CatalogItem> items;
  for (const auto& [id, experience] : state.experiences)
    if (auto item = listed_item(state, experience)) items.push_back(std::move(*item));
  return items;
}

std::optional<CatalogItem> catalog_item(const State& state, std::string_view id) {
  const Experience* experience = state.find(id);
  return experience ? listed_item(state, *experience) : std::nullopt;
}

std::optional<Instant> leaves_catalog_at(const Standing& standing) {
  if (!is_listed(standing.phase)) return standing.since;
  std::optional<Instant> at = standing.span.end;
  if (standing.phase == Phase::closed) at = std::min(at.value_or(Instant{INT64_MAX}), standing.since + limits::closed_max);
  return at;
}

std::optional<CatalogChange> change_of(const State& before, const Record& record) {
  if (!record.version) return std::nullopt;
  if (record.command == CommandName::epoch_bump) return CatalogChange{};
  const Experience* experience = before.find(record.experience);
  if (!experience || !record.standing || !is_listed(record.standing->phase)) return CatalogChange{std::nullopt, record.experience};
  const int n = record.live_revision.value_or(experience->live_revision.value_or(0));
  const Revision* revision = revision_of(*experience, n);
  if (!revision) return CatalogChange{std::nullopt, record.experience};
  return CatalogChange{item_of(experience->id, *record.standing, *revision, experience->activated_at.value_or(record.at)), ""};
}

namespace {

// The next member of an object that is being written, in the order of keys.
void append_member(std::string& out, std::string_view key, std::string_view text) {
  if (out.back() != '{') out += ',';
  append_json_string(out, key);
  out += ':';
  append_json_string(out, text);
}
void append_member(std::string& out, std::string_view key, std::int64_t number) {
  if (out.back() != '{') out += ',';
  append_json_string(out, key);
  out += ':';
  append_json_number(out, static_cast<double>(number));
}
void append_known(std::string& out, std::string_view key, std::string_view text) {
  if (!text.empty()) append_member(out, key, text);
}
void append_known(std::string& out, std::string_view key, const std::optional<Instant>& instant) {
  if (instant) append_member(out, key, to_text(*instant));
}

}  // namespace

// What to_json makes of {"chain", "epoch", "put": to_value(item) or "gone", "v"}, written as it is: at a start each version
// of the journal is hashed again, and a Value of it costs as much as its hash.
std::string chain_of(std::string_view previous_chain, std::int64_t epoch, std::int64_t v, const CatalogChange& change) {
  std::string link = "{";
  link.reserve(640);
  append_member(link, "chain", previous_chain);
  append_member(link, "epoch", epoch);
  if (change.put) {
    const auto& [experience, revision, hash, standing, activated_at] = *change.put;
    link += ",\"put\":{";
    append_member(link, "activated_at", to_text(activated_at));
    append_member(link, "experience", experience);
    append_member(link, "hash", hash);
    append_member(link, "revision", revision);
    link += ",\"standing\":{";
    append_member(link, "phase", to_text(standing.phase));
    append_member(link, "since", to_text(standing.since));
    link += ",\"span\":{";
    append_known(link, "end", standing.span.end);
    append_known(link, "end_text", standing.span.end_text);
    append_known(link, "start", standing.span.start);
    append_known(link, "start_text", standing.span.start_text);
    append_known(link, "zone", standing.span.zone);
    link += "}}}";
  } else {
    append_member(link, "gone", change.gone);
  }
  append_member(link, "v", v);
  link += '}';
  return sha256_hex(link);
}

}  // namespace footlight
