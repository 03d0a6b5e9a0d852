// Refusals on the wire: an Error as application/problem+json (RFC 9457).
#pragma once

#include "http/message.h"

namespace footlight {

// {"type":"urn:footlight:error:not_found","title":…,"status":404,"detail":…,"code":"not_found",
//  "instance":<request id>,"problems":[{"code","place","message","warning"?}]}. 429 and 503 carry
// Retry-After, 401 carries WWW-Authenticate. `problems` is left out where there are none.
HttpResponse problem_response(const Error& error, const HttpRequest& request);

// What `run` answers; what it throws, and a status that HTTP does not know, becomes a 500 problem whose
// `defect` says what happened. The client hears only the request id to ask about.
HttpResponse run_guarded(const HttpRequest& request, const std::function<HttpResponse()>& run);

// The Error that such a document tells of, for clients; nullopt for any other body.
std::optional<Error> problem_of(const HttpResponse& response);

}  // namespace footlight
