// What a catalog tells of its experiences, their receipts and their audit trail.
#include "tests/unit/catalog/shop.h"

using namespace footlight;
using namespace footlight::test;
using Name = CommandName;

TEST_CASE("experiences are listed but for deleted ones, and told whole one by one") {
  Shop shop;
  CHECK(shop.catalog->experiences(shop.now).empty());
  shop.live("b", "b");
  shop.must("ann", Name::create, "a", with(campaign("a", {{"priority", 7}})));
  shop.must("ann", Name::create, "gone", with(campaign("x")));
  shop.must("ann", Name::delete_, "gone");
  const auto rows = shop.catalog->experiences(shop.now);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].string_or("id", "") == "a");
  CHECK(*rows[0].find("priority") == Value(7));
  CHECK_FALSE(rows[0].find("definition"));
  CHECK(shop.catalog->experience("none", shop.now).error().code == Code::not_found);
  CHECK(shop.catalog->experience("gone", shop.now).error().code == Code::gone);
  const auto whole = shop.catalog->experience("a", shop.now);
  REQUIRE(whole.ok());
  CHECK(whole->find("definition")->string_or("id", "") == "a");
  CHECK(whole->find("revisions")->array().size() == 1);
  CHECK(to_json(*whole->find("contributors")) == R"(["ann"])");
}

TEST_CASE("a receipt tells how far the newest publish has got") {
  Shop shop;
  shop.must("ann", Name::create, "a", with(campaign("a")));
  CHECK(shop.catalog->receipt("a", shop.now).error().code == Code::not_found);
  CHECK(shop.catalog->receipt("none", shop.now).error().code == Code::not_found);
  shop.must("pia", Name::activate, "a");
  const auto receipt = shop.catalog->receipt("a", shop.now);
  REQUIRE(receipt.ok());
  CHECK(receipt->string_or("command", "") == "activate");
  CHECK_THAT(to_json(*receipt), Catch::Contains("local"));
  shop.must("pia", Name::stop, "a");
  CHECK(shop.catalog->receipt("a", shop.now)->string_or("command", "") == "stop");
}

TEST_CASE("A1: each change has one row in the audit, refused ones have none") {
  Shop shop;
  shop.live("a", "a");
  shop.live("b", "b");
  CHECK_FALSE(shop.run("ann", Name::stop, "a").ok());
  shop.must("pia", Name::stop, "a");
  const auto rows = [&](std::int64_t after, const std::string& experience) {
    std::string text;
    REQUIRE(shop.catalog->audit(after, experience, [&](const Value& row) {
      text += to_json(*row.find("seq")) + " " + row.string_or("actor", "") + " " + row.find("record")->string_or("command", "") + "\n";
      return true;
    }));
    return text;
  };
  CHECK(rows(0, "") == "1 root configure\n2 ann create\n3 pia activate\n4 ann create\n5 pia activate\n6 pia stop\n");
  CHECK(rows(0, "a") == "2 ann create\n3 pia activate\n6 pia stop\n");
  CHECK(rows(4, "") == "5 pia activate\n6 pia stop\n");
  int seen = 0;
  REQUIRE(shop.catalog->audit(0, "", [&](const Value&) { return ++seen < 2; }));
  CHECK(seen == 2);
}
