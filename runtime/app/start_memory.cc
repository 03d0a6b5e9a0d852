#include "app/start_memory.h"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace footlight {
namespace {

constexpr int ahead = 64 << 20;  // of addresses; memory is what is written to
constexpr std::size_t page = 2 << 20;

}  // namespace

StartMemory::StartMemory() {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the largest there is
  mallopt(M_TRIM_THRESHOLD, 2 * ahead);
  mallopt(M_TOP_PAD, ahead);
  void* const first = std::malloc(1 << 20);  // more than the heap has: it grows, by as much as is said above
  auto* const end = static_cast<char*>(sbrk(0));
  const auto at = reinterpret_cast<std::uintptr_t>(first), from = (at + page - 1) & ~(page - 1),
             till = reinterpret_cast<std::uintptr_t>(end) & ~(page - 1);
  std::free(first);
  // Where it did not grow there, as under a sanitizer, all is as it always is.
  if (first == nullptr || from >= till || till - at > 2 * static_cast<std::size_t>(ahead)) return;
  begin_ = reinterpret_cast<char*>(from);
  size_ = till - from;
  madvise(begin_, size_, MADV_HUGEPAGE);
}

void StartMemory::give_back() {
  mallopt(M_TOP_PAD, 128 << 10);
  mallopt(M_TRIM_THRESHOLD, 2 << 20);
  if (begin_) madvise(begin_, size_, MADV_NOHUGEPAGE);
  malloc_trim(0);
}

}  // namespace footlight
