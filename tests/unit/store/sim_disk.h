// A disk that fails on demand and can be asked what a power cut would leave of it.
//
// While one lives, SQLite's default file system counts every write, truncation and sync, lets those
// of a chosen range fail, and remembers for each watched file what was synced and what is still on its way.
// The data is written to the real files all the same. For one thread; no store may outlive it.
#pragma once

#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace footlight {

class SimDisk {
 public:
  SimDisk();
  ~SimDisk();
  SimDisk(const SimDisk&) = delete;
  SimDisk& operator=(const SimDisk&) = delete;

  // Operations are counted from here on; number `first` is the first of `count` that fail.
  // `write_code` is what SQLite is told where a write fails; a sync fails as SQLITE_IOERR_FSYNC.
  void fail(long first, long count, int write_code);
  void work() { fails_count_ = 0; }

  // Remembers what happens to the files of this directory, from now on.
  void watch(const std::string& directory) { watched_ = directory + "/"; }
  bool all_synced() const;  // nothing is on its way
  // Runs before each operation: the place to cut the power.
  std::function<void()> before_operation = [] {};
  // By path, the bytes of each watched file after a power cut now: what was synced, and of the rest an
  // arbitrary part, each write whole, torn or not there.
  std::map<std::string, std::string> after_power_cut(std::mt19937& random) const;

  // For the file system below.
  struct Operation {
    long offset;
    std::string bytes;
    bool is_truncation = false;  // to `offset` bytes
  };
  bool fails_now();
  int write_code() const { return write_code_; }
  void remember(const std::string& path, Operation operation);
  void synced(const std::string& path);
  void deleted(const std::string& path) { files_.erase(path); }

 private:
  struct File {
    std::string durable;
    std::vector<Operation> on_its_way;
  };
  bool is_watched(const std::string& path) const { return !watched_.empty() && path.starts_with(watched_); }

  std::string watched_;
  long operations_ = 0, fails_first_ = 0, fails_count_ = 0;
  int write_code_ = 0;
  std::map<std::string, File> files_;
};

}  // namespace footlight
