// Worlds for decisions, made up: every resolution mode, policies in all roles, experiments, spans, elements.
#pragma once

#include "tests/unit/model/generator.h"
#include "world.h"

namespace footlight::test {

extern const Instant noon;
Request asking(std::vector<std::string> surfaces, std::string id = "ann");

const Value& generated_workspace();
Object generated_definition(DocumentGenerator& documents);
// One more in force, at some time around noon.
ServedExperience& put_generated(DecideWorld& world, DocumentGenerator& documents, const std::string& id);
DecideWorld generated_world(DocumentGenerator& documents);
Request generated_request(DocumentGenerator& documents);

}  // namespace footlight::test
