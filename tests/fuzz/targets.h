// What is fuzzed: the real loader, predicates and templates, each with what must hold whatever it is given. A broken
// promise ends the process, so that a fuzzer sees it as a crash.
#pragma once

#include <string_view>
#include <vector>

namespace footlight::fuzz {

struct Target {
  std::string_view name;  // also its folder of seeds
  void (*run)(std::string_view input);
  std::vector<std::string_view> words;  // what a mutator puts in
};
const std::vector<Target>& targets();

}  // namespace footlight::fuzz
