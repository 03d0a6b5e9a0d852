// Tells when files of a workspace folder were saved: inotify, and Ctrl-C.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "footlight/error.h"

namespace footlight {

class FolderWatch {
 public:
  // Takes SIGINT and SIGTERM from here on: they end next().
  static Result<FolderWatch> open(const std::string& folder);
  FolderWatch(FolderWatch&& other) noexcept;
  FolderWatch& operator=(FolderWatch&&) = delete;
  ~FolderWatch();

  // Waits until something was saved, renamed or removed, and then for a moment of quiet, since editors do several
  // things for one save. Paths within the folder, without hidden files and those of editors. Nothing: it is over.
  std::optional<std::set<std::string>> next();
  // Whether next() would find something at once.
  bool has_news() const;

 private:
  FolderWatch(std::string root, int handle, int signals) : root_(std::move(root)), handle_(handle), signals_(signals) {}
  Status add(const std::string& folder);  // with the folders within it; "" is the root
  void take_events(std::set<std::string>& saved);

  std::string root_;
  int handle_ = -1, signals_ = -1;
  std::map<int, std::string> folders_;  // by watch
};

}  // namespace footlight
