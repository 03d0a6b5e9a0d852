// The circuit breaker: what runs out of memory again and again is asked no more, by any worker, until the next snapshot.
#include <catch2/catch.hpp>

#include "base/limits.h"
#include "engine/decide.h"
#include "script/policies.h"

using namespace footlight;

namespace {

LuaPolicyCompiler compiler;

std::shared_ptr<const Snapshot> snapshot_of(const std::string& version, const std::string& greedy) {
  Problems problems;
  SnapshotSource source{
      .version = version,
      .workspace =
          parse_workspace(*parse_json(R"({"name": "w", "surfaces": {"hero": {"format": "text", "rules": ["web://w/#hero"]}}})"), problems)};
  for (const auto& [id, lua] : {std::pair<std::string, std::string>{"greedy", greedy}, {"modest", "return function() return 'modest' end"}})
    source.experiences.push_back({.definition = parse_definition(Object{{"kind", "campaign"},
                                                                        {"id", id},
                                                                        {"priority", id == "greedy" ? 90 : 10},
                                                                        {"show", Object{{"hero", Object{{"lua", lua}}}}}},
                                                                 problems)});
  for (const Problem& problem : problems) FAIL(to_line(problem));
  auto snapshot = Snapshot::compile(std::move(source), compiler);
  if (!snapshot) FAIL(to_text(snapshot.error()));
  return *snapshot;
}

// Who is shown, and why the first candidate was not.
std::pair<std::string, std::string> ask(const Snapshot& snapshot, PolicyRunner& runner, const std::string& identity = "a") {
  Problems problems;
  const Request request = parse_request(
      Object{{"identity", Object{{"namespace", "n"}, {"id", identity}}}, {"surfaces", Array{"web://w/#hero"}}}, {0}, problems);
  const Decision decision = decide(snapshot, request, runner, {.explain = true});
  std::string reason;
  for (const CandidateTrace& candidate : decision.trace.at(0).candidates)
    if (candidate.experience == "greedy") reason = candidate.reason;
  return {decision.propositions.empty() ? "" : decision.propositions[0].experience, reason};
}

constexpr const char* bomb = "return function(p, request) local t = {} for i = 1, 1e9 do t[i] = { i, i, i, i } end return 'never' end";

}  // namespace

TEST_CASE("trips count over all workers, and the circuit stays open until the next snapshot") {
  const auto first = snapshot_of("1", bomb);
  const auto breaker = std::make_shared<PolicyBreaker>();
  auto one = LuaPolicyRunner::create(first, {.deadline = minutes(5), .breaker = breaker}),
       other = LuaPolicyRunner::create(first, {.deadline = minutes(5), .breaker = breaker});
  REQUIRE((one.ok() && other.ok()));
  for (int i = 0; i < limits::script_trips_max; ++i) {
    CHECK(breaker->all().empty());
    const auto [shown, reason] = ask(*first, i % 2 ? **other : **one);
    CHECK(shown == "modest");
    CHECK_THAT(reason, Catch::Contains("memory_exceeded") && !Catch::Contains("quarantined"));
  }
  for (auto* worker : {&one, &other}) {
    const auto [shown, reason] = ask(*first, ***worker);
    CHECK(shown == "modest");
    CHECK_THAT(reason, Catch::Contains("quarantined after 3 trips") && Catch::Contains("memory"));
  }
  REQUIRE(breaker->all().size() == 1);
  const PolicyBreaker::Quarantined row = breaker->all()[0];
  CHECK(row.owner == "greedy");
  CHECK(row.role == PolicyRole::content);
  CHECK(row.trips == limits::script_trips_max);
  CHECK(row.failure.code == Code::memory_exceeded);

  const auto second = snapshot_of("2", "return function() return 'mended' end");
  auto fresh = LuaPolicyRunner::create(second, {.deadline = minutes(5), .breaker = breaker});
  CHECK(breaker->all().empty());
  CHECK(ask(*second, **fresh).first == "greedy");
  // A worker that has not changed over yet neither sees nor opens anything of the new one.
  ask(*first, **one);
  CHECK(breaker->all().empty());
}

TEST_CASE("what a policy does to one request, by fuel or by an error, opens nothing for others") {
  const auto snapshot = snapshot_of("1",
                                    "return function(p, request) if request.identity.id == 'a' then while true do end end if "
                                    "request.identity.id == 'b' then error('no') end return 'x' end");
  const auto breaker = std::make_shared<PolicyBreaker>();
  auto runner = LuaPolicyRunner::create(snapshot, {.deadline = minutes(5), .breaker = breaker});
  REQUIRE(runner.ok());
  for (int i = 0; i < 10; ++i) {
    CHECK(ask(*snapshot, **runner, "a").first == "modest");
    CHECK(ask(*snapshot, **runner, "b").first == "modest");
    CHECK(ask(*snapshot, **runner, "c").first == "greedy");
  }
  CHECK(breaker->all().empty());
}
