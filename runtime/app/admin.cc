// footlight token, audit.
#include <cstdio>

#include "app/commands.h"
#include "app/terminal.h"
#include "base/text.h"

namespace footlight {

int token_command(const TokenOptions& options) {
  auto remote = Remote::open(options.remote);
  if (!remote) return fail(remote.error());
  if (options.action == "list") {
    auto answer = (*remote)->call("GET", "/v1/tokens");
    if (!answer) return fail(answer.error());
    std::vector<std::vector<std::string>> rows{{"NAME", "ROLES", "WORKSPACE", "CREATED", ""}};
    for (const Value& row : answer->find("tokens")->array())
      rows.push_back({row.string_or("name", ""), row.string_or("roles", ""), row.string_or("workspace", ""), row.string_or("created", ""),
                      row.find("revoked")->boolean() ? "revoked" : ""});
    std::printf("%s", table(rows).c_str());
    return 0;
  }
  if (options.name.empty()) return fail(refuse(Code::usage, "say whose: `--name ann`"));
  if (options.action == "revoke") {
    auto answer = (*remote)->call("DELETE", "/v1/tokens/" + percent_encode(options.name));
    if (!answer) return fail(answer.error());
    std::printf("%s: revoked\n", options.name.c_str());
    return 0;
  }
  Object body{{"name", options.name}, {"roles", Array(options.roles.begin(), options.roles.end())}};
  if (!options.workspace.empty()) body["workspace"] = options.workspace;
  auto answer = (*remote)->call("POST", "/v1/tokens", Value(std::move(body)));
  if (!answer) return fail(answer.error());
  // The token alone on stdout, so that a script can take it; it cannot be shown again.
  std::printf("%s\n", answer->string_or("token", "").c_str());
  return 0;
}

int audit_command(const AuditOptions& options) {
  if (options.verify) {
    if (options.remote.data.empty()) return fail(refuse(Code::usage, "`--verify` reads a data file: `--data FILE`"));
    auto store = open_store(options.remote.data, Access::read_only);
    if (!store) return fail(store.error());
    auto names = (*store)->workspaces();
    if (!names) return fail(names.error());
    for (const std::string& workspace : *names) {
      auto report = (*store)->verify(workspace);
      if (!report) return fail(report.error());
      std::printf("%s: %lld entries verify, head %s\n", workspace.c_str(), static_cast<long long>(report->entries), report->head.chain.c_str());
    }
    return 0;
  }
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
      if (options.json) {
        std::printf("%s\n", to_json(entry).c_str());
        continue;
      }
      const Value& record = *entry.find("record");
      rows.push_back({std::to_string(after), entry.string_or("at", ""), entry.string_or("actor", ""), record.string_or("command", ""),
                      record.string_or("experience", ""), record.string_or("message", "")});
    }
  }
  if (!options.json) std::printf("%s", table(rows).c_str());
  return 0;
}

}  // namespace footlight
