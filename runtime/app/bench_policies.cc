// footlight bench policies: what each experience and each policy of a workspace costs over recorded requests. Fuel is the same
// on every machine; times are of this one, of the fastest of several rounds.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "app/commands.h"
#include "app/inputs.h"
#include "app/records.h"
#include "app/side.h"
#include "app/terminal.h"

namespace footlight {
namespace {

using Clock = std::chrono::steady_clock;

double microseconds(Clock::duration duration) { return std::chrono::duration<double, std::micro>(duration).count(); }

struct Cost {
  std::size_t calls = 0, failures = 0;
  double total_us = 0, slowest_us = 0;
  double fuel = 0;
  long fuel_most = 0;
};

// The real runner, with a clock beside each call.
class TimedRunner : public PolicyRunner {
 private:
  template <class Work>
  auto timed(int policy, const Work& work) {
    const auto begin = Clock::now();
    auto answer = work();
    const double took = microseconds(Clock::now() - begin);
    Cost& cost = costs[static_cast<std::size_t>(policy)];
    ++cost.calls;
    cost.failures += std::holds_alternative<PolicyFailure>(answer);
    cost.total_us += took;
    cost.slowest_us = std::max(cost.slowest_us, took);
    cost.fuel += static_cast<double>(runner_.last_fuel());
    cost.fuel_most = std::max(cost.fuel_most, runner_.last_fuel());
    return answer;
  }

 public:
  TimedRunner(LuaPolicyRunner& runner, std::size_t policies) : runner_(runner), costs(policies) {}

  PolicyAnswer<bool> targeting(int policy, const PolicyCall& call) override {
    return timed(policy, [&] { return runner_.targeting(policy, call); });
  }
  PolicyAnswer<bool> schedule(int policy, const PolicyCall& call) override {
    return timed(policy, [&] { return runner_.schedule(policy, call); });
  }
  PolicyAnswer<std::vector<int>> conflict(int policy, const PolicyCall& call, const std::vector<CandidateView>& candidates) override {
    return timed(policy, [&] { return runner_.conflict(policy, call, candidates); });
  }
  PolicyAnswer<Value> content(int policy, const PolicyCall& call) override {
    return timed(policy, [&] { return runner_.content(policy, call); });
  }
  std::vector<std::string> take_log() override { return runner_.take_log(); }

 private:
  LuaPolicyRunner& runner_;

 public:
  std::vector<Cost> costs;  // by policy
};

// What a decision has to ask of each audience itself, natively: what the index does not know. Asked for every request.
std::vector<double> audience_costs(const Snapshot& snapshot, const std::vector<Request>& requests, int rounds) {
  std::vector<double> fastest(snapshot.experiences().size(), 1e300);
  RequestSlots slots;
  Truths truths;
  const auto nobody_asks = [](const AskedPolicy&) { return std::optional(false); };
  for (int round = 0; round < rounds; ++round) {
    std::vector<double> total(fastest.size());
    for (const Request& request : requests) {
      slots.fill(snapshot.attributes(), request);
      snapshot.conditions().answer(slots, truths);
      for (std::size_t e = 0; e < total.size(); ++e) {
        const auto begin = Clock::now();
        (void)AudiencePrograms::holds(snapshot.program(static_cast<int>(e)), snapshot.conditions(), slots, truths, nobody_asks);
        total[e] += microseconds(Clock::now() - begin);
      }
    }
    for (std::size_t e = 0; e < total.size(); ++e) fastest[e] = std::min(fastest[e], total[e]);
  }
  return fastest;
}

std::string number(double value, const char* format = "%.2f") {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

struct Row {
  std::string experience;  // or the configuration of a conflict policy
  double audience_us = 0, policies_us = 0;
  std::size_t calls = 0;
  double whole() const { return audience_us + policies_us; }
};

}  // namespace

int bench_policies_command(const BenchPoliciesOptions& options) {
  LuaPolicyCompiler compiler;
  auto side = open_folder(options.folder, compiler);
  if (!side) return fail(side.error());
  auto now = read_instant(options.at, side->workspace.zone);
  if (!now) return fail(refuse(Code::usage, "--at: " + now.error().message));
  std::vector<Request> requests;
  auto read = read_records(options.requests, [&](const RecordedRequest& record) -> Status {
    auto request = request_of(record, *now, side->snapshot->zone());
    if (!request) return request.error();
    requests.push_back(std::move(*request));
    return Done{};
  });
  if (!read) return fail(read.error());
  if (read->unreadable_lines > 0)
    return fail(refuse(read->unreadable[0].code, read->unreadable, "`" + options.requests + "` cannot be used"));
  if (requests.empty()) return fail(refuse(Code::usage, "`" + options.requests + "` holds no request"));

  const Snapshot& snapshot = *side->snapshot;
  std::vector<Cost> best;
  double whole_us = 1e300;
  DecideScratch scratch;
  // The first round loads what is loaded when it is first asked for.
  for (int round = 0; round <= options.rounds; ++round) {
    TimedRunner timed(*side->runner, snapshot.policies().size());
    const auto begin = Clock::now();
    for (const Request& request : requests) (void)decide(snapshot, request, timed, {}, scratch);
    const double took = microseconds(Clock::now() - begin);
    if (round == 0 || took >= whole_us) continue;
    whole_us = took;
    best = std::move(timed.costs);
  }
  const std::vector<double> audiences = audience_costs(snapshot, requests, options.rounds);
  const auto each = static_cast<double>(requests.size());

  std::map<std::string, Row> by_owner;
  for (std::size_t e = 0; e < audiences.size(); ++e) {
    const std::string& id = snapshot.experiences()[e].id;
    by_owner[id] = {.experience = id, .audience_us = audiences[e] / each};
  }
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < best.size(); ++i) {
    const Policy& policy = snapshot.policies()[i];
    Row& row = by_owner[policy.role == PolicyRole::conflict ? "conflict of " + policy.owner : policy.owner];
    if (row.experience.empty()) row.experience = "conflict of " + policy.owner;
    row.policies_us += best[i].total_us / each;
    row.calls += best[i].calls;
    order.push_back(i);
  }
  std::vector<Row> rows;
  for (auto& [id, row] : by_owner) rows.push_back(std::move(row));
  std::stable_sort(rows.begin(), rows.end(), [](const Row& left, const Row& right) { return left.whole() > right.whole(); });
  // By what is the same every time.
  std::stable_sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) { return best[left].fuel > best[right].fuel; });

  if (options.json) {
    Array experiences, policies;
    for (const Row& row : rows)
      experiences.push_back(
          Object{{"experience", row.experience}, {"audience_us", row.audience_us}, {"policies_us", row.policies_us}, {"calls", row.calls}});
    for (const std::size_t i : order) {
      const Policy& policy = snapshot.policies()[i];
      const Cost& cost = best[i];
      const double calls = cost.calls > 0 ? static_cast<double>(cost.calls) : 1;
      policies.push_back(Object{{"owner", policy.owner},
                                {"path", policy.path},
                                {"place", policy.place},
                                {"role", to_text(policy.role)},
                                {"calls", cost.calls},
                                {"failures", cost.failures},
                                {"us_mean", cost.total_us / calls},
                                {"us_most", cost.slowest_us},
                                {"fuel_mean", cost.fuel / calls},
                                {"fuel_most", static_cast<std::int64_t>(cost.fuel_most)}});
    }
    std::printf("%s\n",
                to_json(Value(Object{{"requests", requests.size()},
                                     {"decision_us", whole_us / each},
                                     {"experiences", std::move(experiences)},
                                     {"policies", std::move(policies)}}))
                    .c_str());
    return 0;
  }
  std::printf("%zu requests, %s us a decision\n\n", requests.size(), number(whole_us / each).c_str());
  std::vector<std::vector<std::string>> lines{{"EXPERIENCE", "US A DECISION", "AUDIENCE", "POLICIES", "CALLS"}};
  for (std::size_t i = 0; i < rows.size() && i < static_cast<std::size_t>(options.top); ++i)
    lines.push_back({rows[i].experience, number(rows[i].whole(), "%.3f"), number(rows[i].audience_us, "%.3f"),
                     number(rows[i].policies_us, "%.3f"), std::to_string(rows[i].calls)});
  std::printf("%s", table(lines).c_str());
  if (order.empty()) {
    std::printf("\nno policy runs in Lua: everything is native\n");
    return 0;
  }
  lines = {{"POLICY", "ROLE", "CALLS", "US A CALL", "MOST", "FUEL", "MOST", "FAILED"}};
  for (std::size_t n = 0; n < order.size() && n < static_cast<std::size_t>(options.top); ++n) {
    const Policy& policy = snapshot.policies()[order[n]];
    const Cost& cost = best[order[n]];
    const double calls = cost.calls > 0 ? static_cast<double>(cost.calls) : 1;
    lines.push_back({policy.owner + " " + (policy.place.empty() ? policy.path : policy.place), std::string(to_text(policy.role)),
                     std::to_string(cost.calls), number(cost.total_us / calls), number(cost.slowest_us), number(cost.fuel / calls, "%.0f"),
                     std::to_string(cost.fuel_most), std::to_string(cost.failures)});
  }
  std::printf("\n%s", table(lines).c_str());
  const Policy& dearest = snapshot.policies()[order[0]];
  if (best[order[0]].calls > 0)
    std::printf("\nmost costly: %s, %s of %s, %s fuel and %s us a decision\n",
                (dearest.place.empty() ? dearest.path : dearest.place).c_str(), std::string(to_text(dearest.role)).c_str(),
                dearest.owner.c_str(), number(best[order[0]].fuel / each, "%.0f").c_str(), number(best[order[0]].total_us / each).c_str());
  return 0;
}

}  // namespace footlight
