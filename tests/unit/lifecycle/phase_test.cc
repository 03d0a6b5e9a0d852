// Phases from values, at each boundary and one millisecond before it.
#include <catch2/catch.hpp>

#include "base/limits.h"
#include "lifecycle/phase.h"
#include "world.h"

using namespace footlight;
using namespace footlight::test;

namespace {

constexpr Instant noon{1'796'126'400'000};  // 2026-12-01T12:00:00Z
constexpr Duration tick = milliseconds(1);

Standing standing(Phase phase, std::optional<Instant> start, std::optional<Instant> end) {
  return {phase, noon, {start, end, "Europe/Paris", "", ""}};
}

}  // namespace

TEST_CASE("a start fires at its instant, an end at its own, and never the other way round") {
  const Standing set = standing(Phase::scheduled, noon + hours(1), noon + hours(2));
  CHECK(phase_at(set, noon) == Phase::scheduled);
  CHECK(phase_at(set, noon + hours(1) - tick) == Phase::scheduled);
  CHECK(phase_at(set, noon + hours(1)) == Phase::live);
  CHECK(phase_at(set, noon + hours(2) - tick) == Phase::live);
  CHECK(phase_at(set, noon + hours(2)) == Phase::completed);
}

TEST_CASE("a reader whose clock is behind does not serve before the start") {
  const Standing live = standing(Phase::live, noon, std::nullopt);
  CHECK(phase_at(live, noon - tick) == Phase::scheduled);
  CHECK(phase_at(live, noon) == Phase::live);
  CHECK(phase_at(live, noon + days(10'000)) == Phase::live);
}

TEST_CASE("a pause runs out after 14 days, unless the end comes first") {
  const Standing paused = standing(Phase::paused, std::nullopt, std::nullopt);
  CHECK(phase_at(paused, noon + limits::pause_max - tick) == Phase::paused);
  CHECK(phase_at(paused, noon + limits::pause_max) == Phase::live);
  const Standing ending = standing(Phase::paused, std::nullopt, noon + days(14));
  CHECK(phase_at(ending, noon + days(14) - tick) == Phase::paused);
  CHECK(phase_at(ending, noon + days(14)) == Phase::completed);
}

TEST_CASE("a closed journey runs out after 91 days, unless the end comes first") {
  const Standing closed = standing(Phase::closed, std::nullopt, std::nullopt);
  CHECK(phase_at(closed, noon + limits::closed_max - tick) == Phase::closed);
  CHECK(phase_at(closed, noon + limits::closed_max) == Phase::finished);
  const Standing together = standing(Phase::closed, std::nullopt, noon + limits::closed_max);
  CHECK(phase_at(together, noon + limits::closed_max) == Phase::finished);
  const Standing before = standing(Phase::closed, std::nullopt, noon + limits::closed_max - tick);
  CHECK(phase_at(before, noon + limits::closed_max - tick - tick) == Phase::closed);
  CHECK(phase_at(before, noon + limits::closed_max - tick) == Phase::completed);
  CHECK(phase_at(before, noon + days(1000)) == Phase::completed);
}

TEST_CASE("no time changes what a person ended, or what is still a draft") {
  for (const Phase phase : {Phase::authoring, Phase::stopped, Phase::archived, Phase::deleted})
    for (const Duration later : {Duration{}, days(15), days(92)})
      CHECK(phase_at(standing(phase, noon, noon + hours(1)), noon + later) == phase);
}

TEST_CASE("what time does is what its table says") {
  for (const TimeRow& row : time_table()) {
    INFO(to_text(row.from) << " to " << to_text(row.to));
    std::optional<Instant> start, end;
    if (row.from == Phase::scheduled) start = noon + hours(1);
    if (row.to == Phase::completed) end = noon + hours(2);
    const Standing standing_then = standing(row.from, start, end);
    CHECK(phase_at(standing_then, noon) == row.from);
    bool is_reached = false;
    for (const Duration later : {hours(1), hours(2), days(14), days(91)})
      is_reached = is_reached || phase_at(standing_then, noon + later) == row.to;
    CHECK(is_reached);
  }
}

TEST_CASE("a schedule is missed by who slept through all of it") {
  const Standing set = standing(Phase::scheduled, noon + hours(1), noon + hours(2));
  CHECK(was_missed(set, noon, noon + hours(2)));
  CHECK(was_missed(set, noon + hours(1) - tick, noon + days(9)));
  CHECK_FALSE(was_missed(set, noon + hours(1), noon + hours(2)));  // awake at the start
  CHECK_FALSE(was_missed(set, noon, noon + hours(2) - tick));      // awake before the end
  CHECK_FALSE(was_missed(standing(Phase::stopped, noon + hours(1), noon + hours(2)), noon, noon + days(1)));
}

TEST_CASE("a span is checked against itself and against now") {
  const auto codes = [](const Span& span) {
    std::vector<Code> found;
    for (const Problem& problem : check_span(span, noon)) found.push_back(problem.code);
    return found;
  };
  using Codes = std::vector<Code>;
  CHECK(codes({}) == Codes{});
  CHECK(codes({.start = noon - days(9), .end = noon + tick}) == Codes{});
  CHECK(codes({.end = noon}) == Codes{Code::end_in_past});
  CHECK(codes({.start = noon + hours(1), .end = noon + hours(1)}) == Codes{Code::end_before_start});
  CHECK(codes({.start = noon + hours(1), .end = noon + hours(1) + tick}) == Codes{});
  CHECK(codes({.start = noon + hours(1), .end = noon - hours(1)}) == Codes{Code::end_before_start, Code::end_in_past});
  CHECK(codes({.start = noon + limits::start_ahead_max}) == Codes{});
  CHECK(codes({.start = noon + limits::start_ahead_max + tick}) == Codes{Code::too_far_ahead});
}
