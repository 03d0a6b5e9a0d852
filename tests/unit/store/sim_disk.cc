#include "tests/unit/store/sim_disk.h"

#include <sqlite3.h>

#include <algorithm>
#include <catch2/catch.hpp>

namespace footlight {
namespace {

SimDisk* disk = nullptr;
sqlite3_vfs* real_vfs = nullptr;
sqlite3_vfs sim_vfs;
std::map<sqlite3_file*, std::string> path_of;
// SQLite's own methods and ours, file by file: it has several sets of them.
std::map<const sqlite3_io_methods*, sqlite3_io_methods> sim_methods;
std::map<sqlite3_file*, const sqlite3_io_methods*> real_methods;

int sim_write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 offset) {
  if (disk->fails_now()) return disk->write_code();
  disk->remember(path_of[file], {offset, std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(count))});
  return real_methods[file]->xWrite(file, bytes, count, offset);
}

int sim_truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (disk->fails_now()) return SQLITE_IOERR_TRUNCATE;
  disk->remember(path_of[file], {.offset = size, .is_truncation = true});
  return real_methods[file]->xTruncate(file, size);
}

int sim_sync(sqlite3_file* file, int flags) {
  if (disk->fails_now()) return SQLITE_IOERR_FSYNC;
  const int code = real_methods[file]->xSync(file, flags);
  if (code == SQLITE_OK) disk->synced(path_of[file]);
  return code;
}

int sim_close(sqlite3_file* file) {
  const sqlite3_io_methods* methods = real_methods[file];
  path_of.erase(file);
  real_methods.erase(file);
  return methods->xClose(file);
}

int sim_open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  const int code = real_vfs->xOpen(real_vfs, name, file, flags, flags_out);
  if (code != SQLITE_OK || !file->pMethods) return code;
  real_methods[file] = file->pMethods;
  path_of[file] = name ? name : "";
  sqlite3_io_methods& methods = sim_methods.emplace(file->pMethods, *file->pMethods).first->second;
  methods.xWrite = sim_write;
  methods.xTruncate = sim_truncate;
  methods.xSync = sim_sync;
  methods.xClose = sim_close;
  file->pMethods = &methods;
  return code;
}

int sim_delete(sqlite3_vfs*, const char* name, int sync_directory) {
  disk->deleted(name);
  return real_vfs->xDelete(real_vfs, name, sync_directory);
}

void carry_out(std::string& bytes, const SimDisk::Operation& operation) {
  const auto offset = static_cast<std::size_t>(operation.offset);
  if (operation.is_truncation) return bytes.resize(std::min(bytes.size(), offset));
  bytes.resize(std::max(bytes.size(), offset + operation.bytes.size()));
  bytes.replace(offset, operation.bytes.size(), operation.bytes);
}

}  // namespace

SimDisk::SimDisk() {
  disk = this;
  real_vfs = sqlite3_vfs_find(nullptr);
  sim_vfs = *real_vfs;
  sim_vfs.zName = "simulated";
  sim_vfs.xOpen = sim_open;
  sim_vfs.xDelete = sim_delete;
  REQUIRE(sqlite3_vfs_register(&sim_vfs, 1) == SQLITE_OK);
}

SimDisk::~SimDisk() {
  sqlite3_vfs_unregister(&sim_vfs);
  sqlite3_vfs_register(real_vfs, 1);
  disk = nullptr;
}

void SimDisk::fail(long first, long count, int write_code) {
  operations_ = 0;
  fails_first_ = first;
  fails_count_ = count;
  write_code_ = write_code;
}

bool SimDisk::fails_now() {
  before_operation();
  const long now = operations_++;
  return now >= fails_first_ && now - fails_first_ < fails_count_;
}

bool SimDisk::all_synced() const {
  return std::all_of(files_.begin(), files_.end(), [](const auto& file) { return file.second.on_its_way.empty(); });
}

void SimDisk::remember(const std::string& path, Operation operation) {
  if (is_watched(path)) files_[path].on_its_way.push_back(std::move(operation));
}

void SimDisk::synced(const std::string& path) {
  if (!is_watched(path)) return;
  File& file = files_[path];
  for (const Operation& operation : file.on_its_way) carry_out(file.durable, operation);
  file.on_its_way.clear();
}

std::map<std::string, std::string> SimDisk::after_power_cut(std::mt19937& random) const {
  std::map<std::string, std::string> images;
  const auto luck = random() % 4;  // 0 nothing arrived, 1 everything, else each write by itself
  for (const auto& [path, file] : files_) {
    std::string& image = images[path] = file.durable;
    for (Operation operation : file.on_its_way) {
      if (luck == 0 || (luck > 1 && random() % 2)) continue;
      if (luck == 3 && !operation.is_truncation) operation.bytes.resize(random() % (operation.bytes.size() + 1));
      carry_out(image, operation);
    }
  }
  return images;
}

}  // namespace footlight
