// Policies run: the engine's PolicyCompiler and PolicyRunner, on LuaJIT.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/quick_hash.h"
#include "engine/snapshot.h"
#include "script/breaker.h"
#include "script/lift.h"
#include "script/policy_function.h"

namespace footlight {

// Why a function is not native: a sentence, and the line within its source, 0 where none is to blame.
struct WhyLua {
  std::string why;
  int line = 0;
};

// Reads policies with the front end, tells undefined names, and lifts those that are a plain condition
// over declared attributes. Remembers what it has checked. Any thread.
class LuaPolicyCompiler : public PolicyCompiler {
 public:
  // `host`: functions of the host's that policies may call beside ours; see DeclarationReader::create.
  explicit LuaPolicyCompiler(Environment host = {}) : host_(std::move(host)) {}

  Problems check(const Policy& policy) override;
  std::optional<Predicate> lift(const Policy& policy, const AttributeTypes& declared) override;
  std::optional<Predicate> split(const Policy& policy, const AttributeTypes& declared) override;
  // The same, with the reason where it stays Lua.
  std::variant<Predicate, WhyLua> native_form(const Policy& policy, const AttributeTypes& declared);

 private:
  std::shared_ptr<const Lift> lifted(const Policy& policy);

  const Environment host_;
  std::mutex mutex_;
  std::map<std::string, Problems> checked_;                    // by source; at most limits::policies_remembered_max
  std::map<std::string, std::shared_ptr<const Lift>> lifted_;  // by source, likewise
};

struct PolicyRunnerOptions {
  Duration deadline =
      limits::script_deadline;  // of each call: one that never trips where answers must not depend on how busy the machine is
  std::shared_ptr<PolicyBreaker> breaker = nullptr;  // without one it has its own: for whoever runs all of a workspace's policies alone
  Environment host = {};                             // functions of the host's; as the compiler was given
  std::vector<std::vector<ProbeCount>>* probes = nullptr;  // one for each policy, and they outlive the runner: counts where it runs
};

// Declared attributes by path, with their types; null: it holds others.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return static_cast<std::size_t>(quick_hash(text)); }
};
using AttributePaths = std::unordered_map<std::string, const AttributeType*, TextHash, std::equal_to<>>;

// Runs the policies of one snapshot in one Lua state. Belongs to one thread; when the snapshot changes it goes on
// with the next, or is made anew (a policy is loaded when it is first asked).
//
// A call that runs past its deadline or memory counts as a trip of the breaker.
class LuaPolicyRunner : public PolicyRunner {
 public:
  static Result<std::unique_ptr<LuaPolicyRunner>> create(std::shared_ptr<const Snapshot> snapshot, PolicyRunnerOptions options = {});

  const std::shared_ptr<const Snapshot>& snapshot() const { return snapshot_; }
  // Serves this one from here on; what is loaded of policies that both have stays. False: it cannot, and is as before.
  bool go_on(const std::shared_ptr<const Snapshot>& next);

  std::uint64_t new_request() override { return ++requests_; }
  PolicyAnswer<bool> targeting(int policy, const PolicyCall& call) override;
  void targeting_each(std::span<const AskedPolicy> policies, const PolicyCall& call, std::vector<PolicyAnswer<bool>>& answers) override;
  std::optional<bool> remembered(const AskedPolicy& policy) override;
  PolicyAnswer<bool> schedule(int policy, const PolicyCall& call) override;
  PolicyAnswer<std::vector<int>> conflict(int policy, const PolicyCall& call, const std::vector<CandidateView>& candidates) override;
  PolicyAnswer<Value> content(int policy, const PolicyCall& call) override;
  std::vector<std::string> take_log() override { return std::exchange(log_, {}); }
  long last_fuel() const { return last_fuel_; }  // of the newest call; 0 where it never ran

 private:
  struct Loaded {
    bool is_tried = false;
    std::optional<PolicyFailure> broken;  // cannot be loaded, or is quarantined
    PolicyFunction function;
  };
  // What a function answered that depends on its conditions alone: bits by what these say, read as a number. Six conditions
  // have no more; of others what is beyond is asked each time.
  struct Answers {
    std::uint64_t known = 0, yes = 0;
  };

  LuaPolicyRunner(std::shared_ptr<const Snapshot> snapshot, PolicyRunnerOptions options, Vm vm);
  Status prepare();
  void know_paths();
  Loaded& load(int policy, bool is_split = false);
  std::optional<PolicyFailure> rebuild_if_needed();
  bool can_be_asked_with_others(const AskedPolicy& policy);
  void ask(std::span<const AskedPolicy> policies, const std::vector<VmPredicate>& functions, const std::vector<std::size_t>& places,
           const PolicyCall& about, std::vector<PolicyAnswer<bool>>& answers, std::vector<std::size_t>& alone);
  void remember(const AskedPolicy& policy, bool answer);
  PolicyAnswer<Value> call(int policy, const Request& request, const Arguments& arguments, long fuel);

  std::shared_ptr<const Snapshot> snapshot_;
  PolicyRunnerOptions options_;  // with a breaker always
  Vm vm_;
  Environment helpers_;
  std::vector<Loaded> loaded_, split_;  // as written, and as those are asked that take conditions
  std::vector<Answers> remembered_;     // of the latter
  std::vector<std::string> log_;        // at most limits::script_log_lines_max
  long last_fuel_ = 0;
  std::uint64_t requests_ = 0;
  AttributePaths paths_;  // of the attributes that the snapshot declares
};

// A chunk that returns a table of functions, as globals for other chunks: the preludes. Its source
// is ours; a fault in it is an internal error.
Result<Environment> load_prelude(Vm& vm, std::string_view source, const std::string& name, const Environment& globals = {});

// What policies may call besides the standard names: scripts/prelude/policy.lua, and what the host adds.
Result<Environment> policy_helpers(Vm& vm, const Environment& host = {});

}  // namespace footlight
