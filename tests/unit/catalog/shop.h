// A shop's catalog over a store in memory, people with one role each, and a clock in the test's hands.
#pragma once

#include <catch2/catch.hpp>

#include "catalog/catalog.h"
#include "engine/decide.h"
#include "store/memory.h"

namespace footlight::test {

// Lua is words here: a policy that is called `broken` does not compile, any other does; none is lifted.
class SwitchedPolicies : public PolicyCompiler {
 public:
  Problems check(const Policy& policy) override {
    if (policy.lua != broken) return {};
    return {{Code::syntax_error, policy.path, "`" + policy.lua + "` does not compile"}};
  }
  std::optional<Predicate> lift(const Policy&, const AttributeTypes&) override { return {}; }
  std::string broken = "broken";
};

// Hands everything on to another store, but what it was told to fail at.
class FailingStore : public Store {
 public:
  explicit FailingStore(Store& behind) : behind_(behind) {}
  std::string failing;  // the member that fails: `append`, `read`, `find_key`, …

  std::string place() const override { return behind_.place(); }
  Result<JournalEntry> append(std::string_view workspace, std::int64_t head, Draft draft) override {
    if (failing == "append") return failure();
    return behind_.append(workspace, head, std::move(draft));
  }
  Status read(std::string_view workspace, std::int64_t after, const std::function<bool(const JournalEntry&)>& each) override {
    if (failing == "read") return failure();
    return behind_.read(workspace, after, each);
  }
  Result<Head> head(std::string_view workspace) override { return behind_.head(workspace); }
  Result<std::optional<JournalEntry>> find_key(std::string_view workspace, std::string_view key) override {
    if (failing == "find_key") return failure();
    return behind_.find_key(workspace, key);
  }
  Result<std::vector<std::string>> workspaces() override { return behind_.workspaces(); }
  Result<VerifyReport> verify(std::string_view workspace) override { return behind_.verify(workspace); }
  Result<std::string> put_blob(std::string_view bytes) override { return behind_.put_blob(bytes); }
  Result<std::string> get_blob(std::string_view id) override {
    if (failing == "get_blob") return failure();
    return behind_.get_blob(id);
  }
  Result<std::optional<std::string>> setting(std::string_view workspace, std::string_view key) override {
    return behind_.setting(workspace, key);
  }
  Status put_setting(std::string_view workspace, std::string_view key, std::string_view value) override {
    return behind_.put_setting(workspace, key, value);
  }
  Result<std::string> put_setting_once(std::string_view workspace, std::string_view key, std::string_view value) override {
    return behind_.put_setting_once(workspace, key, value);
  }
  Status add_token(const Token& token) override { return behind_.add_token(token); }
  Result<std::optional<Token>> find_token(std::string_view hash) override { return behind_.find_token(hash); }
  Result<std::vector<Token>> list_tokens(std::string_view workspace) override { return behind_.list_tokens(workspace); }
  Status revoke_token(std::string_view name) override { return behind_.revoke_token(name); }
  Result<std::optional<std::string>> meta(std::string_view name) override {
    if (failing == "meta") return failure();
    return behind_.meta(name);
  }
  Status set_meta(std::string_view name, std::string_view value) override {
    if (failing == "set_meta") return failure();
    return behind_.set_meta(name, value);
  }
  Status backup(const std::string& path) override { return behind_.backup(path); }

 private:
  Error failure() const { return refuse(Code::store_failed, failing + " failed as asked"); }
  Store& behind_;
};

Value document(std::string_view json);  // bad JSON ends the test
std::string lines_of(const Problems& problems);

// Whoever acts, by name: ann an author, bob and cyd approvers, pia a publisher, root an admin, vic a viewer.
Actor person(std::string_view name);

struct Shop {
  std::unique_ptr<Store> memory = new_memory_store();
  FailingStore store{*memory};
  SwitchedPolicies policies;
  Instant now = *parse_instant("2026-12-01T08:00:00Z");
  std::unique_ptr<Catalog> catalog;
  std::vector<std::string> published;  // versions, as they took effect

  // Opens the catalog; with `document` it is configured, too.
  explicit Shop(
      const char* document = R"({"name": "shop", "surfaces": {"hero": {"format": "html", "rules": ["web://shop.example/#hero"]}}})");
  Result<std::unique_ptr<Catalog>> open();
  void reopen();  // as after a restart

  Result<Answer> run(std::string_view who, CommandName name, const std::string& experience, Command more = {}, const std::string& key = {},
                     const std::string& body = {});
  Value must(std::string_view who, CommandName name, const std::string& experience, Command more = {});  // what is refused ends the test
  // `CODE` of the refusal, or `accepted`; with `: message` where asked.
  std::string refusal(const Result<Answer>& answer, bool with_message = false) const;
  Result<Answer> configure(std::string_view who, const char* document, const std::map<std::string, std::string>& lists = {});

  // Makes, and puts in force, a campaign with this content in `hero`.
  void live(const std::string& id, const std::string& content, Object more = {});
  // The contents shown in `hero`.
  std::string shown(const Value& attributes = Object{}, const std::string& id = {}) const;
  std::string journal() const;  // its head's chain: names all of it
};

Command with(Value definition, std::optional<int> expected = {});
Value campaign(const std::string& content, Object more = {});  // with this content in `hero`

// A workspace in which a price is approved by two.
inline constexpr const char* with_approvals =
    R"({"name": "shop", "zone": "Europe/Paris", "attributes": {"n": {"type": "number"}}, "fragments": {"warm": "warm"},
        "surfaces": {"hero": {"format": "html", "rules": ["web://shop.example/#hero"], "default": "default"}},
        "approvals": [{"when": {"tag": "price"}, "approvers": 2}]})";

}  // namespace footlight::test
