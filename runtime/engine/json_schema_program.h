// What a schema document is compiled to; private to json_schema*.cc.
//
// Every subschema is a node; nodes name each other by index, so that `$ref` costs nothing and a schema
// may descend into itself. References that would come round without descending are refused when
// compiling, so that each round of a validation goes deeper into the value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/ecma_pattern.h"
#include "footlight/value.h"

namespace footlight {

using SchemaId = std::uint32_t;

// A bit per type of JSON Schema; an integer is a number without a fraction.
struct SchemaType {
  std::string_view name;
  std::uint8_t bit;
  std::string_view with_article;
};
inline constexpr SchemaType kSchemaTypes[] = {
    {"null", 1, "null"},        {"boolean", 2, "a boolean"}, {"number", 4, "a number"},   {"integer", 8, "an integer"},
    {"string", 16, "a string"}, {"array", 32, "an array"},   {"object", 64, "an object"},
};

struct AssertedFormat {
  std::string_view name;
  bool (*holds)(std::string_view);
};

struct NumberRules {
  std::optional<double> minimum, maximum, exclusive_minimum, exclusive_maximum, multiple_of;
};

struct StringRules {
  std::optional<std::size_t> min_length, max_length;  // in code points
  std::optional<std::pair<std::string, EcmaPattern>> pattern;
  const AssertedFormat* format = nullptr;
};

struct ArrayRules {
  std::optional<std::size_t> min_items, max_items;
  bool has_unique_items = false;
  std::vector<SchemaId> first;   // prefixItems, one each
  std::optional<SchemaId> rest;  // the items behind them
  std::optional<SchemaId> contains;
  std::size_t min_contains = 1;
  std::optional<std::size_t> max_contains;
  std::optional<SchemaId> unevaluated;
};

struct ObjectRules {
  std::optional<std::size_t> min_properties, max_properties;
  std::vector<std::string> required;
  std::map<std::string, std::vector<std::string>, std::less<>> dependent_required;
  std::map<std::string, SchemaId, std::less<>> dependent_schemas;
  std::map<std::string, SchemaId, std::less<>> properties;
  std::vector<std::pair<EcmaPattern, SchemaId>> patterns;
  std::optional<SchemaId> additional;
  std::optional<SchemaId> names;
  std::optional<SchemaId> unevaluated;
};

struct SchemaNode {
  bool is_never = false;                      // the schema `false`
  std::uint8_t types = 0;                     // bits of kSchemaTypes, 0 = any
  std::optional<std::vector<Value>> allowed;  // enum
  std::optional<Value> constant;
  NumberRules number;
  StringRules string;
  ArrayRules array;
  ObjectRules object;
  std::optional<SchemaId> reference;
  std::vector<SchemaId> all_of, any_of, one_of;
  std::optional<SchemaId> negated;
  std::optional<SchemaId> condition, consequence, alternative;  // if, then, else
};

struct SchemaProgram {
  std::vector<SchemaNode> nodes;
  SchemaId root = 0;
  bool has_unevaluated = false;  // only then is it noted which parts of a value were looked at
};

}  // namespace footlight
