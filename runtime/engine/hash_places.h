// HashPlaces: where the keys of a table stand that is made once and then only asked (open addressing).
//
// A key that does not stand where it is looked for first costs a wrong guess of the CPU, which is more than all else of a
// look into a table. So the bits of the hash that say where are those by which the fewest keys meet.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

namespace footlight {

class HashPlaces {
 public:
  HashPlaces() = default;  // one place
  // For keys with these hashes: `room` places at least, and more than there are keys.
  HashPlaces(std::span<const std::uint64_t> hashes, std::size_t room) {
    mask_ = static_cast<std::uint32_t>(std::bit_ceil(std::max(room, hashes.size() + 1)) - 1);
    if (hashes.size() > searched_max) return;
    std::vector<bool> taken;
    std::size_t fewest = hashes.size() + 1;
    for (HashPlaces tried = *this; tried.shift_ <= shift_max && fewest > 0; ++tried.shift_) {
      taken.assign(count(), false);
      std::size_t met = 0;
      for (const std::uint64_t hash : hashes) {
        const std::size_t at = tried.first(hash);
        met += taken[at];
        taken[at] = true;
      }
      if (met >= fewest) continue;
      fewest = met;
      shift_ = tried.shift_;
    }
  }

  std::size_t count() const { return std::size_t{mask_} + 1; }
  std::size_t first(std::uint64_t hash) const { return hash >> shift_ & mask_; }
  std::size_t next(std::size_t at) const { return (at + 1) & mask_; }

 private:
  static constexpr std::size_t searched_max = 4'096;  // with more keys some meet anyway
  static constexpr std::uint32_t shift_max = 40;

  std::uint32_t shift_ = 0, mask_ = 0;
};

}  // namespace footlight
