// The experience document: what an author defines, apart from its life (see lifecycle.h).
//
// JSON and Lua give the same document; `parse_definition` reads any spelling, `to_value` writes the
// one canonical form, and its hash names the revision. The document is whole in itself: fragments
// and audiences that it refers to are part of it (`include`), so that what was approved is what is
// shown, whatever happens to the files around it.
//
//   {"kind": "campaign", "id": "gold-hero", "title": "…", "description": "…",
//    "priority": 80, "tags": ["price"],
//    "from": "2026-12-01T09:00", "till": "2026-12-24T18:00", "zone": "Europe/Paris",
//    "audience": PREDICATE, "targeting": POLICY,
//    "schedule": SCHEDULE | POLICY | {…SCHEDULE, "policy": POLICY},
//    "show": {"hero": CONTENT, "banner": [{"element": "title", "content": CONTENT}, …]},
//    "treatments": {"warm": {"weight": 45, "show": {…}}, …}, "holdout": 10, "salt": "…",
//    "include": {"fragments": {NAME: TEXT}, "audiences": {NAME: PREDICATE}, "lists": {NAME: SHA-256}}}
//   CONTENT   "template text" | {"fragment": NAME} | {"json": VALUE} | POLICY
//   POLICY    {"lua": "return function(…) … end"}
// A journey has `enter`, `exit`, `again` and `steps` in place of `show` (model/journey.h).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/predicate.h"
#include "model/schedule.h"

namespace footlight {

enum class ExperienceKind { campaign, journey };
std::string_view to_text(ExperienceKind kind);

struct Content {
  enum class Form { text, fragment, json, lua } form = Form::text;
  std::string text;  // template text, name of a fragment, or source of a policy
  Value json;        // a JSON value whose strings are templates
  bool operator==(const Content&) const = default;
};

struct Action {
  std::string id;  // `hero`, `hero.title`, `warm/hero`, `steps[1]/hero`: unique in the experience
  std::string configuration;
  std::string element;    // empty: the surface's container
  std::string treatment;  // empty: shown to everyone eligible
  Content content;
  std::string path;  // JSON path, for messages
  bool operator==(const Action&) const = default;
};

struct Treatment {
  std::string name;
  int weight = 0;  // hundredths of a percent: 4500 is 45 %
  bool operator==(const Treatment&) const = default;
};

struct Included {
  std::map<std::string, std::string> fragments;  // name → text
  std::map<std::string, Predicate> audiences;
  std::map<std::string, std::string> lists;  // name → SHA-256 of its ids
  bool operator==(const Included&) const = default;
};

struct Definition {
  ExperienceKind kind = ExperienceKind::campaign;
  std::string id, title, description;
  int priority = 50;
  std::vector<std::string> tags;  // sorted, without doubles
  std::string from, till, zone;   // wall text; empty: at once, for ever, the workspace's zone
  Predicate audience;
  std::string targeting;  // source of a targeting policy, may be empty
  std::optional<Schedule> schedule;
  std::string schedule_policy;        // source, may be empty
  std::vector<Action> actions;        // of a journey: what its steps show
  std::vector<Treatment> treatments;  // sorted by name; empty: no experiment
  int holdout = 0;                    // hundredths of a percent: nothing is shown to them
  std::string salt;                   // of the experiment; the id where the author gave none
  Value journey;                      // enter, exit, again, steps: checked, in canonical form
  Included include;

  bool operator==(const Definition&) const = default;
};

// Reads a document of any spelling. Every problem is reported; the result is meaningful only when
// none of them is an error.
Definition parse_definition(const Value& document, Problems& problems);

Value to_value(const Definition& definition);

// Its audience and, of a journey, the audience that enters and each step's conditions.
std::vector<Predicate> conditions_of(const Definition& definition);

// Names that the document uses and that must come from its surroundings.
struct Mentions {
  std::map<std::string, std::string> fragments, audiences, lists;  // name → JSON path of the first use
};
Mentions mentions(const Definition& definition);

}  // namespace footlight
