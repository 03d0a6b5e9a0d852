// The inside of a Runtime: what it decides from, and what it was given to decide with.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>

#include "catalog/catalog.h"
#include "embed/workers.h"
#include "follow/follow_loop.h"
#include "footlight/footlight.h"
#include "script/workspace_files.h"

namespace footlight {

struct Runtime::State {
  State(RuntimeOptions given, Environment host);

  Instant instant(std::optional<Instant> at) const { return at ? *at : options.clock(); }
  void log(LogLine::Level level, const std::string& text) const {
    if (options.log) options.log({level, text});
  }
  void log(const Problems& problems) const;

  // ---- asking (asking.cc)
  Pinned pin() const;
  // Asked before an answer is given: the lease that it was made under may have ended meanwhile.
  bool holds(const Pinned& pinned) const { return !follower || follower->holds(pinned); }
  Error nothing_to_show() const;
  Status check_size(std::string_view json) const;
  Result<std::string> answer_bytes(std::string_view json, std::optional<Instant> at, bool explain) const;
  Result<std::string> default_bytes(const Pinned& pinned, std::string_view json, std::optional<Instant> at, bool explain) const;
  Result<Decision> default_answer(const Pinned& pinned, const Request& request, bool explain) const;
  DecideOptions how(const Pinned& pinned, bool explain) const {
    return {.explain = explain, .key = key || follower ? &pinned.key : nullptr};
  }
  Result<Request> parsed(std::string_view json, std::optional<Instant> at) const;
  Result<Decision> answer(Request request, Problems problems, bool explain) const;
  Status know(Request& request) const;  // puts what the host knows beneath what the request says
  void tell(const Request& request, const Decision& decision) const;
  void log_policies(Workers::Worker& worker, int failures) const;

  // ---- changing
  Status load(const Files& files);     // all of it or nothing
  Result<Catalog*> authoring() const;  // code usage where there is no store

  const RuntimeOptions options;
  const Environment host;  // options.functions, as policies see them
  LuaPolicyCompiler policies;
  std::optional<TokenKey> key;
  mutable Workers workers;

  // From a folder or files.
  enum class Kind { folder, files, store, followed } kind = Kind::files;
  std::string folder;
  std::mutex changes;               // one reload at a time
  mutable std::shared_mutex mutex;  // guards the two below
  std::shared_ptr<const LoadedWorkspace> loaded;
  std::shared_ptr<const Snapshot> snapshot;

  // From a store. The catalog goes first, it uses all of the above.
  std::shared_ptr<Store> store;
  std::unique_ptr<Catalog> catalog;

  // Of a server.
  std::string server, followed_workspace, node;
  std::unique_ptr<Follower> follower;
  std::unique_ptr<FollowLoop> loop;
};

}  // namespace footlight
