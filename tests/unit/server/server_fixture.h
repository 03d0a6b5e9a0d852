// A listener on a free port, with the clock stopped, and what the tests ask it.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>

#include "raw_client.h"
#include "server/listener.h"

namespace footlight {

inline Instant test_instant() { return {784'111'777'000}; }  // Sun, 06 Nov 1994 08:49:37 GMT

inline Listener::Options test_options() {
  Listener::Options options;
  options.now = test_instant;
  return options;
}

inline std::unique_ptr<Listener> start_listener(Listener::Options options, Service service) {
  auto started = Listener::start(std::move(options), std::move(service));
  if (!started.ok()) FAIL(started.error().message);
  return std::move(*started);
}

// Answers with what it got: `POST /path body`.
inline HttpResponse echo(const HttpRequest& request) { return text_response(request.method + " " + request.target + " " + request.body); }

inline std::string get(std::string_view target, std::string_view fields = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

inline std::string post(std::string_view target, std::string_view body, std::string_view fields = "") {
  return "POST " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) +
      "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace footlight
