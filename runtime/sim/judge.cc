#include "sim/judge.h"

#include <algorithm>

namespace footlight::sim {
namespace {

std::string named(const CatalogVersion& version) { return std::to_string(version.epoch) + "." + std::to_string(version.v); }
std::string quoted(const std::string& text) { return "`" + text + "`"; }

// Who may, said once more and apart from the table that is judged.
bool may(const Command& command) {
  const auto has = [&](std::initializer_list<Role> any) {
    return std::any_of(any.begin(), any.end(), [&](Role role) { return command.actor.roles.contains(role); });
  };
  switch (command.name) {
    case CommandName::create:
    case CommandName::edit:
    case CommandName::delete_:
    case CommandName::submit:
    case CommandName::duplicate: return has({Role::author, Role::admin});
    case CommandName::withdraw: return has({Role::author});
    case CommandName::request_changes: return has({Role::approver});
    case CommandName::approve: return has({Role::approver, Role::admin});
    case CommandName::epoch_bump: return has({Role::admin});
    default: return has({Role::publisher, Role::admin});
  }
}

bool makes_version(CommandName name) {
  switch (name) {
    case CommandName::activate:
    case CommandName::unschedule:
    case CommandName::stop:
    case CommandName::pause:
    case CommandName::resume:
    case CommandName::close:
    case CommandName::epoch_bump: return true;
    default: return false;
  }
}

bool is_open(const std::optional<Instant>& start, const std::optional<Instant>& end, Instant wall) {
  return (!start || *start <= wall) && (!end || wall < *end);
}

}  // namespace

Judge::Judge(int nodes, Window window, bool knows_workspace)
    : window_(window), knows_workspace_(knows_workspace), nodes_(static_cast<std::size_t>(nodes)) {}

// ---- the control side

Judge::Wanted Judge::wanted(const Value& definition) const {
  Wanted wanted{.is_journey = definition.string_or("kind", "") == "journey"};
  if (const Value* content = definition.at_path("show.list"); content && content->is_string()) wanted.content = content->string();
  if (const auto from = parse_instant(definition.string_or("from", ""))) wanted.start = *from;
  if (const auto till = parse_instant(definition.string_or("till", ""))) wanted.end = *till;
  if (const Value* tags = definition.find("tags"); tags && tags->is_array() && knows_workspace_)
    for (const Value& tag : tags->array()) {
      if (tag == Value("price")) wanted.approvals = std::max(wanted.approvals, 1);
      if (tag == Value("law")) wanted.approvals = std::max(wanted.approvals, 2);
    }
  return wanted;
}

// Time has ended it, or somebody.
bool Judge::has_ended(const Life& life, Instant wall) const {
  if (life.is_final) return true;
  if (!life.is_listed) return false;
  const auto& end = life.wanted.at(life.live).end;
  return end && *end <= std::max(wall, book_.latest);
}

void Judge::list_is(std::shared_ptr<const List> list, Instant now) {
  for (const auto& [id, listed] : *book_.list) {
    const auto still = list->find(id);
    if (still != list->end() && still->second.revision == listed.revision) continue;
    if (Times& times = times_[{id, listed.revision}]; !times.gone) times.gone = now;
  }
  for (const auto& [id, listed] : *list) {
    const auto before = book_.list->find(id);
    if (before == book_.list->end() || before->second.revision != listed.revision) times_[{id, listed.revision}] = {now, std::nullopt};
  }
  book_.list = std::move(list);
}

void Judge::new_version(const Commanded& facts, std::shared_ptr<const List> list) {
  if (facts.after.v != facts.before.v + 1) find("L7: after " + named(facts.before) + " came " + named(facts.after));
  // What its schedule has ended by now does not stand in it.
  const Instant wall = std::max(facts.wall, book_.latest);
  const auto has_closed = [&](const auto& one) { return one.second.wanted.end && *one.second.wanted.end <= wall; };
  if (std::any_of(list->begin(), list->end(), has_closed)) {
    auto open = std::make_shared<List>(*list);
    std::erase_if(*open, has_closed);
    list = std::move(open);
  }
  list_is(list, facts.now);
  lists_[facts.after.chain] = std::move(list);
  commits_.emplace_back(facts.now, facts.after);
  book_.lineage.push_back(facts.after.chain);
  book_.version = facts.after;
}

void Judge::configured(const Commanded& facts) {
  if (facts.head_after != facts.head_before + 1)
    find("A1: a configuration made " + std::to_string(facts.head_after - facts.head_before) + " records");
  if (is_fenced_) find("R2: a configuration was taken in by a fenced store");
  book_.head = facts.head_after;
  book_.latest = std::max(book_.latest, facts.wall);
  new_version(facts, book_.list);
}

void Judge::commanded(const Command& command, const std::string& key, const std::string& body_hash, const Result<Answer>& answer,
                      const Commanded& facts) {
  const std::string what =
      std::string(footlight::to_text(command.name)) + " " + quoted(command.experience) + " by " + quoted(command.actor.name);
  const std::int64_t records = facts.head_after - facts.head_before;
  const auto known = key.empty() ? book_.keys.end() : book_.keys.find(key);
  if (known != book_.keys.end()) {
    if (answer.ok()) {
      if (known->second.body_hash != body_hash) find("I1: " + what + " reused a key with another body and was accepted");
      else if (!answer->is_repeat || to_json(answer->body) != known->second.answer)
        find("I1: " + what + " repeated with its key got another answer");
    }
    if (records != 0) find("I1: " + what + " repeated with its key had another effect");
    return;
  }
  if (!answer.ok() || answer->is_repeat) {
    if (records != 0) find("L8: " + what + " changed nothing, and the journal grew by " + std::to_string(records));
    if (facts.before != facts.after) find("L8: " + what + " changed nothing, and the catalog moved to " + named(facts.after));
    return;
  }
  if (records != 1) find("A1: " + what + " made " + std::to_string(records) + " records");
  if (is_fenced_ && command.name != CommandName::epoch_bump) find("R2: " + what + " was taken in by a fenced store");
  if (is_contradicted_ && command.name != CommandName::epoch_bump)
    find("R1: " + what + " was taken in by a store that a node has shown to be old");
  if (!may(command)) find("roles: " + what + " was accepted without the role");
  book_.head = facts.head_after;
  if (!key.empty()) book_.keys[key] = {body_hash, to_json(answer->body)};
  accepted(command, answer->body, facts);
  book_.latest = std::max(book_.latest, facts.wall);
  if (makes_version(command.name) != (facts.before != facts.after))
    find("L7: " + what + (makes_version(command.name) ? " made no version" : " made a version"));
}

void Judge::accepted(const Command& command, const Value& body, const Commanded& facts) {
  const std::string what =
      std::string(footlight::to_text(command.name)) + " " + quoted(command.experience) + " by " + quoted(command.actor.name);
  if (command.name == CommandName::epoch_bump) {
    if (facts.after.epoch != facts.before.epoch + 1) find("R2: a bump led to the epoch " + std::to_string(facts.after.epoch));
    is_fenced_ = is_contradicted_ = false;
    for (auto& [id, life] : book_.lives)
      if (!life.is_deleted) life.is_final = true, life.is_listed = false;
    new_version(facts, std::make_shared<List>());
    return;
  }
  const bool begins = command.name == CommandName::create || command.name == CommandName::duplicate;
  const std::string id = command.name == CommandName::duplicate ? command.new_id : command.experience;
  if (begins && book_.lives.contains(id)) find("L4: " + what + " took an id for the second time");
  if (begins && command.name == CommandName::duplicate && book_.lives.contains(command.experience)) {
    const Life& original = book_.lives.at(command.experience);
    const Wanted copied = original.wanted.at(command.revision.value_or(original.head));
    Life& life = book_.lives[id];
    life.wanted[1] = copied;
  }
  Life& life = book_.lives[id];
  if (!begins) {
    if (life.head == 0) find("L4: " + what + " was accepted, of an experience that nobody created");
    if (life.is_deleted) find("L1: " + what + " was accepted, of something deleted");
    const bool ended = has_ended(life, facts.wall);
    if (ended && command.name != CommandName::archive) find("L1: " + what + " was accepted, of something that has ended");
    if (!ended && command.name == CommandName::archive && !life.is_paused_or_closed)
      find("L1: " + what + " was accepted, of something that has not ended");
    if (command.expected_revision && *command.expected_revision != life.head)
      find("revision: " + what + " expected r" + std::to_string(*command.expected_revision) + " and was accepted at r" +
           std::to_string(life.head));
  }
  const Value* revision = body.find("revision");
  const int n = revision && revision->is_number() ? static_cast<int>(revision->number()) : 0;
  const std::string hash = body.string_or("hash", "");
  if (begins || command.name == CommandName::edit) {
    if (n != life.head + 1) find("L4: " + what + " made r" + std::to_string(n) + " after r" + std::to_string(life.head));
    if (!begins && life.head_status == "in_review") find("L3: " + what + " changed what is in review");
    if (!begins && life.is_listed && life.head == life.live) life.contributors.clear();
    if (command.name != CommandName::duplicate) life.wanted[n] = wanted(command.definition);
    life.hashes[n] = hash;
    life.head = n;
    life.contributors.insert(command.actor.name);
    life.approvers.clear();
    life.head_status = "draft";
  } else {
    const auto known = life.hashes.find(n);
    if (known == life.hashes.end() || known->second != hash)
      find("L4: r" + std::to_string(n) + " of " + quoted(id) + " has another hash now");
  }
  const int needed = life.wanted.contains(life.head) ? life.wanted.at(life.head).approvals : 0;
  switch (command.name) {
    case CommandName::submit: life.head_status = "in_review"; break;
    case CommandName::withdraw:
    case CommandName::request_changes:
      life.head_status = "draft";
      life.approvers.clear();
      break;
    case CommandName::approve:
      if (life.head_status != "in_review") find("L3: " + what + " approved what is not in review");
      if (life.contributors.contains(command.actor.name)) find("L3: " + what + " approved their own work");
      if (command.expected_hash != life.hashes[life.head]) find("L3: " + what + " approved something else than they saw");
      life.approvers.insert(command.actor.name);
      if (static_cast<int>(life.approvers.size()) >= std::max(1, needed)) life.head_status = "approved";
      break;
    case CommandName::activate: {
      if (life.head_status == "in_review") find("L3: " + what + " put in force what is in review");
      if (static_cast<int>(life.approvers.size()) < needed)
        find("L3: " + what + " put r" + std::to_string(life.head) + " in force with " + std::to_string(life.approvers.size()) + " of " +
             std::to_string(needed) + " approvals");
      auto list = std::make_shared<List>(*book_.list);
      (*list)[id] = {life.head, life.wanted[life.head]};
      life.live = life.head;
      life.is_listed = true;
      new_version(facts, std::move(list));
      break;
    }
    case CommandName::unschedule:
    case CommandName::stop: {
      auto list = std::make_shared<List>(*book_.list);
      list->erase(id);
      life.is_listed = false;
      if (command.name == CommandName::stop) life.is_final = true;
      new_version(facts, std::move(list));
      break;
    }
    case CommandName::pause:
    case CommandName::resume:
    case CommandName::close:
      life.is_paused_or_closed = true;
      new_version(facts, std::make_shared<List>(*book_.list));
      break;
    case CommandName::archive:
      life.is_final = true;
      life.is_listed = false;
      break;
    case CommandName::delete_:
      if (life.is_listed) find("L1: " + what + " deleted what is in force");
      life.is_deleted = true;
      break;
    default: break;
  }
}

void Judge::started(std::int64_t head, const CatalogVersion& version, bool is_fenced) {
  if (head != book_.head)
    find("durability: " + std::to_string(book_.head) + " records were acknowledged, " + std::to_string(head) + " are there after a start");
  if (version != book_.version)
    find("durability: the catalog was at " + named(book_.version) + ", after a start it is at " + named(version));
  if ((is_fenced_ || is_contradicted_) && !is_fenced) find("R2: a store that waits for its epoch came up without the fence");
  is_fenced_ = is_fenced_ || is_fenced;  // it died between the bump and the end of the fence: it must be bumped once more
}

void Judge::backed_up(const std::string& name) { backups_[name] = book_; }

void Judge::put_back(const std::string& name, bool is_marked, Instant now) {
  const auto copy = backups_.find(name);
  if (copy == backups_.end()) return;
  was_put_back_ = true;
  if (is_marked) {
    // Ended stays ended, and what is missing in the copy goes with the leases that are out.
    is_fenced_ = true;
    for (const auto& [id, listed] : *book_.list)
      if (!copy->second.list->contains(id) || copy->second.list->at(id).revision != listed.revision)
        times_[{id, listed.revision}].gone = now;
    const auto list = copy->second.list;
    book_ = copy->second;
    book_.list = list;
  } else {
    is_fenced_ = is_contradicted_ = false;
    const auto list = copy->second.list;
    list_is(list, now);
    book_ = copy->second;
  }
  std::erase_if(commits_, [&](const auto& commit) { return is_before(book_.version, commit.second); });
  propagated_ = {};
}

// ---- leases

void Judge::asked(int node, const LeaseRequest& request, Instant now, const Reading& sent) {
  asks_[request.nonce] = {node, now, now + window_.length(), sent};
  // Who lost their memory and asks a store that lost its own: nobody is left to know better.
  if (was_put_back_ && request.head.v == 0) nodes_[static_cast<std::size_t>(node)].floor = {};
}

void Judge::arrived(const LeaseRequest& request) {
  const CatalogVersion& head = request.head;
  if (head.v == 0 || head.epoch < book_.version.epoch) return;
  const bool is_ours = head.epoch == book_.version.epoch && head.v <= static_cast<std::int64_t>(book_.lineage.size()) &&
      book_.lineage[static_cast<std::size_t>(head.v) - 1] == head.chain;
  if (!is_ours) is_contradicted_ = true;
}

void Judge::answered_by_control(const LeaseRequest& request, const Result<LeaseAnswer>& answer) {
  if (answer.ok()) {
    if (is_contradicted_) find("R1: " + quoted(request.node) + " got a lease from a store that a node has shown to be old");
    if (is_fenced_) find("R2: " + quoted(request.node) + " got a lease from a fenced store");
    if (answer->version != book_.version)
      find("P1: " + quoted(request.node) + " was told " + named(answer->version) + " when " + named(book_.version) + " was in force");
  } else if (!is_contradicted_ && !is_fenced_) {
    find("P6: " + quoted(request.node) + " was refused a lease without a reason: " + answer.error().message);
  }
}

void Judge::answered_by_relay(int relay, const LeaseRequest& request, const Result<LeaseAnswer>& answer) {
  const auto asked = asks_.find(request.nonce);
  if (!answer.ok() || asked == asks_.end()) return;
  // It carries no longer than the longest of what the relay itself was told.
  Instant longest;
  for (const Backing& backing : nodes_[static_cast<std::size_t>(relay)].backings) longest = std::max(longest, backing.carries_until);
  asked->second.carries_until = std::min(asked->second.carries_until, longest);
}

void Judge::took(int node, const LeaseAnswer& answer) {
  const auto asked = asks_.find(answer.nonce);
  if (asked == asks_.end() || asked->second.node != node) {
    find("P1: node-" + std::to_string(node + 1) + " took an answer to no request of its own");
    return;
  }
  std::vector<Backing>& backings = nodes_[static_cast<std::size_t>(node)].backings;
  backings.push_back({asked->second.carries_until, asked->second.sent, answer.lease});
  if (backings.size() > 8) backings.erase(backings.begin());
  asks_.erase(asked);
}

void Judge::forgot(int node) { nodes_[static_cast<std::size_t>(node)].backings.clear(); }

// ---- answers

void Judge::judge_items(const std::string& who, const Served& served, const List& list) {
  std::string open;
  for (const Served::Item& item : served.items) {
    const auto times = times_.find({item.experience, item.revision});
    const std::string which = quoted(item.experience) + " r" + std::to_string(item.revision);
    if (times == times_.end() || served.last_byte < times->second.activated)
      find("P2: " + who + " served " + which + " before it was put in force");
    else if (times->second.gone && *times->second.gone + window_.length() <= served.last_byte)
      find("P3: " + who + " served " + which + " " + footlight::to_text(served.last_byte - *times->second.gone) + " after it ended");
    const auto listed = list.find(item.experience);
    if (listed == list.end() || listed->second.revision != item.revision) {
      find("S1: " + who + " served " + which + ", which is not in " + named(served.version));
    } else {
      if (!is_open(listed->second.wanted.start, listed->second.wanted.end, served.wall_asked))
        find("L6: " + who + " served " + which + " outside of its schedule");
      if (served.is_whole_list && listed->second.wanted.content != item.content)
        find("L4: " + who + " served " + which + " with another content");
    }
    open += item.experience + "#" + std::to_string(item.revision) + " ";
  }
  if (served.is_whole_list && !served.was_cut) {
    std::set<std::string> shown;
    for (const Served::Item& item : served.items)
      if (!shown.insert(item.experience).second) find("L5: " + who + " served " + quoted(item.experience) + " twice");
    for (const auto& [id, listed] : list)
      if (!listed.wanted.is_journey && is_open(listed.wanted.start, listed.wanted.end, served.wall_asked) && !shown.contains(id))
        find("S1: " + who + " served " + named(served.version) + " without " + quoted(id) + ", which stands in it");
    for (const auto& [id, listed] : *book_.list) {
      const Times& times = times_.at({id, listed.revision});
      if (!listed.wanted.is_journey && times.activated + window_.length() <= served.last_byte && !times.gone &&
          is_open(listed.wanted.start, listed.wanted.end, served.wall_asked) && !shown.contains(id) && !is_fenced_)
        find("P3': " + who + " does not serve " + quoted(id) + ", in force for " + footlight::to_text(served.last_byte - times.activated));
    }
  }
  if (served.is_whole_list && !served.was_cut && !served.version.chain.empty()) {
    const auto [known, is_new] = bytes_.try_emplace(served.version.chain + "|" + open, served.bytes);
    if (!is_new && known->second != served.bytes)
      find("S2: " + who + " gave other bytes for " + named(served.version) + " than another node");
  }
}

void Judge::served(int node, const Served& served) {
  const std::string who = node < 0 ? "the control side" : "node-" + std::to_string(node + 1);
  if (served.is_fallback) {
    if (!served.items.empty()) find("P5: " + who + " has no lease and served " + quoted(served.items[0].experience));
    return;
  }
  const auto list = lists_.find(served.version.chain);
  static const List nothing;
  judge_items(who, served, list == lists_.end() ? nothing : *list->second);
  if (node < 0) return;

  NodeBook& book = nodes_[static_cast<std::size_t>(node)];
  const Instant horizon = served.last_byte - window_.length();
  const CatalogVersion* due = nullptr;  // the newest committed by one window ago
  for (auto commit = commits_.rbegin(); commit != commits_.rend() && !due; ++commit)
    if (commit->first <= horizon) due = &commit->second;
  if (due && is_before(served.version, *due))
    find("P1: " + who + " served " + named(served.version) + " when " + named(*due) + " was in force a window ago");
  if (is_before(served.version, book.floor)) find("P4: " + who + " served " + named(served.version) + " after " + named(book.floor));
  else book.floor = served.version;
  if (is_before(served.version, propagated_))
    find("receipt: " + who + " served " + named(served.version) + " after a receipt said that " + named(propagated_) + " is everywhere");

  // Some answer must carry this one: asked for less than a window before its last byte, and by each of
  // the node's clocks less than its term before the first.
  const auto left = [&](const Backing& backing) {
    return backing.term - std::max(served.at_first_byte.boot - backing.sent.boot, served.at_first_byte.wall - backing.sent.wall);
  };
  const Backing* carrier = nullptr;
  for (const Backing& backing : book.backings)
    if (served.last_byte < backing.carries_until && served.at_first_byte.boot - backing.sent.boot < backing.term &&
        served.at_first_byte.boot >= backing.sent.boot && served.at_first_byte.wall - backing.sent.wall < backing.term)
      if (!carrier || left(*carrier) < left(backing)) carrier = &backing;
  if (!carrier) {
    find("P5: " + who + " served without a lease that lasts until its last byte");
    return;
  }
  const Duration age{served.max_age_s * 1000};
  if (age > seconds(60) || (age > Duration{} && age > left(*carrier) - seconds(5)) ||
      (age > Duration{} && served.first_byte + age > carrier->carries_until))
    find("P7: " + who + " let its clients keep an answer for " + footlight::to_text(age) + ", its lease lasts for " +
         footlight::to_text(left(*carrier)));
}

void Judge::must_be_current(int node, const CatalogVersion& version, bool has_lease, Instant now) {
  if (is_fenced_ || is_contradicted_) return;
  const std::string who = "node-" + std::to_string(node + 1);
  if (!has_lease) find("P6: " + who + " asked undisturbed for 10 s and has no lease");
  const CatalogVersion* due = nullptr;
  for (auto commit = commits_.rbegin(); commit != commits_.rend() && !due; ++commit)
    if (commit->first <= now - seconds(10)) due = &commit->second;
  if (due && is_before(version, *due))
    find("P6: " + who + " asked undisturbed for 10 s and is at " + named(version) + ", behind " + named(*due));
}

void Judge::receipt_said(const std::string&, const Value& receipt, bool is_clock_sound) {
  if (!is_clock_sound || receipt.string_or("status", "") != "propagated") return;
  const CatalogVersion said{
      static_cast<std::int64_t>(receipt.find("epoch")->number()), static_cast<std::int64_t>(receipt.find("version")->number()), {}};
  if (is_before(propagated_, said)) propagated_ = said;
}

void Judge::verified(bool is_sound, const std::string& what) {
  if (!is_sound) find("L7: " + what);
}

}  // namespace footlight::sim
