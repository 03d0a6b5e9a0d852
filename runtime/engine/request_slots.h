// RequestSlots: what one request says of the attributes that a snapshot asks for, typed, by number.
//
// Filled from a request's bytes (request_reader.h) or from a request that was read before. Strings are
// views into what it was filled from. A value that is not of its declared type is absent.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "engine/slots.h"

namespace footlight {

struct SlotValue {
  enum class Kind : std::uint8_t { absent, boolean, number, string, list, other };  // other: an object; in lists, null and lists too

  Kind kind = Kind::absent;
  bool boolean = false;
  std::uint32_t size = 0;  // bytes of a string, items of a list
  union {
    double number = 0;
    const char* text;
    std::uint32_t first;  // of a list, in RequestSlots::items
  };

  std::string_view string() const { return {text, size}; }
  static SlotValue of(bool value) { return SlotValue{.kind = Kind::boolean, .boolean = value}; }
  static SlotValue of(double value) { return SlotValue{.kind = Kind::number, .number = value}; }
  static SlotValue of(std::string_view value) {
    return SlotValue{.kind = Kind::string, .size = static_cast<std::uint32_t>(value.size()), .text = value.data()};
  }
};

class RequestSlots {
 public:
  void reset(const AttributeTable& table) {
    static_assert(std::is_trivially_copyable_v<SlotValue>);
    slots_.resize(table.size() + 1);
    std::memset(static_cast<void*>(slots_.data()), 0, slots_.size() * sizeof(SlotValue));  // absent
    items_.clear();
    has_room_ = false;
  }
  // The same attributes as `Slots` would find.
  void fill(const AttributeTable& table, const Request& request);

  const SlotValue& operator[](int number) const { return slots_[static_cast<std::size_t>(number) + 1]; }
  // -1: of what nobody asks for, to be written to.
  SlotValue& at(int number) { return slots_[static_cast<std::size_t>(number) + 1]; }
  std::span<const SlotValue> items(const SlotValue& list) const { return {items_.data() + list.first, list.size}; }
  std::vector<SlotValue>& items() { return items_; }
  // Whether ShortText::max bytes can be read from every place within a text, as in a padded buffer.
  bool has_room() const { return has_room_; }
  void set_has_room() { has_room_ = true; }

 private:
  std::vector<SlotValue> slots_;  // by number, behind that of what nobody asks for
  std::vector<SlotValue> items_;  // of all lists, one after the other
  bool has_room_ = false;
};

// As AttributeType::accepts.
bool accepts(const AttributeType& type, const SlotValue& value, const RequestSlots& slots);

// Which kinds it accepts without a look at the value.
constexpr std::uint8_t bit_of(SlotValue::Kind kind) { return static_cast<std::uint8_t>(1u << static_cast<unsigned>(kind)); }
inline constexpr std::uint8_t bit_of_texts = 1u << 7;  // lists of nothing but strings
std::uint8_t fits_of(const AttributeType& type);

}  // namespace footlight
