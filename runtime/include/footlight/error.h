// Errors: few codes for programs, a sentence for people.
//
// One table maps every code to its HTTP status, its process exit code and its summary. A code is
// stable: programs compare codes, people read messages. Messages are lower case without a full
// stop, carry user text in backticks, name the thing, the place and the way out.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "footlight/export.h"

namespace footlight FOOTLIGHT_API {

// X(name, HTTP status, exit code, summary)
// Exit codes: 1 the checked thing has problems, 2 wrong call, 3 refused, 4 unavailable or broken.
#define FOOTLIGHT_ERROR_CODES(X)                                                                 \
  /* the caller */                                                                               \
  X(usage, 400, 2, "the call itself is wrong")                                                   \
  X(bad_request, 400, 2, "the request cannot be read")                                           \
  X(bad_json, 400, 2, "the body is not valid JSON")                                              \
  X(unsupported_media_type, 415, 2, "the body is of a type that is not accepted here")           \
  X(not_acceptable, 406, 2, "no answer of an accepted type exists")                              \
  X(too_large, 413, 2, "the input is larger than its limit")                                     \
  X(limit_exceeded, 422, 1, "a documented limit is exceeded")                                    \
  X(unauthorized, 401, 3, "no valid token was sent")                                             \
  X(forbidden, 403, 3, "the role does not allow this")                                           \
  X(not_found, 404, 3, "there is no such thing")                                                 \
  X(method_not_allowed, 405, 2, "the path exists, the method does not")                          \
  X(gone, 410, 3, "it existed and was deleted")                                                  \
  X(request_timeout, 408, 4, "the request did not arrive in time")                               \
  X(target_too_long, 414, 2, "the path and query are longer than the limit")                     \
  X(header_too_large, 431, 2, "the header is larger than the limit")                             \
  X(version_not_supported, 400, 2, "only HTTP/1.1 and 1.0 are spoken here")                      \
  X(too_many_requests, 429, 4, "the server is at its limit; try again later")                    \
  /* lifecycle, in the order of refusal that docs/lifecycle.md prints */                         \
  X(unavailable, 503, 4, "the service cannot answer now")                                        \
  X(fenced, 503, 4, "the store was restored and waits for an epoch bump")                        \
  X(idempotency_key_reuse, 422, 3, "the idempotency key was used with another body")             \
  X(experience_final, 409, 3, "the experience has ended and can never change again")             \
  X(in_review_locked, 409, 3, "the newest revision is in review")                                \
  X(scheduled_locked, 409, 3, "a scheduled experience is locked")                                \
  X(nothing_to_submit, 409, 3, "there is no draft to submit")                                    \
  X(not_in_review, 409, 3, "the newest revision is not in review")                               \
  X(not_approved, 409, 3, "an approval is needed first")                                         \
  X(not_scheduled, 409, 3, "the experience is not scheduled")                                    \
  X(not_live, 409, 3, "the experience is not live")                                              \
  X(not_paused, 409, 3, "the experience is not paused")                                          \
  X(not_final, 409, 3, "the experience has not ended yet")                                       \
  X(not_a_journey, 409, 3, "only journeys know this command")                                    \
  X(nothing_to_activate, 409, 3, "the newest revision is live already")                          \
  X(cannot_delete, 409, 3, "what was once activated is stopped and archived, not deleted")       \
  X(already_exists, 409, 3, "the id is taken; ids are never used twice")                         \
  X(not_fenced, 409, 3, "the store is not fenced")                                               \
  X(conflict, 409, 3, "another command was accepted first")                                      \
  X(revision_conflict, 412, 3, "the revision is not the one you expected")                       \
  X(self_approval, 403, 3, "who contributed to a revision cannot approve it")                    \
  X(validation_failed, 422, 1, "the definition has problems")                                    \
  X(no_such_revision, 422, 3, "there is no such revision")                                       \
  X(bad_time, 422, 1, "not an instant or civil time")                                            \
  X(unknown_time_zone, 422, 1, "not a zone of the IANA database")                                \
  X(nonexistent_local_time, 422, 1, "the clock skips this local time")                           \
  X(ambiguous_local_time, 422, 1, "the clock shows this local time twice")                       \
  X(offset_mismatch, 422, 1, "the offset is not the zone's at that time")                        \
  X(end_before_start, 422, 1, "the end is not after the start")                                  \
  X(end_in_past, 422, 1, "the end has passed")                                                   \
  X(too_far_ahead, 422, 1, "the start is too far ahead")                                         \
  /* documents */                                                                                \
  X(unknown_field, 422, 1, "no field of that name exists here")                                  \
  X(missing_field, 422, 1, "a field is missing")                                                 \
  X(wrong_type, 422, 1, "the value has another type than the field")                             \
  X(out_of_range, 422, 1, "the value is outside its range")                                      \
  X(bad_id, 422, 1, "not a valid id")                                                            \
  X(bad_surface, 422, 1, "not a surface URI or rule")                                            \
  X(bad_predicate, 422, 1, "not a predicate")                                                    \
  X(bad_schedule, 422, 1, "not a schedule")                                                      \
  X(bad_template, 422, 1, "the template cannot be compiled")                                     \
  X(template_failed, 422, 1, "the template cannot be rendered with these values")                \
  X(bad_schema, 422, 1, "not a usable JSON Schema")                                              \
  X(schema_mismatch, 422, 1, "the content does not satisfy its schema")                          \
  X(duplicate_id, 422, 1, "the name is declared twice")                                          \
  X(unknown_attribute, 422, 1, "no such attribute is declared")                                  \
  X(unknown_configuration, 422, 1, "no such surface configuration is declared")                  \
  X(unknown_audience, 422, 1, "no such audience is declared")                                    \
  X(unknown_fragment, 422, 1, "no such fragment exists")                                         \
  X(unknown_list, 422, 1, "no such list exists")                                                 \
  X(unknown_schema, 422, 1, "no such schema exists")                                             \
  X(unreadable_file, 422, 1, "the file cannot be read")                                          \
  X(missed_window, 422, 1, "the activation leaves less than the window before the start")        \
  /* warnings of the linter */                                                                   \
  X(type_mismatch, 422, 1, "no value of the attribute's declared type meets the test")           \
  X(never_holds, 422, 1, "no request can meet the condition")                                    \
  X(never_opens, 422, 1, "the schedule never opens")                                             \
  X(never_shown, 422, 1, "another experience is shown wherever this one could be")               \
  X(priority_tie, 422, 1, "two experiences of one priority can meet")                            \
  X(unreachable_code, 422, 1, "no run comes to this line")                                       \
  X(zone_changed, 422, 1, "the zone's clock is set by other rules than when this was activated") \
  /* scripts */                                                                                  \
  X(syntax_error, 422, 1, "not the Lua that runs here")                                          \
  X(script_error, 422, 1, "the script raised an error")                                          \
  X(fuel_exhausted, 422, 1, "the script used up its instructions")                               \
  X(deadline_exceeded, 422, 1, "the script ran past its deadline")                               \
  X(memory_exceeded, 422, 1, "the script used up its memory")                                    \
  X(bad_result, 422, 1, "the script returned something its role does not allow")                 \
  X(undefined_name, 422, 1, "the name is not defined")                                           \
  X(test_failed, 422, 1, "an expectation does not hold")                                         \
  /* us */                                                                                       \
  X(store_failed, 503, 4, "the store did not accept the write")                                  \
  X(store_corrupt, 500, 4, "the store's content does not verify")                                \
  X(internal, 500, 4, "a defect of ours")

enum class Code {
#define X(name, http, exit, summary) name,
  FOOTLIGHT_ERROR_CODES(X)
#undef X
};

struct CodeRow {
  Code code;
  std::string_view name;  // as in Lua, HTTP and logs: `experience_final`
  int http_status;
  int exit_code;
  std::string_view summary;
};

const std::vector<CodeRow>& code_table();
const CodeRow& row(Code code);
inline std::string_view name(Code code) { return row(code).name; }

// One thing that is wrong with a document, and where: `experiences/a.lua:7` or `$.show[0].on`.
struct Problem {
  Code code;
  std::string place;
  std::string message;
  bool is_warning = false;  // reported, but does not refuse

  bool operator==(const Problem&) const = default;
};
using Problems = std::vector<Problem>;

bool has_errors(const Problems& problems);    // anything beyond warnings
std::string to_line(const Problem& problem);  // `place: message (code)`

// Why something was refused. `problems` holds every finding where a document was refused.
struct Error {
  Error() = default;
  Error(Code why, std::string said, Problems found = {});
  // Not inline: every call that may be refused would compile them again.
  Error(const Error& other);
  Error(Error&& other) noexcept;
  Error& operator=(const Error& other);
  Error& operator=(Error&& other) noexcept;
  ~Error();

  Code code = Code::internal;
  std::string message;
  Problems problems;
};

Error refuse(Code code, std::string message);
Error refuse(Code code, Problems problems, std::string message);
std::string to_text(const Error& error);  // message, then a line per problem

// Either a T or an Error. Ask `ok()` first; `value()` on an error is a defect and aborts.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return held_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { return *std::get_if<0>(&held_); }
  const T& value() const& { return *std::get_if<0>(&held_); }
  T&& value() && { return std::move(*std::get_if<0>(&held_)); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return std::get_if<0>(&held_); }
  const T* operator->() const { return std::get_if<0>(&held_); }
  Error& error() & { return *std::get_if<1>(&held_); }
  const Error& error() const& { return *std::get_if<1>(&held_); }

 private:
  std::variant<T, Error> held_;
};

// A Result that carries nothing on success.
struct Done {};
using Status = Result<Done>;

}  // namespace FOOTLIGHT_API
