#include "app/folder_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <utility>

namespace footlight {
namespace {

namespace fs = std::filesystem;

constexpr int quiet_ms = 15;  // of no event, until a save is taken to be done
constexpr std::uint32_t events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ONLYDIR;

// What editors and we ourselves write beside the file that is meant.
bool is_passing(const std::string& name) {
  return name.starts_with('.') || name.ends_with('~') || name.starts_with('#') || name.ends_with(".swp") || name.ends_with(".new") ||
      name == "4913";
}

}  // namespace

FolderWatch::FolderWatch(FolderWatch&& other) noexcept
    : root_(std::move(other.root_)),
      handle_(std::exchange(other.handle_, -1)),
      signals_(std::exchange(other.signals_, -1)),
      folders_(std::move(other.folders_)) {}

FolderWatch::~FolderWatch() {
  if (handle_ >= 0) close(handle_);
  if (signals_ >= 0) close(signals_);
}

Result<FolderWatch> FolderWatch::open(const std::string& folder) {
  const auto failed = [&](const std::string& what) { return refuse(Code::unreadable_file, "`" + folder + "` cannot be watched: " + what); };
  const int handle = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (handle < 0) return failed(std::strerror(errno));
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  FolderWatch watch(folder, handle, signalfd(-1, &ends, SFD_CLOEXEC));
  if (watch.signals_ < 0 || sigprocmask(SIG_BLOCK, &ends, nullptr) != 0) return failed(std::strerror(errno));
  if (auto added = watch.add(""); !added) return added.error();
  return Result<FolderWatch>(std::move(watch));
}

Status FolderWatch::add(const std::string& folder) {
  const fs::path path = fs::path(root_) / folder;
  const int number = inotify_add_watch(handle_, path.c_str(), events);
  if (number < 0)
    return refuse(Code::unreadable_file,
                  "`" + path.string() + "` cannot be watched: " + std::strerror(errno) +
                      (errno == ENOSPC ? "; raise fs.inotify.max_user_watches" : ""));
  folders_[number] = folder;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory(error) && !entry.is_symlink(error) && !name.starts_with('.'))
      if (auto added = add(folder.empty() ? name : folder + "/" + name); !added) return added;
  }
  return Done{};
}

void FolderWatch::take_events(std::set<std::string>& saved) {
  alignas(inotify_event) char buffer[16 << 10];
  for (ssize_t size = read(handle_, buffer, sizeof buffer); size > 0; size = read(handle_, buffer, sizeof buffer))
    for (const char* at = buffer; at < buffer + size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      at += sizeof(inotify_event) + event->len;
      if (event->mask & IN_Q_OVERFLOW) saved.insert("*");  // what it was is lost: anything
      const auto folder = folders_.find(event->wd);
      if (folder == folders_.end() || event->len == 0 || is_passing(event->name)) continue;
      const std::string path = folder->second.empty() ? event->name : folder->second + "/" + event->name;
      if (event->mask & IN_ISDIR) {
        if (event->mask & (IN_CREATE | IN_MOVED_TO)) static_cast<void>(add(path));  // gone again: then there is nothing to watch
        saved.insert(path);
      } else if (!(event->mask & IN_CREATE)) {
        saved.insert(path);  // of a new file the closing will be told
      }
    }
}

bool FolderWatch::has_news() const {
  pollfd waiting[] = {{handle_, POLLIN, 0}, {signals_, POLLIN, 0}};
  return poll(waiting, 2, 0) != 0;
}

std::optional<std::set<std::string>> FolderWatch::next() {
  std::set<std::string> saved;
  while (true) {
    pollfd waiting[] = {{handle_, POLLIN, 0}, {signals_, POLLIN, 0}};
    const int ready = poll(waiting, 2, saved.empty() ? -1 : quiet_ms);
    if (ready < 0 && errno != EINTR) return {};
    if (waiting[1].revents != 0) return {};
    if (ready == 0) return saved;
    if (ready > 0) take_events(saved);
  }
}

}  // namespace footlight
