#include "app/test_watch.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>

#include "app/folder_watch.h"
#include "app/terminal.h"
#include "script/modules.h"
#include "testkit/report.h"
#include "testkit/snapshot_file.h"

namespace footlight {
namespace {

using Key = std::pair<std::string, int>;  // file, number

// What the tests of a folder can see of it, part by part, to be compared with what it was before a save.
struct Seen {
  std::string workspace;                                  // but for fragments and audiences; and its lists
  std::map<std::string, std::string> experiences;         // by id; with the lines, of which reasons tell
  std::map<std::string, std::set<std::string>> shown_on;  // by id: configurations
  std::map<std::string, std::string> tests;               // by file

  explicit Seen(const LoadedWorkspace& loaded) {
    const auto text_of = [](const Value& document, const Places& places) {
      std::string text = to_json(document);
      for (const auto& [path, place] : places) text += "\n" + path + " " + place;
      return text;
    };
    // What experiences use of these is in them.
    Value document = loaded.document;
    Places places = loaded.places;
    for (const char* part : {"audiences", "fragments"}) {
      document.object().erase(part);
      std::erase_if(places, [&](const auto& one) { return one.first.starts_with(std::string("$.") + part); });
    }
    workspace = text_of(document, places);
    for (const auto& [hash, content] : loaded.lists) workspace += "\n" + hash;
    for (const LoadedExperience& one : loaded.experiences) {
      experiences[one.definition.id] = text_of(one.document, one.places);
      for (const Action& action : one.definition.actions) shown_on[one.definition.id].insert(action.configuration);
    }
    for (const TestFile& test : loaded.tests) tests[test.name] = test.source;
  }
};

// Names of parts that are not the same in both.
std::set<std::string> differing(const std::map<std::string, std::string>& before, const std::map<std::string, std::string>& now) {
  std::set<std::string> names;
  for (const auto& [name, text] : now)
    if (const auto old = before.find(name); old == before.end() || old->second != text) names.insert(name);
  for (const auto& [name, text] : before)
    if (!now.contains(name)) names.insert(name);
  return names;
}

class Watching {
 public:
  Watching(const TestOptions& options, FixtureOptions how, FolderWatch folder)
      : options_(options), how_(std::move(how)), folder_(std::move(folder)), is_terminal_(isatty(STDOUT_FILENO) != 0) {}

  int run() {
    std::optional<std::set<std::string>> saved = std::set<std::string>();
    while (saved) {
      turn(*saved);
      if (!is_read_) return 0;
      saved = folder_.next();
    }
    return 0;
  }

 private:
  void turn(const std::set<std::string>& saved) {
    begins_ = std::chrono::steady_clock::now();
    LuaPolicyCompiler policies;
    const auto files = disk_files(options_.folder);
    const LoadedWorkspace loaded = load_workspace(*files, policies);
    if (has_errors(loaded.problems)) {
      std::string text;
      for (const Problem& problem : loaded.problems)
        if (!problem.is_warning) text += to_line(problem) + "\n";
      return show(text + "the workspace has problems\n");
    }
    how_.files = files.get();
    Seen now(loaded);
    std::erase_if(known_, [&](const auto& one) { return !now.tests.contains(one.first.first); });
    // A first run, or one of which nobody can tell what it changes, is one of all tests.
    const bool is_all = !seen_ || seen_->workspace != now.workspace;
    const std::set<Key> first = is_all ? std::set<Key>() : touched_by(saved, *seen_, now);
    const std::set<std::string> changed_files = is_all ? std::set<std::string>() : files_touched_by(saved, *seen_, now, *files);
    seen_ = std::move(now);
    if (first.empty() && changed_files.empty()) return tests(loaded, {}, "");

    const auto is_first = [&](const std::string& file, int number) {
      const Key key{file, number};
      return changed_files.contains(file) || first.contains(key) || !known_.contains(key);
    };
    for (const std::string& file : changed_files) std::erase_if(known_, [&](const auto& one) { return one.first.first == file; });
    std::set<Key> done;
    tests(loaded, is_first, " first", &done);
    const bool is_done = std::all_of(known_.begin(), known_.end(), [&](const auto& one) { return done.contains(one.first); });
    if (!is_read_ || is_done || folder_.has_news()) return;
    // Who touches what is a matter of record, and records may lie: nothing is left out in the end.
    how_.is_enough = [this] { return folder_.has_news(); };
    tests(
        loaded,
        [&](const std::string& file, int number) {
          return !done.contains({file, number});
        },
        " after them");
    how_.is_enough = nullptr;
  }

  // Tests that failed, or had to do with an experience that is not what it was.
  std::set<Key> touched_by(const std::set<std::string>& saved, const Seen& before, const Seen& now) const {
    const std::set<std::string> changed = differing(before.experiences, now.experiences);
    const auto sees = [&](const Touched& touched, const std::string& id) {
      if (touched.anything || touched.experiences.contains(id)) return true;
      const auto shown = now.shown_on.find(id);
      return touched.all_live && shown != now.shown_on.end() &&
          std::any_of(shown->second.begin(), shown->second.end(),
                      [&](const std::string& name) { return touched.configurations.contains(name); });
    };
    std::set<Key> keys;
    for (const auto& [key, result] : known_)
      if ((!result.passed && !saved.empty()) ||
          std::any_of(changed.begin(), changed.end(), [&](const std::string& id) { return sees(result.touched, id); }))
        keys.insert(key);
    return keys;
  }

  // Test files that were saved themselves, or something that they read: rows, snapshots, modules.
  std::set<std::string> files_touched_by(const std::set<std::string>& saved, const Seen& before, const Seen& now,
                                         const Files& files) const {
    std::set<std::string> touched = differing(before.tests, now.tests);
    for (const auto& [name, source] : now.tests) {
      const std::vector<std::string> modules =
          source.find("require") == std::string::npos ? std::vector<std::string>() : module_files(files, source, name, true);
      for (const std::string& path : saved) {
        const bool is_read = !path.ends_with(".lua") && source.find(path.substr(path.rfind('/') + 1)) != std::string::npos;
        if (path == name || path == snapshot_file_of(name) || is_read || std::find(modules.begin(), modules.end(), path) != modules.end())
          touched.insert(name);
      }
    }
    return touched;
  }

  // Runs them and shows what is known by then. `what` is empty for all tests; `done` gets those that ran.
  void tests(const LoadedWorkspace& loaded, const std::function<bool(const std::string&, int)>& wanted, const std::string& what,
             std::set<Key>* done = nullptr) {
    how_.wanted = wanted;
    how_.only.clear();
    if (wanted)
      for (const TestFile& test : loaded.tests) {
        // One that never ran may hold anything.
        bool is_known = false, has_one = false;
        for (auto at = known_.lower_bound({test.name, -1}); at != known_.end() && at->first.first == test.name; ++at) {
          is_known = true;
          has_one = has_one || wanted(test.name, at->first.second);
        }
        if (!is_known || has_one || wanted(test.name, -1)) how_.only.insert(test.name);
      }
    FixtureRun run;
    if (!wanted || !how_.only.empty()) run = run_fixtures(loaded, how_);
    std::string text;
    if (auto written = write_snapshots(options_.folder, run.snapshots); !written) text += to_text(written.error()) + "\n";
    if (!wanted) known_.clear();
    const std::size_t count = run.results.size();
    std::set<std::string> read;
    for (TestResult& result : run.results) {
      // A file that can be read again has no result of its own, and one that cannot has nothing else.
      if (read.insert(result.file).second)
        std::erase_if(known_,
                      [&](const auto& one) { return one.first.first == result.file && (one.first.second < 0) != (result.number < 0); });
      const Key key{result.file, result.number};
      if (done) done->insert(key);
      known_.insert_or_assign(key, std::move(result));
    }
    if (how_.is_enough && how_.is_enough()) return;  // another save: what it changes comes first
    std::vector<TestResult> all;
    for (const auto& [key, result] : known_) all.push_back(result);
    for (const TestResult& result : all)
      if (!result.passed) text += report_text(result);
    text += report_snapshots(run.snapshots, options_.update);
    std::string summary = report_summary(all);
    summary.pop_back();
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begins_).count();
    std::string ran = std::to_string(read.size()) + (read.size() == 1 ? " file" : " files");
    if (!what.empty()) ran = std::to_string(count) + (count == 1 ? " test" : " tests") + what;
    show(text + summary + " (" + ran + ", " + std::to_string(took) + " ms)\n");
  }

  void show(const std::string& text) {
    if (is_terminal_) std::fputs("\x1b[H\x1b[2J\x1b[3J", stdout);
    std::fputs(text.c_str(), stdout);
    is_read_ = std::fflush(stdout) == 0;
  }

  const TestOptions& options_;
  FixtureOptions how_;
  FolderWatch folder_;
  const bool is_terminal_;
  bool is_read_ = true;  // somebody still reads what is printed
  std::chrono::steady_clock::time_point begins_;
  std::optional<Seen> seen_;
  std::map<Key, TestResult> known_;
};

}  // namespace

// Only what matters: what fails, and how many hold. Without a terminal it does the same a run after the other, so that
// an editor or a pipe can read along.
int watch_command(const TestOptions& options, FixtureOptions how) {
  auto folder = FolderWatch::open(options.folder);
  if (!folder) return fail(folder.error());
  return Watching(options, std::move(how), std::move(*folder)).run();
}

}  // namespace footlight
