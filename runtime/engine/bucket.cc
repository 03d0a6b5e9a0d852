#include "engine/bucket.h"

#include <charconv>
#include <cstdint>

namespace footlight {
namespace {

constexpr std::uint32_t basis = 0x811C9DC5u;

constexpr std::uint32_t fnv1a(std::uint32_t hash, unsigned char byte) { return (hash ^ byte) * 0x01000193u; }
constexpr std::uint32_t fnv1a(std::string_view bytes, std::uint32_t hash = basis) {
  for (const char byte : bytes) hash = fnv1a(hash, static_cast<unsigned char>(byte));
  return hash;
}

// Of the decimal digits of a number. Each step waits for the one before, so the digits come as it needs them, the first ones
// first; of most numbers there are ten, of a fifth nine, which is not for the CPU to guess.
std::uint32_t fnv1a_of_digits(std::uint32_t number) {
  if (number < 100'000'000) {
    char digits[8];
    return fnv1a({digits, static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, number).ptr - digits)});
  }
  constexpr unsigned point = 57;  // what stands above are the next two digits
  constexpr std::uint64_t behind = (std::uint64_t{1} << point) - 1;
  std::uint64_t rest = number * (behind / 100'000'000 + 1);
  const auto two = static_cast<unsigned>(rest >> point);
  const std::uint32_t with_first = fnv1a(basis, static_cast<unsigned char>('0' + two / 10));
  std::uint32_t hash = fnv1a(two >= 10 ? with_first : basis, static_cast<unsigned char>('0' + two % 10));
  for (int pairs = 0; pairs < 4; ++pairs) {
    rest = (rest & behind) * 100;
    const auto next = static_cast<unsigned>(rest >> point), tens = next * 103 >> 10;
    hash = fnv1a(fnv1a(hash, static_cast<unsigned char>('0' + tens)), static_cast<unsigned char>('0' + next - 10 * tens));
  }
  return hash;
}

}  // namespace

std::uint32_t bucket_salt(std::string_view salt) { return fnv1a(salt); }

int bucket_of(std::string_view salt, std::string_view text) { return bucket_after(bucket_salt(salt), text); }

int bucket_after(std::uint32_t salt, std::string_view text) { return static_cast<int>(fnv1a_of_digits(fnv1a(text, salt)) % 10'000); }

}  // namespace footlight
