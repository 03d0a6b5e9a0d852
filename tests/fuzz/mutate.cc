// A mutator of our own around the targets: no tool needed, the same runs for the same seed.
//   fuzz TARGET|all [RUNS [SEED]]
// Begins with the files in seeds/TARGET, splices and bends them, keeps a pool of what it made. A crash leaves
// the input in fuzz-TARGET.last, as does a run that takes twenty seconds.
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "targets.h"

namespace {

using footlight::fuzz::Target;

std::string current;  // what is being run, for the crash
std::string current_file;

void on_crash(int signal) {
  if (FILE* file = std::fopen(current_file.c_str(), "wb")) {
    std::fwrite(current.data(), 1, current.size(), file);
    std::fclose(file);
  }
  std::fprintf(stderr, "signal %d; the input is in %s (%zu bytes)\n", signal, current_file.c_str(), current.size());
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

class Mutator {
 public:
  Mutator(const Target& target, std::uint64_t seed) : target_(target), state_(seed * 0x9E3779B97F4A7C15u + 1) {
    for (const auto& entry : std::filesystem::directory_iterator("tests/fuzz/seeds/" + std::string(target.name))) {
      std::ifstream in(entry.path(), std::ios::binary);
      pool_.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    std::sort(pool_.begin(), pool_.end());  // a folder has no order
    if (pool_.empty()) pool_.emplace_back("x");
    seeds_ = pool_.size();
  }

  const std::string& next() {
    input_ = pool_[below(pool_.size())];
    for (std::size_t i = 1 + below(6); i > 0; --i) mutate();
    if (input_.size() > 4'000) input_.resize(4'000);
    // Some of what was made becomes a parent, but the seeds stay.
    if (below(64) == 0) {
      if (pool_.size() < 2'000) pool_.push_back(input_);
      else pool_[seeds_ + below(pool_.size() - seeds_)] = input_;
    }
    return input_;
  }

 private:
  std::uint64_t random() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }
  std::size_t below(std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(random() % n); }

  void mutate() {
    const std::size_t at = below(input_.size() + 1), left = input_.size() - at;
    switch (below(10)) {
      case 0:
      case 1:
      case 2: input_.insert(at, target_.words[below(target_.words.size())]); break;
      case 3: input_.erase(at, 1 + below(left < 16 ? left : 16)); break;
      case 4:
        if (left > 0) input_[at] = static_cast<char>(random());
        break;
      case 5:
        if (left > 0) input_[at] = static_cast<char>(input_[at] ^ (1 << below(8)));
        break;
      case 6: {
        const std::string piece = input_.substr(at, 1 + below(40));
        for (std::size_t n = 1 + below(below(8) == 0 ? 60 : 3); n > 0 && input_.size() < 4'000; --n)
          input_.insert(below(input_.size() + 1), piece);
        break;
      }
      case 7: {
        const std::string& other = pool_[below(pool_.size())];
        const std::size_t from = below(other.size() + 1);
        input_.insert(at, other.substr(from, 1 + below(200)));
        break;
      }
      case 8: {
        const std::string& other = pool_[below(pool_.size())];
        input_ = input_.substr(0, at) + other.substr(below(other.size() + 1));
        break;
      }
      default: {
        const std::string_view word = target_.words[below(target_.words.size())];
        input_.replace(at, left < word.size() ? left : word.size(), word);
      }
    }
  }

  const Target& target_;
  std::uint64_t state_;
  std::vector<std::string> pool_;
  std::size_t seeds_ = 0;
  std::string input_;
};

void fuzz(const Target& target, std::uint64_t runs, std::uint64_t seed) {
  std::printf("%s: %llu runs, seed %llu\n", std::string(target.name).c_str(), static_cast<unsigned long long>(runs),
              static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  current_file = "fuzz-" + std::string(target.name) + ".last";
  Mutator mutator(target, seed);
  constexpr itimerval watch{{0, 0}, {20, 0}};  // seconds of its own time: nothing takes so long
  for (std::uint64_t i = 0; i < runs; ++i) {
    current = mutator.next();
    if (i % 256 == 0) ::setitimer(ITIMER_VIRTUAL, &watch, nullptr);
    target.run(current);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: fuzz TARGET|all [RUNS [SEED]]   or   fuzz TARGET --file FILE\n");
    return 2;
  }
  for (const int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGVTALRM}) ::signal(signal, on_crash);
  const std::string_view name = argv[1];
  if (argc == 4 && std::string_view(argv[2]) == "--file") {
    std::ifstream in(argv[3], std::ios::binary);
    current.assign(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    current_file = "/dev/null";
    for (const Target& target : footlight::fuzz::targets())
      if (target.name == name) target.run(current);
    return 0;
  }
  const std::uint64_t runs = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 100'000;
  const std::uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;
  bool is_known = false;
  for (const Target& target : footlight::fuzz::targets()) {
    if (name != "all" && name != target.name) continue;
    is_known = true;
    fuzz(target, runs, seed);
  }
  if (!is_known) std::fprintf(stderr, "there is no target %s\n", argv[1]);
  return is_known ? 0 : 2;
}
