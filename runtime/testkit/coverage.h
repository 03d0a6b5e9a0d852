// Coverage: what of a workspace its tests have seen happen. Lines of functions, conditions that held and that did not,
// policies that were asked, surfaces, what experiences show, lifecycle transitions.
//
// Tests run exactly as they do without: decisions are made by the same engine and the same policies. Beside them a second
// runner repeats each policy call on the same text with probes in it (script/probes.h), under the same budget, and only
// this one counts.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "script/policies.h"
#include "script/workspace_files.h"

namespace footlight {

// A condition, and how often it held and did not where it was asked. Of a schedule: was it open?
struct CoveredClause {
  std::string place;  // `experiences/gold.lua:4`
  std::string text;   // `p.cart.total >= 50`
  std::string owner;  // the experience, audience or configuration
  int column = 0;
  std::uint64_t yes = 0, no = 0;
};

// Anything that is covered by happening once.
struct CoveredThing {
  std::string place;  // empty where it has none in the files
  std::string name;
  std::uint64_t times = 0;
};

struct CoverageReport {
  std::map<std::string, std::map<int, std::uint64_t>> lines;  // by file: statements of functions, how often each ran
  std::vector<CoveredClause> clauses;                         // by place
  std::vector<CoveredThing> policies;                         // functions, natively run or not
  std::vector<CoveredThing> surfaces;                         // configurations that were asked for
  std::vector<CoveredThing> actions;                          // `gold-hero on hero, treatment warm`: was it shown?
  std::vector<CoveredThing> transitions;                      // `campaign: stop, from live`
  std::map<std::string, std::string> sources;                 // of the files with lines or clauses

  struct Ratio {
    std::string name;  // `clauses`
    std::size_t seen = 0, all = 0;
  };
  std::vector<Ratio> ratios() const;  // a clause counts twice: once for each of its outcomes
  double percent() const;             // of everything; 100 where there is nothing to see
};

// Of one worker at a time: takes in what happens. Made by Coverage::watch.
class CoverageWatch {
 public:
  virtual ~CoverageWatch() = default;
  // Policies to decide with in place of `real`, which are `real`, watched.
  virtual PolicyRunner& policies(const Snapshot& snapshot, PolicyRunner& real) = 0;
  virtual void decided(const Request& request, const Decision& decision) = 0;  // with its trace
  virtual void moved(const std::string& experience, const std::string& command, const std::string& from) = 0;
};

class Coverage {
 public:
  // What there is to cover. `files` give the sources; both outlive it.
  static Result<std::unique_ptr<Coverage>> make(const LoadedWorkspace& loaded, const Files& files);
  virtual ~Coverage() = default;
  virtual std::unique_ptr<CoverageWatch> watch() = 0;  // any thread; counts when it is destroyed
  virtual CoverageReport report() const = 0;           // once all watches are gone
};

// What the terminal shows: a line for each kind, and below it what was never seen.
std::string coverage_text(const CoverageReport& report);
std::string coverage_json(const CoverageReport& report, const std::string& workspace);
std::string coverage_html(const CoverageReport& report, const std::string& workspace);  // one file that needs no other

}  // namespace footlight
