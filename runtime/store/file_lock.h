// An advisory lock on a file of its own: whoever holds it is the one writer of what stands beside
// it. The kernel gives it up when the process ends, however it ends; the file stays.
#pragma once

#include <memory>
#include <string>

#include "footlight/error.h"

namespace footlight {

class FileLock {
 public:
  // Code store_failed, with the holder's process id, when another process (or another store of
  // this one) has it; unreadable_file when the lock file cannot be made.
  static Result<std::unique_ptr<FileLock>> take(const std::string& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace footlight
