// POST /v1/decide: what an application asks.
#include "api/api.h"
#include "base/limits.h"
#include "engine/decide.h"
#include "server/problem.h"

namespace footlight {
namespace {

Result<HttpResponse> decide_call(Api& api, const Metrics::Counter& failures, const Call& call) {
  auto catalog = api.catalog_of(call);
  if (!catalog) return catalog.error();
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
  const auto snapshot = (*catalog)->snapshot();
  if (!snapshot) return refuse(Code::unavailable, "the workspace does not compile; see /readyz");
  auto runner = api.options().runner((*catalog)->name(), snapshot);
  if (!runner) return runner.error();
  const Decision decision = decide(*snapshot, request, **runner, {.explain = explain, .key = &api.key((*catalog)->name())});
  if (decision.policy_failures > 0) failures.add(decision.policy_failures);
  HttpResponse response;
  response.content_type = "application/json";
  response.body = to_json(decision);
  response.headers.add("Cache-Control", "no-store");
  return response;
}

}  // namespace

std::vector<Route> decide_routes(Api& api) {
  const auto failures = api.metrics().counter("footlight_policy_failures_total", "Policies that failed or were stopped within decisions.");
  return {
      {.method = "POST", .pattern = "/v1/decide", .role = "delivery", .body_limit = limits::request_bytes_max,
       .handle = [&api, failures](const Call& call) {
         auto response = decide_call(api, failures, call);
         return response ? std::move(*response) : problem_response(response.error(), call.request);
       },
       .summary = "which content for these surfaces",
       .help = "Body: {\"identity\":{\"namespace\",\"id\"},\"attributes\":{…},\"context\":{…},\"surfaces\":[…]}. Answers {\"snapshot\","
               "\"propositions\":[{\"surface\",\"configuration\",\"element\",\"experience\",\"action\",\"revision\",\"priority\",\"format\","
               "\"content\",\"token\"}]}. `?explain=1` adds the trace, for viewers.",
       .cors = true},
  };
}

}  // namespace footlight
