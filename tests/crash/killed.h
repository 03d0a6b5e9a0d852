// A program that is killed at its n-th system call, before the call has any effect.
//
// Two ways of counting: `ptrace` stops at every system call of every thread. Where a sandbox refuses that,
// `preload` counts the calls of the C library that open, write, sync, lock or remove files (shim.c), and
// the program kills itself there; then a call in between two of those has the effect of the first.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace footlight::test {

enum class Counting { ptrace, preload };
// ptrace where it is allowed here; FOOTLIGHT_CRASH_COUNTING=ptrace|preload says otherwise.
Counting counting_of_this_machine();
const char* to_text(Counting counting);

struct SystemCall {
  std::string name;            // `pwrite64`; `call 334` of one without a name here
  bool changes_files = false;  // it writes, syncs, locks, removes …
};

struct Traced {
  int exit_code = -1;  // 128 + 9 where it was killed
  std::string out, err;
  std::vector<SystemCall> calls;  // up to the end, or to the one it was killed at
};

// Runs the program to its end, or to its call number `kill_at`: 1 is the first, 0 never comes.
Traced run_until(const std::vector<std::string>& command, std::size_t kill_at, Counting counting);

// A program that runs beside the test, traced: a server. Only where ptrace is allowed.
class TracedProcess {
 public:
  TracedProcess(std::vector<std::string> command, std::string stderr_file);
  ~TracedProcess();  // kills it
  TracedProcess(const TracedProcess&) = delete;
  TracedProcess& operator=(const TracedProcess&) = delete;

  // The first line of its stdout that begins so; fails where none does.
  std::string line_that_begins(const std::string& beginning);
  // Counts its system calls from here on, and kills it at number `kill_at`; 0: only counts.
  void count_from_here(std::size_t kill_at);
  std::vector<SystemCall> calls();  // since then
  int kill();                       // ends it, if it still runs; its exit code, as in Traced

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
  std::thread tracer_;
  int out_ = -1;
};

}  // namespace footlight::test
