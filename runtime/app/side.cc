#include "app/side.h"

#include <filesystem>

#include "base/limits.h"
#include "base/text.h"
#include "catalog/delivered.h"
#include "http/message.h"
#include "script/files.h"
#include "script/workspace_files.h"

namespace footlight {
namespace {

Result<Side> compiled(Side side, SnapshotSource source, LuaPolicyCompiler& policies) {
  side.workspace = source.workspace;
  auto snapshot = Snapshot::compile(std::move(source), policies);
  if (!snapshot) return snapshot.error();
  auto runner = LuaPolicyRunner::create(*snapshot, {.deadline = limits::load_deadline});
  if (!runner) return runner.error();
  side.snapshot = std::move(*snapshot);
  side.runner = std::move(*runner);
  return side;
}

}  // namespace

Result<Side> open_folder(const std::string& folder, LuaPolicyCompiler& policies) {
  const auto files = disk_files(folder);
  LoadedWorkspace loaded = load_workspace(*files, policies);
  if (has_errors(loaded.problems))
    return refuse(Code::validation_failed, std::move(loaded.problems), "the workspace in `" + folder + "` has problems");
  Object documents{{"workspace", loaded.document}};
  Array experiences;
  for (const LoadedExperience& experience : loaded.experiences) experiences.push_back(experience.document);
  documents["experiences"] = std::move(experiences);
  return compiled({.name = "folder " + folder, .version = hash_of(Value(std::move(documents)))}, everything_live(loaded), policies);
}

namespace {

Result<Side> live_side(const std::string& word, RemoteOptions where, LuaPolicyCompiler& policies) {
  where = with_environment(where);
  if (where.server.empty() && where.data.empty())
    return refuse(
        Code::usage,
        "`" + word +
            "` is of something live: say where, `--server http://… --token …` or `--data FILE` (or FOOTLIGHT_SERVER, FOOTLIGHT_TOKEN)");
  // Whoever can read the file can read all of it.
  if (where.server.empty() && where.as.empty()) where.as = "reader:admin";
  auto remote = Remote::open(where);
  if (!remote) return remote.error();
  std::string target = "/v1/catalog", what = "live";
  if (word == "drafts") {
    target += "?drafts=1";
    what = "drafts";
  } else if (word != "live") {
    target += "?with=" + percent_encode(word);
    what = "live with " + word;
  }
  auto answer = (*remote)->call("GET", target);
  if (!answer) return answer.error();
  auto catalog = delivered_catalog_from(*answer->find("catalog"));
  if (!catalog) return catalog.error();
  const Value* lists = answer->find("lists");
  Problems problems;
  const auto list = [&](const std::string& hash) -> Result<std::shared_ptr<const IdList>> {
    const Value* content = lists ? lists->find(hash) : nullptr;
    if (!content) return refuse(Code::forbidden, "its list is not shown to a viewer; ask as an author, approver, publisher or admin");
    return parse_list(content->string());
  };
  SnapshotSource source = snapshot_source(*catalog, list, problems);
  if (has_errors(problems)) return refuse(problems[0].code, std::move(problems), "part of what is " + what + " cannot be read here");
  Side side{.name = what + " of " + (where.server.empty() ? where.data : where.server)};
  Value documents = *answer->find("catalog");
  documents.object().erase("version");
  for (Value& experience : documents.object()["experiences"].array()) experience.object().erase("activated_at_ms");
  side.version = hash_of(documents);
  return compiled(std::move(side), std::move(source), policies);
}

}  // namespace

Decision Side::decide(const Request& request, bool explain) const {
  return footlight::decide(*snapshot, request, *runner, {.explain = explain});
}

bool is_live_word(const std::string& word) {
  return word == "live" || word == "drafts" || (word.find('@') != std::string::npos && word.find('/') == std::string::npos);
}

Result<Side> open_side(const std::string& word, const RemoteOptions& remote, LuaPolicyCompiler& policies) {
  if (is_live_word(word)) return live_side(word, remote, policies);
  std::error_code error;
  if (std::filesystem::is_directory(word, error)) return open_folder(word, policies);
  if (std::filesystem::is_regular_file(word, error)) {
    RemoteOptions file;
    file.data = word;
    file.workspace = remote.workspace;
    return live_side("live", file, policies);
  }
  return refuse(Code::usage,
                "`" + word + "` is no workspace folder and no data file; write one of them, or `live`, `drafts`, `ID@REVISION`");
}

}  // namespace footlight
