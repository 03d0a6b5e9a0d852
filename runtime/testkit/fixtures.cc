#include "testkit/fixtures.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "script/chunk.h"
#include "script/vm.h"

namespace footlight {

extern const std::string_view test_prelude;

namespace {

// One file's tests and the host functions that they reach the world with.
class FixtureFile {
 public:
  FixtureFile(const LoadedWorkspace& loaded, PolicyCompiler& policies, const Environment& host) : loaded_(loaded), policies_(policies), host_(host) {}

  // Reads the file: its tests, not yet run.
  Status read(const TestFile& file) {
    auto vm = Vm::create({.memory_hard = limits::fixture_memory_hard});
    if (!vm) return vm.error();
    vm_.emplace(std::move(*vm));
    Environment host{{"world", HostFunction([this](HostCall& call) { return world_call(call); })},
                     {"collect", HostFunction([this](HostCall& call) { return collect(call); })}};
    auto prelude = load_prelude(*vm_, test_prelude, "prelude/test.lua", host);
    if (!prelude) return prelude.error();
    auto chunk = read_chunk(file.source, file.name, Mode::policy);
    if (!chunk) return chunk.error();
    if (Problems undefined = undefined_names(*chunk, *prelude); !undefined.empty())
      return refuse(Code::undefined_name, std::move(undefined), "the file uses names that are not defined");
    auto function = vm_->load(chunk->lua, file.name, *prelude);
    if (!function) return function.error();
    ScriptOutcome outcome = vm_->call(*function, {}, budget());
    if (!outcome.ok()) return *outcome.error;
    return Done{};
  }

  std::size_t count() const { return tests_.size(); }
  const std::string& name(std::size_t i) const { return tests_[i].name; }

  void run(std::size_t i, TestResult& result) {
    auto world = World::make(loaded_, policies_, host_);
    if (!world) {
      result.message = to_text(world.error());
      return;
    }
    world_ = std::move(*world);
    ScriptOutcome outcome = vm_->call(tests_[i].body, {}, budget());
    result.passed = outcome.ok();
    result.log = std::move(outcome.log);
    if (!outcome.ok()) result.message = outcome.error->message;
    world_.reset();
  }

 private:
  struct Test {
    std::string name;
    FunctionRef body;
  };

  static Budget budget() { return {.fuel = limits::fuel_fixture, .memory = limits::fixture_memory}; }

  Result<Value> collect(HostCall& call) {
    auto name = call.value(0);
    auto body = call.function(1);
    if (!name || !name->is_string() || !body) return refuse(Code::usage, "a test has a name and a function");
    if (tests_.size() == static_cast<std::size_t>(limits::fixtures_max))
      return refuse(Code::limit_exceeded, "more than " + std::to_string(limits::fixtures_max) + " tests in one file");
    tests_.push_back({name->string(), body->ref});
    return Value();
  }

  // world(verb, …) → {ok, value} or {ok = false, code, message}
  Result<Value> world_call(HostCall& call) {
    std::vector<Value> arguments;
    for (std::size_t i = 0; i < call.count(); ++i) {
      auto argument = call.value(i);
      if (!argument) return argument.error();
      arguments.push_back(std::move(*argument));
    }
    arguments.resize(std::max<std::size_t>(arguments.size(), 6));
    const std::string verb = arguments[0].is_string() ? arguments[0].string() : "";
    if (verb == "json") return Value(Object{{"ok", true}, {"value", to_json(arguments[1])}});
    if (!world_) return refuse(Code::usage, "the world is there only while a test runs; put this inside test \"…\" (function(t) … end)");
    auto done = act(verb, arguments);
    if (done) return Value(Object{{"ok", true}, {"value", std::move(*done)}});
    return Value(Object{{"ok", false}, {"code", name_of(done.error())}, {"message", to_text(done.error())}});
  }

  static std::string name_of(const Error& error) { return std::string(footlight::name(error.code)); }

  static Result<std::string> text(const Value& value, const char* what) {
    if (value.is_string()) return value.string();
    return refuse(Code::usage, std::string(what) + " is a string");
  }

  Result<Value> act(const std::string& verb, const std::vector<Value>& arguments) {
    const Value& first = arguments[1];
    if (verb == "at" || verb == "at_long_before") {
      auto time = text(first, "a time");
      if (!time) return time.error();
      auto instant = parse_in_zone(*time, world_->zone());
      if (!instant) return instant.error();
      // A day ahead is more than any window: what is activated then is everywhere by the time asked for.
      auto moved = world_->at(verb == "at" ? *instant : *instant - days(1));
      return moved ? Result<Value>(Value(to_text(*instant))) : moved.error();
    }
    if (verb == "advance") {
      auto length = text(first, "a duration");
      if (!length) return length.error();
      auto duration = parse_duration(*length);
      if (!duration) return duration.error();
      auto moved = world_->at(world_->now() + *duration);
      return moved ? Result<Value>(Value(to_text(world_->now()))) : moved.error();
    }
    if (verb == "decide") return decide(arguments);
    if (verb == "node" || verb == "partition" || verb == "heal" || verb == "restart" || verb == "reboot") return about_node(verb, first);
    if (verb == "activate_all") return activate_all();
    auto id = text(first, "an experience's id");
    if (!id) return id.error();
    if (verb == "activate_approved") return activate_approved(*id);
    if (verb == "status") return world_->catalog().experience(*id, world_->now());
    return command(verb, *id, arguments);
  }

  Result<Value> about_node(const std::string& verb, const Value& argument) {
    auto name = text(argument, "a node's name");
    if (!name) return name.error();
    if (verb == "node") {
      if (auto added = world_->add_node(*name); !added) return added.error();
      return Value(*name);
    }
    auto node = world_->node(*name);
    if (!node) return node.error();
    if (verb == "partition") (*node)->partition(world_->now());
    else if (verb == "heal") (*node)->heal(world_->now());
    else (*node)->restart(world_->now(), verb == "reboot");
    return Value(*name);
  }

  // Commands are given by `tester`, who is an author, publisher and approver, unless `by` names
  // somebody else and `roles` other roles.
  static Actor actor(const Value& options) {
    Actor actor{options.string_or("by", "tester"), {Role::author, Role::publisher, Role::approver}};
    if (const Value* roles = options.find("roles"); roles && roles->is_array()) {
      actor.roles.clear();
      for (const Value& word : roles->array())
        if (word.is_string())
          if (const auto role = role_from(word.string())) actor.roles.insert(*role);
    }
    return actor;
  }

  Result<Value> command(const std::string& verb, const std::string& id, const std::vector<Value>& arguments) {
    const auto name = command_from(verb);
    if (!name) return refuse(Code::usage, "there is no command `" + verb + "`");
    const bool has_document = *name == CommandName::create || *name == CommandName::edit || *name == CommandName::duplicate;
    const Value& options = arguments[has_document ? 3 : 2];
    Command command{.name = *name, .experience = id, .actor = actor(options), .message = options.string_or("message", "")};
    if (const Value* expected = options.find("expect"); expected && expected->is_number()) command.expected_revision = static_cast<int>(expected->number());
    if (const Value* revision = options.find("revision"); revision && revision->is_number()) command.revision = static_cast<int>(revision->number());
    if (const Value* wish = options.find("activate_on_approval"); wish && wish->is_boolean()) command.activate_on_approval = wish->boolean();
    if (*name == CommandName::create) command.definition = arguments[2];
    if (*name == CommandName::edit) {
      // The changes over the newest definition. Of what is gone or unknown, the catalog tells.
      if (auto known = world_->catalog().experience(id, world_->now())) {
        command.definition = *known->find("definition");
        if (arguments[2].is_object())
          for (const auto& [key, value] : arguments[2].object()) command.definition.object()[key] = value;
      } else {
        command.definition = Object{{"kind", "campaign"}};
      }
    }
    if (*name == CommandName::duplicate) command.new_id = arguments[2].is_string() ? arguments[2].string() : "";
    if (*name == CommandName::approve) command.expected_hash = options.string_or("hash", head_hash(id));
    if (*name == CommandName::activate)
      if (const Value* approvers = options.find("approved_by"))
        if (auto approved = approve(id, *approvers); !approved) return approved.error();
    auto answer = world_->command(std::move(command));
    if (!answer) return answer.error();
    return std::move(answer->body);
  }

  std::string head_hash(const std::string& id) {
    auto known = world_->catalog().experience(id, world_->now());
    return known ? known->string_or("hash", "") : "";
  }

  // One after the other, until no more are needed.
  Status approve(const std::string& id, const Value& approvers) {
    if (!approvers.is_array()) return refuse(Code::usage, "`approved_by` is a list of names: { \"ann\", \"bob\" }");
    auto submitted = world_->command({.name = CommandName::submit, .experience = id, .actor = {"tester", {Role::author}}});
    if (!submitted) return submitted.error();
    for (const Value& approver : approvers.array()) {
      if (!approver.is_string()) return refuse(Code::usage, "`approved_by` is a list of names: { \"ann\", \"bob\" }");
      if (auto known = world_->catalog().experience(id, world_->now()); known && known->string_or("head_status", "") == "approved") break;
      auto approved = world_->command({.name = CommandName::approve, .experience = id, .actor = {approver.string(), {Role::approver}}, .expected_hash = head_hash(id)});
      if (!approved) return approved.error();
    }
    return Done{};
  }

  // By made-up people who count for each of the demands, or by those whom it names.
  Status approve_as_needed(const std::string& id, const std::vector<ApprovalDemand>& demands) {
    if (demands.empty()) return Done{};
    auto submitted = world_->command({.name = CommandName::submit, .experience = id, .actor = {"tester", {Role::author}}});
    if (!submitted) return submitted.error();
    for (const ApprovalDemand& demand : demands)
      for (int i = 1; i <= demand.approvers; ++i) {
        if (auto known = world_->catalog().experience(id, world_->now()); known && known->string_or("head_status", "") == "approved") return Done{};
        const bool is_named = demand.roles.empty() && !demand.names.empty();
        Actor approver{is_named ? demand.names[static_cast<std::size_t>(i) - 1] : "approver-" + std::to_string(i), {Role::approver}};
        if (!demand.roles.empty()) {
          approver.name += "-" + demand.roles.front();
          approver.roles.insert(*role_from(demand.roles.front()));
        }
        auto approved = world_->command({.name = CommandName::approve, .experience = id, .actor = approver, .expected_hash = head_hash(id)});
        if (!approved) return approved.error();
      }
    return Done{};
  }

  // Everything of the folder, with as many approvals as it needs; what cannot be activated at this
  // instant (its end has passed, its start is years ahead) stays a draft.
  Result<Value> activate_all() {
    Array activated;
    for (const LoadedExperience& experience : loaded_.experiences) {
      const std::string& id = experience.definition.id;
      auto answer = activate_approved(id);
      if (answer) activated.push_back(id);
      else if (answer.error().code != Code::end_in_past && answer.error().code != Code::too_far_ahead) return answer.error();
    }
    return Value(std::move(activated));
  }

  Result<Value> activate_approved(const std::string& id) {
    const auto experience = std::find_if(loaded_.experiences.begin(), loaded_.experiences.end(),
                                         [&](const LoadedExperience& one) { return one.definition.id == id; });
    if (experience != loaded_.experiences.end())
      if (auto approved = approve_as_needed(id, approvals_for(experience->definition, loaded_.workspace)); !approved) return approved.error();
    auto answer = world_->command({.name = CommandName::activate, .experience = id, .actor = {"tester", {Role::publisher}}});
    if (!answer) return answer.error();
    return std::move(answer->body);
  }

  Result<Value> decide(const std::vector<Value>& arguments) {
    auto word = text(arguments[2], "a surface");
    if (!word) return word.error();
    std::string uri = *word;
    if (uri.find("://") == std::string::npos) {
      std::vector<std::string> names;
      uri.clear();
      for (const Configuration& configuration : loaded_.workspace.configurations) {
        names.push_back(configuration.name);
        if (configuration.name != *word) continue;
        for (const SurfaceRule& rule : configuration.rules)
          if (const auto* exact = std::get_if<SurfaceUri>(&rule.form); exact && uri.empty()) uri = to_text(*exact);
        if (uri.empty()) return refuse(Code::usage, "`" + *word + "` has only wildcard and page rules; name a surface URI instead");
      }
      if (uri.empty()) return refuse(Code::unknown_configuration, "there is no surface configuration `" + *word + "`" + did_you_mean(*word, names));
    }
    Object document{{"attributes", arguments[1].is_object() ? arguments[1] : Value(Object{})}, {"surfaces", Array{uri}}};
    if (arguments[3].is_string()) {
      const std::string& identity = arguments[3].string();
      const auto colon = identity.find(':');
      document["identity"] = Object{{"namespace", colon == std::string::npos ? "" : identity.substr(0, colon)},
                                    {"id", colon == std::string::npos ? identity : identity.substr(colon + 1)}};
    }
    if (arguments[4].is_object()) document["context"] = arguments[4];
    Problems problems;
    const Request request = parse_request(Value(std::move(document)), world_->now(), problems);
    if (has_errors(problems)) return refuse(Code::bad_request, std::move(problems), "the request has problems");
    const bool is_at_node = arguments[5].is_string();
    auto decision = is_at_node ? world_->decide(request, arguments[5].string()) : world_->decide(request);
    if (!decision) return decision.error();
    auto possible = is_at_node ? world_->possible(request, arguments[5].string()) : world_->possible(request);
    if (!possible) return possible.error();

    Object seen{{"shown", shown(*decision)}, {"is_default", false}};
    Array propositions;
    for (const Proposition& proposition : decision->propositions) {
      if (proposition.experience.empty()) seen["is_default"] = true;
      propositions.push_back(Object{{"experience", proposition.experience}, {"element", proposition.element}, {"treatment", proposition.treatment},
                                    {"content", proposition.format == Format::json ? *parse_json(proposition.content) : Value(proposition.content)}});
    }
    seen["propositions"] = std::move(propositions);
    Array answers;
    for (const Decision& one : *possible) answers.push_back(shown(one));
    seen["possible"] = std::move(answers);
    const Value trace = to_value(decision->trace.at(0));
    seen["trace"] = *trace.find("candidates");
    if (const Value* note = trace.find("note")) seen["note"] = *note;
    return Value(std::move(seen));
  }

  // Ids of the experiences that give an answer its content, each once.
  static Value shown(const Decision& decision) {
    Array ids;
    const auto add = [&](const std::string& id) {
      if (!id.empty() && std::find(ids.begin(), ids.end(), Value(id)) == ids.end()) ids.push_back(id);
    };
    for (const Proposition& proposition : decision.propositions) {
      add(proposition.experience);
      for (const auto& part : proposition.parts) add(part.experience);
    }
    return ids;
  }

  const LoadedWorkspace& loaded_;
  PolicyCompiler& policies_;
  const Environment& host_;
  std::optional<Vm> vm_;
  std::vector<Test> tests_;
  std::unique_ptr<World> world_;
};

}  // namespace

std::vector<TestResult> run_fixtures(const LoadedWorkspace& loaded, const FixtureOptions& options) {
  LuaPolicyCompiler policies(options.host);
  std::vector<TestResult> results;
  const auto finish = [&](TestResult result) {
    if (options.finished) options.finished(result);
    results.push_back(std::move(result));
  };
  for (const TestFile& file : loaded.tests) {
    FixtureFile fixtures(loaded, policies, options.host);
    if (auto read = fixtures.read(file); !read) {
      finish({file.name, "(the file)", false, to_text(read.error()), {}});
      continue;
    }
    for (std::size_t i = 0; i < fixtures.count(); ++i) {
      if (!options.filter.empty() && fixtures.name(i).find(options.filter) == std::string::npos) continue;
      TestResult result{.file = file.name, .name = fixtures.name(i)};
      fixtures.run(i, result);
      finish(std::move(result));
    }
  }
  return results;
}

}  // namespace footlight
