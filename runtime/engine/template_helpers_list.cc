// Helpers for lists and objects.
#include <algorithm>
#include <cmath>

#include "base/limits.h"
#include "engine/template_helper_calls.h"

namespace footlight::helpers {

using Kind = Value::Kind;

Answer first(const HelperCall& call) {
  Arguments reader(call);
  const Array& list = reader.list(0);
  return finish(reader, list.empty() ? Value() : list.front());
}
Answer last(const HelperCall& call) {
  Arguments reader(call);
  const Array& list = reader.list(0);
  return finish(reader, list.empty() ? Value() : list.back());
}
Answer count(const HelperCall& call) {
  const Value& value = arg(call, 0);
  if (value.is_null()) return Value(0);
  if (value.is_object()) return Value(static_cast<double>(value.object().size()));
  Arguments reader(call);
  return finish(reader, Value(static_cast<double>(reader.list(0).size())));
}
Answer reverse(const HelperCall& call) {
  Arguments reader(call);
  const Array& list = reader.list(0);
  return finish(reader, Value(Array(list.rbegin(), list.rend())));
}

// null, then false and true, numbers, texts, and last what has no order.
static int rank_of(const Value& value) {
  return value.is_null() ? 0 : value.is_boolean() ? 1 : value.is_number() ? 2 : value.is_string() ? 3 : 4;
}
static bool is_before(const Value& a, const Value& b) {
  if (rank_of(a) != rank_of(b)) return rank_of(a) < rank_of(b);
  switch (a.kind()) {
    case Kind::boolean: return !a.boolean() && b.boolean();
    case Kind::number: return a.number() < b.number();
    case Kind::string: return a.string() < b.string();
    default: return false;
  }
}

static const Value& field_of(const Value& item, const std::string& field) {
  static const Value missing;
  const Value* const found = item.at_path(field);
  return found ? *found : missing;
}

Answer too_long(const Array& list) {
  return refuse(
      Code::limit_exceeded,
      "the list has " + std::to_string(list.size()) + " items; " + std::to_string(limits::template_list_max) + " are allowed here");
}

Answer sorted(const HelperCall& call, bool by_field, bool largest_first, std::optional<std::size_t> most) {
  Arguments reader(call);
  const Array& list = reader.list(0);
  if (list.size() > limits::template_list_max) return too_long(list);
  const std::string field = by_field ? reader.text(1) : std::string();
  struct Keyed {
    const Value* key;
    const Value* item;
  };
  std::vector<Keyed> items;
  items.reserve(list.size());
  for (const Value& item : list) items.push_back({by_field ? &field_of(item, field) : &item, &item});
  std::stable_sort(items.begin(), items.end(),
                   [&](const Keyed& a, const Keyed& b) { return largest_first ? is_before(*b.key, *a.key) : is_before(*a.key, *b.key); });
  if (most && items.size() > *most) items.resize(*most);
  Array ordered;
  ordered.reserve(items.size());
  for (const Keyed& item : items) ordered.push_back(*item.item);
  return finish(reader, Value(std::move(ordered)));
}

static std::optional<bool> is_descending(Arguments& reader, std::size_t i) {
  const std::string order = reader.text(i, "asc");
  if (order == "asc" || order == "desc") return order == "desc";
  reader.fail(failed("the order `" + order + "` is neither `asc` nor `desc`"));
  return std::nullopt;
}

Answer sort(const HelperCall& call) {
  Arguments reader(call);
  const auto descending = is_descending(reader, 1);
  if (!descending) return std::move(*reader.error);
  return sorted(call, false, *descending, std::nullopt);
}
Answer sort_by(const HelperCall& call) {
  Arguments reader(call);
  const auto descending = is_descending(reader, 2);
  if (!descending) return std::move(*reader.error);
  return sorted(call, true, *descending, std::nullopt);
}
Answer top_n(const HelperCall& call) {
  Arguments reader(call);
  const int most = reader.whole(2, 0, 0, static_cast<int>(limits::template_list_max));
  if (reader.error) return std::move(*reader.error);
  return sorted(call, true, true, static_cast<std::size_t>(most));
}

Answer distinct(const HelperCall& call) {
  Arguments reader(call);
  const Array& list = reader.list(0);
  if (list.size() > limits::template_list_max) return too_long(list);
  struct Keyed {
    std::string key;
    std::size_t index;
  };
  std::vector<Keyed> items;
  for (std::size_t i = 0; i < list.size(); ++i) items.push_back({to_json(list[i]), i});
  std::stable_sort(items.begin(), items.end(), [](const Keyed& a, const Keyed& b) { return a.key < b.key; });
  items.erase(std::unique(items.begin(), items.end(), [](const Keyed& a, const Keyed& b) { return a.key == b.key; }), items.end());
  std::sort(items.begin(), items.end(), [](const Keyed& a, const Keyed& b) { return a.index < b.index; });
  Array different;
  for (const Keyed& item : items) different.push_back(list[item.index]);
  return finish(reader, Value(std::move(different)));
}

Answer in(const HelperCall& call) {
  Arguments reader(call);
  const Array& list = reader.list(1);
  return finish(reader, Value(std::find(list.begin(), list.end(), arg(call, 0)) != list.end()));
}

Answer pluck(const HelperCall& call) {
  Arguments reader(call);
  const std::string field = reader.text(1);
  Array values;
  for (const Value& item : reader.list(0)) values.push_back(field_of(item, field));
  return finish(reader, Value(std::move(values)));
}

Answer keys(const HelperCall& call) {
  if (!has(call, 0)) return Value(Array());
  if (!arg(call, 0).is_object()) return not_a("an object", call, 0);
  Array names;
  for (const auto& [name, value] : arg(call, 0).object()) names.emplace_back(name);
  return Value(std::move(names));
}
Answer values(const HelperCall& call) {
  if (!has(call, 0)) return Value(Array());
  if (!arg(call, 0).is_object()) return not_a("an object", call, 0);
  Array members;
  for (const auto& [name, value] : arg(call, 0).object()) members.push_back(value);
  return Value(std::move(members));
}

}  // namespace footlight::helpers
