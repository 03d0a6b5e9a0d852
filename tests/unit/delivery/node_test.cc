// The lease as a node sees it: counted from when it asked, on both clocks, and never for longer than said.
#include <catch2/catch.hpp>

#include "base/limits.h"
#include "footlight/delivery.h"

using namespace footlight;

namespace {

const Window fifteen;
const std::string store = "store-1";

// Both clocks run alike from here on.
Reading at(Duration since_boot) { return {since_boot, Instant{1'790'000'000'000} + since_boot}; }

CatalogVersion version(std::int64_t v, std::int64_t epoch = 1) {
  return {epoch, v, v == 0 ? "" : "chain-" + std::to_string(epoch) + "." + std::to_string(v)};
}

LeaseAnswer answer(const std::string& nonce, const CatalogVersion& to, bool has_catalog = true, const Window& window = fifteen) {
  return {.nonce = nonce,
          .store = store,
          .version = to,
          .lease = budget_of(window).lease,
          .window = window,
          .has_catalog = has_catalog,
          .catalog = {}};
}

// A node that holds version 7 and was leased it for a request sent at `sent`.
DeliveryNode node_with_lease(Duration sent, const Window& window = fifteen) {
  DeliveryNode node("n1", "boot-1");
  node.ask(at(sent), "a");
  REQUIRE(node.take(answer("a", version(7), true, window), at(sent)).ok());
  node.set_catalog_hash("hash-7");
  return node;
}

}  // namespace

TEST_CASE("the window is spent on the lease, the writing and a reserve, whatever its length") {
  const DeliveryBudget full = budget_of(fifteen);
  CHECK(full.lease == seconds(840));
  CHECK(full.write_deadline == seconds(5));
  CHECK(full.reserve == seconds(55));
  CHECK(full.poll == seconds(5));
  for (const std::int64_t ms : {1, 10, 999, 2'000, 10'000, 60'000, 899'999}) {
    const DeliveryBudget budget = budget_of(*Window::of({ms}));
    CHECK(budget.lease + budget.write_deadline + budget.reserve == budget.window);
    CHECK(budget.lease < budget.window);
    CHECK((budget.poll > Duration{} && budget.poll <= seconds(5)));
    // A clock 6.5 % slow is tolerated; in whole milliseconds.
    CHECK(static_cast<double>(budget.lease.ms + budget.write_deadline.ms) * 1.065 <= static_cast<double>(budget.window.ms));
  }
  CHECK_FALSE(Window::of(minutes(15) + milliseconds(1)).ok());
  CHECK(poll_after(full, 0.0) == seconds(4));
  CHECK(poll_after(full, 0.5) == seconds(5));
  CHECK(poll_after(full, 1.0) == seconds(6));
}

TEST_CASE("a lease counts from when the request was sent, not from when the answer came") {
  DeliveryNode node("n1", "boot-1");
  CHECK_FALSE(node.pin(at(seconds(0))));
  node.ask(at(seconds(100)), "a");
  const auto taken = node.take(answer("a", version(7)), at(seconds(160)));
  REQUIRE(taken.ok());
  CHECK((taken->is_new_version && taken->is_renewed));
  CHECK(node.lease_left(at(seconds(160))) == seconds(780));
  CHECK(node.pin(at(seconds(939))));
  CHECK_FALSE(node.pin(at(seconds(940))));
}

TEST_CASE("an answer that is older than its lease brings the catalog and no right to serve it") {
  DeliveryNode node("n1", "boot-1");
  node.ask(at(seconds(0)), "a");
  REQUIRE(node.take(answer("a", version(7)), at(seconds(841))).ok());
  CHECK(node.version() == version(7));
  CHECK_FALSE(node.pin(at(seconds(841))));
}

TEST_CASE("both clocks must say so, and they must not come apart") {
  const DeliveryNode node = node_with_lease(seconds(100));
  const auto reading = [](std::int64_t boot_s, std::int64_t wall_s) { return Reading{seconds(boot_s), at(seconds(wall_s)).wall}; };
  CHECK(node.lease_left(reading(200, 200)) == seconds(740));
  CHECK(node.lease_left(reading(200, 250)) == seconds(690));  // the wall clock is fast: it counts
  CHECK(node.lease_left(reading(250, 200)) == seconds(690));  // the other way round
  CHECK(node.lease_left(reading(200, 255)) == seconds(685));  // apart by the reserve, no more
  CHECK(node.lease_left(reading(200, 256)) == Duration{});    // one of them is wrong
  CHECK(node.lease_left(reading(200, 144)) == Duration{});
  CHECK(node.lease_left(reading(130, 80)) == seconds(810));  // put back before it was sent, by less than the reserve
  CHECK(node.lease_left(reading(101, 40)) == Duration{});
  CHECK(node.lease_left(reading(99, 99)) == Duration{});  // no such moment in this boot
}

TEST_CASE("a lease that was given up because the clocks came apart does not come back with them") {
  DeliveryNode node = node_with_lease(seconds(100));
  node.look({seconds(200), at(seconds(600)).wall});
  CHECK_FALSE(node.pin(at(seconds(201))));
}

TEST_CASE("the order of answers does not matter, and each counts once") {
  DeliveryNode node("n1", "boot-1");
  node.ask(at(seconds(10)), "a");
  node.ask(at(seconds(20)), "b");
  REQUIRE(node.take(answer("b", version(8)), at(seconds(30))).ok());
  // The earlier request's answer comes later: an older version, an older lease.
  const auto late = node.take(answer("a", version(7)), at(seconds(40)));
  REQUIRE(late.ok());
  CHECK_FALSE((late->is_new_version || late->is_renewed));
  CHECK(node.version() == version(8));
  CHECK(node.lease_left(at(seconds(40))) == seconds(820));
  CHECK(node.take(answer("b", version(8)), at(seconds(41))).error().code == Code::conflict);
  CHECK(node.take(answer("never-asked", version(9)), at(seconds(41))).error().code == Code::conflict);
  CHECK(node.version() == version(8));
}

TEST_CASE("answers that cannot be ours change nothing") {
  DeliveryNode node = node_with_lease(seconds(0));
  const SavedNode before = node.saved();
  node.ask(at(seconds(5)), "b");
  LeaseAnswer other = answer("b", version(8));
  other.store = "store-2";
  CHECK(node.take(other, at(seconds(6))).error().code == Code::conflict);
  LeaseAnswer fork = answer("b", version(7));
  fork.version.chain = "another";
  CHECK(node.take(fork, at(seconds(6))).error().code == Code::conflict);
  CHECK(node.take(answer("b", version(8), false), at(seconds(6))).error().code == Code::conflict);  // news without the catalog
  LeaseAnswer longer = answer("b", version(8));
  longer.lease = budget_of(fifteen).lease + milliseconds(1);
  CHECK(node.take(longer, at(seconds(6))).error().code == Code::out_of_range);
  CHECK(node.saved() == before);
  CHECK(node.take(answer("b", version(7), false), at(seconds(6))).ok());  // not changed
  CHECK(node.lease_left(at(seconds(6))) == seconds(839));
}

TEST_CASE("a lowered window counts at once for who hears of it") {
  DeliveryNode node = node_with_lease(seconds(0));
  node.ask(at(seconds(5)), "b");
  REQUIRE(node.take(answer("b", version(7), false, *Window::of(seconds(90))), at(seconds(5))).ok());
  CHECK(node.lease_left(at(seconds(5))) == seconds(84));
}

TEST_CASE("a new epoch is later than any version of the old one") {
  DeliveryNode node = node_with_lease(seconds(0));
  node.ask(at(seconds(5)), "b");
  REQUIRE(node.take(answer("b", version(3, 2)), at(seconds(5))).ok());
  CHECK(node.version() == version(3, 2));
  node.ask(at(seconds(6)), "c");
  REQUIRE(node.take(answer("c", version(900, 1)), at(seconds(6))).ok());
  CHECK(node.version() == version(3, 2));
}

TEST_CASE("only the last requests are remembered") {
  DeliveryNode node("n1", "boot-1");
  for (std::size_t i = 0; i <= limits::asks_pending_max; ++i) node.ask(at(seconds(1)), "nonce-" + std::to_string(i));
  CHECK_FALSE(node.take(answer("nonce-0", version(7)), at(seconds(1))).ok());
  CHECK(node.take(answer("nonce-1", version(7)), at(seconds(1))).ok());
}

TEST_CASE("an answer is written from one pin, and cached for less than its lease") {
  const DeliveryNode node = node_with_lease(seconds(0));
  const auto pin = node.pin(at(seconds(100)));
  REQUIRE(pin);
  CHECK(write_deadline_of(*pin) == seconds(5));
  CHECK(holds(*pin, at(seconds(839))));
  CHECK_FALSE(holds(*pin, at(seconds(840))));
  CHECK(max_age_s(*pin, at(seconds(100))) == limits::answer_max_age.ms / 1000);
  CHECK(max_age_s(*pin, at(seconds(840 - 60) - limits::answer_age_margin)) == 60);
  CHECK(max_age_s(*pin, at(seconds(776))) == 59);
  CHECK(max_age_s(*pin, at(milliseconds(833'500))) == 1);
  CHECK(max_age_s(*pin, at(milliseconds(834'001))) == 0);
  CHECK(max_age_s(*pin, at(seconds(2'000))) == 0);
}

TEST_CASE("a restart within one boot keeps the lease, a reboot or another catalog does not") {
  const DeliveryNode before = node_with_lease(seconds(100));
  const auto saved = saved_node_from(*parse_json(to_json(to_value(before.saved()))));
  REQUIRE(saved.ok());
  CHECK(*saved == before.saved());

  const DeliveryNode restarted = DeliveryNode::resume("n1", *saved, "boot-1", "hash-7", at(seconds(300)));
  CHECK(restarted.version() == version(7));
  CHECK(restarted.lease_left(at(seconds(300))) == seconds(640));

  DeliveryNode rebooted = DeliveryNode::resume("n1", *saved, "boot-2", "hash-7", at(seconds(300)));
  CHECK_FALSE(rebooted.pin(at(seconds(300))));
  const LeaseRequest request = rebooted.ask(at(seconds(301)), "b");
  CHECK(request.head == version(7));
  CHECK_FALSE(request.needs_catalog);
  REQUIRE(rebooted.take(answer("b", version(7), false), at(seconds(301))).ok());
  CHECK(rebooted.pin(at(seconds(301))));

  DeliveryNode without = DeliveryNode::resume("n1", *saved, "boot-1", "something else", at(seconds(300)));
  CHECK_FALSE(without.pin(at(seconds(300))));
  CHECK(without.ask(at(seconds(301)), "b").needs_catalog);
  CHECK(without.take(answer("b", version(7), false), at(seconds(301))).error().code == Code::conflict);
  REQUIRE(without.take(answer("b", version(7)), at(seconds(301))).ok());
  CHECK(without.pin(at(seconds(301))));
}

TEST_CASE("a saved state that is not whole is damaged, wherever it was hit") {
  const std::string whole = to_json(to_value(node_with_lease(seconds(100)).saved()));
  std::size_t read = 0;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string hit = whole;
    hit[i] = hit[i] == '1' ? '2' : '1';
    const auto value = parse_json(hit);
    if (!value) continue;
    ++read;
    INFO(hit);
    CHECK(saved_node_from(*value).error().code == Code::store_corrupt);
  }
  CHECK(read > 100);
}

TEST_CASE("a relay passes on what is left of its lease, to whom it is not behind") {
  DeliveryNode relay("relay", "boot-1", true);
  DeliveryNode leaf("leaf", "boot-9");
  CHECK(relay.lend(leaf.ask(at(seconds(0)), "x"), at(seconds(0))).error().code == Code::unavailable);
  relay.ask(at(seconds(0)), "a");
  REQUIRE(relay.take(answer("a", version(7)), at(seconds(0))).ok());
  auto lent = relay.lend(leaf.ask(at(seconds(600)), "y"), at(seconds(600)));
  REQUIRE(lent.ok());
  CHECK(lent->lease == seconds(240));
  REQUIRE(leaf.take(*lent, at(seconds(600))).ok());
  CHECK(leaf.lease_left(at(seconds(600))) == seconds(240));

  // What the leaf may serve keeps the relay from saying that it is done with it.
  relay.ask(at(seconds(610)), "b");
  REQUIRE(relay.take(answer("b", version(8)), at(seconds(610))).ok());
  CHECK(relay.ask(at(seconds(611)), "c").settled == version(7));
  CHECK(relay.ask(at(seconds(611)), "d").head == version(8));
  REQUIRE(leaf.take(*relay.lend(leaf.ask(at(seconds(612)), "z"), at(seconds(612))), at(seconds(612))).ok());
  CHECK(relay.ask(at(seconds(613)), "e").settled == version(7));  // lent, and not yet told that it arrived
  REQUIRE(relay.lend(leaf.ask(at(seconds(614)), "zz"), at(seconds(614))).ok());
  CHECK(relay.ask(at(seconds(615)), "f").settled == version(8));

  LeaseRequest ahead = leaf.ask(at(seconds(616)), "q");
  ahead.head = version(9);
  CHECK(relay.lend(ahead, at(seconds(616))).error().code == Code::unavailable);
  ahead.head = {1, 8, "another"};
  CHECK(relay.lend(ahead, at(seconds(616))).error().code == Code::conflict);
  CHECK(leaf.lend(ahead, at(seconds(616))).error().code == Code::unavailable);  // no relay

  // After a restart it does not know to whom it lent.
  DeliveryNode again = DeliveryNode::resume("relay", relay.saved(), "boot-1", "", at(seconds(620)), true);
  CHECK(again.ask(at(seconds(621)), "g").settled == CatalogVersion{});
  CHECK(again.ask(at(seconds(1520)), "h").settled == version(8));
}
