// Random documents of good form: every form of a predicate, and definitions in any spelling.
#pragma once

#include <random>

#include "footlight/value.h"

namespace footlight::test {

// The seed of a random test: FOOTLIGHT_SEED, else always the same.
std::uint64_t seed_of_test();

class DocumentGenerator {
 public:
  explicit DocumentGenerator(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t n) { return random_() % n; }
  bool chance(int percent) { return below(100) < static_cast<std::size_t>(percent); }
  template <class List>
  const auto& one_of(const List& list) {
    return list[below(std::size(list))];
  }

  // Attributes `n` (a number), `s` (text), `b` (a boolean), `l` (a list), `v` (a version), `d.e` (any);
  // lists `vip` and `eu`, audiences `gold` and `eu members`, unless told to name none.
  Value predicate(int depth, bool has_names = true);
  // A profile for them: each attribute absent, null, of the right kind or of another.
  Value profile();
  Value scalar();
  Value definition();

 private:
  Value leaf(bool has_names);
  Value scalars();
  Value content();
  Value show();
  Array steps(int depth);
  std::mt19937_64 random_;
};

}  // namespace footlight::test
