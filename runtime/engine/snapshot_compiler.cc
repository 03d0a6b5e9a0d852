#include "engine/snapshot_compiler.h"

#include <algorithm>

#include "base/text.h"
#include "engine/places.h"
#include "engine/proposition_json.h"

namespace footlight {
namespace {

// What policies were split into may have so many parts with the rest: more than one audience of an author's, fewer than
// an AudienceProgram has steps.
constexpr std::size_t split_nodes_max = 3 * limits::predicate_nodes_max;

bool text_has_tags(std::string_view text) { return text.find("{{") != std::string_view::npos || text.find("{%") != std::string_view::npos; }
bool has_tags(const Value& json) {
  if (json.is_string()) return text_has_tags(json.string());
  if (json.is_array()) return std::any_of(json.array().begin(), json.array().end(), [](const Value& item) { return has_tags(item); });
  return json.is_object() &&
      std::any_of(json.object().begin(), json.object().end(), [](const auto& member) { return has_tags(member.second); });
}

}  // namespace

SnapshotCompiler::SnapshotCompiler(const Workspace& workspace, PolicyCompiler& policies)
    : workspace_(workspace), policies_(policies), attributes_(workspace) {}

Problems SnapshotCompiler::configurations() {
  std::vector<IndexedSurfaceRule> rules;
  for (const Configuration& configuration : workspace_.configurations) {
    const std::string path = "$.surfaces." + configuration.name;
    CompiledConfiguration compiled{.name = configuration.name, .format = configuration.format, .resolve = configuration.resolve};
    if (const auto schema = workspace_.schemas.find(configuration.schema); schema != workspace_.schemas.end()) {
      auto usable = compile_schema(schema->second, configuration.schema);
      if (usable) compiled.schema = std::move(*usable);
      else
        for (const Problem& problem : usable.error().problems)
          problems_.push_back({problem.code,
                               "$.schemas." + configuration.schema + problem.place.substr(std::min<std::size_t>(1, problem.place.size())),
                               problem.message});
    }
    if (const auto policy = workspace_.conflict.find(configuration.name); policy != workspace_.conflict.end()) {
      compiled.conflict = number({PolicyRole::conflict, policy->second, configuration.name, "$.conflict." + configuration.name, {}});
      compiled.conflict_policy = std::move(own_.back().second);
      own_.clear();
    }
    if (configuration.fallback) fallback(configuration, compiled, path + ".default");
    for (const SurfaceRule& rule : configuration.rules) rules.push_back({rule, configurations_.size()});
    numbers_[configuration.name] = static_cast<int>(configurations_.size());
    configurations_.push_back(std::make_shared<const CompiledConfiguration>(std::move(compiled)));
  }
  surfaces_ = std::make_shared<const SurfaceIndex>(std::move(rules));
  if (auto zone = Zone::find(workspace_.zone)) zone_ = *zone;
  else problems_.push_back({zone.error().code, "$.zone", zone.error().message});
  return std::move(problems_);
}

std::shared_ptr<const CompiledExperience> SnapshotCompiler::experience(const ServedExperience& served, const IdLists& lists,
                                                                       Problems& problems) {
  problems_.clear();
  own_.clear();
  const Definition& definition = served.definition;
  const auto made = std::make_shared<CompiledExperience>();
  CompiledExperience& compiled = *made;
  compiled.id = definition.id;
  compiled.revision = served.revision;
  compiled.kind = definition.kind;
  compiled.priority = definition.priority;
  compiled.tags = definition.tags;
  compiled.activated_at = served.activated_at;
  compiled.start = served.start;
  compiled.end = served.end;
  compiled.from = definition.from;
  compiled.till = definition.till;
  compiled.zone = definition.zone.empty() ? workspace_.zone : definition.zone;
  compiled.places = served.places;
  PredicateSurroundings surroundings{
      attributes_, definition.include, lists, [&](const std::string& lua, const std::string& path) -> std::variant<int, Predicate> {
        Policy policy{PolicyRole::targeting, lua, definition.id, path, place(served, path), line_places(served.places, path)};
        if (auto native = policies_.lift(policy, workspace_.attributes)) return std::move(*native);
        return number(std::move(policy));
      }};
  const auto forget_own = [&] {
    for (const auto& [number, own] : own_) forget(number);
    own_.clear();
  };
  bool is_targeting_native = false;
  if (const auto whole = with_native_targeting(served)) {
    Problems found;
    compiled.audience = PredicateProgram::compile(*whole, surroundings, found);
    is_targeting_native = !has_errors(found);
    // Together they may be too many; apart each may be allowed.
    if (!is_targeting_native) forget_own();
  }
  if (!is_targeting_native) compiled.audience = PredicateProgram::compile(definition.audience, surroundings, problems_);
  // A journey's other conditions are checked like its audience.
  if (definition.kind == ExperienceKind::journey)
    for (const Predicate& condition : conditions_of(definition))
      if (condition.path != definition.audience.path) PredicateProgram::compile(condition, surroundings, problems_);
  const auto policy = [&](PolicyRole role, const std::string& lua, const char* path) {
    return lua.empty() ? -1 : number({role, lua, definition.id, path, place(served, path), line_places(served.places, path)});
  };
  if (!is_targeting_native) compiled.targeting = policy(PolicyRole::targeting, definition.targeting, "$.targeting");
  compiled.schedule_policy = policy(PolicyRole::schedule, definition.schedule_policy, "$.schedule");
  if (definition.schedule) compiled.schedule = std::make_unique<const CompiledSchedule>(*definition.schedule);
  compiled.treatments = definition.treatments;
  compiled.holdout = definition.holdout;
  compiled.salt = definition.salt;
  Fragments fragments;
  for (const auto& [name, text] : definition.include.fragments) fragments[name] = {text, "fragments/" + name};
  for (const Action& action : definition.actions) actions(compiled, served, action, fragments);
  for (CompiledAction& action : compiled.actions) {
    action.element_number = elements_.try_emplace(action.element, static_cast<int>(elements_.size())).first->second;
    if (!action.content.constant) continue;
    action.ready = ready_proposition(compiled, action, *configurations_[static_cast<std::size_t>(action.configuration)]);
    if (action.ready.content_size > 0) action.content.constant.emplace();  // it stands there
    action.content.constant->shrink_to_fit();
  }
  compiled.actions.shrink_to_fit();
  Problems distinct;  // two uses of one fragment report its problems once
  for (Problem& problem : problems_) {
    problem.place = place(served, problem.place);
    if (std::find(distinct.begin(), distinct.end(), problem) == distinct.end()) distinct.push_back(std::move(problem));
  }
  problems = std::move(distinct);
  if (has_errors(problems)) {
    forget_own();
    return nullptr;
  }
  if (compiled.targeting >= 0 || compiled.audience.has_policies()) compiled.split = split(definition, lists);
  compiled.policies = std::move(own_);
  own_.clear();
  return made;
}

// All that decides who may see it, as decisions ask it.
std::unique_ptr<const PredicateProgram> SnapshotCompiler::split(const Definition& definition, const IdLists& lists) {
  bool is_split = true;
  int in_parts = -1;  // the policy that was split last, and stands in its parts
  PredicateSurroundings surroundings{
      attributes_, definition.include, lists,
      [&](const std::string& lua, const std::string& path) -> std::variant<int, Predicate> {
        if (lua.empty()) return in_parts;
        const auto policy =
            std::find_if(own_.begin(), own_.end(), [&](const auto& one) { return one.second->path == path && one.second->lua == lua; });
        if (policy == own_.end())
          return policies_.lift({PolicyRole::targeting, lua, definition.id, path, {}}, workspace_.attributes).value();
        in_parts = policy->first;
        auto parts = is_split ? policies_.split(*policy->second, workspace_.attributes) : std::nullopt;
        return parts ? std::variant<int, Predicate>(std::move(*parts)) : in_parts;
      },
      split_nodes_max};
  Predicate whole = definition.audience;
  if (!definition.targeting.empty()) {
    Predicate targeting{.op = Predicate::Op::lua, .lua = definition.targeting, .path = "$.targeting"};
    if (definition.audience.op == Predicate::Op::always) whole = std::move(targeting);
    else whole = {.op = Predicate::Op::all, .args = {definition.audience, std::move(targeting)}, .path = "$.audience"};
  }
  Problems found;
  PredicateProgram program = PredicateProgram::compile(whole, surroundings, found);
  if (has_errors(found)) {
    is_split = false;
    program = PredicateProgram::compile(whole, surroundings, found);
  }
  return std::make_unique<const PredicateProgram>(std::move(program));
}

void SnapshotCompiler::forget(const CompiledExperience& experience) {
  for (const auto& [number, policy] : experience.policies) forget(number);
}

SnapshotParts SnapshotCompiler::parts() const {
  SnapshotParts parts{.zone = zone_, .surfaces = surfaces_, .own_configurations = configurations_};
  update(parts);
  parts.policies = {};
  for (std::size_t number = 0; number < configurations_.size(); ++number) {
    const CompiledConfiguration& configuration = *configurations_[number];
    parts.configurations.put(number, &configuration);
    if (configuration.conflict >= 0)
      parts.policies.put(static_cast<std::size_t>(configuration.conflict), configuration.conflict_policy.get());
  }
  return parts;
}

void SnapshotCompiler::update(SnapshotParts& parts) const {
  parts.policies = numbered_;
  if (parts.attributes && parts.attributes->size() == attributes_.size()) return;
  auto attributes = std::make_shared<AttributeTable>(attributes_);
  attributes->seal();
  parts.attributes = std::move(attributes);
}

// Audience and targeting policy as one predicate, in the order in which they are asked, where the policy is nothing but
// conditions. Traces tell them apart by their paths.
std::optional<Predicate> SnapshotCompiler::with_native_targeting(const ServedExperience& served) {
  const Definition& definition = served.definition;
  if (definition.targeting.empty()) return {};
  auto native = policies_.lift({PolicyRole::targeting, definition.targeting, definition.id, "$.targeting", place(served, "$.targeting"),
                                line_places(served.places, "$.targeting")},
                               workspace_.attributes);
  if (!native || definition.audience.op == Predicate::Op::always) return native;
  return Predicate{.op = Predicate::Op::all, .args = {definition.audience, std::move(*native)}, .path = "$.audience"};
}

void SnapshotCompiler::actions(CompiledExperience& experience, const ServedExperience& served, const Action& action,
                               const Fragments& fragments) {
  const auto number_found = numbers_.find(action.configuration);
  if (number_found == numbers_.end()) {
    problems_.push_back({Code::unknown_configuration, action.path, "there is no surface configuration `" + action.configuration + "`"});
    return;
  }
  CompiledAction compiled{.id = action.id, .configuration = number_found->second, .element = action.element, .path = action.path};
  for (std::size_t t = 0; t < experience.treatments.size(); ++t)
    if (experience.treatments[t].name == action.treatment) compiled.treatment = static_cast<int>(t);
  const CompiledConfiguration& configuration = *configurations_[static_cast<std::size_t>(compiled.configuration)];
  compiled.content = content(action.content, configuration, fragments, served, action.path);
  experience.actions.push_back(std::move(compiled));
}

CompiledContent SnapshotCompiler::content(const Content& content, const CompiledConfiguration& configuration, const Fragments& fragments,
                                          const ServedExperience& served, const std::string& path) {
  CompiledContent compiled;
  if (content.form == Content::Form::lua) {
    compiled.policy =
        number({PolicyRole::content, content.text, served.definition.id, path, place(served, path), line_places(served.places, path)});
    return compiled;
  }
  const std::string* text = &content.text;
  std::string where = place(served, path);
  if (content.form == Content::Form::fragment) {
    const auto found = served.definition.include.fragments.find(content.text);
    if (found == served.definition.include.fragments.end()) {
      problems_.push_back({Code::unknown_fragment, path, "there is no fragment `" + content.text + "`"});
      return compiled;
    }
    text = &found->second;
    where = "fragments/" + content.text;
  }
  if (configuration.format == Format::json) {
    Value json = content.json;
    if (content.form != Content::Form::json) {
      // A JSON surface given text: the text is a JSON document whose strings are templates.
      auto parsed = parse_json(*text);
      if (!parsed) {
        problems_.push_back({Code::bad_json, path, "`" + configuration.name + "` shows JSON: " + parsed.error().message});
        return compiled;
      }
      json = std::move(*parsed);
    }
    // Nothing to render; but what is merged is checked as a whole, so its parts are kept as values.
    if (!has_tags(json) && configuration.resolve.mode != Resolution::Mode::merge) {
      check_static(json, configuration, path);
      compiled.constant = to_json(json);
      return compiled;
    }
    auto made = compile_json_template(json, fragments, where);
    if (!made) {
      add(made.error(), path);
      return compiled;
    }
    compiled.json = std::move(*made);
    check_names(served.definition, used_paths(*compiled.json), path);
    if (has_tags(json)) return compiled;
    check_static(json, configuration, path);
    if (auto rendered = render(*compiled.json, {})) compiled.constant = to_json(*rendered);
    return compiled;
  }
  if (content.form == Content::Form::json) {
    problems_.push_back(
        {Code::wrong_type, path, "`" + configuration.name + "` shows " + std::string(to_text(configuration.format)) + ", not JSON"});
    return compiled;
  }
  auto made = compile_template(*text, configuration.format == Format::html ? TemplateFormat::html : TemplateFormat::text, fragments, where);
  if (!made) {
    add(made.error(), path);
    return compiled;
  }
  compiled.text = std::move(*made);
  check_names(served.definition, used_paths(*compiled.text), path);
  if (!text_has_tags(*text))
    if (auto rendered = render(*compiled.text, {})) {
      compiled.constant = std::move(*rendered);
      compiled.text.reset();  // nobody renders it again
    }
  return compiled;
}

// What a template reads that no attribute is named: it would show as nothing, for everybody. A
// warning, since a template may well name what only some applications send. A journey's templates
// read what it fetches too.
void SnapshotCompiler::check_names(const Definition& definition, const std::vector<std::string>& paths, const std::string& where) {
  if (paths.empty() || workspace_.attributes.empty() || definition.kind == ExperienceKind::journey) return;
  std::vector<std::string> declared;
  for (const auto& [name, type] : workspace_.attributes) declared.push_back(name);
  for (const std::string& path : paths) {
    const bool is_known = std::any_of(declared.begin(), declared.end(), [&](const std::string& name) {
      return path == name || path.starts_with(name + ".") || name.starts_with(path + ".");
    });
    if (!is_known)
      problems_.push_back({Code::unknown_attribute, where,
                           "the template reads `" + path + "`, and there is no such attribute" + did_you_mean(path, declared), true});
  }
}

// Content without templates either satisfies its schema now or never will. Parts of a merge need
// not satisfy it alone.
void SnapshotCompiler::check_static(const Value& json, const CompiledConfiguration& configuration, const std::string& path) {
  if (!configuration.schema || configuration.resolve.mode == Resolution::Mode::merge) return;
  for (Problem& problem : validate(*configuration.schema, json, true))
    problems_.push_back({problem.code, path + problem.place.substr(std::min<std::size_t>(1, problem.place.size())), problem.message});
}

// Rendered once, without a request: a default may hold no template.
void SnapshotCompiler::fallback(const Configuration& configuration, CompiledConfiguration& compiled, const std::string& path) {
  if (configuration.format != Format::json) {
    compiled.fallback = configuration.fallback->text;
    return;
  }
  Value json = configuration.fallback->json;
  if (configuration.fallback->form == Content::Form::text) {
    auto parsed = parse_json(configuration.fallback->text);
    if (!parsed) {
      problems_.push_back({Code::bad_json, path, parsed.error().message});
      return;
    }
    json = std::move(*parsed);
  }
  if (compiled.schema)
    for (const Problem& problem : validate(*compiled.schema, json, true))
      problems_.push_back({problem.code, path, problem.place + ": " + problem.message});
  compiled.fallback = to_json(json);
}

int SnapshotCompiler::number(Policy policy) {
  for (Problem& problem : policies_.check(policy)) problems_.push_back(std::move(problem));
  const int number = free_.empty() ? static_cast<int>(numbered_.size()) : *free_.begin();
  free_.erase(number);
  own_.emplace_back(number, std::make_unique<const Policy>(std::move(policy)));
  numbered_.put(static_cast<std::size_t>(number), own_.back().second.get());
  return number;
}

void SnapshotCompiler::forget(int policy) {
  numbered_.put(static_cast<std::size_t>(policy), nullptr);
  free_.insert(policy);
  numbered_.trim();
  free_.erase(free_.lower_bound(static_cast<int>(numbered_.size())), free_.end());
}

void SnapshotCompiler::add(const Error& error, const std::string& path) {
  if (error.problems.empty()) problems_.push_back({error.code, path, error.message});
  for (const Problem& problem : error.problems)
    problems_.push_back({problem.code, problem.place.empty() ? path : problem.place, problem.message});
}

std::string SnapshotCompiler::place(const ServedExperience& served, const std::string& path) {
  if (path.empty() || path[0] != '$') return path;
  return find_place(served.places, path).value_or(path);
}

}  // namespace footlight
