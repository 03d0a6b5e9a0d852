// A workspace folder, read: declarations in Lua, documents in JSON, fragments, schemas, lists and
// test files, into the documents that everything else works on. Every problem of every file is
// reported at once, with file and line.
//
//   workspace.lua (or workspace.json)      experiences/*.lua, *.json      audiences/*.lua
//   policies/*.lua   fragments/*   schemas/*.json   lists/*   tests/*_test.lua   lib/*.lua, or any folder: what is required
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/snapshot.h"
#include "model/workspace.h"
#include "script/declarations.h"
#include "script/files.h"
#include "script/vm.h"

namespace footlight {

using Places = std::map<std::string, std::string>;  // JSON path → `file:line`

// `$.a.b[0]` as `file:line`, by the nearest enclosing path that is known; `otherwise` if none is.
std::string locate(const Places& places, const std::string& path, const std::string& otherwise);

struct LoadedExperience {
  std::string file;
  Definition definition;  // with what it mentions of the workspace included
  Value document;         // canonical
  Places places;
};

struct TestFile {
  std::string name;  // `tests/gold_test.lua`
  std::string source;
};

struct LoadedWorkspace {
  Workspace workspace;
  Value document;  // canonical
  Places places;
  std::vector<LoadedExperience> experiences;  // by id
  std::map<std::string, std::string> lists;   // SHA-256 → content
  std::vector<TestFile> tests;
  std::vector<std::string> modules;  // files that declarations require, `lib/pricing.lua`
  PolicyOrigins origins;             // where the functions of policies were written
  Problems problems;                 // warnings too
};

// Reads and checks, down to templates and policies. With errors among the problems, what did parse
// is there all the same.
// `host`: functions that policies may call besides ours; those that `policies` knows.
LoadedWorkspace load_workspace(const Files& files, PolicyCompiler& policies, const Environment& host = {});

// A snapshot of a loaded folder as if all of it had been activated at once, long ago: what `explain`
// and `decide` look at when no server is asked. Schedules count.
SnapshotSource everything_live(const LoadedWorkspace& loaded);

}  // namespace footlight
