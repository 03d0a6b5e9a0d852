// Policies as the engine sees them: numbered functions in four roles, run by somebody else.
//
// The engine names no Lua. A snapshot numbers the policies it needs (PolicyTable); whoever decides
// hands in a PolicyRunner that can run those numbers. A runner belongs to one thread.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "footlight/error.h"
#include "model/predicate.h"
#include "model/request.h"
#include "model/workspace.h"

namespace footlight {

enum class PolicyRole { targeting, schedule, conflict, content };
std::string_view to_text(PolicyRole role);

struct Policy {
  PolicyRole role = PolicyRole::targeting;
  std::string lua;                        // `return function(p, request) … end`
  std::string owner;                      // id of the experience, or name of the configuration
  std::string path;                       // JSON path within the owner's document
  std::string place;                      // `experiences/gold.lua:7` where known
  std::map<int, std::string> lines = {};  // of `lua`: where each was written, where known
};

// A request that is read as a whole when somebody asks for all of it: most decisions do not.
class WholeRequest {
 public:
  struct Source {
    virtual const Request& whole() const = 0;

   protected:
    ~Source() = default;
  };

  WholeRequest(const Request& read) : read_(&read) {}
  WholeRequest(const Source& source) : source_(&source) {}
  const Request& operator*() const { return read_ ? *read_ : source_->whole(); }
  const Request* operator->() const { return &**this; }

 private:
  const Request* read_ = nullptr;
  const Source* source_ = nullptr;
};

// What one call is about. All members outlive the call.
struct PolicyCall {
  WholeRequest request;
  std::string_view surface = {};  // as asked
  std::string_view configuration = {};
  std::string_view experience = {};
  std::uint64_t number = 0;  // of PolicyRunner::new_request(): calls with the same one are about the same request; 0 says nothing
};

// Why a policy gave no answer. Its candidate is dropped; nothing else changes.
struct PolicyFailure {
  Code code = Code::script_error;
  std::string message;  // with `place:line`
};

template <class T>
using PolicyAnswer = std::variant<T, PolicyFailure>;

// What a conflict policy may see of a candidate.
struct CandidateView {
  std::string_view experience, action, element;
  int priority = 0;
  const std::vector<std::string>* tags = nullptr;
};

// A policy to be asked, and what this request makes of the conditions that were taken out of it (PolicyCompiler::split):
// a bit for each.
struct AskedPolicy {
  int number = 0;
  bool is_split = false;  // else none were
  std::uint64_t conditions = 0;
};

class PolicyRunner {
 public:
  virtual ~PolicyRunner() = default;
  virtual std::uint64_t new_request() { return 0; }
  // May this request see the experience? (p, request) → truth
  virtual PolicyAnswer<bool> targeting(int policy, const PolicyCall& call) = 0;
  // The same of several, which costs less than one after the other: answers[i] is what policies[i] says. What their
  // conditions say is known, so that nobody need ask that again.
  virtual void targeting_each(std::span<const AskedPolicy> policies, const PolicyCall& call, std::vector<PolicyAnswer<bool>>& answers) {
    answers.clear();
    for (const AskedPolicy& policy : policies) answers.push_back(targeting(policy.number, call));
  }
  // What is known of one without running it.
  virtual std::optional<bool> remembered(const AskedPolicy&) { return {}; }
  // Is it open at request.now? (now, request) → truth
  virtual PolicyAnswer<bool> schedule(int policy, const PolicyCall& call) = 0;
  // (candidates, request) → the indices that stay, in their new order: each at most once
  virtual PolicyAnswer<std::vector<int>> conflict(int policy, const PolicyCall& call, const std::vector<CandidateView>& candidates) = 0;
  // (p, request) → a string for html and text, any JSON value for json
  virtual PolicyAnswer<Value> content(int policy, const PolicyCall& call) = 0;
  // What the policies logged since this was asked last, a line each, for traces.
  virtual std::vector<std::string> take_log() { return {}; }
};

// Runs nothing: for snapshots that hold no policy. Every call answers a failure.
PolicyRunner& no_policies();

// How policies get into a snapshot: checked once, and lifted to native form where that is exact.
class PolicyCompiler {
 public:
  virtual ~PolicyCompiler() = default;
  virtual Problems check(const Policy& policy) = 0;
  // A targeting policy as a predicate that answers the same for every request, given the declared
  // types of attributes (a value of another type is absent).
  virtual std::optional<Predicate> lift(const Policy& policy, const AttributeTypes& declared) = 0;
  // One that stays Lua, as decisions ask it: the conditions that it begins with, and `lua` without a text where what is left
  // of it must be asked. The `args` of that are conditions from within, whose answers it is handed: AskedPolicy. It
  // answers the same for every request; nothing: there are no conditions in it.
  virtual std::optional<Predicate> split(const Policy&, const AttributeTypes&) { return {}; }
};

}  // namespace footlight
