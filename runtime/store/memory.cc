#include "store/memory.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <tuple>

#include "footlight/value.h"
#include "store/journal.h"

namespace footlight {
namespace {

constexpr std::string_view place_name = "memory:";

// One mutex guards everything. Entries and blobs never change once they are in, so readers take
// pointers to them under the mutex and look at them without it; a callback may call the store.
class MemoryStore final : public Store {
 public:
  MemoryStore() {
    meta_.emplace(store_meta::store_id, new_store_id());
    meta_.emplace(store_meta::epoch, "1");
    meta_.emplace(store_meta::fenced, "0");
  }

  std::string place() const override { return std::string(place_name); }

  Result<JournalEntry> append(std::string_view workspace, std::int64_t expected_head_seq, Draft draft) override {
    if (Status fits = check_draft(workspace, draft); !fits.ok()) return fits.error();
    const std::lock_guard lock(mutex_);
    const auto found = journals_.find(workspace);
    const Head head = found == journals_.end() ? Head{} : found->second.head();
    if (head.seq != expected_head_seq) return head_moved(workspace, expected_head_seq, head.seq);
    if (found != journals_.end())
      if (auto taken = found->second.seq_of_key.find(draft.idempotency_key); taken != found->second.seq_of_key.end())
        return key_taken(workspace, draft.idempotency_key, taken->second);
    auto entry = std::make_shared<const JournalEntry>(entry_behind(head, workspace, draft));
    for (std::size_t i = 0; i < draft.blobs.size(); ++i)
      blobs_.try_emplace(entry->blobs[i], std::make_shared<const std::string>(std::move(draft.blobs[i])));
    Journal& journal = journals_.try_emplace(std::string(workspace)).first->second;
    if (!entry->idempotency_key.empty()) journal.seq_of_key.emplace(entry->idempotency_key, entry->seq);
    journal.entries.push_back(entry);
    if (draft.lifts_fence) settings_[std::pair(std::string(workspace), std::string(store_setting::fence_lifted))] = "1";
    return *entry;
  }

  Status read(std::string_view workspace, std::int64_t after_seq, const std::function<bool(const JournalEntry&)>& each) override {
    for (const EntryPointer& entry : entries_after(workspace, after_seq))
      if (!each(*entry)) break;
    return Done{};
  }

  Result<Head> head(std::string_view workspace) override {
    const std::lock_guard lock(mutex_);
    const auto found = journals_.find(workspace);
    return found == journals_.end() ? Head{} : found->second.head();
  }

  Result<std::optional<JournalEntry>> find_key(std::string_view workspace, std::string_view key) override {
    const std::lock_guard lock(mutex_);
    const auto journal = journals_.find(workspace);
    if (journal == journals_.end()) return std::optional<JournalEntry>();
    const auto seq = journal->second.seq_of_key.find(key);
    if (seq == journal->second.seq_of_key.end()) return std::optional<JournalEntry>();
    return std::optional(*journal->second.entries[static_cast<std::size_t>(seq->second - 1)]);
  }

  Result<std::vector<std::string>> workspaces() override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, journal] : journals_) names.push_back(name);
    return names;
  }

  Result<VerifyReport> verify(std::string_view workspace) override {
    const std::vector<EntryPointer> entries = entries_after(workspace, 0);
    ChainCheck chain(place_name, workspace);
    VerifyReport report;
    for (const EntryPointer& entry : entries) {
      if (Status good = chain.follow(*entry); !good.ok()) return good.error();
      for (const std::string& id : entry->blobs) {
        if (Result<std::string> blob = get_blob(id); !blob.ok())
          return damaged_entry(place_name, workspace, entry->seq, blob.error().message);
        ++report.blobs;
      }
      ++report.entries;
    }
    report.head = chain.head();
    return report;
  }

  Result<std::string> put_blob(std::string_view bytes) override {
    if (Status fits = check_blob(bytes); !fits.ok()) return fits.error();
    std::string id = sha256_hex(bytes);
    const std::lock_guard lock(mutex_);
    blobs_.try_emplace(id, std::make_shared<const std::string>(bytes));
    return id;
  }

  Result<std::string> get_blob(std::string_view id) override {
    std::shared_ptr<const std::string> bytes;
    {
      const std::lock_guard lock(mutex_);
      const auto found = blobs_.find(id);
      if (found == blobs_.end()) return no_such_blob(id);
      bytes = found->second;
    }
    if (sha256_hex(*bytes) != id) return damaged_blob(place_name, id);
    return *bytes;
  }

  Status drop_blob(std::string_view id) override {
    const std::lock_guard lock(mutex_);
    if (const auto found = blobs_.find(id); found != blobs_.end()) blobs_.erase(found);
    return Done{};
  }

  Result<std::optional<std::string>> setting(std::string_view workspace, std::string_view key) override {
    const std::lock_guard lock(mutex_);
    const auto found = settings_.find(std::pair(std::string(workspace), std::string(key)));
    return found == settings_.end() ? std::optional<std::string>() : std::optional(found->second);
  }

  Status put_setting(std::string_view workspace, std::string_view key, std::string_view value) override {
    if (Status fits = check_setting(workspace, key, value); !fits.ok()) return fits;
    const std::lock_guard lock(mutex_);
    settings_[std::pair(std::string(workspace), std::string(key))] = value;
    return Done{};
  }

  Result<std::string> put_setting_once(std::string_view workspace, std::string_view key, std::string_view value) override {
    if (Status fits = check_setting(workspace, key, value); !fits.ok()) return fits.error();
    const std::lock_guard lock(mutex_);
    return settings_.try_emplace(std::pair(std::string(workspace), std::string(key)), value).first->second;
  }

  Status add_token(const Token& token) override {
    if (Status fits = check_token(token); !fits.ok()) return fits;
    const std::lock_guard lock(mutex_);
    for (const Token& other : tokens_) {
      if (other.hash == token.hash) return token_hash_taken();
      if (other.name == token.name && !other.revoked && !token.revoked) return token_name_taken(token.name);
    }
    tokens_.push_back(token);
    return Done{};
  }

  Result<std::optional<Token>> find_token(std::string_view hash) override {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(tokens_.begin(), tokens_.end(), [&](const Token& t) { return t.hash == hash; });
    return found == tokens_.end() ? std::optional<Token>() : std::optional(*found);
  }

  Result<std::vector<Token>> list_tokens(std::string_view workspace) override {
    std::vector<Token> tokens;
    {
      const std::lock_guard lock(mutex_);
      for (const Token& token : tokens_)
        if (workspace == "*" || token.workspace == "*" || token.workspace == workspace) tokens.push_back(token);
    }
    std::sort(tokens.begin(), tokens.end(),
              [](const Token& a, const Token& b) { return std::tie(a.created, a.name, a.hash) < std::tie(b.created, b.name, b.hash); });
    return tokens;
  }

  Status revoke_token(std::string_view name) override {
    const std::lock_guard lock(mutex_);
    for (Token& token : tokens_) {
      if (token.name != name || token.revoked) continue;
      token.revoked = true;
      return Done{};
    }
    return no_such_token(name);
  }

  Result<std::optional<std::string>> meta(std::string_view name) override {
    const std::lock_guard lock(mutex_);
    const auto found = meta_.find(name);
    return found == meta_.end() ? std::optional<std::string>() : std::optional(found->second);
  }

  Status set_meta(std::string_view name, std::string_view value) override {
    if (Status fits = check_meta(name, value); !fits.ok()) return fits;
    const std::lock_guard lock(mutex_);
    meta_.insert_or_assign(std::string(name), value);
    return Done{};
  }

  Status backup(const std::string&) override {
    return refuse(Code::usage, "store `memory:`: it cannot be backed up: open a file instead, as in `footlight.db`");
  }

 private:
  using EntryPointer = std::shared_ptr<const JournalEntry>;

  struct Journal {
    std::vector<EntryPointer> entries;  // entry `seq` is at `seq - 1`
    std::map<std::string, std::int64_t, std::less<>> seq_of_key;

    Head head() const { return entries.empty() ? Head{} : Head{.seq = entries.back()->seq, .chain = entries.back()->chain}; }
  };

  std::vector<EntryPointer> entries_after(std::string_view workspace, std::int64_t after_seq) {
    const std::lock_guard lock(mutex_);
    const auto found = journals_.find(workspace);
    if (found == journals_.end()) return {};
    const std::vector<EntryPointer>& entries = found->second.entries;
    const auto skipped = std::clamp<std::int64_t>(after_seq, 0, static_cast<std::int64_t>(entries.size()));
    return {entries.begin() + skipped, entries.end()};
  }

  std::mutex mutex_;
  std::map<std::string, Journal, std::less<>> journals_;
  std::map<std::string, std::shared_ptr<const std::string>, std::less<>> blobs_;
  std::map<std::pair<std::string, std::string>, std::string> settings_;  // (workspace, key)
  std::vector<Token> tokens_;
  std::map<std::string, std::string, std::less<>> meta_;
};

}  // namespace

std::unique_ptr<Store> new_memory_store() { return std::make_unique<MemoryStore>(); }

}  // namespace footlight
