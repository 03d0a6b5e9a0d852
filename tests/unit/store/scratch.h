// Places and chance for the store's tests.
#pragma once

#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

namespace footlight {

// A directory of its own, removed at the end. In memory where the system has room for it there: the
// tests kill processes and simulate power cuts, so they need no disk, and its syncs take time.
class Scratch {
 public:
  Scratch() {
    namespace fs = std::filesystem;
    std::error_code error;
    const fs::path in_memory = "/dev/shm";
    const bool has_room = fs::is_directory(in_memory, error) && fs::space(in_memory, error).available >= 1 << 30;
    std::string pattern = (has_room ? in_memory : fs::temp_directory_path()) / "footlight-store-XXXXXX";
    REQUIRE(mkdtemp(pattern.data()));
    path_ = pattern;
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string file(const std::string& name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// FOOTLIGHT_SEED repeats a run.
inline std::uint32_t printed_seed() {
  const char* given = std::getenv("FOOTLIGHT_SEED");
  const std::uint32_t seed = given ? static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
  WARN("FOOTLIGHT_SEED=" << seed);
  return seed;
}

// Does to the file what only somebody past the store can do.
inline void run_sql(const std::string& path, const std::string& sql) {
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &handle) == SQLITE_OK);
  const int code = sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr);
  INFO(sql << ": " << sqlite3_errmsg(handle));
  sqlite3_close(handle);
  REQUIRE(code == SQLITE_OK);
}

}  // namespace footlight
