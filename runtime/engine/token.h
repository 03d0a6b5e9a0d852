// Tokens: how an event later says which proposition it speaks of. A token names the experience,
// revision, action, treatment, surface and element, and is signed, so that nothing needs to be
// stored for it and nobody can make one up. The same proposition has the same token on every node.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace footlight {

struct TokenKey {
  std::array<unsigned char, 32> bytes{};
};
// Any secret text to a key.
TokenKey token_key(std::string_view secret);

struct TokenClaims {
  std::string experience;
  int revision = 0;
  std::string action, treatment, surface, element;
  bool operator==(const TokenClaims&) const = default;
};

std::string sign_token(const TokenClaims& claims, const TokenKey& key);
// Empty where the token was not made with this key.
std::optional<TokenClaims> verify_token(std::string_view token, const TokenKey& key);

}  // namespace footlight
