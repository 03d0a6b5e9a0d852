// footlight serve
#include <charconv>
#include <cstdio>

#include "app/commands.h"
#include "app/listen.h"
#include "app/push.h"
#include "app/recorder.h"
#include "app/start_memory.h"
#include "app/terminal.h"
#include "base/limits.h"
#include "base/text.h"
#include "script/selftest.h"
#include "server/listener.h"
#include "server/log.h"

namespace footlight {

Result<Address> parse_address(const std::string& text) {
  const auto colon = text.rfind(':');
  Address address{colon == std::string::npos ? "127.0.0.1" : text.substr(0, colon), 0};
  if (address.host.starts_with('[') && address.host.ends_with(']')) address.host = address.host.substr(1, address.host.size() - 2);
  const std::string port = colon == std::string::npos ? text : text.substr(colon + 1);
  const auto end = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (end.ec != std::errc() || end.ptr != port.data() + port.size())
    return refuse(Code::usage, "`" + text + "` is not an address to listen on; write `127.0.0.1:8787`");
  return address;
}

Result<std::unique_ptr<Listener>> listen(const ServeOptions& options, const Address& address, const Router& router, Metrics& metrics,
                                         const Log& log) {
  Listener::Options how{.address = address.host, .port = address.port, .workers = options.workers, .now = wall_clock};
  // An answer that nobody takes is cut before the lease that it was made under can have ended for long.
  if (options.role == "delivery") how.write_timeout = seconds(5);
  return Listener::start(std::move(how),
                         {.handle = metrics.counted_in_flight(router),
                          .body_limit = [router](const HttpRequest& head) { return router.body_limit(head); },
                          .is_quick = [router](const HttpRequest& request) { return router.is_quick(request); },
                          .rests = Api::rest,
                          .answered =
                              [&metrics, &log, is_quiet = options.quiet](const Answered& answered) {
                                metrics.answered(answered);
                                if (!is_quiet || answered.response.status >= 500) log.answered(answered);
                              }});
}

namespace {

// The first start of a store: nobody could call it without a token, so it makes two.
Status first_tokens(Api& api, Remote& admin) {
  auto tokens = api.store().list_tokens("*");
  if (!tokens) return tokens.error();
  for (const auto& [name, catalog] : api.catalogs()) {
    auto more = api.store().list_tokens(name);
    if (!more) return more.error();
    tokens->insert(tokens->end(), more->begin(), more->end());
  }
  if (!tokens->empty()) return Done{};
  std::printf("first start: these tokens are shown once\n");
  for (const auto& [name, role] : {std::pair{"admin", "admin"}, {"app", "delivery"}}) {
    auto made = admin.call("POST", "/v1/tokens", Object{{"name", name}, {"roles", Array{role}}, {"workspace", "*"}});
    if (!made) return made.error();
    std::printf("  %-8s %s\n", role, made->string_or("token", "").c_str());
  }
  return Done{};
}

}  // namespace

int serve_command(const ServeOptions& options) {
  StopSignals signals;  // before anything starts, so that no early signal is lost
  StartMemory memory;
  if (auto tested = self_test(); !tested) return fail(tested.error());
  auto address = parse_address(options.listen);
  if (!address) return fail(address.error());
  auto length = parse_duration(options.window);
  if (!length) return fail(refuse(Code::usage, "--window: " + length.error().message));
  auto window = Window::of(*length);
  if (!window) return fail(window.error());

  if (!options.control.empty() || !options.node.empty())
    return fail(refuse(Code::usage, "`--control` and `--node` are a delivery node's: say `--role delivery`"));

  LuaPolicyCompiler policies;
  std::vector<LoadedWorkspace> loaded;
  for (const std::string& folder : options.folders) {
    const auto files = disk_files(folder);
    LoadedWorkspace workspace = load_workspace(*files, policies);
    if (has_errors(workspace.problems))
      return fail(refuse(Code::validation_failed, std::move(workspace.problems), "the workspace `" + folder + "` has problems"));
    loaded.push_back(std::move(workspace));
  }
  auto host = Host::open({.data = options.data.empty() ? "footlight.db" : options.data, .window = *window},
                         loaded.empty() ? "" : loaded[0].workspace.name);
  if (!host) return fail(host.error());
  Api& api = (*host)->api();
  for (const LoadedWorkspace& workspace : loaded)
    if (!api.catalog(workspace.workspace.name)) {
      auto opened = (*host)->add_workspace(workspace.workspace.name, *window);
      if (!opened) return fail(opened.error());
    }
  for (const LoadedWorkspace& workspace : loaded) {
    if (api.catalog(workspace.workspace.name)->is_fenced()) {
      std::printf("%s: restored from a backup and fenced, so its folder is not taken in: `footlight epoch_bump` opens it\n",
                  workspace.workspace.name.c_str());
      continue;
    }
    Remote files(api, {"files", implied_roles("author,publisher"), workspace.workspace.name});
    auto pushed = push(files, workspace);
    if (!pushed) return fail(pushed.error());
    for (const Pushed& row : *pushed)
      if (row.what != "unchanged") std::printf("%s: %s %s\n", workspace.workspace.name.c_str(), row.id.c_str(), row.what.c_str());
  }
  Remote admin(api, {"footlight", implied_roles("admin"), "*"});
  if (auto made = first_tokens(api, admin); !made) return fail(made.error());

  const Log log({.now = wall_clock, .quiet = options.quiet});
  auto recorder = recorder_of(options, api.metrics(), log);
  if (!recorder) return fail(recorder.error());
  std::vector<Route> rows = routes(api);
  if (*recorder) rows = Recorder::recorded(std::move(rows), api, **recorder);
  auto router = Router::make(std::move(rows), [&api](const HttpRequest& request, const Route&) { return api.authenticate(request); });
  if (!router) return fail(router.error());
  for (const auto& [name, catalog] : api.catalogs())
    if (const auto error = catalog->compile_error())
      log.write(Log::Level::error, "workspace does not compile", {{"workspace", name}, {"reason", to_text(*error)}});
  for (const auto& [name, catalog] : api.catalogs())
    for (const auto& [experience, changes] : catalog->changed_zones(wall_clock()))
      for (const ZoneChange& change : changes)
        log.write(Log::Level::warning, "the zone's clock changed",
                  {{"workspace", name}, {"experience", experience}, {"reason", to_text(change)}});
  auto listener = listen(options, *address, *router, api.metrics(), log);
  if (!listener) return fail(listener.error());
  std::printf("serving %s on %s\n",
              join(
                  [&] {
                    std::vector<std::string> names;
                    for (const auto& [name, catalog] : api.catalogs()) names.push_back(name);
                    return names;
                  }(),
                  ", ")
                  .c_str(),
              (*listener)->url().c_str());
  std::fflush(stdout);
  memory.give_back();
  const auto stay_awake = [&] {
    for (const auto& [name, catalog] : api.catalogs())
      if (auto told = catalog->stay_awake(wall_clock()); !told)
        log.write(Log::Level::error, "the store takes nothing", {{"workspace", name}, {"reason", to_text(told.error())}});
  };
  do stay_awake();
  while (!signals.wait_for(limits::awake_every));
  (*listener)->stop();
  (*listener)->wait();
  stay_awake();
  log.write(Log::Level::info, "stopped");
  return 0;
}

}  // namespace footlight
