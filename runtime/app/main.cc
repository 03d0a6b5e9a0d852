// `footlight`: options to subcommands. The one file that knows CLI11.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <functional>

#include "app/commands.h"
#include "app/manual.h"
#include "app/terminal.h"
#include "footlight/version.h"

namespace {

using namespace footlight;

// Where commands go. The environment fills what is not said, but not through CLI11, which would let
// it win over what another subcommand's option of the same variable says.
void remote_options(CLI::App* command, RemoteOptions& remote) {
  command->add_option("--server", remote.server, "URL of a server; default: $FOOTLIGHT_SERVER");
  command->add_option("--token", remote.token, "bearer token for it; default: $FOOTLIGHT_TOKEN");
  command->add_option("--data", remote.data, "a data file, instead of a server");
  command->add_option("--as", remote.as, "on a data file: who you are, `ann:author,publisher`; default: $FOOTLIGHT_AS");
  command->add_option("--workspace", remote.workspace, "which workspace, where there are several");
}

struct Verb {
  const char* name;
  const char* help;
};
constexpr Verb verbs[] = {
    {"create", "create a draft from a workspace folder's file"},
    {"edit", "make a new revision from a workspace folder's file"},
    {"delete", "delete a draft that was never live"},
    {"submit", "request approval of the newest revision"},
    {"withdraw", "take a submitted revision back"},
    {"request_changes", "send a submitted revision back to its author"},
    {"approve", "approve exactly the revision that you reviewed"},
    {"activate", "put the newest revision live, or schedule it"},
    {"unschedule", "take back a scheduled activation"},
    {"stop", "end it, for ever"},
    {"pause", "pause a live journey"},
    {"resume", "resume a paused journey"},
    {"close", "let no one enter a journey any more"},
    {"archive", "hide what has ended"},
    {"duplicate", "start a new draft from any experience"},
};

// What the manual tells of a command: its options as they stand here.
ManualCommand manual_of(CLI::App* command) {
  ManualCommand manual{command->get_name(), command->get_description(), {}, {}};
  for (CLI::App* inner : command->get_subcommands([](CLI::App*) { return true; })) manual.commands.push_back(manual_of(inner));
  for (CLI::Option* option : command->get_options()) {
    ManualOption row{option->get_name(false, true), option->get_description(),           option->get_default_str(), {},
                     !option->nonpositional(),      option->get_items_expected_max() > 0};
    // CLI11 keeps the words of IsMember in the name of the type: `TEXT:{text,tap,junit}`.
    const std::string type = option->get_type_name();
    if (const auto open = type.find('{'); open != std::string::npos && type.ends_with('}'))
      for (const std::string& word : CLI::detail::split(type.substr(open + 1, type.size() - open - 2), ',')) row.choices.push_back(word);
    manual.options.push_back(std::move(row));
  }
  return manual;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Footlight: code-based experiences, decided by surface, with a native lifecycle and Lua policies", "footlight"};
  app.require_subcommand(1);
  app.set_version_flag("--version", FOOTLIGHT_VERSION);
  app.footer("Exit codes: 0 done, 1 problems found, 2 wrong call, 3 refused, 4 unavailable.\nMore: docs/, and `footlight COMMAND --help`.");
  std::function<int()> run;

  InitOptions init;
  CLI::App* command = app.add_subcommand("init", "make a small workspace to start from");
  command->add_option("folder", init.folder, "a new or empty folder")->required();
  command->callback([&] { run = [&] { return init_command(init); }; });

  CheckOptions check;
  command = app.add_subcommand("check", "report every problem of a workspace folder");
  command->add_option("folder", check.folder, "the workspace")->capture_default_str();
  command->add_flag("--functions", check.functions, "tell of each function whether it runs natively or in Lua, and why");
  command->add_flag("--json", check.json, "problems, overlaps (and functions) as JSON");
  command->add_flag("--overlaps", check.overlaps, "pairs that can meet, each with a visitor who shows it and who wins");
  command->add_flag("--strict", check.strict, "warnings fail too");
  command->add_option("--at", check.at, "what schedules without a start are looked at from; now");
  command->callback([&] { run = [&] { return check_command(check); }; });

  TestOptions test;
  command = app.add_subcommand("test", "run a workspace's fixtures on a virtual clock");
  command->add_option("folder", test.folder, "the workspace")->capture_default_str();
  command->add_option("--filter", test.filter, "only tests whose name contains this");
  command->add_option("--format", test.format, "how results are printed")
      ->check(CLI::IsMember({"text", "tap", "junit"}))
      ->capture_default_str();
  command->add_option("--out", test.out, "write results to a file");
  command->add_option("--junit", test.junit, "write a JUnit report to this file, beside what is printed");
  command->add_flag("--update", test.update, "write snapshots as they are now, and take obsolete ones away");
  command->add_flag("--watch", test.watch, "run again what a saved file can change, until Ctrl-C");
  command->add_flag("--coverage{text}", test.coverage,
                    "lines, clauses, policies, surfaces, actions and transitions; `--coverage=FILE.html` or `=FILE.json` writes it too");
  command->add_option("--coverage-min", test.coverage_min, "fail below so many percent of all that can be covered")
      ->check(CLI::Range(0, 100));
  command->add_option("--seed", test.seed, "of property cases: a number, or `random`; told with each that fails")->capture_default_str();
  command->add_option("--jobs", test.jobs, "files run beside each other; default: one a core")->check(CLI::Range(1, 256));
  command->callback([&] { run = [&] { return test_command(test); }; });

  DecideOptionsCli decide;
  for (const bool explains : {false, true}) {
    command = explains ? app.add_subcommand("explain", "tell why each candidate is shown or not")
                       : app.add_subcommand("decide", "answer one request");
    command->add_option("folder", decide.folder,
                        "a workspace folder, taken as if all of it were live; default: the server, or else this folder");
    command->add_option("--profile", decide.profile, "attributes: a JSON file, `-` for stdin, or JSON itself");
    command->add_option("--identity", decide.identity, "`namespace:id`");
    command->add_option("--context", decide.context, "what is known of the moment, likewise");
    command->add_option("--on", decide.surfaces, "a configuration's name or a surface URI; several allowed");
    command->add_option("--request", decide.request, "a recorded request instead: `FILE:LINE`, a file, `-`, or JSON itself");
    command->add_option("--at", decide.at, "the instant: `2026-12-01T09:00` in the workspace's zone, or with an offset; default now");
    if (explains) {
      command->add_flag("--brief", decide.brief, "a line for each surface");
      command->add_flag("--clauses", decide.clauses, "of those who may see it too: the clauses that let them in");
      command->add_option("--diff", decide.diff,
                          "what differs at another instant, or in another state: a folder, a data file, `live`, `drafts`, `ID@REVISION`");
    }
    command->add_flag("--json", decide.json, "the answer as the server gives it");
    remote_options(command, decide.remote);
    command->callback([&, explains] { run = [&, explains] { return explains ? explain_command(decide) : decide_command(decide); }; });
  }

  ReplayOptions replay;
  command = app.add_subcommand("replay", "decide recorded requests in two states of a workspace, and tell what changes");
  command->add_option("requests", replay.requests, "JSON lines: bodies of decide calls, `at` the instant beside them; `-` for stdin")
      ->required();
  command->add_option("folder", replay.folder, "the workspace folder that is tried, where `--after` names nothing else")
      ->capture_default_str();
  command->add_option("--before", replay.before,
                      "what it is compared with: a folder, a data file, `live`, `drafts`, `ID@REVISION`, `recorded`; default: live");
  command->add_option("--after", replay.after, "what is tried: the same, but `recorded`; default: the folder");
  command->add_option("--at", replay.at, "the instant of requests that have none; default now");
  command->add_option("--examples", replay.examples, "of each change")->check(CLI::Range(0, 100))->capture_default_str();
  command->add_option("--record", replay.record,
                      "write each request with its answer after, as `--before recorded` and `assess --recorded` read it");
  command->add_flag("--fail-on-change", replay.fail_on_change, "exit 1 if any answer changes");
  command->add_flag("--json", replay.json, "the report as JSON");
  remote_options(command, replay.remote);
  command->callback([&] { run = [&] { return replay_command(replay); }; });

  AssessOptions assess;
  command = app.add_subcommand("assess", "test whether experiments and buckets split as declared");
  command->add_option("folder", assess.folder, "a workspace folder; default: the server or data file, or else this folder");
  command->add_option("--ids", assess.ids, "a file of identities, one a line; `-` for stdin; default: generated ones");
  command->add_option("--generate", assess.generate, "how many identities to make up, the same every time")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  command->add_option("--prefix", assess.prefix, "what generated identities begin with");
  command->add_option("--recorded", assess.recorded, "recorded requests with their answers: did each treatment get its share?");
  command->add_option("--alpha", assess.alpha, "how rarely a fair split may be called unfair, each test")
      ->check(CLI::Range(1e-12, 0.5))
      ->capture_default_str();
  command->add_flag("--json", assess.json, "as JSON");
  remote_options(command, assess.remote);
  command->callback([&] { run = [&] { return assess_command(assess); }; });

  EvalOptions eval;
  command = app.add_subcommand("eval", "run policies alone: `return function(p, request) … end`, a file each");
  command->add_option("files", eval.files, "Lua files; all run in one worker, a line of JSON for each")->required();
  command->add_option("--context", eval.context, "what they are called with: a JSON file, `-` for stdin, or JSON itself");
  command->add_option("--role", eval.role, "whose budget and arguments")
      ->check(CLI::IsMember({"targeting", "schedule", "conflict", "content"}))
      ->capture_default_str();
  command->add_option("--repeat", eval.repeat, "calls of each; the line is about the slowest")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command->add_flag("--json", eval.json, "JSON on a terminal too");
  command->callback([&] { run = [&] { return eval_command(eval); }; });

  ReplOptions repl;
  command = app.add_subcommand("repl", "a conversation with a workspace folder: decide, evaluate Lua, move the clock");
  command->add_option("folder", repl.folder, "the workspace, taken as if all of it were live")->capture_default_str();
  command->add_option("--profile", repl.profile, "attributes to begin with: a JSON file, or JSON itself");
  command->add_option("--identity", repl.identity, "`namespace:id`");
  command->add_option("--at", repl.at, "the instant to begin at; default now");
  command->callback([&] { run = [&] { return repl_command(repl); }; });

  PreviewOptions preview;
  command = app.add_subcommand("preview", "render an experience for profiles, whoever may see it");
  command->add_option("id", preview.id, "the experience")->required();
  command->add_option("folder", preview.folder, "the workspace")->capture_default_str();
  command->add_option("--profile", preview.profile, "JSON or CSV file, a row each profile; `-` for stdin; or JSON itself");
  command->add_option("--at", preview.at, "the instant");
  command->add_flag("--json", preview.json, "as JSON lines");
  command->callback([&] { run = [&] { return preview_command(preview); }; });

  ServeOptions serve;
  command = app.add_subcommand("serve", "serve workspaces over HTTP");
  command->add_option("folders", serve.folders, "workspace folders whose configuration and drafts are taken in at the start");
  command->add_option(
      "--data", serve.data,
      "the data file; it is made if missing; `memory:` for none; default: footlight.db, of a delivery node footlight-node.db");
  command->add_option("--role", serve.role, "all: authoring and decisions; delivery: decisions only, following a control process")
      ->check(CLI::IsMember({"all", "delivery"}))
      ->capture_default_str();
  command->add_option("--control", serve.control, "of a delivery node: URL of the control process");
  command->add_option("--token", serve.token, "of a delivery node: a token of the role node; default: $FOOTLIGHT_TOKEN");
  command->add_option("--node", serve.node, "of a delivery node: its name, unique; default: made of the host's name and the data file");
  command->add_option("--listen", serve.listen, "address and port")->capture_default_str();
  command->add_option("--window", serve.window, "the propagation window, at most 15m")->capture_default_str();
  command->add_option("--workers", serve.workers, "worker threads")->check(CLI::Range(1, 64))->capture_default_str();
  command->add_flag("--quiet", serve.quiet, "log warnings and errors only");
  command->add_option("--record", serve.record,
                      "a file that gets a JSON line for each decision, with the whole request, as `replay` reads them");
  command->add_option("--record-share", serve.record_share, "the share of decisions that is recorded, from 0 to 1")->capture_default_str();
  command->add_option("--record-size", serve.record_bytes, "then FILE becomes FILE.1 and so on: `256MB`")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str();
  command->add_option("--record-files", serve.record_files, "so many are kept")->capture_default_str();
  command->add_option("--record-without", serve.record_without,
                      "a part of requests that is left out: `identity`, `attributes.person`, `context.ip`; may be repeated");
  command->callback([&] { run = [&] { return serve.role == "delivery" ? deliver_command(serve) : serve_command(serve); }; });

  VerbOptions verb;
  command = app.add_subcommand("push", "send a folder's configuration, and each experience as a draft");
  command->add_option("folder", verb.folder, "the workspace")->capture_default_str();
  remote_options(command, verb.remote);
  command->callback([&] { run = [&] { return push_command(verb); }; });

  for (const Verb& row : verbs) {
    const std::string word = row.name;
    command = app.add_subcommand(word, row.help);
    command->add_option("id", verb.id, "the experience")->required();
    if (word == "create" || word == "edit") {
      command->add_option("folder", verb.folder, "the workspace folder that declares it")->capture_default_str();
      command->add_option("--file", verb.file, "a JSON definition instead, `-` for stdin");
    }
    if (word == "submit")
      command->add_flag("--activate-on-approval", verb.activate_on_approval,
                        "the last approval that is needed activates it, if you or that approver may");
    if (word == "approve") command->add_option("--hash", verb.hash, "of the reviewed revision; default: the newest");
    if (word == "duplicate") {
      command->add_option("new_id", verb.new_id, "id of the duplicate");
      command->add_option("--revision", verb.revision, "which revision; default: the newest");
    }
    command->add_option("--message", verb.message, "why, for the journal");
    command->add_option("--expect", verb.expected, "refuse unless this is the newest revision");
    command->add_option("--key", verb.key, "idempotency key: a retry has one effect");
    command->add_flag("--json", verb.json, "the answer as JSON");
    remote_options(command, verb.remote);
    command->callback([&, word] {
      run = [&, word] {
        verb.verb = word;
        return verb_command(verb);
      };
    });
  }

  command = app.add_subcommand("list", "all experiences with their status");
  command->add_flag("--json", verb.json, "as JSON");
  remote_options(command, verb.remote);
  command->callback([&] { run = [&] { return list_command(verb); }; });

  command = app.add_subcommand("show", "one experience: status, revisions, definition");
  command->add_option("id", verb.id, "the experience")->required();
  command->add_flag("--json", verb.json, "as JSON");
  remote_options(command, verb.remote);
  command->callback([&] { run = [&] { return show_command(verb); }; });

  DiffOptions diff;
  command = app.add_subcommand("diff", "two revisions side by side: what changed, section by section");
  command->add_option("id", diff.id, "the experience")->required();
  command->add_option("from,--from", diff.from, "a number, `live`, `draft` or `newest`; default: what is live, or the revision before");
  command->add_option("to,--to", diff.to, "likewise; default: the newest");
  command->add_flag("--json", diff.json, "as JSON");
  remote_options(command, diff.remote);
  command->callback([&] { run = [&] { return diff_command(diff); }; });

  command = app.add_subcommand("review", "what activating it would put live: content, audience, checks, clashes, approvals, when");
  command->add_option("id", diff.id, "the experience")->required();
  command->add_flag("--json", diff.json, "as JSON");
  remote_options(command, diff.remote);
  command->callback([&] { run = [&] { return review_command(diff); }; });

  AuditOptions audit;
  command = app.add_subcommand("audit", "the journal: who did what, when");
  command->add_option("id", audit.id, "only this experience");
  command->add_flag("--json", audit.json, "as JSON lines, with the hashes of the content before and after each change, and the request");
  remote_options(command, audit.remote);
  CLI::App* verify =
      command->add_subcommand("verify", "recompute the hash chain: of a data file, also while a server has it open, or on a server");
  remote_options(verify, audit.remote);
  command->callback([&, verify] { run = [&, verify] { return verify->parsed() ? audit_verify_command(audit) : audit_command(audit); }; });

  BackupOptions backup;
  command = app.add_subcommand("backup", "copy a data file whole while it is in use");
  command->add_option("file", backup.file, "the copy; it must not be there yet")->required();
  command->add_option("--data", backup.remote.data, "the data file, also while a server has it open");
  command->add_option("--server", backup.remote.server, "URL of a server instead; default: $FOOTLIGHT_SERVER");
  command->add_option("--token", backup.remote.token, "an admin's token of all workspaces; default: $FOOTLIGHT_TOKEN");
  command->callback([&] { run = [&] { return backup_command(backup); }; });

  command = app.add_subcommand("restore", "make a data file from a backup, fenced until its epoch is bumped");
  command->add_option("file", backup.file, "the backup")->required();
  command->add_option("--data", backup.remote.data, "the data file to make; it must not be there")->required();
  command->callback([&] { run = [&] { return restore_command(backup); }; });

  command = app.add_subcommand("epoch_bump", "after a restore: stop everything old and open the store");
  command->add_option("--message", verb.message, "why, for the journal");
  command->add_option("--key", verb.key, "idempotency key: a retry has one effect");
  command->add_flag("--json", verb.json, "the answer as JSON");
  remote_options(command, verb.remote);
  command->callback([&] {
    run = [&] {
      verb.verb = "epoch_bump";
      return verb_command(verb);
    };
  });

  StatusOptions status;
  command = app.add_subcommand("status", "how far a publish has got, node by node; without an id: the delivery nodes");
  command->add_option("id", status.id, "the experience");
  command->add_flag("--watch", status.watch, "until it is everywhere, a line for each change");
  command->add_flag("--json", status.json, "as JSON");
  remote_options(command, status.remote);
  command->callback([&] { run = [&] { return status_command(status); }; });

  TokenOptions token;
  command = app.add_subcommand("token", "make, list and revoke tokens");
  command->add_option("action", token.action, "what to do")->required()->check(CLI::IsMember({"create", "list", "revoke"}));
  command->add_option("--name", token.name, "the actor it speaks for");
  command->add_option("--role", token.roles, "viewer, author, approver, publisher, admin, delivery or node; several allowed")
      ->delimiter(',');
  command->add_option("--for", token.workspace, "the workspace it opens, `*` for all; default: your own");
  remote_options(command, token.remote);
  command->callback([&] { run = [&] { return token_command(token); }; });

  BenchOptions bench;
  CLI::App* benches = app.add_subcommand("bench", "measure");
  benches->require_subcommand(1);
  command = benches->add_subcommand("decide", "run a decide-workload/1 through the engine");
  command->add_option("--workload", bench.workload, "folder with workload.json, requests.jsonl, expected.jsonl")->required();
  command->add_flag("--check", bench.check, "compare every answer with expected.jsonl");
  command->add_option("--answers", bench.answers, "write the answers to a file");
  command->add_flag("--opaque", bench.opaque, "audiences as functions that stay Lua, in the place of conditions");
  command->add_option("--rounds", bench.rounds, "times through all requests")->check(CLI::Range(1, 1000))->capture_default_str();
  command->add_option("--threads", bench.threads, "answer on so many threads too, and tell what that makes of one's answers")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command->add_flag("--json", bench.json, "JSON on a terminal too");
  command->callback([&] { run = [&] { return bench_decide_command(bench); }; });

  BenchPoliciesOptions bench_policies;
  command = benches->add_subcommand("policies", "what each experience and policy of a workspace costs, the most costly first");
  command->add_option("folder", bench_policies.folder, "the workspace, taken as if all of it were live")->capture_default_str();
  command->add_option("--requests", bench_policies.requests, "JSON lines, as `replay` reads them")->required();
  command->add_option("--at", bench_policies.at, "the instant of requests that have none; default now");
  command->add_option("--rounds", bench_policies.rounds, "times through all requests")->check(CLI::Range(1, 1000))->capture_default_str();
  command->add_option("--top", bench_policies.top, "how many are listed")->check(CLI::Range(1, 100'000))->capture_default_str();
  command->add_flag("--json", bench_policies.json, "figures as JSON, all of them");
  command->callback([&] { run = [&] { return bench_policies_command(bench_policies); }; });

  SimOptions sim;
  command = app.add_subcommand("sim", "try a deployment in miniature: random histories, each judged, or your own (`--driver`)");
  command->add_flag("--driver", sim.is_driver, "read one JSON operation a line, print one JSON outcome a line");
  command->add_option("--histories", sim.histories, "how many, a seed each")->check(CLI::Range(1, 100'000'000))->capture_default_str();
  command->add_option("--ops", sim.operations, "operations of a history")->check(CLI::Range(1, 1'000'000))->capture_default_str();
  command->add_option("--nodes", sim.nodes, "delivery nodes; default: one to four, by the seed")->check(CLI::Range(1, 100));
  command->add_option("--seed", sim.seed, "of the first history")->capture_default_str();
  command->callback([&] { run = [&] { return sim_command(sim); }; });

  std::string topic, subject;
  command = app.add_subcommand("help", "help on a subject: `help stop`, `help lua`, `help lua string.rep`, `help errors`");
  command->add_option("topic", topic, "a command, `lua`, or `errors`")->required()->check(CLI::IsMember({"lua", "errors"}));
  command->add_option("name", subject, "one name");
  command->callback([&] { run = [&] { return topic == "lua" ? help_lua_command(subject) : help_errors_command(subject); }; });

  std::vector<std::string> pages = docs_topics();
  pages.insert(pages.end(), {"man", "completion"});
  command = app.add_subcommand("docs", "print a reference page of docs/reference, the manual, or the completion for bash");
  command->add_option("page", topic, "which page")->required()->check(CLI::IsMember(pages));
  command->callback([&] {
    run = [&] {
      if (topic != "man" && topic != "completion") return docs_command(topic);
      const std::string text = topic == "man" ? manual_page(manual_of(&app)) : bash_completion(manual_of(&app));
      return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0 ? 0
                                                                                                         : row(Code::internal).exit_code;
    };
  });

  // `help stop` is `stop --help`, and `help` alone `--help`.
  std::vector<std::string> words(argv + 1, argv + argc);
  if (words == std::vector<std::string>{"help"}) words = {"--help"};
  const auto is_asked_about = [&](const CLI::App* one) { return words.size() == 2 && words[0] == "help" && words[1] == one->get_name(); };
  for (const CLI::App* known : app.get_subcommands({}))
    if (is_asked_about(known)) words = {known->get_name(), "--help"};
  std::reverse(words.begin(), words.end());  // as the parser takes them
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : row(Code::usage).exit_code;
  }
  return run();
}
