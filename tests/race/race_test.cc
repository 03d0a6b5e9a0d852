// 64 clients at one experience: edit, submit, approve, activate, stop, read, decide, all at once. What they
// were answered is a history that one client after the other could have had (it is linearizable), and after
// the stop nothing happened any more.
//
// The journal says in which order commands took effect. Each answer must agree with the lifecycle on some
// prefix of it that lies between the question and the answer, and no answer with an older prefix than
// one that came before it. Two instants are compared by one counter that every question and every answer takes
// a number from.
//   FOOTLIGHT_RACE_SECONDS=60   goes on for so long; FOOTLIGHT_SEED
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>
#include <random>
#include <sstream>
#include <thread>

#include "../support/folder.h"
#include "../support/process.h"
#include "footlight/lifecycle.h"
#include "http/client.h"

using namespace footlight;
using namespace footlight::test;

namespace {

constexpr int clients = 64;
constexpr int asked_by_each = 24;   // in one round, at one experience
constexpr int rounds_in_ctest = 3;  // some 4,600 operations

struct Asked {
  std::string what;  // a command, `show` or `decide`
  Command command;
  std::string request_id;
  std::int64_t from = 0, till = 0;  // the counter, before the question and after the answer
  int status = 0;                   // of HTTP; 0: no answer
  Value body;
};

Value parsed(const std::string& text) {
  auto value = parse_json(text);
  if (!value) throw std::runtime_error("not JSON: " + text.substr(0, 200));
  return std::move(*value);
}

// The rules of the workspace below, for what the clients send.
Rules rules() {
  return {.check = [](const Value&, Instant) { return Problems{}; },
          .approvals =
              [](const Value&) {
                return ApprovalNeed{1, "tag `price`"};
              },
          .schedule = [](const Value&, Instant) { return Result<Span>(Span{.zone = "UTC"}); },
          .window = {}};
}

class Server {
 public:
  Server() {
    folder_.write("ws/workspace.lua",
                  "workspace \"shop\" {\n  surfaces = { hero = html { \"web://shop.example/#hero\" } },\n  approvals = { { when = tagged "
                  "\"price\", approvers = 1 } },\n}\n");
    process_.emplace(std::vector<std::string>{FOOTLIGHT_PROGRAM, "serve", folder_.path("ws"), "--data", folder_.path("shop.db"), "--listen",
                                              "127.0.0.1:0", "--workers", "4", "--quiet"},
                     folder_.path("log"));
    const auto lines = process_->lines_until("serving ");
    url_ = lines.back().substr(lines.back().rfind(' ') + 1);
    std::string admin;
    for (const std::string& line : lines) {
      std::istringstream words(line);
      std::string role, secret;
      if (words >> role >> secret && role == "admin") admin = secret;
    }
    for (int i = 0; i < clients; ++i) {
      HttpCall call{.method = "POST",
                    .target = "/v1/tokens",
                    .body = to_json(Object{{"name", name(i)}, {"roles", Array{"author", "approver", "publisher"}}, {"workspace", "shop"}})};
      const auto made = ask(call, admin, "token");
      REQUIRE(made);
      REQUIRE(made->status == 201);
      tokens_.push_back(parsed(made->body).string_or("token", ""));
    }
  }
  static std::string name(int client) { return "client-" + std::to_string(client); }
  const std::string& token(int client) const { return tokens_[static_cast<std::size_t>(client)]; }

  std::optional<HttpResponse> ask(HttpCall call, const std::string& token, const std::string& request_id) const {
    call.headers.add("Authorization", "Bearer " + token);
    call.headers.add("X-Request-Id", request_id);
    if (!call.body.empty()) call.headers.add("Content-Type", "application/json");
    auto answered = send(url_, call, seconds(60));
    if (!answered) return {};
    return std::move(*answered);
  }
  std::vector<Value> journal(const std::string& experience) const {
    const auto answered =
        ask({.target = "/v1/audit?limit=10000" + (experience.empty() ? "" : "&experience=" + experience)}, token(0), "audit");
    REQUIRE(answered);
    REQUIRE(answered->status == 200);
    std::vector<Value> records;
    const Value body = parsed(answered->body);
    for (const Value& entry : body.find("entries")->array()) records.push_back(*entry.find("record"));
    return records;
  }
  void stop() {
    process_->signal(SIGTERM);
    CHECK(process_->wait() == 0);
  }
  std::string data() const { return folder_.path("shop.db"); }

 private:
  Folder folder_;
  std::optional<Process> process_;
  std::string url_;
  std::vector<std::string> tokens_;
};

// What one client does at one experience, and what it was answered.
class Client {
 public:
  Client(const Server& server, int number, std::uint32_t seed, std::string experience, std::atomic<std::int64_t>& counter)
      : server_(server), number_(number), random_(seed), experience_(std::move(experience)), counter_(counter) {}

  void run(std::atomic<int>& total) {
    for (int i = 0; i < asked_by_each; ++i) {
      // The end comes when two thirds are done, from whoever is there; then everybody tries on.
      const bool is_late = ++total > clients * asked_by_each * 2 / 3;
      ask(is_late && any(20) == 0 ? "stop" : any_word());
    }
  }
  std::vector<Asked> history;

 private:
  int any(int below) { return std::uniform_int_distribution<int>(0, below - 1)(random_); }
  std::string any_word() {
    static const std::vector<std::string> words = {"edit",     "edit",     "submit",   "submit", "approve", "approve", "approve",
                                                   "activate", "activate", "withdraw", "show",   "show",    "decide"};
    const std::string& word = words[static_cast<std::size_t>(any(static_cast<int>(words.size())))];
    // Every other client never contributes, so that somebody may always approve.
    return word == "edit" && number_ % 2 == 1 ? "approve" : word;
  }

  void ask(const std::string& what) {
    Asked asked{.what = what, .request_id = experience_ + "-" + std::to_string(number_) + "-" + std::to_string(history.size())};
    Command& command = asked.command;
    command.experience = experience_;
    command.actor = {Server::name(number_), {Role::viewer, Role::author, Role::approver, Role::publisher, Role::delivery}};
    HttpCall call{.method = "POST", .target = "/v1/experiences/" + experience_ + "/" + what};
    if (what == "show") {
      call = {.target = "/v1/experiences/" + experience_};
    } else if (what == "decide") {
      call = {.method = "POST", .target = "/v1/decide", .body = R"({"surfaces":["web://shop.example/#hero"]})"};
    } else {
      command.name = *command_from(what);
      if (what == "edit") {
        command.definition =
            Object{{"kind", "campaign"}, {"id", experience_}, {"tags", Array{"price"}}, {"show", Object{{"hero", asked.request_id}}}};
        call = {.method = "PUT", .target = "/v1/experiences/" + experience_, .body = to_json(command.definition)};
      }
      if (what == "approve") {
        command.expected_hash = hash_;
        call.body = to_json(Object{{"hash", hash_}});
      }
      if (what != "approve" && revision_ > 0 && any(4) == 0) {
        command.expected_revision = revision_;
        call.headers.add("If-Match", std::to_string(revision_));
      }
    }
    asked.from = counter_++;
    const auto answered = server_.ask(std::move(call), server_.token(number_), asked.request_id);
    asked.till = counter_++;
    if (answered) {
      asked.status = answered->status;
      asked.body = parsed(answered->body);
      if (answered->status == 200 && what != "decide") {
        hash_ = asked.body.string_or("hash", "");
        revision_ = static_cast<int>(asked.body.find("revision")->number());
      }
    }
    history.push_back(std::move(asked));
  }

  const Server& server_;
  const int number_;
  std::mt19937 random_;
  const std::string experience_;
  std::atomic<std::int64_t>& counter_;
  std::string hash_;
  int revision_ = 0;
};

// ---- the judge

struct Judge {
  std::string experience;
  std::vector<Record> records;  // of the experience, in the order of the journal
  std::vector<State> prefixes;  // prefixes[p]: the state behind the first p of them

  Judge(std::string id, const std::vector<Value>& journal, State before) : experience(std::move(id)) {
    prefixes.push_back(before);
    for (const Value& value : journal) {
      auto record = record_from(value);
      REQUIRE(record.ok());
      State next = prefixes.back();
      const Status folded = fold(next, *record);
      if (!folded) FAIL(folded.error().message);
      prefixes.push_back(std::move(next));
      records.push_back(std::move(*record));
    }
  }

  // Whether the answer is what the lifecycle says at this prefix. Not of commands that are in the journal.
  bool agrees(const Asked& asked, std::size_t p) const {
    const State& state = prefixes[p];
    const Experience* here = state.find(experience);
    if (asked.what == "decide") {
      const Array& shown = asked.body.find("propositions")->array();
      const bool is_live = here && phase_at(*here, state.at) == Phase::live;
      if (shown.empty() || shown[0].string_or("experience", "") != experience) return !is_live;
      return is_live && *here->live_revision == static_cast<int>(shown[0].find("revision")->number());
    }
    if (asked.what == "show")
      return asked.status == 200 && here && asked.body.string_or("status", "") == status_at(*here, state.at) &&
          asked.body.string_or("hash", "") == here->head().hash;
    Command command = asked.command;
    command.at = state.at;
    const auto outcome = apply(state, command, rules());
    if (!outcome.ok())
      return asked.status == row(outcome.error().code).http_status && asked.body.string_or("code", "") == name(outcome.error().code);
    return asked.status == 200 && std::holds_alternative<Repeat>(*outcome);
  }

  // The same of a command that took effect as number p.
  bool agrees_as_record(const Asked& asked, std::size_t p) const {
    Command command = asked.command;
    command.at = records[p].at;
    const auto outcome = apply(prefixes[p], command, rules());
    const Record* record = outcome.ok() ? std::get_if<Record>(&*outcome) : nullptr;
    const Experience& after = *prefixes[p + 1].find(experience);
    return record && record->command == records[p].command && asked.status == 200 &&
        asked.body.string_or("status", "") == status_at(after, records[p].at) && asked.body.string_or("hash", "") == after.head().hash &&
        static_cast<int>(asked.body.find("revision")->number()) == after.head().n;
  }
};

struct Verdict {
  std::size_t commands = 0, refused = 0, reads = 0, decisions = 0, stops = 0;
};

std::string told(const Asked& asked) {
  return asked.request_id + " " + asked.what + " [" + std::to_string(asked.from) + ", " + std::to_string(asked.till) +
      "]: " + std::to_string(asked.status) + " " + to_json(asked.body).substr(0, 300);
}

void judge(const Judge& judge, std::vector<Asked> history, Verdict& verdict) {
  std::map<std::string, std::size_t> place;  // request id → place in the journal
  for (std::size_t p = 0; p < judge.records.size(); ++p) place[judge.records[p].request_id] = p;
  std::sort(history.begin(), history.end(), [](const Asked& a, const Asked& b) { return a.from < b.from; });

  // `at_least[t]`: no question asked after t may see less than this prefix. Commands give it from their place;
  // other answers from the least prefix that they agree with, which leaves most room to all behind them.
  std::vector<std::pair<std::int64_t, std::size_t>> seen, seen_by_commands;  // (till, prefix)
  std::vector<std::pair<std::int64_t, std::size_t>> begun;                   // (from, place) of each that took effect
  const auto least = [](const auto& known, std::int64_t from) {
    std::size_t prefix = 0;
    for (const auto& [till, p] : known)
      if (till < from) prefix = std::max(prefix, p);
    return prefix;
  };
  for (const Asked& asked : history)
    if (const auto found = place.find(asked.request_id); found != place.end()) {
      seen.emplace_back(asked.till, found->second + 1);
      seen_by_commands.emplace_back(asked.till, found->second + 1);
      begun.emplace_back(asked.from, found->second);
    }
  for (const Asked& asked : history) {
    INFO(told(asked));
    REQUIRE(asked.status != 0);
    REQUIRE(asked.status < 500);
    // Nothing that was asked for after this answer can be part of what it saw.
    std::size_t most = judge.records.size();
    for (const auto& [from, p] : begun)
      if (from > asked.till) most = std::min(most, p);
    const bool is_decision = asked.what == "decide";
    // A decision is made from a snapshot, which follows the state within its command, before its answer.
    const std::size_t from = least(is_decision ? seen_by_commands : seen, asked.from);
    if (const auto found = place.find(asked.request_id); found != place.end()) {
      const std::size_t p = found->second;
      REQUIRE(from <= p);
      REQUIRE(p < most);
      REQUIRE(judge.agrees_as_record(asked, p));
      ++verdict.commands;
      continue;
    }
    std::size_t p = from;
    while (p <= most && !judge.agrees(asked, p)) ++p;
    INFO("prefixes " << from << " to " << most << " of " << judge.records.size());
    REQUIRE(p <= most);
    if (!is_decision) seen.emplace_back(asked.till, p);
    ++(is_decision ? verdict.decisions : asked.what == "show" ? verdict.reads : verdict.refused);
  }

  // And the promise by itself: behind the stop there is nothing.
  const auto stop =
      std::find_if(judge.records.begin(), judge.records.end(), [](const Record& record) { return record.command == CommandName::stop; });
  if (stop == judge.records.end()) return;  // nobody found it live when stopping
  ++verdict.stops;
  CHECK(stop + 1 == judge.records.end());
  const auto stopped =
      std::find_if(history.begin(), history.end(), [&](const Asked& asked) { return asked.request_id == stop->request_id; });
  REQUIRE(stopped != history.end());
  for (const Asked& asked : history) {
    if (asked.from < stopped->till) continue;
    INFO("after the stop: " << told(asked));
    if (asked.what == "decide") CHECK(asked.body.find("propositions")->array().empty());
    else if (asked.what == "show") CHECK(asked.body.string_or("status", "") == "stopped");
    else if (asked.what == "stop") CHECK(asked.body.string_or("stopped_at", "") == to_text(stop->at));
    else CHECK(asked.body.string_or("code", "") == "experience_final");
  }
}

}  // namespace

TEST_CASE("what 64 clients are answered at once, one after the other could have been") {
  const char* given = std::getenv("FOOTLIGHT_SEED");
  const std::uint32_t seed = given ? static_cast<std::uint32_t>(std::stoul(given)) : std::random_device{}();
  const char* asked_for = std::getenv("FOOTLIGHT_RACE_SECONDS");
  const auto patience = std::chrono::seconds(asked_for ? std::stoi(asked_for) : 0);
  WARN("FOOTLIGHT_SEED=" << seed);
  Server server;
  State state;  // the folder's push made the first entry
  const std::vector<Value> first = server.journal("");
  REQUIRE(first.size() == 1);
  const Value& version = *first[0].find("version");
  state.version = {static_cast<std::int64_t>(version.find("epoch")->number()), static_cast<std::int64_t>(version.find("v")->number()),
                   version.string_or("chain", "")};
  state.head = 1;
  state.at = *parse_instant(first[0].string_or("at", ""));

  const auto begun = std::chrono::steady_clock::now();
  std::atomic<std::int64_t> counter{1};
  Verdict verdict;
  int round = 0;
  for (; round < rounds_in_ctest || std::chrono::steady_clock::now() - begun < patience; ++round) {
    INFO("FOOTLIGHT_SEED=" << seed << " round " << round);
    const std::string id = "race-" + std::to_string(round);
    Asked create{.what = "create", .request_id = id + "-create"};
    create.command = {.name = CommandName::create, .experience = id};
    const auto made = server.ask(
        {.method = "POST",
         .target = "/v1/experiences",
         .body = to_json(Object{{"kind", "campaign"}, {"id", id}, {"tags", Array{"price"}}, {"show", Object{{"hero", "first"}}}})},
        server.token(0), create.request_id);
    REQUIRE(made);
    REQUIRE(made->status == 201);
    const auto begin_of_round = server.journal(id);
    REQUIRE(begin_of_round.size() == 1);
    auto created = record_from(begin_of_round[0]);
    REQUIRE(created.ok());
    REQUIRE(fold(state, *created).ok());

    std::vector<Client> all;
    for (int i = 0; i < clients; ++i) all.emplace_back(server, i, seed + static_cast<std::uint32_t>(round * clients + i), id, counter);
    std::atomic<int> total{0};
    {
      std::vector<std::thread> threads;
      for (Client& client : all) threads.emplace_back([&client, &total] { client.run(total); });
      for (std::thread& thread : threads) thread.join();
    }
    std::vector<Asked> history;
    for (Client& client : all) std::move(client.history.begin(), client.history.end(), std::back_inserter(history));
    std::vector<Value> journal = server.journal(id);
    journal.erase(journal.begin());  // its creation
    const Judge after(id, journal, state);
    judge(after, std::move(history), verdict);
    state = after.prefixes.back();
    state.experiences.clear();  // of no interest to the rounds that follow
  }
  server.stop();
  const Ran verified = run({FOOTLIGHT_PROGRAM, "audit", "verify", "--data", server.data()});
  CHECK(verified.exit_code == 0);
  WARN(round << " rounds of " << clients << " clients: " << verdict.commands << " commands took effect, " << verdict.refused
             << " were refused or repeated, " << verdict.reads << " reads, " << verdict.decisions << " decisions, " << verdict.stops
             << " stops; the history is linearizable");
  CHECK(verdict.commands > static_cast<std::size_t>(round) * 20);
  CHECK(verdict.stops * 2 > static_cast<std::size_t>(round));
}
