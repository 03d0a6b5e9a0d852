// Authoring: what a process finds in the journal when it begins, and the commands that it adds to it.
#include "catalog/catalog.h"

#include <algorithm>
#include <variant>

#include "base/limits.h"
#include "catalog/delivered.h"

namespace footlight {
namespace {

constexpr std::string_view configure_word = "configure";
constexpr std::string_view leased_until_key = "leased_until";
constexpr std::string_view awake_key = "awake";
constexpr std::string_view sleeps_key = "sleeps";

// Enough to occupy some threads with, and little beside what is folded from it.
constexpr std::size_t read_at_once_bytes = 256 << 10;

// The journal's form of a configuration change, beside the lifecycle's records.
Value configure_record(std::int64_t seq, const Value& document, const Actor& actor, Instant at, const CatalogVersion& version,
                       const std::string& request_id) {
  Object record{{"command", configure_word}, {"seq", seq},
                {"at", to_text(at)},         {"actor", actor.name},
                {"workspace", document},     {"version", Object{{"epoch", version.epoch}, {"v", version.v}, {"chain", version.chain}}}};
  if (!request_id.empty()) record["request_id"] = request_id;
  return record;
}

// A new workspace document makes a new catalog version: it changes what is served. In the chain it
// stands as the item without an experience.
CatalogVersion version_after(const State& state, std::string workspace_hash) {
  CatalogVersion next{state.version.epoch, state.version.v + 1, {}};
  next.chain = chain_of(state.version.chain, next.epoch, next.v, CatalogChange{.put = CatalogItem{.hash = std::move(workspace_hash)}});
  return next;
}

}  // namespace

// What an entry of the journal says, before it is known whether it continues the state: a lifecycle record, or one of a
// configuration change.
struct Catalog::Told {
  std::int64_t seq = 0;
  Instant at;
  std::variant<Value, Record, Error> what;

  static Told by(const JournalEntry& entry) {
    auto value = parse_json(entry.record);
    if (!value)
      return {entry.seq, entry.at,
              refuse(Code::store_corrupt, "journal entry " + std::to_string(entry.seq) + ": " + value.error().message)};
    if (value->string_or("command", "") == configure_word) return {entry.seq, entry.at, std::move(*value)};
    auto record = record_from(std::move(*value));
    if (!record) return {entry.seq, entry.at, record.error()};
    return {entry.seq, entry.at, std::move(*record)};
  }
};

Catalog::Catalog(Store& store, std::string workspace, PolicyCompiler& policies, CatalogOptions options)
    : store_(store), name_(std::move(workspace)), policies_(policies), options_(std::move(options)), series_(policies) {
  workspace_.name = name_;
}

Result<std::unique_ptr<Catalog>> Catalog::open(Store& store, std::string workspace, PolicyCompiler& policies, CatalogOptions options) {
  std::unique_ptr<Catalog> catalog(new Catalog(store, std::move(workspace), policies, std::move(options)));
  if (auto replayed = catalog->replay(); !replayed) return replayed.error();
  return catalog;
}

Status Catalog::replay() {
  auto store_id = store_.meta(store_meta::store_id);
  if (!store_id) return store_id.error();
  // Leases from before a restart are counted with until the last of them has surely ended; where none was
  // ever given there is nothing to wait for.
  auto until = store_.setting(name_, leased_until_key);
  if (!until) return until.error();
  if (until->has_value()) {
    auto instant = parse_instant(**until);
    if (!instant)
      return refuse(Code::store_corrupt,
                    "the workspace `" + name_ + "` does not tell until when leases were given: " + instant.error().message);
    leased_until_ = *instant;
  }
  auto fenced = is_behind_fence();
  if (!fenced) return fenced.error();
  // A copy that was put back does not know which were given since it was made.
  if (*fenced) leased_until_ = std::max(leased_until_, options_.started.wall + Window::max());
  asked_at_ = options_.started;
  const Duration sooner = std::min(Duration{}, (leased_until_ - options_.started.wall) - Window::max());
  control_.emplace(store_id->value_or(""), options_.window, Reading{options_.started.boot + sooner, options_.started.wall + sooner});
  // Entries are read some at once and folded one after the other; while some are read, those before them are folded.
  std::vector<JournalEntry> waiting;
  std::size_t bytes = 0;
  std::vector<Told> told;
  std::optional<Error> failure;
  const auto fold_told = [&] {
    for (Told& one : told) {
      if (failure) break;
      if (auto folded = fold_entry(std::move(one)); !folded) failure = folded.error();
    }
  };
  const auto read_waiting = [&] {
    std::vector<Told> next(waiting.size());
    at_once(waiting.size() + 1, [&](std::size_t i) {
      if (i == 0) fold_told();
      else next[i - 1] = Told::by(waiting[i - 1]);
    });
    told = std::move(next);
    waiting.clear();
    bytes = 0;
  };
  auto read = store_.read(name_, 0, [&](const JournalEntry& entry) {
    waiting.push_back({.seq = entry.seq, .at = entry.at, .record = entry.record});
    bytes += entry.record.size();
    if (bytes >= read_at_once_bytes) read_waiting();
    return !failure;
  });
  read_waiting();
  fold_told();
  if (failure) return *failure;
  if (!read) return read;
  state_.fenced = *fenced;
  for (const CatalogItem& item : catalog(state_))
    if (auto changes = zone_changes(item.standing.span); !changes.empty())
      changed_zones_[item.experience] = {item.standing.span, std::move(changes)};
  if (auto looked = look_back(options_.started.wall); !looked) return looked;
  publish(state_.at);
  return Done{};
}

Status Catalog::stay_awake(Instant now) { return store_.put_setting(name_, awake_key, to_text(now)); }

// What began and ended since somebody was last awake. Whoever said so last may have lived on for as long as
// it takes to say it again, so that is not counted as sleep.
Status Catalog::look_back(Instant now) {
  const auto told = store_.setting(name_, awake_key), known = store_.setting(name_, sleeps_key);
  if (!told) return told.error();
  if (!known) return known.error();
  const auto unreadable = [this](std::string_view key) {
    return refuse(Code::store_corrupt, "the setting `" + std::string(key) + "` of the workspace `" + name_ + "` cannot be read");
  };
  if (known->has_value()) {
    const auto rows = parse_json(**known);
    if (!rows || !rows->is_array()) return unreadable(sleeps_key);
    for (const Value& row : rows->array()) {
      const auto from = parse_instant(row.string_or("from", "")), till = parse_instant(row.string_or("till", ""));
      if (!from || !till) return unreadable(sleeps_key);
      sleeps_.emplace_back(*from, *till);
    }
  }
  if (!told->has_value()) return Done{};
  const auto awake = parse_instant(**told);
  if (!awake) return unreadable(awake_key);
  const Instant from = *awake + limits::awake_every;
  const bool missed_some = std::any_of(state_.experiences.begin(), state_.experiences.end(),
                                       [&](const auto& one) { return footlight::was_missed(one.second.standing, from, now); });
  if (!missed_some) return Done{};
  sleeps_.emplace_back(from, now);
  if (sleeps_.size() > limits::sleeps_kept_max) sleeps_.erase(sleeps_.begin());
  Array rows;
  for (const auto& [begin, end] : sleeps_) rows.push_back(Object{{"from", to_text(begin)}, {"till", to_text(end)}});
  return store_.put_setting(name_, sleeps_key, to_json(Value(std::move(rows))));
}

bool Catalog::was_missed(const Experience& experience, Instant now) const {
  return std::any_of(sleeps_.begin(), sleeps_.end(), [&](const auto& sleep) {
    return sleep.second <= now && footlight::was_missed(experience.standing, sleep.first, sleep.second);
  });
}

void Catalog::at_once(std::size_t count, const std::function<void(std::size_t)>& work) const {
  if (options_.at_once) return options_.at_once(count, work);
  for (std::size_t i = 0; i < count; ++i) work(i);
}

Status Catalog::fold_entry(Told&& told) {
  if (auto* error = std::get_if<Error>(&told.what)) return std::move(*error);
  if (auto* record = std::get_if<Record>(&told.what)) {
    if (record->version) receipts_[record->experience] = receipt_for(*record, options_.node);
    if (auto folded = fold(state_, std::move(*record)); !folded) return folded;
    remember(*record);
    if (record->version) control_->committed(state_.version, record->at);
    return Done{};
  }
  const Value& configured = std::get<Value>(told.what);
  const Value* document = configured.find("workspace");
  const Value* version = configured.find("version");
  Problems problems;
  Workspace workspace = document ? parse_workspace(*document, problems) : Workspace{};
  if (!document || !version || has_errors(problems) || told.seq != state_.head + 1)
    return refuse(Code::store_corrupt, std::move(problems),
                  "journal entry " + std::to_string(told.seq) + " does not continue the workspace `" + name_ + "`");
  workspace_ = std::move(workspace);
  compile_check_.reset();
  state_.head = told.seq;
  state_.at = std::max(state_.at, told.at);
  const std::string hash = hash_of(to_value(workspace_));
  state_.version = version_after(state_, hash);
  state_.version_at = state_.at;
  remember(trails_[""], told.seq, hash, hash);
  control_->committed(state_.version, told.at);
  return Done{};
}

void Catalog::remember(Trail& trail, std::int64_t seq, const std::string& newest, const std::string& live) {
  for (auto [hashes, hash] : {std::pair{&trail.newest, &newest}, {&trail.live, &live}})
    if (hashes->empty() ? !hash->empty() : hashes->back().second != *hash) hashes->emplace_back(seq, *hash);
}

void Catalog::remember(const Record& record) {
  if (record.command == CommandName::epoch_bump) {
    for (auto& [id, trail] : trails_)
      if (!id.empty()) remember(trail, record.seq, trail.newest.empty() ? "" : trail.newest.back().second, "");
    return;
  }
  const Experience& experience = *state_.find(record.experience);
  const Phase phase = experience.standing.phase;
  const bool is_served = phase == Phase::scheduled || phase == Phase::live || phase == Phase::paused || phase == Phase::closed;
  remember(trails_[record.experience], record.seq, phase == Phase::deleted ? "" : experience.head().hash,
           is_served ? experience.revisions[static_cast<std::size_t>(*experience.live_revision) - 1].hash : "");
}

Result<bool> Catalog::is_behind_fence() {
  auto fenced = store_.meta(store_meta::fenced);
  if (!fenced) return fenced.error();
  auto lifted = store_.setting(name_, store_setting::fence_lifted);
  if (!lifted) return lifted.error();
  return *fenced == "1" && *lifted != "1";
}

Status Catalog::heed_fence() {
  const auto fenced = is_behind_fence();
  if (!fenced) return fenced.error();
  if (!*fenced) return Done{};
  const std::lock_guard turn(commands_);
  const std::unique_lock writing(state_mutex_);
  state_.fenced = true;
  return Done{};
}

// Every workspace of the store stands behind the fence, those too that were taken out of an earlier one.
Status Catalog::raise_fence() {
  auto names = store_.workspaces();
  if (!names) return names.error();
  for (const std::string& name : *names)
    if (auto done = store_.put_setting(name, store_setting::fence_lifted, "0"); !done) return done;
  return store_.set_meta(store_meta::fenced, "1");
}

// Written a window ahead, so that few polls write.
Status Catalog::remember_lease(Instant until) {
  const std::lock_guard turn(leases_);
  if (until <= leased_until_) return Done{};
  const Instant ahead = until + options_.window.length();
  if (auto done = store_.put_setting(name_, leased_until_key, to_text(ahead)); !done) return done;
  leased_until_ = ahead;
  return Done{};
}

Rules Catalog::rules() {
  return {
      .check = [this](const Value& definition, Instant now) { return problems_of(definition, now); },
      .approvals =
          [this](const Value& document) {
            Problems problems;
            std::vector<ApprovalNeed> needs;
            for (const ApprovalDemand& demand : approvals_for(parse_definition(document, problems), workspace_)) {
              ApprovalNeed need{demand.approvers, demand.because, {}, {demand.names.begin(), demand.names.end()}};
              for (const std::string& word : demand.roles)
                if (const auto role = role_from(word)) need.roles.insert(*role);
              needs.push_back(std::move(need));
            }
            return ApprovalNeeds(std::move(needs));
          },
      .schedule = [this](const Value& document, Instant) -> Result<Span> {
        const std::string zone_name = document.string_or("zone", workspace_.zone);
        auto zone = Zone::find(zone_name);
        if (!zone) return refuse(zone.error().code, "$.zone: " + zone.error().message);
        Span span{.zone = zone_name, .start_text = document.string_or("from", ""), .end_text = document.string_or("till", "")};
        for (auto [key, text, instant] : {std::tuple{"$.from: ", &span.start_text, &span.start}, {"$.till: ", &span.end_text, &span.end}}) {
          if (text->empty()) continue;
          auto resolved = parse_in_zone(*text, *zone);
          if (!resolved) return refuse(resolved.error().code, key + resolved.error().message);
          *instant = *resolved;
        }
        return span;
      },
      .window = options_.window,
  };
}

Result<Value> Catalog::normalised(const Value& document, const std::string& id) {
  Problems problems;
  Value named = document;
  if (named.is_object() && !id.empty() && !named.find("id")) named.object()["id"] = id;
  Definition definition = parse_definition(named, problems);
  if (!has_errors(problems) && !id.empty() && definition.id != id)
    problems.push_back({Code::bad_id, "$.id", "the definition is of `" + definition.id + "`, the command of `" + id + "`"});
  if (!has_errors(problems) && to_json(named).size() > limits::document_bytes_max)
    problems.push_back(
        {Code::limit_exceeded, "$", "the definition has more than " + std::to_string(limits::document_bytes_max) + " bytes"});
  if (has_errors(problems)) {
    const std::size_t count = problems.size();
    return refuse(Code::validation_failed, std::move(problems),
                  "the definition has " + std::to_string(count) + (count == 1 ? " problem" : " problems"));
  }
  Problems missing;  // reported when it is submitted or activated; a draft may run ahead of its workspace
  include_mentions(definition, workspace_, missing);
  return to_value(definition);
}

Problems Catalog::check(const Value& document, Instant now) {
  const std::lock_guard turn(commands_);
  return problems_of(document, now);
}

std::vector<Catalog::Check> Catalog::checks_of(const Value& document, Instant now) {
  std::vector<Check> checks = {{"document", "the definition can be read", {}},
                               {"mentions", "the fragments, audiences and lists that it names exist", {}},
                               {"workspace", "the configurations and attributes that it uses are declared", {}},
                               {"compiles", "conditions, templates, policies and content compile", {}},
                               {"lead", "it is activated early enough to begin everywhere at once", {}},
                               {"zones", "its times stand where this machine's zone data puts them", {}}};
  const auto skip_from = [&](std::size_t first) {
    for (; first < checks.size(); ++first) checks[first].was_skipped = true;
    return checks;
  };
  Definition definition = parse_definition(document, checks[0].problems);
  if (has_errors(checks[0].problems)) return skip_from(1);
  include_mentions(definition, workspace_, checks[1].problems);
  if (has_errors(checks[1].problems)) return skip_from(2);
  checks[2].problems = check_against(definition, workspace_);
  Problems& compiling = checks[3].problems;
  std::map<std::string, std::shared_ptr<const IdList>> lists;
  if (auto added = add_lists(definition, lists); !added) {
    compiling.push_back({added.error().code, "$.include.lists", added.error().message});
    return skip_from(4);
  }
  if (!compile_check_) compile_check_.emplace(workspace_, policies_);
  for (Problem& problem : compile_check_->problems_of({.definition = definition}, lists)) {
    const auto is_it = [&](const Problem& known) { return known.code == problem.code && known.place == problem.place; };
    if (std::none_of(checks[2].problems.begin(), checks[2].problems.end(), is_it) &&
        std::none_of(compiling.begin(), compiling.end(), is_it))
      compiling.push_back(std::move(problem));
  }
  if (const Experience* known = state_.find(definition.id))
    if (const auto* changes = changed_zones_of(*known, now))
      for (const ZoneChange& change : *changes)
        checks[5].problems.push_back({Code::zone_changed, "$." + change.field, to_text(change), true});
  // Activated less than a window before its start, some nodes may begin later than others.
  if (!definition.from.empty()) {
    auto zone = Zone::find(definition.zone.empty() ? workspace_.zone : definition.zone);
    if (zone)
      if (auto start = parse_in_zone(definition.from, *zone); start && *start > now && *start - now < options_.window.length())
        checks[4].problems.push_back(
            {Code::missed_window, "$.from",
             "starts in less than the window of " + to_text(options_.window.length()) +
                 ": nodes may begin up to that much after each other; activate it earlier to begin everywhere at once",
             true});
  }
  return checks;
}

Problems Catalog::problems_of(const Value& document, Instant now) {
  Problems problems;
  for (Check& check : checks_of(document, now)) std::move(check.problems.begin(), check.problems.end(), std::back_inserter(problems));
  return problems;
}

Result<Answer> Catalog::apply(Command command, const std::string& key, const std::string& body_hash) {
  const std::lock_guard turn(commands_);
  std::optional<Error> malformed;
  if (command.definition.is_object()) {
    auto document = normalised(command.definition, command.experience);
    if (document) {
      command.definition = std::move(*document);
      if (command.experience.empty()) command.experience = command.definition.string_or("id", "");
    } else if (command.name == CommandName::create || command.name == CommandName::edit) {
      // Everything but the content is decided on a document that says no more than the kind.
      malformed = document.error();
      if (command.experience.empty()) command.experience = command.definition.string_or("id", "");
      const Experience* known = state_.find(command.experience);
      command.definition = Object{{"kind", to_text(known ? known->kind : Kind::campaign)}};
    }
  }
  auto outcome = footlight::apply(state_, command, rules());
  // Who may, and whether it may change at all, is told before what is wrong with the document.
  if (malformed && (outcome.ok() || row(outcome.error().code).http_status == 422)) outcome = *std::move(malformed);
  const bool may_ask = outcome.ok() || (outcome.error().code != Code::forbidden && outcome.error().code != Code::fenced);
  if (!key.empty() && may_ask) {
    auto known = store_.find_key(name_, key);
    if (!known) return known.error();
    if (known->has_value()) {
      if ((*known)->body_hash != body_hash)
        return refuse(Code::idempotency_key_reuse, "the idempotency key `" + key + "` was used with another request; take a new key");
      auto body = parse_json((*known)->answer);
      if (!body) return body.error();
      return Answer{std::move(*body), true};
    }
  }
  if (!outcome) return outcome.error();
  if (const auto* repeat = std::get_if<Repeat>(&*outcome)) {
    const std::shared_lock reading(state_mutex_);
    Value body = view(*state_.find(command.experience), command.at, false);
    body.object()["since"] = to_text(repeat->since);
    body.object()["message"] = repeat->message;
    return Answer{std::move(body), true};
  }

  const Record& record = std::get<Record>(*outcome);
  const bool is_publish = record.version.has_value();
  // Told from the experience as it will be, so that a replay of the key tells the same.
  Value body = Object{};
  if (record.command != CommandName::epoch_bump) body = view(experience_after(state_, record), record.at, false);
  body.object()["accepted_at"] = to_text(record.at);
  body.object()["version"] = version_text(is_publish ? *record.version : state_.version);
  if (record.not_activated)
    body.object()["not_activated"] = Object{{"code", record.not_activated->code}, {"message", record.not_activated->message}};
  if (record.visible_by) body.object()["visible_by"] = to_text(*record.visible_by);
  if (record.gone_by) body.object()["gone_by"] = to_text(*record.gone_by);
  if (is_publish) {
    Receipt receipt = receipt_for(record, options_.node);
    const std::lock_guard delivering(delivery_mutex_);
    for (NodeStanding& standing : control_->standings(receipt.version, {asked_at_.boot + (record.at - asked_at_.wall), record.at}))
      receipt.nodes.push_back(std::move(standing));
    body.object()["receipt"] = to_value(receipt, record.at);
  }

  auto appended = store_.append(name_, state_.head,
                                {record.at,
                                 record.actor.name,
                                 key,
                                 body_hash,
                                 to_json(to_value(record)),
                                 to_json(body),
                                 {},
                                 record.command == CommandName::epoch_bump});
  if (!appended) return appended.error();
  if (record.command == CommandName::epoch_bump) take_fence_down();
  {
    const std::unique_lock writing(state_mutex_);
    if (auto folded = fold(state_, record); !folded) return folded.error();
    remember(record);
    if (is_publish) {
      receipts_[record.experience] = receipt_for(record, options_.node);
      const std::lock_guard delivering(delivery_mutex_);
      control_->committed(state_.version, record.at);
    }
  }
  if (record.command == CommandName::epoch_bump) publish(record.at);
  else if (is_publish) publish_change(record.at, record.experience);
  return Answer{std::move(body), false};
}

// The workspace is open with its bump. Once all of the store are, its mark goes too; where that fails,
// or the process dies before, each of them is open all the same.
void Catalog::take_fence_down() {
  const auto names = store_.workspaces();
  if (!names) return;
  for (const std::string& workspace : *names) {
    const auto lifted = store_.setting(workspace, store_setting::fence_lifted);
    if (!lifted || *lifted != "1") return;
  }
  if (!store_.set_meta(store_meta::fenced, "0")) return;
  for (const std::string& workspace : *names)
    if (!store_.put_setting(workspace, store_setting::fence_lifted, "0")) return;
}

Result<Answer> Catalog::configure(const Value& document, const Actor& actor, Instant at, const std::map<std::string, std::string>& uploaded,
                                  const std::string& request_id) {
  const std::lock_guard turn(commands_);
  if (!actor.roles.contains(Role::admin) && !actor.roles.contains(Role::publisher))
    return refuse(Code::forbidden, "configuring a workspace needs the role `publisher` or `admin`; `" + actor.name + "` has neither");
  if (state_.fenced) return refuse(Code::fenced, "the store was restored from a backup; an admin must bump its epoch first");
  Problems problems;
  Workspace workspace = parse_workspace(document, problems);
  if (!has_errors(problems) && workspace.name != name_)
    problems.push_back({Code::bad_id, "$.name", "this is the workspace `" + name_ + "`, the document is of `" + workspace.name + "`"});
  std::map<std::string, std::shared_ptr<const IdList>> read;
  for (const auto& [hash, content] : uploaded) {
    if (sha256_hex(content) != hash) problems.push_back({Code::bad_request, "$.lists", "a list's content does not have the hash " + hash});
    const auto& ids = read[hash] = parse_list(content);
    if (ids->size() > limits::list_ids_max)
      problems.push_back(
          {Code::limit_exceeded, "$.lists." + hash, "a list has more than " + std::to_string(limits::list_ids_max) + " ids"});
  }
  for (const auto& [name, hash] : workspace.lists)
    if (!uploaded.contains(hash) && !store_.get_blob(hash))
      problems.push_back({Code::unknown_list, "$.lists." + name, "the content of the list `" + name + "` was never uploaded"});
  if (has_errors(problems)) return refuse(Code::validation_failed, std::move(problems), "the workspace has problems");
  const Value canonical = to_value(workspace);
  if (canonical == to_value(workspace_) && state_.head > 0)
    return Answer{Object{{"name", name_}, {"version", version_text(state_.version)}}, true};
  for (auto& [hash, ids] : read) lists_[hash] = std::move(ids);
  SnapshotSeries tried(policies_);
  ProblemsById unreadable;
  problems = compile(tried, workspace, unreadable);
  if (has_errors(problems)) return does_not_compile(std::move(problems));

  const Instant when = std::max(at, state_.at);
  const CatalogVersion version = version_after(state_, hash_of(to_value(workspace)));
  const Value body = Object{{"name", name_},
                            {"version", version_text(version)},
                            {"accepted_at", to_text(when)},
                            {"visible_by", to_text(when + options_.window.length())}};
  Draft draft{when,          actor.name, {}, {}, to_json(configure_record(state_.head + 1, canonical, actor, when, version, request_id)),
              to_json(body), {}};
  for (const auto& [hash, content] : uploaded) draft.blobs.push_back(content);
  auto appended = store_.append(name_, state_.head, std::move(draft));
  if (!appended) return appended.error();
  {
    const std::unique_lock writing(state_mutex_);
    state_.head += 1;
    state_.at = when;
    state_.version = version;
    state_.version_at = when;
    workspace_ = std::move(workspace);
    compile_check_.reset();
    const std::string hash = hash_of(canonical);
    remember(trails_[""], state_.head, hash, hash);
    const std::lock_guard delivering(delivery_mutex_);
    control_->committed(version, when);
  }
  publish(when);
  return Answer{body, false};
}

}  // namespace footlight
