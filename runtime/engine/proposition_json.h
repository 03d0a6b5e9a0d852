// How propositions are written into an answer: one place for those that are made per request and for
// those whose content is constant, which are written once, when their snapshot is compiled.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/snapshot.h"
#include "footlight/decision.h"

namespace footlight {

// Everything behind the surface, as JSON, with an empty token; a treatment goes in at `treatment_at`.
ReadyProposition ready_proposition(const CompiledExperience& experience, const CompiledAction& action,
                                   const CompiledConfiguration& configuration);

void append_json(std::string& out, const Proposition& proposition);
// `token` needs no escaping, `surface` is JSON as it stands, with what stands before it; `treatment` may be empty.
void append_json(std::string& out, const ReadyProposition& ready, std::string_view surface, std::string_view treatment,
                 std::string_view token);
// Without a treatment, of all of ReadyProposition::json.
void append_json(std::string& out, std::string_view ready, std::string_view surface, std::string_view token);

}  // namespace footlight
