#include "engine/compile_check.h"

#include "engine/recurrence.h"
#include "engine/snapshot_compiler.h"

namespace footlight {
namespace {

// Names of attributes and elements are numbered on and on: so many more, and the compiler begins anew.
constexpr std::size_t names_more = 4096;

}  // namespace

CompileCheck::CompileCheck(const Workspace& workspace, PolicyCompiler& policies) : workspace_(workspace), policies_(policies) { begin(); }
CompileCheck::~CompileCheck() = default;

void CompileCheck::begin() {
  compiler_ = std::make_unique<SnapshotCompiler>(workspace_, policies_);
  compiler_->configurations();
  names_ = compiler_->names();
}

Problems CompileCheck::problems_of(const ServedExperience& served, const IdLists& lists) {
  if (compiler_->names() > names_ + names_more) begin();
  Problems problems;
  if (const auto compiled = compiler_->experience(served, lists, problems)) compiler_->forget(*compiled);
  // Refused where it is written, not where it is served: it does no harm there.
  if (const auto& schedule = served.definition.schedule; schedule && schedule->rrule && Occurrences(*schedule->rrule).is_empty())
    problems.push_back(
        {Code::bad_schedule, SnapshotCompiler::place(served, "$.schedule.rrule.rule"),
         "the rule `" + to_text(schedule->rrule->rule) + "` names no time at all from " + to_text(schedule->rrule->from) + " on"});
  return problems;
}

}  // namespace footlight
