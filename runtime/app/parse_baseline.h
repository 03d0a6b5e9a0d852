// What decisions are measured against: simdjson's On-Demand reading the same request lines into typed
// attribute slots by name, and nothing else. A ratio to it says more than a time, since both share the machine.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace footlight {

class ParseBaseline {
 public:
  explicit ParseBaseline(const std::vector<std::string>& attributes);
  ~ParseBaseline();
  // How many slots it filled; 0 where the line cannot be read.
  std::size_t read(std::string_view line);

 private:
  struct Work;
  std::unique_ptr<Work> work_;
};

}  // namespace footlight
