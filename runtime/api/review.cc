// /v1/experiences/{id}/diff and /review: what reviewers read.
#include "api/api.h"
#include "http/problem.h"

namespace footlight {
namespace {

Result<HttpResponse> difference(Catalog& catalog, const Call& call) {
  const auto word = [&](std::string_view key) { return call.request.parameter(key).value_or(""); };
  auto body = catalog.difference(call.param("id"), word("from"), word("to"), call.request.received);
  if (!body) return body.error();
  return json_response(*body);
}

Result<HttpResponse> review(Catalog& catalog, const Call& call) {
  auto body = catalog.review(call.param("id"), call.request.received);
  if (!body) return body.error();
  return json_response(*body);
}

}  // namespace

std::vector<Route> review_routes(Api& api) {
  const auto on_catalog = [&api](Result<HttpResponse> (*handle)(Catalog&, const Call&)) {
    return [&api, handle](const Call& call) {
      auto catalog = api.catalog_of(call);
      if (!catalog) return problem_response(catalog.error(), call.request);
      auto response = handle(**catalog, call);
      return response ? std::move(*response) : problem_response(response.error(), call.request);
    };
  };
  return {
      {"GET", "/v1/experiences/{id}/diff", "viewer", 0, on_catalog(difference), "two revisions side by side",
       "`?from=` and `?to=` take a number, `live`, `draft` or `newest`; left out: what is live, or the revision before, against the newest. Answers "
       "{\"from\",\"to\",\"is_equal\",\"sections\":[{\"section\",\"parts\":[{\"part\",\"lines\":[{\"mark\":\"same|removed|added|skipped\",\"text\"}]}]}]}."},
      {"GET", "/v1/experiences/{id}/review", "viewer", 0, on_catalog(review), "what activating the newest revision would put live",
       "Answers {\"sections\"} of content, properties, configuration, audience, schedule, \"checks\", \"clashes\" with what is live or scheduled and who wins, "
       "\"differs\" from what is live, \"approval\", and \"activation\": whether it is possible, its effect, `visible_from` and `visible_by`. Changes nothing."},
  };
}

}  // namespace footlight
