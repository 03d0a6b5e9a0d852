// Work that is waited for, done by several threads.
#pragma once

#include <cstddef>
#include <functional>

namespace footlight {

// Those that this process may run on: of a container or under `taskset` fewer than the machine has.
std::size_t processors();

// Does work(0) to work(count - 1), in any order, on this thread and as many others as there are processors for;
// returns when all are done. What one of them throws is thrown here.
void at_once(std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace footlight
