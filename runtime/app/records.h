// Recorded requests: JSON lines, from an application's log or written by hand. A line is the body of a decide call, with
// the instant it was asked at beside it, or both as parts of a record that also holds what was answered:
//   {"at": "2026-12-01T09:00:00Z", "identity": {…}, "attributes": {…}, "surfaces": […]}
//   {"at": …, "request": {"identity": {…}, …}, "answer": {"propositions": […]}}
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "model/request.h"

namespace footlight {

struct RecordedRequest {
  std::size_t line = 0;
  std::string at;               // as written; empty where it has none
  Value request;                // the body
  std::optional<Value> answer;  // as it was given
};

// One line. Codes bad_json, bad_request.
Result<RecordedRequest> read_record(std::string_view text);

// What was read, and which lines could not be.
struct RecordsRead {
  std::size_t records = 0;
  Problems unreadable;  // the first hundred, `FILE:LINE`
  std::size_t unreadable_lines = 0;
  std::string hash;  // SHA-256 of the bytes
};
// Hands over each record of a file (`-`: standard input), empty lines left out, until `each` refuses one: that line counts as
// unreadable. Code unreadable_file.
Result<RecordsRead> read_records(const std::string& path, const std::function<Status(const RecordedRequest&)>& each);

// The request of a record as it is decided, at its own instant or else `now`; codes bad_request, bad_time.
Result<Request> request_of(const RecordedRequest& record, Instant now, const Zone& zone);

// The record at `FILE:LINE`, of `FILE` where it has one only, of `-`, or of JSON itself.
Result<RecordedRequest> one_record(const std::string& argument);

}  // namespace footlight
