#include "engine/bucket.h"

#include <charconv>
#include <cstdint>

namespace footlight {
namespace {

constexpr std::uint32_t fnv1a(std::string_view bytes, std::uint32_t hash = 0x811C9DC5u) {
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x01000193u;
  return hash;
}

}  // namespace

std::uint32_t bucket_salt(std::string_view salt) { return fnv1a(salt); }

int bucket_of(std::string_view salt, std::string_view text) { return bucket_after(bucket_salt(salt), text); }

int bucket_after(std::uint32_t salt, std::string_view text) {
  char digits[10];
  const auto end = std::to_chars(digits, digits + sizeof digits, fnv1a(text, salt));
  return static_cast<int>(fnv1a({digits, static_cast<std::size_t>(end.ptr - digits)}) % 10'000);
}

}  // namespace footlight
