// Decisions as they are made, written to a file as `footlight replay` and `explain` read them: a JSON line each,
//   {"answer": {"propositions": […], "snapshot": …}, "at": "2026-12-01T09:00:00Z", "request": {…}, "workspace": "shop"}
//
// Who serves only copies the bytes into a queue; a thread of its own makes lines of them. What the queue, a line or the disk has
// no room for is counted and left out: a decision never waits for its record. Lines are written whole: a partial one,
// of a full disk or a process that died, is cut off again.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "api/serving.h"
#include "app/record_queue.h"
#include "server/log.h"

namespace footlight {

struct RecorderOptions {
  std::string file;
  double share = 1;                       // of decisions that are recorded
  std::uint64_t file_bytes = 256 << 20;   // then the file is put aside, as FILE.1
  int files = 5;                          // that are kept, FILE itself among them
  std::vector<std::string> without = {};  // parts of requests that are left out: `identity`, `attributes.person`
};

class Recorder {
 public:
  // Codes usage, unreadable_file, unavailable where another process records into the file. `log` outlives it.
  static Result<std::unique_ptr<Recorder>> open(RecorderOptions options, Metrics& metrics, const Log& log);
  ~Recorder();  // writes what is waiting
  Recorder(const Recorder&) = delete;

  // The routes with decisions recorded that are answered from a snapshot. Both outlive the routes.
  static std::vector<Route> recorded(std::vector<Route> routes, Serving& serving, Recorder& recorder);

 private:
  Recorder(RecorderOptions options, Metrics& metrics, const Log& log);
  Status open_file();
  bool wants();  // whether the next decision is one of the share
  void run();
  std::string line_of(const RecordedDecision& taken) const;  // empty where it is none
  void write(const std::string& lines, std::size_t count);
  void put_aside();
  void lose(const char* why, std::size_t count);

  const RecorderOptions options_;
  Metrics& metrics_;
  const Log& log_;
  const Metrics::Counter recorded_;
  int handle_ = -1;
  std::uint64_t size_ = 0;
  bool has_trouble_ = false;  // the disk took nothing the last time
  std::atomic<std::uint64_t> asked_ = 0;

  RecordQueue queue_;
  std::thread writer_;
};

// As the options ask for it; null where they do not.
struct ServeOptions;
Result<std::unique_ptr<Recorder>> recorder_of(const ServeOptions& options, Metrics& metrics, const Log& log);

}  // namespace footlight
