// The reader: bytes to one request, without sockets. The grammar is Boost.Beast's parser; around it
// stand the checks that Beast leaves to its user, each against a known way to make two servers read
// one byte stream differently (request smuggling) or to make one server hold memory for nothing.
//
// A header that has come whole and is as plain as nearly all are is read here, at a tenth of the cost. Plain is a
// part of what Beast takes; whatever is not plain, any mistake above all, is left to Beast, from its first byte.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace footlight {

class RequestReader {
 public:
  enum class State {
    waiting,      // nothing of a request yet
    header,       // some bytes of it
    header_done,  // `request` is complete but for its body: say allow_body()
    body,
    done,
    refused,  // see error(); whatever follows cannot be trusted
  };

  // Fills `request`, which must outlive the reader.
  RequestReader(HttpRequest& request, std::size_t header_bytes_max);
  ~RequestReader();

  // Takes bytes from the front and says how many. What it did not take must stand at the front of the
  // next call, with more behind. Stops at header_done and at done.
  std::size_t take(std::string_view bytes);

  void allow_body(std::size_t bytes_max);  // in header_done; on to body, done, or refused (too_large)
  void next();                             // in done; back to waiting, `request` emptied

  State state() const { return state_; }
  const Error& error() const { return error_; }
  bool keep_alive() const;  // from header_done on: may another request follow?
  bool is_http_1_0() const;
  // The client waits for `100 Continue` before it sends the body.
  bool expects_continue() const;

 private:
  class Parser;
  std::size_t take_header(std::string_view bytes);
  std::size_t take_plain_header(std::string_view bytes);  // 0: it is not plain, and nothing was done
  std::size_t take_body(std::string_view bytes);
  void refuse_with(Error error);

  HttpRequest& request_;
  const std::size_t header_bytes_max_;
  std::unique_ptr<Parser> parser_;  // where the header is not plain
  bool is_plain_ = false, is_plain_last_ = false;
  std::size_t body_left_ = 0;  // of a plain one
  std::vector<Headers::Field> fields_;
  State state_ = State::waiting;
  Error error_;
  std::size_t scanned_ = 0;  // header bytes that hold no unseen line end
  std::size_t line_start_ = 0;
  std::size_t lines_ = 0;
};

}  // namespace footlight
