// Footlight in your own process: which content for whom, decided in microseconds, with no server to ask.
//
// A COMPLETE HOST
//
//   #include <cstdio>
//   #include <footlight/footlight.h>
//
//   int main() {
//     auto runtime = footlight::Runtime::from_files({
//         {"workspace.lua", R"(workspace "shop" {
//            attributes = { ["loyalty.tier"] = enum { "none", "gold" }, name = text {} },
//            surfaces = { hero = html { "web://shop.example/#hero", default = "Welcome" } },
//          })"},
//         {"experiences/gold.lua", R"(campaign "gold" {
//            audience = function(p) return p.loyalty.tier == "gold" end,
//            show = { hero = "Welcome back, {{name}}" },
//          })"}});
//     if (!runtime) {
//       std::fputs(to_text(runtime.error()).c_str(), stderr);
//       return 1;
//     }
//     auto answer = runtime->decide({.attributes = footlight::Object{{"loyalty.tier", "gold"}, {"name", "Ann"}},
//                                    .surfaces = {"web://shop.example/#hero"}});
//     if (!answer) return 1;
//     for (const auto& shown : answer->propositions) std::puts(shown.content.c_str());   // Welcome back, Ann
//   }
//
// BY TASK
//
//   a folder, as `footlight check` and `test` know it      Runtime::from_folder("shop")
//   files that you hold in memory                          Runtime::from_files({{"workspace.lua", text}, …})
//   a store with a lifecycle: drafts, approvals, stops     Runtime::from_store(store, "shop")
//   what a server publishes, as long as it is lent         Runtime::follow({.server = "http://…", .token = …, .workspace = "shop"})
//   decide, as a struct or as JSON                         runtime.decide(request), runtime.decide(R"({"surfaces": […]})")
//   why it was decided so                                  runtime.explain(request)
//   at an instant of your choice                           runtime.decide(request, *parse_instant("2026-12-24T18:00:00Z"))
//   hear of what was decided and displayed                 options.events, runtime.record("display", token)
//   know the profile already                               options.attributes
//   give policies a function of yours                      options.functions["stock"]
//   put your own clock and log in place                    options.clock, options.log
//   take in what has changed on disk                       runtime.reload()
//   take a folder's drafts into a store, and publish       runtime.take_in("shop", ann), runtime.command({…})
//   run the workspace's own tests                          runtime.run_fixtures()
//
// WHAT HOLDS THROUGHOUT
//
// - Nothing is global: everything lives in a Runtime or a Store, and as many as you like live side by side.
//   What the process shares: zones of time, once read; and one thread that ends policies which run past
//   their deadline, by the real-time signal SIGRTMIN+7. It starts when the first policy runs; leave that
//   signal unblocked on threads that decide. A runtime that follows a server has two threads of its own.
// - Any thread may call any const member of one Runtime at any time, and `reload`, `command` and `take_in`
//   as well: those take turns among themselves, and decisions never wait for them. A decision is made from one
//   snapshot from beginning to end. Move, assign and destroy a Runtime while nobody else uses it.
// - What goes in is copied or only read during the call; what comes out is yours, and keeps nothing alive.
// - What can fail returns a Result, with a stable code, a sentence, and every problem of a document at once.
//   No exception leaves the library but std::bad_alloc.
// - The callbacks of RuntimeOptions are called on the thread that made the call, any thread, several at once, with no
//   lock held: they may call the Runtime. `clock` and `log` are called by the threads that follow a server, too. They must not throw, but
//   `functions` and `attributes`, where an exception counts as an error.
// - The same snapshot and request give the same bytes on every machine, as long as your functions and
//   attribute providers do.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "footlight/decision.h"
#include "footlight/error.h"
#include "footlight/lifecycle.h"
#include "footlight/store.h"
#include "footlight/time.h"
#include "footlight/value.h"
#include "footlight/version.h"

namespace footlight FOOTLIGHT_API {

// The files of a workspace: path (`experiences/gold.lua`) → bytes.
using FileMap = std::map<std::string, std::string>;

// One thing that happened to a profile: `decision` for every proposition of an experience that was given out, or what the
// application reports with `Runtime::record`.
struct Event {
  std::string kind;  // decision, display, interact, dismiss, or a word of your own
  Instant at;
  Identity identity;
  std::string experience, action, treatment, surface, element;
  int revision = 0;
  std::string token;  // of the proposition; empty where the runtime has no secret
};

struct LogLine {
  enum class Level { info, warning, error } level = Level::info;
  std::string text;
};

// A function for policies, called by the name it is registered under: `stock(p.sku)`. Arguments as the
// script gave them; nil is null. An error ends the policy as its own error would, and drops its candidate. Must be
// quick (the policy's deadline goes on) and should be pure: a policy's answer may be asked for again.
using ScriptFunction = std::function<Result<Value>(const std::vector<Value>& arguments)>;

// What the host knows of a profile: an object of attributes for this request, asked once a decision, before it is made.
// What the request itself says wins. An error refuses the decision; return an empty object to go on without.
using AttributeProvider = std::function<Result<Value>(const Request& request)>;

struct RuntimeOptions {
  // ---- the world
  std::function<Instant()> clock = {};            // none: the system's wall clock
  std::function<void(const Event&)> events = {};  // none: nothing is recorded
  std::function<void(const LogLine&)> log = {};   // none: nothing is logged
  // ---- what the host adds
  std::map<std::string, ScriptFunction> functions = {};  // by name, a Lua identifier that is not taken
  std::vector<AttributeProvider> attributes = {};        // where two know an attribute, the earlier wins
  // ---- behaviour
  // Any text that only you know: tokens of propositions are signed with it, and stay good where it stays the same.
  // Empty: propositions carry no token; a store keeps a secret of its own.
  std::string secret = {};
  // How long one call of a policy may take, by the wall clock; 0: 50 ms, which no sound policy needs; a
  // safety net only. A stop drops the policy's candidate. Test suites on busy machines want a minute, so that no answer depends on it.
  Duration policy_deadline = {};
  Window window = {};  // from_store: what commands promise; 15 minutes
};

// What a command is answered: `body` as over HTTP (docs/http.md), and whether it was so before.
struct CommandAnswer {
  Value body;
  bool is_repeat = false;
};

// What became of one experience of a folder that was taken into a store.
struct TakenIn {
  std::string id;
  enum class What { created, edited, unchanged, left } what = What::unchanged;
  std::string why;  // left: the refusal, in words
};

// One test of a workspace's tests/*_test.lua.
struct FixtureResult {
  std::string file, name;
  bool passed = false;
  std::string message;           // why not, with `file:line`
  std::vector<std::string> log;  // what the test logged
};

// A server to follow, as its delivery nodes do (docs/operations.md): it lends what it publishes for most of the publish window
// at a time, and the loan is renewed every few seconds. Cut off for longer, a runtime answers with defaults alone, so that
// what was stopped there is gone here within the window, whatever happens to the network.
struct FollowOptions {
  std::string server;  // `http://10.0.0.5:8787`; plain HTTP, also when it is a proxy's
  std::string token;   // of the role `node`: `footlight token create --name kiosk-7 --role node --for shop`
  std::string workspace;
  // This runtime's name in receipts, unique in the deployment; none: made of the machine's name and the store's id.
  std::string node = {};
  // Keeps what was lent over a restart of the process, for this runtime alone; none: it is asked for anew.
  std::shared_ptr<Store> store = {};
  Duration patience = {};  // how long `follow` waits for the first answer; 0: 5 seconds
  // Since the machine's boot, suspended time counted in; it is never set. None: CLOCK_BOOTTIME. A lease holds while it
  // and RuntimeOptions::clock both say so, so that one must run as a clock does, too.
  std::function<Duration()> boot_clock = {};
};

// Where a runtime that follows stands.
struct Following {
  std::string node;        // its name
  std::string version;     // of what it holds; empty: nothing was received yet
  bool is_leased = false;  // false: defaults only
  Duration lease_left;
  std::optional<Error> failure;  // of the newest attempt to follow
};

// One workspace, ready to decide. A handle: cheap to move, not copied. Everything it was given lives as long as it does.
class Runtime {
 public:
  // ---- opening: codes validation_failed (with every problem, each with its file and line), bad_id (a function's name)

  // The workspace in a folder, every experience in force as its schedule says, as if activated long ago.
  // Code unreadable_file where there is no folder.
  static Result<Runtime> from_folder(const std::string& path, RuntimeOptions options = {});
  // The same from memory: the files of such a folder by their paths in it.
  static Result<Runtime> from_files(FileMap files, RuntimeOptions options = {});
  // What is in force in a store, and the lifecycle to change it; a workspace that is not there yet begins empty. The store
  // may serve several runtimes, one for each workspace; it is closed with the last of those who hold it.
  // Codes store_failed, store_corrupt.
  static Result<Runtime> from_store(std::shared_ptr<Store> store, const std::string& workspace, RuntimeOptions options = {});

  // What a server has in force. Waits for its first answer as long as `patience` says; where nobody answers, it
  // opens all the same and goes on asking: until then, and without a lease, decisions have a reason (`no_lease`).
  // Codes unauthorized, forbidden (the token), not_found (the workspace), usage (an address that is none, a store of another kind),
  // store_failed, store_corrupt.
  static Result<Runtime> follow(FollowOptions server, RuntimeOptions options = {});

  Runtime(Runtime&& other) noexcept;  // `other` may then only be assigned to and destroyed
  Runtime& operator=(Runtime&& other) noexcept;
  ~Runtime();

  // ---- deciding: `at` is the instant to decide for; none: now, by the clock, stamped once

  // Attributes may be nested or have dotted names; both are the same. `request.now` is not read. Tells the event
  // sink, if there is one, of each proposition of an experience.
  // Codes bad_request (with every problem and its JSON path), unavailable (nothing that compiles is in force, or nothing was
  // ever received), and what an attribute provider failed with.
  Result<Decision> decide(const Request& request, std::optional<Instant> at = {}) const;
  // {"identity": {"namespace", "id"}, "attributes": {…}, "context": {…}, "surfaces": […]} to {"snapshot", "propositions": […]},
  // byte for byte what POST /v1/decide takes and answers (docs/http.md). Code bad_json too.
  Result<std::string> decide(std::string_view request_json, std::optional<Instant> at = {}) const;

  // The same with a trace of every candidate: kept or dropped, and why. Recorded nowhere.
  Result<Decision> explain(const Request& request, std::optional<Instant> at = {}) const;
  Result<std::string> explain(std::string_view request_json, std::optional<Instant> at = {}) const;

  // ---- events

  // Reports what became of a proposition: `display`, `interact`, `dismiss` or a word of yours, to the event sink.
  // Codes bad_request (the token was not made by this runtime's secret), usage (no sink, or no secret).
  Status record(std::string_view kind, std::string_view token, const Identity& identity = {}) const;

  // ---- changes

  // Reads the folder again (from_folder), or takes these files in its place (from_files). All of it or nothing: with
  // errors, what was in force stays, and the error says why. Code usage elsewhere.
  Status reload();
  Status reload(FileMap files);

  // ---- the lifecycle (from_store; elsewhere code usage)

  // One command of docs/lifecycle.md: checked, durable in the store, and in force in this runtime before it is answered.
  // `command.at` is not read: the clock stamps it. The same key and command twice have one effect. Codes: the order of refusal
  // in docs/lifecycle.md.
  Result<CommandAnswer> command(Command command, const std::string& idempotency_key = {});
  // Takes a folder's (or these files') configuration, and each experience as a draft or a new revision of one, as `footlight
  // push` does; publishes nothing. `actor` needs the role publisher or admin, and author.
  Result<std::vector<TakenIn>> take_in(const std::string& folder, const Actor& actor);
  Result<std::vector<TakenIn>> take_in(FileMap files, const Actor& actor);
  Result<Value> experience(std::string_view id) const;  // as GET /v1/experiences/ID; codes not_found, gone
  Result<Value> experiences() const;                    // a list of them, without their definitions
  Result<Value> receipt(std::string_view id) const;     // of its newest publish; code not_found

  // ---- tests

  // Runs the workspace's tests, each in a world of its own on a virtual clock, with this runtime's functions and
  // nothing else of it; only those whose name contains `filter`. Not from_store (usage): a store holds no tests.
  Result<std::vector<FixtureResult>> run_fixtures(const std::string& filter = {}) const;

  // ---- looking

  std::string workspace() const;  // its name
  std::string snapshot() const;   // the version that decisions are made from; empty where there is none
  // Warnings of the newest files, or what is in force in the store or on the server and cannot be compiled and is left out.
  Problems problems() const;
  Result<Following> following() const;  // (follow; elsewhere code usage)

 private:
  struct FOOTLIGHT_HIDDEN State;
  explicit Runtime(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace FOOTLIGHT_API
