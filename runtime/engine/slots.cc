#include "engine/slots.h"

#include "engine/request_slots.h"

namespace footlight {
namespace {

const Value unknown;  // its address marks a slot that was not looked up yet

}  // namespace

AttributeTable::AttributeTable(const Workspace& workspace) : declared_(workspace.attributes) { rows_.push_back({"", {}}); }

int AttributeTable::number_of(const std::string& attribute) {
  if (attribute.empty()) return identity;
  const auto [found, is_new] = numbers_.try_emplace(attribute, static_cast<int>(rows_.size()));
  if (is_new) {
    const auto declared = declared_.find(attribute);
    rows_.push_back({attribute, declared == declared_.end() ? AttributeType{} : declared->second});
  }
  return found->second;
}

void AttributeTable::seal() {
  for (const auto& [name, type] : declared_) names_.add(name, -1, 0);
  for (std::size_t number = 1; number < rows_.size(); ++number)
    names_.add(rows_[number].name, static_cast<int>(number), fits_of(rows_[number].type));
  names_.seal();
}

Slots::Slots(const AttributeTable& table, const Request& request) : table_(table), request_(request), found_(table.size(), &unknown) {
  if (!request.identity.id.empty()) identity_ = request.identity.id;
  found_[AttributeTable::identity] = identity_.is_null() ? nullptr : &identity_;
}

const Value* Slots::operator[](int number) const {
  const Value*& slot = found_[static_cast<std::size_t>(number)];
  if (slot != &unknown) return slot;
  const AttributeTable::Row& row = table_.rows_[static_cast<std::size_t>(number)];
  const Value* value = request_.attributes.at_path(row.name);
  slot = value && row.type.accepts(*value) ? value : nullptr;
  return slot;
}

Slots::Misfit Slots::misfit(int number) const {
  const AttributeTable::Row& row = table_.rows_[static_cast<std::size_t>(number)];
  const Value* value = number == AttributeTable::identity ? nullptr : request_.attributes.at_path(row.name);
  return value && !row.type.accepts(*value) ? Misfit{value, &row.type} : Misfit{};
}

}  // namespace footlight
