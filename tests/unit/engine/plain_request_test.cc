// Requests from bytes: what the plain reader takes is what the reporting reader takes, value for value,
// and what that refuses, the plain one never takes.
#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <random>
#include <set>

#include "base/limits.h"
#include "engine/quick_hash.h"
#include "engine/request_reader.h"
#include "tests/unit/model/generator.h"
#include "world.h"

using namespace footlight;
using namespace footlight::test;

namespace {

AttributeTable table_of(const std::vector<std::string>& used, const Value& declared = Object{}) {
  Problems problems;
  AttributeTable table(parse_workspace(Object{{"name", "shop"}, {"attributes", declared}}, problems));
  for (const std::string& name : used) table.number_of(name);
  table.seal();
  return table;
}

std::string shown(const SlotValue& value, const RequestSlots& slots) {
  switch (value.kind) {
    case SlotValue::Kind::absent: return "-";
    case SlotValue::Kind::boolean: return value.boolean ? "true" : "false";
    case SlotValue::Kind::number: return to_json(Value(value.number));
    case SlotValue::Kind::string: return to_json(Value(value.string()));
    case SlotValue::Kind::other: return "other";
    case SlotValue::Kind::list: {
      std::string text = "[";
      for (const SlotValue& item : slots.items(value)) text += shown(item, slots) + " ";
      return text + "]";
    }
  }
  return "?";
}

std::string shown(const AttributeTable& table, const RequestSlots& slots) {
  std::string text;
  for (int number = 0; number < static_cast<int>(table.size()); ++number) text += shown(slots[number], slots) + "; ";
  return text;
}

// What the reporting reader makes of it: its slots, or nothing where it has a problem.
std::optional<std::string> reported(const std::string& bytes, const AttributeTable& table) {
  auto document = parse_json(bytes);
  if (!document) return {};
  Problems problems;
  const Request request = parse_request(*document, {}, problems);
  if (!problems.empty()) return {};
  RequestSlots slots;
  slots.fill(table, request);
  std::string text = shown(table, slots) + "/ ";
  for (const std::string& surface : request.surfaces) text += surface + " ";
  return text + "/ " + request.identity.space;
}

std::optional<std::string> read(const std::string& bytes, const AttributeTable& table) {
  static PlainReader reader;  // one for all: it must forget what it read before
  static PlainRequest plain;
  if (!reader.read(bytes, table, plain)) return {};
  Problems problems;
  const Request whole = reader.whole({5}), expected = parse_request(*parse_json(bytes), {5}, problems);
  CHECK(whole.attributes == expected.attributes);
  CHECK(whole.context == expected.context);
  CHECK(whole.surfaces == expected.surfaces);
  CHECK((whole.identity.space == expected.identity.space && whole.identity.id == expected.identity.id && whole.now == expected.now));
  std::string text = shown(table, plain.slots) + "/ ";
  for (const std::string_view surface : plain.surfaces) text += std::string(surface) + " ";
  return text + "/ " + std::string(plain.space);
}

const std::vector<std::string> used = {"a",       "b",    "cart", "cart.total", "cart.items", "loyalty.tier", "deep.er.still",
                                       "deep.er", "list", "n"};

std::string request_of(const std::string& attributes, const std::string& rest = "") {
  return R"({"attributes":)" + attributes + R"(,"surfaces":["web://shop.example/#hero"])" + rest + "}";
}

}  // namespace

TEST_CASE("ordinary requests are plain, and read as the reporting reader reads them") {
  const AttributeTable table = table_of(used);
  const std::string rows[] = {
      R"({})",
      R"({"a":1})",
      R"({"a":true,"b":false,"n":null})",
      R"({"a":"x","b":"","list":[]})",
      R"({ "a" : "x" , "b" : [ 1 , "two" , true ] })",
      R"({"cart":{"total":12.5,"items":["x"]}})",
      R"({"cart.total":12.5,"cart.items":["x"]})",
      R"({"cart":{}})",
      R"({"cart":5})",
      R"({"loyalty":{"tier":"gold","x":1}})",
      R"({"deep":{"er":{"still":1}}})",
      R"({"deep.er.still":1})",
      R"({"deep":{"er.still":1}})",
      R"({"unknown":1,"un.known":2,"other":{"a":1,"b":{"c":[1,{"x":1},{"x":2}]}}})",
      R"({"a":"caf\u00e9 \ud83d\ude00 \n\t\"\\\/"})",
      "{\"a\":\"\xC3\xA9\xF0\x9F\x98\x80\xE2\x80\xA8\"}",
      R"({"a":[1,[2],{"x":1},null]})",
      R"({"a":-0,"b":0.1,"n":123456789012345678})",
      R"({"a":1e300,"b":-1.5E-7,"n":9007199254740993})",
      R"({"a":0.30000000000000004,"b":1234567.891,"n":5e-324})",
      R"({"a":[]})",
      R"({"list":["a","b","c"],"a":"x"})",
      R"({"list":[""],"a":["x"],"b":[]})",
      R"({"list":["a","b"] ,"a":["x" ,"y"],"b":[ "z"],"n":["w"]})",
      R"({"list":["a\"b","c"],"a":["d",1,"e"],"b":["f",true],"n":["g",["h"]]})",
      R"({"cart":{"items":["a"],"total":["b"]},"deep":["c"]})",
      R"({"unknown":["a","b"],"list":["c"]})",
      "{\"list\":[\"" + std::string(16 * 1024, 'x') + "\"]}",
      R"({"cart":{"x":1},"unknown.x":1,"unknown.y":2})",
  };
  for (const std::string& row : rows) {
    INFO(row);
    const auto expected = reported(request_of(row), table);
    REQUIRE(expected);
    CHECK(read(request_of(row), table) == expected);
  }
  for (const std::string rest : {R"(,"identity":{"namespace":"email","id":"ann@shop.example"})", R"(,"identity":{"id":"x"})",
                                 R"(,"context":{"channel":"web","page":{"n":[1,{"a":2}]}})"}) {
    INFO(rest);
    const auto expected = reported(request_of("{}", rest), table);
    REQUIRE(expected);
    CHECK(read(request_of("{}", rest), table) == expected);
  }
}

TEST_CASE("a value that is not of its declared type is absent, however it was read") {
  const AttributeTable table = table_of(
      {"age", "tier", "when", "viewed", "rows", "vip"},
      document(R"({"age":{"type":"number","min":0,"max":120},"tier":{"type":"enum","values":["gold","none"]},"when":{"type":"date"},
                                                     "viewed":{"type":"list","of":{"type":"text"}},"rows":{"type":"list","of":{"type":"list"}},"vip":{"type":"boolean"}})"));
  for (const std::string row : {R"({"age":5,"tier":"gold","when":"2026-12-01","viewed":["a"],"vip":true})",
                                R"({"age":-1,"tier":"silver","when":"soon","viewed":["a",1],"vip":"yes"})",
                                R"({"age":"5","tier":1,"when":7,"viewed":"a","vip":null})", R"({"age":{},"viewed":[null],"tier":[]})"}) {
    INFO(row);
    CHECK(read(request_of(row), table) == reported(request_of(row), table));
  }
  CHECK(!read(request_of(R"({"rows":[[1]]})"), table));  // the other reader's
}

TEST_CASE("a request has so many values and no more, in lists too") {
  const AttributeTable table = table_of(used);
  const auto of = [](std::size_t items) {
    std::string list;
    for (std::size_t i = 0; i < items; ++i) list += (i > 0 ? ",\"v\"" : "\"v\"");
    return request_of(R"({"a":"x","list":[)" + list + R"(],"b":true})");
  };
  // The list itself is one, and so are `a` and `b`.
  CHECK(read(of(limits::attributes_max - 3), table) == reported(of(limits::attributes_max - 3), table));
  CHECK(read(of(limits::attributes_max - 3), table));
  for (const std::size_t more :
       {limits::attributes_max - 2, limits::attributes_max - 1, limits::attributes_max, limits::attributes_max + 1}) {
    CHECK(!reported(of(more), table));
    CHECK(!read(of(more), table));
  }
}

TEST_CASE("numbers of every length are what the standard library makes of them") {
  AttributeTable table = table_of({"n"});
  const int n = table.number_of("n");
  PlainReader reader;
  PlainRequest plain;
  std::mt19937 random(20261122);
  const auto digits = [&](std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += static_cast<char>('0' + (i == 0 ? 1 + random() % 9 : random() % 10));
    return text;
  };
  for (std::size_t before = 0; before <= 20; ++before)
    for (std::size_t behind = 0; behind <= 20; ++behind)
      for (const std::string& power : {std::string(), std::string("e3"), std::string("E-12")})
        for (const char* sign : {"", "-"}) {
          std::string fraction = digits(behind);
          if (behind > 1 && random() % 2 == 0) fraction[0] = '0';
          const std::string number = sign + (before == 0 ? "0" : digits(before)) + (behind == 0 ? "" : "." + fraction) + power;
          INFO(number);
          REQUIRE(reader.read(request_of(R"({"n":)" + number + "}"), table, plain));
          REQUIRE(plain.slots[n].kind == SlotValue::Kind::number);
          CHECK(plain.slots[n].number == std::strtod(number.c_str(), nullptr));
          for (const std::string& wrong :
               {number + "x", number + "-", number + ".", "0" + number, number + "e", number + "/", number + ":"})
            CHECK(!reader.read(request_of(R"({"n":)" + wrong + "}"), table, plain));
        }
}

TEST_CASE("names of every length lead to their attribute, and to no other") {
  std::vector<std::string> names;
  for (std::size_t size = 1; size <= 40; ++size)
    for (const char last : {'a', 'b'}) names.push_back(std::string(size - 1, 'x') + last);
  AttributeTable table = table_of(names);
  PlainReader reader;
  PlainRequest plain;
  for (const std::string& name : names) {
    for (const std::string& asked : {name, name + "c", name.substr(0, name.size() - 1) + "c"}) {
      INFO(asked);
      REQUIRE(reader.read(request_of(R"({")" + asked + R"(":true})"), table, plain));
      for (const std::string& other : names)
        CHECK((plain.slots[table.number_of(other)].kind != SlotValue::Kind::absent) == (other == asked));
    }
  }
}

TEST_CASE("a text has one hash and one form as words, wherever it stands") {
  std::mt19937 random(7);
  std::set<std::uint64_t> hashes;
  std::size_t texts = 0;
  for (std::size_t size = 0; size <= 48; ++size)
    for (int round = 0; round < 50; ++round, ++texts) {
      std::string text;
      for (std::size_t i = 0; i < size; ++i) text += static_cast<char>(random() % 256);
      const std::string amid = "before" + text + std::string(ShortText::max, static_cast<char>(random() % 256));
      const std::string_view there = std::string_view(amid).substr(6, size);
      CHECK(quick_hash(text) == quick_hash(there));
      if (size <= ShortText::max) {
        CHECK(short_text(text) == short_text_within(there));
        CHECK(quick_hash(short_text_within(there), size) == quick_hash(text));
      }
      hashes.insert(quick_hash(text));
    }
  // All but the 49 empty ones and some of one byte that are the same text.
  CHECK(hashes.size() > texts - 110);
  CHECK(quick_hash(std::string_view("\0", 1)) != quick_hash(std::string_view("")));
  CHECK(quick_hash(std::string_view("a\0", 2)) != quick_hash(std::string_view("a")));
}

TEST_CASE("what is refused is never taken as plain") {
  const AttributeTable table = table_of(used);
  const std::string rows[] = {
      "",
      "{",
      "[]",
      "null",
      "{}",
      R"({"surfaces":"x"})",
      R"({"surfaces":[1]})",
      R"({"surfaces":["web://x/#y"]} x)",
      R"({"surfaces":["web://x/#y"],})",
      R"({"surfaces":["web://x/#y"],"surfaces":["web://x/#y"]})",
      R"({"surfaces":["web://x/#y"],"more":1})",
      R"({"surfaces":["web://x/#y"],"identity":{}})",
      R"({"surfaces":["web://x/#y"],"identity":{"id":1}})",
      R"({"surfaces":["web://x/#y"],"identity":{"id":"a","id":"b"}})",
      R"({"surfaces":["web://x/#y"],"attributes":[]})",
      request_of(R"({"a":1,"a":2})"),
      request_of(R"({"a":1,"b":{"c":1,"c":1}})"),
      request_of(R"({"x":1,"x":1})"),
      request_of(R"({"cart":{"total":1},"cart.total":2})"),
      request_of(R"({"cart.total":2,"cart":{"total":1}})"),
      request_of(R"({"cart":1,"cart.total":2})"),
      request_of(R"({"x":1,"x.y":2})"),
      request_of(R"({"x.y":1,"x.y":2})"),
      request_of(R"({"a":[{"x":1,"x":2}]})"),
      request_of(R"({"a":01})"),
      request_of(R"({"a":1.})"),
      request_of(R"({"a":.5})"),
      request_of(R"({"a":+1})"),
      request_of(R"({"a":1e})"),
      request_of(R"({"a":1e999})"),
      request_of(R"({"a":tru})"),
      request_of(R"({"a":truex})"),
      request_of(R"({"a":nul})"),
      request_of(R"({"a":"\x"})"),
      request_of(R"({"a":"\ud800"})"),
      request_of(R"({"a":"\udc00"})"),
      request_of(R"({"a":"\ud800\u0041"})"),
      request_of(R"({"a":"\u12g4"})"),
      request_of("{\"a\":\"\x01\"}"),
      request_of("{\"a\":\"\xFF\"}"),
      request_of("{\"a\":\"\xED\xA0\x80\"}"),
      request_of("{\"a\":\"\xC0\xAF\"}"),
      request_of(R"({"a":"x" "y"})"),
      request_of(R"({"a":"x"y})"),
      request_of(R"({"a" 1})"),
      request_of(R"({"a":1 2})"),
      request_of(R"({"a":["x",]})"),
      request_of(R"({"a":["x" "y"]})"),
      request_of(R"({"a":["x":"y"]})"),
      request_of(R"({"a":["x"})"),
      request_of(R"({"a":["x"]]})"),
      request_of(R"({"a":[,]})"),
      request_of(R"({"a":["x"]"b":1})"),
      request_of(R"({"a":["x"],"a":["x"]})"),
      request_of("{\"a\":[\"" + std::string(16 * 1024 + 1, 'x') + "\"]}"),
      request_of(R"({"a":["x"]:1})"),
      request_of(R"({"a":[1,]})"),
      request_of(R"({"a":[1 2]})"),
      request_of(R"({"a":[1})"),
      request_of(R"({"a":{"b":1]})"),
      request_of(R"({a:1})"),
      request_of(R"({'a':1})"),
      request_of(R"({"a":1,})"),
      request_of(R"({,})"),
      request_of("{\"a\":\"" + std::string(16 * 1024 + 1, 'x') + "\"}"),
      request_of(R"({"a":NaN})"),
      request_of(R"({"a":-})"),
      request_of(R"({"a":--1})"),
      "\xEF\xBB\xBF" + request_of("{}").substr(1),
      request_of("{}") + "}",
      request_of("{}").substr(1),
      "{" + request_of("{}"),
  };
  for (const std::string& row : rows) {
    INFO(row);
    REQUIRE(!reported(row, table));
    CHECK(!read(row, table));
  }
}

TEST_CASE("a request may end where readable memory ends") {
  const AttributeTable table = table_of(used);
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* const pages = mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(pages != MAP_FAILED);
  char* const end = static_cast<char*>(pages) + page;
  REQUIRE(mprotect(end, page, PROT_NONE) == 0);
  PlainReader reader;
  PlainRequest plain;
  for (const std::string last : {R"("attributes":{"n":5}})", R"("attributes":{"list":["a","b"]}})", R"("attributes":{"b":true}})",
                                 R"("attributes":{"a":"caf\u00e9"}})", R"("attributes":{)"})
    for (std::size_t blanks = 0; blanks < 130; ++blanks) {  // two blocks of the widest kind
      const std::string bytes = '{' + std::string(blanks, ' ') + R"("surfaces":["web://shop.example/#hero"],)" + last;
      INFO(bytes);
      bytes.copy(end - bytes.size(), bytes.size());
      const auto expected = reported(bytes, table);
      REQUIRE(reader.read({end - bytes.size(), bytes.size()}, table, plain) == expected.has_value());
      if (expected) CHECK(expected->starts_with(shown(table, plain.slots)));
    }
  CHECK(!reader.read({}, table, plain));
  CHECK(munmap(pages, 2 * page) == 0);
}

TEST_CASE("bytes changed at random are read alike or not at all") {
  const AttributeTable table = table_of(used);
  const auto seed = Catch::rngSeed() + 1;
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const std::string wholes[] = {
      request_of(
          R"({"a":"x\u00e9y","cart.total":12.5,"deep":{"er":{"still":[1,"two",{"z":null}]}},"b":true,"un":{"kn.own":-1e-3},"list":["p","q"],"n":0})",
          R"(,"identity":{"namespace":"email","id":"ann"},"context":{"k":"v"})"),
      // Nothing but what most members are.
      request_of(R"({"a":"xy","b":false,"n":-12.25,"list":7,"cart":{"total":0.5,"items":"none"},"loyalty":{"tier":"gold"}})"),
      request_of(R"({"list":["p","q","r"],"cart":{"items":["s"],"total":0},"a":[],"b":["","t"],"n":1})"),
  };
  const std::string alphabet = "{}[]:,\"\\ \n01.9-+eEtrufalsn.a/\xC3\xA9\x01";
  std::size_t plain = 0, refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = wholes[static_cast<std::size_t>(round) % std::size(wholes)];
    for (int edits = static_cast<int>(random() % 3) + 1; edits > 0; --edits) {
      const std::size_t at = random() % bytes.size();
      switch (random() % 3) {
        case 0: bytes[at] = alphabet[random() % alphabet.size()]; break;
        case 1: bytes.erase(at, 1 + random() % 3); break;
        default: bytes.insert(at, 1, alphabet[random() % alphabet.size()]);
      }
    }
    const auto got = read(bytes, table);
    const auto expected = reported(bytes, table);
    refused += !expected;
    if (!got) continue;
    ++plain;
    if (got != expected) {
      INFO(bytes);
      CHECK(got == expected);
      return;
    }
  }
  CHECK(plain > 1000);
  CHECK(refused > 1000);
}
