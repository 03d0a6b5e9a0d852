// Numbered: things that belong to others, by number. Numbers of what went are nobody's until they are given again.
#pragma once

#include <cstddef>
#include <vector>

namespace footlight {

template <class T>
class Numbered {
 public:
  const T& operator[](std::size_t number) const { return *all_[number]; }
  bool has(std::size_t number) const { return number < all_.size() && all_[number] != nullptr; }
  // One past the last number. Those that are somebody's may be fewer.
  std::size_t size() const { return all_.size(); }
  std::size_t count() const { return count_; }
  bool empty() const { return count_ == 0; }

  void put(std::size_t number, const T* thing) {
    if (number >= all_.size()) all_.resize(number + 1, nullptr);
    count_ += static_cast<std::size_t>(thing != nullptr) - static_cast<std::size_t>(all_[number] != nullptr);
    all_[number] = thing;
  }

  // Without the numbers of nobody behind the last that is somebody's.
  void trim() {
    while (!all_.empty() && all_.back() == nullptr) all_.pop_back();
  }

  // Those that are there, in the order of their numbers.
  class Iterator {
   public:
    Iterator(const T* const* at, const T* const* end) : at_(at), end_(end) { skip(); }
    const T& operator*() const { return **at_; }
    Iterator& operator++() {
      ++at_;
      skip();
      return *this;
    }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    void skip() {
      while (at_ != end_ && *at_ == nullptr) ++at_;
    }
    const T *const *at_, *const *end_;
  };
  Iterator begin() const { return {all_.data(), all_.data() + all_.size()}; }
  Iterator end() const { return {all_.data() + all_.size(), all_.data() + all_.size()}; }

 private:
  std::vector<const T*> all_;
  std::size_t count_ = 0;
};

}  // namespace footlight
