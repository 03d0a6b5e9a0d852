#include "store/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace footlight {
namespace {

namespace fs = std::filesystem;

std::string reason(int error) { return std::generic_category().message(error); }

Error unreadable(const std::string& path, const std::string& why) { return refuse(Code::unreadable_file, "store `" + path + "`: " + why); }

Status sync(const std::string& path, int flags) {
  const int descriptor = open(path.c_str(), flags | O_CLOEXEC);
  if (descriptor < 0) return refuse(Code::store_failed, "cannot open `" + path + "` to sync it: " + reason(errno));
  const int failed = fsync(descriptor) == 0 ? 0 : errno;
  close(descriptor);
  if (failed) return refuse(Code::store_failed, "cannot sync `" + path + "`: " + reason(failed) + ": check the disk");
  return Done{};
}

}  // namespace

Result<std::string> resolve_store_path(const std::string& path, Access access) {
  if (path.empty()) return refuse(Code::usage, "a store needs a path, such as `footlight.db`");
  if (path.find('\0') != std::string::npos) return refuse(Code::usage, "a store's path holds a zero byte");
  std::error_code error;
  const fs::path resolved = fs::weakly_canonical(fs::absolute(path, error), error);
  if (error) return unreadable(path, "its path cannot be followed: " + error.message());
  const fs::file_status status = fs::status(resolved, error);
  if (fs::is_directory(status))
    return unreadable(path, "it is a directory: name a file in it, such as `" + (resolved / "footlight.db").string() + "`");
  if (fs::exists(status) && !fs::is_regular_file(status)) return unreadable(path, "it is not a plain file");
  if (status.type() == fs::file_type::none) return unreadable(path, "it cannot be looked at: " + error.message());
  if (!fs::exists(status)) {
    if (!fs::is_directory(resolved.parent_path(), error))
      return unreadable(path, "its directory `" + resolved.parent_path().string() + "` does not exist: make it first");
    if (access == Access::read_only) return unreadable(path, "there is no such file, and it was to be opened read-only");
  }
  return resolved.string();
}

Result<bool> create_private_file(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0 && errno == EEXIST) return false;
  if (descriptor < 0) return unreadable(path, "it cannot be created: " + reason(errno) + ": its directory must be writable");
  close(descriptor);
  return true;
}

Status write_private_file(const std::string& path, std::string_view bytes) {
  std::error_code ignored;
  if (fs::symlink_status(path, ignored).type() != fs::file_type::not_found)
    return refuse(Code::already_exists, "`" + path + "`: something is there already: name another path");
  const std::string unfinished = path + ".unfinished";
  const Result<bool> created = create_private_file(unfinished);
  if (!created.ok()) return created.error();
  if (!*created) return refuse(Code::already_exists, "`" + unfinished + "` of another one is in the way: wait for it, or remove it");
  const auto failed = [&](const std::string& why) {
    std::remove(unfinished.c_str());
    return refuse(Code::store_failed, "`" + path + "` cannot be written: " + why);
  };
  std::FILE* file = std::fopen(unfinished.c_str(), "wb");
  if (!file) return failed(reason(errno));
  const bool is_written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  const int error = errno;
  if (std::fclose(file) != 0 || !is_written) return failed(reason(is_written ? errno : error));
  if (Status synced = sync_file(unfinished); !synced.ok()) return failed(synced.error().message);
  if (std::rename(unfinished.c_str(), path.c_str()) != 0) return failed(reason(errno));
  return sync_directory_of(path);
}

Result<std::string> read_whole_file(const std::string& path, std::size_t bytes_max) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error) return unreadable(path, error.message());
  if (size > bytes_max)
    return refuse(Code::too_large, "`" + path + "` has " + std::to_string(size) + " bytes, more than " + std::to_string(bytes_max));
  std::string bytes(size, '\0');
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (!file) return unreadable(path, reason(errno));
  const bool is_read = std::fread(bytes.data(), 1, bytes.size(), file) == bytes.size();
  std::fclose(file);
  if (!is_read) return unreadable(path, "it became shorter while it was read");
  return bytes;
}

Status sync_file(const std::string& path) { return sync(path, O_RDONLY); }

Status sync_directory_of(const std::string& path) {
  const std::string folder = fs::path(path).parent_path().string();
  return sync(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY);
}

}  // namespace footlight
