#include "tests/contract/store_contract.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <set>
#include <thread>

#include "base/limits.h"
#include "footlight/value.h"

namespace footlight {
namespace {

std::vector<JournalEntry> entries_of(Store& store, std::string_view workspace, std::int64_t after_seq = 0) {
  std::vector<JournalEntry> entries;
  const Status read = store.read(workspace, after_seq, [&](const JournalEntry& entry) {
    entries.push_back(entry);
    return true;
  });
  REQUIRE(read.ok());
  return entries;
}

// `result` is an error of this code whose message names what a reader must know.
template <class T>
void refused(const Result<T>& result, Code code, const std::string& says) {
  REQUIRE_FALSE(result.ok());
  INFO(result.error().message);
  CHECK(name(result.error().code) == name(code));
  CHECK_THAT(result.error().message, Catch::Contains(says));
}

Token token_number(int n) {
  return {.hash = sha256_hex(std::to_string(n)),
          .name = "actor-" + std::to_string(n),
          .roles = "author,approver",
          .workspace = "shop",
          .created = {n}};
}

// --- journal

void begins_empty(Store& store) {
  CHECK(*store.head("shop") == Head{});
  CHECK(entries_of(store, "shop").empty());
  CHECK(store.workspaces()->empty());
  CHECK_FALSE(store.find_key("shop", "k")->has_value());
  const auto report = store.verify("shop");
  REQUIRE(report.ok());
  CHECK(report->entries == 0);
}

void keeps_every_field(Store& store) {
  Draft draft = draft_number(7);
  draft.record = std::string("{\"zero\":\"") + '\0' + "\",\"odd\":\"\xff\"}";  // the store looks into nothing
  draft.answer = std::string("\0", 1);
  draft.blobs = {"first", "", "first", std::string("\0\1", 2)};
  const auto entry = store.append("shop", 0, draft);
  REQUIRE(entry.ok());
  const JournalEntry expected{.seq = 1,
                              .workspace = "shop",
                              .at = draft.at,
                              .actor = draft.actor,
                              .idempotency_key = draft.idempotency_key,
                              .body_hash = draft.body_hash,
                              .record = draft.record,
                              .answer = draft.answer,
                              .blobs = {sha256_hex("first"), sha256_hex(""), sha256_hex("first"), sha256_hex(draft.blobs[3])},
                              .chain = entry->chain};
  CHECK(*entry == expected);
  CHECK(entry->chain == chain_of("", expected));
  CHECK(entries_of(store, "shop") == std::vector{expected});
  CHECK(store.find_key("shop", draft.idempotency_key)->value() == expected);
  CHECK(*store.head("shop") == Head{.seq = 1, .chain = entry->chain});
  for (std::size_t i = 0; i < draft.blobs.size(); ++i) CHECK(*store.get_blob(expected.blobs[i]) == draft.blobs[i]);
  const auto report = store.verify("shop");
  REQUIRE(report.ok());
  CHECK(report->head == Head{.seq = 1, .chain = entry->chain});
  CHECK(report->entries == 1);
  CHECK(report->blobs == 4);
}

void compares_and_sets(Store& store) {
  REQUIRE(store.append("shop", 0, draft_number(1)).ok());
  refused(store.append("shop", 0, draft_number(2)), Code::conflict, "the journal is at 1, not at 0");
  refused(store.append("shop", 2, draft_number(2)), Code::conflict, "the journal is at 1, not at 2");
  refused(store.append("shop", -1, draft_number(2)), Code::conflict, "the journal is at 1, not at -1");
  refused(store.append("other", 1, draft_number(2)), Code::conflict, "workspace `other`: the journal is at 0");
  CHECK(store.head("shop")->seq == 1);
  CHECK(store.workspaces().value() == std::vector<std::string>{"shop"});
  CHECK(store.append("shop", 1, draft_number(2))->seq == 2);
}

void leaves_no_trace_of_a_refusal(Store& store) {
  REQUIRE(store.append("shop", 0, draft_number(1)).ok());
  Draft late = draft_number(2);
  late.blobs = {"brought by a draft that lost"};
  refused(store.append("shop", 0, late), Code::conflict, "");
  refused(store.get_blob(sha256_hex("brought by a draft that lost")), Code::not_found, "there is no blob");
  CHECK_FALSE(store.find_key("shop", late.idempotency_key)->has_value());
  CHECK(entries_of(store, "shop").size() == 1);
}

void keys_are_unique_in_their_workspace(Store& store) {
  Draft draft = draft_number(1);
  draft.idempotency_key = "k";
  REQUIRE(store.append("shop", 0, draft).ok());
  refused(store.append("shop", 1, draft), Code::conflict, "entry 1 has the idempotency key `k`");
  CHECK(store.append("other", 0, draft)->seq == 1);
  draft.idempotency_key = "";
  CHECK(store.append("shop", 1, draft)->seq == 2);
  CHECK(store.append("shop", 2, draft)->seq == 3);
  CHECK(store.find_key("shop", "k")->value().seq == 1);
  CHECK_FALSE(store.find_key("shop", "")->has_value());
  CHECK_FALSE(store.find_key("shop", "K")->has_value());
  CHECK_FALSE(store.find_key("nowhere", "k")->has_value());
}

void workspaces_are_apart(Store& store) {
  REQUIRE(store.append("shop", 0, draft_number(1)).ok());
  REQUIRE(store.append("bank", 0, draft_number(1)).ok());
  REQUIRE(store.append("bank", 1, draft_number(2)).ok());
  CHECK(store.workspaces().value() == std::vector<std::string>{"bank", "shop"});
  CHECK(entries_of(store, "shop").size() == 1);
  CHECK(entries_of(store, "bank").size() == 2);
  CHECK(entries_of(store, "shop")[0].chain != entries_of(store, "bank")[0].chain);
}

void reads_from_the_middle(Store& store) {
  for (int n = 1; n <= 9; ++n) REQUIRE(store.append("shop", n - 1, draft_number(n)).ok());
  const std::vector<JournalEntry> all = entries_of(store, "shop");
  REQUIRE(all.size() == 9);
  CHECK(entries_of(store, "shop", 6) == std::vector(all.begin() + 6, all.end()));
  CHECK(entries_of(store, "shop", -5) == all);
  CHECK(entries_of(store, "shop", 9).empty());
  CHECK(entries_of(store, "shop", 1'000'000'000'000).empty());
  std::vector<std::int64_t> seen;
  REQUIRE(store
              .read("shop", 2,
                    [&](const JournalEntry& entry) {
                      seen.push_back(entry.seq);
                      return seen.size() < 3;
                    })
              .ok());
  CHECK(seen == std::vector<std::int64_t>{3, 4, 5});
}

// The reader sees the journal of the moment it began, and may write meanwhile.
void a_reader_may_use_the_store(Store& store) {
  for (int n = 1; n <= 3; ++n) REQUIRE(store.append("shop", n - 1, draft_number(n)).ok());
  int seen = 0;
  REQUIRE(store
              .read("shop", 0,
                    [&](const JournalEntry& entry) {
                      ++seen;
                      const std::int64_t head = store.head("shop")->seq;
                      CHECK(store.append("shop", head, draft_number(100 + seen)).ok());
                      CHECK(entries_of(store, "shop", entry.seq).size() == static_cast<std::size_t>(head + 1 - entry.seq));
                      return true;
                    })
              .ok());
  CHECK(seen == 3);
  CHECK(store.head("shop")->seq == 6);
}

void keeps_ten_thousand_entries(Store& store) {
  constexpr int count = 10'000;
  std::string chain;
  for (int n = 1; n <= count; ++n) {
    const auto entry = store.append("shop", n - 1, draft_number(n));
    if (!entry.ok()) FAIL(entry.error().message);
    if (entry->chain != chain_of(chain, *entry)) FAIL("entry " << n << " does not continue the chain");
    chain = entry->chain;
  }
  CHECK(*store.head("shop") == Head{.seq = count, .chain = chain});
  const std::vector<JournalEntry> entries = entries_of(store, "shop");
  REQUIRE(entries.size() == count);
  for (int n = 1; n <= count; ++n)
    if (const JournalEntry& entry = entries[n - 1]; entry.seq != n || entry.record != draft_number(n).record)
      FAIL("entry " << n << " is not the one that was appended");
  CHECK(store.find_key("shop", draft_number(5'000).idempotency_key)->value().seq == 5'000);
  CHECK(entries_of(store, "shop", count - 10).size() == 10);
  CHECK(store.verify("shop")->entries == count);
}

// Eight writers race for every seq; readers look on and must never see a gap.
void one_writer_wins_each_seq(Store& store) {
  constexpr int writers = 8, entries = 400;
  std::vector<std::vector<std::int64_t>> won(writers);
  std::atomic<int> surprises = 0;
  std::atomic<bool> is_over = false;
  const auto write = [&](int writer) {
    for (int attempt = 0;; ++attempt) {
      const auto head = store.head("shop");
      if (!head.ok()) {
        ++surprises;
        return;
      }
      if (head->seq >= entries) return;
      const auto entry = store.append("shop", head->seq, draft_number(1'000'000 * (writer + 1) + attempt));
      if (entry.ok() && entry->seq == head->seq + 1) {
        won[writer].push_back(entry->seq);
      } else if (entry.ok() || entry.error().code != Code::conflict) {
        ++surprises;
        return;
      }
    }
  };
  const auto look = [&] {
    while (!is_over) {
      std::int64_t last = 0;
      const Status read = store.read("shop", 0, [&](const JournalEntry& entry) {
        if (entry.seq != ++last) ++surprises;
        return true;
      });
      if (!read.ok() || !store.verify("shop").ok()) ++surprises;
    }
  };
  std::vector<std::thread> racing, looking;
  for (int writer = 0; writer < writers; ++writer) racing.emplace_back(write, writer);
  for (int reader = 0; reader < 2; ++reader) looking.emplace_back(look);
  for (std::thread& thread : racing) thread.join();
  is_over = true;
  for (std::thread& thread : looking) thread.join();

  CHECK(surprises == 0);
  std::multiset<std::int64_t> seqs;
  for (const auto& mine : won) seqs.insert(mine.begin(), mine.end());
  REQUIRE(seqs.size() == static_cast<std::size_t>(store.head("shop")->seq));
  std::int64_t expected = 0;
  for (const std::int64_t seq : seqs) CHECK(seq == ++expected);
  CHECK(entries_of(store, "shop").size() == seqs.size());
}

// --- limits: on each, and one step past it

void entries_end_at_their_limits(Store& store) {
  const auto with = [](auto change) {
    Draft draft = draft_number(1);
    draft.idempotency_key.clear();
    change(draft);
    return draft;
  };
  std::int64_t head = 0;
  const auto kept = [&](const Draft& draft) {
    const auto entry = store.append("shop", head, draft);
    REQUIRE(entry.ok());
    head = entry->seq;
  };
  const auto too_large = [&](const Draft& draft, const std::string& says) {
    refused(store.append("shop", head, draft), Code::too_large, says);
  };
  using namespace limits;
  kept(with([](Draft& d) { d.record.assign(journal_record_bytes_max, 'r'); }));
  too_large(with([](Draft& d) { d.record.assign(journal_record_bytes_max + 1, 'r'); }), "the record has 8388609 bytes");
  kept(with([](Draft& d) { d.answer.assign(journal_answer_bytes_max, 'a'); }));
  too_large(with([](Draft& d) { d.answer.assign(journal_answer_bytes_max + 1, 'a'); }), "the answer has 8388609");
  kept(with([](Draft& d) { d.idempotency_key.assign(idempotency_key_bytes_max, 'k'); }));
  too_large(with([](Draft& d) { d.idempotency_key.assign(idempotency_key_bytes_max + 1, 'k'); }), "the idempotency key");
  kept(with([](Draft& d) { d.actor.assign(store_name_bytes_max, 'a'); }));
  too_large(with([](Draft& d) { d.actor.assign(store_name_bytes_max + 1, 'a'); }), "the actor name has 257 bytes");
  kept(with([](Draft& d) { d.body_hash.assign(store_name_bytes_max, 'h'); }));
  too_large(with([](Draft& d) { d.body_hash.assign(store_name_bytes_max + 1, 'h'); }), "the body hash");
  kept(with([](Draft& d) { d.blobs.assign(journal_blobs_max, "b"); }));
  too_large(with([](Draft& d) { d.blobs.assign(journal_blobs_max + 1, "b"); }), "1001 blobs");
  too_large(with([](Draft& d) { d.blobs.assign(1, std::string(blob_bytes_max + 1, 'b')); }), "the blob");
  CHECK(store.head("shop")->seq == head);
  CHECK(store.verify("shop")->entries == head);

  CHECK(store.append(std::string(store_name_bytes_max, 'w'), 0, draft_number(1)).ok());
  refused(store.append(std::string(store_name_bytes_max + 1, 'w'), 0, draft_number(1)), Code::too_large, "the workspace");
  refused(store.append("", 0, draft_number(1)), Code::usage, "the workspace has no name");
  refused(store.append(std::string_view("a\0b", 3), 0, draft_number(1)), Code::usage, "control character");
  refused(store.append("shop", head, with([](Draft& d) { d.actor.clear(); })), Code::usage, "the actor has no name");
}

void blobs_end_at_their_limit(Store& store) {
  const std::string largest(limits::blob_bytes_max, 'b');
  const auto id = store.put_blob(largest);
  REQUIRE(id.ok());
  CHECK(*store.get_blob(*id) == largest);
  refused(store.put_blob(largest + "b"), Code::too_large, "67108864 at most");
}

void settings_end_at_their_limits(Store& store) {
  using namespace limits;
  CHECK(store.put_setting("shop", std::string(store_name_bytes_max, 'k'), std::string(setting_bytes_max, 'v')).ok());
  refused(store.put_setting("shop", "k", std::string(setting_bytes_max + 1, 'v')), Code::too_large, "the setting `k`");
  refused(store.put_setting_once("shop", "k", std::string(setting_bytes_max + 1, 'v')), Code::too_large, "`k`");
  refused(store.put_setting("shop", std::string(store_name_bytes_max + 1, 'k'), ""), Code::too_large, "257 bytes");
  refused(store.put_setting("shop", "", "v"), Code::usage, "the setting has no name");
  refused(store.set_meta("m", std::string(setting_bytes_max + 1, 'v')), Code::too_large, "`m`");
  Token token = token_number(1);
  token.roles.assign(store_name_bytes_max + 1, 'r');
  refused(store.add_token(token), Code::too_large, "the role list");
}

// --- the rest

void blobs_are_named_by_their_content(Store& store) {
  const std::string bytes("\0binary\xff", 8);
  const auto id = store.put_blob(bytes);
  REQUIRE(id.ok());
  CHECK(*id == sha256_hex(bytes));
  CHECK(*store.put_blob(bytes) == *id);
  CHECK(*store.get_blob(*id) == bytes);
  CHECK(*store.get_blob(*store.put_blob("")) == "");
  // What nobody needs any more may go, and may come again.
  REQUIRE(store.drop_blob(*id).ok());
  refused(store.get_blob(*id), Code::not_found, *id);
  CHECK(store.drop_blob(*id).ok());
  CHECK(*store.put_blob(bytes) == *id);
  CHECK(*store.get_blob(*id) == bytes);
  refused(store.get_blob("nothing"), Code::not_found, "there is no blob `nothing`");
}

void settings_are_kept_by_workspace(Store& store) {
  const std::string bytes("\0\xff", 2);
  CHECK_FALSE(store.setting("shop", "secret")->has_value());
  REQUIRE(store.put_setting("shop", "secret", bytes).ok());
  REQUIRE(store.put_setting("bank", "secret", "b").ok());
  CHECK(store.setting("shop", "secret")->value() == bytes);
  CHECK(store.setting("bank", "secret")->value() == "b");
  REQUIRE(store.put_setting("shop", "secret", "").ok());
  CHECK(store.setting("shop", "secret")->value() == "");
}

void a_setting_can_be_put_once(Store& store) {
  CHECK(*store.put_setting_once("shop", "secret", "first") == "first");
  CHECK(*store.put_setting_once("shop", "secret", "second") == "first");
  CHECK(*store.put_setting_once("bank", "secret", "second") == "second");
  CHECK(store.setting("shop", "secret")->value() == "first");
}

void tokens_are_found_by_hash(Store& store) {
  const Token token = token_number(1);
  REQUIRE(store.add_token(token).ok());
  CHECK(store.find_token(token.hash)->value() == token);
  CHECK_FALSE(store.find_token("other")->has_value());
  refused(store.add_token(token), Code::already_exists, "a token with this hash");
  Token namesake = token_number(2);
  namesake.name = token.name;
  refused(store.add_token(namesake), Code::already_exists, "`actor-1` already: revoke it first");
  Token nameless = token_number(3);
  nameless.name.clear();
  refused(store.add_token(nameless), Code::usage, "the token has no name");
}

void a_revoked_token_stays_revoked_and_frees_its_name(Store& store) {
  const Token old_one = token_number(1);
  Token new_one = token_number(2);
  new_one.name = old_one.name;
  REQUIRE(store.add_token(old_one).ok());
  REQUIRE(store.revoke_token(old_one.name).ok());
  CHECK(store.find_token(old_one.hash)->value().revoked);
  refused(store.revoke_token(old_one.name), Code::not_found, "no token in force has the name `actor-1`");
  REQUIRE(store.add_token(new_one).ok());
  CHECK_FALSE(store.find_token(new_one.hash)->value().revoked);
  CHECK(store.find_token(old_one.hash)->value().revoked);
  refused(store.revoke_token("nobody"), Code::not_found, "`nobody`");
}

void tokens_are_listed_by_what_they_open(Store& store) {
  Token shop = token_number(3), bank = token_number(2), all = token_number(1);
  bank.workspace = "bank";
  all.workspace = "*";
  for (const Token& token : {shop, bank, all}) REQUIRE(store.add_token(token).ok());
  CHECK(store.list_tokens("shop").value() == std::vector{all, shop});
  CHECK(store.list_tokens("bank").value() == std::vector{all, bank});
  CHECK(store.list_tokens("none").value() == std::vector{all});
  CHECK(store.list_tokens("*").value() == std::vector{all, bank, shop});
}

void a_store_knows_who_it_is(Store& store) {
  const std::string id = store.meta(store_meta::store_id)->value();
  CHECK(id.size() == 32);
  CHECK(id.find_first_not_of("0123456789abcdef") == id.npos);
  CHECK(store.meta(store_meta::epoch)->value() == "1");
  CHECK(store.meta(store_meta::fenced)->value() == "0");
  CHECK_FALSE(store.meta("other")->has_value());
  REQUIRE(store.set_meta(store_meta::epoch, "2").ok());
  REQUIRE(store.set_meta("other", "x").ok());
  CHECK(store.meta(store_meta::epoch)->value() == "2");
  CHECK(store.meta("other")->value() == "x");
  CHECK(store.meta(store_meta::store_id)->value() == id);
}

}  // namespace

Draft draft_number(int n) {
  const std::string text = std::to_string(n);
  return {.at = {1'700'000'000'000 + n},
          .actor = "actor-" + text,
          .idempotency_key = "key-" + text,
          .body_hash = sha256_hex(text),
          .record = "{\"n\":" + text + "}",
          .answer = "{\"done\":" + text + "}"};
}

const std::vector<StorePromise>& store_promises() {
  static const std::vector<StorePromise> rows{
      {"a store begins empty", begins_empty},
      {"an entry keeps every field, bytes as they are", keeps_every_field},
      {"append compares and sets the head", compares_and_sets},
      {"a refused append leaves no trace", leaves_no_trace_of_a_refusal},
      {"an idempotency key is unique in its workspace", keys_are_unique_in_their_workspace},
      {"workspaces are apart", workspaces_are_apart},
      {"reading starts and stops anywhere", reads_from_the_middle},
      {"a reader may use the store", a_reader_may_use_the_store},
      {"ten thousand entries", keeps_ten_thousand_entries},
      {"of eight writers one wins each seq", one_writer_wins_each_seq},
      {"entries end at their limits", entries_end_at_their_limits},
      {"blobs end at their limit", blobs_end_at_their_limit},
      {"settings end at their limits", settings_end_at_their_limits},
      {"blobs are named by their content", blobs_are_named_by_their_content},
      {"settings are kept by workspace", settings_are_kept_by_workspace},
      {"a setting can be put once", a_setting_can_be_put_once},
      {"tokens are found by hash", tokens_are_found_by_hash},
      {"a revoked token stays revoked and frees its name", a_revoked_token_stays_revoked_and_frees_its_name},
      {"tokens are listed by what they open", tokens_are_listed_by_what_they_open},
      {"a store knows who it is", a_store_knows_who_it_is},
  };
  return rows;
}

}  // namespace footlight
