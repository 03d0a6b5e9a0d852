#include "sim/sim_store.h"

namespace footlight::sim {

SimStore::SimStore(std::string workspace, Wiring& wiring)
    : workspace_(std::move(workspace)), wiring_(wiring), disk_(open_store("memory:").value()) {}

Result<JournalEntry> SimStore::append(std::string_view workspace, std::int64_t expected_head_seq, Draft draft) {
  const Fault struck = std::exchange(fault, Fault::none);
  if (struck == Fault::crash_before_commit) {
    has_died = true;
    return refuse(Code::unavailable, "the control side died before it was written down");
  }
  Draft written = wiring_.journal(std::move(draft));
  const bool is_durable = wiring_.is_durable(written);
  auto entry = disk_->append(workspace, expected_head_seq, std::move(written));
  if (entry && is_durable && !is_lying_) durable_ = entry->seq;
  if (entry && !is_durable) is_lying_ = true;
  if (entry && struck == Fault::crash_after_commit) {
    has_died = true;
    return refuse(Code::unavailable, "the control side died before it could answer");
  }
  return entry;
}

StoreCopy SimStore::copy() const {
  StoreCopy copy{.entries = {}, .store_id = *disk_->meta(store_meta::store_id).value(), .fenced = "0", .settings = settings_};
  const bool is_lifted = disk_->setting(workspace_, store_setting::fence_lifted).value() == "1";
  if (disk_->meta(store_meta::fenced).value() == "1" && !is_lifted) copy.fenced = "1";
  (void)disk_->read(workspace_, 0, [&](const JournalEntry& entry) {
    copy.entries.push_back(entry);
    return true;
  });
  return copy;
}

std::unique_ptr<SimStore> SimStore::from(const StoreCopy& copy, std::string workspace, Wiring& wiring) {
  auto store = std::make_unique<SimStore>(std::move(workspace), wiring);
  for (const JournalEntry& entry : copy.entries)
    (void)store->disk_->append(store->workspace_, entry.seq - 1,
                               {entry.at, entry.actor, entry.idempotency_key, entry.body_hash, entry.record, entry.answer, {}});
  store->durable_ = static_cast<std::int64_t>(copy.entries.size());
  (void)store->set_meta(store_meta::store_id, copy.store_id);
  (void)store->set_meta(store_meta::fenced, copy.fenced);
  for (const auto& [key, value] : copy.settings) (void)store->put_setting(key.first, key.second, value);
  return store;
}

std::unique_ptr<SimStore> SimStore::after_crash() const {
  if (!is_lying_) return nullptr;
  StoreCopy kept = copy();
  kept.entries.resize(static_cast<std::size_t>(durable_));
  return from(kept, workspace_, wiring_);
}

}  // namespace footlight::sim
