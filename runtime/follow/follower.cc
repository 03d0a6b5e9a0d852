#include "follow/follower.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "catalog/delivered.h"

namespace footlight {
namespace {

constexpr std::string_view role_name = "role", role_word = "delivery";  // in the store's meta: whose file it is
constexpr std::string_view workspaces_name = "workspaces";              // a line each
constexpr std::string_view held_key = "held";                           // a workspace's setting

}  // namespace

// Belongs together; never changed once it is shared.
struct Follower::Followed {
  DeliveryNode node;
  std::shared_ptr<const Snapshot> snapshot, defaults;
  TokenKey key;
  std::string access_hash;
  std::vector<Token> tokens;
  std::string catalog_blob, access_blob;  // where they are in the store
  std::vector<std::string> lists;
  Problems left_out;             // that this program has with the catalog's experiences
  std::optional<Error> refusal;  // of the newest answer
  Instant answered_at;
};

Follower::Follower(Store& store, PolicyCompiler& policies, FollowerOptions options)
    : store_(store), policies_(policies), options_(std::move(options)) {}
Follower::~Follower() = default;

// ---- what is kept over a restart -----------------------------------------------------------------

namespace {

struct Access {
  TokenKey key;
  std::vector<Token> tokens;
};

Result<Access> access_from(const Value& value) {
  Access access{.key = token_key(value.string_or("secret", ""))};
  const Value* rows = value.find("tokens");
  if (value.string_or("secret", "").empty() || !rows || !rows->is_array())
    return refuse(Code::bad_request, "the access that was delivered cannot be read");
  for (const Value& row : rows->array())
    access.tokens.push_back({.hash = row.string_or("hash", ""),
                             .name = row.string_or("name", ""),
                             .roles = row.string_or("roles", ""),
                             .workspace = row.string_or("workspace", ""),
                             .created = {},
                             .revoked = false});
  return access;
}

}  // namespace

Result<std::unique_ptr<Follower>> Follower::open(Store& store, PolicyCompiler& policies, FollowerOptions options) {
  auto journals = store.workspaces();
  if (!journals) return journals.error();
  if (!journals->empty())
    return refuse(Code::usage,
                  "`" + store.place() + "` is the data file of a control process, it holds the journal of `" + journals->front() +
                      "`; give the node a file of its own");
  if (auto marked = store.set_meta(role_name, role_word); !marked) return marked.error();
  std::unique_ptr<Follower> follower(new Follower(store, policies, std::move(options)));
  auto names = store.meta(workspaces_name);
  if (!names) return names.error();
  const std::string known = names->value_or("");
  for (const std::string_view name : split(known, '\n'))
    if (!name.empty() && follower->follows(name))
      if (auto resumed = follower->resume(std::string(name)); !resumed) return resumed.error();
  // A workspace that is known by name is asked for from the first request on.
  const std::string& only = follower->options_.workspace;
  if (!only.empty() && !follower->followed(only))
    follower->put(only, std::make_shared<const Followed>(Followed{.node = follower->new_node()}));
  return follower;
}

// What is damaged or does not compile any more is asked for anew: then there is no lease before an answer.
Status Follower::resume(const std::string& workspace) {
  Followed fresh{.node = new_node()};
  auto held = store_.setting(workspace, held_key);
  if (!held) return held.error();
  auto document = held->has_value() ? parse_json(**held) : Result<Value>(Value());
  const Value* saved_value = document && document->is_object() ? document->find("node") : nullptr;
  auto saved = saved_value ? saved_node_from(*saved_value) : Result<SavedNode>(refuse(Code::store_corrupt, "nothing is saved"));
  if (!saved) {
    if (held->has_value()) fresh.refusal = saved.error();
    put(workspace, std::make_shared<const Followed>(std::move(fresh)));
    return Done{};
  }
  fresh.catalog_blob = document->string_or("catalog", "");
  fresh.access_blob = document->string_or("access", "");
  std::string catalog_hash;
  if (auto text = store_.get_blob(fresh.catalog_blob))
    if (auto catalog = parse_json(*text)) {
      const auto no_fetch = [](const std::string& hash) -> Result<std::string> {
        return refuse(Code::not_found, "the list " + hash + " is gone");
      };
      auto compiled = compile(workspace, *catalog, [&](const std::string& hash) { return list_of(hash, no_fetch); });
      if (compiled) {
        catalog_hash = hash_of(*catalog);
        fresh.snapshot = compiled->snapshot;
        fresh.defaults = compiled->defaults;
        fresh.lists = compiled->lists;
        fresh.left_out = compiled->left_out;
      } else {
        fresh.refusal = compiled.error();
      }
    }
  if (auto text = store_.get_blob(fresh.access_blob))
    if (auto value = parse_json(*text))
      if (auto access = access_from(*value)) {
        fresh.access_hash = hash_of(*value);
        fresh.key = access->key;
        fresh.tokens = std::move(access->tokens);
      }
  fresh.node = DeliveryNode::resume(options_.node, *saved, options_.boot_id, catalog_hash, options_.clocks());
  put(workspace, std::make_shared<const Followed>(std::move(fresh)));
  return Done{};
}

Status Follower::save(const std::string& workspace, const Followed& followed) {
  const Value held =
      Object{{"node", to_value(followed.node.saved())}, {"catalog", followed.catalog_blob}, {"access", followed.access_blob}};
  if (auto kept = store_.put_setting(workspace, held_key, to_json(held)); !kept) return kept;
  auto known = store_.meta(workspaces_name);
  if (!known) return known.error();
  const std::string names = known->value_or("");
  const auto lines = split(names, '\n');
  if (std::find(lines.begin(), lines.end(), workspace) != lines.end()) return Done{};
  return store_.set_meta(workspaces_name, names.empty() ? workspace : names + "\n" + workspace);
}

// What no workspace holds any more. A file that cannot be rid of them keeps them.
void Follower::drop_unused(const std::vector<std::string>& blobs) {
  std::set<std::string> used;
  {
    const std::shared_lock reading(mutex_);
    for (const auto& [name, followed] : followed_) {
      used.insert({followed->catalog_blob, followed->access_blob});
      used.insert(followed->lists.begin(), followed->lists.end());
    }
  }
  for (const std::string& blob : blobs)
    if (!blob.empty() && !used.contains(blob)) (void)store_.drop_blob(blob);
}

// ---- following -----------------------------------------------------------------------------------

Duration Follower::wait(double random) const {
  DeliveryBudget budget = budget_of(Window());
  const std::shared_lock reading(mutex_);
  for (const auto& [name, followed] : followed_)
    if (const auto own = budget_of(followed->node.window()); own.poll < budget.poll) budget = own;
  return poll_after(budget, random);
}

Value Follower::ask(Duration wait) {
  Object workspaces;
  std::vector<std::string> names;
  {
    const std::shared_lock reading(mutex_);
    for (const auto& [name, one] : followed_) names.push_back(name);
  }
  for (const std::string& name : names) {
    Followed next = *followed(name);
    const Value request = to_value(next.node.ask(options_.clocks(), options_.nonce()));
    workspaces[name] = Object{{"request", request}, {"access", next.access_hash}};
    put(name, std::make_shared<const Followed>(std::move(next)));
  }
  return Object{{"wait_ms", wait.ms}, {"workspaces", std::move(workspaces)}};
}

void Follower::failed(const Error& error) {
  const std::unique_lock writing(mutex_);
  failure_ = error;
}

void Follower::look() {
  const Reading now = options_.clocks();
  const std::unique_lock writing(mutex_);
  for (auto& [name, followed] : followed_) {
    if (!followed->node.saved().lease || followed->node.lease_left(now) > Duration{}) continue;
    auto next = std::make_shared<Followed>(*followed);
    next->node.look(now);
    followed = std::move(next);
  }
}

Status Follower::take(const Value& answer, const std::function<Result<std::string>(const std::string&)>& fetch) {
  const Value* workspaces = answer.find("workspaces");
  if (!workspaces || !workspaces->is_object()) return refuse(Code::bad_request, "the answer is not one to a node: no `workspaces` in it");
  Status first = Done{};
  if (!options_.workspace.empty() && !workspaces->object().contains(options_.workspace))
    first = refuse(Code::not_found, "the control process has no workspace `" + options_.workspace + "`, or the token does not open it");
  for (const auto& [name, told] : workspaces->object())
    if (!follows(name)) continue;
    else if (auto taken = take_one(name, told, fetch); !taken && first)
      first = refuse(taken.error().code, name + ": " + taken.error().message);
  const std::unique_lock writing(mutex_);
  failure_.reset();
  if (!first) failure_ = first.error();
  return first;
}

Status Follower::take_one(const std::string& workspace, const Value& told,
                          const std::function<Result<std::string>(const std::string&)>& fetch) {
  const auto before = followed(workspace);
  if (!before) {  // heard of for the first time: asked for from now on
    put(workspace, std::make_shared<const Followed>(Followed{.node = new_node()}));
    return Done{};
  }
  Followed next = *before;
  next.refusal.reset();
  std::vector<std::string> replaced;
  bool is_to_be_saved = false;
  if (const Value* access_value = told.find("access")) {
    auto access = access_from(*access_value);
    if (!access) return access.error();
    auto blob = store_.put_blob(to_json(*access_value));
    if (!blob) return blob.error();
    replaced.push_back(next.access_blob);
    next.access_blob = *blob;
    next.access_hash = hash_of(*access_value);
    next.key = access->key;
    next.tokens = std::move(access->tokens);
    is_to_be_saved = true;
  }

  std::optional<Error> refusal;
  if (const Value* refused = told.find("refused")) {
    refusal = refuse(Code::unavailable, "the control process refuses a lease: " + refused->string_or("message", "it does not say why"));
  } else if (const Value* answer_value = told.find("answer")) {
    auto answer = lease_answer_from(*answer_value);
    if (!answer) return answer.error();
    // A lease for a version comes only with serving it: compiled and on the disk first.
    std::optional<Delivered> delivered;
    std::string catalog_blob;
    if (answer->has_catalog && !is_before(answer->version, next.node.version())) {
      auto compiled = compile(workspace, answer->catalog, [&](const std::string& hash) { return list_of(hash, fetch); });
      if (!compiled) return compiled.error();
      delivered = std::move(*compiled);
      auto blob = store_.put_blob(to_json(answer->catalog));
      if (!blob) return blob.error();
      catalog_blob = *blob;
    }
    auto taken = next.node.take(*answer, options_.clocks());
    if (!taken) {
      refusal = taken.error();
    } else {
      next.answered_at = options_.clocks().wall;
      is_to_be_saved = true;
      if (taken->is_new_version) {
        next.node.set_catalog_hash(hash_of(answer->catalog));
        replaced.push_back(next.catalog_blob);
        replaced.insert(replaced.end(), next.lists.begin(), next.lists.end());
        next.catalog_blob = catalog_blob;
        next.snapshot = delivered->snapshot;
        next.defaults = delivered->defaults;
        next.lists = delivered->lists;
        next.left_out = delivered->left_out;
      }
    }
  }
  next.refusal = refusal;
  if (is_to_be_saved)
    if (auto saved = save(workspace, next); !saved) return saved;
  const std::shared_ptr<const Snapshot> snapshot = next.snapshot;
  put(workspace, std::make_shared<const Followed>(std::move(next)));
  drop_unused(replaced);
  if (options_.changed && snapshot && snapshot != before->snapshot) options_.changed(workspace, snapshot);
  if (refusal) return *refusal;
  return Done{};
}

// Of what both versions have nothing is compiled again.
Result<Delivered> Follower::compile(const std::string& workspace, const Value& catalog,
                                    const std::function<Result<std::string>(const std::string&)>& list) {
  const std::lock_guard turn(series_mutex_);
  return series_.try_emplace(workspace, policies_).first->second.take(catalog, list);
}

// Lists are by their content: one that is here already is the same.
Result<std::string> Follower::list_of(const std::string& hash, const std::function<Result<std::string>(const std::string&)>& fetch) {
  if (auto known = store_.get_blob(hash)) return known;
  auto content = fetch(hash);
  if (!content) return content.error();
  if (sha256_hex(*content) != hash) return refuse(Code::bad_request, "the list that was sent does not have the hash " + hash);
  if (auto kept = store_.put_blob(*content); !kept) return kept.error();
  return content;
}

std::shared_ptr<const Follower::Followed> Follower::followed(const std::string& workspace) const {
  const std::shared_lock reading(mutex_);
  const auto found = followed_.find(workspace);
  return found == followed_.end() ? nullptr : found->second;
}

void Follower::put(const std::string& workspace, std::shared_ptr<const Followed> next) {
  const std::unique_lock writing(mutex_);
  auto& place = followed_[workspace];
  const bool is_other_access = !place || place->access_hash != next->access_hash;
  place = std::move(next);
  if (!is_other_access) return;
  tokens_.clear();
  for (const auto& [name, one] : followed_)
    for (const Token& token : one->tokens) tokens_[token.hash] = token;
  ++access_changes_;
}

// ---- serving -------------------------------------------------------------------------------------

std::vector<std::string> Follower::workspaces() const {
  const std::shared_lock reading(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, one] : followed_) names.push_back(name);
  return names;
}

Result<Pinned> Follower::pin(const std::string& workspace) const {
  const auto now_followed = followed(workspace);
  if (!now_followed) return refuse(Code::not_found, "there is no workspace `" + workspace + "`");
  Pinned pinned{.defaults = now_followed->defaults, .key = now_followed->key};
  pinned.lease = now_followed->node.pin(options_.clocks());
  if (pinned.lease) pinned.snapshot = now_followed->snapshot;
  return pinned;
}

bool Follower::holds(const Pinned& pinned) const { return pinned.lease && footlight::holds(*pinned.lease, options_.clocks()); }

std::optional<int> Follower::max_age_s(const Pinned& pinned) const {
  const Reading now = options_.clocks();
  if (!pinned.lease || !footlight::holds(*pinned.lease, now)) return std::nullopt;
  return footlight::max_age_s(*pinned.lease, now);
}

Result<Token> Follower::token(const std::string& hash) const {
  const std::shared_lock reading(mutex_);
  if (const auto token = tokens_.find(hash); token != tokens_.end()) return token->second;
  if (tokens_.empty())
    return refuse(Code::unavailable, "this node has not heard from its control process yet, so it knows no tokens; see /readyz");
  return refuse(Code::unauthorized, "the token is not known here, or was revoked");
}

// ---- for people ----------------------------------------------------------------------------------

Value Follower::status() const {
  const Reading now = options_.clocks();
  const std::shared_lock reading(mutex_);
  Object workspaces;
  for (const auto& [name, one] : followed_) {
    const Duration left = one->node.lease_left(now);
    Object row{{"version", version_text(one->node.version())},
               {"is_leased", one->node.pin(now).has_value()},
               {"lease_left_ms", left.ms},
               {"window", to_text(one->node.window().length())}};
    if (one->answered_at.ms != 0) row["answered_at"] = to_text(one->answered_at);
    if (!one->left_out.empty()) row["left_out"] = one->left_out.size();
    if (one->refusal) row["refused"] = one->refusal->message;
    workspaces[name] = std::move(row);
  }
  Object body{{"node", options_.node}, {"workspaces", std::move(workspaces)}};
  if (failure_) body["failure"] = failure_->message;
  return body;
}

std::vector<std::string> Follower::reasons_not_ready() const {
  const Reading now = options_.clocks();
  const std::shared_lock reading(mutex_);
  std::vector<std::string> reasons;
  const std::string why = failure_ ? ": " + failure_->message : "";
  if (followed_.empty()) reasons.push_back("nothing was ever received from the control process" + why);
  for (const auto& [name, one] : followed_)
    if (!one->node.pin(now)) reasons.push_back(name + ": no lease" + why);
  return reasons;
}

Follower::Standing Follower::standing(const std::string& workspace) const {
  const Reading now = options_.clocks();
  const std::shared_lock reading(mutex_);
  Standing standing;
  if (const auto found = followed_.find(workspace); found != followed_.end()) {
    const Followed& one = *found->second;
    if (one.node.has_catalog()) standing.version = version_text(one.node.version());
    standing.is_leased = one.node.pin(now).has_value();
    standing.lease_left = one.node.lease_left(now);
    standing.left_out = one.left_out;
    standing.failure = one.refusal;
  }
  if (failure_) standing.failure = failure_;
  return standing;
}

}  // namespace footlight
