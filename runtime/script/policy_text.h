// A function written down as a policy: a text that stands on its own and does what the function does.
//
// What it captured, and what the functions that it calls captured, stands before it as locals, each once: values,
// functions, and of tables (a module's, mostly) the members that are used. So the text changes when
// something changes that the policy uses, and only then.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "footlight/error.h"
#include "script/chunk.h"
#include "script/vm.h"

namespace footlight {

// Where a function of the text was written: the file, and its number in that file's chunk.
struct FunctionOrigin {
  std::string file;
  int id = -1;
};

struct PolicyText {
  std::string lua;  // canonical
  // Where what stands in the text was written: `3` or `3:14`, a line or a line and column of it, to `file:line`. Columns
  // are there where a line of the text has parts from several lines.
  std::map<std::string, std::string> places;
  std::vector<FunctionOrigin> functions;  // those of the text, in its order
};

// Chunks by the number of their load in the Vm, null for ours; `known` are names that every policy may call. Code
// bad_result where it cannot be written (a view, a function of the runtime), undefined_name where it uses what a module
// does not give, limit_exceeded, too_large.
Result<PolicyText> write_policy(Vm& vm, const FoundFunction& function, const std::vector<const Chunk*>& chunks, const Environment& known);

// The module that an expression requires: `require "lib.pricing"`; empty where it is something else.
std::string required_module(const ast::Expr& expression);

}  // namespace footlight
