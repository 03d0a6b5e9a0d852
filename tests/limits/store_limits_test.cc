// The store's file: what stands on a limit is read back whole after the file was closed, what is one step
// past it is refused and leaves nothing. tests/contract does so for every backend, without closing.
#include <catch2/catch.hpp>

#include "../support/folder.h"
#include "base/limits.h"
#include "footlight/store.h"
#include "footlight/value.h"

using namespace footlight;

namespace {

void refused(const auto& result, const std::string& says) {
  INFO(says);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == Code::too_large);
  CHECK_THAT(result.error().message, Catch::Contains(says));
}

}  // namespace

TEST_CASE("an entry on every limit at once survives, and none is larger") {
  const test::Folder folder;
  const std::string name(limits::store_name_bytes_max, 'w');
  Draft largest{.at = {1},
                .actor = std::string(limits::store_name_bytes_max, 'a'),
                .idempotency_key = std::string(limits::idempotency_key_bytes_max, 'k'),
                .body_hash = std::string(limits::store_name_bytes_max, 'h'),
                .record = std::string(limits::journal_record_bytes_max, 'r'),
                .answer = std::string(limits::journal_answer_bytes_max, 'b')};
  for (std::size_t i = 0; i < limits::journal_blobs_max; ++i) largest.blobs.push_back(std::to_string(i));
  const std::string value(limits::setting_bytes_max, 'v');
  {
    const auto store = std::move(*open_store(folder.path("a.db")));
    const auto entry = store->append(name, 0, largest);
    if (!entry) FAIL(entry.error().message);
    CHECK(store->put_setting(name, name, value).ok());
    const auto without = [&](auto change) {
      Draft draft{.at = {2}, .actor = "ann", .record = "{}", .answer = "{}"};
      change(draft);
      return store->append(name, 1, draft);
    };
    refused(without([](Draft& d) { d.actor.assign(limits::store_name_bytes_max + 1, 'a'); }), "256 at most");
    refused(without([](Draft& d) { d.idempotency_key.assign(limits::idempotency_key_bytes_max + 1, 'k'); }), "128 at most");
    refused(without([](Draft& d) { d.record.assign(limits::journal_record_bytes_max + 1, 'r'); }), "8388608 at most");
    refused(without([](Draft& d) { d.answer.assign(limits::journal_answer_bytes_max + 1, 'b'); }), "8388608 at most");
    refused(without([](Draft& d) { d.blobs.assign(limits::journal_blobs_max + 1, "b"); }), "1000 may land at once");
    refused(store->put_setting("shop", "k", value + "v"), "65536 at most");
  }
  const auto store = std::move(*open_store(folder.path("a.db")));
  CHECK(store->head(name)->seq == 1);
  CHECK(store->verify(name)->entries == 1);
  const auto kept = store->find_key(name, largest.idempotency_key);
  REQUIRE((kept.ok() && kept->has_value()));
  CHECK((*kept)->actor == largest.actor);
  CHECK((*kept)->body_hash == largest.body_hash);
  CHECK(((*kept)->record == largest.record && (*kept)->answer == largest.answer));
  CHECK(*store->get_blob(sha256_hex(largest.blobs.back())) == largest.blobs.back());
  CHECK(*store->setting(name, name) == value);
}
