// Every backend of the table against every promise of the contract.
#include <map>

#include "store/backends.h"
#include "tests/contract/store_contract.h"
#include "tests/unit/store/scratch.h"

using namespace footlight;

TEST_CASE("every backend keeps every promise") {
  // A fresh place for each backend, by name. A backend without one here fails.
  const std::map<std::string_view, std::string> address_of{{"memory", "memory:"}, {"sqlite", "store.db"}};
  for (const StoreBackend& backend : store_backends()) {
    for (const StorePromise& promise : store_promises()) {
      DYNAMIC_SECTION(backend.name << ": " << promise.says) {
        REQUIRE(address_of.contains(backend.name));
        const Scratch scratch;
        const std::string& address = address_of.at(backend.name);
        auto store = open_store(backend.name == "memory" ? address : scratch.file(address));
        REQUIRE(store.ok());
        promise.check(**store);
      }
    }
  }
}

TEST_CASE("an address names its backend") {
  const Scratch scratch;
  CHECK((*open_store("memory:"))->place() == "memory:");
  CHECK((*open_store("sqlite:" + scratch.file("a.db")))->place() == scratch.file("a.db"));
  CHECK((*open_store(scratch.file("b:c.db")))->place() == scratch.file("b:c.db"));
  for (const auto& [address, says] :
       {std::pair("postgres://host/db", "`memory:`, `sqlite:`"), std::pair("memory:x", "a memory store has no name"),
        std::pair("", "needs a path"), std::pair("sqlite:", "needs a path")}) {
    INFO(address);
    const auto store = open_store(address);
    REQUIRE_FALSE(store.ok());
    CHECK(store.error().code == Code::usage);
    CHECK_THAT(store.error().message, Catch::Contains(says));
  }
  CHECK(open_store("memory:", Access::read_only).error().code == Code::usage);
}

TEST_CASE("two memory stores share nothing") {
  auto a = open_store("memory:"), b = open_store("memory:");
  REQUIRE((*a)->append("shop", 0, draft_number(1)).ok());
  CHECK((*b)->head("shop")->seq == 0);
  CHECK((*a)->meta(store_meta::store_id)->value() != (*b)->meta(store_meta::store_id)->value());
}

TEST_CASE("a chain tells every field from every other") {
  const JournalEntry entry{.seq = 1, .workspace = "w", .actor = "ab", .idempotency_key = "c", .record = "r"};
  JournalEntry shifted = entry;
  shifted.actor = "a";
  shifted.idempotency_key = "bc";
  CHECK(chain_of("", entry) != chain_of("", shifted));
  CHECK(chain_of("", entry) != chain_of("1", entry));
  // Pinned: a journal written today must verify with every later version.
  CHECK(chain_of("", entry) == "e7ab6272830da07b2d943975b5adbc3e3cb9e1186879586f8c9d1b520958e80b");
}
