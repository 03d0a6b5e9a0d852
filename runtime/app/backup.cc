// footlight backup, restore: a whole copy of a data file, made while it is in use, and a data file made
// from one. Whatever starts from a copy may have missed a stop: it stays fenced until its epoch is bumped.
#include <cstdio>
#include <filesystem>

#include "app/commands.h"
#include "app/terminal.h"
#include "base/text.h"
#include "http/client.h"
#include "http/problem.h"
#include "store/files.h"

namespace footlight {
namespace {

// `shop: 12 entries, other: 3 entries`, where every one of them verifies.
Result<std::string> verified(Store& store) {
  auto names = store.workspaces();
  if (!names) return names.error();
  std::vector<std::string> words;
  for (const std::string& workspace : *names) {
    auto report = store.verify(workspace);
    if (!report) return report.error();
    words.push_back(workspace + ": " + std::to_string(report->entries) + (report->entries == 1 ? " entry" : " entries"));
  }
  return words.empty() ? "no workspace" : join(words, ", ");
}

Result<std::string> verified_file(const std::string& path) {
  auto store = open_store(path, Access::read_only);
  if (!store) return store.error();
  return verified(**store);
}

// A server's backup, as bytes.
Result<std::string> fetch(const RemoteOptions& remote) {
  HttpCall call{.target = "/v1/backup"};
  if (!remote.token.empty()) call.headers.add("Authorization", "Bearer " + remote.token);
  auto answered = send(remote.server, call, minutes(5));
  if (!answered) return answered.error();
  if (answered->status == 200) return std::move(answered->body);
  if (auto problem = problem_of(*answered)) return *problem;
  return refuse(Code::unavailable, "the server answered " + std::to_string(answered->status));
}

Status make_backup(const BackupOptions& options) {
  if (!options.remote.data.empty()) {
    auto store = open_store(options.remote.data, Access::read_only);
    if (!store) return store.error();
    return (*store)->backup(options.file);
  }
  const RemoteOptions remote = with_environment(options.remote);
  if (remote.server.empty()) return refuse(Code::usage, "say of what: `--data FILE`, in use or not, or `--server http://… --token …`");
  auto bytes = fetch(remote);
  if (!bytes) return bytes.error();
  return write_private_file(options.file, *bytes);
}

// What a data file of that name would be taken together with: a log that is not its own would be replayed into it.
Status nothing_is_there(const std::string& path) {
  for (const char* ending : {"", "-wal", "-shm", "-journal"})
    if (std::error_code ignored; std::filesystem::symlink_status(path + ending, ignored).type() != std::filesystem::file_type::not_found)
      return refuse(
          Code::already_exists,
          "`" + path + ending + "` is there already: nothing is restored over it; move it away, with what else begins with `" + path + "`");
  return Done{};
}

}  // namespace

int backup_command(const BackupOptions& options) {
  if (auto made = make_backup(options); !made) return fail(made.error());
  auto holds = verified_file(options.file);
  if (!holds) return fail(holds.error());
  std::printf("%s verifies, %s\n", options.file.c_str(), holds->c_str());
  return 0;
}

int restore_command(const BackupOptions& options) {
  const std::string& target = options.remote.data;
  if (auto is_free = nothing_is_there(target); !is_free) return fail(is_free.error());
  auto source = open_store(options.file, Access::read_only);
  if (!source) return fail(source.error());
  // A copy is only worth what it holds: one that does not verify is refused before anything is written.
  auto holds = verified(**source);
  if (!holds) return fail(holds.error());
  if (auto copied = (*source)->backup(target); !copied) return fail(copied.error());
  std::printf(
      "%s restored from %s, %s\nit is fenced: it takes no command and serves defaults only, until `footlight epoch_bump --data %s --as "
      "NAME:admin` "
      "stops everything old and opens it\n",
      target.c_str(), options.file.c_str(), holds->c_str(), target.c_str());
  return 0;
}

}  // namespace footlight
