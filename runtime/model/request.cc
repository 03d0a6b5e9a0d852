#include "model/request.h"

#include <algorithm>

#include "base/limits.h"
#include "model/reader.h"

namespace footlight {
namespace {

// Leaves, and strings beyond their limit.
void measure(const Value& value, const std::string& path, std::size_t& leaves, Problems& problems) {
  if (value.is_object()) {
    for (const auto& [key, member] : value.object()) measure(member, path + "." + key, leaves, problems);
    return;
  }
  ++leaves;
  if (value.is_array())
    for (const Value& item : value.array()) measure(item, path, leaves, problems);
  if (value.is_string() && value.string().size() > limits::attribute_string_bytes_max)
    problems.push_back({Code::limit_exceeded, path, "a string has more than " + std::to_string(limits::attribute_string_bytes_max) + " bytes"});
}

Object bag(Reader& reader, std::string_view key, Problems& problems) {
  const Object* members = reader.object(key);
  if (!members) return {};
  std::size_t leaves = 0;
  measure(Value(*members), reader.path_of(key), leaves, problems);
  if (leaves > limits::attributes_max)
    reader.report(Code::limit_exceeded, key, std::to_string(leaves) + " values; at most " + std::to_string(limits::attributes_max) + " are taken");
  const Value unfolded = unfold(Value(*members), reader.path_of(key), problems);
  return unfolded.object();
}

}  // namespace

Value unfold(const Value& attributes, const std::string& path, Problems& problems) {
  const Object& members = attributes.object();
  const bool is_flat = std::none_of(members.begin(), members.end(),
                                    [](const auto& entry) { return entry.first.find('.') != std::string::npos; });
  if (is_flat) return attributes;
  Value nested = Object{};
  for (const auto& [name, member] : members) {
    Value* here = &nested;
    std::string_view rest = name;
    bool clashes = false;
    for (auto dot = rest.find('.'); dot != std::string_view::npos && !clashes; dot = rest.find('.')) {
      here = &here->object()[std::string(rest.substr(0, dot))];
      if (here->is_null()) *here = Object{};
      clashes = !here->is_object();
      rest.remove_prefix(dot + 1);
    }
    if (!clashes) {
      Value& place = here->object()[std::string(rest)];
      clashes = !place.is_null() && !(place.is_object() && member.is_object());
      if (!clashes && place.is_object())
        for (const auto& [key, inner] : member.object()) place.object().emplace(key, inner);
      else if (!clashes)
        place = member;
    }
    if (clashes) problems.push_back({Code::bad_request, path + "." + name, "`" + name + "` is given twice, nested and with dots"});
  }
  return nested;
}

Request parse_request(const Value& document, Instant now, Problems& problems) {
  Request request{.now = now};
  Reader reader(document, "$", problems);
  if (!reader.is_object()) return request;
  if (const Value* identity = reader.take("identity")) {
    Reader inner(*identity, "$.identity", problems);
    request.identity.space = inner.text("namespace").value_or("");
    request.identity.id = inner.required_text("id").value_or("");
    inner.finish();
  }
  request.attributes = bag(reader, "attributes", problems);
  request.context = bag(reader, "context", problems);
  reader.require("surfaces");
  if (const Array* surfaces = reader.array("surfaces")) {
    if (surfaces->size() > limits::request_surfaces_max)
      reader.report(Code::limit_exceeded, "surfaces", std::to_string(surfaces->size()) + " surfaces; at most " +
                                                          std::to_string(limits::request_surfaces_max) + " are answered at once");
    for (std::size_t i = 0; i < surfaces->size(); ++i) {
      const Value& surface = (*surfaces)[i];
      if (!surface.is_string()) {
        problems.push_back({Code::wrong_type, "$.surfaces[" + std::to_string(i) + "]", type_message("a surface URI", surface)});
        continue;
      }
      if (std::find(request.surfaces.begin(), request.surfaces.end(), surface.string()) == request.surfaces.end())
        request.surfaces.push_back(surface.string());
    }
  }
  reader.finish();
  return request;
}

}  // namespace footlight
