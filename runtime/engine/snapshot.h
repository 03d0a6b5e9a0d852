// Snapshot: the immutable compiled state of a workspace that decisions are made from.
//
// Built on the side from the workspace's document and the experiences in force, shared by all
// threads, read without locks. One experience that does not compile never holds up the others: what
// was stopped must be gone, whatever became of its neighbours.
//
// Compiled experiences and configurations are shared by the snapshots that have them, so that a snapshot
// after a small change costs little (snapshot_series.h). Decisions read them through plain pointers.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/audience_program.h"
#include "engine/candidate_index.h"
#include "engine/conditions.h"
#include "engine/json_schema.h"
#include "engine/numbered.h"
#include "engine/policy.h"
#include "engine/predicate_program.h"
#include "engine/schedule.h"
#include "engine/slots.h"
#include "engine/surface_index.h"
#include "engine/template.h"
#include "model/workspace.h"

namespace footlight {

// An experience as it is served: which revision, from when to when.
struct ServedExperience {
  Definition definition;
  int revision = 1;
  Instant activated_at;
  std::optional<Instant> start, end;          // [start, end); by each node's own clock
  std::map<std::string, std::string> places;  // JSON path → `file:line`, where known
};

using IdLists = std::map<std::string, std::shared_ptr<const IdList>>;  // by SHA-256

struct SnapshotSource {
  std::string version;  // names the snapshot in answers
  Workspace workspace;
  std::vector<ServedExperience> experiences;
  IdLists lists;
};

// Content made ready: constant bytes where nothing depends on the request (they satisfy their schema,
// or would not have compiled), else one of a template, a JSON template, a policy.
struct CompiledContent {
  std::optional<std::string> constant;  // empty where the bytes stand in ReadyProposition: CompiledAction::constant
  std::optional<Template> text;
  std::optional<JsonTemplate> json;
  int policy = -1;
};

// A proposition with constant content, written as far as it can be without a request; see
// proposition_json.h.
struct ReadyProposition {
  std::string json;  // empty: its content is not constant
  std::uint32_t treatment_at = 0;
  std::uint32_t content_at = 0, content_size = 0;  // where JSON stands as it is shown
};

struct CompiledAction {
  std::string id;
  int configuration = 0;
  std::string element;
  int element_number = 0;  // the same text has the same number
  int treatment = -1;      // index into treatments; -1: for everyone
  CompiledContent content;
  ReadyProposition ready;
  std::string path;

  // Of constant content: its bytes.
  std::string_view constant() const {
    return ready.content_size > 0 ? std::string_view(ready.json).substr(ready.content_at, ready.content_size)
                                  : std::string_view(*content.constant);
  }
};

struct CompiledExperience : std::enable_shared_from_this<CompiledExperience> {
  // No other one has it that this process compiles, as far as they are fewer than four billion.
  const std::uint32_t serial = next_serial();
  std::string id;
  int revision = 1;
  ExperienceKind kind = ExperienceKind::campaign;
  int priority = 0;
  std::vector<std::string> tags;
  Instant activated_at;
  std::optional<Instant> start, end;
  std::string from, till, zone;                   // as written, for traces
  PredicateProgram audience;                      // as it is explained
  int targeting = -1;                             // policies; -1: none; explained after the audience
  std::unique_ptr<const PredicateProgram> split;  // both, with what was taken out of their policies; null: it is the audience
  const PredicateProgram& asked() const { return split ? *split : audience; }  // by decisions
  int schedule_policy = -1;
  std::unique_ptr<const CompiledSchedule> schedule;
  std::vector<Treatment> treatments;
  int holdout = 0;
  std::string salt;
  std::vector<CompiledAction> actions;
  std::map<std::string, std::string> places;
  std::vector<std::pair<int, std::unique_ptr<const Policy>>> policies;  // its own, with their numbers

 private:
  static std::uint32_t next_serial();
};

// An action of an experience, as an index into a snapshot.
struct Candidate {
  int experience = 0;
  int action = 0;
};

// An experience among the candidates of a configuration: a run of its actions, and beside it what most
// decisions need to know of it, in one line of the cache.
struct alignas(64) CandidateRun {
  Instant start, end;          // [start, end)
  std::uint64_t elements = 0;  // that its actions stand on: bits by their numbers here
  AudienceProgram who = nullptr;
  std::uint32_t serial = 0;            // of the experience
  std::uint32_t first = 0, count = 0;  // of candidates
  Condition rest = all_of_it;          // what is left to ask of the audience of what the index finds
  Conditions::Bucket bucket;           // where that is one
  bool is_plain = false;               // nothing but its times and its audience decides
  bool asks_policies = false;          // of targeting, and none before those
};
static_assert(sizeof(CandidateRun) == 64);

// What a candidate offers, as far as it is known without a request.
struct Offer {
  const char* ready = nullptr;  // bytes of ReadyProposition, where its content is constant and satisfies what it must
  std::uint32_t size = 0;       // so many
  std::uint8_t element = 0;     // its number in the configuration
};

struct CompiledConfiguration {
  std::string name;
  Format format = Format::html;
  Resolution resolve;
  std::optional<JsonSchema> schema;
  std::optional<std::string> fallback;            // rendered: HTML, text, or JSON bytes
  int conflict = -1;                              // policy
  std::shared_ptr<const Policy> conflict_policy;  // it
  // From here on: what the experiences in force make of it.
  std::vector<Candidate> candidates;  // highest priority first, then by activation, then by id
  std::vector<CandidateRun> runs;     // the same, an experience at a time
  std::vector<Offer> offers;          // of candidates; none where there are too many elements
  std::uint64_t elements = 0;         // bits of all of them
  std::vector<int> element_numbers;   // the element that each bit stands for
  CandidateIndex index;               // of runs

  // The number of a run's.
  int experience(const CandidateRun& run) const { return candidates[run.first].experience; }
};

// An experience that came after a snapshot was arranged, with the steps of its audience.
struct RecentExperience {
  int number = 0;
  std::shared_ptr<const CompiledExperience> experience;
  std::shared_ptr<const AudiencePrograms> steps;
};

// What a snapshot is made of: what decisions read, and who keeps it.
struct SnapshotParts {
  std::string version;
  Zone zone = Zone::utc();
  std::shared_ptr<const AttributeTable> attributes;
  std::shared_ptr<const Conditions> conditions;
  std::shared_ptr<const SurfaceIndex> surfaces;
  Numbered<CompiledConfiguration> configurations;
  Numbered<CompiledExperience> experiences;
  std::vector<AudienceProgram> programs;  // by experience
  Numbered<Policy> policies;

  std::vector<std::shared_ptr<const CompiledConfiguration>> own_configurations;
  std::shared_ptr<const std::vector<std::shared_ptr<const CompiledExperience>>> arranged;  // those it was arranged with
  std::shared_ptr<const AudiencePrograms> steps;                                           // of these
  std::vector<RecentExperience> recent;                                                    // those since, in the order of their numbers
};

class Snapshot {
 public:
  // Compiles everything, or reports every problem of every experience. `lift` and checks of
  // policies are the compiler's; without policies it is not asked.
  static Result<std::shared_ptr<const Snapshot>> compile(SnapshotSource source, PolicyCompiler& policies);
  // Compiles what can be served: an experience with an error is left out and its problems are told.
  // Null when the workspace's own document has errors.
  static std::shared_ptr<const Snapshot> compile_sound(SnapshotSource source, PolicyCompiler& policies, Problems& problems);

  explicit Snapshot(SnapshotParts parts);

  const std::string& version() const { return parts_.version; }
  const Zone& zone() const { return parts_.zone; }
  std::uint64_t serial() const { return serial_; }  // no two snapshots of a process have the same
  const AttributeTable& attributes() const { return *parts_.attributes; }
  const Conditions& conditions() const { return *parts_.conditions; }
  const SurfaceIndex& surfaces() const { return *parts_.surfaces; }
  // Numbers are indices. Those of experiences and policies may have gaps.
  const Numbered<CompiledConfiguration>& configurations() const { return parts_.configurations; }
  const Numbered<CompiledExperience>& experiences() const { return parts_.experiences; }
  const Numbered<Policy>& policies() const { return parts_.policies; }
  // The audience of an experience, as it is decided.
  AudienceProgram program(int experience) const { return parts_.programs[static_cast<std::size_t>(experience)]; }
  std::size_t index_bytes() const;  // of what candidates are found by
  const SnapshotParts& parts() const { return parts_; }

 private:
  const std::uint64_t serial_;
  const SnapshotParts parts_;
};

// The error that tells what kept a workspace from compiling. Code validation_failed.
Error does_not_compile(Problems problems);

// The compiler of workspaces without Lua: every policy is a problem.
PolicyCompiler& no_policy_compiler();

}  // namespace footlight
