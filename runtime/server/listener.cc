// Event loops, connections and their deadlines.
#include "server/listener.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <charconv>
#include <chrono>
#include <csignal>
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
#include "server/writer.h"

namespace footlight {

namespace asio = boost::asio;

namespace {

using boost::asio::ip::tcp;
using ErrorCode = boost::system::error_code;
// The concrete executor everywhere: the type-erased one costs an allocation per operation.
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using Steady = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor>;
using Task = asio::awaitable<void, Executor>;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable_t<Executor>{});

constexpr std::size_t read_bytes = 4 << 10;            // an idle connection holds no more
constexpr std::size_t body_read_bytes = 64 << 10;
constexpr std::size_t batch_bytes = 256 << 10;         // answers written at once, in front of one more
constexpr auto accept_pause = std::chrono::milliseconds(50);   // out of descriptors: let some close
constexpr auto hold_look = std::chrono::milliseconds(50);      // how often a held answer looks for news

// For deadlines that one sweep a second compares: the kernel's last tick, a fifth of what the exact clock costs.
Steady::time_point coarse_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return Steady::time_point(std::chrono::duration_cast<Steady::duration>(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec)));
}

std::chrono::milliseconds in_chrono(Duration duration) { return std::chrono::milliseconds(duration.ms); }

std::string to_text(const tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

// Bytes received and not yet taken, at the front of memory that grows only while a body arrives.
class Buffer {
 public:
  std::string_view view() const { return {bytes_.get() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }
  void consume(std::size_t n) { begin_ += n; }
  void filled(std::size_t n) { end_ += n; }

  // Where to read to: what is there moves to the front, with room for `wanted` more behind it.
  asio::mutable_buffer room(std::size_t wanted) {
    const std::size_t held = end_ - begin_;
    const bool is_oversized = held == 0 && capacity_ > wanted;
    if (capacity_ < held + wanted || is_oversized) {
      std::unique_ptr<char[]> larger(new char[held + wanted]);   // not make_unique: that writes zeros
      std::copy_n(bytes_.get() + begin_, held, larger.get());
      bytes_ = std::move(larger);
      capacity_ = held + wanted;
    } else {
      std::copy(bytes_.get() + begin_, bytes_.get() + end_, bytes_.get());
    }
    begin_ = 0;
    end_ = held;
    return {bytes_.get() + held, capacity_ - held};
  }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
};

// A caller's own id may stand in our logs when it is short and has nothing to escape.
bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= limits::request_id_bytes_max &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view("-_.:/+=@").find(c) != std::string_view::npos;
         });
}

std::string random_hex() {
  std::random_device device;
  char digits[8];
  const auto end = std::to_chars(digits, digits + sizeof digits, device(), 16).ptr;
  return {digits, end};
}

// What the workers have in common.
struct Shared {
  Listener::Options options;
  Service service;
  std::string id_prefix = random_hex();                // request ids differ from those before a restart
  std::atomic<std::uint64_t> ids{0};
  std::atomic<std::size_t> connections{0};
  std::atomic<bool> stopping{false};

  std::string make_request_id() { return id_prefix + "-" + std::to_string(++ids); }
};

// One of the connections counted over all workers.
struct Seat {
  explicit Seat(std::atomic<std::size_t>& counted) : count(counted), number(counted.fetch_add(1)) {}
  ~Seat() { count.fetch_sub(1); }
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;

  std::atomic<std::size_t>& count;
  const std::size_t number;                            // from 0
};

// What a connection waits for; each has its deadline.
enum class Phase { idle, header, body, holding, writing, lingering };

struct Connection {
  Connection(Socket connected, Shared& shared)
      : seat(shared.connections),
        socket(std::move(connected)),
        reader(request, shared.options.header_bytes_max) {}

  Seat seat;
  Socket socket;
  HttpRequest request;
  RequestReader reader;
  Buffer in;
  std::string out;
  Phase phase = Phase::idle;
  Steady::time_point deadline;
  bool expired = false;                                // the sweep cancelled the pending read
  HttpResponse held;                                   // while its answer waits
};

// One thread's event loop and everything on it; only post_drain() is for other threads.
class Worker {
 public:
  explicit Worker(Shared& shared) : shared_(shared) {}

  // Listens on `endpoint`, whose port 0 becomes the port found. `is_shared`: other workers do too.
  ErrorCode open(tcp::endpoint& endpoint, bool is_shared) {
    ErrorCode ec;
    acceptor_.open(endpoint.protocol(), ec);
    if (ec) return ec;
    acceptor_.set_option(asio::socket_base::reuse_address(true), ec);
    if (ec) return ec;
    const int on = 1;
    if (is_shared && ::setsockopt(acceptor_.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0) {
      return ErrorCode(errno, boost::system::system_category());
    }
    acceptor_.bind(endpoint, ec);
    if (ec) return ec;
    acceptor_.listen(asio::socket_base::max_listen_connections, ec);
    if (ec) return ec;
    endpoint = acceptor_.local_endpoint(ec);
    return ec;
  }

  void run() {
    asio::co_spawn(io_, accept_all(), asio::detached);
    asio::co_spawn(io_, sweep(), asio::detached);
    io_.run();
  }

  void post_drain() {
    asio::post(io_, [this] { drain(); });
  }

 private:
  using Place = std::list<Connection>::iterator;
  enum class Next { read, write_and_go_on, hold, close };

  Task accept_all() {
    while (acceptor_.is_open()) {
      auto [ec, socket] = co_await acceptor_.async_accept(as_result);
      if (!ec && admit(std::move(socket))) continue;
      if (!acceptor_.is_open()) break;
      // Descriptors or memory ran out, or the peer was gone already. Without a pause this would spin.
      pause_.expires_after(accept_pause);
      co_await pause_.async_wait(as_result);
    }
  }

  // False: memory ran out.
  bool admit(Socket socket) {
    const auto before = connections_.begin();
    try {
      Connection& c = connections_.emplace_front(std::move(socket), shared_);
      if (c.seat.number < shared_.options.connections_max) {
        ErrorCode ec;
        c.socket.set_option(tcp::no_delay(true), ec);
        c.socket.non_blocking(true, ec);
        asio::co_spawn(io_, keep(connections_.begin()), asio::detached);
      } else {
        turn_away(c.socket);
        connections_.pop_front();
      }
      return true;
    } catch (const std::bad_alloc&) {
      if (connections_.begin() != before) connections_.pop_front();
      return false;
    }
  }

  // One try, without waiting: who is turned away must not cost us a connection.
  void turn_away(Socket& socket) {
    HttpRequest request;
    request.received = shared_.options.now();
    request.request_id = shared_.make_request_id();
    const auto response = problem_response(
        refuse(Code::unavailable, "the server has its " + std::to_string(shared_.options.connections_max) +
                                      " connections; try again later"),
        request);
    tell({request, response, 0});
    std::string out;
    append_response(out, response, request, "close");
    ErrorCode ec;
    socket.non_blocking(true, ec);
    socket.write_some(asio::buffer(out), ec);
    socket.shutdown(tcp::socket::shutdown_send, ec);
  }

  Task keep(Place place) {
    try {
      co_await serve(*place);
    } catch (const std::exception&) {
      // Out of memory, within this one connection's buffers: it ends, the others go on.
    }
    connections_.erase(place);
    if (has_ended()) end();
  }

  Task serve(Connection& c) {
    ErrorCode ec;
    const auto peer = c.socket.remote_endpoint(ec);
    if (ec) co_return;
    c.request.peer = to_text(peer);
    // Who connects and says nothing gets the header's time, not that of a proven client.
    await(c, Phase::idle, shared_.options.header_timeout);

    for (Next next = Next::read; next != Next::close;) {
      if (next == Next::read) {
        if (is_draining_ && c.reader.state() == RequestReader::State::waiting && c.socket.available(ec) == 0)
          co_return;
        await_request(c);
        const bool is_body = c.reader.state() == RequestReader::State::body;
        const auto [failed, n] =
            co_await c.socket.async_read_some(c.in.room(is_body ? body_read_bytes : read_bytes), as_result);
        c.in.filled(n);
        next = failed ? cut_short(c, failed) : digest(c);
      } else if (next == Next::hold) {
        co_await news_for(c);
        next = release(c);
      } else {
        next = digest(c);
      }
      if (c.out.empty()) {
        if (next == Next::hold) continue;
        if (next == Next::close) co_return;            // nobody waits for an answer
        continue;
      }
      // Nearly always the kernel takes all of it at once; an asynchronous write would cost a turn of the loop.
      c.phase = Phase::writing;
      ErrorCode busy;
      const std::size_t taken = c.socket.write_some(asio::buffer(c.out), busy);
      if (taken < c.out.size()) {
        if (busy && busy != asio::error::would_block) co_return;
        await(c, Phase::writing, shared_.options.write_timeout);
        const auto [failed, n] = co_await asio::async_write(c.socket, asio::buffer(c.out) + taken, as_result);
        if (failed) co_return;
      }
      c.out.clear();
      if (c.out.capacity() > batch_bytes) c.out.shrink_to_fit();
    }
    co_await linger(c);
  }

  // One timer, looking now and then: a publish reaches a thousand waiting nodes without a thread each.
  Task news_for(Connection& c) {
    const Hold& hold = *c.held.hold;
    await(c, Phase::holding, hold.at_most + shared_.options.write_timeout);
    const auto end = Steady::now() + in_chrono(hold.at_most);
    Timer timer(io_);
    while (!is_draining_ && Steady::now() < end && !hold.is_ready()) {
      timer.expires_after(hold_look);
      co_await timer.async_wait(as_result);
    }
  }

  Next release(Connection& c) {
    const HttpResponse held = std::move(c.held);
    c.held = {};
    HttpResponse response = run_guarded(c.request, held.hold->answer);
    response.route = held.route;
    response.caller = held.caller;
    const bool goes_on = give(c, response, 0);
    c.reader.next();
    return goes_on ? Next::write_and_go_on : Next::close;
  }

  // Closing with unread input sends a reset, which can overtake the answer and destroy it. So: say
  // that we are done, and read on until the client has seen it or its time is up. A server that stops
  // does not wait for what is unlikely to come.
  Task linger(Connection& c) {
    ErrorCode ec;
    if (shared_.stopping && c.socket.available(ec) == 0) co_return;
    c.socket.shutdown(tcp::socket::shutdown_send, ec);
    if (ec) co_return;
    await(c, Phase::lingering, shared_.options.linger_timeout);
    for (;;) {
      c.in.consume(c.in.view().size());
      const auto [failed, n] = co_await c.socket.async_read_some(c.in.room(read_bytes), as_result);
      if (failed) co_return;
    }
  }

  void await(Connection& c, Phase phase, Duration timeout) {
    c.phase = phase;
    c.deadline = coarse_now() + in_chrono(timeout);
    c.expired = false;
  }

  // The deadline stands from the first byte on, however many reads it takes.
  void await_request(Connection& c) {
    const auto& options = shared_.options;
    c.expired = false;
    const RequestReader::State state = c.reader.state();
    if (state == RequestReader::State::waiting && c.phase != Phase::idle) {
      await(c, Phase::idle, options.idle_timeout);
    } else if (state == RequestReader::State::header && c.phase != Phase::header) {
      await(c, Phase::header, options.header_timeout);
    } else if (state == RequestReader::State::body && c.phase != Phase::body) {
      await(c, Phase::body, options.body_timeout);
    }
  }

  // Takes every complete request out of the buffer and answers it into `out`.
  Next digest(Connection& c) {
    for (;;) {
      c.in.consume(c.reader.take(c.in.view()));
      switch (c.reader.state()) {
        case RequestReader::State::waiting:
        case RequestReader::State::header:
        case RequestReader::State::body: return Next::read;
        case RequestReader::State::header_done:
          stamp(c);
          c.reader.allow_body(body_limit(c.request));
          if (c.reader.state() == RequestReader::State::body && c.in.empty() && c.reader.expects_continue()) {
            c.out += "HTTP/1.1 100 Continue\r\n\r\n";
          }
          break;
        case RequestReader::State::refused: turn_down(c, c.reader.error()); return Next::close;
        case RequestReader::State::done:
          if (!answer(c)) return Next::close;
          if (c.held.hold) return Next::hold;
          c.reader.next();
          if (c.out.size() >= batch_bytes) return Next::write_and_go_on;
      }
    }
  }

  // The read failed: the deadline came, or the client closed its side, maybe within a request.
  Next cut_short(Connection& c, const ErrorCode& failed) {
    const bool has_begun = c.reader.state() != RequestReader::State::waiting;
    if (has_begun && c.expired) {
      turn_down(c, refuse(Code::request_timeout, "the request did not arrive in time"));
    } else if (has_begun && failed == asio::error::eof) {
      turn_down(c, refuse(Code::bad_request, "the request ends in its middle"));
    }
    return Next::close;
  }

  void stamp(Connection& c) {
    c.request.received = shared_.options.now();
    const auto own = c.request.headers.get("X-Request-Id");
    c.request.request_id = own && is_request_id(*own) ? std::string(*own) : shared_.make_request_id();
  }

  std::size_t body_limit(const HttpRequest& head) const {
    return shared_.service.body_limit ? shared_.service.body_limit(head) : limits::request_bytes_max;
  }

  // False: this was the connection's last.
  bool answer(Connection& c) {
    const auto began = Steady::now();
    HttpResponse response = run_guarded(c.request, [&] { return shared_.service.handle(c.request); });
    if (response.hold && !shared_.stopping) {
      c.held = std::move(response);
      return true;
    }
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - began);
    return give(c, response, took.count());
  }

  // False: this was the connection's last.
  bool give(Connection& c, const HttpResponse& response, std::int64_t took_us) {
    tell({c.request, response, took_us});
    const bool is_last = !c.reader.keep_alive() || (shared_.stopping && c.in.empty());
    append_response(c.out, response, c.request,
                    is_last ? "close" : c.reader.is_http_1_0() ? "keep-alive" : "");
    return !is_last;
  }

  void turn_down(Connection& c, const Error& error) {
    if (c.request.request_id.empty()) stamp(c);
    const HttpResponse response = problem_response(error, c.request);
    tell({c.request, response, 0});
    append_response(c.out, response, c.request, "close");
  }

  void tell(const Answered& answered) const {
    if (!shared_.service.answered) return;
    try {
      shared_.service.answered(answered);
    } catch (const std::exception&) {
      // An observer that fails must not cost the client its answer.
    }
  }

  Task sweep() {
    const auto interval = in_chrono(shared_.options.sweep_interval);
    while (!has_ended()) {                             // already, where stop() came before the first sweep
      const auto due = Steady::now() + interval;
      sweeper_.expires_at(due);
      if (const auto [cancelled] = co_await sweeper_.async_wait(as_result); cancelled) co_return;
      const auto now = Steady::now();
      // A handler held this thread: the others' bytes may have lain in the kernel meanwhile.
      const auto held_up = now - due >= interval ? now - due : Steady::duration::zero();
      for (Connection& c : connections_) {
        c.deadline += held_up;
        if (c.deadline > now) continue;
        ErrorCode ec;
        c.expired = true;
        if (c.phase == Phase::writing || c.phase == Phase::lingering) {
          c.socket.close(ec);
        } else {
          c.socket.cancel(ec);
        }
      }
    }
  }

  void drain() {
    if (is_draining_) return;
    is_draining_ = true;
    ErrorCode ec;
    acceptor_.close(ec);
    pause_.cancel();
    for (Connection& c : connections_) {
      if (c.phase == Phase::idle && c.socket.available(ec) == 0) c.socket.cancel(ec);
    }
    if (has_ended()) {
      end();
      return;
    }
    drainer_.expires_after(in_chrono(shared_.options.drain_timeout));
    drainer_.async_wait([this](const ErrorCode& cancelled) {
      if (cancelled) return;
      ErrorCode ignored;
      for (Connection& c : connections_) c.socket.close(ignored);
    });
  }

  bool has_ended() const { return is_draining_ && connections_.empty(); }

  // Nothing is left to wait for, so that run() returns.
  void end() {
    sweeper_.cancel();
    drainer_.cancel();
  }

  Shared& shared_;
  asio::io_context io_{1};
  Acceptor acceptor_{io_};
  Timer sweeper_{io_};
  Timer drainer_{io_};
  Timer pause_{io_};
  std::list<Connection> connections_;
  bool is_draining_ = false;
};

}  // namespace

struct Listener::Impl : Shared {
  std::uint16_t port = 0;
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
  ErrorCode ec;
  const auto address = asio::ip::make_address(options.address, ec);
  if (ec) {
    return refuse(Code::usage,
                  "cannot listen on `" + options.address +
                      "`: not an IP address; for this machine only it is `127.0.0.1`, for all `0.0.0.0`");
  }
  tcp::endpoint endpoint(address, options.port);
  const auto cannot_listen = [&](const std::string& why) {
    return refuse(Code::unavailable, "cannot listen on `" + to_text(endpoint) + "`: " + why);
  };

  auto impl = std::make_unique<Impl>();
  impl->options = std::move(options);
  impl->service = std::move(service);
  const int workers = std::max(1, impl->options.workers);
  if (workers > 1 && endpoint.port() != 0) {
    // Sockets that share a port would join those of another server of the same user without a word.
    // One that does not share it finds that server.
    Worker probe(*impl);
    if (const ErrorCode failed = probe.open(endpoint, false)) return cannot_listen(failed.message());
  }
  for (int i = 0; i < workers; ++i) {
    impl->workers.push_back(std::make_unique<Worker>(*impl));
    if (const ErrorCode failed = impl->workers.back()->open(endpoint, workers > 1)) {
      return cannot_listen(failed.message());
    }
  }
  impl->port = endpoint.port();

  std::unique_ptr<Listener> listener(new Listener(std::move(impl)));
  try {
    for (auto& worker : listener->impl_->workers) {
      listener->impl_->threads.emplace_back([&worker = *worker] { worker.run(); });
    }
  } catch (const std::system_error& e) {
    return refuse(Code::unavailable, std::string("cannot start a worker thread: ") + e.what());
  }
  return listener;
}

std::uint16_t Listener::port() const { return impl_->port; }

std::string Listener::url() const {
  ErrorCode ec;
  return "http://" + to_text(tcp::endpoint(asio::ip::make_address(impl_->options.address, ec), impl_->port));
}

void Listener::stop() {
  if (impl_->stopping.exchange(true)) return;
  for (auto& worker : impl_->workers) worker->post_drain();
}

void Listener::wait() {
  const std::lock_guard lock(impl_->joining);
  for (std::thread& thread : impl_->threads) {
    if (thread.joinable()) thread.join();
  }
}

std::size_t Listener::connections() const { return impl_->connections; }

struct StopSignals::Impl {
  asio::io_context io{1};
  asio::signal_set signals{io, SIGTERM, SIGINT};
  bool came = false;
};

StopSignals::StopSignals() : impl_(std::make_unique<Impl>()) {
  impl_->signals.async_wait([this](const ErrorCode&, int) { impl_->came = true; });
}

StopSignals::~StopSignals() = default;

bool StopSignals::wait_for(Duration time) {
  if (impl_ && (impl_->io.run_for(std::chrono::milliseconds(time.ms)), impl_->came)) impl_.reset();
  return !impl_;
}

void StopSignals::wait() {
  while (!wait_for(hours(1))) {
  }
}

}  // namespace footlight
