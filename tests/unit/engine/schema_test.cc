// JSON Schema: what draft 2020-12 added, what is refused and where, what a person reads, and the bounds.
#include "engine/json_schema.h"

#include <catch2/catch.hpp>

#include "base/limits.h"

using namespace footlight;

namespace {

Value json(std::string_view text) {
  auto value = parse_json(text);
  INFO(text);
  REQUIRE(value.ok());
  return *value;
}

JsonSchema compiled(const Value& document, const SchemaOptions& options = {}) {
  const auto schema = compile_schema(document, "test", options);
  if (!schema) UNSCOPED_INFO(to_text(schema.error()));
  REQUIRE(schema.ok());
  return *schema;
}
JsonSchema schema_of(std::string_view text, const SchemaOptions& options = {}) { return compiled(json(text), options); }

bool is_valid(const JsonSchema& schema, const Value& value) {
  const bool is_valid = validate(schema, value, false).empty();
  CHECK(validate(schema, value, true).empty() == is_valid);
  return is_valid;
}

// One schema, the values that satisfy it and those that do not, each a JSON array.
struct Case {
  const char* schema;
  const char* valid;
  const char* invalid;
};

void check(const Case& row, const SchemaOptions& options = {}) {
  INFO(row.schema);
  const JsonSchema schema = schema_of(row.schema, options);
  for (const auto& [values, expected] : {std::pair{row.valid, true}, std::pair{row.invalid, false}}) {
    const Value list = json(values);  // for longer than the loop's head
    for (const Value& value : list.array()) {
      INFO(to_json(value));
      CHECK(is_valid(schema, value) == expected);
    }
  }
}

}  // namespace

TEST_CASE("what draft 2020-12 added holds and refuses") {
  const Case cases[] = {
      {R"({"prefixItems":[{"type":"string"},{"type":"integer"}]})", R"([[],["a"],["a",1],["a",1,null],{}])", R"([[1],["a","b"]])"},
      {R"({"prefixItems":[{"type":"string"}],"items":{"type":"integer"}})", R"([["a",1,2]])", R"([["a",1,"b"]])"},
      {R"({"prefixItems":[true],"items":false})", R"([[],[1]])", R"([[1,2]])"},
      {R"({"contains":{"const":1},"minContains":2})", R"([[1,1],[1,0,1],"x"])", R"([[1],[]])"},
      {R"({"contains":{"const":1},"maxContains":1})", R"([[1],[1,2]])", R"([[1,1],[]])"},
      {R"({"contains":{"const":1},"minContains":0,"maxContains":1})", R"([[],[2],[1]])", R"([[1,1]])"},
      {R"({"minContains":5,"maxContains":0})", R"([[],[1]])", "[]"},
      {R"({"dependentRequired":{"a":["b","c"]}})", R"([{},{"b":1},{"a":null,"b":1,"c":1},[]])", R"([{"a":1},{"a":1,"b":1}])"},
      {R"({"dependentSchemas":{"a":{"required":["b"]}}})", R"([{},{"a":1,"b":1}])", R"([{"a":1}])"},
      {R"({"$ref":"#/$defs/text","maxLength":2,"$defs":{"text":{"type":"string"}}})", R"(["ab"])", R"(["abc",1])"},
      {R"({"$ref":"#name","$defs":{"x":{"$anchor":"name","type":"string"}}})", R"(["a"])", "[1]"},
      {R"({"$ref":"#name","$defs":{"x":{"$dynamicAnchor":"name","type":"string"}}})", R"(["a"])", "[1]"},
      {R"({"$id":"https://x.example/root.json","$ref":"item.json","$defs":{"i":{"$id":"item.json","type":"string"}}})", R"(["a"])", "[1]"},
      {R"({"$id":"https://x.example/a/root.json","$ref":"https://x.example/b/i.json#/$defs/t",
           "$defs":{"i":{"$id":"/b/i.json","$defs":{"t":{"type":"string"}}}}})",
       R"(["a"])", "[1]"},
      {R"({"$id":"urn:uuid:deadbeef-0000-0000-0000-000000000000","properties":{"a":{"$ref":"#/$defs/t"}},
           "$defs":{"t":{"type":"string"}}})",
       R"([{"a":"x"}])", R"([{"a":1}])"},
      {R"({"$ref":"#/$defs/a~1b%25c~0d","$defs":{"a/b%c~d":{"type":"string"}}})", R"(["a"])", "[1]"},
      // trees: a schema that descends into itself
      {R"({"properties":{"children":{"type":"array","items":{"$ref":"#"}},"name":{"type":"string"}},"required":["name"]})",
       R"([{"name":"a","children":[{"name":"b","children":[]}]}])",
       R"([{"name":"a","children":[{"name":1}]},{"name":"a","children":[{}]}])"},
      // both spellings of draft-07
      {R"({"items":[{"type":"string"}],"additionalItems":{"type":"integer"}})", R"([["a",1]])", R"([["a","b"],[1]])"},
      {R"({"dependencies":{"a":["b"],"c":{"required":["d"]}}})", R"([{"a":1,"b":1,"c":1,"d":1}])", R"([{"a":1},{"c":1}])"},
      {R"({"$ref":"#/definitions/t","definitions":{"t":{"type":"string"}}})", R"(["a"])", "[1]"},
      {R"({"type":"string","x-note":{"any":"thing"}})", R"(["a"])", "[1]"},
      {"true", R"([null,1,{}])", "[]"},
      {"false", "[]", R"([null,1,{}])"},
      {"{}", R"([null,1,{}])", "[]"},
  };
  for (const Case& row : cases) check(row);
}

TEST_CASE("what no schema has looked at is refused by `unevaluated...`") {
  const Case cases[] = {
      // members
      {R"({"properties":{"a":true},"unevaluatedProperties":false})", R"([{},{"a":1},[1],"x"])", R"([{"b":1},{"a":1,"b":1}])"},
      {R"({"unevaluatedProperties":{"type":"string"}})", R"([{"a":"x"}])", R"([{"a":1}])"},
      {R"({"patternProperties":{"^x":true},"unevaluatedProperties":false})", R"([{"xa":1}])", R"([{"ax":1}])"},
      {R"({"additionalProperties":true,"unevaluatedProperties":false})", R"([{"a":1}])", "[]"},
      {R"({"allOf":[{"properties":{"a":true}}],"properties":{"b":true},"unevaluatedProperties":false})", R"([{"a":1,"b":1}])",
       R"([{"c":1}])"},
      {R"({"$ref":"#/$defs/base","properties":{"b":true},"unevaluatedProperties":false,"$defs":{"base":{"properties":{"a":true}}}})",
       R"([{"a":1,"b":1}])", R"([{"a":1,"c":1}])"},
      // only the alternatives that hold count
      {R"({"anyOf":[{"properties":{"a":{"const":1}},"required":["a"]},{"properties":{"b":{"const":1}},"required":["b"]}],"unevaluatedProperties":false})",
       R"([{"a":1},{"b":1},{"a":1,"b":1}])", R"([{"a":1,"b":2},{"a":1,"c":1}])"},
      {R"({"oneOf":[{"properties":{"a":true},"required":["a"]},{"properties":{"b":true},"required":["b"]}],"unevaluatedProperties":false})",
       R"([{"a":1},{"b":1}])", R"([{"a":1,"b":1},{"a":1,"c":1}])"},
      {R"({"not":{"properties":{"a":true},"required":["never"]},"unevaluatedProperties":false})", R"([{}])", R"([{"a":1}])"},
      {R"({"if":{"properties":{"kind":{"const":"x"}},"required":["kind"]},"then":{"properties":{"a":true}},"else":{"properties":{"b":true}},"unevaluatedProperties":false})",
       R"([{"kind":"x","a":1},{"b":1}])", R"([{"kind":"x","b":1},{"a":1},{"kind":"y","b":1}])"},
      {R"({"dependentSchemas":{"a":{"properties":{"b":true}}},"properties":{"a":true},"unevaluatedProperties":false})",
       R"([{"a":1,"b":1}])", R"([{"b":1}])"},
      {R"({"anyOf":[{"properties":{"a":true},"unevaluatedProperties":false},{"properties":{"c":true}}],"unevaluatedProperties":false})",
       R"([{"a":1},{"c":1}])", R"([{"a":1,"b":1}])"},
      // a neighbour's view does not count, an inner `unevaluated...` counts for the outer one
      {R"({"allOf":[{"properties":{"a":true}},{"unevaluatedProperties":false}]})", R"([{}])", R"([{"a":1}])"},
      {R"({"allOf":[{"unevaluatedProperties":true}],"unevaluatedProperties":false})", R"([{"a":1}])", "[]"},
      // each object for itself
      {R"({"properties":{"o":{"properties":{"a":true}}},"unevaluatedProperties":false})", R"([{"o":{"z":1}}])", R"([{"a":1}])"},
      {R"({"properties":{"o":{"unevaluatedProperties":false,"properties":{"a":true}}}})", R"([{"o":{"a":1},"z":1}])", R"([{"o":{"z":1}}])"},
      // items
      {R"({"prefixItems":[true],"unevaluatedItems":false})", R"([[],[1],{"a":1}])", R"([[1,2]])"},
      {R"({"items":true,"unevaluatedItems":false})", R"([[1,2]])", "[]"},
      {R"({"unevaluatedItems":{"type":"string"}})", R"([["a"]])", "[[1]]"},
      {R"({"contains":{"type":"string"},"unevaluatedItems":{"type":"integer"}})", R"([["a",1,"b"]])", R"([["a",null]])"},
      {R"({"allOf":[{"prefixItems":[true,true]}],"unevaluatedItems":false})", R"([[1,2]])", "[[1,2,3]]"},
      {R"({"anyOf":[{"prefixItems":[{"const":1}]},{"prefixItems":[true,{"const":2}]}],"unevaluatedItems":false})", R"([[1],[1,2],[0,2]])",
       "[[1,3],[1,2,3]]"},
      {R"({"if":{"prefixItems":[{"const":1}]},"then":{"prefixItems":[true,true]},"unevaluatedItems":false})", R"([[1,2],[]])",
       "[[2],[1,2,3]]"},
  };
  for (const Case& row : cases) check(row);
}

TEST_CASE("a number is a multiple in decimal, not in binary") {
  const Case cases[] = {
      {R"({"multipleOf":0.1})", "[0.3,0.7,1.1,-2.3,0,1e20,100]", "[0.35,0.01,1e-9,0.30000000000000004]"},
      {R"({"multipleOf":0.0001})", "[0.0075]", "[0.00751]"},
      {R"({"multipleOf":3})", "[9,-9,3e15,0,-0.0]", "[10,1.5,1e15]"},
      {R"({"multipleOf":1e-300})", "[1e308,5e-300]", "[5e-301]"},
      {R"({"multipleOf":1e308})", "[0,1e308]", "[1,1e307]"},
      {R"({"type":"integer","multipleOf":0.123456789})", "[]", "[1e308]"},
      {R"({"type":"integer"})", "[1,1.0,-0.0,1e300]", R"([1.5,"1",1e-5])"},
  };
  for (const Case& row : cases) check(row);
}

TEST_CASE("lengths count code points, equality knows no types of number and no order of members") {
  const Case cases[] = {
      {R"({"maxLength":1})", R"(["","ä","😀",12345])", R"(["äö"])"},
      {R"({"minLength":2.0})", R"(["😀😀"])", R"(["😀"])"},
      {R"({"uniqueItems":true})", R"([[1,true],["1",1],[[1],[2]],[{"a":1},{"a":2}],[0,false],[]])",
       R"([[1,1.0],[0,-0.0],[{"a":1,"b":2},{"b":2,"a":1}],[null,null]])"},
      {R"({"uniqueItems":false})", "[[1,1]]", "[]"},
      {R"({"const":null})", "[null]", "[0,false,\"\"]"},
      {R"({"const":{"a":[1.0]}})", R"([{"a":[1]}])", R"([{"a":[true]},{"a":["1"]}])"},
      {R"({"enum":[1,"a",null]})", R"([1,1.0,"a",null])", R"([2,"1",true])"},
      {R"({"required":["a"]})", R"([{"a":null},[]])", "[{}]"},
      {R"({"properties":{"a":{"type":"null"}}})", R"([{"a":null},{}])", R"([{"a":0}])"},
  };
  for (const Case& row : cases) check(row);
}

TEST_CASE("a document says which dialect it is written in") {
  const Case cases[] = {
      // In draft-07 nothing counts beside `$ref`; `$id` may be a name.
      {R"({"$schema":"http://json-schema.org/draft-07/schema#","properties":{"a":{"$ref":"#/definitions/t","maxLength":1}},
           "definitions":{"t":{"type":"string"}}})",
       R"([{"a":"long"}])", R"([{"a":1}])"},
      {R"({"$schema":"http://json-schema.org/draft-07/schema","properties":{"a":{"$ref":"#t"}},"definitions":{"t":{"$id":"#t","type":"string"}}})",
       R"([{"a":"x"}])", R"([{"a":1}])"},
      {R"({"$schema":"https://json-schema.org/draft/2020-12/schema","$ref":"#/$defs/t","maxLength":1,"$defs":{"t":{"type":"string"}}})",
       R"(["a"])", R"(["long"])"},
  };
  for (const Case& row : cases) check(row);
}

TEST_CASE("formats are notes unless they are asked to assert") {
  struct Format {
    const char* name;
    const char* valid;
    const char* invalid;
  };
  const Format formats[] = {
      {"date", R"(["2024-02-29","2026-12-31"])", R"(["2023-02-29","2026-13-01","2026-1-1","26-01-01","2026-01-01T00:00:00Z",""])"},
      {"date-time", R"(["2026-12-01T09:00:00Z","2026-12-01t09:00:00.5+01:00","1998-12-31T23:59:60Z","1998-12-31T15:59:60-08:00"])",
       R"(["2026-12-01","2026-12-01T09:00:00","2026-12-01T24:00:00Z","2026-12-01T09:00Z","2026-12-01T22:59:60Z","2026-12-01T09:00:00.Z"])"},
      {"email", R"(["ann@shop.example","a.b+c@x","\"a b\"@x.example","a@[127.0.0.1]","a@[IPv6:::1]"])",
       R"(["ann","@x","a@","a..b@x",".a@x","a@-x","a@x..y","a b@x","a@[300.0.0.1]","\"a\"b\"@x"])"},
      {"uri", R"(["https://shop.example:8080/a?b=c#d","urn:isbn:123","mailto:a@b.c","http://[::1]/","x:"])",
       R"(["//shop.example","/a","a b:","https://a b/","http://[::1","https://x/%zz","https://x/{a}","http://x:port/","http://[1:2]/"])"},
      {"uuid", R"(["2eb8aa08-aa98-11ea-b4aa-73b441d16380","2EB8AA08-AA98-11EA-B4AA-73B441D16380"])",
       R"(["2eb8aa08aa9811eab4aa73b441d16380","2eb8aa08-aa98-11ea-b4aa-73b441d1638","2eb8aa08-aa98-11ea-b4aa-73b441d1638g"])"},
      {"hostname", R"(["not checked at all !"])", "[]"},
  };
  for (const auto& [name, valid, invalid] : formats) {
    const std::string text = R"({"format":")" + std::string(name) + R"("})";
    check({text.c_str(), valid, invalid}, {.formats_assert = true});
    check({text.c_str(), invalid, "[]"});
  }
}

TEST_CASE("patterns mean what ECMA-262 says") {
  struct Pattern {
    const char* pattern;
    const char* valid;
    const char* invalid;
  };  // the pattern as JSON
  const Pattern patterns[] = {
      {R"("b")", R"(["abc"])", R"(["ac"])"},
      {R"("^a$")", R"(["a"])", R"(["a\n","ba","b\na"])"},
      {R"("^.$")", R"(["a","é","😀"," "])", R"(["\n","\r","\u2028","\u2029","ab"])"},
      {R"("^\\s$")", R"([" ","\t","\u000b","\u00a0","\u2003","\u2029","\ufeff"])", R"(["a","\u200b"])"},
      {R"("^[\\s]$")", R"([" ","\u00a0"])", R"(["a"])"},
      {R"("^\\S$")", R"(["a","\u200b","😀"])", R"([" ","\u00a0","\ufeff"])"},
      {R"("^[\\S]$")", R"(["a"])", R"([" ","\u2003"])"},
      {R"("^\\d$")", R"(["7"])", R"(["\u0663","a"])"},
      {R"("^\\w$")", R"(["a","_"])", R"(["é"])"},
      {R"("^\\u00e9$")", R"(["é"])", R"(["e"])"},
      {R"("^\\u{1F600}$")", R"(["😀"])", R"(["a"])"},
      {R"("^\\ud83d\\ude00$")", R"(["😀"])", R"(["a"])"},
      {R"("^[\\u0041-\\u0043]$")", R"(["B"])", R"(["D"])"},
      {R"("^\\x41\\cJ\\0$")", R"(["A\n\u0000"])", R"(["A"])"},
      {R"("^[\\b]$")", R"(["\b"])", R"(["b"])"},
      {R"("\\ba\\b")", R"(["x a x"])", R"(["xax"])"},
      {R"("^\\p{Letter}\\p{Lu}\\p{Script=Greek}$")", R"(["aAα"])", R"(["1Aα","aaα","aAa"])"},
      {R"("^\\P{L}$")", R"(["1"])", R"(["a"])"},
      {R"("^(?<year>\\d{4})$")", R"(["2026"])", R"(["26"])"},
      {R"("^(?:a|b)+?$")", R"(["abab"])", R"(["c"])"},
      {R"("^[^]$")", R"(["\n","a"])", R"([""])"},
      {R"("[]")", "[]", R"(["","a"])"},
      {R"("^[[:alpha:]]$")", R"([":]","[]"])", R"(["b","a"])"},
      {R"("^\\/\\.\\-\\{$")", R"(["/.-{"])", R"(["a"])"},
      {R"("")", R"(["","a"])", "[]"},
  };
  for (const auto& [pattern, valid, invalid] : patterns) {
    const std::string text = R"({"pattern":)" + std::string(pattern) + "}";
    check({text.c_str(), valid, invalid});
  }
}

TEST_CASE("a pattern that would take its time takes none") {
  const JsonSchema schema = schema_of(R"({"pattern":"^(a+)+$"})");
  std::string text;
  text.resize(100'000, 'a');
  CHECK(is_valid(schema, Value(text)));
  text += 'b';
  CHECK_FALSE(is_valid(schema, Value(text)));
}

TEST_CASE("a schema that is none is refused, with the place of the fault") {
  struct Bad {
    const char* schema;
    const char* place;
    const char* says;
  };
  const Bad cases[] = {
      {"7", "$", "expected a schema"},
      {"null", "$", "expected a schema"},
      {R"({"properties":{"a":1}})", "$.properties.a", "expected a schema"},
      {R"({"properties":[]})", "$.properties", "an object of schemas"},
      {R"({"items":[true,1]})", "$.items[1]", "expected a schema"},
      {R"({"allOf":{}})", "$.allOf", "an array of schemas"},
      {R"({"anyOf":[]})", "$.anyOf", "empty list"},
      // keywords
      {R"({"maxLenght":1})", "$.maxLenght", "did you mean `maxLength`"},
      {R"({"properties":{"a":{"requierd":["b"]}}})", "$.properties.a.requierd", "no keyword"},
      {R"({"id":"x"})", "$.id", "did you mean `$id`"},
      {R"({"$dynamicRef":"#a"})", "$.$dynamicRef", "use `$ref`"},
      {R"({"$vocabulary":{}})", "$.$vocabulary", "not supported"},
      {R"({"$schema":"http://json-schema.org/draft-07/schema#","prefixItems":[]})", "$.prefixItems", "is a keyword of draft 2020-12"},
      {R"({"$schema":"http://json-schema.org/draft-04/schema#"})", "$.$schema", "known are"},
      {R"({"$schema":1})", "$.$schema", "found number"},
      {R"({"$defs":{"a":{"$id":"a","$schema":"http://json-schema.org/draft-07/schema#"}}})", "$.$defs.a.$schema", "one dialect"},
      // values of keywords
      {R"({"type":"strin"})", "$.type", "did you mean `string`"},
      {R"({"type":[]})", "$.type", "array of types"},
      {R"({"type":["string","string"]})", "$.type[1]", "stands twice"},
      {R"({"enum":1})", "$.enum", "array of values"},
      {R"({"enum":[]})", "$.enum", "empty"},
      {R"({"minimum":"1"})", "$.minimum", "found string"},
      {R"({"multipleOf":0})", "$.multipleOf", "more than 0"},
      {R"({"minLength":-1})", "$.minLength", "whole number"},
      {R"({"maxItems":1.5})", "$.maxItems", "whole number"},
      {R"({"uniqueItems":1})", "$.uniqueItems", "true or false"},
      {R"({"required":"a"})", "$.required", "array of names"},
      {R"({"required":["a",1]})", "$.required[1]", "a name"},
      {R"({"dependentRequired":{"a":"b"}})", "$.dependentRequired.a", "array of names"},
      {R"({"dependencies":{"a":1}})", "$.dependencies.a", "expected a schema"},
      {R"({"prefixItems":[true],"items":[true]})", "$.items", "one schema"},
      {R"({"format":1})", "$.format", "name of a format"},
      // references
      {R"({"$ref":1})", "$.$ref", "a reference"},
      {R"({"$ref":"other.json"})", "$.$ref", "references to others are not followed"},
      {R"({"$ref":"https://x.example/s.json"})", "$.$ref", "references to others are not followed"},
      {R"({"$ref":"#/$defs/none"})", "$.$ref", "leads nowhere"},
      {R"({"$ref":"#/allOf/01","allOf":[true,true]})", "$.$ref", "leads nowhere"},
      {R"({"$ref":"#none"})", "$.$ref", "leads nowhere"},
      {R"({"$ref":"#/default","default":{}})", "$.$ref", "no schema"},
      {R"({"$ref":"#"})", "$.$ref", "circle"},
      {R"({"$ref":"#/$defs/a","$defs":{"a":{"type":"string"},"b":{"allOf":[{"$ref":"#/$defs/b"}]}}})", "$.$defs.b.allOf[0].$ref", "circle"},
      {R"({"not":{"$ref":"#"}})", "$.not.$ref", "circle"},
      {R"({"$id":"a#b"})", "$.$id", "`$anchor`"},
      {R"({"$id":1})", "$.$id", "a URI"},
      {R"({"$anchor":"a b"})", "$.$anchor", "no name"},
      {R"({"$anchor":"a","$defs":{"x":{"$anchor":"a"}}})", "$.$defs.x.$anchor", "declared twice"},
      {R"({"$id":"https://x.example/","$defs":{"x":{"$id":"https://x.example/"}}})", "$.$defs.x.$id", "declared twice"},
      // patterns
      {R"({"pattern":1})", "$.pattern", "a pattern"},
      {R"({"pattern":"("})", "$.pattern", "missing )"},
      {R"~({"pattern":"a(?=b)"})~", "$.pattern", "lookahead and lookbehind (`(?=`)"},
      {R"({"pattern":"(?!a)b"})", "$.pattern", "lookahead and lookbehind (`(?!`)"},
      {R"({"pattern":"(?<=a)b"})", "$.pattern", "lookahead and lookbehind (`(?<=`)"},
      {R"({"pattern":"(?<!a)b"})", "$.pattern", "lookahead and lookbehind (`(?<!`)"},
      {R"({"pattern":"(a)\\1"})", "$.pattern", "backreferences (`\\1`)"},
      {R"({"pattern":"(?<x>a)\\k<x>"})", "$.pattern", "backreferences (`\\k`)"},
      {R"({"pattern":"(?i)a"})", "$.pattern", "no group of ECMA-262"},
      {R"({"pattern":"a\\Z"})", "$.pattern", "`\\Z` is no escape"},
      {R"({"pattern":"\\Qa\\E"})", "$.pattern", "`\\Q` is no escape"},
      {R"({"pattern":"\\ud83d"})", "$.pattern", "surrogate"},
      {R"({"pattern":"\\u{110000}"})", "$.pattern", "no escape"},
      {R"({"pattern":"[\\d-z]"})", "$.pattern", "range"},
      {R"({"pattern":"a{1001}"})", "$.pattern", "repetition"},
      {R"({"pattern":"a\\"})", "$.pattern", "backslash"},
      {R"~({"patternProperties":{"(?=a)":true}})~", "$.patternProperties.(?=a)", "lookahead"},
  };
  for (const auto& [text, place, says] : cases) {
    INFO(text);
    const auto schema = compile_schema(json(text), "banner.json");
    REQUIRE_FALSE(schema.ok());
    CHECK(schema.error().code == Code::bad_schema);
    CHECK_THAT(schema.error().message, Catch::Contains("`banner.json`"));
    REQUIRE(schema.error().problems.size() == 1);
    CHECK(schema.error().problems[0].code == Code::bad_schema);
    CHECK(schema.error().problems[0].place == place);
    CHECK_THAT(schema.error().problems[0].message, Catch::Contains(says));
  }
}

TEST_CASE("all faults of a schema are reported at once") {
  const auto schema = compile_schema(json(R"({"type":"strin","minLength":-1,"properties":{"a":{"pattern":"("}}})"), "x");
  REQUIRE_FALSE(schema.ok());
  CHECK(schema.error().problems.size() == 3);
}

TEST_CASE("a person reads where the value is wrong, and how") {
  struct Message {
    const char* schema;
    const char* value;
    const char* line;
  };
  const Message cases[] = {
      {R"({"type":"string"})", "1", "$: expected a string, found a number"},
      {R"({"type":["string","null"]})", "[]", "$: expected null or a string, found an array"},
      {R"({"type":"integer"})", "1.5", "$: expected an integer, found 1.5"},
      {R"({"properties":{"items":{"items":{"properties":{"title":{"type":"string"}}}}}})", R"({"items":[{},{"title":1}]})",
       "$.items[1].title: expected a string, found a number"},
      {R"({"additionalProperties":{"type":"string"}})", R"({"a b":1})", R"($["a b"]: expected a string, found a number)"},
      {R"({"const":"a"})", R"("b")", "$: expected `a`, found `b`"},
      {R"({"enum":["red","green"]})", R"("blau")", "$: `blau` is none of `red`, `green`"},
      {R"({"minimum":5})", "3", "$: 3 is not at least 5"},
      {R"({"exclusiveMaximum":5})", "5", "$: 5 is not less than 5"},
      {R"({"multipleOf":2})", "3", "$: 3 is not a multiple of 2"},
      {R"({"minLength":3})", R"("ab")", "$: 2 characters, at least 3 are needed"},
      {R"({"maxItems":1})", "[1,2]", "$: 2 items, at most 1 is allowed"},
      {R"({"pattern":"^x"})", R"("ab")", "$: `ab` does not match `^x`"},
      {R"({"required":["a"]})", "{}", "$.a: the member `a` is missing"},
      {R"({"dependentRequired":{"a":["b"]}})", R"({"a":1})", "$.b: the member `b` is missing, which `a` needs beside it"},
      {R"({"properties":{"a":true},"additionalProperties":false})", R"({"zzzzzz":1})", "$.zzzzzz: there is no member `zzzzzz` here"},
      {R"({"unevaluatedProperties":false})", R"({"a":1})", "$.a: no schema allows this member"},
      {R"({"prefixItems":[true],"items":false})", "[1,2]", "$[1]: an item too many, at most 1 are allowed"},
      {R"({"uniqueItems":true})", "[1,2,1]", "$: items 0 and 2 are equal"},
      {R"({"contains":{"type":"string"}})", "[1]", "$: 0 items fit `contains`, at least 1 is needed"},
      {R"({"propertyNames":{"maxLength":1}})", R"({"ab":1})", "$.ab: the name `ab` is not allowed: 2 characters, at most 1 is allowed"},
      {R"({"not":{"type":"string"}})", R"("a")", "$: fits the schema that `not` forbids"},
      {"false", "1", "$: nothing is allowed here"},
      {R"({"oneOf":[{"type":"number"},{"type":"string"},{"minimum":0}]})", "1",
       "$: fits schemas 0 and 2 of `oneOf`, where only one may fit"},
      {R"({"anyOf":[{"type":"string"},{"properties":{"a":{"type":"string"}},"required":["a"]}]})", R"({"a":1})",
       "$: fits none of the 2 schemas of `anyOf`; the nearest: $.a: expected a string, found a number"},
  };
  for (const auto& [schema, value, line] : cases) {
    INFO(schema << " on " << value);
    const Problems problems = validate(schema_of(schema), json(value), true);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].code == Code::schema_mismatch);
    CHECK(problems[0].place + ": " + problems[0].message == line);
  }
}

TEST_CASE("long texts are cut at a character") {
  const Problems problems = validate(schema_of(R"({"const":1})"), Value("x" + std::string(29, 'y') + std::string(60, 'z')), false);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].message.size() < 100);
  std::string umlauts = "x";
  for (int i = 0; i < 60; ++i) umlauts += "ä";
  const Problems cut = validate(schema_of(R"({"const":1})"), Value(umlauts), false);
  REQUIRE(cut.size() == 1);
  CHECK(parse_json("\"" + cut[0].message + "\"").ok());  // still UTF-8
}

TEST_CASE("the first problem alone, or all of them up to the limit") {
  const JsonSchema schema = schema_of(R"({"items":{"type":"string"}})");
  const Value few = json(R"([1,"a",2])");
  CHECK(validate(schema, few, false).size() == 1);
  const Problems both = validate(schema, few, true);
  REQUIRE(both.size() == 2);
  CHECK(both[0].place == "$[0]");
  CHECK(both[1].place == "$[2]");
  for (const std::size_t count : {limits::schema_problems_max, limits::schema_problems_max + 1, std::size_t{100'000}}) {
    CHECK(validate(schema, Value(Array(count, Value(1))), true).size() == limits::schema_problems_max);
  }
}

TEST_CASE("a schema that was never compiled accepts all") { CHECK(validate(JsonSchema(), Value(1), true).empty()); }

TEST_CASE("a document ends at its number of schemas") {
  const auto with_nodes = [](std::size_t count) {  // the document itself is one
    return Object{{"allOf", Array(count - 1, Value(true))}};
  };
  CHECK(compile_schema(with_nodes(limits::schema_nodes_max), "x").ok());
  const auto more = compile_schema(with_nodes(limits::schema_nodes_max + 10), "x");
  REQUIRE_FALSE(more.ok());
  REQUIRE(more.error().problems.size() == 1);
  CHECK(more.error().problems[0].code == Code::limit_exceeded);
  CHECK_FALSE(compile_schema(with_nodes(limits::schema_nodes_max + 1), "x").ok());
}

TEST_CASE("a document ends at its number of patterns, a pattern at its size") {
  const auto with_patterns = [](std::size_t count) { return Object{{"allOf", Array(count, json(R"({"pattern":"a"})"))}}; };
  CHECK(compile_schema(with_patterns(limits::schema_patterns_max), "x").ok());
  const auto more = compile_schema(with_patterns(limits::schema_patterns_max + 1), "x");
  REQUIRE_FALSE(more.ok());
  CHECK(more.error().problems[0].code == Code::limit_exceeded);

  const auto of_size = [](std::size_t size) { return Object{{"pattern", std::string(size, 'a')}}; };
  CHECK(compile_schema(of_size(limits::schema_pattern_bytes_max), "x").ok());
  const auto longer = compile_schema(of_size(limits::schema_pattern_bytes_max + 1), "x");
  REQUIRE_FALSE(longer.ok());
  CHECK(longer.error().problems[0].code == Code::limit_exceeded);

  const auto hungry = compile_schema(json(R"({"pattern":"((\\pL{100}){100}){100}"})"), "x");
  REQUIRE_FALSE(hungry.ok());
  CHECK(hungry.error().problems[0].code == Code::bad_schema);
}

TEST_CASE("a document is nested no deeper than JSON") {
  const auto nested = [](int levels) {
    Value value = true;
    for (int i = 1; i < levels; ++i) value = Object{{"not", value}};
    return value;
  };
  CHECK(compile_schema(nested(limits::json_depth_max), "x").ok());
  const auto deeper = compile_schema(nested(limits::json_depth_max + 1), "x");
  REQUIRE_FALSE(deeper.ok());
  CHECK(deeper.error().problems[0].code == Code::limit_exceeded);
}

TEST_CASE("validation ends at its steps, however often a schema doubles itself") {
  // Each definition applies the next one twice: 2^30 applications in a document of 31.
  Object definitions;
  for (int i = 0; i < 30; ++i) {
    const Value next = Object{{"$ref", "#/$defs/d" + std::to_string(i + 1)}};
    definitions["d" + std::to_string(i)] = Object{{"allOf", Array{next, next}}};
  }
  definitions["d30"] = true;
  const JsonSchema schema = compiled(Object{{"$ref", "#/$defs/d0"}, {"$defs", definitions}});
  const Problems problems = validate(schema, 1, true);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].code == Code::limit_exceeded);
  // What is given up is never valid, not behind a `not` either.
  CHECK_FALSE(validate(compiled(Object{{"not", Object{{"$ref", "#/$defs/d0"}}}, {"$defs", definitions}}), 1, false).empty());

  // One step for the array's schema, one for each item.
  const JsonSchema items = schema_of(R"({"items":{"minimum":0}})");
  CHECK(validate(items, Value(Array(limits::schema_steps_max - 1, Value(1))), true).empty());
  CHECK_FALSE(validate(items, Value(Array(limits::schema_steps_max, Value(1))), true).empty());
}

TEST_CASE("validation ends at its depth") {
  // A chain of references: the document, then d1 ... dn, each applied within the one before.
  const auto chain = [](int length) {
    Object definitions;
    for (int i = 1; i < length; ++i) { definitions["d" + std::to_string(i)] = Object{{"$ref", "#/$defs/d" + std::to_string(i + 1)}}; }
    definitions["d" + std::to_string(length)] = true;
    return compiled(Object{{"$ref", "#/$defs/d1"}, {"$defs", definitions}});
  };
  CHECK(validate(chain(limits::schema_depth_max - 1), 1, true).empty());
  const Problems problems = validate(chain(limits::schema_depth_max), 1, true);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].code == Code::limit_exceeded);
}
