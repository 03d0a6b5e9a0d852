// Random histories: after every step the invariants L1 to L8 hold, and what was written down folds
// back to the same state. FOOTLIGHT_SEED picks another first seed, FOOTLIGHT_HISTORIES another count.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <random>

#include "lifecycle/table.h"
#include "world.h"

using namespace footlight;
using namespace footlight::test;

namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* given = std::getenv(variable);
  return given ? std::strtoull(given, nullptr, 10) : otherwise;
}

// What the records alone say, kept apart from the fold: the judge of the fold.
struct Shadow {
  struct Life {
    std::map<int, std::string> hashes;  // L4
    std::set<std::string> contributors;
    std::map<int, std::set<std::string>> approvers;  // by revision; L3
    std::optional<Instant> fin;                      // L1, L2
    std::string how;
    int live = 0;
  };
  std::map<std::string, Life> lives;
  std::map<std::string, CatalogItem> served;  // from the changes, L5 and L7
  std::string chain;
  std::int64_t v = 0, epoch = 1;
};

class History {
 public:
  explicit History(std::uint64_t seed) : random_(seed) {}

  void step() {
    move_clock();
    if (one_in(400)) world_.state.fenced = true;
    world_.rules = rules_of_test(one_in(10) ? below(4) : -1);
    const Command command = some_command();
    const State before = world_.state;
    const std::size_t written = world_.journal.size();
    const Instant now = std::max(world_.now, before.at);
    const auto outcome = world_.run(command);
    const bool is_accepted = outcome.ok() && std::holds_alternative<Record>(*outcome);
    if (is_accepted) {
      accept(before, std::get<Record>(*outcome));
    } else {
      CHECK(world_.state == before);  // L8
      CHECK(world_.journal.size() == written);
    }
    if (before.fenced && is_accepted) CHECK(command.name == CommandName::epoch_bump);  // R2
    look_at_all(now);
  }

  // What was written reads back and folds to the same state; a record out of place is refused.
  void replay() const {
    State state;
    for (std::size_t i = 0; i < world_.journal.size(); ++i) {
      const auto text = to_json(to_value(world_.journal[i]));
      const auto value = parse_json(text);
      REQUIRE(value.ok());
      const auto record = record_from(*value);
      INFO(text << (record.ok() ? "" : record.error().message));
      REQUIRE(record.ok());
      REQUIRE(*record == world_.journal[i]);
      const State before = state;
      if (i + 1 < world_.journal.size()) {
        CHECK_FALSE(fold(state, world_.journal[i + 1]).ok());
        CHECK(state == before);
      }
      REQUIRE(fold(state, *record).ok());
      CHECK_FALSE(fold(state, *record).ok());  // twice
      State taking = before;
      REQUIRE(fold(taking, Record(*record)).ok());
      CHECK(taking == state);
    }
    State reached = world_.state;
    reached.fenced = state.fenced;  // not of the journal: whoever opens the store says so
    CHECK(state == reached);
  }

  std::size_t accepted() const { return world_.journal.size(); }
  const std::map<CommandName, int>& counts() const { return counts_; }

 private:
  World world_;
  Shadow shadow_;
  std::mt19937_64 random_;
  std::map<CommandName, int> counts_;

  int below(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }
  bool one_in(int n) { return below(n) == 0; }

  void move_clock() {
    static const Duration steps[] = {{}, {}, {}, milliseconds(1), minutes(1), minutes(15), hours(1), hours(7)};
    world_.now = world_.now + steps[below(8)];
    if (one_in(20)) world_.now = world_.now - steps[below(8)];
    if (one_in(25)) world_.now = world_.now + days(1 + below(20));
    if (one_in(300)) world_.now = world_.now + days(95);
  }

  std::string wall(Duration from_now) { return to_text(Zone::find("Europe/Paris")->local(world_.now + from_now)); }

  Value some_definition(Kind kind) {
    Object object{{"kind", to_text(kind)}, {"v", below(1000)}};
    if (one_in(3)) object["approvers"] = below(3);
    if (one_in(3)) object["from"] = wall(hours(below(96) - 24));
    if (one_in(3)) object["till"] = wall(hours(below(600)));
    if (one_in(20)) object["broken"] = Array{"`p.x` is not declared"};
    return object;
  }

  std::string some_id() { return std::string(1, static_cast<char>('a' + below(12))); }

  Actor some_actor() {
    static const char* names[] = {"ann", "bob", "cyd", "dan"};
    Actor made{names[below(4)], {Role::author, Role::approver, Role::publisher}};
    if (one_in(4)) made.roles.insert(Role::admin);
    if (one_in(10)) made.roles = {static_cast<Role>(below(6))};
    return made;
  }

  Command some_command() {
    // What a life needs most stands more often.
    static const CommandName names[] = {
        CommandName::create,   CommandName::create,          CommandName::edit,       CommandName::edit,      CommandName::submit,
        CommandName::submit,   CommandName::approve,         CommandName::approve,    CommandName::approve,   CommandName::activate,
        CommandName::activate, CommandName::activate,        CommandName::unschedule, CommandName::stop,      CommandName::pause,
        CommandName::resume,   CommandName::close,           CommandName::archive,    CommandName::duplicate, CommandName::delete_,
        CommandName::withdraw, CommandName::request_changes, CommandName::epoch_bump};
    Command made = command(names[below(23)], some_id(), some_actor());
    if (world_.state.fenced && one_in(3)) made.name = CommandName::epoch_bump;
    if (made.name == CommandName::stop && !one_in(3)) made.name = CommandName::activate;
    if (one_in(2) && !world_.journal.empty() && made.name != CommandName::create)
      made.experience = world_.journal.back().experience;  // stay with one for a while
    // Situations that come seldom and pass soon get what only they allow.
    const Situation situation = situation_of(world_.state.find(made.experience), std::max(world_.now, world_.state.at));
    if (situation == Situation::scheduled && one_in(3)) made.name = CommandName::unschedule;
    if (situation >= Situation::paused && situation <= Situation::paused_approved && one_in(3))
      made.name = one_in(2) ? CommandName::resume : CommandName::edit;
    made.new_id = some_id();
    made.activate_on_approval = one_in(3);
    const Experience* found = world_.state.find(made.experience);
    made.definition = some_definition(found && !one_in(30) ? found->kind : static_cast<Kind>(below(2)));
    if (found && !one_in(15)) made.expected_hash = found->head().hash;
    if (one_in(10)) made.expected_revision = below(4);
    if (one_in(20)) made.revision = below(4);
    return made;
  }

  void accept(const State& before, const Record& record) {
    ++counts_[record.command];
    CHECK(record.seq == before.head + 1);
    CHECK(record.at >= before.at);
    if (record.command == CommandName::epoch_bump) {
      for (auto& [id, life] : shadow_.lives)
        if (!life.fin || record.at < *life.fin) life.fin = record.at, life.how = "restored";
      ++shadow_.epoch;
      shadow_.served.clear();
    } else {
      accept_of(shadow_.lives[record.experience], record);
      CHECK(experience_after(before, record) == world_.at(record.experience));
    }
    CHECK((record.version.has_value() == (record.visible_by || record.gone_by)));
    if (record.version) check_version(before, record);
    else CHECK(world_.state.version == before.version);
  }

  void accept_of(Shadow::Life& life, const Record& record) {
    const bool ended_before = life.fin && *life.fin <= record.at;
    if (ended_before) CHECK(record.command == CommandName::archive);  // L1, L2
    if (record.revision) {
      CHECK(life.hashes.emplace(record.revision->n, record.revision->hash).second);  // L4
      CHECK(record.revision->n == static_cast<int>(life.hashes.size()));
      CHECK(record.revision->hash == hash_of(record.revision->definition));
      if (life.live == record.revision->n - 1) life.contributors.clear();
      life.contributors.insert(record.actor.name);
    }
    if (record.approval) {
      CHECK_FALSE(life.contributors.contains(record.approval->by));
      CHECK(life.hashes.at(record.approval->revision) == record.approval->hash);
      CHECK(life.approvers[record.approval->revision].insert(record.approval->by).second);  // once each
    }
    if (record.command == CommandName::withdraw || record.command == CommandName::request_changes)
      life.approvers.erase(static_cast<int>(life.hashes.size()));
    CHECK((record.command != CommandName::activate || record.live_revision));
    if (record.live_revision) {  // an approval may activate, where the submission asked for it
      const int n = *record.live_revision;
      const Experience& experience = world_.at(record.experience);
      for (const ApprovalNeed& need : world_.rules.approvals(experience.revisions[static_cast<std::size_t>(n) - 1].definition).all)
        CHECK(static_cast<int>(life.approvers[n].size()) >= need.approvers);  // L3
      CHECK(n == static_cast<int>(life.hashes.size()));
      life.live = n;
      life.fin = record.standing->span.end;  // its schedule's; a replacement brings its own
      life.how = "completed";
    }
    if (record.command == CommandName::unschedule) life.live = 0, life.fin.reset();
    if (record.command == CommandName::stop) life.fin = record.at, life.how = "stopped";
    if (record.command == CommandName::close) {
      const Instant out = record.at + days(91);
      if (!life.fin || out <= *life.fin) life.fin = out, life.how = "finished";
    }
    if (record.command == CommandName::delete_) life.fin = record.at, life.how = "deleted";
  }

  void check_version(const State& before, const Record& record) {  // L7
    ++shadow_.v;
    CHECK(record.version->v == shadow_.v);
    CHECK(record.version->epoch == shadow_.epoch);
    const auto change = change_of(before, record);
    REQUIRE(change);
    CHECK(record.version->chain == chain_of(shadow_.chain, shadow_.epoch, shadow_.v, *change));
    shadow_.chain = record.version->chain;
    if (change->put) shadow_.served[change->put->experience] = *change->put;
    else shadow_.served.erase(change->gone);
  }

  void look_at_all(Instant now) {
    std::set<std::string> seen;
    std::map<std::string, CatalogItem> items;
    for (const CatalogItem& item : catalog(world_.state)) {
      CHECK(seen.insert(item.experience).second);                                      // L5
      CHECK(shadow_.lives.at(item.experience).hashes.at(item.revision) == item.hash);  // L4
      CHECK(item.revision == shadow_.lives.at(item.experience).live);
      if (phase_at(item.standing, now) == Phase::live) {  // L6
        const Span& span = item.standing.span;
        CHECK((!span.start || *span.start <= now));
        CHECK((!span.end || now < *span.end));
      }
      items[item.experience] = item;
    }
    // The changes alone lead to the same catalog: what a node that follows them holds. What a schedule has
    // ended since may be in one and not in the other: nobody serves it.
    std::map<std::string, CatalogItem> followed;
    for (const auto& [id, item] : shadow_.served)
      if (!is_final(phase_at(item.standing, world_.state.at))) followed[id] = item;
    std::erase_if(items, [&](const auto& entry) { return is_final(phase_at(entry.second.standing, world_.state.at)); });
    CHECK(followed == items);

    CHECK(world_.state.experiences.size() == shadow_.lives.size());
    for (const auto& [id, life] : shadow_.lives) {
      const Experience& experience = world_.at(id);
      const Phase phase = phase_at(experience, now);
      const bool has_ended = life.fin && *life.fin <= now;
      INFO(id << " " << to_text(phase) << " " << life.how);
      CHECK((is_final(phase) || phase == Phase::deleted) == has_ended);  // L1
      if (has_ended) {
        const auto ending = ending_at(experience, now);
        REQUIRE(ending);
        CHECK(ending->when == *life.fin);
        CHECK(ending->how == life.how);
      }
      CHECK(experience.revisions.size() == life.hashes.size());
      for (const Revision& revision : experience.revisions) CHECK(life.hashes.at(revision.n) == revision.hash);
      CHECK(experience.contributors == life.contributors);
    }
  }
};

}  // namespace

TEST_CASE("the invariants hold through random histories, and journals replay to the same state") {
  const std::uint64_t first = number_from("FOOTLIGHT_SEED", 20261201);
  const std::uint64_t histories = number_from("FOOTLIGHT_HISTORIES", 2000);
  std::map<CommandName, int> counts;
  for (std::uint64_t seed = first; seed < first + histories; ++seed) {
    INFO("FOOTLIGHT_SEED=" << seed << " FOOTLIGHT_HISTORIES=1");
    History history(seed);
    for (int op = 0; op < 100; ++op) {
      INFO("op " << op);
      history.step();
    }
    history.replay();
    for (const auto& [command, count] : history.counts()) counts[command] += count;
  }
  if (histories >= 100)  // each command was accepted often, or it proves nothing
    for (const CommandRow& listed : command_table()) {
      INFO(to_text(listed.name) << " accepted " << counts[listed.name] << " times");
      CHECK(counts[listed.name] >= static_cast<int>(histories / 50));
    }
}
