#include "mutants.h"

#include <algorithm>

namespace footlight::test {
namespace {

using sim::Wiring;

template <class T>
std::unique_ptr<Wiring> make() {
  return std::make_unique<T>();
}

// ---- nodes

struct CountsFromReceipt : Wiring {
  Result<DeliveryNode::Taken> take(DeliveryNode& node, LeaseAnswer answer, const Reading& now) override {
    // Asked anew at the moment of the answer: as if the request had been sent just now.
    const std::string nonce = answer.nonce;
    DeliveryNode tried = node;
    if (!tried.take(answer, now)) return refuse(Code::conflict, "not ours");
    answer.nonce = nonce + " received";
    node.ask(now, answer.nonce);
    return node.take(answer, now);
  }
};
struct ServesWithoutLease : Wiring {
  std::optional<Pin> pin(const DeliveryNode& node, const Reading& now) override {
    if (auto pin = node.pin(now)) return pin;
    return node.has_catalog() ? std::optional(Pin{node.version(), {now, seconds(60), node.window()}}) : std::nullopt;
  }
};
struct LooksOnce : Wiring {
  bool holds(const Pin&, const Reading&) override { return true; }
};
struct WritesForEver : Wiring {
  Duration write_deadline(const Pin&) override { return hours(1); }
};
struct TrustsTheWall : Wiring {  // a machine whose clock is put back
  Reading clocks(const Reading& shown) override { return {Duration{shown.wall.ms - 1'700'000'000'000}, shown.wall}; }
};
struct TrustsTheBoot : Wiring {  // a machine that sleeps
  Reading clocks(const Reading& shown) override { return {shown.boot, Instant{1'767'225'600'000} + shown.boot}; }
};
struct SparesTheReserve : Wiring {
  Result<DeliveryNode::Taken> take(DeliveryNode& node, LeaseAnswer answer, const Reading& now) override {
    // Takes the whole window for a lease, as if it were told of a longer one.
    answer.window = Window();
    answer.lease = answer.lease + answer.lease;
    answer.lease = std::min(answer.lease, budget_of(answer.window).lease);
    return node.take(answer, now);
  }
};
struct ForgetsTheNonce : Wiring {
  std::string newest;
  std::map<std::string, std::string> newest_of;
  LeaseRequest ask(DeliveryNode& node, const Reading& now, const std::string& nonce) override {
    newest_of[node.name()] = nonce;
    return node.ask(now, nonce);
  }
  Result<DeliveryNode::Taken> take(DeliveryNode& node, LeaseAnswer answer, const Reading& now) override {
    if (newest_of.contains(node.name())) answer.nonce = newest_of[node.name()];
    return node.take(answer, now);
  }
};
struct SurvivesReboot : Wiring {  // one boot is as good as another, and each began when the machine last did
  Result<SavedNode> saved(const Value& state) override {
    auto read = saved_node_from(state);
    if (read && read->lease) read->lease->sent.boot = std::min(read->lease->sent.boot, milliseconds(400));
    return read;
  }
  std::string boot_id(const std::string& booted) override { return booted.substr(0, booted.rfind('-')); }
};
struct IgnoresDamage : Wiring {
  Result<SavedNode> saved(const Value& state) override {
    // Whatever stands there, with a hash that fits.
    Object plain = state.object();
    plain.erase("hash");
    plain["hash"] = hash_of(Value(plain));
    return saved_node_from(Value(plain));
  }
};
struct AnyCatalogWillDo : Wiring {
  std::string catalog_hash(const std::string&, const SavedNode& saved) override { return saved.catalog_hash; }
};
struct SavesLater : Wiring {
  bool saves_before_serving() override { return false; }
};
struct LeaseWithoutCompiling : Wiring {
  bool takes_without_compiling() override { return true; }
};
struct ServesTheNewestSnapshot : Wiring {
  bool pins_its_snapshot() override { return false; }
};
struct CachesForAMinute : Wiring {
  int max_age(const Pin&, const Reading&) override { return 60; }
};
struct CachesForAnHour : Wiring {
  int max_age(const Pin&, const Reading&) override { return 3'600; }
};
struct CachesToTheEnd : Wiring {  // without the way to the client
  int max_age(const Pin& pin, const Reading& now) override {
    return static_cast<int>(std::min(seconds(60), left_of(pin.lease, now)).ms / 1000);
  }
};
struct AsksRarely : Wiring {
  Duration next_poll(const DeliveryNode&, double) override { return seconds(45); }
};
struct ForgetsItsHead : Wiring {  // asks as if it were new: the control side cannot tell that it is old itself
  LeaseRequest ask(DeliveryNode& node, const Reading& now, const std::string& nonce) override {
    LeaseRequest request = node.ask(now, nonce);
    request.head = request.settled = {};
    request.store.clear();
    request.needs_catalog = true;
    return request;
  }
};
struct ConfirmsWhatItDoesNotHave : Wiring {
  CatalogVersion newest;
  LeaseRequest ask(DeliveryNode& node, const Reading& now, const std::string& nonce) override { return node.ask(now, nonce); }
  Result<LeaseAnswer> lease(Catalog& catalog, const LeaseRequest& request, const Reading& now) override {
    LeaseRequest said = request;
    said.head = said.settled = catalog.version();
    said.store.clear();
    auto answer = catalog.lease(said, now);
    return catalog.lease(request, now);
  }
};
struct TakesTheOlder : Wiring {  // what came last counts, whatever it is
  Result<DeliveryNode::Taken> take(DeliveryNode& node, LeaseAnswer answer, const Reading& now) override {
    if (is_before(answer.version, node.version()) && answer.has_catalog) {
      DeliveryNode anew(node.name(), node.saved().boot_id);
      anew.ask(now, answer.nonce);
      DeliveryNode tried = node;
      if (!tried.take(answer, now)) return refuse(Code::conflict, "not ours");
      node = anew;
    }
    return node.take(answer, now);
  }
};

// ---- relays

struct RelaysTheFullTerm : Wiring {
  Result<LeaseAnswer> lend(DeliveryNode& relay, const LeaseRequest& request, const Reading& now) override {
    auto answer = relay.lend(request, now);
    if (answer) answer->lease = budget_of(answer->window).lease;
    return answer;
  }
};
struct RelaysWithoutALease : Wiring {
  Result<LeaseAnswer> lend(DeliveryNode& relay, const LeaseRequest& request, const Reading& now) override {
    auto answer = relay.lend(request, now);
    if (answer || !relay.has_catalog()) return answer;
    return LeaseAnswer{.nonce = request.nonce,
                       .store = relay.saved().store,
                       .version = relay.version(),
                       .lease = budget_of(relay.window()).lease,
                       .window = relay.window(),
                       .has_catalog = request.head != relay.version() || request.needs_catalog,
                       .catalog = {}};
  }
};

// ---- the control side's leases

struct LeasesFromYesterday : Wiring {  // says what was current when somebody else asked
  std::optional<LeaseAnswer> kept;
  Result<LeaseAnswer> lease(Catalog& catalog, const LeaseRequest& request, const Reading& now) override {
    auto answer = catalog.lease(request, now);
    if (!answer) return answer;
    if (!answer->has_catalog) return answer;
    if (kept && is_before(kept->version, answer->version) && !is_before(kept->version, request.head)) {
      LeaseAnswer old = *kept;
      old.nonce = request.nonce;
      kept = *answer;
      return old;
    }
    kept = *answer;
    return answer;
  }
};
struct NotChanged : Wiring {  // always
  Result<LeaseAnswer> lease(Catalog& catalog, const LeaseRequest& request, const Reading& now) override {
    auto answer = catalog.lease(request, now);
    if (answer && !request.needs_catalog) {
      answer->version = request.head;
      answer->has_catalog = false;
    }
    return answer;
  }
};
struct LeasesWhileFenced : Wiring {
  Result<LeaseAnswer> lease(Catalog& catalog, const LeaseRequest& request, const Reading& now) override {
    auto answer = catalog.lease(request, now);
    if (answer || answer.error().code != Code::fenced) return answer;
    const CatalogVersion version = catalog.version();
    if (request.needs_catalog || request.head != version) return answer;
    return LeaseAnswer{
        .nonce = request.nonce, .store = request.store, .version = version, .lease = budget_of(Window()).lease, .window = Window()};
  }
};
struct BelievesItsCopy : Wiring {  // does not look at what nodes hold
  Result<LeaseAnswer> lease(Catalog& catalog, const LeaseRequest& request, const Reading& now) override {
    LeaseRequest blind = request;
    blind.head = blind.settled = {};
    blind.needs_catalog = true;
    return catalog.lease(blind, now);
  }
};
struct ForgivesContradiction : Wiring {  // refuses the node that knows better, and no other
  Result<LeaseAnswer> lease(Catalog& catalog, const LeaseRequest& request, const Reading& now) override {
    const bool was_fenced = catalog.is_fenced();
    if (!was_fenced && request.head.v > 0 && is_before(catalog.version(), request.head)) return refuse(Code::fenced, "ahead of us");
    return catalog.lease(request, now);
  }
};
struct RefusesAtRandom : Wiring {
  int count = 0;
  Result<LeaseAnswer> lease(Catalog& catalog, const LeaseRequest& request, const Reading& now) override {
    if (++count % 3 == 0) return refuse(Code::unavailable, "not now");
    return catalog.lease(request, now);
  }
};
struct RestoresWithoutFence : Wiring {
  bool marks_restored() override { return false; }
};
struct ReceiptsAtOnce : Wiring {  // complete when it was sent, not when it was heard of
  Result<Value> receipt(const Catalog& catalog, const std::string& id, const Reading& now) override {
    return catalog.receipt(id, now.wall);
  }
};

// ---- the control side's commands

template <class Change>
struct Changes : Wiring {
  Result<Answer> apply(Catalog& catalog, const Command& command, const std::string& key, const std::string& body_hash) override {
    Command changed = command;
    std::string changed_key = key;
    Change()(catalog, changed, changed_key);
    return catalog.apply(std::move(changed), changed_key, body_hash);
  }
};
struct AnybodyMay {
  void operator()(Catalog&, Command& command, std::string&) {
    command.actor.roles = {Role::author, Role::approver, Role::publisher, Role::admin};
  }
};
struct ApprovesWhatIsThere {  // whatever was looked at
  void operator()(Catalog& catalog, Command& command, std::string&) {
    if (command.name != CommandName::approve) return;
    if (auto known = catalog.experience(command.experience, command.at)) command.expected_hash = known->string_or("hash", "");
  }
};
struct AuthorsApprove {
  void operator()(Catalog&, Command& command, std::string&) {
    if (command.name == CommandName::approve) command.actor.name += " in another hat";
  }
};
struct LastWriterWins {
  void operator()(Catalog&, Command& command, std::string&) { command.expected_revision.reset(); }
};
struct ForgetsKeys {
  void operator()(Catalog&, Command&, std::string& key) { key.clear(); }
};
struct ActivatesUnapproved : Wiring {  // an approval of what stood there before the edit is good enough
  Result<Answer> apply(Catalog& catalog, const Command& command, const std::string& key, const std::string& body_hash) override {
    auto answer = catalog.apply(command, key, body_hash);
    if (answer || command.name != CommandName::activate || answer.error().code != Code::not_approved) return answer;
    (void)catalog.apply(
        {.name = CommandName::submit, .experience = command.experience, .actor = {"auto", {Role::author}}, .at = command.at});
    for (const char* who : {"auto-1", "auto-2"})
      if (auto known = catalog.experience(command.experience, command.at))
        (void)catalog.apply({.name = CommandName::approve,
                             .experience = command.experience,
                             .actor = {who, {Role::approver}},
                             .at = command.at,
                             .expected_hash = known->string_or("hash", "")});
    return catalog.apply(command, key, body_hash);
  }
};
struct RevivesTheStopped : Wiring {  // as a copy under its old name
  std::map<std::string, std::string> copies;
  Result<Answer> apply(Catalog& catalog, const Command& command, const std::string& key, const std::string& body_hash) override {
    auto answer = catalog.apply(command, key, body_hash);
    if (answer || answer.error().code != Code::experience_final || command.name != CommandName::edit) return answer;
    Command copy{.name = CommandName::duplicate,
                 .experience = command.experience,
                 .actor = command.actor,
                 .at = command.at,
                 .new_id = command.experience + ".again"};
    return catalog.apply(copy, key, body_hash);
  }
};
struct SaysStoppedOnly : Wiring {  // acknowledges a stop that it never wrote down
  Result<Answer> apply(Catalog& catalog, const Command& command, const std::string& key, const std::string& body_hash) override {
    if (command.name != CommandName::stop) return catalog.apply(command, key, body_hash);
    auto known = catalog.experience(command.experience, command.at);
    if (!known || known->string_or("phase", "") != "live") return catalog.apply(command, key, body_hash);
    return Answer{*known, false};
  }
};
struct WritesTwice : Wiring {  // tries again after a success
  Result<Answer> apply(Catalog& catalog, const Command& command, const std::string& key, const std::string& body_hash) override {
    auto answer = catalog.apply(command, key, body_hash);
    if (answer && command.name == CommandName::edit && !command.expected_revision && key.empty())
      return catalog.apply(command, key, body_hash);
    return answer;
  }
};
struct RefusesAndWrites : Wiring {  // a refused edit leaves a revision
  Result<Answer> apply(Catalog& catalog, const Command& command, const std::string& key, const std::string& body_hash) override {
    auto answer = catalog.apply(command, key, body_hash);
    if (!answer && answer.error().code == Code::revision_conflict) {
      Command late = command;
      late.expected_revision.reset();
      late.expected_hash.clear();
      (void)catalog.apply(late);
    }
    return answer;
  }
};
struct LosesWhatItSaidYesTo : Wiring {  // answers before it is on disk
  int count = 0;
  bool is_durable(const Draft&) override { return ++count < 12; }
};
struct FixesRecords : Wiring {  // the journal says another time than the state
  Draft journal(Draft draft) override {
    auto record = parse_json(draft.record);
    if (record && record->string_or("command", "") == "stop") {
      record->object()["message"] = "";
      record->object().at("standing").object()["phase"] = "live";
      draft.record = to_json(*record);
    }
    return draft;
  }
};
struct ForgetsWhoApproved : Wiring {  // approvals are not written down
  Draft journal(Draft draft) override {
    auto record = parse_json(draft.record);
    if (record && record->find("approval")) {
      record->object().erase("approval");
      draft.record = to_json(*record);
    }
    return draft;
  }
};

}  // namespace

const std::vector<Mutant>& mutants() {
  static const std::vector<Mutant> all{
      {"counts its lease from when the answer came", {"P1", "P3", "P3'", "P5"}, make<CountsFromReceipt>},
      {"serves on without a lease", {"P1", "P3", "P3'", "P5"}, make<ServesWithoutLease>},
      {"does not look at its lease again before the first byte", {"P1", "P3", "P3'", "P5"}, make<LooksOnce>},
      {"has no deadline for writing an answer", {"P1", "P3", "P3'", "P5"}, make<WritesForEver>},
      {"trusts its wall clock alone", {"P1", "P3", "P3'", "P5", "P6"}, make<TrustsTheWall>},
      {"trusts its clock since boot alone", {"P1", "P3", "P3'", "P5"}, make<TrustsTheBoot>},
      {"takes the longest window for its own", {"P1", "P3", "P3'", "P5", "P7"}, make<SparesTheReserve>},
      {"takes any answer for that to its newest request", {"P1", "P3", "P3'", "P5"}, make<ForgetsTheNonce>},
      {"keeps its lease over a reboot", {"P1", "P3", "P5"}, make<SurvivesReboot>},
      {"believes a damaged state", {"P1", "P3", "P3'", "P5"}, make<IgnoresDamage>},
      {"takes any catalog on its disk for the saved one", {"S1", "S2", "P3", "P2", "P5"}, make<AnyCatalogWillDo>},
      {"serves before it has saved", {"P4"}, make<SavesLater>},
      {"takes a lease for a catalog that does not compile", {"S1", "S2", "P2", "P3", "P3'"}, make<LeaseWithoutCompiling>},
      {"decides on the newest snapshot under an older pin", {"S1", "S2", "P2", "P3", "P3'"}, make<ServesTheNewestSnapshot>},
      {"lets clients keep answers for a minute, always", {"P7"}, make<CachesForAMinute>},
      {"lets clients keep answers for an hour", {"P7"}, make<CachesForAnHour>},
      {"lets clients keep answers until its lease ends", {"P7"}, make<CachesToTheEnd>},
      {"asks every 45 seconds", {"P6"}, make<AsksRarely>},
      {"does not tell its head", {"R1", "P1", "P3", "P3'", "P4", "P6"}, make<ForgetsItsHead>},
      {"goes back to an older version", {"P1", "P3", "P3'", "P4", "P5"}, make<TakesTheOlder>},
      {"relays the full term", {"P1", "P3", "P3'", "P5", "P7"}, make<RelaysTheFullTerm>},
      {"relays without a lease of its own", {"P1", "P3", "P3'", "P5", "P7"}, make<RelaysWithoutALease>},
      {"counts a node as confirmed that only asked", {"receipt"}, make<ConfirmsWhatItDoesNotHave>},
      {"answers with what was current before", {"P1", "P3"}, make<LeasesFromYesterday>},
      {"always answers that nothing changed", {"P1", "P6"}, make<NotChanged>},
      {"gives leases while it is fenced", {"R2", "R1"}, make<LeasesWhileFenced>},
      {"does not look at what nodes hold", {"R1"}, make<BelievesItsCopy>},
      {"goes on with the others after a node showed it to be old", {"R1"}, make<ForgivesContradiction>},
      {"refuses leases without a reason", {"P6"}, make<RefusesAtRandom>},
      {"comes up unfenced after a restore", {"R2"}, make<RestoresWithoutFence>},
      {"says propagated without asking the nodes", {"receipt"}, make<ReceiptsAtOnce>},
      {"lets anybody do anything", {"roles"}, make<Changes<AnybodyMay>>},
      {"approves whatever stands there now", {"L3"}, make<Changes<ApprovesWhatIsThere>>},
      {"lets authors approve under another name", {"L3"}, make<Changes<AuthorsApprove>>},
      {"lets the last writer win", {"revision"}, make<Changes<LastWriterWins>>},
      {"forgets idempotency keys", {"I1"}, make<Changes<ForgetsKeys>>},
      {"lets an approval survive the edit after it", {"L3", "L8", "A1"}, make<ActivatesUnapproved>},
      {"revives what was stopped", {"L1", "L4"}, make<RevivesTheStopped>},
      {"acknowledges a stop that it did not write down", {"A1", "L7", "P3"}, make<SaysStoppedOnly>},
      {"writes an edit twice", {"A1", "L4"}, make<WritesTwice>},
      {"writes down what it refused", {"L8", "revision"}, make<RefusesAndWrites>},
      {"answers before it is on disk", {"durability"}, make<LosesWhatItSaidYesTo>},
      {"writes another record than it counts", {"L7", "durability"}, make<FixesRecords>},
      {"does not write approvals down", {"L7", "L3"}, make<ForgetsWhoApproved>},
  };
  return all;
}

}  // namespace footlight::test
