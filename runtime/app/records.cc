#include "app/records.h"

#include <charconv>
#include <fstream>
#include <iostream>

#include "app/inputs.h"
#include "base/limits.h"
#include "base/sha256.h"
#include "base/text.h"

namespace footlight {
namespace {

constexpr std::size_t problems_told = 100;

// A record holds a request and an answer.
constexpr std::size_t line_bytes_max = 2 * limits::request_bytes_max + limits::body_bytes_max;

}  // namespace

Result<RecordedRequest> read_record(std::string_view text) {
  if (text.size() > line_bytes_max) return refuse(Code::too_large, "the line has more than " + std::to_string(line_bytes_max) + " bytes");
  auto line = parse_json(text);
  if (!line) return line.error();
  if (!line->is_object()) return refuse(Code::bad_request, "a recorded request is a JSON object, the body of a decide call");
  RecordedRequest record;
  if (const Value* at = line->find("at")) {
    if (!at->is_string()) return refuse(Code::bad_request, "`at` is an instant, like \"2026-12-01T09:00:00Z\"");
    record.at = at->string();
  }
  if (const Value* answer = line->find("answer")) {
    const Value* propositions = answer->find("propositions");
    if (!propositions || !propositions->is_array())
      return refuse(Code::bad_request, "`answer` is what a decide call answered: {\"propositions\": […]}");
    record.answer = *answer;
  }
  if (const Value* request = line->find("request")) {
    record.request = *request;
  } else {
    line->object().erase("at");
    line->object().erase("answer");
    record.request = std::move(*line);
  }
  return record;
}

Result<RecordsRead> read_records(const std::string& path, const std::function<Status(const RecordedRequest&)>& each) {
  std::ifstream file;
  if (path != "-") {
    file.open(path, std::ios::binary);
    if (!file) return refuse(Code::unreadable_file, "`" + path + "` cannot be read");
  }
  std::istream& in = path == "-" ? std::cin : file;
  RecordsRead read;
  Sha256 hash;
  std::string text;
  for (std::size_t number = 1; std::getline(in, text); ++number) {
    hash.add(text);
    if (!in.eof()) hash.add("\n");
    if (trim(text).empty()) continue;
    std::optional<Error> problem;
    auto record = read_record(trim(text));
    if (record) {
      record->line = number;
      if (auto done = each(*record); !done) problem = done.error();
    } else {
      problem = record.error();
    }
    if (!problem) {
      ++read.records;
      continue;
    }
    ++read.unreadable_lines;
    if (read.unreadable.size() >= problems_told) continue;
    const std::string place = path + ":" + std::to_string(number);
    if (problem->problems.empty()) read.unreadable.push_back({problem->code, place, problem->message});
    for (const Problem& one : problem->problems)
      read.unreadable.push_back({one.code, place + " " + one.place, one.message, one.is_warning});
  }
  if (in.bad()) return refuse(Code::unreadable_file, "`" + path + "` cannot be read to its end");
  read.hash = hash.hex();
  return read;
}

Result<Request> request_of(const RecordedRequest& record, Instant now, const Zone& zone) {
  if (!record.at.empty()) {
    auto at = parse_in_zone(record.at, zone);
    if (!at) return at.error();
    now = *at;
  }
  Problems problems;
  Request request = parse_request(record.request, now, problems);
  if (has_errors(problems)) return refuse(Code::bad_request, std::move(problems), "the request has problems");
  return request;
}

Result<RecordedRequest> one_record(const std::string& argument) {
  if (trim(argument).starts_with('{')) return read_record(trim(argument));
  std::string path = argument;
  std::size_t wanted = 0;
  if (const auto colon = argument.rfind(':'); colon != std::string::npos && colon + 1 < argument.size()) {
    const char* end = argument.data() + argument.size();
    if (std::from_chars(argument.data() + colon + 1, end, wanted).ptr == end) path.resize(colon);
    else wanted = 0;
  }
  std::optional<RecordedRequest> found;
  std::size_t count = 0;
  auto read = read_records(path, [&](const RecordedRequest& record) -> Status {
    ++count;
    if (wanted == 0 ? count == 1 : record.line == wanted) found = record;
    return Done{};
  });
  if (!read) return read.error();
  if (wanted == 0 && count > 1)
    return refuse(Code::usage, "`" + path + "` holds " + std::to_string(count) + " requests; name one by its line, `" + path + ":1`");
  if (found) return std::move(*found);
  if (!read->unreadable.empty()) return refuse(read->unreadable[0].code, read->unreadable, "`" + argument + "` cannot be read");
  return refuse(Code::not_found, "`" + argument + "` holds no request");
}

}  // namespace footlight
