// `serve --record`: the real server, real requests, and the file as `replay` reads it.
#include <sys/stat.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <thread>

#include "../support/folder.h"
#include "../support/process.h"
#include "base/limits.h"
#include "footlight/value.h"
#include "http/client.h"

using namespace footlight;
using namespace footlight::test;

namespace {

namespace fs = std::filesystem;
const std::string program = FOOTLIGHT_PROGRAM;

std::string file_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The lines of a file of records; each must be whole.
std::vector<Value> records(const std::string& path) {
  const std::string text = file_text(path);
  CHECK((text.empty() || text.ends_with('\n')));
  std::vector<Value> all;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    auto value = parse_json(line);
    if (!value) FAIL("a torn line: " << line.substr(0, 200));
    all.push_back(std::move(*value));
  }
  return all;
}

// The workspace of `init`, with `welcome` live, served and recorded.
struct Recorded {
  Recorded() {
    REQUIRE(run({program, "init", ws}).exit_code == 0);
    REQUIRE(run({program, "push", ws, "--data", data, "--as", "ann:admin"}).exit_code == 0);
    REQUIRE(run({program, "activate", "welcome", "--data", data, "--as", "ann:admin"}).exit_code == 0);
  }
  void serve(std::vector<std::string> more) {
    std::vector<std::string> command{program, "serve", ws, "--data", data, "--listen", "127.0.0.1:0", "--quiet"};
    command.insert(command.end(), more.begin(), more.end());
    process.emplace(command, folder.path("serve.err"));
    for (const std::string& line : process->lines_until("serving ")) {
      std::istringstream words(line);
      std::string role, secret;
      if (words >> role >> secret && secret.starts_with("fl_")) tokens[role] = secret;
      url = line.substr(line.rfind(' ') + 1);
    }
  }
  void end() {
    process->signal(SIGTERM);
    CHECK(process->wait() == 0);
  }
  HttpResponse ask(const std::string& body, const std::string& target = "/v1/decide", const std::string& who = "admin") const {
    HttpCall call{.method = body.empty() ? "GET" : "POST", .target = target, .body = body};
    call.headers.add("Authorization", "Bearer " + tokens.at(who));
    if (!body.empty()) call.headers.add("Content-Type", "application/json");
    auto answered = send(url, call, seconds(30));
    if (!answered) FAIL(answered.error().message);
    return std::move(*answered);
  }
  // The value of a metric, 0 where it is not there.
  double metric(const std::string& name) const {
    const std::string text = ask("", "/metrics").body;
    const auto at = text.find("\n" + name + " ");
    return at == std::string::npos ? 0 : std::stod(text.substr(at + name.size() + 2));
  }
  Folder folder;
  const std::string ws = folder.path("ws"), data = folder.path("shop.db"), file = folder.path("decisions.jsonl");
  std::optional<Process> process;
  std::string url;
  std::map<std::string, std::string> tokens;
};

std::string asked_by(const std::string& id, const std::string& tier = "gold") {
  return "{\n  \"identity\": {\"id\": \"" + id + "\"},\n  \"attributes\": {\"loyalty.tier\": \"" + tier + "\", \"person\": {\"name\": \"" +
      id + "\", \"email\": \"" + id + "@example.org\"}},\n  \"surfaces\": [\"web://shop.example/#hero\"]\n}";
}

}  // namespace

TEST_CASE("what a server decides is recorded as `replay` and `explain` read it") {
  Recorded shop;
  shop.serve({"--record", shop.file});
  CHECK(shop.ask(asked_by("ann")).status == 200);
  CHECK(shop.ask(asked_by("bob", "none"), "/v1/decide?explain=1").status == 200);
  CHECK(shop.ask(R"({"surfaces": 5})").status == 400);
  CHECK(shop.ask(asked_by("cem")).status == 200);
  shop.end();

  const auto lines = records(shop.file);
  REQUIRE(lines.size() == 3);  // what was refused is no decision
  CHECK(lines[0].string_or("workspace", "") == "ws");
  CHECK(parse_instant(lines[0].string_or("at", "")).ok());
  CHECK(*lines[0].find("request") == *parse_json(asked_by("ann")));
  const Value* propositions = lines[0].at_path("answer.propositions");
  REQUIRE(propositions);
  REQUIRE(propositions->array().size() == 1);
  CHECK(propositions->array()[0].string_or("experience", "") == "welcome");
  CHECK(propositions->array()[0].find("revision"));
  CHECK_FALSE(propositions->array()[0].find("token"));
  CHECK_FALSE(lines[1].at_path("answer.trace"));
  struct stat about {};
  REQUIRE(stat(shop.file.c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0600);

  // Against the folder, which says the same; then it says something else.
  const Ran same = run({program, "replay", shop.file, shop.ws, "--data", shop.data, "--as", "ann:admin"});
  INFO(same.out << same.err);
  CHECK(same.exit_code == 0);
  CHECK_THAT(same.out, Catch::Contains("3 requests, no answer changes"));
  shop.folder.write("ws/experiences/members.lua",
                    "campaign \"members\" { priority = 90, audience = function(p) return p.loyalty.tier == \"gold\" end, show = { hero = "
                    "\"<h1>Members</h1>\" } }\n");
  CHECK_THAT(run({program, "replay", shop.file, shop.ws, "--data", shop.data, "--as", "ann:admin"}).out,
             Catch::Contains("3 requests, 2 answers change"));
  CHECK_THAT(run({program, "explain", shop.ws, "--request", shop.file + ":2"}).out, Catch::Contains("hero"));
}

TEST_CASE("parts of requests can be left out of the record, however they are written") {
  Recorded shop;
  shop.serve({"--record", shop.file, "--record-without", "identity", "--record-without", "attributes.person.email", "--record-without",
              "context"});
  CHECK(shop.ask(asked_by("ann")).status == 200);
  CHECK(
      shop.ask(
              R"({"identity": {"id": "bob"}, "attributes": {"person.email": "b@example.org", "person.name": "bob"}, "context": {"ip": "::1"}, "surfaces": []})")
          .status == 200);
  shop.end();
  const auto lines = records(shop.file);
  REQUIRE(lines.size() == 2);
  CHECK(*lines[0].find("request") ==
        *parse_json(R"({"attributes": {"loyalty.tier": "gold", "person": {"name": "ann"}}, "surfaces": ["web://shop.example/#hero"]})"));
  CHECK(*lines[1].find("request") == *parse_json(R"({"attributes": {"person.name": "bob"}, "surfaces": []})"));
}

TEST_CASE("the file is put aside when it is full, and the oldest goes") {
  Recorded shop;
  shop.serve({"--record", shop.file, "--record-size", "64KB", "--record-files", "3"});
  for (int i = 0; i < 500; ++i) REQUIRE(shop.ask(asked_by("visitor-" + std::to_string(i))).status == 200);
  shop.end();
  std::vector<std::string> ids;
  for (const char* name : {".2", ".1", ""}) {
    CHECK(fs::file_size(shop.file + name) <= limits::record_file_bytes_min);
    for (const Value& line : records(shop.file + name)) ids.push_back(line.at_path("request.identity.id")->string());
  }
  CHECK_FALSE(fs::exists(shop.file + ".3"));
  CHECK(ids.size() > 100);
  CHECK(ids.size() < 500);
  for (std::size_t i = 0; i < ids.size(); ++i)
    CHECK(ids[i] == "visitor-" + std::to_string(500 - ids.size() + i));  // the newest, in their order
}

TEST_CASE("clients beside each other, and a server that is killed, leave whole lines only") {
  Recorded shop;
  shop.serve({"--record", shop.file, "--workers", "2"});
  std::vector<std::thread> clients;
  std::atomic<int> answered = 0;
  for (int c = 0; c < 4; ++c)
    clients.emplace_back([&, c] {
      for (int i = 0; i < 50; ++i) answered += shop.ask(asked_by(std::to_string(c) + "-" + std::to_string(i))).status == 200;
    });
  for (std::thread& client : clients) client.join();
  CHECK(answered == 200);
  shop.process->signal(SIGKILL);
  shop.process->wait();
  // What was written by then; and a part of a line, as a crash of the machine leaves it.
  const std::size_t before = records(shop.file).size();
  CHECK(before <= 200);
  std::ofstream(shop.file, std::ios::app) << "{\"answer\":{\"propositions\":[{\"surf";
  shop.serve({"--record", shop.file});
  CHECK(shop.ask(asked_by("after")).status == 200);
  // The metric counts what is written, which may be a moment after the answer; the end waits for it.
  shop.end();
  const auto lines = records(shop.file);
  REQUIRE(lines.size() == before + 1);
  CHECK(lines.back().at_path("request.identity.id")->string() == "after");
}

TEST_CASE("a share of decisions is recorded, and what is too long is counted") {
  Recorded shop;
  std::string workspace = file_text(shop.ws + "/workspace.lua");
  const std::string rule = "\"web://shop.example/#hero\"";
  REQUIRE(workspace.find(rule) != std::string::npos);
  shop.folder.write("ws/workspace.lua",
                    workspace.replace(workspace.find(rule), rule.size(), rule + ", \"wildcard:web://shop.example/*#hero\""));
  shop.folder.write("ws/fragments/long.html", std::string(200'000, 'x'));
  shop.folder.write("ws/experiences/long.lua",
                    "campaign \"long\" { priority = 99, audience = function(p) return p.loyalty.tier == \"silver\" end, show = { hero = "
                    "fragment \"long\" } }\n");
  REQUIRE(run({program, "push", shop.ws, "--data", shop.data, "--as", "ann:admin"}).exit_code == 0);
  REQUIRE(run({program, "activate", "long", "--data", shop.data, "--as", "ann:admin"}).exit_code == 0);
  shop.serve({"--record", shop.file, "--record-share", "0.25"});
  for (int i = 0; i < 400; ++i) REQUIRE(shop.ask(asked_by("a")).status == 200);
  shop.end();
  const std::size_t some = records(shop.file).size();
  CHECK(some > 60);
  CHECK(some < 140);

  // Five surfaces with the same long content are under the limit, six beyond it.
  fs::remove(shop.file);
  shop.serve({"--record", shop.file});
  const auto wide = [](int surfaces) {
    std::string list;
    for (int i = 0; i < surfaces; ++i) list += std::string(i ? "," : "") + "\"web://shop.example/page-" + std::to_string(i) + "#hero\"";
    return R"({"attributes": {"loyalty.tier": "silver"}, "surfaces": [)" + list + "]}";
  };
  const auto body_bytes = [&](int surfaces) { return shop.ask(wide(surfaces)).body.size(); };
  const std::size_t under = body_bytes(5), over = body_bytes(6);
  CHECK(shop.ask(asked_by("last")).status == 200);
  CHECK(under < limits::record_line_bytes_max);
  CHECK(over > limits::record_line_bytes_max);
  while (shop.metric("footlight_decisions_recorded_total") < 2) std::this_thread::yield();
  CHECK(shop.metric("footlight_decisions_unrecorded_total{why=\"long\"}") == 1);
  shop.end();
}

TEST_CASE("a file that cannot be recorded into is refused at the start") {
  Recorded shop;
  const auto refused = [&](std::vector<std::string> more) {
    std::vector<std::string> command{program,    "serve",       shop.ws,  "--data", shop.folder.path("other.db"),
                                     "--listen", "127.0.0.1:0", "--quiet"};
    command.insert(command.end(), more.begin(), more.end());
    const Ran ran = run(command);
    CHECK(ran.exit_code != 0);
    return ran.err;
  };
  shop.serve({"--record", shop.file});
  CHECK_THAT(refused({"--record", shop.file}),
             Catch::Contains("another process records into `" + shop.file + "`; give each a file of its own"));
  const std::string foreign = shop.folder.write("photo.jpg", "\xff\xd8\xff no line end");
  CHECK_THAT(refused({"--record", foreign}), Catch::Contains("it ends with something that is no record; name a file of its own"));
  CHECK(file_text(foreign) == "\xff\xd8\xff no line end");
  CHECK_THAT(refused({"--record", shop.folder.path("no/such/folder.jsonl")}), Catch::Contains("cannot be recorded into"));
  CHECK_THAT(refused({"--record", "/dev/null"}), Catch::Contains("it is no plain file"));
  CHECK_THAT(refused({"--record", foreign, "--record-without", "surfaces"}),
             Catch::Contains("parts of a request begin with `identity`, `attributes` or `context`"));
  CHECK_THAT(refused({"--record", foreign, "--record-share", "0"}), Catch::Contains("--record-share is more than 0 and at most 1"));
  CHECK_THAT(refused({"--record", foreign, "--record-size", std::to_string(limits::record_file_bytes_min - 1)}),
             Catch::Contains("--record-size is at least 65536 bytes"));
  CHECK_THAT(refused({"--record", foreign, "--record-size", std::to_string(limits::record_file_bytes_min)}), Catch::Contains("no record"));
  CHECK_THAT(refused({"--record", foreign, "--record-files", std::to_string(limits::record_files_max + 1)}),
             Catch::Contains("--record-files is from 1 to 1000"));
  CHECK_THAT(refused({"--record", foreign, "--record-files", std::to_string(limits::record_files_max)}), Catch::Contains("no record"));
}
