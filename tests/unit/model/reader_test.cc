// The reader of documents: what each typed member gives, and that reading goes on behind a problem.
#include "model/reader.h"

#include <catch2/catch.hpp>

#include "base/limits.h"

using namespace footlight;

TEST_CASE("reading goes on behind every problem, and tells each with its path") {
  const Value document = *parse_json(R"({"text": 5, "number": "x", "low": -1, "yes": "true", "list": 5, "object": [],
                                         "word": "blu", "colour": "x", "null": null})");
  Problems problems;
  Reader reader(document, "$.a", problems);
  CHECK(reader.is_object());
  CHECK(reader.path_of("b") == "$.a.b");
  CHECK_FALSE(reader.text("text"));
  CHECK_FALSE(reader.number("number", 0, 1));
  CHECK_FALSE(reader.number("low", 0, 1.5));
  CHECK_FALSE(reader.boolean("yes"));
  CHECK_FALSE(reader.array("list"));
  CHECK_FALSE(reader.object("object"));
  CHECK_FALSE(reader.word("word", {"red", "blue"}));
  CHECK_FALSE(reader.require("missing"));
  CHECK_FALSE(reader.require("null"));
  CHECK_FALSE(reader.required_text("gone"));
  CHECK_FALSE(reader.take("color"));
  reader.finish();
  std::string told;
  for (const Problem& problem : problems) told += to_line(problem) + "\n";
  CHECK(told ==
        "$.a.text: expected a string, found a number (wrong_type)\n"
        "$.a.number: expected a number, found a string (wrong_type)\n"
        "$.a.low: -1 is outside 0 … 1.5 (out_of_range)\n"
        "$.a.yes: expected true or false, found a string (wrong_type)\n"
        "$.a.list: expected a list, found a number (wrong_type)\n"
        "$.a.object: expected an object, found a list (wrong_type)\n"
        "$.a.word: `blu` is none of `red`, `blue` (out_of_range)\n"
        "$.a.missing: the field `missing` is missing (missing_field)\n"
        "$.a.null: the field `null` is missing (missing_field)\n"
        "$.a.gone: the field `gone` is missing (missing_field)\n"
        "$.a.colour: there is no field `colour` here; did you mean `color`? (unknown_field)\n");
}

TEST_CASE("what is there and right is given as it is") {
  const Value document =
      *parse_json(R"({"text": "x", "number": 1, "yes": false, "list": [1], "object": {"a": 1}, "word": "red", "empty": {}})");
  Problems problems;
  Reader reader(document, "$", problems);
  CHECK(reader.required_text("text") == "x");
  CHECK(reader.number("number", 1, 1) == 1);
  CHECK(reader.boolean("yes") == false);
  CHECK(reader.array("list")->size() == 1);
  CHECK(reader.object("object")->size() == 1);
  CHECK(reader.word("word", {"red"}) == "red");
  CHECK(reader.array("empty")->empty());  // Lua writes an empty list and an empty object alike
  CHECK_FALSE(reader.text("absent"));
  CHECK_FALSE(reader.boolean("absent"));
  CHECK_FALSE(reader.word("absent", {"red"}));
  CHECK_FALSE(reader.array("absent"));
  CHECK_FALSE(reader.object("absent"));
  reader.finish();
  CHECK(problems.empty());
}

TEST_CASE("what is no object has one problem") {
  for (const char* text : {"5", "[]", "null", "\"x\"", "true"}) {
    Problems problems;
    const Value document = *parse_json(text);
    Reader reader(document, "$", problems);
    CHECK_FALSE(reader.is_object());
    CHECK_FALSE(reader.require("a"));
    reader.finish();
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].code == Code::wrong_type);
  }
}

TEST_CASE("an id is lower case, begins with a letter or digit, and ends at its limit") {
  for (const char* id : {"a", "0", "gold-hero", "a.b_c-1", "9..--__"}) {
    INFO(id);
    CHECK(is_valid_id(id));
  }
  for (const char* id : {"", "A", "-a", ".a", "_a", "a b", "ä", "a/b", "a\n"}) {
    INFO(id);
    CHECK_FALSE(is_valid_id(id));
  }
  CHECK(is_valid_id(std::string(limits::id_bytes_max, 'a')));
  CHECK_FALSE(is_valid_id(std::string(limits::id_bytes_max + 1, 'a')));
}
