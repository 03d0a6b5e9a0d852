#include "app/remote.h"

#include <cstdlib>

#include "base/text.h"
#include "http/client.h"
#include "http/problem.h"

namespace footlight {
namespace {

Result<std::unique_ptr<Router>> local_router(Api& api, const Caller& caller) {
  auto router = Router::make(
      routes(api),
      [known = std::make_shared<const Caller>(caller)](const HttpRequest&, const Route&) -> Result<KnownCaller> { return known; });
  if (!router) return router.error();
  return std::make_unique<Router>(std::move(*router));
}

}  // namespace

RemoteOptions with_environment(RemoteOptions options) {
  const auto fill = [](std::string& text, const char* variable) {
    if (const char* value = std::getenv(variable); text.empty() && value) text = value;
  };
  if (options.data.empty()) {
    fill(options.server, "FOOTLIGHT_SERVER");
    fill(options.token, "FOOTLIGHT_TOKEN");
  }
  fill(options.as, "FOOTLIGHT_AS");
  return options;
}

Remote::Remote(Api& api, Caller caller) : caller_(std::move(caller)) {
  auto router = local_router(api, caller_);
  if (router) router_ = std::move(*router);
}
Remote::~Remote() = default;

Result<std::unique_ptr<Remote>> Remote::open(const RemoteOptions& said, const std::string& workspace_of_files) {
  const RemoteOptions options = with_environment(said);
  std::unique_ptr<Remote> remote(new Remote);
  remote->options_ = options;
  if (!options.server.empty()) return remote;
  if (options.data.empty())
    return refuse(Code::usage,
                  "say where: `--server http://… --token …` (or FOOTLIGHT_SERVER, FOOTLIGHT_TOKEN), or `--data FILE --as NAME:ROLES`");
  const auto colon = options.as.find(':');
  if (colon == std::string::npos || colon == 0) return refuse(Code::usage, "on a data file, say who you are: `--as ann:author,publisher`");
  for (const std::string_view role : split(std::string_view(options.as).substr(colon + 1), ','))
    if (!role_from(trim(role)))
      return refuse(Code::usage, "`" + std::string(trim(role)) + "` is not a role: viewer, author, approver, publisher, admin");
  remote->caller_ = {options.as.substr(0, colon), implied_roles(options.as.substr(colon + 1)),
                     options.workspace.empty() ? "*" : options.workspace};
  auto host =
      Host::open({.data = options.data, .window = options.window}, workspace_of_files.empty() ? options.workspace : workspace_of_files);
  if (!host) return host.error();
  remote->host_ = std::move(*host);
  auto router = local_router(remote->host_->api(), remote->caller_);
  if (!router) return router.error();
  remote->router_ = std::move(*router);
  return remote;
}

Result<Value> Remote::call(const std::string& method, const std::string& target, const Value& body, const Headers& headers) {
  HttpResponse response;
  std::string whole = target;
  if (!options_.workspace.empty())
    whole += (target.find('?') == std::string::npos ? "?workspace=" : "&workspace=") + percent_encode(options_.workspace);
  const std::string text = body.is_null() ? "" : to_json(body);
  if (router_) {
    HttpRequest request{.method = method,
                        .target = whole,
                        .headers = headers,
                        .body = text,
                        .peer = "local",
                        .request_id = "local",
                        .received = wall_clock()};
    if (auto read = read_target(whole, request); !read) return read.error();
    response = (*router_)(request);
  } else {
    HttpCall call{.method = method, .target = whole, .headers = headers, .body = text};
    if (!options_.token.empty()) call.headers.add("Authorization", "Bearer " + options_.token);
    if (!text.empty()) call.headers.add("Content-Type", "application/json");
    auto answered = send(options_.server, call, seconds(30));
    if (!answered) return answered.error();
    response = std::move(*answered);
  }
  if (response.status / 100 != 2) {
    if (auto problem = problem_of(response)) return *problem;
    return refuse(Code::unavailable, "the server answered " + std::to_string(response.status) + " " + response.body.substr(0, 200));
  }
  if (response.body.empty()) return Value(Object{});
  return parse_json(response.body);
}

}  // namespace footlight
