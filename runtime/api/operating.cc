// Health, metrics, tokens, the description of the API.
#include <sodium.h>

#include <algorithm>

#include "api/api.h"
#include "base/limits.h"
#include "base/text.h"
#include "http/problem.h"
#include "model/reader.h"

namespace footlight {
namespace {

std::string random_token() {
  unsigned char bytes[24];
  randombytes_buf(bytes, sizeof bytes);
  char text[sodium_base64_ENCODED_LEN(sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
  sodium_bin2base64(text, sizeof text, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  return std::string("fl_") + text;
}

// Ready: every workspace has a snapshot of its newest state. What had to be left out of it is told,
// and is no reason to take the node out of service: every other node would leave it out too.
HttpResponse ready(Api& api, Instant now) {
  Array reasons, left_out;
  for (const auto& [name, catalog] : api.catalogs()) {
    if (const auto error = catalog->compile_error()) (catalog->snapshot() ? left_out : reasons).push_back(name + ": " + to_text(*error));
    if (catalog->is_fenced()) reasons.push_back(name + ": the store was restored and waits for an epoch bump");
  }
  Array zone_changes;
  for (const auto& [name, catalog] : api.catalogs())
    for (const auto& [experience, changes] : catalog->changed_zones(now))
      for (const ZoneChange& change : changes) zone_changes.push_back(name + ": `" + experience + "`: " + to_text(change));
  Array quarantined;
  if (api.options().quarantined)
    for (const auto& [name, catalog] : api.catalogs())
      for (Value& row : api.options().quarantined(name)) {
        row.object()["workspace"] = name;
        quarantined.push_back(std::move(row));
      }
  if (api.catalogs().empty()) reasons.push_back("no workspace");
  const bool is_ready = reasons.empty();
  Object body{{"ready", is_ready}, {"reasons", std::move(reasons)}};
  if (!left_out.empty()) body["left_out"] = std::move(left_out);
  if (!zone_changes.empty()) body["zone_changed"] = std::move(zone_changes);
  if (!quarantined.empty()) body["quarantined"] = std::move(quarantined);  // their candidates are dropped; all else is served
  return json_response(std::move(body), is_ready ? 200 : 503);
}

// What changes by itself is read when it is scraped.
HttpResponse metrics(Api& api) {
  for (const auto& [name, catalog] : api.catalogs()) {
    const CatalogVersion version = catalog->version();
    api.metrics().gauge("footlight_catalog_epoch", "Epoch of the catalog.", {{"workspace", name}}).set(static_cast<double>(version.epoch));
    api.metrics()
        .gauge("footlight_catalog_version", "Number of the catalog's version.", {{"workspace", name}})
        .set(static_cast<double>(version.v));
    if (!api.options().clocks) continue;
    const Reading now = api.options().clocks();
    int leased = 0, current = 0;
    for (const KnownNode& node : catalog->nodes(now)) {
      if (node.lease_end <= now.wall) continue;
      ++leased;
      if (node.head == version) ++current;
    }
    api.metrics().gauge("footlight_delivery_nodes", "Delivery nodes that may hold a lease.", {{"workspace", name}}).set(leased);
    api.metrics().gauge("footlight_delivery_nodes_current", "Of these, nodes at the newest version.", {{"workspace", name}}).set(current);
  }
  return metrics_response(api.metrics());
}

Result<HttpResponse> create_token(Api& api, const Call& call) {
  auto body = json_body(call.request);
  if (!body) return body.error();
  Problems problems;
  Reader reader(*body, "$", problems);
  const std::string who = reader.required_text("name").value_or("");
  if (!who.empty() && !is_valid_id(who)) reader.report(Code::bad_id, "name", "`" + who + "` is not an id");
  std::vector<std::string> roles;
  const Array* words = reader.array("roles");
  if (words ? words->empty() : !body->find("roles")) reader.report(Code::missing_field, "roles", "a token needs a role");
  if (words)
    for (std::size_t i = 0; i < words->size(); ++i) {
      const std::string word = (*words)[i].is_string() ? (*words)[i].string() : "";
      if (role_from(word)) roles.push_back(word);
      else
        problems.push_back({Code::out_of_range, "$.roles[" + std::to_string(i) + "]",
                            "`" + word + "` is not a role: viewer, author, approver, publisher, admin, delivery or node"});
    }
  const std::string workspace = reader.text("workspace").value_or(call.caller.workspace);
  reader.finish();
  if (has_errors(problems)) return refuse(Code::bad_request, std::move(problems), "the body has problems");
  if (call.caller.workspace != "*" && workspace != call.caller.workspace)
    return refuse(Code::forbidden, "your token opens `" + call.caller.workspace + "` only");
  if (workspace != "*" && !api.catalog(workspace)) return refuse(Code::not_found, "there is no workspace `" + workspace + "`");
  const std::string token = random_token();
  auto added = api.store().add_token({sha256_hex(token), who, join(roles, ","), workspace, call.request.received, false});
  if (!added) return added.error();
  api.access_changed();
  return json_response(Object{{"name", who}, {"token", token}, {"roles", Array(roles.begin(), roles.end())}, {"workspace", workspace}},
                       201);
}

Result<HttpResponse> list_tokens(Api& api, const Call& call) {
  auto tokens = api.store().list_tokens(call.caller.workspace);
  if (!tokens) return tokens.error();
  Array rows;
  for (const Token& token : *tokens)
    rows.push_back(Object{{"name", token.name},
                          {"roles", token.roles},
                          {"workspace", token.workspace},
                          {"created", to_text(token.created)},
                          {"revoked", token.revoked}});
  return json_response(Object{{"tokens", std::move(rows)}});
}

Result<HttpResponse> revoke_token(Api& api, const Call& call) {
  const std::string& who = call.param("name");
  auto tokens = api.store().list_tokens(call.caller.workspace);
  if (!tokens) return tokens.error();
  // Of a token that opens another workspace only, not even its being there is told.
  const auto found = std::find_if(tokens->begin(), tokens->end(), [&](const Token& token) { return token.name == who && !token.revoked; });
  if (found == tokens->end()) return refuse(Code::not_found, "no token in force has the name `" + who + "`");
  if (call.caller.workspace != "*" && found->workspace != call.caller.workspace)
    return refuse(Code::forbidden, "the token of `" + who + "` opens more than your own");
  auto revoked = api.store().revoke_token(who);
  api.access_changed();  // even where the store is not sure that it was done
  if (!revoked) return revoked.error();
  return json_response(Object{{"name", who}, {"revoked", true}});
}

Result<HttpResponse> backup(Api& api, const Call& call) {
  if (call.caller.workspace != "*")
    return refuse(Code::forbidden, "a backup holds every workspace; your token opens `" + call.caller.workspace + "` only");
  if (!api.options().backup) return refuse(Code::not_found, "this process keeps no store to back up");
  auto bytes = api.options().backup();
  if (!bytes) return bytes.error();
  HttpResponse response{.content_type = "application/vnd.sqlite3", .body = std::move(*bytes)};
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("Content-Disposition", "attachment; filename=\"footlight-backup.db\"");
  return response;
}

}  // namespace

std::vector<Route> operating_routes(Api& api) {
  using Handle = Result<HttpResponse> (*)(Api&, const Call&);
  const auto on_api = [&api](Handle handle) {
    return [&api, handle](const Call& call) {
      auto response = handle(api, call);
      return response ? std::move(*response) : problem_response(response.error(), call.request);
    };
  };
  return {
      {.method = "GET",
       .pattern = "/healthz",
       .role = "",
       .body_limit = 0,
       .handle =
           [](const Call&) {
             return json_response(Object{{"ok", true}});
           },
       .summary = "the process answers",
       .is_quick = true},
      {"GET", "/readyz", "", 0, [&api](const Call& call) { return ready(api, call.request.received); }, "it may be given traffic",
       "503 with reasons otherwise."},
      {"GET", "/metrics", "", 0, [&api](const Call&) { return metrics(api); }, "Prometheus metrics"},
      {"GET", "/openapi.json", "", 0, [&api](const Call&) { return json_response(describe(routes(api))); }, "this API, described"},
      {"GET", "/v1/tokens", "admin", 0, on_api(list_tokens), "tokens, without their secrets"},
      {"POST", "/v1/tokens", "admin", limits::command_bytes_max, on_api(create_token), "make a token; it is shown once",
       "Body: {\"name\",\"roles\":[…],\"workspace\"}."},
      {"DELETE", "/v1/tokens/{name}", "admin", 0, on_api(revoke_token), "revoke a token"},
      {"GET", "/v1/backup", "admin", 0, on_api(backup), "a whole, consistent copy of the data file, made now",
       "One SQLite file with every workspace, its secrets and the hashes of tokens: for an admin of `*`. It is marked as restored, so "
       "whoever starts from it bumps the epoch first."},
  };
}

}  // namespace footlight
