#include "app/recorder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "app/commands.h"
#include "base/limits.h"
#include "base/text.h"

namespace footlight {
namespace {

// Well mixed bits of a counter: the share is spread evenly, and needs no lock.
std::uint64_t mixed(std::uint64_t n) {
  n += 0x9E3779B97F4A7C15u;
  n = (n ^ (n >> 30)) * 0xBF58476D1CE4E5B9u;
  n = (n ^ (n >> 27)) * 0x94D049BB133111EBu;
  return n ^ (n >> 31);
}

// A part of an object, named with dots; keys of the object may have dots themselves.
void leave_out(Value& object, std::string_view path) {
  if (!object.is_object()) return;
  for (auto at = object.object().begin(); at != object.object().end();) {
    const std::string& key = at->first;
    const bool is_it = key == path || (key.size() > path.size() && key.starts_with(path) && key[path.size()] == '.');
    if (is_it) {
      at = object.object().erase(at);
      continue;
    }
    if (path.size() > key.size() && path.starts_with(key) && path[key.size()] == '.') leave_out(at->second, path.substr(key.size() + 1));
    ++at;
  }
}

}  // namespace

Result<std::unique_ptr<Recorder>> recorder_of(const ServeOptions& options, Metrics& metrics, const Log& log) {
  if (options.record.empty()) return std::unique_ptr<Recorder>();
  return Recorder::open({.file = options.record,
                         .share = options.record_share,
                         .file_bytes = options.record_bytes,
                         .files = options.record_files,
                         .without = options.record_without},
                        metrics, log);
}

Result<std::unique_ptr<Recorder>> Recorder::open(RecorderOptions options, Metrics& metrics, const Log& log) {
  for (const std::string& part : options.without) {
    const std::string first = part.substr(0, part.find('.'));
    if ((first != "identity" && first != "attributes" && first != "context") || part.ends_with('.'))
      return refuse(Code::usage,
                    "--record-without " + part +
                        ": parts of a request begin with `identity`, `attributes` or `context`, like `attributes.person.email`");
  }
  if (!(options.share > 0 && options.share <= 1)) return refuse(Code::usage, "--record-share is more than 0 and at most 1");
  if (options.file_bytes < limits::record_file_bytes_min)
    return refuse(Code::usage, "--record-size is at least " + std::to_string(limits::record_file_bytes_min) + " bytes");
  if (options.files < 1 || options.files > limits::record_files_max)
    return refuse(Code::usage, "--record-files is from 1 to " + std::to_string(limits::record_files_max));
  std::unique_ptr<Recorder> recorder(new Recorder(std::move(options), metrics, log));
  if (auto opened = recorder->open_file(); !opened) return opened.error();
  recorder->writer_ = std::thread([raw = recorder.get()] { raw->run(); });
  return recorder;
}

Recorder::Recorder(RecorderOptions options, Metrics& metrics, const Log& log)
    : options_(std::move(options)),
      metrics_(metrics),
      log_(log),
      recorded_(metrics.counter("footlight_decisions_recorded_total", "Decisions written to the file of --record.")) {}

Recorder::~Recorder() {
  if (writer_.joinable()) {
    queue_.end();
    writer_.join();
  }
  if (handle_ >= 0) close(handle_);
}

// For its owner only: it holds what the application sent of its visitors.
Status Recorder::open_file() {
  const auto failed = [&](const std::string& what) {
    return refuse(Code::unreadable_file, "`" + options_.file + "` cannot be recorded into: " + what);
  };
  if (handle_ >= 0) close(handle_);
  handle_ = ::open(options_.file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (handle_ < 0) return failed(std::strerror(errno));
  struct stat about {};
  if (fstat(handle_, &about) != 0) return failed(std::strerror(errno));
  if (!S_ISREG(about.st_mode)) return failed("it is no plain file");
  if (flock(handle_, LOCK_EX | LOCK_NB) != 0)
    return errno == EWOULDBLOCK
        ? refuse(Code::unavailable, "another process records into `" + options_.file + "`; give each a file of its own")
        : failed(std::strerror(errno));
  size_ = static_cast<std::uint64_t>(about.st_size);
  // Whoever died while it wrote left a part of a line.
  char piece[4096];
  std::uint64_t whole = size_;
  while (whole > 0) {
    const std::uint64_t from = whole > sizeof piece ? whole - sizeof piece : 0;
    const ssize_t got = pread(handle_, piece, whole - from, static_cast<off_t>(from));
    if (got <= 0) return failed(std::strerror(errno));
    const std::string_view text(piece, static_cast<std::size_t>(got));
    const auto end = text.rfind('\n');
    whole = end == text.npos ? from : from + end + 1;
    if (end != text.npos) break;
  }
  if (whole != size_ &&
      (pread(handle_, piece, 1, static_cast<off_t>(whole)) != 1 || piece[0] != '{' || size_ - whole > limits::record_line_bytes_max))
    return failed("it ends with something that is no record; name a file of its own");
  if (whole != size_ && ftruncate(handle_, static_cast<off_t>(whole)) != 0) return failed(std::strerror(errno));
  size_ = whole;
  return Done{};
}

std::vector<Route> Recorder::recorded(std::vector<Route> routes, Serving& serving, Recorder& recorder) {
  for (Route& route : routes) {
    if (route.method != "POST" || route.pattern != "/v1/decide") continue;
    route.handle = [decide = std::move(route.handle), &serving, &recorder](const Call& call) {
      HttpResponse response = decide(call);
      if (response.status == 200 && recorder.wants())
        if (auto workspace = serving.workspace_of(call))
          if (!recorder.queue_.push({std::move(*workspace), call.request.received, call.request.body, response.body}))
            recorder.lose("queue", 1);
      return response;
    };
  }
  return routes;
}

bool Recorder::wants() {
  if (options_.share >= 1) return true;
  const double at = static_cast<double>(mixed(asked_.fetch_add(1, std::memory_order_relaxed)) >> 11) * 0x1p-53;
  return at < options_.share;
}

void Recorder::run() {
  std::vector<RecordedDecision> all;
  while (queue_.take(all)) {
    constexpr std::size_t batch_bytes = 256 << 10;
    std::string lines;
    std::size_t count = 0;
    for (const RecordedDecision& taken : all) {
      const std::string line = line_of(taken);
      if (line.empty()) continue;
      if (line.size() > limits::record_line_bytes_max) {
        lose("long", 1);
        continue;
      }
      // A file is at most as large as was asked for, but for one line.
      if (!lines.empty() && (lines.size() > batch_bytes || size_ + lines.size() + line.size() > options_.file_bytes)) {
        write(lines, count);
        lines.clear();
        count = 0;
      }
      if (size_ > 0 && lines.empty() && size_ + line.size() > options_.file_bytes) put_aside();
      lines += line;
      ++count;
    }
    if (count > 0) write(lines, count);
  }
}

std::string Recorder::line_of(const RecordedDecision& taken) const {
  auto request = parse_json(trim(taken.request).empty() ? "{}" : taken.request), answer = parse_json(taken.answer);
  if (!request || !request->is_object() || !answer || !answer->is_object()) return {};
  if (answer->find("reason")) return {};  // without a lease: defaults, of which no replay says anything
  for (const std::string& part : options_.without) leave_out(*request, part);
  answer->object().erase("trace");
  if (const auto propositions = answer->object().find("propositions");
      propositions != answer->object().end() && propositions->second.is_array())
    for (Value& one : propositions->second.array())
      if (one.is_object()) one.object().erase("token");
  return to_json(Value(Object{{"at", to_text(taken.at)},
                              {"workspace", taken.workspace},
                              {"request", std::move(*request)},
                              {"answer", std::move(*answer)}})) +
      "\n";
}

void Recorder::write(const std::string& lines, std::size_t count) {
  std::size_t done = 0;
  int trouble = 0;
  if (handle_ < 0 && !open_file()) trouble = EIO;
  while (done < lines.size() && trouble == 0) {
    const ssize_t wrote = ::write(handle_, lines.data() + done, lines.size() - done);
    if (wrote > 0) done += static_cast<std::size_t>(wrote);
    else if (wrote == 0) trouble = ENOSPC;
    else if (errno != EINTR) trouble = errno;
  }
  if (trouble == 0) {
    size_ += lines.size();
    recorded_.add(static_cast<double>(count));
  } else {
    // Back to the last whole line.
    const auto end = lines.rfind('\n', done == 0 ? 0 : done - 1);
    const std::size_t whole = done == 0 || end == std::string::npos ? 0 : end + 1;
    if (handle_ >= 0 && ftruncate(handle_, static_cast<off_t>(size_ + whole)) == 0) size_ += whole;
    const auto written = static_cast<std::size_t>(std::count(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(whole), '\n'));
    recorded_.add(static_cast<double>(written));
    lose("disk", count - written);
  }
  if (has_trouble_ != (trouble != 0)) {
    has_trouble_ = trouble != 0;
    if (has_trouble_)
      log_.write(Log::Level::error, "decisions are not recorded", {{"file", options_.file}, {"reason", std::strerror(trouble)}});
    else log_.write(Log::Level::info, "decisions are recorded again", {{"file", options_.file}});
  }
}

// FILE becomes FILE.1, that FILE.2 and so on; the last goes.
void Recorder::put_aside() {
  const auto name = [&](int n) { return n == 0 ? options_.file : options_.file + "." + std::to_string(n); };
  std::remove(name(options_.files - 1).c_str());
  for (int n = options_.files - 2; n >= 0; --n) std::rename(name(n).c_str(), name(n + 1).c_str());
  close(handle_);
  handle_ = -1;
  size_ = 0;
  if (auto opened = open_file(); !opened)
    log_.write(Log::Level::error, "decisions are not recorded", {{"file", options_.file}, {"reason", opened.error().message}});
}

void Recorder::lose(const char* why, std::size_t count) {
  metrics_
      .counter("footlight_decisions_unrecorded_total",
               "Decisions that --record left out: its queue was full, the line too long, or the disk took nothing.", {{"why", why}})
      .add(static_cast<double>(count));
}

}  // namespace footlight
