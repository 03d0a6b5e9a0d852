// Targets, escapes and header fields.
#include "http/message.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "http/problem.h"
#include "server/writer.h"

using namespace footlight;

namespace {

HttpRequest target_of(std::string_view target) {
  HttpRequest request{.method = "GET"};
  const auto read = read_target(target, request);
  INFO(target);
  REQUIRE(read.ok());
  return request;
}

}  // namespace

TEST_CASE("a path is split first and decoded then, so that an escaped slash stays in its segment") {
  using Path = std::vector<std::string>;
  CHECK(target_of("/").path == Path{""});
  CHECK(target_of("/a/b").path == Path{"a", "b"});
  CHECK(target_of("/a%2Fb/c").path == Path{"a/b", "c"});
  CHECK(target_of("/a/").path == Path{"a", ""});
  CHECK(target_of("//a").path == Path{"", "a"});
  CHECK(target_of("/web:%2f%2Fshop.example%2Fhome%23hero").path == Path{"web://shop.example/home#hero"});
  CHECK(target_of("/%C3%BC").path == Path{"ü"});
  CHECK(target_of("/a+b").path == Path{"a+b"});
  CHECK(target_of("/...").path == Path{"..."});
  CHECK(target_of("/%25").path == Path{"%"});
  CHECK(target_of("http://host:80/a/b?c=d").path == Path{"a", "b"});
  CHECK(target_of("HTTP://host").path == Path{""});
  CHECK(target_of("http://host?c=d").path == Path{""});
}

TEST_CASE("a query is read like a form: plus is a blank, keys may stand twice or without a value") {
  const HttpRequest request = target_of("/?a=1+2&b=%26&a=3&c&&d=x=y&=z");
  CHECK(request.parameter("a") == "1 2");
  CHECK(request.query.count("a") == 2);
  CHECK(std::next(request.query.find("a"))->second == "3");
  CHECK(request.parameter("b") == "&");
  CHECK(request.parameter("c") == "");
  CHECK(request.parameter("d") == "x=y");
  CHECK(request.parameter("") == "z");
  CHECK_FALSE(request.parameter("e"));
  CHECK(request.query.size() == 6);
  CHECK(target_of("/a?").query.empty());
}

TEST_CASE("a broken escape is refused with the way out") {
  HttpRequest request{.method = "GET"};
  const auto read = read_target("/50%/x", request);
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().code == Code::bad_request);
  CHECK(read.error().message == "the target has a broken percent escape `%`: write a `%` as `%25`");
}

TEST_CASE("what is encoded reads back") {
  std::string every_byte;
  for (int c = 0x20; c < 0x7f; ++c) every_byte += static_cast<char>(c);
  every_byte += "ü€😀";
  CHECK(target_of("/" + percent_encode(every_byte)).path.front() == every_byte);
  CHECK(*target_of("/?x=" + percent_encode(every_byte)).parameter("x") == every_byte);
}

TEST_CASE("UTF-8 has one form for each character") {
  for (const char* good : {"", "a", "\x7f", "\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff", "\U0010ffff"}) {
    CHECK(is_utf8(good));
  }
  for (const char* bad : {"\x80", "\xc2", "\xc0\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
                          "\xf5\x80\x80\x80", "\xe2\x82", "\xe2\x82x", "\xff"}) {
    CHECK_FALSE(is_utf8(bad));
  }
  CHECK(as_utf8("ü") == "ü");
  CHECK(as_utf8("a\xff!") == "a?!");
}

TEST_CASE("header names have no case, and equal ones keep their order") {
  Headers headers{{"Accept", "a"}, {"X-One", "1"}, {"ACCEPT", "b"}};
  CHECK(headers.get("accept") == "a");
  CHECK(headers.count("Accept") == 2);
  CHECK(headers[2].value == "b");
  CHECK_FALSE(headers.get("accep"));
  headers.set("accept", "c");
  CHECK(headers.count("Accept") == 1);
  CHECK(headers.get("X-ONE") == "1");
  headers.clear();
  CHECK(headers.size() == 0);
}

TEST_CASE("an answer's bytes are the writer's: no header value begins a second answer") {
  HttpRequest request{.method = "GET", .request_id = "r-1", .received = {784'111'777'000}};
  HttpResponse response = text_response("hi", 200);
  response.headers = {{"Location", "/a\r\nSet-Cookie: evil=1\r\n\r\nHTTP/1.1 200 OK"},
                      {"Content-Length", "99"},
                      {"transfer-encoding", "chunked"},
                      {"ETag", "\"x\""}};
  std::string out;
  append_response(out, response, request, "close");
  CHECK(out ==
        "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nServer: footlight\r\nX-Request-Id: r-1\r\n"
        "X-Content-Type-Options: nosniff\r\nLocation: /a  Set-Cookie: evil=1    HTTP/1.1 200 OK\r\nETag: "
        "\"x\"\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
}

TEST_CASE("answers that have no body send none") {
  const HttpRequest get{.method = "GET", .request_id = "r"};
  const HttpRequest head{.method = "HEAD", .request_id = "r"};
  const auto written = [](const HttpResponse& response, const HttpRequest& request) {
    std::string out;
    append_response(out, response, request, "");
    return out;
  };
  CHECK_THAT(written(text_response("hi"), head), Catch::Contains("Content-Length: 2\r\n") && Catch::EndsWith("\r\n\r\n"));
  for (const int status : {204, 304}) {
    const std::string out = written(text_response("hi", status), get);
    CHECK_THAT(out, Catch::EndsWith("\r\n\r\n"));
    CHECK(out.find("Content-Length") == std::string::npos);
  }
}

TEST_CASE("dates are those of HTTP") {
  CHECK(http_date({0}) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(http_date({951'782'400'999}) == "Tue, 29 Feb 2000 00:00:00 GMT");
}

TEST_CASE("a refusal is a problem document that reads back") {
  const HttpRequest request{.method = "POST", .request_id = "r-7"};
  const Error error =
      refuse(Code::validation_failed,
             {{Code::missing_field, "$.name", "`name` is missing", false}, {Code::out_of_range, "$.n", "`n` is large", true}},
             "the experience has problems");
  const HttpResponse response = problem_response(error, request);
  CHECK(response.status == 422);
  CHECK(response.content_type == "application/problem+json");
  const auto document = parse_json(response.body);
  REQUIRE(document.ok());
  CHECK(*document == *parse_json(R"({"type":"urn:footlight:error:validation_failed",
    "title":"the definition has problems","status":422,"detail":"the experience has problems",
    "code":"validation_failed","instance":"r-7","problems":[
      {"code":"missing_field","place":"$.name","message":"`name` is missing"},
      {"code":"out_of_range","place":"$.n","message":"`n` is large","warning":true}]})"));
  const auto told = problem_of(response);
  REQUIRE(told);
  CHECK(told->code == error.code);
  CHECK(told->message == error.message);
  CHECK(told->problems == error.problems);
  CHECK_FALSE(problem_of(json_response(*document, 422)));
  CHECK_FALSE(problem_of({.status = 502, .content_type = "application/problem+json", .body = "<html>"}));
}

TEST_CASE("a refusal says when to come again and how to sign in") {
  const HttpRequest request{.request_id = "r"};
  CHECK(problem_response(refuse(Code::unavailable, "x"), request).headers.get("Retry-After") == "1");
  CHECK(problem_response(refuse(Code::too_many_requests, "x"), request).headers.get("Retry-After") == "1");
  CHECK(problem_response(refuse(Code::unauthorized, "x"), request).headers.get("WWW-Authenticate"));
  CHECK_FALSE(problem_response(refuse(Code::not_found, "x"), request).headers.get("Retry-After"));
}

TEST_CASE("a refusal that quotes bytes which are no text is still JSON") {
  const auto response = problem_response(refuse(Code::bad_request, "the field is `\xff`"), {.request_id = "r"});
  const auto document = parse_json(response.body);
  REQUIRE(document.ok());
  CHECK(document->string_or("detail", "") == "the field is `?`");
}

TEST_CASE("printable bytes end at the first that is not, wherever it stands") {
  const std::string plain(40, 'a');
  for (std::size_t size = 0; size <= plain.size(); ++size) CHECK(printable_bytes(plain.substr(0, size)) == size);
  for (std::size_t at = 0; at < plain.size(); ++at) {
    for (int c = 0; c < 256; ++c) {
      std::string text = plain;
      text[at] = static_cast<char>(c);
      const bool is_printable = c >= 0x20 && c < 0x7f;
      if (printable_bytes(text) != (is_printable ? text.size() : at)) FAIL(at << " " << c);
    }
  }
}
