// Declaration files evaluated: a Lua file runs once, in the sandbox, and what it declares comes out
// as documents in which each function has become the source of a policy.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "script/chunk.h"
#include "script/files.h"
#include "script/policy_text.h"
#include "script/vm.h"

namespace footlight {

// Where the functions of policies were written, by the policies' text; see PolicyText.
using PolicyOrigins = std::map<std::string, std::vector<FunctionOrigin>>;

struct Declaration {
  std::string kind;  // workspace, experience, audience, conflict
  std::string name;
  Value document = {};
  std::string file = {};
  // JSON path → `file:line`; of a policy's text also by its line, `$.audience:3`, or line and column.
  std::map<std::string, std::string> places = {};
  Problems problems = {};      // why no document can say it; such ones are not handed out
  PolicyOrigins origins = {};  // of the policies in it
};

class DeclarationReader {
 public:
  // `host`: functions that the files' policies may call besides ours. `files` have the modules that files require, and
  // outlive the reader; without them there are none. Code bad_id where a name of the host's is no Lua name, or is taken.
  static Result<DeclarationReader> create(const Environment& host = {}, const Files* files = nullptr);
  DeclarationReader(DeclarationReader&&) noexcept;
  ~DeclarationReader();

  // Runs one file. Problems: syntax_error, undefined_name, script_error, fuel_exhausted, … with
  // `file:line`; declarations made before an error are kept.
  std::vector<Declaration> read(std::string_view source, const std::string& file, Problems& problems);
  // Whether the file that was read last came to grief, also where that was told before.
  bool has_failed() const;
  // Runs a file that gives one policy, `return function(p) … end`, and writes that down. Codes as for `read`, and bad_result
  // where it gives something else.
  Result<PolicyText> policy(std::string_view source, const std::string& file);
  // The files of modules that were required so far.
  const std::vector<std::string>& modules() const;

 private:
  struct State;
  explicit DeclarationReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Where each member of the tables given to `campaign "x" {…}` and its like stands: by name, then path;
// one map for each such call with that name, in their order.
std::map<std::string, std::vector<std::map<std::string, std::string>>> declared_places(const Chunk& chunk);

}  // namespace footlight
