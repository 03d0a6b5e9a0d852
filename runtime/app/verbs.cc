// The lifecycle verbs, list, show: one call each, and how its answer reads.
#include <algorithm>
#include <cstdio>

#include "app/commands.h"
#include "app/inputs.h"
#include "app/terminal.h"
#include "script/workspace_files.h"

namespace footlight {
namespace {

// The definition to create or edit with: a JSON file, or what the workspace folder declares by that id.
Result<Value> definition(const VerbOptions& options) {
  if (!options.file.empty()) {
    auto text = read_input(options.file);
    if (!text) return text.error();
    auto value = parse_json(*text);
    if (!value) return refuse(value.error().code, options.file + ": " + value.error().message);
    return value;
  }
  LuaPolicyCompiler policies;
  const auto files = disk_files(options.folder);
  LoadedWorkspace loaded = load_workspace(*files, policies);
  for (const LoadedExperience& experience : loaded.experiences)
    if (experience.definition.id == options.id) return experience.document;
  if (has_errors(loaded.problems)) return refuse(Code::validation_failed, std::move(loaded.problems), "the workspace has problems");
  return refuse(Code::not_found,
                "no file in `" + options.folder + "` declares `" + options.id + "`; name a folder, or a definition with `--file`");
}

Result<Value> run(Remote& remote, const VerbOptions& options) {
  Headers headers;
  if (!options.key.empty()) headers.add("Idempotency-Key", options.key);
  if (options.expected > 0) headers.add("If-Match", std::to_string(options.expected));
  const std::string target = "/v1/experiences/" + percent_encode(options.id);
  if (options.verb == "create" || options.verb == "edit") {
    if (options.verb == "edit") {
      // Whether it may be edited at all matters more than whether there is something to edit it with.
      auto document = definition(options);
      if (!document) {
        auto refused = remote.call("PUT", target, Object{{"kind", "campaign"}}, headers);
        if (!refused && refused.error().code != Code::validation_failed) return refused.error();
        return document.error();
      }
      return remote.call("PUT", target, *document, headers);
    }
    auto document = definition(options);
    if (!document) return document.error();
    return remote.call("POST", "/v1/experiences", *document, headers);
  }
  if (options.verb == "delete") return remote.call("DELETE", target, {}, headers);
  if (options.verb == "epoch_bump")
    return remote.call("POST", "/v1/epoch_bump", options.message.empty() ? Value() : Value(Object{{"message", options.message}}), headers);
  Object body;
  if (!options.message.empty()) body["message"] = options.message;
  if (options.revision > 0) body["revision"] = options.revision;
  if (!options.new_id.empty()) body["new_id"] = options.new_id;
  if (options.activate_on_approval) body["activate_on_approval"] = true;
  if (options.verb == "approve") {
    std::string hash = options.hash;
    if (hash.empty()) {
      auto shown = remote.call("GET", target);
      if (!shown) return shown.error();
      hash = shown->string_or("hash", "");
    }
    body["hash"] = hash;
  }
  return remote.call("POST", target + "/" + options.verb, Value(std::move(body)), headers);
}

void print_answer(const VerbOptions& options, const Value& answer) {
  if (options.verb == "epoch_bump") {
    std::printf("opened, version %s: everything from before the restore is stopped; gone everywhere by %s\n",
                answer.string_or("version", "").c_str(), answer.string_or("gone_by", "").c_str());
    return;
  }
  const std::string id = answer.string_or("id", options.id), status = answer.string_or("status", "");
  if (const std::string stopped = answer.string_or("stopped_at", ""); options.verb == "stop" && !stopped.empty()) {
    const Value* ended = answer.find("ended");
    const std::string gone = answer.string_or("gone_by", "");
    std::printf("stopped %s by %s%s\n", stopped.c_str(), ended ? ended->string_or("by", "?").c_str() : "?",
                gone.empty() ? "; it was so before" : ("; gone here now, everywhere by " + gone).c_str());
    return;
  }
  std::string line = id + ": " + painted(status, Paint::strong);
  if (options.verb == "delete") line = id + ": deleted; its id is never used again";
  if (const Value* revision = answer.find("revision"); revision && options.verb != "delete") line += ", revision " + to_json(*revision);
  if (const std::string by = answer.string_or("visible_by", ""); !by.empty()) line += "; visible everywhere by " + by;
  const bool activates = options.verb == "activate" || options.verb == "approve";
  if (const std::string start = answer.string_or("start", ""); activates && answer.find("visible_by") && !start.empty())
    line += "; starts " + start;
  if (const std::string by = answer.string_or("gone_by", ""); !by.empty()) line += "; gone everywhere by " + by;
  if (const std::string message = answer.string_or("message", ""); !message.empty()) line += "; " + message;
  if (options.verb == "submit" && answer.find("activates_on_approval")) line += "; the last approval activates it";
  if (const Value* why = answer.find("not_activated"))
    line += "; not activated (" + why->string_or("code", "") + "): " + why->string_or("message", "");
  std::printf("%s\n", line.c_str());
}

}  // namespace

int verb_command(const VerbOptions& options) {
  auto remote = Remote::open(options.remote);
  if (!remote) return fail(remote.error());
  auto answer = run(**remote, options);
  if (!answer) return fail(answer.error());
  if (options.json) std::printf("%s\n", to_json(*answer).c_str());
  else print_answer(options, *answer);
  return 0;
}

int list_command(const VerbOptions& options) {
  auto remote = Remote::open(options.remote);
  if (!remote) return fail(remote.error());
  auto answer = (*remote)->call("GET", "/v1/experiences");
  if (!answer) return fail(answer.error());
  if (options.json) {
    std::printf("%s\n", to_json(*answer).c_str());
    return 0;
  }
  std::vector<std::vector<std::string>> rows{{"EXPERIENCE", "STATUS", "REVISION", "LIVE", "PRIORITY", "START", "END"}};
  for (const Value& row : answer->find("experiences")->array()) {
    const auto number = [&](const char* key) { return row.find(key) ? to_json(*row.find(key)) : std::string("-"); };
    rows.push_back({row.string_or("id", ""), row.string_or("status", ""), number("revision"), number("live_revision"), number("priority"),
                    row.string_or("start", "-"), row.string_or("end", "-")});
  }
  std::printf("%s", table(rows).c_str());
  return 0;
}

int show_command(const VerbOptions& options) {
  auto remote = Remote::open(options.remote);
  if (!remote) return fail(remote.error());
  auto answer = (*remote)->call("GET", "/v1/experiences/" + percent_encode(options.id));
  if (!answer) return fail(answer.error());
  std::printf("%s\n", (options.json ? to_json(*answer) : to_pretty_json(*answer)).c_str());
  return 0;
}

}  // namespace footlight
