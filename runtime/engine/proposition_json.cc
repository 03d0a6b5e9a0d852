#include "engine/proposition_json.h"

#include <charconv>

#include "engine/decide.h"

namespace footlight {
namespace {

void text(std::string& out, std::string_view key, std::string_view value) {
  out += key;
  append_json_string(out, value);
}

void number(std::string& out, std::string_view key, int value) {
  char digits[12];
  out += key;
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

void names(std::string& out, std::string_view configuration, std::string_view element, std::string_view experience,
           std::string_view action) {
  text(out, ",\"configuration\":", configuration);
  text(out, ",\"element\":", element);
  if (experience.empty()) out += ",\"experience\":null";
  else text(out, ",\"experience\":", experience);
  text(out, ",\"action\":", action);
}

void body(std::string& out, int revision, int priority, Format format, std::string_view content) {
  number(out, ",\"revision\":", revision);
  number(out, ",\"priority\":", priority);
  text(out, ",\"format\":", to_text(format));
  out += ",\"content\":";
  if (format == Format::json) out += content;
  else append_json_string(out, content);
}

}  // namespace

ReadyProposition ready_proposition(const CompiledExperience& experience, const CompiledAction& action,
                                   const CompiledConfiguration& configuration) {
  ReadyProposition ready;
  names(ready.json, configuration.name, action.element, experience.id, action.id);
  ready.treatment_at = static_cast<std::uint32_t>(ready.json.size());
  body(ready.json, experience.revision, experience.priority, configuration.format, *action.content.constant);
  if (configuration.format == Format::json) {
    ready.content_size = static_cast<std::uint32_t>(action.content.constant->size());
    ready.content_at = static_cast<std::uint32_t>(ready.json.size()) - ready.content_size;
  }
  ready.json += ",\"token\":\"\"}";
  ready.json.shrink_to_fit();
  return ready;
}

void append_json(std::string& out, const ReadyProposition& ready, std::string_view surface, std::string_view treatment,
                 std::string_view token) {
  std::string_view json(ready.json);
  if (treatment.empty()) return append_json(out, json, surface, token);
  out += surface;
  out += json.substr(0, ready.treatment_at);
  text(out, ",\"treatment\":", treatment);
  json.remove_prefix(ready.treatment_at);
  append_json(out, json, {}, token);
}

void append_json(std::string& out, std::string_view ready, std::string_view surface, std::string_view token) {
  constexpr std::string_view end = "\"}";
  out += surface;
  if (token.empty()) {
    out += ready;
    return;
  }
  out += ready.substr(0, ready.size() - end.size());
  out += token;
  out += end;
}

void append_json(std::string& out, const Proposition& proposition) {
  text(out, "{\"surface\":", proposition.surface);
  names(out, proposition.configuration, proposition.element, proposition.experience, proposition.action);
  if (!proposition.treatment.empty()) text(out, ",\"treatment\":", proposition.treatment);
  body(out, proposition.revision, proposition.priority, proposition.format, proposition.content);
  text(out, ",\"token\":", proposition.token);
  if (!proposition.parts.empty()) {
    out += ",\"parts\":[";
    for (const auto& part : proposition.parts) {
      if (&part != &proposition.parts[0]) out += ',';
      text(out, "{\"experience\":", part.experience);
      text(out, ",\"action\":", part.action);
      number(out, ",\"revision\":", part.revision);
      text(out, ",\"token\":", part.token);
      out += '}';
    }
    out += ']';
  }
  out += '}';
}

}  // namespace footlight
