#include "app/host.h"

#include <sodium.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <mutex>

#include "app/at_once.h"
#include "base/limits.h"
#include "store/files.h"

namespace footlight {
namespace {

// A copy beside the data file, read and removed. Two at once have two names.
Result<std::string> backup_of(Store& store) {
  const std::string path = store.place() + ".backup-" + fresh_secret().substr(0, 16);
  if (auto made = store.backup(path); !made) return made.error();
  auto bytes = read_whole_file(path, limits::response_bytes_max);
  std::remove(path.c_str());
  if (!bytes && bytes.error().code == Code::too_large)
    return refuse(Code::too_large,
                  bytes.error().message + ": run `footlight backup FILE --data " + store.place() + "` where the server runs");
  return bytes;
}

// One breaker a workspace, for all threads.
std::shared_ptr<PolicyBreaker> breaker_of(const std::string& workspace) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<PolicyBreaker>> breakers;
  const std::lock_guard turn(mutex);
  std::shared_ptr<PolicyBreaker>& breaker = breakers[workspace];
  if (!breaker) breaker = std::make_shared<PolicyBreaker>();
  return breaker;
}

// Those that are quarantined just now, as /readyz tells them.
Array quarantined_in(const std::string& workspace) {
  Array rows;
  for (const PolicyBreaker::Quarantined& row : breaker_of(workspace)->all())
    rows.push_back(Object{{"owner", row.owner},
                          {"path", row.path},
                          {"place", row.place},
                          {"role", to_text(row.role)},
                          {"trips", row.trips},
                          {"code", name(row.failure.code)},
                          {"message", row.failure.message}});
  return rows;
}

}  // namespace

// Each worker thread has a runner of its own for each workspace, pinned to the snapshot it serves.
Result<PolicyRunner*> runner_of_this_thread(const std::string& workspace, const std::shared_ptr<const Snapshot>& snapshot) {
  thread_local std::map<std::string, std::unique_ptr<LuaPolicyRunner>> runners;
  if (snapshot->policies().empty()) return &no_policies();
  std::unique_ptr<LuaPolicyRunner>& runner = runners[workspace];
  if (!runner || (runner->snapshot() != snapshot && !runner->go_on(snapshot))) {
    auto fresh = LuaPolicyRunner::create(snapshot, {.breaker = breaker_of(workspace)});
    if (!fresh) return fresh.error();
    runner = std::move(*fresh);
  }
  return runner.get();
}

Reading both_clocks() {
  timespec boot{};
  clock_gettime(CLOCK_BOOTTIME, &boot);
  return {{static_cast<std::int64_t>(boot.tv_sec) * 1000 + boot.tv_nsec / 1'000'000}, wall_clock()};
}

Instant wall_clock() {
  return {std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

std::string fresh_secret() {
  unsigned char bytes[32];
  randombytes_buf(bytes, sizeof bytes);
  char hex[2 * sizeof bytes + 1];
  sodium_bin2hex(hex, sizeof hex, bytes, sizeof bytes);
  return hex;
}

Host::~Host() = default;

Result<std::unique_ptr<Host>> Host::open(const HostOptions& options, const std::string& also) {
  std::unique_ptr<Host> host(new Host);
  auto store = open_store(options.data, options.access);
  if (!store) return store.error();
  host->store_ = std::move(*store);
  auto role = host->store_->meta("role");
  if (!role) return role.error();
  if (*role == "delivery")
    return refuse(Code::usage,
                  "`" + options.data + "` is the data file of a delivery node; serve it with `--role delivery`, or name another one");
  host->api_ = std::make_unique<Api>(*host->store_,
                                     ApiOptions{wall_clock, runner_of_this_thread, quarantined_in,
                                                [store = host->store_.get()] { return backup_of(*store); }, both_clocks});
  host->api_->metrics().gauge_from("footlight_policies_quarantined",
                                   "Policies that workers fail unasked, after too many stops by time or memory; see /readyz.",
                                   [api = host->api_.get()] {
                                     std::size_t count = 0;
                                     for (const auto& [name, catalog] : api->catalogs()) count += quarantined_in(name).size();
                                     return static_cast<double>(count);
                                   });
  auto names = host->store_->workspaces();
  if (!names) return names.error();
  if (!also.empty() && std::find(names->begin(), names->end(), also) == names->end()) names->push_back(also);
  for (const std::string& name : *names)
    if (auto added = host->add_workspace(name, options.window); !added) return added.error();
  return host;
}

Status Host::add_workspace(const std::string& name, const Window& window) {
  auto catalog = Catalog::open(*store_, name, policies_,
                               {.window = window,
                                .started = both_clocks(),
                                .on_the_side = [this](std::function<void()> work) { side_(std::move(work)); },
                                .at_once = at_once});
  if (!catalog) return catalog.error();
  return api_->add(std::move(*catalog), fresh_secret());
}

}  // namespace footlight
