// Catalog: the one orchestrator of authoring in a workspace.
//
// command → checked against the state (lifecycle) → journal, durable (store) → folded → compiled on
// the side into a new snapshot → swapped in whole → answered. In that order: who hears yes knows
// that it is on disk and, on this node, in force. A refused command has changed nothing.
//
// Any thread may call any member. Commands take turns; `snapshot()` never waits for one.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <vector>

#include "engine/compile_check.h"
#include "engine/snapshot_series.h"
#include "footlight/delivery.h"
#include "footlight/lifecycle.h"
#include "footlight/store.h"
#include "lifecycle/zones.h"

namespace footlight {

struct CatalogOptions {
  Window window;
  std::string node = "local";  // the accepting node's name in receipts
  Reading started = {};        // now: leases given by a process before this one are waited for
  // Does it some time soon, on a thread of its own, and must live longer than the catalog; without one it is done at once.
  std::function<void(std::function<void()>)> on_the_side = {};
  // Does work(0) to work(count - 1), in any order and some of them at once, and returns when all are done; without one they
  // are done one after the other.
  std::function<void(std::size_t count, const std::function<void(std::size_t)>& work)> at_once = {};
  // Told of every snapshot that takes effect, with the instant of the command that made it.
  std::function<void(Instant, std::shared_ptr<const Snapshot>)> published = {};
};

// What a command is answered: a body for programs, and whether it was so before.
struct Answer {
  Value body;
  bool is_repeat = false;
};

// A shared mutex that counts how often something was to be written under it.
class CountingMutex : public std::shared_mutex {
 public:
  void lock() {
    std::shared_mutex::lock();
    ++times_locked_;
  }
  bool try_lock() {
    const bool is_locked = std::shared_mutex::try_lock();
    if (is_locked) ++times_locked_;
    return is_locked;
  }
  std::uint64_t times_locked() const { return times_locked_; }

 private:
  std::atomic<std::uint64_t> times_locked_{0};
};

class Catalog {
 public:
  // Reads the workspace's journal and compiles what is in force. The store and the compiler must
  // outlive the catalog; the compiler is only asked from within members. Codes store_corrupt,
  // store_failed; what no longer compiles is reported by `compile_error()` instead.
  static Result<std::unique_ptr<Catalog>> open(Store& store, std::string workspace, PolicyCompiler& policies, CatalogOptions options);

  ~Catalog();  // waits for what is done on the side

  const std::string& name() const { return name_; }

  // --- authoring
  // One lifecycle command. `definition` of create and edit may have any spelling; it is normalised
  // and takes in what it mentions of the workspace. With an idempotency key, the same key and body
  // have one effect and one answer.
  Result<Answer> apply(Command command, const std::string& idempotency_key = {}, const std::string& body_hash = {});
  // Replaces the workspace's document; needs the role admin or publisher. Refused with every problem
  // when it, or anything in force on it, would not compile. `lists` are the contents of uploaded
  // lists by their SHA-256, where the store does not have them yet.
  Result<Answer> configure(const Value& document, const Actor& actor, Instant at, const std::map<std::string, std::string>& lists = {},
                           const std::string& request_id = {});
  // The commands that are given within take effect in one snapshot, when it returns: for worlds in which nobody asks
  // in between. By one thread.
  void together(const std::function<void()>& commands);
  // Everything `submit` would refuse: problems and warnings of a definition, as activating would see it.
  Problems check(const Value& definition, Instant now);

  // Says that a process is there to serve what is in force; within `limits::awake_every` of each other while it is. What
  // began and ended between two such words is shown as missed: it was never served.
  Status stay_awake(Instant now);

  // --- delivery to other nodes (footlight/delivery.h)
  // Answers a node's request, which has arrived by now. A lease comes with the catalog of its very
  // version (catalog/delivered.h says in which form), where the node does not hold that. A head that
  // contradicts this store fences it, durably, before this returns.
  Result<LeaseAnswer> lease(const LeaseRequest& request, Reading now);
  std::vector<KnownNode> nodes(Reading now) const;
  const Window& window() const { return options_.window; }
  // Another workspace of the store may have found it to be an older copy; then this one is too.
  Status heed_fence();
  // receipt(), with all that is known of other nodes.
  Result<Value> receipt(std::string_view id, Reading now) const;

  // --- reading
  // Of the newest state always; null only when the workspace's own document no longer compiles.
  std::shared_ptr<const Snapshot> snapshot() const;
  // Goes up before snapshot(), defaults() or is_fenced() change, maybe without: what was asked after reading it is
  // good as long as it stays. No lock is taken and no reference counted, so that all threads may ask for each request.
  std::uint64_t changes() const { return state_mutex_.times_locked(); }
  // The configurations without any experience: what is shown while the workspace is fenced.
  std::shared_ptr<const Snapshot> defaults() const;
  // What was accepted and is left out of the snapshot, since this program cannot compile it.
  std::optional<Error> compile_error() const;
  Result<Value> experience(std::string_view id, Instant now) const;  // codes not_found, gone
  Result<Value> summary(std::string_view id, Instant now) const;     // the same without its definitions
  std::vector<Value> experiences(Instant now) const;                 // the summaries of all but deleted ones
  // Times in force that this machine's zone data reads otherwise than they were activated; what was activated is
  // kept. By experience. Looked for when the catalog is opened: a process reads each zone once.
  std::map<std::string, std::vector<ZoneChange>> changed_zones(Instant now) const;
  Result<Value> receipt(std::string_view id, Instant now) const;  // of the newest publish
  // Two revisions side by side, section by section. `from` and `to` are a number, `live`, `draft` or
  // `newest`; left out: what is live, or the one before, against the newest. Codes usage, no_such_revision.
  Result<Value> difference(std::string_view id, std::string_view from, std::string_view to, Instant now) const;
  // What is in force, as delivery nodes get it (to_value(DeliveredCatalog)), with other revisions in the place of
  // what is live: for whoever wants to decide with it elsewhere. `with` names a revision for an experience, as
  // `difference` does; `drafts` takes every newest one that could still be activated. What was never live comes as
  // if activated now. Codes usage, no_such_revision, not_found, gone.
  Result<Value> served(const std::map<std::string, std::string>& with, bool drafts, Instant now) const;
  // What activating the newest revision would put live, who it meets there, and what stands in its way.
  Result<Value> review(std::string_view id, Instant now);
  Value workspace() const;  // its document
  CatalogVersion version() const;
  std::int64_t head() const;
  std::size_t count() const;
  bool is_fenced() const;
  // Each change since the entry `after`, in order, until `each` returns false: {"seq", "at", "actor", "command",
  // "request_id", "from", "to", "record", "chain"} and, where they are, "experience" and "live_from", "live_to".
  // `from` and `to` are the hashes of the newest revision before and after it, of the workspace's document
  // where that was replaced; `live_from` and `live_to` of what was in force, where that changed. Null is none.
  Status audit(std::int64_t after, const std::string& experience, const std::function<bool(const Value&)>& each) const;
  // The journal from its first entry to its head: every hash of the chain, every blob.
  Result<VerifyReport> verify() const { return store_.verify(name_); }

 private:
  Catalog(Store& store, std::string workspace, PolicyCompiler& policies, CatalogOptions options);

  Status replay();
  struct Told;
  Status fold_entry(Told&& told);
  void at_once(std::size_t count, const std::function<void(std::size_t)>& work) const;
  // One thing that is looked at before an activation, and what was found.
  struct Check {
    std::string name, what;
    Problems problems;
    bool was_skipped = false;  // something before it already failed
  };
  std::vector<Check> checks_of(const Value& definition, Instant now);
  Problems problems_of(const Value& definition, Instant now);  // check(), within a command
  Value approval_of(const Experience& experience);
  Value clashes_of(const Experience& experience, const Definition& definition, const Span& span, Instant now);
  const Experience* known(std::string_view id, std::optional<Error>& refusal) const;
  Rules rules();
  Result<Value> normalised(const Value& definition, const std::string& id);
  using ProblemsById = std::map<std::string, Problems, std::less<>>;
  Problems compile(SnapshotSeries& series, const Workspace& workspace, ProblemsById& unreadable);
  Status add_lists(const Definition& definition, std::map<std::string, std::shared_ptr<const IdList>>& needed);
  Result<const Definition*> definition_of(const std::string& experience, const Revision& revision);
  Result<Definition> definition_in(const CatalogItem& item) const;
  std::optional<ServedExperience> served(const CatalogItem& item, Result<Definition> definition, IdLists& lists, Problems& problems);
  void publish(Instant at);
  void publish_change(Instant at, const std::string& experience);
  void note_leaving(const std::string& experience, const std::optional<CatalogItem>& item);
  void take_effect(Instant at, const Problems& problems);
  void arrange_on_the_side();
  void arrange(const std::shared_ptr<const Snapshot>& patched, const Snapshot& arranged);
  Result<bool> is_behind_fence();
  Status raise_fence();
  void take_fence_down();
  Status look_back(Instant now);
  bool was_missed(const Experience& experience, Instant now) const;
  const std::vector<ZoneChange>* changed_zones_of(const Experience& experience, Instant now) const;
  Value view(const Experience& experience, Instant now, bool with_definition) const;
  std::shared_ptr<const Value> delivered();  // under state_mutex_ and delivery_mutex_

  // Which content hash stood from which journal entry on; an empty one is none.
  using Hashes = std::vector<std::pair<std::int64_t, std::string>>;
  struct Trail {
    Hashes newest, live;
  };
  void remember(Trail& trail, std::int64_t seq, const std::string& newest, const std::string& live);
  void remember(const Record& record);  // folded already
  Status remember_lease(Instant until);

  Store& store_;
  const std::string name_;
  PolicyCompiler& policies_;
  const CatalogOptions options_;

  std::mutex commands_;                // one command at a time
  bool is_gathering_ = false;          // under commands_: together() will publish
  std::optional<Instant> gathered_;    // what it will
  mutable CountingMutex state_mutex_;  // guards what follows
  State state_;
  Workspace workspace_;
  std::map<std::string, Receipt, std::less<>> receipts_;
  std::map<std::string, Trail, std::less<>> trails_;  // by experience; of the document under ""
  std::shared_ptr<const Snapshot> snapshot_, defaults_;
  std::optional<Error> compile_error_;
  std::map<std::string, std::pair<Span, std::vector<ZoneChange>>, std::less<>>
      changed_zones_;  // found at the start, with the span they are of

  // From when to when nobody was awake and something was missed; found at the start, kept in the store.
  std::vector<std::pair<Instant, Instant>> sleeps_;

  std::mutex leases_;     // guards what follows
  Instant leased_until_;  // no lease given so far lasts longer; in the store too

  mutable std::mutex delivery_mutex_;  // guards what follows; taken after state_mutex_
  std::optional<DeliveryControl> control_;
  Reading asked_at_;  // when a node asked last, by both clocks
  std::string delivered_version_;
  std::shared_ptr<const Value> delivered_;  // the catalog as nodes get it, of delivered_version_

  // What follows is under commands_.
  std::optional<CompileCheck> compile_check_;  // of definitions against workspace_; none before one is asked for
  SnapshotSeries series_;
  ProblemsById unreadable_;                             // why parts of what is in force cannot be read, by experience
  std::map<std::string, Instant, std::less<>> leaves_;  // experiences that time takes out of the catalog, and when
  std::set<std::pair<Instant, std::string>> leaving_;   // the same, the next first
  struct Parsed {
    std::string hash;
    Definition definition;
  };
  std::map<std::string, Parsed> parsed_;  // by experience, of what reviews have looked at
  IdLists lists_;

  std::mutex side_mutex_;
  std::condition_variable side_is_done_;
  int on_the_side_ = 0;  // what is still to be done there; under side_mutex_
};

}  // namespace footlight
