// The control side's disk in a simulation: the memory store, which can die around a commit, forget what
// was not durable, be copied and be put back.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "footlight/store.h"
#include "sim/wiring.h"

namespace footlight::sim {

// What a backup holds.
struct StoreCopy {
  std::vector<JournalEntry> entries;
  std::string store_id, fenced;
  std::map<std::pair<std::string, std::string>, std::string> settings;  // by workspace and key
};

class SimStore final : public Store {
 public:
  SimStore(std::string workspace, Wiring& wiring);
  static std::unique_ptr<SimStore> from(const StoreCopy& copy, std::string workspace, Wiring& wiring);
  StoreCopy copy() const;
  // What is there after a crash, where something was never durable; else null: it is as it was.
  std::unique_ptr<SimStore> after_crash() const;
  Fault fault = Fault::none;  // of the next append
  bool has_died = false;      // it struck

  Result<JournalEntry> append(std::string_view workspace, std::int64_t expected_head_seq, Draft draft) override;
  std::string place() const override { return disk_->place(); }
  Status read(std::string_view w, std::int64_t after, const std::function<bool(const JournalEntry&)>& each) override {
    return disk_->read(w, after, each);
  }
  Result<Head> head(std::string_view w) override { return disk_->head(w); }
  Result<std::optional<JournalEntry>> find_key(std::string_view w, std::string_view key) override { return disk_->find_key(w, key); }
  Result<std::vector<std::string>> workspaces() override { return disk_->workspaces(); }
  Result<VerifyReport> verify(std::string_view w) override { return disk_->verify(w); }
  Result<std::string> put_blob(std::string_view bytes) override { return disk_->put_blob(bytes); }
  Result<std::string> get_blob(std::string_view id) override { return disk_->get_blob(id); }
  Result<std::optional<std::string>> setting(std::string_view w, std::string_view key) override { return disk_->setting(w, key); }
  Status put_setting(std::string_view w, std::string_view key, std::string_view value) override {
    if (key != store_setting::fence_lifted)
      settings_[{std::string(w), std::string(key)}] = value;  // a copy says itself whether it is fenced
    return disk_->put_setting(w, key, value);
  }
  Result<std::string> put_setting_once(std::string_view w, std::string_view key, std::string_view value) override {
    return disk_->put_setting_once(w, key, value);
  }
  Status add_token(const Token& token) override { return disk_->add_token(token); }
  Result<std::optional<Token>> find_token(std::string_view hash) override { return disk_->find_token(hash); }
  Result<std::vector<Token>> list_tokens(std::string_view w) override { return disk_->list_tokens(w); }
  Status revoke_token(std::string_view name) override { return disk_->revoke_token(name); }
  Result<std::optional<std::string>> meta(std::string_view name) override { return disk_->meta(name); }
  Status set_meta(std::string_view name, std::string_view value) override { return disk_->set_meta(name, value); }
  Status backup(const std::string& path) override { return disk_->backup(path); }

 private:
  std::string workspace_;
  Wiring& wiring_;
  std::unique_ptr<Store> disk_;
  std::int64_t durable_ = 0;  // entries up to here survive a crash
  bool is_lying_ = false;
  std::map<std::pair<std::string, std::string>, std::string> settings_;  // those put, to be copied
};

}  // namespace footlight::sim
