// Rows to a tree of segments, requests down the tree, rows to OpenAPI.
#include "server/router.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <span>
#include <utility>

#include "http/problem.h"

namespace footlight {

namespace {

struct Segment {
  enum class Kind { literal, capture, tail } kind;
  std::string text;  // of a capture: its name
};

using Segments = std::vector<Segment>;

// "" where the pattern is sound, else what is wrong with it.
std::string read_pattern(std::string_view pattern, Segments& segments) {
  if (!pattern.starts_with('/')) return "it does not begin with `/`";
  if (pattern.size() > 1 && pattern.ends_with('/')) return "it ends with `/`";
  for (std::size_t start = 1; start <= pattern.size();) {
    const std::size_t slash = std::min(pattern.find('/', start), pattern.size());
    std::string_view text = pattern.substr(start, slash - start);
    start = slash + 1;
    if (!segments.empty() && segments.back().kind == Segment::Kind::tail) return "a `{name...}` stands before its end";
    Segment::Kind kind = Segment::Kind::literal;
    if (text.starts_with('{') && text.ends_with('}')) {
      text = text.substr(1, text.size() - 2);
      kind = text.ends_with("...") ? Segment::Kind::tail : Segment::Kind::capture;
      if (kind == Segment::Kind::tail) text.remove_suffix(3);
      if (text.empty()) return "a capture has no name";
      for (const Segment& other : segments) {
        if (other.kind != Segment::Kind::literal && other.text == text) return "two captures have one name";
      }
    }
    if (text.find_first_of("{}") != std::string_view::npos) return "a brace stands within a segment";
    if (text.empty() && pattern.size() > 1) return "a segment is empty";
    segments.push_back({kind, std::string(text)});
  }
  return "";
}

using Rows = std::vector<std::size_t>;  // indices into the table

struct Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> capture;
  Rows ending;  // rows whose pattern ends here
  Rows tails;   // rows that take all that follows
};

// Every set of rows whose pattern fits the path, the more literal one first.
void collect(const Node& node, std::span<const std::string> path, std::vector<const Rows*>& found) {
  if (path.empty()) {
    if (!node.ending.empty()) found.push_back(&node.ending);
    return;
  }
  if (const auto literal = node.literals.find(path.front()); literal != node.literals.end()) {
    collect(*literal->second, path.subspan(1), found);
  }
  if (path.front().empty()) return;
  if (node.capture) collect(*node.capture, path.subspan(1), found);
  if (!node.tails.empty()) found.push_back(&node.tails);
}

std::map<std::string, std::string, std::less<>> capture(const Segments& segments, const std::vector<std::string>& path) {
  std::map<std::string, std::string, std::less<>> params;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (segments[i].kind == Segment::Kind::literal) continue;
    std::string value = path[i];
    if (segments[i].kind == Segment::Kind::tail) {
      for (std::size_t k = i + 1; k < path.size(); ++k) value += "/" + path[k];
    }
    params.emplace(segments[i].text, std::move(value));
  }
  return params;
}

std::string joined(const std::set<std::string, std::less<>>& words, std::string_view between) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += between;
    text += word;
  }
  return text;
}

std::string shown_path(const HttpRequest& request) { return request.target.substr(0, request.target.find('?')); }

// Without these a browser hides the answer from the page that asked for it.
void add_cors(HttpResponse& response, const HttpRequest& request) {
  const auto origin = request.headers.get("Origin");
  if (!origin) return;
  // The origin itself: browsers refuse `*` where cookies are sent along.
  response.headers.add("Access-Control-Allow-Origin", *origin);
  response.headers.add("Access-Control-Allow-Credentials", "true");
  response.headers.add("Access-Control-Expose-Headers", "ETag, Retry-After, X-Request-Id, X-Adobe-Edge");
  response.headers.add("Vary", "Origin");
}

std::uint64_t next_id() {
  static std::atomic<std::uint64_t> ids{0};
  return ++ids;
}

}  // namespace

struct Router::Impl {
  static constexpr std::size_t kept_target_bytes_max = 256;
  const std::uint64_t id = next_id();  // no other router of this process has it
  std::vector<Route> routes;
  std::vector<Segments> patterns;  // of each route
  Authenticate authenticate;
  Node root;
  std::map<std::string, Rows, std::less<>> plain;  // rows whose pattern is a path as it is sent

  std::vector<const Rows*> fitting(std::span<const std::string> path) const {
    std::vector<const Rows*> found;
    collect(root, path, found);
    return found;
  }

  const Route* find(const std::vector<const Rows*>& fits, std::string_view method) const {
    for (const Rows* rows : fits) {
      for (const std::size_t i : *rows) {
        if (routes[i].method == method) return &routes[i];
      }
    }
    return method == "HEAD" ? find(fits, "GET") : nullptr;
  }

  // Nothing here says only that the tree has to be asked. A literal goes before a capture there, too.
  // A request is looked up for its limit, its kind and its answer, and often is for the same as the one before.
  const Route* find_plain(const HttpRequest& request) const {
    struct Last {
      std::uint64_t router = 0;
      std::string method, target;
      const Route* route = nullptr;
    };
    thread_local Last last;
    if (last.router == id && last.target == request.target && last.method == request.method) return last.route;
    const Route* const found = look_up_plain(request);
    if (found && request.target.size() <= kept_target_bytes_max) last = {id, request.method, request.target, found};
    return found;
  }

  const Route* look_up_plain(const HttpRequest& request) const {
    const auto rows = plain.find(std::string_view(request.target).substr(0, request.target.find('?')));
    if (rows == plain.end()) return nullptr;
    for (const std::size_t i : rows->second)
      if (routes[i].method == request.method) return &routes[i];
    return nullptr;
  }

  HttpResponse answer(const Route& route, const HttpRequest& request) const {
    KnownCaller caller;
    HttpResponse response = run_guarded(request, [&] { return call(route, request, caller); });
    check_status(request, response);
    response.route = route.pattern;
    if (caller && response.caller.empty()) response.caller = caller->name;
    if (route.cors) add_cors(response, request);
    return response;
  }

  // Of all rows that fit; `only_cors`: those that pages of other origins may call.
  std::set<std::string, std::less<>> methods(const std::vector<const Rows*>& fits, bool only_cors) const {
    std::set<std::string, std::less<>> names;
    for (const Rows* rows : fits) {
      for (const std::size_t i : *rows) {
        if (only_cors && !routes[i].cors) continue;
        names.insert(routes[i].method);
        if (routes[i].method == "GET") names.insert("HEAD");
      }
    }
    if (!only_cors || !names.empty()) names.insert("OPTIONS");
    return names;
  }

  HttpResponse nothing_there(const HttpRequest& request) const {
    const std::string path = shown_path(request);
    std::string message = "there is nothing at `" + path + "`";
    const std::span<const std::string> segments = request.path;
    if (segments.size() > 1 && segments.back().empty() && !fitting(segments.first(segments.size() - 1)).empty()) {
      message += "; did you mean `" + path.substr(0, path.size() - 1) + "`";
    }
    return problem_response(refuse(Code::not_found, std::move(message)), request);
  }

  HttpResponse options(const HttpRequest& request, const std::vector<const Rows*>& fits) const {
    HttpResponse response{.status = 204};
    response.headers.add("Allow", joined(methods(fits, false), ", "));
    const auto callable = methods(fits, true);
    if (callable.empty() || !request.headers.get("Origin")) return response;
    add_cors(response, request);
    response.headers.add("Access-Control-Allow-Methods", joined(callable, ", "));
    response.headers.add("Access-Control-Allow-Headers", request.headers.get("Access-Control-Request-Headers").value_or("Content-Type"));
    response.headers.add("Access-Control-Max-Age", "600");
    response.headers.add("Vary", "Access-Control-Request-Headers");
    return response;
  }

  HttpResponse wrong_method(const HttpRequest& request, const std::vector<const Rows*>& fits) const {
    const std::string allowed = joined(methods(fits, false), ", ");
    HttpResponse response = problem_response(
        refuse(Code::method_not_allowed, "`" + shown_path(request) + "` does not take " + request.method + "; it takes " + allowed),
        request);
    response.headers.add("Allow", allowed);
    return response;
  }

  HttpResponse call(const Route& route, const HttpRequest& request, KnownCaller& caller) const {
    static const Caller nobody;
    if (!route.role.empty()) {
      auto known = authenticate(request, route);
      if (!known.ok()) return problem_response(known.error(), request);
      caller = std::move(*known);
      if (!caller->roles.contains(route.role)) {
        return problem_response(refuse(Code::forbidden,
                                       "this takes the role `" + route.role + "`; `" + caller->name + "` has " +
                                           (caller->roles.empty() ? "none" : "`" + joined(caller->roles, "`, `") + "`")),
                                request);
      }
    }
    const std::size_t index = static_cast<std::size_t>(&route - routes.data());
    return route.handle(Call{request, route, caller ? *caller : nobody, capture(patterns[index], request.path)});
  }
};

const std::string& Call::param(std::string_view name) const {
  const auto found = params.find(name);
  assert(found != params.end() && "the pattern does not capture this");
  return found->second;
}

Router::Router(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

Result<Router> Router::make(std::vector<Route> routes, Authenticate authenticate) {
  auto impl = std::make_shared<Impl>();
  Problems problems;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const Route& route = routes[i];
    const auto wrong = [&](const std::string& why) {
      problems.push_back({Code::usage, "route `" + route.method + " " + route.pattern + "`", why});
    };
    Segments segments;
    if (const std::string why = read_pattern(route.pattern, segments); !why.empty()) {
      wrong(why);
      continue;
    }
    if (!route.handle) wrong("it has no handler");
    if (!route.role.empty() && !authenticate) wrong("it names a role, but nothing authenticates");
    Node* node = &impl->root;
    const bool has_tail = segments.back().kind == Segment::Kind::tail;
    for (const Segment& segment : segments) {
      if (segment.kind == Segment::Kind::literal) {
        auto& next = node->literals[segment.text];
        if (!next) next = std::make_unique<Node>();
        node = next.get();
      } else if (segment.kind == Segment::Kind::capture) {
        if (!node->capture) node->capture = std::make_unique<Node>();
        node = node->capture.get();
      }
    }
    Rows& rows = has_tail ? node->tails : node->ending;
    for (const std::size_t other : rows) {
      if (routes[other].method == route.method) wrong("`" + routes[other].pattern + "` takes the same requests");
    }
    rows.push_back(i);
    if (std::all_of(segments.begin(), segments.end(), [](const Segment& segment) { return segment.kind == Segment::Kind::literal; }))
      impl->plain[route.pattern].push_back(i);
    impl->patterns.push_back(std::move(segments));
  }
  if (!problems.empty()) return refuse(Code::usage, std::move(problems), "the route table has problems");
  impl->routes = std::move(routes);
  impl->authenticate = std::move(authenticate);
  return Router(std::move(impl));
}

HttpResponse Router::operator()(const HttpRequest& request) const {
  if (request.path.empty()) {  // `OPTIONS *`: of the server as a whole
    HttpResponse response{.status = 204};
    response.headers.add("Allow", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");
    return response;
  }
  if (const Route* route = impl_->find_plain(request)) return impl_->answer(*route, request);
  const auto fits = impl_->fitting(request.path);
  if (fits.empty()) return impl_->nothing_there(request);
  const Route* route = impl_->find(fits, request.method);
  if (!route) { return request.method == "OPTIONS" ? impl_->options(request, fits) : impl_->wrong_method(request, fits); }
  return impl_->answer(*route, request);
}

std::size_t Router::body_limit(const HttpRequest& head) const {
  const Route* route = impl_->find_plain(head);
  if (!route) route = impl_->find(impl_->fitting(head.path), head.method);
  return route ? route->body_limit : limits::request_bytes_max;
}

bool Router::is_quick(const HttpRequest& head) const {
  const Route* route = impl_->find_plain(head);
  return route && route->is_quick;
}

const std::vector<Route>& Router::routes() const { return impl_->routes; }

namespace {

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// `post_v1_experiences_id_submit`
std::string operation_id(const Route& route) {
  std::string id = lower(route.method);
  bool wants_gap = true;
  for (const char c : route.pattern) {
    const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (is_word && wants_gap) id += '_';
    if (is_word) id += c;
    wants_gap = !is_word;
  }
  return id;
}

Object describe_operation(const Route& route, const Segments& segments) {
  Object operation{
      {"operationId", operation_id(route)},
      {"summary", route.summary},
      {"responses", Object{{"2XX", Object{{"description", "done"}}}, {"default", Object{{"$ref", "#/components/responses/Problem"}}}}}};
  if (!route.help.empty()) operation["description"] = route.help;
  Array parameters;
  for (const Segment& segment : segments) {
    if (segment.kind == Segment::Kind::literal) continue;
    parameters.push_back(Object{{"name", segment.text}, {"in", "path"}, {"required", true}, {"schema", Object{{"type", "string"}}}});
  }
  if (!parameters.empty()) operation["parameters"] = std::move(parameters);
  if (!route.role.empty()) {
    operation["security"] = Array{Object{{"token", Array{}}}};
    operation["x-footlight-role"] = route.role;
  }
  if (route.body_limit > 0 && route.method != "GET" && route.method != "DELETE") {
    const Value schema = route.body_schema.is_null() ? Value(Object{}) : route.body_schema;
    operation["requestBody"] = Object{{"content", Object{{"application/json", Object{{"schema", schema}}}}}};
    operation["x-footlight-body-bytes-max"] = static_cast<std::uint64_t>(route.body_limit);
  }
  return operation;
}

Value problem_schema() {
  const auto text = Object{{"type", "string"}};
  const Object problem{
      {"type", "object"},
      {"properties", Object{{"code", text}, {"place", text}, {"message", text}, {"warning", Object{{"type", "boolean"}}}}}};
  return Object{{"type", "object"},
                {"required", Array{"type", "title", "status", "detail", "code", "instance"}},
                {"properties",
                 Object{{"type", text},
                        {"title", text},
                        {"status", Object{{"type", "integer"}}},
                        {"detail", text},
                        {"code", text},
                        {"instance", text},
                        {"problems", Object{{"type", "array"}, {"items", problem}}}}}};
}

}  // namespace

Value describe(const std::vector<Route>& routes) {
  Object paths;
  for (const Route& route : routes) {
    Segments segments;
    if (!read_pattern(route.pattern, segments).empty()) continue;  // Router::make refused such a table
    std::string path;
    for (const Segment& segment : segments) {
      path += segment.kind == Segment::Kind::literal ? "/" + segment.text : "/{" + segment.text + "}";
    }
    Value& methods = paths.emplace(path, Object{}).first->second;
    methods.object()[lower(route.method)] = describe_operation(route, segments);
  }
  const Object problem_answer{
      {"description", "refused; the code says why"},
      {"content", Object{{"application/problem+json", Object{{"schema", Object{{"$ref", "#/components/schemas/Problem"}}}}}}}};
  return Object{{"openapi", "3.1.0"},
                {"info", Object{{"title", "Footlight"}, {"version", "1"}}},
                {"paths", std::move(paths)},
                {"components",
                 Object{{"responses", Object{{"Problem", problem_answer}}},
                        {"schemas", Object{{"Problem", problem_schema()}}},
                        {"securitySchemes", Object{{"token", Object{{"type", "http"}, {"scheme", "bearer"}}}}}}}};
}

}  // namespace footlight
