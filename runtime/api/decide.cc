// POST /v1/decide: what an application asks.
#include "engine/decide.h"
#include "api/api.h"
#include "base/limits.h"
#include "base/text.h"
#include "http/problem.h"

namespace footlight {
namespace {

struct Counters {
  Metrics::Counter policy_failures, unleased;
};

// Takes the body's memory and leaves its own.
HttpResponse answer_of(std::string& json, int max_age_s) {
  HttpResponse response = spare_response();
  response.content_type = "application/json";
  response.body.swap(json);
  if (max_age_s > 0) response.headers.add("Cache-Control", "private, max-age=" + std::to_string(max_age_s));
  else response.headers.add("Cache-Control", "no-store");
  return response;
}

// Without a valid lease: what the configurations declare for that, and why.
Result<HttpResponse> without_lease(const Pinned& pinned, std::string_view body, Instant now, const DecideOptions& options,
                                   DecideScratch& scratch, const Counters& counters) {
  if (!pinned.defaults) return refuse(Code::unavailable, "no lease, and no catalog was ever received; see /readyz");
  if (auto read = read_request(*pinned.defaults, body, options, scratch); !read) return read.error();
  counters.unleased.add();
  const AnswerBytes answer = answer_read(*pinned.defaults, now, no_policies(), options, scratch);
  std::string json = "{\"reason\":\"" + std::string(no_lease) + "\"," + std::string(answer.json.substr(1));
  return answer_of(json, 0);
}

HttpResponse decide_call(Serving& serving, const Counters& counters, const Call& call) {
  const auto refused = [&call](const Error& error) { return problem_response(error, call.request); };
  auto workspace = serving.workspace_of(call);
  if (!workspace) return refused(workspace.error());
  const auto flag = call.request.parameter("explain");
  if (flag && *flag != "1" && *flag != "0") return refused(refuse(Code::usage, "`explain` is 0 or 1"));
  const bool explain = flag == "1";
  if (explain && !call.caller.roles.contains("viewer"))
    return refused(refuse(Code::forbidden, "a delivery key sees no traces; ask with a viewer's token"));
  if (call.request.body.empty()) return refused(refuse(Code::bad_request, "the body is empty; send {\"surfaces\": […]}"));
  if (auto readable = check_json_body(call.request); !readable) return refused(readable.error());
  const std::string_view body = trim(call.request.body).empty() ? std::string_view("{}") : std::string_view(call.request.body);
  const auto pinned = serving.pin(*workspace);
  if (!pinned) return refused(pinned.error());
  // What a worker thread keeps between requests, for each workspace.
  thread_local std::map<std::string, DecideScratch> scratches;
  DecideScratch& scratch = scratches[*workspace];
  const DecideOptions options{.explain = explain, .key = &pinned->key};
  const auto unleased = [&] {
    auto response = without_lease(*pinned, body, call.request.received, options, scratch, counters);
    return response ? std::move(*response) : refused(response.error());
  };
  if (!pinned->snapshot) return unleased();
  if (auto read = read_request(*pinned->snapshot, body, options, scratch); !read) return refused(read.error());
  auto runner = serving.runner(*workspace, pinned->snapshot);
  if (!runner) return refused(runner.error());
  const AnswerBytes answer = answer_read(*pinned->snapshot, call.request.received, **runner, options, scratch);
  if (answer.policy_failures > 0) counters.policy_failures.add(answer.policy_failures);
  const auto max_age_s = serving.max_age_s(*pinned);
  if (!max_age_s) return unleased();
  return answer_of(scratch.json, *max_age_s);
}

}  // namespace

std::vector<Route> decide_routes(Serving& serving) {
  const Counters counters{
      serving.metrics().counter("footlight_policy_failures_total", "Policies that failed or were stopped within decisions."),
      serving.metrics().counter("footlight_unleased_answers_total", "Decisions answered with defaults only, for want of a lease.")};
  return {
      {.method = "POST",
       .pattern = "/v1/decide",
       .role = "delivery",
       .body_limit = limits::request_bytes_max,
       .handle = [&serving, counters](const Call& call) { return decide_call(serving, counters, call); },
       .summary = "which content for these surfaces",
       .help =
           "Body: {\"identity\":{\"namespace\",\"id\"},\"attributes\":{…},\"context\":{…},\"surfaces\":[…]}. Answers {\"snapshot\","
           "\"propositions\":[{\"surface\",\"configuration\",\"element\",\"experience\",\"action\",\"revision\",\"priority\",\"format\","
           "\"content\",\"token\"}]}. `?explain=1` adds the trace, for viewers. A node without a lease answers defaults only, with "
           "\"reason\":\"no_lease\".",
       .cors = true,
       .is_quick = true},
  };
}

}  // namespace footlight
