// The workspace document: what every experience of a workspace stands on.
//
//   {"name": "shop", "zone": "Europe/Paris",
//    "attributes": {"loyalty.tier": {"type": "enum", "values": ["none", "gold"]},
//                   "cart.total": {"type": "number", "min": 0}, "viewed": {"type": "list", "of": {"type": "text"}}},
//    "surfaces": {"hero": {"format": "html", "rules": ["web://shop.example/#hero"],
//                          "resolve": "highest" | "merge" | {"stack": 3}, "schema": NAME, "default": CONTENT}},
//    "approvals": [{"when": {"tag": "price"}, "approvers": 2, "by": {"roles": ["admin"], "names": ["ann"]}}],
//    "conflict": {"hero": {"lua": "return function(candidates, request) … end"}},
//    "audiences": {NAME: PREDICATE}, "fragments": {NAME: TEXT}, "schemas": {NAME: SCHEMA},
//    "lists": {NAME: SHA-256}}
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "footlight/decision.h"
#include "model/definition.h"
#include "model/surface.h"

namespace footlight {

// What values an attribute may have. A value of another type counts as absent, and a trace says so.
struct AttributeType {
  enum class Type { any, text, number, boolean, enumeration, list, date } type = Type::any;
  std::vector<std::string> values;  // of an enumeration
  std::optional<double> min, max;   // of a number
  std::vector<AttributeType> of;    // of a list: one element, or none for any
  bool operator==(const AttributeType&) const = default;
  bool accepts(const Value& value) const;
};
std::string to_text(const AttributeType& type);               // `number`, `enum`, `list of text`
using AttributeTypes = std::map<std::string, AttributeType>;  // by dotted name

struct Resolution {
  enum class Mode { highest, stack, merge } mode = Mode::highest;
  int most = 1;  // of stack
  bool operator==(const Resolution&) const = default;
};

struct Configuration {
  std::string name;
  Format format = Format::html;
  std::vector<SurfaceRule> rules;
  Resolution resolve;
  std::string schema;               // name, may be empty
  std::optional<Content> fallback;  // the document's `default`
  bool operator==(const Configuration&) const = default;
};

// How many people an audience can hold, as far as its conditions alone tell; from few to all.
enum class AudienceSize {
  listed,      // nobody but the ids of uploaded lists
  share,       // at most a known share: behind a bucket
  conditions,  // whoever meets conditions on attributes: nobody knows how many
  everyone,
};
std::string_view to_text(AudienceSize size);
AudienceSize audience_size(const Definition& definition);

// An experience that meets all of the conditions needs `approvers` approvals of those who count.
struct ApprovalRule {
  std::string tag, kind, surface;                   // empty: not asked
  std::optional<int> priority_from, priority_till;  // both included
  std::vector<AudienceSize> audience;               // any of these; empty: not asked
  std::optional<bool> has_lua;
  int approvers = 1;
  std::vector<std::string> roles, names;  // who counts: any of them; both empty: every approver
  bool operator==(const ApprovalRule&) const = default;
};

struct Workspace {
  std::string name;
  std::string zone = "UTC";
  AttributeTypes attributes;
  std::vector<Configuration> configurations;  // sorted by name
  std::vector<ApprovalRule> approvals;
  std::map<std::string, std::string> conflict;  // configuration → source of its conflict policy
  std::map<std::string, Predicate> audiences;
  std::map<std::string, std::string> fragments;
  std::map<std::string, Value> schemas;
  std::map<std::string, std::string> lists;  // name → SHA-256 of its content

  bool operator==(const Workspace&) const = default;
  const Configuration* configuration(std::string_view name) const;
};

Workspace parse_workspace(const Value& document, Problems& problems);
Value to_value(const Workspace& workspace);

// Every fragment, audience and list that `definition` mentions, and those mentioned by them, copied
// into its `include`. What the definition includes already stays as it is.
void include_mentions(Definition& definition, const Workspace& workspace, Problems& problems);

// What of `definition` does not fit `workspace`: configurations, attributes, approvals that it
// names and that are not declared. The definition must have parsed without errors.
Problems check_against(const Definition& definition, const Workspace& workspace);

// What one rule asks of the definition.
struct ApprovalDemand {
  int approvers = 0;
  std::string because;                    // `tag `price`, surface `hero``
  std::vector<std::string> roles, names;  // as of the rule
  bool operator==(const ApprovalDemand&) const = default;
};
// Of every rule that meets the definition, in the order of the workspace; what another one asks for
// anyway, as many of the same people, is left out.
std::vector<ApprovalDemand> approvals_for(const Definition& definition, const Workspace& workspace);

bool has_lua(const Definition& definition);

}  // namespace footlight
