// The router: a table of rows in, a handler out. Paths, roles, body limits, help and the OpenAPI
// document all come from the row; nothing is listed twice.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "http/message.h"

namespace footlight {

// Who asks. `roles` holds every role the caller has, those implied by a higher one too.
struct Caller {
  std::string name;  // empty: nobody known
  std::set<std::string, std::less<>> roles;
  std::string workspace;
};

struct Route;

// One request that matched a route, as its handler sees it.
struct Call {
  const HttpRequest& request;
  const Route& route;
  const Caller& caller;
  std::map<std::string, std::string, std::less<>> params;  // captured from the path, decoded

  const std::string& param(std::string_view name) const;  // one that the pattern names; else a defect
};

struct Route {
  std::string method;  // `POST`; GET answers HEAD too
  // `/v1/experiences/{id}/submit`. `{name}` captures one segment that is not empty; `{name...}`, at
  // the end only, captures one or more and joins them with `/`. A literal goes before a capture,
  // whatever the order of the rows.
  std::string pattern;
  std::string role;                                    // who may; empty: everybody, unasked
  std::size_t body_limit = limits::request_bytes_max;  // bytes; 0: takes no body
  std::function<HttpResponse(const Call&)> handle;
  std::string summary;    // one line
  std::string help = {};  // more, for the reference
  // Pages of other origins may call it: preflights are answered, and every answer (a refusal too)
  // carries the headers without which a browser hides it.
  bool cors = false;
  bool is_quick = false;   // see Service::is_quick
  Value body_schema = {};  // JSON Schema for the OpenAPI document; null: none
};

// Who sends this request? Asked only for routes that name a role. Whether the role suffices is the
// router's to check: the hook says who it is (`unauthorized` where it cannot).
// A caller is shared: it is found once for each token, not for each request.
using KnownCaller = std::shared_ptr<const Caller>;
using Authenticate = std::function<Result<KnownCaller>(const HttpRequest&, const Route&)>;

class Router {
 public:
  // Checks the rows: code usage with every bad or doubled one.
  static Result<Router> make(std::vector<Route> routes, Authenticate authenticate);

  // 404 for an unknown path, 405 with Allow for an unknown method, 401 and 403 from the hook and the
  // role, 204 with Allow for OPTIONS. `/a/` is not `/a`; the 404 says so. Any thread.
  HttpResponse operator()(const HttpRequest& request) const;

  // Of the route this request will reach.
  std::size_t body_limit(const HttpRequest& head) const;
  bool is_quick(const HttpRequest& head) const;

  const std::vector<Route>& routes() const;

 private:
  struct Impl;
  explicit Router(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;  // shared: a Router is copied into a Handler
};

// An OpenAPI 3.1 document of these rows.
Value describe(const std::vector<Route>& routes);

}  // namespace footlight
