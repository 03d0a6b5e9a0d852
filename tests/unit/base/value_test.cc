// Values: what parses, what does not, and that the canonical form is one form.
#include "footlight/value.h"

#include <catch2/catch.hpp>
#include <random>

#include "base/limits.h"

using namespace footlight;

TEST_CASE("the canonical form sorts keys, writes the shortest numbers and no blanks") {
  const auto value = parse_json(R"( {"b": [1.0, 0.1, -0, 1e21, 1e-7, 1e-10, true, null], "a": "ü\n\u0001"} )");
  REQUIRE(value.ok());
  CHECK(to_json(*value) == "{\"a\":\"ü\\n\\u0001\",\"b\":[1,0.1,0,1e+21,1e-7,1e-10,true,null]}");
  CHECK(*parse_json(to_json(*value)) == *value);
  CHECK(*parse_json(to_pretty_json(*value)) == *value);
}

TEST_CASE("a character that is written otherwise is found wherever it stands") {
  for (std::size_t size = 1; size <= 20; ++size)
    for (std::size_t at = 0; at < size; ++at)
      for (const auto& [character, written] : {std::pair{"\"", "\\\""},
                                               {"\\", "\\\\"},
                                               {"\n", "\\n"},
                                               {"\x1f", "\\u001f"},
                                               {" ", " "},
                                               {"\x7f", "\x7f"},
                                               {"é", "é"},
                                               {"✓", "✓"}}) {
        std::string text(size, '!'), json(size, '!');
        text.replace(at, 1, character);
        json.replace(at, 1, written);
        json = "\"" + json + "\"";
        INFO(json);
        CHECK(to_json(Value(text)) == json);
        CHECK(*parse_json(json) == Value(text));
        CHECK(to_json(*parse_json(R"({"a":)" + json + "}")) == R"({"a":)" + json + "}");
        for (const char* bad : {"\x01", "\xff", "\xc0\x80"})
          CHECK_FALSE(parse_json("\"" + text.replace(at, text.size() - at, bad) + "!!!!!!!!!\"").ok());
      }
}

TEST_CASE("bad JSON is refused with its line and column") {
  struct Case {
    const char* text;
    const char* says;
  };
  for (const auto& [text, says] : {Case{"", "1:1"}, Case{"{\n  \"a\": }", "2:8"}, Case{"[1,]", "1:4"}, Case{"1 2", "1:3"},
                                   Case{"{\"a\":1,\"a\":2}", "`a` stands twice"}, Case{"\"\xff\"", "1:2"}, Case{"nul", "1:3"}}) {
    INFO(text);
    const auto value = parse_json(text);
    REQUIRE_FALSE(value.ok());
    CHECK(value.error().code == Code::bad_json);
    CHECK_THAT(value.error().message, Catch::Contains(says));
  }
}

TEST_CASE("nesting ends at its limit") {
  const auto nested = [](int levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  CHECK(parse_json(nested(limits::json_depth_max)).ok());
  const auto deeper = parse_json(nested(limits::json_depth_max + 1));
  REQUIRE_FALSE(deeper.ok());
  CHECK_THAT(deeper.error().message, Catch::Contains("64 levels"));
}

TEST_CASE("a path walks through objects and ends at null, absence and non-objects alike") {
  const Value value = *parse_json(R"({"a":{"b":{"c":1}},"n":null,"s":"x"})");
  REQUIRE(value.at_path("a.b.c"));
  CHECK(value.at_path("a.b.c")->number() == 1);
  CHECK_FALSE(value.at_path("a.x.c"));
  CHECK_FALSE(value.at_path("n"));
  CHECK_FALSE(value.at_path("s.t"));
}

TEST_CASE("the hash is SHA-256 of the canonical form") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hash_of(*parse_json("{ \"b\":1, \"a\":2 }")) == sha256_hex("{\"a\":2,\"b\":1}"));
}

TEST_CASE("a NUL ends nothing: it is refused wherever it stands") {
  using namespace std::string_view_literals;
  for (const auto& [text, place] :
       {std::pair{"{\"a\":1}\0 and what nobody reads"sv, "1:8"}, {"\0"sv, "1:1"}, {"[1,\n\"a\0b\"]"sv, "2:3"}, {"[]\0"sv, "1:3"}}) {
    const auto value = parse_json(text);
    REQUIRE_FALSE(value.ok());
    CHECK(value.error().code == Code::bad_json);
    CHECK(value.error().message == "not valid JSON at " + std::string(place) + ": a NUL byte stands in it");
  }
  CHECK(parse_json("\"\\u0000\"").ok());
}

TEST_CASE("messages are for people: they name no class of a library") {
  for (const char* text : {"[1e999]", "{", "\"\\ud800\"", "[1 2]", "-"}) {
    const auto value = parse_json(text);
    REQUIRE_FALSE(value.ok());
    CHECK_THAT(value.error().message, !Catch::Contains("exception") && !Catch::Contains("[json"));
  }
  CHECK(parse_json("[1e999]").error().message == "not valid JSON at 1:6: number overflow parsing '1e999'");
}

// What begins with a byte order mark is read by the other of the two readers.
TEST_CASE("documents are read the same whichever way they are read") {
  const auto seed = Catch::rngSeed();
  std::mt19937_64 random(seed);
  constexpr std::string_view pieces[] = {"{",
                                         "}",
                                         "[",
                                         "]",
                                         ",",
                                         ":",
                                         "\"",
                                         "\"a\"",
                                         "\"b\":",
                                         "\"\":1,",
                                         "-",
                                         "0",
                                         "-0",
                                         "01",
                                         "1",
                                         "12.5",
                                         "1e3",
                                         "1E-7",
                                         "-0.0",
                                         ".",
                                         "e",
                                         "+",
                                         "9007199254740993",
                                         "123456789012345678901234567890",
                                         "1e400",
                                         "1e-400",
                                         "true",
                                         "false",
                                         "null",
                                         "tru",
                                         " ",
                                         "\n",
                                         "\t",
                                         "\\n",
                                         "\\u0041",
                                         "\\",
                                         "\x01",
                                         "é",
                                         "✓",
                                         "😀",
                                         "\xC0\x80",
                                         "\xED\xA0\x80",
                                         "\xF4\x90\x80\x80",
                                         "\xE2\x82",
                                         "\x80",
                                         "\xFF",
                                         "/"};
  const std::string valid = R"({"a":[1,-2.5e3,"x\n\"é",{"b":null,"c":[true,false,[]]}],"d":{},"e":"/\/","f":0.1,"g":12345678901234567})";
  int read = 0;
  for (int i = 0; i < 60'000; ++i) {
    std::string text;
    if (i % 2 == 0) {
      for (std::size_t n = random() % 9; n > 0; --n) text += pieces[random() % std::size(pieces)];
    } else {
      text = valid;
      for (std::size_t n = random() % 3; n > 0; --n) {
        const std::size_t at = random() % text.size();
        if (random() % 2 == 0) text.erase(at, 1 + random() % 3);
        else text.insert(at, pieces[random() % std::size(pieces)]);
      }
    }
    INFO("seed " << seed << ": " << text);
    const auto one = parse_json(text), other = parse_json("\xEF\xBB\xBF" + text);
    REQUIRE(one.ok() == other.ok());
    if (!one) continue;
    ++read;
    REQUIRE(*one == *other);
    REQUIRE(to_json(*one) == to_json(*other));
  }
  CHECK(read > 10'000);
}
