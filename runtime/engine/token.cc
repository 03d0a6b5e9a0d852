#include "engine/token.h"

#include <sodium.h>

#include "footlight/value.h"

namespace footlight {
namespace {

constexpr std::size_t mac_bytes = 16;
constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

std::string mac_of(std::string_view payload, const TokenKey& key) {
  std::string mac(mac_bytes, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(mac.data()), mac.size(), reinterpret_cast<const unsigned char*>(payload.data()),
                     payload.size(), key.bytes.data(), key.bytes.size());
  return mac;
}

}  // namespace

TokenKey token_key(std::string_view secret) {
  TokenKey key;
  crypto_generichash(key.bytes.data(), key.bytes.size(), reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), nullptr, 0);
  return key;
}

std::string sign_token(const TokenClaims& claims, const TokenKey& key) {
  std::string payload = to_json(Array{claims.experience, claims.revision, claims.action, claims.treatment, claims.surface, claims.element});
  payload.insert(0, mac_of(payload, key));
  std::string token(sodium_base64_encoded_len(payload.size(), variant), '\0');
  sodium_bin2base64(token.data(), token.size(), reinterpret_cast<const unsigned char*>(payload.data()), payload.size(), variant);
  token.pop_back();  // the terminating zero
  return token;
}

std::optional<TokenClaims> verify_token(std::string_view token, const TokenKey& key) {
  std::string payload(token.size(), '\0');
  std::size_t length = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(payload.data()), payload.size(), token.data(), token.size(), nullptr, &length,
                        nullptr, variant) != 0 ||
      length <= mac_bytes)
    return {};
  payload.resize(length);
  const std::string_view signed_part = std::string_view(payload).substr(mac_bytes);
  const std::string mac = mac_of(signed_part, key);
  if (sodium_memcmp(mac.data(), payload.data(), mac_bytes) != 0) return {};
  const auto claims = parse_json(signed_part);
  if (!claims || !claims->is_array() || claims->array().size() != 6) return {};
  const Array& fields = claims->array();
  for (const std::size_t text : {0, 2, 3, 4, 5})
    if (!fields[text].is_string()) return {};
  if (!fields[1].is_number()) return {};
  return TokenClaims{fields[0].string(), static_cast<int>(fields[1].number()), fields[2].string(), fields[3].string(), fields[4].string(),
                     fields[5].string()};
}

}  // namespace footlight
