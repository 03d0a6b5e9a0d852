// Event loops, connections and their deadlines.
#include "server/listener.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <new>
#include <random>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "http/problem.h"
#include "server/reader.h"
#include "server/socket.h"
#include "server/writer.h"

namespace footlight {

namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t read_bytes = 64 << 10;    // at once, into memory that a worker's connections share
constexpr std::size_t batch_bytes = 256 << 10;  // answers that may wait to be written, in front of one more
constexpr int batch_connections = 32;           // read from before their answers are written
constexpr int accepts_max = 64;                 // before those are looked at who came earlier
constexpr std::size_t spares_max = batch_connections;
constexpr auto accept_pause = std::chrono::milliseconds(50);  // out of descriptors: let some close
constexpr auto hold_look = std::chrono::milliseconds(50);     // how often a held answer looks for news

// For deadlines that one sweep a second compares: the kernel's last tick, a fifth of what the exact clock costs.
Steady::time_point coarse_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return Steady::time_point(
      std::chrono::duration_cast<Steady::duration>(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec)));
}

std::chrono::milliseconds in_chrono(Duration duration) { return std::chrono::milliseconds(duration.ms); }

// A caller's own id may stand in our logs when it is short and has nothing to escape.
bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= limits::request_id_bytes_max && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
        std::string_view("-_.:/+=@").find(c) != std::string_view::npos;
  });
}

// A request while it arrives and is answered. A worker has few of them, so that their memory is warm, and an idle
// connection has none.
struct Exchange {
  explicit Exchange(std::size_t header_bytes_max) : reader(request, header_bytes_max) {}

  HttpRequest request;
  RequestReader reader;
};

class Worker;

// A request that is answered aside, with what is needed for that: its connection may be gone before.
struct Errand {
  std::unique_ptr<Exchange> exchange;
  Worker* worker = nullptr;
  HttpResponse response = {};
  std::int64_t took_us = 0;
  std::atomic<bool> is_done = false;
};

// Threads for handlers that may take long, and the errands that wait for one.
class Aside {
 public:
  ~Aside() { end(); }

  template <class Run>
  void start(int threads, const Run& run, const std::function<void()>& rests) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this, run, rests] { work(run, rests); });
  }
  void add(std::shared_ptr<Errand> errand) {
    {
      const std::lock_guard turn(mutex_);
      waiting_.push_back(std::move(errand));
    }
    has_news_.notify_one();
  }
  // What waits still is not run any more.
  void end() {
    {
      const std::lock_guard turn(mutex_);
      has_ended_ = true;
    }
    has_news_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  static constexpr int niceness = 5;  // about a third of what a worker has, where both want all

  template <class Run>
  void work(const Run& run, const std::function<void()>& rests) {
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), niceness);  // where it is refused: as the others
    std::unique_lock turn(mutex_);
    for (bool has_rested = true;;) {
      const auto is_news = [&] { return has_ended_ || !waiting_.empty(); };
      if (!has_rested && !has_news_.wait_for(turn, std::chrono::seconds(1), is_news)) {
        turn.unlock();
        if (rests) rests();
        has_rested = true;
        turn.lock();
        continue;
      }
      has_news_.wait(turn, is_news);
      if (has_ended_) return;
      const std::shared_ptr<Errand> errand = std::move(waiting_.front());
      waiting_.pop_front();
      turn.unlock();
      run(*errand);
      has_rested = false;
      turn.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable has_news_;
  std::deque<std::shared_ptr<Errand>> waiting_;
  bool has_ended_ = false;
  std::vector<std::thread> threads_;
};

// What the workers have in common: read by all; what is counted stands apart from it.
struct Shared {
  Listener::Options options;
  Service service;
  std::uint32_t id_seed = std::random_device()();  // request ids differ from those before a restart
  std::atomic<bool> stopping{false};
  alignas(64) std::atomic<std::size_t> connections{0};
  alignas(64) Aside aside;
};

// One of the connections counted over all workers.
struct Seat {
  explicit Seat(std::atomic<std::size_t>& counted) : count(counted), number(counted.fetch_add(1)) {}
  ~Seat() { count.fetch_sub(1); }
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;

  std::atomic<std::size_t>& count;
  const std::size_t number;  // from 0
};

// What a connection waits for; each has its deadline.
enum class Phase { idle, header, body, holding, writing, lingering };
// What comes when its answers are written.
enum class Next { read, go_on, hold, close };

struct Connection {
  Connection(Descriptor accepted, const Endpoint& from, std::atomic<std::size_t>& counted)
      : seat(counted), socket(std::move(accepted)), peer(to_text(from)) {}

  RequestReader::State state() const { return exchange ? exchange->reader.state() : RequestReader::State::waiting; }

  Seat seat;
  Descriptor socket;
  std::string peer;
  std::unique_ptr<Exchange> exchange;
  std::string in;   // received and not taken yet
  std::string out;  // answers, of which `sent` bytes are written
  std::size_t sent = 0;
  Phase phase = Phase::idle;
  Next next = Next::read;
  // The kernel tells of news once. There may be something to read; the client's side is closed, so that there will be.
  bool may_read = false, is_ending = false;
  bool is_blocked = false;  // the kernel took a part of `out`
  Steady::time_point deadline;
  std::unique_ptr<HttpResponse> held;  // while its answer waits, `held_until` then
  Steady::time_point held_until;
  std::shared_ptr<Errand> errand;  // while its request is answered aside
  std::list<Connection>::iterator place;
};

// One thread's event loop and everything on it; only wake() is for other threads.
class alignas(64) Worker {
 public:
  Worker(Shared& shared, std::uint32_t number) : shared_(shared), id_prefix_(prefix_of(shared.id_seed, number)) {}

  // Listens on `endpoint`, whose port 0 becomes the port found; false and errno where it cannot.
  bool open(Endpoint& endpoint, bool is_shared) {
    acceptor_ = listen_at(endpoint, is_shared);
    return acceptor_.is_open() && epoll_.is_open() && wake_.is_open() && watch(wake_, EPOLLIN, &wake_) &&
        watch(acceptor_, EPOLLIN, &acceptor_);
  }

  void run() {
    sweep_due_ = Steady::now() + in_chrono(shared_.options.sweep_interval);
    for (auto now = Steady::now(); !has_ended(); now = Steady::now()) {
      look_at_time(now);
      // What is ready is answered first, then all answers are written: a client that is woken by the first finds the
      // others there as well, and code and data of deciding stay in the processor's nearest memory meanwhile.
      std::array<epoll_event, batch_connections> events;
      const int count = ::epoll_wait(epoll_.number(), events.data(), batch_connections, wait_ms(now));
      for (int i = 0; i < count; ++i) notice(events[static_cast<std::size_t>(i)]);
      go_on_with_due();
      write_all();
      if (shared_.stopping) drain();
    }
  }

  // Makes it look at what has changed: any thread.
  void wake() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto n = ::write(wake_.number(), &one, sizeof one);  // fails where a wake is on its way
  }

 private:
  // Odd multiples differ: two workers never make the same ids.
  static std::string prefix_of(std::uint32_t seed, std::uint32_t number) {
    char digits[9];
    const auto end = std::to_chars(digits, digits + 8, seed + number * 0x9e37'79b9U, 16).ptr;
    *end = '-';
    return {digits, end + 1};
  }

  void make_request_id(std::string& id) {
    char digits[20];
    id.assign(id_prefix_).append(digits, std::to_chars(digits, digits + sizeof digits, ++ids_).ptr);
  }

  bool watch(const Descriptor& descriptor, std::uint32_t events, void* what) {
    epoll_event wanted{.events = events, .data = {.ptr = what}};
    return ::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, descriptor.number(), &wanted) == 0;
  }

  // ---- time

  int wait_ms(Steady::time_point now) const {
    if (!due_.empty()) return 0;
    auto due = sweep_due_;
    if (!held_.empty()) due = std::min(due, look_due_);
    if (is_pausing_) due = std::min(due, accept_due_);
    if (is_draining_) due = std::min(due, drain_due_);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - now).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
  }

  void look_at_time(Steady::time_point now) {
    if (now >= sweep_due_) sweep(now);
    if (!held_.empty() && now >= look_due_) look_at_held(now);
    if (is_pausing_ && now >= accept_due_ && !is_draining_) is_pausing_ = !watch(acceptor_, EPOLLIN, &acceptor_);
    if (is_draining_ && now >= drain_due_) {
      while (!connections_.empty()) drop(connections_.front());
    }
    write_all();
  }

  void await(Connection& c, Phase phase, Duration timeout) {
    c.phase = phase;
    c.deadline = coarse_now() + in_chrono(timeout);
  }

  // The deadline stands from the first byte on, however many reads it takes.
  void await_request(Connection& c) {
    const auto& options = shared_.options;
    const RequestReader::State state = c.state();
    if (state == RequestReader::State::waiting && c.phase != Phase::idle) {
      await(c, Phase::idle, options.idle_timeout);
    } else if (state == RequestReader::State::header && c.phase != Phase::header) {
      await(c, Phase::header, options.header_timeout);
    } else if (state == RequestReader::State::body && c.phase != Phase::body) {
      await(c, Phase::body, options.body_timeout);
    }
  }

  void sweep(Steady::time_point now) {
    const auto interval = in_chrono(shared_.options.sweep_interval);
    // A handler held this thread: the others' bytes may have lain in the kernel meanwhile.
    const auto held_up = now - sweep_due_ >= interval ? now - sweep_due_ : Steady::duration::zero();
    sweep_due_ = now + interval;
    // Nothing was asked from one sweep to the next.
    if (std::exchange(is_resting_, true) && !std::exchange(has_rested_, true) && shared_.service.rests) shared_.service.rests();
    for (auto next = connections_.begin(); next != connections_.end();) {
      Connection& c = *next++;
      c.deadline += held_up;
      if (c.deadline > now || c.phase == Phase::holding) continue;
      guarded(c, [&] {
        const bool is_arriving = c.phase == Phase::header || c.phase == Phase::body;
        if (!is_arriving || c.state() == RequestReader::State::waiting) return drop(c);
        turn_down(c, refuse(Code::request_timeout, "the request did not arrive in time"));
        proceed(c, Next::close);
      });
    }
  }

  // ---- connections

  // What it throws is a want of memory, within this one connection's buffers: it ends, the others go on.
  template <class Work>
  void guarded(Connection& c, Work work) {
    try {
      work();
    } catch (const std::exception&) { drop(c); }
  }

  void notice(const epoll_event& event) {
    if (event.data.ptr == &acceptor_) return accept_all();
    if (event.data.ptr == &wake_) {
      std::uint64_t count;
      [[maybe_unused]] const auto n = ::read(wake_.number(), &count, sizeof count);
      look_due_ = Steady::time_point();  // an errand may be done
      return;
    }
    Connection& c = *static_cast<Connection*>(event.data.ptr);
    const bool is_broken = event.events & (EPOLLHUP | EPOLLERR);
    if (event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) c.may_read = true;
    if (is_broken || event.events & EPOLLRDHUP) c.is_ending = true;
    if (c.phase == Phase::writing) {
      if (c.is_blocked) guarded(c, [&] { write(c); });
    } else if (c.phase == Phase::holding) {
      if (is_broken) drop(c);
    } else if (c.may_read) {
      guarded(c, [&] { read(c); });
    }
  }

  void accept_all() {
    for (int i = 0; i < accepts_max; ++i) {
      Endpoint from;
      from.bytes = sizeof from.address;
      Descriptor socket(
          ::accept4(acceptor_.number(), reinterpret_cast<sockaddr*>(&from.address), &from.bytes, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (socket.is_open() && admit(std::move(socket), from)) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return;
      // Descriptors or memory ran out, or the peer was gone already. Without a pause this would spin.
      ::epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, acceptor_.number(), nullptr);
      is_pausing_ = true;
      accept_due_ = Steady::now() + accept_pause;
      return;
    }
  }

  // False: memory ran out.
  bool admit(Descriptor socket, const Endpoint& from) {
    const auto before = connections_.begin();
    try {
      Connection& c = connections_.emplace_front(std::move(socket), from, shared_.connections);
      c.place = connections_.begin();
      if (c.seat.number >= shared_.options.connections_max) {
        turn_away(c);
        connections_.pop_front();
        return true;
      }
      // Who connects and says nothing gets the header's time, not that of a proven client.
      await(c, Phase::idle, shared_.options.header_timeout);
      if (!watch(c.socket, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, &c)) throw std::bad_alloc();
      return true;
    } catch (const std::bad_alloc&) {
      if (connections_.begin() != before) connections_.pop_front();
      errno = ENOMEM;
      return false;
    }
  }

  // One try, without waiting: who is turned away must not cost us a connection.
  void turn_away(Connection& c) {
    HttpRequest request;
    request.received = shared_.options.now();
    request.peer = c.peer;
    make_request_id(request.request_id);
    const auto response =
        problem_response(refuse(Code::unavailable,
                                "the server has its " + std::to_string(shared_.options.connections_max) + " connections; try again later"),
                         request);
    tell({request, response, 0});
    std::string out;
    append_response(out, response, request, "close");
    ::send(c.socket.number(), out.data(), out.size(), MSG_NOSIGNAL);
    ::shutdown(c.socket.number(), SHUT_WR);
  }

  // Its memory is gone afterwards.
  void drop(Connection& c) {
    std::erase(held_, &c);
    std::replace(due_.begin(), due_.end(), &c, static_cast<Connection*>(nullptr));
    std::replace(unwritten_.begin(), unwritten_.end(), &c, static_cast<Connection*>(nullptr));
    connections_.erase(c.place);
  }

  // ---- reading

  void read(Connection& c) {
    const auto n = ::recv(c.socket.number(), bytes_.get(), read_bytes, 0);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      c.may_read = c.is_ending = false;
      return;
    }
    if (n < 0 && errno != EINTR) return drop(c);
    // Less than there was room for: the kernel has no more, and will tell of what comes, except of an end it told of.
    c.may_read = n < 0 || n == static_cast<ssize_t>(read_bytes) || c.is_ending;
    if (n < 0) return settle(c);
    if (c.phase == Phase::lingering) {
      if (n == 0) drop(c);
      else if (c.may_read) due_.push_back(&c);
    } else if (n == 0) {
      if (c.state() == RequestReader::State::waiting) return drop(c);
      turn_down(c, refuse(Code::bad_request, "the request ends in its middle"));
      proceed(c, Next::close);
    } else if (const std::string_view came(bytes_.get(), static_cast<std::size_t>(n)); c.in.empty()) {
      proceed(c, digest(c, came));
    } else {
      c.in.append(came);
      proceed(c, digest(c, c.in));
    }
  }

  // Those that had more to read or to answer than one turn takes, a turn each.
  void go_on_with_due() {
    const std::size_t count = due_.size();
    for (std::size_t i = 0; i < count; ++i) {
      Connection* const c = std::exchange(due_[i], nullptr);
      if (!c) continue;
      guarded(*c, [&] {
        if (c->next == Next::go_on && c->out.empty()) proceed(*c, digest(*c, c->in));
        else if (c->may_read && c->phase != Phase::writing && c->phase != Phase::holding) read(*c);
      });
    }
    due_.erase(due_.begin(), due_.begin() + static_cast<std::ptrdiff_t>(count));
  }

  void begin_exchange(Connection& c) {
    if (spare_exchanges_.empty()) {
      c.exchange = std::make_unique<Exchange>(shared_.options.header_bytes_max);
    } else {
      c.exchange = std::move(spare_exchanges_.back());
      spare_exchanges_.pop_back();
    }
    c.exchange->request.peer = c.peer;
    if (c.out.capacity() < 64 && !spare_outs_.empty()) {
      c.out = std::move(spare_outs_.back());
      spare_outs_.pop_back();
    }
  }

  // Takes every complete request out of `bytes` and answers it into `out`; what is left over is kept in `in`, where
  // `bytes` may already be.
  Next digest(Connection& c, std::string_view bytes) {
    if (!c.exchange) begin_exchange(c);
    const bool is_kept = bytes.data() == c.in.data();
    const std::size_t came = bytes.size();
    const Next next = answer_all(c, bytes);
    if (bytes.empty()) {
      if (c.in.capacity() > 64) c.in = std::string();
      c.in.clear();
    } else if (is_kept) {
      c.in.erase(0, came - bytes.size());
    } else {
      c.in.assign(bytes);
    }
    if (next == Next::read && bytes.empty() && c.state() == RequestReader::State::waiting && spare_exchanges_.size() < spares_max)
      spare_exchanges_.push_back(std::move(c.exchange));
    return next;
  }

  Next answer_all(Connection& c, std::string_view& bytes) {
    RequestReader& reader = c.exchange->reader;
    HttpRequest& request = c.exchange->request;
    for (;;) {
      bytes.remove_prefix(reader.take(bytes));
      switch (reader.state()) {
        case RequestReader::State::waiting:
        case RequestReader::State::header:
        case RequestReader::State::body: return Next::read;
        case RequestReader::State::header_done:
          stamp(request);
          reader.allow_body(body_limit(request));
          if (reader.state() == RequestReader::State::body && bytes.empty() && reader.expects_continue()) {
            c.out += "HTTP/1.1 100 Continue\r\n\r\n";
          }
          break;
        case RequestReader::State::refused: turn_down(c, reader.error()); return Next::close;
        case RequestReader::State::done:
          if (!answer(c, !bytes.empty())) return Next::close;
          if (c.held || c.errand) return Next::hold;
          reader.next();
          if (c.out.size() >= batch_bytes) return Next::go_on;
      }
    }
  }

  void stamp(HttpRequest& request) {
    request.received = shared_.options.now();
    const auto own = request.headers.get("X-Request-Id");
    if (own && is_request_id(*own)) request.request_id = *own;
    else make_request_id(request.request_id);
  }

  std::size_t body_limit(const HttpRequest& head) const {
    return shared_.service.body_limit ? shared_.service.body_limit(head) : limits::request_bytes_max;
  }

  // ---- answering

  // False: this was the connection's last. `has_more`: bytes of another request have come.
  bool answer(Connection& c, bool has_more) {
    const HttpRequest& request = c.exchange->request;
    has_rested_ = is_resting_ = false;
    if (shared_.service.is_quick && !shared_.service.is_quick(request)) {
      c.errand = std::make_shared<Errand>(std::move(c.exchange), this);
      return true;
    }
    // What others were answered must not wait for a handler that waits.
    if (!shared_.service.is_quick) write_all();
    const auto began = Steady::now();
    HttpResponse response = run_guarded(request, [&] { return shared_.service.handle(request); });
    check_status(request, response);
    if (response.hold && !shared_.stopping) {
      c.held = std::make_unique<HttpResponse>(std::move(response));
      return true;
    }
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - began);
    const bool goes_on = give(c, response, took.count(), has_more);
    give_back(std::move(response));
    return goes_on;
  }

  // False: this was the connection's last.
  bool give(Connection& c, const HttpResponse& response, std::int64_t took_us, bool has_more) {
    const auto& [request, reader] = *c.exchange;
    tell({request, response, took_us});
    const bool is_last = !reader.keep_alive() || (shared_.stopping && !has_more);
    append_response(c.out, response, request, is_last ? "close" : reader.is_http_1_0() ? "keep-alive" : "");
    return !is_last;
  }

  void turn_down(Connection& c, const Error& error) {
    HttpRequest& request = c.exchange->request;
    if (request.request_id.empty()) stamp(request);
    const HttpResponse response = problem_response(error, request);
    tell({request, response, 0});
    append_response(c.out, response, request, "close");
  }

  void tell(const Answered& answered) const {
    if (!shared_.service.answered) return;
    try {
      shared_.service.answered(answered);
    } catch (const std::exception&) {
      // An observer that fails must not cost the client its answer.
    }
  }

  // ---- writing, and what comes then

  void proceed(Connection& c, Next next) {
    c.next = next;
    if (c.out.empty()) {
      if (next == Next::close) drop(c);  // nobody waits for an answer
      else settle(c);
      return;
    }
    c.phase = Phase::writing;
    unwritten_.push_back(&c);
    unwritten_bytes_ += c.out.size();
    if (unwritten_bytes_ >= batch_bytes && !is_writing_) write_all();
  }

  void write_all() {
    is_writing_ = true;
    for (std::size_t i = 0; i < unwritten_.size(); ++i) {  // more may come: an answer that is held no longer
      if (Connection* const c = unwritten_[i]) guarded(*c, [&] { write(*c); });
    }
    unwritten_.clear();
    unwritten_bytes_ = 0;
    is_writing_ = false;
  }

  void write(Connection& c) {
    while (c.sent < c.out.size()) {
      const auto n = ::send(c.socket.number(), c.out.data() + c.sent, c.out.size() - c.sent, MSG_NOSIGNAL);
      if (n >= 0) {
        c.sent += static_cast<std::size_t>(n);
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        if (!std::exchange(c.is_blocked, true)) await(c, Phase::writing, shared_.options.write_timeout);
        return;
      } else if (errno != EINTR) {
        return drop(c);
      }
    }
    c.is_blocked = false;
    c.sent = 0;
    c.out.clear();
    if (c.out.capacity() > batch_bytes) {
      c.out = std::string();
    } else if (spare_outs_.size() < spares_max) {
      spare_outs_.push_back(std::move(c.out));
      c.out = std::string();
    }
    settle(c);
  }

  void settle(Connection& c) {
    switch (c.next) {
      case Next::go_on:  // not at once: others have their turn
        await(c, Phase::writing, shared_.options.write_timeout);
        return due_.push_back(&c);
      case Next::hold: return hold(c);
      case Next::close: return linger(c);
      case Next::read:
        if (is_draining_ && c.state() == RequestReader::State::waiting && available(c.socket) == 0) return drop(c);
        await_request(c);
        if (c.may_read) due_.push_back(&c);
    }
  }

  // Closing with unread input sends a reset, which can overtake the answer and destroy it. So: say
  // that we are done, and read on until the client has seen it or its time is up. A server that stops
  // does not wait for what is unlikely to come.
  void linger(Connection& c) {
    if (shared_.stopping && available(c.socket) == 0) return drop(c);
    if (::shutdown(c.socket.number(), SHUT_WR) != 0) return drop(c);
    c.exchange.reset();
    c.in = std::string();
    await(c, Phase::lingering, shared_.options.linger_timeout);
    if (c.may_read) due_.push_back(&c);
  }

  // ---- held answers: a publish reaches a thousand waiting nodes without a thread or a timer each

  void hold(Connection& c) {
    const auto now = Steady::now();
    c.phase = Phase::holding;
    if (c.errand) {
      c.held_until = Steady::time_point::max();
      shared_.aside.add(c.errand);
    } else {
      c.held_until = now + in_chrono(c.held->hold->at_most);
    }
    if (is_over(c, now)) return release(c);
    if (held_.empty()) look_due_ = now + hold_look;
    look_due_ = std::min(look_due_, c.held_until);
    held_.push_back(&c);
  }

  bool is_over(const Connection& c, Steady::time_point now) const {
    if (c.errand) return c.errand->is_done.load(std::memory_order_acquire);
    return is_draining_ || now >= c.held_until || c.held->hold->is_ready();
  }

  void look_at_held(Steady::time_point now) {
    look_due_ = now + hold_look;
    for (std::size_t i = 0; i < held_.size();) {
      Connection& c = *held_[i];
      bool is_held = true;
      guarded(c, [&] {
        if (!is_over(c, now)) {
          look_due_ = std::min(look_due_, c.held_until);
          return;
        }
        is_held = false;
        std::erase(held_, &c);
        release(c);
      });
      if (is_held && i < held_.size() && held_[i] == &c) ++i;
    }
  }

  void release(Connection& c) {
    if (const std::shared_ptr<Errand> errand = std::exchange(c.errand, nullptr)) {
      c.exchange = std::move(errand->exchange);
      if (errand->response.hold && !shared_.stopping) {
        c.held = std::make_unique<HttpResponse>(std::move(errand->response));
        return hold(c);
      }
      return release(c, errand->response, errand->took_us);
    }
    const std::unique_ptr<const HttpResponse> held = std::move(c.held);
    HttpResponse response = run_guarded(c.exchange->request, held->hold->answer);
    check_status(c.exchange->request, response);
    response.route = held->route;
    response.caller = held->caller;
    release(c, response, 0);
  }

  void release(Connection& c, const HttpResponse& response, std::int64_t took_us) {
    const bool goes_on = give(c, response, took_us, !c.in.empty());
    c.exchange->reader.next();
    proceed(c, goes_on ? Next::go_on : Next::close);
  }

  // ---- the end

  void drain() {
    if (is_draining_) return;
    is_draining_ = true;
    drain_due_ = Steady::now() + in_chrono(shared_.options.drain_timeout);
    acceptor_.close();
    for (auto next = connections_.begin(); next != connections_.end();) {
      Connection& c = *next++;
      if (c.phase == Phase::idle && available(c.socket) == 0) drop(c);
    }
    look_at_held(Steady::now());
    write_all();
  }

  bool has_ended() const { return is_draining_ && connections_.empty(); }

  Shared& shared_;
  const std::string id_prefix_;
  std::uint64_t ids_ = 0;
  Descriptor epoll_{::epoll_create1(EPOLL_CLOEXEC)};
  Descriptor wake_{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
  Descriptor acceptor_;
  std::unique_ptr<char[]> bytes_{new char[read_bytes]};  // not make_unique: that writes zeros
  std::list<Connection> connections_;
  std::vector<Connection*> due_, unwritten_, held_;
  std::size_t unwritten_bytes_ = 0;
  std::vector<std::unique_ptr<Exchange>> spare_exchanges_;
  std::vector<std::string> spare_outs_;
  Steady::time_point sweep_due_, look_due_, accept_due_, drain_due_;
  bool is_pausing_ = false, is_draining_ = false, is_resting_ = false, has_rested_ = false, is_writing_ = false;
};

// On a thread of Aside.
void run_errand(const Service& service, Errand& errand) {
  const HttpRequest& request = errand.exchange->request;
  const auto began = Steady::now();
  errand.response = run_guarded(request, [&] { return service.handle(request); });
  check_status(request, errand.response);
  errand.took_us = std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - began).count();
  errand.is_done.store(true, std::memory_order_release);
  errand.worker->wake();
}

}  // namespace

struct Listener::Impl : Shared {
  Endpoint endpoint;
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::thread> threads;
  std::mutex joining;
};

Listener::Listener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Listener::~Listener() {
  stop();
  wait();
}

Result<std::unique_ptr<Listener>> Listener::start(Options options, Service service) {
  assert(options.now && service.handle);
  const auto read = read_endpoint(options.address, options.port);
  if (!read) {
    return refuse(
        Code::usage,
        "cannot listen on `" + options.address + "`: not an IP address; for this machine only it is `127.0.0.1`, for all `0.0.0.0`");
  }
  auto impl = std::make_unique<Impl>();
  Endpoint& endpoint = impl->endpoint = *read;
  const auto cannot_listen = [&] {
    const std::string why = std::generic_category().message(errno);
    return refuse(Code::unavailable, "cannot listen on `" + to_text(endpoint) + "`: " + why);
  };
  impl->options = std::move(options);
  impl->service = std::move(service);
  const int workers = std::max(1, impl->options.workers);
  if (workers > 1 && endpoint.port() != 0) {
    // Sockets that share a port would join those of another server of the same user without a word.
    // One that does not share it finds that server.
    if (!listen_at(endpoint, false).is_open()) return cannot_listen();
  }
  for (int i = 0; i < workers; ++i) {
    impl->workers.push_back(std::make_unique<Worker>(*impl, static_cast<std::uint32_t>(i)));
    if (!impl->workers.back()->open(endpoint, workers > 1)) return cannot_listen();
  }

  std::unique_ptr<Listener> listener(new Listener(std::move(impl)));
  try {
    for (auto& worker : listener->impl_->workers) {
      listener->impl_->threads.emplace_back([&worker = *worker] { worker.run(); });
    }
    Impl& all = *listener->impl_;
    if (all.service.is_quick)
      all.aside.start(
          workers, [&service = all.service](Errand& errand) { run_errand(service, errand); }, all.service.rests);
  } catch (const std::system_error& e) { return refuse(Code::unavailable, std::string("cannot start a worker thread: ") + e.what()); }
  return listener;
}

std::uint16_t Listener::port() const { return impl_->endpoint.port(); }

std::string Listener::url() const { return "http://" + to_text(impl_->endpoint); }

void Listener::stop() {
  if (impl_->stopping.exchange(true)) return;
  for (auto& worker : impl_->workers) worker->wake();
}

void Listener::wait() {
  const std::lock_guard lock(impl_->joining);
  for (std::thread& thread : impl_->threads) {
    if (thread.joinable()) thread.join();
  }
  impl_->aside.end();  // what it does still, nobody waits for
}

std::size_t Listener::connections() const { return impl_->connections; }

}  // namespace footlight
