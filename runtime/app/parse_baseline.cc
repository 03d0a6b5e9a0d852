// Compiled for a CPU with AVX2 where there is one: that is simdjson at its best.
#include "app/parse_baseline.h"

#include <simdjson.h>

#include <cstring>
#include <unordered_map>

namespace footlight {
namespace {

namespace on_demand = simdjson::ondemand;

struct Slot {
  enum class Kind : unsigned char { absent, boolean, number, string, list } kind = Kind::absent;
  bool boolean = false;
  double number = 0;
  std::string_view text;
  std::uint32_t first = 0, count = 0;
};

}  // namespace

struct ParseBaseline::Work {
  on_demand::parser parser;
  std::vector<char> buffer;
  std::vector<std::string> names;
  std::unordered_map<std::string_view, std::size_t> numbers;
  std::vector<Slot> slots;
  std::vector<std::string_view> items, surfaces;

  void attribute(std::string_view name, on_demand::value value) {
    const auto found = numbers.find(name);
    if (found == numbers.end()) return;
    Slot& slot = slots[found->second];
    switch (value.type()) {
      case on_demand::json_type::boolean:
        slot.kind = Slot::Kind::boolean;
        slot.boolean = value.get_bool();
        break;
      case on_demand::json_type::number:
        slot.kind = Slot::Kind::number;
        slot.number = value.get_double();
        break;
      case on_demand::json_type::string:
        slot.kind = Slot::Kind::string;
        slot.text = value.get_string();
        break;
      case on_demand::json_type::array:
        slot.kind = Slot::Kind::list;
        slot.first = static_cast<std::uint32_t>(items.size());
        for (auto item : value.get_array()) {
          std::string_view text;
          if (item.get_string().get(text) == simdjson::SUCCESS) items.push_back(text);
        }
        slot.count = static_cast<std::uint32_t>(items.size()) - slot.first;
        break;
      default: break;
    }
  }
};

ParseBaseline::ParseBaseline(const std::vector<std::string>& attributes) : work_(std::make_unique<Work>()) {
  work_->names = attributes;
  for (std::size_t i = 0; i < work_->names.size(); ++i) work_->numbers.emplace(work_->names[i], i);
}

ParseBaseline::~ParseBaseline() = default;

std::size_t ParseBaseline::read(std::string_view line) try {
  Work& work = *work_;
  if (work.buffer.size() < line.size() + simdjson::SIMDJSON_PADDING) work.buffer.resize(2 * line.size() + simdjson::SIMDJSON_PADDING);
  std::memcpy(work.buffer.data(), line.data(), line.size());
  work.slots.assign(work.names.size(), Slot{});
  work.items.clear();
  work.surfaces.clear();
  double now = 0;
  on_demand::document document = work.parser.iterate(work.buffer.data(), line.size(), work.buffer.size());
  for (auto member : document.get_object()) {
    const std::string_view key = member.unescaped_key();
    if (key == "attributes") {
      for (auto attribute : member.value().get_object()) {
        const std::string_view name = attribute.unescaped_key();  // before the value: it is read in order
        work.attribute(name, attribute.value());
      }
    } else if (key == "surfaces") {
      for (auto surface : member.value().get_array()) work.surfaces.push_back(surface.get_string());
    } else if (key == "now") {
      now = member.value().get_double();
    }
  }
  std::size_t filled = work.surfaces.size() + (now > 0);
  for (const Slot& slot : work.slots) filled += slot.kind != Slot::Kind::absent;
  return filled;
} catch (const simdjson::simdjson_error&) { return 0; }

}  // namespace footlight
