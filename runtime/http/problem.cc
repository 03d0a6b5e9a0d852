// Errors as problem documents, both ways.
#include "http/problem.h"

#include <string>
#include <utility>

#include "base/limits.h"

namespace footlight {

namespace {

constexpr std::string_view type_prefix = "urn:footlight:error:";
constexpr std::string_view problem_type = "application/problem+json";

// Messages quote requests, header values with any byte among them: as_utf8 keeps the document JSON.
Value listed(const Problem& problem) {
  Object item{{"code", name(problem.code)}, {"place", as_utf8(problem.place)}, {"message", as_utf8(problem.message)}};
  if (problem.is_warning) item["warning"] = true;
  return item;
}

std::optional<Code> code_named(std::string_view text) {
  for (const CodeRow& row : code_table()) {
    if (row.name == text) return row.code;
  }
  return std::nullopt;
}

}  // namespace

HttpResponse problem_response(const Error& error, const HttpRequest& request) {
  const CodeRow& about = row(error.code);
  Object document{{"type", std::string(type_prefix) + std::string(about.name)},
                  {"title", about.summary},
                  {"status", about.http_status},
                  {"detail", as_utf8(error.message)},
                  {"code", about.name},
                  {"instance", request.request_id}};
  if (!error.problems.empty()) {
    Array problems;
    for (const Problem& problem : error.problems) problems.push_back(listed(problem));
    document["problems"] = std::move(problems);
  }
  HttpResponse response{
      .status = about.http_status, .content_type = std::string(problem_type), .body = to_json(Value(std::move(document)))};
  if (about.http_status == 429 || about.http_status == 503) {
    response.headers.add("Retry-After", std::to_string(limits::retry_after.ms / 1000));
  }
  if (about.http_status == 401) response.headers.add("WWW-Authenticate", "Bearer realm=\"footlight\"");
  return response;
}

void check_status(const HttpRequest& request, HttpResponse& response) {
  if (response.status < 200 || response.status > 599)
    response = defect_response(request, "a handler answered with status " + std::to_string(response.status));
}

HttpResponse defect_response(const HttpRequest& request, std::string what) {
  HttpResponse response =
      problem_response(refuse(Code::internal, "the server has a defect; its log tells more under this request's id"), request);
  response.defect = std::move(what);
  return response;
}

std::optional<Error> problem_of(const HttpResponse& response) {
  if (response.content_type.substr(0, response.content_type.find(';')) != problem_type) return std::nullopt;
  const auto document = parse_json(response.body);
  if (!document.ok()) return std::nullopt;
  const auto code = code_named(document->string_or("code", ""));
  if (!code) return std::nullopt;
  Error error{*code, document->string_or("detail", row(*code).summary), {}};
  const Value* problems = document->find("problems");
  if (!problems || !problems->is_array()) return error;
  for (const Value& item : problems->array()) {
    const Value* warning = item.find("warning");
    error.problems.push_back({code_named(item.string_or("code", "")).value_or(*code), item.string_or("place", ""),
                              item.string_or("message", ""), warning && warning->is_boolean() && warning->boolean()});
  }
  return error;
}

}  // namespace footlight
