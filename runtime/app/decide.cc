// footlight decide, explain, preview: questions to a folder or a server.
#include <algorithm>
#include <cstdio>

#include "app/commands.h"
#include "app/inputs.h"
#include "app/terminal.h"
#include "engine/decide.h"
#include "script/workspace_files.h"

namespace footlight {
namespace {

struct Asked {
  Request request;
  std::map<std::string, std::string> words;             // URI → the word it was asked by
  Workspace workspace;
  Decision decision;
};

// The request document that the options describe, for a server.
Result<Value> request_document(const DecideOptionsCli& options, const Workspace& workspace, std::map<std::string, std::string>& words) {
  auto profile = read_profile(options.profile);
  if (!profile) return profile.error();
  Array surfaces;
  for (const std::string& word : options.surfaces) {
    auto uri = surface_uri(word, workspace);
    if (!uri) return uri.error();
    words[*uri] = word;
    surfaces.push_back(std::move(*uri));
  }
  Object document{{"attributes", std::move(*profile)}, {"surfaces", std::move(surfaces)}};
  if (!options.identity.empty()) {
    const Identity identity = parse_identity(options.identity);
    document["identity"] = Object{{"namespace", identity.space}, {"id", identity.id}};
  }
  return Value(std::move(document));
}

Result<Asked> ask(const DecideOptionsCli& options, bool explain) {
  LuaPolicyCompiler policies;
  const auto files = disk_files(options.folder.empty() ? "." : options.folder);
  LoadedWorkspace loaded = load_workspace(*files, policies);
  if (has_errors(loaded.problems)) return refuse(Code::validation_failed, std::move(loaded.problems), "the workspace has problems");
  Asked asked;
  auto document = request_document(options, loaded.workspace, asked.words);
  if (!document) return document.error();
  auto now = read_instant(options.at, loaded.workspace.zone);
  if (!now) return now.error();
  Problems problems;
  asked.request = parse_request(*document, *now, problems);
  if (has_errors(problems)) return refuse(Code::bad_request, std::move(problems), "the request has problems");
  auto snapshot = Snapshot::compile(everything_live(loaded), policies);
  if (!snapshot) return snapshot.error();
  auto runner = LuaPolicyRunner::create(*snapshot);
  if (!runner) return runner.error();
  asked.decision = decide(**snapshot, asked.request, **runner, {.explain = explain});
  asked.workspace = std::move(loaded.workspace);
  return asked;
}

Result<Value> ask_server(const DecideOptionsCli& options, bool explain, std::map<std::string, std::string>& words) {
  if (!options.folder.empty()) return refuse(Code::usage, "name a folder or a server, not both");
  if (!options.at.empty()) return refuse(Code::usage, "a server decides at its own instant; `--at` goes with a folder");
  auto remote = Remote::open(options.remote);
  if (!remote) return remote.error();
  Workspace workspace;
  const bool has_names = std::any_of(options.surfaces.begin(), options.surfaces.end(), [](const std::string& word) { return word.find("://") == std::string::npos; });
  if (has_names) {
    auto document = (*remote)->call("GET", "/v1/workspace");
    if (!document) return document.error();
    Problems problems;
    workspace = parse_workspace(*document, problems);
  }
  auto document = request_document(options, workspace, words);
  if (!document) return document.error();
  return (*remote)->call("POST", explain ? "/v1/decide?explain=1" : "/v1/decide", *document);
}

// A folder that is named is what is asked; the environment's server only where none is.
bool asks_server(const DecideOptionsCli& options) {
  if (!options.remote.data.empty() || !options.remote.server.empty()) return true;
  return options.folder.empty() && !with_environment(options.remote).server.empty();
}

std::string one_line(const std::string& text) {
  std::string line = text.size() > 160 ? text.substr(0, 157) + "…" : text;
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

void print_propositions(const Value& answer) {
  const Array& propositions = answer.find("propositions")->array();
  if (propositions.empty()) std::printf("nothing\n");
  for (const Value& row : propositions) {
    const Value* content = row.find("content");
    const std::string element = row.string_or("element", "");
    const std::string text = content && content->is_string() ? content->string() : content ? to_json(*content) : "null";
    std::printf("%s%s  %s\n  %s\n", row.string_or("surface", "").c_str(), element.empty() ? "" : (" " + element).c_str(),
                painted(row.string_or("experience", "(default)"), Paint::strong).c_str(), one_line(text).c_str());
  }
}

// As people read it: each surface, who is shown, who lost, who is out and why.
void print_trace(const Value& traces, const std::map<std::string, std::string>& words) {
  for (const Value& trace : traces.array()) {
    const std::string uri = trace.string_or("surface", "");
    const auto word = words.find(uri);
    const bool named = word != words.end() && word->second != uri;
    std::printf("%s%s\n", named ? (painted(word->second, Paint::strong) + "  ").c_str() : "", painted(uri, named ? Paint::dim : Paint::strong).c_str());
    std::vector<std::vector<std::string>> rows;
    for (const Value& candidate : trace.find("candidates")->array()) {
      const std::string fate = candidate.string_or("fate", ""), reason = candidate.string_or("reason", "");
      const bool is_shown = fate == "shown";
      std::string what = is_shown ? "shown" + (reason.empty() ? "" : " (" + reason + ")") : fate == "lost" || reason.starts_with("closed") ? reason : fate + ": " + reason;
      const std::string element = candidate.string_or("element", "");
      rows.push_back({"  " + std::string(is_shown ? "✔" : "✘"), candidate.string_or("experience", "") + (element.empty() ? "" : " [" + element + "]"),
                      to_json(*candidate.find("priority")), what, is_shown ? "" : candidate.string_or("place", "")});
    }
    std::string text = table(rows);
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      const std::string line = text.substr(at, end - at);
      std::printf("%s\n", painted(line, line.find("✔") != std::string::npos ? Paint::good : Paint::plain).c_str());
      at = end + 1;
    }
    if (const std::string note = trace.string_or("note", ""); !note.empty()) std::printf("  %s\n", note.c_str());
    if (const Value* log = trace.find("log"))
      for (const Value& line : log->array()) std::printf("  log  %s\n", line.string().c_str());
    if (rows.empty() && !trace.find("note")) std::printf("  no experience is on this surface\n");
  }
}

}  // namespace

int decide_command(const DecideOptionsCli& options) {
  Value answer;
  if (asks_server(options)) {
    std::map<std::string, std::string> words;
    auto answered = ask_server(options, false, words);
    if (!answered) return fail(answered.error());
    answer = std::move(*answered);
  } else {
    auto asked = ask(options, false);
    if (!asked) return fail(asked.error());
    answer = *parse_json(to_json(asked->decision));
  }
  if (options.json)
    std::printf("%s\n", to_json(answer).c_str());
  else
    print_propositions(answer);
  return 0;
}

int explain_command(const DecideOptionsCli& options) {
  Value answer;
  std::map<std::string, std::string> words;
  if (asks_server(options)) {
    auto answered = ask_server(options, true, words);
    if (!answered) return fail(answered.error());
    answer = std::move(*answered);
  } else {
    auto asked = ask(options, true);
    if (!asked) return fail(asked.error());
    answer = *parse_json(to_json(asked->decision));
    words = std::move(asked->words);
  }
  if (options.json)
    std::printf("%s\n", to_json(answer).c_str());
  else
    print_trace(*answer.find("trace"), words);
  return 0;
}

int preview_command(const PreviewOptions& options) {
  LuaPolicyCompiler policies;
  const auto files = disk_files(options.folder);
  LoadedWorkspace loaded = load_workspace(*files, policies);
  if (has_errors(loaded.problems)) return fail(refuse(Code::validation_failed, std::move(loaded.problems), "the workspace has problems"));
  const auto found = std::find_if(loaded.experiences.begin(), loaded.experiences.end(), [&](const LoadedExperience& one) { return one.definition.id == options.id; });
  if (found == loaded.experiences.end()) return fail(refuse(Code::not_found, "there is no experience `" + options.id + "` in `" + options.folder + "`"));
  if (found->definition.kind == ExperienceKind::journey)
    return fail(refuse(Code::usage, "`" + options.id + "` is a journey; what it shows depends on a profile's step, so there is nothing to preview"));
  auto now = read_instant(options.at, loaded.workspace.zone);
  if (!now) return fail(now.error());
  auto profiles = read_profiles(options.profile);
  if (!profiles) return fail(profiles.error());

  // The experience alone, for everybody, at any time: one snapshot a treatment.
  std::vector<std::string> treatments;
  for (const Treatment& treatment : found->definition.treatments) treatments.push_back(treatment.name);
  if (treatments.empty()) treatments.push_back("");
  for (const std::string& treatment : treatments) {
    Definition shown = found->definition;
    shown.audience = {};
    shown.targeting.clear();
    shown.schedule.reset();
    shown.schedule_policy.clear();
    std::erase_if(shown.actions, [&](const Action& action) { return action.treatment != treatment && !action.treatment.empty(); });
    for (Action& action : shown.actions) action.treatment.clear();
    shown.treatments.clear();
    Workspace workspace = loaded.workspace;
    workspace.conflict.clear();
    std::vector<std::string> surfaces;
    for (const Action& action : shown.actions) {
      // Each configuration is asked by a surface made for the purpose, so that wildcards preview too.
      const std::string uri = "preview://" + action.configuration + "/#preview";
      for (Configuration& configuration : workspace.configurations)
        if (configuration.name == action.configuration) {
          configuration.rules = {SurfaceRule{*parse_surface(uri)}};
          configuration.fallback.reset();
        }
      if (std::find(surfaces.begin(), surfaces.end(), uri) == surfaces.end()) surfaces.push_back(uri);
    }
    SnapshotSource source{.version = "preview", .workspace = std::move(workspace)};
    source.experiences.push_back({.definition = shown, .places = found->places});
    auto snapshot = Snapshot::compile(std::move(source), policies);
    if (!snapshot) return fail(snapshot.error());
    auto runner = LuaPolicyRunner::create(*snapshot);
    if (!runner) return fail(runner.error());
    for (std::size_t i = 0; i < profiles->size(); ++i) {
      Problems problems;
      Array uris(surfaces.begin(), surfaces.end());
      const Request request = parse_request(Object{{"attributes", (*profiles)[i]}, {"surfaces", std::move(uris)}}, *now, problems);
      if (has_errors(problems)) return fail(refuse(Code::bad_request, std::move(problems), "profile " + std::to_string(i + 1) + " has problems"));
      const Decision decision = decide(**snapshot, request, **runner, {.explain = true});
      for (const Proposition& proposition : decision.propositions) {
        if (options.json) {
          Object row{{"profile", i + 1}, {"configuration", proposition.configuration}, {"element", proposition.element}};
          row["content"] = proposition.format == Format::json ? *parse_json(proposition.content) : Value(proposition.content);
          if (!treatment.empty()) row["treatment"] = treatment;
          std::printf("%s\n", to_json(Value(std::move(row))).c_str());
        } else {
          std::printf("%s\n%s\n", painted("profile " + std::to_string(i + 1) + "  " + proposition.configuration + (proposition.element.empty() ? "" : " " + proposition.element) +
                                              (treatment.empty() ? "" : "  treatment " + treatment), Paint::strong).c_str(),
                      proposition.content.c_str());
        }
      }
      for (const SurfaceTrace& trace : decision.trace)
        for (const CandidateTrace& candidate : trace.candidates)
          if (candidate.fate == Fate::content || candidate.fate == Fate::policy_failed)
            std::fprintf(stderr, "profile %zu: %s cannot be shown: %s\n", i + 1, candidate.action.c_str(), candidate.reason.c_str());
    }
  }
  return 0;
}

}  // namespace footlight
