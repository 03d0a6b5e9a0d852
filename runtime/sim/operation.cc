#include "sim/operation.h"

#include <array>
#include <utility>

#include "model/reader.h"

namespace footlight::sim {
namespace {

constexpr std::array<std::pair<std::string_view, Verb>, 22> verb_words{{
    {"world", Verb::world},       {"configure", Verb::configure}, {"advance", Verb::advance},
    {"clock", Verb::clock},       {"suspend", Verb::suspend},     {"poll", Verb::poll},
    {"ask", Verb::ask},           {"deliver", Verb::deliver},     {"lose", Verb::lose},
    {"double", Verb::double_},    {"partition", Verb::partition}, {"heal", Verb::heal},
    {"follow", Verb::follow},     {"serve", Verb::serve},         {"crash", Verb::crash},
    {"restart", Verb::restart},   {"backup", Verb::backup},       {"restore", Verb::restore},
    {"rollback", Verb::rollback}, {"receipt", Verb::receipt},     {"status", Verb::status},
    {"verify", Verb::verify},
}};
constexpr std::array<std::pair<std::string_view, Fault>, 5> fault_words{{
    {"crash_before_commit", Fault::crash_before_commit},
    {"crash_after_commit", Fault::crash_after_commit},
    {"crash_before_save", Fault::crash_before_save},
    {"crash_after_save", Fault::crash_after_save},
    {"does_not_compile", Fault::does_not_compile},
}};

// `90s`, `-1h`: a clock may be put back.
Duration duration(Reader& reader, std::string_view key, bool may_be_negative = false) {
  const auto text = reader.text(key);
  if (!text) return {};
  const bool is_negative = may_be_negative && text->starts_with('-');
  auto read = parse_duration(std::string_view(*text).substr(is_negative ? 1 : 0));
  if (!read) {
    reader.report(read.error().code, key, read.error().message);
    return {};
  }
  return is_negative ? Duration{-read->ms} : *read;
}

std::set<Role> roles(Reader& reader) {
  std::set<Role> all = {Role::author, Role::approver, Role::publisher};
  const Array* words = reader.array("roles");
  if (!words) return all;
  all.clear();
  for (const Value& word : *words) {
    const auto role = word.is_string() ? role_from(word.string()) : std::nullopt;
    if (role) all.insert(*role);
    else reader.report(Code::out_of_range, "roles", "a role is one of author, approver, publisher, admin, viewer, delivery");
  }
  return all;
}

void read_command(Reader& reader, Operation& operation) {
  Command& command = operation.command;
  command.experience = command.name == CommandName::epoch_bump ? "" : reader.required_text("id").value_or("");
  command.actor = {operation.actor.empty() ? "tester" : operation.actor, roles(reader)};
  if (const auto expected = reader.number("expect", 0, 1e9)) command.expected_revision = static_cast<int>(*expected);
  if (const auto revision = reader.number("revision", 0, 1e9)) command.revision = static_cast<int>(*revision);
  command.message = reader.text("message").value_or("");
  command.new_id = reader.text("new_id").value_or("");
  command.request_id = reader.text("request_id").value_or("");
  operation.key = reader.text("key").value_or("");
  if (const auto hash = reader.text("hash")) {
    command.expected_hash = *hash;
    operation.has_hash = true;
  }
  if (const Value* definition = reader.take("definition")) {
    command.definition = *definition;
    operation.has_definition = true;
  }
  if (const Value* changes = reader.take("changes")) operation.changes = *changes;
}

}  // namespace

std::string_view to_text(Verb verb) {
  for (const auto& [word, one] : verb_words)
    if (one == verb) return word;
  return "command";
}

Result<Operation> operation_from(const Value& value) {
  Problems problems;
  Reader reader(value, "$", problems);
  Operation operation;
  const std::string word = reader.required_text("op").value_or("");
  bool is_known = false;
  for (const auto& [text, verb] : verb_words)
    if (text == word) {
      operation.verb = verb;
      is_known = true;
    }
  if (const auto name = command_from(word)) {
    operation.verb = Verb::command;
    operation.command.name = *name;
    is_known = true;
  }
  if (!is_known && !word.empty()) reader.report(Code::out_of_range, "op", "there is no operation `" + word + "`");
  operation.after = duration(reader, "after");
  operation.actor = reader.text("actor").value_or("");
  if (const auto fault = reader.text("fault")) {
    for (const auto& [text, one] : fault_words)
      if (text == *fault) operation.fault = one;
    if (operation.fault == Fault::none) reader.report(Code::out_of_range, "fault", "there is no fault `" + *fault + "`");
  }
  if (operation.verb == Verb::command) read_command(reader, operation);
  operation.by = duration(reader, "by", true);
  operation.is_polling = reader.boolean("polling").value_or(false);
  operation.boot_rate = reader.number("boot_rate", 0, 10);
  operation.wall_rate = reader.number("wall_rate", 0, 10);
  if (operation.verb != Verb::command) operation.message = static_cast<int>(reader.number("message", 0, 1e9).value_or(0));
  operation.name = reader.text("name").value_or("");
  operation.surface = reader.text("surface").value_or("");
  if (const Value* attributes = reader.take("attributes")) operation.attributes = *attributes;
  operation.deciding = duration(reader, "deciding");
  operation.writing = duration(reader, "writing");
  operation.is_reboot = reader.boolean("reboot").value_or(false);
  operation.damage = reader.word("damage", {"state", "catalog"}).value_or("");
  if (const Value* document = reader.take("workspace")) operation.document = *document;
  operation.nodes = static_cast<int>(reader.number("nodes", 0, 100).value_or(2));
  operation.relays = static_cast<int>(reader.number("relays", 0, 100).value_or(0));
  operation.window = duration(reader, "window");
  reader.finish();
  if (has_errors(problems)) return refuse(Code::bad_request, std::move(problems), "the operation cannot be read");
  return operation;
}

Value to_value(const Operation& o) {
  Object value{{"op", o.verb == Verb::command ? footlight::to_text(o.command.name) : to_text(o.verb)}};
  const auto add_duration = [&](const char* key, Duration d) {
    if (d != Duration{}) value[key] = d.ms < 0 ? "-" + footlight::to_text(Duration{-d.ms}) : footlight::to_text(d);
  };
  const auto add_text = [&](const char* key, const std::string& text) {
    if (!text.empty()) value[key] = text;
  };
  add_duration("after", o.after);
  add_text("actor", o.actor);
  for (const auto& [word, fault] : fault_words)
    if (fault == o.fault) value["fault"] = word;
  if (o.verb == Verb::command) {
    add_text("id", o.command.experience);
    Array words;
    for (const Role role : o.command.actor.roles) words.emplace_back(footlight::to_text(role));
    value["roles"] = std::move(words);
    if (o.command.expected_revision) value["expect"] = *o.command.expected_revision;
    if (o.command.revision) value["revision"] = *o.command.revision;
    add_text("message", o.command.message);
    add_text("new_id", o.command.new_id);
    add_text("request_id", o.command.request_id);
    add_text("key", o.key);
    if (o.has_hash) value["hash"] = o.command.expected_hash;
    if (o.has_definition) value["definition"] = o.command.definition;
    if (!o.changes.is_null()) value["changes"] = o.changes;
  }
  add_duration("by", o.by);
  if (o.is_polling) value["polling"] = true;
  if (o.boot_rate) value["boot_rate"] = *o.boot_rate;
  if (o.wall_rate) value["wall_rate"] = *o.wall_rate;
  if (o.message != 0) value["message"] = o.message;
  add_text("name", o.name);
  add_text("surface", o.surface);
  if (!o.attributes.is_null()) value["attributes"] = o.attributes;
  add_duration("deciding", o.deciding);
  add_duration("writing", o.writing);
  if (o.is_reboot) value["reboot"] = true;
  add_text("damage", o.damage);
  if (!o.document.is_null()) value["workspace"] = o.document;
  if (o.verb == Verb::world) {
    value["nodes"] = o.nodes;
    if (o.relays != 0) value["relays"] = o.relays;
    add_duration("window", o.window);
  }
  return value;
}

}  // namespace footlight::sim
