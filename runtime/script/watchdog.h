// The watchdog: what ends a call that fuel cannot see, such as a defect in one of our own functions.
//
// One thread watches the deadlines of all workers. While one is overdue it sends that worker's thread
// a real-time signal every millisecond; the handler runs on the worker, looks again whether a deadline
// is armed and has passed, and only then calls back. A late signal for a call that has ended therefore
// does nothing. The thread starts with the first deadline and sleeps while none is armed.
//
// The host must tolerate EINTR on threads that run scripts (SA_RESTART is set), and must not block
// `Watchdog::signal()` on them.
#pragma once

#include <chrono>

namespace footlight {

class Watchdog {
 public:
  using Clock = std::chrono::steady_clock;
  // Runs in a signal handler, on the thread that armed, and again every millisecond until disarmed.
  using Overdue = void (*)(void* context);

  static int signal();  // its number

  // Arms a deadline for this thread while it lives. May nest: the outer deadline is watched again
  // afterwards, not meanwhile.
  class Guard {
   public:
    Guard(Clock::time_point deadline, Overdue overdue, void* context);
    ~Guard() { disarm(); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    void disarm();  // from here on `overdue` is not called; idempotent

   private:
    bool is_armed_ = true;
    long long outer_deadline_;
    Overdue outer_overdue_;
    void* outer_context_;
  };
};

}  // namespace footlight
