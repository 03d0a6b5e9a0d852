#include "store/journal.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "footlight/value.h"

namespace footlight {
namespace {

std::string quoted(std::string_view text) { return "`" + std::string(text) + "`"; }

void add_field(std::string& out, std::string_view field) {
  out += std::to_string(field.size());
  out += ':';
  out += field;
}

Status check_size(const std::string& what, std::size_t bytes, std::size_t bytes_max) {
  if (bytes <= bytes_max) return Done{};
  return refuse(Code::too_large,
                what + " has " + std::to_string(bytes) + " bytes; the store keeps " + std::to_string(bytes_max) + " at most");
}

// The first refusal of several checks.
Status first_refusal(std::initializer_list<Status> checks) {
  for (const Status& check : checks)
    if (!check.ok()) return check;
  return Done{};
}

}  // namespace

std::string chain_of(std::string_view previous_chain, const JournalEntry& entry) {
  std::string bytes = "footlight journal entry 1\n";
  bytes.reserve(bytes.size() + entry.record.size() + entry.answer.size() + entry.blobs.size() * 68 + 512);
  add_field(bytes, previous_chain);
  add_field(bytes, std::to_string(entry.seq));
  add_field(bytes, std::to_string(entry.at.ms));
  add_field(bytes, entry.workspace);
  add_field(bytes, entry.actor);
  add_field(bytes, entry.idempotency_key);
  add_field(bytes, entry.body_hash);
  add_field(bytes, entry.record);
  add_field(bytes, entry.answer);
  add_field(bytes, std::to_string(entry.blobs.size()));
  for (const std::string& blob : entry.blobs) add_field(bytes, blob);
  return sha256_hex(bytes);
}

Status check_store_name(std::string_view what, std::string_view name) {
  if (name.empty()) return refuse(Code::usage, "the " + std::string(what) + " has no name");
  if (std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
    return refuse(Code::usage, "the " + std::string(what) + " name holds a control character");
  return check_size("the " + std::string(what) + " name", name.size(), limits::store_name_bytes_max);
}

Status check_draft(std::string_view workspace, const Draft& draft) {
  if (Status names = first_refusal({check_store_name("workspace", workspace), check_store_name("actor", draft.actor)}); !names.ok())
    return names;
  if (draft.blobs.size() > limits::journal_blobs_max)
    return refuse(Code::too_large,
                  "an entry with " + std::to_string(draft.blobs.size()) + " blobs; " + std::to_string(limits::journal_blobs_max) +
                      " may land at once");
  for (const std::string& blob : draft.blobs)
    if (Status fits = check_blob(blob); !fits.ok()) return fits;
  return first_refusal({check_size("the idempotency key", draft.idempotency_key.size(), limits::idempotency_key_bytes_max),
                        check_size("the body hash", draft.body_hash.size(), limits::store_name_bytes_max),
                        check_size("the record", draft.record.size(), limits::journal_record_bytes_max),
                        check_size("the answer", draft.answer.size(), limits::journal_answer_bytes_max)});
}

Status check_blob(std::string_view bytes) { return check_size("the blob", bytes.size(), limits::blob_bytes_max); }

Status check_setting(std::string_view workspace, std::string_view key, std::string_view value) {
  return first_refusal({check_store_name("workspace", workspace), check_store_name("setting", key),
                        check_size("the setting " + quoted(key), value.size(), limits::setting_bytes_max)});
}

Status check_token(const Token& token) {
  return first_refusal({check_store_name("token hash", token.hash), check_store_name("token", token.name),
                        check_store_name("token's workspace", token.workspace),
                        check_size("the role list", token.roles.size(), limits::store_name_bytes_max)});
}

Status check_meta(std::string_view name, std::string_view value) {
  return first_refusal(
      {check_store_name("meta", name), check_size("the meta value " + quoted(name), value.size(), limits::setting_bytes_max)});
}

JournalEntry entry_behind(const Head& head, std::string_view workspace, Draft& draft) {
  JournalEntry entry{.seq = head.seq + 1,
                     .workspace = std::string(workspace),
                     .at = draft.at,
                     .actor = std::move(draft.actor),
                     .idempotency_key = std::move(draft.idempotency_key),
                     .body_hash = std::move(draft.body_hash),
                     .record = std::move(draft.record),
                     .answer = std::move(draft.answer)};
  for (const std::string& blob : draft.blobs) entry.blobs.push_back(sha256_hex(blob));
  entry.chain = chain_of(head.chain, entry);
  return entry;
}

Error head_moved(std::string_view workspace, std::int64_t expected, std::int64_t actual) {
  return refuse(Code::conflict,
                "workspace " + quoted(workspace) + ": the journal is at " + std::to_string(actual) + ", not at " +
                    std::to_string(expected) + ": read what is new and try again");
}

Error key_taken(std::string_view workspace, std::string_view key, std::int64_t seq) {
  return refuse(
      Code::conflict,
      "workspace " + quoted(workspace) + ": entry " + std::to_string(seq) + " has the idempotency key " + quoted(key) + " already");
}

Error no_such_blob(std::string_view id) { return refuse(Code::not_found, "there is no blob " + quoted(id)); }

Error no_such_token(std::string_view name) { return refuse(Code::not_found, "no token in force has the name " + quoted(name)); }

Error token_hash_taken() { return refuse(Code::already_exists, "a token with this hash exists already"); }

Error token_name_taken(std::string_view name) {
  return refuse(Code::already_exists, "a token in force has the name " + quoted(name) + " already: revoke it first");
}

Error damaged_entry(std::string_view place, std::string_view workspace, std::int64_t seq, std::string_view what) {
  return refuse(Code::store_corrupt,
                "store " + quoted(place) + ": workspace " + quoted(workspace) + ": entry " + std::to_string(seq) + ": " +
                    std::string(what) + ": restore a backup");
}

Error damaged_blob(std::string_view place, std::string_view id) {
  return refuse(Code::store_corrupt,
                "store " + quoted(place) + ": the bytes of blob " + quoted(id) + " are not those that were put: restore a backup");
}

Status ChainCheck::follow(const JournalEntry& entry) {
  const std::int64_t expected = head_.seq + 1;
  if (entry.seq != expected)
    return damaged_entry(place_, workspace_, expected, "it is missing, " + std::to_string(entry.seq) + " follows instead");
  if (entry.chain != chain_of(head_.chain, entry))
    return damaged_entry(place_, workspace_, entry.seq, "its chain does not verify, so it was changed after it was written");
  head_ = {.seq = entry.seq, .chain = entry.chain};
  return Done{};
}

Status ChainCheck::end_at(const Head& head) const {
  if (head == head_) return Done{};
  if (head.seq > head_.seq) return damaged_entry(place_, workspace_, head_.seq + 1, "it is missing at the end");
  return damaged_entry(place_, workspace_, head_.seq, "the head names another end, " + std::to_string(head.seq));
}

std::string new_store_id() {
  std::array<unsigned char, 16> random;
  randombytes_buf(random.data(), random.size());
  std::array<char, 33> hex;
  sodium_bin2hex(hex.data(), hex.size(), random.data(), random.size());
  return hex.data();
}

}  // namespace footlight
