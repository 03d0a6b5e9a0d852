#include "killed.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>
#include <sstream>

#include "../support/folder.h"

extern char** environ;

namespace footlight::test {
namespace {

struct NamedCall {
  long number;
  const char* name;
};
// Those that can make a difference to what a later process finds. Locks are among them: another
// process waits for them.
constexpr NamedCall calls_on_files[] = {
    {SYS_write, "write"},         {SYS_pwrite64, "pwrite64"},     {SYS_writev, "writev"},       {SYS_openat, "openat"},
    {SYS_close, "close"},         {SYS_fsync, "fsync"},           {SYS_fdatasync, "fdatasync"}, {SYS_ftruncate, "ftruncate"},
    {SYS_fcntl, "fcntl"},         {SYS_flock, "flock"},           {SYS_mmap, "mmap"},           {SYS_munmap, "munmap"},
    {SYS_unlinkat, "unlinkat"},   {SYS_fchown, "fchown"},         {SYS_fchmod, "fchmod"},       {SYS_renameat2, "renameat2"},
    {SYS_fallocate, "fallocate"}, {SYS_exit_group, "exit_group"},
#ifdef SYS_unlink
    {SYS_unlink, "unlink"},       {SYS_rename, "rename"},         {SYS_renameat, "renameat"},   {SYS_open, "open"},
#endif
};

SystemCall named(long number) {
  for (const NamedCall& known : calls_on_files)
    if (known.number == number) return {known.name, true};
  return {"call " + std::to_string(number), false};
}

struct Pipe {
  Pipe() { REQUIRE(::pipe2(ends, O_CLOEXEC) == 0); }
  ~Pipe() {
    for (const int end : ends)
      if (end >= 0) ::close(end);
  }
  void close(int which) { ::close(std::exchange(ends[which], -1)); }
  int ends[2];
};

std::vector<std::string> environment_with(const std::vector<std::string>& more) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable; ++variable)
    if (std::strncmp(*variable, "FOOTLIGHT_", 10) != 0 && std::strncmp(*variable, "LD_PRELOAD=", 11) != 0)
      variables.emplace_back(*variable);
  for (const std::string& variable : more) variables.push_back(variable);
  return variables;
}

// In the child: becomes the program. Returns only where that fails.
void become(const std::vector<std::string>& command, const std::vector<std::string>& variables, int out, int err) {
  std::vector<char*> arguments, environment;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  for (const std::string& variable : variables) environment.push_back(const_cast<char*>(variable.c_str()));
  arguments.push_back(nullptr);
  environment.push_back(nullptr);
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, 0);
  ::dup2(out, 1);
  ::dup2(err, 2);
  ::execve(arguments[0], arguments.data(), environment.data());
  ::_exit(127);
}

// What the program said, in files: nobody has to read along while it is stopped.
class Said {
 public:
  explicit Said(const Folder& folder) : folder_(folder) {
    out_ = ::open(folder.path("out").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    err_ = ::open(folder.path("err").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    REQUIRE((out_ >= 0 && err_ >= 0));
  }
  ~Said() {
    ::close(out_);
    ::close(err_);
  }
  int out() const { return out_; }
  int err() const { return err_; }
  void into(Traced& traced) const {
    traced.out = read("out");
    traced.err = read("err");
  }
  std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(folder_.path(name), std::ios::binary).rdbuf();
    return text.str();
  }

 private:
  const Folder& folder_;
  int out_, err_;
};

constexpr long trace_options =
    PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC;

int code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

Traced run_traced(const std::vector<std::string>& command, std::size_t kill_at) {
  const Folder folder;
  const Said said(folder);
  const auto variables = environment_with({"ASAN_OPTIONS=detect_leaks=0"});  // its checker traces too
  const pid_t program = ::fork();
  REQUIRE(program >= 0);
  if (program == 0) {
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::raise(SIGSTOP);
    become(command, variables, said.out(), said.err());
  }
  int status = 0;
  REQUIRE(::waitpid(program, &status, __WALL) == program);
  REQUIRE(WIFSTOPPED(status));
  REQUIRE(::ptrace(PTRACE_SETOPTIONS, program, nullptr, trace_options) == 0);
  REQUIRE(::ptrace(PTRACE_SYSCALL, program, nullptr, nullptr) == 0);
  Traced traced;
  bool has_begun = false;  // the child's own calls, before it is the program, count not
  while (true) {
    const pid_t thread = ::waitpid(-1, &status, __WALL | __WNOTHREAD);
    if (thread < 0) {
      REQUIRE(errno == EINTR);
      continue;
    }
    if (!WIFSTOPPED(status)) {
      if (thread != program) continue;  // one of its threads ended
      traced.exit_code = code_of(status);
      break;
    }
    int handed_on = 0;
    if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
      __ptrace_syscall_info info{};
      const bool is_known = ::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) > 0;
      if (is_known && info.op == PTRACE_SYSCALL_INFO_ENTRY && has_begun) {
        traced.calls.push_back(named(static_cast<long>(info.entry.nr)));
        if (traced.calls.size() == kill_at) ::kill(program, SIGKILL);
      }
    } else if (status >> 8 == (SIGTRAP | (PTRACE_EVENT_EXEC << 8))) {
      has_begun = true;
    } else if (status >> 16 == 0 && WSTOPSIG(status) != SIGSTOP && WSTOPSIG(status) != SIGTRAP) {
      handed_on = WSTOPSIG(status);  // a signal of its own
    }
    ::ptrace(PTRACE_SYSCALL, thread, nullptr, handed_on);  // fails where it has just been killed
  }
  said.into(traced);
  return traced;
}

}  // namespace

struct TracedProcess::Shared {
  std::mutex mutex;
  std::condition_variable changed;
  pid_t program = -1;
  bool is_counting = false, has_ended = false;
  std::size_t kill_at = 0;
  std::vector<SystemCall> calls;
  int exit_code = -1;

  // In the tracing thread, which alone may speak to what it traces.
  void trace(const std::vector<std::string>& command, const std::vector<std::string>& variables, int out, int err) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
      ::raise(SIGSTOP);
      become(command, variables, out, err);
    }
    ::close(out);
    ::close(err);
    int status = 0;
    ::waitpid(child, &status, __WALL | __WNOTHREAD);
    ::ptrace(PTRACE_SETOPTIONS, child, nullptr, trace_options);
    {
      const std::lock_guard lock(mutex);
      program = child;
    }
    changed.notify_all();
    ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
    while (true) {
      const pid_t thread = ::waitpid(-1, &status, __WALL | __WNOTHREAD);
      if (thread < 0) continue;
      if (!WIFSTOPPED(status)) {
        if (thread != child) continue;
        const std::lock_guard lock(mutex);
        has_ended = true;
        exit_code = code_of(status);
        changed.notify_all();
        return;
      }
      int handed_on = 0;
      if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
        __ptrace_syscall_info info{};
        const bool is_entry = ::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) > 0 && info.op == PTRACE_SYSCALL_INFO_ENTRY;
        const std::lock_guard lock(mutex);
        if (is_entry && is_counting) {
          calls.push_back(named(static_cast<long>(info.entry.nr)));
          if (calls.size() == kill_at) ::kill(child, SIGKILL);
        }
      } else if (status >> 16 == 0 && WSTOPSIG(status) != SIGSTOP && WSTOPSIG(status) != SIGTRAP) {
        handed_on = WSTOPSIG(status);
      }
      ::ptrace(PTRACE_SYSCALL, thread, nullptr, handed_on);
    }
  }
};

TracedProcess::TracedProcess(std::vector<std::string> command, std::string stderr_file) : shared_(std::make_shared<Shared>()) {
  Pipe out;
  const int err = ::open(stderr_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  REQUIRE(err >= 0);
  const int written = std::exchange(out.ends[1], -1);
  tracer_ = std::thread([shared = shared_, command = std::move(command), variables = environment_with({"ASAN_OPTIONS=detect_leaks=0"}),
                         written, err] { shared->trace(command, variables, written, err); });
  out_ = std::exchange(out.ends[0], -1);
  std::unique_lock lock(shared_->mutex);
  shared_->changed.wait(lock, [&] { return shared_->program >= 0; });
}

TracedProcess::~TracedProcess() {
  kill();
  tracer_.join();
  ::close(out_);
}

std::string TracedProcess::line_that_begins(const std::string& beginning) {
  std::string unread;
  while (true) {
    for (std::size_t end; (end = unread.find('\n')) != unread.npos; unread.erase(0, end + 1))
      if (unread.starts_with(beginning)) return unread.substr(0, end);
    char bytes[4096];
    pollfd waiting{out_, POLLIN, 0};
    const ssize_t count = ::poll(&waiting, 1, 60'000) > 0 ? ::read(out_, bytes, sizeof bytes) : -1;
    if (count <= 0) FAIL("the program says no line that begins with `" << beginning << "`; last it said " << unread);
    unread.append(bytes, static_cast<std::size_t>(count));
  }
}

void TracedProcess::count_from_here(std::size_t kill_at) {
  const std::lock_guard lock(shared_->mutex);
  shared_->is_counting = true;
  shared_->kill_at = kill_at;
  shared_->calls.clear();
}

std::vector<SystemCall> TracedProcess::calls() {
  const std::lock_guard lock(shared_->mutex);
  shared_->is_counting = false;
  return shared_->calls;
}

int TracedProcess::kill() {
  std::unique_lock lock(shared_->mutex);
  if (!shared_->has_ended) ::kill(shared_->program, SIGKILL);
  shared_->changed.wait(lock, [&] { return shared_->has_ended; });
  return shared_->exit_code;
}

namespace {

Traced run_preloaded(const std::vector<std::string>& command, std::size_t kill_at) {
  const Folder folder;
  const Said said(folder);
  const auto variables = environment_with({std::string("LD_PRELOAD=") + FOOTLIGHT_CRASH_SHIM, "CRASH_SHIM_AT=" + std::to_string(kill_at),
                                           "CRASH_SHIM_LOG=" + folder.path("calls")});
  const pid_t program = ::fork();
  REQUIRE(program >= 0);
  if (program == 0) become(command, variables, said.out(), said.err());
  int status = 0;
  while (::waitpid(program, &status, 0) < 0) REQUIRE(errno == EINTR);
  Traced traced;
  traced.exit_code = code_of(status);
  said.into(traced);
  std::istringstream calls(said.read("calls"));
  for (std::string name; calls >> name;) traced.calls.push_back({name, true});
  return traced;
}

bool may_trace() {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0 && ::raise(SIGSTOP) == 0 ? 0 : 1);
  int status = 0;
  if (::waitpid(child, &status, __WALL) != child || !WIFSTOPPED(status)) return false;
  const bool may = ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) == 0 &&
      ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) == 0 && ::waitpid(child, &status, __WALL) == child && WIFSTOPPED(status);
  __ptrace_syscall_info info{};
  const bool tells = may && ::ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info) > 0;
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, __WALL);
  return tells;
}

}  // namespace

Counting counting_of_this_machine() {
  static const Counting counting = [] {
    const char* said = std::getenv("FOOTLIGHT_CRASH_COUNTING");
    if (said) return std::string(said) == "preload" ? Counting::preload : Counting::ptrace;
    return may_trace() ? Counting::ptrace : Counting::preload;
  }();
  return counting;
}

const char* to_text(Counting counting) { return counting == Counting::ptrace ? "ptrace" : "preload"; }

Traced run_until(const std::vector<std::string>& command, std::size_t kill_at, Counting counting) {
  return counting == Counting::ptrace ? run_traced(command, kill_at) : run_preloaded(command, kill_at);
}

}  // namespace footlight::test
