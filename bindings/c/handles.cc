#include "handles.h"

#include <new>

namespace footlight::c {
namespace {

// A ticket: mark (8 bits), index (20), generation (32), kind (4). The mark makes it no address that any x86-64 or
// ARM64 process has, so that who dereferences one learns of it at once.
constexpr std::uint64_t mark = std::uint64_t{0xF1} << 56;
static_assert(sizeof(void*) == 8, "tickets need pointers of 64 bits");

void* ticket(std::uint32_t index, std::uint32_t generation, Kind kind) {
  return reinterpret_cast<void*>(mark | std::uint64_t{index} << 36 | std::uint64_t{generation} << 4 | static_cast<std::uint64_t>(kind));
}
bool is_ticket(std::uint64_t bits) { return bits >> 56 == 0xF1; }
std::uint32_t index_of(std::uint64_t bits) { return static_cast<std::uint32_t>(bits >> 36 & 0xFFFFF); }
// Generation and kind, where they stand in a place's word.
std::uint64_t identity_of(std::uint64_t bits) { return (bits >> 4 & 0xFFFFFFFF) << 32 | (bits & 0xF) << 28; }
constexpr std::uint64_t identity = ~((std::uint64_t{1} << 28) - 1);

}  // namespace

Handles& Handles::instance() {
  static Handles* const handles = new Handles;
  return *handles;
}

Handles::Place* Handles::place(std::uint32_t index) {
  Place* chunk = chunks_[index / chunk_size].load(std::memory_order_acquire);
  return chunk ? &chunk[index % chunk_size] : nullptr;
}

void* Handles::add(Kind kind, std::unique_ptr<Kept> object) {
  std::uint32_t index;
  while (!take_free(index))
    if (!grow()) return nullptr;
  Place& free_place = *place(index);
  free_place.object = object.release();
  const std::uint64_t generation = free_place.word.load(std::memory_order_relaxed) >> 32;
  free_place.word.store(generation << 32 | static_cast<std::uint64_t>(kind) << 28 | alive, std::memory_order_release);
  return ticket(index, static_cast<std::uint32_t>(generation), kind);
}

Handles::Pin Handles::pin(void* handle, Kind kind) {
  const auto bits = reinterpret_cast<std::uint64_t>(handle);
  if (!is_ticket(bits) || (bits & 0xF) != static_cast<std::uint64_t>(kind)) return {};
  Place* const here = place(index_of(bits));
  if (!here) return {};
  std::uint64_t word = here->word.load(std::memory_order_acquire);
  do {
    if ((word & identity) != identity_of(bits) || !(word & alive)) return {};
  } while (!here->word.compare_exchange_weak(word, word + 1, std::memory_order_acq_rel, std::memory_order_acquire));
  return {this, index_of(bits), here->object};
}

void Handles::unpin(std::uint32_t index) {
  Place& here = *place(index);
  const std::uint64_t before = here.word.fetch_sub(1, std::memory_order_acq_rel);
  if (!(before & alive) && (before & pins) == 1) reclaim(index, here);
}

// Whoever leaves a place neither alive nor pinned takes it back: this, or the last pin.
bool Handles::free(void* handle) {
  const auto bits = reinterpret_cast<std::uint64_t>(handle);
  Place* const here = is_ticket(bits) ? place(index_of(bits)) : nullptr;
  if (!here) return false;
  std::uint64_t word = here->word.load(std::memory_order_acquire);
  do {
    if ((word & identity) != identity_of(bits) || !(word & alive)) return false;
  } while (!here->word.compare_exchange_weak(word, word & ~alive, std::memory_order_acq_rel, std::memory_order_acquire));
  if ((word & pins) == 0) reclaim(index_of(bits), *here);
  return true;
}

void Handles::reclaim(std::uint32_t index, Place& here) {
  std::unique_ptr<Kept> object(std::exchange(here.object, nullptr));  // ends last: its end may come back here
  const std::uint64_t generation = here.word.load(std::memory_order_relaxed) & ~(one_generation - 1);
  here.word.store(generation + one_generation, std::memory_order_release);
  // A place that was used 2^32 times is not used again: its tickets would begin to repeat themselves.
  if (generation + one_generation != 0) put_free(index, index);
}

// ---- free places

Handles::~Handles() {
  for (std::size_t i = 0; i < chunks_made_; ++i) delete[] chunks_[i].load();
}

bool Handles::take_free(std::uint32_t& index) {
  std::uint64_t head = free_.load(std::memory_order_acquire);
  do {
    if ((head & 0xFFFFFFFF) == 0) return false;
    index = static_cast<std::uint32_t>(head & 0xFFFFFFFF) - 1;
  } while (!free_.compare_exchange_weak(head, (((head >> 32) + 1) << 32) | place(index)->next.load(std::memory_order_relaxed),
                                        std::memory_order_acq_rel, std::memory_order_acquire));
  return true;
}

// A chain of places whose links are set already, but the last.
void Handles::put_free(std::uint32_t first, std::uint32_t last) {
  std::uint64_t head = free_.load(std::memory_order_relaxed);
  do {
    place(last)->next.store(static_cast<std::uint32_t>(head & 0xFFFFFFFF), std::memory_order_relaxed);
  } while (
      !free_.compare_exchange_weak(head, (((head >> 32) + 1) << 32) | (first + 1), std::memory_order_acq_rel, std::memory_order_relaxed));
}

bool Handles::grow() {
  const std::lock_guard lock(growing_);
  if ((free_.load() & 0xFFFFFFFF) != 0) return true;  // another thread was first
  if (chunks_made_ == chunk_count) return false;
  Place* const chunk = new (std::nothrow) Place[chunk_size];
  if (!chunk) return false;
  const auto first = static_cast<std::uint32_t>(chunks_made_ * chunk_size);
  for (std::uint32_t i = 0; i + 1 < chunk_size; ++i) chunk[i].next = first + i + 2;
  chunks_[chunks_made_++].store(chunk, std::memory_order_release);
  put_free(first, first + static_cast<std::uint32_t>(chunk_size) - 1);
  return true;
}

}  // namespace footlight::c
