// /v1/experiences/{id}/diff and /review, /v1/catalog: what reviewers read, and decide with.
#include <algorithm>

#include "api/api.h"
#include "base/text.h"
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

// `?with=welcome@2,gold@draft`.
Result<std::map<std::string, std::string>> revisions_from(std::string_view text) {
  std::map<std::string, std::string> with;
  for (const std::string_view part : split(text, ',')) {
    if (trim(part).empty()) continue;
    const auto at = part.find('@');
    if (at == std::string_view::npos || at == 0)
      return refuse(Code::usage,
                    "`" + std::string(part) + "` names no revision of an experience; write `ID@2`, `ID@live`, `ID@draft` or `ID@newest`");
    with[std::string(trim(part.substr(0, at)))] = std::string(trim(part.substr(at + 1)));
  }
  return with;
}

// Lists hold ids of people: whoever may only look gets their names, not their content.
bool may_see_lists(const Caller& caller) {
  constexpr std::string_view roles[] = {"author", "approver", "publisher", "admin"};
  return std::any_of(std::begin(roles), std::end(roles), [&](std::string_view role) { return caller.roles.contains(role); });
}

Result<HttpResponse> served(Api& api, Catalog& catalog, const Call& call) {
  const std::string_view drafts = call.request.parameter("drafts").value_or("0");
  if (drafts != "0" && drafts != "1") return refuse(Code::usage, "`drafts` is 0 or 1");
  auto with = revisions_from(call.request.parameter("with").value_or(""));
  if (!with) return with.error();
  auto document = catalog.served(*with, drafts == "1", call.request.received);
  if (!document) return document.error();
  Object lists;
  if (may_see_lists(call.caller))
    for (const Value& experience : document->find("experiences")->array())
      if (const Value* mentioned = experience.at_path("definition.include.lists"))
        for (const auto& [name, hash] : mentioned->object()) {
          if (lists.contains(hash.string())) continue;
          auto content = api.store().get_blob(hash.string());
          if (!content) return content.error();
          lists[hash.string()] = std::move(*content);
        }
  return json_response(Object{{"catalog", std::move(*document)}, {"lists", std::move(lists)}});
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
  const auto on_both = [&api](const Call& call) {
    auto catalog = api.catalog_of(call);
    if (!catalog) return problem_response(catalog.error(), call.request);
    auto response = served(api, **catalog, call);
    return response ? std::move(*response) : problem_response(response.error(), call.request);
  };
  return {
      {"GET", "/v1/catalog", "viewer", 0, on_both, "what is in force, to decide with it elsewhere",
       "`?with=ID@REVISION,…` puts a revision (a number, `live`, `draft` or `newest`) in the place of what is live, `?drafts=1` every "
       "newest one. Answers "
       "{\"catalog\": {\"version\",\"workspace\",\"experiences\"}, \"lists\": {SHA-256: content}}; lists are for those with a role beyond "
       "viewer. Changes nothing."},
      {"GET", "/v1/experiences/{id}/diff", "viewer", 0, on_catalog(difference), "two revisions side by side",
       "`?from=` and `?to=` take a number, `live`, `draft` or `newest`; left out: what is live, or the revision before, against the "
       "newest. Answers "
       "{\"from\",\"to\",\"is_equal\",\"sections\":[{\"section\",\"parts\":[{\"part\",\"lines\":[{\"mark\":\"same|removed|added|skipped\","
       "\"text\"}]}]}]}."},
      {"GET", "/v1/experiences/{id}/review", "viewer", 0, on_catalog(review), "what activating the newest revision would put live",
       "Answers {\"sections\"} of content, properties, configuration, audience, schedule, \"checks\", \"clashes\" with what is live or "
       "scheduled and who wins, "
       "\"differs\" from what is live, \"approval\", and \"activation\": whether it is possible, its effect, `visible_from` and "
       "`visible_by`. Changes nothing."},
  };
}

}  // namespace footlight
