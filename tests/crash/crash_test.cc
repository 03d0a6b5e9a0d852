// kill -9, over and over: what the server said yes to is there when it comes back, once, and what it
// did not answer can be asked again with the same key.
//
// A client sends commands one after the other, each with an idempotency key; the process is killed
// after some of them, while another is on its way. FOOTLIGHT_SEED repeats a run.
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <map>
#include <random>
#include <sstream>
#include <thread>

#include "../support/folder.h"
#include "../support/process.h"
#include "http/client.h"
#include "http/problem.h"

using namespace footlight;
using namespace footlight::test;

namespace {

constexpr int rounds = 200;
const std::string program = FOOTLIGHT_PROGRAM;

struct Sent {
  std::string command, experience;  // as the journal will tell it
  std::string who;
  HttpCall call;  // with its key
};

// What the client knows of an experience from the answers it got.
struct Known {
  std::string status, hash, content;
  int revision = 0;
};

using Clock = std::chrono::steady_clock;

// The server at its data file; `ready_ms` after its start it was ready for traffic.
class Server {
 public:
  Server(const std::string& data, const std::string& folder, const std::string& log) {
    const auto begun = Clock::now();
    process_.emplace(std::vector<std::string>{program, "serve", folder, "--data", data, "--listen", "127.0.0.1:0", "--quiet"}, log);
    const auto lines = process_->lines_until("serving ");
    url_ = lines.back().substr(lines.back().rfind(' ') + 1);
    for (const std::string& line : lines) {
      std::istringstream words(line);
      std::string role, secret;
      if (words >> role >> secret && secret.starts_with("fl_")) tokens[role] = secret;
    }
    const auto ready = send(url_, {.target = "/readyz"}, seconds(30));
    REQUIRE(ready.ok());
    REQUIRE(ready->status == 200);
    ready_ms = std::chrono::duration<double, std::milli>(Clock::now() - begun).count();
  }
  void kill() {
    process_->signal(SIGKILL);
    CHECK(process_->wait() == 128 + SIGKILL);  // it was still there to be killed
    process_.reset();
  }
  // Nothing where the server did not answer: it was killed.
  std::optional<HttpResponse> ask(HttpCall call, const std::string& token) const {
    call.headers.add("Authorization", "Bearer " + token);
    if (!call.body.empty()) call.headers.add("Content-Type", "application/json");
    auto answered = send(url_, call, seconds(30));
    if (!answered) return {};
    return std::move(*answered);
  }
  std::map<std::string, std::string> tokens;  // shown at the first start
  double ready_ms = 0;

 private:
  std::optional<Process> process_;
  std::string url_;
};

// Chooses commands that will be accepted, and learns from their answers.
class Author {
 public:
  explicit Author(std::uint32_t seed) : random_(seed) {}

  Sent next() {
    ++commands_;
    const std::string key = "key-" + std::to_string(commands_);
    const auto with = [&](std::string command, const std::string& id, HttpCall call, std::string who = "ann") {
      call.headers.add("Idempotency-Key", key);
      return Sent{std::move(command), id, std::move(who), std::move(call)};
    };
    const auto verb = [&](const std::string& command, const std::string& id, Object body = {}, std::string who = "ann") {
      return with(command, id,
                  {.method = "POST", .target = "/v1/experiences/" + id + "/" + command, .body = body.empty() ? "" : to_json(Value(body))},
                  std::move(who));
    };
    if (known_.empty() || any(8) == 0) {
      const std::string id = "c" + std::to_string(commands_);
      return with("create", id, {.method = "POST", .target = "/v1/experiences", .body = to_json(definition(id))});
    }
    auto chosen = known_.begin();
    std::advance(chosen, static_cast<long>(any(known_.size())));
    const auto& [id, known] = *chosen;
    const std::string copy = "d" + std::to_string(commands_);
    const auto edit = [&, id = id] {
      return with("edit", id, {.method = "PUT", .target = "/v1/experiences/" + id, .body = to_json(definition(id))});
    };
    const auto duplicate = [&, id = id] {
      Sent sent = verb("duplicate", id, Object{{"new_id", copy}});
      sent.experience = copy;
      return sent;
    };
    const int dice = any(4);
    if (known.status == "draft") return dice == 0 ? edit() : dice == 1 ? duplicate() : verb("submit", id);
    if (known.status == "in_review") return verb("approve", id, Object{{"hash", known.hash}}, "bob");
    if (known.status == "approved") return dice == 0 ? edit() : verb("activate", id);
    if (known.status == "live") return dice == 0 ? edit() : dice == 1 ? duplicate() : verb("stop", id, Object{{"message", "round"}});
    if (known.status == "live (draft pending)") return verb("submit", id);
    if (known.status == "live (in_review pending)") return verb("approve", id, Object{{"hash", known.hash}}, "bob");
    if (known.status == "live (approved pending)") return verb("activate", id);
    return duplicate();  // stopped
  }

  void learn(const Sent& sent, const Value& answer) {
    Known& known = known_[sent.experience];
    known.status = answer.string_or("status", "?");
    known.hash = answer.string_or("hash", "?");
    known.revision = static_cast<int>(answer.find("revision")->number());
  }

  const std::map<std::string, Known>& known() const { return known_; }
  int any(std::size_t below) { return std::uniform_int_distribution<int>(0, static_cast<int>(below) - 1)(random_); }

 private:
  Value definition(const std::string& id) {
    return Object{
        {"kind", "campaign"}, {"id", id}, {"tags", Array{"price"}}, {"show", Object{{"hero", "<b>" + std::to_string(commands_) + "</b>"}}}};
  }
  std::mt19937 random_;
  int commands_ = 0;
  std::map<std::string, Known> known_;
};

// Changes whenever the store writes.
std::pair<std::uintmax_t, std::filesystem::file_time_type> written(const std::string& data) {
  std::error_code error;
  return {std::filesystem::file_size(data + "-wal", error), std::filesystem::last_write_time(data + "-wal", error)};
}

Value body_of(const HttpResponse& response) {
  auto body = parse_json(response.body);
  REQUIRE(body.ok());
  return std::move(*body);
}

std::uint32_t seed_of_run() {
  const char* given = std::getenv("FOOTLIGHT_SEED");
  const std::uint32_t seed = given ? static_cast<std::uint32_t>(std::stoul(given)) : std::random_device{}();
  WARN("FOOTLIGHT_SEED=" << seed);
  return seed;
}

}  // namespace

TEST_CASE("a server killed at any moment has kept what it said yes to, and each retry has one effect") {
  const std::uint32_t seed = seed_of_run();
  std::mt19937 chance(seed);
  Author author(seed + 1);
  Folder folder;
  const std::string data = folder.path("shop.db"), log = folder.path("log");
  folder.write("ws/workspace.lua",
               "workspace \"shop\" {\n  surfaces = { hero = html { \"web://shop.example/#hero\" } },\n  approvals = { { when = tagged "
               "\"price\", approvers = 1 } },\n}\n");

  std::map<std::string, std::string> tokens;
  std::deque<Sent> journal;  // what was accepted, in order
  std::optional<Sent> open;  // sent, and not answered
  std::vector<double> starts;
  std::int64_t before = 0;  // entries that the set-up made
  int found = 0, lost = 0;  // of the unanswered: in the journal already, or not

  for (int round = 0; round <= rounds; ++round) {
    INFO("FOOTLIGHT_SEED=" << seed << " round " << round);
    Server server(data, folder.path("ws"), log);
    if (round == 0) {
      const std::string admin = server.tokens.at("admin");
      for (const auto& [name, roles] :
           {std::pair{"ann", Array{"author", "publisher"}}, {"bob", Array{"approver"}}, {"vic", Array{"viewer"}}}) {
        const auto made = server.ask(
            {.method = "POST", .target = "/v1/tokens", .body = to_json(Object{{"name", name}, {"roles", roles}, {"workspace", "shop"}})},
            admin);
        REQUIRE(made);
        REQUIRE(made->status == 201);
        tokens[name] = body_of(*made).string_or("token", "");
      }
      before = static_cast<std::int64_t>(body_of(*server.ask({.target = "/v1/audit?limit=1"}, tokens["vic"])).find("head")->number());
    } else {
      starts.push_back(server.ready_ms);
    }
    const auto read = [&](const std::string& target) {
      const auto answered = server.ask({.target = target}, tokens["vic"]);
      REQUIRE(answered);
      REQUIRE(answered->status == 200);
      return body_of(*answered);
    };
    const auto head = [&] { return static_cast<std::int64_t>(read("/v1/audit?limit=1").find("head")->number()) - before; };

    // Everything acknowledged is there, and at most what was on its way beside it.
    const auto acknowledged = static_cast<std::int64_t>(journal.size());
    const std::int64_t there = head();
    REQUIRE((there == acknowledged || (open && there == acknowledged + 1)));
    if (open) {
      const bool was_written = there == acknowledged + 1;
      ++(was_written ? found : lost);
      const auto retried = server.ask(open->call, tokens[open->who]);
      REQUIRE(retried);
      INFO(retried->body);
      REQUIRE(retried->status / 100 == 2);
      CHECK(retried->headers.get("Idempotent-Replayed").has_value() == was_written);
      author.learn(*open, body_of(*retried));
      journal.push_back(*open);
      // And once more: still one effect, the same answer.
      const auto again = server.ask(open->call, tokens[open->who]);
      REQUIRE(again);
      CHECK(again->body == retried->body);
      CHECK(again->headers.get("Idempotent-Replayed") == "true");
      open.reset();
      REQUIRE(head() == static_cast<std::int64_t>(journal.size()));
    }
    // The newest entries are those commands, in that order; now and then, all of them.
    const bool looks_at_all = round % 50 == 0 || round == rounds;
    const std::size_t first = looks_at_all || journal.size() < 20 ? 0 : journal.size() - 20;
    const Value audit = read("/v1/audit?limit=10000&after=" + std::to_string(before + static_cast<std::int64_t>(first)));
    const Array& entries = audit.find("entries")->array();
    REQUIRE(entries.size() == journal.size() - first);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const Sent& sent = journal[first + i];
      const Value& record = *entries[i].find("record");
      REQUIRE(entries[i].find("seq")->number() == static_cast<double>(before) + static_cast<double>(first + i) + 1);
      REQUIRE(record.string_or("command", "") == sent.command);
      REQUIRE(record.string_or("experience", "") == sent.experience);
      REQUIRE(entries[i].string_or("actor", "") == sent.who);
    }
    // So is what they made of every experience.
    const Value listed = read("/v1/experiences");
    REQUIRE(listed.find("experiences")->array().size() == author.known().size());
    for (const Value& row : listed.find("experiences")->array()) {
      const Known& known = author.known().at(row.string_or("id", "?"));
      REQUIRE(row.string_or("status", "") == known.status);
      REQUIRE(row.string_or("hash", "") == known.hash);
      REQUIRE(row.find("revision")->number() == known.revision);
    }
    if (round == rounds) {
      server.kill();
      break;
    }

    // Commands, until the process is gone: killed once some were answered, and a moment later.
    const int answers_before_kill = std::uniform_int_distribution<int>(1, 5)(chance);
    const int moment = std::uniform_int_distribution<int>(0, round % 2 == 1 ? 10'000 : 400'000)(chance);
    std::atomic<int> answered{0};
    std::string refusal;  // of the thread below; Catch is for one thread
    std::thread client([&] {
      while (true) {
        Sent sent = author.next();
        open = sent;
        const auto response = server.ask(sent.call, tokens.at(sent.who));
        if (!response) return;
        const auto body = parse_json(response->body);
        if (response->status / 100 != 2 || !body) {
          refusal = sent.command + " " + sent.experience + ": " + response->body;
          answered = 1'000;
          return;
        }
        author.learn(sent, *body);
        journal.push_back(std::move(sent));
        open.reset();
        ++answered;
        answered.notify_one();
      }
    });
    for (int seen = answered; seen < answers_before_kill; seen = answered) answered.wait(seen);
    // Every other time just as the next command has reached the disk, so that some die between the
    // writing and the answer; else anywhere.
    if (round % 2 == 1)
      for (const auto before_write = written(data); written(data) == before_write && answered < answers_before_kill + 3;) {}
    // A moment that no clock measures: so many turns of a loop.
    for (std::atomic<int> turn{0}; turn < moment;) ++turn;
    server.kill();
    client.join();
    REQUIRE(refusal == "");
    if (round % 20 == 19) {
      const Ran verified = run({program, "audit", "verify", "--data", data});
      INFO(verified.err);
      REQUIRE(verified.exit_code == 0);
      REQUIRE_THAT(verified.out, Catch::StartsWith("shop: "));
    }
  }
  const Ran verified = run({program, "audit", "verify", "--data", data});
  CHECK(verified.exit_code == 0);
  CHECK_THAT(verified.out,
             Catch::StartsWith("shop: " + std::to_string(before + static_cast<std::int64_t>(journal.size())) + " entries verify"));

  std::sort(starts.begin(), starts.end());
  WARN(rounds << " kills, " << journal.size() << " commands; of the unanswered " << found << " were in the journal, " << lost
              << " were not; start to ready: median " << starts[starts.size() / 2] << " ms, at most " << starts.back() << " ms");
  CHECK(starts.back() < 5'000);  // a bound against hanging, not a measure
}
