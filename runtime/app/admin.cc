// footlight token.
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

}  // namespace footlight
