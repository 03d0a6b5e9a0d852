// POST /v1/decide: what an application asks.
#include "api/api.h"
#include "base/limits.h"
#include "engine/decide.h"
#include "server/problem.h"

namespace footlight {
namespace {

struct Counters {
  Metrics::Counter policy_failures, unleased;
};

HttpResponse answer_of(std::string body, int max_age_s) {
  HttpResponse response{.content_type = "application/json", .body = std::move(body)};
  response.headers.add("Cache-Control", max_age_s > 0 ? "private, max-age=" + std::to_string(max_age_s) : "no-store");
  return response;
}

// Without a valid lease: what the configurations declare for that, and why.
Result<HttpResponse> without_lease(const Pinned& pinned, const Request& request, const Counters& counters, bool explain) {
  if (!pinned.defaults) return refuse(Code::unavailable, "no lease, and no catalog was ever received; see /readyz");
  counters.unleased.add();
  Decision decision = decide(*pinned.defaults, request, no_policies(), {.explain = explain, .key = &pinned.key});
  return answer_of("{\"reason\":\"no_lease\"," + to_json(decision).substr(1), 0);
}

Result<HttpResponse> decide_call(Serving& serving, const Counters& counters, const Call& call) {
  auto workspace = serving.workspace_of(call);
  if (!workspace) return workspace.error();
  const auto flag = call.request.parameter("explain");
  if (flag && *flag != "1" && *flag != "0") return refuse(Code::usage, "`explain` is 0 or 1");
  const bool explain = flag == "1";
  if (explain && !call.caller.roles.contains("viewer"))
    return refuse(Code::forbidden, "a delivery key sees no traces; ask with a viewer's token");
  if (call.request.body.empty()) return refuse(Code::bad_request, "the body is empty; send {\"surfaces\": […]}");
  auto body = json_body(call.request);
  if (!body) return body.error();
  Problems problems;
  const Request request = parse_request(*body, call.request.received, problems);
  // What is no surface would match nothing; the application is told, as of any other mistake.
  if (const Value* asked = body->find("surfaces"); asked && asked->is_array() && !has_errors(problems))
    for (std::size_t i = 0; i < asked->array().size(); ++i)
      if (auto surface = parse_surface(asked->array()[i].string()); !surface)
        problems.push_back({surface.error().code, "$.surfaces[" + std::to_string(i) + "]", surface.error().message});
  if (has_errors(problems)) return refuse(Code::bad_request, std::move(problems), "the request has problems");
  const auto pinned = serving.pin(*workspace);
  if (!pinned) return pinned.error();
  if (!pinned->snapshot) return without_lease(*pinned, request, counters, explain);
  auto runner = serving.runner(*workspace, pinned->snapshot);
  if (!runner) return runner.error();
  const Decision decision = decide(*pinned->snapshot, request, **runner, {.explain = explain, .key = &pinned->key});
  if (decision.policy_failures > 0) counters.policy_failures.add(decision.policy_failures);
  std::string answer = to_json(decision);
  const auto max_age_s = serving.max_age_s(*pinned);
  if (!max_age_s) return without_lease(*pinned, request, counters, explain);
  return answer_of(std::move(answer), *max_age_s);
}

}  // namespace

std::vector<Route> decide_routes(Serving& serving) {
  const Counters counters{
      serving.metrics().counter("footlight_policy_failures_total", "Policies that failed or were stopped within decisions."),
      serving.metrics().counter("footlight_unleased_answers_total", "Decisions answered with defaults only, for want of a lease.")};
  return {
      {.method = "POST", .pattern = "/v1/decide", .role = "delivery", .body_limit = limits::request_bytes_max,
       .handle = [&serving, counters](const Call& call) {
         auto response = decide_call(serving, counters, call);
         return response ? std::move(*response) : problem_response(response.error(), call.request);
       },
       .summary = "which content for these surfaces",
       .help = "Body: {\"identity\":{\"namespace\",\"id\"},\"attributes\":{…},\"context\":{…},\"surfaces\":[…]}. Answers {\"snapshot\","
               "\"propositions\":[{\"surface\",\"configuration\",\"element\",\"experience\",\"action\",\"revision\",\"priority\",\"format\","
               "\"content\",\"token\"}]}. `?explain=1` adds the trace, for viewers. A node without a lease answers defaults only, with \"reason\":\"no_lease\".",
       .cors = true},
  };
}

}  // namespace footlight
