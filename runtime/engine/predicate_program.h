// Predicates compiled as they are explained: a flat program over numbered attributes, each test with its
// text and place, and the question that traces ask of it, which clause made it false. Decisions are made
// by the AudienceProgram that is made of it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/limits.h"
#include "base/semver.h"
#include "engine/policy.h"
#include "engine/slots.h"
#include "model/predicate.h"

namespace footlight {

struct IdHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view id) const { return std::hash<std::string_view>()(id); }
};
using IdList = std::unordered_set<std::string, IdHash, std::equal_to<>>;
// The ids of an uploaded list: one a line, blanks around them and empty lines ignored.
std::shared_ptr<const IdList> parse_list(std::string_view content);

// What a predicate may refer to while it is compiled.
struct PredicateSurroundings {
  AttributeTable& attributes;
  const Included& include;                                            // named audiences and lists
  const std::map<std::string, std::shared_ptr<const IdList>>& lists;  // by SHA-256
  // Takes a policy's source and place, gives its number (see policy.h) or what stands for it. The text is empty for what
  // is left of a policy (PolicyCompiler::split).
  std::function<std::variant<int, Predicate>(const std::string& lua, const std::string& path)> policy;
  std::size_t nodes_max = limits::predicate_nodes_max;
};

class PredicateProgram {
 public:
  // Problems: unknown_audience, unknown_list, an audience that includes itself.
  static PredicateProgram compile(const Predicate& predicate, PredicateSurroundings& surroundings, Problems& problems);

  // A policy that fails makes the whole predicate fail: neither `true` nor `false` but the failure.
  struct Verdict {
    bool holds = false;
    std::optional<PolicyFailure> failure;
  };
  Verdict operator()(const Slots& slots, PolicyRunner& policies, const PolicyCall& call) const;

  bool asks_policies() const;
  bool is_always() const { return nodes_.size() == 1 && nodes_[0].op == Predicate::Op::always; }

  bool has_policies() const {
    return std::any_of(nodes_.begin(), nodes_.end(), [](const Node& node) { return node.policy >= 0; });
  }

  // The first clause that made it false, as text with the value it met, and its JSON path.
  struct Blame {
    std::string text;  // `cart.total > 200 is false (60)`
    std::string path;
  };
  Blame blame(const Slots& slots, PolicyRunner& policies, const PolicyCall& call) const;
  // Where it holds: the clauses that made it true, told likewise.
  Blame credit(const Slots& slots, PolicyRunner& policies, const PolicyCall& call) const;

  // There are many, so what few have stands elsewhere.
  struct Node {
    struct Rare {
      std::string name;  // of a bucket and of a list, as in the predicate
      double lo = 0, hi = 0;
      std::shared_ptr<const IdList> ids;   // of a list
      std::optional<VersionTest> version;  // of a semver test
    };

    Predicate::Op op;
    bool has_whole_path = false;  // else its text goes on from that of the node around it
    int end = 0;                  // one past the node's subtree
    int attribute = 0;
    int policy = -1;
    Value operand;
    std::shared_ptr<const Rare> rare;
    std::uint32_t path_begin = 0, path_size = 0;  // in paths_

    const IdList* ids() const { return rare ? rare->ids.get() : nullptr; }
  };
  const std::vector<Node>& nodes() const { return nodes_; }

 private:
  struct Run;

  std::string path_of(int at) const;

  std::vector<Node> nodes_;  // prefix order
  std::string paths_;        // of all nodes, each without what the node around it says already
};

}  // namespace footlight
