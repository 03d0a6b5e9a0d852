// A definition as people read it: sections of parts of lines. A review prints it, a comparison sets
// two of them side by side.
//
//   content    hero                    <h1>Welcome back, {{person.name}}</h1>
//   properties priority                60
//   audience   audience                loyalty.tier == "gold"
//                                      any of
//                                        cart.total > 50
#pragma once

#include <string>
#include <vector>

#include "model/definition.h"

namespace footlight {

struct Workspace;

struct OutlinePart {
  std::string name;                // `hero`, `priority`: unique within its section
  std::vector<std::string> lines;  // never empty
  bool operator==(const OutlinePart&) const = default;
};

struct OutlineSection {
  std::string name;                // one of the eight below
  std::vector<OutlinePart> parts;  // never empty
  bool operator==(const OutlineSection&) const = default;
};
// In the order in which they are read; a section without parts is left out.
//   content · journey · properties · configuration · audience · schedule · experiment · includes
using Outline = std::vector<OutlineSection>;

// Everything that a definition says stands in it somewhere: two revisions of one experience with equal
// outlines are equal. `workspace`, where there is one, tells of the configurations that the content goes to.
Outline outline(const Definition& definition, const Workspace* workspace = nullptr);

// Clause by clause: what must hold together is a line each, groups are indented below `any of`.
std::vector<std::string> clauses(const Predicate& predicate);

// ---- comparison

enum class Mark { same, removed, added, skipped };
std::string_view to_text(Mark mark);

struct ComparedLine {
  Mark mark = Mark::same;
  std::string text;
  std::size_t count = 0;  // of skipped: how many equal lines stand here
  bool operator==(const ComparedLine&) const = default;
};
struct ComparedPart {
  std::string name;
  std::vector<ComparedLine> lines;  // with up to three equal lines around each change
};
struct ComparedSection {
  std::string name;
  std::vector<ComparedPart> parts;  // those that differ
};
using Comparison = std::vector<ComparedSection>;  // empty: they are equal

Comparison compare(const Outline& from, const Outline& to);

// [{"section": "audience", "parts": [{"part": "audience", "lines": ["everyone"]}]}]
Value to_value(const Outline& outline);
// The same; a line is {"mark": "added", "text": "everyone"} or {"mark": "skipped", "count": 12}.
Value to_value(const Comparison& comparison);

}  // namespace footlight
