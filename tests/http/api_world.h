// The API without sockets: the real routes over a memory store, the real Lua policies, and a clock in
// the test's hands. One workspace, `shop`; a token for each person below, named `tok-NAME`.
//
//   ann author, publisher   bob approver   pia publisher   vic viewer   root admin   app delivery
//   eve admin of another workspace, `other`   star admin of all   old, revoked   n1 node   n9 node of all
#pragma once

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "api/api.h"
#include "script/policies.h"

namespace footlight::test {

inline Instant noon() { return *parse_instant("2026-12-05T12:00:00Z"); }
inline constexpr std::string_view hero_uri = "web://shop.example/#hero";
inline constexpr std::string_view banner_uri = "mobileapp://com.example.shop/cart#banner";

Value json(std::string_view text);  // fails the test where it is none

// A campaign for everyone that shows `content` in `hero`.
Value campaign(const std::string& id, const std::string& content = "<h1>Hello</h1>");

// What was answered; a problem's parts where it was refused.
struct Reply {
  int status = 0;
  HttpResponse response;
  Value body;

  std::string code() const { return body.string_or("code", ""); }
  std::string detail() const { return body.string_or("detail", ""); }
  std::string text(const char* key) const { return body.string_or(key, ""); }
  double number(const char* key) const;  // -1 where it is none
  std::string header(std::string_view name) const { return std::string(response.headers.get(name).value_or("")); }
  // `PLACE code` of each of its problems, in one text.
  std::string problems() const;
};

class ApiWorld {
 public:
  explicit ApiWorld(const std::string& store_id = {});
  ~ApiWorld();

  // Asks as the person with the token `tok-AS`; "" sends none.
  Reply ask(const std::string& as, const std::string& method, const std::string& target, const Value& body = {},
            const Headers& headers = {});
  Reply ask_text(const std::string& as, const std::string& method, const std::string& target, std::string body, Headers headers = {});
  // POST /v1/experiences/ID/COMMAND
  Reply command(const std::string& as, const std::string& id, const std::string& command, const Value& body = {},
                const Headers& headers = {});
  Reply decide(std::string_view surface = hero_uri, const Value& attributes = Object{}, const std::string& query = {});

  std::int64_t head() { return api_->catalog("shop")->head(); }
  std::string journal();  // its head's chain: names the whole journal
  std::size_t audit_count(const std::string& experience = {});

  Api& api() { return *api_; }
  Store& store() { return *store_; }
  const Router& router() const { return *router_; }
  Instant now = noon();
  Reading clocks() const { return {now - (noon() - hours(5)), now}; }  // the machine was booted at seven

 private:
  Result<PolicyRunner*> runner(const std::string& workspace, const std::shared_ptr<const Snapshot>& snapshot);

  std::unique_ptr<Store> store_;
  LuaPolicyCompiler policies_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<Router> router_;
  std::mutex mutex_;  // of the map; each runner has one thread
  std::map<std::pair<std::thread::id, std::string>, std::unique_ptr<LuaPolicyRunner>> runners_;
  int requests_ = 0;
};

}  // namespace footlight::test
