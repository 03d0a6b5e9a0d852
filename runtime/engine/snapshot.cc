#include "engine/snapshot.h"

#include <atomic>

#include "engine/snapshot_compiler.h"
#include "engine/snapshot_series.h"

namespace footlight {
namespace {

class NoPolicyCompiler : public PolicyCompiler {
 public:
  Problems check(const Policy& policy) override { return {{Code::script_error, policy.path, "policies are not compiled here"}}; }
  std::optional<Predicate> lift(const Policy&, const AttributeTypes&) override { return {}; }
};

}  // namespace

std::uint32_t CompiledExperience::next_serial() {
  static std::atomic<std::uint32_t> last{0};
  return ++last;
}

Snapshot::Snapshot(SnapshotParts parts)
    : serial_([] {
        static std::atomic<std::uint64_t> last{0};
        return ++last;
      }()),
      parts_(std::move(parts)) {}

std::shared_ptr<const Snapshot> Snapshot::compile_sound(SnapshotSource source, PolicyCompiler& policies, Problems& problems) {
  return SnapshotSeries(policies).start(std::move(source), problems);
}

Result<std::shared_ptr<const Snapshot>> Snapshot::compile(SnapshotSource source, PolicyCompiler& policies) {
  Problems problems;
  auto snapshot = compile_sound(std::move(source), policies, problems);
  if (has_errors(problems)) return does_not_compile(std::move(problems));
  return snapshot;
}

std::size_t Snapshot::index_bytes() const {
  std::size_t bytes =
      conditions().bytes() + parts_.programs.capacity() * sizeof(AudienceProgram) + (parts_.steps ? parts_.steps->bytes() : 0);
  for (const CompiledConfiguration& configuration : configurations())
    bytes += configuration.index.bytes() + configuration.candidates.capacity() * sizeof(Candidate) +
        configuration.runs.capacity() * sizeof(CandidateRun) + configuration.offers.capacity() * sizeof(Offer);
  for (const RecentExperience& recent : parts_.recent) bytes += recent.steps->bytes();
  return bytes;
}

Error does_not_compile(Problems problems) {
  const std::size_t count = problems.size();
  return refuse(Code::validation_failed, std::move(problems),
                "the workspace does not compile: " + std::to_string(count) + (count == 1 ? " problem" : " problems"));
}

PolicyCompiler& no_policy_compiler() {
  static NoPolicyCompiler none;
  return none;
}

}  // namespace footlight
