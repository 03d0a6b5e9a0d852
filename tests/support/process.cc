#include "process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstring>

extern char** environ;

namespace footlight::test {
namespace {

constexpr int patience_ms = 60'000;

struct Pipe {
  Pipe() { REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0); }
  std::array<int, 2> ends;  // read, write
};

pid_t start(const std::vector<std::string>& command, const std::map<std::string, std::string>& more, int in, int out, int err) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable; ++variable)
    if (std::strncmp(*variable, "FOOTLIGHT_", 10) != 0) variables.emplace_back(*variable);
  for (const auto& [name, value] : more) variables.push_back(name + "=" + value);
  std::vector<char*> arguments, environment;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  for (const std::string& variable : variables) environment.push_back(const_cast<char*>(variable.c_str()));
  arguments.push_back(nullptr);
  environment.push_back(nullptr);
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    ::dup2(in, 0);
    ::dup2(out, 1);
    ::dup2(err, 2);
    ::execve(arguments[0], arguments.data(), environment.data());
    ::_exit(127);
  }
  return pid;
}

int exit_code_of(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) REQUIRE(errno == EINTR);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// False at the end of the stream.
bool read_some(int fd, std::string& into) {
  std::array<char, 64 << 10> bytes;
  const ssize_t count = ::read(fd, bytes.data(), bytes.size());
  if (count > 0) into.append(bytes.data(), static_cast<std::size_t>(count));
  return count > 0;
}

}  // namespace

Ran run(const std::vector<std::string>& command, const RunOptions& options) {
  Pipe in, out, err;
  const pid_t pid = start(command, options.environment, in.ends[0], out.ends[1], err.ends[1]);
  for (const int fd : {in.ends[0], out.ends[1], err.ends[1]}) ::close(fd);
  ::fcntl(in.ends[1], F_SETFL, O_NONBLOCK);
  const auto ignored = ::signal(SIGPIPE, SIG_IGN);  // it may end without reading what it is given
  Ran ran;
  std::size_t written = 0;
  std::array<pollfd, 3> waiting{pollfd{in.ends[1], POLLOUT, 0}, pollfd{out.ends[0], POLLIN, 0}, pollfd{err.ends[0], POLLIN, 0}};
  const auto done_with = [&](pollfd& one) {
    ::close(one.fd);
    one.fd = -1;
  };
  if (options.input.empty()) done_with(waiting[0]);
  while (std::any_of(waiting.begin(), waiting.end(), [](const pollfd& one) { return one.fd >= 0; })) {
    if (::poll(waiting.data(), waiting.size(), patience_ms) <= 0) {
      ::kill(pid, SIGKILL);
      exit_code_of(pid);
      FAIL("`" << command[0] << " " << (command.size() > 1 ? command[1] : "") << "` does not end; so far it said\n" << ran.out << ran.err);
    }
    if (waiting[0].fd >= 0 && waiting[0].revents) {
      const ssize_t count = ::write(waiting[0].fd, options.input.data() + written, options.input.size() - written);
      if (count > 0) written += static_cast<std::size_t>(count);
      if (written == options.input.size() || (count < 0 && errno != EAGAIN)) done_with(waiting[0]);
    }
    if (waiting[1].fd >= 0 && waiting[1].revents && !read_some(waiting[1].fd, ran.out)) done_with(waiting[1]);
    if (waiting[2].fd >= 0 && waiting[2].revents && !read_some(waiting[2].fd, ran.err)) done_with(waiting[2]);
  }
  ::signal(SIGPIPE, ignored);
  ran.exit_code = exit_code_of(pid);
  return ran;
}

Process::Process(const std::vector<std::string>& command, const std::string& stderr_file) {
  Pipe out;
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int log = ::open(stderr_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  REQUIRE(log >= 0);
  pid_ = start(command, {}, nothing, out.ends[1], log);
  for (const int fd : {nothing, log, out.ends[1]}) ::close(fd);
  out_ = out.ends[0];
}

Process::~Process() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  wait();
}

std::optional<std::string> Process::line() {
  std::size_t end;
  while ((end = unread_.find('\n')) == std::string::npos) {
    pollfd waiting{out_, POLLIN, 0};
    if (::poll(&waiting, 1, patience_ms) <= 0) FAIL("the program says nothing more; last it said\n" << unread_);
    if (!read_some(out_, unread_)) return {};
  }
  std::string text = unread_.substr(0, end);
  unread_.erase(0, end + 1);
  return text;
}

std::vector<std::string> Process::lines_until(const std::string& beginning) {
  std::vector<std::string> lines;
  while (auto next = line()) {
    lines.push_back(std::move(*next));
    if (lines.back().starts_with(beginning)) return lines;
  }
  FAIL("the program ended without a line that begins with `" << beginning << "`");
  return lines;
}

void Process::signal(int number) { ::kill(pid_, number); }

int Process::wait() {
  const int code = exit_code_of(std::exchange(pid_, -1));
  ::close(std::exchange(out_, -1));
  return code;
}

}  // namespace footlight::test
