// Preloaded into the program where it may not be traced: counts the calls of the C library that change
// files, writes each one's name to CRASH_SHIM_LOG, and kills the process at number CRASH_SHIM_AT, before
// the call has any effect. The log is written by system calls of our own, which are not counted.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long counted;
static atomic_long kill_at = -1;
static atomic_int log_file = -1;

__attribute__((constructor)) static void begin(void) {
  const char *at = getenv("CRASH_SHIM_AT"), *log = getenv("CRASH_SHIM_LOG");
  if (log) log_file = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  kill_at = at ? strtol(at, NULL, 10) : 0;
}

static void count(const char* name) {
  if (kill_at < 0) return;                               // before `begin`: the loader's own
  const long number = ++counted;
  if (log_file >= 0) {
    char line[32];
    const size_t length = strlen(name);
    memcpy(line, name, length);
    line[length] = '\n';
    syscall(SYS_write, log_file, line, length + 1);
  }
  if (number == kill_at) syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
}

#define NEXT(type, name, ...)                              \
  static type (*next)(__VA_ARGS__);                        \
  if (!next) next = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name); \
  count(#name)

#define OPEN(name)                                         \
  int name(const char* path, int flags, ...) {             \
    va_list rest;                                          \
    va_start(rest, flags);                                 \
    const mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                          \
    NEXT(int, name, const char*, int, ...);                \
    return next(path, flags, mode);                        \
  }
OPEN(open)
OPEN(open64)

#define FCNTL(name)                                        \
  int name(int fd, int command, ...) {                     \
    va_list rest;                                          \
    va_start(rest, command);                               \
    void* argument = va_arg(rest, void*);                  \
    va_end(rest);                                          \
    NEXT(int, name, int, int, ...);                        \
    return next(fd, command, argument);                    \
  }
FCNTL(fcntl)
FCNTL(fcntl64)

ssize_t write(int fd, const void* bytes, size_t size) { NEXT(ssize_t, write, int, const void*, size_t); return next(fd, bytes, size); }
ssize_t writev(int fd, const struct iovec* parts, int n) { NEXT(ssize_t, writev, int, const struct iovec*, int); return next(fd, parts, n); }
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) { NEXT(ssize_t, pwrite, int, const void*, size_t, off_t); return next(fd, bytes, size, at); }
ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t at) { NEXT(ssize_t, pwrite64, int, const void*, size_t, off64_t); return next(fd, bytes, size, at); }
int ftruncate(int fd, off_t size) { NEXT(int, ftruncate, int, off_t); return next(fd, size); }
int ftruncate64(int fd, off64_t size) { NEXT(int, ftruncate64, int, off64_t); return next(fd, size); }
int fsync(int fd) { NEXT(int, fsync, int); return next(fd); }
int fdatasync(int fd) { NEXT(int, fdatasync, int); return next(fd); }
int close(int fd) { NEXT(int, close, int); return next(fd); }
int unlink(const char* path) { NEXT(int, unlink, const char*); return next(path); }
int rename(const char* from, const char* to) { NEXT(int, rename, const char*, const char*); return next(from, to); }
int munmap(void* address, size_t size) { NEXT(int, munmap, void*, size_t); return next(address, size); }
