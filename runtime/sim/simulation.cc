#include "sim/simulation.h"

#include <algorithm>
#include <cmath>

#include "catalog/delivered.h"

namespace footlight::sim {
namespace {

constexpr Instant beginning{1'767'225'600'000};  // 2026-01-01T00:00:00Z
constexpr std::string_view workspace_name = "sim";
constexpr std::string_view list_surface = "service://sim/#list";

std::string node_name(int node) { return "node-" + std::to_string(node + 1); }

// Evenly spread in [0, 1), and the same in each run.
double spread(int n) {
  const double golden = n * 0.6180339887498949;
  return golden - std::floor(golden);
}

Outcome refused(Code code, std::string message) {
  Outcome outcome;
  outcome.refused = refuse(code, std::move(message));
  return outcome;
}

Outcome lost(std::string message) {
  Outcome outcome = refused(Code::unavailable, std::move(message));
  outcome.is_lost = true;
  return outcome;
}

}  // namespace

const Value& own_workspace() {
  static const Value document = *parse_json(R"({
    "name": "sim",
    "surfaces": {"list": {"format": "text", "rules": ["service://sim/#list"], "resolve": {"stack": 50}},
                 "hero": {"format": "html", "rules": ["web://sim.example/#hero"], "default": "<p>default</p>"}},
    "approvals": [{"when": {"tag": "price"}, "approvers": 1}, {"when": {"tag": "law"}, "approvers": 2}]})");
  return document;
}

// ---- clocks

Reading Simulation::Clock::at(Instant now) const {
  const double passed = static_cast<double>((now - since).ms);
  return {{static_cast<std::int64_t>(boot_ms + passed * boot_rate)}, {static_cast<std::int64_t>(wall_ms + passed * wall_rate)}};
}

void Simulation::Clock::settle(Instant now) {
  const double passed = static_cast<double>((now - since).ms);
  boot_ms += passed * boot_rate;
  wall_ms += passed * wall_rate;
  since = now;
}

Reading Simulation::reading(int node) const {
  if (node < 0) return control_.clock.at(now_);
  return wiring_.clocks(nodes_[static_cast<std::size_t>(node)].clock.at(now_));
}

// Time passes for all; nodes that poll do so as often as they say, by their own clocks.
void Simulation::pass(Duration by, bool is_polling) {
  const Instant end = now_ + by;
  if (is_polling) {
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      nodes_[i].next_poll = std::min(nodes_[i].next_poll, reading(static_cast<int>(i)).boot + nodes_[i].core.window().length());
    for (;;) {
      int next = -1;
      Instant soonest = end;
      for (std::size_t i = 0; i < nodes_.size(); ++i) {
        const Node& node = nodes_[i];
        if (!node.is_up || node.clock.boot_rate <= 0) continue;
        const Duration wait = node.next_poll - node.clock.at(now_).boot;
        const Instant due = wait <= Duration{}
            ? now_
            : now_ + Duration{static_cast<std::int64_t>(std::ceil(static_cast<double>(wait.ms) / node.clock.boot_rate))};
        if (due < soonest) {
          soonest = due;
          next = static_cast<int>(i);
        }
      }
      if (next < 0) break;
      now_ = soonest;
      poll(next);
    }
  }
  now_ = end;
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i].is_up) wiring_.look(nodes_[i].core, reading(static_cast<int>(i)));
  if (!is_polling || by < seconds(1)) return;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const Node& node = nodes_[i];
    if (node.is_up && !node.is_partitioned && !control_.is_partitioned && node.upstream < 0 && catalog_ &&
        node.undisturbed_since + seconds(10) <= now_ && by >= seconds(10))
      judge_.must_be_current(static_cast<int>(i), node.core.version(), node.core.pin(reading(static_cast<int>(i))).has_value(), now_);
  }
}

void Simulation::disturb(int node) {
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (node < 0 || node == static_cast<int>(i)) nodes_[i].undisturbed_since = now_;
}

// ---- the world

Simulation::Simulation(const Operation& world, Wiring& wiring)
    : wiring_(wiring),
      has_own_workspace_(world.document.is_null()),
      now_(beginning),
      store_(std::make_unique<SimStore>(std::string(workspace_name), wiring)),
      judge_(world.nodes, world.window == Duration{} ? Window() : Window::of(world.window).value(), world.document.is_null()) {
  if (world.window != Duration{}) window_ = *Window::of(world.window);
  control_.clock = {.since = now_, .boot_ms = 3'600'000, .wall_ms = static_cast<double>(now_.ms)};
  for (int i = 0; i < world.nodes; ++i) {
    const bool is_relay = i < world.relays;
    Node node{.core = DeliveryNode(node_name(i), node_name(i) + "-1", is_relay),
              .catalog = nullptr,
              .clock = {.since = now_, .boot_ms = 1'000.0 * (i + 1), .wall_ms = static_cast<double>(now_.ms)},
              .is_relay = is_relay,
              .disk = std::nullopt,
              .disk_catalog = nullptr,
              .older_disk_catalog = nullptr,
              .undisturbed_since = now_};
    nodes_.push_back(std::move(node));
  }
  start_control();
  configure(has_own_workspace_ ? own_workspace() : world.document);
}

bool Simulation::is_up(int node) const { return node < 0 ? catalog_ != nullptr : nodes_[static_cast<std::size_t>(node)].is_up; }

std::optional<Value> Simulation::summary(const std::string& id) const {
  if (!catalog_) return std::nullopt;
  auto known = catalog_->summary(id, control_wall());
  return known ? std::optional(std::move(*known)) : std::nullopt;
}

std::optional<int> Simulation::node_of(const std::string& actor) const {
  if (actor == "control") return -1;
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i].core.name() == actor) return static_cast<int>(i);
  return std::nullopt;
}

Outcome Simulation::no_such(const std::string& actor) const {
  return refused(Code::usage, "there is no `" + actor + "`; it is `control` or one of node-1 to node-" + std::to_string(nodes_.size()));
}

Outcome Simulation::start_control() {
  auto opened =
      Catalog::open(*store_, std::string(workspace_name), no_policy_compiler(), {.window = window_, .started = control_.clock.at(now_)});
  if (!opened) {
    judge_.find("L7: the control side does not come up: " + to_text(opened.error()));
    Outcome outcome;
    outcome.refused = opened.error();
    return outcome;
  }
  catalog_ = std::move(*opened);
  disturb(-1);
  judge_.started(catalog_->head(), catalog_->version(), catalog_->is_fenced());
  Outcome outcome;
  outcome.version = catalog_->version();
  return outcome;
}

// ---- the control side

Outcome Simulation::configure(const Value& document) {
  if (!catalog_) return lost("the control side is down");
  Judge::Commanded facts{now_, control_wall(), catalog_->head(), 0, catalog_->version(), {}, catalog_->is_fenced()};
  auto answer = catalog_->configure(document, {"root", {Role::admin}}, control_wall());
  facts.head_after = catalog_->head();
  facts.after = catalog_->version();
  Outcome outcome;
  outcome.version = facts.after;
  if (!answer) outcome.refused = answer.error();
  else outcome.answer = *answer;
  if (facts.head_after != facts.head_before) judge_.configured(facts);
  return outcome;
}

Outcome Simulation::command(const Operation& operation) {
  if (!catalog_) return lost("the control side is down");
  Command command = operation.command;
  command.at = control_wall();
  if (command.name == CommandName::create && !operation.has_definition)
    command.definition = Object{{"kind", "campaign"}, {"show", Object{{"list", command.experience}}}};
  if (command.name == CommandName::edit) {
    if (!operation.has_definition)
      if (auto known = catalog_->experience(command.experience, command.at)) {
        command.definition = *known->find("definition");
        command.definition.object().erase("include");  // taken in anew
      }
    if (!command.definition.is_object()) command.definition = Object{{"kind", "campaign"}, {"show", Object{{"list", command.experience}}}};
    if (operation.changes.is_object())
      for (const auto& [key, value] : operation.changes.object()) command.definition.object()[key] = value;
  }
  if (command.name == CommandName::approve && !operation.has_hash)
    if (auto known = catalog_->summary(command.experience, command.at)) command.expected_hash = known->string_or("hash", "");
  std::string body_hash;
  if (!operation.key.empty()) {
    Operation body = operation;
    body.after = {};
    body.fault = Fault::none;
    body_hash = hash_of(sim::to_value(body));
  }
  Judge::Commanded facts{now_, command.at, catalog_->head(), 0, catalog_->version(), {}, catalog_->is_fenced()};
  store_->fault = operation.fault;
  auto answer = wiring_.apply(*catalog_, command, operation.key, body_hash);
  store_->fault = Fault::none;
  Outcome outcome;
  if (store_->has_died) {
    // Whoever asked hears nothing. What was written down happened all the same.
    catalog_.reset();
    store_->has_died = false;
    disturb(-1);
    std::optional<JournalEntry> written;
    (void)store_->read(workspace_name, facts.head_before, [&](const JournalEntry& entry) {
      written = entry;
      return true;
    });
    if (written) {
      facts.head_after = written->seq;
      auto record = record_from(*parse_json(written->record));
      facts.after = record && record->version ? *record->version : facts.before;
      judge_.commanded(command, operation.key, body_hash, Answer{*parse_json(written->answer), false}, facts);
    }
    return lost("the control side died");
  }
  facts.head_after = catalog_->head();
  facts.after = catalog_->version();
  if (facts.before.epoch != facts.after.epoch) disturb(-1);
  judge_.commanded(command, operation.key, body_hash, answer, facts);
  outcome.version = facts.after;
  if (!answer) outcome.refused = answer.error();
  else outcome.answer = std::move(*answer);
  return outcome;
}

// ---- leases

LeaseRequest Simulation::request_of(int index) {
  Node& node = nodes_[static_cast<std::size_t>(index)];
  const Reading now = reading(index);
  LeaseRequest request = wiring_.ask(node.core, now, "nonce-" + std::to_string(++nonces_made_));
  judge_.asked(index, request, now_, node.clock.at(now_));
  node.next_poll = node.clock.at(now_).boot + wiring_.next_poll(node.core, spread(nonces_made_));
  ++messages_made_;
  return request;
}

bool Simulation::is_cut(int node, int upstream) const {
  return nodes_[static_cast<std::size_t>(node)].is_partitioned ||
      (upstream < 0 ? control_.is_partitioned : nodes_[static_cast<std::size_t>(upstream)].is_partitioned);
}

// What a request is answered that arrives now.
Result<LeaseAnswer> Simulation::answer_to(const LeaseRequest& request, int upstream, Outcome& outcome) {
  const auto told = [&](Result<LeaseAnswer> answer) {
    if (!answer) {
      outcome.refused = answer.error();
    } else {
      outcome.version = answer->version;
      outcome.message = ++messages_made_;
    }
    return answer;
  };
  if (upstream < 0) {
    if (!catalog_) return (outcome = lost("the control side is down")).refused.value();
    judge_.arrived(request);
    auto answer = wiring_.lease(*catalog_, request, control_.clock.at(now_));
    judge_.answered_by_control(request, answer);
    return told(std::move(answer));
  }
  Node& relay = nodes_[static_cast<std::size_t>(upstream)];
  if (!relay.is_up) return (outcome = lost("`" + relay.core.name() + "` is down")).refused.value();
  auto answer = wiring_.lend(relay.core, request, reading(upstream));
  judge_.answered_by_relay(upstream, request, answer);
  return told(std::move(answer));
}

Outcome Simulation::deliver(const Message& message, Fault fault) {
  if (is_cut(message.node, message.upstream)) return lost("the network is partitioned");
  if (message.is_answer) {
    const Node& asker = nodes_[static_cast<std::size_t>(message.node)];
    return asker.is_up ? take(message.node, *message.answer, fault) : lost("`" + asker.core.name() + "` is down");
  }
  Outcome outcome;
  auto answer = answer_to(message.request, message.upstream, outcome);
  if (answer)
    messages_.push_back(
        {messages_made_, true, message.node, message.upstream, {}, std::make_shared<const LeaseAnswer>(std::move(*answer))});
  return outcome;
}

// The way of a node: bytes, document, definitions, snapshot. Each version goes it once in a history.
std::shared_ptr<const Simulation::Compiled> Simulation::compiled(const LeaseAnswer& answer) {
  std::shared_ptr<const Compiled>& known = compiled_[answer.version.chain];
  if (known) return known;
  auto document = parse_json(to_json(answer.catalog));
  auto delivered = document ? delivered_catalog_from(*document) : Result<DeliveredCatalog>(document.error());
  if (!delivered) {
    judge_.find("delivery: a catalog cannot be read: " + to_text(delivered.error()));
    return nullptr;
  }
  Problems problems;
  const auto no_lists = [](const std::string&) -> Result<std::shared_ptr<const IdList>> {
    return refuse(Code::not_found, "there are no lists here");
  };
  auto snapshot = Snapshot::compile_sound(snapshot_source(*delivered, no_lists, problems), no_policy_compiler(), problems);
  if (has_errors(problems)) judge_.find("delivery: a catalog does not compile: " + to_line(problems[0]));
  known = std::make_shared<const Compiled>(Compiled{std::move(snapshot), hash_of(answer.catalog)});
  return known;
}

Outcome Simulation::take(int index, const LeaseAnswer& answer, Fault fault) {
  Node& node = nodes_[static_cast<std::size_t>(index)];
  std::shared_ptr<const Compiled> catalog;
  if (answer.has_catalog) {
    // A relay has no document at hand here, but lends what it compiled.
    if (!answer.catalog.is_null()) catalog = compiled(answer);
    else if (const auto known = compiled_.find(answer.version.chain); known != compiled_.end()) catalog = known->second;
    if (fault == Fault::does_not_compile) catalog = nullptr;
    if (!catalog && !wiring_.takes_without_compiling())
      return refused(Code::validation_failed, "the catalog does not compile here; its answer is not taken");
  }
  LeaseAnswer head{.nonce = answer.nonce,
                   .store = answer.store,
                   .version = answer.version,
                   .lease = answer.lease,
                   .window = answer.window,
                   .has_catalog = answer.has_catalog,
                   .catalog = {}};
  Outcome outcome;
  outcome.version = node.core.version();
  auto taken = wiring_.take(node.core, std::move(head), reading(index));  // a node that dies below comes back from its disk
  if (!taken) {
    outcome.refused = taken.error();
    return outcome;
  }
  if (taken->is_new_version && catalog) node.core.set_catalog_hash(catalog->hash);
  const auto die = [&] {
    node.is_up = false;
    node.undisturbed_since = now_;
    return lost("`" + node.core.name() + "` died");
  };
  if (fault == Fault::crash_before_save) return die();
  if (!taken->is_new_version || wiring_.saves_before_serving()) {
    node.disk = node.core.saved();
    const auto& held = taken->is_new_version ? catalog : node.catalog;
    if (held != node.disk_catalog) {
      node.older_disk_catalog = std::move(node.disk_catalog);
      node.disk_catalog = held;
    }
  }
  judge_.took(index, answer);  // on disk it counts, whether or not anybody lives to serve from it
  if (fault == Fault::crash_after_save) return die();
  if (taken->is_new_version && catalog) node.catalog = std::move(catalog);
  outcome.version = node.core.version();
  return outcome;
}

// There and back at once.
Outcome Simulation::poll(int index) {
  const Node& node = nodes_[static_cast<std::size_t>(index)];
  if (!node.is_up) return lost("`" + node.core.name() + "` is down");
  const LeaseRequest request = request_of(index);
  if (is_cut(index, node.upstream)) return lost("the network is partitioned");
  Outcome outcome;
  const auto answer = answer_to(request, node.upstream, outcome);
  return answer ? take(index, *answer, Fault::none) : outcome;
}

// ---- answers

void Simulation::decide_into(Served& served, const Snapshot& snapshot, const Operation& operation, Instant wall) {
  Request request{.now = wall};
  served.is_whole_list =
      has_own_workspace_ && (operation.surface.empty() || operation.surface == "list" || operation.surface == list_surface);
  request.surfaces.emplace_back(served.is_whole_list                                    ? std::string(list_surface)
                                    : operation.surface == "hero" && has_own_workspace_ ? "web://sim.example/#hero"
                                                                                        : operation.surface);
  if (operation.attributes.is_object()) request.attributes = operation.attributes;
  const Decision decision = decide(snapshot, request, no_policies(), {}, scratch_);
  served.items.clear();
  for (const Proposition& one : decision.propositions)
    if (!one.experience.empty()) served.items.push_back({one.experience, one.content, one.revision});
  served.bytes = to_json(decision);
}

Outcome Simulation::serve(int index, const Operation& operation) {
  Outcome outcome;
  Served served;
  if (index < 0) {
    if (!catalog_) return lost("the control side is down");
    if (catalog_->is_fenced()) {  // what was stopped since the copy was made would come back
      served.is_fallback = true;
      judge_.served(-1, served);
      outcome.served = std::move(served);
      return outcome;
    }
    served.version = catalog_->version();
    served.wall_asked = control_wall();
    const auto snapshot = catalog_->snapshot();
    if (snapshot) decide_into(served, *snapshot, operation, served.wall_asked);
    served.first_byte = served.last_byte = now_;
    served.at_first_byte = control_.clock.at(now_);
    judge_.served(-1, served);
    outcome.version = served.version;
    outcome.served = std::move(served);
    return outcome;
  }
  Node& node = nodes_[static_cast<std::size_t>(index)];
  if (!node.is_up) return lost("`" + node.core.name() + "` is down");
  const auto fallback = [&] {
    served = {};
    served.is_fallback = true;
    served.version = node.core.version();
    served.first_byte = served.last_byte = now_;
    judge_.served(index, served);
    outcome.version = served.version;
    outcome.served = std::move(served);
    return outcome;
  };
  wiring_.look(node.core, reading(index));
  const auto pin = wiring_.pin(node.core, reading(index));
  const auto pinned = node.catalog;
  if (!pin || !pinned || !pinned->snapshot) return fallback();
  served.version = pin->version;
  served.wall_asked = reading(index).wall;
  pass(operation.deciding, operation.is_polling);
  if (!node.is_up) return lost("`" + node.core.name() + "` died");
  const Snapshot& snapshot = wiring_.pins_its_snapshot() ? *pinned->snapshot : *node.catalog->snapshot;
  decide_into(served, snapshot, operation, served.wall_asked);
  if (!wiring_.holds(*pin, reading(index))) return fallback();
  served.first_byte = now_;
  served.at_first_byte = node.clock.at(now_);
  served.max_age_s = wiring_.max_age(*pin, reading(index));
  // The deadline is by the node's own clock.
  const double rate = node.clock.boot_rate <= 0 ? 1 : node.clock.boot_rate;
  const Duration deadline{static_cast<std::int64_t>(static_cast<double>(wiring_.write_deadline(*pin).ms) / rate)};
  served.was_cut = operation.writing > deadline;
  pass(std::min(operation.writing, deadline), operation.is_polling);
  served.last_byte = now_;
  judge_.served(index, served);
  outcome.version = served.version;
  outcome.served = std::move(served);
  return outcome;
}

// ---- what befalls them

std::string Simulation::boot_id(const Node& node, int index) const {
  return wiring_.boot_id(node_name(index) + "-" + std::to_string(node.boots));
}

Outcome Simulation::restart_node(int index, const Operation& operation) {
  Node& node = nodes_[static_cast<std::size_t>(index)];
  node.is_up = true;
  node.catalog = nullptr;
  node.undisturbed_since = now_;
  if (operation.is_reboot) {
    ++node.boots;
    node.clock.settle(now_);
    node.clock.boot_ms = 500;
    judge_.forgot(index);
  }
  const Reading now = reading(index);
  node.next_poll = now.boot;
  std::optional<SavedNode> saved;
  if (node.disk) {
    Value state = footlight::to_value(*node.disk);
    if (operation.damage == "state") {
      // A later lease: the damage that would do the most harm.
      std::string hash = state.string_or("hash", "");
      hash[0] = hash[0] == '0' ? '1' : '0';
      state.object()["hash"] = hash;
      if (state.find("lease")) {
        Object& sent = state.object().at("lease").object().at("sent").object();
        sent["boot_ms"] = now.boot.ms;
        sent["wall_ms"] = now.wall.ms;
      }
      judge_.forgot(index);
    }
    auto read = wiring_.saved(*parse_json(to_json(state)));
    if (read) saved = *read;
    else node.disk.reset();
  }
  if (operation.damage == "catalog") {
    judge_.forgot(index);
    node.disk_catalog = node.older_disk_catalog;
  }
  if (!saved) {
    node.core = DeliveryNode(node_name(index), boot_id(node, index), node.is_relay);
  } else {
    const std::string found = wiring_.catalog_hash(node.disk_catalog ? node.disk_catalog->hash : "", *saved);
    node.core = DeliveryNode::resume(node_name(index), *saved, boot_id(node, index), found, now, node.is_relay);
    if (node.core.has_catalog()) node.catalog = node.disk_catalog;
  }
  Outcome outcome;
  outcome.version = node.core.version();
  return outcome;
}

Outcome Simulation::clock(const Operation& operation) {
  const auto index = node_of(operation.actor);
  if (!index) return no_such(operation.actor);
  Clock& clock = *index < 0 ? control_.clock : nodes_[static_cast<std::size_t>(*index)].clock;
  clock.settle(now_);
  if (operation.boot_rate) clock.boot_rate = *operation.boot_rate;
  if (operation.wall_rate) clock.wall_rate = *operation.wall_rate;
  clock.wall_ms += static_cast<double>(operation.by.ms);
  if (*index < 0 && (operation.by > Duration{} || clock.wall_rate != 1 || clock.boot_rate != 1)) control_.is_clock_sound = false;
  disturb(*index);
  if (*index >= 0 && is_up(*index)) wiring_.look(nodes_[static_cast<std::size_t>(*index)].core, reading(*index));
  Outcome outcome;
  outcome.version =
      *index < 0 ? (catalog_ ? catalog_->version() : CatalogVersion{}) : nodes_[static_cast<std::size_t>(*index)].core.version();
  return outcome;
}

Outcome Simulation::verify() {
  auto report = store_->verify(workspace_name);
  judge_.verified(report.ok(), report.ok() ? "" : to_text(report.error()));
  Outcome outcome;
  if (!report) outcome.refused = report.error();
  if (catalog_) {
    auto again = Catalog::open(*store_, std::string(workspace_name), no_policy_compiler(), {.window = window_});
    judge_.verified(again.ok() && (*again)->version() == catalog_->version() && (*again)->head() == catalog_->head() &&
                        (*again)->experiences(control_wall()) == catalog_->experiences(control_wall()),
                    "the journal does not lead to the state that is served");
    outcome.version = catalog_->version();
  }
  return outcome;
}

Outcome Simulation::run(const Operation& operation) {
  pass(operation.after, false);
  const auto about_node = [&]() -> std::optional<int> {
    const auto index = node_of(operation.actor);
    return index && *index >= 0 ? index : std::nullopt;
  };
  Outcome outcome;
  switch (operation.verb) {
    case Verb::world: return refused(Code::usage, "a world stands at the beginning");
    case Verb::command: return command(operation);
    case Verb::configure: return configure(operation.document);
    case Verb::advance:
      pass(operation.by, operation.is_polling);
      outcome.version = catalog_ ? catalog_->version() : CatalogVersion{};
      return outcome;
    case Verb::clock: return clock(operation);
    case Verb::suspend: {
      // True time goes on, and so does a wall clock; the time since boot stands still.
      const auto index = node_of(operation.actor);
      if (!index) return no_such(operation.actor);
      Clock& clock = *index < 0 ? control_.clock : nodes_[static_cast<std::size_t>(*index)].clock;
      clock.settle(now_);
      const double boot = clock.boot_ms;
      disturb(*index);
      pass(operation.by, false);
      clock.settle(now_);
      clock.boot_ms = boot;
      disturb(*index);
      if (*index < 0) control_.is_clock_sound = false;
      else if (is_up(*index)) wiring_.look(nodes_[static_cast<std::size_t>(*index)].core, reading(*index));
      return outcome;
    }
    case Verb::poll:
    case Verb::ask: {
      const auto index = about_node();
      if (!index) return no_such(operation.actor);
      if (operation.verb == Verb::poll) return poll(*index);
      if (!is_up(*index)) return lost("`" + operation.actor + "` is down");
      LeaseRequest request = request_of(*index);
      outcome.message = messages_made_;
      messages_.push_back({messages_made_, false, *index, nodes_[static_cast<std::size_t>(*index)].upstream, std::move(request), nullptr});
      if (messages_.size() > 100) messages_.pop_front();
      outcome.version = nodes_[static_cast<std::size_t>(*index)].core.version();
      return outcome;
    }
    case Verb::deliver:
    case Verb::lose:
    case Verb::double_: {
      if (messages_.empty()) return refused(Code::not_found, "there is no message on its way");
      auto message = messages_.begin();
      if (operation.message != 0)
        message = std::find_if(messages_.begin(), messages_.end(), [&](const Message& one) { return one.id == operation.message; });
      if (message == messages_.end())
        return refused(Code::not_found, "there is no message " + std::to_string(operation.message) + " on its way");
      if (operation.verb == Verb::double_) {
        Message twin = *message;
        outcome.message = twin.id = ++messages_made_;
        messages_.push_back(std::move(twin));
        return outcome;
      }
      const Message one = std::move(*message);
      messages_.erase(message);
      if (operation.verb == Verb::lose) return outcome;
      return deliver(one, operation.fault);
    }
    case Verb::partition:
    case Verb::heal: {
      const auto index = node_of(operation.actor);
      if (!index) return no_such(operation.actor);
      (*index < 0 ? control_.is_partitioned : nodes_[static_cast<std::size_t>(*index)].is_partitioned) = operation.verb == Verb::partition;
      disturb(*index);
      return outcome;
    }
    case Verb::follow: {
      const auto index = about_node();
      const auto upstream = node_of(operation.name);
      if (!index || !upstream) return no_such(index ? operation.name : operation.actor);
      if (*upstream == *index) return refused(Code::usage, "a node does not follow itself");
      if (*upstream >= 0 && !nodes_[static_cast<std::size_t>(*upstream)].is_relay)
        return refused(Code::usage, "`" + operation.name + "` is no relay");
      nodes_[static_cast<std::size_t>(*index)].upstream = *upstream;
      disturb(*index);
      return outcome;
    }
    case Verb::serve: {
      const auto index = node_of(operation.actor);
      return index ? serve(*index, operation) : no_such(operation.actor);
    }
    case Verb::crash: {
      const auto index = node_of(operation.actor);
      if (!index) return no_such(operation.actor);
      if (*index < 0) catalog_.reset();
      else nodes_[static_cast<std::size_t>(*index)].is_up = false;
      disturb(*index);
      return outcome;
    }
    case Verb::restart: {
      const auto index = node_of(operation.actor);
      if (!index) return no_such(operation.actor);
      if (*index >= 0) return restart_node(*index, operation);
      catalog_.reset();
      if (auto kept = store_->after_crash()) store_ = std::move(kept);
      if (operation.is_reboot) {
        control_.clock.settle(now_);
        control_.clock.boot_ms = 500;
      }
      return start_control();
    }
    case Verb::backup:
      if (!catalog_) return lost("the control side is down");
      backups_.insert_or_assign(operation.name, store_->copy());
      judge_.backed_up(operation.name);
      return outcome;
    case Verb::restore:
    case Verb::rollback: {
      const auto copy = backups_.find(operation.name);
      if (copy == backups_.end()) return refused(Code::not_found, "there is no backup `" + operation.name + "`");
      catalog_.reset();
      StoreCopy put = copy->second;
      const bool is_marked = operation.verb == Verb::restore;
      if (is_marked && wiring_.marks_restored()) put.fenced = "1";
      store_ = SimStore::from(put, std::string(workspace_name), wiring_);
      judge_.put_back(operation.name, is_marked || put.fenced == "1", now_);
      if (put.fenced != "1") control_.rolled_back_at = now_;
      return start_control();
    }
    case Verb::receipt:
    case Verb::status: {
      if (!catalog_) return lost("the control side is down");
      const std::string& id = operation.name;
      auto told = operation.verb == Verb::receipt ? wiring_.receipt(*catalog_, id, control_.clock.at(now_))
                                                  : catalog_->experience(id, control_wall());
      outcome.version = catalog_->version();
      if (!told) outcome.refused = told.error();
      else outcome.told = std::move(*told);
      if (operation.verb == Verb::receipt && !outcome.refused) {
        // Who put back files behind its back took from it whom it gave leases since.
        const bool knows_leases = !control_.rolled_back_at || *control_.rolled_back_at + Window::max() <= now_;
        judge_.receipt_said(id, outcome.told, control_.is_clock_sound && knows_leases);
      }
      return outcome;
    }
    case Verb::verify: return verify();
  }
  return outcome;
}

Value Simulation::to_value(const Operation& operation, const Outcome& outcome) const {
  Object line{{"op", operation.verb == Verb::command ? footlight::to_text(operation.command.name) : to_text(operation.verb)},
              {"at", footlight::to_text(now_)}};
  if (!operation.actor.empty()) line["actor"] = operation.actor;
  line["ok"] = !outcome.refused.has_value();
  if (outcome.refused) {
    line["code"] = name(outcome.refused->code);
    line["message"] = footlight::to_text(*outcome.refused);
    if (!outcome.is_lost) line["status"] = row(outcome.refused->code).http_status;
  } else {
    line["status"] = operation.verb == Verb::command &&
            (operation.command.name == CommandName::create || operation.command.name == CommandName::duplicate) && outcome.answer &&
            !outcome.answer->is_repeat
        ? 201
        : 200;
  }
  if (outcome.is_lost) line["lost"] = true;
  if (outcome.version.v > 0) line["version"] = std::to_string(outcome.version.epoch) + "." + std::to_string(outcome.version.v);
  if (outcome.message != 0) line["message_number"] = outcome.message;
  if (operation.verb == Verb::command && !operation.command.experience.empty()) {
    const bool is_new = operation.command.name == CommandName::duplicate && outcome.answer;
    const std::string& id = is_new ? operation.command.new_id : operation.command.experience;
    line["id"] = id;
    if (const auto known = summary(id)) {
      line["state"] = known->string_or("status", "");
      for (const char* field : {"revision", "live_revision", "hash", "stopped_at"})
        if (const Value* value = known->find(field)) line[field] = *value;
    }
    if (outcome.answer) {
      for (const char* field : {"visible_by", "gone_by", "since"})
        if (const Value* value = outcome.answer->body.find(field)) line[field] = *value;
      if (outcome.answer->is_repeat) line["repeat"] = true;
    }
  }
  if (outcome.served) {
    const Served& served = *outcome.served;
    if (served.is_fallback) {
      line["reason"] = "no_lease";
    } else {
      Array shown;
      for (const Served::Item& item : served.items)
        shown.push_back(Object{{"experience", item.experience}, {"revision", item.revision}, {"content", item.content}});
      line["served"] = std::move(shown);
      line["max_age"] = served.max_age_s;
      if (served.was_cut) line["cut"] = true;
    }
  }
  const auto index = node_of(operation.actor);
  if (index && *index >= 0) {
    line["lease_left"] = footlight::to_text(nodes_[static_cast<std::size_t>(*index)].core.lease_left(reading(*index)));
    line["ready"] =
        nodes_[static_cast<std::size_t>(*index)].is_up && nodes_[static_cast<std::size_t>(*index)].core.pin(reading(*index)).has_value();
  }
  if (!outcome.told.is_null()) line["told"] = outcome.told;
  if (!judge_.findings().empty()) {
    Array findings;
    for (const std::string& finding : judge_.findings()) findings.emplace_back(finding);
    line["violations"] = std::move(findings);
  }
  return line;
}

}  // namespace footlight::sim
