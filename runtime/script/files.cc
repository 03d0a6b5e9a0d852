#include "script/files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace footlight {
namespace {

namespace fs = std::filesystem;

class DiskFiles : public Files {
 public:
  explicit DiskFiles(std::string root) : root_(std::move(root)) {}

  std::vector<std::string> list(const std::string& folder) const override {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(fs::path(root_) / folder, error))
      if (entry.is_regular_file(error) && !entry.path().filename().string().starts_with('.'))
        names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<std::string> read(const std::string& path, std::size_t most) const override {
    const fs::path whole = fs::path(root_) / path;
    std::error_code error;
    if (!fs::is_regular_file(whole, error)) return refuse(Code::unreadable_file, "there is no file `" + path + "` in `" + root_ + "`");
    // A link may point anywhere within the workspace, and nowhere else.
    const std::string real = fs::canonical(whole, error).string(), root = fs::canonical(root_, error).string();
    if (!error && !(root == "/" || real.starts_with(root + "/")))
      return refuse(Code::unreadable_file, "`" + path + "` links to a file outside `" + root_ + "`");
    std::ifstream in(whole, std::ios::binary);
    if (!in) return refuse(Code::unreadable_file, "`" + whole.string() + "` cannot be opened; check its permissions");
    const auto tell = [&] { return refuse(Code::too_large, "`" + path + "` has more than " + std::to_string(most) + " bytes"); };
    const auto size = fs::file_size(whole, error);
    if (!error && size > most) return tell();
    // The size is a guess: what looks like a file may grow, or have none (a pipe in /proc).
    std::string text;
    text.reserve(error ? 0 : static_cast<std::size_t>(size) + 1);
    char piece[64 << 10];
    while (in.read(piece, sizeof piece), in.gcount() > 0) {
      text.append(piece, static_cast<std::size_t>(in.gcount()));
      if (text.size() > most) return tell();
    }
    if (in.bad()) return refuse(Code::unreadable_file, "`" + whole.string() + "` cannot be read");
    return text;
  }

  std::string place() const override { return root_; }

 private:
  std::string root_;
};

class MemoryFiles : public Files {
 public:
  explicit MemoryFiles(std::map<std::string, std::string> files) : files_(std::move(files)) {}

  std::vector<std::string> list(const std::string& folder) const override {
    std::vector<std::string> names;
    for (const auto& [path, text] : files_)
      if (path.starts_with(folder + "/") && path.find('/', folder.size() + 1) == std::string::npos)
        names.push_back(path.substr(folder.size() + 1));
    return names;
  }
  Result<std::string> read(const std::string& path, std::size_t most) const override {
    const auto found = files_.find(path);
    if (found == files_.end()) return refuse(Code::unreadable_file, "there is no file `" + path + "`");
    if (found->second.size() > most) return refuse(Code::too_large, "`" + path + "` has more than " + std::to_string(most) + " bytes");
    return found->second;
  }
  std::string place() const override { return "memory"; }

 private:
  std::map<std::string, std::string> files_;
};

}  // namespace

std::unique_ptr<Files> disk_files(std::string root) { return std::make_unique<DiskFiles>(std::move(root)); }
std::unique_ptr<Files> memory_files(std::map<std::string, std::string> files) { return std::make_unique<MemoryFiles>(std::move(files)); }

}  // namespace footlight
