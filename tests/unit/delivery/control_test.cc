// The control side: who gets a lease, and what a receipt may say.
#include <catch2/catch.hpp>

#include "base/limits.h"
#include "footlight/delivery.h"

using namespace footlight;

namespace {

const Instant midnight{1'790'000'000'000};
Reading at(Duration since_boot) { return {since_boot, midnight + since_boot}; }
CatalogVersion version(std::int64_t v, std::int64_t epoch = 1) {
  return {epoch, v, v == 0 ? "" : "chain-" + std::to_string(epoch) + "." + std::to_string(v)};
}

DeliveryControl control_at(std::int64_t v) {
  DeliveryControl control("store-1", Window(), at(seconds(0)));
  for (std::int64_t i = 1; i <= v; ++i) control.committed(version(i), midnight - days(1));
  return control;
}

LeaseRequest request(const CatalogVersion& head, const std::string& node = "n1") {
  return {
      .node = node, .nonce = "nonce", .store = head.v == 0 ? "" : "store-1", .head = head, .settled = head, .needs_catalog = head.v == 0};
}

std::string progress(const DeliveryControl& control, std::int64_t v, Duration now) {
  const Receipt receipt{
      .version = version(v), .accepted = midnight, .deadline = midnight + minutes(15), .nodes = control.standings(version(v), at(now))};
  const Progress progress = progress_at(receipt, at(now).wall);
  std::string text = progress.is_propagated ? "propagated" : "propagating";
  for (const auto& node : progress.at_it) text += " at:" + node;
  for (const auto& node : progress.dark) text += " dark:" + node;
  for (const auto& node : progress.behind) text += " behind:" + node;
  return text;
}

}  // namespace

TEST_CASE("a node gets what is current, whole where it holds something else") {
  DeliveryControl control = control_at(7);
  const auto first = control.answer(request(version(0)), at(seconds(10)), false);
  REQUIRE(first.ok());
  CHECK(first->version == version(7));
  CHECK(first->has_catalog);
  CHECK(first->lease == seconds(840));
  CHECK(first->nonce == "nonce");
  const auto again = control.answer(request(version(7)), at(seconds(15)), false);
  REQUIRE(again.ok());
  CHECK_FALSE(again->has_catalog);
  LeaseRequest lost = request(version(7));
  lost.needs_catalog = true;
  CHECK(control.answer(lost, at(seconds(20)), false)->has_catalog);
}

TEST_CASE("a store that is older than what a node holds grants nothing any more, to nobody (R1)") {
  for (const CatalogVersion& head : {version(8), CatalogVersion{1, 7, "another"}, version(1, 2)}) {
    DeliveryControl control = control_at(7);
    REQUIRE(control.answer(request(version(7), "n2"), at(seconds(5)), false).ok());
    CHECK(control.answer(request(head), at(seconds(10)), false).error().code == Code::fenced);
    CHECK(control.is_contradicted());
    CHECK(control.answer(request(version(7), "n2"), at(seconds(11)), false).error().code == Code::fenced);
    // The way out is the epoch; what was held before is over with it.
    control.committed(version(8, 3), midnight);
    CHECK_FALSE(control.is_contradicted());
    const auto answer = control.answer(request(head), at(seconds(21)), false);
    REQUIRE(answer.ok());
    CHECK(answer->version == version(8, 3));
  }
}

TEST_CASE("a fenced store grants nothing (R2), and another store's node is told so") {
  DeliveryControl control = control_at(7);
  CHECK(control.answer(request(version(7)), at(seconds(10)), true).error().code == Code::fenced);
  CHECK_FALSE(control.is_contradicted());
  CHECK(control.answer(request(version(7)), at(seconds(10)), false).ok());
  LeaseRequest stranger = request(version(900), "n3");
  stranger.store = "store-2";
  CHECK(control.answer(stranger, at(seconds(11)), false).error().code == Code::conflict);
  CHECK_FALSE(control.is_contradicted());  // not our history, so no news of it
}

TEST_CASE("a receipt is complete when each node has it or its lease has surely ended") {
  DeliveryControl control = control_at(7);
  const Duration late = minutes(16);  // leases from before the start are over
  REQUIRE(control.answer(request(version(7), "a"), at(late), false).ok());
  REQUIRE(control.answer(request(version(7), "b"), at(late + seconds(30)), false).ok());
  control.committed(version(8), at(late + seconds(60)).wall);
  CHECK(progress(control, 8, late + seconds(60)) == "propagating behind:a behind:b");
  // The answer is on its way to `a`, and may be lost: only its next request tells.
  REQUIRE(control.answer(request(version(7), "a"), at(late + seconds(61)), false).ok());
  CHECK(progress(control, 8, late + seconds(62)) == "propagating behind:a behind:b");
  REQUIRE(control.answer(request(version(8), "a"), at(late + seconds(66)), false).ok());
  CHECK(progress(control, 8, late + seconds(67)) == "propagating at:a behind:b");
  // `b` was heard of 30 s before the stop: one window later it is dark, however slow its clock.
  CHECK(progress(control, 8, late + seconds(929)) == "propagating at:a behind:b");
  CHECK(progress(control, 8, late + seconds(930)) == "propagated at:a dark:b");
  // A node that never held anything older has nothing to do with it.
  REQUIRE(control.answer(request(version(0), "c"), at(late + seconds(931)), false).ok());
  CHECK(progress(control, 8, late + seconds(931)) == "propagated at:a dark:b");
  CHECK(control.nodes(at(late + seconds(931))).size() == 3);
}

TEST_CASE("what a control side no longer knows after its restart, its receipts wait for") {
  DeliveryControl control("store-1", *Window::of(minutes(1)), at(seconds(0)));
  for (std::int64_t i = 1; i <= 7; ++i) control.committed(version(i), midnight - minutes(i == 7 ? 5 : 60));
  CHECK(progress(control, 6, seconds(1)) == "propagated");
  CHECK(progress(control, 7, seconds(1)) == "propagating behind:(before the restart)");
  CHECK(progress(control, 7, minutes(10)) == "propagated");
  control.committed(version(8), at(seconds(30)).wall);
  CHECK(progress(control, 8, seconds(899)) == "propagating behind:(before the restart)");  // the window may have been longer
  CHECK(progress(control, 8, seconds(900)) == "propagated");
}

TEST_CASE("nodes are counted, and those that are long silent make room") {
  DeliveryControl control = control_at(1);
  for (std::size_t i = 0; i < limits::delivery_nodes_max; ++i)
    REQUIRE(control.answer(request(version(1), "n" + std::to_string(i)), at(seconds(10)), false).ok());
  CHECK(control.answer(request(version(1), "one-more"), at(seconds(11)), false).error().code == Code::too_many_requests);
  CHECK(control.answer(request(version(1), "n5"), at(seconds(11)), false).ok());
  CHECK(control.answer(request(version(1), "one-more"), at(seconds(910)), false).ok());
}

TEST_CASE("what is remembered of a node is bounded") {
  DeliveryControl control = control_at(1);
  for (std::size_t i = 2; i <= limits::delivery_history_max + 3; ++i) {
    REQUIRE(
        control.answer(request(version(static_cast<std::int64_t>(i) - 1)), at(hours(1) + milliseconds(static_cast<std::int64_t>(i))), false)
            .ok());
    control.committed(version(static_cast<std::int64_t>(i)), midnight + hours(1));
  }
  CHECK(control.standings(version(2), at(hours(1) + minutes(1))).empty());  // of those it no longer tells
  CHECK(control.standings(version(4), at(hours(1) + minutes(1))).size() == 1);
}
