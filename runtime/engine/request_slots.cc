#include "engine/request_slots.h"

#include <algorithm>
#include <cmath>

#include "footlight/time.h"

namespace footlight {
namespace {

SlotValue scalar(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::boolean: return SlotValue::of(value.boolean());
    case Value::Kind::number:
      if (std::isnan(value.number())) break;  // no JSON has it; it is in no order with numbers
      return SlotValue::of(value.number());
    case Value::Kind::string: return SlotValue::of(std::string_view(value.string()));
    default: break;
  }
  return SlotValue{.kind = SlotValue::Kind::other};
}

}  // namespace

void RequestSlots::fill(const AttributeTable& table, const Request& request) {
  reset(table);
  if (!request.identity.id.empty()) at(AttributeTable::identity) = SlotValue::of(std::string_view(request.identity.id));
  const Slots found(table, request);
  for (int number = 1; number < static_cast<int>(table.size()); ++number) {
    const Value* value = found[number];
    if (!value) continue;
    SlotValue& slot = at(number) = scalar(*value);
    if (!value->is_array()) continue;
    slot = SlotValue{.kind = SlotValue::Kind::list,
                     .size = static_cast<std::uint32_t>(value->array().size()),
                     .first = static_cast<std::uint32_t>(items_.size())};
    for (const Value& item : value->array()) items_.push_back(scalar(item));
  }
}

bool accepts(const AttributeType& type, const SlotValue& value, const RequestSlots& slots) {
  using Kind = SlotValue::Kind;
  switch (type.type) {
    case AttributeType::Type::any: return true;
    case AttributeType::Type::text: return value.kind == Kind::string;
    case AttributeType::Type::number:
      return value.kind == Kind::number && (!type.min || value.number >= *type.min) && (!type.max || value.number <= *type.max);
    case AttributeType::Type::boolean: return value.kind == Kind::boolean;
    case AttributeType::Type::enumeration:
      return value.kind == Kind::string && std::find(type.values.begin(), type.values.end(), value.string()) != type.values.end();
    case AttributeType::Type::list:
      if (value.kind != Kind::list) return false;
      if (type.of.empty()) return true;
      return std::all_of(slots.items(value).begin(), slots.items(value).end(),
                         [&](const SlotValue& item) { return accepts(type.of[0], item, slots); });
    case AttributeType::Type::date:
      return value.kind == Kind::string && (parse_instant(value.string()).ok() || parse_civil(value.string()).ok());
  }
  return false;
}

std::uint8_t fits_of(const AttributeType& type) {
  using Kind = SlotValue::Kind;
  switch (type.type) {
    case AttributeType::Type::any: return static_cast<std::uint8_t>(-1);
    case AttributeType::Type::text: return bit_of(Kind::string);
    case AttributeType::Type::number: return type.min || type.max ? std::uint8_t{0} : bit_of(Kind::number);
    case AttributeType::Type::boolean: return bit_of(Kind::boolean);
    case AttributeType::Type::list:
      return type.of.empty() || type.of[0].type == AttributeType::Type::any || type.of[0].type == AttributeType::Type::text
          ? bit_of_texts
          : std::uint8_t{0};
    case AttributeType::Type::enumeration:
    case AttributeType::Type::date: return 0;
  }
  return 0;
}

}  // namespace footlight
