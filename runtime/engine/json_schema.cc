// Validation: one walk over the value, guided by the compiled nodes.
#include "engine/json_schema.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <utility>

#include "base/limits.h"
#include "base/text.h"
#include "engine/json_schema_program.h"

namespace footlight {
namespace {

// ---- numbers and texts --------------------------------------------------------------------------

__extension__ using Wide = unsigned __int128;

// A number as people write it: 0.0075 is 75 · 10^-4, whatever its binary form.
struct Decimal {
  std::uint64_t digits = 0;  // at most 17 of them
  int exponent = 0;
};

Decimal decimal_of(double number) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, std::abs(number), std::chars_format::scientific).ptr;
  Decimal decimal;
  bool is_behind_point = false;
  const char* at = text;
  for (; at != end && *at != 'e'; ++at) {
    if (*at == '.') {
      is_behind_point = true;
      continue;
    }
    decimal.digits = decimal.digits * 10 + static_cast<std::uint64_t>(*at - '0');
    if (is_behind_point) --decimal.exponent;
  }
  int power = 0;
  if (at != end) std::from_chars(at + (at[1] == '+' ? 2 : 1), end, power);
  decimal.exponent += power;
  return decimal;
}

// Exact in decimal: 0.3 is a multiple of 0.1, which no division of doubles would find.
bool is_multiple(double number, double unit) {
  if (number == 0) return true;
  if (!std::isfinite(number)) return false;
  const Decimal a = decimal_of(number);
  const Decimal b = decimal_of(unit);
  const int shift = a.exponent - b.exponent;
  if (shift >= 0) {
    Wide rest = a.digits % b.digits;
    for (int i = 0; i < shift && rest != 0; ++i) rest = rest * 10 % b.digits;
    return rest == 0;
  }
  Wide scaled = b.digits;
  for (int i = 0; i < -shift; ++i) {
    scaled *= 10;
    if (scaled > a.digits) return false;
  }
  return a.digits % scaled == 0;
}

bool is_integer(double number) { return std::isfinite(number) && std::floor(number) == number; }

std::uint8_t type_bits(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::null: return 1;
    case Value::Kind::boolean: return 2;
    case Value::Kind::number: return is_integer(value.number()) ? 4 | 8 : 4;
    case Value::Kind::string: return 16;
    case Value::Kind::array: return 32;
    case Value::Kind::object: return 64;
  }
  return 0;
}

std::string type_names(std::uint8_t bits) {
  std::string names;
  for (const SchemaType& type : kSchemaTypes) {
    if (bits & type.bit) names.append(names.empty() ? "" : " or ").append(type.with_article);
  }
  return names;
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// User text in backticks, cut where it would fill the line.
std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 60;
  if (text.size() <= kShown) return "`" + std::string(text) + "`";
  std::size_t end = kShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return "`" + std::string(text.substr(0, end)) + "…`";
}
std::string quoted_value(const Value& value) { return quoted(value.is_string() ? value.string() : to_json(value)); }
std::string number_text(double number) {
  std::string text;
  append_json_number(text, number);
  return text;
}
std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

// ---- places -------------------------------------------------------------------------------------

// Where the walk is: a list from the innermost step outwards, on the stack, written out only when needed.
struct Place {
  const Place* above = nullptr;
  const std::string* key = nullptr;  // of a member; null for an item
  std::size_t index = 0;
  int depth = 0;

  Place member(const std::string& name) const { return {this, &name, 0, depth + 1}; }
  Place item(std::size_t i) const { return {this, nullptr, i, depth + 1}; }
};

bool is_plain(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '$';
  });
}

std::string to_text(const Place& place) {
  if (!place.above) return "$";
  std::string text = to_text(*place.above);
  if (!place.key) return text + "[" + std::to_string(place.index) + "]";
  if (is_plain(*place.key)) return text + "." + *place.key;
  text += '[';
  append_json_string(text, *place.key);
  return text + "]";
}

// ---- the walk -----------------------------------------------------------------------------------

struct Finding {
  Problem problem;
  int depth = 0;  // of its place; the deepest alternative of an `anyOf` is the one that was meant
};

// The members and items of one value that some schema looked at, for `unevaluated...`.
using Seen = std::vector<const Value*>;

class Validation {
 public:
  Validation(const SchemaProgram& program, bool all) : program_(program), wants_all_(all) {}

  Problems run(const Value& value) {
    apply(program_.root, value, Place{}, nullptr);
    Problems problems;
    for (Finding& finding : findings_) problems.push_back(std::move(finding.problem));
    if (!exhausted_.empty()) problems.push_back({Code::limit_exceeded, "$", exhausted_});
    return problems;
  }

 private:
  // Applies a schema in place. What it looked at is added to `seen` where it is satisfied.
  bool apply(SchemaId id, const Value& value, const Place& place, Seen* seen) {
    if (!spend(1)) return false;
    if (depth_ == limits::schema_depth_max) {
      return exhaust("the schemas that apply here are nested deeper than " + std::to_string(limits::schema_depth_max));
    }
    ++depth_;
    const bool holds = apply_node(program_.nodes[id], value, place, seen);
    --depth_;
    return holds;
  }

  bool apply_node(const SchemaNode& node, const Value& value, const Place& place, Seen* seen) {
    if (node.is_never) return report(place, "nothing is allowed here");
    using Check = bool (Validation::*)(const SchemaNode&, const Value&, const Place&, Seen&);
    static constexpr Check kChecks[] = {
        &Validation::check_type,   &Validation::check_values,     &Validation::check_number,    &Validation::check_string,
        &Validation::check_items,  &Validation::check_contains,   &Validation::check_shape,     &Validation::check_members,
        &Validation::check_names,  &Validation::check_dependents, &Validation::check_reference, &Validation::check_all_of,
        &Validation::check_any_of, &Validation::check_one_of,     &Validation::check_not,       &Validation::check_condition,
    };
    Seen own;
    bool holds = true;
    for (const Check check : kChecks) {
      if (!(this->*check)(node, value, place, own)) holds = false;
      if (is_over(holds)) return false;
    }
    // Only of a value that is right so far can be said which parts nothing has looked at.
    if (holds && program_.has_unevaluated) holds = check_unevaluated(node, value, place, own);
    if (holds && seen) seen->insert(seen->end(), own.begin(), own.end());
    return holds;
  }

  bool is_over(bool holds) const {
    return !exhausted_.empty() || (!holds && (!wants_all_ || findings_.size() >= limits::schema_problems_max));
  }

  bool spend(std::size_t steps) {
    steps_ += steps;
    return steps_ <= limits::schema_steps_max ||
        exhaust("to check it takes more than " + std::to_string(limits::schema_steps_max) + " steps");
  }
  bool exhaust(std::string why) {
    if (exhausted_.empty()) exhausted_ = std::move(why);
    return false;
  }

  // False, so that a check may return it.
  bool report(const Place& place, std::string message) {
    const bool is_wanted = findings_.empty() || (wants_all_ && findings_.size() < limits::schema_problems_max);
    if (is_wanted) findings_.push_back({{Code::schema_mismatch, to_text(place), std::move(message)}, place.depth});
    return false;
  }

  // Applies a schema on trial: what it finds comes back in `findings` and is reported nowhere.
  bool try_apply(SchemaId id, const Value& value, const Place& place, Seen* seen, std::vector<Finding>& findings) {
    std::vector<Finding> outer = std::exchange(findings_, {});
    const bool wanted_all = std::exchange(wants_all_, false);
    const bool holds = apply(id, value, place, seen);
    findings = std::exchange(findings_, std::move(outer));
    wants_all_ = wanted_all;
    return holds;
  }

  void note(Seen& seen, const Value& part) {
    if (program_.has_unevaluated) seen.push_back(&part);
  }

  // ---- one check per group of keywords

  bool check_type(const SchemaNode& node, const Value& value, const Place& place, Seen&) {
    const std::uint8_t bits = type_bits(value);
    if (node.types == 0 || (node.types & bits)) return true;
    // A number with a fraction is shown, since "found a number" would not tell what is wrong with it.
    const bool is_fraction = value.is_number() && (node.types & 8);
    return report(place,
                  "expected " + type_names(node.types) + ", found " +
                      (is_fraction ? number_text(value.number()) : type_names(bits == (4 | 8) ? 4 : bits)));
  }

  bool check_values(const SchemaNode& node, const Value& value, const Place& place, Seen&) {
    if (node.constant && !(*node.constant == value)) {
      return report(place, "expected " + quoted_value(*node.constant) + ", found " + quoted_value(value));
    }
    if (!node.allowed) return true;
    if (!spend(node.allowed->size())) return false;
    if (std::find(node.allowed->begin(), node.allowed->end(), value) != node.allowed->end()) return true;
    constexpr std::size_t kShown = 10;
    std::string list;
    std::vector<std::string> known;
    for (const Value& allowed : *node.allowed) {
      if (known.size() == kShown) {
        list += ", …";
        break;
      }
      list += (list.empty() ? "" : ", ") + quoted_value(allowed);
      known.push_back(allowed.is_string() ? allowed.string() : "");
    }
    return report(place, quoted_value(value) + " is none of " + list + (value.is_string() ? did_you_mean(value.string(), known) : ""));
  }

  bool check_number(const SchemaNode& node, const Value& value, const Place& place, Seen&) {
    if (!value.is_number()) return true;
    const double number = value.number();
    const NumberRules& rules = node.number;
    const auto must = [&](bool holds, std::string_view what, const std::optional<double>& bound) {
      return holds || report(place, number_text(number) + " is not " + std::string(what) + " " + number_text(*bound));
    };
    bool holds = !rules.minimum || must(number >= *rules.minimum, "at least", rules.minimum);
    holds &= !rules.maximum || must(number <= *rules.maximum, "at most", rules.maximum);
    holds &= !rules.exclusive_minimum || must(number > *rules.exclusive_minimum, "more than", rules.exclusive_minimum);
    holds &= !rules.exclusive_maximum || must(number < *rules.exclusive_maximum, "less than", rules.exclusive_maximum);
    holds &= !rules.multiple_of || must(is_multiple(number, *rules.multiple_of), "a multiple of", rules.multiple_of);
    return holds;
  }

  // `count` of something against its bounds.
  bool check_count(std::size_t count, const std::optional<std::size_t>& least, const std::optional<std::size_t>& most, std::string_view one,
                   std::string_view many, const Place& place) {
    if (least && count < *least) {
      return report(place,
                    counted(count, one, many) + ", at least " + std::to_string(*least) + (*least == 1 ? " is needed" : " are needed"));
    }
    if (most && count > *most) {
      return report(place,
                    counted(count, one, many) + ", at most " + std::to_string(*most) + (*most == 1 ? " is allowed" : " are allowed"));
    }
    return true;
  }

  bool check_string(const SchemaNode& node, const Value& value, const Place& place, Seen&) {
    if (!value.is_string()) return true;
    const StringRules& rules = node.string;
    const std::string& text = value.string();
    if (!spend(text.size() / 64)) return false;
    bool holds = true;
    if (rules.min_length || rules.max_length) {
      holds = check_count(code_points(text), rules.min_length, rules.max_length, "character", "characters", place);
    }
    if (rules.pattern && !rules.pattern->second.is_found_in(text)) {
      holds = report(place, quoted(text) + " does not match " + quoted(rules.pattern->first));
    }
    if (rules.format && !rules.format->holds(text)) {
      holds = report(place, quoted(text) + " is no `" + std::string(rules.format->name) + "`");
    }
    return holds;
  }

  bool check_items(const SchemaNode& node, const Value& value, const Place& place, Seen& seen) {
    if (!value.is_array()) return true;
    const Array& items = value.array();
    const ArrayRules& rules = node.array;
    bool holds = check_count(items.size(), rules.min_items, rules.max_items, "item", "items", place);
    if (rules.has_unique_items) holds &= check_unique(items, place);
    for (std::size_t i = 0; i < items.size() && !is_over(holds); ++i) {
      const bool is_first = i < rules.first.size();
      if (!is_first && !rules.rest) break;
      const SchemaId id = is_first ? rules.first[i] : *rules.rest;
      if (program_.nodes[id].is_never) {
        holds = report(
            place.item(i),
            is_first ? "nothing is allowed here" : "an item too many, at most " + std::to_string(rules.first.size()) + " are allowed");
        continue;
      }
      holds &= apply(id, items[i], place.item(i), nullptr);
      note(seen, items[i]);
    }
    return holds;
  }

  bool check_unique(const Array& items, const Place& place) {
    if (!spend(items.size())) return false;
    std::map<std::string, std::size_t> known;  // by canonical form, which is equal for equal values
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto [first, is_new] = known.emplace(to_json(items[i]), i);
      if (!is_new) { return report(place, "items " + std::to_string(first->second) + " and " + std::to_string(i) + " are equal"); }
    }
    return true;
  }

  bool check_contains(const SchemaNode& node, const Value& value, const Place& place, Seen& seen) {
    const ArrayRules& rules = node.array;
    if (!value.is_array() || !rules.contains) return true;
    std::size_t count = 0;
    std::vector<Finding> findings;
    for (std::size_t i = 0; i < value.array().size() && exhausted_.empty(); ++i) {
      const Value& item = value.array()[i];
      if (!try_apply(*rules.contains, item, place.item(i), nullptr, findings)) continue;
      ++count;
      note(seen, item);
    }
    return check_count(count, rules.min_contains, rules.max_contains, "item fits `contains`", "items fit `contains`", place);
  }

  // What members there must be, before what they must be.
  bool check_shape(const SchemaNode& node, const Value& value, const Place& place, Seen&) {
    if (!value.is_object()) return true;
    const Object& object = value.object();
    const ObjectRules& rules = node.object;
    if (!spend(rules.required.size() + rules.dependent_required.size())) return false;
    bool holds = check_count(object.size(), rules.min_properties, rules.max_properties, "member", "members", place);
    for (const std::string& name : rules.required) {
      if (!object.contains(name)) holds = report(place.member(name), "the member " + quoted(name) + " is missing");
    }
    for (const auto& [key, names] : rules.dependent_required) {
      if (!object.contains(key)) continue;
      if (!spend(names.size())) return false;
      for (const std::string& name : names) {
        if (!object.contains(name)) {
          holds = report(place.member(name), "the member " + quoted(name) + " is missing, which " + quoted(key) + " needs beside it");
        }
      }
    }
    return holds;
  }

  bool check_members(const SchemaNode& node, const Value& value, const Place& place, Seen& seen) {
    const ObjectRules& rules = node.object;
    if (!value.is_object() || (rules.properties.empty() && rules.patterns.empty() && !rules.additional)) return true;
    bool holds = true;
    for (const auto& [key, member] : value.object()) {
      if (is_over(holds)) break;
      if (!spend(1 + rules.patterns.size() * (1 + key.size() / 64))) return false;
      const Place here = place.member(key);
      bool is_known = false;
      if (const auto property = rules.properties.find(key); property != rules.properties.end()) {
        is_known = true;
        holds &= apply(property->second, member, here, nullptr);
      }
      for (const auto& [pattern, id] : rules.patterns) {
        if (is_over(holds) || !pattern.is_found_in(key)) continue;
        is_known = true;
        holds &= apply(id, member, here, nullptr);
      }
      if (!is_known && rules.additional && !is_over(holds)) {
        is_known = true;
        if (program_.nodes[*rules.additional].is_never) holds = report_unknown(rules, key, here);
        else holds &= apply(*rules.additional, member, here, nullptr);
      }
      if (is_known) note(seen, member);
    }
    return holds;
  }

  bool report_unknown(const ObjectRules& rules, const std::string& key, const Place& here) {
    std::vector<std::string> known;
    for (const auto& [name, id] : rules.properties) known.push_back(name);
    return report(here, "there is no member " + quoted(key) + " here" + did_you_mean(key, known));
  }

  bool check_names(const SchemaNode& node, const Value& value, const Place& place, Seen&) {
    if (!value.is_object() || !node.object.names) return true;
    bool holds = true;
    std::vector<Finding> findings;
    for (const auto& [key, member] : value.object()) {
      if (is_over(holds)) break;
      const Place here = place.member(key);
      if (try_apply(*node.object.names, Value(key), here, nullptr, findings)) continue;
      holds = report(here, "the name " + quoted(key) + " is not allowed" + (findings.empty() ? "" : ": " + findings[0].problem.message));
    }
    return holds;
  }

  bool check_dependents(const SchemaNode& node, const Value& value, const Place& place, Seen& seen) {
    if (!value.is_object()) return true;
    bool holds = true;
    for (const auto& [key, id] : node.object.dependent_schemas) {
      if (is_over(holds)) break;
      if (!spend(1)) return false;
      if (value.object().contains(key)) holds &= apply(id, value, place, &seen);
    }
    return holds;
  }

  bool check_reference(const SchemaNode& node, const Value& value, const Place& place, Seen& seen) {
    return !node.reference || apply(*node.reference, value, place, &seen);
  }

  bool check_all_of(const SchemaNode& node, const Value& value, const Place& place, Seen& seen) {
    bool holds = true;
    for (const SchemaId id : node.all_of) {
      if (is_over(holds)) break;
      holds &= apply(id, value, place, &seen);
    }
    return holds;
  }

  bool check_any_of(const SchemaNode& node, const Value& value, const Place& place, Seen& seen) {
    if (node.any_of.empty()) return true;
    return count_fits(node.any_of, "anyOf", value, place, seen, program_.has_unevaluated ? node.any_of.size() : 1).any;
  }

  bool check_one_of(const SchemaNode& node, const Value& value, const Place& place, Seen& seen) {
    if (node.one_of.empty()) return true;
    const Fits fits = count_fits(node.one_of, "oneOf", value, place, seen, 2);
    if (fits.second == 0) return fits.any;
    return report(
        place,
        "fits schemas " + std::to_string(fits.first) + " and " + std::to_string(fits.second) + " of `oneOf`, where only one may fit");
  }

  // The first and the second alternative that fit, counted from 0; the second is never 0.
  struct Fits {
    bool any = false;
    std::size_t first = 0, second = 0;
  };

  // Tries alternatives until `enough` of them fit. Where none does, it reports the one that came
  // furthest: the problem that lies deepest in the value, the earlier one where two do.
  Fits count_fits(const std::vector<SchemaId>& ids, std::string_view keyword, const Value& value, const Place& place, Seen& seen,
                  std::size_t enough) {
    Fits fits;
    std::size_t count = 0;
    std::optional<Finding> nearest_miss;
    std::vector<Finding> findings;
    for (std::size_t i = 0; i < ids.size() && count < enough && exhausted_.empty(); ++i) {
      if (try_apply(ids[i], value, place, &seen, findings)) {
        if (fits.any && fits.second == 0) fits.second = i;
        if (!fits.any) fits.first = i;
        fits.any = true;
        ++count;
      } else if (!findings.empty() && (!nearest_miss || findings[0].depth > nearest_miss->depth)) {
        nearest_miss = findings[0];
      }
    }
    if (fits.any || !exhausted_.empty()) return fits;
    std::string message = "fits none of the " + std::to_string(ids.size()) + " schemas of `" + std::string(keyword) + "`";
    if (nearest_miss) message += "; the nearest: " + nearest_miss->problem.place + ": " + nearest_miss->problem.message;
    report(place, std::move(message));
    return fits;
  }

  bool check_not(const SchemaNode& node, const Value& value, const Place& place, Seen&) {
    std::vector<Finding> findings;
    if (!node.negated || !try_apply(*node.negated, value, place, nullptr, findings)) return true;
    return report(place, "fits the schema that `not` forbids");
  }

  bool check_condition(const SchemaNode& node, const Value& value, const Place& place, Seen& seen) {
    if (!node.condition) return true;
    std::vector<Finding> findings;
    const bool is_met = try_apply(*node.condition, value, place, &seen, findings);
    const auto& branch = is_met ? node.consequence : node.alternative;
    return !branch || apply(*branch, value, place, &seen);
  }

  bool check_unevaluated(const SchemaNode& node, const Value& value, const Place& place, Seen& own) {
    if (!(value.is_array() && node.array.unevaluated) && !(value.is_object() && node.object.unevaluated)) return true;
    const std::set<const Value*> seen(own.begin(), own.end());
    bool holds = true;
    const auto check = [&](SchemaId id, const Value& part, const Place& here, std::string_view what) {
      if (is_over(holds) || seen.contains(&part)) return;
      if (program_.nodes[id].is_never) holds = report(here, "no schema allows this " + std::string(what));
      else holds &= apply(id, part, here, nullptr);
      own.push_back(&part);
    };
    if (value.is_array()) {
      for (std::size_t i = 0; i < value.array().size(); ++i) { check(*node.array.unevaluated, value.array()[i], place.item(i), "item"); }
    } else {
      for (const auto& [key, member] : value.object()) check(*node.object.unevaluated, member, place.member(key), "member");
    }
    return holds;
  }

  const SchemaProgram& program_;
  bool wants_all_;
  std::vector<Finding> findings_;
  std::size_t steps_ = 0;
  int depth_ = 0;
  std::string exhausted_;  // why the work was given up; everything fails from then on
};

}  // namespace

Problems validate(const JsonSchema& schema, const Value& value, bool all) {
  if (!schema.program()) return {};
  return Validation(*schema.program(), all).run(value);
}

}  // namespace footlight
