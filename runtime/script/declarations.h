// Declaration files evaluated: a Lua file runs once, in the sandbox, and what it declares comes out
// as documents in which each function has become the source of a policy.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "script/chunk.h"
#include "script/vm.h"

namespace footlight {

struct Declaration {
  std::string kind;                                     // workspace, experience, audience, conflict
  std::string name;
  Value document;
  std::string file;
  int line = 0;
  std::map<std::string, std::string> places;            // JSON path → `file:line`
  Problems problems = {};                               // why no document can say it; such ones are not handed out
};

class DeclarationReader {
 public:
  // `host`: functions that the files' policies may call besides ours. Code bad_id where one of their names is no
  // Lua name, or is taken.
  static Result<DeclarationReader> create(const Environment& host = {});
  DeclarationReader(DeclarationReader&&) noexcept;
  ~DeclarationReader();

  // Runs one file. Problems: syntax_error, undefined_name, script_error, fuel_exhausted, … with
  // `file:line`; declarations made before an error are kept.
  std::vector<Declaration> read(std::string_view source, const std::string& file, Problems& problems);

 private:
  struct State;
  explicit DeclarationReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The source of a policy that does what this function does, standing on its own: variables that it
// captured are written down with it. Code bad_result where they cannot be (a view, a function of ours,
// functions that call each other).
Result<std::string> self_contained(Vm& vm, const FoundFunction& function, const std::vector<const Chunk*>& chunks);

// Where each member of the tables given to `campaign "x" {…}` and its like stands: by name, then path;
// one map for each such call with that name, in their order.
std::map<std::string, std::vector<std::map<std::string, std::string>>> declared_places(const Chunk& chunk);

}  // namespace footlight
