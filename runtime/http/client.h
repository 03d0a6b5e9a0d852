// A small HTTP/1.1 client for the command line: one request, one answer, one connection.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "footlight/time.h"
#include "http/message.h"

namespace footlight {

struct HttpCall {
  std::string method = "GET";
  std::string target = "/";  // percent-encoded, with its query
  Headers headers;           // Host, Content-Length and Connection are added
  std::string body;
};

// Sends to `base_url` (`http://host[:port][/prefix]`) and waits for the whole answer, `timeout` for
// everything together but the look-up of a name. Any status is an answer; see problem_of() for what a refusal
// says. Codes: usage for a URL that is none or not http, unavailable when nobody answers (the message names
// the address and the way out), too_large beyond limits::response_bytes_max. Blocks; any thread.
// Who may have to go while it waits hands in `is_over`, which is asked some twenty times a second.
Result<HttpResponse> send(std::string_view base_url, const HttpCall& call, Duration timeout, const std::function<bool()>& is_over = {});

}  // namespace footlight
