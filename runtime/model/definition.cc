#include "model/definition.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/limits.h"
#include "base/text.h"
#include "model/journey.h"
#include "model/reader.h"

namespace footlight {
namespace {

constexpr int whole = 10'000;  // 100 %, in hundredths of a percent

std::string index(const std::string& path, std::size_t i) { return path + "[" + std::to_string(i) + "]"; }

class Parser {
 public:
  Parser(const Value& document, Problems& problems) : document_(document), problems_(problems), reader_(document, "$", problems) {}

  Definition read() {
    if (!reader_.is_object()) return {};
    heading();
    times();
    audience();
    schedule();
    if (definition_.kind == ExperienceKind::campaign) {
      content();
    } else {
      definition_.journey = parse_journey(reader_, problems_);
      if (const Value* steps = definition_.journey.find("steps")) shown_by(steps->array(), "steps");
    }
    include();
    reader_.finish();
    return std::move(definition_);
  }

 private:
  void heading() {
    const auto kind = reader_.word("kind", {"campaign", "journey"});
    if (!document_.find("kind")) reader_.report(Code::missing_field, "kind", "the field `kind` is missing: `campaign` or `journey`");
    // An unknown kind is told, and the rest is read as what it looks like, so that nothing else hides behind it.
    const bool looks_like_journey =
        !kind && (document_.find("steps") || document_.find("enter")) && !document_.find("show") && !document_.find("treatments");
    definition_.kind = kind == "journey" || looks_like_journey ? ExperienceKind::journey : ExperienceKind::campaign;
    const auto id = reader_.required_text("id");
    definition_.id = id.value_or("");
    if (id && !is_valid_id(*id))
      reader_.report(Code::bad_id, "id",
                     "`" + *id + "` is not an id: up to " + std::to_string(limits::id_bytes_max) +
                         " of a-z, 0-9, `-`, `_` and `.`, beginning with a letter or digit");
    definition_.title = reader_.text("title").value_or("");
    definition_.description = reader_.text("description").value_or("");
    definition_.priority = whole_number("priority", 0, limits::priority_max, 50);
    if (const Array* tags = reader_.array("tags")) {
      std::set<std::string> sorted;
      for (std::size_t i = 0; i < tags->size(); ++i) {
        if ((*tags)[i].is_string() && !(*tags)[i].string().empty()) sorted.insert((*tags)[i].string());
        else report(Code::wrong_type, index("$.tags", i), "a tag is a string that is not empty");
      }
      if (sorted.size() > limits::tags_max)
        reader_.report(Code::limit_exceeded, "tags", "more than " + std::to_string(limits::tags_max) + " tags");
      definition_.tags.assign(sorted.begin(), sorted.end());
    }
  }

  int whole_number(std::string_view key, double least, double most, int otherwise) {
    const auto number = reader_.number(key, least, most);
    if (number && *number != std::trunc(*number)) reader_.report(Code::out_of_range, key, "expected a whole number");
    return number ? static_cast<int>(*number) : otherwise;
  }

  // Spelling only: whether the times exist in their zone is decided when the experience is activated.
  void times() {
    definition_.zone = reader_.text("zone").value_or("");
    if (!definition_.zone.empty())
      if (auto zone = Zone::find(definition_.zone); !zone) reader_.report(zone.error().code, "zone", zone.error().message);
    for (auto [key, field] : {std::pair{"from", &definition_.from}, {"till", &definition_.till}}) {
      *field = reader_.text(key).value_or("");
      if (field->empty()) {
        if (document_.find(key) && document_.find(key)->is_string()) reader_.report(Code::bad_time, key, "the time is empty");
        continue;
      }
      if (!parse_civil(*field) && !parse_instant(*field))
        reader_.report(Code::bad_time, key, "`" + *field + "` is not a time like `2026-12-01T09:00` or `2026-12-01T09:00+01:00`");
    }
  }

  void audience() {
    if (const Value* audience = reader_.take("audience")) definition_.audience = parse_predicate(*audience, "$.audience", problems_);
    definition_.targeting = policy("targeting");
  }

  std::string policy(std::string_view key) {
    const Value* document = reader_.take(key);
    return document ? policy(*document, reader_.path_of(key)) : std::string();
  }

  std::string policy(const Value& document, const std::string& path) {
    Reader reader(document, path, problems_);
    const auto source = reader.required_text("lua");
    // An empty source would stand for no policy, and show to everyone what one was to narrow.
    if (source && source->empty()) reader.report(Code::missing_field, "lua", "the policy is empty");
    reader.finish();
    return source.value_or("");
  }

  void schedule() {
    const Value* document = reader_.take("schedule");
    if (!document) return;
    if (!document->is_object()) {
      reader_.report(Code::bad_schedule, "schedule", type_message("windows or a policy", *document));
      return;
    }
    Object windows = document->object();
    if (windows.contains("lua")) {
      definition_.schedule_policy = policy("schedule");
      return;
    }
    if (const Value* narrowing = document->find("policy")) {
      definition_.schedule_policy = policy(*narrowing, "$.schedule.policy");
      windows.erase("policy");
      if (windows.empty()) return;
    }
    definition_.schedule = parse_schedule(Value(std::move(windows)), "$.schedule", problems_);
  }

  void content() {
    const bool is_experiment = document_.find("treatments") != nullptr;
    if (const Value* show = reader_.take("show")) shows(*show, "$.show", "", "");
    if (const Object* treatments = reader_.object("treatments")) experiment(*treatments);
    if (!is_experiment) {
      for (const char* key : {"holdout", "salt"})
        if (reader_.take(key))
          reader_.report(Code::unknown_field, key, std::string("`") + key + "` belongs to an experiment; add `treatments`");
      if (!document_.find("show"))
        reader_.report(Code::missing_field, "show", "the field `show` is missing: what is shown, by surface configuration");
    }
    if (definition_.actions.empty() && document_.find("show") && document_.find("show")->is_object() && !is_experiment)
      reader_.report(Code::missing_field, "show", "nothing is shown: name a surface configuration and its content");
    if (definition_.actions.size() > limits::actions_max)
      reader_.report(Code::limit_exceeded, "show", "more than " + std::to_string(limits::actions_max) + " actions");
    std::set<std::string> ids;
    for (const Action& action : definition_.actions)
      if (!ids.insert(action.id).second)
        report(Code::duplicate_id, action.path, "the element `" + action.element + "` of `" + action.configuration + "` is given twice");
  }

  void experiment(const Object& treatments) {
    int sum = 0;
    if (treatments.empty()) reader_.report(Code::missing_field, "treatments", "an experiment needs a treatment");
    if (treatments.size() > limits::treatments_max)
      reader_.report(Code::limit_exceeded, "treatments", "more than " + std::to_string(limits::treatments_max) + " treatments");
    for (const auto& [name, document] : treatments) {
      const std::string path = "$.treatments." + name;
      if (!is_valid_id(name)) report(Code::bad_id, path, "`" + name + "` is not an id");
      Reader reader(document, path, problems_);
      if (!reader.is_object()) continue;
      reader.require("weight");
      const int weight = share(reader, "weight");
      sum += weight;
      definition_.treatments.push_back({name, weight});
      if (const Value* show = reader.require("show")) shows(*show, path + ".show", name, name);
      reader.finish();
    }
    definition_.holdout = share(reader_, "holdout");
    definition_.salt = reader_.text("salt").value_or(definition_.id);
    sum += definition_.holdout;
    if (sum != whole && !treatments.empty())
      reader_.report(Code::out_of_range, "treatments", "the weights and the holdout add up to " + percent(sum) + ", not to 100");
  }

  // A share in percent, to hundredths: 12.5 is 1250.
  int share(Reader& reader, std::string_view key) {
    const double percent = reader.number(key, 0, 100).value_or(0);
    const double hundredths = std::round(percent * 100);
    if (std::abs(hundredths - percent * 100) > 1e-6) reader.report(Code::out_of_range, key, "at most two decimals");
    return static_cast<int>(hundredths);
  }
  static std::string percent(int hundredths) {
    std::string text;
    append_json_number(text, hundredths / 100.0);
    return text;
  }

  // What a journey's steps show are actions too, named by their step, so that they are checked,
  // approved and compiled like a campaign's. `scope` is the steps' path without `$.`.
  void shown_by(const Array& steps, const std::string& scope) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const std::string here = index(scope, i);
      if (const Value* show = steps[i].find("show"); show && show->is_object()) shows(*show, "$." + here + ".show", "", here);
      for (const char* branch : {"then", "otherwise", "ok", "failed"})
        if (const Value* inner = steps[i].find(branch)) shown_by(inner->array(), here + "." + branch);
      for (const char* branches : {"condition", "split"})
        if (const Value* list = steps[i].find(branches))
          for (std::size_t b = 0; b < list->array().size(); ++b)
            if (const Value* inner = list->array()[b].find("then")) shown_by(inner->array(), index(here + "." + branches, b) + ".then");
    }
  }

  // `scope` goes before the action's id: the treatment, or the step of a journey.
  void shows(const Value& show, const std::string& path, const std::string& treatment, const std::string& scope) {
    if (!show.is_object()) {
      report(Code::wrong_type, path, type_message("an object from surface configuration to content", show));
      return;
    }
    for (const auto& [configuration, document] : show.object()) {
      const std::string here = path + "." + configuration;
      if (is_element_list(document)) {
        for (std::size_t i = 0; i < document.array().size(); ++i) {
          Reader reader(document.array()[i], index(here, i), problems_);
          const auto element = reader.required_text("element");
          if (element && !is_valid_id(*element)) reader.report(Code::bad_id, "element", "`" + *element + "` is not an id");
          if (const Value* content = reader.require("content"))
            add({.configuration = configuration,
                 .element = element.value_or(""),
                 .treatment = treatment,
                 .path = reader.path_of("content")},
                scope, *content);
          reader.finish();
        }
      } else {
        add({.configuration = configuration, .treatment = treatment, .path = here}, scope, document);
      }
    }
  }

  static bool is_element_list(const Value& document) {
    return document.is_array() && !document.array().empty() &&
        std::all_of(document.array().begin(), document.array().end(), [](const Value& item) { return item.find("element"); });
  }

  void add(Action action, const std::string& scope, const Value& document) {
    action.id = (scope.empty() ? "" : scope + "/") + action.configuration + (action.element.empty() ? "" : "." + action.element);
    action.content = content(document, action.path);
    definition_.actions.push_back(std::move(action));
  }

  Content content(const Value& document, const std::string& path) {
    if (document.is_string()) return {.form = Content::Form::text, .text = document.string()};
    if (document.is_object() && document.object().size() == 1) {
      const auto& [key, value] = *document.object().begin();
      const bool is_text = value.is_string();
      if (key == "fragment" && is_text) return {.form = Content::Form::fragment, .text = value.string()};
      if (key == "lua" && is_text) return {.form = Content::Form::lua, .text = value.string()};
      if (key == "json") return {.form = Content::Form::json, .json = value};
    }
    if (document.is_object() || document.is_array()) return {.form = Content::Form::json, .json = document};
    report(Code::wrong_type, path, type_message("a template, a fragment, a JSON value or a policy", document));
    return {};
  }

  void include() {
    const Value* document = reader_.take("include");
    if (!document) return;
    Reader reader(*document, "$.include", problems_);
    const auto texts = [&](std::string_view key, std::map<std::string, std::string>& into) {
      if (const Object* members = reader.object(key))
        for (const auto& [name, text] : *members) {
          if (text.is_string()) into[name] = text.string();
          else report(Code::wrong_type, reader.path_of(key) + "." + name, type_message("a string", text));
        }
    };
    texts("fragments", definition_.include.fragments);
    texts("lists", definition_.include.lists);
    if (const Object* audiences = reader.object("audiences"))
      for (const auto& [name, predicate] : *audiences)
        definition_.include.audiences[name] = parse_predicate(predicate, "$.include.audiences." + name, problems_);
    reader.finish();
  }

  void report(Code code, const std::string& path, std::string message) { problems_.push_back({code, path, std::move(message)}); }

  const Value& document_;
  Problems& problems_;
  Reader reader_;
  Definition definition_;
};

Value to_value(const Content& content) {
  switch (content.form) {
    case Content::Form::text: return content.text;
    case Content::Form::fragment: return Object{{"fragment", content.text}};
    case Content::Form::lua: return Object{{"lua", content.text}};
    case Content::Form::json: return Object{{"json", content.json}};
  }
  return {};
}

// The `show` object of one treatment ("" for the experience's own).
Object shows_of(const Definition& definition, const std::string& treatment) {
  Object show;
  for (const Action& action : definition.actions) {
    if (action.treatment != treatment) continue;
    if (action.element.empty()) {
      show[action.configuration] = to_value(action.content);
      continue;
    }
    Value& list = show[action.configuration];
    if (!list.is_array()) list = Array{};
    list.array().push_back(Object{{"element", action.element}, {"content", to_value(action.content)}});
  }
  return show;
}

// Names of the fragments that a template text calls: `{{> name`. Comments, escaped tags and raw blocks call none.
void fragments_in(const std::string& text, const std::string& path, std::map<std::string, std::string>& found) {
  for (std::size_t at = text.find("{{"); at != std::string::npos; at = text.find("{{", at + 2)) {
    if (text.compare(at, 4, "{{{{") == 0) {  // a raw block, up to its end
      const std::size_t end = text.find("{{{{/", at + 4);
      if (end == std::string::npos) return;
      at = end + 3;
      continue;
    }
    const bool is_escaped = at > 0 && text[at - 1] == '\\' && !(at > 1 && text[at - 2] == '\\');
    std::size_t i = at + 2;
    while (i < text.size() && text[i] == '{') ++i;
    if (i < text.size() && text[i] == '~') ++i;
    if (i >= text.size() || is_escaped) continue;
    if (text[i] == '!') {
      const bool is_long = text.compare(i, 3, "!--") == 0;
      const std::size_t end = is_long ? std::min(text.find("--}}", i + 3), text.find("--~}}", i + 3)) : text.find("}}", i + 1);
      if (end == std::string::npos) return;
      at = end - 2;  // goes on from the end
      continue;
    }
    if (text[i] != '>') continue;
    ++i;
    while (i < text.size() && std::string_view(" \t\r\n").find(text[i]) != std::string_view::npos) ++i;
    const bool quoted = i < text.size() && (text[i] == '"' || text[i] == '\'' || text[i] == '[');
    const char close = !quoted ? ' ' : text[i] == '[' ? ']' : text[i];
    if (quoted) ++i;
    std::size_t end = i;
    while (end < text.size() && (quoted ? text[end] != close : std::string_view(" \t\r\n~}").find(text[end]) == std::string_view::npos))
      ++end;
    if (end > i) found.emplace(text.substr(i, end - i), path);
  }
}

void fragments_in(const Value& json, const std::string& path, std::map<std::string, std::string>& found) {
  if (json.is_string()) fragments_in(json.string(), path, found);
  if (json.is_array())
    for (const Value& item : json.array()) fragments_in(item, path, found);
  if (json.is_object())
    for (const auto& [key, item] : json.object()) fragments_in(item, path, found);
}

void names_in(const Predicate& predicate, Mentions& found) {
  if (predicate.op == Predicate::Op::audience) found.audiences.emplace(predicate.name, predicate.path);
  if (predicate.op == Predicate::Op::list) found.lists.emplace(predicate.name, predicate.path);
  for (const Predicate& part : predicate.args) names_in(part, found);
}

// The conditions of a journey's steps, which were checked when it was read.
void conditions_in(const Array& steps, const std::string& path, std::vector<Predicate>& found) {
  Problems known;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::string here = index(path, i);
    for (const char* branch : {"then", "otherwise", "ok", "failed"})
      if (const Value* inner = steps[i].find(branch)) conditions_in(inner->array(), here + "." + branch, found);
    for (const char* branches : {"condition", "split"}) {
      const Value* list = steps[i].find(branches);
      for (std::size_t b = 0; list && b < list->array().size(); ++b) {
        const std::string place = index(here + "." + branches, b);
        if (const Value* when = list->array()[b].find("when")) found.push_back(parse_predicate(*when, place + ".when", known));
        if (const Value* inner = list->array()[b].find("then")) conditions_in(inner->array(), place + ".then", found);
      }
    }
  }
}

}  // namespace

std::string_view to_text(ExperienceKind kind) { return kind == ExperienceKind::campaign ? "campaign" : "journey"; }

Definition parse_definition(const Value& document, Problems& problems) { return Parser(document, problems).read(); }

Value to_value(const Definition& definition) {
  Object document{{"kind", to_text(definition.kind)}, {"id", definition.id}, {"priority", definition.priority}};
  const auto put = [&](const char* key, const std::string& text) {
    if (!text.empty()) document[key] = text;
  };
  put("title", definition.title);
  put("description", definition.description);
  put("from", definition.from);
  put("till", definition.till);
  put("zone", definition.zone);
  if (!definition.tags.empty()) document["tags"] = Array(definition.tags.begin(), definition.tags.end());
  document["audience"] = to_value(definition.audience);
  if (!definition.targeting.empty()) document["targeting"] = Object{{"lua", definition.targeting}};
  if (definition.schedule) document["schedule"] = to_value(*definition.schedule);
  if (!definition.schedule_policy.empty()) {
    Value& schedule = document["schedule"];
    if (!schedule.is_object()) schedule = Object{};
    schedule.object()["policy"] = Object{{"lua", definition.schedule_policy}};
  }
  if (definition.kind == ExperienceKind::journey) {
    for (const auto& [key, value] : definition.journey.object()) document[key] = value;
  } else {
    if (Object show = shows_of(definition, ""); !show.empty()) document["show"] = std::move(show);
    if (!definition.treatments.empty()) {
      Object treatments;
      for (const Treatment& treatment : definition.treatments)
        treatments[treatment.name] = Object{{"weight", treatment.weight / 100.0}, {"show", shows_of(definition, treatment.name)}};
      document["treatments"] = std::move(treatments);
      if (definition.holdout) document["holdout"] = definition.holdout / 100.0;
      document["salt"] = definition.salt;
    }
  }
  Object include;
  if (!definition.include.fragments.empty())
    include["fragments"] = Object(definition.include.fragments.begin(), definition.include.fragments.end());
  if (!definition.include.lists.empty()) include["lists"] = Object(definition.include.lists.begin(), definition.include.lists.end());
  if (!definition.include.audiences.empty()) {
    Object audiences;
    for (const auto& [name, predicate] : definition.include.audiences) audiences[name] = to_value(predicate);
    include["audiences"] = std::move(audiences);
  }
  if (!include.empty()) document["include"] = std::move(include);
  return document;
}

std::vector<Predicate> conditions_of(const Definition& definition) {
  std::vector<Predicate> conditions{definition.audience};
  Problems known;  // none: they were read before
  if (const Value* audience = definition.journey.at_path("enter.audience"))
    conditions.push_back(parse_predicate(*audience, "$.enter.audience", known));
  if (const Value* steps = definition.journey.find("steps")) conditions_in(steps->array(), "$.steps", conditions);
  return conditions;
}

Mentions mentions(const Definition& definition) {
  Mentions found;
  for (const Predicate& condition : conditions_of(definition)) names_in(condition, found);
  for (const Action& action : definition.actions) {
    if (action.content.form == Content::Form::fragment) found.fragments.emplace(action.content.text, action.path);
    if (action.content.form == Content::Form::text) fragments_in(action.content.text, action.path, found.fragments);
    if (action.content.form == Content::Form::json) fragments_in(action.content.json, action.path, found.fragments);
  }
  fragments_in(definition.journey, "$.steps", found.fragments);  // what a step sends elsewhere is a template too
  for (const auto& [name, predicate] : definition.include.audiences) names_in(predicate, found);
  for (const auto& [name, text] : definition.include.fragments) fragments_in(text, "$.include.fragments." + name, found.fragments);
  return found;
}

}  // namespace footlight
