// The lifecycle's transitions as coverage counts them. Apart from it, since the table and the Lua host each have a `Verdict`.
#pragma once

#include <string>
#include <vector>

namespace footlight {

// `stop, from live`: every command that is allowed from a status, in the order of the table, each once; and what the clock does.
std::vector<std::string> transition_names(bool of_journeys);

}  // namespace footlight
