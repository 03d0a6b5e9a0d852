// Places of the keys of a table that is made once.
#include "engine/hash_places.h"

#include <catch2/catch.hpp>
#include <random>
#include <set>

using namespace footlight;

namespace {

// How many keys do not stand where they are looked for first.
std::size_t displaced(const std::vector<std::uint64_t>& hashes, const HashPlaces& places) {
  std::set<std::size_t> taken;
  for (const std::uint64_t hash : hashes) taken.insert(places.first(hash));
  return hashes.size() - taken.size();
}

}  // namespace

TEST_CASE("keys have places of their own, and one is left so that a search ends") {
  std::mt19937_64 random(Catch::rngSeed() + 5);
  for (const std::size_t count : {0u, 1u, 2u, 3u, 40u, 255u, 5000u})
    for (const std::size_t times : {0u, 1u, 2u, 4u}) {
      INFO("seed " << Catch::rngSeed() << ", " << count << " keys, room for " << times << " times as many");
      std::vector<std::uint64_t> hashes(count);
      for (std::uint64_t& hash : hashes) hash = random();
      const HashPlaces places(hashes, times * count);
      REQUIRE(places.count() > count);
      CHECK(places.count() >= times * count);
      for (const std::uint64_t hash : hashes) CHECK(places.first(hash) < places.count());
      std::set<std::size_t> walked;
      for (std::size_t at = 0, steps = 0; steps < places.count(); ++steps, at = places.next(at)) walked.insert(at);
      CHECK(walked.size() == places.count());
    }
}

TEST_CASE("of the bits of a hash those say where a key stands by which the fewest meet") {
  // Every two are the same in their lowest 20 bits, and none are in those above.
  std::vector<std::uint64_t> hashes;
  for (std::uint64_t i = 0; i < 64; ++i) hashes.push_back(i << 20 | 0x2A);
  CHECK(displaced(hashes, HashPlaces(hashes, 64)) == 0);

  // As many as a request has attributes: by chance six of 40 keys would meet in 128 places, and three in 256.
  std::mt19937_64 random(20261122);
  std::size_t met = 0;
  for (int round = 0; round < 100; ++round) {
    std::vector<std::uint64_t> some(40);
    for (std::uint64_t& hash : some) hash = random();
    met += displaced(some, HashPlaces(some, 4 * some.size()));
  }
  CHECK(met < 60);
}
