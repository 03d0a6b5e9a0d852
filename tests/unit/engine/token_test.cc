// Tokens: what was signed is read back, and nothing else is.
#include "engine/token.h"

#include <catch2/catch.hpp>

using namespace footlight;

namespace {

const TokenClaims claims{"gold-hero", 3, "warm/hero.title", "warm", "web://shop.example/#hero", "title"};

}  // namespace

TEST_CASE("a token names its proposition, the same on every node") {
  const TokenKey key = token_key("secret");
  const std::string token = sign_token(claims, key);
  CHECK(token == sign_token(claims, token_key("secret")));
  REQUIRE(verify_token(token, key));
  CHECK(*verify_token(token, key) == claims);
  CHECK(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == std::string::npos);
  const TokenClaims odd{"", 0, "\"\\\n", "é", std::string(2'000, 'x'), ""};
  CHECK(*verify_token(sign_token(odd, key), key) == odd);
}

TEST_CASE("another key, and any change of a character, make it none") {
  const TokenKey key = token_key("secret");
  const std::string token = sign_token(claims, key);
  CHECK_FALSE(verify_token(token, token_key("Secret")));
  CHECK_FALSE(verify_token(token, TokenKey{}));
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string forged = token;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    INFO(i);
    CHECK_FALSE(verify_token(forged, key));
    CHECK_FALSE(verify_token(token.substr(0, i), key));
  }
  for (const char* text : {"", "A", "AAAA", "!", "====", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) CHECK_FALSE(verify_token(text, key));
  CHECK_FALSE(verify_token(token + "A", key));
  CHECK_FALSE(verify_token(token + "=", key));
  CHECK_FALSE(verify_token(" " + token, key));
}

TEST_CASE("the parts of one claim cannot be moved into another") {
  const TokenKey key = token_key("secret");
  CHECK(sign_token({"ab", 1, "c", "", "", ""}, key) != sign_token({"a", 1, "bc", "", "", ""}, key));
  CHECK(sign_token({"a", 1, "b", "", "", ""}, key) != sign_token({"a", 1, "", "b", "", ""}, key));
}
