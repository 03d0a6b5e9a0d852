#include "documents.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace footlight::c {
namespace {

// The members of a document, each of its type; what is wrong is told with its JSON path.
class Members {
 public:
  Members(const Value& document, std::string path, Problems& problems) : document_(document), path_(std::move(path)), problems_(problems) {
    if (!document.is_object()) report(Code::wrong_type, "", "this is an object, not a " + std::string(kind_name(document.kind())));
  }

  std::string text(std::string_view key, bool is_required = false) {
    const Value* value = member(key);
    if (!value && is_required) report(Code::missing_field, key, "`" + std::string(key) + "` is missing");
    if (!value) return {};
    if (value->is_string()) return value->string();
    report(Code::wrong_type, key, "`" + std::string(key) + "` is a text");
    return {};
  }

  std::optional<int> number(std::string_view key) {
    const Value* value = member(key);
    if (!value) return {};
    if (value->is_number() && value->number() >= 0 && value->number() <= 1e9 && value->number() == std::floor(value->number()))
      return static_cast<int>(value->number());
    report(Code::wrong_type, key, "`" + std::string(key) + "` is the number of a revision");
    return {};
  }

  const Value* member(std::string_view key) {
    known_.push_back(key);
    return document_.find(key);
  }

  // What was not asked for is a mistake of whoever wrote it.
  void finish() {
    if (!document_.is_object()) return;
    for (const auto& [key, value] : document_.object())
      if (std::find(known_.begin(), known_.end(), key) == known_.end()) report(Code::unknown_field, key, "there is no `" + key + "` here");
  }

  void report(Code code, std::string_view key, std::string message) {
    problems_.push_back({code, key.empty() ? path_ : path_ + "." + std::string(key), std::move(message)});
  }

 private:
  const Value& document_;
  const std::string path_;
  Problems& problems_;
  std::vector<std::string_view> known_;
};

Actor actor_of(const Value& document, const std::string& path, Problems& problems) {
  Members members(document, path, problems);
  Actor actor{.name = members.text("name", true), .roles = {}};
  const Value* roles = members.member("roles");
  if (!roles || !roles->is_array()) {
    members.report(roles ? Code::wrong_type : Code::missing_field, "roles", "`roles` is a list: [\"author\"]");
  } else {
    for (const Value& word : roles->array()) {
      const auto role = word.is_string() ? role_from(word.string()) : std::nullopt;
      if (role) actor.roles.insert(*role);
      else members.report(Code::bad_request, "roles", "there is no role " + to_json(word));
    }
  }
  members.finish();
  return actor;
}

Error not_readable(Problems problems, const char* what) {
  return refuse(Code::bad_request, std::move(problems), std::string("the ") + what + " cannot be read");
}

}  // namespace

Value problems_document(const Problems& problems) {
  Array rows;
  for (const Problem& problem : problems)
    rows.push_back(
        Object{{"code", name(problem.code)}, {"place", problem.place}, {"message", problem.message}, {"warning", problem.is_warning}});
  return rows;
}

Value error_document(const Error& error) {
  return Object{{"code", name(error.code)}, {"message", error.message}, {"problems", problems_document(error.problems)}};
}

Value event_document(const Event& event) {
  return Object{{"kind", event.kind},
                {"at", to_text(event.at)},
                {"identity", Object{{"namespace", event.identity.space}, {"id", event.identity.id}}},
                {"experience", event.experience},
                {"action", event.action},
                {"treatment", event.treatment},
                {"revision", event.revision},
                {"surface", event.surface},
                {"element", event.element},
                {"token", event.token}};
}

Value request_document(const Request& request) {
  return Object{{"identity", Object{{"namespace", request.identity.space}, {"id", request.identity.id}}},
                {"attributes", request.attributes},
                {"context", request.context},
                {"surfaces", Array(request.surfaces.begin(), request.surfaces.end())},
                {"now", to_text(request.now)}};
}

Value fixtures_document(const std::vector<FixtureResult>& results) {
  Array rows;
  for (const FixtureResult& result : results)
    rows.push_back(Object{{"file", result.file},
                          {"name", result.name},
                          {"passed", result.passed},
                          {"message", result.message},
                          {"log", Array(result.log.begin(), result.log.end())}});
  return rows;
}

Value following_document(const Following& following) {
  Object document{{"node", following.node},
                  {"version", following.version},
                  {"is_leased", following.is_leased},
                  {"lease_left_ms", following.lease_left.ms}};
  if (following.failure)
    document["failure"] = Object{{"code", std::string(name(following.failure->code))}, {"message", following.failure->message}};
  return document;
}

Value taken_document(const std::vector<TakenIn>& taken) {
  constexpr std::array words = {"created", "edited", "unchanged", "left"};
  Array rows;
  for (const TakenIn& row : taken)
    rows.push_back(Object{{"id", row.id}, {"what", words[static_cast<std::size_t>(row.what)]}, {"why", row.why}});
  return rows;
}

Result<Actor> actor_from_document(std::string_view json) {
  auto document = parse_json(json);
  if (!document) return document.error();
  Problems problems;
  Actor actor = actor_of(*document, "$", problems);
  if (!problems.empty()) return not_readable(std::move(problems), "actor");
  return actor;
}

Result<AskedCommand> command_from_document(std::string_view json) {
  auto document = parse_json(json);
  if (!document) return document.error();
  Problems problems;
  Members members(*document, "$", problems);
  AskedCommand asked;
  const std::string word = members.text("command", true);
  if (const auto known = command_from(word)) asked.command.name = *known;
  else if (!word.empty()) members.report(Code::bad_request, "command", "there is no command `" + word + "`");
  asked.command.experience = members.text("experience");
  if (const Value* actor = members.member("actor")) asked.command.actor = actor_of(*actor, "$.actor", problems);
  else members.report(Code::missing_field, "actor", "`actor` is missing: {\"name\", \"roles\"}");
  if (const Value* definition = members.member("definition")) asked.command.definition = *definition;
  asked.command.message = members.text("message");
  asked.command.new_id = members.text("new_id");
  asked.command.expected_hash = members.text("expected_hash");
  asked.command.revision = members.number("revision");
  asked.command.expected_revision = members.number("expected_revision");
  asked.key = members.text("key");
  members.finish();
  if (!problems.empty()) return not_readable(std::move(problems), "command");
  return asked;
}

}  // namespace footlight::c
