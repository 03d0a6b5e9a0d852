// A directory of its own for each test, removed at the end.
#pragma once

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

namespace footlight::test {

// In memory where the system has room for it there: processes are killed here, not power cut, so what
// was synced to a disk is the same as what was not, and syncs take time.
class Folder {
 public:
  Folder() {
    namespace fs = std::filesystem;
    std::error_code error;
    const fs::path in_memory = "/dev/shm";
    const bool has_room = fs::is_directory(in_memory, error) && fs::space(in_memory, error).available >= 1 << 30;
    std::string pattern = (has_room ? in_memory : fs::temp_directory_path()) / "footlight-test-XXXXXX";
    REQUIRE(::mkdtemp(pattern.data()));
    path_ = pattern;
  }
  ~Folder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string path(const std::string& name = {}) const { return name.empty() ? path_.string() : (path_ / name).string(); }

  std::string write(const std::string& name, std::string_view text) const {
    const auto whole = path_ / name;
    std::filesystem::create_directories(whole.parent_path());
    std::ofstream(whole, std::ios::binary) << text;
    return whole.string();
  }

 private:
  std::filesystem::path path_;
};

}  // namespace footlight::test
