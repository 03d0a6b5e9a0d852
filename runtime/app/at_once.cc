#include "app/at_once.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>
#include <vector>

namespace footlight {
namespace {

constexpr std::size_t threads_max = 8;  // what is left to do one after the other is an eighth of it, or more

}  // namespace

std::size_t processors() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return static_cast<std::size_t>(CPU_COUNT(&allowed));
  return std::max(1u, std::thread::hardware_concurrency());  // of more than the set has room for
}

void at_once(std::size_t count, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  const auto go = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  const std::size_t threads = std::min({count, threads_max, processors()});
  std::vector<std::future<void>> helpers;  // are waited for, whatever is thrown
  for (std::size_t n = 1; n < threads; ++n) helpers.push_back(std::async(std::launch::async, go));
  go();
  for (auto& helper : helpers) helper.get();
}

}  // namespace footlight
