// StartMemory: the memory of a start, which reads and compiles all that there is.
//
// Tens of megabytes are taken at once, for the first time: page by page, that is a fifth of a start. So the kernel is asked
// for large pages, and large vectors stand among the others, where the next ones can have their place.
#pragma once

#include <cstddef>

namespace footlight {

class StartMemory {
 public:
  StartMemory();
  // What reading took, to the kernel; from now on pages are small, so that what is free is not held.
  void give_back();

 private:
  char* begin_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace footlight
