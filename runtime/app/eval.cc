// footlight eval: policies tried alone, on a context, outside of any workspace; also whole corpora of them.
//
// All files run in one worker, as a server's policies do, so that what one does to another would show.
// A line of JSON for each, in the order of the files:
//   {"file": …, "outcome": "value" | "rejected" | "stopped" | "failed", "code": …, "place": …, "message": …,
//    "result": …, "fuel": …, "microseconds": …, "peak_bytes": …, "log": […]}
// rejected: it never ran, because it cannot be read or is no policy. stopped: a budget ended it. failed: an
// error of its own, or an answer that is none. With --repeat the line is about the slowest call, and
// `"answers"` tells how many different ones there were: one, unless there is a defect of ours.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <map>
#include <set>

#include "app/commands.h"
#include "app/inputs.h"
#include "app/terminal.h"
#include "base/limits.h"
#include "base/text.h"
#include "http/message.h"
#include "script/declarations.h"
#include "script/files.h"
#include "script/policies.h"
#include "script/policy_function.h"
#include "script/selftest.h"

namespace footlight {
namespace {

struct RoleRow {
  std::string_view name;
  long fuel;
};
constexpr RoleRow roles[] = {{"targeting", limits::fuel_predicate},
                             {"schedule", limits::fuel_policy},
                             {"conflict", limits::fuel_policy},
                             {"content", limits::fuel_policy}};

// What a policy is called with, as its role is: the context itself is the visitor, the candidates or the
// moment; `request` is its member of that name, where there is one.
class Lent {
 public:
  Lent(const Value& context, std::string_view role) {
    if (role == "conflict") {
      const Value* candidates = context.is_array() ? &context : context.find("candidates");
      first_ = candidates ? *candidates : Value(Array{});
    } else if (role == "schedule" && context.find("now") && context.find("now")->is_object()) {
      first_ = *context.find("now");
    } else if (context.is_object()) {
      first_view_.emplace(context);
    } else {
      first_ = context;
    }
    if (const Value* request = context.find("request"); request && request->is_object()) request_ = *request;
    request_view_.emplace(request_);
  }
  Lent(const Lent&) = delete;

  Arguments arguments() const {
    Arguments arguments;
    if (first_view_) arguments.push_back(&*first_view_);
    else arguments.push_back(first_);
    arguments.push_back(&*request_view_);
    return arguments;
  }

 private:
  Value first_;
  Value request_ = Object{};
  std::optional<ValueView> first_view_, request_view_;
};

// One Lua state for all files, made anew only when its memory did not come back.
class Worker {
 public:
  static Result<Worker> create() {
    Worker worker;
    if (auto made = worker.renew(); !made) return made.error();
    return worker;
  }
  Status renew() {
    auto vm = Vm::create();
    if (!vm) return vm.error();
    vm_.emplace(std::move(*vm));
    auto helpers = policy_helpers(*vm_);
    if (!helpers) return helpers.error();
    helpers_ = std::move(*helpers);
    return Done{};
  }
  Vm& vm() { return *vm_; }
  const Environment& helpers() const { return helpers_; }

 private:
  std::optional<Vm> vm_;
  Environment helpers_;
};

std::string outcome_of(const ScriptOutcome& outcome, bool is_rejected) {
  if (outcome.ok()) return "value";
  if (outcome.stopped()) return "stopped";
  return is_rejected ? "rejected" : "failed";
}

// Of this thread's own time: what a busy machine does in between is not the policy's.
std::int64_t microseconds_of(const auto& work) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<std::int64_t>(time.tv_sec) * 1'000'000 + time.tv_nsec / 1'000;
  };
  const std::int64_t begin = now();
  work();
  return now() - begin;
}

Object line_of(const std::string& file, const ScriptOutcome& outcome, bool is_rejected, std::int64_t microseconds) {
  Object line{{"file", as_utf8(file)},
              {"outcome", outcome_of(outcome, is_rejected)},
              {"fuel", static_cast<std::int64_t>(outcome.fuel_used)},
              {"microseconds", microseconds},
              {"peak_bytes", outcome.peak_bytes}};
  if (outcome.ok()) {
    line["result"] = outcome.value;
  } else {
    line["code"] = name(outcome.error->code);
    const Problems& problems = outcome.error->problems;
    line["place"] = problems.empty() ? "" : as_utf8(problems[0].place);
    line["message"] = as_utf8(problems.empty() ? outcome.error->message : problems[0].message);
    if (problems.size() > 1) {
      Array all;
      for (const Problem& problem : problems) all.push_back(as_utf8(to_line(problem)));
      line["problems"] = std::move(all);
    }
  }
  if (!outcome.log.empty()) {
    line["log"] = Array(outcome.log.begin(), outcome.log.end());
    if (outcome.log_dropped > 0) line["log_dropped"] = outcome.log_dropped;
  }
  return line;
}

// The folder that names of modules count from: the nearest around the file that is a workspace, else its own.
std::string workspace_of(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  for (fs::path path = fs::absolute(folder, error).lexically_normal();; path = path.parent_path()) {
    if (fs::exists(path / "workspace.lua", error) || fs::exists(path / "workspace.json", error)) return path.string();
    if (path == path.parent_path()) return folder;
  }
}

Object evaluate(Worker& worker, const std::string& file, const EvalOptions& options, const RoleRow& role, const Lent& lent) {
  ScriptOutcome outcome;
  const auto refused = [&](Error error) {
    outcome.error = std::move(error);
    return line_of(file, outcome, true, 0);
  };
  const auto slash = file.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : file.substr(0, slash + 1);
  auto source = disk_files(folder)->read(slash == std::string::npos ? file : file.substr(slash + 1), limits::script_bytes_max);
  if (!source) return refused(source.error());
  // With modules it is what would be published: the text that stands on its own.
  std::map<std::string, std::string> places;
  if (source->find("require") != std::string::npos) {
    const auto files = disk_files(workspace_of(folder));
    auto reader = DeclarationReader::create({}, files.get());
    if (!reader) return refused(reader.error());
    auto text = reader->policy(*source, file);
    if (!text) return refused(text.error());
    source = std::move(text->lua);
    places = std::move(text->places);
  }
  const auto with_place = [&](ScriptOutcome told) {
    if (told.error)
      for (Problem& problem : told.error->problems)
        if (const auto colon = problem.place.rfind(':'); colon != std::string::npos)
          if (const auto known = places.find(problem.place.substr(colon + 1)); known != places.end()) problem.place = known->second;
    return told;
  };
  if (worker.vm().needs_rebuild())
    if (auto renewed = worker.renew(); !renewed) return refused(renewed.error());

  const Budget budget{.fuel = role.fuel, .deadline = limits::script_deadline};
  std::optional<std::variant<PolicyFunction, NoPolicy>> loaded;
  const std::int64_t loading = microseconds_of([&] {
    loaded = load_policy(worker.vm(), *source, file, worker.helpers(), {.fuel = limits::fuel_policy, .deadline = limits::script_deadline});
  });
  if (auto* none = std::get_if<NoPolicy>(&*loaded)) return line_of(file, with_place(none->outcome), none->is_rejected, loading);

  PolicyFunction policy = std::get<PolicyFunction>(*loaded);
  Object slowest;
  std::set<std::string> answers;
  for (int i = 0; i < options.repeat; ++i) {
    const std::int64_t took = microseconds_of([&] { outcome = call_policy(worker.vm(), policy, lent.arguments(), budget); });
    Object line = line_of(file, with_place(outcome), false, took);
    Object answer = line;
    answer.erase("microseconds");
    answer.erase("peak_bytes");
    answers.insert(to_json(Value(std::move(answer))));
    if (slowest.empty() || slowest["microseconds"].number() < static_cast<double>(took)) slowest = std::move(line);
    if (worker.vm().needs_rebuild()) {
      if (auto renewed = worker.renew(); !renewed) return refused(renewed.error());
      auto again =
          load_policy(worker.vm(), *source, file, worker.helpers(), {.fuel = limits::fuel_policy, .deadline = limits::script_deadline});
      if (auto* none = std::get_if<NoPolicy>(&again)) return line_of(file, with_place(none->outcome), none->is_rejected, took);
      policy = std::get<PolicyFunction>(again);
    }
  }
  release_policy(worker.vm(), policy);
  slowest["load_microseconds"] = loading;
  if (options.repeat > 1) {
    slowest["calls"] = options.repeat;
    slowest["answers"] = answers.size();
  }
  return slowest;
}

void print_for_people(const Object& line) {
  const Value row(line);
  const std::string outcome = row.string_or("outcome", "");
  const bool is_value = outcome == "value";
  std::printf("%s  %s  %s\n", painted(outcome, is_value ? Paint::good : Paint::bad).c_str(), row.string_or("file", "").c_str(),
              is_value ? (row.find("result") ? to_json(*row.find("result")) : std::string("null")).c_str()
                       : (row.string_or("code", "") + ": " + row.string_or("place", "") + ": " + row.string_or("message", "")).c_str());
  std::printf("  fuel %s, %s us, %s bytes\n", to_json(*row.find("fuel")).c_str(), to_json(*row.find("microseconds")).c_str(),
              to_json(*row.find("peak_bytes")).c_str());
  if (const Value* log = row.find("log"))
    for (const Value& text : log->array()) std::printf("  log  %s\n", text.string().c_str());
}

}  // namespace

int eval_command(const EvalOptions& options) {
  if (auto tested = self_test(); !tested) return fail(tested.error());
  const RoleRow* role = std::find_if(std::begin(roles), std::end(roles), [&](const RoleRow& row) { return row.name == options.role; });
  if (role == std::end(roles))
    return fail(refuse(Code::usage, "there is no role `" + options.role + "`; write targeting, schedule, conflict or content"));
  Value context = Object{};
  if (!options.context.empty()) {
    std::string text = options.context;
    if (const auto first = trim(text).substr(0, 1); first != "{" && first != "[") {
      auto read = read_input(options.context);
      if (!read) return fail(read.error());
      text = std::move(*read);
    }
    auto value = parse_json(text);
    if (!value) return fail(refuse(Code::bad_json, "the context: " + value.error().message));
    if (!value->is_object() && !value->is_array())
      return fail(refuse(Code::usage, "a context is a JSON object, or for a conflict policy a list of candidates"));
    context = std::move(*value);
  }
  const Lent lent(context, role->name);
  auto worker = Worker::create();
  if (!worker) return fail(worker.error());
  bool is_good = true;
  const bool is_json = prints_json(options.json);
  for (const std::string& file : options.files) {
    const Object line = evaluate(*worker, file, options, *role, lent);
    is_good = is_good && Value(line).string_or("outcome", "") == "value";
    if (is_json) std::printf("%s\n", to_json(Value(line)).c_str());
    else print_for_people(line);
    std::fflush(stdout);
  }
  return is_good ? 0 : row(Code::script_error).exit_code;
}

}  // namespace footlight
