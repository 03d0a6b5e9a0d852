// Files: all that loading a workspace wants of the world.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "footlight/error.h"

namespace footlight {

class Files {
 public:
  virtual ~Files() = default;
  // Names of the plain files directly in a folder, sorted; empty where there is no such folder.
  virtual std::vector<std::string> list(const std::string& folder) const = 0;
  // Code unreadable_file; too_large beyond `most` bytes.
  virtual Result<std::string> read(const std::string& path, std::size_t most) const = 0;
  virtual std::string place() const = 0;  // of the root, for messages
};

std::unique_ptr<Files> disk_files(std::string root);
// By path, for tests and embedders.
std::unique_ptr<Files> memory_files(std::map<std::string, std::string> files);

}  // namespace footlight
