// footlight audit: the journal as a table or JSON lines, and whether it is what was written.
#include <cstdio>

#include "app/commands.h"
#include "app/terminal.h"

namespace footlight {
namespace {

void print_verified(const std::string& workspace, std::int64_t entries, const std::string& head) {
  std::printf("%s: %lld %s, head %s\n", workspace.c_str(), static_cast<long long>(entries),
              entries == 1 ? "entry verifies" : "entries verify", head.c_str());
}

// Every workspace of a data file, beside a running server too. All are gone through, so that each
// one's first broken entry is told.
int verify_file(const std::string& path) {
  auto store = open_store(path, Access::read_only);
  if (!store) return fail(store.error());
  auto names = (*store)->workspaces();
  if (!names) return fail(names.error());
  int code = 0;
  for (const std::string& workspace : *names) {
    auto report = (*store)->verify(workspace);
    if (report) print_verified(workspace, report->entries, report->head.chain);
    else code = fail(report.error());
  }
  return code;
}

}  // namespace

int audit_verify_command(const AuditOptions& options) {
  if (!options.remote.data.empty()) return verify_file(options.remote.data);
  auto remote = Remote::open(options.remote);
  if (!remote) return fail(remote.error());
  auto answer = (*remote)->call("GET", "/v1/audit/verify");
  if (!answer) return fail(answer.error());
  print_verified(answer->string_or("workspace", ""), static_cast<std::int64_t>(answer->find("entries")->number()),
                 answer->find("head")->string_or("chain", ""));
  return 0;
}

int audit_command(const AuditOptions& options) {
  auto remote = Remote::open(options.remote);
  if (!remote) return fail(remote.error());
  std::int64_t after = 0;
  std::vector<std::vector<std::string>> rows{{"SEQ", "AT", "WHO", "COMMAND", "EXPERIENCE", "MESSAGE"}};
  while (true) {
    std::string target = "/v1/audit?after=" + std::to_string(after);
    if (!options.id.empty()) target += "&experience=" + percent_encode(options.id);
    auto answer = (*remote)->call("GET", target);
    if (!answer) return fail(answer.error());
    const Array& entries = answer->find("entries")->array();
    if (entries.empty()) break;
    for (const Value& entry : entries) {
      after = static_cast<std::int64_t>(entry.find("seq")->number());
      if (options.json) std::printf("%s\n", to_json(entry).c_str());
      else
        rows.push_back({std::to_string(after), entry.string_or("at", ""), entry.string_or("actor", ""), entry.string_or("command", ""),
                        entry.string_or("experience", ""), entry.string_or("message", "")});
    }
  }
  if (!options.json) std::printf("%s", table(rows).c_str());
  return 0;
}

}  // namespace footlight
