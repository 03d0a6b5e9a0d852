#include "api/api.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "base/text.h"
#include "http/problem.h"

namespace footlight {

namespace {

std::uint64_t next_id() {
  static std::atomic<std::uint64_t> ids{0};
  return ++ids;
}

}  // namespace

Serving::Serving() : id_(next_id()) {}

Api::Api(Store& store, ApiOptions options) : store_(store), options_(std::move(options)) {}

Status Api::add(std::unique_ptr<Catalog> catalog, const std::string& fresh_secret) {
  auto secret = store_.put_setting_once(catalog->name(), "secret", fresh_secret);
  if (!secret) return secret.error();
  keys_[catalog->name()] = token_key(*secret);
  secrets_[catalog->name()] = *secret;
  const std::string name = catalog->name();
  catalogs_[name] = std::move(catalog);
  names_.clear();
  for (const auto& [known, ours] : catalogs_) names_.push_back(known);
  return Done{};
}

Catalog* Api::catalog(const std::string& workspace) {
  const auto found = catalogs_.find(workspace);
  return found == catalogs_.end() ? nullptr : found->second.get();
}

std::set<std::string, std::less<>> implied_roles(const std::string& comma_list) {
  std::set<std::string, std::less<>> roles;
  for (const std::string_view role : split(comma_list, ',')) roles.emplace(trim(role));
  roles.erase("");
  if (roles.empty()) return roles;
  if (roles.size() == 1 && (roles.contains("delivery") || roles.contains("node"))) return roles;
  roles.insert("viewer");
  roles.insert("delivery");
  return roles;
}

Actor actor_of(const Caller& caller) {
  Actor actor{caller.name, {}};
  for (const std::string& word : caller.roles)
    if (const auto role = role_from(word)) actor.roles.insert(*role);
  return actor;
}

Result<std::string_view> bearer_of(const HttpRequest& request) {
  const auto header = request.headers.get("Authorization");
  constexpr std::string_view scheme = "bearer ";
  if (!header || header->size() <= scheme.size() || !equal_ignoring_case(header->substr(0, scheme.size()), scheme))
    return refuse(Code::unauthorized, "send a token: `Authorization: Bearer …`; `footlight token create` makes one");
  return trim(header->substr(scheme.size()));
}

// In the same time wherever they differ, as sodium_memcmp, and eight bytes at once. Both have the same size.
bool is_same_secret(std::string_view a, std::string_view b) {
  std::uint64_t differ = 0;
  std::size_t i = 0;
  for (; i + 8 <= a.size(); i += 8) {
    std::uint64_t x, y;
    std::memcpy(&x, a.data() + i, 8);
    std::memcpy(&y, b.data() + i, 8);
    differ |= x ^ y;
  }
  for (; i < a.size(); ++i) differ |= static_cast<std::uint64_t>(static_cast<unsigned char>(a[i] ^ b[i]));
  return differ == 0;
}

namespace {

struct LastToken {
  std::uint64_t serving = 0;
  std::int64_t as_of = 0;
  std::string bearer;
  KnownCaller caller;
};
thread_local LastToken last_token;

}  // namespace

KnownCaller Serving::last_caller(std::string_view bearer, std::int64_t as_of) const {
  const bool is_it = last_token.serving == id_ && last_token.as_of == as_of && last_token.bearer.size() == bearer.size() &&
      is_same_secret(last_token.bearer, bearer);
  return is_it ? last_token.caller : nullptr;
}

KnownCaller Serving::remember(std::string_view bearer, std::int64_t as_of, const Caller& caller) const {
  last_token = {id_, as_of, std::string(bearer), std::make_shared<const Caller>(caller)};
  return last_token.caller;
}

Result<KnownCaller> Api::authenticate(const HttpRequest& request) {
  auto bearer = bearer_of(request);
  if (!bearer) return bearer.error();
  // Read before anything is looked up: what is found is good as long as it has not gone up since.
  const std::int64_t as_of = access_changes_;
  if (auto caller = last_caller(*bearer, as_of)) return caller;

  const std::string hash = sha256_hex(*bearer);
  {
    const std::shared_lock reading(tokens_mutex_);
    if (const auto known = tokens_.find(hash); known != tokens_.end() && known->second.as_of == as_of)
      return remember(*bearer, as_of, known->second.caller);
  }
  auto token = store_.find_token(hash);
  if (!token) return token.error();
  const bool is_in_force = token->has_value() && !(*token)->revoked;
  const KnownToken known{as_of, is_in_force ? Caller{(*token)->name, implied_roles((*token)->roles), (*token)->workspace} : Caller{}};
  {
    const std::unique_lock writing(tokens_mutex_);
    if (is_in_force) tokens_[hash] = known;
    else tokens_.erase(hash);
  }
  if (!is_in_force) return refuse(Code::unauthorized, "the token is not known here, or was revoked");
  return remember(*bearer, as_of, known.caller);
}

Result<std::string> chosen_workspace(const Call& call, const std::vector<std::string>& workspaces) {
  const auto asked = call.request.parameter("workspace");
  const std::string& own = call.caller.workspace;
  if (asked && own != "*" && *asked != own)
    return refuse(Code::forbidden, "the token opens the workspace `" + own + "`, not `" + std::string(*asked) + "`");
  std::string name = asked ? std::string(*asked) : own;
  if (name == "*") {
    if (workspaces.empty()) return refuse(Code::not_found, "there is no workspace yet; `footlight serve FOLDER` takes one in");
    if (workspaces.size() != 1) return refuse(Code::usage, "there are several workspaces; say which with `?workspace=…`");
    name = workspaces.front();
  }
  if (std::find(workspaces.begin(), workspaces.end(), name) == workspaces.end())
    return refuse(Code::not_found, "there is no workspace `" + name + "`");
  return name;
}

Result<std::string> Api::workspace_of(const Call& call) { return chosen_workspace(call, names_); }

Result<Catalog*> Api::catalog_of(const Call& call) {
  auto name = workspace_of(call);
  if (!name) return name.error();
  return catalog(*name);
}

namespace {

struct LastPin {
  std::uint64_t api = 0, as_of = 0;
  const Catalog* catalog = nullptr;
  std::string workspace;
  Pinned pinned;
};
thread_local LastPin last_pin;

// The same snapshot with a count of its own.
std::shared_ptr<const Snapshot> recounted(std::shared_ptr<const Snapshot> shared) {
  if (!shared) return nullptr;
  const Snapshot* const snapshot = shared.get();
  return {std::make_shared<std::shared_ptr<const Snapshot>>(std::move(shared)), snapshot};
}

}  // namespace

void Api::rest() { last_pin = {}; }

// A store that was restored may have forgotten a stop: until its epoch is bumped nothing of it is shown.
Result<Pinned> Api::pin(const std::string& workspace) {
  if (last_pin.api == id_ && last_pin.workspace == workspace && last_pin.as_of == last_pin.catalog->changes()) return last_pin.pinned;
  const Catalog* found = catalog(workspace);
  if (!found) return refuse(Code::not_found, "there is no workspace `" + workspace + "`");
  const std::uint64_t as_of = found->changes();
  Pinned pinned{.key = keys_.at(workspace)};
  if (found->is_fenced()) {
    pinned.defaults = recounted(found->defaults());
  } else {
    pinned.snapshot = recounted(found->snapshot());
    if (!pinned.snapshot) return refuse(Code::unavailable, "the workspace does not compile; see /readyz");
  }
  last_pin = {id_, as_of, found, workspace, pinned};
  return pinned;
}

Result<Value> Api::access(const std::string& workspace) {
  auto tokens = store_.list_tokens(workspace);
  if (!tokens) return tokens.error();
  Array rows;
  for (const Token& token : *tokens)
    if (!token.revoked)
      rows.push_back(Object{{"hash", token.hash}, {"name", token.name}, {"roles", token.roles}, {"workspace", token.workspace}});
  return Value(Object{{"secret", secrets_.at(workspace)}, {"tokens", std::move(rows)}});
}

namespace {

// `utf-16` of `application/json; Charset="UTF-16"`; `utf-8` where none is named.
std::string charset_of(std::string_view content_type) {
  for (const std::string_view part : split(content_type, ';')) {
    const auto equals = part.find('=');
    if (equals == std::string_view::npos || lower(trim(part.substr(0, equals))) != "charset") continue;
    std::string_view value = trim(part.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    return lower(value);
  }
  return "utf-8";
}

}  // namespace

Status check_json_body(const HttpRequest& request) {
  if (const auto type = request.headers.get("Content-Type"); type && *type != "application/json") {
    const std::string media = lower(trim(split(*type, ';')[0]));
    // A page may send JSON as text to spare itself a preflight; a form is what `curl -d` says it sends.
    static const std::set<std::string, std::less<>> taken = {"", "application/json", "text/plain", "application/x-www-form-urlencoded"};
    if (!taken.contains(media) && !media.ends_with("+json"))
      return refuse(Code::unsupported_media_type, "the body is `" + media + "`; send `application/json`");
    if (const std::string charset = charset_of(*type); charset != "utf-8" && charset != "utf8" && charset != "us-ascii")
      return refuse(Code::unsupported_media_type, "the body is in the charset `" + charset + "`; send UTF-8");
  }
  if (const auto encoding = request.headers.get("Content-Encoding"); encoding && lower(trim(*encoding)) != "identity")
    return refuse(Code::unsupported_media_type, "the body is encoded with `" + std::string(trim(*encoding)) + "`; send it as it is");
  return Done{};
}

Result<Value> json_body(const HttpRequest& request) {
  if (trim(request.body).empty()) return Value(Object{});
  if (auto readable = check_json_body(request); !readable) return readable.error();
  return parse_json(request.body);
}

std::vector<Route> routes(Api& api) {
  std::vector<Route> all;
  for (const auto& area : {decide_routes(api), authoring_routes(api), review_routes(api), delivery_routes(api), operating_routes(api)})
    for (const Route& route : area) all.push_back(route);
  return all;
}

}  // namespace footlight
