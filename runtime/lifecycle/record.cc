// Records as canonical JSON, the form that the journal keeps, and back.
//
// Absent members are left out. What cannot be read back is a journal that does not verify, so each
// problem is store_corrupt with its place.
#include <cmath>

#include "footlight/lifecycle.h"

namespace footlight {
namespace {

// ---- writing

void put(Object& object, const char* key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}
void put(Object& object, const char* key, const std::optional<Instant>& instant) {
  if (instant) object[key] = to_text(*instant);
}
void put(Object& object, const char* key, bool flag) {
  if (flag) object[key] = true;
}

Value value_of(const Span& span) {
  Object object;
  put(object, "start", span.start);
  put(object, "end", span.end);
  put(object, "zone", span.zone);
  put(object, "start_text", span.start_text);
  put(object, "end_text", span.end_text);
  return object;
}

Value value_of(const Standing& standing) {
  return Object{{"phase", to_text(standing.phase)}, {"since", to_text(standing.since)}, {"span", value_of(standing.span)}};
}

Value value_of(const Revision& revision) {
  return Object{
      {"n", revision.n}, {"definition", revision.definition}, {"hash", revision.hash}, {"by", revision.by}, {"at", to_text(revision.at)}};
}

Value value_of(const std::set<Role>& roles) {
  Array words;
  for (const Role role : roles) words.emplace_back(to_text(role));
  return words;
}

Value value_of(const Approval& approval) {
  Object object{{"revision", approval.revision}, {"hash", approval.hash}, {"by", approval.by}, {"at", to_text(approval.at)}};
  if (!approval.roles.empty()) object["roles"] = value_of(approval.roles);
  return object;
}

Value value_of(const ActivationWish& wish) { return Object{{"by", wish.by}, {"may_activate", wish.may_activate}}; }

Value value_of(const Ending& ending) {
  Object object{{"when", to_text(ending.when)}, {"how", ending.how}};
  put(object, "who", ending.who);
  return object;
}

Value value_of(const CatalogVersion& version) { return Object{{"epoch", version.epoch}, {"v", version.v}, {"chain", version.chain}}; }

Value value_of(const Actor& actor) { return Object{{"name", actor.name}, {"roles", value_of(actor.roles)}}; }

// ---- reading: a reader notes the first problem and goes on with empty values

class Fields {
 public:
  Fields(const Value& value, std::string path, std::string& problem) : value_(value), path_(std::move(path)), problem_(problem) {
    if (!value.is_object()) note("", "an object");
  }

  const Value* find(const char* key) const { return value_.find(key); }
  Fields inner(const char* key) const { return Fields(*value_.find(key), path_ + "." + key, problem_); }

  std::string text(const char* key) const {
    const Value* member = value_.find(key);
    if (!member) return "";
    if (!member->is_string()) return note(key, "a string"), "";
    return member->string();
  }
  std::string required_text(const char* key) const {
    if (!value_.find(key)) note(key, "a string");
    return text(key);
  }
  std::int64_t count(const char* key) const {
    const Value* member = value_.find(key);
    const double number = member && member->is_number() ? member->number() : -1;
    if (number < 0 || number > 9e15 || std::floor(number) != number) return note(key, "a count"), 0;
    return static_cast<std::int64_t>(number);
  }
  int small_count(const char* key) const {
    const std::int64_t number = count(key);
    if (number > 1'000'000'000) return note(key, "a smaller count"), 0;
    return static_cast<int>(number);
  }
  bool flag(const char* key) const {
    const Value* member = value_.find(key);
    if (!member) return false;
    if (!member->is_boolean()) return note(key, "true or false"), false;
    return member->boolean();
  }
  std::optional<Instant> instant(const char* key) const {
    const std::string written = text(key);
    if (written.empty()) return std::nullopt;
    const auto parsed = parse_instant(written);
    if (!parsed.ok()) return note(key, "an instant"), std::nullopt;
    return *parsed;
  }
  Instant required_instant(const char* key) const {
    const auto found = instant(key);
    if (!found) note(key, "an instant");
    return found.value_or(Instant{});
  }
  template <class T>
  T word(const char* key, std::optional<T> (*from)(std::string_view)) const {
    const auto found = from(text(key));
    if (!found) note(key, "a known word");
    return found.value_or(T{});
  }
  void note(std::string_view key, std::string_view wanted) const {
    if (!problem_.empty()) return;
    problem_ = path_ + (key.empty() ? "" : "." + std::string(key)) + ": expected " + std::string(wanted);
  }

 private:
  const Value& value_;
  std::string path_;
  std::string& problem_;
};

Span span_from(const Fields& in) {
  return {in.instant("start"), in.instant("end"), in.text("zone"), in.text("start_text"), in.text("end_text")};
}

Standing standing_from(const Fields& in) {
  Standing standing{in.word<Phase>("phase", phase_from), in.required_instant("since"), {}};
  if (in.find("span")) standing.span = span_from(in.inner("span"));
  return standing;
}

// Takes the definition, the larger part of most journals.
Revision revision_from(const Fields& in, Value& value) {
  Revision revision{in.small_count("n"), {}, in.required_text("hash"), in.required_text("by"), in.required_instant("at")};
  if (in.find("definition")) revision.definition = std::move(value.object().at("definition"));
  if (hash_of(revision.definition) != revision.hash) in.note("hash", "the hash of the definition");
  return revision;
}

std::set<Role> roles_from(const Fields& in) {
  std::set<Role> found;
  const Value* roles = in.find("roles");
  if (!roles || !roles->is_array()) return in.note("roles", "a list of roles"), found;
  for (const Value& role : roles->array()) {
    const auto known = role.is_string() ? role_from(role.string()) : std::nullopt;
    if (!known) return in.note("roles", "a list of roles"), found;
    found.insert(*known);
  }
  return found;
}

}  // namespace

Value to_value(const CatalogItem& item) {
  return Object{{"experience", item.experience},
                {"revision", item.revision},
                {"hash", item.hash},
                {"standing", value_of(item.standing)},
                {"activated_at", to_text(item.activated_at)}};
}

Value to_value(const Record& record) {
  Object object{{"seq", record.seq}, {"command", to_text(record.command)}, {"actor", value_of(record.actor)}, {"at", to_text(record.at)}};
  put(object, "experience", record.experience);
  put(object, "request_id", record.request_id);
  put(object, "message", record.message);
  if (record.kind) object["kind"] = to_text(*record.kind);
  if (record.revision) object["revision"] = value_of(*record.revision);
  put(object, "starts_contributors_anew", record.starts_contributors_anew);
  if (record.head_status) object["head_status"] = to_text(*record.head_status);
  if (record.approval) object["approval"] = value_of(*record.approval);
  put(object, "voids_approvals", record.voids_approvals);
  if (record.activates_on_approval) object["activates_on_approval"] = value_of(*record.activates_on_approval);
  if (record.not_activated)
    object["not_activated"] = Object{{"code", record.not_activated->code}, {"message", record.not_activated->message}};
  if (record.standing) object["standing"] = value_of(*record.standing);
  if (record.live_revision) object["live_revision"] = *record.live_revision;
  if (record.ending) object["ending"] = value_of(*record.ending);
  if (record.duplicated_from)
    object["duplicated_from"] = Object{{"experience", record.duplicated_from->first}, {"revision", record.duplicated_from->second}};
  if (record.version) object["version"] = value_of(*record.version);
  put(object, "visible_by", record.visible_by);
  put(object, "gone_by", record.gone_by);
  return object;
}

Result<Record> record_from(Value value) {
  std::string problem;
  const Fields in(value, "$", problem);
  Record record;
  record.seq = in.count("seq");
  record.command = in.word<CommandName>("command", command_from);
  record.experience = in.text("experience");
  if (in.find("actor")) {
    const Fields actor = in.inner("actor");
    record.actor = {actor.required_text("name"), roles_from(actor)};
  } else {
    in.note("actor", "an actor");
  }
  record.at = in.required_instant("at");
  record.request_id = in.text("request_id");
  record.message = in.text("message");
  if (in.find("kind")) record.kind = in.word<Kind>("kind", kind_from);
  if (in.find("revision")) record.revision = revision_from(in.inner("revision"), value.object().at("revision"));
  record.starts_contributors_anew = in.flag("starts_contributors_anew");
  if (in.find("head_status")) record.head_status = in.word<HeadStatus>("head_status", head_status_from);
  if (in.find("approval")) {
    const Fields approval = in.inner("approval");
    record.approval = Approval{approval.small_count("revision"),
                               approval.required_text("hash"),
                               approval.required_text("by"),
                               approval.required_instant("at"),
                               {}};
    if (approval.find("roles")) record.approval->roles = roles_from(approval);
  }
  record.voids_approvals = in.flag("voids_approvals");
  if (in.find("activates_on_approval")) {
    const Fields wish = in.inner("activates_on_approval");
    record.activates_on_approval = ActivationWish{wish.required_text("by"), wish.flag("may_activate")};
  }
  if (in.find("not_activated")) {
    const Fields why = in.inner("not_activated");
    record.not_activated = NotActivated{why.required_text("code"), why.required_text("message")};
  }
  if (in.find("standing")) record.standing = standing_from(in.inner("standing"));
  if (in.find("live_revision")) record.live_revision = in.small_count("live_revision");
  if (in.find("ending")) {
    const Fields ending = in.inner("ending");
    record.ending = Ending{ending.text("who"), ending.required_instant("when"), ending.required_text("how")};
  }
  if (in.find("duplicated_from")) {
    const Fields from = in.inner("duplicated_from");
    record.duplicated_from = {from.required_text("experience"), from.small_count("revision")};
  }
  if (in.find("version")) {
    const Fields version = in.inner("version");
    record.version = CatalogVersion{version.count("epoch"), version.count("v"), version.required_text("chain")};
  }
  record.visible_by = in.instant("visible_by");
  record.gone_by = in.instant("gone_by");
  if (!problem.empty()) return refuse(Code::store_corrupt, "not a record of the journal: " + problem);
  return record;
}

}  // namespace footlight
