// Programs run as people run them: arguments in; exit code, stdout and stderr out. Every wait is a
// blocking read of a pipe; one that would never end gives up after a minute and fails the test.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace footlight::test {

struct RunOptions {
  std::string input;                               // its stdin
  std::map<std::string, std::string> environment;  // beside ours, from which FOOTLIGHT_* is left out
};

struct Ran {
  int exit_code = -1;  // 128 + the signal where one ended it
  std::string out, err;
};

// Runs the program to its end.
Ran run(const std::vector<std::string>& command, const RunOptions& options = {});

// A program that runs beside the test: a server. Its stderr goes to a file.
class Process {
 public:
  Process(const std::vector<std::string>& command, const std::string& stderr_file);
  ~Process();  // kills it, if it still runs
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // The next line of its stdout; nothing once it has closed it.
  std::optional<std::string> line();
  // The lines up to the first that begins so; that one is the last. Fails where none does.
  std::vector<std::string> lines_until(const std::string& beginning);
  void signal(int number);
  int wait();  // its exit code, as in Ran; closes its stdout

 private:
  pid_t pid_ = -1;
  int out_ = -1;
  std::string unread_;
};

}  // namespace footlight::test
