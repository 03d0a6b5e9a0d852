#include "model/workspace.h"

#include <algorithm>
#include <cmath>

#include "base/limits.h"
#include "base/text.h"
#include "model/reader.h"

namespace footlight {
namespace {

const std::vector<std::pair<AttributeType::Type, std::string>>& type_names() {
  using Type = AttributeType::Type;
  static const std::vector<std::pair<Type, std::string>> names = {
      {Type::any, "any"},          {Type::text, "text"}, {Type::number, "number"}, {Type::boolean, "boolean"},
      {Type::enumeration, "enum"}, {Type::list, "list"}, {Type::date, "date"}};
  return names;
}

std::vector<std::string> words(const std::vector<std::pair<AttributeType::Type, std::string>>& names) {
  std::vector<std::string> words;
  for (const auto& [type, word] : names) words.push_back(word);
  return words;
}

std::string index(const std::string& path, std::size_t i) { return path + "[" + std::to_string(i) + "]"; }

// A dotted name of an attribute: each part a letter or `_`, then letters, digits, `_` and `-`.
bool is_attribute_name(std::string_view name) {
  bool at_start = true;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (at_start ? !letter : !(letter || (c >= '0' && c <= '9') || c == '-' || c == '.')) return false;
    at_start = c == '.';
  }
  return !name.empty() && !at_start;
}

constexpr AudienceSize all_sizes[] = {AudienceSize::listed, AudienceSize::share, AudienceSize::conditions, AudienceSize::everyone};

class Parser {
 public:
  Parser(const Value& document, Problems& problems) : problems_(problems), reader_(document, "$", problems) {}

  Workspace read() {
    if (!reader_.is_object()) return {};
    const auto own_name = reader_.required_text("name");
    if (own_name && !is_valid_id(*own_name)) reader_.report(Code::bad_id, "name", "`" + *own_name + "` is not an id");
    workspace_.name = own_name.value_or("");
    workspace_.zone = reader_.text("zone").value_or("UTC");
    if (auto zone = Zone::find(workspace_.zone); !zone) reader_.report(zone.error().code, "zone", zone.error().message);
    each("attributes", [&](const std::string& name, const Value& document, const std::string& path) {
      if (!is_attribute_name(name)) report(Code::bad_id, path, "`" + name + "` is not an attribute name like `cart.total`");
      workspace_.attributes[name] = attribute(document, path);
    });
    nested_attributes();
    each("surfaces", [&](const std::string& name, const Value& document, const std::string& path) {
      if (!is_valid_id(name)) report(Code::bad_id, path, "`" + name + "` is not an id");
      workspace_.configurations.push_back(configuration(name, document, path));
    });
    each("schemas", [&](const std::string& name, const Value& document, const std::string&) { workspace_.schemas[name] = document; });
    for (const Configuration& configuration : workspace_.configurations)
      if (!configuration.schema.empty() && !workspace_.schemas.contains(configuration.schema))
        report(Code::unknown_schema, "$.surfaces." + configuration.name + ".schema",
               "there is no schema `" + configuration.schema + "`" + meant(configuration.schema, workspace_.schemas));
    if (const Array* rules = reader_.array("approvals"))
      for (std::size_t i = 0; i < rules->size(); ++i) workspace_.approvals.push_back(approval((*rules)[i], index("$.approvals", i)));
    each("conflict", [&](const std::string& name, const Value& document, const std::string& path) {
      Reader reader(document, path, problems_);
      workspace_.conflict[name] = reader.required_text("lua").value_or("");
      reader.finish();
      if (!workspace_.configuration(name))
        report(Code::unknown_configuration, path, "there is no surface configuration `" + name + "`" + meant_configuration(name));
    });
    each("audiences", [&](const std::string& name, const Value& document, const std::string& path) {
      workspace_.audiences[name] = parse_predicate(document, path, problems_);
    });
    texts("fragments", workspace_.fragments);
    texts("lists", workspace_.lists);
    reader_.finish();
    return std::move(workspace_);
  }

 private:
  template <class Visit>
  void each(std::string_view key, Visit visit) {
    if (const Object* members = reader_.object(key))
      for (const auto& [name, document] : *members) visit(name, document, reader_.path_of(key) + "." + name);
  }

  void texts(std::string_view key, std::map<std::string, std::string>& into) {
    each(key, [&](const std::string& name, const Value& document, const std::string& path) {
      if (document.is_string()) into[name] = document.string();
      else report(Code::wrong_type, path, type_message("a string", document));
    });
  }

  template <class Map>
  static std::string meant(const std::string& name, const Map& known) {
    std::vector<std::string> names;
    for (const auto& [key, value] : known) names.push_back(key);
    const std::string near = nearest(name, names);
    return near.empty() ? "" : "; did you mean `" + near + "`?";
  }
  std::string meant_configuration(const std::string& name) const {
    std::map<std::string, int> names;
    for (const Configuration& configuration : workspace_.configurations) names[configuration.name] = 0;
    return meant(name, names);
  }

  AttributeType attribute(const Value& document, const std::string& path) {
    Reader reader(document, path, problems_);
    AttributeType type;
    reader.require("type");
    if (const auto word = reader.word("type", words(type_names())))
      for (const auto& [known, name] : type_names())
        if (name == *word) type.type = known;
    if (type.type == AttributeType::Type::enumeration) {
      const Array* values = reader.array("values");
      if (!values || values->empty()) reader.report(Code::missing_field, "values", "an enum needs its `values`");
      if (values)
        for (std::size_t i = 0; i < values->size(); ++i) {
          if ((*values)[i].is_string()) type.values.push_back((*values)[i].string());
          else report(Code::wrong_type, index(reader.path_of("values"), i), type_message("a string", (*values)[i]));
        }
    }
    if (type.type == AttributeType::Type::number) {
      type.min = reader.number("min", -1e300, 1e300);
      type.max = reader.number("max", -1e300, 1e300);
      if (type.min && type.max && *type.min > *type.max) reader.report(Code::out_of_range, "max", "`max` is below `min`");
    }
    if (type.type == AttributeType::Type::list)
      if (const Value* of = reader.take("of")) type.of.push_back(attribute(*of, reader.path_of("of")));
    reader.finish();
    return type;
  }

  // `cart` and `cart.total` cannot both be leaves.
  void nested_attributes() {
    for (const auto& [name, type] : workspace_.attributes)
      for (std::size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1))
        if (workspace_.attributes.contains(name.substr(0, dot)))
          report(Code::duplicate_id, "$.attributes." + name,
                 "`" + name.substr(0, dot) + "` is an attribute itself and cannot hold `" + name + "`");
  }

  Configuration configuration(const std::string& name, const Value& document, const std::string& path) {
    Reader reader(document, path, problems_);
    Configuration configuration{.name = name};
    reader.require("format");
    const auto format = reader.word("format", {"html", "json", "text"});
    configuration.format = format == "json" ? Format::json : format == "text" ? Format::text : Format::html;
    if (const Array* rules = reader.array("rules")) {
      for (std::size_t i = 0; i < rules->size(); ++i)
        if (auto rule = parse_surface_rule((*rules)[i], index(reader.path_of("rules"), i), problems_))
          configuration.rules.push_back(std::move(*rule));
      if (rules->empty()) reader.report(Code::missing_field, "rules", "a configuration without a surface is never asked for");
    } else if (reader.is_object() && !document.find("rules")) {
      reader.report(Code::missing_field, "rules", "the field `rules` is missing: the surfaces, as URIs or page rules");
    }
    if (const Value* resolve = reader.take("resolve")) configuration.resolve = resolution(*resolve, reader, configuration.format);
    configuration.schema = reader.text("schema").value_or("");
    if (!configuration.schema.empty() && configuration.format != Format::json)
      reader.report(Code::bad_schema, "schema", "only `json` configurations have a schema");
    if (const Value* fallback = reader.take("default")) {
      if (fallback->is_string()) configuration.fallback = Content{.form = Content::Form::text, .text = fallback->string()};
      else
        configuration.fallback = Content{.form = Content::Form::json, .json = is_wrapped(*fallback) ? *fallback->find("json") : *fallback};
      if (configuration.format != Format::json && configuration.fallback->form == Content::Form::json)
        reader.report(Code::wrong_type, "default",
                      "the default of an " + std::string(to_text(configuration.format)) + " configuration is text");
    }
    reader.finish();
    return configuration;
  }

  static bool is_wrapped(const Value& document) { return document.find("json") && document.object().size() == 1; }

  // As the reader's number(), but 1.5 approvers are no fewer than 2 by being cut off.
  std::optional<int> whole_number(Reader& reader, std::string_view key, int least, int most) {
    const auto number = reader.number(key, least, most);
    if (!number) return {};
    if (*number != std::trunc(*number)) reader.report(Code::out_of_range, key, "expected a whole number");
    return static_cast<int>(*number);
  }

  Resolution resolution(const Value& document, Reader& reader, Format format) {
    Resolution resolution;
    if (document.is_object()) {
      Reader inner(document, reader.path_of("resolve"), problems_);
      inner.require("stack");
      resolution.mode = Resolution::Mode::stack;
      resolution.most = whole_number(inner, "stack", 1, static_cast<int>(limits::stack_max)).value_or(1);
      inner.finish();
      return resolution;
    }
    const auto word = reader.word("resolve", {"highest", "stack", "merge"});
    if (word == "stack") resolution = {Resolution::Mode::stack, static_cast<int>(limits::stack_max)};
    if (word == "merge") resolution.mode = Resolution::Mode::merge;
    if (word == "merge" && format != Format::json) reader.report(Code::out_of_range, "resolve", "only `json` configurations can be merged");
    return resolution;
  }

  ApprovalRule approval(const Value& document, const std::string& path) {
    Reader reader(document, path, problems_);
    ApprovalRule rule;
    if (const Value* when = reader.take("when")) {
      Reader inner(*when, reader.path_of("when"), problems_);
      rule.tag = inner.text("tag").value_or("");
      rule.kind = inner.word("kind", {"campaign", "journey"}).value_or("");
      rule.surface = inner.text("surface").value_or("");
      rule.priority_from = whole_number(inner, "priority_from", 0, limits::priority_max);
      rule.priority_till = whole_number(inner, "priority_till", 0, limits::priority_max);
      if (rule.priority_from && rule.priority_till && *rule.priority_till < *rule.priority_from)
        inner.report(Code::out_of_range, "priority_till", "`priority_till` is below `priority_from`");
      audience_sizes(inner, rule.audience);
      rule.has_lua = inner.boolean("has_lua");
      inner.finish();
      if (!rule.surface.empty() && !workspace_.configuration(rule.surface))
        inner.report(Code::unknown_configuration, "surface",
                     "there is no surface configuration `" + rule.surface + "`" + meant_configuration(rule.surface));
    }
    rule.approvers = whole_number(reader, "approvers", 1, limits::approvers_max).value_or(1);
    if (const Value* by = reader.take("by")) {
      Reader inner(*by, reader.path_of("by"), problems_);
      words_of(inner, "roles", rule.roles, approver_roles());
      words_of(inner, "names", rule.names, {});
      inner.finish();
      if (inner.is_object() && rule.roles.empty() && rule.names.empty())
        inner.report(Code::missing_field, "roles", "`by` needs `roles` or `names`; leave it out where every approver counts");
      // Of nobody but named people, there must be as many.
      if (rule.roles.empty() && !rule.names.empty() && rule.names.size() < static_cast<std::size_t>(rule.approvers))
        inner.report(Code::out_of_range, "names",
                     std::to_string(rule.approvers) + " approvals are asked for, and only " + std::to_string(rule.names.size()) +
                         " may give one: nothing could ever be approved");
    }
    reader.finish();
    return rule;
  }

  static const std::vector<std::string>& approver_roles() {
    static const std::vector<std::string> words = {"approver", "publisher", "author", "admin"};
    return words;
  }

  // A list of words, sorted and without doubles; of `known` ones, where there are any.
  void words_of(Reader& reader, std::string_view key, std::vector<std::string>& into, const std::vector<std::string>& known) {
    const Array* list = reader.array(key);
    if (!list) return;
    for (std::size_t i = 0; i < list->size(); ++i) {
      const std::string path = index(reader.path_of(key), i);
      if (!(*list)[i].is_string()) {
        report(Code::wrong_type, path, type_message("a string", (*list)[i]));
      } else if (const std::string& word = (*list)[i].string();
                 !known.empty() && std::find(known.begin(), known.end(), word) == known.end()) {
        report(Code::out_of_range, path, "`" + word + "` is not one of " + join(known, ", ") + did_you_mean(word, known));
      } else {
        into.push_back(word);
      }
    }
    std::sort(into.begin(), into.end());
    into.erase(std::unique(into.begin(), into.end()), into.end());
  }

  // One word or a list of them.
  void audience_sizes(Reader& reader, std::vector<AudienceSize>& into) {
    std::vector<std::string> known, said;
    for (const AudienceSize size : all_sizes) known.emplace_back(to_text(size));
    const Value* value = reader.take("audience");
    if (!value) return;
    if (value->is_array()) {
      words_of(reader, "audience", said, known);
    } else if (const auto word = reader.word("audience", known)) {
      said.push_back(*word);
    }
    for (const AudienceSize size : all_sizes)
      if (std::find(said.begin(), said.end(), to_text(size)) != said.end()) into.push_back(size);
  }

  void report(Code code, const std::string& path, std::string message) { problems_.push_back({code, path, std::move(message)}); }

  Problems& problems_;
  Reader reader_;
  Workspace workspace_;
};

Value to_value(const AttributeType& type) {
  Object document;
  for (const auto& [known, name] : type_names())
    if (known == type.type) document["type"] = name;
  if (!type.values.empty()) document["values"] = Array(type.values.begin(), type.values.end());
  if (type.min) document["min"] = *type.min;
  if (type.max) document["max"] = *type.max;
  if (!type.of.empty()) document["of"] = to_value(type.of[0]);
  return document;
}

Value to_value(const Resolution& resolve) {
  switch (resolve.mode) {
    case Resolution::Mode::highest: return "highest";
    case Resolution::Mode::merge: return "merge";
    case Resolution::Mode::stack: return Object{{"stack", resolve.most}};
  }
  return {};
}

Value to_value(const ApprovalRule& rule) {
  Object when;
  if (!rule.tag.empty()) when["tag"] = rule.tag;
  if (!rule.kind.empty()) when["kind"] = rule.kind;
  if (!rule.surface.empty()) when["surface"] = rule.surface;
  if (rule.priority_from) when["priority_from"] = *rule.priority_from;
  if (rule.priority_till) when["priority_till"] = *rule.priority_till;
  if (!rule.audience.empty()) {
    Array sizes;
    for (const AudienceSize size : rule.audience) sizes.emplace_back(to_text(size));
    when["audience"] = std::move(sizes);
  }
  if (rule.has_lua) when["has_lua"] = *rule.has_lua;
  Object document{{"when", std::move(when)}, {"approvers", rule.approvers}};
  Object by;
  if (!rule.roles.empty()) by["roles"] = Array(rule.roles.begin(), rule.roles.end());
  if (!rule.names.empty()) by["names"] = Array(rule.names.begin(), rule.names.end());
  if (!by.empty()) document["by"] = std::move(by);
  return document;
}

// The size of what a condition lets through. A named audience that holds itself is refused elsewhere;
// here it merely ends.
AudienceSize size_of(const Predicate& predicate, const Included& include, int depth) {
  using Op = Predicate::Op;
  const auto parts = [&](auto better, AudienceSize of_none) {
    AudienceSize size = of_none;
    for (const Predicate& part : predicate.args) size = better(size, size_of(part, include, depth + 1));
    return size;
  };
  switch (predicate.op) {
    case Op::always: return AudienceSize::everyone;
    case Op::all: return parts([](auto a, auto b) { return std::min(a, b); }, AudienceSize::everyone);
    case Op::any: return parts([](auto a, auto b) { return std::max(a, b); }, AudienceSize::listed);
    case Op::bucket: return predicate.lo <= 0 && predicate.hi >= 10'000 ? AudienceSize::everyone : AudienceSize::share;
    case Op::list: return AudienceSize::listed;
    case Op::audience: {
      const auto named = include.audiences.find(predicate.name);
      if (named == include.audiences.end() || depth > limits::predicate_depth_max) return AudienceSize::conditions;
      return size_of(named->second, include, depth + 1);
    }
    default: return AudienceSize::conditions;
  }
}

// The attributes that a predicate tests, with their places.
void attributes_in(const Predicate& predicate, std::map<std::string, std::string>& found) {
  if (!predicate.attribute.empty()) found.emplace(predicate.attribute, predicate.path);
  for (const Predicate& part : predicate.args) attributes_in(part, found);
}

bool predicate_has_lua(const Predicate& predicate) {
  return predicate.op == Predicate::Op::lua || std::any_of(predicate.args.begin(), predicate.args.end(), predicate_has_lua);
}

}  // namespace

std::string_view to_text(Format format) {
  constexpr std::string_view names[] = {"html", "json", "text"};
  return names[static_cast<int>(format)];
}

std::string to_text(const AttributeType& type) {
  for (const auto& [known, name] : type_names())
    if (known == type.type) return type.of.empty() ? name : name + " of " + to_text(type.of[0]);
  return "any";
}

bool AttributeType::accepts(const Value& value) const {
  switch (type) {
    case Type::any: return true;
    case Type::text: return value.is_string();
    case Type::number: return value.is_number() && (!min || value.number() >= *min) && (!max || value.number() <= *max);
    case Type::boolean: return value.is_boolean();
    case Type::enumeration: return value.is_string() && std::find(values.begin(), values.end(), value.string()) != values.end();
    case Type::list:
      return value.is_array() &&
          (of.empty() || std::all_of(value.array().begin(), value.array().end(), [&](const Value& item) { return of[0].accepts(item); }));
    case Type::date: return value.is_string() && (parse_instant(value.string()).ok() || parse_civil(value.string()).ok());
  }
  return false;
}

const Configuration* Workspace::configuration(std::string_view wanted) const {
  for (const Configuration& configuration : configurations)
    if (configuration.name == wanted) return &configuration;
  return nullptr;
}

Workspace parse_workspace(const Value& document, Problems& problems) { return Parser(document, problems).read(); }

Value to_value(const Workspace& workspace) {
  Object document{{"name", workspace.name}, {"zone", workspace.zone}};
  const auto put = [&](const char* key, const auto& members, auto convert) {
    if (members.empty()) return;
    Object object;
    for (const auto& [name, member] : members) object[name] = convert(member);
    document[key] = std::move(object);
  };
  const auto text = [](const std::string& member) { return Value(member); };
  put("attributes", workspace.attributes, [](const AttributeType& type) { return to_value(type); });
  put("conflict", workspace.conflict, [](const std::string& lua) { return Value(Object{{"lua", lua}}); });
  put("audiences", workspace.audiences, [](const Predicate& predicate) { return to_value(predicate); });
  put("schemas", workspace.schemas, [](const Value& schema) { return schema; });
  put("fragments", workspace.fragments, text);
  put("lists", workspace.lists, text);
  Object surfaces;
  for (const Configuration& configuration : workspace.configurations) {
    Object surface{{"format", to_text(configuration.format)}, {"resolve", to_value(configuration.resolve)}};
    Array rules;
    for (const SurfaceRule& rule : configuration.rules) rules.push_back(to_value(rule));
    surface["rules"] = std::move(rules);
    if (!configuration.schema.empty()) surface["schema"] = configuration.schema;
    if (configuration.fallback)
      surface["default"] = configuration.fallback->form == Content::Form::json ? Value(Object{{"json", configuration.fallback->json}})
                                                                               : Value(configuration.fallback->text);
    surfaces[configuration.name] = std::move(surface);
  }
  document["surfaces"] = std::move(surfaces);
  if (!workspace.approvals.empty()) {
    Array approvals;
    for (const ApprovalRule& rule : workspace.approvals) approvals.push_back(to_value(rule));
    document["approvals"] = std::move(approvals);
  }
  return document;
}

void include_mentions(Definition& definition, const Workspace& workspace, Problems& problems) {
  const auto copy = [&](const auto& mentioned, auto& included, const auto& known, Code code, std::string_view what) {
    bool grew = false;
    for (const auto& [name, path] : mentioned) {
      if (included.contains(name)) continue;
      if (const auto found = known.find(name); found != known.end()) {
        included.emplace(name, found->second);
        grew = true;
        continue;
      }
      const Problem problem{code, path, "there is no " + std::string(what) + " `" + name + "`" + [&] {
                              std::vector<std::string> names;
                              for (const auto& [key, value] : known) names.push_back(key);
                              const std::string near = nearest(name, names);
                              return near.empty() ? std::string() : "; did you mean `" + near + "`?";
                            }()};
      if (std::find(problems.begin(), problems.end(), problem) == problems.end()) problems.push_back(problem);
    }
    return grew;
  };
  // What is included may mention more: go on until nothing new comes.
  for (bool grew = true; grew;) {
    const Mentions named = mentions(definition);
    grew = copy(named.fragments, definition.include.fragments, workspace.fragments, Code::unknown_fragment, "fragment");
    grew |= copy(named.audiences, definition.include.audiences, workspace.audiences, Code::unknown_audience, "audience");
    grew |= copy(named.lists, definition.include.lists, workspace.lists, Code::unknown_list, "list");
  }
}

Problems check_against(const Definition& definition, const Workspace& workspace) {
  Problems problems;
  std::vector<std::string> configurations, attributes;
  for (const Configuration& configuration : workspace.configurations) configurations.push_back(configuration.name);
  for (const auto& [name, type] : workspace.attributes) attributes.push_back(name);
  const auto meant = [](const std::string& name, const std::vector<std::string>& known) {
    const std::string near = nearest(name, known);
    return near.empty() ? std::string() : "; did you mean `" + near + "`?";
  };
  for (const Action& action : definition.actions) {
    const Configuration* configuration = workspace.configuration(action.configuration);
    if (!configuration) {
      problems.push_back(
          {Code::unknown_configuration, action.path,
           "there is no surface configuration `" + action.configuration + "`" + meant(action.configuration, configurations)});
      continue;
    }
    if (configuration->format != Format::json && action.content.form == Content::Form::json)
      problems.push_back({Code::wrong_type, action.path,
                          "`" + action.configuration + "` shows " + std::string(to_text(configuration->format)) + ", not JSON"});
  }
  std::map<std::string, std::string> tested;
  for (const Predicate& condition : conditions_of(definition)) attributes_in(condition, tested);
  for (const auto& [name, predicate] : definition.include.audiences) attributes_in(predicate, tested);
  for (const auto& [name, path] : tested)
    if (!workspace.attributes.contains(name))
      problems.push_back({Code::unknown_attribute, path, "there is no attribute `" + name + "`" + meant(name, attributes)});
  return problems;
}

bool has_lua(const Definition& definition) {
  const auto& audiences = definition.include.audiences;
  const std::vector<Predicate> conditions = conditions_of(definition);
  return std::any_of(conditions.begin(), conditions.end(), predicate_has_lua) || !definition.targeting.empty() ||
      !definition.schedule_policy.empty() ||
      std::any_of(audiences.begin(), audiences.end(), [](const auto& entry) { return predicate_has_lua(entry.second); }) ||
      std::any_of(definition.actions.begin(), definition.actions.end(),
                  [](const Action& action) { return action.content.form == Content::Form::lua; });
}

std::string_view to_text(AudienceSize size) {
  constexpr std::string_view words[] = {"listed", "share", "conditions", "everyone"};
  return words[static_cast<int>(size)];
}

AudienceSize audience_size(const Definition& definition) {
  AudienceSize size = size_of(definition.audience, definition.include, 0);
  if (const Value* audience = definition.journey.at_path("enter.audience")) {
    Problems known;  // none: it was read before
    size = std::min(size, size_of(parse_predicate(*audience, "$.enter.audience", known), definition.include, 0));
  } else if (definition.journey.at_path("enter.event")) {
    size = std::min(size, AudienceSize::conditions);
  }
  return size;
}

std::vector<ApprovalDemand> approvals_for(const Definition& definition, const Workspace& workspace) {
  std::vector<ApprovalDemand> demands;
  for (const ApprovalRule& rule : workspace.approvals) {
    const auto shows_on = [&](const Action& action) { return action.configuration == rule.surface; };
    const AudienceSize size = audience_size(definition);
    if (!rule.tag.empty() && std::find(definition.tags.begin(), definition.tags.end(), rule.tag) == definition.tags.end()) continue;
    if (!rule.kind.empty() && rule.kind != to_text(definition.kind)) continue;
    if (!rule.surface.empty() && std::none_of(definition.actions.begin(), definition.actions.end(), shows_on)) continue;
    if (rule.priority_from && definition.priority < *rule.priority_from) continue;
    if (rule.priority_till && definition.priority > *rule.priority_till) continue;
    if (!rule.audience.empty() && std::find(rule.audience.begin(), rule.audience.end(), size) == rule.audience.end()) continue;
    if (rule.has_lua && *rule.has_lua != has_lua(definition)) continue;
    std::vector<std::string> because;
    if (!rule.tag.empty()) because.push_back("tag `" + rule.tag + "`");
    if (!rule.kind.empty()) because.push_back("kind " + rule.kind);
    if (!rule.surface.empty()) because.push_back("surface `" + rule.surface + "`");
    if (rule.priority_from) because.push_back("priority from " + std::to_string(*rule.priority_from));
    if (rule.priority_till) because.push_back("priority till " + std::to_string(*rule.priority_till));
    if (!rule.audience.empty()) because.push_back("audience " + std::string(to_text(size)));
    if (rule.has_lua) because.emplace_back(*rule.has_lua ? "with Lua" : "without Lua");
    ApprovalDemand demand{rule.approvers, because.empty() ? "every experience" : join(because, ", "), rule.roles, rule.names};
    const auto same_people = std::find_if(demands.begin(), demands.end(), [&](const ApprovalDemand& known) {
      return known.roles == demand.roles && known.names == demand.names;
    });
    if (same_people == demands.end()) demands.push_back(std::move(demand));
    else if (demand.approvers > same_people->approvers) *same_people = std::move(demand);
  }
  return demands;
}

}  // namespace footlight
