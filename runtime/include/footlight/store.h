// Store: where a deployment keeps what must survive it: the journal, blobs, settings, tokens.
//
// The journal is the append-only, hash-chained record of every accepted command of a workspace; all
// state is folded from it. A store knows nothing of what a record means. Backends are rows of one
// table (store/backends.h), and every one of them passes the same suite (tests/contract).
//
// Any thread may call any member at any time. Writers take turns; readers see a consistent state
// and never wait for a writer's disk. What a call accepted is durable (synced) before it returns; what
// it refused has left no trace, but for one case: an append that ends in store_failed because the
// disk failed may be found in the journal after a crash; with its idempotency key a retry is safe.
// Time comes in as a value; a store reads no clock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "footlight/error.h"
#include "footlight/time.h"

namespace footlight FOOTLIGHT_API {

// One accepted command. `record` and `answer` are bytes that the store does not look into.
struct JournalEntry {
  std::int64_t seq = 0;  // 1, 2, 3 … without gaps, of its workspace
  std::string workspace;
  Instant at;  // when the command was accepted, by the caller's clock
  std::string actor;
  std::string idempotency_key;     // may be empty; else unique in its workspace, for ever
  std::string body_hash;           // of the request body, to tell a replay from a reused key
  std::string record;              // canonical JSON
  std::string answer;              // what the caller was told, for replays of the key
  std::vector<std::string> blobs;  // ids of the blobs that landed with it, in the draft's order
  std::string chain;               // chain_of(chain of the entry before, this entry)

  bool operator==(const JournalEntry&) const = default;
};

// SHA-256, in hex, over the previous entry's chain (empty before the first) and every field of
// `entry` but `chain`, each with its length before it, so that no two entries share their bytes.
std::string chain_of(std::string_view previous_chain, const JournalEntry& entry);

// An entry before it has its place. `blobs` are bytes here; they land in the same transaction.
struct Draft {
  Instant at;
  std::string actor;
  std::string idempotency_key;
  std::string body_hash;
  std::string record;
  std::string answer;
  std::vector<std::string> blobs;
  bool lifts_fence = false;  // of its workspace: the setting below lands in the same transaction
};

// The newest entry of a workspace; seq 0 and no chain where it has none.
struct Head {
  std::int64_t seq = 0;
  std::string chain;

  bool operator==(const Head&) const = default;
};

// What verify() went through and found good.
struct VerifyReport {
  Head head;
  std::int64_t entries = 0;
  std::int64_t blobs = 0;  // references from entries to blobs that were re-hashed
};

// A bearer token, known by its hash only.
struct Token {
  std::string hash;       // SHA-256, hex, of the random token
  std::string name;       // the actor it speaks for
  std::string roles;      // `author,approver`
  std::string workspace;  // or `*` for all
  Instant created;
  bool revoked = false;

  bool operator==(const Token&) const = default;
};

// Names that every store keeps in its meta table.
namespace store_meta {
inline constexpr std::string_view store_id = "store_id";  // 32 random hex digits, given at creation
inline constexpr std::string_view epoch = "epoch";        // a decimal number, `1` at creation
inline constexpr std::string_view fenced = "fenced";      // `0`, or `1` from a restore to the last epoch bump
}  // namespace store_meta
// A setting of a workspace: `1` where its epoch was bumped since the store was fenced. A fenced store may
// hold several workspaces, and each is bumped by itself. Copies are made without it.
namespace store_setting {
inline constexpr std::string_view fence_lifted = "fence_lifted";
}  // namespace store_setting

// Codes of all members: store_failed (the store cannot take it now; the message says what to do),
// store_corrupt (its content is not what was written), too_large (beyond limits.h), usage (a name
// that cannot be kept, or a write to a store opened read-only).
class Store {
 public:
  virtual ~Store() = default;
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Where it is, for messages: `memory:` or the file's path.
  virtual std::string place() const = 0;

  // --- journal
  // Appends behind the entry `expected_head_seq` (0: the workspace is still empty). Code conflict
  // when the head is another one, or when an entry has the idempotency key already: the caller
  // asks find_key, folds what is new and tries again. A workspace begins with its first entry.
  virtual Result<JournalEntry> append(std::string_view workspace, std::int64_t expected_head_seq, Draft draft) = 0;
  // Hands over the entries with a seq above `after_seq`, in order, up to the head at the time of
  // the call, until `each` returns false. `each` may call the store, append() included.
  virtual Status read(std::string_view workspace, std::int64_t after_seq, const std::function<bool(const JournalEntry&)>& each) = 0;
  virtual Result<Head> head(std::string_view workspace) = 0;
  // The entry with this idempotency key. Keys are kept as long as the journal, for ever.
  virtual Result<std::optional<JournalEntry>> find_key(std::string_view workspace, std::string_view key) = 0;
  // Every workspace with an entry, sorted.
  virtual Result<std::vector<std::string>> workspaces() = 0;
  // Recomputes the chain from the first entry to the head, and the hash of each blob on the way.
  // Code store_corrupt with the first bad seq in the message where anything differs.
  virtual Result<VerifyReport> verify(std::string_view workspace) = 0;

  // --- blobs: fragments, lists, files; immutable, named by the SHA-256 of their bytes in hex
  virtual Result<std::string> put_blob(std::string_view bytes) = 0;  // putting again is no error
  // Code not_found; store_corrupt where the bytes no longer have that hash.
  virtual Result<std::string> get_blob(std::string_view id) = 0;
  // For stores that keep copies of what is elsewhere too: the blob may go. No entry of a journal must name
  // it. A store may keep it.
  virtual Status drop_blob(std::string_view) { return Done{}; }

  // --- settings of a workspace
  virtual Result<std::optional<std::string>> setting(std::string_view workspace, std::string_view key) = 0;
  virtual Status put_setting(std::string_view workspace, std::string_view key, std::string_view value) = 0;
  // Keeps `value` unless the key has one; answers the value that stands. For secrets: whoever of
  // several is first, all go on with the same one.
  virtual Result<std::string> put_setting_once(std::string_view workspace, std::string_view key, std::string_view value) = 0;

  // --- tokens
  // Code already_exists when the hash is known or a token in force has the name. The name of a
  // revoked token is free again: that is how an actor's token is renewed.
  virtual Status add_token(const Token& token) = 0;
  virtual Result<std::optional<Token>> find_token(std::string_view hash) = 0;  // revoked ones too
  // The tokens that open `workspace` (its own and those for `*`), all tokens for `*`; revoked ones
  // too; by creation, then name, then hash.
  virtual Result<std::vector<Token>> list_tokens(std::string_view workspace) = 0;
  virtual Status revoke_token(std::string_view name) = 0;  // code not_found: none in force has it

  // --- the store as a whole
  virtual Result<std::optional<std::string>> meta(std::string_view name) = 0;
  virtual Status set_meta(std::string_view name, std::string_view value) = 0;
  // Writes a whole, consistent copy, one file, to `path` while reads and writes go on; code already_exists
  // where something is there. The copy is marked `fenced`: a store started from it may be behind
  // what others have seen. A memory store has none (usage).
  virtual Status backup(const std::string& path) = 0;
};

// A file may be open for writing once, in one process: two writers would fork its history. Any
// number of readers may have it open beside the writer.
enum class Access { read_write, read_only };

// Opens `memory:` (fresh, gone when closed) or the SQLite file at a path, which is created where
// it is missing and access is read_write; its directory must exist. `sqlite:PATH` is for paths
// that look like another store's address. Codes: usage (no such backend), unreadable_file (missing,
// a directory, not a database, another program's, of a newer schema, not permitted), store_corrupt,
// store_failed (open for writing elsewhere, disk full).
Result<std::unique_ptr<Store>> open_store(const std::string& address, Access access = Access::read_write);

}  // namespace FOOTLIGHT_API
