#include "testkit/fixtures.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "base/limits.h"
#include "base/text.h"
#include "script/chunk.h"
#include "script/modules.h"
#include "script/vm.h"
#include "script/walk.h"
#include "testkit/coverage.h"
#include "testkit/generate.h"
#include "testkit/rows.h"
#include "testkit/snapshot_file.h"
#include "testkit/text_diff.h"
#include "testkit/world.h"

namespace footlight {

extern const std::string_view test_prelude;

namespace {

// What all files of a run share, and none changes.
struct Common {
  const LoadedWorkspace& loaded;
  PolicyCompiler& policies;  // any thread
  const FixtureOptions& options;
  const Landmarks landmarks;
};

// What conditions of the workspace compare attributes with, those of native functions too.
Landmarks landmarks_of(const LoadedWorkspace& loaded, PolicyCompiler& policies) {
  Landmarks landmarks;
  const auto collect = [&](const auto& self, const Predicate& condition, const std::string& owner) -> void {
    add_landmarks(condition, landmarks);
    if (condition.op == Predicate::Op::lua)
      if (auto native = policies.lift({PolicyRole::targeting, condition.lua, owner, condition.path, {}}, loaded.workspace.attributes))
        add_landmarks(*native, landmarks);
    for (const Predicate& part : condition.args) self(self, part, owner);
  };
  for (const auto& [name, audience] : loaded.workspace.audiences) collect(collect, audience, name);
  for (const LoadedExperience& experience : loaded.experiences)
    for (const Predicate& condition : conditions_of(experience.definition)) collect(collect, condition, experience.definition.id);
  return landmarks;
}

// The lines of the rows of each `cases "…" { … }`, by the line of its call.
class RowLines {
 public:
  explicit RowLines(const ast::Tree& tree) { block(tree.chunk->body); }
  // Of row `i`, counted from 1; the call's own where it cannot be told.
  int of(int line, int i) const {
    const auto found = lines_.find(line);
    return found != lines_.end() && i >= 1 && i <= static_cast<int>(found->second.size()) ? found->second[static_cast<std::size_t>(i) - 1]
                                                                                          : line;
  }

 private:
  void block(const ast::Block& body) {
    for (const ast::Stat& statement : body.statements)
      ast::each_part(
          statement, [&](const ast::Expr& e) { expression(e); }, [&](const ast::Block& inner) { block(inner); },
          [&](const ast::FunctionBody& function) { block(function.body); });
  }
  void expression(const ast::Expr& e) {
    if (const auto* call = std::get_if<ast::Call>(&e.node); call && call->arguments.size() == 1) {
      const auto* named = std::get_if<ast::Call>(&call->callee->node);
      const auto* word = named ? std::get_if<ast::Name>(&named->callee->node) : nullptr;
      const auto* table = std::get_if<ast::Table>(&call->arguments[0].node);
      if (word && word->text == "cases" && table) {
        std::vector<int>& lines = lines_[call->callee->at.line];
        for (const ast::Field& field : table->fields)
          if (!field.key) lines.push_back(field.value->at.line);
      }
    }
    ast::each_part(
        e, [&](const ast::Expr& part) { expression(part); }, [&](const ast::FunctionBody& function) { block(function.body); });
  }

  std::map<int, std::vector<int>> lines_;
};

// The snapshots of one file: what it holds, and what was asked for.
class Snapshots {
 public:
  Snapshots(const std::string& test_file, const FixtureOptions& options)
      : test_file_(test_file),
        file_(snapshot_file_of(test_file)),
        is_updating_(options.update),
        is_whole_(options.filter.empty() && !options.wanted && !options.is_enough) {
    if (!options.files) return;
    is_there_ = has(*options.files, file_);
    if (!is_there_) return;
    auto text = options.files->read(file_, limits::document_bytes_max);
    auto read = text ? parse_snapshots(*text, file_) : Result<SnapshotTexts>(text.error());
    if (read) known_ = std::move(*read);
    else broken_ = read.error();
  }

  static bool has(const Files& files, const std::string& path) {
    const auto names = files.list(path.substr(0, path.rfind('/')));
    return std::find(names.begin(), names.end(), path.substr(path.rfind('/') + 1)) != names.end();
  }

  // Against the snapshot of this name, of which a test may ask several times.
  Status compare(const std::string& wanted, const std::string& content) {
    if (broken_) return *broken_;
    std::string name = snapshot_name(wanted);
    if (const int times = ++asked_[name]; times > 1) name += ", " + std::to_string(times);
    used_.emplace_back(name, content);
    const auto known = std::find_if(known_.begin(), known_.end(), [&](const auto& one) { return one.first == name; });
    const bool is_same = known != known_.end() && known->second == content;
    if (is_same) return Done{};
    if (is_updating_) {
      written_.push_back(name);
      return Done{};
    }
    if (known == known_.end())
      return refuse(
          Code::not_found,
          "there is no snapshot `" + name + "` in " + file_ + " yet; look at it, then `footlight test --update` writes it\n" + content);
    return refuse(Code::test_failed,
                  "the snapshot `" + name + "` in " + file_ +
                      " is another (- there, + now); if this is right, `footlight test --update` writes it\n" +
                      line_difference(known->second, content));
  }

  // `results` are those of this file.
  std::optional<SnapshotOutcome> outcome(const std::vector<TestResult>& results) const {
    SnapshotOutcome told{.file = file_, .written = written_};
    SnapshotTexts texts;
    for (const auto& [name, content] : used_) texts.emplace_back(name, content);
    // A test that failed or was left out may not have come to its own.
    for (const auto& [name, content] : known_) {
      if (std::any_of(used_.begin(), used_.end(), [&, &wanted = name](const auto& one) { return one.first == wanted; })) continue;
      const bool may_be_used = !is_whole_ || std::any_of(results.begin(), results.end(), [&, &wanted = name](const TestResult& result) {
        return !result.passed && (result.name == "(the file)" || wanted.starts_with(snapshot_name(result.name)));
      });
      if (may_be_used) texts.emplace_back(name, content);
      else told.obsolete.push_back(name);
    }
    if (is_updating_ && !broken_ && (!told.written.empty() || !told.obsolete.empty())) {
      // In their old order, new ones behind.
      SnapshotTexts ordered;
      for (const auto& [name, content] : known_)
        for (auto& [kept, text] : texts)
          if (kept == name) ordered.emplace_back(kept, text);
      for (auto& [kept, text] : texts)
        if (std::none_of(known_.begin(), known_.end(), [&, &wanted = kept](const auto& one) { return one.first == wanted; }))
          ordered.emplace_back(kept, text);
      told.text = ordered.empty() ? "" : print_snapshots(ordered, test_file_);
    }
    if (told.obsolete.empty() && told.written.empty()) return {};
    return told;
  }

 private:
  const std::string test_file_, file_;
  const bool is_updating_, is_whole_;
  bool is_there_ = false;
  std::optional<Error> broken_;
  SnapshotTexts known_, used_;
  std::map<std::string, int> asked_;
  std::vector<std::string> written_;
};

// One file's tests and the host functions that they reach the world with.
class FixtureFile {
 public:
  FixtureFile(const Common& common, const TestFile& file, CoverageWatch* watch)
      : common_(common),
        watch_(watch),
        loaded_(common.loaded),
        policies_(common.policies),
        file_(file),
        snapshots_(file.name, common.options) {}

  // Reads the file: its tests, not yet run.
  Status read() {
    auto vm = Vm::create({.memory_hard = limits::fixture_memory_hard});
    if (!vm) return vm.error();
    vm_.emplace(std::move(*vm));
    Environment host{{"world", HostFunction([this](HostCall& call) { return world_call(call); })},
                     {"collect", HostFunction([this](HostCall& call) { return collect(call); })}};
    auto prelude = load_prelude(*vm_, test_prelude, "prelude/test.lua", host);
    if (!prelude) return prelude.error();
    auto chunk = read_chunk(file_.source, file_.name, Mode::policy);
    if (!chunk) return chunk.error();
    Problems problems;
    std::vector<RequiredModule> needed = required_modules(*chunk, problems);
    const bool has_modules = !needed.empty() || !problems.empty();
    if (has_modules) {
      // What policies require sees what policies see, also here.
      auto helpers = policy_helpers(*vm_, common_.options.host);
      if (!helpers) return helpers.error();
      modules_.emplace(
          *vm_, loads_,
          Modules::Options{.files = common_.options.files, .globals = std::move(*helpers), .is_for_tests = true, .test_globals = *prelude});
      prelude->push_back(modules_->require());
    }
    if (Problems undefined = undefined_names(*chunk, *prelude); !undefined.empty())
      return refuse(Code::undefined_name, std::move(undefined), "the file uses names that are not defined");
    if (!problems.empty()) return refuse(problems[0].code, problems, "the file requires modules in a way that is not possible");
    row_lines_.emplace(chunk->ast);
    auto function = vm_->load(chunk->lua, file_.name, *prelude);
    if (!function) return function.error();
    if (has_modules) modules_->begin(file_.name, std::move(needed), problems);
    ScriptOutcome outcome = vm_->call(*function, {}, budget());
    if (has_modules && modules_->end()) return refuse(problems[0].code, problems, "a module that the file requires has problems");
    if (!outcome.ok()) return *outcome.error;
    return Done{};
  }

  std::size_t count() const { return tests_.size(); }
  const std::string& name(std::size_t i) const { return tests_[i].name; }
  const Snapshots& snapshots() const { return snapshots_; }

  void run(std::size_t i, TestResult& result) {
    running_ = &tests_[i];
    result.place = running_->place;
    work_ = 0;
    if (running_->property) {
      check_property(*running_, result);
    } else if (auto ready = prepare(*running_, result); ready) {
      ScriptOutcome outcome = vm_->call(running_->body, {}, budget());
      result.passed = outcome.ok();
      result.log.insert(result.log.end(), outcome.log.begin(), outcome.log.end());
      if (!outcome.ok()) result.message = told(*running_, *outcome.error);
    } else {
      result.message = told(*running_, ready.error());
    }
    // Made-up profiles stand around what all conditions compare with.
    if (running_->property) touched_.anything = true;
    result.touched = touched_;
    if (running_->group.empty() || is_touched_) world_.reset();
    running_ = nullptr;
  }

 private:
  struct Property {
    int runs = 100;
    std::optional<ProfileMaker> profiles;
  };
  struct Test {
    std::string name, place;
    FunctionRef body, setting;
    std::string group = {};  // those of a group may share one world, which `setting` made
    std::optional<Property> property = {};
  };

  static Budget budget(long fuel = limits::fuel_fixture) { return {.fuel = fuel, .memory = limits::fixture_memory}; }

  // The test's own place where the error has none, or one in our own Lua.
  static std::string told(const Test& test, const Error& error) {
    if (error.problems.empty()) return to_text(error);
    const Problem& problem = error.problems[0];
    return problem.place.empty() || problem.place.starts_with("prelude/") ? test.place + ": " + problem.message : error.message;
  }

  // A world for the test: its group's, where nothing has touched that, else a new one.
  Status prepare(const Test& test, TestResult& result) {
    if (world_ && !test.group.empty() && world_group_ == test.group && !is_touched_) return Done{};
    world_.reset();
    touched_ = {};
    auto world = World::make(loaded_, policies_, common_.options.host);
    if (!world) return world.error();
    world_ = std::move(*world);
    world_->tell(watch_);
    world_group_ = test.group;
    if (test.setting) {
      ScriptOutcome outcome = vm_->call(test.setting, {}, budget());
      result.log.insert(result.log.end(), outcome.log.begin(), outcome.log.end());
      if (!outcome.ok()) {
        world_.reset();
        return *outcome.error;
      }
    }
    is_touched_ = false;
    return Done{};
  }

  // ---- properties

  struct Trial {
    enum class Verdict { holds, discarded, fails, stopped } verdict = Verdict::holds;
    std::string message = {};
    std::vector<std::string> log = {};
  };

  // All trials of a property share the fuel of one test.
  Trial attempt(const Test& test, const MadeProfile& profile, long& fuel) {
    TestResult made;
    if (auto ready = prepare(test, made); !ready) return {Trial::Verdict::stopped, told(test, ready.error()), std::move(made.log)};
    const Arguments arguments{Value(profile.attributes), Value("tester:" + std::to_string(profile.person))};
    ScriptOutcome outcome = vm_->call(test.body, arguments, budget(fuel));
    fuel -= outcome.fuel_used;
    if (outcome.ok()) return {outcome.value == Value("discard") ? Trial::Verdict::discarded : Trial::Verdict::holds};
    const bool is_over = outcome.stopped() || work_ > limits::fixture_work_max;
    return {is_over ? Trial::Verdict::stopped : Trial::Verdict::fails, told(test, *outcome.error), std::move(outcome.log)};
  }

  void check_property(const Test& test, TestResult& result) {
    using Verdict = Trial::Verdict;
    const Property& property = *test.property;
    Random random(seed_for(common_.options.seed, file_.name + "\n" + test.name));
    long fuel = limits::fuel_fixture;
    int held = 0, discarded = 0;
    while (held < property.runs) {
      const MadeProfile profile = property.profiles->make(random);
      Trial trial = attempt(test, profile, fuel);
      if (trial.verdict == Verdict::holds) {
        ++held;
        continue;
      }
      if (trial.verdict == Verdict::discarded) {
        if (++discarded <= 100 + 10 * property.runs) continue;
        result.message = test.place + ": `where` took " + std::to_string(held) + " of " + std::to_string(held + discarded) +
            " profiles; narrow them with `given` instead";
        return;
      }
      const std::string which = "for profile " + std::to_string(held + 1) + " of " + std::to_string(property.runs) + ", seed " +
          std::to_string(common_.options.seed);
      if (trial.verdict == Verdict::stopped) {
        result.message =
            trial.message + "\n" + which + "; all profiles of a property share the budget of one test:\n  " + profile_as_lua(profile);
      } else {
        shrink(test, profile, std::move(trial), which, fuel, result);
      }
      return;
    }
    result.passed = true;
  }

  // The first simpler profile that fails too takes its place, until none does.
  void shrink(const Test& test, MadeProfile profile, Trial trial, const std::string& which, long fuel, TestResult& result) {
    int attempts = 0, steps = 0;
    bool is_cut = false;
    for (bool is_smaller = true; is_smaller && !is_cut;) {
      is_smaller = false;
      for (MadeProfile& simpler : test.property->profiles->simpler(profile)) {
        if (++attempts > limits::property_attempts_max || fuel <= 0 || work_ > limits::fixture_work_max) {
          is_cut = true;
          break;
        }
        Trial next = attempt(test, simpler, fuel);
        if (next.verdict != Trial::Verdict::fails) continue;
        profile = std::move(simpler);
        trial = std::move(next);
        is_smaller = true;
        ++steps;
        break;
      }
    }
    result.log = std::move(trial.log);
    result.message = trial.message + "\n" + which +
        (steps == 0 ? "; nothing simpler fails" : "; made simpler in " + std::to_string(steps) + (steps == 1 ? " step" : " steps")) +
        (is_cut ? ", and not to the end" : "") + ":\n  " + profile_as_lua(profile);
  }

  // The types of all attributes, with what the property narrows or fixes.
  Result<Property> property_of(const Value& document) {
    Property property;
    if (const Value* runs = document.find("runs")) {
      if (!runs->is_number() || runs->number() < 1 || runs->number() > limits::property_runs_max ||
          runs->number() != static_cast<int>(runs->number()))
        return refuse(Code::out_of_range, "`runs` is a whole number from 1 to " + std::to_string(limits::property_runs_max));
      property.runs = static_cast<int>(runs->number());
    }
    AttributeTypes types = loaded_.workspace.attributes;
    Object fixed, narrowed;
    const auto take = [&](const auto& self, const std::string& name, const Value& value) -> void {
      if (value.is_object() && value.find("type") && value.find("type")->is_string()) {
        narrowed[name] = value;
      } else if (value.is_object()) {
        for (const auto& [key, member] : value.object()) self(self, name + "." + key, member);
      } else {
        fixed[name] = value;
      }
    };
    if (const Value* given = document.find("given")) {
      if (!given->is_object())
        return refuse(Code::wrong_type, "`given` is a table of attributes: given = { [\"cart.total\"] = number { min = 50 } }");
      for (const auto& [name, value] : given->object()) take(take, name, value);
    }
    Problems problems;
    const Workspace read = parse_workspace(Object{{"name", "given"}, {"attributes", narrowed}}, problems);
    if (has_errors(problems)) return refuse(Code::validation_failed, "`given`: " + problems[0].place + ": " + problems[0].message);
    std::vector<std::string> names;
    for (const auto& [name, type] : types) names.push_back(name);
    for (const Object* part : {&fixed, &narrowed})
      for (const auto& [name, value] : *part)
        if (const std::string meant = types.contains(name) ? "" : did_you_mean(name, names); !meant.empty())
          return refuse(Code::unknown_attribute, "`given`: there is no attribute `" + name + "`" + meant);
    std::set<std::string> required;
    for (const auto& [name, type] : read.attributes) {
      types[name] = type;
      required.insert(name);
    }
    for (const auto& [name, value] : fixed) types.erase(name);
    if (types.empty() && fixed.empty())
      return refuse(Code::unknown_attribute,
                    "there is nothing to make profiles of: the workspace declares no attributes, and `given` names none");
    property.profiles.emplace(std::move(types), std::move(fixed), std::move(required), common_.landmarks);
    return property;
  }

  // ---- what the prelude asks for

  // collect(name, body, setting, {place, row, group, property})
  Result<Value> collect(HostCall& call) {
    auto name = call.value(0);
    auto body = call.function(1);
    if (!name || !name->is_string() || !body) return refuse(Code::usage, "a test has a name and a function");
    if (running_) return refuse(Code::usage, "a test within a test is never run; put it beside");
    if (tests_.size() == static_cast<std::size_t>(limits::fixtures_max))
      return refuse(Code::limit_exceeded, "more than " + std::to_string(limits::fixtures_max) + " tests in one file");
    Test test{.name = name->string(), .place = call.place(), .body = body->ref};
    if (auto setting = call.function(2)) test.setting = setting->ref;
    auto info = call.value(3);
    if (!info) return info.error();
    test.group = info->string_or("group", "");
    if (const Value* row = info->find("row"); row && row->is_number()) {
      const auto colon = test.place.rfind(':');
      const int line = std::atoi(test.place.c_str() + colon + 1);
      test.place = test.place.substr(0, colon + 1) + std::to_string(row_lines_->of(line, static_cast<int>(row->number())));
    }
    test.place = info->string_or("place", test.place);
    if (const Value* property = info->find("property")) {
      auto read = property_of(*property);
      if (!read) return read.error();
      test.property = std::move(*read);
    }
    tests_.push_back(std::move(test));
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
    auto done = verb == "json" ? Result<Value>(to_json(arguments[1]))
        : verb == "rows"       ? rows(arguments[1])
        : verb == "columns"    ? columns(arguments[1])
                               : world_verb(verb, arguments);
    if (done) return Value(Object{{"ok", true}, {"value", std::move(*done)}});
    if (done.error().code == Code::usage && !world_) return done.error();
    return Value(Object{{"ok", false}, {"code", name_of(done.error())}, {"message", to_text(done.error())}});
  }

  Result<Value> world_verb(const std::string& verb, const std::vector<Value>& arguments) {
    if (!world_) return refuse(Code::usage, "the world is there only while a test runs; put this inside test \"…\" (function(t) … end)");
    const bool is_look = verb == "decide" || verb == "status" || verb == "snapshot";
    // Fuel counts what a script does itself; this, what it lets others do.
    work_ += is_look ? 1 : 10;
    if (work_ > limits::fixture_work_max)
      return refuse(
          Code::limit_exceeded,
          "one test may ask the world for " + std::to_string(limits::fixture_work_max) + " decisions, or a tenth of that in commands");
    if (!is_look) is_touched_ = true;
    if (verb == "snapshot") return snapshot(arguments[1], arguments[2]);
    return act(verb, arguments);
  }

  Result<Value> rows(const Value& argument) {
    auto name = text(argument, "a file's name");
    if (!name) return name.error();
    if (!common_.options.files) return refuse(Code::unreadable_file, "`" + *name + "`: there are no files here to read rows from");
    // Beside the tests, or anywhere in the workspace.
    auto read = common_.options.files->read("tests/" + *name, limits::list_bytes_max);
    std::string path = "tests/" + *name;
    if (!read && read.error().code == Code::unreadable_file && name->find('/') != std::string::npos) {
      path = *name;
      read = common_.options.files->read(path, limits::list_bytes_max);
    }
    if (!read) return read.error();
    auto table = read_rows(path, *read, loaded_.workspace.attributes);
    if (!table) return refuse(table.error().code, table.error().message);
    Array list;
    for (FileRow& row : table->rows) list.push_back(Object{{"line", row.line}, {"cells", std::move(row.cells)}});
    return Value(Object{{"file", path}, {"columns", Array(table->columns.begin(), table->columns.end())}, {"rows", std::move(list)}});
  }

  // Columns of cases: attributes, or words of ours. One that is neither may be what only templates read, unless
  // it looks like a slip of the pen.
  Result<Value> columns(const Value& argument) {
    std::vector<std::string> known{"shows", "because", "content", "contains", "element", "at", "on", "identity"};
    for (const auto& [name, type] : loaded_.workspace.attributes) known.push_back(name);
    std::string problems;
    if (!argument.is_array()) return Value();
    for (const Value& column : argument.array()) {
      if (!column.is_string()) return refuse(Code::wrong_type, "a column's name is a text");
      if (std::find(known.begin(), known.end(), column.string()) != known.end()) continue;
      const std::string top = column.string() + ".";
      if (std::any_of(known.begin(), known.end(), [&](const std::string& name) { return name.starts_with(top); })) continue;
      if (const std::string meant = did_you_mean(column.string(), known); !meant.empty())
        problems += (problems.empty() ? "" : "\n") + ("there is no attribute `" + column.string() + "`" + meant);
    }
    if (!problems.empty()) return refuse(Code::unknown_attribute, problems);
    return Value();
  }

  Result<Value> snapshot(const Value& value, const Value& wanted) {
    if (running_->property) return refuse(Code::usage, "a property has no snapshot: its profiles are made up; put it in a test");
    if (!common_.options.files) return refuse(Code::unreadable_file, "there are no files here to keep snapshots in");
    std::string content;
    if (const Value* propositions = value.find("propositions")) {
      for (const Value& one : propositions->is_array() ? propositions->array() : Array{}) {
        const std::string experience = one.string_or("experience", ""), element = one.string_or("element", ""),
                          treatment = one.string_or("treatment", "");
        content += (content.empty() ? "" : "\n") + (experience.empty() ? std::string("the default") : experience) +
            (treatment.empty() ? "" : ", treatment " + treatment) + (element.empty() ? "" : ", element " + element);
        if (const Value* others = one.find("with"); others && others->is_array())
          for (const Value& other : others->array()) content += ", with " + (other.is_string() ? other.string() : std::string());
        const Value* shown = one.find("content");
        const std::string text = !shown ? "" : shown->is_string() ? shown->string() : pretty(*shown);
        for (const std::string_view line : split(text, '\n')) content += "\n  " + std::string(line);
      }
      if (content.empty()) content = "nothing";
    } else {
      content = value.is_string() ? value.string() : pretty(value);
    }
    auto compared = snapshots_.compare(running_->name + (wanted.is_string() ? ": " + wanted.string() : ""), content);
    if (!compared) return compared.error();
    return Value();
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
    if (verb == "activate_all") {
      touched_.all_live = true;
      return activate_all();
    }
    auto id = text(first, "an experience's id");
    if (!id) return id.error();
    touched_.experiences.insert(*id);
    if (arguments[2].is_string()) touched_.experiences.insert(arguments[2].string());  // what a duplicate is to be called
    // Who asks for what is not there may be told of what is.
    if (!world_->catalog().experience(*id, world_->now())) touched_.anything = true;
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
    if (const Value* expected = options.find("expect"); expected && expected->is_number())
      command.expected_revision = static_cast<int>(expected->number());
    if (const Value* revision = options.find("revision"); revision && revision->is_number())
      command.revision = static_cast<int>(revision->number());
    if (const Value* wish = options.find("activate_on_approval"); wish && wish->is_boolean())
      command.activate_on_approval = wish->boolean();
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
      auto approved = world_->command(
          {.name = CommandName::approve, .experience = id, .actor = {approver.string(), {Role::approver}}, .expected_hash = head_hash(id)});
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
        if (auto known = world_->catalog().experience(id, world_->now()); known && known->string_or("head_status", "") == "approved")
          return Done{};
        const bool is_named = demand.roles.empty() && !demand.names.empty();
        Actor approver{is_named ? demand.names[static_cast<std::size_t>(i) - 1] : "approver-" + std::to_string(i), {Role::approver}};
        if (!demand.roles.empty()) {
          approver.name += "-" + demand.roles.front();
          approver.roles.insert(*role_from(demand.roles.front()));
        }
        auto approved =
            world_->command({.name = CommandName::approve, .experience = id, .actor = approver, .expected_hash = head_hash(id)});
        if (!approved) return approved.error();
      }
    return Done{};
  }

  // Everything of the folder, with as many approvals as it needs; what cannot be activated at this
  // instant (its end has passed, its start is years ahead) stays a draft.
  Result<Value> activate_all() {
    Array activated;
    std::optional<Error> refused;
    world_->catalog().together([&] {
      for (const LoadedExperience& experience : loaded_.experiences) {
        const std::string& id = experience.definition.id;
        auto answer = activate_approved(id);
        if (answer) activated.push_back(id);
        else if (answer.error().code != Code::end_in_past && answer.error().code != Code::too_far_ahead) refused = answer.error();
        if (refused) return;
      }
    });
    if (refused) return *refused;
    return Value(std::move(activated));
  }

  Result<Value> activate_approved(const std::string& id) {
    const auto experience = std::find_if(loaded_.experiences.begin(), loaded_.experiences.end(),
                                         [&](const LoadedExperience& one) { return one.definition.id == id; });
    if (experience != loaded_.experiences.end())
      if (auto approved = approve_as_needed(id, approvals_for(experience->definition, loaded_.workspace)); !approved)
        return approved.error();
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
      if (uri.empty())
        return refuse(Code::unknown_configuration, "there is no surface configuration `" + *word + "`" + did_you_mean(*word, names));
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

    for (const SurfaceTrace& surface : decision->trace) {
      touched_.configurations.insert(surface.configurations.begin(), surface.configurations.end());
      for (const CandidateTrace& candidate : surface.candidates) touched_.experiences.insert(candidate.experience);
    }
    Object seen{{"shown", shown(*decision)}, {"is_default", false}};
    Array propositions;
    for (const Proposition& proposition : decision->propositions) {
      if (proposition.experience.empty()) seen["is_default"] = true;
      Array others;  // that gave keys of their own to a merged object
      for (const Proposition::Part& part : proposition.parts)
        if (part.experience != proposition.experience) others.push_back(part.experience);
      propositions.push_back(
          Object{{"experience", proposition.experience},
                 {"element", proposition.element},
                 {"treatment", proposition.treatment},
                 {"with", std::move(others)},
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

  const Common& common_;
  CoverageWatch* const watch_;
  const LoadedWorkspace& loaded_;
  PolicyCompiler& policies_;
  const TestFile& file_;
  Snapshots snapshots_;
  std::optional<Vm> vm_;
  std::vector<const Chunk*> loads_;
  std::optional<Modules> modules_;
  std::optional<RowLines> row_lines_;
  std::vector<Test> tests_;

  const Test* running_ = nullptr;
  std::unique_ptr<World> world_;
  std::string world_group_;
  bool is_touched_ = false;  // more than looked at, since it was set up
  Touched touched_;          // since it was made
  long work_ = 0;            // of the running test
};

// Results as they come in from several threads, told in order.
class Ledger {
 public:
  Ledger(std::size_t files, const std::function<void(const TestResult&)>& finished) : files_(files), finished_(finished) {}

  void add(std::size_t file, TestResult result) {
    const std::lock_guard turn(mutex_);
    files_[file].results.push_back(std::move(result));
    tell();
  }
  void close(std::size_t file, std::optional<SnapshotOutcome> snapshots) {
    const std::lock_guard turn(mutex_);
    files_[file].snapshots = std::move(snapshots);
    files_[file].is_closed = true;
    tell();
  }
  const std::vector<TestResult>& of(std::size_t file) const { return files_[file].results; }  // by the thread that adds to it

  FixtureRun take() {
    FixtureRun run;
    for (File& file : files_) {
      std::move(file.results.begin(), file.results.end(), std::back_inserter(run.results));
      if (file.snapshots) run.snapshots.push_back(std::move(*file.snapshots));
    }
    return run;
  }

 private:
  struct File {
    std::vector<TestResult> results;
    std::optional<SnapshotOutcome> snapshots;
    std::size_t told = 0;
    bool is_closed = false;
  };

  void tell() {
    for (; head_ < files_.size(); ++head_) {
      File& file = files_[head_];
      for (; file.told < file.results.size(); ++file.told)
        if (finished_) finished_(file.results[file.told]);
      if (!file.is_closed) return;
    }
  }

  std::mutex mutex_;
  std::vector<File> files_;
  std::size_t head_ = 0;  // the first file that is not told to its end
  const std::function<void(const TestResult&)>& finished_;
};

void run_file(const Common& common, const TestFile& file, std::size_t number, CoverageWatch* watch, Ledger& ledger) {
  FixtureFile fixtures(common, file, watch);
  if (auto read = fixtures.read(); !read) {
    ledger.add(number,
               {.file = file.name,
                .name = "(the file)",
                .message = to_text(read.error()),
                .place = file.name,
                .number = -1,
                .touched = {.anything = true}});
  } else {
    for (std::size_t i = 0; i < fixtures.count(); ++i) {
      if (fixtures.name(i).find(common.options.filter) == std::string::npos) continue;
      if (common.options.wanted && !common.options.wanted(file.name, static_cast<int>(i))) continue;
      if (common.options.is_enough && common.options.is_enough()) break;
      TestResult result{.file = file.name, .name = fixtures.name(i), .number = static_cast<int>(i)};
      fixtures.run(i, result);
      ledger.add(number, std::move(result));
    }
  }
  ledger.close(number, fixtures.snapshots().outcome(ledger.of(number)));
}

// Snapshot files of tests that are gone.
void orphaned_snapshots(const LoadedWorkspace& loaded, const FixtureOptions& options, FixtureRun& run) {
  if (!options.files || !options.filter.empty() || !options.only.empty() || options.wanted || options.is_enough) return;
  for (const std::string& name : options.files->list("tests")) {
    if (!name.ends_with(".snap")) continue;
    const std::string file = "tests/" + name;
    const bool has_test =
        std::any_of(loaded.tests.begin(), loaded.tests.end(), [&](const TestFile& test) { return snapshot_file_of(test.name) == file; });
    if (!has_test)
      run.snapshots.push_back(
          {.file = file, .obsolete = {"(the file)"}, .text = options.update ? std::optional<std::string>("") : std::nullopt});
  }
}

}  // namespace

FixtureRun run_fixtures(const LoadedWorkspace& loaded, const FixtureOptions& options) {
  LuaPolicyCompiler policies(options.host);
  const Common common{loaded, policies, options, landmarks_of(loaded, policies)};
  std::vector<const TestFile*> files;
  for (const TestFile& file : loaded.tests)
    if (options.only.empty() || options.only.contains(file.name)) files.push_back(&file);
  Ledger ledger(files.size(), options.finished);
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    const std::unique_ptr<CoverageWatch> watch = options.coverage ? options.coverage->watch() : nullptr;
    for (std::size_t i = next++; i < files.size(); i = next++) run_file(common, *files[i], i, watch.get(), ledger);
  };
  std::vector<std::thread> others;
  for (int i = 1; i < std::min(options.jobs, static_cast<int>(files.size())); ++i) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  FixtureRun run = ledger.take();
  orphaned_snapshots(loaded, options, run);
  return run;
}

}  // namespace footlight
