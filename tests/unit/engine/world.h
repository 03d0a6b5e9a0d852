// A small world for decisions: a workspace, experiences in force, and policies that are words.
//
// Where a document has Lua, these tests have a word that the policies below understand:
//   targeting, schedule  true | false | fail | asks NAME (whether the profile's attribute NAME is true)
//   conflict             fail | none | INDICES (such as `2,0`; `reverse` and `tag WORD` look at the candidates)
//   content              fail | null | = JSON | attribute NAME
//   anywhere             bad … does not compile; `lift JSON` (targeting) is lifted to that predicate
#pragma once

#include "engine/decide.h"

namespace footlight::test {

class WordPolicies : public PolicyCompiler {
 public:
  Problems check(const Policy& policy) override;
  std::optional<Predicate> lift(const Policy& policy, const AttributeTypes& declared) override;
};

class WordRunner : public PolicyRunner {
 public:
  explicit WordRunner(const Snapshot& snapshot) : snapshot_(snapshot) {}
  PolicyAnswer<bool> targeting(int policy, const PolicyCall& call) override;
  PolicyAnswer<bool> schedule(int policy, const PolicyCall& call) override;
  PolicyAnswer<std::vector<int>> conflict(int policy, const PolicyCall& call, const std::vector<CandidateView>& candidates) override;
  PolicyAnswer<Value> content(int policy, const PolicyCall& call) override;

  int calls = 0;

 private:
  const std::string& word(int policy, PolicyRole role);
  PolicyAnswer<bool> truth(const std::string& word, const PolicyCall& call);
  const Snapshot& snapshot_;
};

Value document(std::string_view json);  // bad JSON ends the test
Instant instant(std::string_view text);
std::string lines_of(const Problems& problems);

struct DecideWorld {
  Workspace workspace;
  std::vector<ServedExperience> experiences;
  std::map<std::string, std::shared_ptr<const IdList>> lists;

  void declare(const Value& document);  // the workspace; a bad one ends the test
  // Puts a definition in force: `kind` and `id` may be left out, a bad one ends the test.
  ServedExperience& live(const std::string& id, Value definition);
  Result<std::shared_ptr<const Snapshot>> compile() const;
};

Request request(const Value& document, Instant now);  // a bad one ends the test

}  // namespace footlight::test
