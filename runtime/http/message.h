// HTTP messages as plain data: what a handler gets and gives. No sockets here, so that a handler is
// tested by calling it with a request written down.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "footlight/error.h"
#include "footlight/time.h"
#include "footlight/value.h"

namespace footlight {

// Header fields in the order they came. Names compare without case. All text lies in one string, so
// that a connection reads its next request into the same memory.
class Headers {
 public:
  struct Field {
    std::string_view name, value;
  };

  Headers() = default;
  Headers(std::initializer_list<Field> fields);

  void add(std::string_view name, std::string_view value);
  void set(std::string_view name, std::string_view value);  // in place of every field of that name
  void clear();
  // Takes fields as they stand in `text`, which is copied as one; each must be a part of it.
  void take(std::string_view text, const std::vector<Field>& fields);

  std::optional<std::string_view> get(std::string_view name) const;  // the first of that name
  std::size_t count(std::string_view name) const;
  std::size_t size() const { return fields_.size(); }
  Field operator[](std::size_t i) const;  // valid until the next change

 private:
  struct Span {
    std::uint32_t name_start, name_bytes, value_start, value_bytes;
  };
  std::string text_;
  std::vector<Span> fields_;
};

bool equal_ignoring_case(std::string_view a, std::string_view b);  // ASCII letters only

struct HttpRequest {
  std::string method;                                          // as sent, `GET`
  std::string target;                                          // as sent, `/v1/x%2Fy?z=1`
  std::vector<std::string> path;                               // decoded segments, {"v1", "x/y"}
  std::multimap<std::string, std::string, std::less<>> query;  // decoded; equal keys in order
  Headers headers;                                             // trailers of a chunked body are not among them
  std::string body;
  std::string peer;        // `127.0.0.1:50312`
  std::string request_id;  // the caller's or one made for it; never empty
  Instant received;        // stamped once, when its header was complete

  std::optional<std::string_view> parameter(std::string_view key) const;  // the first of the query
};

struct Hold;

struct HttpResponse {
  int status = 200;
  std::string content_type;  // empty: none is sent
  std::string body;
  Headers headers;  // beside Content-Type and what the listener adds

  // For logs and metrics, never sent.
  std::string route;   // the pattern that matched; empty: none did
  std::string caller;  // who asked, where that was known
  std::string defect;  // what a handler threw

  std::shared_ptr<const Hold> hold = {};  // set: this is not the answer yet
};

// An answer that waits for news. The connection is kept, without a thread, until `is_ready` says so (asked
// some twenty times a second) or `at_most` has passed or the server ends; then `answer` makes the answer.
// Both are called on the worker that read the request, which is still there. Who calls a handler without a
// listener has to do without: what comes with the hold is an answer too.
struct Hold {
  std::function<bool()> is_ready;
  Duration at_most;
  std::function<HttpResponse()> answer;
};

// Answers one request. Called from every worker thread at once. What it throws becomes a 500.
using Handler = std::function<HttpResponse(const HttpRequest&)>;

// One request and its answer, told when the answer has been made.
struct Answered {
  const HttpRequest& request;  // of a malformed one: only what could be read
  const HttpResponse& response;
  std::int64_t took_us;  // within the handler
};
using Observer = std::function<void(const Answered&)>;

// A response as a new one, which has memory already where this thread gave one back: the answers of a worker are
// written into the same memory again and again.
HttpResponse spare_response();
void give_back(HttpResponse&& response);

HttpResponse json_response(const Value& value, int status = 200);
HttpResponse text_response(std::string text, int status = 200);

// Reads `/a%2Fb/c?x=1+2` (or `http://host/a`, or `*`) into `target`, `path` and `query`. A broken
// percent escape, text that is not UTF-8, a control character, `.` and `..` are refused with
// bad_request. `%2F` stays within its segment. `/a/` has the segments "a" and "".
Status read_target(std::string_view target, HttpRequest& request);

// `a b&c` as `a%20b%26c`: a segment or query value for a target.
std::string percent_encode(std::string_view text);

std::size_t printable_bytes(std::string_view text);  // how many come before any but 0x20 to 0x7e

bool is_utf8(std::string_view text);
std::string as_utf8(std::string_view text);  // itself, or with `?` for what is not ASCII

std::string_view reason_phrase(int status);  // `Not Found`; "" for a status nobody registered

}  // namespace footlight
