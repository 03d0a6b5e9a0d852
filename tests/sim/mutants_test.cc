// The tests of the test: a deployment in which one host does one thing wrongly is found out, for the right
// reason, and what is left of its history still shows it. The one that does everything right is not.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "mutants.h"

using namespace footlight;
using namespace footlight::sim;
using namespace footlight::test;

namespace {

constexpr int histories_max = 2'000;  // by then every mutant has been found
constexpr std::uint64_t first_seed = 1;

std::string invariant_of(const std::string& finding) { return finding.substr(0, finding.find(':')); }

}  // namespace

TEST_CASE("each wrong host is found out, and for the right reason") {
  REQUIRE(mutants().size() >= 30);
  const char* only = std::getenv("FOOTLIGHT_MUTANT");  // part of a description
  for (const Mutant& mutant : mutants()) {
    if (only && mutant.what.find(only) == std::string::npos) continue;
    std::optional<Finding> finding;
    int count = 0;
    for (; count < histories_max && !finding; ++count) {
      const auto wiring = mutant.make();  // some remember: each history has its own
      run_history(first_seed + static_cast<std::uint64_t>(count), {}, *wiring, finding);
    }
    INFO("a host that " << mutant.what);
    REQUIRE(finding);
    INFO("seed " << finding->seed << ": " << finding->what);
    CHECK(mutant.breaks.contains(invariant_of(finding->what)));
    if (only) WARN(mutant.what << ": history " << count << ": " << finding->what);
    // Its history alone shows it again, and the right host goes through the same without a finding.
    CHECK(invariant_of(replay(finding->history, *mutant.make())) == invariant_of(finding->what));
    Wiring right;
    CHECK(replay(finding->history, right).empty());
  }
}

TEST_CASE("the right host is found to do nothing wrong") {
  Wiring right;
  for (std::uint64_t seed = 1'000'000; seed < 1'000'060; ++seed) {
    std::optional<Finding> finding;
    run_history(seed, {}, right, finding);
    INFO("seed " << seed << (finding ? ": " + finding->what : ""));
    CHECK_FALSE(finding);
  }
}

TEST_CASE("a failing history is made small, and can be written down") {
  const auto mutant = [&](const std::string& what) {
    for (const Mutant& one : mutants())
      if (one.what == what) return one.make();
    return std::unique_ptr<Wiring>();
  };
  const auto wiring = mutant("serves on without a lease");
  REQUIRE(wiring);
  std::optional<Finding> finding;
  for (std::uint64_t seed = 1; !finding && seed < 100; ++seed) run_history(seed, {}, *wiring, finding);
  REQUIRE(finding);
  const std::vector<Operation> small = minimised(finding->history, *wiring);
  INFO(finding->what);
  CHECK(small.size() < finding->history.size());
  CHECK(small.size() <= 12);
  CHECK(invariant_of(replay(small, *wiring)) == invariant_of(finding->what));
  // As lines, and back: the driver sees the same.
  std::vector<Operation> read;
  for (const Operation& operation : small) {
    const auto again = operation_from(*parse_json(to_json(to_value(operation))));
    INFO(to_json(to_value(operation)));
    REQUIRE(again.ok());
    read.push_back(*again);
    CHECK(to_json(to_value(*again)) == to_json(to_value(operation)));
  }
  CHECK(invariant_of(replay(read, *wiring)) == invariant_of(finding->what));
}

TEST_CASE("the same seed is the same history") {
  Wiring right;
  std::optional<Finding> none;
  const auto lines = [&](std::uint64_t seed) {
    std::string text;
    for (const Operation& operation : run_history(seed, {}, right, none)) text += to_json(to_value(operation)) + "\n";
    return text;
  };
  CHECK(lines(7) == lines(7));
  CHECK(lines(7) != lines(8));
}
