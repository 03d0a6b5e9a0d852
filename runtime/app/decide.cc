// footlight decide, explain, preview: questions to a folder or a server.
#include <algorithm>
#include <cstdio>
#include <tuple>

#include "app/commands.h"
#include "app/host.h"
#include "app/inputs.h"
#include "app/records.h"
#include "app/side.h"
#include "app/terminal.h"
#include "engine/decide.h"
#include "script/files.h"
#include "script/workspace_files.h"

namespace footlight {
namespace {

// What is asked, before it is known who answers: a recorded request, or what the options say.
struct Question {
  RecordedRequest record;
  bool has_words = false;  // some surface is named by its configuration
};

Result<Question> question_of(const DecideOptionsCli& options) {
  Question question;
  const bool says_any = !options.profile.empty() || !options.context.empty() || !options.identity.empty() || !options.surfaces.empty();
  if (!options.request.empty()) {
    if (says_any)
      return refuse(Code::usage, "`--request` says all of the request; leave `--on`, `--profile`, `--context` and `--identity` out");
    auto record = one_record(options.request);
    if (!record) return record.error();
    question.record = std::move(*record);
    return question;
  }
  if (options.surfaces.empty())
    return refuse(Code::usage, "say where: `--on CONFIGURATION` or `--on URI`, or a recorded request with `--request`");
  auto profile = read_profile(options.profile);
  if (!profile) return profile.error();
  Object document{{"attributes", std::move(*profile)}};
  if (!options.context.empty()) {
    auto context = read_profile(options.context);
    if (!context) return refuse(context.error().code, "the context: " + context.error().message);
    document["context"] = std::move(*context);
  }
  if (!options.identity.empty()) {
    const Identity identity = parse_identity(options.identity);
    document["identity"] = Object{{"namespace", identity.space}, {"id", identity.id}};
  }
  question.record.request = std::move(document);
  question.has_words = std::any_of(options.surfaces.begin(), options.surfaces.end(),
                                   [](const std::string& word) { return word.find("://") == std::string::npos; });
  return question;
}

// Puts the surfaces into the request, as URIs of this workspace.
Status name_surfaces(Question& question, const DecideOptionsCli& options, const Workspace& workspace,
                     std::map<std::string, std::string>& words) {
  if (options.surfaces.empty()) return Done{};
  Array surfaces;
  for (const std::string& word : options.surfaces) {
    auto uri = surface_uri(word, workspace);
    if (!uri) return uri.error();
    words[*uri] = word;
    surfaces.push_back(std::move(*uri));
  }
  question.record.request.object()["surfaces"] = std::move(surfaces);
  return Done{};
}

struct Asked {
  Value answer;                              // as the server gives it
  std::map<std::string, std::string> words;  // URI → the word it was asked by
  std::optional<Value> recorded;             // the answer that was recorded with the request
};

// Within this process, at an instant.
Result<Value> answer_of(const Side& side, const Question& question, Instant now, bool explain) {
  auto request = request_of(question.record, now, side.snapshot->zone());
  if (!request) return request.error();
  return parse_json(to_json(side.decide(*request, explain)));
}

Result<Value> ask_server(const DecideOptionsCli& options, Question& question, bool explain, std::map<std::string, std::string>& words) {
  auto remote = Remote::open(options.remote);
  if (!remote) return remote.error();
  Workspace workspace;
  if (question.has_words) {
    auto document = (*remote)->call("GET", "/v1/workspace");
    if (!document) return document.error();
    Problems problems;
    workspace = parse_workspace(*document, problems);
  }
  if (auto named = name_surfaces(question, options, workspace, words); !named) return named.error();
  return (*remote)->call("POST", explain ? "/v1/decide?explain=1" : "/v1/decide", question.record.request);
}

// A folder that is named is what is asked; the environment's server only where none is.
bool asks_server(const DecideOptionsCli& options) {
  if (!options.remote.data.empty() || !options.remote.server.empty()) return true;
  return options.folder.empty() && !with_environment(options.remote).server.empty();
}

// The state that is asked: a folder, or what is live on a server or in a data file.
Result<Side> side_of(const DecideOptionsCli& options, LuaPolicyCompiler& policies) {
  if (asks_server(options)) return open_side("live", options.remote, policies);
  return open_folder(options.folder.empty() ? "." : options.folder, policies);
}

// A server answers at its own instant; any other is decided here, with what is live there.
Result<Asked> ask(const DecideOptionsCli& options, bool explain) {
  auto question = question_of(options);
  if (!question) return question.error();
  Asked asked;
  asked.recorded = question->record.answer;
  const bool is_remote = asks_server(options);
  if (is_remote && !options.folder.empty()) return refuse(Code::usage, "name a folder or a server, not both");
  if (!options.at.empty()) question->record.at = options.at;
  if (is_remote && question->record.at.empty()) {
    auto answer = ask_server(options, *question, explain, asked.words);
    if (!answer) return answer.error();
    asked.answer = std::move(*answer);
    return asked;
  }
  LuaPolicyCompiler policies;
  auto side = side_of(options, policies);
  if (!side) return side.error();
  if (auto named = name_surfaces(*question, options, side->workspace, asked.words); !named) return named.error();
  auto answer = answer_of(*side, *question, wall_clock(), explain);
  if (!answer) return answer.error();
  asked.answer = std::move(*answer);
  return asked;
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
void print_trace(const Value& traces, const std::map<std::string, std::string>& words, bool clauses) {
  for (const Value& trace : traces.array()) {
    const std::string uri = trace.string_or("surface", "");
    const auto word = words.find(uri);
    const bool named = word != words.end() && word->second != uri;
    std::printf("%s%s\n", named ? (painted(word->second, Paint::strong) + "  ").c_str() : "",
                painted(uri, named ? Paint::dim : Paint::strong).c_str());
    std::vector<std::vector<std::string>> rows;
    for (const Value& candidate : trace.find("candidates")->array()) {
      const std::string fate = candidate.string_or("fate", ""), reason = candidate.string_or("reason", "");
      const bool is_shown = fate == "shown";
      std::string what = is_shown                          ? "shown" + (reason.empty() ? "" : " (" + reason + ")")
          : fate == "lost" || reason.starts_with("closed") ? reason
                                                           : fate + ": " + reason;
      const std::string element = candidate.string_or("element", "");
      rows.push_back({"  " + std::string(is_shown ? "✔" : "✘"),
                      candidate.string_or("experience", "") + (element.empty() ? "" : " [" + element + "]"),
                      to_json(*candidate.find("priority")), what, is_shown ? "" : candidate.string_or("place", "")});
      if (const Value* because = candidate.find("because"); because && clauses)
        rows.push_back({"", "", "", "since " + because->string_or("text", ""), because->string_or("place", "")});
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

// One line a surface: who is shown, then who is not and why.
void print_brief(const Value& traces, const std::map<std::string, std::string>& words) {
  for (const Value& trace : traces.array()) {
    const std::string uri = trace.string_or("surface", "");
    const auto word = words.find(uri);
    std::string shown, dropped;
    for (const Value& row : trace.find("candidates")->array()) {
      const std::string element = row.string_or("element", ""), reason = row.string_or("reason", ""), fate = row.string_or("fate", "");
      const std::string name = row.string_or("experience", "") + (element.empty() ? "" : " [" + element + "]");
      if (fate == "shown") shown += (shown.empty() ? "" : ", ") + name;
      else dropped += (dropped.empty() ? "" : "; ") + name + " " + (fate == "lost" ? reason : fate + ": " + reason);
    }
    const std::string note = trace.string_or("note", "");
    if (shown.empty()) shown = note.find("default") != std::string::npos ? "(default)" : "nothing";
    if (dropped.empty() && shown == "nothing" && !note.empty()) dropped = note;
    std::printf("%s: %s%s\n", harmless(word == words.end() ? uri : word->second).c_str(), painted(shown, Paint::good).c_str(),
                dropped.empty() ? "" : harmless("; not: " + dropped).c_str());
  }
}

// ---- explain --diff

// One candidate's fate, as it is told.
std::string fate_text(const Value& row) {
  const std::string fate = row.string_or("fate", ""), reason = row.string_or("reason", ""), place = row.string_or("place", "");
  std::string text = fate == "shown" ? "shown" + (reason.empty() ? "" : " (" + reason + ")")
      : fate == "lost"               ? reason
                                     : fate + ": " + reason;
  return place.empty() || fate == "shown" ? text : text + "  " + place;
}

Object fate_of(const Value& row) {
  Object fate;
  for (const char* key : {"fate", "reason", "place", "revision", "priority"})
    if (const Value* member = row.find(key)) fate[key] = *member;
  return fate;
}

// By surface, experience and element: what either says of it; null where it is no candidate there.
using Fates = std::map<std::tuple<std::string, std::string, std::string>, std::pair<const Value*, const Value*>>;
Fates fates_of(const Value& before, const Value& after) {
  Fates fates;
  for (const auto& [answer, is_after] : {std::pair{&before, false}, {&after, true}})
    for (const Value& trace : answer->find("trace")->array())
      for (const Value& row : trace.find("candidates")->array()) {
        auto& pair = fates[{trace.string_or("surface", ""), row.string_or("experience", ""), row.string_or("element", "")}];
        (is_after ? pair.second : pair.first) = &row;
      }
  return fates;
}

int explain_difference(const DecideOptionsCli& options) {
  auto question = question_of(options);
  if (!question) return fail(question.error());
  if (!options.at.empty()) question->record.at = options.at;
  LuaPolicyCompiler policies;
  auto side = side_of(options, policies);
  if (!side) return fail(side.error());
  std::map<std::string, std::string> words;
  if (auto named = name_surfaces(*question, options, side->workspace, words); !named) return fail(named.error());
  const Instant now = wall_clock();
  Question other = *question;
  std::optional<Side> second;
  std::string before_name = side->name, after_name;
  // An instant, or another state of the workspace.
  if (parse_in_zone(options.diff, side->snapshot->zone())) {
    other.record.at = options.diff;
    before_name = question->record.at.empty() ? to_text(now) : question->record.at;
    after_name = options.diff;
  } else {
    auto opened = open_side(options.diff, options.remote, policies);
    if (!opened)
      return fail(opened.error().code == Code::usage
                      ? refuse(Code::usage, "--diff takes an instant, or another state: " + opened.error().message)
                      : opened.error());
    second.emplace(std::move(*opened));
    after_name = second->name;
  }
  auto before = answer_of(*side, *question, now, true);
  if (!before) return fail(before.error());
  auto after = answer_of(second ? *second : *side, other, now, true);
  if (!after) return fail(after.error());
  Array differs;
  std::vector<std::pair<std::string, std::vector<std::vector<std::string>>>> told;  // by surface
  std::size_t same = 0;
  for (const auto& [key, pair] : fates_of(*before, *after)) {
    const auto& [surface, experience, element] = key;
    const Object was = pair.first ? fate_of(*pair.first) : Object{}, is = pair.second ? fate_of(*pair.second) : Object{};
    const std::string old_text = pair.first ? fate_text(*pair.first) : "no candidate",
                      new_text = pair.second ? fate_text(*pair.second) : "no candidate";
    const auto word = [](const Value* of, const char* member) { return of ? of->string_or(member, "") : std::string(); };
    // A server does not know the files, so where it stands may read otherwise.
    if ((pair.first != nullptr) == (pair.second != nullptr) && word(pair.first, "fate") == word(pair.second, "fate") &&
        word(pair.first, "reason") == word(pair.second, "reason")) {
      ++same;
      continue;
    }
    Object row{{"surface", surface}, {"experience", experience}, {"element", element}};
    if (pair.first) row["before"] = was;
    if (pair.second) row["after"] = is;
    differs.push_back(std::move(row));
    if (told.empty() || told.back().first != surface) told.push_back({surface, {}});
    told.back().second.push_back({"  " + experience + (element.empty() ? "" : " [" + element + "]"), "- " + old_text});
    told.back().second.push_back({"", "+ " + new_text});
  }
  const bool same_answer = [&] {
    Value left = *before->find("propositions"), right = *after->find("propositions");
    for (Value* answer : {&left, &right})
      for (Value& one : answer->array())
        for (const char* part : {"token", "revision", "priority"}) one.object().erase(part);
    return left == right;
  }();
  if (options.json) {
    std::printf("%s\n",
                to_json(Value(Object{{"before", Object{{"name", before_name}, {"answer", *before}}},
                                     {"after", Object{{"name", after_name}, {"answer", *after}}},
                                     {"differs", std::move(differs)},
                                     {"is_same_answer", same_answer}}))
                    .c_str());
    return 0;
  }
  std::printf("- %s\n+ %s\n", harmless(before_name).c_str(), harmless(after_name).c_str());
  for (const auto& [surface, rows] : told) {
    const auto word = words.find(surface);
    std::printf("%s\n%s", painted(harmless(word == words.end() ? surface : word->second), Paint::strong).c_str(), table(rows).c_str());
  }
  std::printf("%zu candidate%s as before; %s\n", same, same == 1 ? "" : "s", same_answer ? "the answer is the same" : "the answer differs");
  return 0;
}

// Who stands where, for a recorded answer beside today's.
std::string places_text(const Value& answer) {
  std::string text;
  for (const Value& one : answer.find("propositions")->array()) {
    const std::string element = one.string_or("element", "");
    text += (text.empty() ? "" : ", ") + one.string_or("surface", "") + (element.empty() ? "" : " " + element) + " " +
        one.string_or("experience", "(default)");
  }
  return text.empty() ? "nothing" : text;
}

}  // namespace

int decide_command(const DecideOptionsCli& options) {
  auto asked = ask(options, false);
  if (!asked) return fail(asked.error());
  if (options.json) std::printf("%s\n", to_json(asked->answer).c_str());
  else print_propositions(asked->answer);
  return 0;
}

int explain_command(const DecideOptionsCli& options) {
  if (!options.diff.empty()) return explain_difference(options);
  auto asked = ask(options, true);
  if (!asked) return fail(asked.error());
  if (options.json) {
    std::printf("%s\n", to_json(asked->answer).c_str());
    return 0;
  }
  // A node without a lease looks at no candidates.
  const Value* traces = asked->answer.find("trace");
  if (!traces) {
    print_propositions(asked->answer);
  } else if (options.brief) {
    print_brief(*traces, asked->words);
  } else {
    print_trace(*traces, asked->words, options.clauses);
  }
  if (asked->recorded)
    if (const std::string then = places_text(*asked->recorded), now = places_text(asked->answer); then != now)
      std::printf("answered otherwise then: %s\n", harmless(then).c_str());
  return 0;
}

int preview_command(const PreviewOptions& options) {
  LuaPolicyCompiler policies;
  const auto files = disk_files(options.folder);
  LoadedWorkspace loaded = load_workspace(*files, policies);
  if (has_errors(loaded.problems)) return fail(refuse(Code::validation_failed, std::move(loaded.problems), "the workspace has problems"));
  const auto found = std::find_if(loaded.experiences.begin(), loaded.experiences.end(),
                                  [&](const LoadedExperience& one) { return one.definition.id == options.id; });
  if (found == loaded.experiences.end())
    return fail(refuse(Code::not_found, "there is no experience `" + options.id + "` in `" + options.folder + "`"));
  if (found->definition.kind == ExperienceKind::journey)
    return fail(refuse(Code::usage,
                       "`" + options.id + "` is a journey; what it shows depends on a profile's step, so there is nothing to preview"));
  auto now = read_instant(options.at, loaded.workspace.zone);
  if (!now) return fail(now.error());
  auto profiles = read_profiles(options.profile, loaded.workspace.attributes);
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
      if (has_errors(problems))
        return fail(refuse(Code::bad_request, std::move(problems), "profile " + std::to_string(i + 1) + " has problems"));
      const Decision decision = decide(**snapshot, request, **runner, {.explain = true});
      for (const Proposition& proposition : decision.propositions) {
        if (options.json) {
          Object row{{"profile", i + 1}, {"configuration", proposition.configuration}, {"element", proposition.element}};
          row["content"] = proposition.format == Format::json ? *parse_json(proposition.content) : Value(proposition.content);
          if (!treatment.empty()) row["treatment"] = treatment;
          std::printf("%s\n", to_json(Value(std::move(row))).c_str());
        } else {
          std::printf("%s\n%s\n",
                      painted("profile " + std::to_string(i + 1) + "  " + proposition.configuration +
                                  (proposition.element.empty() ? "" : " " + proposition.element) +
                                  (treatment.empty() ? "" : "  treatment " + treatment),
                              Paint::strong)
                          .c_str(),
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
