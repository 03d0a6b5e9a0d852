// The log: one JSON object a line, on stderr, for programs to read.
//
// {"time":"2026-03-01T09:00:00.120Z","level":"info","message":"answered","request_id":"…","status":200,…}
// Nothing that may be a secret is written: no query, no header, no body.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <string_view>
#include <vector>

#include "footlight/time.h"
#include "footlight/value.h"
#include "http/message.h"

namespace footlight {

class Log {
 public:
  enum class Level { debug, info, warning, error };

  struct Options {
    std::function<Instant()> now;  // required
    Level least = Level::info;
    bool quiet = false;          // warnings and errors only
    std::ostream* to = nullptr;  // nullptr: stderr; must outlive the log
  };

  struct Field {
    std::string_view name;
    Value value;
  };

  explicit Log(Options options);
  ~Log();

  // Any thread. `message` is fixed text that one can search for; what varies goes into fields.
  void write(Level level, std::string_view message, const std::vector<Field>& fields = {}) const;

  // One line per request: info, or error where the server failed. An Observer of a listener calls this.
  void answered(const Answered& answered) const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace footlight
