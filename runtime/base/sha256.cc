#include "base/sha256.h"

#include <nettle/base16.h>

#include "footlight/value.h"

namespace footlight {

std::string Sha256::hex() {
  unsigned char digest[SHA256_DIGEST_SIZE];
  sha256_digest(&state_, sizeof digest, digest);
  std::string text(BASE16_ENCODE_LENGTH(sizeof digest), '\0');
  base16_encode_update(text.data(), sizeof digest, digest);
  return text;
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.hex();
}

std::string hash_of(const Value& value) { return sha256_hex(to_json(value)); }

}  // namespace footlight
