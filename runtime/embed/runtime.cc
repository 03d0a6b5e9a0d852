// Runtime opened, reloaded and looked at. How it answers is in asking.cc, its lifecycle in authoring.cc.
#include <chrono>
#include <filesystem>

#include "base/limits.h"
#include "embed/state.h"
#include "follow/machine.h"
#include "script/declarations.h"
#include "store/journal.h"
#include "testkit/fixtures.h"

namespace footlight {
namespace {

constexpr Duration first_patience = seconds(5);  // for the first answer of a server that is followed

Instant wall_clock() {
  return {std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count()};
}

// Scripts are C underneath: what a host's function throws ends there, as an error of the script.
HostFunction guarded(const std::string& name, const ScriptFunction& function) {
  return [name, function](HostCall& call) -> Result<Value> {
    std::vector<Value> arguments;
    for (std::size_t i = 0; i < call.count(); ++i) {
      auto argument = call.value(i);
      if (!argument) return refuse(argument.error().code, "`" + name + "`, " + argument.error().message);
      arguments.push_back(std::move(*argument));
    }
    try {
      return function(arguments);
    } catch (const std::exception& thrown) { return refuse(Code::script_error, "`" + name + "` threw: " + thrown.what()); } catch (...) {
      return refuse(Code::script_error, "`" + name + "` threw something that is no std::exception");
    }
  };
}

Result<Environment> environment_of(const RuntimeOptions& options) {
  Environment host;
  for (const auto& [name, function] : options.functions) {
    if (!function) return refuse(Code::usage, "the function `" + name + "` is empty");
    host.push_back({name, guarded(name, function)});
  }
  if (host.empty()) return host;
  // Whether the names can be taken is for the reader of declarations to say, who has them all.
  if (auto reader = DeclarationReader::create(host); !reader) return reader.error();
  return host;
}

// The same files have the same name for their snapshot.
std::string version_of(const LoadedWorkspace& loaded) {
  std::string text = hash_of(loaded.document);
  for (const LoadedExperience& experience : loaded.experiences) text += hash_of(experience.document);
  return "files-" + sha256_hex(text).substr(0, 12);
}

Status is_folder(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return Done{};
  return refuse(Code::unreadable_file, "there is no folder `" + path + "`");
}

}  // namespace

Runtime::State::State(RuntimeOptions given, Environment functions)
    : options(std::move(given)), host(std::move(functions)), policies(host), workers(host, options.policy_deadline) {
  if (!options.secret.empty()) key = token_key(options.secret);
}

void Runtime::State::log(const Problems& problems) const {
  for (const Problem& problem : problems) log(problem.is_warning ? LogLine::Level::warning : LogLine::Level::error, to_line(problem));
}

Status Runtime::State::load(const Files& files) {
  const std::lock_guard turn(changes);
  auto fresh = std::make_shared<LoadedWorkspace>(load_workspace(files, policies, host));
  if (has_errors(fresh->problems)) return refuse(Code::validation_failed, std::move(fresh->problems), "the workspace has problems");
  SnapshotSource source = everything_live(*fresh);
  source.version = version_of(*fresh);
  auto compiled = Snapshot::compile(std::move(source), policies);
  if (!compiled) return compiled.error();
  {
    const std::unique_lock writing(mutex);
    loaded = fresh;
    snapshot = *compiled;
  }
  workers.serve(*compiled);
  log(fresh->problems);
  return Done{};
}

Runtime::Runtime(std::unique_ptr<State> state) : state_(std::move(state)) {}
Runtime::Runtime(Runtime&& other) noexcept = default;
Runtime& Runtime::operator=(Runtime&& other) noexcept = default;
Runtime::~Runtime() = default;

namespace {

RuntimeOptions with_defaults(RuntimeOptions options) {
  if (!options.clock) options.clock = wall_clock;
  if (options.policy_deadline <= Duration{}) options.policy_deadline = limits::script_deadline;
  return options;
}

}  // namespace

Result<Runtime> Runtime::from_folder(const std::string& path, RuntimeOptions options) {
  auto host = environment_of(options);
  if (!host) return host.error();
  auto state = std::make_unique<State>(with_defaults(std::move(options)), std::move(*host));
  state->kind = State::Kind::folder;
  state->folder = path;
  Runtime runtime(std::move(state));
  if (auto loaded = runtime.reload(); !loaded) return loaded.error();
  return runtime;
}

Result<Runtime> Runtime::from_files(FileMap files, RuntimeOptions options) {
  auto host = environment_of(options);
  if (!host) return host.error();
  Runtime runtime(std::make_unique<State>(with_defaults(std::move(options)), std::move(*host)));
  if (auto loaded = runtime.reload(std::move(files)); !loaded) return loaded.error();
  return runtime;
}

Result<Runtime> Runtime::from_store(std::shared_ptr<Store> store, const std::string& workspace, RuntimeOptions options) {
  if (!store) return refuse(Code::usage, "there is no store");
  auto host = environment_of(options);
  if (!host) return host.error();
  auto state = std::make_unique<State>(with_defaults(std::move(options)), std::move(*host));
  state->kind = State::Kind::store;
  state->store = std::move(store);
  if (!state->key) {
    // Two ids of 32 random hex digits; whoever opens the store first decides.
    auto secret = state->store->put_setting_once(workspace, "secret", new_store_id() + new_store_id());
    if (!secret) return secret.error();
    state->key = token_key(*secret);
  }
  State* raw = state.get();
  auto catalog = Catalog::open(*state->store, workspace, state->policies,
                               {.window = state->options.window,
                                .started = Reading{boot_clock(), state->options.clock()},
                                .published = [raw](Instant, std::shared_ptr<const Snapshot> fresh) { raw->workers.serve(fresh); }});
  if (!catalog) return catalog.error();
  state->catalog = std::move(*catalog);
  if (const auto left_out = state->catalog->compile_error()) state->log(left_out->problems);
  return Runtime(std::move(state));
}

Result<Runtime> Runtime::follow(FollowOptions server, RuntimeOptions options) {
  for (const auto& [text, name] : {std::pair{&server.server, "server"}, {&server.token, "token"}, {&server.workspace, "workspace"}})
    if (text->empty()) return refuse(Code::usage, std::string("say whom to follow: `FollowOptions::") + name + "` is empty");
  if (server.node.size() > limits::id_bytes_max)
    return refuse(Code::usage, "a node's name has at most " + std::to_string(limits::id_bytes_max) + " bytes");
  auto host = environment_of(options);
  if (!host) return host.error();
  if (!server.store) {
    auto memory = open_store("memory:");
    if (!memory) return memory.error();
    server.store = std::move(*memory);
  }
  auto name = server.node.empty() ? default_node_name(*server.store) : Result<std::string>(server.node);
  if (!name) return name.error();
  auto state = std::make_unique<State>(with_defaults(std::move(options)), std::move(*host));
  State* raw = state.get();
  state->kind = State::Kind::followed;
  state->server = server.server;
  state->followed_workspace = server.workspace;
  state->node = *name;
  state->store = std::move(server.store);
  if (!server.boot_clock) server.boot_clock = boot_clock;
  auto follower = Follower::open(*state->store, state->policies,
                                 {.node = *name,
                                  .boot_id = boot_id(),
                                  .clocks =
                                      [raw, boot = server.boot_clock] {
                                        return Reading{boot(), raw->options.clock()};
                                      },
                                  .nonce = fresh_nonce,
                                  .workspace = server.workspace,
                                  .changed =
                                      [raw](const std::string&, const std::shared_ptr<const Snapshot>& snapshot) {
                                        raw->workers.serve(snapshot);
                                        raw->log(LogLine::Level::info, "`" + raw->server + "` lends version " + snapshot->version());
                                      }});
  if (!follower) return follower.error();
  state->follower = std::move(*follower);
  if (const auto lent = state->pin().snapshot) state->workers.serve(lent);
  state->loop = std::make_unique<FollowLoop>(
      *state->follower, FollowLoop::Options{.control = server.server, .token = server.token, .told = [raw](const Error* trouble) {
                                              if (trouble)
                                                raw->log(LogLine::Level::warning,
                                                         "cannot follow `" + raw->server + "`: " + trouble->message);
                                              else raw->log(LogLine::Level::info, "following `" + raw->server + "` again");
                                            }});
  const Status first = state->loop->once(server.patience > Duration{} ? server.patience : first_patience);
  // What no waiting mends is told now; that nobody answers may change.
  if (!first)
    for (const Code code : {Code::unauthorized, Code::forbidden, Code::not_found, Code::usage})
      if (first.error().code == code) return first.error();
  state->loop->start();
  return Runtime(std::move(state));
}

Status Runtime::reload() {
  if (state_->follower) return refuse(Code::usage, "what `" + state_->server + "` publishes arrives by itself");
  if (state_->kind != State::Kind::folder)
    return refuse(Code::usage,
                  state_->kind == State::Kind::files ? "these files are in memory: give the new ones to `reload`"
                                                     : "a store is not reloaded: commands change what is in force");
  if (auto there = is_folder(state_->folder); !there) return there;
  return state_->load(*disk_files(state_->folder));
}

Status Runtime::reload(FileMap files) {
  if (state_->follower) return refuse(Code::usage, "what `" + state_->server + "` publishes arrives by itself");
  if (state_->kind != State::Kind::files)
    return refuse(Code::usage,
                  state_->kind == State::Kind::folder ? "this runtime reads the folder `" + state_->folder + "`; `reload()` reads it again"
                                                      : "a store is not reloaded: `take_in` takes files into it");
  return state_->load(*memory_files(std::move(files)));
}

Result<std::vector<FixtureResult>> Runtime::run_fixtures(const std::string& filter) const {
  if (state_->kind == State::Kind::store || state_->follower)
    return refuse(Code::usage,
                  std::string(state_->follower ? "a server lends" : "a store holds") + " no tests; run them from the workspace's folder");
  std::shared_ptr<const LoadedWorkspace> loaded;
  {
    const std::shared_lock reading(state_->mutex);
    loaded = state_->loaded;
  }
  std::vector<FixtureResult> results;
  FixtureRun run = footlight::run_fixtures(*loaded, {.filter = filter, .host = state_->host});
  for (TestResult& result : run.results)
    results.push_back({std::move(result.file), std::move(result.name), result.passed, std::move(result.message), std::move(result.log)});
  return results;
}

std::string Runtime::workspace() const {
  if (state_->catalog) return state_->catalog->name();
  if (state_->follower) return state_->followed_workspace;
  const std::shared_lock reading(state_->mutex);
  return state_->loaded->workspace.name;
}

std::string Runtime::snapshot() const {
  const Pinned pinned = state_->pin();
  const auto& serving = pinned.snapshot ? pinned.snapshot : pinned.defaults;
  return serving ? serving->version() : std::string();
}

Problems Runtime::problems() const {
  if (state_->catalog) {
    const auto left_out = state_->catalog->compile_error();
    return left_out ? left_out->problems : Problems{};
  }
  if (state_->follower) return state_->follower->standing(state_->followed_workspace).left_out;
  const std::shared_lock reading(state_->mutex);
  return state_->loaded->problems;
}

Result<Following> Runtime::following() const {
  if (!state_->follower) return refuse(Code::usage, "this runtime follows no server: open it with `Runtime::follow`");
  auto standing = state_->follower->standing(state_->followed_workspace);
  return Following{.node = state_->node,
                   .version = std::move(standing.version),
                   .is_leased = standing.is_leased,
                   .lease_left = standing.lease_left,
                   .failure = std::move(standing.failure)};
}

}  // namespace footlight
