// Compiles a schema document in three passes: every subschema gets a seat (so that references may point
// anywhere), then each seat's keywords are read, then circles of references are looked for.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/limits.h"
#include "base/text.h"
#include "engine/json_schema.h"
#include "engine/json_schema_program.h"
#include "engine/text_format.h"
#include "engine/uri_reference.h"

namespace footlight {
namespace {

constexpr std::array<AssertedFormat, 5> kFormats = {{
    {"date", is_date},
    {"date-time", is_date_time},
    {"email", is_email},
    {"uri", is_uri},
    {"uuid", is_uuid},
}};

struct DialectRow {
  SchemaDialect dialect;
  std::string_view name;
  std::string_view uri;  // without the empty fragment that may follow
};
constexpr std::array<DialectRow, 2> kDialects = {{
    {SchemaDialect::draft7, "draft-07", "http://json-schema.org/draft-07/schema"},
    {SchemaDialect::draft2020_12, "draft 2020-12", "https://json-schema.org/draft/2020-12/schema"},
}};

std::string_view dialect_name(SchemaDialect dialect) {
  return std::find_if(kDialects.begin(), kDialects.end(), [&](const DialectRow& row) { return row.dialect == dialect; })->name;
}

// Where a subschema stands in the document, and the URI that its references are seen from.
struct Seat {
  const Value* schema;
  std::string base;
  std::string place;
};

class Compiler;

// What a keyword's value holds, so that every subschema finds its seat.
enum class Holds { no_schema, schema, schemas, schema_or_schemas, schema_map, schemas_or_names_map };
enum class In { both, draft7, draft2020_12 };

struct KeywordRow {
  std::string_view name;
  In in;
  Holds holds;
  // Reads the keyword; nullptr for notes and for what the first pass has read.
  void (Compiler::*read)(const Seat& seat, const Value& value, const std::string& place, SchemaNode& node);
};

struct RefusedKeyword {
  std::string_view name;
  std::string_view why;
};
constexpr std::array<RefusedKeyword, 6> kRefused = {{
    {"$dynamicRef", "references that depend on the caller are not supported; use `$ref`"},
    {"$recursiveRef", "references that depend on the caller are not supported; use `$ref`"},
    {"$recursiveAnchor", "references that depend on the caller are not supported"},
    {"$vocabulary", "schemas that define keywords are not supported"},
    {"id", "did you mean `$id`?"},
    {"divisibleBy", "did you mean `multipleOf`?"},
}};

class Compiler {
 public:
  explicit Compiler(const SchemaOptions& options) : options_(options), dialect_(options.dialect) {}

  // The program of a document; of no use where `problems()` holds any.
  SchemaProgram compile(const Value& document) {
    if (document.is_object()) read_dialect(document);
    give_seat(document, "", "$", 1);
    if (!problems_.empty()) return {};
    program_.nodes.resize(seats_.size());
    for (std::size_t id = 0; id < seats_.size(); ++id) read_seat(seats_[id], program_.nodes[id]);
    if (problems_.empty()) look_for_circles();
    return std::move(program_);
  }
  const Problems& problems() const { return problems_; }

 private:
  static const std::vector<KeywordRow>& keywords();
  static const KeywordRow* find_keyword(std::string_view name) {
    const auto& rows = keywords();
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const KeywordRow& r) { return r.name == name; });
    return row == rows.end() ? nullptr : &*row;
  }

  void report(std::string place, std::string message, Code code = Code::bad_schema) {
    problems_.push_back({code, std::move(place), std::move(message)});
  }
  void report_type(const std::string& place, std::string_view expected, const Value& found) {
    report(place, "expected " + std::string(expected) + ", found " + std::string(kind_name(found.kind())));
  }

  static std::string place_of(const std::string& place, std::string_view key) { return place + "." + std::string(key); }
  static std::string place_of(const std::string& place, std::size_t index) { return place + "[" + std::to_string(index) + "]"; }

  // ---- first pass: seats ------------------------------------------------------------------------

  static std::string_view without_empty_fragment(std::string_view uri) {
    if (uri.ends_with('#')) uri.remove_suffix(1);
    return uri;
  }

  void read_dialect(const Value& document) {
    const auto found = document.object().find("$schema");
    if (found == document.object().end()) return;
    const DialectRow* row = dialect_of(found->second, "$.$schema");
    if (row) dialect_ = row->dialect;
  }

  const DialectRow* dialect_of(const Value& value, const std::string& place) {
    if (!value.is_string()) {
      report_type(place, "the URI of a dialect", value);
      return nullptr;
    }
    const std::string_view uri = without_empty_fragment(value.string());
    const auto row = std::find_if(kDialects.begin(), kDialects.end(), [&](const DialectRow& r) { return r.uri == uri; });
    if (row != kDialects.end()) return &*row;
    std::string known;
    for (const DialectRow& r : kDialects) known.append(known.empty() ? "`" : " and `").append(r.uri).append("`");
    report(place, "`" + value.string() + "` is no dialect known here; known are " + known);
    return nullptr;
  }

  bool has_only_reference(const Value& schema) const {  // draft-07: what stands beside `$ref` does not count
    return dialect_ == SchemaDialect::draft7 && schema.is_object() && schema.object().contains("$ref");
  }

  void give_seat(const Value& schema, const std::string& base, const std::string& place, int depth) {
    if (!schema.is_object() && !schema.is_boolean()) return report_type(place, "a schema (an object or a boolean)", schema);
    if (depth > limits::json_depth_max) {
      return report(place, "nested deeper than " + std::to_string(limits::json_depth_max) + " levels", Code::limit_exceeded);
    }
    if (seats_.size() == limits::schema_nodes_max) {
      if (!is_full_) {
        report(place, "more than " + std::to_string(limits::schema_nodes_max) + " schemas in one document", Code::limit_exceeded);
      }
      is_full_ = true;
      return;
    }
    const auto id = static_cast<SchemaId>(seats_.size());
    ids_.emplace(&schema, id);
    seats_.push_back({&schema, base, place});
    if (id == 0) resources_.emplace(base, &schema);
    if (schema.is_boolean()) return;
    std::string own_base = base;
    if (!has_only_reference(schema)) {
      own_base = read_id(schema, base, place);
      seats_[id].base = own_base;
      read_anchor(schema, "$anchor", own_base, place);
      read_anchor(schema, "$dynamicAnchor", own_base, place);
    }
    for (const auto& [key, value] : schema.object()) {
      if (has_only_reference(schema) && key != "definitions" && key != "$ref") continue;
      const std::string here = place_of(place, key);
      const KeywordRow* row = find_keyword(key);
      if (!row || !is_known_here(*row)) report_unknown(key, row, here);
      else seat_within(*row, value, own_base, here, depth + 1);
    }
  }

  bool is_known_here(const KeywordRow& row) const {
    return row.in == In::both || (row.in == In::draft7) == (dialect_ == SchemaDialect::draft7);
  }

  void report_unknown(const std::string& key, const KeywordRow* row, const std::string& place) {
    if (key.starts_with("x-")) return;
    const std::string quoted = "`" + key + "`";
    if (row) {
      const auto other = row->in == In::draft7 ? SchemaDialect::draft7 : SchemaDialect::draft2020_12;
      return report(
          place,
          quoted + " is a keyword of " + std::string(dialect_name(other)) + ", this schema is of " + std::string(dialect_name(dialect_)));
    }
    for (const RefusedKeyword& refused : kRefused) {
      if (key == refused.name) return report(place, "`" + key + "`: " + std::string(refused.why));
    }
    std::vector<std::string> known;
    for (const KeywordRow& r : keywords()) known.emplace_back(r.name);
    report(place, "there is no keyword " + quoted + ", and notes of your own begin with `x-`" + did_you_mean(key, known));
  }

  void seat_within(const KeywordRow& row, const Value& value, const std::string& base, const std::string& place, int depth) {
    switch (row.holds) {
      case Holds::no_schema: return;
      case Holds::schema: return give_seat(value, base, place, depth);
      case Holds::schema_or_schemas:
        if (!value.is_array()) return give_seat(value, base, place, depth);
        [[fallthrough]];
      case Holds::schemas:
        if (!value.is_array()) return report_type(place, "an array of schemas", value);
        for (std::size_t i = 0; i < value.array().size(); ++i) { give_seat(value.array()[i], base, place_of(place, i), depth + 1); }
        return;
      case Holds::schema_map:
      case Holds::schemas_or_names_map:
        if (!value.is_object()) return report_type(place, "an object of schemas", value);
        for (const auto& [key, member] : value.object()) {
          if (row.holds == Holds::schemas_or_names_map && member.is_array()) continue;
          give_seat(member, base, place_of(place, key), depth + 1);
        }
        return;
    }
  }

  // The base within a schema: changed by `$id`, which also names the schema.
  std::string read_id(const Value& schema, const std::string& base, const std::string& place) {
    const auto found = schema.object().find("$id");
    if (found == schema.object().end()) return base;
    const std::string here = place_of(place, "$id");
    if (!found->second.is_string()) {
      report_type(here, "a URI", found->second);
      return base;
    }
    const std::string_view id = without_empty_fragment(found->second.string());
    const std::size_t hash = id.find('#');
    if (hash != std::string_view::npos && dialect_ == SchemaDialect::draft7) {
      const std::string own = hash == 0 ? base : resolve_uri(base, id.substr(0, hash));
      if (hash > 0) name_resource(own, schema, here);
      name_anchor(own, id.substr(hash + 1), schema, here);
      return own;
    }
    if (hash != std::string_view::npos) {
      report(here, "`" + found->second.string() + "` has a fragment; a name within the document is an `$anchor`");
      return base;
    }
    std::string own = resolve_uri(base, id);
    name_resource(own, schema, here);
    if (const auto dialect = schema.object().find("$schema"); dialect != schema.object().end() && place != "$") {
      const DialectRow* row = dialect_of(dialect->second, place_of(place, "$schema"));
      if (row && row->dialect != dialect_) {
        report(place_of(place, "$schema"), "one document is written in one dialect, this one in " + std::string(dialect_name(dialect_)));
      }
    }
    return own;
  }

  void read_anchor(const Value& schema, std::string_view keyword, const std::string& base, const std::string& place) {
    const auto found = schema.object().find(keyword);
    if (found == schema.object().end()) return;
    const std::string here = place_of(place, keyword);
    if (!found->second.is_string()) return report_type(here, "a name", found->second);
    name_anchor(base, found->second.string(), schema, here);
  }

  void name_resource(const std::string& uri, const Value& schema, const std::string& place) {
    const auto [known, is_new] = resources_.emplace(uri, &schema);
    if (!is_new && known->second != &schema) report(place, "`" + uri + "` is declared twice");
  }
  void name_anchor(const std::string& base, std::string_view name, const Value& schema, const std::string& place) {
    const bool is_name = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == ':';
    });
    if (!is_name) return report(place, "`" + std::string(name) + "` is no name for an anchor");
    const auto [known, is_new] = anchors_.emplace(base + "#" + std::string(name), &schema);
    if (!is_new && known->second != &schema) report(place, "the anchor `" + std::string(name) + "` is declared twice");
  }

  // ---- second pass: keywords --------------------------------------------------------------------

  void read_seat(const Seat& seat, SchemaNode& node) {
    if (seat.schema->is_boolean()) {
      node.is_never = !seat.schema->boolean();
      return;
    }
    for (const auto& [key, value] : seat.schema->object()) {
      if (has_only_reference(*seat.schema) && key != "$ref") continue;
      const KeywordRow* row = find_keyword(key);
      if (row && row->read) (this->*row->read)(seat, value, place_of(seat.place, key), node);
    }
  }

  SchemaId id_of(const Value& schema) const { return ids_.at(&schema); }
  std::vector<SchemaId> ids_of(const Value& list) const {
    std::vector<SchemaId> ids;
    for (const Value& schema : list.array()) ids.push_back(id_of(schema));
    return ids;
  }

  void read_number(const Value& value, const std::string& place, std::optional<double>& number) {
    if (value.is_number()) number = value.number();
    else report_type(place, "a number", value);
  }
  void read_count(const Value& value, const std::string& place, std::optional<std::size_t>& count) {
    if (!value.is_number()) return report_type(place, "a whole number, 0 or more", value);
    const double number = value.number();
    if (number < 0 || std::floor(number) != number) return report(place, "a count is a whole number, 0 or more");
    constexpr double kMost = 9'007'199'254'740'992;  // beyond it nothing can be counted; and the cast must fit
    count = static_cast<std::size_t>(std::min(number, kMost));
  }
  void read_flag(const Value& value, const std::string& place, bool& flag) {
    if (value.is_boolean()) flag = value.boolean();
    else report_type(place, "true or false", value);
  }
  std::vector<std::string> read_names(const Value& value, const std::string& place) {
    std::vector<std::string> names;
    if (!value.is_array()) {
      report_type(place, "an array of names", value);
      return names;
    }
    for (std::size_t i = 0; i < value.array().size(); ++i) {
      const Value& name = value.array()[i];
      if (!name.is_string()) report_type(place_of(place, i), "a name", name);
      else if (std::find(names.begin(), names.end(), name.string()) != names.end())
        report(place_of(place, i), "`" + name.string() + "` stands twice");
      else names.push_back(name.string());
    }
    return names;
  }
  std::optional<EcmaPattern> read_pattern(std::string_view text, const std::string& place) {
    if (++patterns_ > limits::schema_patterns_max) {
      if (patterns_ == limits::schema_patterns_max + 1) {
        report(place, "more than " + std::to_string(limits::schema_patterns_max) + " patterns in one document", Code::limit_exceeded);
      }
      return std::nullopt;
    }
    Result<EcmaPattern> pattern = EcmaPattern::compile(text);
    if (pattern) return *std::move(pattern);
    report(place, pattern.error().message, pattern.error().code);
    return std::nullopt;
  }

  void read_type(const Seat&, const Value& value, const std::string& place, SchemaNode& node) {
    if (value.is_string()) return add_type(value.string(), place, node);
    if (!value.is_array() || value.array().empty()) return report_type(place, "a type or an array of types", value);
    for (const std::string& name : read_names(value, place)) add_type(name, place, node);
  }
  void add_type(std::string_view name, const std::string& place, SchemaNode& node) {
    std::vector<std::string> known;
    for (const SchemaType& type : kSchemaTypes) {
      if (type.name == name) node.types |= type.bit;
      known.emplace_back(type.name);
    }
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      report(place, "`" + std::string(name) + "` is no type" + did_you_mean(name, known));
    }
  }

  void read_enum(const Seat&, const Value& value, const std::string& place, SchemaNode& node) {
    if (!value.is_array()) return report_type(place, "an array of values", value);
    if (value.array().empty()) return report(place, "`enum` is empty, so that no value would do");
    node.allowed = value.array();
  }
  void read_const(const Seat&, const Value& value, const std::string&, SchemaNode& node) { node.constant = value; }

  void read_minimum(const Seat&, const Value& value, const std::string& place, SchemaNode& node) {
    read_number(value, place, node.number.minimum);
  }
  void read_maximum(const Seat&, const Value& value, const std::string& place, SchemaNode& node) {
    read_number(value, place, node.number.maximum);
  }
  void read_exclusive_minimum(const Seat&, const Value& value, const std::string& place, SchemaNode& node) {
    read_number(value, place, node.number.exclusive_minimum);
  }
  void read_exclusive_maximum(const Seat&, const Value& value, const std::string& place, SchemaNode& node) {
    read_number(value, place, node.number.exclusive_maximum);
  }
  void read_multiple_of(const Seat&, const Value& value, const std::string& place, SchemaNode& node) {
    read_number(value, place, node.number.multiple_of);
    if (node.number.multiple_of && *node.number.multiple_of <= 0) report(place, "`multipleOf` is more than 0");
  }

  void read_min_length(const Seat&, const Value& value, const std::string& place, SchemaNode& node) {
    read_count(value, place, node.string.min_length);
  }
  void read_max_length(const Seat&, const Value& value, const std::string& place, SchemaNode& node) {
    read_count(value, place, node.string.max_length);
  }
  void read_string_pattern(const Seat&, const Value& value, const std::string& place, SchemaNode& node) {
    if (!value.is_string()) return report_type(place, "a pattern", value);
    if (auto pattern = read_pattern(value.string(), place)) node.string.pattern.emplace(value.string(), *pattern);
  }
  void read_format(const Seat&, const Value& value, const std::string& place, SchemaNode& node) {
    if (!value.is_string()) return report_type(place, "the name of a format", value);
    if (!options_.formats_assert) return;
    const auto row =
        std::find_if(kFormats.begin(), kFormats.end(), [&](const AssertedFormat& format) { return format.name == value.string(); });
    if (row != kFormats.end()) node.string.format = &*row;
  }

  void read_min_items(const Seat&, const Value& value, const std::string& place, SchemaNode& node) {
    read_count(value, place, node.array.min_items);
  }
  void read_max_items(const Seat&, const Value& value, const std::string& place, SchemaNode& node) {
    read_count(value, place, node.array.max_items);
  }
  void read_unique_items(const Seat&, const Value& value, const std::string& place, SchemaNode& node) {
    read_flag(value, place, node.array.has_unique_items);
  }
  void read_prefix_items(const Seat&, const Value& value, const std::string&, SchemaNode& node) { node.array.first = ids_of(value); }
  void read_items(const Seat& seat, const Value& value, const std::string& place, SchemaNode& node) {
    if (!value.is_array()) {
      node.array.rest = id_of(value);
      return;
    }
    if (seat.schema->object().contains("prefixItems")) return report(place, "beside `prefixItems`, `items` is one schema");
    node.array.first = ids_of(value);
  }
  void read_additional_items(const Seat& seat, const Value& value, const std::string&, SchemaNode& node) {
    const auto items = seat.schema->object().find("items");  // without a list of items it says nothing
    if (items != seat.schema->object().end() && items->second.is_array()) node.array.rest = id_of(value);
  }
  void read_contains(const Seat&, const Value& value, const std::string&, SchemaNode& node) { node.array.contains = id_of(value); }
  void read_min_contains(const Seat&, const Value& value, const std::string& place, SchemaNode& node) {
    std::optional<std::size_t> count;
    read_count(value, place, count);
    if (count) node.array.min_contains = *count;
  }
  void read_max_contains(const Seat&, const Value& value, const std::string& place, SchemaNode& node) {
    read_count(value, place, node.array.max_contains);
  }
  void read_unevaluated_items(const Seat&, const Value& value, const std::string&, SchemaNode& node) {
    node.array.unevaluated = id_of(value);
    program_.has_unevaluated = true;
  }

  void read_min_properties(const Seat&, const Value& value, const std::string& place, SchemaNode& node) {
    read_count(value, place, node.object.min_properties);
  }
  void read_max_properties(const Seat&, const Value& value, const std::string& place, SchemaNode& node) {
    read_count(value, place, node.object.max_properties);
  }
  void read_required(const Seat&, const Value& value, const std::string& place, SchemaNode& node) {
    node.object.required = read_names(value, place);
  }
  void read_dependent_required(const Seat&, const Value& value, const std::string& place, SchemaNode& node) {
    if (!value.is_object()) return report_type(place, "an object of arrays of names", value);
    for (const auto& [key, names] : value.object()) { node.object.dependent_required[key] = read_names(names, place_of(place, key)); }
  }
  void read_dependent_schemas(const Seat&, const Value& value, const std::string&, SchemaNode& node) {
    for (const auto& [key, schema] : value.object()) node.object.dependent_schemas[key] = id_of(schema);
  }
  void read_dependencies(const Seat&, const Value& value, const std::string& place, SchemaNode& node) {
    for (const auto& [key, wanted] : value.object()) {
      if (wanted.is_array()) node.object.dependent_required[key] = read_names(wanted, place_of(place, key));
      else node.object.dependent_schemas[key] = id_of(wanted);
    }
  }
  void read_properties(const Seat&, const Value& value, const std::string&, SchemaNode& node) {
    for (const auto& [key, schema] : value.object()) node.object.properties[key] = id_of(schema);
  }
  void read_pattern_properties(const Seat&, const Value& value, const std::string& place, SchemaNode& node) {
    for (const auto& [key, schema] : value.object()) {
      if (auto pattern = read_pattern(key, place_of(place, key))) node.object.patterns.emplace_back(*pattern, id_of(schema));
    }
  }
  void read_additional_properties(const Seat&, const Value& value, const std::string&, SchemaNode& node) {
    node.object.additional = id_of(value);
  }
  void read_property_names(const Seat&, const Value& value, const std::string&, SchemaNode& node) { node.object.names = id_of(value); }
  void read_unevaluated_properties(const Seat&, const Value& value, const std::string&, SchemaNode& node) {
    node.object.unevaluated = id_of(value);
    program_.has_unevaluated = true;
  }

  void read_alternatives(const Value& value, const std::string& place, std::vector<SchemaId>& ids) {
    if (value.array().empty()) report(place, "an empty list of schemas");
    ids = ids_of(value);
  }
  void read_all_of(const Seat&, const Value& value, const std::string& place, SchemaNode& node) {
    read_alternatives(value, place, node.all_of);
  }
  void read_any_of(const Seat&, const Value& value, const std::string& place, SchemaNode& node) {
    read_alternatives(value, place, node.any_of);
  }
  void read_one_of(const Seat&, const Value& value, const std::string& place, SchemaNode& node) {
    read_alternatives(value, place, node.one_of);
  }
  void read_not(const Seat&, const Value& value, const std::string&, SchemaNode& node) { node.negated = id_of(value); }
  void read_if(const Seat&, const Value& value, const std::string&, SchemaNode& node) { node.condition = id_of(value); }
  void read_then(const Seat&, const Value& value, const std::string&, SchemaNode& node) { node.consequence = id_of(value); }
  void read_else(const Seat&, const Value& value, const std::string&, SchemaNode& node) { node.alternative = id_of(value); }

  // ---- references -------------------------------------------------------------------------------

  void read_ref(const Seat& seat, const Value& value, const std::string& place, SchemaNode& node) {
    if (!value.is_string()) return report_type(place, "a reference", value);
    const std::string uri = resolve_uri(seat.base, value.string());
    const std::size_t hash = std::min(uri.find('#'), uri.size());
    const std::string resource = uri.substr(0, hash);
    const std::string fragment = hash < uri.size() ? percent_decoded(std::string_view(uri).substr(hash + 1)) : "";
    const auto found = resources_.find(resource);
    if (found == resources_.end()) {
      return report(place, "`" + value.string() + "` is not in this document; references to others are not followed");
    }
    const Value* target = found->second;
    if (fragment.starts_with('/')) {
      target = at_pointer(*target, fragment);
    } else if (!fragment.empty()) {
      const auto anchor = anchors_.find(resource + "#" + fragment);
      target = anchor == anchors_.end() ? nullptr : anchor->second;
    }
    if (!target) return report(place, "`" + value.string() + "` leads nowhere in this document");
    const auto id = ids_.find(target);
    if (id == ids_.end()) return report(place, "`" + value.string() + "` leads to something that is no schema");
    node.reference = id->second;
  }

  static std::string percent_decoded(std::string_view text) {
    const auto hex = [](char c) {
      return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    };
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
        out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
        i += 2;
      } else {
        out += text[i];
      }
    }
    return out;
  }

  // RFC 6901; `pointer` begins with `/`.
  static const Value* at_pointer(const Value& from, std::string_view pointer) {
    const Value* at = &from;
    while (at && !pointer.empty()) {
      pointer.remove_prefix(1);
      const std::size_t end = std::min(pointer.find('/'), pointer.size());
      std::string token;
      for (std::size_t i = 0; i < end; ++i) {
        const bool is_escape = pointer[i] == '~' && i + 1 < end && (pointer[i + 1] == '0' || pointer[i + 1] == '1');
        token += is_escape ? (pointer[++i] == '0' ? '~' : '/') : pointer[i];
      }
      pointer.remove_prefix(end);
      at = member(*at, token);
    }
    return at;
  }
  static const Value* member(const Value& of, const std::string& token) {
    if (of.is_object()) {
      const auto found = of.object().find(token);
      return found == of.object().end() ? nullptr : &found->second;
    }
    const bool is_index = !token.empty() && token.size() < 10 && (token == "0" || token[0] != '0') &&
        std::all_of(token.begin(), token.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!of.is_array() || !is_index) return nullptr;
    const std::size_t index = std::stoul(token);
    return index < of.array().size() ? &of.array()[index] : nullptr;
  }

  // ---- third pass: circles ----------------------------------------------------------------------

  // The schemas that a node applies to the very value it is applied to.
  static std::vector<SchemaId> applied_in_place(const SchemaNode& node) {
    std::vector<SchemaId> ids;
    for (const auto* list : {&node.all_of, &node.any_of, &node.one_of}) ids.insert(ids.end(), list->begin(), list->end());
    for (const auto& one : {node.reference, node.negated, node.condition, node.consequence, node.alternative}) {
      if (one) ids.push_back(*one);
    }
    for (const auto& [name, id] : node.object.dependent_schemas) ids.push_back(id);
    return ids;
  }

  // Takes away, again and again, what applies nothing that is left; what stays leads in circles.
  void look_for_circles() {
    std::vector<std::vector<SchemaId>> appliers(program_.nodes.size());
    std::vector<std::size_t> open(program_.nodes.size());
    std::vector<SchemaId> settled;
    for (SchemaId id = 0; id < program_.nodes.size(); ++id) {
      const std::vector<SchemaId> applied = applied_in_place(program_.nodes[id]);
      open[id] = applied.size();
      for (const SchemaId other : applied) appliers[other].push_back(id);
      if (applied.empty()) settled.push_back(id);
    }
    while (!settled.empty()) {
      const SchemaId id = settled.back();
      settled.pop_back();
      for (const SchemaId applier : appliers[id]) {
        if (--open[applier] == 0) settled.push_back(applier);
      }
    }
    for (SchemaId id = 0; id < program_.nodes.size(); ++id) {
      if (open[id] > 0 && program_.nodes[id].reference && open[*program_.nodes[id].reference] > 0) {
        report(place_of(seats_[id].place, "$ref"), "the reference leads in a circle that never descends into the value");
      }
    }
  }

  const SchemaOptions& options_;
  SchemaDialect dialect_;
  Problems problems_;
  SchemaProgram program_;
  std::vector<Seat> seats_;
  std::unordered_map<const Value*, SchemaId> ids_;
  std::map<std::string, const Value*, std::less<>> resources_;  // by absolute URI; the document itself by ``
  std::map<std::string, const Value*, std::less<>> anchors_;    // by `resource#name`
  std::size_t patterns_ = 0;
  bool is_full_ = false;
};

const std::vector<KeywordRow>& Compiler::keywords() {
  static const std::vector<KeywordRow> rows = {
      // the document
      {"$schema", In::both, Holds::no_schema, nullptr},
      {"$id", In::both, Holds::no_schema, nullptr},
      {"$anchor", In::draft2020_12, Holds::no_schema, nullptr},
      {"$dynamicAnchor", In::draft2020_12, Holds::no_schema, nullptr},
      {"$ref", In::both, Holds::no_schema, &Compiler::read_ref},
      {"$defs", In::both, Holds::schema_map, nullptr},
      {"definitions", In::both, Holds::schema_map, nullptr},
      // notes
      {"$comment", In::both, Holds::no_schema, nullptr},
      {"title", In::both, Holds::no_schema, nullptr},
      {"description", In::both, Holds::no_schema, nullptr},
      {"default", In::both, Holds::no_schema, nullptr},
      {"examples", In::both, Holds::no_schema, nullptr},
      {"deprecated", In::both, Holds::no_schema, nullptr},
      {"readOnly", In::both, Holds::no_schema, nullptr},
      {"writeOnly", In::both, Holds::no_schema, nullptr},
      {"contentEncoding", In::both, Holds::no_schema, nullptr},
      {"contentMediaType", In::both, Holds::no_schema, nullptr},
      {"contentSchema", In::draft2020_12, Holds::schema, nullptr},
      // any value
      {"type", In::both, Holds::no_schema, &Compiler::read_type},
      {"enum", In::both, Holds::no_schema, &Compiler::read_enum},
      {"const", In::both, Holds::no_schema, &Compiler::read_const},
      {"allOf", In::both, Holds::schemas, &Compiler::read_all_of},
      {"anyOf", In::both, Holds::schemas, &Compiler::read_any_of},
      {"oneOf", In::both, Holds::schemas, &Compiler::read_one_of},
      {"not", In::both, Holds::schema, &Compiler::read_not},
      {"if", In::both, Holds::schema, &Compiler::read_if},
      {"then", In::both, Holds::schema, &Compiler::read_then},
      {"else", In::both, Holds::schema, &Compiler::read_else},
      // numbers
      {"minimum", In::both, Holds::no_schema, &Compiler::read_minimum},
      {"maximum", In::both, Holds::no_schema, &Compiler::read_maximum},
      {"exclusiveMinimum", In::both, Holds::no_schema, &Compiler::read_exclusive_minimum},
      {"exclusiveMaximum", In::both, Holds::no_schema, &Compiler::read_exclusive_maximum},
      {"multipleOf", In::both, Holds::no_schema, &Compiler::read_multiple_of},
      // strings
      {"minLength", In::both, Holds::no_schema, &Compiler::read_min_length},
      {"maxLength", In::both, Holds::no_schema, &Compiler::read_max_length},
      {"pattern", In::both, Holds::no_schema, &Compiler::read_string_pattern},
      {"format", In::both, Holds::no_schema, &Compiler::read_format},
      // arrays
      {"minItems", In::both, Holds::no_schema, &Compiler::read_min_items},
      {"maxItems", In::both, Holds::no_schema, &Compiler::read_max_items},
      {"uniqueItems", In::both, Holds::no_schema, &Compiler::read_unique_items},
      {"prefixItems", In::draft2020_12, Holds::schemas, &Compiler::read_prefix_items},
      {"items", In::both, Holds::schema_or_schemas, &Compiler::read_items},
      {"additionalItems", In::both, Holds::schema, &Compiler::read_additional_items},
      {"contains", In::both, Holds::schema, &Compiler::read_contains},
      {"minContains", In::draft2020_12, Holds::no_schema, &Compiler::read_min_contains},
      {"maxContains", In::draft2020_12, Holds::no_schema, &Compiler::read_max_contains},
      {"unevaluatedItems", In::draft2020_12, Holds::schema, &Compiler::read_unevaluated_items},
      // objects
      {"minProperties", In::both, Holds::no_schema, &Compiler::read_min_properties},
      {"maxProperties", In::both, Holds::no_schema, &Compiler::read_max_properties},
      {"required", In::both, Holds::no_schema, &Compiler::read_required},
      {"dependentRequired", In::draft2020_12, Holds::no_schema, &Compiler::read_dependent_required},
      {"dependentSchemas", In::draft2020_12, Holds::schema_map, &Compiler::read_dependent_schemas},
      {"dependencies", In::both, Holds::schemas_or_names_map, &Compiler::read_dependencies},
      {"properties", In::both, Holds::schema_map, &Compiler::read_properties},
      {"patternProperties", In::both, Holds::schema_map, &Compiler::read_pattern_properties},
      {"additionalProperties", In::both, Holds::schema, &Compiler::read_additional_properties},
      {"propertyNames", In::both, Holds::schema, &Compiler::read_property_names},
      {"unevaluatedProperties", In::draft2020_12, Holds::schema, &Compiler::read_unevaluated_properties},
  };
  return rows;
}

}  // namespace

Result<JsonSchema> compile_schema(const Value& document, std::string_view name, const SchemaOptions& options) {
  Compiler compiler(options);
  SchemaProgram program = compiler.compile(document);
  const std::size_t count = compiler.problems().size();
  if (count == 0) return JsonSchema(std::make_shared<const SchemaProgram>(std::move(program)));
  return refuse(Code::bad_schema, compiler.problems(),
                "schema `" + std::string(name) + "` has " + (count == 1 ? "a problem" : std::to_string(count) + " problems"));
}

}  // namespace footlight
