// footlight serve --role delivery: decisions from what a control process lends. What it takes to follow it is
// in runtime/follow; here are the options, the log and the listener.
#include <cstdio>

#include "api/node.h"
#include "app/listen.h"
#include "app/recorder.h"
#include "app/terminal.h"
#include "base/limits.h"
#include "follow/follow_loop.h"
#include "follow/machine.h"
#include "script/selftest.h"

namespace footlight {

int deliver_command(const ServeOptions& options) {
  StopSignals signals;
  if (auto tested = self_test(); !tested) return fail(tested.error());
  if (!options.folders.empty()) return fail(refuse(Code::usage, "a delivery node takes no folders: push them to its control process"));
  if (options.control.empty()) return fail(refuse(Code::usage, "say whom to follow: `--control http://HOST:PORT`"));
  const RemoteOptions remote = with_environment({.token = options.token});
  if (remote.token.empty())
    return fail(refuse(Code::usage,
                       "say with which token: `--token …` or FOOTLIGHT_TOKEN; `footlight token create --name NODE --role node` makes one"));
  auto address = parse_address(options.listen);
  if (!address) return fail(address.error());
  auto store = open_store(options.data.empty() ? "footlight-node.db" : options.data);
  if (!store) return fail(store.error());
  auto name = options.node.empty() ? default_node_name(**store) : Result<std::string>(options.node);
  if (!name) return fail(name.error());
  if (name->size() > limits::id_bytes_max)
    return fail(refuse(Code::usage, "`--node`: a name has at most " + std::to_string(limits::id_bytes_max) + " bytes"));

  LuaPolicyCompiler policies;
  auto follower = Follower::open(**store, policies, {.node = *name, .boot_id = boot_id(), .clocks = both_clocks, .nonce = fresh_nonce});
  if (!follower) return fail(follower.error());
  NodeServing serving(**follower, runner_of_this_thread);
  const Log log({.now = wall_clock, .quiet = options.quiet});
  auto recorder = recorder_of(options, serving.metrics(), log);
  if (!recorder) return fail(recorder.error());
  std::vector<Route> rows = node_routes(serving);
  if (*recorder) rows = Recorder::recorded(std::move(rows), serving, **recorder);
  auto router = Router::make(std::move(rows), [&](const HttpRequest& request, const Route&) { return serving.authenticate(request); });
  if (!router) return fail(router.error());
  auto listener = listen(options, *address, *router, serving.metrics(), log);
  if (!listener) return fail(listener.error());
  {
    FollowLoop loop(**follower, {.control = options.control, .token = remote.token, .told = [&](const Error* trouble) {
                                   if (trouble)
                                     log.write(Log::Level::warning, "cannot follow",
                                               {{"code", std::string(footlight::name(trouble->code))}, {"reason", trouble->message}});
                                   else log.write(Log::Level::info, "following again");
                                 }});
    loop.start();
    std::printf("following %s as %s, serving on %s\n", options.control.c_str(), name->c_str(), (*listener)->url().c_str());
    std::fflush(stdout);
    signals.wait();
    (*listener)->stop();
  }
  (*listener)->wait();
  log.write(Log::Level::info, "stopped");
  return 0;
}

}  // namespace footlight
