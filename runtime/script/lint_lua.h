// What the linter says of functions, in files of declarations and in documents, with their own lines:
//
//   unknown_attribute   a function reads `p.cart.totl`, and no such attribute is declared: it is always nil
//   unknown_field       a function reads `request.contxt`, or `now.weakday`
//   type_mismatch       a comparison with a constant that no value of the declared type meets
//   never_holds         an `and` whose parts exclude each other
//   unreachable_code    statements that no run comes to
//
// A function's role is known by where it stands: `audience`, `targeting`, `show` hand it the visitor as its
// first parameter, `schedule` hands it the moment. Whatever is not understood is taken to be free: it may be
// true or false, so that nothing is claimed that is not proved.
#pragma once

#include "engine/policy.h"
#include "model/workspace.h"
#include "script/chunk.h"
#include "script/workspace_files.h"

namespace footlight {

// Warnings, in the order of their lines.
Problems lint_lua(const Chunk& chunk, const AttributeTypes& attributes);
// The same of a policy that stands in a document as text: `return function(p) … end`.
Problems lint_policy(const Chunk& chunk, PolicyRole role, const AttributeTypes& attributes);
// The same of all that a folder declares, in Lua with its modules and in JSON. What does not parse is reported where it is loaded.
Problems lint_functions(const LoadedWorkspace& loaded, const Files& files);

}  // namespace footlight
