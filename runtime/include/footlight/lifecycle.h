// The lifecycle: what may happen to an experience, who may do it, and when its effect is promised.
//
//   const auto outcome = apply(state, command, rules);          // checks, decides; changes nothing
//   if (!outcome.ok()) return outcome.error();                  // the first refusal, in the documented order
//   if (const auto* record = std::get_if<Record>(&*outcome)) {  // accepted: make it durable, then
//     append(to_value(*record));
//     fold(state, *record);                                     // let it count
//   }                                                           // else a Repeat: it was so before
//
// Pure logic: no I/O and no clock. State is what the accepted records, folded in order, amount to;
// what only the passing of time does (a start, an end, a pause that runs out) is never stored but
// computed by `phase_at`, on every node alike. One table (runtime/lifecycle/table.cc) says for
// every situation and command whether it is allowed and what guards it; `apply` obeys that table,
// docs/lifecycle.md is printed from it, and the tests walk all of it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "footlight/error.h"
#include "footlight/time.h"
#include "footlight/value.h"

namespace footlight FOOTLIGHT_API {

// ---- words -------------------------------------------------------------------------------------

enum class Kind { campaign, journey };
enum class Phase {
  authoring,  // never was in front of anybody; what is shown is its head status
  scheduled,  // activated, its start lies ahead
  live,
  paused,     // a journey that takes no entries for at most 14 days
  closed,     // a journey that takes no entries any more; profiles inside go on
  stopped,    // ended by a person, for ever
  completed,  // ended by its schedule, for ever
  finished,   // a closed journey that ran out, for ever
  archived,   // one of the three above, hidden
  deleted,    // a draft that is gone; its id is never used again
};
enum class HeadStatus { draft, in_review, approved };  // of the newest revision
enum class Role {
  viewer,
  author,
  approver,
  publisher,
  admin,
  delivery,  // an application: asks for decisions
  node,      // a delivery node: fetches the catalog and reports what it has
};
enum class CommandName {
  create,
  edit,
  delete_,
  submit,
  withdraw,
  request_changes,
  approve,
  activate,
  unschedule,
  stop,
  pause,
  resume,
  close,
  archive,
  duplicate,
  epoch_bump,
};

// The word as in code, API, Lua and CLI: `in_review`, `delete`, `epoch_bump`.
std::string_view to_text(Kind kind);
std::string_view to_text(Phase phase);
std::string_view to_text(HeadStatus status);
std::string_view to_text(Role role);
std::string_view to_text(CommandName name);
std::optional<Kind> kind_from(std::string_view word);
std::optional<Phase> phase_from(std::string_view word);
std::optional<HeadStatus> head_status_from(std::string_view word);
std::optional<Role> role_from(std::string_view word);
std::optional<CommandName> command_from(std::string_view word);

bool is_final(Phase phase);  // stopped, completed, finished, archived

// ---- what is asked -----------------------------------------------------------------------------

struct Actor {
  std::string name;  // unique in the deployment; never empty
  std::set<Role> roles;
  bool operator==(const Actor&) const = default;
};

struct Command {
  CommandName name = CommandName::create;
  std::string experience = {};  // its id; empty for epoch_bump
  Actor actor = {};
  Instant at = {};  // stamped once, where the command came in
  // Compare-and-set: the number of the newest revision, as the actor knows it; 0 for create.
  std::optional<int> expected_revision = {};
  std::string expected_hash = {};  // approve: the hash of what was reviewed
  std::string message = {};        // withdraw, request_changes, stop: why
  // create, edit: normalised by the caller. An object whose `kind` is `campaign` or `journey`;
  // an `id` in it, if any, is the experience's.
  Value definition = {};
  std::string new_id = {};  // duplicate
  // duplicate: which revision, the newest if absent; activate: must be the newest if given.
  std::optional<int> revision = {};
  // submit: the last approval that is needed puts the revision in force too. Somebody who may activate
  // must want it: who submits, or who gives that approval.
  bool activate_on_approval = false;
  std::string request_id = {};  // kept in the record, not looked into
};

// ---- what is known -----------------------------------------------------------------------------

// Immutable; numbered 1, 2, 3 … within its experience.
struct Revision {
  int n = 0;
  Value definition;
  std::string hash;  // hash_of(definition)
  std::string by;
  Instant at;
  bool operator==(const Revision&) const = default;
};

// The revisions of an experience, oldest first. None of them changes any more, so copies share them: what a command makes of
// an experience costs no more the longer its history is.
class Revisions {
 public:
  class Iterator {
   public:
    using value_type = Revision;
    using difference_type = std::ptrdiff_t;
    const Revision& operator*() const { return **at_; }
    const Revision* operator->() const { return at_->get(); }
    Iterator& operator++() { return ++at_, *this; }
    Iterator operator++(int) { return Iterator(at_++); }
    bool operator==(const Iterator&) const = default;
    Iterator() = default;

   private:
    friend Revisions;
    explicit Iterator(std::vector<std::shared_ptr<const Revision>>::const_iterator at) : at_(at) {}
    std::vector<std::shared_ptr<const Revision>>::const_iterator at_;
  };

  bool empty() const { return all_.empty(); }
  std::size_t size() const { return all_.size(); }
  const Revision& operator[](std::size_t at) const { return *all_[at]; }  // r1 is at 0
  const Revision& front() const { return *all_.front(); }
  const Revision& back() const { return *all_.back(); }
  Iterator begin() const { return Iterator(all_.begin()); }
  Iterator end() const { return Iterator(all_.end()); }
  void push_back(Revision revision) { all_.push_back(std::make_shared<const Revision>(std::move(revision))); }
  bool operator==(const Revisions& other) const {
    return std::equal(all_.begin(), all_.end(), other.all_.begin(), other.all_.end(),
                      [](const auto& a, const auto& b) { return a == b || *a == *b; });
  }

 private:
  std::vector<std::shared_ptr<const Revision>> all_;
};

struct Approval {
  int revision = 0;
  std::string hash;
  std::string by;
  Instant at;
  std::set<Role> roles;  // the approver's, at that moment
  bool operator==(const Approval&) const = default;
};

// When an activated revision is in force: [start, end). Instants count; zone and wall text are kept
// for people, as they stood when it was activated.
struct Span {
  std::optional<Instant> start;      // none: from its activation on
  std::optional<Instant> end;        // none: until somebody ends it
  std::string zone;                  // `Europe/Paris`
  std::string start_text, end_text;  // `2026-12-01T09:00`, as written
  bool operator==(const Span&) const = default;
};

// What the last command made of an experience. Together with an instant it gives the phase.
struct Standing {
  Phase phase = Phase::authoring;
  Instant since;  // when that command was accepted
  Span span;      // of the live or scheduled revision
  bool operator==(const Standing&) const = default;
};

// The end of an experience: `stopped … by ann`, or by its schedule, or because a journey ran out.
struct Ending {
  std::string who;  // empty where nobody did it
  Instant when;
  std::string how;  // `stopped`, `completed`, `finished`, `restored`; of a deleted draft `deleted`
  bool operator==(const Ending&) const = default;
};

// Asked for with a submission: activate as soon as it is approved.
struct ActivationWish {
  std::string by;
  bool may_activate = false;  // the roles of `by` allowed it when asked
  bool operator==(const ActivationWish&) const = default;
};

struct Experience {
  std::string id;
  Kind kind = Kind::campaign;
  Standing standing;
  HeadStatus head_status = HeadStatus::draft;
  Revisions revisions;                                  // never empty; the head is the last
  std::set<std::string> contributors;                   // to the head, since it was last live
  std::map<int, std::vector<Approval>> approvals;       // revision -> who approved it, each once
  std::optional<ActivationWish> activates_on_approval;  // of the head, while it is in review
  std::optional<int> live_revision;                     // activated last; kept after the end
  std::optional<Instant> activated_at;                  // first put in force; replacements keep it
  std::optional<Ending> ending;                         // kept once a command has met it
  std::optional<std::pair<std::string, int>> duplicated_from;
  bool operator==(const Experience&) const = default;

  const Revision& head() const { return revisions.back(); }
  // A revision newer than the activated one is being worked on (while authoring: always).
  bool has_pending_head() const { return !live_revision || *live_revision < head().n; }
};

// What readers may be served of one experience. `standing` is evaluated by the reader's own clock
// with `phase_at`: a scheduled item is in the catalog ahead of its start.
struct CatalogItem {
  std::string experience;
  int revision = 0;
  std::string hash;
  Standing standing;
  Instant activated_at;
  bool operator==(const CatalogItem&) const = default;
};

// One step from a catalog version to the next.
struct CatalogChange {
  std::optional<CatalogItem> put;  // takes the place of the experience's item
  std::string gone;                // else the experience that left; empty: all did
};

// (epoch, v) names one catalog. Versions are contiguous; the epoch counts restores. `chain` is
// chain_of the chain before and the change that led here: by induction it names the whole catalog,
// and costs the same however large the catalog is.
struct CatalogVersion {
  std::int64_t epoch = 1;
  std::int64_t v = 0;
  std::string chain;  // hex; empty at v 0
  bool operator==(const CatalogVersion&) const = default;
};

// One workspace, folded.
struct State {
  std::map<std::string, Experience, std::less<>> experiences;  // deleted ones too
  CatalogVersion version;
  Instant version_at;     // of the record that made it
  std::int64_t head = 0;  // records folded: the journal's head
  Instant at;             // of the newest record; never goes back
  bool fenced = false;    // set by whoever opens a restored store
  bool operator==(const State&) const = default;

  const Experience* find(std::string_view id) const;  // deleted ones too; nullptr if never created
};

// ---- what decides ------------------------------------------------------------------------------

// The propagation window. Nothing may raise it above limits::window_max.
class Window {
 public:
  Window() : length_(max()) {}
  static Result<Window> of(Duration length);  // code out_of_range unless 0 < length <= max
  static Duration max();
  Duration length() const { return length_; }
  bool operator==(const Window&) const = default;

 private:
  explicit Window(Duration length) : length_(length) {}
  Duration length_;
};

// One thing that a definition needs before it may be activated: so many approvers, of those who count.
struct ApprovalNeed {
  int approvers = 0;    // 0: nobody
  std::string because;  // `tagged "price"`; ends a sentence
  // Who counts: anybody with one of the roles, or one of the names. Both empty: any approver.
  std::set<Role> roles = {};
  std::set<std::string> names = {};

  bool counts(const std::string& name, const std::set<Role>& its_roles) const;
  std::string who() const;  // `admin, or ann, bob`; empty where anybody counts
};
// What all rules together ask for; each must be met, and one approval may count for several.
struct ApprovalNeeds {
  std::vector<ApprovalNeed> all;

  ApprovalNeeds() = default;
  ApprovalNeeds(ApprovalNeed only) {
    if (only.approvers > 0) all.push_back(std::move(only));
  }
  explicit ApprovalNeeds(std::vector<ApprovalNeed> needs) : all(std::move(needs)) {}
  bool empty() const { return all.empty(); }
};

// What the lifecycle asks of the boxes around it. All three must be set, and be pure.
struct Rules {
  // Everything wrong with a definition; asked at submit and activate. Warnings refuse nothing.
  std::function<Problems(const Value& definition, Instant now)> check;
  std::function<ApprovalNeeds(const Value& definition)> approvals;
  // Codes bad_time, unknown_time_zone, nonexistent_local_time, ambiguous_local_time,
  // offset_mismatch; how start, end and now compare is checked here, by check_span.
  std::function<Result<Span>(const Value& definition, Instant now)> schedule;
  Window window;
};

// end_before_start, end_in_past, too_far_ahead (limits::start_ahead_max); all that apply.
Problems check_span(const Span& span, Instant now);

// ---- what happens ------------------------------------------------------------------------------

// An activation that was wished for with the submission and that the last approval could not make.
struct NotActivated {
  std::string code;  // what `activate` would have refused with
  std::string message;
  bool operator==(const NotActivated&) const = default;
};

// An accepted command with every effect already computed: folding needs no rules and no clock.
// A member that is absent leaves what it speaks of as it was.
struct Record {
  std::int64_t seq = 0;  // the journal position it was made for
  CommandName command = CommandName::create;
  std::string experience;  // duplicate: the new one
  Actor actor;
  Instant at;  // never before the record before it
  std::string request_id;
  std::string message;

  std::optional<Kind> kind;               // create, duplicate: an experience begins
  std::optional<Revision> revision;       // a new head
  bool starts_contributors_anew = false;  // the head was live: its authors are done
  std::optional<HeadStatus> head_status;
  std::optional<Approval> approval;
  bool voids_approvals = false;                         // of the head, on withdraw and request_changes
  std::optional<ActivationWish> activates_on_approval;  // submit: it was asked for
  std::optional<NotActivated> not_activated;            // approve: the approval counts all the same
  std::optional<Standing> standing;
  std::optional<int> live_revision;
  std::optional<Ending> ending;  // epoch_bump: of every experience not yet final
  std::optional<std::pair<std::string, int>> duplicated_from;
  std::optional<CatalogVersion> version;  // where the catalog changes
  std::optional<Instant> visible_by;      // the new is served everywhere from here on
  std::optional<Instant> gone_by;         // the old is served nowhere from here on
  bool operator==(const Record&) const = default;
};

Value to_value(const Record& record);     // the journal's form; canonical
Result<Record> record_from(Value value);  // code store_corrupt, with the place
Value to_value(const CatalogItem& item);

// It was so before: stop on something stopped, archive on something archived, a second approval by
// the same approver. Answered like the first time; no record is made.
struct Repeat {
  Instant since;  // when it first became so
  std::string message;
};
using Outcome = std::variant<Record, Repeat>;

// Decides a command. The first refusal, in this order: forbidden (role) → fenced → not_found, gone
// → 409 state → revision_conflict → self_approval → 422. `unavailable`, `unauthorized` and
// idempotency keys are the caller's, before and around this. A command stamped earlier than
// the newest record is taken at that record's instant, so that nothing ended comes back to life
// when a wall clock steps back. Changes nothing, ever.
Result<Outcome> apply(const State& state, const Command& command, const Rules& rules);

// Lets a record count. A record that does not continue this state (another seq, an experience it
// does not know, a number that does not follow) is refused with store_corrupt and changes nothing.
Status fold(State& state, const Record& record);
Status fold(State& state, Record&& record);  // takes its revision, and leaves the rest as it is
// The record's own experience as it will be once the record counts, without copying the state: for
// the answer that is written down together with the record. Not for epoch_bump, which has none.
Experience experience_after(const State& before, const Record& record);

// ---- what time does ----------------------------------------------------------------------------

// scheduled → live at the start; anything activated → completed at the end; paused → live 14 days
// after the pause; closed → finished 91 days after the close.
Phase phase_at(const Standing& standing, Instant now);
Phase phase_at(const Experience& experience, Instant now);
// When and how it ended, if it has by `now`.
std::optional<Ending> ending_at(const Experience& experience, Instant now);
// True where a process last awake at `last_awake` slept through the whole of [start, end): its end
// was reached and it was never served here.
bool was_missed(const Standing& standing, Instant last_awake, Instant now);
// What people are shown: the head status while authoring, else the phase; `draft pending` where a
// newer head exists: `live (draft pending)`, `paused (in_review pending)`; `stopped (restored)` where an
// epoch bump ended it.
std::string status_at(const Experience& experience, Instant now);

// ---- what is served ----------------------------------------------------------------------------

// What may be served after state.version, by id; what its schedule had ended when that was made is left
// out. The same for as long as the version is: nodes that got it sooner or later have the same.
std::vector<CatalogItem> catalog(const State& state);
// One experience's item in it.
std::optional<CatalogItem> catalog_item(const State& state, std::string_view experience);
// From when on what stands so is in no catalog any more, whatever else happens.
std::optional<Instant> leaves_catalog_at(const Standing& standing);
// What a record changes in the catalog of the state that it was made for; none where it has no version.
std::optional<CatalogChange> change_of(const State& before, const Record& record);
// SHA-256 in hex over the chain before, epoch, v and the change.
std::string chain_of(std::string_view previous_chain, std::int64_t epoch, std::int64_t v, const CatalogChange& change);

// ---- when it is promised -----------------------------------------------------------------------

// One node, as the control side knows it.
struct NodeStanding {
  std::string node;
  std::optional<Instant> confirmed;  // when it reported this version or a later one
  Instant lease_end;                 // from then on it serves nothing, unless renewed
};

// Where a publish has got to. Complete when each node has confirmed or its lease has ended.
struct Receipt {
  CommandName command = CommandName::activate;
  std::string experience;
  CatalogVersion version;
  Instant accepted, deadline;                  // deadline = accepted + window
  std::optional<Instant> visible_by, gone_by;  // whichever the command promises
  std::vector<NodeStanding> nodes;
};
struct Progress {
  bool is_propagated = false;
  Instant since;  // propagating: accepted; else when it became so
  // Nodes, in the receipt's order: has it; serves nothing, its lease has ended; may serve the old.
  std::vector<std::string> at_it, dark, behind;
};

// Precondition: the record has a version. The accepting node has it at once.
Receipt receipt_for(const Record& record, std::string accepting_node, std::vector<NodeStanding> others = {});
Progress progress_at(const Receipt& receipt, Instant now);
Value to_value(const Receipt& receipt, Instant now);

// ---- documentation -----------------------------------------------------------------------------

// docs/lifecycle.md, printed from the table.
std::string lifecycle_markdown();

}  // namespace FOOTLIGHT_API
