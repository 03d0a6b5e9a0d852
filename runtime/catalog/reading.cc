// What a catalog tells whoever asks: experiences, receipts, the audit trail. Nothing here changes anything.
#include "catalog/catalog.h"

namespace footlight {
namespace {

Value hash_or_null(std::string_view hash) { return hash.empty() ? Value() : Value(hash); }

}  // namespace

std::shared_ptr<const Snapshot> Catalog::snapshot() const {
  const std::shared_lock reading(state_mutex_);
  return snapshot_;
}

std::shared_ptr<const Snapshot> Catalog::defaults() const {
  const std::shared_lock reading(state_mutex_);
  return defaults_;
}

std::optional<Error> Catalog::compile_error() const {
  const std::shared_lock reading(state_mutex_);
  return compile_error_;
}

CatalogVersion Catalog::version() const {
  const std::shared_lock reading(state_mutex_);
  return state_.version;
}

const std::vector<ZoneChange>* Catalog::changed_zones_of(const Experience& experience, Instant now) const {
  const auto found = changed_zones_.find(experience.id);
  // A replacement has a span of its own.
  if (found == changed_zones_.end() || found->second.first != experience.standing.span || is_final(phase_at(experience, now)))
    return nullptr;
  return &found->second.second;
}

std::map<std::string, std::vector<ZoneChange>> Catalog::changed_zones(Instant now) const {
  const std::shared_lock reading(state_mutex_);
  std::map<std::string, std::vector<ZoneChange>> changed;
  for (const auto& [id, known] : changed_zones_)
    if (const Experience* experience = state_.find(id))
      if (const auto* changes = changed_zones_of(*experience, now)) changed[id] = *changes;
  return changed;
}

std::int64_t Catalog::head() const {
  const std::shared_lock reading(state_mutex_);
  return state_.head;
}

std::size_t Catalog::count() const {
  const std::shared_lock reading(state_mutex_);
  return state_.experiences.size();
}

bool Catalog::is_fenced() const {
  const std::shared_lock reading(state_mutex_);
  return state_.fenced;
}

Value Catalog::workspace() const {
  const std::shared_lock reading(state_mutex_);
  return to_value(workspace_);
}

Value Catalog::view(const Experience& experience, Instant now, bool with_definition) const {
  const Phase phase = phase_at(experience, now);
  Object body{{"id", experience.id},
              {"kind", to_text(experience.kind)},
              {"status", status_at(experience, now)},
              {"phase", to_text(phase)},
              {"head_status", to_text(experience.head_status)},
              {"revision", experience.head().n},
              {"hash", experience.head().hash},
              {"priority", experience.head().definition.find("priority") ? *experience.head().definition.find("priority") : Value(50)},
              {"contributors", Array(experience.contributors.begin(), experience.contributors.end())}};
  if (experience.live_revision) body["live_revision"] = *experience.live_revision;
  if (experience.activated_at) body["activated_at"] = to_text(*experience.activated_at);
  if (experience.standing.span.start) body["start"] = to_text(*experience.standing.span.start);
  if (experience.standing.span.end) body["end"] = to_text(*experience.standing.span.end);
  if (const auto* changes = changed_zones_of(experience, now)) {
    Array rows;
    for (const ZoneChange& change : *changes) rows.push_back(to_value(change));
    body["zone_changed"] = std::move(rows);
  }
  if (const auto ending = ending_at(experience, now)) {
    body["ended"] = Object{{"how", ending->how}, {"at", to_text(ending->when)}, {"by", ending->who}};
    if (ending->how == "stopped") body["stopped_at"] = to_text(ending->when);
    if (ending->how == "completed" && was_missed(experience, now)) body["missed"] = true;
  }
  if (const auto approvals = experience.approvals.find(experience.head().n); approvals != experience.approvals.end()) {
    Array rows;
    for (const Approval& approval : approvals->second)
      rows.push_back(Object{{"by", approval.by}, {"at", to_text(approval.at)}, {"hash", approval.hash}});
    body["approvals"] = std::move(rows);
  }
  if (experience.activates_on_approval) body["activates_on_approval"] = Object{{"by", experience.activates_on_approval->by}};
  if (experience.duplicated_from)
    body["duplicated_from"] = Object{{"id", experience.duplicated_from->first}, {"revision", experience.duplicated_from->second}};
  if (with_definition) {
    body["definition"] = experience.head().definition;
    Array revisions;
    for (const Revision& revision : experience.revisions)
      revisions.push_back(Object{{"revision", revision.n}, {"hash", revision.hash}, {"by", revision.by}, {"at", to_text(revision.at)}});
    body["revisions"] = std::move(revisions);
  }
  return body;
}

const Experience* Catalog::known(std::string_view id, std::optional<Error>& refusal) const {
  const Experience* experience = state_.find(id);
  if (!experience) {
    refusal = refuse(Code::not_found, "there is no experience `" + std::string(id) + "` in the workspace `" + name_ + "`");
  } else if (experience->standing.phase == Phase::deleted) {
    refusal =
        refuse(Code::gone, "`" + std::string(id) + "` was deleted " + to_text(experience->standing.since) + "; its id is never used again");
    experience = nullptr;
  }
  return experience;
}

Result<Value> Catalog::experience(std::string_view id, Instant now) const {
  const std::shared_lock reading(state_mutex_);
  std::optional<Error> refusal;
  const Experience* experience = known(id, refusal);
  return experience ? Result<Value>(view(*experience, now, true)) : *refusal;
}

Result<Value> Catalog::summary(std::string_view id, Instant now) const {
  const std::shared_lock reading(state_mutex_);
  std::optional<Error> refusal;
  const Experience* experience = known(id, refusal);
  return experience ? Result<Value>(view(*experience, now, false)) : *refusal;
}

std::vector<Value> Catalog::experiences(Instant now) const {
  const std::shared_lock reading(state_mutex_);
  std::vector<Value> rows;
  for (const auto& [id, experience] : state_.experiences)
    if (experience.standing.phase != Phase::deleted) rows.push_back(view(experience, now, false));
  return rows;
}

Result<Value> Catalog::receipt(std::string_view id, Instant now) const {
  if (auto known = experience(id, now); !known) return known.error();
  const std::shared_lock reading(state_mutex_);
  const auto receipt = receipts_.find(id);
  if (receipt == receipts_.end()) return refuse(Code::not_found, "`" + std::string(id) + "` was never published");
  return to_value(receipt->second, now);
}

Result<Value> Catalog::receipt(std::string_view id, Reading now) const {
  if (auto known = experience(id, now.wall); !known) return known.error();
  const std::shared_lock reading(state_mutex_);
  const auto found = receipts_.find(id);
  if (found == receipts_.end()) return refuse(Code::not_found, "`" + std::string(id) + "` was never published");
  Receipt receipt = found->second;
  const std::lock_guard delivering(delivery_mutex_);
  for (NodeStanding& standing : control_->standings(receipt.version, now)) receipt.nodes.push_back(std::move(standing));
  return to_value(receipt, now.wall);
}

Status Catalog::audit(std::int64_t after, const std::string& experience, const std::function<bool(const Value&)>& each) const {
  return store_.read(name_, after, [&](const JournalEntry& entry) {
    auto record = parse_json(entry.record);
    if (!record) return true;
    const std::string about = record->string_or("experience", ""), command = record->string_or("command", "");
    if (!experience.empty() && about != experience) return true;
    Object row{{"seq", entry.seq},
               {"at", to_text(entry.at)},
               {"actor", entry.actor},
               {"command", command},
               {"request_id", record->string_or("request_id", "")},
               {"chain", entry.chain}};
    if (!about.empty()) row["experience"] = about;
    if (const std::string message = record->string_or("message", ""); !message.empty()) row["message"] = message;
    {
      const std::shared_lock reading(state_mutex_);
      const auto trail = trails_.find(about);
      const auto told = [&](const Hashes* hashes, const char* from, const char* to, bool only_changed) {
        std::string_view before, after_it;
        for (std::size_t i = 0; hashes && i < hashes->size() && (*hashes)[i].first <= entry.seq; ++i) {
          if ((*hashes)[i].first < entry.seq) before = (*hashes)[i].second;
          after_it = (*hashes)[i].second;
        }
        if (only_changed && before == after_it) return;
        row[from] = hash_or_null(before);
        row[to] = hash_or_null(after_it);
      };
      const bool is_known = trail != trails_.end() && command != to_text(CommandName::epoch_bump);
      told(is_known ? &trail->second.newest : nullptr, "from", "to", false);
      told(is_known ? &trail->second.live : nullptr, "live_from", "live_to", true);
    }
    row["record"] = std::move(*record);
    return each(std::move(row));
  });
}

}  // namespace footlight
