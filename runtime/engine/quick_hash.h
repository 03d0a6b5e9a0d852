// A fast hash of short byte strings, and whether two are equal, for tables whose keys are fixed when a snapshot
// is built. What a request sends is only looked up, never put in, so nobody can fill a table with collisions.
//
// Most names and values have at most 16 bytes. These are two words, compared and hashed without a branch: their lengths
// vary from one to the next, and a branch that is guessed wrong costs more than all the rest.
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

// A text of at most `max` bytes, zeros behind its end.
struct ShortText {
  static constexpr std::size_t max = 16;
  std::uint64_t low = 0, high = 0;
  bool operator==(const ShortText&) const = default;
};

namespace quick {

inline constexpr std::uint64_t k0 = 0x9E3779B97F4A7C15u, k1 = 0xD6E8FEB86659FD93u;  // any odd ones of many bits

template <class Bits>
std::uint64_t load(const char* from) {
  Bits bits;
  std::memcpy(&bits, from, sizeof bits);
  return bits;
}

inline constexpr std::uint64_t masks[ShortText::max + 1][2] = {{0, 0},
                                                               {0xFF, 0},
                                                               {0xFFFF, 0},
                                                               {0xFF'FFFF, 0},
                                                               {0xFFFF'FFFF, 0},
                                                               {0xFF'FFFF'FFFF, 0},
                                                               {0xFFFF'FFFF'FFFF, 0},
                                                               {0xFF'FFFF'FFFF'FFFF, 0},
                                                               {~0ull, 0},
                                                               {~0ull, 0xFF},
                                                               {~0ull, 0xFFFF},
                                                               {~0ull, 0xFF'FFFF},
                                                               {~0ull, 0xFFFF'FFFF},
                                                               {~0ull, 0xFF'FFFF'FFFF},
                                                               {~0ull, 0xFFFF'FFFF'FFFF},
                                                               {~0ull, 0xFF'FFFF'FFFF'FFFF},
                                                               {~0ull, ~0ull}};

}  // namespace quick

// Of a text that has that many bytes at most, and that many readable ones from where it begins.
inline ShortText short_text_within(std::string_view text) {
  const auto& mask = quick::masks[text.size()];
  return {quick::load<std::uint64_t>(text.data()) & mask[0], quick::load<std::uint64_t>(text.data() + 8) & mask[1]};
}

// The same wherever it stands.
inline ShortText short_text(std::string_view text) {
  const char* const at = text.data();
  const std::size_t size = text.size();
  if (size > 8) return {quick::load<std::uint64_t>(at), quick::load<std::uint64_t>(at + size - 8) >> 8 * (ShortText::max - size)};
  if (size >= 4) return {quick::load<std::uint32_t>(at) | quick::load<std::uint32_t>(at + size - 4) << 8 * (size - 4), 0};
  std::uint64_t low = 0;
  for (std::size_t i = 0; i < size; ++i) low |= static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])) << 8 * i;
  return {low, 0};
}

inline std::uint64_t quick_hash(ShortText text, std::size_t size) {
  return mixed(text.low ^ quick::k0 * (size + 1), text.high ^ quick::k1);
}

inline std::uint64_t quick_hash(std::string_view text) {
  using namespace quick;
  if (text.size() <= ShortText::max) return quick_hash(short_text(text), text.size());
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t hash = left * k0;
  for (; left > 16; at += 16, left -= 16) hash = mixed(hash ^ load<std::uint64_t>(at), k1 ^ load<std::uint64_t>(at + 8));
  // What is left ends where the text does: more than 16 bytes stand before that.
  at += left;
  return mixed(hash ^ load<std::uint64_t>(at - 16) ^ k0, k1 ^ load<std::uint64_t>(at - 8));
}

// Of two texts of the same size, more than ShortText::max: all is compared, wherever they differ first.
inline bool is_same_long(const char* a, const char* b, std::size_t size) {
  using quick::load;
  const auto differ = [&](std::size_t at) {
    return (load<std::uint64_t>(a + at) ^ load<std::uint64_t>(b + at)) |
        (load<std::uint64_t>(a + at + 8) ^ load<std::uint64_t>(b + at + 8));
  };
  std::uint64_t differs = differ(size - 16);
  for (std::size_t at = 0; at + 16 < size; at += 16) differs |= differ(at);
  return differs == 0;
}

inline bool is_same_text(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  return a.size() > ShortText::max ? is_same_long(a.data(), b.data(), a.size()) : short_text(a) == short_text(b);
}

}  // namespace footlight
