// footlight status: where a publish has got to, and which delivery nodes there are.
#include <chrono>
#include <cstdio>
#include <map>
#include <thread>

#include "app/commands.h"
#include "app/terminal.h"
#include "base/text.h"

namespace footlight {
namespace {

constexpr auto watch_interval = std::chrono::milliseconds(200);

std::string promised(const Value& receipt) {
  if (const std::string by = receipt.string_or("gone_by", ""); !by.empty() && receipt.string_or("visible_by", "").empty())
    return "gone everywhere by " + by;
  return "visible everywhere by " + receipt.string_or("visible_by", receipt.string_or("deadline", ""));
}

bool holds(const Value& receipt, const char* group, const std::string& node) {
  for (const Value& name : receipt.find(group)->array())
    if (name.is_string() && name.string() == node) return true;
  return false;
}

// `has it since …`, `may serve what was before until …`, `serves nothing since …`
std::string standing(const Value& receipt, const Value& node) {
  const std::string name = node.string_or("node", "");
  if (holds(receipt, "at_it", name)) return "has it since " + node.string_or("confirmed_at", "");
  if (holds(receipt, "dark", name)) return "serves nothing of before since " + node.string_or("lease_end", "");
  return "may serve what was before until " + node.string_or("lease_end", node.string_or("confirmed_at", ""));
}

void print_receipt(const std::string& id, const Value& receipt) {
  std::printf("%s: %s %s, %s since %s; %s\n", id.c_str(), receipt.string_or("command", "").c_str(),
              receipt.string_or("accepted_at", "").c_str(), painted(receipt.string_or("status", ""), Paint::strong).c_str(),
              receipt.string_or("since", "").c_str(), promised(receipt).c_str());
  std::vector<std::vector<std::string>> rows;
  for (const Value& node : receipt.find("nodes")->array()) rows.push_back({"  " + node.string_or("node", ""), standing(receipt, node)});
  std::printf("%s", table(rows).c_str());
}

int status_of(Remote& remote, const StatusOptions& options) {
  const std::string target = "/v1/experiences/" + percent_encode(options.id) + "/receipt";
  std::map<std::string, std::string> told;  // by node
  std::string publish;
  for (bool is_first = true;; is_first = false) {
    auto receipt = remote.call("GET", target);
    if (!receipt) return fail(receipt.error());
    const bool is_over = !options.watch || receipt->string_or("status", "") == "propagated";
    const std::string now_published = receipt->string_or("accepted_at", "");
    if (options.json) {
      if (is_first || is_over) std::printf("%s\n", to_json(*receipt).c_str());
    } else if (is_first || now_published != publish) {
      print_receipt(options.id, *receipt);
      told.clear();
    } else {
      for (const Value& node : receipt->find("nodes")->array()) {
        const std::string name = node.string_or("node", ""), stands = standing(*receipt, node);
        const std::string kind = stands.substr(0, stands.find(" 2"));
        if (told[name] != kind) std::printf("  %s  %s\n", name.c_str(), stands.c_str());
      }
      if (is_over) std::printf("%s: propagated since %s\n", options.id.c_str(), receipt->string_or("since", "").c_str());
    }
    publish = now_published;
    for (const Value& node : receipt->find("nodes")->array()) {
      const std::string stands = standing(*receipt, node);
      told[node.string_or("node", "")] = stands.substr(0, stands.find(" 2"));
    }
    std::fflush(stdout);
    if (is_over) return 0;
    std::this_thread::sleep_for(watch_interval);
  }
}

int status_of_nodes(Remote& remote, const StatusOptions& options) {
  auto answer = remote.call("GET", "/v1/delivery");
  if (!answer) return fail(answer.error());
  if (options.json) {
    std::printf("%s\n", to_json(*answer).c_str());
    return 0;
  }
  for (const auto& [name, workspace] : answer->find("workspaces")->object()) {
    const Value* nodes = workspace.find("nodes");
    if (!nodes) {  // a delivery node tells of itself
      std::printf("%s: %s, %s\n", name.c_str(), workspace.string_or("version", "").c_str(),
                  workspace.find("is_leased")->boolean()
                      ? ("lease left " + to_text(Duration{static_cast<std::int64_t>(workspace.find("lease_left_ms")->number())})).c_str()
                      : "no lease: defaults only");
      continue;
    }
    std::printf("%s: %s%s\n", name.c_str(), workspace.string_or("version", "").c_str(),
                workspace.find("fenced")->boolean() ? "; fenced: no leases until the epoch is bumped" : "");
    std::vector<std::vector<std::string>> rows;
    for (const Value& node : nodes->array())
      rows.push_back({"  " + node.string_or("node", ""), node.string_or("version", ""),
                      node.find("is_current")->boolean() ? "current" : "behind", "seen " + node.string_or("seen_at", ""),
                      "lease until " + node.string_or("lease_end", "") + " at most"});
    std::printf("%s", table(rows).c_str());
  }
  return 0;
}

}  // namespace

int status_command(const StatusOptions& options) {
  auto remote = Remote::open(options.remote);
  if (!remote) return fail(remote.error());
  return options.id.empty() ? status_of_nodes(**remote, options) : status_of(**remote, options);
}

}  // namespace footlight
