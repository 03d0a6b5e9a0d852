// JSON Schema: what a configuration demands of its JSON content.
//
// A schema document is compiled once and then judges values, without I/O and in bounded work. The
// dialect is draft 2020-12, in which the spellings of draft-07 (`definitions`, `dependencies`, `items`
// as a list with `additionalItems`) are understood too; a document whose `$schema` names draft-07 is
// read by the rules of draft-07.
//
// Refused when compiling, never skipped over: unknown keywords (those that begin with `x-` are notes),
// `$dynamicRef`, references out of the document or to a place that holds no schema, references that
// go in a circle without descending into the value, and patterns that cannot be matched in linear
// time (lookahead, lookbehind, backreferences). `format` and `content...` are notes, unless
// `formats_assert` is set.
#pragma once

#include <memory>
#include <string_view>

#include "footlight/error.h"
#include "footlight/value.h"

namespace footlight {

struct SchemaProgram;  // json_schema_program.h

// A compiled schema: immutable, cheap to copy, any thread may use it. A default-made one accepts all.
class JsonSchema {
 public:
  JsonSchema() = default;
  explicit JsonSchema(std::shared_ptr<const SchemaProgram> program) : program_(std::move(program)) {}
  const SchemaProgram* program() const { return program_.get(); }

 private:
  std::shared_ptr<const SchemaProgram> program_;
};

enum class SchemaDialect { draft7, draft2020_12 };

struct SchemaOptions {
  SchemaDialect dialect = SchemaDialect::draft2020_12;  // where the document has no `$schema`
  bool formats_assert = false;                          // `date-time`, `date`, `email`, `uri` and `uuid` are checked; others never
};

// Compiles `document`; `name` (a file name) stands in the error's message. An error is `bad_schema`
// and carries every problem found, each with its JSON path within the schema.
Result<JsonSchema> compile_schema(const Value& document, std::string_view name, const SchemaOptions& options = {});

// What is wrong with `value`: `schema_mismatch` with the JSON path of each offending part, at most
// `limits::schema_problems_max` of them, or the first alone unless `all`. Empty when it is valid.
// A value that is nested too deep, or costs more than `limits::schema_steps_max`, is not valid:
// `limit_exceeded`.
Problems validate(const JsonSchema& schema, const Value& value, bool all);

}  // namespace footlight
