#include "api_world.h"

namespace footlight::test {
namespace {

constexpr std::string_view workspace_document = R"({
  "name": "shop", "zone": "Europe/Paris",
  "attributes": {"loyalty.tier": {"type": "enum", "values": ["none", "silver", "gold"]}, "cart.total": {"type": "number", "min": 0}},
  "surfaces": {
    "hero": {"format": "html", "rules": ["web://shop.example/#hero"], "default": "<h1>Welcome</h1>"},
    "banner": {"format": "json", "rules": ["mobileapp://com.example.shop/cart#banner"], "schema": "banner.json"},
    "note": {"format": "text", "rules": ["wildcard:service://note/*#line"], "resolve": {"stack": 3}}},
  "schemas": {"banner.json": {"type": "object", "required": ["title"], "properties": {"title": {"type": "string"}, "left": {"type": "number"}}}},
  "approvals": [{"when": {"tag": "price"}, "approvers": 1}]})";

constexpr std::string_view other_document = R"({
  "name": "other", "surfaces": {"hero": {"format": "html", "rules": ["web://other.example/#hero"]}}})";

struct Person {
  const char* name;
  const char* roles;
  const char* workspace;
  bool revoked = false;
};
constexpr Person people[] = {
    {"ann", "author,publisher", "shop"}, {"bob", "approver", "shop"}, {"pia", "publisher", "shop"}, {"vic", "viewer", "shop"},
    {"root", "admin", "shop"},           {"app", "delivery", "shop"}, {"eve", "admin", "other"},    {"star", "admin", "*"},
    {"old", "admin", "shop", true},      {"amy", "author", "shop"},   {"n1", "node", "shop"},       {"n9", "node", "*"},
};

}  // namespace

Value json(std::string_view text) {
  auto value = parse_json(text);
  if (!value) FAIL(value.error().message << " in " << text.substr(0, 500));
  return std::move(*value);
}

Value campaign(const std::string& id, const std::string& content) {
  return Object{{"kind", "campaign"}, {"id", id}, {"show", Object{{"hero", content}}}};
}

double Reply::number(const char* key) const {
  const Value* found = body.find(key);
  return found && found->is_number() ? found->number() : -1;
}

std::string Reply::problems() const {
  std::string all;
  if (const Value* problems = body.find("problems"))
    for (const Value& problem : problems->array())
      all += (all.empty() ? "" : ", ") + problem.string_or("place", "?") + " " + problem.string_or("code", "?");
  return all;
}

ApiWorld::ApiWorld(const std::string& store_id) {
  auto store = open_store("memory:");
  REQUIRE(store.ok());
  if (!store_id.empty()) REQUIRE((*store)->set_meta(store_meta::store_id, store_id).ok());
  store_ = std::move(*store);
  ApiOptions options{.now = [this] { return now; }, .clocks = [this] { return clocks(); }};
  options.runner = [this](const std::string& workspace, const std::shared_ptr<const Snapshot>& snapshot) {
    return runner(workspace, snapshot);
  };
  api_ = std::make_unique<Api>(*store_, std::move(options));
  for (const auto& [name, document] : {std::pair{"shop", workspace_document}, {"other", other_document}}) {
    auto catalog = Catalog::open(*store_, name, policies_, {.started = clocks()});
    REQUIRE(catalog.ok());
    auto configured = (*catalog)->configure(json(document), {"setup", {Role::admin}}, now);
    if (!configured) FAIL(to_text(configured.error()));
    REQUIRE(api_->add(std::move(*catalog), std::string("secret of ") + name).ok());
  }
  for (const Person& person : people) {
    const std::string hash = sha256_hex(std::string("tok-") + person.name);
    REQUIRE(store_->add_token({hash, person.name, person.roles, person.workspace, now, false}).ok());
    if (person.revoked) REQUIRE(store_->revoke_token(person.name).ok());
  }
  auto router = Router::make(routes(*api_), [this](const HttpRequest& request, const Route&) { return api_->authenticate(request); });
  if (!router) FAIL(to_text(router.error()));
  router_ = std::make_unique<Router>(std::move(*router));
}

ApiWorld::~ApiWorld() = default;

Result<PolicyRunner*> ApiWorld::runner(const std::string& workspace, const std::shared_ptr<const Snapshot>& snapshot) {
  const std::lock_guard turn(mutex_);
  auto& known = runners_[{std::this_thread::get_id(), workspace}];
  if (!known || known->snapshot() != snapshot) {
    auto made =
        LuaPolicyRunner::create(snapshot, {.deadline = minutes(5)});  // fuel stops what does not end; a busy machine decides nothing
    if (!made) return made.error();
    known = std::move(*made);
  }
  return known.get();
}

Reply ApiWorld::ask_text(const std::string& as, const std::string& method, const std::string& target, std::string body, Headers headers) {
  HttpRequest request{.method = method,
                      .target = target,
                      .headers = std::move(headers),
                      .body = std::move(body),
                      .peer = "test",
                      .request_id = "r" + std::to_string(++requests_),
                      .received = now};
  REQUIRE(read_target(target, request).ok());
  if (!as.empty()) request.headers.add("Authorization", "Bearer tok-" + as);
  Reply reply;
  reply.response = (*router_)(request);
  reply.status = reply.response.status;
  if (reply.response.content_type.find("json") != std::string::npos) reply.body = json(reply.response.body);
  if (reply.status >= 400) {
    // What every refusal has, whatever it is about.
    INFO(method << " " << target << ": " << reply.response.body);
    CHECK(reply.response.content_type == "application/problem+json");
    CHECK(reply.number("status") == reply.status);
    CHECK(reply.text("type") == "urn:footlight:error:" + reply.code());
    CHECK(reply.text("instance") == request.request_id);
    CHECK_FALSE(reply.text("title").empty());
    CHECK_FALSE(reply.detail().empty());
    CHECK_FALSE(reply.detail().ends_with('.'));
  }
  return reply;
}

Reply ApiWorld::ask(const std::string& as, const std::string& method, const std::string& target, const Value& body,
                    const Headers& headers) {
  Headers all = headers;
  if (!body.is_null()) all.add("Content-Type", "application/json");
  return ask_text(as, method, target, body.is_null() ? "" : to_json(body), std::move(all));
}

Reply ApiWorld::command(const std::string& as, const std::string& id, const std::string& command, const Value& body,
                        const Headers& headers) {
  return ask(as, "POST", "/v1/experiences/" + percent_encode(id) + "/" + command, body, headers);
}

Reply ApiWorld::decide(std::string_view surface, const Value& attributes, const std::string& query) {
  return ask("vic", "POST", "/v1/decide" + query, Object{{"surfaces", Array{Value(std::string(surface))}}, {"attributes", attributes}});
}

std::string ApiWorld::journal() {
  auto head = store_->head("shop");
  REQUIRE(head.ok());
  return std::to_string(head->seq) + " " + head->chain;
}

std::size_t ApiWorld::audit_count(const std::string& experience) {
  const Reply reply = ask("vic", "GET", "/v1/audit?limit=10000" + (experience.empty() ? "" : "&experience=" + experience));
  REQUIRE(reply.status == 200);
  return reply.body.find("entries")->array().size();
}

}  // namespace footlight::test
