// The subcommands of `footlight`, one file each. main.cc reads the options; each command gets them as
// plain values and gives the process's exit code.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/remote.h"

namespace footlight {

struct InitOptions {
  std::string folder;
};
struct CheckOptions {
  std::string folder = ".", at;
  bool functions = false, json = false, overlaps = false, strict = false;
};
struct TestOptions {
  std::string folder = ".";
  std::string filter, format = "text", out;
  std::string junit;       // a file, beside what is printed
  std::string seed = "1";  // a number, or `random`
  int jobs = 0;            // 0: as many as the machine has cores
  bool update = false, watch = false;
  std::vector<std::string> coverage;  // `text`, `html`, `json`, or files that end so
  int coverage_min = 0;               // percent of everything
};
struct DecideOptionsCli {
  std::string folder;  // empty: where `remote` points, else `.`
  RemoteOptions remote;
  std::string profile;                  // a JSON file, or `-`, or JSON itself
  std::string identity;                 // `namespace:id`
  std::vector<std::string> surfaces;    // configuration names or URIs
  std::string at;                       // an instant, or civil time in the workspace's zone
  std::string context;                  // as profile
  std::string request;                  // a recorded one: `FILE:LINE`, a file, `-`, JSON itself
  std::string diff;                     // explain: an instant, or another state of the workspace
  bool brief = false, clauses = false;  // explain
  bool json = false;
};
struct ReplayOptions {
  RemoteOptions remote;
  std::string requests, folder = ".", before, after, at, record;
  int examples = 1;
  bool fail_on_change = false, json = false;
};
struct AssessOptions {
  RemoteOptions remote;
  std::string folder, ids, recorded, prefix;
  int generate = 100'000;
  double alpha = 0.001;
  bool json = false;
};
struct BenchPoliciesOptions {
  std::string folder = ".", requests, at;
  int rounds = 5, top = 10;
  bool json = false;
};
struct EvalOptions {
  std::vector<std::string> files;
  std::string context, role = "targeting";
  int repeat = 1;
  bool json = false;
};
struct ReplOptions {
  std::string folder = ".", profile, identity, at;
};
struct PreviewOptions {
  std::string folder = ".";
  std::string id, profile, at;
  bool json = false;
};
struct ServeOptions {
  std::vector<std::string> folders;
  std::string data;                  // empty: `footlight.db`, of a node `footlight-node.db`
  std::string role = "all";          // or `delivery`
  std::string control, token, node;  // of the role delivery
  std::string listen = "127.0.0.1:8787";
  std::string window = "15m";
  int workers = 1;
  bool quiet = false;
  std::string record;  // a file; empty: decisions are not recorded
  double record_share = 1;
  std::uint64_t record_bytes = 256 << 20;
  int record_files = 5;
  std::vector<std::string> record_without;
};
struct VerbOptions {
  RemoteOptions remote;
  std::string verb, id, message, hash, new_id, file, key;
  std::string folder = ".";
  int revision = 0, expected = 0;
  bool activate_on_approval = false;
  bool json = false;
};
struct DiffOptions {
  RemoteOptions remote;
  std::string id, from, to;
  bool json = false;
};
struct TokenOptions {
  RemoteOptions remote;
  std::string action, name;
  std::vector<std::string> roles;
  std::string workspace;
};
struct AuditOptions {
  RemoteOptions remote;
  std::string id;
  bool json = false;
};
struct StatusOptions {
  RemoteOptions remote;
  std::string id;
  bool watch = false;
  bool json = false;
};
struct BackupOptions {
  RemoteOptions remote;
  std::string file;
};  // restore: `remote.data` is what is made
struct BenchOptions {
  std::string workload;
  bool check = false;
  bool json = false;
  int rounds = 5;
  int threads = 1;
  bool opaque = false;
  std::string answers;
};
struct SimOptions {
  bool is_driver = false;
  int histories = 100;
  int operations = 300;
  int nodes = 0;
  std::uint64_t seed = 1;
};

int init_command(const InitOptions& options);
int check_command(const CheckOptions& options);
int test_command(const TestOptions& options);
int decide_command(const DecideOptionsCli& options);
int explain_command(const DecideOptionsCli& options);
int replay_command(const ReplayOptions& options);  // recorded requests in two states
int assess_command(const AssessOptions& options);  // do experiments split as declared?
int bench_policies_command(const BenchPoliciesOptions& options);
int eval_command(const EvalOptions& options);  // policies outside of a workspace
int repl_command(const ReplOptions& options);
int preview_command(const PreviewOptions& options);
int serve_command(const ServeOptions& options);
int deliver_command(const ServeOptions& options);  // serve --role delivery
int status_command(const StatusOptions& options);
int push_command(const VerbOptions& options);  // a folder's configuration and drafts
int verb_command(const VerbOptions& options);  // create, edit, submit … duplicate
int diff_command(const DiffOptions& options);
int review_command(const DiffOptions& options);
int list_command(const VerbOptions& options);
int show_command(const VerbOptions& options);
int token_command(const TokenOptions& options);
int audit_command(const AuditOptions& options);
int audit_verify_command(const AuditOptions& options);
int backup_command(const BackupOptions& options);
int restore_command(const BackupOptions& options);
int bench_decide_command(const BenchOptions& options);
int sim_command(const SimOptions& options);  // random histories, or the driver
int help_lua_command(const std::string& name);
int help_errors_command(const std::string& name);
int docs_command(const std::string& topic);  // a reference page, as Markdown
std::vector<std::string> docs_topics();

}  // namespace footlight
