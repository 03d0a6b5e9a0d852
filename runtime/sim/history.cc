#include "sim/history.h"

#include <algorithm>
#include <array>

namespace footlight::sim {
namespace {

// splitmix64: the same numbers on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  int below(int n) { return static_cast<int>(next() % static_cast<std::uint64_t>(n)); }
  bool one_in(int n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

struct Person {
  const char* name;
  std::vector<Role> roles;
};
const std::array<Person, 6>& people() {
  static const std::array<Person, 6> all{{{"ann", {Role::author, Role::approver}},
                                          {"bob", {Role::author, Role::approver}},
                                          {"cyd", {Role::approver}},
                                          {"pia", {Role::publisher}},
                                          {"root", {Role::admin}},
                                          {"vic", {Role::viewer}}}};
  return all;
}

class Author {
 public:
  Author(std::uint64_t seed, const HistoryOptions& options) : random_(seed) {
    world_.verb = Verb::world;
    world_.nodes = options.nodes > 0 ? options.nodes : 1 + random_.below(4);
    world_.relays = world_.nodes > 1 && random_.one_in(3) ? 1 : 0;
    if (random_.one_in(4)) world_.window = seconds(30 + random_.below(870));
    // Either clocks that are slow, or clocks that are set and machines that sleep: not both at a node.
    for (int i = 0; i < world_.nodes; ++i) is_slow_.push_back(random_.one_in(2));
  }
  const Operation& world() const { return world_; }

  Operation next(const Simulation& sim) {
    Operation operation = some(sim);
    if (random_.one_in(3)) operation.after = milliseconds(random_.below(2'000));
    if (random_.one_in(40)) operation.after = seconds(random_.below(400));
    return operation;
  }

 private:
  std::string node() { return "node-" + std::to_string(1 + random_.below(world_.nodes)); }
  Operation about(Verb verb, std::string actor) {
    Operation operation;
    operation.verb = verb;
    operation.actor = std::move(actor);
    return operation;
  }

  Operation some(const Simulation& sim) {
    // What is down is wanted up again before long.
    if (!sim.is_up(-1) && random_.one_in(4)) return restart("control", true);
    if (sim.is_fenced() && random_.one_in(12)) return command_of(CommandName::epoch_bump, "", people()[4]);
    for (int i = 0; i < sim.node_count(); ++i)
      if (!sim.is_up(i) && random_.one_in(10)) return restart("node-" + std::to_string(i + 1), false);
    const int dice = random_.below(1000);
    if (dice < 330) return serve();
    if (dice < 500) return about(Verb::poll, node());
    if (dice < 570) return about(Verb::ask, node());
    if (dice < 690) return message(sim);
    if (dice < 830) return command(sim);
    if (dice < 915) return advance();
    if (dice < 935) return clock();
    if (dice < 955) return about(random_.one_in(2) ? Verb::partition : Verb::heal, random_.one_in(12) ? "control" : node());
    if (dice < 964) return about(Verb::crash, node());
    if (dice < 970) return restart(node(), false);
    if (dice < 974) return about(Verb::crash, "control");
    if (dice < 987) return receipt();
    if (dice < 990) return follow();
    if (dice < 993) return named(Verb::backup);
    if (dice < 996 && sim.has_backup("b1")) return named(random_.one_in(3) ? Verb::rollback : Verb::restore);
    if (dice == 996 && random_.one_in(2)) return about(Verb::verify, "");
    return advance();
  }

  Operation serve() {
    Operation operation = about(Verb::serve, random_.one_in(12) ? "control" : node());
    if (random_.one_in(6)) operation.deciding = random_.one_in(3) ? seconds(random_.below(1'000)) : milliseconds(random_.below(3'000));
    if (random_.one_in(4)) operation.writing = random_.one_in(3) ? seconds(random_.below(120)) : milliseconds(random_.below(6'000));
    operation.is_polling = random_.one_in(3);
    return operation;
  }

  Operation message(const Simulation& sim) {
    const int dice = random_.below(10);
    Operation operation = about(dice < 7 ? Verb::deliver : dice < 8 ? Verb::double_ : Verb::lose, "");
    if (sim.messages_on_their_way() == 0) return about(Verb::ask, node());
    // Mostly one of the newest, some of the oldest: out of order, and late.
    operation.message = 0;
    if (!random_.one_in(3))
      operation.message = sim.message_on_its_way(static_cast<std::size_t>(random_.below(static_cast<int>(sim.messages_on_their_way()))));
    if (operation.verb == Verb::deliver && random_.one_in(25))
      operation.fault = random_.one_in(3) ? Fault::does_not_compile
          : random_.one_in(2)             ? Fault::crash_before_save
                                          : Fault::crash_after_save;
    return operation;
  }

  Operation advance() {
    Operation operation = about(Verb::advance, "");
    operation.is_polling = random_.one_in(2);
    operation.by = operation.is_polling ? seconds(1 + random_.below(25))
        : random_.one_in(3)             ? seconds(random_.below(1'200))
                                        : seconds(random_.below(60));
    return operation;
  }

  Operation clock() {
    const int index = random_.below(world_.nodes);
    Operation operation = about(Verb::clock, "node-" + std::to_string(index + 1));
    if (random_.one_in(8)) {
      operation.actor = "control";
      operation.by = step();
    } else if (is_slow_[static_cast<std::size_t>(index)]) {
      operation.boot_rate = 0.94 + 0.01 * random_.below(13);
      operation.wall_rate = 0.94 + 0.01 * random_.below(13);
    } else if (random_.one_in(2)) {
      operation.by = step();
    } else {
      operation.verb = Verb::suspend;
      operation.by = seconds(random_.below(1'200));
    }
    return operation;
  }
  Duration step() {
    const Duration size = random_.one_in(3) ? seconds(random_.below(100'000)) : seconds(random_.below(100));
    return random_.one_in(2) ? size : Duration{-size.ms};
  }

  Operation restart(const std::string& actor, bool is_control) {
    Operation operation = about(Verb::restart, actor);
    operation.is_reboot = random_.one_in(3);
    if (!is_control && random_.one_in(5)) operation.damage = random_.one_in(2) ? "state" : "catalog";
    return operation;
  }

  Operation follow() {
    Operation operation = about(Verb::follow, node());
    operation.name = world_.relays > 0 && operation.actor != "node-1" && random_.one_in(2) ? "node-1" : "control";
    return operation;
  }
  Operation receipt() {
    Operation operation = about(Verb::receipt, "");
    operation.name = last_published_.empty() || random_.one_in(3) ? some_id() : last_published_;
    return operation;
  }
  Operation named(Verb verb) {
    Operation operation = about(verb, "");
    operation.name = "b1";
    return operation;
  }

  // --- commands

  std::string some_id() {
    if (ids_ == 0 || random_.one_in(60)) return "nobody";
    // The last few: most are alive, and what happens to them adds up.
    return "x" + std::to_string(std::max(1, ids_ - random_.below(5)));
  }

  Operation command_of(CommandName name, std::string id, const Person& person) {
    Operation operation = about(Verb::command, person.name);
    operation.command.name = name;
    operation.command.experience = std::move(id);
    operation.command.actor = {person.name, {person.roles.begin(), person.roles.end()}};
    return operation;
  }

  // The command that leads on from where the experience is, by somebody who may; or any, by anybody.
  Operation command(const Simulation& sim) {
    if (!last_keyed_.empty() && random_.one_in(25)) {
      // The same again, as a client does that heard nothing; or another with its key, as a broken one does.
      Operation again = last_keyed_[static_cast<std::size_t>(random_.below(static_cast<int>(last_keyed_.size())))];
      if (random_.one_in(4)) again.command.message = "another";
      return again;
    }
    if (ids_ == 0 || random_.one_in(7)) return create(sim);
    const std::string id = some_id();
    static const std::array<CommandName, 14> all{
        CommandName::edit,    CommandName::delete_,  CommandName::submit,     CommandName::withdraw, CommandName::request_changes,
        CommandName::approve, CommandName::activate, CommandName::unschedule, CommandName::stop,     CommandName::pause,
        CommandName::resume,  CommandName::close,    CommandName::archive,    CommandName::duplicate};
    CommandName name = all[static_cast<std::size_t>(random_.below(14))];
    const Person* person = &people()[static_cast<std::size_t>(random_.below(6))];
    std::optional<Value> known;
    if (!random_.one_in(4)) {
      known = sim.summary(id);
      const std::string status = known ? known->string_or("status", "") : "";
      if (status == "draft") name = random_.one_in(2) ? CommandName::submit : random_.one_in(2) ? CommandName::edit : CommandName::activate;
      else if (status.find("in_review") != std::string::npos)
        name = random_.one_in(6) ? CommandName::request_changes : CommandName::approve;
      else if (status == "approved" || status.find("approved") != std::string::npos)
        name = random_.one_in(5) ? CommandName::edit : CommandName::activate;
      else if (status.find("draft pending") != std::string::npos) name = random_.one_in(2) ? CommandName::submit : CommandName::activate;
      else if (status == "live") name = random_.one_in(2) ? CommandName::stop : CommandName::edit;
      else if (status == "scheduled") name = random_.one_in(2) ? CommandName::unschedule : CommandName::stop;
      else if (status == "stopped" && random_.one_in(2)) name = CommandName::archive;
      if (name == CommandName::activate || name == CommandName::stop || name == CommandName::unschedule || name == CommandName::archive)
        person = &people()[3];
      else person = &people()[static_cast<std::size_t>(random_.below(3))];
      if (name == CommandName::activate || name == CommandName::stop) last_published_ = id;
    }
    Operation operation = command_of(name, id, *person);
    if (name == CommandName::edit) operation.changes = Object{{"show", Object{{"list", "edit-" + std::to_string(++edits_)}}}};
    if (name == CommandName::edit && random_.one_in(5)) operation.changes.object()["tags"] = tags();
    if (name == CommandName::approve && random_.one_in(5)) {
      operation.has_hash = true;
      const std::string hash = known ? known->string_or("hash", "") : "";
      operation.command.expected_hash = random_.one_in(2) ? hash : "0000000000000000000000000000000000000000000000000000000000000000";
    }
    if (name == CommandName::duplicate) operation.command.new_id = "x" + std::to_string(++ids_);
    if (random_.one_in(5) && known)
      if (const Value* revision = known->find("revision"))
        operation.command.expected_revision = std::max(0, static_cast<int>(revision->number()) - random_.below(2));
    return finish(std::move(operation));
  }

  Operation create(const Simulation& sim) {
    Operation operation =
        command_of(CommandName::create, "x" + std::to_string(++ids_), people()[static_cast<std::size_t>(random_.below(2))]);
    Object definition{{"kind", "campaign"}, {"show", Object{{"list", "first-" + std::to_string(ids_)}}}};
    if (random_.one_in(2)) definition["tags"] = tags();
    if (random_.one_in(5)) {
      const Instant wall{sim.control_wall().ms / 1000 * 1000};
      const Instant from = wall + seconds(random_.below(900));
      definition["from"] = footlight::to_text(from);
      definition["till"] = footlight::to_text(from + seconds(1 + random_.below(1'500)));
    }
    if (random_.one_in(12)) {
      definition = Object{{"kind", "journey"}, {"enter", Object{{"event", "cart"}}}, {"steps", Array{Object{{"wait", "1h"}}}}};
    }
    operation.command.definition = std::move(definition);
    operation.has_definition = true;
    return finish(std::move(operation));
  }

  Value tags() { return random_.one_in(2) ? Value(Array{"price"}) : random_.one_in(3) ? Value(Array{"law", "price"}) : Value(Array{}); }

  Operation finish(Operation operation) {
    if (random_.one_in(6)) {
      operation.key = "key-" + std::to_string(++keys_);
      last_keyed_.push_back(operation);
      if (last_keyed_.size() > 4) last_keyed_.erase(last_keyed_.begin());
    }
    if (random_.one_in(60)) operation.fault = random_.one_in(2) ? Fault::crash_before_commit : Fault::crash_after_commit;
    return operation;
  }

  Random random_;
  Operation world_;
  std::vector<bool> is_slow_;
  std::vector<Operation> last_keyed_;
  std::string last_published_;
  int ids_ = 0, edits_ = 0, keys_ = 0;
};

std::string invariant_of(const std::string& finding) { return finding.substr(0, finding.find(':')); }

}  // namespace

std::vector<Operation> run_history(std::uint64_t seed, const HistoryOptions& options, Wiring& wiring, std::optional<Finding>& finding) {
  Author author(seed, options);
  std::vector<Operation> history{author.world()};
  history.reserve(static_cast<std::size_t>(options.operations) + 2);
  Simulation simulation(author.world(), wiring);
  for (int i = 0; i < options.operations && simulation.judge().findings().empty(); ++i) {
    history.push_back(author.next(simulation));
    simulation.run(history.back());
  }
  if (simulation.judge().findings().empty() && seed % 8 == 0) {
    history.push_back({.verb = Verb::verify});
    simulation.run(history.back());
  }
  if (!simulation.judge().findings().empty()) finding = Finding{seed, simulation.judge().findings().front(), history};
  return history;
}

std::string replay(const std::vector<Operation>& history, Wiring& wiring) {
  Simulation simulation(history.at(0), wiring);
  for (std::size_t i = 1; i < history.size(); ++i) {
    simulation.run(history[i]);
    if (!simulation.judge().findings().empty()) return simulation.judge().findings().front();
  }
  return "";
}

std::vector<Operation> minimised(std::vector<Operation> history, Wiring& wiring, int runs_max) {
  const std::string wanted = invariant_of(replay(history, wiring));
  if (wanted.empty()) return history;
  const auto still = [&](const std::vector<Operation>& fewer) { return --runs_max >= 0 && invariant_of(replay(fewer, wiring)) == wanted; };
  // Ever smaller stretches are left out, then what stands within the rest.
  for (std::size_t stretch = history.size() / 2; stretch >= 1 && runs_max > 0; stretch /= 2)
    for (std::size_t at = 1; at < history.size() && runs_max > 0;) {
      std::vector<Operation> fewer = history;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(at),
                  fewer.begin() + static_cast<std::ptrdiff_t>(std::min(at + stretch, history.size())));
      if (still(fewer)) history = std::move(fewer);
      else at += stretch;
    }
  for (std::size_t at = 1; at < history.size() && runs_max > 0; ++at)
    for (Duration Operation::*field : {&Operation::after, &Operation::deciding, &Operation::writing}) {
      if (history[at].*field == Duration{}) continue;
      std::vector<Operation> fewer = history;
      fewer[at].*field = {};
      if (still(fewer)) history = std::move(fewer);
    }
  return history;
}

}  // namespace footlight::sim
