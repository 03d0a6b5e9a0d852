#include "testkit/transitions.h"

#include <algorithm>

#include "lifecycle/table.h"

namespace footlight {

std::vector<std::string> transition_names(bool of_journeys) {
  std::vector<std::string> names;
  for (const CommandRow& row : command_table()) {
    if (row.name == CommandName::epoch_bump || (row.journeys_only && !of_journeys)) continue;
    for (const SituationRow& situation : situation_table()) {
      if (situation.situation == Situation::none || (situation.journeys_only && !of_journeys)) continue;
      if (cell(row, situation.situation).verdict != Verdict::allowed) continue;
      std::string name = std::string(to_text(row.name)) + ", from " + std::string(situation.text.substr(0, situation.text.find(',')));
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
    }
  }
  if (!of_journeys) names.insert(names.end(), {"starts, from scheduled", "ends, from live"});
  return names;
}

}  // namespace footlight
