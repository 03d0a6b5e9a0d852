// When a publish is promised, and how far it has got.
#include <catch2/catch.hpp>

#include "base/limits.h"
#include "world.h"

using namespace footlight;
using namespace footlight::test;

namespace {

const Actor author = actor("ann", Role::author);
const Actor publisher = actor("pia", Role::publisher);

World with_live(Window window = {}) {
  World world;
  world.rules = rules_of_test(-1, window);
  Command create = command(CommandName::create, "hero", author);
  create.definition = document(R"({"kind":"journey"})");
  world.must(create);
  world.must(command(CommandName::activate, "hero", publisher));
  return world;
}

}  // namespace

TEST_CASE("nothing may raise the window above 15 minutes") {
  CHECK(Window().length() == minutes(15));
  REQUIRE(Window::of(limits::window_max).ok());
  REQUIRE(Window::of(milliseconds(1)).ok());
  CHECK(Window::of(seconds(10))->length() == seconds(10));
  for (const Duration refused : {limits::window_max + milliseconds(1), Duration{}, milliseconds(-1), days(1)}) {
    const auto window = Window::of(refused);
    REQUIRE_FALSE(window.ok());
    CHECK(window.error().code == Code::out_of_range);
  }
}

TEST_CASE("what is published promises when it is visible or gone, one window later") {
  World world = with_live(*Window::of(minutes(4)));
  const Instant deadline = world.now + minutes(4);
  CHECK(world.journal.back().visible_by == deadline);
  CHECK_FALSE(world.journal.back().gone_by);
  CHECK(world.must(command(CommandName::pause, "hero", publisher)).gone_by == deadline);
  CHECK(world.must(command(CommandName::resume, "hero", publisher)).visible_by == deadline);
  CHECK(world.must(command(CommandName::close, "hero", publisher)).gone_by == deadline);
  const Record stopped = world.must(command(CommandName::stop, "hero", publisher));
  CHECK(stopped.gone_by == deadline);
  CHECK_FALSE(stopped.visible_by);
  const Record archived = world.must(command(CommandName::archive, "hero", publisher));
  CHECK_FALSE(archived.gone_by);
  CHECK_FALSE(archived.version);
}

TEST_CASE("on a single node a publish has propagated at once") {
  World world = with_live();
  const Receipt receipt = receipt_for(world.journal.back(), "here");
  CHECK(receipt.accepted == world.now);
  CHECK(receipt.deadline == world.now + minutes(15));
  const Progress progress = progress_at(receipt, world.now);
  CHECK(progress.is_propagated);
  CHECK(progress.since == world.now);
  CHECK(progress.at_it == std::vector<std::string>{"here"});
}

TEST_CASE("a publish has propagated once each node confirmed it or can serve no more") {
  World world = with_live();
  const Record record = world.must(command(CommandName::stop, "hero", publisher));
  const Instant t = record.at;
  const Receipt receipt =
      receipt_for(record, "here", {{"swift", t + seconds(2), t + minutes(12)}, {"cut off", std::nullopt, t + minutes(14)}});
  const auto at = [&](Duration later) { return progress_at(receipt, t + later); };
  using Nodes = std::vector<std::string>;

  CHECK_FALSE(at({}).is_propagated);
  CHECK(at({}).since == t);
  CHECK(at({}).at_it == Nodes{"here"});
  CHECK(at({}).behind == Nodes{"swift", "cut off"});
  CHECK(at(seconds(2)).at_it == Nodes{"here", "swift"});
  CHECK(at(milliseconds(14 * 60'000 - 1)).behind == Nodes{"cut off"});
  CHECK_FALSE(at(milliseconds(14 * 60'000 - 1)).is_propagated);
  CHECK(at(minutes(14)).is_propagated);
  CHECK(at(minutes(14)).since == t + minutes(14));
  CHECK(at(minutes(14)).dark == Nodes{"cut off"});
  CHECK(at(minutes(14)).behind.empty());
  CHECK(at(days(1)).since == t + minutes(14));

  const Value shown = to_value(receipt, t + minutes(1));
  CHECK(to_json(shown) ==
        R"({"accepted_at":"2026-12-01T07:00:00Z","at_it":["here","swift"],"behind":["cut off"],"command":"stop",)"
        R"("dark":[],"deadline":"2026-12-01T07:15:00Z","epoch":1,"experience":"hero","gone_by":"2026-12-01T07:15:00Z",)"
        R"("nodes":[{"confirmed_at":"2026-12-01T07:00:00Z","node":"here"},)"
        R"({"confirmed_at":"2026-12-01T07:00:02Z","node":"swift"},{"lease_end":"2026-12-01T07:14:00Z","node":"cut off"}],)"
        R"("since":"2026-12-01T07:00:00Z","status":"propagating","version":2})");
}
