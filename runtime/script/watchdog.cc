#include "script/watchdog.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>
#include <vector>

namespace footlight {

namespace {

long long nanoseconds(Watchdog::Clock::time_point t) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(t.time_since_epoch()).count();
}

// A worker thread. Only `deadline` is read by the watchdog; the rest belongs to the worker, whose
// signal handler sees it whole because it is written while no deadline is armed.
struct Worker {
  pthread_t thread = pthread_self();
  std::atomic<long long> deadline{0};  // steady nanoseconds; 0: none is armed
  Watchdog::Overdue overdue = nullptr;
  void* context = nullptr;
};

constinit thread_local Worker* this_worker = nullptr;  // for the handler: needs no construction

void on_signal(int) {
  const int saved = errno;
  if (Worker* worker = this_worker) {
    const long long deadline = worker->deadline.load();
    if (deadline != 0 && nanoseconds(Watchdog::Clock::now()) >= deadline) worker->overdue(worker->context);
  }
  errno = saved;
}

// The thread and what it watches. Lives as long as the process: a worker may outlive every static.
class Watch {
 public:
  static Watch& instance() {
    static Watch* const watch = new Watch;
    return *watch;
  }

  void add(Worker* worker) {
    const std::lock_guard lock(mutex_);
    workers_.push_back(worker);
    if (!is_started_) start();
  }

  // After this no signal is sent to the worker's thread, so that the thread may end.
  void remove(Worker* worker) {
    const std::lock_guard lock(mutex_);
    std::erase(workers_, worker);
  }

  // A deadline was armed. Costs one atomic read while the thread is awake.
  void wake() {
    if (!is_asleep_.load()) return;
    const std::lock_guard lock(mutex_);
    is_asleep_ = false;
    changed_.notify_one();
  }

 private:
  void start() {
    is_started_ = true;
    struct sigaction action = {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(Watchdog::signal(), &action, nullptr);
    std::thread([this] { watch(); }).detach();
  }

  void watch() {
    using std::chrono::nanoseconds;
    constexpr nanoseconds again = std::chrono::milliseconds(1);   // while somebody is overdue
    constexpr nanoseconds glance = std::chrono::milliseconds(5);  // finds deadlines that are new
    constexpr int idle_glances = 40;                              // then sleeps: waking costs a lock
    std::unique_lock lock(mutex_);
    for (int idle = 0;;) {
      const long long now = footlight::nanoseconds(Watchdog::Clock::now());
      nanoseconds pause = glance;
      bool is_idle = true;
      for (Worker* worker : workers_) {
        const long long deadline = worker->deadline.load();
        if (deadline == 0) continue;
        is_idle = false;
        if (now >= deadline) pthread_kill(worker->thread, Watchdog::signal());
        pause = now >= deadline ? again : std::min(pause, nanoseconds(deadline - now));
      }
      idle = is_idle ? idle + 1 : 0;
      if (idle < idle_glances) {
        changed_.wait_for(lock, pause);
        continue;
      }
      // Says that it sleeps, then looks once more: whoever armed before cannot have seen it sleep,
      // whoever arms later will.
      is_asleep_ = true;
      if (std::any_of(workers_.begin(), workers_.end(), [](Worker* w) { return w->deadline.load() != 0; })) { is_asleep_ = false; }
      changed_.wait(lock, [this] { return !is_asleep_.load(); });
      idle = 0;
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Worker*> workers_;
  std::atomic<bool> is_asleep_{false};
  bool is_started_ = false;
};

// Registers the thread with its first deadline and removes it when the thread ends.
Worker& worker() {
  struct Registered {
    Worker worker;
    Registered() {
      this_worker = &worker;
      Watch::instance().add(&worker);
    }
    ~Registered() {
      Watch::instance().remove(&worker);
      this_worker = nullptr;
    }
  };
  thread_local Registered registered;
  return registered.worker;
}

}  // namespace

int Watchdog::signal() { return SIGRTMIN + 7; }

Watchdog::Guard::Guard(Clock::time_point deadline, Overdue overdue, void* context) {
  Worker& self = worker();
  outer_deadline_ = self.deadline.exchange(0);
  outer_overdue_ = self.overdue;
  outer_context_ = self.context;
  self.overdue = overdue;
  self.context = context;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  self.deadline.store(nanoseconds(deadline));
  Watch::instance().wake();
}

void Watchdog::Guard::disarm() {
  if (!is_armed_) return;
  is_armed_ = false;
  Worker& self = worker();
  self.deadline.store(0);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  self.overdue = outer_overdue_;
  self.context = outer_context_;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  self.deadline.store(outer_deadline_);
}

}  // namespace footlight
