// Policies run: the engine's PolicyCompiler and PolicyRunner, on LuaJIT.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "engine/snapshot.h"
#include "script/chunk.h"
#include "script/vm.h"

namespace footlight {

// Reads policies with the front end, tells undefined names, and lifts those that are a plain condition
// over declared attributes. Remembers what it has checked. Any thread.
class LuaPolicyCompiler : public PolicyCompiler {
 public:
  Problems check(const Policy& policy) override;
  std::optional<Predicate> lift(const Policy& policy, const AttributeTypes& declared) override;

 private:
  std::mutex mutex_;
  std::map<std::string, Problems> checked_;             // by source; at most limits::policies_remembered_max
};

// Runs the policies of one snapshot in one Lua state. Belongs to one thread; made anew when the
// snapshot changes (cheap: a policy is loaded when it is first asked).
//
// A call that runs past its deadline or memory counts as a trip; after limits::script_trips_max of
// them a policy is quarantined: it fails at once until the next snapshot.
class LuaPolicyRunner : public PolicyRunner {
 public:
  // `deadline` of each call: where answers must not depend on how busy the machine is, one that never trips.
  static Result<std::unique_ptr<LuaPolicyRunner>> create(std::shared_ptr<const Snapshot> snapshot, Duration deadline = limits::script_deadline);

  const std::shared_ptr<const Snapshot>& snapshot() const { return snapshot_; }

  PolicyAnswer<bool> targeting(int policy, const PolicyCall& call) override;
  PolicyAnswer<bool> schedule(int policy, const PolicyCall& call) override;
  PolicyAnswer<std::vector<int>> conflict(int policy, const PolicyCall& call, const std::vector<CandidateView>& candidates) override;
  PolicyAnswer<Value> content(int policy, const PolicyCall& call) override;
  std::vector<std::string> take_log() override { return std::exchange(log_, {}); }

 private:
  struct Loaded {
    bool is_tried = false;
    std::optional<PolicyFailure> broken;                // cannot be loaded, or is quarantined
    FunctionRef chunk;                                  // gives the policy's function when called
    FunctionRef function;                               // kept, where calls cannot leave a trace in it
    int trips = 0;
  };

  explicit LuaPolicyRunner(std::shared_ptr<const Snapshot> snapshot, Vm vm);
  Status prepare();
  Loaded& load(int policy);
  PolicyAnswer<Value> call(int policy, const Request& request, const Arguments& arguments, long fuel);

  std::shared_ptr<const Snapshot> snapshot_;
  Vm vm_;
  Duration deadline_ = limits::script_deadline;
  Environment helpers_;
  std::vector<Loaded> loaded_;
  std::vector<std::string> log_;                        // at most limits::script_log_lines_max
  std::set<std::string, std::less<>> objects_;          // attribute names that hold others
};

// A chunk that returns a table of functions, as globals for other chunks: the preludes. Its source
// is ours; a fault in it is an internal error.
Result<Environment> load_prelude(Vm& vm, std::string_view source, const std::string& name, const Environment& globals = {});

// What policies may call besides the standard names (scripts/prelude/policy.lua).
Result<Environment> policy_helpers(Vm& vm);

// Names that every chunk may read, and `undefined_name` for those that a chunk reads beside them.
std::vector<std::string> standard_names();
Problems undefined_names(const Chunk& chunk, const Environment& globals);

}  // namespace footlight
