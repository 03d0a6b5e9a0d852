#include "engine/snapshot.h"

#include <algorithm>
#include <atomic>
#include <tuple>

#include "base/text.h"
#include "engine/proposition_json.h"

namespace footlight {
namespace {

class NoPolicyCompiler : public PolicyCompiler {
 public:
  Problems check(const Policy& policy) override {
    return {{Code::script_error, policy.path, "policies are not compiled here"}};
  }
  std::optional<Predicate> lift(const Policy&, const AttributeTypes&) override { return {}; }
};

bool text_has_tags(std::string_view text) { return text.find("{{") != std::string_view::npos || text.find("{%") != std::string_view::npos; }
bool has_tags(const Value& json) {
  if (json.is_string()) return text_has_tags(json.string());
  if (json.is_array()) return std::any_of(json.array().begin(), json.array().end(), [](const Value& item) { return has_tags(item); });
  return json.is_object() && std::any_of(json.object().begin(), json.object().end(), [](const auto& member) { return has_tags(member.second); });
}

}  // namespace

// Compiles one workspace; an experience with an error leaves nothing behind but its problems. These carry its id in front of the JSON path unless
// the experience's places know the file.
class SnapshotCompiler {
 public:
  SnapshotCompiler(const Workspace& workspace, const std::map<std::string, std::shared_ptr<const IdList>>& lists, PolicyCompiler& policies)
      : workspace_(workspace), lists_(lists), policies_(policies), snapshot_(new Snapshot(workspace)) {}

  Problems configurations() {
    std::vector<IndexedSurfaceRule> rules;
    for (const Configuration& configuration : workspace_.configurations) {
      const std::string path = "$.surfaces." + configuration.name;
      CompiledConfiguration compiled{.name = configuration.name, .format = configuration.format, .resolve = configuration.resolve};
      if (const auto schema = workspace_.schemas.find(configuration.schema); schema != workspace_.schemas.end()) {
        auto usable = compile_schema(schema->second, configuration.schema);
        if (usable)
          compiled.schema = std::move(*usable);
        else
          for (const Problem& problem : usable.error().problems)
            problems_.push_back({problem.code, "$.schemas." + configuration.schema + problem.place.substr(std::min<std::size_t>(1, problem.place.size())), problem.message});
      }
      if (const auto policy = workspace_.conflict.find(configuration.name); policy != workspace_.conflict.end())
        compiled.conflict = number({PolicyRole::conflict, policy->second, configuration.name, "$.conflict." + configuration.name, {}});
      if (configuration.fallback) fallback(configuration, compiled, path + ".default");
      for (const SurfaceRule& rule : configuration.rules) rules.push_back({rule, snapshot_->configurations_.size()});
      numbers_[configuration.name] = static_cast<int>(snapshot_->configurations_.size());
      snapshot_->configurations_.push_back(std::move(compiled));
    }
    snapshot_->surfaces_ = SurfaceIndex(std::move(rules));
    if (auto zone = Zone::find(workspace_.zone))
      snapshot_->zone_ = *zone;
    else
      problems_.push_back({zone.error().code, "$.zone", zone.error().message});
    return std::move(problems_);
  }

  Problems experience(const ServedExperience& served) {
    problems_.clear();
    const Definition& definition = served.definition;
    CompiledExperience compiled{.id = definition.id, .revision = served.revision, .kind = definition.kind,
                                .priority = definition.priority, .tags = definition.tags, .activated_at = served.activated_at,
                                .start = served.start, .end = served.end, .from = definition.from, .till = definition.till,
                                .zone = definition.zone.empty() ? workspace_.zone : definition.zone};
    compiled.places = served.places;
    const std::size_t policies_before = snapshot_->policies_.size();
    PredicateSurroundings surroundings{snapshot_->attributes_, definition.include, lists_,
                                       [&](const std::string& lua, const std::string& path) -> std::variant<int, Predicate> {
                                         Policy policy{PolicyRole::targeting, lua, definition.id, path, place(served, path)};
                                         if (auto native = policies_.lift(policy, workspace_.attributes)) return std::move(*native);
                                         return number(std::move(policy));
                                       },
                                       &snapshot_->conditions_};
    bool is_targeting_native = false;
    if (const auto whole = with_native_targeting(served)) {
      Problems found;
      compiled.audience = PredicateProgram::compile(*whole, surroundings, found);
      is_targeting_native = !has_errors(found);
      // Together they may be too many; apart each may be allowed.
      if (!is_targeting_native)
        snapshot_->policies_.erase(snapshot_->policies_.begin() + static_cast<std::ptrdiff_t>(policies_before), snapshot_->policies_.end());
    }
    if (!is_targeting_native) compiled.audience = PredicateProgram::compile(definition.audience, surroundings, problems_);
    surroundings.conditions = nullptr;
    // A journey's other conditions are checked like its audience.
    if (definition.kind == ExperienceKind::journey)
      for (const Predicate& condition : conditions_of(definition))
        if (condition.path != definition.audience.path) PredicateProgram::compile(condition, surroundings, problems_);
    const auto policy = [&](PolicyRole role, const std::string& lua, const char* path) {
      return lua.empty() ? -1 : number({role, lua, definition.id, path, place(served, path)});
    };
    if (!is_targeting_native) compiled.targeting = policy(PolicyRole::targeting, definition.targeting, "$.targeting");
    compiled.schedule_policy = policy(PolicyRole::schedule, definition.schedule_policy, "$.schedule");
    if (definition.schedule) compiled.schedule.emplace(*definition.schedule);
    compiled.treatments = definition.treatments;
    compiled.holdout = definition.holdout;
    compiled.salt = definition.salt;
    Fragments fragments;
    for (const auto& [name, text] : definition.include.fragments) fragments[name] = {text, "fragments/" + name};
    for (const Action& action : definition.actions) actions(compiled, served, action, fragments);
    Problems distinct;   // two uses of one fragment report its problems once
    for (Problem& problem : problems_) {
      problem.place = place(served, problem.place);
      if (std::find(distinct.begin(), distinct.end(), problem) == distinct.end()) distinct.push_back(std::move(problem));
    }
    if (has_errors(distinct))
      snapshot_->policies_.erase(snapshot_->policies_.begin() + static_cast<std::ptrdiff_t>(policies_before), snapshot_->policies_.end());
    else
      snapshot_->experiences_.push_back(std::move(compiled));
    return distinct;
  }

  // Candidates of each configuration in rank order: everything but the surface rule's specificity,
  // which depends on the surface that is asked for.
  void rank() {
    auto& experiences = snapshot_->experiences_;
    for (std::size_t e = 0; e < experiences.size(); ++e)
      for (std::size_t a = 0; a < experiences[e].actions.size(); ++a)
        snapshot_->configurations_[static_cast<std::size_t>(experiences[e].actions[a].configuration)].candidates.push_back(
            {static_cast<int>(e), static_cast<int>(a)});
    for (CompiledConfiguration& configuration : snapshot_->configurations_)
      std::sort(configuration.candidates.begin(), configuration.candidates.end(), [&](const Candidate& left, const Candidate& right) {
        const auto key = [&](const Candidate& candidate) {
          const CompiledExperience& experience = experiences[static_cast<std::size_t>(candidate.experience)];
          return std::tuple(-experience.priority, experience.activated_at, std::string_view(experience.id), candidate.action);
        };
        return key(left) < key(right);
      });
  }

  // What decisions are made by, once all attributes and conditions are known.
  void index() {
    snapshot_->attributes_.seal();
    Conditions& conditions = snapshot_->conditions_;
    conditions.seal();
    std::map<std::string, int, std::less<>> elements;
    for (CompiledExperience& experience : snapshot_->experiences_)
      for (CompiledAction& action : experience.actions) {
        action.element_number = elements.try_emplace(action.element, static_cast<int>(elements.size())).first->second;
        const CompiledConfiguration& configuration = snapshot_->configurations_[static_cast<std::size_t>(action.configuration)];
        if (action.content.constant) action.ready = ready_proposition(experience, action, configuration);
      }
    std::vector<bool> has_program(snapshot_->experiences_.size(), false);
    for (CompiledConfiguration& configuration : snapshot_->configurations_) {
      std::vector<CandidateIndex::Row> rows;
      for (std::uint32_t i = 0; i < configuration.candidates.size(); ++i) {
        const auto number = static_cast<std::size_t>(configuration.candidates[i].experience);
        if (!configuration.runs.empty() && configuration.runs.back().experience == static_cast<int>(number)) {
          ++configuration.runs.back().count;
          continue;
        }
        CompiledExperience& experience = snapshot_->experiences_[number];
        if (!has_program[number]) experience.who = snapshot_->audiences_.add(experience.audience, conditions);
        has_program[number] = true;
        const Filings filings = filings_of(experience.audience, conditions);
        const auto run = static_cast<std::uint32_t>(configuration.runs.size());
        for (const Filing& filing : filings.ways) rows.push_back({run, filing});
        configuration.runs.push_back({.start = experience.start.value_or(Instant{INT64_MIN}), .end = experience.end.value_or(Instant{INT64_MAX}),
                                      .who = experience.who, .experience = static_cast<int>(number), .first = i, .count = 1,
                                      .is_plain = is_plain(experience), .is_exact = filings.is_exact});
      }
      offers(configuration);
      configuration.runs.shrink_to_fit();
      configuration.index = CandidateIndex(std::move(rows), static_cast<std::uint32_t>(configuration.runs.size()));
    }
  }

  std::shared_ptr<Snapshot>& snapshot() { return snapshot_; }

 private:
  static bool is_plain(const CompiledExperience& experience) {
    return experience.kind != ExperienceKind::journey && !experience.schedule && experience.schedule_policy < 0 && experience.targeting < 0 &&
           experience.treatments.empty() && !experience.audience.asks_policies();
  }

  // A set of elements is one word here: where there are more, decisions are made without.
  void offers(CompiledConfiguration& configuration) {
    std::map<int, std::uint8_t> elements;
    for (CandidateRun& run : configuration.runs)
      for (std::uint32_t i = run.first; i < run.first + run.count; ++i) {
        const Candidate& candidate = configuration.candidates[i];
        const CompiledAction& action = snapshot_->experiences_[static_cast<std::size_t>(candidate.experience)].actions[static_cast<std::size_t>(candidate.action)];
        const std::uint8_t element = elements.try_emplace(action.element_number, static_cast<std::uint8_t>(elements.size())).first->second;
        if (elements.size() > 64) {
          configuration.offers = {};
          return;
        }
        const bool is_ready = action.content.constant && (!configuration.schema || configuration.resolve.mode != Resolution::Mode::merge);
        configuration.offers.push_back({is_ready ? &action.ready : nullptr, element});
        run.elements |= std::uint64_t{1} << element;
        configuration.elements |= run.elements;
      }
    configuration.offers.shrink_to_fit();
  }

  // Audience and targeting policy as one predicate, in the order in which they are asked, where the policy is nothing but
  // conditions. Traces tell them apart by their paths.
  std::optional<Predicate> with_native_targeting(const ServedExperience& served) {
    const Definition& definition = served.definition;
    if (definition.targeting.empty()) return {};
    auto native = policies_.lift({PolicyRole::targeting, definition.targeting, definition.id, "$.targeting", place(served, "$.targeting")}, workspace_.attributes);
    if (!native || definition.audience.op == Predicate::Op::always) return native;
    return Predicate{.op = Predicate::Op::all, .args = {definition.audience, std::move(*native)}, .path = "$.audience"};
  }

  void actions(CompiledExperience& experience, const ServedExperience& served, const Action& action, const Fragments& fragments) {
    const auto number_found = numbers_.find(action.configuration);
    if (number_found == numbers_.end()) {
      problems_.push_back({Code::unknown_configuration, action.path, "there is no surface configuration `" + action.configuration + "`"});
      return;
    }
    CompiledAction compiled{.id = action.id, .configuration = number_found->second, .element = action.element, .path = action.path};
    for (std::size_t t = 0; t < experience.treatments.size(); ++t)
      if (experience.treatments[t].name == action.treatment) compiled.treatment = static_cast<int>(t);
    const CompiledConfiguration& configuration = snapshot_->configurations_[static_cast<std::size_t>(compiled.configuration)];
    compiled.content = content(action.content, configuration, fragments, served, action.path);
    experience.actions.push_back(std::move(compiled));
  }

  CompiledContent content(const Content& content, const CompiledConfiguration& configuration, const Fragments& fragments,
                          const ServedExperience& served, const std::string& path) {
    CompiledContent compiled;
    if (content.form == Content::Form::lua) {
      compiled.policy = number({PolicyRole::content, content.text, served.definition.id, path, place(served, path)});
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
      problems_.push_back({Code::wrong_type, path, "`" + configuration.name + "` shows " + std::string(to_text(configuration.format)) + ", not JSON"});
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
      if (auto rendered = render(*compiled.text, {})) compiled.constant = std::move(*rendered);
    return compiled;
  }

  // What a template reads that no attribute is named: it would show as nothing, for everybody. A
  // warning, since a template may well name what only some applications send. A journey's templates
  // read what it fetches too.
  void check_names(const Definition& definition, const std::vector<std::string>& paths, const std::string& where) {
    if (paths.empty() || workspace_.attributes.empty() || definition.kind == ExperienceKind::journey) return;
    std::vector<std::string> declared;
    for (const auto& [name, type] : workspace_.attributes) declared.push_back(name);
    for (const std::string& path : paths) {
      const bool is_known = std::any_of(declared.begin(), declared.end(), [&](const std::string& name) {
        return path == name || path.starts_with(name + ".") || name.starts_with(path + ".");
      });
      if (!is_known)
        problems_.push_back({Code::unknown_attribute, where, "the template reads `" + path + "`, and there is no such attribute" + did_you_mean(path, declared), true});
    }
  }

  // Content without templates either satisfies its schema now or never will. Parts of a merge need
  // not satisfy it alone.
  void check_static(const Value& json, const CompiledConfiguration& configuration, const std::string& path) {
    if (!configuration.schema || configuration.resolve.mode == Resolution::Mode::merge) return;
    for (Problem& problem : validate(*configuration.schema, json, true))
      problems_.push_back({problem.code, path + problem.place.substr(std::min<std::size_t>(1, problem.place.size())), problem.message});
  }

  // Rendered once, without a request: a default may hold no template.
  void fallback(const Configuration& configuration, CompiledConfiguration& compiled, const std::string& path) {
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
      for (const Problem& problem : validate(*compiled.schema, json, true)) problems_.push_back({problem.code, path, problem.place + ": " + problem.message});
    compiled.fallback = to_json(json);
  }

  int number(Policy policy) {
    for (Problem& problem : policies_.check(policy)) problems_.push_back(std::move(problem));
    snapshot_->policies_.push_back(std::move(policy));
    return static_cast<int>(snapshot_->policies_.size()) - 1;
  }

  void add(const Error& error, const std::string& path) {
    if (error.problems.empty()) problems_.push_back({error.code, path, error.message});
    for (const Problem& problem : error.problems)
      problems_.push_back({problem.code, problem.place.empty() ? path : problem.place, problem.message});
  }

 public:
  // `$.a.b[0]` to `file:line`, by the nearest enclosing place that is known.
  static std::string place(const ServedExperience& served, const std::string& path) {
    if (served.places.empty() || path.empty() || path[0] != '$') return path;
    std::string prefix = path;
    while (true) {
      if (const auto found = served.places.find(prefix); found != served.places.end()) return found->second;
      const auto cut = prefix.find_last_of(".[");
      if (cut == std::string::npos) return path;
      prefix.resize(cut);
    }
  }

 private:
  const Workspace& workspace_;
  const std::map<std::string, std::shared_ptr<const IdList>>& lists_;
  PolicyCompiler& policies_;
  std::shared_ptr<Snapshot> snapshot_;
  std::map<std::string, int, std::less<>> numbers_;
  Problems problems_;
};

std::shared_ptr<const Snapshot> Snapshot::compile_sound(SnapshotSource source, PolicyCompiler& policies, Problems& problems) {
  SnapshotCompiler compiler(source.workspace, source.lists, policies);
  problems = compiler.configurations();
  const bool is_usable = !has_errors(problems);
  compiler.snapshot()->experiences_.reserve(source.experiences.size());
  for (const ServedExperience& served : source.experiences)
    for (Problem& problem : compiler.experience(served)) {
      if (problem.place.starts_with('$')) problem.place = served.definition.id + " " + problem.place;
      problems.push_back(std::move(problem));
    }
  if (!is_usable) return nullptr;
  compiler.rank();
  compiler.index();
  compiler.snapshot()->version_ = std::move(source.version);
  return std::move(compiler.snapshot());
}

Result<std::shared_ptr<const Snapshot>> Snapshot::compile(SnapshotSource source, PolicyCompiler& policies) {
  Problems problems;
  auto snapshot = compile_sound(std::move(source), policies, problems);
  if (has_errors(problems)) return does_not_compile(std::move(problems));
  return snapshot;
}

Snapshot::Snapshot(const Workspace& workspace)
    : serial_([] {
        static std::atomic<std::uint64_t> last{0};
        return ++last;
      }()),
      zone_(Zone::utc()), attributes_(workspace) {}

std::size_t Snapshot::index_bytes() const {
  std::size_t bytes = conditions_.bytes();
  for (const CompiledConfiguration& configuration : configurations_)
    bytes += configuration.index.bytes() + configuration.candidates.capacity() * sizeof(Candidate) + configuration.runs.capacity() * sizeof(CandidateRun) +
             configuration.offers.capacity() * sizeof(Offer);
  return bytes + audiences_.bytes();
}

Error does_not_compile(Problems problems) {
  const std::size_t count = problems.size();
  return refuse(Code::validation_failed, std::move(problems),
                "the workspace does not compile: " + std::to_string(count) + (count == 1 ? " problem" : " problems"));
}

Problems check_compiles(const ServedExperience& served, const Workspace& workspace,
                        const std::map<std::string, std::shared_ptr<const IdList>>& lists, PolicyCompiler& policies) {
  SnapshotCompiler compiler(workspace, lists, policies);
  compiler.configurations();   // the workspace's own problems are reported where it is checked
  Problems problems = compiler.experience(served);
  // Refused where it is written, not where it is served: it does no harm there.
  if (const auto& schedule = served.definition.schedule; schedule && schedule->rrule && Occurrences(*schedule->rrule).is_empty())
    problems.push_back({Code::bad_schedule, SnapshotCompiler::place(served, "$.schedule.rrule.rule"),
                        "the rule `" + to_text(schedule->rrule->rule) + "` names no time at all from " + to_text(schedule->rrule->from) + " on"});
  return problems;
}

PolicyCompiler& no_policy_compiler() {
  static NoPolicyCompiler none;
  return none;
}

}  // namespace footlight
