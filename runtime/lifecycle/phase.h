// What only the passing of time does: the rows that docs/lifecycle.md prints beside `phase_at`.
#pragma once

#include <string_view>
#include <vector>

#include "footlight/lifecycle.h"

namespace footlight {

struct TimeRow {
  Phase from, to;
  std::string_view when;
  bool journeys_only;
};
const std::vector<TimeRow>& time_table();

}  // namespace footlight
