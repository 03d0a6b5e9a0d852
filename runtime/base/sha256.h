// Sha256: SHA-256 of bytes that come in pieces; nettle's, which uses the instructions that most CPUs have for it.
#pragma once

#include <nettle/sha2.h>

#include <string>
#include <string_view>

namespace footlight {

class Sha256 {
 public:
  Sha256() { sha256_init(&state_); }
  void add(std::string_view bytes) { sha256_update(&state_, bytes.size(), reinterpret_cast<const unsigned char*>(bytes.data())); }
  // In lower-case hex, and begins anew.
  std::string hex();

 private:
  sha256_ctx state_;
};

}  // namespace footlight
