// The listener: sockets in, HttpRequest out, HttpResponse back.
//
// Each worker thread has its own event loop, its own listening socket (SO_REUSEPORT) and its own
// connections, and shares nothing but counters with the others; a handler runs on the worker that
// read the request. In one turn of the loop every connection that has bytes is read from, each
// complete request is answered, in order, and then the answers are written, one write a connection.
// Deadlines are absolute instants that one sweep a second compares: no timer is touched for a request.
// Where it is told which handlers are quick, the others run aside: on threads of their own, as many, which step back behind the workers.
//
// What a client can do wrong is answered with 4xx and a problem document, then the connection is
// closed, since what follows cannot be trusted to be a request. docs/operations.md lists the limits.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/limits.h"
#include "http/message.h"

namespace footlight {

// What stands behind a listener.
struct Service {
  Handler handle;
  // How many body bytes this request may have, asked when its header is complete (the body is still
  // empty then). More are refused with 413. Empty: limits::request_bytes_max.
  std::function<std::size_t(const HttpRequest& head)> body_limit;
  // Whether this request's handler computes for microseconds and waits for nothing and nobody: then answers that are
  // ready may wait for it, to be written together. Others run aside, so that nobody waits for them. Empty: none is quick, and
  // all run on the workers.
  std::function<bool(const HttpRequest&)> is_quick = {};
  // Told by each thread that runs handlers, on it, when it had nothing to do for a while: a time to let go of what it keeps.
  std::function<void()> rests = {};
  Observer answered;  // may be empty; called from every worker
};

class Listener {
 public:
  struct Options {
    std::string address = "127.0.0.1";  // an IP address; `::` and `0.0.0.0` mean all
    std::uint16_t port = 0;             // 0: any free one, see port()
    int workers = 1;
    std::function<Instant()> now;  // stamps requests; required

    std::size_t header_bytes_max = limits::header_bytes_max;
    std::size_t connections_max = limits::connections_max;  // over all workers; more get 503
    Duration header_timeout = limits::header_timeout;       // first byte to blank line; absolute
    Duration body_timeout = limits::body_timeout;
    Duration write_timeout = limits::write_timeout;
    Duration idle_timeout = limits::idle_timeout;      // between two requests
    Duration linger_timeout = limits::linger_timeout;  // reading on after an answer that closes
    Duration drain_timeout = limits::drain_timeout;
    Duration sweep_interval = seconds(1);
  };

  // Binds and starts to serve. Codes: usage for an address that is none, unavailable when it
  // cannot be bound (the message names it).
  static Result<std::unique_ptr<Listener>> start(Options options, Service service);
  ~Listener();  // stop() and wait()

  std::uint16_t port() const;
  std::string url() const;  // `http://127.0.0.1:8080`

  // Begins to drain: no new connections, idle ones close, requests that have begun are answered with
  // `Connection: close`, and what is left after drain_timeout is cut. Any thread, any number of times;
  // returns at once.
  void stop();
  void wait();                      // until every worker has ended
  std::size_t connections() const;  // open ones, for metrics

 private:
  struct Impl;
  explicit Listener(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// SIGTERM and SIGINT, held from the construction on: make one before the listener, so that a signal
// that comes while the server starts stops it too. One at a time in a process.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();

  // Blocks until one comes. Afterwards the default actions are back, so that a second one, while the
  // listener drains, ends the process at once.
  void wait();
  // The same, for so long at most; true when one came.
  bool wait_for(Duration time);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace footlight
