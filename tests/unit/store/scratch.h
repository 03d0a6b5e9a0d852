// Places and chance for the store's tests.
#pragma once

#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

namespace footlight {

// A directory of its own, removed at the end. In memory where the system has such a place: the tests
// kill processes, which the page cache survives, and do not cut the power.
class Scratch {
 public:
  Scratch() {
    const std::filesystem::path shared_memory = "/dev/shm";
    std::string pattern = (std::filesystem::is_directory(shared_memory) ? shared_memory
                                                                        : std::filesystem::temp_directory_path()) /
                          "footlight-store-XXXXXX";
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
  const std::uint32_t seed =
      given ? static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
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
