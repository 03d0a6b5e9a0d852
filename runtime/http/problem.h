// Refusals on the wire: an Error as application/problem+json (RFC 9457).
#pragma once

#include <exception>
#include <string>

#include "http/message.h"

namespace footlight {

// {"type":"urn:footlight:error:not_found","title":…,"status":404,"detail":…,"code":"not_found",
//  "instance":<request id>,"problems":[{"code","place","message","warning"?}]}. 429 and 503 carry
// Retry-After, 401 carries WWW-Authenticate. `problems` is left out where there are none.
HttpResponse problem_response(const Error& error, const HttpRequest& request);

// What `run` answers; what it throws becomes a 500 problem whose `defect` says what happened. The client hears only the
// request id to ask about. A status that HTTP does not know becomes the same in `check_status`.
template <class Run>
HttpResponse run_guarded(const HttpRequest& request, Run&& run);
void check_status(const HttpRequest& request, HttpResponse& response);
HttpResponse defect_response(const HttpRequest& request, std::string what);  // that problem

// The Error that such a document tells of, for clients; nullopt for any other body.
std::optional<Error> problem_of(const HttpResponse& response);

template <class Run>
HttpResponse run_guarded(const HttpRequest& request, Run&& run) {
  try {
    return run();  // where it is to be: a response is a lot to move
  } catch (const std::exception& e) { return defect_response(request, e.what()); } catch (...) {
    return defect_response(request, "a handler threw something that is no std::exception");
  }
}

}  // namespace footlight
