// The table behind the handles of footlight_c.h: a ticket names a place in it and how often that place was
// used before, so that an outdated ticket is known for what it is. Nothing here waits for anything: a place is
// one atomic word, a free place one link of a list.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "base/limits.h"

namespace footlight::c {

enum class Kind : std::uint8_t { options = 1, runtime, request, decision, text, error, reply };

struct Kept {
  virtual ~Kept() = default;
};

class Handles {
 public:
  // The one table of the process; it is never taken down, since a thread may outlive every static.
  static Handles& instance();
  ~Handles();  // the process's own is never destroyed

  // Null where all places are taken.
  void* add(Kind kind, std::unique_ptr<Kept> object);
  // False: not a handle that is alive.
  bool free(void* handle);

  // The object, kept alive while this is; empty where the handle is not an alive one of that kind.
  class Pin {
   public:
    Pin() = default;
    Pin(Pin&& other) noexcept : handles_(other.handles_), index_(other.index_), object_(std::exchange(other.object_, nullptr)) {}
    Pin& operator=(Pin&&) = delete;
    ~Pin() {
      if (object_) handles_->unpin(index_);
    }
    Kept* get() const { return object_; }

   private:
    friend class Handles;
    Pin(Handles* handles, std::uint32_t index, Kept* object) : handles_(handles), index_(index), object_(object) {}
    Handles* handles_ = nullptr;
    std::uint32_t index_ = 0;
    Kept* object_ = nullptr;
  };
  Pin pin(void* handle, Kind kind);

 private:
  // What a place's word says: generation (32 bits), kind (4), alive (1), pins (27).
  static constexpr std::uint64_t one_generation = std::uint64_t{1} << 32;
  static constexpr std::uint64_t alive = std::uint64_t{1} << 27;
  static constexpr std::uint64_t pins = alive - 1;
  struct Place {
    std::atomic<std::uint64_t> word{0};
    std::atomic<std::uint32_t> next{0};  // in the list of free places: index + 1, 0 ends it
    Kept* object = nullptr;
  };
  static constexpr std::size_t chunk_size = 1024;
  static constexpr std::size_t chunk_count = limits::c_handles_max / chunk_size;

  Place* place(std::uint32_t index);
  bool take_free(std::uint32_t& index);
  void put_free(std::uint32_t first, std::uint32_t last);
  bool grow();
  void unpin(std::uint32_t index);
  void reclaim(std::uint32_t index, Place& place);

  std::array<std::atomic<Place*>, chunk_count> chunks_{};
  std::atomic<std::uint64_t> free_{0};  // first free place (index + 1), and a count against ABA above it
  std::mutex growing_;
  std::size_t chunks_made_ = 0;  // under growing_
};

}  // namespace footlight::c
