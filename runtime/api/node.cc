#include "api/node.h"

#include "api/api.h"
#include "base/text.h"

namespace footlight {

Result<KnownCaller> NodeServing::authenticate(const HttpRequest& request) {
  auto bearer = bearer_of(request);
  if (!bearer) return bearer.error();
  const std::int64_t as_of = follower_.access_changes();
  if (auto caller = last_caller(*bearer, as_of)) return caller;
  auto token = follower_.token(sha256_hex(*bearer));
  if (!token) return token.error();
  return remember(*bearer, as_of, {token->name, implied_roles(token->roles), token->workspace});
}

namespace {

std::string text_of(const Value* value) { return value && value->is_string() ? value->string() : ""; }

HttpResponse ready(const Follower& follower) {
  const std::vector<std::string> reasons = follower.reasons_not_ready();
  return json_response(Object{{"ready", reasons.empty()}, {"reasons", Array(reasons.begin(), reasons.end())}}, reasons.empty() ? 200 : 503);
}

// What changes by itself is read when it is scraped.
HttpResponse metrics(NodeServing& serving) {
  const Value status = serving.follower().status();
  for (const auto& [name, row] : status.find("workspaces")->object()) {
    serving.metrics()
        .gauge("footlight_lease_left_seconds", "What is left of the lease; 0: defaults only.", {{"workspace", name}})
        .set(row.find("lease_left_ms")->number() / 1000);
    const std::string version = text_of(row.find("version"));
    const auto parts = split(std::string_view(version).substr(0, version.find('-')), '.');
    for (auto [part, gauge, help] : {std::tuple{0, "footlight_catalog_epoch", "Epoch of the catalog."},
                                     {1, "footlight_catalog_version", "Number of the catalog's version."}})
      serving.metrics().gauge(gauge, help, {{"workspace", name}}).set(std::stod(std::string(parts[static_cast<std::size_t>(part)])));
  }
  return metrics_response(serving.metrics());
}

}  // namespace

std::vector<Route> node_routes(NodeServing& serving) {
  std::vector<Route> all = decide_routes(serving);
  Follower& follower = serving.follower();
  for (Route& route : std::vector<Route>{
           {"GET", "/healthz", "", 0,
            [](const Call&) {
              return json_response(Object{{"ok", true}});
            },
            "the process answers"},
           {"GET", "/readyz", "", 0, [&follower](const Call&) { return ready(follower); }, "it may be given traffic",
            "503 with reasons without a lease."},
           {"GET", "/metrics", "", 0, [&serving](const Call&) { return metrics(serving); }, "Prometheus metrics"},
           {"GET", "/openapi.json", "", 0, [&serving](const Call&) { return json_response(describe(node_routes(serving))); },
            "this API, described"},
           {"GET", "/v1/delivery", "viewer", 0, [&follower](const Call&) { return json_response(follower.status()); },
            "what this node holds, and until when"},
       })
    all.push_back(std::move(route));
  return all;
}

}  // namespace footlight
