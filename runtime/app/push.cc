#include "app/push.h"

#include <cstdio>

#include "app/commands.h"
#include "app/terminal.h"

namespace footlight {

Result<std::vector<Pushed>> push(Remote& remote, const LoadedWorkspace& loaded) {
  Object lists;
  for (const auto& [hash, content] : loaded.lists) lists[hash] = content;
  auto configured = remote.call("PUT", "/v1/workspace", Object{{"workspace", loaded.document}, {"lists", std::move(lists)}});
  if (!configured) return configured.error();
  auto known = remote.call("GET", "/v1/experiences");
  if (!known) return known.error();
  std::map<std::string, Value> there;
  for (const Value& row : known->find("experiences")->array()) there[row.string_or("id", "")] = row;
  std::vector<Pushed> pushed;
  for (const LoadedExperience& experience : loaded.experiences) {
    const std::string& id = experience.definition.id;
    const auto found = there.find(id);
    if (found == there.end()) {
      auto created = remote.call("POST", "/v1/experiences", experience.document);
      pushed.push_back({id, created ? "created" : "left: " + created.error().message});
      continue;
    }
    if (found->second.string_or("hash", "") == hash_of(experience.document)) {
      pushed.push_back({id, "unchanged"});
      continue;
    }
    auto edited = remote.call("PUT", "/v1/experiences/" + percent_encode(id), experience.document);
    pushed.push_back({id, edited ? "edited: revision " + to_json(*edited->find("revision")) : "left: " + edited.error().message});
  }
  return pushed;
}

int push_command(const VerbOptions& options) {
  LuaPolicyCompiler policies;
  const auto files = disk_files(options.folder);
  LoadedWorkspace loaded = load_workspace(*files, policies);
  if (has_errors(loaded.problems)) return fail(refuse(Code::validation_failed, std::move(loaded.problems), "the workspace has problems"));
  RemoteOptions where = options.remote;
  if (where.workspace.empty()) where.workspace = loaded.workspace.name;
  auto remote = Remote::open(where, loaded.workspace.name);
  if (!remote) return fail(remote.error());
  auto pushed = push(**remote, loaded);
  if (!pushed) return fail(pushed.error());
  std::vector<std::vector<std::string>> rows;
  for (const Pushed& row : *pushed) rows.push_back({row.id, row.what});
  std::printf("%s", table(rows).c_str());
  return 0;
}

}  // namespace footlight
