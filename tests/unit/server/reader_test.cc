// The reader: what a request becomes, however the network cut it into pieces.
#include "server/reader.h"

#include <catch2/catch.hpp>
#include <string>

#include "base/limits.h"
#include "corpus.h"

using namespace footlight;

namespace {

// What `bytes` come to when they arrive `step` at a time: the requests read, then how it ended.
std::string told(const std::string& bytes, std::size_t step, std::size_t body_max = 1000) {
  HttpRequest request;
  RequestReader reader(request, limits::header_bytes_max);
  std::string story, held;
  std::size_t sent = 0;
  for (;;) {
    held.erase(0, reader.take(held));
    switch (reader.state()) {
      case RequestReader::State::header_done: reader.allow_body(body_max); continue;
      case RequestReader::State::done:
        story += request.method + " " + request.target + " [" + request.body + "] " + std::to_string(request.headers.size()) + " fields" +
            (reader.keep_alive() ? "; " : ", last; ");
        reader.next();
        continue;
      case RequestReader::State::refused: return story + std::string(name(reader.error().code));
      default: break;
    }
    if (sent == bytes.size()) break;
    held += bytes.substr(sent, step);
    sent = std::min(bytes.size(), sent + step);
  }
  return story + (reader.state() == RequestReader::State::waiting ? "waiting" : "unfinished");
}

std::string header_of(std::size_t size) {
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  return start + std::string(size - start.size() - 4, 'y') + "\r\n\r\n";
}

}  // namespace

TEST_CASE("requests read the same in one piece and byte by byte") {
  struct Case {
    const char* bytes;
    const char* says;
  };
  for (const auto& [bytes, says] : {
           Case{"", "waiting"},
           Case{"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / [] 1 fields; waiting"},
           Case{"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                "GET / [] 1 fields; GET /b [] 2 fields, last; waiting"},
           Case{"GET / HTTP/1.0\r\n\r\n", "GET / [] 0 fields, last; waiting"},
           Case{"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET / [] 1 fields; waiting"},
           Case{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcPOST", "POST / [abc] 2 fields; unfinished"},
           Case{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "POST / [] 2 fields; waiting"},
           Case{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                "Chunked\r\n\r\n2;x=\"y\"\r\nab\r\nA\r\n0123456789\r\n0\r\n\r\n",
                "POST / [ab0123456789] 2 fields; waiting"},
           Case{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nHost: evil\r\nX: "
                "y\r\n\r\nGET",
                "POST / [] 2 fields; unfinished"},
           Case{"GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n", "GET http://a/x [] 1 fields; waiting"},
           Case{"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * [] 1 fields; waiting"},
           Case{"BREW /pot HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", "BREW /pot [] 1 fields; waiting"},
       }) {
    INFO(bytes);
    for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{100'000}}) {
      INFO("in pieces of " << step);
      CHECK(told(bytes, step) == says);
    }
  }
}

TEST_CASE("a malformed request is refused for the same reason in one piece and byte by byte") {
  for (const MalformedCase& test : malformed_corpus()) {
    INFO(test.file << ": " << test.what);
    const std::string whole = told(test.bytes, 100'000);
    CHECK(told(test.bytes, 1) == whole);
    CHECK(told(test.bytes, 3) == whole);
    // The rest ends in its middle, which only the end of the connection shows.
    if (whole != "unfinished") CHECK(whole.find(';') == std::string::npos);
  }
}

TEST_CASE("a header may have its limit and not a byte more") {
  CHECK(told(header_of(limits::header_bytes_max), 100'000) == "GET / [] 2 fields; waiting");
  CHECK(told(header_of(limits::header_bytes_max + 1), 100'000) == "header_too_large");
  CHECK(told(header_of(limits::header_bytes_max + 1), 1000) == "header_too_large");
}

TEST_CASE("a header may have a hundred fields and not one more") {
  const auto with_fields = [](std::size_t n) {
    std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (std::size_t i = 1; i < n; ++i) bytes += "X: y\r\n";
    return bytes + "\r\n";
  };
  CHECK(told(with_fields(limits::header_fields_max), 100'000) == "GET / [] 100 fields; waiting");
  CHECK(told(with_fields(limits::header_fields_max + 1), 100'000) == "header_too_large");
}

TEST_CASE("a target may have its limit and not a byte more") {
  const auto with_target = [](std::size_t n) { return "GET /" + std::string(n - 1, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n"; };
  CHECK_THAT(told(with_target(limits::target_bytes_max), 100'000), Catch::EndsWith("waiting"));
  CHECK(told(with_target(limits::target_bytes_max + 1), 100'000) == "target_too_long");
}

TEST_CASE("a body may have its limit and not a byte more, announced or in chunks") {
  const auto announced = [](std::size_t n) {
    return "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(n) + "\r\n\r\n" + std::string(n, 'b');
  };
  const auto chunked = [](std::size_t n) {
    std::string bytes = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (; n > 0; --n) bytes += "1\r\nb\r\n";
    return bytes + "0\r\n\r\n";
  };
  const std::string whole = "POST / [" + std::string(10, 'b') + "] 2 fields; waiting";
  CHECK(told(announced(10), 100'000, 10) == whole);
  CHECK(told(announced(11), 100'000, 10) == "too_large");
  CHECK(told(chunked(10), 100'000, 10) == whole);
  CHECK(told(chunked(11), 100'000, 10) == "too_large");
  CHECK(told(announced(0), 100'000, 0) == "POST / [] 2 fields; waiting");
  CHECK(told(announced(1), 100'000, 0) == "too_large");
}

TEST_CASE("a body that is announced and too large is refused before any of it is read") {
  HttpRequest request;
  RequestReader reader(request, limits::header_bytes_max);
  reader.take("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-Continue\r\n\r\n");
  REQUIRE(reader.state() == RequestReader::State::header_done);
  CHECK(reader.expects_continue());
  reader.allow_body(10);
  REQUIRE(reader.state() == RequestReader::State::refused);
  CHECK(reader.error().message == "the body has 11 bytes; the limit here is 10");
}
