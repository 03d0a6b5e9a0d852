// What a function captured, as a graph: how a policy that was written as a closure can be written down.
//
// Two functions that captured one variable share it here, and a table that several reach is there once, so
// that what is written means what was run.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "footlight/value.h"

namespace footlight {

// What a function uses of a table that it captured: all of it, or some members, and of these likewise.
struct TableUse {
  bool is_whole = false;
  std::map<std::string, TableUse> members = {};
};

// What a variable or a member holds.
struct CapturedThing {
  enum class Kind { value, function, table, standard } kind = Kind::value;
  Value value = {};       // nil, a boolean, a number or a text
  int index = -1;         // into functions or tables
  std::string name = {};  // of a standard function or module: `math.floor`
};

struct CapturedFunction {
  int chunk = -1, id = -1;          // as FoundFunction has them
  std::vector<int> variables = {};  // into Captures::variables, in the order in which it uses them
};

struct CapturedVariable {
  std::string name;
  CapturedThing holds = {};
};

struct CapturedMember {
  Value key;  // numbers first, ascending, then texts, then booleans
  CapturedThing holds = {};
};

struct CapturedTable {
  std::vector<CapturedMember> members = {};  // those that are used
  bool is_list = false;                      // made by `array`: empty, it is no object
};

// A member that a function uses, and the table does not have.
struct MissingMember {
  int chunk = -1, id = -1;  // of the function
  std::string variable;
  std::string member;                   // `rates.gold`
  std::vector<std::string> known = {};  // texts that are keys where it was looked for
};

struct Captures {
  std::vector<CapturedFunction> functions;  // the first is the one that was asked about
  std::vector<CapturedVariable> variables;
  std::vector<CapturedTable> tables;
  std::vector<MissingMember> missing;
};

// What the function of that chunk and number uses of the table in one of its variables.
using AskUse = std::function<TableUse(int chunk, int id, const std::string& variable)>;

}  // namespace footlight
