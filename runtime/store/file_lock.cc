#include "store/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace footlight {
namespace {

std::string reason(int error) { return std::generic_category().message(error); }

// The process id that the holder wrote, for the message; the lock itself is what counts.
std::string holder(int descriptor) {
  std::array<char, 32> text;
  const ssize_t length = pread(descriptor, text.data(), text.size(), 0);
  std::string id;
  for (ssize_t i = 0; i < length && text[i] >= '0' && text[i] <= '9'; ++i) id += text[i];
  return id.empty() ? "another process" : "process " + id;
}

}  // namespace

Result<std::unique_ptr<FileLock>> FileLock::take(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0)
    return refuse(Code::unreadable_file, "cannot make the lock file `" + path + "`: " + reason(errno) + ": its directory must be writable");
  std::unique_ptr<FileLock> lock(new FileLock(descriptor));
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK)
      return refuse(
          Code::store_failed,
          "it is open for writing in " + holder(descriptor) + " (lock file `" + path + "`): end that one first, or open it read-only");
    return refuse(Code::store_failed, "cannot lock `" + path + "`: " + reason(errno));
  }
  // Only for the message above, so a full disk that refuses it does not keep the store shut.
  const std::string id = std::to_string(getpid()) + "\n";
  if (ftruncate(descriptor, 0) == 0) [[maybe_unused]]
    const ssize_t written = pwrite(descriptor, id.data(), id.size(), 0);
  return lock;
}

FileLock::~FileLock() { close(descriptor_); }

}  // namespace footlight
