// The linter: what is well formed, compiles, and still cannot be meant. Everything here is a warning; what
// must not pass is an error elsewhere (model, snapshot). Each warning has a stable code:
//
//   type_mismatch    a test that no value of the attribute's declared type meets
//   never_holds      a condition that contradicts itself: no request meets it
//   never_opens      a schedule that is never open between start and end
//   never_shown      an experience that another one covers wherever it could be shown
//   priority_tie     two experiences of one priority that can meet: who was activated first wins
//
// What functions say of attributes, and branches in them that nothing reaches, is looked at where the Lua
// text is at hand (script/lint_lua.h).
#pragma once

#include "lint/overlap.h"

namespace footlight {

struct LintReport {
  Problems warnings;  // places are `file:line` where they are known
  OverlapReport overlaps;
};

// `places` are the workspace document's, JSON path to `file:line`. Its parts must compile.
LintReport lint(const SnapshotSource& source, const std::map<std::string, std::string>& places, PolicyCompiler& policies,
                const OverlapOptions& options);

}  // namespace footlight
