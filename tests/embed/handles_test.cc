// The table of handles by itself: at its limit, and under threads that use what another one frees.
#include <atomic>
#include <cstdio>
#include <thread>
#include <vector>

#include "base/limits.h"
#include "bindings/c/handles.h"

using namespace footlight::c;

namespace {

std::atomic<long> alive = 0;
struct Counted : Kept {
  Counted() { ++alive; }
  ~Counted() override { --alive; }
  std::atomic<int> used = 0;
};

int failures = 0;
void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  ++failures;
}

void limit() {
  Handles handles;
  std::vector<void*> held;
  for (std::size_t i = 0; i < footlight::limits::c_handles_max; ++i) held.push_back(handles.add(Kind::text, std::make_unique<Counted>()));
  check(held.back() != nullptr, "as many handles as the limit says");
  check(handles.add(Kind::text, std::make_unique<Counted>()) == nullptr, "and not one more");
  check(alive == static_cast<long>(footlight::limits::c_handles_max), "what finds no place is not kept");
  check(handles.free(held[7]), "a handle is freed");
  void* const again = handles.add(Kind::text, std::make_unique<Counted>());
  check(again != nullptr && again != held[7], "its place serves again, under another handle");
  check(!handles.pin(held[7], Kind::text).get(), "the old handle is good for nothing");
  held[7] = again;
  for (void* handle : held) check(handles.free(handle), "every handle is freed once");
  for (void* handle : held) check(!handles.free(handle), "and not twice");
  check(alive == 0, "nothing is left");
}

void pinned() {
  Handles handles;
  void* const handle = handles.add(Kind::request, std::make_unique<Counted>());
  {
    const Handles::Pin pin = handles.pin(handle, Kind::request);
    check(pin.get() != nullptr, "a handle leads to its object");
    check(!handles.pin(handle, Kind::text).get(), "not as another kind");
    check(handles.free(handle), "it is freed while it is used");
    check(alive == 1, "and lives on until then");
    check(!handles.pin(handle, Kind::request).get(), "but for nobody else");
  }
  check(alive == 0, "then it ends");
}

// Threads take, use and free what all of them see, at random: each object ends once, none is used after.
void race() {
  Handles handles;
  constexpr int shared_count = 8, threads = 4, rounds = 20'000;
  std::atomic<void*> shared[shared_count] = {};
  std::atomic<long> freed = 0, added = 0;
  std::vector<std::thread> all;
  for (unsigned seed = 1; seed <= threads; ++seed)
    all.emplace_back([&, seed]() mutable {
      for (int i = 0; i < rounds; ++i) {
        seed = seed * 1664525u + 1013904223u;
        std::atomic<void*>& cell = shared[seed >> 24 & (shared_count - 1)];
        if ((seed >> 20 & 3) == 0) {
          void* const fresh = handles.add(Kind::decision, std::make_unique<Counted>());
          ++added;
          if (void* const old = cell.exchange(fresh); old && handles.free(old)) ++freed;
        } else if ((seed >> 20 & 3) == 1) {
          if (handles.free(cell.load())) ++freed;  // others still use it, or free it too
        } else if (const Handles::Pin pin = handles.pin(cell.load(), Kind::decision); pin.get()) {
          ++static_cast<Counted*>(pin.get())->used;
        }
      }
    });
  for (std::thread& thread : all) thread.join();
  for (std::atomic<void*>& cell : shared)
    if (handles.free(cell.load())) ++freed;
  check(freed == added, "each was freed exactly once");
  check(alive == 0, "and each ended");
}

}  // namespace

int main() {
  limit();
  pinned();
  race();
  if (failures == 0) std::puts("ok");
  return failures == 0 ? 0 : 1;
}
