// The writer: one response to bytes. Framing is its business alone, whatever a handler put in.
#pragma once

#include <string>

#include "http/message.h"

namespace footlight {

// Appends the answer to `request`: status line, Date (the instant the request was received), Server,
// X-Request-Id, X-Content-Type-Options, the handler's headers, Content-Length and the body. HEAD, 204
// and 304 get no body. A handler's own framing headers are left out, control characters in a value
// become blanks: nothing a handler copies from a request can begin a second response.
void append_response(std::string& out, const HttpResponse& response, const HttpRequest& request,
                     std::string_view connection);  // `close`, `keep-alive`; empty: no such header

std::string http_date(Instant instant);  // `Sun, 06 Nov 1994 08:49:37 GMT`

}  // namespace footlight
