// footlight repl: a conversation with a workspace folder, on a clock that stands still until it is told to go.
//
// A line is a command (`on hero`, `explain hero`, `profile {…}`, `at …`, `advance 15m`, …) or Lua, which is run as a policy is:
// in the sandbox, with `p` and `request` as functions see them. Keys, completion and history are libedit's;
// where standard input is no terminal, lines are read plainly, so that a session can be written down and tested.
#include <editline/readline.h>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <map>

#include "app/commands.h"
#include "app/host.h"
#include "app/inputs.h"
#include "app/terminal.h"
#include "base/limits.h"
#include "base/text.h"
#include "bindings/lua/module.h"
#include "engine/decide.h"
#include "script/policies.h"
#include "script/workspace_files.h"

namespace footlight {
namespace {

class Session {
 public:
  static Result<std::unique_ptr<Session>> open(const ReplOptions& options) {
    std::unique_ptr<Session> session(new Session(options.folder));
    if (auto loaded = session->reload(); !loaded) return loaded.error();
    auto now = read_instant(options.at, session->loaded_.workspace.zone);
    if (!now) return now.error();
    session->now_ = *now;
    auto profile = read_profile(options.profile);
    if (!profile) return profile.error();
    session->profile_ = std::move(*profile);
    session->identity_ = parse_identity(options.identity);
    return session;
  }

  // Answers one line; false ends the conversation.
  bool answer(std::string_view line) {
    line = trim(line);
    if (line.empty() || line.starts_with("--")) return true;
    const auto blank = line.find_first_of(" \t");
    const std::string_view word = line.substr(0, blank);
    const std::string rest(blank == line.npos ? "" : trim(line.substr(blank)));
    if (word == "quit" || word == "exit") return false;
    for (const Command& command : commands())
      // `on = 1` is Lua, whatever it is called.
      if (command.name == word && !rest.starts_with("=")) {
        if (auto done = (this->*command.run)(rest); !done) fail(done.error());
        return true;
      }
    if (auto done = lua(std::string(line)); !done) fail(done.error());
    return true;
  }

  // Words that may stand where `text` has begun.
  std::vector<std::string> completions(const std::string& line, const std::string& text) const {
    std::vector<std::string> words;
    const std::string_view before = trim(std::string_view(line).substr(0, line.size() - text.size()));
    if (before == "on" || before == "explain") {
      for (const Configuration& configuration : loaded_.workspace.configurations) words.push_back(configuration.name);
    } else {
      if (before.empty())
        for (const Command& command : commands()) words.emplace_back(command.name);
      for (const auto& [name, type] : loaded_.workspace.attributes) words.push_back(before == "set" ? name : "p." + name);
      for (const LuaModule& module : lua_modules())
        for (const LuaFunction& row : module.functions)
          words.push_back(*module.name ? std::string(module.name) + "." + row.name : std::string(row.name));
      for (const LuaFunction& row : policy_words().functions) words.emplace_back(row.name);
    }
    std::erase_if(words, [&](const std::string& known) { return !known.starts_with(text); });
    std::sort(words.begin(), words.end());
    return words;
  }

  std::string greeting() const {
    return loaded_.workspace.name + ": " + std::to_string(loaded_.experiences.size()) + " experiences as if all were live, at " + clock() +
        "; `help` lists the commands";
  }

 private:
  struct Command {
    std::string_view name, usage, help;
    Status (Session::*run)(const std::string& rest);
  };
  static const std::vector<Command>& commands() {
    static const std::vector<Command> table = {
        {"on", "on SURFACE…", "what is shown there now", &Session::on},
        {"explain", "explain SURFACE…", "why each candidate is shown or not", &Session::explain},
        {"profile", "profile [JSON]", "shows the visitor's attributes, or replaces them", &Session::profile},
        {"set", "set NAME [JSON]", "one attribute; without a value it becomes absent", &Session::set},
        {"identity", "identity [NAMESPACE:ID]", "who asks", &Session::identity},
        {"at", "at [TIME]", "shows the clock, or puts it", &Session::at},
        {"advance", "advance DURATION", "the clock goes on: `15m`, `1d`", &Session::advance},
        {"reload", "reload", "reads the folder again", &Session::reload_again},
        {"help", "help", "this list; `footlight help lua NAME` explains a function", &Session::help},
        {"quit", "quit", "the end; so is the end of input", &Session::help},
    };
    return table;
  }

  explicit Session(std::string folder) : folder_(std::move(folder)) {}

  Status reload() {
    const auto files = disk_files(folder_);
    LoadedWorkspace loaded = load_workspace(*files, policies_);
    if (has_errors(loaded.problems)) return refuse(Code::validation_failed, std::move(loaded.problems), "the workspace has problems");
    auto snapshot = Snapshot::compile(everything_live(loaded), policies_);
    if (!snapshot) return snapshot.error();
    auto runner = LuaPolicyRunner::create(*snapshot);
    if (!runner) return runner.error();
    loaded_ = std::move(loaded);
    snapshot_ = std::move(*snapshot);
    runner_ = std::move(*runner);
    vm_.reset();
    return Done{};
  }
  Status reload_again(const std::string&) {
    auto loaded = reload();
    if (loaded) std::printf("%s\n", greeting().c_str());
    return loaded;
  }

  std::string clock() const {
    auto zone = Zone::find(loaded_.workspace.zone);
    return zone ? to_text(now_, *zone) : to_text(now_);
  }

  Result<Request> request(const std::vector<std::string>& uris) const {
    Problems problems;
    Object document{{"attributes", profile_}, {"surfaces", Array(uris.begin(), uris.end())}};
    if (!identity_.id.empty()) document["identity"] = Object{{"namespace", identity_.space}, {"id", identity_.id}};
    Request request = parse_request(Value(std::move(document)), now_, problems);
    if (has_errors(problems)) return refuse(Code::bad_request, std::move(problems), "the request has problems");
    return request;
  }

  Result<Decision> decided(const std::string& rest) {
    std::vector<std::string> uris;
    for (const std::string_view word : split(rest, ' ')) {
      if (word.empty()) continue;
      auto uri = surface_uri(std::string(word), loaded_.workspace);
      if (!uri) return uri.error();
      uris.push_back(std::move(*uri));
    }
    if (uris.empty()) return refuse(Code::usage, "name a surface: a configuration's name or a URI");
    auto asked = request(uris);
    if (!asked) return asked.error();
    return decide(*snapshot_, *asked, *runner_, {.explain = true});
  }

  Status on(const std::string& rest) {
    auto decision = decided(rest);
    if (!decision) return decision.error();
    if (decision->propositions.empty()) std::printf("nothing\n");
    for (const Proposition& proposition : decision->propositions)
      std::printf("%s%s%s\n  %s\n", painted(proposition.experience.empty() ? "(default)" : proposition.experience, Paint::strong).c_str(),
                  proposition.element.empty() ? "" : "  ", proposition.element.c_str(), proposition.content.c_str());
    return Done{};
  }

  Status explain(const std::string& rest) {
    auto decision = decided(rest);
    if (!decision) return decision.error();
    for (const SurfaceTrace& trace : decision->trace) {
      std::printf("%s\n", painted(trace.surface, Paint::strong).c_str());
      for (const CandidateTrace& candidate : trace.candidates)
        std::printf("  %s  %s%s  %d  %s%s%s%s%s\n", candidate.fate == Fate::shown ? "✔" : "✘", candidate.experience.c_str(),
                    candidate.element.empty() ? "" : (" [" + candidate.element + "]").c_str(), candidate.priority,
                    std::string(to_text(candidate.fate)).c_str(), candidate.reason.empty() ? "" : ": ", candidate.reason.c_str(),
                    candidate.place.empty() ? "" : "  ", candidate.place.c_str());
      if (!trace.note.empty()) std::printf("  %s\n", trace.note.c_str());
      for (const std::string& line : trace.log) std::printf("  log  %s\n", line.c_str());
    }
    return Done{};
  }

  Status profile(const std::string& rest) {
    if (!rest.empty()) {
      auto value = parse_json(rest);
      if (!value) return refuse(Code::bad_json, "the profile: " + value.error().message);
      if (!value->is_object()) return refuse(Code::usage, "a profile is a JSON object of attributes");
      profile_ = std::move(*value);
    }
    std::printf("%s\n", to_json(profile_).c_str());
    return Done{};
  }

  Status set(const std::string& rest) {
    const auto blank = rest.find(' ');
    const std::string name = rest.substr(0, blank);
    if (name.empty()) return refuse(Code::usage, "name an attribute: `set cart.total 60`");
    Value value;
    if (blank != std::string::npos) {
      auto parsed = parse_json(trim(std::string_view(rest).substr(blank)));
      if (!parsed) return refuse(Code::bad_json, "`" + name + "`: " + parsed.error().message + "; text stands in double quotes");
      value = std::move(*parsed);
    }
    Object* holder = &profile_.object();
    const std::vector<std::string_view> parts = split(name, '.');
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      Value& inner = (*holder)[std::string(parts[i])];
      if (!inner.is_object()) inner = Object{};
      holder = &inner.object();
    }
    if (value.is_null()) holder->erase(std::string(parts.back()));
    else (*holder)[std::string(parts.back())] = std::move(value);
    std::printf("%s\n", to_json(profile_).c_str());
    return Done{};
  }

  Status identity(const std::string& rest) {
    if (!rest.empty()) identity_ = parse_identity(rest);
    std::printf("%s\n", identity_.id.empty() ? "nobody known" : (identity_.space + ":" + identity_.id).c_str());
    return Done{};
  }

  Status at(const std::string& rest) {
    if (!rest.empty()) {
      auto instant = read_instant(rest, loaded_.workspace.zone);
      if (!instant) return instant.error();
      now_ = *instant;
    }
    std::printf("%s\n", clock().c_str());
    return Done{};
  }

  Status advance(const std::string& rest) {
    auto duration = parse_duration(rest);
    if (!duration) return duration.error();
    now_ = now_ + *duration;
    return at("");
  }

  Status help(const std::string&) {
    std::vector<std::vector<std::string>> rows;
    for (const Command& command : commands()) rows.push_back({"  " + std::string(command.usage), std::string(command.help)});
    rows.push_back({"  anything else", "Lua, with `p` and `request`: `p.cart.total > 50`"});
    std::fputs(table(rows).c_str(), stdout);
    return Done{};
  }

  // As an expression where it is one, else as statements.
  Status lua(const std::string& line) {
    if (!vm_ || vm_->needs_rebuild()) {
      auto vm = Vm::create();
      if (!vm) return vm.error();
      vm_.emplace(std::move(*vm));
      auto helpers = policy_helpers(*vm_);
      if (!helpers) return helpers.error();
      helpers_ = std::move(*helpers);
    }
    std::string source = "return function(p, request) return " + line + "\nend";
    if (!read_chunk(source, "input", Mode::policy)) source = "return function(p, request) " + line + "\nend";
    const Budget budget{.fuel = limits::fuel_policy, .deadline = limits::script_deadline};
    auto made = load_policy(*vm_, source, "input", helpers_, budget);
    if (auto* none = std::get_if<NoPolicy>(&made)) return *none->outcome.error;
    // Attributes that hold others read as views, as they do in a policy.
    std::vector<std::string> names;
    for (const auto& [name, type] : loaded_.workspace.attributes) names.push_back(name);
    const auto objects = object_paths(names);
    auto asked = request({"repl://input/#input"});
    if (!asked) return asked.error();
    const Value about =
        Object{{"identity", Object{{"namespace", identity_.space}, {"id", identity_.id}}}, {"context", Object{}}, {"now", to_text(now_)}};
    const ValueView p(asked->attributes, &objects), request(about);
    ScriptOutcome outcome = call_policy(*vm_, std::get<PolicyFunction>(made), {&p, &request}, budget);
    release_policy(*vm_, std::get<PolicyFunction>(made));
    for (const std::string& text : outcome.log) std::printf("log  %s\n", text.c_str());
    if (!outcome.ok()) return *outcome.error;
    std::printf("%s\n", outcome.value.is_null() ? "nil" : to_json(outcome.value).c_str());
    return Done{};
  }

  std::string folder_;
  LuaPolicyCompiler policies_;
  LoadedWorkspace loaded_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::unique_ptr<LuaPolicyRunner> runner_;
  std::optional<Vm> vm_;
  Environment helpers_;
  Value profile_ = Object{};
  Identity identity_;
  Instant now_;
};

// libedit asks through plain functions, on this thread.
Session* completing = nullptr;

char** complete(const char* text, int, int end) {
  rl_attempted_completion_over = 1;  // never file names
  const std::vector<std::string> words = completing->completions(std::string(rl_line_buffer, static_cast<std::size_t>(end)), text);
  if (words.empty()) return nullptr;
  // As readline wants it: what all have in common, each of them, null; all from malloc.
  std::string common = words[0];
  for (const std::string& word : words)
    common.resize(static_cast<std::size_t>(std::mismatch(common.begin(), common.end(), word.begin(), word.end()).first - common.begin()));
  char** list = static_cast<char**>(std::malloc((words.size() + 2) * sizeof(char*)));
  if (!list) return nullptr;
  std::size_t i = 0;
  list[i++] = ::strdup(common.c_str());
  if (words.size() > 1)
    for (const std::string& word : words) list[i++] = ::strdup(word.c_str());
  list[i] = nullptr;
  return list;
}

// $XDG_STATE_HOME/footlight/history, or below ~/.local/state; empty where there is neither.
std::string history_file() {
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");
  if (!(state && *state) && !(home && *home)) return "";
  const std::filesystem::path folder =
      std::filesystem::path(state && *state ? std::string(state) : std::string(home) + "/.local/state") / "footlight";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  return error ? "" : (folder / "history").string();
}

constexpr int history_lines_max = 1'000;

}  // namespace

int repl_command(const ReplOptions& options) {
  auto session = Session::open(options);
  if (!session) return fail(session.error());
  if (!::isatty(STDIN_FILENO)) {
    for (std::string line; std::getline(std::cin, line);)
      if (!(*session)->answer(line)) break;
    return 0;
  }
  std::printf("%s\n", (*session)->greeting().c_str());
  completing = session->get();
  rl_initialize();
  rl_attempted_completion_function = complete;
  rl_completer_word_break_characters = const_cast<char*>(" \t\n\"'()[]{}<>=,;:+-*/%^#~");
  const std::string history = history_file();
  stifle_history(history_lines_max);
  if (!history.empty()) read_history(history.c_str());
  while (char* line = readline("footlight> ")) {
    const std::string text(line);
    std::free(line);
    if (!trim(text).empty()) add_history(text.c_str());
    if (!(*session)->answer(text)) break;
  }
  if (!history.empty()) write_history(history.c_str());
  return 0;
}

}  // namespace footlight
