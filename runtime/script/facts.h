// What the host needs to know of a function literal before it trusts it with more than one call.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "script/ast.h"

namespace footlight {

// A variable that a function uses and did not declare.
struct Capture {
  std::string name;
  int declaration = -1;        // index into ast::Tree::locals
  int line = 0;                // where it is declared
  bool is_reassigned = false;  // by anyone, after its declaration: two calls may see two values
};

struct FunctionInfo {
  int id = -1;                          // the ID in `__fn(ID, ...)`; index into Chunk::functions
  int line = 0, end_line = 0;           // of `function` and of its `end`
  std::vector<std::string> parameters;  // `self` first for `function a:b()`
  bool is_vararg = false;
  std::vector<Capture> captures;  // used by it or by a function within it
  std::set<std::string> globals;  // read by it or by a function within it
  // It, or a function within it, assigns a variable declared outside it: a call leaves a trace.
  bool assigns_captured = false;
  // It, or a function within it, assigns a field of anything but a local which was declared within
  // it as `local t = {...}` and never reassigned. What it hands to others (`table.insert(t, x)`) is
  // not seen here; the environment refuses what must not be written.
  bool writes_tables_it_did_not_make = false;
  // `function(p) return p.x end`: canonical, without comments or instrumentation, the same for every
  // formatting of the same code. Reading it again gives the same text.
  std::string source;
  const ast::FunctionBody* body = nullptr;  // in the chunk's tree, lives as long as the chunk
};

// One per literal, by id. The tree must be resolved.
std::vector<FunctionInfo> describe_functions(const ast::Tree& tree);

}  // namespace footlight
