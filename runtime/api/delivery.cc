// /v1/delivery: what delivery nodes ask of the control process, and what people see of them.
#include "api/api.h"
#include "base/limits.h"
#include "catalog/delivered.h"
#include "http/problem.h"
#include "model/reader.h"

namespace footlight {
namespace {

// What a node tells of one workspace: its request, and the hash of the access that it has.
struct Held {
  LeaseRequest request;
  std::string access;
};

struct Poll {
  Duration wait;
  std::map<std::string, Held> held;  // by workspace
};

Result<Poll> poll_from(const HttpRequest& request) {
  auto body = json_body(request);
  if (!body) return body.error();
  Problems problems;
  Reader reader(*body, "$", problems);
  Poll poll;
  if (const auto wait = reader.number("wait_ms", 0, static_cast<double>(limits::delivery_wait_max.ms)))
    poll.wait = {static_cast<std::int64_t>(*wait)};
  if (const Object* held = reader.object("workspaces"))
    for (const auto& [name, value] : *held) {
      Reader one(value, "$.workspaces." + name, problems);
      const std::string access = one.text("access").value_or("");
      const Value* asked = one.require("request");
      one.finish();
      if (!asked) continue;
      auto read = lease_request_from(*asked);
      if (read) {
        poll.held[name] = {std::move(*read), access};
        continue;
      }
      for (Problem& problem : read.error().problems) {
        problem.place = "$.workspaces." + name + ".request" + problem.place.substr(1);
        problems.push_back(std::move(problem));
      }
    }
  reader.finish();
  if (has_errors(problems)) return refuse(Code::bad_request, std::move(problems), "the node's request cannot be read");
  return poll;
}

bool opens(const Caller& caller, const std::string& workspace) { return caller.workspace == "*" || caller.workspace == workspace; }

// Once a store is found to be an older copy by one workspace, it is one for all of them.
void heed_fence(Api& api) {
  for (const auto& [name, catalog] : api.catalogs())
    if (!catalog->is_fenced()) (void)catalog->heed_fence();
}

struct PollAnswer {
  Value body;
  bool is_news = false;  // something the node has to hear at once
};

// {"workspaces": {NAME: {"answer" or "refused": {"code", "message"}, "access"?}}}. A workspace that the node
// did not ask for is there too, empty: next time it can.
Result<PollAnswer> answer_poll(Api& api, const Caller& caller, const Poll& poll, Reading now) {
  PollAnswer answered;
  Object workspaces;
  for (const auto& [name, catalog] : api.catalogs()) {
    if (!opens(caller, name)) continue;
    Object told;
    const auto held = poll.held.find(name);
    if (held == poll.held.end()) {
      answered.is_news = true;
    } else {
      auto answer = catalog->lease(held->second.request, now);
      if (answer) {
        answered.is_news |= answer->has_catalog;
        told["answer"] = to_value(*answer);
      } else {
        if (answer.error().code == Code::fenced) heed_fence(api);
        told["refused"] = Object{{"code", std::string(footlight::name(answer.error().code))}, {"message", answer.error().message}};
      }
      auto access = api.access(name);
      if (!access) return access.error();
      if (hash_of(*access) != held->second.access) {
        answered.is_news = true;
        told["access"] = std::move(*access);
      }
    }
    workspaces[name] = std::move(told);
  }
  answered.body = Object{{"workspaces", std::move(workspaces)}};
  return answered;
}

// Is there anything that this node has not heard of? Asked often, so it looks at versions only.
bool has_news(Api& api, const Poll& poll, std::int64_t access_changes) {
  if (api.access_changes() != access_changes) return true;
  for (const auto& [name, held] : poll.held)
    if (const Catalog* catalog = api.catalog(name); catalog && !catalog->is_fenced() && catalog->version() != held.request.head)
      return true;
  return false;
}

HttpResponse response_of(const Result<PollAnswer>& answered, const HttpRequest& request) {
  if (!answered) return problem_response(answered.error(), request);
  HttpResponse response = json_response(answered->body);
  response.headers.add("Cache-Control", "no-store");
  return response;
}

// PollAnswer at once where there is news; else the answer waits for some, as long as the node would. The
// lease is counted from when the node sent its request, so waiting costs it, and nobody else.
HttpResponse lease(Api& api, const Call& call) {
  if (!api.options().clocks) return problem_response(refuse(Code::unavailable, "this process lends to no nodes"), call.request);
  auto poll = poll_from(call.request);
  if (!poll) return problem_response(poll.error(), call.request);
  const std::int64_t access_changes = api.access_changes();  // before looking: a change meanwhile is news
  const auto answered = answer_poll(api, call.caller, *poll, api.options().clocks());
  HttpResponse response = response_of(answered, call.request);
  if (!answered || answered->is_news || poll->wait == Duration{}) return response;
  const auto waiting = std::make_shared<const Poll>(std::move(*poll));
  response.hold =
      std::make_shared<const Hold>(Hold{[&api, waiting, access_changes] { return has_news(api, *waiting, access_changes); }, waiting->wait,
                                        [&api, waiting, caller = call.caller, request = call.request] {
                                          return response_of(answer_poll(api, caller, *waiting, api.options().clocks()), request);
                                        }});
  return response;
}

// Lists are named by their content, and only a catalog tells their names.
HttpResponse list(Api& api, const Call& call) {
  auto content = api.store().get_blob(call.param("hash"));
  if (!content) return problem_response(content.error(), call.request);
  HttpResponse response{.content_type = "application/octet-stream", .body = std::move(*content)};
  response.headers.add("Cache-Control", "no-store");
  return response;
}

HttpResponse nodes(Api& api, const Call& call) {
  Object workspaces;
  const Reading now = api.options().clocks ? api.options().clocks() : Reading{{}, call.request.received};
  for (const auto& [name, catalog] : api.catalogs()) {
    if (!opens(call.caller, name)) continue;
    Array rows;
    for (const KnownNode& node : catalog->nodes(now))
      rows.push_back(Object{{"node", node.node},
                            {"version", version_text(node.head)},
                            {"is_current", node.head == catalog->version()},
                            {"seen_at", to_text(node.seen)},
                            {"lease_end", to_text(node.lease_end)}});
    workspaces[name] = Object{{"version", version_text(catalog->version())},
                              {"fenced", catalog->is_fenced()},
                              {"window", to_text(catalog->window().length())},
                              {"nodes", std::move(rows)}};
  }
  return json_response(Object{{"workspaces", std::move(workspaces)}});
}

}  // namespace

std::vector<Route> delivery_routes(Api& api) {
  const auto on_api = [&api](HttpResponse (*handle)(Api&, const Call&)) {
    return [&api, handle](const Call& call) { return handle(api, call); };
  };
  return {
      {"GET", "/v1/delivery", "viewer", 0, on_api(nodes), "delivery nodes: what each holds, and until when",
       "By workspace: {\"version\",\"fenced\",\"window\",\"nodes\":[{\"node\",\"version\",\"is_current\",\"seen_at\",\"lease_end\"}]}."},
      {"POST", "/v1/delivery/lease", "node", limits::delivery_poll_bytes_max, on_api(lease), "a node asks for leases, and for what is new",
       "Body: {\"wait_ms\",\"workspaces\":{NAME:{\"request\",\"access\"}}}. Waits for news up to `wait_ms`. Answers, by workspace, "
       "{\"answer\"} with the "
       "lease and the catalog where it is new, or {\"refused\"}; {\"access\"} holds the secret of proposition tokens and the tokens' "
       "hashes."},
      {"GET", "/v1/delivery/lists/{hash}", "node", 0, on_api(list), "the content of a list, by its SHA-256"},
  };
}

}  // namespace footlight
