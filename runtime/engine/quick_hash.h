// A fast hash of short byte strings, and whether two are equal, for tables whose keys are fixed when a snapshot
// is built. What a request sends is only looked up, never put in, so nobody can fill a table with collisions.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace footlight {

inline std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  __extension__ typedef unsigned __int128 Wide;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline std::uint64_t quick_hash(std::string_view text) {
  constexpr std::uint64_t k0 = 0x9E3779B97F4A7C15u, k1 = 0xD6E8FEB86659FD93u;
  const char* at = text.data();
  std::size_t left = text.size();
  const auto load8 = [](const char* from) { std::uint64_t bits; std::memcpy(&bits, from, 8); return bits; };
  const auto load4 = [](const char* from) { std::uint32_t bits; std::memcpy(&bits, from, 4); return static_cast<std::uint64_t>(bits); };
  std::uint64_t hash = left * k0;
  for (; left > 16; at += 16, left -= 16) hash = mixed(hash ^ load8(at), k1 ^ load8(at + 8));
  std::uint64_t a = 0, b = 0;
  if (left >= 8) {
    a = load8(at);
    b = load8(at + left - 8);
  } else if (left >= 4) {
    a = load4(at);
    b = load4(at + left - 4);
  } else if (left > 0) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])); };
    a = byte(0) << 16 | byte(left >> 1) << 8 | byte(left - 1);
  }
  return mixed(hash ^ a ^ k0, k1 ^ b);
}

// As ==, of short texts without a call.
inline bool are_equal(std::string_view a, std::string_view b) {
  const auto load = [](const char* from, auto bits) { std::memcpy(&bits, from, sizeof bits); return bits; };
  const std::size_t size = a.size();
  if (size != b.size()) return false;
  const char *const at = a.data(), *const bt = b.data();
  if (size > 16) return std::memcmp(at, bt, size) == 0;
  if (size >= 8) return ((load(at, std::uint64_t{}) ^ load(bt, std::uint64_t{})) | (load(at + size - 8, std::uint64_t{}) ^ load(bt + size - 8, std::uint64_t{}))) == 0;
  if (size >= 4) return ((load(at, std::uint32_t{}) ^ load(bt, std::uint32_t{})) | (load(at + size - 4, std::uint32_t{}) ^ load(bt + size - 4, std::uint32_t{}))) == 0;
  for (std::size_t i = 0; i < size; ++i)
    if (at[i] != bt[i]) return false;
  return true;
}

}  // namespace footlight
