// What every backend does alike before it writes: bounds and names. `chain_of` is in the port.
#pragma once

#include <string_view>

#include "footlight/store.h"

namespace footlight {

// `what` names the thing in the message: `workspace`, `setting`, `token`. Codes usage, too_large.
Status check_store_name(std::string_view what, std::string_view name);
Status check_draft(std::string_view workspace, const Draft& draft);
Status check_blob(std::string_view bytes);
Status check_setting(std::string_view workspace, std::string_view key, std::string_view value);
Status check_token(const Token& token);
Status check_meta(std::string_view name, std::string_view value);

// The entry that `draft` becomes behind `head`, its chain computed. Leaves `draft.blobs` alone.
JournalEntry entry_behind(const Head& head, std::string_view workspace, Draft& draft);

// Refusals that read the same from every backend.
Error head_moved(std::string_view workspace, std::int64_t expected, std::int64_t actual);
Error key_taken(std::string_view workspace, std::string_view key, std::int64_t seq);
Error no_such_blob(std::string_view id);
Error no_such_token(std::string_view name);
Error token_hash_taken();
Error token_name_taken(std::string_view name);
Error damaged_entry(std::string_view place, std::string_view workspace, std::int64_t seq, std::string_view what);
Error damaged_blob(std::string_view place, std::string_view id);

// Walks a journal in order and refuses the first entry that is not what was written.
class ChainCheck {
 public:
  ChainCheck(std::string_view place, std::string_view workspace) : place_(place), workspace_(workspace) {}

  Status follow(const JournalEntry& entry);
  // After the last entry: the walk must end where the store says that the head is.
  Status end_at(const Head& head) const;
  const Head& head() const { return head_; }

 private:
  std::string place_, workspace_;
  Head head_;
};

std::string new_store_id();  // 32 random hex digits

}  // namespace footlight
