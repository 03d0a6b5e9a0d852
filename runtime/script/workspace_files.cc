#include "script/workspace_files.h"

#include <algorithm>
#include <set>

#include "base/limits.h"
#include "base/text.h"
#include "engine/compile_check.h"
#include "engine/places.h"
#include "script/declarations.h"

namespace footlight {
namespace {

std::string stem(const std::string& name) { return name.substr(0, name.find('.')); }

class Loader {
 public:
  Loader(const Files& files, PolicyCompiler& policies, const Environment& host) : files_(files), policies_(policies), host_(host) {}

  LoadedWorkspace load() {
    auto reader = DeclarationReader::create(host_, &files_);
    if (!reader) {
      problems().push_back({reader.error().code, files_.place(), reader.error().message});
      return std::move(loaded_);
    }
    reader_ = &*reader;
    root();
    for (const char* folder : {"audiences", "policies", "experiences"}) declarations(folder);
    loaded_.modules = reader_->modules();
    texts();
    workspace();
    for (Declaration& declaration : experiences_) experience(declaration);
    fragments();
    std::sort(loaded_.experiences.begin(), loaded_.experiences.end(),
              [](const LoadedExperience& left, const LoadedExperience& right) { return left.definition.id < right.definition.id; });
    for (const std::string& name : files_.list("tests"))
      if (name.ends_with("_test.lua"))
        if (auto source = read("tests/" + name, limits::script_bytes_max)) loaded_.tests.push_back({"tests/" + name, std::move(*source)});
    return std::move(loaded_);
  }

 private:
  Problems& problems() { return loaded_.problems; }

  std::optional<std::string> read(const std::string& path, std::size_t most) {
    auto text = files_.read(path, most);
    if (text) return std::move(*text);
    problems().push_back({text.error().code, path, text.error().message});
    return {};
  }

  void root() {
    const std::vector<std::string> names = files_.list("");
    const std::vector<std::string> top = files_.list(".");
    const auto has = [&](const std::string& name) {
      return std::find(names.begin(), names.end(), name) != names.end() || std::find(top.begin(), top.end(), name) != top.end() ||
          files_.read(name, limits::document_bytes_max).ok();
    };
    if (has("workspace.lua")) {
      if (has("workspace.json"))
        problems().push_back({Code::duplicate_id, "workspace.json", "`workspace.lua` declares the workspace already; keep one of them"});
      lua("workspace.lua");
      if (!workspace_ && !has_errors(problems()))
        problems().push_back({Code::missing_field, "workspace.lua", "this declares no workspace; write `workspace \"name\" { … }`"});
    } else if (has("workspace.json")) {
      json("workspace.json", "workspace");
    } else {
      problems().push_back({Code::unreadable_file, files_.place(),
                            "there is no `workspace.lua` here, so this is not a workspace; `footlight init` makes one"});
    }
  }

  void declarations(const std::string& folder) {
    for (const std::string& name : files_.list(folder)) {
      const std::string path = folder + "/" + name;
      if (name.ends_with(".lua")) lua(path);
      else if (name.ends_with(".json")) json(path, folder == "audiences" ? "audience" : "experience");
    }
  }

  void lua(const std::string& path) {
    const auto source = read(path, limits::script_bytes_max);
    if (!source) return;
    const std::size_t before = problems().size();
    std::vector<Declaration> declared = reader_->read(*source, path, problems());
    // Such a file is a mistake (`campaign "a"` without its table), or one that was put aside.
    if (declared.empty() && problems().size() == before && !reader_->has_failed() && path != "workspace.lua")
      problems().push_back({Code::missing_field, path, "this file declares nothing; write `campaign \"name\" { … }` or the like", true});
    for (Declaration& declaration : declared) {
      loaded_.origins.merge(declaration.origins);
      sort_in(std::move(declaration));
    }
  }

  // A JSON file's document. A syntax error is told with its line.
  std::optional<Value> document(const std::string& path) {
    const auto text = read(path, limits::document_bytes_max);
    if (!text) return {};
    auto value = parse_json(*text);
    if (value) return std::move(*value);
    Problem problem{Code::bad_json, path, value.error().message};
    constexpr std::string_view where = "not valid JSON at ";
    if (problem.message.starts_with(where))
      problem.place += ":" + problem.message.substr(where.size(), problem.message.find(':', where.size()) - where.size());
    problems().push_back(std::move(problem));
    return {};
  }

  // Fragments and lists are sent and kept within JSON, which takes no text but UTF-8.
  bool is_text(const std::string& path, const std::string& text) {
    const auto is_utf8 = [](std::string_view part) { return parse_json(to_json(Value(std::string(part)))).ok(); };
    if (is_utf8(text)) return true;
    const auto lines = split(text, '\n');
    const auto line = std::find_if_not(lines.begin(), lines.end(), is_utf8) - lines.begin() + 1;
    problems().push_back({Code::unreadable_file, path + ":" + std::to_string(line), "this is not UTF-8; save the file as UTF-8"});
    return false;
  }

  void json(const std::string& path, const std::string& kind) {
    auto read = document(path);
    if (!read) return;
    const std::string name =
        kind == "audience" ? stem(path.substr(path.rfind('/') + 1)) : read->string_or(kind == "workspace" ? "name" : "id", "");
    sort_in({.kind = kind, .name = name, .document = std::move(*read), .file = path, .places = {{"$", path}}});
  }

  void sort_in(Declaration declaration) {
    const auto twice = [&](const std::string& what) {
      problems().push_back(
          {Code::duplicate_id, locate(declaration.places, "$", declaration.file), what + " `" + declaration.name + "` is declared twice"});
    };
    if (declaration.kind == "workspace") {
      if (workspace_) twice("the workspace");
      else workspace_ = std::move(declaration);
    } else if (declaration.kind == "experience") {
      experiences_.push_back(std::move(declaration));
    } else {
      auto& known = declaration.kind == "audience" ? audiences_ : conflicts_;
      if (known.contains(declaration.name)) twice(declaration.kind == "audience" ? "the audience" : "the conflict policy of");
      else known.emplace(declaration.name, std::move(declaration));
    }
  }

  void texts() {
    for (const std::string& name : files_.list("fragments")) {
      const std::string key = stem(name);
      if (auto text = read("fragments/" + name, limits::template_bytes_max)) {
        if (!is_text("fragments/" + name, *text)) text->clear();  // one problem is enough; its name is known
        fragment_files_.emplace(key, name);
        if (!text->empty() && text->back() == '\n') text->pop_back();  // the file's last line end is the editor's
        if (!fragments_.emplace(key, std::move(*text)).second)
          problems().push_back({Code::duplicate_id, "fragments/" + name, "there are two fragments `" + key + "`"});
      }
    }
    for (const std::string& name : files_.list("schemas")) {
      if (auto schema = document("schemas/" + name)) schemas_[name] = std::move(*schema);
    }
    for (const std::string& name : files_.list("lists")) {
      const auto text = read("lists/" + name, limits::list_bytes_max);
      if (!text || !is_text("lists/" + name, *text)) continue;
      const std::string hash = sha256_hex(*text);
      const auto& ids = id_lists_[hash] = parse_list(*text);
      if (ids->size() > limits::list_ids_max)
        problems().push_back({Code::limit_exceeded, "lists/" + name, "more than " + std::to_string(limits::list_ids_max) + " ids"});
      lists_[name] = hash;
      loaded_.lists[hash] = *text;
    }
  }

  void workspace() {
    if (!workspace_) return;
    Value& document = workspace_->document;
    if (!document.is_object()) document = Object{};
    Places& places = workspace_->places;
    const auto put = [&](const char* key, const std::string& name, Value value, const std::string& file) {
      Value& members = document.object()[key];
      if (!members.is_object()) members = Object{};
      members.object()[name] = std::move(value);
      places[std::string("$.") + key + "." + name] = file;
    };
    for (auto& [name, audience] : audiences_) {
      put("audiences", name, audience.document, audience.file);
      for (const auto& [path, place] : audience.places) places["$.audiences." + name + path.substr(1)] = place;
    }
    for (auto& [name, conflict] : conflicts_) put("conflict", name, conflict.document, locate(conflict.places, "$", conflict.file));
    for (auto& [name, text] : fragments_) put("fragments", name, text, "fragments/" + fragment_files_[name]);
    for (auto& [name, schema] : schemas_) put("schemas", name, schema, "schemas/" + name);
    for (auto& [name, hash] : lists_) put("lists", name, hash, "lists/" + name);
    Problems found;
    loaded_.workspace = parse_workspace(document, found);
    loaded_.places = places;
    if (!has_errors(found)) {
      loaded_.document = to_value(loaded_.workspace);
      auto compiled = Snapshot::compile({.version = "check", .workspace = loaded_.workspace, .experiences = {}, .lists = {}}, policies_);
      if (!compiled) found = compiled.error().problems;
    }
    is_workspace_sound_ = !has_errors(found);
    adopt(std::move(found), places, workspace_->file);
  }

  void experience(Declaration& declaration) {
    const std::string first = locate(declaration.places, "$", declaration.file);
    if (const auto [known, is_new] = ids_.emplace(declaration.name, first); !is_new && !declaration.name.empty())
      problems().push_back(
          {Code::duplicate_id, first, "the experience `" + declaration.name + "` is declared twice, first in " + known->second});
    Problems found;
    LoadedExperience loaded{.file = declaration.file, .places = declaration.places};
    loaded.definition = parse_definition(declaration.document, found);
    // On a workspace that has errors itself, what does not fit it would only repeat them.
    if (!has_errors(found) && is_workspace_sound_) include_mentions(loaded.definition, loaded_.workspace, found);
    // A named audience stands in its own file, also where this experience takes it along.
    for (const auto& [name, audience] : loaded.definition.include.audiences) {
      const std::string prefix = "$.audiences." + name;
      for (auto at = loaded_.places.lower_bound(prefix); at != loaded_.places.end() && at->first.starts_with(prefix); ++at)
        if (at->first.size() == prefix.size() || std::string_view(".[:").find(at->first[prefix.size()]) != std::string_view::npos)
          loaded.places.insert(*at);
    }
    if (!has_errors(found) && is_workspace_sound_) {
      for (Problem& problem : check_against(loaded.definition, loaded_.workspace)) found.push_back(std::move(problem));
      times(loaded.definition, found);
      if (!compile_check_) compile_check_.emplace(loaded_.workspace, policies_);
      if (!has_errors(found))
        found = compile_check_->problems_of({.definition = loaded.definition, .places = declaration.places}, id_lists_);
    }
    if (!has_errors(found)) {
      loaded.document = to_value(loaded.definition);
      loaded_.experiences.push_back(std::move(loaded));
    }
    adopt(std::move(found), declaration.places, declaration.file);
  }

  // Also those that nothing uses yet: whoever mentions one first should not be told of another's mistake. What
  // an experience told already is not told again.
  void fragments() {
    Fragments all;
    for (const auto& [name, text] : fragments_) all[name] = {text, "fragments/" + name};
    Problems found;
    for (const auto& [name, text] : fragments_) {
      auto compiled = compile_template(text, TemplateFormat::text, all, "fragments/" + name);
      if (compiled) continue;
      for (const Problem& problem : compiled.error().problems)
        if (std::find(found.begin(), found.end(), problem) == found.end()) found.push_back(problem);
    }
    const Problems known = problems();
    adopt(std::move(found), {}, "fragments");
    for (std::size_t i = problems().size(); i-- > known.size();)
      if (std::any_of(known.begin(), known.end(),
                      [&](const Problem& told) { return told.code == problems()[i].code && told.place == problems()[i].place; }))
        problems().erase(problems().begin() + static_cast<std::ptrdiff_t>(i));
  }

  // Whether the times exist in their zone: what activating would refuse whenever it is done.
  void times(const Definition& definition, Problems& found) {
    auto zone = Zone::find(definition.zone.empty() ? loaded_.workspace.zone : definition.zone);
    if (!zone) return;
    std::optional<Instant> ends[2];
    int i = 0;
    for (const auto& [key, text] : {std::pair{"$.from", &definition.from}, {"$.till", &definition.till}}) {
      std::optional<Instant>& end = ends[i++];
      if (text->empty()) continue;
      if (auto instant = parse_in_zone(*text, *zone)) end = *instant;
      else found.push_back({instant.error().code, key, instant.error().message});
    }
    if (ends[0] && ends[1] && *ends[1] <= *ends[0])
      found.push_back({Code::end_before_start, "$.till", "the end " + definition.till + " is not after the start " + definition.from});
  }

  // Problems with their JSON paths as file and line; the path stays in the message where the file is JSON.
  void adopt(Problems found, const Places& places, const std::string& file) {
    // The names of a Lua file were looked at as a whole, its policies with it.
    if (file.ends_with(".lua")) std::erase_if(found, [](const Problem& problem) { return problem.code == Code::undefined_name; });
    for (Problem& problem : found) {
      if (const std::string path = path_of(problem.place); !path.empty()) {
        problem.place = locate(places, path, file);
        if (problem.place.ends_with(".json")) problem.place += " " + path;
      } else if (problem.place.starts_with("fragments/")) {
        // The engine knows a fragment by its name: `fragments/price:3`.
        const auto colon = problem.place.rfind(':');
        const auto known = fragment_files_.find(problem.place.substr(10, colon - 10));
        if (known != fragment_files_.end())
          problem.place = "fragments/" + known->second + (colon == std::string::npos ? "" : problem.place.substr(colon));
      }
      problems().push_back(std::move(problem));
    }
  }

  // The JSON path of a problem that has one: `$.show.hero`, or `gold audience:1` where a policy stands in
  // the document as text.
  static std::string path_of(const std::string& place) {
    if (place.starts_with('$')) return place;
    const auto blank = place.find(' '), colon = place.rfind(':');
    if (blank == std::string::npos || colon == std::string::npos || colon < blank || place.find('/') < blank) return {};
    const std::string path = place.substr(blank + 1, colon - blank - 1);
    return path.starts_with('$') ? path : "$." + path;
  }

  const Files& files_;
  PolicyCompiler& policies_;
  const Environment& host_;
  DeclarationReader* reader_ = nullptr;
  LoadedWorkspace loaded_;
  std::optional<Declaration> workspace_;
  bool is_workspace_sound_ = false;
  std::optional<CompileCheck> compile_check_;  // of experiences, once the workspace is known to be sound
  std::vector<Declaration> experiences_;
  std::map<std::string, Declaration> audiences_, conflicts_;
  std::map<std::string, std::string> fragments_, fragment_files_, lists_, ids_;
  std::map<std::string, Value> schemas_;
  std::map<std::string, std::shared_ptr<const IdList>> id_lists_;  // by hash
};

}  // namespace

std::string locate(const Places& places, const std::string& path, const std::string& otherwise) {
  return find_place(places, path).value_or(otherwise);
}

LoadedWorkspace load_workspace(const Files& files, PolicyCompiler& policies, const Environment& host) {
  return Loader(files, policies, host).load();
}

SnapshotSource everything_live(const LoadedWorkspace& loaded) {
  SnapshotSource source{.version = "files", .workspace = loaded.workspace};
  for (const LoadedExperience& experience : loaded.experiences) {
    const Definition& definition = experience.definition;
    ServedExperience served{.definition = definition, .places = experience.places};
    if (auto zone = Zone::find(definition.zone.empty() ? loaded.workspace.zone : definition.zone)) {
      if (auto start = parse_in_zone(definition.from, *zone); !definition.from.empty() && start) served.start = *start;
      if (auto end = parse_in_zone(definition.till, *zone); !definition.till.empty() && end) served.end = *end;
    }
    source.experiences.push_back(std::move(served));
  }
  for (const auto& [hash, content] : loaded.lists) source.lists[hash] = parse_list(content);
  return source;
}

}  // namespace footlight
