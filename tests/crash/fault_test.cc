// kill -9 at the system calls of every command that changes something: what was acknowledged is there,
// what was not is there whole or not at all, and a retry with the same key has one effect.
//
// Each command runs on a data file of its own, once to its end and then once for each chosen system call,
// killed before that call has an effect. In ctest those are the calls that change a file, and a sample of
// the others.
//   FOOTLIGHT_CRASH=all      every system call
//   FOOTLIGHT_CRASH_COUNTING=ptrace|preload, FOOTLIGHT_SEED
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <set>

#include "../support/folder.h"
#include "../support/process.h"
#include "catalog/catalog.h"
#include "footlight/lifecycle.h"
#include "footlight/store.h"
#include "http/client.h"
#include "killed.h"

using namespace footlight;
using namespace footlight::test;
namespace fs = std::filesystem;

namespace {

const std::string program = FOOTLIGHT_PROGRAM;
constexpr std::string_view workspace_name = "shop";

struct Case {
  std::string name;                              // of the command, as the journal tells it
  std::vector<std::vector<std::string>> before;  // what leads up to it; who acts stands first
  std::vector<std::string> command;              // likewise
  std::string afterwards;                        // the status of `hero` (or of its copy) in the end
};

const std::vector<std::string> create_campaign = {"ann:author", "create", "hero", "--file", "campaign.json"};
const std::vector<std::string> create_journey = {"ann:author", "create", "hero", "--file", "journey.json"};
const std::vector<std::string> submit = {"ann:author", "submit", "hero"};
const std::vector<std::string> approve = {"bob:approver", "approve", "hero"};
const std::vector<std::string> activate = {"pia:publisher", "activate", "hero"};
std::vector<std::string> publisher(const char* verb) { return {"pia:publisher", verb, "hero"}; }

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"configure", {}, {"pia:publisher", "push", "other"}, ""},
      {"create", {}, create_campaign, "draft"},
      {"edit", {create_campaign}, {"ann:author", "edit", "hero", "--file", "changed.json"}, "draft"},
      {"delete", {create_campaign}, {"ann:author", "delete", "hero"}, "deleted"},
      {"submit", {create_campaign}, submit, "in_review"},
      {"withdraw", {create_campaign, submit}, {"ann:author", "withdraw", "hero"}, "draft"},
      {"request_changes", {create_campaign, submit}, {"bob:approver", "request_changes", "hero"}, "draft"},
      {"approve", {create_campaign, submit}, approve, "approved"},
      {"approve", {create_campaign, {"ann:author,publisher", "submit", "hero", "--activate-on-approval"}}, approve, "live"},
      {"activate", {create_campaign}, activate, "live"},
      {"activate", {create_campaign, activate, {"ann:author", "edit", "hero", "--file", "changed.json"}}, activate, "live"},
      {"unschedule", {{"ann:author", "create", "hero", "--file", "later.json"}, activate}, publisher("unschedule"), "draft"},
      {"stop", {create_campaign, activate}, publisher("stop"), "stopped"},
      {"pause", {create_journey, activate}, publisher("pause"), "paused"},
      {"resume", {create_journey, activate, publisher("pause")}, publisher("resume"), "live"},
      {"close", {create_journey, activate}, publisher("close"), "closed"},
      {"archive", {create_campaign, activate, publisher("stop")}, publisher("archive"), "archived"},
      {"duplicate", {create_campaign}, {"ann:author", "duplicate", "hero", "copy"}, "draft"},
      {"epoch_bump", {create_campaign, activate, {"fence"}}, {"root:admin", "epoch_bump"}, "stopped (restored)"},
  };
  return all;
}

// A folder with a workspace, definitions, and a data file that was brought to where a case begins.
class Stage {
 public:
  explicit Stage(const Case& one) : case_(one) {
    folder_.write("ws/workspace.lua", "workspace \"shop\" { surfaces = { hero = html { \"web://shop.example/#hero\" } } }\n");
    folder_.write("other/workspace.lua",
                  "workspace \"shop\" { surfaces = { hero = html { \"web://shop.example/#hero\" }, side = html { "
                  "\"web://shop.example/#side\" } } }\n");
    folder_.write("campaign.json", R"({"kind": "campaign", "id": "hero", "show": {"hero": "<b>one</b>"}})");
    folder_.write("changed.json", R"({"kind": "campaign", "id": "hero", "show": {"hero": "<b>two</b>"}})");
    // Ahead of any clock that this runs by, for 400 days: within what may be scheduled.
    const Instant soon{std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count() +
                       days(400).ms};
    folder_.write("later.json",
                  R"({"kind": "campaign", "id": "hero", "from": ")" + to_text(soon) + R"(", "show": {"hero": "<b>one</b>"}})");
    folder_.write("journey.json",
                  R"({"kind": "journey", "id": "hero", "enter": {"event": "cart.updated"}, "steps": [{"show": {"hero": "<b>one</b>"}}]})");
    must({"pia:publisher", "push", "ws"}, origin());
    for (const auto& step : one.before) {
      if (step[0] == "fence") {
        auto store = open_store(origin());
        REQUIRE(store.ok());
        REQUIRE((*store)->set_meta(store_meta::fenced, "1").ok());
      } else {
        must(step, origin());
      }
    }
  }

  // A fresh copy of the data file.
  std::string copy() const {
    for (const char* ending : {"", "-wal", "-shm", "-journal", ".lock", "-lock"}) {
      fs::remove(data() + ending);
      if (fs::exists(origin() + ending)) fs::copy_file(origin() + ending, data() + ending);
    }
    return data();
  }
  std::vector<std::string> command(bool as_json) const {
    std::vector<std::string> words = arguments(case_.command, data());
    if (case_.name != "configure") {
      words.insert(words.end(), {"--key", "the-key"});
      if (as_json) words.push_back("--json");
    }
    return words;
  }
  void must(const std::vector<std::string>& who_and_what, const std::string& data_file) const {
    const Ran ran = run(arguments(who_and_what, data_file));
    INFO(who_and_what[1] << ": " << ran.out << ran.err);
    REQUIRE(ran.exit_code == 0);
  }
  std::string origin() const { return folder_.path("origin.db"); }
  std::string data() const { return folder_.path("shop.db"); }
  std::string log() const { return folder_.path("log"); }

 private:
  std::vector<std::string> arguments(const std::vector<std::string>& who_and_what, const std::string& data_file) const {
    std::vector<std::string> words{program};
    for (std::size_t i = 1; i < who_and_what.size(); ++i) {
      const std::string& word = who_and_what[i];
      const bool is_file = word.ends_with(".json") || word == "ws" || word == "other";
      words.push_back(is_file ? folder_.path(word) : word);
    }
    for (const std::string& word :
         {std::string("--data"), data_file, std::string("--as"), who_and_what[0], std::string("--workspace"), std::string(workspace_name)})
      words.push_back(word);
    return words;
  }
  const Case& case_;
  Folder folder_;
};

// What a process finds that opens the file now: the chain verifies, every entry folds.
struct Found {
  std::int64_t head = 0;
  std::string last_command, status, hash;
  bool is_fenced = false;
};

Found look(const std::string& data, const Case& one) {
  auto store = open_store(data, Access::read_only);
  if (!store) FAIL(to_text(store.error()));
  auto verified = (*store)->verify(workspace_name);
  if (!verified) FAIL(to_text(verified.error()));
  Found found;
  found.head = verified->head.seq;
  auto read = (*store)->read(workspace_name, 0, [&](const JournalEntry& entry) {
    auto record = parse_json(entry.record);
    REQUIRE(record.ok());
    found.last_command = record->string_or("command", "");
    return true;
  });
  REQUIRE(read.ok());
  auto catalog = Catalog::open(**store, std::string(workspace_name), no_policy_compiler(), {});
  if (!catalog) FAIL(to_text(catalog.error()));
  found.is_fenced = (*catalog)->is_fenced();
  auto shown = (*catalog)->experience(one.name == "duplicate" ? "copy" : "hero", Instant{1});
  if (shown) found.hash = shown->string_or("hash", "");
  found.status = shown ? shown->string_or("status", "?") : shown.error().code == Code::gone ? "deleted" : "";
  return found;
}

// The calls to be killed at: all, or those that change the file and a sample of the others. Before a call that
// changes the file things are as they are behind the one before it, so nothing in between can differ.
std::vector<std::size_t> chosen_calls(const std::vector<SystemCall>& calls, std::mt19937& random) {
  static const std::set<std::string> changing = {"write",       "pwrite64", "writev",   "pwrite", "fsync",    "fdatasync", "ftruncate",
                                                 "ftruncate64", "unlink",   "unlinkat", "rename", "renameat", "renameat2", "exit_group"};
  const char* asked = std::getenv("FOOTLIGHT_CRASH");
  const bool takes_all = asked && std::string(asked) == "all";
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < calls.size(); ++i)
    if (takes_all || changing.contains(calls[i].name) || random() % 100 == 0) chosen.push_back(i + 1);
  return chosen;
}

struct Tally {
  int kills = 0, acknowledged = 0, found = 0, lost = 0;
};

void kill_everywhere(const Case& one, Counting counting, std::mt19937& random, Tally& tally) {
  const Stage stage(one);
  const Found before = look(stage.copy(), one);
  const Traced whole = run_until(stage.command(true), 0, counting);
  INFO(whole.out << whole.err);
  REQUIRE(whole.exit_code == 0);
  REQUIRE(whole.calls.size() > 20);
  const Found after = look(stage.data(), one);
  REQUIRE(after.head == before.head + 1);
  REQUIRE(after.last_command == one.name);
  REQUIRE(after.status == one.afterwards);

  for (const std::size_t n : chosen_calls(whole.calls, random)) {
    stage.copy();
    const Traced killed = run_until(stage.command(true), n, counting);
    INFO(one.name << ", killed at system call " << n << " of " << whole.calls.size()
                  << (killed.calls.empty() ? "" : ", " + killed.calls.back().name));
    // A run may take a call or two less than the one before, and then comes to its end.
    REQUIRE((killed.exit_code == 128 + SIGKILL || (killed.exit_code == 0 && n + 20 > whole.calls.size())));
    ++tally.kills;
    const Found left = look(stage.data(), one);
    const bool is_there = left.head == after.head;
    REQUIRE((is_there || left.head == before.head));  // not half of it
    if (is_there) {
      CHECK(left.last_command == one.name);
      CHECK(left.status == one.afterwards);
      CHECK_FALSE(left.is_fenced);
    } else {
      CHECK(left.status == before.status);
      CHECK(left.is_fenced == before.is_fenced);
    }
    const bool was_acknowledged = killed.out.find('\n') != std::string::npos;
    if (was_acknowledged) REQUIRE(is_there);
    tally.acknowledged += was_acknowledged;
    ++(is_there ? tally.found : tally.lost);

    const Ran retried = run(stage.command(true));
    INFO(retried.out << retried.err);
    REQUIRE(retried.exit_code == 0);
    const Found once = look(stage.data(), one);
    REQUIRE(once.head == after.head);  // one effect, whether it was there or not
    CHECK(once.last_command == one.name);
    CHECK(once.status == one.afterwards);
  }
}

}  // namespace

TEST_CASE("each command that changes something, killed at its system calls, is done whole or not at all") {
  const char* given = std::getenv("FOOTLIGHT_SEED");
  const std::uint32_t seed = given ? static_cast<std::uint32_t>(std::stoul(given)) : std::random_device{}();
  const Counting counting = counting_of_this_machine();
  WARN("FOOTLIGHT_SEED=" << seed << ", counting by " << to_text(counting));
  std::mt19937 random(seed);
  Tally tally;
  for (const Case& one : cases()) {
    INFO("FOOTLIGHT_SEED=" << seed << " " << one.name);
    kill_everywhere(one, counting, random, tally);
  }
  WARN(tally.kills << " kills in " << cases().size() << " commands: " << tally.acknowledged
                   << " were acknowledged and none of them lost; of all " << tally.found << " were in the journal, " << tally.lost
                   << " were not, none by half");
  CHECK(tally.found > 0);
  CHECK(tally.lost > 0);
}

// The same of a server, from the arrival of the request on.
TEST_CASE("a server killed at its system calls has done what it said yes to, and the retry has one effect") {
  if (counting_of_this_machine() != Counting::ptrace) {
    WARN("not here: no tracing is allowed; the test of many kills at random moments stands for it");
    return;
  }
  std::mt19937 random(1);
  Tally tally;
  for (const Case& one : cases()) {
    const bool is_asked = one.name == "create" || one.name == "stop" || (one.name == "approve" && one.afterwards == "live");
    if (!is_asked) continue;
    const Stage stage(one);
    const Found before = look(stage.copy(), one);
    HttpCall call{.method = "POST", .target = "/v1/experiences/hero/" + one.name};
    if (one.name == "create")
      call = {
          .method = "POST", .target = "/v1/experiences", .body = R"({"kind": "campaign", "id": "hero", "show": {"hero": "<b>one</b>"}})"};
    if (one.name == "approve") call.body = to_json(Object{{"hash", before.hash}});
    call.headers.add("Idempotency-Key", "the-key");
    if (!call.body.empty()) call.headers.add("Content-Type", "application/json");
    // Who may: a token that the file has from the beginning.
    {
      auto store = open_store(stage.origin());
      REQUIRE(store.ok());
      REQUIRE((*store)->add_token({sha256_hex("the-token"), "bob", "author,approver,publisher", "*", Instant{1}, false}).ok());
    }
    call.headers.add("Authorization", "Bearer the-token");
    const std::vector<std::string> serve{program, "serve", "--data", stage.data(), "--listen", "127.0.0.1:0", "--quiet"};

    const auto ask = [&](std::size_t kill_at, std::vector<SystemCall>& calls) -> std::optional<HttpResponse> {
      TracedProcess server(serve, stage.log());
      const std::string line = server.line_that_begins("serving ");
      server.count_from_here(kill_at);
      auto answered = send(line.substr(line.rfind(' ') + 1), call, seconds(60));
      calls = server.calls();
      server.kill();
      if (!answered) return {};
      return std::move(*answered);
    };
    stage.copy();
    std::vector<SystemCall> calls;
    const auto whole = ask(0, calls);
    REQUIRE(whole);
    INFO(whole->body);
    REQUIRE(whole->status / 100 == 2);
    const Found after = look(stage.data(), one);
    REQUIRE(after.head == before.head + 1);

    for (const std::size_t n : chosen_calls(calls, random)) {
      stage.copy();
      std::vector<SystemCall> made;
      const auto answered = ask(n, made);
      INFO(one.name << ", killed at system call " << n << " of " << calls.size());
      ++tally.kills;
      const Found left = look(stage.data(), one);
      const bool is_there = left.head == after.head;
      REQUIRE((is_there || left.head == before.head));
      CHECK(left.status == (is_there ? one.afterwards : before.status));
      if (answered) REQUIRE(is_there);
      tally.acknowledged += answered.has_value();
      ++(is_there ? tally.found : tally.lost);

      Process server(serve, stage.log());
      const std::string line = server.lines_until("serving ").back();
      const auto retried = send(line.substr(line.rfind(' ') + 1), call, seconds(60));
      REQUIRE(retried.ok());
      REQUIRE(retried->status / 100 == 2);
      CHECK(retried->headers.get("Idempotent-Replayed").has_value() == is_there);
      if (answered) CHECK(retried->body == answered->body);
      server.signal(SIGTERM);
      CHECK(server.wait() == 0);
      const Found once = look(stage.data(), one);
      REQUIRE(once.head == after.head);
      CHECK(once.status == one.afterwards);
    }
  }
  WARN(tally.kills << " kills of a server: " << tally.acknowledged << " were acknowledged; " << tally.found << " in the journal, "
                   << tally.lost << " not");
  CHECK(tally.found > 0);
  CHECK(tally.lost > 0);
}

#ifndef FOOTLIGHT_SANITIZED  // a preloaded library and its checker do not get along
TEST_CASE("the shim that counts where tracing is refused finds the same") {
  std::mt19937 random(1);
  Tally tally;
  for (const Case& one : cases())
    if (one.name == "stop" || one.name == "epoch_bump") kill_everywhere(one, Counting::preload, random, tally);
  CHECK(tally.found > 0);
  CHECK(tally.lost > 0);
}
#endif
