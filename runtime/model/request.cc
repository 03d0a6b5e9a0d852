#include "model/request.h"

#include <algorithm>
#include <tuple>

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
    problems.push_back(
        {Code::limit_exceeded, path, "a string has more than " + std::to_string(limits::attribute_string_bytes_max) + " bytes"});
}

// What stands at `path`, an object, with its dotted names unfolded.
Value bag(const Value& members, const std::string& path, Problems& problems) {
  std::size_t leaves = 0;
  measure(members, path, leaves, problems);
  if (leaves > limits::attributes_max)
    problems.push_back(
        {Code::limit_exceeded, path, std::to_string(leaves) + " values; at most " + std::to_string(limits::attributes_max) + " are taken"});
  return unfold(members, path, problems);
}

Value bag(Reader& reader, std::string_view key, Problems& problems) {
  const Object* members = reader.object(key);
  return members ? bag(Value(*members), reader.path_of(key), problems) : Value(Object{});
}

std::string too_many_surfaces(std::size_t count) {
  return std::to_string(count) + " surfaces; at most " + std::to_string(limits::request_surfaces_max) + " are answered at once";
}

bool has_dotted_names(const Object& members) {
  return std::any_of(members.begin(), members.end(), [](const auto& member) {
    return member.first.find('.') != std::string::npos || (member.second.is_object() && has_dotted_names(member.second.object()));
  });
}

// Puts every member where its name leads, within `into` at this depth. An absent value clashes with nothing.
void put_all(Object& into, const Object& members, const std::string& path, int depth, Problems& problems) {
  for (const auto& [name, member] : members) {
    const std::string place = path + "." + name;
    const int depth_of_leaf = depth + static_cast<int>(std::count(name.begin(), name.end(), '.'));
    if (depth_of_leaf > limits::json_depth_max) {
      problems.push_back({Code::limit_exceeded, path, "a name leads more than " + std::to_string(limits::json_depth_max) + " levels deep"});
      continue;
    }
    Object* here = &into;
    std::string_view rest = name;
    for (auto dot = rest.find('.'); here && dot != std::string_view::npos; dot = rest.find('.')) {
      Value& next = (*here)[std::string(rest.substr(0, dot))];
      if (next.is_null()) next = Object{};
      here = next.is_object() ? &next.object() : nullptr;
      rest.remove_prefix(dot + 1);
    }
    Value* leaf = here ? &(*here)[std::string(rest)] : nullptr;
    if (leaf && leaf->is_null() && member.is_object()) *leaf = Object{};
    if (leaf && leaf->is_object() && member.is_object()) put_all(leaf->object(), member.object(), place, depth_of_leaf + 1, problems);
    else if (leaf && leaf->is_null()) *leaf = member;
    else if (!member.is_null()) problems.push_back({Code::bad_request, place, "`" + name + "` is given twice, nested and with dots"});
  }
}

}  // namespace

Value unfold(const Value& attributes, const std::string& path, Problems& problems) {
  if (!has_dotted_names(attributes.object())) return attributes;
  Object nested;
  put_all(nested, attributes.object(), path, 1, problems);
  return nested;
}

Request checked_request(const Request& given, Instant now, Problems& problems) {
  Request request{.identity = given.identity, .now = now};
  for (const auto& [bag_given, path, into] :
       {std::tuple{&given.attributes, "$.attributes", &request.attributes}, std::tuple{&given.context, "$.context", &request.context}}) {
    if (bag_given->is_object()) *into = bag(*bag_given, path, problems);
    else problems.push_back({Code::wrong_type, path, type_message("an object", *bag_given)});
  }
  if (given.surfaces.size() > limits::request_surfaces_max)
    problems.push_back({Code::limit_exceeded, "$.surfaces", too_many_surfaces(given.surfaces.size())});
  for (const std::string& surface : given.surfaces)
    if (std::find(request.surfaces.begin(), request.surfaces.end(), surface) == request.surfaces.end()) request.surfaces.push_back(surface);
  return request;
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
      reader.report(Code::limit_exceeded, "surfaces", too_many_surfaces(surfaces->size()));
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
